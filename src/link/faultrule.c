/* SPDX-License-Identifier: MIT
 *
 * link/faultrule.c - the language of faults, as synfin/link.h tells it:
 *
 *     rules  = rule { (";" | newline) rule }
 *     rule   = [ kind { word } ]
 *     kind   = "drop" | "dup" | "delay" | "reorder" | "corrupt"
 *     word   = direction | filter | "n=" whole [ ".." [ whole ] ] | number "%" | number unit
 *     filter = part { "+" part }
 *
 * Words after the kind come in any order, each sort of them once.
 */
#include "link/fault.h"

#include <string.h>

#include "base/bytes.h"
#include "link/peek.h"

/* Numbers are kept as billionths, so 9 digits before the point and 9 behind it fit. */
#define DIGITS        9
#define BILLION       UINT64_C(1000000000)
#define PERCENT_UNITS (BILLION / (SF_FAULT_CERTAIN / 100))

struct scan {
    const char *at;
    struct sf_fault_rule rule;
    bool have_ways, have_filter, have_n, have_chance, have_delay;
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool ends_word(char c)
{
    return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';';
}

static bool ends_rule(char c)
{
    return c == '\0' || c == '\n' || c == ';';
}

static void pass_blanks(struct scan *s)
{
    while (*s->at == ' ' || *s->at == '\t' || *s->at == '\r') {
        s->at++;
    }
}

/* Which of n words stands here, whole; n if none.  Goes past it. */
static size_t take_word(struct scan *s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t octets = strlen(words[i]);

        if (strncmp(s->at, words[i], octets) == 0 && !is_letter(s->at[octets]) &&
            !is_digit(s->at[octets])) {
            s->at += octets;
            return i;
        }
    }
    return n;
}

/* Up to DIGITS digits, of which the first is here; false stops at the one too many. */
static bool take_whole(struct scan *s, uint64_t *out)
{
    uint64_t value = 0;

    for (int i = 0; i < DIGITS && is_digit(*s->at); i++, s->at++) {
        value = value * 10 + (uint64_t)(*s->at - '0');
    }
    *out = value;
    return !is_digit(*s->at);
}

/* A number with a point or without, in billionths. */
static bool take_number(struct scan *s, uint64_t *out)
{
    uint64_t scale = BILLION;

    if (!take_whole(s, out)) {
        return false;
    }
    *out *= BILLION;
    if (*s->at != '.') {
        return true;
    }
    s->at++;
    if (!is_digit(*s->at)) {
        return false;
    }
    for (; scale > 1 && is_digit(*s->at); s->at++) {
        scale /= 10;
        *out += (uint64_t)(*s->at - '0') * scale;
    }
    return !is_digit(*s->at);
}

static bool read_kind(struct scan *s)
{
    static const char *const words[] = {"drop", "dup", "delay", "reorder", "corrupt"};
    static const uint8_t kinds[] = {SF_FAULT_DROP, SF_FAULT_DUP, SF_FAULT_DELAY, SF_FAULT_DELAY,
                                    SF_FAULT_CORRUPT};
    size_t i = take_word(s, words, sizeof(kinds));

    if (i == sizeof(kinds)) {
        return false;
    }
    s->rule.kind = kinds[i];
    return ends_word(*s->at);
}

/* One part of a filter; false leaves the scan on it. */
static bool read_part(struct scan *s)
{
    static const char *const words[] = {"SYN",  "FIN",  "RST",   "ACK", "PSH", "URG",
                                        "only", "data", "empty", "v4",  "v6",  "any"};
    static const uint8_t flags[] = {SF_PEEK_SYN, SF_PEEK_FIN, SF_PEEK_RST,
                                    SF_PEEK_ACK, SF_PEEK_PSH, SF_PEEK_URG};
    const char *begin = s->at;
    size_t i = take_word(s, words, sizeof(words) / sizeof(words[0]));
    uint8_t text = i == 7 ? SF_FAULT_DATA : SF_FAULT_EMPTY;
    uint8_t family = i == 9 ? SF_IPV4 : SF_IPV6;

    if (i < sizeof(flags)) {
        s->rule.flags |= flags[i];
        s->rule.tcp = true;
    } else if (i == 6) {
        s->rule.only = true;
        s->rule.tcp = true;
    } else if (i <= 8 && s->rule.text == SF_FAULT_ANY) {
        s->rule.text = text;
        s->rule.tcp = true;
    } else if ((i == 9 || i == 10) && s->rule.family == SF_UNSPEC) {
        s->rule.family = family;
    } else if (i != 11) {
        s->at = begin;
        return false;
    }
    return true;
}

static bool read_filter(struct scan *s)
{
    if (!read_part(s)) {
        return false;
    }
    while (*s->at == '+') {
        s->at++;
        if (!read_part(s)) {
            return false;
        }
    }
    s->have_filter = true;
    return ends_word(*s->at);
}

