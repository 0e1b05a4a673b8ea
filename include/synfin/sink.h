/* SPDX-License-Identifier: MIT
 *
 * synfin/sink.h - where text goes: a terminal, a file, a string, all served alike.  Part of
 * libsynfin-host.
 */
#ifndef SYNFIN_SINK_H
#define SYNFIN_SINK_H

#include <stdio.h>

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Takes text in pieces; a piece is no line.  What goes wrong is the sink's to remember. */
struct sf_sink {
    /** Take n octets of text, which are borrowed for the call. */
    void (*put)(void *context, const char *text, size_t n);
    void *context;
};

/** A string that a sink fills: what does not fit is left out, but counted. */
struct sf_text {
    char *text;    /**< of the caller's; always ends in a null octet when room is not 0 */
    size_t room;   /**< octets at text, the null octet included */
    size_t octets; /**< how much was put in all; the text is whole if below room */
};

/**
 * A sink that writes to a stream; ferror() tells whether that failed.
 *
 * @param file  the stream, borrowed as long as the sink is used
 */
SF_API struct sf_sink sf_sink_file(FILE *file);

/**
 * A sink that fills a string, from its beginning.
 *
 * @param text  the string; text and room are set, octets becomes 0
 */
SF_API struct sf_sink sf_sink_text(struct sf_text *text);

#ifdef __cplusplus
}
#endif
#endif
