/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/text.c - text on its way: when it is sent, when it is acknowledged, and what
 * is held back (RFC 9293 s3.7, s3.8; RFC 5681; RFC 2018; RFC 7323 s2).
 */
#include "talk.h"

/* Our full segment towards a peer with MSS 1460 or 1440. */
static uint32_t full(void **state)
{
    return t_family(state) == SF_IPV4 ? 1460 : 1440;
}

/* RFC 9293 s3.8.6.3, RFC 1122 s4.2.3.2: at latest after 40 ms, by default. */
static void one_small_segment_is_acknowledged_late(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK | SF_PSH, .seq = {5000}, .ack = {1000}, .text = 100);
    t_silence(&t);
    T_EQ(t_wait(&t).ns, 40 * SF_NS_PER_MS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5100}, .wnd = 3996); /* 4096 - 100 */
    t_silence(&t);
    t_end(&t);
}

static void every_second_full_segment_is_acknowledged_at_once(void **state) /* SHLD-18 */
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.rcvbuf_octets = 65535;
    t_open_passive(&t);
    for (uint32_t i = 0; i < 4; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 1440 * i}, .ack = {1000}, .text = 1440);
        if (i % 2 == 0) {
            t_silence(&t);
        } else {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000 + 1440 * (i + 1)});
        }
    }
    t_silence(&t);
    t_end(&t);
}

static void with_quickack_every_segment_is_acknowledged_at_once(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_QUICKACK, 1);
    for (uint32_t i = 0; i < 3; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 10 * i}, .ack = {1000}, .text = 10);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5010 + 10 * i});
    }
    t_silence(&t);
    t_end(&t);
}

static void an_answer_carries_the_acknowledgement(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100);
    t_recv(&t, 100);
    t_send(&t, 50);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5100}, .text = 50);
    t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1050});
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    t_end(&t);
}

/* RFC 5681 s4.2: at once, one for each; and at once when the gap is filled. */
static void every_segment_behind_a_gap_is_acknowledged_at_once(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    for (uint32_t i = 1; i < 4; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 100 * i}, .ack = {1000}, .text = 100);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    }
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 50);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5050});
    t_peer(&t, SF_ACK, .seq = {5050}, .ack = {1000}, .text = 50);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5400});
    t_silence(&t);
    t_recv(&t, 400);
    t_end(&t);
}

/* RFC 2018 s4: the newest block first, then those reported before. */
static void what_is_held_is_reported(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.sack = 1;
    t.options |= SF_OPT_SACK_OK;
    t_open_passive(&t);
    T_TRUE(t_status(&t).sack);
    t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 100);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{5100}, {5200}}});
    t_peer(&t, SF_ACK, .seq = {5300}, .ack = {1000}, .text = 100);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 2,
             .sack = {{{5300}, {5400}}, {{5100}, {5200}}});
    t_peer(&t, SF_ACK, .seq = {5200}, .ack = {1000}, .text = 100); /* joins both */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{5100}, {5400}}});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5400});
    t_silence(&t);
    t_recv(&t, 400);
    t_end(&t);
}

static void nagle_holds_back_a_second_small_segment(void **state) /* RFC 9293 s3.7.4 */
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 10);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
    t_send(&t, 10);
    t_send(&t, 10);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1010}, .ack = {5000}, .text = 20);
    t_silence(&t);
    t_end(&t);
}

static void nodelay_does_not(void **state) /* MUST-17 */
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_NODELAY, 1);
    for (uint32_t i = 0; i < 3; i++) {
        t_send(&t, 10);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 10 * i}, .ack = {5000}, .text = 10);
    }
    t_silence(&t);
    t_end(&t);
}

static void cork_holds_back_all_but_full_segments(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_CORK, 1);
    t_send(&t, 1000);
    t_silence(&t);
    t_send(&t, 1000);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = full(state));
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + full(state)});
    t_silence(&t);
    t_option(&t, SF_OPTION_CORK, 0);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + full(state)}, .ack = {5000},
             .text = 2000 - full(state));
    t_silence(&t);
    t_end(&t);
}

static void more_holds_back_until_the_next_call(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send_flags(&t, 10, SF_SEND_MORE);
    t_silence(&t);
    t_send(&t, 10);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 20);
    t_silence(&t);
    t_end(&t);
}

