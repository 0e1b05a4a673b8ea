/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/tcp.c - the TCP header, its checksum, and segments as real stacks send them.
 */
#include "octets.h"

#include "../base/caught.h"
#include "wire/tcp.h"

/* A SYN as Linux sends it: MSS 1460, SACK-permitted, timestamps, window scale 7. */
#define SYN_HEAD "9c40 0050 01020304 00000000 a002 faf0 "
#define SYN_REST " 0000 020405b4 0402080a 11223344 00000000 01030307"

/* "hello" in an open connection with timestamps. */
#define DATA_HEAD "9c40 0050 01020305 a0b0c0d1 8018 01f6 "
#define DATA_REST " 0000 0101080a 11223345 55667788 68656c6c6f"

static void a_syn_is_read(void **state)
{
    const struct octets o = hex(SYN_HEAD "43fe" SYN_REST);
    struct sf_seg seg;
    uint16_t sport = 0;
    uint16_t dport = 0;

    (void)state;
    memset(&seg, 0xee, sizeof(seg));
    T_EQ(sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), SF_PASS);
    T_EQ(sport, 40000);
    T_EQ(dport, 80);
    T_EQ(seg.seq.v, 0x01020304);
    T_EQ(seg.flags, SF_SYN);
    T_EQ(seg.wnd, 64240);
    T_EQ(seg.options, SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_TS | SF_OPT_WSCALE);
    T_EQ(seg.mss, 1460);
    T_EQ(seg.wscale, 7);
    T_EQ(seg.tsval, 0x11223344);
    T_EQ(seg.tsecr, 0);
    T_EQ(seg.n_sack, 0);
    T_EQ(seg.text_octets, 0);
    T_EQ(seg.gso_octets, 0);
    T_EQ(sf_seg_len(&seg), 1);
    drop(o);
}

static void text_with_timestamps_is_read(void **state)
{
    const struct octets o = hex(DATA_HEAD "f963" DATA_REST);
    struct sf_seg seg;
    uint16_t sport = 0;
    uint16_t dport = 0;

    (void)state;
    memset(&seg, 0xee, sizeof(seg));
    T_EQ(sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), SF_PASS);
    T_EQ(seg.seq.v, 0x01020305);
    T_EQ(seg.ack.v, 0xa0b0c0d1);
    T_EQ(seg.flags, SF_PSH | SF_ACK);
    T_EQ(seg.wnd, 502);
    T_EQ(seg.options, SF_OPT_TS);
    T_EQ(seg.tsval, 0x11223345);
    T_EQ(seg.tsecr, 0x55667788);
    T_EQ(seg.n_sack, 0);
    T_EQ(seg.gso_octets, 0);
    T_EQ(seg.text_octets, 5);
    T_MEM(seg.text, "hello", 5);
    drop(o);
}

static void the_urgent_pointer_is_read(void **state)
{
    const struct octets o = hex("0001 ffff 00000001 00000002 5030 1000 0000 0007");
    struct sf_seg seg;
    uint16_t sport = 0;
    uint16_t dport = 0;

    (void)state;
    T_EQ(sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), SF_PASS);
    T_EQ(sport, 1);
    T_EQ(dport, 65535);
    T_EQ(seg.flags, SF_URG | SF_ACK);
    T_EQ(seg.urg, 7);
    T_EQ(seg.options, 0);
    T_EQ(seg.n_sack, 0);
    drop(o);
}

/* All of a frame that the length fields cover is cut off, octet by octet. */
static void a_segment_cut_inside_its_header_is_short(void **state)
{
    const struct octets whole = hex(DATA_HEAD "f963" DATA_REST);

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_seg seg;
        uint16_t sport = 0;
        uint16_t dport = 0;

        /* 32 octets of header, then text of any length. */
        T_EQ_ROW(n, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport),
                 n < 32 ? SF_DROP_TCP_SHORT : SF_PASS);
        drop(o);
    }
    drop(whole);
}

