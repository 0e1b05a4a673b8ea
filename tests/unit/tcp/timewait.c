/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/timewait.c - the rings of TIME-WAIT records.
 */
#include "room.h"

#include "base/rng.h"
#include "tcp/timewait.h"

#define S(n)    (UINT64_C(1000000000) * (n))
#define TWO_MSL S(60)

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room);
    room.cfg.max_time_waits = 8;
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

static void free_conn(struct t_room *r, uint32_t conn)
{
    sf_pool_put(&r->tcp.works, t_conn_at(r, conn)->work);
    sf_pool_put(&r->tcp.conns, conn);
}

/* A connection enters TIME-WAIT and ends it at a moment; returns the record's id. */
static uint32_t enter(struct t_room *r, const struct sf_tuple *tuple, uint64_t until,
                      uint64_t now)
{
    uint32_t conn = t_conn(r, tuple);
    struct sf_conn *c = t_conn_at(r, conn);
    uint32_t id = 0;

    c->snd_nxt = (sf_seq){1000};
    c->rcv_nxt = (sf_seq){5000};
    id = sf_tw_enter(&r->tcp, c, sf_timer_id(SF_ID_CONN, conn), T_AT(until), T_AT(now));
    free_conn(r, conn);
    return id;
}

static uint32_t enter_port(struct t_room *r, uint16_t rport, uint64_t now)
{
    struct sf_tuple tuple = t_tuple4(rport, 80);

    return enter(r, &tuple, now + TWO_MSL, now);
}

static uint32_t find_port(struct t_room *r, uint16_t rport)
{
    struct sf_tuple tuple = t_tuple4(rport, 80);

    return sf_flow_find(&r->tcp, &tuple);
}

/* Lets timers act up to a moment; returns when the last one did. */
static uint64_t run_to(struct t_room *r, uint64_t until)
{
    uint64_t last = 0;

    for (;;) {
        sf_time next = sf_wheel_next(&r->tcp.wheel);
        uint32_t id = 0;

        if (next.ns > until) {
            return last;
        }
        while ((id = sf_wheel_expire(&r->tcp.wheel, next)) != 0) {
            T_EQ(sf_timer_kind(id), SF_TK_MISC);
            sf_tw_expire(&r->tcp, (enum sf_misc_timer)sf_timer_index(id), next);
            last = next.ns;
        }
    }
}

static void records_take_40_and_60_octets_at_most(void **state)
{
    (void)state;
    T_EQ(sf_tw_octets(SF_IPV4), 36);
    T_EQ(sf_tw_octets(SF_IPV6), 60);
}

static void a_record_takes_its_connections_place(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple6(7, 80);
    uint32_t conn = t_conn(r, &tuple);
    struct sf_conn *c = t_conn_at(r, conn);
    struct sf_tw_view view;
    struct sf_tuple got;

    c->snd_nxt = (sf_seq){0xfffffff0};
    c->rcv_nxt = (sf_seq){0xffffff00};
    c->rcv_adv = (sf_seq){0xffffff00 + 40001}; /* beyond the wrap */
    c->rcv_wscale = 3;
    c->flags = SF_CF_TS;
    c->ts_recent = 77;
    c->max_snd_wnd = 65537;

    uint32_t id =
        sf_tw_enter(&r->tcp, c, sf_timer_id(SF_ID_CONN, conn), T_AT(TWO_MSL), T_AT(0));

    T_EQ(sf_timer_kind(id), SF_ID_TW6);
    T_EQ(sf_flow_find(&r->tcp, &tuple), id);
    sf_flow_tuple(&r->tcp, id, &got);
    T_TRUE(sf_tuple_equal(&got, &tuple));
    sf_tw_view(&r->tcp, id, &view, T_AT(5));
    T_EQ(view.snd_nxt.v, 0xfffffff0);
    T_EQ(view.rcv_nxt.v, 0xffffff00);
    T_EQ(view.wnd, 5000);      /* 40001 >> 3 */
    T_EQ(view.rcv_wnd, 40000); /* what the field says */
    T_EQ(view.max_snd_wnd, 131072);
    T_TRUE(view.timestamps);
    T_EQ(view.ts_recent, 77);
    T_EQ(view.until.ns, TWO_MSL);
    T_EQ(r->tcp.tw6.live, 1);
    T_EQ(r->tcp.tw4.live, 0);
    T_EQ(t_traced(r, 0)->kind, SF_TRACE_MOVE);
    T_EQ(t_traced(r, 0)->id, sf_timer_id(SF_ID_CONN, conn));
    T_EQ(t_traced(r, 0)->u.other, id);
}

