/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/rto.c - what a lost SYN and a long silence do to the first text after them.
 */
#include "talk.h"

/* RFC 6298 (5.7): the SYN's timer has fired, so the 1 second that it began with was short. */
static void after_a_lost_syn_text_waits_three_seconds(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    T_EQ(t_wait(&t).ns, SF_NS_PER_S);
    t_expect(&t, SF_SYN, .seq = {999});
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_send(&t, 100);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(t_wait(&t).ns, 3 * SF_NS_PER_S);
    t_end(&t);
}

static void after_a_lost_syn_ack_text_waits_three_seconds(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_wait(&t).ns, SF_NS_PER_S);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    t_send(&t, 100);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(t_wait(&t).ns, 3 * SF_NS_PER_S);
    t_end(&t);
}

/* RFC 5681 s4.1: no burst after an idle time of more than an RTO, also after 4294968 ms,
 * which are 704 us if counted in 32 bits. */
static void a_long_silence_ends_a_large_window(void **state)
{
    struct t_talk t;
    uint32_t mss = 0;

    t_begin(&t, t_family(state));
    t.wnd = 65535;
    t_open_passive(&t);
    mss = t_status(&t).mss;
    for (uint32_t i = 0; i < 3; i++) {
        t_send(&t, 10 * mss);
        t_forget(&t);
        for (uint32_t n = 1; n <= 10; n++) {
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + (10 * i + n) * mss});
        }
    }
    T_TRUE(t_status(&t).cwnd >= 15 * mss);
    t_advance(&t, SF_MS(4294968));
    t_send(&t, 20 * mss);
    t_pull(&t);
    T_EQ(t.out_count, 10);
    t_end(&t);
}

/* The same while text that nobody reads keeps the working record. */
static void a_silence_counts_although_text_waits_to_be_read(void **state)
{
    for (uint32_t ms = 200; ms <= 201; ms++) {
        struct t_talk t;
        uint32_t mss = 0;
        uint32_t cwnd = 0;

        t_begin(&t, t_family(state));
        t.wnd = 65535;
        t_open_passive(&t);
        mss = t_status(&t).mss;
        t_peer(&t, SF_ACK | SF_PSH, .seq = {5000}, .ack = {1000}, .text = 10);
        t_send(&t, 10 * mss);
        for (uint32_t n = 1; n <= 10; n++) {
            t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000 + n * mss});
        }
        t_forget(&t);
        cwnd = t_status(&t).cwnd / mss;
        T_TRUE(cwnd > 10);
        t_advance(&t, SF_MS(ms)); /* the RTO is 200 ms */
        t_send(&t, 30 * mss);
        t_pull(&t);
        T_EQ_ROW(ms, t.out_count, ms == 200 ? cwnd : 10);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(after_a_lost_syn_text_waits_three_seconds),
        T_BOTH(after_a_lost_syn_ack_text_waits_three_seconds),
        T_BOTH(a_long_silence_ends_a_large_window),
        T_BOTH(a_silence_counts_although_text_waits_to_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
