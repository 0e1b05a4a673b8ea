/* SPDX-License-Identifier: MIT
 *
 * tcp/user_status.c - STATUS, readiness, options, and the walk over all records
 * (RFC 9293 s3.10.6).
 */
#include "base/time.h"
#include "tcp/flows.h"
#include "tcp/listen.h"
#include "tcp/rtt.h"
#include "tcp/timewait.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"

uint32_t sf_user_ready(const struct sf_tcp *t, struct sf_handle handle)
{
    struct sf_conn *c = NULL;
    struct sf_listener *l = NULL;

    if (sf_handle_conn(t, handle, &c) == SF_OK) {
        return sf_conn_ready(t, c);
    }
    return sf_handle_listener(t, handle, &l) == SF_OK ? sf_listener_ready(l) : 0;
}

size_t sf_user_events(struct sf_tcp *t, struct sf_ready_event *events, size_t n)
{
    size_t count = 0;
    uint32_t index = 0;

    while (count < n && (index = sf_list_pop_head(&t->ready_listeners, &t->listeners,
                                                  offsetof(struct sf_listener, ready))) != 0) {
        struct sf_listener *l = sf_listener_at(t, index);

        events[count++] = (struct sf_ready_event){
            .handle = {sf_timer_id(SF_ID_LISTENER, index), l->generation},
            .ready = sf_listener_ready(l),
            .user = l->user,
        };
        l->overflowed = 0;
    }
    while (count < n && (index = sf_list_pop_head(&t->ready, &t->conns,
                                                  offsetof(struct sf_conn, ready))) != 0) {
        struct sf_conn *c = sf_conn_at(t, index);
        uint32_t ready = sf_conn_ready(t, c);

        c->told = (uint16_t)ready;
        c->ready_soft = 0;
        c->told &= (uint16_t)~SF_READY_SOFT;
        events[count++] = (struct sf_ready_event){
            .handle = sf_conn_handle(t, c),
            .ready = ready,
            .user = c->user,
        };
    }
    return count;
}

static void listener_status(const struct sf_listener *l, struct sf_status *status)
{
    status->state = SF_LISTEN;
    status->local.addr.family = l->family;
    memcpy(status->local.addr.octets, l->addr, 16);
    status->local.port = l->port;
    status->waiting = l->accepts.count;
    status->half_open = l->embryos.count;
    status->overflows = l->overflows;
}

static sf_span left_of(const struct sf_tcp *t, uint32_t timer, sf_time now)
{
    if (!sf_wheel_armed(&t->wheel, timer)) {
        return (sf_span){0};
    }
    return sf_time_sub(sf_wheel_at(&t->wheel, timer), now);
}

static void work_status(const struct sf_tcp *t, const struct sf_conn *c,
                        const struct sf_work *w, struct sf_status *status)
{
    status->cwnd = w == NULL ? c->cwnd : w->cc.cwnd;
    status->ssthresh = w == NULL ? c->ssthresh : w->cc.ssthresh;
    status->room = c->sndbuf;
    status->rto = sf_rtt_backed_off(t, c, w == NULL ? 0 : w->backoff);
    if (w == NULL) {
        return;
    }
    status->readable = w->rcv.octets;
    status->held = w->ooo_octets;
    status->unsent = w->unsent;
    status->unacked = w->snd.octets - w->unsent;
    status->room = c->sndbuf > w->snd.octets ? c->sndbuf - w->snd.octets : 0;
}

static void conn_status(const struct sf_tcp *t, const struct sf_conn *c,
                        struct sf_status *status, sf_time now)
{
    *status = (struct sf_status){
        .state = (enum sf_state)c->state,
        .error = (enum sf_err)c->error,
        .soft = (enum sf_err)c->soft,
        .iss = c->iss.v,
        .irs = c->irs.v,
        .snd_una = c->snd_una.v,
        .snd_nxt = c->snd_nxt.v,
        .snd_wnd = c->snd_wnd,
        .rcv_nxt = c->rcv_nxt.v,
        .rcv_wnd = sf_seq_span(c->rcv_nxt, c->rcv_adv),
        .mss = sf_conn_mss(c, sf_conn_options(c)),
        .pmtu = c->pmtu,
        .srtt = SF_US(c->srtt_us),
        .rttvar = SF_US(c->rttvar_us),
        .retransmits = c->retransmits,
        .total_retransmits = c->total_retransmits,
        .timestamps = (c->flags & SF_CF_TS) != 0,
        .sack = (c->flags & SF_CF_SACK) != 0,
        .wscale = (c->flags & SF_CF_WSCALE) != 0,
        .snd_wscale = c->snd_wscale,
        .rcv_wscale = c->rcv_wscale,
    };
    sf_tuple_ends(&c->tuple, &status->local, &status->remote);
    work_status(t, c, sf_conn_work(t, c), status);
    if (c->state == SF_TIME_WAIT) {
        status->until = left_of(t, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c)), now);
    }
}

