/* SPDX-License-Identifier: MIT
 *
 * cli/rules.h - the specification ledger, compiled in.
 *
 *   docs/spec/requirements.tsv -> scripts/rules.py (at build time) -> this table -> why.c
 */
#ifndef SYNFIN_CLI_RULES_H
#define SYNFIN_CLI_RULES_H

#include <stddef.h>

/* One rule; a column that is empty is "". */
struct cli_rule {
    const char *id;    /* "RFC9293/MUST-12" */
    const char *level; /* MUST, MUST_NOT, SHOULD, SHOULD_NOT, MAY */
    const char *rfc;
    const char *section;
    const char *area;
    const char *requirement;
    const char *status; /* met, deviates, not-applicable, later */
    const char *code;   /* file:function, below src/ */
    const char *test;   /* file:function */
    const char *reason; /* of all that is not met */
};

extern const struct cli_rule cli_rules[];
extern const size_t cli_rules_n;

#endif
