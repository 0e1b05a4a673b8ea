/* SPDX-License-Identifier: MIT
 *
 * cli/demo.c - synfin demo: the kernel's TCP fetches a file from ours, and the ladder of
 * that connection is drawn, from SYN to the end of TIME_WAIT.
 *
 *   a network namespace of our own
 *   curl -- the kernel's TCP -- 10.9.8.1 === device === 10.9.8.2 -- engine -- http.c
 *
 * What is made belongs to the namespace or is a descriptor, and the child is bound to us:
 * nothing is left behind, however this ends.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/time.h"
#include "cli/democlient.h"
#include "cli/http.h"
#include "synfin/net.h"

#define PORT          80
#define MSL_SECONDS   1
#define SEND_OCTETS   512 /* of the document at a time */
#define PACE_MS       100 /* and the time between */
#define LIMIT_SECONDS 30  /* what the whole may take at most */
#define TRIES         3   /* connections, until one closes with four segments */

static const char document[] =
    "From SYN to FIN\n"
    "\n"
    "  client                                 server\n"
    "    | ---- SYN, seq=j -------------------> |   may I talk?\n"
    "    | <--- SYN+ACK, seq=k, ack=j+1 ------- |   yes; may I?\n"
    "    | ---- ACK, ack=k+1 -----------------> |   yes\n"
    "    |                                      |\n"
    "    |            bytes, both ways          |\n"
    "    |                                      |\n"
    "    | <--- FIN --------------------------- |   I have said all\n"
    "    | ---- ACK --------------------------> |   heard\n"
    "    | ---- FIN --------------------------> |   so have I\n"
    "    | <--- ACK --------------------------- |   heard; and I wait for 2MSL,\n"
    "    |                                      |   lest this ACK was lost\n"
    "\n"
    "Three segments open a connection: each side's SYN is acknowledged, and the\n"
    "server's SYN and ACK fit into one.  Four close it: each side closes its own\n"
    "half, and between the ACK and the FIN of the second there may be any time.\n";

static const char name[] = "from-syn-to-fin.txt";

struct tour {
    struct cli_host host; /* first: the loop's callbacks get it */
    struct cli_server server;
    struct cli_service service;
    struct cli_site site;
    struct cli_client client;
    struct cli_options options;
    const char *pcap;
    sf_time next; /* when a segment may be sent again */
    bool ended;   /* the child has */
};

static bool take(void *context, int letter, const char *value)
{
    struct tour *tour = context;

    tour->pcap = value;
    return letter == 'w';
}

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    struct tour *tour = context;

    cli_server_events(&tour->server, events, n, now);
}

static void on_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    struct tour *tour = context;

    (void)which;
    (void)now;
    if (fd == tour->client.fd) {
        tour->ended = true;
        (void)!sf_loop_watch(tour->host.loop, fd, 0);
    }
}

/* A small buffer makes even a short document several segments. */
static void on_begin(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    (void)!sf_set_option(server->stack, peer->handle, SF_OPTION_SNDBUF, SEND_OCTETS, now);
}

/*
 * One of them at a time: curl begins to pause for --limit-rate only where it has read all
 * that there was.
 */
static bool on_ready(struct cli_server *server, struct cli_peer *peer, sf_time now)
{
    struct tour *tour = (struct tour *)server->host;

    if (sf_time_before(now, tour->next) && sf_ready(server->stack, peer->handle) != 0) {
        return true;
    }
    bool more = cli_http.ready(server, peer, now);
    if (peer->own != NULL) {
        tour->next = sf_time_add(now, SF_MS(PACE_MS));
    }
    return more;
}

/* The last connection; a null pointer before there is one. */
static struct sf_ladder *ladder_of(const struct tour *tour)
{
    size_t n = sf_watch_count(tour->host.ladders.watch);

    return n > 0 ? sf_watch_ladder(tour->host.ladders.watch, n - 1) : NULL;
}

/*
 * Send on; and close first, once the client's TCP has acknowledged the document: the FIN
 * then is a segment of its own, while the client is still reading.
 */
