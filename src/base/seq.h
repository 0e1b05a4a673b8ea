/* SPDX-License-Identifier: MIT
 *
 * base/seq.h - sequence numbers, which live on a circle of 2^32 (RFC 9293 s3.4).
 *
 * "Before" and "after" have a meaning only for numbers less than 2^31 apart, which
 * every window guarantees (RFC 7323 s2.3).  At exactly 2^31 both are before each
 * other, and neither is after.
 */
#ifndef SF_BASE_SEQ_H
#define SF_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/* A struct, not a uint32_t, so that `a < b` and `a - b` do not compile: every
 * comparison has to say which one it means. */
typedef struct sf_seq {
    uint32_t v;
} sf_seq;

static inline bool sf_seq_eq(sf_seq a, sf_seq b)
{
    return a.v == b.v;
}

/* a - b as a signed distance, right for numbers less than 2^31 apart.  The cast of
 * a value above INT32_MAX is the two's complement in both compilers, and in C23. */
static inline int32_t sf_seq_diff(sf_seq a, sf_seq b)
{
    return (int32_t)(a.v - b.v);
}

static inline bool sf_seq_before(sf_seq a, sf_seq b)
{
    return sf_seq_diff(a, b) < 0;
}

static inline bool sf_seq_before_eq(sf_seq a, sf_seq b)
{
    return sf_seq_diff(a, b) <= 0;
}

static inline bool sf_seq_after(sf_seq a, sf_seq b)
{
    return sf_seq_diff(a, b) > 0;
}

static inline bool sf_seq_after_eq(sf_seq a, sf_seq b)
{
    return sf_seq_diff(a, b) >= 0;
}

/* True if s lies in [left, left + octets). */
static inline bool sf_seq_in(sf_seq s, sf_seq left, uint32_t octets)
{
    return s.v - left.v < octets;
}

static inline sf_seq sf_seq_add(sf_seq s, uint32_t octets)
{
    return (sf_seq){s.v + octets};
}

static inline sf_seq sf_seq_sub(sf_seq s, uint32_t octets)
{
    return (sf_seq){s.v - octets};
}

/* How many octets lie in [from, to), going forward around the circle. */
static inline uint32_t sf_seq_span(sf_seq from, sf_seq to)
{
    return to.v - from.v;
}

/* The later of the two. */
static inline sf_seq sf_seq_max(sf_seq a, sf_seq b)
{
    return sf_seq_after(a, b) ? a : b;
}

/* The earlier of the two. */
static inline sf_seq sf_seq_min(sf_seq a, sf_seq b)
{
    return sf_seq_before(a, b) ? a : b;
}

#endif
