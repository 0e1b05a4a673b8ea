/* SPDX-License-Identifier: MIT
 *
 * cli/capture.h - what the commands that read captures share: opening, filters, the options
 * about what is written.
 */
#ifndef SYNFIN_CLI_CAPTURE_H
#define SYNFIN_CLI_CAPTURE_H

#include <stdio.h>

#include "cli/explain.h"
#include "synfin/capture.h"

#define CLI_NEVER_FAIL 3 /* above every severity */

/* Words that a filter has at most. */
#define CLI_WORDS 512

/* The words of a filter, and what -4 and -6 add to it, into words, which has CLI_WORDS places.
 * Returns how many there are; -1: too many, and that was said. */
int cli_capture_words(const struct cli_options *options, char **given, int n, char **words);

/* Open a capture file, "-" for standard input, and set the filter that n words make, as tcpdump
 * takes them.  CLI_GO, or an exit status: what is wrong was said. */
int cli_capture_open(const char *file, char **words, int n, struct sf_capture **capture);

/* Set a filter of n words.  CLI_GO, or an exit status: what is wrong was said. */
int cli_capture_filter(struct sf_capture *capture, char **words, int n);

/* Read "text", "json" and so on, none behind last; "info", "warning", "error" or "never".
 * False: it is none. */
bool cli_format_named(const char *name, enum cli_format last, enum cli_format *format);
bool cli_level_named(const char *name, int *level);

/* Where to write: standard output for null and "-".  Null: what is wrong was said. */
FILE *cli_output_open(const char *path);

/* Finish what was written; status, or another one if it could not be. */
int cli_output_close(FILE *to, const char *path, int status);

#endif
