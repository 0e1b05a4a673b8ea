/* SPDX-License-Identifier: MIT
 *
 * watch/check/parse.c - the text of an expectation to its tree.
 *
 *     or      = and { "or" and }
 *     and     = not { "and" not }
 *     not     = "not" not | "(" or ")" | group | finding | compare
 *     group   = ("any" | "all" | "none") "(" or ")"
 *     finding = ["no"] "finding" [NAME] [op severity]
 *     compare = (fact | "count" "(" or ")") op value
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "synfin/finding.h"
#include "synfin/ladder.h"
#include "watch/check/tree.h"

#define DEEPEST 32

static const char *const opens[] = {"midstream",    "unanswered", "refused", "three-way",
                                    "simultaneous", "fast-open",  NULL};
static const char *const closes[] = {
    "none", "half-closed", "four-segment", "three-segment", "simultaneous", "reset", NULL};
static const char *const sides[] = {"none", "client", "server", "both", NULL};
static const char *const states[] = {"CLOSED",      "LISTEN",     "SYN_SENT",   "SYN_RECEIVED",
                                     "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                     "CLOSING",     "LAST_ACK",   "TIME_WAIT",  NULL};
static const char *const severities[] = {"info", "warning", "error", NULL};

static const struct sf_expect_name of_all[] = {
    {"connections", SF_FACT_CONNECTIONS, SF_TYPE_NUMBER, NULL},
    {"id", SF_FACT_ID, SF_TYPE_NUMBER, NULL},
    {"open", SF_FACT_OPEN, SF_TYPE_WORD, opens},
    {"close", SF_FACT_CLOSE, SF_TYPE_WORD, closes},
    {"first_closer", SF_FACT_FIRST_CLOSER, SF_TYPE_WORD, sides},
    {"time_wait", SF_FACT_TIME_WAIT, SF_TYPE_WORD, sides},
    {"half_close_bytes", SF_FACT_HALF_CLOSE_BYTES, SF_TYPE_NUMBER, NULL},
    {"duration", SF_FACT_DURATION, SF_TYPE_SPAN, NULL},
    {"segments", SF_FACT_SEGMENTS, SF_TYPE_NUMBER, NULL},
    {NULL, 0, 0, NULL},
};
/* Behind "client." and "server.". */
static const struct sf_expect_name of_end[] = {
    {"addr", SF_FACT_ADDR, SF_TYPE_ADDR, NULL},
    {"port", SF_FACT_PORT, SF_TYPE_NUMBER, NULL},
    {"state", SF_FACT_STATE, SF_TYPE_WORD, states},
    {"bytes", SF_FACT_BYTES, SF_TYPE_NUMBER, NULL},
    {"segments", SF_FACT_END_SEGMENTS, SF_TYPE_NUMBER, NULL},
    {"retransmitted", SF_FACT_RETRANSMITTED, SF_TYPE_NUMBER, NULL},
    {"idle", SF_FACT_IDLE, SF_TYPE_SPAN, NULL},
    {NULL, 0, 0, NULL},
};

struct parser {
    struct sf_expect *expect;
    struct sf_expect_wrong *wrong;
    const char *text;
    size_t at;                 /* where the present word begins */
    size_t n;                  /* and how long it is; 0: the end */
    char word[SF_EXPECT_WORD]; /* as it stands; "" beyond its size */
    bool failed;
    bool grouped; /* inside any(), all(), none(), count() */
    int depth;
};

static int parse_or(struct parser *p);

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("_-.:*", c) != NULL;
}

/* Go to the next word or sign. */
static void next(struct parser *p)
{
    p->at += p->n;
    while (p->text[p->at] == ' ' || p->text[p->at] == '\t' || p->text[p->at] == '\n') {
        p->at++;
    }
    const char *here = p->text + p->at;
    p->n = 0;
    while (here[p->n] != '\0' && is_word(here[p->n])) {
        p->n++;
    }
    if (p->n == 0 && here[0] != '\0') {
        p->n = strchr("=!<>", here[0]) != NULL && here[1] == '=' ? 2 : 1;
    }
    p->word[0] = '\0';
    if (p->n < sizeof(p->word)) {
        memcpy(p->word, here, p->n);
        p->word[p->n] = '\0';
    }
}

