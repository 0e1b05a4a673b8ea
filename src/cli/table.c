/* SPDX-License-Identifier: MIT
 *
 * cli/table.c - all connections of a stack as a table, as ss prints it.
 */
#include "cli/table.h"

#include <string.h>

#define END_TEXT (SF_ADDR_TEXT + 10)

/* "10.9.8.2:80", "[fd09:8::2]:80", "*:80", "*:*". */
static void end_text(const struct sf_endpoint *end, char text[END_TEXT])
{
    char addr[SF_ADDR_TEXT];
    char port[8] = "*";
    bool v6 = end->addr.family == SF_IPV6;

    if (end->port != 0) {
        snprintf(port, sizeof(port), "%u", end->port);
    }
    snprintf(text, END_TEXT, "%s%s%s:%s", v6 ? "[" : "", sf_addr_text(&end->addr, addr),
             v6 ? "]" : "", port);
}

void cli_table(const struct sf_stack *stack, FILE *to, sf_time now)
{
    struct sf_walk_row row;
    uint64_t cursor = 0;

    fprintf(to, "%-12s %8s %8s  %-25s %-25s %s\n", "State", "Recv-Q", "Send-Q",
            "Local Address:Port", "Peer Address:Port", "Timer");
    while (sf_walk(stack, &cursor, &row, now)) {
        char local[END_TEXT];
        char remote[END_TEXT];
        char timer[32] = "";
        struct sf_status status;
        uint32_t recv_q = row.readable;

        /* Of a listener: how many wait to be accepted, as ss shows it. */
        if (row.state == SF_LISTEN && sf_status(stack, row.handle, &status, now) == SF_OK) {
            recv_q = status.waiting;
        }
        if (row.until.ns != 0) {
            snprintf(timer, sizeof(timer), " %llu.%03llus",
                     (unsigned long long)(row.until.ns / 1000000000),
                     (unsigned long long)(row.until.ns / 1000000 % 1000));
        }
        end_text(&row.local, local);
        end_text(&row.remote, remote);
        fprintf(to, "%-12s %8u %8u  %-25s %s%*s%s\n", sf_state_name(row.state), recv_q,
                row.unacked, local, remote,
                timer[0] != '\0' && strlen(remote) < 25 ? (int)(25 - strlen(remote)) : 0, "",
                timer);
    }
    fflush(to);
}
