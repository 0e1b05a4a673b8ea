/* SPDX-License-Identifier: MIT
 *
 * tcp/reply.h - answers that no connection owes: RSTs, acknowledgements from TIME-WAIT,
 * SYN,ACKs of embryos.  They wait in a ring of their own; when it is full they are lost,
 * as on a network, and counted.
 */
#ifndef SF_TCP_REPLY_H
#define SF_TCP_REPLY_H

#include "tcp/tcp.h"

/* True if one more may go in this second; counts it. */
bool sf_limit_take(struct sf_limit *limit, uint32_t per_second, sf_time now);

/* Queue an answer; false if the ring is full (counted in replies_lost). */
bool sf_reply_put(struct sf_tcp *t, const struct sf_reply *reply);

/* Take the oldest; false if there is none. */
bool sf_reply_get(struct sf_tcp *t, struct sf_reply *reply);

/*
 * Answer a segment with the RST of RFC 9293 s3.10.7.1: with an ACK in it, SEQ = SEG.ACK
 * and no ACK; without, SEQ = 0, ACK = SEG.SEQ + SEG.LEN.  Never answers a RST.  Limited
 * by cfg.icmp_errors in a second.
 *
 *   choice   of whoever it is sent for, a connection or a listener (tcp/choice.h); 0: nobody
 */
void sf_reply_reset(struct sf_tcp *t, uint32_t choice, const struct sf_tuple *tuple,
                    const struct sf_seg *seg, sf_time now);

/* A RST,ACK of our own: abort, timeout.  own says everything but the flags; with timestamps
 * where they are agreed (RFC 7323 s3.2, s5.2). */
void sf_reply_abort(struct sf_tcp *t, const struct sf_reply *own);

#endif
