/* SPDX-License-Identifier: MIT
 *
 * base/wheel.h - a hierarchical timer wheel that never rounds.
 *
 *   pools' records -> [wheel.c] -> one id at a time, in the order of their moments
 *
 * A moment has 64 bits, which are 11 digits of 6 bits (the top one of 4).  There is
 * a level for each digit with a slot for each of its values.  A timer waits at the
 * level of the highest digit in which its moment differs from the wheel's own, in
 * the slot of that digit: so the first slot in use of the lowest level in use holds
 * what comes first, and a slot of level 0 is one nanosecond.  When the wheel comes
 * to a slot of a higher level, its timers move down; each can do so 10 times at the
 * most.  Nothing looks at all timers, and empty time costs nothing.
 *
 * Timers are nodes inside the records of up to 8 pools, and are named by 32-bit ids:
 * kind (which pool, and which node in its records) and index.  Id 0 is none.
 */
#ifndef SF_BASE_WHEEL_H
#define SF_BASE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

#include "synfin/types.h"

#define SF_WHEEL_LEVELS 11
#define SF_WHEEL_SLOTS  64
#define SF_WHEEL_KINDS  8

/* The node in a record: 16 octets, and when they are zero it is not armed. */
struct sf_timer {
    uint64_t at_ns; /* when to fire; 0 if not armed */
    uint32_t next;  /* id of the next in the slot, around a ring; 0 if not armed */
    uint32_t prev;  /* id of the one before; the first one's is the last */
};

struct sf_wheel {
    uint64_t now_ns;                                 /* how far the wheel has come */
    uint64_t used[SF_WHEEL_LEVELS];                  /* a bit for each slot in use */
    uint32_t levels;                                 /* a bit for each level in use */
    uint32_t count;                                  /* timers armed */
    uint32_t first[SF_WHEEL_LEVELS][SF_WHEEL_SLOTS]; /* id of a slot's first timer */
    struct {
        uint8_t *base;   /* the node of record 1; null if there is no such kind */
        uint32_t stride; /* octets from node to node */
    } kinds[SF_WHEEL_KINDS];
};

/* Promised: a wheel is this small, whatever the number of timers. */
_Static_assert(sizeof(struct sf_timer) == 16, "a timer is 16 octets");
_Static_assert(sizeof(struct sf_wheel) <= 3072, "a wheel is 3 KiB at the most");

/* The id of record `index` (1 to 2^29 - 1) of a kind (0 to 7). */
static inline uint32_t sf_timer_id(uint32_t kind, uint32_t index)
{
    return kind << 29 | index;
}

static inline uint32_t sf_timer_kind(uint32_t id)
{
    return id >> 29;
}

static inline uint32_t sf_timer_index(uint32_t id)
{
    return id & UINT32_C(0x1fffffff);
}

/* Start empty, at the moment now. */
void sf_wheel_init(struct sf_wheel *w, sf_time now);

/*
 * Say where the timers of a kind are; before the first of them is armed.
 *
 *   base    record 1 of the pool (struct sf_pool's base), or a single record
 *   stride  octets from record to record
 *   offset  where the struct sf_timer lies in a record, as offsetof() gives it
 *
 * One pool may be several kinds, with a node in its records for each.
 */
void sf_wheel_kind(struct sf_wheel *w, uint32_t kind, void *base, uint32_t stride,
                   uint32_t offset);

/*
 * Let a timer fire at the moment `at`; if it is armed, then instead of its old one.
 *
 * A moment that the wheel has passed counts as the wheel's own: the timer fires at
 * the next sf_wheel_expire().  SF_TIME_NEVER cancels.
 */
void sf_wheel_arm(struct sf_wheel *w, uint32_t id, sf_time at);

/* Disarm; nothing if it is not armed.  A record must not be put back while armed. */
void sf_wheel_cancel(struct sf_wheel *w, uint32_t id);

bool sf_wheel_armed(const struct sf_wheel *w, uint32_t id);

/* When it will fire; SF_TIME_NEVER if it is not armed. */
sf_time sf_wheel_at(const struct sf_wheel *w, uint32_t id);

/*
 * When to call sf_wheel_expire() again; SF_TIME_NEVER if nothing is armed.
 *
 * Never after the first timer's moment, and exactly that if at most 8 timers share
 * its slot or it is within the wheel's 64 ns.  Otherwise it may be before: then the
 * call in that moment returns 0, moves the slot down, and there is a better answer.
 */
sf_time sf_wheel_next(const struct sf_wheel *w);

/*
 * Go on to the moment now and return the id of one timer that is due, disarmed; 0
 * when none is left.  Call until then.
 *
 * They come in the order of their moments, equal ones in the order in which they
 * were armed, but that moving a timer within its slot does not change its place.  A
 * timer armed between the calls for a moment up to now still comes in this turn.
 *
 *   now   not before that of any earlier call, and not SF_TIME_NEVER
 */
uint32_t sf_wheel_expire(struct sf_wheel *w, sf_time now);

#endif
