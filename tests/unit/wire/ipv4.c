/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/ipv4.c - the IPv4 header: what is read, and every reason to refuse it.
 */
#include "octets.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ipv4.h"

/* 10.9.8.1 to 10.9.8.2, TCP, 28 octets in all, the checksum computed apart from this code. */
#define WHOLE "4500 001c 1234 4000 4006 0494 0a090801 0a090802 0102030405060708"

/* Make the header checksum right. */
static struct octets sealed(struct octets o)
{
    const size_t head = (size_t)(o.p[0] & 0x0f) * 4;

    sf_put16(o.p + 10, 0);
    sf_put16(o.p + 10, sf_sum_end(sf_sum(o.p, head < o.n ? head : o.n, 0)));
    return o;
}

static void a_plain_header_is_read(void **state)
{
    const struct octets o = hex(WHOLE);
    struct sf_ip ip;

    (void)state;
    memset(&ip, 0xee, sizeof(ip));
    T_EQ(sf_ip_parse(o.p, o.n, &ip), SF_PASS);
    T_EQ(ip.family, SF_IPV4);
    T_TRUE(ip.packet == o.p);
    T_TRUE(ip.src == o.p + 12);
    T_TRUE(ip.dst == o.p + 16);
    T_TRUE(ip.payload == o.p + 20);
    T_EQ(ip.payload_octets, 8);
    T_EQ(ip.head_octets, 20);
    T_EQ(ip.id, 0x1234);
    T_EQ(ip.protocol, SF_PROTO_TCP);
    T_EQ(ip.hop_limit, 64);
    T_EQ(ip.traffic_class, 0);
    T_TRUE(ip.dont_fragment);
    T_FALSE(ip.fragment);
    T_FALSE(ip.more_fragments);
    T_EQ(ip.fragment_offset, 0);
    T_EQ(ip.problem, SF_PROBLEM_NONE);
    drop(o);
}

static void padding_is_cut_off(void **state) /* ethernet's 46 octets */
{
    const struct octets o = hex(WHOLE "0000 0000 0000 0000 0000");
    struct sf_ip ip;

    (void)state;
    T_EQ(sf_ip4_parse(o.p, o.n, &ip), SF_PASS);
    T_EQ(ip.payload_octets, 8);
    drop(o);
}

static void a_cut_packet_is_short(void **state)
{
    const struct octets whole = hex(WHOLE);

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_ip ip;

        T_EQ_ROW(n, sf_ip_parse(o.p, o.n, &ip), SF_DROP_SHORT);
        T_EQ_ROW(n, sf_ip4_parse(o.p, o.n, &ip), SF_DROP_SHORT);
        drop(o);
    }
    drop(whole);
}

