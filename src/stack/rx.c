/* SPDX-License-Identifier: MIT
 *
 * stack/rx.c - frames that arrive (RFC 894, RFC 1122 s3.2.1, RFC 8200, RFC 9293 s3.1).
 *
 *   link -> [rx.c] -> arp.c
 *              |  `-> reasm.c -> rx.c again
 *              |`-> icmp_in.c
 *              `-> sf_tcp_arrive()
 *
 * Each step either passes on or names the verdict that ends the frame's way.  A segment is
 * copied nowhere here: of its octets only headers are read, and the checksum.
 */
#include "stack/rx.h"

#include <string.h>

#include "base/bytes.h"
#include "stack/icmp_out.h"
#include "stack/neigh.h"
#include "stack/reasm.h"
#include "wire/icmp6.h"
#include "wire/tcp.h"

/* With many stacks on one link each takes its own flows (promise: they share nothing). */
static bool is_mine(const struct sf_stack *st, const struct sf_tuple *tuple)
{
    const struct sf_config *cfg = &st->tcp.cfg;
    const enum sf_family family = (enum sf_family)tuple->family;

    if (cfg->workers > 1) {
        const struct sf_endpoint local = {sf_ip_addr(family, tuple->local), tuple->lport};
        const struct sf_endpoint remote = {sf_ip_addr(family, tuple->remote), tuple->rport};

        return sf_steer(&local, &remote, cfg->workers) == cfg->worker;
    }
    return true;
}

static enum sf_verdict segment(struct sf_stack *st, const struct sf_ip *ip, bool local,
                               const struct sf_rx *rx, sf_time now)
{
    const size_t octets = sf_ip_addr_octets((enum sf_family)ip->family);
    struct sf_tuple tuple;
    struct sf_seg seg;
    enum sf_verdict why;

    /* Before anything is read of it; but one that has no checksum is short, not wrong. */
    if (ip->payload_octets >= SF_TCP_HEAD &&
        !sf_tcp_checksum_ok((enum sf_sum_level)st->tcp.cfg.cpu, ip, (enum sf_csum)rx->csum)) {
        return SF_DROP_TCP_CHECKSUM;
    }
    memset(&tuple, 0, sizeof(tuple));
    why = sf_tcp_parse(ip->payload, ip->payload_octets, &seg, &tuple.rport, &tuple.lport);
    if (why != SF_PASS) {
        return why;
    }
    memcpy(tuple.remote, ip->src, octets);
    memcpy(tuple.local, ip->dst, octets);
    tuple.family = ip->family;
    seg.gso_octets = rx->gso_octets;
    seg.tos = ip->traffic_class;
    if (!is_mine(st, &tuple)) {
        return SF_DROP_NOT_MINE;
    }
    st->tcp.counters.segments_in++;
    st->tcp.counters.octets_in += seg.text_octets;
    return sf_tcp_arrive(&st->tcp, &tuple, &seg, local, now);
}

/* A packet that is whole, by what it carries. */
static enum sf_verdict transport(struct sf_stack *st, const struct sf_ip *ip, enum sf_dest dest,
                                 const struct sf_rx *rx, sf_time now)
{
    /* RFC 1122 s3.3.6, MUST-57: what was sent to everybody is for nobody's connection. */
    const bool for_one = dest != SF_DEST_GROUP && !rx->group;

    if (ip->protocol == (ip->family == SF_IPV4 ? SF_PROTO_ICMP : SF_PROTO_ICMPV6)) {
        return sf_icmp_rx(st, ip, dest, rx, now);
    }
    if (!for_one) {
        return SF_DROP_IP_DEST;
    }
    if (ip->protocol == SF_PROTO_TCP) {
        return segment(st, ip, dest == SF_DEST_OURS, rx, now);
    }
    if (dest == SF_DEST_OTHER) {
        return SF_DROP_IP_DEST;
    }
    sf_icmp_send_unreachable(st, ip, now);
    return SF_DROP_PROTOCOL;
}

/* An IP option or extension header ends the packet: tell its sender where that asks for it. */
static void report_option(struct sf_stack *st, const struct sf_ip *ip, sf_time now)
{
    if (ip->family == SF_IPV6 && ip->problem != SF_PROBLEM_NONE &&
        sf_route_is_ours(st, SF_IPV6, ip->dst)) {
        sf_icmp_send_error(st, ip, SF_ICMP6_PARAMETER,
                           ip->problem == SF_PROBLEM_OPTION ? SF_ICMP6_BAD_OPTION
                                                            : SF_ICMP6_BAD_FIELD,
                           ip->problem_at, now);
    }
}

