/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/read_pcapng.c - pcapng files, whatever is in them.
 */
#include "read_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_file(data, size);
    return 0;
}
