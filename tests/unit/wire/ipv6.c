/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/ipv6.c - the IPv6 header, and the walk over its extension headers.
 */
#include "octets.h"

#include "base/bytes.h"
#include "wire/ipv6.h"

#define ADDRESSES \
    "fd00 0000 0000 0000 0000 0000 0000 0001 fd00 0000 0000 0000 0000 0000 0000 0002"
#define TO_GROUP \
    "fd00 0000 0000 0000 0000 0000 0000 0001 ff02 0000 0000 0000 0000 0000 0000 0001"
#define TCP "0102 0304 0506 0708"

static void a_plain_header_is_read(void **state)
{
    const struct octets o = hex("6ab 12345 0008 06 40" ADDRESSES TCP "0000");
    struct sf_ip ip;

    (void)state;
    memset(&ip, 0xee, sizeof(ip));
    T_EQ(sf_ip_parse(o.p, o.n, &ip), SF_PASS);
    T_EQ(ip.family, SF_IPV6);
    T_TRUE(ip.packet == o.p);
    T_TRUE(ip.src == o.p + 8);
    T_TRUE(ip.dst == o.p + 24);
    T_TRUE(ip.payload == o.p + 40);
    T_EQ(ip.payload_octets, 8); /* without the padding */
    T_EQ(ip.head_octets, 40);
    T_EQ(ip.protocol, SF_PROTO_TCP);
    T_EQ(ip.hop_limit, 64);
    T_EQ(ip.traffic_class, 0xab);
    T_EQ(ip.flow_label, 0x12345);
    T_EQ(ip.problem, SF_PROBLEM_NONE);
    T_TRUE(ip.dont_fragment);
    T_FALSE(ip.fragment);
    T_FALSE(ip.more_fragments);
    T_EQ(ip.fragment_offset, 0);
    drop(o);
}

static void a_cut_packet_is_short(void **state)
{
    const struct octets whole = hex("60000000 0008 06 40" ADDRESSES TCP);

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_ip ip;

        T_EQ_ROW(n, sf_ip_parse(o.p, o.n, &ip), SF_DROP_SHORT);
        T_EQ_ROW(n, sf_ip6_parse(o.p, o.n, &ip), SF_DROP_SHORT);
        drop(o);
    }
    drop(whole);
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    for (unsigned version = 0; version < 16; version++) {
        const struct octets o = hex("60000000 0008 06 40" ADDRESSES TCP);
        struct sf_ip ip;

        o.p[0] = (uint8_t)(version << 4);
        T_EQ_ROW(version, sf_ip6_parse(o.p, o.n, &ip),
                 version == 6 ? SF_PASS : SF_DROP_IP_VERSION);
        if (version != 4 && version != 6) {
            T_EQ_ROW(version, sf_ip_parse(o.p, o.n, &ip), SF_DROP_IP_VERSION);
        }
        drop(o);
    }
}

static void sources_that_are_no_host_are_dropped(void **state) /* MUST-63 */
{
    static const struct {
        const char *src;
        uint8_t next;
        enum sf_verdict verdict;
    } rows[] = {
        {"0000 0000 0000 0000 0000 0000 0000 0000", SF_PROTO_TCP, SF_DROP_IP_SOURCE},
        {"0000 0000 0000 0000 0000 0000 0000 0000", SF_PROTO_ICMPV6, SF_PASS}, /* RFC 4862 */
        {"0000 0000 0000 0000 0000 0000 0000 0001", SF_PROTO_TCP, SF_DROP_IP_SOURCE},
        {"0000 0000 0000 0000 0000 0000 0000 0001", SF_PROTO_ICMPV6, SF_DROP_IP_SOURCE},
        {"0000 0000 0000 0000 0000 0000 0000 0002", SF_PROTO_TCP, SF_PASS},
        {"0000 0000 0000 0000 0000 ffff 0a09 0801", SF_PROTO_TCP, SF_DROP_IP_SOURCE},
        {"0000 0000 0000 0000 0001 ffff 0a09 0801", SF_PROTO_TCP, SF_PASS},
        {"0064 ff9b 0000 0000 0000 0000 0a09 0801", SF_PROTO_TCP, SF_PASS},
        {"ff02 0000 0000 0000 0000 0000 0000 0001", SF_PROTO_TCP, SF_DROP_IP_SOURCE},
        {"ff02 0000 0000 0000 0000 0000 0000 0001", SF_PROTO_ICMPV6, SF_DROP_IP_SOURCE},
        {"fe80 0000 0000 0000 0000 0000 0000 0001", SF_PROTO_TCP, SF_PASS},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex("60000000 0008 06 40" ADDRESSES TCP);
        const struct octets src = hex(rows[i].src);
        struct sf_ip ip;

        memcpy(o.p + 8, src.p, 16);
        o.p[6] = rows[i].next;
        T_EQ_ROW(i, sf_ip6_parse(o.p, o.n, &ip), rows[i].verdict);
        drop(src);
        drop(o);
    }
}

