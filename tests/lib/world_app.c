/* SPDX-License-Identifier: MIT
 *
 * tests/lib/world_app.c - applications that follow a script.
 *
 * An end acts when an event or an alarm says so: it reads, writes and leaves as far as its
 * script and the stack allow at that moment.  Octets are checked where they are read.
 */
#include "world.h"

#include "pattern.h"

#define BURST 65536
#define ROOMS 8

/* Streams of the pattern: each direction of each conversation has its own. */
static uint32_t stream_of(const struct t_world *w, const struct t_side *s, bool from_peer)
{
    const struct t_side *first = &w->conv[0].side[0];
    uint32_t i =
        (uint32_t)(((const char *)s - (const char *)first) / (ptrdiff_t)sizeof(struct t_conv));
    uint32_t side = s == &w->conv[i].side[1];

    return 10 + 2 * i + (from_peer ? 1 - side : side);
}

static void where_is(struct t_world *w, const struct t_side *s, uint32_t *i, uint32_t *side)
{
    for (*i = 0; *i < w->n_conv; ++*i) {
        for (*side = 0; *side < 2; ++*side) {
            if (s == &w->conv[*i].side[*side]) {
                return;
            }
        }
    }
    t_world_fail(w, "a side of no conversation", 0, 0);
}

static void plan(struct t_world *w, const struct t_side *s, sf_span span, enum t_alarm what)
{
    uint32_t i = 0;
    uint32_t side = 0;

    where_is(w, s, &i, &side);
    T_EQ(
        sf_sim_at(w->sim, side, sf_time_add(sf_sim_now(w->sim), span), t_cookie(i, side, what)),
        SF_OK);
}

static void check_text(struct t_world *w, struct t_side *s, const uint8_t *text, size_t n)
{
    size_t right = t_pattern_match(stream_of(w, s, true), s->in, text, n);

    if (right != n) {
        t_world_fail(w, "an octet is wrong: at, and what it is", s->in + right, text[right]);
    }
    s->in += n;
}

/* How many octets a call may move, by the script. */
static size_t allowed(uint32_t script_octets, uint64_t left)
{
    uint64_t n = script_octets == 0 || script_octets > BURST ? BURST : script_octets;

    return (size_t)(left < n ? left : n);
}

static enum sf_err read_some(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    static uint8_t text[BURST];
    struct sf_piece pieces[ROOMS];
    size_t want = allowed(s->script.read_octets, UINT64_MAX);
    size_t n = ROOMS;
    size_t done = 0;
    sf_time now = sf_sim_now(w->sim);
    enum sf_err err = SF_OK;

    if (!s->script.borrow) {
        err = sf_recv(st, s->handle, text, want, &n, now);
        if (err == SF_OK) {
            check_text(w, s, text, n);
        }
        return err;
    }
    err = sf_recv_peek(st, s->handle, pieces, &n);
    if (err != SF_OK) {
        return err;
    }
    for (size_t i = 0; i < n && done < want; i++) {
        size_t part = pieces[i].octets < want - done ? pieces[i].octets : want - done;

        check_text(w, s, pieces[i].data, part);
        done += part;
    }
    T_TRUE(done > 0);
    return sf_recv_consume(st, s->handle, done, now);
}

static uint32_t send_flags(struct t_side *s, size_t want)
{
    uint32_t flags = 0;

    s->calls++;
    if ((s->script.options & T_WITH_MORE) != 0 && s->calls % 3 == 0 &&
        s->out + want < s->script.octets) {
        flags |= SF_SEND_MORE;
    }
    if ((s->script.options & T_WITH_URGENT) != 0 && s->calls % 5 == 0) {
        flags |= SF_SEND_URGENT;
    }
    return flags;
}

static enum sf_err write_some(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    static uint8_t text[BURST];
    struct sf_room rooms[ROOMS];
    size_t want = allowed(s->script.write_octets, s->script.octets - s->out);
    size_t n = ROOMS;
    size_t done = 0;
    uint32_t stream = stream_of(w, s, false);
    sf_time now = sf_sim_now(w->sim);
    enum sf_err err = SF_OK;

    if (!s->script.borrow) {
        t_pattern_fill(stream, s->out, text, want);
        err = sf_send(st, s->handle, text, want, send_flags(s, want), &done, now);
        T_TRUE(err == SF_OK || done == 0);
        s->out += done;
        return err == SF_OK && done == 0 ? SF_ERR_AGAIN : err;
    }
    err = sf_send_reserve(st, s->handle, want, rooms, &n, now);
    if (err != SF_OK) {
        return err;
    }
    for (size_t i = 0; i < n && done < want; i++) {
        size_t part = rooms[i].octets < want - done ? rooms[i].octets : want - done;

        t_pattern_fill(stream, s->out + done, rooms[i].data, part);
        done += part;
    }
    T_TRUE(done > 0);
    err = sf_send_commit(st, s->handle, done, send_flags(s, done), now);
    s->out += err == SF_OK ? done : 0;
    return err;
}

