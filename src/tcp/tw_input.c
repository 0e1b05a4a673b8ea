/* SPDX-License-Identifier: MIT
 *
 * tcp/tw_input.c - a segment for a record in TIME-WAIT (RFC 9293 s3.10.7.4).
 *
 *   arrive.c -> [tw_input.c] -> reply.c (acknowledgements), listen.c (reuse)
 *
 * The order is that of the eight checks, with a RST first (RFC 1337), then PAWS, and with
 * SYN before the window: reuse may begin at any sequence number (RFC 6191).
 */
#include "tcp/timewait.h"

#include "tcp/input.h"
#include "tcp/isn.h"
#include "tcp/listen.h"
#include "tcp/reply.h"
#include "tcp/tracing.h"

/* What every check looks at. */
struct arrival {
    uint32_t id;
    const struct sf_tuple *tuple;
    const struct sf_seg *seg;
    struct sf_tw_view tw;
};

static bool has(const struct arrival *a, uint8_t flag)
{
    return (a->seg->flags & flag) != 0;
}

/* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>. */
static void pure_ack(struct sf_tcp *t, const struct arrival *a, sf_time now)
{
    struct sf_reply reply = {
        .tuple = *a->tuple,
        .seq = a->tw.snd_nxt,
        .ack = a->tw.rcv_nxt,
        .id = a->id,
        .wnd = a->tw.wnd,
        .flags = SF_ACK,
        .tos = a->tw.tos,
        .hop_limit = a->tw.hop_limit,
    };

    if (a->tw.timestamps) {
        reply.has_ts = 1;
        reply.tsval = sf_ts_clock(now) + sf_ts_offset(t, a->tuple);
        reply.tsecr = a->tw.ts_recent;
    }
    (void)sf_reply_put(t, &reply);
}

/* RFC 5961 s4.2, within the limit of its s7. */
static enum sf_verdict challenge(struct sf_tcp *t, const struct arrival *a, sf_time now)
{
    if (!sf_challenge_allowed(t, now)) {
        return SF_DROP_LIMITED;
    }
    pure_ack(t, a, now);
    return SF_DROP_SYN_IN_WINDOW;
}

/* The acknowledgement that a refused segment gets, and its verdict.  What has no length is
 * on one account for all of these records, which have no room for one of their own:
 * sf_refusal_allowed() says why it has to be on any. */
static enum sf_verdict refuse(struct sf_tcp *t, const struct arrival *a, enum sf_verdict why,
                              sf_time now)
{
    if (sf_seg_len(a->seg) == 0 &&
        !sf_limit_take(&t->refusal_limit, t->cfg.challenge_acks, now)) {
        return SF_DROP_LIMITED;
    }
    pure_ack(t, a, now);
    return why;
}

/* RFC 7323 s5.3 R1 for what is no RST; s3.2: once agreed, timestamps are on all segments.
 * A SYN without them may begin a connection that has none. */
static enum sf_verdict check_paws(struct sf_tcp *t, const struct arrival *a, sf_time now)
{
    if (!a->tw.timestamps) {
        return SF_PASS;
    }
    if ((a->seg->options & SF_OPT_TS) == 0) {
        return has(a, SF_SYN) ? SF_PASS : SF_DROP_NO_TIMESTAMP;
    }
    if ((int32_t)(a->seg->tsval - a->tw.ts_recent) < 0) {
        return refuse(t, a, SF_DROP_PAWS, now);
    }
    return SF_PASS;
}

/* RFC 6191 s2, with RFC 1122 s4.2.2.13 where timestamps do not decide. */
bool sf_tw_reusable(const struct sf_tcp *t, const struct sf_tw_view *tw,
                    const struct sf_seg *seg)
{
    /* The old FIN is RCV.NXT - 1. */
    bool beyond_fin = sf_seq_after_eq(seg->seq, tw->rcv_nxt);
    bool uses_ts = (seg->options & SF_OPT_TS) != 0 && t->cfg.timestamps != 0;

    if (!uses_ts) {
        return beyond_fin;
    }
    if (!tw->timestamps) {
        return true;
    }
    return (int32_t)(seg->tsval - tw->ts_recent) > 0 ||
           (seg->tsval == tw->ts_recent && beyond_fin);
}

