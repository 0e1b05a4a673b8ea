/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/siphash.c - SipHash against its authors' vectors: the key is
 * 00 01 .. 0f, the message of n octets is 00 01 .. n - 1.
 */
#include "t.h"

#include "base/siphash.h"

static const uint8_t counting[64] = {
    0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
    22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
    44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63,
};

static const struct {
    size_t octets;
    uint64_t sip24, sip13;
} rows[] = {
    {0, 0x726fdb47dd0e0e31, 0xabac0158050fc4dc},
    {1, 0x74f839c593dc67fd, 0xc9f49bf37d57ca93},
    {4, 0xcf2794e0277187b7, 0xcf75576088d38328},
    {7, 0xab0200f58b01d137, 0xd3927d989bb11140},
    {8, 0x93f5f5799a932462, 0x369095118d299a8e},
    {9, 0x9e0082df0ba9e4b0, 0x25a48eb36c063de4},
    {12, 0x751e8fbc860ee5fb, 0x78a384b157b4d9a2},
    /* 15 octets with SipHash-2-4 are the example of the paper's appendix A. */
    {15, 0xa129ca6149be45e5, 0xd320d86d2a519956},
    {16, 0x3f2acc7f57c29bdb, 0xcc4fdd1a7d908b66},
    {36, 0x314dffbe0815a3b4, 0x2cf508d3ada26206},
    {63, 0x958a324ceb064572, 0x9d199062b7bbb3a8},
};

static const struct sf_sipkey key = {.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};

static void the_vectors_of_the_authors_come_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, sf_siphash24(&key, counting, rows[i].octets), rows[i].sip24);
        T_EQ_ROW(i, sf_siphash13(&key, counting, rows[i].octets), rows[i].sip13);
    }
}

static void a_key_of_16_octets_is_two_words(void **state)
{
    struct sf_sipkey got = sf_sipkey_from(counting);

    (void)state;
    T_EQ(got.k0, key.k0);
    T_EQ(got.k1, key.k1);
}

static void the_fixed_forms_give_what_the_general_ones_give(void **state)
{
    (void)state;
    for (size_t at = 0; at <= 64 - 36; at++) { /* at every alignment */
        const uint8_t *p = counting + at;

        T_EQ_ROW(at, sf_siphash24_12(&key, p), sf_siphash24(&key, p, 12));
        T_EQ_ROW(at, sf_siphash24_36(&key, p), sf_siphash24(&key, p, 36));
        T_EQ_ROW(at, sf_siphash13_12(&key, p), sf_siphash13(&key, p, 12));
        T_EQ_ROW(at, sf_siphash13_36(&key, p), sf_siphash13(&key, p, 36));
    }
}

/* The length is part of the message: zeros at its end are not lost. */
static void trailing_zeros_count(void **state)
{
    static const uint8_t zeros[16] = {0};

    (void)state;
    for (size_t n = 0; n < 16; n++) {
        T_TRUE(sf_siphash24(&key, zeros, n) != sf_siphash24(&key, zeros, n + 1));
        T_TRUE(sf_siphash13(&key, zeros, n) != sf_siphash13(&key, zeros, n + 1));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_authors_come_out),
        cmocka_unit_test(a_key_of_16_octets_is_two_words),
        cmocka_unit_test(the_fixed_forms_give_what_the_general_ones_give),
        cmocka_unit_test(trailing_zeros_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
