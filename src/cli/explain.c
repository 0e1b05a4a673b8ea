/* SPDX-License-Identifier: MIT
 *
 * cli/explain.c - synfin explain: what happened in a capture.
 *
 *   watch/read/ -> [explain.c] -> watch/conv/table.c -> explaintext.c
 */
#include "cli/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capture.h"
#include "cli/number.h"
#include "cli/report.h"
#include "watch/read/seen.h"

enum { OPT_ALL = CLI_OWN, OPT_FAIL_ON, OPT_FORMAT, OPT_JSON, OPT_JSONL };

/* What the options of the command's own said. */
struct wanted {
    enum cli_format format;
    const char *file;   /* -r */
    const char *output; /* -o */
    uint64_t count;     /* -c; 0: all */
    bool all;
    int fail_on; /* enum sf_severity, or CLI_NEVER_FAIL */
};

static const struct cli_option own[] = {
    {NULL, 'r', 0, "FILE", "the capture; the same as FILE"},
    {"all", OPT_ALL, 0, NULL, "a ladder for each connection, however many"},
    {NULL, 'c', 0, "N", "read the first N segments only"},
    {"format", OPT_FORMAT, 0, "NAME",
     "text, json, jsonl, svg, html, mermaid, qlog, pcapng, pkt"},
    {"json", OPT_JSON, 0, NULL, "the same as --format json"},
    {"jsonl", OPT_JSONL, 0, NULL, "the same as --format jsonl"},
    {NULL, 'o', 0, "FILE", "write to a file"},
    {"fail-on", OPT_FAIL_ON, 0, "LEVEL",
     "info, warning, error (the default) or never: status 1"},
};

static bool take(void *context, int letter, const char *value)
{
    struct wanted *w = context;

    switch (letter) {
    case 'r':
        w->file = value;
        return true;
    case 'o':
        w->output = value;
        return true;
    case 'c':
        return cli_number(value, 1, UINT64_MAX, &w->count);
    case OPT_ALL:
        w->all = true;
        return true;
    case OPT_JSON:
        w->format = CLI_JSON;
        return true;
    case OPT_JSONL:
        w->format = CLI_JSONL;
        return true;
    case OPT_FORMAT:
        return cli_format_named(value, CLI_PKT, &w->format);
    case OPT_FAIL_ON:
        return cli_level_named(value, &w->fail_on);
    default:
        return false;
    }
}

static void tell(void *context, struct sf_conv *conv)
{
    struct cli_explain *e = context;

    cli_explain_tell(e, conv);
}

/* Read all segments into the table; last: the packet that the count ended at, or 0. */
static bool read_all(struct cli_explain *e, struct sf_capture *capture, uint64_t count,
                     uint64_t *last)
{
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_seen seen;
    uint64_t n = 0;

    if (dissector == NULL) {
        return false;
    }
    while ((count == 0 || n < count) &&
           sf_seen_next(capture, dissector, &seen, NULL) == SF_OK) {
        sf_convs_take(e->convs, &seen);
        n++;
        *last = n == count ? seen.n : 0;
    }
    sf_dissector_free(dissector);
    sf_convs_finish(e->convs);
    return true;
}

/* What the exit status says of what was written. */
static int judge(const struct cli_explain *e, const struct wanted *w,
                 const struct sf_capture *capture)
{
    enum sf_capture_ended ended = sf_capture_end(capture);
    bool cut = ended != SF_CAPTURE_WHOLE && ended != SF_CAPTURE_OPEN;

    if (e->lost > 0) {
        return cli_fail(CLI_FAILED, "memory ended: %llu connections were left out",
                        (unsigned long long)e->lost);
    }
    if (sf_convs_counts(e->convs)->missed > 0) {
        return cli_fail(CLI_FAILED, "memory ended: %llu segments were left out",
                        (unsigned long long)sf_convs_counts(e->convs)->missed);
    }
    if (e->folded > 0 && !e->options->quiet) {
        cli_note("%llu segments are counted, not listed: use a filter to see them",
                 (unsigned long long)e->folded);
    }
    if (cut) {
        return cli_fail(CLI_INPUT, "%s: %s", w->file, sf_capture_text(capture));
    }
    if (e->told == 0) {
        return cli_fail(CLI_NOTHING, "%s: no TCP connection matched", w->file);
    }
    return e->worst >= w->fail_on ? CLI_FAILED : CLI_OK;
}

