/* SPDX-License-Identifier: MIT
 *
 * stack/neigh.h - which station on ethernet has an address (RFC 826, RFC 4861 s7.3).
 *
 *   ip_out.c -> sf_neigh_send() -> known: the frame leaves
 *                    `-> unknown: it is held (RFC 1122 s2.3.2.2), arp.c or ndp.c asks
 *   arp.c, ndp.c -> sf_neigh_heard() -> what was held leaves through own.c
 *
 * Both families' neighbours live as RFC 4861 s7.3.2 has it.  What was confirmed 30 s ago is
 * used on, and after 5 s more asked for by unicast; three questions without an answer, a second
 * apart, end a record.
 */
#ifndef SF_STACK_NEIGH_H
#define SF_STACK_NEIGH_H

#include "stack/stack.h"

enum sf_neigh_state {
    SF_NEIGH_INCOMPLETE = 1, /* no MAC yet: asked for by broadcast or multicast */
    SF_NEIGH_REACHABLE,      /* confirmed, for 30 s */
    SF_NEIGH_STALE,          /* has a MAC that nobody confirmed lately */
    SF_NEIGH_DELAY,          /* used while stale: asked for soon */
    SF_NEIGH_PROBE,          /* asked for by unicast, and used meanwhile */
};

/* What was heard of a neighbour, as bits. */
enum sf_neigh_news {
    SF_NEWS_CONFIRMED = 1, /* it answered us: it hears us */
    SF_NEWS_OVERRIDE = 2,  /* a MAC that differs takes the place of what is known */
    SF_NEWS_CREATE = 4,    /* worth a record if there is none */
};

/*
 * Give a frame, complete but for its ethernet header, to the neighbour hop.
 *
 * True: the header is there, send it.  False: it is held, in place of what was held before,
 * or lost; its pieces belong to the table now.
 */
bool sf_neigh_send(struct sf_stack *st, struct sf_frame *frame, const uint8_t hop[16],
                   sf_time now);

/* A station was heard to have an address: news are SF_NEWS_* bits; mac may be null if only the
 * reachability of a known one is told. */
void sf_neigh_heard(struct sf_stack *st, enum sf_family family, const uint8_t addr[16],
                    const uint8_t *mac, uint32_t news, sf_time now);

/* The timer of a record has fired. */
void sf_neigh_timer(struct sf_stack *st, uint32_t index, sf_time now);

/* Write an ethernet header for this station into a frame whose family is set. */
void sf_neigh_eth_head(const struct sf_stack *st, struct sf_frame *frame, const uint8_t *mac);

/* arp.c: read a packet; ask for a neighbour: everybody, or with mac that station alone. */
enum sf_verdict sf_arp_rx(struct sf_stack *st, const uint8_t *p, size_t n, sf_time now);
void sf_arp_ask(struct sf_stack *st, const uint8_t target[16], const uint8_t *mac);

/* ndp.c: the same for IPv6. */
enum sf_verdict sf_ndp_rx(struct sf_stack *st, const struct sf_ip *ip, sf_time now);
void sf_ndp_ask(struct sf_stack *st, const uint8_t target[16], const uint8_t *mac);

#endif
