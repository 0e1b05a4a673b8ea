/* SPDX-License-Identifier: MIT
 *
 * watch/fold.c - a row in place of many.
 *
 * A transfer of a gigabyte is a million rows of which a reader wants the first and the last.
 * Handshake, close, and every row that changes a state are not plain, so they stay; what was
 * sent again stays as long as there is room.
 */
#include "watch/fold.h"

#include <string.h>

#include "wire/seg.h"

/* How many rows stay at both ends of a run that is folded in memory: more than are drawn. */
#define HEAD 8
#define TAIL 8

static bool same_states(const struct sf_row *a, const struct sf_row *b)
{
    return memcmp(a->state, b->state, sizeof(a->state)) == 0 &&
           memcmp(a->certainty, b->certainty, sizeof(a->certainty)) == 0;
}

bool sf_fold_may(const struct sf_row *rows, size_t i, enum sf_fold_level level)
{
    const struct sf_row *row = &rows[i];

    if (row->kind == SF_ROW_FOLD || level == SF_FOLD_ANY) {
        return true;
    }
    if (row->kind != SF_ROW_SEGMENT || i == 0 || !same_states(row, row - 1)) {
        return false;
    }
    if ((row->u.seg.flags & (SF_SYN | SF_FIN | SF_RST)) != 0) {
        return false;
    }
    return level == SF_FOLD_AGAIN || row->marks == 0;
}

size_t sf_fold_run(const struct sf_row *rows, size_t n, size_t i, enum sf_fold_level level)
{
    while (i < n && sf_fold_may(rows, i, level)) {
        i++;
    }
    return i;
}

static void count(struct sf_row_fold *fold, const struct sf_row *row)
{
    if (row->kind == SF_ROW_SEGMENT) {
        const struct sf_row_seg *seg = &row->u.seg;

        fold->segments[row->from] += seg->octets > 0;
        fold->others[row->from] += seg->octets == 0;
        fold->octets[row->from] += seg->octets;
        fold->again += (row->marks & SF_MARK_AGAIN) != 0;
        fold->to_ns = row->at_ns;
    } else if (row->kind == SF_ROW_FOLD) {
        for (size_t side = 0; side < 2; side++) {
            fold->segments[side] += row->u.fold.segments[side];
            fold->others[side] += row->u.fold.others[side];
            fold->octets[side] += row->u.fold.octets[side];
        }
        fold->again += row->u.fold.again;
        fold->to_ns = row->u.fold.to_ns;
    }
}

struct sf_row sf_fold_rows(const struct sf_row *rows, size_t begin, size_t end)
{
    const struct sf_row *last = &rows[end - 1];
    struct sf_row row = {
        .at_ns = rows[begin].at_ns,
        .n = rows[begin].n,
        .kind = SF_ROW_FOLD,
        .from = rows[begin].from,
        .state = {last->state[0], last->state[1]},
        .certainty = {last->certainty[0], last->certainty[1]},
    };

    row.u.fold = (struct sf_row_fold){.to_ns = rows[begin].at_ns};
    for (size_t i = begin; i < end; i++) {
        count(&row.u.fold, &rows[i]);
    }
    return row;
}

static size_t compact(struct sf_row *rows, size_t n, enum sf_fold_level level)
{
    size_t out = 0;
    size_t end = 0;

    for (size_t i = 0; i < n; i = end) {
        end = sf_fold_run(rows, n, i, level);
        if (end - i > HEAD + TAIL + 1) {
            struct sf_row fold = sf_fold_rows(rows, i + HEAD, end - TAIL);

            memmove(&rows[out], &rows[i], HEAD * sizeof(*rows));
            rows[out + HEAD] = fold;
            memmove(&rows[out + HEAD + 1], &rows[end - TAIL], TAIL * sizeof(*rows));
            out += HEAD + 1 + TAIL;
        } else {
            end = end > i ? end : i + 1;
            memmove(&rows[out], &rows[i], (end - i) * sizeof(*rows));
            out += end - i;
        }
    }
    return out;
}

size_t sf_fold_compact(struct sf_row *rows, size_t n, size_t want)
{
    n = compact(rows, n, SF_FOLD_PLAIN);
    if (n > want) {
        n = compact(rows, n, SF_FOLD_AGAIN);
    }
    if (n > want) {
        n = compact(rows, n, SF_FOLD_ANY);
    }
    return n;
}
