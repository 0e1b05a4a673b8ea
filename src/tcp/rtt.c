/* SPDX-License-Identifier: MIT
 *
 * tcp/rtt.c - SRTT, RTTVAR and RTO (RFC 6298), in microseconds.
 *
 *   ack.c (a sample) -> [rtt.c] -> timers.c (how long to wait)
 */
#include "tcp/rtt.h"

#include "base/time.h"

/* K of (2.2) and (2.3). */
#define K 4

static uint32_t to_us(sf_span span)
{
    return (uint32_t)(span.ns / SF_NS_PER_US);
}

void sf_rtt_init(const struct sf_tcp *t, struct sf_conn *c)
{
    c->srtt_us = 0;
    c->rttvar_us = 0;
    c->rto_us = to_us(t->cfg.rto_initial);
}

void sf_rtt_sample(const struct sf_tcp *t, struct sf_conn *c, uint32_t sample_us,
                   uint32_t granularity_us)
{
    uint64_t sample = sample_us == 0 ? 1 : sample_us;

    if (c->srtt_us == 0) {
        c->srtt_us = (uint32_t)sample;
        c->rttvar_us = (uint32_t)(sample / 2);
    } else {
        uint64_t srtt = c->srtt_us;
        uint64_t err = srtt > sample ? srtt - sample : sample - srtt;

        /* RTTVAR first: (2.3) wants it computed from the old SRTT. */
        c->rttvar_us = (uint32_t)((3 * (uint64_t)c->rttvar_us + err) / 4);
        c->srtt_us = (uint32_t)((7 * srtt + sample) / 8);
    }

    uint64_t spread = K * (uint64_t)c->rttvar_us;
    uint32_t least = to_us(t->cfg.rto_granularity);

    least = least > granularity_us ? least : granularity_us;
    uint64_t rto = c->srtt_us + (spread > least ? spread : least);
    uint32_t low = to_us(t->cfg.rto_min);
    uint32_t high = to_us(t->cfg.rto_max);

    rto = rto < low ? low : rto;
    c->rto_us = rto < high ? (uint32_t)rto : high;
}

void sf_rtt_syn_lost(struct sf_conn *c)
{
    if (c->srtt_us == 0 && c->rto_us < 3000000) {
        c->rto_us = 3000000;
    }
}

void sf_rtt_keep(const struct sf_tcp *t, struct sf_conn *c, uint32_t doublings)
{
    c->rto_us = to_us(sf_rtt_backed_off(t, c, doublings));
}

sf_span sf_rtt_backed_off(const struct sf_tcp *t, const struct sf_conn *c, uint32_t doublings)
{
    sf_span high = t->cfg.rto_max;

    /* 2^32 us doubled 31 times is below 2^63; more doublings are far beyond the limit. */
    if (doublings > 31) {
        return high;
    }

    uint64_t us = (uint64_t)c->rto_us << doublings;

    if (doublings != 0 || (c->state != SF_SYN_SENT && c->state != SF_SYN_RECEIVED)) {
        us += to_us(t->cfg.rto_slop);
    }
    return us < high.ns / SF_NS_PER_US ? SF_US(us) : high;
}
