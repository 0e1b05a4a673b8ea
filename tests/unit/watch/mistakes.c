/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/mistakes.c - what other tools get wrong about captures, and we must not.
 */
#include "t.h"

#include "tale.h"

#define OPEN                             \
    "0.000 c S\n0.010 s SA\n0.020 c A\n" \
    "0.030 c PA +100\n0.040 s A\n0.050 s PA +300\n0.060 c A\n"
#define CLOSE    "0.100 c FA\n0.110 s A\n0.120 s FA\n0.130 c A\n"
#define LATER(t) t " c9 S isn=5\n" t " s9 RA isn=0 ack=1\n"

static void holds(const char *text, const char *expectation)
{
    char why[240];

    if (!tale_holds(text, expectation, why)) {
        printf("# %s: %s\n", expectation, why);
        fail();
    }
}

/* Wireshark 4.0: the second FIN is a passive close. */
static void both_ends_close_actively_when_fins_cross(void **state)
{
    (void)state;
    const char *text =
        OPEN "0.1 c FA lost\n0.101 s FA lost\n0.11 c A ack=302\n0.111 s A ack=102\n";

    holds(text, "close == simultaneous and first_closer == both and time_wait == both");
    holds(text, "client.state == TIME_WAIT and server.state == TIME_WAIT");
    holds(text, "finding SIM-CLOSE and no finding >= warning");
    /* On the way, both are in CLOSING. */
    holds(OPEN "0.1 c FA lost\n0.101 s FA lost\n0.11 c A ack=302\n", "client.state == CLOSING");
}

/* Wireshark: D-SACK, window update. */
static void crossing_syns_open_in_four_segments(void **state)
{
    (void)state;
    const char *text = "0 c S\n0.001 s S\n0.010 s SA seq=0 ack=1\n0.011 c SA seq=0 ack=1\n";

    holds(text, "open == simultaneous and segments == 4 and finding SIM-OPEN");
    holds("0 c S\n0.001 s S\n0.010 s SA seq=0 ack=1\n0.011 c SA seq=0 ack=1\n"
          "0.1 c PA +10 ack=1\n0.11 s A ack=11\n",
          "client.state == ESTABLISHED and server.state == ESTABLISHED");
    holds(text, "no finding >= warning");
    holds("0 c S\n0.001 s S\n0.010 s SA seq=0 ack=1\n", "server.state == SYN_RECEIVED");
}

/* Wireshark: window update. */
static void a_keepalives_answer_is_its_acknowledgement(void **state)
{
    (void)state;
    holds(OPEN "30.06 c A seq=100\n30.07 s A\n",
          "finding KEEPALIVE-OK and no finding >= warning and no finding ZERO-WINDOW and "
          "no finding WINDOW-FULL and no finding RETRANSMISSION");
}

/* Wireshark: completeness 31, as for a clean close. */
static void a_missing_close_is_no_close(void **state)
{
    (void)state;
    holds(OPEN "0.1 c FA\n0.11 s A\n" LATER("30"),
          "any(close == half-closed and server.state == CLOSE_WAIT and "
          "client.state == FIN_WAIT_2 and finding CLOSE-WAIT-LEAK)");
}

/* tcptrace: complete, one octet of text retransmitted. */
static void a_fin_is_no_text(void **state)
{
    (void)state;
    holds(OPEN "0.1 c FA lost\n0.4 c FA seq=101\n0.41 s A\n0.5 s FA\n0.51 c A\n",
          "finding FIN-LOST and no finding RETRANSMISSION and client.bytes == 100");
}

/* Wireshark: duplicate ACK. */
static void time_wait_answers_the_fin_that_came_again(void **state)
{
    (void)state;
    const char *text = OPEN "0.1 c FA\n0.11 s A\n0.12 s FA\n0.13 c A lost\n"
                            "0.42 s FA seq=301\n0.43 c A\n";

    holds(text, "finding LAST-ACK-LOST and time_wait == client and close == four-segment");
    holds(text, "client.state == TIME_WAIT and server.state == CLOSED");
}

/* Wireshark: ports reused. */
static void a_reuse_of_time_wait_is_legal(void **state)
{
    (void)state;
    holds("0 c S\n0.01 s SA\n0.02 c A\n0.1 s FA\n0.11 c A\n0.12 c FA\n0.13 s A\n"
          "5 c S isn=9000000\n5.01 s SA isn=8000000\n5.02 c A\n",
          "connections == 2 and finding TW-REUSE == info and no finding >= warning");
}

/* All of them: connection reset. */
static void resets_have_different_causes(void **state)
{
    (void)state;
    static struct tale tale;
    static const struct {
        const char *text;
        unsigned first; /* the likeliest cause */
    } rows[] = {
        {"0 c S isn=5000\n0.003 s RA isn=0 ack=1\n", SF_FIND_RST_PORT_CLOSED},
        {OPEN "0.1 c PA +500\n0.11 s A\n0.12 s RA\n", SF_FIND_RST_UNREAD_DATA},
        {"0 c S\n0.01 s SA\n0.02 c A\n0.1 s RA\n", SF_FIND_RST_ABORT},
        {OPEN "30 c A seq=100\n31 c A seq=100\n32 c A seq=100\n33 c RA\n",
         SF_FIND_RST_KEEPALIVE},
        {OPEN "9.06 c PA +50\n9.07 s R seq=301\n", SF_FIND_RST_NO_CONNECTION},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        unsigned first = SF_FINDINGS;
        unsigned weight = 0;

        tale_tell(&tale, rows[i].text);
        for (size_t j = 0; j < tale.n; j++) {
            if (tale.found[j].weight > weight) {
                weight = tale.found[j].weight;
                first = tale.found[j].id;
            }
        }
        T_EQ_ROW(i, first, rows[i].first);
    }
}

/* Tools on the state-change tracepoint never see it: it lasts 60 s on Linux. */
static void time_wait_lasts_a_minute(void **state)
{
    (void)state;
    holds(OPEN CLOSE LATER("60.11"), "any(client.state == TIME_WAIT)");
    holds(OPEN CLOSE LATER("60.14"), "none(client.state == TIME_WAIT)");
    holds(OPEN CLOSE LATER("60.14"), "any(time_wait == client)");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ends_close_actively_when_fins_cross),
        cmocka_unit_test(crossing_syns_open_in_four_segments),
        cmocka_unit_test(a_keepalives_answer_is_its_acknowledgement),
        cmocka_unit_test(a_missing_close_is_no_close),
        cmocka_unit_test(a_fin_is_no_text),
        cmocka_unit_test(time_wait_answers_the_fin_that_came_again),
        cmocka_unit_test(a_reuse_of_time_wait_is_legal),
        cmocka_unit_test(resets_have_different_causes),
        cmocka_unit_test(time_wait_lasts_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
