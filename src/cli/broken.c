/* SPDX-License-Identifier: MIT
 *
 * cli/broken.c - what is said when a promise inside the program does not hold.
 */
#include <stdio.h>
#include <stdlib.h>

#include "synfin/types.h"

/* The libraries print nothing; here a line is worth it before the end. */
void sf_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "synfin: %s:%d: this does not hold: %s: please report it\n", file, line,
            what);
    abort();
}
