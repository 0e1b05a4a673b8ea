/* SPDX-License-Identifier: MIT
 *
 * tcp/fastopen_client.c - TCP Fast Open, the client's side (RFC 7413 s4.1.3, s4.2).
 *
 *   output.c (first SYN) -> [fastopen_client.c] -> transmit.c: text on it
 *   stack/calls.c (how much text?) -> [fastopen_client.c]
 *   synsent.c (SYN,ACK), timers.c, arrive.c (none came) -> what is remembered of the server
 */
#include "tcp/fastopen.h"

#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/loss.h"
#include "tcp/output.h"
#include "tcp/user.h"

enum {
    OPTIONS_MAX = 40,
    FAILURES_MAX = 11, /* 2^10 times the first back-off */
};

static bool is_of(const struct sf_fo_server *s, const struct sf_tuple *tuple)
{
    return s->used != 0 && s->family == tuple->family &&
           memcmp(s->remote, tuple->remote, 16) == 0 && memcmp(s->local, tuple->local, 16) == 0;
}

/* The server of a tuple, or null. */
static struct sf_fo_server *find(struct sf_tcp *t, const struct sf_tuple *tuple)
{
    for (uint32_t i = 0; i < t->cfg.max_fast_opens; i++) {
        if (is_of(&t->fo_servers[i], tuple)) {
            t->fo_servers[i].used = ++t->fo_clock;
            return &t->fo_servers[i];
        }
    }
    return NULL;
}

/* The same, or a new one in the place of the least recently used; null if none is kept. */
static struct sf_fo_server *find_or_make(struct sf_tcp *t, const struct sf_tuple *tuple)
{
    struct sf_fo_server *s = find(t, tuple);

    if (s != NULL || t->cfg.max_fast_opens == 0) {
        return s;
    }
    s = t->fo_servers;
    for (uint32_t i = 1; i < t->cfg.max_fast_opens; i++) {
        s = t->fo_servers[i].used < s->used ? &t->fo_servers[i] : s;
    }
    *s = (struct sf_fo_server){.used = ++t->fo_clock, .family = tuple->family};
    memcpy(s->remote, tuple->remote, 16);
    memcpy(s->local, tuple->local, 16);
    return s;
}

/* s4.1.3.1: failures are remembered, and Fast Open rests for longer and longer. */
static void failed(struct sf_tcp *t, const struct sf_tuple *tuple, sf_time now)
{
    struct sf_fo_server *s = find_or_make(t, tuple);

    t->counters.fast_open_failed++;
    if (s != NULL && t->cfg.fast_open_backoff.ns != 0) {
        uint64_t backoff_s = t->cfg.fast_open_backoff.ns / SF_NS_PER_S << s->failures;

        s->failures = (uint8_t)(s->failures + (s->failures + 1 < FAILURES_MAX));
        s->backed_off_s = (uint32_t)(now.ns / SF_NS_PER_S + backoff_s);
        s->octets = 0;
    }
}

/* Text that a full segment of this server's may carry beside all the options there are. */
static uint32_t room_on_syn(const struct sf_fo_server *s, uint8_t family, uint32_t pmtu)
{
    uint32_t headers = family == SF_IPV4 ? 40 : 60;
    uint32_t most = pmtu - headers;

    most = s != NULL && s->mss != 0 && s->mss < most ? s->mss : most;
    return most > OPTIONS_MAX ? most - OPTIONS_MAX : 0;
}

/* s4.1.3.1: the server's last failure was a short while ago. */
static bool rests(const struct sf_fo_server *s, sf_time now)
{
    return s != NULL && s->failures != 0 && now.ns / SF_NS_PER_S < s->backed_off_s;
}

enum sf_err sf_user_fast_open_room(struct sf_tcp *t, const struct sf_tuple *tuple,
                                   uint8_t fast_open, uint32_t pmtu, uint32_t *octets,
                                   sf_time now)
{
    const struct sf_fo_server *s = find(t, tuple);
    bool knows = s != NULL && s->octets != 0;

    if ((!knows && fast_open != SF_FAST_OPEN_NO_COOKIE) || t->cfg.max_fast_opens == 0 ||
        rests(s, now)) {
        return SF_ERR_AGAIN;
    }
    *octets = room_on_syn(s, tuple->family, pmtu);
    return SF_OK;
}

void sf_user_fast_open_forget(struct sf_tcp *t)
{
    for (uint32_t i = 0; i < t->cfg.max_fast_opens; i++) {
        t->fo_servers[i] = (struct sf_fo_server){0};
    }
}

/* In which form to ask.  Linux's fallback: the experimental one once, after the other has come
 * to nothing. */
static uint8_t form_of(const struct sf_tcp *t, const struct sf_fo_server *s)
{
    uint8_t asked = s != NULL ? s->asked : 0;

    if (t->cfg.fast_open_form != SF_FAST_OPEN_FALLBACK) {
        return t->cfg.fast_open_form;
    }
    return asked == 1U << SF_FAST_OPEN_KIND_34 ? SF_FAST_OPEN_EXPERIMENTAL
                                               : SF_FAST_OPEN_KIND_34;
}

