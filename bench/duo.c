/* SPDX-License-Identifier: MIT
 *
 * bench/duo.c - two stacks in one process.
 */
#include "duo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/memory.h"
#include "synfin/link.h"
#include "synfin/loop.h"

/* Of each address of the client's; the kernel's habit of few ephemeral ports is not ours. */
enum { PORTS = 50000, PORT_FIRST = 1024 };

_Noreturn void duo_fail(const char *what, enum sf_err err)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, sf_err_text(err));
    exit(1);
}

static void must(const char *what, enum sf_err err)
{
    if (err != SF_OK) {
        duo_fail(what, err);
    }
}

void duo_config(struct sf_config *config)
{
    struct sf_link link = {.mtu = 1500};

    sf_config_default(config);
    memset(config->seed, 1, sizeof(config->seed));
    sf_config_from_link(config, &link);
}

void duo_config_many(struct sf_config *config, uint32_t connections, uint32_t time_waits)
{
    duo_config(config);
    config->max_connections = connections + 1024;
    config->max_time_waits = time_waits;
    config->max_embryos = 4096;
    config->max_sent = 1U << 18;
    config->max_chunks = 1U << 18;
    config->max_addresses = 64;
    config->port_low = 1024;
    config->port_high = 65535;
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
    *d = (struct duo){.now = {1000000000}, .room_frame = 128 + 65536, .family = family};
    d->room = malloc((size_t)DUO_BATCH * d->room_frame);
    for (int i = 0; i < 2; i++) {
        struct sf_addr addr = duo_addr(family, i);

        d->octets[i] = sf_stack_octets(config);
        d->memory[i] = d->octets[i] == 0 ? NULL : sf_memory_map(d->octets[i]);
        if (d->memory[i] == NULL || d->room == NULL) {
            duo_fail("memory", SF_ERR_NO_MEMORY);
        }
        must("stack", sf_stack_init(d->memory[i], config, d->now, &d->stack[i]));
        must("address", sf_stack_add_address(d->stack[i], &addr, family == SF_IPV4 ? 8 : 64));
    }
}

void duo_close(struct duo *d)
{
    sf_memory_unmap(d->memory[0], d->octets[0]);
    sf_memory_unmap(d->memory[1], d->octets[1]);
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

size_t duo_take(struct duo *d, int from, struct sf_frame in[DUO_BATCH])
{
    static struct sf_frame out[DUO_BATCH];
    size_t n = sf_stack_tx(d->stack[from], out, DUO_BATCH, d->now);

    for (size_t i = 0; i < n; i++) {
        copy_frame(d, i, &out[i], &in[i]);
    }
    sf_stack_tx_done(d->stack[from], out, n);
    return n;
}

bool duo_carry(struct duo *d, int from)
{
    static struct sf_frame in[DUO_BATCH];
    size_t n = duo_take(d, from, in);

    if (n != 0) {
        sf_stack_rx(d->stack[1 - from], in, n, d->now);
    }
    return n != 0;
}

void duo_settle(struct duo *d)
{
    bool any = true;

    while (any) {
        any = duo_carry(d, 0);
        any = duo_carry(d, 1) || any;
    }
}

void duo_tick(struct duo *d, uint64_t ns)
{
    d->now.ns += ns;
    sf_stack_tick(d->stack[0], d->now);
    sf_stack_tick(d->stack[1], d->now);
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
        duo_tick(d, due > d->now.ns ? due - d->now.ns : 0);
        duo_settle(d);
    }
    d->now.ns = until;
}

void duo_events(struct duo *d)
{
    struct sf_ready_event events[64];

    for (int end = 0; end < 2; end++) {
        while (sf_stack_events(d->stack[end], events, 64) != 0) {
        }
    }
}

struct sf_handle duo_listen(struct duo *d)
{
    struct sf_listen listen = {
        .local = {.port = DUO_PORT}, .syn_queue = 1U << 20, .accept_queue = 1U << 20};
    struct sf_handle handle;

    must("listen", sf_listen(d->stack[1], &listen, &handle, d->now));
    return handle;
}

struct sf_handle duo_begin(struct duo *d, uint32_t n)
{
    struct sf_open open = {.remote = {.addr = duo_addr(d->family, 1), .port = DUO_PORT}};
    struct sf_handle handle;

    open.local.addr = duo_addr(d->family, 0);
    open.local.addr.octets[1] = (uint8_t)(10 + n / PORTS);
    open.local.port = (uint16_t)(PORT_FIRST + n % PORTS);
    if (n % PORTS == 0) {
        enum sf_err err =
            sf_stack_add_address(d->stack[0], &open.local.addr, d->family == SF_IPV4 ? 8 : 64);

        must("address", err == SF_ERR_EXISTS ? SF_OK : err);
    }
    must("open", sf_open(d->stack[0], &open, &handle, d->now));
    return handle;
}

void duo_connect(struct duo *d, struct sf_handle listener, uint32_t n, struct sf_handle *a,
                 struct sf_handle *b)
{
    *a = duo_begin(d, n);
    duo_settle(d);
    must("accept", sf_accept(d->stack[1], listener, b, d->now));
}

void duo_octet(struct duo *d, int from, struct sf_handle sender, struct sf_handle reader)
{
    uint8_t octets[8] = {1};
    size_t n = 0;

    must("send", sf_send(d->stack[from], sender, octets, 1, 0, &n, d->now));
    duo_carry(d, from);
    must("receive", sf_recv(d->stack[1 - from], reader, octets, sizeof(octets), &n, d->now));
}

void duo_short(struct duo *d, struct sf_handle listener, uint32_t n)
{
    struct sf_handle a;
    struct sf_handle b;

    duo_connect(d, listener, n, &a, &b);
    duo_octet(d, 0, a, b);
    duo_octet(d, 1, b, a);
    (void)sf_close(d->stack[0], a, d->now);
    duo_settle(d);
    (void)sf_close(d->stack[1], b, d->now);
    duo_settle(d);
    duo_events(d);
}
