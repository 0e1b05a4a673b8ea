/* SPDX-License-Identifier: MIT
 *
 * tests/unit/read/pcapng.c - the pcapng format (draft-ietf-opsawg-pcapng), and our writer of
 * it.
 */
#include "make.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static struct t_file file;
static struct t_file packet;
static struct t_file body;

enum {
    SECTION = 0x0a0d0d0a,
    INTERFACE = 1,
    OBSOLETE = 2,
    SIMPLE = 3,
    NAMES = 4,
    ENHANCED = 6,
    CUSTOM = 0xbad,
};

/* A block whose body is in `body`; its octets are a multiple of four. */
static void block(uint32_t type)
{
    const uint32_t octets = (uint32_t)(12 + body.n);

    T_EQ(body.n % 4, 0);
    t_put32(&file, type);
    t_put32(&file, octets);
    t_put(&file, body.octets, body.n);
    t_put32(&file, octets);
}

static void begin(bool swap)
{
    file.swap = swap;
    body.swap = swap;
    body.n = 0;
}

static void section(bool swap)
{
    begin(swap);
    t_put32(&body, 0x1a2b3c4d);
    t_put16(&body, 1);
    t_put16(&body, 0);
    t_put32(&body, UINT32_MAX);
    t_put32(&body, UINT32_MAX);
    block(SECTION);
}

/* An interface; resolution 255 is none told. */
static void interface(uint16_t linktype, uint32_t snap, uint8_t resolution, int64_t base)
{
    begin(file.swap);
    t_put16(&body, linktype);
    t_put16(&body, 0);
    t_put32(&body, snap);
    if (resolution != 255) {
        t_put16(&body, 2);
        t_put16(&body, 5);
        t_put(&body, "eth42\0\0", 8);
        t_put16(&body, 9);
        t_put16(&body, 1);
        t_put(&body, (const uint8_t[4]){resolution}, 4);
    }
    if (base != 0) {
        uint64_t v = file.swap ? __builtin_bswap64((uint64_t)base) : (uint64_t)base;

        t_put16(&body, 14);
        t_put16(&body, 8);
        t_put(&body, &v, 8);
    }
    block(INTERFACE);
}

static void put_padded(const uint8_t *p, size_t n)
{
    t_put(&body, p, n);
    t_put(&body, "\0\0\0", (4 - n % 4) % 4);
}

/* An enhanced packet block without its options. */
static void enhanced(uint32_t number, uint64_t ticks, size_t captured)
{
    begin(file.swap);
    t_put32(&body, number);
    t_put32(&body, (uint32_t)(ticks >> 32));
    t_put32(&body, (uint32_t)ticks);
    t_put32(&body, (uint32_t)captured);
    t_put32(&body, (uint32_t)packet.n);
    put_padded(packet.octets, captured);
}

static void one_packet(void)
{
    packet.n = 0;
    t_frame(&packet, &(struct t_segment){.seq = 1000, .flags = SF_ACK, .text = "x"});
    T_EQ(packet.n, 55);
}

static void next_is(struct sf_capture *capture, uint64_t at_ns, uint32_t number)
{
    struct sf_packet p;

    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.at_ns, at_ns);
    T_EQ(p.interface, number);
    T_MEM(p.octets, packet.octets, p.captured);
}

static void ends(struct sf_capture *capture, enum sf_capture_ended how, const char *text)
{
    struct sf_packet p;

    T_EQ(sf_capture_next(capture, &p), SF_ERR_EOF);
    T_EQ(sf_capture_end(capture), how);
    assert_string_equal(sf_capture_text(capture), text);
    sf_capture_close(capture);
}

