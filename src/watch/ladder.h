/* SPDX-License-Identifier: MIT
 *
 * watch/ladder.h - the model of a conversation, as those who build it see it.
 *
 *   follow.c (engine's trace) --> [ladder.c] --> infer.c, shape.c, fold.c
 *                                     `--> draw.c, ladder_json.c
 */
#ifndef SF_WATCH_LADDER_H
#define SF_WATCH_LADDER_H

#include "synfin/ladder.h"
#include "watch/find/find.h"
#include "watch/infer.h"
#include "watch/shape.h"

struct sf_ladder {
    struct sf_ladder_end end[2];
    struct sf_infer infer[2]; /* of ends that are not told */
    struct sf_shape shape;
    struct sf_row *rows;
    size_t n;          /* rows in use */
    size_t room;       /* rows that fit in the memory at rows */
    size_t max;        /* rows at most */
    uint64_t zero_ns;  /* the first row's moment, in its source's clock */
    bool begun;        /* there has been a row */
    uint32_t segments; /* how many segments there were, left out or not */
    bool based[2];     /* end.isn is set */
    int64_t next[2];   /* the number after the highest that each end sent */
    uint8_t state[2];  /* of both ends after the last row */
    uint8_t certainty[2];
    bool done;
    uint64_t until_ns;               /* the end of what was watched; 0: the last row */
    const struct sf_findings *found; /* what was found; or null */

    /* For follow.c alone. */
    struct sf_ladder *chain; /* the next with the same hash */
    uint32_t id;             /* of the engine's record */
    uint8_t own;             /* which end is the engine's */
    bool closing;            /* the application has closed its half */
    uint8_t timer;           /* the timer that fired last, ... */
    uint64_t timer_ns;       /* ... and when */
};

/* Start empty.  Memory for rows is taken as they come, at most for max of them, at least 64;
 * false: there is none even for the first. */
bool sf_ladder_init(struct sf_ladder *l, size_t max);

/* Give the rows back. */
void sf_ladder_free(struct sf_ladder *l);

/*
 * Add a segment that from sent: numbers as on the wire, marks worked out, states of ends that
 * are not told inferred.  The row may be changed until the next one is added.
 */
struct sf_row *sf_ladder_segment(struct sf_ladder *l, uint64_t at_ns, enum sf_side from,
                                 const struct sf_trace_seg *seg);

/* Add a row of another kind, with the states as they are. */
struct sf_row *sf_ladder_other(struct sf_ladder *l, uint64_t at_ns, enum sf_row_kind kind);

/*
 * Add a row that somebody else worked out, states included; its moment is set.  A segment's row
 * has its number.
 */
struct sf_row *sf_ladder_put(struct sf_ladder *l, uint64_t at_ns, const struct sf_row *from);

/* The states of this row, the last, are those that the next one begins with. */
void sf_ladder_keep(struct sf_ladder *l, const struct sf_row *row);

/*
 * What was inferred of an end between the row in which it last showed itself and the last row
 * does not follow after all; state: what takes its place, with SF_INFER_EARLY.
 */
void sf_ladder_correct(struct sf_ladder *l, unsigned side, enum sf_infer_result result,
                       unsigned state);

/* An end tells its state, as of the next row. */
void sf_ladder_tell(struct sf_ladder *l, unsigned side, unsigned state);

/* An end tells its state, as of the last row. */
void sf_ladder_amend(struct sf_ladder *l, unsigned side, unsigned state);

/* Take the last row back, which is none of a segment. */
void sf_ladder_pop(struct sf_ladder *l);

struct sf_json;

/* Write a ladder as one element of `connections`. */
void sf_ladder_element(struct sf_json *j, const struct sf_ladder *ladder, uint32_t id,
                       bool absolute, enum sf_lang lang);

/* Write the key "findings" and its array. */
void sf_findings_json(struct sf_json *j, const struct sf_findings *found, enum sf_lang lang);

/* The last row, or a null pointer. */
static inline struct sf_row *sf_ladder_last(struct sf_ladder *l)
{
    return l->n > 0 ? &l->rows[l->n - 1] : NULL;
}

static inline enum sf_side sf_side_other(unsigned side)
{
    return side == SF_CLIENT ? SF_SERVER : SF_CLIENT;
}

#endif
