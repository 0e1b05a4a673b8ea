/* SPDX-License-Identifier: MIT
 *
 * cli/capture.c - see capture.h.
 */
#include "cli/capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The words of the filter as one expression, as tcpdump takes them; null: no memory. */
static char *join(char **words, int n)
{
    size_t octets = 1;
    size_t at = 0;
    char *text = NULL;

    for (int i = 0; i < n; i++) {
        octets += strlen(words[i]) + 1;
    }
    text = malloc(octets);
    if (text == NULL) {
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        size_t len = strlen(words[i]);

        memcpy(text + at, words[i], len);
        at += len;
        text[at++] = ' ';
    }
    text[at] = '\0';
    return text;
}

int cli_capture_words(const struct cli_options *options, char **given, int n, char **words)
{
    static char v4[] = "ip";
    static char v6[] = "ip6";
    static char both[] = "and (";
    static char end[] = ")";
    int at = 0;

    if (n > CLI_WORDS - 3) {
        (void)cli_fail(CLI_USAGE, "the filter has more than %d words", CLI_WORDS - 3);
        return -1;
    }
    if (options->only4 || options->only6) {
        words[at++] = options->only4 ? v4 : v6;
        if (n > 0) {
            words[at++] = both;
        }
    }
    for (int i = 0; i < n; i++) {
        words[at++] = given[i];
    }
    if (n > 0 && at > n) {
        words[at++] = end;
    }
    return at;
}

int cli_capture_filter(struct sf_capture *capture, char **words, int n)
{
    char why[SF_CAPTURE_TEXT] = "there is no memory for it";
    char *filter = n > 0 ? join(words, n) : NULL;
    enum sf_err err = SF_OK;

    if (n > 0) {
        err = filter != NULL ? sf_capture_filter(capture, filter, why) : SF_ERR_NO_MEMORY;
    }
    free(filter);
    return err == SF_OK ? CLI_GO : cli_fail(CLI_USAGE, "the filter makes no sense: %s", why);
}

int cli_capture_open(const char *file, char **words, int n, struct sf_capture **capture)
{
    char why[SF_CAPTURE_TEXT] = "";
    enum sf_err err = sf_capture_open(file, capture, why);
    int status = CLI_GO;

    if (err != SF_OK) {
        return cli_fail(err == SF_ERR_PERMISSION ? CLI_PERMISSION : CLI_INPUT, "%s: %s",
                        strcmp(file, "-") == 0 ? "stdin" : file, why);
    }
    status = cli_capture_filter(*capture, words, n);
    if (status != CLI_GO) {
        sf_capture_close(*capture);
        *capture = NULL;
    }
    return status;
}

bool cli_format_named(const char *name, enum cli_format last, enum cli_format *format)
{
    static const char *const formats[] = {
        [CLI_TEXT] = "text", [CLI_JSON] = "json",     [CLI_JSONL] = "jsonl",
        [CLI_SVG] = "svg",   [CLI_HTML] = "html",     [CLI_MERMAID] = "mermaid",
        [CLI_QLOG] = "qlog", [CLI_PCAPNG] = "pcapng", [CLI_PKT] = "pkt",
    };

    for (size_t i = 0; i <= (size_t)last; i++) {
        if (strcmp(name, formats[i]) == 0) {
            *format = (enum cli_format)i;
            return true;
        }
    }
    return false;
}

bool cli_level_named(const char *name, int *level)
{
    static const char *const levels[] = {[SF_INFO] = "info",
                                         [SF_WARNING] = "warning",
                                         [SF_ERROR] = "error",
                                         [CLI_NEVER_FAIL] = "never"};

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(name, levels[i]) == 0) {
            *level = (int)i;
            return true;
        }
    }
    return false;
}

FILE *cli_output_open(const char *path)
{
    FILE *to = stdout;

    if (path != NULL && strcmp(path, "-") != 0) {
        to = fopen(path, "we");
        if (to == NULL) {
            (void)cli_fail(CLI_FAILED, "%s: %s", path, strerror(errno));
        }
    }
    return to;
}

int cli_output_close(FILE *to, const char *path, int status)
{
    bool bad = fflush(to) != 0 || ferror(to) != 0;

    if (to != stdout) {
        bad = fclose(to) != 0 || bad;
    }
    return bad ? cli_fail(CLI_FAILED, "%s: cannot write: %s", path != NULL ? path : "stdout",
                          strerror(errno))
               : status;
}
