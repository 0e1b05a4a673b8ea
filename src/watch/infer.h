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
    uint8_t proven;    /* enum sf_state that its own segments prove */
    uint8_t at_once;   /* enum sf_state right after the segment, and ... */
    uint8_t certain;   /* ... enum sf_certainty of it */
    uint8_t state;     /* enum sf_state with all that it was told */
    uint8_t certainty; /* enum sf_certainty of state */
    uint8_t told;      /* SF_TOLD_* */
    bool begun;        /* a segment from or to it was taken into account */
    bool showed;       /* it has sent a segment */
    bool midstream;    /* its SYN was never seen */
    bool synced;       /* it has sent a SYN */
    bool fin_taken;    /* it has shown that it took the peer's FIN */
    bool fin_acked;    /* it has shown that it knows of its FIN's acknowledgement */
    int64_t fin;       /* where its own FIN stands; -1: not sent */
    int64_t peer_fin;  /* where the peer's FIN stands; -1: not sent */
    int64_t acked;     /* the highest acknowledgement that it sent */
    int64_t peer_next; /* the peer's next number, as far as told */
    int64_t proof;     /* the peer's first number whose segment acknowledged the FIN; -1 */
};

/* Start before the first segment; the peer of who sends the first SYN listens. */
void sf_infer_init(struct sf_infer *x, bool listens);

/* The end sent this segment. */
enum sf_infer_result sf_infer_sent(struct sf_infer *x, const struct sf_row_seg *seg);

/* This segment was sent to the end; again: all of it was sent before. */
enum sf_infer_result sf_infer_given(struct sf_infer *x, const struct sf_row_seg *seg,
                                    bool again);

#endif
