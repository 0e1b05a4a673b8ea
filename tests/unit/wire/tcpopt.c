/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/tcpopt.c - options of a TCP header: what is kept, skipped and refused.
 */
#include "octets.h"

#include "synfin/config.h"

#include "wire/tcp.h"

/* Read the options of a text into *seg, whose flags are flags. */
static bool read(const char *text, uint8_t flags, struct sf_seg *seg)
{
    const struct octets o = hex(text);
    bool good;

    *seg = (struct sf_seg){.flags = flags, .options = 0xff, .n_sack = 99};
    good = sf_tcp_options_parse(o.p, o.n, seg);
    drop(o);
    return good;
}

/* MUST-6, MUST-7: unknown options are skipped by their length; one that lies is the end. */
static void lengths_are_believed_only_inside_the_header(void **state)
{
    static const struct {
        const char *options;
        bool good;
        unsigned kept;
    } rows[] = {
        {"", true, 0},
        {"01010101", true, 0},
        {"00ffffff", true, 0}, /* nothing counts behind the end */
        {"0101 0000", true, 0},
        {"020405b4", true, SF_OPT_MSS},
        {"fe00 0000", false, 0}, /* length 0 */
        {"fe01 0000", false, 0}, /* length 1 */
        {"fe02 0000", true, 0},  /* length 2: kind and length alone */
        {"fe03 0000", true, 0},
        {"fe04 0000", true, 0},  /* to the last octet */
        {"fe05 0000", false, 0}, /* one beyond */
        {"feff 0000", false, 0}, /* length 255 */
        {"0101 01fe", false, 0}, /* no octet left for a length */
        {"0101 01 02", false, 0},
        {"0200 05b4", false, 0}, /* the same for a known kind */
        {"0201 05b4", false, 0},
        {"02ff 05b4", false, 0},
        {"080a 0000", false, 0}, /* timestamps over the end */
        {"020405b4 fe00", false, SF_OPT_MSS},
        {"fe06 01020304 020405b4", true, SF_OPT_MSS}, /* skipped, not read */
        {"fe04 0204 020405b4", true, SF_OPT_MSS},
        {"1e0c 0081 1122334455667788 030305 00", true, SF_OPT_WSCALE}, /* MP_CAPABLE */
        {"fd10 f989 01020304 05060708 090a0b0c 0402 0101", true, SF_OPT_SACK_OK},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg;

        T_EQ_ROW(i, read(rows[i].options, SF_SYN, &seg), rows[i].good);
        T_EQ_ROW(i, seg.options, rows[i].kept);
    }
}

static void a_wrong_length_for_its_kind_makes_an_option_unknown(void **state)
{
    static const struct {
        const char *options;
        uint8_t flags;
    } rows[] = {
        {"0202", SF_SYN},
        {"020305", SF_SYN},
        {"020505b400", SF_SYN},
        {"0302", SF_SYN},
        {"03040700", SF_SYN},
        {"040300", SF_SYN},
        {"0802", SF_ACK},
        {"0809 11223344 556677", SF_ACK},
        {"080b 11223344 55667788 99", SF_ACK},
        {"0502", SF_ACK},                            /* no block */
        {"0506 00000001", SF_ACK},                   /* half a block */
        {"0509 00000001 00000002", SF_ACK},          /* 9 octets, of which 8 are there */
        {"050b 00000001 00000002 00", SF_ACK},       /* a block and an octet */
        {"050e 00000001 00000002 00000003", SF_ACK}, /* a block and a half */
        {"052a 00000001 00000002 00000003 00000004 00000005" /* five blocks, were there room */
         "00000006 00000007 00000008 00000009 0000000a",
         SF_ACK},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg;

        (void)read(rows[i].options, rows[i].flags, &seg);
        T_EQ_ROW(i, seg.options, 0);
        T_EQ_ROW(i, seg.n_sack, 0);
    }
}

