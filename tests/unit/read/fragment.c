/* SPDX-License-Identifier: MIT
 *
 * tests/unit/read/fragment.c - segments in pieces, and filters.
 */
#include "make.h"

#include "base/time.h"

static struct t_file tcp;
static struct t_file f;
static struct t_file part;
static struct t_file file;
static struct sf_dissector *dissector;
static struct sf_seen seen;

static int make(void **state)
{
    (void)state;
    dissector = sf_dissector_new();
    tcp.n = 0;
    t_tcp(&tcp, &(struct t_segment){.seq = 1000,
                                    .flags = SF_ACK,
                                    .text = "0123456789abcdef0123456789abcdef0123456789"});
    T_EQ(tcp.n, 20 + 42);
    return dissector == NULL;
}

static int drop(void **state)
{
    (void)state;
    sf_dissector_free(dissector);
    return 0;
}

/* The octets [from, to) of the segment as a fragment; IPv6 has its header for it. */
static void fragment(size_t from, size_t to, uint16_t id, bool six)
{
    const uint16_t more = to < tcp.n ? (six ? 1 : 0x2000) : 0;
    char head[32];

    part.n = 0;
    t_put(&part, tcp.octets + from, to - from);
    f.n = 0;
    if (six) {
        (void)snprintf(head, sizeof(head), "0600%04x%08x", (unsigned)(from | more), id);
        t_ip6(&f, 44, head, &part);
    } else {
        t_ip4(&f, SF_PROTO_TCP, NULL, &part, (uint16_t)(from / 8 | more), id);
    }
}

static enum sf_seen_kind take(size_t from, size_t to, uint16_t id, bool six)
{
    fragment(from, to, id, six);
    return t_dissect(dissector, 101, &f, &seen);
}

static void is_whole(void)
{
    T_EQ(seen.from.port, 40000);
    T_EQ(seen.seq.v, 1000);
    T_EQ(seen.text_octets, 42);
    T_TRUE(seen.fragments);
    T_TRUE(seen.whole);
    T_EQ(seen.sum, SF_SUM_UNKNOWN);
    T_MEM(seen.from.addr.octets, t_src, 4);
}

static void pieces_in_any_order_make_one_segment(void **state)
{
    static const size_t edges[4] = {0, 24, 48, 62};
    static const uint8_t orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    (void)state;
    for (uint16_t i = 0; i < 12; i++) {
        for (int j = 0; j < 3; j++) {
            const uint8_t which = orders[i % 6][j];

            T_EQ_ROW(i, take(edges[which], edges[which + 1], i, i >= 6),
                     j == 2 ? SF_SEEN_SEGMENT : SF_SEEN_PIECE);
        }
        is_whole();
        T_EQ_ROW(i, seen.text_captured, 4); /* of the first fragment: 24 - 20 */
        T_MEM(seen.text, "0123", 4);
    }
    T_EQ(sf_dissector_counts(dissector)->fragments, 36);
    T_EQ(sf_dissector_counts(dissector)->lost, 0);
}

static void pieces_twice_and_overlapping_count_once(void **state)
{
    (void)state;
    T_EQ(take(0, 24, 1, false), SF_SEEN_PIECE);
    T_EQ(take(0, 24, 1, false), SF_SEEN_PIECE);
    T_EQ(take(16, 40, 1, false), SF_SEEN_PIECE);
    T_EQ(take(48, 62, 1, false), SF_SEEN_PIECE);
    T_EQ(take(32, 56, 1, false), SF_SEEN_SEGMENT);
    is_whole();
}

static void pieces_of_others_are_not_mixed_in(void **state)
{
    (void)state;
    T_EQ(take(0, 24, 1, false), SF_SEEN_PIECE);
    T_EQ(take(24, 62, 2, false), SF_SEEN_PIECE);
    T_EQ(take(24, 62, 1, true), SF_SEEN_PIECE);
    T_EQ(take(24, 62, 1, false), SF_SEEN_SEGMENT);
    is_whole();
}

static void the_first_piece_is_told_when_the_rest_is_missing(void **state)
{
    (void)state;
    T_EQ(take(0, 32, 1, false), SF_SEEN_PIECE); /* at 5 ns */
    T_FALSE(sf_dissect_rest(dissector, 30 * SF_NS_PER_S + 5, &seen));
    T_TRUE(sf_dissect_rest(dissector, 30 * SF_NS_PER_S + 6, &seen));
    T_EQ(seen.at_ns, 5);
    T_EQ(seen.n, 9);
    T_EQ(seen.text_octets, 12); /* 32 - 20: what is known */
    T_FALSE(seen.whole);
    T_FALSE(sf_dissect_rest(dissector, UINT64_MAX, &seen));
    T_EQ(take(32, 62, 2, false), SF_SEEN_PIECE); /* without the first */
    T_FALSE(sf_dissect_rest(dissector, UINT64_MAX, &seen));
    T_EQ(sf_dissector_counts(dissector)->lost, 1);
}

static void a_flood_of_pieces_has_its_bound(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 1000; i++) {
        T_EQ(take(0, 24, i, false), SF_SEEN_PIECE);
    }
    T_EQ(sf_dissector_counts(dissector)->lost, 1000 - 64);
    for (int i = 0; i < 64; i++) {
        T_TRUE(sf_dissect_rest(dissector, UINT64_MAX, &seen));
    }
    T_FALSE(sf_dissect_rest(dissector, UINT64_MAX, &seen));
}

