/* SPDX-License-Identifier: MIT
 *
 * sim/net.h - the parts of a simulated network.
 *
 *   sim.c ──► what happens next? ──► host.c: a frame, an alarm or a deadline of a host
 *                                      │ tick, events to the application, tx
 *                                      ▼
 *             heap.c ◄── arrival ── path.c: fate, queue, line, delay
 *
 * A frame is copied once, when it leaves its host, into memory of its own that lives until
 * it arrives or dies.
 */
#ifndef SF_SIM_NET_H
#define SF_SIM_NET_H

#include "base/rng.h"
#include "link/fault.h"
#include "sim/heap.h"
#include "synfin/sim.h"

enum sf_sim_kind {
    SF_SIM_DEADLINE, /* sf_sim_host_state.deadline */
    SF_SIM_FRAME,
    SF_SIM_ALARM,
};

/* One direction of a path. */
struct sf_sim_way {
    uint32_t to;
    uint64_t rate_bps;
    sf_span delay;
    uint32_t queue_octets;
    sf_time free_at;         /* when the line has sent all that waits for it */
    struct sf_faults faults; /* ways are all SF_FAULT_TX */
};

struct sf_sim_host_state {
    struct sf_sim_item deadline; /* always in the heap; at SF_TIME_NEVER without one */
    struct sf_sim_app app;
    struct sf_sim_foreign foreign; /* of a host without a stack */
    struct sf_stack *stack;        /* null: not ours */
    void *arena;
    size_t arena_octets;
    struct sf_sim_way **ways; /* where its frames can go */
    uint32_t n_ways;
    struct sf_addr *sources; /* addresses that it has sent from */
    uint32_t n_sources;
    bool ethernet;
    bool cut;
    bool touched; /* somebody asked for its stack and may have called it */
};

struct sf_sim {
    struct sf_sim_heap heap;
    struct sf_rng rng;
    sf_time now;
    struct sf_sim_host_state **hosts;
    uint32_t n_hosts;
    struct sf_sim_tap tap;
};

/* A frame on its way. */
struct sf_sim_frame {
    struct sf_sim_item item;
    uint32_t from; /* SF_SIM_NOBODY: injected */
    struct sf_frame frame;
    uint8_t octets[]; /* frame.pieces[0] */
};

struct sf_sim_alarm {
    struct sf_sim_item item;
    uint64_t cookie;
};

/* Let a host do what is due, hand it its events and send what comes of it, until it has
 * nothing more to say at this moment. */
void sf_sim_turn(struct sf_sim *sim, uint32_t host);

/* Frames that arrive at a host now, 1 to SF_BATCH_MAX, then its turn.  They are freed. */
void sf_sim_deliver(struct sf_sim *sim, uint32_t host, struct sf_sim_frame **frames, size_t n);

/* A frame leaves a host: towards everyone who may be meant. */
void sf_sim_send(struct sf_sim *sim, uint32_t from, const struct sf_frame *frame);

/* Give back all that a host has; its deadline is out of the heap. */
void sf_sim_host_free(struct sf_sim_host_state *h);

/* A copy of a frame in one piece; null if there is no memory. */
struct sf_sim_frame *sf_sim_frame_copy(const struct sf_frame *frame);

#endif
