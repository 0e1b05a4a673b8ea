/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/read_fuzz.h - what the targets for src/watch/read share: what holds of every
 * packet and every segment.
 */
#ifndef SYNFIN_TESTS_FUZZ_READ_FUZZ_H
#define SYNFIN_TESTS_FUZZ_READ_FUZZ_H

#include <stdio.h>

#include "wire_fuzz.h"

#include "watch/read/seen.h"

/* Every octet is read, so that the sanitizer sees those that are not there. */
static inline uint32_t touch(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += p[i];
    }
    return sum;
}

static inline uint32_t look(const struct sf_seen *seen)
{
    uint32_t sum = touch(seen->text, seen->text_captured);

    HOLDS(seen->kind == SF_SEEN_SEGMENT || seen->kind == SF_SEEN_ERROR);
    HOLDS(seen->text_captured <= seen->text_octets);
    HOLDS(seen->n_sack <= SF_SACK_BLOCKS);
    HOLDS(seen->option_octets <= 40);
    HOLDS(seen->cookie_octets <= 38);
    HOLDS(seen->from.addr.family == SF_IPV4 || seen->from.addr.family == SF_IPV6);
    HOLDS(seen->from.addr.family == seen->to.addr.family);
    if (seen->option_octets != 0) {
        sum += touch(seen->option, seen->option_octets);
    }
    if ((seen->options & SF_SEEN_COOKIE) != 0) {
        sum += touch(seen->cookie, seen->cookie_octets);
    }
    return sum;
}

/* Read a whole file of size octets. */
static inline void read_file(const uint8_t *data, size_t size)
{
    uint8_t *p = exactly(data, size);
    struct sf_capture *capture = NULL;
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_seen seen;
    struct sf_packet packet;
    char why[SF_CAPTURE_TEXT];
    uint64_t last = 0;

    HOLDS(dissector != NULL);
    if (sf_capture_memory(p, size, &capture, why) == SF_OK) {
        while (sf_seen_next(capture, dissector, &seen, &packet) == SF_OK) {
            (void)look(&seen);
            if (packet.octets != NULL) {
                HOLDS(packet.captured <= packet.length);
                HOLDS(packet.n > last);
                HOLDS(sf_capture_interface(capture, packet.interface) != NULL);
                (void)touch((const uint8_t *)packet.comment, packet.comment_octets);
                last = packet.n;
            }
        }
        HOLDS(sf_capture_end(capture) != SF_CAPTURE_OPEN);
        HOLDS((sf_capture_end(capture) == SF_CAPTURE_WHOLE) ==
              (sf_capture_text(capture)[0] == '\0'));
    } else {
        HOLDS(capture == NULL && why[0] != '\0');
    }
    sf_capture_close(capture);
    sf_dissector_free(dissector);
    free(p);
}

#endif
