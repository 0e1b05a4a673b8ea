/* SPDX-License-Identifier: MIT
 *
 * tcp/conn.c - the life of a connection's records.
 *
 *   user_open.c, embryo.c -> take -> [conn.c] -> settle -> timewait.c or free
 *
 * A record is in the flow table from sf_conn_take() until it is CLOSED or goes on as a
 * TIME-WAIT record.  Who holds its handle keeps the record beyond CLOSED.
 */
#include "tcp/conn.h"

#include "base/assert.h"
#include "base/time.h"
#include "tcp/buf.h"
#include "tcp/cc.h"
#include "tcp/choice.h"
#include "tcp/fastopen.h"
#include "tcp/flows.h"
#include "tcp/isn.h"
#include "tcp/reasm.h"
#include "tcp/reply.h"
#include "tcp/timewait.h"
#include "tcp/tracing.h"
#include "tcp/uto.h"

bool sf_conn_receives(const struct sf_conn *c)
{
    return c->state == SF_ESTABLISHED || c->state == SF_FIN_WAIT_1 ||
           c->state == SF_FIN_WAIT_2 || sf_conn_early(c);
}

uint32_t sf_conn_mss(const struct sf_conn *c, uint32_t options)
{
    uint32_t headers = c->tuple.family == SF_IPV4 ? 40 : 60;
    uint32_t path = c->pmtu - headers;
    uint32_t mss = c->mss_peer < path ? c->mss_peer : path;

    /* The peer's option does not count options (RFC 6691), so they come off here; a
     * hostile one leaves at least a few octets of text. */
    return mss > options + 8 ? mss - options : 8;
}

uint8_t sf_conn_wscale_for(uint32_t rcvbuf)
{
    uint8_t scale = 0;

    while (scale < 14 && rcvbuf >> scale > 65535) {
        scale++;
    }
    return scale;
}

uint32_t sf_conn_initial_window(const struct sf_tcp *t, const struct sf_conn *c)
{
    uint32_t mss = sf_conn_mss(c, t->cfg.initial_window_whole != 0 ? 0 : sf_conn_options(c));
    uint32_t octets = mss * t->cfg.initial_window;
    uint32_t most = t->cfg.initial_window_octets;

    /* RFC 6928 s2: min(10 * MSS, max(2 * MSS, 14600)), if that is what is wanted. */
    if (most == 0) {
        return octets;
    }
    most = most > 2 * mss ? most : 2 * mss;
    return octets < most ? octets : most;
}

uint32_t sf_conn_take(struct sf_tcp *t, const struct sf_tuple *tuple)
{
    uint32_t index = sf_pool_take(&t->conns);
    uint32_t generation = 0;
    struct sf_conn *c = NULL;

    if (index == 0) {
        t->counters.refused_by_limit++;
        return 0;
    }
    c = sf_conn_at(t, index);
    generation = c->generation + 1;
    *c = (struct sf_conn){
        .generation = generation,
        .tuple = *tuple,
        .cc = t->cfg.cc,
        .pmtu = (uint16_t)t->cfg.mtu,
        .quick_acks = t->cfg.quick_acks,
        .rcvbuf = t->cfg.rcvbuf_octets,
        .sndbuf = t->cfg.sndbuf_octets,
        .ssthresh = UINT32_MAX,
    };
    sf_flow_insert(t, sf_timer_id(SF_ID_CONN, index));
    return index;
}

struct sf_work *sf_conn_wake(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);
    uint32_t index = 0;
    uint32_t now_ms = sf_time_ms32(now);

    if (w != NULL) {
        return w;
    }
    index = sf_pool_take(&t->works);
    if (index == 0) {
        t->counters.refused_by_limit++;
        return NULL;
    }
    w = sf_work_at(t, index);
    *w = (struct sf_work){
        .conn = sf_conn_index(t, c),
        .cc = {.cwnd = c->cwnd, .ssthresh = c->ssthresh},
        .recover = sf_seq_sub(c->snd_una, 1),
        .sack_high = c->snd_una,
        .active_ms = now_ms,
    };
    c->work = index;
    if (c->cwnd == 0) {
        sf_cc_ops((enum sf_cc_kind)c->cc)->init(&w->cc, sf_conn_initial_window(t, c));
        w->cc.ssthresh = c->ssthresh;
    } else if (now_ms - c->idle_ms > c->rto_us / 1000) {
        /* RFC 5681 s4.1: after an idle RTO the window is no longer known to be safe. */
        sf_cc_ops((enum sf_cc_kind)c->cc)->restart(&w->cc, sf_conn_initial_window(t, c));
    }
    return w;
}

