/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/timers.c - what time alone does to an open connection: retransmission, R1, R2,
 * persist, keepalive, user timeout (RFC 9293 s3.8.1, s3.8.3, s3.8.4, s3.8.6.1; RFC 6298).
 */
#include "talk.h"

/* The SYN,ACK was answered at once, so RTO is the minimum, 200 ms (docs/adr). */
static void retransmissions_back_off_and_end(void **state)
{
    struct t_talk t;
    uint64_t span = 200 * SF_NS_PER_MS;
    uint64_t sum = 0;
    bool soft = false;

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    for (uint32_t i = 1; i <= 15; i++) {
        T_EQ_ROW(i, t_wait(&t).ns, span);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
        T_EQ_ROW(i, t_status(&t).retransmits, i);
        T_EQ_ROW(i, (t.ready & SF_READY_SOFT) != 0, i >= 3); /* R1 */
        soft = soft || t_status(&t).soft == SF_ERR_TIMED_OUT;
        sum += span;
        span = span * 2 < 120 * SF_NS_PER_S ? span * 2 : 120 * SF_NS_PER_S;
    }
    T_TRUE(soft);
    T_TRUE(sum >= 100 * SF_NS_PER_S); /* SHLD-11 */
    /* R2: given up, and said so. */
    T_EQ(t_wait(&t).ns, 120 * SF_NS_PER_S);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1100}, .ack = {5000});
    t_silence(&t);
    T_EQ(t_status(&t).state, SF_CLOSED);
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    T_TRUE((t.ready & SF_READY_ERROR) != 0);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* A connection whose hundred octets were sent four times. */
static void sent_three_times_again(struct t_talk *t, void **state)
{
    t_established(t, t_family(state));
    t_send(t, 100);
    t_forget(t);
    for (int i = 0; i < 3; i++) {
        (void)t_wait(t);
        t_forget(t);
    }
}

/* RFC 6298 (5.3): new octets acknowledged, the timer begins anew; (5.5), Karn: of what was sent
 * again there is no sample, so that the doublings stay until there is one. */
static void a_sample_ends_the_back_off(void **state)
{
    struct t_talk t;

    sent_three_times_again(&t, state);
    T_EQ(t_status(&t).retransmits, 3);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    T_EQ(t_status(&t).retransmits, 0);
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_STATE(&t, SF_ESTABLISHED);
    t_send(&t, 100);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1200}); /* a sample, of no time at all */
    t_send(&t, 100);
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 200 * SF_NS_PER_MS);
    t_end(&t);
}

static void without_a_sample_the_back_off_stays(void **state)
{
    struct t_talk t;

    sent_three_times_again(&t, state);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t_advance(&t, SF_S(1));
    t_send(&t, 100);
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 1600 * SF_NS_PER_MS); /* 200 ms, doubled three times */
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 3200 * SF_NS_PER_MS);
    t_end(&t);
}

/* A window's probes double as well, but that says nothing of the path. */
static void probes_leave_no_back_off(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
    t_send(&t, 100);
    for (int i = 0; i < 5; i++) {
        (void)t_wait(&t);
        t_forget(&t);
    }
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 200 * SF_NS_PER_MS);
    t_end(&t);
}

/* RFC 6298 (2.2): RTO is SRTT and four times RTTVAR: 100 + 4 * 50 ms. */
static void the_time_out_follows_the_round_trip(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_forget(&t);
    t_advance(&t, SF_MS(100));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_TRUE(t_status(&t).srtt.ns / SF_NS_PER_MS == 100 ||
           t_status(&t).srtt.ns / SF_NS_PER_MS == 99); /* a microsecond is lost on the way */
    t_send(&t, 100);
    t_forget(&t);
    T_TRUE(t_wait(&t).ns / SF_NS_PER_MS >= 299 && t.now.ns > 0);
    t_end(&t);
}

/* RFC 6298 s3 (Karn): one acknowledgement covers a segment that was sent again and one that
 * waited behind it, at the peer, for 200 ms.  Neither tells how long the path is. */
static void what_waited_for_a_retransmission_gives_no_sample(void **state)
{
    struct t_talk t;
    struct sf_status before;
    uint32_t mss = 0;

    t_established(&t, t_family(state));
    mss = t_status(&t).mss;
    t_send(&t, 2 * mss);
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 200 * SF_NS_PER_MS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
    t_silence(&t); /* the window is one segment */
    before = t_status(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * mss});
    T_EQ(t_status(&t).unacked, 0);
    T_EQ(t_status(&t).srtt.ns, before.srtt.ns);
    T_EQ(t_status(&t).rttvar.ns, before.rttvar.ns);
    t_end(&t);
}

static void close_window(struct t_talk *t, enum sf_family family)
{
    t_established(t, family);
    t->wnd = 0;
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
    t_send(t, 100);
    t_silence(t);
}

/* RFC 9293 s3.8.6.1: probed at growing intervals, for ever as long as it is answered. */
static void a_closed_window_is_probed(void **state)
{
    struct t_talk t;
    uint64_t span = 200 * SF_NS_PER_MS;

    close_window(&t, t_family(state));
    for (uint32_t i = 0; i < 100; i++) {
        T_EQ_ROW(i, t_wait(&t).ns, span);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
        t_silence(&t);
        span = span * 2 < 120 * SF_NS_PER_S ? span * 2 : 120 * SF_NS_PER_S;
    }
    T_STATE(&t, SF_ESTABLISHED);
    t.wnd = 4096;
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    /* The octet of the probes again, and behind it, as Nagle has it, the rest. */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1001}, .ack = {5000}, .text = 99);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    t_end(&t);
}

