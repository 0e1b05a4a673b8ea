/* SPDX-License-Identifier: MIT
 *
 * stack/memory.c - a stack in the caller's memory: how much, and what lies where.
 *
 *   struct sf_stack | addresses | routes | neighbours | reassembly | own answers | tcp/'s pools
 *
 * Most of it is not touched here, so that untouched pages stay the system's.
 */
#include <string.h>

#include "stack/reasm.h"
#include "stack/route.h"
#include "tcp/buf.h"
#include "tcp/flows.h"
#include "tcp/timewait.h"
#include "wire/eth.h"

enum {
    ALIGNMENT = 64,      /* of every part: a cache line */
    MOST = 1 << 20,      /* records of a kind: far below what a timer's id can name */
    PACKETS_MOST = 4096, /* in fragments: they are searched in order, and large */
};

/* Where each part begins. */
struct plan {
    size_t addresses, routes, neighs, neigh_buckets, held, reasms, reasm_memory, own, timers,
        tcp;
    size_t end;
};

static uint32_t buckets_for(uint32_t records)
{
    uint32_t buckets = 1;

    while (buckets < records) {
        buckets *= 2;
    }
    return buckets;
}

/* The part that begins at the plan's end so far. */
static size_t part(struct plan *plan, size_t count, size_t octets)
{
    const size_t at = plan->end;

    plan->end += (count * octets + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return at;
}

static struct plan make_plan(const struct sf_config *cfg)
{
    const size_t neighs = cfg->max_neighbours;
    struct plan p = {0};

    (void)part(&p, 1, sizeof(struct sf_stack));
    /* One address more: the link-local one. */
    p.addresses = part(&p, (size_t)cfg->max_addresses + 1, sizeof(struct sf_own_addr));
    p.routes = part(&p, cfg->max_routes, sizeof(struct sf_route));
    p.neighs = part(&p, neighs, sizeof(struct sf_neigh));
    p.neigh_buckets = part(&p, buckets_for(cfg->max_neighbours), sizeof(uint32_t));
    p.held = part(&p, neighs, sizeof(struct sf_frame));
    p.reasms = part(&p, cfg->max_reassemblies, sizeof(struct sf_frag));
    p.reasm_memory = part(&p, cfg->max_reassemblies, SF_FRAG_OCTETS);
    p.own = part(&p, cfg->max_replies + neighs, sizeof(struct sf_own));
    p.timers = part(&p, neighs + cfg->max_reassemblies, sizeof(struct sf_timer));
    p.tcp = part(&p, 1, sf_tcp_octets(cfg));
    return p;
}

static bool counts_ok(const struct sf_config *cfg)
{
    return cfg->max_neighbours >= 1 && cfg->max_neighbours <= MOST && cfg->max_addresses >= 1 &&
           cfg->max_addresses <= MOST && cfg->max_routes <= MOST &&
           cfg->max_reassemblies <= PACKETS_MOST && cfg->max_replies >= 1 &&
           cfg->max_replies <= MOST;
}

static bool limits_ok(const struct sf_config *cfg)
{
    return counts_ok(cfg) && (cfg->ethernet == 0 || !sf_mac_is_group(cfg->mac)) &&
           sf_tcp_config_ok(cfg);
}

size_t sf_stack_octets(const struct sf_config *config)
{
    struct sf_config cfg = *config;

    if (!limits_ok(&cfg)) {
        return 0;
    }
    sf_tcp_config_settle(&cfg);
    return make_plan(&cfg).end;
}

static bool has_seed(const struct sf_config *cfg)
{
    uint8_t any = 0;

    for (size_t i = 0; i < sizeof(cfg->seed); i++) {
        any |= cfg->seed[i];
    }
    return any != 0;
}

enum sf_err sf_stack_init(void *memory, const struct sf_config *config, sf_time now,
                          struct sf_stack **stack)
{
    struct sf_config cfg = *config;
    uint8_t *base = memory;
    struct sf_stack *st = memory;
    struct plan p;

    *stack = NULL;
    if (!has_seed(&cfg)) {
        return SF_ERR_SEED;
    }
    if (!limits_ok(&cfg)) {
        return SF_ERR_INVAL;
    }
    SF_ASSERT((uintptr_t)memory % ALIGNMENT == 0);
    sf_tcp_config_settle(&cfg);
    p = make_plan(&cfg);
    *st = (struct sf_stack){
        .addresses = (void *)(base + p.addresses),
        .routes = (void *)(base + p.routes),
        .held = (void *)(base + p.held),
        .neigh_buckets = (void *)(base + p.neigh_buckets),
        .neigh_mask = buckets_for(cfg.max_neighbours) - 1,
        .reasms = (void *)(base + p.reasms),
        .reasm_memory = base + p.reasm_memory,
        .own = (void *)(base + p.own),
        .timers = (void *)(base + p.timers),
    };
    sf_tcp_init(&st->tcp, base + p.tcp, &cfg, now);
    sf_pool_init(&st->neighs, base + p.neighs, cfg.max_neighbours, sizeof(struct sf_neigh));
    sf_wheel_kind(&st->tcp.wheel, SF_TK_STACK, st->timers, sizeof(*st->timers), 0);
    /* One after the other: which of an initialiser's values is drawn first is the compiler's
     * choice. */
    st->key.k0 = sf_rng_u64(&st->tcp.rng);
    st->key.k1 = sf_rng_u64(&st->tcp.rng);
    sf_route_add_link_local(st);
    *stack = st;
    return SF_OK;
}

const struct sf_counters *sf_stack_counters(const struct sf_stack *stack)
{
    return &stack->tcp.counters;
}

void sf_stack_usage(const struct sf_stack *stack, struct sf_usage *usage)
{
    const struct sf_tcp *t = &stack->tcp;
    const uint64_t records =
        (uint64_t)t->conns.capacity + t->embryos.capacity + t->tw4.capacity;
    const uint64_t table = (uint64_t)t->n_buckets * sizeof(*t->buckets);

    *usage = (struct sf_usage){
        .connections = t->conns.in_use,
        .working = t->works.in_use,
        .embryos = t->embryos.in_use,
        .time_waits4 = t->tw4.live,
        .time_waits6 = t->tw6.live,
        .listeners = t->listeners.in_use,
        .chunks = t->chunks.in_use,
        .sent = t->sents.in_use,
        .connection_octets = t->conns.stride,
        .working_octets = t->works.stride,
        .embryo_octets = t->embryos.stride,
        .time_wait4_octets = sf_tw_octets(SF_IPV4),
        .time_wait6_octets = sf_tw_octets(SF_IPV6),
        .chunk_octets = t->chunks.stride + sf_chunk_octets(t),
        .sent_octets = t->sents.stride,
        .bucket_octets = (uint32_t)((table + records - 1) / records),
    };
}

void sf_stack_trace(struct sf_stack *stack, struct sf_trace_ring *ring)
{
    SF_ASSERT(ring == NULL ||
              (ring->capacity != 0 && (ring->capacity & (ring->capacity - 1)) == 0));
    stack->tcp.trace = ring;
}
