/* SPDX-License-Identifier: MIT
 *
 * base/pool.h - records of one size in memory that the caller gives, by index.
 *
 * The memory is zero at the start and no page of it is touched before one of its
 * records is taken, so a pool for a million records costs what is used of it.  A
 * record freed is the first to be taken again.  Index 0 is no record.
 *
 * The first 4 octets of a record are the pool's while the record is free.  When it
 * is taken they are zero, and everything behind them is as it was left: zero the
 * first time, later what was there when it was put.  Generations live there.
 */
#ifndef SF_BASE_POOL_H
#define SF_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

struct sf_pool {
    uint8_t *base;      /* record 1 */
    uint32_t stride;    /* octets from record to record, a multiple of 4 */
    uint32_t capacity;  /* records in all */
    uint32_t fresh;     /* records ever taken: 1 to fresh; those above are untouched */
    uint32_t free_head; /* the record put last; 0 if none waits */
    uint32_t in_use;    /* records taken and not put */
    uint32_t peak;      /* the most that in_use has been */
};

/* The memory that a pool needs.  Asserts that it can be addressed. */
size_t sf_pool_octets(uint32_t capacity, uint32_t stride);

/*
 * Start with every record free.
 *
 *   mem     sf_pool_octets() of zeros, aligned as the records need it; borrowed for
 *           the life of the pool, not touched now.  May be null if capacity is 0.
 *   stride  octets from record to record: not 0, a multiple of 4, and of what the
 *           records' alignment is.
 */
void sf_pool_init(struct sf_pool *p, void *mem, uint32_t capacity, uint32_t stride);

/* A free record's index, 1 to capacity, or 0 when all are in use. */
uint32_t sf_pool_take(struct sf_pool *p);

/* Give a record back.  Asserts what can be told at once: that it was ever taken, and
 * that it is not the one put last. */
void sf_pool_put(struct sf_pool *p, uint32_t index);

/* The record, which must have been taken at some time. */
static inline void *sf_pool_at(const struct sf_pool *p, uint32_t index)
{
    SF_ASSERT(index - 1 < p->fresh);
    return p->base + (size_t)(index - 1) * p->stride;
}

#endif
