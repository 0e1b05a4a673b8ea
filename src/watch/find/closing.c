/* SPDX-License-Identifier: MIT
 *
 * watch/find/closing.c - what can be said of how a connection closes.
 *
 *   find.c -> [closing.c] -> struct sf_findings
 */
#include "base/time.h"
#include "synfin/state.h"
#include "watch/find/notes.h"

#define SILENT_NS      SF_NS_PER_S          /* before it is said that close() is missing */
#define LONG_SILENT_NS (60 * SF_NS_PER_S)   /* ... where data came after the FIN */
#define LEAK_NS        (10 * SF_NS_PER_S)   /* a mistake, beyond doubt */
#define ORPHAN_NS      (55 * SF_NS_PER_S)   /* Linux's orphan timer is 60 s by default */
#define OWNED_NS       (500 * SF_NS_PER_MS) /* in FIN_WAIT_2, and data are still taken */
#define STUCK_FINS     3

static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
    return then_ns != 0 && now_ns > then_ns ? now_ns - then_ns : 0;
}

static struct sf_finding *raise(struct sf_conv *conv, unsigned id, unsigned side,
                                uint64_t at_ns)
{
    return sf_find_raise(&conv->notes.found, id, side, at_ns);
}

static void fin_again(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;
    const struct sf_conv_end *end = &conv->end[step->side];
    bool last = step->before[peer] == SF_TIME_WAIT && end->fin_acked_ns != 0;
    struct sf_finding *f =
        raise(conv, last ? SF_FIND_LAST_ACK_LOST : SF_FIND_FIN_LOST, step->side, step->at_ns);

    if (last) {
        f->values[0] = since(end->fin_ns, step->at_ns);
        f->variant = 1; /* until it is answered */
    } else {
        f->values[0] = end->fins - 1U;
        f->values[1] = since(end->fin_ns, step->at_ns);
    }
    sf_find_proof(f, end->n_fin);
    sf_find_proof(f, step->n);
}

/* TIME_WAIT answers the FIN that came again. */
static void last_ack(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_finding *f =
        conv->end[step->side ^ 1].fins < 2
            ? NULL
            : sf_find_raised(&conv->notes.found, SF_FIND_LAST_ACK_LOST, step->side ^ 1U);

    if (f != NULL && (step->flags & (SF_ACK | SF_RST)) == SF_ACK) {
        f->variant = 0;
        sf_find_proof(f, step->n);
    }
}

/* A FIN overtook what stands before it. */
static void fin_first(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];

    if (end->fin < 0 || step->octets == 0 || (step->flags & SF_FIN) != 0) {
        return;
    }
    struct sf_finding *f = raise(conv, SF_FIND_FIN_REORDERED, step->side, step->at_ns);
    f->values[0] += step->octets;
    sf_find_proof(f, end->n_fin);
    sf_find_proof(f, step->n);
}

/* A RST, although its sender had closed in order. */
static void late(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;
    const struct sf_conv_end *end = &conv->end[step->side];
    const struct sf_find_end *theirs = &conv->notes.end[peer];
    uint64_t waited = since(end->fin_acked_ns, step->at_ns);
    bool data = theirs->last_octets > 0;
    bool orphan = step->before[step->side] == SF_FIN_WAIT_2 || waited >= ORPHAN_NS;
    struct sf_finding *f = NULL;

    if (end->fin < 0 || step->before[step->side] == SF_TIME_WAIT ||
        (step->flags & SF_ACK) != 0 || conv->notes.n_rst != step->n) {
        return;
    }
    /* An orphan still there would take a FIN; that it resets shows that it is gone. */
    bool both = data && orphan && waited >= SILENT_NS && waited < ORPHAN_NS;
    if (orphan && (waited >= ORPHAN_NS || both || (!data && waited >= SILENT_NS))) {
        f = raise(conv, SF_FIND_FW2_ORPHAN_TIMEOUT, step->side, step->at_ns);
        f->values[0] = waited;
        f->weight = both ? 50 : 0;
        sf_find_proof(f, end->n_fin);
        sf_find_proof(f, theirs->last_n);
        sf_find_proof(f, step->n);
    }
    if (data && (waited < ORPHAN_NS || both)) {
        f = raise(conv, SF_FIND_LATE_DATA_RST, step->side, step->at_ns);
        f->values[0] = theirs->last_octets;
        f->values[1] = since(end->fin_ns, conv->end[peer].last_ns);
        f->weight = both ? 50 : 0;
        sf_find_proof(f, end->n_fin);
        sf_find_proof(f, theirs->last_n);
        sf_find_proof(f, step->n);
    }
}

