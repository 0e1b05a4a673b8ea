/* SPDX-License-Identifier: MIT
 *
 * tests/lib/world_check.c - what must be true after each thing that happens.
 *
 *   - every change of state is an arrow of sf_state_next(), from the state that the
 *     record was in;
 *   - snd_una, snd_nxt, rcv_nxt and the right edge of the window never go back;
 *     snd_una is not beyond snd_nxt;
 *   - one end has acknowledged no more than it received, and received no more than the
 *     other sent; nobody believes in a window that was never offered;
 *   - buffers hold no more than they may;
 *   - time passes: no deadline stays in the past, no storm of events.
 */
#include "world.h"

#include "base/seq.h"

/* Steps at one moment: a window of small segments and their answers, with room to spare. */
#define SAME_MOMENT_MAX 20000
/* More than any of these conversations takes. */
#define STEPS_MAX 3000000
/* Longer than R2 of anything with these configurations. */
#define END_OF_TIME SF_S(20000)

static uint8_t *state_of(struct t_world *w, struct t_host *h, uint32_t id)
{
    size_t place = T_IDS;

    for (size_t i = 0; i < T_IDS; i++) {
        if (h->ids[i].id == id) {
            return &h->ids[i].state;
        }
        if (h->ids[i].id == 0 && place == T_IDS) {
            place = i;
        }
    }
    if (place == T_IDS) {
        t_world_fail(w, "too many records; id", id, 0);
    }
    h->ids[place].id = id;
    h->ids[place].state = SF_CLOSED;
    return &h->ids[place].state;
}

static void forget(struct t_host *h, uint32_t id)
{
    for (size_t i = 0; i < T_IDS; i++) {
        if (h->ids[i].id == id) {
            h->ids[i].id = 0;
        }
    }
}

static void check_arrow(struct t_world *w, struct t_host *h, const struct sf_trace_record *r)
{
    uint8_t *state = state_of(w, h, r->id);
    int next = sf_state_next((enum sf_state)r->from, (enum sf_event_kind)r->what);

    if (r->from != *state) {
        t_world_fail(w, "a change from a state it was not in: from, was", r->from, *state);
    }
    if (next != r->state) {
        printf("# %s, %s -> %s\n", sf_state_name((enum sf_state)r->from),
               sf_event_name((enum sf_event_kind)r->what),
               sf_state_name((enum sf_state)r->state));
        t_world_fail(w, "no such arrow: to, should be", r->state, (uint64_t)next);
    }
    *state = r->state;
    if (r->state == SF_CLOSED) {
        forget(h, r->id);
    }
}

static void check_trace(struct t_world *w, struct t_host *h)
{
    if (h->ring.written - h->read > T_TRACE) {
        t_world_fail(w, "the trace ran over: records", h->ring.written - h->read, T_TRACE);
    }
    for (; h->read < h->ring.written; h->read++) {
        const struct sf_trace_record *r = &h->records[h->read % T_TRACE];

        switch ((enum sf_trace_kind)r->kind) {
        case SF_TRACE_BEGIN:
            *state_of(w, h, r->id) = r->state;
            break;
        case SF_TRACE_MOVE: {
            uint8_t state = *state_of(w, h, r->id);

            forget(h, r->id);
            *state_of(w, h, r->u.other) = state;
            break;
        }
        case SF_TRACE_STATE:
            check_arrow(w, h, r);
            break;
        case SF_TRACE_SEG_IN:
        case SF_TRACE_SEG_OUT:
        case SF_TRACE_TIMER:
        case SF_TRACE_LOSS:
        case SF_TRACE_WINDOW:
        case SF_TRACE_CALL:
            break;
        }
    }
}

/* True if a is beyond b on the circle. */
static bool beyond(uint32_t a, uint32_t b)
{
    return sf_seq_after((sf_seq){a}, (sf_seq){b});
}

static bool synchronized(const struct sf_status *st)
{
    return st->state >= SF_ESTABLISHED && st->state <= SF_LAST_ACK;
}

