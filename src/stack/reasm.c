/* SPDX-License-Identifier: MIT
 *
 * stack/reasm.c - packets that arrive in fragments.
 *
 *   rx.c -> [reasm.c] -> rx.c again, with the whole packet
 *
 * Each packet has memory for the largest there can be: room for headers, then the payload,
 * every octet at its place.  When nothing is missing, the first fragment's headers are put
 * right in front of it and made those of an ordinary packet, which takes the ordinary way.
 */
#include "stack/reasm.h"

#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "stack/icmp_out.h"
#include "wire/checksum.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
    PACKET_MAX = 65535,  /* IPv4: of the packet; IPv6: of what follows the fixed header */
    FRAGMENT_HEADER = 8, /* IPv6 */
};

/* RFC 1122 s3.3.2 (60 to 120 s, which a fast network fills with wrong packets: RFC 4963), RFC
 * 8200 s4.5. */
#define TIMEOUT_IPV4 SF_S(30)
#define TIMEOUT_IPV6 SF_S(60)

static uint32_t timer_of(const struct sf_stack *st, const struct sf_frag *r)
{
    return sf_timer_id(SF_TK_STACK,
                       st->tcp.cfg.max_neighbours + 1 + (uint32_t)(r - st->reasms));
}

/* Where its payload begins. */
static uint8_t *payload_of(const struct sf_stack *st, const struct sf_frag *r)
{
    return st->reasm_memory + (size_t)(r - st->reasms) * SF_FRAG_OCTETS + SF_FRAG_HEAD;
}

/* RFC 791 s3.2, RFC 8200 s4.5: what tells the fragments of one packet from others. */
static bool is_of(const struct sf_frag *r, const struct sf_ip *ip)
{
    const size_t octets = sf_ip_addr_octets((enum sf_family)ip->family);

    return r->family == ip->family && r->id == ip->id && memcmp(r->src, ip->src, octets) == 0 &&
           memcmp(r->dst, ip->dst, octets) == 0 &&
           (ip->family == SF_IPV6 || r->protocol == ip->protocol);
}

static void release(struct sf_stack *st, struct sf_frag *r)
{
    sf_wheel_cancel(&st->tcp.wheel, timer_of(st, r));
    r->family = SF_UNSPEC;
}

/* The record of a fragment's packet; a new one takes a free place or the oldest's. */
static struct sf_frag *record_of(struct sf_stack *st, const struct sf_ip *ip, sf_time now)
{
    const size_t octets = sf_ip_addr_octets((enum sf_family)ip->family);
    struct sf_frag *oldest = NULL;

    for (uint32_t i = 0; i < st->tcp.cfg.max_reassemblies; i++) {
        struct sf_frag *r = &st->reasms[i];

        if (is_of(r, ip)) {
            return r;
        }
        if (oldest == NULL || (oldest->family != SF_UNSPEC &&
                               (r->family == SF_UNSPEC || r->since_ns < oldest->since_ns))) {
            oldest = r;
        }
    }
    if (oldest == NULL) {
        return NULL;
    }
    if (oldest->family != SF_UNSPEC) {
        st->tcp.counters.verdicts[SF_DROP_FRAGMENT]++;
        release(st, oldest);
    }
    memset(oldest, 0, offsetof(struct sf_frag, ranges));
    oldest->family = ip->family;
    oldest->id = ip->id;
    oldest->protocol = ip->protocol;
    oldest->since_ns = now.ns;
    memcpy(oldest->src, ip->src, octets);
    memcpy(oldest->dst, ip->dst, octets);
    sf_wheel_arm(&st->tcp.wheel, timer_of(st, oldest),
                 sf_time_add(now, ip->family == SF_IPV4 ? TIMEOUT_IPV4 : TIMEOUT_IPV6));
    return oldest;
}

enum place { TAKEN, REPEATED, REFUSED };

/* Enter [begin, end) among the ranges, unless it has something in common with one of them
 * (RFC 5722 s4). */
static enum place enter(struct sf_frag *r, uint32_t begin, uint32_t end)
{
    uint32_t i = r->n_ranges;

    while (i > 0 && r->ranges[i - 1].begin > begin) {
        i--;
    }
    if (i > 0 && r->ranges[i - 1].begin == begin && r->ranges[i - 1].end == end) {
        return REPEATED;
    }
    if ((i > 0 && r->ranges[i - 1].end > begin) ||
        (i < r->n_ranges && r->ranges[i].begin < end) || r->n_ranges == SF_FRAG_RANGES) {
        return REFUSED;
    }
    memmove(&r->ranges[i + 1], &r->ranges[i], (r->n_ranges - i) * sizeof(r->ranges[0]));
    r->ranges[i].begin = begin;
    r->ranges[i].end = end;
    r->n_ranges++;
    r->held += end - begin;
    return TAKEN;
}

/* True if a fragment agrees with what is known of the whole length. */
static bool length_fits(struct sf_frag *r, const struct sf_ip *ip, uint32_t end)
{
    const uint32_t furthest = r->n_ranges == 0 ? 0 : r->ranges[r->n_ranges - 1].end;

    if (!ip->more_fragments) {
        if ((r->have_last && r->total != end) || furthest > end) {
            return false;
        }
        r->have_last = true;
        r->total = end;
    }
    return !r->have_last || end <= r->total;
}

