/* SPDX-License-Identifier: MIT
 *
 * tcp/child.c - a listener's connection begins, and what happens where there is no room for
 * one (RFC 9293 s3.10.7.2; RFC 4987 s3).
 *
 *   embryo.c (third segment), cookie.c -> [child.c] -> accept queue -> user_open.c
 */
#include "tcp/listen.h"

#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/isn.h"
#include "tcp/reply.h"
#include "tcp/rtt.h"

/* What the handshake has settled. */
static void take_over(struct sf_tcp *t, struct sf_conn *c, const struct sf_embryo *from,
                      sf_time now)
{
    const struct sf_listener *l = sf_listener_at(t, from->listener);

    c->listener = from->listener;
    c->flags |= (from->flags & SF_EF_TS) != 0 ? SF_CF_TS : 0;
    c->flags |= (from->flags & SF_EF_SACK) != 0 ? SF_CF_SACK : 0;
    c->flags |= (from->flags & SF_EF_WSCALE) != 0 ? SF_CF_WSCALE : 0;
    c->snd_wscale = from->snd_wscale;
    c->rcv_wscale = from->rcv_wscale;
    c->mss_peer = from->mss_peer;
    c->peer_uto = from->peer_uto;
    c->iss = from->iss;
    c->irs = from->irs;
    c->snd_una = from->iss;
    c->snd_nxt = sf_seq_add(from->iss, 1);
    c->rcv_nxt = sf_seq_add(from->irs, 1);
    c->last_ack_sent = c->rcv_nxt;
    c->rcvbuf = l->rcvbuf;
    c->sndbuf = l->sndbuf;
    c->rcv_adv = sf_seq_add(c->rcv_nxt, sf_embryo_window(t, from));
    c->ts_recent = from->ts_recent;
    c->ts_recent_s = (uint32_t)(now.ns / 1000000000);
    c->ts_offset = sf_ts_offset(t, &c->tuple);
    c->user = 0;
    sf_choice_inherit(t, c, l);
}

struct sf_conn *sf_child_new(struct sf_tcp *t, const struct sf_embryo *from, sf_time now)
{
    struct sf_listener *l = sf_listener_at(t, from->listener);
    uint32_t index = sf_conn_take(t, &from->tuple);
    struct sf_conn *c = NULL;

    if (index == 0) {
        return NULL;
    }
    c = sf_conn_at(t, index);
    take_over(t, c, from, now);
    sf_rtt_init(t, c);
    if ((from->flags & SF_EF_RESENT) == 0 && from->sent_us != 0) {
        uint32_t sample_us = sf_time_us32(now) - from->sent_us;

        /* sent_us is never 0: once in 71 minutes it lies a microsecond ahead. */
        sf_rtt_sample(t, c, sample_us <= INT32_MAX ? sample_us : 1, 1);
    } else if (from->retries != 0) {
        sf_rtt_syn_lost(c);
    }
    sf_list_push_tail(&l->accepts, &t->conns, offsetof(struct sf_conn, queue), index);
    t->counters.opened_passive++;
    return c;
}

bool sf_listener_full(const struct sf_listener *l)
{
    return l->accepts.count >= l->accept_limit;
}

void sf_listener_overflow(struct sf_tcp *t, uint32_t listener, enum sf_overflow what,
                          const struct sf_tuple *tuple, const struct sf_seg *seg, sf_time now)
{
    struct sf_listener *l = sf_listener_at(t, listener);

    l->overflows++;
    l->overflowed = 1;
    sf_listener_tell(t, listener);
    if (what == SF_OVERFLOW_RESET) {
        sf_reply_reset(t, l->choice, tuple, seg, now);
    }
}
