/* SPDX-License-Identifier: MIT
 *
 * tests/unit/read/pcap.c - the pcap format (draft-ietf-opsawg-pcap), plain, in gzip, in pipes.
 */
#include "make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

static struct t_file file;
static struct t_file packet;
static struct t_file packed;

/* Two packets of 54 octets; of the second 40 were kept. */
static void make(uint32_t magic, bool swap)
{
    packet.n = 0;
    t_frame(&packet, &(struct t_segment){.seq = 1000, .flags = SF_SYN});
    T_EQ(packet.n, 14 + 20 + 20);
    file.n = 0;
    file.swap = swap;
    t_pcap(&file, magic, SF_LINKTYPE_ETHERNET);
    t_record(&file, 1700000000, 999999, &packet, 54);
    t_record(&file, 1700000001, 5, &packet, 40);
}

static void both_units_and_both_orders_are_read(void **state)
{
    static const struct {
        uint32_t magic;
        bool swap;
        uint64_t first_ns;
    } rows[] = {
        {T_PCAP_US, false, UINT64_C(1700000000999999000)},
        {T_PCAP_US, true, UINT64_C(1700000000999999000)},
        {T_PCAP_NS, false, UINT64_C(1700000000000999999)},
        {T_PCAP_NS, true, UINT64_C(1700000000000999999)},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_capture *capture = NULL;
        struct sf_packet p;

        make(rows[i].magic, rows[i].swap);
        capture = t_open(&file);
        T_EQ_ROW(i, sf_capture_next(capture, &p), SF_OK);
        T_EQ_ROW(i, p.at_ns, rows[i].first_ns);
        T_EQ_ROW(i, p.n, 1);
        T_EQ_ROW(i, p.captured, 54);
        T_EQ_ROW(i, p.length, 54);
        T_EQ_ROW(i, p.linktype, SF_LINKTYPE_ETHERNET);
        T_MEM(p.octets, packet.octets, 54);
        T_EQ_ROW(i, sf_capture_next(capture, &p), SF_OK);
        T_EQ_ROW(i, p.n, 2);
        T_EQ_ROW(i, p.captured, 40);
        T_EQ_ROW(i, p.length, 54);
        T_EQ_ROW(i, sf_capture_next(capture, &p), SF_ERR_EOF);
        T_EQ_ROW(i, sf_capture_end(capture), SF_CAPTURE_WHOLE);
        assert_string_equal(sf_capture_text(capture), "");
        T_EQ_ROW(i, sf_capture_next(capture, &p), SF_ERR_EOF);
        sf_capture_close(capture);
    }
}

/* Whole packets before octet n of the file that make() makes: 24, then 16 + 54, 16 + 40. */
static size_t whole_before(size_t n)
{
    return (size_t)(n >= 24 + 70) + (n >= 24 + 70 + 56);
}

static void a_file_cut_at_any_octet_gives_what_is_before_it(void **state)
{
    char why[SF_CAPTURE_TEXT];

    (void)state;
    make(T_PCAP_US, false);
    for (size_t n = 0; n < file.n; n++) {
        uint8_t *exact = malloc(n + 1);
        struct sf_capture *capture = NULL;
        struct sf_packet p;
        size_t got = 0;

        memcpy(exact, file.octets, n);
        if (n < 24) {
            T_EQ_ROW(n, sf_capture_memory(exact, n, &capture, why), SF_ERR_EOF);
            assert_null(capture);
            assert_string_equal(why, n == 0 ? "empty" : "cut short in the file's head");
        } else {
            T_EQ_ROW(n, sf_capture_memory(exact, n, &capture, why), SF_OK);
            while (sf_capture_next(capture, &p) == SF_OK) {
                got++;
            }
            T_EQ_ROW(n, got, whole_before(n));
            T_EQ_ROW(n, sf_capture_end(capture),
                     n == 24 || n == 24 + 70 ? SF_CAPTURE_WHOLE : SF_CAPTURE_CUT);
        }
        sf_capture_close(capture);
        free(exact);
    }
}

static void the_line_names_the_packet_that_is_cut(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;

    (void)state;
    make(T_PCAP_US, false);
    file.n -= 1;
    capture = t_open(&file);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(sf_capture_next(capture, &p), SF_ERR_EOF);
    assert_string_equal(sf_capture_text(capture), "cut short in packet 2");
    sf_capture_close(capture);
}

static void a_length_that_no_packet_has_ends_the_file_there(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;

    (void)state;
    make(T_PCAP_US, false);
    memset(file.octets + 24 + 70 + 8, 0xff, 4); /* the second packet's captured length */
    capture = t_open(&file);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(sf_capture_next(capture, &p), SF_ERR_EOF);
    T_EQ(sf_capture_end(capture), SF_CAPTURE_BAD);
    assert_string_equal(sf_capture_text(capture),
                        "packet 2 claims 4294967295 octets: the file is damaged there");
    sf_capture_close(capture);
}

