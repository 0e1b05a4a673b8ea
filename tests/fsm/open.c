/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/open.c - the ways into ESTABLISHED, and the ways not to get there (RFC 9293
 * s3.5, s3.10.7.2, s3.10.7.3, and SYN-RECEIVED of s3.10.7.4).
 */
#include "talk.h"

static void passive_open_takes_three_segments(void **state) /* RFC 9293 s3.5, Figure 6 */
{
    struct t_talk t;
    uint16_t mss = t_family(state) == SF_IPV4 ? 1460 : 1440; /* 1500 - 20 - 20, - 40 - 20 */

    t_begin(&t, t_family(state));
    t_listen(&t);
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000}, .wnd = 4096,
             .options = SF_OPT_MSS, .mss = mss);
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(t.listener_ready & SF_READY_ACCEPT, 0);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    t_silence(&t);
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t.listener_ready & SF_READY_ACCEPT, SF_READY_ACCEPT);
    t_accept(&t);
    T_EQ(sf_ready(t.stack, t.conn), SF_READY_OPEN | SF_READY_WRITE);
    T_EQ(sf_accept(t.stack, t.listener, &t.conn, t.now), SF_ERR_AGAIN);
    t_end(&t);
}

static void active_open_takes_three_segments(void **state) /* RFC 9293 s3.5, Figure 6 */
{
    struct t_talk t;
    uint16_t mss = t_family(state) == SF_IPV4 ? 1460 : 1440;

    t_begin(&t, t_family(state));
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    t_expect(&t, SF_SYN, .seq = {999}, .wnd = 4096, .options = SF_OPT_MSS, .mss = mss);
    T_STATE(&t, SF_SYN_SENT);
    T_EQ(t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000}), SF_PASS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .wnd = 4096);
    t_silence(&t);
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t.ready & (SF_READY_OPEN | SF_READY_WRITE), SF_READY_OPEN | SF_READY_WRITE);
    t_end(&t);
}

static void simultaneous_open_ends_in_one_connection(void **state) /* s3.5, Figure 7 */
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_STATE(&t, SF_SYN_RECEIVED);
    /* states.tsv: the other half of a simultaneous open is read and acknowledged. */
    T_EQ(t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000}), SF_PASS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t.ready & SF_READY_OPEN, SF_READY_OPEN);
    /* Both ways work. */
    t_send(&t, 10);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010}, .text = 20);
    t_recv(&t, 20);
    T_EQ(sf_stack_counters(t.stack)->opened_active, 1);
    t_end(&t);
}

static void simultaneous_open_ends_with_a_plain_ack_too(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    t_silence(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

/* MUST-23: the SYN has its three minutes although the peer's crossed it late: seven in all, the
 * last two as SYN,ACK. */
static void syns_that_cross_late_are_not_given_up_sooner(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    for (int i = 0; i < 5; i++) {
        (void)t_wait(&t);
        t_expect(&t, SF_SYN, .seq = {999});
    }
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    (void)t_wait(&t);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_STATE(&t, SF_SYN_RECEIVED);
    t_end(&t);
}

static void a_simultaneous_open_is_refused_by_a_reset(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}), SF_DROP_RESET);
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_EQ(t_status(&t).error, SF_ERR_REFUSED);
    t_end(&t);
}

/* RFC 9293 s3.10.7.3: a RST counts in SYN-SENT if it acknowledges the SYN. */
static void syn_sent_believes_a_reset_that_acknowledges_its_syn(void **state)
{
    static const struct {
        uint8_t flags;
        uint32_t ack;
        enum sf_verdict verdict;
        enum sf_state after;
    } rows[] = {
        {SF_RST, 1000, SF_DROP_SYN_SENT, SF_SYN_SENT},
        {SF_RST | SF_ACK, 999, SF_DROP_SYN_SENT, SF_SYN_SENT},
        {SF_RST | SF_ACK, 1000, SF_DROP_RESET, SF_CLOSED},
        {SF_RST | SF_ACK, 1001, SF_DROP_SYN_SENT, SF_SYN_SENT},
        {SF_RST | SF_SYN | SF_ACK, 1000, SF_DROP_RESET, SF_CLOSED},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_syn_sent(&t);
        T_EQ_ROW(row, t_peer(&t, rows[row].flags, .seq = {0}, .ack = {rows[row].ack}),
                 rows[row].verdict);
        t_silence(&t);
        T_EQ_ROW(row, t_status(&t).state, rows[row].after);
        if (rows[row].after == SF_CLOSED) {
            T_EQ_ROW(row, t_status(&t).error, SF_ERR_REFUSED);
            T_TRUE((t.ready & SF_READY_ERROR) != 0);
            t_close(&t);
            T_NOTHING_LEFT(&t);
        }
        t_end(&t);
    }
}

