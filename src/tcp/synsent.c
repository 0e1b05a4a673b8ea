/* SPDX-License-Identifier: MIT
 *
 * tcp/synsent.c - segment arrival in SYN-SENT (RFC 9293 s3.10.7.3).
 *
 *   arrive.c -> [synsent.c] -> ESTABLISHED (SYN,ACK) or SYN-RECEIVED (a crossing SYN)
 */
#include "tcp/input.h"

#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/fastopen.h"
#include "tcp/loss.h"
#include "tcp/reply.h"
#include "tcp/rtt.h"
#include "tcp/uto.h"
#include "tcp/window.h"

/* What the peer's SYN offers, if we offered it too (RFC 7323 s2.2, s3.2; RFC 2018 s2). */
static void negotiate(const struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                      sf_time now)
{
    uint16_t fallback = c->tuple.family == SF_IPV4 ? SF_MSS_DEFAULT_4 : SF_MSS_DEFAULT_6;

    c->mss_peer = fallback;
    if ((seg->options & SF_OPT_MSS) != 0 && seg->mss != 0) {
        c->mss_peer = seg->mss;
    }
    c->mss_peer = sf_choice_send_mss(t, c->choice, c->mss_peer);
    if ((seg->options & SF_OPT_WSCALE) != 0 &&
        sf_conn_offer(c, SF_OFFERS_WSCALE) != SF_OFFER_NO) {
        c->flags |= SF_CF_WSCALE;
        c->snd_wscale = seg->wscale > 14 ? 14 : seg->wscale; /* RFC 7323 s2.3 */
    } else {
        c->rcv_wscale = 0;
    }
    if ((seg->options & SF_OPT_TS) != 0 && sf_conn_offer(c, SF_OFFERS_TS) != SF_OFFER_NO) {
        c->flags |= SF_CF_TS;
        c->ts_recent = seg->tsval;
        c->ts_recent_s = (uint32_t)(now.ns / 1000000000);
    }
    if ((seg->options & SF_OPT_SACK_OK) != 0 &&
        sf_conn_offer(c, SF_OFFERS_SACK) != SF_OFFER_NO) {
        c->flags |= SF_CF_SACK;
    }
    c->irs = seg->seq;
    c->rcv_nxt = sf_seq_add(seg->seq, 1);
    c->rcv_adv = sf_seq_add(c->rcv_nxt, sf_window_begin(t, c->rcvbuf));
    c->last_ack_sent = c->rcv_nxt;
    c->snd_wl1 = seg->seq;
    c->snd_wl2 = seg->ack;
    /* The window of a SYN is never scaled (RFC 7323 s2.2). */
    c->snd_wnd = seg->wnd;
    c->max_snd_wnd = seg->wnd;
}

/* The text and FIN that ride on a SYN begin at SEG.SEQ + 1. */
static enum sf_verdict take_rest(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                                 sf_time now)
{
    struct sf_seg rest = *seg;

    rest.seq = sf_seq_add(seg->seq, 1);
    rest.flags = (uint8_t)(seg->flags & ~SF_SYN);
    if (rest.text_octets == 0 && (rest.flags & (SF_FIN | SF_URG)) == 0) {
        return SF_PASS;
    }
    return sf_text_take(t, c, &rest, now);
}

/* Fourth, with an acceptable ACK: the connection is open. */
static enum sf_verdict opened(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                              sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);
    bool syn_repeated =
        w != NULL && w->sent_head != 0 && sf_sent_at(t, w->sent_head)->times > 1;
    uint32_t wnd = seg->wnd;

    negotiate(t, c, seg, now);
    (void)sf_ack_take(t, c, seg, now);
    c->snd_wnd = wnd;
    sf_fast_open_opened(t, c, seg, now);
    if (syn_repeated) {
        sf_rtt_syn_lost(c);
    }
    w = sf_conn_work(t, c);
    if (w != NULL && w->unsent != 0 && t->cfg.quick_reply != 0) {
        c->quick_acks = 0;
    }
    if (w != NULL) {
        /* Now the segment size is known.  One segment after a lost SYN (RFC 5681 s3.1). */
        w->cc.cwnd =
            syn_repeated ? sf_conn_mss(c, sf_conn_options(c)) : sf_conn_initial_window(t, c);
    }
    c->flags |= SF_CF_ACK_NOW;
    sf_conn_owe(t, c);
    t->counters.opened_active++;
    sf_conn_apply(t, c, SF_EV_SYN_ACK, now);
    sf_conn_tell(t, c, false);
    sf_uto_restart(t, c, now); /* what is outstanding has another time than the SYN */
    sf_uto_take(t, c, seg, now);
    if ((c->flags & SF_CF_FIN_QUEUED) != 0) {
        sf_conn_apply(t, c, SF_EV_FIN_SENT, now);
    }
    return take_rest(t, c, seg, now);
}

/* Fourth, without ACK: the SYNs crossed (MUST-10).  Ours goes out again as SYN,ACK. */
static enum sf_verdict crossed(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                               sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);

    negotiate(t, c, seg, now);
    sf_conn_apply(t, c, SF_EV_SYN, now);
    if (w != NULL && w->sent_head != 0) {
        sf_loss_mark(t, w, w->sent_head);
    }
    sf_conn_owe(t, c);
    return SF_PASS;
}

enum sf_verdict sf_synsent_input(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                                 sf_time now)
{
    bool has_ack = (seg->flags & SF_ACK) != 0;
    bool ack_fits =
        has_ack && sf_seq_after(seg->ack, c->iss) && !sf_seq_after(seg->ack, c->snd_nxt);

    /* First: the ACK. */
    if (has_ack && !ack_fits) {
        if ((seg->flags & SF_RST) == 0) {
            sf_reply_reset(t, c->choice, &c->tuple, seg, now);
        }
        return SF_DROP_SYN_SENT;
    }
    /* Second: the RST, believed only with an acceptable ACK (RFC 5961 s3.2). */
    if ((seg->flags & SF_RST) != 0) {
        if (!has_ack) {
            return SF_DROP_SYN_SENT;
        }
        sf_conn_end(t, c, SF_EV_RST, SF_ERR_REFUSED, now);
        return SF_DROP_RESET;
    }
    /* Third, security: not implemented.  Fourth: the SYN. */
    if ((seg->flags & SF_SYN) == 0) {
        return SF_DROP_SYN_SENT; /* fifth */
    }
    return has_ack ? opened(t, c, seg, now) : crossed(t, c, seg, now);
}
