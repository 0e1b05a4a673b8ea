/* SPDX-License-Identifier: MIT
 *
 * cli/check.c - synfin check: expectations about a capture, for continuous integration.
 *
 *   capture -> read/ -> watch/conv/table.c -> watch/check -> a line for each expectation
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/capture.h"
#include "cli/options.h"
#include "watch/check/check.h"
#include "watch/conv/table.h"
#include "watch/read/seen.h"

#define MOST 64  /* expectations */
#define WHY  240 /* octets of evidence */

enum { OPT_EXPECT = CLI_OWN };

static const struct cli_option own[] = {
    {"expect", OPT_EXPECT, 0, "EXPR", "what has to be true; may be given several times"},
    {NULL, 'r', 0, "FILE", "the capture; the same as FILE"},
};

struct check {
    const char *file;
    const char *texts[MOST];
    struct sf_expect *expects[MOST];
    size_t n;
    struct sf_convs *convs;
};

static bool take(void *context, int letter, const char *value)
{
    struct check *check = context;

    if (letter == 'r') {
        check->file = value;
        return true;
    }
    if (check->n == MOST) {
        return false;
    }
    check->texts[check->n++] = value;
    return true;
}

static void tell(void *context, struct sf_conv *conv)
{
    struct check *check = context;
    uint64_t until_ns = sf_convs_counts(check->convs)->last_ns;

    for (size_t i = 0; i < check->n; i++) {
        sf_expect_conv(check->expects[i], conv, until_ns);
    }
}

/* CLI_GO, or the exit status when it was said where an expectation makes no sense. */
static int parse(struct check *check)
{
    for (size_t i = 0; i < check->n; i++) {
        struct sf_expect_wrong wrong;

        check->expects[i] = sf_expect_parse(check->texts[i], &wrong);
        if (check->expects[i] == NULL) {
            return cli_fail(CLI_USAGE, "'%s', column %zu: %s", check->texts[i], wrong.column,
                            wrong.text);
        }
    }
    return CLI_GO;
}

/* A line for each; how many are false. */
static unsigned report(const struct check *check, bool quiet)
{
    unsigned failed = 0;

    for (size_t i = 0; i < check->n; i++) {
        char why[WHY] = "";
        bool holds = sf_expect_holds(check->expects[i], why, sizeof(why));

        failed += !holds;
        if (!holds) {
            printf("failed: %s: %s\n", check->texts[i], why);
        } else if (!quiet) {
            printf("ok: %s\n", check->texts[i]);
        }
    }
    return failed;
}

static bool read_all(struct check *check, struct sf_capture *capture)
{
    struct sf_finder *finder = sf_finder_open();
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_convs_config config = {.finder = finder, .tell = tell, .context = check};
    struct sf_seen seen;

    check->convs = sf_convs_open(&config);
    bool good = finder != NULL && dissector != NULL && check->convs != NULL;
    while (good && sf_seen_next(capture, dissector, &seen, NULL) == SF_OK) {
        sf_convs_take(check->convs, &seen);
    }
    if (good) {
        sf_convs_finish(check->convs);
        good = sf_convs_counts(check->convs)->missed == 0;
        for (size_t i = 0; i < check->n; i++) {
            sf_expect_findings(check->expects[i], sf_finder_found(finder));
        }
    }
    sf_convs_close(check->convs);
    sf_dissector_free(dissector);
    sf_finder_close(finder);
    return good;
}

static int run(struct check *check, const struct cli_options *options, char **words, int n)
{
    struct sf_capture *capture = NULL;
    int status = cli_capture_open(check->file, words, n, &capture);
    unsigned failed = 0;

    if (status != CLI_GO) {
        return status;
    }
    if (!read_all(check, capture)) {
        sf_capture_close(capture);
        return cli_fail(CLI_FAILED, "there is no memory for it");
    }
    failed = report(check, options->quiet);
    status = failed > 0 ? CLI_FAILED : CLI_OK;
    if (sf_capture_end(capture) > SF_CAPTURE_WHOLE) {
        status = cli_fail(CLI_INPUT, "%s: %s", check->file, sf_capture_text(capture));
    }
    sf_capture_close(capture);
    if (fflush(stdout) != 0) {
        return cli_fail(CLI_FAILED, "cannot write: %s", strerror(errno));
    }
    return status;
}

int cli_check(int argc, char **argv)
{
    struct check check = {.n = 0};
    struct cli_usage usage = {
        .name = "check",
        .synopsis = "FILE --expect EXPR... [FILTER]",
        .examples =
            "  synfin check a.pcap --expect 'connections == 2 and close == four-segment'\n"
            "  synfin check a.pcap --expect 'no finding >= warning'\n"
            "  synfin check a.pcap --expect 'any(server.state == CLOSE_WAIT and "
            "duration > 10s)'\n",
        .groups = CLI_FAMILY,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &check,
    };
    struct cli_options options;
    char *words[CLI_WORDS];
    int first = 0;
    int n = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (check.file == NULL && first < argc) {
        check.file = argv[first++];
    }
    if (check.file == NULL || check.n == 0) {
        return cli_fail(CLI_USAGE, "check takes a capture and what to --expect of it: "
                                   "see synfin check --help");
    }
    n = cli_capture_words(&options, argv + first, argc - first, words);
    status = n < 0 ? CLI_USAGE : parse(&check);
    if (status == CLI_GO) {
        status = run(&check, &options, words, n);
    }
    for (size_t i = 0; i < check.n; i++) {
        sf_expect_free(check.expects[i]);
    }
    return status;
}
