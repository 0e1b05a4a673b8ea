/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/find_opening.c - findings about opening: each raised once, and missed once.
 */
#include "t.h"

#include "tale.h"

#define HANDSHAKE "0.000 c S\n0.010 s SA\n0.020 c A\n"
#define TALK      "0.030 c PA +100\n0.040 s A\n0.050 s PA +300\n0.060 c A\n"
#define CLOSE     "0.100 c FA\n0.110 s A\n0.120 s FA\n0.130 c A\n"

static struct tale tale;

static void a_clean_connection_has_no_finding_that_warns(void **state)
{
    (void)state;
    tale_tell(&tale, HANDSHAKE TALK CLOSE);
    tale_is_clean(&tale);
}

/* Linux since 6.5: four linear time-outs, then 2 s (tcp_syn_linear_timeouts). */
static void a_repeated_syn_is_lost_and_its_times_tell_the_system(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(
        &tale, SF_FIND_SYN_LOST, SF_CLIENT,
        "0 c S lost\n1.01 c S seq=0 lost\n2.02 c S seq=0 lost\n3.04 c S seq=0 lost\n"
        "4.05 c S seq=0 lost\n5.06 c S seq=0 lost\n7.1 c S seq=0\n"
        "7.11 s SA\n7.12 c A\n");
    T_EQ(f->values[0], 6);
    T_EQ(f->values[1], 7100000000);
    T_EQ(f->variant, 1);
    T_EQ(f->severity, SF_WARNING);

    f = tale_raises(
        &tale, SF_FIND_SYN_LOST, SF_CLIENT,
        "0 c S lost\n1.02 c S seq=0 lost\n3.03 c S seq=0 lost\n7.2 c S seq=0 lost\n");
    T_EQ(f->variant, 2);
    T_EQ(f->severity, SF_ERROR); /* and nobody answered */

    /* The first repetition is the same in both, and 1 s then 1.5 s is neither. */
    f = tale_raises(&tale, SF_FIND_SYN_LOST, SF_CLIENT, "0 c S lost\n1 c S seq=0 lost\n");
    T_EQ(f->variant, 0);
    f = tale_raises(&tale, SF_FIND_SYN_LOST, SF_CLIENT,
                    "0 c S lost\n1 c S seq=0 lost\n2.5 c S seq=0 lost\n");
    T_EQ(f->variant, 0);
}

static void a_syn_repeated_after_its_answer_is_none_that_was_lost(void **state)
{
    (void)state;
    tale_misses(&tale, SF_FIND_SYN_LOST,
                "0 c S\n0.01 s SA lost\n1 c S seq=0\n1.01 s SA seq=0\n1.02 c A ack=1\n");
    tale_misses(&tale, SF_FIND_SYN_LOST, HANDSHAKE);
}

static void an_answer_that_does_not_help_was_lost(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_SYNACK_LOST, SF_SERVER,
                    "0 c S\n0.01 s SA lost\n1 c S seq=0\n1.01 s SA seq=0\n1.02 c A ack=1\n");
    T_EQ(f->values[0], 1);
    T_EQ(f->variant, 0);

    f = tale_raises(&tale, SF_FIND_SYNACK_LOST, SF_SERVER,
                    "0 c S\n0.01 s SA lost\n1.01 s SA seq=0 lost\n3.01 s SA seq=0 lost\n");
    T_EQ(f->variant, 1);
    T_EQ(f->values[0], 2);
    T_EQ(f->values[1], 3000000000);

    tale_misses(&tale, SF_FIND_SYNACK_LOST,
                "0 c S\n0.01 s SA\n0.02 c A lost\n1.01 s SA seq=0\n1.02 c A ack=1\n");
}

static void a_repeated_syn_ack_shows_that_the_third_segment_was_lost(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_THIRD_ACK_LOST, SF_CLIENT,
                    "0 c S\n0.01 s SA\n0.02 c A lost\n1.01 s SA seq=0\n1.02 c A ack=1\n");
    T_EQ(f->values[0], 1000000000);
    T_EQ(f->variant, 0);

    /* It died before the capture. */
    f = tale_raises(&tale, SF_FIND_THIRD_ACK_LOST, SF_CLIENT,
                    "0 c S\n0.01 s SA\n1.01 s SA seq=0\n1.02 c A ack=1\n");
    T_EQ(f->variant, 1);
    f = tale_raises(&tale, SF_FIND_THIRD_ACK_LOST, SF_CLIENT,
                    "0 c S\n0.01 s SA\n1.01 s SA seq=0\n1.02 c PA +10 ack=1\n");
    T_EQ(f->variant, 2);

    /* The SYN,ACK was already on its way again when the third segment came. */
    tale_misses(&tale, SF_FIND_THIRD_ACK_LOST,
                "0 c S\n0.01 s SA lost\n1.0 c S seq=0\n1.001 s SA seq=0\n1.002 c A ack=1\n"
                "1.003 s SA seq=0\n");
}

