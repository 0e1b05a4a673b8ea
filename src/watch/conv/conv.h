/* SPDX-License-Identifier: MIT
 *
 * watch/conv/conv.h - conversations: captured segments, put together by connection, classified,
 * and with the states of both ends beside them.
 *
 *   struct sf_seen --> [table.c] which conversation, which incarnation
 *                         `--> [step.c] one segment in it
 *                                 `--> [classify.c] its numbers, what it is: new, again, ...
 *                                         `--> infer.c, shape.c --> find/ (hooks)
 *                                                   `--> ladder.c, where rows are wanted
 *
 * The observer may be anywhere on the path, may have missed segments, and may see one segment
 * twice.  So nothing here says more than the segments do: whatever depends on what the capture
 * has not shown is marked, and costs the certainty of the states that it could change.
 *
 * Numbers are counted from the ISN of whoever they belong to: its SYN is 0, its first octet of
 * text 1.  Where the SYN was not captured, the first number that was counts as 1.  They are 64
 * bits, unwrapped against the highest number so far.
 */
#ifndef SF_WATCH_CONV_CONV_H
#define SF_WATCH_CONV_CONV_H

#include "synfin/ladder.h"
#include "watch/find/find.h"
#include "watch/infer.h"
#include "watch/read/seen.h"
#include "watch/shape.h"

/* What a segment is, as bits of sf_conv_step.bits. */
enum sf_step_bit {
    /* Its numbers. */
    SF_STEP_NEW_DATA = 1U << 0,       /* it has text that was not captured before */
    SF_STEP_RETRANSMISSION = 1U << 1, /* of its SYN, text or FIN some was sent before */
    SF_STEP_SPURIOUS = 1U << 2,       /* ... and all of it was already acknowledged */
    SF_STEP_FAST = 1U << 3,           /* ... after three duplicate ACKs, or holes in SACK */
    SF_STEP_RTO = 1U << 4,            /* ... after silence of a time-out's length */
    SF_STEP_TAIL_PROBE = 1U << 5,   /* ... of the last segment alone, sooner than a time-out */
    SF_STEP_OUT_OF_ORDER = 1U << 6, /* it fills a hole, too soon for a retransmission */
    SF_STEP_FILLS_HOLE = 1U << 7,   /* it fills a hole, and may be a retransmission of what
                                         was lost before the sniffer; with _RETRANSMISSION */
    SF_STEP_HOLE_BEFORE = 1U << 8,  /* numbers before it were not captured (so far) */
    SF_STEP_SUPER = 1U << 9,        /* more text than the MSS: offload joined segments */
    SF_STEP_TWICE = 1U << 10,       /* the same packet, captured a second time: count and
                                         blame nothing; nothing else was changed by it */
    SF_STEP_OUT_OF_WINDOW = 1U << 11, /* beyond or wholly before what its receiver takes */
    /* Its acknowledgement and window. */
    SF_STEP_NEW_ACK = 1U << 12,       /* acknowledges more than any before it */
    SF_STEP_DUP_ACK = 1U << 13,       /* RFC 5681 s2: same ACK and window, no text, and the
                                         other end has text outstanding */
    SF_STEP_OLD_ACK = 1U << 14,       /* acknowledges less than one before it */
    SF_STEP_ACK_OF_UNSEEN = 1U << 15, /* acknowledges what was never captured: the sniffer
                                         missed it, the network did not lose it */
    SF_STEP_ZERO_WINDOW = 1U << 16,   /* offers none; not of RST */
    SF_STEP_WINDOW_UPDATE = 1U << 17, /* nothing new but a larger window */
    SF_STEP_WINDOW_FULL = 1U << 18,   /* its text ends exactly where the window does */
    SF_STEP_DSACK = 1U << 19,         /* RFC 2883: reports text that came twice */
    /* Its purpose. */
    SF_STEP_KEEPALIVE = 1U << 20,     /* one before the next number, 0 or 1 octet */
    SF_STEP_KEEPALIVE_ACK = 1U << 21, /* answers one; it is no window update */
    SF_STEP_PROBE = 1U << 22,         /* asks whether the zero window is open again */
    SF_STEP_PROBE_ACK = 1U << 23,     /* answers one */
    SF_STEP_CHALLENGE = 1U << 24, /* an ACK that answers a SYN or an inexact RST (RFC 5961) */
    SF_STEP_SYN_AGAIN = 1U << 25, /* a SYN without ACK that was sent before */
    SF_STEP_SYNACK_AGAIN = 1U << 26,
    SF_STEP_FIN_AGAIN = 1U << 27,
    SF_STEP_RST_EXACT = 1U << 28,   /* a RST at the number that its receiver expects, or to a
                                         SYN: with this alone it resets (RFC 5961 s3.2) */
    SF_STEP_RST_STRANGE = 1U << 29, /* a RST whose hop limit is unlike its sender's */
    SF_STEP_AFTER_END = 1U << 30,   /* the sender's end had been reset, or was over */
};

