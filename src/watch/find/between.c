/* SPDX-License-Identifier: MIT
 *
 * watch/find/between.c - what can be said of an open connection.
 *
 *   find.c -> [between.c] -> struct sf_findings
 */
#include "base/time.h"
#include "synfin/state.h"
#include "watch/find/notes.h"

#define LATE_ACK_NS    (35 * SF_NS_PER_MS)  /* Linux delays by 40 ms at least */
#define LATEST_ACK_NS  (250 * SF_NS_PER_MS) /* others by up to 200 */
#define AT_ONCE_NS     (5 * SF_NS_PER_MS)
#define RTO_MIN_NS     (200 * SF_NS_PER_MS) /* of common systems */
#define CLOSED_LONG_NS (50 * SF_NS_PER_MS)  /* a window closed for less harms nobody */

static uint8_t up(uint8_t counter)
{
    return (uint8_t)(counter + (counter < UINT8_MAX));
}

static bool plain_ack(const struct sf_conv_step *step)
{
    return step->octets == 0 && (step->flags & (SF_ACK | SF_SYN | SF_FIN | SF_RST)) == SF_ACK;
}

static struct sf_finding *raise(struct sf_conv *conv, const struct sf_conv_step *step,
                                unsigned id, unsigned side)
{
    struct sf_finding *f = sf_find_raise(&conv->notes.found, id, side, step->at_ns);

    sf_find_proof(f, step->n);
    return f;
}

/* RFC 9293 s3.8.4. */
static void keepalives(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];
    struct sf_find_end *theirs = &conv->notes.end[step->side ^ 1];
    const struct sf_conv_end *end = &conv->end[step->side];

    if ((step->bits & SF_STEP_KEEPALIVE) != 0) {
        if (end->keepalives <= 1) {
            mine->idle_ns = step->silent_ns != UINT64_MAX ? step->silent_ns : 0;
        } else {
            struct sf_finding *f = raise(conv, step, SF_FIND_KEEPALIVE_DEAD, step->side);

            f->values[0] = end->keepalives;
            f->values[1] = step->at_ns - end->keepalive_ns;
            mine->dead = true;
        }
    }
    if ((step->bits & SF_STEP_KEEPALIVE_ACK) != 0) {
        struct sf_finding *f = raise(conv, step, SF_FIND_KEEPALIVE_OK, step->side ^ 1U);

        f->values[0]++;
        f->values[1] = theirs->idle_ns > f->values[1] ? theirs->idle_ns : f->values[1];
    }
    /* Whatever comes shows that somebody is there. */
    if (theirs->dead) {
        theirs->dead = false;
        sf_find_retract(&conv->notes.found, SF_FIND_KEEPALIVE_DEAD, step->side ^ 1U);
    }
}

static void close_window(struct sf_conv *conv, unsigned side, uint64_t now_ns, bool for_good)
{
    struct sf_find_end *mine = &conv->notes.end[side];
    struct sf_finding *f = sf_find_raised(&conv->notes.found, SF_FIND_ZERO_WINDOW, side);

    if (mine->zero_ns == 0 || f == NULL) {
        return;
    }
    f->values[0] += now_ns > mine->zero_ns ? now_ns - mine->zero_ns : 0;
    f->severity = f->values[0] >= CLOSED_LONG_NS ? SF_WARNING : SF_INFO;
    f->variant = f->values[1] > 0 ? 2 : 0;
    f->variant = for_good ? 1 : f->variant;
    mine->zero_ns = 0;
}