static void read_on(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    enum sf_err err = SF_OK;

    while (err == SF_OK && !s->reading && !s->eof) {
        err = read_some(w, st, s);
        if (err == SF_OK && s->script.read_pause.ns > 0) {
            s->reading = true;
            plan(w, s, s->script.read_pause, T_ALARM_READ);
        }
    }
    s->eof = s->eof || err == SF_ERR_EOF;
}

static void write_on(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    enum sf_err err = SF_OK;

    while (err == SF_OK && !s->writing && !s->shut && s->out < s->script.octets) {
        err = write_some(w, st, s);
        if ((err == SF_OK && s->script.write_pause.ns > 0) || err == SF_ERR_NO_MEMORY) {
            /* Nobody tells when there are chunks again: try later. */
            s->writing = true;
            plan(w, s, sf_span_max(s->script.write_pause, SF_MS(1)), T_ALARM_WRITE);
        }
    }
}

static void leave(struct t_side *s)
{
    s->held = false;
    s->left = true;
}

/* True if it is time to leave; sends FIN on the way there where the script has it so. */
static bool may_leave(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    bool quits = s->script.quit_after != 0 && s->in >= s->script.quit_after;

    if (quits) {
        return s->script.finish != T_STAY;
    }
    if (s->out < s->script.octets || !(s->opened || s->script.rash)) {
        return false;
    }
    switch ((enum t_finish)s->script.finish) {
    case T_SHUT:
        if (!s->shut && !s->leaving) {
            s->shut = sf_shutdown(st, s->handle, sf_sim_now(w->sim)) == SF_OK;
        }
        return s->eof;
    case T_AFTER:
        return s->eof;
    case T_CLOSE:
    case T_ABORT:
        return true;
    case T_STAY:
        break;
    }
    return false;
}

static void finish(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    if (s->script.finish_pause.ns > 0 && !s->leaving) {
        s->leaving = true;
        plan(w, s, s->script.finish_pause, T_ALARM_LEAVE);
        return;
    }
    if (s->script.finish == T_ABORT) {
        T_EQ(sf_abort(st, s->handle, sf_sim_now(w->sim)), SF_OK);
    } else {
        T_EQ(sf_close(st, s->handle, sf_sim_now(w->sim)), SF_OK);
    }
    leave(s);
}

static void bury(struct t_world *w, struct sf_stack *st, struct t_side *s)
{
    struct sf_status status;

    T_EQ(sf_status(st, s->handle, &status, sf_sim_now(w->sim)), SF_OK);
    T_TRUE(status.error != SF_OK);
    s->error = status.error;
    T_EQ(sf_close(st, s->handle, sf_sim_now(w->sim)), SF_OK);
    leave(s);
}

static void act(struct t_world *w, uint32_t i, uint32_t side)
{
    struct t_side *s = &w->conv[i].side[side];
    struct sf_stack *st = sf_sim_stack(w->sim, side);
    uint32_t ready = 0;

    if (!s->held || !s->started) {
        return;
    }
    ready = sf_ready(st, s->handle);
    s->opened = s->opened || (ready & SF_READY_OPEN) != 0;
    read_on(w, st, s);
    if ((ready & SF_READY_ERROR) != 0) {
        bury(w, st, s);
        return;
    }
    write_on(w, st, s);
    if (may_leave(w, st, s) && (!s->leaving || s->script.finish_pause.ns == 0)) {
        finish(w, st, s);
    }
}

static void set_options(struct t_world *w, struct sf_stack *st, const struct t_side *s)
{
    static const struct {
        uint8_t bit;
        enum sf_option option;
        uint64_t value;
    } rows[] = {
        {T_WITH_NODELAY, SF_OPTION_NODELAY, 1},
        {T_WITH_QUICKACK, SF_OPTION_QUICKACK, 1},
        {T_WITH_KEEPALIVE, SF_OPTION_KEEPALIVE_IDLE, 5000},
        {T_WITH_KEEPALIVE, SF_OPTION_KEEPALIVE, 1},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        if ((s->script.options & rows[i].bit) != 0) {
            T_EQ(
                sf_set_option(st, s->handle, rows[i].option, rows[i].value, sf_sim_now(w->sim)),
                SF_OK);
        }
    }
}

static void open_now(struct t_world *w, uint32_t i, uint32_t side)
{
    struct t_side *s = &w->conv[i].side[side];
    struct sf_open open = {
        .local = {.addr = w->host[side].addr},
        .remote = {.addr = w->host[1 - side].addr, .port = T_WORLD_PORT},
        .user = i,
    };
    struct sf_stack *st = sf_sim_stack(w->sim, side);
    struct sf_status status;
    enum sf_err err = SF_OK;

    if (w->conv[i].side[1].script.opens) {
        /* Both know each other's port: they cross. */
        w->conv[i].port = (uint16_t)(20000 + i);
        open.local.port = side == 0 ? w->conv[i].port : T_WORLD_PORT;
        open.remote.port = side == 0 ? T_WORLD_PORT : w->conv[i].port;
    }
    err = sf_open(st, &open, &s->handle, sf_sim_now(w->sim));
    if (err == SF_ERR_NO_MEMORY) {
        /* Refused loudly, as promised: later, then. */
        plan(w, s, SF_MS(100), T_ALARM_START);
        return;
    }
    T_EQ(err, SF_OK);
    T_EQ(sf_status(st, s->handle, &status, sf_sim_now(w->sim)), SF_OK);
    if (side == 0) {
        w->conv[i].port = status.local.port;
    }
    s->held = true;
    set_options(w, st, s);
}

