/* SPDX-License-Identifier: MIT
 *
 * bench/duo.c - two stacks in one process.
 */
#include "duo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "synfin/link.h"
#include "synfin/loop.h"

double duo_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

_Noreturn void duo_fail(const char *what, enum sf_err err)
{
    fprintf(stderr, "bench: %s: %s\n", what, sf_err_text(err));
    exit(1);
}

void duo_config(struct sf_config *config)
{
    struct sf_link link = {.mtu = 1500};

    sf_config_default(config);
    memset(config->seed, 1, sizeof(config->seed));
    sf_config_from_link(config, &link);
}

struct sf_addr duo_addr(enum sf_family family, int end)
{
    struct sf_addr addr = sf_addr_v4(10, 0, 0, (uint8_t)(1 + end));

    if (family == SF_IPV6) {
        addr = (struct sf_addr){.octets = {0xfd, 9}, .family = SF_IPV6};
        addr.octets[15] = (uint8_t)(1 + end);
    }
    return addr;
}

void duo_open(struct duo *d, const struct sf_config *config, enum sf_family family)
{
    *d = (struct duo){.now = {1000000000}, .room_frame = 128 + 65536};
    d->room = malloc((size_t)DUO_BATCH * d->room_frame);
    for (int i = 0; i < 2; i++) {
        struct sf_addr addr = duo_addr(family, i);
        enum sf_err err = SF_OK;

        d->octets[i] = sf_stack_octets(config);
        d->memory[i] = mmap(NULL, d->octets[i], PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (d->octets[i] == 0 || d->memory[i] == MAP_FAILED || d->room == NULL) {
            duo_fail("memory", SF_ERR_NO_MEMORY);
        }
        err = sf_stack_init(d->memory[i], config, d->now, &d->stack[i]);
        if (err == SF_OK) {
            err = sf_stack_add_address(d->stack[i], &addr, family == SF_IPV4 ? 8 : 64);
        }
        if (err != SF_OK) {
            duo_fail("stack", err);
        }
    }
}

void duo_close(struct duo *d)
{
    munmap(d->memory[0], d->octets[0]);
    munmap(d->memory[1], d->octets[1]);
    free(d->room);
}

/* As a wire would: one run of octets, of which the other end owns a copy. */
static void copy_frame(struct duo *d, size_t slot, const struct sf_frame *from,
                       struct sf_frame *to)
{
    uint8_t *at = d->room + slot * d->room_frame;
    uint32_t octets = from->head_octets;

    memcpy(at, from->head, octets);
    for (uint32_t i = 0; i < from->n_pieces; i++) {
        memcpy(at + octets, from->pieces[i].data, from->pieces[i].octets);
        octets += from->pieces[i].octets;
    }
    to->octets = octets;
    to->head_octets = 0;
    to->gso_octets = from->gso_octets;
    to->csum = from->csum;
    to->csum_start = from->csum_start;
    to->csum_offset = from->csum_offset;
    to->n_pieces = 1;
    to->pieces[0] = (struct sf_piece){at, octets};
}

bool duo_carry(struct duo *d, int from)
{
    static struct sf_frame out[DUO_BATCH];
    static struct sf_frame in[DUO_BATCH];
    size_t n = sf_stack_tx(d->stack[from], out, DUO_BATCH, d->now);

    if (n == 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        copy_frame(d, i, &out[i], &in[i]);
    }
    sf_stack_tx_done(d->stack[from], out, n);
    sf_stack_rx(d->stack[1 - from], in, n, d->now);
    d->frames += n;
    return true;
}

void duo_settle(struct duo *d)
{
    bool any = true;

    while (any) {
        any = duo_carry(d, 0);
        any = duo_carry(d, 1) || any;
    }
}

void duo_pass(struct duo *d, uint64_t ns)
{
    uint64_t until = d->now.ns + ns;

    for (;;) {
        sf_time a = sf_stack_deadline(d->stack[0]);
        sf_time b = sf_stack_deadline(d->stack[1]);
        uint64_t due = a.ns < b.ns ? a.ns : b.ns;

        if (due > until) {
            break;
        }
        d->now.ns = due > d->now.ns ? due : d->now.ns;
        sf_stack_tick(d->stack[0], d->now);
        sf_stack_tick(d->stack[1], d->now);
        duo_settle(d);
    }
    d->now.ns = until;
}
