/* SPDX-License-Identifier: MIT
 *
 * wire/ndp.h - neighbour solicitation and advertisement (RFC 4861 s4.3, s4.4) over ethernet.
 */
#ifndef SF_WIRE_NDP_H
#define SF_WIRE_NDP_H

#include "wire/eth.h"
#include "wire/icmp6.h"

/* Octets of a message that has a link-layer address option. */
#define SF_NDP_OCTETS 32

/* Hop limit that it is sent with and must arrive with: it has passed no router. */
#define SF_NDP_HOP_LIMIT 255

struct sf_ndp {
    const uint8_t *target; /* 16 octets; of a parsed message: within it */
    const uint8_t *mac;    /* the source's (solicitation) or target's, 6 octets; null: none */
    uint8_t type;          /* SF_ICMP6_SOLICIT or SF_ICMP6_ADVERTISE */
    bool router;           /* advertisement: R */
    bool solicited;        /* advertisement: S */
    bool override;         /* advertisement: O */
};

/*
 * Read the message that a packet carries, with the checks of RFC 4861 s7.1.1 and s7.1.2.
 *
 * SF_PASS; SF_DROP_ICMP for a wrong checksum; SF_DROP_ARP for a hop limit that is not 255, a
 * malformed message, or router discovery and redirects, which nobody reads here.
 */
enum sf_verdict sf_ndp_parse(const struct sf_ip *ip, struct sf_ndp *ndp);

/* Write the message to p, SF_NDP_OCTETS octets, or 8 less without mac; the checksum is
 * computed.  Returns the octets written. */
size_t sf_ndp_build(uint8_t *p, const struct sf_ndp *ndp, const uint8_t src[16],
                    const uint8_t dst[16]);

#endif