static bool is(const struct parser *p, const char *word)
{
    return strcasecmp(p->word, word) == 0 && p->n > 0;
}

static int fail(struct parser *p, const char *expected)
{
    if (!p->failed) {
        p->failed = true;
        p->wrong->column = p->at + 1;
        snprintf(p->wrong->text, sizeof(p->wrong->text), "%s expected%s%.*s%s", expected,
                 p->n > 0 ? ", not '" : ", not the end",
                 p->n > 0 ? (int)(p->n < 40 ? p->n : 40) : 0, p->text + p->at,
                 p->n > 0 ? "'" : "");
    }
    return -1;
}

static int node(struct parser *p, enum sf_expect_kind kind, int left, int right)
{
    if (p->failed) {
        return -1;
    }
    if (p->expect->n == SF_EXPECT_NODES) {
        return fail(p, "a shorter expectation");
    }
    p->expect->nodes[p->expect->n] = (struct sf_expect_node){
        .kind = (uint8_t)kind, .severity = -1, .left = (int16_t)left, .right = (int16_t)right};
    return p->expect->n++;
}

/* "four-segment, three-segment, ... or none" */
static void list_words(const char *const *words, char *text, size_t room)
{
    size_t n = (size_t)snprintf(text, room, "one of");

    for (size_t i = 0; words[i] != NULL && n < room; i++) {
        n += (size_t)snprintf(text + n, room - n, "%s %s", i > 0 ? "," : "", words[i]);
    }
}

/* Which of the words it is, - and _ alike; -1: none. */
static int which(const char *word, const char *const *words)
{
    for (int i = 0; words[i] != NULL; i++) {
        size_t at = 0;

        while (word[at] != '\0' && words[i][at] != '\0' &&
               (strncasecmp(&word[at], &words[i][at], 1) == 0 ||
                (strchr("-_", word[at]) != NULL && strchr("-_", words[i][at]) != NULL))) {
            at++;
        }
        if (word[at] == '\0' && words[i][at] == '\0') {
            return i;
        }
    }
    return -1;
}

static bool take_op(struct parser *p, uint8_t *op)
{
    static const char *const ops[] = {"==", "!=", "<", "<=", ">", ">=", NULL};

    for (uint8_t i = 0; ops[i] != NULL; i++) {
        if (strcmp(p->word, ops[i]) == 0) {
            *op = i;
            next(p);
            return true;
        }
    }
    return false;
}

/* 10, 2.5s, 40ms, 3min: a number, of a span in seconds. */
static bool take_number(const struct parser *p, enum sf_expect_type type, double *number)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"min", 60}, {"h", 3600}};
    char *end = NULL;

    if (p->word[0] < '0' || p->word[0] > '9') {
        return false;
    }
    *number = strtod(p->word, &end);
    if (type == SF_TYPE_NUMBER) {
        return *end == '\0';
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcasecmp(end, units[i].name) == 0) {
            *number *= units[i].seconds;
            return true;
        }
    }
    return false;
}

static void take_value(struct parser *p, struct sf_expect_node *c)
{
    char expected[160];
    struct sf_addr addr;

    if (c->type == SF_TYPE_WORD) {
        int i = which(p->word, c->words);

        list_words(c->words, expected, sizeof(expected));
        if (i < 0) {
            (void)fail(p, expected);
            return;
        }
        c->word = (uint8_t)i;
        if (c->op > SF_EXPECT_NE) {
            (void)fail(p, "== or != before it");
            return;
        }
    } else if (c->type == SF_TYPE_ADDR) {
        if (sf_addr_parse(p->word, &addr) != SF_OK) {
            (void)fail(p, "an address");
            return;
        }
        /* Compared as text: so as it is written, not as it was given. */
        (void)sf_addr_text(&addr, c->addr);
    } else if (!take_number(p, (enum sf_expect_type)c->type, &c->number)) {
        (void)fail(p, c->type == SF_TYPE_SPAN ? "a time as 10s, 200ms, 2min" : "a number");
        return;
    }
    next(p);
}

