/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/find_closing.c - findings about closing, each raised and missed.
 */
#include "t.h"

#include "tale.h"

#define HANDSHAKE "0.000 c S\n0.010 s SA\n0.020 c A\n"
#define TALK      "0.030 c PA +100\n0.040 s A\n0.050 s PA +300\n0.060 c A\n"
#define OPEN      HANDSHAKE TALK
#define CLOSE     "0.100 c FA\n0.110 s A\n0.120 s FA\n0.130 c A\n"
/* Somebody else, much later: the capture goes on. */
#define LATER(t) t " c9 S\n" t " s9 SA\n"

static struct tale tale;

static void four_segments_and_three(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_CLOSE_4SEG, SF_CLIENT, OPEN CLOSE);
    T_EQ(f->values[0], 10000000); /* 0.12 - 0.11 */
    assert_null(tale_find(&tale, SF_FIND_CLOSE_3SEG));
    tale_is_clean(&tale);

    f = tale_raises(&tale, SF_FIND_CLOSE_3SEG, SF_SERVER,
                    OPEN "0.1 s FA\n0.115 c FA\n0.125 s A\n");
    T_EQ(f->values[0], 15000000);
    assert_null(tale_find(&tale, SF_FIND_CLOSE_4SEG));
    tale_is_clean(&tale);
    /* Neither of them: the second end aborts. */
    tale_misses(&tale, SF_FIND_CLOSE_4SEG, OPEN "0.1 c FA\n0.11 s A\n0.2 s RA\n");
    assert_null(tale_find(&tale, SF_FIND_CLOSE_3SEG));
    assert_null(tale_find(&tale, SF_FIND_SIM_CLOSE));
}

static void text_after_the_first_fin(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_HALF_CLOSE, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n0.2 s PA +33\n0.21 c A\n0.3 s FA\n0.31 c A\n");
    T_EQ(f->values[0], 33);
    T_EQ(f->values[1], 200000000); /* 0.3 - 0.1 */
    tale_is_clean(&tale);
    /* Still going on when the capture ends. */
    f = tale_raises(&tale, SF_FIND_HALF_CLOSE, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n0.2 s PA +33\n0.21 c A\n");
    T_EQ(f->values[1], 100000000); /* 0.2 - 0.1 */
    tale_misses(&tale, SF_FIND_HALF_CLOSE, OPEN CLOSE);
}

/* RFC 9293 s3.6, figure 13. */
static void crossing_fins(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_SIM_CLOSE, SF_CLIENT,
                OPEN "0.1 c FA lost\n0.101 s FA lost\n0.11 c A ack=302\n0.111 s A ack=102\n");
    const struct sf_finding *f = tale_find(&tale, SF_FIND_WHO_HAS_TW);
    assert_non_null(f);
    T_EQ(f->variant, 1);
    tale_is_clean(&tale);
    tale_misses(&tale, SF_FIND_SIM_CLOSE, OPEN CLOSE);
}

static void a_fin_is_lost(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_FIN_LOST, SF_CLIENT,
                    OPEN "0.1 c FA lost\n0.4 c FA seq=101\n0.41 s A\n0.5 s FA\n0.51 c A\n");
    T_EQ(f->values[0], 1);
    T_EQ(f->values[1], 300000000);
    /* A FIN is no text. */
    assert_null(tale_find(&tale, SF_FIND_RETRANSMISSION));
    tale_misses(&tale, SF_FIND_FIN_LOST, OPEN CLOSE);
}

static void a_fin_overtakes_text(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_FIN_REORDERED, SF_CLIENT,
                    "0 c S opt=msw\n0.01 s SA opt=msw\n0.02 c A\n0.1 c PA +500 gone "
                    "id=10\n0.1001 c FA id=11\n"
                    "0.1002 c PA +500 seq=1 id=10\n0.11 s A\n0.12 s FA\n0.13 c A\n");
    T_EQ(f->values[0], 500);
    tale_is_clean(&tale);
    tale_misses(&tale, SF_FIND_FIN_REORDERED, OPEN CLOSE);
}

