/* SPDX-License-Identifier: MIT
 *
 * bench/measure.h - time, a core of one's own, numbers from the command line, a median.
 */
#ifndef SYNFIN_BENCH_MEASURE_H
#define SYNFIN_BENCH_MEASURE_H

#include <stddef.h>

/* Seconds of processor time: what runs alone on a core of a shared machine is measured by
 * what it used, not by what others left it. */
double measure_used(void);

/* Seconds of the wall's clock: where the kernel takes part, what it does for us counts, too. */
double measure_wall(void);

/* Stay on one core, the last that we may use; the children, too. */
void measure_pin(void);

/* A number from the command line, at least 0; anything else ends the program. */
double measure_number(const char *text);

/* The value of which half are less; sorts them. */
double measure_median(double *values, size_t n);

/* Say what failed, with errno, and stop. */
_Noreturn void measure_fail(const char *what);

#endif