/* RFC 1337 s2. */
static void assassination(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;

    const struct sf_finding *reuse =
        sf_find_raised(&conv->notes.found, SF_FIND_TW_REUSE, step->side);
    struct sf_finding *f = NULL;

    /* The answer out of TIME_WAIT to a SYN is reset with the number that it acknowledged. */
    if (reuse != NULL && reuse->variant == 1 && (step->flags & SF_ACK) == 0 &&
        step->seq == conv->notes.end[peer].last_ack) {
        f = raise(conv, SF_FIND_TW_ASSASSINATION, step->side, step->at_ns);
        f->variant = 1;
        sf_find_proof(f, step->n);
        return;
    }
    if (step->before[peer] != SF_TIME_WAIT || step->sure[peer] == SF_POSSIBLE ||
        (step->bits & SF_STEP_RST_EXACT) == 0) {
        return;
    }
    f = raise(conv, SF_FIND_TW_ASSASSINATION, step->side, step->at_ns);
    f->values[0] = since(conv->shape.second_ns, step->at_ns);
    sf_find_proof(f, step->n);
}

/* A keepalive from FIN_WAIT_2, which repeats the FIN's number: nobody asks for an orphan. */
static bool asks(const struct sf_conv *conv, const struct sf_conv_step *step)
{
    return step->before[step->side] == SF_FIN_WAIT_2 && step->octets == 0 &&
           (step->flags & (SF_ACK | SF_SYN | SF_FIN | SF_RST)) == SF_ACK &&
           step->seq == conv->end[step->side].fin;
}

void sf_find_closing(struct sf_conv *conv, const struct sf_conv_step *step)
{
    if (step->error) {
        return;
    }
    if ((step->bits & SF_STEP_FIN_AGAIN) != 0) {
        fin_again(conv, step);
    }
    if ((step->bits & SF_STEP_OUT_OF_ORDER) != 0) {
        fin_first(conv, step);
    }
    if (asks(conv, step)) {
        conv->notes.asks = true;
    }
    last_ack(conv, step);
    if ((step->flags & SF_RST) != 0) {
        late(conv, step);
        assassination(conv, step);
    }
}

/* How it closed, where both ends did in order. */
static void manner(struct sf_conv *conv, const struct sf_ladder_facts *facts, unsigned first)
{
    unsigned second = first ^ 1U;
    static const uint8_t ids[] = {[SF_CLOSED_FOUR] = SF_FIND_CLOSE_4SEG,
                                  [SF_CLOSED_THREE] = SF_FIND_CLOSE_3SEG,
                                  [SF_CLOSED_SIMULTANEOUS] = SF_FIND_SIM_CLOSE};

    if (facts->closed < SF_CLOSED_FOUR || facts->closed > SF_CLOSED_SIMULTANEOUS) {
        return;
    }
    struct sf_finding *f = raise(conv, ids[facts->closed], first, conv->end[second].fin_ns);
    f->values[0] = facts->closed == SF_CLOSED_FOUR
                       ? facts->between.ns
                       : since(conv->end[first].fin_ns, conv->end[second].fin_ns);
    sf_find_proof(f, conv->end[first].n_fin);
    sf_find_proof(f, conv->end[second].n_fin);

    if (facts->time_wait != SF_SIDE_NONE) {
        bool server = facts->time_wait == SF_SIDE_SERVER;

        f = raise(conv, SF_FIND_WHO_HAS_TW, server ? SF_SERVER : SF_CLIENT, f->at_ns);
        f->variant = facts->time_wait == SF_SIDE_BOTH;
        sf_find_proof(f, conv->end[SF_CLIENT].n_fin);
        sf_find_proof(f, conv->end[SF_SERVER].n_fin);
    }
}

static void half_close(struct sf_conv *conv, const struct sf_ladder_facts *facts,
                       unsigned first)
{
    const struct sf_conv_end *other = &conv->end[first ^ 1U];
    uint64_t until_ns = other->fin_ns != 0 ? other->fin_ns : other->advanced_ns;

    if (facts->half_close_octets == 0 ||
        sf_find_raised(&conv->notes.found, SF_FIND_LATE_DATA_RST, first) != NULL) {
        return;
    }
    struct sf_finding *f = raise(conv, SF_FIND_HALF_CLOSE, first, until_ns);
    f->values[0] = facts->half_close_octets;
    f->values[1] = since(conv->end[first].fin_ns, until_ns);
    sf_find_proof(f, conv->end[first].n_fin);
}

