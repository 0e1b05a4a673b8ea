/* SPDX-License-Identifier: MIT
 *
 * link/peek.c - as much of a frame's headers as a filter asks for.
 */
#include "link/peek.h"

#include <stddef.h>

#include "base/bytes.h"
#include "link/frame.h"

#define ETH_OCTETS   14
#define ETHER_IPV4   0x0800
#define ETHER_IPV6   0x86dd
#define IPV4_OCTETS  20
#define IPV6_OCTETS  40
#define TCP_OCTETS   20
#define PROTO_TCP    6
#define EXT_HOP      0
#define EXT_ROUTING  43
#define EXT_FRAGMENT 44
#define EXT_DEST     60

/* Ethernet, IPv6 with 160 octets of extension headers, and TCP's fixed part. */
#define LOOK_OCTETS 256

/* Octets from an IP packet's TCP header to its end. */
struct span {
    const uint8_t *at;
    size_t seen;   /* of them, how many can be read */
    size_t octets; /* how many the IP header says */
};

static bool find_tcp_v4(const uint8_t *ip, size_t seen, struct span *tcp)
{
    size_t head = 0;
    size_t total = 0;

    if (seen < IPV4_OCTETS) {
        return false;
    }
    head = (size_t)(ip[0] & 15) * 4;
    total = sf_get16(ip + 2);
    /* RFC 791 s3.1: the fragment offset is in the lower 13 bits. */
    if (head < IPV4_OCTETS || head > seen || total < head || ip[9] != PROTO_TCP ||
        (sf_get16(ip + 6) & 0x1fff) != 0) {
        return false;
    }
    *tcp = (struct span){ip + head, seen - head, total - head};
    return true;
}

/* Octets of an extension header that TCP may follow; 0 for any other, and for the fragment
 * header of a later fragment (RFC 8200 s4.5: the offset is in the upper 13 bits). */
static size_t extension_octets(uint8_t kind, const uint8_t *header)
{
    switch (kind) {
    case EXT_HOP:
    case EXT_ROUTING:
    case EXT_DEST:
        return ((size_t)header[1] + 1) * 8;
    case EXT_FRAGMENT:
        return sf_get16(header + 2) >> 3 == 0 ? 8 : 0;
    default:
        return 0;
    }
}

static bool find_tcp_v6(const uint8_t *ip, size_t seen, struct span *tcp)
{
    size_t at = IPV6_OCTETS;
    size_t end = 0;
    uint8_t next = 0;

    if (seen < IPV6_OCTETS) {
        return false;
    }
    end = IPV6_OCTETS + (size_t)sf_get16(ip + 4);
    seen = seen < end ? seen : end;
    next = ip[6];
    while (next != PROTO_TCP && at + 8 <= seen) {
        size_t octets = extension_octets(next, ip + at);

        if (octets == 0) {
            return false;
        }
        next = ip[at];
        at += octets;
    }
    if (next != PROTO_TCP || at > seen) {
        return false;
    }
    *tcp = (struct span){ip + at, seen - at, end - at};
    return true;
}

/* The IP version of what follows the ethernet header, or of the frame without one. */
static uint8_t family_of(const uint8_t *data, size_t seen, bool ethernet)
{
    if (ethernet) {
        uint16_t type = seen < ETH_OCTETS ? 0 : sf_get16(data + 12);

        return type == ETHER_IPV4 ? SF_IPV4 : type == ETHER_IPV6 ? SF_IPV6 : SF_UNSPEC;
    }
    if (seen == 0) {
        return SF_UNSPEC;
    }
    return data[0] >> 4 == 4 ? SF_IPV4 : data[0] >> 4 == 6 ? SF_IPV6 : SF_UNSPEC;
}

struct sf_peek sf_peek(const struct sf_frame *frame, bool ethernet)
{
    uint8_t data[LOOK_OCTETS] = {0};
    size_t seen = sf_frame_copy(frame, data, sizeof(data));
    size_t ip = ethernet ? ETH_OCTETS : 0;
    struct sf_peek found = {.family = family_of(data, seen, ethernet)};
    struct span tcp = {0};
    size_t head = 0;

    if (found.family == SF_IPV4) {
        found.tcp = find_tcp_v4(data + ip, seen - ip, &tcp);
    } else if (found.family == SF_IPV6) {
        found.tcp = find_tcp_v6(data + ip, seen - ip, &tcp);
    }
    if (!found.tcp || tcp.seen < TCP_OCTETS || tcp.octets < TCP_OCTETS) {
        found.tcp = false;
        return found;
    }
    head = (size_t)(tcp.at[12] >> 4) * 4;
    found.flags = tcp.at[13];
    found.text_octets = head < tcp.octets ? (uint32_t)(tcp.octets - head) : 0;
    return found;
}