/* sf_seen_next() tells a segment whose rest never came before what came 30 s later. */
static void what_waited_too_long_is_told_in_between(void **state)
{
    struct sf_capture *capture = NULL;
    struct sf_packet packet;

    (void)state;
    file.n = 0;
    t_pcap(&file, T_PCAP_US, 101);
    fragment(0, 24, 1, false);
    t_record(&file, 1, 0, &f, f.n);
    f.n = 0;
    t_ip(&f, &(struct t_segment){.seq = 5, .flags = SF_ACK});
    t_record(&file, 30, 0, &f, f.n);
    t_record(&file, 32, 0, &f, f.n);
    fragment(0, 24, 2, false);
    t_record(&file, 33, 0, &f, f.n);
    capture = t_open(&file);
    T_EQ(sf_seen_next(capture, dissector, &seen, &packet), SF_OK);
    T_EQ(seen.n, 2);
    T_EQ(packet.captured, 40);
    T_EQ(sf_seen_next(capture, dissector, &seen, &packet), SF_OK);
    T_EQ(seen.n, 1);
    T_FALSE(seen.whole);
    assert_null(packet.octets);
    T_EQ(sf_seen_next(capture, dissector, &seen, &packet), SF_OK);
    T_EQ(seen.n, 3);
    T_EQ(sf_seen_next(capture, dissector, &seen, NULL), SF_OK);
    T_EQ(seen.n, 4);
    T_EQ(sf_seen_next(capture, dissector, &seen, NULL), SF_ERR_EOF);
    T_EQ(sf_seen_next(capture, dissector, &seen, NULL), SF_ERR_EOF);
    sf_capture_close(capture);
}

/* Filters. */

static size_t passing(const char *filter, uint32_t linktype, const char *head)
{
    struct sf_capture *capture = NULL;
    struct sf_packet packet;
    char why[SF_CAPTURE_TEXT];
    size_t passed = 0;

    file.n = 0;
    t_pcap(&file, T_PCAP_US, linktype);
    for (uint16_t i = 0; i < 4; i++) {
        f.n = 0;
        t_hex(&f, head);
        t_ip(&f, &(struct t_segment){
                     .flags = SF_ACK, .dport = (uint16_t)(80 + i / 2), .sport = 1000});
        t_record(&file, 1, 0, &f, f.n);
    }
    capture = t_open(&file);
    T_EQ(sf_capture_filter(capture, filter, why), SF_OK);
    while (sf_capture_next(capture, &packet) == SF_OK) {
        passed++;
        T_EQ(packet.n, passed); /* the first ones pass: numbers count all packets */
    }
    struct sf_capture_counts counts;

    sf_capture_counts(capture, &counts);
    T_EQ(counts.packets, 4);
    T_EQ(counts.passed, passed);
    T_EQ(sf_capture_end(capture), SF_CAPTURE_WHOLE);
    sf_capture_close(capture);
    return passed;
}

static void a_filter_fits_every_link_type(void **state)
{
    static const struct {
        uint32_t linktype;
        const char *head;
    } rows[] = {
        {1, "020000000001 020000000002 0800"},
        {113, "0000 0001 0006 0200 0000 0001 0000 0800"},
        {276, "0800 0000 0000 0002 0001 04 06 0200 0000 0001 0000"},
        {101, ""},
        {12, ""},
        {228, ""},
        {0, "02000000"},
        {108, "00000002"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, passing("tcp dst port 80", rows[i].linktype, rows[i].head), 2);
        T_EQ_ROW(i, passing("udp", rows[i].linktype, rows[i].head), 0);
        T_EQ_ROW(i, passing("", rows[i].linktype, rows[i].head), 4);
    }
}

static void a_filter_that_makes_no_sense_is_refused(void **state)
{
    struct sf_capture *capture = NULL;
    char why[SF_CAPTURE_TEXT];

    (void)state;
    file.n = 0;
    t_pcap(&file, T_PCAP_US, 101);
    capture = t_open(&file);
    T_EQ(sf_capture_filter(capture, "tcp prot 80", why), SF_ERR_INVAL);
    assert_true(why[0] != '\0');
    T_EQ(sf_capture_filter(capture, "ether host 02:00:00:00:00:01", why), SF_ERR_INVAL);
    T_EQ(sf_capture_filter(capture, "tcp", why), SF_OK);
    sf_capture_close(capture);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pieces_in_any_order_make_one_segment, make, drop),
        cmocka_unit_test_setup_teardown(pieces_twice_and_overlapping_count_once, make, drop),
        cmocka_unit_test_setup_teardown(pieces_of_others_are_not_mixed_in, make, drop),
        cmocka_unit_test_setup_teardown(the_first_piece_is_told_when_the_rest_is_missing, make,
                                        drop),
        cmocka_unit_test_setup_teardown(a_flood_of_pieces_has_its_bound, make, drop),
        cmocka_unit_test_setup_teardown(what_waited_too_long_is_told_in_between, make, drop),
        cmocka_unit_test_setup_teardown(a_filter_fits_every_link_type, make, drop),
        cmocka_unit_test_setup_teardown(a_filter_that_makes_no_sense_is_refused, make, drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
