/* SPDX-License-Identifier: MIT
 *
 * cli/host.c - what every command that makes connections stands on.
 *
 *   net.c: link --> pcap --> run/loop.c: stack --> the command's struct cli_app
 *                                  |  `--> ladders.c
 *                              signalfd
 */
#include "cli/host.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/time.h"

/* Sizes for a server with tens of thousands of connections; memory that is not used is not
 * touched (synfin/engine.h). */
#define CONNECTIONS 65536
#define TIME_WAITS  262144
#define CHUNKS      65536
#define EMBRYOS     8192

/* How long frames may wait before a reader of the capture sees them. */
#define FLUSH_MS 200

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    struct cli_host *host = context;

    if (host->app.events != NULL) {
        host->app.events(host->app.context, events, n, now);
    }
}

static void take_signal(struct cli_host *host, sf_time now)
{
    struct signalfd_siginfo info;

    if (read(host->signals, &info, sizeof(info)) != (ssize_t)sizeof(info)) {
        return;
    }
    if (info.ssi_signo != SIGUSR1) {
        host->interrupted = true;
    }
    if (host->app.signal != NULL) {
        host->app.signal(host->app.context, (int)info.ssi_signo, now);
    }
}

static void on_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    struct cli_host *host = context;

    if (fd == host->signals) {
        take_signal(host, now);
    } else if (host->app.descriptor != NULL) {
        host->app.descriptor(host->app.context, fd, which, now);
    }
}

/* Say once that the capture ended early, or that the device is gone. */
static void check_link(struct cli_host *host)
{
    const struct sf_link *link = host->link;

    if (host->broken || link->error == SF_OK) {
        return;
    }
    host->broken = true;
    errno = link->os_error;
    if (host->options->pcap != NULL && link->error == SF_ERR_SPACE) {
        cli_note("cannot write '%s': %s: free some space, or name another file with -w",
                 host->options->pcap, cli_reason(SF_ERR_OS));
    } else if (host->options->pcap != NULL && strcmp(link->ops->name, "pcap") == 0) {
        cli_note("'%s' is not whole, or %s failed: %s", host->options->pcap, host->net.device,
                 cli_reason(SF_ERR_OS));
    } else {
        cli_note("the device %s failed: %s", host->net.device, cli_reason(SF_ERR_OS));
    }
}

static void on_turn(void *context, sf_time now)
{
    struct cli_host *host = context;

    cli_ladders_turn(&host->ladders);
    if (host->options->pcap != NULL &&
        sf_time_sub(now, host->flushed).ns >= SF_MS(FLUSH_MS).ns) {
        sf_link_flush(host->link);
        host->flushed = now;
    }
    check_link(host);
}

static void seed_of(const struct cli_options *options, uint8_t seed[32])
{
    if (options->seed_set) {
        memcpy(seed, "synfin --seed           ", 24);
        memcpy(seed + 24, &options->seed, sizeof(options->seed));
    }
}

static int open_capture(struct cli_host *host)
{
    struct sf_link *wrapped = NULL;

    if (host->options->pcap == NULL) {
        return CLI_OK;
    }
    enum sf_err err = sf_pcap_wrap(host->link, host->options->pcap, sf_wall_offset(), &wrapped);
    if (err != SF_OK) {
        return cli_fail(CLI_FAILED, "cannot write '%s': %s: %sname another file with -w",
                        host->options->pcap, cli_reason(err),
                        err == SF_ERR_SPACE ? "free some space, or " : "");
    }
    host->link = wrapped;
    return CLI_OK;
}

static int add_addresses(struct cli_host *host)
{
    char text[SF_ADDR_TEXT];

    for (size_t i = 0; i < host->net.n; i++) {
        const struct cli_net_at *at = &host->net.at[i];
        const struct sf_addr *router =
            host->net.gateway.family == at->engine.family ? &host->net.gateway : &at->kernel;
        struct sf_addr any = {.family = at->engine.family};
        enum sf_err err = sf_stack_add_address(host->stack, &at->engine, at->prefix);

        if (err != SF_OK) {
            return cli_fail(CLI_FAILED, "cannot use the address %s: %s: name another with -l",
                            sf_addr_text(&at->engine, text), cli_reason(err));
        }
        err = sf_stack_add_route(host->stack, &any, 0, router);
        if (err != SF_OK) {
            return cli_fail(CLI_FAILED, "cannot use the router %s: %s",
                            sf_addr_text(router, text), cli_reason(err));
        }
    }
    return CLI_OK;
}

