/* SPDX-License-Identifier: MIT
 *
 * base/list.h - doubly linked lists through the records of a pool, by index.
 *
 * A record has a struct sf_node for each list that it can be on at a time; `offset`
 * says where, as offsetof() gives it.  A zeroed list is empty and a zeroed node is
 * on no list, so neither needs a call before its first use.  The last node's next
 * names the node itself: so a node on a list can be told from one on none.
 *
 * A node must not lie in the first 4 octets of a record that is put while on a list,
 * and nothing should: take it off first.
 */
#ifndef SF_BASE_LIST_H
#define SF_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/pool.h"

struct sf_list {
    uint32_t head;  /* the first record; 0 if empty */
    uint32_t tail;  /* the last record; 0 if empty */
    uint32_t count; /* records on it */
};

struct sf_node {
    uint32_t next; /* the record after it, itself if it is the last, 0 if on no list */
    uint32_t prev; /* the record before it, 0 if it is the first or on no list */
};

static inline struct sf_node *sf_list_node(const struct sf_pool *p, size_t offset,
                                           uint32_t index)
{
    return (struct sf_node *)(void *)((uint8_t *)sf_pool_at(p, index) + offset);
}

/* True if the record is on a list by this node, whichever list it is. */
static inline bool sf_list_linked(const struct sf_pool *p, size_t offset, uint32_t index)
{
    return sf_list_node(p, offset, index)->next != 0;
}

/* The first record, or 0. */
static inline uint32_t sf_list_first(const struct sf_list *l)
{
    return l->head;
}

/* The last record, or 0. */
static inline uint32_t sf_list_last(const struct sf_list *l)
{
    return l->tail;
}

/* The record after this one, or 0. */
static inline uint32_t sf_list_next(const struct sf_pool *p, size_t offset, uint32_t index)
{
    uint32_t next = sf_list_node(p, offset, index)->next;

    return next == index ? 0 : next;
}

/* The record before this one, or 0. */
static inline uint32_t sf_list_prev(const struct sf_pool *p, size_t offset, uint32_t index)
{
    return sf_list_node(p, offset, index)->prev;
}

/* Add a record that is on no list by this node, as the last. */
static inline void sf_list_push_tail(struct sf_list *l, const struct sf_pool *p, size_t offset,
                                     uint32_t index)
{
    struct sf_node *node = sf_list_node(p, offset, index);

    SF_ASSERT(node->next == 0);
    node->next = index;
    node->prev = l->tail;
    if (l->tail == 0) {
        l->head = index;
    } else {
        sf_list_node(p, offset, l->tail)->next = index;
    }
    l->tail = index;
    l->count++;
}

/* Add a record that is on no list by this node, as the first. */
static inline void sf_list_push_head(struct sf_list *l, const struct sf_pool *p, size_t offset,
                                     uint32_t index)
{
    struct sf_node *node = sf_list_node(p, offset, index);

    SF_ASSERT(node->next == 0);
    node->next = l->head == 0 ? index : l->head;
    node->prev = 0;
    if (l->head == 0) {
        l->tail = index;
    } else {
        sf_list_node(p, offset, l->head)->prev = index;
    }
    l->head = index;
    l->count++;
}

/* Take a record off the list that it is on, which must be this one. */
static inline void sf_list_remove(struct sf_list *l, const struct sf_pool *p, size_t offset,
                                  uint32_t index)
{
    struct sf_node *node = sf_list_node(p, offset, index);
    uint32_t next = sf_list_next(p, offset, index);
    uint32_t prev = node->prev;

    SF_ASSERT(node->next != 0 && l->count != 0);
    SF_ASSERT((prev == 0) == (l->head == index) && (next == 0) == (l->tail == index));
    if (next == 0) {
        l->tail = prev;
    } else {
        sf_list_node(p, offset, next)->prev = prev;
    }
    if (prev == 0) {
        l->head = next;
    } else {
        sf_list_node(p, offset, prev)->next = next == 0 ? prev : next;
    }
    *node = (struct sf_node){0, 0};
    l->count--;
}

/* Take the first record off; 0 if there is none. */
static inline uint32_t sf_list_pop_head(struct sf_list *l, const struct sf_pool *p,
                                        size_t offset)
{
    uint32_t index = l->head;

    if (index != 0) {
        sf_list_remove(l, p, offset, index);
    }
    return index;
}

#endif
