/* SPDX-License-Identifier: MIT
 *
 * tcp/tracing.h - records of what was decided, into the ring of the caller's.
 *
 * Each is a branch that is not taken while no ring is attached.
 */
#ifndef SF_TCP_TRACING_H
#define SF_TCP_TRACING_H

#include "tcp/tcp.h"

/* NOLINTBEGIN(readability-function-size): a record has so many fields, and nothing is to be
 * put together while nobody wants it. */

/* The bodies, with a ring attached. */
void sf_trace_write_begin(struct sf_tcp *t, uint32_t id, enum sf_state state,
                          const struct sf_tuple *tuple, bool active, sf_time now);
void sf_trace_write_move(struct sf_tcp *t, uint32_t id, uint32_t other, sf_time now);
void sf_trace_write_state(struct sf_tcp *t, uint32_t id, enum sf_state from,
                          enum sf_event_kind event, enum sf_state to, sf_time now);
void sf_trace_write_seg(struct sf_tcp *t, uint32_t id, enum sf_trace_kind kind,
                        enum sf_state state, enum sf_verdict verdict, const struct sf_seg *seg,
                        uint32_t wnd, bool again, sf_time now);
void sf_trace_write(struct sf_tcp *t, uint32_t id, enum sf_trace_kind kind, enum sf_state state,
                    uint32_t what, uint32_t a, uint32_t b, sf_time now);

static inline void sf_trace_begin(struct sf_tcp *t, uint32_t id, enum sf_state state,
                                  const struct sf_tuple *tuple, bool active, sf_time now)
{
    if (t->trace != NULL) {
        sf_trace_write_begin(t, id, state, tuple, active, now);
    }
}

static inline void sf_trace_move(struct sf_tcp *t, uint32_t id, uint32_t other, sf_time now)
{
    if (t->trace != NULL) {
        sf_trace_write_move(t, id, other, now);
    }
}

static inline void sf_trace_state(struct sf_tcp *t, uint32_t id, enum sf_state from,
                                  enum sf_event_kind event, enum sf_state to, sf_time now)
{
    if (t->trace != NULL) {
        sf_trace_write_state(t, id, from, event, to, now);
    }
}

/* A timer, loss, window or call: what it was, and two numbers (seg.seq, seg.octets; for
 * SF_TRACE_WINDOW cwnd and ssthresh in seg.seq and seg.ack). */
static inline void sf_trace_note(struct sf_tcp *t, uint32_t id, enum sf_trace_kind kind,
                                 enum sf_state state, uint32_t what, uint32_t a, uint32_t b,
                                 sf_time now)
{
    if (t->trace != NULL) {
        sf_trace_write(t, id, kind, state, what, a, b, now);
    }
}

/* NOLINTEND(readability-function-size) */

#endif
