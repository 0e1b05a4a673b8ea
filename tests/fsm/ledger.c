/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/ledger.c - rules of docs/spec/requirements.tsv whose code could be broken without
 * any test noticing, until each of them was broken to see.
 */
#include "talk.h"

/* A burst: segments that arrive together, and what we say is fetched when all have. */
struct burst {
    struct sf_frame frames[8];
    uint8_t octets[8][700];
    size_t n;
};

static void add(const struct t_talk *t, struct burst *b, const struct t_seg *seg)
{
    size_t octets = t_build(t, seg, b->octets[b->n]);

    b->frames[b->n] = (struct sf_frame){
        .octets = (uint32_t)octets,
        .n_pieces = 1,
        .pieces = {{.data = b->octets[b->n], .octets = (uint32_t)octets}},
    };
    b->n++;
}

static void arrives(struct t_talk *t, struct burst *b)
{
    sf_stack_rx(t->stack, b->frames, b->n, t->now);
    for (size_t i = 0; i < b->n; i++) {
        T_EQ_ROW(i, b->frames[i].verdict, SF_PASS);
    }
    t_pull(t);
}

/* RFC 9293 s3.8.6.3, s3.10.7.4 (MUST-58, MUST-59): all that has arrived is read before anything
 * is acknowledged, and then once. */
static void a_burst_in_order_is_acknowledged_once(void **state)
{
    struct t_talk t;
    struct burst b = {.n = 0};

    t_established(&t, t_family(state));
    for (uint32_t i = 0; i < 6; i++) {
        add(&t, &b,
            &(struct t_seg){
                .flags = SF_ACK, .seq = {5000 + 600 * i}, .ack = {1000}, .text = 600});
    }
    arrives(&t, &b);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {8600});
    t_silence(&t);
    t_recv(&t, 3600);
    t_end(&t);
}

/* RFC 5681 s4.2, RFC 2018 s4: behind a gap each segment has an acknowledgement of its own, be
 * they read together: so many have left the network.  One each, and no more. */
static void each_of_a_burst_behind_a_gap_is_acknowledged(void **state)
{
    struct t_talk t;
    struct burst b = {.n = 0};

    t_begin(&t, t_family(state));
    t.config.sack = 1;
    t.options |= SF_OPT_SACK_OK;
    t_open_passive(&t);
    for (uint32_t i = 1; i < 5; i++) {
        add(&t, &b,
            &(struct t_seg){
                .flags = SF_ACK, .seq = {5000 + 600 * i}, .ack = {1000}, .text = 600});
    }
    arrives(&t, &b);
    for (uint32_t i = 1; i < 5; i++) {
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 1,
                 .sack = {{{5600}, {8000}}});
    }
    t_silence(&t);
    t_end(&t);
}

/* RFC 2018 s3: of five gaps the four last are reported, or three beside timestamps: 40 octets
 * of options are 2 + 4 * 8 and two of padding, or 12 + 2 + 3 * 8 and two. */
static void as_many_blocks_are_reported_as_fit(void **state)
{
    for (uint8_t ts = 0; ts <= 1; ts++) {
        struct t_talk t;
        struct t_out out;

        t_begin(&t, t_family(state));
        t.config.sack = 1;
        t.config.timestamps = ts;
        t.config.chunk_octets = 256;
        t.options |= (uint8_t)(SF_OPT_SACK_OK | (ts != 0 ? SF_OPT_TS : 0));
        t_open_passive(&t);
        for (uint32_t i = 0; i < 5; i++) {
            t_forget(&t);
            t_peer(&t, SF_ACK, .seq = {5100 + 200 * i}, .ack = {1000}, .text = 100);
        }
        out = t_next(&t);
        T_EQ_ROW(ts, out.seg.n_sack, ts != 0 ? 3 : 4);
        for (uint32_t i = 0; i < out.seg.n_sack; i++) {
            T_EQ(out.seg.sack[i].left.v - t.peer_iss, 901 - 200 * i);
            T_EQ(out.seg.sack[i].right.v - t.peer_iss, 1001 - 200 * i);
        }
        t_silence(&t);
        t_end(&t);
    }
}

