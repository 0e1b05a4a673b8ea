/* SPDX-License-Identifier: MIT
 *
 * watch/conv/table.h - all conversations of a capture.
 *
 *   struct sf_seen --> [table.c] --> step.c (one conversation) --> tell()
 *
 * Segments go in, in the order of the capture; conversations come out when they are over, in
 * the order in which they began as long as memory allows, the rest at the end.  Memory is
 * taken in blocks of many conversations, never for a segment alone, and is bounded: beyond the
 * limit the conversation that was silent for longest is told and forgotten.
 */
#ifndef SF_WATCH_CONV_TABLE_H
#define SF_WATCH_CONV_TABLE_H

#include "watch/conv/conv.h"

/* Of which conversations rows are kept. */
enum sf_convs_rows {
    SF_CONVS_NO_ROWS = 0,
    SF_CONVS_ROWS_OF_ONE, /* as long as there is but one */
    SF_CONVS_ROWS_OF_ALL,
};

struct sf_convs_config {
    struct sf_finder *finder; /* or null */
    /* A conversation is complete; it and its ladder are gone when this returns. */
    void (*tell)(void *context, struct sf_conv *conv);
    /* A segment, or an ICMP error, was taken into its conversation; null: nobody asks. */
    void (*step)(void *context, const struct sf_conv *conv, const struct sf_conv_step *step);
    void *context;
    uint32_t max;      /* conversations held at a time; 0: what 160 MB hold */
    uint32_t max_rows; /* of one ladder; 0: 65536 */
    sf_span time_wait; /* 2MSL; 0: 60 s, as on Linux */
    uint8_t rows;      /* enum sf_convs_rows */
};

struct sf_convs;

/* Make one; a null pointer if memory ended. */
struct sf_convs *sf_convs_open(const struct sf_convs_config *config);

/* Take a segment, or an ICMP error about one. */
void sf_convs_take(struct sf_convs *convs, const struct sf_seen *seen);

/* The capture ends: tell what is left. */
void sf_convs_finish(struct sf_convs *convs);

/* Give everything back. */
void sf_convs_close(struct sf_convs *convs);

/* What has been counted. */
struct sf_convs_counts {
    uint64_t begun;    /* conversations */
    uint64_t segments; /* taken */
    uint64_t early;    /* told before they were over, for want of room */
    uint64_t missed;   /* segments that found no memory at all */
    uint64_t first_ns; /* of the capture */
    uint64_t last_ns;
};

const struct sf_convs_counts *sf_convs_counts(const struct sf_convs *convs);

/* The ladder of a conversation that is being told, complete; null: no rows were kept. */
struct sf_ladder *sf_conv_ladder(struct sf_conv *conv, uint64_t until_ns);

#endif
