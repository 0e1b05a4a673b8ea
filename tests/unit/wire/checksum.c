/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/checksum.c - the internet checksum: the examples of RFC 1071 and RFC
 * 1624, and every way to cut data into pieces.
 */
#include "octets.h"

#include "base/bytes.h"
#include "wire/checksum.h"

static void rfc_1071_example_comes_out(void **state) /* RFC 1071 s3 */
{
    const struct octets o = hex("0001 f203 f4f5 f6f7");

    (void)state;
    T_EQ(sf_sum_fold(sf_sum(o.p, o.n, 0)), 0xddf2); /* 2ddf0: ddf0 + 2 */
    T_EQ(sf_sum_end(sf_sum(o.p, o.n, 0)), 0x220d);
    drop(o);
}

static void a_correct_header_sums_to_zero(void **state) /* RFC 1071 s1 (3) */
{
    const struct octets o = hex("4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7");

    (void)state;
    T_EQ(sf_sum_end(sf_sum(o.p, o.n, 0)), 0);
    o.p[8]--;
    T_EQ(sf_sum_end(sf_sum(o.p, o.n, 0)), 0x0100); /* 0100 less in the sum */
    drop(o);
}

static void an_odd_octet_counts_as_if_a_null_followed(void **state)
{
    const struct octets odd = hex("0102 03");
    const struct octets even = hex("0102 0300");

    (void)state;
    T_EQ(sf_sum_fold(sf_sum(odd.p, odd.n, 0)), 0x0402); /* 0102 + 0300 */
    T_EQ(sf_sum_fold(sf_sum(even.p, even.n, 0)), 0x0402);
    drop(odd);
    drop(even);
}

static void nothing_sums_to_nothing(void **state)
{
    (void)state;
    T_EQ(sf_sum(NULL, 0, 0), 0);
    T_EQ(sf_sum_end(0), 0xffff);
}

static void zeros_and_ones_are_told_apart(void **state) /* RFC 1071: +0 comes of zeros alone */
{
    uint8_t ones[4096];

    (void)state;
    memset(ones, 0xff, sizeof(ones));
    for (size_t level = 0; level < SF_SUM_LEVELS; level++) {
        T_EQ(sf_sum_fold(sf_sum_with((enum sf_sum_level)level, ones, sizeof(ones), 0)), 0xffff);
    }
    T_EQ(sf_sum_fold(sf_sum(ones, 2, 0xffffffff)), 0xffff);
}

/* The sum as the RFC states it: 16 bits at a time. */
static uint16_t plainly(const uint8_t *p, size_t n)
{
    uint64_t s = 0;

    for (size_t i = 0; i < n; i++) {
        s += i % 2 == 0 ? (uint64_t)p[i] << 8 : p[i];
    }
    while (s > 0xffff) {
        s = (s & 0xffff) + (s >> 16);
    }
    return (uint16_t)s;
}

/* Octets that look like chance, with long runs of 0xff that make carries. */
static struct octets noise(size_t n)
{
    struct octets o = {malloc(n), n};
    uint32_t x = 12345;

    assert_non_null(o.p);
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        o.p[i] = (x >> 30) == 0 || i % 512 > 400 ? 0xff : (uint8_t)(x >> 16);
    }
    return o;
}

static void every_level_agrees_with_the_plain_sum_at_every_length(void **state)
{
    const struct octets o = noise(1100);

    (void)state;
    for (size_t level = 0; level < SF_SUM_LEVELS; level++) {
        for (size_t n = 0; n <= 700; n++) {
            const uint8_t *p = o.p + n % 33; /* any alignment */

            T_EQ_ROW(n, sf_sum_fold(sf_sum_with((enum sf_sum_level)level, p, n, 0)),
                     plainly(p, n));
        }
    }
    drop(o);
}

static void long_runs_lose_no_carry(void **state)
{
    const struct octets o = noise(65536);

    (void)state;
    memset(o.p, 0xff, 32768);
    for (size_t level = 0; level < SF_SUM_LEVELS; level++) {
        T_EQ_ROW(level, sf_sum_fold(sf_sum_with((enum sf_sum_level)level, o.p, o.n, 0)),
                 plainly(o.p, o.n));
    }
    drop(o);
}

static void copying_copies_and_sums_alike(void **state)
{
    const struct octets o = noise(700);

    (void)state;
    for (size_t level = 0; level < SF_SUM_LEVELS; level++) {
        for (size_t n = 0; n <= 660; n++) {
            const uint8_t *p = o.p + n % 7;
            uint8_t to[664];

            memset(to, 0xa5, sizeof(to));
            T_EQ_ROW(n,
                     sf_sum_fold(sf_sum_copy_with((enum sf_sum_level)level, to + 1, p, n, 0)),
                     plainly(p, n));
            T_MEM(to + 1, p, n);
            T_EQ_ROW(n, to[0], 0xa5);
            T_EQ_ROW(n, to[n + 1], 0xa5);
        }
    }
    drop(o);
}