static void windows_are_kept_within_what_the_record_has_room_for(void **state)
{
    static const struct {
        uint32_t adv, max, wnd, max_up;
        uint8_t wscale;
    } rows[] = {
        {0, 0, 0, 1, 0},
        {1, 1, 1, 1, 0},
        {65535, 2, 65535, 2, 0},
        {65536, 3, 65535, 4, 0},
        {0xffffffff, 4, 0, 4, 0}, /* the FIN was taken beyond what was offered */
        {65535U << 14, 65535U << 14, 65535, 1U << 30, 14},
    };
    struct t_room *r = *state;

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_tuple tuple = t_tuple4((uint16_t)(i + 1), 80);
        uint32_t conn = t_conn(r, &tuple);
        struct sf_conn *c = t_conn_at(r, conn);
        struct sf_tw_view view;

        c->rcv_adv = (sf_seq){rows[i].adv};
        c->max_snd_wnd = rows[i].max;
        c->rcv_wscale = rows[i].wscale;
        sf_tw_view(&r->tcp,
                   sf_tw_enter(&r->tcp, c, sf_timer_id(SF_ID_CONN, conn), T_AT(S(1)), T_AT(0)),
                   &view, T_AT(0));
        T_EQ_ROW(i, view.wnd, rows[i].wnd);
        T_EQ_ROW(i, view.max_snd_wnd, rows[i].max_up);
        T_FALSE(view.timestamps);
        free_conn(r, conn);
    }
}

static void records_end_after_2msl_in_their_order(void **state) /* MUST-13 */
{
    struct t_room *r = *state;
    uint32_t first = enter_port(r, 1, 0);

    enter_port(r, 2, S(10));
    enter_port(r, 3, S(10));
    T_EQ(run_to(r, TWO_MSL - 1), 0);
    T_EQ(find_port(r, 1), first);
    T_EQ(run_to(r, TWO_MSL), TWO_MSL);
    T_EQ(find_port(r, 1), 0);
    T_TRUE(find_port(r, 2) != 0);
    T_EQ(t_traced(r, 1)->kind, SF_TRACE_TIMER);
    T_EQ(t_traced(r, 1)->what, SF_TIMER_2MSL);
    T_EQ(t_traced(r, 0)->kind, SF_TRACE_STATE);
    T_EQ(t_traced(r, 0)->id, first);
    T_EQ(t_traced(r, 0)->from, SF_TIME_WAIT);
    T_EQ(t_traced(r, 0)->what, SF_EV_2MSL);
    T_EQ(t_traced(r, 0)->state, SF_CLOSED);
    T_EQ(run_to(r, S(1000)), S(70));
    T_EQ(find_port(r, 2), 0);
    T_EQ(find_port(r, 3), 0);
    T_EQ(r->tcp.tw4.count, 0);
    T_EQ(r->tcp.tw4.live, 0);
    T_EQ(r->tcp.wheel.count, 0);
    T_EQ(r->tcp.counters.time_waits_cut_short, 0);
}

static void a_moment_between_microseconds_is_rounded_up(void **state)
{
    struct t_room *r = *state;

    enter_port(r, 1, 1);
    T_EQ(run_to(r, S(100)), TWO_MSL + 1000);
}

/* The record's 32-bit microseconds wrap after 71 minutes. */
static void the_end_is_exact_also_where_the_clock_wraps(void **state)
{
    struct t_room *r = *state;
    uint64_t wrap = (UINT64_C(1) << 32) * 1000;

    for (uint64_t i = 0; i < 3; i++) {
        uint64_t start = (i + 1) * wrap - S(30);

        run_to(r, start);
        enter_port(r, 1, start);
        T_EQ(run_to(r, start + S(120)), start + TWO_MSL);
    }
}

