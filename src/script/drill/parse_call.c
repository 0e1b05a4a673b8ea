/* SPDX-License-Identifier: MIT
 *
 * script/drill/parse_call.c - calls: name(arguments) = result ERRNO (what errno means).
 *
 * Structures are read in general, {a, name = b, name(c) = d}, and not one by one: what a call
 * makes of them is for run_call.c to say.
 */
#include "script/drill/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_DEPTH 32

static struct drill_expr *parse_expr(struct drill_parser *p);

static struct drill_expr *new_expr(struct drill_parser *p, enum drill_expr_kind kind)
{
    struct drill_expr *expr = drill_take(&p->script->arena, sizeof(*expr));

    expr->kind = kind;
    expr->line = p->token.line;
    expr->column = p->token.column;
    return expr;
}

/* Expressions with commas between them, up to and with the closing sign. */
static bool parse_list(struct drill_parser *p, char close, struct drill_expr **list)
{
    struct drill_expr **tail = list;

    if (drill_sign(p, close)) {
        return true;
    }
    do {
        *tail = parse_expr(p);
        if (*tail == NULL) {
            return false;
        }
        tail = &(*tail)->next;
    } while (drill_sign(p, ','));
    return drill_need(p, close);
}

static struct drill_expr *parse_number(struct drill_parser *p)
{
    struct drill_expr *expr = new_expr(p, DRILL_INTEGER);
    bool hex = strncmp(p->token.text, "0x", 2) == 0;
    char *end = NULL;

    errno = 0;
    expr->number =
        hex ? (int64_t)strtoull(p->token.text, &end, 16) : strtoll(p->token.text, &end, 10);
    if (errno != 0 || *end != '\0') {
        drill_expected(p, "a whole number");
        return NULL;
    }
    drill_next(p);
    return expr;
}

/* Strings beside one another are one; dots behind one change nothing. */
static struct drill_expr *parse_string(struct drill_parser *p)
{
    struct drill_expr *expr = new_expr(p, DRILL_QUOTED);

    expr->text = "";
    while (p->token.kind == DRILL_STRING) {
        size_t octets = expr->octets + (size_t)p->token.octets;
        char *both = drill_take(&p->script->arena, octets + 1);

        memcpy(both, expr->text, expr->octets);
        memcpy(both + expr->octets, p->token.text, p->token.octets);
        expr->text = both;
        expr->octets = (uint32_t)octets;
        drill_next(p);
    }
    if (p->token.kind == DRILL_ELLIPSIS) {
        drill_next(p);
    }
    return expr;
}

static struct drill_expr *parse_name(struct drill_parser *p)
{
    struct drill_expr *expr = new_expr(p, DRILL_NAME);

    expr->text = p->token.text;
    drill_next(p);
    if (drill_sign(p, '(')) {
        expr->kind = DRILL_APPLY;
        if (!parse_list(p, ')', &expr->parts)) {
            return NULL;
        }
    }
    if (!drill_sign(p, '=')) {
        return expr;
    }
    struct drill_expr *field = new_expr(p, DRILL_FIELD);
    field->parts = expr;
    expr->next = parse_expr(p);
    return expr->next != NULL ? field : NULL;
}

static struct drill_expr *parse_group(struct drill_parser *p, char close,
                                      enum drill_expr_kind kind)
{
    struct drill_expr *expr = new_expr(p, kind);

    drill_next(p);
    return parse_list(p, close, &expr->parts) ? expr : NULL;
}

static struct drill_expr *parse_primary(struct drill_parser *p)
{
    switch (p->token.kind) {
    case DRILL_NUMBER:
        return parse_number(p);
    case DRILL_STRING:
        return parse_string(p);
    case DRILL_WORD:
        return parse_name(p);
    case DRILL_ELLIPSIS: {
        struct drill_expr *expr = new_expr(p, DRILL_DOTS);

        drill_next(p);
        return expr;
    }
    case DRILL_SIGN:
        if (p->token.sign == '[') {
            return parse_group(p, ']', DRILL_LIST);
        }
        if (p->token.sign == '{') {
            return parse_group(p, '}', DRILL_STRUCT);
        }
        break;
    case DRILL_END:
    case DRILL_BACKQUOTE:
    case DRILL_CODE:
    case DRILL_OPTION:
    case DRILL_BAD:
        break;
    }
    drill_expected(p, "a value: a number, a name, a string, '...', [list] or {structure}");
    return NULL;
}

static struct drill_expr *parse_expr(struct drill_parser *p)
{
    if (++p->depth > MOST_DEPTH) {
        drill_expected(p, "a less deep structure");
        return NULL;
    }
    struct drill_expr *expr = parse_primary(p);
    if (expr != NULL && drill_is_sign(p, '|')) {
        struct drill_expr *either = new_expr(p, DRILL_OR);
        struct drill_expr *last = expr;

        either->parts = expr;
        expr = either;
        while (last != NULL && drill_sign(p, '|')) {
            last->next = parse_primary(p);
            last = last->next;
        }
        expr = last != NULL ? expr : NULL;
    }
    p->depth--;
    return expr;
}

/* ERRNO (Its meaning in words): the words are a comment. */
static bool parse_error(struct drill_parser *p, struct drill_call *call)
{
    if (p->token.kind == DRILL_WORD && !p->token.first) {
        call->error = p->token.text;
        drill_next(p);
    }
    if (p->token.first || !drill_sign(p, '(')) {
        return true;
    }
    while (!drill_is_sign(p, ')') && p->token.kind != DRILL_END && p->token.kind != DRILL_BAD &&
           !p->token.first) {
        drill_next(p);
    }
    return drill_need(p, ')');
}

bool drill_parse_call(struct drill_parser *p, struct drill_call *call)
{
    call->blocking = p->token.kind == DRILL_ELLIPSIS;
    if (call->blocking) {
        drill_next(p);
        if (!drill_seconds(p, &call->end_ns)) {
            return false;
        }
    }
    if (p->token.kind != DRILL_WORD) {
        return drill_expected(p, "the name of a call");
    }
    call->name = p->token.text;
    drill_next(p);
    if (!drill_need(p, '(') || !parse_list(p, ')', &call->arguments) || !drill_need(p, '=')) {
        return false;
    }
    call->result = parse_expr(p);
    return call->result != NULL && parse_error(p, call);
}
