/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/time.c - arithmetic on moments and lengths of time.
 */
#include "t.h"

#include "base/time.h"

static void units_are_thousands_of_each_other(void **state)
{
    (void)state;
    T_EQ(SF_NS(7).ns, 7);
    T_EQ(SF_US(7).ns, 7000);
    T_EQ(SF_MS(200).ns, 200000000);
    T_EQ(SF_S(60).ns, 60000000000); /* 2MSL: beyond 32 bits */
    T_EQ(SF_MS(1 + 1).ns, 2000000); /* the argument is one operand */
}

static void sums_stop_at_never(void **state)
{
    sf_time t = {UINT64_MAX - 10};

    (void)state;
    T_EQ(sf_time_add((sf_time){5}, SF_NS(7)).ns, 12);
    T_EQ(sf_time_add(t, SF_NS(9)).ns, UINT64_MAX - 1);
    T_FALSE(sf_time_is_never(sf_time_add(t, SF_NS(9))));
    T_TRUE(sf_time_is_never(sf_time_add(t, SF_NS(10))));
    T_TRUE(sf_time_is_never(sf_time_add(t, SF_NS(11))));
    T_TRUE(sf_time_is_never(sf_time_add(SF_TIME_NEVER, SF_NS(1))));
}

static void differences_stop_at_nothing(void **state)
{
    (void)state;
    T_EQ(sf_time_sub((sf_time){12}, (sf_time){5}).ns, 7);
    T_EQ(sf_time_sub((sf_time){5}, (sf_time){5}).ns, 0);
    T_EQ(sf_time_sub((sf_time){5}, (sf_time){6}).ns, 0);
}

static void never_is_after_every_moment(void **state)
{
    sf_time last = {UINT64_MAX - 1};

    (void)state;
    T_TRUE(sf_time_before(last, SF_TIME_NEVER));
    T_FALSE(sf_time_before(SF_TIME_NEVER, SF_TIME_NEVER));
    T_TRUE(sf_time_before_eq(SF_TIME_NEVER, SF_TIME_NEVER));
    T_FALSE(sf_time_before_eq(SF_TIME_NEVER, last));
    T_EQ(sf_time_min(SF_TIME_NEVER, last).ns, last.ns);
    T_EQ(sf_time_min(last, SF_TIME_NEVER).ns, last.ns);
    T_EQ(sf_time_max(last, SF_TIME_NEVER).ns, UINT64_MAX);
    T_EQ(sf_time_max(SF_TIME_NEVER, last).ns, UINT64_MAX);
    T_EQ(sf_span_min(SF_MS(1), SF_US(999)).ns, 999000);
    T_EQ(sf_span_max(SF_MS(1), SF_US(999)).ns, 1000000);
}

static void microseconds_in_records_wrap_at_32_bits(void **state)
{
    (void)state;
    T_EQ(sf_time_us32((sf_time){999}), 0);
    T_EQ(sf_time_us32((sf_time){1000}), 1);
    T_EQ(sf_time_us32((sf_time){4294967295999}), 0xffffffff); /* (2^32 - 1) * 1000 + 999 */
    T_EQ(sf_time_us32((sf_time){4294967296000}), 0);          /* 2^32 * 1000 */
    T_EQ(sf_time_us32((sf_time){4294967297000}), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_are_thousands_of_each_other),
        cmocka_unit_test(sums_stop_at_never),
        cmocka_unit_test(differences_stop_at_nothing),
        cmocka_unit_test(never_is_after_every_moment),
        cmocka_unit_test(microseconds_in_records_wrap_at_32_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