/* True if nothing that the working half keeps is of use any more. */
static bool is_quiet(const struct sf_tcp *t, const struct sf_conn *c, const struct sf_work *w)
{
    if (sf_conn_fin_waits(c) && c->state != SF_CLOSED) {
        return false; /* its timer is here */
    }
    return w->snd.octets == 0 && w->sent_head == 0 && w->rcv.octets == 0 &&
           w->ooo_chunks == 0 && w->reserved == 0 && w->lent == 0 && w->peer_fin == 0 &&
           w->unacked == 0 && w->rcv_urgent == 0 && !sf_reasm_has_twice(w) &&
           !sf_wheel_armed(&t->wheel, sf_timer_id(SF_TK_DELACK, c->work));
}

static void stop_work_timers(struct sf_tcp *t, uint32_t work)
{
    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_REXMIT, work));
    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_DELACK, work));
    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_USER, work));
}

static void put_work(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now)
{
    sf_bufq_free(t, &w->snd); /* empty, but for a chunk that was lent */
    c->cwnd = w->cc.cwnd;
    c->ssthresh = w->cc.ssthresh;
    c->idle_ms = sf_time_ms32(now);
    stop_work_timers(t, c->work);
    sf_pool_put(&t->works, c->work);
    c->work = 0;
}

void sf_conn_fold(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);

    if (w != NULL && is_quiet(t, c, w)) {
        put_work(t, c, w, now);
    }
}

/* Until the next probe.  The first comes after an adopted user timeout (RFC 5482 s4.2). */
static uint64_t keepalive_ms(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_choice *choice = sf_choice_of(t, c);
    uint64_t adopted = sf_uto_adopted(t, c);

    if (c->keep_sent != 0) {
        return choice->keep_interval_ms;
    }
    return choice->keep_idle_ms > adopted ? choice->keep_idle_ms : adopted + 1;
}

void sf_conn_slow_timer(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    uint32_t id = sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c));
    bool alive =
        c->state == SF_ESTABLISHED || c->state == SF_CLOSE_WAIT || c->state == SF_FIN_WAIT_2;

    if (c->state == SF_TIME_WAIT) {
        return; /* 2MSL runs, and is restarted by a repeated FIN alone */
    }
    if (c->work == 0 && sf_conn_fin_waits(c) && sf_wheel_armed(&t->wheel, id)) {
        return; /* it lets the FIN try again to get a working record (output.c) */
    }
    if (c->state == SF_FIN_WAIT_2 && (c->flags & SF_CF_ORPHAN) != 0) {
        if (!sf_wheel_armed(&t->wheel, id) || (c->flags & SF_CF_KEEPALIVE) != 0) {
            c->flags &= (uint16_t)~SF_CF_KEEPALIVE;
            sf_wheel_arm(&t->wheel, id,
                         sf_time_add(now, SF_MS(sf_choice_of(t, c)->fin_wait_2_ms)));
        }
    } else if (alive && (c->flags & SF_CF_KEEPALIVE) != 0) {
        sf_wheel_arm(&t->wheel, id, sf_time_add(now, SF_MS(keepalive_ms(t, c))));
    } else {
        sf_wheel_cancel(&t->wheel, id);
    }
}

void sf_conn_apply(struct sf_tcp *t, struct sf_conn *c, enum sf_event_kind event, sf_time now)
{
    enum sf_state from = (enum sf_state)c->state;
    int to = sf_state_next(from, event);

    SF_ASSERT(to != SF_NO_ARROW);
    c->state = (uint8_t)to;
    sf_trace_state(t, sf_conn_id(t, c), from, event, (enum sf_state)to, now);
    if (to == SF_ESTABLISHED) {
        c->flags |= SF_CF_OPENED;
    }
    if (to == SF_TIME_WAIT && from != SF_TIME_WAIT) {
        t->counters.time_waits++;
        sf_wheel_arm(&t->wheel, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c)),
                     sf_time_add(now, (sf_span){2 * t->cfg.msl.ns}));
    } else {
        sf_conn_slow_timer(t, c, now);
    }
}

void sf_conn_owe(struct sf_tcp *t, struct sf_conn *c)
{
    if (c->owed.next == 0) {
        sf_list_push_tail(&t->owed, &t->conns, offsetof(struct sf_conn, owed),
                          sf_conn_index(t, c));
    }
}

