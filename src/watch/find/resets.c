/* SPDX-License-Identifier: MIT
 *
 * watch/find/resets.c - who reset it, and why.
 *
 *   find.c -> [resets.c] -> struct sf_findings, with weights
 *
 * A RST says little: whether it has an ACK, which number, from how far away.  The rest is what
 * went before.  Each piece of evidence gives points to the causes that it speaks for; what has
 * no points is out, and the points of the others become per cents.  Causes that are hardly
 * less likely than the first keep their severity, the others are only told.
 */
#include "base/time.h"
#include "synfin/state.h"
#include "watch/find/notes.h"

#define IDLE_NS      (60 * SF_NS_PER_S) /* boxes forget sooner than TCP, but not before this */
#define NEAR_NS      SF_NS_PER_S        /* it was there a moment ago */
#define CLOSE_ENOUGH 20                 /* per cent: a cause as good as the first */
#define LEAST        8                  /* per cent: below it a cause is not worth telling */
#define CAUSES       12

/* What is known of the RST that counts. */
struct evidence {
    struct sf_conv *conv;
    const struct sf_conv_step *step;
    const struct sf_conv_end *end;   /* in whose name it was sent */
    const struct sf_conv_end *other; /* who got it */
    const struct sf_find_end *mine;
    const struct sf_find_end *theirs;
    uint64_t silent_ns; /* since the sender was heard last */
    uint64_t taken;     /* octets of the other's that the sender had acknowledged */
    bool bare;          /* no ACK: made from the segment that it answers */
    bool mirrors;       /* its number is what that segment acknowledged */
    unsigned points[CAUSES];
    uint8_t variant[CAUSES];
};

static void give(struct evidence *e, unsigned id, unsigned points, unsigned variant)
{
    unsigned i = id - SF_FIND_RST_PORT_CLOSED;

    e->points[i] += points;
    e->variant[i] = (uint8_t)variant;
}

/* From a distance unlike that of the host's other packets. */
static void weigh_distance(struct evidence *e)
{
    if ((e->step->bits & SF_STEP_RST_STRANGE) != 0) {
        give(e, SF_FIND_RST_MIDDLEBOX, 400, e->silent_ns >= NEAR_NS ? 0 : 2);
    } else if (e->silent_ns >= IDLE_NS && e->silent_ns != UINT64_MAX &&
               e->mine->unanswered == 0 && e->end->keepalives == 0) {
        give(e, SF_FIND_RST_MIDDLEBOX, 35, 1);
    }
}

/* To a SYN. */
static void weigh_refusal(struct evidence *e)
{
    bool zero = e->step->seen->seq.v == 0;

    give(e, SF_FIND_RST_PORT_CLOSED, zero ? 95 : 40, zero ? 0 : 1);
    if (!zero) {
        give(e, SF_FIND_RST_MIDDLEBOX, 60, 3);
    }
}

/* Made from the segment that it answers: its sender knows no such connection. */
static void weigh_bare(struct evidence *e)
{
    const uint32_t odd =
        SF_STEP_RETRANSMISSION | SF_STEP_OUT_OF_ORDER | SF_STEP_OUT_OF_WINDOW | SF_STEP_OLD_ACK;
    bool third = e->end->syn_acks > 0 && e->end->segments == e->end->syn_acks + 1U &&
                 e->other->octets == 0 && e->other->fins == 0;

    if (third) {
        give(e, SF_FIND_RST_ACCEPTQ, 75, 0);
        give(e, SF_FIND_RST_NO_CONNECTION, 15, 0);
        return;
    }
    give(e, SF_FIND_RST_NO_CONNECTION, e->mirrors ? 65 : 35, 0);
    if (e->mine->unanswered >= 3) {
        give(e, SF_FIND_RST_TIMEOUT, 90, 0); /* it gave up unheard */
    }
    if ((e->theirs->last_bits & odd) != 0 && e->silent_ns < NEAR_NS &&
        e->theirs->unanswered < 2) {
        give(e, SF_FIND_RST_CONNTRACK, 50, 1);
    }
}

/* What came and perhaps was not read, against an abort (RFC 9293 s3.6.1 SHLD-3, s3.10.5). */
static void weigh_unread(struct evidence *e)
{
    bool after_fin = e->other->fin_acked_ns != 0;

    if (e->taken == 0) {
        give(e, SF_FIND_RST_ABORT, 95, after_fin ? 2 : 0);
    } else if (e->mine->answered) {
        give(e, SF_FIND_RST_ABORT, 65, after_fin ? 2 : 1);
        give(e, SF_FIND_RST_UNREAD_DATA, 35, 1);
    } else {
        give(e, SF_FIND_RST_UNREAD_DATA, 70, 0);
        give(e, SF_FIND_RST_ABORT, 30, after_fin ? 2 : 1);
    }
}

/* Sent by an end that has the connection. */
static void weigh_own(struct evidence *e)
{
    if (e->end->keepalives >= 2) {
        give(e, SF_FIND_RST_KEEPALIVE, 95, 0);
    } else if (e->mine->unanswered >= 3) {
        give(e, SF_FIND_RST_TIMEOUT, 90, 0);
        give(e, SF_FIND_RST_ABORT, 10, 1);
    } else {
        weigh_unread(e);
    }
}

