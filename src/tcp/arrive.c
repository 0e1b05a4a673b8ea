/* SPDX-License-Identifier: MIT
 *
 * tcp/arrive.c - a segment comes in: to which record does it belong (RFC 9293 s3.10.7)?
 *
 *   stack/ -> [arrive.c] -> input.c, synsent.c, embryo.c, timewait.c, listen.c, or CLOSED
 */
#include "tcp/buf.h"
#include "tcp/fastopen.h"
#include "tcp/flows.h"
#include "tcp/listen.h"
#include "tcp/pmtu.h"
#include "tcp/reply.h"
#include "tcp/timewait.h"
#include "tcp/tracing.h"

/* CLOSED (s3.10.7.1): everything but a RST is answered by one. */
static enum sf_verdict closed_input(struct sf_tcp *t, const struct sf_tuple *tuple,
                                    const struct sf_seg *seg, sf_time now)
{
    sf_reply_reset(t, 0, tuple, seg, now);
    return SF_DROP_NO_CONNECTION;
}

/* A SYN may begin a new connection over one in TIME-WAIT whose handle is still held. */
static bool reuses(const struct sf_tcp *t, const struct sf_conn *c, const struct sf_seg *seg)
{
    struct sf_tw_view view = {
        .snd_nxt = c->snd_nxt,
        .rcv_nxt = c->rcv_nxt,
        .ts_recent = c->ts_recent,
        .timestamps = (c->flags & SF_CF_TS) != 0,
    };

    return c->state == SF_TIME_WAIT && (seg->flags & (SF_SYN | SF_ACK | SF_RST)) == SF_SYN &&
           sf_tw_reusable(t, &view, seg);
}

static enum sf_verdict conn_input(struct sf_tcp *t, uint32_t index,
                                  const struct sf_tuple *tuple, const struct sf_seg *seg,
                                  bool local, sf_time now)
{
    struct sf_conn *c = sf_conn_at(t, index);

    if (c->state == SF_SYN_SENT) {
        return sf_synsent_input(t, c, seg, now);
    }
    if ((seg->flags & SF_SYN) != 0 && reuses(t, c, seg)) {
        return sf_tw_input(t, sf_conn_yield(t, c, now), tuple, seg, local, now);
    }
    return sf_input(t, c, seg, now);
}

/* The state of a record, for the trace. */
static enum sf_state state_of(const struct sf_tcp *t, uint32_t id)
{
    switch (sf_timer_kind(id)) {
    case SF_ID_CONN:
        return (enum sf_state)sf_conn_at(t, sf_timer_index(id))->state;
    case SF_ID_EMBRYO:
        return SF_SYN_RECEIVED;
    case SF_ID_TW4:
    case SF_ID_TW6:
        return SF_TIME_WAIT;
    case SF_ID_LISTENER:
        return SF_LISTEN;
    default:
        return SF_CLOSED;
    }
}

static void trace_arrival(struct sf_tcp *t, uint32_t id, const struct sf_seg *seg, sf_time now)
{
    uint32_t wnd = seg->wnd;

    if (sf_timer_kind(id) == SF_ID_CONN && (seg->flags & SF_SYN) == 0) {
        wnd <<= sf_conn_at(t, sf_timer_index(id))->snd_wscale;
    }
    sf_trace_write_seg(t, id, SF_TRACE_SEG_IN, state_of(t, id), SF_PASS, seg, wnd, false, now);
}

