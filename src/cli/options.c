/* SPDX-License-Identifier: MIT
 *
 * cli/options.c - tables of options to what they said.
 *
 *   common table + the command's own --> getopt_long() --> struct cli_options, take()
 *                                    `-> help
 */
#include "cli/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/number.h"

/* Letters of common options that have no short form. */
enum {
    OPT_GATEWAY = 256,
    OPT_NO_VNET,
    OPT_MSL,
    OPT_SEED,
    OPT_EXPLAIN,
    OPT_FORMAT,
    OPT_JSON,
    OPT_LETTERS,
    OPT_COLOR,
    OPT_ASCII,
    OPT_WIDTH,
    OPT_LANG
};

static const struct cli_option common[] = {
    {NULL, 'i', CLI_LINK, "IF", "an existing TUN or TAP device, or packet:eth0"},
    {NULL, 'l', CLI_LINK, "ADDR[/BITS]", "our address (10.9.8.2/24 and fd09:8::2/64)"},
    {"gateway", OPT_GATEWAY, CLI_LINK, "ADDR", "the router beyond our net"},
    {NULL, '4', CLI_LINK | CLI_FAMILY, NULL, "IPv4 only"},
    {NULL, '6', CLI_LINK | CLI_FAMILY, NULL, "IPv6 only"},
    {NULL, 'w', CLI_LINK, "FILE", "write all frames into a pcap file"},
    {"msl", OPT_MSL, CLI_LINK, "SECONDS",
     "maximum segment lifetime (30); TIME_WAIT is twice it"},
    {"no-vnet", OPT_NO_VNET, CLI_LINK, NULL, "plain TUN, without offloads"},
    {"seed", OPT_SEED, CLI_LINK, "N", "make chance repeatable; not for real networks"},
    {"explain", OPT_EXPLAIN, CLI_LADDER, NULL, "draw each connection when it has ended"},
    {"format", OPT_FORMAT, CLI_LADDER, "text|json", "of what is drawn"},
    {"json", OPT_JSON, CLI_LADDER, NULL, "the same as --format json"},
    {NULL, 'S', CLI_LOOK, NULL, "absolute sequence numbers"},
    {"letters", OPT_LETTERS, CLI_LOOK, NULL, "the textbook's j, j+1, k, k+1"},
    {"color", OPT_COLOR, CLI_LOOK, "WHEN", "auto, always or never"},
    {"ascii", OPT_ASCII, CLI_LOOK, NULL, "nothing but ASCII"},
    {"width", OPT_WIDTH, CLI_LOOK, "N", "columns, 60 to 240"},
    {"lang", OPT_LANG, CLI_LOOK, "en|zh", "language of what is drawn"},
    {NULL, 'n', 0, NULL, "numbers, not names (always so)"},
    {NULL, 'v', 0, NULL, "say what happens"},
    {NULL, 'q', 0, NULL, "say nothing but errors"},
    {"help", 'h', 0, NULL, "this text"},
};

#define N_COMMON (sizeof(common) / sizeof(common[0]))
#define MOST     64 /* options of one command */

/* The options of a command, its own first. */
struct table {
    const struct cli_option *rows[MOST];
    size_t n;
};

static void gather(struct table *table, const struct cli_usage *usage)
{
    /* Whoever draws ladders lets their look be chosen. */
    unsigned groups = usage->groups | ((usage->groups & CLI_LADDER) != 0 ? CLI_LOOK : 0U);

    table->n = 0;
    for (size_t i = 0; i < usage->n_own; i++) {
        table->rows[table->n++] = &usage->own[i];
    }
    for (size_t i = 0; i < N_COMMON; i++) {
        if (common[i].group == 0 || (common[i].group & groups) != 0) {
            table->rows[table->n++] = &common[i];
        }
    }
}

static int help(const struct cli_usage *usage, const struct table *table)
{
    printf("Examples:\n%s\nUsage: synfin %s %s\n\n", usage->examples, usage->name,
           usage->synopsis);
    for (size_t i = 0; i < table->n; i++) {
        const struct cli_option *o = table->rows[i];
        char left[64];
        char letter[4] = "";

        if (o->letter < 256) {
            snprintf(letter, sizeof(letter), "-%c", o->letter);
        }
        snprintf(left, sizeof(left), "%s%s%s%s%s%s", letter,
                 letter[0] != '\0' && o->name != NULL ? ", " : "", o->name != NULL ? "--" : "",
                 o->name != NULL ? o->name : "", o->value != NULL ? " " : "",
                 o->value != NULL ? o->value : "");
        printf("  %-20s %s\n", left, o->help);
    }
    printf("\nman synfin-%s tells more.\n", usage->name);
    return fflush(stdout) == 0 ? CLI_OK : CLI_FAILED;
}

static bool take_word(const char *value, const char *const *words, size_t n, int *which)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(value, words[i]) == 0) {
            *which = (int)i;
            return true;
        }
    }
    return false;
}

static bool take_local(struct cli_options *options, const char *value)
{
    size_t i = options->n_local;

    if (i == 2 || !cli_address(value, &options->local[i], &options->prefix[i])) {
        return false;
    }
    /* One address of each family. */
    if (i == 1 && options->local[0].family == options->local[1].family) {
        return false;
    }
    options->n_local++;
    return true;
}

