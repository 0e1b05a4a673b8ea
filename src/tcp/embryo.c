/* SPDX-License-Identifier: MIT
 *
 * tcp/embryo.c - SYN-RECEIVED of a passive open, in a record of its own (RFC 9293
 * s3.10.7.4 as far as it concerns that state; RFC 4987 s3.3 for the record).
 *
 *   listen.c -> [embryo.c] -> a connection on the accept queue -> input.c
 *
 * Text or a FIN that rides on the SYN is not kept: it is not acknowledged either, so the
 * peer sends it again (docs/adr/0005).
 */
#include "tcp/listen.h"

#include "base/assert.h"
#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/fastopen.h"
#include "tcp/flows.h"
#include "tcp/isn.h"
#include "tcp/pmtu.h"
#include "tcp/reply.h"
#include "tcp/rtt.h"
#include "tcp/timewait.h"
#include "tcp/tracing.h"
#include "tcp/uto.h"
#include "tcp/window.h"

static uint32_t embryo_id(uint32_t embryo)
{
    return sf_timer_id(SF_ID_EMBRYO, embryo);
}

uint32_t sf_embryo_window(const struct sf_tcp *t, const struct sf_embryo *e)
{
    uint32_t rcvbuf = sf_listener_at(t, e->listener)->rcvbuf;

    return sf_window_first(t, rcvbuf);
}

uint8_t sf_embryo_wscale(const struct sf_tcp *t, const struct sf_embryo *e)
{
    return sf_window_scale(t, sf_listener_at(t, e->listener)->rcvbuf);
}

void sf_embryo_options(const struct sf_tcp *t, struct sf_embryo *e, const struct sf_seg *seg)
{
    e->mss_peer = e->tuple.family == SF_IPV4 ? SF_MSS_DEFAULT_4 : SF_MSS_DEFAULT_6;
    if ((seg->options & SF_OPT_MSS) != 0 && seg->mss != 0) {
        e->mss_peer = seg->mss;
    }
    if (sf_choice_at(t, sf_listener_at(t, e->listener)->choice)->plain != 0) {
        return;
    }
    if ((seg->options & SF_OPT_WSCALE) != 0 && t->cfg.window_scaling != 0) {
        e->flags |= SF_EF_WSCALE;
        e->snd_wscale = seg->wscale > 14 ? 14 : seg->wscale; /* RFC 7323 s2.3 */
        e->rcv_wscale = sf_embryo_wscale(t, e);
    }
    if ((seg->options & SF_OPT_TS) != 0 && t->cfg.timestamps != 0) {
        e->flags |= SF_EF_TS;
        e->ts_recent = seg->tsval;
    }
    if ((seg->options & SF_OPT_SACK_OK) != 0 && t->cfg.sack != 0) {
        e->flags |= SF_EF_SACK;
    }
    e->peer_uto = sf_uto_said(t, seg);
}

static void arm(struct sf_tcp *t, uint32_t embryo, sf_time now)
{
    const struct sf_embryo *e = sf_embryo_at(t, embryo);
    uint64_t slop = e->retries != 0 ? t->cfg.rto_slop.ns : 0;
    uint64_t span = (t->cfg.rto_initial.ns << e->retries) + slop;

    span = span < t->cfg.rto_max.ns ? span : t->cfg.rto_max.ns;
    sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_EMBRYO, embryo), sf_time_add(now, SF_NS(span)));
}

