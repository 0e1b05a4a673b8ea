/* SPDX-License-Identifier: MIT
 *
 * tests/model/rfc9293.c - user calls and timeouts (RFC 9293 s3.10.1 to s3.10.5, s3.10.8), and
 * what follows from every event: what may be sent, and which timer runs.
 */
#include "rfc9293_own.h"

#include <string.h>

#include "base/time.h"

uint32_t rfc_seg_len(const struct rfc_seg *seg)
{
    return seg->len + ((seg->flags & SF_SYN) != 0) + ((seg->flags & SF_FIN) != 0);
}

void rfc_begin(struct rfc *m, const struct rfc_limits *limit, bool listens)
{
    *m = (struct rfc){
        .choice = {true, true, true, true, true, true, true, true, true, true, true},
        .limit = *limit,
        .listens = listens,
        .retransmit_at = RFC_NEVER,
        .time_wait_at = RFC_NEVER,
        .fin_wait_2_at = RFC_NEVER,
        .user_at = RFC_NEVER,
        .ack_by = RFC_NEVER,
        .refused_at = RFC_NEVER,
    };
}

void rfc_forget(struct rfc *m)
{
    m->n_send = 0;
    m->must_ack = false;
    m->may_ack = m->ack_by != RFC_NEVER;
    m->may_repeat = false;
    m->must_repeat = false;
    m->small = m->state == SF_TIME_WAIT && m->orphan;
}

void rfc_put(struct rfc *m, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    m->send[m->n_send++] = (struct rfc_seg){.flags = flags, .seq = seq, .ack = ack, .len = len};
}

static void stop_timers(struct rfc *m)
{
    m->retransmit_at = RFC_NEVER;
    m->time_wait_at = RFC_NEVER;
    m->fin_wait_2_at = RFC_NEVER;
    m->user_at = RFC_NEVER;
    m->ack_by = RFC_NEVER;
}

