/* SPDX-License-Identifier: MIT
 *
 * wire/icmp6.h - ICMPv6 (RFC 4443).  Neighbour discovery is in wire/ndp.h; what the values mean
 * is said in wire/icmp.h.
 */
#ifndef SF_WIRE_ICMP6_H
#define SF_WIRE_ICMP6_H

#include "wire/icmp.h"

/* ICMPv6 types. */
enum {
    SF_ICMP6_UNREACHABLE = 1,
    SF_ICMP6_TOO_BIG = 2,
    SF_ICMP6_TIME_EXCEEDED = 3,
    SF_ICMP6_PARAMETER = 4,
    SF_ICMP6_ECHO_REQUEST = 128,
    SF_ICMP6_ECHO_REPLY = 129,
    SF_ICMP6_SOLICIT = 135,
    SF_ICMP6_ADVERTISE = 136,
};

/* Codes of SF_ICMP6_UNREACHABLE. */
enum {
    SF_ICMP6_NO_ROUTE = 0,
    SF_ICMP6_ADMIN = 1,
    SF_ICMP6_BEYOND_SCOPE = 2,
    SF_ICMP6_ADDRESS = 3,
    SF_ICMP6_PORT = 4,
};

/* Codes of SF_ICMP6_PARAMETER. */
enum {
    SF_ICMP6_BAD_FIELD = 0,
    SF_ICMP6_BAD_NEXT_HEADER = 1,
    SF_ICMP6_BAD_OPTION = 2,
};

/* True if the checksum of the message that a packet carries is right. */
bool sf_icmp6_checksum_ok(const struct sf_ip *ip);

/* As sf_icmp4_parse().  Messages of neighbour discovery are of kind SF_ICMP_NEIGHBOUR. */
enum sf_verdict sf_icmp6_parse(const struct sf_ip *ip, struct sf_icmp *icmp);

/* As sf_icmp4_build(); the checksum covers the addresses too. */
size_t sf_icmp6_build(uint8_t *p, const struct sf_icmp_out *out, const uint8_t src[16],
                      const uint8_t dst[16]);

#endif
