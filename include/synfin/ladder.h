/* SPDX-License-Identifier: MIT
 *
 * synfin/ladder.h - a connection as a ladder: its segments, and beside each of them the
 * states of both ends.  Part of libsynfin-host.
 *
 *     engine's trace --> sf_watch --> struct sf_ladder --> text for a terminal
 *                                                     `--> JSON
 *
 * A ladder knows nothing of where it came from: rows in the order of time, with what is known
 * of either end after each.  The end that runs on this engine tells its states itself; those
 * of the other end are worked out from the segments that it sent and that were sent to it,
 * with the engine's own table (synfin/state.h), and marked with how certain they are.
 *
 * Memory is bounded: of long transfers the middle is folded into one row that counts it.
 * Handshake, first and last data, what was sent again, and the close are kept.
 *
 * As in synfin/engine.h: pointers are not null unless it is said, what is passed in is
 * borrowed for the call, and one object belongs to one thread at a time.
 */
#ifndef SYNFIN_LADDER_H
#define SYNFIN_LADDER_H

#include "synfin/sink.h"
#include "synfin/state.h"
#include "synfin/trace.h"
#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The two ends, as indices.  The client is who sent the first SYN. */
enum sf_side { SF_CLIENT = 0, SF_SERVER = 1 };

/** How well a state is known. */
enum sf_certainty {
    SF_POSSIBLE = 0, /**< nothing says otherwise */
    SF_INFERRED,     /**< follows from a segment sent to this end, and nothing contradicts */
    SF_SEEN          /**< told by the end itself, or proven by a segment that it sent */
};

/** What a row of a ladder tells. */
enum sf_row_kind {
    SF_ROW_SEGMENT = 1, /**< a segment: u.seg */
    SF_ROW_STATE,       /**< a state changed without a segment: u.event */
    SF_ROW_CALL,        /**< the application made a call: u.call, of the end in from */
    SF_ROW_FOLD,        /**< segments that were left out: u.fold */
    SF_ROW_MISSED,      /**< records that nobody read in time: u.missed */
    SF_ROW_ERROR        /**< an ICMP error about a segment of from's: u.error */
};

/** What is to be said of a segment, as bits of sf_row.marks. */
enum sf_row_mark {
    SF_MARK_AGAIN = 1,     /**< all of it was sent before */
    SF_MARK_LOST = 2,      /**< it did not arrive */
    SF_MARK_KEEPALIVE = 4, /**< asks for an answer only: one before the next number */
    SF_MARK_DROPPED = 8,   /**< it arrived, and was not taken: u.seg.verdict says why */
    SF_MARK_PROBE = 16,    /**< asks whether a window is open again */
    SF_MARK_LATE = 32,     /**< it was overtaken by later ones */
    SF_MARK_TELLING = 64   /**< it says something that a reader wants to see; never folded */
};

/** Which options a segment carries, as bits of sf_row_seg.options. */
enum sf_row_option {
    SF_ROW_MSS = 1,
    SF_ROW_WSCALE = 2,
    SF_ROW_SACK_OK = 4,
    SF_ROW_TS = 8,
    SF_ROW_SACK = 16
};

/** A segment. */
struct sf_row_seg {
    int64_t seq;     /**< counted from the sender's ISN, so that its SYN is 0 */
    int64_t ack;     /**< counted from the other end's ISN; meaningless without ACK */
    uint32_t octets; /**< of text */
    uint32_t wnd;    /**< octets of window offered */
    uint32_t tsval, tsecr;
    uint16_t mss;    /**< 0: not told */
    uint8_t flags;   /**< control bits as on the wire */
    uint8_t options; /**< SF_ROW_* */
    uint8_t wscale;
    uint8_t verdict; /**< enum sf_verdict, of a segment that arrived at our engine */
    uint8_t timer;   /**< enum sf_trace_timer that made it leave; 0: none */
};

/** Segments that were left out, by sender. */
struct sf_row_fold {
    uint64_t to_ns;       /**< when the last of them was */
    uint64_t octets[2];   /**< of text */
    uint32_t segments[2]; /**< with text */
    uint32_t others[2];   /**< without: acknowledgements */
    uint32_t again;       /**< how many of all were sent before */
};

/** An ICMP error (RFC 792, RFC 4443). */
struct sf_row_error {
    struct sf_addr reporter; /**< who says so */
    uint32_t mtu;            /**< of "packet too big"; 0: not told */
    uint8_t type, code;
};

