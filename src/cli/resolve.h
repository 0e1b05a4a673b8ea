/* SPDX-License-Identifier: MIT
 *
 * cli/resolve.h - names of hosts and services to endpoints, by the system's own resolver.
 */
#ifndef SYNFIN_CLI_RESOLVE_H
#define SYNFIN_CLI_RESOLVE_H

#include "cli/options.h"
#include "synfin/types.h"

/* Where to connect, in the order in which to try. */
struct cli_target {
    struct sf_endpoint at[8];
    size_t n;
};

/* Look a host and a port up.  CLI_OK; or a status, having said what is wrong. */
int cli_resolve(const struct cli_options *options, const char *host, const char *port,
                struct cli_target *target);

/* A port, as a number or a service's name. */
int cli_resolve_port(const char *text, uint16_t *port);

/* "10.9.8.2 port 80", for messages; text holds at least CLI_END_TEXT octets. */
#define CLI_END_TEXT (SF_ADDR_TEXT + 16)
char *cli_end_text(const struct sf_endpoint *end, char *text);

#endif
