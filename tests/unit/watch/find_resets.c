/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/find_resets.c - who reset it and why, and what concerns many connections.
 */
#include "t.h"

#include <stdlib.h>

#include "tale.h"

#define HANDSHAKE "0.000 c S\n0.010 s SA\n0.020 c A\n"
#define TALK      "0.030 c PA +100\n0.040 s A\n0.050 s PA +300\n0.060 c A\n"
#define OPEN      HANDSHAKE TALK

static struct tale tale;

/* The weights of all causes. */
static unsigned weights(void)
{
    unsigned sum = 0;

    for (size_t i = 0; i < tale.n; i++) {
        sum += tale.found[i].id >= SF_FIND_RST_PORT_CLOSED ? tale.found[i].weight : 0;
    }
    return sum;
}

static unsigned weight(unsigned id)
{
    const struct sf_finding *f = tale_find(&tale, id);

    return f != NULL ? f->weight : 0;
}

static void nobody_listens(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_RST_PORT_CLOSED, SF_SERVER,
                "0 c S isn=5000\n0.003 s RA isn=0 ack=1\n");
    T_EQ(weight(SF_FIND_RST_PORT_CLOSED), 100);
    /* A kernel has no number to give; a box that rejects may make one up. */
    tale_tell(&tale, "0 c S isn=5000\n0.003 s RA isn=7777 ack=1\n");
    assert_true(weight(SF_FIND_RST_MIDDLEBOX) > weight(SF_FIND_RST_PORT_CLOSED));
    tale_misses(&tale, SF_FIND_RST_PORT_CLOSED, HANDSHAKE "0.03 s RA\n");
}

static void nobody_knows_the_connection(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_RST_NO_CONNECTION, SF_SERVER,
                OPEN "9.06 c PA +50\n9.07 s R seq=301\n");
    T_EQ(weights(), 100);
    tale_misses(&tale, SF_FIND_RST_NO_CONNECTION, OPEN "9.06 c PA +50\n9.07 s RA\n");
}

/* RFC 9293 s3.6.1 SHLD-3; the wire cannot tell it from an abort: both are told. */
static void text_was_not_read_or_the_program_aborted(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_RST_UNREAD_DATA, SF_SERVER,
                HANDSHAKE "0.1 c PA +500\n0.11 s A\n0.12 s RA\n");
    T_EQ(weight(SF_FIND_RST_UNREAD_DATA), 70);
    T_EQ(weight(SF_FIND_RST_ABORT), 30);
    T_EQ(tale_find(&tale, SF_FIND_RST_UNREAD_DATA)->severity, SF_ERROR);
    T_EQ(tale_find(&tale, SF_FIND_RST_ABORT)->severity, SF_INFO); /* 70 - 30 > 20 */
    T_EQ(tale_find(&tale, SF_FIND_RST_UNREAD_DATA)->values[0], 500);

    /* It has answered: an abort is likelier. */
    tale_raises(&tale, SF_FIND_RST_ABORT, SF_SERVER, OPEN "0.1 s RA\n");
    T_EQ(weight(SF_FIND_RST_ABORT), 65);
    T_EQ(weight(SF_FIND_RST_UNREAD_DATA), 35);

    /* It has got nothing: there is nothing to be unread. */
    tale_misses(&tale, SF_FIND_RST_UNREAD_DATA, HANDSHAKE "0.1 s PA +10\n0.11 c A\n0.2 s RA\n");
    T_EQ(weight(SF_FIND_RST_ABORT), 100);
    T_EQ(tale_find(&tale, SF_FIND_RST_ABORT)->severity, SF_WARNING);
    tale_misses(&tale, SF_FIND_RST_ABORT, OPEN "0.1 s R seq=301\n");
}

static void keepalives_went_unanswered(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_RST_KEEPALIVE, SF_CLIENT,
                    OPEN "30 c A seq=100\n31 c A seq=100\n32 c A seq=100\n33 c RA\n");
    T_EQ(f->values[0], 3);
    T_EQ(f->values[1], 3000000000);
    T_EQ(f->weight, 100);
    tale_misses(&tale, SF_FIND_RST_KEEPALIVE, OPEN "30 c A seq=100\n30.01 s A\n31 c RA\n");
}