static void both_orders_and_every_kind_of_packet_are_read(void **state)
{
    (void)state;
    one_packet();
    for (int swap = 0; swap < 2; swap++) {
        struct sf_capture *capture = NULL;
        struct sf_packet p;

        file.n = 0;
        section(swap != 0);
        interface(1, 0, 255, 0);
        enhanced(0, 1700000000000001, 55); /* microseconds where nothing is told */
        block(ENHANCED);
        begin(swap != 0);
        t_put32(&body, (uint32_t)packet.n);
        put_padded(packet.octets, 55);
        block(SIMPLE);
        begin(swap != 0);
        t_put16(&body, 0); /* the obsolete one: interface, drops, then as the enhanced one */
        t_put16(&body, 3);
        t_put32(&body, 0);
        t_put32(&body, 77);
        t_put32(&body, 55);
        t_put32(&body, 55);
        put_padded(packet.octets, 55);
        block(OBSOLETE);

        capture = t_open(&file);
        next_is(capture, UINT64_C(1700000000000001000), 0);
        T_EQ(sf_capture_next(capture, &p), SF_OK);
        T_EQ(p.at_ns, 0);
        T_FALSE(p.timed);
        T_EQ(p.captured, 55);
        T_EQ(p.n, 2);
        next_is(capture, 77000, 0);
        ends(capture, SF_CAPTURE_WHOLE, "");
    }
}

/* if_tsresol: 10^-n s, or with the top bit 2^-n s; if_tsoffset: seconds to add. */
static void every_resolution_of_time_comes_out_in_nanoseconds(void **state)
{
    static const struct {
        uint8_t resolution;
        int64_t base;
        uint64_t ticks, ns;
    } rows[] = {
        {0, 0, 5, 5000000000},
        {3, 0, 1234, 1234000000},
        {6, 0, 1234567, 1234567000},
        {9, 0, 1234567891, 1234567891},
        {10, 0, 12345678915, 1234567891},
        {12, 0, 1234567891999, 1234567891},
        {18, 0, 1234567891999999999, 1234567891},
        {0x80 | 1, 0, 3, 1500000000},
        {0x80 | 10, 0, 1025, 1000976562}, /* 1 + 1/1024 s, 976562.5 ns */
        {0x80 | 32, 0, (UINT64_C(7) << 32) + (UINT64_C(1) << 31), 7500000000},
        {0x80 | 40, 0, (UINT64_C(7) << 40) + (UINT64_C(1) << 39), 7500000000},
        {0x80 | 63, 0, UINT64_C(3) << 62, 1500000000},
        {6, 1700000000, 1, UINT64_C(1700000000000001000)},
        {6, -1, 2000000, 1000000000},
    };

    (void)state;
    one_packet();
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_capture *capture = NULL;
        struct sf_packet p;

        file.n = 0;
        section(i % 2 == 0);
        interface(1, 0, rows[i].resolution, rows[i].base);
        enhanced(0, rows[i].ticks, 55);
        block(ENHANCED);
        capture = t_open(&file);
        T_EQ_ROW(i, sf_capture_next(capture, &p), SF_OK);
        T_EQ_ROW(i, p.at_ns, rows[i].ns);
        assert_string_equal(sf_capture_interface(capture, 0)->name, "eth42");
        ends(capture, SF_CAPTURE_WHOLE, "");
    }
}

static void a_resolution_that_makes_no_sense_ends_the_file(void **state)
{
    static const uint8_t rows[] = {19, 0x7f, 0x80 | 64};

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        file.n = 0;
        section(false);
        interface(1, 0, rows[i], 0);
        ends(t_open(&file), SF_CAPTURE_BAD,
             "a resolution of time that makes no sense after packet 0: the file is damaged "
             "there");
    }
}

/* What libpcap refuses to read: interfaces of different link types and snap lengths. */
static void interfaces_may_differ_in_everything(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;

    (void)state;
    one_packet();
    file.n = 0;
    section(false);
    interface(1, 96, 9, 0);
    interface(101, 65535, 6, 0);
    enhanced(1, 3, 55);
    block(ENHANCED);
    enhanced(0, 4, 20);
    block(ENHANCED);
    interface(113, 0, 255, 0); /* described later */
    enhanced(2, 5, 55);
    block(ENHANCED);
    capture = t_open(&file);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.linktype, SF_LINKTYPE_RAW);
    T_EQ(p.at_ns, 3000);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.linktype, SF_LINKTYPE_ETHERNET);
    T_EQ(p.at_ns, 4);
    T_EQ(p.captured, 20);
    T_EQ(p.length, 55);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.linktype, SF_LINKTYPE_LINUX_SLL);
    T_EQ(sf_capture_interface(capture, 0)->snap, 96);
    assert_null(sf_capture_interface(capture, 3));
    ends(capture, SF_CAPTURE_WHOLE, "");
}

