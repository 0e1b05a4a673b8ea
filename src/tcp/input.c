/* SPDX-License-Identifier: MIT
 *
 * tcp/input.c - segment arrival in the synchronised states (RFC 9293 s3.10.7.4).
 *
 *   stack/ -> arrive.c -> [input.c] -> ack.c -> rtt.c, loss.c, cc_*.c
 *                             `-> text.c -> reasm.c -> the application is told
 *
 * The RFC orders the work as eight checks.  checks() is that list; each check is one
 * function, named by its number.  A check that ends the work says why.  docs/spec keeps
 * the order of evaluation in full: RST, then PAWS, then SYN, then the window.
 */
#include "tcp/input.h"

#include "base/time.h"
#include "tcp/loss.h"
#include "tcp/reply.h"
#include "tcp/uto.h"

enum { REFUSAL_MS = 500, CHALLENGE_SPAN_S = 5 };

/* RFC 5961 s7.  The stack's limit is another one in each second, so that who counts what is
 * left of it learns nothing of other connections (CVE-2016-5696). */
bool sf_challenge_allowed(struct sf_tcp *t, sf_time now)
{
    uint64_t second = now.ns / SF_NS_PER_S;
    uint32_t mean = t->cfg.challenge_acks;

    if (second != t->challenge_limit.second || t->challenge_most == 0) {
        t->challenge_most = (mean + 1) / 2 + (uint32_t)(sf_rng_u64(&t->rng) % (mean + 1));
    }
    if (mean == 0 || !sf_limit_take(&t->challenge_limit, t->challenge_most, now)) {
        t->counters.challenges_limited++;
        return false;
    }
    t->counters.challenges++;
    return true;
}

bool sf_refusal_allowed(uint32_t *last_ms, const struct sf_seg *seg, sf_time now)
{
    uint32_t now_ms = (uint32_t)(now.ns / SF_NS_PER_MS) | 1; /* 0 is never */

    if (sf_seg_len(seg) != 0) {
        return true;
    }
    if (*last_ms != 0 && now_ms - *last_ms < REFUSAL_MS) {
        return false;
    }
    *last_ms = now_ms;
    return true;
}

/* Of one connection first: what its attacker uses up is nobody else's. */
static bool conn_challenge_allowed(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    uint16_t span = (uint16_t)(now.ns / SF_NS_PER_S / CHALLENGE_SPAN_S);

    if (span != c->challenge_5s) {
        c->challenge_5s = span;
        c->challenges = 0;
    }
    if (c->challenges >= t->cfg.challenge_acks_conn) {
        t->counters.challenges_limited++;
        return false;
    }
    if (!sf_challenge_allowed(t, now)) {
        return false;
    }
    c->challenges++;
    return true;
}

/* RFC 5961 s3.2, s4.2: an acknowledgement that makes a genuine peer answer with a RST that
 * is exact; a forger never sees it. */
static enum sf_verdict challenge(struct sf_tcp *t, struct sf_conn *c, enum sf_verdict why,
                                 sf_time now)
{
    if (!conn_challenge_allowed(t, c, now)) {
        return SF_DROP_LIMITED;
    }
    if (c->challenges_owed < UINT8_MAX) {
        c->challenges_owed++;
    }
    sf_conn_owe(t, c);
    return why;
}

static void owe_ack(struct sf_tcp *t, struct sf_conn *c)
{
    c->flags |= SF_CF_ACK_NOW;
    sf_conn_owe(t, c);
}

/* The acknowledgement that a refused segment gets, and its verdict. */
static enum sf_verdict refuse(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                              enum sf_verdict why, sf_time now)
{
    if (!sf_refusal_allowed(&c->refused_ms, seg, now)) {
        return SF_DROP_LIMITED;
    }
    owe_ack(t, c);
    return why;
}

static uint32_t rcv_wnd(const struct sf_conn *c)
{
    return sf_seq_span(c->rcv_nxt, c->rcv_adv);
}

/* Second: with RFC 5961 s3.2 only a RST exactly at RCV.NXT resets; with RFC 793 s3.9 any in the
 * window (docs/adr/0006). */
