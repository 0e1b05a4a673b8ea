/* SPDX-License-Identifier: MIT
 *
 * tests/model/rfc9293_arrives.c - SEGMENT ARRIVES (RFC 9293 s3.10.7), in the order of the text.
 */
#include "rfc9293_own.h"

#include <string.h>

#include "base/time.h"

#define REFUSAL_MS 500

/* What is refused is acknowledged; what has no length, seldom. */
static void refuse(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    if (rfc_seg_len(seg) == 0 && m->choice.refuse_seldom && !m->small) {
        uint64_t ms = (now / SF_NS_PER_MS) | 1; /* it is as coarse as that */

        if (m->refused_at != RFC_NEVER && ms - m->refused_at < REFUSAL_MS) {
            return;
        }
        m->refused_at = ms;
    }
    m->must_ack = true;
}

/* The sequence numbers of a SYN that begins a connection. */
static void take_syn(struct rfc *m, const struct rfc_seg *seg)
{
    m->irs = seg->seq;
    m->rcv_nxt = seg->seq + 1;
    m->rcv_right = m->rcv_nxt + (m->limit.rcvbuf < 65535 ? m->limit.rcvbuf : 65535);
    m->snd_wnd = seg->wnd;
    m->max_snd_wnd = seg->wnd;
    m->snd_wl1 = seg->seq;
    m->snd_wl2 = seg->ack;
}

/* s3.10.7.2. */
static void arrives_in_listen(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    struct rfc_limits limit = m->limit;

    if ((seg->flags & SF_RST) != 0) {
        return;
    }
    if ((seg->flags & SF_ACK) != 0) {
        rfc_reset_for(m, seg);
        return;
    }
    if ((seg->flags & SF_SYN) == 0) {
        return;
    }
    rfc_begin(m, &limit, true);
    m->passive = true;
    m->state = SF_SYN_RECEIVED;
    take_syn(m, seg);
    rfc_put(m, SF_SYN | SF_ACK, 0, m->rcv_nxt, 0);
    m->snd_una = 0;
    m->snd_nxt = 1;
    m->retransmit_at = now + m->limit.rto_ns;
}

static void take_text(struct rfc *m, const struct rfc_seg *seg, uint64_t now);

/* s3.10.7.3. */
static void arrives_in_syn_sent(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    bool ack = (seg->flags & SF_ACK) != 0;
    bool fits = ack && rfc_before(m->iss, seg->ack) && !rfc_before(m->snd_nxt, seg->ack);
    struct rfc_seg rest = *seg;

    if (ack && !fits) {
        rfc_reset_for(m, seg);
        return;
    }
    if ((seg->flags & SF_RST) != 0) {
        if (fits) {
            rfc_closed(m, SF_ERR_REFUSED);
        }
        return;
    }
    if ((seg->flags & SF_SYN) == 0) {
        return;
    }
    take_syn(m, seg);
    if (!ack) {
        m->state = SF_SYN_RECEIVED;
        m->may_repeat = true; /* ours again, as SYN,ACK */
        m->must_repeat = true;
        return;
    }
    m->snd_una = seg->ack;
    m->retries = 0;
    m->user_at = RFC_NEVER;
    rfc_enter(m, SF_ESTABLISHED, now);
    m->must_ack = true;
    if (m->fin_queued) {
        m->state = SF_FIN_WAIT_1;
    }
    rest.seq++;
    rest.flags = (uint8_t)(seg->flags & ~SF_SYN);
    rfc_set_timer(m, true, now);
    take_text(m, &rest, now);
    rfc_after(m, false, now);
}

/* First: table 6. */
static bool acceptable(const struct rfc *m, const struct rfc_seg *seg)
{
    uint32_t len = rfc_seg_len(seg);
    uint32_t wnd = m->rcv_right - m->rcv_nxt;
    uint32_t first = seg->seq - m->rcv_nxt;
    uint32_t last = first + len - 1;

    if (len == 0) {
        return wnd == 0 ? first == 0 : first < wnd;
    }
    if (wnd == 0) {
        return false;
    }
    return first < wnd || last < wnd ||
           (m->choice.both_edges && !m->small && rfc_before(seg->seq, m->rcv_nxt) &&
            !rfc_before(seg->seq + len, m->rcv_right));
}

static bool in_window(const struct rfc *m, uint32_t seq)
{
    return seq - m->rcv_nxt < m->rcv_right - m->rcv_nxt;
}

