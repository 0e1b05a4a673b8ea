/* SPDX-License-Identifier: MIT
 *
 * script/drill/arena.h - memory that is given back all at once.
 */
#ifndef SYNFIN_SCRIPT_DRILL_ARENA_H
#define SYNFIN_SCRIPT_DRILL_ARENA_H

#include <stddef.h>

struct drill_block;

/* All zeros is an empty one. */
struct drill_arena {
    struct drill_block *blocks;
};

/* Zeroed memory for any object; aborts when there is none, as a script is small. */
void *drill_take(struct drill_arena *arena, size_t octets);

/* A copy of n characters, ended by a null. */
char *drill_text(struct drill_arena *arena, const char *text, size_t n);

void drill_arena_free(struct drill_arena *arena);

#endif
