/* SPDX-License-Identifier: MIT
 *
 * script/lab/parse_act.c - what happens to hosts and paths at a moment.
 */
#include "script/lab/parse.h"

#include <string.h>

static bool parse_moment(struct lab_parser *p, struct lab_act *act)
{
    sf_span span = {0};

    if (!lab_take(&p->line, "at")) {
        return lab_refuse(&p->lines, &p->line, "expected at and a moment, as at 2s");
    }
    if (!lab_read_span(&p->lines, &p->line, &span)) {
        return false;
    }
    act->at = (sf_time){span.ns};
    return true;
}

static bool number_behind(struct lab_parser *p, const char *at, size_t octets, uint32_t *n)
{
    uint64_t value = 0;

    if (!lab_number_of(at, octets, &value) || value > UINT32_MAX) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected a number behind the =");
    }
    *n = (uint32_t)value;
    return true;
}

struct named_base {
    const char *name;
    enum lab_base base;
};

/* snd_nxt+5, rcv_nxt-1, random, 1000 */
static bool parse_base(struct lab_parser *p, const char *at, size_t octets, struct lab_act *act,
                       unsigned i)
{
    static const struct named_base bases[] = {
        {"snd_nxt", LAB_SND_NXT}, {"rcv_nxt", LAB_RCV_NXT}, {"random", LAB_RANDOM}};
    uint64_t n = 0;

    act->base[i] = LAB_ZERO;
    for (size_t k = 0; k < sizeof(bases) / sizeof(bases[0]); k++) {
        size_t width = strlen(bases[k].name);

        if (octets >= width && memcmp(at, bases[k].name, width) == 0) {
            act->base[i] = (uint8_t)bases[k].base;
            at += width;
            octets -= width;
            break;
        }
    }
    if (act->base[i] != LAB_ZERO && octets == 0) {
        return true;
    }
    if (act->base[i] != LAB_ZERO && (*at == '+' || *at == '-')) {
        if (lab_number_of(at + 1, octets - 1, &n) && n <= UINT32_MAX) {
            act->offset[i] = *at == '+' ? (int64_t)n : -(int64_t)n;
            return true;
        }
    } else if (act->base[i] == LAB_ZERO && lab_number_of(at, octets, &n) && n <= UINT32_MAX) {
        act->offset[i] = (int64_t)n;
        return true;
    }
    p->line.next--;
    return lab_refuse(&p->lines, &p->line,
                      "expected a number, snd_nxt+N, rcv_nxt+N or random behind the =");
}

static bool parse_ports(struct lab_parser *p, const char *at, size_t octets,
                        struct lab_act *act)
{
    const char *colon = memchr(at, ':', octets);
    uint64_t from = 0;
    uint64_t to = 0;

    if (colon == NULL || !lab_number_of(at, (size_t)(colon - at), &from) ||
        !lab_number_of(colon + 1, octets - (size_t)(colon + 1 - at), &to) ||
        from > UINT16_MAX || to > UINT16_MAX) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected two ports, as ports=1000:80");
    }
    act->port[0] = (uint16_t)from;
    act->port[1] = (uint16_t)to;
    return true;
}

/* ts=-1000: the last timestamp that way, less a thousand. */
static bool parse_age(struct lab_parser *p, const char *at, size_t octets, struct lab_act *act)
{
    bool less = octets > 0 && *at == '-';
    uint32_t n = 0;

    if (!number_behind(p, at + less, octets - less, &n)) {
        return false;
    }
    act->stamped = true;
    act->age = less ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool parse_forge_word(struct lab_parser *p, struct lab_act *act)
{
    size_t octets = 0;
    const char *at = lab_take_key(&p->line, "seq=", &octets);

    if (at != NULL) {
        return parse_base(p, at, octets, act, 0);
    }
    at = lab_take_key(&p->line, "ack=", &octets);
    if (at != NULL) {
        return parse_base(p, at, octets, act, 1);
    }
    at = lab_take_key(&p->line, "len=", &octets);
    if (at != NULL) {
        return number_behind(p, at, octets, &act->octets);
    }
    at = lab_take_key(&p->line, "times=", &octets);
    if (at != NULL) {
        return number_behind(p, at, octets, &act->times);
    }
    at = lab_take_key(&p->line, "ttl=", &octets);
    if (at != NULL) {
        uint32_t ttl = 0;
        bool fine = number_behind(p, at, octets, &ttl) && ttl >= 1 && ttl <= 255;

        act->ttl = (uint8_t)ttl;
        return fine || lab_refuse(&p->lines, &p->line, "expected ttl=1 to ttl=255");
    }
    at = lab_take_key(&p->line, "ts=", &octets);
    if (at != NULL) {
        return parse_age(p, at, octets, act);
    }
    at = lab_take_key(&p->line, "ports=", &octets);
    if (at != NULL) {
        return parse_ports(p, at, octets, act);
    }
    if (lab_take(&p->line, "every")) {
        return lab_read_span(&p->lines, &p->line, &act->every);
    }
    if (lab_take(&p->line, "spoofed")) {
        act->spoof = 1;
        return true;
    }
    return lab_refuse(
        &p->lines, &p->line,
        "expected seq=, ack=, len=, ports=, ttl=, ts=, times=, every, spoofed, or at");
}

static bool parse_forge(struct lab_parser *p, struct lab_act *act)
{
    act->times = 1;
    if (!lab_parse_way(p, &act->filter) || !lab_parse_filter(p, &act->filter)) {
        return false;
    }
    while (!lab_word_is(lab_peek_word(&p->line), "at") && lab_peek_word(&p->line) != NULL) {
        if (!parse_forge_word(p, act)) {
            return false;
        }
    }
    if (act->octets > 1000) {
        return lab_refuse(&p->lines, &p->line, "expected at most len=1000");
    }
    return parse_moment(p, act);
}

static bool parse_replay(struct lab_parser *p, struct lab_act *act)
{
    size_t octets = 0;
    const char *at = NULL;

    act->n = 1;
    if (!lab_parse_way(p, &act->filter) || !lab_parse_filter(p, &act->filter)) {
        return false;
    }
    at = lab_take_key(&p->line, "n=", &octets);
    if (at != NULL && !number_behind(p, at, octets, &act->n)) {
        return false;
    }
    return parse_moment(p, act);
}

bool lab_parse_act(struct lab_parser *p, enum lab_act_kind kind)
{
    struct lab *lab = p->lab;
    struct lab_act *act = &lab->acts[lab->n_acts];

    if (lab->n_acts == LAB_ACTS) {
        return lab_refuse(&p->lines, &p->line, "expected at most %d of these", LAB_ACTS);
    }
    *act = (struct lab_act){.place = lab_place_of(p), .kind = (uint8_t)kind};
    lab->n_acts++;
    switch (kind) {
    case LAB_CUT:
    case LAB_MEND:
    case LAB_CRASH:
        return lab_parse_known_host(p, &act->host) && parse_moment(p, act);
    case LAB_REPLAY:
        return parse_replay(p, act);
    case LAB_FORGE:
        return parse_forge(p, act);
    }
    return false;
}
