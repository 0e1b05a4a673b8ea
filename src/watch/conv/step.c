/* SPDX-License-Identifier: MIT
 *
 * watch/conv/step.c - one segment in one conversation.
 *
 *   table.c -> [step.c] -> classify.c -> infer.c, shape.c -> find/, ladder.c
 */
#include "watch/conv/step.h"

#include <string.h>

#include "base/time.h"
#include "synfin/state.h"
#include "watch/conv/classify.h"
#include "watch/ladder.h"
#include "wire/icmp.h"

#define NO_WSCALE   255
#define SURVIVES_NS SF_NS_PER_S /* who sends on after that has not taken the RST */

void sf_conv_begin(struct sf_conv *conv, const struct sf_endpoint *client,
                   const struct sf_endpoint *server)
{
    conv->end[SF_CLIENT].at = *client;
    conv->end[SF_SERVER].at = *server;
    for (unsigned side = 0; side < 2; side++) {
        conv->end[side].fin = -1;
        conv->end[side].wscale = NO_WSCALE;
        sf_infer_init(&conv->infer[side], side == SF_SERVER);
    }
    conv->one_way = true;
}

void sf_conv_facts(const struct sf_conv *conv, struct sf_ladder_facts *facts)
{
    sf_shape_facts(&conv->shape, facts);
}

static bool has_ended(const struct sf_conv *conv, unsigned side)
{
    uint8_t state = conv->infer[side].state;

    return state == SF_CLOSED || state == SF_TIME_WAIT;
}

