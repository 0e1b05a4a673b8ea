/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/rig.c - one stack whose link is the test.
 */
#include "rig.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "pattern.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/tcp.h"

const uint8_t rig_mac[6] = {2, 0, 0, 0, 0, 2};
const uint8_t rig_peer_mac[6] = {2, 0, 0, 0, 0, 1};
const uint8_t rig_all_macs[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
const uint8_t rig_us4[4] = {10, 0, 0, 2};
const uint8_t rig_peer4[4] = {10, 0, 0, 1};
const uint8_t rig_us6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 2};
const uint8_t rig_peer6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};

const uint8_t *rig_us(enum sf_family family)
{
    return family == SF_IPV4 ? rig_us4 : rig_us6;
}

const uint8_t *rig_peer(enum sf_family family)
{
    return family == SF_IPV4 ? rig_peer4 : rig_peer6;
}

void rig_config(struct rig *r, bool ethernet)
{
    memset(r, 0, sizeof(*r));
    sf_config_default(&r->cfg);
    r->cfg.seed[0] = 1;
    r->cfg.ethernet = ethernet ? 1 : 0;
    memcpy(r->cfg.mac, rig_mac, 6);
    r->cfg.max_connections = 16;
    r->cfg.max_embryos = 16;
    r->cfg.max_time_waits = 16;
    r->cfg.max_chunks = 256;
    r->now = SF_TIME_NEVER;
    r->now.ns = SF_NS_PER_S;
}

void rig_start(struct rig *r)
{
    const size_t octets = sf_stack_octets(&r->cfg);
    struct sf_addr addr = sf_ip_addr(SF_IPV4, rig_us4);

    assert_true(octets != 0);
    r->memory = aligned_alloc(64, octets);
    assert_non_null(r->memory);
    memset(r->memory, 0, octets);
    T_EQ(sf_stack_init(r->memory, &r->cfg, r->now, &r->st), SF_OK);
    T_EQ(sf_stack_add_address(r->st, &addr, 24), SF_OK);
    addr = sf_ip_addr(SF_IPV6, rig_us6);
    if (r->cfg.mtu < 1280) {
        return;
    }
    T_EQ(sf_stack_add_address(r->st, &addr, 64), SF_OK);
}

void rig_begin(struct rig *r, bool ethernet)
{
    rig_config(r, ethernet);
    rig_start(r);
}

void rig_end(struct rig *r)
{
    struct sf_usage usage;

    /* Nothing of ours keeps a buffer for long. */
    rig_drain(r);
    sf_stack_usage(r->st, &usage);
    T_EQ(usage.chunks, 0);
    free(r->memory);
}

uint64_t rig_verdicts(const struct rig *r, enum sf_verdict verdict)
{
    return sf_stack_counters(r->st)->verdicts[verdict];
}

enum sf_verdict rig_rx(struct rig *r, const struct packet *k)
{
    struct sf_frame frame = {
        .octets = (uint32_t)k->n, .n_pieces = 1, .verdict = SF_VERDICT_COUNT};
    uint64_t before[SF_VERDICT_COUNT];
    /* At its exact size, so that a read beyond it is noticed. */
    uint8_t *copy = malloc(k->n == 0 ? 1 : k->n);

    assert_non_null(copy);
    memcpy(copy, k->p, k->n);
    frame.pieces[0] = (struct sf_piece){.data = copy, .octets = (uint32_t)k->n};
    memcpy(before, sf_stack_counters(r->st)->verdicts, sizeof(before));
    sf_stack_rx(r->st, &frame, 1, r->now);
    free(copy);
    assert_true(frame.verdict < SF_VERDICT_COUNT);
    T_EQ(rig_verdicts(r, frame.verdict), before[frame.verdict] + 1);
    return frame.verdict;
}

bool rig_tx(struct rig *r)
{
    r->n_out = 0;
    /* What the stack leaves unsaid is not zero by chance. */
    memset(&r->frame, 0xff, sizeof(r->frame));
    if (sf_stack_tx(r->st, &r->frame, 1, r->now) == 0) {
        return false;
    }
    memcpy(r->out, r->frame.head, r->frame.head_octets);
    r->n_out = r->frame.head_octets;
    for (uint32_t i = 0; i < r->frame.n_pieces; i++) {
        assert_true(r->n_out + r->frame.pieces[i].octets <= sizeof(r->out));
        memcpy(r->out + r->n_out, r->frame.pieces[i].data, r->frame.pieces[i].octets);
        r->n_out += r->frame.pieces[i].octets;
    }
    T_EQ(r->frame.octets, r->n_out);
    sf_stack_tx_done(r->st, &r->frame, 1);
    return true;
}

size_t rig_drain(struct rig *r)
{
    size_t count = 0;

    while (rig_tx(r)) {
        count++;
    }
    return count;
}

void rig_advance(struct rig *r, sf_span span)
{
    const sf_time end = sf_time_add(r->now, span);

    while (sf_time_before_eq(sf_stack_deadline(r->st), end)) {
        r->now = sf_time_max(r->now, sf_stack_deadline(r->st));
        sf_stack_tick(r->st, r->now);
    }
    r->now = end;
    sf_stack_tick(r->st, r->now);
}

