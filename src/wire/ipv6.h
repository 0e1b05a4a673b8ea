/* SPDX-License-Identifier: MIT
 *
 * wire/ipv6.h - the IPv6 header and its extension headers (RFC 8200).
 */
#ifndef SF_WIRE_IPV6_H
#define SF_WIRE_IPV6_H

#include "wire/ip.h"

#define SF_IP6_HEAD    40   /* octets of the fixed header */
#define SF_IP6_MIN_MTU 1280 /* every link's (RFC 8200 s5) */

/* Extension headers read of one packet, and options of one extension header: what has more
 * is refused, since reading it serves the sender of a flood alone (RFC 8504 s5.3). */
#define SF_IP6_EXTENSIONS_MAX 8
#define SF_IP6_OPTIONS_MAX    32

/*
 * Read and check the header of a packet of n octets and walk its extension headers, up to a
 * fragment header of a true fragment.  One that is whole (RFC 6946) counts as none.
 *
 *   SF_DROP_SHORT        the packet is cut off
 *   SF_DROP_IP_VERSION   not 6
 *   SF_DROP_IP_HEADER    an extension header over the packet's end, hop-by-hop options that are
 *                        not first, more than SF_IP6_EXTENSIONS_MAX, a fragment of a bad length
 *   SF_DROP_IP_SOURCE    multicast, loopback, IPv4-mapped; unspecified, but for ICMPv6
 *   SF_DROP_IP_OPTION    a routing header with segments left (RFC 8200 s4.4, RFC 5095), or an
 *                        unknown option that says discard (s4.2): ip->problem and problem_at
 *                        say which parameter problem to report, if any
 *
 * A next header that is unknown here is left in ip->protocol.  The destination is the caller's
 * to judge.  On anything but SF_PASS ip is meaningless, but for SF_DROP_IP_OPTION.
 */
enum sf_verdict sf_ip6_parse(const uint8_t *p, size_t n, struct sf_ip *ip);

/* As sf_ip_build(), for IPv6. */
size_t sf_ip6_build(uint8_t *p, const struct sf_ip *ip);

/* The solicited-node multicast address of an address (RFC 4291 s2.7.1). */
void sf_ip6_solicited_node(const uint8_t addr[16], uint8_t group[16]);

/* The multicast address of all nodes of the link, ff02::1. */
extern const uint8_t sf_ip6_all_nodes[16];

#endif
