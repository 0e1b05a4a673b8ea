/* SPDX-License-Identifier: MIT
 *
 * script/drill/command.h - commands of a script, none of which is ever run.
 *
 *   `...` --> [command.c: lines, words, | ] --> sysctl.c: what sets something
 *                                          `--> query.c: what asks for something
 */
#ifndef SYNFIN_SCRIPT_DRILL_COMMAND_H
#define SYNFIN_SCRIPT_DRILL_COMMAND_H

#include "script/drill/run.h"

#define DRILL_WORDS 64

/* Words of a command, its quotation marks left out. */
struct drill_words {
    char *word[DRILL_WORDS];
    size_t n;
};

/* A command with its line. */
void drill_command_text(struct drill_run *run, uint32_t line, const char *text);

/* What a sysctl came to. */
enum drill_sysctl { DRILL_SET = 0, DRILL_NO_SYSCTL, DRILL_NOT_THIS_VALUE, DRILL_TOO_LATE };

/* "net.ipv4.tcp_sack=1", with dots or as a path; written over. */
enum drill_sysctl drill_sysctl(struct drill_run *run, char *text);

/* Is there such a name?  Written over. */
bool drill_sysctl_exists(char *text);

/* The same for the names of Fast Open, in fast.c.  False: not this one, or not this value. */
bool drill_fast_sysctl(struct drill_run *run, const char *name, const char *value);

/* What the defaults.sh of packetdrill's scripts for Linux, or of the kernel's, says of it. */
void drill_fast_usual(struct drill_run *run, bool kernels);

/* Tell new sockets what they inherit from it. */
void drill_sysctl_inherit(struct drill_run *run);

/* The configuration that packetdrill's own scripts for Linux begin with. */
void drill_sysctl_usual(struct drill_run *run);

/* The lines that sockstat or ss would print; to be freed.  Null: not with these words. */
char *drill_sockstat(struct drill_run *run, const struct drill_words *words);
char *drill_ss(struct drill_run *run, const struct drill_words *words);

/* tcpdrop -s STATE: end those connections.  False: not with these words. */
bool drill_tcpdrop(struct drill_run *run, const struct drill_words *words);

#endif
