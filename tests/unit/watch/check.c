/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/check.c - expectations: what they mean, and what makes no sense.
 */
#include "t.h"

#include "tale.h"
#include "watch/check/check.h"

#define ONE                                                  \
    "0 c S\n0.01 s SA\n0.02 c A\n0.03 c PA +100\n0.04 s A\n" \
    "0.1 c FA\n0.11 s A\n0.12 s FA\n0.13 c A\n"
/* Refused, half-closed for 20 s, and clean: 2 is the refused one. */
#define THREE                                               \
    "0.5 c2 S isn=5000\n0.51 s2 RA isn=0 ack=1\n"           \
    "1 c3 S\n1.01 s3 SA\n1.02 c3 A\n1.1 c3 FA\n1.11 s3 A\n" \
    "21 c4 S\n21.01 s4 SA\n21.02 c4 A\n21.1 c4 FA\n21.11 s4 FA\n21.12 c4 A\n"

struct row {
    const char *text;
    const char *expectation;
    bool held;
    const char *why; /* what the evidence has in it; null: not looked at */
};

static void walk(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char why[240] = "";
        bool held = tale_holds(rows[i].text, rows[i].expectation, why);

        T_EQ_ROW(i, held, rows[i].held);
        if (rows[i].why != NULL && strstr(why, rows[i].why) == NULL) {
            printf("# row %zu: %s\n", i, why);
            fail();
        }
    }
}

static void facts_of_the_one_connection(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {ONE, "connections == 1", true, NULL},
        {ONE, "connections != 1", false, "connections is 1"},
        {ONE, "open == three-way and close == four-segment", true, NULL},
        {ONE, "close == FOUR_SEGMENT", true, NULL},
        {ONE, "close == reset", false, "close is four-segment"},
        {ONE, "first_closer == client and time_wait != server", true, NULL},
        {ONE, "client.state == TIME_WAIT and server.state == CLOSED", true, NULL},
        {ONE, "client.bytes == 100 and server.bytes < 1", true, NULL},
        {ONE, "client.port == 40000 and server.port == 80", true, NULL},
        {ONE, "client.addr == 10.0.0.1 and server.addr != 10.0.0.1", true, NULL},
        {ONE, "client.addr == 10.0.0.9", false, "client.addr is 10.0.0.1"},
        {ONE, "segments == 9 and client.segments == 5", true, NULL},
        {ONE, "client.retransmitted >= 1", false, "client.retransmitted is 0"},
        /* From the first segment to the last acknowledgement: 0.13 s. */
        {ONE, "duration >= 130ms and duration <= 0.13s", true, NULL},
        {ONE, "duration > 130ms", false, "duration is 0.13s"},
        {ONE, "half_close_bytes == 0 and id == 1", true, NULL},
        {ONE, "server.idle > 5ms and server.idle < 20ms", true, NULL},
        {ONE, "not (close == reset or open == refused)", true, NULL},
    };

    walk(rows, T_COUNT(rows));
}

static void findings_of_the_capture(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {ONE, "finding", true, NULL},
        {ONE, "finding CLOSE-4SEG", true, "connection 1 (10.0.0.1:40000 > 10.0.0.2:80)"},
        {ONE, "finding close-*", true, NULL},
        {ONE, "no finding >= warning", true, NULL},
        {ONE, "finding SYN-LOST", false, "there is no such finding"},
        {THREE, "no finding >= warning", false, "REFUSED"},
        {THREE, "finding REFUSED == error", true, NULL},
        {THREE, "finding REFUSED < error", false, NULL},
        {THREE, "finding REFUSED and finding CLOSE-WAIT-LEAK and no finding FIN-*", true, NULL},
    };

    walk(rows, T_COUNT(rows));
}

static void several_connections(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {THREE, "connections == 3 and any(open == refused)", true, NULL},
        {THREE, "any(server.state == CLOSE_WAIT and duration > 10s)", true, NULL},
        {THREE, "any(server.state == CLOSE_WAIT and duration > 1min)", false,
         "server.state is"},
        {THREE, "all(client.port >= 40002)", true, NULL},
        {THREE, "all(open == three-way)", false, "connection 1 "},
        {THREE, "none(close == simultaneous)", true, NULL},
        {THREE, "none(open == refused)", false, "open is refused"},
        {THREE, "count(open == three-way) == 2", true, NULL},
        {THREE, "count(open == three-way) > 2", false, "count is 2"},
        {THREE, "any(finding REFUSED) and all(not finding SYN-LOST)", true, NULL},
        {THREE, "all(finding REFUSED)", false, "has no finding REFUSED"},
        /* Said of each, where nothing else is said. */
        {THREE, "open == three-way", false, "connection 1 "},
        {THREE, "connections == 3 and open != midstream", true, NULL},
        /* Nothing is true of none. */
        {"", "open == three-way", false, "there is no connection"},
        {"", "all(open == three-way)", true, NULL},
        {"", "connections == 0 and no finding", true, NULL},
    };

    walk(rows, T_COUNT(rows));
}

static void what_makes_no_sense_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t column;
        const char *expected;
    } rows[] = {
        {"", 1, "a fact"},
        {"close = reset", 7, "== expected"},
        {"close reset", 7, "=="},
        {"close == rset", 10, "one of none, half-closed"},
        {"close < reset", 9, "== or !="},
        {"conections == 1", 1, "a fact"},
        {"client.age > 1", 1, "addr, port, state"},
        {"connections == many", 16, "a number"},
        {"connections == 2s", 16, "a number"},
        {"duration > 10d", 12, "a time"},
        {"client.addr == me", 16, "an address"},
        {"(close == reset", 16, ")"},
        {"close == reset)", 15, "the end"},
        {"any close == reset", 5, "("},
        {"any(connections == 1)", 5, "one connection"},
        {"any(any(close == reset))", 5, "one connection"},
        {"no close", 4, "finding"},
        {"finding SYN-LOSS", 9, "the name of a finding"},
        {"finding XYZ-*", 9, "the name of a finding"},
        {"finding >= bad", 12, "one of info, warning, error"},
        {"close == reset or connections == 1", 1, "any(...) or all(...)"},
        {"not (close == reset and connections == 1)", 1, "any(...) or all(...)"},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_expect_wrong wrong;

        assert_null(sf_expect_parse(rows[i].text, &wrong));
        T_EQ_ROW(i, wrong.column, rows[i].column);
        if (strstr(wrong.text, rows[i].expected) == NULL) {
            printf("# row %zu: %s\n", i, wrong.text);
            fail();
        }
    }
}

static void nesting_and_length_are_bounded(void **state)
{
    (void)state;
    struct sf_expect_wrong wrong;
    static char text[20000];

    memset(text, '(', 100);
    assert_null(sf_expect_parse(text, &wrong));
    text[0] = '\0';
    for (size_t i = 0, n = 0; i < 400; i++) {
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%sid == 1", i > 0 ? " and " : "");
    }
    assert_null(sf_expect_parse(text, &wrong));
    assert_non_null(strstr(wrong.text, "shorter"));
    memset(text, 'x', sizeof(text) - 1);
    assert_null(sf_expect_parse(text, &wrong));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_of_the_one_connection),
        cmocka_unit_test(findings_of_the_capture),
        cmocka_unit_test(several_connections),
        cmocka_unit_test(what_makes_no_sense_is_told_with_its_place),
        cmocka_unit_test(nesting_and_length_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