/* Released later than 2MSL began: the rest of it, but never before one entered earlier. */
static void a_late_release_waits_for_the_rest_and_keeps_the_order(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple a = t_tuple4(1, 80);
    struct sf_tuple b = t_tuple4(2, 80);
    struct sf_tuple c = t_tuple4(3, 80);
    struct sf_tw_view view;

    enter(r, &a, S(30), S(20));
    T_EQ(run_to(r, S(30)), S(30));
    T_EQ(find_port(r, 1), 0);
    enter(r, &a, S(90), S(30));
    sf_tw_view(&r->tcp, enter(r, &b, S(40), S(31)), &view, T_AT(S(31)));
    T_EQ(view.until.ns, S(90));
    enter(r, &c, S(91), S(31));
    run_to(r, S(90) - 1);
    T_TRUE(find_port(r, 2) != 0);
    run_to(r, S(90));
    T_EQ(find_port(r, 2), 0);
    T_TRUE(find_port(r, 3) != 0);
    run_to(r, S(91));
    T_EQ(find_port(r, 3), 0);
}

static void nothing_waits_longer_than_2msl(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple a = t_tuple4(1, 80);

    enter(r, &a, UINT64_MAX, S(5));
    T_EQ(run_to(r, S(1000)), S(65));
}

static void a_full_ring_ends_its_oldest_early(void **state)
{
    struct t_room *r = *state;

    for (uint16_t port = 1; port <= 8; port++) {
        enter_port(r, port, S(port));
    }
    T_EQ(r->tcp.counters.time_waits_cut_short, 0);
    for (uint16_t port = 9; port <= 30; port++) {
        enter_port(r, port, S(port));
        T_EQ(r->tcp.counters.time_waits_cut_short, port - 8);
        T_EQ(find_port(r, (uint16_t)(port - 8)), 0);
        T_TRUE(find_port(r, (uint16_t)(port - 7)) != 0);
        T_EQ(r->tcp.tw4.live, 8);
    }
    /* The timer is for the oldest that is left: 23. */
    T_EQ(sf_wheel_at(&r->tcp.wheel, sf_timer_id(SF_TK_MISC, SF_MISC_TW4)).ns, S(83));
    T_EQ(run_to(r, S(1000)), S(90));
    T_EQ(r->tcp.tw4.live, 0);
}

static void an_early_end_is_traced_as_no_expiry(void **state)
{
    struct t_room *r = *state;
    uint32_t id = enter_port(r, 1, 0);

    for (uint16_t port = 2; port <= 9; port++) {
        enter_port(r, port, 0);
    }
    T_EQ(t_traced(r, 1)->kind, SF_TRACE_STATE);
    T_EQ(t_traced(r, 1)->id, id);
    T_EQ(t_traced(r, 1)->what, SF_EV_ORPHANED);
    T_EQ(t_traced(r, 1)->state, SF_CLOSED);
}

static void a_renewed_record_waits_2msl_again(void **state)
{
    struct t_room *r = *state;
    uint32_t a = enter_port(r, 1, 0);
    uint32_t b = enter_port(r, 2, S(1));
    uint32_t moved = 0;

    T_EQ(sf_tw_renew(&r->tcp, b, T_AT(S(5))), b); /* the last one stays where it is */
    T_EQ(sf_wheel_at(&r->tcp.wheel, sf_timer_id(SF_TK_MISC, SF_MISC_TW4)).ns, TWO_MSL);
    moved = sf_tw_renew(&r->tcp, a, T_AT(S(10)));
    T_TRUE(moved != a);
    T_EQ(find_port(r, 1), moved);
    T_EQ(t_traced(r, 0)->kind, SF_TRACE_MOVE);
    T_EQ(t_traced(r, 0)->id, a);
    T_EQ(t_traced(r, 0)->u.other, moved);
    T_EQ(r->tcp.tw4.live, 2);
    run_to(r, S(65) - 1);
    T_EQ(find_port(r, 2), b);
    run_to(r, S(65));
    T_EQ(find_port(r, 2), 0);
    run_to(r, S(70) - 1);
    T_EQ(find_port(r, 1), moved);
    run_to(r, S(70));
    T_EQ(find_port(r, 1), 0);
    T_EQ(r->tcp.tw4.count, 0);
}

