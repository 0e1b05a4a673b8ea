/* SPDX-License-Identifier: MIT
 *
 * script/lab/parse_expect.c - what must come of a lab.
 */
#include "script/lab/parse.h"

#include <string.h>

#include "base/time.h"
#include "synfin/finding.h"

/* 5, 2..4, 3.., none */
static bool parse_range(struct lab_parser *p, struct lab_expect *want)
{
    const struct lab_word *word = lab_peek_word(&p->line);
    const char *dots = NULL;

    if (lab_take(&p->line, "none")) {
        want->low = want->high = 0;
        return true;
    }
    for (size_t i = 0; word != NULL && i + 1 < word->octets && dots == NULL; i++) {
        dots = word->at[i] == '.' && word->at[i + 1] == '.' ? word->at + i : NULL;
    }
    want->high = UINT64_MAX;
    if (word != NULL && dots == NULL && lab_number_of(word->at, word->octets, &want->low)) {
        want->high = want->low;
    } else if (word == NULL || dots == NULL ||
               !lab_number_of(word->at, (size_t)(dots - word->at), &want->low) ||
               (dots + 2 < word->at + word->octets &&
                !lab_number_of(dots + 2, word->octets - (size_t)(dots + 2 - word->at),
                               &want->high))) {
        return lab_refuse(&p->lines, &p->line, "expected a number, 2..4, 3.. or none");
    }
    if (want->high < want->low) {
        return lab_refuse(&p->lines, &p->line,
                          "this can never be: expected the smaller number first");
    }
    p->line.next++;
    return true;
}

static bool parse_spans(struct lab_parser *p, struct lab_expect *want)
{
    const struct lab_word *word = lab_peek_word(&p->line);
    const char *dots = NULL;
    sf_span low = {0};
    sf_span high = {0};

    for (size_t i = 0; word != NULL && i + 1 < word->octets && dots == NULL; i++) {
        dots = word->at[i] == '.' && word->at[i + 1] == '.' ? word->at + i : NULL;
    }
    if (dots == NULL || !lab_span_of(word->at, (size_t)(dots - word->at), &low) ||
        !lab_span_of(dots + 2, word->octets - (size_t)(dots + 2 - word->at), &high)) {
        return lab_refuse(&p->lines, &p->line, "expected two lengths of time, as 1s..1.2s");
    }
    if (high.ns < low.ns) {
        return lab_refuse(&p->lines, &p->line,
                          "this can never be: expected the shorter time first");
    }
    want->low = low.ns;
    want->high = high.ns;
    p->line.next++;
    return true;
}

static bool parse_state(struct lab_parser *p, uint8_t *state)
{
    for (unsigned i = 0; i < SF_STATES; i++) {
        if (lab_take(&p->line, sf_state_name((enum sf_state)i))) {
            *state = (uint8_t)i;
            return true;
        }
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected a state: CLOSED LISTEN SYN_SENT SYN_RECEIVED ESTABLISHED "
                      "FIN_WAIT_1 FIN_WAIT_2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT");
}

/* A#2 is the second connection of A. */
static bool parse_connection(struct lab_parser *p, struct lab_expect *want)
{
    const struct lab_word *word = lab_peek_word(&p->line);
    const char *hash = word != NULL ? memchr(word->at, '#', word->octets) : NULL;
    uint64_t which = 1;

    if (hash == NULL) {
        want->which = 1;
        return lab_parse_known_host(p, &want->host);
    }
    if (!lab_number_of(hash + 1, word->octets - (size_t)(hash + 1 - word->at), &which) ||
        which == 0 || which > UINT16_MAX) {
        return lab_refuse(&p->lines, &p->line, "expected a connection of a host, as A#2");
    }
    want->which = (uint32_t)which;
    p->line.words[p->line.next].octets = (size_t)(hash - word->at);
    return lab_parse_known_host(p, &want->host);
}

static bool parse_app(struct lab_parser *p, struct lab_expect *want)
{
    const struct lab_word *word = lab_peek_word(&p->line);

    for (uint32_t i = 0; i < p->lab->n_apps; i++) {
        if (lab_take(&p->line, p->lab->apps[i].name)) {
            want->host = i;
            return true;
        }
    }
    return lab_refuse(&p->lines, &p->line, "there is no app '%.*s': expected one named before",
                      word != NULL ? (int)word->octets : 0, word != NULL ? word->at : "");
}