static void weigh(struct evidence *e)
{
    uint8_t state = e->step->before[e->step->side];
    bool opening = e->step->before[e->step->side ^ 1] == SF_SYN_SENT && e->end->syn_acks == 0;

    if (state == SF_TIME_WAIT) {
        give(e, SF_FIND_RST_TIME_WAIT, 100, 0);
        return;
    }
    weigh_distance(e);
    if (opening) {
        weigh_refusal(e);
    } else if (e->bare) {
        weigh_bare(e);
    } else {
        weigh_own(e);
    }
}

static void fill_values(const struct evidence *e, unsigned id, struct sf_finding *f)
{
    uint64_t then_ns = e->other->last_ns;
    uint64_t data_ns = e->step->at_ns > then_ns ? e->step->at_ns - then_ns : 0;
    uint64_t silent = e->silent_ns != UINT64_MAX ? e->silent_ns : data_ns;

    f->values[0] = silent;
    if (id == SF_FIND_RST_UNREAD_DATA || id == SF_FIND_RST_ABORT) {
        f->values[0] = e->taken;
        f->values[1] = id == SF_FIND_RST_ABORT && f->variant == 0 ? silent : data_ns;
    } else if (id == SF_FIND_RST_KEEPALIVE) {
        f->values[0] = e->end->keepalives;
        f->values[1] = e->step->at_ns - e->end->keepalive_ns;
    } else if (id == SF_FIND_RST_TIMEOUT) {
        f->values[0] = e->mine->unanswered;
        f->values[1] = e->step->at_ns - e->mine->again_ns;
    } else if (id == SF_FIND_RST_ACCEPTQ) {
        f->values[0] = data_ns;
    } else if (id == SF_FIND_RST_MIDDLEBOX) {
        f->values[1] = e->step->seen->hop_limit;
        f->values[2] = e->end->hop_limit;
    }
}

/* Points to findings. */
static void tell(struct evidence *e)
{
    unsigned sum = 0;
    unsigned most = 0;

    for (unsigned i = 0; i < CAUSES; i++) {
        sum += e->points[i];
        most = e->points[i] > most ? e->points[i] : most;
    }
    for (unsigned i = 0; sum > 0 && i < CAUSES; i++) {
        unsigned id = SF_FIND_RST_PORT_CLOSED + i;
        unsigned percent = (100 * e->points[i] + sum / 2) / sum;

        if (percent < LEAST) {
            continue;
        }
        struct sf_finding *f =
            sf_find_raise(&e->conv->notes.found, id, e->step->side, e->step->at_ns);
        f->weight = (uint8_t)percent;
        f->variant = e->variant[i];
        if (percent + CLOSE_ENOUGH < 100 * most / sum) {
            f->severity = SF_INFO;
        }
        fill_values(e, id, f);
        sf_find_proof(f, e->theirs->last_n);
        sf_find_proof(f, e->step->n);
    }
}

/* RFC 9293 s3.5.1: one end is alive, the other knows nothing. */
static void half_open(struct evidence *e)
{
    const struct sf_finding *cause =
        sf_find_raised(&e->conv->notes.found, SF_FIND_RST_NO_CONNECTION, e->step->side);
    bool anew = e->conv->notes.anew && (e->theirs->last_flags & SF_ACK) != 0;

    /* Of whom nothing was seen before it may never have been a connection. */
    if (cause == NULL || cause->weight < 30 || e->end->fin >= 0 || sf_find_missed(e->end) ||
        e->end->segments == e->end->rsts) {
        return;
    }
    uint64_t silent_ns = cause->values[0];
    struct sf_finding *f =
        sf_find_raise(&e->conv->notes.found, SF_FIND_HALF_OPEN, e->step->side, e->step->at_ns);
    f->values[0] = silent_ns;
    f->variant = anew ? 1 : 0;
    sf_find_proof(f, e->theirs->last_n);
    sf_find_proof(f, e->step->n);
}

static void blind(struct sf_conv *conv, const struct sf_conv_step *step)
{
    int64_t off = step->seq - conv->end[step->side].next;
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_RST_BLIND, step->side, step->at_ns);

    f->values[0] = (uint64_t)(off < 0 ? -off : off);
    sf_find_proof(f, step->n);
}

static bool is_known(const struct sf_conv *conv, const struct sf_conv_step *step)
{
    /* The client takes an old SYN back: opening.c; a FIN went before: closing.c. */
    bool old_syn =
        sf_find_raised(&conv->notes.found, SF_FIND_OLD_DUP_SYN, step->side ^ 1U) != NULL;

    return old_syn ||
           sf_find_raised(&conv->notes.found, SF_FIND_LATE_DATA_RST, step->side) != NULL ||
           sf_find_raised(&conv->notes.found, SF_FIND_FW2_ORPHAN_TIMEOUT, step->side) != NULL ||
           sf_find_raised(&conv->notes.found, SF_FIND_TW_ASSASSINATION, step->side) != NULL;
}

