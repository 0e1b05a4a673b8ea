/* SPDX-License-Identifier: MIT
 *
 * wire/arp.h - address resolution (RFC 826) for IPv4 over ethernet, and nothing else.
 */
#ifndef SF_WIRE_ARP_H
#define SF_WIRE_ARP_H

#include <stddef.h>
#include <stdint.h>

#include "synfin/verdict.h"

#define SF_ARP_OCTETS 28 /* of the packet, without the ethernet header */

/* Operations. */
enum {
    SF_ARP_REQUEST = 1,
    SF_ARP_REPLY = 2,
};

struct sf_arp {
    uint16_t op;               /* SF_ARP_* */
    const uint8_t *sender_mac; /* 6 octets; of a parsed packet: within it */
    const uint8_t *sender_ip;  /* 4 octets; zeros in a probe (RFC 5227) */
    const uint8_t *target_mac; /* 6 octets; to build a request it may be null: zeros */
    const uint8_t *target_ip;  /* 4 octets */
};

/* Read a packet of n octets; what follows the 28th is padding.  SF_PASS, SF_DROP_SHORT, or
 * SF_DROP_ARP: other hardware or protocol, other operation, a sender that is multicast. */
enum sf_verdict sf_arp_parse(const uint8_t *p, size_t n, struct sf_arp *arp);

/* Write a packet to p, SF_ARP_OCTETS octets.  Returns SF_ARP_OCTETS. */
size_t sf_arp_build(uint8_t *p, const struct sf_arp *arp);

#endif
