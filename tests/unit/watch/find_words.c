/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/find_words.c - the catalogue is whole, in both languages.
 */
#include "t.h"

#include <ctype.h>

#include "base/time.h"
#include "synfin/finding.h"
#include "synfin/ladder.h"
#include "watch/find/notes.h"
#include "watch/find/words.h"

static void every_finding_has_a_page_in_every_language(void **state)
{
    (void)state;
    for (unsigned id = 0; id < SF_FINDINGS; id++) {
        T_EQ(sf_finding_named(sf_finding_name(id)), id);
        assert_true(isdigit((unsigned char)sf_finding_rfc(id)[0]));
        assert_non_null(strchr(sf_finding_rfc(id), ' '));
        for (unsigned lang = 0; lang < SF_LANGS; lang++) {
            const struct sf_finding_page *page = sf_finding_page(id, (enum sf_lang)lang);

            assert_non_null(page->title);
            assert_true(strlen(page->when) > 10);
            assert_true(strlen(page->cause) > 10);
            assert_true(strlen(page->remedy) > 5);
        }
        /* A myth is one in every language. */
        T_EQ(sf_finding_page(id, SF_LANG_EN)->myth != NULL,
             sf_finding_page(id, SF_LANG_ZH)->myth != NULL);
    }
    T_EQ(sf_finding_named("fin-lost"), SF_FIND_FIN_LOST);
    T_EQ(sf_finding_named("FIN-LOSS"), SF_NO_FINDING);
}

/* Which values a sentence uses, as bits; every mark has to be one that is known. */
static unsigned marks(const char *says)
{
    unsigned used = 0;

    for (const char *at = strchr(says, '{'); at != NULL; at = strchr(at + 1, '{')) {
        size_t n = strcspn(at, "}");
        bool digit = at[1] >= '0' && at[1] < '0' + SF_FINDING_VALUES;

        assert_int_equal(at[n], '}');
        if (digit) {
            assert_true(at[2] == '}' || at[2] == '|' || (strchr("tb", at[2]) && at[3] == '}'));
            used |= 1U << (at[1] - '0');
        } else {
            assert_true(strncmp(at, "{who}", 5) == 0 || strncmp(at, "{Who}", 5) == 0 ||
                        strncmp(at, "{peer}", 6) == 0 || strncmp(at, "{Peer}", 6) == 0 ||
                        strncmp(at, "{about}", 7) == 0);
        }
    }
    return used;
}

static void sentences_have_the_same_values_in_every_language(void **state)
{
    (void)state;
    for (unsigned id = 0; id < SF_FINDINGS; id++) {
        assert_non_null(sf_find_words(id, SF_LANG_EN)->says[0]);
        for (unsigned i = 0; i < SF_FIND_VARIANTS; i++) {
            const char *en = sf_find_words(id, SF_LANG_EN)->says[i];
            const char *zh = sf_find_words(id, SF_LANG_ZH)->says[i];

            T_EQ_ROW(id, en != NULL, zh != NULL);
            if (en != NULL) {
                T_EQ_ROW(id, marks(en), marks(zh));
            }
        }
    }
}

static void values_are_written_with_their_units(void **state)
{
    (void)state;
    char text[SF_FINDING_TEXT];
    struct sf_finding f = {
        .id = SF_FIND_HALF_CLOSE, .side = SF_CLIENT, .values = {1, 1020000000}};

    assert_string_equal(
        sf_finding_text(&f, SF_LANG_EN, text),
        "After the FIN of the client, the server sent 1 byte more, for 1.02 s.");
    assert_string_equal(sf_finding_text(&f, SF_LANG_ZH, text),
                        "客户端发出 FIN 之后，服务端又发送了 1 字节，持续 1.02 秒。");

    static const struct {
        uint64_t ns;
        const char *en;
    } rows[] = {
        {0, " 0 us"},
        {999400, " 999 us"},
        {999500, " 1 ms"},
        {13400000, " 13.4 ms"},
        {250 * SF_NS_PER_MS, " 250 ms"},
        {999499999, " 999 ms"},
        {999500000, " 1 s"},
        {100 * SF_NS_PER_S, " 100 s"},
        {119 * SF_NS_PER_S, " 119 s"},
        {120 * SF_NS_PER_S, " 2 min"},
        {90 * 60 * SF_NS_PER_S, " 90 min"},
        {7200 * SF_NS_PER_S, " 2 h"},
    };
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        f.values[1] = rows[i].ns;
        assert_non_null(strstr(sf_finding_text(&f, SF_LANG_EN, text), rows[i].en));
    }
}

