/* SPDX-License-Identifier: MIT
 *
 * synfin/loop.h - a stack on a link, given time, chance and turns.  Part of
 * libsynfin-host.  One thread: epoll sleeps until a frame, a watched descriptor, or the
 * engine's deadline.
 */
#ifndef SYNFIN_LOOP_H
#define SYNFIN_LOOP_H

#include "synfin/conn.h"
#include "synfin/engine.h"
#include "synfin/link.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sf_loop;

/** What the loop calls on the application's behalf. */
struct sf_loop_app {
    /** Act on what is ready: called once a turn with what sf_stack_events() gave. */
    void (*events)(void *context, const struct sf_ready_event *events, size_t n, sf_time now);

    /** A watched descriptor is ready; which is what sf_loop_watch() was given. */
    void (*descriptor)(void *context, int fd, uint32_t which, sf_time now);

    /** Once a turn, after everything else; may be null. */
    void (*turn)(void *context, sf_time now);

    void *context;
};

/** The present: CLOCK_MONOTONIC. */
SF_API sf_time sf_now(void);

/** What to add to sf_now() to get nanoseconds since 1970. */
SF_API uint64_t sf_wall_offset(void);

/**
 * Fill a seed from the operating system's random source.
 *
 * @param seed  32 octets
 * @return SF_OK or SF_ERR_OS
 */
SF_API SF_NODISCARD enum sf_err sf_seed_fill(uint8_t seed[32]);

/**
 * Complete a configuration from a link: mtu, ethernet, mac, capabilities, processor.
 *
 * @param config  changed
 * @param link    the link
 */
SF_API void sf_config_from_link(struct sf_config *config, const struct sf_link *link);

/**
 * Make a stack of this configuration in memory of its own, with a loop around it.
 *
 * @param config  the configuration; a seed of zeros is filled from the system's source
 * @param link    the link, closed with the loop
 * @param app     what to call; copied
 * @param loop    the loop; a null pointer on error (the link is then still the caller's)
 * @return SF_OK, SF_ERR_INVAL, SF_ERR_NO_MEMORY or SF_ERR_OS
 */
SF_API SF_NODISCARD enum sf_err sf_loop_open(const struct sf_config *config,
                                             struct sf_link *link,
                                             const struct sf_loop_app *app,
                                             struct sf_loop **loop);

/**
 * The stack inside.
 *
 * @param loop  the loop
 */
SF_API struct sf_stack *sf_loop_stack(struct sf_loop *loop);

/**
 * Watch a descriptor for reading or writing.
 *
 * @param loop   the loop
 * @param fd     the descriptor; the caller keeps it
 * @param which  1: readable, 2: writable, 3: both, 0: no longer watch
 * @return SF_OK or SF_ERR_OS (EPERM: a plain file, which is always ready)
 */
SF_API SF_NODISCARD enum sf_err sf_loop_watch(struct sf_loop *loop, int fd, uint32_t which);

/**
 * One turn: sleep until something is to be done (or until the given moment), then do it.
 *
 * @param loop   the loop
 * @param until  no later than this; 2^64-1: as long as it takes
 * @return SF_OK, or SF_ERR_OS
 */
SF_API SF_NODISCARD enum sf_err sf_loop_turn(struct sf_loop *loop, sf_time until);

/**
 * Turn until sf_loop_stop().
 *
 * @param loop  the loop
 * @return SF_OK, or SF_ERR_OS
 */
SF_API SF_NODISCARD enum sf_err sf_loop_run(struct sf_loop *loop);

/**
 * Let sf_loop_run() return after this turn.  May be called from a signal handler.
 *
 * @param loop  the loop
 */
SF_API void sf_loop_stop(struct sf_loop *loop);

/**
 * Close the loop, its stack and its link.
 *
 * @param loop  the loop, or a null pointer
 */
SF_API void sf_loop_close(struct sf_loop *loop);

#ifdef __cplusplus
}
#endif
#endif
