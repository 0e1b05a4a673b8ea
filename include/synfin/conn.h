/* SPDX-License-Identifier: MIT
 *
 * synfin/conn.h - the user's calls of RFC 9293 s3.9.1 and s3.10: OPEN, SEND, RECEIVE,
 * CLOSE (a half and a whole), ABORT, STATUS, and what tells the application when to call.
 *
 * synfin/engine.h says what holds for every function.  No call sends by itself: fetch
 * frames with sf_stack_tx() afterwards.  No call blocks.
 *
 * Bytes go in and out by copying (sf_send, sf_recv) or by borrowing the stack's own
 * chunks (sf_send_reserve and sf_send_commit, sf_recv_peek and sf_recv_consume).
 *
 * A handle lives until sf_close() or sf_abort() takes it: the error of a dead connection
 * and its unread bytes outlive CLOSED.
 */
#ifndef SYNFIN_CONN_H
#define SYNFIN_CONN_H

#include "synfin/engine.h"
#include "synfin/state.h"
#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is ready, as bits.  They are levels: true at the moment of the look. */
enum sf_ready {
    SF_READY_READ = 0x01,    /**< there are bytes to read */
    SF_READY_WRITE = 0x02,   /**< there is room to write, and writing is allowed */
    SF_READY_OPEN = 0x04,    /**< the handshake is complete (it stays true) */
    SF_READY_EOF = 0x08,     /**< the peer has closed its half, and its FIN is in order */
    SF_READY_ERROR = 0x10,   /**< the connection has died; sf_status() says of what */
    SF_READY_ACCEPT = 0x20,  /**< a listener has a connection to accept */
    SF_READY_SYN = 0x40,     /**< a listener has a SYN that waits for a decision */
    SF_READY_SOFT = 0x80,    /**< a soft error was recorded: R1 reached, ICMP unreachable */
    SF_READY_CLOSED = 0x100, /**< the state is CLOSED or TIME-WAIT: all was said */
    SF_READY_URGENT = 0x200, /**< the peer's urgent mark lies ahead of what was read */
    /** A listener had no room for a SYN, or for who completed the handshake, since it was
     *  listed last */
    SF_READY_OVERFLOW = 0x400
};

/** One entry of the list of connections and listeners to look at. */
struct sf_ready_event {
    struct sf_handle handle;
    uint32_t ready; /**< SF_READY_* at the moment of the call */
    uint64_t user;  /**< as set by sf_set_user() */
};

/**
 * Which connections and listeners have something new.
 *
 * Each is listed at most once at a time, so that the list cannot overflow, and leaves the
 * list by being returned; it comes back when a bit rises again or more bytes arrive.
 * The bits are levels: whoever missed one can ask with sf_ready().
 *
 * @param stack   the stack
 * @param events  where to put them
 * @param n       how many fit, at least 1
 * @return how many were put; 0: none is left
 */
SF_API size_t sf_stack_events(struct sf_stack *stack, struct sf_ready_event *events, size_t n);

/**
 * What is ready now, as SF_READY_* bits; 0 for a stale handle.
 *
 * @param stack   the stack
 * @param handle  a connection or a listener
 */
SF_API uint32_t sf_ready(const struct sf_stack *stack, struct sf_handle handle);

/** Whether a SYN carries text (RFC 7413): what sf_send() queues before the next
 *  sf_stack_tx(). */
enum sf_fast_open {
    SF_FAST_OPEN_NO = 0,
    SF_FAST_OPEN_COOKIE,   /**< if the server's cookie is known; else the SYN asks for one */
    SF_FAST_OPEN_NO_COOKIE /**< always, and without the option (RFC 7413 s7.3) */
};

/** How to open a connection. */
struct sf_open {
    struct sf_endpoint local;  /**< family SF_UNSPEC: chosen by route; port 0: chosen */
    struct sf_endpoint remote; /**< whom to connect to */
    uint32_t rcvbuf_octets;    /**< 0: the stack's default */
    uint32_t sndbuf_octets;    /**< 0: the stack's default */
    uint64_t user;             /**< handed back in events */
    /** TCP Fast Open, enum sf_fast_open.  If the network doubles the SYN the server may see its
     *  text twice: it has to be of a kind that does no harm */
    uint8_t fast_open;
};

