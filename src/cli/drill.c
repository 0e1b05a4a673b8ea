/* SPDX-License-Identifier: MIT
 *
 * cli/drill.c - synfin drill: scripts in packetdrill's language, on our stack, in virtual time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "script/drill/drill.h"

enum { OPT_LIKE = CLI_OWN, OPT_IGNORE, OPT_DEFINE, OPT_SETTING };

#define MOST_SYMBOLS  64
#define MOST_SETTINGS 64

static const struct cli_option own[] = {
    {"like", OPT_LIKE, 0, "linux|freebsd", "present the stack as those systems have it"},
    {NULL, 'D', 0, "SYMBOL[=VALUE]", "define a symbol, for #ifdef and as a value"},
    {"define", OPT_DEFINE, 0, "SYMBOL[=VALUE]", "the same as -D"},
    {NULL, 'w', 0, "FILE", "write the packets of one script into a pcapng file"},
    {"ignore-commands", OPT_IGNORE, 0, NULL, "unknown `commands` do nothing"},
    {"tolerance_usecs", OPT_SETTING, 0, "N", "microseconds that times may be off (0)"},
    {"tolerance_percent", OPT_SETTING + 1, 0, "N",
     "or part of the time since the event before (0)"},
    {"ip_version", OPT_SETTING + 2, 0, "VERSION", "ipv4, ipv6 or ipv4-mapped-ipv6"},
    {"local_ip", OPT_SETTING + 3, 0, "ADDR", "of our stack"},
    {"remote_ip", OPT_SETTING + 4, 0, "ADDR", "of the script's end"},
    {"bind_port", OPT_SETTING + 5, 0, "PORT", "that the script's 'bind' gets (8080)"},
    {"mtu", OPT_SETTING + 6, 0, "N", "octets of a packet on the link (1500)"},
    {"mss", OPT_SETTING + 7, 0, "N", "octets of the segments that a large one stands for"},
    {"tcp_ts_tick_usecs", OPT_SETTING + 8, 0, "N",
     "microseconds of a timestamp's tick: compare them"},
    {"connect_port", OPT_SETTING + 9, 0, "PORT", "packetdrill's; no effect here"},
    {"debug", OPT_SETTING + 10, 0, NULL, "the same"},
    {"gateway_ip", OPT_SETTING + 11, 0, "ADDR", "the same"},
    {"init_scripts", OPT_SETTING + 12, 0, "FILES", "the same: nothing is ever run"},
    {"netmask_ip", OPT_SETTING + 13, 0, "MASK", "the same"},
    {"non_fatal", OPT_SETTING + 14, 0, "WHAT", "the same"},
    {"send_omit_free", OPT_SETTING + 15, 0, NULL, "the same"},
    {"speed", OPT_SETTING + 16, 0, "MBPS", "the same"},
    {"strict_segments", OPT_SETTING + 17, 0, NULL, "the same"},
    {"tcp_ts_ecr_scaled", OPT_SETTING + 18, 0, NULL, "the same"},
    {"verbose", OPT_SETTING + 19, 0, NULL, "the same"},
};

struct drill {
    struct drill_how how;
    struct drill_symbol symbols[MOST_SYMBOLS];
    char *names[MOST_SYMBOLS]; /* of the symbols; ours */
    struct drill_setting settings[MOST_SETTINGS];
    struct drill_helper python;
    unsigned passed, failed, skipped;
    const char *pcap; /* -w, or null */
    bool unreadable;
};

static bool define(struct drill *drill, const char *text)
{
    struct drill_symbol *symbol = &drill->symbols[drill->how.n_symbols];
    const char *equals = strchr(text, '=');
    size_t n = equals != NULL ? (size_t)(equals - text) : strlen(text);

    if (n == 0 || drill->how.n_symbols == MOST_SYMBOLS) {
        return false;
    }
    char *name = strndup(text, n);
    if (name == NULL) {
        return false;
    }
    drill->names[drill->how.n_symbols++] = name;
    symbol->name = name;
    symbol->value = equals != NULL ? equals + 1 : NULL;
    return true;
}

/* An option that could stand at the head of a script as well. */
static bool set(struct drill *drill, int letter, const char *value)
{
    struct drill_setting *setting = &drill->settings[drill->how.n_settings];

    if (drill->how.n_settings == MOST_SETTINGS) {
        return false;
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        if (own[i].letter == letter) {
            setting->name = own[i].name;
        }
    }
    setting->value = value;
    drill->how.n_settings++;
    return drill_setting_fine(setting);
}

static bool take(void *context, int letter, const char *value)
{
    struct drill *drill = context;

    switch (letter) {
    case 'D':
    case OPT_DEFINE:
        return define(drill, value);
    case 'w':
        drill->pcap = value;
        return true;
    case OPT_IGNORE:
        drill->how.ignore_commands = true;
        return true;
    case OPT_LIKE:
        drill->how.like = strcmp(value, "freebsd") == 0 ? DRILL_LIKE_FREEBSD : DRILL_LIKE_LINUX;
        return drill->how.like == DRILL_LIKE_FREEBSD || strcmp(value, "linux") == 0;
    default:
        return set(drill, letter, value);
    }
}

