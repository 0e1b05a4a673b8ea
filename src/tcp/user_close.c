/* SPDX-License-Identifier: MIT
 *
 * tcp/user_close.c - CLOSE of a half and of the whole, ABORT (RFC 9293 s3.10.4, s3.10.5,
 * s3.6.1).
 *
 *   stack/calls.c -> [user_close.c] -> a FIN is owed, or a RST, or nothing
 */
#include "base/assert.h"
#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/isn.h"
#include "tcp/listen.h"
#include "tcp/reply.h"
#include "tcp/tracing.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"

static void trace_call(struct sf_tcp *t, const struct sf_conn *c, enum sf_trace_call call,
                       sf_time now)
{
    sf_trace_note(t, sf_conn_id(t, c), SF_TRACE_CALL, (enum sf_state)c->state, call, 0, 0, now);
}

/* A FIN follows what was sent.  FIN-WAIT-1 begins with the call; LAST-ACK when the FIN
 * leaves; in SYN-RECEIVED it waits if there is text before it (RFC 9293 s3.10.4). */
static void queue_fin(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    const struct sf_work *w = sf_conn_work(t, c);

    c->flags |= SF_CF_FIN_QUEUED;
    if (c->state == SF_ESTABLISHED ||
        (c->state == SF_SYN_RECEIVED && (w == NULL || w->unsent == 0))) {
        sf_conn_apply(t, c, SF_EV_FIN_SENT, now);
    }
    sf_conn_owe(t, c);
    sf_conn_tell(t, c, false);
}

enum sf_err sf_user_shutdown(struct sf_tcp *t, struct sf_handle handle, sf_time now)
{
    struct sf_conn *c = NULL;
    enum sf_err err = sf_handle_conn(t, handle, &c);

    if (err != SF_OK) {
        return err;
    }
    if (c->error != SF_OK) {
        return (enum sf_err)c->error;
    }
    if ((c->flags & SF_CF_FIN_QUEUED) == 0 && c->state != SF_CLOSED) {
        trace_call(t, c, SF_CALL_SHUTDOWN, now);
        queue_fin(t, c, now);
    }
    return SF_OK;
}

/* RST: SEQ = SND.NXT.  States that have nothing to reset are just deleted (s3.10.5). */
static void reset(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    switch ((enum sf_state)c->state) {
    case SF_SYN_RECEIVED:
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_1:
    case SF_FIN_WAIT_2:
    case SF_CLOSE_WAIT:
        sf_conn_kill(t, c, SF_EV_ABORT, SF_ERR_ABORTED, now);
        break;
    case SF_SYN_SENT:
    case SF_CLOSING:
    case SF_LAST_ACK:
    case SF_TIME_WAIT:
        sf_conn_end(t, c, SF_EV_ABORT, SF_ERR_ABORTED, now);
        break;
    case SF_CLOSED:
    case SF_LISTEN:
        break;
    }
}

/* The application lets go: the handle is stale from now on. */
static void release(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    c->flags = (uint16_t)((c->flags & ~SF_CF_ACCEPTED) | SF_CF_ORPHAN);
    c->generation++;
    if (c->ready.next != 0) {
        sf_list_remove(&t->ready, &t->conns, offsetof(struct sf_conn, ready),
                       sf_conn_index(t, c));
    }
    if (!sf_conn_settle(t, c, now)) {
        sf_conn_slow_timer(t, c, now);
    }
}

static void close_conn(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    const struct sf_work *w = sf_conn_work(t, c);
    bool unread = w != NULL && (w->rcv.octets != 0 || w->ooo_octets != 0);

    trace_call(t, c, SF_CALL_CLOSE, now);
    switch ((enum sf_state)c->state) {
    case SF_SYN_SENT:
        sf_conn_end(t, c, SF_EV_DELETE, SF_ERR_CLOSING, now);
        break;
    case SF_SYN_RECEIVED:
    case SF_ESTABLISHED:
    case SF_FIN_WAIT_1:
    case SF_FIN_WAIT_2:
    case SF_CLOSE_WAIT:
        if (unread) {
            /* SHLD-3: the peer must learn that its octets were not read. */
            reset(t, c, now);
            break;
        }
        if ((c->flags & SF_CF_FIN_QUEUED) == 0) {
            queue_fin(t, c, now);
        }
        break;
    case SF_CLOSED:
    case SF_LISTEN:
    case SF_CLOSING:
    case SF_LAST_ACK:
    case SF_TIME_WAIT:
        break;
    }
    release(t, c, now);
}

/* A listener goes: so do those in its queues, with a RST ([EXT] of s3.10.4). */
static void close_listener(struct sf_tcp *t, uint32_t index, sf_time now)
{
    struct sf_listener *l = sf_listener_at(t, index);

    while (l->embryos.head != 0) {
        const struct sf_embryo *e = sf_embryo_at(t, l->embryos.head);
        struct sf_reply rst = {
            .tuple = e->tuple,
            .seq = sf_seq_add(e->iss, 1),
            .ack = sf_seq_add(e->irs, 1),
            .id = sf_timer_id(SF_ID_EMBRYO, l->embryos.head),
            .has_ts = (e->flags & SF_EF_TS) != 0,
            .tsval = sf_ts_clock(now) + sf_ts_offset(t, &e->tuple),
            .tsecr = e->ts_recent,
        };

        sf_choice_reply(t, l->choice, &rst);
        sf_reply_abort(t, &rst);
        sf_embryo_end(t, l->embryos.head, SF_EV_ABORT, now);
    }
    while (l->accepts.head != 0) {
        struct sf_conn *c = sf_conn_at(t, l->accepts.head);

        if (c->state != SF_CLOSED) {
            sf_conn_kill(t, c, SF_EV_ABORT, SF_ERR_ABORTED, now);
        } else {
            c->flags |= SF_CF_ORPHAN; /* it died while it waited */
            (void)sf_conn_settle(t, c, now);
        }
    }
    if (l->ready.next != 0) {
        sf_list_remove(&t->ready_listeners, &t->listeners, offsetof(struct sf_listener, ready),
                       index);
    }
    sf_listener_unlink(t, index);
    sf_choice_drop(t, &l->choice);
    l->generation++;
    l->syn_limit = 0;
    sf_pool_put(&t->listeners, index);
}

enum sf_err sf_user_close(struct sf_tcp *t, struct sf_handle handle, sf_time now)
{
    struct sf_listener *l = NULL;
    struct sf_conn *c = NULL;

    if (sf_handle_listener(t, handle, &l) == SF_OK) {
        close_listener(t, sf_timer_index(handle.index), now);
        return SF_OK;
    }
    if (sf_handle_conn(t, handle, &c) != SF_OK) {
        return SF_ERR_STALE;
    }
    close_conn(t, c, now);
    return SF_OK;
}

enum sf_err sf_user_abort(struct sf_tcp *t, struct sf_handle handle, sf_time now)
{
    struct sf_listener *l = NULL;
    struct sf_conn *c = NULL;

    if (sf_handle_listener(t, handle, &l) == SF_OK) {
        close_listener(t, sf_timer_index(handle.index), now);
        return SF_OK;
    }
    if (sf_handle_conn(t, handle, &c) != SF_OK) {
        return SF_ERR_STALE;
    }
    trace_call(t, c, SF_CALL_ABORT, now);
    reset(t, c, now);
    release(t, c, now);
    return SF_OK;
}
