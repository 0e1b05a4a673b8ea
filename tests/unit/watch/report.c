/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/report.c - what the writers of reports share: escapes, times, comments.
 */
#include "t.h"

#include "watch/report/comments.h"
#include "watch/report/part.h"

static char out[4096];
static struct sf_text text = {.text = out, .room = sizeof(out)};

/* XML 1.0 s2.2 and s2.4; RFC 3629 s4. */
static void what_means_something_in_a_document_is_escaped(void **state)
{
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"plain", "plain"},
        {"<b a=\"1\" c='2'>&amp;", "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;"},
        {"]]>", "]]&gt;"},
        {"\x01\n\x1f\x7f ", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "},
        {"\xe6\x8f\xa1", "\xe6\x8f\xa1"},
        {"\xff", "\xef\xbf\xbd"},                                 /* no octet of UTF-8 */
        {"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"},                 /* too long a form of < */
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
        {"\xef\xbf\xbe", "\xef\xbf\xbd"},         /* U+FFFE is no character of XML */
        {"\xe6\x8f", "\xef\xbf\xbd\xef\xbf\xbd"}, /* cut off at the end */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sf_put_xml(sf_sink_text(&text), rows[i].in);
        assert_string_equal(out, rows[i].want);
    }
}

static void times_are_short_and_have_the_unit_that_fits(void **state)
{
    static const struct {
        uint64_t ns;
        const char *want;
    } rows[] = {
        {0, "0 ns"},
        {999, "999 ns"},
        {1000, "1.0 µs"},
        {99999, "99.9 µs"},
        {100000, "100 µs"},
        {1000000, "1.0 ms"},
        {14486000, "14.4 ms"},
        {60000000000, "60.0 s"},
        {119900000000, "119 s"}, /* two minutes are the first that are told in minutes */
        {120000000000, "2.0 min"},
        {7200000000000, "2.0 h"},
    };
    char time[32];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_string_equal(sf_part_time(rows[i].ns, time), rows[i].want);
    }
}

static void comments_of_one_packet_come_in_the_order_they_were_made(void **state)
{
    struct sf_finding list[] = {
        {.id = SF_FIND_SIM_CLOSE, .segments = {7, 9}, .n_segments = 2},
        {.id = SF_FIND_WHO_HAS_TW, .segments = {9}, .n_segments = 1},
    };
    struct sf_findings found = {.list = list, .n = 2};
    struct sf_comments comments = {.lang = SF_LANG_EN};
    const char *nine = NULL;

    (void)state;
    sf_comments_find(&comments, &found);
    assert_null(sf_comments_of(&comments, 6));
    assert_null(sf_comments_of(&comments, 8));
    assert_null(sf_comments_of(&comments, 10));
    assert_non_null(strstr(sf_comments_of(&comments, 7), "SIM-CLOSE"));
    nine = sf_comments_of(&comments, 9);
    assert_non_null(strstr(nine, "SIM-CLOSE"));
    assert_non_null(strstr(nine, "\n"));
    assert_true(strstr(nine, "WHO-HAS-TW") > strstr(nine, "\n"));
    assert_null(strstr(strstr(nine, "\n") + 1, "\n"));
    sf_comments_free(&comments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_means_something_in_a_document_is_escaped),
        cmocka_unit_test(times_are_short_and_have_the_unit_that_fits),
        cmocka_unit_test(comments_of_one_packet_come_in_the_order_they_were_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
