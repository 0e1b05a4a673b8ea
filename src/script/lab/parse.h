/* SPDX-License-Identifier: MIT
 *
 * script/lab/parse.h - the parts of a lab's file, each read by a function.
 */
#ifndef SF_SCRIPT_LAB_PARSE_H
#define SF_SCRIPT_LAB_PARSE_H

#include "script/lab/words.h"

struct lab_parser {
    struct lab_lines lines;
    struct lab_line line; /* the current one */
    struct lab *lab;
    uint32_t variant; /* the one that is wanted ... */
    uint32_t seen;    /* ... of so many named up to here */
};

/* All return false after an error, which is told. */

/* host NAME ADDRESS OPTIONS */
bool lab_parse_host(struct lab_parser *p);

/* cut, mend, crash, replay, forge */
bool lab_parse_act(struct lab_parser *p, enum lab_act_kind kind);

/* One line of an application. */
bool lab_parse_step(struct lab_parser *p, struct lab_app *app);

/* One line of what must come of it. */
bool lab_parse_expect(struct lab_parser *p);

/* The next word names a host. */
bool lab_parse_known_host(struct lab_parser *p, uint32_t *host);

/* A>B; and which segments, as SYN+ACK. */
bool lab_parse_way(struct lab_parser *p, struct lab_filter *filter);
bool lab_parse_filter(struct lab_parser *p, struct lab_filter *filter);

/* refused, reset, timeout ... */
bool lab_parse_error(struct lab_parser *p, uint8_t *error);

/* The place of the word that is read next. */
struct lab_place lab_place_of(const struct lab_parser *p);

#endif
