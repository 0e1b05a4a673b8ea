/* SPDX-License-Identifier: MIT
 *
 * stack/rx.h - what the parts of arrival tell each other.
 */
#ifndef SF_STACK_RX_H
#define SF_STACK_RX_H

#include "stack/route.h"

/* What is known of a packet besides its octets. */
struct sf_rx {
    uint16_t ethertype;  /* SF_ETH_*; 0: a link without ethernet */
    uint16_t gso_octets; /* a super-segment */
    uint8_t csum;        /* enum sf_csum */
    bool group;          /* the frame was sent to more than this station */
    bool reassembled;
};

/* A packet of either family, at p, in at most n octets. */
enum sf_verdict sf_rx_packet(struct sf_stack *st, const uint8_t *p, size_t n,
                             const struct sf_rx *rx, sf_time now);

/* icmp_in.c: ICMP of either family for a destination of a kind that is not SF_DEST_NOBODY. */
enum sf_verdict sf_icmp_rx(struct sf_stack *st, const struct sf_ip *ip, enum sf_dest dest,
                           const struct sf_rx *rx, sf_time now);

/* icmp_in.c: no neighbour took a frame of ours.  To its connection that is what host
 * unreachable would be, said by ourselves (RFC 1122 s2.4, s4.2.3.9). */
void sf_icmp_unresolved(struct sf_stack *st, const struct sf_frame *frame, sf_time now);

#endif
