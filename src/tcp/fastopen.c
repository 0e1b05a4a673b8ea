/* SPDX-License-Identifier: MIT
 *
 * tcp/fastopen.c - TCP Fast Open, the server's side (RFC 7413 s4.1.2, s4.2.2, s5.1).
 *
 *   listen.c -> [fastopen.c] -> child.c: a connection in SYN-RECEIVED, to accept at once
 *   output.c, embryo.c <- the cookie that a SYN,ACK gives away
 *
 * A cookie is a keyed hash of both addresses and of a count that goes up with every span of
 * fast_open_key; those of this span and of the one before are good.
 */
#include "tcp/fastopen.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/time.h"
#include "tcp/isn.h"
#include "tcp/output.h"
#include "tcp/tracing.h"

enum {
    COOKIE_OCTETS = 8,
    RESET_S = 60, /* how long a connection that was reset counts as pending */
};

static uint64_t cookie_of(const struct sf_tcp *t, const struct sf_tuple *tuple, uint64_t span)
{
    uint8_t octets[16 + 16 + 1 + 8];

    memcpy(octets, tuple->remote, 16);
    memcpy(octets + 16, tuple->local, 16);
    octets[32] = tuple->family;
    sf_put64(octets + 33, span);
    return sf_siphash24(&t->fast_open_key, octets, sizeof(octets));
}

static uint64_t span_at(const struct sf_tcp *t, sf_time now)
{
    return now.ns / t->cfg.fast_open_key.ns;
}

/* 0: not ours; 1: good; 2: good, but about to be too old. */
static int check(const struct sf_tcp *t, const struct sf_tuple *tuple, const struct sf_seg *seg,
                 sf_time now)
{
    uint64_t span = span_at(t, now);
    uint64_t cookie = 0;

    if (seg->fast_open_octets != COOKIE_OCTETS) {
        return 0;
    }
    cookie = sf_get64(seg->fast_open);
    if (cookie == cookie_of(t, tuple, span)) {
        return 1;
    }
    return span != 0 && cookie == cookie_of(t, tuple, span - 1) ? 2 : 0;
}

uint8_t sf_fast_open_owed(const struct sf_tcp *t, uint32_t listener,
                          const struct sf_tuple *tuple, const struct sf_seg *seg, sf_time now)
{
    if (sf_listener_at(t, listener)->fast_open == 0 || (seg->options & SF_OPT_FAST_OPEN) == 0 ||
        check(t, tuple, seg, now) == 1) {
        return 0;
    }
    return (uint8_t)(1 + seg->fast_open_form);
}

void sf_fast_open_give(struct sf_tcp *t, const struct sf_tuple *tuple, uint8_t owed,
                       struct sf_seg *seg, sf_time now)
{
    if (owed == 0) {
        return;
    }
    sf_put64(t->fast_open_cookie, cookie_of(t, tuple, span_at(t, now)));
    seg->options |= SF_OPT_FAST_OPEN;
    seg->fast_open = t->fast_open_cookie;
    seg->fast_open_octets = COOKIE_OCTETS;
    seg->fast_open_form = (uint8_t)(owed - 1);
    t->counters.fast_open_cookies++;
}

/* One more may be open before its handshake is. */
static bool has_room(const struct sf_tcp *t, struct sf_listener *l, sf_time now)
{
    uint32_t second = (uint32_t)(now.ns / SF_NS_PER_S);

    if (l->fast_open_resets != 0 && second - l->fast_open_reset_s >= RESET_S) {
        l->fast_open_pending -= l->fast_open_resets;
        l->fast_open_resets = 0;
    }
    return l->fast_open_pending < l->fast_open && t->conns.in_use < t->conns.capacity &&
           t->works.in_use < t->works.capacity && t->sents.in_use < t->sents.capacity;
}

/* The text that rides on the SYN.  A FIN beside it comes again: SYN-RECEIVED has no arrow for
 * it that does not lose the handshake. */
static void take_text(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                      const struct sf_seg *seg, sf_time now)
{
    struct sf_seg rest = *seg;

    rest.seq = sf_seq_add(seg->seq, 1);
    rest.flags = (uint8_t)(seg->flags & ~(SF_SYN | SF_FIN));
    (void)sf_text_take(t, c, &rest, now);
    /* SYN,ACK, which is owed anyhow, acknowledges it. */
    w->unacked = 0;
    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_DELACK, c->work));
    c->flags &= (uint16_t)~SF_CF_ACK_NOW;
    c->last_ack_sent = c->rcv_nxt;
}

/* The connection, with its SYN,ACK registered as a transmission that is to go out. */
static struct sf_conn *begin(struct sf_tcp *t, const struct sf_embryo *e,
                             const struct sf_seg *seg, sf_time now)
{
    struct sf_conn *c = sf_child_new(t, e, now);
    struct sf_work *w = NULL;

    SF_ASSERT(c != NULL); /* has_room() */
    w = sf_conn_wake(t, c, now);
    SF_ASSERT(w != NULL);
    w->lost_first = sf_sent_add(t, w, c->iss, 0, SF_SENT_SYN | SF_SENT_LOST);
    w->since_us = sf_time_us32(now);
    w->pending_at = e->listener;
    w->pending_generation = sf_listener_at(t, e->listener)->generation;
    /* The window of a SYN is never scaled (RFC 7323 s2.2). */
    c->snd_wnd = seg->wnd;
    c->max_snd_wnd = seg->wnd;
    c->snd_wl1 = seg->seq;
    c->snd_wl2 = c->iss;
    c->state = SF_LISTEN; /* the state that it comes of */
    sf_trace_begin(t, sf_conn_id(t, c), SF_LISTEN, &c->tuple, false, now);
    sf_conn_apply(t, c, SF_EV_SYN, now);
    sf_conn_owe(t, c);
    return c;
}

bool sf_fast_open_accept(struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                         const struct sf_seg *seg, sf_time now)
{
    struct sf_listener *l = sf_listener_at(t, listener);
    struct sf_embryo e = {
        .listener = listener, .tuple = *tuple, .iss = sf_isn(t, tuple, now), .irs = seg->seq};
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    int good = 0;

    if (seg->fast_open_octets == 0) {
        return false;
    }
    good = check(t, tuple, seg, now);
    if (good == 0 || !has_room(t, l, now)) {
        t->counters.fast_open_refused++;
        return false;
    }
    sf_embryo_options(t, &e, seg);
    c = begin(t, &e, seg, now);
    w = sf_conn_work(t, c);
    SF_ASSERT(w != NULL);
    w->fast_open = good == 2 ? (uint8_t)(1 + seg->fast_open_form) : 0;
    l->fast_open_pending++;
    t->counters.fast_open_accepted++;
    take_text(t, c, w, seg, now);
    sf_listener_tell(t, listener);
    return true;
}

void sf_fast_open_settled(struct sf_tcp *t, struct sf_work *w, bool reset, sf_time now)
{
    struct sf_listener *l = NULL;

    if (w->pending_at == 0) {
        return;
    }
    l = sf_listener_at(t, w->pending_at);
    if (l->syn_limit != 0 && l->generation == w->pending_generation) {
        if (reset) {
            l->fast_open_resets++;
            l->fast_open_reset_s = (uint32_t)(now.ns / SF_NS_PER_S);
        } else {
            l->fast_open_pending--;
        }
    }
    w->pending_at = 0;
}