static void the_data_offset_has_both_edges(void **state)
{
    static const struct {
        uint8_t offset; /* words */
        enum sf_verdict verdict;
    } rows[] = {
        {0, SF_DROP_TCP_SHORT}, {4, SF_DROP_TCP_SHORT},
        {5, SF_PASS},           {6, SF_PASS}, /* one word of no-operations */
        {15, SF_PASS},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct octets o;
        uint8_t p[60];
        struct sf_seg seg;
        uint16_t sport = 0;
        uint16_t dport = 0;

        memset(p, 1, sizeof(p)); /* ports 257, options: no-operations */
        p[12] = (uint8_t)(rows[i].offset << 4);
        o = octets_of(p, sizeof(p));
        T_EQ_ROW(i, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), rows[i].verdict);
        if (rows[i].verdict == SF_PASS) {
            T_EQ_ROW(i, seg.text_octets, 60U - 4U * rows[i].offset);
        }
        drop(o);
        /* One octet less than the header says. */
        o = octets_of(p, 59);
        T_EQ_ROW(i, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport),
                 rows[i].offset == 15 ? SF_DROP_TCP_SHORT : rows[i].verdict);
        drop(o);
    }
}

static void port_zero_is_dropped(void **state)
{
    static const char *const rows[] = {
        "0000 0050 00000001 00000000 5002 1000 0000 0000",
        "0050 0000 00000001 00000000 5002 1000 0000 0000",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i]);
        struct sf_seg seg;
        uint16_t sport = 0;
        uint16_t dport = 0;

        T_EQ_ROW(i, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), SF_DROP_TCP_PORT);
        drop(o);
    }
}

static void all_flag_combinations_are_kept(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 256; flags++) {
        const struct octets o = hex("0001 0002 00000001 00000002 5000 1000 0000 0000");
        struct sf_seg seg;
        uint16_t sport = 0;
        uint16_t dport = 0;

        o.p[13] = (uint8_t)flags;
        T_EQ_ROW(flags, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), SF_PASS);
        T_EQ_ROW(flags, seg.flags, flags);
        drop(o);
    }
}

static struct sf_ip carrying(enum sf_family family, const uint8_t *addresses, struct octets o)
{
    return (struct sf_ip){
        .src = addresses,
        .dst = addresses + sf_ip_addr_octets(family),
        .payload = o.p,
        .payload_octets = (uint32_t)o.n,
        .family = (uint8_t)family,
        .protocol = SF_PROTO_TCP,
    };
}

static void checksums_cover_the_pseudo_header(void **state) /* MUST-3 */
{
    const struct octets v4 = hex("0a090801 0a090802");
    const struct octets v6 = hex("fd00 0000 0000 0000 0000 0000 0000 0001"
                                 "fd00 0000 0000 0000 0000 0000 0000 0002");
    const struct octets rows[] = {
        hex(SYN_HEAD "43fe" SYN_REST), /* computed apart from this code */
        hex(DATA_HEAD "f963" DATA_REST),
        hex(SYN_HEAD "6e0e" SYN_REST),
        hex(DATA_HEAD "2374" DATA_REST),
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        for (size_t level = 0; level < SF_SUM_LEVELS; level++) {
            const enum sf_sum_level l = (enum sf_sum_level)level;
            const struct octets o = rows[i];
            const struct sf_ip ip =
                i < 2 ? carrying(SF_IPV4, v4.p, o) : carrying(SF_IPV6, v6.p, o);

            T_TRUE(sf_tcp_checksum_ok(l, &ip, SF_CSUM_FULL));
            for (size_t k = 0; k < o.n; k++) {
                o.p[k] ^= 0x10;
                T_EQ_ROW(k, sf_tcp_checksum_ok(l, &ip, SF_CSUM_FULL), false);
                T_EQ_ROW(k, sf_tcp_checksum_ok(l, &ip, SF_CSUM_VALID), true);
                T_EQ_ROW(k, sf_tcp_checksum_ok(l, &ip, SF_CSUM_PARTIAL), true);
                o.p[k] ^= 0x10;
            }
        }
        drop(rows[i]);
    }
    drop(v4);
    drop(v6);
}

