/* SPDX-License-Identifier: MIT
 *
 * watch/merge/pieces.c - segments that were cut or joined between the places.
 *
 * A sender's capture shows what it handed to its device, up to 64 KiB and more, a receiver's
 * what its device put together; on the line they were of one MSS.  So what has no match by its
 * numbers may have one octet by octet.
 */
#include "watch/merge/tape.h"

#include <math.h>
#include <stdlib.h>

#define SLACK_NS  1e6
#define LOOK_BACK 512u /* segments that begin before an octet and may reach it */

/* One connection, one direction. */
struct way {
    struct sf_tape *a, *b;
    const struct sf_line *line;
    double typical_ns;
    bool to_b;
    uint32_t base; /* numbers are counted from here, so that they do not wrap */
    struct sf_mark *sent;
    size_t n_sent;
    struct sf_mark *came;
    size_t n_came;
};

static struct sf_tape_seg *seg_sent(const struct way *w, size_t i)
{
    return &(w->to_b ? w->a : w->b)->seg[w->sent[i].at - 1];
}

static struct sf_tape_seg *seg_came(const struct way *w, size_t i)
{
    return &(w->to_b ? w->b : w->a)->seg[w->came[i].at - 1];
}

/* Unmatched segments with text, by their first octet. */
static size_t gather(const struct sf_tape *tape, uint32_t at, bool is_b, unsigned dir,
                     uint32_t base, struct sf_mark *marks)
{
    size_t n = 0;

    for (at = tape->flow[at - 1].first; at != 0; at = tape->seg[at - 1].next) {
        const struct sf_tape_seg *seg = &tape->seg[at - 1];
        struct sf_numbers numbers = {.seq = seg->seq, .dir = seg->dir};

        if (is_b) {
            numbers = sf_merge_numbers(tape, seg);
        }
        if (seg->match == 0 && seg->octets != 0 && numbers.dir == dir) {
            marks[n++] = (struct sf_mark){.hash = numbers.seq - base, .at = at};
        }
    }
    sf_marks_sort(marks, n);
    return n;
}

/* How many begin at or before an octet. */
static size_t beginning_by(const struct way *w, uint64_t octet)
{
    size_t low = 0;
    size_t high = w->n_sent;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (w->sent[middle].hash <= octet) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static double took(const struct way *w, size_t sent, const struct sf_tape_seg *came)
{
    const struct sf_tape_seg *s = seg_sent(w, sent);

    return (double)(w->to_b ? sf_merge_transit(w->line, s, came, true)
                            : sf_merge_transit(w->line, came, s, false));
}

/* Which one that was sent brought an octet of what came; n_sent: none. */
static size_t bringer(const struct way *w, const struct sf_tape_seg *came, uint64_t octet)
{
    const size_t by = beginning_by(w, octet);
    size_t best = w->n_sent;
    double best_off = 0;

    for (size_t i = by; i > 0 && by - i < LOOK_BACK; i--) {
        const double transit = took(w, i - 1, came);
        const double off = fabs(transit - w->typical_ns);

        if (w->sent[i - 1].hash + seg_sent(w, i - 1)->octets > octet && transit >= -SLACK_NS &&
            (best == w->n_sent || off < best_off)) {
            best = i - 1;
            best_off = off;
        }
    }
    return best;
}

static void give(const struct way *w, size_t sent, size_t came, uint64_t octets)
{
    struct sf_tape_seg *s = seg_sent(w, sent);
    struct sf_tape_seg *c = seg_came(w, came);

    s->match = s->match != 0 ? s->match : w->came[came].at;
    c->match = c->match != 0 ? c->match : w->sent[sent].at;
    s->piece = true;
    c->piece = true;
    s->covered += (uint32_t)octets;
}

/* Find who brought what came, from its first octet to its last. */
static void bring(const struct way *w, size_t came)
{
    const struct sf_tape_seg *c = seg_came(w, came);
    const uint64_t end = w->came[came].hash + c->octets;
    uint64_t octet = w->came[came].hash;

    while (octet < end) {
        const size_t sent = bringer(w, c, octet);
        const size_t next = beginning_by(w, octet);
        uint64_t until = next < w->n_sent ? w->sent[next].hash : end;

        if (sent < w->n_sent) {
            until = w->sent[sent].hash + seg_sent(w, sent)->octets;
            until = until < end ? until : end;
            give(w, sent, came, until - octet);
        }
        octet = until;
    }
}

/* A number before all others of a direction. */
static uint32_t base_of(const struct sf_tape *a, const struct sf_tape_flow *flow, unsigned dir)
{
    uint32_t at = flow->first;

    if (flow->isn_known[dir]) {
        return flow->isn[dir];
    }
    while (at != 0 && a->seg[at - 1].dir != dir) {
        at = a->seg[at - 1].next;
    }
    return at != 0 ? a->seg[at - 1].seq - (UINT32_C(1) << 30) : 0;
}

static void match_way(struct way *w, uint32_t at, unsigned dir)
{
    const struct sf_tape_flow *flow = &w->a->flow[at - 1];
    struct sf_mark *of_a = w->sent;
    struct sf_mark *of_b = w->came;
    size_t n_a = 0;
    size_t n_b = 0;

    w->to_b = flow->to_b[dir];
    w->base = base_of(w->a, flow, dir);
    n_a = gather(w->a, at, false, dir, w->base, of_a);
    n_b = gather(w->b, flow->pair, true, dir, w->base, of_b);
    w->sent = w->to_b ? of_a : of_b;
    w->came = w->to_b ? of_b : of_a;
    w->n_sent = w->to_b ? n_a : n_b;
    w->n_came = w->to_b ? n_b : n_a;
    for (size_t i = 0; i < w->n_came && w->n_sent != 0; i++) {
        bring(w, i);
    }
    w->sent = of_a;
    w->came = of_b;
}

bool sf_merge_match_pieces(struct sf_tape *a, struct sf_tape *b, const struct sf_line *line)
{
    struct sf_transit transit;
    struct way w = {.a = a, .b = b, .line = line};

    sf_merge_typical(a, b, line, &transit);
    w.sent = malloc(((size_t)a->n + 1) * sizeof(*w.sent));
    w.came = malloc(((size_t)b->n + 1) * sizeof(*w.came));
    for (uint32_t at = 1; at <= a->n_flows && w.sent != NULL && w.came != NULL; at++) {
        for (unsigned dir = 0; dir < 2 && a->flow[at - 1].pair != 0; dir++) {
            w.typical_ns = transit.typical_ns[a->flow[at - 1].to_b[dir]][1];
            match_way(&w, at, dir);
        }
    }
    const bool fine = w.sent != NULL && w.came != NULL;

    free(w.sent);
    free(w.came);
    return fine;
}
