/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/play.c - any text as a script, played, without its code; as each of the systems
 * that the stack can look like.
 */
#include <stdlib.h>
#include <string.h>

#include "script/drill/drill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    struct drill_how how = {
        .like = (enum drill_like)(octets > 0 ? data[octets - 1] % 3 : 0),
        .ignore_commands = octets > 1 && data[octets - 2] % 2 != 0,
        .no_code = true,
    };
    struct drill_outcome outcome;

    drill_play("fuzz.pkt", (const char *)data, octets, &how, &outcome);
    /* Whatever did not pass says why. */
    if ((outcome.verdict == DRILL_PASSED) != (outcome.reason[0] == '\0')) {
        abort();
    }
    return 0;
}
