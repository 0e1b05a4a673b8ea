/* SPDX-License-Identifier: MIT
 *
 * watch/conv/classify.c - what a captured segment is, by what was captured before it.
 *
 *   table.c -> [classify.c] -> note.c
 *
 * The observer sees neither queue nor timer.  A number below the highest is a retransmission if
 * it was captured before; where it fills a hole, it was either overtaken or sent again after a
 * loss before the observer: the sender's timestamp tells, else its IP identification, else the
 * round trip, sooner than which nobody can know of a loss.
 */
#include "watch/conv/classify.h"

#include "base/time.h"
#include "synfin/state.h"

#define SOON_NS    (3 * SF_NS_PER_MS)   /* a round trip where none was measured */
#define COPY_NS    (200 * SF_NS_PER_MS) /* copies of one packet are no further apart */
#define TIMEOUT_NS (200 * SF_NS_PER_MS) /* no common system has a shorter RTO */

static bool text_only(const struct sf_conv_step *step)
{
    return (step->flags & (SF_SYN | SF_FIN | SF_RST)) == 0;
}

static void set_base(struct sf_conv_end *end, uint32_t isn)
{
    end->isn = isn;
    end->based = true;
}

/* A SYN tells the ISN; whatever was counted from a guess is counted anew. */
static void take_isn(struct sf_conv_end *end, uint32_t isn)
{
    int64_t shift = 0;

    if (end->based && !end->syn_seen) {
        shift = (int32_t)(end->isn - isn);
        end->next += end->next != 0 ? shift : 0;
        end->acked += end->acked != 0 ? shift : 0;
        end->edge += end->edge != 0 ? shift : 0;
    }
    set_base(end, isn);
    end->syn_seen = true;
}

static int64_t count_from(const struct sf_conv_end *end, uint32_t number)
{
    int64_t near = end->next > end->acked ? end->next : end->acked;
    uint32_t expected = end->isn + (uint32_t)near;

    return near + (int32_t)(number - expected);
}

void sf_classify_numbers(struct sf_conv *conv, struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;
    struct sf_conv_end *end = &conv->end[step->side];
    struct sf_conv_end *other = &conv->end[step->side ^ 1];
    bool rst = (seen->flags & SF_RST) != 0;

    if ((seen->flags & SF_SYN) != 0 && !end->syn_seen) {
        take_isn(end, seen->seq.v);
    } else if (!end->based && !rst) {
        set_base(end, seen->seq.v - 1);
    }
    if ((seen->flags & SF_ACK) != 0 && !other->based && !rst) {
        set_base(other, seen->ack.v - 1);
    }
    /* A RST of somebody who knows nothing of the connection tells no number of its own. */
    step->seq = end->based ? count_from(end, seen->seq.v) : 0;
    step->ack =
        (seen->flags & SF_ACK) != 0 && other->based ? count_from(other, seen->ack.v) : 0;
}

/* What tells a packet from others of the same end, as one number. */
static uint32_t print_of(const struct sf_seen *seen)
{
    uint64_t h = UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t parts[] = {
        (uint64_t)seen->seq.v << 32 | seen->ack.v,
        (uint64_t)seen->tsval << 32 | seen->tsecr,
        (uint64_t)seen->ip_id << 48 | (uint64_t)seen->wnd << 32 | seen->text_octets,
        seen->flags,
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        h = (h ^ parts[i]) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    return (uint32_t)h | 1U;
}

static uint8_t where_of(const struct sf_seen *seen)
{
    return (uint8_t)(seen->interface * 31 + seen->way * 7U + seen->hop_limit);
}

/*
 * The same packet again, captured on its way through this host: the same identification, or,
 * where there is none, another interface, direction or hop limit.
 */
static bool is_copy(struct sf_conv_end *end, const struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;
    uint32_t print = print_of(seen);
    uint8_t where = where_of(seen);
    bool copy = false;

    for (size_t i = 0; i < 4 && !copy; i++) {
        copy = end->print[i] == print && step->since_ns < COPY_NS &&
               (seen->ip_id != 0 || end->print_where[i] != where);
    }
    if (!copy) {
        end->print[end->print_at] = print;
        end->print_where[end->print_at] = where;
        end->print_at = (uint8_t)((end->print_at + 1) & 3);
    }
    return copy;
}

static bool in_hole(const struct sf_conv_end *end, int64_t from, int64_t to)
{
    for (size_t i = 0; i < SF_CONV_HOLES; i++) {
        if (end->hole[i].from < end->hole[i].to && from < end->hole[i].to &&
            to > end->hole[i].from) {
            return true;
        }
    }
    return false;
}

/* Was this segment, below the highest number, sent before the one that was captured last? */
static bool overtaken(const struct sf_conv *conv, const struct sf_conv_end *end,
                      const struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;
    uint64_t soon = conv->rtt_ns != 0 ? conv->rtt_ns / 4 * 3 : SOON_NS;

    if (end->ts && (seen->options & SF_OPT_TS) != 0 && seen->tsval != end->tsval) {
        return (int32_t)(seen->tsval - end->tsval) < 0;
    }
    if (seen->from.addr.family == SF_IPV4 && seen->ip_id != 0 && end->ip_id != 0) {
        return (int16_t)(seen->ip_id - end->ip_id) < 0;
    }
    return step->at_ns - end->hole_ns < soon;
}

static uint32_t how_again(const struct sf_conv *conv, const struct sf_conv_end *end,
                          const struct sf_conv_step *step)
{
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];

    if (step->seq + step->len <= end->acked) {
        return SF_STEP_SPURIOUS;
    }
    if (other->dup_acks >= 3) {
        return SF_STEP_FAST;
    }
    if (step->since_ns >= TIMEOUT_NS) {
        return SF_STEP_RTO;
    }
    return step->seq + step->len == end->next ? SF_STEP_TAIL_PROBE : SF_STEP_FAST;
}

