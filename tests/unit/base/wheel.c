/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/wheel.c - the timer wheel, by example.
 */
#include "caught.h"

#include "base/wheel.h"

struct record {
    uint32_t generation;
    struct sf_timer timer;
    struct sf_timer other;
};

#define COUNT 100
#define AT(n) ((sf_time){n})

static struct record mem[COUNT];
static struct sf_wheel wheel;

/* A wheel at moment 1000 with the records' timers as kind 0, their others as kind 5. */
static int start(void **state)
{
    (void)state;
    memset(mem, 0, sizeof(mem));
    sf_wheel_init(&wheel, AT(1000));
    sf_wheel_kind(&wheel, 0, mem, sizeof(mem[0]), offsetof(struct record, timer));
    sf_wheel_kind(&wheel, 5, mem, sizeof(mem[0]), offsetof(struct record, other));
    return 0;
}

static void what_is_zero_is_not_armed(void **state)
{
    (void)state;
    T_FALSE(sf_wheel_armed(&wheel, 1));
    T_EQ(sf_wheel_at(&wheel, 1).ns, UINT64_MAX);
    T_EQ(sf_wheel_next(&wheel).ns, UINT64_MAX);
    T_EQ(sf_wheel_expire(&wheel, AT(2000)), 0);
    sf_wheel_cancel(&wheel, 1);
    T_EQ(wheel.count, 0);
}

static void a_timer_fires_at_its_nanosecond_once(void **state)
{
    static const uint64_t rows[] = {
        /* One, a slot's edge, a level's edge, each bit's turn, and the end of time. */
        1001,       1023,
        1024,       1025,
        4095,       4096,
        1000000000, 60000001000,
        1ULL << 36, (1ULL << 36) - 1,
        1ULL << 60, (1ULL << 60) + 1,
        1ULL << 63, ~0ULL - 1,
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        start(state);
        sf_wheel_arm(&wheel, 1, AT(rows[i]));
        T_EQ_ROW(i, sf_wheel_at(&wheel, 1).ns, rows[i]);
        T_EQ_ROW(i, sf_wheel_next(&wheel).ns, rows[i]);
        T_EQ_ROW(i, sf_wheel_expire(&wheel, AT(rows[i] - 1)), 0);
        T_EQ_ROW(i, sf_wheel_armed(&wheel, 1), true);
        T_EQ_ROW(i, sf_wheel_next(&wheel).ns, rows[i]);
        T_EQ_ROW(i, sf_wheel_expire(&wheel, AT(rows[i])), 1);
        T_EQ_ROW(i, sf_wheel_armed(&wheel, 1), false);
        T_EQ_ROW(i, sf_wheel_expire(&wheel, AT(rows[i])), 0);
        T_EQ_ROW(i, wheel.count, 0);
    }
}

static void a_moment_that_has_passed_counts_as_now(void **state)
{
    static const uint64_t rows[] = {0, 999, 1000};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        start(state);
        sf_wheel_arm(&wheel, 1, AT(rows[i]));
        T_EQ_ROW(i, sf_wheel_at(&wheel, 1).ns, 1000);
        T_EQ_ROW(i, sf_wheel_next(&wheel).ns, 1000);
        T_EQ_ROW(i, sf_wheel_expire(&wheel, AT(1000)), 1);
    }
}

static void empty_time_is_skipped_and_order_kept(void **state)
{
    (void)state;
    sf_wheel_arm(&wheel, 1, AT(7200000000000)); /* two hours: keepalive */
    sf_wheel_arm(&wheel, 2, AT(1001));
    sf_wheel_arm(&wheel, 3, AT(200000000)); /* 200 ms: retransmission */
    sf_wheel_arm(&wheel, 4, AT(199999999));
    T_EQ(sf_wheel_expire(&wheel, AT(UINT64_MAX - 1)), 2);
    T_EQ(sf_wheel_expire(&wheel, AT(UINT64_MAX - 1)), 4);
    T_EQ(sf_wheel_expire(&wheel, AT(UINT64_MAX - 1)), 3);
    T_EQ(sf_wheel_expire(&wheel, AT(UINT64_MAX - 1)), 1);
    T_EQ(sf_wheel_expire(&wheel, AT(UINT64_MAX - 1)), 0);
}

static void equal_moments_fire_in_the_order_of_arming(void **state)
{
    (void)state;
    sf_wheel_arm(&wheel, 9, AT(500000));
    sf_wheel_arm(&wheel, 3, AT(400000));
    T_EQ(sf_wheel_expire(&wheel, AT(499990)), 3); /* 9 is near now, and was far */
    T_EQ(sf_wheel_expire(&wheel, AT(499990)), 0);
    sf_wheel_arm(&wheel, 4, AT(500000));
    sf_wheel_arm(&wheel, 2, AT(500000));
    T_EQ(sf_wheel_expire(&wheel, AT(500000)), 9);
    T_EQ(sf_wheel_expire(&wheel, AT(500000)), 4);
    T_EQ(sf_wheel_expire(&wheel, AT(500000)), 2);
}

