/* SPDX-License-Identifier: MIT
 *
 * base/wheel.c - a hierarchical timer wheel that never rounds.
 *
 * What holds between calls, and is all that there is to know:
 *   - no armed timer's moment is before the wheel's own;
 *   - a timer's place is a function of its moment and the wheel's (place_of());
 *   - a slot is a ring, in the order of arrival: the first one's prev is the last.
 *
 * The second survives when the wheel goes on to a moment before the start of the
 * first slot in use: the digits above that slot's do not change, and its own digit
 * stays below it.  And when it goes on to that start, only that one slot's timers
 * have to move, to levels that are empty.
 */
#include "base/wheel.h"

#include "base/assert.h"

#define DIGIT_BITS 6

/* How many timers of a slot sf_wheel_next() looks at before it settles for less. */
#define SCAN_MAX 8

struct place {
    uint32_t level;
    uint32_t slot;
};

static struct sf_timer *node_of(const struct sf_wheel *w, uint32_t id)
{
    uint32_t kind = sf_timer_kind(id);
    uint32_t index = sf_timer_index(id);

    SF_ASSERT(index != 0 && w->kinds[kind].base != NULL);
    return (struct sf_timer *)(void *)(w->kinds[kind].base +
                                       (size_t)(index - 1) * w->kinds[kind].stride);
}

/* The level of the highest digit in which at and now differ; equal moments are on
 * level 0, in the slot that the wheel stands on. */
static struct place place_of(uint64_t now_ns, uint64_t at_ns)
{
    uint64_t differ = (at_ns ^ now_ns) | 1;
    uint32_t level = (63 - (uint32_t)__builtin_clzll(differ)) / DIGIT_BITS;

    return (struct place){
        .level = level,
        .slot = (uint32_t)(at_ns >> (level * DIGIT_BITS)) % SF_WHEEL_SLOTS,
    };
}

/* The first slot in use of the lowest level in use.  Something is armed. */
static struct place first_place(const struct sf_wheel *w)
{
    uint32_t level = (uint32_t)__builtin_ctz(w->levels);

    return (struct place){
        .level = level,
        .slot = (uint32_t)__builtin_ctzll(w->used[level]),
    };
}

/* The moment at which a slot starts: the digits of now above it, its own, zeros. */
static uint64_t start_of(const struct sf_wheel *w, struct place p)
{
    uint32_t shift = p.level * DIGIT_BITS;
    uint64_t above = w->now_ns >> shift & ~(uint64_t)(SF_WHEEL_SLOTS - 1);

    return (above | p.slot) << shift;
}

static void append(struct sf_wheel *w, uint32_t id, struct sf_timer *node, struct place p)
{
    uint32_t first = w->first[p.level][p.slot];

    if (first == 0) {
        node->next = id;
        node->prev = id;
        w->first[p.level][p.slot] = id;
        w->used[p.level] |= UINT64_C(1) << p.slot;
        w->levels |= UINT32_C(1) << p.level;
    } else {
        struct sf_timer *head = node_of(w, first);

        node->next = first;
        node->prev = head->prev;
        node_of(w, head->prev)->next = id;
        head->prev = id;
    }
}

static void mark_empty(struct sf_wheel *w, struct place p)
{
    w->first[p.level][p.slot] = 0;
    w->used[p.level] &= ~(UINT64_C(1) << p.slot);
    if (w->used[p.level] == 0) {
        w->levels &= ~(UINT32_C(1) << p.level);
    }
}

static void take_out(struct sf_wheel *w, uint32_t id, const struct sf_timer *node,
                     struct place p)
{
    if (node->next == id) {
        SF_ASSERT(w->first[p.level][p.slot] == id);
        mark_empty(w, p);
        return;
    }
    node_of(w, node->next)->prev = node->prev;
    node_of(w, node->prev)->next = node->next;
    if (w->first[p.level][p.slot] == id) {
        w->first[p.level][p.slot] = node->next;
    }
}

static void disarm(struct sf_wheel *w, uint32_t id, struct sf_timer *node)
{
    take_out(w, id, node, place_of(w->now_ns, node->at_ns));
    *node = (struct sf_timer){.at_ns = 0};
    w->count--;
}

