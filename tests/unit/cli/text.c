/* SPDX-License-Identifier: MIT
 *
 * tests/unit/cli/text.c - what people and peers write, taken apart: numbers, addresses, URLs,
 * requests, answers.
 */
#include "t.h"

#include <stdlib.h>

#include "cli/cli.h"
#include "cli/feed.h"
#include "cli/httpbody.h"
#include "cli/httpfile.h"
#include "cli/httpreq.h"
#include "cli/net.h"
#include "cli/number.h"
#include "cli/url.h"

static void numbers_are_whole_and_in_range(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t number;
    } rows[] = {
        {"10", true, 10},  {"9", false, 0},    {"20", true, 20},
        {"21", false, 0},  {"", false, 0},     {"15x", false, 0},
        {"+15", false, 0}, {" 15", false, 0},  {"-15", false, 0},
        {"015", true, 15}, {"0x15", false, 0}, {"99999999999999999999", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        uint64_t number = 0;

        T_EQ_ROW(i, cli_number(rows[i].text, 10, 20, &number), rows[i].good);
        T_EQ_ROW(i, number, rows[i].number);
    }
}

static void sizes_have_units_of_1024(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t octets;
    } rows[] = {
        {"0", true, 0},
        {"7", true, 7},
        {"2k", true, 2048},
        {"2K", true, 2048},
        {"3M", true, 3 << 20},
        {"1G", true, 1 << 30},
        {"16777215T", true, UINT64_C(16777215) << 40}, /* 2^24 - 1 times 2^40 */
        {"16777216T", false, 0},                       /* 2^64 */
        {"K", false, 0},
        {"", false, 0},
        {"1KB", false, 0},
        {"1,", false, 0},
        {"-1K", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        uint64_t octets = 0;

        T_EQ_ROW(i, cli_octets(rows[i].text, &octets), rows[i].good);
        T_EQ_ROW(i, octets, rows[i].octets);
    }
}

static void seconds_may_have_a_decimal_point(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t ns;
    } rows[] = {
        {"2", true, 2000000000},
        {"0.25", true, 250000000},
        {"1.", true, 1000000000},
        {"0.0000000019", true, 1}, /* finer than a nanosecond is cut */
        {"31622400", true, UINT64_C(31622400000000000)},
        {"31622401", false, 0},
        {".5", false, 0},
        {"1.5s", false, 0},
        {"", false, 0},
        {"1e3", false, 0},
        {"-1", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        sf_span span = {0};

        T_EQ_ROW(i, cli_seconds(rows[i].text, &span), rows[i].good);
        T_EQ_ROW(i, span.ns, rows[i].ns);
    }
}

