/* SPDX-License-Identifier: MIT
 *
 * wire/tcpopt.c - the options of a TCP header (RFC 9293 s3.2, RFC 7323, RFC 2018).
 *
 * Written in words of 4 octets: values then lie on multiples of 4, and a no-operation never
 * needs to be decided about.  On a SYN the order is Linux's, which the world's middleboxes have
 * seen most.
 */
#include "wire/tcpopt.h"

#include "base/bytes.h"
#include "wire/tcp.h"

enum {
    KIND_END = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_WSCALE = 3,
    KIND_SACK_OK = 4,
    KIND_SACK = 5,
    KIND_TS = 8,

    OCTETS_MSS = 4,
    OCTETS_WSCALE = 3,
    OCTETS_SACK_OK = 2,
    OCTETS_TS = 10,
    OCTETS_BLOCK = 8, /* of one SACK block */

    SACK_WITH_TS = 3, /* blocks beside timestamps: 12 + 4 + 3 * 8 = 40 */
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
    const size_t most = (seg->options & SF_OPT_TS) != 0 ? SACK_WITH_TS : SF_SACK_BLOCKS;

    if ((seg->options & SF_OPT_SACK) == 0) {
        return 0;
    }
    return seg->n_sack < most ? seg->n_sack : most;
}

size_t sf_tcp_options_octets(const struct sf_seg *seg)
{
    size_t octets = 0;

    if ((seg->options & SF_OPT_TS) != 0) {
        octets += SF_TCPOPT_TS_ALONE;
    }
    if ((seg->flags & SF_SYN) != 0) {
        if ((seg->options & SF_OPT_MSS) != 0) {
            octets += OCTETS_MSS;
        }
        if ((seg->options & (SF_OPT_SACK_OK | SF_OPT_TS)) == SF_OPT_SACK_OK) {
            octets += 4; /* else it takes the place of the no-operations */
        }
        if ((seg->options & SF_OPT_WSCALE) != 0) {
            octets += 4;
        }
    } else if ((seg->options & SF_OPT_SACK) != 0) {
        const size_t blocks = blocks_written(seg);

        octets += blocks == 0 ? 0 : 4 + blocks * OCTETS_BLOCK;
    }
    return octets;
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

static uint8_t *put_ts(uint8_t *p, uint32_t head, const struct sf_seg *seg)
{
    p = put_word(p, head);
    p = put_word(p, seg->tsval);
    return put_word(p, seg->tsecr);
}

static void build_on_syn(uint8_t *p, const struct sf_seg *seg)
{
    const bool sack_ok = (seg->options & SF_OPT_SACK_OK) != 0;

    if ((seg->options & SF_OPT_MSS) != 0) {
        p = put_word(p, word(KIND_MSS, OCTETS_MSS, 0, 0) | seg->mss);
    }
    if ((seg->options & SF_OPT_TS) != 0) {
        p = put_ts(p,
                   sack_ok ? word(KIND_SACK_OK, OCTETS_SACK_OK, KIND_TS, OCTETS_TS)
                           : SF_TCPOPT_NOP_NOP_TS,
                   seg);
    } else if (sack_ok) {
        p = put_word(p, word(KIND_NOP, KIND_NOP, KIND_SACK_OK, OCTETS_SACK_OK));
    }
    if ((seg->options & SF_OPT_WSCALE) != 0) {
        put_word(p, word(KIND_NOP, KIND_WSCALE, OCTETS_WSCALE, seg->wscale));
    }
}

void sf_tcp_options_build(uint8_t *p, const struct sf_seg *seg)
{
    size_t blocks;

    if ((seg->flags & SF_SYN) != 0) {
        build_on_syn(p, seg);
        return;
    }
    if ((seg->options & SF_OPT_TS) != 0) {
        p = put_ts(p, SF_TCPOPT_NOP_NOP_TS, seg);
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
