/* SPDX-License-Identifier: MIT
 *
 * synfin/trace.h - what the engine decided, as records in a ring of the caller's.
 *
 * Old records are overwritten; `written` counts all of them, so that a reader knows how
 * many it missed.  With no ring attached tracing costs one branch.
 *
 * A record names its connection by the id of the engine's record.  An id changes when a
 * connection moves to another kind of record (SYN-RECEIVED to a connection, a connection
 * to TIME-WAIT): an SF_TRACE_MOVE links the two.  An SF_TRACE_STATE to CLOSED ends an id.
 */
#ifndef SYNFIN_TRACE_H
#define SYNFIN_TRACE_H

#include "synfin/state.h"
#include "synfin/types.h"
#include "synfin/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a record tells. */
enum sf_trace_kind {
    SF_TRACE_BEGIN = 1, /**< an id begins: endpoints, state */
    SF_TRACE_MOVE,      /**< the connection of id goes on as other */
    SF_TRACE_STATE,     /**< from, event, state */
    SF_TRACE_SEG_IN,    /**< a segment arrived: seg and verdict; state is that before it */
    SF_TRACE_SEG_OUT,   /**< a segment leaves: seg; state is that at that moment */
    SF_TRACE_TIMER,     /**< a timer fired: what */
    SF_TRACE_LOSS,      /**< a loss was detected: what, seg.seq and seg.octets */
    SF_TRACE_WINDOW,    /**< congestion window: seg.seq is cwnd, seg.ack is ssthresh */
    SF_TRACE_CALL       /**< a call of the user's: what */
};

/** Which timer. */
enum sf_trace_timer {
    SF_TIMER_RTO = 1,
    SF_TIMER_PERSIST,
    SF_TIMER_DELAYED_ACK,
    SF_TIMER_KEEPALIVE,
    SF_TIMER_FIN_WAIT_2,
    SF_TIMER_2MSL,
    SF_TIMER_USER,
    SF_TIMER_SYN_ACK
};

/** Which call. */
enum sf_trace_call {
    SF_CALL_OPEN = 1,
    SF_CALL_SEND,
    SF_CALL_RECEIVE,
    SF_CALL_SHUTDOWN,
    SF_CALL_CLOSE,
    SF_CALL_ABORT,
    SF_CALL_ACCEPT
};

/** How a loss was detected. */
enum sf_trace_loss {
    SF_LOSS_DUPLICATES = 1, /**< three duplicate acknowledgements (RFC 5681 s3.2) */
    SF_LOSS_PARTIAL,        /**< a partial acknowledgement (RFC 6582) */
    SF_LOSS_RTO             /**< the retransmission timer */
};

/** A segment as traced, absolute sequence numbers. */
struct sf_trace_seg {
    uint32_t seq, ack;
    uint32_t wnd;    /**< the window field, scaled where scaling is in force */
    uint32_t octets; /**< of text */
    uint32_t tsval, tsecr;
    uint8_t flags;      /**< control bits as on the wire */
    uint8_t options;    /**< 1 MSS, 2 window scale, 4 SACK permitted, 8 timestamps, 16 SACK,
                             32 Fast Open, 128 user timeout */
    uint8_t retransmit; /**< 1: sent before */
    uint8_t n_sack;
    uint16_t mss;   /**< with option 1; 0: not told */
    uint8_t wscale; /**< with option 2 */
};

/** The ends of a connection as traced. */
struct sf_trace_ends {
    uint8_t local[16], remote[16];
    uint16_t local_port, remote_port;
    uint8_t family; /**< enum sf_family */
    uint8_t active; /**< 1: this end sent the first SYN */
};

/** One record. */
struct sf_trace_record {
    uint64_t at_ns; /**< the engine's now */
    uint32_t id;    /**< of the connection; 0: none (a segment for no connection) */
    uint8_t kind;   /**< enum sf_trace_kind */
    uint8_t state;  /**< enum sf_state, after the event */
    uint8_t from;   /**< SF_TRACE_STATE: the state before */
    uint8_t what;   /**< enum sf_event_kind, sf_trace_timer, _loss, _call, or sf_verdict */
    union {
        struct sf_trace_seg seg;
        struct sf_trace_ends ends;
        uint32_t other; /**< SF_TRACE_MOVE */
    } u;
};

/** A ring of records, in the caller's memory. */
struct sf_trace_ring {
    struct sf_trace_record *records;
    uint32_t capacity; /**< a power of two */
    uint64_t written;  /**< how many were written since the start; the next one goes to
                            records[written % capacity] */
};

#ifdef __cplusplus
}
#endif
#endif
