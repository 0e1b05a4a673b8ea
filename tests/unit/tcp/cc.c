/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/cc.c - NewReno, with the numbers of RFC 5681 and RFC 6582.
 */
#define _DEFAULT_SOURCE

#include "t.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tcp/cc.h"

#define MSS 1000

static struct sf_cc_event event(uint32_t acked, uint32_t flight)
{
    return (struct sf_cc_event){.acked = acked, .flight = flight, .mss = MSS, .limited = true};
}

static void acks(struct sf_cc *cc, uint32_t n, uint32_t acked)
{
    struct sf_cc_event e = event(acked, cc->cwnd);

    for (uint32_t i = 0; i < n; i++) {
        sf_cc_newreno.ack(cc, &e);
    }
}

static void the_kind_names_the_algorithm(void **state)
{
    (void)state;
    T_TRUE(sf_cc_ops(SF_CC_NEWRENO) == &sf_cc_newreno);
    assert_string_equal(sf_cc_newreno.name, "newreno");
}

/* The next number is no algorithm's: to ask for it is a broken promise, not a look beyond. */
static void no_other_kind_is_looked_up(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    T_TRUE(child >= 0);
    if (child == 0) {
        _exit(sf_cc_ops((enum sf_cc_kind)(SF_CC_NEWRENO + 1)) == NULL);
    }
    T_EQ(waitpid(child, &status, 0), child);
    T_TRUE(WIFSIGNALED(status));
    T_EQ(WTERMSIG(status), SIGABRT);
}

