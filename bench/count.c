/* SPDX-License-Identifier: MIT
 *
 * bench/count.c - a known number of things of one kind, for callgrind to count instructions.
 *
 *   bench-count sent|received|ack_sent|ack_received|short|round COUNT
 *
 * prints how many there were.  With --toggle-collect=counted_* callgrind counts inside the
 * functions of that name alone: what one end spends on one kind of segment, and nothing of
 * what the other does, or the copy between them.  The difference of two runs with different
 * COUNT leaves out what happens once.
 */
#include <stdio.h>
#include <string.h>

#include "duo.h"
#include "measure.h"

#define APART __attribute__((noinline))

/* What is in the air from an end. */
struct air {
    struct sf_frame frames[DUO_BATCH];
    size_t n;
};

struct talk {
    struct duo duo;
    struct sf_handle listener;
    struct sf_handle a, b;
    struct air air;
    uint64_t done;
};

static uint8_t text[65536];

/* Segments of 1,460 octets leave: SEND, header, checksum. */
APART static void counted_sent(struct talk *t)
{
    size_t taken = 0;

    while (sf_send(t->duo.stack[0], t->a, text, sizeof(text), 0, &taken, t->duo.now) == SF_OK) {
    }
    t->air.n = duo_take(&t->duo, 0, t->air.frames);
}

/* They arrive: checksum, header, RECEIVE. */
APART static void counted_received(struct talk *t)
{
    static uint8_t into[65536];
    size_t got = 0;

    if (t->air.n != 0) {
        sf_stack_rx(t->duo.stack[1], t->air.frames, t->air.n, t->duo.now);
    }
    while (sf_recv(t->duo.stack[1], t->b, into, sizeof(into), &got, t->duo.now) == SF_OK) {
    }
}

APART static void counted_ack_sent(struct talk *t)
{
    t->air.n = duo_take(&t->duo, 1, t->air.frames);
}

APART static void counted_ack_received(struct talk *t)
{
    if (t->air.n != 0) {
        sf_stack_rx(t->duo.stack[0], t->air.frames, t->air.n, t->duo.now);
    }
}

APART static void counted_short(struct talk *t)
{
    duo_short(&t->duo, t->listener, (uint32_t)(t->done % 50000));
    duo_tick(&t->duo, 40000);
}

APART static void counted_round(struct talk *t)
{
    duo_octet(&t->duo, 0, t->a, t->b);
    duo_octet(&t->duo, 1, t->b, t->a);
    duo_tick(&t->duo, 10000);
}

/* One burst: as much as a window takes, and what it is answered with. */
static void burst(struct talk *t, bool acks)
{
    counted_sent(t);
    t->done += acks ? 0 : t->air.n;
    counted_received(t);
    counted_ack_sent(t);
    t->done += acks ? t->air.n : 0;
    counted_ack_received(t);
    duo_events(&t->duo);
    duo_tick(&t->duo, 10000);
}

static void segments(struct talk *t)
{
    burst(t, false);
}

static void acks(struct talk *t)
{
    burst(t, true);
}

static void shorts(struct talk *t)
{
    counted_short(t);
    t->done++;
}

static void rounds(struct talk *t)
{
    counted_round(t);
    t->done++;
    duo_events(&t->duo);
}

static const struct kind {
    const char *name;
    void (*step)(struct talk *t);
} kinds[] = {
    {"sent", segments},     {"received", segments}, {"ack_sent", acks},
    {"ack_received", acks}, {"short", shorts},      {"round", rounds},
};

static uint64_t run(const struct kind *kind, uint64_t count)
{
    static struct talk t;
    struct sf_config config;

    duo_config_many(&config, 1024, 1024);
    config.rcvbuf_octets = 65535;
    config.sndbuf_octets = 2 * 65535;
    config.timestamps = 0;
    config.msl.ns = 1000000;
    duo_open(&t.duo, &config, SF_IPV4);
    t.listener = duo_listen(&t.duo);
    if (kind->step != shorts) {
        duo_connect(&t.duo, t.listener, 0, &t.a, &t.b);
    }
    while (t.done < count) {
        kind->step(&t);
    }
    duo_close(&t.duo);
    return t.done;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(argv[1], kinds[i].name) == 0) {
            uint64_t done = run(&kinds[i], (uint64_t)measure_number(argv[2]));

            (void)printf("%llu\n", (unsigned long long)done);
            return 0;
        }
    }
    (void)fprintf(stderr, "bench-count: see bench/count.c\n");
    return 2;
}
