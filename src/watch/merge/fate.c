/* SPDX-License-Identifier: MIT
 *
 * watch/merge/fate.c - what became of each segment.
 *
 * Captured where it left and where it was to arrive: it arrived.  Where it left alone: it died
 * in between, unless the other place was not capturing, or its receiver acknowledged it, and
 * then the sniffer missed it.  Where it was to arrive alone: something in between made it, or
 * the first sniffer missed it.
 */
#include "watch/merge/tape.h"

#include <stdlib.h>

#include "base/seq.h"
#include "base/time.h"

#define MARGIN_NS (SF_NS_PER_S / 2) /* a segment may be so long under way */
#define LOOK_BACK 256u
#define TO_SEE    4096u /* pairs that are asked whether they have an address */

struct scene {
    struct sf_tape *a, *b;
    const struct sf_line *line;
    int64_t from[2];      /* since when each place is capturing, by A's clock */
    struct sf_mark *came; /* what arrived of one direction, by its first octet */
};

/* From when on a place is taken to have been capturing, by A's clock.  Its first segment tells,
 * unless it begins with an opening, as the other capture does: then it waited for it, and what
 * it lacks of SYNs before died on the way. */
static int64_t looks_from(const struct scene *s, bool at_b)
{
    const struct sf_tape *other = at_b ? s->a : s->b;
    const int64_t first =
        at_b ? sf_line_to_a(s->line, s->b->first_ns) : (int64_t)s->a->first_ns;

    for (uint32_t i = 0; i < other->n; i++) {
        const struct sf_tape_seg *seg = &other->seg[i];
        const int64_t at_ns = at_b ? (int64_t)seg->at_ns : sf_line_to_a(s->line, seg->at_ns);

        if ((seg->flags & SF_SYN) == 0 || at_ns >= first) {
            return at_ns < first - (int64_t)MARGIN_NS ? first : INT64_MIN;
        }
    }
    return INT64_MIN;
}

/* The last that came back to where a direction leaves from, by A's clock: after it, nothing
 * shows that they arrived. */
static int64_t last_answer(const struct scene *s, const struct sf_tape *from, uint32_t at,
                           unsigned dir)
{
    const bool is_b = from == s->b;
    int64_t last = INT64_MIN;

    for (uint32_t i = from->flow[at - 1].first; i != 0; i = from->seg[i - 1].next) {
        const struct sf_tape_seg *seg = &from->seg[i - 1];
        const unsigned its = is_b ? sf_merge_numbers(from, seg).dir : seg->dir;
        const int64_t at_ns = is_b ? sf_line_to_a(s->line, seg->at_ns) : (int64_t)seg->at_ns;

        last = its != dir && at_ns > last ? at_ns : last;
    }
    return last;
}

/* Was a place capturing then?  at_ns by A's clock. */
static bool was_looking(const struct scene *s, bool at_b, int64_t at_ns)
{
    const int64_t last = at_b ? sf_line_to_a(s->line, s->b->last_ns) : (int64_t)s->a->last_ns;

    return at_ns >= s->from[at_b] && at_ns <= last + (int64_t)MARGIN_NS;
}

static uint32_t length_of(const struct sf_tape_seg *seg)
{
    return seg->octets + ((seg->flags & SF_SYN) != 0) + ((seg->flags & SF_FIN) != 0);
}

/* Of a direction, as the place of arrival shows it: what came there, and the highest
 * acknowledgement that went back. */
struct arrived {
    size_t n;
    uint32_t base;
    sf_seq acked;
    bool any_ack;
};

static void gather(const struct scene *s, uint32_t at, bool at_b, unsigned dir,
                   struct arrived *arrived)
{
    const struct sf_tape *tape = at_b ? s->b : s->a;

    arrived->n = 0;
    arrived->any_ack = false;
    for (at = tape->flow[at - 1].first; at != 0; at = tape->seg[at - 1].next) {
        const struct sf_tape_seg *seg = &tape->seg[at - 1];
        struct sf_numbers numbers = {.seq = seg->seq, .ack = seg->ack, .dir = seg->dir};

        if (at_b) {
            numbers = sf_merge_numbers(tape, seg);
        }
        if (numbers.dir == dir) {
            s->came[arrived->n++] = (struct sf_mark){
                .hash = numbers.seq - arrived->base, .at = at, .side = length_of(seg)};
        } else if ((seg->flags & SF_ACK) != 0 &&
                   (!arrived->any_ack || sf_seq_after((sf_seq){numbers.ack}, arrived->acked))) {
            arrived->acked.v = numbers.ack;
            arrived->any_ack = true;
        }
    }
    sf_marks_sort(s->came, arrived->n);
}

/* Has any that arrived the octet? */
static bool has_octet(const struct scene *s, const struct arrived *arrived, uint64_t octet)
{
    size_t low = 0;
    size_t high = arrived->n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (s->came[middle].hash <= octet) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low; i > 0 && low - i < LOOK_BACK; i--) {
        if (s->came[i - 1].hash + s->came[i - 1].side > octet) {
            return true;
        }
    }
    return false;
}