/** One row. */
struct sf_row {
    uint64_t at_ns;       /**< when, counted from the ladder's first row */
    uint32_t n;           /**< a segment's number, from 1; of a captured one: its packet's; of a
                               fold: its first's */
    uint32_t bits;        /**< of a captured segment: what it is, enum sf_step_bit */
    uint8_t kind;         /**< enum sf_row_kind */
    uint8_t from;         /**< enum sf_side, of segments and calls */
    uint8_t marks;        /**< SF_MARK_* */
    uint8_t state[2];     /**< of both ends after this row, enum sf_state */
    uint8_t certainty[2]; /**< enum sf_certainty */
    union {
        struct sf_row_seg seg;
        struct sf_row_fold fold;
        uint8_t event;   /**< enum sf_event_kind */
        uint8_t call;    /**< enum sf_trace_call */
        uint64_t missed; /**< how many records */
        struct sf_row_error error;
    } u;
};

/** One end. */
struct sf_ladder_end {
    char name[24]; /**< of the program or system there; may be empty */
    struct sf_endpoint at;
    uint32_t isn;    /**< the number that counts as 0 */
    bool isn_known;  /**< the SYN was seen; else isn is the first number that was */
    bool told;       /**< its states were told by its own engine */
    uint64_t octets; /**< of text, each counted once */
    int64_t fin;     /**< where its FIN stands in sequence; -1: there was none */
    int64_t acked;   /**< the highest acknowledgement of its numbers; 0: none */
};

/** How a connection opened. */
enum sf_opened {
    SF_OPENED_MIDSTREAM = 0, /**< before the first row */
    SF_OPENED_UNANSWERED,
    SF_OPENED_REFUSED,
    SF_OPENED_THREE_WAY,
    SF_OPENED_SIMULTANEOUS,
    SF_OPENED_FAST /**< the SYN's text was acknowledged with it (RFC 7413) */
};

/** How it closed. */
enum sf_closed_how {
    SF_CLOSED_NONE = 0,     /**< it did not */
    SF_CLOSED_HALF,         /**< one FIN only */
    SF_CLOSED_FOUR,         /**< FIN, ACK, FIN, ACK */
    SF_CLOSED_THREE,        /**< FIN, FIN with ACK, ACK */
    SF_CLOSED_SIMULTANEOUS, /**< the FINs crossed */
    SF_CLOSED_RESET
};

/** Ends, as bits. */
enum sf_sides { SF_SIDE_NONE = 0, SF_SIDE_CLIENT = 1, SF_SIDE_SERVER = 2, SF_SIDE_BOTH = 3 };

/** The shape of a connection. */
struct sf_ladder_facts {
    uint8_t opened;             /**< enum sf_opened */
    uint8_t closed;             /**< enum sf_closed_how */
    uint8_t first_closer;       /**< enum sf_sides */
    uint8_t time_wait;          /**< enum sf_sides: who was in TIME_WAIT */
    uint64_t half_close_octets; /**< of text, sent after the first FIN by the other end */
    sf_span between; /**< four segments: from ACK to FIN of the one that closed second */
};

struct sf_ladder;

/**
 * One of the ends.
 *
 * @param ladder  the ladder
 * @param side    which
 * @return it; lives as long as the ladder
 */
SF_API const struct sf_ladder_end *sf_ladder_end(const struct sf_ladder *ladder,
                                                 enum sf_side side);

/**
 * How many rows there are.
 *
 * @param ladder  the ladder
 */
SF_API size_t sf_ladder_rows(const struct sf_ladder *ladder);

/**
 * One row.
 *
 * @param ladder  the ladder
 * @param i       which, below sf_ladder_rows()
 * @return it; lives until the ladder grows
 */
SF_API const struct sf_row *sf_ladder_row(const struct sf_ladder *ladder, size_t i);

/**
 * How it opened and closed.
 *
 * @param ladder  the ladder
 * @param facts   all of it is written
 */
SF_API void sf_ladder_facts(const struct sf_ladder *ladder, struct sf_ladder_facts *facts);

/**
 * True if the connection has come to its end: CLOSED, TIME_WAIT over.
 *
 * @param ladder  the ladder
 */
SF_API bool sf_ladder_done(const struct sf_ladder *ladder);

/** How a ladder is to look.  All zeros is good: 80 columns, UTF-8, no colour. */
struct sf_ladder_style {
    uint16_t width;           /**< columns, 60 to 240; 0: 80 */
    bool ascii;               /**< no octet above 127 */
    bool colour;              /**< ANSI colours */
    bool letters;             /**< the textbook's j, j+1, k, k+1 */
    bool absolute;            /**< sequence numbers as on the wire; letters wins over it */
    bool verbose;             /**< windows and options too */
    bool whole;               /**< fold no more than memory already made it */
    bool bare;                /**< nothing above and beneath the rows */
    uint8_t lang;             /**< enum sf_lang (synfin/lang.h) of what stands beneath */
    size_t rows;              /**< only the first so many rows; 0: all */
    sf_span pause;            /**< silence that gets a row of its own; 0: a second */
    const char *const *notes; /**< paragraphs to be put beneath; may be null */
    size_t n_notes;
};

