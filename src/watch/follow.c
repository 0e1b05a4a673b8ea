/* SPDX-License-Identifier: MIT
 *
 * watch/follow.c - ladders from the engine's trace.
 *
 *   struct sf_trace_ring --> [follow.c] --> ladder.c
 *
 * A record names the engine's record of the connection, whose id changes when the connection
 * moves (synfin/trace.h); the ladder keeps the id that is in force.  The engine's own end tells
 * its states: a change that a segment caused belongs to the segment's row, one that a call
 * caused to the segment that leaves because of it, and any other one has a row of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "synfin/ladder.h"
#include "synfin/tracetext.h"
#include "watch/follow.h"
#include "watch/ladder.h"
#include "wire/seg.h"

#define LADDERS       64
#define ROWS          1024
#define DRAIN_AT_ONCE 64

enum sf_err sf_watch_open(const struct sf_watch_config *config, struct sf_watch **watch)
{
    struct sf_watch *w = calloc(1, sizeof(*w));
    size_t buckets = 16;

    *watch = NULL;
    if (w == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    if (config != NULL) {
        w->config = *config;
    }
    w->config.max_ladders = w->config.max_ladders != 0 ? w->config.max_ladders : LADDERS;
    w->config.max_rows = w->config.max_rows != 0 ? w->config.max_rows : ROWS;
    while (buckets < w->config.max_ladders) {
        buckets *= 2;
    }
    w->mask = buckets - 1;
    w->ladders = calloc(w->config.max_ladders, sizeof(struct sf_ladder *));
    w->buckets = calloc(buckets, sizeof(struct sf_ladder *));
    if (w->ladders == NULL || w->buckets == NULL) {
        free(w->ladders);
        free(w->buckets);
        free(w);
        return SF_ERR_NO_MEMORY;
    }
    *watch = w;
    return SF_OK;
}

void sf_watch_close(struct sf_watch *watch)
{
    if (watch == NULL) {
        return;
    }
    for (size_t i = 0; i < watch->n; i++) {
        sf_ladder_free(watch->ladders[i]);
        free(watch->ladders[i]);
    }
    free(watch->ladders);
    free(watch->buckets);
    free(watch->far);
    free(watch);
}

static struct sf_ladder **bucket(const struct sf_watch *w, uint32_t id)
{
    return &w->buckets[(id ^ id >> 16) & w->mask];
}

static struct sf_ladder *find(const struct sf_watch *w, uint32_t id)
{
    struct sf_ladder *l = *bucket(w, id);

    while (l != NULL && l->id != id) {
        l = l->chain;
    }
    return id != 0 ? l : NULL;
}

/* The ladder stays, but no record belongs to it any more. */
static void unbind(struct sf_watch *w, struct sf_ladder *l)
{
    struct sf_ladder **at = bucket(w, l->id);

    while (*at != NULL && *at != l) {
        at = &(*at)->chain;
    }
    if (*at == l) {
        *at = l->chain;
    }
    l->chain = NULL;
    l->id = 0;
}

static void bind(struct sf_watch *w, struct sf_ladder *l, uint32_t id)
{
    struct sf_ladder *old = find(w, id);

    if (old != NULL) {
        unbind(w, old);
    }
    l->id = id;
    l->chain = *bucket(w, id);
    *bucket(w, id) = l;
}

static void set_end(struct sf_ladder_end *end, const uint8_t octets[16], uint16_t port,
                    uint8_t family, const char *name)
{
    size_t n = name != NULL ? strlen(name) : 0;

    end->at.port = port;
    end->at.addr.family = family;
    memcpy(end->at.addr.octets, octets, sizeof(end->at.addr.octets));
    n = n < sizeof(end->name) ? n : sizeof(end->name) - 1;
    if (n > 0) {
        memcpy(end->name, name, n);
    }
}

static bool same_ends(const struct sf_ladder *l, const struct sf_trace_ends *ends)
{
    const struct sf_ladder_end *own = &l->end[l->own];
    const struct sf_ladder_end *far = &l->end[l->own ^ 1U];

    return own->at.port == ends->local_port && far->at.port == ends->remote_port &&
           own->at.addr.family == ends->family &&
           memcmp(own->at.addr.octets, ends->local, sizeof(ends->local)) == 0 &&
           memcmp(far->at.addr.octets, ends->remote, sizeof(ends->remote)) == 0;
}

