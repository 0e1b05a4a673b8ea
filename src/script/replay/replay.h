/* SPDX-License-Identifier: MIT
 *
 * script/replay/replay.h - our engine in the place of one side of a captured connection.
 *
 *   watch/read ─► take.c ─► struct replay_conn ─┬─► drive.c: what our engine sends
 *                 split.c                       ├─► judge.c, judge_ack.c: what no RFC allows
 *                                               └─► compare.c: what ours does otherwise
 *
 * The other side's segments are handed to our engine when the capture has them, in virtual
 * time.  What the application did is inferred: it opened with the first SYN, sent octets when
 * they first appear, closed with the first FIN.  Our initial sequence number is the captured
 * one, so that numbers are the same; timestamps that the other side returns are mapped.
 */
#ifndef SF_SCRIPT_REPLAY_H
#define SF_SCRIPT_REPLAY_H

#include <stdio.h>

#include "base/seq.h"
#include "synfin/capture.h"
#include "synfin/types.h"
#include "watch/read/seen.h"

enum replay_side { REPLAY_CLIENT = 0, REPLAY_SERVER };

#define REPLAY_OPTIONS 40 /* octets of options that a segment has at most */

/* A segment, captured or our engine's. */
struct replay_seg {
    uint64_t at_ns;
    uint64_t n; /* the packet's number; 0: our engine's */
    sf_seq seq, ack;
    sf_seq end;           /* behind its text, SYN and FIN */
    uint32_t text_octets; /* on the wire */
    uint32_t text_captured;
    uint8_t *text; /* the captured ones */
    uint32_t tsval, tsecr;
    struct sf_sack_block sack[SF_SACK_BLOCKS];
    uint16_t wnd; /* as it stands */
    uint16_t urg;
    uint16_t options; /* as in struct sf_seen */
    uint16_t mss;
    uint16_t ip_id;
    uint8_t flags, wscale, n_sack, hop_limit, traffic_class;
    uint8_t option_octets;
    uint8_t option[REPLAY_OPTIONS];
    bool mine;    /* of the side that our engine stands in for */
    bool damaged; /* its checksum is wrong, or not all of it was there: nobody took it */
};

/* One connection, from its SYN on. */
struct replay_conn {
    struct sf_endpoint client, server;
    enum replay_side side;
    struct replay_seg *segs;
    size_t n, room;
};

struct replay_set {
    struct replay_conn *conns;
    size_t n, room;
    uint64_t midstream; /* connections without a SYN */
    uint64_t alone;     /* connections of an endpoint with itself */
};

/*
 * take.c: read a capture to its end, and cut it into connections as that side has them.  False:
 * memory ended.
 */
bool replay_read(struct replay_set *set, struct sf_capture *capture, enum replay_side side);
void replay_free(struct replay_set *set);

/* A copy of a segment into a connection; its text is copied.  False: memory ended. */
bool replay_keep(struct replay_conn *conn, const struct replay_seg *seg);
void replay_conn_free(struct replay_conn *conn);

/* The segment that a dissected one is; its text is borrowed. */
void replay_of_seen(struct replay_seg *seg, const struct sf_seen *seen);

/* split.c: what came between one pair of ends, in order, is moved into connections. */
bool replay_split(struct replay_set *set, struct replay_conn *pair);

