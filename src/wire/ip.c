/* SPDX-License-Identifier: MIT
 *
 * wire/ip.c - what IPv4 and IPv6 have in common: which one it is, and what an address is.
 */
#include "wire/ip.h"

#include <string.h>

#include "wire/ipv4.h"
#include "wire/ipv6.h"

enum sf_verdict sf_ip_parse(const uint8_t *p, size_t n, struct sf_ip *ip)
{
    if (n == 0) {
        return SF_DROP_SHORT;
    }
    switch (p[0] >> 4) {
    case 4:
        return sf_ip4_parse(p, n, ip);
    case 6:
        return sf_ip6_parse(p, n, ip);
    default:
        return SF_DROP_IP_VERSION;
    }
}

size_t sf_ip_build(uint8_t *p, const struct sf_ip *ip)
{
    return ip->family == SF_IPV4 ? sf_ip4_build(p, ip) : sf_ip6_build(p, ip);
}

struct sf_addr sf_ip_addr(enum sf_family family, const uint8_t *octets)
{
    struct sf_addr addr = {.family = (uint8_t)family};

    memcpy(addr.octets, octets, sf_ip_addr_octets(family));
    return addr;
}

bool sf_ip_is_multicast(enum sf_family family, const uint8_t *octets)
{
    return family == SF_IPV4 ? (octets[0] & 0xf0) == 0xe0 : octets[0] == 0xff;
}

bool sf_ip_is_loopback(enum sf_family family, const uint8_t *octets)
{
    static const uint8_t one[16] = {[15] = 1};

    return family == SF_IPV4 ? octets[0] == 127 : memcmp(octets, one, 16) == 0;
}

bool sf_ip_is_unspecified(enum sf_family family, const uint8_t *octets)
{
    static const uint8_t zeros[16] = {0};

    return memcmp(octets, zeros, sf_ip_addr_octets(family)) == 0;
}

bool sf_ip_is_link_local(enum sf_family family, const uint8_t *octets)
{
    return family == SF_IPV4 ? octets[0] == 169 && octets[1] == 254
                             : octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80;
}
