/* SPDX-License-Identifier: MIT
 *
 * tcp/output.c - one decision: what to send now (RFC 9293 s3.10.7.4 ends, s3.7, s3.8).
 *
 *   sf_tcp_output() <- reply.c: answers without a connection
 *                   <- [output.c]: SYN, what is lost, what is new, what is owed
 *                          `-> transmit.c: text and FIN
 *
 * The debts are settled in this order: lost transmissions, new text, a probe, duplicates
 * and challenges one each, and an acknowledgement if no segment has carried it yet.
 */
#include "tcp/output.h"

#include "base/assert.h"
#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/cookie.h"
#include "tcp/fastopen.h"
#include "tcp/isn.h"
#include "tcp/listen.h"
#include "tcp/loss.h"
#include "tcp/reasm.h"
#include "tcp/reply.h"
#include "tcp/tracing.h"
#include "tcp/uto.h"
#include "tcp/window.h"

uint32_t sf_output_options(struct sf_tcp *t, struct sf_conn *c, struct sf_seg *seg, sf_time now)
{
    const struct sf_work *w = sf_conn_work(t, c);
    uint32_t octets = 0;

    if ((c->flags & SF_CF_TS) != 0) {
        seg->options |= SF_OPT_TS;
        seg->tsval = sf_ts_clock(now) + c->ts_offset;
        seg->tsecr = c->ts_recent;
        octets += 12;
    }
    if (c->uto_owed != 0) {
        sf_uto_put(t, c->choice, seg);
        octets += (seg->options & SF_OPT_UTO) != 0 ? 4 : 0;
    }
    if ((c->flags & SF_CF_SACK) != 0 && w != NULL &&
        (w->ooo_chunks != 0 || sf_reasm_has_twice(w))) {
        /* Four fit, or three beside timestamps (RFC 2018 s3), or two beside the user timeout,
         * too: of 40 octets of options the blocks take 4 and 8 each. */
        seg->n_sack = (uint8_t)sf_reasm_sack(w, seg->sack, (40 - 4 - octets) / 8);
        if (seg->n_sack != 0) {
            seg->options |= SF_OPT_SACK;
            octets += 4 + 8 * (uint32_t)seg->n_sack;
        }
    }
    return octets;
}

void sf_output_ack(struct sf_tcp *t, struct sf_conn *c, struct sf_seg *seg, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);

    (void)now;
    seg->flags |= SF_ACK;
    seg->ack = c->rcv_nxt;
    seg->wnd = sf_window_offer(t, c);
    c->last_ack_sent = c->rcv_nxt;
    c->flags &= (uint16_t)~SF_CF_ACK_NOW;
    c->uto_owed = 0;
    if (w != NULL) {
        w->unacked = 0;
        sf_reasm_told(w);
        sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_DELACK, c->work));
    }
}

static void begin(const struct sf_tcp *t, const struct sf_conn *c, struct sf_out *out)
{
    out->tuple = c->tuple;
    out->seg = (struct sf_seg){0};
    out->n_pieces = 0;
    out->gso_octets = 0;
    out->id = sf_conn_id(t, c);
    out->tos = sf_choice_of(t, c)->tos;
    out->hop_limit = sf_choice_of(t, c)->hop_limit;
}

/* An acknowledgement without text: owed, duplicate, challenge, or with seq one below, a
 * keepalive probe (RFC 9293 s3.8.4). */
