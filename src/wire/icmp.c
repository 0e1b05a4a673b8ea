/* SPDX-License-Identifier: MIT
 *
 * wire/icmp.c - ICMPv4 (RFC 792), and what both families share.
 *
 *   0 type   1 code   2 checksum   4 identifier, sequence number | MTU at 6 | pointer
 *   8 data, or the header and the first octets of the packet that it is about
 */
#include "wire/icmp.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum {
    /* Codes of an unreachable that only tell why. */
    NET_PROHIBITED = 9,
    HOST_PROHIBITED = 10,
    COMMUNICATION_PROHIBITED = 13,

    /* ICMPv4 types that are errors or act like one; the others are above. */
    SOURCE_QUENCH = 4,
    REDIRECT = 5,
    ADDRESS_MASK_REPLY = 18, /* the last one of RFC 1122; what is newer is unknown here */

    REDIRECT_V6 = 137,
    FIRST_INFORMATIONAL = 128, /* of ICMPv6 (RFC 4443 s2.1) */

    QUOTE_MAX = 576, /* of the whole IPv4 packet that carries an error */
};

/* Which kind an unreachable is.  RFC 9293 s3.9.2.2 is silent about what is administratively
 * prohibited in IPv4 (RFC 1812 s5.2.7.1), but counts it as hard in IPv6; so it is here. */
static enum sf_icmp_kind unreachable(uint8_t code)
{
    switch (code) {
    case SF_ICMP4_PROTOCOL:
    case SF_ICMP4_PORT:
    case NET_PROHIBITED:
    case HOST_PROHIBITED:
    case COMMUNICATION_PROHIBITED:
        return SF_ICMP_HARD;
    case SF_ICMP4_TOO_BIG:
        return SF_ICMP_TOO_BIG;
    default:
        return SF_ICMP_SOFT;
    }
}

static enum sf_icmp_kind kind_of(uint8_t type, uint8_t code)
{
    switch (type) {
    case SF_ICMP4_ECHO_REQUEST:
        return SF_ICMP_ECHO_REQUEST;
    case SF_ICMP4_ECHO_REPLY:
        return SF_ICMP_ECHO_REPLY;
    case SF_ICMP4_UNREACHABLE:
        return unreachable(code);
    case SF_ICMP4_TIME_EXCEEDED:
    case SF_ICMP4_PARAMETER:
        return SF_ICMP_SOFT;
    default:
        return SF_ICMP_OTHER;
    }
}

/* The quoted header is ours, as the network changed it on its way: its checksum and total
 * length may be wrong by now, so only what is used is looked at. */
static bool quote(struct sf_icmp *icmp)
{
    const uint8_t *p = icmp->body;
    size_t head;

    if (icmp->body_octets < SF_IP4_HEAD || p[0] >> 4 != 4) {
        return false;
    }
    head = (size_t)(p[0] & 0x0f) * 4;
    if (head < SF_IP4_HEAD || icmp->body_octets < head + 8) {
        return false;
    }
    icmp->quote = (struct sf_icmp_quote){
        .src = p + 12,
        .dst = p + 16,
        .family = SF_IPV4,
        .protocol = p[9],
        /* A later fragment has no ports. */
        .ports =
            (p[9] == SF_PROTO_TCP || p[9] == SF_PROTO_UDP) && (sf_get16(p + 6) & 0x1fff) == 0,
    };
    sf_icmp_quote_ports(&icmp->quote, p + head);
    return true;
}

void sf_icmp_quote_ports(struct sf_icmp_quote *quote, const uint8_t *transport)
{
    if (quote->ports) {
        quote->sport = sf_get16(transport);
        quote->dport = sf_get16(transport + 2);
        quote->seq = (sf_seq){sf_get32(transport + 4)};
    }
}

enum sf_verdict sf_icmp4_parse(const struct sf_ip *ip, struct sf_icmp *icmp)
{
    const uint8_t *p = ip->payload;
    bool good = true;