static enum sf_verdict dispatch(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple,
                                const struct sf_seg *seg, bool local, sf_time now)
{
    uint32_t listener = 0;

    if ((seg->flags & SF_SYN) != 0 && (seg->flags & SF_FIN) != 0 && t->cfg.drop_syn_fin != 0) {
        return SF_DROP_SYN_FIN;
    }
    switch (sf_timer_kind(id)) {
    case SF_ID_CONN:
        return conn_input(t, sf_timer_index(id), tuple, seg, local, now);
    case SF_ID_EMBRYO:
        return sf_embryo_input(t, sf_timer_index(id), seg, now);
    case SF_ID_TW4:
    case SF_ID_TW6:
        return sf_tw_input(t, id, tuple, seg, local, now);
    default:
        break;
    }
    listener = sf_listener_find(t, tuple, local);
    if (listener != 0) {
        return sf_listen_input(t, listener, tuple, seg, now);
    }
    return local ? closed_input(t, tuple, seg, now) : SF_DROP_IP_DEST;
}

/* The arrival stands before what came of it; its verdict is known only afterwards. */
static enum sf_verdict traced(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple,
                              const struct sf_seg *seg, bool local, sf_time now)
{
    struct sf_trace_ring *ring = t->trace;
    uint64_t at = ring->written;
    enum sf_verdict why = SF_PASS;

    trace_arrival(t, id, seg, now);
    why = dispatch(t, id, tuple, seg, local, now);
    if (ring->written - at <= ring->capacity) {
        ring->records[at & (ring->capacity - 1)].what = (uint8_t)why;
    }
    return why;
}

enum sf_verdict sf_tcp_arrive(struct sf_tcp *t, const struct sf_tuple *tuple,
                              const struct sf_seg *seg, bool local, sf_time now)
{
    uint32_t id = sf_flow_find(t, tuple);

    return t->trace != NULL ? traced(t, id, tuple, seg, local, now)
                            : dispatch(t, id, tuple, seg, local, now);
}

/* Hard errors count before the connection is open; afterwards they are soft (RFC 5927
 * s5.2), as anybody can forge them. */
static enum sf_verdict icmp_conn(struct sf_tcp *t, struct sf_conn *c, enum sf_tcp_icmp kind,
                                 sf_time now)
{
    bool opening = c->state == SF_SYN_SENT || c->state == SF_SYN_RECEIVED;

    if (kind == SF_TCP_ICMP_HARD && opening) {
        sf_fast_open_lost(t, c, now);
        sf_conn_end(t, c, SF_EV_UNREACHABLE, SF_ERR_UNREACHABLE, now);
        return SF_PASS;
    }
    sf_conn_soft(t, c, SF_ERR_UNREACHABLE);
    return SF_PASS;
}

enum sf_verdict sf_tcp_icmp(struct sf_tcp *t, const struct sf_tuple *tuple,
                            enum sf_tcp_icmp kind, sf_seq quoted, uint32_t mtu, sf_time now)
{
    uint32_t id = sf_flow_find(t, tuple);
    struct sf_conn *c = NULL;

    if (sf_timer_kind(id) == SF_ID_EMBRYO) {
        uint32_t embryo = sf_timer_index(id);

        if (!sf_seq_eq(quoted, sf_embryo_at(t, embryo)->iss)) {
            return SF_DROP_ICMP_QUOTE;
        }
        if (kind == SF_TCP_ICMP_TOO_BIG) {
            return sf_embryo_too_big(t, embryo, mtu);
        }
        if (kind == SF_TCP_ICMP_HARD) {
            sf_embryo_end(t, embryo, SF_EV_UNREACHABLE, now);
        }
        return SF_PASS;
    }
    if (sf_timer_kind(id) != SF_ID_CONN) {
        return SF_DROP_ICMP_QUOTE;
    }
    c = sf_conn_at(t, sf_timer_index(id));
    /* RFC 5927 s4.1: it must quote something that is outstanding. */
    if (!sf_seq_in(quoted, c->snd_una, sf_seq_span(c->snd_una, c->snd_nxt))) {
        return SF_DROP_ICMP_QUOTE;
    }
    if (kind == SF_TCP_ICMP_TOO_BIG) {
        return sf_pmtu_too_big(t, c, mtu) ? SF_PASS : SF_DROP_ICMP;
    }
    return icmp_conn(t, c, kind, now);
}