/* Everything up to where the transport begins, then TCP of 8 octets. */
static void extension_headers_are_walked(void **state)
{
    static const struct {
        uint8_t next;
        const char *headers;
        enum sf_verdict verdict;
    } rows[] = {
        {6, "", SF_PASS},
        {0, "0600 0104 00000000", SF_PASS},                   /* hop-by-hop: padding */
        {0, "0600 0502 0000 0100", SF_PASS},                  /* router alert */
        {60, "0600 0104 00000000", SF_PASS},                  /* destination options */
        {60, "0601 0c0c 0000000000000000 00000000", SF_PASS}, /* 12 of 14 - 2 */
        {60, "0601 0c0d 0000000000000000 00000000", SF_DROP_IP_HEADER}, /* 13 */
        {60, "0600 0000 00000000", SF_PASS},                            /* Pad1 six times */
        {43, "0600 0000 00000000", SF_PASS}, /* routing: no segments left */
        {44, "0600 0000 12345678", SF_PASS}, /* whole: RFC 6946 */
        {0, "3c00 0104 00000000 2b00 0104 00000000 3c00 0400 00000000 0600 0104 00000000",
         SF_PASS}, /* the order of RFC 8200 s4.1 */
        {60, "0000 0104 00000000 0600 0104 00000000", SF_DROP_IP_HEADER}, /* hop-by-hop late */
        {0, "0000 0104 00000000 0600 0104 00000000", SF_DROP_IP_HEADER},  /* and twice */
        {43, "0600 0001 00000000", SF_DROP_IP_OPTION},                    /* type 0: RFC 5095 */
        {43, "0600 0401 00000000", SF_DROP_IP_OPTION}, /* type 4, a segment left */
        {60, "0602 0104 00000000", SF_DROP_IP_HEADER}, /* header over the end */
        {60, "06ff 0104 00000000", SF_DROP_IP_HEADER},
        {60, "0600 0105 00000000", SF_DROP_IP_HEADER}, /* option over the header */
        {60, "0600 0000 00000001", SF_DROP_IP_HEADER}, /* no octet for a length */
        {44, "0600 0001 12345678", SF_PASS},           /* a first fragment */
        {44, "0600 0009 12345678", SF_PASS},           /* offset 8, more */
        {44, "0600 0008 12345678", SF_PASS},           /* offset 8, the last */
        {44, "0600 fff8 12345678", SF_DROP_IP_HEADER}, /* 65528 + 8 */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets headers = hex(rows[i].headers);
        const struct octets o = hex("60000000 0000 06 40" ADDRESSES);
        uint8_t p[200] = {0};
        struct octets packet;
        struct sf_ip ip;

        memcpy(p, o.p, 40);
        p[6] = rows[i].next;
        sf_put16(p + 4, (uint16_t)(headers.n + 8));
        memcpy(p + 40, headers.p, headers.n);
        packet = octets_of(p, 40 + headers.n + 8);
        T_EQ_ROW(i, sf_ip6_parse(packet.p, packet.n, &ip), rows[i].verdict);
        if (rows[i].verdict == SF_PASS) {
            T_EQ_ROW(i, ip.protocol, SF_PROTO_TCP);
            T_EQ_ROW(i, ip.head_octets, 40 + headers.n);
            T_EQ_ROW(i, ip.payload_octets, 8);
            T_TRUE(ip.payload == packet.p + 40 + headers.n);
        }
        drop(packet);
        drop(headers);
        drop(o);
    }
}

