/* SPDX-License-Identifier: MIT
 *
 * tests/lib/t.h - what every test includes first: cmocka, and a comparison that says more.
 *
 *     static void acks_owed_are_counted(void **state)
 *     {
 *         (void)state;
 *         T_EQ(owed, 2);
 *     }
 *
 *     int main(void)
 *     {
 *         static const struct CMUnitTest tests[] = {
 *             cmocka_unit_test(acks_owed_are_counted),
 *         };
 *         return cmocka_run_group_tests(tests, NULL, NULL);
 *     }
 *
 * One group for each binary, no skip(): what a test needs and the machine lacks is a failure.
 */
#ifndef SYNFIN_TESTS_LIB_T_H
#define SYNFIN_TESTS_LIB_T_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Two numbers are equal; they are compared as 64 bits, negative ones sign-extended. */
#define T_EQ(got, want) t_eq((uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__)

/* The same in a table, where the line alone does not tell which row failed. */
#define T_EQ_ROW(row, got, want) \
    t_eq_row((row), (uint64_t)(got), (uint64_t)(want), #got, __FILE__, __LINE__)

#define T_TRUE(what)  T_EQ(!!(what), 1)
#define T_FALSE(what) T_EQ(!!(what), 0)

/* n octets are equal; names the first that differs. */
#define T_MEM(got, want, n) t_mem((got), (want), (n), #got, __FILE__, __LINE__)

/* Rows of a table. */
#define T_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void t_eq(uint64_t got, uint64_t want, const char *what, const char *file,
                        int line)
{
    if (got != want) {
        printf("# %s is %llu (0x%llx), not %llu (0x%llx)\n", what, (unsigned long long)got,
               (unsigned long long)got, (unsigned long long)want, (unsigned long long)want);
        _fail(file, line);
    }
}

static inline void t_eq_row(size_t row, uint64_t got, uint64_t want, const char *what,
                            const char *file, int line)
{
    if (got != want) {
        printf("# row %zu (from 0):\n", row);
        t_eq(got, want, what, file, line);
    }
}

static inline void t_mem(const void *got, const void *want, size_t n, const char *what,
                         const char *file, int line)
{
    const uint8_t *g = got;
    const uint8_t *w = want;

    for (size_t i = 0; i < n; i++) {
        if (g[i] != w[i]) {
            printf("# %s: octet %zu of %zu is 0x%02x, not 0x%02x\n", what, i, n, g[i], w[i]);
            _fail(file, line);
        }
    }
}

#endif
