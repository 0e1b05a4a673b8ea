/* SPDX-License-Identifier: MIT
 *
 * cli/server.h - many connections of one listener, each served by the same service.
 *
 * All is driven by events; a connection that waits costs its peer record and nothing else.
 */
#ifndef SYNFIN_CLI_SERVER_H
#define SYNFIN_CLI_SERVER_H

#include "cli/feed.h"
#include "cli/host.h"

#define CLI_NOBODY UINT32_MAX

/* One connection. */
struct cli_peer {
    struct sf_handle handle; /* zeros: a free record */
    sf_time active;          /* when something last happened */
    uint32_t next, prev;     /* in the order of active, or of free records */
    bool closing;            /* our half is closed: what still arrives is thrown away */
    struct cli_feed feed;    /* what is being sent */
    void *own;               /* the service's */
};

struct cli_server;

/* What is done with connections. */
struct cli_service {
    const char *name;
    bool single;   /* one connection at a time, the others wait to be accepted */
    sf_span limit; /* how long nothing may happen; 0: for ever */
    /* A connection was accepted; may be null. */
    void (*begin)(struct cli_server *server, struct cli_peer *peer, sf_time now);
    /* Something is ready: do all that can be done.  False: the service is done with it. */
    bool (*ready)(struct cli_server *server, struct cli_peer *peer, sf_time now);
    /* It is over: give back what is at peer->own; may be null. */
    void (*end)(struct cli_server *server, struct cli_peer *peer);
};

struct cli_server {
    struct cli_host *host;
    struct sf_stack *stack;
    const struct cli_service *service;
    void *context; /* the service's */
    FILE *table;   /* where SIGUSR1 prints to */
    struct sf_handle listener;
    struct cli_peer *peers;
    uint32_t room, live;       /* records, and how many of them are in use */
    uint32_t free, head, tail; /* lists; CLI_NOBODY ends them */
    uint64_t accepted, limit;  /* limit: how many to serve in all; 0: no limit */
    uint64_t failed;           /* connections that died of an error */
    bool closed;               /* the listener is */
};

/* Begin to listen.  CLI_OK; or a status, having said what is wrong. */
int cli_server_open(struct cli_server *server, const struct sf_endpoint *local);

/* To be called from struct cli_app: what is ready, and SIGUSR1. */
void cli_server_events(struct cli_server *server, const struct sf_ready_event *events, size_t n,
                       sf_time now);
void cli_server_table(struct cli_server *server, sf_time now);

/* Serve until interrupted, or until all that were to be served have been. */
void cli_server_run(struct cli_server *server);

/* Serve a peer again, outside of events: what it waits for is no event of the stack's. */
void cli_server_poke(struct cli_server *server, struct cli_peer *peer, sf_time now);

/* Close in order: the listener, then each connection's half; wait, but not for ever. */
void cli_server_close(struct cli_server *server);

/* For services: send a FIN, and throw away what arrives until the peer's.  As ready(). */
bool cli_server_finish(struct cli_server *server, struct cli_peer *peer, sf_time now);

/* A service by its name, one of services.c. */
extern const struct cli_service cli_echo, cli_discard, cli_send;

#endif
