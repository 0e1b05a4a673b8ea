/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/icmp.c - ICMP of both families: echo, errors, and what errors mean.
 */
#include "octets.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/icmp6.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

/* A SYN of ours, as much of it as an old router quotes. */
#define QUOTE_4 "4500 003c 1234 4000 4006 0474 0a090801 0a090802 9c40 0050 01020304"
#define HOST_1  "fd00 0000 0000 0000 0000 0000 0000 0001"
#define HOST_2  "fd00 0000 0000 0000 0000 0000 0000 0002"
#define ROUTER  "fd00 0000 0000 0000 0000 0000 0000 00fe"
#define QUOTE_6 "60000000 0028 06 40" HOST_1 HOST_2 "9c40 0050 01020304"

static struct sf_ip carrying_4(struct octets o)
{
    return (struct sf_ip){
        .payload = o.p,
        .payload_octets = (uint32_t)o.n,
        .family = SF_IPV4,
        .protocol = SF_PROTO_ICMP,
    };
}

static struct sf_ip carrying_6(struct octets addresses, struct octets o)
{
    return (struct sf_ip){
        .src = addresses.p,
        .dst = addresses.p + 16,
        .payload = o.p,
        .payload_octets = (uint32_t)o.n,
        .family = SF_IPV6,
        .protocol = SF_PROTO_ICMPV6,
    };
}

/* Make the checksum of a message right. */
static void seal(const struct sf_ip *ip, struct octets o)
{
    uint32_t sum = 0;

    sf_put16(o.p + 2, 0);
    if (ip->family == SF_IPV6) {
        sum = sf_sum_pseudo(SF_IPV6, ip->src, ip->dst, SF_PROTO_ICMPV6, (uint32_t)o.n);
    }
    sf_put16(o.p + 2, sf_sum_end(sf_sum(o.p, o.n, sum)));
}

static void an_echo_request_is_read_and_answered(void **state) /* RFC 1122 s3.2.2.6 */
{
    const struct octets o = hex("0800 5497 1234 0007 61626364656667");
    const struct octets want = hex("0000 5c97 1234 0007");
    const struct sf_ip ip = carrying_4(o);
    struct sf_icmp icmp;
    struct sf_icmp_out out;
    uint8_t p[8];

    (void)state;
    T_EQ(sf_icmp4_parse(&ip, &icmp), SF_PASS);
    T_EQ(icmp.kind, SF_ICMP_ECHO_REQUEST);
    T_EQ(icmp.id, 0x1234);
    T_EQ(icmp.seqno, 7);
    T_EQ(icmp.body_octets, 7);
    T_MEM(icmp.body, "abcdefg", 7);
    out = sf_icmp_echo_reply(&icmp, SF_IPV4);
    T_EQ(sf_icmp4_build(p, &out), 8);
    T_MEM(p, want.p, 8);
    T_TRUE(out.body == icmp.body);
    T_EQ(out.body_octets, 7);
    drop(o);
    drop(want);
}

static void an_echo_request_of_ipv6_is_read_and_answered(void **state) /* RFC 4443 s4.2 */
{
    const struct octets o = hex("8000 e248 1234 0007 61626364656667");
    const struct octets want = hex("8100 e148 1234 0007");
    const struct octets there = hex(HOST_1 HOST_2);
    const struct sf_ip ip = carrying_6(there, o);
    struct sf_icmp icmp;
    struct sf_icmp_out out;
    uint8_t p[8];

    (void)state;
    T_EQ(sf_icmp6_parse(&ip, &icmp), SF_PASS);
    T_EQ(icmp.kind, SF_ICMP_ECHO_REQUEST);
    T_EQ(icmp.id, 0x1234);
    T_EQ(icmp.seqno, 7);
    out = sf_icmp_echo_reply(&icmp, SF_IPV6);
    T_EQ(sf_icmp6_build(p, &out, ip.dst, ip.src), 8);
    T_MEM(p, want.p, 8);
    drop(o);
    drop(want);
    drop(there);
}

