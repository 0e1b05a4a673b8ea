/* SPDX-License-Identifier: MIT
 *
 * cli/options.h - the options that mean the same everywhere, and those of one command.
 *
 * A command states its options in a table; help, parsing and messages come from there.
 */
#ifndef SYNFIN_CLI_OPTIONS_H
#define SYNFIN_CLI_OPTIONS_H

#include "cli/cli.h"
#include "synfin/lang.h"
#include "synfin/types.h"

/* Which of the common options a command has; those about talking it always has. */
enum cli_group {
    CLI_LINK = 1,   /* device, addresses, capture, seed */
    CLI_LADDER = 2, /* --explain and its formats */
    CLI_LOOK = 4,   /* what the ladder of a connection looks like */
    CLI_FAMILY = 8  /* -4 and -6; CLI_LINK has them, too */
};

/* One option. */
struct cli_option {
    const char *name;  /* the long one, or null */
    int letter;        /* the short one; above 255: there is none */
    unsigned group;    /* of a common option; 0: every command has it */
    const char *value; /* what follows it, or null */
    const char *help;
};

/* Letters of own options without a short form begin here. */
#define CLI_OWN 512

/* What a command takes. */
struct cli_usage {
    const char *name;
    const char *synopsis; /* what follows the name */
    const char *examples; /* lines, each indented by two */
    unsigned groups;      /* CLI_LINK, CLI_LADDER, CLI_LOOK, CLI_FAMILY */
    const struct cli_option *own;
    size_t n_own;
    /* Take an option of the command's own; false: the value makes no sense. */
    bool (*take)(void *context, int letter, const char *value);
    void *context;
};

enum cli_when { CLI_AUTO = 0, CLI_ALWAYS, CLI_NEVER };

/* What the common options said. */
struct cli_options {
    const char *interface; /* -i, or null */
    struct sf_addr local[2];
    uint8_t prefix[2]; /* bits of the nets of local */
    size_t n_local;    /* how many -l there were */
    struct sf_addr gateway;
    const char *pcap; /* -w, or null */
    sf_span msl;
    uint64_t seed;
    bool only4, only6; /* -4, -6 */
    bool no_vnet;
    bool msl_set;
    bool seed_set;

    bool explain;
    bool json;
    bool absolute; /* -S */
    bool letters;
    bool ascii;
    enum cli_when color;
    uint16_t width; /* 0: as wide as the terminal */
    bool lang_set;
    bool quiet;
    enum sf_lang lang; /* --lang, else SYNFIN_LANG, else the locale */
    unsigned verbose;  /* how many -v */
};

/* What cli_options_parse() returns when there is work to do. */
#define CLI_GO (-1)

/*
 * Read the arguments; first becomes the index of the first that is no option.
 * Returns CLI_GO, or the exit status: help was printed, or what is wrong was said.
 */
int cli_options_parse(const struct cli_usage *usage, struct cli_options *options, int argc,
                      char **argv, int *first);

/* The language that SYNFIN_LANG asks for, else the locale. */
enum sf_lang cli_lang(void);

/* How a ladder is to look on a stream. */
struct sf_ladder_style;
void cli_options_style(const struct cli_options *options, int fd,
                       struct sf_ladder_style *style);

#endif
