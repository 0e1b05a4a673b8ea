/* SPDX-License-Identifier: MIT
 *
 * run/memory.c - memory of a stack: zeros, on pages of its own, there when touched.
 *
 * Not reserved: a stack is configured for its worst day, and most of it stays untouched.
 */
#include "run/memory.h"

#include <sys/mman.h>

void *sf_memory_map(size_t octets)
{
    void *memory = mmap(NULL, octets, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

void sf_memory_unmap(void *memory, size_t octets)
{
    if (memory != NULL) {
        (void)munmap(memory, octets);
    }
}
