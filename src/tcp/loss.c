/* SPDX-License-Identifier: MIT
 *
 * tcp/loss.c - loss detection by duplicates and by time (RFC 5681 s3, RFC 6582, RFC 6298).
 *
 *   ack.c, timers.c -> [loss.c] -> marks on transmissions -> output.c sends them again
 *                          `-> cc.h: what the window becomes
 */
#include "tcp/loss.h"

#include "base/time.h"
#include "tcp/cc.h"
#include "tcp/rtt.h"
#include "tcp/tracing.h"
#include "tcp/uto.h"

enum { DUPLICATE_THRESHOLD = 3 }; /* RFC 5681 s3.2 */

static const struct sf_cc_ops *ops(const struct sf_conn *c)
{
    return sf_cc_ops((enum sf_cc_kind)c->cc);
}

static struct sf_cc_event event(const struct sf_conn *c, uint32_t acked, uint32_t flight,
                                uint32_t rtt_us, sf_time now)
{
    return (struct sf_cc_event){
        .now = now,
        .acked = acked,
        .flight = flight,
        .mss = sf_conn_mss(c, sf_conn_options(c)),
        .rtt_us = rtt_us,
        .sack = (c->flags & SF_CF_SACK) != 0,
    };
}

static void trace_window(struct sf_tcp *t, const struct sf_conn *c, const struct sf_work *w,
                         sf_time now)
{
    sf_trace_note(t, sf_conn_id(t, c), SF_TRACE_WINDOW, (enum sf_state)c->state, 0, w->cc.cwnd,
                  w->cc.ssthresh, now);
}

void sf_loss_mark(struct sf_tcp *t, struct sf_work *w, uint32_t sent)
{
    struct sf_sent *s = sf_sent_at(t, sent);

    if ((s->flags & (SF_SENT_LOST | SF_SENT_SACKED)) == 0) {
        w->pipe -= sf_sent_len(s);
    }
    s->flags = (uint8_t)((s->flags & ~SF_SENT_SACKED) | SF_SENT_LOST);
    if (w->lost_first == 0 || sf_seq_before(s->seq, sf_sent_at(t, w->lost_first)->seq)) {
        w->lost_first = sent;
    }
}

static void mark_first(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                       enum sf_trace_loss how, sf_time now)
{
    const struct sf_sent *s = NULL;

    if (w->sent_head == 0) {
        return;
    }
    s = sf_sent_at(t, w->sent_head);
    if ((s->flags & SF_SENT_LOST) == 0) {
        sf_loss_mark(t, w, w->sent_head);
    }
    sf_trace_note(t, sf_conn_id(t, c), SF_TRACE_LOSS, (enum sf_state)c->state, how, s->seq.v,
                  s->octets, now);
    sf_conn_owe(t, c);
}

void sf_loss_acked(struct sf_tcp *t, struct sf_conn *c, uint32_t acked, uint32_t flight,
                   uint32_t rtt_us, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);
    struct sf_cc_event e = event(c, acked, flight, rtt_us, now);

    w->dupacks = 0;
    w->limited = 0;
    /* The window grows only while it was what held sending back (RFC 9293 s3.8.2 points
     * to 5681, 7661). */
    e.limited = flight + e.mss > w->cc.cwnd ||
                (flight >= w->cc.cwnd / 2 && w->cc.cwnd < w->cc.ssthresh);
    if (w->recovering == SF_RECOVERY_FAST) {
        if (sf_seq_after_eq(c->snd_una, w->recover)) {
            ops(c)->leave(&w->cc, &e);
            w->recovering = SF_RECOVERY_NONE;
            trace_window(t, c, w, now);
        } else {
            ops(c)->partial(&w->cc, &e);
            mark_first(t, c, w, SF_LOSS_PARTIAL, now);
        }
        return;
    }
    if (w->recovering == SF_RECOVERY_RTO && sf_seq_after_eq(c->snd_una, w->recover)) {
        w->recovering = SF_RECOVERY_NONE;
    }
    /* After a time-out everything may be sent again as slow start allows. */
    e.limited = e.limited || w->recovering == SF_RECOVERY_RTO;
    ops(c)->ack(&w->cc, &e);
}