/* RFC 9293 s3.7.1, MUST-15: 536 over IPv4, 1220 over IPv6. */
static void without_an_mss_option_segments_are_small(void **state)
{
    struct t_talk t;
    uint32_t mss = t_family(state) == SF_IPV4 ? 536 : 1220;

    t_begin(&t, t_family(state));
    t.options = SF_OPT_SACK_OK; /* something, but not MSS */
    t_open_passive(&t);
    t_send(&t, 3000);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
    t_expect(&t, SF_ACK, .seq = {1000 + mss}, .ack = {5000}, .text = mss);
    t_end(&t);
}

static void an_mss_option_is_obeyed_and_options_come_off(void **state) /* MUST-16, RFC 6691 */
{
    for (uint8_t ts = 0; ts < 2; ts++) {
        struct t_talk t;
        uint32_t mss = 700U - (ts != 0 ? 12 : 0);

        t_begin(&t, t_family(state));
        t.mss = 700;
        t.config.timestamps = ts;
        t.options |= ts != 0 ? SF_OPT_TS : 0;
        t_open_passive(&t);
        t_send(&t, 2000);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
        t_expect(&t, SF_ACK, .seq = {1000 + mss}, .ack = {5000}, .text = mss);
        t_end(&t);
    }
}

/* RFC 7323 s2.2, s2.3: not on the SYN, by 14 at most. */
static void windows_are_scaled_both_ways(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.window_scaling = 1;
    t.config.rcvbuf_octets = 1 << 20;
    t.config.max_chunks = 1024;
    t.options |= SF_OPT_WSCALE;
    t.wscale = 3;
    t.wnd = 1000;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    /* 2^20 needs a shift of 5 to fit 65535: 2^20 >> 4 is 65536 */
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000}, .wnd = 65535,
             .options = SF_OPT_MSS | SF_OPT_WSCALE, .mss = (uint16_t)full(state), .wscale = 5);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_EQ(t_status(&t).snd_wnd, 8000); /* 1000 << 3 */
    T_EQ(t_status(&t).snd_wscale, 3);
    T_EQ(t_status(&t).rcv_wscale, 5);
    t_end(&t);
}

static void a_peer_that_does_not_scale_is_not_scaled_for(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.window_scaling = 1;
    t.config.rcvbuf_octets = 1 << 20;
    t.config.max_chunks = 1024;
    t_open_passive(&t);
    T_FALSE(t_status(&t).wscale);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 1000);
    T_EQ(t_wait(&t).ns, 40 * SF_NS_PER_MS);
    T_TRUE(t_next(&t).seg.wnd >= 64535);
    T_EQ(t_status(&t).snd_wnd, 4096);
    t_end(&t);
}

/* RFC 5681 s3.2: the third duplicate, and not the second. */
static void the_third_duplicate_sends_again(void **state)
{
    struct t_talk t;
    uint32_t mss = full(state);

    t_begin(&t, t_family(state));
    t.wnd = 60000;
    t_open_passive(&t);
    t_send(&t, 5 * (size_t)mss);
    for (uint32_t i = 0; i < 5; i++) {
        T_EQ(t_next(&t).seg.seq.v - t.iss + 999, 1000 + i * mss);
    }
    for (uint32_t i = 0; i < 2; i++) {
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        t_silence(&t);
    }
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
    t_silence(&t);
    T_EQ(sf_stack_counters(t.stack)->fast_retransmits, 1);
    /* A partial acknowledgement sends the next hole at once (RFC 6582 s3.2). */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * mss});
    t_expect(&t, SF_ACK, .seq = {1000 + 2 * mss}, .ack = {5000}, .text = mss);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 5 * mss});
    t_silence(&t);
    T_EQ(sf_stack_counters(t.stack)->rto_fired, 0);
    t_end(&t);
}

/* The congestion window begins at ten segments (RFC 6928) and grows by one for each
 * acknowledgement of new octets (RFC 5681 s3.1). */
static void slow_start_begins_with_ten(void **state)
{
    struct t_talk t;
    uint32_t mss = full(state);

    t_begin(&t, t_family(state));
    t.wnd = 65535;
    t_open_passive(&t);
    t_send(&t, 60000);
    t_pull(&t);
    T_EQ(t.out_count, 10);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * mss});
    t_pull(&t);
    T_TRUE(t.out_count >= 3 && t.out_count <= 4); /* two left, one or two more fit */
    t_end(&t);
}

