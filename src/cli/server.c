/* SPDX-License-Identifier: MIT
 *
 * cli/server.c - many connections of one listener.
 *
 *   sf_stack_events() -> [server.c] -> services.c, http.c
 *
 * Peers are found by the value that events hand back: 0 is the listener, i + 1 record i.
 * Records in use form a list in the order of their last activity; as every one has the same
 * limit, the head is always the first whose time is up.
 */
#include "cli/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "cli/resolve.h"
#include "cli/table.h"

/* How long SIGINT waits for connections to end. */
#define CLOSE_SECONDS 5

static void unlink_peer(struct cli_server *server, uint32_t i)
{
    struct cli_peer *peer = &server->peers[i];

    if (peer->prev == CLI_NOBODY) {
        server->head = peer->next;
    } else {
        server->peers[peer->prev].next = peer->next;
    }
    if (peer->next == CLI_NOBODY) {
        server->tail = peer->prev;
    } else {
        server->peers[peer->next].prev = peer->prev;
    }
}

static void append_peer(struct cli_server *server, uint32_t i, sf_time now)
{
    struct cli_peer *peer = &server->peers[i];

    peer->active = now;
    peer->next = CLI_NOBODY;
    peer->prev = server->tail;
    if (server->tail == CLI_NOBODY) {
        server->head = i;
    } else {
        server->peers[server->tail].next = i;
    }
    server->tail = i;
}

/* More records; those in use keep their index, not their address. */
static bool grow(struct cli_server *server)
{
    uint32_t room = server->room == 0 ? 64 : 2 * server->room;
    struct cli_peer *peers = realloc(server->peers, room * sizeof(*peers));

    if (peers == NULL) {
        return false;
    }
    server->peers = peers;
    for (uint32_t i = server->room; i < room; i++) {
        peers[i] = (struct cli_peer){.next = server->free};
        server->free = i;
    }
    server->room = room;
    return true;
}

static uint32_t index_of(const struct cli_server *server, const struct cli_peer *peer)
{
    return (uint32_t)(peer - server->peers);
}

static void note_end(const struct cli_server *server, const struct cli_peer *peer,
                     const struct sf_status *status)
{
    char text[CLI_END_TEXT];

    (void)peer;
    if (server->host->options->verbose > 0) {
        cli_note("%s: %s", cli_end_text(&status->remote, text),
                 status->error == SF_OK ? "done" : sf_err_text(status->error));
    }
}

/* Done with a peer: the stack sees it to its end. */
static void drop(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    uint32_t i = index_of(server, peer);
    struct sf_status status;

    if (sf_status(server->stack, peer->handle, &status, now) == SF_OK) {
        note_end(server, peer, &status);
        server->failed += status.error != SF_OK;
    }
    if (server->service->end != NULL) {
        server->service->end(server, peer);
    }
    sf_close(server->stack, peer->handle, now);
    unlink_peer(server, i);
    *peer = (struct cli_peer){.next = server->free};
    server->free = i;
    server->live--;
}

static void serve(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    bool more = peer->closing ? cli_server_finish(server, peer, now)
                              : server->service->ready(server, peer, now);

    if (!more || (sf_ready(server->stack, peer->handle) & SF_READY_ERROR) != 0) {
        drop(server, peer, now);
    }
}

void cli_server_poke(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    serve(server, peer, now);
}

static void begin(struct cli_server *server, struct sf_handle handle, sf_time now)
{
    uint32_t i = server->free;
    struct cli_peer *peer = &server->peers[i];

    server->free = peer->next;
    *peer = (struct cli_peer){.handle = handle, .feed = {.fd = -1}};
    append_peer(server, i, now);
    server->live++;
    server->accepted++;
    sf_set_user(server->stack, handle, (uint64_t)i + 1);
    if (server->host->options->verbose > 0) {
        struct sf_status status;
        char text[CLI_END_TEXT];

        if (sf_status(server->stack, handle, &status, now) == SF_OK) {
            cli_note("%s: connected", cli_end_text(&status.remote, text));
        }
    }
    if (server->service->begin != NULL) {
        server->service->begin(server, peer, now);
    }
    serve(server, peer, now);
}

static bool may_accept(const struct cli_server *server)
{
    return !server->closed && !(server->service->single && server->live > 0) &&
           (server->limit == 0 || server->accepted < server->limit);
}

