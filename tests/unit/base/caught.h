/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/caught.h - broken promises that a test expects.
 *
 * A test file that includes it has an sf_assert_failed() that takes the place of the
 * engine's: it returns to T_BREAKS(), or fails the test if nothing expected it.  What
 * cmocka has for it writes lines that are not TAP.
 */
#ifndef SYNFIN_TESTS_CAUGHT_H
#define SYNFIN_TESTS_CAUGHT_H

#include "t.h"

#include <stdlib.h>

#include "base/assert.h"

static jmp_buf t_caught_return;      /* where T_BREAKS() waits */
static bool t_caught_expected;       /* whether it does */
static const char *t_caught_promise; /* the text of the one broken last */

/* The call breaks a promise: an assertion fails in it. */
#define T_BREAKS(call)                                    \
    do {                                                  \
        t_caught_expected = true;                         \
        t_caught_promise = "";                            \
        if (setjmp(t_caught_return) == 0) {               \
            call;                                         \
            t_caught_expected = false;                    \
            print_error("%s breaks no promise\n", #call); \
            _fail(__FILE__, __LINE__);                    \
        }                                                 \
        t_caught_expected = false;                        \
        T_TRUE(t_caught_promise[0] != '\0');              \
    } while (0)

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

#endif