bool sf_conv_is_own(const struct sf_conv *conv)
{
    const struct sf_endpoint *a = &conv->end[SF_CLIENT].at;
    const struct sf_endpoint *b = &conv->end[SF_SERVER].at;

    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

bool sf_conv_is_over(const struct sf_conv *conv)
{
    return conv->segments > 0 && has_ended(conv, SF_CLIENT) && has_ended(conv, SF_SERVER);
}

/* RFC 9293 s3.10.7.4, fourth: in these a SYN is challenged, and so may be another's. */
static bool is_synchronised(const struct sf_conv *conv, unsigned side)
{
    switch ((enum sf_state)conv->infer[side].state) {
    case SF_CLOSED:
    case SF_LISTEN:
    case SF_SYN_SENT:
    case SF_SYN_RECEIVED:
    case SF_TIME_WAIT:
        return false;
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_1:
    case SF_FIN_WAIT_2:
    case SF_CLOSE_WAIT:
    case SF_CLOSING:
    case SF_LAST_ACK:
        break;
    }
    return true;
}

/* Would TIME-WAIT let this SYN in (RFC 6191 s2, RFC 1122 s4.2.2.13), or challenge it? */
static bool takes_over(const struct sf_conv_end *end, const struct sf_seen *seen)
{
    uint32_t next = end->isn + (uint32_t)end->next;

    if (end->ts && (seen->options & SF_OPT_TS) != 0 && seen->tsval != end->tsval) {
        return (int32_t)(seen->tsval - end->tsval) > 0;
    }
    return (int32_t)(seen->seq.v - next) >= 0;
}

enum sf_conv_syn sf_conv_syn(const struct sf_conv *conv, unsigned side,
                             const struct sf_seen *seen)
{
    const struct sf_conv_end *end = &conv->end[side];
    const struct sf_infer *other = &conv->infer[side ^ 1U];

    if (end->based && seen->seq.v == end->isn) {
        return SF_CONV_SAME;
    }
    if (!end->syn_seen && !conv->midstream && end->segments == 0) {
        return SF_CONV_SAME; /* the SYNs cross */
    }
    if (other->state == SF_TIME_WAIT && !other->rst_in_wait && !takes_over(end, seen)) {
        return SF_CONV_PERHAPS;
    }
    if (sf_conv_is_over(conv) || !is_synchronised(conv, side ^ 1U)) {
        return SF_CONV_ANEW;
    }
    return SF_CONV_PERHAPS;
}

static uint32_t window_of(const struct sf_conv *conv, unsigned side, const struct sf_seen *seen)
{
    uint8_t mine = conv->end[side].wscale;
    uint8_t theirs = conv->end[side ^ 1U].wscale;
    bool scaled = (seen->flags & SF_SYN) == 0 && mine != NO_WSCALE && theirs != NO_WSCALE;

    return scaled ? (uint32_t)seen->wnd << mine : seen->wnd;
}

static uint64_t since(uint64_t then_ns, uint64_t now_ns)
{
    if (then_ns == 0) {
        return UINT64_MAX;
    }
    return now_ns > then_ns ? now_ns - then_ns : 0;
}

static void keep_states(const struct sf_conv *conv, uint8_t state[2], uint8_t certainty[2])
{
    for (unsigned side = 0; side < 2; side++) {
        state[side] = conv->infer[side].state;
        certainty[side] = conv->infer[side].certainty;
    }
}

static void begin_step(const struct sf_conv *conv, unsigned side, const struct sf_seen *seen,
                       struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[side];

    *step = (struct sf_conv_step){
        .seen = seen,
        .at_ns = seen->at_ns > conv->last_ns ? seen->at_ns : conv->last_ns,
        .n = (uint32_t)seen->n,
        .octets = seen->text_octets,
        .len =
            seen->text_octets + ((seen->flags & SF_SYN) != 0) + ((seen->flags & SF_FIN) != 0),
        .wnd = window_of(conv, side, seen),
        .flags = seen->flags,
        .side = (uint8_t)side,
    };
    step->since_ns = since(end->last_ns, step->at_ns);
    step->silent_ns = since(conv->last_ns, step->at_ns);
    keep_states(conv, step->before, step->sure);
}

static void fill_row(const struct sf_conv_step *step, struct sf_row *row)
{
    const struct sf_seen *seen = step->seen;

    *row = (struct sf_row){
        .at_ns = step->at_ns,
        .n = step->n,
        .bits = step->bits,
        .kind = SF_ROW_SEGMENT,
        .from = step->side,
        .state = {step->before[0], step->before[1]},
        .certainty = {step->sure[0], step->sure[1]},
    };
    row->u.seg = (struct sf_row_seg){
        .seq = step->seq,
        .ack = step->ack,
        .octets = step->octets,
        .wnd = step->wnd,
        .tsval = seen->tsval,
        .tsecr = seen->tsecr,
        .mss = (seen->options & SF_OPT_MSS) != 0 ? seen->mss : 0,
        .flags = step->flags,
        .options = (uint8_t)(seen->options & (SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK |
                                              SF_OPT_TS | SF_OPT_SACK)),
        .wscale = seen->wscale,
    };
}

static uint8_t marks_of(uint32_t bits)
{
    static const struct {
        uint32_t bit;
        uint8_t mark;
    } marks[] = {
        {SF_STEP_RETRANSMISSION, SF_MARK_AGAIN},
        {SF_STEP_KEEPALIVE, SF_MARK_KEEPALIVE},
        {SF_STEP_PROBE, SF_MARK_PROBE},
        {SF_STEP_OUT_OF_ORDER, SF_MARK_LATE},
        {SF_STEP_ZERO_WINDOW | SF_STEP_WINDOW_FULL | SF_STEP_ACK_OF_UNSEEN | SF_STEP_CHALLENGE |
             SF_STEP_KEEPALIVE_ACK | SF_STEP_PROBE_ACK | SF_STEP_HOLE_BEFORE | SF_STEP_DSACK |
             SF_STEP_AFTER_END,
         SF_MARK_TELLING},
    };
    uint8_t out = 0;

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        out |= (bits & marks[i].bit) != 0 ? marks[i].mark : 0;
    }
    return out;
}

/* An acknowledgement that repeats the last one, though nothing asked for it: it answers what
 * was not captured (RFC 9293 s3.10.7.4, first; RFC 5681 s4.2). */
static bool is_unasked(const struct sf_conv *conv, const struct sf_conv_step *step)
{
    const uint32_t asked = SF_STEP_NEW_ACK | SF_STEP_OLD_ACK | SF_STEP_KEEPALIVE_ACK |
                           SF_STEP_PROBE_ACK | SF_STEP_WINDOW_UPDATE | SF_STEP_KEEPALIVE |
                           SF_STEP_PROBE;
    const struct sf_conv_end *end = &conv->end[step->side];
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];

    return step->len == 0 && (step->flags & SF_ACK) != 0 && (step->flags & SF_RST) == 0 &&
           (step->bits & asked) == 0 && other->next <= step->ack && end->segments > 0 &&
           step->wnd == end->wnd && other->n_last < end->n_last;
}