/* A program reads at fixed offsets: each link type has its own, or nothing matches. */
static void a_filter_is_compiled_for_each_link_type(void **state)
{
    static const struct {
        const char *filter;
        bool ethernet, raw;
    } rows[] = {
        {"tcp port 80", true, true},
        {"tcp port 81", false, false},
        {"ether src 02:00:00:00:00:02", true, false}, /* makes no sense of a raw packet */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_capture *capture = NULL;
        struct sf_packet p;
        char why[SF_CAPTURE_TEXT];
        bool passed[2] = {false, false};

        file.n = 0;
        section(false);
        interface(1, 0, 9, 0);
        interface(101, 0, 9, 0);
        one_packet();
        enhanced(0, 1, 55);
        block(ENHANCED);
        packet.n = 0;
        t_ip(&packet, &(struct t_segment){.flags = SF_ACK});
        enhanced(1, 2, 40);
        block(ENHANCED);
        capture = t_open(&file);
        T_EQ_ROW(i, sf_capture_filter(capture, rows[i].filter, why), SF_OK);
        while (sf_capture_next(capture, &p) == SF_OK) {
            passed[p.linktype == SF_LINKTYPE_RAW] = true;
        }
        T_EQ_ROW(i, passed[0], rows[i].ethernet);
        T_EQ_ROW(i, passed[1], rows[i].raw);
        ends(capture, SF_CAPTURE_WHOLE, "");
    }
}

static void each_section_counts_its_interfaces_anew(void **state)
{
    struct sf_capture *capture = NULL;

    (void)state;
    one_packet();
    file.n = 0;
    section(false);
    interface(1, 0, 9, 0);
    enhanced(0, 11, 55);
    block(ENHANCED);
    section(true);
    interface(1, 0, 6, 0);
    enhanced(0, 12, 55);
    block(ENHANCED);
    capture = t_open(&file);
    next_is(capture, 11, 0);
    next_is(capture, 12000, 1);
    ends(capture, SF_CAPTURE_WHOLE, "");
}

static void blocks_about_other_things_are_passed_over(void **state)
{
    struct sf_capture *capture = NULL;

    (void)state;
    one_packet();
    file.n = 0;
    section(false);
    begin(false);
    block(NAMES);
    t_put32(&body, 12345);
    block(CUSTOM);
    interface(1, 0, 9, 0);
    body.n = 0;
    t_put(&body, file.octets, 40);
    block(5);
    enhanced(0, 11, 55);
    block(ENHANCED);
    capture = t_open(&file);
    next_is(capture, 11, 0);
    ends(capture, SF_CAPTURE_WHOLE, "");
}

static void comments_and_directions_are_read(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;

    (void)state;
    one_packet();
    file.n = 0;
    section(true);
    interface(1, 0, 9, 0);
    enhanced(0, 11, 55);
    t_put16(&body, 1);
    t_put16(&body, 5);
    t_put(&body, "first\0\0", 8);
    t_put16(&body, 1);
    t_put16(&body, 4);
    t_put(&body, "next", 4);
    t_put16(&body, 2);
    t_put16(&body, 4);
    t_put32(&body, 2);
    t_put32(&body, 0);
    block(ENHANCED);
    enhanced(0, 12, 55);
    t_put16(&body, 2);
    t_put16(&body, 4);
    t_put32(&body, 1);
    block(ENHANCED); /* without an end of options */
    capture = t_open(&file);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.comment_octets, 5);
    T_MEM(p.comment, "first", 5);
    T_EQ(p.way, SF_WAY_OUT);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    assert_null(p.comment);
    T_EQ(p.way, SF_WAY_IN);
    ends(capture, SF_CAPTURE_WHOLE, "");
}

