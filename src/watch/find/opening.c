/* SPDX-License-Identifier: MIT
 *
 * watch/find/opening.c - what can be said of how a connection opens.
 *
 *   find.c -> [opening.c] -> struct sf_findings
 */
#include "base/time.h"
#include "synfin/state.h"
#include "watch/find/notes.h"

#define TIMER_NS (200 * SF_NS_PER_MS) /* no timer is faster */

/* Linux's SYNs, in tenths of a second after the first: since 6.5, and before. */
static const uint16_t new_linux[] = {10, 20, 30, 40, 50, 70, 110, 190, 350, 670};
static const uint16_t old_linux[] = {10, 30, 70, 150, 310, 630};

static bool is_syn(uint8_t flags)
{
    return (flags & (SF_SYN | SF_ACK | SF_RST)) == SF_SYN;
}

static bool is_syn_ack(uint8_t flags)
{
    return (flags & (SF_SYN | SF_ACK | SF_RST)) == (SF_SYN | SF_ACK);
}

static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
    return then_ns != 0 && now_ns > then_ns ? now_ns - then_ns : 0;
}

/* The time-outs of Linux are late by a few milliseconds, and by what the path adds. */
static bool about(uint64_t ns, uint16_t tenths)
{
    uint64_t expected = tenths * (100 * SF_NS_PER_MS);
    uint64_t slack = expected / 10 + 150 * SF_NS_PER_MS;

    return ns + slack > expected && ns < expected + slack;
}

/* Which of the patterns the SYNs still fit: a variant of the sentence. */
static uint8_t pattern(struct sf_find_notes *notes, unsigned again, uint64_t after_ns)
{
    size_t i = again - 1;

    notes->not_new |=
        i >= sizeof(new_linux) / sizeof(*new_linux) || !about(after_ns, new_linux[i]);
    notes->not_old |=
        i >= sizeof(old_linux) / sizeof(*old_linux) || !about(after_ns, old_linux[i]);
    if (notes->not_new == notes->not_old) {
        return 0; /* the first repetition is the same in both */
    }
    return notes->not_new ? 2 : 1;
}

static void syn_again(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];
    struct sf_find_notes *notes = &conv->notes;
    struct sf_finding *f = NULL;

    if (other->syn_acks > 0) {
        f = sf_find_raise(&notes->found, SF_FIND_SYNACK_LOST, step->side ^ 1U, step->at_ns);
        f->values[0]++;
        f->values[1] = since(other->syn_ns, step->at_ns);
        sf_find_proof(f, other->n_syn);
        sf_find_proof(f, step->n);
        return;
    }
    if (other->segments > 0) {
        return; /* something did answer: a challenge, or the other's own SYN */
    }
    f = sf_find_raise(&notes->found, SF_FIND_SYN_LOST, step->side, step->at_ns);
    f->values[0] = end->syns - 1U;
    f->values[1] = since(end->syn_ns, step->at_ns);
    f->variant = pattern(notes, end->syns - 1U, f->values[1]);
    sf_find_proof(f, notes->end[step->side].last_n);
    sf_find_proof(f, step->n);
}

/* The server's timer has sent the SYN,ACK again; it answers no SYN that came again. */
static void syn_ack_again(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_notes *notes = &conv->notes;
    const struct sf_conv_end *server = &conv->end[step->side];
    unsigned peer = step->side ^ 1U;
    struct sf_finding *f = NULL;

    if (conv->end[peer].syns >= server->syn_acks) {
        return;
    }
    if (notes->thirds == 0) {
        notes->synacks_again++;
        return;
    }
    if (step->at_ns - notes->third_ns < TIMER_NS + conv->rtt_ns) {
        return; /* it was on its way when the third segment came */
    }
    if (notes->thirds >= 3 || (notes->thirds >= 2 && server->syn_acks >= 3)) {
        sf_find_retract(&notes->found, SF_FIND_THIRD_ACK_LOST, peer);
        f = sf_find_raise(&notes->found, SF_FIND_ACCEPTQ_FULL, step->side, step->at_ns);
        f->values[0] = notes->thirds;
        f->values[1] = server->syn_acks - 1U;
        f->values[2] = since(server->syn_ns, step->at_ns);
    } else {
        f = sf_find_raise(&notes->found, SF_FIND_THIRD_ACK_LOST, peer, step->at_ns);
        f->values[0] = since(server->syn_ns, step->at_ns);
    }
    sf_find_proof(f, notes->end[peer].last_n);
    sf_find_proof(f, step->n);
}