static void window(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];
    bool zero = (step->bits & SF_STEP_ZERO_WINDOW) != 0;

    if (zero && mine->zero_ns == 0 && step->before[step->side] != SF_TIME_WAIT &&
        step->before[step->side] != SF_CLOSED) {
        struct sf_finding *f = raise(conv, step, SF_FIND_ZERO_WINDOW, step->side);

        f->severity = f->values[0] >= CLOSED_LONG_NS ? SF_WARNING : SF_INFO;
        mine->zero_ns = step->at_ns;
    } else if (!zero && mine->zero_ns != 0 && step->wnd > 0 && (step->flags & SF_RST) == 0) {
        close_window(conv, step->side, step->at_ns, false);
    }
    if ((step->bits & SF_STEP_PROBE) != 0) {
        struct sf_finding *f =
            sf_find_raised(&conv->notes.found, SF_FIND_ZERO_WINDOW, step->side ^ 1U);

        if (f != NULL) {
            f->values[1]++;
            sf_find_proof(f, step->n);
        }
    }
    if ((step->bits & SF_STEP_WINDOW_FULL) != 0) {
        struct sf_finding *f = raise(conv, step, SF_FIND_WINDOW_FULL, step->side);
        const struct sf_conv_end *end = &conv->end[step->side];

        f->values[0]++;
        f->values[1] = f->values[1] != 0 ? f->values[1] : (uint64_t)(end->edge - end->acked);
    }
}

/*
 * Was it acknowledged before it was sent again, so that the sender could not know?  Had the
 * acknowledgement been lost beyond the observer, a time-out at least lay between.
 */
static bool for_nothing(const struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];

    return (step->bits & SF_STEP_SPURIOUS) != 0 && (step->bits & SF_STEP_TAIL_PROBE) == 0 &&
           step->at_ns - end->acked_ns < RTO_MIN_NS / 4 * 3;
}

static void count_again(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];
    struct sf_finding *f = raise(conv, step, SF_FIND_RETRANSMISSION, step->side);
    bool rto = (step->bits & SF_STEP_RTO) != 0 ||
               ((step->bits & SF_STEP_SPURIOUS) != 0 && step->since_ns >= RTO_MIN_NS);

    f->values[0]++;
    f->values[1] += step->octets;
    f->values[2] += rto;
    if (rto && step->since_ns != UINT64_MAX && step->since_ns > f->values[3]) {
        f->values[3] = step->since_ns;
    }
    mine->tails = (step->bits & SF_STEP_TAIL_PROBE) != 0 ? up(mine->tails) : mine->tails;
    f->variant = f->values[2] > 0 ? 0 : 1;
    if (f->values[0] == mine->tails) {
        f->variant = 3;
    }
    f->severity = f->values[2] > 0 ? SF_WARNING : SF_INFO;
}

/* How often something was sent again since anything came back. */
static void count_unanswered(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];

    if (mine->unanswered == 0) {
        mine->again_ns =
            step->since_ns != UINT64_MAX ? step->at_ns - step->since_ns : step->at_ns;
    }
    mine->unanswered = up(mine->unanswered);
    mine->gap_ns = step->since_ns != UINT64_MAX ? step->since_ns : 0;
}

static void retransmissions(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];
    const uint32_t asking = SF_STEP_KEEPALIVE | SF_STEP_PROBE;

    if ((step->bits & SF_STEP_RETRANSMISSION) == 0 || (step->bits & asking) != 0 ||
        (step->flags & SF_SYN) != 0) {
        return;
    }
    count_unanswered(conv, step);
    if (step->octets == 0 || (step->bits & SF_STEP_FIN_AGAIN) != 0) {
        return; /* a FIN: closing.c */
    }
    if (for_nothing(conv, step)) {
        struct sf_finding *f = raise(conv, step, SF_FIND_SPURIOUS_RTO, step->side);

        f->values[0]++;
        f->variant = 1;
        if (step->since_ns < RTO_MIN_NS / 10 * 9 && f->values[0] == 1) {
            f->severity = SF_INFO; /* out of order, not out of time */
        }
        mine->spurious = up(mine->spurious);
        return;
    }
    count_again(conv, step);
}

