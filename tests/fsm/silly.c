/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/silly.c - silly windows and their override (RFC 9293 s3.8.6.2.1, s3.8.6.1).
 */
#include "talk.h"

/* A window of 100 is neither a full segment, nor half of the largest (4096), nor enough for
 * the 500 that wait: rule (4), the time-out, overrides. */
static void a_small_window_is_used_when_time_has_passed(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 100);
    t_send(&t, 500);
    t_silence(&t);
    T_TRUE(t_wait(&t).ns <= 1000 * SF_NS_PER_MS); /* the RTO; s3.8.6.2.1: 0.1 to 1.0 s */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100}, .wnd = 4096);
    t_expect(&t, SF_PSH | SF_ACK, .seq = {1100}, .ack = {5000}, .text = 400);
    t_silence(&t);
    t_end(&t);
}

/* Nagle (s3.7.4): rule (2) of s3.8.6.2.1 wants nothing in flight. */
static void a_small_segment_waits_while_one_is_in_flight(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 4096);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 400);
    t_send(&t, 1);
    t_expect(&t, SF_PSH | SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1);
    t_send(&t, 398);
    t_silence(&t); /* Nagle: less than a segment, with one octet in flight */
    t_end(&t);
}

/* A FIN takes a place in the window as an octet does: behind text that fills it, it waits. */
static void a_fin_stays_within_the_window(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 100);
    t_send_flags(&t, 100, SF_SEND_MORE);
    t_shutdown(&t);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100}, .wnd = 1);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1100}, .ack = {5000});
    t_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_BOTH(a_small_window_is_used_when_time_has_passed),
        T_BOTH(a_small_segment_waits_while_one_is_in_flight),
        T_BOTH(a_fin_stays_within_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
