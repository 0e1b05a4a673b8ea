/* SPDX-License-Identifier: MIT
 *
 * wire/eth.c - the ethernet header (RFC 894).
 */
#include "wire/eth.h"

#include <string.h>

#include "base/bytes.h"

const uint8_t sf_mac_broadcast[SF_MAC] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

enum sf_verdict sf_eth_parse(const uint8_t *p, size_t n, struct sf_eth *eth)
{
    if (n < SF_ETH_HEAD) {
        return SF_DROP_SHORT;
    }
    *eth = (struct sf_eth){.dst = p, .src = p + SF_MAC, .type = sf_get16(p + 12)};
    if (eth->type != SF_ETH_IPV4 && eth->type != SF_ETH_IPV6 && eth->type != SF_ETH_ARP) {
        return SF_DROP_ETHERTYPE;
    }
    return SF_PASS;
}

size_t sf_eth_build(uint8_t *p, const struct sf_eth *eth)
{
    memcpy(p, eth->dst, SF_MAC);
    memcpy(p + SF_MAC, eth->src, SF_MAC);
    sf_put16(p + 12, eth->type);
    return SF_ETH_HEAD;
}

bool sf_mac_equal(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, SF_MAC) == 0;
}

void sf_mac_of_group(const uint8_t *dst, enum sf_family family, uint8_t mac[SF_MAC])
{
    if (family == SF_IPV4) {
        mac[0] = 0x01;
        mac[1] = 0x00;
        mac[2] = 0x5e;
        mac[3] = dst[1] & 0x7f;
        mac[4] = dst[2];
        mac[5] = dst[3];
    } else {
        mac[0] = 0x33;
        mac[1] = 0x33;
        memcpy(mac + 2, dst + 12, 4);
    }
}
