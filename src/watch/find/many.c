/* SPDX-License-Identifier: MIT
 *
 * watch/find/many.c - what concerns many conversations.
 */
#include <stdlib.h>

#include "watch/find/notes.h"

struct sf_finder {
    struct sf_findings found;
};

struct sf_finder *sf_finder_open(void)
{
    return calloc(1, sizeof(struct sf_finder));
}

void sf_finder_close(struct sf_finder *finder)
{
    if (finder != NULL) {
        free(finder->found.list);
        free(finder);
    }
}

void sf_find_finish(struct sf_finder *finder, uint64_t now_ns)
{
    (void)finder;
    (void)now_ns;
}

const struct sf_findings *sf_finder_found(const struct sf_finder *finder)
{
    return &finder->found;
}