void t_world_begin(struct t_world *w, uint32_t i, uint32_t side)
{
    struct t_side *s = &w->conv[i].side[side];

    s->started = true;
    if (!s->held && !s->left && (side == 0 || s->script.opens)) {
        open_now(w, i, side);
    }
    act(w, i, side);
}

static void accept_all(struct t_world *w)
{
    struct sf_stack *st = sf_sim_stack(w->sim, 1);
    struct sf_handle handle;
    struct sf_status status;

    while (sf_accept(st, w->host[1].listener, &handle, sf_sim_now(w->sim)) == SF_OK) {
        bool found = false;

        T_EQ(sf_status(st, handle, &status, sf_sim_now(w->sim)), SF_OK);
        for (uint32_t i = 0; i < w->n_conv; i++) {
            struct t_side *s = &w->conv[i].side[1];

            if (w->conv[i].port == status.remote.port && !s->held && !s->left) {
                s->handle = handle;
                s->held = true;
                s->opened = true;
                T_EQ(sf_set_user(st, handle, i), SF_OK);
                set_options(w, st, s);
                found = true;
                act(w, i, 1);
            }
        }
        if (!found) {
            /* A client that had given up, and whose SYN came late. */
            T_EQ(sf_abort(st, handle, sf_sim_now(w->sim)), SF_OK);
        }
    }
}

/* Decide about SYNs; one without a place to wait is decided about at once. */
static void answer_all(struct t_world *w)
{
    struct sf_stack *st = sf_sim_stack(w->sim, 1);
    struct sf_syn syn;

    while (sf_syn_next(st, w->host[1].listener, &syn) == SF_OK) {
        uint32_t dice = sf_rng_below(&w->rng, 100);
        uint32_t place = 0;

        while (place < T_CONVS && w->waiting[place].generation != 0) {
            place++;
        }
        if (dice < w->late && place < T_CONVS) {
            w->waiting[place] = syn.id;
            T_EQ(sf_sim_at(w->sim, 1, sf_time_add(sf_sim_now(w->sim), SF_S(1)),
                           t_cookie(place, 1, T_ALARM_ANSWER)),
                 SF_OK);
            continue;
        }
        T_EQ(sf_syn_answer(st, syn.id,
                           dice < w->late + w->silent ? SF_ANSWER_SILENT : SF_ANSWER_ACCEPT,
                           sf_sim_now(w->sim)),
             SF_OK);
    }
}

static void answer_late(struct t_world *w, uint32_t place)
{
    enum sf_err err = sf_syn_answer(sf_sim_stack(w->sim, 1), w->waiting[place],
                                    SF_ANSWER_ACCEPT, sf_sim_now(w->sim));

    T_TRUE(err == SF_OK || err == SF_ERR_STALE); /* the peer may have withdrawn it */
    w->waiting[place] = (struct sf_handle){0};
}

void t_world_event(void *context, struct sf_sim *sim, const struct sf_ready_event *event)
{
    struct t_world *w = context;

    (void)sim;
    w->events++;
    if (++w->step_events > 10000) {
        t_world_fail(w, "a storm of events; ready", event->ready, event->user);
    }
    if ((event->ready & (SF_READY_ACCEPT | SF_READY_SYN)) != 0) {
        answer_all(w);
        accept_all(w);
        return;
    }
    for (uint32_t side = 0; side < 2; side++) {
        uint32_t i = (uint32_t)event->user;

        /* Handles of two stacks may be alike: both ends look. */
        if (i < w->n_conv && w->conv[i].side[side].held &&
            memcmp(&w->conv[i].side[side].handle, &event->handle, sizeof(event->handle)) == 0) {
            act(w, i, side);
        }
    }
}

void t_world_alarm(void *context, struct sf_sim *sim, uint64_t cookie)
{
    struct t_world *w = context;
    uint32_t i = (uint32_t)(cookie >> 8);
    uint32_t side = (uint32_t)(cookie >> 4) & 15;
    struct t_side *s = &w->conv[i].side[side];

    (void)sim;
    switch ((enum t_alarm)(cookie & 15)) {
    case T_ALARM_START:
        t_world_begin(w, i, side);
        return;
    case T_ALARM_READ:
        s->reading = false;
        break;
    case T_ALARM_WRITE:
        s->writing = false;
        break;
    case T_ALARM_ANSWER:
        answer_late(w, i);
        return;
    case T_ALARM_LEAVE:
        if (s->held) {
            finish(w, sf_sim_stack(w->sim, side), s);
        }
        return;
    }
    act(w, i, side);
}
