/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_ip4.c - the IPv4 header, as it comes and with its checksum made right.
 */
#include "wire_fuzz.h"

#include "wire/icmp.h"
#include "wire/ipv4.h"

static void again(const struct sf_ip *ip)
{
    uint8_t *p = malloc(SF_IP4_HEAD + ip->payload_octets);
    struct sf_ip back;

    HOLDS(p != NULL);
    HOLDS(sf_ip_build(p, ip) == SF_IP4_HEAD);
    HOLDS(sf_ip_parse(p, SF_IP4_HEAD + ip->payload_octets, &back) == SF_PASS);
    HOLDS(same_address(SF_IPV4, back.src, ip->src) && same_address(SF_IPV4, back.dst, ip->dst));
    HOLDS(back.payload_octets == ip->payload_octets && back.id == ip->id);
    HOLDS(back.fragment_offset == ip->fragment_offset && back.fragment == ip->fragment);
    HOLDS(back.more_fragments == ip->more_fragments);
    HOLDS(back.dont_fragment == ip->dont_fragment && back.protocol == ip->protocol);
    HOLDS(back.hop_limit == ip->hop_limit && back.traffic_class == ip->traffic_class);
    free(p);
}

static void try(const uint8_t *p, size_t n)
{
    struct sf_ip ip;
    const enum sf_verdict why = sf_ip4_parse(p, n, &ip);

    if (why != SF_PASS && why != SF_DROP_IP_OPTION) {
        return;
    }
    HOLDS(ip.packet == p && within(p, ip.head_octets, p, n));
    HOLDS(within(ip.payload, ip.payload_octets, p, n));
    HOLDS(ip.payload == p + ip.head_octets);
    (void)sf_icmp_may_answer(&ip);
    if (why == SF_PASS) {
        again(&ip);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p = exactly(data, size);
    size_t head;

    try(p, size);
    if (size >= SF_IP4_HEAD) {
        head = (size_t)(p[0] & 0x0f) * 4;
        if (head <= size) {
            sf_put16(p + 10, 0);
            sf_put16(p + 10, sf_sum_end(sf_sum(p, head, 0)));
            try(p, size);
        }
    }
    free(p);
    return 0;
}
