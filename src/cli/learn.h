/* SPDX-License-Identifier: MIT
 *
 * cli/learn.h - synfin learn: its state, and its screen.
 */
#ifndef SYNFIN_CLI_LEARN_H
#define SYNFIN_CLI_LEARN_H

#include "cli/options.h"
#include "script/lab/quiz.h"

struct cli_learn {
    struct cli_options options;
    enum sf_lang lang;
    const struct lab *lab;
    struct lab_quiz quiz;
    unsigned asked, right;
};

/* What was pressed: a choice, from 0, or one of these. */
enum cli_learn_key { CLI_LEARN_LANGUAGE = 100, CLI_LEARN_QUIT };

/* Take the terminal, of at least 80 by 24; an exit status. */
int cli_learn_begin(struct cli_learn *learn);
void cli_learn_close(struct cli_learn *learn);

/* Show what is known and the question; wait for an answer. */
enum cli_learn_key cli_learn_ask(struct cli_learn *learn, const struct lab_question *question);

/* Say whether it was right, and why; false: enough of it. */
bool cli_learn_tell(struct cli_learn *learn, const struct lab_question *question,
                    unsigned choice);

/* The score, until a key is pressed. */
void cli_learn_end(struct cli_learn *learn);

#endif
