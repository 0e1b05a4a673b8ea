/* SPDX-License-Identifier: MIT
 *
 * run/loop_own.h - the inside of a loop: made and watched over by loop_open.c, turned by
 * loop.c.
 */
#ifndef SF_RUN_LOOP_OWN_H
#define SF_RUN_LOOP_OWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "synfin/loop.h"

/* What epoll reports at once. */
#define SF_LOOP_READY 64

/* Whose descriptor, in epoll's data: which is watched of the application's (1 to 3), or one
 * of ours; the descriptor is in the lower half. */
#define OWNER_SHIFT 32
#define OWNER_LINK  4u
#define OWNER_WAKE  5u

struct sf_loop {
    struct sf_stack *stack;
    void *memory;
    size_t memory_octets;
    struct sf_link *link;
    struct sf_loop_app app;
    int epoll;
    int wake; /* an eventfd that sf_loop_stop() writes to */
    volatile sig_atomic_t stop;
    uint32_t hangups;  /* turns in a row in which the link's descriptor was at fault */
    bool busy;         /* something is left over: do not sleep */
    bool receive;      /* the link may have something */
    bool watching_out; /* for the link's descriptor to become writable */
    sf_time retry_at;  /* SF_TIME_NEVER unless tx_count frames wait */
    size_t tx_first, tx_count;
    int n_ready, at_ready; /* of ready: how many, and which is being worked on */
    struct epoll_event ready[SF_LOOP_READY];
    struct sf_frame rx[SF_BATCH_MAX];
    struct sf_frame tx[SF_BATCH_MAX]; /* from the stack; those from tx_first on wait */
};

/* What epoll is told of a descriptor, and says of it again. */
static inline struct epoll_event sf_loop_interest(uint32_t events, uint32_t owner, int fd)
{
    struct epoll_event e = {.events = events};

    e.data.u64 = (uint64_t)owner << OWNER_SHIFT | (uint32_t)fd;
    return e;
}

#endif
