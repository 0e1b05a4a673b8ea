/* SPDX-License-Identifier: MIT
 *
 * tcp/cookie.c - a SYN answered without a record, which the third segment brings back
 * (RFC 4987 s3.6).
 *
 *   listen.c -> [cookie.c] -> reply.c: SYN,ACK whose ISS is the cookie
 *                    `-> child.c: a connection, made of an ACK that brings it back
 *
 * ISS = IRS + f(tuple) + (count << 24) + ((g(tuple, IRS, count) + class of MSS) mod 2^24)
 *
 * f and g are keyed, so that a stranger guesses right once in 2^28; the count goes up every
 * SF_COOKIE_TICK_S, and with it g becomes another function.  As the peer's ISN is in it, ISS
 * moves on with it as RFC 6528 wants for one tuple.
 *
 * What else the peer's SYN offered goes into the low six bits of TSval, if it sent
 * timestamps: they come back in TSecr.  Without timestamps there is neither window scale nor
 * SACK.
 */
#include "tcp/cookie.h"

#include "base/bytes.h"
#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/flows.h"
#include "tcp/isn.h"
#include "tcp/reply.h"
#include "tcp/tracing.h"

/* Classes of MSS, of which the largest that does not exceed the peer's is taken: what
 * RFC 9293 s3.7.1 and RFC 8200 assume, tunnels, ethernet over IPv6 and IPv4, large frames.  A
 * peer with less than the first gets no cookie. */
static const uint16_t classes[] = {64, 536, 1220, 1300, 1400, 1440, 1460, 8940};

enum {
    CLASSES = sizeof(classes) / sizeof(classes[0]),
    COUNT_SHIFT = 24, /* below it: the keyed part and the class */
    HASH_MASK = (1 << COUNT_SHIFT) - 1,
    AGES = 2, /* counts that a cookie is good for */

    /* The low bits of TSval. */
    TS_BITS = 6,
    TS_MASK = (1 << TS_BITS) - 1,
    TS_WSCALE = 0x0f,
    TS_NO_WSCALE = 0x0f, /* above 14, which is the largest there is (RFC 7323 s2.3) */
    TS_SACK = 0x10,
};

static uint32_t count_at(sf_time now)
{
    return (uint32_t)(now.ns / SF_NS_PER_S / SF_COOKIE_TICK_S);
}

/* f, and the part of ISS that is seen. */
static uint32_t base(const struct sf_tcp *t, const struct sf_tuple *tuple, sf_seq irs)
{
    uint8_t octets[SF_FLOW_KEY_MAX];
    uint32_t n = sf_flow_key(tuple, octets);

    return irs.v + (uint32_t)sf_siphash24(&t->cookie_key, octets, n);
}

/* g */
static uint32_t keyed(const struct sf_tcp *t, const struct sf_tuple *tuple, sf_seq irs,
                      uint32_t count)
{
    uint8_t octets[SF_FLOW_KEY_MAX + 8];
    uint32_t n = sf_flow_key(tuple, octets);

    sf_put32(octets + n, irs.v);
    sf_put32(octets + n + 4, count);
    return (uint32_t)sf_siphash24(&t->cookie_key, octets, n + 8);
}

/* The class of an MSS, or CLASSES if it is below all. */
static uint32_t class_of(uint16_t mss)
{
    uint32_t found = CLASSES;

    for (uint32_t i = 0; i < CLASSES && classes[i] <= mss; i++) {
        found = i;
    }
    return found;
}

/* TSval with what the peer's SYN offered in its low bits, and not ahead of the clock: what
 * follows must not be older (RFC 7323 s5.4). */
static uint32_t tsval_of(const struct sf_tcp *t, const struct sf_embryo *e, sf_time now)
{
    uint32_t clock = sf_ts_clock(now) + sf_ts_offset(t, &e->tuple);
    uint32_t bits = (e->flags & SF_EF_WSCALE) != 0 ? e->snd_wscale : TS_NO_WSCALE;
    uint32_t tsval = 0;

    bits |= (e->flags & SF_EF_SACK) != 0 ? TS_SACK : 0;
    tsval = (clock & ~(uint32_t)TS_MASK) | bits;
    return (int32_t)(tsval - clock) > 0 ? tsval - (TS_MASK + 1) : tsval;
}