static void a_cause_among_others_tells_its_weight(void **state)
{
    (void)state;
    char text[SF_FINDING_TEXT];
    struct sf_finding f = {.id = SF_FIND_RST_TIME_WAIT, .side = SF_SERVER, .weight = 70};

    assert_non_null(strstr(sf_finding_text(&f, SF_LANG_EN, text), "(likelihood 70 %)"));
    assert_non_null(strstr(sf_finding_text(&f, SF_LANG_ZH, text), "（可能性 70%）"));
    f.weight = 100;
    assert_null(strstr(sf_finding_text(&f, SF_LANG_EN, text), "likelihood"));
}

static void a_finding_is_raised_once_for_each_side_and_can_be_taken_back(void **state)
{
    (void)state;
    struct sf_findings found = {.n = 0};

    sf_find_raise(&found, SF_FIND_FIN_LOST, SF_CLIENT, 1)->values[0] = 5;
    T_EQ(sf_find_raise(&found, SF_FIND_FIN_LOST, SF_CLIENT, 2)->values[0], 5);
    sf_find_raise(&found, SF_FIND_FIN_LOST, SF_SERVER, 3);
    sf_find_raise(&found, SF_FIND_SYN_LOST, SF_CLIENT, 4);
    T_EQ(found.n, 3);
    sf_find_retract(&found, SF_FIND_FIN_LOST, SF_SERVER);
    T_EQ(found.n, 2);
    assert_null(sf_find_raised(&found, SF_FIND_FIN_LOST, SF_SERVER));
    T_EQ(sf_find_raised(&found, SF_FIND_SYN_LOST, SF_CLIENT)->at_ns, 4);

    /* There is an end to it: what comes later goes nowhere, and harms nothing. */
    for (unsigned i = 0; i < 200; i++) {
        (void)sf_find_add(&found, SF_FIND_SYN_LOST, SF_CLIENT, i);
    }
    T_EQ(found.n, SF_FINDINGS_MOST);
    struct sf_find_notes notes = {.found = found};
    sf_find_drop(&notes);
}

static void proof_is_in_order_and_keeps_first_and_last(void **state)
{
    (void)state;
    struct sf_finding f = {.id = SF_FIND_SYN_LOST};
    static const uint32_t in[] = {7, 3, 7, 0, 9, 11, 12, 20, 30, 5};
    static const uint32_t out[] = {3, 7, 9, 11, 12, 30};

    for (size_t i = 0; i < T_COUNT(in); i++) {
        sf_find_proof(&f, in[i]);
    }
    T_EQ(f.n_segments, 6);
    for (size_t i = 0; i < T_COUNT(out); i++) {
        T_EQ_ROW(i, f.segments[i], out[i]);
    }
}

static void languages_have_names(void **state)
{
    (void)state;
    enum sf_lang lang = SF_LANG_EN;

    assert_true(sf_lang_of("zh_CN.UTF-8", &lang));
    T_EQ(lang, SF_LANG_ZH);
    assert_true(sf_lang_of("C.UTF-8", &lang));
    T_EQ(lang, SF_LANG_EN);
    assert_true(sf_lang_of("zh", &lang));
    assert_true(sf_lang_of("zh-Hans", &lang));
    T_EQ(lang, SF_LANG_ZH);
    assert_false(sf_lang_of("de_DE", &lang));
    assert_false(sf_lang_of("", &lang));
    assert_false(sf_lang_of("zhx", &lang));
    T_EQ(lang, SF_LANG_ZH);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_finding_has_a_page_in_every_language),
        cmocka_unit_test(sentences_have_the_same_values_in_every_language),
        cmocka_unit_test(values_are_written_with_their_units),
        cmocka_unit_test(a_cause_among_others_tells_its_weight),
        cmocka_unit_test(a_finding_is_raised_once_for_each_side_and_can_be_taken_back),
        cmocka_unit_test(proof_is_in_order_and_keeps_first_and_last),
        cmocka_unit_test(languages_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
