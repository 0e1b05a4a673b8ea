/* SPDX-License-Identifier: MIT
 *
 * tcp/tcp.h - the protocol's part of a stack: its pools, clockwork and lists, and the
 * doors through which stack/ comes in.
 *
 *   stack/ -> sf_tcp_arrive() -> flows.c: which record?
 *                   conn      -> input.c or synsent.c
 *                   embryo    -> embryo.c
 *                   time-wait -> timewait.c
 *                   none      -> listen.c, or CLOSED in arrive.c
 *   stack/ <- sf_tcp_output() <- reply.c (answers without a connection), output.c
 *
 * No step of arrival sends: it records what is owed, on sf_tcp.owed or in the reply ring,
 * and sf_tcp_output() decides once, after the burst.
 */
#ifndef SF_TCP_TCP_H
#define SF_TCP_TCP_H

#include "base/rng.h"
#include "base/siphash.h"
#include "synfin/engine.h"
#include "synfin/trace.h"
#include "tcp/records.h"

/* Defaults of RFC 9293 s3.7.1 for a peer without an MSS option. */
#define SF_MSS_DEFAULT_4 536
#define SF_MSS_DEFAULT_6 1220

/* Counters of the double-hash choice of ports: a power of two. */
#define SF_PORT_COUNTERS 64

/* A segment on its way out: what stack/ makes a frame of. */
struct sf_out {
    struct sf_tuple tuple;
    struct sf_seg seg;       /* seg.text is unused: the text is in pieces */
    struct sf_piece *pieces; /* room for SF_PIECES_MAX, given by stack/ */
    uint32_t n_pieces;       /* each holds a reference to its chunk: sf_chunk_done() */
    uint32_t gso_octets;     /* a super-segment: text of each segment; 0: plain */
    uint32_t id;             /* of the record, for the trace; 0: none */
    uint8_t tos;             /* the Diffserv field's octet */
    uint8_t hop_limit;
};

/* An answer that needs no connection (reply.h). */
struct sf_reply {
    struct sf_tuple tuple;
    sf_seq seq, ack;
    uint32_t tsval, tsecr;
    uint32_t id; /* SF_ID_EMBRYO: a SYN,ACK is made from it at that moment */
    uint16_t wnd;
    uint8_t flags;
    uint8_t has_ts;
    uint8_t tos;
    uint8_t hop_limit; /* 0: this and tos are the stack's */
};

/* So many in a second, whole seconds of the engine's clock (RFC 5961 s7). */
struct sf_limit {
    uint64_t second;
    uint32_t used;
};

/* What TIME-WAIT records look like on the wire whose connection had chosen other than the
 * stack: there is room for the number of a look in a record. */
enum { SF_TW_LOOKS = 15 };

struct sf_tw_look {
    uint32_t records; /* that have it; 0: free */
    uint8_t tos, hop_limit;
};

/* TIME-WAIT records of one family (timewait.h). */
struct sf_tw_ring {
    uint8_t *records;
    uint32_t stride;
    uint32_t capacity;
    uint32_t first; /* position of the oldest */
    uint32_t count; /* positions in use, dead ones included */
    uint32_t live;
};

struct sf_fo_server;

struct sf_tcp {
    struct sf_config cfg;
    struct sf_counters counters;
    struct sf_trace_ring *trace;

    struct sf_wheel wheel;
    struct sf_timer misc[SF_MISC_COUNT];

    struct sf_pool conns, works, embryos, sents, listeners, choices;
    struct sf_choice standard; /* what nobody chose otherwise */
    uint32_t choice_recent[4]; /* made lately, perhaps free again: to be shared */
    uint32_t choice_turn;
    uint8_t syn_order; /* sf_seg_syn_order() of the configuration */
    struct sf_tw_ring tw4, tw6;

    /* Chunks: buf.h. */
    struct sf_pool chunks;
    uint8_t *chunk_memory;
    uint32_t chunk_shift;   /* log2 of the octets of a chunk */
    uint32_t chunk_reserve; /* kept for text in order */
    struct sf_list ooo;     /* works that hold text out of order, oldest first */

    /* Flows: flows.h. */
    uint32_t *buckets;
    uint32_t n_buckets;
    uint32_t last_flow;          /* id found last: a burst is of one flow */
    uint32_t listener_ports[64]; /* chains of listeners, by port mod 64 */

    struct sf_sipkey flow_key, isn_key, ts_key, port_key, cookie_key, fast_open_key;
    struct sf_rng rng;
    uint32_t port_counters[SF_PORT_COUNTERS]; /* RFC 6056 s3.3.4: the table */

    struct sf_fo_keys fo_keys;       /* of listeners without any of their own */
    struct sf_fo_server *fo_servers; /* fastopen.h: max_fast_opens of them */
    uint32_t fo_clock;
    uint8_t fast_open_cookie[8]; /* the one given away last, until it has left */

    struct sf_list owed;  /* conns that have something to send */
    struct sf_list ready; /* conns that the application is to look at */
    struct sf_list ready_listeners;
    struct sf_list starved; /* conns that wait for a buffer to SEND with, by their queue */

    struct sf_reply *replies;
    uint32_t reply_first, reply_count;

    struct sf_limit challenge_limit; /* RFC 5961 s7 */
    uint32_t challenge_most;         /* of it in this second */
    struct sf_limit reset_limit;
    struct sf_limit refusal_limit; /* TIME-WAIT's of sf_refusal_allowed() */
    struct sf_tw_look tw_looks[SF_TW_LOOKS];
};

/* Octets that the protocol's pools take for a configuration that sf_tcp_config_ok(). */
size_t sf_tcp_octets(const struct sf_config *cfg);

/* True if the limits make sense (config.c). */
bool sf_tcp_config_ok(const struct sf_config *cfg);

/* Replace zeros by what they stand for (max_working, max_sent). */
void sf_tcp_config_settle(struct sf_config *cfg);

/* Start in zeroed memory of sf_tcp_octets().  t itself is zeroed by the caller. */
void sf_tcp_init(struct sf_tcp *t, void *memory, const struct sf_config *cfg, sf_time now);

/*
 * A segment has arrived, its checksum is right and its addresses are acceptable.
 *
 *   local  true if the destination is an address of ours; if not, only listeners for any
 *          address (and their connections) take it
 */
enum sf_verdict sf_tcp_arrive(struct sf_tcp *t, const struct sf_tuple *tuple,
                              const struct sf_seg *seg, bool local, sf_time now);

/* What an ICMP error says of a connection (RFC 9293 s3.9.2.2, RFC 5927). */
enum sf_tcp_icmp {
    SF_TCP_ICMP_HARD,
    SF_TCP_ICMP_SOFT,
    SF_TCP_ICMP_TOO_BIG, /* mtu: the next hop's */
};
enum sf_verdict sf_tcp_icmp(struct sf_tcp *t, const struct sf_tuple *tuple,
                            enum sf_tcp_icmp kind, sf_seq quoted, uint32_t mtu, sf_time now);

/*
 * The next segment to send, of whomever; false when nothing is owed now.
 * out->pieces is set by the caller, everything else is written.
 */
bool sf_tcp_output(struct sf_tcp *t, struct sf_out *out, sf_time now);

/* Let what is due act; returns the id of a timer that is stack/'s (SF_TK_STACK or
 * SF_MISC_STACK), or 0 when nothing is left that is due. */
uint32_t sf_tcp_tick(struct sf_tcp *t, sf_time now);

#endif
