/* SPDX-License-Identifier: MIT
 *
 * cli/host.h - what every command that makes connections stands on: a device, a stack, a
 * loop, signals, a capture, ladders.
 */
#ifndef SYNFIN_CLI_HOST_H
#define SYNFIN_CLI_HOST_H

#include <stdio.h>

#include "cli/ladders.h"
#include "cli/net.h"
#include "synfin/loop.h"

/* What a command wants to be told of; each may be null. */
struct cli_app {
    void (*events)(void *context, const struct sf_ready_event *events, size_t n, sf_time now);
    void (*descriptor)(void *context, int fd, uint32_t which, sf_time now);
    void (*signal)(void *context, int number, sf_time now);
    void *context;
};

struct cli_host {
    const struct cli_options *options;
    struct cli_app app;
    struct cli_net net;
    struct sf_link *link; /* the loop's, as it was opened with */
    struct sf_loop *loop;
    struct sf_stack *stack;
    struct cli_ladders ladders;
    int signals;      /* signalfd */
    bool interrupted; /* SIGINT, SIGTERM or SIGHUP came */
    bool broken;      /* the capture or the device failed, and that was said */
    sf_time flushed;  /* when the capture was last written out */
};

/*
 * Open everything that the options ask for; to is where ladders go.  CLI_OK; or a status,
 * having said what is wrong, and nothing is left behind.
 */
int cli_host_open(struct cli_host *host, const struct cli_options *options,
                  const struct cli_app *app, FILE *to);

/* One turn of the loop, no longer than until.  False when there is no going on. */
bool cli_host_turn(struct cli_host *host, sf_time until);

/* True while turns make sense: not interrupted, nothing broken. */
bool cli_host_fine(const struct cli_host *host);

/* Turn until no connection has anything more to say, or until the moment comes. */
void cli_host_settle(struct cli_host *host, sf_time until);

/*
 * Draw what is left, close everything.  Returns the status given, unless the host has
 * reason for another: interrupted, or a capture that is not whole.
 */
int cli_host_close(struct cli_host *host, int status);

#endif
