/* SPDX-License-Identifier: MIT
 *
 * base/pool.c - records of one size: a free list through them, and a mark below which
 * all were taken at some time.
 *
 * Above the mark no memory is touched: that is why there is no list of all that is
 * free to begin with.
 */
#include "base/pool.h"

#include <string.h>

size_t sf_pool_octets(uint32_t capacity, uint32_t stride)
{
    SF_ASSERT(stride == 0 || capacity <= SIZE_MAX / 2 / stride);
    return (size_t)capacity * stride;
}

void sf_pool_init(struct sf_pool *p, void *mem, uint32_t capacity, uint32_t stride)
{
    SF_ASSERT(stride != 0 && stride % 4 == 0);
    SF_ASSERT(mem != NULL || capacity == 0);
    *p = (struct sf_pool){.base = mem, .stride = stride, .capacity = capacity};
}

uint32_t sf_pool_take(struct sf_pool *p)
{
    uint32_t index = p->free_head;

    if (index != 0) {
        uint8_t *record = sf_pool_at(p, index);

        memcpy(&p->free_head, record, sizeof(p->free_head));
        memset(record, 0, sizeof(p->free_head));
    } else if (p->fresh < p->capacity) {
        index = ++p->fresh;
    } else {
        return 0;
    }
    p->in_use++;
    if (p->in_use > p->peak) {
        p->peak = p->in_use;
    }
    return index;
}

void sf_pool_put(struct sf_pool *p, uint32_t index)
{
    void *record = sf_pool_at(p, index);

    SF_ASSERT(p->in_use != 0);
    SF_ASSERT(index != p->free_head);
    memcpy(record, &p->free_head, sizeof(p->free_head));
    p->free_head = index;
    p->in_use--;
}
