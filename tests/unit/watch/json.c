/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/json.c - the writer of JSON, and ladders in synfin.explain/1.
 */
#include "tape.h"

#include <stdlib.h>

#include "watch/json.h"

static char out[65536];
static struct sf_text text = {.text = out, .room = sizeof(out)};

static void elements_are_parted_by_commas(void **state)
{
    struct sf_json j;

    (void)state;
    sf_json_init(&j, sf_sink_text(&text));
    sf_json_open(&j, '{');
    sf_json_key(&j, "a");
    sf_json_open(&j, '[');
    sf_json_int(&j, -1);
    sf_json_null(&j);
    sf_json_open(&j, '{');
    sf_json_close(&j, '}');
    sf_json_open(&j, '[');
    sf_json_close(&j, ']');
    sf_json_close(&j, ']');
    sf_json_key(&j, "b");
    sf_json_string(&j, "");
    sf_json_line(&j);
    sf_json_key(&j, "c");
    sf_json_int(&j, INT64_MIN);
    sf_json_close(&j, '}');
    assert_string_equal(
        out, "{\"a\": [-1, null, {}, []], \"b\": \"\",\n \"c\": -9223372036854775808}");
}

/* RFC 8259 s7, RFC 3629 s4. */
static void strings_are_escaped_and_always_utf_8(void **state)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"plain", "\"plain\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\x01\n\x1f ", "\"\\u0001\\u000a\\u001f \""},
        {"\x7f", "\"\x7f\""},
        {"h\xc3\xa9", "\"h\xc3\xa9\""},
        {"\xe6\x8f\xa1\xf0\x9f\x90\x9f", "\"\xe6\x8f\xa1\xf0\x9f\x90\x9f\""},
        {"\xff", "\"\xef\xbf\xbd\""},                                 /* no octet of UTF-8 */
        {"\xc3", "\"\xef\xbf\xbd\""},                                 /* cut off */
        {"\xe6\x8f", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* cut off */
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},                 /* too long a form of / */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* a surrogate */
        {"\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_json j;

        sf_json_init(&j, sf_sink_text(&text));
        sf_json_string(&j, rows[i].in);
        if (strcmp(out, rows[i].want) != 0) {
            printf("# row %zu: %s\n", i, out);
        }
        assert_string_equal(out, rows[i].want);
    }
}

