/* SPDX-License-Identifier: MIT
 *
 * synfin/sim.h - a network of stacks in virtual time.  Part of libsynfin-host.
 *
 * Two or more stacks, paths between them with rate, delay, queue and faults, and
 * applications as functions that are called when something is ready or a time has come.
 * Nothing waits: the clock jumps to the next thing that happens.  Same seed, same bytes.
 *
 * Things that happen at one moment happen in the order in which they were planned.  After
 * each of them its host has its turn, as synfin/engine.h tells it: tick, events, frames,
 * until it has nothing more to say.
 */
#ifndef SYNFIN_SIM_H
#define SYNFIN_SIM_H

#include "synfin/conn.h"
#include "synfin/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sf_sim;

/** The sender of a frame that sf_sim_inject() put on the way. */
#define SF_SIM_NOBODY UINT32_MAX

/** A path between two hosts, the same in both directions. */
struct sf_sim_path {
    uint64_t rate_bps;     /**< bits a second; 0: without limit */
    sf_span delay;         /**< one way */
    uint32_t queue_octets; /**< drop-tail queue of each direction, the frame on the line
                                counted; 0: without limit.  A free line takes any frame */
    const char *faults_ab; /**< rules as of sf_fault_wrap(), without tx and rx, for frames
                                from a to b; null: none.  They strike behind the line:
                                what they take has used it */
    const char *faults_ba; /**< the same from b to a */
};

/** What an application of a host does; a null pointer: nothing. */
struct sf_sim_app {
    /** Something is ready. */
    void (*event)(void *context, struct sf_sim *sim, const struct sf_ready_event *event);
    /** A time set with sf_sim_at() has come. */
    void (*alarm)(void *context, struct sf_sim *sim, uint64_t cookie);
    void *context;
};

/**
 * Sees every frame on a path: when it is sent, and when it arrives or dies, each in one
 * piece.  A frame that a fault doubles is sent once and arrives twice; one that is injected
 * is not sent, and comes from SF_SIM_NOBODY.  Null pointers: nobody looks.
 */
struct sf_sim_tap {
    void (*sent)(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now);
    void (*arrived)(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                    sf_time now);
    void (*died)(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now);
    /** After each thing that happened and the turn that followed, for invariants. */
    void (*step)(void *context, struct sf_sim *sim, sf_time now);
    void *context;
};

/**
 * Make an empty network.
 *
 * @param seed  of every chance in it
 * @param sim   the network; a null pointer on error
 * @return SF_OK or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_sim_open(uint64_t seed, struct sf_sim **sim);

/**
 * Add a host.
 *
 * @param sim     the network
 * @param config  of its stack; a seed of zeros is drawn from the network's
 * @param app     its application; copied
 * @param host    its number, from 0
 * @return SF_OK, SF_ERR_NO_MEMORY, or what sf_stack_init() says
 */
SF_API SF_NODISCARD enum sf_err sf_sim_host(struct sf_sim *sim, const struct sf_config *config,
                                            const struct sf_sim_app *app, uint32_t *host);

/**
 * The stack of a host, for calls at sf_sim_now().
 *
 * The host has a turn at the next step, so that what such a call is to send is sent: ask
 * for the stack each time, do not keep it.
 *
 * @param sim   the network
 * @param host  its number
 */
SF_API struct sf_stack *sf_sim_stack(struct sf_sim *sim, uint32_t host);

/**
 * A host that is not ours: no stack, only functions.  What it sends, it sends with
 * sf_sim_emit(); its clock is sf_sim_at().
 */
struct sf_sim_foreign {
    /** An IP packet has arrived, in one piece, borrowed for the call. */
    void (*packet)(void *context, struct sf_sim *sim, const uint8_t *packet, size_t octets);
    /** A time set with sf_sim_at() has come; a null pointer: nothing. */
    void (*alarm)(void *context, struct sf_sim *sim, uint64_t cookie);
    void *context;
};

