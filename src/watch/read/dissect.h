/* SPDX-License-Identifier: MIT
 *
 * watch/read/dissect.h - what the steps from a packet to a segment hand each other.
 */
#ifndef SF_WATCH_READ_DISSECT_H
#define SF_WATCH_READ_DISSECT_H

#include "watch/read/seen.h"

/* Octets from some header on. */
struct sf_span_seen {
    const uint8_t *p;
    uint32_t captured; /* how many there are */
    uint32_t length;   /* how many there were on the wire, never fewer */
};

/* Go over n octets; false if they are not there. */
static inline bool sf_span_over(struct sf_span_seen *span, uint32_t n)
{
    if (span->captured < n) {
        return false;
    }
    span->p += n;
    span->captured -= n;
    span->length -= n;
    return true;
}

/* An IP packet's headers as an observer needs them. */
struct sf_ip_seen {
    struct sf_span_seen payload; /* length as the IP header says */
    const uint8_t *src, *dst;    /* 4 or 16 octets */
    uint32_t id;                 /* of IPv4 or of the fragment header */
    uint32_t fragment_offset;    /* octets */
    uint8_t family;              /* enum sf_family */
    uint8_t protocol;
    uint8_t hop_limit;
    uint8_t traffic_class;
    bool dont_fragment;
    bool more_fragments;
};

/* What stopped a step. */
enum sf_step_seen {
    SF_STEP_ON = 0,    /* nothing */
    SF_STEP_OTHER,     /* it is something else */
    SF_STEP_LINK,      /* of a link type that we cannot read */
    SF_STEP_MALFORMED, /* it makes no sense, or it was cut too early */
};

/*
 * link.c: to the IP packet within a packet of a link.  span is set from there on; seen->vlan
 * and way are set.
 */
enum sf_step_seen sf_seen_link(const struct sf_packet *packet, struct sf_span_seen *span,
                               struct sf_seen *seen);

/*
 * ipseen.c: an IP packet, and any that it has within (RFC 2003, RFC 4213).  A quoted one may
 * be cut anywhere behind its addresses.
 */
enum sf_step_seen sf_seen_ip(struct sf_span_seen span, struct sf_ip_seen *ip);

/*
 * tcpseen.c: a segment, and what an ICMP error quotes of one (RFC 792: 8 octets at least).
 */
enum sf_step_seen sf_seen_tcp(const struct sf_ip_seen *ip, struct sf_seen *seen);
enum sf_step_seen sf_seen_tcp_quoted(const struct sf_ip_seen *ip, struct sf_seen *seen);

/* The options from seen->option on, option_octets of them. */
void sf_seen_options(struct sf_seen *seen);

/* Set what IP says: addresses, hop limit and so on. */
void sf_seen_set_ip(const struct sf_ip_seen *ip, struct sf_seen *seen);

/* icmpseen.c: an error about TCP; SF_STEP_OTHER for any other message. */
enum sf_step_seen sf_seen_icmp(const struct sf_ip_seen *ip, struct sf_seen *seen);

/* How a TCP segment's checksum stands; the whole of it is captured. */
enum sf_seen_sum sf_seen_checksum(const struct sf_ip_seen *ip);

/*
 * fragment.c: segments in pieces.  At most SF_FRAGMENTS_MOST wait; the oldest makes room.
 */
#define SF_FRAGMENTS_MOST 64

struct sf_fragments;

struct sf_fragments *sf_fragments_new(void);
void sf_fragments_free(struct sf_fragments *fragments);

/*
 * Take a fragment.  True if that makes the packet whole: ip is then changed to tell the whole
 * of it; of the octets only the first fragment's first ones are there, until the next call.
 */
bool sf_fragments_take(struct sf_fragments *fragments, const struct sf_packet *packet,
                       struct sf_ip_seen *ip);

/* The same for one whose first fragment came before the moment, but not all the others; at_ns
 * and n of packet are set.  False if there is none. */
bool sf_fragments_rest(struct sf_fragments *fragments, uint64_t before_ns,
                       struct sf_packet *packet, struct sf_ip_seen *ip);

/* The oldest that waits; UINT64_MAX: none does. */
uint64_t sf_fragments_oldest(const struct sf_fragments *fragments);

/* How many never became whole, for lack of the first fragment or of room. */
uint64_t sf_fragments_lost(const struct sf_fragments *fragments);

#endif
