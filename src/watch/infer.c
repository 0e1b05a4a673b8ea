/* SPDX-License-Identifier: MIT
 *
 * watch/infer.c - the state of an end that tells us nothing.
 *
 *   ladder.c, conv/ -> [infer.c] -> sf_state_next()
 *
 * Numbers are counted from the ISN of whoever they belong to, so a SYN is 0, an
 * acknowledgement of it 1 or more, and a FIN at f is acknowledged by f + 1 or more.
 */
#include "watch/infer.h"

#include "synfin/state.h"
#include "wire/seg.h"

/* With less than that a sender may hold text back (RFC 9293 s3.8.6.2.1). */
#define WINDOW_LEAST 2920

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
        .open_above = 1,
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
    static const struct {
        uint8_t told, event;
    } order[] = {
        {SF_TOLD_ACK_OF_FIN, SF_EV_ACK_OF_FIN},
        {SF_TOLD_FIN, SF_EV_FIN},
        {SF_TOLD_RST, SF_EV_RST},
        {SF_TOLD_UNREACHABLE, SF_EV_UNREACHABLE},
        {SF_TOLD_GONE, SF_EV_ABORT},
        {SF_TOLD_REBORN, SF_EV_ABORT},
        {SF_TOLD_REBORN, SF_EV_OPEN_ACTIVE},
    };
    uint8_t s = x->proven;

    if ((told & SF_TOLD_SYN) != 0) {
        bool both = s == SF_SYN_SENT && (told & SF_TOLD_ACK_OF_SYN) != 0;

        (void)follow(&s, both ? SF_EV_SYN_ACK : SF_EV_SYN);
    }
    if ((told & SF_TOLD_ACK_OF_SYN) != 0 && s == SF_SYN_RECEIVED) {
        (void)follow(&s, SF_EV_ACK_OF_SYN);
    }
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if ((told & order[i].told) != 0) {
            (void)follow(&s, (enum sf_event_kind)order[i].event);
        }
    }
    return s;
}

/* Could a segment that was not captured have changed the state that its own ones prove? */
static bool has_gap(const struct sf_infer *x)
{
    return (x->own_gap != 0 && x->fin < 0) ||
           (x->peer_gap != 0 && x->peer_fin < 0 && x->acked >= x->peer_gap);
}

static bool is_over(unsigned state)
{
    return state == SF_CLOSED || state == SF_TIME_WAIT;
}

static uint8_t certainty_of(const struct sf_infer *x, unsigned state, unsigned told)
{
    if ((told & (SF_TOLD_GONE | SF_TOLD_REBORN)) != 0 ||
        (x->rst_in_wait && state == SF_TIME_WAIT)) {
        return SF_POSSIBLE;
    }
    if (state != x->proven) {
        return x->doubted ? SF_POSSIBLE : SF_INFERRED;
    }
    if (x->midstream && state == SF_ESTABLISHED) {
        return SF_INFERRED; /* CLOSE_WAIT would look the same */
    }
    if (!x->showed) {
        return SF_POSSIBLE;
    }
    if (x->expired) {
        return SF_INFERRED; /* no segment says so */
    }
    if (is_over(state)) {
        return SF_SEEN; /* nothing that was missed would change that */
    }
    if (has_gap(x)) {
        return SF_POSSIBLE;
    }
    /* An acknowledgement of its FIN that was not captured may have overtaken the peer's FIN. */
    if (state == SF_CLOSING) {
        return SF_INFERRED;
    }
    if ((state == SF_LAST_ACK && !x->in_order) || (state == SF_SYN_RECEIVED && x->vague)) {
        return SF_INFERRED;
    }
    if (x->fin < 0 && (x->stale || x->hidden != 0)) {
        return SF_INFERRED;
    }
    if (x->missed && x->fin >= 0 && !x->fin_acked) {
        return SF_INFERRED;
    }
    return x->midstream || x->unsure ? SF_INFERRED : SF_SEEN;
}