/* RFC 9293 s3.10.7.3, first: an ACK of something else is answered with a RST. */
static void syn_sent_resets_who_acknowledges_something_else(void **state)
{
    static const struct {
        uint8_t flags;
        uint32_t ack;
        bool reset;
    } rows[] = {
        {SF_ACK, 999, true},
        {SF_ACK, 1000, false},
        {SF_ACK, 1001, true},
        {SF_SYN | SF_ACK, 999, true},
        {SF_SYN | SF_ACK, 1001, true},
        {SF_FIN | SF_ACK, 1000, false},
        {SF_FIN | SF_ACK, 1001, true},
        {SF_FIN, 0, false},
        {0, 0, false},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_syn_sent(&t);
        T_EQ_ROW(row, t_peer(&t, rows[row].flags, .seq = {4999}, .ack = {rows[row].ack}),
                 SF_DROP_SYN_SENT);
        if (rows[row].reset) {
            t_expect(&t, SF_RST, .seq = {rows[row].ack});
        }
        t_silence(&t);
        T_STATE(&t, SF_SYN_SENT);
        t_end(&t);
    }
}

/* RFC 6298 (5.5): 1, 2, 4 ... seconds, the last one cut to rto_max; with 7 retries more
 * than the 3 minutes of RFC 9293 MUST-23. */