enum sf_verdict sf_embryo_new(struct sf_tcp *t, uint32_t listener, uint32_t tw,
                              const struct sf_tuple *tuple, const struct sf_seg *seg,
                              sf_time now)
{
    struct sf_listener *l = sf_listener_at(t, listener);
    uint32_t index = sf_pool_take(&t->embryos);
    struct sf_embryo *e = NULL;
    uint32_t generation = 0;
    sf_seq iss = sf_isn(t, tuple, now);

    if (index == 0) {
        t->counters.refused_by_limit++;
        return SF_DROP_NO_MEMORY;
    }
    if (tw != 0) {
        struct sf_tw_view view;

        /* RFC 6191 s2, RFC 1122 s4.2.2.13: above all that the old connection sent. */
        sf_tw_view(t, tw, &view, now);
        if (!sf_seq_after(iss, view.snd_nxt)) {
            iss = sf_seq_add(view.snd_nxt, 65536);
        }
        sf_tw_suspend(t, tw);
        t->counters.time_waits_reused++;
    }
    e = sf_embryo_at(t, index);
    generation = e->generation + 1;
    *e = (struct sf_embryo){
        .generation = generation,
        .listener = listener,
        .tuple = *tuple,
        .wnd = seg->wnd,
        .iss = iss,
        .irs = seg->seq,
        .tw = tw,
        .flags = tw != 0 ? SF_EF_REUSE : 0,
    };
    sf_embryo_options(t, e, seg);
    e->fast_open = sf_fast_open_owed(t, listener, tuple, seg, now);
    sf_flow_insert(t, embryo_id(index));
    sf_list_push_tail(&l->embryos, &t->embryos, offsetof(struct sf_embryo, list), index);
    sf_trace_begin(t, embryo_id(index), SF_LISTEN, tuple, false, now);
    sf_trace_state(t, embryo_id(index), SF_LISTEN, SF_EV_SYN, SF_SYN_RECEIVED, now);
    if (l->policy == SF_SYN_ASK) {
        e->flags |= SF_EF_WAITS;
        l->ask = 1;
        sf_listener_tell(t, listener);
    } else {
        sf_embryo_owe(t, index);
    }
    arm(t, index, now);
    return SF_PASS;
}

void sf_embryo_owe(struct sf_tcp *t, uint32_t embryo)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);
    struct sf_reply reply = {
        .tuple = e->tuple, .seq = {e->generation}, .id = embryo_id(embryo)};

    sf_choice_reply(t, sf_listener_at(t, e->listener)->choice, &reply);
    if (e->owed == 0 && sf_reply_put(t, &reply)) {
        e->owed = 1;
    }
}

void sf_embryo_build(const struct sf_tcp *t, const struct sf_embryo *e, struct sf_seg *seg,
                     uint32_t tsval)
{
    uint32_t choice = sf_listener_at(t, e->listener)->choice;

    *seg = (struct sf_seg){
        .seq = e->iss,
        .ack = sf_seq_add(e->irs, 1),
        .flags = SF_SYN | SF_ACK,
        .wnd = (uint16_t)sf_embryo_window(t, e),
        .options = sf_choice_at(t, choice)->plain != 0 ? 0 : SF_OPT_MSS,
        .mss = sf_choice_mss(t, choice, e->tuple.family),
    };
    sf_uto_put(t, choice, seg);
    if ((e->flags & SF_EF_WSCALE) != 0) {
        seg->options |= SF_OPT_WSCALE;
        seg->wscale = e->rcv_wscale;
    }
    if ((e->flags & SF_EF_SACK) != 0) {
        seg->options |= SF_OPT_SACK_OK;
    }
    if ((e->flags & SF_EF_TS) != 0) {
        seg->options |= SF_OPT_TS;
        seg->tsval = tsval;
        seg->tsecr = e->ts_recent;
    }
}

void sf_embryo_syn_ack(struct sf_tcp *t, uint32_t embryo, struct sf_seg *seg, sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);

    e->owed = 0;
    if (e->sent_us != 0) {
        e->flags |= SF_EF_RESENT;
    } else {
        uint32_t now_us = sf_time_us32(now);

        e->sent_us = now_us != 0 ? now_us : 1; /* 0 is never */
    }
    sf_embryo_build(t, e, seg, sf_ts_clock(now) + sf_ts_offset(t, &e->tuple));
    /* Not again: somebody on the way may have dropped it for the option. */
    sf_fast_open_give(t, e->listener, &e->tuple, e->fast_open, seg, now);
    e->fast_open = 0;
}

/* Off its queue and its timer, out of the pool; not out of the flow table. */
static void free_embryo(struct sf_tcp *t, uint32_t embryo)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);

    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_EMBRYO, embryo));
    sf_list_remove(&sf_listener_at(t, e->listener)->embryos, &t->embryos,
                   offsetof(struct sf_embryo, list), embryo);
    e->generation++;
    sf_pool_put(&t->embryos, embryo);
}

