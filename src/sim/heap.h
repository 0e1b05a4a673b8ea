/* SPDX-License-Identifier: MIT
 *
 * sim/heap.h - what is to happen, the earliest first, and of the same moment the one that
 * was put in first.
 *
 * A binary heap of pointers; each item knows its place in it, so that it can be moved or
 * taken out.  The items belong to others.
 */
#ifndef SF_SIM_HEAP_H
#define SF_SIM_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synfin/types.h"

/* Something that happens at a moment; the head of whatever knows what. */
struct sf_sim_item {
    sf_time at;
    uint64_t order; /* counts puts and moves of the heap */
    size_t place;   /* in the heap, from 1; 0: not in it */
    uint32_t host;  /* to whom it happens */
    uint8_t kind;   /* enum sf_sim_kind */
};

struct sf_sim_heap {
    struct sf_sim_item **items; /* items[0] is unused */
    size_t count;
    size_t room; /* allocated places, items[0] counted */
    uint64_t order;
};

/* Put an item in that is not in it; false if there is no memory. */
SF_NODISCARD bool sf_sim_heap_put(struct sf_sim_heap *heap, struct sf_sim_item *item,
                                  sf_time at);

/* Give an item that is in it another moment, behind all others of that moment. */
void sf_sim_heap_move(struct sf_sim_heap *heap, struct sf_sim_item *item, sf_time at);

/* Take an item out that is in it. */
void sf_sim_heap_take(struct sf_sim_heap *heap, struct sf_sim_item *item);

/* The earliest, which stays in; null if there is none. */
struct sf_sim_item *sf_sim_heap_first(const struct sf_sim_heap *heap);

/* Give the heap's own memory back. */
void sf_sim_heap_free(struct sf_sim_heap *heap);

#endif
