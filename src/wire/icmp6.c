/* SPDX-License-Identifier: MIT
 *
 * wire/icmp6.c - ICMPv6 (RFC 4443).
 *
 *   0 type   1 code   2 checksum   4 identifier, sequence number | MTU | pointer
 *   8 data, or as much as fits of the packet that it is about
 */
#include "wire/icmp6.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv6.h"

enum {
    FIRST_NEIGHBOUR = 133, /* router solicitation */
    LAST_NEIGHBOUR = 137,  /* redirect */
};

static enum sf_icmp_kind kind_of(uint8_t type, uint8_t code)
{
    switch (type) {
    case SF_ICMP6_ECHO_REQUEST:
        return SF_ICMP_ECHO_REQUEST;
    case SF_ICMP6_ECHO_REPLY:
        return SF_ICMP_ECHO_REPLY;
    case SF_ICMP6_UNREACHABLE:
        return code == SF_ICMP6_ADMIN || code == SF_ICMP6_PORT ? SF_ICMP_HARD : SF_ICMP_SOFT;
    case SF_ICMP6_TOO_BIG:
        return SF_ICMP_TOO_BIG;
    case SF_ICMP6_TIME_EXCEEDED:
    case SF_ICMP6_PARAMETER:
        return SF_ICMP_SOFT;
    default:
        return type >= FIRST_NEIGHBOUR && type <= LAST_NEIGHBOUR ? SF_ICMP_NEIGHBOUR
                                                                 : SF_ICMP_OTHER;
    }
}

/* We send no extension headers, so a quoted packet of ours has TCP right behind the fixed
 * header or is of no use here. */
static bool quote(struct sf_icmp *icmp)
{
    const uint8_t *p = icmp->body;

    if (icmp->body_octets < SF_IP6_HEAD + 8 || p[0] >> 4 != 6) {
        return false;
    }
    icmp->quote = (struct sf_icmp_quote){
        .src = p + 8,
        .dst = p + 24,
        .family = SF_IPV6,
        .protocol = p[6],
        .ports = p[6] == SF_PROTO_TCP || p[6] == SF_PROTO_UDP,
    };
    sf_icmp_quote_ports(&icmp->quote, p + SF_IP6_HEAD);
    return true;
}

bool sf_icmp6_checksum_ok(const struct sf_ip *ip)
{
    uint32_t sum =
        sf_sum_pseudo(SF_IPV6, ip->src, ip->dst, SF_PROTO_ICMPV6, ip->payload_octets);

    return sf_sum_end(sf_sum(ip->payload, ip->payload_octets, sum)) == 0;
}

enum sf_verdict sf_icmp6_parse(const struct sf_ip *ip, struct sf_icmp *icmp)
{
    const uint8_t *p = ip->payload;
    bool good = true;

    if (ip->payload_octets < SF_ICMP_HEAD || !sf_icmp6_checksum_ok(ip)) {
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
        icmp->mtu = sf_get32(p + 4);
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

size_t sf_icmp6_build(uint8_t *p, const struct sf_icmp_out *out, const uint8_t src[16],
                      const uint8_t dst[16])
{
    uint32_t sum =
        sf_sum_pseudo(SF_IPV6, src, dst, SF_PROTO_ICMPV6, SF_ICMP_HEAD + out->body_octets);

    p[0] = out->type;
    p[1] = out->code;
    sf_put16(p + 2, 0);
    sf_put32(p + 4, out->word);
    sum = sf_sum(p, SF_ICMP_HEAD, sum);
    sum = sf_sum(out->body, out->body_octets, sum);
    sf_put16(p + 2, sf_sum_end(sum));
    return SF_ICMP_HEAD;
}
