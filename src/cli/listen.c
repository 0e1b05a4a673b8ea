/* SPDX-License-Identifier: MIT
 *
 * cli/listen.c - synfin listen: serve on our own TCP until interrupted.
 *
 *   options -> a service (services.c, http.c, stdio.c) -> server.c
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/http.h"
#include "cli/number.h"
#include "cli/resolve.h"
#include "cli/stdio.h"

enum { OPT_ECHO = CLI_OWN, OPT_DISCARD, OPT_CHARGEN, OPT_FILE, OPT_HTTP };

static const struct cli_option own[] = {
    {"http", OPT_HTTP, 0, "DIR", "serve the files of a directory over HTTP/1.1"},
    {"echo", OPT_ECHO, 0, NULL, "send back what comes"},
    {"discard", OPT_DISCARD, 0, NULL, "throw away what comes"},
    {"chargen", OPT_CHARGEN, 0, "OCTETS", "send so much made-up text (K, M, G), then close"},
    {"file", OPT_FILE, 0, "FILE", "send a file, then close"},
    {NULL, '1', 0, NULL, "serve one connection, then end"},
    {NULL, 'c', 0, "N", "serve N connections, then end"},
};

struct ears {
    struct cli_host host; /* first: the loop's callbacks get it */
    struct cli_server server;
    const struct cli_service *service;
    int modes;        /* how many services were asked for */
    const char *path; /* of --file or --http */
    struct cli_feed feed;
    struct cli_site site;
    uint64_t limit;
    struct cli_stdio stdio;
};

static bool take(void *context, int letter, const char *value)
{
    struct ears *ears = context;

    switch (letter) {
    case OPT_ECHO:
        ears->service = &cli_echo;
        break;
    case OPT_DISCARD:
        ears->service = &cli_discard;
        break;
    case OPT_CHARGEN:
        ears->service = &cli_send;
        ears->feed.fd = -1;
        if (!cli_octets(value, &ears->feed.end)) {
            return false;
        }
        break;
    case OPT_FILE:
        ears->service = &cli_send;
        ears->path = value;
        break;
    case OPT_HTTP:
        ears->service = &cli_http;
        ears->path = value;
        break;
    case '1':
        ears->limit = 1;
        return true;
    case 'c':
        return cli_number(value, 1, UINT64_MAX, &ears->limit);
    default:
        return false;
    }
    ears->modes++;
    return true;
}

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    struct ears *ears = context;

    cli_server_events(&ears->server, events, n, now);
}

static void on_signal(void *context, int number, sf_time now)
{
    struct ears *ears = context;

    if (number == SIGUSR1) {
        cli_server_table(&ears->server, now);
    }
}

static void on_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    struct ears *ears = context;

    (void)which;
    cli_stdio_descriptor(&ears->server, fd, now);
}

static int open_file(struct ears *ears)
{
    struct stat what;

    ears->feed.fd = open(ears->path, O_RDONLY | O_CLOEXEC);
    if (ears->feed.fd < 0 || fstat(ears->feed.fd, &what) != 0) {
        return cli_fail(CLI_INPUT, "cannot read '%s': %s: name another file", ears->path,
                        cli_reason(SF_ERR_OS));
    }
    if (!S_ISREG(what.st_mode)) {
        return cli_fail(CLI_INPUT, "'%s' is no plain file: name one, or use standard input",
                        ears->path);
    }
    ears->feed.end = (uint64_t)what.st_size;
    return CLI_OK;
}

static int open_site(struct ears *ears)
{
    struct rlimit limit;

    ears->site.root = open(ears->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ears->site.root < 0) {
        return cli_fail(CLI_INPUT, "cannot serve '%s': %s: name a directory", ears->path,
                        cli_reason(SF_ERR_OS));
    }
    /* Each answer that is under way holds its file. */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return CLI_OK;
}

/* What the service needs, before any device is made. */
static int open_service(struct ears *ears)
{
    if (ears->service == NULL) {
        ears->service = &cli_stdio;
        ears->server.context = &ears->stdio;
    } else if (ears->service == &cli_http) {
        ears->server.context = &ears->site;
        return open_site(ears);
    } else if (ears->service == &cli_send) {
        ears->server.context = &ears->feed;
        return ears->path != NULL ? open_file(ears) : CLI_OK;
    }
    return CLI_OK;
}

static void announce(const struct ears *ears, uint16_t port)
{
    if (ears->host.options->quiet) {
        return;
    }
    for (size_t i = 0; i < ears->host.net.n; i++) {
        const struct cli_net_at *at = &ears->host.net.at[i];
        char engine[SF_ADDR_TEXT];
        char kernel[SF_ADDR_TEXT];

        cli_note("listening on %s port %u (%s, the kernel is %s): %s",
                 sf_addr_text(&at->engine, engine), port, ears->host.net.device,
                 ears->host.net.ours ? sf_addr_text(&at->kernel, kernel) : "as it was",
                 ears->service->name);
    }
}

static int serve(struct ears *ears, const struct cli_options *options, uint16_t port)
{
    struct cli_app app = {.events = on_events,
                          .signal = on_signal,
                          .descriptor = ears->service == &cli_stdio ? on_descriptor : NULL,
                          .context = ears};
    struct sf_endpoint local = {.port = port};
    FILE *to = ears->service == &cli_stdio ? stderr : stdout;
    int status = cli_host_open(&ears->host, options, &app, to);

    if (status != CLI_OK) {
        return status;
    }
    ears->server.host = &ears->host;
    ears->server.stack = ears->host.stack;
    ears->server.service = ears->service;
    ears->server.table = to;
    ears->server.limit = ears->limit;
    status = cli_server_open(&ears->server, &local);
    if (status == CLI_OK) {
        announce(ears, port);
        cli_server_run(&ears->server);
        cli_server_close(&ears->server);
        if (ears->limit == 1 && ears->server.failed > 0) {
            status = cli_fail(CLI_FAILED, "the connection was lost: see -v");
        }
    }
    return cli_host_close(&ears->host, status);
}

int cli_listen(int argc, char **argv)
{
    struct ears ears = {.feed = {.fd = -1}, .site = {.root = -1, .only = -1}};
    struct cli_usage usage = {
        .name = "listen",
        .synopsis = "[OPTIONS] PORT",
        .examples =
            "  synfin listen -l 10.77.0.2 80 --http .     then: curl http://10.77.0.2/\n"
            "  synfin listen 7 --echo -w talk.pcap        then: nc 10.9.8.2 7\n"
            "  synfin listen -1 9000 --explain > file     take one file, draw how\n"
            "  kill -USR1 PID                             its table of connections\n",
        .groups = CLI_LINK | CLI_LADDER,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &ears,
    };
    struct cli_options options;
    uint16_t port = 0;
    int first = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (argc - first != 1) {
        return cli_fail(CLI_USAGE, "listen takes one port: see synfin listen --help");
    }
    if (ears.modes > 1) {
        return cli_fail(CLI_USAGE, "--echo, --discard, --chargen, --file and --http exclude "
                                   "each other: choose one");
    }
    status = cli_resolve_port(argv[first], &port);
    if (status == CLI_OK) {
        status = open_service(&ears);
    }
    if (status == CLI_OK) {
        status = serve(&ears, &options, port);
    }
    if (ears.feed.fd >= 0) {
        close(ears.feed.fd);
    }
    if (ears.site.root >= 0) {
        close(ears.site.root);
    }
    return status;
}
