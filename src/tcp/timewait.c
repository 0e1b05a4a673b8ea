/* SPDX-License-Identifier: MIT
 *
 * tcp/timewait.c - the rings of TIME-WAIT records.
 *
 *   conn.c -> sf_tw_enter() -> [ring, oldest first] -> SF_MISC_TW4, SF_MISC_TW6 -> gone
 *   tw_input.c (segments for a record), embryo.c (a SYN took it over) act on one
 *
 * What holds between calls: the positions in use are `count` from `first` on, their
 * moments never decrease, and the first and the last of them are not dead.  An id is the
 * position plus one, so that it lasts as long as the record stays where it is.
 */
#include "tcp/timewait.h"

#include "base/time.h"
#include "tcp/choice.h"
#include "tcp/flows.h"
#include "tcp/tracing.h"

/* tw.flags; the low bits are log2 of MAX.SND.WND. */
enum {
    TW_LOG_MASK = 0x1f,
    TW_TS = 0x20,
    TW_SUSPENDED = 0x40, /* not in the flow table: an embryo took it over */
    TW_DEAD = 0x80,
};

/* tw.scale_look: a shift is 14 at most. */
enum {
    TW_SCALE_MASK = 0x0f,
    TW_LOOK_SHIFT = 4,
};

struct tw {
    uint32_t hash_next;
    sf_seq snd_nxt;
    sf_seq rcv_nxt;
    uint32_t expires_us; /* the microsecond at whose start 2MSL is over */
    uint32_t ts_recent;
    uint16_t rport, lport;
    uint16_t wnd;       /* window field offered last */
    uint8_t scale_look; /* its shift, and above TW_LOOK_SHIFT what it looks like on the wire */
    uint8_t flags;      /* TW_*, log2 */
};

struct tw4 {
    struct tw tw;
    uint8_t remote[4], local[4];
};

struct tw6 {
    struct tw tw;
    uint8_t remote[16], local[16];
};

_Static_assert(sizeof(struct tw4) <= 40, "TIME-WAIT over IPv4 takes at most 40 octets");
_Static_assert(sizeof(struct tw6) <= 60, "TIME-WAIT over IPv6 takes at most 60 octets");

uint32_t sf_tw_octets(enum sf_family family)
{
    return family == SF_IPV6 ? sizeof(struct tw6) : sizeof(struct tw4);
}

void sf_tw_init(struct sf_tcp *t, void *memory4, void *memory6)
{
    t->tw4 = (struct sf_tw_ring){
        .records = memory4,
        .stride = sf_tw_octets(SF_IPV4),
        .capacity = t->cfg.max_time_waits,
    };
    t->tw6 = (struct sf_tw_ring){
        .records = memory6,
        .stride = sf_tw_octets(SF_IPV6),
        .capacity = t->cfg.max_time_waits,
    };
}

static struct sf_tw_ring *ring_of(struct sf_tcp *t, uint32_t kind)
{
    return kind == SF_ID_TW6 ? &t->tw6 : &t->tw4;
}

static const struct sf_tw_ring *ring_of_id(const struct sf_tcp *t, uint32_t id)
{
    SF_ASSERT(sf_timer_kind(id) == SF_ID_TW4 || sf_timer_kind(id) == SF_ID_TW6);
    return sf_timer_kind(id) == SF_ID_TW6 ? &t->tw6 : &t->tw4;
}

/* The physical place of the nth record from the oldest on. */
static uint32_t place_of(const struct sf_tw_ring *ring, uint32_t nth)
{
    uint64_t place = (uint64_t)ring->first + nth;

    return (uint32_t)(place < ring->capacity ? place : place - ring->capacity);
}

static struct tw *record_at(const struct sf_tw_ring *ring, uint32_t place)
{
    return (struct tw *)(void *)(ring->records + (size_t)place * ring->stride);
}

static struct tw *record_of(const struct sf_tcp *t, uint32_t id)
{
    const struct sf_tw_ring *ring = ring_of_id(t, id);

    SF_ASSERT(sf_timer_index(id) - 1 < ring->capacity);
    return record_at(ring, sf_timer_index(id) - 1);
}

static struct tw *first_record(const struct sf_tw_ring *ring)
{
    return record_at(ring, ring->first);
}

static struct tw *last_record(const struct sf_tw_ring *ring)
{
    return record_at(ring, place_of(ring, ring->count - 1));
}

static uint32_t now_us(sf_time now)
{
    return sf_time_us32(now);
}

