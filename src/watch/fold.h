/* SPDX-License-Identifier: MIT
 *
 * watch/fold.h - which rows may be left out, and the row that stands for them.
 */
#ifndef SF_WATCH_FOLD_H
#define SF_WATCH_FOLD_H

#include "synfin/ladder.h"

/* How much may be left out. */
enum sf_fold_level {
    SF_FOLD_PLAIN = 0, /* segments that change no state and are of no note */
    SF_FOLD_AGAIN,     /* those that were sent again too */
    SF_FOLD_ANY,       /* whatever is in the middle: memory comes first */
};

/* True if rows[i] may be left out; what came before it decides too. */
bool sf_fold_may(const struct sf_row *rows, size_t i, enum sf_fold_level level);

/* The end of the run of rows that may be left out and that begins at i. */
size_t sf_fold_run(const struct sf_row *rows, size_t n, size_t i, enum sf_fold_level level);

/* One row for rows[begin .. end), at least one. */
struct sf_row sf_fold_rows(const struct sf_row *rows, size_t begin, size_t end);

/*
 * Leave out what is in the middle of runs until at most want rows are left; of each run the
 * first and last few stay.  Returns how many are left, which is below n if n is at least 64.
 */
size_t sf_fold_compact(struct sf_row *rows, size_t n, size_t want);

#endif
