/* SPDX-License-Identifier: MIT
 *
 * watch/check/eval.c - is an expectation true?
 *
 *   conversations, one at a time -> [eval.c]: counts in the tree -> true, or why not
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "synfin/state.h"
#include "watch/check/tree.h"
#include "watch/conv/conv.h"

/* One conversation that is looked at. */
struct subject {
    const struct sf_conv *conv;
    struct sf_ladder_facts facts;
    uint64_t until_ns;
};

static bool compare(double a, enum sf_expect_op op, double b)
{
    switch (op) {
    case SF_EXPECT_EQ:
        return a == b;
    case SF_EXPECT_NE:
        return a != b;
    case SF_EXPECT_LT:
        return a < b;
    case SF_EXPECT_LE:
        return a <= b;
    case SF_EXPECT_GT:
        return a > b;
    case SF_EXPECT_GE:
        return a >= b;
    }
    return false;
}

static bool matches(const struct sf_expect_node *n, const struct sf_finding *f)
{
    const char *name = sf_finding_name(f->id);
    size_t star = strcspn(n->name, "*");
    bool named =
        n->name[0] == '\0' || (n->name[star] == '*' ? strncasecmp(name, n->name, star) == 0
                                                    : strcasecmp(name, n->name) == 0);

    return named &&
           (n->severity < 0 || compare(f->severity, (enum sf_expect_op)n->op, n->severity));
}