/**
 * OPEN, active (RFC 9293 s3.10.1): send a SYN.  SF_READY_OPEN or SF_READY_ERROR follows.
 *
 * @param stack   the stack
 * @param open    whom and how
 * @param handle  the connection
 * @param now     the present
 * @return SF_OK; SF_ERR_INVAL without a remote port; SF_ERR_ADDR for an address that
 *         cannot be used (MUST-46); SF_ERR_UNROUTABLE; SF_ERR_EXISTS if the four-tuple is
 *         in use; SF_ERR_NO_PORT; SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_open(struct sf_stack *stack, const struct sf_open *open,
                                        struct sf_handle *handle, sf_time now);

/**
 * How much text the SYN of an sf_open() with Fast Open would carry now: the server's MSS of
 * last time less 40 octets for options (RFC 7413 s4.2.1).  What sf_send() queues beyond that
 * before the next sf_stack_tx() waits for the handshake.
 *
 * @param stack   the stack
 * @param open    as for sf_open(); SF_FAST_OPEN_NO counts as SF_FAST_OPEN_COOKIE
 * @param octets  how much; 0 unless SF_OK
 * @param now     the present
 * @return SF_OK; SF_ERR_AGAIN if no cookie of the server's is known, or Fast Open to it rests
 *         after failures (RFC 7413 s4.1.3.1): the SYN would go without text; or what
 *         sf_open() says of such addresses
 */
SF_API SF_NODISCARD enum sf_err sf_fast_open_room(struct sf_stack *stack,
                                                  const struct sf_open *open, uint32_t *octets,
                                                  sf_time now);

/**
 * Forget the Fast Open cookies of all servers, and which of them failed.
 *
 * @param stack   the stack
 */
SF_API void sf_fast_open_forget(struct sf_stack *stack);

/**
 * Change what SYNs offer and agree to from now on: sf_config.timestamps, window_scaling and
 * sack.  Connections that are open or being opened go on as they began; but of SYN cookies that
 * are under way, timestamps count as set last.
 *
 * @param stack           the stack
 * @param timestamps      enum sf_offer
 * @param window_scaling  the same
 * @param sack            the same
 * @return SF_OK, or SF_ERR_INVAL for what is no enum sf_offer
 */
SF_API SF_NODISCARD enum sf_err sf_set_offers(struct sf_stack *stack, uint8_t timestamps,
                                              uint8_t window_scaling, uint8_t sack);

/** What a listener does with a SYN. */
enum sf_syn_policy {
    SF_SYN_ACCEPT = 0, /**< answer with SYN,ACK */
    SF_SYN_ASK         /**< hold it until sf_syn_answer() */
};

/** What who finds a queue of a listener full gets.  Each is counted (in the counters, and in
 *  sf_status.overflows of the listener) and told by SF_READY_OVERFLOW. */
enum sf_overflow {
    SF_OVERFLOW_DROP = 0, /**< nothing: the peer tries again */
    SF_OVERFLOW_RESET     /**< RST */
};

/** How to listen. */
struct sf_listen {
    struct sf_endpoint local; /**< SF_UNSPEC: any address of ours; port 0: every port that
                                   has no listener of its own */
    uint32_t syn_queue;       /**< most connections in SYN-RECEIVED; 0: 256 */
    uint32_t accept_queue;    /**< most connections open and not accepted; 0: 128 */
    uint32_t rcvbuf_octets;   /**< of its connections; 0: the stack's default */
    uint32_t sndbuf_octets;   /**< of its connections; 0: the stack's default */
    uint32_t defer_accept_ms; /**< a connection is to accept when its first text is there;
                                   a handshake completed without waits so long, then is asked
                                   for again and taken; 0: does not wait; at most 1800000 */
    /** TCP Fast Open (RFC 7413): most connections at a time that are to accept before the
     *  handshake is complete.  Beyond that, a SYN opens none at once, and its text comes again;
     *  0, or with SF_SYN_ASK: off.  The network may double a SYN, and its text with it */
    uint32_t fast_open;
    /** 1: text on a SYN is taken without a cookie, too (RFC 7413 s7.3): for a network in which
     *  nobody can forge an address */
    uint8_t fast_open_no_cookie;
    uint8_t policy;          /**< enum sf_syn_policy */
    uint8_t syn_cookies;     /**< enum sf_cookies */
    uint8_t syn_overflow;    /**< enum sf_overflow: the SYN queue is full, without cookies */
    uint8_t accept_overflow; /**< enum sf_overflow: the accept queue is full, for a SYN and
                                   for what completes the handshake, cookies too */
    uint8_t any_address;     /**< 1: also for addresses that are not ours, as a transparent
                                   proxy needs */
    uint64_t user;           /**< handed back in events */
};