/* RFC 9293 s3.7.1, RFC 7323 s2.2, RFC 2018 s2: what only a SYN may say, and what it may not. */
static void some_options_count_only_where_they_belong(void **state)
{
    static const struct {
        const char *options;
        uint8_t flags;
        unsigned kept;
    } rows[] = {
        {"020405b4", SF_SYN, SF_OPT_MSS},
        {"020405b4", SF_SYN | SF_ACK, SF_OPT_MSS},
        {"020405b4", SF_ACK, 0},
        {"030307", SF_SYN, SF_OPT_WSCALE},
        {"030307", SF_ACK, 0},
        {"0402", SF_SYN, SF_OPT_SACK_OK},
        {"0402", SF_ACK, 0},
        {"050a 00000001 00000002", SF_ACK, SF_OPT_SACK},
        {"050a 00000001 00000002", SF_SYN, 0},
        {"050a 00000001 00000002", SF_SYN | SF_ACK, 0},
        {"080a 11223344 55667788", SF_SYN, SF_OPT_TS},
        {"080a 11223344 55667788", SF_ACK, SF_OPT_TS},
        {"080a 11223344 55667788", SF_RST, SF_OPT_TS},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg;

        T_TRUE(read(rows[i].options, rows[i].flags, &seg));
        T_EQ_ROW(i, seg.options, rows[i].kept);
    }
}

static void values_are_kept_as_they_stand(void **state)
{
    struct sf_seg seg;

    (void)state;
    T_TRUE(read("02040000 0303ff 00", SF_SYN, &seg));
    T_EQ(seg.mss, 0);
    T_EQ(seg.wscale, 255); /* above 14: RFC 7323 s2.3 is the reader's business */
    T_TRUE(read("0204ffff 03030e 01", SF_SYN, &seg));
    T_EQ(seg.mss, 65535);
    T_EQ(seg.wscale, 14);
}

static void of_repeated_options_the_last_counts(void **state)
{
    struct sf_seg seg;

    (void)state;
    T_TRUE(read("02040100 02040200 030301 030302", SF_SYN, &seg));
    T_EQ(seg.mss, 0x200);
    T_EQ(seg.wscale, 2);
    T_TRUE(
        read("0512 00000001 00000002 00000003 00000004 050a 00000005 00000006", SF_ACK, &seg));
    T_EQ(seg.n_sack, 1);
    T_EQ(seg.sack[0].left.v, 5);
    T_EQ(seg.sack[0].right.v, 6);
}

static void one_to_four_sack_blocks_are_read(void **state) /* RFC 2018 s3 */
{
    static const char *const rows[] = {
        "0101 050a 00000001 80000001",
        "0101 0512 00000001 80000001 00000002 80000002",
        "0101 051a 00000001 80000001 00000002 80000002 00000003 80000003",
        "0101 0522 00000001 80000001 00000002 80000002 00000003 80000003 00000004 80000004",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg;

        T_TRUE(read(rows[i], SF_ACK, &seg));
        T_EQ_ROW(i, seg.options, SF_OPT_SACK);
        T_EQ_ROW(i, seg.n_sack, i + 1);
        for (size_t k = 0; k <= i; k++) {
            T_EQ_ROW(i, seg.sack[k].left.v, k + 1);
            T_EQ_ROW(i, seg.sack[k].right.v, 0x80000001 + k);
        }
    }
}

/* RFC 7323 s3.2: no layout is promised; MUST-64: nor where an option begins. */
static void timestamps_may_stand_anywhere(void **state)
{
    static const char *const rows[] = {
        "0101 080a 01020304 05060708", /* the usual */
        "080a 01020304 05060708 0000",
        "080a 01020304 05060708 0101",
        "01 080a 01020304 05060708 01",
        "fe02 080a 01020304 05060708",
        "080a ffffffff ffffffff 080a 01020304 05060708",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg;

        T_TRUE(read(rows[i], SF_ACK, &seg));
        T_EQ_ROW(i, seg.options, SF_OPT_TS);
        T_EQ_ROW(i, seg.tsval, 0x01020304);
        T_EQ_ROW(i, seg.tsecr, 0x05060708);
    }
}