static int explain(struct cli_explain *e, const struct wanted *w, struct sf_capture *capture,
                   uint64_t *last)
{
    struct sf_convs_config config = {
        .tell = tell,
        .context = e,
        .rows = e->ladders ? SF_CONVS_ROWS_OF_ALL : SF_CONVS_ROWS_OF_ONE,
    };
    int status = CLI_FAILED;

    if (e->format >= CLI_SVG) {
        cli_report_begin(e);
    }
    e->finder = sf_finder_open();
    config.finder = e->finder;
    e->convs = sf_convs_open(&config);
    if (e->finder == NULL || e->convs == NULL || !read_all(e, capture, w->count, last)) {
        status = cli_fail(CLI_FAILED, "there is no memory for it");
    } else {
        cli_explain_finish(e);
        status = judge(e, w, capture);
    }
    sf_convs_close(e->convs);
    sf_finder_close(e->finder);
    if (fflush(e->to) != 0 || ferror(e->to) != 0) {
        return cli_fail(CLI_FAILED, "cannot write: %s", strerror(errno));
    }
    return status;
}

/* The output, the capture, then the work. */
static int run(const struct cli_options *options, const struct wanted *w, char **words, int n)
{
    struct cli_explain e = {.options = options,
                            .format = w->format,
                            .to = stdout,
                            .title = strcmp(w->file, "-") == 0 ? "stdin" : w->file,
                            .ladders = w->all || n > 0 || w->format != CLI_TEXT,
                            .worst = -1};
    struct sf_capture *capture = NULL;
    const char *path = w->file;
    char copy[CLI_AGAIN];
    uint64_t last = 0;
    int status = w->format == CLI_PCAPNG ? cli_report_again(w->file, copy, &path) : CLI_GO;

    status = status == CLI_GO ? cli_capture_open(path, words, n, &capture) : status;
    if (status != CLI_GO) {
        return status;
    }
    if (w->output != NULL && strcmp(w->output, "-") != 0 && w->format != CLI_PCAPNG) {
        e.to = fopen(w->output, "we");
    }
    if (e.to == NULL) {
        status = cli_fail(CLI_FAILED, "%s: %s", w->output, strerror(errno));
    } else {
        status = explain(&e, w, capture, &last);
    }
    if (e.to != NULL && e.to != stdout && fclose(e.to) != 0 && status == CLI_OK) {
        status = cli_fail(CLI_FAILED, "%s: %s", w->output, strerror(errno));
    }
    sf_capture_close(capture);
    if (w->format == CLI_PCAPNG) {
        int copied = cli_report_copy(&e, path, w->output, words, n, last);

        status = copied != CLI_OK ? copied : status;
        sf_comments_free(&e.comments);
    }
    return status;
}

/* The connection as a script that stands in for its server: replay knows how. */
static int as_script(const struct wanted *w, char **words, int n)
{
    char name[] = "replay";
    char format[] = "--format=pkt";
    char side[] = "--side=server";
    char out[] = "-o";
    char *fixed[] = {name, format, side, out, NULL, NULL};
    const int head = 6;
    char **argv = calloc((size_t)(head + n) + 1, sizeof(*argv));
    int status = CLI_FAILED;

    fixed[4] = strdup(w->output != NULL ? w->output : "-");
    fixed[5] = strdup(w->file);
    if (argv == NULL || fixed[4] == NULL || fixed[5] == NULL) {
        status = cli_fail(CLI_FAILED, "not enough memory");
    } else {
        memcpy(argv, fixed, sizeof(fixed));
        memcpy(argv + head, words, (size_t)n * sizeof(*words));
        status = cli_replay(head + n, argv);
    }
    free(fixed[4]);
    free(fixed[5]);
    free(argv);
    return status;
}

int cli_explain(int argc, char **argv)
{
    struct wanted w = {.fail_on = SF_ERROR};
    struct cli_options options;
    const struct cli_usage usage = {
        .name = "explain",
        .synopsis = "[OPTIONS] FILE [FILTER]",
        .examples = "  synfin explain capture.pcapng\n"
                    "  synfin explain capture.pcap host 10.0.0.7 and port 443\n"
                    "  ssh host tcpdump -w - | synfin -\n",
        .groups = CLI_LOOK | CLI_FAMILY,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &w,
    };
    char *words[CLI_WORDS];
    int first = 0;
    int n = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (w.file == NULL && first < argc) {
        w.file = argv[first++];
    }
    if (w.file == NULL) {
        return cli_fail(CLI_USAGE,
                        "no capture given: synfin explain FILE, - for standard input");
    }
    n = cli_capture_words(&options, argv + first, argc - first, words);
    if (n < 0) {
        return CLI_USAGE;
    }
    return w.format == CLI_PKT ? as_script(&w, words, n) : run(&options, &w, words, n);
}
