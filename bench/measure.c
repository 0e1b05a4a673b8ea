/* SPDX-License-Identifier: MIT
 *
 * bench/measure.c - what every measurement needs.
 */
#include "measure.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double measure_used(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double measure_wall(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

_Noreturn void measure_fail(const char *what)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

void measure_pin(void)
{
    cpu_set_t allowed;
    cpu_set_t one;
    size_t last = 0;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        measure_fail("cores");
    }
    for (size_t i = 0; i < CPU_SETSIZE; i++) {
        last = CPU_ISSET(i, &allowed) ? i : last;
    }
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    if (sched_setaffinity(0, sizeof(one), &one) != 0) {
        measure_fail("core");
    }
}

double measure_number(const char *text)
{
    char *end = NULL;
    double value = 0;

    errno = 0;
    value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= 0 && value < 1e12)) {
        errno = EINVAL;
        measure_fail(text);
    }
    return value;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double measure_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare);
    return n == 0 ? 0 : values[n / 2];
}
