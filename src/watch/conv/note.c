/* SPDX-License-Identifier: MIT
 *
 * watch/conv/note.c - what a segment changes in the facts of both ends.
 *
 *   classify.c -> [note.c]
 */
#include "base/time.h"
#include "watch/conv/classify.h"

#define NO_WSCALE  255
#define MAX_WSCALE 14 /* RFC 7323 s2.3 */

static void count(uint8_t *counter)
{
    *counter = (uint8_t)(*counter + (*counter < UINT8_MAX));
}

/* The stretch [from, to) was not captured. */
static void open_hole(struct sf_conv_end *end, int64_t from, int64_t to, uint64_t at_ns)
{
    bool none = true;
    size_t at = 0;

    for (size_t i = 0; i < SF_CONV_HOLES; i++) {
        bool unused = end->hole[i].from == end->hole[i].to;

        none = none && unused;
        if (unused || end->hole[i].from < end->hole[at].from) {
            at = i;
        }
    }
    end->hole_ns = none ? at_ns : end->hole_ns;
    end->hole[at] = (struct sf_stretch){.from = from, .to = to};
}

/* [from, to) was captured after all.  Of a hole that is split the longer part stays. */
static void fill_holes(struct sf_conv_end *end, int64_t from, int64_t to)
{
    for (size_t i = 0; i < SF_CONV_HOLES; i++) {
        struct sf_stretch *hole = &end->hole[i];

        if (from >= hole->to || to <= hole->from) {
            continue;
        }
        if (from - hole->from > hole->to - to) {
            hole->to = from;
        } else {
            hole->from = to;
        }
        if (hole->from >= hole->to) {
            *hole = (struct sf_stretch){0, 0};
        }
    }
}

static void note_syn(struct sf_conv *conv, struct sf_conv_end *end,
                     const struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;
    bool ack = (step->flags & SF_ACK) != 0;

    count(ack ? &end->syn_acks : &end->syns);
    end->n_syn = step->n;
    end->syn_ns = end->syn_ns != 0 ? end->syn_ns : step->at_ns;
    end->options = seen->options;
    end->mss = (seen->options & SF_OPT_MSS) != 0 ? seen->mss : 0;
    end->wscale = NO_WSCALE;
    if ((seen->options & SF_OPT_WSCALE) != 0) {
        end->wscale = seen->wscale > MAX_WSCALE ? MAX_WSCALE : seen->wscale;
    }
    conv->fast_open = conv->fast_open || (step->octets > 0 && !ack);
}

static void note_fin(struct sf_conv_end *end, const struct sf_conv_step *step)
{
    count(&end->fins);
    if (end->fin < 0) {
        end->fin = step->seq + step->octets + ((step->flags & SF_SYN) != 0);
        end->fin_ns = step->at_ns;
        end->n_fin = step->n;
    }
}

static void note_numbers(struct sf_conv *conv, struct sf_conv_end *end,
                         const struct sf_conv_step *step)
{
    int64_t to = step->seq + step->len;

    if ((step->bits & SF_STEP_HOLE_BEFORE) != 0) {
        open_hole(end, end->next, step->seq, step->at_ns);
        conv->unseen++;
    } else if (step->seq < end->next && step->len > 0) {
        fill_holes(end, step->seq, to);
    }
    if (to > end->next) {
        end->next = to;
        end->advanced_ns = step->at_ns;
    }
    end->octets += step->fresh;
    end->again += (step->bits & SF_STEP_RETRANSMISSION) != 0;
    if ((step->bits & SF_STEP_SUPER) == 0 && step->octets > end->max_octets) {
        end->max_octets = (uint16_t)(step->octets < UINT16_MAX ? step->octets : UINT16_MAX);
    }
}

/* The shortest round trip: of the handshake, from SYN to third segment, whole; else from text
 * to its acknowledgement, as far as the observer is from the end that acknowledges. */