/* An arrow that the table lacks would be an expectation that cannot come true. */
static bool possible(const struct lab_expect *want)
{
    uint8_t from = want->states[want->n_states - 2];
    uint8_t to = want->states[want->n_states - 1];
    size_t n = 0;
    const struct sf_arrow *arrows = sf_state_arrows(&n);

    for (size_t i = 0; i < n; i++) {
        if (arrows[i].from == from && arrows[i].to == to) {
            return true;
        }
    }
    return false;
}

static bool parse_states(struct lab_parser *p, struct lab_expect *want)
{
    if (!parse_connection(p, want)) {
        return false;
    }
    do {
        if (want->n_states == LAB_STATES) {
            return lab_refuse(&p->lines, &p->line, "expected at most %d states", LAB_STATES);
        }
        if (!parse_state(p, &want->states[want->n_states])) {
            return false;
        }
        want->n_states++;
        if (want->n_states > 1 && p->lab->hosts[want->host].breaks == 0 && !possible(want)) {
            p->line.next--;
            return lab_refuse(&p->lines, &p->line,
                              "this can never be: no arrow leads from %s to %s",
                              sf_state_name(want->states[want->n_states - 2]),
                              sf_state_name(want->states[want->n_states - 1]));
        }
    } while (lab_peek_word(&p->line) != NULL);
    return true;
}

static bool parse_left(struct lab_parser *p, struct lab_expect *want)
{
    return lab_parse_known_host(p, &want->host) && parse_state(p, &want->states[0]) &&
           parse_range(p, want);
}

static bool parse_of_app(struct lab_parser *p, struct lab_expect *want)
{
    return parse_app(p, want) && parse_range(p, want);
}

static bool parse_failed(struct lab_parser *p, struct lab_expect *want)
{
    return parse_app(p, want) && lab_parse_error(p, &want->error);
}

static bool parse_segments(struct lab_parser *p, struct lab_expect *want)
{
    return lab_parse_way(p, &want->filter) && lab_parse_filter(p, &want->filter) &&
           parse_range(p, want);
}

static bool parse_took(struct lab_parser *p, struct lab_expect *want)
{
    return parse_connection(p, want) && parse_state(p, &want->states[0]) &&
           parse_spans(p, want);
}

static bool parse_finding(struct lab_parser *p, struct lab_expect *want)
{
    if (!lab_read_name(&p->lines, &p->line, "a finding's id", want->finding,
                       sizeof(want->finding))) {
        return false;
    }
    if (sf_finding_named(want->finding) == SF_NO_FINDING &&
        strcmp(want->finding, "info") != 0 && strcmp(want->finding, "warning") != 0 &&
        strcmp(want->finding, "error") != 0) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line,
                          "there is no finding '%s': expected one that synfin why lists, or "
                          "info, warning, error",
                          want->finding);
    }
    return true;
}

struct named_want {
    const char *word;
    enum lab_expect_kind kind;
    bool (*parse)(struct lab_parser *p, struct lab_expect *want);
};

static const struct named_want wants[] = {
    {"states", LAB_WANT_STATES, parse_states},
    {"left", LAB_WANT_LEFT, parse_left},
    {"delivered", LAB_WANT_DELIVERED, parse_of_app},
    {"damaged", LAB_WANT_DAMAGED, parse_of_app},
    {"accepted", LAB_WANT_ACCEPTED, parse_of_app},
    {"error", LAB_WANT_ERROR, parse_failed},
    {"sent", LAB_WANT_SENT, parse_segments},
    {"arrived", LAB_WANT_ARRIVED, parse_segments},
    {"took", LAB_WANT_TOOK, parse_took},
    {"ended", LAB_WANT_ENDED, parse_spans},
    {"finding", LAB_WANT_FINDING, parse_finding},
    {"no-finding", LAB_WANT_NO_FINDING, parse_finding},
};

bool lab_parse_expect(struct lab_parser *p)
{
    struct lab *lab = p->lab;
    struct lab_expect *want = &lab->expects[lab->n_expects];

    if (lab->n_expects == LAB_EXPECTS) {
        return lab_refuse(&p->lines, &p->line, "expected at most %d of these", LAB_EXPECTS);
    }
    *want = (struct lab_expect){.place = lab_place_of(p)};
    for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
        if (lab_take(&p->line, wants[i].word)) {
            want->kind = (uint8_t)wants[i].kind;
            lab->n_expects++;
            return wants[i].parse(p, want) && lab_read_end(&p->lines, &p->line);
        }
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected states, left, delivered, damaged, accepted, error, sent, "
                      "arrived, took, ended, finding or no-finding");
}