/* One that left and is not found where it was to arrive. */
static uint8_t lost(const struct scene *s, const struct sf_tape_seg *seg,
                    const struct sf_numbers *numbers, const struct arrived *arrived)
{
    const uint32_t length = length_of(seg);
    const sf_seq end = {numbers->seq + length};

    if (length != 0 && arrived->any_ack && sf_seq_after_eq(arrived->acked, end) &&
        !has_octet(s, arrived, (uint32_t)(end.v - 1 - arrived->base))) {
        return SF_FATE_MISSED;
    }
    return SF_FATE_DIED;
}

static uint32_t base_of(const struct sf_tape_flow *flow, const struct sf_tape *a, unsigned dir)
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

/* One direction of a pair of connections. */
static void judge_way(const struct scene *s, uint32_t at, unsigned dir)
{
    const struct sf_tape_flow *flow = &s->a->flow[at - 1];
    const bool to_b = flow->to_b[dir];
    struct sf_tape *from = to_b ? s->a : s->b;
    struct sf_tape *to = to_b ? s->b : s->a;
    const uint32_t at_from = to_b ? at : flow->pair;
    const uint32_t at_to = to_b ? flow->pair : at;
    const int64_t answer = last_answer(s, from, at_from, dir);
    struct arrived arrived = {.base = base_of(flow, s->a, dir)};

    gather(s, at_to, to_b, dir, &arrived);
    for (uint32_t i = from->flow[at_from - 1].first; i != 0; i = from->seg[i - 1].next) {
        struct sf_tape_seg *seg = &from->seg[i - 1];
        struct sf_numbers numbers = {.seq = seg->seq, .ack = seg->ack, .dir = seg->dir};
        const int64_t at_ns = to_b ? (int64_t)seg->at_ns : sf_line_to_a(s->line, seg->at_ns);

        if (!to_b) {
            numbers = sf_merge_numbers(from, seg);
        }
        if (numbers.dir != dir) {
            continue;
        }
        if (seg->match != 0) {
            seg->fate = SF_FATE_ARRIVED;
        } else if (was_looking(s, to_b, at_ns) || at_ns > answer) {
            seg->fate = lost(s, seg, &numbers, &arrived);
        }
    }
    for (size_t i = 0; i < arrived.n; i++) {
        struct sf_tape_seg *seg = &to->seg[s->came[i].at - 1];
        const int64_t at_ns = to_b ? sf_line_to_a(s->line, seg->at_ns) : (int64_t)seg->at_ns;

        if (seg->match != 0) {
            seg->fate = SF_FATE_ARRIVED;
        } else if (was_looking(s, !to_b, at_ns)) {
            seg->fate = SF_FATE_APPEARED;
        }
    }
}

/* Does the other place see traffic of this address at all? */
static bool is_seen(const struct sf_tape *tape, const struct sf_addr *addr)
{
    bool found = false;

    for (uint32_t i = 0, seen = 0; i < tape->n_flows && seen < TO_SEE && !found; i++) {
        const struct sf_tape_flow *flow = &tape->flow[i];

        seen += flow->pair != 0;
        found = flow->pair != 0 && (sf_addr_equal(&flow->end[0].addr, addr) ||
                                    sf_addr_equal(&flow->end[1].addr, addr));
    }
    return found;
}

/* A connection that one place alone has captured: all of it died, if it begins with a SYN whose
 * way leads by the other place as that of others to the same server does. */
static void judge_alone(const struct scene *s, struct sf_tape *tape, uint32_t at)
{
    const bool at_b = tape == s->b;
    const struct sf_tape_flow *flow = &tape->flow[at - 1];

    if (!flow->isn_known[0] || flow->isn_known[1] || !is_seen(tape, &flow->end[1].addr)) {
        return;
    }
    for (uint32_t i = flow->first; i != 0; i = tape->seg[i - 1].next) {
        struct sf_tape_seg *seg = &tape->seg[i - 1];
        const int64_t at_ns = at_b ? sf_line_to_a(s->line, seg->at_ns) : (int64_t)seg->at_ns;

        if (seg->dir == 0 && was_looking(s, !at_b, at_ns)) {
            seg->fate = SF_FATE_DIED;
        }
    }
}

bool sf_merge_judge(struct sf_tape *a, struct sf_tape *b, const struct sf_line *line)
{
    const size_t most = a->n > b->n ? a->n : b->n;
    struct scene s = {
        .a = a, .b = b, .line = line, .came = malloc((most + 1) * sizeof(*s.came))};

    if (s.came == NULL) {
        return false;
    }
    s.from[SF_PLACE_A] = looks_from(&s, false);
    s.from[SF_PLACE_B] = looks_from(&s, true);
    for (uint32_t at = 1; at <= a->n_flows; at++) {
        if (a->flow[at - 1].pair == 0) {
            judge_alone(&s, a, at);
        } else {
            judge_way(&s, at, 0);
            judge_way(&s, at, 1);
        }
    }
    for (uint32_t at = 1; at <= b->n_flows; at++) {
        if (b->flow[at - 1].pair == 0) {
            judge_alone(&s, b, at);
        }
    }
    free(s.came);
    return true;
}
