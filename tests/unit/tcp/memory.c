/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/memory.c - one block of memory, carved up and not touched.
 */
#include "room.h"

#include "tcp/buf.h"
#include "tcp/timewait.h"

static void start_touches_nothing(void **state)
{
    struct t_room r;
    size_t touched = 0;

    (void)state;
    t_room_config(&r);
    t_room_open(&r, T_AT(5));
    for (size_t i = 0; i < r.octets; i++) {
        touched += r.memory[i] != 0;
    }
    T_EQ(touched, 0);
    t_room_close(&r);
}

struct span {
    const uint8_t *at;
    size_t octets;
};

/* Whatever is taken lies within the block, aligned to a cache line, beside the others. */
static void parts_lie_apart_within_the_block(void **state)
{
    struct t_room r;

    (void)state;
    t_room_config(&r);
    r.cfg.max_sent = 100;
    r.cfg.max_working = 3;
    t_room_open(&r, T_AT(0));

    const struct sf_tcp *t = &r.tcp;
    T_EQ(t->works.capacity, 3);
    T_EQ(t->sents.capacity, 100);

    const struct span spans[] = {
        {(const uint8_t *)t->buckets, (size_t)t->n_buckets * 4},
        {t->conns.base, 16 * sizeof(struct sf_conn)},
        {t->works.base, 3 * sizeof(struct sf_work)},
        {t->embryos.base, 16 * sizeof(struct sf_embryo)},
        {t->sents.base, 100 * sizeof(struct sf_sent)},
        {t->listeners.base, 4 * sizeof(struct sf_listener)},
        {t->tw4.records, 16 * (size_t)sf_tw_octets(SF_IPV4)},
        {t->tw6.records, 16 * (size_t)sf_tw_octets(SF_IPV6)},
        {(const uint8_t *)t->replies, 32 * sizeof(struct sf_reply)},
        {t->chunks.base, 64 * sizeof(struct sf_chunk)},
        {t->chunk_memory, 64 * 256},
    };

    for (size_t i = 0; i < T_COUNT(spans); i++) {
        T_EQ_ROW(i, (uintptr_t)spans[i].at % 64, 0);
        T_TRUE(spans[i].at >= r.memory);
        T_TRUE(spans[i].at + spans[i].octets <= r.memory + r.octets);
        for (size_t j = 0; j < i; j++) {
            T_TRUE(spans[i].at >= spans[j].at + spans[j].octets ||
                   spans[j].at >= spans[i].at + spans[i].octets);
        }
    }
    t_room_close(&r);
}

static void pools_have_the_capacities_of_the_configuration(void **state)
{
    struct t_room r;

    (void)state;
    t_room_config(&r);
    r.cfg.max_connections = 1000;
    t_room_open(&r, T_AT(0));
    T_EQ(r.tcp.conns.capacity, 1000);
    T_EQ(r.tcp.works.capacity, 1000); /* 0 stands for max_connections */
    T_EQ(r.tcp.sents.capacity, 8000); /* and here for 8 each */
    T_EQ(r.tcp.embryos.capacity, 16);
    T_EQ(r.tcp.listeners.capacity, 4);
    T_EQ(r.tcp.tw4.capacity, 16);
    T_EQ(r.tcp.tw6.capacity, 16);
    T_EQ(r.tcp.chunks.capacity, 64);
    T_EQ(r.tcp.chunk_shift, 8);
    T_EQ(r.tcp.chunk_reserve, 8); /* an eighth */
    T_EQ(r.tcp.n_buckets, 784);   /* 1000 + 16 + 16 records: 774, and on to 49 * 16 */
    t_room_close(&r);
}

/* What idle connections and TIME-WAIT may cost: docs of the configuration promise it. */
static void records_are_as_small_as_promised(void **state)
{
    (void)state;
    T_TRUE(sizeof(struct sf_conn) <= 256);
    T_TRUE(sizeof(struct sf_embryo) <= 120);
    T_TRUE(sf_tw_octets(SF_IPV4) <= 40);
    T_TRUE(sf_tw_octets(SF_IPV6) <= 60);
}

