/* SPDX-License-Identifier: MIT
 *
 * tests/model/rfc9293_own.h - what the two halves of the model share.
 */
#ifndef SYNFIN_TESTS_MODEL_RFC9293_OWN_H
#define SYNFIN_TESTS_MODEL_RFC9293_OWN_H

#include "rfc9293.h"

/* Something is to leave now. */
void rfc_put(struct rfc *m, uint8_t flags, uint32_t seq, uint32_t ack, uint32_t len);

/* The TCB is deleted.  What was received in order stays for whoever holds the handle. */
void rfc_closed(struct rfc *m, enum sf_err why);

/* The RST of s3.10.7.1: where there is no connection. */
void rfc_reset_for(struct rfc *m, const struct rfc_seg *seg);

/* A state, and the timers that begin and end with it. */
void rfc_enter(struct rfc *m, enum sf_state state, uint64_t now);

/* s3.8.1 and RFC 6298 s5, s3.8.6.1: one timer, of retransmission or of a closed window. */
void rfc_set_timer(struct rfc *m, bool restart, uint64_t now);

/* At the end of an event: what can leave now does. */
void rfc_after(struct rfc *m, bool restart, uint64_t now);

/* What is outstanding may be sent again until all of it is acknowledged. */
void rfc_allow_repeats(struct rfc *m);

#endif