static void seconds_have_the_decimals_they_need_and_at_least_one(void **state)
{
    static const struct {
        uint64_t ns;
        const char *want;
    } rows[] = {
        {0, "0.0"},          {1, "0.000000001"},    {21300000, "0.0213"},
        {1000000000, "1.0"}, {60500000000, "60.5"}, {UINT64_MAX, "18446744073.709551615"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_json j;

        sf_json_init(&j, sf_sink_text(&text));
        sf_json_seconds(&j, rows[i].ns);
        assert_string_equal(out, rows[i].want);
    }
}

static void what_does_not_fit_into_a_string_is_counted(void **state)
{
    char small[4];
    struct sf_text cut = {.text = small, .room = sizeof(small)};
    struct sf_sink sink = sf_sink_text(&cut);

    (void)state;
    sink.put(sink.context, "ab", 2);
    sink.put(sink.context, "cde", 3);
    sink.put(sink.context, "f", 1);
    assert_string_equal(small, "abc");
    T_EQ(cut.octets, 6);
}

/* tape_close_in_three(), all of it. */
static const char three[] =
    "{\"schema\": \"synfin.explain/1\", \"connections\": [\n"
    "  {\"id\": 1, \"client\": {\"addr\": \"10.9.8.1\", \"port\": 50082}, "
    "\"server\": {\"addr\": \"10.9.8.2\", \"port\": 8080},\n"
    "   \"open\": \"three-way\", \"close\": \"three-segment\", "
    "\"first_closer\": \"client\", \"time_wait\": \"client\", "
    "\"half_close_bytes\": 0,\n"
    "   \"states\": {\"client\": [\n"
    "     {\"state\": \"SYN_SENT\", \"from\": 0.0, \"to\": 0.000031, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"ESTABLISHED\", \"from\": 0.000031, \"to\": 0.00034, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"FIN_WAIT_1\", \"from\": 0.00034, \"to\": 0.000345, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"TIME_WAIT\", \"from\": 0.000345, \"to\": 0.000465, "
    "\"certainty\": \"seen\"}], \"server\": [\n"
    "     {\"state\": \"SYN_RECEIVED\", \"from\": 0.0, \"to\": 0.000115, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"ESTABLISHED\", \"from\": 0.000115, \"to\": 0.00034, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"CLOSE_WAIT\", \"from\": 0.00034, \"to\": 0.000345, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"LAST_ACK\", \"from\": 0.000345, \"to\": 0.000465, "
    "\"certainty\": \"seen\"},\n"
    "     {\"state\": \"CLOSED\", \"from\": 0.000465, \"to\": 0.000465, "
    "\"certainty\": \"seen\"}]},\n"
    "   \"segments\": [\n"
    "    {\"n\": 1, \"t\": 0.0, \"from\": \"client\", \"flags\": \"SYN\", "
    "\"seq\": 0, \"ack\": null, \"len\": 0, \"client_state\": \"SYN_SENT\", "
    "\"server_state\": \"SYN_RECEIVED\", \"note\": \"a SYN counts one\"},\n"
    "    {\"n\": 2, \"t\": 0.000031, \"from\": \"server\", \"flags\": \"SYN+ACK\", "
    "\"seq\": 0, \"ack\": 1, \"len\": 0, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"SYN_RECEIVED\", \"note\": \"a SYN counts one\"},\n"
    "    {\"n\": 3, \"t\": 0.000115, \"from\": \"client\", \"flags\": \"ACK\", "
    "\"seq\": 1, \"ack\": 1, \"len\": 0, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"ESTABLISHED\", \"note\": \"\"},\n"
    "    {\"n\": 4, \"t\": 0.00016, \"from\": \"client\", \"flags\": \"PSH+ACK\", "
    "\"seq\": 1, \"ack\": 1, \"len\": 78, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"ESTABLISHED\", \"note\": \"\"},\n"
    "    {\"n\": 5, \"t\": 0.00018, \"from\": \"server\", \"flags\": \"ACK\", "
    "\"seq\": 1, \"ack\": 79, \"len\": 1448, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"ESTABLISHED\", \"note\": \"\"},\n"
    "    {\"n\": 6, \"t\": 0.00019, \"from\": \"server\", \"flags\": \"ACK\", "
    "\"seq\": 1449, \"ack\": 79, \"len\": 1448, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"ESTABLISHED\", \"note\": \"\"},\n"
    "    {\"n\": 7, \"t\": 0.0002, \"from\": \"server\", \"flags\": \"PSH+ACK\", "
    "\"seq\": 2897, \"ack\": 79, \"len\": 104, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"ESTABLISHED\", \"note\": \"\"},\n"
    "    {\"n\": 8, \"t\": 0.00029, \"from\": \"client\", \"flags\": \"ACK\", "
    "\"seq\": 79, \"ack\": 3001, \"len\": 0, \"client_state\": \"ESTABLISHED\", "
    "\"server_state\": \"ESTABLISHED\", \"note\": \"\"},\n"
    "    {\"n\": 9, \"t\": 0.00034, \"from\": \"client\", \"flags\": \"FIN+ACK\", "
    "\"seq\": 79, \"ack\": 3001, \"len\": 0, \"client_state\": \"FIN_WAIT_1\", "
    "\"server_state\": \"CLOSE_WAIT\", \"note\": \"a FIN counts one\"},\n"
    "    {\"n\": 10, \"t\": 0.000345, \"from\": \"server\", \"flags\": \"FIN+ACK\", "
    "\"seq\": 3001, \"ack\": 80, \"len\": 0, \"client_state\": \"TIME_WAIT\", "
    "\"server_state\": \"LAST_ACK\", \"note\": \"a FIN counts one\"},\n"
    "    {\"n\": 11, \"t\": 0.000465, \"from\": \"client\", \"flags\": \"ACK\", "
    "\"seq\": 80, \"ack\": 3002, \"len\": 0, \"client_state\": \"TIME_WAIT\", "
    "\"server_state\": \"CLOSED\", \"note\": \"\"}],\n"
    "   \"findings\": []}]}\n";

static void a_ladder_is_written_in_the_schema_of_explain(void **state)
{
    struct tape *t = calloc(1, sizeof(*t));
    struct sf_watch *watch = NULL;

    (void)state;
    assert_non_null(t);
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_three(t);
    watch = tape_watch(t);
    sf_watch_json(watch, false, sf_sink_text(&text));
    T_LINES(out, three);
    sf_watch_json(watch, true, sf_sink_text(&text));
    assert_non_null(strstr(out, "\"flags\": \"SYN+ACK\", \"seq\": 5000, \"ack\": 1001"));
    sf_watch_close(watch);
    free(t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_parted_by_commas),
        cmocka_unit_test(strings_are_escaped_and_always_utf_8),
        cmocka_unit_test(seconds_have_the_decimals_they_need_and_at_least_one),
        cmocka_unit_test(what_does_not_fit_into_a_string_is_counted),
        cmocka_unit_test(a_ladder_is_written_in_the_schema_of_explain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