static void serve_on(struct tour *tour, sf_time now)
{
    struct cli_server *server = &tour->server;
    struct sf_status status;

    for (uint32_t i = server->head; i != CLI_NOBODY;) {
        struct cli_peer *peer = &server->peers[i];

        i = peer->next;
        if (peer->closing || sf_status(tour->host.stack, peer->handle, &status, now) != SF_OK) {
            continue;
        }
        bool answered = peer->own == NULL && status.snd_una - status.iss > 1;
        if (answered && status.unacked == 0 && status.unsent == 0) {
            cli_server_finish(server, peer, now);
        } else {
            cli_server_poke(server, peer, now);
        }
    }
}

static int open_document(struct tour *tour)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    tour->site = (struct cli_site){.root = -1, .only = fd, .name = name};
    if (fd < 0 || write(fd, document, strlen(document)) != (ssize_t)strlen(document)) {
        return cli_fail(CLI_FAILED, "there is no memory for a document: %s",
                        cli_reason(SF_ERR_OS));
    }
    return CLI_OK;
}

static int open_tour(struct tour *tour)
{
    struct cli_app app = {.events = on_events, .descriptor = on_descriptor, .context = tour};
    struct sf_endpoint local = {.port = PORT};
    enum sf_err err = sf_net_unshare();

    if (err != SF_OK) {
        return cli_fail(err == SF_ERR_PERMISSION ? CLI_PERMISSION : CLI_FAILED,
                        "no network namespace can be made: %s",
                        err == SF_ERR_PERMISSION
                            ? "CAP_SYS_ADMIN is missing, and user namespaces are not allowed: "
                              "run it as root, or raise user.max_user_namespaces"
                            : cli_reason(err));
    }
    int status = cli_host_open(&tour->host, &tour->options, &app, stdout);
    if (status != CLI_OK) {
        return status;
    }
    tour->host.ladders.hold = true;
    tour->service = cli_http;
    tour->service.begin = on_begin;
    tour->service.ready = on_ready;
    tour->server = (struct cli_server){.host = &tour->host,
                                       .stack = tour->host.stack,
                                       .service = &tour->service,
                                       .context = &tour->site,
                                       .table = stdout};
    return cli_server_open(&tour->server, &local);
}

/* One connection, as far as the client's end of it.  CLI_OK, or why there was none. */
static int fetch_once(struct tour *tour, sf_time until)
{
    struct sf_endpoint server = {.addr = tour->host.net.at[0].engine, .port = PORT};
    char path[64];

    snprintf(path, sizeof(path), "/%s", name);
    tour->ended = false;
    if (!cli_client_start(&tour->client, &server, path)) {
        return cli_fail(CLI_FAILED, "no process can be started: %s", cli_reason(SF_ERR_OS));
    }
    if (!tour->options.json) {
        printf("$ %s\n", tour->client.line);
        fflush(stdout);
    }
    bool watched =
        tour->client.fd >= 0 && sf_loop_watch(tour->host.loop, tour->client.fd, 1) == SF_OK;
    while (cli_host_fine(&tour->host) && !tour->ended && sf_time_before(sf_now(), until)) {
        cli_host_turn(&tour->host, sf_time_add(sf_now(), SF_MS(20)));
        serve_on(tour, sf_now());
    }
    if (watched && !tour->ended) {
        (void)!sf_loop_watch(tour->host.loop, tour->client.fd, 0);
    }
    int status = cli_client_stop(&tour->client);
    if (!cli_host_fine(&tour->host)) {
        return CLI_FAILED;
    }
    if (status != 0) {
        return cli_fail(CLI_FAILED, "the client failed with status %d: run it with -v", status);
    }
    return CLI_OK;
}

/* How the last connection closed; its client has ended, but the FIN may still be on its
 * way. */
static enum sf_closed_how await_close(struct tour *tour, sf_time until)
{
    struct sf_ladder_facts facts = {.closed = SF_CLOSED_NONE};
    const struct sf_ladder *ladder = ladder_of(tour);

    while (ladder != NULL && cli_host_fine(&tour->host) && sf_time_before(sf_now(), until)) {
        sf_ladder_facts(ladder, &facts);
        if (facts.closed >= SF_CLOSED_FOUR) {
            break;
        }
        cli_host_turn(&tour->host, sf_time_add(sf_now(), SF_MS(50)));
    }
    return (enum sf_closed_how)facts.closed;
}

