/* SPDX-License-Identifier: MIT
 *
 * sim/heap.c - what is to happen, in order.
 */
#include "sim/heap.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/time.h"

#define FIRST_ROOM 64

static bool earlier(const struct sf_sim_item *a, const struct sf_sim_item *b)
{
    return a->at.ns != b->at.ns ? sf_time_before(a->at, b->at) : a->order < b->order;
}

static void set(struct sf_sim_heap *heap, size_t place, struct sf_sim_item *item)
{
    heap->items[place] = item;
    item->place = place;
}

/* Let an item go from a free place to where it belongs: up as long as it is earlier than
 * the one above, else down as long as one below is earlier. */
static void settle(struct sf_sim_heap *heap, size_t place, struct sf_sim_item *item)
{
    while (place > 1 && earlier(item, heap->items[place / 2])) {
        set(heap, place, heap->items[place / 2]);
        place /= 2;
    }
    while (place * 2 <= heap->count) {
        size_t below = place * 2;

        if (below < heap->count && earlier(heap->items[below + 1], heap->items[below])) {
            below++;
        }
        if (!earlier(heap->items[below], item)) {
            break;
        }
        set(heap, place, heap->items[below]);
        place = below;
    }
    set(heap, place, item);
}

static bool grow(struct sf_sim_heap *heap)
{
    size_t room = heap->room == 0 ? FIRST_ROOM : heap->room * 2;
    struct sf_sim_item **items = realloc(heap->items, room * sizeof(struct sf_sim_item *));

    if (items == NULL) {
        return false;
    }
    heap->items = items;
    heap->room = room;
    return true;
}

bool sf_sim_heap_put(struct sf_sim_heap *heap, struct sf_sim_item *item, sf_time at)
{
    SF_ASSERT(item->place == 0);
    if (heap->count + 1 >= heap->room && !grow(heap)) {
        return false;
    }
    item->at = at;
    item->order = heap->order++;
    heap->count++;
    settle(heap, heap->count, item);
    return true;
}

void sf_sim_heap_move(struct sf_sim_heap *heap, struct sf_sim_item *item, sf_time at)
{
    SF_ASSERT(item->place != 0);
    item->at = at;
    item->order = heap->order++;
    settle(heap, item->place, item);
}

void sf_sim_heap_take(struct sf_sim_heap *heap, struct sf_sim_item *item)
{
    size_t place = item->place;
    struct sf_sim_item *last = heap->items[heap->count];

    SF_ASSERT(place != 0);
    heap->count--;
    item->place = 0;
    if (last != item) {
        settle(heap, place, last);
    }
}

struct sf_sim_item *sf_sim_heap_first(const struct sf_sim_heap *heap)
{
    return heap->count == 0 ? NULL : heap->items[1];
}

void sf_sim_heap_free(struct sf_sim_heap *heap)
{
    free(heap->items);
    *heap = (struct sf_sim_heap){0};
}
