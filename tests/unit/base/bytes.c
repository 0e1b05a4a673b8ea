/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/bytes.c - integers in the network's order (RFC 791 appendix B).
 */
#include "t.h"

#include "base/bytes.h"

/* The top bit of each octet but two is set: a sign that slips in shows. */
static const uint8_t octets[9] = {0x00, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8};

static void reading_takes_the_first_octet_as_the_highest(void **state)
{
    (void)state;
    T_EQ(sf_get16(octets + 1), 0x8192);
    T_EQ(sf_get32(octets + 1), 0x8192a3b4);
    T_EQ(sf_get64(octets + 1), 0x8192a3b4c5d6e7f8);
    T_EQ(sf_get64(octets), 0x008192a3b4c5d6e7); /* whatever the alignment */
}

static void the_other_order_takes_it_as_the_lowest(void **state)
{
    (void)state;
    T_EQ(sf_get32_le(octets + 1), 0xb4a39281);
    T_EQ(sf_get64_le(octets + 1), 0xf8e7d6c5b4a39281);
}

static void writing_undoes_reading_and_touches_nothing_else(void **state)
{
    uint8_t out[10] = {0};
    static const uint8_t two[10] = {0, 0x81, 0x92};
    static const uint8_t four[10] = {0, 0x81, 0x92, 0xa3, 0xb4};
    static const uint8_t eight[10] = {0, 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8};

    (void)state;
    sf_put16(out + 1, 0x8192);
    T_MEM(out, two, sizeof(out));
    sf_put32(out + 1, 0x8192a3b4);
    T_MEM(out, four, sizeof(out));
    sf_put64(out + 1, 0x8192a3b4c5d6e7f8);
    T_MEM(out, eight, sizeof(out));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_takes_the_first_octet_as_the_highest),
        cmocka_unit_test(the_other_order_takes_it_as_the_lowest),
        cmocka_unit_test(writing_undoes_reading_and_touches_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