/* Fetch until ACK and FIN came apart; on a machine that was busy they may not have. */
static int fetch(struct tour *tour, sf_time until)
{
    enum sf_closed_how closed = SF_CLOSED_NONE;
    int status = CLI_OK;

    for (int i = 0; i < TRIES && status == CLI_OK && closed != SF_CLOSED_FOUR; i++) {
        struct sf_ladder *before = ladder_of(tour);

        if (before != NULL) {
            sf_watch_forget(tour->host.ladders.watch, before);
        }
        status = fetch_once(tour, until);
        if (status == CLI_OK) {
            closed = await_close(tour, until);
        }
    }
    return status;
}

/* TIME_WAIT, to its end. */
static int wait_out(struct tour *tour, sf_time until)
{
    struct sf_ladder *ladder = ladder_of(tour);

    while (ladder != NULL && !sf_ladder_done(ladder) && cli_host_fine(&tour->host) &&
           sf_time_before(sf_now(), until)) {
        cli_host_turn(&tour->host, until);
    }
    if (!cli_host_fine(&tour->host)) {
        return CLI_FAILED;
    }
    if (ladder == NULL || !sf_ladder_done(ladder)) {
        return cli_fail(CLI_FAILED, "the connection did not end within %d s: please report it",
                        LIMIT_SECONDS);
    }
    return CLI_OK;
}

static int tell(struct tour *tour)
{
    static const char *const notes[] = {
        "Who closes first waits: TIME_WAIT lasts 2MSL, here shortened to 2 s (MSL 1 s); by "
        "default it is 60 s (MSL 30 s).",
        "Why four segments to close, and when three: the client read slowly, so the kernel "
        "acknowledged our FIN before the program had closed. A fast client closes within the "
        "40 ms that the kernel delays an ACK; then its FIN carries the ACK, and three suffice.",
    };
    sf_time until = sf_time_add(sf_now(), SF_S(LIMIT_SECONDS));

    if (!tour->options.json) {
        char at[SF_ADDR_TEXT];

        printf("synfin serves HTTP at %s on its own TCP. The kernel's TCP fetches it:\n",
               sf_addr_text(&tour->host.net.at[0].engine, at));
    }
    int status = fetch(tour, until);
    if (status == CLI_OK) {
        if (!tour->options.json) {
            printf("It was fetched; now TIME_WAIT passes.\n\n");
            fflush(stdout);
        }
        status = wait_out(tour, until);
    }
    tour->host.ladders.notes = notes;
    tour->host.ladders.n_notes = sizeof(notes) / sizeof(notes[0]);
    return status;
}

int cli_demo(int argc, char **argv)
{
    static const struct cli_option own[] = {
        {NULL, 'w', 0, "FILE", "write all frames into a pcap file"},
    };
    struct tour tour = {.client = {.pid = -1, .fd = -1}};
    struct cli_usage usage = {
        .name = "demo",
        .synopsis = "[OPTIONS]",
        .examples = "  synfin demo                the tour\n"
                    "  synfin demo --letters      with the textbook's j, j+1, k, k+1\n"
                    "  synfin demo -w demo.pcap   and a capture of it\n",
        .groups = CLI_LADDER,
        .own = own,
        .n_own = 1,
        .take = take,
        .context = &tour,
    };
    int first = 0;
    int status = cli_options_parse(&usage, &tour.options, argc, argv, &first);

    if (status != CLI_GO) {
        return status;
    }
    if (first != argc) {
        return cli_fail(CLI_USAGE, "demo takes no arguments: see synfin demo --help");
    }
    tour.options.explain = true;
    tour.options.msl_set = true;
    tour.options.msl = SF_S(MSL_SECONDS);
    tour.options.pcap = tour.pcap;
    status = open_document(&tour);
    if (status == CLI_OK) {
        status = open_tour(&tour);
    }
    if (status == CLI_OK) {
        status = tell(&tour);
    }
    cli_client_stop(&tour.client);
    if (tour.host.loop != NULL) {
        cli_server_close(&tour.server);
        status = cli_host_close(&tour.host, status);
    }
    if (tour.site.only >= 0) {
        close(tour.site.only);
    }
    return status;
}