static struct sf_ladder *new_ladder(struct sf_watch *w)
{
    struct sf_ladder *l = w->n < w->config.max_ladders ? malloc(sizeof(*l)) : NULL;

    if (l == NULL || !sf_ladder_init(l, w->config.max_rows)) {
        free(l);
        w->unfollowed++;
        return NULL;
    }
    w->ladders[w->n++] = l;
    return l;
}

static void on_segment(struct sf_ladder *l, const struct sf_trace_record *r);

static void on_begin(struct sf_watch *w, const struct sf_trace_record *r)
{
    const struct sf_trace_ends *ends = &r->u.ends;
    struct sf_ladder *l = find(w, r->id);
    bool took = w->has_syn && w->syn.at_ns == r->at_ns && ends->active == 0;

    if (ends->remote_port == 0) {
        return; /* a listener: its connections have ids of their own */
    }
    if (l != NULL && !l->done && same_ends(l, ends)) {
        return; /* known through an SF_TRACE_MOVE */
    }
    l = new_ladder(w);
    if (l == NULL) {
        return;
    }
    l->own = ends->active != 0 ? SF_CLIENT : SF_SERVER;
    set_end(&l->end[l->own], ends->local, ends->local_port, ends->family, w->config.local_name);
    set_end(&l->end[l->own ^ 1U], ends->remote, ends->remote_port, ends->family,
            w->config.remote_name);
    bind(w, l, r->id);
    sf_ladder_tell(l, l->own, r->state);
    if (took) {
        struct sf_ladder *old = find(w, w->syn.id);

        if (old != NULL && old != l) {
            sf_ladder_other(old, r->at_ns, SF_ROW_STATE)->u.event = SF_EV_REUSE;
            old->done = true;
        }
        w->has_syn = false;
        w->syn.state = r->state;
        on_segment(l, &w->syn);
    }
}

static void on_move(struct sf_watch *w, struct sf_ladder *l, uint32_t other)
{
    struct sf_ladder *begun = find(w, other);

    if (l->done || begun == l) {
        return;
    }
    unbind(w, l);
    if (begun != NULL && begun->n == 0) {
        sf_watch_forget(w, begun); /* the same connection, announced before the move */
    }
    bind(w, l, other);
}

/* Does such a change follow from a segment that arrived? */
static bool by_segment(uint8_t event)
{
    switch ((enum sf_event_kind)event) {
    case SF_EV_SYN:
    case SF_EV_SYN_ACK:
    case SF_EV_ACK_OF_SYN:
    case SF_EV_ACK_OF_FIN:
    case SF_EV_FIN:
    case SF_EV_FIN_ACKING:
    case SF_EV_RST:
    case SF_EV_COOKIE:
        return true;
    case SF_EV_OPEN_PASSIVE:
    case SF_EV_OPEN_ACTIVE:
    case SF_EV_FIN_SENT:
    case SF_EV_ABORT:
    case SF_EV_DELETE:
    case SF_EV_TIMEOUT:
    case SF_EV_ORPHANED:
    case SF_EV_2MSL:
    case SF_EV_UNREACHABLE:
    case SF_EV_REUSE:
    case SF_EV_RESTORE:
    case SF_EV_IMPORT:
        break;
    }
    return false;
}

static bool is_arrival(const struct sf_ladder *l, const struct sf_row *row, uint64_t at_ns)
{
    return row != NULL && row->kind == SF_ROW_SEGMENT && row->from != l->own &&
           row->at_ns + l->zero_ns == at_ns;
}

static void on_state(struct sf_ladder *l, const struct sf_trace_record *r)
{
    struct sf_row *last = sf_ladder_last(l);

    l->done = l->done || r->state == SF_CLOSED || r->what == SF_EV_REUSE;
    if (by_segment(r->what) && is_arrival(l, last, r->at_ns)) {
        sf_ladder_amend(l, l->own, r->state);
        return;
    }
    sf_ladder_tell(l, l->own, r->state);
    sf_ladder_other(l, r->at_ns, SF_ROW_STATE)->u.event = r->what;
}

