/* SPDX-License-Identifier: MIT
 *
 * watch/merge/tape.c - see tape.h.
 */
#include "watch/merge/tape.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_HASHED 64u /* octets of text that tell segments apart */
#define BUCKETS     65536u

bool sf_tape_init(struct sf_tape *tape, const struct sf_sipkey *key)
{
    *tape = (struct sf_tape){.key = *key, .mask = BUCKETS - 1};
    tape->bucket = calloc(BUCKETS, sizeof(*tape->bucket));
    return tape->bucket != NULL;
}

void sf_tape_free(struct sf_tape *tape)
{
    free(tape->seg);
    free(tape->flow);
    free(tape->sack);
    free(tape->bucket);
    *tape = (struct sf_tape){.n = 0};
}

/* Room for one more of n; the array, moved perhaps, or null. */
static void *grow(void *array, uint32_t n, uint32_t *room, size_t octets)
{
    const uint32_t more = *room == 0 ? 1024 : *room * 2;
    void *moved = NULL;

    if (n < *room) {
        return array;
    }
    moved = realloc(array, more * octets);
    if (moved != NULL) {
        *room = more;
    }
    return moved;
}

static int order(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    const int by_addr = memcmp(a->addr.octets, b->addr.octets, sizeof(a->addr.octets));

    return by_addr != 0 ? by_addr : (int)a->port - (int)b->port;
}

