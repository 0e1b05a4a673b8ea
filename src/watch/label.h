/* SPDX-License-Identifier: MIT
 *
 * watch/label.h - numbers and segments in words.
 */
#ifndef SF_WATCH_LABEL_H
#define SF_WATCH_LABEL_H

#include "synfin/ladder.h"

/* How sequence numbers are written. */
enum sf_numbers {
    SF_NUMBERS_RELATIVE = 0, /* 0, 1, 79 */
    SF_NUMBERS_LETTERS,      /* j, j+1, j+79 */
    SF_NUMBERS_ABSOLUTE,     /* as on the wire */
};

#define SF_NUMBER_TEXT 24  /* octets for a number, with the final null */
#define SF_LABEL_TEXT  200 /* octets for a label, with the final null */

/* How short a label is to be. */
enum sf_brevity {
    SF_BREVITY_ALL = 0,  /* with window and options */
    SF_BREVITY_WINDOW,   /* without options */
    SF_BREVITY_USUAL,    /* without either */
    SF_BREVITY_NO_AGAIN, /* without what the arrow's line says too */
    SF_BREVITY_NO_ACK,   /* text and FIN without ack=, acknowledgements without seq= */
    SF_BREVITY_NO_LEN,   /* text without its length too */
    SF_BREVITY_NO_WORDS, /* numbers without seq= too */
    SF_BREVITY_SEQ,      /* a SYN without ack= too */
    SF_BREVITY_FLAGS,    /* the flags alone */
};

/* Which way of writing numbers a style asks for. */
enum sf_numbers sf_numbers_of(const struct sf_ladder_style *style);

/* Write a number of an end's, counted from its ISN; text has SF_NUMBER_TEXT octets. */
char *sf_number_text(const struct sf_ladder_end *end, enum sf_side side, int64_t number,
                     enum sf_numbers how, char *text);

/* Write a count with a comma before every three digits; text has SF_NUMBER_TEXT octets. */
char *sf_count_text(uint64_t count, char *text);

/* Write what stands on the arrow of a segment's row; text has SF_LABEL_TEXT octets. */
char *sf_label_text(const struct sf_ladder *ladder, const struct sf_row *row,
                    enum sf_numbers how, enum sf_brevity brevity, char *text);

/* Write window and options: "win=64240 mss=1460"; text has SF_LABEL_TEXT octets. */
char *sf_options_text(const struct sf_row_seg *seg, char *text);

#endif
