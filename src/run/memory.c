/* SPDX-License-Identifier: MIT
 *
 * run/memory.c - memory of a stack: zeros, on pages of its own, there when touched.
 *
 * Not reserved: a stack is configured for its worst day, and most of it stays untouched.
 * One so large is for very many connections, any of which may speak next; then small pages
 * cost as much as memory does, and large ones are asked for (madvise(2)).
 */
#include "run/memory.h"

#include <sys/mman.h>

/* From here on a few large pages that are touched in part do not matter. */
#define LARGE_OCTETS ((size_t)256 << 20)

void *sf_memory_map(size_t octets)
{
    void *memory = mmap(NULL, octets, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (octets >= LARGE_OCTETS) {
        /* Where there are none, it goes without. */
        (void)madvise(memory, octets, MADV_HUGEPAGE);
    }
    return memory;
}

void sf_memory_unmap(void *memory, size_t octets)
{
    if (memory != NULL) {
        (void)munmap(memory, octets);
    }
}