static void what_is_no_capture_is_said_to_be_none(void **state)
{
    static const struct {
        const char *octets;
        enum sf_err err;
        const char *why;
    } rows[] = {
        {"GET / HTTP/1.0", SF_ERR_INVAL,
         "not a capture: it begins with 47 45 54 20, as neither pcap nor pcapng does"},
        {"\x28\xb5\x2f\xfd....", SF_ERR_INVAL,
         "compressed with zstd: unpack it with zstd -d first"},
        {"PK\x03\x04....", SF_ERR_INVAL, "a zip archive: unpack it first"},
        {"abc", SF_ERR_EOF, "cut short in the file's head"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_capture *capture = NULL;
        char why[SF_CAPTURE_TEXT];

        T_EQ_ROW(i, sf_capture_memory(rows[i].octets, strlen(rows[i].octets), &capture, why),
                 rows[i].err);
        assert_string_equal(why, rows[i].why);
    }
}

static void another_version_is_refused(void **state)
{
    struct sf_capture *capture = NULL;
    char why[SF_CAPTURE_TEXT];

    (void)state;
    make(T_PCAP_US, false);
    file.octets[4] = 7;
    file.octets[5] = 0;
    T_EQ(sf_capture_memory(file.octets, file.n, &capture, why), SF_ERR_INVAL);
    assert_string_equal(why, "a pcap file of version 7.4, not 2.4");
}

static void a_file_that_is_not_there_has_its_reason(void **state)
{
    struct sf_capture *capture = NULL;
    char why[SF_CAPTURE_TEXT];

    (void)state;
    T_EQ(sf_capture_open("/nonexistent/file.pcap", &capture, why), SF_ERR_OS);
    assert_string_equal(why, "No such file or directory");
    T_EQ(sf_capture_open("/", &capture, why), SF_ERR_OS);
    T_EQ(errno, EISDIR);
    assert_string_equal(why, "not readable after packet 0: Is a directory");
}

/* Add one gzip member of n octets at p to packed. */
static void zip(const uint8_t *p, size_t n)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)p,
                  .avail_in = (uInt)n,
                  .next_out = packed.octets + packed.n,
                  .avail_out = (uInt)(sizeof(packed.octets) - packed.n)};

    T_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    T_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.n += z.total_out;
    deflateEnd(&z);
}

static size_t count(const uint8_t *p, size_t n, enum sf_capture_ended *how, char *text)
{
    struct sf_capture *capture = NULL;
    struct sf_packet got;
    size_t packets = 0;

    if (sf_capture_memory(p, n, &capture, text) != SF_OK) {
        *how = SF_CAPTURE_OPEN;
        return 0;
    }
    while (sf_capture_next(capture, &got) == SF_OK) {
        packets++;
    }
    *how = sf_capture_end(capture);
    memcpy(text, sf_capture_text(capture), SF_CAPTURE_TEXT);
    sf_capture_close(capture);
    return packets;
}

static void gzip_is_unpacked_also_in_several_members(void **state)
{
    enum sf_capture_ended how = SF_CAPTURE_OPEN;
    char text[SF_CAPTURE_TEXT];

    (void)state;
    make(T_PCAP_US, false);
    packed.n = 0;
    zip(file.octets, file.n);
    T_EQ(count(packed.octets, packed.n, &how, text), 2);
    T_EQ(how, SF_CAPTURE_WHOLE);

    packed.n = 0;
    zip(file.octets, 50);
    zip(file.octets + 50, file.n - 50);
    t_put(&packed, "\0\0\0\0", 4); /* as tar pads, and gzip ignores */
    T_EQ(count(packed.octets, packed.n, &how, text), 2);
    T_EQ(how, SF_CAPTURE_WHOLE);
}

static void gzip_cut_at_any_octet_ends_cut(void **state)
{
    (void)state;
    make(T_PCAP_US, false);
    packed.n = 0;
    zip(file.octets, file.n);
    for (size_t n = 2; n < packed.n; n++) {
        enum sf_capture_ended how = SF_CAPTURE_OPEN;
        char text[SF_CAPTURE_TEXT];
        const size_t got = count(packed.octets, n, &how, text);

        assert_true(got <= 2);
        if (how != SF_CAPTURE_OPEN) {
            T_EQ_ROW(n, how, SF_CAPTURE_CUT);
        }
    }
}

