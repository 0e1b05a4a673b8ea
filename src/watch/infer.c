/* SPDX-License-Identifier: MIT
 *
 * watch/infer.c - the state of an end that tells us nothing.
 *
 *   ladder.c -> [infer.c] -> sf_state_next()
 *
 * Numbers are counted from the ISN of whoever they belong to, so a SYN is 0, an
 * acknowledgement of it 1 or more, and a FIN at f is acknowledged by f + 1 or more.
 */
#include "watch/infer.h"

#include "synfin/state.h"
#include "wire/seg.h"

void sf_infer_init(struct sf_infer *x, bool listens)
{
    uint8_t state = listens ? SF_LISTEN : SF_CLOSED;

    *x = (struct sf_infer){
        .proven = state,
        .at_once = state,
        .state = state,
        .certainty = SF_POSSIBLE,
        .fin = -1,
        .peer_fin = -1,
        .proof = -1,
    };
}

/* Follow an arrow from *state if the table has it. */
static bool follow(uint8_t *state, enum sf_event_kind event)
{
    int next = sf_state_next((enum sf_state) * state, event);

    if (next == SF_NO_ARROW) {
        return false;
    }
    *state = (uint8_t)next;
    return true;
}

/*
 * The state with these of the things told.  The order does not matter where both orders are
 * legal (FIN_WAIT_1 reaches TIME_WAIT through CLOSING or through FIN_WAIT_2), so one is enough.
 */
static uint8_t with(const struct sf_infer *x, unsigned told)
{
    uint8_t s = x->proven;

    if ((told & SF_TOLD_SYN) != 0) {
        bool both = s == SF_SYN_SENT && (told & SF_TOLD_ACK_OF_SYN) != 0;

        (void)follow(&s, both ? SF_EV_SYN_ACK : SF_EV_SYN);
    }
    if ((told & SF_TOLD_ACK_OF_SYN) != 0 && s == SF_SYN_RECEIVED) {
        (void)follow(&s, SF_EV_ACK_OF_SYN);
    }
    if ((told & SF_TOLD_ACK_OF_FIN) != 0) {
        (void)follow(&s, SF_EV_ACK_OF_FIN);
    }
    if ((told & SF_TOLD_FIN) != 0) {
        (void)follow(&s, SF_EV_FIN);
    }
    if ((told & SF_TOLD_RST) != 0) {
        (void)follow(&s, SF_EV_RST);
    }
    return s;
}

static uint8_t certainty_of(const struct sf_infer *x, unsigned state)
{
    if (x->midstream && state == SF_ESTABLISHED) {
        return SF_INFERRED; /* CLOSE_WAIT would look the same */
    }
    if (state != x->proven) {
        return SF_INFERRED;
    }
    return x->showed ? SF_SEEN : SF_POSSIBLE;
}

/* Work out the states; of what was told, held is still on its way for now. */
static void settle(struct sf_infer *x, unsigned held)
{
    x->at_once = with(x, x->told & ~held);
    x->certain = certainty_of(x, x->at_once);
    x->state = with(x, x->told);
    x->certainty = certainty_of(x, x->state);
}

/* Drop what it evidently does not know; true if that had been taken for granted. */
static bool untold(struct sf_infer *x, unsigned bits)
{
    bool had = (x->told & bits) != 0;

    x->told = (uint8_t)(x->told & ~bits);
    return had;
}

static enum sf_infer_result sent_rst(struct sf_infer *x, const struct sf_row_seg *seg)
{
    bool refused = !x->synced && !x->midstream;

    /* RFC 9293 s3.10.7.3: SYN-SENT answers a bad ACK with a bare RST, and stays. */
    if (x->proven == SF_SYN_SENT && (seg->flags & SF_ACK) == 0) {
        return untold(x, 0xff) ? SF_INFER_EARLY : SF_INFER_AGREES;
    }
    x->proven = SF_CLOSED;
    x->told = 0;
    return refused ? SF_INFER_REFUSED : SF_INFER_AGREES;
}

static enum sf_infer_result sent_syn(struct sf_infer *x, const struct sf_row_seg *seg)
{
    bool early = false;

    x->synced = true;
    if ((seg->flags & SF_ACK) == 0) {
        /* A bare SYN: it has seen none of the peer's, or it would have answered. */
        early = untold(x, 0xff);
        x->proven = SF_SYN_SENT;
    } else {
        /* A SYN,ACK: nobody has acknowledged its SYN as far as this end knows. */
        early = untold(x, SF_TOLD_ACK_OF_SYN | SF_TOLD_ACK_OF_FIN | SF_TOLD_FIN);
        (void)untold(x, SF_TOLD_SYN);
        if (x->proven == SF_CLOSED || x->proven == SF_LISTEN || x->proven == SF_SYN_SENT) {
            x->proven = SF_SYN_RECEIVED;
        }
    }
    return early ? SF_INFER_EARLY : SF_INFER_AGREES;
}

/* An end that sends anything but SYN and RST has completed the handshake. */
static void prove_open(struct sf_infer *x)
{
    if (x->proven == SF_SYN_SENT) {
        (void)follow(&x->proven, SF_EV_SYN_ACK);
    } else if (x->proven == SF_SYN_RECEIVED) {
        (void)follow(&x->proven, SF_EV_ACK_OF_SYN);
    } else if (x->proven == SF_LISTEN || (x->proven == SF_CLOSED && !x->synced)) {
        x->proven = SF_ESTABLISHED;
        x->midstream = true;
    }
    (void)untold(x, SF_TOLD_SYN | SF_TOLD_ACK_OF_SYN);
}