static void every_timer_can_be_armed_and_comes_back_by_its_id(void **state)
{
    struct t_room r;
    struct sf_tuple tuple = t_tuple4(1, 2);

    (void)state;
    t_room_config(&r);
    t_room_open(&r, T_AT(0));

    uint32_t conn = t_conn(&r, &tuple);
    const uint32_t ids[] = {
        sf_timer_id(SF_TK_SLOW, conn),
        sf_timer_id(SF_TK_REXMIT, t_conn_at(&r, conn)->work),
        sf_timer_id(SF_TK_DELACK, t_conn_at(&r, conn)->work),
        sf_timer_id(SF_TK_USER, t_conn_at(&r, conn)->work),
        sf_timer_id(SF_TK_EMBRYO, sf_pool_take(&r.tcp.embryos)),
        sf_timer_id(SF_TK_MISC, SF_MISC_TW4),
        sf_timer_id(SF_TK_MISC, SF_MISC_TW6),
        sf_timer_id(SF_TK_MISC, SF_MISC_STACK),
    };

    for (size_t i = 0; i < T_COUNT(ids); i++) {
        sf_wheel_arm(&r.tcp.wheel, ids[i], T_AT(100 + i));
    }
    T_TRUE(t_conn_at(&r, conn)->slow.at_ns == 100);
    T_TRUE(t_work_of(&r, conn)->rexmit.at_ns == 101);
    T_TRUE(t_work_of(&r, conn)->delack.at_ns == 102);
    T_TRUE(t_work_of(&r, conn)->user.at_ns == 103);
    T_TRUE(r.tcp.misc[SF_MISC_STACK - 1].at_ns == 107);
    for (size_t i = 0; i < T_COUNT(ids); i++) {
        T_EQ_ROW(i, sf_wheel_expire(&r.tcp.wheel, T_AT(1000)), ids[i]);
    }
    t_room_close(&r);
}

/* Every secret is a draw of its own, and all of the seed counts. */
static void keys_differ_from_one_another_and_with_the_seed(void **state)
{
    struct t_room a, b;

    (void)state;
    t_room_config(&a);
    t_room_open(&a, T_AT(0));
    t_room_config(&b);
    b.cfg.seed[31] ^= 1;
    t_room_open(&b, T_AT(0));

    const struct sf_sipkey keys[] = {a.tcp.flow_key, a.tcp.isn_key,  a.tcp.ts_key,
                                     a.tcp.port_key, b.tcp.flow_key, b.tcp.isn_key,
                                     b.tcp.ts_key,   b.tcp.port_key};

    for (size_t i = 0; i < T_COUNT(keys); i++) {
        for (size_t j = 0; j < i; j++) {
            T_TRUE(keys[i].k0 != keys[j].k0 && keys[i].k1 != keys[j].k1);
        }
        T_TRUE(keys[i].k0 != keys[i].k1);
    }
    for (size_t i = 0; i < SF_PORT_COUNTERS; i++) {
        for (size_t j = 0; j < i; j++) {
            T_TRUE(a.tcp.port_counters[i] != a.tcp.port_counters[j]);
        }
        T_TRUE(a.tcp.port_counters[i] != 0);
    }
    t_room_close(&a);
    t_room_close(&b);
}

static void octets_grow_with_each_limit(void **state)
{
    struct sf_config c;

    (void)state;
    sf_config_default(&c);

    size_t before = sf_tcp_octets(&c);

    T_EQ(before % 64, 0);
    c.max_chunks += 1;
    T_EQ(sf_tcp_octets(&c) - before, 4096 + 64); /* 16 octets of record fill a line */
    sf_config_default(&c);
    c.max_time_waits += 16;
    /* 16 records of 36 and 60 octets are 9 and 15 lines, and 12 buckets begin another. */
    T_EQ(sf_tcp_octets(&c) - before, (9 + 15 + 1) * 64);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_touches_nothing),
        cmocka_unit_test(parts_lie_apart_within_the_block),
        cmocka_unit_test(pools_have_the_capacities_of_the_configuration),
        cmocka_unit_test(records_are_as_small_as_promised),
        cmocka_unit_test(every_timer_can_be_armed_and_comes_back_by_its_id),
        cmocka_unit_test(keys_differ_from_one_another_and_with_the_seed),
        cmocka_unit_test(octets_grow_with_each_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
