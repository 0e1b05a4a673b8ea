/* SPDX-License-Identifier: MIT
 *
 * watch/infer.h - the state of an end that tells us nothing, from the segments it sent and
 * those that were sent to it.
 *
 * What an end itself sent proves what it had seen: a segment that acknowledges the peer's FIN
 * comes from an end that took that FIN.  What was sent to it may be on its way, or lost.  So
 * two states are kept: the one that its own segments prove, and the one that it is in if all
 * that was told to it since has arrived.  The first is *seen*; the second, where it differs,
 * is *inferred*.  A later segment may contradict: one that the end sent after all shows that
 * it had not yet moved; one that is sent to it again before any answer makes it doubtful
 * whether the first copy arrived, and the inference only *possible*.
 *
 * An observer may have missed segments.  Where numbers are missing that could have been a FIN,
 * and where the beginning is, nothing is *seen* that such a segment would have changed.
 *
 * All moves are those of the engine's table: sf_state_next().
 */
#ifndef SF_WATCH_INFER_H
#define SF_WATCH_INFER_H

#include "synfin/ladder.h"

/* What an end was told and has not yet shown to know, as bits. */
enum {
    SF_TOLD_SYN = 1,
    SF_TOLD_ACK_OF_SYN = 2,
    SF_TOLD_ACK_OF_FIN = 4,
    SF_TOLD_FIN = 8,
    SF_TOLD_RST = 16,
    SF_TOLD_GONE = 32, /* a RST in its name, which it may not have sent itself */
    SF_TOLD_UNREACHABLE = 64,
    SF_TOLD_REBORN = 128, /* a SYN in its name, as if it had forgotten the connection */
};

/* What a segment did to earlier inferences. */
enum sf_infer_result {
    SF_INFER_AGREES = 0,
    SF_INFER_EARLY,    /* since the last state seen it was in the one now proven: what was sent
                          to it came later than its answer, or never */
    SF_INFER_DOUBTFUL, /* what was inferred since the last state seen is only possible */
    SF_INFER_REFUSED,  /* it never was in SYN_RECEIVED: nobody listened */
};

struct sf_infer {
    int64_t fin;        /* where its own FIN stands; -1: not sent */
    int64_t peer_fin;   /* where the peer's FIN stands; -1: not sent */
    int64_t acked;      /* the highest acknowledgement that it sent */
    int64_t peer_next;  /* the peer's next number, as far as told */
    int64_t proof;      /* the peer's first number whose segment acknowledged the FIN; -1 */
    int64_t open_above; /* acknowledging more than this proves that the handshake is over */
    int64_t own_gap;    /* its numbers below this were not all captured, the last of them not;
                           0: they were */
    int64_t peer_gap;   /* the same for the peer's */
    int64_t next;       /* its own next number, as far as sent */
    int64_t known;     /* the highest acknowledgement of its numbers that was sent to it, ... */
    int64_t edge;      /* where the window ends that it offered; 0: it offered none */
    int64_t fin_ack;   /* what its first FIN acknowledged */
    int64_t known_fin; /* ... and what that was when the peer's FIN came first */
    uint32_t proof_ts; /* with has_proof_ts: an echo of this timestamp or a later one proves
                           that the acknowledgement of the FIN arrived */
    uint32_t peer_ts;  /* with has_peer_ts: the last timestamp sent to it */
    uint8_t proven;    /* enum sf_state that its own segments prove */
    uint8_t at_once;   /* enum sf_state right after the segment, and ... */
    uint8_t certain;   /* ... enum sf_certainty of it */
    uint8_t was;       /* enum sf_state up to the segment: with SF_INFER_EARLY, since it was
                          last seen */
    uint8_t state;     /* enum sf_state with all that it was told */
    uint8_t certainty; /* enum sf_certainty of state */
    uint8_t told;      /* SF_TOLD_* */
    bool begun;        /* a segment from or to it was taken into account */
    bool showed;       /* it has sent a segment */
    bool midstream;    /* its SYN was never seen */
    bool synced;       /* it has sent a SYN */
    bool syn_text;     /* the SYN that was sent to it carried text */
    bool fin_taken;    /* it has shown that it took the peer's FIN */
    bool fin_acked;    /* it has shown that it knows of its FIN's acknowledgement */
    bool fin_again;    /* the peer sent its FIN more than once */
    bool unsure;       /* its FIN may have been acknowledged by what was not captured */
    uint8_t hidden; /* above 0: it was answered for something that was not captured, which may
                       have been a FIN; 1: all that was captured is acknowledged since */
    bool stale;     /* what it sent last it may have sent after a FIN that was not captured */
    bool expired;   /* its TIME_WAIT is taken to be over */
    bool missed;    /* it took what was not captured, which may have acknowledged its FIN */
    bool vague;     /* in SYN-RECEIVED it sent what it would send in ESTABLISHED, too */
    bool in_order;  /* it took the peer's FIN before it sent its own: a plain ACK of that, at
                           or below its own FIN's number, shows it.  Else, and where its FIN may
                           have been waiting behind text, CLOSING looks like LAST_ACK */
    bool small_window; /* the peer has offered little or no window */
    bool doubted;      /* what it was told may not have arrived */
    bool rst_in_wait;  /* a RST was sent to its TIME_WAIT: not all systems keep it then */
    bool has_proof_ts;
    bool has_peer_ts;
};

/* Start before the first segment; the peer of who sends the first SYN listens. */
void sf_infer_init(struct sf_infer *x, bool listens);

/* The end sent this segment. */
enum sf_infer_result sf_infer_sent(struct sf_infer *x, const struct sf_row_seg *seg);

/* This segment was sent to the end; again: all of it was sent before. */
enum sf_infer_result sf_infer_given(struct sf_infer *x, const struct sf_row_seg *seg,
                                    bool again);

/* Numbers below these were sent by the end, or by its peer, and not captured; 0: none.  To be
 * called before the segment that shows it is taken into account. */
void sf_infer_gap(struct sf_infer *x, int64_t own, int64_t peer);

/* The peer answered something of the end's that was not captured. */
void sf_infer_hidden(struct sf_infer *x);

/* The end acknowledged something of the peer's that was not captured. */
void sf_infer_missed(struct sf_infer *x);

/* A RST was sent in the end's name, by something else as it seems. */
enum sf_infer_result sf_infer_impersonated(struct sf_infer *x);

/* A SYN of another connection was sent in the end's name: it crashed, or somebody lies. */
void sf_infer_reborn(struct sf_infer *x);

/* The end sends on though a RST was sent to it a good while ago: it did not take it. */
enum sf_infer_result sf_infer_survived(struct sf_infer *x);

/* A hard ICMP error was sent to the end (RFC 9293 s3.9.2.2). */
void sf_infer_unreachable(struct sf_infer *x);

/* Time went by: the event, one of a timer's, happened to the end, as far as can be told. */
void sf_infer_time(struct sf_infer *x, enum sf_event_kind event);

#endif
