/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/insecure.c - RFC 793's rules for RST and SYN in the window, where a configuration
 * for tests alone asks for them (docs/adr/0006).
 *
 * RCV.NXT is 5000 and RCV.WND 4096, so that the last number in the window is 9095.
 */
#include "talk.h"

static void begin(struct t_talk *t, void **state)
{
    t_begin(t, t_family(state));
    t->config.testing = 1;
    t->config.insecure_rst = 1;
    t->config.insecure_syn = 1;
}

/* RFC 793 s3.4: "a reset is valid if its sequence number is in the window". */
static void any_reset_in_the_window_resets(void **state)
{
    static const struct {
        uint32_t seq;
        enum sf_verdict verdict;
        enum sf_state state;
    } rows[] = {
        {4999, SF_DROP_OUT_OF_WINDOW, SF_ESTABLISHED},
        {5000, SF_DROP_RESET, SF_CLOSED},
        {5001, SF_DROP_RESET, SF_CLOSED},
        {9095, SF_DROP_RESET, SF_CLOSED},
        {9096, SF_DROP_OUT_OF_WINDOW, SF_ESTABLISHED},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, state);
        t_open_passive(&t);
        T_EQ_ROW(i, t_peer(&t, SF_RST, .seq = {rows[i].seq}), rows[i].verdict);
        t_silence(&t);
        T_STATE(&t, rows[i].state);
        if (rows[i].state == SF_CLOSED) {
            T_EQ(t_status(&t).error, SF_ERR_RESET);
        }
        t_end(&t);
    }
}

/* The record of a passive open offers 4096, too. */
static void any_reset_in_the_window_ends_a_passive_open(void **state)
{
    static const struct {
        uint32_t seq;
        enum sf_state state;
    } rows[] = {
        {4999, SF_SYN_RECEIVED}, {5000, SF_CLOSED},       {5001, SF_CLOSED},
        {9095, SF_CLOSED},       {9096, SF_SYN_RECEIVED},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, state);
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
        t_peer(&t, SF_RST, .seq = {rows[i].seq});
        t_silence(&t);
        T_STATE(&t, rows[i].state);
        t_end(&t);
    }
}

/* RFC 793 s3.9, fourth: "If the SYN is in the window it is an error, send a reset"; outside
 * of it the first check has sent an acknowledgement. */
static void a_syn_in_the_window_is_answered_by_a_reset(void **state)
{
    static const struct {
        uint32_t seq;
        bool inside;
    } rows[] = {{4999, false}, {5000, true}, {5001, true}, {9095, true}, {9096, false}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, state);
        t_open_passive(&t);
        T_EQ_ROW(i, t_peer(&t, SF_SYN, .seq = {rows[i].seq}), SF_DROP_SYN_IN_WINDOW);
        if (rows[i].inside) {
            t_expect(&t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5000});
            T_EQ(t_status(&t).error, SF_ERR_RESET);
        } else {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
        }
        t_silence(&t);
        T_STATE(&t, rows[i].inside ? SF_CLOSED : SF_ESTABLISHED);
        t_end(&t);
    }
}

/* What RFC 1337 is there against stays as it is: neither RST nor SYN end TIME-WAIT, which is
 * held by the application first and alone afterwards. */
static void nothing_assassinates_time_wait(void **state)
{
    for (int held = 0; held < 2; held++) {
        struct t_talk t;

        begin(&t, state);
        t_open_passive(&t);
        t_shutdown(&t);
        t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
        if (held == 0) {
            t_close(&t);
        }
        T_EQ(t_peer(&t, SF_RST, .seq = {5001}), SF_DROP_RST_TIME_WAIT);
        T_EQ(t_peer(&t, SF_RST, .seq = {5002}), SF_DROP_RST_TIME_WAIT);
        t_silence(&t);
        T_EQ(t_peer(&t, SF_SYN | SF_ACK, .seq = {5002}, .ack = {1001}), SF_DROP_SYN_IN_WINDOW);
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
        T_STATE(&t, SF_TIME_WAIT);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(any_reset_in_the_window_resets),
        T_BOTH(any_reset_in_the_window_ends_a_passive_open),
        T_BOTH(a_syn_in_the_window_is_answered_by_a_reset),
        T_BOTH(nothing_assassinates_time_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
