/* SPDX-License-Identifier: MIT
 *
 * cli/lab.c - synfin lab: experiments in virtual time, each asserting what must come of it.
 *
 *   name or file ─► lab_parse(), each variant ─► lab_run() ─► labshow.c: ladder, words,
 *                                                             assertions
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lab.h"
#include "cli/number.h"
#include "script/lab/builtin.h"

enum { OPT_SEED = CLI_OWN, OPT_FORMAT, OPT_JSON };

static const struct cli_option own[] = {
    {NULL, 'w', 0, "FILE", "write the frames into a pcap file, of one lab"},
    {"seed", OPT_SEED, 0, "N", "of every chance in it (1)"},
    {"format", OPT_FORMAT, 0, "text|json|pkt",
     "a ladder, one JSON object a run, or a script for drill"},
    {NULL, 'o', 0, "FILE", "write the script to a file"},
    {"json", OPT_JSON, 0, NULL, "the same as --format json"},
};

static bool take(void *context, int letter, const char *value)
{
    struct cli_lab *lab = context;

    switch (letter) {
    case 'w':
        lab->pcap = value;
        return true;
    case OPT_JSON:
        lab->json = true;
        return true;
    case OPT_FORMAT:
        lab->json = strcmp(value, "json") == 0;
        lab->pkt = strcmp(value, "pkt") == 0;
        return lab->json || lab->pkt || strcmp(value, "text") == 0;
    case 'o':
        lab->output = value;
        return true;
    default:
        return cli_number(value, 0, UINT64_MAX, &lab->seed);
    }
}

static const struct lab_builtin *builtin(const char *name)
{
    for (size_t i = 0; i < lab_builtins_n; i++) {
        if (strcmp(lab_builtins[i].name, name) == 0) {
            return &lab_builtins[i];
        }
    }
    return NULL;
}

static int list(struct cli_lab *cli)
{
    for (size_t i = 0; i < lab_builtins_n; i++) {
        const struct lab_builtin *b = &lab_builtins[i];
        struct lab_wrong wrong;
        uint32_t count = 0;
        struct lab *lab = lab_parse(b->text, b->octets, 0, &count, &wrong);

        if (lab == NULL) {
            return cli_fail(CLI_FAILED, "%s: %s", b->name, wrong.text);
        }
        printf("%-24s %s\n", b->name, cli_lab_text(cli, &lab->title));
        lab_free(lab);
    }
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static int show(const char *name)
{
    const struct lab_builtin *b = builtin(name);

    if (b == NULL) {
        return cli_fail(CLI_NOTHING, "there is no lab '%s': synfin lab list names them", name);
    }
    fwrite(b->text, 1, b->octets, stdout);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static const char template[] =
    "lab my-lab\n"
    "title What this lab is about\n"
    "see\n"
    "    What is to be seen, in a few sentences.\n"
    "\n"
    "host A 10.0.0.1\n"
    "host B 10.0.0.2\n"
    "path A B delay 10ms\n"
    "# What happens on the way: drop, dup, delay, reorder, corrupt; cut, replay, forge.\n"
    "drop A>B SYN n=1\n"
    "\n"
    "app A\n"
    "    connect B:80\n"
    "    send 100\n"
    "    read end\n"
    "    close\n"
    "app B\n"
    "    listen 80\n"
    "    accept\n"
    "    read 100\n"
    "    send 200\n"
    "    close\n"
    "\n"
    "expect\n"
    "    sent A>B SYN 2\n"
    "    delivered A 200\n"
    "    delivered B 100\n"
    "    finding SYN-LOST\n";

/* A file that is there already is somebody's work. */
static int make_new(const char *path)
{
    FILE *out = fopen(path, "wxe");

    if (out == NULL) {
        return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
    }
    bool good = fwrite(template, 1, sizeof(template) - 1, out) == sizeof(template) - 1;
    good = fclose(out) == 0 && good;
    if (!good) {
        return cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
    }
    printf("%s: now try synfin lab run %s\n", path, path);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

/* All variants of a lab, or the one of that name. */
static int run_text(struct cli_lab *cli, const char *name, const char *text, size_t octets,
                    const char *only)
{
    uint32_t count = 1;
    unsigned before = cli->number;

    for (uint32_t variant = 0; variant < count; variant++) {
        struct lab_wrong wrong;
        struct lab *lab = lab_parse(text, octets, variant, &count, &wrong);
        int status = CLI_OK;

        if (lab == NULL) {
            return cli_fail(CLI_USAGE, "%s:%u:%u: %s", name, wrong.place.line,
                            wrong.place.column, wrong.text);
        }
        if (only == NULL || strcmp(only, lab->variant) == 0) {
            status = cli_lab_run(cli, name, lab);
        }
        lab_free(lab);
        if (status != CLI_OK) {
            return status;
        }
    }
    return cli->number > before ? CLI_OK
                                : cli_fail(CLI_NOTHING, "%s has no variant '%s'", name, only);
}

static int run_file(struct cli_lab *cli, const char *path)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = NULL;
    size_t octets = 0;
    int status = CLI_OK;

    if (in == NULL) {
        return cli_fail(errno == ENOENT ? CLI_NOTHING : CLI_INPUT,
                        "%s: %s; synfin lab list names those that are there", path,
                        strerror(errno));
    }
    ssize_t got = getdelim(&text, &octets, '\0', in);
    bool good = ferror(in) == 0;
    if (in != stdin) {
        fclose(in);
    }
    status = good ? run_text(cli, path, text, got > 0 ? (size_t)got : 0, NULL)
                  : cli_fail(CLI_INPUT, "%s: %s", path, strerror(EIO));
    free(text);
    return status;
}

