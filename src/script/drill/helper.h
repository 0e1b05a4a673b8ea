/* SPDX-License-Identifier: MIT
 *
 * script/drill/helper.h - a python3 that runs the code of scripts, one program after the other.
 *
 * It is started for the first program and kept for the next, as starting it takes longer than
 * everything else that a script does.
 */
#ifndef SYNFIN_SCRIPT_DRILL_HELPER_H
#define SYNFIN_SCRIPT_DRILL_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All zeros: none is running. */
struct drill_helper {
    pid_t pid;
    int fd; /* its standard input and output */
};

enum drill_helped {
    DRILL_RAN = 0,
    DRILL_RAISED,    /* it said what, and behind which _line */
    DRILL_NO_PYTHON, /* none can be run */
    DRILL_NO_END     /* it had not ended after ten seconds, or ended python3 itself */
};

/* Run a program, in a name space of its own.  What it said is cut off where there is no
 * room. */
enum drill_helped drill_help(struct drill_helper *helper, const char *program, char *said,
                             size_t room);

void drill_helper_end(struct drill_helper *helper);

#endif