static void a_rst_to_the_syn_refuses(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_REFUSED, SF_SERVER,
                                             "0 c S isn=5000\n0.003 s RA isn=0 ack=1\n");
    T_EQ(f->values[0], 3000000);
    T_EQ(f->n_segments, 2);
    T_EQ(f->segments[0], 1);
    T_EQ(f->segments[1], 2);

    /* One that acknowledges something else does not. */
    tale_misses(&tale, SF_FIND_REFUSED, "0 c S isn=5000\n0.003 s RA isn=0 ack=9\n");
}

static void an_icmp_error_refuses_unless_the_connection_opens_after_all(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_REFUSED_ICMP, SF_SERVER, "0 c S lost\n0.01 c - icmp=3/13\n");
    T_EQ(f->values[0], 3);
    T_EQ(f->values[1], 13);

    tale_misses(&tale, SF_FIND_REFUSED_ICMP,
                "0 c S lost\n0.01 c - icmp=3/0\n1 c S seq=0\n1.01 s SA\n1.02 c A\n");
    tale_misses(&tale, SF_FIND_REFUSED_ICMP, "0 c S lost\n0.01 c - icmp=3/4\n");
}

static void a_server_that_ignores_the_third_segment_has_a_full_accept_queue(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_ACCEPTQ_FULL, SF_SERVER,
                    "0 c S\n0.01 s SA\n0.02 c A lost\n1.01 s SA seq=0\n1.02 c A ack=1 lost\n"
                    "3.01 s SA seq=0\n3.02 c A ack=1 lost\n");
    T_EQ(f->values[1], 2);
    assert_null(tale_find(&tale, SF_FIND_THIRD_ACK_LOST));

    /* With text it is clear at the first repetition. */
    tale_raises(&tale, SF_FIND_ACCEPTQ_FULL, SF_SERVER,
                "0 c S\n0.01 s SA\n0.02 c A lost\n0.03 c PA +9 lost\n0.25 c PA +9 seq=1 lost\n"
                "1.01 s SA seq=0\n");
    tale_misses(&tale, SF_FIND_ACCEPTQ_FULL,
                "0 c S\n0.01 s SA\n0.02 c A lost\n1.01 s SA seq=0\n1.02 c A ack=1\n");
}

static void a_syn_ack_without_options_may_be_a_cookie(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_COOKIE_LIKELY, SF_SERVER,
                                             "0 c S opt=msw\n0.01 s SA opt=m\n0.02 c A\n");
    T_EQ(f->values[0], 1460);
    T_EQ(f->severity, SF_INFO);

    /* The same server had options to give before. */
    tale_tell(&tale, "0 c2 S\n0.01 s2 SA\n0.02 c2 A\n0.1 c2 FA\n0.2 s2 FA\n0.3 c2 A\n"
                     "1 c S opt=msw\n1.01 s SA opt=m\n1.02 c A\n1.1 c FA\n1.2 s FA\n1.3 c A\n");
    assert_int_equal(tale_find(&tale, SF_FIND_COOKIE_LIKELY)->variant, 1);

    tale_misses(&tale, SF_FIND_COOKIE_LIKELY, "0 c S opt=m\n0.01 s SA opt=m\n0.02 c A\n");
    tale_misses(&tale, SF_FIND_COOKIE_LIKELY, "0 c S opt=msw\n0.01 s SA opt=ms\n0.02 c A\n");
}

/* RFC 9293 s3.5, figure 7. */
static void crossing_syns_are_a_simultaneous_open(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_SIM_OPEN, SF_CLIENT,
                "0 c S\n0.001 s S\n0.010 s SA seq=0 ack=1\n0.011 c SA seq=0 ack=1\n"
                "0.1 c PA +10 ack=1\n0.11 s A ack=11\n");
    assert_null(tale_find(&tale, SF_FIND_SPLIT_HANDSHAKE));
    tale_misses(&tale, SF_FIND_SIM_OPEN, HANDSHAKE);
}

static void a_syn_apart_from_its_ack_splits_the_handshake(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_SPLIT_HANDSHAKE, SF_SERVER,
                "0 c S\n0.01 s S\n0.02 c SA seq=0 ack=1\n0.03 s A\n0.04 c PA +10\n0.05 s A\n");
    tale_misses(&tale, SF_FIND_SPLIT_HANDSHAKE, HANDSHAKE);
}