static void retransmissions_were_exhausted(void **state)
{
    (void)state;
#define AGAIN                                                                      \
    OPEN "1 c PA +50 lost\n1.3 c PA +50 seq=101 lost\n1.9 c PA +50 seq=101 lost\n" \
         "3.1 c PA +50 seq=101 lost\n"
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_RST_TIMEOUT, SF_CLIENT, AGAIN "5.5 c RA\n");
    T_EQ(f->values[0], 3);
    T_EQ(f->values[1], 4500000000);
    T_EQ(f->weight, 90);

    /* Without a word: silence of more than three times the last pause of 1.2 s. */
    f = tale_raises(&tale, SF_FIND_RST_TIMEOUT, SF_CLIENT, AGAIN "6.71 c9 S\n");
    T_EQ(f->variant, 1);
    tale_misses(&tale, SF_FIND_RST_TIMEOUT, AGAIN "6.69 c9 S\n");
    /* It was answered at last. */
    tale_misses(&tale, SF_FIND_RST_TIMEOUT, AGAIN "3.2 s A ack=151\n60 c9 S\n");
    /* Text of a peer that has not heard is no answer: then the RST says who gave up. */
    tale_raises(&tale, SF_FIND_RST_TIMEOUT, SF_CLIENT,
                AGAIN "60 s PA +5 ack=101\n60.01 c R seq=101\n");
}

static void the_third_segment_is_reset(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_RST_ACCEPTQ, SF_SERVER, HANDSHAKE "0.021 s R seq=1\n");
    assert_true(weight(SF_FIND_RST_ACCEPTQ) > 70);
    tale_misses(&tale, SF_FIND_RST_ACCEPTQ, OPEN "0.1 c PA +1\n0.2 s R seq=301\n");
}

static void something_in_between_reset_it(void **state)
{
    (void)state;
    const struct sf_finding *f = tale_raises(&tale, SF_FIND_RST_MIDDLEBOX, SF_SERVER,
                                             OPEN "350 c PA +50\n350.01 s R seq=301 ttl=58\n");
    T_EQ(f->values[1], 58);
    T_EQ(f->values[2], 64);
    assert_true(f->weight > 80);

    /* Alike, but after long silence: it may be, and something else is likelier. */
    tale_tell(&tale, OPEN "350 c PA +50\n350.01 s R seq=301\n");
    assert_in_range(weight(SF_FIND_RST_MIDDLEBOX), 10, 49);
    tale_misses(&tale, SF_FIND_RST_MIDDLEBOX, OPEN "5 c PA +50\n5.01 s R seq=301\n");
}

static void a_translator_let_a_segment_through(void **state)
{
    (void)state;
    /* Late text of the server is reset, and the client goes on. */
    tale_raises(&tale, SF_FIND_RST_CONNTRACK, SF_CLIENT,
                OPEN "0.1 s PA +200\n0.11 c A\n0.12 s PA +200 seq=301\n0.121 c R seq=101\n"
                     "0.2 c PA +10\n0.3 c PA +10\n");
    T_EQ(weight(SF_FIND_RST_CONNTRACK), 80);
    assert_null(tale_find(&tale, SF_FIND_HALF_OPEN));
    tale_misses(&tale, SF_FIND_RST_CONNTRACK, OPEN "9.06 c PA +50\n9.07 s R seq=301\n");
}

/* RFC 5961 s3.2. */
static void an_inexact_rst_is_not_believed(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_RST_BLIND, SF_CLIENT,
                    OPEN "1 c R seq=1101 ttl=50\n1.01 s A\n1.1 c PA +10\n1.11 s A\n");
    T_EQ(f->values[0], 1000); /* 1101 - 101 */
    T_EQ(f->variant, 1);
    assert_null(tale_find(&tale, SF_FIND_RST_ABORT));
    tale_misses(&tale, SF_FIND_RST_BLIND, OPEN "1 c R seq=101\n");
}

