/* SPDX-License-Identifier: MIT
 *
 * tcp/conn.h - the life of a connection's records: taken, woken, folded, ended, freed; and
 * the one way to change its state.
 */
#ifndef SF_TCP_CONN_H
#define SF_TCP_CONN_H

#include "tcp/tcp.h"

static inline struct sf_conn *sf_conn_at(const struct sf_tcp *t, uint32_t index)
{
    return (struct sf_conn *)sf_pool_at(&t->conns, index);
}

static inline uint32_t sf_conn_index(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_conn *first = (const struct sf_conn *)(const void *)t->conns.base;

    return (uint32_t)(c - first) + 1;
}

static inline uint32_t sf_conn_id(const struct sf_tcp *t, const struct sf_conn *c)
{
    return sf_timer_id(SF_ID_CONN, sf_conn_index(t, c));
}

static inline struct sf_work *sf_work_at(const struct sf_tcp *t, uint32_t index)
{
    return (struct sf_work *)sf_pool_at(&t->works, index);
}

/* The working half, or null if the connection is idle. */
static inline struct sf_work *sf_conn_work(const struct sf_tcp *t, const struct sf_conn *c)
{
    return c->work == 0 ? NULL : sf_work_at(t, c->work);
}

static inline struct sf_sent *sf_sent_at(const struct sf_tcp *t, uint32_t index)
{
    return (struct sf_sent *)sf_pool_at(&t->sents, index);
}

/* Sequence space of a transmission: text, and SYN or FIN. */
static inline uint32_t sf_sent_len(const struct sf_sent *s)
{
    return s->octets + ((s->flags & (SF_SENT_SYN | SF_SENT_FIN)) != 0);
}

/* The peer has it: it counts once, as the segments that it is. */
static inline void sf_sent_told(struct sf_conn *c, struct sf_sent *s, uint32_t mss)
{
    if ((s->flags & SF_SENT_TOLD) == 0) {
        c->delivered += s->octets > mss ? (s->octets + mss - 1) / mss : 1;
        s->flags |= SF_SENT_TOLD;
    }
}

static inline struct sf_embryo *sf_embryo_at(const struct sf_tcp *t, uint32_t index)
{
    return (struct sf_embryo *)sf_pool_at(&t->embryos, index);
}

static inline struct sf_listener *sf_listener_at(const struct sf_tcp *t, uint32_t index)
{
    return (struct sf_listener *)sf_pool_at(&t->listeners, index);
}

/* SEG.WND in octets: that of a SYN is never scaled (RFC 7323 s2.2). */
static inline uint32_t sf_conn_seg_wnd(const struct sf_conn *c, const struct sf_seg *seg)
{
    return (uint32_t)seg->wnd << ((seg->flags & SF_SYN) != 0 ? 0 : c->snd_wscale);
}

/* Everything that we sent, FIN included, is acknowledged, and there was a FIN. */
static inline bool sf_conn_fin_acked(const struct sf_conn *c)
{
    return (c->flags & SF_CF_FIN_SENT) != 0 && sf_seq_eq(c->snd_una, c->snd_nxt);
}

/* A FIN is owed that has no sequence number yet. */
static inline bool sf_conn_fin_waits(const struct sf_conn *c)
{
    return (c->flags & (SF_CF_FIN_QUEUED | SF_CF_FIN_SENT)) == SF_CF_FIN_QUEUED;
}

/* Open before its handshake is complete, by TCP Fast Open: no other passive open is in
 * SYN-RECEIVED in this record. */
static inline bool sf_conn_early(const struct sf_conn *c)
{
    return c->state == SF_SYN_RECEIVED && (c->flags & SF_CF_ACTIVE) == 0;
}

/* What a SYN of ours offers, settled when it is registered: each an enum sf_offer. */
enum { SF_OFFERS_TS = 0, SF_OFFERS_WSCALE = 2, SF_OFFERS_SACK = 4 };

static inline uint8_t sf_conn_offers(const struct sf_config *cfg)
{
    return (uint8_t)(cfg->timestamps << SF_OFFERS_TS | cfg->window_scaling << SF_OFFERS_WSCALE |
                     cfg->sack << SF_OFFERS_SACK);
}

