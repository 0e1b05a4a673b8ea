/* SPDX-License-Identifier: MIT
 *
 * wire/eth.h - the ethernet header (RFC 894): 14 octets, no check sequence, no tags.
 */
#ifndef SF_WIRE_ETH_H
#define SF_WIRE_ETH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synfin/verdict.h"

#define SF_ETH_HEAD 14 /* octets of the header */
#define SF_MAC      6  /* octets of an address */

/* Ethertypes. */
enum {
    SF_ETH_IPV4 = 0x0800,
    SF_ETH_ARP = 0x0806,
    SF_ETH_IPV6 = 0x86dd,
};

/* ff:ff:ff:ff:ff:ff */
extern const uint8_t sf_mac_broadcast[SF_MAC];

struct sf_eth {
    const uint8_t *dst; /* 6 octets; of a parsed frame: within it */
    const uint8_t *src;
    uint16_t type; /* SF_ETH_*, or any other */
};

/* Read the header of a frame of n octets.  SF_PASS, SF_DROP_SHORT, or SF_DROP_ETHERTYPE; with
 * the latter everything was read all the same. */
enum sf_verdict sf_eth_parse(const uint8_t *p, size_t n, struct sf_eth *eth);

/* Write the header to p, SF_ETH_HEAD octets.  Returns SF_ETH_HEAD. */
size_t sf_eth_build(uint8_t *p, const struct sf_eth *eth);

/* True for multicast and broadcast addresses. */
static inline bool sf_mac_is_group(const uint8_t *mac)
{
    return (mac[0] & 1) != 0;
}

/* True if both are the same. */
bool sf_mac_equal(const uint8_t *a, const uint8_t *b);

/* The address to which an IP multicast destination is sent: 01:00:5e and 23 bits (RFC 1112
 * s6.4), or 33:33 and 32 bits (RFC 2464 s7). */
void sf_mac_of_group(const uint8_t *dst, enum sf_family family, uint8_t mac[SF_MAC]);

#endif
