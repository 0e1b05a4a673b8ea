/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/room.h - the protocol's part of a stack without the stack: a small
 * configuration, its memory, and records to try things on.
 */
#ifndef SYNFIN_TESTS_ROOM_H
#define SYNFIN_TESTS_ROOM_H

#include "t.h"

#include <stdlib.h>

#include "base/time.h"
#include "tcp/flows.h"
#include "tcp/tcp.h"

struct t_room {
    struct sf_config cfg;
    struct sf_tcp tcp;
    void *raw;
    uint8_t *memory; /* raw, aligned to 64 */
    size_t octets;
    struct sf_trace_ring trace;
    struct sf_trace_record records[256];
};

#define T_AT(ns_) ((sf_time){(ns_)})

/* The defaults with few records and a seed. */
static inline void t_room_config(struct t_room *r)
{
    memset(r, 0, sizeof(*r));
    sf_config_default(&r->cfg);
    for (uint8_t i = 0; i < sizeof(r->cfg.seed); i++) {
        r->cfg.seed[i] = (uint8_t)(i + 1);
    }
    r->cfg.max_connections = 16;
    r->cfg.max_embryos = 16;
    r->cfg.max_time_waits = 16;
    r->cfg.max_listeners = 4;
    r->cfg.max_chunks = 64;
    r->cfg.chunk_octets = 256;
    r->cfg.max_replies = 32;
    r->cfg.rcvbuf_octets = 4096;
}

static inline void t_room_open(struct t_room *r, sf_time now)
{
    T_TRUE(sf_tcp_config_ok(&r->cfg));
    r->octets = sf_tcp_octets(&r->cfg);
    r->raw = calloc(1, r->octets + 64);
    T_TRUE(r->raw != NULL);
    r->memory = (uint8_t *)r->raw + (64 - (uintptr_t)r->raw % 64);
    sf_tcp_init(&r->tcp, r->memory, &r->cfg, now);
    r->trace = (struct sf_trace_ring){.records = r->records, .capacity = T_COUNT(r->records)};
    r->tcp.trace = &r->trace;
}

static inline void t_room_close(struct t_room *r)
{
    free(r->raw);
    r->raw = NULL;
}

/* The record traced nth from the end; 0 is the last. */
static inline const struct sf_trace_record *t_traced(const struct t_room *r, uint64_t nth)
{
    return &r->records[(r->trace.written - 1 - nth) % T_COUNT(r->records)];
}

/* 192.0.2.1:rport to 198.51.100.1:lport. */
static inline struct sf_tuple t_tuple4(uint16_t rport, uint16_t lport)
{
    return (struct sf_tuple){
        .remote = {192, 0, 2, 1},
        .local = {198, 51, 100, 1},
        .rport = rport,
        .lport = lport,
        .family = SF_IPV4,
    };
}

/* 2001:db8::1 to 2001:db8:1::1. */
static inline struct sf_tuple t_tuple6(uint16_t rport, uint16_t lport)
{
    return (struct sf_tuple){
        .remote = {0x20, 0x01, 0x0d, 0xb8, [15] = 1},
        .local = {0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = 1},
        .rport = rport,
        .lport = lport,
        .family = SF_IPV6,
    };
}

/* A connection's record in the flow table, with a working record; returns its index. */
static inline uint32_t t_conn(struct t_room *r, const struct sf_tuple *tuple)
{
    struct sf_tcp *t = &r->tcp;
    uint32_t index = sf_pool_take(&t->conns);
    uint32_t work = sf_pool_take(&t->works);

    T_TRUE(index != 0 && work != 0);

    struct sf_conn *c = sf_pool_at(&t->conns, index);
    struct sf_work *w = sf_pool_at(&t->works, work);

    *c = (struct sf_conn){.tuple = *tuple, .work = work, .rcvbuf = t->cfg.rcvbuf_octets};
    *w = (struct sf_work){.conn = index};
    sf_flow_insert(t, sf_timer_id(SF_ID_CONN, index));
    return index;
}

static inline struct sf_conn *t_conn_at(const struct t_room *r, uint32_t index)
{
    return sf_pool_at(&r->tcp.conns, index);
}

static inline struct sf_work *t_work_of(const struct t_room *r, uint32_t index)
{
    return sf_pool_at(&r->tcp.works, t_conn_at(r, index)->work);
}

#endif
