/* SPDX-License-Identifier: MIT
 *
 * bench/engine.c - the engine by itself, both ends on one core: one figure a run.
 *
 *   bench-engine bulk WINDOW plain|borrow|trace SECONDS    Gbit/s
 *   bench-engine connections IDLE TIMEWAITS SECONDS        thousands a second
 *   bench-engine rtt CONNECTIONS SECONDS                   microseconds
 *
 * Time is processor time.  memory.c and count.c have what does not depend on time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duo.h"
#include "measure.h"

enum { CHUNK = 65536, SHORT_NS = 40000, LEAST = 1024 };

static uint8_t text[CHUNK];

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

/* 1,460 octets in a segment, as the peers are measured: no timestamps. */
static double bulk(uint32_t window, const char *how, double seconds)
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
    config.timestamps = 0;
    duo_open(&d, &config, SF_IPV4);
    if (strcmp(how, "trace") == 0) {
        sf_stack_trace(d.stack[0], &ring);
        sf_stack_trace(d.stack[1], &ring);
    }
    duo_connect(&d, duo_listen(&d), 0, &a, &b);
    begin = measure_used();
    do {
        for (int i = 0; i < 16; i++) {
            borrow ? send_borrowed(&d, a) : send_plain(&d, a);
            (void)duo_carry(&d, 0);
            total += borrow ? receive_borrowed(&d, b) : receive_plain(&d, b);
            (void)duo_carry(&d, 1);
            duo_events(&d);
            duo_tick(&d, 10000);
        }
        end = measure_used();
    } while (end - begin < seconds);
    duo_close(&d);
    return 8e-9 * (double)total / (end - begin);
}

static void open_many(struct duo *d, struct sf_handle listener, uint32_t n, struct sf_handle *a,
                      struct sf_handle *b)
{
    for (uint32_t i = 0; i < n; i++) {
        duo_connect(d, listener, i, &a[i], &b[i]);
        if (i % 1024 == 0) {
            duo_events(d);
            duo_pass(d, 1000000);
        }
    }
    duo_events(d);
    duo_pass(d, 2000000000);
}

/* Short connections, one after another, at such a pace of the engine's clock that time_waits
 * records of TIME-WAIT (some at least) are present all the time, beside so many idle
 * connections. */
static double connections(uint32_t idle, uint32_t time_waits, double seconds)
{
    struct sf_handle *a = calloc(idle + 1U, sizeof(*a));
    struct sf_handle *b = calloc(idle + 1U, sizeof(*b));
    uint32_t tuples = 0;
    struct sf_config config;
    struct sf_handle listener;
    struct duo d;
    double begin = 0;
    double end = 0;
    uint32_t n = 0;

    time_waits = time_waits > LEAST ? time_waits : LEAST;
    tuples = time_waits + time_waits / 8;
    duo_config_many(&config, idle, tuples);
    config.msl.ns = (uint64_t)time_waits * SHORT_NS / 2;
    duo_open(&d, &config, SF_IPV4);
    listener = duo_listen(&d);
    open_many(&d, listener, idle, a, b);
    for (; n < time_waits; n++) {
        duo_short(&d, listener, idle + n);
        duo_tick(&d, SHORT_NS);
    }
    begin = measure_used();
    do {
        for (int i = 0; i < 64; i++, n++) {
            duo_short(&d, listener, idle + n % tuples);
            duo_tick(&d, SHORT_NS);
        }
        end = measure_used();
    } while (end - begin < seconds);
    duo_close(&d);
    free(a);
    free(b);
    return 1e-3 * (double)(n - time_waits) / (end - begin);
}

static uint32_t mix(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x45d9f3bU;
    x = (x ^ (x >> 16)) * 0x45d9f3bU;
    return x ^ (x >> 16);
}

/* One octet there and back on a connection. */
static void one_round(struct duo *d, struct sf_handle a, struct sf_handle b)
{
    duo_octet(d, 0, a, b);
    duo_octet(d, 1, b, a);
    duo_tick(d, 10000);
}

/* Rounds on random ones of n connections.  The first 100 ms of the engine's clock do not
 * count: until then delayed acknowledgements are outstanding on ever more of them. */
static double rtt(uint32_t n, double seconds)
{
    struct sf_handle *a = calloc(n, sizeof(*a));
    struct sf_handle *b = calloc(n, sizeof(*b));
    struct sf_config config;
    struct duo d;
    double begin = 0;
    double end = 0;
    uint32_t rounds = 0;

    duo_config_many(&config, n, 4096);
    duo_open(&d, &config, SF_IPV4);
    open_many(&d, duo_listen(&d), n, a, b);
    for (uint32_t i = 0; i < 10000; i++) {
        one_round(&d, a[mix(i) % n], b[mix(i) % n]);
        duo_events(&d);
        duo_settle(&d);
    }
    begin = measure_used();
    do {
        for (int i = 0; i < 64; i++, rounds++) {
            uint32_t k = mix(rounds) % n;

            one_round(&d, a[k], b[k]);
        }
        duo_events(&d);
        duo_settle(&d);
        end = measure_used();
    } while (end - begin < seconds);
    duo_close(&d);
    free(a);
    free(b);
    return 1e6 * (end - begin) / (double)rounds;
}

static uint32_t count_of(const char *word)
{
    return (uint32_t)measure_number(word);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    double result = 0;

    measure_pin();
    memset(text, 1, sizeof(text));
    if (strcmp(what, "bulk") == 0 && argc == 5) {
        result = bulk(count_of(argv[2]), argv[3], measure_number(argv[4]));
    } else if (strcmp(what, "connections") == 0 && argc == 5) {
        result = connections(count_of(argv[2]), count_of(argv[3]), measure_number(argv[4]));
    } else if (strcmp(what, "rtt") == 0 && argc == 4) {
        result = rtt(count_of(argv[2]), measure_number(argv[3]));
    } else {
        (void)fprintf(stderr, "bench-engine: bulk, connections or rtt; see bench/engine.c\n");
        return 2;
    }
    (void)printf("%.4f\n", result);
    return 0;
}