static void time_wait_resets(void **state)
{
    (void)state;
    tale_raises(&tale, SF_FIND_RST_TIME_WAIT, SF_CLIENT,
                OPEN "0.1 c FA\n0.11 s A\n0.12 s FA\n0.13 c A\n1 s PA +10\n1.01 c R seq=102\n");
    tale_misses(&tale, SF_FIND_RST_TIME_WAIT,
                OPEN "0.1 c FA\n0.11 s A\n1 s PA +10\n1.01 c R seq=102\n");
}

/* Lines for several connections, from a pattern that has %d for which and %s for when. */
static char *for_each(unsigned from, unsigned to, unsigned step_ms, const char *pattern)
{
    static char text[65536];
    static size_t n;

    n = from == 1 ? 0 : n;
    for (unsigned i = from; i <= to; i++) {
        for (const char *at = pattern; *at != '\0'; at++) {
            unsigned ms = i * step_ms;

            if (*at == '#') {
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%u", i);
            } else if (*at == '@') {
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%u.%03u", ms / 1000,
                                      ms % 1000);
            } else {
                text[n++] = *at;
            }
        }
    }
    text[n] = '\0';
    return text;
}

static void a_process_dies_with_many_connections(void **state)
{
    (void)state;
    for_each(1, 6, 1, "@ c# S\n@ s# SA\n@ c# A\n@ c# PA +10\n@ s# A\n");
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_RST_CRASH, SF_SERVER, for_each(2, 6, 100, "@ s# RA\n"));
    T_EQ(f->values[0], 5);
    T_EQ(f->values[1], 6);
    T_EQ(f->values[2], 400000000); /* 0.6 - 0.2 */
    T_EQ(f->about.port, 80);

    /* Three of ten: the others live on. */
    for_each(1, 10, 1, "@ c# S\n@ s# SA\n@ c# A\n@ c# PA +10\n@ s# A\n");
    tale_misses(&tale, SF_FIND_RST_CRASH, for_each(2, 4, 100, "@ s# RA\n"));
    /* Two of six within a second are everyday. */
    for_each(1, 6, 1, "@ c# S\n@ s# SA\n@ c# A\n@ c# PA +10\n@ s# A\n");
    tale_misses(&tale, SF_FIND_RST_CRASH, for_each(2, 3, 100, "@ s# RA\n"));
    for_each(1, 6, 1, "@ c# S\n@ s# SA\n@ c# A\n@ c# PA +10\n@ s# A\n");
    tale_misses(&tale, SF_FIND_RST_CRASH, for_each(2, 6, 600, "@ s# RA\n"));
}

static void syns_without_a_third_segment_are_a_flood(void **state)
{
    (void)state;
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_SYN_FLOOD, SF_CLIENT,
                    for_each(1, 60, 10, "@ c# S from=10.7.0.#\n@ s# SA\n"));
    T_EQ(f->values[0], 60);
    assert_in_range(f->values[1], 50, 60); /* addresses, counted by hash */
    T_EQ(f->values[2], 0);
    T_EQ(f->variant, 0);
    T_EQ(f->severity, SF_ERROR);
    T_EQ(f->about.port, 80);

    /* They try again: real clients, and a queue too short. */
    char again[65536] = "";
    size_t n = 0;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 1; i <= 60; i++) {
            n += (size_t)snprintf(again + n, sizeof(again) - n, "%u.%03u c%u S %s\n", round,
                                  i * 10, i, round > 0 ? "seq=0 lost" : "lost");
        }
    }
    f = tale_raises(&tale, SF_FIND_SYN_FLOOD, SF_CLIENT, again);
    T_EQ(f->variant, 1);

    /* Refused is an answer; and 60 in two seconds are 30 a second. */
    tale_misses(&tale, SF_FIND_SYN_FLOOD,
                for_each(1, 60, 10, "@ c# S isn=5\n@ s# RA isn=0 ack=1\n"));
    tale_misses(&tale, SF_FIND_SYN_FLOOD, for_each(1, 60, 40, "@ c# S\n@ s# SA\n"));
    /* Nothing is said, but the handshakes are whole. */
    tale_misses(&tale, SF_FIND_SYN_FLOOD, for_each(1, 60, 10, "@ c# S\n@ s# SA\n@ c# A\n"));
    tale_misses(&tale, SF_FIND_SYN_FLOOD, for_each(1, 49, 10, "@ c# S\n@ s# SA\n"));
    tale_misses(&tale, SF_FIND_SYN_FLOOD,
                for_each(1, 60, 10, "@ c# S\n@ s# SA\n@ c# A\n@ c# PA +1\n"));
}