static void pure_ack(struct sf_tcp *t, struct sf_conn *c, sf_seq seq, struct sf_out *out,
                     sf_time now)
{
    out->seg.seq = seq;
    (void)sf_output_options(t, c, &out->seg, now);
    sf_output_ack(t, c, &out->seg, now);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* SYN or, after the SYNs crossed, SYN,ACK. */
static void build_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now)
{
    bool answers = c->state != SF_SYN_SENT;
    struct sf_seg *seg = &out->seg;

    seg->seq = c->iss;
    seg->flags = SF_SYN;
    seg->wnd = (uint16_t)sf_window_first(t, c->rcvbuf);
    seg->options = sf_choice_of(t, c)->plain != 0 ? 0 : SF_OPT_MSS;
    seg->mss = sf_choice_mss(t, c->choice, c->tuple.family);
    if (!answers && c->retransmits > t->cfg.syn_plain) {
        return;
    }
    sf_uto_put(t, c->choice, seg);
    /* A SYN,ACK names only what the peer's SYN named (RFC 7323 s1.3, s2.2, s3.2). */
    if (answers ? (c->flags & SF_CF_WSCALE) != 0
                : sf_conn_offer(c, SF_OFFERS_WSCALE) == SF_OFFER_YES) {
        seg->options |= SF_OPT_WSCALE;
        seg->wscale = c->rcv_wscale;
    }
    if (answers ? (c->flags & SF_CF_SACK) != 0
                : sf_conn_offer(c, SF_OFFERS_SACK) == SF_OFFER_YES) {
        seg->options |= SF_OPT_SACK_OK;
    }
    if (answers ? (c->flags & SF_CF_TS) != 0 : sf_conn_offer(c, SF_OFFERS_TS) == SF_OFFER_YES) {
        seg->options |= SF_OPT_TS;
        seg->tsval = sf_ts_clock(now) + c->ts_offset;
        seg->tsecr = answers ? c->ts_recent : 0;
    }
    if (answers) {
        seg->flags |= SF_ACK;
        seg->ack = c->rcv_nxt;
        /* Text on the SYN has taken some of it. */
        seg->wnd = (uint16_t)least(seg->wnd, sf_seq_span(c->rcv_nxt, c->rcv_adv));
    }
}

/* What is on a SYN or SYN,ACK the first time alone (RFC 7413 s4.2.2). */
static void first_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                      struct sf_out *out, sf_time now)
{
    if (c->state == SF_SYN_SENT) {
        sf_fast_open_syn(t, c, w, out, now);
    } else if (sf_conn_early(c)) {
        sf_fast_open_give(t, sf_fast_open_listener(t, w), &c->tuple, w->fast_open, &out->seg,
                          now);
    }
}

/* SYN-SENT, SYN-RECEIVED: the SYN, if it has not left or is believed lost. */
static bool output_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                       struct sf_out *out, sf_time now)
{
    struct sf_sent *s = NULL;

    if (w == NULL || w->sent_head == 0 || w->lost_first == 0) {
        return false;
    }
    s = sf_sent_at(t, w->sent_head);
    if ((s->flags & SF_SENT_LOST) == 0) {
        return false; /* it is on its way, and what is lost is text that was on it */
    }
    begin(t, c, out);
    build_syn(t, c, out, now);
    if (s->times != 0) {
        t->counters.retransmitted++;
        c->total_retransmits++;
    }
    if (s->times < UINT8_MAX) {
        s->times++;
    }
    s->at_us = sf_time_us32(now);
    s->flags = (uint8_t)(s->flags & ~SF_SENT_LOST);
    w->pipe += sf_sent_len(s);
    w->lost_first = s->next;
    c->flags &= (uint16_t)~SF_CF_PROBE_NOW;
    if (s->times == 1) {
        first_syn(t, c, w, out, now);
    }
    sf_loss_timer(t, c, w, false, now);
    return true;
}

static bool output_text(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);
    bool probe = (c->flags & SF_CF_PROBE_NOW) != 0;

    if (w == NULL && sf_conn_fin_waits(c)) {
        w = sf_conn_wake(t, c, now);
        if (w == NULL) {
            /* None is free: CLOSE cannot be refused, so it tries again. */
            sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c)),
                         sf_time_add(now, SF_US(c->rto_us)));
        }
    }
    if (w == NULL) {
        return false;
    }
    if (w->lost_first != 0 && (sf_sent_at(t, w->lost_first)->flags & SF_SENT_SYN) != 0) {
        return output_syn(t, c, w, out, now); /* CLOSE in SYN-RECEIVED */
    }
    if (w->lost_first != 0 && sf_transmit_again(t, c, w, out, now)) {
        return true;
    }
    return sf_transmit_new(t, c, w, probe && w->persisting != 0, out, now);
}

