/* SPDX-License-Identifier: MIT
 *
 * tcp/user_status.c - STATUS and readiness (RFC 9293 s3.10.6).
 */
#include "base/time.h"
#include "tcp/flows.h"
#include "tcp/listen.h"
#include "tcp/rtt.h"
#include "tcp/timewait.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"
#include "tcp/uto.h"

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

    sf_conn_feed(t);
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
        .delivered = c->delivered,
        .timestamps = (c->flags & SF_CF_TS) != 0,
        .sack = (c->flags & SF_CF_SACK) != 0,
        .wscale = (c->flags & SF_CF_WSCALE) != 0,
        .fast_open = c->fast_open != 0,
        .snd_wscale = c->snd_wscale,
        .rcv_wscale = c->rcv_wscale,
        .rcv_tos = c->rcv_tos,
        .user_timeout = SF_MS(sf_uto_ms(t, c)),
        .peer_uto = SF_MS(sf_uto_of_field(c->peer_uto)),
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
