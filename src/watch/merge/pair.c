/* SPDX-License-Identifier: MIT
 *
 * watch/merge/pair.c - which connection of one capture is which of the other.
 *
 * Where nothing changed the segments on their way they have the same numbers, timestamps and
 * text.  A NAT changes addresses and ports, and some add a constant to sequence numbers; the
 * timestamps and the text then still tell.  Each segment votes for the connections that have
 * one like it; where none can, the ends decide, and at last the look of the first few segments.
 */
#include "watch/merge/tape.h"

#include <stdlib.h>

enum {
    VOTERS = 256,   /* segments of a connection that vote */
    ALIKE_MOST = 8, /* what more segments than that have in common says nothing */
    CANDIDATES = 16,
    LOOK = 6, /* first segments that make the look */
    FLAGS = SF_FIN | SF_SYN | SF_RST | SF_ACK | SF_PSH,
};

/* What a segment is compared by. */
enum print {
    PRINT_NUMBERS = 0, /* with sequence numbers */
    PRINT_TELLING,     /* timestamps, text and shape alone */
    PRINTS
};

struct candidate {
    uint32_t flow;
    uint32_t votes;
    bool turned;
    bool has[2];
    uint32_t diff[2]; /* of sequence numbers, by our direction */
};

struct ballot {
    struct candidate candidate[CANDIDATES];
    unsigned n;
};

struct index {
    struct sf_mark *marks[PRINTS];
    size_t n[PRINTS];
};

/* Hash what a print is made of; 0: this segment tells nothing. */
static uint64_t print_of(const struct sf_tape *tape, const struct sf_tape_seg *seg,
                         enum print print)
{
    const uint32_t telling[] = {seg->flags & FLAGS, seg->octets,   seg->tsval, seg->tsecr,
                                seg->text,          seg->has_text, seg->seq,   seg->ack};
    const bool tells = (seg->options & SF_OPT_TS) != 0 || (seg->has_text && seg->octets >= 4);

    if (print == PRINT_TELLING && !tells) {
        return 0;
    }
    return sf_siphash13(&tape->key, telling,
                        print == PRINT_TELLING ? 6 * sizeof(uint32_t) : sizeof(telling)) |
           1;
}

static void drop_index(struct index *index)
{
    for (unsigned print = 0; print < PRINTS; print++) {
        free(index->marks[print]);
    }
}

static bool make_index(const struct sf_tape *tape, struct index *index)
{
    *index = (struct index){.n = {0}};
    for (unsigned print = 0; print < PRINTS; print++) {
        struct sf_mark *marks = malloc((tape->n + 1) * sizeof(*marks));

        index->marks[print] = marks;
        if (marks == NULL) {
            drop_index(index);
            return false;
        }
        for (uint32_t i = 0; i < tape->n; i++) {
            const uint64_t hash = print_of(tape, &tape->seg[i], (enum print)print);

            marks[index->n[print]] = (struct sf_mark){.hash = hash, .at = i + 1};
            index->n[print] += hash != 0;
        }
        sf_marks_sort(marks, index->n[print]);
    }
    return true;
}

static void vote(struct ballot *ballot, const struct sf_tape_seg *ours,
                 const struct sf_tape_seg *theirs)
{
    const bool turned = ours->dir != theirs->dir;
    struct candidate *c = ballot->candidate;
    unsigned i = 0;

    while (i < ballot->n && (c[i].flow != theirs->flow || c[i].turned != turned)) {
        i++;
    }
    if (i == CANDIDATES) {
        return;
    }
    if (i == ballot->n) {
        c[ballot->n++] = (struct candidate){.flow = theirs->flow, .turned = turned};
    }
    c[i].votes++;
    if (!c[i].has[ours->dir]) {
        c[i].has[ours->dir] = true;
        c[i].diff[ours->dir] = theirs->seq - ours->seq;
    }
}

/* Let one segment vote for all that have its print, unless too many do. */
static void vote_for_alike(const struct sf_tape_seg *seg, uint64_t hash,
                           const struct sf_tape *b, const struct sf_mark *marks, size_t n,
                           struct ballot *ballot)
{
    size_t found = hash == 0 ? n : sf_marks_find(marks, n, hash);

    if (found + ALIKE_MOST < n && marks[found + ALIKE_MOST].hash == hash) {
        return;
    }
    for (; found < n && marks[found].hash == hash; found++) {
        vote(ballot, seg, &b->seg[marks[found].at - 1]);
    }
}

/* Let one connection's segments vote by a print. */
static void poll_flow(const struct sf_tape *a, const struct sf_tape_flow *flow,
                      const struct sf_tape *b, const struct index *index, enum print print,
                      struct ballot *ballot)
{
    uint32_t at = flow->first;

    ballot->n = 0;
    for (unsigned i = 0; i < VOTERS && at != 0; i++) {
        const struct sf_tape_seg *seg = &a->seg[at - 1];

        vote_for_alike(seg, print_of(a, seg, print), b, index->marks[print], index->n[print],
                       ballot);
        at = seg->next;
    }
}