/* An acknowledgement that is owed, with our FIN again if the configuration wants that.  Which
 * copy of the FIN will be acknowledged cannot be told then (RFC 6298 s3). */
static void plain_ack(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now)
{
    bool fin_is_out = (c->flags & SF_CF_FIN_SENT) != 0 && !sf_conn_fin_acked(c);
    const struct sf_work *w = sf_conn_work(t, c);

    if (t->cfg.fin_again == 0 || !fin_is_out || w == NULL || w->sent_tail == 0) {
        pure_ack(t, c, c->snd_nxt, out, now);
        return;
    }
    pure_ack(t, c, sf_seq_sub(c->snd_nxt, 1), out, now);
    out->seg.flags |= SF_FIN;
    sf_sent_at(t, w->sent_tail)->times = UINT8_MAX;
}

/* Debts of acknowledging that no text has settled. */
static bool output_owed(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now)
{
    if ((c->flags & SF_CF_PROBE_NOW) != 0) {
        c->flags &= (uint16_t)~SF_CF_PROBE_NOW;
        pure_ack(t, c, sf_seq_sub(c->snd_nxt, 1), out, now);
        return true;
    }
    if (c->dups_owed != 0) {
        c->dups_owed--;
    } else if (c->challenges_owed != 0) {
        c->challenges_owed--;
    } else if ((c->flags & SF_CF_ACK_NOW) != 0) {
        plain_ack(t, c, out, now);
        return true;
    } else {
        return false;
    }
    pure_ack(t, c, c->snd_nxt, out, now);
    return true;
}

bool sf_conn_output(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now)
{
    bool sent = false;

    switch ((enum sf_state)c->state) {
    case SF_SYN_SENT:
        return output_syn(t, c, sf_conn_work(t, c), out, now);
    case SF_SYN_RECEIVED:
        sent = output_syn(t, c, sf_conn_work(t, c), out, now);
        /* RFC 7413 s4.2.2: text may follow before the handshake is complete, but if SYN,ACK is
         * lost that goes first. */
        if (!sent && sf_conn_early(c) && c->retransmits == 0) {
            begin(t, c, out);
            sent = output_text(t, c, out, now);
        }
        break;
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_1:
    case SF_CLOSE_WAIT:
    case SF_CLOSING:
    case SF_LAST_ACK:
        begin(t, c, out);
        sent = output_text(t, c, out, now);
        break;
    case SF_FIN_WAIT_2:
    case SF_TIME_WAIT:
        break;
    case SF_CLOSED:
    case SF_LISTEN:
        return false;
    }
    if (!sent) {
        begin(t, c, out);
        sent = output_owed(t, c, out, now);
    }
    return sent;
}

/* An answer from the ring, made into a segment; false if its embryo is gone. */
static bool output_reply(struct sf_tcp *t, const struct sf_reply *r, struct sf_out *out,
                         sf_time now)
{
    out->tuple = r->tuple;
    out->n_pieces = 0;
    out->gso_octets = 0;
    out->id = r->id;
    out->tos = r->hop_limit != 0 ? r->tos : t->standard.tos;
    out->hop_limit = r->hop_limit != 0 ? r->hop_limit : t->standard.hop_limit;
    if (sf_timer_kind(r->id) == SF_ID_EMBRYO && r->flags == 0) {
        uint32_t embryo = sf_timer_index(r->id);

        if (sf_embryo_at(t, embryo)->generation != r->seq.v) {
            return false;
        }
        sf_embryo_syn_ack(t, embryo, &out->seg, now);
        return true;
    }
    if (sf_timer_kind(r->id) == SF_ID_LISTENER) {
        out->id = 0;
        return sf_cookie_syn_ack(t, r, &out->seg);
    }
    out->seg = (struct sf_seg){
        .seq = r->seq,
        .ack = r->ack,
        .wnd = r->wnd,
        .flags = r->flags,
        .options = r->has_ts != 0 ? SF_OPT_TS : 0,
        .tsval = r->tsval,
        .tsecr = r->tsecr,
    };
    return true;
}