/* Does it acknowledge numbers of the other end that were not captured? */
static bool took_unseen(const struct sf_conv_end *other, const struct sf_conv_step *step)
{
    bool unseen = (step->bits & SF_STEP_ACK_OF_UNSEEN) != 0;

    for (size_t i = 0; i < SF_CONV_HOLES; i++) {
        unseen = unseen ||
                 (other->hole[i].from < other->hole[i].to && other->hole[i].from < step->ack);
    }
    return unseen && (step->flags & (SF_ACK | SF_RST)) == SF_ACK;
}

/* Numbers that were used and not captured may have been a FIN. */
static void note_gaps(struct sf_conv *conv, const struct sf_conv_step *step)
{
    unsigned side = step->side;

    if ((step->bits & SF_STEP_HOLE_BEFORE) != 0 && conv->end[side].next != 0) {
        sf_infer_gap(&conv->infer[side], step->seq, 0);
        sf_infer_gap(&conv->infer[side ^ 1U], 0, step->seq);
    }
    /* Nothing of the other end was captured: what is acknowledged may be a FIN. */
    if (conv->end[side ^ 1U].next == 0 && (step->flags & SF_ACK) != 0 && step->ack > 1) {
        sf_infer_gap(&conv->infer[side], 0, step->ack);
    }
    if ((step->bits & SF_STEP_ACK_OF_UNSEEN) != 0) {
        sf_infer_gap(&conv->infer[side], 0, step->ack);
        sf_infer_gap(&conv->infer[side ^ 1U], step->ack, 0);
    }
    if (took_unseen(&conv->end[side ^ 1U], step)) {
        sf_infer_missed(&conv->infer[side]);
    }
    if (is_unasked(conv, step)) {
        sf_infer_hidden(&conv->infer[side ^ 1U]);
    }
}

static enum sf_infer_result infer_sender(struct sf_conv *conv, const struct sf_conv_step *step,
                                         const struct sf_row *row)
{
    struct sf_infer *x = &conv->infer[step->side];

    uint32_t rst = step->bits & (SF_STEP_RST_EXACT | SF_STEP_RST_STRANGE);

    if (sf_classify_is_strange(conv, step)) {
        if ((step->flags & SF_SYN) != 0) {
            sf_infer_reborn(x);
        }
        return SF_INFER_AGREES;
    }
    if ((step->flags & SF_RST) != 0 && x->synced && step->seen->appeared) {
        return sf_infer_impersonated(x);
    }
    if ((step->flags & SF_RST) != 0 && x->synced && rst != SF_STEP_RST_EXACT &&
        x->proven != SF_SYN_SENT && x->proven != SF_SYN_RECEIVED &&
        (x->told & SF_TOLD_REBORN) == 0) {
        return sf_infer_impersonated(x);
    }
    if ((x->told & SF_TOLD_RST) != 0 && (step->flags & SF_RST) == 0 &&
        step->at_ns - conv->rst_ns[step->side] > SURVIVES_NS) {
        (void)sf_infer_survived(x);
        (void)sf_infer_sent(x, &row->u.seg);
        conv->shape.reset = false;
        return SF_INFER_EARLY;
    }
    return sf_infer_sent(x, &row->u.seg);
}

/* A SYN of another connection changes nothing at who gets it (RFC 5961 s4.2); nor does what is
 * known to have died, and a copy of it is the first to arrive. */
static enum sf_infer_result
infer_receiver(struct sf_conv *conv, const struct sf_conv_step *step, const struct sf_row *row)
{
    bool again = (step->bits & SF_STEP_RETRANSMISSION) != 0 && !step->seen->arrived;

    if (sf_classify_is_strange(conv, step) || step->seen->died) {
        return SF_INFER_AGREES;
    }
    return sf_infer_given(&conv->infer[step->side ^ 1], &row->u.seg, again);
}

