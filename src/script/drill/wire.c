/* SPDX-License-Identifier: MIT
 *
 * script/drill/wire.c - packets to octets and back (RFC 791, 8200, 9293 s3.1, 792, 4443).
 */
#include "script/drill/wire.h"

#include <string.h>

#include "base/bytes.h"

#define TTL 64

static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static size_t address_octets(const struct sf_addr *addr)
{
    return addr->family == SF_IPV4 ? 4 : 16;
}

/* Of the pseudo-header and what follows it. */
static uint16_t transport_sum(const struct drill_live *live, uint8_t protocol, const uint8_t *p,
                              size_t n)
{
    uint32_t sum = (uint32_t)(n >> 16) + (uint32_t)(n & 0xffff) + protocol;

    sum = add(sum, live->src.octets, address_octets(&live->src));
    sum = add(sum, live->dst.octets, address_octets(&live->dst));
    return (uint16_t)~add(sum, p, n);
}

static size_t put_blocks(uint8_t *p, const struct drill_opt *opt)
{
    p[1] = (uint8_t)(2 + 8 * opt->n);
    for (size_t i = 0; i < 2 * (size_t)opt->n; i++) {
        sf_put32(p + 2 + 4 * i, opt->blocks[i]);
    }
    return p[1];
}

static size_t put_bytes(uint8_t *p, const struct drill_opt *opt)
{
    size_t head = opt->kind == DRILL_OPT_FOEXP ? 4 : 2;

    if (head == 4) {
        sf_put16(p + 2, 0xf989); /* RFC 6994's identifier of the experiment */
    }
    memcpy(p + head, opt->bytes, opt->n);
    p[1] = (uint8_t)(head + opt->n);
    return p[1];
}

/* One option; at most 42 octets. */
static size_t put_opt(uint8_t *p, const struct drill_opt *opt)
{
    p[0] = opt->kind;
    switch ((enum drill_opt_kind)opt->kind) {
    case DRILL_OPT_EOL:
    case DRILL_OPT_NOP:
        return 1;
    case DRILL_OPT_MSS:
        p[1] = 4;
        sf_put16(p + 2, (uint16_t)opt->a);
        return 4;
    case DRILL_OPT_WSCALE:
        p[1] = 3;
        p[2] = (uint8_t)opt->a;
        return 3;
    case DRILL_OPT_SACK_OK:
        p[1] = 2;
        return 2;
    case DRILL_OPT_SACK:
        return put_blocks(p, opt);
    case DRILL_OPT_TS:
        p[1] = 10;
        sf_put32(p + 2, opt->a);
        sf_put32(p + 6, opt->b);
        return 10;
    case DRILL_OPT_MD5:
    case DRILL_OPT_FO:
    case DRILL_OPT_FOEXP:
    case DRILL_OPT_ACCECN0:
    case DRILL_OPT_ACCECN1:
        return put_bytes(p, opt);
    }
    return 1;
}

/* Options, filled up to a multiple of four; what does not fit is left out. */
static size_t put_opts(uint8_t *p, const struct drill_packet *packet)
{
    uint8_t one[64];
    size_t n = 0;

    memset(p, 0, DRILL_OPTS);
    for (uint8_t i = 0; i < packet->n_opts; i++) {
        size_t octets = put_opt(one, &packet->opts[i]);

        if (n + octets > DRILL_OPTS) {
            break;
        }
        memcpy(p + n, one, octets);
        n += octets;
    }
    return (n + 3) / 4 * 4;
}

