/* SPDX-License-Identifier: MIT
 *
 * tests/unit/read/segment.c - from a packet of any link type to the TCP segment in it.
 */
#include "make.h"

static struct t_file f;
static struct t_file payload;
static struct sf_dissector *dissector;
static struct sf_seen seen;

static int make(void **state)
{
    (void)state;
    dissector = sf_dissector_new();
    return dissector == NULL;
}

static int drop(void **state)
{
    (void)state;
    sf_dissector_free(dissector);
    return 0;
}

static const struct t_segment v4 = {
    .seq = 0xfffffffe, .ack = 77, .flags = SF_ACK | SF_PSH, .text = "hello"};
static const struct t_segment v6 = {
    .seq = 0xfffffffe, .ack = 77, .flags = SF_ACK | SF_PSH, .text = "hello", .family = SF_IPV6};

/* What v4 and v6 are, however they were wrapped. */
static void is_it(size_t row, bool six)
{
    T_EQ_ROW(row, seen.kind, SF_SEEN_SEGMENT);
    T_EQ_ROW(row, seen.n, 9);
    T_EQ_ROW(row, seen.at_ns, 5);
    T_EQ_ROW(row, seen.from.addr.family, six ? SF_IPV6 : SF_IPV4);
    T_MEM(seen.from.addr.octets, t_src, six ? 16 : 4);
    T_MEM(seen.to.addr.octets, t_dst, six ? 16 : 4);
    T_EQ_ROW(row, seen.from.port, 40000);
    T_EQ_ROW(row, seen.to.port, 80);
    T_EQ_ROW(row, seen.seq.v, 0xfffffffe);
    T_EQ_ROW(row, seen.ack.v, 77);
    T_EQ_ROW(row, seen.flags, SF_ACK | SF_PSH);
    T_EQ_ROW(row, seen.wnd, 1024);
    T_EQ_ROW(row, seen.text_octets, 5);
    T_EQ_ROW(row, seen.text_captured, 5);
    T_MEM(seen.text, "hello", 5);
    T_EQ_ROW(row, seen.sum, SF_SUM_GOOD);
    T_EQ_ROW(row, seen.hop_limit, 64);
    T_EQ_ROW(row, seen.options, 0);
    T_TRUE(seen.whole);
    T_FALSE(seen.fragments);
}