/* A stretch of numbers. */
struct sf_stretch {
    int64_t from, to; /* [from, to) */
};

#define SF_CONV_HOLES 3 /* holes remembered of one end */

/* One end. */
struct sf_conv_end {
    struct sf_endpoint at;
    uint32_t isn;   /* the number that counts as 0 */
    uint32_t tsval; /* the last timestamp that it sent, ... */
    uint32_t tsecr; /* ... and the last that it echoed; with ts */
    int64_t next;   /* the number after the highest that it was seen to send; 0: none yet */
    int64_t acked;  /* the highest acknowledgement of its numbers by the other end; 0: none.
                       Above next where the capture missed what it sent */
    int64_t edge;   /* where the window ends that the other end offered: highest ack + window */
    int64_t fin;    /* where its FIN stands; -1: not seen */
    struct sf_stretch hole[SF_CONV_HOLES]; /* below next, never captured; from == to: unused */
    uint64_t last_ns;      /* its last segment; 0: none.  Times as in struct sf_seen */
    uint64_t advanced_ns;  /* its last segment with new numbers */
    uint64_t acked_ns;     /* when its numbers were last newly acknowledged */
    uint64_t syn_ns;       /* its first SYN or SYN,ACK */
    uint64_t fin_ns;       /* its first FIN */
    uint64_t fin_acked_ns; /* when that was acknowledged; 0: it was not */
    uint64_t keepalive_ns; /* its first keepalive since anything came; 0: none */
    uint64_t zero_ns;      /* since when it offers no window; 0: it does */
    uint64_t octets;       /* of text, each counted once */
    uint32_t n_last;       /* packet number of its last segment; like those below 0: none */
    uint32_t n_syn;        /* of its last SYN, with or without ACK */
    uint32_t n_fin;        /* of its first FIN */
    uint32_t n_rst;        /* of its first RST */
    uint32_t segments;     /* captured, each once */
    uint32_t again;        /* of them retransmissions */
    uint32_t wnd;          /* octets it offers, scaled as far as known */
    uint16_t mss;          /* offered; 0: not told, or the SYN was not captured */
    uint16_t max_octets;   /* most text in one segment that is no super-segment */
    uint16_t options;      /* SF_OPT_* and SF_SEEN_COOKIE of its SYN or SYN,ACK */
    uint16_t ip_id;        /* of its last segment */
    uint8_t syns;          /* SYNs without ACK; this and those below stop at 255 */
    uint8_t syn_acks;
    uint8_t fins;
    uint8_t rsts;
    uint8_t dup_acks;   /* in a row, that it sent */
    uint8_t keepalives; /* in a row unanswered, that it sent */
    uint8_t probes;     /* of a zero window, in a row */
    uint8_t wscale;     /* of its SYN, at most 14; 255: not told, or not known */
    uint8_t hop_limit;  /* of its last segment but RST */
    bool syn_seen;      /* its SYN or SYN,ACK was captured, so isn is its ISN */
    bool ts;            /* tsval and tsecr are set */
    bool based;         /* isn is set, if only by a guess */
    uint8_t last_flags; /* of its last segment */

