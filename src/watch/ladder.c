/* SPDX-License-Identifier: MIT
 *
 * watch/ladder.c - the model of a conversation.
 *
 *   follow.c --> [ladder.c] --> infer.c, shape.c, fold.c
 *
 * Numbers of the wire become numbers from the sender's ISN, in 64 bits, so that a transfer of
 * more than 2^32 octets still counts up.
 */
#include "watch/ladder.h"

#include <stdlib.h>
#include <string.h>

#include "synfin/trace.h"
#include "watch/fold.h"
#include "wire/seg.h"

#define ROWS_FIRST 32
#define ROWS_LEAST 64

bool sf_ladder_init(struct sf_ladder *l, size_t max)
{
    *l = (struct sf_ladder){.max = max < ROWS_LEAST ? ROWS_LEAST : max, .room = ROWS_FIRST};
    l->end[SF_CLIENT].fin = -1;
    l->end[SF_SERVER].fin = -1;
    l->state[SF_SERVER] = SF_LISTEN;
    sf_infer_init(&l->infer[SF_CLIENT], false);
    sf_infer_init(&l->infer[SF_SERVER], true);
    l->rows = malloc(l->room * sizeof(*l->rows));
    return l->rows != NULL;
}

void sf_ladder_free(struct sf_ladder *l)
{
    free(l->rows);
    l->rows = NULL;
    l->n = 0;
    l->room = 0;
}

/* Make room for one more row: more memory up to the limit, then fewer rows. */
static void make_room(struct sf_ladder *l)
{
    size_t more = l->room * 2 < l->max ? l->room * 2 : l->max;
    struct sf_row *rows = NULL;

    if (l->n < l->room) {
        return;
    }
    if (more > l->room) {
        rows = realloc(l->rows, more * sizeof(*rows));
    }
    if (rows != NULL) {
        l->rows = rows;
        l->room = more;
        return;
    }
    l->n = sf_fold_compact(l->rows, l->n, l->room / 4 * 3);
    if (l->n == l->room) {
        l->n--; /* memory ran out before there was enough to fold: the last row goes */
    }
}

static struct sf_row *add(struct sf_ladder *l, uint64_t at_ns, enum sf_row_kind kind)
{
    struct sf_row *row = NULL;

    if (!l->begun) {
        l->begun = true;
        l->zero_ns = at_ns;
    }
    make_room(l);
    row = &l->rows[l->n++];
    *row = (struct sf_row){
        .at_ns = at_ns > l->zero_ns ? at_ns - l->zero_ns : 0,
        .kind = (uint8_t)kind,
        .state = {l->state[0], l->state[1]},
        .certainty = {l->certainty[0], l->certainty[1]},
    };
    return row;
}

struct sf_row *sf_ladder_other(struct sf_ladder *l, uint64_t at_ns, enum sf_row_kind kind)
{
    return add(l, at_ns, kind);
}

/* A number of side's, counted from its ISN; the copy nearest to what it sent last. */
static int64_t count_from(struct sf_ladder *l, unsigned side, uint32_t number, bool base)
{
    struct sf_ladder_end *end = &l->end[side];
    uint32_t expected = end->isn + (uint32_t)l->next[side];

    if (!l->based[side]) {
        end->isn = number;
        l->based[side] = base;
        return 0;
    }
    return l->next[side] + (int32_t)(number - expected);
}

static void count_numbers(struct sf_ladder *l, unsigned from, const struct sf_trace_seg *seg,
                          struct sf_row_seg *out)
{
    unsigned other = from ^ 1U;
    bool rst = (seg->flags & SF_RST) != 0;

    if ((seg->flags & SF_SYN) != 0 && !l->end[from].isn_known) {
        l->end[from].isn = seg->seq;
        l->end[from].isn_known = true;
        l->based[from] = true;
        l->next[from] = 0;
    }
    /* A RST of somebody who knows nothing of the connection tells no number of its own. */
    out->seq = count_from(l, from, seg->seq, !rst);
    if ((seg->flags & SF_ACK) != 0) {
        out->ack = count_from(l, other, seg->ack, !rst);
    }
}

static uint8_t marks_of(const struct sf_ladder *l, unsigned from,
                        const struct sf_trace_seg *seg, int64_t seq, uint32_t len)
{
    int64_t next = l->next[from];
    uint8_t marks = 0;

    if ((seg->flags & SF_RST) != 0) {
        return 0;
    }
    /* The SYN,ACK of a simultaneous open repeats the SYN, but it says something new. */
    if ((seg->retransmit != 0 || (len > 0 && seq + len <= next)) &&
        ((seg->flags & (SF_SYN | SF_ACK)) != (SF_SYN | SF_ACK) ||
         sf_shape_answered(&l->shape, from))) {
        marks |= SF_MARK_AGAIN;
    }
    /* RFC 9293 s3.8.4: one before the next number, so that the other end has to answer.  What
     * stands just before a FIN's number was merely overtaken by it. */
    if (len == 0 && l->based[from] && seq == next - 1 && next > 1 &&
        l->end[from].fin != next - 1) {
        marks |= SF_MARK_KEEPALIVE;
    }
    return marks;
}

