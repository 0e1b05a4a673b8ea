/* SPDX-License-Identifier: MIT
 *
 * watch/draw.h - what the parts of the drawing share.
 */
#ifndef SF_WATCH_DRAW_H
#define SF_WATCH_DRAW_H

#include "watch/label.h"
#include "watch/ladder.h"
#include "watch/line.h"

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
    unsigned width;   /* columns in all */
    unsigned time;    /* columns of the time, the blanks behind it included */
    unsigned digits;  /* of the time, behind the point */
    unsigned between; /* columns between the two time lines */
    uint8_t marks;    /* SF_MARK_* of the rows drawn */
    bool inferred;    /* a state with a mark was drawn */
    bool possible;
    struct sf_line line;
};

/* "client", "server". */
const char *sf_side_word(unsigned side);

/* What stands beneath the rows: legend, arithmetic, how it opened and closed, notes. */
void sf_draw_beneath(struct sf_pen *pen);

#endif