static int compare(struct parser *p, const struct sf_expect_name *name, uint8_t side, int left)
{
    int i = node(p, SF_EXPECT_COMPARE, left, -1);

    if (i < 0) {
        return i;
    }
    struct sf_expect_node *c = &p->expect->nodes[i];
    c->fact = name->fact;
    c->type = name->type;
    c->words = name->words;
    c->side = side;
    if (c->fact > SF_FACT_CONNECTIONS) {
        snprintf(c->name, sizeof(c->name), "%s", left < 0 ? p->word : "count");
    } else {
        snprintf(c->name, sizeof(c->name), "connections");
    }
    if (left < 0) {
        next(p);
    }
    if (!take_op(p, &c->op)) {
        return fail(p, is(p, "=") ? "==" : "==, !=, <, <=, > or >=");
    }
    take_value(p, c);
    return p->failed ? -1 : i;
}

/* What stands in ( ), about one connection. */
static int group(struct parser *p, const char *what)
{
    int left = -1;

    if (p->grouped) {
        return fail(p, "what is said of one connection");
    }
    next(p);
    if (!is(p, "(")) {
        return fail(p, what);
    }
    next(p);
    p->grouped = true;
    left = parse_or(p);
    p->grouped = false;
    if (!p->failed && !is(p, ")")) {
        return fail(p, ")");
    }
    next(p);
    return left;
}

static bool is_op(const struct parser *p)
{
    return p->n > 0 && strchr("=!<>", p->text[p->at]) != NULL;
}

/* Behind the word finding. */
static int finding(struct parser *p)
{
    int i = node(p, SF_EXPECT_FINDING, -1, -1);

    if (i < 0) {
        return i;
    }
    struct sf_expect_node *f = &p->expect->nodes[i];
    if (p->n > 0 && !is_op(p) && !is(p, "and") && !is(p, "or") && !is(p, ")")) {
        size_t star = strcspn(p->word, "*");
        bool known = sf_finding_named(p->word) != SF_NO_FINDING;

        for (unsigned id = 0; p->word[star] == '*' && !known && id < SF_FINDINGS; id++) {
            known = strncasecmp(sf_finding_name(id), p->word, star) == 0;
        }
        if (!known) {
            return fail(p, "the name of a finding (synfin why lists them)");
        }
        memcpy(f->name, p->word, sizeof(f->name));
        next(p);
    }
    if (is_op(p)) {
        char expected[64];
        int level = -1;

        if (!take_op(p, &f->op)) {
            return fail(p, "==, !=, <, <=, > or >=");
        }
        level = which(p->word, severities);
        list_words(severities, expected, sizeof(expected));
        if (level < 0) {
            return fail(p, expected);
        }
        f->severity = (int8_t)level;
        next(p);
    }
    return i;
}

static int fact(struct parser *p)
{
    bool server = strncasecmp(p->word, "server.", 7) == 0;
    bool end = server || strncasecmp(p->word, "client.", 7) == 0;
    const struct sf_expect_name *names = end ? of_end : of_all;

    for (size_t i = 0; names[i].name != NULL; i++) {
        if (strcasecmp(p->word + (end ? 7 : 0), names[i].name) != 0) {
            continue;
        }
        if (names[i].fact == SF_FACT_CONNECTIONS && p->grouped) {
            return fail(p, "what is said of one connection");
        }
        return compare(p, &names[i], server ? SF_SERVER : SF_CLIENT, -1);
    }
    return fail(p, end ? "addr, port, state, bytes, segments, retransmitted or idle of an end"
                       : "a fact as connections, open, close, server.state, or finding");
}

static int parse_not(struct parser *p)
{
    static const struct sf_expect_name count = {"count", SF_FACT_COUNT, SF_TYPE_NUMBER, NULL};
    int left = -1;

    if (p->depth >= DEEPEST) {
        return fail(p, "less nesting");
    }
    if (is(p, "not")) {
        next(p);
        p->depth++;
        left = parse_not(p);
        p->depth--;
        return node(p, SF_EXPECT_NOT, left, -1);
    }
    if (is(p, "(")) {
        next(p);
        p->depth++;
        left = parse_or(p);
        p->depth--;
        if (!p->failed && !is(p, ")")) {
            return fail(p, ")");
        }
        next(p);
        return left;
    }
    if (is(p, "any") || is(p, "all") || is(p, "none")) {
        enum sf_expect_kind kind = is(p, "any")   ? SF_EXPECT_ANY
                                   : is(p, "all") ? SF_EXPECT_ALL
                                                  : SF_EXPECT_NONE;
        left = group(p, "( behind any, all or none");
        return node(p, kind, left, -1);
    }
    if (is(p, "count")) {
        left = group(p, "( behind count");
        return p->failed ? -1 : compare(p, &count, 0, left);
    }
    if (is(p, "no") || is(p, "finding")) {
        bool no = is(p, "no");

        next(p);
        if (no && !is(p, "finding")) {
            return fail(p, "finding");
        }
        if (no) {
            next(p);
        }
        left = finding(p);
        return no ? node(p, SF_EXPECT_NOT, left, -1) : left;
    }
    return fact(p);
}