static void urgent_octets_are_marked(void **state) /* RFC 9293 s3.8.5, RFC 6093 */
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_NODELAY, 1);
    t_send_flags(&t, 10, SF_SEND_URGENT);
    t_expect(&t, SF_ACK | SF_PSH | SF_URG, .seq = {1000}, .ack = {5000}, .text = 10, .urg = 10);
    t_send(&t, 10); /* not acknowledged yet, but behind the mark */
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1010}, .ack = {5000}, .text = 10);
    t_end(&t);
}

static void an_urgent_mark_is_told_and_read_in_line(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK | SF_URG, .seq = {5000}, .ack = {1000}, .text = 10, .urg = 15);
    T_TRUE((t.ready & SF_READY_URGENT) != 0);
    t_recv(&t, 10);
    T_TRUE((sf_ready(t.stack, t.conn) & SF_READY_URGENT) != 0); /* ahead: 5015 */
    t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000}, .text = 10);
    t_recv(&t, 10);
    T_EQ(sf_ready(t.stack, t.conn) & SF_READY_URGENT, 0);
    t_end(&t);
}

/* RFC 9293 s3.8.6.2.2: the window moves by half the buffer or a segment, never back. */
static void a_closed_window_opens_by_much_or_not_at_all(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    for (uint32_t i = 0; i < 4; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 1024 * i}, .ack = {1000}, .text = 1024);
    }
    t_forget(&t);
    t_advance(&t, SF_MS(40));
    t_forget(&t);
    T_EQ(t_status(&t).rcv_wnd, 0);
    /* Text against it: acknowledged with a closed window, and not taken. */
    T_EQ(t_peer(&t, SF_ACK, .seq = {9096}, .ack = {1000}, .text = 1), SF_DROP_ZERO_WINDOW);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {9096}, .wnd = T_WND_0);
    t_recv(&t, 1000); /* less than min(4096 / 2, a segment) */
    t_silence(&t);
    t_recv(&t, 1500);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {9096}, .wnd = 2500);
    t_recv(&t, 1596);
    t_end(&t);
}

/* MUST-66: with the window closed the ACK of a segment is still read. */
static void with_a_closed_window_acknowledgements_are_read(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_forget(&t);
    for (uint32_t i = 0; i < 4; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 1024 * i}, .ack = {1000}, .text = 1024);
    }
    t_forget(&t);
    T_EQ(t_status(&t).rcv_wnd, 0);
    t_peer(&t, SF_ACK, .seq = {9096}, .ack = {1100}, .text = 10);
    T_EQ(t_status(&t).snd_una - t.iss + 999, 1100);
    T_EQ(t_peer(&t, SF_RST, .seq = {9096}), SF_DROP_RESET);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(one_small_segment_is_acknowledged_late),
        T_BOTH(every_second_full_segment_is_acknowledged_at_once),
        T_BOTH(with_quickack_every_segment_is_acknowledged_at_once),
        T_BOTH(an_answer_carries_the_acknowledgement),
        T_BOTH(every_segment_behind_a_gap_is_acknowledged_at_once),
        T_BOTH(what_is_held_is_reported),
        T_BOTH(nagle_holds_back_a_second_small_segment),
        T_BOTH(nodelay_does_not),
        T_BOTH(cork_holds_back_all_but_full_segments),
        T_BOTH(more_holds_back_until_the_next_call),
        T_BOTH(without_an_mss_option_segments_are_small),
        T_BOTH(an_mss_option_is_obeyed_and_options_come_off),
        T_BOTH(windows_are_scaled_both_ways),
        T_BOTH(a_peer_that_does_not_scale_is_not_scaled_for),
        T_BOTH(the_third_duplicate_sends_again),
        T_BOTH(slow_start_begins_with_ten),
        T_BOTH(urgent_octets_are_marked),
        T_BOTH(an_urgent_mark_is_told_and_read_in_line),
        T_BOTH(a_closed_window_opens_by_much_or_not_at_all),
        T_BOTH(with_a_closed_window_acknowledgements_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
