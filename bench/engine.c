/* SPDX-License-Identifier: MIT
 *
 * bench/engine.c - the engine by itself, both ends on one core: one figure a run.
 *
 *   bench-engine bulk WINDOW plain|borrow|trace SECONDS    Gbit/s
 *   bench-engine connections IDLE TIMEWAITS SECONDS        thousands a second
 *   bench-engine rtt CONNECTIONS SECONDS                   microseconds
 *   bench-engine segments bulk|ack|short COUNT             for callgrind: that many
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duo.h"

enum { PORT = 80, CHUNK = 65536 };

static uint8_t text[CHUNK];

static struct sf_handle must_listen(struct duo *d)
{
    struct sf_listen listen = {
        .local = {.port = PORT}, .syn_queue = 1U << 20, .accept_queue = 1U << 20};
    struct sf_handle handle;
    enum sf_err err = sf_listen(d->stack[1], &listen, &handle, d->now);

    if (err != SF_OK) {
        duo_fail("listen", err);
    }
    return handle;
}

/* Open one connection; both handles. */
static void must_open(struct duo *d, struct sf_handle listener, struct sf_handle *a,
                      struct sf_handle *b)
{
    struct sf_open open = {.remote = {.addr = duo_addr(SF_IPV4, 1), .port = PORT}};
    enum sf_err err = sf_open(d->stack[0], &open, a, d->now);

    if (err != SF_OK) {
        duo_fail("open", err);
    }
    duo_settle(d);
    err = sf_accept(d->stack[1], listener, b, d->now);
    if (err != SF_OK) {
        duo_fail("accept", err);
    }
}

static void drain_events(struct duo *d)
{
    struct sf_ready_event events[64];

    while (sf_stack_events(d->stack[0], events, 64) != 0) {
    }
    while (sf_stack_events(d->stack[1], events, 64) != 0) {
    }
}

static void send_plain(struct duo *d, struct sf_handle a)
{
    size_t taken = 0;

    while (sf_send(d->stack[0], a, text, sizeof(text), 0, &taken, d->now) == SF_OK) {
    }
}

static uint64_t receive_plain(struct duo *d, struct sf_handle b)
{
    static uint8_t into[CHUNK];
    uint64_t total = 0;
    size_t got = 0;

    while (sf_recv(d->stack[1], b, into, sizeof(into), &got, d->now) == SF_OK) {
        total += got;
    }
    return total;
}

/* The application writes its octets into the stack's chunks itself; what it writes is not
 * the stack's cost, so it touches a little of each. */
static void send_borrowed(struct duo *d, struct sf_handle a)
{
    for (;;) {
        struct sf_room rooms[16];
        size_t n = 16;
        size_t octets = 0;

        if (sf_send_reserve(d->stack[0], a, CHUNK, rooms, &n, d->now) != SF_OK) {
            return;
        }
        for (size_t i = 0; i < n; i++) {
            rooms[i].data[0] = (uint8_t)i;
            octets += rooms[i].octets;
        }
        if (sf_send_commit(d->stack[0], a, octets, 0, d->now) != SF_OK) {
            return;
        }
    }
}

static uint64_t receive_borrowed(struct duo *d, struct sf_handle b)
{
    uint64_t total = 0;

    for (;;) {
        struct sf_piece pieces[16];
        size_t n = 16;
        size_t octets = 0;

        if (sf_recv_peek(d->stack[1], b, pieces, &n) != SF_OK || n == 0) {
            return total;
        }
        for (size_t i = 0; i < n; i++) {
            octets += pieces[i].octets;
        }
        if (sf_recv_consume(d->stack[1], b, octets, d->now) != SF_OK) {
            return total;
        }
        total += octets;
    }
}

static double bulk(uint32_t window, const char *how, double seconds, uint64_t segments)
{
    static struct sf_trace_record records[4096];
    struct sf_trace_ring ring = {.records = records, .capacity = 4096};
    bool borrow = strcmp(how, "borrow") == 0;
    struct sf_config config;
    struct duo d;
    struct sf_handle a;
    struct sf_handle b;
    uint64_t total = 0;
    double begin = 0;
    double end = 0;

    duo_config(&config);
    config.rcvbuf_octets = window;
    config.sndbuf_octets = 2 * window;
    config.timestamps = 0; /* 1,460 octets in a segment, as the peers are measured */
    duo_open(&d, &config, SF_IPV4);
    if (strcmp(how, "trace") == 0) {
        sf_stack_trace(d.stack[0], &ring);
        sf_stack_trace(d.stack[1], &ring);
    }
    must_open(&d, must_listen(&d), &a, &b);
    begin = duo_seconds();
    do {
        for (int i = 0; i < 16; i++) {
            borrow ? send_borrowed(&d, a) : send_plain(&d, a);
            duo_carry(&d, 0);
            total += borrow ? receive_borrowed(&d, b) : receive_plain(&d, b);
            duo_carry(&d, 1);
            drain_events(&d);
            d.now.ns += 10000;
            sf_stack_tick(d.stack[0], d.now);
            sf_stack_tick(d.stack[1], d.now);
        }
        end = duo_seconds();
    } while (segments != 0 ? total < segments * 1460 : end - begin < seconds);
    duo_close(&d);
    return 8e-9 * (double)total / (end - begin);
}