/* Spread a slot that the wheel has just come to over the levels below it.  All of
 * them are empty, so the order of arrival is kept. */
static void move_down(struct sf_wheel *w, struct place p)
{
    uint32_t first = w->first[p.level][p.slot];
    uint32_t id = first;

    mark_empty(w, p);
    do {
        struct sf_timer *node = node_of(w, id);
        uint32_t next = node->next;

        append(w, id, node, place_of(w->now_ns, node->at_ns));
        id = next;
    } while (id != first);
}

void sf_wheel_init(struct sf_wheel *w, sf_time now)
{
    *w = (struct sf_wheel){.now_ns = now.ns};
}

void sf_wheel_kind(struct sf_wheel *w, uint32_t kind, void *base, uint32_t stride,
                   uint32_t offset)
{
    SF_ASSERT(kind < SF_WHEEL_KINDS && base != NULL);
    SF_ASSERT(stride % _Alignof(struct sf_timer) == 0);
    SF_ASSERT(((uintptr_t)base + offset) % _Alignof(struct sf_timer) == 0);
    w->kinds[kind].base = (uint8_t *)base + offset;
    w->kinds[kind].stride = stride;
}

void sf_wheel_arm(struct sf_wheel *w, uint32_t id, sf_time at)
{
    struct sf_timer *node = node_of(w, id);
    uint64_t at_ns = at.ns > w->now_ns ? at.ns : w->now_ns;
    struct place p = place_of(w->now_ns, at_ns);

    if (at.ns == UINT64_MAX) {
        sf_wheel_cancel(w, id);
        return;
    }
    if (node->next != 0) {
        struct place old = place_of(w->now_ns, node->at_ns);

        /* A retransmission timer moves at every acknowledgement, by little: its
         * slot is mostly the same, and its neighbours need not be fetched. */
        if (old.level == p.level && old.slot == p.slot) {
            node->at_ns = at_ns;
            return;
        }
        take_out(w, id, node, old);
        w->count--;
    }
    node->at_ns = at_ns;
    append(w, id, node, p);
    w->count++;
}

void sf_wheel_cancel(struct sf_wheel *w, uint32_t id)
{
    struct sf_timer *node = node_of(w, id);

    if (node->next != 0) {
        disarm(w, id, node);
    }
}

bool sf_wheel_armed(const struct sf_wheel *w, uint32_t id)
{
    return node_of(w, id)->next != 0;
}

sf_time sf_wheel_at(const struct sf_wheel *w, uint32_t id)
{
    const struct sf_timer *node = node_of(w, id);

    return (sf_time){node->next != 0 ? node->at_ns : UINT64_MAX};
}

sf_time sf_wheel_next(const struct sf_wheel *w)
{
    struct place p;
    uint64_t least = UINT64_MAX;
    uint32_t first;
    uint32_t id;

    if (w->levels == 0) {
        return (sf_time){UINT64_MAX};
    }
    p = first_place(w);
    if (p.level == 0) {
        return (sf_time){start_of(w, p)};
    }
    first = w->first[p.level][p.slot];
    id = first;
    for (int i = 0; i < SCAN_MAX; i++) {
        const struct sf_timer *node = node_of(w, id);

        least = node->at_ns < least ? node->at_ns : least;
        id = node->next;
        if (id == first) {
            return (sf_time){least};
        }
    }
    return (sf_time){start_of(w, p)};
}

uint32_t sf_wheel_expire(struct sf_wheel *w, sf_time now)
{
    SF_ASSERT(now.ns >= w->now_ns && now.ns != UINT64_MAX);
    while (w->levels != 0) {
        struct place p = first_place(w);
        uint64_t start = start_of(w, p);

        if (start > now.ns) {
            break;
        }
        w->now_ns = start;
        if (p.level == 0) {
            uint32_t id = w->first[0][p.slot];

            disarm(w, id, node_of(w, id));
            return id;
        }
        move_down(w, p);
    }
    w->now_ns = now.ns;
    return 0;
}