static void fragmentation_needed_brings_an_mtu(void **state) /* RFC 1191 s4 */
{
    const struct octets o = hex("0304 56ed 0000 0578" QUOTE_4);
    const struct sf_ip ip = carrying_4(o);
    struct sf_icmp icmp;

    (void)state;
    T_EQ(sf_icmp4_parse(&ip, &icmp), SF_PASS);
    T_EQ(icmp.kind, SF_ICMP_TOO_BIG);
    T_EQ(icmp.mtu, 1400);
    T_EQ(icmp.quote.family, SF_IPV4);
    T_EQ(icmp.quote.protocol, SF_PROTO_TCP);
    T_TRUE(icmp.quote.ports);
    T_EQ(icmp.quote.sport, 40000);
    T_EQ(icmp.quote.dport, 80);
    T_EQ(icmp.quote.seq.v, 0x01020304);
    T_MEM(icmp.quote.src, ((uint8_t[4]){10, 9, 8, 1}), 4);
    T_MEM(icmp.quote.dst, ((uint8_t[4]){10, 9, 8, 2}), 4);
    drop(o);
}

static void packet_too_big_brings_an_mtu(void **state) /* RFC 4443 s3.2 */
{
    const struct octets o = hex("0200 fc88 00000500" QUOTE_6);
    const struct octets there = hex(ROUTER HOST_1);
    const struct octets hosts = hex(HOST_1 HOST_2);
    const struct sf_ip ip = carrying_6(there, o);
    struct sf_icmp icmp;

    (void)state;
    T_EQ(sf_icmp6_parse(&ip, &icmp), SF_PASS);
    T_EQ(icmp.kind, SF_ICMP_TOO_BIG);
    T_EQ(icmp.mtu, 1280);
    T_EQ(icmp.quote.family, SF_IPV6);
    T_EQ(icmp.quote.protocol, SF_PROTO_TCP);
    T_TRUE(icmp.quote.ports);
    T_EQ(icmp.quote.sport, 40000);
    T_EQ(icmp.quote.dport, 80);
    T_EQ(icmp.quote.seq.v, 0x01020304);
    T_MEM(icmp.quote.src, hosts.p, 16);
    T_MEM(icmp.quote.dst, hosts.p + 16, 16);
    drop(o);
    drop(there);
    drop(hosts);
}

