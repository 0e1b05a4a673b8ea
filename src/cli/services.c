/* SPDX-License-Identifier: MIT
 *
 * cli/services.c - the small services: echo, discard, and sending a file or made-up text.
 */
#include "cli/server.h"

/* Send pieces; done counts what was taken.  SF_OK if that was all. */
static enum sf_err echo_pieces(struct cli_server *server, struct cli_peer *peer,
                               const struct sf_piece *pieces, size_t n, size_t *done,
                               sf_time now)
{
    for (size_t i = 0; i < n; i++) {
        size_t taken = 0;
        enum sf_err err = sf_send(server->stack, peer->handle, pieces[i].data, pieces[i].octets,
                                  0, &taken, now);

        *done += taken;
        if (err != SF_OK) {
            return err;
        }
        if (taken < pieces[i].octets) {
            return SF_ERR_AGAIN;
        }
    }
    return SF_OK;
}

/* What was received is sent from where it lies; what does not fit waits there, and the
 * window that we offer closes (RFC 862). */
static bool echo_ready(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    while (true) {
        struct sf_piece pieces[16];
        size_t n = 16;
        size_t done = 0;
        enum sf_err err = sf_recv_peek(server->stack, peer->handle, pieces, &n);

        if (err == SF_ERR_EOF) {
            return false;
        }
        if (err == SF_OK) {
            err = echo_pieces(server, peer, pieces, n, &done, now);
        }
        if (done > 0 && sf_recv_consume(server->stack, peer->handle, done, now) != SF_OK) {
            return false;
        }
        if (err != SF_OK) {
            return err == SF_ERR_AGAIN || err == SF_ERR_NO_MEMORY;
        }
    }
}

/* RFC 863, and our half is closed when the peer's is. */
static bool discard_ready(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    while (true) {
        struct sf_piece pieces[16];
        size_t n = 16;
        size_t octets = 0;
        enum sf_err err = sf_recv_peek(server->stack, peer->handle, pieces, &n);

        if (err != SF_OK) {
            return err == SF_ERR_AGAIN;
        }
        for (size_t i = 0; i < n; i++) {
            octets += pieces[i].octets;
        }
        if (sf_recv_consume(server->stack, peer->handle, octets, now) != SF_OK) {
            return false;
        }
    }
}

/* The context is what to send to each. */
static void send_begin(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    const struct cli_feed *feed = server->context;

    (void)now;
    peer->feed = *feed;
}

static bool send_ready(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    switch (cli_feed(server->stack, peer->handle, &peer->feed, now)) {
    case CLI_FED_ALL:
        return cli_server_finish(server, peer, now);
    case CLI_FED_SOME:
        /* What the peer says meanwhile is nothing to us, but must not fill the window. */
        discard_ready(server, peer, now);
        return true;
    case CLI_FED_SHORT:
        sf_abort(server->stack, peer->handle, now);
        return false;
    case CLI_FED_DEAD:
        return false;
    }
    return false;
}

const struct cli_service cli_echo = {.name = "echo", .ready = echo_ready};
const struct cli_service cli_discard = {.name = "discard", .ready = discard_ready};
const struct cli_service cli_send = {.name = "send", .begin = send_begin, .ready = send_ready};