    /* Of classify.c alone. */
    uint64_t hole_ns;       /* when the first hole that is still open appeared */
    uint32_t print[4];      /* what its last segments looked like, ... */
    uint8_t print_where[4]; /* ... and where they were captured */
    uint8_t print_at;
};

/* One conversation: one incarnation of one four-tuple. */
struct sf_conv {
    struct sf_conv_end end[2]; /* by enum sf_side: SF_CLIENT sent the first SYN; where none was
                                  captured it has the higher port */
    struct sf_infer infer[2];  /* state, certainty: with all that it was told */
    struct sf_shape shape;     /* how it opened and closed; sf_conv_facts() */
    struct sf_find_notes notes;
    uint64_t first_ns; /* its first segment */
    uint64_t last_ns;  /* its last */
    uint64_t over_ns;  /* when it ended: reset, or both FINs acknowledged; 0: it has not */
    uint64_t rtt_ns;   /* shortest from a segment to its acknowledgement, as far as can be told
                          from here: the round trip is longer; 0: unknown */
    uint32_t id;       /* from 1, in the order of beginning */
    uint32_t segments; /* captured, each once */
    uint32_t twice;    /* copies left out */
    uint32_t unseen;   /* segments that must have existed and were not captured, at least */
    uint32_t incarnation; /* 0: the first of its four-tuple in this capture */
    uint8_t reused; /* with incarnation: enum sf_state that the side which got the SYN was in
                          before, by the old incarnation */
    uint8_t kept;   /* the certainty of that, enum sf_certainty */
    bool midstream; /* no SYN was captured */
    bool one_way;   /* nothing of one end was captured (so far) */
    bool fast_open; /* text was in the SYN */
    bool ended;     /* sf_find_end() was called */

    /* Of the table alone. */
    uint64_t wait_ns[2];      /* since when this end is in TIME_WAIT; 0: it is not */
    uint64_t rst_ns[2];       /* when a RST was sent to this end; 0: none that it would take */
    struct sf_ladder *ladder; /* rows, where they are wanted; else null */
    uint32_t self;            /* its index */
    uint32_t chain;           /* the next of the same bucket */
    uint32_t newer, older;    /* neighbours by last segment, among those over or not */
    uint32_t before, after;   /* neighbours by id, of those not told */
    uint32_t hash;
    bool in_over; /* it is on the list of those that are over */
    bool found;   /* segments are given to it */
};

/* One segment, classified. */
struct sf_conv_step {
    const struct sf_seen *seen; /* the segment */
    uint64_t at_ns;
    uint64_t since_ns;  /* since the same end's segment before; UINT64_MAX: it is its first */
    uint64_t silent_ns; /* since either end's; UINT64_MAX: it is the first */
    int64_t seq;        /* counted from its sender's ISN */
    int64_t ack;        /* counted from the other end's; meaningless without ACK */
    uint32_t n;         /* packet number */
    uint32_t bits;      /* enum sf_step_bit */
    uint32_t octets;    /* of text */
    uint32_t len;       /* with SYN and FIN */
    uint32_t fresh;     /* of text, never captured before */
    uint32_t wnd;       /* octets offered, scaled as far as known */
    uint8_t flags;      /* control bits */
    uint8_t side;       /* enum sf_side: who sent it */
    bool error;         /* no segment but an ICMP error that quotes one that side sent: type and
                           code are in seen, bits are 0, states stay */
    uint8_t before[2];  /* states before it, enum sf_state, by side */
    uint8_t sure[2];    /* their certainty, enum sf_certainty */
    uint8_t state[2];   /* states after it was sent and taken as received */
    uint8_t certain[2]; /* their certainty */
};

/* How it opened and closed, and who paid. */
void sf_conv_facts(const struct sf_conv *conv, struct sf_ladder_facts *facts);

#endif
