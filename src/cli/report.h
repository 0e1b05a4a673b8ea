/* SPDX-License-Identifier: MIT
 *
 * cli/report.h - what explain writes for other programs to show: drawings, a page, qlog, and
 * the capture itself with comments.
 */
#ifndef SYNFIN_CLI_REPORT_H
#define SYNFIN_CLI_REPORT_H

#include "cli/explain.h"

/* Begin, with a format from CLI_SVG on. */
void cli_report_begin(struct cli_explain *explain);

/* A connection, and the end. */
void cli_report_tell(struct cli_explain *explain, uint32_t id, const struct sf_ladder *ladder);
void cli_report_finish(struct cli_explain *explain, const struct sf_findings *found);

#define CLI_AGAIN 32 /* octets for a path of cli_report_again() */

/*
 * A capture that is read twice: where the file cannot be (it is a pipe), a copy that goes away
 * with this process.  path is the file's or the copy's; CLI_GO, or an exit status.
 */
int cli_report_again(const char *file, char copy[CLI_AGAIN], const char **path);

/* Read the capture at path once more, filtered by n words, up to packet last (0: all), and
 * write it to output with what was said of its packets.  The exit status. */
int cli_report_copy(struct cli_explain *explain, const char *path, const char *output,
                    char **words, int n, uint64_t last);

#endif
