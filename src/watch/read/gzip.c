/* SPDX-License-Identifier: MIT
 *
 * watch/read/gzip.c - unpacking gzip (RFC 1952) as it comes.
 *
 * Members follow each other, as with files put together by cat.  What follows the last and is
 * none is ignored, as gzip does.
 */
#include "watch/read/source.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define IN_OCTETS   ((size_t)64 * 1024)
#define WINDOW_GZIP (15 + 16) /* zlib's way to say: gzip, window as large as may be */

struct sf_gzip {
    z_stream z;
    uint8_t *in;
    bool within; /* a member has begun, and has not ended */
    bool any;    /* a member has ended */
};

struct sf_gzip *sf_gzip_new(void)
{
    struct sf_gzip *gzip = calloc(1, sizeof(*gzip));

    if (gzip != NULL && inflateInit2(&gzip->z, WINDOW_GZIP) != Z_OK) {
        free(gzip);
        gzip = NULL;
    }
    return gzip;
}

void sf_gzip_free(struct sf_gzip *gzip)
{
    if (gzip != NULL) {
        inflateEnd(&gzip->z);
        free(gzip->in);
        free(gzip);
    }
}

bool sf_gzip_begin(struct sf_gzip *gzip, const uint8_t *octets, size_t n)
{
    gzip->in = malloc(n > IN_OCTETS ? n : IN_OCTETS);
    if (gzip->in == NULL) {
        return false;
    }
    if (n != 0) {
        memcpy(gzip->in, octets, n);
    }
    gzip->z.next_in = gzip->in;
    gzip->z.avail_in = (uInt)n;
    return true;
}

/* Have some input, or find that there is none. */
static bool refill(struct sf_gzip *gzip, struct sf_source *source)
{
    if (gzip->z.avail_in == 0) {
        gzip->z.next_in = gzip->in;
        gzip->z.avail_in = (uInt)sf_source_raw(source, gzip->in, IN_OCTETS);
    }
    if (gzip->z.avail_in == 0) {
        source->cut = gzip->within;
        return false;
    }
    if (!gzip->within && gzip->any && *gzip->z.next_in != 0x1f) {
        return false;
    }
    gzip->within = true;
    return true;
}

size_t sf_gzip_read(struct sf_gzip *gzip, struct sf_source *source, uint8_t *out, size_t room)
{
    gzip->z.next_out = out;
    gzip->z.avail_out = (uInt)room;
    while (gzip->z.avail_out == room && source->trouble == NULL && refill(gzip, source)) {
        const int said = inflate(&gzip->z, Z_NO_FLUSH);

        if (said == Z_STREAM_END) {
            gzip->within = false;
            gzip->any = true;
            (void)inflateReset(&gzip->z);
        } else if (said == Z_MEM_ERROR) {
            source->trouble = "memory ended while unpacking";
        } else if (said != Z_OK && said != Z_BUF_ERROR) {
            source->trouble = "the gzip data is damaged";
        }
    }
    return room - gzip->z.avail_out;
}