/* RFC 9293 s3.8.4 (MUST-26): no probe while something sent is not acknowledged, which has a
 * timer of its own. */
static void no_keepalive_while_text_is_outstanding(void **state)
{
    for (int outstanding = 0; outstanding <= 1; outstanding++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.rto_min = SF_S(10);
        t_open_passive(&t);
        t_option(&t, SF_OPTION_KEEPALIVE_IDLE, 1000);
        t_option(&t, SF_OPTION_KEEPALIVE, 1);
        if (outstanding != 0) {
            t_send(&t, 100);
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
        }
        t_advance(&t, SF_S(1));
        if (outstanding == 0) {
            t_expect(&t, SF_ACK, .seq = {999}, .ack = {5000});
        }
        t_silence(&t);
        t_end(&t);
    }
}

/* RFC 9293 s3.7.1 (MUST-15): the same for who opens. */
static void an_answer_without_an_mss_option_means_small_segments(void **state)
{
    enum sf_family family = t_family(state);
    uint32_t mss = family == SF_IPV4 ? 536 : 1220;
    struct t_talk t;

    t_begin(&t, family);
    t.options &= (uint8_t)~SF_OPT_MSS;
    t.wnd = 65535;
    t_syn_sent(&t);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_send(&t, 3000);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
    t_expect(&t, SF_ACK, .seq = {1000 + mss}, .ack = {5000}, .text = mss);
    t_end(&t);
}

/* RFC 7323 s2.2: the window of our SYN is not scaled, nor any other of ours if the answer does
 * not scale: of 262144 octets the field says 65535, where scaled by 3 it were 8191 or 32768. */
static void who_opens_scales_only_if_the_answer_does(void **state)
{
    for (uint8_t scales = 0; scales <= 1; scales++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.window_scaling = SF_OFFER_YES;
        t.config.rcvbuf_octets = 262144;
        t.options |= (uint8_t)(scales != 0 ? SF_OPT_WSCALE : 0);
        t_start(&t);
        t.open.remote = t.them;
        T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
        t_expect(&t, SF_SYN, .seq = {999}, .wnd = 65535, .options = SF_OPT_WSCALE, .wscale = 3);
        t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .wnd = scales != 0 ? 32768 : 65535);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
        T_EQ_ROW(scales, t_status(&t).wscale, scales);
        t_end(&t);
    }
}

/* RFC 9293 s3.1 (MUST-1), RFC 5681 s3.1: a window of 65535 is one, not 32767 or less, and what
 * is sent fills it and no more, whatever the congestion window: 44 * 1460 = 64240, 45 * 1440 =
 * 64800, and one segment more is too much. */
static void the_largest_field_is_a_large_window(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.initial_window = 100;
    t.config.initial_window_octets = 0;
    t.config.sndbuf_octets = 131072;
    t.config.max_chunks = 1024;
    t.mss = 1460;
    t.wnd = 65535;
    t_open_passive(&t);
    t_option(&t, SF_OPTION_NODELAY, 1);
    t_send(&t, 100000);
    T_EQ(t_status(&t).unacked, t_family(state) == SF_IPV4 ? 44 * 1460 : 45 * 1440);
    t_end(&t);
}

/* RFC 7323 s5.2: a RST is exempt from PAWS: its timestamp may be as old as can be, or wrong. */
static void an_old_timestamp_does_not_save_from_a_reset(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.timestamps = 1;
    t.options |= SF_OPT_TS;
    t_open_passive(&t);
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}, .options = SF_OPT_TS, .ts_ahead = -100000),
         SF_DROP_RESET);
    T_EQ(t_status(&t).error, SF_ERR_RESET);
    t_end(&t);
}