/*
 * What its acknowledgement shows to have arrived, or not.  Returns what was told and is held
 * to be still on its way.
 */
static unsigned prove_arrivals(struct sf_infer *x, int64_t ack, enum sf_infer_result *result)
{
    unsigned held = 0;

    /* It took a number of the peer's whose segment acknowledged its FIN. */
    if (!x->fin_acked && x->proof >= 0 && ack > x->proof) {
        x->fin_acked = true;
        (void)follow(&x->proven, SF_EV_ACK_OF_FIN);
        (void)untold(x, SF_TOLD_ACK_OF_FIN);
    }
    if (!x->fin_taken && x->peer_fin >= 0 && ack > x->peer_fin) {
        x->fin_taken = true;
        (void)untold(x, SF_TOLD_FIN);
        /* The FINs crossed.  A FIN is acknowledged at once, and the acknowledgement of the
         * other FIN, sent after it, has not come by then. */
        if (x->proven == SF_FIN_WAIT_1 && (x->told & SF_TOLD_ACK_OF_FIN) != 0) {
            held = SF_TOLD_ACK_OF_FIN;
            *result = SF_INFER_EARLY;
        }
        (void)follow(&x->proven, SF_EV_FIN);
    } else if (ack >= x->acked && untold(x, SF_TOLD_FIN)) {
        *result = SF_INFER_EARLY; /* it did not have the FIN yet */
    }
    return held;
}

static void sent_fin(struct sf_infer *x, const struct sf_row_seg *seg,
                     enum sf_infer_result *result)
{
    if (x->fin < 0) {
        x->fin = seg->seq + seg->octets;
        (void)follow(&x->proven, SF_EV_FIN_SENT);
    } else if (untold(x, SF_TOLD_ACK_OF_FIN)) {
        *result = SF_INFER_EARLY; /* it would not send an acknowledged FIN again */
    }
}

enum sf_infer_result sf_infer_sent(struct sf_infer *x, const struct sf_row_seg *seg)
{
    enum sf_infer_result result = SF_INFER_AGREES;
    unsigned held = 0;

    if ((seg->flags & SF_RST) != 0) {
        result = sent_rst(x, seg);
    } else if ((seg->flags & SF_SYN) != 0) {
        result = sent_syn(x, seg);
    } else {
        prove_open(x);
        if ((seg->flags & SF_ACK) != 0) {
            held = prove_arrivals(x, seg->ack, &result);
        }
        if ((seg->flags & SF_FIN) != 0) {
            sent_fin(x, seg, &result);
        }
    }
    /* A SYN,ACK acknowledges, too. */
    if ((seg->flags & SF_ACK) != 0 && seg->ack > x->acked) {
        x->acked = seg->ack;
    }
    x->begun = true;
    x->showed = true;
    settle(x, held);
    return result;
}

/*
 * Would this end take a RST with that number (RFC 9293 s3.10.7.3, RFC 5961 s3.2)?  Its RCV.NXT
 * is what it acknowledged last, or beyond all that was sent to it, if that has arrived.
 */
static bool takes_rst(const struct sf_infer *x, const struct sf_row_seg *seg)
{
    if (x->proven == SF_SYN_SENT && (x->told & SF_TOLD_SYN) == 0) {
        return (seg->flags & SF_ACK) != 0 && seg->ack >= 1;
    }
    return seg->seq == x->peer_next || seg->seq == x->acked || x->midstream;
}

/* Note what an acknowledgement tells. */
static void given_ack(struct sf_infer *x, const struct sf_row_seg *seg)
{
    bool takes_room = seg->octets > 0 || (seg->flags & (SF_SYN | SF_FIN)) != 0;

    if (seg->ack >= 1 && (x->proven == SF_SYN_SENT || x->proven == SF_SYN_RECEIVED ||
                          (x->told & SF_TOLD_SYN) != 0)) {
        x->told |= SF_TOLD_ACK_OF_SYN;
    }
    if (x->fin < 0 || seg->ack <= x->fin) {
        return;
    }
    if (!x->fin_acked) {
        x->told |= SF_TOLD_ACK_OF_FIN;
    }
    if (x->proof < 0 && takes_room) {
        x->proof = seg->seq;
    }
}

enum sf_infer_result sf_infer_given(struct sf_infer *x, const struct sf_row_seg *seg,
                                    bool again)
{
    bool syn = (seg->flags & SF_SYN) != 0;
    bool fin = (seg->flags & SF_FIN) != 0;
    int64_t next = seg->seq + seg->octets + syn + fin;
    /* Sent again before any answer: perhaps the first copy never arrived. */
    bool doubtful = again && ((syn && (x->told & SF_TOLD_SYN) != 0) ||
                              (fin && (x->told & SF_TOLD_FIN) != 0));

    if (!x->begun && !syn) {
        x->midstream = true;
        x->proven = SF_ESTABLISHED;
    }
    x->begun = true;
    if ((seg->flags & SF_RST) != 0) {
        if (takes_rst(x, seg)) {
            x->told |= SF_TOLD_RST;
        }
    } else {
        if (syn &&
            (x->proven == SF_LISTEN || x->proven == SF_CLOSED || x->proven == SF_SYN_SENT)) {
            x->told |= SF_TOLD_SYN;
        }
        if ((seg->flags & SF_ACK) != 0) {
            given_ack(x, seg);
        }
        if (fin) {
            x->peer_fin = next - 1;
            x->told |= x->fin_taken ? 0 : SF_TOLD_FIN;
        }
        x->peer_next = next > x->peer_next ? next : x->peer_next;
    }
    settle(x, 0);
    return doubtful ? SF_INFER_DOUBTFUL : SF_INFER_AGREES;
}
