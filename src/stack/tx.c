/* SPDX-License-Identifier: MIT
 *
 * stack/tx.c - frames that leave: our own answers first, then segments.
 *
 *   own.c -----------------------------> [tx.c] -> link
 *   sf_tcp_output() -> ip_out.c, neigh.c -^
 *
 * First what keeps others going (a question about our address, an answer about a neighbour's),
 * then whatever the connections owe, in the order that tcp/output.c chooses.
 */
#include <string.h>

#include "stack/ip_out.h"
#include "stack/neigh.h"
#include "stack/own.h"
#include "stack/route.h"

/* What became of an attempt to fill a frame. */
enum filled {
    NOTHING, /* there was nothing to send */
    HELD,    /* it waits for its neighbour, or is lost: try again */
    FILLED,
};

static enum filled fill_own(struct sf_stack *st, struct sf_frame *frame, sf_time now)
{
    const struct sf_own *own = sf_own_get(st);
    uint8_t hop[16];

    if (own == NULL) {
        return NOTHING;
    }
    *frame = own->frame;
    if (own->whole || st->tcp.cfg.ethernet == 0) {
        return FILLED;
    }
    memcpy(hop, own->hop, sizeof(hop));
    return sf_neigh_send(st, frame, hop, now) ? FILLED : HELD;
}

static enum filled fill_segment(struct sf_stack *st, struct sf_frame *frame, sf_time now)
{
    struct sf_out out;
    uint8_t hop[16];

    out.pieces = frame->pieces;
    if (!sf_tcp_output(&st->tcp, &out, now)) {
        return NOTHING;
    }
    sf_ip_out_segment(st, frame, &out);
    if (st->tcp.cfg.ethernet == 0) {
        return FILLED;
    }
    if (!sf_route_hop_again(st, (enum sf_family)frame->family, out.tuple.remote, hop)) {
        sf_own_drop(st, frame);
        return HELD;
    }
    return sf_neigh_send(st, frame, hop, now) ? FILLED : HELD;
}

size_t sf_stack_tx(struct sf_stack *stack, struct sf_frame *frames, size_t n, sf_time now)
{
    size_t count = 0;

    SF_ASSERT(n >= 1 && n <= SF_BATCH_MAX);
    while (count < n) {
        enum filled what = fill_own(stack, &frames[count], now);

        if (what == NOTHING) {
            what = fill_segment(stack, &frames[count], now);
        }
        if (what == NOTHING) {
            break;
        }
        count += what == FILLED;
    }
    stack->tcp.counters.frames_out += count;
    return count;
}

void sf_stack_tx_done(struct sf_stack *stack, const struct sf_frame *frames, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sf_own_drop(stack, &frames[i]);
    }
}
