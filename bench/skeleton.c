/* SPDX-License-Identifier: MIT
 *
 * bench/skeleton.c - what two ends in one process cost without any protocol: the ceiling of
 * bench/engine.c on this machine.
 *
 *   bench-skeleton COPIES SECONDS    Gbit/s, at 2, 3 or 4 copies
 *   bench-skeleton memcpy SECONDS    Gbit/s of a plain copy of 16 KiB
 *
 * Each segment of 1,460 octets has its header built, read and looked up, and is summed on
 * both sides, in the same pass as a copy where there is one:
 *
 *   application -3-> send buffer -2-> frame -2-> (4: receive buffer -4->) application
 *
 * Every second segment is acknowledged.  Nothing is lost, so nothing is kept for that.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "measure.h"
#include "synfin/loop.h"
#include "wire/checksum.h"

enum {
    SEGMENT = 1460,
    HEAD = 40, /* IPv4 and TCP */
    WINDOW = 65536,
    FRAMES = 1024,
    FRAME = 2048,
    TABLE = 4096,
    TCP = 6,
};

/* One end. */
struct end {
    uint8_t local[4], remote[4];
    uint16_t lport, rport;
    uint32_t una, nxt, rcv;
    struct end *next; /* in its bucket */
};

struct skeleton {
    uint8_t frames[FRAMES][FRAME]; /* the wire */
    uint32_t octets[FRAMES];
    uint32_t head, tail;
    struct end *table[TABLE];
    uint8_t from[SEGMENT], to[SEGMENT]; /* the application's */
    uint8_t sndbuf[2 * WINDOW], rcvbuf[2 * WINDOW];
    uint32_t snd_at, rcv_at;
    enum sf_sum_level level;
    int copies;
    uint64_t total;
};

static uint32_t bucket_of(const uint8_t *a, const uint8_t *b, uint32_t ports)
{
    uint64_t x = ((uint64_t)sf_get32(a) << 32 | sf_get32(b)) ^ (uint64_t)ports << 16;

    return (uint32_t)((x * UINT64_C(0x9e3779b97f4a7c15)) >> 52) % TABLE;
}

static void enter(struct skeleton *s, struct end *end)
{
    uint32_t ports = (uint32_t)end->rport << 16 | end->lport;
    struct end **bucket = &s->table[bucket_of(end->remote, end->local, ports)];

    end->next = *bucket;
    *bucket = end;
}

/* Put one segment on the wire. */
static void emit(struct skeleton *s, struct end *end, const uint8_t *text, uint32_t octets)
{
    uint8_t *f = s->frames[s->head % FRAMES];
    uint32_t sum = sf_sum_pseudo(SF_IPV4, end->local, end->remote, TCP, 20 + octets);

    memcpy(f, "\x45\0\0\0\0\0\x40\0\x40\x06\0\0", 12);
    sf_put16(f + 2, (uint16_t)(HEAD + octets));
    memcpy(f + 12, end->local, 4);
    memcpy(f + 16, end->remote, 4);
    sf_put16(f + 10, sf_sum_end(sf_sum(f, 20, 0)));
    sf_put16(f + 20, end->lport);
    sf_put16(f + 22, end->rport);
    sf_put32(f + 24, end->nxt);
    sf_put32(f + 28, end->rcv);
    memcpy(f + 32, "\x50\x10\x80\0\0\0\0\0", 8);
    sum = sf_sum(f + 20, 20, sum);
    sum = sf_sum_copy_with(s->level, f + HEAD, text, octets, sum);
    sf_put16(f + 36, sf_sum_end(sum));
    s->octets[s->head % FRAMES] = HEAD + octets;
    s->head++;
    end->nxt += octets;
}

/* Take one segment off the wire; its text goes to `to`.  Returns whose it is. */
static struct end *take(struct skeleton *s, uint8_t *to, uint32_t *octets)
{
    const uint8_t *f = s->frames[s->tail % FRAMES];
    uint32_t n = s->octets[s->tail % FRAMES] - HEAD;
    uint32_t sum = sf_sum_pseudo(SF_IPV4, f + 12, f + 16, TCP, 20 + n);
    struct end *end = s->table[bucket_of(f + 12, f + 16, sf_get32(f + 20))];

