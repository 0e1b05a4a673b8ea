/* SPDX-License-Identifier: MIT
 *
 * trace/sink.c - streams and strings as sinks.
 */
#include "synfin/sink.h"

#include <string.h>

/* A failed write leaves its mark in the stream, which is where the caller looks. */
static void put_file(void *context, const char *text, size_t n)
{
    FILE *file = context;

    (void)fwrite(text, 1, n, file);
}

struct sf_sink sf_sink_file(FILE *file)
{
    return (struct sf_sink){.put = put_file, .context = file};
}

static void put_text(void *context, const char *text, size_t n)
{
    struct sf_text *to = context;

    if (to->octets + 1 < to->room) {
        size_t fits = to->room - 1 - to->octets;

        fits = n < fits ? n : fits;
        memcpy(to->text + to->octets, text, fits);
        to->text[to->octets + fits] = '\0';
    }
    to->octets += n;
}

struct sf_sink sf_sink_text(struct sf_text *text)
{
    text->octets = 0;
    if (text->room > 0) {
        text->text[0] = '\0';
    }
    return (struct sf_sink){.put = put_text, .context = text};
}