/* Keep the headers of the first fragment, in front of its payload. */
static bool keep_head(const struct sf_stack *st, struct sf_frag *r, const struct sf_ip *ip)
{
    if (ip->head_octets > SF_FRAG_HEAD) {
        return false;
    }
    memcpy(payload_of(st, r) - ip->head_octets, ip->packet, ip->head_octets);
    r->head_octets = (uint16_t)ip->head_octets;
    r->have_first = true;
    return true;
}

/* Make an ordinary IPv4 header of the kept one. */
static uint8_t *whole_ipv4(const struct sf_stack *st, const struct sf_frag *r)
{
    uint8_t *p = payload_of(st, r) - r->head_octets;

    sf_put16(p + 2, (uint16_t)(r->head_octets + r->total));
    sf_put16(p + 6, 0);
    sf_put16(p + 10, 0);
    sf_put16(p + 10, sf_sum_end(sf_sum(p, r->head_octets, 0)));
    return p;
}

/* The same for IPv6: take out the fragment header, which is the last one kept. */
static uint8_t *whole_ipv6(const struct sf_stack *st, const struct sf_frag *r)
{
    enum { FRAGMENT = 44 };
    const uint32_t keep = (uint32_t)r->head_octets - FRAGMENT_HEADER;
    uint8_t *old = payload_of(st, r) - r->head_octets;
    uint32_t named_at = 6;
    uint32_t header = SF_IP6_HEAD;

    /* Who names the fragment header as the next one is to name what it named. */
    while (header < keep) {
        const uint32_t octets =
            old[named_at] == FRAGMENT ? FRAGMENT_HEADER : 8U + 8U * old[header + 1];

        named_at = header;
        header += octets;
    }
    old[named_at] = old[keep];
    sf_put16(old + 4, (uint16_t)(keep - SF_IP6_HEAD + r->total));
    return memmove(old + FRAGMENT_HEADER, old, keep);
}

/* Nothing is missing. */
static enum sf_verdict complete(struct sf_stack *st, struct sf_frag *r, sf_time now)
{
    const bool ipv4 = r->family == SF_IPV4;
    const struct sf_rx rx = {
        .ethertype = ipv4 ? SF_ETH_IPV4 : SF_ETH_IPV6,
        .csum = SF_CSUM_FULL,
        .reassembled = true,
    };
    const uint32_t head = ipv4 ? r->head_octets : (uint32_t)r->head_octets - FRAGMENT_HEADER;
    const uint32_t counted = ipv4 ? head : head - SF_IP6_HEAD;

    /* The record's memory is not reused before the packet was read. */
    release(st, r);
    if (counted + r->total > PACKET_MAX) {
        return SF_DROP_FRAGMENT;
    }
    return sf_rx_packet(st, ipv4 ? whole_ipv4(st, r) : whole_ipv6(st, r), head + r->total, &rx,
                        now);
}

enum sf_verdict sf_frag_take(struct sf_stack *st, const struct sf_ip *ip,
                             const struct sf_rx *rx, sf_time now)
{
    struct sf_frag *r;
    const uint32_t begin = ip->fragment_offset;
    const uint32_t end = begin + ip->payload_octets;
    enum place place = REFUSED;

    /* What was whole once is cut no more (RFC 8200 s4.5). */
    if (rx->reassembled || ip->payload_octets == 0 || end > PACKET_MAX) {
        return SF_DROP_FRAGMENT;
    }
    r = record_of(st, ip, now);
    if (r == NULL || r->dead) {
        return SF_DROP_FRAGMENT;
    }
    if (length_fits(r, ip, end)) {
        place = enter(r, begin, end);
    }
    if (place == TAKEN && begin == 0 && !keep_head(st, r, ip)) {
        place = REFUSED;
    }
    if (place == REFUSED) {
        r->dead = true;
        return SF_DROP_FRAGMENT;
    }
    if (place == TAKEN) {
        memcpy(payload_of(st, r) + begin, ip->payload, ip->payload_octets);
    }
    if (r->have_last && r->held == r->total) {
        return complete(st, r, now);
    }
    return SF_HELD_FRAGMENT;
}

void sf_frag_timer(struct sf_stack *st, uint32_t slot, sf_time now)
{
    struct sf_frag *r = &st->reasms[slot];
    const uint8_t *packet = payload_of(st, r) - r->head_octets;
    const bool ipv4 = r->family == SF_IPV4;

    st->tcp.counters.verdicts[SF_DROP_FRAGMENT]++;
    if (r->have_first && !r->dead) {
        const struct sf_ip about = {
            .packet = packet,
            .src = r->src,
            .dst = r->dst,
            .payload = packet + r->head_octets,
            .payload_octets = r->ranges[0].end,
            .head_octets = r->head_octets,
            .family = r->family,
            .protocol = r->protocol,
        };

        sf_icmp_send_error(st, &about, ipv4 ? SF_ICMP4_TIME_EXCEEDED : SF_ICMP6_TIME_EXCEEDED,
                           SF_ICMP_REASSEMBLY, 0, now);
    }
    release(st, r);
}
