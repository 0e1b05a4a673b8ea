/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/caught.c - the host's own sf_assert_failed(), for tests.
 *
 * Not cmocka's T_BREAKS(), which writes lines that are not TAP.
 */
#include "caught.h"

#include <stdlib.h>

#include "base/assert.h"

jmp_buf t_caught_return;
bool t_caught_expected;
const char *t_caught_promise;

void sf_assert_failed(const char *what, const char *file, int line)
{
    if (t_caught_expected) {
        t_caught_promise = what;
        longjmp(t_caught_return, 1);
    }
    print_error("SF_ASSERT(%s) failed\n", what);
    _fail(file, line);
    abort();
}