/* RFC 9293 s3.6.1: what 2MSL is for. */
static void the_last_acknowledgement_is_lost(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(
        &tale, SF_FIND_LAST_ACK_LOST, SF_SERVER,
        OPEN "0.1 c FA\n0.11 s A\n0.12 s FA\n0.13 c A lost\n0.42 s FA seq=301\n0.43 c A\n");
    T_EQ(f->values[0], 300000000);
    T_EQ(f->variant, 0);
    assert_null(tale_find(&tale, SF_FIND_FIN_LOST));

    /* Before it was acknowledged it is the FIN that was lost. */
    tale_misses(&tale, SF_FIND_LAST_ACK_LOST,
                OPEN "0.1 c FA\n0.11 s A\n0.12 s FA lost\n0.42 s FA seq=301\n0.43 c A\n");
}

static void who_closes_first_waits(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_WHO_HAS_TW, SF_CLIENT, OPEN CLOSE);
    tale_raises(&tale, SF_FIND_WHO_HAS_TW, SF_SERVER,
                OPEN "0.1 s FA\n0.11 c A\n0.12 c FA\n0.13 s A\n");
    tale_misses(&tale, SF_FIND_WHO_HAS_TW, OPEN "0.1 c FA\n0.11 s A\n");
}

static void close_is_missing(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_CLOSE_WAIT_LEAK, SF_SERVER,
                                             OPEN "0.1 c FA\n0.11 s A\n" LATER("30.11"));
    T_EQ(f->values[0], 30000000000);
    T_EQ(f->severity, SF_ERROR);
    f = tale_raises(&tale, SF_FIND_CLOSE_WAIT_LEAK, SF_SERVER,
                    OPEN "0.1 c FA\n0.11 s A\n" LATER("1.11"));
    T_EQ(f->severity, SF_WARNING);

    /* In the end the waiting end gave up; sooner than after 10 s it is no leak. */
    f = tale_raises(&tale, SF_FIND_CLOSE_WAIT_LEAK, SF_SERVER,
                    OPEN "0.1 c FA\n0.11 s A\n60.11 s RA\n");
    T_EQ(f->variant, 1);
    T_EQ(f->values[0], 60000000000);
    tale_misses(&tale, SF_FIND_CLOSE_WAIT_LEAK, OPEN "0.1 c FA\n0.11 s A\n10.1 s RA\n");
    tale_misses(&tale, SF_FIND_CLOSE_WAIT_LEAK,
                OPEN "0.1 c FA\n0.11 s A\n20 s PA +5\n60.11 s RA\n");
    /* The FIN was not acknowledged. */
    tale_misses(&tale, SF_FIND_CLOSE_WAIT_LEAK, OPEN "0.1 c FA lost\n" LATER("30.11"));

    /* Not a second yet. */
    tale_misses(&tale, SF_FIND_CLOSE_WAIT_LEAK, OPEN "0.1 c FA\n0.11 s A\n" LATER("1.109"));
    /* It still speaks. */
    tale_misses(&tale, SF_FIND_CLOSE_WAIT_LEAK,
                OPEN "0.1 c FA\n0.11 s A\n20 s PA +50\n20.01 c A\n" LATER("30.11"));
    /* The capture missed the FIN, as the acknowledgement shows. */
    tale_misses(&tale, SF_FIND_CLOSE_WAIT_LEAK,
                OPEN "0.1 c FA\n0.11 s A\n0.2 s FA gone\n0.21 c A\n" LATER("30.11"));
}