void sf_embryo_end(struct sf_tcp *t, uint32_t embryo, enum sf_event_kind event, sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);
    struct sf_tuple tuple = e->tuple;
    uint32_t tw = e->tw;
    int to = sf_state_next(SF_SYN_RECEIVED, event);

    SF_ASSERT(to == SF_CLOSED);
    sf_flow_remove(t, embryo_id(embryo));
    sf_trace_state(t, embryo_id(embryo), SF_SYN_RECEIVED, event, SF_CLOSED, now);
    free_embryo(t, embryo);
    /* MAY-2: the old record comes back if the reuse came to nothing. */
    if (tw != 0 && sf_tw_restore(t, tw, &tuple)) {
        sf_trace_state(t, tw, SF_SYN_RECEIVED, SF_EV_RESTORE, SF_TIME_WAIT, now);
    }
}

enum sf_verdict sf_embryo_too_big(struct sf_tcp *t, uint32_t embryo, uint32_t mtu)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);
    uint32_t headers = e->tuple.family == SF_IPV4 ? 40 : 60;
    uint32_t in_use = e->mss_peer + headers < t->cfg.mtu ? e->mss_peer + headers : t->cfg.mtu;

    mtu = sf_pmtu_claim((enum sf_family)e->tuple.family, mtu, in_use);
    if (mtu == 0) {
        return SF_DROP_ICMP;
    }
    e->mss_peer = (uint16_t)(mtu - headers);
    return SF_PASS;
}

void sf_embryo_expire(struct sf_tcp *t, uint32_t embryo, sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);

    if (e->retries >= t->cfg.synack_retries) {
        sf_embryo_end(t, embryo, SF_EV_TIMEOUT, now);
        return;
    }
    /* Who has answered already has not lost it: deferred, it is asked again. */
    e->retries = (uint8_t)(e->retries + ((e->flags & SF_EF_DEFERRED) == 0));
    e->flags &= (uint8_t)~SF_EF_DEFERRED;
    if ((e->flags & SF_EF_WAITS) == 0) {
        sf_trace_note(t, embryo_id(embryo), SF_TRACE_TIMER, SF_SYN_RECEIVED, SF_TIMER_SYN_ACK,
                      e->retries, 0, now);
        t->counters.retransmitted++;
        sf_embryo_owe(t, embryo);
    }
    arm(t, embryo, now);
}

/* The acknowledgement that a segment in SYN-RECEIVED is answered with. */
static void answer_ack(struct sf_tcp *t, const struct sf_embryo *e, uint32_t embryo,
                       sf_time now)
{
    struct sf_reply reply = {
        .tuple = e->tuple,
        .seq = sf_seq_add(e->iss, 1),
        .ack = sf_seq_add(e->irs, 1),
        .wnd = (uint16_t)(sf_embryo_window(t, e) >> e->rcv_wscale),
        .flags = SF_ACK,
        .id = embryo_id(embryo),
    };

    sf_choice_reply(t, sf_listener_at(t, e->listener)->choice, &reply);
    if ((e->flags & SF_EF_TS) != 0) {
        reply.has_ts = 1;
        reply.tsval = sf_ts_clock(now) + sf_ts_offset(t, &e->tuple);
        reply.tsecr = e->ts_recent;
    }
    (void)sf_reply_put(t, &reply);
}

/* The same for a segment that is refused, and its verdict. */
static enum sf_verdict refuse(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                              enum sf_verdict why, sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);

    if (!sf_refusal_allowed(&e->refused_ms, seg, now)) {
        return SF_DROP_LIMITED;
    }
    answer_ack(t, e, embryo, now);
    return why;
}

/* The third segment: the embryo becomes a connection, in the same place of the table. */
static struct sf_conn *promote(struct sf_tcp *t, uint32_t embryo, sf_time now)
{
    struct sf_embryo old = *sf_embryo_at(t, embryo);
    struct sf_conn *c = NULL;

    if (t->conns.in_use == t->conns.capacity) {
        t->counters.refused_by_limit++;
        return NULL;
    }
    sf_flow_remove(t, embryo_id(embryo));
    c = sf_child_new(t, &old, now);
    sf_trace_move(t, embryo_id(embryo), sf_conn_id(t, c), now);
    free_embryo(t, embryo);
    if (old.tw != 0) {
        sf_tw_forget(t, old.tw, &old.tuple);
    }
    c->state = SF_SYN_RECEIVED; /* the state of the record that it was */
    c->delivered = 1;           /* SYN,ACK */
    return c;
}

