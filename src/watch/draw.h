/* SPDX-License-Identifier: MIT
 *
 * watch/draw.h - what the parts of the drawing share.
 */
#ifndef SF_WATCH_DRAW_H
#define SF_WATCH_DRAW_H

#include "watch/label.h"
#include "watch/ladder.h"
#include "watch/line.h"

#define SF_STATE_COLUMNS 12 /* of "SYN_RECEIVED" */

/* The signs, each of one column but for the ellipsis in ASCII. */
struct sf_glyphs {
    const char *bar;   /* an end's time line */
    const char *pause; /* the same where nothing happens for long */
    const char *dash;  /* an arrow */
    const char *again; /* the arrow of what was sent before */
    const char *right, *left;
    const char *cross; /* where a segment died */
    const char *dots;
    const char *leads; /* "hence" */
};

/* A drawing in progress. */
struct sf_pen {
    const struct sf_ladder *ladder;
    const struct sf_ladder_style *style;
    const struct sf_glyphs *glyphs;
    enum sf_numbers numbers;
    unsigned width;    /* columns in all */
    unsigned time;     /* columns of the time, the blanks behind it included */
    unsigned time_end; /* where the time ends */
    unsigned digits;   /* of the time, behind the point */
    unsigned between;  /* columns between the two time lines */
    uint8_t marks;     /* SF_MARK_* of the rows drawn */
    bool inferred;     /* a state with a mark was drawn */
    bool possible;
    struct sf_line line;
};

/* "client", "server". */
const char *sf_side_word(unsigned side);

/* Write a moment with so many decimals; returns its columns. */
unsigned sf_draw_time(uint64_t ns, unsigned digits, char *text, size_t room);

/* Draw both ends' states, and between them whatever middle puts; before may be null. */
void sf_draw_states(struct sf_pen *pen, const struct sf_row *row, const struct sf_row *before,
                    void (*middle)(struct sf_pen *pen, const struct sf_row *row));

/* Draw a row, after a silence that is worth a row of its own; before may be null. */
void sf_draw_row(struct sf_pen *pen, const struct sf_row *row, const struct sf_row *before);

/* What stands beneath the rows: legend, arithmetic, how it opened and closed, notes. */
void sf_draw_beneath(struct sf_pen *pen);

#endif