/**
 * OPEN, passive (RFC 9293 s3.10.1).
 *
 * @param stack   the stack
 * @param listen  where and how
 * @param handle  the listener
 * @param now     the present
 * @return SF_OK; SF_ERR_ADDR for an address that is not ours; SF_ERR_ADDR_IN_USE;
 *         SF_ERR_INVAL for a choice or a time out of range; SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_listen(struct sf_stack *stack,
                                          const struct sf_listen *listen,
                                          struct sf_handle *handle, sf_time now);

/** Octets of a key of Fast Open's cookies, and how many there can be. */
#define SF_FAST_OPEN_KEY  16
#define SF_FAST_OPEN_KEYS 2

/**
 * Set the keys of Fast Open's cookies (RFC 7413 s4.1.2), so that servers behind one address
 * take each other's, Linux with the same keys among them: a cookie is SipHash-2-4 of the
 * client's and then the server's address, least octet first.  Whoever sets keys has to change
 * them, too.
 *
 * @param stack     the stack
 * @param listener  whose; {0, 0}: of all that have none of their own
 * @param keys      the first makes cookies; those of the second are good, and replaced
 * @param n         how many, up to SF_FAST_OPEN_KEYS; 0: the stack's, and of the stack one that
 *                  comes of the seed and changes every sf_config.fast_open_key (the default)
 * @return SF_OK; SF_ERR_INVAL for more, or if the handle is a connection; SF_ERR_STALE
 */
SF_API SF_NODISCARD enum sf_err sf_set_fast_open_keys(struct sf_stack *stack,
                                                      struct sf_handle listener,
                                                      const uint8_t (*keys)[SF_FAST_OPEN_KEY],
                                                      size_t n);

/**
 * Take the oldest connection that a listener has ready.
 *
 * @param stack     the stack
 * @param listener  the listener
 * @param handle    the connection; its events are listed anew
 * @param now       the present
 * @return SF_OK; SF_ERR_AGAIN if there is none; SF_ERR_STALE; SF_ERR_INVAL if the handle
 *         is no listener
 */
SF_API SF_NODISCARD enum sf_err sf_accept(struct sf_stack *stack, struct sf_handle listener,
                                          struct sf_handle *handle, sf_time now);

/** A SYN that waits for the application's decision. */
struct sf_syn {
    struct sf_handle id;
    struct sf_endpoint local, remote;
};

/** The decision about a SYN. */
enum sf_syn_answer {
    SF_ANSWER_ACCEPT = 0, /**< SYN,ACK */
    SF_ANSWER_REFUSE,     /**< RST */
    SF_ANSWER_SILENT      /**< nothing: the peer repeats its SYN, and is asked about again */
};

/**
 * The oldest SYN nobody has looked at, of a listener with SF_SYN_ASK.  Each is handed out
 * once; it waits for its answer up to its own time-out (as long as a SYN,ACK is repeated).
 *
 * @param stack     the stack
 * @param listener  the listener
 * @param syn       who asks
 * @return SF_OK, SF_ERR_AGAIN, SF_ERR_STALE or SF_ERR_INVAL
 */
SF_API SF_NODISCARD enum sf_err sf_syn_next(struct sf_stack *stack, struct sf_handle listener,
                                            struct sf_syn *syn);

/**
 * Decide about a SYN.
 *
 * @param stack   the stack
 * @param id      as sf_syn_next() gave it
 * @param answer  the decision
 * @param now     the present
 * @return SF_OK, or SF_ERR_STALE if it has given up meanwhile
 */
SF_API SF_NODISCARD enum sf_err sf_syn_answer(struct sf_stack *stack, struct sf_handle id,
                                              enum sf_syn_answer answer, sf_time now);

/** How to send, as bits. */
enum sf_send_flag {
    SF_SEND_MORE = 1,   /**< more follows at once: hold back a segment that is not full */
    SF_SEND_URGENT = 2, /**< the last octet is urgent (RFC 9293 s3.8.5) */
    /** The last octet ends a record: no segment holds it and what is sent after it, and once
     *  there is more behind it, it goes as if it filled its segment.  Takes a buffer of its own
     *  for the rest.  At the cap of sf_config.max_sent, a retransmission may join records */
    SF_SEND_RECORD = 4
};

