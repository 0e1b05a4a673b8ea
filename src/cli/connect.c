/* SPDX-License-Identifier: MIT
 *
 * cli/connect.c - synfin connect: standard input and output as the ends of a connection.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/dial.h"
#include "cli/number.h"
#include "cli/pump.h"

enum { OPT_TIMEOUT = CLI_OWN };

static const struct cli_option own[] = {
    {NULL, 'N', 0, NULL, "close our half at the end of input"},
    {"timeout", OPT_TIMEOUT, 0, "SECONDS", "give up when nothing happens for so long"},
    {NULL, 'z', 0, NULL, "only see whether it can be connected to"},
};

struct talk {
    struct cli_dial dial; /* first: the loop's callbacks get it */
    struct cli_pump pump;
    bool half_close, only_look;
};

static bool take(void *context, int letter, const char *value)
{
    struct talk *talk = context;

    switch (letter) {
    case 'N':
        talk->half_close = true;
        return true;
    case 'z':
        talk->only_look = true;
        return true;
    case OPT_TIMEOUT:
        return cli_seconds(value, &talk->dial.timeout) && talk->dial.timeout.ns > 0;
    default:
        return false;
    }
}

static void on_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    struct talk *talk = (struct talk *)context;

    (void)which;
    (void)now;
    cli_pump_ready(&talk->pump, fd);
}

/* Why it ended before its time, as a status. */
static int ended(const struct talk *talk)
{
    const struct cli_pump *pump = &talk->pump;
    char text[CLI_END_TEXT];

    if (pump->err == SF_OK) {
        return CLI_OK;
    }
    if (pump->err == SF_ERR_OS) {
        errno = pump->os_error;
        return cli_fail(CLI_FAILED, "cannot write to standard output: %s",
                        cli_reason(SF_ERR_OS));
    }
    return cli_fail(CLI_FAILED, "the connection to %s was lost: %s",
                    cli_end_text(&talk->dial.remote, text), sf_err_text(pump->err));
}

static int converse(struct talk *talk)
{
    struct cli_dial *dial = &talk->dial;
    struct cli_pump *pump = &talk->pump;
    uint64_t moved = 0;
    sf_time until = cli_dial_until(dial);
    int status = CLI_OK;

    cli_pump_begin(pump, dial->host.loop, dial->sock.handle, STDIN_FILENO, STDOUT_FILENO);
    pump->half_close = talk->half_close;
    while (cli_pump_step(pump, sf_now())) {
        if (pump->sent + pump->got != moved) {
            moved = pump->sent + pump->got;
            until = cli_dial_until(dial);
        }
        if (!sf_time_before(sf_now(), until)) {
            status = cli_fail(CLI_FAILED, "nothing happened for too long: see --timeout");
            break;
        }
        if (!cli_host_turn(&dial->host, until) || dial->host.interrupted) {
            break;
        }
    }
    cli_pump_end(pump);
    if (status == CLI_OK) {
        status = ended(talk);
    }
    if (dial->host.options->verbose > 0) {
        cli_note("%llu octets sent, %llu received", (unsigned long long)pump->sent,
                 (unsigned long long)pump->got);
    }
    return status;
}

int cli_connect(int argc, char **argv)
{
    struct talk talk = {.half_close = false};
    struct cli_usage usage = {
        .name = "connect",
        .synopsis = "[OPTIONS] HOST PORT",
        .examples =
            "  synfin connect 10.9.8.1 7                  type, and see what comes back\n"
            "  synfin connect -N 10.9.8.1 9000 < file     send a file, then read on\n"
            "  synfin connect -z --timeout 2 10.9.8.1 22  is it open?\n",
        .groups = CLI_LINK | CLI_LADDER,
        .own = own,
        .n_own = sizeof(own) / sizeof(own[0]),
        .take = take,
        .context = &talk,
    };
    struct cli_app app = {.descriptor = on_descriptor};
    struct cli_options options;
    struct cli_target target;
    int first = 0;
    int status = cli_options_parse(&usage, &options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (argc - first != 2) {
        return cli_fail(CLI_USAGE,
                        "connect takes a host and a port: see synfin connect --help");
    }
    status = cli_resolve(&options, argv[first], argv[first + 1], &target);
    if (status == CLI_OK) {
        /* Standard output carries what is received. */
        status = cli_dial_open(&talk.dial, &options, argv[first], &target, &app,
                               talk.only_look ? stdout : stderr);
    }
    if (status != CLI_OK) {
        return status;
    }
    if (!talk.only_look) {
        status = converse(&talk);
    }
    return cli_dial_close(&talk.dial, status);
}