/* A simple block does not say how much was kept: the interface's snap length does. */
static void a_simple_packet_is_as_long_as_its_interface_keeps(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;

    (void)state;
    one_packet();
    file.n = 0;
    section(false);
    interface(1, 30, 9, 0);
    begin(false);
    t_put32(&body, 55);
    put_padded(packet.octets, 30);
    block(SIMPLE);
    capture = t_open(&file);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.captured, 30); /* not 32, the padding counted */
    T_EQ(p.length, 55);
    ends(capture, SF_CAPTURE_WHOLE, "");
}

static void what_makes_no_sense_ends_the_file_there(void **state)
{
    static const struct {
        size_t at; /* from the second packet's block on */
        uint32_t v;
        const char *text;
    } rows[] = {
        {4, 10, "a block of a length that makes no sense"},
        {4, 90, "a block of a length that makes no sense"},
        {4, 12, "a block whose two lengths differ"},
        {4, 0x7ffffffc, "a block of more than 16 MiB"},
        {8, 1, "a packet of an interface that was not described"},
        {20, 57, "a packet longer than its block"},
        {20, UINT32_MAX, "a packet longer than its block"},
        {84, 84, "a block whose two lengths differ"},
    };

    (void)state;
    one_packet();
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_capture *capture = NULL;
        char text[SF_CAPTURE_TEXT];
        size_t at = 0;

        file.n = 0;
        section(false);
        interface(1, 0, 9, 0);
        enhanced(0, 11, 55);
        block(ENHANCED);
        at = file.n;
        enhanced(0, 12, 55);
        block(ENHANCED);
        T_EQ(file.n - at, 88); /* 12 + 20 + 56 */
        memcpy(file.octets + at + rows[i].at, &rows[i].v, 4);
        capture = t_open(&file);
        next_is(capture, 11, 0);
        (void)snprintf(text, sizeof(text), "%s after packet 1: the file is damaged there",
                       rows[i].text);
        ends(capture, SF_CAPTURE_BAD, text);
    }
}

static void a_file_cut_at_any_octet_gives_what_is_before_it(void **state)
{
    (void)state;
    one_packet();
    file.n = 0;
    section(false);
    interface(1, 0, 255, 0);
    enhanced(0, 11, 55);
    block(ENHANCED);
    T_EQ(file.n, 28 + 20 + 88);
    for (size_t n = 0; n <= file.n; n++) {
        uint8_t *exact = malloc(n + 1);
        struct sf_capture *capture = NULL;
        struct sf_packet p;
        char why[SF_CAPTURE_TEXT];
        bool whole = n == 28 || n == 48 || n == 136;

        memcpy(exact, file.octets, n);
        T_EQ_ROW(n, sf_capture_memory(exact, n, &capture, why), n < 28 ? SF_ERR_EOF : SF_OK);
        if (capture != NULL) {
            T_EQ_ROW(n, sf_capture_next(capture, &p), n == 136 ? SF_OK : SF_ERR_EOF);
            T_EQ_ROW(n, sf_capture_next(capture, &p), SF_ERR_EOF);
            T_EQ_ROW(n, sf_capture_end(capture), whole ? SF_CAPTURE_WHOLE : SF_CAPTURE_CUT);
        }
        sf_capture_close(capture);
        free(exact);
    }
}

/* Our writer. */

