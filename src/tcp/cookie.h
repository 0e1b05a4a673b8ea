/* SPDX-License-Identifier: MIT
 *
 * tcp/cookie.h - a SYN answered without a record (RFC 4987 s3.6).
 */
#ifndef SF_TCP_COOKIE_H
#define SF_TCP_COOKIE_H

#include "tcp/listen.h"

/* Seconds of one count of the clock in a cookie.  It is good for its own and the next. */
#define SF_COOKIE_TICK_S 64

/* Answer a SYN by a cookie; false if that cannot be: the peer's MSS is below all that a
 * cookie can say, or the reply ring is full. */
bool sf_cookie_answer(struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                      const struct sf_seg *seg, sf_time now);

/* Make the SYN,ACK at the moment that it leaves; false if the listener is gone. */
bool sf_cookie_syn_ack(const struct sf_tcp *t, const struct sf_reply *reply,
                       struct sf_seg *seg);

/* An ACK has come to a listener (s3.10.7.2, second): it opens a connection if it brings a
 * cookie back, and draws a RST if not. */
enum sf_verdict sf_cookie_input(struct sf_tcp *t, uint32_t listener,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now);

#endif