static enum sf_verdict check_2_rst(struct sf_tcp *t, struct sf_conn *c,
                                   const struct sf_seg *seg, sf_time now)
{
    bool exact = sf_seq_eq(seg->seq, c->rcv_nxt);
    bool inside = sf_seq_in(seg->seq, c->rcv_nxt, rcv_wnd(c));
    enum sf_err why = SF_ERR_RESET;

    if (c->state == SF_TIME_WAIT) {
        return SF_DROP_RST_TIME_WAIT; /* RFC 1337 s3 F1 */
    }
    if (!exact && !inside) {
        return SF_DROP_OUT_OF_WINDOW;
    }
    if (!exact && t->cfg.insecure_rst == 0) {
        return challenge(t, c, SF_DROP_RST_NOT_EXACT, now);
    }
    if (c->state == SF_SYN_RECEIVED && !sf_conn_early(c)) {
        why = SF_ERR_REFUSED;
    } else if (c->state == SF_CLOSING || c->state == SF_LAST_ACK) {
        why = (c->flags & SF_CF_ORPHAN) != 0 ? SF_OK : SF_ERR_RESET;
    }
    sf_conn_end(t, c, SF_EV_RST, why, now);
    return SF_DROP_RESET;
}

/* Between: PAWS (RFC 7323 s5.3 R1) and what lacks an agreed timestamp (s3.2). */
static enum sf_verdict check_paws(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                                  sf_time now)
{
    if ((c->flags & SF_CF_TS) == 0) {
        return SF_PASS;
    }
    if ((seg->options & SF_OPT_TS) == 0) {
        /* A SYN is of a connection of its own, and may want none. */
        return (seg->flags & SF_SYN) != 0 ? SF_PASS : SF_DROP_NO_TIMESTAMP;
    }
    if (sf_paws_old(seg->tsval, c->ts_recent, c->ts_recent_s, now)) {
        return refuse(t, c, seg, SF_DROP_PAWS, now);
    }
    return SF_PASS;
}

/* The peer has not seen our SYN,ACK: it goes out again. */
static void repeat_syn_ack(struct sf_tcp *t, struct sf_conn *c)
{
    struct sf_work *w = sf_conn_work(t, c);

    if (w != NULL && w->sent_head != 0 &&
        (sf_sent_at(t, w->sent_head)->flags & SF_SENT_LOST) == 0) {
        sf_loss_mark(t, w, w->sent_head);
    }
    sf_conn_owe(t, c);
}

/* A SYN where none belongs: RFC 5961 s4.2, or RFC 793 s3.9, fourth, by which it resets if it is
 * in the window (docs/adr/0006).  That TIME-WAIT ends by none is RFC 1337's. */
static enum sf_verdict unexpected_syn(struct sf_tcp *t, struct sf_conn *c,
                                      const struct sf_seg *seg, sf_time now)
{
    if (t->cfg.insecure_syn != 0 && c->state != SF_TIME_WAIT &&
        sf_seq_in(seg->seq, c->rcv_nxt, rcv_wnd(c))) {
        sf_conn_kill(t, c, SF_EV_RST, SF_ERR_RESET, now);
        return SF_DROP_SYN_IN_WINDOW;
    }
    return challenge(t, c, SF_DROP_SYN_IN_WINDOW, now);
}

/* Fourth: a SYN on an open connection (RFC 5961 s4.2), and two that are expected: the
 * crossing SYN,ACK of a simultaneous open (RFC 9293 A.2), which goes on to the fifth
 * check, and a repeated SYN,ACK whose acknowledgement was lost. */
static enum sf_verdict check_4_syn(struct sf_tcp *t, struct sf_conn *c,
                                   const struct sf_seg *seg, sf_time now)
{
    bool repeats_irs = sf_seq_eq(seg->seq, c->irs);

    if (c->state == SF_SYN_RECEIVED) {
        bool inside = sf_seq_in(seg->seq, c->rcv_nxt, rcv_wnd(c));

        if (repeats_irs && (seg->flags & SF_ACK) != 0) {
            return SF_PASS;
        }
        if (repeats_irs) {
            repeat_syn_ack(t, c);
            return SF_DROP_DUPLICATE;
        }
        if (!inside) {
            owe_ack(t, c);
            return SF_DROP_OUT_OF_WINDOW;
        }
        return unexpected_syn(t, c, seg, now);
    }
    if ((seg->flags & SF_ACK) != 0 && repeats_irs &&
        sf_seq_eq(seg->ack, sf_seq_add(c->iss, 1))) {
        owe_ack(t, c);
        return SF_DROP_DUPLICATE;
    }
    return unexpected_syn(t, c, seg, now);
}

/* Does the fifth check read the ACK field of a segment that the first refuses?  With the
 * window closed it does (MUST-66), and for a FIN that is repeated (RFC 9293 A.2). */
static bool ack_still_counts(const struct sf_conn *c, const struct sf_seg *seg)
{
    sf_seq end = sf_seq_add(seg->seq, sf_seg_len(seg));

    if (rcv_wnd(c) == 0 && sf_seq_eq(seg->seq, c->rcv_nxt)) {
        return true;
    }
    return (seg->flags & SF_FIN) != 0 && (c->flags & SF_CF_FIN_RCVD) != 0 &&
           sf_seq_eq(end, c->rcv_nxt);
}

