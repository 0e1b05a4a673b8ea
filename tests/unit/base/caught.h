/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/caught.h - broken promises that a test expects.
 *
 * A test that lists caught.c among its sources has an sf_assert_failed() which
 * returns to T_BREAKS(), or fails the test if nothing expected it.
 */
#ifndef SYNFIN_TESTS_CAUGHT_H
#define SYNFIN_TESTS_CAUGHT_H

#include "t.h"

extern jmp_buf t_caught_return;      /* where T_BREAKS() waits */
extern bool t_caught_expected;       /* whether it does */
extern const char *t_caught_promise; /* the text of the one broken last */

/* The call breaks a promise: an assertion fails in it. */
#define T_BREAKS(call)                                    \
    do {                                                  \
        t_caught_expected = true;                         \
        if (setjmp(t_caught_return) == 0) {               \
            call;                                         \
            t_caught_expected = false;                    \
            print_error("%s breaks no promise\n", #call); \
            _fail(__FILE__, __LINE__);                    \
        }                                                 \
        t_caught_expected = false;                        \
    } while (0)

#endif