/**
 * SEND (RFC 9293 s3.10.2): queue a copy of octets.  Before ESTABLISHED they wait.
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param data    the octets
 * @param octets  how many
 * @param flags   SF_SEND_* bits
 * @param taken   how many were taken, from the front; may be fewer than asked
 * @param now     the present
 * @return SF_OK if any was taken (or none asked); SF_ERR_AGAIN if there is no room
 *         (SF_READY_WRITE follows); SF_ERR_NO_MEMORY if there is no chunk; SF_ERR_CLOSING
 *         after sf_shutdown(); SF_ERR_NOT_OPEN on a listener; SF_ERR_STALE; or what the
 *         connection died of
 */
SF_API SF_NODISCARD enum sf_err sf_send(struct sf_stack *stack, struct sf_handle handle,
                                        const void *data, size_t octets, uint32_t flags,
                                        size_t *taken, sf_time now);

/** Room to write into. */
struct sf_room {
    uint8_t *data;
    uint32_t octets;
};

/**
 * Borrow room in the stack's chunks, to be filled and then sent with sf_send_commit().
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param octets  how much is wanted; less may be given
 * @param rooms   where the runs are put, in order
 * @param n       in: how many fit; out: how many there are
 * @param now     the present
 * @return as sf_send()
 */
SF_API SF_NODISCARD enum sf_err sf_send_reserve(struct sf_stack *stack, struct sf_handle handle,
                                                size_t octets, struct sf_room *rooms, size_t *n,
                                                sf_time now);

/**
 * Send the first octets of what sf_send_reserve() gave last; the rest is given back.
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param octets  how many, up to what was given
 * @param flags   SF_SEND_* bits
 * @param now     the present
 * @return as sf_send(); SF_ERR_INVAL for more than was given, or if sf_send() came between
 */
SF_API SF_NODISCARD enum sf_err sf_send_commit(struct sf_stack *stack, struct sf_handle handle,
                                               size_t octets, uint32_t flags, sf_time now);

/**
 * RECEIVE (RFC 9293 s3.10.3): copy out octets that arrived in order.
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param data    where to
 * @param octets  how many fit
 * @param got     how many were put
 * @param now     the present
 * @return SF_OK if any was put; SF_ERR_AGAIN if none is there yet; SF_ERR_EOF after the
 *         peer's FIN; SF_ERR_NOT_OPEN on a listener; SF_ERR_STALE; or what the connection
 *         died of, once its octets are read
 */
SF_API SF_NODISCARD enum sf_err sf_recv(struct sf_stack *stack, struct sf_handle handle,
                                        void *data, size_t octets, size_t *got, sf_time now);

/**
 * Look at octets that arrived in order where they lie.  They stay until consumed.
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param pieces  where the runs are put, in order; valid until the next call on this
 *                connection that consumes
 * @param n       in: how many fit; out: how many there are
 * @return as sf_recv()
 */
SF_API SF_NODISCARD enum sf_err sf_recv_peek(struct sf_stack *stack, struct sf_handle handle,
                                             struct sf_piece *pieces, size_t *n);

/**
 * Give back octets that were looked at.
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param octets  how many, up to what is there
 * @param now     the present
 * @return SF_OK, SF_ERR_STALE, or SF_ERR_INVAL for more than there is
 */
SF_API SF_NODISCARD enum sf_err sf_recv_consume(struct sf_stack *stack, struct sf_handle handle,
                                                size_t octets, sf_time now);

/**
 * CLOSE of one half (RFC 9293 s3.10.4, reader kept): a FIN follows what was sent.
 * Receiving goes on for as long as the application likes.
 *
 * @param stack   the stack
 * @param handle  the connection
 * @param now     the present
 * @return SF_OK, also if already done; SF_ERR_NOT_OPEN on a listener; SF_ERR_STALE; or
 *         what the connection died of
 */
SF_API SF_NODISCARD enum sf_err sf_shutdown(struct sf_stack *stack, struct sf_handle handle,
                                            sf_time now);

/**
 * CLOSE of the whole (RFC 9293 s3.10.4, s3.6.1), and release: the handle is gone.
 *
 * What was sent still arrives, then a FIN; the stack alone sees the connection to its end.
 * Unread octets, or octets that arrive later, make it a RST (SHLD-3).  On a listener:
 * its SYN and accept queues are reset.
 *
 * @param stack   the stack
 * @param handle  a connection or a listener, in any state
 * @param now     the present
 * @return SF_OK or SF_ERR_STALE
 */