/* The moment of a record, which is less than 2^31 us away from now. */
static sf_time until_of(const struct tw *tw, sf_time now)
{
    uint64_t us = now.ns / SF_NS_PER_US;

    us += (uint64_t)(int64_t)(int32_t)(tw->expires_us - now_us(now));
    return (sf_time){us * SF_NS_PER_US};
}

static sf_span two_msl(const struct sf_tcp *t)
{
    return (sf_span){2 * t->cfg.msl.ns};
}

static uint32_t misc_timer(uint32_t kind)
{
    return sf_timer_id(SF_TK_MISC, kind == SF_ID_TW6 ? SF_MISC_TW6 : SF_MISC_TW4);
}

/* Let the timer run for the oldest record. */
static void arm(struct sf_tcp *t, uint32_t kind, sf_time now)
{
    const struct sf_tw_ring *ring = ring_of(t, kind);

    if (ring->count != 0) {
        sf_wheel_arm(&t->wheel, misc_timer(kind), until_of(first_record(ring), now));
    }
}

/* Give up the dead places at both ends. */
static void trim(struct sf_tcp *t, uint32_t kind)
{
    struct sf_tw_ring *ring = ring_of(t, kind);

    while (ring->count != 0 && (first_record(ring)->flags & TW_DEAD) != 0) {
        ring->first = place_of(ring, 1);
        ring->count--;
    }
    while (ring->count != 0 && (last_record(ring)->flags & TW_DEAD) != 0) {
        ring->count--;
    }
    if (ring->count == 0) {
        sf_wheel_cancel(&t->wheel, misc_timer(kind));
    }
}

/* What a record's look is: 0 the stack's own, else a place in t->tw_looks and one. */
static uint32_t look_of(const struct tw *tw)
{
    return (uint32_t)tw->scale_look >> TW_LOOK_SHIFT;
}

/* The look of what a connection has chosen (SHLD-22: its Diffserv field is on every segment).
 * There are 15 at a time, as a record has no room for two octets more; who comes with another
 * one then, looks like the stack. */
static uint32_t take_look(struct sf_tcp *t, const struct sf_choice *choice)
{
    uint32_t unused = 0;

    if (choice->tos == t->standard.tos && choice->hop_limit == t->standard.hop_limit) {
        return 0;
    }
    for (uint32_t i = 1; i <= SF_TW_LOOKS; i++) {
        struct sf_tw_look *look = &t->tw_looks[i - 1];

        if (look->records != 0 && look->tos == choice->tos &&
            look->hop_limit == choice->hop_limit) {
            look->records++;
            return i;
        }
        unused = unused == 0 && look->records == 0 ? i : unused;
    }
    if (unused != 0) {
        t->tw_looks[unused - 1] = (struct sf_tw_look){1, choice->tos, choice->hop_limit};
    }
    return unused;
}

static void bury(struct sf_tcp *t, uint32_t id)
{
    struct tw *tw = record_of(t, id);

    SF_ASSERT((tw->flags & TW_DEAD) == 0);
    if (look_of(tw) != 0) {
        t->tw_looks[look_of(tw) - 1].records--;
    }
    tw->flags |= TW_DEAD;
    ring_of(t, sf_timer_kind(id))->live--;
}

/* A record is over.  One that was taken over goes silently: its connection goes on. */
static void end(struct sf_tcp *t, uint32_t id, enum sf_event_kind event, sf_time now)
{
    if ((record_of(t, id)->flags & TW_SUSPENDED) == 0) {
        sf_flow_remove(t, id);
        sf_trace_state(t, id, SF_TIME_WAIT, event, SF_CLOSED, now);
    }
    bury(t, id);
}

/* The least n with 2^n >= octets. */
static uint8_t log2_up(uint32_t octets)
{
    return (uint8_t)(octets <= 1 ? 0 : 32 - __builtin_clz(octets - 1));
}

static void fill(struct sf_tcp *t, struct tw *tw, const struct sf_conn *c)
{
    const struct sf_tuple *tuple = &c->tuple;
    uint32_t wnd =
        sf_seq_after(c->rcv_adv, c->rcv_nxt) ? sf_seq_span(c->rcv_nxt, c->rcv_adv) : 0;

    wnd >>= c->rcv_wscale;
    tw->snd_nxt = c->snd_nxt;
    tw->rcv_nxt = c->rcv_nxt;
    tw->ts_recent = c->ts_recent;
    tw->rport = tuple->rport;
    tw->lport = tuple->lport;
    tw->wnd = (uint16_t)(wnd < UINT16_MAX ? wnd : UINT16_MAX);
    tw->scale_look =
        (uint8_t)(c->rcv_wscale | take_look(t, sf_choice_of(t, c)) << TW_LOOK_SHIFT);
    tw->flags = log2_up(c->max_snd_wnd) & TW_LOG_MASK;
    if ((c->flags & SF_CF_TS) != 0) {
        tw->flags |= TW_TS;
    }
    if (tuple->family == SF_IPV6) {
        struct tw6 *six = (struct tw6 *)(void *)tw;

        memcpy(six->remote, tuple->remote, sizeof(six->remote));
        memcpy(six->local, tuple->local, sizeof(six->local));
    } else {
        struct tw4 *four = (struct tw4 *)(void *)tw;

        memcpy(four->remote, tuple->remote, sizeof(four->remote));
        memcpy(four->local, tuple->local, sizeof(four->local));
    }
}

