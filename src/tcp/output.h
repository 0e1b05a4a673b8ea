/* SPDX-License-Identifier: MIT
 *
 * tcp/output.h - what a connection sends now.
 */
#ifndef SF_TCP_OUTPUT_H
#define SF_TCP_OUTPUT_H

#include "tcp/conn.h"

/* The next segment of a connection; false if it has nothing to send now.  The connection
 * may be gone after false. */
bool sf_conn_output(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now);

/* Text: the next to be sent again, or the next that is new, with a FIN behind the last
 * (transmit.c).  probe: into a window that is closed, or too small for more. */
bool sf_transmit_again(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                       struct sf_out *out, sf_time now);
bool sf_transmit_new(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, bool probe,
                     struct sf_out *out, sf_time now);

/* Text on a SYN of ours, at most so many octets (RFC 7413 s4.2); false if none goes. */
bool sf_transmit_on_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, uint32_t most,
                        struct sf_out *out, sf_time now);

/* Options, window and acknowledgement of a segment of an open connection; settles the debt
 * of acknowledging.  Returns the octets that its options take. */
uint32_t sf_output_options(struct sf_tcp *t, struct sf_conn *c, struct sf_seg *seg,
                           sf_time now);
void sf_output_ack(struct sf_tcp *t, struct sf_conn *c, struct sf_seg *seg, sf_time now);

/* The first transmission of a SYN is registered at OPEN; of a FIN when it leaves. */
uint32_t sf_sent_add(struct sf_tcp *t, struct sf_work *w, sf_seq seq, uint32_t octets,
                     uint8_t flags);

#endif
