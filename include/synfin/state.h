/* SPDX-License-Identifier: MIT
 *
 * synfin/state.h - the TCP state machine as data (RFC 9293 s3.3.2 and s3.10).
 *
 * (state, event) -> state, a pure function over a table.  The engine applies it through
 * one function, the explainer infers the far end's state with it, and the drawing in the
 * docs is printed from it.  What RFC 9293's figure 5 does not have is marked "ext:".
 */
#ifndef SYNFIN_STATE_H
#define SYNFIN_STATE_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The eleven states (RFC 9293 s3.3.2). */
enum sf_state {
    SF_CLOSED = 0,
    SF_LISTEN,
    SF_SYN_SENT,
    SF_SYN_RECEIVED,
    SF_ESTABLISHED,
    SF_FIN_WAIT_1,
    SF_FIN_WAIT_2,
    SF_CLOSE_WAIT,
    SF_CLOSING,
    SF_LAST_ACK,
    SF_TIME_WAIT
};

/** How many states there are. */
#define SF_STATES 11

/** What sf_state_next() answers where the table has no arrow. */
#define SF_NO_ARROW (-1)

/** What can move a connection from one state to another. */
enum sf_event_kind {
    SF_EV_OPEN_PASSIVE = 0, /**< user call OPEN, passive */
    SF_EV_OPEN_ACTIVE,      /**< user call OPEN, active: SYN sent */
    SF_EV_SYN,              /**< a SYN without ACK arrived and was taken */
    SF_EV_SYN_ACK,          /**< a SYN that acknowledges our SYN arrived */
    SF_EV_ACK_OF_SYN,       /**< our SYN was acknowledged, in SYN-RECEIVED */
    SF_EV_FIN_SENT,         /**< CLOSE or SHUTDOWN: our FIN enters the sequence space */
    SF_EV_ACK_OF_FIN,       /**< our FIN was acknowledged */
    SF_EV_FIN,              /**< the peer's FIN arrived in order */
    SF_EV_FIN_ACKING,       /**< the peer's FIN arrived and acknowledges ours too */
    SF_EV_RST,              /**< an acceptable RST arrived */
    SF_EV_ABORT,            /**< user call ABORT, or CLOSE with unread data */
    SF_EV_DELETE,           /**< CLOSE of a listener, or before anything was exchanged */
    SF_EV_TIMEOUT,          /**< R2, user timeout, probes or keepalives unanswered */
    SF_EV_ORPHANED,         /**< ext: nobody reads any more: FIN-WAIT-2's limit, late data */
    SF_EV_2MSL,             /**< the TIME-WAIT timer expired */
    SF_EV_UNREACHABLE,      /**< a hard ICMP error before the connection was open */
    SF_EV_COOKIE,           /**< ext: RFC 4987 s3.6, an ACK that carries a valid cookie */
    SF_EV_REUSE,            /**< ext: RFC 6191, RFC 1122: a new SYN takes over TIME-WAIT */
    SF_EV_RESTORE,          /**< ext: a reuse was reset: the TIME-WAIT record is back */
    SF_EV_IMPORT            /**< ext: a record taken over from another stack */
};

/** How many events there are. */
#define SF_EVENT_KINDS 20

/** One arrow of the diagram. */
struct sf_arrow {
    uint8_t from;       /**< enum sf_state */
    uint8_t event;      /**< enum sf_event_kind */
    uint8_t to;         /**< enum sf_state */
    const char *clause; /**< where it is written; begins with "ext:" beyond RFC 9293 */
};

/**
 * The state that follows, as an enum sf_state, or SF_NO_ARROW.
 *
 * Pure.  LISTEN with SF_EV_SYN gives the state of the child; the listener itself stays.
 *
 * @param from   the state before
 * @param event  what happened
 */
SF_API int sf_state_next(enum sf_state from, enum sf_event_kind event);

/**
 * The table itself, for drawings and exhaustive tests.
 *
 * @param count  where the number of arrows is put
 * @return the first arrow; the table lives as long as the program
 */
SF_API const struct sf_arrow *sf_state_arrows(size_t *count);

/**
 * The stable name of a state in all output: "SYN_RECEIVED".
 *
 * @param state  the state; an unknown value gives "?"
 */
SF_API const char *sf_state_name(enum sf_state state);

/**
 * A short stable name of an event: "ack-of-fin".
 *
 * @param event  the event; an unknown value gives "?"
 */
SF_API const char *sf_event_name(enum sf_event_kind event);

#ifdef __cplusplus
}
#endif
#endif
