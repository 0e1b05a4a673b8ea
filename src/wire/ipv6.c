/* SPDX-License-Identifier: MIT
 *
 * wire/ipv6.c - the IPv6 header and its extension headers (RFC 8200).
 *
 *   0 version, traffic class, flow label   4 payload length   6 next header   7 hop limit
 *   8 source   24 destination   40 extension headers, payload
 *
 * The walk is a loop over headers, each of which says what follows and how long itself is; what
 * it has to say besides goes into struct sf_ip.
 */
#include "wire/ipv6.h"

#include <string.h>

#include "base/bytes.h"

enum {
    NEXT_HOP_BY_HOP = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_DESTINATION = 60,

    OPTION_PAD1 = 0,
    OPTION_PADN = 1,
    OPTION_ROUTER_ALERT = 5, /* RFC 2711: for routers, nothing to do here */

    /* What to do with a packet whose option is unknown: the type's first two bits (s4.2). */
    ACTION_SKIP = 0,
    ACTION_DISCARD = 1,
    ACTION_REPORT = 2,         /* discard, and report it */
    ACTION_REPORT_UNICAST = 3, /* the same, unless it was sent to a group */
};

const uint8_t sf_ip6_all_nodes[16] = {0xff, 0x02, [15] = 0x01};

static enum sf_verdict problem(struct sf_ip *ip, enum sf_ip_problem what, size_t at)
{
    ip->problem = (uint8_t)what;
    ip->problem_at = (uint32_t)at;
    return SF_DROP_IP_OPTION;
}

/* An option that is unknown here, at an offset of the packet (s4.2). */
static enum sf_verdict unknown_option(struct sf_ip *ip, size_t at)
{
    switch (ip->packet[at] >> 6) {
    case ACTION_SKIP:
        return SF_PASS;
    case ACTION_REPORT:
        return problem(ip, SF_PROBLEM_OPTION, at);
    case ACTION_REPORT_UNICAST:
        return problem(
            ip, sf_ip_is_multicast(SF_IPV6, ip->dst) ? SF_PROBLEM_NONE : SF_PROBLEM_OPTION, at);
    case ACTION_DISCARD:
    default:
        return problem(ip, SF_PROBLEM_NONE, at);
    }
}

/* The options in [at, end) of the packet, of a hop-by-hop or destination options header. */
static enum sf_verdict options(struct sf_ip *ip, size_t at, size_t end)
{
    const uint8_t *p = ip->packet;

    for (size_t count = 0; at < end; count++) {
        enum sf_verdict why = SF_PASS;

        if (count == SF_IP6_OPTIONS_MAX) {
            return SF_DROP_IP_HEADER;
        }
        if (p[at] == OPTION_PAD1) {
            at++;
            continue;
        }
        if (end - at < 2 || p[at + 1] > end - at - 2) {
            return SF_DROP_IP_HEADER;
        }
        if (p[at] != OPTION_PADN && p[at] != OPTION_ROUTER_ALERT) {
            why = unknown_option(ip, at);
        }
        if (why != SF_PASS) {
            return why;
        }
        at += 2U + p[at + 1];
    }
    return SF_PASS;
}

/* With segments left we would have to pass it on, which a host that is no router does not do,
 * whatever the type (s4.4; RFC 5095 for type 0). */
static enum sf_verdict routing(struct sf_ip *ip, size_t at)
{
    return ip->packet[at + 3] == 0 ? SF_PASS : problem(ip, SF_PROBLEM_HEADER, at + 2);
}

/* 8 octets have been checked to be there; ip->payload_octets counts what follows. */
static enum sf_verdict fragment(struct sf_ip *ip, size_t at)
{
    const uint16_t field = sf_get16(ip->packet + at + 2);

    ip->id = sf_get32(ip->packet + at + 4);
    ip->fragment_offset = field & 0xfff8;
    ip->more_fragments = (field & 1) != 0;
    ip->fragment = ip->fragment_offset != 0 || ip->more_fragments;
    /* s4.5: of all but the last the length is a multiple of 8. */
    if (ip->more_fragments && (ip->payload_octets == 0 || ip->payload_octets % 8 != 0)) {
        return SF_DROP_IP_HEADER;
    }
    /* s4.5: what would end beyond the largest payload. */
    if (ip->fragment_offset + ip->payload_octets > 65535) {
        return SF_DROP_IP_HEADER;
    }
    return SF_PASS;
}

