/* SPDX-License-Identifier: MIT
 *
 * watch/merge/merge.c - the steps, and the rows that come of them; see merge.h.
 */
#include "watch/merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "watch/merge/tape.h"

struct sf_merge {
    struct sf_tape tape[2];
    struct sf_line line;
    struct sf_merge_clock clock;
    bool timed;            /* clock means something */
    struct sf_mark *order; /* rows: at is a segment, side its place */
    size_t n;
    uint32_t *alone; /* connections of B without a pair */
    uint32_t n_alone;
};

struct sf_merge *sf_merge_new(void)
{
    struct sf_merge *merge = calloc(1, sizeof(*merge));
    /* The same for both, so that their hashes can be compared; nobody gains by guessing it but
     * a slow look at a capture of his own. */
    const struct sf_sipkey key = {.k0 = (uintptr_t)merge, .k1 = 0x73796e66696e};

    if (merge == NULL) {
        return NULL;
    }
    if (!sf_tape_init(&merge->tape[0], &key) || !sf_tape_init(&merge->tape[1], &key)) {
        sf_merge_free(merge);
        return NULL;
    }
    return merge;
}

void sf_merge_free(struct sf_merge *merge)
{
    if (merge != NULL) {
        sf_tape_free(&merge->tape[0]);
        sf_tape_free(&merge->tape[1]);
        free(merge->order);
        free(merge->alone);
        free(merge);
    }
}

enum sf_err sf_merge_take(struct sf_merge *merge, enum sf_place place,
                          const struct sf_seen *seen)
{
    return seen->kind != SF_SEEN_SEGMENT || sf_tape_take(&merge->tape[place], seen)
               ? SF_OK
               : SF_ERR_NO_MEMORY;
}

enum sf_err sf_merge_read(struct sf_merge *merge, enum sf_place place,
                          struct sf_capture *capture)
{
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_seen seen;
    enum sf_err err = dissector != NULL ? SF_OK : SF_ERR_NO_MEMORY;

    while (err == SF_OK) {
        err = sf_seen_next(capture, dissector, &seen, NULL);
        if (err == SF_OK) {
            err = sf_merge_take(merge, place, &seen);
        }
    }
    sf_dissector_free(dissector);
    return err == SF_ERR_EOF ? SF_OK : err;
}

/* Does a segment have a row of its own, or is it told by that of its match? */
static bool has_row(const struct sf_merge *merge, unsigned place, const struct sf_tape_seg *seg)
{
    const struct sf_tape *tape = &merge->tape[place];
    const struct sf_tape_flow *flow = &tape->flow[seg->flow - 1];
    bool to_b = false;

    if (seg->match == 0) {
        return true;
    }
    if (place == SF_PLACE_A) {
        to_b = flow->to_b[seg->dir];
    } else {
        const struct sf_tape_flow *pair = &merge->tape[SF_PLACE_A].flow[flow->pair - 1];

        to_b = pair->to_b[seg->dir ^ (unsigned)flow->turned];
    }
    return to_b == (place == SF_PLACE_A);
}

static uint64_t moment(const struct sf_merge *merge, unsigned place,
                       const struct sf_tape_seg *seg)
{
    const int64_t at_ns =
        place == SF_PLACE_A ? (int64_t)seg->at_ns : sf_line_to_a(&merge->line, seg->at_ns);

    return at_ns > 0 ? (uint64_t)at_ns : 0;
}

static void add_rows(struct sf_merge *merge, unsigned place)
{
    for (uint32_t i = 0; i < merge->tape[place].n; i++) {
        const struct sf_tape_seg *seg = &merge->tape[place].seg[i];

        if (has_row(merge, place, seg)) {
            merge->order[merge->n++] =
                (struct sf_mark){.hash = moment(merge, place, seg), .at = i + 1, .side = place};
        }
    }
}

static bool order_rows(struct sf_merge *merge)
{
    const size_t most = (size_t)merge->tape[0].n + merge->tape[1].n;

    merge->order = malloc((most + 1) * sizeof(*merge->order));
    if (merge->order == NULL) {
        return false;
    }
    add_rows(merge, SF_PLACE_A);
    add_rows(merge, SF_PLACE_B);
    sf_marks_sort(merge->order, merge->n);
    return true;
}