static void infer(struct sf_conv *conv, struct sf_conv_step *step, struct sf_row *row)
{
    bool strange = sf_classify_is_strange(conv, step);

    for (unsigned side = 0; side < 2; side++) {
        struct sf_infer *x = &conv->infer[side];
        enum sf_infer_result result = side == step->side ? infer_sender(conv, step, row)
                                                         : infer_receiver(conv, step, row);

        if (result == SF_INFER_DOUBTFUL) {
            x->doubted = true;
        }
        bool still = strange || (step->seen->died && side != step->side);

        row->state[side] = still ? x->state : x->at_once;
        row->certainty[side] = still ? x->certainty : x->certain;
        step->state[side] = x->state;
        step->certain[side] = x->certainty;
        if (result != SF_INFER_AGREES && conv->ladder != NULL) {
            sf_ladder_correct(conv->ladder, side, result, x->was);
        }
        sf_shape_state(&conv->shape, side, x->state);
    }
}

/* Since when each end waits, and when it was last reset. */
static void note_times(struct sf_conv *conv, const struct sf_conv_step *step)
{
    for (unsigned side = 0; side < 2; side++) {
        bool waits = conv->infer[side].state == SF_TIME_WAIT;
        /* RFC 9293 s3.10.7.4, eighth: a FIN that comes again starts the time anew. */
        bool anew = side != step->side && (step->flags & SF_FIN) != 0;

        if (!waits) {
            conv->wait_ns[side] = 0;
        } else if (conv->wait_ns[side] == 0 || anew) {
            conv->wait_ns[side] = step->at_ns;
        }
    }
    if ((step->flags & SF_RST) != 0 && !step->seen->died) {
        conv->rst_ns[step->side ^ 1] = step->at_ns;
    }
    if (sf_conv_is_over(conv)) {
        conv->over_ns = conv->over_ns != 0 ? conv->over_ns : step->at_ns;
    } else {
        conv->over_ns = 0;
    }
}

static void put_and_infer(struct sf_conv *conv, struct sf_conv_step *step, struct sf_row *row)
{
    if (conv->ladder != NULL) {
        row = sf_ladder_put(conv->ladder, step->at_ns, row);
    }
    infer(conv, step, row);
}

static void take_segment(struct sf_conv *conv, struct sf_conv_step *step)
{
    struct sf_row scratch;
    struct sf_row *row = &scratch;
    bool reset = conv->shape.reset;
    int64_t fin[2];

    fill_row(step, row);
    row->marks = marks_of(step->bits);
    row->marks |= step->seen->died ? SF_MARK_LOST : 0;
    if (sf_classify_is_strange(conv, step)) {
        row->marks |= SF_MARK_TELLING;
        put_and_infer(conv, step, row);
        sf_classify_note_strange(conv, step);
        conv->segments++;
        return;
    }
    note_gaps(conv, step);
    sf_classify_note(conv, step);
    fin[SF_CLIENT] = conv->end[SF_CLIENT].fin;
    fin[SF_SERVER] = conv->end[SF_SERVER].fin;
    sf_shape_add(&conv->shape, row, fin, step->fresh);
    put_and_infer(conv, step, row);
    /* A RST that is not taken ends nothing. */
    if ((step->flags & SF_RST) != 0 && !reset &&
        (conv->infer[step->side ^ 1].told & SF_TOLD_RST) == 0) {
        conv->shape.reset = false;
    }
    conv->segments++;
    conv->one_way = conv->end[SF_CLIENT].segments == 0 || conv->end[SF_SERVER].segments == 0;
    note_times(conv, step);
}

/*
 * A connection to itself: both ends are one socket, which gets what it sends.  The other end is
 * told the same, the other way round, and both are where the socket is.
 */
static void take_own(struct sf_conv *conv, struct sf_conv_step *step)
{
    struct sf_ladder *ladder = conv->ladder;
    struct sf_conv_step mirror;
    struct sf_row *row = NULL;

    if (!sf_conv_is_own(conv)) {
        return;
    }
    begin_step(conv, step->side ^ 1U, step->seen, &mirror);
    conv->ladder = NULL;
    sf_classify_numbers(conv, &mirror);
    sf_classify(conv, &mirror);
    take_segment(conv, &mirror);
    conv->segments--;
    conv->ladder = ladder;
    keep_states(conv, step->state, step->certain);
    row = ladder != NULL ? sf_ladder_last(ladder) : NULL;
    if (row != NULL) {
        keep_states(conv, row->state, row->certainty);
        sf_ladder_keep(ladder, row);
    }
}

