/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/addr.c - addresses as text, and the words for errors and verdicts.
 */
#include "t.h"

#include "synfin/types.h"
#include "synfin/verdict.h"

static void ipv4_is_read_as_dotted_quad(void **state)
{
    struct sf_addr a = {.family = SF_UNSPEC};
    const struct sf_addr want = sf_addr_v4(10, 9, 8, 255);

    (void)state;
    T_EQ(sf_addr_parse("10.9.8.255", &a), SF_OK);
    T_EQ(a.family, SF_IPV4);
    T_TRUE(sf_addr_equal(&a, &want));
    T_EQ(sf_addr_parse("0.0.0.0", &a), SF_OK);
    T_MEM(a.octets, ((uint8_t[16]){0}), 16);
}

static void nonsense_is_refused_and_leaves_the_output_alone(void **state)
{
    static const char *const rows[] = {
        "",
        ".",
        "1",
        "1.2.3",
        "1.2.3.",
        "1.2.3.4.",
        "1.2.3.4.5",
        ".1.2.3",
        "1..2.3",
        "256.1.1.1",
        "1.1.1.256",
        "1.1.1.1000",
        "01.1.1.1",
        "00.1.1.1",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.-4",
        "a.b.c.d",
        ":",
        ":::",
        "1:",
        ":1",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8:",
        ":1:2:3:4:5:6:7:8",
        "1::2::3",
        "1:2:3:4::5:6:7:8",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "12345::",
        "::g",
        "::1%eth0",
        "::1.2.3",
        "::1.2.3.4.5",
        "::1.2.3.4:5",
        "1.2.3.4::",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1:2:3:4:5:6:7:8:6.0.0.0",
        "::ffff:1.2.3.400",
        "[::1]",
        "fe80::1/64",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_addr a = sf_addr_v4(1, 2, 3, 4);

        T_EQ_ROW(i, sf_addr_parse(rows[i], &a), SF_ERR_INVAL);
        T_EQ_ROW(i, a.octets[3], 4);
        T_EQ_ROW(i, a.family, SF_IPV4);
    }
}

