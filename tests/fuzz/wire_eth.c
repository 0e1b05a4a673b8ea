/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_eth.c - ethernet, and ARP behind it.
 */
#include "wire_fuzz.h"

#include "wire/arp.h"
#include "wire/eth.h"

static void arp(const uint8_t *p, size_t n)
{
    struct sf_arp a;
    uint8_t back[SF_ARP_OCTETS];

    if (sf_arp_parse(p, n, &a) != SF_PASS) {
        return;
    }
    HOLDS(sf_arp_build(back, &a) == SF_ARP_OCTETS);
    HOLDS(memcmp(back, p, SF_ARP_OCTETS) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p = exactly(data, size);
    struct sf_eth eth;
    const enum sf_verdict why = sf_eth_parse(p, size, &eth);

    HOLDS((why == SF_DROP_SHORT) == (size < SF_ETH_HEAD));
    if (why != SF_DROP_SHORT) {
        uint8_t back[SF_ETH_HEAD];

        HOLDS(sf_eth_build(back, &eth) == SF_ETH_HEAD);
        HOLDS(memcmp(back, p, SF_ETH_HEAD) == 0);
        arp(p + SF_ETH_HEAD, size - SF_ETH_HEAD);
    }
    free(p);
    return 0;
}
