/* SPDX-License-Identifier: MIT
 *
 * link/frame.c - what links do with any frame: finish its checksum.
 */
#include "link/frame.h"

#include "base/bytes.h"

void sf_frame_complete(uint8_t *data, size_t octets, uint16_t start, uint16_t offset)
{
    size_t field = (size_t)start + offset;
    uint64_t sum = 0;
    size_t i = start;

    if (field + 2 > octets) {
        return;
    }
    for (; i + 1 < octets; i += 2) {
        sum += sf_get16(data + i);
    }
    if (i < octets) {
        sum += (uint64_t)data[i] << 8;
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sf_put16(data + field, (uint16_t)~sum);
}