static const struct {
    uint32_t linktype;
    const char *head;
    bool six;
    uint16_t vlan;
    enum sf_packet_way way;
} links[] = {
    {1, "020000000001 020000000002 0800", false, 0, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 86dd", true, 0, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 8100 e005 0800", false, 5, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 88a8 0007 8100 0fff 86dd", true, 4095, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 9100 0007 8100 0009 0800", false, 9, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 8864 1100 0001 001a 0021", false, 0, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 8100 0003 8864 1100 0001 001a 0057", true, 3,
     SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 8847 0001 0040 0002 0140", false, 0, SF_WAY_UNKNOWN},
    {1, "020000000001 020000000002 0035 aaaa03 000000 0800", false, 0, SF_WAY_UNKNOWN},
    {113, "0000 0001 0006 0200 0000 0001 0000 0800", false, 0, SF_WAY_IN},
    {113, "0004 0001 0006 0200 0000 0001 0000 86dd", true, 0, SF_WAY_OUT},
    {113, "0003 0001 0006 0200 0000 0001 0000 8100 0008 0800", false, 8, SF_WAY_UNKNOWN},
    {276, "0800 0000 0000 0002 0001 04 06 0200 0000 0001 0000", false, 0, SF_WAY_OUT},
    {276, "86dd 0000 0000 0002 0001 00 06 0200 0000 0001 0000", true, 0, SF_WAY_IN},
    {101, "", false, 0, SF_WAY_UNKNOWN},
    {101, "", true, 0, SF_WAY_UNKNOWN},
    {12, "", false, 0, SF_WAY_UNKNOWN},
    {14, "", true, 0, SF_WAY_UNKNOWN},
    {228, "", false, 0, SF_WAY_UNKNOWN},
    {229, "", true, 0, SF_WAY_UNKNOWN},
    {0, "02000000", false, 0, SF_WAY_UNKNOWN},
    {0, "00000002", false, 0, SF_WAY_UNKNOWN},
    {0, "1e000000", true, 0, SF_WAY_UNKNOWN}, /* macOS */
    {0, "0000001c", true, 0, SF_WAY_UNKNOWN}, /* FreeBSD */
    {108, "00000002", false, 0, SF_WAY_UNKNOWN},
    {108, "00000018", true, 0, SF_WAY_UNKNOWN}, /* OpenBSD */
    {9, "0021", false, 0, SF_WAY_UNKNOWN},
    {9, "ff03 0057", true, 0, SF_WAY_UNKNOWN},
    {9, "21", false, 0, SF_WAY_UNKNOWN},
    {50, "ff03 0021", false, 0, SF_WAY_UNKNOWN},
};

static void every_link_type_leads_to_the_segment(void **state)
{
    (void)state;
    for (size_t i = 0; i < T_COUNT(links); i++) {
        f.n = 0;
        t_hex(&f, links[i].head);
        t_ip(&f, links[i].six ? &v6 : &v4);
        T_EQ_ROW(i, t_dissect(dissector, links[i].linktype, &f, &seen), SF_SEEN_SEGMENT);
        is_it(i, links[i].six);
        T_EQ_ROW(i, seen.vlan, links[i].vlan);
        T_EQ_ROW(i, seen.way, links[i].way);
    }
    T_EQ(sf_dissector_counts(dissector)->segments, T_COUNT(links));
}

/* However short the snap length: nothing is read beyond it, and the header suffices. */
static void a_packet_cut_anywhere_is_read_as_far_as_it_goes(void **state)
{
    (void)state;
    for (size_t i = 0; i < T_COUNT(links); i++) {
        f.n = 0;
        t_hex(&f, links[i].head);
        t_ip(&f, links[i].six ? &v6 : &v4);
        for (uint32_t n = 0; n < f.n; n++) {
            uint8_t *exact = malloc(n + 1);
            const struct sf_packet p = {.octets = exact + 1,
                                        .captured = n,
                                        .length = (uint32_t)f.n,
                                        .linktype = links[i].linktype};
            enum sf_seen_kind kind = SF_SEEN_NOTHING;

            memcpy(exact + 1, f.octets, n);
            kind = sf_dissect(dissector, &p, &seen);
            T_EQ_ROW(i, kind == SF_SEEN_SEGMENT, n >= f.n - 5);
            if (kind == SF_SEEN_SEGMENT) {
                T_EQ_ROW(i, seen.text_octets, 5);
                T_EQ_ROW(i, seen.text_captured, 5 - (f.n - n));
                T_EQ_ROW(i, seen.sum, SF_SUM_UNKNOWN);
            }
            free(exact);
        }
    }
}

static void other_things_are_counted_as_such(void **state)
{
    static const struct {
        uint32_t linktype;
        const char *octets;
    } rows[] = {
        {1, "ffffffffffff 020000000002 0806 0001 0800 0604 0001"},
        {1, "020000000001 020000000002 88cc 0207"},
        {1, "020000000001 020000000002 0026 4242 0300"},
        {101, "45000020 00010000 40110000 0a010203 0a010204 00350035 000c0000 01020304"},
        {101, "45000020 00010000 40010000 0a010203 0a010204 08000000 00010001 01020304"},
        {0, "07000000 11"},
        {9, "c021 01"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        f.n = 0;
        t_hex(&f, rows[i].octets);
        T_EQ_ROW(i, t_dissect(dissector, rows[i].linktype, &f, &seen), SF_SEEN_NOTHING);
        T_EQ_ROW(i, sf_dissector_counts(dissector)->other, i + 1);
    }
    T_EQ(t_dissect(dissector, 147, &f, &seen), SF_SEEN_NOTHING);
    T_EQ(t_dissect(dissector, 148, &f, &seen), SF_SEEN_NOTHING);
    T_EQ(sf_dissector_counts(dissector)->link, 2);
    T_EQ(sf_dissector_counts(dissector)->linktype, 147);
}

static void ethernets_padding_is_no_text(void **state)
{
    (void)state;
    f.n = 0;
    t_frame(&f, &(struct t_segment){.flags = SF_ACK});
    T_EQ(f.n, 54);
    t_hex(&f, "000000000000");
    T_EQ(t_dissect(dissector, 1, &f, &seen), SF_SEEN_SEGMENT);
    T_EQ(seen.text_octets, 0);
    T_EQ(seen.text_captured, 0);
    T_EQ(seen.sum, SF_SUM_GOOD);
}

/* A super-segment on its way to the device: the frame alone tells how long it is. */
static void a_length_of_zero_is_that_of_the_frame(void **state)
{
    (void)state;
    for (int six = 0; six < 2; six++) {
        f.n = 0;
        t_ip(&f, six != 0 ? &v6 : &v4);
        sf_put16(f.octets + (six != 0 ? 4 : 2), 0);
        T_EQ(t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
        is_it(0, six != 0);
    }
}

/* RFC 2675 s2: a hop-by-hop option holds the length of what is longer than 65535 octets. */
static void a_jumbogram_says_its_length_in_an_option(void **state)
{
    struct sf_packet p = {.linktype = 101, .octets = f.octets};

    (void)state;
    f.n = 0;
    t_ip(&f, &(struct t_segment){.flags = SF_ACK,
                                 .family = SF_IPV6,
                                 .first = 0,
                                 .ip_options = "0600 c204 00015f90"}); /* 90000 */
    sf_put16(f.octets + 4, 0);
    p.captured = (uint32_t)f.n;
    p.length = 40 + 90000;
    T_EQ(sf_dissect(dissector, &p, &seen), SF_SEEN_SEGMENT);
    T_EQ(seen.text_octets, 90000 - 8 - 20);
    T_EQ(seen.text_captured, 0);
}

static void ip_options_and_extension_headers_are_passed_over(void **state)
{
    static const struct {
        int family;
        uint8_t first;
        const char *options;
    } rows[] = {
        {SF_IPV4, 0, "01010101"},
        {SF_IPV4, 0, "8604 0000 0000 0000 0107 0401 0203 0400"}, /* security, record route */
        {SF_IPV6, 0, "0600 0104 0000 0000"},                     /* hop by hop, padding */
        {SF_IPV6, 0, "3c00 0104 0000 0000 2b00 0104 0000 0000 0600 0000 0000 0000"},
        {SF_IPV6, 51, "0604 0000 00000001 00000001 000000000000000000000000"}, /* AH */
        {SF_IPV6, 44, "0600 0000 12345678"}, /* a fragment that is the whole (RFC 6946) */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_segment s = v4;

        s.family = rows[i].family;
        s.first = rows[i].first;
        s.ip_options = rows[i].options;
        f.n = 0;
        t_ip(&f, &s);
        T_EQ_ROW(i, t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
        is_it(i, rows[i].family == SF_IPV6);
    }
}

static void a_packet_within_a_packet_is_found(void **state)
{
    (void)state;
    payload.n = 0;
    t_ip(&payload, &v6);
    f.n = 0;
    t_ip4(&f, 41, NULL, &payload, 0, 1); /* RFC 4213 */
    T_EQ(t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
    is_it(0, true);
    for (int i = 0; i < 10; i++) { /* there is an end to it */
        payload.n = 0;
        t_put(&payload, f.octets, f.n);
        f.n = 0;
        t_ip4(&f, 4, NULL, &payload, 0, 1);
    }
    T_EQ(t_dissect(dissector, 101, &f, &seen), SF_SEEN_NOTHING);
}

static void what_makes_no_sense_is_malformed(void **state)
{
    static const struct {
        size_t at; /* of v4 as an IP packet */
        uint8_t octet;
    } rows[] = {
        {0, 0x44},  /* IP header of 16 octets */
        {0, 0x55},  /* version 5: told from the link type alone, so something else */
        {3, 19},    /* total length below the header's */
        {32, 0x40}, /* TCP header of 16 octets */
        {32, 0x70}, /* of 28: over the end, 25 octets */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        f.n = 0;
        t_ip(&f, &v4);
        f.octets[rows[i].at] = rows[i].octet;
        T_EQ_ROW(i, t_dissect(dissector, 101, &f, &seen), SF_SEEN_NOTHING);
    }
    T_EQ(sf_dissector_counts(dissector)->malformed, 4);
    T_EQ(sf_dissector_counts(dissector)->other, 1);
}

/* Observers see what hosts refuse: wire/ipv4.c drops both. */
static void a_loopback_source_and_a_wrong_ip_checksum_do_not_matter(void **state)
{
    (void)state;
    f.n = 0;
    t_ip(&f, &v4);
    sf_put16(f.octets + 10, 0);
    sf_put32(f.octets + 12, 0x7f000001);
    T_EQ(t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
    T_EQ(seen.from.addr.octets[0], 127);
}

static void each_option_is_read(void **state)
{
    static const struct {
        const char *options;
        uint16_t bits;
    } rows[] = {
        {"0101080a 00000007 00000008", SF_OPT_TS},
        {"020405b4 0402080a 00000007 00000008 01030309",
         SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK | SF_OPT_TS},
        {"0101050a 00000001 00000002", SF_OPT_SACK},
        {"0101080a 00000007 00000008 0101051a 00000001 00000002 00000003 00000004 00000005 "
         "00000006",
         SF_OPT_TS | SF_OPT_SACK},
        {"2202 0101", SF_SEEN_COOKIE},
        {"220a 0102 0304 0506 0708 0101", SF_SEEN_COOKIE},
        {"fe04 f989", SF_SEEN_COOKIE},
        {"fe04 1234", SF_SEEN_UNKNOWN},
        {"1c04 8005", SF_SEEN_USER_TIMEOUT},
        {"1e0c 0081 0102 0304 0506 0708", SF_SEEN_MPTCP},
        {"1312 0000 0000 0000 0000 0000 0000 0000 0000 0101", SF_SEEN_AUTH},
        {"0601 0000", SF_SEEN_MALFORMED},
        {"0101 0605", SF_SEEN_MALFORMED},
        {"010101 08", SF_SEEN_MALFORMED},
        {"0000 0601", 0}, /* behind the end of options */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        f.n = 0;
        t_ip(&f, &(struct t_segment){.flags = SF_SYN, .options = rows[i].options});
        T_EQ_ROW(i, t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
        T_EQ_ROW(i, seen.options, rows[i].bits);
        T_EQ_ROW(i, seen.option_octets, t_octets(rows[i].options));
        if ((seen.options & SF_OPT_TS) != 0) {
            T_EQ_ROW(i, seen.tsval, 7);
            T_EQ_ROW(i, seen.tsecr, 8);
        }
        if ((seen.options & SF_OPT_MSS) != 0) {
            T_EQ_ROW(i, seen.mss, 1460);
            T_EQ_ROW(i, seen.wscale, 9);
        }
    }
    T_EQ(seen.n_sack, 0);
}

static void cookies_and_blocks_have_their_values(void **state)
{
    (void)state;
    f.n = 0;
    t_ip(&f, &(struct t_segment){.flags = SF_SYN,
                                 .options = "220a 0102 0304 0506 0708 0101 0512 00000001 "
                                            "00000002 00000003 00000004 0101"});
    T_EQ(t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
    T_EQ(seen.cookie_octets, 8);
    T_EQ(seen.cookie[7], 8);
    T_EQ(seen.n_sack, 2);
    T_EQ(seen.sack[1].left.v, 3);
    T_EQ(seen.sack[1].right.v, 4);
}

static void options_cut_by_the_snap_length_are_not_malformed(void **state)
{
    struct sf_packet p = {.linktype = 101, .octets = f.octets};

    (void)state;
    f.n = 0;
    t_ip(&f, &(struct t_segment){.flags = SF_SYN,
                                 .options = "020405b4 0402080a 00000007 00000008 01030309"});
    p.length = (uint32_t)f.n;
    p.captured = 20 + 20 + 8; /* within the timestamps */
    T_EQ(sf_dissect(dissector, &p, &seen), SF_SEEN_SEGMENT);
    T_TRUE(seen.options_cut);
    T_EQ(seen.options, SF_OPT_MSS | SF_OPT_SACK_OK);
    T_EQ(seen.text_octets, 0);
}

static void the_checksum_is_told_apart(void **state)
{
    static const struct {
        struct t_segment s;
        enum sf_seen_sum sum;
    } rows[] = {
        {{.flags = SF_ACK, .text = "abc"}, SF_SUM_GOOD},
        {{.flags = SF_ACK, .text = "abc", .bad_sum = true}, SF_SUM_BAD},
        {{.flags = SF_ACK, .text = "abc", .zero_sum = true}, SF_SUM_NOT_FILLED_IN},
        {{.flags = SF_ACK, .text = "abc", .partial_sum = true}, SF_SUM_NOT_FILLED_IN},
        {{.flags = SF_ACK, .family = SF_IPV6, .partial_sum = true}, SF_SUM_NOT_FILLED_IN},
        {{.flags = SF_ACK, .family = SF_IPV6, .bad_sum = true}, SF_SUM_BAD},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        f.n = 0;
        t_ip(&f, &rows[i].s);
        T_EQ_ROW(i, t_dissect(dissector, 101, &f, &seen), SF_SEEN_SEGMENT);
        T_EQ_ROW(i, seen.sum, rows[i].sum);
    }
}

/* Errors quote at least 8 octets behind the IP header (RFC 792), all that fits today. */
static void an_icmp_error_tells_of_the_segment_that_it_quotes(void **state)
{
    static const struct {
        const char *head; /* type, code, checksum, word */
        bool six;
        size_t quoted; /* octets of the segment */
        uint32_t mtu;
    } rows[] = {
        {"03010000 00000000", false, 8, 0},     {"03040000 00000578", false, 20, 1400},
        {"03040000 00000578", false, 25, 1400}, {"0b000000 00000000", false, 8, 0},
        {"02000000 00000500", true, 25, 1280},  {"01040000 00000000", true, 8, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const size_t head = rows[i].six ? 40 : 20;

        payload.n = 0;
        t_hex(&payload, rows[i].head);
        f.n = 0;
        t_ip(&f, rows[i].six ? &v6 : &v4);
        t_put(&payload, f.octets, head + rows[i].quoted);
        f.n = 0;
        if (rows[i].six) {
            t_ip6(&f, SF_PROTO_ICMPV6, NULL, &payload);
        } else {
            t_ip4(&f, SF_PROTO_ICMP, NULL, &payload, 0, 1);
        }
        f.octets[rows[i].six ? 23 : 15] = 99; /* a router's address */
        T_EQ_ROW(i, t_dissect(dissector, 101, &f, &seen), SF_SEEN_ERROR);
        T_EQ_ROW(i, seen.kind, SF_SEEN_ERROR);
        T_EQ_ROW(i, seen.from.port, 40000);
        T_EQ_ROW(i, seen.to.port, 80);
        T_MEM(seen.to.addr.octets, t_dst, 4);
        T_EQ_ROW(i, seen.reporter.octets[rows[i].six ? 15 : 3], 99);
        T_EQ_ROW(i, seen.seq.v, 0xfffffffe);
        T_TRUE(seen.numbers);
        T_EQ_ROW(i, seen.mtu, rows[i].mtu);
        T_EQ_ROW(i, seen.flags, rows[i].quoted >= 20 ? SF_ACK | SF_PSH : 0);
        T_EQ_ROW(i, seen.text_octets, rows[i].quoted >= 20 ? 5 : 0);
    }
    T_EQ(sf_dissector_counts(dissector)->errors, T_COUNT(rows));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_link_type_leads_to_the_segment, make, drop),
        cmocka_unit_test_setup_teardown(a_packet_cut_anywhere_is_read_as_far_as_it_goes, make,
                                        drop),
        cmocka_unit_test_setup_teardown(other_things_are_counted_as_such, make, drop),
        cmocka_unit_test_setup_teardown(ethernets_padding_is_no_text, make, drop),
        cmocka_unit_test_setup_teardown(a_length_of_zero_is_that_of_the_frame, make, drop),
        cmocka_unit_test_setup_teardown(a_jumbogram_says_its_length_in_an_option, make, drop),
        cmocka_unit_test_setup_teardown(ip_options_and_extension_headers_are_passed_over, make,
                                        drop),
        cmocka_unit_test_setup_teardown(a_packet_within_a_packet_is_found, make, drop),
        cmocka_unit_test_setup_teardown(what_makes_no_sense_is_malformed, make, drop),
        cmocka_unit_test_setup_teardown(a_loopback_source_and_a_wrong_ip_checksum_do_not_matter,
                                        make, drop),
        cmocka_unit_test_setup_teardown(each_option_is_read, make, drop),
        cmocka_unit_test_setup_teardown(cookies_and_blocks_have_their_values, make, drop),
        cmocka_unit_test_setup_teardown(options_cut_by_the_snap_length_are_not_malformed, make,
                                        drop),
        cmocka_unit_test_setup_teardown(the_checksum_is_told_apart, make, drop),
        cmocka_unit_test_setup_teardown(an_icmp_error_tells_of_the_segment_that_it_quotes, make,
                                        drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
