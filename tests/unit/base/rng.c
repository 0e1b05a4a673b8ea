/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/rng.c - chance that can be repeated.
 */
#include "caught.h"

#include "base/rng.h"

static void numbers_are_the_hash_of_salt_and_counter(void **state)
{
    uint8_t seed[SF_RNG_SEED_OCTETS];
    uint8_t message[24] = {0};
    struct sf_sipkey key;
    struct sf_rng r;

    (void)state;
    for (uint8_t i = 0; i < SF_RNG_SEED_OCTETS; i++) {
        seed[i] = (uint8_t)(0xf0 - 7 * i);
    }
    key = sf_sipkey_from(seed);
    memcpy(message, seed + 16, 16);
    sf_rng_init(&r, seed);
    for (uint8_t i = 0; i < 4; i++) {
        message[16] = i; /* the counter, least octet first */
        T_EQ_ROW(i, sf_rng_u64(&r), sf_siphash24(&key, message, sizeof(message)));
    }
}

static void the_same_seed_gives_the_same_numbers(void **state)
{
    uint8_t seed[SF_RNG_SEED_OCTETS] = {42};
    struct sf_rng a;
    struct sf_rng b;

    (void)state;
    sf_rng_init(&a, seed);
    sf_rng_init(&b, seed);
    for (int i = 0; i < 1000; i++) {
        T_EQ(sf_rng_u64(&a), sf_rng_u64(&b));
        T_EQ(sf_rng_u32(&a), sf_rng_u32(&b));
        T_EQ(sf_rng_below(&a, 1000), sf_rng_below(&b, 1000));
    }
}

static void every_octet_of_the_seed_counts(void **state)
{
    uint8_t seed[SF_RNG_SEED_OCTETS] = {0};
    struct sf_rng r;
    uint64_t zero;

    (void)state;
    sf_rng_init(&r, seed);
    zero = sf_rng_u64(&r);
    for (size_t i = 0; i < sizeof(seed); i++) {
        seed[i] = 1;
        sf_rng_init(&r, seed);
        T_TRUE(sf_rng_u64(&r) != zero);
        seed[i] = 0;
    }
}

static void a_number_below_n_is_below_n(void **state)
{
    static const uint32_t rows[] = {1,          2,          3,          10,
                                    0x7fffffff, 0x80000000, 0x80000001, 0xffffffff};
    uint8_t seed[SF_RNG_SEED_OCTETS] = {3};
    struct sf_rng r;

    (void)state;
    sf_rng_init(&r, seed);
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        for (int i = 0; i < 1000; i++) {
            T_EQ_ROW(row, sf_rng_below(&r, rows[row]) < rows[row], true);
        }
    }
    T_BREAKS(sf_rng_below(&r, 0));
}

/* With 3 * 2^30 answers for 2^32 draws, taking the top word of the product without
 * refusing any would give every third answer twice: half of all instead of a third. */
static void a_number_below_n_is_not_biased(void **state)
{
    uint8_t seed[SF_RNG_SEED_OCTETS] = {4};
    uint32_t of_remainder[3] = {0};
    struct sf_rng r;

    (void)state;
    sf_rng_init(&r, seed);
    for (int i = 0; i < 90000; i++) {
        of_remainder[sf_rng_below(&r, UINT32_C(0xc0000000)) % 3]++;
    }
    for (size_t i = 0; i < 3; i++) {
        /* 30000 each; one standard deviation is sqrt(90000 * 1/3 * 2/3) = 141 */
        T_EQ_ROW(i, of_remainder[i] > 29300 && of_remainder[i] < 30700, true);
    }
}

static void small_ranges_are_filled_evenly(void **state)
{
    uint8_t seed[SF_RNG_SEED_OCTETS] = {5};
    uint32_t of_value[10] = {0};
    struct sf_rng r;

    (void)state;
    sf_rng_init(&r, seed);
    for (int i = 0; i < 100000; i++) {
        of_value[sf_rng_below(&r, 10)]++;
    }
    for (size_t i = 0; i < 10; i++) {
        /* 10000 each; one standard deviation is sqrt(100000 * 0.1 * 0.9) = 95 */
        T_EQ_ROW(i, of_value[i] > 9520 && of_value[i] < 10480, true);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_the_hash_of_salt_and_counter),
        cmocka_unit_test(the_same_seed_gives_the_same_numbers),
        cmocka_unit_test(every_octet_of_the_seed_counts),
        cmocka_unit_test(a_number_below_n_is_below_n),
        cmocka_unit_test(a_number_below_n_is_not_biased),
        cmocka_unit_test(small_ranges_are_filled_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
