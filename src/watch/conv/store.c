/* SPDX-License-Identifier: MIT
 *
 * watch/conv/store.c - memory for conversations.
 *
 *   table.c -> [store.c]
 *
 * Blocks are never given back before the end, and a conversation never moves, so pointers to
 * one stay good while it is in use.  Index 0 is used for "none".
 */
#include "watch/conv/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MEMORY_OCTETS (UINT64_C(160) << 20)
#define BUCKETS_FIRST 1024
#define BLOCKS_FIRST  16

static uint32_t most(uint32_t max)
{
    uint64_t fit = MEMORY_OCTETS / sizeof(struct sf_conv);

    return max != 0 ? max : (uint32_t)fit;
}

bool sf_conv_store_init(struct sf_conv_store *s, uint32_t max)
{
    *s = (struct sf_conv_store){.max = most(max), .mask = BUCKETS_FIRST - 1};
    /* Without entropy the key is a fixed one: the capture is read all the same. */
    if (getrandom(&s->key, sizeof(s->key), GRND_NONBLOCK) < 0) {
        s->key = (struct sf_sipkey){.k0 = UINT64_C(0x736f6d6570736575),
                                    .k1 = UINT64_C(0x646f72616e646f6d)};
    }
    s->buckets = calloc(BUCKETS_FIRST, sizeof(*s->buckets));
    return s->buckets != NULL;
}

void sf_conv_store_close(struct sf_conv_store *s)
{
    for (uint32_t i = 0; i < s->n_blocks; i++) {
        free(s->blocks[i]);
    }
    free(s->blocks);
    free(s->buckets);
    *s = (struct sf_conv_store){0};
}

static size_t put_end(uint8_t *text, const struct sf_endpoint *at)
{
    size_t octets = at->addr.family == SF_IPV4 ? 4 : 16;

    memcpy(text, at->addr.octets, octets);
    text[octets] = (uint8_t)(at->port >> 8);
    text[octets + 1] = (uint8_t)at->port;
    return octets + 2;
}

static bool is_first(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    if (a->port != b->port) {
        return a->port < b->port;
    }
    return memcmp(a->addr.octets, b->addr.octets, sizeof(a->addr.octets)) <= 0;
}

uint32_t sf_conv_store_hash(const struct sf_conv_store *s, const struct sf_endpoint *a,
                            const struct sf_endpoint *b)
{
    bool first = is_first(a, b);
    uint8_t text[40];
    size_t n = put_end(text, first ? a : b);

    n += put_end(text + n, first ? b : a);
    return (uint32_t)sf_siphash13(&s->key, text, n);
}

uint32_t sf_conv_store_bucket(const struct sf_conv_store *s, uint32_t hash)
{
    return s->buckets[hash & s->mask];
}

/* Twice the buckets, once there are more conversations than of them. */
static void grow_buckets(struct sf_conv_store *s)
{
    uint32_t mask = s->mask * 2 + 1;
    uint32_t *buckets = NULL;

    if (s->live <= s->mask) {
        return;
    }
    buckets = calloc((size_t)mask + 1, sizeof(*buckets));
    if (buckets == NULL) {
        return; /* chains become longer, no more */
    }
    for (uint32_t i = 0; i <= s->mask; i++) {
        for (uint32_t at = s->buckets[i]; at != 0;) {
            struct sf_conv *conv = sf_conv_at(s, at);
            uint32_t next = conv->chain;

            conv->chain = buckets[conv->hash & mask];
            buckets[conv->hash & mask] = at;
            at = next;
        }
    }
    free(s->buckets);
    s->buckets = buckets;
    s->mask = mask;
}

