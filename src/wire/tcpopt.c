/* SPDX-License-Identifier: MIT
 *
 * wire/tcpopt.c - the options of a TCP header (RFC 9293 s3.2, RFC 7323, RFC 2018).
 *
 * Written in words of 4 octets: values then lie on multiples of 4, and a no-operation never
 * needs to be decided about.  On a SYN order and padding can be chosen, as systems differ in
 * them; by default they are Linux's, which the world's middleboxes have seen most.
 */
#include "wire/tcpopt.h"

#include <string.h>

#include "base/bytes.h"
#include "synfin/config.h"
#include "wire/tcp.h"

enum {
    KIND_END = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_WSCALE = 3,
    KIND_SACK_OK = 4,
    KIND_SACK = 5,
    KIND_TS = 8,
    KIND_UTO = 28,
    KIND_FAST_OPEN = 34,
    KIND_EXPERIMENT = 254,

    OCTETS_MSS = 4,
    OCTETS_WSCALE = 3,
    OCTETS_SACK_OK = 2,
    OCTETS_TS = 10,
    OCTETS_UTO = 4,
    OCTETS_BLOCK = 8, /* of one SACK block */

    FAST_OPEN_MAGIC = 0xf989, /* RFC 7413 s4.1.1: before kind 34 was registered */

    SACK_WITH_TS = 3, /* blocks beside timestamps: 12 + 4 + 3 * 8 = 40 */

    SYN_OPTIONS_MAX = 40,
};

/* RFC 2018 s3: pairs of edges, most recent first. */
static void read_sack(const uint8_t *value, size_t octets, struct sf_seg *seg)
{
    const size_t n = octets / OCTETS_BLOCK;

    if (n == 0 || n > SF_SACK_BLOCKS || octets % OCTETS_BLOCK != 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        seg->sack[i].left.v = sf_get32(value + i * OCTETS_BLOCK);
        seg->sack[i].right.v = sf_get32(value + i * OCTETS_BLOCK + 4);
    }
    seg->n_sack = (uint8_t)n;
    seg->options |= SF_OPT_SACK;
}

/* RFC 7413 s4.1.1: a cookie, or none, which asks for one; others are no such option. */
static void read_fast_open(const uint8_t *cookie, size_t octets, enum sf_fast_open_form form,
                           struct sf_seg *seg)
{
    if (octets != 0 &&
        (octets < SF_FAST_OPEN_MIN || octets > SF_FAST_OPEN_MAX || octets % 2 != 0)) {
        return;
    }
    seg->fast_open = cookie;
    seg->fast_open_octets = (uint8_t)octets;
    seg->fast_open_form = (uint8_t)form;
    seg->options |= SF_OPT_FAST_OPEN;
}

/* One option whose octets are known to be there; a length that is wrong for its kind makes it
 * an unknown one. */
static void read_option(const uint8_t *p, size_t octets, struct sf_seg *seg)
{
    const bool syn = (seg->flags & SF_SYN) != 0;

    switch (p[0]) {
    case KIND_MSS:
        if (octets == OCTETS_MSS && syn) {
            seg->mss = sf_get16(p + 2);
            seg->options |= SF_OPT_MSS;
        }
        break;
    case KIND_WSCALE:
        if (octets == OCTETS_WSCALE && syn) {
            seg->wscale = p[2];
            seg->options |= SF_OPT_WSCALE;
        }
        break;
    case KIND_SACK_OK:
        if (octets == OCTETS_SACK_OK && syn) {
            seg->options |= SF_OPT_SACK_OK;
        }
        break;
    case KIND_SACK:
        if (!syn) {
            read_sack(p + 2, octets - 2, seg);
        }
        break;
    case KIND_TS:
        if (octets == OCTETS_TS) {
            seg->tsval = sf_get32(p + 2);
            seg->tsecr = sf_get32(p + 6);
            seg->options |= SF_OPT_TS;
        }
        break;
    case KIND_UTO:
        if (octets == OCTETS_UTO) {
            seg->uto = sf_get16(p + 2);
            seg->options |= SF_OPT_UTO;
        }
        break;
    case KIND_FAST_OPEN:
        if (syn) {
            read_fast_open(p + 2, octets - 2, SF_FAST_OPEN_KIND_34, seg);
        }
        break;
    case KIND_EXPERIMENT:
        if (syn && octets >= 4 && sf_get16(p + 2) == FAST_OPEN_MAGIC) {
            read_fast_open(p + 4, octets - 4, SF_FAST_OPEN_EXPERIMENTAL, seg);
        }
        break;
    default:
        break;
    }
}