/* MUST-63; all but broadcasts of our own nets were seen by the parser.  A burst has one source,
 * which need not be held against each of our nets again. */
static bool from_broadcast(struct sf_stack *st, const struct sf_ip *ip)
{
    uint32_t source;

    if (ip->family != SF_IPV4) {
        return false;
    }
    source = sf_get32(ip->src);
    if (source == st->last_source && source != 0) {
        return false;
    }
    if (sf_route_is_broadcast(st, SF_IPV4, ip->src)) {
        return true;
    }
    st->last_source = source;
    return false;
}

enum sf_verdict sf_rx_packet(struct sf_stack *st, const uint8_t *p, size_t n,
                             const struct sf_rx *rx, sf_time now)
{
    struct sf_ip ip;
    enum sf_verdict why = sf_ip_parse(p, n, &ip);
    enum sf_dest dest;

    if (why != SF_PASS) {
        if (why == SF_DROP_IP_OPTION && !rx->group) {
            report_option(st, &ip, now);
        }
        return why;
    }
    if (rx->ethertype != 0 &&
        rx->ethertype != (ip.family == SF_IPV4 ? SF_ETH_IPV4 : SF_ETH_IPV6)) {
        return SF_DROP_IP_VERSION;
    }
    if (from_broadcast(st, &ip)) {
        return SF_DROP_IP_SOURCE;
    }
    dest = sf_route_dest(st, (enum sf_family)ip.family, ip.dst);
    if (dest == SF_DEST_NOBODY) {
        return SF_DROP_IP_DEST;
    }
    if (ip.fragment) {
        return dest == SF_DEST_GROUP ? SF_DROP_FRAGMENT : sf_frag_take(st, &ip, rx, now);
    }
    return transport(st, &ip, dest, rx, now);
}

/* Is a frame to this address for us: our station, all of them, or a group that an address of
 * ours needs (RFC 2464 s7)?  What the group means is seen when the packet is read. */
static bool is_for_us(const struct sf_stack *st, const uint8_t *dst)
{
    static const uint8_t ipv6_group[2] = {0x33, 0x33};

    return sf_mac_equal(dst, st->tcp.cfg.mac) || sf_mac_equal(dst, sf_mac_broadcast) ||
           memcmp(dst, ipv6_group, sizeof(ipv6_group)) == 0;
}

static enum sf_verdict frame_in(struct sf_stack *st, const struct sf_frame *frame, sf_time now)
{
    const uint8_t *p = frame->pieces[0].data;
    size_t n = frame->pieces[0].octets;
    struct sf_rx rx = {.gso_octets = frame->gso_octets, .csum = frame->csum};
    struct sf_eth eth;
    enum sf_verdict why;

    if (st->tcp.cfg.ethernet == 0) {
        return sf_rx_packet(st, p, n, &rx, now);
    }
    why = sf_eth_parse(p, n, &eth);
    if (why == SF_DROP_SHORT) {
        return why;
    }
    if (sf_mac_equal(eth.src, st->tcp.cfg.mac)) {
        return SF_DROP_LOOP;
    }
    if (!is_for_us(st, eth.dst)) {
        return SF_DROP_MAC;
    }
    if (why != SF_PASS) {
        return why;
    }
    p += SF_ETH_HEAD;
    n -= SF_ETH_HEAD;
    if (eth.type == SF_ETH_ARP) {
        return sf_arp_rx(st, p, n, now);
    }
    rx.ethertype = eth.type;
    rx.group = sf_mac_is_group(eth.dst);
    return sf_rx_packet(st, p, n, &rx, now);
}

void sf_stack_rx(struct sf_stack *stack, struct sf_frame *frames, size_t n, sf_time now)
{
    SF_ASSERT(n >= 1 && n <= SF_BATCH_MAX);
    stack->tcp.counters.frames_in += n;
    for (size_t i = 0; i < n; i++) {
        const enum sf_verdict why = frame_in(stack, &frames[i], now);

        frames[i].verdict = (uint8_t)why;
        stack->tcp.counters.verdicts[why]++;
    }
}
