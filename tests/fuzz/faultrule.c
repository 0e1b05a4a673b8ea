/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/faultrule.c - any text as fault rules, up to the first null octet, and what
 * follows it as a frame that meets them.
 */
#include <stdlib.h>
#include <string.h>

#include "link/fault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static struct sf_faults faults;
    const uint8_t *end = memchr(data, 0, octets);
    size_t length = end == NULL ? octets : (size_t)(end - data);
    char *text = malloc(length + 1);
    size_t where = 0;
    enum sf_err err = SF_OK;

    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, length);
    text[length] = '\0';
    err = sf_fault_parse(&faults, text, 1, (octets & 1) != 0, &where);
    if (where > length || (err != SF_OK && faults.count != 0)) {
        abort();
    }
    free(text);
    if (err == SF_OK && end != NULL) {
        struct sf_frame frame = {.octets = (uint32_t)(octets - length - 1), .n_pieces = 1};
        struct sf_fate fate = {0};

        frame.pieces[0] = (struct sf_piece){end + 1, frame.octets};
        fate = sf_fault_decide(&faults, &frame, SF_FAULT_TX);
        if (fate.corrupt && fate.bit / 8 >= frame.octets) {
            abort();
        }
    }
    return 0;
}
