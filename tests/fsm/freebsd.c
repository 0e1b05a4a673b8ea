/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/freebsd.c - what FreeBSD has otherwise and a configuration may ask for: FINs
 * repeated, windows beyond what can be said, a slower retransmission timer, no SYN with a FIN,
 * a time for opening, SYNs and connections without options.
 */
#include "talk.h"

/* FIN-WAIT-1: the peer's FIN is acknowledged; so is text that came twice.  A challenge never
 * has a FIN, nor has what follows when ours is acknowledged. */
static void an_acknowledgement_repeats_the_fin(void **state)
{
    for (uint8_t again = 0; again < 2; again++) {
        uint8_t fin = again != 0 ? SF_FIN : 0;
        sf_seq seq = {again != 0 ? 1000 : 1001};
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.fin_again = again;
        t_open_passive(&t);
        t_shutdown(&t);
        t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
        t_expect(&t, fin | SF_ACK, .seq = seq, .ack = {5011});
        T_STATE(&t, SF_CLOSING);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
        t_expect(&t, fin | SF_ACK, .seq = seq, .ack = {5011});
        t_peer(&t, SF_SYN, .seq = {5100});
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5011});
        t_peer(&t, SF_ACK, .seq = {5011}, .ack = {1001});
        T_STATE(&t, SF_TIME_WAIT);
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5010}, .ack = {1001});
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5011});
        t_silence(&t);
        t_end(&t);
    }
}

/* What is outstanding is text: no FIN yet. */
static void an_acknowledgement_before_the_fin_has_none(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.fin_again = 1;
    t_open_passive(&t);
    t_send(&t, 100);
    t_expect(&t, SF_PSH | SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5001});
    t_end(&t);
}

/* RFC 6298 s3: the time until a FIN that left twice is acknowledged is no round trip. */
static void a_fin_that_left_twice_measures_nothing(void **state)
{
    for (uint8_t again = 0; again < 2; again++) {
        struct t_talk t;
        sf_span before = {0};

        t_begin(&t, t_family(state));
        t.config.fin_again = again;
        t_open_passive(&t);
        before = t_status(&t).srtt;
        t_shutdown(&t);
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
        t_forget(&t);
        t_advance(&t, SF_MS(150));
        t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1001});
        T_EQ(t_status(&t).srtt.ns == before.ns, again != 0);
        t_end(&t);
    }
}

/* 70,000 octets of buffer: a RST at 5000 + 69,999 is inside the window if what cannot be said
 * counts, and one at 5000 + 65,534 always. */
static void a_window_reaches_beyond_what_a_field_says(void **state)
{
    static const struct {
        uint32_t seq;
        uint8_t unsaid;
        enum sf_verdict verdict;
    } rows[] = {
        {5000 + 65534, 0, SF_DROP_RST_NOT_EXACT}, {5000 + 65535, 0, SF_DROP_OUT_OF_WINDOW},
        {5000 + 65535, 1, SF_DROP_RST_NOT_EXACT}, {5000 + 69999, 1, SF_DROP_RST_NOT_EXACT},
        {5000 + 70000, 1, SF_DROP_OUT_OF_WINDOW},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.window_scaling = SF_OFFER_NO;
        t.config.window_unsaid = rows[i].unsaid;
        t.config.rcvbuf_octets = 70000;
        t.open.rcvbuf_octets = 70000;
        t_syn_sent(&t);
        t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .wnd = 65535);
        T_EQ_ROW(i, t_peer(&t, SF_RST, .seq = {rows[i].seq}), rows[i].verdict);
        t_end(&t);
    }
}

/* The same before the handshake is complete, when the SYNs crossed. */
static void a_crossing_syn_is_given_that_window_too(void **state)
{
    for (uint8_t unsaid = 0; unsaid < 2; unsaid++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.window_scaling = SF_OFFER_NO;
        t.config.window_unsaid = unsaid;
        t.config.rcvbuf_octets = 70000;
        t.open.rcvbuf_octets = 70000;
        t_syn_sent(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000}, .wnd = 65535);
        T_EQ(t_peer(&t, SF_RST, .seq = {5000 + 69999}),
             unsaid != 0 ? SF_DROP_RST_NOT_EXACT : SF_DROP_OUT_OF_WINDOW);
        t_end(&t);
    }
}

