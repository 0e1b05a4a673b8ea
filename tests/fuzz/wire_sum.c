/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_sum.c - the checksum: every level, every cut and the copy agree.
 */
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *p;
    uint8_t *copy;
    uint16_t want;
    size_t n;
    size_t cut;

    if (size < 2) {
        return 0;
    }
    n = size - 2;
    cut = n == 0 ? 0 : sf_get16(data) % n;
    p = exactly(data + 2, n);
    copy = malloc(n);
    want = sf_sum_fold(sf_sum(p, n, 0));
    for (size_t level = 0; level < SF_SUM_LEVELS; level++) {
        const enum sf_sum_level l = (enum sf_sum_level)level;
        const uint32_t ahead = sf_sum_with(l, p, cut, 0);
        const uint32_t rest = sf_sum_with(l, p + cut, n - cut, 0);

        HOLDS(sf_sum_fold(sf_sum_with(l, p, n, 0)) == want);
        HOLDS(sf_sum_fold(sf_sum_join(ahead, rest, cut % 2 != 0)) == want);
        if (n != 0) {
            memset(copy, 0, n);
            HOLDS(sf_sum_fold(sf_sum_copy_with(l, copy, p, n, 0)) == want);
            HOLDS(memcmp(copy, p, n) == 0);
        }
    }
    free(copy);
    free(p);
    return 0;
}