/* First: is any of it in the window (s3.10.7.4, the table of four cases)?  A segment that
 * reaches over both edges counts as inside. */
static bool is_acceptable(const struct sf_conn *c, const struct sf_seg *seg)
{
    uint32_t len = sf_seg_len(seg);
    uint32_t wnd = rcv_wnd(c);

    if (len == 0) {
        return sf_seq_eq(seg->seq, c->rcv_nxt) || sf_seq_in(seg->seq, c->rcv_nxt, wnd);
    }
    return wnd != 0 && sf_seq_before(seg->seq, c->rcv_adv) &&
           sf_seq_after(sf_seq_add(seg->seq, len), c->rcv_nxt);
}

/* The acknowledgement came for what was never sent, or is older than any window: RFC 9293
 * s3.10.7.4 fifth, RFC 5961 s5.2. */
static enum sf_verdict ack_range(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                                 sf_time now)
{
    if (sf_seq_after(seg->ack, c->snd_nxt)) {
        return refuse(t, c, seg, SF_DROP_ACK_FUTURE, now);
    }
    if (sf_seq_before(seg->ack, sf_seq_sub(c->snd_una, c->max_snd_wnd))) {
        return refuse(t, c, seg, SF_DROP_ACK_OLD, now);
    }
    return SF_PASS;
}

/* What our FIN's acknowledgement moves. */
static void fin_acked(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    switch ((enum sf_state)c->state) {
    case SF_FIN_WAIT_1:
    case SF_CLOSING:
        sf_conn_apply(t, c, SF_EV_ACK_OF_FIN, now);
        sf_conn_tell(t, c, false);
        break;
    case SF_LAST_ACK:
        sf_conn_end(t, c, SF_EV_ACK_OF_FIN, SF_OK, now);
        break;
    case SF_CLOSED:
    case SF_LISTEN:
    case SF_SYN_SENT:
    case SF_SYN_RECEIVED:
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_2:
    case SF_CLOSE_WAIT:
    case SF_TIME_WAIT:
        break;
    }
}

/* The SYNs crossed: our segment size was not known when the congestion window was set.  After a
 * time-out of the SYN it is one segment (RFC 5681 s3.1). */
static void first_window(struct sf_tcp *t, struct sf_conn *c, bool syn_lost)
{
    struct sf_work *w = sf_conn_work(t, c);

    if (w != NULL) {
        w->cc.cwnd =
            syn_lost ? sf_conn_mss(c, sf_conn_options(c)) : sf_conn_initial_window(t, c);
    }
}

/* SYN-RECEIVED: does it acknowledge our SYN?  If not, a RST; if it does, ESTABLISHED. */
static enum sf_verdict opens(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                             sf_time now)
{
    if (!sf_seq_after(seg->ack, c->snd_una) || sf_seq_after(seg->ack, c->snd_nxt)) {
        sf_reply_reset(t, c->choice, &c->tuple, seg, now);
        return SF_DROP_ACK_BAD_SYN;
    }
    c->snd_wnd = sf_conn_seg_wnd(c, seg);
    c->max_snd_wnd = c->snd_wnd;
    c->snd_wl1 = seg->seq;
    c->snd_wl2 = seg->ack;
    if ((c->flags & SF_CF_ACTIVE) != 0) {
        t->counters.opened_active++;
    }
    sf_conn_apply(t, c, SF_EV_ACK_OF_SYN, now);
    sf_uto_restart(t, c, now); /* what is outstanding has another time than the SYN */
    if ((c->flags & SF_CF_FIN_QUEUED) != 0) {
        sf_conn_apply(t, c, SF_EV_FIN_SENT, now); /* a CLOSE has waited for this */
    }
    return SF_PASS;
}

/* Fifth.  *gone: the connection ended here. */
static enum sf_verdict check_5_ack(struct sf_tcp *t, struct sf_conn *c,
                                   const struct sf_seg *seg, sf_time now, bool *gone)
{
    bool crossing = (seg->flags & SF_SYN) != 0;
    bool crossed = c->state == SF_SYN_RECEIVED && (c->flags & SF_CF_ACTIVE) != 0;
    bool syn_lost = c->retransmits != 0;
    enum sf_verdict why = SF_PASS;

    *gone = false;
    if ((seg->flags & SF_ACK) == 0) {
        return SF_DROP_NO_ACK;
    }
    if (c->state == SF_SYN_RECEIVED) {
        why = opens(t, c, seg, now);
        if (why != SF_PASS) {
            return why;
        }
        if (crossing) {
            owe_ack(t, c);
        }
    } else {
        why = ack_range(t, c, seg, now);
        if (why != SF_PASS) {
            return why;
        }
    }
    (void)sf_ack_take(t, c, seg, now);
    if (crossed) {
        first_window(t, c, syn_lost);
    }
    if (sf_conn_fin_acked(c)) {
        *gone = c->state == SF_LAST_ACK;
        fin_acked(t, c, now);
    }
    return SF_PASS;
}