static const struct sf_finding *found(const struct sf_expect_node *n,
                                      const struct sf_findings *list)
{
    for (unsigned i = 0; i < list->n; i++) {
        if (matches(n, &list->list[i])) {
            return &list->list[i];
        }
    }
    return NULL;
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

/* A fact as a number; of words which one. */
static double value_of(const struct sf_expect_node *n, const struct subject *s)
{
    const struct sf_conv *conv = s->conv;
    const struct sf_conv_end *end = &conv->end[n->side];

    switch ((enum sf_expect_fact)n->fact) {
    case SF_FACT_ID:
        return conv->id;
    case SF_FACT_OPEN:
        return s->facts.opened;
    case SF_FACT_CLOSE:
        return s->facts.closed;
    case SF_FACT_FIRST_CLOSER:
        return s->facts.first_closer;
    case SF_FACT_TIME_WAIT:
        return s->facts.time_wait;
    case SF_FACT_HALF_CLOSE_BYTES:
        return (double)s->facts.half_close_octets;
    case SF_FACT_DURATION:
        return seconds(conv->first_ns, conv->over_ns != 0 ? conv->over_ns : s->until_ns);
    case SF_FACT_SEGMENTS:
        return conv->segments;
    case SF_FACT_PORT:
        return end->at.port;
    case SF_FACT_STATE:
        return conv->infer[n->side].state;
    case SF_FACT_BYTES:
        return (double)end->octets;
    case SF_FACT_END_SEGMENTS:
        return end->segments;
    case SF_FACT_RETRANSMITTED:
        return end->again;
    case SF_FACT_IDLE:
        return end->last_ns != 0 ? seconds(end->last_ns, s->until_ns) : 0;
    case SF_FACT_CONNECTIONS:
    case SF_FACT_COUNT:
    case SF_FACT_ADDR:
        break;
    }
    return 0;
}

/* "close is reset" */
static void tell(const struct sf_expect_node *n, double value, char *text, size_t room)
{
    if (n->type == SF_TYPE_WORD) {
        snprintf(text, room, "%s is %s", n->name, n->words[(size_t)value]);
    } else if (n->type == SF_TYPE_SPAN) {
        snprintf(text, room, "%s is %.6gs", n->name, value);
    } else {
        snprintf(text, room, "%s is %.0f", n->name, value);
    }
}

static bool check_addr(const struct sf_expect_node *n, const struct subject *s, char *why)
{
    char text[SF_ADDR_TEXT];
    bool same = strcmp(sf_addr_text(&s->conv->end[n->side].at.addr, text), n->addr) == 0;

    snprintf(why, SF_EXPECT_WHY, "%s is %s", n->name, text);
    return same == (n->op == SF_EXPECT_EQ);
}

static bool check_finding(const struct sf_expect_node *n, const struct subject *s, char *why)
{
    const struct sf_finding *f = found(n, &s->conv->notes.found);

    if (f != NULL) {
        snprintf(why, SF_EXPECT_WHY, "has %s", sf_finding_name(f->id));
    } else {
        snprintf(why, SF_EXPECT_WHY, "has no finding %s", n->name);
    }
    return f != NULL;
}

/* About one conversation; why tells the fact that decided. */
static bool check_one(const struct sf_expect *e, int i, const struct subject *s, char *why)
{
    const struct sf_expect_node *n = &e->nodes[i];
    double value = 0;

    switch ((enum sf_expect_kind)n->kind) {
    case SF_EXPECT_AND:
        return check_one(e, n->left, s, why) && check_one(e, n->right, s, why);
    case SF_EXPECT_OR:
        return check_one(e, n->left, s, why) || check_one(e, n->right, s, why);
    case SF_EXPECT_NOT:
        return !check_one(e, n->left, s, why);
    case SF_EXPECT_FINDING:
        return check_finding(n, s, why);
    case SF_EXPECT_COMPARE:
        if (n->fact == SF_FACT_ADDR) {
            return check_addr(n, s, why);
        }
        value = value_of(n, s);
        tell(n, value, why, SF_EXPECT_WHY);
        return compare(value, (enum sf_expect_op)n->op,
                       n->type == SF_TYPE_WORD ? n->word : n->number);
    case SF_EXPECT_ANY:
    case SF_EXPECT_ALL:
    case SF_EXPECT_NONE:
    case SF_EXPECT_EACH:
        break;
    }
    return false;
}

static char *endpoint(const struct sf_endpoint *at, char *text)
{
    bool six = at->addr.family == SF_IPV6;
    char addr[SF_ADDR_TEXT];

    snprintf(text, SF_EXPECT_WORD + 8, six ? "[%s]:%u" : "%s:%u", sf_addr_text(&at->addr, addr),
             at->port);
    return text;
}

/* "connection 2 (10.0.0.1:40002 > 10.0.0.2:80): close is reset" */
static void remember(struct sf_expect_node *n, const struct sf_conv *conv, const char *why)
{
    char client[SF_EXPECT_WORD + 8];
    char server[SF_EXPECT_WORD + 8];

    snprintf(n->why, sizeof(n->why), "connection %" PRIu32 " (%s > %s): %.90s", conv->id,
             endpoint(&conv->end[SF_CLIENT].at, client),
             endpoint(&conv->end[SF_SERVER].at, server), why);
}

static void count(struct sf_expect *e, struct sf_expect_node *n, const struct subject *s)
{
    bool positive = n->kind == SF_EXPECT_ALL || n->kind == SF_EXPECT_EACH;
    char why[SF_EXPECT_WHY] = "";
    bool held = check_one(e, n->left, s, why);

    n->asked++;
    n->held += held;
    /* all() is decided by one for which it does not hold, any() and none() by one that does;
     * where none does, the last one is told. */
    if ((n->why[0] == '\0' && held != positive) || (n->kind == SF_EXPECT_ANY && !held)) {
        remember(n, s->conv, why);
    }
}

/* A finding of the capture, as it is asked for outside any group. */
static void count_finding(struct sf_expect_node *n, const struct sf_conv *conv)
{
    const struct sf_finding *f = found(n, &conv->notes.found);

    n->held += f != NULL;
    if (f != NULL && n->why[0] == '\0') {
        remember(n, conv, sf_finding_name(f->id));
    }
}

void sf_expect_conv(struct sf_expect *e, const struct sf_conv *conv, uint64_t until_ns)
{
    struct subject s = {.conv = conv, .until_ns = until_ns};

    sf_conv_facts(conv, &s.facts);
    e->connections++;
    for (int i = 0; i < e->n; i++) {
        struct sf_expect_node *n = &e->nodes[i];

        if (n->kind >= SF_EXPECT_ANY ||
            (n->kind == SF_EXPECT_COMPARE && n->fact == SF_FACT_COUNT)) {
            count(e, n, &s);
        } else if (n->kind == SF_EXPECT_FINDING) {
            count_finding(n, conv);
        }
    }
}

void sf_expect_findings(struct sf_expect *e, const struct sf_findings *list)
{
    for (int i = 0; i < e->n; i++) {
        struct sf_expect_node *n = &e->nodes[i];
        const struct sf_finding *f = n->kind == SF_EXPECT_FINDING ? found(n, list) : NULL;

        if (f != NULL) {
            n->held++;
            snprintf(n->why, sizeof(n->why), "the capture: %s", sf_finding_name(f->id));
        }
    }
}

static bool holds(const struct sf_expect *e, int i, char *why, size_t room)
{
    const struct sf_expect_node *n = &e->nodes[i];
    bool held = false;

    switch ((enum sf_expect_kind)n->kind) {
    case SF_EXPECT_AND:
        return holds(e, n->left, why, room) && holds(e, n->right, why, room);
    case SF_EXPECT_OR:
        return holds(e, n->left, why, room) || holds(e, n->right, why, room);
    case SF_EXPECT_NOT:
        return !holds(e, n->left, why, room);
    case SF_EXPECT_FINDING:
        snprintf(why, room, "%s", n->held > 0 ? n->why : "there is no such finding");
        return n->held > 0;
    case SF_EXPECT_COMPARE:
        held = compare((double)(n->fact == SF_FACT_COUNT ? n->held : e->connections),
                       (enum sf_expect_op)n->op, n->number);
        snprintf(why, room, "%s is %" PRIu64, n->name,
                 n->fact == SF_FACT_COUNT ? n->held : e->connections);
        return held;
    case SF_EXPECT_ANY:
        held = n->held > 0;
        break;
    case SF_EXPECT_ALL:
        held = n->held == n->asked;
        break;
    case SF_EXPECT_NONE:
        held = n->held == 0;
        break;
    case SF_EXPECT_EACH:
        held = n->held == n->asked && n->asked > 0;
        break;
    }
    snprintf(why, room, "%s", n->asked == 0 ? "there is no connection" : n->why);
    return held;
}

bool sf_expect_holds(const struct sf_expect *e, char *why, size_t room)
{
    return holds(e, e->root, why, room);
}