/* RFC 9293 s3.9.2.2 (MUST-55, MUST-56, SHLD-26). */
static void types_and_codes_mean_what_the_rfc_says(void **state)
{
    static const struct {
        uint8_t type, code;
        enum sf_icmp_kind kind;
    } rows[] = {
        {3, 0, SF_ICMP_SOFT},       {3, 1, SF_ICMP_SOFT},    {3, 2, SF_ICMP_HARD},
        {3, 3, SF_ICMP_HARD},       {3, 4, SF_ICMP_TOO_BIG}, {3, 5, SF_ICMP_SOFT},
        {3, 6, SF_ICMP_SOFT},       {3, 8, SF_ICMP_SOFT},    {3, 9, SF_ICMP_HARD},
        {3, 10, SF_ICMP_HARD},      {3, 11, SF_ICMP_SOFT},   {3, 12, SF_ICMP_SOFT},
        {3, 13, SF_ICMP_HARD},      {3, 14, SF_ICMP_SOFT},   {3, 255, SF_ICMP_SOFT},
        {11, 0, SF_ICMP_SOFT},      {11, 1, SF_ICMP_SOFT},   {12, 0, SF_ICMP_SOFT},
        {12, 2, SF_ICMP_SOFT},      {4, 0, SF_ICMP_OTHER},   {5, 0, SF_ICMP_OTHER},
        {13, 0, SF_ICMP_OTHER},     {200, 0, SF_ICMP_OTHER}, {8, 0, SF_ICMP_ECHO_REQUEST},
        {0, 0, SF_ICMP_ECHO_REPLY},
    };
    static const struct {
        uint8_t type, code;
        enum sf_icmp_kind kind;
    } rows_6[] = {
        {1, 0, SF_ICMP_SOFT},         {1, 1, SF_ICMP_HARD},
        {1, 2, SF_ICMP_SOFT},         {1, 3, SF_ICMP_SOFT},
        {1, 4, SF_ICMP_HARD},         {1, 5, SF_ICMP_SOFT},
        {2, 0, SF_ICMP_TOO_BIG},      {3, 0, SF_ICMP_SOFT},
        {3, 1, SF_ICMP_SOFT},         {4, 0, SF_ICMP_SOFT},
        {4, 1, SF_ICMP_SOFT},         {4, 2, SF_ICMP_SOFT},
        {5, 0, SF_ICMP_OTHER},        {100, 0, SF_ICMP_OTHER},
        {127, 0, SF_ICMP_OTHER},      {128, 0, SF_ICMP_ECHO_REQUEST},
        {129, 0, SF_ICMP_ECHO_REPLY}, {132, 0, SF_ICMP_OTHER},
        {133, 0, SF_ICMP_NEIGHBOUR},  {135, 0, SF_ICMP_NEIGHBOUR},
        {136, 0, SF_ICMP_NEIGHBOUR},  {137, 0, SF_ICMP_NEIGHBOUR},
        {138, 0, SF_ICMP_OTHER},
    };
    const struct octets there = hex(ROUTER HOST_1);

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex("0000 0000 00000000" QUOTE_4);
        const struct sf_ip ip = carrying_4(o);
        struct sf_icmp icmp;

        o.p[0] = rows[i].type;
        o.p[1] = rows[i].code;
        seal(&ip, o);
        T_EQ_ROW(i, sf_icmp4_parse(&ip, &icmp), SF_PASS);
        T_EQ_ROW(i, icmp.kind, rows[i].kind);
        T_EQ_ROW(i, icmp.type, rows[i].type);
        T_EQ_ROW(i, icmp.code, rows[i].code);
        T_EQ_ROW(i, icmp.mtu, 0);
        drop(o);
    }
    for (size_t i = 0; i < T_COUNT(rows_6); i++) {
        const struct octets o = hex("0000 0000 00000000" QUOTE_6);
        const struct sf_ip ip = carrying_6(there, o);
        struct sf_icmp icmp;

        o.p[0] = rows_6[i].type;
        o.p[1] = rows_6[i].code;
        seal(&ip, o);
        T_EQ_ROW(i, sf_icmp6_parse(&ip, &icmp), SF_PASS);
        T_EQ_ROW(i, icmp.kind, rows_6[i].kind);
        drop(o);
    }
    drop(there);
}

static void a_wrong_checksum_is_dropped(void **state)
{
    const struct octets v4 = hex("0304 56ed 0000 0578" QUOTE_4);
    const struct octets v6 = hex("0200 fc88 00000500" QUOTE_6);
    const struct octets there = hex(ROUTER HOST_1);
    const struct sf_ip ip4 = carrying_4(v4);
    const struct sf_ip ip6 = carrying_6(there, v6);
    struct sf_icmp icmp;

    (void)state;
    for (size_t i = 0; i < v4.n; i++) {
        v4.p[i] ^= 1;
        T_EQ_ROW(i, sf_icmp4_parse(&ip4, &icmp), SF_DROP_ICMP);
        v4.p[i] ^= 1;
    }
    for (size_t i = 0; i < v6.n; i++) {
        v6.p[i] ^= 1;
        T_EQ_ROW(i, sf_icmp6_parse(&ip6, &icmp), SF_DROP_ICMP);
        v6.p[i] ^= 1;
    }
    there.p[15] ^= 1; /* the addresses count too */
    T_EQ(sf_icmp6_parse(&ip6, &icmp), SF_DROP_ICMP);
    drop(v4);
    drop(v6);
    drop(there);
}

