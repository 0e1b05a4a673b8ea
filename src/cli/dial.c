/* SPDX-License-Identifier: MIT
 *
 * cli/dial.c - connecting: each address in turn, and a line that says why none would.
 */
#include "cli/dial.h"

#include "base/time.h"

/* How long the other end has to close once we have. */
#define CLOSE_SECONDS 5

static void on_signal(void *context, int number, sf_time now)
{
    struct cli_dial *dial = context;

    (void)number;
    (void)now;
    if (dial->host.interrupted) {
        dial->sock.until = (sf_time){0};
    }
}

sf_time cli_dial_until(const struct cli_dial *dial)
{
    if (!cli_host_fine(&dial->host)) {
        return (sf_time){0};
    }
    return dial->timeout.ns == 0 ? SF_TIME_NEVER : sf_time_add(sf_now(), dial->timeout);
}

static const char *advice(enum sf_err err)
{
    switch ((int)err) {
    case SF_ERR_REFUSED:
        return "nothing listens there: check the port";
    case SF_ERR_AGAIN:
    case SF_ERR_TIMED_OUT:
    case SF_ERR_USER_TIMEOUT:
        return "no answer came: check the address, and that the kernel forwards beyond its own "
               "net";
    case SF_ERR_UNREACHABLE:
    case SF_ERR_UNROUTABLE:
        return "there is no way to it: check the address, and the kernel's routes";
    case SF_ERR_ADDR:
        return "that address is not on the network: name the kernel's side of the device";
    default:
        return "try again";
    }
}

/* SF_OK once one of the addresses has accepted. */
static enum sf_err dial_all(struct cli_dial *dial, const struct cli_target *target)
{
    enum sf_err err = SF_ERR_UNROUTABLE;

    for (size_t i = 0; i < target->n && cli_host_fine(&dial->host); i++) {
        struct sf_open open = {.remote = target->at[i]};
        char text[CLI_END_TEXT];

        if (cli_net_of(&dial->host.net, open.remote.addr.family) == NULL) {
            continue;
        }
        dial->remote = open.remote;
        if (dial->host.options->verbose > 0) {
            cli_note("trying %s", cli_end_text(&open.remote, text));
        }
        dial->sock.until = cli_dial_until(dial);
        err = sf_sock_connect(&dial->sock, &open);
        if (err == SF_OK) {
            return SF_OK;
        }
        if (dial->host.options->verbose > 0 && i + 1 < target->n) {
            cli_note("%s: %s", cli_end_text(&open.remote, text), cli_reason(err));
        }
    }
    return err;
}

int cli_dial_open(struct cli_dial *dial, const struct cli_options *options, const char *name,
                  const struct cli_target *target, const struct cli_app *also, FILE *to)
{
    struct cli_app app = {.signal = on_signal, .context = dial};
    char text[CLI_END_TEXT];

    if (also != NULL) {
        app.descriptor = also->descriptor;
    }
    dial->remote = target->at[0];
    int status = cli_host_open(&dial->host, options, &app, to);
    if (status != CLI_OK) {
        return status;
    }
    dial->sock = (struct sf_sock){.loop = dial->host.loop};
    enum sf_err err = dial_all(dial, target);
    cli_end_text(&dial->remote, text);
    if (err == SF_OK) {
        if (options->verbose > 0) {
            cli_note("connected to %s, through %s", text, dial->host.net.device);
        }
        return CLI_OK;
    }
    status = CLI_FAILED;
    if (cli_host_fine(&dial->host)) {
        cli_note("cannot connect to %s (%s): %s: %s", name, text,
                 err == SF_ERR_AGAIN ? "timed out" : cli_reason(err), advice(err));
    }
    cli_host_settle(&dial->host, sf_now());
    return cli_host_close(&dial->host, status);
}

int cli_dial_close(struct cli_dial *dial, int status)
{
    sf_time until = sf_time_add(sf_now(), SF_S(CLOSE_SECONDS));

    if (cli_host_fine(&dial->host) && status == CLI_OK) {
        dial->sock.until = until;
        sf_sock_close(&dial->sock);
    } else {
        /* Nobody wants what is still on its way: the peer is told so. */
        sf_abort(dial->host.stack, dial->sock.handle, sf_now());
    }
    cli_host_settle(&dial->host, until);
    return cli_host_close(&dial->host, status);
}