/* RFC 5961 s7: a challenge, unless the connection has had its share of these five seconds. */
static void challenge(struct rfc *m, uint64_t now)
{
    uint64_t span = now / SF_S(5).ns;
    bool counted = !m->small && !(m->state == SF_SYN_RECEIVED && m->passive);

    if (span != m->challenge_span) {
        m->challenge_span = span;
        m->challenges = 0;
    }
    if (counted && m->challenges >= m->limit.challenges) {
        return;
    }
    m->challenges += counted;
    m->must_ack = true;
}

/* Second. */
static void check_rst(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    enum sf_err why = SF_ERR_RESET;

    if (m->state == SF_TIME_WAIT && m->choice.quiet_time_wait) {
        return;
    }
    if (seg->seq != m->rcv_nxt && m->choice.exact_reset) {
        if (in_window(m, seg->seq)) {
            challenge(m, now);
        }
        return;
    }
    if (m->state == SF_SYN_RECEIVED) {
        why = SF_ERR_REFUSED;
    } else if ((m->state == SF_CLOSING || m->state == SF_LAST_ACK) && m->orphan) {
        why = SF_OK;
    }
    rfc_closed(m, why);
}

/* Fourth.  True if the segment goes on to the fifth check. */
static bool check_syn(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    if (m->state != SF_SYN_RECEIVED) {
        /* Ours was acknowledged, and the peer has not seen ours of its; else RFC 5961 s4.2. */
        if ((seg->flags & SF_ACK) != 0 && seg->seq == m->irs && seg->ack == m->iss + 1 &&
            !m->small) {
            m->must_ack = true;
        } else {
            challenge(m, now);
        }
        return false;
    }
    if (seg->seq == m->irs) {
        if ((seg->flags & SF_ACK) != 0) {
            return true; /* the crossing SYN,ACK of a simultaneous open (A.2) */
        }
        m->may_repeat = true;
        m->must_repeat = m->choice.repeat_syn_ack;
        return false;
    }
    if (m->passive && in_window(m, seg->seq)) {
        rfc_closed(m, SF_ERR_RESET); /* back to LISTEN */
        return false;
    }
    if (in_window(m, seg->seq)) {
        challenge(m, now);
    } else {
        m->must_ack = true;
    }
    return false;
}

/* SND.WND from a segment that is not older than the last. */
static void update_window(struct rfc *m, const struct rfc_seg *seg, bool fresh, uint64_t now)
{
    uint32_t before = m->snd_wnd;

    if (m->small) {
        return; /* nothing will be sent any more, and nobody asks for STATUS */
    }
    if (!(rfc_before(m->snd_wl1, seg->seq) ||
          (m->snd_wl1 == seg->seq && !rfc_before(seg->ack, m->snd_wl2)) ||
          (fresh && m->choice.new_ack_opens))) {
        return;
    }
    m->snd_wnd = seg->wnd;
    m->snd_wl1 = seg->seq;
    m->snd_wl2 = seg->ack;
    m->max_snd_wnd = seg->wnd > m->max_snd_wnd ? seg->wnd : m->max_snd_wnd;
    if (before != seg->wnd && m->persists && m->snd_wnd != 0) {
        m->retries = 0;
        rfc_allow_repeats(m);
        rfc_set_timer(m, true, now);
    }
}

/* What an acceptable acknowledgement says: SND.UNA =< SEG.ACK =< SND.NXT, or older. */
static void take_ack(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    bool fresh = rfc_before(m->snd_una, seg->ack);
    bool outstanding = m->snd_una != m->snd_nxt;

    if (rfc_before(seg->ack, m->snd_una)) {
        return; /* a duplicate: ignored */
    }
    if (fresh) {
        m->snd_una = seg->ack;
        m->retries = 0;
        m->duplicates = 0;
        m->user_at = RFC_NEVER;
    } else if (m->persists) {
        m->retries = 0; /* s3.8.6.1: the probes are answered */
        m->user_at = RFC_NEVER;
    }
    update_window(m, seg, fresh, now);
    rfc_set_timer(m, fresh, now);
    if (!fresh && outstanding && rfc_seg_len(seg) == 0 && ++m->duplicates >= 3) {
        rfc_allow_repeats(m); /* RFC 5681 s3.2 */
    }
}