/* The TCB is deleted.  What was received in order stays for whoever holds the handle. */
void rfc_closed(struct rfc *m, enum sf_err why)
{
    m->state = SF_CLOSED;
    m->error = why;
    stop_timers(m);
    m->must_ack = false;
    m->may_ack = false;
    m->fin_waits = false;
    m->unsent = 0;
    memset(m->beyond, 0, sizeof(m->beyond));
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=RST,ACK>. */
static void reset_and_close(struct rfc *m, enum sf_err why)
{
    m->n_send = 0;
    rfc_put(m, SF_RST | SF_ACK, m->snd_nxt, m->rcv_nxt, 0);
    rfc_closed(m, why);
}

/* The RST of s3.10.7.1: where there is no connection. */
void rfc_reset_for(struct rfc *m, const struct rfc_seg *seg)
{
    if ((seg->flags & SF_RST) != 0) {
        return;
    }
    if ((seg->flags & SF_ACK) != 0) {
        rfc_put(m, SF_RST, seg->ack, 0, 0);
    } else {
        rfc_put(m, SF_RST | SF_ACK, 0, seg->seq + rfc_seg_len(seg), 0);
    }
}

static bool is_open(const struct rfc *m)
{
    return m->state != SF_CLOSED && m->state != SF_LISTEN && m->state != SF_SYN_SENT &&
           m->state != SF_SYN_RECEIVED;
}

static bool fin_is_next(const struct rfc *m)
{
    return m->fin_queued && !m->fin_sent;
}

void rfc_enter(struct rfc *m, enum sf_state state, uint64_t now)
{
    m->state = state;
    m->opened = m->opened || state == SF_ESTABLISHED;
    if (state == SF_TIME_WAIT) {
        stop_timers(m);
        m->time_wait_at = now + 2 * m->limit.msl_ns;
    }
    if (state == SF_FIN_WAIT_2 && m->orphan) {
        m->fin_wait_2_at = now + m->limit.fin_wait_2_ns;
    } else {
        m->fin_wait_2_at = RFC_NEVER;
    }
}

/* s3.8.1 and RFC 6298 s5, s3.8.6.1: one timer, of retransmission or of a closed window. */
void rfc_set_timer(struct rfc *m, bool restart, uint64_t now)
{
    bool outstanding = m->snd_una != m->snd_nxt;
    bool waits = is_open(m) && (m->unsent != 0 || fin_is_next(m));
    bool persists =
        is_open(m) && ((m->snd_wnd == 0 && (outstanding || waits)) || (waits && !outstanding));

    if (m->state == SF_SYN_RECEIVED && m->passive) {
        return; /* nobody has a user timeout yet, and its timer runs */
    }
    if (m->state == SF_CLOSED || m->state == SF_TIME_WAIT || (!outstanding && !persists)) {
        m->retransmit_at = RFC_NEVER;
        m->user_at = RFC_NEVER;
        m->persists = false;
        return;
    }
    if (restart || m->retransmit_at == RFC_NEVER || persists != m->persists) {
        m->retransmit_at = now + m->limit.rto_ns;
        m->persists = persists;
    }
    if (m->limit.user_timeout_ns != 0 && m->user_at == RFC_NEVER) {
        m->user_at = now + m->limit.user_timeout_ns;
    }
}

/* Our FIN gets its number. */
static void fin_leaves(struct rfc *m)
{
    m->fin_sent = true;
    m->snd_nxt++;
    if (m->state == SF_CLOSE_WAIT) {
        m->state = SF_LAST_ACK;
    }
}

/* New text and FIN: s3.8.6.2.1, s3.7.4.  probe: the persist timer overrides. */
static void output(struct rfc *m, bool probe, uint64_t now)
{
    uint32_t right = m->snd_una + m->snd_wnd;
    uint32_t usable = rfc_before(m->snd_nxt, right) ? right - m->snd_nxt : 0;
    uint32_t n = m->unsent < usable ? m->unsent : usable;
    bool idle = m->snd_una == m->snd_nxt;
    bool all = n == m->unsent;
    bool fin = false;

    if (!is_open(m) || m->state == SF_TIME_WAIT || m->state == SF_FIN_WAIT_2) {
        return;
    }
    if (probe && idle) {
        n = n == 0 && m->unsent != 0 ? 1 : n;
        fin = fin_is_next(m) && n == m->unsent;
    } else {
        if (n < m->limit.mss && !(all && m->fin_queued && m->choice.fin_with_last_text) &&
            !(all && (idle || m->limit.nodelay)) && !(n != 0 && n >= m->max_snd_wnd / 2)) {
            n = 0;
        }
        fin = fin_is_next(m) && n == m->unsent && (usable > n || (n == 0 && idle));
    }
    if (n == 0 && !fin) {
        return;
    }
    rfc_put(m, (uint8_t)(SF_ACK | (fin ? SF_FIN : 0)), m->snd_nxt, m->rcv_nxt, n);
    m->snd_nxt += n;
    m->unsent -= n;
    if (fin) {
        fin_leaves(m);
    }
    rfc_set_timer(m, false, now);
}

void rfc_after(struct rfc *m, bool restart, uint64_t now)
{
    rfc_set_timer(m, restart, now);
    output(m, false, now);
    rfc_set_timer(m, false, now);
    m->may_repeat = m->may_repeat || (m->recovers && rfc_before(m->snd_una, m->recover));
}

void rfc_allow_repeats(struct rfc *m)
{
    m->recovers = true;
    m->recover = m->snd_nxt;
    m->may_repeat = true;
}

/* ---- s3.10.1 to s3.10.5: user calls ---- */

void rfc_open(struct rfc *m, uint64_t now)
{
    m->state = SF_SYN_SENT;
    m->held = true;
    rfc_put(m, SF_SYN, 0, 0, 0);
    m->snd_una = 0;
    m->snd_nxt = 1;
    rfc_set_timer(m, true, now);
}

enum sf_err rfc_accept(struct rfc *m)
{
    if (!m->passive || !m->opened || m->held || m->orphan || m->state == SF_CLOSED) {
        return SF_ERR_AGAIN;
    }
    m->held = true;
    return SF_OK;
}

enum sf_err rfc_send(struct rfc *m, uint32_t octets, uint32_t *taken, uint64_t now)
{
    uint32_t queued = m->unsent + (m->snd_nxt - m->snd_una);

    *taken = 0;
    if (!m->held) {
        return SF_ERR_STALE;
    }
    if (m->error != SF_OK) {
        return m->error;
    }
    if (m->fin_queued || (m->state != SF_SYN_SENT && m->state != SF_SYN_RECEIVED &&
                          m->state != SF_ESTABLISHED && m->state != SF_CLOSE_WAIT)) {
        return SF_ERR_CLOSING;
    }
    if (!is_open(m)) {
        queued = m->unsent; /* the SYN takes no room */
    }
    if (queued >= m->limit.sndbuf) {
        return SF_ERR_AGAIN;
    }
    *taken = octets < m->limit.sndbuf - queued ? octets : m->limit.sndbuf - queued;
    m->unsent += *taken;
    rfc_after(m, false, now);
    return SF_OK;
}

enum sf_err rfc_receive(struct rfc *m, uint32_t octets, uint32_t *got)
{
    uint32_t offered = m->rcv_right - m->rcv_nxt;
    uint32_t step = m->limit.rcvbuf / 2 < m->limit.mss ? m->limit.rcvbuf / 2 : m->limit.mss;
    bool receives =
        m->state == SF_ESTABLISHED || m->state == SF_FIN_WAIT_1 || m->state == SF_FIN_WAIT_2;

    *got = 0;
    if (!m->held) {
        return SF_ERR_STALE;
    }
    if (m->unread == 0) {
        return m->fin_received         ? SF_ERR_EOF
               : m->error != SF_OK     ? m->error
               : m->state == SF_CLOSED ? SF_ERR_EOF
                                       : SF_ERR_AGAIN;
    }
    *got = octets < m->unread ? octets : m->unread;
    m->unread -= *got;
    /* s3.8.6.2.2: the right edge moves by enough, and the peer may be told; if it waits for
     * it, it has to be. */
    if (receives && m->limit.rcvbuf - m->unread >= offered + step) {
        m->may_ack = true;
        m->must_ack = offered == 0;
    }
    return SF_OK;
}

static void queue_fin(struct rfc *m, uint64_t now)
{
    m->fin_queued = true;
    if (m->state == SF_ESTABLISHED || (m->state == SF_SYN_RECEIVED && m->unsent == 0)) {
        m->state = SF_FIN_WAIT_1;
    }
    rfc_after(m, false, now);
}

enum sf_err rfc_shutdown(struct rfc *m, uint64_t now)
{
    if (!m->held) {
        return SF_ERR_STALE;
    }
    if (m->error != SF_OK) {
        return m->error;
    }
    if (!m->fin_queued && m->state != SF_CLOSED) {
        queue_fin(m, now);
    }
    return SF_OK;
}

static bool holds_unread(const struct rfc *m)
{
    return m->unread != 0 || memchr(m->beyond, 1, sizeof(m->beyond)) != NULL;
}

enum sf_err rfc_close(struct rfc *m, uint64_t now)
{
    bool resets = m->state == SF_ESTABLISHED || m->state == SF_FIN_WAIT_1 ||
                  m->state == SF_FIN_WAIT_2 || m->state == SF_CLOSE_WAIT;

    if (!m->held) {
        return SF_ERR_STALE;
    }
    m->held = false;
    m->orphan = true;
    if (m->state == SF_SYN_SENT) {
        rfc_closed(m, SF_ERR_CLOSING);
    } else if (resets && holds_unread(m) && m->choice.reset_unread) {
        reset_and_close(m, SF_ERR_ABORTED);
    } else if ((resets || m->state == SF_SYN_RECEIVED) && !m->fin_queued) {
        queue_fin(m, now);
    } else if (m->state == SF_FIN_WAIT_2) {
        rfc_enter(m, SF_FIN_WAIT_2, now);
    }
    return SF_OK;
}

enum sf_err rfc_abort(struct rfc *m)
{
    if (!m->held) {
        return SF_ERR_STALE;
    }
    m->held = false;
    m->orphan = true;
    if (m->state == SF_SYN_RECEIVED || m->state == SF_ESTABLISHED ||
        m->state == SF_FIN_WAIT_1 || m->state == SF_FIN_WAIT_2 || m->state == SF_CLOSE_WAIT) {
        reset_and_close(m, SF_ERR_ABORTED);
    } else if (m->state != SF_CLOSED) {
        rfc_closed(m, SF_ERR_ABORTED);
    }
    return SF_OK;
}

/* ---- s3.10.8: timeouts ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t rfc_deadline(const struct rfc *m)
{
    return earlier(earlier(earlier(m->retransmit_at, m->time_wait_at),
                           earlier(m->fin_wait_2_at, m->user_at)),
                   m->ack_by);
}

/* Retransmission, or a probe of the closed window. */
static void retransmit(struct rfc *m, uint64_t now)
{
    bool of_syn = m->state == SF_SYN_SENT || (m->state == SF_SYN_RECEIVED && !m->passive);
    uint32_t most = of_syn                        ? m->limit.syn_retries
                    : m->state == SF_SYN_RECEIVED ? m->limit.syn_ack_retries
                                                  : m->limit.r2;

    if (m->retries >= most) {
        if (m->state == SF_SYN_SENT || (m->state == SF_SYN_RECEIVED && m->passive)) {
            rfc_closed(m, SF_ERR_TIMED_OUT);
        } else {
            reset_and_close(m, SF_ERR_TIMED_OUT);
        }
        return;
    }
    bool probes = m->persists;

    m->retries++;
    m->retransmit_at = now + m->limit.rto_ns;
    if (m->snd_una != m->snd_nxt) {
        rfc_allow_repeats(m);
        m->must_repeat = true;
    } else {
        output(m, true, now);
    }
    if (!probes && m->retries == m->limit.r1 && !(m->state == SF_SYN_RECEIVED && m->passive)) {
        m->soft = SF_ERR_TIMED_OUT; /* R1 */
    }
}

void rfc_tick(struct rfc *m, uint64_t now)
{
    if (m->time_wait_at <= now) {
        rfc_closed(m, SF_OK);
    }
    if (m->fin_wait_2_at <= now) {
        rfc_closed(m, SF_OK);
    }
    if (m->user_at <= now) {
        if (m->state == SF_SYN_SENT) {
            rfc_closed(m, SF_ERR_USER_TIMEOUT);
        } else {
            reset_and_close(m, SF_ERR_USER_TIMEOUT);
        }
    }
    if (m->ack_by <= now) {
        m->must_ack = true;
    }
    if (m->retransmit_at <= now) {
        retransmit(m, now);
    }
}

/* ---- what the engine tells the model ---- */

/* s3.8.6.2.2: the right edge never moves left, and right by enough. */
uint32_t rfc_acks(struct rfc *m)
{
    uint32_t offered = m->rcv_right - m->rcv_nxt;
    uint32_t step = m->limit.rcvbuf / 2 < m->limit.mss ? m->limit.rcvbuf / 2 : m->limit.mss;
    uint32_t room = m->unread < m->limit.rcvbuf ? m->limit.rcvbuf - m->unread : 0;

    m->must_ack = false;
    m->ack_by = RFC_NEVER;
    m->unacked = 0;
    /* No text comes in TIME-WAIT: who has let go has a record there that keeps its window. */
    if (m->state != SF_SYN_RECEIVED && !m->small && room >= offered + step) {
        m->rcv_right = m->rcv_nxt + room;
    }
    return m->rcv_right - m->rcv_nxt;
}

void rfc_iss(struct rfc *m, uint32_t iss)
{
    m->iss = iss;
    m->iss_known = true;
    m->snd_una = iss;
    m->snd_nxt = iss + 1;
}

uint32_t rfc_ready(const struct rfc *m)
{
    uint32_t queued =
        m->unsent + (m->snd_nxt - m->snd_una) - (m->fin_sent && m->snd_una != m->snd_nxt);
    bool may_write = !m->fin_queued &&
                     (m->state == SF_ESTABLISHED || m->state == SF_CLOSE_WAIT) &&
                     queued <= m->limit.sndbuf - m->limit.sndbuf / 3;

    return (m->unread != 0 ? SF_READY_READ : 0U) | (may_write ? SF_READY_WRITE : 0U) |
           (m->opened ? SF_READY_OPEN : 0U) | (m->fin_received ? SF_READY_EOF : 0U) |
           (m->error != SF_OK ? SF_READY_ERROR : 0U) |
           (m->state == SF_CLOSED || m->state == SF_TIME_WAIT ? SF_READY_CLOSED : 0U);
}