static enum sf_verdict on_syn(struct sf_tcp *t, const struct arrival *a, bool local,
                              sf_time now)
{
    if (has(a, SF_ACK) || !sf_tw_reusable(t, &a->tw, a->seg)) {
        return challenge(t, a, now);
    }

    uint32_t listener = sf_listener_find(t, a->tuple, local);

    if (listener == 0) {
        sf_tw_drop(t, a->id, now);
        sf_reply_reset(t, 0, a->tuple, a->seg, now);
        return SF_DROP_NO_CONNECTION;
    }

    enum sf_verdict why = sf_listen_reuse(t, listener, a->id, a->tuple, a->seg, now);

    if (why == SF_PASS) {
        sf_trace_state(t, a->id, SF_TIME_WAIT, SF_EV_REUSE, SF_SYN_RECEIVED, now);
    }
    return why;
}

/* First check, by table 6 of s3.10.7.4. */
static bool acceptable(const struct arrival *a)
{
    uint32_t len = sf_seg_len(a->seg);
    uint32_t wnd = a->tw.rcv_wnd;

    if (wnd == 0) {
        return len == 0 && sf_seq_eq(a->seg->seq, a->tw.rcv_nxt);
    }
    return sf_seq_in(a->seg->seq, a->tw.rcv_nxt, wnd) ||
           (len != 0 && sf_seq_in(sf_seq_add(a->seg->seq, len - 1), a->tw.rcv_nxt, wnd));
}

/* Fifth check: everything of ours is acknowledged, so that SND.UNA = SND.NXT. */
static enum sf_verdict check_ack(const struct arrival *a)
{
    if (!has(a, SF_ACK)) {
        return SF_DROP_NO_ACK;
    }
    if (sf_seq_after(a->seg->ack, a->tw.snd_nxt)) {
        return SF_DROP_ACK_FUTURE;
    }
    /* RFC 5961 s5.2 (MAY-12). */
    if (sf_seq_before(a->seg->ack, sf_seq_sub(a->tw.snd_nxt, a->tw.max_snd_wnd))) {
        return SF_DROP_ACK_OLD;
    }
    return SF_PASS;
}

/* What is in the window: an acknowledgement that says nothing new, or what cannot be. */
static enum sf_verdict in_window(struct sf_tcp *t, const struct arrival *a, sf_time now)
{
    enum sf_verdict why = check_ack(a);

    /* RFC 7323 s4.3: the last acknowledgement sent was RCV.NXT.  Not of a segment whose own is
     * refused: who guesses a sequence number alone must not make the next SYN old. */
    if (why == SF_PASS && a->tw.timestamps && sf_seq_before_eq(a->seg->seq, a->tw.rcv_nxt)) {
        sf_tw_set_ts_recent(t, a->id, a->seg->tsval);
    }
    if (why == SF_DROP_NO_ACK) {
        return why;
    }
    if (why == SF_PASS && sf_seg_len(a->seg) != 0) {
        why = SF_DROP_AFTER_FIN;
    }
    /* A second FIN is acknowledged, text beyond the first is not. */
    if (why != SF_PASS && (why != SF_DROP_AFTER_FIN || has(a, SF_FIN))) {
        return refuse(t, a, why, now);
    }
    return why;
}

enum sf_verdict sf_tw_input(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple,
                            const struct sf_seg *seg, bool local, sf_time now)
{
    struct arrival a = {.id = id, .tuple = tuple, .seg = seg};
    enum sf_verdict why = SF_PASS;

    if (has(&a, SF_RST)) {
        /* RFC 1337 s3, fix F1: none of them ends TIME-WAIT. */
        return SF_DROP_RST_TIME_WAIT;
    }
    sf_tw_view(t, id, &a.tw, now);
    why = check_paws(t, &a, now);
    if (why != SF_PASS) {
        return why;
    }
    if (has(&a, SF_SYN)) {
        return on_syn(t, &a, local, now);
    }
    if (has(&a, SF_FIN) && sf_seq_eq(sf_seq_add(seg->seq, sf_seg_len(seg)), a.tw.rcv_nxt)) {
        /* The FIN again: our acknowledgement of it was lost. */
        a.id = sf_tw_renew(t, id, now);
        pure_ack(t, &a, now);
        return SF_DROP_DUPLICATE;
    }
    if (!acceptable(&a)) {
        return refuse(t, &a, SF_DROP_OUT_OF_WINDOW, now);
    }
    return in_window(t, &a, now);
}
