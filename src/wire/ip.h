/* SPDX-License-Identifier: MIT
 *
 * wire/ip.h - what IPv4 and IPv6 headers have in common, as values.
 *
 *   frame -> [ip.c -> ipv4.c, ipv6.c] -> struct sf_ip -> tcp.c, icmp.c, icmp6.c, ndp.c
 *
 * The addresses of a parsed packet stay where they are: struct sf_ip points at them, since
 * the way of a segment only hashes and compares them.
 */
#ifndef SF_WIRE_IP_H
#define SF_WIRE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synfin/types.h"
#include "synfin/verdict.h"

/* Protocol numbers. */
enum {
    SF_PROTO_ICMP = 1,
    SF_PROTO_TCP = 6,
    SF_PROTO_UDP = 17,
    SF_PROTO_ICMPV6 = 58,
    SF_PROTO_NONE = 59, /* IPv6: nothing follows */
};

/* Explicit congestion notification: the low two bits of traffic_class (RFC 3168 s5). */
enum {
    SF_ECN_NOT_ECT = 0,
    SF_ECN_ECT_1 = 1,
    SF_ECN_ECT_0 = 2,
    SF_ECN_CE = 3,
    SF_ECN_MASK = 3,
};

/* What an ICMP parameter problem about the packet would say: at says where in the packet. */
enum sf_ip_problem {
    SF_PROBLEM_NONE = 0,
    SF_PROBLEM_HEADER, /* erroneous header field: code 0 */
    SF_PROBLEM_OPTION, /* unrecognized IPv6 option: code 2 */
};

struct sf_ip {
    const uint8_t *packet;    /* where the IP header begins */
    const uint8_t *src;       /* 4 or 16 octets; of a parsed packet: within it */
    const uint8_t *dst;       /* the same */
    const uint8_t *payload;   /* behind the header, options and extension headers */
    uint32_t payload_octets;  /* of the packet, not of the frame: padding is cut off */
    uint32_t head_octets;     /* header, options and extension headers */
    uint32_t id;              /* identification; IPv6: of the fragment header */
    uint32_t flow_label;      /* IPv6: 20 bits */
    uint32_t problem_at;      /* with problem: offset from packet */
    uint16_t fragment_offset; /* octets; 0 without fragmentation */
    uint8_t family;           /* enum sf_family */
    uint8_t protocol;         /* SF_PROTO_*: what the payload is */
    uint8_t hop_limit;        /* TTL or hop limit */
    uint8_t traffic_class;    /* TOS or traffic class, ECN in it */
    uint8_t problem;          /* enum sf_ip_problem; not none only with SF_DROP_IP_OPTION */
    bool dont_fragment;       /* DF; IPv6: true */
    bool more_fragments;      /* MF */
    bool fragment;            /* a part only: an offset, or more to follow */
};

/*
 * Read a packet of n octets of either family, told by its first four bits.
 *
 * SF_PASS, or the verdict of sf_ip4_parse() or sf_ip6_parse(); SF_DROP_IP_VERSION for a version
 * that is neither.  n may exceed the packet (an ethernet frame's padding).
 */
enum sf_verdict sf_ip_parse(const uint8_t *p, size_t n, struct sf_ip *ip);

/* Octets of the header that sf_ip_build() writes. */
static inline size_t sf_ip_head_octets(enum sf_family family)
{
    return family == SF_IPV4 ? 20 : 40;
}

/* Octets of an address. */
static inline size_t sf_ip_addr_octets(enum sf_family family)
{
    return family == SF_IPV4 ? 4 : 16;
}

/*
 * Write a header without options to p, which has room for sf_ip_head_octets().
 *
 * Reads of ip: family, src, dst, payload_octets, protocol, hop_limit, traffic_class; for IPv4
 * id (16 bits), dont_fragment, more_fragments, fragment_offset, and the checksum is
 * computed; for IPv6 flow_label.  The whole packet is at most 65535 octets (IPv4) or has at
 * most 65535 octets of payload (IPv6).  Returns the octets written.
 */
size_t sf_ip_build(uint8_t *p, const struct sf_ip *ip);

/* The address at octets, as a value. */
struct sf_addr sf_ip_addr(enum sf_family family, const uint8_t *octets);

/* What an address is; of wire form, 4 or 16 octets. */
bool sf_ip_is_multicast(enum sf_family family, const uint8_t *octets);
bool sf_ip_is_loopback(enum sf_family family, const uint8_t *octets);
bool sf_ip_is_unspecified(enum sf_family family, const uint8_t *octets);
bool sf_ip_is_link_local(enum sf_family family, const uint8_t *octets);

#endif
