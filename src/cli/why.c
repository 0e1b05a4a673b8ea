/* SPDX-License-Identifier: MIT
 *
 * cli/why.c - synfin why: the page of a finding, of a state, of a rule.
 *
 *   a name --> finding, state, rule, the beginning of several, or the nearest ones
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/number.h"
#include "cli/options.h"
#include "cli/whypage.h"
#include "cli/whystates.h"
#include "synfin/ladder.h"

#define NEAREST 3   /* names to suggest */
#define LONGEST 64  /* octets of a name that is compared */
#define COLUMNS 100 /* a page is no wider, however wide the terminal */

enum { OPT_LANG = CLI_OWN, OPT_WIDTH };

static const struct cli_option own[] = {
    {"lang", OPT_LANG, 0, "en|zh", "language of the page"},
    {"width", OPT_WIDTH, 0, "N", "columns, 60 to 240"},
};

struct why {
    bool lang_set;
    enum sf_lang lang;
    uint16_t width;
};

static bool take(void *context, int letter, const char *value)
{
    struct why *why = context;
    uint64_t number = 0;

    if (letter == OPT_LANG) {
        why->lang_set = true;
        return sf_lang_of(value, &why->lang);
    }
    bool good = cli_number(value, 60, 240, &number);
    why->width = (uint16_t)number;
    return good;
}

static bool begins(const char *name, const char *with)
{
    return strncasecmp(name, with, strlen(with)) == 0;
}

static void list_findings(const struct cli_page *page, const char *with)
{
    int group = -1;

    for (unsigned id = 0; id < SF_FINDINGS; id++) {
        if (!begins(sf_finding_name(id), with)) {
            continue;
        }
        if ((int)sf_finding_group(id) != group) {
            group = (int)sf_finding_group(id);
            cli_page_head(sf_finding_group_name((unsigned)group, page->lang));
        }
        cli_page_line(page, sf_finding_name(id), sf_finding_page(id, page->lang)->title);
    }
}

static void list_rules(const struct cli_page *page, const char *with)
{
    for (size_t i = 0; i < cli_rules_n; i++) {
        if (begins(cli_rules[i].id, with)) {
            cli_page_line(page, cli_rules[i].id, cli_rules[i].requirement);
        }
    }
}

static void list_all(const struct cli_page *page)
{
    bool zh = page->lang == SF_LANG_ZH;

    printf("%s\n", zh ? "synfin why 名称：解释一个发现、一个状态或一条规则。"
                      : "synfin why NAME explains a finding, a state or a rule.");
    list_findings(page, "");
    cli_page_head(zh ? "状态" : "States");
    for (unsigned state = 0; state < SF_STATES; state++) {
        printf("  %s\n", sf_state_name((enum sf_state)state));
    }
    cli_page_head(zh ? "规则" : "Rules");
    printf(
        zh ? "  共 %zu 条，例如 RFC9293/MUST-12；synfin why RFC9293 列出其中一部分。\n"
           : "  %zu of them, as RFC9293/MUST-12; synfin why RFC9293 lists those of one RFC.\n",
        cli_rules_n);
}

static int state_named(const char *name)
{
    for (int state = 0; state < SF_STATES; state++) {
        const char *known = sf_state_name((enum sf_state)state);
        size_t i = 0;

        /* FIN-WAIT-1, as RFC 9293 writes it, and fin_wait_1 are the same. */
        while (
            known[i] != '\0' && name[i] != '\0' &&
            (strncasecmp(&known[i], &name[i], 1) == 0 || (known[i] == '_' && name[i] == '-'))) {
            i++;
        }
        if (known[i] == '\0' && name[i] == '\0') {
            return state;
        }
    }
    return SF_NO_ARROW;
}

static const struct cli_rule *rule_named(const char *name)
{
    char full[LONGEST];

    snprintf(full, sizeof(full), "%s%s", strchr(name, '/') == NULL ? "RFC9293/" : "", name);
    for (size_t i = 0; i < cli_rules_n; i++) {
        if (strcasecmp(cli_rules[i].id, full) == 0) {
            return &cli_rules[i];
        }
    }
    return NULL;
}