/* RFC 7323 s4.3: TS.Recent moves with the segment that spans what we acknowledged last. */
static void take_timestamp(struct sf_conn *c, const struct sf_seg *seg, sf_time now)
{
    if ((c->flags & SF_CF_TS) != 0 && (seg->options & SF_OPT_TS) != 0 &&
        !sf_seq_after(seg->seq, c->last_ack_sent) &&
        ((int32_t)(seg->tsval - c->ts_recent) >= 0 || sf_paws_aged(c->ts_recent_s, now))) {
        c->ts_recent = seg->tsval;
        c->ts_recent_s = (uint32_t)(now.ns / 1000000000);
    }
}

/* What the first check refuses.  The answer is an acknowledgement; a FIN repeated in
 * TIME-WAIT restarts 2MSL besides (s3.10.7.4 eighth). */
static enum sf_verdict refused(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                               sf_time now)
{
    sf_seq end = sf_seq_add(seg->seq, sf_seg_len(seg));
    enum sf_verdict why = SF_DROP_OUT_OF_WINDOW;
    bool gone = false;

    if (sf_seg_len(seg) == 0) {
        why = sf_seq_after(end, c->rcv_nxt) ? SF_DROP_OUT_OF_WINDOW : SF_DROP_DUPLICATE;
        return refuse(t, c, seg, why, now);
    }
    if (c->state == SF_TIME_WAIT && (seg->flags & SF_FIN) != 0 && sf_seq_eq(end, c->rcv_nxt)) {
        sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c)),
                     sf_time_add(now, (sf_span){2 * t->cfg.msl.ns}));
    }
    owe_ack(t, c);
    if (sf_conn_receives(c) && !sf_seq_after(end, c->rcv_nxt)) {
        sf_text_twice(t, c, seg, now);
    }
    if (ack_still_counts(c, seg) && (seg->flags & SF_ACK) != 0) {
        if (rcv_wnd(c) == 0 && sf_seq_eq(seg->seq, c->rcv_nxt)) {
            why = SF_DROP_ZERO_WINDOW;
        }
        if (c->state != SF_SYN_RECEIVED) {
            enum sf_verdict ack = check_5_ack(t, c, seg, now, &gone);

            why = ack == SF_PASS ? why : ack;
        }
        if (why == SF_DROP_ZERO_WINDOW && !gone) {
            sf_text_urgent(t, c, seg, now);
        }
    } else if (!sf_seq_after(end, c->rcv_nxt)) {
        why = SF_DROP_DUPLICATE;
    }
    return why;
}

static enum sf_verdict checks(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                              sf_time now)
{
    enum sf_verdict why = SF_PASS;
    bool gone = false;

    if ((seg->flags & SF_RST) != 0) {
        return check_2_rst(t, c, seg, now);
    }
    why = check_paws(t, c, seg, now);
    if (why != SF_PASS) {
        return why;
    }
    /* Third, security and compartment: dropped, as no one implements it. */
    if ((seg->flags & SF_SYN) != 0) {
        why = check_4_syn(t, c, seg, now);
        if (why != SF_PASS) {
            return why;
        }
    } else if (!is_acceptable(c, seg)) {
        return refused(t, c, seg, now);
    }
    why = check_5_ack(t, c, seg, now, &gone);
    if (why != SF_PASS || gone) {
        return why;
    }
    /* Not before: who cannot guess an acknowledgement must not make all later segments old. */
    take_timestamp(c, seg, now);
    if ((seg->flags & SF_SYN) != 0) {
        return why;
    }
    sf_uto_take(t, c, seg, now);
    /* Sixth, URG: read in line, as RFC 6093 asks; text.c keeps the mark. */
    return sf_text_take(t, c, seg, now);
}

enum sf_verdict sf_input(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                         sf_time now)
{
    /* Whoever speaks is alive (RFC 9293 s3.8.4). */
    if (c->keep_sent != 0 || (c->flags & SF_CF_KEEPALIVE) != 0) {
        c->keep_sent = 0;
        sf_conn_slow_timer(t, c, now);
    }
    c->rcv_tos = seg->tos;
    return checks(t, c, seg, now);
}