/* The client acknowledges the SYN,ACK: the third segment, or one that stands in for it. */
static void third(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_notes *notes = &conv->notes;
    unsigned peer = step->side ^ 1U;
    const struct sf_conv_end *server = &conv->end[peer];

    if (notes->thirds == 0 && notes->synacks_again > 0 && conv->end[step->side].syns == 1) {
        struct sf_finding *f =
            sf_find_raise(&notes->found, SF_FIND_THIRD_ACK_LOST, step->side, step->at_ns);

        f->values[0] = since(server->syn_ns, conv->notes.end[peer].again_ns);
        f->variant = step->octets > 0 ? 2 : 1;
        sf_find_proof(f, server->n_syn);
        sf_find_proof(f, step->n);
    }
    notes->third_ns = notes->thirds == 0 ? step->at_ns : notes->third_ns;
    notes->thirds = (uint8_t)(notes->thirds + (notes->thirds < UINT8_MAX));
}

static void refused(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;
    struct sf_finding *f = NULL;

    if (step->before[peer] == SF_SYN_SENT && conv->end[step->side].syn_acks == 0 &&
        (step->bits & SF_STEP_RST_EXACT) != 0 && (step->flags & SF_ACK) != 0) {
        f = sf_find_raise(&conv->notes.found, SF_FIND_REFUSED, step->side, step->at_ns);
        f->values[0] = since(conv->end[peer].syn_ns, step->at_ns);
        sf_find_proof(f, conv->end[peer].n_syn);
        sf_find_proof(f, step->n);
        return;
    }
    /* RFC 9293 s3.5, figure 8: a bare RST with the number that the SYN,ACK acknowledged. */
    if ((step->flags & SF_ACK) == 0 && conv->end[peer].syn_acks > 0 && step->seq == 1 &&
        conv->end[step->side].next <= 1 && conv->notes.thirds == 0) {
        f = sf_find_raise(&conv->notes.found, SF_FIND_OLD_DUP_SYN, peer, step->at_ns);
        sf_find_proof(f, conv->end[peer].n_syn);
        sf_find_proof(f, step->n);
    }
}

static void icmp(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;
    bool four = seen->from.addr.family == SF_IPV4;
    bool unreachable =
        four ? seen->icmp_type == 3 && seen->icmp_code != 4 : seen->icmp_type == 1;
    bool expired = seen->icmp_type == (four ? 11 : 3);

    if (conv->end[step->side ^ 1].segments > 0 || conv->end[step->side].syns == 0 ||
        (!unreachable && !expired)) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_REFUSED_ICMP, step->side ^ 1U, step->at_ns);
    f->values[0] = seen->icmp_type;
    f->values[1] = seen->icmp_code;
    f->values[2] = since(conv->end[step->side].syn_ns, step->at_ns);
    sf_find_proof(f, conv->end[step->side].n_syn);
    sf_find_proof(f, step->n);
}

/* RFC 4987 s3.6: what a cookie has no room for. */
static void cookie(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const uint16_t wanted = SF_OPT_SACK_OK | SF_OPT_WSCALE;
    const uint16_t all = wanted | SF_OPT_TS;
    const struct sf_conv_end *client = &conv->end[step->side ^ 1];
    const struct sf_conv_end *server = &conv->end[step->side];

    if ((client->options & wanted) != wanted || (server->options & all) != 0 ||
        server->mss == 0 || step->seen->options_cut) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_COOKIE_LIKELY, step->side, step->at_ns);
    f->values[0] = server->mss;
    sf_find_proof(f, client->n_syn);
    sf_find_proof(f, step->n);
}