/* RFC 2883: the receiver says that it had the text already. */
static void duplicates(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned sender = step->side ^ 1U;
    struct sf_find_end *theirs = &conv->notes.end[sender];

    if ((step->bits & SF_STEP_DSACK) == 0 || conv->end[sender].again == 0) {
        return;
    }
    if (theirs->spurious > 0) {
        theirs->spurious--;
        return;
    }
    struct sf_finding *again =
        sf_find_raised(&conv->notes.found, SF_FIND_RETRANSMISSION, sender);
    /* A probe of the tail costs nothing. */
    if (again == NULL || again->variant == 3 || again->values[0] == 0) {
        return;
    }
    bool rto = again->values[2] > 0;
    struct sf_finding *f = raise(conv, step, SF_FIND_SPURIOUS_RTO, sender);
    f->values[0]++;
    f->variant = 1;
    f->severity = rto ? SF_WARNING : SF_INFO;
}

static void reordering(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];

    if ((step->bits & SF_STEP_OUT_OF_ORDER) == 0 || step->octets == 0 || end->fin >= 0) {
        return;
    }
    struct sf_finding *f = raise(conv, step, SF_FIND_REORDERING, step->side);
    uint64_t late = step->since_ns != UINT64_MAX ? step->since_ns : 0;

    f->values[0]++;
    f->values[1] = late > f->values[1] ? late : f->values[1];
}

/* RFC 5961 s3, s4, s5. */
static void challenges(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;
    uint8_t last = conv->notes.end[peer].last_flags;
    uint8_t state = step->before[step->side];

    if ((step->bits & SF_STEP_CHALLENGE) == 0 || state == SF_TIME_WAIT || state == SF_LISTEN ||
        state == SF_CLOSED || state == SF_SYN_SENT) {
        return;
    }
    struct sf_finding *f = raise(conv, step, SF_FIND_CHALLENGE_ACK, step->side);
    if ((last & SF_SYN) != 0) {
        f->variant = 0;
        conv->notes.anew = true;
    } else if ((last & SF_RST) != 0) {
        f->variant = 1;
    } else {
        f->variant = 2;
    }
    sf_find_proof(f, conv->notes.end[peer].last_n);
}

static void offload(struct sf_conv *conv, const struct sf_conv_step *step)
{
    bool super = (step->bits & SF_STEP_SUPER) != 0;
    bool unfilled = step->seen->sum == SF_SUM_NOT_FILLED_IN;
    struct sf_finding *f = NULL;

    if (!super && !unfilled) {
        return;
    }
    f = sf_find_raised(&conv->notes.found, SF_FIND_OFFLOAD_ARTEFACT, step->side);
    if (f == NULL) {
        f = raise(conv, step, SF_FIND_OFFLOAD_ARTEFACT, step->side);
        f->variant = super ? 0 : 1;
    } else if ((super && f->variant == 1) || (unfilled && f->variant == 0)) {
        f->variant = 2;
        sf_find_proof(f, step->n);
    }
    f->values[0] = super && step->octets > f->values[0] ? step->octets : f->values[0];
}

/*
 * Write, write, read: the second small piece waits for the acknowledgement of the first, and
 * that for a time-out (RFC 9293 s3.7.4 and s3.8.6.3).
 */
static void nagle(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];
    struct sf_find_end *theirs = &conv->notes.end[step->side ^ 1];
    const struct sf_conv_end *end = &conv->end[step->side];
    uint64_t soon = AT_ONCE_NS + conv->rtt_ns;

    if (step->octets > 0) {
        bool held = mine->late_ns != 0 && step->at_ns - mine->late_ns < soon &&
                    (end->mss == 0 || step->octets < conv->end[step->side ^ 1].mss);
        bool alone = end->acked >= step->seq;

        if (held && (step->bits & SF_STEP_RETRANSMISSION) == 0) {
            mine->stalls = up(mine->stalls);
            mine->stalls_ns += mine->stall_ns;
            uint32_t us = (uint32_t)(mine->stall_ns / SF_NS_PER_US);
            mine->stall_max_us = us > mine->stall_max_us ? us : mine->stall_max_us;
        }
        mine->late_ns = 0;
        mine->small_ns = alone ? step->at_ns : 0;
        theirs->small_ns = 0; /* an answer, and no mere acknowledgement */
        theirs->late_ns = 0;
        return;
    }
    if (!plain_ack(step) || theirs->small_ns == 0 || (step->bits & SF_STEP_NEW_ACK) == 0) {
        return;
    }
    uint64_t waited = step->at_ns - theirs->small_ns;
    if (waited > LATE_ACK_NS + conv->rtt_ns && waited < LATEST_ACK_NS + conv->rtt_ns) {
        theirs->late_ns = step->at_ns;
        theirs->stall_ns = waited;
    }
    theirs->small_ns = 0;
}