static bool same_end(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

static bool same_ends(const struct sf_tape_flow *a, const struct sf_tape_flow *b, bool turned)
{
    return same_end(&a->end[0], &b->end[turned]) && same_end(&a->end[1], &b->end[!turned]);
}

/* The one with most votes that is still free; of equals the one with the same ends. */
static const struct candidate *winner(const struct ballot *ballot,
                                      const struct sf_tape_flow *flow, const struct sf_tape *b)
{
    const struct candidate *best = NULL;
    uint64_t best_score = 0;

    for (unsigned i = 0; i < ballot->n; i++) {
        const struct candidate *c = &ballot->candidate[i];
        const struct sf_tape_flow *theirs = &b->flow[c->flow - 1];
        const uint64_t score = 2 * (uint64_t)c->votes + same_ends(flow, theirs, c->turned);

        if (theirs->pair == 0 && score > best_score) {
            best = c;
            best_score = score;
        }
    }
    return best;
}

/* Make a pair of them; from an ISN, or from what a segment showed, follows what was added. */
static void join(struct sf_tape *a, uint32_t at, struct sf_tape *b, const struct candidate *c)
{
    struct sf_tape_flow *ours = &a->flow[at - 1];
    struct sf_tape_flow *theirs = &b->flow[c->flow - 1];

    ours->pair = c->flow;
    ours->turned = c->turned;
    theirs->pair = at;
    theirs->turned = c->turned;
    for (unsigned dir = 0; dir < 2; dir++) {
        const unsigned other = dir ^ (unsigned)c->turned;

        if (ours->isn_known[dir] && theirs->isn_known[other]) {
            ours->delta[dir] = theirs->isn[other] - ours->isn[dir];
        } else {
            ours->delta[dir] = c->has[dir] ? c->diff[dir] : 0;
        }
        theirs->delta[other] = 0 - ours->delta[dir];
    }
}

static void pair_by_votes(struct sf_tape *a, struct sf_tape *b, const struct index *index,
                          enum print print)
{
    for (uint32_t at = 1; at <= a->n_flows; at++) {
        struct ballot ballot;
        const struct candidate *best = NULL;

        if (a->flow[at - 1].pair != 0) {
            continue;
        }
        poll_flow(a, &a->flow[at - 1], b, index, print, &ballot);
        best = winner(&ballot, &a->flow[at - 1], b);
        if (best != NULL) {
            join(a, at, b, best);
        }
    }
}

/* The first one of the other tape between the same ends that is still free; 0: none is. */
static uint32_t with_ends(const struct sf_tape_flow *flow, const struct sf_tape *b)
{
    const uint32_t bucket = sf_tape_bucket(b, &flow->end[0], &flow->end[1]);
    uint32_t found = 0;

    for (uint32_t at = b->bucket[bucket]; at != 0; at = b->flow[at - 1].chain) {
        const struct sf_tape_flow *theirs = &b->flow[at - 1];

        if (theirs->pair == 0 &&
            (same_ends(flow, theirs, false) || same_ends(flow, theirs, true))) {
            found = at; /* the last in the chain came first in time */
        }
    }
    return found;
}

/* The same ends, in the order of their incarnations. */
static void pair_by_ends(struct sf_tape *a, struct sf_tape *b)
{
    for (uint32_t at = 1; at <= a->n_flows; at++) {
        const struct sf_tape_flow *flow = &a->flow[at - 1];
        struct candidate c = {.flow = flow->pair == 0 ? with_ends(flow, b) : 0};

        if (c.flow != 0) {
            c.turned = !same_ends(flow, &b->flow[c.flow - 1], false);
            join(a, at, b, &c);
        }
    }
}

/* How the first segments look: who sent what flags and how much. */
static uint64_t look_of(const struct sf_tape *tape, const struct sf_tape_flow *flow)
{
    uint32_t look[LOOK * 3] = {0};
    uint32_t at = flow->first;

    for (size_t i = 0; i < LOOK && at != 0; i++) {
        const struct sf_tape_seg *seg = &tape->seg[at - 1];

        look[3 * i] = (seg->flags & FLAGS) | 1U << 8 | (uint32_t)seg->dir << 9;
        look[3 * i + 1] = seg->octets;
        look[3 * i + 2] = seg->mss;
        at = seg->next;
    }
    return sf_siphash13(&tape->key, look, sizeof(look));
}

/* Only what looks like no other, on either side, and of which an end kept its address. */
static bool pair_by_look(struct sf_tape *a, struct sf_tape *b)
{
    const size_t n = (size_t)a->n_flows + b->n_flows;
    struct sf_mark *marks = malloc((n + 1) * sizeof(*marks));
    size_t used = 0;

    if (marks == NULL) {
        return false;
    }
    for (uint32_t side = 0; side < 2; side++) {
        const struct sf_tape *tape = side == 0 ? a : b;

        for (uint32_t i = 0; i < tape->n_flows; i++) {
            const struct sf_tape_flow *flow = &tape->flow[i];

            marks[used] =
                (struct sf_mark){.hash = look_of(tape, flow), .at = i + 1, .side = side};
            used += flow->pair == 0 && flow->isn_known[0];
        }
    }
    sf_marks_sort(marks, used);
    for (size_t i = 0; i + 1 < used; i++) {
        const struct sf_mark *m = &marks[i];
        const bool alone =
            (i == 0 || m[-1].hash != m->hash) && (i + 2 == used || m[2].hash != m->hash);
        const struct candidate c = {.flow = m[1].at};

        if (alone && m[1].hash == m->hash && m[0].side == 0 && m[1].side == 1 &&
            (sf_addr_equal(&a->flow[m[0].at - 1].end[0].addr,
                           &b->flow[m[1].at - 1].end[0].addr) ||
             sf_addr_equal(&a->flow[m[0].at - 1].end[1].addr,
                           &b->flow[m[1].at - 1].end[1].addr))) {
            join(a, m[0].at, b, &c);
        }
    }
    free(marks);
    return true;
}

bool sf_merge_pair_flows(struct sf_tape *a, struct sf_tape *b)
{
    struct index index;

    if (!make_index(b, &index)) {
        return false;
    }
    pair_by_votes(a, b, &index, PRINT_NUMBERS);
    pair_by_ends(a, b);
    pair_by_votes(a, b, &index, PRINT_TELLING);
    drop_index(&index);
    return pair_by_look(a, b);
}
