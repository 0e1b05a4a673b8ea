/* SPDX-License-Identifier: MIT
 *
 * tcp/user_open.c - OPEN, active and passive, and ACCEPT (RFC 9293 s3.10.1).
 *
 *   stack/calls.c -> [user_open.c] -> a SYN is owed; a listener listens
 */
#include "base/time.h"
#include "tcp/fastopen.h"
#include "tcp/flows.h"
#include "tcp/isn.h"
#include "tcp/listen.h"
#include "tcp/output.h"
#include "tcp/reply.h"
#include "tcp/rtt.h"
#include "tcp/tracing.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"
#include "tcp/window.h"

enum { SYN_QUEUE_DEFAULT = 256, ACCEPT_QUEUE_DEFAULT = 128 };

/* Below 2^31 microseconds, in which an embryo's age is reckoned. */
enum { DEFER_MS_MAX = 1800000 };

/* A connection in SYN-SENT, its SYN registered as a transmission that is to go out. */
static enum sf_err begin_active(struct sf_tcp *t, const struct sf_open *open,
                                const struct sf_tuple *tuple, uint32_t pmtu, uint32_t *made,
                                sf_time now)
{
    uint32_t index = sf_conn_take(t, tuple);
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    uint32_t sent = 0;

    if (index == 0) {
        return SF_ERR_NO_MEMORY;
    }
    c = sf_conn_at(t, index);
    c->flags = SF_CF_ACTIVE | SF_CF_ACCEPTED;
    c->user = open->user;
    c->pmtu = (uint16_t)pmtu;
    c->rcvbuf = open->rcvbuf_octets != 0 ? open->rcvbuf_octets : t->cfg.rcvbuf_octets;
    c->sndbuf = open->sndbuf_octets != 0 ? open->sndbuf_octets : t->cfg.sndbuf_octets;
    c->mss_peer = tuple->family == SF_IPV4 ? SF_MSS_DEFAULT_4 : SF_MSS_DEFAULT_6;
    c->offers = sf_conn_offers(&t->cfg);
    c->rcv_wscale = sf_window_scale(t, c->rcvbuf);
    c->ts_offset = sf_ts_offset(t, tuple);
    c->iss = sf_isn(t, tuple, now);
    c->snd_una = c->iss;
    c->snd_nxt = sf_seq_add(c->iss, 1);
    sf_rtt_init(t, c);
    w = sf_conn_wake(t, c, now);
    sent = w == NULL ? 0 : sf_sent_add(t, w, c->iss, 0, SF_SENT_SYN | SF_SENT_LOST);
    if (sent == 0) {
        sf_conn_discard(t, c, now);
        return SF_ERR_NO_MEMORY;
    }
    w->lost_first = sent;
    w->fast_open = sf_fast_open_wanted(open->fast_open);
    w->active_ms = sf_time_ms32(now);
    *made = index;
    return SF_OK;
}

enum sf_err sf_user_open(struct sf_tcp *t, const struct sf_open *open, struct sf_tuple *tuple,
                         uint32_t pmtu, struct sf_handle *handle, sf_time now)
{
    uint32_t index = 0;
    enum sf_err err = SF_OK;
    struct sf_conn *c = NULL;

    *handle = (struct sf_handle){0, 0};
    if (tuple->rport == 0) {
        return SF_ERR_INVAL;
    }
    if (tuple->lport == 0 && !sf_port_choose(t, tuple)) {
        return SF_ERR_NO_PORT;
    }
    if (sf_flow_find(t, tuple) != 0) {
        return SF_ERR_EXISTS;
    }
    err = begin_active(t, open, tuple, pmtu, &index, now);
    if (err != SF_OK) {
        return err;
    }
    c = sf_conn_at(t, index);
    sf_trace_begin(t, sf_conn_id(t, c), SF_CLOSED, &c->tuple, true, now);
    sf_trace_note(t, sf_conn_id(t, c), SF_TRACE_CALL, SF_CLOSED, SF_CALL_OPEN, 0, 0, now);
    sf_conn_apply(t, c, SF_EV_OPEN_ACTIVE, now);
    sf_conn_owe(t, c);
    *handle = sf_conn_handle(t, c);
    return SF_OK;
}

enum sf_err sf_user_set_offers(struct sf_tcp *t, uint8_t timestamps, uint8_t window_scaling,
                               uint8_t sack)
{
    if (timestamps > SF_OFFER_ANSWER || window_scaling > SF_OFFER_ANSWER ||
        sack > SF_OFFER_ANSWER) {
        return SF_ERR_INVAL;
    }
    t->cfg.timestamps = timestamps;
    t->cfg.window_scaling = window_scaling;
    t->cfg.sack = sack;
    return SF_OK;
}

/* Is there a listener of exactly this address and port (MUST-41)? */
static bool taken(const struct sf_tcp *t, const struct sf_listen *listen)
{
    const struct sf_endpoint *at = &listen->local;
    uint32_t index = t->listener_ports[at->port % 64];

    while (index != 0) {
        const struct sf_listener *l = sf_listener_at(t, index);

        if (l->port == at->port && l->family == at->addr.family &&
            (l->family == SF_UNSPEC || memcmp(l->addr, at->addr.octets, 16) == 0)) {
            return true;
        }
        index = l->link;
    }
    return false;
}

static bool listen_ok(const struct sf_listen *listen)
{
    return listen->syn_cookies <= SF_COOKIES_ALWAYS &&
           listen->syn_overflow <= SF_OVERFLOW_RESET &&
           listen->accept_overflow <= SF_OVERFLOW_RESET &&
           listen->defer_accept_ms <= DEFER_MS_MAX;
}

