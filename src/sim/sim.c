/* SPDX-License-Identifier: MIT
 *
 * sim/sim.c - a network of stacks in virtual time: the next thing, and whose it is.
 *
 * There is no clock: now is the moment of what happened last.  Order is total (moment,
 * then the order in which things were planned), and chance comes from the network's seed
 * alone, so that a run can be repeated to the octet.
 */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/time.h"

/* Before it lies enough past for whoever subtracts. */
#define BEGINNING ((sf_time){SF_NS_PER_S})

enum sf_err sf_sim_open(uint64_t seed, struct sf_sim **sim)
{
    uint8_t octets[SF_RNG_SEED_OCTETS] = {0};

    *sim = calloc(1, sizeof(**sim));
    if (*sim == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    sf_put64(octets, seed);
    sf_rng_init(&(*sim)->rng, octets);
    (*sim)->now = BEGINNING;
    return SF_OK;
}

struct sf_stack *sf_sim_stack(struct sf_sim *sim, uint32_t host)
{
    SF_ASSERT(host < sim->n_hosts);
    sim->hosts[host]->touched = true;
    return sim->hosts[host]->stack;
}

void sf_sim_tap(struct sf_sim *sim, const struct sf_sim_tap *tap)
{
    sim->tap = *tap;
}

enum sf_err sf_sim_inject(struct sf_sim *sim, uint32_t host, const void *frame, size_t octets,
                          sf_time at)
{
    struct sf_frame whole = {
        .octets = (uint32_t)octets,
        .n_pieces = 1,
        .pieces = {{.data = frame, .octets = (uint32_t)octets}},
    };
    struct sf_sim_frame *f = NULL;

    SF_ASSERT(host < sim->n_hosts && octets <= UINT32_MAX);
    f = sf_sim_frame_copy(&whole);
    if (f == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    f->from = SF_SIM_NOBODY;
    f->item.kind = SF_SIM_FRAME;
    f->item.host = host;
    if (!sf_sim_heap_put(&sim->heap, &f->item, sf_time_max(at, sim->now))) {
        free(f);
        return SF_ERR_NO_MEMORY;
    }
    return SF_OK;
}

enum sf_err sf_sim_at(struct sf_sim *sim, uint32_t host, sf_time at, uint64_t cookie)
{
    struct sf_sim_alarm *alarm = calloc(1, sizeof(*alarm));

    SF_ASSERT(host < sim->n_hosts);
    if (alarm == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    alarm->item.kind = SF_SIM_ALARM;
    alarm->item.host = host;
    alarm->cookie = cookie;
    if (!sf_sim_heap_put(&sim->heap, &alarm->item, sf_time_max(at, sim->now))) {
        free(alarm);
        return SF_ERR_NO_MEMORY;
    }
    return SF_OK;
}

sf_time sf_sim_now(const struct sf_sim *sim)
{
    return sim->now;
}

void sf_sim_cut(struct sf_sim *sim, uint32_t host, bool cut)
{
    SF_ASSERT(host < sim->n_hosts);
    sim->hosts[host]->cut = cut;
}

static void ring(struct sf_sim *sim, struct sf_sim_item *item)
{
    struct sf_sim_alarm *alarm = (struct sf_sim_alarm *)item;
    const struct sf_sim_app *app = &sim->hosts[item->host]->app;
    uint32_t host = item->host;
    uint64_t cookie = alarm->cookie;

    sf_sim_heap_take(&sim->heap, item);
    free(alarm);
    if (app->alarm != NULL) {
        app->alarm(app->context, sim, cookie);
    }
    sf_sim_turn(sim, host);
}

/* What arrives at one host at one moment, with nothing else between, is one batch. */
static void arrive(struct sf_sim *sim, struct sf_sim_item *item)
{
    struct sf_sim_frame *frames[SF_BATCH_MAX];
    uint32_t host = item->host;
    size_t n = 0;

    do {
        sf_sim_heap_take(&sim->heap, item);
        frames[n++] = (struct sf_sim_frame *)item;
        item = sf_sim_heap_first(&sim->heap);
    } while (n < SF_BATCH_MAX && item->kind == SF_SIM_FRAME && item->host == host &&
             item->at.ns == sim->now.ns);
    sf_sim_deliver(sim, host, frames, n);
}

/* A turn for each host whose stack somebody may have called; true if there was one. */
static bool attend(struct sf_sim *sim)
{
    bool any = false;

    for (uint32_t i = 0; i < sim->n_hosts; i++) {
        if (sim->hosts[i]->touched) {
            sf_sim_turn(sim, i);
            any = true;
        }
    }
    return any;
}

bool sf_sim_step(struct sf_sim *sim, sf_time until)
{
    struct sf_sim_item *item = NULL;
    bool again = true;

    while (again) {
        again = attend(sim);
    }
    item = sf_sim_heap_first(&sim->heap);
    if (item == NULL || sf_time_is_never(item->at) || sf_time_before(until, item->at)) {
        if (!sf_time_is_never(until)) {
            sim->now = sf_time_max(sim->now, until);
        }
        return false;
    }
    sim->now = item->at;
    switch ((enum sf_sim_kind)item->kind) {
    case SF_SIM_DEADLINE:
        sf_sim_turn(sim, item->host);
        break;
    case SF_SIM_FRAME:
        arrive(sim, item);
        break;
    case SF_SIM_ALARM:
        ring(sim, item);
        break;
    }
    if (sim->tap.step != NULL) {
        sim->tap.step(sim->tap.context, sim, sim->now);
    }
    return true;
}

void sf_sim_run(struct sf_sim *sim, sf_time until)
{
    bool more = true;

    while (more) {
        more = sf_sim_step(sim, until);
    }
}

void sf_sim_close(struct sf_sim *sim)
{
    if (sim == NULL) {
        return;
    }
    while (sim->heap.count > 0) {
        struct sf_sim_item *item = sf_sim_heap_first(&sim->heap);

        sf_sim_heap_take(&sim->heap, item);
        if (item->kind != SF_SIM_DEADLINE) {
            free(item);
        }
    }
    for (uint32_t i = 0; i < sim->n_hosts; i++) {
        sf_sim_host_free(sim->hosts[i]);
    }
    free(sim->hosts);
    sf_sim_heap_free(&sim->heap);
    free(sim);
}