/* SYN-RECEIVED goes on to ESTABLISHED, or the segment gets a RST. */
static bool check_ack_of_syn(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    if (seg->ack != m->snd_nxt) {
        rfc_reset_for(m, seg);
        return false;
    }
    m->snd_wnd = seg->wnd;
    m->max_snd_wnd = seg->wnd;
    m->snd_wl1 = seg->seq;
    m->snd_wl2 = seg->ack;
    if (m->passive) {
        m->refused_at = RFC_NEVER;
        m->retries = 0;
    }
    rfc_enter(m, SF_ESTABLISHED, now);
    if (m->fin_queued) {
        m->state = SF_FIN_WAIT_1;
    }
    return true;
}

/* SND.UNA - MAX.SND.WND; the small record keeps the next power of two. */
static uint32_t oldest_ack(const struct rfc *m)
{
    uint32_t most = m->max_snd_wnd;
    uint32_t power = 1;

    while (power < most) {
        power *= 2;
    }
    return m->snd_una - (m->small ? power : most);
}

/* Fifth.  True if the segment goes on. */
static bool check_ack(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    if ((seg->flags & SF_ACK) == 0) {
        return false;
    }
    if (m->state == SF_SYN_RECEIVED) {
        if (!check_ack_of_syn(m, seg, now)) {
            return false;
        }
    } else if (rfc_before(m->snd_nxt, seg->ack) ||
               (m->choice.old_ack_refused && rfc_before(seg->ack, oldest_ack(m)))) {
        refuse(m, seg, now);
        return false;
    }
    take_ack(m, seg, now);
    if (m->fin_sent && m->snd_una == m->snd_nxt) {
        if (m->state == SF_FIN_WAIT_1) {
            rfc_enter(m, SF_FIN_WAIT_2, now);
        } else if (m->state == SF_CLOSING) {
            rfc_enter(m, SF_TIME_WAIT, now);
        } else if (m->state == SF_LAST_ACK) {
            rfc_closed(m, SF_OK);
            return false;
        }
    }
    return true;
}

/* RCV.NXT moves over what is here without a gap. */
static void advance(struct rfc *m)
{
    uint32_t n = 0;

    while (n < RFC_WINDOW_MAX && m->beyond[n]) {
        n++;
    }
    memmove(m->beyond, m->beyond + n, sizeof(m->beyond) - n);
    memset(m->beyond + sizeof(m->beyond) - n, 0, n);
    m->rcv_nxt += n;
    m->unread += n;
}

static void take_fin(struct rfc *m, uint64_t now)
{
    m->rcv_nxt++;
    if (rfc_before(m->rcv_right, m->rcv_nxt)) {
        m->rcv_right = m->rcv_nxt;
    }
    m->fin_received = true;
    m->fin_waits = false;
    m->must_ack = true;
    if (m->state == SF_ESTABLISHED) {
        m->state = SF_CLOSE_WAIT;
    } else if (m->state == SF_FIN_WAIT_1) {
        m->state = SF_CLOSING;
    } else {
        rfc_enter(m, SF_TIME_WAIT, now);
    }
}

/* Seventh: the part of the text that is inside the window. */
static void keep_text(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    uint32_t before = m->rcv_nxt;
    bool gap = rfc_before(m->rcv_nxt, seg->seq);
    bool new_text = false;

    for (uint32_t i = 0; i < seg->len; i++) {
        if (in_window(m, seg->seq + i)) {
            m->beyond[seg->seq + i - m->rcv_nxt] = true;
            new_text = true;
        }
    }
    advance(m);
    if (gap || !new_text || memchr(m->beyond, 1, sizeof(m->beyond)) != NULL) {
        m->must_ack = true;
    } else if (m->rcv_nxt != before) {
        /* s3.8.6.3: within half a second; whether at once is for whoever sends. */
        m->may_ack = true;
        m->unacked += m->rcv_nxt - before;
        if (m->limit.ack_delay_ns == 0 || m->unacked >= 2 * m->limit.rcv_mss) {
            m->must_ack = true;
        } else if (m->ack_by == RFC_NEVER) {
            m->ack_by = now + m->limit.ack_delay_ns;
        }
    }
}

static bool beyond_fin(const struct rfc *m, const struct rfc_seg *seg)
{
    uint32_t end = seg->seq + seg->len;

    if (rfc_before(m->rcv_right, end)) {
        end = m->rcv_right;
    }
    return m->fin_waits && rfc_before(m->fin_seq, end);
}