static void damaged_gzip_gives_what_is_before_the_damage(void **state)
{
    enum sf_capture_ended how = SF_CAPTURE_OPEN;
    char text[SF_CAPTURE_TEXT];

    (void)state;
    make(T_PCAP_US, false);
    packed.n = 0;
    zip(file.octets, file.n);
    packed.octets[packed.n - 8] ^= 1; /* the check sum over what is unpacked */
    T_EQ(count(packed.octets, packed.n, &how, text), 2);
    T_EQ(how, SF_CAPTURE_BAD);
    assert_string_equal(text, "the gzip data is damaged after packet 2");
}

/* A pipe gives its octets in pieces of any size. */
static void a_pipe_that_drips_is_read(void **state)
{
    int ends[2];
    struct sf_capture *capture = NULL;
    struct sf_packet p;
    char why[SF_CAPTURE_TEXT];

    (void)state;
    make(T_PCAP_NS, true);
    T_EQ(pipe(ends), 0);
    T_EQ(write(ends[1], file.octets, 24 + 70 + 7), 24 + 70 + 7);
    T_EQ(sf_capture_fd(ends[0], &capture, why), SF_OK);
    T_EQ(sf_capture_next(capture, &p), SF_OK); /* without waiting for more */
    T_EQ(write(ends[1], file.octets + 101, file.n - 101), file.n - 101);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(close(ends[1]), 0);
    T_EQ(sf_capture_next(capture, &p), SF_ERR_EOF);
    T_EQ(sf_capture_end(capture), SF_CAPTURE_WHOLE);
    sf_capture_close(capture);
}

/* More than the buffer holds at a time, packets across its edges. */
static void a_file_longer_than_the_buffer_is_read(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;
    char why[SF_CAPTURE_TEXT];
    char path[] = "/tmp/synfin-read-XXXXXX";
    const int fd = mkstemp(path);
    size_t packets = 0;

    (void)state;
    make(T_PCAP_US, false);
    assert_true(fd >= 0);
    T_EQ(write(fd, file.octets, file.n), file.n);
    for (int i = 0; i < 10000; i++) { /* 10000 * 126 octets = 1.2 MiB */
        T_EQ(write(fd, file.octets + 24, file.n - 24), file.n - 24);
    }
    T_EQ(close(fd), 0);
    T_EQ(sf_capture_open(path, &capture, why), SF_OK);
    while (sf_capture_next(capture, &p) == SF_OK) {
        packets++;
        T_EQ_ROW(packets, p.captured, packets % 2 == 1 ? 54 : 40);
        T_MEM(p.octets, packet.octets, p.captured);
    }
    T_EQ(packets, 20002);
    T_EQ(sf_capture_end(capture), SF_CAPTURE_WHOLE);
    sf_capture_close(capture);
    T_EQ(unlink(path), 0);
}

/* What old Linux systems wrote: 24 octets before each packet. */
static void the_patched_format_has_longer_heads(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet p;

    (void)state;
    make(T_PCAP_US, false);
    file.n = 0;
    t_pcap(&file, 0xa1b2cd34, SF_LINKTYPE_ETHERNET);
    t_put32(&file, 1);
    t_put32(&file, 2);
    t_put32(&file, 54);
    t_put32(&file, 54);
    t_hex(&file, "01000000 0000 00 00");
    t_put(&file, packet.octets, 54);
    capture = t_open(&file);
    T_EQ(sf_capture_next(capture, &p), SF_OK);
    T_EQ(p.at_ns, UINT64_C(1000002000));
    T_MEM(p.octets, packet.octets, 54);
    T_EQ(sf_capture_next(capture, &p), SF_ERR_EOF);
    T_EQ(sf_capture_end(capture), SF_CAPTURE_WHOLE);
    sf_capture_close(capture);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_units_and_both_orders_are_read),
        cmocka_unit_test(a_file_cut_at_any_octet_gives_what_is_before_it),
        cmocka_unit_test(the_line_names_the_packet_that_is_cut),
        cmocka_unit_test(a_length_that_no_packet_has_ends_the_file_there),
        cmocka_unit_test(what_is_no_capture_is_said_to_be_none),
        cmocka_unit_test(another_version_is_refused),
        cmocka_unit_test(a_file_that_is_not_there_has_its_reason),
        cmocka_unit_test(gzip_is_unpacked_also_in_several_members),
        cmocka_unit_test(gzip_cut_at_any_octet_ends_cut),
        cmocka_unit_test(damaged_gzip_gives_what_is_before_the_damage),
        cmocka_unit_test(a_pipe_that_drips_is_read),
        cmocka_unit_test(a_file_longer_than_the_buffer_is_read),
        cmocka_unit_test(the_patched_format_has_longer_heads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
