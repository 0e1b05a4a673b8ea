/* SPDX-License-Identifier: MIT
 *
 * cli/httpbody.h - answers of HTTP/1 as a client reads them (RFC 9112 s4, s6, s7).
 */
#ifndef SYNFIN_CLI_HTTPBODY_H
#define SYNFIN_CLI_HTTPBODY_H

#include "synfin/types.h"

enum cli_body_kind {
    CLI_BODY_NONE = 0, /* 204, 304 */
    CLI_BODY_LENGTH,   /* left octets */
    CLI_BODY_CHUNKED,
    CLI_BODY_CLOSE /* until the server closes */
};

enum cli_chunk { CLI_CHUNK_SIZE = 0, CLI_CHUNK_DATA, CLI_CHUNK_END, CLI_CHUNK_TRAILER };

/* What the head says of the body, and where in the body we are. */
struct cli_body {
    int status; /* 200, 404, ... */
    enum cli_body_kind kind;
    uint64_t left; /* of the body, or of this chunk */
    enum cli_chunk chunk;
    uint32_t line; /* octets of the line that is being read */
    bool digits;   /* the chunk's size has at least one digit */
    bool extension;
    bool done;
};

/*
 * Read a head.  Returns its octets; 0 if it is not there whole; SIZE_MAX if it is none.
 */
size_t cli_body_head(const char *text, size_t octets, struct cli_body *body);

/*
 * Where the next octets of the body lie: of `octets` at data, *skip are framing, and the
 * *take behind them are body.  Call again with what is left.  False: this is no body.
 */
bool cli_body_next(struct cli_body *body, const char *data, size_t octets, size_t *skip,
                   size_t *take);

/* True if the server may close now. */
bool cli_body_whole(const struct cli_body *body);

#endif
