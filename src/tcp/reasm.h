/* SPDX-License-Identifier: MIT
 *
 * tcp/reasm.h - text that arrived, in order and out of it (RFC 9293 s3.10.7.4 seventh,
 * SHLD-31; RFC 2018 s4 for the blocks reported).
 *
 * Text out of order waits in chunks sorted by sequence number that never overlap, beside
 * the queue in order; a small text is added to the chunk before it where it follows it.
 * Of octets that arrive twice the first copy counts.
 */
#ifndef SF_TCP_REASM_H
#define SF_TCP_REASM_H

#include "tcp/tcp.h"

/*
 * Take text that lies within the window: seq .. seq+octets, already trimmed to begin at
 * or after rcv_nxt and to end at or before the right edge, for a connection that has a
 * working record.
 *
 * In order: queued, rcv_nxt moves over it and over what was held behind it; *filled is set
 * if a gap was closed wholly or in part.  Out of order: held, and the blocks in
 * recent of it are renewed.  Returns how many octets of it are now held or queued: fewer than
 * octets if memory is short (nothing behind the first missing octet of an in-order text is
 * acknowledged).
 */
uint32_t sf_reasm_take(struct sf_tcp *t, struct sf_conn *c, sf_seq seq, const uint8_t *text,
                       uint32_t octets, bool *filled);

/* Text arrived that had arrived before: the next acknowledgement reports it, in front of all
 * other blocks (RFC 2883 s4).  What of a text is held already sf_reasm_take() notes itself. */
void sf_reasm_twice(struct sf_work *w, sf_seq left, sf_seq right);

/* Put the blocks to report, what came twice and then newest first, at most max (RFC 2018 s4),
 * and return how many.  What came twice stays until sf_reasm_told(). */
uint32_t sf_reasm_sack(const struct sf_work *w, struct sf_sack_block *blocks, uint32_t max);

/* An acknowledgement has left: what came twice is reported once (RFC 2883 s4). */
void sf_reasm_told(struct sf_work *w);

/* True if something came twice and was not reported yet. */
bool sf_reasm_has_twice(const struct sf_work *w);

/* Give up all text out of order of a connection; returns octets. */
uint32_t sf_reasm_evict(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w);

/* Give up text out of order of whatever connection holds some, to free chunks for text in
 * order; false if nobody holds any.  Connections that hold some are found through
 * sf_tcp.ooo (a list in their working records). */
bool sf_reasm_evict_any(struct sf_tcp *t);

/* Give everything received back: both queues. */
void sf_reasm_free(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w);

#endif