/* One FIN, acknowledged, and none from the other end. */
static void leak(struct sf_conv *conv, unsigned first, uint64_t now_ns)
{
    unsigned second = first ^ 1U;
    const struct sf_conv_end *closed = &conv->end[first];
    const struct sf_conv_end *open = &conv->end[second];
    bool spoke = open->advanced_ns > closed->fin_acked_ns;
    uint64_t quiet = since(spoke ? open->advanced_ns : closed->fin_acked_ns, now_ns);
    uint64_t reset_ns = conv->notes.n_rst != 0 ? conv->last_ns : 0;
    struct sf_finding *f = NULL;

    /* What the capture missed may have been the FIN. */
    if (closed->fin_acked_ns == 0 || open->fin >= 0 || sf_find_missed(open)) {
        return;
    }
    if (reset_ns != 0) {
        if (spoke || since(closed->fin_acked_ns, reset_ns) < LEAK_NS) {
            return;
        }
        f = raise(conv, SF_FIND_CLOSE_WAIT_LEAK, second, reset_ns);
        f->variant = 1;
        f->values[0] = since(closed->fin_acked_ns, reset_ns);
    } else if (quiet >= (spoke ? LONG_SILENT_NS : SILENT_NS)) {
        f = raise(conv, SF_FIND_CLOSE_WAIT_LEAK, second, now_ns);
        f->values[0] = since(closed->fin_acked_ns, now_ns);
        f->severity = quiet >= LEAK_NS ? SF_ERROR : SF_WARNING;
    } else {
        return;
    }
    sf_find_proof(f, closed->n_fin);
    sf_find_proof(f, open->n_last);
}

static void owned(struct sf_conv *conv, unsigned first, uint64_t now_ns)
{
    unsigned second = first ^ 1U;
    const struct sf_conv_end *waits = &conv->end[first];
    const struct sf_conv_end *other = &conv->end[second];
    uint64_t until_ns = other->fin_ns != 0 ? other->fin_ns : now_ns;
    uint64_t waited = since(waits->fin_acked_ns, until_ns);
    bool takes = other->octets > 0 && other->acked_ns > waits->fin_acked_ns + OWNED_NS &&
                 conv->shape.half_close_octets > 0;

    if (waits->fin_acked_ns == 0 || conv->notes.n_rst != 0 ||
        conv->shape.time_wait == SF_SIDE_BOTH || sf_find_missed(other)) {
        return;
    }
    bool asks = conv->notes.asks;
    if (!takes && !asks && waited <= LONG_SILENT_NS) {
        return;
    }
    struct sf_finding *f = raise(conv, SF_FIND_FW2_OWNED, first, until_ns);
    f->variant = asks ? 2 : 1;
    f->variant = takes ? 0 : f->variant;
    f->values[0] = waited;
    sf_find_proof(f, waits->n_fin);
    sf_find_proof(f, waits->n_last);
}

static void stuck(struct sf_conv *conv, unsigned side)
{
    const struct sf_conv_end *end = &conv->end[side];

    if (end->fins < STUCK_FINS || end->fin_acked_ns != 0) {
        return;
    }
    struct sf_finding *lost = sf_find_raised(&conv->notes.found, SF_FIND_FIN_LOST, side);
    uint32_t n =
        lost != NULL && lost->n_segments > 0 ? lost->segments[lost->n_segments - 1] : 0;
    sf_find_retract(&conv->notes.found, SF_FIND_FIN_LOST, side);
    struct sf_finding *f = raise(conv, SF_FIND_FW1_STUCK, side, end->last_ns);
    f->values[0] = end->fins;
    f->values[1] = since(end->fin_ns, end->last_ns);
    sf_find_proof(f, end->n_fin);
    sf_find_proof(f, n);
}

void sf_find_closing_end(struct sf_conv *conv, uint64_t now_ns)
{
    struct sf_ladder_facts facts;

    sf_conv_facts(conv, &facts);
    stuck(conv, SF_CLIENT);
    stuck(conv, SF_SERVER);
    if (facts.first_closer == SF_SIDE_NONE) {
        return;
    }
    unsigned first = facts.first_closer == SF_SIDE_SERVER ? SF_SERVER : SF_CLIENT;
    manner(conv, &facts, first);
    if (facts.first_closer != SF_SIDE_BOTH) {
        half_close(conv, &facts, first);
        leak(conv, first, now_ns);
        owned(conv, first, now_ns);
    }
}
