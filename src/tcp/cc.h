/* SPDX-License-Identifier: MIT
 *
 * tcp/cc.h - congestion control as a small table of functions.
 *
 * Loss detection (loss.c) says what happened; an algorithm says what the window becomes.
 * It sees an ack context and its own numbers, never a connection.
 */
#ifndef SF_TCP_CC_H
#define SF_TCP_CC_H

#include "tcp/records.h"

/* What an acknowledgement, or a loss, meant. */
struct sf_cc_event {
    sf_time now;
    uint32_t acked;  /* octets newly acknowledged; 0 for a duplicate or a loss */
    uint32_t flight; /* octets in flight before this (FlightSize of RFC 5681) */
    uint32_t mss;    /* SMSS */
    uint32_t rtt_us; /* sample of this acknowledgement; 0: none */
    bool limited;    /* the congestion window was what held sending back */
    bool sack;       /* what left the network is off pipe already: nothing is inflated for it */
};

struct sf_cc_ops {
    const char *name;
    /* A new connection: initial window in octets. */
    void (*init)(struct sf_cc *cc, uint32_t initial_window);
    /* New octets acknowledged outside recovery: slow start, congestion avoidance. */
    void (*ack)(struct sf_cc *cc, const struct sf_cc_event *e);
    /* Loss detected by duplicates: halve and enter recovery (RFC 5681 s3.2 step 2, 3). */
    void (*enter)(struct sf_cc *cc, const struct sf_cc_event *e);
    /* One more duplicate during recovery (step 4). */
    void (*dup)(struct sf_cc *cc, const struct sf_cc_event *e);
    /* A partial acknowledgement during recovery (RFC 6582 s3.2 step 3). */
    void (*partial)(struct sf_cc *cc, const struct sf_cc_event *e);
    /* Recovery is over (RFC 6582 s3.2 step 3, full acknowledgement, option 1): what is
     * outstanding then is flight without acked. */
    void (*leave)(struct sf_cc *cc, const struct sf_cc_event *e);
    /* The retransmission timer fired; first: not a repetition (RFC 5681 s3.1 (4)). */
    void (*rto)(struct sf_cc *cc, const struct sf_cc_event *e, bool first);
    /* Idle longer than an RTO: restart window (RFC 5681 s4.1). */
    void (*restart)(struct sf_cc *cc, uint32_t initial_window);
};

/* The algorithm of a kind. */
const struct sf_cc_ops *sf_cc_ops(enum sf_cc_kind kind);

extern const struct sf_cc_ops sf_cc_newreno;

#endif
