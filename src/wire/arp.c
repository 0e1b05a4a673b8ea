/* SPDX-License-Identifier: MIT
 *
 * wire/arp.c - address resolution (RFC 826).
 *
 *   0 hardware  2 protocol  4 lengths  6 operation
 *   8 sender MAC  14 sender IP  18 target MAC  24 target IP
 */
#include "wire/arp.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/eth.h"

enum {
    HARDWARE_ETHERNET = 1,
    LENGTHS = 0x0604, /* of a hardware and of a protocol address */
};

enum sf_verdict sf_arp_parse(const uint8_t *p, size_t n, struct sf_arp *arp)
{
    if (n < SF_ARP_OCTETS) {
        return SF_DROP_SHORT;
    }
    *arp = (struct sf_arp){
        .op = sf_get16(p + 6),
        .sender_mac = p + 8,
        .sender_ip = p + 14,
        .target_mac = p + 18,
        .target_ip = p + 24,
    };
    if (sf_get16(p) != HARDWARE_ETHERNET || sf_get16(p + 2) != SF_ETH_IPV4 ||
        sf_get16(p + 4) != LENGTHS) {
        return SF_DROP_ARP;
    }
    if (arp->op != SF_ARP_REQUEST && arp->op != SF_ARP_REPLY) {
        return SF_DROP_ARP;
    }
    /* Whoever sends to a group's address sends to everybody: no mapping to believe. */
    if (sf_mac_is_group(arp->sender_mac)) {
        return SF_DROP_ARP;
    }
    return SF_PASS;
}

size_t sf_arp_build(uint8_t *p, const struct sf_arp *arp)
{
    sf_put16(p, HARDWARE_ETHERNET);
    sf_put16(p + 2, SF_ETH_IPV4);
    sf_put16(p + 4, LENGTHS);
    sf_put16(p + 6, arp->op);
    memcpy(p + 8, arp->sender_mac, SF_MAC);
    memcpy(p + 14, arp->sender_ip, 4);
    if (arp->target_mac != NULL) {
        memcpy(p + 18, arp->target_mac, SF_MAC);
    } else {
        memset(p + 18, 0, SF_MAC);
    }
    memcpy(p + 24, arp->target_ip, 4);
    return SF_ARP_OCTETS;
}
