/* SPDX-License-Identifier: MIT
 *
 * tcp/loss.h - what is lost, and the passage through recovery; what the window becomes is
 * for cc.h to say.
 */
#ifndef SF_TCP_LOSS_H
#define SF_TCP_LOSS_H

#include "tcp/conn.h"

/* A transmission is believed lost: it no longer counts as in flight, and goes out again. */
void sf_loss_mark(struct sf_tcp *t, struct sf_work *w, uint32_t sent);

/* New octets were acknowledged (RFC 5681 s3.1, RFC 6582 s3.2 step 3).
 *   acked   sequence space newly acknowledged
 *   flight  what was in flight before */
void sf_loss_acked(struct sf_tcp *t, struct sf_conn *c, uint32_t acked, uint32_t flight,
                   uint32_t rtt_us, sf_time now);

/* A duplicate acknowledgement (RFC 5681 s3.2, RFC 6582 s3.2 steps 1 and 2).
 *   news   what sf_loss_sack() said of its blocks */
void sf_loss_duplicate(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, bool news,
                       sf_time now);

/* The retransmission timer fired: everything counts as lost (RFC 5681 s3.1, RFC 6298). */
void sf_loss_rto(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now);

/* The peer's SACK blocks, onto the transmissions (RFC 2018 s5).  True if they are news of which
 * pipe shows nothing, as they cover no transmission whole. */
bool sf_loss_sack(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                  const struct sf_seg *seg);

/* What may be sent now beyond what is in flight, in octets: cwnd, with limited transmit
 * (RFC 3042) on the first two duplicates. */
uint32_t sf_loss_room(const struct sf_conn *c, const struct sf_work *w);

/* The peer acknowledged something, or answered a probe: the user timeout, if it runs,
 * begins anew.  Sending again does not count (RFC 9293 s3.8.3). */
void sf_loss_progress(struct sf_tcp *t, const struct sf_conn *c, sf_time now);

/* (Re)start or stop the retransmission timer, or the persist timer when the window is
 * closed, as what is outstanding asks for (RFC 6298 (5.1) to (5.3), RFC 9293 s3.8.6.1). */
void sf_loss_timer(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, bool restart,
                   sf_time now);

#endif
