/* SPDX-License-Identifier: MIT
 *
 * script/drill/parse.c - settings, times and events.
 */
#include "script/drill/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

/* The longest time of a script: more than the 24 days that PAWS is about. */
#define MOST_SECONDS UINT64_C(100000000)

bool drill_expected(struct drill_parser *p, const char *what)
{
    struct drill_script *script = p->script;
    const struct drill_token *t = &p->token;

    if (script->error[0] != '\0') {
        return false;
    }
    if (t->kind == DRILL_BAD) {
        snprintf(script->error, sizeof(script->error), "%.200s:%u:%u: expected %s",
                 script->path, t->line, t->column, t->text);
        return false;
    }
    snprintf(script->error, sizeof(script->error), "%.200s:%u:%u: expected %s, not %s%.60s%s",
             script->path, t->line, t->column, what, t->kind == DRILL_END ? "" : "'",
             t->kind == DRILL_END ? "the end" : t->text, t->kind == DRILL_END ? "" : "'");
    return false;
}

void drill_next(struct drill_parser *p)
{
    if (p->token.kind != DRILL_BAD) {
        p->token = drill_lex(&p->lexer);
    }
    if (p->token.kind == DRILL_BAD) {
        drill_expected(p, "");
    }
}

bool drill_is_sign(const struct drill_parser *p, char sign)
{
    return p->token.kind == DRILL_SIGN && p->token.sign == sign;
}

bool drill_is_word(const struct drill_parser *p, const char *word)
{
    return p->token.kind == DRILL_WORD && strcmp(p->token.text, word) == 0;
}

bool drill_sign(struct drill_parser *p, char sign)
{
    bool found = drill_is_sign(p, sign);

    if (found) {
        drill_next(p);
    }
    return found;
}

bool drill_word(struct drill_parser *p, const char *word)
{
    bool found = drill_is_word(p, word);

    if (found) {
        drill_next(p);
    }
    return found;
}

bool drill_need(struct drill_parser *p, char sign)
{
    const char what[] = {'\'', sign, '\'', '\0'};

    return drill_sign(p, sign) || drill_expected(p, what);
}

void drill_unknown(struct drill_parser *p)
{
    static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const struct drill_token *t = &p->token;

    if (t->kind == DRILL_WORD && t->octets > 1 && strspn(t->text, capitals) == t->octets) {
        p->strange = "a symbol without a value: give it one with -D NAME=VALUE";
    }
}

bool drill_number(struct drill_parser *p, const char *what, int64_t least, int64_t most,
                  int64_t *number)
{
    char *end = NULL;

    *number = 0;
    if (p->token.kind != DRILL_NUMBER) {
        drill_unknown(p);
        return drill_expected(p, what);
    }
    errno = 0;
    int64_t value =
        strtoll(p->token.text, &end, strncmp(p->token.text, "0x", 2) == 0 ? 16 : 10);
    if (*end != '\0' || errno != 0 || value < least || value > most) {
        return drill_expected(p, what);
    }
    *number = value;
    drill_next(p);
    return true;
}

bool drill_number32(struct drill_parser *p, const char *what, uint32_t *number)
{
    int64_t value = 0;
    bool fine = drill_number(p, what, 0, UINT32_MAX, &value);

    *number = (uint32_t)value;
    return fine;
}

