/* SPDX-License-Identifier: MIT
 *
 * cli/merge.c - synfin merge: two captures of the same traffic, one ladder.
 *
 *   watch/read/ -> watch/merge/ -> [merge.c] -> watch/conv/ -> explaintext.c
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capture.h"
#include "cli/mergetext.h"
#include "cli/number.h"
#include "watch/merge/merge.h"

enum { OPT_ALL = CLI_OWN, OPT_FAIL_ON, OPT_FORMAT, OPT_JSON, OPT_JSONL };

struct wanted {
    enum cli_format format;
    const char *output; /* -o */
    bool all;
    int fail_on; /* enum sf_severity, or CLI_NEVER_FAIL */
};

static const struct cli_option own[] = {
    {"all", OPT_ALL, 0, NULL, "a ladder for each connection, however many"},
    {"format", OPT_FORMAT, 0, "text|json|jsonl", "of what is written"},
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
    case 'o':
        w->output = value;
        return true;
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
        return cli_format_named(value, CLI_JSONL, &w->format);
    case OPT_FAIL_ON:
        return cli_level_named(value, &w->fail_on);
    default:
        return false;
    }
}

/* Seconds, with as many decimals as mean something here: microseconds. */
static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* A bound, null where no segment gives it. */
static void bound_json(FILE *to, const char *name, int64_t ns, uint32_t segments)
{
    if (segments != 0) {
        fprintf(to, "\"%s\": %.9f, ", name, seconds(ns));
    } else {
        fprintf(to, "\"%s\": null, ", name);
    }
}

/* What the two captures have to say beside the ladders, as JSON. */
static void head_json(FILE *to, const struct sf_merge *merge, enum cli_format format)
{
    struct sf_merge_clock clock;
    struct sf_merge_row row;
    const char *between = "";

    fputs("{\"schema\": \"synfin.merge/1\", \"clock\": ", to);
    if (sf_merge_clock(merge, &clock)) {
        fprintf(to, "{\"offset\": %.9f, ", seconds(clock.offset_ns));
        bound_json(to, "least", clock.least_ns, clock.back);
        bound_json(to, "most", clock.most_ns, clock.there);
        fprintf(to, "\"drift_ppm\": %.3f, \"there\": %" PRIu32 ", \"back\": %" PRIu32 "}",
                clock.drift * 1e6, clock.there, clock.back);
    } else {
        fputs("null", to);
    }
    fputs(", \"segments\": [", to);
    for (size_t i = 0; sf_merge_row(merge, i, &row); i++) {
        static const char *const fates[] = {"unknown", "arrived", "died", "appeared", "missed"};

        fprintf(to,
                "%s{\"n\": %zu, \"a\": %" PRIu32 ", \"b\": %" PRIu32
                ", \"to\": \"%c\", \"fate\": \"%s\", \"transit\": %.9f}",
                between, i + 1, row.n[0], row.n[1], row.to == SF_PLACE_A ? 'a' : 'b',
                fates[row.fate], seconds((int64_t)row.transit_ns));
        between = ", ";
    }
    fputs(format == CLI_JSON ? "], \"explain\": " : "]}\n", to);
}

static void tell(void *context, struct sf_conv *conv)
{
    cli_explain_tell(context, conv);
}

static void feed(struct cli_explain *e, const struct sf_merge *merge)
{
    struct sf_merge_row row;

    for (size_t i = 0; sf_merge_row(merge, i, &row); i++) {
        row.seen.n = i + 1;
        sf_convs_take(e->convs, &row.seen);
    }
    sf_convs_finish(e->convs);
    cli_explain_finish(e);
}