static int run_all(struct cli_lab *cli)
{
    int status = CLI_OK;

    cli->all = true;
    for (size_t i = 0; i < lab_builtins_n && status == CLI_OK; i++) {
        status = run_text(cli, lab_builtins[i].name, lab_builtins[i].text,
                          lab_builtins[i].octets, NULL);
    }
    return status;
}

/* NAME, NAME/VARIANT, a file, or all. */
static int run_named(struct cli_lab *cli, char *name)
{
    char *slash = strchr(name, '/');
    const struct lab_builtin *b = builtin(name);

    if (strcmp(name, "all") == 0) {
        return run_all(cli);
    }
    if (b == NULL && slash != NULL) {
        *slash = '\0';
        b = builtin(name);
        if (b != NULL) {
            return run_text(cli, b->name, b->text, b->octets, slash + 1);
        }
        *slash = '/';
    }
    return b != NULL ? run_text(cli, b->name, b->text, b->octets, NULL) : run_file(cli, name);
}

static int run(struct cli_lab *cli, int argc, char **argv, int first)
{
    int status = CLI_OK;

    if (first >= argc) {
        return cli_fail(CLI_USAGE, "lab run needs a name, a file or all: synfin lab list");
    }
    cli->all = argc - first > 1;
    for (int i = first; i < argc && status == CLI_OK; i++) {
        status = run_named(cli, argv[i]);
    }
    if (status != CLI_OK) {
        return status;
    }
    if (!cli->json && !cli->pkt && !cli->options.quiet) {
        if (cli->all) {
            printf("1..%u\n", cli->number);
        }
        printf("%u passed, %u failed\n", cli->passed, cli->failed);
    }
    if (fflush(stdout) != 0) {
        return cli_fail(CLI_FAILED, "standard output: %s", strerror(errno));
    }
    return cli->failed == 0 ? CLI_OK : CLI_FAILED;
}

int cli_lab(int argc, char **argv)
{
    struct cli_lab cli = {.seed = 1};
    const struct cli_usage usage = {
        .name = "lab",
        .synopsis = "list | run NAME[/VARIANT]|FILE|all... | show NAME | new FILE",
        .examples = "  synfin lab list                 what there is\n"
                    "  synfin lab run lost-syn         a ladder, and what to see in it\n"
                    "  synfin lab run all              assert everything\n"
                    "  synfin lab new mine.lab         a beginning for one of your own\n",
        .groups = CLI_LOOK,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &cli,
    };
    int first = 0;
    int status = cli_options_parse(&usage, &cli.options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (first < argc && strcmp(argv[first], "list") == 0 && first + 1 == argc) {
        return list(&cli);
    }
    if (first < argc && strcmp(argv[first], "run") == 0) {
        return run(&cli, argc, argv, first + 1);
    }
    if (first + 2 == argc && strcmp(argv[first], "show") == 0) {
        return show(argv[first + 1]);
    }
    if (first + 2 == argc && strcmp(argv[first], "new") == 0) {
        return make_new(argv[first + 1]);
    }
    return cli_fail(CLI_USAGE,
                    "expected lab list, lab run NAME, lab show NAME or lab new FILE");
}