/* Work out the states; of what was told, held is still on its way for now. */
static void settle(struct sf_infer *x, unsigned held)
{
    unsigned now = x->told & ~held;

    x->at_once = with(x, now);
    x->certain = certainty_of(x, x->at_once, now);
    if (held != 0 && x->certain == SF_SEEN) {
        x->certain = SF_INFERRED; /* that it is on its way is likely, and no more */
    }
    x->state = with(x, x->told);
    x->certainty = certainty_of(x, x->state, x->told);
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

    /* So it had forgotten the connection, and is opening another one. */
    if (untold(x, SF_TOLD_REBORN)) {
        x->told = 0;
        x->proven = SF_SYN_SENT;
        return SF_INFER_AGREES;
    }
    if (x->proven == SF_SYN_SENT && !x->synced) {
        x->told |= SF_TOLD_GONE; /* whether the ACK was a bad one only its SYN would tell */
        return SF_INFER_AGREES;
    }

    /* RFC 9293 s3.10.7.3, s3.10.7.4: SYN-SENT and SYN-RECEIVED answer a bad ACK with a bare RST
     * at the number that it named, and stay.  A good one is reset by who has gone. */
    if ((seg->flags & SF_ACK) == 0 && (seg->seq < 1 || seg->seq > x->next) &&
        (x->proven == SF_SYN_SENT || x->proven == SF_SYN_RECEIVED)) {
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
        x->vague = false;
        early = untold(x, SF_TOLD_ACK_OF_SYN | SF_TOLD_ACK_OF_FIN | SF_TOLD_FIN);
        (void)untold(x, SF_TOLD_SYN);
        if (x->proven == SF_CLOSED || x->proven == SF_LISTEN || x->proven == SF_SYN_SENT) {
            x->proven = SF_SYN_RECEIVED;
        }
        x->open_above = seg->ack > x->open_above ? seg->ack : x->open_above;
    }
    return early ? SF_INFER_EARLY : SF_INFER_AGREES;
}

/*
 * Does it prove that the handshake is over?  In SYN-RECEIVED, before its SYN was acknowledged,
 * an end answers with a plain acknowledgement what is outside the window (RFC 9293 s3.10.7.4,
 * first), and may send text where the SYN carried some (RFC 7413 s3).
 */
static bool proves_open(const struct sf_infer *x, const struct sf_row_seg *seg)
{
    if (x->proven != SF_SYN_RECEIVED || (x->told & SF_TOLD_ACK_OF_SYN) != 0) {
        return true;
    }
    return seg->ack > x->open_above || (seg->octets > 0 && !x->syn_text);
}