/* Digit by digit, as binary fractions would be off by a nanosecond. */
bool drill_seconds(struct drill_parser *p, uint64_t *ns)
{
    const char *c = p->token.text;
    uint64_t seconds = 0;
    uint64_t unit = SF_NS_PER_S;

    *ns = 0;
    if (p->token.kind != DRILL_NUMBER || *c == '-') {
        return drill_expected(p, "a time in seconds");
    }
    for (; *c >= '0' && *c <= '9' && seconds < MOST_SECONDS; c++) {
        seconds = 10 * seconds + (uint64_t)(*c - '0');
    }
    if (seconds >= MOST_SECONDS || (*c != '.' && *c != '\0')) {
        return drill_expected(p, "a time in seconds, below 100,000,000");
    }
    *ns = seconds * SF_NS_PER_S;
    for (c += *c == '.'; *c >= '0' && *c <= '9' && unit > 1; c++) {
        unit /= 10;
        *ns += unit * (uint64_t)(*c - '0');
    }
    drill_next(p);
    return true;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool drill_hex(struct drill_parser *p, uint8_t *bytes, size_t room, uint8_t *n)
{
    const char *text = p->token.text;

    *n = 0;
    if (p->token.kind != DRILL_WORD && p->token.kind != DRILL_NUMBER) {
        return drill_expected(p, "hexadecimal digits");
    }
    if (strpbrk(text, "GHIJKLMNOPQRSTUVWXYZ_") != NULL) {
        drill_unknown(p);
    }
    text += strncmp(text, "0x", 2) == 0 ? 2 : 0;
    for (; text[0] != '\0'; text += 2, (*n)++) {
        if (nibble(text[0]) < 0 || nibble(text[1]) < 0 || *n == room) {
            return drill_expected(p, "hexadecimal digits, two for each octet");
        }
        bytes[*n] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
    }
    drill_next(p);
    return true;
}

static bool parse_when(struct drill_parser *p, struct drill_when *when)
{
    if (drill_sign(p, '*')) {
        when->kind = DRILL_ANY;
        return true;
    }
    bool relative = drill_sign(p, '+');
    when->kind = relative ? DRILL_RELATIVE : DRILL_ABSOLUTE;
    if (!drill_seconds(p, &when->ns)) {
        return false;
    }
    if (!drill_sign(p, '~')) {
        return true;
    }
    when->kind = relative ? DRILL_RELATIVE_RANGE : DRILL_RANGE;
    if (relative && !drill_need(p, '+')) {
        return false;
    }
    if (!drill_seconds(p, &when->end_ns)) {
        return false;
    }
    return when->end_ns >= when->ns || drill_expected(p, "a range that goes forward");
}

/* An event begins a line, outside of parentheses. */
static bool begins_event(const struct drill_parser *p)
{
    return p->token.kind == DRILL_END || p->token.kind == DRILL_BAD ||
           (p->token.first && (p->token.kind == DRILL_NUMBER || drill_is_sign(p, '+') ||
                               drill_is_sign(p, '*') || p->token.kind == DRILL_BACKQUOTE));
}

/* What is in the language but not in ours is passed over, so that the script can be skipped
 * with its reason. */
static void pass_over(struct drill_parser *p)
{
    int depth = 0;

    while (p->token.kind != DRILL_END && p->token.kind != DRILL_BAD) {
        if (depth <= 0 && begins_event(p)) {
            return;
        }
        char sign = p->token.sign; /* null for other tokens */
        depth += (sign == '(' || sign == '{' || sign == '[');
        depth -= (sign == ')' || sign == '}' || sign == ']');
        drill_next(p);
    }
}

static bool parse_action(struct drill_parser *p, struct drill_event *event)
{
    if (p->token.kind == DRILL_BACKQUOTE || p->token.kind == DRILL_CODE) {
        event->kind = p->token.kind == DRILL_CODE ? DRILL_PYTHON : DRILL_COMMAND;
        event->text = p->token.text;
        drill_next(p);
        return true;
    }
    if (drill_is_sign(p, '<') || drill_is_sign(p, '>')) {
        event->kind = DRILL_PACKET;
        return drill_parse_packet(p, &event->packet);
    }
    if (p->token.kind == DRILL_WORD || p->token.kind == DRILL_ELLIPSIS) {
        event->kind = DRILL_CALL;
        return drill_parse_call(p, &event->call);
    }
    return drill_expected(p, "'<', '>', a call, a `command` or %{ code }%");
}

static struct drill_event *parse_event(struct drill_parser *p)
{
    struct drill_event *event = drill_take(&p->script->arena, sizeof(*event));

    event->line = p->token.line;
    p->strange = NULL;
    p->depth = 0;
    /* A command may stand without a time: at the end, it tidies up. */
    if (p->token.kind == DRILL_BACKQUOTE) {
        event->when.kind = DRILL_RELATIVE;
    } else if (!parse_when(p, &event->when)) {
        return NULL;
    }
    event->line = p->token.line;
    bool fine = parse_action(p, event);
    if (p->strange != NULL) {
        p->script->error[0] = '\0';
        event->kind = DRILL_STRANGE;
        event->text = p->strange;
        pass_over(p);
        return event;
    }
    if (!fine) {
        return NULL;
    }
    if (!begins_event(p) && !p->token.first) {
        drill_expected(p, "the end of the line");
        return NULL;
    }
    return event;
}

static void parse_setting(struct drill_parser *p, struct drill_setting **tail)
{
    struct drill_setting *setting = drill_take(&p->script->arena, sizeof(*setting));
    const char *equals = strchr(p->token.text, '=');

    setting->line = p->token.line;
    setting->name = p->token.text;
    if (equals != NULL) {
        const char *value = equals + 1;
        size_t octets = strlen(value);

        if (octets >= 2 && value[0] == '"' && value[octets - 1] == '"') {
            value++;
            octets -= 2;
        }
        size_t n = (size_t)(equals - p->token.text);
        setting->value = drill_text(&p->script->arena, value, octets);
        setting->name = drill_text(&p->script->arena, p->token.text, n);
    }
    *tail = setting;
    drill_next(p);
}

/* --define=NAME=VALUE is -D within the script.  What the command line says comes first. */
static void define(struct drill_parser *p, const struct drill_setting *setting)
{
    const char *equals = setting->value != NULL ? strchr(setting->value, '=') : NULL;
    struct drill_symbol *all =
        drill_take(&p->script->arena, (p->lexer.n_symbols + 1) * sizeof(struct drill_symbol));

    if (strcmp(setting->name, "define") != 0 || setting->value == NULL) {
        return;
    }
    for (uint32_t i = 0; i < p->lexer.n_symbols; i++) {
        all[i] = p->lexer.symbols[i];
    }
    size_t n = equals != NULL ? (size_t)(equals - setting->value) : strlen(setting->value);
    all[p->lexer.n_symbols].name = drill_text(&p->script->arena, setting->value, n);
    all[p->lexer.n_symbols].value = equals != NULL ? equals + 1 : NULL;
    p->lexer.symbols = all;
    p->lexer.n_symbols++;
}

bool drill_parse(struct drill_script *script, const char *path, const char *text, size_t octets,
                 const struct drill_symbol *symbols, uint32_t n_symbols)
{
    struct drill_parser p = {.script = script};

    *script = (struct drill_script){.path = path};
    struct drill_setting **setting = &script->settings;
    struct drill_event **event = &script->events;
    drill_lex_begin(&p.lexer, &script->arena, drill_text(&script->arena, text, octets), octets);
    p.lexer.symbols = symbols;
    p.lexer.n_symbols = n_symbols;
    drill_next(&p);
    while (p.token.kind == DRILL_OPTION) {
        parse_setting(&p, setting);
        define(&p, *setting);
        setting = &(*setting)->next;
    }
    if (p.token.kind == DRILL_BACKQUOTE) {
        script->init = p.token.text;
        drill_next(&p);
    }
    while (p.token.kind != DRILL_END && script->error[0] == '\0') {
        *event = parse_event(&p);
        if (*event == NULL) {
            break;
        }
        event = &(*event)->next;
    }
    return script->error[0] == '\0';
}

void drill_script_free(struct drill_script *script)
{
    drill_arena_free(&script->arena);
}
