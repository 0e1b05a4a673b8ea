/* SPDX-License-Identifier: MIT
 *
 * cli/feed.h - octets of a file, or made up, straight into a connection's chunks.
 */
#ifndef SYNFIN_CLI_FEED_H
#define SYNFIN_CLI_FEED_H

#include "synfin/conn.h"

/* What is to be sent: of a file, octets [at, end); of the pattern, as many. */
struct cli_feed {
    int fd; /* -1: the pattern */
    uint64_t at, end;
};

enum cli_fed {
    CLI_FED_ALL = 0, /* nothing is left */
    CLI_FED_SOME,    /* there is no more room now */
    CLI_FED_SHORT,   /* the file became shorter than it was, or cannot be read */
    CLI_FED_DEAD     /* the connection takes no more */
};

/* Send as much as there is room for. */
enum cli_fed cli_feed(struct sf_stack *stack, struct sf_handle handle, struct cli_feed *feed,
                      sf_time now);

/* Octet at of the character generator's endless text (RFC 864: 95 lines of 72 characters,
 * each beginning one further), for those who check what arrived. */
uint8_t cli_feed_pattern(uint64_t at);

#endif