void rig_meet(struct rig *r)
{
    static struct packet k;

    /* Pings tell the neighbour's station by way of its question. */
    k.n = rig_hex("0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002", k.p);
    packet_eth(&k, rig_all_macs, SF_ETH_ARP);
    T_EQ(rig_rx(r, &k), SF_PASS);
    packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = SF_PROTO_ICMPV6, .hop_limit = 255},
              (const uint8_t *)"\x87\0\0\0\0\0\0\0\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
                               "\x01\x01\x02\0\0\0\0\x01",
              32);
    sf_put16(k.p + 42, sf_sum_end(sf_sum(
                           k.p + 40, 32,
                           sf_sum_pseudo(SF_IPV6, rig_peer6, rig_us6, SF_PROTO_ICMPV6, 32))));
    packet_link(r, &k);
    T_EQ(rig_rx(r, &k), SF_PASS);
    T_EQ(rig_drain(r), 2);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t rig_hex(const char *text, uint8_t *to)
{
    size_t digits = 0;

    for (; *text != '\0'; text++) {
        const int d = digit(*text);

        if (d >= 0) {
            const uint8_t high = digits % 2 == 0 ? 0 : (uint8_t)(to[digits / 2] << 4);

            to[digits / 2] = (uint8_t)(high | (uint8_t)d);
            digits++;
        }
    }
    return digits / 2;
}

void rig_expect(struct rig *r, const char *text, const char *file, int line)
{
    uint8_t want[256];
    const size_t n = rig_hex(text, want);

    t_eq(rig_tx(r), true, "something left", file, line);
    t_eq(r->n_out, n, "octets that left", file, line);
    t_mem(r->out, want, n, "what left", file, line);
}

void packet_eth(struct packet *k, const uint8_t *dst, uint16_t type)
{
    const struct sf_eth eth = {.dst = dst, .src = rig_peer_mac, .type = type};

    memmove(k->p + SF_ETH_HEAD, k->p, k->n);
    k->n += sf_eth_build(k->p, &eth);
}

void packet_link(const struct rig *r, struct packet *k)
{
    if (r->cfg.ethernet != 0) {
        packet_eth(k, rig_mac, k->p[0] >> 4 == 4 ? SF_ETH_IPV4 : SF_ETH_IPV6);
    }
}

void packet_ip(struct packet *k, enum sf_family family, struct sf_ip ip, const uint8_t *payload,
               size_t octets)
{
    ip.family = (uint8_t)family;
    ip.src = ip.src != NULL ? ip.src : rig_peer(family);
    ip.dst = ip.dst != NULL ? ip.dst : rig_us(family);
    ip.hop_limit = ip.hop_limit != 0 ? ip.hop_limit : 64;
    ip.payload_octets = (uint32_t)octets;
    k->n = sf_ip_head_octets(family);
    memmove(k->p + k->n, payload, octets);
    sf_ip_build(k->p, &ip);
    k->n += octets;
}

void packet_sum4(struct packet *k)
{
    const size_t head = (size_t)(k->p[0] & 0x0f) * 4;

    sf_put16(k->p + 10, 0);
    sf_put16(k->p + 10, sf_sum_end(sf_sum(k->p, head, 0)));
}

void packet_tcp(struct packet *k, enum sf_family family, const struct sf_seg *seg,
                uint16_t sport, uint16_t dport)
{
    static uint8_t p[66000];
    size_t n = sf_tcp_build(p, sizeof(p), seg, sport, dport);
    uint32_t sum;

    memcpy(p + n, seg->text, seg->text_octets);
    n += seg->text_octets;
    sum = sf_sum_pseudo(family, rig_peer(family), rig_us(family), SF_PROTO_TCP, (uint32_t)n);
    sf_put16(p + 16, sf_sum_end(sf_sum(p, n, sum)));
    packet_ip(k, family, (struct sf_ip){.protocol = SF_PROTO_TCP, .id = 7}, p, n);
}

void packet_syn(struct packet *k, enum sf_family family)
{
    const struct sf_seg seg = {
        .seq = {5000},
        .flags = SF_SYN,
        .wnd = 4096,
        .options = SF_OPT_MSS,
        .mss = 1000,
        .text = (const uint8_t *)"",
    };

    packet_tcp(k, family, &seg, 1234, 80);
}

void packet_ping(struct packet *k, enum sf_family family, size_t n)
{
    static uint8_t body[66000];
    uint8_t *p = k->p + sf_ip_head_octets(family);
    const struct sf_icmp_out out = {
        .type = family == SF_IPV4 ? SF_ICMP4_ECHO_REQUEST : SF_ICMP6_ECHO_REQUEST,
        .word = 0x12340001,
        .body = body,
        .body_octets = (uint32_t)n,
    };

    t_pattern_fill(1, 0, body, n);
    if (family == SF_IPV4) {
        sf_icmp4_build(p, &out);
    } else {
        sf_icmp6_build(p, &out, rig_peer6, rig_us6);
    }
    memcpy(p + 8, body, n);
    packet_ip(k, family,
              (struct sf_ip){.protocol = family == SF_IPV4 ? SF_PROTO_ICMP : SF_PROTO_ICMPV6,
                             .id = 9},
              p, n + 8);
}

void packet_udp(struct packet *k, enum sf_family family, size_t n)
{
    static uint8_t p[66000];

    sf_put16(p, 5000);
    sf_put16(p + 2, 7);
    sf_put16(p + 4, (uint16_t)(8 + n));
    sf_put16(p + 6, 0);
    t_pattern_fill(2, 0, p + 8, n);
    packet_ip(k, family, (struct sf_ip){.protocol = SF_PROTO_UDP, .id = 11}, p, 8 + n);
}

void rig_parse(const struct rig *r, struct sf_ip *ip)
{
    const size_t link = r->cfg.ethernet != 0 ? SF_ETH_HEAD : 0;

    T_EQ(sf_ip_parse(r->out + link, r->n_out - link, ip), SF_PASS);
}
