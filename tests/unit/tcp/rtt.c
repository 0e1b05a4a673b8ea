/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/rtt.c - RFC 6298, with its numbers.
 */
#include "room.h"

#include "tcp/rtt.h"

#define G 1000 /* a millisecond */

static struct sf_conn fresh(const struct t_room *r)
{
    struct sf_conn c = {0};

    sf_rtt_init(&r->tcp, &c);
    return c;
}

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room);
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

static void before_any_sample_the_rto_is_a_second(void **state) /* (2.1) */
{
    struct sf_conn c = fresh(*state);

    T_EQ(c.rto_us, 1000000);
    T_EQ(c.srtt_us, 0);
}

static void the_first_sample_sets_rttvar_to_its_half(void **state) /* (2.2) */
{
    const struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    sf_rtt_sample(&r->tcp, &c, 800000, G);
    T_EQ(c.srtt_us, 800000);
    T_EQ(c.rttvar_us, 400000);
    T_EQ(c.rto_us, 2400000); /* 800 + 4 * 400 ms */
}

static void rttvar_is_computed_from_the_old_srtt(void **state) /* (2.3) */
{
    const struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    sf_rtt_sample(&r->tcp, &c, 800000, G);
    sf_rtt_sample(&r->tcp, &c, 1600000, G);
    T_EQ(c.rttvar_us, 500000); /* (3 * 400 + |800 - 1600|) / 4 ms; 475 if SRTT moved first */
    T_EQ(c.srtt_us, 900000);   /* (7 * 800 + 1600) / 8 ms */
    T_EQ(c.rto_us, 2900000);   /* 900 + 4 * 500 ms */
    sf_rtt_sample(&r->tcp, &c, 100000, G);
    T_EQ(c.rttvar_us, 575000); /* (3 * 500 + |900 - 100|) / 4 ms */
    T_EQ(c.srtt_us, 800000);   /* (7 * 900 + 100) / 8 ms */
}

static void granularity_is_the_least_spread(void **state) /* (2.3) */
{
    const struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    c.srtt_us = 400000;
    c.rttvar_us = 0;
    sf_rtt_sample(&r->tcp, &c, 400000, G);
    T_EQ(c.rto_us, 401000); /* 400 + max(1, 4 * 0) ms */
    c.rttvar_us = 334;
    sf_rtt_sample(&r->tcp, &c, 400000, G);
    T_EQ(c.rttvar_us, 250); /* 3 * 334 / 4 */
    T_EQ(c.rto_us, 401000); /* 4 * 0.25 ms are G still */
    c.rttvar_us = 335;
    sf_rtt_sample(&r->tcp, &c, 400000, G);
    T_EQ(c.rto_us, 401004); /* 4 * (3 * 335 / 4) = 4 * 251 us */
}

static void the_rto_stays_within_its_limits(void **state) /* (2.4), (2.5) */
{
    const struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    sf_rtt_sample(&r->tcp, &c, 66667, G);
    T_EQ(c.rto_us, 200000); /* 66667 + 4 * 33333 = 199999 us are too few */
    c = fresh(r);
    sf_rtt_sample(&r->tcp, &c, 66668, G);
    T_EQ(c.rto_us, 200004); /* 66668 + 4 * 33334 */
    c = fresh(r);
    sf_rtt_sample(&r->tcp, &c, 40000000, G);
    T_EQ(c.rto_us, 120000000); /* 40 + 4 * 20 s */
    sf_rtt_sample(&r->tcp, &c, UINT32_MAX, G);
    T_EQ(c.rto_us, 120000000);
    T_EQ(c.srtt_us, 571870911); /* (7 * 40000000 + 4294967295) / 8 */
}

/* SRTT of nothing means that there was no sample. */
static void a_sample_of_nothing_counts_as_a_microsecond(void **state)
{
    const struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    for (int i = 0; i < 100; i++) {
        sf_rtt_sample(&r->tcp, &c, 0, G);
        T_EQ(c.srtt_us, 1);
    }
    T_EQ(c.rto_us, 200000);
}

/* G of (2.3) can be more than the clock's. */
static void granularity_can_be_set(void **state)
{
    struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    r->tcp.cfg.rto_granularity = SF_MS(200);
    sf_rtt_sample(&r->tcp, &c, 10000, G);
    T_EQ(c.rto_us, 10000 + 200000); /* 4 * 5 ms is less */
    c = fresh(r);
    sf_rtt_sample(&r->tcp, &c, 300000, G);
    T_EQ(c.rto_us, 300000 + 600000);
    r->tcp.cfg.rto_granularity = SF_S(0);
}

static void each_back_off_doubles_up_to_the_limit(void **state) /* (5.5) */
{
    const struct t_room *r = *state;
    struct sf_conn c = fresh(r);

    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 0).ns, SF_S(1).ns);
    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 1).ns, SF_S(2).ns);
    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 6).ns, SF_S(64).ns);
    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 7).ns, SF_S(120).ns); /* not 128 */
    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 31).ns, SF_S(120).ns);
    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 32).ns, SF_S(120).ns);
    T_EQ(sf_rtt_backed_off(&r->tcp, &c, 255).ns, SF_S(120).ns);
    T_EQ(c.rto_us, 1000000); /* unchanged */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(before_any_sample_the_rto_is_a_second, up, down),
        cmocka_unit_test_setup_teardown(the_first_sample_sets_rttvar_to_its_half, up, down),
        cmocka_unit_test_setup_teardown(rttvar_is_computed_from_the_old_srtt, up, down),
        cmocka_unit_test_setup_teardown(granularity_is_the_least_spread, up, down),
        cmocka_unit_test_setup_teardown(the_rto_stays_within_its_limits, up, down),
        cmocka_unit_test_setup_teardown(a_sample_of_nothing_counts_as_a_microsecond, up, down),
        cmocka_unit_test_setup_teardown(granularity_can_be_set, up, down),
        cmocka_unit_test_setup_teardown(each_back_off_doubles_up_to_the_limit, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