static void the_timer_follows_the_only_record(void **state)
{
    struct t_room *r = *state;
    uint32_t id = enter_port(r, 1, 0);

    T_EQ(sf_tw_renew(&r->tcp, id, T_AT(S(5))), id);
    T_EQ(sf_wheel_at(&r->tcp.wheel, sf_timer_id(SF_TK_MISC, SF_MISC_TW4)).ns, S(65));
}

static void records_a_microsecond_apart_end_a_microsecond_apart(void **state)
{
    struct t_room *r = *state;

    enter_port(r, 1, 0);
    enter_port(r, 2, 1000);
    run_to(r, TWO_MSL);
    T_EQ(find_port(r, 1), 0);
    T_TRUE(find_port(r, 2) != 0);
    T_EQ(run_to(r, S(100)), TWO_MSL + 1000);
}

static void a_record_that_is_dropped_gives_its_place_back_at_both_ends(void **state)
{
    struct t_room *r = *state;
    uint32_t ids[3];

    for (uint16_t i = 0; i < 3; i++) {
        ids[i] = enter_port(r, (uint16_t)(i + 1), S(i));
    }
    sf_tw_drop(&r->tcp, ids[1], T_AT(S(3)));
    T_EQ(r->tcp.tw4.count, 3); /* dead, in the middle */
    T_EQ(r->tcp.tw4.live, 2);
    sf_tw_drop(&r->tcp, ids[2], T_AT(S(3)));
    T_EQ(r->tcp.tw4.count, 1);
    T_EQ(enter_port(r, 4, S(3)), ids[1]);
    sf_tw_drop(&r->tcp, ids[0], T_AT(S(3)));
    T_EQ(r->tcp.tw4.count, 1);
    T_EQ(sf_wheel_at(&r->tcp.wheel, sf_timer_id(SF_TK_MISC, SF_MISC_TW4)).ns, S(63));
}

static void a_renewed_record_keeps_what_it_knows(void **state)
{
    struct t_room *r = *state;
    struct sf_tw_view view;
    uint32_t a = enter_port(r, 1, 0);

    enter_port(r, 2, 0);
    sf_tw_set_ts_recent(&r->tcp, a, 1234);
    sf_tw_view(&r->tcp, sf_tw_renew(&r->tcp, a, T_AT(S(10))), &view, T_AT(S(11)));
    T_EQ(view.snd_nxt.v, 1000);
    T_EQ(view.rcv_nxt.v, 5000);
    T_EQ(view.ts_recent, 1234);
    T_EQ(view.until.ns, S(70));
}

/* Moves leave dead places; they may not push out others. */
static void repeated_renewal_does_not_cost_others_their_time(void **state)
{
    struct t_room *r = *state;

    for (uint16_t port = 1; port <= 5; port++) {
        enter_port(r, port, 0);
    }
    for (uint64_t i = 0; i < 50; i++) {
        for (uint16_t port = 2; port <= 5; port++) {
            sf_tw_renew(&r->tcp, find_port(r, port), T_AT(S(1) + i));
        }
    }
    T_EQ(r->tcp.tw4.count, 7); /* a quarter of 8 is dead */
    enter_port(r, 6, S(2));
    for (uint16_t port = 1; port <= 6; port++) {
        T_TRUE(find_port(r, port) != 0);
    }
    T_EQ(r->tcp.tw4.live, 6);
    T_EQ(r->tcp.counters.time_waits_cut_short, 0);
    run_to(r, S(1000));
    T_EQ(r->tcp.tw4.live, 0);
    T_EQ(r->tcp.tw4.count, 0);
}

