/* SPDX-License-Identifier: MIT
 *
 * watch/read/tcpseen.c - the TCP header (RFC 9293 s3.1) as an observer reads it: cut by the
 * snap length, or quoted by an ICMP error.
 */
#include "watch/read/dissect.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/tcpopt.h"

enum {
    KIND_END = 0,
    KIND_NOP = 1,
    KIND_MSS = 2,
    KIND_WSCALE = 3,
    KIND_SACK_OK = 4,
    KIND_SACK = 5,
    KIND_TS = 8,
    KIND_MD5 = 19,
    KIND_USER_TIMEOUT = 28,
    KIND_AO = 29,
    KIND_MPTCP = 30,
    KIND_COOKIE = 34,
    KIND_EXPERIMENT_1 = 253,
    KIND_EXPERIMENT_2 = 254,

    COOKIE_MAGIC = 0xf989, /* RFC 7413 before it had a number of its own */

    QUOTED_LEAST = 8, /* octets that an error quotes behind the IP header (RFC 792) */
    PORTS = 4,
};

static void read_sack(const uint8_t *value, uint32_t octets, struct sf_seen *seen)
{
    const uint32_t n = octets / 8;

    if (octets % 8 != 0 || n == 0 || n > SF_SACK_BLOCKS) {
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        seen->sack[i].left.v = sf_get32(value + (size_t)i * 8);
        seen->sack[i].right.v = sf_get32(value + (size_t)i * 8 + 4);
    }
    seen->n_sack = (uint8_t)n;
    seen->options |= SF_OPT_SACK;
}

static void read_cookie(const uint8_t *value, uint32_t octets, struct sf_seen *seen)
{
    seen->options |= SF_SEEN_COOKIE;
    seen->cookie = value;
    seen->cookie_octets = (uint8_t)octets;
}

/* Those that have a fixed length; false: none of them, or it is wrong. */
static bool read_fixed(const uint8_t *p, uint32_t octets, struct sf_seen *seen)
{
    if (p[0] == KIND_MSS && octets == 4) {
        seen->mss = sf_get16(p + 2);
        seen->options |= SF_OPT_MSS;
    } else if (p[0] == KIND_WSCALE && octets == 3) {
        seen->wscale = p[2];
        seen->options |= SF_OPT_WSCALE;
    } else if (p[0] == KIND_SACK_OK && octets == 2) {
        seen->options |= SF_OPT_SACK_OK;
    } else if (p[0] == KIND_TS && octets == 10) {
        seen->tsval = sf_get32(p + 2);
        seen->tsecr = sf_get32(p + 6);
        seen->options |= SF_OPT_TS;
    } else {
        return false;
    }
    return true;
}

static void read_option(const uint8_t *p, uint32_t octets, struct sf_seen *seen)
{
    if (read_fixed(p, octets, seen)) {
        return;
    }
    switch (p[0]) {
    case KIND_SACK:
        read_sack(p + 2, octets - 2, seen);
        break;
    case KIND_COOKIE:
        read_cookie(p + 2, octets - 2, seen);
        break;
    case KIND_EXPERIMENT_1:
    case KIND_EXPERIMENT_2:
        if (octets >= 4 && sf_get16(p + 2) == COOKIE_MAGIC) {
            read_cookie(p + 4, octets - 4, seen);
        } else {
            seen->options |= SF_SEEN_UNKNOWN;
        }
        break;
    case KIND_USER_TIMEOUT:
        seen->options |= SF_SEEN_USER_TIMEOUT;
        break;
    case KIND_MPTCP:
        seen->options |= SF_SEEN_MPTCP;
        break;
    case KIND_MD5:
    case KIND_AO:
        seen->options |= SF_SEEN_AUTH;
        break;
    default:
        seen->options |= SF_SEEN_UNKNOWN;
        break;
    }
}

/* Octets of the option that begins at p, of which n are there; 0 if it claims more. */
static uint32_t option_octets(const uint8_t *p, uint32_t n)
{
    if (p[0] == KIND_NOP) {
        return 1;
    }
    return n < 2 || p[1] < 2 || p[1] > n ? 0 : p[1];
}

/* An option that claims more than there is.  Over the end of what was captured is no fault of
 * the segment's. */
static void broken_option(const uint8_t *p, uint32_t n, struct sf_seen *seen)
{
    if (!seen->options_cut || (n >= 2 && p[1] < 2)) {
        seen->options |= SF_SEEN_MALFORMED;
    }
}

void sf_seen_options(struct sf_seen *seen)
{
    const uint8_t *p = seen->option;
    uint32_t n = seen->option_octets;

    while (n != 0 && p[0] != KIND_END) {
        const uint32_t octets = option_octets(p, n);

        if (octets == 0) {
            broken_option(p, n, seen);
            return;
        }
        if (octets > 1) {
            read_option(p, octets, seen);
        }
        p += octets;
        n -= octets;
    }
}

/* What is no part of a plain segment. */
static void clear(struct sf_seen *seen)
{
    seen->options = 0;
    seen->n_sack = 0;
    seen->option_octets = 0;
    seen->cookie_octets = 0;
    seen->cookie = NULL;
    seen->options_cut = false;
    seen->text = NULL;
    seen->text_captured = 0;
    seen->sum = SF_SUM_UNKNOWN;
    seen->fragments = false;
    seen->whole = true;
    seen->arrived = false;
    seen->died = false;
    seen->appeared = false;
}