/* RFC 7323 s5.5: the second in which 24 days are over, and the one before. */
static void a_timestamp_counts_for_just_24_days(void **state)
{
    for (uint32_t less = 0; less <= 1; less++) {
        uint32_t seconds = 24 * 86400 - less;
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.timestamps = 1;
        t.options |= SF_OPT_TS;
        t_open_passive(&t);
        t_advance(&t, SF_S((uint64_t)seconds));
        T_EQ_ROW(less,
                 t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5,
                        .ts_ahead = -(int32_t)(seconds * 1000) - 1),
                 less == 0 ? SF_PASS : SF_DROP_PAWS);
        t_end(&t);
    }
}

/* RFC 6298 (5.3): an acknowledgement of new text starts the timer anew for what is left. */
static void an_acknowledgement_gives_the_rest_its_whole_time(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_NODELAY, 1);
    t_send(&t, 100);
    t_send(&t, 100);
    t_forget(&t);
    t_advance(&t, SF_MS(150));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t_silence(&t);
    /* SRTT = 150 / 8, RTTVAR = 150 / 4 ms (the handshake took no time): 169, at least 200. */
    T_EQ(t_wait(&t).ns, 200 * SF_NS_PER_MS);
    t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5000}, .text = 100);
    t_end(&t);
}

/* RFC 5681 s3.1: as high as can be to begin with, so that the network sets it. */
static void slow_start_has_no_end_to_begin_with(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_status(&t).ssthresh, UINT32_MAX);
    t_send(&t, 100);
    T_EQ(t_status(&t).ssthresh, UINT32_MAX);
    t_end(&t);
}

/* RFC 9293 s3.10.7.4, seventh: of a segment that begins before RCV.NXT only the new part is
 * read, and it is the right one. */
static void of_a_segment_that_straddles_the_new_part_is_read(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_peer(&t, SF_ACK, .seq = {5005}, .ack = {1000}, .text = 10);
    t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1000}, .text = 19);
    t_recv(&t, 20);
    T_EQ(t_recv_err(&t), SF_ERR_AGAIN);
    t_end(&t);
}

/* RFC 9293 s3.8.6 (SHLD-14): who makes the buffer smaller gets a window that closes as it
 * fills, and takes nothing back that was offered. */
static void a_smaller_buffer_takes_no_window_back(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_RCVBUF, 1024);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 600);
    t_peer(&t, SF_ACK, .seq = {5600}, .ack = {1000}, .text = 600);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {6200}, .wnd = 4096 - 1200);
    t_recv(&t, 1200);
    t_peer(&t, SF_ACK, .seq = {9000}, .ack = {1000}, .text = 96);
    T_EQ(t.verdict, SF_PASS); /* up to the edge that was offered */
    t_end(&t);
}

/* RFC 9293 s3.8.4 (MUST-27): by configuration as by option: idle for 10 s, two probes 3 s
 * apart, and 3 s more. */
static void keepalive_times_are_as_configured(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.keepalive_idle = SF_S(10);
    t.config.keepalive_interval = SF_S(3);
    t.config.keepalive_probes = 2;
    t_open_passive(&t);
    t_option(&t, SF_OPTION_KEEPALIVE, 1);
    T_EQ(t_wait(&t).ns, 10 * SF_NS_PER_S);
    t_expect(&t, SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_wait(&t).ns, 3 * SF_NS_PER_S);
    t_expect(&t, SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_wait(&t).ns, 3 * SF_NS_PER_S);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5000});
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_end(&t);
}

/* RFC 5681 s4.2: it is the first segment that waits no longer than that, 40 ms of 500, whatever
 * comes after it. */
static void what_comes_later_does_not_delay_an_acknowledgement(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 600);
    for (uint32_t i = 0; i < 3; i++) {
        t_advance(&t, SF_MS(10));
        t_peer(&t, SF_ACK, .seq = {5600 + i}, .ack = {1000}, .text = 1);
        t_silence(&t);
    }
    T_EQ(t_wait(&t).ns, 10 * SF_NS_PER_MS); /* 40 - 30 */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5603});
    t_end(&t);
}

