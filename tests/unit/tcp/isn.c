/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/isn.c - initial sequence numbers, timestamp offsets, ephemeral ports.
 */
#include "room.h"

#include "tcp/isn.h"

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room);
    room.cfg.port_low = 40000;
    room.cfg.port_high = 40009;
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

static void the_isn_goes_on_by_one_in_four_microseconds(void **state) /* RFC 9293 s3.4.1 */
{
    const struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 2);
    uint32_t start = sf_isn(&r->tcp, &tuple, T_AT(0)).v;

    T_EQ(sf_isn(&r->tcp, &tuple, T_AT(3999)).v, start);
    T_EQ(sf_isn(&r->tcp, &tuple, T_AT(4000)).v, start + 1);
    T_EQ(sf_isn(&r->tcp, &tuple, SF_TIME_NEVER).v,
         start + (uint32_t)(UINT64_MAX / 4000)); /* for ever */
    for (uint64_t s = 0; s < 20000; s += 7) {
        uint32_t now = sf_isn(&r->tcp, &tuple, T_AT(s * 1000000000)).v;

        T_EQ(now - start, (uint32_t)(s * 250000)); /* around the circle in 4.77 hours */
    }
}

/* RFC 6528 s3: a space of its own for every connection, the secret unknown. */
static void each_tuple_and_each_seed_has_its_own_numbers(void **state)
{
    const struct t_room *r = *state;
    static struct t_room other;
    struct sf_tuple own = t_tuple4(1, 2);

    t_room_config(&other);
    other.cfg.seed[5] ^= 0x80;
    t_room_open(&other, T_AT(0));
    T_TRUE(sf_isn(&r->tcp, &own, T_AT(0)).v != sf_isn(&other.tcp, &own, T_AT(0)).v);
    T_TRUE(sf_ts_offset(&r->tcp, &own) != sf_ts_offset(&other.tcp, &own));
    for (size_t i = 0; i < 36; i++) {
        struct sf_tuple six = t_tuple6(1, 2);
        struct sf_tuple next = six;

        ((uint8_t *)&next)[i] ^= 1;
        T_TRUE(sf_isn(&r->tcp, &six, T_AT(0)).v != sf_isn(&r->tcp, &next, T_AT(0)).v);
        T_TRUE(sf_ts_offset(&r->tcp, &six) != sf_ts_offset(&r->tcp, &next));
    }
    t_room_close(&other);
}

/* Both halves of the numbers' range are hit about as often: 4 sqrt(4096) / 2 = 128. */
static void neighbouring_tuples_are_spread_over_the_whole_range(void **state)
{
    const struct t_room *r = *state;
    uint32_t set[32] = {0};

    for (uint16_t port = 0; port < 4096; port++) {
        struct sf_tuple tuple = t_tuple4(port, 80);
        uint32_t isn = sf_isn(&r->tcp, &tuple, T_AT(0)).v;

        for (int bit = 0; bit < 32; bit++) {
            set[bit] += isn >> bit & 1;
        }
    }
    for (size_t bit = 0; bit < 32; bit++) {
        T_TRUE(set[bit] > 2048 - 128 && set[bit] < 2048 + 128);
    }
}

/* RFC 6191: a later incarnation's timestamps follow the earlier one's. */
static void timestamps_of_a_tuple_go_on_over_incarnations(void **state)
{
    const struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 2);
    uint32_t before = sf_ts_clock(T_AT(1000000)) + sf_ts_offset(&r->tcp, &tuple);
    uint32_t after = sf_ts_clock(T_AT(3000000)) + sf_ts_offset(&r->tcp, &tuple);

    T_EQ(after - before, 2); /* milliseconds */
    T_EQ(sf_ts_clock(T_AT(999999)), 0);
    T_TRUE(sf_ts_offset(&r->tcp, &tuple) != sf_isn(&r->tcp, &tuple, T_AT(0)).v);
}

static void ports_are_taken_until_none_is_free(void **state)
{
    struct t_room *r = *state;
    bool seen[10] = {false};
    struct sf_tuple tuple = t_tuple4(443, 0);

    for (int i = 0; i < 10; i++) {
        T_TRUE(sf_port_choose(&r->tcp, &tuple));
        T_TRUE(tuple.lport >= 40000 && tuple.lport <= 40009);
        T_FALSE(seen[tuple.lport - 40000]);
        seen[tuple.lport - 40000] = true;
        (void)t_conn(r, &tuple);
    }
    T_FALSE(sf_port_choose(&r->tcp, &tuple));
    T_EQ(tuple.lport, 0);

    struct sf_tuple elsewhere = t_tuple4(444, 0); /* another tuple: all are free */

    T_TRUE(sf_port_choose(&r->tcp, &elsewhere));
}

