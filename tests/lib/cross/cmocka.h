/* SPDX-License-Identifier: MIT
 *
 * tests/lib/cross/cmocka.h - the part of cmocka that unit tests use, for foreign processors.
 *
 * Debian has cmocka for the processor at hand; the 32-bit and big-endian builds of the tests
 * take this file in its place, so that they need a cross compiler and nothing else.  Same
 * names, same meaning, TAP output only.  One test binary is one translation unit of tests,
 * hence everything here is static.
 */
#ifndef SYNFIN_TESTS_LIB_CROSS_CMOCKA_H
#define SYNFIN_TESTS_LIB_CROSS_CMOCKA_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    int (*setup_func)(void **state);
    int (*teardown_func)(void **state);
    void *initial_state;
};

/* clang-format off */
#define cmocka_unit_test(f)                          {#f, f, NULL, NULL, NULL}
#define cmocka_unit_test_setup(f, up)                {#f, f, up, NULL, NULL}
#define cmocka_unit_test_teardown(f, down)           {#f, f, NULL, down, NULL}
#define cmocka_unit_test_setup_teardown(f, up, down) {#f, f, up, down, NULL}
#define cmocka_unit_test_prestate(f, s)              {#f, f, NULL, NULL, s}
/* clang-format on */

#define cmocka_run_group_tests(tests, up, down) \
    cross_run_group((tests), sizeof(tests) / sizeof((tests)[0]), (up), (down))

#define _fail(file, line) cross_fail((file), (line))
#define fail()            cross_fail(__FILE__, __LINE__)
#define fail_msg(...)     (print_error(__VA_ARGS__), cross_fail(__FILE__, __LINE__))

#define assert_true(c)             cross_true(!!(c), #c, __FILE__, __LINE__)
#define assert_false(c)            cross_true(!(c), "!(" #c ")", __FILE__, __LINE__)
#define assert_null(p)             cross_true((p) == NULL, #p " == NULL", __FILE__, __LINE__)
#define assert_non_null(p)         cross_true((p) != NULL, #p " != NULL", __FILE__, __LINE__)
#define assert_ptr_equal(a, b)     cross_true((a) == (b), #a " == " #b, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b) cross_true((a) != (b), #a " != " #b, __FILE__, __LINE__)
#define assert_int_equal(a, b) \
    cross_true((uint64_t)(a) == (uint64_t)(b), #a " == " #b, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) \
    cross_true((uint64_t)(a) != (uint64_t)(b), #a " != " #b, __FILE__, __LINE__)
#define assert_in_range(a, low, high)                                                 \
    cross_true((uint64_t)(a) >= (uint64_t)(low) && (uint64_t)(a) <= (uint64_t)(high), \
               #a " in range", __FILE__, __LINE__)
#define assert_string_equal(a, b) \
    cross_true(strcmp((a), (b)) == 0, #a " same text as " #b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n) \
    cross_true(memcmp((a), (b), (n)) == 0, #a " same octets as " #b, __FILE__, __LINE__)

static jmp_buf cross_out;

/* Diagnostics are lines of the TAP stream. */
__attribute__((format(printf, 1, 2), unused)) static void print_error(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("# ", stdout);
    vprintf(fmt, args);
    va_end(args);
}

#define print_message print_error

__attribute__((noreturn, unused)) static void cross_fail(const char *file, int line)
{
    printf("# %s:%d: failed\n", file, line);
    longjmp(cross_out, 1);
}

__attribute__((unused)) static void cross_true(int holds, const char *what, const char *file,
                                               int line)
{
    if (!holds) {
        printf("# does not hold: %s\n", what);
        cross_fail(file, line);
    }
}

/* True if the test passed. */
static int cross_run(const struct CMUnitTest *test, void *group_state)
{
    void *state = test->initial_state != NULL ? test->initial_state : group_state;

    if (test->setup_func != NULL && test->setup_func(&state) != 0) {
        return 0;
    }
    if (setjmp(cross_out) != 0) {
        return 0;
    }
    test->test_func(&state);
    return test->teardown_func == NULL || test->teardown_func(&state) == 0;
}

__attribute__((unused)) static int cross_run_group(const struct CMUnitTest *tests, size_t n,
                                                   int (*up)(void **), int (*down)(void **))
{
    void *state = NULL;
    int failed = 0;

    printf("1..%zu\n", n);
    if (up != NULL && up(&state) != 0) {
        printf("Bail out! the group's set-up failed\n");
        return 1;
    }
    for (size_t i = 0; i < n; i++) {
        int passed = cross_run(&tests[i], state);

        printf("%s %zu - %s\n", passed ? "ok" : "not ok", i + 1, tests[i].name);
        fflush(stdout);
        failed += !passed;
    }
    if (down != NULL && down(&state) != 0) {
        printf("Bail out! the group's tear-down failed\n");
        return 1;
    }
    return failed;
}

#endif