static void both_ends_one_socket(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_SELF_CONNECT, SF_CLIENT, "0 c S same\n0.001 c SA seq=0\n");
    tale_misses(&tale, SF_FIND_SELF_CONNECT, HANDSHAKE);
}

static void a_four_tuple_is_taken_over_from_time_wait(void **state)
{
    (void)state;
#define SERVER_FIRST HANDSHAKE "0.1 s FA\n0.11 c A\n0.12 c FA\n0.13 s A\n"
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_TW_REUSE, SF_CLIENT,
                    SERVER_FIRST "5 c S isn=9000000\n5.01 s SA isn=8000000\n5.02 c A\n");
    T_EQ(f->variant, 0);
    T_EQ(f->severity, SF_INFO);

    f = tale_raises(&tale, SF_FIND_TW_REUSE, SF_CLIENT,
                    SERVER_FIRST "5 c S isn=500\n5.01 s A seq=2 ack=999502\n");
    T_EQ(f->variant, 1);

    /* Two minutes later nobody is in TIME_WAIT. */
    tale_misses(&tale, SF_FIND_TW_REUSE,
                SERVER_FIRST "120 c S isn=9000000\n120.01 s SA isn=8000000\n120.02 c A\n");
}

/* RFC 9293 s3.5, figure 8. */
static void the_client_takes_an_old_syn_back(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_OLD_DUP_SYN, SF_SERVER, "0 c S\n0.01 s SA\n0.02 c R seq=1\n");
    assert_null(tale_find(&tale, SF_FIND_RST_NO_CONNECTION));
    tale_misses(&tale, SF_FIND_OLD_DUP_SYN, HANDSHAKE "0.03 c RA\n");
}

static void text_in_the_syn(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_TFO, SF_CLIENT,
                                             "0 c S opt=mswtk +100\n0.01 s SA\n0.02 c A\n");
    T_EQ(f->variant, 1);
    T_EQ(f->values[0], 100);
    f = tale_raises(&tale, SF_FIND_TFO, SF_CLIENT,
                    "0 c S opt=mswtk +100\n0.01 s SA ack=1\n0.02 c A\n");
    T_EQ(f->variant, 2);
    f = tale_raises(&tale, SF_FIND_TFO, SF_CLIENT, "0 c S opt=mswtk\n0.01 s SA\n0.02 c A\n");
    T_EQ(f->variant, 0);
    tale_misses(&tale, SF_FIND_TFO, HANDSHAKE);
}

/* RFC 7323 s3.2. */
static void options_are_used_as_agreed(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_OPT_MISMATCH, SF_CLIENT, HANDSHAKE "0.1 c PA +10 -ts\n");
    T_EQ(f->variant, 2);
    f = tale_raises(&tale, SF_FIND_OPT_MISMATCH, SF_SERVER,
                    "0 c S opt=m\n0.01 s SA opt=m\n0.02 c A\n0.1 s A sack=10-20\n");
    T_EQ(f->variant, 0);
    tale_misses(&tale, SF_FIND_OPT_MISMATCH, HANDSHAKE "0.1 c RA\n");
    tale_misses(&tale, SF_FIND_OPT_MISMATCH, HANDSHAKE "0.1 s A sack=10-20\n");
}

static void a_capture_that_begins_later_says_so(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_MIDSTREAM, SF_CLIENT, "1 c PA +10\n1.1 s A\n");
    tale_is_clean(&tale);
    tale_misses(&tale, SF_FIND_MIDSTREAM, HANDSHAKE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_connection_has_no_finding_that_warns),
        cmocka_unit_test(a_repeated_syn_is_lost_and_its_times_tell_the_system),
        cmocka_unit_test(a_syn_repeated_after_its_answer_is_none_that_was_lost),
        cmocka_unit_test(an_answer_that_does_not_help_was_lost),
        cmocka_unit_test(a_repeated_syn_ack_shows_that_the_third_segment_was_lost),
        cmocka_unit_test(a_rst_to_the_syn_refuses),
        cmocka_unit_test(an_icmp_error_refuses_unless_the_connection_opens_after_all),
        cmocka_unit_test(a_server_that_ignores_the_third_segment_has_a_full_accept_queue),
        cmocka_unit_test(a_syn_ack_without_options_may_be_a_cookie),
        cmocka_unit_test(crossing_syns_are_a_simultaneous_open),
        cmocka_unit_test(a_syn_apart_from_its_ack_splits_the_handshake),
        cmocka_unit_test(both_ends_one_socket),
        cmocka_unit_test(a_four_tuple_is_taken_over_from_time_wait),
        cmocka_unit_test(the_client_takes_an_old_syn_back),
        cmocka_unit_test(text_in_the_syn),
        cmocka_unit_test(options_are_used_as_agreed),
        cmocka_unit_test(a_capture_that_begins_later_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