/* How many letters have to be put in, taken out or changed, at most LONGEST. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[LONGEST + 1];
    size_t n = strnlen(b, LONGEST);

    for (unsigned j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (size_t i = 0; a[i] != '\0' && i < LONGEST; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < n; j++) {
            unsigned change = diagonal + (strncasecmp(&a[i], &b[j], 1) != 0);
            unsigned best = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;

            diagonal = row[j + 1];
            row[j + 1] = change < best ? change : best;
        }
    }
    return row[n];
}

/* The nearest names, the nearest first. */
struct near {
    const char *name[NEAREST];
    unsigned far[NEAREST];
};

static void consider(struct near *near, const char *asked, const char *name)
{
    unsigned far = distance(asked, name);
    size_t i = NEAREST;

    while (i > 0 && (near->name[i - 1] == NULL || far < near->far[i - 1])) {
        if (i < NEAREST) {
            near->name[i] = near->name[i - 1];
            near->far[i] = near->far[i - 1];
        }
        i--;
    }
    if (i < NEAREST) {
        near->name[i] = name;
        near->far[i] = far;
    }
}

static int unknown(const char *asked)
{
    struct near near = {.name = {NULL}};

    for (unsigned id = 0; id < SF_FINDINGS; id++) {
        consider(&near, asked, sf_finding_name(id));
    }
    for (unsigned state = 0; state < SF_STATES; state++) {
        consider(&near, asked, sf_state_name((enum sf_state)state));
    }
    for (size_t i = 0; i < cli_rules_n; i++) {
        consider(&near, asked, cli_rules[i].id);
    }
    return cli_fail(CLI_NOTHING, "there is no '%.60s': did you mean %s, %s or %s?", asked,
                    near.name[0], near.name[1], near.name[2]);
}

/* What several begin with: RST, RFC5961. */
static bool several(const struct cli_page *page, const char *with)
{
    bool found = false;

    for (unsigned id = 0; id < SF_FINDINGS && !found; id++) {
        found = begins(sf_finding_name(id), with);
    }
    if (found) {
        list_findings(page, with);
        return true;
    }
    for (size_t i = 0; i < cli_rules_n && !found; i++) {
        found = begins(cli_rules[i].id, with);
    }
    list_rules(page, with);
    return found;
}

static int explain(const struct cli_page *page, const char *name)
{
    int id = sf_finding_named(name);
    int state = state_named(name);
    const struct cli_rule *rule = rule_named(name);

    if (id != SF_NO_FINDING) {
        cli_page_finding(page, (unsigned)id);
    } else if (state != SF_NO_ARROW) {
        cli_page_state(page, (enum sf_state)state);
    } else if (rule != NULL) {
        cli_page_rule(page, rule);
    } else if (name[0] == '\0' || !several(page, name)) {
        return unknown(name);
    }
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

int cli_why(int argc, char **argv)
{
    struct why why = {.width = 0};
    struct cli_usage usage = {
        .name = "why",
        .synopsis = "[OPTIONS] [NAME]",
        .examples = "  synfin why                    what there is\n"
                    "  synfin why FIN-LOST           a finding\n"
                    "  synfin why TIME_WAIT          a state\n"
                    "  synfin why RFC9293/MUST-12    a rule, and what obeys it\n",
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &why,
    };
    struct cli_options options;
    struct sf_ladder_style style;
    int first = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (argc - first > 1) {
        return cli_fail(CLI_USAGE, "why takes one name: see synfin why --help");
    }
    options.width = why.width;
    cli_options_style(&options, 1, &style);
    struct cli_page page = {.lang = why.lang_set ? why.lang : options.lang,
                            .columns = style.width != 0 ? style.width : 80};
    if (why.width == 0 && page.columns > COLUMNS) {
        page.columns = COLUMNS;
    }
    if (first == argc) {
        list_all(&page);
        return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
    }
    return explain(&page, argv[first]);
}
