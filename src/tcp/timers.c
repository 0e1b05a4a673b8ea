/* SPDX-License-Identifier: MIT
 *
 * tcp/timers.c - what is due acts (RFC 9293 s3.10.8, s3.8.3, s3.8.4, s3.8.6.1).
 *
 *   base/wheel.c -> [timers.c] -> loss.c (RTO), debts (probe, acknowledgement), the end
 *
 * A timer sends nothing: it marks what is to be sent, and output.c sends it.
 */
#include "base/assert.h"
#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/fastopen.h"
#include "tcp/input.h"
#include "tcp/listen.h"
#include "tcp/loss.h"
#include "tcp/pmtu.h"
#include "tcp/rtt.h"
#include "tcp/timewait.h"
#include "tcp/tracing.h"

static void trace_timer(struct sf_tcp *t, const struct sf_conn *c, enum sf_trace_timer which,
                        sf_time now)
{
    sf_trace_note(t, sf_conn_id(t, c), SF_TRACE_TIMER, (enum sf_state)c->state, which,
                  c->retransmits, 0, now);
}

/* Of a connection that nobody holds any more; about a quarter of an hour. */
#define ORPHAN_R2 15

/* How many retransmissions end it: R2, of a SYN longer (MUST-20, MUST-23).  "For ever" holds as
 * long as there is an application that could end it. */
static uint8_t r2(const struct sf_tcp *t, const struct sf_conn *c)
{
    uint8_t chosen = sf_choice_of(t, c)->r2;

    switch ((enum sf_state)c->state) {
    case SF_SYN_SENT:
        return sf_choice_of(t, c)->syn_r2;
    case SF_SYN_RECEIVED:
        /* Of SYNs that crossed it is the SYN still (MUST-23), sent so often perhaps. */
        return (c->flags & SF_CF_ACTIVE) != 0 ? sf_choice_of(t, c)->syn_r2
                                              : t->cfg.synack_retries;
    case SF_CLOSED:
    case SF_LISTEN:
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_1:
    case SF_FIN_WAIT_2:
    case SF_CLOSE_WAIT:
    case SF_CLOSING:
    case SF_LAST_ACK:
    case SF_TIME_WAIT:
        break;
    }
    return chosen == SF_RETRIES_FOREVER && (c->flags & SF_CF_ORPHAN) != 0 ? ORPHAN_R2 : chosen;
}

/* Given up: a RST tells the peer, if there is a connection to tell it of. */
static void give_up(struct sf_tcp *t, struct sf_conn *c, enum sf_err why, sf_time now)
{
    if (c->state == SF_SYN_SENT) {
        sf_conn_end(t, c, SF_EV_TIMEOUT, why, now);
    } else {
        sf_conn_kill(t, c, SF_EV_TIMEOUT, why, now);
    }
}

/* The window is closed, or too small to send into: ask (RFC 9293 s3.8.6.1). */
static void persist(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now)
{
    trace_timer(t, c, SF_TIMER_PERSIST, now);
    if (w->sent_head != 0 && (sf_sent_at(t, w->sent_head)->flags & SF_SENT_LOST) == 0) {
        sf_loss_mark(t, w, w->sent_head);
    }
    c->flags |= SF_CF_PROBE_NOW;
    sf_conn_owe(t, c);
}

static void rexmit(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now)
{
    bool persisting = w->persisting != 0;
    uint8_t limit = r2(t, c);

    if (c->retransmits >= limit && limit != SF_RETRIES_FOREVER) {
        give_up(t, c, SF_ERR_TIMED_OUT, now);
        return;
    }
    if (persisting) {
        persist(t, c, w, now);
    } else {
        trace_timer(t, c, SF_TIMER_RTO, now);
        t->counters.rto_fired++;
        sf_pmtu_timed_out(t, c);
        sf_fast_open_lost(t, c, now);
        sf_loss_rto(t, c, w, now);
    }
    if (c->retransmits < UINT8_MAX) {
        c->retransmits++;
    }
    if (w->backoff < 32 && !(c->state == SF_SYN_SENT && c->retransmits <= t->cfg.syn_linear)) {
        w->backoff++;
    }
    if (persisting) {
        /* Still so until the probe leaves: output.c sends it because of that. */
        sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_REXMIT, c->work),
                     sf_time_add(now, sf_rtt_backed_off(t, c, w->backoff)));
        return;
    }
    if (c->retransmits == sf_choice_of(t, c)->r1) {
        /* R1 (MUST-20): the path may be at fault, and the application may want to know. */
        sf_conn_soft(t, c, SF_ERR_TIMED_OUT);
    }
    sf_loss_timer(t, c, w, true, now);
}

