/* SPDX-License-Identifier: MIT
 *
 * cli/democlient.h - the kernel's side of the demonstration: a child process that fetches
 * one document slowly, with curl, or with a socket of its own where curl is missing.
 */
#ifndef SYNFIN_CLI_DEMOCLIENT_H
#define SYNFIN_CLI_DEMOCLIENT_H

#include <sys/types.h>

#include "synfin/types.h"

struct cli_client {
    pid_t pid;
    int fd;         /* pidfd: readable when the child has ended */
    bool curl;      /* it is curl */
    char line[256]; /* what was run, to be shown */
};

/* Start it.  False if there is no more process to be had (errno). */
bool cli_client_start(struct cli_client *client, const struct sf_endpoint *server,
                      const char *path);

/* Wait for a child that has ended, or end it; its exit status, or -1.  Idempotent. */
int cli_client_stop(struct cli_client *client);

#endif
