/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/looks.c - what the RFCs leave open, as other systems have it (synfin/config.h).
 */
#include "talk.h"

#include "wire/ip.h"
#include "wire/tcp.h"

/* The options of the SYN that is owed, as they stand on the wire. */
static size_t syn_options(struct t_talk *t, uint8_t *options)
{
    size_t head = sf_ip_head_octets((enum sf_family)t->us.addr.family) + SF_TCP_HEAD;
    struct sf_frame frame;
    size_t n = 0;

    t_start(t);
    t->open.remote = t->them;
    T_EQ(sf_open(t->stack, &t->open, &t->conn, t->now), SF_OK);
    T_EQ(sf_stack_tx(t->stack, &frame, 1, t->now), 1);
    n = frame.head_octets - head;
    memcpy(options, frame.head + head, n);
    sf_stack_tx_done(t->stack, &frame, 1);
    return n;
}

static void a_syn_has_its_options_in_the_order_that_is_set(void **state)
{
    uint8_t options[40];
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.window_scaling = SF_OFFER_YES;
    t.config.sack = SF_OFFER_YES;
    T_EQ(syn_options(&t, options), 12);
    T_MEM(options + 4, "\x01\x01\x04\x02\x01\x03\x03\x00", 8); /* Linux */
    t_end(&t);

    t_begin(&t, t_family(state));
    t.config.window_scaling = SF_OFFER_YES;
    t.config.sack = SF_OFFER_YES;
    t.config.syn_order[1] = SF_SYN_OPTION_WINDOW_SCALE;
    t.config.syn_order[3] = SF_SYN_OPTION_SACK;
    t.config.syn_padding = SF_PADDING_END;
    T_EQ(syn_options(&t, options), 12);
    T_MEM(options + 4, "\x01\x03\x03\x00\x04\x02\x00\x00", 8); /* FreeBSD */
    t_end(&t);
}

/* A passive open's SYN,ACK the same way; what is answered only is not offered. */
static void what_is_only_answered_is_not_offered(void **state)
{
    uint8_t all = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK | SF_OPT_TS;
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.timestamps = SF_OFFER_ANSWER;
    t.config.window_scaling = SF_OFFER_ANSWER;
    t.config.sack = SF_OFFER_ANSWER;
    t.options = all;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_EQ(t_next(&t).seg.options, all);
    t_another(&t, T_PEER_PORT + 1);
    t_syn_sent(&t);
    t_end(&t);

    t_begin(&t, t_family(state));
    t.config.timestamps = SF_OFFER_ANSWER;
    t.config.window_scaling = SF_OFFER_ANSWER;
    t.config.sack = SF_OFFER_ANSWER;
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    T_EQ(t_next(&t).seg.options, SF_OPT_MSS);
    t_end(&t);
}

/* RFC 7323 s2.2: the shift is any that covers the buffer, and some have a larger one. */
static void the_window_scale_is_as_set(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.window_scaling = SF_OFFER_YES;
    t.config.window_scale = 8;
    t.options = SF_OPT_MSS | SF_OPT_WSCALE;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_EQ(t_next(&t).seg.wscale, 8);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_accept(&t);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.wnd, 4096 >> 8);
    t_end(&t);
}

static void a_syn_offers_no_more_than_is_set(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.syn_window = 2000;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_EQ(t_next(&t).seg.wnd, 2000);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_EQ(t_status(&t).rcv_wnd, 2000);
    t_peer(&t, SF_ACK, .seq = {7000}, .ack = {1000}, .text = 1); /* beyond it */
    T_EQ(t.verdict, SF_DROP_OUT_OF_WINDOW);
    T_EQ(t_next(&t).seg.wnd, 4096); /* and now it is the buffer's */
    t_end(&t);
}

static void an_unscaled_window_is_a_multiple_of_the_mss(void **state)
{
    struct t_talk t;
    uint32_t mss = t_family(state) == SF_IPV4 ? 1460 : 1440;

    t_begin(&t, t_family(state));
    t.config.rcvbuf_octets = 10000;
    t.config.syn_window = 5000;
    t.config.window_by_mss = 1;
    t_open_passive(&t);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.wnd, 10000 / mss * mss);
    t_end(&t);
}

