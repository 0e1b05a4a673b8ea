/* SPDX-License-Identifier: MIT
 *
 * script/replay/judge_ack.c - acknowledgements: of what was never sent, backwards, too late,
 * not at all.
 */
#include "base/time.h"
#include "script/replay/judge.h"

#define ACK_WITHIN (500 * SF_NS_PER_MS) /* RFC 9293 s3.8.6.3 (MUST-40) */
#define JITTER     (20 * SF_NS_PER_MS)
#define MIXED_UP   (100 * SF_NS_PER_US) /* a sniffer may have two in the wrong order */

/* True if the other side sent a SYN that this acknowledges. */
static bool answers_syn(const struct judge *j, const struct replay_seg *seg)
{
    for (size_t i = 0; i < j->conn->n; i++) {
        const struct replay_seg *syn = &j->conn->segs[i];

        if (!syn->mine && (syn->flags & SF_SYN) != 0 && sf_seq_after(seg->ack, syn->seq) &&
            sf_seq_before_eq(seg->ack, syn->end)) {
            return true;
        }
    }
    return false;
}

/* What is acknowledged was not captured so far.  True if it was not sent: the other side goes
 * on before it later, or never comes so far.  If it goes on behind it, the sniffer has missed
 * something. */
static bool never_sent(const struct judge *j, const struct replay_seg *seg)
{
    if (sf_seq_after(seg->ack, j->far_last)) {
        return true;
    }
    for (size_t i = j->at + 1; i < j->conn->n; i++) {
        const struct replay_seg *far = &j->conn->segs[i];

        if (!far->mine && (far->flags & (SF_SYN | SF_RST)) == 0 &&
            sf_seq_after(far->end, j->far_end)) {
            return sf_seq_before(far->seq, seg->ack) && far->at_ns - seg->at_ns > JITTER / 10;
        }
    }
    return false;
}

/* The octets that wait are acknowledged: in time? */
static void in_time(struct judge *j, const struct replay_seg *seg)
{
    if (j->waits == NULL || sf_seq_before(seg->ack, j->waits->end)) {
        return;
    }
    if (seg->at_ns - j->waits->at_ns > ACK_WITHIN + 2 * j->rtt_ns + JITTER) {
        replay_break(j, seg, REPLAY_ACK_LATE);
    }
    j->waits = NULL;
}

/* The other side's FIN came again and again, and this side speaks without acknowledging it. */
static void fin_ignored(struct judge *j, const struct replay_seg *seg)
{
    if (j->fins >= 3 && !j->fin_told && sf_seq_eq(seg->ack, sf_seq_sub(j->fin_end, 1)) &&
        seg->at_ns - j->fin_ns > ACK_WITHIN + 2 * j->rtt_ns + JITTER) {
        j->fin_told = true;
        replay_break(j, seg, REPLAY_FIN_IGNORED);
    }
}

void replay_judge_ack(struct judge *j, const struct replay_seg *seg)
{
    if ((seg->flags & SF_ACK) == 0) {
        return;
    }
    if ((seg->flags & SF_SYN) != 0) {
        if (!answers_syn(j, seg)) {
            replay_break(j, seg, REPLAY_ACK_UNSENT);
        }
        return;
    }
    /* Neither beyond what was sent, nor before the SYN. */
    const bool before = j->both_syns && sf_seq_before_eq(seg->ack, j->far_syn->seq);
    if (j->far_spoke &&
        (before || (sf_seq_after(seg->ack, j->far_end) && never_sent(j, seg)))) {
        replay_break(j, seg, REPLAY_ACK_UNSENT);
        return;
    }
    if (j->high != NULL && sf_seq_before(seg->ack, j->high->ack)) {
        if (!replay_sent_after(seg, j->high)) {
            return;
        }
        if (!j->high_ahead) {
            replay_break(j, seg, REPLAY_ACK_BACK);
            return;
        }
        /* It was that one which acknowledged what had not been sent. */
        const size_t at = j->at;
        j->at = (size_t)(j->high - j->conn->segs);
        replay_break(j, j->high, REPLAY_ACK_UNSENT);
        j->at = at;
    }
    in_time(j, seg);
    fin_ignored(j, seg);
    if (j->forbidden[j->at] == 0) {
        j->high = seg;
        j->high_ahead = j->far_spoke && sf_seq_after(seg->ack, j->far_end);
    }
}

void replay_judge_waiting(struct judge *j, const struct replay_seg *seg)
{
    const bool fresh = j->far_spoke && sf_seq_eq(seg->seq, j->far_end) && seg->text_octets > 0;

    if ((seg->flags & SF_FIN) != 0) {
        j->fins = sf_seq_eq(j->fin_end, seg->end) ? j->fins + 1 : 1;
        j->fin_ns = j->fins == 1 ? seg->at_ns : j->fin_ns;
        j->fin_end = seg->end;
    }
    /* Sent again: likely it did not arrive. */
    if (j->waits != NULL && sf_seq_before(seg->seq, j->waits->end) &&
        sf_seq_after(seg->end, j->waits->seq)) {
        j->waits = NULL;
        return;
    }
    const bool all = j->high != NULL && sf_seq_eq(j->high->ack, seg->seq);
    const bool room =
        j->high != NULL && ((uint32_t)j->high->wnd << j->shift) >= seg->text_octets;
    if (fresh && all && room && j->waits == NULL) {
        j->waits = seg;
    }
}
