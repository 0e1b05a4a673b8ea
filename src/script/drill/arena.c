/* SPDX-License-Identifier: MIT
 *
 * script/drill/arena.c - a list of blocks; what is large has a block of its own.
 */
#include "script/drill/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_OCTETS 16384

struct drill_block {
    struct drill_block *next;
    size_t used, room;
    alignas(max_align_t) unsigned char data[];
};

static struct drill_block *grow(struct drill_arena *arena, size_t octets)
{
    size_t room = octets > BLOCK_OCTETS ? octets : BLOCK_OCTETS;
    struct drill_block *block = calloc(1, sizeof(*block) + room);

    if (block == NULL) {
        abort();
    }
    block->room = room;
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *drill_take(struct drill_arena *arena, size_t octets)
{
    const size_t unit = alignof(max_align_t);
    struct drill_block *block = arena->blocks;

    octets = (octets + unit - 1) / unit * unit;
    if (block == NULL || block->room - block->used < octets) {
        block = grow(arena, octets);
    }
    void *taken = block->data + block->used;
    block->used += octets;
    return taken;
}

char *drill_text(struct drill_arena *arena, const char *text, size_t n)
{
    char *copy = drill_take(arena, n + 1);

    if (n > 0) {
        memcpy(copy, text, n);
    }
    return copy;
}

void drill_arena_free(struct drill_arena *arena)
{
    while (arena->blocks != NULL) {
        struct drill_block *next = arena->blocks->next;

        free(arena->blocks);
        arena->blocks = next;
    }
}