/* RFC 6928 s2: min(10 * MSS, max(2 * MSS, 14600)). */
static void the_initial_window_is_as_set(void **state)
{
    static const struct {
        uint16_t segments;
        uint32_t octets;
        uint8_t whole;
        uint16_t maxseg;
        uint32_t cwnd;
    } rows[] = {
        {10, 0, 0, 1400, 14000 - 120}, /* timestamps take 12 of each */
        {10, 0, 1, 1400, 14000},       {10, 14600, 1, 1400, 14000},
        {10, 13000, 1, 1400, 13000},   {10, 2000, 1, 1400, 2800}, /* two segments */
        {3, 14600, 1, 1400, 4200},     {1, 0, 1, 1400, 1400},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        for (int active = 0; active < 2; active++) {
            struct t_talk t;

            t_begin(&t, t_family(state));
            t.config.timestamps = SF_OFFER_YES;
            t.config.initial_window = rows[i].segments;
            t.config.initial_window_octets = rows[i].octets;
            t.config.initial_window_whole = rows[i].whole;
            t.mss = rows[i].maxseg;
            t.options = SF_OPT_MSS | SF_OPT_TS;
            if (active != 0) {
                t_open_active(&t);
            } else {
                t_open_passive(&t);
                t_send(&t, 1); /* so that there is a window to speak of */
            }
            T_EQ_ROW(i, t_status(&t).cwnd, rows[i].cwnd);
            t_end(&t);
        }
    }
}

/* How many segments of text the peer sends until we acknowledge at once; 9: not at all. */
static int acknowledged_after(struct t_talk *t, uint32_t *at)
{
    const uint32_t ours = 1000 + (uint32_t)t->sent;

    for (int i = 1; i < 9; i++) {
        t_peer(t, SF_ACK, .seq = {*at}, .ack = {ours}, .text = 100);
        *at += 100;
        t_pull(t);
        if (t->out_count != 0) {
            t_expect(t, SF_ACK, .seq = {ours}, .ack = {*at});
            return i;
        }
    }
    return 9;
}

/* RFC 5681 s4.2 asks for every second one at least. */
static void acknowledgements_are_as_many_as_set(void **state)
{
    static const struct {
        uint8_t every, quick;
        int first, then, last;
    } rows[] = {
        {2, 0, 2, 2, 2}, {1, 0, 1, 1, 1}, {0, 0, 9, 9, 9}, {2, 2, 1, 1, 2}, {2, 1, 1, 2, 2},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;
        uint32_t at = 5000;

        t_begin(&t, t_family(state));
        t.config.ack_every = rows[i].every;
        t.config.quick_acks = rows[i].quick;
        t_open_passive(&t);
        T_EQ_ROW(i, acknowledged_after(&t, &at), rows[i].first);
        T_EQ_ROW(i, acknowledged_after(&t, &at), rows[i].then);
        T_EQ_ROW(i, acknowledged_after(&t, &at), rows[i].last);
        if (rows[i].every == 0) {
            T_EQ_ROW(i, t_wait(&t).ns, t.config.delayed_ack.ns);
        }
        t_end(&t);
    }
}

/* A reply within 40 ms ends quick acknowledgements; a later one, or a first word, does not. */
static void a_reply_ends_quick_acknowledgements(void **state)
{
    static const struct {
        uint8_t wanted, speaks_first;
        uint32_t after_ms;
        int then;
    } rows[] = {{1, 0, 39, 2}, {1, 0, 40, 1}, {0, 0, 0, 1}, {1, 1, 0, 1}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;
        uint32_t at = 5000;

        t_begin(&t, t_family(state));
        t.config.quick_acks = 9;
        t.config.quick_reply = rows[i].wanted;
        t_open_passive(&t);
        if (rows[i].speaks_first == 0) {
            T_EQ_ROW(i, acknowledged_after(&t, &at), 1);
        }
        t_advance(&t, SF_MS(rows[i].after_ms));
        t_send(&t, 10);
        t_forget(&t);
        t_advance(&t, SF_MS(50));
        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {at}, .ack = {1010});
        T_EQ_ROW(i, acknowledged_after(&t, &at), rows[i].then);
        t_end(&t);
    }
}

/* Nor does one who had something to say from the beginning want them. */
static void text_that_waited_for_the_handshake_ends_them_too(void **state)
{
    for (uint8_t wanted = 0; wanted < 2; wanted++) {
        struct t_talk t;
        uint32_t at = 5000;

        t_begin(&t, t_family(state));
        t.config.quick_acks = 9;
        t.config.quick_reply = wanted;
        t_start(&t);
        t.open.remote = t.them;
        t.open.local = t.us;
        T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
        t_send(&t, 10);
        t_forget(&t);
        t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010});
        T_EQ_ROW(wanted, acknowledged_after(&t, &at), wanted != 0 ? 2 : 1);
        t_end(&t);
    }
}

/* The n-th next segment of ours has PSH. */
static bool pushes(struct t_talk *t)
{
    return (t_next(t).seg.flags & SF_PSH) != 0;
}

