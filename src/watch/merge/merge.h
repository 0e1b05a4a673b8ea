/* SPDX-License-Identifier: MIT
 *
 * watch/merge/merge.h - two captures of the same traffic, taken at two places A and B.
 *
 *   struct sf_seen of A ─► tape.c ─┐
 *                                  ├► pair.c (which connection is which) ─► match.c (which
 *   struct sf_seen of B ─► tape.c ─┘   segment is which) ─► clock.c ─► fate.c ─► rows
 *
 * Between the places a NAT may have changed addresses, ports and sequence numbers; segments may
 * have died, and their clocks differ.  Whatever leaves A and arrives at B says that B's clock
 * is at most so far ahead, whatever goes the other way that it is at least so far ahead; the
 * truth lies between, and in the middle if both ways take equally long.
 */
#ifndef SF_WATCH_MERGE_MERGE_H
#define SF_WATCH_MERGE_MERGE_H

#include "watch/read/seen.h"

/* The two places. */
enum sf_place { SF_PLACE_A = 0, SF_PLACE_B = 1 };

/* What became of a segment. */
enum sf_fate {
    SF_FATE_UNKNOWN = 0, /* captured at one place, while the other did not capture, or missed */
    SF_FATE_ARRIVED,     /* captured at both */
    SF_FATE_DIED,        /* captured where it left, not where it was to arrive */
    SF_FATE_APPEARED,    /* captured where it was to arrive alone: made in between, or missed */
    SF_FATE_MISSED,      /* it was acknowledged, so it arrived: the sniffer missed it */
};

/* How the clocks stand: what B's says is what A's says and the offset. */
struct sf_merge_clock {
    int64_t offset_ns; /* at at_ns, if both ways take equally long */
    int64_t least_ns;  /* it is not less than this, ... */
    int64_t most_ns;   /* ... nor more than this, whatever the ways take */
    uint64_t at_ns;    /* the moment by A's clock */
    double drift;      /* seconds that B's clock gains in one of A's */
    uint32_t there;    /* segments from A to B that the bounds come from */
    uint32_t back;     /* segments from B to A; with 0 of either there is one bound only */
    bool drift_known;  /* the segments show one */
};

/* Which capture's connection is which. */
struct sf_merge_pair {
    struct sf_endpoint a[2]; /* the ends as A shows them, the client first */
    struct sf_endpoint b[2]; /* the same ends as B shows them */
    uint32_t delta[2];       /* what was added to each end's sequence numbers from A to B */
    uint32_t arrived, died, appeared;
    bool only_a, only_b; /* it was captured at one place alone */
    bool near_a;         /* the client is at A's side */
};

/* One segment of the merged capture. */
struct sf_merge_row {
    struct sf_seen seen; /* as at the place nearer to its sender, if captured there; addresses,
                            ports and numbers as at A; at_ns by A's clock.  n is its number in
                            that place's capture.  No text, no options as they stood */
    uint64_t transit_ns; /* of SF_FATE_ARRIVED: from place to place */
    uint32_t n[2];       /* its numbers in both captures; 0: not captured */
    uint32_t pair;       /* which connection */
    uint8_t fate;        /* enum sf_fate */
    uint8_t to;          /* enum sf_place that it travels to */
    bool partly;         /* SF_FATE_ARRIVED: some of its text died, others' copies */
};

struct sf_merge;

/* Make one; a null pointer if memory ended. */
struct sf_merge *sf_merge_new(void);
void sf_merge_free(struct sf_merge *merge);

/* Read a whole capture.  SF_OK, also where it is cut short; SF_ERR_NO_MEMORY, also for more
 * than SF_MERGE_MOST segments. */
#define SF_MERGE_MOST 8000000
SF_NODISCARD enum sf_err sf_merge_read(struct sf_merge *merge, enum sf_place place,
                                       struct sf_capture *capture);

/* The same for one segment, after the last one. */
SF_NODISCARD enum sf_err sf_merge_take(struct sf_merge *merge, enum sf_place place,
                                       const struct sf_seen *seen);

/* Put both together.  SF_OK or SF_ERR_NO_MEMORY. */
SF_NODISCARD enum sf_err sf_merge_join(struct sf_merge *merge);

/* After sf_merge_join().  False: no segment is in both captures, and clock is meaningless. */
bool sf_merge_clock(const struct sf_merge *merge, struct sf_merge_clock *clock);
uint32_t sf_merge_pairs(const struct sf_merge *merge);
void sf_merge_pair(const struct sf_merge *merge, uint32_t i, struct sf_merge_pair *pair);

/* Segments in the order of A's clock.  False: there is no i-th. */
bool sf_merge_row(const struct sf_merge *merge, size_t i, struct sf_merge_row *row);

#endif
