/* SPDX-License-Identifier: MIT
 *
 * cli/httpreq.h - requests of HTTP/1 (RFC 9110, RFC 9112), as far as a file server needs.
 */
#ifndef SYNFIN_CLI_HTTPREQ_H
#define SYNFIN_CLI_HTTPREQ_H

#include "synfin/types.h"

/* The longest head of a request; more is answered by 431. */
#define CLI_HEAD_OCTETS 8192

/* Which part is asked for (RFC 9110 s14.1.2); of several, none: the whole is sent. */
enum cli_range {
    CLI_RANGE_NONE = 0,
    CLI_RANGE_FROM, /* from .. to, to UINT64_MAX where open */
    CLI_RANGE_LAST  /* the last `to` octets */
};

struct cli_request {
    int status; /* 200, or the error to answer with */
    bool head;  /* HEAD: no body is sent */
    bool keep;  /* the connection may go on */
    enum cli_range range;
    uint64_t from, to;
    int64_t since;    /* If-Modified-Since, seconds since 1970; -1: none */
    int64_t if_range; /* If-Range; -1: none, INT64_MIN: no date, so that none fits */
    char path[2048];  /* decoded, below the root, without the first slash */
    bool slash;       /* the path ended in a slash, or was empty */
    uint16_t hosts;   /* Host fields */
    bool body;        /* octets of a body follow, which we do not read */
};

/*
 * Parse one head.  Returns its octets; or 0 if it has not arrived whole.  What is wrong
 * with it is in request->status, and then the rest is not to be trusted.
 */
size_t cli_request_parse(const char *text, size_t octets, struct cli_request *request);

/*
 * Decode %XX and take the leading slash and the query off a request's target, or off the
 * path of an absolute one.  200; 400 for what is malformed or holds a null octet.
 */
int cli_request_path(const char *target, size_t octets, char *path, size_t room);

/* A date as HTTP writes it (RFC 9110 s5.6.7); -1 for anything else. */
int64_t cli_http_date(const char *text);

#endif
