/* SPDX-License-Identifier: MIT
 *
 * tcp/cc_newreno.c - slow start, congestion avoidance and fast recovery (RFC 5681 s3,
 * RFC 6582 s3.2), counted in octets.
 */
#include "tcp/cc.h"

/* Beyond what any window can offer (RFC 7323 s2.3) growth means nothing. */
#define CWND_MAX (UINT32_C(1) << 30)

/* Octets acknowledged in congestion avoidance since cwnd grew last: index of sf_cc.own. */
#define COUNTED 0

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static void grow(struct sf_cc *cc, uint32_t octets)
{
    cc->cwnd = min_u32(cc->cwnd, CWND_MAX - min_u32(octets, CWND_MAX)) + octets;
}

/* Equation (4) of RFC 5681 s3.1. */
static uint32_t half_of(const struct sf_cc_event *e)
{
    return max_u32(e->flight / 2, 2 * e->mss);
}

static void init(struct sf_cc *cc, uint32_t initial_window)
{
    /* s3.1: ssthresh arbitrarily high, so that the network sets it. */
    *cc = (struct sf_cc){.cwnd = initial_window, .ssthresh = UINT32_MAX};
}

static void ack(struct sf_cc *cc, const struct sf_cc_event *e)
{
    if (!e->limited) {
        /* A window that was not filled was not tried out. */
        return;
    }
    if (cc->cwnd < cc->ssthresh) {
        /* Equation (2): acknowledging in small pieces gains nothing. */
        grow(cc, min_u32(e->acked, e->mss));
        return;
    }
    /* s3.1: one SMSS when a window's worth was acknowledged, so at most one each RTT. */
    cc->own[COUNTED] += e->acked;
    if (cc->own[COUNTED] >= cc->cwnd) {
        cc->own[COUNTED] = min_u32(cc->own[COUNTED] - cc->cwnd, cc->cwnd);
        grow(cc, e->mss);
    }
}

/* RFC 5681 s3.2, steps 2 and 3: three segments have left the network, which with SACK pipe
 * knows (RFC 6675 s5 (4.2)). */
static void enter(struct sf_cc *cc, const struct sf_cc_event *e)
{
    cc->ssthresh = half_of(e);
    cc->cwnd = cc->ssthresh;
    cc->own[COUNTED] = 0;
    if (!e->sack) {
        grow(cc, 3 * e->mss);
    }
}

/* Step 4: and one more. */
static void dup(struct sf_cc *cc, const struct sf_cc_event *e)
{
    if (!e->sack) {
        grow(cc, e->mss);
    }
}

/* RFC 6582 s3.2, step 3: deflate by what was acknowledged, add back a segment. */
static void partial(struct sf_cc *cc, const struct sf_cc_event *e)
{
    if (e->sack) {
        return; /* it was not inflated */
    }
    cc->cwnd -= min_u32(e->acked, cc->cwnd);
    if (e->acked >= e->mss) {
        grow(cc, e->mss);
    }
    /* With less than a segment nothing could be sent, ever. */
    cc->cwnd = max_u32(cc->cwnd, e->mss);
}

/* RFC 6582 s3.2, step 3, option 1: no burst if little is outstanding; with SACK cwnd has been
 * ssthresh all the time (RFC 6675 s5). */
static void leave(struct sf_cc *cc, const struct sf_cc_event *e)
{
    uint32_t outstanding = e->flight - min_u32(e->acked, e->flight);

    cc->cwnd = cc->ssthresh;
    if (!e->sack) {
        cc->cwnd = min_u32(cc->cwnd, max_u32(outstanding, e->mss) + e->mss);
    }
    cc->own[COUNTED] = 0;
}

/* RFC 5681 s3.1: the loss window is one segment; ssthresh is held when the timer fires
 * again for the same one. */
static void rto(struct sf_cc *cc, const struct sf_cc_event *e, bool first)
{
    if (first) {
        cc->ssthresh = half_of(e);
    }
    cc->cwnd = e->mss;
    cc->own[COUNTED] = 0;
}

static void restart(struct sf_cc *cc, uint32_t initial_window)
{
    cc->cwnd = min_u32(cc->cwnd, initial_window);
    cc->own[COUNTED] = 0;
}

const struct sf_cc_ops sf_cc_newreno = {
    .name = "newreno",
    .init = init,
    .ack = ack,
    .enter = enter,
    .dup = dup,
    .partial = partial,
    .leave = leave,
    .rto = rto,
    .restart = restart,
};