enum { PORTS = 50000, PORT_FIRST = 1024, SHORT_NS = 40000 };

/* The nth four-tuple: ports of ours, and addresses of ours when those are used up. */
static struct sf_open nth_open(struct duo *d, uint32_t n)
{
    struct sf_open open = {.remote = {.addr = duo_addr(SF_IPV4, 1), .port = PORT}};

    open.local.addr = sf_addr_v4(10, 1, (uint8_t)(n / PORTS), 1);
    open.local.port = (uint16_t)(PORT_FIRST + n % PORTS);
    if (n % PORTS == 0) {
        (void)!sf_stack_add_address(d->stack[0], &open.local.addr, 8);
    }
    return open;
}

static void open_nth(struct duo *d, struct sf_handle listener, uint32_t n, struct sf_handle *a,
                     struct sf_handle *b)
{
    struct sf_open open = nth_open(d, n);
    enum sf_err err = sf_open(d->stack[0], &open, a, d->now);

    if (err == SF_OK) {
        duo_settle(d);
        err = sf_accept(d->stack[1], listener, b, d->now);
    }
    if (err != SF_OK) {
        duo_fail("open", err);
    }
}

/* Open, one octet each way, close; the client closes first, so that TIME-WAIT is its. */
static void one_short(struct duo *d, struct sf_handle listener, uint32_t nth)
{
    struct sf_handle a;
    struct sf_handle b;
    uint8_t octet[8];
    size_t n = 0;

    open_nth(d, listener, nth, &a, &b);
    (void)!sf_send(d->stack[0], a, text, 1, 0, &n, d->now);
    duo_settle(d);
    (void)!sf_recv(d->stack[1], b, octet, 8, &n, d->now);
    (void)!sf_send(d->stack[1], b, text, 1, 0, &n, d->now);
    duo_settle(d);
    (void)!sf_recv(d->stack[0], a, octet, 8, &n, d->now);
    sf_close(d->stack[0], a, d->now);
    duo_settle(d);
    sf_close(d->stack[1], b, d->now);
    duo_settle(d);
    drain_events(d);
}

static void many_config(struct sf_config *config, uint32_t connections, uint32_t time_waits)
{
    duo_config(config);
    config->max_connections = connections + 1024;
    config->max_working = connections / 4 + 1024;
    config->max_time_waits = time_waits;
    config->max_embryos = 4096;
    config->max_sent = 1U << 18;
    config->max_chunks = 1U << 18;
    config->port_low = 1024;
    config->port_high = 65535;
    config->keepalive_idle.ns = 7200ULL * 1000000000;
}

static void many_open(struct duo *d, struct sf_handle listener, uint32_t n, struct sf_handle *a,
                      struct sf_handle *b)
{
    for (uint32_t i = 0; i < n; i++) {
        open_nth(d, listener, i, &a[i], &b[i]);
        if (i % 1024 == 0) {
            drain_events(d);
            duo_pass(d, 1000000);
        }
    }
    drain_events(d);
    duo_pass(d, 2000000000);
}

/* Short connections, one after another, at such a pace of the engine's clock that time_waits
 * records of TIME-WAIT are present all the time, beside so many idle connections. */