/* Room for SEND, and leave to use it. */
static bool may_write(const struct sf_tcp *t, const struct sf_conn *c, const struct sf_work *w)
{
    uint32_t low = sf_choice_of(t, c)->unsent_low;

    if ((c->flags & SF_CF_FIN_QUEUED) != 0 ||
        (c->state != SF_ESTABLISHED && c->state != SF_CLOSE_WAIT && !sf_conn_early(c))) {
        return false;
    }
    if (low != 0 && w != NULL && w->unsent >= low) {
        return false;
    }
    /* A third of the buffer free, so that a writer is not woken for every segment. */
    return w == NULL || w->snd.octets <= c->sndbuf - c->sndbuf / 3;
}

uint32_t sf_conn_ready(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_work *w = sf_conn_work(t, c);
    uint32_t ready = 0;

    ready |= w != NULL && w->rcv.octets != 0 ? SF_READY_READ : 0U;
    ready |= may_write(t, c, w) ? SF_READY_WRITE : 0U;
    ready |= (c->flags & SF_CF_OPENED) != 0 ? SF_READY_OPEN : 0U;
    ready |= (c->flags & SF_CF_FIN_RCVD) != 0 ? SF_READY_EOF : 0U;
    ready |= c->error != SF_OK ? SF_READY_ERROR : 0U;
    ready |= c->ready_soft != 0 ? SF_READY_SOFT : 0U;
    ready |= c->state == SF_CLOSED || c->state == SF_TIME_WAIT ? SF_READY_CLOSED : 0U;
    ready |= w != NULL && w->rcv_urgent != 0 ? SF_READY_URGENT : 0U;
    return ready;
}

void sf_conn_tell(struct sf_tcp *t, struct sf_conn *c, bool again)
{
    uint32_t ready = 0;

    /* What is listed is looked at as it is when the list is fetched. */
    if ((c->flags & SF_CF_ACCEPTED) == 0 || c->ready.next != 0) {
        return;
    }
    ready = sf_conn_ready(t, c);
    if ((ready & ~(uint32_t)c->told) != 0 || again) {
        sf_list_push_tail(&t->ready, &t->conns, offsetof(struct sf_conn, ready),
                          sf_conn_index(t, c));
    }
    /* What fell may rise again; what rose counts as told when it is fetched. */
    c->told &= (uint16_t)ready;
}

void sf_conn_soft(struct sf_tcp *t, struct sf_conn *c, enum sf_err why)
{
    c->soft = (uint8_t)why;
    if (sf_choice_of(t, c)->soft_off == 0) {
        c->ready_soft = 1;
        sf_conn_tell(t, c, true);
    }
}

void sf_conn_starve(struct sf_tcp *t, struct sf_conn *c)
{
    if (c->queue.next == 0 && (c->flags & SF_CF_ACCEPTED) != 0) {
        sf_list_push_tail(&t->starved, &t->conns, offsetof(struct sf_conn, queue),
                          sf_conn_index(t, c));
    }
}

bool sf_conn_may_feed(const struct sf_tcp *t)
{
    return t->starved.head != 0 && sf_chunk_may_take(t) && t->works.in_use < t->works.capacity;
}

void sf_conn_feed(struct sf_tcp *t)
{
    if (!sf_conn_may_feed(t)) {
        return;
    }
    while (t->starved.head != 0) {
        uint32_t index =
            sf_list_pop_head(&t->starved, &t->conns, offsetof(struct sf_conn, queue));

        sf_conn_tell(t, sf_conn_at(t, index), true);
    }
}

static void free_sent(struct sf_tcp *t, struct sf_work *w)
{
    while (w->sent_head != 0) {
        uint32_t next = sf_sent_at(t, w->sent_head)->next;

        sf_pool_put(&t->sents, w->sent_head);
        w->sent_head = next;
    }
    w->sent_tail = 0;
    w->lost_first = 0;
    w->pipe = 0;
}

