/* SPDX-License-Identifier: MIT
 *
 * wire/ipv4.c - the IPv4 header (RFC 791).
 *
 *   0 version, header length   1 type of service   2 total length
 *   4 identification   6 flags, fragment offset
 *   8 time to live   9 protocol   10 checksum   12 source   16 destination
 */
#include "wire/ipv4.h"

#include "base/bytes.h"

enum {
    DONT_FRAGMENT = 0x4000,
    MORE_FRAGMENTS = 0x2000,
    OFFSET_MASK = 0x1fff, /* in units of 8 octets */

    OPTION_END = 0,
    OPTION_NOP = 1,
    OPTION_LSRR = 131, /* loose source route */
    OPTION_SSRR = 137, /* strict source route */

    OCTETS_MAX = 65535, /* of a packet, reassembled */
};

/* The ones' complement sum of 16 bits that a sum of 32-bit words holds. */
static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* Octets of the option that begins at p, of which n are there; 0 if it claims more. */
static size_t option_octets(const uint8_t *p, size_t n)
{
    if (p[0] == OPTION_NOP) {
        return 1;
    }
    return n < 2 || p[1] < 2 || p[1] > n ? 0 : p[1];
}

/* Walk the options in [at, end) of the packet.  Only a source route matters to anybody here:
 * it would make us a step on somebody's way, and its answers would have to go back along it. */
static enum sf_verdict options(const uint8_t *p, size_t at, size_t end, struct sf_ip *ip)
{
    while (at < end && p[at] != OPTION_END) {
        const size_t octets = option_octets(p + at, end - at);

        if (octets == 0) {
            return SF_DROP_IP_HEADER;
        }
        if (p[at] == OPTION_LSRR || p[at] == OPTION_SSRR) {
            ip->problem_at = (uint32_t)at;
            return SF_DROP_IP_OPTION;
        }
        at += octets;
    }
    return SF_PASS;
}

/* No single host has such an address: 0/8 this network, 127/8 loopback, 224/4 multicast, 240/4
 * reserved and broadcast (RFC 1122 s3.2.1.3, RFC 6890). */
static bool source_is_host(const uint8_t *src)
{
    return src[0] != 0 && src[0] != 127 && src[0] < 224;
}

/* The fields of a fragment; only a last one may end off a multiple of 8. */
static enum sf_verdict fragment(uint16_t flags, struct sf_ip *ip)
{
    ip->fragment_offset = (uint16_t)((flags & OFFSET_MASK) * 8);
    ip->more_fragments = (flags & MORE_FRAGMENTS) != 0;
    ip->fragment = true;
    if (ip->more_fragments && (ip->payload_octets == 0 || ip->payload_octets % 8 != 0)) {
        return SF_DROP_IP_HEADER;
    }
    if (ip->head_octets + ip->fragment_offset + ip->payload_octets > OCTETS_MAX) {
        return SF_DROP_IP_HEADER;
    }
    return SF_PASS;
}

/* Two 16-bit words at a time; as sf_sum(), but without a call and its choices for 20 octets. */
static bool checksum_ok(const uint8_t *p, size_t head)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < head; i += 4) {
        sum += sf_get32(p + i);
    }
    return fold(sum) == 0xffff;
}

enum sf_verdict sf_ip4_parse(const uint8_t *p, size_t n, struct sf_ip *ip)
{
    enum sf_verdict why = SF_PASS;
    size_t head;
    size_t total;
    uint16_t flags;

    if (n < SF_IP4_HEAD) {
        return SF_DROP_SHORT;
    }
    if (p[0] >> 4 != 4) {
        return SF_DROP_IP_VERSION;
    }
    head = (size_t)(p[0] & 0x0f) * 4;
    total = sf_get16(p + 2);
    if (head < SF_IP4_HEAD || total < head) {
        return SF_DROP_IP_HEADER;
    }
    if (total > n) {
        return SF_DROP_SHORT;
    }
    if (!checksum_ok(p, head)) {
        return SF_DROP_IP_CHECKSUM;
    }
    flags = sf_get16(p + 6);
    *ip = (struct sf_ip){
        .packet = p,
        .src = p + 12,
        .dst = p + 16,
        .payload = p + head,
        .payload_octets = (uint32_t)(total - head),
        .id = sf_get16(p + 4),
        .head_octets = (uint32_t)head,
        .family = SF_IPV4,
        .protocol = p[9],
        .hop_limit = p[8],
        .traffic_class = p[1],
        .dont_fragment = (flags & DONT_FRAGMENT) != 0,
    };
    if (!source_is_host(ip->src)) {
        return SF_DROP_IP_SOURCE;
    }
    if ((flags & (MORE_FRAGMENTS | OFFSET_MASK)) != 0) {
        why = fragment(flags, ip);
    }
    if (why == SF_PASS && head > SF_IP4_HEAD) {
        why = options(p, SF_IP4_HEAD, head, ip);
    }
    return why;
}

size_t sf_ip4_build(uint8_t *p, const struct sf_ip *ip)
{
    const uint32_t first =
        0x45U << 24 | (uint32_t)ip->traffic_class << 16 | (SF_IP4_HEAD + ip->payload_octets);
    const uint32_t second = ip->id << 16 | (ip->dont_fragment ? DONT_FRAGMENT : 0U) |
                            (ip->more_fragments ? MORE_FRAGMENTS : 0U) |
                            ip->fragment_offset / 8U;
    const uint32_t third = (uint32_t)ip->hop_limit << 24 | (uint32_t)ip->protocol << 16;
    const uint32_t src = sf_get32(ip->src);
    const uint32_t dst = sf_get32(ip->dst);
    /* Of the values: to read back what has just been written would wait for it. */
    const uint16_t sum = fold((uint64_t)first + second + third + src + dst);

    sf_put32(p, first);
    sf_put32(p + 4, second);
    sf_put32(p + 8, third | (uint16_t)~sum);
    sf_put32(p + 12, src);
    sf_put32(p + 16, dst);
    return SF_IP4_HEAD;
}