/**
 * Add a host that is not ours.  sf_sim_stack() is not to be called for it.
 *
 * @param sim      the network
 * @param foreign  its functions; copied
 * @param host     its number, from 0
 * @return SF_OK or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err
sf_sim_foreign(struct sf_sim *sim, const struct sf_sim_foreign *foreign, uint32_t *host);

/**
 * A host that is not ours sends a packet, now, along its paths.
 *
 * @param sim     the network
 * @param host    who
 * @param packet  an IP packet with all its checksums, copied
 * @param octets  its length, at most 65535
 */
SF_API void sf_sim_emit(struct sf_sim *sim, uint32_t host, const void *packet, size_t octets);

/**
 * A host of ours crashes and starts again: its stack forgets everything, its addresses too.
 * Nobody is told.  Handles of before are not to be used any more.
 *
 * @param sim     the network
 * @param host    which
 * @param config  of the new stack; needs no more memory than the old one; a seed of zeros
 *                is drawn
 * @return SF_OK, SF_ERR_NO_MEMORY if it needs more, or what sf_stack_init() says
 */
SF_API SF_NODISCARD enum sf_err sf_sim_restart(struct sf_sim *sim, uint32_t host,
                                               const struct sf_config *config);

/**
 * Join two hosts.  What one sends goes to the other.  A host with several paths sends a
 * frame along the one whose far host has sent from the destination address before; as long
 * as none has, along all of them.
 *
 * @param sim   the network
 * @param a     one host
 * @param b     the other host
 * @param path  how
 * @return SF_OK, SF_ERR_NO_MEMORY, or SF_ERR_INVAL for a rule that is wrong or names a
 *         direction
 */
SF_API SF_NODISCARD enum sf_err sf_sim_path(struct sf_sim *sim, uint32_t a, uint32_t b,
                                            const struct sf_sim_path *path);

/**
 * See everything.
 *
 * @param sim  the network
 * @param tap  what to call; copied
 */
SF_API void sf_sim_tap(struct sf_sim *sim, const struct sf_sim_tap *tap);

/**
 * Put a frame on the way to a host, as if it came from the network (forged segments).
 *
 * @param sim     the network
 * @param host    to whom
 * @param frame   the frame, copied
 * @param octets  its length
 * @param at      when it arrives; a moment that has passed: now
 * @return SF_OK or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_sim_inject(struct sf_sim *sim, uint32_t host,
                                              const void *frame, size_t octets, sf_time at);

/**
 * Call a host's alarm.
 *
 * @param sim     the network
 * @param host    whose
 * @param at      when; a moment that has passed: now, after what was planned before
 * @param cookie  handed to it
 * @return SF_OK or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_sim_at(struct sf_sim *sim, uint32_t host, sf_time at,
                                          uint64_t cookie);

/**
 * The present of the network; begins at one second.
 *
 * @param sim  the network
 */
SF_API sf_time sf_sim_now(const struct sf_sim *sim);

/**
 * Cut or mend the paths of a host: a peer that vanishes.  Frames on the way die when they
 * would arrive, unless the host is mended by then.
 *
 * @param sim   the network
 * @param host  whose
 * @param cut   true: nothing passes any more
 */
SF_API void sf_sim_cut(struct sf_sim *sim, uint32_t host, bool cut);

/**
 * Let the next thing happen.  Frames that arrive at one host at one moment are one thing,
 * and reach it as one batch.
 *
 * @param sim    the network
 * @param until  not beyond this
 * @return false if nothing is left to happen up to then; now is then `until`, or stays
 *         where it is for 2^64-1
 */
SF_API bool sf_sim_step(struct sf_sim *sim, sf_time until);

/**
 * Let everything happen up to a moment.
 *
 * @param sim    the network
 * @param until  the moment; 2^64-1: until nothing is left to happen
 */
SF_API void sf_sim_run(struct sf_sim *sim, sf_time until);

/**
 * Give everything back.
 *
 * @param sim  the network, or a null pointer
 */
SF_API void sf_sim_close(struct sf_sim *sim);

#ifdef __cplusplus
}
#endif
#endif
