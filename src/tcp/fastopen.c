/* SPDX-License-Identifier: MIT
 *
 * tcp/fastopen.c - TCP Fast Open, the server's side (RFC 7413 s4.1.2, s4.2.2, s5.1).
 *
 *   listen.c -> [fastopen.c] -> child.c: a connection in SYN-RECEIVED, to accept at once
 *   output.c, embryo.c <- the cookie that a SYN,ACK gives away
 *
 * A cookie is a keyed hash of both addresses and of a count that goes up with every span of
 * fast_open_key; those of this span and of the one before are good.  With keys that were set,
 * it is one of the addresses alone, as Linux makes it; those of the second key are good.
 */
#include "tcp/fastopen.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/time.h"
#include "tcp/isn.h"
#include "tcp/output.h"
#include "tcp/tracing.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"
#include "tcp/window.h"

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

/* The one of a key that was set, as its octets lie on the wire. */
static uint64_t cookie_with(const struct sf_sipkey *key, const struct sf_tuple *tuple)
{
    size_t octets = tuple->family == SF_IPV4 ? 4 : 16;
    uint8_t both[16 + 16];

    memcpy(both, tuple->remote, octets);
    memcpy(both + octets, tuple->local, octets);
    return __builtin_bswap64(sf_siphash24(key, both, 2 * octets));
}

/* Which keys count, if any are set. */
static const struct sf_fo_keys *keys_of(const struct sf_tcp *t, uint32_t listener)
{
    const struct sf_listener *l = listener != 0 ? sf_listener_at(t, listener) : NULL;

    return l != NULL && l->fast_open_keys.n != 0 ? &l->fast_open_keys : &t->fo_keys;
}

/* The cookie that is given away, or with age 1 the one before it; false: there is none. */
static bool cookie_at(const struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                      uint32_t age, uint64_t *cookie, sf_time now)
{
    const struct sf_fo_keys *keys = keys_of(t, listener);
    uint64_t span = now.ns / t->cfg.fast_open_key.ns;

    if (keys->n != 0 ? age >= keys->n : age > span) {
        return false;
    }
    *cookie =
        keys->n != 0 ? cookie_with(&keys->key[age], tuple) : cookie_of(t, tuple, span - age);
    return true;
}

/* 0: not ours; 1: good; 2: good, but about to be too old. */
static int check(const struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                 const struct sf_seg *seg, sf_time now)
{
    uint64_t cookie = 0;

    if ((seg->options & SF_OPT_FAST_OPEN) == 0 || seg->fast_open_octets != COOKIE_OCTETS) {
        return 0;
    }
    for (uint32_t age = 0; age < 2; age++) {
        if (cookie_at(t, listener, tuple, age, &cookie, now) &&
            cookie == sf_get64(seg->fast_open)) {
            return (int)age + 1;
        }
    }
    return 0;
}

enum sf_err sf_user_fast_open_keys(struct sf_tcp *t, struct sf_handle listener,
                                   const uint8_t (*keys)[SF_FAST_OPEN_KEY], size_t n)
{
    struct sf_fo_keys *to = &t->fo_keys;
    struct sf_listener *l = NULL;

    if (listener.index != 0 || listener.generation != 0) {
        enum sf_err err = sf_handle_listener(t, listener, &l);

        if (err != SF_OK) {
            return err;
        }
        to = &l->fast_open_keys;
    }
    if (n > SF_FAST_OPEN_KEYS) {
        return SF_ERR_INVAL;
    }
    to->n = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        to->key[i] = sf_sipkey_from(keys[i]);
    }
    return SF_OK;
}

uint8_t sf_fast_open_owed(const struct sf_tcp *t, uint32_t listener,
                          const struct sf_tuple *tuple, const struct sf_seg *seg, sf_time now)
{
    if (sf_listener_at(t, listener)->fast_open == 0 || (seg->options & SF_OPT_FAST_OPEN) == 0 ||
        check(t, listener, tuple, seg, now) == 1) {
        return 0;
    }
    return (uint8_t)(1 + seg->fast_open_form);
}

uint32_t sf_fast_open_listener(const struct sf_tcp *t, const struct sf_work *w)
{
    const struct sf_listener *l = w->pending_at != 0 ? sf_listener_at(t, w->pending_at) : NULL;
    bool lives = l != NULL && l->syn_limit != 0 && l->generation == w->pending_generation;

    return lives ? w->pending_at : 0;
}

void sf_fast_open_give(struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                       uint8_t owed, struct sf_seg *seg, sf_time now)
{
    uint64_t cookie = 0;

    if (owed == 0 || !cookie_at(t, listener, tuple, 0, &cookie, now)) {
        return;
    }
    sf_put64(t->fast_open_cookie, cookie);
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
    c->fast_open = sf_seq_after(c->rcv_nxt, rest.seq);
    /* SYN,ACK, which is owed anyhow, acknowledges it. */
    w->unacked = 0;
    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_DELACK, c->work));
    c->flags &= (uint16_t)~SF_CF_ACK_NOW;
    c->last_ack_sent = c->rcv_nxt;
    /* It is the first to offer a window: what the buffer still has room for. */
    c->rcv_adv = sf_seq_add(c->rcv_nxt,
                            sf_window_first(t, c->rcvbuf - sf_seq_span(rest.seq, c->rcv_nxt)));
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
    w->active_ms = sf_time_ms32(now);
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

    if (l->fast_open_no_cookie != 0 && seg->text_octets != 0) {
        good = 1;
    } else if (seg->fast_open_octets == 0) {
        return false;
    } else {
        good = check(t, listener, tuple, seg, now);
    }
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
    uint32_t listener = sf_fast_open_listener(t, w);

    if (listener != 0) {
        struct sf_listener *l = sf_listener_at(t, listener);

        if (reset) {
            l->fast_open_resets++;
            l->fast_open_reset_s = (uint32_t)(now.ns / SF_NS_PER_S);
        } else {
            l->fast_open_pending--;
        }
    }
    w->pending_at = 0;
}