static void the_oldest_of_a_full_ring_is_renewed_in_its_own_place(void **state)
{
    struct t_room *r = *state;

    for (uint16_t port = 1; port <= 8; port++) {
        enter_port(r, port, S(port));
    }

    uint32_t id = find_port(r, 1);

    T_EQ(sf_tw_renew(&r->tcp, id, T_AT(S(20))), id);
    T_EQ(r->tcp.tw4.live, 8);
    T_EQ(r->tcp.tw4.count, 8);
    run_to(r, S(80) - 1);
    T_EQ(r->tcp.tw4.live, 1);
    T_EQ(find_port(r, 1), id);
    run_to(r, S(80));
    T_EQ(r->tcp.tw4.live, 0);
}

static void a_suspended_record_is_not_found_until_it_is_restored(void **state) /* MAY-2 */
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 80);
    struct sf_tuple other = t_tuple4(2, 80);
    uint32_t id = enter_port(r, 1, 0);

    T_FALSE(sf_tw_restore(&r->tcp, id, &tuple)); /* it is there */
    sf_tw_suspend(&r->tcp, id);
    T_EQ(find_port(r, 1), 0);
    T_EQ(r->tcp.tw4.live, 1);
    T_FALSE(sf_tw_restore(&r->tcp, id, &other));
    T_TRUE(sf_tw_restore(&r->tcp, id, &tuple));
    T_EQ(find_port(r, 1), id);
    T_EQ(run_to(r, S(1000)), TWO_MSL); /* its time went on */
}

static void a_suspended_record_expires_silently(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 80);
    uint32_t id = enter_port(r, 1, 0);
    uint64_t written = 0;

    sf_tw_suspend(&r->tcp, id);
    written = r->trace.written;
    T_EQ(run_to(r, TWO_MSL), TWO_MSL);
    T_EQ(r->trace.written, written + 1); /* the timer, no change of state */
    T_EQ(r->tcp.tw4.live, 0);
    T_FALSE(sf_tw_restore(&r->tcp, id, &tuple));

    /* Another's record in its place is left alone. */
    for (uint16_t port = 2; port < 9; port++) {
        enter_port(r, port, S(61));
    }
    T_EQ(enter_port(r, 9, S(61)), id); /* once around the ring */
    T_FALSE(sf_tw_restore(&r->tcp, id, &tuple));
    sf_tw_forget(&r->tcp, id, &tuple);
    T_EQ(find_port(r, 9), id);
    T_EQ(r->tcp.tw4.live, 8);
}

static void a_suspended_record_can_be_forgotten(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 80);
    uint32_t id = enter_port(r, 1, 0);
    uint32_t other = enter_port(r, 2, S(1));

    sf_tw_forget(&r->tcp, id, &tuple); /* not suspended: nothing */
    T_EQ(find_port(r, 1), id);
    sf_tw_suspend(&r->tcp, id);
    sf_tw_forget(&r->tcp, id, &tuple);
    T_EQ(r->tcp.tw4.live, 1);
    T_EQ(r->tcp.tw4.count, 1);
    sf_tw_forget(&r->tcp, id, &tuple);
    T_EQ(r->tcp.tw4.live, 1);
    run_to(r, S(61) - 1);
    T_EQ(find_port(r, 2), other);
    run_to(r, S(61));
    T_EQ(find_port(r, 2), 0);
}

static void the_last_one_forgotten_leaves_no_timer(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 80);
    uint32_t id = enter_port(r, 1, 0);

    sf_tw_suspend(&r->tcp, id);
    sf_tw_forget(&r->tcp, id, &tuple);
    T_EQ(r->tcp.wheel.count, 0);
    id = enter_port(r, 1, 0);
    sf_tw_drop(&r->tcp, id, T_AT(5));
    T_EQ(r->tcp.wheel.count, 0);
    T_EQ(find_port(r, 1), 0);
    T_EQ(t_traced(r, 0)->what, SF_EV_ORPHANED);
}