SF_API enum sf_err sf_close(struct sf_stack *stack, struct sf_handle handle, sf_time now);

/**
 * ABORT (RFC 9293 s3.10.5), and release: RST, all queues are thrown away.
 *
 * @param stack   the stack
 * @param handle  a connection or a listener
 * @param now     the present
 * @return SF_OK or SF_ERR_STALE
 */
SF_API enum sf_err sf_abort(struct sf_stack *stack, struct sf_handle handle, sf_time now);

/** STATUS (RFC 9293 s3.9.1.6): what is known of a connection or a listener. */
struct sf_status {
    enum sf_state state;
    enum sf_err error; /**< what it died of; SF_OK while it lives */
    enum sf_err soft;  /**< the last soft error, or SF_OK */
    struct sf_endpoint local, remote;
    uint32_t iss, irs;
    uint32_t snd_una, snd_nxt, snd_wnd; /**< snd_wnd in octets */
    uint32_t rcv_nxt, rcv_wnd;          /**< rcv_wnd in octets */
    uint32_t readable;                  /**< octets in order and not read */
    uint32_t held;                      /**< octets out of order */
    uint32_t unsent;                    /**< octets queued and never sent */
    uint32_t unacked;                   /**< octets sent and not acknowledged */
    uint32_t room;                      /**< octets that sf_send() would take */
    uint32_t mss;                       /**< text octets of a full segment as sent */
    uint32_t pmtu;                      /**< path MTU in use */
    uint32_t cwnd, ssthresh;
    sf_span srtt, rttvar, rto;
    uint32_t retransmits; /**< of the segment that is being retransmitted */
    uint32_t total_retransmits;
    uint32_t delivered; /**< segments of ours that the peer has, by ACK or SACK; SYN, FIN too */
    uint32_t waiting;   /**< listener: connections to accept */
    uint32_t half_open; /**< listener: connections in SYN-RECEIVED */
    uint32_t overflows; /**< listener: how often a queue had no room */
    bool timestamps, sack, wscale; /**< agreed */
    bool fast_open; /**< text came on the peer's SYN and was taken, or on ours, and the SYN,ACK
                         acknowledged it (RFC 7413) */
    uint8_t snd_wscale, rcv_wscale;
    uint8_t rcv_tos; /**< the Diffserv field's octet of the last segment that was received */
    sf_span user_timeout; /**< in force; 0: none but R2 */
    sf_span peer_uto;     /**< what the peer's user timeout option said last; 0: nothing */
    sf_span until;        /**< TIME-WAIT, FIN-WAIT-2 of an orphan: time left */
};

/**
 * STATUS.
 *
 * @param stack   the stack
 * @param handle  a connection or a listener
 * @param status  all of it is written
 * @param now     the present
 * @return SF_OK or SF_ERR_STALE
 */
SF_API SF_NODISCARD enum sf_err sf_status(const struct sf_stack *stack, struct sf_handle handle,
                                          struct sf_status *status, sf_time now);

/** What a walk over all records shows of each: enough for a table as ss prints it. */
struct sf_walk_row {
    enum sf_state state;
    struct sf_handle handle; /**< zeros where no application holds it */
    struct sf_endpoint local, remote;
    uint32_t readable, unacked;
    sf_span until; /**< of the timer that ends it, where one runs */
};

/**
 * The next of all records: listeners, SYN-RECEIVED, connections, TIME-WAIT.  For
 * diagnosis; this alone costs time with the number of records.
 *
 * @param stack   the stack
 * @param cursor  0 to begin; opaque between calls
 * @param row     the record
 * @param now     the present
 * @return false when there are no more
 */
SF_API bool sf_walk(const struct sf_stack *stack, uint64_t *cursor, struct sf_walk_row *row,
                    sf_time now);

/**
 * Set the value that events hand back.
 *
 * @param stack   the stack
 * @param handle  a connection or a listener
 * @param user    any value
 * @return SF_OK or SF_ERR_STALE
 */
SF_API enum sf_err sf_set_user(struct sf_stack *stack, struct sf_handle handle, uint64_t user);

