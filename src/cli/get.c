/* SPDX-License-Identifier: MIT
 *
 * cli/get.c - synfin get: a small curl on our own TCP.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/dial.h"
#include "cli/httpbody.h"
#include "cli/number.h"
#include "cli/url.h"
#include "synfin/version.h"

enum { OPT_TIMEOUT = CLI_OWN };

#define HEAD_OCTETS 65536 /* the longest head of an answer that is read */

static const struct cli_option own[] = {
    {"output", 'o', 0, "FILE", "write the document there, not to standard output"},
    {"timeout", OPT_TIMEOUT, 0, "SECONDS", "give up when nothing comes for so long"},
};

struct fetch {
    struct cli_dial dial;
    struct cli_url url;
    const char *output; /* null or "-": standard output */
    int fd;
    struct cli_body body;
    char data[HEAD_OCTETS]; /* what was received and not used */
    size_t octets;
};

static bool take(void *context, int letter, const char *value)
{
    struct fetch *fetch = context;

    if (letter == 'o') {
        fetch->output = value;
        return true;
    }
    return letter == OPT_TIMEOUT && cli_seconds(value, &fetch->dial.timeout) &&
           fetch->dial.timeout.ns > 0;
}

/* A line behind a sign; what a server sends does not control our terminal. */
static void show_line(char sign, const char *line, size_t octets)
{
    fprintf(stderr, "%c ", sign);
    for (size_t i = 0; i < octets; i++) {
        if (line[i] != '\r') {
            fputc((unsigned char)line[i] < ' ' ? '?' : line[i], stderr);
        }
    }
    fputc('\n', stderr);
}

/* A head as curl -v shows it. */
static void show(const struct fetch *fetch, char sign, const char *text, size_t octets)
{
    for (size_t at = 0; fetch->dial.host.options->verbose > 0 && at < octets;) {
        const char *end = memchr(text + at, '\n', octets - at);
        size_t n = end != NULL ? (size_t)(end - text) - at : octets - at;

        show_line(sign, text + at, n);
        at += n + 1;
    }
}

static int lost(const struct fetch *fetch, enum sf_err err)
{
    if (!cli_host_fine(&fetch->dial.host)) {
        return CLI_FAILED;
    }
    return cli_fail(CLI_FAILED, "%s was not fetched: %s: try again", fetch->url.field,
                    err == SF_ERR_AGAIN ? "nothing came for too long" : cli_reason(err));
}

static int ask(struct fetch *fetch)
{
    char request[sizeof(fetch->url.path) + 512];
    size_t taken = 0;
    int n = snprintf(request, sizeof(request),
                     "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: synfin/%s\r\nAccept: */*\r\n"
                     "Connection: close\r\n\r\n",
                     fetch->url.path, fetch->url.field, sf_version());

    fetch->dial.sock.until = cli_dial_until(&fetch->dial);
    enum sf_err err = sf_sock_write(&fetch->dial.sock, request, (size_t)n, &taken);
    if (err != SF_OK) {
        return lost(fetch, err);
    }
    show(fetch, '>', request, (size_t)n);
    return CLI_OK;
}

static enum sf_err read_more(struct fetch *fetch)
{
    size_t got = 0;

    fetch->dial.sock.until = cli_dial_until(&fetch->dial);
    enum sf_err err = sf_sock_read(&fetch->dial.sock, fetch->data + fetch->octets,
                                   sizeof(fetch->data) - fetch->octets, &got);
    fetch->octets += got;
    return err;
}

static void used(struct fetch *fetch, size_t octets)
{
    memmove(fetch->data, fetch->data + octets, fetch->octets - octets);
    fetch->octets -= octets;
}

/* More of a head that is not there whole. */
static int more_head(struct fetch *fetch)
{
    enum sf_err err = read_more(fetch);

    if (err == SF_ERR_EOF) {
        return cli_fail(CLI_FAILED, "%s closed without an answer: check the port",
                        fetch->url.field);
    }
    return err == SF_OK ? CLI_OK : lost(fetch, err);
}

/* The head; what says "go on" (1xx) is passed over. */
static int read_head(struct fetch *fetch)
{
    int status = CLI_OK;

    while (status == CLI_OK) {
        size_t n = cli_body_head(fetch->data, fetch->octets, &fetch->body);

        if (n == SIZE_MAX || (n == 0 && fetch->octets == sizeof(fetch->data))) {
            return cli_fail(CLI_FAILED, "%s did not answer in HTTP/1: check the port",
                            fetch->url.field);
        }
        if (n == 0) {
            status = more_head(fetch);
            continue;
        }
        show(fetch, '<', fetch->data, n);
        used(fetch, n);
        if (fetch->body.status >= 200) {
            return CLI_OK;
        }
    }
    return status;
}