static void close_listener(struct cli_server *server, sf_time now)
{
    if (!server->closed) {
        sf_close(server->stack, server->listener, now);
        server->closed = true;
    }
}

static void accept_all(struct cli_server *server, sf_time now)
{
    struct sf_handle handle;

    while (may_accept(server)) {
        if (server->free == CLI_NOBODY && !grow(server)) {
            return; /* they stay in the accept queue */
        }
        if (sf_accept(server->stack, server->listener, &handle, now) != SF_OK) {
            return;
        }
        begin(server, handle, now);
    }
    if (server->limit != 0 && server->accepted >= server->limit) {
        close_listener(server, now);
    }
}

void cli_server_events(struct cli_server *server, const struct sf_ready_event *events, size_t n,
                       sf_time now)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t user = events[i].user;

        if (user == 0 || user > server->room) {
            accept_all(server, now);
            continue;
        }
        struct cli_peer *peer = &server->peers[user - 1];
        /* An earlier event of this batch may have ended it. */
        if (memcmp(&peer->handle, &events[i].handle, sizeof(peer->handle)) != 0) {
            continue;
        }
        unlink_peer(server, (uint32_t)user - 1);
        append_peer(server, (uint32_t)user - 1, now);
        serve(server, peer, now);
    }
}

void cli_server_table(struct cli_server *server, sf_time now)
{
    cli_table(server->stack, server->table, now);
}

bool cli_server_finish(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    if (!peer->closing) {
        peer->closing = true;
        if (sf_shutdown(server->stack, peer->handle, now) != SF_OK) {
            return false;
        }
    }
    while (true) {
        struct sf_piece pieces[8];
        size_t n = 8;
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

int cli_server_open(struct cli_server *server, const struct sf_endpoint *local)
{
    struct sf_listen listen = {.local = *local, .syn_queue = 4096, .accept_queue = 4096};
    char text[CLI_END_TEXT];
    enum sf_err err = sf_listen(server->stack, &listen, &server->listener, sf_now());

    server->free = CLI_NOBODY;
    server->head = CLI_NOBODY;
    server->tail = CLI_NOBODY;
    if (err != SF_OK) {
        return cli_fail(CLI_FAILED, "cannot listen on %s: %s: choose another",
                        cli_end_text(local, text), cli_reason(err));
    }
    return CLI_OK;
}

/* End those with whom nothing has happened for too long; when to look again. */
static sf_time end_idle(struct cli_server *server, sf_time now)
{
    sf_span limit = server->service->limit;

    while (limit.ns != 0 && server->head != CLI_NOBODY) {
        struct cli_peer *peer = &server->peers[server->head];
        sf_time until = sf_time_add(peer->active, limit);

        if (sf_time_before(now, until)) {
            return until;
        }
        drop(server, peer, now);
    }
    return SF_TIME_NEVER;
}

void cli_server_run(struct cli_server *server)
{
    while (cli_host_fine(server->host) && !(server->closed && server->live == 0)) {
        sf_time now = sf_now();
        sf_time until = end_idle(server, now);

        /* A single service has become free, or a listener's event came while it was not. */
        accept_all(server, now);
        if (server->closed && server->live == 0) {
            break;
        }
        cli_host_turn(server->host, until);
    }
}

void cli_server_close(struct cli_server *server)
{
    sf_time now = sf_now();
    sf_time until = sf_time_add(now, SF_S(CLOSE_SECONDS));

    close_listener(server, now);
    for (uint32_t i = server->head; i != CLI_NOBODY;) {
        struct cli_peer *peer = &server->peers[i];

        i = peer->next;
        if (!peer->closing && !cli_server_finish(server, peer, now)) {
            drop(server, peer, now);
        }
    }
    cli_host_settle(server->host, until);
    now = sf_now();
    while (server->head != CLI_NOBODY) {
        struct cli_peer *peer = &server->peers[server->head];
        struct sf_handle handle = peer->handle;

        /* A peer that does not close is left with a RST, so that it knows. */
        if ((sf_ready(server->stack, handle) & SF_READY_CLOSED) == 0) {
            sf_abort(server->stack, handle, now);
        }
        drop(server, peer, now);
    }
    cli_host_settle(server->host, sf_now());
    free(server->peers);
    server->peers = NULL;
    server->room = 0;
}
