/* SPDX-License-Identifier: MIT
 *
 * watch/followfar.c - the other end's states, from its own engine's trace.
 *
 *   the other engine's struct sf_trace_ring --> [followfar.c] --> ladder.c
 *
 * The ladder has the segments of this end's trace.  Of the other one only the states are taken:
 * after a segment arrived there, into that segment's row; any other change into what follows.
 */
#include <stdlib.h>
#include <string.h>

#include "synfin/tracetext.h"
#include "watch/follow.h"
#include "watch/ladder.h"
#include "wire/seg.h"

#define FAR_MOST 4096 /* of the other engine's records at a time */
#define LOOK     512  /* rows back to a segment that arrives */

/* One of the other engine's records of connections. */
struct sf_far {
    uint32_t id;
    struct sf_trace_ends ends;
};

static struct sf_far *find(const struct sf_watch *w, uint32_t id)
{
    for (size_t i = w->n_far; i-- > 0;) {
        if (w->far[i].id == id && id != 0) {
            return &w->far[i];
        }
    }
    return NULL;
}

static void on_begin(struct sf_watch *w, const struct sf_trace_record *r)
{
    struct sf_far *far = find(w, r->id);

    if (r->u.ends.remote_port == 0) {
        return; /* a listener */
    }
    if (far == NULL && w->far == NULL) {
        w->far = calloc(FAR_MOST, sizeof(*w->far));
    }
    if (far == NULL && w->far != NULL) {
        if (w->n_far == FAR_MOST) {
            memmove(w->far, w->far + 1, (FAR_MOST - 1) * sizeof(*w->far));
            w->n_far--;
        }
        far = &w->far[w->n_far++];
    }
    if (far != NULL) {
        *far = (struct sf_far){.id = r->id, .ends = r->u.ends};
    }
}

static bool is_at(const struct sf_endpoint *at, uint8_t family, const uint8_t octets[16],
                  uint16_t port)
{
    return at->port == port && at->addr.family == family &&
           memcmp(at->addr.octets, octets, sizeof(at->addr.octets)) == 0;
}

/* The newest ladder between these two. */
static struct sf_ladder *ladder_of(const struct sf_watch *w, const struct sf_trace_ends *ends)
{
    for (size_t i = w->n; i-- > 0;) {
        struct sf_ladder *l = w->ladders[i];

        if (is_at(&l->end[l->own].at, ends->family, ends->remote, ends->remote_port) &&
            is_at(&l->end[l->own ^ 1U].at, ends->family, ends->local, ends->local_port)) {
            return l;
        }
    }
    return NULL;
}

/* A segment of this end arrived there: its row has the state after it. */
static void on_arrival(struct sf_watch *w, struct sf_ladder *l, const struct sf_trace_record *r)
{
    size_t stop = l->n > LOOK ? l->n - LOOK : 0;

    for (size_t i = l->n; i-- > stop;) {
        const struct sf_row *row = &l->rows[i];

        if (row->kind == SF_ROW_SEGMENT && row->from == l->own &&
            row->u.seg.flags == r->u.seg.flags && row->u.seg.octets == r->u.seg.octets &&
            l->end[l->own].isn + (uint32_t)row->u.seg.seq == r->u.seg.seq) {
            w->arrived = l;
            w->arrived_row = i;
            w->arrived_ns = r->at_ns;
            return;
        }
    }
}

/* Its state now; of the row too whose segment arrived at this moment. */
static void tell(struct sf_watch *w, struct sf_ladder *l, const struct sf_trace_record *r)
{
    unsigned far = l->own ^ 1U;

    sf_ladder_tell(l, far, r->state);
    if (w->arrived == l && w->arrived_ns == r->at_ns && w->arrived_row < l->n) {
        l->rows[w->arrived_row].state[far] = r->state;
        l->rows[w->arrived_row].certainty[far] = SF_SEEN;
    }
}

/* A connection begins there; the SYN that made it came just before. */
static void on_begun(struct sf_watch *w, const struct sf_trace_record *r)
{
    struct sf_ladder *l = NULL;

    on_begin(w, r);
    l = ladder_of(w, &r->u.ends);
    if (l != NULL && r->u.ends.remote_port != 0) {
        if (w->far_syn.at_ns == r->at_ns) {
            on_arrival(w, l, &w->far_syn);
        }
        tell(w, l, r);
    }
}

static void on_record(struct sf_watch *w, const struct sf_trace_record *r)
{
    struct sf_far *far = find(w, r->id);
    struct sf_ladder *l = far != NULL ? ladder_of(w, &far->ends) : NULL;

    switch ((enum sf_trace_kind)r->kind) {
    case SF_TRACE_BEGIN:
        on_begun(w, r);
        break;
    case SF_TRACE_MOVE:
        if (far != NULL) {
            far->id = r->u.other;
        }
        break;
    case SF_TRACE_SEG_IN:
        if (l != NULL) {
            on_arrival(w, l, r);
            tell(w, l, r);
        } else {
            w->far_syn = *r;
        }
        break;
    case SF_TRACE_STATE:
    case SF_TRACE_SEG_OUT:
        if (l != NULL) {
            tell(w, l, r);
        }
        break;
    case SF_TRACE_TIMER:
    case SF_TRACE_LOSS:
    case SF_TRACE_WINDOW:
    case SF_TRACE_CALL:
        break;
    }
}

void sf_watch_feed_far(struct sf_watch *watch, const struct sf_trace_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        on_record(watch, &records[i]);
    }
}

/* One of two engines' next records. */
struct next {
    const struct sf_trace_ring *ring;
    uint64_t *at;
    struct sf_trace_record record;
    bool has;
};

static void advance(struct next *next)
{
    uint64_t missed = 0;

    next->has = sf_trace_drain(next->ring, next->at, &next->record, 1, &missed) == 1;
}

/* Of one moment: what arrives here left there before. */
static bool is_far_first(const struct next *near, const struct next *far)
{
    if (!near->has || !far->has) {
        return far->has;
    }
    return far->record.at_ns < near->record.at_ns ||
           (far->record.at_ns == near->record.at_ns && near->record.kind == SF_TRACE_SEG_IN);
}

void sf_watch_drain_both(struct sf_watch *watch, const struct sf_trace_ring *near,
                         const struct sf_trace_ring *far)
{
    struct next one = {.ring = near, .at = &watch->next};
    struct next other = {.ring = far, .at = &watch->next_far};

    advance(&one);
    advance(&other);
    while (one.has || other.has) {
        if (is_far_first(&one, &other)) {
            sf_watch_feed_far(watch, &other.record, 1);
            advance(&other);
        } else {
            sf_watch_feed(watch, &one.record, 1);
            advance(&one);
        }
    }
}