/* Throw away what was to be sent; keep received text in order if somebody may read it. */
static void flush(struct sf_tcp *t, struct sf_conn *c, bool keep_received, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);

    c->flags &= (uint16_t) ~(SF_CF_ACK_NOW | SF_CF_PROBE_NOW);
    c->dups_owed = 0;
    c->challenges_owed = 0;
    sf_wheel_cancel(&t->wheel, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c)));
    if (c->owed.next != 0) {
        sf_list_remove(&t->owed, &t->conns, offsetof(struct sf_conn, owed),
                       sf_conn_index(t, c));
    }
    if (w == NULL) {
        return;
    }
    sf_fast_open_settled(t, w, false, now);
    free_sent(t, w);
    while (w->reserved != 0) {
        uint32_t chunk = w->reserved;

        w->reserved = sf_chunk_at(t, chunk)->next;
        sf_chunk_unref(t, chunk);
    }
    sf_bufq_free(t, &w->snd);
    w->unsent = 0;
    w->next_chunk = 0;
    w->lent = 0;
    (void)sf_reasm_evict(t, c, w);
    stop_work_timers(t, c->work);
    w->unacked = 0;
    w->peer_fin = 0;
    sf_reasm_told(w); /* nobody is left to tell what came twice */
    if (!keep_received) {
        w->rcv_urgent = 0;
        sf_reasm_free(t, c, w);
    }
    if (is_quiet(t, c, w)) {
        put_work(t, c, w, now);
    }
}

/* Off every list, out of the pool; the flow table has forgotten it already. */
static void free_record(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    uint32_t index = sf_conn_index(t, c);

    flush(t, c, false, now);
    if (c->ready.next != 0) {
        sf_list_remove(&t->ready, &t->conns, offsetof(struct sf_conn, ready), index);
    }
    if (c->queue.next != 0) {
        struct sf_list *list =
            c->listener != 0 ? &sf_listener_at(t, c->listener)->accepts : &t->starved;

        sf_list_remove(list, &t->conns, offsetof(struct sf_conn, queue), index);
    }
    sf_choice_drop(t, &c->choice);
    c->generation++;
    c->state = SF_CLOSED;
    c->flags = 0;
    sf_pool_put(&t->conns, index);
}

void sf_conn_discard(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    sf_flow_remove(t, sf_conn_id(t, c));
    free_record(t, c, now);
}

void sf_conn_end(struct sf_tcp *t, struct sf_conn *c, enum sf_event_kind event, enum sf_err why,
                 sf_time now)
{
    SF_ASSERT(c->state != SF_CLOSED);
    if (event == SF_EV_RST && c->work != 0) {
        sf_fast_open_settled(t, sf_conn_work(t, c), true, now);
    }
    sf_flow_remove(t, sf_conn_id(t, c));
    sf_conn_apply(t, c, event, now);
    SF_ASSERT(c->state == SF_CLOSED);
    /* Who has not been accepted is held by nobody: the listener forgets it, or hands it out. */
    bool waits = c->listener != 0 && event != SF_EV_ABORT && t->cfg.accept_dead != 0;
    if ((c->flags & SF_CF_ACCEPTED) == 0 && !waits) {
        free_record(t, c, now);
        return;
    }
    c->error = (uint8_t)why;
    flush(t, c, true, now);
    if (waits) {
        return;
    }
    sf_conn_tell(t, c, false);
}

void sf_conn_kill(struct sf_tcp *t, struct sf_conn *c, enum sf_event_kind event,
                  enum sf_err why, sf_time now)
{
    struct sf_reply rst = {
        .tuple = c->tuple,
        .seq = c->snd_nxt,
        .ack = c->rcv_nxt,
        .id = sf_conn_id(t, c),
        .has_ts = (c->flags & SF_CF_TS) != 0,
        .tsval = sf_ts_clock(now) + c->ts_offset,
        .tsecr = c->ts_recent,
    };

    sf_choice_reply(t, c->choice, &rst);
    sf_reply_abort(t, &rst);
    sf_conn_end(t, c, event, why, now);
}

bool sf_conn_settle(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    uint32_t id = sf_conn_id(t, c);

    if ((c->flags & SF_CF_ACCEPTED) != 0 || (c->flags & SF_CF_ORPHAN) == 0) {
        return false;
    }
    if (c->state == SF_CLOSED) {
        free_record(t, c, now);
        return true;
    }
    if (c->state != SF_TIME_WAIT || c->owed.next != 0) {
        return false;
    }
    sf_tw_enter(t, c, id, sf_wheel_at(&t->wheel, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c))),
                now);
    free_record(t, c, now);
    return true;
}

uint32_t sf_conn_yield(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    sf_time until = sf_wheel_at(&t->wheel, sf_timer_id(SF_TK_SLOW, sf_conn_index(t, c)));
    uint32_t id = sf_tw_enter(t, c, sf_conn_id(t, c), until, now);

    sf_conn_apply(t, c, SF_EV_2MSL, now);
    flush(t, c, true, now);
    sf_conn_tell(t, c, false);
    return id;
}