static void a_connection_begins_in_slow_start(void **state) /* RFC 5681 s3.1 */
{
    struct sf_cc cc;

    (void)state;
    memset(&cc, 0xff, sizeof(cc));
    sf_cc_newreno.init(&cc, 10 * MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    T_EQ(cc.ssthresh, UINT32_MAX);
    T_EQ(cc.own[0], 0);
}

static void slow_start_adds_what_was_acknowledged_up_to_a_segment(void **state) /* (2) */
{
    struct sf_cc cc;

    (void)state;
    sf_cc_newreno.init(&cc, 10 * MSS);
    acks(&cc, 1, MSS);
    T_EQ(cc.cwnd, 11 * MSS);
    acks(&cc, 1, 2 * MSS); /* of two segments */
    T_EQ(cc.cwnd, 12 * MSS);
    acks(&cc, 10, MSS / 10); /* ACK division gains nothing */
    T_EQ(cc.cwnd, 13 * MSS);
    acks(&cc, 1, 1);
    T_EQ(cc.cwnd, 13 * MSS + 1);
}

static void congestion_avoidance_adds_a_segment_for_each_window(void **state) /* s3.1 */
{
    struct sf_cc cc;

    (void)state;
    sf_cc_newreno.init(&cc, 10 * MSS);
    cc.ssthresh = 10 * MSS; /* equal: avoidance */
    acks(&cc, 9, MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    acks(&cc, 1, MSS - 1);
    T_EQ(cc.cwnd, 10 * MSS);
    acks(&cc, 1, 1);
    T_EQ(cc.cwnd, 11 * MSS);
    acks(&cc, 10, MSS);
    T_EQ(cc.cwnd, 11 * MSS);
    acks(&cc, 1, MSS);
    T_EQ(cc.cwnd, 12 * MSS);
    acks(&cc, 1, 15 * MSS); /* 3 more than the window: they count for the next one */
    T_EQ(cc.cwnd, 13 * MSS);
    acks(&cc, 9, MSS);
    T_EQ(cc.cwnd, 13 * MSS);
    acks(&cc, 1, MSS);
    T_EQ(cc.cwnd, 14 * MSS);
}

static void slow_start_ends_at_ssthresh(void **state)
{
    struct sf_cc cc;

    (void)state;
    sf_cc_newreno.init(&cc, 10 * MSS);
    cc.ssthresh = 10 * MSS + 1;
    acks(&cc, 1, MSS);
    T_EQ(cc.cwnd, 11 * MSS);
    acks(&cc, 1, MSS);
    T_EQ(cc.cwnd, 11 * MSS);
}

static void a_window_that_does_not_limit_does_not_grow(void **state)
{
    struct sf_cc cc;
    struct sf_cc_event e = event(MSS, 2 * MSS);

    (void)state;
    e.limited = false;
    sf_cc_newreno.init(&cc, 10 * MSS);
    sf_cc_newreno.ack(&cc, &e);
    T_EQ(cc.cwnd, 10 * MSS);
    cc.ssthresh = MSS;
    for (int i = 0; i < 100; i++) {
        sf_cc_newreno.ack(&cc, &e);
    }
    T_EQ(cc.cwnd, 10 * MSS);
}

static void loss_halves_and_inflates_by_three(void **state) /* s3.2, steps 2 and 3 */
{
    static const struct {
        uint32_t flight, ssthresh;
    } rows[] = {
        {20 * MSS, 10 * MSS}, {20 * MSS + 1, 10 * MSS}, {4 * MSS + 2, 2 * MSS + 1},
        {4 * MSS, 2 * MSS},   {3 * MSS, 2 * MSS}, /* at least two segments */
        {0, 2 * MSS},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_cc cc;
        struct sf_cc_event e = event(0, rows[i].flight);

        sf_cc_newreno.init(&cc, 20 * MSS);
        sf_cc_newreno.enter(&cc, &e);
        T_EQ_ROW(i, cc.ssthresh, rows[i].ssthresh);
        T_EQ_ROW(i, cc.cwnd, rows[i].ssthresh + 3 * MSS);
        sf_cc_newreno.dup(&cc, &e); /* step 4 */
        T_EQ_ROW(i, cc.cwnd, rows[i].ssthresh + 4 * MSS);
    }
}

static void a_partial_acknowledgement_deflates(void **state) /* RFC 6582 s3.2, step 3 */
{
    struct sf_cc cc = {.cwnd = 15 * MSS, .ssthresh = 10 * MSS};
    struct sf_cc_event e = event(4 * MSS, 20 * MSS);

    (void)state;
    sf_cc_newreno.partial(&cc, &e);
    T_EQ(cc.cwnd, 12 * MSS); /* 15 - 4 + 1 */
    e.acked = MSS;
    sf_cc_newreno.partial(&cc, &e);
    T_EQ(cc.cwnd, 12 * MSS); /* 12 - 1 + 1 */
    e.acked = MSS - 1;
    sf_cc_newreno.partial(&cc, &e);
    T_EQ(cc.cwnd, 11 * MSS + 1); /* less than a segment: nothing is added back */
    e.acked = 20 * MSS;
    sf_cc_newreno.partial(&cc, &e);
    T_EQ(cc.cwnd, MSS);
    e.acked = MSS - 1;
    sf_cc_newreno.partial(&cc, &e);
    T_EQ(cc.cwnd, MSS); /* never less than a segment */
    T_EQ(cc.ssthresh, 10 * MSS);
}

static void a_full_acknowledgement_ends_recovery_without_a_burst(void **state) /* option 1 */
{
    static const struct {
        uint32_t flight, acked, cwnd;
    } rows[] = {
        {30 * MSS, 5 * MSS, 10 * MSS},  /* 25 are outstanding: ssthresh */
        {30 * MSS, 21 * MSS, 10 * MSS}, /* 9 + 1 */
        {30 * MSS, 22 * MSS, 9 * MSS},  /* 8 + 1 */
        {30 * MSS, 30 * MSS, 2 * MSS},  /* max(0, 1) + 1 */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_cc cc = {.cwnd = 25 * MSS, .ssthresh = 10 * MSS};
        struct sf_cc_event e = event(rows[i].acked, rows[i].flight);

        sf_cc_newreno.leave(&cc, &e);
        T_EQ_ROW(i, cc.cwnd, rows[i].cwnd);
        T_EQ_ROW(i, cc.ssthresh, 10 * MSS);
    }
}

static void a_timeout_begins_again_with_one_segment(void **state) /* RFC 5681 (4), s3.1 */
{
    struct sf_cc cc;
    struct sf_cc_event e = event(0, 20 * MSS);

    (void)state;
    sf_cc_newreno.init(&cc, 20 * MSS);
    sf_cc_newreno.rto(&cc, &e, true);
    T_EQ(cc.cwnd, MSS);
    T_EQ(cc.ssthresh, 10 * MSS);
    e.flight = MSS;
    sf_cc_newreno.rto(&cc, &e, false); /* repeated: ssthresh is held */
    T_EQ(cc.cwnd, MSS);
    T_EQ(cc.ssthresh, 10 * MSS);
    acks(&cc, 9, MSS); /* slow start up to it, ... */
    T_EQ(cc.cwnd, 10 * MSS);
    acks(&cc, 9, MSS); /* ... then avoidance */
    T_EQ(cc.cwnd, 10 * MSS);
    acks(&cc, 1, MSS);
    T_EQ(cc.cwnd, 11 * MSS);
}

static void idleness_ends_with_at_most_the_initial_window(void **state) /* s4.1 */
{
    struct sf_cc cc = {.cwnd = 100 * MSS, .ssthresh = 50 * MSS};

    (void)state;
    sf_cc_newreno.restart(&cc, 10 * MSS);
    T_EQ(cc.cwnd, 10 * MSS);
    T_EQ(cc.ssthresh, 50 * MSS);
    cc.cwnd = 3 * MSS;
    sf_cc_newreno.restart(&cc, 10 * MSS);
    T_EQ(cc.cwnd, 3 * MSS);
}

static void the_window_never_wraps(void **state)
{
    struct sf_cc cc;

    (void)state;
    sf_cc_newreno.init(&cc, (1U << 30) - MSS);
    acks(&cc, 10, MSS);
    T_EQ(cc.cwnd, 1U << 30);
    cc.ssthresh = 1;
    acks(&cc, 10, 1U << 30);
    T_EQ(cc.cwnd, 1U << 30);
}

/* RFC 6675 s5: with SACK pipe counts what has left, and the window is halved and no more:
 * nothing is inflated, and so nothing deflated. */
static void with_sack_recovery_keeps_the_window(void **state)
{
    struct sf_cc_event e = event(0, 20 * MSS);
    struct sf_cc cc;

    (void)state;
    e.sack = true;
    sf_cc_newreno.init(&cc, 20 * MSS);
    sf_cc_newreno.enter(&cc, &e);
    T_EQ(cc.cwnd, 10 * MSS);
    sf_cc_newreno.dup(&cc, &e);
    T_EQ(cc.cwnd, 10 * MSS);
    e.acked = 3 * MSS;
    sf_cc_newreno.partial(&cc, &e);
    T_EQ(cc.cwnd, 10 * MSS);
    e.acked = e.flight;
    sf_cc_newreno.leave(&cc, &e);
    T_EQ(cc.cwnd, 10 * MSS); /* although nothing is outstanding */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kind_names_the_algorithm),
        cmocka_unit_test(no_other_kind_is_looked_up),
        cmocka_unit_test(a_connection_begins_in_slow_start),
        cmocka_unit_test(slow_start_adds_what_was_acknowledged_up_to_a_segment),
        cmocka_unit_test(congestion_avoidance_adds_a_segment_for_each_window),
        cmocka_unit_test(slow_start_ends_at_ssthresh),
        cmocka_unit_test(a_window_that_does_not_limit_does_not_grow),
        cmocka_unit_test(loss_halves_and_inflates_by_three),
        cmocka_unit_test(a_partial_acknowledgement_deflates),
        cmocka_unit_test(a_full_acknowledgement_ends_recovery_without_a_burst),
        cmocka_unit_test(a_timeout_begins_again_with_one_segment),
        cmocka_unit_test(idleness_ends_with_at_most_the_initial_window),
        cmocka_unit_test(the_window_never_wraps),
        cmocka_unit_test(with_sack_recovery_keeps_the_window),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
