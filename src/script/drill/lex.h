/* SPDX-License-Identifier: MIT
 *
 * script/drill/lex.h - a script's text as tokens, without comments and without the parts that
 * #ifdef leaves out.
 */
#ifndef SYNFIN_SCRIPT_DRILL_LEX_H
#define SYNFIN_SCRIPT_DRILL_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "script/drill/arena.h"

enum drill_token_kind {
    DRILL_END = 0,
    DRILL_NUMBER,    /* 12, -1, .5, 0.100, 0x1f */
    DRILL_WORD,      /* letters, digits, _ */
    DRILL_STRING,    /* "..." with its escapes undone */
    DRILL_BACKQUOTE, /* `...` */
    DRILL_CODE,      /* %{ ... }% */
    DRILL_OPTION,    /* --name, text without the dashes */
    DRILL_ELLIPSIS,  /* ... */
    DRILL_SIGN,      /* one character */
    DRILL_BAD        /* text says what is wrong */
};

struct drill_token {
    enum drill_token_kind kind;
    bool first; /* of its line */
    char sign;  /* of DRILL_SIGN */
    uint32_t line, column, octets;
    const char *text; /* ended by a null */
};

/* Symbols of #ifdef. */
struct drill_symbol {
    const char *name, *value;
};

#define DRILL_NESTING 16

struct drill_lexer {
    struct drill_arena *arena;
    const struct drill_symbol *symbols;
    uint32_t n_symbols;
    const char *at, *end;
    uint32_t line, column;
    bool fresh;                    /* nothing but white space on this line yet */
    uint32_t depth;                /* of #ifdef */
    bool taken[DRILL_NESTING];     /* this level's text counts */
    bool was_taken[DRILL_NESTING]; /* and so does its surroundings */
};

/* Begin with text, which must stay. */
void drill_lex_begin(struct drill_lexer *lexer, struct drill_arena *arena, const char *text,
                     size_t octets);

/* The next token; DRILL_END, or DRILL_BAD, again and again at the end. */
struct drill_token drill_lex(struct drill_lexer *lexer);

#endif