/* Microseconds of a moment, rounded up: never early. */
static uint32_t us_after(sf_time until)
{
    return (uint32_t)((until.ns + SF_NS_PER_US - 1) / SF_NS_PER_US);
}

uint32_t sf_tw_enter(struct sf_tcp *t, const struct sf_conn *c, uint32_t conn_id, sf_time until,
                     sf_time now)
{
    uint32_t kind = c->tuple.family == SF_IPV6 ? SF_ID_TW6 : SF_ID_TW4;
    struct sf_tw_ring *ring = ring_of(t, kind);
    bool first_moves = ring->count == 0;

    until = sf_time_min(until, sf_time_add(now, two_msl(t)));
    if (ring->count == ring->capacity) {
        end(t, sf_timer_id(kind, ring->first + 1), SF_EV_ORPHANED, now);
        trim(t, kind);
        t->counters.time_waits_cut_short++;
        first_moves = true;
    }

    uint32_t expires_us = us_after(until);

    if (ring->count != 0 && (int32_t)(last_record(ring)->expires_us - expires_us) > 0) {
        expires_us = last_record(ring)->expires_us;
    }

    uint32_t place = place_of(ring, ring->count);
    uint32_t id = sf_timer_id(kind, place + 1);

    ring->count++;
    ring->live++;
    fill(t, record_at(ring, place), c);
    record_at(ring, place)->expires_us = expires_us;
    sf_flow_replace(t, conn_id, id);
    sf_trace_move(t, conn_id, id, now);
    if (first_moves) {
        arm(t, kind, now);
    }
    return id;
}

/* Whether the record may leave its place for a new one at the end. */
static bool may_move(const struct sf_tw_ring *ring, uint32_t place)
{
    uint32_t dead = ring->count - ring->live;

    return place == ring->first || (ring->count < ring->capacity && dead < ring->capacity / 4);
}

uint32_t sf_tw_renew(struct sf_tcp *t, uint32_t id, sf_time now)
{
    uint32_t kind = sf_timer_kind(id);
    struct sf_tw_ring *ring = ring_of(t, kind);
    uint32_t place = sf_timer_index(id) - 1;
    struct tw *tw = record_of(t, id);
    uint32_t expires_us = us_after(sf_time_add(now, two_msl(t)));

    SF_ASSERT((tw->flags & (TW_DEAD | TW_SUSPENDED)) == 0);
    if (tw == last_record(ring)) {
        tw->expires_us = expires_us;
        arm(t, kind, now);
        return id;
    }
    if (!may_move(ring, place)) {
        return id;
    }
    if (place == ring->first) {
        /* Its place is free for itself when the ring is full. */
        ring->first = place_of(ring, 1);
        ring->count--;
    }

    uint32_t to = place_of(ring, ring->count);
    struct tw *moved = record_at(ring, to);

    ring->count++;
    if (to != place) {
        memcpy(moved, tw, ring->stride);
        sf_flow_replace(t, id, sf_timer_id(kind, to + 1));
        sf_trace_move(t, id, sf_timer_id(kind, to + 1), now);
        tw->flags |= TW_DEAD;
    }
    moved->expires_us = expires_us;
    trim(t, kind);
    arm(t, kind, now);
    return sf_timer_id(kind, to + 1);
}

void sf_tw_view(const struct sf_tcp *t, uint32_t id, struct sf_tw_view *view, sf_time now)
{
    const struct tw *tw = record_of(t, id);
    uint32_t look = look_of(tw);

    *view = (struct sf_tw_view){
        .snd_nxt = tw->snd_nxt,
        .rcv_nxt = tw->rcv_nxt,
        .ts_recent = tw->ts_recent,
        .max_snd_wnd = UINT32_C(1) << (tw->flags & TW_LOG_MASK),
        .rcv_wnd = (uint32_t)tw->wnd << (tw->scale_look & TW_SCALE_MASK),
        .wnd = tw->wnd,
        .timestamps = (tw->flags & TW_TS) != 0,
        .tos = look != 0 ? t->tw_looks[look - 1].tos : t->standard.tos,
        .hop_limit = look != 0 ? t->tw_looks[look - 1].hop_limit : t->standard.hop_limit,
        .until = until_of(tw, now),
    };
}