static void a_cut_error_quotes_nothing(void **state)
{
    const struct octets v4 = hex("0303 0000 00000000" QUOTE_4);
    const struct octets v6 = hex("0104 0000 00000000" QUOTE_6);
    const struct octets there = hex(ROUTER HOST_1);

    (void)state;
    for (size_t n = 0; n <= v4.n; n++) {
        const struct octets o = octets_of(v4.p, n);
        const struct sf_ip ip = carrying_4(o);
        struct sf_icmp icmp;

        if (n >= 4) {
            seal(&ip, o);
        }
        T_EQ_ROW(n, sf_icmp4_parse(&ip, &icmp), n == v4.n ? SF_PASS : SF_DROP_ICMP);
        drop(o);
    }
    for (size_t n = 0; n <= v6.n; n++) {
        const struct octets o = octets_of(v6.p, n);
        const struct sf_ip ip = carrying_6(there, o);
        struct sf_icmp icmp;

        if (n >= 4) {
            seal(&ip, o);
        }
        T_EQ_ROW(n, sf_icmp6_parse(&ip, &icmp), n == v6.n ? SF_PASS : SF_DROP_ICMP);
        drop(o);
    }
    drop(v4);
    drop(v6);
    drop(there);
}

static void a_quote_is_looked_at_closely(void **state)
{
    static const struct {
        const char *quote;
        enum sf_verdict verdict;
        bool ports;
    } rows[] = {
        {"5500 003c 1234 4000 4006 0474 0a090801 0a090802 9c40 0050 01020304", SF_DROP_ICMP,
         false},
        {"4400 003c 1234 4000 4006 0474 0a090801 0a090802 9c40 0050 01020304", SF_DROP_ICMP,
         false},
        {"4600 003c 1234 4000 4006 0474 0a090801 0a090802 9c40 0050 01020304", SF_DROP_ICMP,
         false},
        {"4600 0040 1234 4000 4006 0474 0a090801 0a090802 01010100 9c40 0050 01020304", SF_PASS,
         true},
        {"4500 003c 1234 4000 4011 0474 0a090801 0a090802 9c40 0050 01020304", SF_PASS, true},
        {"4500 003c 1234 4000 4001 0474 0a090801 0a090802 9c40 0050 01020304", SF_PASS, false},
        {"4500 003c 1234 2001 4006 0474 0a090801 0a090802 9c40 0050 01020304", SF_PASS, false},
        {"4500 003c 1234 2000 4006 0474 0a090801 0a090802 9c40 0050 01020304", SF_PASS, true},
        {"4500 0000 ffff 4000 0006 ffff 0a090801 0a090802 9c40 0050 01020304", SF_PASS, true},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets quote = hex(rows[i].quote);
        uint8_t p[100] = {SF_ICMP4_UNREACHABLE, SF_ICMP4_PORT};
        struct octets o;
        struct sf_ip ip;
        struct sf_icmp icmp;

        memcpy(p + 8, quote.p, quote.n);
        o = octets_of(p, 8 + quote.n);
        ip = carrying_4(o);
        seal(&ip, o);
        T_EQ_ROW(i, sf_icmp4_parse(&ip, &icmp), rows[i].verdict);
        if (rows[i].verdict == SF_PASS) {
            T_EQ_ROW(i, icmp.quote.ports, rows[i].ports);
            T_EQ_ROW(i, icmp.quote.sport, rows[i].ports ? 40000 : 0);
        }
        drop(o);
        drop(quote);
    }
}

