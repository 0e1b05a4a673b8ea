/* SPDX-License-Identifier: MIT
 *
 * sim/host.c - a host: a stack in memory of its own, an application, and their turns.
 *
 *   sim.c ──► sf_sim_turn(): tick if due ─► events to the application ─┐
 *                                     ▲                               ▼
 *                                     └── anything new? ◄── frames to path.c
 */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/time.h"

#define EVENTS 16

static bool hand_out_events(struct sf_sim *sim, struct sf_sim_host_state *host)
{
    struct sf_ready_event events[EVENTS];
    bool any = false;
    size_t n = 0;

    do {
        n = sf_stack_events(host->stack, events, EVENTS);
        for (size_t i = 0; i < n && host->app.event != NULL; i++) {
            host->app.event(host->app.context, sim, &events[i]);
        }
        any = any || n > 0;
    } while (n > 0);
    return any;
}

static bool send_frames(struct sf_sim *sim, uint32_t host)
{
    struct sf_stack *stack = sim->hosts[host]->stack;
    struct sf_frame frames[SF_BATCH_MAX];
    bool any = false;
    size_t n = 0;

    do {
        n = sf_stack_tx(stack, frames, SF_BATCH_MAX, sim->now);
        for (size_t i = 0; i < n; i++) {
            sf_sim_send(sim, host, &frames[i]);
        }
        if (n > 0) {
            sf_stack_tx_done(stack, frames, n);
            any = true;
        }
    } while (n > 0);
    return any;
}

void sf_sim_turn(struct sf_sim *sim, uint32_t host)
{
    struct sf_sim_host_state *h = sim->hosts[host];
    bool any = true;
    sf_time due;

    if (h->stack == NULL) {
        return;
    }
    if (sf_time_before_eq(sf_stack_deadline(h->stack), sim->now)) {
        sf_stack_tick(h->stack, sim->now);
    }
    while (any) {
        any = hand_out_events(sim, h);
        any = send_frames(sim, host) || any;
    }
    h->touched = false;
    /* A deadline that has passed already happens now, as the next thing. */
    due = sf_time_max(sf_stack_deadline(h->stack), sim->now);
    if (due.ns != h->deadline.at.ns || due.ns == sim->now.ns) {
        sf_sim_heap_move(&sim->heap, &h->deadline, due);
    }
}

/* Of a checksum that is left to the link, the link is the simulation. */
static void hand_to_foreign(struct sf_sim *sim, struct sf_sim_host_state *h,
                            const struct sf_frame *frames, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        h->foreign.packet(h->foreign.context, sim, frames[i].pieces[0].data, frames[i].octets);
    }
}

void sf_sim_deliver(struct sf_sim *sim, uint32_t host, struct sf_sim_frame **frames, size_t n)
{
    struct sf_frame batch[SF_BATCH_MAX];
    size_t alive = 0;

    SF_ASSERT(n >= 1 && n <= SF_BATCH_MAX);
    for (size_t i = 0; i < n; i++) {
        struct sf_sim_frame *f = frames[i];
        bool cut =
            sim->hosts[host]->cut || (f->from != SF_SIM_NOBODY && sim->hosts[f->from]->cut);
        void (*see)(void *, uint32_t, uint32_t, const struct sf_frame *, sf_time) =
            cut ? sim->tap.died : sim->tap.arrived;

        if (see != NULL) {
            see(sim->tap.context, f->from, host, &f->frame, sim->now);
        }
        if (!cut) {
            batch[alive++] = f->frame;
        }
    }
    if (sim->hosts[host]->stack == NULL) {
        hand_to_foreign(sim, sim->hosts[host], batch, alive);
    } else if (alive > 0) {
        sf_stack_rx(sim->hosts[host]->stack, batch, alive, sim->now);
    }
    for (size_t i = 0; i < n; i++) {
        free(frames[i]);
    }
    if (alive > 0) {
        sf_sim_turn(sim, host);
    }
}