void sf_find_between(struct sf_conv *conv, const struct sf_conv_step *step)
{
    if (step->error) {
        return;
    }
    keepalives(conv, step);
    window(conv, step);
    retransmissions(conv, step);
    duplicates(conv, step);
    reordering(conv, step);
    challenges(conv, step);
    offload(conv, step);
    nagle(conv, step);
    if ((step->bits & SF_STEP_ACK_OF_UNSEEN) != 0 && (step->bits & SF_STEP_NEW_ACK) != 0) {
        conv->notes.end[step->side].unseen = up(conv->notes.end[step->side].unseen);
    }
    /* Text that acknowledges nothing new was sent by somebody who has not heard. */
    if ((step->flags & SF_RST) == 0 &&
        ((step->bits & SF_STEP_NEW_ACK) != 0 || step->len == 0)) {
        conv->notes.end[step->side ^ 1].unanswered = 0;
    }
}

/* Octets of one end that the other acknowledged, and that are not in the capture. */
static uint64_t missing(const struct sf_conv_end *end)
{
    uint64_t octets =
        end->acked > end->next && end->next != 0 ? (uint64_t)(end->acked - end->next) : 0;

    for (unsigned i = 0; i < SF_CONV_HOLES; i++) {
        int64_t to = end->hole[i].to < end->acked ? end->hole[i].to : end->acked;

        octets += to > end->hole[i].from ? (uint64_t)(to - end->hole[i].from) : 0;
    }
    return octets;
}

static void unseen(struct sf_conv *conv, unsigned side)
{
    uint64_t octets = missing(&conv->end[side]);

    const struct sf_finding *reuse =
        sf_find_raised(&conv->notes.found, SF_FIND_TW_REUSE, SF_CLIENT);

    /* An answer out of TIME_WAIT has the numbers of the connection before. */
    if (octets == 0 || conv->one_way || (reuse != NULL && reuse->variant == 1)) {
        return;
    }
    uint8_t times = conv->notes.end[side ^ 1U].unseen;
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_ACK_UNSEEN, side ^ 1U, conv->last_ns);
    f->values[0] = octets;
    f->values[1] = times > 0 ? times : 1;
}

static void stalls(struct sf_conv *conv, unsigned side)
{
    const struct sf_find_end *mine = &conv->notes.end[side];

    if (mine->stalls < 2) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_NAGLE_DELACK, side, conv->last_ns);
    f->values[0] = mine->stalls;
    f->values[1] = mine->stall_max_us * SF_NS_PER_US;
    f->values[2] = mine->stalls_ns;
}

/* Nothing came back at all: say that instead of how many. */
static void in_vain(struct sf_conv *conv, unsigned side)
{
    const struct sf_find_end *mine = &conv->notes.end[side];
    struct sf_finding *f = sf_find_raised(&conv->notes.found, SF_FIND_RETRANSMISSION, side);

    if (f != NULL && mine->unanswered >= 2 && f->values[0] == mine->unanswered) {
        f->variant = 2;
        f->values[3] = conv->end[side].last_ns - mine->again_ns;
    }
}

void sf_find_between_end(struct sf_conv *conv, uint64_t now_ns)
{
    bool over = conv->over_ns != 0;

    for (unsigned side = 0; side < 2; side++) {
        close_window(conv, side, over ? conv->last_ns : now_ns, true);
        unseen(conv, side);
        stalls(conv, side);
        in_vain(conv, side);
    }
}
