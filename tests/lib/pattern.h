/* SPDX-License-Identifier: MIT
 *
 * tests/lib/pattern.h - octets that tell where in which stream they belong, so that one
 * that is lost, doubled, swapped or of another stream is noticed.
 */
#ifndef SYNFIN_TESTS_LIB_PATTERN_H
#define SYNFIN_TESTS_LIB_PATTERN_H

#include <stddef.h>
#include <stdint.h>

/* The octet at an offset of a stream: the top of a product (Knuth's multiplier), so that
 * neighbours, and the same offsets of other streams, differ. */
static inline uint8_t t_pattern(uint32_t stream, uint64_t offset)
{
    uint32_t mixed = (uint32_t)(offset ^ (offset >> 32)) * UINT32_C(2654435761);

    return (uint8_t)((mixed + stream * UINT32_C(0x85ebca6b)) >> 23);
}

static inline void t_pattern_fill(uint32_t stream, uint64_t offset, uint8_t *to, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = t_pattern(stream, offset + i);
    }
}

/* How many of n octets, from the first, are those at that offset. */
static inline size_t t_pattern_match(uint32_t stream, uint64_t offset, const uint8_t *p,
                                     size_t n)
{
    size_t i = 0;

    while (i < n && p[i] == t_pattern(stream, offset + i)) {
        i++;
    }
    return i;
}

#endif
