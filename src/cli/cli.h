/* SPDX-License-Identifier: MIT
 *
 * cli/cli.h - what all commands share: exit statuses, messages, the table of commands.
 *
 * Nothing below cli/ is for a user of the library; what one would need is in the rooms
 * beneath.
 */
#ifndef SYNFIN_CLI_CLI_H
#define SYNFIN_CLI_CLI_H

#include "synfin/types.h"

/* Exit statuses; scripts rely on them. */
enum cli_status {
    CLI_OK = 0,
    CLI_FAILED = 1,       /* could not connect, bind, resolve, write */
    CLI_USAGE = 2,        /* wrong usage */
    CLI_INPUT = 3,        /* input unreadable or cut short */
    CLI_PERMISSION = 4,   /* a permission is missing; the message names it */
    CLI_NOTHING = 5,      /* nothing matched */
    CLI_INTERRUPTED = 130 /* SIGINT, SIGTERM or SIGHUP */
};

/* One command: its file has the same name. */
struct cli_command {
    const char *name;
    const char *line; /* what it does, in a few words */
    int (*run)(int argc, char **argv);
};

/* Run what the arguments ask for; the exit status. */
int cli_main(int argc, char **argv);

int cli_demo(int argc, char **argv);
int cli_listen(int argc, char **argv);
int cli_connect(int argc, char **argv);
int cli_get(int argc, char **argv);
int cli_drill(int argc, char **argv);
int cli_lab(int argc, char **argv);
int cli_learn(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_live(int argc, char **argv);
int cli_merge(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_why(int argc, char **argv);
int cli_check(int argc, char **argv);

/*
 * Say on standard error, in one line, what went wrong and what to do about it:
 * "synfin: what is wrong: what to do".  Returns status, so that it can be returned at once.
 */
int cli_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Say on standard error what happens, one line. */
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What to say of an error: as sf_err_text(), or errno's words where the system refused. */
const char *cli_reason(enum sf_err err);

#endif