enum sf_err sf_user_listen(struct sf_tcp *t, const struct sf_listen *listen,
                           struct sf_handle *handle)
{
    uint32_t index = 0;
    struct sf_listener *l = NULL;
    uint32_t generation = 0;

    *handle = (struct sf_handle){0, 0};
    if (!listen_ok(listen)) {
        return SF_ERR_INVAL;
    }
    if (taken(t, listen)) {
        return SF_ERR_ADDR_IN_USE;
    }
    index = sf_pool_take(&t->listeners);
    if (index == 0) {
        return SF_ERR_NO_MEMORY;
    }
    l = sf_listener_at(t, index);
    generation = l->generation + 1;
    *l = (struct sf_listener){
        .generation = generation,
        .user = listen->user,
        .port = listen->local.port,
        .family = listen->local.addr.family,
        .any_address = listen->any_address,
        .policy = listen->policy,
        .cookies = listen->syn_cookies != 0 ? listen->syn_cookies : t->cfg.syn_cookies,
        .syn_overflow = listen->syn_overflow,
        .accept_overflow = listen->accept_overflow,
        .defer_ms = listen->defer_accept_ms,
        /* Somebody has to be asked before anything opens. */
        .fast_open = listen->policy == SF_SYN_ASK ? 0 : listen->fast_open,
        .fast_open_no_cookie = listen->fast_open_no_cookie,
        .syn_limit = listen->syn_queue != 0 ? listen->syn_queue : SYN_QUEUE_DEFAULT,
        .accept_limit = listen->accept_queue != 0 ? listen->accept_queue : ACCEPT_QUEUE_DEFAULT,
        .rcvbuf = listen->rcvbuf_octets != 0 ? listen->rcvbuf_octets : t->cfg.rcvbuf_octets,
        .sndbuf = listen->sndbuf_octets != 0 ? listen->sndbuf_octets : t->cfg.sndbuf_octets,
    };
    if (l->family != SF_UNSPEC) {
        memcpy(l->addr, listen->local.addr.octets, l->family == SF_IPV4 ? 4 : 16);
    }
    sf_listener_link(t, index);
    *handle = (struct sf_handle){sf_timer_id(SF_ID_LISTENER, index), generation};
    return SF_OK;
}

enum sf_err sf_user_accept(struct sf_tcp *t, struct sf_handle listener,
                           struct sf_handle *handle)
{
    struct sf_listener *l = NULL;
    struct sf_conn *c = NULL;
    uint32_t index = 0;
    enum sf_err err = sf_handle_listener(t, listener, &l);

    *handle = (struct sf_handle){0, 0};
    if (err != SF_OK) {
        return err;
    }
    index = sf_list_pop_head(&l->accepts, &t->conns, offsetof(struct sf_conn, queue));
    if (index == 0) {
        return SF_ERR_AGAIN;
    }
    c = sf_conn_at(t, index);
    c->listener = 0;
    c->flags |= SF_CF_ACCEPTED;
    *handle = sf_conn_handle(t, c);
    sf_conn_tell(t, c, true);
    return SF_OK;
}

enum sf_err sf_user_syn_next(struct sf_tcp *t, struct sf_handle listener, struct sf_syn *syn)
{
    struct sf_listener *l = NULL;
    enum sf_err err = sf_handle_listener(t, listener, &l);
    size_t offset = offsetof(struct sf_embryo, list);

    *syn = (struct sf_syn){0};
    if (err != SF_OK) {
        return err;
    }
    for (uint32_t i = sf_list_first(&l->embryos); i != 0;
         i = sf_list_next(&t->embryos, offset, i)) {
        struct sf_embryo *e = sf_embryo_at(t, i);

        if ((e->flags & (SF_EF_WAITS | SF_EF_ASKED)) == SF_EF_WAITS) {
            e->flags |= SF_EF_ASKED;
            syn->id = (struct sf_handle){sf_timer_id(SF_ID_EMBRYO, i), e->generation};
            sf_tuple_ends(&e->tuple, &syn->local, &syn->remote);
            return SF_OK;
        }
    }
    l->ask = 0;
    return SF_ERR_AGAIN;
}

enum sf_err sf_user_syn_answer(struct sf_tcp *t, struct sf_handle id, enum sf_syn_answer answer,
                               sf_time now)
{
    uint32_t index = sf_timer_index(id.index);
    struct sf_embryo *e = NULL;

    if (sf_timer_kind(id.index) != SF_ID_EMBRYO || index == 0 || index > t->embryos.fresh) {
        return SF_ERR_STALE;
    }
    e = sf_embryo_at(t, index);
    if (e->generation != id.generation || (e->flags & SF_EF_WAITS) == 0) {
        return SF_ERR_STALE;
    }
    if (answer == SF_ANSWER_ACCEPT) {
        sf_embryo_accept(t, index, now);
        return SF_OK;
    }
    if (answer == SF_ANSWER_REFUSE) {
        struct sf_seg syn = {.seq = e->irs, .flags = SF_SYN};

        t->counters.verdicts[SF_DROP_SYN_REFUSED]++;
        sf_reply_reset(t, sf_listener_at(t, e->listener)->choice, &e->tuple, &syn, now);
    } else {
        t->counters.verdicts[SF_DROP_SYN_SILENT]++;
    }
    sf_embryo_end(t, index, SF_EV_ABORT, now);
    return SF_OK;
}
