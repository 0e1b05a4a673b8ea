/* SPDX-License-Identifier: MIT
 *
 * script/replay/pkt.c - a connection as a script for synfin drill.
 */
#include "script/replay/replay.h"

void replay_pkt(const struct replay_conn *conn, FILE *to)
{
    (void)conn;
    (void)to;
}