static int parse_and(struct parser *p)
{
    int left = parse_not(p);

    while (!p->failed && is(p, "and")) {
        next(p);
        int right = parse_not(p);
        left = node(p, SF_EXPECT_AND, left, right);
    }
    return left;
}

static int parse_or(struct parser *p)
{
    int left = parse_and(p);

    while (!p->failed && is(p, "or")) {
        next(p);
        int right = parse_and(p);
        left = node(p, SF_EXPECT_OR, left, right);
    }
    return left;
}

/* What a part speaks of, as bits. */
enum { OF_CAPTURE = 1, OF_CONNECTION = 2, OF_FINDINGS = 4 };

static unsigned speaks_of(const struct sf_expect *e, int i)
{
    const struct sf_expect_node *n = i >= 0 ? &e->nodes[i] : NULL;

    if (n == NULL) {
        return 0;
    }
    switch ((enum sf_expect_kind)n->kind) {
    case SF_EXPECT_COMPARE:
        return n->fact <= SF_FACT_COUNT ? OF_CAPTURE : OF_CONNECTION;
    case SF_EXPECT_FINDING:
        return OF_FINDINGS;
    case SF_EXPECT_ANY:
    case SF_EXPECT_ALL:
    case SF_EXPECT_NONE:
    case SF_EXPECT_EACH:
        return OF_CAPTURE;
    case SF_EXPECT_AND:
    case SF_EXPECT_OR:
    case SF_EXPECT_NOT:
        break;
    }
    return speaks_of(e, n->left) | speaks_of(e, n->right);
}

/* Whatever speaks of one connection outside a group is said of each. */
static int spread(struct parser *p, int i)
{
    unsigned of = p->failed ? 0 : speaks_of(p->expect, i);

    if ((of & OF_CONNECTION) == 0) {
        return i;
    }
    /* Parts joined by "and" may speak of different things. */
    if (p->expect->nodes[i].kind == SF_EXPECT_AND) {
        int left = spread(p, p->expect->nodes[i].left);
        int right = spread(p, p->expect->nodes[i].right);

        p->expect->nodes[i].left = (int16_t)left;
        p->expect->nodes[i].right = (int16_t)right;
        return i;
    }
    if ((of & OF_CAPTURE) != 0) {
        p->at = 0;
        p->n = 0;
        p->failed = true;
        p->wrong->column = 1;
        snprintf(p->wrong->text, sizeof(p->wrong->text),
                 "'or' and 'not' cannot join the whole capture with one connection: "
                 "write any(...) or all(...)");
        return -1;
    }
    return node(p, SF_EXPECT_EACH, i, -1);
}

struct sf_expect *sf_expect_parse(const char *text, struct sf_expect_wrong *wrong)
{
    struct sf_expect *expect = calloc(1, sizeof(*expect));
    struct parser p = {.expect = expect, .wrong = wrong, .text = text};

    *wrong = (struct sf_expect_wrong){.column = 1};
    if (expect == NULL) {
        snprintf(wrong->text, sizeof(wrong->text), "there is no memory for it");
        return NULL;
    }
    next(&p);
    expect->root = parse_or(&p);
    if (!p.failed && p.n > 0) {
        (void)fail(&p, "'and', 'or' or the end");
    }
    expect->root = spread(&p, expect->root);
    if (p.failed) {
        free(expect);
        return NULL;
    }
    return expect;
}

void sf_expect_free(struct sf_expect *expect)
{
    free(expect);
}