static void an_error_is_written_and_read_again(void **state)
{
    const struct octets packet = hex("4500 001c 1234 4000 4006 0494 0a090801 0a090802"
                                     "9c40 0050 01020304");
    const struct octets want = hex("0303 0000 00000000");
    struct sf_ip about;
    struct sf_icmp_out out;
    uint8_t p[100];
    struct octets o;
    struct sf_ip ip;
    struct sf_icmp icmp;

    (void)state;
    T_EQ(sf_ip4_parse(packet.p, packet.n, &about), SF_PASS);
    out = sf_icmp_error(&about, SF_ICMP4_UNREACHABLE, SF_ICMP4_PORT, 0);
    T_TRUE(out.body == packet.p);
    T_EQ(out.body_octets, 28);
    T_EQ(sf_icmp4_build(p, &out), 8);
    T_MEM(p, want.p, 2);
    T_MEM(p + 4, want.p + 4, 4);
    memcpy(p + 8, out.body, out.body_octets);
    o = octets_of(p, 36);
    ip = carrying_4(o);
    T_EQ(sf_icmp4_parse(&ip, &icmp), SF_PASS);
    T_EQ(icmp.kind, SF_ICMP_HARD);
    T_EQ(icmp.quote.seq.v, 0x01020304);
    drop(o);
    drop(packet);
    drop(want);
}

static void an_error_of_ipv6_is_written_and_read_again(void **state)
{
    const struct octets packet = hex("60000000 0008 06 40" HOST_1 HOST_2 "9c40 0050 01020304");
    const struct octets there = hex(HOST_2 HOST_1);
    struct sf_ip about;
    struct sf_icmp_out out;
    uint8_t p[100];
    struct octets o;
    struct sf_ip ip;
    struct sf_icmp icmp;

    (void)state;
    T_EQ(sf_ip6_parse(packet.p, packet.n, &about), SF_PASS);
    out = sf_icmp_error(&about, SF_ICMP6_PARAMETER, SF_ICMP6_BAD_NEXT_HEADER, 6);
    T_EQ(out.body_octets, 48);
    T_EQ(sf_icmp6_build(p, &out, there.p, there.p + 16), 8);
    T_EQ(sf_get32(p + 4), 6);
    memcpy(p + 8, out.body, out.body_octets);
    o = octets_of(p, 56);
    ip = carrying_6(there, o);
    T_EQ(sf_icmp6_parse(&ip, &icmp), SF_PASS);
    T_EQ(icmp.kind, SF_ICMP_SOFT);
    T_EQ(icmp.type, 4);
    T_EQ(icmp.code, 1);
    drop(o);
    drop(packet);
    drop(there);
}

static void quotes_are_cut_to_size(void **state) /* RFC 1812 s4.3.2.3, RFC 4443 s2.4 (c) */
{
    static const struct {
        enum sf_family family;
        uint32_t packet;
        uint32_t quoted;
    } rows[] = {
        {SF_IPV4, 548, 548}, /* 576 - 20 - 8 */
        {SF_IPV4, 549, 548},   {SF_IPV4, 65535, 548},
        {SF_IPV6, 1232, 1232}, /* 1280 - 40 - 8 */
        {SF_IPV6, 1233, 1232}, {SF_IPV6, 65575, 1232},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const uint32_t head = (uint32_t)sf_ip_head_octets(rows[i].family);
        const struct sf_ip about = {
            .family = (uint8_t)rows[i].family,
            .head_octets = head,
            .payload_octets = rows[i].packet - head,
        };

        T_EQ_ROW(i, sf_icmp_error(&about, 1, 0, 0).body_octets, rows[i].quoted);
    }
}