static void bad_headers_are_told_apart(void **state)
{
    static const struct {
        const char *packet;
        enum sf_verdict verdict;
    } rows[] = {
        {"5500 001c 1234 4000 4006 0000 0a090801 0a090802 0102030405060708",
         SF_DROP_IP_VERSION},
        {"4400 001c 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_DROP_IP_HEADER},
        {"4000 001c 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_DROP_IP_HEADER},
        {"4800 001c 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_DROP_IP_HEADER},
        {"4500 0013 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_DROP_IP_HEADER},
        {"4500 0014 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_PASS},
        {"4500 001d 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_DROP_SHORT},
        {"4500 ffff 1234 4000 4006 0000 0a090801 0a090802 0102030405060708", SF_DROP_SHORT},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = sealed(hex(rows[i].packet));
        struct sf_ip ip;

        T_EQ_ROW(i, sf_ip4_parse(o.p, o.n, &ip), rows[i].verdict);
        drop(o);
    }
}

static void any_flipped_bit_breaks_the_checksum(void **state) /* RFC 1122 s3.2.1.2 */
{
    const struct octets o = hex(WHOLE);
    struct sf_ip ip;

    (void)state;
    for (size_t bit = 0; bit < 160; bit++) {
        o.p[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        T_TRUE(sf_ip4_parse(o.p, o.n, &ip) != SF_PASS);
        if (bit >= 32) { /* behind version and lengths */
            T_EQ_ROW(bit, sf_ip4_parse(o.p, o.n, &ip), SF_DROP_IP_CHECKSUM);
        }
        o.p[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    T_EQ(sf_ip4_parse(o.p, o.n, &ip), SF_PASS);
    drop(o);
}

static void sources_that_are_no_host_are_dropped(void **state) /* MUST-63 */
{
    static const struct {
        uint8_t src[4];
        enum sf_verdict verdict;
    } rows[] = {
        {{0, 0, 0, 0}, SF_DROP_IP_SOURCE},
        {{0, 255, 255, 255}, SF_DROP_IP_SOURCE},
        {{1, 0, 0, 0}, SF_PASS},
        {{126, 255, 255, 255}, SF_PASS},
        {{127, 0, 0, 1}, SF_DROP_IP_SOURCE},
        {{127, 255, 255, 255}, SF_DROP_IP_SOURCE},
        {{128, 0, 0, 0}, SF_PASS},
        {{223, 255, 255, 255}, SF_PASS},
        {{224, 0, 0, 1}, SF_DROP_IP_SOURCE},
        {{239, 255, 255, 255}, SF_DROP_IP_SOURCE},
        {{240, 0, 0, 1}, SF_DROP_IP_SOURCE},
        {{255, 255, 255, 255}, SF_DROP_IP_SOURCE},
        {{192, 168, 1, 255}, SF_PASS}, /* whether a subnet's broadcast, the caller knows */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct octets o = hex(WHOLE);
        struct sf_ip ip;

        memcpy(o.p + 12, rows[i].src, 4);
        o = sealed(o);
        T_EQ_ROW(i, sf_ip4_parse(o.p, o.n, &ip), rows[i].verdict);
        drop(o);
    }
}

static void options_are_skipped_but_for_source_routes(void **state) /* MUST-50 */
{
    static const struct {
        const char *options; /* 8 octets */
        enum sf_verdict verdict;
    } rows[] = {
        {"01 01 01 01 01 01 01 01", SF_PASS},
        {"00 ff ff ff ff ff ff ff", SF_PASS},           /* behind the end */
        {"44 08 05 00 00 00 00 00", SF_PASS},           /* timestamp */
        {"94 04 00 00 00 00 00 00", SF_PASS},           /* router alert */
        {"1e 08 00 00 00 00 00 00", SF_PASS},           /* unknown */
        {"83 07 04 0a 01 01 01 00", SF_DROP_IP_OPTION}, /* loose source route */
        {"89 07 04 0a 01 01 01 00", SF_DROP_IP_OPTION}, /* strict */
        {"01 83 07 04 0a 01 01 01", SF_DROP_IP_OPTION},
        {"1e 00 00 00 00 00 00 00", SF_DROP_IP_HEADER},
        {"1e 01 00 00 00 00 00 00", SF_DROP_IP_HEADER},
        {"1e 09 00 00 00 00 00 00", SF_DROP_IP_HEADER},
        {"1e ff 00 00 00 00 00 00", SF_DROP_IP_HEADER},
        {"01 01 01 01 01 01 01 1e", SF_DROP_IP_HEADER},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct octets o = hex("4700 0024 1234 4000 4006 0000 0a090801 0a090802"
                              "0000000000000000 0102030405060708");
        const struct octets options = hex(rows[i].options);
        struct sf_ip ip;

        memcpy(o.p + 20, options.p, 8);
        o = sealed(o);
        T_EQ_ROW(i, sf_ip4_parse(o.p, o.n, &ip), rows[i].verdict);
        if (rows[i].verdict == SF_PASS) {
            T_EQ_ROW(i, ip.head_octets, 28);
            T_TRUE(ip.payload == o.p + 28);
            T_EQ_ROW(i, ip.payload_octets, 8);
        }
        drop(options);
        drop(o);
    }
}

static void fragments_are_marked_and_checked(void **state)
{
    static const struct {
        uint16_t field; /* flags and offset */
        uint16_t total;
        enum sf_verdict verdict;
        uint16_t offset;
        bool more;
    } rows[] = {
        {0x0000, 28, SF_PASS, 0, false},
        {0x2000, 28, SF_PASS, 0, true},  /* the first */
        {0x2001, 28, SF_PASS, 8, true},  /* in the middle */
        {0x0001, 28, SF_PASS, 8, false}, /* the last */
        {0x0001, 27, SF_PASS, 8, false}, /* whose length is anything */
        {0x2001, 27, SF_DROP_IP_HEADER, 8, true},
        {0x2001, 20, SF_DROP_IP_HEADER, 8, true},      /* of nothing */
        {0x1ffc, 28, SF_PASS, 65504, false},           /* 20 + 65504 + 8 = 65532 */
        {0x1ffd, 23, SF_PASS, 65512, false},           /* 20 + 65512 + 3 = 65535 */
        {0x1ffd, 24, SF_DROP_IP_HEADER, 65512, false}, /* 65536 */
        {0x1fff, 28, SF_DROP_IP_HEADER, 65528, false},
        {0x8000, 28, SF_PASS, 0, false}, /* the reserved bit means nothing */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct octets o = hex(WHOLE);
        struct sf_ip ip;

        sf_put16(o.p + 2, rows[i].total);
        sf_put16(o.p + 6, rows[i].field);
        o = sealed(o);
        T_EQ_ROW(i, sf_ip4_parse(o.p, o.n, &ip), rows[i].verdict);
        if (rows[i].verdict == SF_PASS) {
            T_EQ_ROW(i, ip.fragment, rows[i].offset != 0 || rows[i].more);
            T_EQ_ROW(i, ip.fragment_offset, rows[i].offset);
            T_EQ_ROW(i, ip.more_fragments, rows[i].more);
            T_FALSE(ip.dont_fragment);
        }
        drop(o);
    }
}

static void a_header_is_written(void **state)
{
    const struct octets want = hex("4500 003c 1234 4000 4006 0474 0a090801 0a090802");
    const uint8_t src[4] = {10, 9, 8, 1};
    const uint8_t dst[4] = {10, 9, 8, 2};
    const struct sf_ip ip = {
        .src = src,
        .dst = dst,
        .payload_octets = 40,
        .id = 0x1234,
        .family = SF_IPV4,
        .protocol = SF_PROTO_TCP,
        .hop_limit = 64,
        .dont_fragment = true,
    };
    uint8_t p[20];

    (void)state;
    memset(p, 0xee, sizeof(p));
    T_EQ(sf_ip_head_octets(SF_IPV4), 20);
    T_EQ(sf_ip_build(p, &ip), 20);
    T_MEM(p, want.p, 20);
    drop(want);
}

static void what_is_written_is_read_again(void **state)
{
    const uint8_t src[4] = {192, 0, 2, 1};
    const uint8_t dst[4] = {255, 255, 255, 255};
    const struct sf_ip ip = {
        .src = src,
        .dst = dst,
        .payload_octets = 16,
        .id = 0xffff,
        .fragment_offset = 1480,
        .family = SF_IPV4,
        .protocol = SF_PROTO_ICMP,
        .hop_limit = 255,
        .traffic_class = 0xb8 | SF_ECN_CE,
        .more_fragments = true,
    };
    uint8_t p[36] = {0};
    struct sf_ip back;

    (void)state;
    T_EQ(sf_ip4_build(p, &ip), 20);
    T_EQ(sf_ip4_parse(p, sizeof(p), &back), SF_PASS);
    T_MEM(back.src, src, 4);
    T_MEM(back.dst, dst, 4);
    T_EQ(back.payload_octets, 16);
    T_EQ(back.id, 0xffff);
    T_EQ(back.fragment_offset, 1480);
    T_TRUE(back.more_fragments);
    T_FALSE(back.dont_fragment);
    T_EQ(back.protocol, SF_PROTO_ICMP);
    T_EQ(back.hop_limit, 255);
    T_EQ(back.traffic_class, 0xbb);
}

static void addresses_are_classified(void **state)
{
    static const struct {
        uint8_t octets[4];
        bool multicast, loopback, unspecified, link_local;
    } rows[] = {
        {{223, 255, 255, 255}, false, false, false, false},
        {{224, 0, 0, 0}, true, false, false, false},
        {{239, 255, 255, 255}, true, false, false, false},
        {{240, 0, 0, 0}, false, false, false, false},
        {{127, 0, 0, 1}, false, true, false, false},
        {{0, 0, 0, 0}, false, false, true, false},
        {{0, 0, 0, 1}, false, false, false, false},
        {{169, 254, 0, 1}, false, false, false, true},
        {{169, 253, 0, 1}, false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, sf_ip_is_multicast(SF_IPV4, rows[i].octets), rows[i].multicast);
        T_EQ_ROW(i, sf_ip_is_loopback(SF_IPV4, rows[i].octets), rows[i].loopback);
        T_EQ_ROW(i, sf_ip_is_unspecified(SF_IPV4, rows[i].octets), rows[i].unspecified);
        T_EQ_ROW(i, sf_ip_is_link_local(SF_IPV4, rows[i].octets), rows[i].link_local);
    }
}

static void an_address_becomes_a_value(void **state)
{
    const uint8_t octets[4] = {10, 9, 8, 1};
    const struct sf_addr got = sf_ip_addr(SF_IPV4, octets);
    const struct sf_addr want = sf_addr_v4(10, 9, 8, 1);

    (void)state;
    T_TRUE(sf_addr_equal(&got, &want));
    T_MEM(got.octets, want.octets, 16); /* the rest is zeros */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_header_is_read),
        cmocka_unit_test(padding_is_cut_off),
        cmocka_unit_test(a_cut_packet_is_short),
        cmocka_unit_test(bad_headers_are_told_apart),
        cmocka_unit_test(any_flipped_bit_breaks_the_checksum),
        cmocka_unit_test(sources_that_are_no_host_are_dropped),
        cmocka_unit_test(options_are_skipped_but_for_source_routes),
        cmocka_unit_test(fragments_are_marked_and_checked),
        cmocka_unit_test(a_header_is_written),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(addresses_are_classified),
        cmocka_unit_test(an_address_becomes_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