/* Linux, as others, gives a connection up that is not open yet; "fragmentation needed" and
 * "packet too big" ask for smaller ones only (RFC 1122 s4.2.3.9, RFC 1191, RFC 8201). */
static bool is_hard(const struct sf_seen *seen)
{
    if (seen->from.addr.family == SF_IPV4) {
        return seen->icmp_type == 3 && seen->icmp_code != 4;
    }
    return seen->icmp_type == 1;
}

static void take_error(struct sf_conv *conv, struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;
    struct sf_infer *x = &conv->infer[step->side];

    step->error = true;
    step->bits = 0;
    if (is_hard(seen) && (x->state == SF_SYN_SENT || x->state == SF_SYN_RECEIVED)) {
        sf_infer_unreachable(x);
        conv->shape.refused = true;
    }
    keep_states(conv, step->state, step->certain);
    if (conv->ladder != NULL) {
        struct sf_row row = {
            .n = step->n,
            .kind = SF_ROW_ERROR,
            .from = step->side,
            .state = {step->state[0], step->state[1]},
            .certainty = {step->certain[0], step->certain[1]},
        };

        row.u.error = (struct sf_row_error){.reporter = seen->reporter,
                                            .mtu = seen->mtu,
                                            .type = seen->icmp_type,
                                            .code = seen->icmp_code};
        (void)sf_ladder_put(conv->ladder, step->at_ns, &row);
    }
}

void sf_conv_take(struct sf_conv *conv, unsigned side, const struct sf_seen *seen,
                  uint64_t wait_ns, struct sf_finder *finder, struct sf_conv_step *step)
{
    begin_step(conv, side, seen, step);
    sf_conv_time(conv, step->at_ns, wait_ns);
    keep_states(conv, step->before, step->sure);
    if (seen->kind == SF_SEEN_ERROR) {
        if (conv->end[side].based && seen->numbers) {
            sf_classify_numbers(conv, step);
        }
        take_error(conv, step);
    } else {
        sf_classify_numbers(conv, step);
        sf_classify(conv, step);
        keep_states(conv, step->state, step->certain);
        if ((step->bits & SF_STEP_TWICE) != 0) {
            conv->twice++;
        } else {
            take_segment(conv, step);
            take_own(conv, step);
        }
    }
    conv->first_ns = conv->first_ns != 0 ? conv->first_ns : step->at_ns;
    conv->last_ns = step->at_ns;
    if (finder != NULL) {
        sf_find_segment(finder, conv, step);
    }
}

void sf_conv_settle(struct sf_conv *conv)
{
    const struct sf_row *last = conv->ladder != NULL ? sf_ladder_last(conv->ladder) : NULL;

    for (unsigned side = 0; side < 2 && last != NULL; side++) {
        struct sf_row row = {.kind = SF_ROW_STATE, .from = (uint8_t)side};

        if (last->kind != SF_ROW_SEGMENT || last->state[side] == conv->infer[side].state) {
            continue;
        }
        keep_states(conv, row.state, row.certainty);
        row.u.event = conv->infer[side].state == SF_CLOSED ? SF_EV_RST : SF_EV_ACK_OF_FIN;
        last = sf_ladder_put(conv->ladder, conv->last_ns, &row);
    }
}

void sf_conv_time(struct sf_conv *conv, uint64_t now_ns, uint64_t wait_ns)
{
    for (unsigned side = 0; side < 2; side++) {
        uint64_t end_ns = conv->wait_ns[side] + wait_ns;

        if (conv->wait_ns[side] == 0 || now_ns < end_ns) {
            continue;
        }
        sf_infer_time(&conv->infer[side], SF_EV_2MSL);
        conv->wait_ns[side] = 0;
        if (conv->ladder != NULL) {
            struct sf_row row = {.kind = SF_ROW_STATE, .from = (uint8_t)side};

            keep_states(conv, row.state, row.certainty);
            row.u.event = SF_EV_2MSL;
            (void)sf_ladder_put(conv->ladder, end_ns, &row);
        }
    }
}
