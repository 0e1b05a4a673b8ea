/* SPDX-License-Identifier: MIT
 *
 * wire/ndp.c - neighbour solicitation and advertisement (RFC 4861).
 *
 *   0 type   1 code   2 checksum   4 R, S, O and reserved   8 target   24 options
 *
 * An option is a type, a length in units of 8 octets, and so on; of link-layer address
 * options only those of ethernet's size are read.
 */
#include "wire/ndp.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv6.h"

enum {
    HEAD = 24, /* octets ahead of the options */

    FLAG_ROUTER = 0x80,
    FLAG_SOLICITED = 0x40,
    FLAG_OVERRIDE = 0x20,

    OPTION_SOURCE_MAC = 1, /* in a solicitation */
    OPTION_TARGET_MAC = 2, /* in an advertisement */
};

static uint8_t mac_option_of(uint8_t type)
{
    return type == SF_ICMP6_SOLICIT ? OPTION_SOURCE_MAC : OPTION_TARGET_MAC;
}

/* Find the link-layer address.  s4.6: a length of zero spoils the whole packet; unknown options
 * are skipped. */
static bool options(const uint8_t *p, size_t n, struct sf_ndp *ndp)
{
    while (n != 0) {
        size_t octets;

        if (n < 8 || p[1] == 0) {
            return false;
        }
        octets = (size_t)p[1] * 8;
        if (octets > n) {
            return false;
        }
        if (p[0] == mac_option_of(ndp->type) && octets == 8) {
            ndp->mac = p + 2;
        }
        p += octets;
        n -= octets;
    }
    return ndp->mac == NULL || !sf_mac_is_group(ndp->mac);
}

/* s7.1.1: who has no address yet asks the target's group alone, and offers no mapping. */
static bool solicitation_ok(const struct sf_ip *ip, const struct sf_ndp *ndp)
{
    uint8_t group[16];

    if (!sf_ip_is_unspecified(SF_IPV6, ip->src)) {
        return true;
    }
    sf_ip6_solicited_node(ndp->target, group);
    return ndp->mac == NULL && memcmp(ip->dst, group, sizeof(group)) == 0;
}

/* s7.1.2: what is sent to a group answers nobody. */
static bool advertisement_ok(const struct sf_ip *ip, const struct sf_ndp *ndp)
{
    return !ndp->solicited || !sf_ip_is_multicast(SF_IPV6, ip->dst);
}

enum sf_verdict sf_ndp_parse(const struct sf_ip *ip, struct sf_ndp *ndp)
{
    const uint8_t *p = ip->payload;
    bool good;

    if (!sf_icmp6_checksum_ok(ip)) {
        return SF_DROP_ICMP;
    }
    if (ip->hop_limit != SF_NDP_HOP_LIMIT || ip->payload_octets < HEAD || p[1] != 0) {
        return SF_DROP_ARP;
    }
    if (p[0] != SF_ICMP6_SOLICIT && p[0] != SF_ICMP6_ADVERTISE) {
        return SF_DROP_ARP;
    }
    *ndp = (struct sf_ndp){.target = p + 8, .type = p[0]};
    if (sf_ip_is_multicast(SF_IPV6, ndp->target) ||
        !options(p + HEAD, ip->payload_octets - HEAD, ndp)) {
        return SF_DROP_ARP;
    }
    if (ndp->type == SF_ICMP6_SOLICIT) {
        good = solicitation_ok(ip, ndp);
    } else {
        ndp->router = (p[4] & FLAG_ROUTER) != 0;
        ndp->solicited = (p[4] & FLAG_SOLICITED) != 0;
        ndp->override = (p[4] & FLAG_OVERRIDE) != 0;
        good = advertisement_ok(ip, ndp);
    }
    return good ? SF_PASS : SF_DROP_ARP;
}

size_t sf_ndp_build(uint8_t *p, const struct sf_ndp *ndp, const uint8_t src[16],
                    const uint8_t dst[16])
{
    const size_t octets = ndp->mac != NULL ? SF_NDP_OCTETS : HEAD;
    uint32_t sum = sf_sum_pseudo(SF_IPV6, src, dst, SF_PROTO_ICMPV6, (uint32_t)octets);

    memset(p, 0, 8);
    p[0] = ndp->type;
    if (ndp->type == SF_ICMP6_ADVERTISE) {
        p[4] =
            (uint8_t)((ndp->router ? FLAG_ROUTER : 0) | (ndp->solicited ? FLAG_SOLICITED : 0) |
                      (ndp->override ? FLAG_OVERRIDE : 0));
    }
    memcpy(p + 8, ndp->target, 16);
    if (ndp->mac != NULL) {
        p[HEAD] = mac_option_of(ndp->type);
        p[HEAD + 1] = 1;
        memcpy(p + HEAD + 2, ndp->mac, SF_MAC);
    }
    sf_put16(p + 2, sf_sum_end(sf_sum(p, octets, sum)));
    return octets;
}