/* n=2, n=3..5, n=3.. */
static bool read_counts(struct scan *s)
{
    const char *begin = s->at + strlen("n=");

    if (s->have_n) {
        return false;
    }
    s->have_n = true;
    s->at = begin;
    if (!is_digit(*s->at) || !take_whole(s, &s->rule.first)) {
        return false;
    }
    if (s->rule.first == 0) {
        s->at = begin;
        return false;
    }
    s->rule.last = s->rule.first;
    if (s->at[0] == '.' && s->at[1] == '.') {
        s->at += 2;
        begin = s->at;
        s->rule.last = UINT64_MAX;
        if (is_digit(*s->at) && !take_whole(s, &s->rule.last)) {
            return false;
        }
        if (s->rule.last < s->rule.first) {
            s->at = begin;
            return false;
        }
    }
    return ends_word(*s->at);
}

/* A chance or a length of time. */
static bool read_amount(struct scan *s)
{
    static const char *const units[] = {"ns", "us", "ms", "s"};
    static const uint64_t parts[] = {BILLION, BILLION / 1000, 1000, 1};
    const char *begin = s->at;
    uint64_t value = 0;
    size_t unit = 0;

    if (!take_number(s, &value)) {
        return false;
    }
    if (*s->at == '%') {
        if (s->have_chance || value > 100 * BILLION) {
            s->at = begin;
            return false;
        }
        s->at++;
        s->have_chance = true;
        s->rule.chance = (uint32_t)(value / PERCENT_UNITS);
        return ends_word(*s->at);
    }
    unit = take_word(s, units, sizeof(units) / sizeof(units[0]));
    if (unit == sizeof(units) / sizeof(units[0])) {
        return false;
    }
    if (s->have_delay || s->rule.kind != SF_FAULT_DELAY) {
        s->at = begin;
        return false;
    }
    s->have_delay = true;
    s->rule.delay = (sf_span){value / parts[unit]};
    return ends_word(*s->at);
}

static bool read_way(struct scan *s, bool *mine)
{
    static const char *const words[] = {"tx", "rx", "both"};
    const char *begin = s->at;
    size_t i = take_word(s, words, 3);

    *mine = i < 3;
    if (!*mine) {
        return true;
    }
    if (s->have_ways) {
        s->at = begin;
        return false;
    }
    s->have_ways = true;
    s->rule.ways = (uint8_t)(i + 1);
    return ends_word(*s->at);
}

static bool read_word(struct scan *s)
{
    bool mine = false;

    if (is_digit(*s->at)) {
        return read_amount(s);
    }
    if (s->at[0] == 'n' && s->at[1] == '=') {
        return read_counts(s);
    }
    if (!read_way(s, &mine)) {
        return false;
    }
    return mine || (!s->have_filter && read_filter(s));
}

static bool read_rule(struct scan *s)
{
    const char *begin = s->at;

    s->rule = (struct sf_fault_rule){
        .first = 1, .last = UINT64_MAX, .chance = SF_FAULT_CERTAIN, .ways = SF_FAULT_BOTH};
    s->have_ways = s->have_filter = s->have_n = s->have_chance = s->have_delay = false;
    if (!read_kind(s)) {
        return false;
    }
    for (pass_blanks(s); !ends_rule(*s->at); pass_blanks(s)) {
        if (!read_word(s)) {
            return false;
        }
    }
    if (s->rule.kind == SF_FAULT_DELAY && !s->have_delay) {
        s->at = begin;
        return false;
    }
    return true;
}

static void seed_rule(struct sf_fault_rule *rule, uint64_t seed, uint32_t index)
{
    uint8_t octets[SF_RNG_SEED_OCTETS] = {0};

    sf_put64(octets, seed);
    sf_put32(octets + 8, index);
    sf_rng_init(&rule->rng, octets);
}

enum sf_err sf_fault_parse(struct sf_faults *faults, const char *text, uint64_t seed,
                           bool ethernet, size_t *where)
{
    struct scan s = {.at = text};

    *where = 0;
    memset(faults, 0, sizeof(*faults));
    faults->ethernet = ethernet;
    for (pass_blanks(&s); *s.at != '\0'; pass_blanks(&s)) {
        if (ends_rule(*s.at)) {
            s.at++;
            continue;
        }
        if (faults->count == SF_FAULT_RULES) {
            faults->count = 0;
            return SF_ERR_NO_MEMORY;
        }
        if (!read_rule(&s)) {
            *where = (size_t)(s.at - text);
            faults->count = 0;
            return SF_ERR_INVAL;
        }
        faults->rules[faults->count] = s.rule;
        seed_rule(&faults->rules[faults->count], seed, faults->count);
        faults->count++;
    }
    return SF_OK;
}