static void time_waits_of_a_client_are_counted(void **state)
{
    (void)state;
    const char *one = "@ c# S\n@ s# SA\n@ c# A\n@ c# FA\n@ s# FA\n@ c# A\n";
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_TW_BUDGET, SF_CLIENT, for_each(1, 20, 500, one));
    T_EQ(f->values[0], 20);
    T_EQ(f->values[1], 2); /* each half second */
    T_EQ(f->severity, SF_INFO);

    /* Ten seconds apart, six of them overlap within 60 s. */
    f = tale_raises(&tale, SF_FIND_TW_BUDGET, SF_CLIENT, for_each(1, 12, 10000, one));
    T_EQ(f->values[0], 6);
    tale_misses(&tale, SF_FIND_TW_BUDGET, for_each(1, 9, 500, one));
}

static void the_capture_lost_packets(void **state)
{
    (void)state;
    const char *one = "@ c# S\n@ s# SA\n@ c# A\n@ c# PA +10 gone\n@ s# A\n";
    tale_raises(&tale, SF_FIND_CAPTURE_DROP, SF_CLIENT, for_each(1, 2, 500, one));
    tale_is_clean(&tale);
    tale_misses(&tale, SF_FIND_CAPTURE_DROP, for_each(1, 1, 500, one));
}

/* RFC 7323 s5.4: several hosts behind one address. */
static void syns_with_old_timestamps_are_ignored(void **state)
{
    (void)state;
#define ANSWERED "1 c1 S ts=900000\n1.01 s1 SA\n1.02 c1 A\n1.1 c1 FA\n1.2 s1 FA\n1.3 c1 A\n"
    const struct sf_finding *f =
        tale_raises(&tale, SF_FIND_PAWS_DROP_LIKELY, SF_CLIENT,
                    ANSWERED "2 c2 S ts=5000 lost\n3 c2 S ts=6000 seq=0 lost\n"
                             "4 c2 S ts=7000 seq=0 lost\n");
    T_EQ(f->values[0], 3);
    /* Both clocks tick in ms: 900000 at 1 s is 901000 at 2 s, and 5000 is 896000 behind. */
    T_EQ(f->values[1], 896000);
    /* The same clock: the server is just dead. */
    tale_misses(&tale, SF_FIND_PAWS_DROP_LIKELY,
                ANSWERED "2 c2 S ts=901000 lost\n3 c2 S ts=902000 seq=0 lost\n"
                         "4 c2 S ts=903000 seq=0 lost\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(nobody_knows_the_connection),
        cmocka_unit_test(text_was_not_read_or_the_program_aborted),
        cmocka_unit_test(keepalives_went_unanswered),
        cmocka_unit_test(retransmissions_were_exhausted),
        cmocka_unit_test(the_third_segment_is_reset),
        cmocka_unit_test(something_in_between_reset_it),
        cmocka_unit_test(a_translator_let_a_segment_through),
        cmocka_unit_test(an_inexact_rst_is_not_believed),
        cmocka_unit_test(time_wait_resets),
        cmocka_unit_test(a_process_dies_with_many_connections),
        cmocka_unit_test(syns_without_a_third_segment_are_a_flood),
        cmocka_unit_test(time_waits_of_a_client_are_counted),
        cmocka_unit_test(the_capture_lost_packets),
        cmocka_unit_test(syns_with_old_timestamps_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