static void a_probe_that_is_taken_moves_on(void **state)
{
    struct t_talk t;

    close_window(&t, t_family(state));
    (void)t_wait(&t);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1);
    t.wnd = 4096;
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1001}, .ack = {5000}, .text = 99);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    t_end(&t);
}

static void probes_without_answer_end_the_connection(void **state)
{
    struct t_talk t;
    uint32_t probes = 0;

    close_window(&t, t_family(state));
    while (t_wait(&t).ns != UINT64_MAX) {
        struct t_out out = t_next(&t);

        if ((out.seg.flags & SF_RST) != 0) {
            break;
        }
        T_EQ(out.seg.text_octets, 1);
        probes++;
    }
    T_EQ(probes, 15); /* R2 */
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* The FIN needs a place in the window, too. */
static void a_fin_against_a_closed_window_is_probed(void **state)
{
    struct t_talk t;

    close_window(&t, t_family(state));
    t_shutdown(&t);
    t_silence(&t);
    (void)t_wait(&t);
    T_EQ(t_next(&t).seg.text_octets, 1);
    t.wnd = 4096;
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_FIN | SF_ACK | SF_PSH, .seq = {1001}, .ack = {5000}, .text = 99);
    T_STATE(&t, SF_FIN_WAIT_1);
    t_end(&t);
}

/* MUST-25, MUST-28: off by default; two hours by default. */
static void keepalive_is_off(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(sf_stack_deadline(t.stack).ns, UINT64_MAX);
    t_end(&t);
}

static void keepalive_probes_an_idle_connection(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_KEEPALIVE, 1);
    for (int i = 0; i < 3; i++) {
        T_EQ(t_wait(&t).ns, 7200 * SF_NS_PER_S);
        t_expect(&t, SF_ACK, .seq = {999}, .ack = {5000});
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        t_silence(&t);
    }
    /* Whatever the peer says counts as life. */
    t_advance(&t, SF_S(7000));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_recv(&t, 10);
    t_advance(&t, SF_S(300));
    t_forget(&t);
    T_EQ(t_wait(&t).ns, 6900 * SF_NS_PER_S); /* 7200 - 300 */
    t_end(&t);
}

static void keepalive_without_answer_ends_the_connection(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_KEEPALIVE, 1);
    t_option(&t, SF_OPTION_KEEPALIVE_IDLE, 10000);
    t_option(&t, SF_OPTION_KEEPALIVE_INTERVAL, 1000);
    t_option(&t, SF_OPTION_KEEPALIVE_PROBES, 3);
    T_EQ(t_wait(&t).ns, 10 * SF_NS_PER_S);
    for (int i = 0; i < 3; i++) {
        t_expect(&t, SF_ACK, .seq = {999}, .ack = {5000});
        T_EQ(t_wait(&t).ns, SF_NS_PER_S);
    }
    t_expect(&t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5000});
    T_EQ(t_status(&t).state, SF_CLOSED);
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void our_answer_to_a_keepalive_probe(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {4999}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_ACK, .seq = {4999}, .ack = {1000}, .text = 1, .other = true);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    t_end(&t);
}

/* RFC 9293 s3.8.3: in our time, not in the number of retransmissions. */
static void the_user_timeout_ends_the_connection(void **state)
{
    struct t_talk t;
    sf_time begin;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_USER_TIMEOUT, 5000);
    T_EQ(t_wait(&t).ns, UINT64_MAX); /* nothing outstanding: no timeout */
    t_send(&t, 100);
    begin = t.now;
    while (t_wait(&t).ns != UINT64_MAX) {
        if ((t_next(&t).seg.flags & SF_RST) != 0) {
            break;
        }
    }
    T_EQ(t.now.ns - begin.ns, 5 * SF_NS_PER_S);
    T_EQ(t_status(&t).error, SF_ERR_USER_TIMEOUT);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void the_user_timeout_of_a_syn(void **state)
{
    struct t_talk t;
    sf_time begin;

    t_begin(&t, t_family(state));
    t.config.user_timeout = SF_S(10);
    t_syn_sent(&t);
    begin = t.now;
    t_advance(&t, SF_NS(10 * SF_NS_PER_S - 1));
    T_STATE(&t, SF_SYN_SENT);
    t_advance(&t, SF_NS(1));
    t_forget(&t);
    T_EQ(t.now.ns - begin.ns, 10 * SF_NS_PER_S);
    T_EQ(t_status(&t).error, SF_ERR_USER_TIMEOUT);
    t_end(&t);
}

/* An orphan keeps its timers: nobody would close it otherwise. */
static void an_orphan_whose_peer_vanished_is_given_up(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_close(&t);
    t_advance(&t, SF_S(3600));
    t_forget(&t);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(retransmissions_back_off_and_end),
        T_BOTH(a_sample_ends_the_back_off),
        T_BOTH(without_a_sample_the_back_off_stays),
        T_BOTH(probes_leave_no_back_off),
        T_BOTH(the_time_out_follows_the_round_trip),
        T_BOTH(what_waited_for_a_retransmission_gives_no_sample),
        T_BOTH(a_closed_window_is_probed),
        T_BOTH(a_probe_that_is_taken_moves_on),
        T_BOTH(probes_without_answer_end_the_connection),
        T_BOTH(a_fin_against_a_closed_window_is_probed),
        T_BOTH(keepalive_is_off),
        T_BOTH(keepalive_probes_an_idle_connection),
        T_BOTH(keepalive_without_answer_ends_the_connection),
        T_BOTH(our_answer_to_a_keepalive_probe),
        T_BOTH(the_user_timeout_ends_the_connection),
        T_BOTH(the_user_timeout_of_a_syn),
        T_BOTH(an_orphan_whose_peer_vanished_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