/* A SYN, FIN or text. */
static uint32_t numbered(const struct sf_conv *conv, const struct sf_conv_end *end,
                         struct sf_conv_step *step)
{
    int64_t text = step->seq + ((step->flags & SF_SYN) != 0);
    int64_t text_end = text + step->octets;
    int64_t known = end->next > text ? end->next : text;
    uint32_t bits = 0;

    step->fresh = text_end > known ? (uint32_t)(text_end - known) : 0;
    if (step->seq >= end->next) {
        bits |= end->next != 0 && step->seq > end->next ? SF_STEP_HOLE_BEFORE : 0;
        return bits | (step->octets > 0 ? SF_STEP_NEW_DATA : 0);
    }
    bits |= step->fresh > 0 ? SF_STEP_NEW_DATA : 0;
    if (in_hole(end, step->seq, step->seq + step->len)) {
        step->fresh = step->octets;
        bits |= step->octets > 0 ? SF_STEP_NEW_DATA : 0;
        if (overtaken(conv, end, step)) {
            return bits | SF_STEP_OUT_OF_ORDER;
        }
        return bits | SF_STEP_RETRANSMISSION | SF_STEP_FILLS_HOLE | how_again(conv, end, step);
    }
    if (end->next == 1 && (step->flags & (SF_SYN | SF_ACK)) == (SF_SYN | SF_ACK) &&
        end->syn_acks == 0) {
        return bits; /* a simultaneous open: the SYN is the same, what it says is new */
    }
    return bits | SF_STEP_RETRANSMISSION | how_again(conv, end, step);
}

/* RFC 9293 s3.8.4 and s3.8.6.1: what only asks for an answer. */
static uint32_t asks(const struct sf_conv *conv, const struct sf_conv_end *end,
                     const struct sf_conv_step *step)
{
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];
    bool before = step->seq == end->next - 1 && end->next > 0 && end->fin != end->next - 1;
    bool old = before && (step->octets == 0 || (step->octets == 1 && end->acked == end->next));

    if (!text_only(step) || step->octets > 1 || (step->flags & SF_ACK) == 0) {
        return 0;
    }
    if (other->zero_ns != 0 && (old || (step->octets == 1 && step->seq >= end->edge) ||
                                (step->octets == 0 && step->seq == end->acked - 1))) {
        return SF_STEP_PROBE;
    }
    return old ? SF_STEP_KEEPALIVE : 0;
}

static uint32_t zero_window(const struct sf_conv_step *step)
{
    return step->wnd == 0 && (step->flags & (SF_RST | SF_SYN)) == 0 ? SF_STEP_ZERO_WINDOW : 0;
}

/* A plain ACK that acknowledges what was acknowledged before. */
static uint32_t same_ack(const struct sf_conv_end *end, const struct sf_conv_end *other,
                         const struct sf_conv_step *step)
{
    if (other->keepalives > 0) {
        return SF_STEP_KEEPALIVE_ACK;
    }
    if (other->probes > 0) {
        return SF_STEP_PROBE_ACK;
    }
    if ((other->last_flags & (SF_SYN | SF_ACK)) == SF_SYN ||
        (other->last_flags & SF_RST) != 0) {
        return SF_STEP_CHALLENGE;
    }
    /* The window of a SYN is not scaled: no comparison with that. */
    if (end->segments > 0 && step->wnd > end->wnd && (end->last_flags & SF_SYN) == 0) {
        return SF_STEP_WINDOW_UPDATE;
    }
    return other->next > step->ack && step->wnd == end->wnd ? SF_STEP_DUP_ACK : 0;
}

static uint32_t acknowledging(const struct sf_conv_end *end, const struct sf_conv_end *other,
                              const struct sf_conv_step *step)
{
    uint32_t bits = 0;

    if ((step->flags & SF_ACK) == 0 || (step->flags & SF_RST) != 0) {
        return 0;
    }
    bits |= zero_window(step);
    if (step->ack > other->next && other->next != 0) {
        bits |= SF_STEP_ACK_OF_UNSEEN;
    }
    if (step->ack > other->acked) {
        return bits | SF_STEP_NEW_ACK;
    }
    if (step->ack < other->acked) {
        return bits | SF_STEP_OLD_ACK;
    }
    if (step->octets == 0 && text_only(step)) {
        bits |= same_ack(end, other, step);
    }
    return bits;
}

