/* SPDX-License-Identifier: MIT
 *
 * tests/sim/repeat.c - same seed and same input, same bytes at the same moments; another
 * seed, other bytes (promise 2 of docs/ARCHITECTURE.md).
 */
#include "world.h"

/* A conversation with a bit of everything; its frames and their moments as one number. */
static uint64_t hash_of(uint64_t seed, enum sf_family family, uint8_t seed_octet)
{
    struct t_world *w = t_world_open(seed, family);
    uint64_t hash = 0;

    w->path.faults_ab = "drop 3%; dup 2%; reorder 3% 7ms; corrupt 1%";
    w->path.faults_ba = "drop 2%; dup 3%; reorder 2% 9ms; corrupt 1%";
    w->path.rate_bps = 10000000;
    w->n_conv = 3;
    for (uint32_t i = 0; i < 2; i++) {
        memset(w->host[i].config.seed, seed_octet, sizeof(w->host[i].config.seed));
    }
    for (uint32_t i = 0; i < w->n_conv; i++) {
        w->conv[i].side[0].script = (struct t_script){.octets = 50000, .write_octets = 700};
        w->conv[i].side[1].script = (struct t_script){.octets = 30000, .borrow = true};
    }
    t_world_run(w);
    T_TRUE(w->frames > 150);
    hash = w->hash;
    t_world_close(w);
    return hash;
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        T_EQ(hash_of(seed, SF_IPV4, 1), hash_of(seed, SF_IPV4, 1));
        T_EQ(hash_of(seed, SF_IPV6, 0), hash_of(seed, SF_IPV6, 0)); /* 0: from the network's */
    }
}

static void another_seed_of_the_stacks_gives_other_bytes(void **state)
{
    (void)state;
    T_TRUE(hash_of(1, SF_IPV4, 1) != hash_of(1, SF_IPV4, 2));
    T_TRUE(hash_of(1, SF_IPV4, 1) != hash_of(1, SF_IPV4, 0));
}

static void another_seed_of_the_network_gives_other_bytes(void **state)
{
    (void)state;
    T_TRUE(hash_of(1, SF_IPV4, 1) != hash_of(2, SF_IPV4, 1));
}

/* Looking on changes nothing: with the trace ring and without. */
static void the_trace_changes_nothing(void **state)
{
    uint64_t hashes[2] = {0};

    (void)state;
    for (uint32_t traced = 0; traced < 2; traced++) {
        struct t_world *w = t_world_open(5, SF_IPV4);

        w->path.faults_ab = "drop 5%";
        w->conv[0].side[0].script.octets = 100000;
        t_world_start(w);
        if (traced == 0) {
            w->unchecked = true;
            sf_stack_trace(sf_sim_stack(w->sim, 0), NULL);
            sf_stack_trace(sf_sim_stack(w->sim, 1), NULL);
        }
        t_world_run(w);
        hashes[traced] = w->hash;
        t_world_close(w);
    }
    T_EQ(hashes[0], hashes[1]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_bytes),
        cmocka_unit_test(another_seed_of_the_stacks_gives_other_bytes),
        cmocka_unit_test(another_seed_of_the_network_gives_other_bytes),
        cmocka_unit_test(the_trace_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
