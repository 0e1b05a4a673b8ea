/* SPDX-License-Identifier: MIT
 *
 * watch/merge/tape.h - all segments of a capture, held in memory by connection.
 */
#ifndef SF_WATCH_MERGE_TAPE_H
#define SF_WATCH_MERGE_TAPE_H

#include "base/siphash.h"
#include "watch/merge/merge.h"

/* One segment; next, sack and match count from 1, 0 is none. */
struct sf_tape_seg {
    uint64_t at_ns;
    uint32_t n;
    uint32_t flow;
    uint32_t next;  /* of the same connection */
    uint32_t match; /* in the other tape: the same segment, or the first of its pieces */
    uint32_t seq;
    uint32_t ack;
    uint32_t octets;
    uint32_t covered; /* of its text, captured in pieces of another size */
    uint32_t tsval, tsecr;
    uint32_t text; /* a hash of its first octets */
    uint32_t sack;
    uint16_t wnd, options, mss, ip_id, urg;
    uint8_t flags;
    uint8_t dir; /* index of its sender in the connection's ends */
    uint8_t wscale, hop_limit, traffic_class, sum;
    uint8_t fate;  /* enum sf_fate, set by fate.c */
    bool piece;    /* matched as a part of something larger, or as something larger */
    bool surely;   /* no other segment could have been the match */
    bool has_text; /* text is set */
};

struct sf_tape_sack {
    uint8_t n;
    struct sf_sack_block block[SF_SACK_BLOCKS];
};

/* One connection; pair counts from 1. */
struct sf_tape_flow {
    struct sf_endpoint end[2]; /* the first is who sent the SYN, or else the first segment */
    uint32_t first, last;      /* segments, from 1 */
    uint32_t chain;            /* the next of the same bucket */
    uint32_t segments;
    uint32_t isn[2];
    bool isn_known[2];
    bool sent[2];      /* each end has sent something */
    bool fin[2];       /* and its FIN */
    bool reset;        /* there was a RST */
    uint32_t pair;     /* the connection of the other tape that it is */
    uint32_t delta[2]; /* the other's sequence numbers less ours, by our direction */
    bool turned;       /* the other's first end is our second */
    bool placed;       /* to_b is known */
    bool to_b[2];      /* of the tape of A: where segments of each direction travel to */
};

struct sf_tape {
    struct sf_tape_seg *seg;
    struct sf_tape_flow *flow;
    struct sf_tape_sack *sack;
    uint32_t *bucket; /* of flows, by their ends */
    uint32_t n, room;
    uint32_t n_flows, room_flows;
    uint32_t n_sacks, room_sacks;
    uint32_t mask;
    uint64_t first_ns, last_ns;
    struct sf_sipkey key;
};

bool sf_tape_init(struct sf_tape *tape, const struct sf_sipkey *key);
void sf_tape_free(struct sf_tape *tape);

/* Take a segment; false: memory ended, or there are too many. */
bool sf_tape_take(struct sf_tape *tape, const struct sf_seen *seen);

/* The bucket of the connections between two ends. */
uint32_t sf_tape_bucket(const struct sf_tape *tape, const struct sf_endpoint *a,
                        const struct sf_endpoint *b);

/* A hash and what has it, to be sorted and looked up. */
struct sf_mark {
    uint64_t hash;
    uint32_t at; /* a segment or connection, from 1 */
    uint32_t side;
};

/* Sort by hash, then side, then at. */
void sf_marks_sort(struct sf_mark *marks, size_t n);

/* The first with the hash; n: there is none. */
size_t sf_marks_find(const struct sf_mark *marks, size_t n, uint64_t hash);

/* pair.c: which connection of one tape is which of the other.  False: memory ended. */
bool sf_merge_pair_flows(struct sf_tape *a, struct sf_tape *b);

/* The clock of B against A's, as clock.c knows it. */
struct sf_line {
    int64_t offset_ns; /* at zero_ns */
    double drift;
    uint64_t zero_ns; /* by A's clock */
};

/* B's moment by A's clock. */
int64_t sf_line_to_a(const struct sf_line *line, uint64_t b_ns);

/* Segments with more text are slow on a slow line. */
#define SF_SMALL_OCTETS 128u

/* How long segments take from A to B and from B to A: half of them take less. */
struct sf_transit {
    double typical_ns[2][2]; /* by enum sf_place that they travel to; small ones, large ones */
};

/* A segment's numbers as at A, where it was captured at B. */
struct sf_numbers {
    uint32_t seq, ack;
    uint8_t dir; /* A's */
};

struct sf_numbers sf_merge_numbers(const struct sf_tape *b, const struct sf_tape_seg *seg);

/* match.c: segments that can be no others, before the clock is known.  False: memory ended. */
bool sf_merge_match_sure(struct sf_tape *a, struct sf_tape *b);

/* The rest, of which the moments decide which copy is which. */
bool sf_merge_match_rest(struct sf_tape *a, struct sf_tape *b, const struct sf_line *line);

/* pieces.c: what was cut or joined on the way, by offloads.  False: memory ended. */
bool sf_merge_match_pieces(struct sf_tape *a, struct sf_tape *b, const struct sf_line *line);

/* How long it took from the segment of A to that of B, or back; as a time by A's clock. */
int64_t sf_merge_transit(const struct sf_line *line, const struct sf_tape_seg *a,
                         const struct sf_tape_seg *b, bool to_b);
void sf_merge_typical(const struct sf_tape *a, const struct sf_tape *b,
                      const struct sf_line *line, struct sf_transit *transit);

/* clock.c: where each connection's segments travel to; then the line and its bounds.  False: no
 * segment tells. */
void sf_merge_place(struct sf_tape *a, const struct sf_tape *b);
bool sf_merge_fit(const struct sf_tape *a, const struct sf_tape *b, struct sf_line *line,
                  struct sf_merge_clock *clock);

/* fate.c: what became of each segment.  False: memory ended. */
bool sf_merge_judge(struct sf_tape *a, struct sf_tape *b, const struct sf_line *line);

#endif