static void slow(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    if (c->work == 0 && sf_conn_fin_waits(c)) {
        sf_conn_owe(t, c);
        return;
    }
    switch ((enum sf_state)c->state) {
    case SF_TIME_WAIT:
        trace_timer(t, c, SF_TIMER_2MSL, now);
        sf_conn_end(t, c, SF_EV_2MSL, SF_OK, now);
        return;
    case SF_FIN_WAIT_2:
        if ((c->flags & SF_CF_ORPHAN) != 0) {
            trace_timer(t, c, SF_TIMER_FIN_WAIT_2, now);
            t->counters.orphans_ended++;
            sf_conn_end(t, c, SF_EV_ORPHANED, SF_OK, now);
            return;
        }
        break;
    case SF_CLOSED:
    case SF_LISTEN:
    case SF_SYN_SENT:
    case SF_SYN_RECEIVED:
    case SF_FIN_WAIT_1:
    case SF_CLOSING:
    case SF_LAST_ACK:
        return;
    case SF_ESTABLISHED:
    case SF_CLOSE_WAIT:
        break;
    }
    trace_timer(t, c, SF_TIMER_KEEPALIVE, now);
    if (c->keep_sent >= sf_choice_of(t, c)->keep_limit) {
        sf_conn_kill(t, c, SF_EV_TIMEOUT, SF_ERR_TIMED_OUT, now);
        return;
    }
    /* Only of a connection that is idle (MUST-26): what is outstanding has its own timer. */
    if (c->work == 0 || sf_conn_work(t, c)->sent_head == 0) {
        c->keep_sent++;
        c->flags |= SF_CF_PROBE_NOW;
        sf_conn_owe(t, c);
    }
    sf_conn_slow_timer(t, c, now);
}

static void work_timer(struct sf_tcp *t, uint32_t id, sf_time now)
{
    struct sf_work *w = sf_work_at(t, sf_timer_index(id));
    struct sf_conn *c = sf_conn_at(t, w->conn);

    switch (sf_timer_kind(id)) {
    case SF_TK_REXMIT:
        rexmit(t, c, w, now);
        break;
    case SF_TK_DELACK:
        trace_timer(t, c, SF_TIMER_DELAYED_ACK, now);
        c->flags |= SF_CF_ACK_NOW;
        sf_conn_owe(t, c);
        break;
    default:
        trace_timer(t, c, SF_TIMER_USER, now);
        give_up(t, c, SF_ERR_USER_TIMEOUT, now);
        break;
    }
}

/* False if the timer is none of ours. */
static bool act(struct sf_tcp *t, uint32_t id, sf_time now)
{
    uint32_t index = sf_timer_index(id);

    switch (sf_timer_kind(id)) {
    case SF_TK_SLOW:
        slow(t, sf_conn_at(t, index), now);
        return true;
    case SF_TK_REXMIT:
    case SF_TK_DELACK:
    case SF_TK_USER:
        work_timer(t, id, now);
        return true;
    case SF_TK_EMBRYO:
        sf_embryo_expire(t, index, now);
        return true;
    case SF_TK_MISC:
        if (index == SF_MISC_STACK) {
            return false;
        }
        sf_tw_expire(t, (enum sf_misc_timer)index, now);
        return true;
    default:
        return false;
    }
}

uint32_t sf_tcp_tick(struct sf_tcp *t, sf_time now)
{
    uint32_t id = 0;

    sf_conn_feed(t);
    while ((id = sf_wheel_expire(&t->wheel, now)) != 0 && act(t, id, now)) {
    }
    return id;
}