/* The port that is chosen if the search begins with the nth. */
static uint16_t chosen_from(struct t_room *r, uint32_t nth)
{
    struct sf_tuple tuple = t_tuple4(443, 0);

    for (size_t i = 0; i < SF_PORT_COUNTERS; i++) {
        r->tcp.port_counters[i] = nth;
    }
    T_TRUE(sf_port_choose(&r->tcp, &tuple));
    return tuple.lport;
}

/* Wherever the search begins, the one port that is free is found, be it the last one tried. */
static void the_only_port_that_is_free_is_found(void **state)
{
    struct t_room *r = *state;
    uint32_t conns[10];

    for (uint16_t i = 0; i < 10; i++) {
        struct sf_tuple tuple = t_tuple4(443, (uint16_t)(40000 + i));

        conns[i] = t_conn(r, &tuple);
    }
    for (uint16_t i = 0; i < 10; i++) {
        uint32_t id = sf_timer_id(SF_ID_CONN, conns[i]);

        sf_flow_remove(&r->tcp, id);
        for (uint32_t begin = 0; begin < 10; begin++) {
            T_EQ_ROW(begin, chosen_from(r, begin), 40000 + i);
        }
        sf_flow_insert(&r->tcp, id);
    }
}

/* RFC 6056 s3.3.4: towards one destination ports follow one another and do not repeat soon. */
static void a_port_is_not_chosen_again_before_all_others(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple6(443, 0);
    uint16_t last = 0;

    for (int i = 0; i < 30; i++) {
        T_TRUE(sf_port_choose(&r->tcp, &tuple));
        if (i != 0) {
            T_EQ(tuple.lport, last == 40009 ? 40000 : last + 1);
        }
        last = tuple.lport;
    }
}

static void destinations_begin_at_ports_of_their_own(void **state)
{
    static struct t_room big;
    uint32_t neighbours = 0;
    uint16_t last = 0;

    (void)state;
    t_room_config(&big);
    t_room_open(&big, T_AT(0));
    memset(big.tcp.port_counters, 0, sizeof(big.tcp.port_counters)); /* the hash alone */
    for (uint16_t i = 0; i < 200; i++) {
        struct sf_tuple tuple = t_tuple4((uint16_t)(1000 + i), 0);

        T_TRUE(sf_port_choose(&big.tcp, &tuple));
        T_TRUE(tuple.lport >= 32768 && tuple.lport <= 60999);
        neighbours += tuple.lport - last <= 10 && tuple.lport >= last;
        last = tuple.lport;
    }
    T_TRUE(neighbours <= 3); /* by chance 200 * 11 / 28232 */
    t_room_close(&big);
}

static void with_many_workers_the_port_leads_home(void **state)
{
    static struct t_room worker;

    (void)state;
    for (uint16_t w = 0; w < 4; w++) {
        struct sf_endpoint local = {.addr = sf_addr_v4(198, 51, 100, 1)};
        struct sf_endpoint remote = {.addr = sf_addr_v4(192, 0, 2, 1), .port = 443};

        t_room_config(&worker);
        worker.cfg.workers = 4;
        worker.cfg.worker = w;
        t_room_open(&worker, T_AT(0));
        for (int i = 0; i < 50; i++) {
            struct sf_tuple tuple = t_tuple4(443, 0);

            T_TRUE(sf_port_choose(&worker.tcp, &tuple));
            local.port = tuple.lport;
            T_EQ(sf_steer(&remote, &local, 4), w);
        }
        t_room_close(&worker);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_isn_goes_on_by_one_in_four_microseconds, up, down),
        cmocka_unit_test_setup_teardown(each_tuple_and_each_seed_has_its_own_numbers, up, down),
        cmocka_unit_test_setup_teardown(neighbouring_tuples_are_spread_over_the_whole_range, up,
                                        down),
        cmocka_unit_test_setup_teardown(timestamps_of_a_tuple_go_on_over_incarnations, up,
                                        down),
        cmocka_unit_test_setup_teardown(ports_are_taken_until_none_is_free, up, down),
        cmocka_unit_test_setup_teardown(the_only_port_that_is_free_is_found, up, down),
        cmocka_unit_test_setup_teardown(a_port_is_not_chosen_again_before_all_others, up, down),
        cmocka_unit_test_setup_teardown(destinations_begin_at_ports_of_their_own, up, down),
        cmocka_unit_test_setup_teardown(with_many_workers_the_port_leads_home, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