static size_t put_ip(uint8_t *p, const struct drill_live *live, uint8_t protocol, size_t octets)
{
    uint8_t ttl = live->packet.ttl != 0 ? live->packet.ttl : TTL;
    size_t n = address_octets(&live->src);

    if (n == 4) {
        memset(p, 0, 20);
        p[0] = 0x45;
        p[1] = live->packet.tos;
        sf_put16(p + 2, (uint16_t)(20 + octets));
        p[8] = ttl;
        p[9] = protocol;
        memcpy(p + 12, live->src.octets, 4);
        memcpy(p + 16, live->dst.octets, 4);
        sf_put16(p + 10, (uint16_t)~add(0, p, 20));
        return 20;
    }
    memset(p, 0, 8);
    p[0] = (uint8_t)(0x60 | live->packet.tos >> 4);
    p[1] = (uint8_t)(live->packet.tos << 4);
    sf_put16(p + 4, (uint16_t)octets);
    p[6] = protocol;
    p[7] = ttl;
    memcpy(p + 8, live->src.octets, 16);
    memcpy(p + 24, live->dst.octets, 16);
    return 40;
}

static size_t put_tcp(uint8_t *p, const struct drill_packet *packet)
{
    size_t head = 20 + put_opts(p + 20, packet);

    sf_put16(p, packet->sport);
    sf_put16(p + 2, packet->dport);
    sf_put32(p + 4, packet->seq);
    sf_put32(p + 8, packet->ack);
    p[12] = (uint8_t)(head / 4 << 4 | packet->ae);
    p[13] = packet->flags;
    sf_put16(p + 14, (uint16_t)packet->win);
    sf_put16(p + 16, 0);
    sf_put16(p + 18, packet->urg);
    return head;
}

size_t drill_write(uint8_t *p, const struct drill_live *live)
{
    const size_t ip = live->src.family == SF_IPV4 ? 20 : 40;
    size_t n = put_tcp(p + ip, &live->packet);

    if (live->packet.octets > 0) {
        memcpy(p + ip + n, live->text, live->packet.octets);
        n += live->packet.octets;
    }
    sf_put16(p + ip + 16, transport_sum(live, DRILL_TCP, p + ip, n));
    return put_ip(p, live, DRILL_TCP, n) + n;
}

size_t drill_write_icmp(uint8_t *p, const struct drill_live *live)
{
    const bool v4 = live->src.family == SF_IPV4;
    const uint8_t protocol = v4 ? 1 : 58;
    const size_t ip = v4 ? 20 : 40;
    uint8_t *icmp = p + ip;
    struct drill_live quoted = {.src = live->dst, .dst = live->src, .packet = live->packet};
    size_t n = 8;

    memset(icmp, 0, 8);
    icmp[0] = v4 ? live->packet.type4 : live->packet.type6;
    icmp[1] = v4 ? live->packet.code4 : live->packet.code6;
    if (live->packet.has_mtu) {
        sf_put32(icmp + 4, live->packet.mtu);
    }
    /* What is quoted went the other way. */
    quoted.packet.sport = live->packet.dport;
    quoted.packet.dport = live->packet.sport;
    quoted.packet.ttl = TTL;
    quoted.packet.tos = 0;
    quoted.packet.n_opts = 0;
    quoted.packet.flags = 0x10;
    n += put_ip(icmp + n, &quoted, DRILL_TCP, 20 + (size_t)live->packet.octets);
    n += put_tcp(icmp + n, &quoted.packet);
    sf_put16(icmp + 2, v4 ? (uint16_t)~add(0, icmp, n) : transport_sum(live, 58, icmp, n));
    return put_ip(p, live, protocol, n) + n;
}

static void read_bytes(struct drill_opt *opt, const uint8_t *p, size_t n)
{
    bool experiment = opt->kind == DRILL_OPT_FOEXP && n >= 2;
    size_t skip = experiment ? 2 : 0;

    opt->n = (uint8_t)(n - skip < sizeof(opt->bytes) ? n - skip : sizeof(opt->bytes));
    memcpy(opt->bytes, p + skip, opt->n);
}

