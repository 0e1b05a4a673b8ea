/* SPDX-License-Identifier: MIT
 *
 * tcp/timewait.h - TIME-WAIT of connections that nobody holds any more, in 40 octets over
 * IPv4 and 60 over IPv6 (RFC 9293 s3.6.1, s3.10.7.4; RFC 1337; RFC 6191).
 *
 * All wait equally long, so the records lie in a ring in the order in which they expire,
 * and one timer runs for the oldest.  Who starts its 2MSL anew moves to the end, gets a new
 * id (traced as a move) and leaves a dead place.
 */
#ifndef SF_TCP_TIMEWAIT_H
#define SF_TCP_TIMEWAIT_H

#include "tcp/tcp.h"

/* Octets of one record of a family. */
uint32_t sf_tw_octets(enum sf_family family);

/* Prepare the rings in memory of capacity * sf_tw_octets(). */
void sf_tw_init(struct sf_tcp *t, void *memory4, void *memory6);

/*
 * A connection in state TIME-WAIT that is released and fully read goes on here: takes its
 * place in the flow table (conn is out of it afterwards) and starts, or continues, 2MSL.
 * When the ring is full, the oldest record ends early, counted as cut short.
 *
 *   until  when 2MSL ends; if a record that entered before ends later, then with that one,
 *          so that the ring stays in order
 * Returns the id of the record.
 */
uint32_t sf_tw_enter(struct sf_tcp *t, const struct sf_conn *c, uint32_t conn_id, sf_time until,
                     sf_time now);

/*
 * A segment for a record in TIME-WAIT: the eight checks as states.tsv has them: PAWS, SYN
 * (reuse by RFC 6191), RST discarded, a repeated FIN answered and 2MSL restarted.
 *
 *   local  as sf_tcp_arrive() has it: which listeners a SYN may find
 */
enum sf_verdict sf_tw_input(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple,
                            const struct sf_seg *seg, bool local, sf_time now);

/* A record's values. */
struct sf_tw_view {
    sf_seq snd_nxt, rcv_nxt; /* what a new ISN, and a SYN, must exceed for reuse */
    uint32_t ts_recent;
    uint32_t max_snd_wnd; /* MAX.SND.WND, rounded up to a power of two */
    uint32_t rcv_wnd;     /* offered last, octets */
    uint16_t wnd;         /* and as the header's field */
    bool timestamps;
    uint8_t tos, hop_limit; /* as its connection had chosen them */
    sf_time until;
};
void sf_tw_view(const struct sf_tcp *t, uint32_t id, struct sf_tw_view *view, sf_time now);

/* May this SYN begin a new connection of the same tuple (RFC 6191 s2; RFC 1122 s4.2.2.13)? */
bool sf_tw_reusable(const struct sf_tcp *t, const struct sf_tw_view *tw,
                    const struct sf_seg *seg);

/*
 * Start 2MSL anew; returns the id of the record from then on.  If no place is free for it,
 * or moves have left a quarter of the ring dead, the old 2MSL goes on: one peer that
 * repeats its FIN may not push out everybody else.
 */
uint32_t sf_tw_renew(struct sf_tcp *t, uint32_t id, sf_time now);

/* TS.Recent := tsval (RFC 7323 s4.3). */
void sf_tw_set_ts_recent(struct sf_tcp *t, uint32_t id, uint32_t tsval);

/* Take a record out of the flow table, but keep it (an embryo took it over, MAY-2).  It
 * still expires; only with its tuple can it be told from the one that has its place then. */
void sf_tw_suspend(struct sf_tcp *t, uint32_t id);

/* Put a suspended record back; false if it has expired meanwhile.  Precondition: its tuple
 * is not in the flow table. */
bool sf_tw_restore(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple);

/* End a suspended record now: what took it over is open.  Nothing if it has expired. */
void sf_tw_forget(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple);

/* End a record that is in the flow table now. */
void sf_tw_drop(struct sf_tcp *t, uint32_t id, sf_time now);

/* The timer of one family's ring fired. */
void sf_tw_expire(struct sf_tcp *t, enum sf_misc_timer which, sf_time now);

/* For the walk over all records: the nth from the oldest on, nth below the ring's count; 0
 * if that place is dead. */
uint32_t sf_tw_nth(const struct sf_tcp *t, enum sf_id_kind kind, uint32_t nth);

/* For flows.c: the chain link and the tuple of a record. */
uint32_t *sf_tw_hash_next(const struct sf_tcp *t, uint32_t id);
void sf_tw_tuple(const struct sf_tcp *t, uint32_t id, struct sf_tuple *tuple);
bool sf_tw_is(const struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple);

#endif