static int write_out(const struct fetch *fetch, const char *data, size_t octets)
{
    while (octets > 0) {
        ssize_t n = write(fetch->fd, data, octets);

        if (n < 0 && errno != EINTR) {
            const char *name = fetch->output != NULL ? fetch->output : "standard output";

            return cli_fail(CLI_FAILED, "cannot write '%s': %s: %s", name,
                            cli_reason(SF_ERR_OS),
                            errno == ENOSPC ? "free some space, or name another with -o"
                                            : "name another with -o");
        }
        if (n > 0) {
            data += n;
            octets -= (size_t)n;
        }
    }
    return CLI_OK;
}

static int write_body(struct fetch *fetch)
{
    int status = CLI_OK;

    for (size_t at = 0; at < fetch->octets && status == CLI_OK;) {
        size_t skip = 0;
        size_t n = 0;

        if (!cli_body_next(&fetch->body, fetch->data + at, fetch->octets - at, &skip, &n)) {
            return cli_fail(CLI_FAILED, "%s sent chunks that are none: it is broken",
                            fetch->url.field);
        }
        status = write_out(fetch, fetch->data + at + skip, n);
        at += skip + n;
    }
    fetch->octets = 0;
    return status;
}

static int read_body(struct fetch *fetch)
{
    while (true) {
        int status = write_body(fetch);

        if (status != CLI_OK || fetch->body.done) {
            return status;
        }
        enum sf_err err = read_more(fetch);
        if (err == SF_ERR_EOF && cli_body_whole(&fetch->body)) {
            return CLI_OK;
        }
        if (err == SF_ERR_EOF) {
            return cli_fail(CLI_FAILED, "%s closed before the end of the document: try again",
                            fetch->url.field);
        }
        if (err != SF_OK) {
            return lost(fetch, err);
        }
    }
}

static int open_output(struct fetch *fetch)
{
    fetch->fd = STDOUT_FILENO;
    if (fetch->output != NULL && strcmp(fetch->output, "-") != 0) {
        fetch->fd = open(fetch->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
    if (fetch->fd < 0) {
        return cli_fail(CLI_FAILED, "cannot write '%s': %s: name another with -o",
                        fetch->output, cli_reason(SF_ERR_OS));
    }
    return CLI_OK;
}

/* A full disk may be told as late as this. */
static int close_output(struct fetch *fetch, int status)
{
    if (fetch->fd == STDOUT_FILENO || close(fetch->fd) == 0 || status != CLI_OK) {
        return status;
    }
    return cli_fail(CLI_FAILED, "cannot write '%s': %s", fetch->output, cli_reason(SF_ERR_OS));
}

static int fetch_it(struct fetch *fetch, const struct cli_options *options)
{
    struct cli_target target;
    int status = cli_resolve(options, fetch->url.host, fetch->url.port, &target);

    if (status != CLI_OK) {
        return status;
    }
    bool to_file = fetch->output != NULL && strcmp(fetch->output, "-") != 0;
    status = cli_dial_open(&fetch->dial, options, fetch->url.host, &target, NULL,
                           to_file ? stdout : stderr);
    if (status != CLI_OK) {
        return status;
    }
    status = ask(fetch);
    if (status == CLI_OK) {
        status = read_head(fetch);
    }
    if (status == CLI_OK) {
        status = open_output(fetch);
    }
    if (status == CLI_OK) {
        status = close_output(fetch, read_body(fetch));
    }
    return cli_dial_close(&fetch->dial, status);
}

int cli_get(int argc, char **argv)
{
    static struct fetch fetch; /* too large for a stack to be sure of */
    struct cli_usage usage = {
        .name = "get",
        .synopsis = "[OPTIONS] URL",
        .examples = "  synfin get http://10.9.8.1:8080/file\n"
                    "  synfin get -v -o page.html http://example.org/\n"
                    "  synfin get --explain -o /dev/null http://10.9.8.1:8080/file\n",
        .groups = CLI_LINK | CLI_LADDER,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &fetch,
    };
    struct cli_options options;
    int first = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (argc - first != 1) {
        return cli_fail(CLI_USAGE, "get takes one URL: see synfin get --help");
    }
    status = cli_url_parse(argv[first], &fetch.url);
    return status == CLI_OK ? fetch_it(&fetch, &options) : status;
}