/* Seventh and eighth. */
static void take_text(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    uint32_t end = seg->seq + seg->len;
    bool fin = (seg->flags & SF_FIN) != 0;
    bool has_new = seg->len != 0 && rfc_before(m->rcv_nxt, end);

    if (m->state != SF_ESTABLISHED && m->state != SF_FIN_WAIT_1 && m->state != SF_FIN_WAIT_2) {
        m->must_ack = m->must_ack || fin;
        return;
    }
    if (has_new && m->orphan && m->choice.reset_unread) {
        m->n_send = 0;
        rfc_reset_for(m, seg);
        rfc_closed(m, SF_ERR_RESET);
        return;
    }
    if (seg->len != 0) {
        if (has_new && beyond_fin(m, seg)) {
            return; /* the peer contradicts itself */
        }
        keep_text(m, seg, now);
    }
    if (fin && !rfc_before(end, m->rcv_right)) {
        m->must_ack = true;
        return;
    }
    if (fin && rfc_before(m->rcv_nxt, end)) {
        if (!m->fin_waits) {
            m->fin_waits = true;
            m->fin_seq = end;
        }
        m->must_ack = true;
        return;
    }
    if (fin || (m->fin_waits && m->fin_seq == m->rcv_nxt)) {
        take_fin(m, now);
    }
}

/* What the first check refuses is acknowledged; its ACK field is read all the same with the
 * window closed (MUST-66), and of a FIN that is repeated (A.2). */
static void unacceptable(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    uint32_t end = seg->seq + rfc_seg_len(seg);
    bool closed_window = m->rcv_right == m->rcv_nxt && seg->seq == m->rcv_nxt;
    bool fin_again = (seg->flags & SF_FIN) != 0 && m->fin_received && end == m->rcv_nxt;

    if (rfc_seg_len(seg) == 0) {
        refuse(m, seg, now);
        return;
    }
    m->must_ack = true;
    if (m->state == SF_TIME_WAIT && fin_again) {
        m->time_wait_at = now + 2 * m->limit.msl_ns;
    }
    if ((closed_window || fin_again) && m->state != SF_SYN_RECEIVED) {
        (void)check_ack(m, seg, now);
    }
}

/* A SYN that RFC 1122 s4.2.2.13 lets begin anew over TIME-WAIT (MAY-2). */
static bool begins_anew(const struct rfc *m, const struct rfc_seg *seg)
{
    return m->state == SF_TIME_WAIT && (seg->flags & (SF_SYN | SF_ACK | SF_RST)) == SF_SYN &&
           !rfc_before(seg->seq, m->rcv_nxt);
}

/* s3.10.7.4. */
static void arrives_in_others(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    struct rfc_seg rest = *seg;

    if (begins_anew(m, seg)) {
        if (m->listens) {
            m->reused = true;
            m->rcv_nxt = seg->seq + 1;
        } else {
            rfc_closed(m, SF_OK);
            rfc_reset_for(m, seg);
        }
        return;
    }
    if ((seg->flags & SF_RST) != 0) {
        check_rst(m, seg, now);
        return;
    }
    if ((seg->flags & SF_SYN) != 0) {
        if (!check_syn(m, seg, now)) {
            return;
        }
    } else if (!acceptable(m, seg)) {
        unacceptable(m, seg, now);
        rfc_after(m, false, now);
        return;
    }
    if ((seg->flags & SF_SYN) != 0 && m->passive) {
        rest.flags =
            (uint8_t)(rest.flags & ~SF_SYN); /* the rest of it counts as what follows */
        rest.seq++;
    }
    if (!check_ack(m, &rest, now)) {
        return;
    }
    if ((seg->flags & SF_SYN) != 0) {
        m->must_ack = true;
    }
    if ((rest.flags & SF_SYN) == 0) {
        take_text(m, &rest, now); /* what comes on a SYN is not kept */
    }
    rfc_after(m, false, now);
}

void rfc_arrives(struct rfc *m, const struct rfc_seg *seg, uint64_t now)
{
    if (m->state == SF_CLOSED && m->listens) {
        arrives_in_listen(m, seg, now);
    } else if (m->state == SF_CLOSED) {
        rfc_reset_for(m, seg); /* s3.10.7.1 */
    } else if (m->state == SF_SYN_SENT) {
        arrives_in_syn_sent(m, seg, now);
    } else {
        arrives_in_others(m, seg, now);
    }
}