/* The option: the cookie, or that one is asked for. */
static void put_option(struct sf_tcp *t, struct sf_work *w, const struct sf_fo_server *s,
                       struct sf_seg *seg)
{
    seg->options |= SF_OPT_FAST_OPEN;
    seg->fast_open_octets = 0;
    if (s == NULL || s->octets == 0) {
        seg->fast_open_form = form_of(t, s);
        w->fast_open |= SF_WF_ASKED;
        return;
    }
    seg->fast_open = s->cookie;
    seg->fast_open_octets = s->octets;
    seg->fast_open_form = s->form;
    w->fast_open |= SF_WF_COOKIE;
    t->counters.fast_open_sent++;
}

void sf_fast_open_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                      struct sf_out *out, sf_time now)
{
    const struct sf_fo_server *s = find(t, &c->tuple);
    uint32_t chosen = 0;
    uint32_t room = 0;

    if ((w->fast_open & SF_WF_WANTED) == 0 || t->cfg.max_fast_opens == 0 || rests(s, now)) {
        return;
    }
    if ((w->fast_open & SF_WF_FREE) == 0) {
        put_option(t, w, s, &out->seg);
    }
    room = room_on_syn(s, c->tuple.family, c->pmtu);
    chosen = sf_choice_mss(t, c->choice, c->tuple.family) - OPTIONS_MAX;
    if ((w->fast_open & SF_WF_ASKED) == 0 &&
        sf_transmit_on_syn(t, c, w, room < chosen ? room : chosen, out, now)) {
        w->fast_open |= SF_WF_TEXT;
    }
}

void sf_fast_open_lost(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);

    if (c->state == SF_SYN_SENT && w != NULL && (w->fast_open & SF_WF_LOST) == 0 &&
        (w->fast_open & (SF_WF_ASKED | SF_WF_COOKIE | SF_WF_TEXT)) != 0) {
        failed(t, &c->tuple, now);
        w->fast_open |= SF_WF_LOST;
    }
}

/* The MSS that the next SYN's text has to fit is that of the last SYN,ACK (s4.2.1). */
static void remember_mss(struct sf_tcp *t, const struct sf_conn *c, const struct sf_work *w,
                         const struct sf_seg *seg)
{
    bool make = (w->fast_open & SF_WF_FREE) != 0;
    struct sf_fo_server *s = make ? find_or_make(t, &c->tuple) : find(t, &c->tuple);

    if (s != NULL) {
        /* What it can take, be it more than this connection's application wants. */
        s->mss = (seg->options & SF_OPT_MSS) != 0 && seg->mss != 0 ? seg->mss : c->mss_peer;
    }
}

/* It was asked, and has given none. */
static void not_answered(struct sf_tcp *t, const struct sf_conn *c, sf_time now)
{
    struct sf_fo_server *s = find_or_make(t, &c->tuple);

    if (t->cfg.fast_open_ask_once != 0) {
        failed(t, &c->tuple, now);
    } else if (s != NULL) {
        s->asked |= (uint8_t)(1U << form_of(t, s));
    }
}

/* A cookie has come: the first, or a new one for an old one. */
static void remember(struct sf_tcp *t, const struct sf_conn *c, const struct sf_seg *seg)
{
    struct sf_fo_server *s = find_or_make(t, &c->tuple);

    if (s == NULL) {
        return;
    }
    memcpy(s->cookie, seg->fast_open, seg->fast_open_octets);
    s->octets = seg->fast_open_octets;
    s->form = seg->fast_open_form;
    s->asked = 0;
}

void sf_fast_open_opened(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                         sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);
    bool gives = (seg->options & SF_OPT_FAST_OPEN) != 0 && seg->fast_open_octets != 0;
    bool unacked = w != NULL && (w->fast_open & SF_WF_TEXT) != 0 && w->sent_head != 0;
    uint8_t option = 0;

    if (w == NULL || w->fast_open == 0) {
        return;
    }
    option = w->fast_open & (SF_WF_ASKED | SF_WF_COOKIE);
    if (option != 0 && gives) {
        remember(t, c, seg); /* also late: the time-out may have been for nothing */
    } else if ((option & SF_WF_COOKIE) != 0 && unacked && (w->fast_open & SF_WF_LOST) == 0) {
        failed(t, &c->tuple, now); /* neither text nor a new cookie is a no */
    } else if ((option & SF_WF_ASKED) != 0 && (w->fast_open & SF_WF_LOST) == 0) {
        not_answered(t, c, now);
    }
    remember_mss(t, c, w, seg);
    if ((w->fast_open & SF_WF_TEXT) != 0 && !unacked) {
        struct sf_fo_server *s = find(t, &c->tuple);

        c->fast_open = 1;
        c->delivered = 1; /* it was one segment, and the first */
        t->counters.fast_open_acked++;
        if (s != NULL) {
            s->failures = 0;
        }
    }
    for (uint32_t i = w->sent_head; unacked && i != 0; i = sf_sent_at(t, i)->next) {
        sf_loss_mark(t, w, i);
    }
    w->fast_open = 0;
}