static void fragments_are_marked(void **state)
{
    static const struct {
        const char *header;
        uint16_t offset;
        bool more;
    } rows[] = {
        {"0600 0000 12345678", 0, false}, {"0600 0001 12345678", 0, true},
        {"0600 0009 12345678", 8, true},  {"0600 0008 12345678", 8, false},
        {"0600 000e 12345678", 8, false}, /* the reserved bits mean nothing */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets header = hex(rows[i].header);
        const struct octets o = hex("60000000 0010 2c 40" ADDRESSES "0000000000000000" TCP);
        struct sf_ip ip;

        memcpy(o.p + 40, header.p, 8);
        T_EQ_ROW(i, sf_ip6_parse(o.p, o.n, &ip), SF_PASS);
        T_EQ_ROW(i, ip.fragment_offset, rows[i].offset);
        T_EQ_ROW(i, ip.more_fragments, rows[i].more);
        T_EQ_ROW(i, ip.fragment, rows[i].offset != 0 || rows[i].more);
        T_EQ_ROW(i, ip.id, 0x12345678);
        drop(header);
        drop(o);
    }
}

static void a_fragment_that_is_not_the_last_is_a_multiple_of_8(void **state)
{
    const struct octets odd = hex("60000000 000f 2c 40" ADDRESSES "0600 0001 12345678"
                                  "01020304050607");
    const struct octets none = hex("60000000 0008 2c 40" ADDRESSES "0600 0001 12345678");
    const struct octets last = hex("60000000 000f 2c 40" ADDRESSES "0600 0008 12345678"
                                   "01020304050607");
    struct sf_ip ip;

    (void)state;
    T_EQ(sf_ip6_parse(odd.p, odd.n, &ip), SF_DROP_IP_HEADER);
    T_EQ(sf_ip6_parse(none.p, none.n, &ip), SF_DROP_IP_HEADER);
    T_EQ(sf_ip6_parse(last.p, last.n, &ip), SF_PASS);
    drop(odd);
    drop(none);
    drop(last);
}

/* RFC 8200 s4.2: the first two bits of a type say what becomes of whom does not know it. */
static void unknown_options_say_what_to_do(void **state)
{
    static const struct {
        uint8_t type;
        bool to_group;
        enum sf_verdict verdict;
        enum sf_ip_problem problem;
    } rows[] = {
        {0x1e, false, SF_PASS, SF_PROBLEM_NONE},
        {0x3f, true, SF_PASS, SF_PROBLEM_NONE},
        {0x5e, false, SF_DROP_IP_OPTION, SF_PROBLEM_NONE},
        {0x40, true, SF_DROP_IP_OPTION, SF_PROBLEM_NONE},
        {0x9e, false, SF_DROP_IP_OPTION, SF_PROBLEM_OPTION},
        {0x9e, true, SF_DROP_IP_OPTION, SF_PROBLEM_OPTION},
        {0xc2, false, SF_DROP_IP_OPTION, SF_PROBLEM_OPTION},
        {0xde, true, SF_DROP_IP_OPTION, SF_PROBLEM_NONE},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o =
            hex(rows[i].to_group ? "60000000 0010 00 40" TO_GROUP "0600 00 0003 000000" TCP
                                 : "60000000 0010 00 40" ADDRESSES "0600 00 0003 000000" TCP);
        struct sf_ip ip;

        o.p[43] = rows[i].type; /* behind one Pad1 */
        T_EQ_ROW(i, sf_ip6_parse(o.p, o.n, &ip), rows[i].verdict);
        T_EQ_ROW(i, ip.problem, rows[i].problem);
        if (rows[i].problem != SF_PROBLEM_NONE) {
            T_EQ_ROW(i, ip.problem_at, 43);
        }
        drop(o);
    }
}

