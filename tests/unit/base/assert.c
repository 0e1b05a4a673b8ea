/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/assert.c - what a broken promise does.
 */
#include "caught.h"

#include "base/assert.h"

static void a_kept_promise_is_looked_at_once(void **state)
{
    int looks = 0;

    (void)state;
    SF_ASSERT(++looks == 1);
    T_EQ(looks, 1);
}

static void a_broken_promise_goes_to_the_hosts_own_function(void **state)
{
    int octets = 3;

    (void)state;
    T_BREAKS(SF_ASSERT(octets == 4));
    assert_string_equal(t_caught_promise, "octets == 4");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kept_promise_is_looked_at_once),
        cmocka_unit_test(a_broken_promise_goes_to_the_hosts_own_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