static void a_syn_without_answer_is_repeated_and_then_given_up(void **state)
{
    struct t_talk t;
    sf_time begin;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    begin = t.now;
    for (uint64_t i = 0; i < 7; i++) {
        T_EQ(t_wait(&t).ns, SF_NS_PER_S << i);
        t_expect(&t, SF_SYN, .seq = {999});
    }
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_EQ(t.now.ns - begin.ns, 247 * SF_NS_PER_S); /* 1 + 2 + 4 + 8 + 16 + 32 + 64 + 120 */
    T_EQ(t_status(&t).state, SF_CLOSED);
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    T_TRUE((t.ready & SF_READY_ERROR) != 0);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void a_syn_ack_without_answer_is_repeated_and_then_forgotten(void **state)
{
    struct t_talk t;
    sf_time begin;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    begin = t.now;
    for (uint64_t i = 0; i < 5; i++) {
        T_EQ(t_wait(&t).ns, SF_NS_PER_S << i);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    }
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_EQ(t.now.ns - begin.ns, 63 * SF_NS_PER_S); /* 1 + 2 + 4 + 8 + 16 + 32 */
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* states.tsv, SYN-RECEIVED, SEG_SYN: the same SYN again, another one, one in the window. */
static void a_second_syn_in_syn_received(void **state)
{
    static const struct {
        uint32_t seq;
        uint8_t answer;
        uint32_t our_seq;
        enum sf_state after;
    } rows[] = {
        {4999, SF_SYN | SF_ACK, 999, SF_SYN_RECEIVED},
        {4998, SF_ACK, 1000, SF_SYN_RECEIVED},
        {5000, 0, 0, SF_CLOSED},
        {9095, 0, 0, SF_CLOSED}, /* 5000 + 4096 - 1 */
        {9096, SF_ACK, 1000, SF_SYN_RECEIVED},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
        t_peer(&t, SF_SYN, .seq = {rows[row].seq});
        if (rows[row].answer != 0) {
            t_expect(&t, rows[row].answer, .seq = {rows[row].our_seq}, .ack = {5000});
        }
        t_silence(&t);
        T_EQ_ROW(row, t_state(&t), rows[row].after);
        t_end(&t);
    }
}

/* RFC 9293 s3.10.7.4, fifth, SYN-RECEIVED: an ACK of something else is reset. */
static void an_unacceptable_ack_in_syn_received_is_reset(void **state)
{
    static const struct {
        uint32_t ack;
        enum sf_verdict verdict;
        enum sf_state after;
    } rows[] = {
        {999, SF_DROP_ACK_BAD_SYN, SF_SYN_RECEIVED},
        {1000, SF_PASS, SF_ESTABLISHED},
        {1001, SF_DROP_ACK_BAD_SYN, SF_SYN_RECEIVED},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
        T_EQ_ROW(row, t_peer(&t, SF_ACK, .seq = {5000}, .ack = {rows[row].ack}),
                 rows[row].verdict);
        if (rows[row].after == SF_SYN_RECEIVED) {
            t_expect(&t, SF_RST, .seq = {rows[row].ack});
        }
        t_silence(&t);
        T_EQ_ROW(row, t_state(&t), rows[row].after);
        t_end(&t);
    }
}

/* RFC 5961 s3.2 in SYN-RECEIVED; the listener is not affected. */
static void a_reset_in_syn_received_has_to_be_exact(void **state)
{
    static const struct {
        uint32_t seq;
        bool challenged;
        enum sf_verdict verdict;
        enum sf_state after;
    } rows[] = {
        {4999, false, SF_DROP_OUT_OF_WINDOW, SF_SYN_RECEIVED},
        {5000, false, SF_DROP_RESET, SF_CLOSED},
        {5001, true, SF_DROP_RST_NOT_EXACT, SF_SYN_RECEIVED},
        {9095, true, SF_DROP_RST_NOT_EXACT, SF_SYN_RECEIVED},
        {9096, false, SF_DROP_OUT_OF_WINDOW, SF_SYN_RECEIVED},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
        T_EQ_ROW(row, t_peer(&t, SF_RST, .seq = {rows[row].seq}), rows[row].verdict);
        if (rows[row].challenged) {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
        }
        t_silence(&t);
        T_EQ_ROW(row, t_state(&t), rows[row].after);
        t_another(&t, 40001);
        t_open_passive(&t);
        t_end(&t);
    }
}

static void text_may_come_with_the_ack_of_the_handshake(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&t, SF_ACK | SF_PSH, .seq = {5000}, .ack = {1000}, .text = 100);
    t_accept(&t);
    T_TRUE((sf_ready(t.stack, t.conn) & SF_READY_READ) != 0);
    t_recv(&t, 100);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

static void fin_may_come_with_the_ack_of_the_handshake(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000}, .text = 7);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5008}); /* 5000 + 7 + 1 */
    t_silence(&t);
    t_accept(&t);
    T_STATE(&t, SF_CLOSE_WAIT);
    t_recv(&t, 7);
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    t_end(&t);
}

/* RFC 9293 s3.10.7.2 */
static void a_listener_answers_only_a_syn(void **state)
{
    static const struct {
        uint8_t flags;
        bool reset;
        enum sf_verdict verdict;
    } rows[] = {
        {SF_ACK, true, SF_DROP_LISTEN},
        {SF_SYN | SF_ACK, true, SF_DROP_LISTEN},
        {SF_RST, false, SF_DROP_LISTEN},
        {SF_RST | SF_ACK, false, SF_DROP_LISTEN},
        {SF_FIN, false, SF_DROP_LISTEN},
        {SF_FIN | SF_ACK, true, SF_DROP_LISTEN},
        {0, false, SF_DROP_LISTEN},
        {SF_SYN | SF_RST, false, SF_DROP_LISTEN},
        {SF_URG | SF_PSH, false, SF_DROP_LISTEN},
    };
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        T_EQ_ROW(row, t_peer(&t, rows[row].flags, .seq = {4999}, .ack = {1234}),
                 rows[row].verdict);
        if (rows[row].reset) {
            t_expect(&t, SF_RST, .seq = {1234});
        }
        t_silence(&t);
        T_STATE(&t, SF_CLOSED);
    }
    t_open_passive(&t);
    t_end(&t);
}