static void the_usual_layout_read_fast_reads_the_same(void **state)
{
    static const char *const rows[] = {
        "0001 0002 00000003 00000004 8010 0005 0000 0000 0101080a 01020304 05060708",
        "0001 0002 00000003 00000004 8010 0005 0000 0000 080a0102 03040506 07080101",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i]);
        struct sf_seg seg;
        uint16_t sport = 0;
        uint16_t dport = 0;

        T_EQ_ROW(i, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport), SF_PASS);
        T_EQ_ROW(i, seg.options, SF_OPT_TS);
        T_EQ_ROW(i, seg.tsval, 0x01020304);
        T_EQ_ROW(i, seg.tsecr, 0x05060708);
        drop(o);
    }
}

static void cut_options_are_never_read_beyond(void **state)
{
    const struct octets whole = hex("020405b4 0402 080a 11223344 55667788 01 030307"
                                    "fe06 01020304 0512 00000001 00000002 00000003 00000004");

    (void)state;
    for (size_t n = 0; n <= whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_seg seg = {.flags = SF_SYN};
        /* Where an option ends, and at the no-operation: any other cut goes through one. */
        const bool good =
            n == 0 || n == 4 || n == 6 || n == 16 || n == 17 || n == 20 || n == 26 || n == 44;

        T_EQ_ROW(n, sf_tcp_options_parse(o.p, o.n, &seg), good);
        drop(o);
    }
    drop(whole);
}

/* A whole header is refused for its options. */
static void a_segment_with_a_lying_option_is_dropped(void **state)
{
    static const char *const rows[] = {
        "0001 0002 00000003 00000004 6010 0005 0000 0000 fe000000",
        "0001 0002 00000003 00000004 6010 0005 0000 0000 fe010000",
        "0001 0002 00000003 00000004 6010 0005 0000 0000 feff0000",
        /* The text behind the header is no part of its options. */
        "0001 0002 00000003 00000004 6010 0005 0000 0000 01010802 0a010203",
        "0001 0002 00000003 00000004 6010 0005 0000 0000 0101080a 01020304 05060708",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i]);
        struct sf_seg seg;
        uint16_t sport = 0;
        uint16_t dport = 0;

        T_EQ_ROW(i, sf_tcp_parse(o.p, o.n, &seg, &sport, &dport),
                 i == 3 ? SF_PASS : SF_DROP_TCP_OPTION);
        drop(o);
    }
}

