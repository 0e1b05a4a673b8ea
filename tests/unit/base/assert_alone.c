/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/assert_alone.c - what a broken promise does in a program that has no
 * sf_assert_failed() of its own.
 */
#define _DEFAULT_SOURCE

#include "t.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

static void a_broken_promise_aborts(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    T_TRUE(child >= 0);
    if (child == 0) {
        SF_ASSERT(child != 0);
        _exit(0);
    }
    T_EQ(waitpid(child, &status, 0), child);
    T_TRUE(WIFSIGNALED(status));
    T_EQ(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_promise_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