static inline enum sf_offer sf_conn_offer(const struct sf_conn *c, int which)
{
    return (enum sf_offer)(c->offers >> which & 3);
}

/* States in which the peer may still send text. */
bool sf_conn_receives(const struct sf_conn *c);

/* Text octets of a full segment with `options` octets of options (RFC 9293 s3.7.1):
 * what the peer takes and the path carries. */
uint32_t sf_conn_mss(const struct sf_conn *c, uint32_t options);

/* Octets of options that every segment of an open connection has: timestamps. */
static inline uint32_t sf_conn_options(const struct sf_conn *c)
{
    return (c->flags & SF_CF_TS) != 0 ? 12 : 0;
}

/* Take a record for a tuple that is in no table yet, zeroed, in state CLOSED, and enter it
 * in the flow table.  0 if the pool is exhausted (counted). */
uint32_t sf_conn_take(struct sf_tcp *t, const struct sf_tuple *tuple);

/* Undo sf_conn_take() of a record that never left CLOSED. */
void sf_conn_discard(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* The working half, taken from its pool if need be; null if that is exhausted. */
struct sf_work *sf_conn_wake(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* Give the working half back if no octet and no timer needs it. */
void sf_conn_fold(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* Apply an event: the only writer of c->state.  Asserts that the table has the arrow.
 * Entering FIN-WAIT-2 of an orphan, and TIME-WAIT, start their timers. */
void sf_conn_apply(struct sf_tcp *t, struct sf_conn *c, enum sf_event_kind event, sf_time now);

/* There is something to send: put it on the list of debts. */
void sf_conn_owe(struct sf_tcp *t, struct sf_conn *c);

/* What is ready, as SF_READY_* bits. */
uint32_t sf_conn_ready(const struct sf_tcp *t, const struct sf_conn *c);

/* Something may have become ready: list it if a bit rose, or if `again` (more octets). */
void sf_conn_tell(struct sf_tcp *t, struct sf_conn *c, bool again);

/* SEND was refused for want of a buffer or a working record: when there are some again, the
 * application is told, which may be nobody's acknowledgement. */
void sf_conn_starve(struct sf_tcp *t, struct sf_conn *c);
bool sf_conn_may_feed(const struct sf_tcp *t);
void sf_conn_feed(struct sf_tcp *t);

/* A soft error is recorded, and told to whoever has not turned that off (SHLD-20). */
void sf_conn_soft(struct sf_tcp *t, struct sf_conn *c, enum sf_err why);

/*
 * The connection dies: event leads to CLOSED.  Everything unsent is thrown away; octets
 * received and the error stay for whoever holds the handle.  An orphan's record is freed:
 * c must not be used afterwards.
 */
void sf_conn_end(struct sf_tcp *t, struct sf_conn *c, enum sf_event_kind event, enum sf_err why,
                 sf_time now);

/* The same with a RST to the peer first: SEQ = SND.NXT. */
void sf_conn_kill(struct sf_tcp *t, struct sf_conn *c, enum sf_event_kind event,
                  enum sf_err why, sf_time now);

/* Nobody holds the handle any more: free the record if it is CLOSED; hand it to the
 * TIME-WAIT ring if it is there and owes nothing.  c must not be used afterwards unless
 * false is returned. */
bool sf_conn_settle(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* A connection in TIME-WAIT that the application still holds makes room for a new one of the
 * same tuple (RFC 6191): its TIME-WAIT goes on in the ring, the record is CLOSED.  Returns
 * the ring's id. */
uint32_t sf_conn_yield(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* (Re)start or stop what runs in c->slow, by state: keepalive, FIN-WAIT-2's limit. */
void sf_conn_slow_timer(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* The congestion window a connection begins with (RFC 6928). */
uint32_t sf_conn_initial_window(const struct sf_tcp *t, const struct sf_conn *c);

/* The scale that a receive buffer needs (RFC 7323 s2.2), 0 to 14. */
uint8_t sf_conn_wscale_for(uint32_t rcvbuf);

#endif