/* Against a list: who is there, and until when at least and at most. */
static void random_use_agrees_with_a_list(void **state)
{
    enum { FLOWS = 40 };
    struct t_room *r = *state;
    uint64_t until[FLOWS] = {0};
    bool there[FLOWS] = {false};
    struct sf_rng rng;
    uint64_t now = 0;
    uint32_t cut = 0;

    sf_rng_init(&rng, r->cfg.seed);
    for (int turn = 0; turn < 20000; turn++) {
        uint16_t i = (uint16_t)sf_rng_below(&rng, FLOWS);
        uint32_t id = 0;

        now += sf_rng_below(&rng, 4) * S(3) + sf_rng_below(&rng, 1000) * 1000;
        run_to(r, now);
        for (uint16_t j = 0; j < FLOWS; j++) {
            id = find_port(r, (uint16_t)(j + 1));
            T_TRUE(id != 0 || !there[j] || until[j] <= now ||
                   r->tcp.counters.time_waits_cut_short != cut);
            T_TRUE(id == 0 || (there[j] && until[j] > now));
            there[j] = id != 0;
        }
        cut = (uint32_t)r->tcp.counters.time_waits_cut_short;
        id = find_port(r, (uint16_t)(i + 1));
        if (id == 0) {
            enter_port(r, (uint16_t)(i + 1), now);
            there[i] = true;
            until[i] = now + TWO_MSL;
        } else if (sf_rng_below(&rng, 2) == 0) {
            struct sf_tw_view view;

            sf_tw_view(&r->tcp, sf_tw_renew(&r->tcp, id, T_AT(now)), &view, T_AT(now));
            T_TRUE(view.until.ns == until[i] || view.until.ns == now + TWO_MSL);
            until[i] = view.until.ns;
        } else {
            sf_tw_drop(&r->tcp, id, T_AT(now));
            there[i] = false;
        }
    }
    run_to(r, now + TWO_MSL);
    T_EQ(r->tcp.tw4.count, 0);
    T_TRUE(cut > 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_take_40_and_60_octets_at_most),
        cmocka_unit_test_setup_teardown(a_record_takes_its_connections_place, up, down),
        cmocka_unit_test_setup_teardown(windows_are_kept_within_what_the_record_has_room_for,
                                        up, down),
        cmocka_unit_test_setup_teardown(records_end_after_2msl_in_their_order, up, down),
        cmocka_unit_test_setup_teardown(a_moment_between_microseconds_is_rounded_up, up, down),
        cmocka_unit_test_setup_teardown(the_end_is_exact_also_where_the_clock_wraps, up, down),
        cmocka_unit_test_setup_teardown(a_late_release_waits_for_the_rest_and_keeps_the_order,
                                        up, down),
        cmocka_unit_test_setup_teardown(nothing_waits_longer_than_2msl, up, down),
        cmocka_unit_test_setup_teardown(a_full_ring_ends_its_oldest_early, up, down),
        cmocka_unit_test_setup_teardown(an_early_end_is_traced_as_no_expiry, up, down),
        cmocka_unit_test_setup_teardown(a_renewed_record_waits_2msl_again, up, down),
        cmocka_unit_test_setup_teardown(the_timer_follows_the_only_record, up, down),
        cmocka_unit_test_setup_teardown(records_a_microsecond_apart_end_a_microsecond_apart, up,
                                        down),
        cmocka_unit_test_setup_teardown(
            a_record_that_is_dropped_gives_its_place_back_at_both_ends, up, down),
        cmocka_unit_test_setup_teardown(a_renewed_record_keeps_what_it_knows, up, down),
        cmocka_unit_test_setup_teardown(repeated_renewal_does_not_cost_others_their_time, up,
                                        down),
        cmocka_unit_test_setup_teardown(the_oldest_of_a_full_ring_is_renewed_in_its_own_place,
                                        up, down),
        cmocka_unit_test_setup_teardown(a_suspended_record_is_not_found_until_it_is_restored,
                                        up, down),
        cmocka_unit_test_setup_teardown(a_suspended_record_expires_silently, up, down),
        cmocka_unit_test_setup_teardown(a_suspended_record_can_be_forgotten, up, down),
        cmocka_unit_test_setup_teardown(the_last_one_forgotten_leaves_no_timer, up, down),
        cmocka_unit_test_setup_teardown(random_use_agrees_with_a_list, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