/* 1 s, 2 s and the slop, 4 s and the slop (RFC 6298 (5.5) besides). */
static void a_syn_is_repeated_with_slop_from_the_second_time_on(void **state)
{
    static const uint64_t spans_ms[] = {1000, 2200, 4200};
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.rto_slop = SF_MS(200);
    t_syn_sent(&t);
    for (size_t i = 0; i < T_COUNT(spans_ms); i++) {
        T_EQ_ROW(i, t_wait(&t).ns, spans_ms[i] * SF_NS_PER_MS);
        t_expect(&t, SF_SYN, .seq = {999});
    }
    t_end(&t);

    t_begin(&t, t_family(state));
    t.config.rto_slop = SF_MS(200);
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    for (size_t i = 0; i < T_COUNT(spans_ms); i++) {
        T_EQ_ROW(i, t_wait(&t).ns, spans_ms[i] * SF_NS_PER_MS);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    }
    t_end(&t);
}

/* No round trip: the least there is, 200 ms, and the slop; doubled, 400 ms and the slop. */
static void text_is_repeated_with_slop_every_time(void **state)
{
    static const uint64_t spans_ms[] = {230, 430};
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.rto_slop = SF_MS(30);
    t_open_passive(&t);
    t_send(&t, 100);
    t_expect(&t, SF_PSH | SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    for (size_t i = 0; i < T_COUNT(spans_ms); i++) {
        T_EQ_ROW(i, t_wait(&t).ns, spans_ms[i] * SF_NS_PER_MS);
        t_expect(&t, SF_PSH | SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    }
    t_end(&t);
}

/* In every state in which a SYN means something else: LISTEN, SYN-SENT, SYN-RECEIVED,
 * ESTABLISHED, TIME-WAIT. */
static void a_syn_with_a_fin_is_dropped_where_that_is_set(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.drop_syn_fin = 1;
    t_listen(&t);
    T_EQ(t_peer(&t, SF_SYN | SF_FIN, .seq = {4999}), SF_DROP_SYN_FIN);
    T_STATE(&t, SF_CLOSED);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_SYN | SF_FIN, .seq = {4999}), SF_DROP_SYN_FIN);
    T_STATE(&t, SF_SYN_RECEIVED);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_EQ(t_peer(&t, SF_SYN | SF_FIN, .seq = {5000}), SF_DROP_SYN_FIN);
    t_shutdown(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_close(&t);
    T_EQ(t_peer(&t, SF_SYN | SF_FIN, .seq = {6000}), SF_DROP_SYN_FIN);
    t_silence(&t);
    T_STATE(&t, SF_TIME_WAIT);
    t_end(&t);

    t_begin(&t, t_family(state));
    t.config.drop_syn_fin = 1;
    t_syn_sent(&t);
    T_EQ(t_peer(&t, SF_SYN | SF_FIN, .seq = {4999}), SF_DROP_SYN_FIN);
    t_silence(&t);
    T_STATE(&t, SF_SYN_SENT);
    t_peer(&t, SF_SYN, .seq = {4999}); /* alone, it is one */
    T_STATE(&t, SF_SYN_RECEIVED);
    t_end(&t);
}

/* 5 s: SYNs at 0, 1 and 3 s, and no RST at the end.  Half of that, as it chooses. */
static void an_open_takes_no_longer_than_is_set(void **state)
{
    for (int chosen = 0; chosen < 2; chosen++) {
        struct t_talk t;
        uint64_t ms = chosen != 0 ? 2500 : 5000;

        t_begin(&t, t_family(state));
        t.config.open_timeout = SF_S(5);
        t_syn_sent(&t);
        if (chosen != 0) {
            t_option(&t, SF_OPTION_OPEN_TIMEOUT, 2500);
        }
        t_advance(&t, SF_NS(ms * SF_NS_PER_MS - 1));
        T_STATE(&t, SF_SYN_SENT);
        T_EQ(t.out_count, chosen != 0 ? 1 : 2);
        t_forget(&t);
        t_advance(&t, SF_NS(1));
        T_STATE(&t, SF_CLOSED);
        T_EQ(t_status(&t).error, SF_ERR_USER_TIMEOUT);
        t_silence(&t);
        t_end(&t);
    }
}

/* The shorter of both counts; the user timeout does not end with the handshake. */
static void the_user_timeout_may_be_shorter(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.open_timeout = SF_S(5);
    t.config.user_timeout = SF_S(3);
    t_syn_sent(&t);
    t_advance(&t, SF_S(3));
    T_EQ(t_status(&t).error, SF_ERR_USER_TIMEOUT);
    t_end(&t);
}

/* By a listener, by SYN,ACK, or by SYNs that cross; the peer answers after 900 ms. */
static void opened(struct t_talk *t, int how)
{
    if (how == 0) {
        t_open_passive(t);
        return;
    }
    t_syn_sent(t);
    t_advance(t, SF_MS(900));
    if (how == 1) {
        t_peer(t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
        return;
    }
    t_peer(t, SF_SYN, .seq = {4999});
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1000});
}

