/* SPDX-License-Identifier: MIT
 *
 * tcp/listen.c - segment arrival in LISTEN (RFC 9293 s3.10.7.2), and which listener.
 *
 *   arrive.c -> [listen.c] -> embryo.c -> accept queue -> user_open.c
 */
#include "tcp/listen.h"

#include "tcp/cookie.h"
#include "tcp/fastopen.h"
#include "tcp/flows.h"

static uint32_t *chain(struct sf_tcp *t, uint16_t port)
{
    return &t->listener_ports[port % 64];
}

/* How well a listener fits: 0 not at all; the port counts for more than the address. */
static uint32_t fit(const struct sf_listener *l, const struct sf_tuple *tuple, bool local)
{
    bool port = l->port == tuple->lport;
    bool addr = l->family == tuple->family && memcmp(l->addr, tuple->local, 16) == 0;

    if ((!port && l->port != 0) || (!addr && l->family != SF_UNSPEC)) {
        return 0;
    }
    if (!local && l->any_address == 0 && !addr) {
        return 0;
    }
    return 1U + (port ? 2U : 0U) + (addr ? 1U : 0U);
}

static void best_of_chain(const struct sf_tcp *t, uint16_t port, const struct sf_tuple *tuple,
                          bool local, uint32_t *best, uint32_t *best_fit)
{
    uint32_t index = t->listener_ports[port % 64];

    while (index != 0) {
        const struct sf_listener *l = sf_listener_at(t, index);
        uint32_t f = fit(l, tuple, local);

        if (f > *best_fit) {
            *best = index;
            *best_fit = f;
        }
        index = l->link;
    }
}

uint32_t sf_listener_find(const struct sf_tcp *t, const struct sf_tuple *tuple, bool local)
{
    uint32_t best = 0;
    uint32_t best_fit = 0;

    best_of_chain(t, tuple->lport, tuple, local, &best, &best_fit);
    if (tuple->lport % 64 != 0) {
        best_of_chain(t, 0, tuple, local, &best, &best_fit);
    }
    return best;
}

void sf_listener_link(struct sf_tcp *t, uint32_t listener)
{
    struct sf_listener *l = sf_listener_at(t, listener);
    uint32_t *head = chain(t, l->port);

    l->link = *head;
    *head = listener;
}

void sf_listener_unlink(struct sf_tcp *t, uint32_t listener)
{
    const struct sf_listener *l = sf_listener_at(t, listener);
    uint32_t *at = chain(t, l->port);

    while (*at != listener) {
        at = &sf_listener_at(t, *at)->link;
    }
    *at = l->link;
}

uint32_t sf_listener_ready(const struct sf_listener *l)
{
    return (l->accepts.count != 0 ? SF_READY_ACCEPT : 0U) | (l->ask != 0 ? SF_READY_SYN : 0U) |
           (l->overflowed != 0 ? SF_READY_OVERFLOW : 0U);
}

void sf_listener_tell(struct sf_tcp *t, uint32_t listener)
{
    struct sf_listener *l = sf_listener_at(t, listener);

    if (sf_listener_ready(l) != 0 && l->ready.next == 0) {
        sf_list_push_tail(&t->ready_listeners, &t->listeners,
                          offsetof(struct sf_listener, ready), listener);
    }
}

/* May this SYN have an answer?  A full accept queue is as good as none. */
static enum sf_verdict check_accepts(struct sf_tcp *t, uint32_t listener,
                                     const struct sf_tuple *tuple, const struct sf_seg *seg,
                                     sf_time now)
{
    const struct sf_listener *l = sf_listener_at(t, listener);

    if (!sf_listener_full(l)) {
        return SF_PASS;
    }
    t->counters.accept_overflows++;
    sf_listener_overflow(t, listener, (enum sf_overflow)l->accept_overflow, tuple, seg, now);
    return SF_DROP_ACCEPT_QUEUE;
}

static bool is_crowded(const struct sf_tcp *t, const struct sf_listener *l)
{
    return l->embryos.count >= l->syn_limit || t->embryos.in_use == t->embryos.capacity;
}

/* There is no record for this SYN: the listener's queue is full, or the stack's pool. */
static enum sf_verdict refuse_syn(struct sf_tcp *t, uint32_t listener,
                                  const struct sf_tuple *tuple, const struct sf_seg *seg,
                                  sf_time now)
{
    const struct sf_listener *l = sf_listener_at(t, listener);
    bool queue = l->embryos.count >= l->syn_limit;

    if (queue) {
        t->counters.syn_overflows++;
    } else {
        t->counters.refused_by_limit++;
    }
    sf_listener_overflow(t, listener, (enum sf_overflow)l->syn_overflow, tuple, seg, now);
    return queue ? SF_DROP_SYN_QUEUE : SF_DROP_NO_MEMORY;
}

static bool wants_cookie(const struct sf_tcp *t, const struct sf_listener *l)
{
    if (l->policy == SF_SYN_ASK || l->cookies == SF_COOKIES_OFF) {
        return false;
    }
    return l->cookies == SF_COOKIES_ALWAYS || is_crowded(t, l);
}

static enum sf_verdict take_syn(struct sf_tcp *t, uint32_t listener,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now)
{
    const struct sf_listener *l = sf_listener_at(t, listener);
    enum sf_verdict why = check_accepts(t, listener, tuple, seg, now);

    if (why != SF_PASS) {
        return why;
    }
    bool fast = (seg->options & SF_OPT_FAST_OPEN) != 0 ||
                (l->fast_open_no_cookie != 0 && seg->text_octets != 0);

    if (l->fast_open != 0 && fast && sf_fast_open_accept(t, listener, tuple, seg, now)) {
        return SF_PASS;
    }
    if (wants_cookie(t, l) && sf_cookie_answer(t, listener, tuple, seg, now)) {
        return SF_PASS;
    }
    if (is_crowded(t, l)) {
        return refuse_syn(t, listener, tuple, seg, now);
    }
    return sf_embryo_new(t, listener, 0, tuple, seg, now);
}

enum sf_verdict sf_listen_input(struct sf_tcp *t, uint32_t listener,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now)
{
    /* First, RST; second, ACK; third, SYN; fourth, anything else. */
    if ((seg->flags & SF_RST) != 0) {
        return SF_DROP_LISTEN;
    }
    if ((seg->flags & SF_ACK) != 0) {
        return sf_cookie_input(t, listener, tuple, seg, now);
    }
    if ((seg->flags & SF_SYN) == 0) {
        return SF_DROP_LISTEN;
    }
    return take_syn(t, listener, tuple, seg, now);
}

enum sf_verdict sf_listen_reuse(struct sf_tcp *t, uint32_t listener, uint32_t tw,
                                const struct sf_tuple *tuple, const struct sf_seg *seg,
                                sf_time now)
{
    enum sf_verdict why = check_accepts(t, listener, tuple, seg, now);

    if (why != SF_PASS) {
        return why;
    }
    /* No cookie: its ISS is not above what the old connection sent (RFC 6191 s2). */
    if (is_crowded(t, sf_listener_at(t, listener))) {
        return refuse_syn(t, listener, tuple, seg, now);
    }
    return sf_embryo_new(t, listener, tw, tuple, seg, now);
}