static bool take_ladder(struct cli_options *options, int letter, const char *value)
{
    static const char *const formats[] = {"text", "json"};
    static const char *const whens[] = {"auto", "always", "never"};
    static const char *const langs[] = {"en", "zh"};
    uint64_t number = 0;
    int which = 0;
    bool good = true;

    switch (letter) {
    case OPT_EXPLAIN:
        options->explain = true;
        break;
    case OPT_FORMAT:
        good = take_word(value, formats, 2, &which);
        options->json = which == 1;
        break;
    case OPT_JSON:
        options->json = true;
        break;
    case 'S':
        options->absolute = true;
        break;
    case OPT_LETTERS:
        options->letters = true;
        break;
    case OPT_COLOR:
        good = take_word(value, whens, 3, &which);
        options->color = (enum cli_when)which;
        break;
    case OPT_ASCII:
        options->ascii = true;
        break;
    case OPT_WIDTH:
        good = cli_number(value, 60, 240, &number);
        options->width = (uint16_t)number;
        break;
    case OPT_LANG:
        good = take_word(value, langs, 2, &which);
        options->lang = which == 1 ? SF_LANG_ZH : SF_LANG_EN;
        options->lang_set = true;
        break;
    default:
        break;
    }
    return good;
}

static bool take_common(struct cli_options *options, int letter, const char *value)
{
    uint8_t ignored = 0;
    bool good = true;

    switch (letter) {
    case 'i':
        options->interface = value;
        break;
    case 'l':
        good = take_local(options, value);
        break;
    case OPT_GATEWAY:
        good = strchr(value, '/') == NULL && cli_address(value, &options->gateway, &ignored);
        break;
    case '4':
        options->only4 = true;
        break;
    case '6':
        options->only6 = true;
        break;
    case 'w':
        options->pcap = value;
        break;
    case OPT_MSL:
        good = cli_seconds(value, &options->msl) && options->msl.ns > 0;
        options->msl_set = true;
        break;
    case OPT_NO_VNET:
        options->no_vnet = true;
        break;
    case OPT_SEED:
        good = cli_number(value, 0, UINT64_MAX, &options->seed);
        options->seed_set = true;
        break;
    case 'v':
        options->verbose++;
        break;
    case 'q':
        options->quiet = true;
        break;
    default:
        good = take_ladder(options, letter, value);
        break;
    }
    return good;
}

static const struct cli_option *row_of(const struct table *table, int letter)
{
    for (size_t i = 0; i < table->n; i++) {
        if (table->rows[i]->letter == letter) {
            return table->rows[i];
        }
    }
    return NULL;
}

/* The letters as getopt_long() wants them.  The leading colon: it says nothing itself, and
 * tells a missing value from an option that does not exist. */
static void short_options(const struct table *table, char *shorts)
{
    size_t at = 0;

    shorts[at++] = ':';
    for (size_t i = 0; i < table->n; i++) {
        const struct cli_option *o = table->rows[i];

        if (o->letter < 256) {
            shorts[at++] = (char)o->letter;
            shorts[at] = ':';
            at += o->value != NULL;
        }
    }
    shorts[at] = '\0';
}

static void long_options(const struct table *table, struct option *longs)
{
    size_t n = 0;

    for (size_t i = 0; i < table->n; i++) {
        const struct cli_option *o = table->rows[i];

        if (o->name != NULL) {
            longs[n++] =
                (struct option){.name = o->name, .has_arg = o->value != NULL, .val = o->letter};
        }
    }
    longs[n] = (struct option){.name = NULL};
}

/* What getopt_long() did not like: the argument it stands behind, or the letter within. */
static int refuse(const struct cli_usage *usage, int why, char **argv)
{
    char letter[3] = {'-', (char)optopt, '\0'};
    const char *what = optopt > 0 && optopt < 256 ? letter : argv[optind - 1];

    if (why == ':') {
        return cli_fail(CLI_USAGE, "%s wants a value: see synfin %s --help", what, usage->name);
    }
    return cli_fail(CLI_USAGE, "there is no option %s: see synfin %s --help", what,
                    usage->name);
}

static int refuse_value(const struct cli_usage *usage, const struct cli_option *o,
                        const char *value)
{
    char letter[3] = {'-', (char)o->letter, '\0'};

    return cli_fail(CLI_USAGE, "'%s' is nothing for %s%s, which takes %s: see synfin %s --help",
                    value, o->name != NULL ? "--" : "", o->name != NULL ? o->name : letter,
                    o->value != NULL ? o->value : "no value", usage->name);
}

int cli_options_parse(const struct cli_usage *usage, struct cli_options *options, int argc,
                      char **argv, int *first)
{
    struct table table;
    struct option longs[MOST + 1];
    char shorts[2 * MOST + 2];
    int letter = 0;

    *options = (struct cli_options){.color = CLI_AUTO};
    options->lang = cli_lang();
    gather(&table, usage);
    short_options(&table, shorts);
    long_options(&table, longs);
    optind = 0; /* begin anew: tests parse more than once */
    opterr = 0;
    while ((letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct cli_option *o = row_of(&table, letter);

        if (o == NULL) {
            return refuse(usage, letter, argv);
        }
        if (letter == 'h') {
            return help(usage, &table);
        }
        bool own = o >= usage->own && o < usage->own + usage->n_own;
        if (!(own ? usage->take(usage->context, letter, optarg)
                  : take_common(options, letter, optarg))) {
            return refuse_value(usage, o, optarg != NULL ? optarg : "");
        }
    }
    if (options->only4 && options->only6) {
        return cli_fail(CLI_USAGE, "-4 and -6 exclude each other: leave one of them out");
    }
    *first = optind;
    return CLI_GO;
}