static double connections(uint32_t idle, uint32_t time_waits, double seconds, uint64_t count)
{
    struct sf_handle *a = calloc(idle + 1U, sizeof(*a));
    struct sf_handle *b = calloc(idle + 1U, sizeof(*b));
    uint32_t tuples = time_waits + time_waits / 8 + 64;
    struct sf_config config;
    struct sf_handle listener;
    struct duo d;
    double begin = 0;
    double end = 0;
    uint64_t n = 0;

    many_config(&config, idle, tuples);
    config.max_addresses = 64;
    config.msl.ns = (uint64_t)time_waits * SHORT_NS / 2;
    duo_open(&d, &config, SF_IPV4);
    listener = must_listen(&d);
    many_open(&d, listener, idle, a, b);
    for (uint32_t i = 0; i < time_waits; i++) {
        one_short(&d, listener, idle + i);
        d.now.ns += SHORT_NS;
        sf_stack_tick(d.stack[0], d.now);
        sf_stack_tick(d.stack[1], d.now);
    }
    begin = duo_seconds();
    do {
        for (int i = 0; i < 64; i++, n++) {
            one_short(&d, listener, idle + (time_waits + (uint32_t)n) % tuples);
            d.now.ns += SHORT_NS;
            sf_stack_tick(d.stack[0], d.now);
            sf_stack_tick(d.stack[1], d.now);
        }
        end = duo_seconds();
    } while (count != 0 ? n < count : end - begin < seconds);
    duo_close(&d);
    free(a);
    free(b);
    return 1e-3 * (double)n / (end - begin);
}

static uint32_t mix(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x45d9f3bU;
    x = (x ^ (x >> 16)) * 0x45d9f3bU;
    return x ^ (x >> 16);
}

/* One octet there and back on the kth connection. */
static void one_round(struct duo *d, struct sf_handle a, struct sf_handle b)
{
    uint8_t octet[8];
    size_t m = 0;

    (void)!sf_send(d->stack[0], a, text, 1, 0, &m, d->now);
    duo_carry(d, 0);
    (void)!sf_recv(d->stack[1], b, octet, 8, &m, d->now);
    (void)!sf_send(d->stack[1], b, text, 1, 0, &m, d->now);
    duo_carry(d, 1);
    (void)!sf_recv(d->stack[0], a, octet, 8, &m, d->now);
    d->now.ns += 10000;
    sf_stack_tick(d->stack[0], d->now);
    sf_stack_tick(d->stack[1], d->now);
}

/* Rounds on random ones of n connections.  The first 100 ms of the engine's clock do not
 * count: until then delayed acknowledgements are outstanding on ever more of them. */
static double rtt(uint32_t n, double seconds, uint64_t count)
{
    struct sf_handle *a = calloc(n, sizeof(*a));
    struct sf_handle *b = calloc(n, sizeof(*b));
    struct sf_config config;
    struct duo d;
    double begin = 0;
    double end = 0;
    uint64_t rounds = 0;

    many_config(&config, n, 4096);
    config.max_addresses = 64;
    duo_open(&d, &config, SF_IPV4);
    many_open(&d, must_listen(&d), n, a, b);
    for (uint32_t i = 0; i < 10000; i++) {
        one_round(&d, a[mix(i) % n], b[mix(i) % n]);
        drain_events(&d);
        duo_settle(&d);
    }
    begin = duo_seconds();
    do {
        for (int i = 0; i < 64; i++, rounds++) {
            uint32_t k = mix((uint32_t)rounds) % n;

            one_round(&d, a[k], b[k]);
        }
        drain_events(&d);
        duo_settle(&d);
        end = duo_seconds();
    } while (count != 0 ? rounds < count : end - begin < seconds);
    duo_close(&d);
    free(a);
    free(b);
    return 1e6 * (end - begin) / (double)rounds;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    double result = 0;

    memset(text, 1, sizeof(text));
    if (strcmp(what, "bulk") == 0 && argc == 5) {
        result = bulk((uint32_t)atol(argv[2]), argv[3], atof(argv[4]), 0);
    } else if (strcmp(what, "connections") == 0 && argc == 5) {
        result =
            connections((uint32_t)atol(argv[2]), (uint32_t)atol(argv[3]), atof(argv[4]), 0);
    } else if (strcmp(what, "rtt") == 0 && argc == 4) {
        result = rtt((uint32_t)atol(argv[2]), atof(argv[3]), 0);
    } else if (strcmp(what, "segments") == 0 && argc == 4 && strcmp(argv[2], "bulk") == 0) {
        result = bulk(1U << 20, "plain", 0, (uint64_t)atol(argv[3]));
    } else if (strcmp(what, "segments") == 0 && argc == 4 && strcmp(argv[2], "short") == 0) {
        result = connections(0, 1024, 0, (uint64_t)atol(argv[3]));
    } else if (strcmp(what, "segments") == 0 && argc == 4 && strcmp(argv[2], "rtt") == 0) {
        result = rtt(1, 0, (uint64_t)atol(argv[3]));
    } else {
        fprintf(stderr,
                "bench-engine: bulk, connections, rtt or segments; see bench/engine.c\n");
        return 2;
    }
    printf("%.4f\n", result);
    return 0;
}
