/* SPDX-License-Identifier: MIT
 *
 * cli/http.h - HTTP/1.1 for listen and demo: GET, HEAD, ranges, keep-alive (RFC 9110, 9112).
 */
#ifndef SYNFIN_CLI_HTTP_H
#define SYNFIN_CLI_HTTP_H

#include "cli/httpfile.h"
#include "cli/httpreq.h"
#include "cli/server.h"

/* An answer, ready to be sent: text, then octets of a file. */
struct cli_answer {
    char *text; /* of malloc(); null: there is no memory */
    size_t octets;
    struct cli_feed file; /* fd -1: none */
};

/* Answer a request from a site; wall is nanoseconds since 1970. */
void cli_http_answer(const struct cli_site *site, const struct cli_request *request,
                     uint64_t wall, struct cli_answer *answer);

/* The service; its context is a struct cli_site. */
extern const struct cli_service cli_http;

#endif
