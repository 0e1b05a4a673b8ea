/* SPDX-License-Identifier: MIT
 *
 * wire/ipv4.h - the IPv4 header (RFC 791, RFC 1122 s3.2.1).
 */
#ifndef SF_WIRE_IPV4_H
#define SF_WIRE_IPV4_H

#include "wire/ip.h"

#define SF_IP4_HEAD     20 /* octets without options */
#define SF_IP4_HEAD_MAX 60

/*
 * Read and check the header of a packet of n octets.
 *
 *   SF_DROP_SHORT        the header or the packet is cut off
 *   SF_DROP_IP_VERSION   not 4
 *   SF_DROP_IP_HEADER    header length, total length, options, or a fragment of a last
 *                        octet beyond 65535 or of a length that is no multiple of 8
 *   SF_DROP_IP_CHECKSUM  wrong header checksum (RFC 1122 s3.2.1.2)
 *   SF_DROP_IP_SOURCE    from 0/8, 127/8, multicast, reserved or broadcast (MUST-63)
 *   SF_DROP_IP_OPTION    source route (RFC 7126 s4.3, s4.4); others are skipped (MUST-50)
 *
 * The destination is the caller's to judge.  On anything but SF_PASS ip is meaningless, but
 * for SF_DROP_IP_OPTION.
 */
enum sf_verdict sf_ip4_parse(const uint8_t *p, size_t n, struct sf_ip *ip);

/* As sf_ip_build(), for IPv4. */
size_t sf_ip4_build(uint8_t *p, const struct sf_ip *ip);

#endif
