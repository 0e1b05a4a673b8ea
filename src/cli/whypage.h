/* SPDX-License-Identifier: MIT
 *
 * cli/whypage.h - the pages of synfin why.
 */
#ifndef SYNFIN_CLI_WHYPAGE_H
#define SYNFIN_CLI_WHYPAGE_H

#include "cli/rules.h"
#include "synfin/finding.h"
#include "synfin/state.h"

/* How a page is written. */
struct cli_page {
    enum sf_lang lang;
    unsigned columns;
};

void cli_page_finding(const struct cli_page *page, unsigned id);
void cli_page_state(const struct cli_page *page, enum sf_state state);
void cli_page_rule(const struct cli_page *page, const struct cli_rule *rule);

/* One line: a name and what it is. */
void cli_page_line(const struct cli_page *page, const char *name, const char *text);

/* A heading. */
void cli_page_head(const char *text);

#endif
