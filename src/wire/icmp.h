/* SPDX-License-Identifier: MIT
 *
 * wire/icmp.h - ICMP of both families, as values, and ICMPv4 (RFC 792, RFC 1122 s3.2.2) itself.
 *
 *   ip.c -> [icmp.c, icmp6.c] -> struct sf_icmp -> stack/: echo, path MTU, errors to TCP
 *
 * What a message means for TCP is one of a few kinds, after RFC 9293 s3.9.2.2:
 *   hard      protocol or port unreachable; for IPv6 also prohibited by administration.
 *   soft      all other unreachables, time exceeded, parameter problem: they never abort
 *             (MUST-56).  The RFC names unreachables 0, 1 and 5; the ones that RFC 1122 and RFC
 *             1812 added later are taken with them, as none shows that the end is gone.
 *   too big   fragmentation needed and packet too big: the next hop's MTU, 0 if a router
 *             older than RFC 1191 sent it.
 * In synchronised states hard errors are treated as soft (RFC 5927 s5.2), which is tcp/'s
 * business.  Source quench and redirects are of kind other and dropped (MUST-55).
 */
#ifndef SF_WIRE_ICMP_H
#define SF_WIRE_ICMP_H

#include "base/seq.h"
#include "wire/ip.h"

#define SF_ICMP_HEAD 8 /* octets ahead of the body */

/* ICMPv4 types. */
enum {
    SF_ICMP4_ECHO_REPLY = 0,
    SF_ICMP4_UNREACHABLE = 3,
    SF_ICMP4_ECHO_REQUEST = 8,
    SF_ICMP4_TIME_EXCEEDED = 11,
    SF_ICMP4_PARAMETER = 12,
};

/* Codes of SF_ICMP4_UNREACHABLE, the ones that matter to somebody here. */
enum {
    SF_ICMP4_NET = 0,
    SF_ICMP4_HOST = 1,
    SF_ICMP4_PROTOCOL = 2,
    SF_ICMP4_PORT = 3,
    SF_ICMP4_TOO_BIG = 4,
    SF_ICMP4_SOURCE_ROUTE = 5,
    SF_ICMP4_ADMIN = 13,
};

/* Codes of time exceeded, in both families. */
enum {
    SF_ICMP_IN_TRANSIT = 0,
    SF_ICMP_REASSEMBLY = 1,
};

/* What a message is for. */
enum sf_icmp_kind {
    SF_ICMP_OTHER = 0, /* nothing that this host acts on */
    SF_ICMP_ECHO_REQUEST,
    SF_ICMP_ECHO_REPLY,
    SF_ICMP_HARD,
    SF_ICMP_SOFT,
    SF_ICMP_TOO_BIG,
    SF_ICMP_NEIGHBOUR /* ICMPv6 133 to 137: see wire/ndp.h */
};

/* The packet that an error quotes: one that we are said to have sent. */
struct sf_icmp_quote {
    const uint8_t *src; /* 4 or 16 octets, within the message: ours */
    const uint8_t *dst; /* the far end */
    sf_seq seq;         /* with ports and protocol TCP: SEG.SEQ */
    uint16_t sport;     /* with ports */
    uint16_t dport;     /* with ports */
    uint8_t family;     /* enum sf_family */
    uint8_t protocol;   /* SF_PROTO_* */
    bool ports;         /* TCP or UDP, and 8 octets of it are there */
};

struct sf_icmp {
    const uint8_t *body;  /* behind the first 8 octets, borrowed */
    uint32_t body_octets; /* of it */
    uint32_t mtu;         /* too big: the next hop's; 0: unknown */
    uint16_t id;          /* echo: identifier */
    uint16_t seqno;       /* echo: sequence number */
    uint8_t kind;         /* enum sf_icmp_kind */
    uint8_t type;
    uint8_t code;
    struct sf_icmp_quote quote; /* hard, soft and too big */
};

/* Read the ICMPv4 message that a packet carries.  SF_PASS, or SF_DROP_ICMP: short, checksum
 * wrong, or an error that quotes no IPv4 header with 8 octets behind it.  An unknown type is
 * of kind SF_ICMP_OTHER. */
enum sf_verdict sf_icmp4_parse(const struct sf_ip *ip, struct sf_icmp *icmp);

/* Read ports and sequence number from the 8 octets at transport if quote->ports says that they
 * are there; for the parsers of both families. */
void sf_icmp_quote_ports(struct sf_icmp_quote *quote, const uint8_t *transport);

/* A message to be sent.  The body stays where it is, for the frame to borrow. */
struct sf_icmp_out {
    uint8_t type;
    uint8_t code;
    uint32_t word; /* octets 5 to 8: identifier and sequence number, MTU, pointer, target */
    const uint8_t *body; /* borrowed; null with no octets */
    uint32_t body_octets;
};

/* Write the first SF_ICMP_HEAD octets of a message to p, with the checksum over them and the
 * body.  Returns SF_ICMP_HEAD. */
size_t sf_icmp4_build(uint8_t *p, const struct sf_icmp_out *out);

/* The reply to an echo request of either family: its data and numbers (RFC 1122 s3.2.2.6). */
struct sf_icmp_out sf_icmp_echo_reply(const struct sf_icmp *request, enum sf_family family);

/* An error of either family about a packet that arrived: it quotes as much as fits into 576
 * octets (RFC 1812 s4.3.2.3) or 1280 (RFC 4443 s2.4 (c)), headers included. */
struct sf_icmp_out sf_icmp_error(const struct sf_ip *about, uint8_t type, uint8_t code,
                                 uint32_t word);

/*
 * True if an error about a packet may be sent at all (RFC 1122 s3.2.2, RFC 4443 s2.4 (e)): not
 * about ICMP errors and unknown ICMP, a fragment that is not the first, multicast or broadcast
 * destinations, or a source that is no single host.  The caller still knows better about
 * subnet broadcasts, frames sent to a group, and rate limits.
 */
bool sf_icmp_may_answer(const struct sf_ip *about);

#endif