/* When the listener stops waiting for text to accept with. */
static sf_time deferred_until(const struct sf_tcp *t, const struct sf_embryo *e, sf_time now)
{
    uint32_t defer_us = sf_listener_at(t, e->listener)->defer_ms * 1000;
    uint32_t age_us = sf_time_us32(now) - e->sent_us;

    /* sent_us is never 0: once in 71 minutes it lies a microsecond ahead. */
    age_us = age_us <= INT32_MAX ? age_us : 0;
    return sf_time_add(now, SF_US(age_us < defer_us ? defer_us - age_us : 0));
}

/* Does the handshake, complete with this segment, wait for text?  Then the record waits for
 * it in silence; when the time is over SYN,ACK goes out once more, and whatever answers it is
 * taken. */
static bool defers(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg, sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);
    sf_time until = {0};

    if (sf_listener_at(t, e->listener)->defer_ms == 0 || e->sent_us == 0 ||
        seg->text_octets != 0 || (seg->flags & (SF_SYN | SF_FIN)) != 0) {
        return false;
    }
    until = deferred_until(t, e, now);
    if (!sf_time_before(now, until)) {
        return false;
    }
    if ((e->flags & SF_EF_DEFERRED) == 0) {
        /* The first text is no answer to SYN,ACK: no round trip is measured with it. */
        e->flags |= SF_EF_DEFERRED | SF_EF_RESENT;
        sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_EMBRYO, embryo), until);
    }
    return true;
}

/* The fifth check in SYN-RECEIVED, and on to ESTABLISHED. */
static enum sf_verdict opens(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                             sf_time now)
{
    const struct sf_embryo *e = sf_embryo_at(t, embryo);
    const struct sf_listener *l = sf_listener_at(t, e->listener);
    uint32_t listener = e->listener;
    struct sf_tuple tuple = e->tuple;
    struct sf_seg rest = *seg;
    struct sf_conn *c = NULL;
    enum sf_verdict why = SF_PASS;

    if (!sf_seq_eq(seg->ack, sf_seq_add(e->iss, 1))) {
        sf_reply_reset(t, sf_listener_at(t, e->listener)->choice, &e->tuple, seg, now);
        return SF_DROP_ACK_BAD_SYN;
    }
    if (defers(t, embryo, seg, now)) {
        return SF_PASS;
    }
    if (sf_listener_full(l)) {
        t->counters.accept_overflows++;
        if (l->accept_overflow == SF_OVERFLOW_RESET) {
            sf_embryo_end(t, embryo, SF_EV_ABORT, now);
        }
        sf_listener_overflow(t, listener, (enum sf_overflow)l->accept_overflow, &tuple, seg,
                             now);
        return SF_DROP_ACCEPT_QUEUE;
    }
    c = promote(t, embryo, now);
    if (c == NULL) {
        return SF_DROP_NO_MEMORY;
    }
    if ((rest.flags & SF_SYN) != 0) {
        /* The other half of a simultaneous open: its SYN was read already. */
        rest.flags = (uint8_t)(rest.flags & ~SF_SYN);
        rest.seq = sf_seq_add(rest.seq, 1);
        rest.wnd = (uint16_t)(rest.wnd >> c->snd_wscale); /* as if it were no SYN's */
        c->flags |= SF_CF_ACK_NOW;
        sf_conn_owe(t, c);
    }
    why = sf_input(t, c, &rest, now);
    sf_listener_tell(t, listener);
    return why;
}

static enum sf_verdict check_rst(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                                 sf_time now)
{
    const struct sf_embryo *e = sf_embryo_at(t, embryo);
    sf_seq rcv_nxt = sf_seq_add(e->irs, 1);
    bool inside = sf_seq_in(seg->seq, rcv_nxt, sf_embryo_window(t, e));

    if (sf_seq_eq(seg->seq, rcv_nxt) || (inside && t->cfg.insecure_rst != 0)) {
        sf_embryo_end(t, embryo, SF_EV_RST, now);
        return SF_DROP_RESET;
    }
    if (!inside) {
        return SF_DROP_OUT_OF_WINDOW;
    }
    if (!sf_challenge_allowed(t, now)) {
        return SF_DROP_LIMITED;
    }
    answer_ack(t, e, embryo, now);
    return SF_DROP_RST_NOT_EXACT;
}

