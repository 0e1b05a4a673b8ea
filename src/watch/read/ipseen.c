/* SPDX-License-Identifier: MIT
 *
 * watch/read/ipseen.c - IPv4 (RFC 791) and IPv6 (RFC 8200) headers as an observer reads them.
 *
 * Lengths come from the header, not from what was captured.  A header that states none (a
 * super-segment on its way to the device, or of more than 65535 octets) has that of its frame.
 */
#include "watch/read/dissect.h"

#include "base/bytes.h"
#include "wire/ip.h"

enum {
    IP4_HEAD = 20,
    IP4_DF = 0x4000,
    IP4_MF = 0x2000,
    IP4_OFFSET = 0x1fff,

    IP6_HEAD = 40,
    IP6_HOP_BY_HOP = 0,
    IP6_ROUTING = 43,
    IP6_FRAGMENT = 44,
    IP6_AUTH = 51,
    IP6_DESTINATION = 60,
    IP6_MOBILITY = 135,
    IP6_HIP = 139,
    IP6_SHIM = 140,
    IP6_EXTENSIONS_MOST = 16,
    OPTION_JUMBO = 0xc2, /* RFC 2675 */

    PROTO_IP_IN_IP = 4,
    PROTO_IP6_IN_IP = 41,
    NESTED_MOST = 4,
};

/* Make the payload as long as the header says.  One that is longer than its frame was cut by
 * somebody; what is there is there. */
static void set_length(struct sf_span_seen *payload, uint32_t length)
{
    payload->length = length;
    if (payload->captured > length) {
        payload->captured = length; /* ethernet's padding */
    }
}

static enum sf_step_seen ipv4(const struct sf_span_seen *span, struct sf_ip_seen *ip)
{
    const uint8_t *p = span->p;
    uint32_t head = 0;
    uint32_t total = 0;
    uint16_t flags = 0;

    if (span->captured < IP4_HEAD) {
        return SF_STEP_MALFORMED;
    }
    head = (uint32_t)(p[0] & 0x0f) * 4;
    total = sf_get16(p + 2);
    if (total == 0) {
        total = span->length;
    }
    if (head < IP4_HEAD || total < head) {
        return SF_STEP_MALFORMED;
    }
    flags = sf_get16(p + 6);
    ip->family = SF_IPV4;
    ip->src = p + 12;
    ip->dst = p + 16;
    ip->id = sf_get16(p + 4);
    ip->protocol = p[9];
    ip->hop_limit = p[8];
    ip->traffic_class = p[1];
    ip->dont_fragment = (flags & IP4_DF) != 0;
    ip->more_fragments = (flags & IP4_MF) != 0;
    ip->fragment_offset = (flags & IP4_OFFSET) * 8U;
    ip->payload = *span;
    if (!sf_span_over(&ip->payload, head)) {
        return SF_STEP_MALFORMED;
    }
    set_length(&ip->payload, total - head);
    return SF_STEP_ON;
}

/* The length in a jumbo payload option (RFC 2675 s2); 0: there is none. */
static uint32_t jumbo(const uint8_t *p, uint32_t n)
{
    uint32_t at = 2;

    while (at + 6 <= n) {
        if (p[at] == OPTION_JUMBO && p[at + 1] == 4) {
            return sf_get32(p + at + 2);
        }
        at += p[at] == 0 ? 1 : 2U + p[at + 1];
    }
    return 0;
}

static void fragment_header(const uint8_t *p, struct sf_ip_seen *ip)
{
    ip->fragment_offset = sf_get16(p + 2) & 0xfff8U;
    ip->more_fragments = (p[3] & 1) != 0;
    ip->id = sf_get32(p + 4);
}

/* Octets of an extension header that begins at p, and whether it is one. */
static uint32_t extension(uint8_t kind, const uint8_t *p)
{
    switch (kind) {
    case IP6_HOP_BY_HOP:
    case IP6_ROUTING:
    case IP6_DESTINATION:
    case IP6_MOBILITY:
    case IP6_HIP:
    case IP6_SHIM:
        return (p[1] + 1U) * 8;
    case IP6_AUTH:
        return (p[1] + 2U) * 4; /* RFC 4302 s2.2 */
    case IP6_FRAGMENT:
        return 8;
    default:
        return 0;
    }
}

/* Over one extension header of so many octets, all of them captured. */
static void over_extension(struct sf_ip_seen *ip, uint32_t octets, bool first)
{
    const uint8_t *p = ip->payload.p;

    if (ip->protocol == IP6_FRAGMENT) {
        fragment_header(p, ip);
    } else if (ip->protocol == IP6_HOP_BY_HOP && first) {
        const uint32_t length = jumbo(p, octets);

        if (length > UINT16_MAX) {
            set_length(&ip->payload, length);
        }
    }
    ip->protocol = p[0];
}

/* Over the extension headers, up to a fragment that is not the first. */
static enum sf_step_seen extensions(struct sf_ip_seen *ip)
{
    static const uint8_t least[2] = {0, 0};

    for (int i = 0; i < IP6_EXTENSIONS_MOST && ip->fragment_offset == 0; i++) {
        const bool there = ip->payload.captured >= 8;
        const uint32_t octets = extension(ip->protocol, there ? ip->payload.p : least);

        if (octets == 0) {
            return SF_STEP_ON;
        }
        if (!there || octets > ip->payload.captured) {
            return SF_STEP_MALFORMED;
        }
        over_extension(ip, octets, i == 0);
        if (!sf_span_over(&ip->payload, octets)) {
            return SF_STEP_MALFORMED;
        }
    }
    return ip->fragment_offset != 0 ? SF_STEP_ON : SF_STEP_MALFORMED;
}

static enum sf_step_seen ipv6(const struct sf_span_seen *span, struct sf_ip_seen *ip)
{
    const uint8_t *p = span->p;
    uint32_t length = 0;

    if (span->captured < IP6_HEAD) {
        return SF_STEP_MALFORMED;
    }
    ip->family = SF_IPV6;
    ip->src = p + 8;
    ip->dst = p + 24;
    ip->id = 0;
    ip->protocol = p[6];
    ip->hop_limit = p[7];
    ip->traffic_class = (uint8_t)(sf_get16(p) >> 4);
    ip->dont_fragment = true;
    ip->more_fragments = false;
    ip->fragment_offset = 0;
    ip->payload = *span;
    (void)sf_span_over(&ip->payload, IP6_HEAD);
    length = sf_get16(p + 4);
    if (length != 0) {
        set_length(&ip->payload, length);
    }
    return ip->protocol == SF_PROTO_TCP ? SF_STEP_ON : extensions(ip);
}

enum sf_step_seen sf_seen_ip(struct sf_span_seen span, struct sf_ip_seen *ip)
{
    for (int i = 0; i < NESTED_MOST; i++) {
        enum sf_step_seen step = SF_STEP_MALFORMED;

        if (span.captured == 0) {
            return step;
        }
        if (span.p[0] >> 4 == 4) {
            step = ipv4(&span, ip);
        } else if (span.p[0] >> 4 == 6) {
            step = ipv6(&span, ip);
        }
        if (step != SF_STEP_ON ||
            (ip->protocol != PROTO_IP_IN_IP && ip->protocol != PROTO_IP6_IN_IP)) {
            return step;
        }
        if (ip->fragment_offset != 0 || ip->more_fragments) {
            return SF_STEP_OTHER;
        }
        span = ip->payload;
    }
    return SF_STEP_OTHER;
}