static void a_short_payload_has_a_checksum_too(void **state)
{
    const struct octets v4 = hex("0a090801 0a090802");
    const struct octets none = octets_of("", 0);
    const struct sf_ip ip = carrying(SF_IPV4, v4.p, none);

    (void)state;
    /* 0a09 + 0801 + 0a09 + 0802 + 0006 = 241b, which is not ffff. */
    T_FALSE(sf_tcp_checksum_ok(SF_SUM_PORTABLE, &ip, SF_CSUM_FULL));
    drop(none);
    drop(v4);
}

static void a_syn_is_written_as_linux_does(void **state)
{
    const struct octets want = hex(SYN_HEAD "0000" SYN_REST);
    const struct sf_seg seg = {
        .seq = {0x01020304},
        .ack = {0xdddddddd}, /* without SF_ACK it does not count */
        .wnd = 64240,
        .urg = 99, /* nor this without SF_URG */
        .mss = 1460,
        .flags = SF_SYN,
        .options = SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_TS | SF_OPT_WSCALE,
        .wscale = 7,
        .tsval = 0x11223344,
    };
    uint8_t p[60];

    (void)state;
    memset(p, 0xee, sizeof(p));
    T_EQ(sf_tcp_options_octets(&seg), 20);
    T_EQ(sf_tcp_build(p, 40, &seg, 40000, 80), 40);
    T_MEM(p, want.p, 40);
    T_EQ(p[40], 0xee);
    drop(want);
}

static void text_is_preceded_by_timestamps(void **state)
{
    const struct octets want = hex(DATA_HEAD "0000" DATA_REST);
    const struct sf_seg seg = {
        .seq = {0x01020305},
        .ack = {0xa0b0c0d1},
        .text_octets = 5,
        .wnd = 502,
        .mss = 1460,
        .flags = SF_PSH | SF_ACK,
        .options = SF_OPT_TS | SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK, /* SYN's own */
        .tsval = 0x11223345,
        .tsecr = 0x55667788,
    };
    uint8_t p[60];

    (void)state;
    T_EQ(sf_tcp_build(p, sizeof(p), &seg, 40000, 80), 32);
    T_MEM(p, want.p, 32);
    drop(want);
}

static void an_urgent_pointer_is_written(void **state)
{
    const struct octets want = hex("0001 ffff 00000001 00000002 5030 1000 0000 0007");
    const struct sf_seg seg = {
        .seq = {1}, .ack = {2}, .wnd = 0x1000, .urg = 7, .flags = SF_URG | SF_ACK};
    uint8_t p[20];

    (void)state;
    T_EQ(sf_tcp_build(p, sizeof(p), &seg, 1, 65535), 20);
    T_MEM(p, want.p, 20);
    drop(want);
}

static void too_little_room_is_a_broken_promise(void **state)
{
    const struct sf_seg seg = {.flags = SF_ACK, .options = SF_OPT_TS};
    uint8_t p[32];

    (void)state;
    T_EQ(sf_tcp_build(p, 32, &seg, 1, 2), 32);
    T_BREAKS(sf_tcp_build(p, 31, &seg, 1, 2));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_is_read),
        cmocka_unit_test(text_with_timestamps_is_read),
        cmocka_unit_test(the_urgent_pointer_is_read),
        cmocka_unit_test(a_segment_cut_inside_its_header_is_short),
        cmocka_unit_test(the_data_offset_has_both_edges),
        cmocka_unit_test(port_zero_is_dropped),
        cmocka_unit_test(all_flag_combinations_are_kept),
        cmocka_unit_test(checksums_cover_the_pseudo_header),
        cmocka_unit_test(a_short_payload_has_a_checksum_too),
        cmocka_unit_test(a_syn_is_written_as_linux_does),
        cmocka_unit_test(text_is_preceded_by_timestamps),
        cmocka_unit_test(an_urgent_pointer_is_written),
        cmocka_unit_test(too_little_room_is_a_broken_promise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
