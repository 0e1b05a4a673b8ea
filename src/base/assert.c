/* SPDX-License-Identifier: MIT
 *
 * base/assert.c - the engine's own answer to a broken promise: it aborts.
 *
 * Weak, and alone in its file, so that a host's own definition replaces it without
 * a word, whether the engine comes as an archive or as a shared object.
 */
#include "base/assert.h"

#include <stdlib.h>

__attribute__((weak)) void sf_assert_failed(const char *what, const char *file, int line)
{
    (void)what;
    (void)file;
    (void)line;
    abort();
}
