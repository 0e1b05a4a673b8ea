/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/memory.c - a stack in its caller's memory: its size, refusals, and what of
 * it is touched.
 */
#include "rig.h"

#include <stdlib.h>

#include "synfin/trace.h"

static enum sf_err try(const struct sf_config *cfg)
{
    static _Alignas(64) uint8_t memory[64];
    struct sf_stack *st = (struct sf_stack *)(void *)memory;
    const enum sf_err err = sf_stack_init(memory, cfg, (sf_time){1}, &st);

    T_TRUE(st == NULL);
    return err;
}

static void a_stack_without_a_seed_is_refused(void **state)
{
    struct sf_config cfg;

    (void)state;
    sf_config_default(&cfg);
    T_TRUE(sf_stack_octets(&cfg) != 0); /* how large is no secret */
    T_EQ(try(&cfg), SF_ERR_SEED);
}

static void one_bit_of_seed_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < 32; i++) {
        struct rig r;

        rig_config(&r, false);
        memset(r.cfg.seed, 0, sizeof(r.cfg.seed));
        r.cfg.seed[i] = 0x80;
        rig_start(&r);
        rig_end(&r);
    }
}

static void limits_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 14; i++) {
        struct sf_config cfg;

        sf_config_default(&cfg);
        cfg.seed[31] = 1;
        T_TRUE(sf_stack_octets(&cfg) != 0);
        cfg.mtu = i == 0 ? 575 : i == 1 ? 65536 : cfg.mtu;
        cfg.max_neighbours = i == 2 ? 0 : i == 3 ? (1U << 20) + 1 : cfg.max_neighbours;
        cfg.max_addresses = i == 4 ? 0 : i == 5 ? (1U << 20) + 1 : cfg.max_addresses;
        cfg.max_routes = i == 6 ? (1U << 20) + 1 : cfg.max_routes;
        cfg.max_reassemblies = i == 7 ? 4097 : cfg.max_reassemblies;
        cfg.max_replies = i == 8 ? 0 : i == 9 ? (1U << 20) + 1 : cfg.max_replies;
        cfg.worker = i == 10 ? 1 : 0;
        cfg.workers = i == 11 ? 0 : 1;
        cfg.ethernet = i == 12;
        cfg.mac[0] = i == 12;
        cfg.chunk_octets = i == 13 ? 1000 : cfg.chunk_octets;
        T_EQ_ROW(i, sf_stack_octets(&cfg), 0);
        T_EQ_ROW(i, try(&cfg), SF_ERR_INVAL);
    }
}

static void limits_at_their_edges_are_taken(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.mtu = 576;
    r.cfg.max_neighbours = 1;
    r.cfg.max_addresses = 1;
    r.cfg.max_routes = 0;
    r.cfg.max_reassemblies = 0;
    r.cfg.max_replies = 1;
    T_TRUE(sf_stack_octets(&r.cfg) != 0);
    r.cfg.mtu = 65535;
    r.cfg.max_reassemblies = 4096;
    T_TRUE(sf_stack_octets(&r.cfg) > (size_t)4096 * 65536);
}

static void the_octets_are_enough_and_most_are_not_touched(void **state)
{
    /* What is used of it is seen by the sanitizer; what lies behind it here. */
    const size_t behind = 4096;
    struct sf_config cfg;
    struct sf_stack *st;
    uint8_t *memory;
    size_t octets;
    size_t used = 0;

    (void)state;
    sf_config_default(&cfg);
    cfg.seed[0] = 1;
    octets = sf_stack_octets(&cfg);
    memory = aligned_alloc(64, (octets + behind + 63) / 64 * 64);
    assert_non_null(memory);
    memset(memory, 0, octets);
    memset(memory + octets, 0xa5, behind);
    T_EQ(sf_stack_init(memory, &cfg, (sf_time){1}, &st), SF_OK);
    T_TRUE((void *)st == (void *)memory);
    for (size_t i = 0; i < behind; i++) {
        T_EQ(memory[octets + i], 0xa5);
    }
    for (size_t i = 0; i < octets; i++) {
        used += memory[i] != 0;
    }
    T_TRUE(used < 4096); /* of more than 30 MiB */
    T_TRUE(octets > 30U << 20);
    free(memory);
}

static void usage_counts_records(void **state)
{
    const struct sf_listen listen = {.local = {.port = 80}};
    const struct sf_open open = {.remote = {sf_ip_addr(SF_IPV4, rig_peer4), 80}};
    struct sf_handle handles[2];
    struct sf_usage usage;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    sf_stack_usage(r.st, &usage);
    T_EQ(usage.connections + usage.working + usage.embryos + usage.listeners, 0);
    T_EQ(usage.time_waits4 + usage.time_waits6 + usage.chunks + usage.sent, 0);
    T_TRUE(usage.connection_octets > 0 && usage.connection_octets <= 256);
    T_TRUE(usage.embryo_octets > 0 && usage.embryo_octets <= 120);
    T_TRUE(usage.working_octets > 0);
    T_TRUE(usage.time_wait4_octets > 0 && usage.time_wait4_octets <= 40);
    T_TRUE(usage.time_wait6_octets > 0 && usage.time_wait6_octets <= 60);
    T_EQ(usage.chunk_octets, 4096 + 16);
    T_EQ(usage.sent_octets, 24);
    T_EQ(usage.bucket_octets, 6); /* 64 buckets, the least, for 48 records: 256 / 48, up */
    T_EQ(sf_listen(r.st, &listen, &handles[0], r.now), SF_OK);
    T_EQ(sf_open(r.st, &open, &handles[1], r.now), SF_OK);
    sf_stack_usage(r.st, &usage);
    T_EQ(usage.listeners, 1);
    T_EQ(usage.connections, 1);
    sf_abort(r.st, handles[0], r.now);
    sf_abort(r.st, handles[1], r.now);
    sf_stack_usage(r.st, &usage);
    T_EQ(usage.listeners + usage.connections, 0);
    rig_end(&r);
}

static void a_ring_takes_records_until_it_is_detached(void **state)
{
    struct sf_trace_record records[16];
    struct sf_trace_ring ring = {.records = records, .capacity = 16};
    const struct sf_open open = {.remote = {sf_ip_addr(SF_IPV4, rig_peer4), 80}};
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    sf_stack_trace(r.st, &ring);
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_OK);
    T_EQ(rig_drain(&r), 1);
    T_TRUE(ring.written > 0);
    ring.written = 0;
    sf_stack_trace(r.st, NULL);
    sf_abort(r.st, handle, r.now);
    T_EQ(ring.written, 0);
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_without_a_seed_is_refused),
        cmocka_unit_test(one_bit_of_seed_is_one),
        cmocka_unit_test(limits_that_make_no_sense_are_refused),
        cmocka_unit_test(limits_at_their_edges_are_taken),
        cmocka_unit_test(the_octets_are_enough_and_most_are_not_touched),
        cmocka_unit_test(usage_counts_records),
        cmocka_unit_test(a_ring_takes_records_until_it_is_detached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
