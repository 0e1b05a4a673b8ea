/* SPDX-License-Identifier: MIT
 *
 * base/time.h - arithmetic on moments (sf_time) and lengths of time (sf_span).
 *
 * The engine has no clock: every moment comes from the caller, in nanoseconds of
 * one monotonic clock.  Sums and differences saturate instead of wrapping, so a
 * deadline computed from a silly length is late, never in the past.
 */
#ifndef SF_BASE_TIME_H
#define SF_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "synfin/types.h"

/* For tables, whose initialisers cannot call SF_MS() and the like. */
#define SF_NS_PER_US UINT64_C(1000)
#define SF_NS_PER_MS UINT64_C(1000000)
#define SF_NS_PER_S  UINT64_C(1000000000)

#define SF_NS(n) ((sf_span){(uint64_t)(n)})
#define SF_US(n) ((sf_span){(uint64_t)(n)*SF_NS_PER_US})
#define SF_MS(n) ((sf_span){(uint64_t)(n)*SF_NS_PER_MS})
#define SF_S(n)  ((sf_span){(uint64_t)(n)*SF_NS_PER_S})

/* The moment that does not come: after every other one. */
#define SF_TIME_NEVER ((sf_time){UINT64_MAX})

static inline bool sf_time_is_never(sf_time t)
{
    return t.ns == UINT64_MAX;
}

static inline bool sf_time_before(sf_time a, sf_time b)
{
    return a.ns < b.ns;
}

static inline bool sf_time_before_eq(sf_time a, sf_time b)
{
    return a.ns <= b.ns;
}

static inline sf_time sf_time_min(sf_time a, sf_time b)
{
    return b.ns < a.ns ? b : a;
}

static inline sf_time sf_time_max(sf_time a, sf_time b)
{
    return b.ns > a.ns ? b : a;
}

/* The moment a span after t; SF_TIME_NEVER where that is beyond the clock. */
static inline sf_time sf_time_add(sf_time t, sf_span span)
{
    uint64_t sum = t.ns + span.ns;

    return sum < t.ns ? SF_TIME_NEVER : (sf_time){sum};
}

/* How long `to` is after `from`; nothing if it is not after it. */
static inline sf_span sf_time_sub(sf_time to, sf_time from)
{
    return (sf_span){to.ns > from.ns ? to.ns - from.ns : 0};
}

static inline sf_span sf_span_min(sf_span a, sf_span b)
{
    return b.ns < a.ns ? b : a;
}

static inline sf_span sf_span_max(sf_span a, sf_span b)
{
    return b.ns > a.ns ? b : a;
}

/* Microseconds modulo 2^32, as records keep times: good for 71 minutes of distance. */
static inline uint32_t sf_time_us32(sf_time t)
{
    return (uint32_t)(t.ns / SF_NS_PER_US);
}

/* The same in milliseconds: good for 49 days of distance. */
static inline uint32_t sf_time_ms32(sf_time t)
{
    return (uint32_t)(t.ns / SF_NS_PER_MS);
}

#endif