/* RFC 7413 s4. */
static void fast_open(struct sf_conv *conv, const struct sf_conv_step *step)
{
    bool option = (step->seen->options & SF_SEEN_COOKIE) != 0;

    if (!option && step->octets == 0) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_TFO, step->side, step->at_ns);
    f->values[0] = step->octets;
    /* Until the SYN,ACK says that the text was taken it was not. */
    f->variant = step->octets > 0 ? 2 : 0;
    sf_find_proof(f, step->n);
}

static void syn_ack(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned peer = step->side ^ 1U;
    struct sf_finding *f = NULL;

    sf_find_retract(&conv->notes.found, SF_FIND_REFUSED_ICMP, step->side);
    f = sf_find_raised(&conv->notes.found, SF_FIND_TFO, peer);
    if (f != NULL && f->variant == 2) {
        f->variant = step->ack > 1 ? 1 : 2;
        sf_find_proof(f, step->n);
    }
    if (conv->end[step->side].syn_acks == 1 && conv->shape.syn != SF_SIDE_BOTH) {
        cookie(conv, step);
    }
}

/* A SYN within the connection changes nothing of what was agreed upon. */
static void note_options(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];
    uint8_t bit = step->side == SF_CLIENT ? SF_SIDE_CLIENT : SF_SIDE_SERVER;

    if ((step->flags & SF_SYN) == 0 || step->seen->options_cut ||
        end->segments > (unsigned)end->syns + end->syn_acks) {
        return;
    }
    conv->notes.options[step->side] = step->seen->options;
    conv->notes.synced |= bit;
}

/* RFC 7323 s3.2, RFC 2018 s2: what the SYNs agreed upon. */
static void options(struct sf_conv *conv, const struct sf_conv_step *step)
{
    uint16_t agreed = conv->notes.options[0] & conv->notes.options[1];
    uint16_t here = step->seen->options;
    int variant = -1;

    if (conv->notes.synced != SF_SIDE_BOTH || step->seen->options_cut ||
        (step->flags & (SF_SYN | SF_RST)) != 0 || (here & SF_SEEN_MALFORMED) != 0) {
        return;
    }
    if ((here & SF_OPT_SACK) != 0 && (agreed & SF_OPT_SACK_OK) == 0) {
        variant = 0;
    } else if ((here & SF_OPT_TS) != 0 && (agreed & SF_OPT_TS) == 0) {
        variant = 1;
    } else if ((here & SF_OPT_TS) == 0 && (agreed & SF_OPT_TS) != 0) {
        variant = 2;
    }
    if (variant >= 0) {
        struct sf_finding *f =
            sf_find_raise(&conv->notes.found, SF_FIND_OPT_MISMATCH, step->side, step->at_ns);

        f->variant = (uint8_t)variant;
        sf_find_proof(f, step->n);
    }
}

/* A new connection on a four-tuple of which one end was in TIME_WAIT. */
static void reuse(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned opener = step->side ^ 1U;
    bool plain = (step->flags & (SF_SYN | SF_RST | SF_FIN)) == 0 && step->octets == 0;

    if (conv->incarnation == 0 || conv->reused != SF_TIME_WAIT || step->side != SF_SERVER ||
        conv->end[SF_CLIENT].syns == 0) {
        return;
    }
    if (!is_syn_ack(step->flags) && !(plain && conv->end[SF_SERVER].syn_acks == 0)) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&conv->notes.found, SF_FIND_TW_REUSE, opener, step->at_ns);
    if (plain) {
        f->variant = 1;
        f->severity = SF_WARNING;
    }
    sf_find_proof(f, conv->end[opener].n_syn);
    sf_find_proof(f, step->n);
}

static void first_segment(struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_endpoint *a = &conv->end[SF_CLIENT].at;
    const struct sf_endpoint *b = &conv->end[SF_SERVER].at;

    if (is_syn(step->flags)) {
        conv->notes.syn_tsval = step->seen->tsval;
        fast_open(conv, step);
    }
    if (a->port == b->port && sf_addr_equal(&a->addr, &b->addr)) {
        struct sf_finding *f =
            sf_find_raise(&conv->notes.found, SF_FIND_SELF_CONNECT, SF_CLIENT, step->at_ns);

        f->about = *a;
        sf_find_proof(f, step->n);
    }
}

