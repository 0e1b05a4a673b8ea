/* SPDX-License-Identifier: MIT
 *
 * cli/report.c - see report.h.
 *
 *   explaintext.c -> [report.c] -> watch/report/
 */
#include "cli/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/capture.h"

void cli_report_begin(struct cli_explain *explain)
{
    if (explain->format == CLI_PCAPNG) {
        explain->comments.lang = explain->options->lang;
        return;
    }
    explain->report = (struct sf_report){
        .sink = sf_sink_file(explain->to),
        .title = explain->title,
        .lang = explain->options->lang,
        .kind = explain->format == CLI_SVG       ? SF_REPORT_SVG
                : explain->format == CLI_HTML    ? SF_REPORT_HTML
                : explain->format == CLI_MERMAID ? SF_REPORT_MERMAID
                                                 : SF_REPORT_QLOG,
        .absolute = explain->options->absolute,
    };
    sf_report_begin(&explain->report);
}

void cli_report_tell(struct cli_explain *explain, uint32_t id, const struct sf_ladder *ladder)
{
    if (explain->format == CLI_PCAPNG) {
        sf_comments_add(&explain->comments, ladder, id);
    } else {
        sf_report_add(&explain->report, ladder, id);
    }
}

void cli_report_finish(struct cli_explain *explain, const struct sf_findings *found)
{
    if (explain->format == CLI_PCAPNG) {
        sf_comments_find(&explain->comments, found);
    } else if (!sf_report_end(&explain->report, found)) {
        cli_note("memory ended: something is missing");
    }
    if (explain->report.left_out > 0 && !explain->options->quiet) {
        cli_note("%u connections were left out: use a filter to see them",
                 (unsigned)explain->report.left_out);
    }
}

static bool write_all(int to, const char *octets, size_t n)
{
    while (n > 0) {
        ssize_t now = write(to, octets, n);

        if (now < 0) {
            return false;
        }
        octets += now;
        n -= (size_t)now;
    }
    return true;
}

/* Copy what comes from a descriptor. */
static bool copy_all(int from, int to)
{
    char octets[65536];
    ssize_t n = 0;

    while ((n = read(from, octets, sizeof(octets))) > 0) {
        if (!write_all(to, octets, (size_t)n)) {
            return false;
        }
    }
    return n == 0;
}

int cli_report_again(const char *file, char copy[CLI_AGAIN], const char **path)
{
    bool standard = strcmp(file, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
    struct stat what = {0};
    FILE *held = NULL;

    *path = file;
    /* What cannot be opened or read is told by who reads it in earnest. */
    if (fd < 0 || fstat(fd, &what) < 0 || S_ISDIR(what.st_mode) ||
        (S_ISREG(what.st_mode) && !standard)) {
        if (fd >= 0 && !standard) {
            close(fd);
        }
        return CLI_GO;
    }
    held = tmpfile();
    if (held == NULL || !copy_all(fd, fileno(held))) {
        return cli_fail(CLI_FAILED, "%s: cannot be kept to be read twice: %s",
                        standard ? "stdin" : file, strerror(errno));
    }
    /* The stream stays open, and with it the file, until the process ends. */
    (void)snprintf(copy, CLI_AGAIN, "/proc/self/fd/%d", fileno(held));
    *path = copy;
    if (!standard) {
        close(fd);
    }
    return CLI_GO;
}

/* Making the output anew would empty what is still to be read. */
static bool is_same(const char *path, const char *output)
{
    struct stat a;
    struct stat b;

    return output != NULL && stat(path, &a) == 0 && stat(output, &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int cli_report_copy(struct cli_explain *explain, const char *path, const char *output,
                    char **words, int n, uint64_t last)
{
    struct sf_capture *capture = NULL;
    struct sf_capture_file *file = NULL;
    struct sf_packet packet;
    enum sf_err err = SF_OK;
    int status = is_same(path, output) ? cli_fail(CLI_USAGE, "%s is what is read", output)
                                       : cli_capture_open(path, words, n, &capture);

    if (status != CLI_GO) {
        return status;
    }
    err = sf_capture_create(output != NULL ? output : "-", &file);
    while (err == SF_OK && sf_capture_next(capture, &packet) == SF_OK &&
           (last == 0 || packet.n <= last)) {
        sf_capture_write(file, &packet, sf_comments_of(&explain->comments, packet.n));
    }
    if (err == SF_OK) {
        err = sf_capture_finish(file);
    }
    sf_capture_close(capture);
    if (explain->comments.failed) {
        return cli_fail(CLI_FAILED, "memory ended: some comments are missing");
    }
    return err == SF_OK ? CLI_OK
                        : cli_fail(CLI_FAILED, "%s: %s", output != NULL ? output : "stdout",
                                   cli_reason(err));
}