/* What limited transmit has sent: beyond cwnd, and a segment for each duplicate at most.  More
 * than cwnd may be outstanding for other reasons, as after a time-out. */
static uint32_t beyond_cwnd(const struct sf_work *w, const struct sf_cc_event *e)
{
    uint32_t beyond = e->flight > w->cc.cwnd ? e->flight - w->cc.cwnd : 0;
    uint32_t most = (DUPLICATE_THRESHOLD - 1) * e->mss;

    return beyond < most ? beyond : most;
}

void sf_loss_duplicate(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, bool news,
                       sf_time now)
{
    struct sf_cc_event e = event(c, 0, sf_seq_span(c->snd_una, c->snd_nxt), 0, now);

    if (w->recovering == SF_RECOVERY_RTO) {
        return;
    }
    if (w->dupacks < UINT8_MAX) {
        w->dupacks++;
    }
    if (w->recovering == SF_RECOVERY_FAST) {
        /* RFC 5681 s3.2, s6: no more can have left the network than was in it, so that who
         * makes duplicates up gains nothing. */
        if ((uint32_t)w->dupacks * e.mss <= sf_seq_span(c->snd_una, w->recover)) {
            ops(c)->dup(&w->cc, &e);
            sf_conn_owe(t, c);
        }
        return;
    }
    /* RFC 3042 s2: a segment for each of the first two; with SACK only if it has news, and then
     * pipe lets one go (RFC 6675 s5 (3)), or two would. */
    if (w->dupacks < DUPLICATE_THRESHOLD && (news || !e.sack)) {
        w->limited++;
    }
    /* RFC 6582 s3.2 step 1: duplicates of what an earlier recovery sent again begin no
     * other one. */
    if (w->dupacks == DUPLICATE_THRESHOLD && sf_seq_after(c->snd_una, w->recover)) {
        t->counters.fast_retransmits++;
        w->recover = c->snd_nxt;
        w->recovering = SF_RECOVERY_FAST;
        /* RFC 5681 s3.2 step 2: without what limited transmit has sent beyond cwnd. */
        e.flight -= beyond_cwnd(w, &e);
        ops(c)->enter(&w->cc, &e);
        mark_first(t, c, w, SF_LOSS_DUPLICATES, now);
        trace_window(t, c, w, now);
    }
    sf_conn_owe(t, c);
}

void sf_loss_rto(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now)
{
    struct sf_cc_event e = event(c, 0, sf_seq_span(c->snd_una, c->snd_nxt), 0, now);

    /* RFC 2018 s8: the receiver may have given up what it reported, so marks end here. */
    for (uint32_t i = w->sent_head; i != 0; i = sf_sent_at(t, i)->next) {
        struct sf_sent *s = sf_sent_at(t, i);

        s->flags = (uint8_t)((s->flags & ~SF_SENT_SACKED) | SF_SENT_LOST);
    }
    w->lost_first = w->sent_head;
    w->pipe = 0;
    w->dupacks = 0;
    w->limited = 0;
    w->sack_high = c->snd_una;
    ops(c)->rto(&w->cc, &e, c->retransmits == 0);
    w->recovering = SF_RECOVERY_RTO;
    w->recover = c->snd_nxt;
    if (w->sent_head != 0) {
        const struct sf_sent *s = sf_sent_at(t, w->sent_head);

        sf_trace_note(t, sf_conn_id(t, c), SF_TRACE_LOSS, (enum sf_state)c->state, SF_LOSS_RTO,
                      s->seq.v, s->octets, now);
    }
    trace_window(t, c, w, now);
    sf_conn_owe(t, c);
}

/* The transmissions that a block covers.  A record is whole or not at all: what is covered
 * in part counts as not acknowledged, so that splitting cannot fail. */