/* And back, into a record that lasts for the call. */
static void read_tsval(const struct sf_tcp *t, struct sf_embryo *e, uint32_t tsval)
{
    uint8_t wscale = tsval & TS_WSCALE;

    e->flags |= SF_EF_TS;
    if (wscale != TS_NO_WSCALE) {
        e->flags |= SF_EF_WSCALE;
        e->snd_wscale = wscale;
        e->rcv_wscale = sf_embryo_wscale(t, e);
    }
    if ((tsval & TS_SACK) != 0) {
        e->flags |= SF_EF_SACK;
    }
}

bool sf_cookie_answer(struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                      const struct sf_seg *seg, sf_time now)
{
    struct sf_embryo e = {.listener = listener, .tuple = *tuple, .irs = seg->seq};
    uint32_t count = count_at(now);
    struct sf_reply reply = {
        .tuple = *tuple,
        .ack = sf_seq_add(seg->seq, 1),
        .flags = SF_SYN | SF_ACK,
        .id = sf_timer_id(SF_ID_LISTENER, listener),
    };
    uint32_t class = CLASSES;

    sf_embryo_options(t, &e, seg);
    class = class_of(e.mss_peer);
    if (class == CLASSES) {
        return false;
    }
    reply.seq.v = base(t, tuple, seg->seq) + (count << COUNT_SHIFT) +
                  ((keyed(t, tuple, seg->seq, count) + class) & HASH_MASK);
    if ((e.flags & SF_EF_TS) != 0) {
        reply.has_ts = 1;
        reply.tsval = tsval_of(t, &e, now);
        reply.tsecr = e.ts_recent;
    }
    sf_choice_reply(t, sf_listener_at(t, listener)->choice, &reply);
    if (!sf_reply_put(t, &reply)) {
        return false;
    }
    sf_listener_at(t, listener)->cookie_s = (uint32_t)(now.ns / SF_NS_PER_S) + 1;
    t->counters.cookies_sent++;
    return true;
}

bool sf_cookie_syn_ack(const struct sf_tcp *t, const struct sf_reply *reply, struct sf_seg *seg)
{
    struct sf_embryo e = {
        .listener = sf_timer_index(reply->id),
        .tuple = reply->tuple,
        .iss = reply->seq,
        .irs = sf_seq_sub(reply->ack, 1),
        .ts_recent = reply->tsecr,
    };

    if (sf_listener_at(t, e.listener)->syn_limit == 0) {
        return false;
    }
    if (reply->has_ts != 0) {
        read_tsval(t, &e, reply->tsval);
    }
    sf_embryo_build(t, &e, seg, reply->tsval);
    return true;
}

/* Has the listener sent a cookie so lately that one may come back? */
static bool in_use(const struct sf_listener *l, sf_time now)
{
    uint32_t second = (uint32_t)(now.ns / SF_NS_PER_S) + 1;

    return l->cookie_s != 0 && second - l->cookie_s <= AGES * SF_COOKIE_TICK_S;
}

/* The cookie in an ACK; writes the peer's MSS. */
static bool is_valid(const struct sf_tcp *t, struct sf_embryo *e, sf_time now)
{
    uint32_t rest = e->iss.v - base(t, &e->tuple, e->irs);
    uint32_t now_count = count_at(now);

    for (uint32_t age = 0; age < AGES; age++) {
        uint32_t count = now_count - age;
        uint32_t class = 0;

        if ((count ^ rest >> COUNT_SHIFT) << COUNT_SHIFT != 0) {
            continue;
        }
        class = (rest - keyed(t, &e->tuple, e->irs, count)) & HASH_MASK;
        if (class < CLASSES) {
            e->mss_peer = classes[class];
            return true;
        }
    }
    return false;
}

/* TSecr is a TSval of ours, no older than a cookie may be and not of the future. */
static bool echo_is_ours(const struct sf_tcp *t, const struct sf_tuple *tuple, uint32_t tsecr,
                         sf_time now)
{
    uint32_t age_ms = sf_ts_clock(now) + sf_ts_offset(t, tuple) - tsecr;

    return age_ms <= AGES * SF_COOKIE_TICK_S * UINT32_C(1000) + TS_MASK + 1;
}