/**
 * What can be set for one connection, or for a listener: its connections begin with it.
 *
 * What shapes a SYN (MAXSEG, SYN_RETRIES, TOS, HOP_LIMIT, UTO, PLAIN) counts for an active open
 * if it is set before the next sf_stack_tx().  Without a word, the default is the stack's.
 */
enum sf_option {
    SF_OPTION_NODELAY = 0,        /**< 1: Nagle's algorithm off (MUST-17); what is queued then
                                       leaves, corked or not */
    SF_OPTION_CORK,               /**< 1: only full segments until set back to 0 */
    SF_OPTION_KEEPALIVE,          /**< 1: keepalive on (off by default, MUST-25) */
    SF_OPTION_KEEPALIVE_IDLE,     /**< milliseconds */
    SF_OPTION_KEEPALIVE_INTERVAL, /**< milliseconds */
    SF_OPTION_KEEPALIVE_PROBES,   /**< count, 1 to 255 */
    SF_OPTION_USER_TIMEOUT,       /**< milliseconds; 0: none but R2.  Set here, a peer's user
                                       timeout option does not change it (RFC 5482 s3.1) */
    SF_OPTION_RCVBUF,             /**< octets */
    SF_OPTION_SNDBUF,             /**< octets */
    SF_OPTION_QUICKACK,           /**< 1: no delayed acknowledgements */
    /** The Diffserv field's octet, of every segment from now on (MUST-48, SHLD-21); its last
     *  two bits are ECN's: read as 0 */
    SF_OPTION_TOS,
    SF_OPTION_HOP_LIMIT, /**< TTL or hop limit, 1 to 255 (MUST-49) */
    /** The MSS that a SYN offers at most, and the most that segments of ours carry; 88 to
     *  65535; 0: as the MTU has it */
    SF_OPTION_MAXSEG,
    SF_OPTION_R1, /**< retransmissions before a soft error, 1 to 255 */
    /** Retransmissions before giving up, 1 to 254; SF_RETRIES_FOREVER (MUST-21) */
    SF_OPTION_R2,
    SF_OPTION_SYN_RETRIES, /**< the same of a SYN of ours, 0 to 254; SF_RETRIES_FOREVER */
    SF_OPTION_FIN_WAIT_2,  /**< most milliseconds in FIN-WAIT-2 once closed, at least 1 */
    /** Octets: SEND waits while so many are queued and were never sent; 0: only for room */
    SF_OPTION_UNSENT_LOW,
    SF_OPTION_SOFT_ERRORS, /**< 0: soft errors are not reported (SHLD-20); 1 by default */
    /** Milliseconds: the user timeout option tells the peer so much (RFC 5482); 0: nothing.
     *  Sent in whole seconds, or minutes above 9 hours; needs sf_config.uto */
    SF_OPTION_UTO,
    /** 1: the peer's user timeout option sets ours, within the limits of the configuration;
     *  needs sf_config.uto */
    SF_OPTION_UTO_ADOPT,
    /** Milliseconds in SYN-SENT and SYN-RECEIVED, as the timeout of RFC 9293 s3.9.1.1 until the
     *  connection is open; 0: as long as SYN_RETRIES */
    SF_OPTION_OPEN_TIMEOUT,
    /** 1: our SYN has no options but for Fast Open and UTO, and of the peer's only the MSS
     *  counts (FreeBSD's TCP_NOOPT) */
    SF_OPTION_PLAIN
};

/**
 * Set an option of a connection or a listener.
 *
 * @param stack   the stack
 * @param handle  the connection or listener
 * @param option  which
 * @param value   as the option says
 * @param now     the present
 * @return SF_OK, SF_ERR_INVAL for a value out of range, SF_ERR_NO_MEMORY if
 *         sf_config.max_choices are in use, or SF_ERR_STALE
 */
SF_API SF_NODISCARD enum sf_err sf_set_option(struct sf_stack *stack, struct sf_handle handle,
                                              enum sf_option option, uint64_t value,
                                              sf_time now);

/**
 * What an option of a connection or a listener is.
 *
 * @param stack   the stack
 * @param handle  the connection or listener
 * @param option  which
 * @param value   as sf_set_option() takes it
 * @return SF_OK, SF_ERR_INVAL for an unknown option, or SF_ERR_STALE
 */
SF_API SF_NODISCARD enum sf_err sf_get_option(const struct sf_stack *stack,
                                              struct sf_handle handle, enum sf_option option,
                                              uint64_t *value);

#ifdef __cplusplus
}
#endif
#endif