static bool is_extension(uint8_t next)
{
    return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
           next == NEXT_DESTINATION;
}

/* Read the extension header that ip->payload begins with, and move payload behind it. */
static enum sf_verdict extension(struct sf_ip *ip)
{
    const size_t at = ip->head_octets;
    const uint8_t kind = ip->protocol;
    size_t octets = 8;

    if (ip->payload_octets < 8) {
        return SF_DROP_IP_HEADER;
    }
    if (kind != NEXT_FRAGMENT) {
        octets = 8U + 8U * ip->payload[1];
    }
    if (octets > ip->payload_octets) {
        return SF_DROP_IP_HEADER;
    }
    ip->protocol = ip->payload[0];
    ip->payload += octets;
    ip->payload_octets -= (uint32_t)octets;
    ip->head_octets += (uint32_t)octets;
    switch (kind) {
    case NEXT_HOP_BY_HOP:
        /* s4.1: right behind the fixed header or nowhere. */
        return at == SF_IP6_HEAD ? options(ip, at + 2, at + octets) : SF_DROP_IP_HEADER;
    case NEXT_DESTINATION:
        return options(ip, at + 2, at + octets);
    case NEXT_ROUTING:
        return routing(ip, at);
    default:
        return fragment(ip, at);
    }
}

/* Multicast, loopback and IPv4-mapped addresses come off no wire (RFC 4291 s2.7, s2.5.3; RFC
 * 4942 s2.2); the unspecified one only while an address is being made sure of (RFC 4862). */
static bool source_is_host(const struct sf_ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
    const uint8_t *src = ip->src;

    if (src[0] == 0xff) {
        return false;
    }
    if (src[0] != 0) {
        return true;
    }
    if (sf_ip_is_loopback(SF_IPV6, src) || memcmp(src, mapped, sizeof(mapped)) == 0) {
        return false;
    }
    return ip->protocol == SF_PROTO_ICMPV6 || !sf_ip_is_unspecified(SF_IPV6, src);
}

enum sf_verdict sf_ip6_parse(const uint8_t *p, size_t n, struct sf_ip *ip)
{
    enum sf_verdict why = SF_PASS;
    uint32_t first;

    if (n < SF_IP6_HEAD) {
        return SF_DROP_SHORT;
    }
    first = sf_get32(p);
    if (first >> 28 != 6) {
        return SF_DROP_IP_VERSION;
    }
    *ip = (struct sf_ip){
        .packet = p,
        .src = p + 8,
        .dst = p + 24,
        .payload = p + SF_IP6_HEAD,
        .payload_octets = sf_get16(p + 4),
        .flow_label = first & 0xfffff,
        .head_octets = SF_IP6_HEAD,
        .family = SF_IPV6,
        .protocol = p[6],
        .hop_limit = p[7],
        .traffic_class = (uint8_t)(first >> 20),
        .dont_fragment = true,
    };
    if (ip->payload_octets > n - SF_IP6_HEAD) {
        return SF_DROP_SHORT;
    }
    for (size_t count = 0; why == SF_PASS && !ip->fragment && is_extension(ip->protocol);
         count++) {
        why = count < SF_IP6_EXTENSIONS_MAX ? extension(ip) : SF_DROP_IP_HEADER;
    }
    if (why == SF_PASS && !source_is_host(ip)) {
        return SF_DROP_IP_SOURCE;
    }
    return why;
}

size_t sf_ip6_build(uint8_t *p, const struct sf_ip *ip)
{
    sf_put32(p, 6U << 28 | (uint32_t)ip->traffic_class << 20 | (ip->flow_label & 0xfffff));
    sf_put16(p + 4, (uint16_t)ip->payload_octets);
    p[6] = ip->protocol;
    p[7] = ip->hop_limit;
    memcpy(p + 8, ip->src, 16);
    memcpy(p + 24, ip->dst, 16);
    return SF_IP6_HEAD;
}

void sf_ip6_solicited_node(const uint8_t addr[16], uint8_t group[16])
{
    static const uint8_t prefix[13] = {0xff, 0x02, [11] = 0x01, 0xff};

    memcpy(group, prefix, sizeof(prefix));
    memcpy(group + 13, addr + 13, 3);
}
