/* SPDX-License-Identifier: MIT
 *
 * watch/conv/store.h - memory for conversations, a hash over their four-tuples, and the lists
 * that they are on.
 */
#ifndef SF_WATCH_CONV_STORE_H
#define SF_WATCH_CONV_STORE_H

#include "base/siphash.h"
#include "watch/conv/conv.h"

#define SF_CONV_BLOCK 128 /* conversations of one block of memory */

/* Conversations by their last segment; indices, 0: none. */
struct sf_conv_list {
    uint32_t oldest, newest;
};

struct sf_conv_store {
    struct sf_conv **blocks;
    uint32_t *buckets;
    uint32_t n_blocks, room_blocks;
    uint32_t mask;  /* buckets - 1 */
    uint32_t free;  /* the first free one, chained */
    uint32_t live;  /* in use */
    uint32_t max;   /* in use at most */
    uint32_t first; /* by beginning, of those not told; 0: none */
    uint32_t last;
    struct sf_conv_list open; /* not over */
    struct sf_conv_list over;
    struct sf_sipkey key;
};

/* Conversation number index, which is in use. */
static inline struct sf_conv *sf_conv_at(const struct sf_conv_store *s, uint32_t index)
{
    return &s->blocks[index / SF_CONV_BLOCK][index % SF_CONV_BLOCK];
}

/* Start empty; max 0: as many as 160 MB hold.  False: no memory. */
bool sf_conv_store_init(struct sf_conv_store *s, uint32_t max);
void sf_conv_store_close(struct sf_conv_store *s);

/* The same for both directions.  Keyed, so that nobody can fill one bucket on purpose. */
uint32_t sf_conv_store_hash(const struct sf_conv_store *s, const struct sf_endpoint *a,
                            const struct sf_endpoint *b);

/* The first of a chain, or 0. */
uint32_t sf_conv_store_bucket(const struct sf_conv_store *s, uint32_t hash);

/* A new one that can be found, zeros but for what belongs to the store; null: no memory. */
struct sf_conv *sf_conv_store_new(struct sf_conv_store *s, uint32_t hash);

/* It had a segment: it is the newest of its list. */
void sf_conv_store_touch(struct sf_conv_store *s, struct sf_conv *conv, bool over);

/* It is no longer found by its four-tuple. */
void sf_conv_store_unfind(struct sf_conv_store *s, struct sf_conv *conv);

/* No longer found, and on no list but that of those to be told. */
void sf_conv_store_hide(struct sf_conv_store *s, struct sf_conv *conv);

/* Give it back. */
void sf_conv_store_free(struct sf_conv_store *s, struct sf_conv *conv);

#endif
