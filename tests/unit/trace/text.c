/* SPDX-License-Identifier: MIT
 *
 * tests/unit/trace/text.c - the engine's trace as text.
 */
#include "t.h"

#include "synfin/tracetext.h"
#include "trace/flags.h"
#include "wire/seg.h"

static void flags_are_named_in_the_order_of_the_contract(void **state)
{
    char text[SF_FLAGS_TEXT];

    (void)state;
    assert_string_equal(sf_flags_text(0, '+', text), "");
    assert_string_equal(sf_flags_text(SF_SYN | SF_ACK, '+', text), "SYN+ACK");
    assert_string_equal(sf_flags_text(SF_FIN | SF_ACK, ',', text), "FIN,ACK");
    assert_string_equal(sf_flags_text(0xff, '+', text), "SYN+FIN+RST+PSH+ACK+URG+ECE+CWR");
}

/* 1.5 s after zero, in microseconds. */
static const struct sf_trace_record base = {
    .at_ns = 1501234999, .id = 7, .state = SF_SYN_RECEIVED};

static void a_record_of_each_kind_is_a_line(void **state)
{
    struct sf_trace_record r[10];
    static char out[4096];
    struct sf_text text = {.text = out, .room = sizeof(out)};
    static const char want[] =
        "1.500234 #7 begin passive 10.9.8.2 port 8080 with 10.9.8.1 port 50082 SYN_RECEIVED\n"
        "1.500234 #7 move to #8\n"
        "1.500234 #7 state SYN_RECEIVED -> ESTABLISHED ack-of-syn\n"
        "1.500234 #7 in  SYN seq=1000 len=0 wnd=64240 mss=1460 wscale=7 sackok ts=5/6 "
        "SYN_RECEIVED syn-queue\n"
        "1.500234 #7 out ACK seq=1000 ack=2000 len=1448 wnd=64240 sack=3 again SYN_RECEIVED\n"
        "1.500234 #7 timer delayed-ack\n"
        "1.500234 #7 loss duplicates seq=9 len=1448\n"
        "1.500234 #7 window cwnd=14480 ssthresh=2896\n"
        "1.500234 #7 call shutdown\n"
        "1.500234 #7 record of unknown kind 99\n";

    (void)state;
    for (size_t i = 0; i < T_COUNT(r); i++) {
        r[i] = base;
        r[i].kind = (uint8_t)(SF_TRACE_BEGIN + i);
    }
    r[0].u.ends = (struct sf_trace_ends){.local = {10, 9, 8, 2},
                                         .remote = {10, 9, 8, 1},
                                         .local_port = 8080,
                                         .remote_port = 50082,
                                         .family = SF_IPV4};
    r[1].u.other = 8;
    r[2].from = SF_SYN_RECEIVED;
    r[2].state = SF_ESTABLISHED;
    r[2].what = SF_EV_ACK_OF_SYN;
    r[3].what = SF_DROP_SYN_QUEUE;
    r[3].u.seg = (struct sf_trace_seg){.seq = 1000,
                                       .wnd = 64240,
                                       .flags = SF_SYN,
                                       .options = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK |
                                                  SF_OPT_TS,
                                       .mss = 1460,
                                       .wscale = 7,
                                       .tsval = 5,
                                       .tsecr = 6};
    r[4].u.seg = (struct sf_trace_seg){.seq = 1000,
                                       .ack = 2000,
                                       .octets = 1448,
                                       .wnd = 64240,
                                       .flags = SF_ACK,
                                       .options = SF_OPT_SACK,
                                       .n_sack = 3,
                                       .retransmit = 1};
    r[5].what = SF_TIMER_DELAYED_ACK;
    r[6].what = SF_LOSS_DUPLICATES;
    r[6].u.seg = (struct sf_trace_seg){.seq = 9, .octets = 1448};
    r[7].u.seg = (struct sf_trace_seg){.seq = 14480, .ack = 2896};
    r[8].what = SF_CALL_SHUTDOWN;
    r[9].kind = 99;
    sf_trace_print(r, T_COUNT(r), 1000999, sf_sink_text(&text));
    assert_string_equal(out, want);
}

static void no_record_is_longer_than_its_line(void **state)
{
    char line[SF_TRACE_LINE + 8];

    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        struct sf_trace_record r;

        memset(&r, 0xff, sizeof(r));
        memset(line, 'x', sizeof(line));
        r.kind = (uint8_t)kind;
        (void)sf_trace_line(&r, 0, line);
        assert_in_range(strlen(line), 1, SF_TRACE_LINE - 1);
        T_EQ(line[SF_TRACE_LINE], 'x');
    }
}

static void a_ring_is_drained_in_order_and_what_is_gone_is_counted(void **state)
{
    static const struct {
        uint64_t written;
        size_t got;
        uint64_t first, missed;
    } rows[] = {
        {3, 3, 0, 0},      /* 0 1 2 */
        {3, 0, 0, 0},      /* nothing new */
        {7, 4, 3, 0},      /* exactly as many as fit */
        {12, 4, 8, 1},     /* 7 is overwritten */
        {112, 4, 108, 96}, /* 12 to 107 are */
    };
    struct sf_trace_record ring_records[4];
    struct sf_trace_ring ring = {.records = ring_records, .capacity = 4};
    uint64_t next = 0;

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_trace_record got[8];
        uint64_t missed = 99;

        for (; ring.written < rows[i].written; ring.written++) {
            ring_records[ring.written % 4] = (struct sf_trace_record){.at_ns = ring.written};
        }
        T_EQ_ROW(i, sf_trace_drain(&ring, &next, got, T_COUNT(got), &missed), rows[i].got);
        T_EQ_ROW(i, missed, rows[i].missed);
        for (size_t k = 0; k < rows[i].got; k++) {
            T_EQ_ROW(i, got[k].at_ns, rows[i].first + k);
        }
        T_EQ_ROW(i, next, rows[i].written);
    }
}

static void a_ring_may_be_drained_in_parts(void **state)
{
    struct sf_trace_record ring_records[8] = {{0}};
    struct sf_trace_ring ring = {.records = ring_records, .capacity = 8, .written = 5};
    struct sf_trace_record got[3];
    uint64_t next = 0;
    uint64_t missed = 0;

    (void)state;
    T_EQ(sf_trace_drain(&ring, &next, got, 3, &missed), 3);
    T_EQ(sf_trace_drain(&ring, &next, got, 3, &missed), 2);
    T_EQ(sf_trace_drain(&ring, &next, got, 3, &missed), 0);
}

static void a_stream_is_a_sink(void **state)
{
    char line[32] = "";
    FILE *file = tmpfile();
    struct sf_sink sink = sf_sink_file(file);

    (void)state;
    assert_non_null(file);
    sink.put(sink.context, "one ", 4);
    sink.put(sink.context, "two", 3);
    rewind(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "one two");
    (void)fclose(file);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_named_in_the_order_of_the_contract),
        cmocka_unit_test(a_record_of_each_kind_is_a_line),
        cmocka_unit_test(no_record_is_longer_than_its_line),
        cmocka_unit_test(a_ring_is_drained_in_order_and_what_is_gone_is_counted),
        cmocka_unit_test(a_ring_may_be_drained_in_parts),
        cmocka_unit_test(a_stream_is_a_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
