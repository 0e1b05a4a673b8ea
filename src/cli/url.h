/* SPDX-License-Identifier: MIT
 *
 * cli/url.h - http URLs (RFC 3986, RFC 9110 s4.2.1).
 */
#ifndef SYNFIN_CLI_URL_H
#define SYNFIN_CLI_URL_H

#include "synfin/types.h"

struct cli_url {
    char host[256];  /* without the brackets of an IPv6 address */
    char port[8];    /* "80" where there was none */
    char field[272]; /* the Host field: as written, brackets and port included */
    char path[4096]; /* path and query, "/" at least */
};

/*
 * Take a URL apart; without a scheme, http is meant.  CLI_OK; or CLI_USAGE, having said
 * what is wrong.
 */
int cli_url_parse(const char *text, struct cli_url *url);

#endif
