/* SPDX-License-Identifier: MIT
 *
 * bench/memory.c - octets for a connection in each phase of its life.
 *
 *   bench-memory idle|syn|time_wait|working FAMILY COUNT    octets
 *
 * What is counted is how much of the stack's memory COUNT records have touched, divided by
 * COUNT: the record, its place in the hash table, and links.  A table that was sized for more
 * is untouched where it is unused, but spread; so the limit is COUNT, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "duo.h"
#include "measure.h"

/* Octets of a stack's memory that are there. */
static size_t touched(const struct duo *d, int end)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t pages = (d->octets[end] + page - 1) / page;
    unsigned char *there = malloc(pages);
    size_t n = 0;

    if (there == NULL || mincore(d->memory[end], d->octets[end], there) != 0) {
        measure_fail("mincore");
    }
    for (size_t i = 0; i < pages; i++) {
        n += there[i] & 1;
    }
    free(there);
    return n * page;
}

/* Open and quiet, at the server.  The delayed acknowledgements have left long ago. */
static void idle(struct duo *d, uint32_t count)
{
    struct sf_handle listener = duo_listen(d);
    struct sf_handle a;
    struct sf_handle b;

    for (uint32_t i = 0; i < count; i++) {
        duo_connect(d, listener, i, &a, &b);
        if (i % 1024 == 0) {
            duo_events(d);
            duo_pass(d, 1000000);
        }
    }
    duo_events(d);
    duo_pass(d, 2000000000);
}

/* SYN-RECEIVED, at the server: its SYN,ACK is lost, and the client has given up. */
static void syn(struct duo *d, uint32_t count)
{
    static struct sf_frame lost[DUO_BATCH];

    (void)duo_listen(d);
    for (uint32_t i = 0; i < count; i++) {
        struct sf_handle a = duo_begin(d, i);

        (void)duo_carry(d, 0);
        (void)duo_take(d, 1, lost);
        (void)sf_abort(d->stack[0], a, d->now);
        while (duo_take(d, 0, lost) != 0) {
        }
    }
}

/* TIME-WAIT, at the client, which closed first. */
static void time_wait(struct duo *d, uint32_t count)
{
    struct sf_handle listener = duo_listen(d);

    for (uint32_t i = 0; i < count; i++) {
        duo_short(d, listener, i);
    }
}

/* One octet on its way from each client, not acknowledged. */
static void working(struct duo *d, uint32_t count)
{
    static struct sf_frame lost[DUO_BATCH];
    struct sf_handle listener = duo_listen(d);
    struct sf_handle a;
    struct sf_handle b;
    size_t n = 0;

    for (uint32_t i = 0; i < count; i++) {
        duo_connect(d, listener, i, &a, &b);
        if (sf_send(d->stack[0], a, "a", 1, 0, &n, d->now) != SF_OK) {
            duo_fail("send", SF_ERR_NO_MEMORY);
        }
        (void)duo_take(d, 0, lost);
        duo_events(d);
    }
}

static const struct phase {
    const char *name;
    void (*fill)(struct duo *d, uint32_t count);
    int end; /* whose memory counts */
} phases[] = {
    {"idle", idle, 1},
    {"syn", syn, 1},
    {"time_wait", time_wait, 0},
    {"working", working, 0},
};

static double octets_of(const struct phase *phase, enum sf_family family, uint32_t count)
{
    bool is_time_wait = phase->fill == time_wait;
    struct sf_config config;
    struct duo d;
    size_t before = 0;
    size_t after = 0;

    duo_config_many(&config, is_time_wait ? 1024 : count, is_time_wait ? count : 64);
    config.max_embryos = phase->fill == syn ? count : 64;
    if (phase->fill == working) {
        config.max_chunks = count + count / 4 + 64; /* an eighth is kept for receiving */
        config.max_sent = count + 64;
    }
    duo_open(&d, &config, family);
    /* Small pages, for the sake of counting them. */
    (void)madvise(d.memory[phase->end], d.octets[phase->end], MADV_NOHUGEPAGE);
    before = touched(&d, phase->end);
    phase->fill(&d, count);
    after = touched(&d, phase->end);
    duo_close(&d);
    return (double)(after - before) / count;
}

int main(int argc, char **argv)
{
    enum sf_family family = SF_IPV4;
    uint32_t count = 0;

    if (argc == 4) {
        family = measure_number(argv[2]) < 6 ? SF_IPV4 : SF_IPV6;
        count = (uint32_t)measure_number(argv[3]);
    }
    for (size_t i = 0; count != 0 && i < sizeof(phases) / sizeof(phases[0]); i++) {
        if (strcmp(argv[1], phases[i].name) == 0) {
            (void)printf("%.1f\n", octets_of(&phases[i], family, count));
            return 0;
        }
    }
    (void)fprintf(stderr, "bench-memory: idle, syn, time_wait or working, 4 or 6, how many\n");
    return 2;
}
