/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/version.c - what the library says that it is.
 */
#include "t.h"

#include "synfin/version.h"

static void the_library_has_the_version_of_its_headers(void **state)
{
    char numbers[32];

    (void)state;
    assert_string_equal(sf_version(), SF_VERSION);
    (void)snprintf(numbers, sizeof(numbers), "%d.%d.%d", SF_VERSION_MAJOR, SF_VERSION_MINOR,
                   SF_VERSION_PATCH);
    assert_string_equal(sf_version(), numbers);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_has_the_version_of_its_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