bool sf_tcp_options_parse(const uint8_t *p, size_t n, struct sf_seg *seg)
{
    seg->options = 0;
    seg->n_sack = 0;
    while (n != 0 && p[0] != KIND_END) {
        size_t octets;

        if (p[0] == KIND_NOP) {
            p++;
            n--;
            continue;
        }
        if (n < 2 || p[1] < 2 || p[1] > n) {
            return false;
        }
        octets = p[1];
        read_option(p, octets, seg);
        p += octets;
        n -= octets;
    }
    return true;
}

/* How many SACK blocks of seg are written. */
static size_t blocks_written(const struct sf_seg *seg)
{
    size_t most = (seg->options & SF_OPT_TS) != 0 ? SACK_WITH_TS : SF_SACK_BLOCKS;

    if ((seg->options & SF_OPT_SACK) == 0) {
        return 0;
    }
    most -= (seg->options & (SF_OPT_UTO | SF_OPT_TS)) == (SF_OPT_UTO | SF_OPT_TS) ? 1 : 0;
    return seg->n_sack < most ? seg->n_sack : most;
}

static uint32_t word(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return a << 24 | b << 16 | c << 8 | d;
}

static uint8_t *put_word(uint8_t *p, uint32_t v)
{
    sf_put32(p, v);
    return p + 4;
}

/* What a SYN's option is: its bit, and where it begins with the padding at the end.  In front,
 * it ends on a multiple of 4. */
static const struct syn_option {
    uint8_t bit, kind, octets;
    uint8_t grain, rest; /* at its end: it begins at rest, modulo grain */
} syn_options[SF_SYN_OPTIONS] = {
    [SF_SYN_OPTION_MSS] = {SF_OPT_MSS, KIND_MSS, OCTETS_MSS, 4, 0},
    [SF_SYN_OPTION_SACK] = {SF_OPT_SACK_OK, KIND_SACK_OK, OCTETS_SACK_OK, 2, 0},
    [SF_SYN_OPTION_TIMESTAMPS] = {SF_OPT_TS, KIND_TS, OCTETS_TS, 4, 2},
    [SF_SYN_OPTION_WINDOW_SCALE] = {SF_OPT_WSCALE, KIND_WSCALE, OCTETS_WSCALE, 2, 1},
};

/* The nth in the order that seg asks for; null if seg does not have it. */
static const struct syn_option *nth_of(const struct sf_seg *seg, uint32_t n)
{
    const uint32_t order = seg->syn_order ^ SF_SYN_ORDER_PLAIN;
    const struct syn_option *o = n < SF_SYN_OPTIONS ? &syn_options[order >> 2 * n & 3] : NULL;

    return o != NULL && (seg->options & o->bit) != 0 ? o : NULL;
}

/* The next one that seg has, behind the nth. */
static const struct syn_option *next_of(const struct sf_seg *seg, uint32_t n)
{
    const struct syn_option *o = NULL;

    while (o == NULL && ++n < SF_SYN_OPTIONS) {
        o = nth_of(seg, n);
    }
    return o;
}

/* Is it time for o, with so many octets before it? */
static bool has_place(const struct sf_seg *seg, const struct syn_option *o,
                      const struct syn_option *next, size_t at)
{
    if (seg->syn_padding == SF_PADDING_END) {
        return at % o->grain == o->rest;
    }
    if (o->kind == KIND_SACK_OK && next != NULL && next->kind == KIND_TS) {
        return at % 4 == 0; /* it takes the place of the no-operations */
    }
    return (at + o->octets) % 4 == 0;
}

static void put_syn_value(uint8_t *p, uint8_t kind, const struct sf_seg *seg)
{
    switch (kind) {
    case KIND_MSS:
        sf_put16(p, seg->mss);
        break;
    case KIND_WSCALE:
        p[0] = seg->wscale;
        break;
    case KIND_TS:
        sf_put32(p, seg->tsval);
        sf_put32(p + 4, seg->tsecr);
        break;
    default:
        break;
    }
}

static void put_uto(uint8_t *p, const struct sf_seg *seg)
{
    put_word(p, word(KIND_UTO, OCTETS_UTO, 0, 0) | seg->uto);
}

/* The option of RFC 7413; where it does not fit there is none. */
static size_t put_fast_open(uint8_t *p, size_t at, const struct sf_seg *seg)
{
    size_t head = seg->fast_open_form == SF_FAST_OPEN_EXPERIMENTAL ? 4 : 2;
    size_t octets = head + seg->fast_open_octets;

    if (at + (octets + 3) / 4 * 4 > SYN_OPTIONS_MAX) {
        return at;
    }
    p[at] = head == 4 ? KIND_EXPERIMENT : KIND_FAST_OPEN;
    p[at + 1] = (uint8_t)octets;
    if (head == 4) {
        sf_put16(p + at + 2, FAST_OPEN_MAGIC);
    }
    if (seg->fast_open_octets != 0) {
        memcpy(p + at + head, seg->fast_open, seg->fast_open_octets);
    }
    return at + octets;
}

