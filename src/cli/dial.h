/* SPDX-License-Identifier: MIT
 *
 * cli/dial.h - connecting, as connect and get do it: each address in turn, and a line that
 * says why none would.
 */
#ifndef SYNFIN_CLI_DIAL_H
#define SYNFIN_CLI_DIAL_H

#include "cli/host.h"
#include "cli/resolve.h"
#include "synfin/sock.h"

/* A client's connection; its host's signals interrupt whatever waits on sock. */
struct cli_dial {
    struct cli_host host;
    struct sf_sock sock;
    struct sf_endpoint remote;
    sf_span timeout; /* 0: none */
};

/*
 * Open the host and connect.  also may bring descriptor(), for the caller's own; ladders go
 * to `to`.  CLI_OK; or a status, having said what is wrong, and all is closed again.
 */
int cli_dial_open(struct cli_dial *dial, const struct cli_options *options, const char *name,
                  const struct cli_target *target, const struct cli_app *also, FILE *to);

/* When waiting that begins now should end. */
sf_time cli_dial_until(const struct cli_dial *dial);

/* Close the connection in order, and the host.  The exit status. */
int cli_dial_close(struct cli_dial *dial, int status);

#endif