static void reset(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;
    const struct sf_conv_end *other = &conv->end[peer];
    struct evidence e = {
        .conv = conv,
        .step = step,
        .end = &conv->end[step->side],
        .other = other,
        .mine = &conv->notes.end[step->side],
        .theirs = &conv->notes.end[peer],
        .silent_ns = step->since_ns,
        .taken =
            other->acked > 1 ? (uint64_t)(other->acked - 1 - (other->fin_acked_ns != 0)) : 0,
        .bare = (step->flags & SF_ACK) == 0,
        .mirrors = step->seq == conv->notes.end[peer].last_ack,
    };

    weigh(&e);
    tell(&e);
    half_open(&e);
}

void sf_find_resets(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_notes *notes = &conv->notes;

    if (step->error) {
        return;
    }
    if (notes->n_rst != 0 && notes->n_rst != step->n) {
        if (step->side == notes->rst_side && (step->flags & (SF_RST | SF_SYN)) == 0) {
            notes->after_rst++;
        }
        return;
    }
    if ((step->flags & SF_RST) == 0) {
        struct sf_finding *f =
            (step->bits & SF_STEP_CHALLENGE) == 0
                ? NULL
                : sf_find_raised(&notes->found, SF_FIND_RST_BLIND, step->side ^ 1U);

        if (f != NULL) {
            f->variant = 1;
            sf_find_proof(f, step->n);
        }
        return;
    }
    if (notes->n_rst == step->n && !is_known(conv, step)) {
        reset(conv, step);
    } else if (notes->n_rst == 0 && (step->bits & SF_STEP_RST_EXACT) == 0 &&
               step->before[step->side ^ 1] != SF_CLOSED && !is_known(conv, step)) {
        blind(conv, step);
    }
}

/* Whoever goes on had not reset anything: somebody between did, or let it through. */
static void survived(struct sf_conv *conv)
{
    struct sf_find_notes *notes = &conv->notes;
    struct sf_findings *found = &notes->found;

    if (notes->after_rst == 0 ||
        sf_find_raised(found, SF_FIND_RST_NO_CONNECTION, notes->rst_side) == NULL) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(found, SF_FIND_RST_CONNTRACK, notes->rst_side, conv->last_ns);
    f->variant = 0;
    f->weight = 80;
    f->severity = SF_ERROR;
    f->values[0] = notes->after_rst;
    sf_find_proof(f, notes->n_rst);
    sf_find_retract(found, SF_FIND_HALF_OPEN, notes->rst_side);
    sf_find_retract(found, SF_FIND_RST_MIDDLEBOX, notes->rst_side);
    f = sf_find_raised(found, SF_FIND_RST_NO_CONNECTION, notes->rst_side);
    f->weight = 20;
    f->severity = SF_INFO;
}

/* Given up without a word (RFC 9293 s3.8.3): silence much longer than the next time-out. */
static void gave_up(struct sf_conv *conv, unsigned side, uint64_t now_ns)
{
    const struct sf_find_end *mine = &conv->notes.end[side];
    const struct sf_conv_end *end = &conv->end[side];
    uint64_t quiet = now_ns > end->last_ns ? now_ns - end->last_ns : 0;

    if (mine->unanswered < 3 || conv->notes.n_rst != 0 || quiet < NEAR_NS ||
        quiet < 3 * mine->gap_ns || conv->end[side ^ 1U].last_ns > end->last_ns) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_RST_TIMEOUT, side, end->last_ns);
    f->variant = 1;
    f->values[0] = mine->unanswered;
    f->values[1] = end->last_ns - mine->again_ns;
    f->values[2] = quiet;
    sf_find_proof(f, mine->last_n);
}

/* What another finding explains is no news of its own. */
static void explained(struct sf_conv *conv)
{
    struct sf_findings *found = &conv->notes.found;

    for (unsigned side = 0; side < 2; side++) {
        struct sf_finding *again = sf_find_raised(found, SF_FIND_RETRANSMISSION, side);
        bool known = sf_find_raised(found, SF_FIND_RST_TIMEOUT, side) != NULL ||
                     sf_find_raised(found, SF_FIND_FW1_STUCK, side) != NULL ||
                     sf_find_raised(found, SF_FIND_ACCEPTQ_FULL, side ^ 1U) != NULL;
        struct sf_finding *dead = sf_find_raised(found, SF_FIND_KEEPALIVE_DEAD, side);

        if (again != NULL && known) {
            again->severity = SF_INFO;
        }
        if (dead != NULL && sf_find_raised(found, SF_FIND_RST_KEEPALIVE, side) != NULL) {
            dead->severity = SF_WARNING;
        }
    }
}

void sf_find_resets_end(struct sf_conv *conv, uint64_t now_ns)
{
    survived(conv);
    gave_up(conv, SF_CLIENT, now_ns);
    gave_up(conv, SF_SERVER, now_ns);
    explained(conv);
}