static bool add_block(struct sf_conv_store *s)
{
    uint32_t first = s->n_blocks * SF_CONV_BLOCK;
    struct sf_conv *block = NULL;

    if (s->n_blocks == s->room_blocks) {
        uint32_t room = s->room_blocks != 0 ? s->room_blocks * 2 : BLOCKS_FIRST;
        struct sf_conv **blocks = realloc(s->blocks, room * sizeof(struct sf_conv *));

        if (blocks == NULL) {
            return false;
        }
        s->blocks = blocks;
        s->room_blocks = room;
    }
    block = malloc(SF_CONV_BLOCK * sizeof(*block));
    if (block == NULL) {
        return false;
    }
    s->blocks[s->n_blocks++] = block;
    for (uint32_t i = SF_CONV_BLOCK; i-- > 0;) {
        if (first + i != 0) {
            block[i].chain = s->free;
            s->free = first + i;
        }
    }
    return true;
}

static void unlink_seen(struct sf_conv_store *s, struct sf_conv *conv)
{
    struct sf_conv_list *list = conv->in_over ? &s->over : &s->open;

    if (conv->older != 0) {
        sf_conv_at(s, conv->older)->newer = conv->newer;
    } else if (list->oldest == conv->self) {
        list->oldest = conv->newer;
    }
    if (conv->newer != 0) {
        sf_conv_at(s, conv->newer)->older = conv->older;
    } else if (list->newest == conv->self) {
        list->newest = conv->older;
    }
    conv->older = 0;
    conv->newer = 0;
}

static void link_newest(struct sf_conv_store *s, struct sf_conv *conv)
{
    struct sf_conv_list *list = conv->in_over ? &s->over : &s->open;

    conv->older = list->newest;
    conv->newer = 0;
    if (list->newest != 0) {
        sf_conv_at(s, list->newest)->newer = conv->self;
    } else {
        list->oldest = conv->self;
    }
    list->newest = conv->self;
}

struct sf_conv *sf_conv_store_new(struct sf_conv_store *s, uint32_t hash)
{
    uint32_t self = 0;
    struct sf_conv *conv = NULL;

    if (s->free == 0 && !add_block(s)) {
        return NULL;
    }
    self = s->free;
    conv = sf_conv_at(s, self);
    s->free = conv->chain;
    s->live++;
    grow_buckets(s);
    memset(conv, 0, sizeof(*conv));
    conv->self = self;
    conv->hash = hash;
    conv->found = true;
    conv->chain = s->buckets[hash & s->mask];
    s->buckets[hash & s->mask] = self;
    conv->before = s->last;
    if (s->last != 0) {
        sf_conv_at(s, s->last)->after = self;
    } else {
        s->first = self;
    }
    s->last = self;
    link_newest(s, conv);
    return conv;
}

void sf_conv_store_touch(struct sf_conv_store *s, struct sf_conv *conv, bool over)
{
    struct sf_conv_list *list = over ? &s->over : &s->open;

    if (conv->in_over == over && list->newest == conv->self) {
        return;
    }
    unlink_seen(s, conv);
    conv->in_over = over;
    link_newest(s, conv);
}

void sf_conv_store_unfind(struct sf_conv_store *s, struct sf_conv *conv)
{
    uint32_t *at = &s->buckets[conv->hash & s->mask];

    if (!conv->found) {
        return;
    }
    while (*at != conv->self) {
        at = &sf_conv_at(s, *at)->chain;
    }
    *at = conv->chain;
    conv->found = false;
}

void sf_conv_store_hide(struct sf_conv_store *s, struct sf_conv *conv)
{
    sf_conv_store_unfind(s, conv);
    unlink_seen(s, conv);
}

void sf_conv_store_free(struct sf_conv_store *s, struct sf_conv *conv)
{
    sf_conv_store_hide(s, conv);
    if (conv->before != 0) {
        sf_conv_at(s, conv->before)->after = conv->after;
    } else {
        s->first = conv->after;
    }
    if (conv->after != 0) {
        sf_conv_at(s, conv->after)->before = conv->before;
    } else {
        s->last = conv->before;
    }
    conv->chain = s->free;
    s->free = conv->self;
    s->live--;
}