/* A SYN again: repeated, from elsewhere, or inside the window. */
static enum sf_verdict check_syn(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                                 sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);

    if (sf_seq_eq(seg->seq, e->irs)) {
        if ((seg->flags & SF_ACK) != 0) {
            return opens(t, embryo, seg, now);
        }
        if ((e->flags & SF_EF_TS) != 0 && (seg->options & SF_OPT_TS) != 0) {
            e->ts_recent = seg->tsval; /* RFC 7323 s4.3; PAWS has passed it */
        }
        sf_embryo_owe(t, embryo);
        return SF_DROP_DUPLICATE;
    }
    if (sf_seq_in(seg->seq, sf_seq_add(e->irs, 1), sf_embryo_window(t, e))) {
        /* s3.10.7.4 fourth: a passive open returns to LISTEN; the listener never left. */
        sf_embryo_end(t, embryo, SF_EV_RST, now);
        return SF_DROP_SYN_IN_WINDOW;
    }
    answer_ack(t, e, embryo, now);
    return SF_DROP_OUT_OF_WINDOW;
}

/* The application has not decided: as in LISTEN, nothing shows that the SYN is kept. */
static enum sf_verdict undecided(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                                 sf_time now)
{
    const struct sf_embryo *e = sf_embryo_at(t, embryo);

    if ((seg->flags & SF_RST) != 0) {
        if (!sf_seq_eq(seg->seq, sf_seq_add(e->irs, 1))) {
            return SF_DROP_OUT_OF_WINDOW;
        }
        sf_embryo_end(t, embryo, SF_EV_RST, now);
        return SF_DROP_RESET;
    }
    if ((seg->flags & SF_ACK) != 0) {
        sf_reply_reset(t, sf_listener_at(t, e->listener)->choice, &e->tuple, seg, now);
        return SF_DROP_LISTEN;
    }
    if ((seg->flags & SF_SYN) == 0) {
        return SF_DROP_LISTEN;
    }
    if (sf_seq_eq(seg->seq, e->irs)) {
        return SF_DROP_DUPLICATE;
    }
    /* The peer has begun anew: its next one is asked about. */
    sf_embryo_end(t, embryo, SF_EV_RST, now);
    return SF_DROP_SYN_IN_WINDOW;
}

void sf_embryo_accept(struct sf_tcp *t, uint32_t embryo, sf_time now)
{
    struct sf_embryo *e = sf_embryo_at(t, embryo);

    e->flags &= (uint8_t)~SF_EF_WAITS;
    e->retries = 0;
    arm(t, embryo, now);
    sf_embryo_owe(t, embryo);
}

enum sf_verdict sf_embryo_input(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                                sf_time now)
{
    const struct sf_embryo *e = sf_embryo_at(t, embryo);
    sf_seq rcv_nxt = sf_seq_add(e->irs, 1);
    sf_seq edge = sf_seq_add(rcv_nxt, sf_embryo_window(t, e));
    uint32_t len = sf_seg_len(seg);

    if ((e->flags & SF_EF_WAITS) != 0) {
        return undecided(t, embryo, seg, now);
    }
    if ((seg->flags & SF_RST) != 0) {
        return check_rst(t, embryo, seg, now);
    }
    if ((e->flags & SF_EF_TS) != 0 && (seg->options & SF_OPT_TS) != 0 &&
        (int32_t)(seg->tsval - e->ts_recent) < 0) {
        return refuse(t, embryo, seg, SF_DROP_PAWS, now);
    }
    if ((seg->flags & SF_SYN) != 0) {
        return check_syn(t, embryo, seg, now);
    }
    if ((e->flags & SF_EF_TS) != 0 && (seg->options & SF_OPT_TS) == 0) {
        return SF_DROP_NO_TIMESTAMP;
    }
    if (!(len == 0 ? sf_seq_in(seg->seq, rcv_nxt, sf_embryo_window(t, e))
                   : sf_seq_before(seg->seq, edge) &&
                         sf_seq_after(sf_seq_add(seg->seq, len), rcv_nxt))) {
        return refuse(t, embryo, seg, SF_DROP_OUT_OF_WINDOW, now);
    }
    if ((seg->flags & SF_ACK) == 0) {
        return SF_DROP_NO_ACK;
    }
    return opens(t, embryo, seg, now);
}