void sf_tw_set_ts_recent(struct sf_tcp *t, uint32_t id, uint32_t tsval)
{
    record_of(t, id)->ts_recent = tsval;
}

/* Whether the id still names the suspended record of this tuple. */
static bool is_suspended(const struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple)
{
    /* A place that is not in use is dead, or was never. */
    return (record_of(t, id)->flags & (TW_SUSPENDED | TW_DEAD)) == TW_SUSPENDED &&
           sf_tw_is(t, id, tuple);
}

void sf_tw_suspend(struct sf_tcp *t, uint32_t id)
{
    struct tw *tw = record_of(t, id);

    SF_ASSERT((tw->flags & (TW_SUSPENDED | TW_DEAD)) == 0);
    sf_flow_remove(t, id);
    tw->flags |= TW_SUSPENDED;
}

bool sf_tw_restore(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple)
{
    if (!is_suspended(t, id, tuple)) {
        return false;
    }
    record_of(t, id)->flags &= (uint8_t)~TW_SUSPENDED;
    sf_flow_insert(t, id);
    return true;
}

void sf_tw_forget(struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple)
{
    if (is_suspended(t, id, tuple)) {
        bury(t, id);
        /* If it was the oldest, the timer comes too early for the next one, and is armed
         * again then. */
        trim(t, sf_timer_kind(id));
    }
}

void sf_tw_drop(struct sf_tcp *t, uint32_t id, sf_time now)
{
    SF_ASSERT((record_of(t, id)->flags & (TW_SUSPENDED | TW_DEAD)) == 0);
    end(t, id, SF_EV_ORPHANED, now);
    trim(t, sf_timer_kind(id));
    arm(t, sf_timer_kind(id), now);
}

void sf_tw_expire(struct sf_tcp *t, enum sf_misc_timer which, sf_time now)
{
    uint32_t kind = which == SF_MISC_TW6 ? SF_ID_TW6 : SF_ID_TW4;
    const struct sf_tw_ring *ring = ring_of(t, kind);

    while (ring->count != 0 && (int32_t)(first_record(ring)->expires_us - now_us(now)) <= 0) {
        uint32_t id = sf_timer_id(kind, ring->first + 1);

        sf_trace_note(t, id, SF_TRACE_TIMER, SF_TIME_WAIT, SF_TIMER_2MSL, 0, 0, now);
        end(t, id, SF_EV_2MSL, now);
        trim(t, kind);
    }
    arm(t, kind, now);
}

uint32_t *sf_tw_hash_next(const struct sf_tcp *t, uint32_t id)
{
    return &record_of(t, id)->hash_next;
}

void sf_tw_tuple(const struct sf_tcp *t, uint32_t id, struct sf_tuple *tuple)
{
    const struct tw *tw = record_of(t, id);

    *tuple = (struct sf_tuple){.rport = tw->rport, .lport = tw->lport};
    if (sf_timer_kind(id) == SF_ID_TW6) {
        const struct tw6 *six = (const struct tw6 *)(const void *)tw;

        tuple->family = SF_IPV6;
        memcpy(tuple->remote, six->remote, sizeof(six->remote));
        memcpy(tuple->local, six->local, sizeof(six->local));
    } else {
        const struct tw4 *four = (const struct tw4 *)(const void *)tw;

        tuple->family = SF_IPV4;
        memcpy(tuple->remote, four->remote, sizeof(four->remote));
        memcpy(tuple->local, four->local, sizeof(four->local));
    }
}

bool sf_tw_is(const struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple)
{
    const struct tw *tw = record_of(t, id);

    if (tw->rport != tuple->rport || tw->lport != tuple->lport) {
        return false;
    }

    struct sf_tuple own;

    sf_tw_tuple(t, id, &own);
    return sf_tuple_equal(&own, tuple);
}

uint32_t sf_tw_nth(const struct sf_tcp *t, enum sf_id_kind kind, uint32_t nth)
{
    const struct sf_tw_ring *ring = kind == SF_ID_TW6 ? &t->tw6 : &t->tw4;
    uint32_t place = place_of(ring, nth);

    SF_ASSERT(nth < ring->count);
    return (record_at(ring, place)->flags & (TW_DEAD | TW_SUSPENDED)) != 0
               ? 0
               : sf_timer_id(kind, place + 1);
}
