/* SPDX-License-Identifier: MIT
 *
 * tcp/text.c - sixth to eighth check: urgent mark, text, FIN (RFC 9293 s3.10.7.4).
 *
 *   input.c -> [text.c] -> reasm.c -> the application is told
 *
 * Text in order owes one acknowledgement for a burst, delayed below 500 ms; text out of
 * order owes its own duplicate at once (RFC 5681 s4.2).
 */
#include "tcp/input.h"

#include "base/time.h"
#include "tcp/reasm.h"
#include "tcp/reply.h"

/* Sixth: RCV.UP moves, and the application is told (MUST-32); the octet stays in line. */
void sf_text_urgent(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now)
{
    sf_seq up = sf_seq_add(seg->seq, seg->urg);
    struct sf_work *w = NULL;

    if ((seg->flags & SF_URG) == 0 || !sf_conn_receives(c) || !sf_seq_after(up, c->rcv_nxt)) {
        return;
    }
    w = sf_conn_wake(t, c, now);
    if (w != NULL && (w->rcv_urgent == 0 || sf_seq_after(up, w->rcv_up))) {
        w->rcv_up = up;
        w->rcv_urgent = 1;
        sf_conn_tell(t, c, true);
    }
}

void sf_text_twice(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now)
{
    sf_seq end = sf_seq_add(seg->seq, seg->text_octets);
    struct sf_work *w = sf_conn_work(t, c);

    /* The octet of a keepalive probe is nothing to wake for. */
    if ((c->flags & SF_CF_SACK) == 0 || !sf_seq_before(seg->seq, c->rcv_nxt) ||
        seg->text_octets == 0 || (w == NULL && seg->text_octets == 1)) {
        return;
    }
    w = sf_conn_wake(t, c, now);
    if (w != NULL) {
        sf_reasm_twice(w, seg->seq, sf_seq_before(end, c->rcv_nxt) ? end : c->rcv_nxt);
    }
}

/* Do enough full segments wait (RFC 5681 s4.2: at least every second), does the application
 * want none delayed, or has the connection just begun? */
static bool is_due(const struct sf_tcp *t, struct sf_conn *c, const struct sf_work *w)
{
    uint32_t full = t->cfg.ack_every * w->rcv_mss;

    if (c->quick_acks != 0) {
        c->quick_acks--;
        return true;
    }
    return (full != 0 && w->unacked >= full) || (c->flags & SF_CF_QUICKACK) != 0;
}

/* Owe the acknowledgement of text in order: now if it closed a gap or is due. */
static void owe_for_text(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                         uint32_t octets, bool filled, sf_time now)
{
    uint32_t delack = sf_timer_id(SF_TK_DELACK, c->work);

    w->unacked += octets;
    c->heard_us = sf_time_us32(now);
    c->heard_us += c->heard_us == 0; /* 0 is never */
    bool second = t->cfg.ack_small != 0 && sf_wheel_armed(&t->wheel, delack);
    if (filled || w->ooo_chunks != 0 || is_due(t, c, w) || second ||
        t->cfg.delayed_ack.ns == 0) {
        c->flags |= SF_CF_ACK_NOW;
        sf_conn_owe(t, c);
    } else if (!sf_wheel_armed(&t->wheel, delack)) {
        sf_wheel_arm(&t->wheel, delack, sf_time_add(now, t->cfg.delayed_ack));
    }
}

static void owe_duplicate(struct sf_tcp *t, struct sf_conn *c)
{
    if (c->dups_owed < UINT8_MAX) {
        c->dups_owed++;
    }
    sf_conn_owe(t, c);
}

/* Seventh: the part of the text that is new and inside the window. */
static enum sf_verdict check_7_text(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                                    const struct sf_seg *seg, sf_time now)
{
    sf_seq seq = seg->seq;
    uint32_t octets = seg->text_octets;
    uint32_t skip = sf_seq_before(seq, c->rcv_nxt) ? sf_seq_span(seq, c->rcv_nxt) : 0;
    uint32_t one = seg->gso_octets != 0 ? seg->gso_octets : octets;
    uint32_t taken = 0;
    bool filled = false;
    bool in_order = false;

    if (skip != 0) {
        sf_text_twice(t, c, seg, now);
    }
    if (skip >= octets) {
        return SF_DROP_DUPLICATE;
    }
    seq = sf_seq_add(seq, skip);
    octets -= skip;
    if (octets > sf_seq_span(seq, c->rcv_adv)) {
        octets = sf_seq_span(seq, c->rcv_adv);
    }
    if (w->peer_fin != 0 && sf_seq_after(sf_seq_add(seq, octets), w->fin_seq)) {
        return SF_DROP_AFTER_FIN;
    }
    w->rcv_mss = one > w->rcv_mss ? one : w->rcv_mss;
    in_order = sf_seq_eq(seq, c->rcv_nxt);
    taken = sf_reasm_take(t, c, seq, seg->text + skip, octets, &filled);
    if (taken == 0) {
        c->flags |= SF_CF_ACK_NOW;
        sf_conn_owe(t, c);
        return in_order ? SF_DROP_NO_MEMORY : SF_DROP_OOO_LIMIT;
    }
    if (!in_order) {
        owe_duplicate(t, c);
        return SF_PASS;
    }
    owe_for_text(t, c, w, taken, filled || sf_reasm_has_twice(w), now);
    sf_conn_tell(t, c, true);
    return taken == octets ? SF_PASS : SF_DROP_NO_MEMORY;
}