    s->tail++;
    while (end != NULL &&
           (memcmp(end->remote, f + 12, 4) != 0 || memcmp(end->local, f + 16, 4) != 0 ||
            end->rport != sf_get16(f + 20) || end->lport != sf_get16(f + 22))) {
        end = end->next;
    }
    sum = sf_sum(f + 20, 20, sum);
    sum = sf_sum_copy_with(s->level, to, f + HEAD, n, sum);
    if (end == NULL || f[0] != 0x45 || sf_sum_end(sf_sum(f, 20, 0)) != 0 ||
        sf_sum_end(sum) != 0 || sf_get32(f + 24) != end->rcv) {
        abort();
    }
    end->rcv += n;
    end->una = sf_get32(f + 28);
    *octets = n;
    return end;
}

static void send_window(struct skeleton *s, struct end *a)
{
    while (a->nxt - a->una + SEGMENT <= WINDOW) {
        const uint8_t *text = s->from;

        if (s->copies >= 3) {
            memcpy(s->sndbuf + s->snd_at, text, SEGMENT);
            text = s->sndbuf + s->snd_at;
            s->snd_at = s->snd_at + SEGMENT > WINDOW ? 0 : s->snd_at + SEGMENT;
        }
        emit(s, a, text, SEGMENT);
    }
}

/* All that is on the wire arrives; b acknowledges every second segment, and the last. */
static void receive_all(struct skeleton *s, struct end *b)
{
    uint32_t unacked = 0;

    while (s->tail != s->head) {
        uint8_t *to = s->copies >= 4 ? s->rcvbuf + s->rcv_at : s->to;
        uint32_t n = 0;

        if (take(s, to, &n) != b) {
            continue;
        }
        if (s->copies >= 4) {
            memcpy(s->to, to, n);
            s->rcv_at = s->rcv_at + SEGMENT > WINDOW ? 0 : s->rcv_at + SEGMENT;
        }
        s->total += n;
        unacked++;
        if (unacked == 2) {
            unacked = 0;
            emit(s, b, s->from, 0);
        }
    }
    if (unacked != 0) {
        uint32_t n = 0;

        emit(s, b, s->from, 0);
        (void)take(s, s->to, &n);
    }
}

static double skeleton(int copies, double seconds)
{
    struct skeleton *s = calloc(1, sizeof(*s));
    struct end a = {{10, 0, 0, 1}, {10, 0, 0, 2}, 1, 2, 0, 0, 0, NULL};
    struct end b = {{10, 0, 0, 2}, {10, 0, 0, 1}, 2, 1, 0, 0, 0, NULL};
    struct sf_config config;
    struct sf_link link = {.mtu = 1500};
    double begin = measure_used();
    double end = begin;
    double result = 0;

    if (s == NULL) {
        measure_fail("memory");
    }
    sf_config_from_link(&config, &link);
    s->level = (enum sf_sum_level)config.cpu;
    s->copies = copies;
    enter(s, &a);
    enter(s, &b);
    while (end - begin < seconds) {
        for (int i = 0; i < 16; i++) {
            send_window(s, &a);
            receive_all(s, &b);
        }
        end = measure_used();
    }
    result = 8e-9 * (double)s->total / (end - begin);
    free(s);
    return result;
}

static double plain_copy(double seconds)
{
    static uint8_t from[16384];
    static uint8_t to[16384];
    double begin = measure_used();
    double end = begin;
    uint64_t total = 0;

    while (end - begin < seconds) {
        for (int i = 0; i < 1024; i++) {
            memcpy(to, from, sizeof(to));
            __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
            total += sizeof(to);
        }
        end = measure_used();
    }
    return 8e-9 * (double)total / (end - begin);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "bench-skeleton: 2, 3, 4 or memcpy, and seconds\n");
        return 2;
    }
    measure_pin();
    if (strcmp(argv[1], "memcpy") == 0) {
        (void)printf("%.4f\n", plain_copy(measure_number(argv[2])));
        return 0;
    }
    (void)printf("%.4f\n", skeleton((int)measure_number(argv[1]), measure_number(argv[2])));
    return 0;
}