/* Take note of what both ends have now sent and acknowledged; how much of the text is new. */
static uint32_t advance(struct sf_ladder *l, unsigned from, const struct sf_row_seg *seg)
{
    struct sf_ladder_end *end = &l->end[from];
    struct sf_ladder_end *other = &l->end[from ^ 1U];
    bool syn = (seg->flags & SF_SYN) != 0;
    bool fin = (seg->flags & SF_FIN) != 0;
    int64_t text = seg->seq + syn;
    int64_t text_end = text + seg->octets;
    int64_t known = l->next[from] > text ? l->next[from] : text;
    uint32_t fresh = text_end > known ? (uint32_t)(text_end - known) : 0;

    if ((seg->flags & SF_ACK) != 0 && seg->ack > other->acked) {
        other->acked = seg->ack;
    }
    if ((seg->flags & SF_RST) != 0) {
        return 0;
    }
    if (fin && end->fin < 0) {
        end->fin = text_end;
    }
    if (text_end + fin > l->next[from]) {
        l->next[from] = text_end + fin;
    }
    end->octets += fresh;
    return fresh;
}

void sf_ladder_correct(struct sf_ladder *l, unsigned side, enum sf_infer_result result,
                       unsigned state)
{
    for (size_t i = l->n - 1; i-- > 0;) {
        struct sf_row *row = &l->rows[i];

        if (row->certainty[side] == SF_SEEN ||
            (row->kind == SF_ROW_SEGMENT && row->from == side)) {
            return;
        }
        if (result == SF_INFER_EARLY) {
            row->state[side] = (uint8_t)state;
        } else if (result == SF_INFER_DOUBTFUL) {
            row->certainty[side] = SF_POSSIBLE;
        } else if (row->state[side] == SF_SYN_RECEIVED) {
            row->state[side] = SF_CLOSED;
        }
    }
}

static void infer(struct sf_ladder *l, unsigned side, struct sf_row *row)
{
    struct sf_infer *x = &l->infer[side];
    bool again = (row->marks & SF_MARK_AGAIN) != 0;
    enum sf_infer_result result = side == row->from ? sf_infer_sent(x, &row->u.seg)
                                                    : sf_infer_given(x, &row->u.seg, again);

    if (result != SF_INFER_AGREES) {
        sf_ladder_correct(l, side, result, x->was);
    }
    row->state[side] = x->at_once;
    row->certainty[side] = x->certain;
    l->state[side] = x->state;
    l->certainty[side] = x->certainty;
    sf_shape_state(&l->shape, side, x->state);
}

struct sf_row *sf_ladder_segment(struct sf_ladder *l, uint64_t at_ns, enum sf_side from,
                                 const struct sf_trace_seg *seg)
{
    struct sf_row *row = add(l, at_ns, SF_ROW_SEGMENT);
    bool syn = (seg->flags & SF_SYN) != 0;
    bool fin = (seg->flags & SF_FIN) != 0;
    uint32_t fresh = 0;
    int64_t fins[2];

    row->n = ++l->segments;
    row->from = (uint8_t)from;
    row->u.seg = (struct sf_row_seg){
        .octets = seg->octets,
        .wnd = seg->wnd,
        .tsval = seg->tsval,
        .tsecr = seg->tsecr,
        .mss = seg->mss,
        .flags = seg->flags,
        .options = seg->options,
        .wscale = seg->wscale,
    };
    count_numbers(l, from, seg, &row->u.seg);
    row->marks = marks_of(l, from, seg, row->u.seg.seq, seg->octets + syn + fin);
    fresh = advance(l, from, &row->u.seg);
    fins[SF_CLIENT] = l->end[SF_CLIENT].fin;
    fins[SF_SERVER] = l->end[SF_SERVER].fin;
    sf_shape_add(&l->shape, row, fins, fresh);
    for (unsigned side = 0; side < 2; side++) {
        if (!l->end[side].told) {
            infer(l, side, row);
        }
    }
    return row;
}

void sf_ladder_keep(struct sf_ladder *l, const struct sf_row *row)
{
    memcpy(l->state, row->state, sizeof(l->state));
    memcpy(l->certainty, row->certainty, sizeof(l->certainty));
}

struct sf_row *sf_ladder_put(struct sf_ladder *l, uint64_t at_ns, const struct sf_row *from)
{
    struct sf_row *row = add(l, at_ns, (enum sf_row_kind)from->kind);
    uint64_t since = row->at_ns;

    *row = *from;
    row->at_ns = since;
    l->segments += from->kind == SF_ROW_SEGMENT;
    sf_ladder_keep(l, row);
    return row;
}

void sf_ladder_tell(struct sf_ladder *l, unsigned side, unsigned state)
{
    l->end[side].told = true;
    l->state[side] = (uint8_t)state;
    l->certainty[side] = SF_SEEN;
    sf_shape_state(&l->shape, side, state);
}

void sf_ladder_amend(struct sf_ladder *l, unsigned side, unsigned state)
{
    sf_ladder_tell(l, side, state);
    if (l->n > 0) {
        l->rows[l->n - 1].state[side] = (uint8_t)state;
        l->rows[l->n - 1].certainty[side] = SF_SEEN;
    }
}

void sf_ladder_pop(struct sf_ladder *l)
{
    l->n -= l->n > 0;
}

const struct sf_ladder_end *sf_ladder_end(const struct sf_ladder *ladder, enum sf_side side)
{
    return &ladder->end[side];
}

size_t sf_ladder_rows(const struct sf_ladder *ladder)
{
    return ladder->n;
}

const struct sf_row *sf_ladder_row(const struct sf_ladder *ladder, size_t i)
{
    return &ladder->rows[i];
}

void sf_ladder_facts(const struct sf_ladder *ladder, struct sf_ladder_facts *facts)
{
    sf_shape_facts(&ladder->shape, facts);
}

bool sf_ladder_done(const struct sf_ladder *ladder)
{
    return ladder->done;
}