static void trace_departure(struct sf_tcp *t, const struct sf_out *out, enum sf_state state,
                            bool again, sf_time now)
{
    uint32_t wnd = out->seg.wnd;

    if (sf_timer_kind(out->id) == SF_ID_CONN) {
        const struct sf_conn *c = sf_conn_at(t, sf_timer_index(out->id));

        wnd <<= (out->seg.flags & SF_SYN) != 0 ? 0 : c->rcv_wscale;
    }
    sf_trace_write_seg(t, out->id, SF_TRACE_SEG_OUT, state, SF_PASS, &out->seg, wnd, again,
                       now);
}

static enum sf_state state_of_reply(const struct sf_reply *r)
{
    switch (sf_timer_kind(r->id)) {
    case SF_ID_EMBRYO:
        return SF_SYN_RECEIVED;
    case SF_ID_TW4:
    case SF_ID_TW6:
        return SF_TIME_WAIT;
    case SF_ID_LISTENER:
        return SF_LISTEN;
    default:
        return SF_CLOSED;
    }
}

/* May there be more to send?  Asking sf_conn_output() costs as much as a segment. */
static bool owes_more(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_work *w = sf_conn_work(t, c);
    bool fin_waits = (c->flags & SF_CF_FIN_QUEUED) != 0 && (c->flags & SF_CF_FIN_SENT) == 0;
    bool debts = (c->flags & (SF_CF_ACK_NOW | SF_CF_PROBE_NOW)) != 0 || c->dups_owed != 0 ||
                 c->challenges_owed != 0;

    return debts || fin_waits || (w != NULL && (w->unsent != 0 || w->lost_first != 0));
}

/* The first connection on the list has nothing to send any more.  What may not be sent yet
 * needs a timer; what has just been sent has one. */
static void leave_list(struct sf_tcp *t, struct sf_conn *c, bool waits, sf_time now)
{
    (void)sf_list_pop_head(&t->owed, &t->conns, offsetof(struct sf_conn, owed));
    if (c->work != 0) {
        if (waits) {
            sf_loss_timer(t, c, sf_conn_work(t, c), false, now);
        }
        sf_conn_fold(t, c, now);
    }
    (void)sf_conn_settle(t, c, now);
}

/* The first connection on the list of debts sends one segment, and goes to the end of the
 * list, so that none holds up the others. */
static bool output_next_conn(struct sf_tcp *t, struct sf_out *out, sf_time now)
{
    size_t offset = offsetof(struct sf_conn, owed);

    while (t->owed.head != 0) {
        struct sf_conn *c = sf_conn_at(t, t->owed.head);
        uint32_t before = c->total_retransmits;

        if (!sf_conn_output(t, c, out, now)) {
            leave_list(t, c, true, now);
            continue;
        }
        if (t->trace != NULL) {
            trace_departure(t, out, (enum sf_state)c->state, c->total_retransmits != before,
                            now);
        }
        if (!owes_more(t, c)) {
            leave_list(t, c, false, now);
        } else if (t->owed.count > 1) {
            uint32_t index = sf_list_pop_head(&t->owed, &t->conns, offset);

            sf_list_push_tail(&t->owed, &t->conns, offset, index);
        }
        return true;
    }
    return false;
}

bool sf_tcp_output(struct sf_tcp *t, struct sf_out *out, sf_time now)
{
    struct sf_reply reply;
    bool any = false;

    while (!any && sf_reply_get(t, &reply)) {
        any = output_reply(t, &reply, out, now);
        if (any && t->trace != NULL) {
            trace_departure(t, out, state_of_reply(&reply), false, now);
        }
    }
    any = any || output_next_conn(t, out, now);
    if (any) {
        if ((out->seg.flags & SF_SYN) != 0) {
            out->seg.syn_order = t->syn_order;
            out->seg.syn_padding = t->cfg.syn_padding;
        }
        t->counters.segments_out++;
        t->counters.octets_out += out->seg.text_octets;
    }
    return any;
}
