/* SPDX-License-Identifier: MIT
 *
 * cli/explain.h - what the parts of synfin explain share: conversations go in as they are
 * told, text or JSON comes out.
 */
#ifndef SYNFIN_CLI_EXPLAIN_H
#define SYNFIN_CLI_EXPLAIN_H

#include <stdio.h>

#include "cli/options.h"
#include "synfin/finding.h"
#include "watch/conv/table.h"
#include "watch/report/comments.h"
#include "watch/report/report.h"

/* What is written. */
enum cli_format {
    CLI_TEXT = 0,
    CLI_JSON,  /* one document */
    CLI_JSONL, /* one connection a line */
    CLI_SVG,   /* from here on see report.c */
    CLI_HTML,
    CLI_MERMAID,
    CLI_QLOG,
    CLI_PCAPNG,
    CLI_PKT /* a script for drill, which replay writes */
};

struct cli_json;

struct cli_explain {
    const struct cli_options *options;
    enum cli_format format;
    FILE *to;
    struct sf_convs *convs;
    struct sf_finder *finder;
    bool ladders;                /* each connection has its ladder */
    uint64_t told;               /* connections written */
    uint64_t folded;             /* segments left out of ladders for want of memory */
    uint64_t lost;               /* connections not written for want of memory */
    int worst;                   /* enum sf_severity of the worst finding; -1: there was none */
    const char *title;           /* what is read, by its name */
    struct cli_json *json;       /* CLI_JSON: what is held back; null: nothing yet */
    struct sf_report report;     /* CLI_SVG to CLI_QLOG */
    struct sf_comments comments; /* CLI_PCAPNG */
};

/* Write a connection that is complete. */
void cli_explain_tell(struct cli_explain *explain, struct sf_conv *conv);

/* Write a finding in one line; those for information with -v alone. */
void cli_explain_finding(struct cli_explain *explain, const struct sf_finding *finding,
                         const char *indent);

/* Write a connection as JSON; false: there is no memory for it. */
bool cli_explain_json(struct cli_explain *explain, uint32_t id, const struct sf_ladder *ladder);

/* Write what concerns many connections as JSON, and the end. */
void cli_explain_json_end(struct cli_explain *explain, const struct sf_findings *found);

/* Write what concerns many connections, and the end. */
void cli_explain_finish(struct cli_explain *explain);

#endif