static void segments_left_are_a_problem_of_the_routing_type(void **state) /* RFC 8200 s4.4 */
{
    const struct octets o =
        hex("60000000 0018 3c 40" ADDRESSES "2b00 0104 00000000 0600 00ff 00000000" TCP);
    struct sf_ip ip;

    (void)state;
    T_EQ(sf_ip6_parse(o.p, o.n, &ip), SF_DROP_IP_OPTION);
    T_EQ(ip.problem, SF_PROBLEM_HEADER);
    T_EQ(ip.problem_at, 40 + 8 + 2);
    drop(o);
}

static void the_walk_is_bounded(void **state) /* RFC 8504 s5.3 */
{
    (void)state;
    for (size_t n = SF_IP6_EXTENSIONS_MAX; n <= SF_IP6_EXTENSIONS_MAX + 1; n++) {
        uint8_t p[40 + 8 * (SF_IP6_EXTENSIONS_MAX + 1) + 8] = {0};
        const struct octets head = hex("60000000 0000 3c 40" ADDRESSES);
        struct octets o;
        struct sf_ip ip;

        memcpy(p, head.p, 40);
        sf_put16(p + 4, (uint16_t)(8 * n + 8));
        for (size_t i = 0; i < n; i++) {
            const uint8_t header[8] = {i + 1 < n ? 60 : 6, 0, 1, 4};

            memcpy(p + 40 + 8 * i, header, 8);
        }
        o = octets_of(p, 40 + 8 * n + 8);
        T_EQ_ROW(n, sf_ip6_parse(o.p, o.n, &ip),
                 n == SF_IP6_EXTENSIONS_MAX ? SF_PASS : SF_DROP_IP_HEADER);
        drop(o);
        drop(head);
    }
    for (size_t n = SF_IP6_OPTIONS_MAX; n <= SF_IP6_OPTIONS_MAX + 1; n++) {
        uint8_t p[40 + 48 + 8] = {0};
        const struct octets head = hex("60000000 0038 3c 40" ADDRESSES "0605");
        struct octets o;
        struct sf_ip ip;

        /* 46 octets: n - 1 of Pad1 and one PadN over the rest. */
        memcpy(p, head.p, head.n);
        p[42 + n - 1] = 1;
        p[42 + n] = (uint8_t)(46 - (n - 1) - 2);
        o = octets_of(p, sizeof(p));
        T_EQ_ROW(n, sf_ip6_parse(o.p, o.n, &ip),
                 n == SF_IP6_OPTIONS_MAX ? SF_PASS : SF_DROP_IP_HEADER);
        drop(o);
        drop(head);
    }
}

/* The payload length is cut with the packet, so that the walk itself runs into the end. */
static void cut_extension_headers_are_never_read_beyond(void **state)
{
    const struct octets whole =
        hex("60000000 0000 00 40" ADDRESSES "2b01 0104 00000000 1e05 00000000 0000"
            "3c00 0400 00000000 0600 1e03 00000000");

    (void)state;
    for (size_t n = 40; n <= whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_ip ip;

        sf_put16(o.p + 4, (uint16_t)(n - 40));
        T_EQ_ROW(n, sf_ip6_parse(o.p, o.n, &ip), n == whole.n ? SF_PASS : SF_DROP_IP_HEADER);
        drop(o);
    }
    drop(whole);
}

static void what_is_unknown_is_left_to_the_caller(void **state)
{
    static const uint8_t rows[] = {SF_PROTO_NONE, SF_PROTO_UDP, 50, 51, 132, 255};

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex("60000000 0008 06 40" ADDRESSES TCP);
        struct sf_ip ip;

        o.p[6] = rows[i];
        T_EQ_ROW(i, sf_ip6_parse(o.p, o.n, &ip), SF_PASS);
        T_EQ_ROW(i, ip.protocol, rows[i]);
        T_EQ_ROW(i, ip.payload_octets, 8);
        drop(o);
    }
}

