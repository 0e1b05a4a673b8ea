/* SPDX-License-Identifier: MIT
 *
 * tcp/tcp_memory.c - one block of zeroed memory, carved into what the protocol keeps.
 *
 * Nothing of it is touched here: a page costs when its first record is taken.
 */
#include "tcp/tcp.h"

#include "tcp/buf.h"
#include "tcp/choice.h"
#include "tcp/fastopen.h"
#include "tcp/flows.h"
#include "tcp/timewait.h"

/* A cache line: no part shares its first one with the part before. */
#define ALIGN 64

enum part {
    PART_BUCKETS,
    PART_CONNS,
    PART_WORKS,
    PART_EMBRYOS,
    PART_SENTS,
    PART_LISTENERS,
    PART_CHOICES,
    PART_TW4,
    PART_TW6,
    PART_REPLIES,
    PART_FAST_OPENS,
    PART_CHUNKS,
    PART_CHUNK_MEMORY,
    PARTS,
};

/* Where each part begins, and the end of all; 0 as the end if it cannot be addressed. */
struct plan {
    uint64_t at[PARTS];
    uint64_t end;
};

static void plan_memory(const struct sf_config *cfg, struct plan *plan)
{
    const struct {
        uint32_t count, stride;
    } parts[PARTS] = {
        [PART_BUCKETS] = {sf_flow_buckets(cfg), sizeof(uint32_t)},
        [PART_CONNS] = {cfg->max_connections, sizeof(struct sf_conn)},
        [PART_WORKS] = {cfg->max_working, sizeof(struct sf_work)},
        [PART_EMBRYOS] = {cfg->max_embryos, sizeof(struct sf_embryo)},
        [PART_SENTS] = {cfg->max_sent, sizeof(struct sf_sent)},
        [PART_LISTENERS] = {cfg->max_listeners, sizeof(struct sf_listener)},
        [PART_CHOICES] = {cfg->max_choices, sizeof(struct sf_choice)},
        [PART_TW4] = {cfg->max_time_waits, sf_tw_octets(SF_IPV4)},
        [PART_TW6] = {cfg->max_time_waits, sf_tw_octets(SF_IPV6)},
        [PART_REPLIES] = {cfg->max_replies, sizeof(struct sf_reply)},
        [PART_FAST_OPENS] = {cfg->max_fast_opens, sizeof(struct sf_fo_server)},
        [PART_CHUNKS] = {cfg->max_chunks, sizeof(struct sf_chunk)},
        [PART_CHUNK_MEMORY] = {cfg->max_chunks, cfg->chunk_octets},
    };

    /* Each is below 2^29 * 2^15, so that the sum cannot wrap. */
    plan->end = 0;
    for (int i = 0; i < PARTS; i++) {
        plan->at[i] = plan->end;
        plan->end += (uint64_t)parts[i].count * parts[i].stride;
        plan->end = (plan->end + ALIGN - 1) / ALIGN * ALIGN;
    }
    if (plan->end > SIZE_MAX / 2) {
        plan->end = 0;
    }
}

size_t sf_tcp_octets(const struct sf_config *cfg)
{
    struct sf_config settled = *cfg;
    struct plan plan;

    sf_tcp_config_settle(&settled);
    plan_memory(&settled, &plan);
    return (size_t)plan.end;
}

static void init_pools(struct sf_tcp *t, uint8_t *memory, const struct plan *plan)
{
    const struct sf_config *cfg = &t->cfg;

    t->buckets = (uint32_t *)(void *)(memory + plan->at[PART_BUCKETS]);
    t->n_buckets = sf_flow_buckets(cfg);
    sf_pool_init(&t->conns, memory + plan->at[PART_CONNS], cfg->max_connections,
                 sizeof(struct sf_conn));
    sf_pool_init(&t->works, memory + plan->at[PART_WORKS], cfg->max_working,
                 sizeof(struct sf_work));
    sf_pool_init(&t->embryos, memory + plan->at[PART_EMBRYOS], cfg->max_embryos,
                 sizeof(struct sf_embryo));
    sf_pool_init(&t->sents, memory + plan->at[PART_SENTS], cfg->max_sent,
                 sizeof(struct sf_sent));
    sf_pool_init(&t->listeners, memory + plan->at[PART_LISTENERS], cfg->max_listeners,
                 sizeof(struct sf_listener));
    sf_pool_init(&t->choices, memory + plan->at[PART_CHOICES], cfg->max_choices,
                 sizeof(struct sf_choice));
    sf_tw_init(t, memory + plan->at[PART_TW4], memory + plan->at[PART_TW6]);
    t->replies = (struct sf_reply *)(void *)(memory + plan->at[PART_REPLIES]);
    t->fo_servers = (struct sf_fo_server *)(void *)(memory + plan->at[PART_FAST_OPENS]);
    sf_pool_init(&t->chunks, memory + plan->at[PART_CHUNKS], cfg->max_chunks,
                 sizeof(struct sf_chunk));
    t->chunk_memory = memory + plan->at[PART_CHUNK_MEMORY];
    t->chunk_shift = (uint32_t)__builtin_ctz(cfg->chunk_octets);
    t->chunk_reserve = cfg->max_chunks / 8;
}

static void init_wheel(struct sf_tcp *t, sf_time now)
{
    struct sf_wheel *w = &t->wheel;

    sf_wheel_init(w, now);
    sf_wheel_kind(w, SF_TK_SLOW, t->conns.base, t->conns.stride,
                  offsetof(struct sf_conn, slow));
    sf_wheel_kind(w, SF_TK_REXMIT, t->works.base, t->works.stride,
                  offsetof(struct sf_work, rexmit));
    sf_wheel_kind(w, SF_TK_DELACK, t->works.base, t->works.stride,
                  offsetof(struct sf_work, delack));
    sf_wheel_kind(w, SF_TK_USER, t->works.base, t->works.stride,
                  offsetof(struct sf_work, user));
    sf_wheel_kind(w, SF_TK_EMBRYO, t->embryos.base, t->embryos.stride,
                  offsetof(struct sf_embryo, timer));
    sf_wheel_kind(w, SF_TK_MISC, t->misc, sizeof(struct sf_timer), 0);
}

/* Each its own, so that what one of them shows says nothing of the others. */
static void init_keys(struct sf_tcp *t)
{
    struct sf_sipkey *const keys[] = {&t->flow_key, &t->isn_key, &t->ts_key, &t->port_key};

    sf_rng_init(&t->rng, t->cfg.seed);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        keys[i]->k0 = sf_rng_u64(&t->rng);
        keys[i]->k1 = sf_rng_u64(&t->rng);
    }
    for (size_t i = 0; i < SF_PORT_COUNTERS; i++) {
        t->port_counters[i] = sf_rng_u32(&t->rng);
    }
    t->cookie_key.k0 = sf_rng_u64(&t->rng);
    t->cookie_key.k1 = sf_rng_u64(&t->rng);
    t->fast_open_key.k0 = sf_rng_u64(&t->rng);
    t->fast_open_key.k1 = sf_rng_u64(&t->rng);
}

void sf_tcp_init(struct sf_tcp *t, void *memory, const struct sf_config *cfg, sf_time now)
{
    struct plan plan;

    SF_ASSERT((uintptr_t)memory % ALIGN == 0);
    t->cfg = *cfg;
    sf_tcp_config_settle(&t->cfg);
    plan_memory(&t->cfg, &plan);
    SF_ASSERT(plan.end != 0);
    init_pools(t, memory, &plan);
    init_wheel(t, now);
    init_keys(t);
    sf_choice_init(t);
}
