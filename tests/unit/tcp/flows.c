/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/flows.c - the table of four-tuples.
 */
#include "room.h"

#include "base/rng.h"
#include "tcp/flows.h"
#include "tcp/timewait.h"

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room);
    room.cfg.max_connections = 600;
    room.cfg.max_time_waits = 600;
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

static void there_are_three_buckets_for_four_records(void **state)
{
    struct sf_config c;

    (void)state;
    sf_config_default(&c);
    c.max_connections = 1000;
    c.max_embryos = 24;
    c.max_time_waits = 512;
    T_EQ(sf_flow_buckets(&c), 1152); /* (1000 + 24 + 512) * 3 / 4 */
    c.max_embryos = 26;
    T_EQ(sf_flow_buckets(&c), 1168); /* 1153.5, and on to a multiple of 16 */
    c.max_connections = 1;
    c.max_embryos = 1;
    c.max_time_waits = 1;
    T_EQ(sf_flow_buckets(&c), 64);
}

static void a_key_has_every_field_in_network_order(void **state)
{
    struct sf_tuple four = t_tuple4(0x1234, 0x5678);
    struct sf_tuple six = t_tuple6(0x1234, 0x5678);
    uint8_t key[SF_FLOW_KEY_MAX];

    (void)state;
    T_EQ(sf_flow_key(&four, key), 12);
    T_MEM(key, ((const uint8_t[]){192, 0, 2, 1, 198, 51, 100, 1, 0x12, 0x34, 0x56, 0x78}), 12);
    T_EQ(sf_flow_key(&six, key), 36);
    T_MEM(key, six.remote, 16);
    T_MEM(key + 16, six.local, 16);
    T_MEM(key + 32, ((const uint8_t[]){0x12, 0x34, 0x56, 0x78}), 4);
}

static void every_part_of_a_tuple_tells_flows_apart(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple own = t_tuple4(1, 2);
    uint32_t id = sf_timer_id(SF_ID_CONN, t_conn(r, &own));

    T_EQ(sf_flow_find(&r->tcp, &own), id);
    for (size_t i = 0; i < offsetof(struct sf_tuple, zero); i++) {
        struct sf_tuple other = own;

        ((uint8_t *)&other)[i] ^= 1;
        T_EQ_ROW(i, sf_flow_find(&r->tcp, &other), 0);
    }

    struct sf_tuple mirrored = {.rport = own.lport, .lport = own.rport, .family = SF_IPV4};

    memcpy(mirrored.remote, own.local, 16);
    memcpy(mirrored.local, own.remote, 16);
    T_EQ(sf_flow_find(&r->tcp, &mirrored), 0);
}

static void what_was_found_last_is_forgotten_when_it_leaves(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 2);
    uint32_t id = sf_timer_id(SF_ID_CONN, t_conn(r, &tuple));

    T_EQ(sf_flow_find(&r->tcp, &tuple), id);
    T_EQ(r->tcp.last_flow, id);
    sf_flow_remove(&r->tcp, id);
    T_EQ(r->tcp.last_flow, 0);
    T_EQ(sf_flow_find(&r->tcp, &tuple), 0);
    sf_flow_insert(&r->tcp, id);
    T_EQ(sf_flow_find(&r->tcp, &tuple), id);
}

static uint32_t embryo(struct t_room *r, const struct sf_tuple *tuple)
{
    uint32_t index = sf_pool_take(&r->tcp.embryos);
    struct sf_embryo *e = sf_pool_at(&r->tcp.embryos, index);

    *e = (struct sf_embryo){.tuple = *tuple};
    return sf_timer_id(SF_ID_EMBRYO, index);
}

/* One bucket for all, so that chains are long; each kind of record at each end of it. */
static void records_of_all_kinds_share_a_chain(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuples[4] = {t_tuple4(1, 2), t_tuple4(3, 4), t_tuple4(5, 6),
                                 t_tuple6(1, 2)};
    uint32_t ids[4];
    uint32_t conns[4];

    r->tcp.n_buckets = 1;
    for (int i = 0; i < 4; i++) {
        conns[i] = i == 1 ? 0 : t_conn(r, &tuples[i]);
        ids[i] = i == 1 ? embryo(r, &tuples[i]) : sf_timer_id(SF_ID_CONN, conns[i]);
    }
    sf_flow_insert(&r->tcp, ids[1]);
    for (int i = 2; i < 4; i++) {
        ids[i] = sf_tw_enter(&r->tcp, t_conn_at(r, conns[i]), ids[i], T_AT(60), T_AT(0));
    }
    T_EQ(sf_timer_kind(ids[2]), SF_ID_TW4);
    T_EQ(sf_timer_kind(ids[3]), SF_ID_TW6);
    for (int i = 0; i < 4; i++) {
        struct sf_tuple own;

        T_EQ_ROW((size_t)i, sf_flow_find(&r->tcp, &tuples[i]), ids[i]);
        sf_flow_tuple(&r->tcp, ids[i], &own);
        T_TRUE(sf_tuple_equal(&own, &tuples[i]));
    }
    for (int i = 0; i < 4; i++) {
        sf_flow_remove(&r->tcp, ids[i]);
        for (int j = 0; j < 4; j++) {
            T_EQ_ROW((size_t)(10 * i + j), sf_flow_find(&r->tcp, &tuples[j]),
                     j > i ? ids[j] : 0);
        }
    }
}