static bool list_alone(struct sf_merge *merge)
{
    const struct sf_tape *b = &merge->tape[SF_PLACE_B];

    merge->alone = malloc(((size_t)b->n_flows + 1) * sizeof(*merge->alone));
    if (merge->alone == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < b->n_flows; i++) {
        if (b->flow[i].pair == 0) {
            merge->alone[merge->n_alone++] = i;
        }
    }
    return true;
}

enum sf_err sf_merge_join(struct sf_merge *merge)
{
    struct sf_tape *a = &merge->tape[SF_PLACE_A];
    struct sf_tape *b = &merge->tape[SF_PLACE_B];

    if (!sf_merge_pair_flows(a, b) || !sf_merge_match_sure(a, b)) {
        return SF_ERR_NO_MEMORY;
    }
    sf_merge_place(a, b);
    merge->timed = sf_merge_fit(a, b, &merge->line, &merge->clock);
    if (!sf_merge_match_rest(a, b, &merge->line) ||
        !sf_merge_match_pieces(a, b, &merge->line) || !sf_merge_judge(a, b, &merge->line) ||
        !list_alone(merge) || !order_rows(merge)) {
        return SF_ERR_NO_MEMORY;
    }
    return SF_OK;
}

bool sf_merge_clock(const struct sf_merge *merge, struct sf_merge_clock *clock)
{
    *clock = merge->clock;
    return merge->timed;
}

uint32_t sf_merge_pairs(const struct sf_merge *merge)
{
    return merge->tape[SF_PLACE_A].n_flows + merge->n_alone;
}

static void count_fates(const struct sf_tape *tape, uint32_t at, struct sf_merge_pair *pair)
{
    for (at = tape->flow[at].first; at != 0; at = tape->seg[at - 1].next) {
        const uint8_t fate = tape->seg[at - 1].fate;

        pair->died += fate == SF_FATE_DIED;
        pair->appeared += fate == SF_FATE_APPEARED;
        pair->arrived += fate == SF_FATE_ARRIVED;
    }
}

void sf_merge_pair(const struct sf_merge *merge, uint32_t i, struct sf_merge_pair *pair)
{
    const struct sf_tape *a = &merge->tape[SF_PLACE_A];
    const struct sf_tape *b = &merge->tape[SF_PLACE_B];
    const bool only_b = i >= a->n_flows;
    const uint32_t at = only_b ? merge->alone[i - a->n_flows] : i;
    const struct sf_tape_flow *flow = only_b ? &b->flow[at] : &a->flow[at];
    const struct sf_tape_flow *other = flow->pair != 0 ? &b->flow[flow->pair - 1] : flow;

    *pair = (struct sf_merge_pair){.only_a = !only_b && flow->pair == 0,
                                   .only_b = only_b,
                                   .near_a = only_b ? false : flow->to_b[0]};
    for (unsigned end = 0; end < 2; end++) {
        pair->a[end] = flow->end[end];
        pair->b[end] = other->end[end ^ (unsigned)flow->turned];
        pair->delta[end] = flow->delta[end];
    }
    count_fates(only_b ? b : a, at, pair);
    if (flow->pair != 0) {
        const uint32_t arrived = pair->arrived;

        count_fates(b, flow->pair - 1, pair);
        pair->arrived = arrived;
    }
}

