/* SPDX-License-Identifier: MIT
 *
 * tests/model/rfc9293.h - one end of one connection, as the text of RFC 9293 has it.
 *
 *   random.c (what happens) -> play.c (to both) -> [rfc9293.c]  and the engine
 *
 * Written from s3.10, and not from the engine: plain numbers, one function for each event, no
 * concern for speed or memory.  Text has no octets here, only its place.
 *
 * An event leaves in the model what has to be sent (`send`), whether an acknowledgement has to
 * be (`must_ack`) or may be (`may_ack`), and whether what was sent may be sent again
 * (`may_repeat`).  Whoever sends then tells the model of each acknowledgement that left, as
 * the RFC does not say when a delayed one does.
 *
 * Where the project has chosen among what the texts permit, a switch of struct rfc_choices
 * says so, with the place where the choice is written.
 */
#ifndef SYNFIN_TESTS_MODEL_RFC9293_H
#define SYNFIN_TESTS_MODEL_RFC9293_H

#include "synfin/conn.h"
#include "wire/seg.h"

#define RFC_WINDOW_MAX 8192 /* largest receive buffer */
#define RFC_SEND_MAX   8

/* Choices among what is permitted. */
struct rfc_choices {
    bool exact_reset;        /* RFC 5961 s3.2: a RST beside RCV.NXT is challenged */
    bool challenge_syn;      /* RFC 5961 s4.2: so is a SYN, wherever it is */
    bool old_ack_refused;    /* RFC 5961 s5.2: below SND.UNA - MAX.SND.WND */
    bool quiet_time_wait;    /* RFC 1337 s3 F1: no RST ends TIME-WAIT */
    bool refuse_seldom;      /* tcp/input.h: what has no length is answered twice a second */
    bool both_edges;         /* tcp/input.c: text over both edges of the window is inside */
    bool new_ack_opens;      /* tcp/ack.c: what acknowledges more is newer than SND.WL1 */
    bool repeat_syn_ack;     /* docs/spec/states.tsv: a repeated SYN gets a SYN,ACK */
    bool reset_unread;       /* RFC 9293 s3.6.1 SHLD-3, RFC 2525 s2.17 */
    bool fin_with_last_text; /* Nagle holds back no text that a FIN follows */
    bool syn_text_dropped;   /* docs/adr/0005: text on a SYN waits to be repeated */
};

struct rfc_limits {
    uint64_t rto_ns, msl_ns, fin_wait_2_ns, user_timeout_ns, ack_delay_ns;
    uint32_t r1, r2, syn_retries, syn_ack_retries;
    uint32_t challenges; /* of a connection in 5 seconds (RFC 5961 s7) */
    uint32_t rcvbuf, sndbuf;
    uint32_t mss;     /* of what is sent */
    uint32_t rcv_mss; /* the most that the peer's segments may hold */
    bool nodelay;
};

/* A segment; len is of text alone. */
struct rfc_seg {
    uint8_t flags;
    uint32_t seq, ack, wnd, len;
};

#define RFC_NEVER UINT64_MAX

struct rfc {
    struct rfc_choices choice;
    struct rfc_limits limit;
    enum sf_state state; /* SF_CLOSED too where there is only a listener */
    bool listens, passive;
    bool held;   /* an application has the connection's handle */
    bool orphan; /* closed as a whole: nobody reads */
    bool iss_known;
    bool opened;
    bool small; /* TIME-WAIT, and nobody holds it: a record that keeps little (timewait.c) */

    uint32_t iss, snd_una, snd_nxt, snd_wnd, snd_wl1, snd_wl2, max_snd_wnd;
    uint32_t unsent;
    bool fin_queued, fin_sent;

    uint32_t irs, rcv_nxt, rcv_right; /* the right edge that was offered */
    uint32_t unread;
    uint32_t unacked; /* octets in order since the last acknowledgement */
    bool fin_received, fin_waits;
    uint32_t fin_seq;
    bool beyond[RFC_WINDOW_MAX]; /* is the octet at rcv_nxt + i here? */

    uint64_t retransmit_at, time_wait_at, fin_wait_2_at, user_at, ack_by, refused_at;
    uint64_t challenge_span;
    uint32_t challenges;
    bool persists;
    uint32_t retries, duplicates;
    bool recovers; /* sending again is allowed until recover is acknowledged */
    uint32_t recover;

    enum sf_err error, soft;

    /* What the last event leaves to do. */
    struct rfc_seg send[RFC_SEND_MAX]; /* new: neither repeated nor a bare acknowledgement */
    uint32_t n_send;
    bool must_ack, may_ack, may_repeat, must_repeat;
    bool reused; /* a SYN began anew over TIME-WAIT: its SYN,ACK is due, and no more is told */
};

void rfc_begin(struct rfc *m, const struct rfc_limits *limit, bool listens);

/* Before each event. */
void rfc_forget(struct rfc *m);

/* User calls (s3.10.1 to s3.10.5); what they return. */
void rfc_open(struct rfc *m, uint64_t now);
enum sf_err rfc_accept(struct rfc *m);
enum sf_err rfc_send(struct rfc *m, uint32_t octets, uint32_t *taken, uint64_t now);
enum sf_err rfc_receive(struct rfc *m, uint32_t octets, uint32_t *got);
enum sf_err rfc_shutdown(struct rfc *m, uint64_t now);
enum sf_err rfc_close(struct rfc *m, uint64_t now);
enum sf_err rfc_abort(struct rfc *m);

/* SEGMENT ARRIVES (s3.10.7). */
void rfc_arrives(struct rfc *m, const struct rfc_seg *seg, uint64_t now);

/* Timeouts (s3.10.8): when the next is, and what is due. */
uint64_t rfc_deadline(const struct rfc *m);
void rfc_tick(struct rfc *m, uint64_t now);

/* The other end is told ACK=RCV.NXT by a segment of ours: which window goes with it. */
uint32_t rfc_acks(struct rfc *m);

/* Our SYN left, with this number. */
void rfc_iss(struct rfc *m, uint32_t iss);

/* SF_READY_* bits that are to be true of a connection that is held. */
uint32_t rfc_ready(const struct rfc *m);

uint32_t rfc_seg_len(const struct rfc_seg *seg);

/* Is a before b, numbers of less than half the space apart (s3.4)? */
static inline bool rfc_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

#endif
