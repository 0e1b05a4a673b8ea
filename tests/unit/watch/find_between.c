/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/find_between.c - findings about an open connection, each raised and missed.
 */
#include "t.h"

#include "tale.h"

#define HANDSHAKE "0.000 c S\n0.010 s SA\n0.020 c A\n"
#define TALK      "0.030 c PA +100\n0.040 s A\n0.050 s PA +300\n0.060 c A\n"
/* The same without timestamps, which tell what was overtaken. */
#define PLAIN "0.000 c S opt=msw\n0.010 s SA opt=msw\n0.020 c A\n"

static struct tale tale;

/* RFC 9293 s3.8.4: one before the next number. */
static void keepalives_are_answered_or_not(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(
        &tale, SF_FIND_KEEPALIVE_OK, SF_CLIENT,
        HANDSHAKE TALK "30.06 c A seq=100\n30.07 s A\n60.07 c A seq=100\n60.08 s A\n");
    T_EQ(f->values[0], 2);
    T_EQ(f->values[1], 30000000000);
    tale_is_clean(&tale);
    assert_null(tale_find(&tale, SF_FIND_KEEPALIVE_DEAD));

    /* A connection that never had text: the number of the SYN. */
    tale_raises(&tale, SF_FIND_KEEPALIVE_OK, SF_SERVER, HANDSHAKE "30 s A seq=0\n30.01 c A\n");

    f = tale_raises(&tale, SF_FIND_KEEPALIVE_DEAD, SF_CLIENT,
                    HANDSHAKE TALK "30 c A seq=100\n31 c A seq=100\n32.5 c A seq=100\n");
    T_EQ(f->values[0], 3);
    T_EQ(f->values[1], 2500000000);

    /* The first was lost, and the second answered. */
    tale_misses(&tale, SF_FIND_KEEPALIVE_DEAD,
                HANDSHAKE TALK "30 c A seq=100\n31 c A seq=100\n31.1 s A\n");
    tale_misses(&tale, SF_FIND_KEEPALIVE_OK, HANDSHAKE TALK "30 c A\n30.01 s A\n");
}

/* RFC 9293 s3.5.1. */
static void one_end_has_forgotten_the_connection(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_HALF_OPEN, SF_SERVER,
                    HANDSHAKE TALK "9.06 c PA +50\n9.07 s R seq=301\n");
    T_EQ(f->values[0], 9020000000); /* since 0.05 */

    /* It was never part of one. */
    tale_misses(&tale, SF_FIND_HALF_OPEN, "0 c PA +50\n0.01 s R\n");
    /* It says so in its own numbers: it has the connection. */
    tale_misses(&tale, SF_FIND_HALF_OPEN, HANDSHAKE TALK "9.06 c PA +50\n9.07 s RA\n");
}

static void a_window_is_closed_for_a_while(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(
        &tale, SF_FIND_ZERO_WINDOW, SF_SERVER,
        HANDSHAKE
        "0.1 c PA +1000\n0.11 s A win=0\n0.4 c A seq=1000\n0.41 s A win=0\n0.61 s A\n");
    T_EQ(f->values[0], 500000000); /* 0.61 - 0.11 */
    T_EQ(f->values[1], 1);
    T_EQ(f->severity, SF_WARNING);

    /* Open again after 10 ms: that harms nobody. */
    tale_tell(&tale, HANDSHAKE "0.1 c PA +1000\n0.11 s A win=0\n0.12 s A\n");
    T_EQ(tale_find(&tale, SF_FIND_ZERO_WINDOW)->severity, SF_INFO);
    tale_misses(&tale, SF_FIND_ZERO_WINDOW, HANDSHAKE "0.1 c PA +1000\n0.11 s RA win=0\n");
}

static void the_window_is_filled_to_its_edge(void **state)
{
    (void)state;
#define SMALL "0 c S\n0.01 s SA win=2560\n0.02 c A\n" /* 2 * 1280 */
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_WINDOW_FULL, SF_CLIENT,
                                             SMALL "0.11 c A +1280\n0.12 c A +1280\n");
    T_EQ(f->values[0], 1);
    tale_misses(&tale, SF_FIND_WINDOW_FULL, SMALL "0.11 c A +1280\n0.12 c A +1279\n");
}