static void mark_sacked(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_seq left,
                        sf_seq right)
{
    uint32_t mss = sf_conn_mss(c, sf_conn_options(c));

    for (uint32_t i = w->sent_head; i != 0; i = sf_sent_at(t, i)->next) {
        struct sf_sent *s = sf_sent_at(t, i);
        sf_seq end = sf_seq_add(s->seq, sf_sent_len(s));

        if (sf_seq_after_eq(s->seq, right)) {
            return;
        }
        if (!sf_seq_before(s->seq, left) && !sf_seq_after(end, right) &&
            (s->flags & (SF_SENT_SACKED | SF_SENT_LOST)) == 0) {
            s->flags |= SF_SENT_SACKED;
            w->pipe -= sf_sent_len(s);
            sf_sent_told(c, s, mss);
        }
    }
}

bool sf_loss_sack(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                  const struct sf_seg *seg)
{
    uint32_t pipe = w->pipe;
    bool news = false;

    if (sf_seq_before(w->sack_high, seg->ack)) {
        w->sack_high = seg->ack;
    }
    for (uint32_t b = 0; b < seg->n_sack; b++) {
        sf_seq left = seg->sack[b].left;
        sf_seq right = seg->sack[b].right;

        /* Else nonsense, what was never sent, or D-SACK (RFC 2883). */
        if (sf_seq_before(left, right) && !sf_seq_before(left, seg->ack) &&
            !sf_seq_after(right, sf_conn_at(t, w->conn)->snd_nxt)) {
            mark_sacked(t, c, w, left, right);
            /* A block may end within a record, which then counts as in flight. */
            news = news || sf_seq_after(right, w->sack_high);
            w->sack_high = sf_seq_after(right, w->sack_high) ? right : w->sack_high;
        }
    }
    return news && w->pipe == pipe;
}

uint32_t sf_loss_room(const struct sf_conn *c, const struct sf_work *w)
{
    uint32_t window = w->cc.cwnd;

    if (w->recovering == SF_RECOVERY_NONE && w->dupacks != 0 &&
        w->dupacks < DUPLICATE_THRESHOLD) {
        window += w->limited * sf_conn_mss(c, sf_conn_options(c));
    }
    return window > w->pipe ? window - w->pipe : 0;
}

void sf_loss_progress(struct sf_tcp *t, const struct sf_conn *c, sf_time now)
{
    uint32_t user = sf_timer_id(SF_TK_USER, c->work);

    if (sf_wheel_armed(&t->wheel, user)) {
        sf_wheel_arm(&t->wheel, user, sf_time_add(now, SF_MS(sf_uto_ms(t, c))));
    }
}

void sf_loss_timer(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, bool restart,
                   sf_time now)
{
    uint32_t id = sf_timer_id(SF_TK_REXMIT, c->work);
    uint32_t user = sf_timer_id(SF_TK_USER, c->work);
    bool opened = c->state != SF_SYN_SENT && c->state != SF_SYN_RECEIVED;
    bool waits = opened && (w->unsent != 0 || sf_conn_fin_waits(c));
    bool outstanding = w->sent_head != 0;
    bool persisting = false;

    /* The window is closed with something to send; or too small for all that waits, so
     * that avoiding a silly window holds it back, with nothing in flight to open it. */
    persisting = opened && ((c->snd_wnd == 0 && (outstanding || waits)) ||
                            (waits && !outstanding && c->owed.next == 0));
    if (!outstanding && !persisting) {
        sf_wheel_cancel(&t->wheel, id);
        sf_wheel_cancel(&t->wheel, user);
        w->persisting = 0;
        return;
    }
    if (restart || !sf_wheel_armed(&t->wheel, id) || persisting != (w->persisting != 0)) {
        w->persisting = persisting;
        sf_wheel_arm(&t->wheel, id, sf_time_add(now, sf_rtt_backed_off(t, c, w->backoff)));
    }
    if (sf_uto_ms(t, c) != 0 && !sf_wheel_armed(&t->wheel, user)) {
        sf_wheel_arm(&t->wheel, user, sf_time_add(now, SF_MS(sf_uto_ms(t, c))));
    }
}