    if (ip->payload_octets < SF_ICMP_HEAD ||
        sf_sum_end(sf_sum(p, ip->payload_octets, 0)) != 0) {
        return SF_DROP_ICMP;
    }
    *icmp = (struct sf_icmp){
        .body = p + SF_ICMP_HEAD,
        .body_octets = ip->payload_octets - SF_ICMP_HEAD,
        .kind = (uint8_t)kind_of(p[0], p[1]),
        .type = p[0],
        .code = p[1],
    };
    switch ((enum sf_icmp_kind)icmp->kind) {
    case SF_ICMP_ECHO_REQUEST:
    case SF_ICMP_ECHO_REPLY:
        icmp->id = sf_get16(p + 4);
        icmp->seqno = sf_get16(p + 6);
        break;
    case SF_ICMP_TOO_BIG:
        icmp->mtu = sf_get16(p + 6);
        good = quote(icmp);
        break;
    case SF_ICMP_HARD:
    case SF_ICMP_SOFT:
        good = quote(icmp);
        break;
    case SF_ICMP_NEIGHBOUR:
    case SF_ICMP_OTHER:
        break;
    }
    return good ? SF_PASS : SF_DROP_ICMP;
}

size_t sf_icmp4_build(uint8_t *p, const struct sf_icmp_out *out)
{
    uint32_t sum;

    p[0] = out->type;
    p[1] = out->code;
    sf_put16(p + 2, 0);
    sf_put32(p + 4, out->word);
    sum = sf_sum(p, SF_ICMP_HEAD, 0);
    sum = sf_sum(out->body, out->body_octets, sum);
    sf_put16(p + 2, sf_sum_end(sum));
    return SF_ICMP_HEAD;
}

struct sf_icmp_out sf_icmp_echo_reply(const struct sf_icmp *request, enum sf_family family)
{
    return (struct sf_icmp_out){
        .type = family == SF_IPV4 ? SF_ICMP4_ECHO_REPLY : SF_ICMP6_ECHO_REPLY,
        .word = (uint32_t)request->id << 16 | request->seqno,
        .body = request->body,
        .body_octets = request->body_octets,
    };
}

struct sf_icmp_out sf_icmp_error(const struct sf_ip *about, uint8_t type, uint8_t code,
                                 uint32_t word)
{
    const uint32_t max = about->family == SF_IPV4 ? QUOTE_MAX - SF_IP4_HEAD - SF_ICMP_HEAD
                                                  : SF_IP6_MIN_MTU - SF_IP6_HEAD - SF_ICMP_HEAD;
    const uint32_t octets = about->head_octets + about->payload_octets;

    return (struct sf_icmp_out){
        .type = type,
        .code = code,
        .word = word,
        .body = about->packet,
        .body_octets = octets < max ? octets : max,
    };
}

/* False for ICMP that is an error, or that may be one. */
static bool is_harmless(const struct sf_ip *about)
{
    uint8_t type;

    if (about->protocol != SF_PROTO_ICMP && about->protocol != SF_PROTO_ICMPV6) {
        return true;
    }
    if (about->payload_octets == 0) {
        return false;
    }
    type = about->payload[0];
    if (about->protocol == SF_PROTO_ICMPV6) {
        return type >= FIRST_INFORMATIONAL && type != REDIRECT_V6;
    }
    return type != SF_ICMP4_UNREACHABLE && type != SOURCE_QUENCH && type != REDIRECT &&
           type != SF_ICMP4_TIME_EXCEEDED && type != SF_ICMP4_PARAMETER &&
           type <= ADDRESS_MASK_REPLY;
}

bool sf_icmp_may_answer(const struct sf_ip *about)
{
    const enum sf_family family = (enum sf_family)about->family;
    bool group = sf_ip_is_multicast(family, about->dst);

    if (family == SF_IPV4) {
        group = group || sf_get32(about->dst) == 0xffffffff;
    } else if (about->problem == SF_PROBLEM_OPTION) {
        /* RFC 8200 s4.2 has told groups apart already. */
        group = false;
    }
    if (group || about->fragment_offset != 0) {
        return false;
    }
    if (sf_ip_is_unspecified(family, about->src) || sf_ip_is_loopback(family, about->src) ||
        sf_ip_is_multicast(family, about->src)) {
        return false;
    }
    return is_harmless(about);
}