static void what_had_arrived_was_sent_again(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(
        &tale, SF_FIND_SPURIOUS_RTO, SF_CLIENT,
        HANDSHAKE "0.1 c PA +500\n0.39 s A\n0.40 c PA +500 seq=1\n0.41 s A sack=1-501\n");
    T_EQ(f->values[0], 1);
    T_EQ(f->severity, SF_WARNING);
    assert_null(tale_find(&tale, SF_FIND_RETRANSMISSION));

    /* A probe of the tail may well come twice (RFC 8985 s7). */
    tale_misses(&tale, SF_FIND_SPURIOUS_RTO,
                HANDSHAKE "0.1 c PA +500\n0.14 c PA +500 seq=1\n0.15 s A ack=501\n"
                          "0.16 s A ack=501 sack=1-501\n");
    T_EQ(tale_find(&tale, SF_FIND_RETRANSMISSION)->variant, 3);
    /* What was sent again after a time-out, and had come: the D-SACK says so. */
    f = tale_raises(&tale, SF_FIND_SPURIOUS_RTO, SF_CLIENT,
                    HANDSHAKE "0.1 c PA +500\n0.4 c PA +500 seq=1\n0.41 s A ack=501\n"
                              "0.42 s A ack=501 sack=1-501\n");
    T_EQ(f->severity, SF_WARNING);

    /* The acknowledgement was lost behind the capture: a time-out lies between. */
    tale_misses(&tale, SF_FIND_SPURIOUS_RTO,
                HANDSHAKE "0.1 c PA +500\n0.11 s A\n0.41 c PA +500 seq=1\n0.42 s A\n");
}

static void lost_text_is_sent_again(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_RETRANSMISSION, SF_CLIENT,
                    HANDSHAKE "0.1 c PA +500 lost\n0.4 c PA +500 seq=1\n0.41 s A\n");
    T_EQ(f->values[0], 1);
    T_EQ(f->values[1], 500);
    T_EQ(f->values[2], 1);
    T_EQ(f->values[3], 300000000);
    T_EQ(f->severity, SF_WARNING);

    /* RFC 5681 s3.2: three duplicates, and no time-out. */
    f = tale_raises(&tale, SF_FIND_RETRANSMISSION, SF_CLIENT,
                    HANDSHAKE "0.100 c A +1000 lost\n0.101 c A +1000\n0.102 c A +1000\n"
                              "0.103 c A +1000\n0.111 s A ack=1\n0.112 s A ack=1\n"
                              "0.113 s A ack=1\n0.120 c A +1000 seq=1\n0.130 s A\n");
    T_EQ(f->values[2], 0);
    T_EQ(f->severity, SF_INFO);

    /* Nothing came back: that is what is told. */
    f = tale_raises(&tale, SF_FIND_RETRANSMISSION, SF_CLIENT,
                    HANDSHAKE "0.1 c PA +50 lost\n0.4 c PA +50 seq=1 lost\n"
                              "1.0 c PA +50 seq=1 lost\n");
    T_EQ(f->variant, 2);
    T_EQ(f->values[0], 2);
    T_EQ(f->values[3], 900000000); /* 1.0 - 0.1 */
    /* One that was answered between is another story. */
    f = tale_raises(&tale, SF_FIND_RETRANSMISSION, SF_CLIENT,
                    HANDSHAKE "0.1 c PA +50 lost\n0.4 c PA +50 seq=1\n0.41 s A\n"
                              "2.0 c PA +50 lost\n2.3 c PA +50 seq=51 lost\n"
                              "2.9 c PA +50 seq=51 lost\n");
    T_EQ(f->variant, 0);
    T_EQ(f->values[0], 3);

    tale_misses(&tale, SF_FIND_RETRANSMISSION, HANDSHAKE TALK);
    /* A keepalive with an octet is none. */
    tale_misses(&tale, SF_FIND_RETRANSMISSION, HANDSHAKE TALK "30 c A seq=100 +1\n30.01 s A\n");
}

static void segments_overtake_each_other(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_REORDERING, SF_CLIENT,
                                             PLAIN "0.100 c A +1000 gone\n0.101 c A +1000\n"
                                                   "0.102 c A +1000 seq=1 id=2\n0.11 s A\n");
    T_EQ(f->values[0], 1);
    tale_is_clean(&tale);
    tale_misses(&tale, SF_FIND_REORDERING,
                HANDSHAKE "0.100 c A +1000\n0.101 c A +1000\n0.11 s A\n");
    /* A round trip later it is a retransmission. */
    tale_misses(&tale, SF_FIND_REORDERING,
                HANDSHAKE
                "0.1 c A +1000 gone\n0.101 c A +1000\n0.4 c A +1000 seq=1\n0.41 s A\n");
}