static void arming_again_moves_a_timer(void **state)
{
    (void)state;
    sf_wheel_arm(&wheel, 1, AT(5000));
    sf_wheel_arm(&wheel, 1, AT(3000)); /* sooner */
    T_EQ(sf_wheel_next(&wheel).ns, 3000);
    sf_wheel_arm(&wheel, 1, AT(3001)); /* within its slot of 64 ns */
    T_EQ(sf_wheel_next(&wheel).ns, 3001);
    sf_wheel_arm(&wheel, 1, AT(9000)); /* later */
    T_EQ(wheel.count, 1);
    T_EQ(sf_wheel_expire(&wheel, AT(8999)), 0);
    T_EQ(sf_wheel_expire(&wheel, AT(9000)), 1);
}

static void a_timer_armed_between_the_calls_still_comes(void **state)
{
    (void)state;
    sf_wheel_arm(&wheel, 1, AT(2000));
    sf_wheel_arm(&wheel, 2, AT(4000));
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), 1);
    sf_wheel_arm(&wheel, 3, AT(3000)); /* passed for the host, not for the wheel */
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), 3);
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), 2);
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), 0);
}

static void cancelling_may_be_repeated_and_leaves_zeros(void **state)
{
    static const struct sf_timer zero = {0};

    (void)state;
    sf_wheel_arm(&wheel, 1, AT(5000));
    sf_wheel_arm(&wheel, 2, AT(5000));
    sf_wheel_arm(&wheel, 3, AT(5000));
    sf_wheel_cancel(&wheel, 2);
    sf_wheel_cancel(&wheel, 2);
    T_MEM(&mem[1].timer, &zero, sizeof(zero));
    sf_wheel_arm(&wheel, 1, AT(UINT64_MAX));
    T_MEM(&mem[0].timer, &zero, sizeof(zero));
    T_EQ(wheel.count, 1);
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), 3);
    T_MEM(&mem[2].timer, &zero, sizeof(zero));
}

static void nodes_of_several_kinds_share_a_wheel(void **state)
{
    uint32_t other = sf_timer_id(5, 1);

    (void)state;
    T_EQ(sf_timer_kind(other), 5);
    T_EQ(sf_timer_index(other), 1);
    sf_wheel_arm(&wheel, sf_timer_id(0, 1), AT(5000));
    T_FALSE(sf_wheel_armed(&wheel, other));
    sf_wheel_arm(&wheel, other, AT(5000));
    sf_wheel_arm(&wheel, sf_timer_id(5, COUNT), AT(4999));
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), sf_timer_id(5, COUNT));
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), 1);
    T_EQ(sf_wheel_expire(&wheel, AT(5000)), other);
}

/* The slot from 2^20 to 2^20 + 2^18 - 1, seen from 1000, is on level 3. */
static void the_next_moment_is_exact_for_8_in_a_slot(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= 8; i++) {
        sf_wheel_arm(&wheel, i, AT((1 << 20) + 1000 - i));
    }
    T_EQ(sf_wheel_next(&wheel).ns, (1 << 20) + 992); /* 1000 - 8 */
    sf_wheel_arm(&wheel, 9, AT((1 << 20) + 1));
    T_EQ(sf_wheel_next(&wheel).ns, 1 << 20); /* a call to move the slot down */
    T_EQ(sf_wheel_expire(&wheel, AT(1 << 20)), 0);
    T_EQ(sf_wheel_next(&wheel).ns, (1 << 20) + 1);
}

static void promises_are_checked(void **state)
{
    (void)state;
    T_BREAKS(sf_wheel_arm(&wheel, 0, AT(2000)));
    T_BREAKS(sf_wheel_arm(&wheel, sf_timer_id(1, 1), AT(2000))); /* no such kind */
    T_BREAKS(sf_wheel_kind(&wheel, 8, mem, sizeof(mem[0]), 0));
    T_BREAKS(sf_wheel_kind(&wheel, 1, NULL, sizeof(mem[0]), 0));
    T_BREAKS(sf_wheel_kind(&wheel, 1, mem, sizeof(mem[0]), 1));
    T_EQ(sf_wheel_expire(&wheel, AT(1000)), 0);
    T_BREAKS(sf_wheel_expire(&wheel, AT(999)));
    T_BREAKS(sf_wheel_expire(&wheel, AT(UINT64_MAX)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_zero_is_not_armed, start),
        cmocka_unit_test_setup(a_timer_fires_at_its_nanosecond_once, start),
        cmocka_unit_test_setup(a_moment_that_has_passed_counts_as_now, start),
        cmocka_unit_test_setup(empty_time_is_skipped_and_order_kept, start),
        cmocka_unit_test_setup(equal_moments_fire_in_the_order_of_arming, start),
        cmocka_unit_test_setup(arming_again_moves_a_timer, start),
        cmocka_unit_test_setup(a_timer_armed_between_the_calls_still_comes, start),
        cmocka_unit_test_setup(cancelling_may_be_repeated_and_leaves_zeros, start),
        cmocka_unit_test_setup(nodes_of_several_kinds_share_a_wheel, start),
        cmocka_unit_test_setup(the_next_moment_is_exact_for_8_in_a_slot, start),
        cmocka_unit_test_setup(promises_are_checked, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