/* What a difference is.  Those from REPLAY_FORBIDDEN on break a rule. */
enum replay_kind {
    REPLAY_DELAYED_ACK = 0,
    REPLAY_QUICK_ACK,
    REPLAY_TOGETHER,
    REPLAY_DUPLICATE_ACK,
    REPLAY_WINDOW_UPDATE,
    REPLAY_SEGMENT_SIZES,
    REPLAY_PUSH,
    REPLAY_WHEN_SENT,
    REPLAY_SYN_RETRY,
    REPLAY_SYN_OPTIONS,
    REPLAY_RTO,
    REPLAY_TAIL_PROBE,
    REPLAY_FAST_RETRANSMIT,
    REPLAY_KEEPALIVE,
    REPLAY_WINDOW_PROBE,
    REPLAY_RESET,
    REPLAY_CHALLENGE,
    REPLAY_SILENT_SYN,
    REPLAY_FAST_OPEN,
    REPLAY_REORDERED,
    REPLAY_FOREIGN,
    REPLAY_UNACKED,
    REPLAY_FORBIDDEN,
    REPLAY_ACK_UNSENT = REPLAY_FORBIDDEN,
    REPLAY_ACK_BACK,
    REPLAY_ACK_LATE,
    REPLAY_NO_ACK,
    REPLAY_FIN_IGNORED,
    REPLAY_BEYOND_WINDOW,
    REPLAY_AFTER_FIN,
    REPLAY_FIN_MOVED,
    REPLAY_AFTER_RST,
    REPLAY_RST_NUMBER,
    REPLAY_OTHER_OCTETS,
    REPLAY_SACK_UNASKED,
    REPLAY_SACK_UNSENT,
    REPLAY_TS_UNASKED,
    REPLAY_TS_MISSING,
    REPLAY_TS_ECHO,
    REPLAY_SCALE_UNASKED,
    REPLAY_SCALE_LARGE,
    REPLAY_KINDS
};

/* In a few words, and by which clause. */
struct replay_rule {
    const char *name;
    const char *rfc;
};

extern const struct replay_rule replay_rules[REPLAY_KINDS];

struct replay_difference {
    enum replay_kind kind;
    uint64_t n;     /* the packet; 0: our engine alone sent something */
    uint64_t at_ns; /* since the connection's first segment */
    char theirs[96];
    char ours[96];
};

struct replay_result {
    struct replay_conn ours; /* what our engine sent */
    struct replay_difference *list;
    size_t n, room;
    uint64_t segments; /* of the captured side */
    uint64_t allowed, forbidden;
    uint64_t count[REPLAY_KINDS];
    uint64_t held_back;  /* acknowledgements held back until ours had sent the octets */
    const char *not_run; /* why our engine could not stand in; null: it did */
    bool no_memory;
};

/* Replay a connection; replay_result_free() when done. */
void replay_run(const struct replay_conn *conn, struct replay_result *result);
void replay_result_free(struct replay_result *result);

/* drive.c: fill in result->ours. */
void replay_drive(const struct replay_conn *conn, struct replay_result *result);

/* judge.c: what the captured side did that no RFC allows; forbidden has an entry for each of
 * the connection's segments, and says which were. */
void replay_judge(const struct replay_conn *conn, struct replay_result *result,
                  uint8_t *forbidden);

/* compare.c: what ours did otherwise. */
void replay_compare(const struct replay_conn *conn, struct replay_result *result,
                    const uint8_t *forbidden);

/* Note a difference.  Of theirs and of ours one may be null. */
void replay_differ(struct replay_result *result, enum replay_kind kind,
                   const struct replay_conn *conn, const struct replay_seg *theirs,
                   const struct replay_seg *ours);

/* A segment in a line: "FIN+ACK seq 33, ack 1, 12 octets", relative to the ISNs of conn. */
void replay_words(const struct replay_conn *conn, const struct replay_seg *seg, char *text,
                  size_t room);

/* pkt.c: a connection as a script for synfin drill. */
void replay_pkt(const struct replay_conn *conn, FILE *to);

static inline uint16_t replay_is(const struct replay_seg *seg, uint16_t options)
{
    return seg->options & options;
}

/* True if it is nothing but an acknowledgement. */
static inline bool replay_bare(const struct replay_seg *seg)
{
    return seg->end.v == seg->seq.v && (seg->flags & (SF_SYN | SF_FIN | SF_RST)) == 0;
}

/* The window scale of a SYN, as it counts: at most 14 (RFC 7323 s2.3). */
static inline uint8_t replay_shift(const struct replay_seg *syn)
{
    return syn->wscale > 14 ? 14 : syn->wscale;
}

/* The first SYN of a direction; null: none. */
const struct replay_seg *replay_syn(const struct replay_conn *conn, bool mine);

#endif