/* Where the engine is, where the kernel is: .1, or .2 if the engine has it. */
static void the_kernel_has_the_first_address_that_is_free(void **state)
{
    static const struct {
        const char *engine;
        const char *kernel; /* null: there is no room */
    } rows[] = {
        {"10.9.8.2", "10.9.8.1"},        {"10.9.8.1", "10.9.8.2"},
        {"10.9.8.77/8", "10.0.0.1"},     {"10.9.8.130/25", "10.9.8.129"},
        {"10.9.8.129/25", "10.9.8.130"}, {"10.9.8.2/31", "10.9.8.3"},
        {"10.9.8.3/31", "10.9.8.2"},     {"10.9.8.2/32", NULL},
        {"fd09:8::2", "fd09:8::1"},      {"fd09:8::1", "fd09:8::2"},
        {"fd09:8::5/126", "fd09:8::6"},  {"fd09:8::6/126", "fd09:8::5"},
        {"fd09:8::2/128", NULL},         {"fd09:8:0:1::2", "fd09:8:0:1::1"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_addr engine;
        struct sf_addr kernel;
        char text[SF_ADDR_TEXT];
        uint8_t prefix = 0;

        T_EQ_ROW(i, cli_address(rows[i].engine, &engine, &prefix), true);
        T_EQ_ROW(i, cli_net_kernel(&engine, prefix, &kernel), rows[i].kernel != NULL);
        if (rows[i].kernel != NULL) {
            assert_string_equal(sf_addr_text(&kernel, text), rows[i].kernel);
        }
    }
}

static void addresses_may_name_their_net(void **state)
{
    static const struct {
        const char *text;
        bool good;
        uint8_t prefix;
    } rows[] = {
        {"10.9.8.2", true, 24},    {"10.9.8.2/1", true, 1},  {"10.9.8.2/32", true, 32},
        {"10.9.8.2/33", false, 0}, {"10.9.8.2/0", false, 0}, {"10.9.8.2/", false, 0},
        {"10.9.8", false, 0},      {"", false, 0},           {"/24", false, 0},
        {"fd09:8::2", true, 64},   {"::1/128", true, 128},   {"::1/129", false, 0},
        {"[fd09::1]", false, 0},   {"a.b.c.d", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_addr addr;
        uint8_t prefix = 0;

        T_EQ_ROW(i, cli_address(rows[i].text, &addr, &prefix), rows[i].good);
        T_EQ_ROW(i, prefix, rows[i].prefix);
    }
}

static void urls_come_apart(void **state)
{
    static const struct {
        const char *text, *host, *port, *field, *path;
    } rows[] = {
        {"http://h/", "h", "80", "h", "/"},
        {"http://h", "h", "80", "h", "/"},
        {"HTTP://h/a?b#c", "h", "80", "h", "/a?b"},
        {"h/x", "h", "80", "h", "/x"},
        {"http://h?q", "h", "80", "h", "/?q"},
        {"http://h:8080/x", "h", "8080", "h:8080", "/x"},
        {"http://h:/x", "h", "80", "h:", "/x"},
        {"http://[::1]/x", "::1", "80", "[::1]", "/x"},
        {"http://[fd09:8::1]:81", "fd09:8::1", "81", "[fd09:8::1]:81", "/"},
        {"h/http://other/", "h", "80", "h", "/http://other/"},
        {"10.9.8.1:1/a@b", "10.9.8.1", "1", "10.9.8.1:1", "/a@b"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct cli_url url;

        T_EQ_ROW(i, cli_url_parse(rows[i].text, &url), CLI_OK);
        assert_string_equal(url.host, rows[i].host);
        assert_string_equal(url.port, rows[i].port);
        assert_string_equal(url.field, rows[i].field);
        assert_string_equal(url.path, rows[i].path);
    }
}

/* RFC 9112 s5.1: what has not arrived whole is waited for, octet by octet. */
static void a_request_is_parsed_when_it_is_whole(void **state)
{
    static const char text[] = "GET /a%20b HTTP/1.1\r\nHost: x\r\nRange: bytes=2-5\r\n\r\nGET";
    struct cli_request r;
    size_t whole = sizeof(text) - 1 - 3;

    (void)state;
    for (size_t n = 0; n < whole; n++) {
        T_EQ_ROW(n, cli_request_parse(text, n, &r), 0);
    }
    T_EQ(cli_request_parse(text, whole + 3, &r), whole);
    T_EQ(r.status, 200);
    assert_string_equal(r.path, "a b");
    T_TRUE(r.keep);
    T_FALSE(r.head);
    T_EQ(r.range, CLI_RANGE_FROM);
    T_EQ(r.from, 2);
    T_EQ(r.to, 5);
}

/* RFC 9112 s9.3: who says nothing keeps the connection in 1.1, and closes it in 1.0. */
static void keeping_depends_on_version_and_field(void **state)
{
    static const struct {
        const char *text;
        bool keep;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", true},
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", false},
        {"PUT / HTTP/1.1\r\nHost: x\r\n\r\n", true},
        {"GET / HTTP/1.1\r\n\r\n", false},
    };
    struct cli_request r;

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, cli_request_parse(rows[i].text, strlen(rows[i].text), &r),
                 strlen(rows[i].text));
        T_EQ_ROW(i, r.keep, rows[i].keep);
    }
}

static void paths_are_decoded_within_their_room(void **state)
{
    static const struct {
        const char *target;
        int status;
        const char *path;
    } rows[] = {
        {"/", 200, ""},
        {"/1234567", 200, "1234567"}, /* seven and the null octet: eight */
        {"/12345678", 414, NULL},
        {"/%31%32", 200, "12"},
        {"/%3", 400, NULL},
        {"/%", 400, NULL},
        {"/%g1", 400, NULL},
        {"/%00", 400, NULL},
        {"/a?b%zz", 200, "a"},
        {"", 400, NULL},
        {"*", 400, NULL},
        {"x", 400, NULL},
        {"http://h", 200, ""},
        {"http://h/x", 200, "x"},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        char path[8] = "";

        T_EQ_ROW(i, cli_request_path(rows[i].target, strlen(rows[i].target), path, 8),
                 rows[i].status);
        if (rows[i].path != NULL) {
            assert_string_equal(path, rows[i].path);
        }
    }
}

/* However the stream is cut, the same body comes out. */
static void a_chunked_body_may_arrive_in_any_pieces(void **state)
{
    static const char wire[] = "3\r\nabc\r\n1A;ext=\"1\"\r\ndefghijklmnopqrstuvwxyz012\r\n0\r\n"
                               "Trailer: x\r\n\r\n";
    static const char want[] = "abcdefghijklmnopqrstuvwxyz012"; /* 3 + 0x1a */

    (void)state;
    for (size_t piece = 1; piece < sizeof(wire); piece++) {
        struct cli_body body = {.kind = CLI_BODY_CHUNKED};
        char got[64] = "";
        size_t octets = 0;

        for (size_t at = 0; at < sizeof(wire) - 1;) {
            size_t n = sizeof(wire) - 1 - at < piece ? sizeof(wire) - 1 - at : piece;
            size_t skip = 0;
            size_t take = 0;

            T_TRUE(cli_body_next(&body, wire + at, n, &skip, &take));
            T_TRUE(skip + take > 0 && octets + take < sizeof(got));
            memcpy(got + octets, wire + at + skip, take);
            octets += take;
            at += skip + take;
        }
        T_TRUE(cli_body_whole(&body) && body.done);
        assert_string_equal(got, want);
    }
}

/* RFC 9112 s6.3: a body that was promised and did not come is noticed. */
static void a_body_is_whole_only_at_its_end(void **state)
{
    struct cli_body body;
    static const char length[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    size_t skip = 0;
    size_t take = 0;

    (void)state;
    for (size_t n = 0; n < sizeof(length) - 1; n++) {
        T_EQ_ROW(n, cli_body_head(length, n, &body), 0);
    }
    T_EQ(cli_body_head(length, sizeof(length) - 1, &body), sizeof(length) - 1);
    T_TRUE(cli_body_next(&body, "ab", 2, &skip, &take));
    T_EQ(take, 2);
    T_FALSE(cli_body_whole(&body));
    T_TRUE(cli_body_next(&body, "cd", 2, &skip, &take));
    T_EQ(take, 1);
    T_TRUE(cli_body_whole(&body));
    T_EQ(cli_body_head("HTTP/1.1 99 x\r\n\r\n", 17, &body), SIZE_MAX);
    T_EQ(cli_body_head("HTTP/1.1 600 x\r\n\r\n", 18, &body), SIZE_MAX);
    T_EQ(cli_body_head("HTTP/1.1 599 x\r\n\r\n", 18, &body), 18);
}

static void types_follow_the_last_dot(void **state)
{
    (void)state;
    assert_string_equal(cli_media_type("a.tar.GZ"), "application/gzip");
    assert_string_equal(cli_media_type("index.html"), "text/html; charset=utf-8");
    assert_string_equal(cli_media_type("noext"), "application/octet-stream");
    assert_string_equal(cli_media_type("x."), "application/octet-stream");
}

/* RFC 9110 s5.6.7, its own example. */
static void dates_are_read_as_http_writes_them(void **state)
{
    (void)state;
    T_EQ(cli_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
    T_EQ(cli_http_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
    T_EQ(cli_http_date("Sun, 06 Nov 1994 08:49:37"), -1);
    T_EQ(cli_http_date("yesterday"), -1);
}

/* RFC 864: 72 characters and an end of line, each line beginning one character further. */
static void the_pattern_is_the_character_generators(void **state)
{
    (void)state;
    T_EQ(cli_feed_pattern(0), ' ');
    T_EQ(cli_feed_pattern(71), ' ' + 71);
    T_EQ(cli_feed_pattern(72), '\r');
    T_EQ(cli_feed_pattern(73), '\n');
    T_EQ(cli_feed_pattern(74), '!');
    T_EQ(cli_feed_pattern(74 * 94), '~');
    T_EQ(cli_feed_pattern(74 * 94 + 1), ' '); /* behind the last character comes the first */
    T_EQ(cli_feed_pattern(74 * 95), ' ');
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(sizes_have_units_of_1024),
        cmocka_unit_test(seconds_may_have_a_decimal_point),
        cmocka_unit_test(the_kernel_has_the_first_address_that_is_free),
        cmocka_unit_test(addresses_may_name_their_net),
        cmocka_unit_test(urls_come_apart),
        cmocka_unit_test(a_request_is_parsed_when_it_is_whole),
        cmocka_unit_test(keeping_depends_on_version_and_field),
        cmocka_unit_test(paths_are_decoded_within_their_room),
        cmocka_unit_test(a_chunked_body_may_arrive_in_any_pieces),
        cmocka_unit_test(a_body_is_whole_only_at_its_end),
        cmocka_unit_test(types_follow_the_last_dot),
        cmocka_unit_test(dates_are_read_as_http_writes_them),
        cmocka_unit_test(the_pattern_is_the_character_generators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
