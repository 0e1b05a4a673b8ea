/* SPDX-License-Identifier: MIT
 *
 * script/drill/lex.c - characters to tokens, one function for each kind.
 */
#include "script/drill/lex.h"

#include <ctype.h>
#include <string.h>

void drill_lex_begin(struct drill_lexer *lexer, struct drill_arena *arena, const char *text,
                     size_t octets)
{
    *lexer = (struct drill_lexer){
        .arena = arena,
        .at = text,
        .end = text + octets,
        .line = 1,
        .column = 1,
        .fresh = true,
    };
}

static char peek(const struct drill_lexer *lexer, size_t ahead)
{
    if ((size_t)(lexer->end - lexer->at) <= ahead) {
        return '\0';
    }
    return lexer->at[ahead];
}

static bool begins(const struct drill_lexer *lexer, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(lexer->end - lexer->at) >= n && memcmp(lexer->at, text, n) == 0;
}

static void skip(struct drill_lexer *lexer, size_t n)
{
    for (; n > 0 && lexer->at < lexer->end; n--) {
        bool newline = *lexer->at++ == '\n';

        lexer->line += newline;
        lexer->column = newline ? 1 : lexer->column + 1;
        lexer->fresh = lexer->fresh || newline;
    }
}

static size_t to_line_end(const struct drill_lexer *lexer)
{
    const char *newline = memchr(lexer->at, '\n', (size_t)(lexer->end - lexer->at));

    return (size_t)((newline != NULL ? newline : lexer->end) - lexer->at);
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static struct drill_token bad(const struct drill_lexer *lexer, const char *what)
{
    return (struct drill_token){
        .kind = DRILL_BAD, .line = lexer->line, .column = lexer->column, .text = what};
}

static bool counts(const struct drill_lexer *lexer)
{
    return lexer->depth == 0 || lexer->taken[lexer->depth - 1];
}

static const struct drill_symbol *symbol_of(const struct drill_lexer *lexer, const char *name,
                                            size_t n)
{
    for (uint32_t i = 0; i < lexer->n_symbols; i++) {
        const char *symbol = lexer->symbols[i].name;

        if (strlen(symbol) == n && memcmp(symbol, name, n) == 0) {
            return &lexer->symbols[i];
        }
    }
    return NULL;
}

/* #ifdef NAME, #ifndef NAME: a level more.  Null, or what is wrong. */
static const char *enter(struct drill_lexer *lexer, const char *rest, size_t n, bool wanted)
{
    size_t used = 0;

    while (n > 0 && (*rest == ' ' || *rest == '\t')) {
        rest++;
        n--;
    }
    while (used < n && is_word(rest[used])) {
        used++;
    }
    if (used == 0) {
        return "a name behind #ifdef";
    }
    if (lexer->depth == DRILL_NESTING) {
        return "fewer #ifdef within one another";
    }
    bool outer = counts(lexer);
    lexer->was_taken[lexer->depth] = outer;
    lexer->taken[lexer->depth] = outer && (symbol_of(lexer, rest, used) != NULL) == wanted;
    lexer->depth++;
    return NULL;
}

/* A line that begins with #.  What is no directive is a comment. */
static const char *directive(struct drill_lexer *lexer)
{
    const char *line = lexer->at;
    size_t n = to_line_end(lexer);
    const char *wrong = NULL;

    if (begins(lexer, "#ifdef")) {
        wrong = enter(lexer, line + 6, n - 6, true);
    } else if (begins(lexer, "#ifndef")) {
        wrong = enter(lexer, line + 7, n - 7, false);
    } else if (begins(lexer, "#else") || begins(lexer, "#endif")) {
        if (lexer->depth == 0) {
            return "an #ifdef before this";
        }
        uint32_t level = lexer->depth - 1;
        if (begins(lexer, "#else")) {
            lexer->taken[level] = lexer->was_taken[level] && !lexer->taken[level];
        } else {
            lexer->depth--;
        }
    }
    if (wrong == NULL) {
        skip(lexer, n);
    }
    return wrong;
}

/* The number of characters up to and with what ends a run; 0 if nothing does. */
static size_t run_to(const struct drill_lexer *lexer, const char *end)
{
    size_t left = (size_t)(lexer->end - lexer->at);
    const char *found = left < 2 ? NULL : memmem(lexer->at + 2, left - 2, end, strlen(end));

    return found == NULL ? 0 : (size_t)(found - lexer->at) + strlen(end);
}

/* White space, comments, directives, and what #ifdef leaves out.  Null, or what is wrong. */
static const char *skip_blank(struct drill_lexer *lexer)
{
    const char *wrong = NULL;

    while (wrong == NULL && lexer->at < lexer->end) {
        char c = *lexer->at;

        if (isspace((unsigned char)c)) {
            skip(lexer, 1);
        } else if (c == '#') {
            wrong = directive(lexer);
        } else if (begins(lexer, "//") || !counts(lexer)) {
            skip(lexer, to_line_end(lexer));
        } else if (begins(lexer, "/*")) {
            size_t n = run_to(lexer, "*/");

            wrong = n == 0 ? "*/ at the end of the comment" : NULL;
            skip(lexer, n);
        } else {
            return NULL;
        }
    }
    if (wrong == NULL && lexer->depth > 0) {
        return "#endif before the end";
    }
    return wrong;
}

static char unescaped(char c)
{
    static const char from[] = "ntr0abfv";
    static const char to[] = "\n\t\r\0\a\b\f\v";
    const char *found = strchr(from, c);

    if (c == '\0' || found == NULL) {
        return c;
    }
    return to[found - from];
}

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* The character that stands behind a backslash: a letter's meaning, or xHH; how many characters
 * it takes. */
static char escape(const char *text, size_t left, size_t *used)
{
    *used = 1;
    if (text[0] == 'x' && left > 2 && isxdigit((unsigned char)text[1]) &&
        isxdigit((unsigned char)text[2])) {
        *used = 3;
        return (char)(16 * hex_digit(text[1]) + hex_digit(text[2]));
    }
    return unescaped(text[0]);
}

/* "..." or `...`: a backslash takes the next character's meaning away, or gives it one. */
static struct drill_token quoted(struct drill_lexer *lexer, struct drill_token token)
{
    const char end = *lexer->at;
    size_t left = (size_t)(lexer->end - lexer->at);
    size_t n = 1;

    while (n < left && lexer->at[n] != end) {
        n += lexer->at[n] == '\\' ? 2 : 1;
    }
    if (n >= left) {
        return bad(lexer,
                   end == '"' ? "\" at the end of the string" : "` at the end of the command");
    }
    char *text = drill_text(lexer->arena, lexer->at + 1, n - 1);
    size_t to = 0;
    for (size_t i = 0; i < n - 1; to++) {
        size_t used = 1;

        if (end == '"' && text[i] == '\\' && i + 1 < n - 1) {
            i++;
            text[to] = escape(text + i, n - 1 - i, &used);
        } else {
            text[to] = text[i];
        }
        i += used;
    }
    text[to] = '\0';
    token.text = text;
    token.octets = (uint32_t)to;
    token.kind = end == '"' ? DRILL_STRING : DRILL_BACKQUOTE;
    skip(lexer, n + 1);
    return token;
}

static struct drill_token take(struct drill_lexer *lexer, struct drill_token token,
                               enum drill_token_kind kind, size_t n)
{
    token.kind = kind;
    token.text = drill_text(lexer->arena, lexer->at, n);
    token.octets = (uint32_t)n;
    skip(lexer, n);
    return token;
}

/* 12, 0x1f, 1.5, .5, -1; a word that begins with a digit, as cookies do; 1... ends at the 1. */
static struct drill_token number(struct drill_lexer *lexer, struct drill_token token)
{
    size_t n = peek(lexer, 0) == '-' ? 1 : 0;
    enum drill_token_kind kind = DRILL_NUMBER;

    if (peek(lexer, n) == '0' && (peek(lexer, n + 1) | 0x20) == 'x') {
        n += 2;
        while (isxdigit((unsigned char)peek(lexer, n))) {
            n++;
        }
    } else {
        while (is_digit(peek(lexer, n))) {
            n++;
        }
    }
    if (peek(lexer, n) == '.' && is_digit(peek(lexer, n + 1))) {
        n++;
        while (is_digit(peek(lexer, n))) {
            n++;
        }
        return take(lexer, token, kind, n);
    }
    while (is_word(peek(lexer, n))) {
        kind = DRILL_WORD;
        n++;
    }
    return take(lexer, token, kind, n);
}

/* A symbol with a value stands for it: a number, a "string", a `command` or a word. */
static struct drill_token meant(const struct drill_lexer *lexer, struct drill_token token)
{
    const struct drill_symbol *symbol = symbol_of(lexer, token.text, token.octets);

    if (symbol == NULL || symbol->value == NULL || symbol->value[0] == '\0') {
        return token;
    }
    const char *value = symbol->value;
    size_t n = strlen(value);
    bool closed = n >= 2 && value[n - 1] == value[0];

    if (closed && (value[0] == '"' || value[0] == '`')) {
        token.kind = value[0] == '"' ? DRILL_STRING : DRILL_BACKQUOTE;
        value++;
        n -= 2;
    } else if (is_digit(value[0]) || value[0] == '.' || value[0] == '-') {
        token.kind =
            strspn(value + 1, "0123456789.xabcdefABCDEF") == n - 1 ? DRILL_NUMBER : DRILL_WORD;
    }
    token.text = drill_text(lexer->arena, value, n);
    token.octets = (uint32_t)n;
    return token;
}

static struct drill_token word(struct drill_lexer *lexer, struct drill_token token, size_t from)
{
    size_t n = from;

    while (is_word(peek(lexer, n))) {
        n++;
    }
    if (from == 0) {
        return meant(lexer, take(lexer, token, DRILL_WORD, n));
    }
    /* What follows an option's = goes to the next blank, or to the end of the quotation. */
    for (bool open = false; peek(lexer, n) != '\0'; n++) {
        char c = peek(lexer, n);

        if ((!open && isspace((unsigned char)c)) || c == '\n') {
            break;
        }
        open = open != (c == '"' || c == '`');
    }
    token = take(lexer, token, DRILL_OPTION, n);
    token.text += from;
    return token;
}

static struct drill_token code(struct drill_lexer *lexer, struct drill_token token)
{
    size_t n = run_to(lexer, "}%");

    if (n == 0) {
        return bad(lexer, "}% at the end of the code");
    }
    token.kind = DRILL_CODE;
    token.text = drill_text(lexer->arena, lexer->at + 2, n - 4);
    token.octets = (uint32_t)n - 4;
    skip(lexer, n);
    return token;
}

struct drill_token drill_lex(struct drill_lexer *lexer)
{
    const char *wrong = skip_blank(lexer);
    struct drill_token token = {
        .line = lexer->line, .column = lexer->column, .first = lexer->fresh, .text = ""};
    char c = peek(lexer, 0);
    char next = peek(lexer, 1);

    if (wrong != NULL) {
        return bad(lexer, wrong);
    }
    if (lexer->at >= lexer->end) {
        return token;
    }
    lexer->fresh = false;
    if (begins(lexer, "...")) {
        return take(lexer, token, DRILL_ELLIPSIS, 3);
    }
    if (begins(lexer, "--") && isalpha((unsigned char)peek(lexer, 2))) {
        return word(lexer, token, 2);
    }
    if (is_digit(c) || ((c == '.' || c == '-') && is_digit(next))) {
        return number(lexer, token);
    }
    if (is_word(c)) {
        return word(lexer, token, 0);
    }
    if (c == '"' || c == '`') {
        return quoted(lexer, token);
    }
    if (c == '%' && next == '{') {
        return code(lexer, token);
    }
    token.sign = c;
    return take(lexer, token, DRILL_SIGN, 1);
}