/* RFC 5961 s3 and s4. */
static void a_syn_or_an_inexact_rst_is_challenged(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_CHALLENGE_ACK, SF_SERVER,
                    HANDSHAKE TALK "1 c R seq=700\n1.01 s A\n1.1 c PA +10\n1.2 s A\n");
    T_EQ(f->variant, 1);
    tale_misses(&tale, SF_FIND_CHALLENGE_ACK, HANDSHAKE TALK);
}

static void what_the_capture_missed_is_not_the_networks_loss(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_ACK_UNSEEN, SF_SERVER,
                    HANDSHAKE "0.1 c PA +500 gone\n0.11 s A\n0.2 c PA +100\n0.21 s A\n");
    T_EQ(f->values[0], 500);
    T_EQ(f->values[1], 1);
    tale_is_clean(&tale);
    assert_null(tale_find(&tale, SF_FIND_CAPTURE_DROP));
    f = tale_raises(&tale, SF_FIND_ACK_UNSEEN, SF_SERVER,
                    HANDSHAKE "0.1 c PA +5 gone\n0.11 s A\n0.2 c PA +7 gone\n0.21 s A\n");
    T_EQ(f->values[0], 12);
    T_EQ(f->values[1], 2);

    /* The order of the capture is not always that of the packets. */
    tale_misses(&tale, SF_FIND_ACK_UNSEEN,
                HANDSHAKE "0.1 s A ack=501\n0.1001 c PA +500\n0.2 s A\n");
    tale_misses(&tale, SF_FIND_ACK_UNSEEN, HANDSHAKE TALK);
}

static void segments_that_no_wire_saw(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_OFFLOAD_ARTEFACT, SF_CLIENT,
                                             HANDSHAKE "0.1 c A +14480\n0.11 s A\n");
    T_EQ(f->values[0], 14480);
    T_EQ(f->variant, 0);
    f = tale_raises(&tale, SF_FIND_OFFLOAD_ARTEFACT, SF_CLIENT,
                    HANDSHAKE "0.1 c A +100 nosum\n0.11 s A\n0.2 c A +2920 nosum\n0.21 s A\n");
    T_EQ(f->variant, 2);
    tale_is_clean(&tale);
    tale_misses(&tale, SF_FIND_OFFLOAD_ARTEFACT, HANDSHAKE "0.1 c A +1448\n0.11 s A\n");
}

/* RFC 9293 s3.7.4: write, write, read. */
static void small_writes_wait_for_delayed_acknowledgements(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(
        &tale, SF_FIND_NAGLE_DELACK, SF_CLIENT,
        HANDSHAKE "1.000 c PA +20\n1.060 s A\n1.061 c PA +30\n1.07 s PA +5\n1.08 c A\n"
                  "2.000 c PA +20\n2.080 s A\n2.081 c PA +30\n2.09 s PA +5\n2.1 c A\n");
    T_EQ(f->values[0], 2);
    T_EQ(f->values[1], 80000000);
    T_EQ(f->values[2], 140000000);

    /* 300 ms is no delayed acknowledgement. */
    tale_misses(&tale, SF_FIND_NAGLE_DELACK,
                HANDSHAKE "1 c PA +20\n1.3 s A\n1.301 c PA +30\n1.31 s PA +5\n1.32 c A\n"
                          "2 c PA +20\n2.3 s A\n2.301 c PA +30\n2.31 s PA +5\n2.32 c A\n");
    /* Answered at once, and a second request long after the acknowledgement. */
    tale_misses(&tale, SF_FIND_NAGLE_DELACK,
                HANDSHAKE
                "1.000 c PA +20\n1.060 s PA +5\n1.061 c PA +30\n1.07 s PA +5\n1.08 c A\n"
                "2.000 c PA +20\n2.080 s A\n2.381 c PA +30\n2.39 s PA +5\n2.4 c A\n"
                "3.000 c PA +20\n3.080 s A\n3.381 c PA +30\n3.39 s PA +5\n3.4 c A\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(keepalives_are_answered_or_not),
        cmocka_unit_test(one_end_has_forgotten_the_connection),
        cmocka_unit_test(a_window_is_closed_for_a_while),
        cmocka_unit_test(the_window_is_filled_to_its_edge),
        cmocka_unit_test(what_had_arrived_was_sent_again),
        cmocka_unit_test(lost_text_is_sent_again),
        cmocka_unit_test(segments_overtake_each_other),
        cmocka_unit_test(a_syn_or_an_inexact_rst_is_challenged),
        cmocka_unit_test(what_the_capture_missed_is_not_the_networks_loss),
        cmocka_unit_test(segments_that_no_wire_saw),
        cmocka_unit_test(small_writes_wait_for_delayed_acknowledgements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