/* What is sent afterwards has as long as ever. */
static void it_counts_until_the_connection_is_open(void **state)
{
    for (int how = 0; how < 3; how++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.open_timeout = SF_S(5);
        opened(&t, how);
        t_send(&t, 100);
        t_advance(&t, SF_S(6));
        T_STATE(&t, SF_ESTABLISHED);
        T_EQ(t_status(&t).error, SF_OK);
        t_end(&t);
    }
}

/* Twice with them, then with the MSS alone; what the peer answers to the first still counts. */
static void a_syn_without_answer_loses_its_options(void **state)
{
    uint8_t all = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK | SF_OPT_TS;
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.timestamps = SF_OFFER_YES;
    t.config.window_scaling = SF_OFFER_YES;
    t.config.sack = SF_OFFER_YES;
    t.config.syn_plain = 2;
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    for (size_t i = 0; i < 5; i++) {
        T_EQ_ROW(i, t_next(&t).seg.options, i <= 2 ? all : SF_OPT_MSS);
        (void)t_wait(&t);
    }
    t_forget(&t);
    t.options = SF_OPT_MSS | SF_OPT_SACK_OK;
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    T_EQ(t_status(&t).sack, 1);
    T_EQ(t_status(&t).timestamps, 0);
    t_end(&t);
}

/* Everything is offered, by both, but on connections that want no options: the peer's MSS alone
 * counts.  How: an active open, one whose SYNs cross, a listener; and once more, taken back. */
static void a_plain_connection_has_no_options(void **state)
{
    uint8_t all = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK | SF_OPT_TS;

    for (int how = 0; how < 6; how++) {
        uint8_t flags = how % 3 == 0 ? SF_SYN | SF_ACK : SF_SYN;
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.timestamps = SF_OFFER_YES;
        t.config.window_scaling = SF_OFFER_YES;
        t.config.sack = SF_OFFER_YES;
        if (how % 3 == 2) {
            t_listen(&t);
            t.conn = t.listener;
        } else {
            t_start(&t);
            t.open.remote = t.them;
            T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
        }
        T_EQ(sf_set_option(t.stack, t.conn, SF_OPTION_PLAIN, 1, t.now), SF_OK);
        T_EQ(sf_set_option(t.stack, t.conn, SF_OPTION_PLAIN, how < 3, t.now), SF_OK);
        if (how % 3 != 2) {
            T_EQ_ROW((size_t)how, t_next(&t).seg.options, how < 3 ? 0 : all);
        }
        t.options = all;
        t.mss = 700;
        t_peer(&t, flags, .seq = {4999}, .ack = {1000});
        if (flags == SF_SYN) {
            T_EQ_ROW((size_t)how, t_next(&t).seg.options, how < 3 ? 0 : all);
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .no_ts = how < 3);
        }
        t_forget(&t);
        if (how % 3 == 2) {
            t_accept(&t);
        }
        T_STATE(&t, SF_ESTABLISHED);
        T_EQ_ROW((size_t)how, t_status(&t).timestamps, how >= 3);
        T_EQ_ROW((size_t)how, t_status(&t).sack, how >= 3);
        T_EQ_ROW((size_t)how, t_status(&t).wscale, how >= 3);
        T_EQ_ROW((size_t)how, t_status(&t).mss, how < 3 ? 700 : 688);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(an_acknowledgement_repeats_the_fin),
        T_BOTH(an_acknowledgement_before_the_fin_has_none),
        T_BOTH(a_fin_that_left_twice_measures_nothing),
        T_BOTH(a_window_reaches_beyond_what_a_field_says),
        T_BOTH(a_crossing_syn_is_given_that_window_too),
        T_BOTH(a_syn_is_repeated_with_slop_from_the_second_time_on),
        T_BOTH(text_is_repeated_with_slop_every_time),
        T_BOTH(a_syn_with_a_fin_is_dropped_where_that_is_set),
        T_BOTH(an_open_takes_no_longer_than_is_set),
        T_BOTH(the_user_timeout_may_be_shorter),
        T_BOTH(it_counts_until_the_connection_is_open),
        T_BOTH(a_syn_without_answer_loses_its_options),
        T_BOTH(a_plain_connection_has_no_options),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
