/* SPDX-License-Identifier: MIT
 *
 * run/clock.c - the host's clocks.
 */
#include "synfin/loop.h"

#include <time.h>

static uint64_t read_clock(clockid_t clock)
{
    struct timespec t = {0};

    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

sf_time sf_now(void)
{
    return (sf_time){read_clock(CLOCK_MONOTONIC)};
}

uint64_t sf_wall_offset(void)
{
    return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}