static void even_pieces_chain(void **state)
{
    const struct octets o = noise(301);

    (void)state;
    for (size_t cut = 0; cut <= o.n; cut += 2) {
        const uint32_t sum = sf_sum(o.p, cut, 0);

        T_EQ_ROW(cut, sf_sum_fold(sf_sum(o.p + cut, o.n - cut, sum)), plainly(o.p, o.n));
    }
    drop(o);
}

static void odd_pieces_chain_when_told(void **state) /* RFC 1071 s2 (B) */
{
    const struct octets o = noise(301);

    (void)state;
    for (size_t cut = 0; cut <= o.n; cut++) {
        const bool odd = cut % 2 != 0;
        const uint32_t sum = sf_sum(o.p, cut, 0);
        const uint32_t rest = sf_sum(o.p + cut, o.n - cut, 0);

        T_EQ_ROW(cut, sf_sum_fold(sf_sum_at(o.p + cut, o.n - cut, sum, odd)),
                 plainly(o.p, o.n));
        T_EQ_ROW(cut, sf_sum_fold(sf_sum_join(sum, rest, odd)), plainly(o.p, o.n));
    }
    drop(o);
}

static void a_word_adds_its_value(void **state)
{
    (void)state;
    T_EQ(sf_sum_fold(sf_sum_word(0, 0x1234)), 0x1234);
    T_EQ(sf_sum_fold(sf_sum_word(sf_sum_word(0, 0xffff), 0x0002)), 0x0002); /* 10001: 1 + 1 */
}

static void pseudo_headers_have_the_rfcs_words(void **state) /* RFC 9293 s3.1, RFC 8200 s8.1 */
{
    const struct octets v4 = hex("0a09 0801 0a09 0802");
    const struct octets v6 = hex("fd00 0000 0000 0000 0000 0000 0000 0001"
                                 "fd00 0000 0000 0000 0000 0000 0000 0002");

    (void)state;
    /* 0a09 + 0801 + 0a09 + 0802 + 0006 + 0028 = 2443 */
    T_EQ(sf_sum_fold(sf_sum_pseudo(SF_IPV4, v4.p, v4.p + 4, 6, 40)), 0x2443);
    /* fd00 + 1 + fd00 + 2 + 3a + 0020 = 1fa5d: fa5e */
    T_EQ(sf_sum_fold(sf_sum_pseudo(SF_IPV6, v6.p, v6.p + 16, 58, 32)), 0xfa5e);
    /* Of a length above 16 bits both halves count: fd00 + 1 + fd00 + 2 + 6 + 1 + 2 = 1fa0c */
    T_EQ(sf_sum_fold(sf_sum_pseudo(SF_IPV6, v6.p, v6.p + 16, 6, 0x10002)), 0xfa0d);
    drop(v4);
    drop(v6);
}

static void rfc_1624_example_comes_out(void **state) /* RFC 1624 s4 */
{
    (void)state;
    /* ~(~dd2f + ~5555 + 3285) = ~(22d0 + aaaa + 3285) = ~ffff, and not ffff */
    T_EQ(sf_sum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void an_update_equals_a_new_sum(void **state)
{
    const struct octets o = noise(64);

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        const uint16_t before = sf_sum_end(sf_sum(o.p, o.n, 0));
        const uint32_t old = sf_get32(o.p + 8);
        const uint32_t now = old * 2654435761U + i;
        const uint16_t old16 = sf_get16(o.p + 20);
        const uint16_t now16 = (uint16_t)(now >> 3);

        sf_put32(o.p + 8, now);
        sf_put16(o.p + 20, now16);
        T_EQ_ROW(i, sf_sum_update(sf_sum_update32(before, old, now), old16, now16),
                 sf_sum_end(sf_sum(o.p, o.n, 0)));
    }
    drop(o);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc_1071_example_comes_out),
        cmocka_unit_test(a_correct_header_sums_to_zero),
        cmocka_unit_test(an_odd_octet_counts_as_if_a_null_followed),
        cmocka_unit_test(nothing_sums_to_nothing),
        cmocka_unit_test(zeros_and_ones_are_told_apart),
        cmocka_unit_test(every_level_agrees_with_the_plain_sum_at_every_length),
        cmocka_unit_test(long_runs_lose_no_carry),
        cmocka_unit_test(copying_copies_and_sums_alike),
        cmocka_unit_test(even_pieces_chain),
        cmocka_unit_test(odd_pieces_chain_when_told),
        cmocka_unit_test(a_word_adds_its_value),
        cmocka_unit_test(pseudo_headers_have_the_rfcs_words),
        cmocka_unit_test(rfc_1624_example_comes_out),
        cmocka_unit_test(an_update_equals_a_new_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