static void a_record_takes_the_place_of_another(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuples[3] = {t_tuple4(1, 2), t_tuple4(3, 4), t_tuple4(5, 6)};

    r->tcp.n_buckets = 1;
    for (int i = 0; i < 3; i++) {
        (void)t_conn(r, &tuples[i]);
    }
    for (int i = 0; i < 3; i++) {
        uint32_t old = sf_flow_find(&r->tcp, &tuples[i]);
        uint32_t by = embryo(r, &tuples[i]);

        sf_flow_replace(&r->tcp, old, by);
        for (int j = 0; j < 3; j++) {
            T_EQ(sf_timer_kind(sf_flow_find(&r->tcp, &tuples[j])),
                 j <= i ? SF_ID_EMBRYO : SF_ID_CONN);
        }
        T_EQ(sf_flow_find(&r->tcp, &tuples[i]), by);
    }
}

static void random_use_agrees_with_a_list(void **state)
{
    enum { FLOWS = 500 };
    struct t_room *r = *state;
    uint32_t ids[FLOWS] = {0};
    struct sf_rng rng;
    uint32_t longest = 0;

    sf_rng_init(&rng, r->cfg.seed);
    for (int turn = 0; turn < 20000; turn++) {
        uint16_t i = (uint16_t)sf_rng_below(&rng, FLOWS);
        struct sf_tuple tuple = i % 2 == 0 ? t_tuple4(i, 80) : t_tuple6(i, 80);

        T_EQ(sf_flow_find(&r->tcp, &tuple), ids[i]);
        if (ids[i] == 0) {
            ids[i] = sf_timer_id(SF_ID_CONN, t_conn(r, &tuple));
        } else if (sf_rng_below(&rng, 2) == 0) {
            uint32_t index = sf_timer_index(ids[i]);

            sf_flow_remove(&r->tcp, ids[i]);
            sf_pool_put(&r->tcp.works, t_conn_at(r, index)->work);
            sf_pool_put(&r->tcp.conns, index);
            ids[i] = 0;
        }
    }
    for (uint32_t b = 0; b < r->tcp.n_buckets; b++) {
        uint32_t n = 0;

        for (uint32_t id = r->tcp.buckets[b]; id != 0;
             id = t_conn_at(r, sf_timer_index(id))->hash_next) {
            n++;
        }
        longest = n > longest ? n : longest;
    }
    T_TRUE(longest <= 4); /* some 330 flows in more than 900 buckets */
}

/* Nobody foresees chains: another seed, other buckets. */
static void the_hash_is_keyed(void **state)
{
    struct t_room *r = *state;
    struct t_room *other = malloc(sizeof(*other));
    uint32_t same = 0;

    t_room_config(other);
    other->cfg.max_connections = 600;
    other->cfg.max_time_waits = 600;
    other->cfg.seed[0] ^= 1;
    t_room_open(other, T_AT(0));
    for (uint16_t i = 0; i < 100; i++) {
        struct sf_tuple tuple = t_tuple4(i, 80);
        uint32_t a = t_conn(r, &tuple);
        uint32_t b = t_conn(other, &tuple);

        for (uint32_t n = 0; n < r->tcp.n_buckets; n++) {
            same += r->tcp.buckets[n] == sf_timer_id(SF_ID_CONN, a) &&
                    other->tcp.buckets[n] == sf_timer_id(SF_ID_CONN, b);
        }
    }
    T_TRUE(same <= 3); /* by chance 100 / 2048 */
    t_room_close(other);
    free(other);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_are_three_buckets_for_four_records),
        cmocka_unit_test(a_key_has_every_field_in_network_order),
        cmocka_unit_test_setup_teardown(every_part_of_a_tuple_tells_flows_apart, up, down),
        cmocka_unit_test_setup_teardown(what_was_found_last_is_forgotten_when_it_leaves, up,
                                        down),
        cmocka_unit_test_setup_teardown(records_of_all_kinds_share_a_chain, up, down),
        cmocka_unit_test_setup_teardown(a_record_takes_the_place_of_another, up, down),
        cmocka_unit_test_setup_teardown(random_use_agrees_with_a_list, up, down),
        cmocka_unit_test_setup_teardown(the_hash_is_keyed, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