static bool same(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

uint32_t sf_tape_bucket(const struct sf_tape *tape, const struct sf_endpoint *a,
                        const struct sf_endpoint *b)
{
    uint8_t ends[36];
    const bool turn = order(a, b) > 0;
    const struct sf_endpoint *low = turn ? b : a;
    const struct sf_endpoint *high = turn ? a : b;

    memcpy(ends, low->addr.octets, 16);
    memcpy(ends + 16, high->addr.octets, 16);
    sf_put16(ends + 32, low->port);
    sf_put16(ends + 34, high->port);
    return (uint32_t)sf_siphash13(&tape->key, ends, sizeof(ends)) & tape->mask;
}

/* A SYN with another number than before begins another connection, if the one that there is has
 * ended or never was; else somebody forged it, or asks whether the other end is still there. */
static bool is_another(const struct sf_tape_flow *flow, const struct sf_seen *seen)
{
    const unsigned dir = same(&seen->from, &flow->end[0]) ? 0 : 1;
    const bool ended = flow->reset || (flow->fin[0] && flow->fin[1]);

    if ((seen->flags & (SF_SYN | SF_ACK)) != SF_SYN ||
        (flow->isn_known[dir] && seen->seq.v == flow->isn[dir])) {
        return false;
    }
    return ended || (flow->isn_known[dir] && !flow->sent[dir ^ 1U]);
}

/* What a segment tells of its connection. */
static void note(struct sf_tape_flow *flow, const struct sf_tape_seg *seg)
{
    if ((seg->flags & SF_SYN) != 0 && !flow->isn_known[seg->dir]) {
        flow->isn[seg->dir] = seg->seq;
        flow->isn_known[seg->dir] = true;
    }
    flow->sent[seg->dir] = true;
    flow->fin[seg->dir] = flow->fin[seg->dir] || (seg->flags & SF_FIN) != 0;
    flow->reset = flow->reset || (seg->flags & SF_RST) != 0;
}

static uint32_t add_flow(struct sf_tape *tape, const struct sf_seen *seen, uint32_t bucket)
{
    struct sf_tape_flow *flows =
        grow(tape->flow, tape->n_flows, &tape->room_flows, sizeof(*flows));
    /* A SYN,ACK comes from who did not send the SYN. */
    const bool answer = (seen->flags & (SF_SYN | SF_ACK)) == (SF_SYN | SF_ACK);

    if (flows == NULL) {
        return 0;
    }
    tape->flow = flows;
    flows[tape->n_flows] = (struct sf_tape_flow){
        .end = {answer ? seen->to : seen->from, answer ? seen->from : seen->to},
        .chain = tape->bucket[bucket],
    };
    tape->bucket[bucket] = ++tape->n_flows;
    return tape->n_flows;
}

/* The connection of a segment, from 1; 0: memory ended. */
static uint32_t flow_of(struct sf_tape *tape, const struct sf_seen *seen)
{
    const uint32_t bucket = sf_tape_bucket(tape, &seen->from, &seen->to);

    for (uint32_t at = tape->bucket[bucket]; at != 0; at = tape->flow[at - 1].chain) {
        const struct sf_tape_flow *flow = &tape->flow[at - 1];
        const bool there = same(&seen->from, &flow->end[0]) && same(&seen->to, &flow->end[1]);

        if (there || (same(&seen->from, &flow->end[1]) && same(&seen->to, &flow->end[0]))) {
            /* The last incarnation comes first in the chain. */
            return is_another(flow, seen) ? add_flow(tape, seen, bucket) : at;
        }
    }
    return add_flow(tape, seen, bucket);
}

static uint32_t add_sack(struct sf_tape *tape, const struct sf_seen *seen)
{
    struct sf_tape_sack *sacks =
        grow(tape->sack, tape->n_sacks, &tape->room_sacks, sizeof(*sacks));

    if (sacks == NULL) {
        return 0;
    }
    tape->sack = sacks;
    sacks[tape->n_sacks].n = seen->n_sack;
    memcpy(sacks[tape->n_sacks].block, seen->sack, sizeof(seen->sack));
    return ++tape->n_sacks;
}

static void fill(struct sf_tape *tape, const struct sf_seen *seen, struct sf_tape_seg *seg)
{
    const uint32_t hashed =
        seen->text_captured < TEXT_HASHED ? seen->text_captured : TEXT_HASHED;

    *seg = (struct sf_tape_seg){
        .at_ns = seen->at_ns,
        .n = (uint32_t)seen->n,
        .seq = seen->seq.v,
        .ack = seen->ack.v,
        .octets = seen->text_octets,
        .tsval = (seen->options & SF_OPT_TS) != 0 ? seen->tsval : 0,
        .tsecr = (seen->options & SF_OPT_TS) != 0 ? seen->tsecr : 0,
        .wnd = seen->wnd,
        .options = seen->options,
        .mss = (seen->options & SF_OPT_MSS) != 0 ? seen->mss : 0,
        .wscale = (seen->options & SF_OPT_WSCALE) != 0 ? seen->wscale : 0,
        .ip_id = seen->ip_id,
        .urg = seen->urg,
        .flags = seen->flags,
        .hop_limit = seen->hop_limit,
        .traffic_class = seen->traffic_class,
        .sum = seen->sum,
        /* The places may have kept more or less of it. */
        .has_text = seen->text_octets > 0 &&
                    (hashed == TEXT_HASHED || seen->text_captured == seen->text_octets),
    };
    if (seg->has_text) {
        seg->text = (uint32_t)sf_siphash13(&tape->key, seen->text, hashed);
    }
    seg->sack = seen->n_sack > 0 ? add_sack(tape, seen) : 0;
}

bool sf_tape_take(struct sf_tape *tape, const struct sf_seen *seen)
{
    struct sf_tape_seg *segs = grow(tape->seg, tape->n, &tape->room, sizeof(*segs));
    struct sf_tape_flow *flow = NULL;
    uint32_t at = 0;

    if (segs == NULL) {
        return false;
    }
    tape->seg = segs;
    if (tape->n >= SF_MERGE_MOST) {
        return false;
    }
    at = flow_of(tape, seen);
    if (at == 0) {
        return false;
    }
    flow = &tape->flow[at - 1];
    fill(tape, seen, &segs[tape->n]);
    segs[tape->n].flow = at;
    segs[tape->n].dir = same(&seen->from, &flow->end[0]) ? 0 : 1;
    tape->first_ns =
        tape->n == 0 || seen->at_ns < tape->first_ns ? seen->at_ns : tape->first_ns;
    tape->last_ns = seen->at_ns > tape->last_ns ? seen->at_ns : tape->last_ns;
    note(flow, &segs[tape->n]);
    tape->n++;
    flow->segments++;
    if (flow->last != 0) {
        segs[flow->last - 1].next = tape->n;
    } else {
        flow->first = tape->n;
    }
    flow->last = tape->n;
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct sf_mark *x = a;
    const struct sf_mark *y = b;

    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    if (x->side != y->side) {
        return x->side < y->side ? -1 : 1;
    }
    return x->at < y->at ? -1 : x->at > y->at;
}

void sf_marks_sort(struct sf_mark *marks, size_t n)
{
    if (n > 1) {
        qsort(marks, n, sizeof(*marks), compare);
    }
}

size_t sf_marks_find(const struct sf_mark *marks, size_t n, uint64_t hash)
{
    size_t low = 0;
    size_t high = n;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (marks[middle].hash < hash) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < n && marks[low].hash == hash ? low : n;
}