/* Is the state of this row better told by the segment that follows it? */
static bool is_absorbed(const struct sf_ladder *l, const struct sf_row *row,
                        const struct sf_trace_record *r)
{
    bool now = row != NULL && row->at_ns + l->zero_ns == r->at_ns;

    if (row == NULL || row->kind != SF_ROW_STATE) {
        return false;
    }
    if (r->kind == SF_TRACE_SEG_IN) {
        return now && by_segment(row->u.event);
    }
    if (row->u.event == SF_EV_FIN_SENT || row->u.event == SF_EV_OPEN_ACTIVE) {
        return true;
    }
    return now && (r->u.seg.flags & SF_RST) != 0;
}

static void on_segment(struct sf_ladder *l, const struct sf_trace_record *r)
{
    struct sf_row *row = sf_ladder_last(l);
    bool in = r->kind == SF_TRACE_SEG_IN;
    bool absorbed = is_absorbed(l, row, r);

    if (absorbed) {
        sf_ladder_pop(l);
    } else if (in && is_arrival(l, row, r->at_ns) && row->state[l->own] != r->state) {
        /* The change came just before this segment's record, so it is this one's doing. */
        row->state[l->own] = r->state;
    }
    if (!in) {
        sf_ladder_tell(l, l->own, r->state);
    }
    row = sf_ladder_segment(l, r->at_ns, in ? sf_side_other(l->own) : (enum sf_side)l->own,
                            &r->u.seg);
    if (in) {
        row->u.seg.verdict = r->what;
        row->marks |= r->what != SF_PASS && r->what != SF_DROP_RESET ? SF_MARK_DROPPED : 0;
    } else if (l->timer != 0 && l->timer_ns == r->at_ns) {
        row->u.seg.timer = l->timer;
        row->marks |= l->timer == SF_TIMER_KEEPALIVE ? SF_MARK_KEEPALIVE : 0;
        l->timer = 0;
    }
}

/*
 * The RST of a connection whose record went with it carries no id.  Its number tells which of
 * those that ended at this very moment it is the last word of.
 */
static struct sf_ladder *ended_by(const struct sf_watch *w, const struct sf_trace_record *r)
{
    for (size_t i = w->n; i-- > 0;) {
        struct sf_ladder *l = w->ladders[i];
        const struct sf_row *last = sf_ladder_last(l);
        uint32_t number = r->u.seg.seq - l->end[l->own].isn;

        if (l->done && last != NULL && last->kind == SF_ROW_STATE &&
            last->at_ns + l->zero_ns == r->at_ns && number <= (uint64_t)l->next[l->own]) {
            return l;
        }
    }
    return NULL;
}

/* Three duplicates, or a partial acknowledgement, are evidence that a segment died. */
static void on_loss(struct sf_ladder *l, const struct sf_trace_record *r)
{
    const struct sf_ladder_end *own = &l->end[l->own];

    if (r->what == SF_LOSS_RTO) {
        return;
    }
    for (size_t i = l->n; i-- > 0;) {
        struct sf_row *row = &l->rows[i];
        uint32_t first = own->isn + (uint32_t)row->u.seg.seq;

        if (row->kind == SF_ROW_SEGMENT && row->from == l->own &&
            r->u.seg.seq - first < row->u.seg.octets) {
            row->marks |= SF_MARK_LOST;
            return;
        }
    }
}

static void on_call(struct sf_ladder *l, const struct sf_trace_record *r)
{
    struct sf_row *row = NULL;

    if (r->what != SF_CALL_SHUTDOWN && r->what != SF_CALL_CLOSE && r->what != SF_CALL_ABORT) {
        return; /* what the others do is seen in segments, and they are many */
    }
    if (l->done || l->state[l->own] == SF_TIME_WAIT ||
        (l->closing && r->what != SF_CALL_ABORT)) {
        return; /* only the handle is given back */
    }
    l->closing = true;
    row = sf_ladder_other(l, r->at_ns, SF_ROW_CALL);
    row->from = l->own;
    row->u.call = r->what;
}