/* RFC 4291 s2.2 read, RFC 5952 written. */
static void ipv6_is_read_in_any_form_and_written_in_one(void **state)
{
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {
        {"::", "::"},
        {"0:0:0:0:0:0:0:0", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"2001:0DB8:0000:0000:0000:0000:0000:0001", "2001:db8::1"}, /* s4.1, s4.3 */
        {"2001:db8::0:1", "2001:db8::1"},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, /* s4.2.2: never one group */
        {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},       /* s4.2.3: the longest */
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"}, /* s4.2.3: the first of equals */
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
        {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
        {"1:2:3:4:5:6::", "1:2:3:4:5:6::"},
        {"::3:4:5:6:7:8", "::3:4:5:6:7:8"},
        {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
        {"fe80::abcd:ef01:2345:6789", "fe80::abcd:ef01:2345:6789"},
        {"10:100:1000:a:0ab:0abc:0:f", "10:100:1000:a:ab:abc:0:f"},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1"}, /* s5 */
        {"::FFFF:c000:201", "::ffff:192.0.2.1"},
        {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_addr a = {.family = SF_UNSPEC};
        struct sf_addr again = {.family = SF_UNSPEC};
        char text[SF_ADDR_TEXT];

        T_EQ_ROW(i, sf_addr_parse(rows[i].in, &a), SF_OK);
        T_EQ_ROW(i, a.family, SF_IPV6);
        assert_string_equal(sf_addr_text(&a, text), rows[i].out);
        T_EQ_ROW(i, sf_addr_parse(text, &again), SF_OK);
        T_TRUE(sf_addr_equal(&a, &again));
    }
}

static void ipv6_octets_are_in_network_order(void **state)
{
    struct sf_addr a;

    (void)state;
    T_EQ(sf_addr_parse("102:304::d0e:1.2.3.4", &a), SF_OK);
    T_MEM(a.octets, ((uint8_t[16]){1, 2, 3, 4, [10] = 0x0d, 0x0e, 1, 2, 3, 4}), 16);
}

static void ipv4_is_written_without_leading_zeros(void **state)
{
    const struct sf_addr low = sf_addr_v4(0, 9, 10, 99);
    const struct sf_addr high = sf_addr_v4(100, 101, 200, 255);
    char text[SF_ADDR_TEXT];

    (void)state;
    assert_string_equal(sf_addr_text(&low, text), "0.9.10.99");
    assert_string_equal(sf_addr_text(&high, text), "100.101.200.255");
}

static void no_address_is_a_star(void **state)
{
    const struct sf_addr none = {.family = SF_UNSPEC};
    char text[SF_ADDR_TEXT];

    (void)state;
    assert_string_equal(sf_addr_text(&none, text), "*");
}

static void equality_looks_at_family_and_the_octets_in_use(void **state)
{
    struct sf_addr a = sf_addr_v4(1, 2, 3, 4);
    struct sf_addr b = sf_addr_v4(1, 2, 3, 4);

    (void)state;
    b.octets[4] = 0xee; /* not part of an IPv4 address */
    T_TRUE(sf_addr_equal(&a, &b));
    b.octets[3] = 5;
    T_FALSE(sf_addr_equal(&a, &b));
    b = a;
    b.family = SF_IPV6;
    T_FALSE(sf_addr_equal(&a, &b));
    a.family = SF_IPV6;
    T_TRUE(sf_addr_equal(&a, &b));
    b.octets[15] = 1;
    T_FALSE(sf_addr_equal(&a, &b));
    a.family = SF_UNSPEC;
    b.family = SF_UNSPEC;
    T_TRUE(sf_addr_equal(&a, &b));
}

static void every_error_has_its_own_words(void **state)
{
    (void)state;
    for (int i = SF_OK; i <= SF_ERR_SPACE; i++) {
        T_TRUE(strcmp(sf_err_text((enum sf_err)i), "unknown error") != 0);
        for (int k = SF_OK; k < i; k++) {
            T_TRUE(strcmp(sf_err_text((enum sf_err)i), sf_err_text((enum sf_err)k)) != 0);
        }
    }
    assert_string_equal(sf_err_text(SF_ERR_REFUSED), "connection refused");
    assert_string_equal(sf_err_text((enum sf_err)(SF_ERR_SPACE + 1)), "unknown error");
}

static void every_verdict_has_its_own_name(void **state)
{
    (void)state;
    for (int i = SF_PASS; i < SF_VERDICT_COUNT; i++) {
        assert_non_null(sf_verdict_name((enum sf_verdict)i));
        T_TRUE(strcmp(sf_verdict_name((enum sf_verdict)i), "?") != 0);
        for (int k = SF_PASS; k < i; k++) {
            T_TRUE(strcmp(sf_verdict_name((enum sf_verdict)i),
                          sf_verdict_name((enum sf_verdict)k)) != 0);
        }
    }
    assert_string_equal(sf_verdict_name(SF_DROP_RST_NOT_EXACT), "rst-not-exact");
    assert_string_equal(sf_verdict_name(SF_VERDICT_COUNT), "?");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_is_read_as_dotted_quad),
        cmocka_unit_test(nonsense_is_refused_and_leaves_the_output_alone),
        cmocka_unit_test(ipv6_is_read_in_any_form_and_written_in_one),
        cmocka_unit_test(ipv6_octets_are_in_network_order),
        cmocka_unit_test(ipv4_is_written_without_leading_zeros),
        cmocka_unit_test(no_address_is_a_star),
        cmocka_unit_test(equality_looks_at_family_and_the_octets_in_use),
        cmocka_unit_test(every_error_has_its_own_words),
        cmocka_unit_test(every_verdict_has_its_own_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
