/* SPDX-License-Identifier: MIT
 *
 * tcp/listen.h - listeners, and connections on their way through them.
 */
#ifndef SF_TCP_LISTEN_H
#define SF_TCP_LISTEN_H

#include "tcp/input.h"

/*
 * The listener of a tuple's local end: the one of that address and port, else of the port
 * on any address, else of every port.  0 if there is none.
 *
 *   local  the address is ours; if not, only listeners for any address count
 */
uint32_t sf_listener_find(const struct sf_tcp *t, const struct sf_tuple *tuple, bool local);

/* Enter into, or take out of, the chains by port. */
void sf_listener_link(struct sf_tcp *t, uint32_t listener);
void sf_listener_unlink(struct sf_tcp *t, uint32_t listener);

/* A SYN takes over a TIME-WAIT record (RFC 6191; RFC 9293 s3.6.1 MAY-2): as in LISTEN,
 * with an ISS above the old SND.NXT, and the old record kept in case of a RST. */
enum sf_verdict sf_listen_reuse(struct sf_tcp *t, uint32_t listener, uint32_t tw,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now);

/* Something may have become ready at a listener. */
void sf_listener_tell(struct sf_tcp *t, uint32_t listener);
uint32_t sf_listener_ready(const struct sf_listener *l);

/* embryo.c: a SYN becomes a record in SYN-RECEIVED; tw: the id that it takes over, or 0.
 * Returns SF_PASS or why not. */
enum sf_verdict sf_embryo_new(struct sf_tcp *t, uint32_t listener, uint32_t tw,
                              const struct sf_tuple *tuple, const struct sf_seg *seg,
                              sf_time now);

/* What a SYN offers, into a record, be it one that lasts for the call alone as in cookie.c.
 * Then what is made of that: the window that the SYN,ACK offers, the shift of later ones, and
 * the SYN,ACK itself. */
void sf_embryo_options(const struct sf_tcp *t, struct sf_embryo *e, const struct sf_seg *seg);
uint32_t sf_embryo_window(const struct sf_tcp *t, const struct sf_embryo *e);
uint8_t sf_embryo_wscale(const struct sf_tcp *t, const struct sf_embryo *e);
void sf_embryo_build(const struct sf_tcp *t, const struct sf_embryo *e, struct sf_seg *seg,
                     uint32_t tsval);

/* child.c: a connection begins as the handshake has settled it, on its listener's accept
 * queue; its state is for the caller to set.  Null if the pool is exhausted (counted). */
struct sf_conn *sf_child_new(struct sf_tcp *t, const struct sf_embryo *from, sf_time now);

/* No more fits into the accept queue. */
bool sf_listener_full(const struct sf_listener *l);

/* A queue of the listener's has no room: the application is told, the peer as `what` says.
 * The caller counts which queue. */
void sf_listener_overflow(struct sf_tcp *t, uint32_t listener, enum sf_overflow what,
                          const struct sf_tuple *tuple, const struct sf_seg *seg, sf_time now);

/* The application has decided for it. */
void sf_embryo_accept(struct sf_tcp *t, uint32_t embryo, sf_time now);

/* Its SYN,ACK is owed: into the reply ring. */
void sf_embryo_owe(struct sf_tcp *t, uint32_t embryo);

/* Make the SYN,ACK at the moment that it leaves. */
void sf_embryo_syn_ack(struct sf_tcp *t, uint32_t embryo, struct sf_seg *seg, sf_time now);

/* The record ends: event leads to CLOSED, or back to TIME-WAIT. */
void sf_embryo_end(struct sf_tcp *t, uint32_t embryo, enum sf_event_kind event, sf_time now);

/* The path carries no more than mtu: its connection begins with that. */
enum sf_verdict sf_embryo_too_big(struct sf_tcp *t, uint32_t embryo, uint32_t mtu);

/* Its timer fired: SYN,ACK again, or give up. */
void sf_embryo_expire(struct sf_tcp *t, uint32_t embryo, sf_time now);

#endif