/* Was this sent behind a segment that would bring a cookie back, and has come before it?  Only
 * what begins at IRS + 1 shows the cookie.  Text further on, a FIN, or the answer to a SYN,ACK
 * that came twice gets a RST as any acknowledgement in LISTEN does (RFC 9293 s3.10.7.2), which
 * would kill a connection whose third segment, and the first text with it, was lost or
 * overtaken.  So it is dropped in silence if it may be such a one; the peer repeats what is
 * missing.  IRS is unknown then, but for being less than a first window away: the count can be
 * read and the rest cannot, unless the echo of a timestamp tells.  What else has an
 * acknowledgement, from before a restart perhaps, passes once in 128 times without
 * timestamps, and hardly ever with them. */
static bool may_follow(const struct sf_tcp *t, const struct sf_embryo *e,
                       const struct sf_seg *seg, sf_time now)
{
    uint32_t near = e->iss.v - base(t, &e->tuple, e->irs) + 1;
    uint32_t far = near - 1 + sf_embryo_window(t, e);
    bool counts = false;

    for (uint32_t age = 0; age < AGES; age++) {
        uint32_t count = count_at(now) - age;

        counts = counts || ((count ^ near >> COUNT_SHIFT) << COUNT_SHIFT == 0) ||
                 ((count ^ far >> COUNT_SHIFT) << COUNT_SHIFT == 0);
    }
    return counts && ((seg->options & SF_OPT_TS) == 0 || t->cfg.timestamps == 0 ||
                      echo_is_ours(t, &e->tuple, seg->tsecr, now));
}

/* The record that a SYN would have made, as far as the cookie knows of it. */
static bool rebuild(const struct sf_tcp *t, struct sf_embryo *e, const struct sf_seg *seg,
                    sf_time now)
{
    if (!is_valid(t, e, now)) {
        return false;
    }
    if ((seg->options & SF_OPT_TS) == 0 || t->cfg.timestamps == 0) {
        return true;
    }
    if (!echo_is_ours(t, &e->tuple, seg->tsecr, now)) {
        return false;
    }
    read_tsval(t, e, seg->tsecr);
    e->ts_recent = seg->tsval;
    return true;
}

/* LISTEN to ESTABLISHED in one step; then the segment is read as any other. */
static enum sf_verdict opens(struct sf_tcp *t, const struct sf_embryo *e,
                             const struct sf_seg *seg, sf_time now)
{
    uint32_t listener = e->listener;
    struct sf_conn *c = sf_child_new(t, e, now);
    enum sf_verdict why = SF_PASS;

    if (c == NULL) {
        return SF_DROP_NO_MEMORY;
    }
    c->state = SF_LISTEN; /* the state that it comes of */
    sf_trace_begin(t, sf_conn_id(t, c), SF_LISTEN, &c->tuple, false, now);
    c->snd_una = c->snd_nxt;
    c->snd_wnd = sf_conn_seg_wnd(c, seg);
    c->max_snd_wnd = c->snd_wnd;
    c->snd_wl1 = seg->seq;
    c->snd_wl2 = seg->ack;
    sf_conn_apply(t, c, SF_EV_COOKIE, now);
    t->counters.cookies_opened++;
    why = sf_input(t, c, seg, now);
    sf_listener_tell(t, listener);
    return why;
}

enum sf_verdict sf_cookie_input(struct sf_tcp *t, uint32_t listener,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now)
{
    const struct sf_listener *l = sf_listener_at(t, listener);
    struct sf_embryo e = {
        .listener = listener,
        .tuple = *tuple,
        .iss = sf_seq_sub(seg->ack, 1),
        .irs = sf_seq_sub(seg->seq, 1),
    };

    if ((seg->flags & SF_SYN) != 0 || !in_use(l, now)) {
        sf_reply_reset(t, l->choice, tuple, seg, now);
        return SF_DROP_LISTEN;
    }
    if (!rebuild(t, &e, seg, now)) {
        if (!may_follow(t, &e, seg, now)) {
            sf_reply_reset(t, l->choice, tuple, seg, now);
        }
        return SF_DROP_COOKIE;
    }
    if (sf_listener_full(l)) {
        /* Without a RST the client repeats its text, and comes in when there is room. */
        t->counters.accept_overflows++;
        sf_listener_overflow(t, listener, (enum sf_overflow)l->accept_overflow, tuple, seg,
                             now);
        return SF_DROP_ACCEPT_QUEUE;
    }
    return opens(t, &e, seg, now);
}
