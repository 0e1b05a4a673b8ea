/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/seq.c - sequence numbers on their circle (RFC 9293 s3.4).
 */
#include "t.h"

#include "base/seq.h"

static void before_and_after_hold_for_less_than_half_the_circle(void **state)
{
    static const struct {
        uint32_t a, b;
        bool before, after;
        int32_t diff;
    } rows[] = {
        {5000, 5000, false, false, 0},
        {4999, 5000, true, false, -1},
        {5000, 4999, false, true, 1},
        {0xffffffff, 0, true, false, -1},
        {0, 0xffffffff, false, true, 1},
        {0xfffff000, 0x1000, true, false, -0x2000},
        {0x7fffffff, 0, false, true, 0x7fffffff},  /* 2^31 - 1 apart: the last that counts */
        {0, 0x7fffffff, true, false, -0x7fffffff}, /* and backwards */
        {0x80000000, 0, true, false, INT32_MIN},   /* 2^31 apart: before each other ... */
        {0, 0x80000000, true, false, INT32_MIN},   /* ... both ways */
        {0x80000001, 0, true, false, -0x7fffffff}, /* 2^31 - 1 before 2^32 */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        sf_seq a = {rows[i].a};
        sf_seq b = {rows[i].b};
        bool equal = rows[i].a == rows[i].b;

        T_EQ_ROW(i, sf_seq_before(a, b), rows[i].before);
        T_EQ_ROW(i, sf_seq_after(a, b), rows[i].after);
        T_EQ_ROW(i, sf_seq_before_eq(a, b), rows[i].before || equal);
        T_EQ_ROW(i, sf_seq_after_eq(a, b), rows[i].after || equal);
        T_EQ_ROW(i, sf_seq_eq(a, b), equal);
        T_EQ_ROW(i, sf_seq_diff(a, b), rows[i].diff);
    }
}

static void a_window_has_its_left_edge_and_not_its_right(void **state)
{
    static const struct {
        uint32_t s, left, octets;
        bool in;
    } rows[] = {
        {4999, 5000, 4096, false},
        {5000, 5000, 4096, true},
        {9095, 5000, 4096, true},
        {9096, 5000, 4096, false},
        {5000, 5000, 0, false},
        {0xfffffffe, 0xfffffffe, 4, true},
        {1, 0xfffffffe, 4, true},
        {2, 0xfffffffe, 4, false},
        {0xfffffffd, 0xfffffffe, 4, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        sf_seq s = {rows[i].s};
        sf_seq left = {rows[i].left};

        T_EQ_ROW(i, sf_seq_in(s, left, rows[i].octets), rows[i].in);
    }
}

static void steps_wrap_at_the_end_of_the_circle(void **state)
{
    sf_seq last = {0xffffffff};
    sf_seq zero = {0};

    (void)state;
    T_EQ(sf_seq_add(last, 1).v, 0);
    T_EQ(sf_seq_sub(zero, 1).v, 0xffffffff);
    T_EQ(sf_seq_add(last, 0x80000000).v, 0x7fffffff);
    T_EQ(sf_seq_span(last, zero), 1);
    T_EQ(sf_seq_span(zero, last), 0xffffffff);
    T_EQ(sf_seq_span(zero, zero), 0);
}

static void the_later_of_two_may_be_the_smaller_number(void **state)
{
    sf_seq a = {0xfffffff0};
    sf_seq b = {0x10};

    (void)state;
    T_EQ(sf_seq_max(a, b).v, 0x10);
    T_EQ(sf_seq_max(b, a).v, 0x10);
    T_EQ(sf_seq_min(a, b).v, 0xfffffff0);
    T_EQ(sf_seq_min(b, a).v, 0xfffffff0);
    T_EQ(sf_seq_max(a, a).v, a.v);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_and_after_hold_for_less_than_half_the_circle),
        cmocka_unit_test(a_window_has_its_left_edge_and_not_its_right),
        cmocka_unit_test(steps_wrap_at_the_end_of_the_circle),
        cmocka_unit_test(the_later_of_two_may_be_the_smaller_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
