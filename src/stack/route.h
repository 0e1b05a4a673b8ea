/* SPDX-License-Identifier: MIT
 *
 * stack/route.h - which addresses are ours, and where a packet goes (RFC 1122 s3.3.1,
 * RFC 4861 s5.2, RFC 6724 for the choice of a source).
 *
 * Addresses here have their 16 octets, what an IPv4 address does not use being zero.
 */
#ifndef SF_STACK_ROUTE_H
#define SF_STACK_ROUTE_H

#include "stack/stack.h"

/* What a destination address is to us. */
enum sf_dest {
    SF_DEST_NOBODY, /* broadcast, a group that we are not in, unspecified, loopback */
    SF_DEST_OURS,
    SF_DEST_GROUP, /* IPv6: all nodes, or the solicited-node group of an address of ours */
    SF_DEST_OTHER, /* some other host's */
};

/* dst: of wire form, 4 or 16 octets. */
enum sf_dest sf_route_dest(struct sf_stack *st, enum sf_family family, const uint8_t *dst);

/* True if the address, of wire form, is one of ours. */
bool sf_route_is_ours(struct sf_stack *st, enum sf_family family, const uint8_t *addr);

/* True if it is the broadcast address of a net on the link, or of all; of wire form. */
bool sf_route_is_broadcast(const struct sf_stack *st, enum sf_family family,
                           const uint8_t *addr);

/* True if an address, of wire form, can be that of one host: neither group nor broadcast,
 * loopback, unspecified, reserved, nor IPv4-mapped (MUST-46, MUST-63). */
bool sf_route_is_host(const struct sf_stack *st, enum sf_family family, const uint8_t *addr);

/* True if a net on the link covers the address. */
bool sf_route_on_link(const struct sf_stack *st, enum sf_family family, const uint8_t *addr);

/* The neighbour to which a packet for dst goes: dst itself or a gateway, of 16 octets each.
 * The longest prefix wins.  False if there is no route. */
bool sf_route_hop(const struct sf_stack *st, enum sf_family family, const uint8_t dst[16],
                  uint8_t hop[16]);

/* The same, remembering the last answer. */
bool sf_route_hop_again(struct sf_stack *st, enum sf_family family, const uint8_t dst[16],
                        uint8_t hop[16]);

/*
 * The address of ours to send from: of the net that covers the next hop towards dst, else the
 * one that has most in common with dst; IPv6: of the same scope before all.  Null if there is
 * none of the family.
 */
const uint8_t *sf_route_source(const struct sf_stack *st, enum sf_family family,
                               const uint8_t dst[16]);

/* With ethernet and an MTU that allows IPv6: fe80::/64 and the station address (RFC 4291
 * s2.5.6), for neighbour discovery. */
void sf_route_add_link_local(struct sf_stack *st);

#endif