static void an_orphan_times_out_or_an_application_holds_it(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_FW2_ORPHAN_TIMEOUT, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n70.11 s PA +50\n70.12 c R seq=102\n");
    T_EQ(f->values[0], 70010000000);
    T_EQ(f->weight, 0);
    assert_null(tale_find(&tale, SF_FIND_RST_NO_CONNECTION));

    /* After 2 s it may be either: the timer can be set, and close() does not take text. */
    f = tale_raises(&tale, SF_FIND_FW2_ORPHAN_TIMEOUT, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n2.11 s PA +50\n2.12 c R seq=102\n");
    T_EQ(f->weight, 50);
    assert_non_null(tale_find(&tale, SF_FIND_LATE_DATA_RST));

    f = tale_raises(&tale, SF_FIND_FW2_OWNED, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n70.11 s PA +50\n70.12 c A\n");
    T_EQ(f->variant, 0);
    assert_null(tale_find(&tale, SF_FIND_FW2_ORPHAN_TIMEOUT));
    f = tale_raises(&tale, SF_FIND_FW2_OWNED, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n5.11 c A seq=101\n5.12 s A\n");
    T_EQ(f->variant, 2);
    tale_misses(&tale, SF_FIND_FW2_OWNED, OPEN CLOSE);
    tale_misses(&tale, SF_FIND_FW2_ORPHAN_TIMEOUT, OPEN CLOSE);
}

static void nobody_acknowledges_the_fin(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_FW1_STUCK, SF_CLIENT,
                    OPEN "0.1 c FA lost\n0.4 c FA seq=101 lost\n1 c FA seq=101 lost\n");
    T_EQ(f->values[0], 3);
    T_EQ(f->values[1], 900000000);
    assert_null(tale_find(&tale, SF_FIND_FIN_LOST));
    tale_misses(&tale, SF_FIND_FW1_STUCK, OPEN "0.1 c FA lost\n0.4 c FA seq=101 lost\n");
}

static void text_for_a_connection_that_is_gone(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_LATE_DATA_RST, SF_CLIENT,
                    OPEN "0.1 c FA\n0.11 s A\n0.2 s PA +70\n0.21 c R seq=102\n");
    T_EQ(f->values[0], 70);
    T_EQ(f->values[1], 100000000);
    assert_null(tale_find(&tale, SF_FIND_HALF_CLOSE));
    assert_null(tale_find(&tale, SF_FIND_RST_NO_CONNECTION));
    tale_misses(&tale, SF_FIND_LATE_DATA_RST, OPEN "0.2 s PA +70\n0.21 c R seq=101\n");
}

/* RFC 1337 s2. */
static void a_rst_ends_time_wait(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_TW_ASSASSINATION, SF_SERVER,
                OPEN CLOSE "1 s A seq=200\n1.01 c A\n1.02 s R seq=302\n");
    /* The answer to a SYN, out of TIME_WAIT, is reset by who sent the SYN. */
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_TW_ASSASSINATION, SF_CLIENT,
                    OPEN "0.1 s FA\n0.11 c A\n0.12 c FA\n0.13 s A\n"
                         "5 c S isn=500\n5.01 s A seq=302 ack=999602\n5.02 c R seq=999602\n");
    T_EQ(f->variant, 1);
    assert_null(tale_find(&tale, SF_FIND_RST_BLIND));
    assert_null(tale_find(&tale, SF_FIND_HALF_OPEN));
    tale_misses(&tale, SF_FIND_TW_ASSASSINATION, OPEN CLOSE "1 s A seq=200\n1.01 c A\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_segments_and_three),
        cmocka_unit_test(text_after_the_first_fin),
        cmocka_unit_test(crossing_fins),
        cmocka_unit_test(a_fin_is_lost),
        cmocka_unit_test(a_fin_overtakes_text),
        cmocka_unit_test(the_last_acknowledgement_is_lost),
        cmocka_unit_test(who_closes_first_waits),
        cmocka_unit_test(close_is_missing),
        cmocka_unit_test(an_orphan_times_out_or_an_application_holds_it),
        cmocka_unit_test(nobody_acknowledges_the_fin),
        cmocka_unit_test(text_for_a_connection_that_is_gone),
        cmocka_unit_test(a_rst_ends_time_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
