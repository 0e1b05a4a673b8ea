/* SPDX-License-Identifier: MIT
 *
 * cli/whypage.c - the page of a finding, of a state, of a rule.
 *
 *   why.c -> [whypage.c] <- the catalogue of findings, whystates.c, rules.h
 */
#include "cli/whypage.h"

#include <stdio.h>
#include <string.h>

#include "cli/whystates.h"
#include "watch/line.h"

#define INDENT 2U
#define NAMES  22U /* columns of names in a list */

/* A paragraph, indented and broken into lines. */
static void paragraph(const struct cli_page *page, unsigned indent, const char *text)
{
    while (*text != '\0') {
        size_t skip = 0;
        size_t n = sf_line_break(text, page->columns - indent, &skip);

        printf("%*s%.*s\n", (int)indent, "", (int)n, text);
        text += n + skip;
    }
}

void cli_page_head(const char *text)
{
    printf("\n%s\n", text);
}

void cli_page_line(const struct cli_page *page, const char *name, const char *text)
{
    unsigned takes = sf_columns(name);
    size_t skip = 0;
    size_t n = sf_line_break(text, page->columns - NAMES, &skip);

    printf("%*s%s%*s%.*s\n", (int)INDENT, "", name,
           takes + INDENT < NAMES ? (int)(NAMES - INDENT - takes) : 1, "", (int)n, text);
    paragraph(page, NAMES, text + n + skip);
}

static void section(const struct cli_page *page, const char *const head[SF_LANGS],
                    const char *text)
{
    if (text != NULL && text[0] != '\0') {
        cli_page_head(head[page->lang]);
        paragraph(page, INDENT, text);
    }
}

static const char *const heads_when[] = {"Raised when", "何时报告"};
static const char *const heads_cause[] = {"Cause", "原因"};
static const char *const heads_remedy[] = {"What to do", "怎么办"};
static const char *const heads_myth[] = {"Myth", "误解"};
static const char *const heads_rule[] = {"Rule", "规范"};
static const char *const heads_means[] = {"What it means", "含义"};
static const char *const heads_left[] = {"How it is left", "如何离开"};
static const char *const heads_timer[] = {"Timers", "定时器"};
static const char *const heads_see[] = {"How to see it", "如何查看"};
static const char *const heads_in[] = {"Arrows into it", "进入的箭头"};
static const char *const heads_out[] = {"Arrows out of it", "离开的箭头"};

static void rule_line(const struct cli_page *page, const char *rfc)
{
    char line[64];

    snprintf(line, sizeof(line),
             page->lang == SF_LANG_ZH ? "RFC %.*s 第 %s 节" : "RFC %.*s, section %s",
             (int)strcspn(rfc, " "), rfc, rfc + strcspn(rfc, " ") + 1);
    section(page, heads_rule, line);
}

void cli_page_finding(const struct cli_page *page, unsigned id)
{
    const struct sf_finding_page *words = sf_finding_page(id, page->lang);

    printf("%s - %s\n", sf_finding_name(id), words->title);
    printf(page->lang == SF_LANG_ZH ? "%s（%s）\n" : "%s (%s)\n",
           sf_finding_group_name(sf_finding_group(id), page->lang),
           sf_severity_name(sf_finding_severity(id), page->lang));
    section(page, heads_when, words->when);
    section(page, heads_cause, words->cause);
    section(page, heads_remedy, words->remedy);
    section(page, heads_myth, words->myth);
    rule_line(page, sf_finding_rfc(id));
}

/* The arrows of one state; out: those that leave it. */
static void arrows(const struct cli_page *page, enum sf_state state, bool out)
{
    size_t n = 0;
    const struct sf_arrow *all = sf_state_arrows(&n);

    cli_page_head(out ? heads_out[page->lang] : heads_in[page->lang]);
    for (size_t i = 0; i < n; i++) {
        const struct sf_arrow *a = &all[i];

        if ((out ? a->from : a->to) == (uint8_t)state) {
            printf("  %-12s  %-13s  %-12s  %s\n", sf_state_name((enum sf_state)a->from),
                   sf_event_name((enum sf_event_kind)a->event),
                   sf_state_name((enum sf_state)a->to), a->clause);
        }
    }
}

void cli_page_state(const struct cli_page *page, enum sf_state state)
{
    const struct cli_state_page *words = &cli_state_pages[page->lang][state];

    printf("%s\n", sf_state_name(state));
    section(page, heads_means, words->means);
    section(page, heads_left, words->left);
    section(page, heads_timer, words->timer);
    section(page, heads_see, words->see);
    arrows(page, state, false);
    arrows(page, state, true);
    rule_line(page, "9293 3.3.2");
}

void cli_page_rule(const struct cli_page *page, const struct cli_rule *rule)
{
    static const char *const names[][SF_LANGS] = {{"level", "级别"},  {"section", "章节"},
                                                  {"status", "状态"}, {"code", "代码"},
                                                  {"test", "测试"},   {"reason", "理由"}};
    const char *const values[] = {rule->level, rule->section, rule->status,
                                  rule->code,  rule->test,    rule->reason};

    printf("%s\n\n", rule->id);
    paragraph(page, INDENT, rule->requirement);
    printf("\n");
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        if (values[i][0] != '\0') {
            cli_page_line(page, names[i][page->lang], values[i]);
        }
    }
}