/* The FIN is next in order: RCV.NXT moves over it, and it is acknowledged at once. */
static void take_fin(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now)
{
    c->rcv_nxt = sf_seq_add(c->rcv_nxt, 1);
    if (sf_seq_before(c->rcv_adv, c->rcv_nxt)) {
        c->rcv_adv = c->rcv_nxt;
    }
    c->flags |= SF_CF_FIN_RCVD | SF_CF_ACK_NOW;
    if (w != NULL) {
        w->peer_fin = 0;
    }
    sf_conn_owe(t, c);
    sf_conn_apply(t, c, SF_EV_FIN, now);
    sf_conn_tell(t, c, false);
}

/* Eighth: the FIN, in order or behind a gap (SHLD-31). */
static enum sf_verdict check_8_fin(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                                   const struct sf_seg *seg, sf_time now)
{
    sf_seq fin = sf_seq_add(seg->seq, seg->text_octets);

    if ((seg->flags & SF_FIN) != 0 && !sf_seq_after(c->rcv_adv, fin)) {
        /* Its place lies at or beyond the right edge: the peer repeats it. */
        c->flags |= SF_CF_ACK_NOW;
        sf_conn_owe(t, c);
        return SF_DROP_OUT_OF_WINDOW;
    }
    if ((seg->flags & SF_FIN) != 0 && sf_seq_after(fin, c->rcv_nxt)) {
        if (w == NULL) {
            return SF_DROP_NO_MEMORY;
        }
        if (w->peer_fin == 0) {
            w->peer_fin = 1;
            w->fin_seq = fin;
        }
        if (seg->text_octets == 0) {
            owe_duplicate(t, c);
        }
        return SF_PASS;
    }
    if ((seg->flags & SF_FIN) != 0 ||
        (w != NULL && w->peer_fin != 0 && sf_seq_eq(w->fin_seq, c->rcv_nxt))) {
        take_fin(t, c, w, now);
    }
    return SF_PASS;
}

enum sf_verdict sf_text_take(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                             sf_time now)
{
    sf_seq end = sf_seq_add(seg->seq, seg->text_octets);
    bool has_new = seg->text_octets != 0 && sf_seq_after(end, c->rcv_nxt);
    struct sf_work *w = NULL;
    enum sf_verdict why = SF_PASS;

    if (seg->text_octets == 0 && (seg->flags & (SF_FIN | SF_URG)) == 0) {
        return SF_PASS;
    }
    if (!sf_conn_receives(c)) {
        /* Seventh: "ignore the segment text".  A second FIN is acknowledged. */
        if ((seg->flags & SF_FIN) != 0) {
            c->flags |= SF_CF_ACK_NOW;
            sf_conn_owe(t, c);
            return SF_DROP_AFTER_FIN;
        }
        return has_new ? SF_DROP_AFTER_FIN : SF_PASS;
    }
    if (has_new && (c->flags & SF_CF_ORPHAN) != 0) {
        /* SHLD-3: nobody reads any more, and the peer must not believe otherwise. */
        sf_reply_reset(t, c->choice, &c->tuple, seg, now);
        t->counters.orphans_ended++;
        sf_conn_end(t, c, SF_EV_ORPHANED, SF_ERR_RESET, now);
        return SF_DROP_AFTER_CLOSE;
    }
    sf_text_urgent(t, c, seg, now);
    if (seg->text_octets != 0) {
        w = sf_conn_wake(t, c, now);
        if (w == NULL) {
            return SF_DROP_NO_MEMORY;
        }
        why = check_7_text(t, c, w, seg, now);
        if (why == SF_DROP_DUPLICATE) {
            c->flags |= SF_CF_ACK_NOW;
            sf_conn_owe(t, c);
        }
        if (why != SF_PASS && why != SF_DROP_DUPLICATE) {
            return why;
        }
    }
    w = sf_conn_work(t, c);
    if ((seg->flags & SF_FIN) != 0 && w == NULL && sf_seq_after(end, c->rcv_nxt)) {
        w = sf_conn_wake(t, c, now);
    }
    {
        enum sf_verdict fin = check_8_fin(t, c, w, seg, now);

        return fin == SF_PASS ? why : fin;
    }
}