static void what_is_written_is_read_again(void **state)
{
    char path[] = "/tmp/synfin-write-XXXXXX";
    const int fd = mkstemp(path);
    struct sf_capture_file *out = NULL;
    struct sf_capture *capture = NULL;
    struct sf_packet p;
    char why[SF_CAPTURE_TEXT];

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    one_packet();
    p = (struct sf_packet){.at_ns = UINT64_C(1700000000123456789),
                           .octets = packet.octets,
                           .captured = 55,
                           .length = 1500,
                           .linktype = SF_LINKTYPE_ETHERNET,
                           .way = SF_WAY_OUT};
    T_EQ(sf_capture_create(path, &out), SF_OK);
    sf_capture_write(out, &p, "client: SYN_SENT → ESTABLISHED");
    p.linktype = SF_LINKTYPE_RAW;
    p.way = SF_WAY_UNKNOWN;
    sf_capture_write(out, &p, NULL);
    p.linktype = SF_LINKTYPE_ETHERNET;
    p.captured = 54;
    sf_capture_write(out, &p, "");
    T_EQ(sf_capture_finish(out), SF_OK);

    T_EQ(sf_capture_open(path, &capture, why), SF_OK);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.at_ns, UINT64_C(1700000000123456789));
    T_EQ(p.length, 1500);
    T_EQ(p.way, SF_WAY_OUT);
    T_EQ(p.comment_octets, strlen("client: SYN_SENT → ESTABLISHED"));
    T_MEM(p.comment, "client: SYN_SENT → ESTABLISHED", p.comment_octets);
    T_MEM(p.octets, packet.octets, 55);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.linktype, SF_LINKTYPE_RAW);
    T_EQ(p.interface, 1);
    assert_null(p.comment);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.interface, 0);
    T_EQ(p.captured, 54);
    ends(capture, SF_CAPTURE_WHOLE, "");
    T_EQ(unlink(path), 0);
}

/* Larger than the writer's buffer, and a comment longer than an option can be. */
static void the_largest_packet_and_comment_are_written(void **state)
{
    char path[] = "/tmp/synfin-write-XXXXXX";
    const int fd = mkstemp(path);
    uint8_t *octets = calloc(1, 1 << 20);
    char *comment = malloc(70001);
    struct sf_capture_file *out = NULL;
    struct sf_capture *capture = NULL;
    struct sf_packet p;
    char why[SF_CAPTURE_TEXT];

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    memset(comment, 'x', 70000);
    comment[70000] = '\0';
    p = (struct sf_packet){
        .octets = octets, .captured = 1 << 20, .length = 1 << 20, .linktype = 1};
    T_EQ(sf_capture_create(path, &out), SF_OK);
    sf_capture_write(out, &p, comment);
    T_EQ(sf_capture_finish(out), SF_OK);
    T_EQ(sf_capture_open(path, &capture, why), SF_OK);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.captured, 1 << 20);
    T_EQ(p.comment_octets, 65535);
    ends(capture, SF_CAPTURE_WHOLE, "");
    T_EQ(unlink(path), 0);
    free(octets);
    free(comment);
}

static void a_full_disk_is_an_error(void **state)
{
    struct sf_capture_file *out = NULL;

    (void)state;
    T_EQ(sf_capture_create("/dev/full", &out), SF_ERR_SPACE);
    T_EQ(errno, ENOSPC);
    assert_null(out);
    T_EQ(sf_capture_create("/nonexistent/x", &out), SF_ERR_OS);
    T_EQ(errno, ENOENT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_orders_and_every_kind_of_packet_are_read),
        cmocka_unit_test(every_resolution_of_time_comes_out_in_nanoseconds),
        cmocka_unit_test(a_resolution_that_makes_no_sense_ends_the_file),
        cmocka_unit_test(interfaces_may_differ_in_everything),
        cmocka_unit_test(a_filter_is_compiled_for_each_link_type),
        cmocka_unit_test(each_section_counts_its_interfaces_anew),
        cmocka_unit_test(blocks_about_other_things_are_passed_over),
        cmocka_unit_test(comments_and_directions_are_read),
        cmocka_unit_test(a_simple_packet_is_as_long_as_its_interface_keeps),
        cmocka_unit_test(what_makes_no_sense_ends_the_file_there),
        cmocka_unit_test(a_file_cut_at_any_octet_gives_what_is_before_it),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(the_largest_packet_and_comment_are_written),
        cmocka_unit_test(a_full_disk_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
