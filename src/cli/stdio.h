/* SPDX-License-Identifier: MIT
 *
 * cli/stdio.h - the service without a name: standard input and output, one connection at a
 * time, as nc -l does it.
 */
#ifndef SYNFIN_CLI_STDIO_H
#define SYNFIN_CLI_STDIO_H

#include "cli/pump.h"
#include "cli/server.h"

/* The context of the service. */
struct cli_stdio {
    struct cli_pump pump;
    uint32_t peer; /* whom it serves: an index, as the records may move */
    bool busy;
};

extern const struct cli_service cli_stdio;

/* A watched descriptor is ready. */
void cli_stdio_descriptor(struct cli_server *server, int fd, sf_time now);

#endif