void sf_find_opening(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_notes *notes = &conv->notes;

    if (step->error) {
        icmp(conv, step);
        return;
    }
    if (!notes->begun) {
        notes->begun = true;
        first_segment(conv, step);
    }
    reuse(conv, step);
    if ((step->flags & SF_RST) != 0) {
        refused(conv, step);
    } else if (is_syn(step->flags) && (step->bits & SF_STEP_SYN_AGAIN) != 0) {
        syn_again(conv, step);
    } else if (is_syn_ack(step->flags)) {
        if ((step->bits & SF_STEP_SYNACK_AGAIN) != 0) {
            syn_ack_again(conv, step);
            notes->end[step->side].again_ns = step->at_ns;
        }
        syn_ack(conv, step);
    } else if ((step->flags & SF_ACK) != 0 && conv->end[step->side ^ 1].syn_acks > 0 &&
               step->ack >= 1 && conv->end[step->side ^ 1].octets == 0) {
        third(conv, step);
    }
    note_options(conv, step);
    options(conv, step);
}

static void unanswered_syn_ack(struct sf_conv *conv)
{
    struct sf_find_notes *notes = &conv->notes;
    const struct sf_conv_end *server = &conv->end[SF_SERVER];

    if (notes->synacks_again == 0 || notes->thirds > 0 || conv->end[SF_CLIENT].syns != 1 ||
        conv->end[SF_CLIENT].rsts > 0) {
        return;
    }
    struct sf_finding *f =
        sf_find_raise(&notes->found, SF_FIND_SYNACK_LOST, SF_SERVER, server->last_ns);
    f->variant = 1;
    f->values[0] = notes->synacks_again;
    f->values[1] = since(server->syn_ns, server->last_ns);
    sf_find_proof(f, server->n_syn);
}

static void crossing(struct sf_conv *conv, const struct sf_ladder_facts *facts)
{
    const struct sf_conv_end *ends = conv->end;

    if (conv->shape.syn != SF_SIDE_BOTH ||
        sf_find_raised(&conv->notes.found, SF_FIND_SELF_CONNECT, SF_CLIENT) != NULL) {
        return;
    }
    /* Who sends a bare SYN and no SYN,ACK, though the other one's SYN had come, splits it. */
    bool split = ends[SF_SERVER].syn_acks == 0 && ends[SF_CLIENT].syn_acks > 0 &&
                 conv->unseen == 0 && ends[SF_SERVER].acked > 0;

    if (split || facts->opened == SF_OPENED_SIMULTANEOUS) {
        unsigned id = split ? SF_FIND_SPLIT_HANDSHAKE : SF_FIND_SIM_OPEN;
        struct sf_finding *f = sf_find_raise(
            &conv->notes.found, id, split ? SF_SERVER : SF_CLIENT, ends[SF_SERVER].syn_ns);

        sf_find_proof(f, ends[SF_CLIENT].n_syn);
        sf_find_proof(f, ends[SF_SERVER].n_syn);
    }
}

/* Repeated again and again, and nothing ever came: nobody got what they asked for. */
static void unanswered_syn(struct sf_conv *conv)
{
    struct sf_finding *f = sf_find_raised(&conv->notes.found, SF_FIND_SYN_LOST, SF_CLIENT);

    if (f != NULL && f->values[0] >= 3 && conv->end[SF_SERVER].segments == 0) {
        f->severity = SF_ERROR;
    }
}

void sf_find_opening_end(struct sf_conv *conv, uint64_t now_ns)
{
    struct sf_ladder_facts facts;

    (void)now_ns;
    sf_conv_facts(conv, &facts);
    unanswered_syn(conv);
    unanswered_syn_ack(conv);
    crossing(conv, &facts);
    if (conv->midstream && conv->segments > 0) {
        struct sf_finding *f =
            sf_find_raise(&conv->notes.found, SF_FIND_MIDSTREAM, SF_CLIENT, conv->first_ns);

        sf_find_proof(f, conv->end[SF_CLIENT].n_last);
    }
}
