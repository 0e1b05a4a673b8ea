/* SPDX-License-Identifier: MIT
 *
 * watch/json.h - a writer of JSON (RFC 8259) that keeps nothing but where it is.
 *
 * Keys and values come in order; commas are its own business.  A value after sf_json_key() is
 * that key's, any other one an element of the array around it.
 */
#ifndef SF_WATCH_JSON_H
#define SF_WATCH_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "synfin/sink.h"

struct sf_json {
    struct sf_sink sink;
    uint32_t depth;  /* arrays and objects that are open, up to 32 */
    uint32_t filled; /* a bit for each: it has an element */
    bool keyed;      /* a key was just written */
    bool flat;       /* sf_json_line() makes no new line */
};

void sf_json_init(struct sf_json *j, struct sf_sink sink);

/* Open and close an object or an array: '{' '}' '[' ']'. */
void sf_json_open(struct sf_json *j, char bracket);
void sf_json_close(struct sf_json *j, char bracket);

/* A new line before what follows, indented by the depth; for people. */
void sf_json_line(struct sf_json *j);

void sf_json_key(struct sf_json *j, const char *key);

/* A string: escaped where JSON asks for it; octets that are no UTF-8 become U+FFFD. */
void sf_json_string(struct sf_json *j, const char *text);
void sf_json_int(struct sf_json *j, int64_t value);
void sf_json_null(struct sf_json *j);

/* Nanoseconds as seconds, with the decimals that are needed and at least one. */
void sf_json_seconds(struct sf_json *j, uint64_t ns);

#endif