/* RFC 2883 s4: the first block lies below the acknowledgement, or within the second.  One of
 * nothing but a SYN answers the SYN,ACK of a simultaneous open. */
static bool is_dsack(const struct sf_seen *seen, const struct sf_conv_end *other)
{
    if ((seen->options & SF_OPT_SACK) == 0 || seen->n_sack == 0 ||
        seen->sack[0].right.v == other->isn + 1) {
        return false;
    }
    if (sf_seq_before(seen->sack[0].left, seen->ack)) {
        return true;
    }
    return seen->n_sack > 1 && !sf_seq_before(seen->sack[0].left, seen->sack[1].left) &&
           !sf_seq_before(seen->sack[1].right, seen->sack[0].right);
}

static uint32_t resetting(const struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];
    uint32_t bits = 0;

    if (end->hop_limit != 0 && end->hop_limit != step->seen->hop_limit) {
        bits |= SF_STEP_RST_STRANGE;
    }
    /* RFC 9293 s3.10.7.3: in SYN-SENT it is the acknowledgement that counts. */
    if (end->syns + end->syn_acks == 0 && !conv->midstream && (step->flags & SF_ACK) != 0) {
        return bits | (step->ack == other->next ? SF_STEP_RST_EXACT : 0);
    }
    if (step->seq == end->next || (step->seq == end->acked && end->acked != 0)) {
        return bits | SF_STEP_RST_EXACT;
    }
    return bits | (step->seq < end->acked || (end->edge != 0 && step->seq > end->edge)
                       ? SF_STEP_OUT_OF_WINDOW
                       : 0);
}

static uint32_t repeated(const struct sf_conv_end *end, const struct sf_conv_step *step)
{
    bool ack = (step->flags & SF_ACK) != 0;

    if ((step->flags & SF_SYN) != 0 && step->seq == 0) {
        return ack ? (end->syn_acks > 0 ? SF_STEP_SYNACK_AGAIN : 0)
                   : (end->syns > 0 ? SF_STEP_SYN_AGAIN : 0);
    }
    return (step->flags & SF_FIN) != 0 && end->fins > 0 ? SF_STEP_FIN_AGAIN : 0;
}

static uint32_t of_text(const struct sf_conv_end *end, const struct sf_conv_end *other,
                        const struct sf_conv_step *step)
{
    uint16_t mss = other->mss != 0 ? other->mss : end->max_octets;
    uint32_t bits = 0;

    bits |= mss != 0 && other->mss != 0 && step->octets > mss ? SF_STEP_SUPER : 0;
    if (end->edge != 0 && (step->flags & SF_SYN) == 0) {
        int64_t text_end = step->seq + step->octets;

        bits |= text_end == end->edge && step->fresh > 0 && end->edge > end->acked
                    ? SF_STEP_WINDOW_FULL
                    : 0;
        bits |= step->seq > end->edge ? SF_STEP_OUT_OF_WINDOW : 0;
    }
    return bits;
}

bool sf_classify_is_strange(const struct sf_conv *conv, const struct sf_conv_step *step)
{
    const struct sf_conv_end *end = &conv->end[step->side];
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];
    bool good = step->ack >= 1 && step->ack <= other->next;

    if ((step->flags & SF_RST) != 0) {
        return false;
    }
    if ((step->flags & SF_SYN) != 0) {
        return end->segments > 0 && step->seq != 0;
    }
    /* TIME-WAIT, or a connection that was forgotten, answers a SYN with its own numbers. */
    return other->syns > 0 && other->next == 1 && !end->syn_seen && step->octets == 0 &&
           !good && (step->flags & SF_ACK) != 0;
}

void sf_classify(struct sf_conv *conv, struct sf_conv_step *step)
{
    struct sf_conv_end *end = &conv->end[step->side];
    const struct sf_conv_end *other = &conv->end[step->side ^ 1];

    if (end->segments > 0 && is_copy(end, step)) {
        step->bits = SF_STEP_TWICE;
        return;
    }
    if (end->segments == 0) {
        (void)is_copy(end, step);
    }
    if (sf_classify_is_strange(conv, step)) {
        step->bits = (step->flags & SF_SYN) != 0 ? SF_STEP_OUT_OF_WINDOW : SF_STEP_CHALLENGE;
        return;
    }
    if (step->sure[step->side] != SF_POSSIBLE && step->before[step->side] == SF_CLOSED &&
        end->segments > 0) {
        step->bits |= SF_STEP_AFTER_END;
    }
    if ((step->flags & SF_RST) != 0) {
        step->bits |= resetting(conv, step);
        return;
    }
    step->bits |= asks(conv, end, step);
    if (step->len > 0 && (step->bits & SF_STEP_KEEPALIVE) == 0) {
        step->bits |= numbered(conv, end, step) | repeated(end, step);
    } else if (end->next != 0 && step->seq > end->next) {
        step->bits |= SF_STEP_HOLE_BEFORE;
    }
    if (step->octets > 0) {
        step->bits |= of_text(end, other, step);
    }
    step->bits |= acknowledging(end, other, step);
    step->bits |= is_dsack(step->seen, other) ? SF_STEP_DSACK : 0;
}
