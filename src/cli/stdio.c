/* SPDX-License-Identifier: MIT
 *
 * cli/stdio.c - standard input and output, one connection at a time.
 */
#include "cli/stdio.h"

#include <errno.h>
#include <unistd.h>

static void stdio_begin(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    struct cli_stdio *stdio = server->context;

    (void)now;
    cli_pump_begin(&stdio->pump, server->host->loop, peer->handle, STDIN_FILENO, STDOUT_FILENO);
    /* Who reads to the end must see one. */
    stdio->pump.half_close = true;
    stdio->peer = (uint32_t)(peer - server->peers);
    stdio->busy = true;
}

static bool stdio_ready(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    struct cli_stdio *stdio = server->context;

    if (cli_pump_step(&stdio->pump, now)) {
        return true;
    }
    if (stdio->pump.err == SF_ERR_OS) {
        errno = stdio->pump.os_error;
        cli_note("cannot write to standard output: %s", cli_reason(SF_ERR_OS));
        sf_abort(server->stack, peer->handle, now);
        server->failed++;
    }
    return false;
}

static void stdio_end(struct cli_server *server, struct cli_peer *peer)
{
    struct cli_stdio *stdio = server->context;

    (void)peer;
    cli_pump_end(&stdio->pump);
    stdio->busy = false;
}

void cli_stdio_descriptor(struct cli_server *server, int fd, sf_time now)
{
    struct cli_stdio *stdio = server->context;

    if (stdio->busy && cli_pump_ready(&stdio->pump, fd)) {
        cli_server_poke(server, &server->peers[stdio->peer], now);
    }
}

const struct cli_service cli_stdio = {
    .name = "standard input and output",
    .single = true,
    .begin = stdio_begin,
    .ready = stdio_ready,
    .end = stdio_end,
};
