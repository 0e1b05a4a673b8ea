/* SPDX-License-Identifier: MIT
 *
 * cli/command.c - which command is meant.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "synfin/version.h"

static const struct cli_command commands[] = {
    {"demo", "a connection with the kernel's TCP, drawn from SYN to TIME_WAIT", cli_demo},
    {"listen", "serve on our own TCP: echo, files, HTTP, standard input", cli_listen},
    {"connect", "connect, standard input and output as the ends", cli_connect},
    {"get", "fetch a URL", cli_get},
    {"explain", "explain a capture: both ends' states beside every segment", cli_explain},
    {"check", "is it true of a capture? for continuous integration", cli_check},
    {"live", "explain connections while they happen", cli_live},
    {"merge", "two captures of the same traffic as one, and what died in between", cli_merge},
    {"replay", "our engine in the place of one side: what it would have done", cli_replay},
    {"why", "the page of a finding, of a state, of a rule", cli_why},
    {"drill", "play packetdrill's scripts against our stack, in virtual time", cli_drill},
    {"lab", "experiments in virtual time: why three, why four, why 2MSL", cli_lab},
    {"learn", "a lab step by step: foretell the next segment, the next state", cli_learn},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int help(void)
{
    printf("Examples:\n"
           "  synfin demo                                  the tour, no arguments\n"
           "  synfin listen -l 10.77.0.2 80 --http .       then: curl http://10.77.0.2/\n"
           "  synfin connect 10.9.8.1 7                    type, and see what comes back\n"
           "  synfin get --explain http://10.9.8.1:8080/   fetch, and see how it went\n"
           "  synfin capture.pcapng                        explain what was captured\n"
           "\n"
           "Usage: synfin COMMAND [OPTIONS] [ARGUMENTS]\n"
           "\n");
    for (size_t i = 0; i < N_COMMANDS; i++) {
        printf("  %-9s %s\n", commands[i].name, commands[i].line);
    }
    printf("  %-9s %s\n", "help", "this text, or that of a command: synfin help listen");
    printf("\nsynfin COMMAND --help tells more; so does man synfin.\n");
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static const struct cli_command *find(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int unknown(const char *name)
{
    return cli_fail(CLI_USAGE, "there is no command '%s': synfin help lists them", name);
}

/* synfin FILE means synfin explain FILE, with options before it, too: no command has a dot,
 * a slash or a leading dash. */
static bool is_file(const char *name)
{
    struct stat is;

    return name[0] == '-' || strpbrk(name, "./") != NULL ||
           (stat(name, &is) == 0 && !S_ISDIR(is.st_mode));
}

static int explain(int argc, char **argv)
{
    char name[] = "explain";

    argv[0] = name;
    return cli_explain(argc, argv);
}

int cli_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    const struct cli_command *command = NULL;

    if (name == NULL) {
        return cli_fail(CLI_USAGE, "no command given: try synfin demo, or synfin help");
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) {
        printf("synfin %s\n", sf_version());
        return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
    }
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        return help();
    }
    if (strcmp(name, "help") == 0) {
        if (argc == 2) {
            return help();
        }
        command = find(argv[2]);
        if (command == NULL) {
            return unknown(argv[2]);
        }
        char option[] = "--help";
        char *asked[] = {argv[2], option, NULL};
        return command->run(2, asked);
    }
    command = find(name);
    if (command != NULL) {
        return command->run(argc - 1, argv + 1);
    }
    return is_file(name) ? explain(argc, argv) : unknown(name);
}
