/* SPDX-License-Identifier: MIT
 *
 * tcp/rtt.h - the round trip's estimate and the retransmission time-out (RFC 6298).
 */
#ifndef SF_TCP_RTT_H
#define SF_TCP_RTT_H

#include "tcp/tcp.h"

/* RTO before any sample, in c (RFC 6298 (2.1)). */
void sf_rtt_init(const struct sf_tcp *t, struct sf_conn *c);

/*
 * Take one measurement and recompute the RTO (RFC 6298 (2.2), (2.3)), within
 * [cfg.rto_min, cfg.rto_max].  Must not come from a segment sent twice (Karn, s3), unless
 * timestamps tell which copy was acknowledged (RFC 7323 s4).
 *
 *   sample_us       0 counts as 1
 *   granularity_us  G of (2.3): how coarse the measurement is, > 0
 */
void sf_rtt_sample(const struct sf_tcp *t, struct sf_conn *c, uint32_t sample_us,
                   uint32_t granularity_us);

/* The SYN's timer has fired, and text begins without a sample: at least 3 seconds (5.7). */
void sf_rtt_syn_lost(struct sf_conn *c);

/* What was sent again is acknowledged, and no sample comes of it: so many doublings stay in the
 * RTO until one does ((5.5), and s5 of how it collapses). */
void sf_rtt_keep(const struct sf_tcp *t, struct sf_conn *c, uint32_t doublings);

/* The time-out with back-off: RTO doubled `doublings` times, at most cfg.rto_max. */
sf_span sf_rtt_backed_off(const struct sf_tcp *t, const struct sf_conn *c, uint32_t doublings);

#endif
