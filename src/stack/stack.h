/* SPDX-License-Identifier: MIT
 *
 * stack/stack.h - a whole stack: the protocol's part, and around it what a host needs to
 * have its segments carried (RFC 1122, RFC 8200).
 *
 *   frame -> rx.c -> (arp.c | reasm.c, icmp_in.c, ndp.c) -> sf_tcp_arrive()
 *   frame <- tx.c <- own.c (answers of our own), sf_tcp_output() <- ip_out.c, neigh.c
 */
#ifndef SF_STACK_STACK_H
#define SF_STACK_STACK_H

#include "tcp/tcp.h"
#include "wire/eth.h"
#include "wire/ip.h"

/* What IP packets of ours begin with, but for neighbour discovery (RFC 1122 s3.2.1.7). */
#define SF_HOP_LIMIT 64

/* An address of ours, with the net on the link that it is part of. */
struct sf_own_addr {
    uint8_t octets[16]; /* an IPv4 address in the first four, then zeros */
    uint8_t family;     /* enum sf_family */
    uint8_t prefix;     /* bits of the net */
};

struct sf_route {
    uint8_t net[16]; /* what is behind the prefix is zero */
    uint8_t gateway[16];
    uint8_t family; /* enum sf_family */
    uint8_t prefix;
};

/* Answers of our own (own.h): a frame without its ethernet header, or a whole one. */
struct sf_own {
    struct sf_frame frame;
    uint8_t hop[16]; /* unless whole: the neighbour to send it to */
    bool whole;      /* nothing is missing any more */
};

/* One neighbour on ethernet (neigh.h). */
struct sf_neigh {
    uint32_t chain; /* the pool's while free; else the next in its bucket */
    uint8_t octets[16];
    uint8_t family; /* enum sf_family */
    uint8_t state;  /* enum sf_neigh_state */
    uint8_t asked;  /* how often since the state began */
    bool holds;     /* a frame of sf_stack.held waits for its MAC */
    uint8_t mac[SF_MAC];
    struct sf_node recent; /* on sf_stack.recent */
    uint64_t confirmed_ns; /* when it was last heard to hear us */
};

/* A packet that arrives in fragments (reasm.h). */
#define SF_FRAG_RANGES 128

struct sf_frag {
    uint8_t src[16], dst[16];
    uint32_t id;
    uint8_t family;       /* enum sf_family; SF_UNSPEC: free */
    uint8_t protocol;     /* IPv4 */
    bool dead;            /* fragments overlapped: all that follow are dropped, too */
    bool have_first;      /* its header is here */
    bool have_last;       /* total is known */
    uint16_t head_octets; /* of the first fragment's headers */
    uint32_t total;       /* octets of the payload */
    uint32_t held;        /* octets of it that are here */
    uint64_t since_ns;    /* when its first fragment arrived */
    uint32_t n_ranges;
    struct {
        uint32_t begin, end;
    } ranges[SF_FRAG_RANGES]; /* in order, apart */
};

/* Where the last packet went: a burst goes to one place. */
struct sf_last_hop {
    uint8_t dst[16];
    uint8_t hop[16];
    uint8_t family; /* SF_UNSPEC: forgotten */
};

struct sf_stack {
    struct sf_tcp tcp; /* first: configuration, counters and wheel are shared */

    struct sf_own_addr *addresses; /* max_addresses, and one for the link-local one */
    uint32_t n_addresses;
    uint32_t last_address; /* the one looked up last */
    struct sf_route *routes;
    uint32_t n_routes;
    struct sf_last_hop last_hop;
    uint32_t last_source; /* an IPv4 source that is no broadcast of ours; 0: forgotten */

    struct sf_pool neighs;
    struct sf_list recent; /* neighbours, least recently used first */
    struct sf_frame *held; /* of neighbour i at i - 1 */
    uint32_t *neigh_buckets;
    uint32_t neigh_mask;
    uint32_t last_neigh; /* found last; 0: none */

    struct sf_frag *reasms;
    uint8_t *reasm_memory; /* SF_FRAG_OCTETS of each */

    struct sf_own *own; /* a ring of max_replies, and one for each neighbour */
    uint32_t own_first, own_count;

    struct sf_timer *timers; /* of neighbours, then of reassembly: kind SF_TK_STACK */

    struct sf_sipkey key;     /* of the neighbours' buckets and flow labels */
    struct sf_tuple label_of; /* whose flow label was computed last */
    uint32_t label;
};

_Static_assert(offsetof(struct sf_stack, tcp) == 0, "the protocol's part is first");

/* Octets of an ethernet header, if the link has any. */
static inline size_t sf_link_head(const struct sf_stack *st)
{
    return st->tcp.cfg.ethernet != 0 ? SF_ETH_HEAD : 0;
}

#endif
