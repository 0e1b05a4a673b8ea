/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/lab.c - any text as a lab, each variant of it.
 */
#include <stdlib.h>

#include "script/lab/lab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    uint32_t count = 1;

    for (uint32_t variant = 0; variant < count && variant < LAB_VARIANTS; variant++) {
        struct lab_wrong wrong;
        struct lab *lab = lab_parse((const char *)data, octets, variant, &count, &wrong);

        /* Either there is a lab, or it is said what is wrong. */
        if ((lab == NULL) != (wrong.text[0] != '\0')) {
            abort();
        }
        if (lab == NULL) {
            return 0;
        }
        lab_free(lab);
    }
    return 0;
}
