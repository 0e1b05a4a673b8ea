/* SPDX-License-Identifier: MIT
 *
 * run/memory.h - memory of a stack: zeros, on pages of its own, there when touched.
 */
#ifndef SF_RUN_MEMORY_H
#define SF_RUN_MEMORY_H

#include <stddef.h>

/* A null pointer if there is none. */
void *sf_memory_map(size_t octets);

/* Does nothing for a null pointer. */
void sf_memory_unmap(void *memory, size_t octets);

#endif
