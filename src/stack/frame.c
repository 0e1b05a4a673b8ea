/* SPDX-License-Identifier: MIT
 *
 * stack/frame.c - a frame as one run of octets, for links that take no pieces.
 */
#include "synfin/frame.h"

#include <string.h>

size_t sf_frame_copy(const struct sf_frame *frame, uint8_t *to, size_t n)
{
    size_t done = frame->head_octets < n ? frame->head_octets : n;

    memcpy(to, frame->head, done);
    for (uint8_t i = 0; i < frame->n_pieces && done < n; i++) {
        size_t octets = frame->pieces[i].octets;

        octets = octets < n - done ? octets : n - done;
        memcpy(to + done, frame->pieces[i].data, octets);
        done += octets;
    }
    return done;
}
