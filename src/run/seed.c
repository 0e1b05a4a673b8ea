/* SPDX-License-Identifier: MIT
 *
 * run/seed.c - chance from the operating system (RFC 4086 s7.1.2).
 */
#include "synfin/loop.h"

#include <errno.h>
#include <sys/random.h>

enum sf_err sf_seed_fill(uint8_t seed[32])
{
    size_t done = 0;

    while (done < 32) {
        ssize_t n = getrandom(seed + done, 32 - done, 0);

        if (n < 0 && errno != EINTR) {
            return SF_ERR_OS;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return SF_OK;
}