static int open_loop(struct cli_host *host)
{
    struct sf_loop_app app = {
        .events = on_events, .descriptor = on_descriptor, .turn = on_turn, .context = host};
    struct sf_config config;

    sf_config_default(&config);
    sf_config_from_link(&config, host->link);
    config.max_connections = CONNECTIONS;
    config.max_time_waits = TIME_WAITS;
    config.max_chunks = CHUNKS;
    config.max_embryos = EMBRYOS;
    if (host->options->msl_set) {
        config.msl = host->options->msl;
    }
    seed_of(host->options, config.seed);
    enum sf_err err = sf_loop_open(&config, host->link, &app, &host->loop);
    if (err != SF_OK) {
        return cli_fail(CLI_FAILED, "cannot make the stack: %s", cli_reason(err));
    }
    host->stack = sf_loop_stack(host->loop);
    return add_addresses(host);
}

static int open_signals(struct cli_host *host)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    /* A reader of our output that goes away is an error of write(), not our end. */
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN}, NULL);
    host->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (host->signals < 0 || sf_loop_watch(host->loop, host->signals, 1) != SF_OK) {
        return cli_fail(CLI_FAILED, "cannot watch for signals: %s", cli_reason(SF_ERR_OS));
    }
    return CLI_OK;
}

int cli_host_open(struct cli_host *host, const struct cli_options *options,
                  const struct cli_app *app, FILE *to)
{
    int status = CLI_OK;

    *host = (struct cli_host){.options = options, .app = *app, .signals = -1};
    status = cli_net_open(options, &host->net);
    if (status != CLI_OK) {
        return status;
    }
    host->link = host->net.link;
    host->net.link = NULL;
    status = open_capture(host);
    if (status == CLI_OK) {
        status = open_loop(host);
    }
    if (status == CLI_OK) {
        status = open_signals(host);
    }
    if (status == CLI_OK && options->explain &&
        !cli_ladders_open(&host->ladders, options, host->stack, to)) {
        status = cli_fail(CLI_FAILED, "there is no memory to explain connections");
    }
    if (status != CLI_OK) {
        host->broken = true;
        cli_host_close(host, status);
    }
    return status;
}

bool cli_host_turn(struct cli_host *host, sf_time until)
{
    enum sf_err err = sf_loop_turn(host->loop, until);

    if (err != SF_OK) {
        cli_note("the loop failed: %s", cli_reason(err));
        host->broken = true;
    }
    return !host->broken;
}

bool cli_host_fine(const struct cli_host *host)
{
    return !host->interrupted && !host->broken;
}

/* Records of TIME_WAIT have said all they had to say. */
static bool talking(const struct cli_host *host)
{
    struct sf_usage usage;

    sf_stack_usage(host->stack, &usage);
    return usage.connections > 0 || usage.embryos > 0;
}

void cli_host_settle(struct cli_host *host, sf_time until)
{
    /* The first turn sends what the last calls owe. */
    do {
        if (sf_loop_turn(host->loop, talking(host) ? until : sf_now()) != SF_OK) {
            return;
        }
    } while (talking(host) && sf_time_before(sf_now(), until));
}

int cli_host_close(struct cli_host *host, int status)
{
    cli_ladders_close(&host->ladders);
    if (host->link != NULL && !host->broken) {
        sf_link_flush(host->link);
        check_link(host);
    }
    if (host->loop != NULL) {
        sf_loop_close(host->loop);
    } else {
        sf_link_close(host->link);
    }
    host->loop = NULL;
    host->link = NULL;
    if (host->signals >= 0) {
        close(host->signals);
    }
    cli_net_close(&host->net);
    if (host->broken && status == CLI_OK) {
        return CLI_FAILED;
    }
    return host->interrupted && !host->broken ? CLI_INTERRUPTED : status;
}