static void read_head(const uint8_t *p, struct sf_seen *seen)
{
    seen->from.port = sf_get16(p);
    seen->to.port = sf_get16(p + 2);
    seen->seq.v = sf_get32(p + 4);
    seen->flags = p[13];
    seen->ack.v = (p[13] & SF_ACK) != 0 ? sf_get32(p + 8) : 0;
    seen->accurate_ecn = (p[12] & 1) != 0;
    seen->wnd = sf_get16(p + 14);
    seen->urg = sf_get16(p + 18);
    seen->numbers = true;
}

/* Options and text behind the header, of head octets with options; as far as captured. */
static void read_rest(const struct sf_span_seen *span, uint32_t head, struct sf_seen *seen)
{
    const uint8_t *p = span->p;
    const uint32_t there = span->captured < head ? span->captured : head;

    seen->option = p + SF_TCP_HEAD;
    seen->option_octets = (uint8_t)(there - SF_TCP_HEAD);
    seen->options_cut = there < head;
    if (head == SF_TCP_HEAD + SF_TCPOPT_TS_ALONE && there == head &&
        sf_get32(p + SF_TCP_HEAD) == SF_TCPOPT_NOP_NOP_TS) {
        /* What nearly every segment of an open connection has (RFC 7323 appendix A). */
        seen->options = SF_OPT_TS;
        seen->tsval = sf_get32(p + SF_TCP_HEAD + 4);
        seen->tsecr = sf_get32(p + SF_TCP_HEAD + 8);
    } else if (there > SF_TCP_HEAD) {
        sf_seen_options(seen);
    }
    seen->text = p + there;
    seen->text_captured = span->captured - there;
    seen->text_octets = span->length - head;
}

enum sf_step_seen sf_seen_tcp(const struct sf_ip_seen *ip, struct sf_seen *seen)
{
    const uint8_t *p = ip->payload.p;
    uint32_t head = 0;

    if (ip->payload.captured < SF_TCP_HEAD) {
        return SF_STEP_MALFORMED;
    }
    head = (uint32_t)(p[12] >> 4) * 4;
    if (head < SF_TCP_HEAD || head > ip->payload.length) {
        return SF_STEP_MALFORMED;
    }
    clear(seen);
    read_head(p, seen);
    read_rest(&ip->payload, head, seen);
    if (ip->payload.captured == ip->payload.length) {
        seen->sum = (uint8_t)sf_seen_checksum(ip);
    }
    seen->kind = SF_SEEN_SEGMENT;
    return SF_STEP_ON;
}

enum sf_step_seen sf_seen_tcp_quoted(const struct sf_ip_seen *ip, struct sf_seen *seen)
{
    const uint8_t *p = ip->payload.p;
    uint32_t head = 0;

    if (ip->payload.captured < PORTS) {
        return SF_STEP_MALFORMED;
    }
    clear(seen);
    seen->text_octets = 0;
    seen->flags = 0;
    seen->wnd = 0;
    seen->urg = 0;
    seen->ack.v = 0;
    seen->seq.v = 0;
    seen->accurate_ecn = false;
    seen->numbers = ip->payload.captured >= QUOTED_LEAST;
    seen->from.port = sf_get16(p);
    seen->to.port = sf_get16(p + 2);
    if (seen->numbers) {
        seen->seq.v = sf_get32(p + 4);
    }
    if (ip->payload.captured < SF_TCP_HEAD) {
        return SF_STEP_ON;
    }
    read_head(p, seen);
    head = (uint32_t)(p[12] >> 4) * 4;
    if (head >= SF_TCP_HEAD && head <= ip->payload.length) {
        read_rest(&ip->payload, head, seen);
    }
    return SF_STEP_ON;
}

#if defined(__x86_64__) || defined(__i386__)
static enum sf_sum_level sum_level(void)
{
    return __builtin_cpu_supports("avx2") ? SF_SUM_AVX2 : SF_SUM_PORTABLE;
}
#else
static enum sf_sum_level sum_level(void)
{
    return SF_SUM_PORTABLE;
}
#endif

enum sf_seen_sum sf_seen_checksum(const struct sf_ip_seen *ip)
{
    const enum sf_family family = (enum sf_family)ip->family;
    const uint8_t *p = ip->payload.p;
    const uint16_t field = sf_get16(p + SF_TCP_CHECKSUM);
    uint32_t sum = sf_sum_pseudo(family, ip->src, ip->dst, SF_PROTO_TCP, ip->payload.length);

    if (sf_sum_end(sf_sum_with(sum_level(), p, ip->payload.captured, sum)) == 0) {
        return SF_SUM_GOOD;
    }
    /* Where the device is to finish it, the field holds the pseudo-header's sum, for some
     * devices without the length; or nothing. */
    if (field == 0 || field == sf_sum_fold(sum) ||
        field == sf_sum_fold(sf_sum_pseudo(family, ip->src, ip->dst, SF_PROTO_TCP, 0))) {
        return SF_SUM_NOT_FILLED_IN;
    }
    return SF_SUM_BAD;
}
