/* SPDX-License-Identifier: MIT
 *
 * watch/follow.h - what follows the connections of one engine, and of the one it talks with.
 */
#ifndef SF_WATCH_FOLLOW_H
#define SF_WATCH_FOLLOW_H

#include "synfin/ladder.h"

struct sf_far;

struct sf_watch {
    struct sf_watch_config config;
    struct sf_ladder **ladders; /* in the order in which they began */
    size_t n;
    struct sf_ladder **buckets; /* by id, chained */
    size_t mask;
    uint64_t unfollowed;
    uint64_t next;              /* record of the ring to be read next */
    struct sf_trace_record syn; /* a SYN that no ladder took: its record may yet begin */
    bool has_syn;

    /* For followfar.c alone. */
    struct sf_far *far; /* the other engine's records of connections */
    size_t n_far;
    struct sf_trace_record far_syn; /* a SYN that arrived there and began nothing yet */
    struct sf_ladder *arrived;      /* whose segment arrived there last, ... */
    size_t arrived_row;             /* ... in which row, ... */
    uint64_t arrived_ns;            /* ... when */
    uint64_t next_far;              /* record of its ring to be read next */
};

#endif
