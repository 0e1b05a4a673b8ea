/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_ip6.c - the IPv6 header and the walk over its extension headers.
 */
#include "wire_fuzz.h"

#include "wire/icmp.h"
#include "wire/ipv6.h"

static void again(const struct sf_ip *ip)
{
    uint8_t *p = malloc(SF_IP6_HEAD + ip->payload_octets);
    struct sf_ip plain = *ip;
    struct sf_ip back;

    HOLDS(p != NULL);
    /* One that no extension header begins with, lest the payload is walked again. */
    plain.protocol = ip->protocol == SF_PROTO_ICMPV6 ? SF_PROTO_ICMPV6 : SF_PROTO_TCP;
    HOLDS(sf_ip_build(p, &plain) == SF_IP6_HEAD);
    HOLDS(sf_ip_parse(p, SF_IP6_HEAD + ip->payload_octets, &back) == SF_PASS);
    HOLDS(same_address(SF_IPV6, back.src, ip->src) && same_address(SF_IPV6, back.dst, ip->dst));
    HOLDS(back.payload_octets == ip->payload_octets && back.protocol == plain.protocol);
    HOLDS(back.hop_limit == ip->hop_limit && back.traffic_class == ip->traffic_class);
    HOLDS(back.flow_label == ip->flow_label && !back.fragment);
    free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p = exactly(data, size);
    struct sf_ip ip;
    const enum sf_verdict why = sf_ip6_parse(p, size, &ip);

    if (why == SF_PASS || why == SF_DROP_IP_OPTION) {
        HOLDS(ip.packet == p && within(p, ip.head_octets, p, size));
        HOLDS(within(ip.payload, ip.payload_octets, p, size));
        HOLDS(ip.payload == p + ip.head_octets);
        HOLDS(ip.problem == SF_PROBLEM_NONE || ip.problem_at < ip.head_octets);
        HOLDS(why != SF_PASS || ip.problem == SF_PROBLEM_NONE);
        (void)sf_icmp_may_answer(&ip);
    }
    if (why == SF_PASS) {
        again(&ip);
    }
    free(p);
    return 0;
}