/* The whole of a file, to be freed; null: errno says why. */
static char *read_all(const char *path, size_t *octets)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *in = standard ? stdin : fopen(path, "re");
    char *text = NULL;
    FILE *out = in != NULL ? open_memstream(&text, octets) : NULL;
    char part[4096];
    size_t n = 0;

    if (out == NULL) {
        if (in != NULL && !standard) {
            fclose(in);
        }
        return NULL;
    }
    while ((n = fread(part, 1, sizeof(part), in)) > 0) {
        fwrite(part, 1, n, out);
    }
    bool wrong = ferror(in) != 0;
    int why = errno;
    fclose(out);
    if (!standard) {
        fclose(in);
    }
    if (wrong) {
        free(text);
        text = NULL;
    }
    errno = why;
    return text;
}

/* Octets of the character of UTF-8 that stands here; 0: of none that may be shown. */
static size_t shown(const char *text, size_t n)
{
    const unsigned char first = (unsigned char)text[0];
    size_t octets = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (first < ' ' || first == 0x7f || (first >= 0x80 && first < 0xc3) || first > 0xf4 ||
        octets > n) {
        return 0;
    }
    for (size_t i = 1; i < octets; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return octets;
}

/* What a script says may come from anybody: nothing in it is to move the terminal's cursor. */
static void print_safe(const char *text, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t octets = shown(text + i, n - i);

        if (octets == 0) {
            printf("\\x%02x", (unsigned)(unsigned char)text[i]);
            i++;
        } else {
            fwrite(text + i, 1, octets, stdout);
            i += octets;
        }
    }
}

/* Reasons have lines; each is a comment of TAP's. */
static void print_lines(const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");

        fputs("#   ", stdout);
        print_safe(line, n);
        putchar('\n');
        line += n + (line[n] != '\0');
    }
}

static void print_outcome(struct drill *drill, int number, const char *path,
                          const struct drill_outcome *outcome)
{
    switch (outcome->verdict) {
    case DRILL_PASSED:
        drill->passed++;
        printf("ok %d - %s\n", number, path);
        break;
    case DRILL_SKIPPED:
        drill->skipped++;
        printf("ok %d - %s # SKIP %.*s\n", number, path, (int)strcspn(outcome->reason, "\n"),
               outcome->reason);
        break;
    case DRILL_FAILED:
        drill->failed++;
        printf("not ok %d - %s\n", number, path);
        print_lines(outcome->reason);
        break;
    }
}

static void one(struct drill *drill, int number, const char *path)
{
    struct drill_outcome outcome = {.verdict = DRILL_FAILED};
    size_t octets = 0;
    char *text = read_all(path, &octets);

    if (text == NULL) {
        snprintf(outcome.reason, sizeof(outcome.reason), "cannot be read: %s", strerror(errno));
        drill->unreadable = true;
    } else {
        drill_play(path, text, octets, &drill->how, &outcome);
    }
    free(text);
    print_outcome(drill, number, path, &outcome);
}

/* Play the scripts, one after the other; the exit status. */
static int all(struct drill *drill, char **paths, int n)
{
    if (drill->pcap != NULL && n > 1) {
        return cli_fail(CLI_USAGE, "-w writes what one script does: name one");
    }
    if (drill->pcap != NULL && sf_capture_create(drill->pcap, &drill->how.file) != SF_OK) {
        return cli_fail(CLI_FAILED, "%s: %s", drill->pcap, strerror(errno));
    }
    drill->how.symbols = drill->symbols;
    drill->how.settings = drill->settings;
    drill->how.python = &drill->python;
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        one(drill, i + 1, paths[i]);
    }
    drill_helper_end(&drill->python);
    printf("%u passed, %u failed, %u skipped\n", drill->passed, drill->failed, drill->skipped);
    if (sf_capture_finish(drill->how.file) != SF_OK) {
        return cli_fail(CLI_FAILED, "%s: cannot be written", drill->pcap);
    }
    if (fflush(stdout) != 0) {
        return CLI_FAILED;
    }
    if (drill->unreadable) {
        return CLI_INPUT;
    }
    return drill->failed > 0 ? CLI_FAILED : CLI_OK;
}

int cli_drill(int argc, char **argv)
{
    struct drill drill = {.how = {.like = DRILL_LIKE_SYNFIN}};
    struct cli_usage usage = {
        .name = "drill",
        .synopsis = "[OPTIONS] FILE.pkt...",
        .examples = "  synfin drill tests/script/*.pkt\n"
                    "  synfin drill --like linux --tolerance_usecs=4000 script.pkt\n"
                    "  synfin drill -D TS script.pkt\n",
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &drill,
    };
    struct cli_options options;
    int first = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status == CLI_GO && first == argc) {
        status = cli_fail(CLI_USAGE, "drill takes scripts: see synfin drill --help");
    }
    if (status == CLI_GO) {
        status = all(&drill, argv + first, argc - first);
    }
    for (uint32_t i = 0; i < drill.how.n_symbols; i++) {
        free(drill.names[i]);
    }
    return status;
}