static void on_record(struct sf_watch *w, struct sf_ladder *l, const struct sf_trace_record *r)
{
    switch ((enum sf_trace_kind)r->kind) {
    case SF_TRACE_BEGIN:
    case SF_TRACE_WINDOW:
        return;
    case SF_TRACE_MOVE:
        on_move(w, l, r->u.other);
        return;
    case SF_TRACE_STATE:
        on_state(l, r);
        return;
    case SF_TRACE_SEG_IN:
    case SF_TRACE_SEG_OUT:
        on_segment(l, r);
        return;
    case SF_TRACE_TIMER:
        l->timer = r->what;
        l->timer_ns = r->at_ns;
        return;
    case SF_TRACE_LOSS:
        on_loss(l, r);
        return;
    case SF_TRACE_CALL:
        on_call(l, r);
        return;
    }
}

/*
 * A SYN to a listener, or to a TIME_WAIT that it may take over, is traced before the record of
 * the connection that it begins: it waits for what comes next.
 */
static bool may_begin(const struct sf_ladder *l, const struct sf_trace_record *r)
{
    return r->kind == SF_TRACE_SEG_IN && (r->u.seg.flags & (SF_SYN | SF_ACK)) == SF_SYN &&
           (l == NULL || l->done || r->state == SF_TIME_WAIT);
}

/* The SYN that waits began nothing, so it belongs to whom it was sent. */
static void release_syn(struct sf_watch *w)
{
    struct sf_ladder *l = find(w, w->syn.id);

    if (w->has_syn && l != NULL) {
        on_segment(l, &w->syn);
    }
    w->has_syn = false;
}

static void feed_one(struct sf_watch *w, const struct sf_trace_record *r)
{
    struct sf_ladder *l = find(w, r->id);

    if (r->kind == SF_TRACE_BEGIN) {
        on_begin(w, r);
    }
    release_syn(w);
    if (r->id == 0 && r->kind == SF_TRACE_SEG_OUT && (r->u.seg.flags & SF_RST) != 0) {
        l = ended_by(w, r);
    }
    if (may_begin(l, r)) {
        w->syn = *r;
        w->has_syn = true;
    } else if (l != NULL) {
        on_record(w, l, r);
    }
}

void sf_watch_feed(struct sf_watch *watch, const struct sf_trace_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        feed_one(watch, &records[i]);
    }
}

static void on_missed(struct sf_watch *w, uint64_t at_ns, uint64_t missed)
{
    for (size_t i = 0; i < w->n; i++) {
        struct sf_ladder *l = w->ladders[i];

        if (!l->done && l->n > 0) {
            sf_ladder_other(l, at_ns, SF_ROW_MISSED)->u.missed = missed;
        }
    }
}

void sf_watch_drain(struct sf_watch *watch, const struct sf_trace_ring *ring)
{
    struct sf_trace_record records[DRAIN_AT_ONCE];
    uint64_t missed = 0;
    size_t n = 0;

    do {
        n = sf_trace_drain(ring, &watch->next, records, DRAIN_AT_ONCE, &missed);
        if (missed > 0 && n > 0) {
            on_missed(watch, records[0].at_ns, missed);
        }
        sf_watch_feed(watch, records, n);
    } while (n > 0);
}

size_t sf_watch_count(const struct sf_watch *watch)
{
    return watch->n;
}

struct sf_ladder *sf_watch_ladder(const struct sf_watch *watch, size_t i)
{
    return watch->ladders[i];
}

struct sf_ladder *sf_watch_done(const struct sf_watch *watch)
{
    for (size_t i = 0; i < watch->n; i++) {
        if (watch->ladders[i]->done) {
            return watch->ladders[i];
        }
    }
    return NULL;
}

void sf_watch_forget(struct sf_watch *watch, struct sf_ladder *ladder)
{
    size_t i = 0;

    while (i < watch->n && watch->ladders[i] != ladder) {
        i++;
    }
    if (i == watch->n) {
        return;
    }
    memmove(&watch->ladders[i], &watch->ladders[i + 1],
            (watch->n - i - 1) * sizeof(struct sf_ladder *));
    watch->n--;
    unbind(watch, ladder);
    sf_ladder_free(ladder);
    free(ladder);
}

uint64_t sf_watch_unfollowed(const struct sf_watch *watch)
{
    return watch->unfollowed;
}