/* The value of an option, n octets. */
static void read_opt(struct drill_opt *opt, const uint8_t *p, size_t n)
{
    if (opt->kind == DRILL_OPT_MSS && n == 2) {
        opt->a = sf_get16(p);
    } else if (opt->kind == DRILL_OPT_WSCALE && n == 1) {
        opt->a = p[0];
    } else if (opt->kind == DRILL_OPT_TS && n == 8) {
        opt->a = sf_get32(p);
        opt->b = sf_get32(p + 4);
    } else if (opt->kind == DRILL_OPT_SACK && n <= sizeof(opt->blocks)) {
        opt->n = (uint8_t)(n / 8);
        for (size_t i = 0; i < 2 * (size_t)opt->n; i++) {
            opt->blocks[i] = sf_get32(p + 4 * i);
        }
    } else {
        read_bytes(opt, p, n);
    }
}

static void read_opts(struct drill_live *live, const uint8_t *p, size_t n)
{
    size_t at = 0;

    while (at < n && live->packet.n_opts < DRILL_OPTS) {
        struct drill_opt *opt = &live->opts[live->packet.n_opts++];

        opt->kind = p[at];
        if (opt->kind <= DRILL_OPT_NOP) {
            at++;
            continue;
        }
        if (n - at < 2 || p[at + 1] < 2 || p[at + 1] > n - at) {
            live->wrong = "the length of an option";
            return;
        }
        read_opt(opt, p + at + 2, p[at + 1] - 2U);
        at += p[at + 1];
    }
}

static void read_tcp(struct drill_live *live, const uint8_t *p, size_t n)
{
    struct drill_packet *packet = &live->packet;
    size_t head = n < 20 ? 0 : (size_t)(p[12] >> 4) * 4;

    if (head < 20 || head > n) {
        live->wrong = "the length of the TCP header";
        return;
    }
    packet->sport = sf_get16(p);
    packet->dport = sf_get16(p + 2);
    packet->seq = sf_get32(p + 4);
    packet->ack = sf_get32(p + 8);
    packet->flags = p[13];
    packet->ae = p[12] & 1;
    packet->has_ack = (packet->flags & 0x10) != 0;
    packet->has_win = true;
    packet->win = sf_get16(p + 14);
    packet->urg = sf_get16(p + 18);
    packet->has_urg = (packet->flags & 0x20) != 0;
    packet->octets = (uint32_t)(n - head);
    packet->end = packet->seq + packet->octets;
    live->text = p + head;
    if (transport_sum(live, DRILL_TCP, p, n) != 0) {
        live->wrong = "the TCP checksum";
    }
    read_opts(live, p + 20, head - 20);
}

static void read_transport(struct drill_live *live, uint8_t protocol, const uint8_t *p,
                           size_t n)
{
    if (protocol == DRILL_TCP) {
        live->packet.proto = DRILL_TCP;
        read_tcp(live, p, n);
        return;
    }
    live->packet.proto = DRILL_ICMP;
    if (n >= 8) {
        live->packet.type4 = p[0];
        live->packet.type6 = p[0];
        live->packet.code4 = p[1];
        live->packet.code6 = p[1];
    }
}

void drill_read(struct drill_live *live, const uint8_t *p, size_t n)
{
    live->packet = (struct drill_packet){.out = true, .opts = live->opts};
    if (n >= 20 && p[0] == 0x45) {
        live->packet.tos = p[1];
        live->packet.ttl = p[8];
        live->src.family = SF_IPV4;
        live->dst.family = SF_IPV4;
        memcpy(live->src.octets, p + 12, 4);
        memcpy(live->dst.octets, p + 16, 4);
        if (add(0, p, 20) != 0xffff || sf_get16(p + 2) != n) {
            live->wrong = "the checksum or the length of the IP header";
        }
        read_transport(live, p[9], p + 20, n - 20);
    } else if (n >= 40 && p[0] >> 4 == 6) {
        live->packet.tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
        live->packet.ttl = p[7];
        live->src.family = SF_IPV6;
        live->dst.family = SF_IPV6;
        memcpy(live->src.octets, p + 8, 16);
        memcpy(live->dst.octets, p + 24, 16);
        if (sf_get16(p + 4) != n - 40) {
            live->wrong = "the length in the IP header";
        }
        read_transport(live, p[6], p + 40, n - 40);
    } else {
        live->wrong = "the IP header";
    }
}