/* An end that sends anything but SYN and RST has, as a rule, completed the handshake. */
static void prove_open(struct sf_infer *x, const struct sf_row_seg *seg)
{
    if (!proves_open(x, seg)) {
        x->vague = true;
        return;
    }
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

/* Has the acknowledgement of its FIN arrived?  It took a number of the peer's, or echoes a
 * timestamp (RFC 7323 s4), that no segment had which did not acknowledge the FIN. */
static bool knows_fin_acked(const struct sf_infer *x, const struct sf_row_seg *seg)
{
    if (x->proof >= 0 && seg->ack > x->proof) {
        return true;
    }
    return x->has_proof_ts && (seg->options & SF_ROW_TS) != 0 &&
           (int32_t)(seg->tsecr - x->proof_ts) >= 0;
}

static bool is_plain_ack(const struct sf_row_seg *seg)
{
    return seg->octets == 0 && (seg->flags & (SF_SYN | SF_FIN | SF_RST)) == 0;
}

/*
 * What its acknowledgement shows to have arrived, or not.  Returns what was told and is held
 * to be still on its way.
 */
static unsigned prove_arrivals(struct sf_infer *x, const struct sf_row_seg *seg,
                               enum sf_infer_result *result)
{
    unsigned held = 0;

    if (!x->fin_acked && x->fin >= 0 && knows_fin_acked(x, seg)) {
        x->fin_acked = true;
        x->unsure = false;
        /* LAST-ACK would be CLOSED by now, which sends nothing of the kind: it was CLOSING. */
        x->proven = x->proven == SF_LAST_ACK ? (uint8_t)SF_CLOSING : x->proven;
        (void)follow(&x->proven, SF_EV_ACK_OF_FIN);
        (void)untold(x, SF_TOLD_ACK_OF_FIN);
    }
    if (!x->fin_taken && x->peer_fin >= 0 && seg->ack > x->peer_fin) {
        x->fin_taken = true;
        /* With nothing outstanding and a wide window, no FIN waits to be sent. */
        x->in_order = is_plain_ack(seg) && seg->seq <= x->known_fin && !x->small_window;
        (void)untold(x, SF_TOLD_FIN);
        /* The FINs crossed.  A FIN is acknowledged at once, and the acknowledgement of the
         * other FIN, sent after it, has not come by then. */
        if (x->proven == SF_FIN_WAIT_1 && (x->told & SF_TOLD_ACK_OF_FIN) != 0 &&
            !x->fin_again) {
            held = SF_TOLD_ACK_OF_FIN;
            *result = SF_INFER_EARLY;
        }
        (void)follow(&x->proven, SF_EV_FIN);
    } else if (seg->ack >= x->acked && untold(x, SF_TOLD_FIN)) {
        *result = SF_INFER_EARLY; /* it did not have the FIN yet */
    }
    return held;
}

static void sent_fin(struct sf_infer *x, const struct sf_row_seg *seg,
                     enum sf_infer_result *result)
{
    int64_t at = seg->seq + seg->octets;

    x->unsure = false;
    if (x->fin < 0) {
        x->fin = at;
        x->fin_ack = seg->ack;
        /* Below what it was seen to have sent, this is no first copy. */
        x->unsure = x->own_gap > at && x->fin_taken;
        (void)follow(&x->proven, SF_EV_FIN_SENT);
    } else if (untold(x, SF_TOLD_ACK_OF_FIN)) {
        *result = SF_INFER_EARLY; /* it would not send an acknowledged FIN again */
    }
}

/* A plain acknowledgement does not tell whether its sender's FIN is still unacknowledged. */
static void weaken(struct sf_infer *x, const struct sf_row_seg *seg, uint8_t before)
{
    if (x->fin >= 0 && !x->fin_acked && seg->seq >= x->fin && seg->octets == 0 &&
        x->proven == before) {
        x->unsure = true;
    }
}

static unsigned sent_plain(struct sf_infer *x, const struct sf_row_seg *seg,
                           enum sf_infer_result *result)
{
    uint8_t before = x->proven;
    unsigned held = 0;

    if (x->expired) {
        x->expired = false; /* so it was not: a FIN began its time anew */
        x->proven = SF_TIME_WAIT;
        *result = SF_INFER_EARLY;
    }
    prove_open(x, seg);
    if ((seg->flags & SF_ACK) != 0) {
        held = prove_arrivals(x, seg, result);
    }
    x->was = x->proven;
    if ((seg->flags & SF_FIN) != 0) {
        sent_fin(x, seg, result);
    } else {
        weaken(x, seg, before);
    }
    return held;
}

enum sf_infer_result sf_infer_sent(struct sf_infer *x, const struct sf_row_seg *seg)
{
    enum sf_infer_result result = SF_INFER_AGREES;
    unsigned len = seg->octets + ((seg->flags & SF_SYN) != 0) + ((seg->flags & SF_FIN) != 0);
    unsigned held = 0;

    if ((seg->flags & SF_RST) != 0) {
        result = sent_rst(x, seg);
        x->was = x->proven;
    } else if ((seg->flags & SF_SYN) != 0) {
        result = sent_syn(x, seg);
        x->was = x->proven;
    } else {
        held = sent_plain(x, seg, &result);
        held |= x->told & SF_TOLD_RST; /* that is on its way still */
        if (untold(x, SF_TOLD_GONE | SF_TOLD_REBORN)) {
            result = SF_INFER_EARLY;
        }
    }
    if ((seg->flags & SF_RST) == 0) {
        /* A SYN,ACK acknowledges, too. */
        x->acked = (seg->flags & SF_ACK) != 0 && seg->ack > x->acked ? seg->ack : x->acked;
        x->edge = (seg->flags & SF_ACK) != 0 ? seg->ack + seg->wnd : x->edge;
        x->own_gap = len > 0 && seg->seq + len >= x->own_gap ? 0 : x->own_gap;
        x->stale =
            seg->seq < x->next && seg->seq + len <= x->next && (seg->flags & SF_SYN) == 0;
        /* A plain ACK names SND.NXT. */
        if ((is_plain_ack(seg) && seg->seq == x->next) || (len > 0 && x->hidden == 1)) {
            x->hidden = 0;
        }
        x->next = seg->seq + len > x->next ? seg->seq + len : x->next;
    }
    x->begun = true;
    x->showed = true;
    x->doubted = false;
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

static void given_ack_of_fin(struct sf_infer *x, const struct sf_row_seg *seg)
{
    bool takes_room = seg->octets > 0 || (seg->flags & (SF_SYN | SF_FIN)) != 0;
    bool has_ts = (seg->options & SF_ROW_TS) != 0;

    if (!x->fin_acked) {
        x->told |= SF_TOLD_ACK_OF_FIN;
    }
    /* The number must be new, or a copy without the acknowledgement may be what was taken. */
    if (x->proof < 0 && takes_room && seg->seq >= x->peer_next && seg->seq >= x->acked) {
        x->proof = seg->seq;
    }
    /* So must the timestamp. */
    if (!x->has_proof_ts && has_ts && x->has_peer_ts) {
        x->proof_ts = seg->tsval == x->peer_ts ? seg->tsval + 1 : seg->tsval;
        x->has_proof_ts = true;
    }
}

/* Note what an acknowledgement tells. */
static void given_ack(struct sf_infer *x, const struct sf_row_seg *seg)
{
    /* Outside its window it is answered and not taken (RFC 9293 s3.10.7.4, first). */
    bool taken = x->edge == 0 || seg->seq < x->edge || seg->seq == x->acked;

    if (taken && seg->ack >= 1 &&
        (x->proven == SF_SYN_SENT || x->proven == SF_SYN_RECEIVED ||
         (x->told & SF_TOLD_SYN) != 0)) {
        x->told |= SF_TOLD_ACK_OF_SYN;
    }
    if (x->fin >= 0 && seg->ack > x->fin) {
        given_ack_of_fin(x, seg);
    }
}

static void given_rst(struct sf_infer *x, const struct sf_row_seg *seg)
{
    if (!takes_rst(x, seg)) {
        return;
    }
    x->rst_in_wait = x->rst_in_wait || x->state == SF_TIME_WAIT;
    x->told |= SF_TOLD_RST;
}

/* The end's own acknowledgement may have been captured before the FIN that it covers. */
static void given_late_fin(struct sf_infer *x, int64_t at)
{
    x->fin_taken = true;
    if (x->fin < 0 || x->fin_ack <= at) {
        (void)follow(&x->proven, SF_EV_FIN);
        return;
    }
    /* Its own FIN came after it, as it turns out. */
    x->proven = SF_ESTABLISHED;
    (void)follow(&x->proven, SF_EV_FIN);
    (void)follow(&x->proven, SF_EV_FIN_SENT);
    if (x->fin_acked) {
        (void)follow(&x->proven, SF_EV_ACK_OF_FIN);
    }
}

static void given_fin(struct sf_infer *x, int64_t at, bool again)
{
    x->fin_again = x->fin_again || again || x->peer_fin >= 0;
    x->known_fin = x->peer_fin < 0 ? x->known : x->known_fin;
    x->peer_fin = at;
    if (!x->fin_taken && x->acked > at) {
        given_late_fin(x, at);
    }
    x->told |= x->fin_taken ? 0 : SF_TOLD_FIN;
}

/* Anything but a RST. */
static void given_plain(struct sf_infer *x, const struct sf_row_seg *seg, bool again)
{
    bool syn = (seg->flags & SF_SYN) != 0;
    bool fin = (seg->flags & SF_FIN) != 0;
    int64_t next = seg->seq + seg->octets + syn + fin;

    if (syn && (x->proven == SF_LISTEN || x->proven == SF_CLOSED || x->proven == SF_SYN_SENT)) {
        x->told |= SF_TOLD_SYN;
    }
    x->syn_text = x->syn_text || (syn && seg->octets > 0);
    if ((seg->flags & SF_ACK) != 0) {
        given_ack(x, seg);
        x->hidden =
            x->hidden != 0 && seg->ack > x->known && seg->ack == x->next ? 1 : x->hidden;
        x->known = seg->ack > x->known ? seg->ack : x->known;
        x->small_window = x->small_window || seg->wnd < WINDOW_LEAST;
    }
    if (fin) {
        given_fin(x, next - 1, again);
    }
    if (next > seg->seq && next >= x->peer_gap) {
        x->peer_gap = 0;
    }
    x->peer_next = next > x->peer_next ? next : x->peer_next;
    if ((seg->options & SF_ROW_TS) != 0) {
        x->peer_ts = seg->tsval;
        x->has_peer_ts = true;
    }
}

enum sf_infer_result sf_infer_given(struct sf_infer *x, const struct sf_row_seg *seg,
                                    bool again)
{
    bool syn = (seg->flags & SF_SYN) != 0;
    /* Sent again before any answer: perhaps the first copy never arrived, or was not taken.  A
     * FIN is not taken before the text in front of it. */
    unsigned doubted = syn ? SF_TOLD_SYN : SF_TOLD_FIN | SF_TOLD_ACK_OF_SYN;
    bool doubtful = again && (x->told & doubted) != 0;

    if (!x->begun && !syn) {
        x->midstream = true;
        x->proven = SF_ESTABLISHED;
    } else if (!x->begun && (seg->flags & SF_ACK) != 0) {
        x->proven = SF_SYN_SENT; /* its SYN was missed */
    }
    x->begun = true;
    if ((seg->flags & SF_RST) != 0) {
        given_rst(x, seg);
    } else {
        given_plain(x, seg, again);
    }
    settle(x, 0);
    return doubtful ? SF_INFER_DOUBTFUL : SF_INFER_AGREES;
}

void sf_infer_gap(struct sf_infer *x, int64_t own, int64_t peer)
{
    x->own_gap = own > x->own_gap ? own : x->own_gap;
    x->peer_gap = peer > x->peer_gap ? peer : x->peer_gap;
    settle(x, 0);
}

void sf_infer_hidden(struct sf_infer *x)
{
    x->hidden = 2;
    settle(x, 0);
}

void sf_infer_missed(struct sf_infer *x)
{
    x->missed = true;
}

enum sf_infer_result sf_infer_impersonated(struct sf_infer *x)
{
    x->told |= SF_TOLD_GONE;
    settle(x, 0);
    return SF_INFER_AGREES;
}

void sf_infer_reborn(struct sf_infer *x)
{
    x->told |= SF_TOLD_REBORN;
    settle(x, 0);
}

enum sf_infer_result sf_infer_survived(struct sf_infer *x)
{
    bool had = untold(x, SF_TOLD_RST);

    x->was = x->proven;
    settle(x, 0);
    return had ? SF_INFER_EARLY : SF_INFER_AGREES;
}

void sf_infer_unreachable(struct sf_infer *x)
{
    x->told |= SF_TOLD_UNREACHABLE;
    settle(x, 0);
}

void sf_infer_time(struct sf_infer *x, enum sf_event_kind event)
{
    uint8_t state = x->state;

    if (follow(&state, event)) {
        x->expired = event == SF_EV_2MSL;
        x->proven = state;
        x->told = 0;
        x->at_once = state;
        x->certain = SF_INFERRED;
        x->state = state;
        x->certainty = SF_INFERRED;
    }
}
