/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/urgent.c - the urgent mark reaches the application whatever carries it (RFC 9293
 * s3.8.5, MUST-32; s3.4, MUST-66).
 */
#include "talk.h"

/* One notification when urgent octets become pending, one when the mark moves on, none when
 * it is repeated. */
static void a_mark_without_text_is_told(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t.ready = 0;
    t_peer(&t, SF_ACK | SF_URG, .seq = {5000}, .ack = {1000}, .urg = 10);
    T_TRUE((t.ready & SF_READY_URGENT) != 0);
    t.ready = 0;
    t_peer(&t, SF_ACK | SF_URG, .seq = {5000}, .ack = {1000}, .urg = 10);
    T_EQ(t.ready & SF_READY_URGENT, 0);
    t_peer(&t, SF_ACK | SF_URG, .seq = {5000}, .ack = {1000}, .urg = 11);
    T_TRUE((t.ready & SF_READY_URGENT) != 0);
    t_end(&t);
}

static void a_mark_beyond_a_gap_is_told(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t.ready = 0;
    t_peer(&t, SF_ACK | SF_URG, .seq = {5100}, .ack = {1000}, .text = 10, .urg = 10);
    T_TRUE((t.ready & SF_READY_URGENT) != 0);
    t_end(&t);
}

static void a_mark_against_a_closed_window_is_told(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    for (uint32_t i = 0; i < 4; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 1024 * i}, .ack = {1000}, .text = 1024);
    }
    t_forget(&t);
    T_EQ(t_status(&t).rcv_wnd, 0);
    t.ready = 0;
    T_EQ(t_peer(&t, SF_ACK | SF_URG, .seq = {9096}, .ack = {1000}, .text = 1, .urg = 1),
         SF_DROP_ZERO_WINDOW);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {9096}, .wnd = T_WND_0);
    T_TRUE((t.ready & SF_READY_URGENT) != 0);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_mark_without_text_is_told),
        T_BOTH(a_mark_beyond_a_gap_is_told),
        T_BOTH(a_mark_against_a_closed_window_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
