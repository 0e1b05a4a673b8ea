/* SPDX-License-Identifier: MIT
 *
 * watch/find/find.h - conversations to findings.
 *
 *   conv (a segment, classified) --> [find] --> opening.c between.c closing.c resets.c
 *                                      |            `--> struct sf_findings of the conversation
 *                                      `--> many.c: findings over many conversations
 *
 * Whoever follows conversations calls the three hooks, and embeds a struct sf_find_notes into
 * each conversation: all zeros at its beginning, given back with sf_find_drop().  Nothing else
 * is kept for a conversation, and no memory is taken until there is a first finding.
 */
#ifndef SF_WATCH_FIND_FIND_H
#define SF_WATCH_FIND_FIND_H

#include "synfin/finding.h"

struct sf_conv;
struct sf_conv_step;
struct sf_finder;

/* Findings, in the order in which they came true. */
struct sf_findings {
    struct sf_finding *list;
    uint8_t n;
    uint8_t room;
};

/* What the detectors remember of one end. */
struct sf_find_end {
    int64_t last_ack;      /* of its last segment with ACK; -1: none */
    uint64_t idle_ns;      /* silence before the first keepalive of a row */
    uint64_t zero_ns;      /* when it closed its window; 0: it is open */
    uint64_t small_ns;     /* when it sent the one small segment that is in flight; 0: none */
    uint64_t late_ns;      /* when that was acknowledged, much later; 0: it was not */
    uint64_t stall_ns;     /* of late_ns - small_ns, the present one, ... */
    uint64_t stalls_ns;    /* ... and all that held something back */
    uint64_t again_ns;     /* when what is now sent again and again was sent first */
    uint64_t gap_ns;       /* before the last time it was sent again */
    uint32_t last_bits;    /* enum sf_step_bit of its last segment, ... */
    uint32_t last_octets;  /* ... its text, ... */
    uint32_t last_n;       /* ... and its packet number */
    uint32_t stall_max_us; /* the longest of stalls */
    uint8_t last_flags;    /* of its last segment */
    uint8_t unanswered;    /* how often something was sent again since the last answer */
    uint8_t tails;         /* tail probes */
    uint8_t stalls;        /* small segments held back */
    uint8_t spurious;      /* segments sent again for nothing, and not yet in a D-SACK */
    uint8_t unseen;        /* how often it acknowledged what was not captured */
    bool dead;             /* its keepalives are unanswered, and that was raised */
    bool answered;         /* it has sent text since text came last */
};

/* What the detectors remember of one conversation. */
struct sf_find_notes {
    struct sf_findings found;
    struct sf_find_end end[2];
    uint64_t third_ns;     /* when the first of thirds was */
    uint32_t syn_tsval;    /* of the client's first SYN */
    uint32_t after_rst;    /* segments that who had sent the RST sent later */
    uint32_t n_rst;        /* packet number of the RST that counts; 0: there was none */
    uint16_t options[2];   /* of each end's first SYN or SYN,ACK */
    uint8_t rst_side;      /* who sent the RST that counts */
    uint8_t thirds;        /* segments that acknowledged the SYN,ACK before the server knew */
    uint8_t synacks_again; /* SYN,ACKs repeated by its timer before any of those */
    uint8_t not_new;       /* the SYNs do not come as Linux since 6.5 sends them, ... */
    uint8_t not_old;       /* ... or as it did before */
    bool begun;            /* a segment was looked at */
    bool anew;             /* a SYN within the connection was challenged */
    uint8_t synced;        /* enum sf_sides: whose options are set */
    bool asks;             /* keepalives were sent from FIN_WAIT_2 */
};

/* What looks over all conversations of one capture; null: no memory. */
struct sf_finder *sf_finder_open(void);
void sf_finder_close(struct sf_finder *finder);

/* After a segment was classified and the states of both ends are inferred. */
void sf_find_segment(struct sf_finder *finder, struct sf_conv *conv,
                     const struct sf_conv_step *step);

/* When a conversation ends, or the capture does before it. */
void sf_find_end(struct sf_finder *finder, struct sf_conv *conv, uint64_t now_ns);

/* At the capture's end, after sf_find_end() of each conversation: what concerns many. */
void sf_find_finish(struct sf_finder *finder, uint64_t now_ns);

/* Findings over many conversations, complete after sf_find_finish(). */
const struct sf_findings *sf_finder_found(const struct sf_finder *finder);

/* Give a conversation's findings back. */
void sf_find_drop(struct sf_find_notes *notes);

#endif
