/* SPDX-License-Identifier: MIT
 *
 * cli/lab.h - synfin lab: what its options said, and the showing of a run.
 */
#ifndef SYNFIN_CLI_LAB_H
#define SYNFIN_CLI_LAB_H

#include "cli/options.h"
#include "script/lab/lab.h"

struct lab_run;

struct cli_lab {
    struct cli_options options;
    const char *pcap; /* -w, or null */
    uint64_t seed;
    const char *output; /* -o: where the script goes, or null */
    bool json, pkt;
    bool all; /* a line for each, no ladders */
    unsigned number, passed, failed;
};

/* A text in the language that is wanted, English where there is no other. */
const char *cli_lab_text(const struct cli_lab *cli, const struct lab_text *text);

/* Run one lab, or one variant of it, and show what came of it.  Returns an exit status: only
 * what keeps it from running or being shown is one. */
int cli_lab_run(struct cli_lab *cli, const char *path, const struct lab *lab);

/* Write what a lab captured as a script for drill; null: to standard output. */
int cli_lab_pkt(const struct lab_run *run, const char *path);

#endif