/**
 * Draw a ladder.
 *
 * @param ladder  the ladder
 * @param style   how; a null pointer is a style of zeros
 * @param sink    where to
 */
SF_API void sf_ladder_draw(const struct sf_ladder *ladder, const struct sf_ladder_style *style,
                           struct sf_sink sink);

/**
 * Write a ladder as one element of `connections` in the schema "synfin.explain/1".
 *
 * @param ladder    the ladder
 * @param id        its number, from 1
 * @param absolute  sequence numbers as on the wire
 * @param sink      where to
 */
SF_API void sf_ladder_json(const struct sf_ladder *ladder, uint32_t id, bool absolute,
                           struct sf_sink sink);

struct sf_watch;

/** How to follow connections. */
struct sf_watch_config {
    uint32_t max_ladders;    /**< connections at a time; 0: 64.  More are counted only */
    uint32_t max_rows;       /**< of one ladder, at least 64; 0: 1024 */
    const char *local_name;  /**< what runs this engine, "synfin"; may be null */
    const char *remote_name; /**< what is at the other end, "Linux"; may be null */
};

/**
 * Follow the connections of one engine through its trace.
 *
 * @param config  how; a null pointer is a configuration of zeros
 * @param watch   what follows them; a null pointer on error
 * @return SF_OK, or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_watch_open(const struct sf_watch_config *config,
                                              struct sf_watch **watch);

/**
 * Take records, in the order in which the engine wrote them.
 *
 * @param watch    what follows
 * @param records  the records
 * @param n        how many
 */
SF_API void sf_watch_feed(struct sf_watch *watch, const struct sf_trace_record *records,
                          size_t n);

/**
 * Take what a ring has taken since the last call; records that were overwritten before are
 * told as rows of all ladders that were not done.  One ring for each watch.
 *
 * @param watch  what follows
 * @param ring   the ring
 */
SF_API void sf_watch_drain(struct sf_watch *watch, const struct sf_trace_ring *ring);

/**
 * Take records of the engine at the other end, where that is ours, too: its states are then
 * told, not inferred.  Records of both ends are to be given in the order of time; of one
 * moment, those that cause something before what they cause.
 *
 * @param watch    what follows the engine at this end
 * @param records  the records of the other one
 * @param n        how many
 */
SF_API void sf_watch_feed_far(struct sf_watch *watch, const struct sf_trace_record *records,
                              size_t n);

/**
 * Take what two rings have taken since the last call, in the order of time.
 *
 * @param watch  what follows
 * @param near   of the engine at this end
 * @param far    of the engine at the other end; always the same one
 */
SF_API void sf_watch_drain_both(struct sf_watch *watch, const struct sf_trace_ring *near,
                                const struct sf_trace_ring *far);

/**
 * How many ladders there are.
 *
 * @param watch  what follows
 */
SF_API size_t sf_watch_count(const struct sf_watch *watch);

/**
 * One ladder, in the order in which the connections began.
 *
 * @param watch  what follows
 * @param i      which, below sf_watch_count()
 * @return it; lives until it is forgotten
 */
SF_API struct sf_ladder *sf_watch_ladder(const struct sf_watch *watch, size_t i);

/**
 * The first ladder that is done, or a null pointer.
 *
 * @param watch  what follows
 */
SF_API struct sf_ladder *sf_watch_done(const struct sf_watch *watch);

/**
 * Give a ladder back, which makes room for another.
 *
 * @param watch   what follows
 * @param ladder  one of its ladders; gone afterwards
 */
SF_API void sf_watch_forget(struct sf_watch *watch, struct sf_ladder *ladder);

/**
 * How many connections were not followed for want of room.
 *
 * @param watch  what follows
 */
SF_API uint64_t sf_watch_unfollowed(const struct sf_watch *watch);

/**
 * Write all ladders as one document of the schema "synfin.explain/1".
 *
 * @param watch     what follows
 * @param absolute  sequence numbers as on the wire
 * @param sink      where to
 */
SF_API void sf_watch_json(const struct sf_watch *watch, bool absolute, struct sf_sink sink);

/**
 * Give everything back, the ladders too.
 *
 * @param watch  what follows, or a null pointer
 */
SF_API void sf_watch_close(struct sf_watch *watch);

#ifdef __cplusplus
}
#endif
#endif