/* Pages that nobody touches cost nothing, so a generous configuration is free. */
static void *map(size_t octets)
{
    void *memory = mmap(NULL, octets, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

static void settle_seed(struct sf_sim *sim, struct sf_config *config)
{
    uint8_t any = 0;
    /* Drawn whether needed or not: who sets one host's seed does not change the others'. */
    uint64_t words[4];

    for (size_t i = 0; i < 4; i++) {
        words[i] = sf_rng_u64(&sim->rng);
    }
    for (size_t i = 0; i < sizeof(config->seed); i++) {
        any |= config->seed[i];
    }
    for (size_t i = 0; i < 4 && any == 0; i++) {
        sf_put64(config->seed + 8 * i, words[i]);
    }
}

static enum sf_err start(struct sf_sim *sim, struct sf_sim_host_state *h,
                         const struct sf_config *config)
{
    struct sf_config settled = *config;
    enum sf_err err = SF_OK;

    settle_seed(sim, &settled);
    h->arena_octets = sf_stack_octets(&settled);
    if (h->arena_octets == 0) {
        return SF_ERR_INVAL;
    }
    h->arena = map(h->arena_octets);
    if (h->arena == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    err = sf_stack_init(h->arena, &settled, sim->now, &h->stack);
    if (err != SF_OK) {
        munmap(h->arena, h->arena_octets);
        h->arena = NULL;
    }
    return err;
}

/* A host with nothing in it, its deadline in the heap; null if there is no memory. */
static struct sf_sim_host_state *new_host(struct sf_sim *sim)
{
    struct sf_sim_host_state **more =
        realloc(sim->hosts, (sim->n_hosts + 1) * sizeof(struct sf_sim_host_state *));
    struct sf_sim_host_state *h = NULL;

    if (more == NULL) {
        return NULL;
    }
    sim->hosts = more;
    h = calloc(1, sizeof(*h));
    if (h == NULL) {
        return NULL;
    }
    h->deadline.host = sim->n_hosts;
    h->deadline.kind = SF_SIM_DEADLINE;
    if (!sf_sim_heap_put(&sim->heap, &h->deadline, SF_TIME_NEVER)) {
        free(h);
        return NULL;
    }
    return h;
}

enum sf_err sf_sim_host(struct sf_sim *sim, const struct sf_config *config,
                        const struct sf_sim_app *app, uint32_t *host)
{
    struct sf_sim_host_state *h = new_host(sim);
    enum sf_err err = SF_OK;

    if (h == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    h->app = *app;
    h->ethernet = config->ethernet != 0;
    err = start(sim, h, config);
    if (err != SF_OK) {
        sf_sim_heap_take(&sim->heap, &h->deadline);
        free(h);
        return err;
    }
    h->touched = true;
    *host = sim->n_hosts;
    sim->hosts[sim->n_hosts++] = h;
    return SF_OK;
}

enum sf_err sf_sim_foreign(struct sf_sim *sim, const struct sf_sim_foreign *foreign,
                           uint32_t *host)
{
    struct sf_sim_host_state *h = new_host(sim);

    if (h == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    h->foreign = *foreign;
    h->app = (struct sf_sim_app){.alarm = foreign->alarm, .context = foreign->context};
    *host = sim->n_hosts;
    sim->hosts[sim->n_hosts++] = h;
    return SF_OK;
}

void sf_sim_emit(struct sf_sim *sim, uint32_t host, const void *packet, size_t octets)
{
    struct sf_frame frame = {
        .octets = (uint32_t)octets,
        .n_pieces = 1,
        .pieces = {{.data = packet, .octets = (uint32_t)octets}},
    };

    SF_ASSERT(host < sim->n_hosts && sim->hosts[host]->stack == NULL && octets <= UINT16_MAX);
    sf_sim_send(sim, host, &frame);
}

enum sf_err sf_sim_restart(struct sf_sim *sim, uint32_t host, const struct sf_config *config)
{
    struct sf_sim_host_state *h = sim->hosts[host];
    struct sf_config settled = *config;

    SF_ASSERT(host < sim->n_hosts && h->stack != NULL);
    settle_seed(sim, &settled);
    if (sf_stack_octets(&settled) > h->arena_octets) {
        return SF_ERR_NO_MEMORY;
    }
    if (madvise(h->arena, h->arena_octets, MADV_DONTNEED) != 0) { /* zeros again */
        return SF_ERR_NO_MEMORY;
    }
    h->touched = true;
    return sf_stack_init(h->arena, &settled, sim->now, &h->stack);
}

void sf_sim_host_free(struct sf_sim_host_state *h)
{
    if (h->arena != NULL) {
        munmap(h->arena, h->arena_octets);
    }
    for (uint32_t i = 0; i < h->n_ways; i++) {
        free(h->ways[i]);
    }
    free(h->ways);
    free(h->sources);
    free(h);
}