static void a_header_is_written_and_read_again(void **state)
{
    const struct octets want = hex("6b8 abcde 0008 3a ff" ADDRESSES TCP);
    const struct sf_ip ip = {
        .src = want.p + 8,
        .dst = want.p + 24,
        .payload_octets = 8,
        .flow_label = 0xfffabcde, /* 20 bits count */
        .family = SF_IPV6,
        .protocol = SF_PROTO_ICMPV6,
        .hop_limit = 255,
        .traffic_class = 0xb8,
    };
    uint8_t p[48];
    struct sf_ip back;

    (void)state;
    memcpy(p, want.p, 48);
    memset(p, 0xee, 40);
    T_EQ(sf_ip_head_octets(SF_IPV6), 40);
    T_EQ(sf_ip_build(p, &ip), 40);
    T_MEM(p, want.p, 48);
    T_EQ(sf_ip6_parse(p, 48, &back), SF_PASS);
    T_MEM(back.src, ip.src, 16);
    T_MEM(back.dst, ip.dst, 16);
    T_EQ(back.flow_label, 0xabcde);
    T_EQ(back.traffic_class, 0xb8);
    T_EQ(back.hop_limit, 255);
    T_EQ(back.protocol, SF_PROTO_ICMPV6);
    drop(want);
}

static void addresses_are_classified(void **state)
{
    static const struct {
        const char *address;
        bool multicast, loopback, unspecified, link_local;
    } rows[] = {
        {"ff02 0000 0000 0000 0000 0000 0000 0001", true, false, false, false},
        {"feff 0000 0000 0000 0000 0000 0000 0001", false, false, false, false},
        {"0000 0000 0000 0000 0000 0000 0000 0001", false, true, false, false},
        {"0000 0000 0000 0000 0000 0000 0000 0000", false, false, true, false},
        {"0000 0000 0000 0000 0000 0000 0000 0002", false, false, false, false},
        {"fe80 0000 0000 0000 0000 0000 0000 0001", false, false, false, true},
        {"febf 0000 0000 0000 0000 0000 0000 0001", false, false, false, true},
        {"fec0 0000 0000 0000 0000 0000 0000 0001", false, false, false, false},
        {"fe7f 0000 0000 0000 0000 0000 0000 0001", false, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i].address);

        T_EQ_ROW(i, sf_ip_is_multicast(SF_IPV6, o.p), rows[i].multicast);
        T_EQ_ROW(i, sf_ip_is_loopback(SF_IPV6, o.p), rows[i].loopback);
        T_EQ_ROW(i, sf_ip_is_unspecified(SF_IPV6, o.p), rows[i].unspecified);
        T_EQ_ROW(i, sf_ip_is_link_local(SF_IPV6, o.p), rows[i].link_local);
        drop(o);
    }
}

static void the_solicited_node_group_has_the_last_24_bits(void **state) /* RFC 4291 s2.7.1 */
{
    const struct octets addr = hex("4037 0000 0000 0000 0001 0800 200e 8c6c");
    const struct octets want = hex("ff02 0000 0000 0000 0000 0001 ff0e 8c6c");
    uint8_t group[16];

    (void)state;
    sf_ip6_solicited_node(addr.p, group);
    T_MEM(group, want.p, 16);
    drop(addr);
    drop(want);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_header_is_read),
        cmocka_unit_test(a_cut_packet_is_short),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(sources_that_are_no_host_are_dropped),
        cmocka_unit_test(extension_headers_are_walked),
        cmocka_unit_test(fragments_are_marked),
        cmocka_unit_test(a_fragment_that_is_not_the_last_is_a_multiple_of_8),
        cmocka_unit_test(unknown_options_say_what_to_do),
        cmocka_unit_test(segments_left_are_a_problem_of_the_routing_type),
        cmocka_unit_test(the_walk_is_bounded),
        cmocka_unit_test(cut_extension_headers_are_never_read_beyond),
        cmocka_unit_test(what_is_unknown_is_left_to_the_caller),
        cmocka_unit_test(a_header_is_written_and_read_again),
        cmocka_unit_test(addresses_are_classified),
        cmocka_unit_test(the_solicited_node_group_has_the_last_24_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