/* With a window that lets one segment go at a time, what a SEND ended is still seen. */
static void the_end_of_a_send_is_pushed(void **state)
{
    for (int linux_like = 0; linux_like < 2; linux_like++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.push = linux_like != 0 ? SF_PUSH_WRITES : SF_PUSH_EMPTY;
        t.mss = 1000;
        t.wnd = 1000;
        t_open_passive(&t);
        t_send(&t, 1500);
        t_send_flags(&t, 1500, SF_SEND_MORE);
        t_send(&t, 6000);
        T_EQ(pushes(&t), linux_like != 0); /* half of the window was passed */
        t.wnd = 20000;
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2000});
        T_EQ(pushes(&t), linux_like != 0); /* 2000 to 3000: 2500 ends a SEND */
        T_EQ(pushes(&t), false);           /* to 4000 a SEND that went on */
        for (size_t i = 0; i < 5; i++) {
            T_EQ_ROW(i, pushes(&t), false); /* to 9000 */
        }
        T_EQ(pushes(&t), true); /* empty */
        t_silence(&t);
        t_end(&t);
    }
}

/* More than half of the largest window since the last one: 4000 octets of 8000 are not. */
static void half_a_window_is_pushed(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.push = SF_PUSH_WRITES;
    t.mss = 1000;
    t.wnd = 8000;
    t_open_passive(&t);
    t_send(&t, 20000);
    for (int i = 1; i <= 8; i++) {
        T_EQ_ROW((size_t)i, pushes(&t), i == 5);
    }
    t_end(&t);
}

/* Linux's SYNs leave at 0, 1, 2, 3, 4, 5, 7, 11 s: four time-outs that do not double. */
static void the_first_syns_are_evenly_spaced_if_set(void **state)
{
    static const uint64_t spans_s[] = {1, 1, 1, 1, 1, 2, 4};
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.syn_linear = 4;
    t_syn_sent(&t);
    for (size_t i = 0; i < T_COUNT(spans_s); i++) {
        T_EQ_ROW(i, t_wait(&t).ns, spans_s[i] * SF_NS_PER_S);
        t_expect(&t, SF_SYN, .seq = {999});
    }
    t_end(&t);
}

static void an_iss_may_be_fixed_for_tests(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.testing = 1;
    t.config.iss_fixed = 1;
    t.config.iss = 4294967290U;
    t_open_passive(&t);
    T_EQ(t.iss, 4294967290U);
    t_another(&t, T_PEER_PORT + 1);
    t_syn_sent(&t);
    T_EQ(t.iss, 4294967290U);
    t_end(&t);
}

