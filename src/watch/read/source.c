/* SPDX-License-Identifier: MIT
 *
 * watch/read/source.c - see source.h.
 */
#include "watch/read/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Small enough to stay in the processor's second cache between read and use. */
#define BUFFER_OCTETS ((size_t)256 * 1024)

void sf_source_fd(struct sf_source *source, int fd, bool owned)
{
    *source = (struct sf_source){.fd = fd, .owned = owned};
}

void sf_source_memory(struct sf_source *source, const void *octets, size_t n)
{
    *source = (struct sf_source){.fd = -1, .octets = octets, .to = n, .ended = true};
}

void sf_source_close(struct sf_source *source)
{
    if (source->owned) {
        (void)close(source->fd);
    }
    sf_gzip_free(source->gzip);
    free(source->buffer);
    *source = (struct sf_source){.fd = -1, .ended = true};
}

bool sf_source_unzip(struct sf_source *source)
{
    const size_t held = sf_source_held(source);
    struct sf_gzip *gzip = sf_gzip_new();

    if (gzip == NULL ||
        !sf_gzip_begin(gzip, held == 0 ? NULL : source->octets + source->from, held)) {
        sf_gzip_free(gzip);
        source->os_error = ENOMEM;
        return false;
    }
    source->gzip = gzip;
    source->octets = source->buffer;
    source->from = 0;
    source->to = 0;
    source->ended = false;
    return true;
}

size_t sf_source_raw(struct sf_source *source, uint8_t *out, size_t room)
{
    ssize_t n = 0;

    if (source->fd < 0) {
        return 0;
    }
    do {
        n = read(source->fd, out, room);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        source->os_error = errno;
        return 0;
    }
    return (size_t)n;
}

/* Room for n octets from the first one held on. */
static bool make_room(struct sf_source *source, size_t n)
{
    const size_t held = sf_source_held(source);
    size_t room = source->room < BUFFER_OCTETS ? BUFFER_OCTETS : source->room;
    uint8_t *buffer = source->buffer;

    if (source->from + n <= source->room) {
        return true;
    }
    while (room < n) {
        room *= 2;
    }
    if (room > source->room) {
        buffer = malloc(room);
        if (buffer == NULL) {
            source->os_error = ENOMEM;
            return false;
        }
    }
    if (held != 0) {
        memmove(buffer, source->octets + source->from, held);
    }
    if (buffer != source->buffer) {
        free(source->buffer);
    }
    source->buffer = buffer;
    source->octets = buffer;
    source->room = room;
    source->from = 0;
    source->to = held;
    return true;
}

const uint8_t *sf_source_fill(struct sf_source *source, size_t n)
{
    while (sf_source_held(source) < n && !source->ended) {
        size_t got = 0;

        if (!make_room(source, n)) {
            source->ended = true;
            return NULL;
        }
        if (source->gzip != NULL) {
            got = sf_gzip_read(source->gzip, source, source->buffer + source->to,
                               source->room - source->to);
        } else {
            got = sf_source_raw(source, source->buffer + source->to, source->room - source->to);
        }
        source->to += got;
        source->ended = got == 0;
    }
    return sf_source_held(source) < n ? NULL : source->octets + source->from;
}

bool sf_source_skip(struct sf_source *source, uint64_t n)
{
    while (n > sf_source_held(source)) {
        n -= sf_source_held(source);
        source->from = source->to;
        if (sf_source_fill(source, 1) == NULL) {
            return false;
        }
    }
    source->from += (size_t)n;
    return true;
}