static void options_are_written_in_words(void **state)
{
    static const struct {
        uint8_t flags;
        uint8_t options;
        uint8_t n_sack;
        const char *want;
    } rows[] = {
        {SF_SYN, 0, 0, ""},
        {SF_SYN, SF_OPT_MSS, 0, "020405b4"},
        {SF_SYN, SF_OPT_SACK_OK, 0, "01010402"},
        {SF_SYN, SF_OPT_TS, 0, "0101080a 11223344 55667788"},
        {SF_SYN, SF_OPT_WSCALE, 0, "01030307"},
        {SF_SYN, SF_OPT_MSS | SF_OPT_WSCALE, 0, "020405b4 01030307"},
        {SF_SYN, SF_OPT_MSS | SF_OPT_SACK_OK, 0, "020405b4 01010402"},
        {SF_SYN, SF_OPT_SACK_OK | SF_OPT_TS, 0, "0402080a 11223344 55667788"},
        {SF_SYN | SF_ACK, SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_TS | SF_OPT_WSCALE, 0,
         "020405b4 0402080a 11223344 55667788 01030307"},
        {SF_SYN | SF_ACK, SF_OPT_SACK, 2, ""}, /* not on a SYN */
        {SF_ACK, SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_WSCALE, 0, ""},
        {SF_ACK, SF_OPT_TS, 0, "0101080a 11223344 55667788"},
        {SF_ACK, SF_OPT_TS, 3, "0101080a 11223344 55667788"}, /* blocks without their bit */
        {SF_ACK, SF_OPT_SACK, 0, ""},
        {SF_ACK, SF_OPT_SACK, 1, "0101050a 00000001 00000002"},
        {SF_ACK, SF_OPT_SACK, 4,
         "01010522 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008"},
        {SF_ACK, SF_OPT_SACK | SF_OPT_TS, 3, /* 12 + 4 + 3 * 8 = 40 */
         "0101080a 11223344 55667788"
         "0101051a 00000001 00000002 00000003 00000004 00000005 00000006"},
        {SF_ACK, SF_OPT_SACK | SF_OPT_TS, 4, /* the fourth does not fit */
         "0101080a 11223344 55667788"
         "0101051a 00000001 00000002 00000003 00000004 00000005 00000006"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets want = hex(rows[i].want);
        const struct sf_seg seg = {
            .flags = rows[i].flags,
            .options = rows[i].options,
            .n_sack = rows[i].n_sack,
            .mss = 1460,
            .wscale = 7,
            .tsval = 0x11223344,
            .tsecr = 0x55667788,
            .sack = {{{1}, {2}}, {{3}, {4}}, {{5}, {6}}, {{7}, {8}}},
        };
        uint8_t p[61];

        memset(p, 0xee, sizeof(p));
        T_EQ_ROW(i, sf_tcp_options_octets(&seg), want.n);
        T_EQ_ROW(i, sf_tcp_build(p, 60, &seg, 1, 2), 20 + want.n);
        T_EQ_ROW(i, p[12], (5 + want.n / 4) * 16);
        T_MEM(p + 20, want.p, want.n);
        T_EQ_ROW(i, p[20 + want.n], 0xee);
        drop(want);
    }
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    for (unsigned options = 0; options < 0x20; options++) {
        for (unsigned n_sack = 1; n_sack <= 3; n_sack++) {
            for (unsigned syn = 0; syn < 2; syn++) {
                const struct sf_seg seg = {
                    .seq = {0xfffffff0},
                    .ack = {0x12345678},
                    .wnd = 0xfedc,
                    .urg = 3,
                    .mss = 536,
                    .flags = (uint8_t)(SF_ACK | SF_URG | (syn != 0 ? SF_SYN : 0)),
                    .options = (uint8_t)options,
                    .n_sack = (uint8_t)n_sack,
                    .wscale = 14,
                    .tsval = 0xdeadbeef,
                    .tsecr = 0xcafebabe,
                    .sack = {{{10}, {20}}, {{30}, {40}}, {{50}, {60}}},
                };
                const unsigned of_syn = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK;
                const unsigned kept =
                    options & (syn != 0 ? of_syn | SF_OPT_TS : SF_OPT_TS | SF_OPT_SACK);
                struct sf_seg back = {.wnd = 0};
                uint16_t sport = 0;
                uint16_t dport = 0;
                uint8_t p[60];
                const size_t n = sf_tcp_build(p, sizeof(p), &seg, 1234, 65535);

                T_EQ(sf_tcp_parse(p, n, &back, &sport, &dport), SF_PASS);
                T_EQ(sport, 1234);
                T_EQ(dport, 65535);
                T_EQ(back.seq.v, seg.seq.v);
                T_EQ(back.ack.v, seg.ack.v);
                T_EQ(back.wnd, seg.wnd);
                T_EQ(back.urg, seg.urg);
                T_EQ(back.flags, seg.flags);
                T_EQ_ROW(options, back.options, kept);
                T_EQ_ROW(options, back.mss, (kept & SF_OPT_MSS) != 0 ? 536 : 0);
                T_EQ_ROW(options, back.wscale, (kept & SF_OPT_WSCALE) != 0 ? 14 : 0);
                T_EQ_ROW(options, back.tsval, (kept & SF_OPT_TS) != 0 ? 0xdeadbeef : 0);
                T_EQ_ROW(options, back.tsecr, (kept & SF_OPT_TS) != 0 ? 0xcafebabe : 0);
                T_EQ_ROW(options, back.n_sack, (kept & SF_OPT_SACK) != 0 ? n_sack : 0);
                for (size_t i = 0; i < back.n_sack; i++) {
                    T_EQ_ROW(i, back.sack[i].left.v, 10 + 20 * i);
                    T_EQ_ROW(i, back.sack[i].right.v, 20 + 20 * i);
                }
            }
        }
    }
}

/* RFC 5482 s3: kind 28, four octets, a bit that says minutes and 15 bits of value. */
/* MUST-65, RFC 7323 s2.2, RFC 2018 s2: whoever asks for it. */
static void what_belongs_on_a_syn_is_written_on_no_other_segment(void **state)
{
    static const uint8_t flags[] = {SF_ACK, SF_ACK | SF_FIN, SF_RST, SF_ACK | SF_PSH | SF_URG};

    (void)state;
    for (size_t i = 0; i < T_COUNT(flags); i++) {
        const struct sf_seg seg = {
            .flags = flags[i],
            .options = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK | SF_OPT_FAST_OPEN,
            .mss = 1460,
            .wscale = 7,
        };
        uint8_t p[60] = {0};

        T_EQ_ROW(i, sf_tcp_options_octets(&seg), 0);
        T_EQ_ROW(i, sf_tcp_build(p, sizeof(p), &seg, 1, 2), 20);
        T_EQ_ROW(i, p[12], 0x50);
        T_EQ_ROW(i, p[20], 0);
    }
}

static void a_user_timeout_is_read_and_written(void **state)
{
    static const struct {
        const char *options;
        unsigned kept, value;
    } rows[] = {
        {"1c04005a", SF_OPT_UTO, 0x005a}, /* 90 s */
        {"1c048078", SF_OPT_UTO, 0x8078}, /* 120 minutes */
        {"1c040000", SF_OPT_UTO, 0},      /* for tcp/ to ignore */
        {"1c030001", 0, 0},
        {"1c05005a00", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg;
        uint8_t p[60];

        seg.uto = 0;
        T_TRUE(read(rows[i].options, SF_ACK, &seg));
        T_EQ_ROW(i, seg.options, rows[i].kept);
        T_EQ_ROW(i, seg.uto, rows[i].value);
        if (seg.options != 0) {
            const struct octets o = hex(rows[i].options);

            T_EQ_ROW(i, sf_tcp_build(p, sizeof(p), &seg, 1, 2), 24);
            T_MEM(p + 20, o.p, 4);
            drop(o);
        }
    }
}

/* RFC 7413 s4.1.1: kind 34, or 254 with its magic number; on a SYN, with none or an even number
 * of 4 to 16 octets. */
static void a_fast_open_cookie_is_read_and_written(void **state)
{
    static const struct {
        const char *options;
        unsigned flags;
        bool kept;
        unsigned octets, form;
    } rows[] = {
        {"2202 0101", SF_SYN, true, 0, SF_FAST_OPEN_KIND_34},
        {"2206 01020304 0101", SF_SYN, true, 4, SF_FAST_OPEN_KIND_34},
        {"220a 0102030405060708 0101", SF_SYN, true, 8, SF_FAST_OPEN_KIND_34},
        {"2212 0102030405060708090a0b0c0d0e0f10 0101", SF_SYN, true, 16, SF_FAST_OPEN_KIND_34},
        {"2202 0101", SF_SYN | SF_ACK, true, 0, SF_FAST_OPEN_KIND_34},
        {"2202 0101", SF_ACK, false, 0, 0},
        {"2204 0102", SF_SYN, false, 0, 0},          /* two octets are too few */
        {"2205 010203 010101", SF_SYN, false, 0, 0}, /* an odd number */
        {"2207 0102030405 01", SF_SYN, false, 0, 0},
        {"2214 0102030405060708090a0b0c0d0e0f101112", SF_SYN, false, 0, 0}, /* 18 */
        {"fe04 f989", SF_SYN, true, 0, SF_FAST_OPEN_EXPERIMENTAL},
        {"fe0c f989 0102030405060708", SF_SYN, true, 8, SF_FAST_OPEN_EXPERIMENTAL},
        {"fe14 f989 0102030405060708090a0b0c0d0e0f10", SF_SYN, true, 16,
         SF_FAST_OPEN_EXPERIMENTAL},
        {"fe06 f989 0102 0101", SF_SYN, false, 0, 0},
        {"fe04 f988", SF_SYN, false, 0, 0}, /* another experiment */
        {"fe03 f9 01", SF_SYN, false, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i].options);
        struct sf_seg seg = {.flags = (uint8_t)rows[i].flags};
        uint8_t p[60];

        T_EQ_ROW(i, sf_tcp_options_parse(o.p, o.n, &seg), true);
        T_EQ_ROW(i, seg.options, rows[i].kept ? SF_OPT_FAST_OPEN : 0);
        if (rows[i].kept) {
            T_EQ_ROW(i, seg.fast_open_octets, rows[i].octets);
            T_EQ_ROW(i, seg.fast_open_form, rows[i].form);
            T_EQ_ROW(i, sf_tcp_build(p, sizeof(p), &seg, 1, 2), 20 + o.n);
            T_MEM(p + 20, o.p, o.n);
        }
        drop(o);
    }
}

/* 40 octets hold no more: the user timeout goes first, then the cookie. */
static void a_syn_without_room_has_no_cookie(void **state)
{
    static const uint8_t order[] = {SF_SYN_OPTION_TIMESTAMPS, SF_SYN_OPTION_SACK,
                                    SF_SYN_OPTION_MSS, SF_SYN_OPTION_WINDOW_SCALE};
    static const uint8_t cookie[16] = {1};
    struct sf_seg seg = {
        .flags = SF_SYN,
        .options = SF_OPT_MSS | SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE | SF_OPT_FAST_OPEN |
                   SF_OPT_UTO,
        .uto = 7,
        .fast_open = cookie,
        .fast_open_octets = 16,
    };
    struct sf_seg back;
    uint16_t port = 0;
    uint8_t p[60];

    (void)state;
    T_EQ(sf_tcp_build(p, sizeof(p), &seg, 1, 2), 60); /* 4 + 12 + 4 + 20 */
    T_EQ(sf_tcp_parse(p, 60, &back, &port, &port), SF_PASS);
    T_EQ(back.options, seg.options & ~SF_OPT_UTO);
    seg.syn_order = sf_seg_syn_order(order);
    T_EQ(sf_tcp_build(p, sizeof(p), &seg, 1, 2), 48); /* 12 + 4 + 4 + 4, and 4 */
    T_EQ(sf_tcp_parse(p, 48, &back, &port, &port), SF_PASS);
    T_EQ(back.options, seg.options & ~SF_OPT_FAST_OPEN);
}

/* RFC 2018 s3: 40 octets of options hold so many blocks beside the others. */
static void blocks_leave_room_for_what_else_there_is(void **state)
{
    static const struct {
        unsigned options;
        size_t octets;
    } rows[] = {
        {SF_OPT_SACK, 4 + 4 * 8},
        {SF_OPT_SACK | SF_OPT_UTO, 4 + 4 + 4 * 8},
        {SF_OPT_SACK | SF_OPT_TS, 12 + 4 + 3 * 8},
        {SF_OPT_SACK | SF_OPT_TS | SF_OPT_UTO, 12 + 4 + 4 + 2 * 8}, /* a third: 44 */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg = {.flags = SF_ACK, .options = (uint8_t)rows[i].options, .n_sack = 4};
        uint8_t p[60];

        T_EQ_ROW(i, sf_tcp_options_octets(&seg), rows[i].octets);
        T_EQ_ROW(i, sf_tcp_build(p, sizeof(p), &seg, 1, 2), 20 + rows[i].octets);
    }
}

#define ALL (SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_TS | SF_OPT_WSCALE)
#define TS  "080a 11223344 55667788"

/* As tcpdump shows the SYNs of systems. */
static void a_syn_is_laid_out_as_it_is_told(void **state)
{
    static const uint8_t linux_order[] = {0, 1, 2, 3}; /* MSS, SACK, timestamps, scale */
    static const uint8_t bsd_order[] = {0, 3, 1, 2};   /* MSS, scale, SACK, timestamps */
    static const uint8_t mac_order[] = {0, 3, 2, 1};   /* MSS, scale, timestamps, SACK */
    static const struct {
        const uint8_t *order;
        unsigned padding, options;
        const char *want;
    } rows[] = {
        {linux_order, SF_PADDING_FRONT, ALL, "020405b4 0402" TS "01030307"},
        {linux_order, SF_PADDING_FRONT, ALL & ~SF_OPT_TS & 0xff, "020405b4 01010402 01030307"},
        {linux_order, SF_PADDING_FRONT, SF_OPT_MSS | SF_OPT_TS, "020405b4 0101" TS},
        {linux_order, SF_PADDING_FRONT, ALL | SF_OPT_UTO,
         "020405b4 0402" TS "01030307 1c04005a"},
        {linux_order, SF_PADDING_FRONT, 0, ""},
        {bsd_order, SF_PADDING_END, ALL, "020405b4 01030307 0402" TS},
        {bsd_order, SF_PADDING_END, ALL & ~SF_OPT_TS & 0xff, "020405b4 01030307 04020000"},
        {bsd_order, SF_PADDING_END, SF_OPT_MSS | SF_OPT_SACK_OK, "020405b4 04020000"},
        {bsd_order, SF_PADDING_END, SF_OPT_MSS | SF_OPT_TS, "020405b4 0101" TS},
        {bsd_order, SF_PADDING_FRONT, ALL & ~SF_OPT_TS & 0xff, "020405b4 01030307 01010402"},
        /* Nothing is read behind an end of options: it stands behind all of them. */
        {bsd_order, SF_PADDING_END, SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_UTO,
         "020405b4 0402 0101 1c04005a"},
        {bsd_order, SF_PADDING_END, SF_OPT_MSS | SF_OPT_SACK_OK | SF_OPT_FAST_OPEN,
         "020405b4 0402 2202"},
        {bsd_order, SF_PADDING_END, ALL | SF_OPT_FAST_OPEN,
         "020405b4 01030307 0402" TS "2202 0000"},
        {mac_order, SF_PADDING_END, ALL, "020405b4 01030307 0101" TS "04020000"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets want = hex(rows[i].want);
        const struct sf_seg seg = {
            .flags = SF_SYN,
            .options = (uint8_t)rows[i].options,
            .mss = 1460,
            .wscale = 7,
            .tsval = 0x11223344,
            .tsecr = 0x55667788,
            .uto = 90,
            .syn_order = sf_seg_syn_order(rows[i].order),
            .syn_padding = (uint8_t)rows[i].padding,
        };
        uint8_t p[60];

        T_EQ_ROW(i, sf_tcp_build(p, sizeof(p), &seg, 1, 2), 20 + want.n);
        T_MEM(p + 20, want.p, want.n);
        drop(want);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_believed_only_inside_the_header),
        cmocka_unit_test(a_wrong_length_for_its_kind_makes_an_option_unknown),
        cmocka_unit_test(some_options_count_only_where_they_belong),
        cmocka_unit_test(values_are_kept_as_they_stand),
        cmocka_unit_test(of_repeated_options_the_last_counts),
        cmocka_unit_test(one_to_four_sack_blocks_are_read),
        cmocka_unit_test(timestamps_may_stand_anywhere),
        cmocka_unit_test(the_usual_layout_read_fast_reads_the_same),
        cmocka_unit_test(cut_options_are_never_read_beyond),
        cmocka_unit_test(a_segment_with_a_lying_option_is_dropped),
        cmocka_unit_test(options_are_written_in_words),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(what_belongs_on_a_syn_is_written_on_no_other_segment),
        cmocka_unit_test(a_user_timeout_is_read_and_written),
        cmocka_unit_test(a_fast_open_cookie_is_read_and_written),
        cmocka_unit_test(a_syn_without_room_has_no_cookie),
        cmocka_unit_test(blocks_leave_room_for_what_else_there_is),
        cmocka_unit_test(a_syn_is_laid_out_as_it_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
