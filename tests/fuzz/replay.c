/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/replay.c - a fuzzer's inputs, one after the other, without a fuzzer: for builds
 * that measure where the corpora lead.
 *
 *   replay-engine FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];

    for (int i = 1; i < argc; i++) {
        FILE *f = fopen(argv[i], "rb");

        if (f == NULL) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }

        size_t size = fread(data, 1, sizeof(data), f);

        (void)fclose(f);
        (void)LLVMFuzzerTestOneInput(data, size);
    }
    return EXIT_SUCCESS;
}