/* RFC 7323 s3.2, s5.2: TSval 0 where nobody has a clock, and the echo; or none at all. */
static void a_reset_answers_with_timestamps_unless_told_not_to(void **state)
{
    for (uint8_t echo = 0; echo < 2; echo++) {
        struct t_talk t;
        struct sf_seg seg;

        t_begin(&t, t_family(state));
        t.config.reset_echo = echo;
        t.options = SF_OPT_MSS | SF_OPT_TS;
        t_start(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        seg = t_next(&t).seg;
        T_EQ(seg.flags, SF_RST | SF_ACK);
        T_EQ(seg.options, echo != 0 ? SF_OPT_TS : 0);
        if (echo != 0) {
            T_EQ(seg.tsval, 0);
            T_EQ(seg.tsecr, t.ts_base + t.now.ns / SF_NS_PER_MS);
        }
        /* And nothing of the kind without timestamps. */
        t.options = SF_OPT_MSS;
        t_peer(&t, SF_SYN, .seq = {4999});
        T_EQ(t_next(&t).seg.options, 0);
        t_end(&t);
    }
}

/* RFC 7323 s3.2: a RST of a connection that has timestamps has some. */
static void an_abort_carries_the_timestamps_of_its_connection(void **state)
{
    struct t_talk t;
    struct sf_seg seg;
    uint32_t before = 0;

    t_begin(&t, t_family(state));
    t.config.timestamps = SF_OFFER_YES;
    t.options = SF_OPT_MSS | SF_OPT_TS;
    t_open_passive(&t);
    before = t.ts_echo;
    t_advance(&t, SF_MS(50));
    t_abort(&t);
    seg = t_next(&t).seg;
    T_EQ(seg.flags, SF_RST | SF_ACK);
    T_EQ(seg.options, SF_OPT_TS);
    T_EQ(seg.tsval - before, 50); /* a clock of milliseconds */
    T_EQ(seg.tsecr, t.ts_base + (t.now.ns - SF_MS(50).ns) / SF_NS_PER_MS);
    t_end(&t);
}

/* RFC 7323 s3.2: TSecr says something with ACK alone.  Ours is 0 on a SYN, and what a peer's
 * SYN has there means nothing. */
static void an_echo_without_ack_means_nothing(void **state)
{
    struct t_talk t;
    struct sf_seg seg;

    t_begin(&t, t_family(state));
    t.config.timestamps = SF_OFFER_YES;
    t.options = SF_OPT_MSS | SF_OPT_TS;
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    seg = t_next(&t).seg;
    T_EQ(seg.options & SF_OPT_TS, SF_OPT_TS);
    T_EQ(seg.tsecr, 0);
    t_advance(&t, SF_MS(300));
    /* As if it echoed what we sent 300 ms ago. */
    t_peer(&t, SF_SYN, .seq = {4999}, .options = SF_OPT_MSS | SF_OPT_TS, .mss = 1400,
           .tsecr = seg.tsval);
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(t_status(&t).srtt.ns, 0); /* no sample */
    seg = t_next(&t).seg;
    T_EQ(seg.flags, SF_SYN | SF_ACK);
    T_EQ(seg.tsecr, t.ts_base + t.now.ns / SF_NS_PER_MS);
    t_end(&t);
}

/* RFC 6928: after crossing SYNs, too, the window is of the size that was agreed. */
static void crossing_syns_begin_with_the_agreed_size(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t_status(&t).cwnd, 10U * t.mss);
    t_end(&t);

    /* RFC 5681 s3.1: one segment if the SYN was lost. */
    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    (void)t_wait(&t);
    t_forget(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_forget(&t);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    T_EQ(t_status(&t).cwnd, t.mss);
    t_end(&t);
}

/* A change counts for the next SYN, and not for one that is on its way. */
static void what_syns_offer_can_change(void **state)
{
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.config.timestamps = SF_OFFER_YES;
    t.config.sack = SF_OFFER_YES;
    t.config.window_scaling = SF_OFFER_NO;
    t_start(&t);
    t.open.remote = t.them;
    t.open.local = t.us;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    t_pull(&t);
    out = t_next(&t);
    T_EQ(out.seg.options & (SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE),
         SF_OPT_TS | SF_OPT_SACK_OK);
    T_EQ(sf_set_offers(t.stack, SF_OFFER_NO, SF_OFFER_YES, SF_OFFER_NO), SF_OK);
    (void)t_wait(&t);
    out = t_next(&t);
    T_EQ(out.seg.options & (SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE),
         SF_OPT_TS | SF_OPT_SACK_OK);
    t.options |= SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE;
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    T_TRUE(t_status(&t).timestamps);
    T_TRUE(t_status(&t).sack);
    T_FALSE(t_status(&t).wscale);
    t_abort(&t);
    t_forget(&t);
    t.iss_known = false;
    t.us.port++;
    t.open.local = t.us;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    t_pull(&t);
    out = t_next(&t);
    T_EQ(out.seg.options & (SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE), SF_OPT_WSCALE);
    T_EQ(sf_set_offers(t.stack, 3, 0, 0), SF_ERR_INVAL);
    T_EQ(sf_set_offers(t.stack, 0, 3, 0), SF_ERR_INVAL);
    T_EQ(sf_set_offers(t.stack, 0, 0, 3), SF_ERR_INVAL);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(what_syns_offer_can_change),
        T_BOTH(a_reply_ends_quick_acknowledgements),
        T_BOTH(text_that_waited_for_the_handshake_ends_them_too),
        T_BOTH(a_syn_has_its_options_in_the_order_that_is_set),
        T_BOTH(what_is_only_answered_is_not_offered),
        T_BOTH(the_window_scale_is_as_set),
        T_BOTH(a_syn_offers_no_more_than_is_set),
        T_BOTH(an_unscaled_window_is_a_multiple_of_the_mss),
        T_BOTH(the_initial_window_is_as_set),
        T_BOTH(acknowledgements_are_as_many_as_set),
        T_BOTH(the_end_of_a_send_is_pushed),
        T_BOTH(half_a_window_is_pushed),
        T_BOTH(the_first_syns_are_evenly_spaced_if_set),
        T_BOTH(an_iss_may_be_fixed_for_tests),
        T_BOTH(a_reset_answers_with_timestamps_unless_told_not_to),
        T_BOTH(an_abort_carries_the_timestamps_of_its_connection),
        T_BOTH(an_echo_without_ack_means_nothing),
        T_BOTH(crossing_syns_begin_with_the_agreed_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