enum sf_err sf_user_status(const struct sf_tcp *t, struct sf_handle handle,
                           struct sf_status *status, sf_time now)
{
    struct sf_conn *c = NULL;
    struct sf_listener *l = NULL;

    *status = (struct sf_status){.state = SF_CLOSED};
    if (sf_handle_listener(t, handle, &l) == SF_OK) {
        listener_status(l, status);
        return SF_OK;
    }
    if (sf_handle_conn(t, handle, &c) != SF_OK) {
        return SF_ERR_STALE;
    }
    conn_status(t, c, status, now);
    return SF_OK;
}

enum sf_err sf_user_set_user(struct sf_tcp *t, struct sf_handle handle, uint64_t user)
{
    struct sf_conn *c = NULL;
    struct sf_listener *l = NULL;

    if (sf_handle_listener(t, handle, &l) == SF_OK) {
        l->user = user;
        return SF_OK;
    }
    if (sf_handle_conn(t, handle, &c) != SF_OK) {
        return SF_ERR_STALE;
    }
    c->user = user;
    return SF_OK;
}

static void set_flag(struct sf_conn *c, uint16_t flag, uint64_t value)
{
    c->flags = (uint16_t)(value != 0 ? c->flags | flag : c->flags & ~flag);
}

/* Values in milliseconds and octets have to fit 32 bits, and not be 0 where that has no
 * meaning. */
static bool in_range(enum sf_option option, uint64_t value)
{
    switch (option) {
    case SF_OPTION_NODELAY:
    case SF_OPTION_CORK:
    case SF_OPTION_KEEPALIVE:
    case SF_OPTION_QUICKACK:
        return value <= 1;
    case SF_OPTION_KEEPALIVE_PROBES:
        return value >= 1 && value <= 255;
    case SF_OPTION_USER_TIMEOUT:
        return value <= UINT32_MAX;
    case SF_OPTION_KEEPALIVE_IDLE:
    case SF_OPTION_KEEPALIVE_INTERVAL:
        return value >= 1 && value <= UINT32_MAX;
    case SF_OPTION_RCVBUF:
    case SF_OPTION_SNDBUF:
        return value >= 256 && value <= (UINT32_C(1) << 30);
    }
    return false;
}

/* The user timeout holds from now on for what is outstanding. */
static void set_user_timeout(struct sf_tcp *t, struct sf_conn *c, uint64_t ms, sf_time now)
{
    const struct sf_work *w = sf_conn_work(t, c);

    c->user_timeout_ms = (uint32_t)ms;
    if (w == NULL || w->sent_head == 0) {
        return;
    }
    if (ms == 0) {
        sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_USER, c->work));
    } else {
        sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_USER, c->work), sf_time_add(now, SF_MS(ms)));
    }
}

enum sf_err sf_user_set_option(struct sf_tcp *t, struct sf_handle handle, enum sf_option option,
                               uint64_t value, sf_time now)
{
    struct sf_conn *c = NULL;
    enum sf_err err = sf_handle_conn(t, handle, &c);

    if (err != SF_OK) {
        return err;
    }
    if (!in_range(option, value)) {
        return SF_ERR_INVAL;
    }
    switch (option) {
    case SF_OPTION_NODELAY:
        set_flag(c, SF_CF_NODELAY, value);
        break;
    case SF_OPTION_CORK:
        set_flag(c, SF_CF_CORK, value);
        break;
    case SF_OPTION_KEEPALIVE:
        set_flag(c, SF_CF_KEEPALIVE, value);
        break;
    case SF_OPTION_KEEPALIVE_IDLE:
        c->keep_idle_ms = (uint32_t)value;
        break;
    case SF_OPTION_KEEPALIVE_INTERVAL:
        c->keep_interval_ms = (uint32_t)value;
        break;
    case SF_OPTION_KEEPALIVE_PROBES:
        c->keep_limit = (uint8_t)value;
        break;
    case SF_OPTION_USER_TIMEOUT:
        set_user_timeout(t, c, value, now);
        break;
    case SF_OPTION_RCVBUF:
        c->rcvbuf = (uint32_t)value;
        break;
    case SF_OPTION_SNDBUF:
        c->sndbuf = (uint32_t)value;
        break;
    case SF_OPTION_QUICKACK:
        set_flag(c, SF_CF_QUICKACK, value);
        break;
    }
    if (c->state != SF_CLOSED) {
        sf_conn_slow_timer(t, c, now);
        sf_conn_owe(t, c); /* what was held back may go */
    }
    return SF_OK;
}
