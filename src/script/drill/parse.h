/* SPDX-License-Identifier: MIT
 *
 * script/drill/parse.h - what the parts of the parser share.
 *
 *   lex.c --> [parse.c: settings, times, events] --> struct drill_script
 *                 |-> parse_packet.c, parse_option.c
 *                 `-> parse_call.c
 *
 * Recursive descent with one token of sight.  The first thing that is wrong is kept in the
 * script's error; after it every function returns false.
 */
#ifndef SYNFIN_SCRIPT_DRILL_PARSE_H
#define SYNFIN_SCRIPT_DRILL_PARSE_H

#include "script/drill/ast.h"

struct drill_parser {
    struct drill_script *script;
    struct drill_lexer lexer;
    struct drill_token token; /* the next one */
    const char *strange;      /* in the language, but not ours to play */
    uint32_t depth;           /* of expressions */
};

/* Go on to the next token. */
void drill_next(struct drill_parser *p);

/* Say what should have stood here; false. */
bool drill_expected(struct drill_parser *p, const char *what);

/* True, and gone past it, if this sign, or this word, stands here. */
bool drill_sign(struct drill_parser *p, char sign);
bool drill_word(struct drill_parser *p, const char *word);
bool drill_is_sign(const struct drill_parser *p, char sign);
bool drill_is_word(const struct drill_parser *p, const char *word);

/* A word in capitals where a value has to stand is a symbol that nobody has given a value: the
 * script parses, but cannot be played. */
void drill_unknown(struct drill_parser *p);

/* The sign has to stand here. */
bool drill_need(struct drill_parser *p, char sign);

/* A whole number from least to most. */
bool drill_number(struct drill_parser *p, const char *what, int64_t least, int64_t most,
                  int64_t *number);
bool drill_number32(struct drill_parser *p, const char *what, uint32_t *number);

/* Seconds with a fraction; kept as nanoseconds. */
bool drill_seconds(struct drill_parser *p, uint64_t *ns);

/* Hexadecimal digits, two for each octet. */
bool drill_hex(struct drill_parser *p, uint8_t *bytes, size_t room, uint8_t *n);

/* A packet from its < or > on. */
bool drill_parse_packet(struct drill_parser *p, struct drill_packet *packet);

/* A segment's options, behind the <. */
bool drill_parse_options(struct drill_parser *p, struct drill_packet *packet);

/* A call from its name, or the dots before the end of its time, on. */
bool drill_parse_call(struct drill_parser *p, struct drill_call *call);

#endif