static int show(struct cli_explain *e, const struct sf_merge *merge, const char *const files[2])
{
    struct sf_convs_config config = {
        .tell = tell,
        .context = e,
        .rows = e->ladders ? SF_CONVS_ROWS_OF_ALL : SF_CONVS_ROWS_OF_ONE,
    };
    int status = CLI_OK;

    e->finder = sf_finder_open();
    config.finder = e->finder;
    e->convs = sf_convs_open(&config);
    if (e->finder == NULL || e->convs == NULL) {
        status = cli_fail(CLI_FAILED, "there is no memory for it");
    } else if (e->format == CLI_TEXT) {
        cli_merge_head(e->to, merge, files, e->options->lang);
        feed(e, merge);
    } else {
        head_json(e->to, merge, e->format);
        feed(e, merge);
        fputs(e->format == CLI_JSON ? "}\n" : "", e->to);
    }
    sf_convs_close(e->convs);
    sf_finder_close(e->finder);
    return status;
}

/* Read one capture; *cut: it is cut short. */
static int read_one(struct sf_merge *merge, enum sf_place place, const char *file, char **words,
                    int n, bool *cut)
{
    struct sf_capture *capture = NULL;
    const int status = cli_capture_open(file, words, n, &capture);

    if (status != CLI_GO) {
        return status;
    }
    if (sf_merge_read(merge, place, capture) != SF_OK) {
        sf_capture_close(capture);
        return cli_fail(CLI_FAILED, "%s: more segments than fit: use a filter", file);
    }
    if (sf_capture_end(capture) != SF_CAPTURE_WHOLE) {
        *cut = true;
        (void)cli_fail(CLI_INPUT, "%s: %s", file, sf_capture_text(capture));
    }
    sf_capture_close(capture);
    return CLI_GO;
}

static int judge(const struct cli_explain *e, const struct wanted *w, bool cut, bool timed)
{
    if (cut) {
        return CLI_INPUT;
    }
    if (e->told == 0) {
        return cli_fail(CLI_NOTHING, "no TCP connection matched");
    }
    if (!timed) {
        return cli_fail(CLI_NOTHING, "no segment is in both captures: are they of the same "
                                     "traffic, and of the same time?");
    }
    return e->worst >= w->fail_on ? CLI_FAILED : CLI_OK;
}

static int merge_files(const struct cli_options *options, const struct wanted *w,
                       char *const files[2], char **words, int n)
{
    const char *const names[2] = {files[0], files[1]};
    struct cli_explain e = {.options = options,
                            .format = w->format,
                            .ladders = w->all || n > 0 || w->format != CLI_TEXT,
                            .worst = -1};
    struct sf_merge *merge = sf_merge_new();
    struct sf_merge_clock clock;
    bool cut = false;
    int status = merge != NULL ? CLI_GO : cli_fail(CLI_FAILED, "there is no memory for it");

    for (unsigned i = 0; i < 2 && status == CLI_GO; i++) {
        status = read_one(merge, (enum sf_place)i, files[i], words, n, &cut);
    }
    if (status == CLI_GO && sf_merge_join(merge) != SF_OK) {
        status = cli_fail(CLI_FAILED, "there is no memory for it");
    }
    e.to = status == CLI_GO ? cli_output_open(w->output) : NULL;
    if (e.to != NULL) {
        status = show(&e, merge, names);
        status = status == CLI_OK ? judge(&e, w, cut, sf_merge_clock(merge, &clock)) : status;
        status = cli_output_close(e.to, w->output, status);
    } else if (status == CLI_GO) {
        status = CLI_FAILED;
    }
    sf_merge_free(merge);
    return status;
}

int cli_merge(int argc, char **argv)
{
    struct wanted w = {.fail_on = SF_ERROR};
    struct cli_options options;
    const struct cli_usage usage = {
        .name = "merge",
        .synopsis = "[OPTIONS] A B [FILTER]",
        .examples = "  synfin merge client.pcap server.pcap\n"
                    "  synfin merge inside.pcap outside.pcap tcp port 443\n",
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
    if (argc - first < 2) {
        return cli_fail(CLI_USAGE, "two captures are wanted: synfin merge A B");
    }
    n = cli_capture_words(&options, argv + first + 2, argc - first - 2, words);
    return n < 0 ? CLI_USAGE : merge_files(&options, &w, argv + first, words, n);
}