/* The peer's SYN for Fast Open, with what it has of a cookie; our answer. */
static struct t_out fast_syn(struct t_talk *t, const struct t_out *cookie, uint32_t text)
{
    T_EQ(t_peer(t, SF_SYN, .seq = {4999}, .text = text, .options = SF_OPT_FAST_OPEN,
                .fast_open = cookie != NULL ? cookie->fast_open : NULL,
                .fast_open_octets = cookie != NULL ? cookie->seg.fast_open_octets : 0),
         SF_PASS);
    return t_next(t);
}

/* RFC 7413 s4.2.2: a new cookie for one that grows old is on the first SYN,ACK alone. */
static void a_syn_ack_again_has_no_cookie(void **state)
{
    struct t_talk t;
    struct t_out cookie;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.listen.fast_open = 1;
    t.config.fast_open_key = SF_S(10);
    t_listen(&t);
    cookie = fast_syn(&t, NULL, 0);
    t_peer(&t, SF_RST, .seq = {5000});
    t_another(&t, T_PEER_PORT + 1);
    t_advance(&t, SF_S(10));
    out = fast_syn(&t, &cookie, 100);
    T_EQ(out.seg.ack.v - t.peer_iss, 101);
    T_TRUE((out.seg.options & SF_OPT_FAST_OPEN) != 0);
    (void)t_wait(&t);
    out = t_next(&t);
    T_EQ(out.seg.flags, SF_SYN | SF_ACK);
    T_EQ(out.seg.ack.v - t.peer_iss, 101);
    T_EQ(out.seg.options & SF_OPT_FAST_OPEN, 0);
    t_end(&t);
}

/* The same of a SYN, also if its loss does not count against the server. */
static void a_syn_again_has_no_cookie_and_no_text(void **state)
{
    static const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.config.fast_open_backoff = (sf_span){0};
    t.open.fast_open = 1;
    t_syn_sent(&t);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000}, .options = SF_OPT_FAST_OPEN,
           .fast_open = cookie, .fast_open_octets = 8);
    t_abort(&t);
    t_forget(&t);
    t.us.port++;
    t.open.local = t.us;
    t.iss_known = false;
    t.sent = 0;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    t_send(&t, 100);
    out = t_next(&t);
    T_EQ(out.seg.fast_open_octets, 8);
    T_EQ(out.seg.text_octets, 100);
    (void)t_wait(&t);
    out = t_next(&t);
    T_EQ(out.seg.flags, SF_SYN);
    T_EQ(out.seg.options & SF_OPT_FAST_OPEN, 0);
    T_EQ(out.seg.text_octets, 0);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_burst_in_order_is_acknowledged_once),
        T_BOTH(each_of_a_burst_behind_a_gap_is_acknowledged),
        T_BOTH(as_many_blocks_are_reported_as_fit),
        T_BOTH(no_keepalive_while_text_is_outstanding),
        T_BOTH(an_answer_without_an_mss_option_means_small_segments),
        T_BOTH(who_opens_scales_only_if_the_answer_does),
        T_BOTH(the_largest_field_is_a_large_window),
        T_BOTH(an_old_timestamp_does_not_save_from_a_reset),
        T_BOTH(a_timestamp_counts_for_just_24_days),
        T_BOTH(an_acknowledgement_gives_the_rest_its_whole_time),
        T_BOTH(slow_start_has_no_end_to_begin_with),
        T_BOTH(of_a_segment_that_straddles_the_new_part_is_read),
        T_BOTH(a_smaller_buffer_takes_no_window_back),
        T_BOTH(keepalive_times_are_as_configured),
        T_BOTH(what_comes_later_does_not_delay_an_acknowledgement),
        T_BOTH(a_syn_ack_again_has_no_cookie),
        T_BOTH(a_syn_again_has_no_cookie_and_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