static size_t pad(uint8_t *p, size_t at, uint8_t kind)
{
    while (at % 4 != 0) {
        p[at++] = kind;
    }
    return at;
}

/* In the usual order, in words: what nearly every SYN has. */
static size_t put_usual(uint8_t *const start, const struct sf_seg *seg)
{
    const bool sack_ok = (seg->options & SF_OPT_SACK_OK) != 0;
    uint8_t *p = start;

    if ((seg->options & SF_OPT_MSS) != 0) {
        p = put_word(p, word(KIND_MSS, OCTETS_MSS, 0, 0) | seg->mss);
    }
    if ((seg->options & SF_OPT_TS) != 0) {
        p = put_word(p, sack_ok ? word(KIND_SACK_OK, OCTETS_SACK_OK, KIND_TS, OCTETS_TS)
                                : SF_TCPOPT_NOP_NOP_TS);
        p = put_word(p, seg->tsval);
        p = put_word(p, seg->tsecr);
    } else if (sack_ok) {
        p = put_word(p, word(KIND_NOP, KIND_NOP, KIND_SACK_OK, OCTETS_SACK_OK));
    }
    if ((seg->options & SF_OPT_WSCALE) != 0) {
        p = put_word(p, word(KIND_NOP, KIND_WSCALE, OCTETS_WSCALE, seg->wscale));
    }
    return (size_t)(p - start);
}

static size_t put_in_order(uint8_t *p, const struct sf_seg *seg)
{
    size_t at = 0;

    for (uint32_t n = 0; n < SF_SYN_OPTIONS; n++) {
        const struct syn_option *o = nth_of(seg, n);

        if (o == NULL) {
            continue;
        }
        while (!has_place(seg, o, next_of(seg, n), at)) {
            p[at++] = KIND_NOP;
        }
        p[at] = o->kind;
        p[at + 1] = o->octets;
        put_syn_value(p + at + 2, o->kind, seg);
        at += o->octets;
    }
    return at;
}

/* Lay a SYN's options out, in room for all of them; returns their octets. */
static size_t lay_out(uint8_t *p, const struct sf_seg *seg)
{
    bool usual = seg->syn_order == 0 && seg->syn_padding == SF_PADDING_FRONT;
    size_t at = usual ? put_usual(p, seg) : put_in_order(p, seg);

    /* Behind an end of options nothing more is read: it may stand only at the very end. */
    bool ends = seg->syn_padding == SF_PADDING_END;
    at = ends ? at : pad(p, at, KIND_NOP);
    if ((seg->options & SF_OPT_FAST_OPEN) != 0) {
        at = put_fast_open(p, at, seg);
    }
    if ((seg->options & SF_OPT_UTO) != 0 && at + OCTETS_UTO <= SYN_OPTIONS_MAX) {
        at = pad(p, at, KIND_NOP);
        put_uto(p + at, seg);
        at += OCTETS_UTO;
    }
    return pad(p, at, ends ? KIND_END : KIND_NOP);
}

size_t sf_tcp_options_octets(const struct sf_seg *seg)
{
    size_t octets = 0;
    size_t blocks;

    if ((seg->flags & SF_SYN) != 0) {
        uint8_t options[SYN_OPTIONS_MAX];

        return lay_out(options, seg);
    }
    if ((seg->options & SF_OPT_TS) != 0) {
        octets += SF_TCPOPT_TS_ALONE;
    }
    if ((seg->options & SF_OPT_UTO) != 0) {
        octets += OCTETS_UTO;
    }
    blocks = blocks_written(seg);
    return octets + (blocks == 0 ? 0 : 4 + blocks * OCTETS_BLOCK);
}

void sf_tcp_options_build(uint8_t *p, const struct sf_seg *seg)
{
    size_t blocks;

    if ((seg->flags & SF_SYN) != 0) {
        uint8_t options[SYN_OPTIONS_MAX];

        memcpy(p, options, lay_out(options, seg));
        return;
    }
    if ((seg->options & SF_OPT_TS) != 0) {
        p = put_word(p, SF_TCPOPT_NOP_NOP_TS);
        p = put_word(p, seg->tsval);
        p = put_word(p, seg->tsecr);
    }
    if ((seg->options & SF_OPT_UTO) != 0) {
        put_uto(p, seg);
        p += OCTETS_UTO;
    }
    blocks = blocks_written(seg);
    if (blocks != 0) {
        p = put_word(
            p, word(KIND_NOP, KIND_NOP, KIND_SACK, (uint32_t)(2 + blocks * OCTETS_BLOCK)));
    }
    for (size_t i = 0; i < blocks; i++) {
        p = put_word(p, seg->sack[i].left.v);
        p = put_word(p, seg->sack[i].right.v);
    }
}