static void note_round_trip(struct sf_conv *conv, const struct sf_conv_end *end,
                            const struct sf_conv_step *step)
{
    if (conv->rtt_ns == 0 && step->side == SF_CLIENT && end->syns == 1 && end->segments == 1 &&
        conv->end[SF_SERVER].syn_acks == 1 && step->ack == 1) {
        conv->rtt_ns = step->at_ns > end->syn_ns ? step->at_ns - end->syn_ns : 1;
    }
}

static void note_ack(struct sf_conv *conv, struct sf_conv_end *end, struct sf_conv_end *other,
                     const struct sf_conv_step *step)
{
    int64_t edge = step->ack + step->wnd;

    note_round_trip(conv, end, step);
    if (step->ack > other->acked) {
        other->acked = step->ack;
        other->acked_ns = step->at_ns;
    }
    if (other->fin >= 0 && step->ack > other->fin && other->fin_acked_ns == 0) {
        other->fin_acked_ns = step->at_ns;
    }
    /* Without both SYNs the window's scale is not known (RFC 7323 s2.3). */
    if (end->syn_seen && other->syn_seen && edge > other->edge) {
        other->edge = edge;
    }
    conv->unseen +=
        (step->bits & SF_STEP_ACK_OF_UNSEEN) != 0 && (step->bits & SF_STEP_NEW_ACK) != 0;
}

/* What is counted in a row. */
static void note_runs(struct sf_conv_end *end, struct sf_conv_end *other,
                      const struct sf_conv_step *step)
{
    if ((step->bits & SF_STEP_KEEPALIVE) != 0) {
        end->keepalive_ns = end->keepalives == 0 ? step->at_ns : end->keepalive_ns;
        count(&end->keepalives);
    }
    if ((step->bits & SF_STEP_PROBE) != 0) {
        count(&end->probes);
    }
    if ((step->bits & SF_STEP_DUP_ACK) != 0) {
        count(&end->dup_acks);
    } else if ((step->bits & SF_STEP_NEW_ACK) != 0) {
        end->dup_acks = 0;
    }
    other->keepalives = 0; /* whatever came from here answers them */
    other->keepalive_ns = 0;
    other->probes = 0;
}

static void note_packet(struct sf_conv_end *end, const struct sf_conv_step *step)
{
    const struct sf_seen *seen = step->seen;

    end->last_ns = step->at_ns;
    end->last_flags = step->flags;
    end->n_last = step->n;
    end->segments++;
    end->ip_id = seen->ip_id;
    if ((step->flags & SF_RST) != 0) {
        count(&end->rsts);
        end->n_rst = end->n_rst != 0 ? end->n_rst : step->n;
        return;
    }
    end->hop_limit = seen->hop_limit;
    if ((seen->options & SF_OPT_TS) != 0 && (step->bits & SF_STEP_OUT_OF_ORDER) == 0) {
        end->tsval = seen->tsval;
        end->tsecr = seen->tsecr;
        end->ts = true;
    }
}

void sf_classify_note_strange(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_conv_end *end = &conv->end[step->side];

    end->last_ns = step->at_ns;
    end->last_flags = step->flags;
    end->n_last = step->n;
    end->segments++;
}

void sf_classify_note(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_conv_end *end = &conv->end[step->side];
    struct sf_conv_end *other = &conv->end[step->side ^ 1];

    note_runs(end, other, step);
    if ((step->flags & SF_RST) == 0) {
        if ((step->flags & SF_SYN) != 0) {
            note_syn(conv, end, step);
        }
        if ((step->bits & SF_STEP_KEEPALIVE) == 0) {
            note_numbers(conv, end, step);
        }
        if ((step->flags & SF_FIN) != 0) {
            note_fin(end, step);
        }
        if ((step->flags & SF_ACK) != 0) {
            note_ack(conv, end, other, step);
        }
        end->zero_ns = (step->bits & SF_STEP_ZERO_WINDOW) == 0 ? 0
                       : end->zero_ns != 0                     ? end->zero_ns
                                                               : step->at_ns;
        end->wnd = step->wnd;
    }
    note_packet(end, step);
}