/* RFC 9293 s3.10.7.1 */
static void without_a_connection_everything_but_a_reset_is_reset(void **state)
{
    static const struct {
        uint8_t flags;
        uint32_t text;
        uint8_t answer;
        uint32_t seq, ack;
    } rows[] = {
        {SF_SYN, 0, SF_RST | SF_ACK, T_SEQ_0, 5001},
        {SF_SYN | SF_FIN, 0, SF_RST | SF_ACK, T_SEQ_0, 5002},
        {SF_ACK, 0, SF_RST, 1234, 0},
        {SF_SYN | SF_ACK, 0, SF_RST, 1234, 0},
        {SF_FIN, 0, SF_RST | SF_ACK, T_SEQ_0, 5001},
        {SF_FIN | SF_ACK, 10, SF_RST, 1234, 0},
        {0, 10, SF_RST | SF_ACK, T_SEQ_0, 5010},
        {0, 0, SF_RST | SF_ACK, T_SEQ_0, 5000},
        {SF_RST, 0, 0, 0, 0},
        {SF_RST | SF_ACK, 0, 0, 0, 0},
    };
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_start(&t);
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        T_EQ_ROW(
            row,
            t_peer(&t, rows[row].flags, .seq = {5000}, .ack = {1234}, .text = rows[row].text),
            SF_DROP_NO_CONNECTION);
        if (rows[row].answer != 0) {
            t_expect(&t, rows[row].answer, .seq = {rows[row].seq}, .ack = {rows[row].ack});
        }
        t_silence(&t);
    }
    t_end(&t);
}

/* RFC 9293 s3.10.4, s3.10.5 in SYN-SENT: no segment leaves. */
static void close_and_abort_in_syn_sent_say_nothing(void **state)
{
    for (int abort = 0; abort < 2; abort++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_syn_sent(&t);
        if (abort != 0) {
            t_abort(&t);
        } else {
            t_close(&t);
        }
        T_EQ(t_wait(&t).ns, UINT64_MAX);
        T_STATE(&t, SF_CLOSED);
        T_NOTHING_LEFT(&t);
        t_end(&t);
    }
}

/* Octets sent before ESTABLISHED wait for it. */
static void text_given_before_the_handshake_follows_it(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    t_send(&t, 100);
    t_silence(&t);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    t_silence(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

static void close_in_syn_received_sends_fin_once_open(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_send(&t, 10);
    t_shutdown(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_FIN | SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
    t_silence(&t);
    T_STATE(&t, SF_FIN_WAIT_1);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(passive_open_takes_three_segments),
        T_BOTH(active_open_takes_three_segments),
        T_BOTH(simultaneous_open_ends_in_one_connection),
        T_BOTH(simultaneous_open_ends_with_a_plain_ack_too),
        T_BOTH(syns_that_cross_late_are_not_given_up_sooner),
        T_BOTH(a_simultaneous_open_is_refused_by_a_reset),
        T_BOTH(syn_sent_believes_a_reset_that_acknowledges_its_syn),
        T_BOTH(syn_sent_resets_who_acknowledges_something_else),
        T_BOTH(a_syn_without_answer_is_repeated_and_then_given_up),
        T_BOTH(a_syn_ack_without_answer_is_repeated_and_then_forgotten),
        T_BOTH(a_second_syn_in_syn_received),
        T_BOTH(an_unacceptable_ack_in_syn_received_is_reset),
        T_BOTH(a_reset_in_syn_received_has_to_be_exact),
        T_BOTH(text_may_come_with_the_ack_of_the_handshake),
        T_BOTH(fin_may_come_with_the_ack_of_the_handshake),
        T_BOTH(a_listener_answers_only_a_syn),
        T_BOTH(without_a_connection_everything_but_a_reset_is_reset),
        T_BOTH(close_and_abort_in_syn_sent_say_nothing),
        T_BOTH(text_given_before_the_handshake_follows_it),
        T_BOTH(close_in_syn_received_sends_fin_once_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
