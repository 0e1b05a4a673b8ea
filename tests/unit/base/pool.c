/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/pool.c - records by index in memory that is touched late.
 */
#define _DEFAULT_SOURCE

#include "caught.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/rng.h"

struct record {
    uint32_t link; /* the pool's while free */
    uint32_t generation;
    uint32_t owner;
};

#define CAPACITY 64

static void indices_start_at_1_and_end_in_0(void **state)
{
    struct record mem[3] = {{0}};
    struct sf_pool p;

    (void)state;
    T_EQ(sf_pool_octets(3, 12), 36);
    sf_pool_init(&p, mem, 3, sizeof(mem[0]));
    T_EQ(sf_pool_take(&p), 1);
    T_EQ(sf_pool_take(&p), 2);
    T_EQ(sf_pool_take(&p), 3);
    T_EQ(sf_pool_take(&p), 0);
    T_EQ(p.in_use, 3);
    assert_ptr_equal(sf_pool_at(&p, 1), &mem[0]);
    assert_ptr_equal(sf_pool_at(&p, 3), &mem[2]);
}

static void the_record_put_last_is_taken_first(void **state)
{
    struct record mem[3] = {{0}};
    struct sf_pool p;

    (void)state;
    sf_pool_init(&p, mem, 3, sizeof(mem[0]));
    (void)sf_pool_take(&p);
    (void)sf_pool_take(&p);
    sf_pool_put(&p, 1);
    sf_pool_put(&p, 2);
    T_EQ(p.in_use, 0);
    T_EQ(sf_pool_take(&p), 2);
    T_EQ(sf_pool_take(&p), 1);
    T_EQ(sf_pool_take(&p), 3); /* only now a fresh one */
    T_EQ(p.peak, 3);
}

static void all_but_the_first_4_octets_survive_being_free(void **state)
{
    struct record mem[2] = {{0}};
    struct sf_pool p;
    struct record *r;

    (void)state;
    sf_pool_init(&p, mem, 2, sizeof(mem[0]));
    (void)sf_pool_take(&p);
    (void)sf_pool_take(&p);
    r = sf_pool_at(&p, 2);
    *r = (struct record){.link = 0xffffffff, .generation = 7, .owner = 9};
    sf_pool_put(&p, 1);
    sf_pool_put(&p, 2);
    T_EQ(sf_pool_take(&p), 2);
    T_EQ(r->link, 0);
    T_EQ(r->generation, 7);
    T_EQ(r->owner, 9);
}

static void promises_about_the_memory_are_checked(void **state)
{
    struct record mem[4] = {{0}};
    struct sf_pool p;

    (void)state;
    T_BREAKS(sf_pool_init(&p, mem, 4, 0));
    T_BREAKS(sf_pool_init(&p, mem, 4, 6));
    T_BREAKS(sf_pool_init(&p, NULL, 4, 12));
    sf_pool_init(&p, NULL, 0, 12);
    T_EQ(sf_pool_take(&p), 0);
}

static void promises_about_indices_are_checked(void **state)
{
    struct record mem[4] = {{0}};
    struct sf_pool p;

    (void)state;
    sf_pool_init(&p, mem, 4, sizeof(mem[0]));
    (void)sf_pool_take(&p);
    (void)sf_pool_take(&p);
    T_BREAKS(sf_pool_at(&p, 0));
    T_BREAKS(sf_pool_at(&p, 3)); /* exists, but was never taken */
    T_BREAKS(sf_pool_at(&p, UINT32_MAX));
    T_BREAKS(sf_pool_put(&p, 0));
    T_BREAKS(sf_pool_put(&p, 3));
    sf_pool_put(&p, 2);
    T_BREAKS(sf_pool_put(&p, 2));
    sf_pool_put(&p, 1);
    T_BREAKS(sf_pool_put(&p, 2)); /* none is in use */
}

/* Two pages, of which the second is out of bounds: to look at it would be fatal. */
static void memory_is_not_touched_before_its_record_is_taken(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint32_t half = (uint32_t)(page / 64);
    uint8_t *mem =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sf_pool p;

    (void)state;
    T_TRUE(mem != MAP_FAILED);
    T_EQ(mprotect(mem + page, page, PROT_NONE), 0);
    sf_pool_init(&p, mem, 2 * half, 64);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < half; i++) {
            T_TRUE(sf_pool_take(&p) != 0);
        }
        for (uint32_t i = 0; i < half; i++) {
            sf_pool_put(&p, i + 1);
        }
    }
    T_EQ(p.fresh, half);
    T_EQ(munmap(mem, 2 * page), 0);
}

/* No record is given out twice, none is lost, and each keeps what was written in it. */
static void random_use_agrees_with_a_naive_model(void **state)
{
    static const uint8_t seed[SF_RNG_SEED_OCTETS] = {1};
    static struct record mem[CAPACITY];
    bool taken[CAPACITY + 1] = {false};
    uint32_t generation[CAPACITY + 1] = {0};
    uint32_t in_use = 0;
    uint32_t peak = 0;
    struct sf_rng rng;
    struct sf_pool p;

    (void)state;
    sf_rng_init(&rng, seed);
    sf_pool_init(&p, mem, CAPACITY, sizeof(mem[0]));
    for (uint32_t step = 0; step < 200000; step++) {
        uint32_t any = 1 + sf_rng_below(&rng, CAPACITY);

        if (taken[any]) {
            struct record *r = sf_pool_at(&p, any);

            T_EQ(r->link, any);
            T_EQ(r->generation, generation[any]);
            r->generation = ++generation[any];
            sf_pool_put(&p, any);
            taken[any] = false;
            in_use--;
        } else {
            uint32_t got = sf_pool_take(&p);

            T_TRUE(got >= 1 && got <= CAPACITY);
            T_FALSE(taken[got]);
            taken[got] = true;
            ((struct record *)sf_pool_at(&p, got))->link = got;
            in_use++;
        }
        peak = in_use > peak ? in_use : peak;
        T_EQ(p.in_use, in_use);
        T_EQ(p.peak, peak);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_start_at_1_and_end_in_0),
        cmocka_unit_test(the_record_put_last_is_taken_first),
        cmocka_unit_test(all_but_the_first_4_octets_survive_being_free),
        cmocka_unit_test(promises_about_the_memory_are_checked),
        cmocka_unit_test(promises_about_indices_are_checked),
        cmocka_unit_test(memory_is_not_touched_before_its_record_is_taken),
        cmocka_unit_test(random_use_agrees_with_a_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
