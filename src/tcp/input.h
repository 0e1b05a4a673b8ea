/* SPDX-License-Identifier: MIT
 *
 * tcp/input.h - where a segment goes once its record is known (RFC 9293 s3.10.7).
 */
#ifndef SF_TCP_INPUT_H
#define SF_TCP_INPUT_H

#include "tcp/conn.h"

/* Synchronised states and SYN-RECEIVED of an active open: the eight checks of s3.10.7.4.
 * c may be gone afterwards. */
enum sf_verdict sf_input(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                         sf_time now);

/* SYN-SENT (s3.10.7.3).  c may be gone afterwards. */
enum sf_verdict sf_synsent_input(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                                 sf_time now);

/* Fifth check's work: what the acknowledgement says (ack.c).  Precondition: SEG.ACK is
 * acceptable.  Returns true if it was new. */
bool sf_ack_take(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now);

/* Seventh and eighth: text and FIN (text.c).  c may be gone afterwards if the verdict is
 * SF_DROP_AFTER_CLOSE. */
enum sf_verdict sf_text_take(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                             sf_time now);

/* Text, or a part of it, that arrived before: it is reported (RFC 2883 s4). */
void sf_text_twice(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now);

/* The sixth alone, as it is read with the window closed too (RFC 9293 s3.4, MUST-66). */
void sf_text_urgent(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now);

/* A listener is asked (s3.10.7.2), with a tuple that has no record. */
enum sf_verdict sf_listen_input(struct sf_tcp *t, uint32_t listener,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now);

/* SYN-RECEIVED of a passive open (embryo.c). */
enum sf_verdict sf_embryo_input(struct sf_tcp *t, uint32_t embryo, const struct sf_seg *seg,
                                sf_time now);

/* Was TS.Recent set so long ago that the peer's clock may have gone half around? */
static inline bool sf_paws_aged(uint32_t ts_recent_s, sf_time now)
{
    return (uint32_t)(now.ns / 1000000000) - ts_recent_s >= 24 * 86400;
}

/* Does a timestamp lie before TS.Recent, and is that recent enough to count (RFC 7323
 * s5.3 R1, s5.5)?  Seconds of the engine's clock. */
static inline bool sf_paws_old(uint32_t tsval, uint32_t ts_recent, uint32_t ts_recent_s,
                               sf_time now)
{
    return (int32_t)(tsval - ts_recent) < 0 && !sf_paws_aged(ts_recent_s, now);
}

/*
 * May a segment that the first check, PAWS or the fifth check refuses be acknowledged?
 *
 * The RFC wants it (s3.10.7.4), but two ends that disagree on their numbers would answer
 * each other's acknowledgements for ever, and a network that doubles one would double the
 * noise: so what has no length is answered once in half a second for each record.  What
 * has text, SYN or FIN is repeated by a timer and not by an answer, and always counts.
 *
 *   last_ms   of the record: when one was answered; changed
 */
bool sf_refusal_allowed(uint32_t *last_ms, const struct sf_seg *seg, sf_time now);

/* One challenge ACK may be sent now: the account of the whole stack (RFC 5961 s7). */
bool sf_challenge_allowed(struct sf_tcp *t, sf_time now);

#endif