static void check_side(struct t_world *w, struct t_side *s, const struct sf_status *st,
                       const struct sf_config *config)
{
    uint32_t edge = st->rcv_nxt + st->rcv_wnd;

    if (!synchronized(st)) {
        s->seen = false;
        return;
    }
    if (beyond(st->snd_una, st->snd_nxt)) {
        t_world_fail(w, "snd_una beyond snd_nxt", st->snd_una, st->snd_nxt);
    }
    /* A SYN and a FIN at most on top of the text. */
    if (st->snd_nxt - st->snd_una < st->unacked ||
        st->snd_nxt - st->snd_una > st->unacked + 2) {
        t_world_fail(w, "unacked is not snd_nxt - snd_una", st->unacked,
                     st->snd_nxt - st->snd_una);
    }
    if (st->unacked + st->unsent > config->sndbuf_octets) {
        t_world_fail(w, "more than the send buffer", st->unacked, st->unsent);
    }
    if (st->readable + st->held > config->rcvbuf_octets) {
        t_world_fail(w, "more than the receive buffer", st->readable, st->held);
    }
    if (s->seen) {
        if (beyond(s->snd_una, st->snd_una)) {
            t_world_fail(w, "snd_una went back: from, to", s->snd_una, st->snd_una);
        }
        if (beyond(s->snd_nxt, st->snd_nxt)) {
            t_world_fail(w, "snd_nxt went back: from, to", s->snd_nxt, st->snd_nxt);
        }
        if (beyond(s->rcv_nxt, st->rcv_nxt)) {
            t_world_fail(w, "rcv_nxt went back: from, to", s->rcv_nxt, st->rcv_nxt);
        }
        if (beyond(s->rcv_edge, edge)) {
            t_world_fail(w, "the window shrank: edge from, to", s->rcv_edge, edge);
        }
    }
    s->seen = true;
    s->snd_una = st->snd_una;
    s->snd_nxt = st->snd_nxt;
    s->rcv_nxt = st->rcv_nxt;
    s->rcv_edge = edge;
}

/* From the sender's and the receiver's view of one direction. */
static void check_direction(struct t_world *w, const struct sf_status *from,
                            const struct sf_status *to)
{
    if (beyond(from->snd_una, to->rcv_nxt)) {
        t_world_fail(w, "acknowledged and never received: snd_una, rcv_nxt", from->snd_una,
                     to->rcv_nxt);
    }
    if (beyond(to->rcv_nxt, from->snd_nxt)) {
        t_world_fail(w, "received and never sent: rcv_nxt, snd_nxt", to->rcv_nxt,
                     from->snd_nxt);
    }
    if (beyond(from->snd_una + from->snd_wnd, to->rcv_nxt + to->rcv_wnd)) {
        t_world_fail(w, "a window that was never offered: edge believed, edge",
                     from->snd_una + from->snd_wnd, to->rcv_nxt + to->rcv_wnd);
    }
}

static void check_conv(struct t_world *w, struct t_conv *conv, sf_time now)
{
    struct sf_status st[2];
    bool both = true;

    for (uint32_t i = 0; i < 2; i++) {
        struct t_side *s = &conv->side[i];

        if (!s->held) {
            both = false;
            continue;
        }
        /* Looking is no call that the host has to have a turn for, but asking for the
         * stack gives it one: it has nothing to do in it. */
        T_EQ(sf_status(sf_sim_stack(w->sim, i), s->handle, &st[i], now), SF_OK);
        check_side(w, s, &st[i], &w->host[i].config);
        both = both && synchronized(&st[i]);
    }
    if (both) {
        check_direction(w, &st[0], &st[1]);
        check_direction(w, &st[1], &st[0]);
    }
}

void t_world_check(struct t_world *w, sf_time now)
{
    w->steps++;
    w->step_events = 0;
    w->same_moment = now.ns == w->last.ns ? w->same_moment + 1 : 0;
    if (now.ns < w->last.ns) {
        t_world_fail(w, "time went back: from, to", w->last.ns, now.ns);
    }
    w->last = now;
    if (w->same_moment > SAME_MOMENT_MAX) {
        t_world_fail(w, "time stands still; frames, events", w->frames, w->events);
    }
    if (now.ns > END_OF_TIME.ns || w->steps > STEPS_MAX) {
        t_world_fail(w, "it does not end; frames, events", w->frames, w->events);
    }
    if (w->unchecked) {
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        check_trace(w, &w->host[i]);
    }
    for (uint32_t i = 0; i < w->n_conv; i++) {
        check_conv(w, &w->conv[i], now);
    }
}
