/* SPDX-License-Identifier: MIT
 *
 * cli/learn.c - synfin learn: a lab, segment by segment, each to be foretold.
 *
 *   lab ─► lab_run() ─► quiz.c: questions ─► learnscreen.c: the terminal
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/lab.h"
#include "cli/learn.h"
#include "cli/number.h"
#include "script/lab/builtin.h"

enum { OPT_SEED = CLI_OWN };

static const struct cli_option own[] = {
    {"seed", OPT_SEED, 0, "N", "of every chance in it, and of the questions (1)"},
};

static bool take(void *context, int letter, const char *value)
{
    uint64_t *seed = context;

    (void)letter;
    return cli_number(value, 0, UINT64_MAX, seed);
}

/* The variant of that name, the first if name is null; null: there is none. */
static struct lab *variant(const struct lab_builtin *b, const char *name)
{
    struct lab *lab = NULL;
    uint32_t count = 1;

    for (uint32_t i = 0; lab == NULL && i < count; i++) {
        struct lab_wrong wrong;

        lab = lab_parse(b->text, b->octets, i, &count, &wrong);
        if (lab != NULL && name != NULL && strcmp(lab->variant, name) != 0) {
            lab_free(lab);
            lab = NULL;
        }
    }
    return lab;
}

/* NAME or NAME/VARIANT, of the labs that the command knows; null: *status is set. */
static struct lab *find(const char *name, int *status)
{
    const char *slash = strchr(name, '/');
    size_t n = slash != NULL ? (size_t)(slash - name) : strlen(name);
    struct lab *lab = NULL;

    for (size_t i = 0; lab == NULL && i < lab_builtins_n; i++) {
        const struct lab_builtin *b = &lab_builtins[i];

        if (strlen(b->name) == n && memcmp(b->name, name, n) == 0) {
            lab = variant(b, slash != NULL ? slash + 1 : NULL);
        }
    }
    if (lab == NULL) {
        *status =
            cli_fail(CLI_NOTHING, "there is no lab '%s': synfin lab list names them", name);
    }
    return lab;
}

/* One question, in either language, until it is answered; false: enough of it. */
static bool ask(struct cli_learn *learn, const struct lab_quiz *before,
                struct lab_question *question)
{
    enum cli_learn_key key = cli_learn_ask(learn, question);

    while (key == CLI_LEARN_LANGUAGE) {
        learn->lang = learn->lang == SF_LANG_EN ? SF_LANG_ZH : SF_LANG_EN;
        learn->quiz = *before;
        (void)lab_quiz_next(&learn->quiz, learn->lang, question);
        key = cli_learn_ask(learn, question);
    }
    if (key == CLI_LEARN_QUIT) {
        return false;
    }
    learn->asked++;
    learn->right += (unsigned)key == question->right;
    return cli_learn_tell(learn, question, (unsigned)key);
}

/* All questions, and the score. */
static void ask_all(struct cli_learn *learn)
{
    struct lab_question question;
    struct lab_quiz before = learn->quiz;

    while (lab_quiz_next(&learn->quiz, learn->lang, &question)) {
        if (!ask(learn, &before, &question)) {
            return;
        }
        before = learn->quiz;
    }
    cli_learn_end(learn);
}

static int learn_lab(struct cli_learn *learn, const struct lab *lab, uint64_t seed)
{
    struct lab_run *run = lab_run(lab, seed);
    int status = CLI_OK;

    if (run == NULL) {
        return cli_fail(CLI_FAILED, "%s: not enough memory", lab->name);
    }
    learn->lab = lab;
    if (!lab_quiz_open(&learn->quiz, run, seed)) {
        status = cli_fail(CLI_NOTHING, "%s has no connection to ask about", lab->name);
    } else {
        status = cli_learn_begin(learn);
        if (status == CLI_OK) {
            ask_all(learn);
            cli_learn_close(learn);
        }
    }
    lab_run_free(run);
    if (status == CLI_OK) {
        printf("%s: %u of %u\n", lab->name, learn->right, learn->asked);
        status = fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
    }
    return status;
}

int cli_learn(int argc, char **argv)
{
    uint64_t seed = 1;
    struct cli_learn learn = {0};
    const struct cli_usage usage = {
        .name = "learn",
        .synopsis = "NAME",
        .examples = "  synfin learn close-in-four      what comes next? which state follows?\n"
                    "  synfin learn --lang zh lost-syn\n",
        .groups = CLI_LOOK,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &seed,
    };
    int first = 0;
    int status = cli_options_parse(&usage, &learn.options, argc, argv, &first);
    struct lab *lab = NULL;

    if (status != CLI_GO) {
        return status;
    }
    if (first + 1 != argc) {
        return cli_fail(CLI_USAGE, "learn takes one lab: synfin lab list names them");
    }
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
        return cli_fail(CLI_USAGE, "learn needs a terminal for its questions and your answers");
    }
    lab = find(argv[first], &status);
    if (lab == NULL) {
        return status;
    }
    learn.lang = learn.options.lang;
    status = learn_lab(&learn, lab, seed);
    lab_free(lab);
    return status;
}