/* A segment as it is seen at A. */
static void describe(const struct sf_merge *merge, unsigned place,
                     const struct sf_tape_seg *seg, struct sf_merge_row *row)
{
    const struct sf_tape *tape = &merge->tape[place];
    const struct sf_tape_flow *flow = &tape->flow[seg->flow - 1];
    struct sf_numbers numbers = {.seq = seg->seq, .ack = seg->ack, .dir = seg->dir};
    struct sf_seen *seen = &row->seen;

    if (place == SF_PLACE_B) {
        numbers = sf_merge_numbers(tape, seg);
        if (flow->pair != 0) {
            flow = &merge->tape[SF_PLACE_A].flow[flow->pair - 1];
        }
    }
    *seen = (struct sf_seen){
        .at_ns = moment(merge, place, seg),
        .n = seg->n,
        .from = flow->end[numbers.dir],
        .to = flow->end[numbers.dir ^ 1U],
        .seq = {numbers.seq},
        .ack = {numbers.ack},
        .text_octets = seg->octets,
        .tsval = seg->tsval,
        .tsecr = seg->tsecr,
        .wnd = seg->wnd,
        .urg = seg->urg,
        .options = seg->options,
        .mss = seg->mss,
        .ip_id = seg->ip_id,
        .kind = SF_SEEN_SEGMENT,
        .flags = seg->flags,
        .wscale = seg->wscale,
        .hop_limit = seg->hop_limit,
        .traffic_class = seg->traffic_class,
        .sum = seg->sum,
        .whole = true,
        .numbers = true,
        .arrived = row->fate == SF_FATE_ARRIVED || row->fate == SF_FATE_MISSED,
        .died = row->fate == SF_FATE_DIED,
        .appeared = row->fate == SF_FATE_APPEARED,
    };
    if (seg->sack != 0) {
        const struct sf_tape_sack *sack = &tape->sack[seg->sack - 1];
        const uint32_t delta = numbers.ack - seg->ack;

        seen->n_sack = sack->n;
        for (unsigned i = 0; i < sack->n; i++) {
            seen->sack[i].left.v = sack->block[i].left.v + delta;
            seen->sack[i].right.v = sack->block[i].right.v + delta;
        }
    }
}

/* Which place a segment travels to. */
static uint8_t goal(const struct sf_merge *merge, unsigned place, const struct sf_tape_seg *seg)
{
    const struct sf_tape_flow *flow = &merge->tape[place].flow[seg->flow - 1];
    unsigned dir = seg->dir;

    if (place == SF_PLACE_B && flow->pair != 0) {
        dir ^= (unsigned)flow->turned;
        flow = &merge->tape[SF_PLACE_A].flow[flow->pair - 1];
    } else if (place == SF_PLACE_B) {
        return dir == 0 ? SF_PLACE_A : SF_PLACE_B; /* its client is on B's side */
    }
    return flow->to_b[dir] ? SF_PLACE_B : SF_PLACE_A;
}

static uint32_t pair_of(const struct sf_merge *merge, unsigned place,
                        const struct sf_tape_seg *seg)
{
    const uint32_t flow = seg->flow - 1;
    uint32_t low = 0;
    uint32_t high = merge->n_alone;

    if (place == SF_PLACE_A) {
        return flow;
    }
    if (merge->tape[SF_PLACE_B].flow[flow].pair != 0) {
        return merge->tape[SF_PLACE_B].flow[flow].pair - 1;
    }
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (merge->alone[middle] < flow) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return merge->tape[SF_PLACE_A].n_flows + low;
}

bool sf_merge_row(const struct sf_merge *merge, size_t i, struct sf_merge_row *row)
{
    unsigned place = SF_PLACE_A;
    const struct sf_tape_seg *seg = NULL;

    if (i >= merge->n) {
        return false;
    }
    place = merge->order[i].side;
    seg = &merge->tape[place].seg[merge->order[i].at - 1];
    *row = (struct sf_merge_row){
        .pair = pair_of(merge, place, seg), .fate = seg->fate, .to = goal(merge, place, seg)};
    describe(merge, place, seg, row);
    row->n[place] = seg->n;
    if (seg->match != 0) {
        const struct sf_tape_seg *other = &merge->tape[place ^ 1U].seg[seg->match - 1];
        const bool at_a = place == SF_PLACE_A;
        const int64_t took = sf_merge_transit(&merge->line, at_a ? seg : other,
                                              at_a ? other : seg, row->to == SF_PLACE_B);

        row->n[place ^ 1U] = other->n;
        row->transit_ns = took > 0 ? (uint64_t)took : 0;
        row->partly = seg->piece && seg->covered < seg->octets;
    }
    return true;
}