/* RFC 1122 s3.2.2, RFC 4443 s2.4 (e). */
static void some_packets_may_not_be_answered_with_an_error(void **state)
{
    static const struct {
        const char *src, *dst;
        uint8_t protocol;
        uint8_t first; /* octet of the payload */
        uint16_t offset;
        bool may;
    } rows[] = {
        {"0a090801", "0a090802", SF_PROTO_TCP, 0, 0, true},
        {"0a090801", "0a090802", SF_PROTO_UDP, 3, 0, true},
        {"0a090801", "0a090802", SF_PROTO_UDP, 3, 8, false}, /* not the first fragment */
        {"0a090801", "e0000001", SF_PROTO_UDP, 3, 0, false},
        {"0a090801", "ffffffff", SF_PROTO_UDP, 3, 0, false},
        {"00000000", "0a090802", SF_PROTO_UDP, 3, 0, false},
        {"7f000001", "0a090802", SF_PROTO_UDP, 3, 0, false},
        {"e0000001", "0a090802", SF_PROTO_UDP, 3, 0, false},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 8, 0, true},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 0, 0, true},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 3, 0, false},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 4, 0, false},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 5, 0, false},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 11, 0, false},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 12, 0, false},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 18, 0, true},
        {"0a090801", "0a090802", SF_PROTO_ICMP, 19, 0, false}, /* who knows what that is */
        {HOST_1, HOST_2, SF_PROTO_TCP, 0, 0, true},
        {HOST_1, "ff02 0000 0000 0000 0000 0000 0000 0001", SF_PROTO_TCP, 0, 0, false},
        {"ff02 0000 0000 0000 0000 0000 0000 0001", HOST_2, SF_PROTO_TCP, 0, 0, false},
        {"0000 0000 0000 0000 0000 0000 0000 0000", HOST_2, SF_PROTO_TCP, 0, 0, false},
        {"0000 0000 0000 0000 0000 0000 0000 0001", HOST_2, SF_PROTO_TCP, 0, 0, false},
        {HOST_1, HOST_2, SF_PROTO_ICMPV6, 1, 0, false},
        {HOST_1, HOST_2, SF_PROTO_ICMPV6, 127, 0, false},
        {HOST_1, HOST_2, SF_PROTO_ICMPV6, 128, 0, true},
        {HOST_1, HOST_2, SF_PROTO_ICMPV6, 137, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets src = hex(rows[i].src);
        const struct octets dst = hex(rows[i].dst);
        struct sf_ip about = {
            .src = src.p,
            .dst = dst.p,
            .payload = &rows[i].first,
            .payload_octets = 1,
            .fragment_offset = rows[i].offset,
            .family = src.n == 4 ? SF_IPV4 : SF_IPV6,
            .protocol = rows[i].protocol,
        };

        T_EQ_ROW(i, sf_icmp_may_answer(&about), rows[i].may);
        if (rows[i].protocol == SF_PROTO_ICMP || rows[i].protocol == SF_PROTO_ICMPV6) {
            about.payload_octets = 0;
            T_EQ_ROW(i, sf_icmp_may_answer(&about), false);
        }
        drop(src);
        drop(dst);
    }
}

static void an_unknown_option_is_reported_even_to_a_group(void **state) /* RFC 8200 s4.2: 10 */
{
    const struct octets there = hex(HOST_1 "ff02 0000 0000 0000 0000 0000 0000 0001");
    const struct sf_ip about = {
        .src = there.p,
        .dst = there.p + 16,
        .family = SF_IPV6,
        .protocol = SF_PROTO_TCP,
        .problem = SF_PROBLEM_OPTION,
    };

    (void)state;
    T_TRUE(sf_icmp_may_answer(&about));
    drop(there);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_echo_request_is_read_and_answered),
        cmocka_unit_test(an_echo_request_of_ipv6_is_read_and_answered),
        cmocka_unit_test(fragmentation_needed_brings_an_mtu),
        cmocka_unit_test(packet_too_big_brings_an_mtu),
        cmocka_unit_test(types_and_codes_mean_what_the_rfc_says),
        cmocka_unit_test(a_wrong_checksum_is_dropped),
        cmocka_unit_test(a_cut_error_quotes_nothing),
        cmocka_unit_test(a_quote_is_looked_at_closely),
        cmocka_unit_test(an_error_is_written_and_read_again),
        cmocka_unit_test(an_error_of_ipv6_is_written_and_read_again),
        cmocka_unit_test(quotes_are_cut_to_size),
        cmocka_unit_test(some_packets_may_not_be_answered_with_an_error),
        cmocka_unit_test(an_unknown_option_is_reported_even_to_a_group),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
