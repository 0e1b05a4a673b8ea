/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sim/heap.c - what is to happen, in order.
 */
#include "t.h"

#include "base/rng.h"
#include "base/time.h"
#include "sim/heap.h"

#define ITEMS 500

static sf_time at(uint64_t ns)
{
    return (sf_time){ns};
}

static void the_earliest_comes_first(void **state)
{
    static const uint64_t moments[] = {7, 3, 9, 1, 8, 2};
    static const uint64_t sorted[] = {1, 2, 3, 7, 8, 9};
    struct sf_sim_heap heap = {0};
    struct sf_sim_item items[T_COUNT(moments)] = {0};

    (void)state;
    T_TRUE(sf_sim_heap_first(&heap) == NULL);
    for (size_t i = 0; i < T_COUNT(moments); i++) {
        T_TRUE(sf_sim_heap_put(&heap, &items[i], at(moments[i])));
    }
    for (size_t i = 0; i < T_COUNT(moments); i++) {
        struct sf_sim_item *first = sf_sim_heap_first(&heap);

        T_EQ_ROW(i, first->at.ns, sorted[i]);
        sf_sim_heap_take(&heap, first);
    }
    T_TRUE(sf_sim_heap_first(&heap) == NULL);
    sf_sim_heap_free(&heap);
}

static void of_one_moment_the_first_put_in_comes_first(void **state)
{
    struct sf_sim_heap heap = {0};
    struct sf_sim_item items[100] = {0};

    (void)state;
    for (uint32_t i = 0; i < T_COUNT(items); i++) {
        items[i].host = i;
        T_TRUE(sf_sim_heap_put(&heap, &items[i], at(5)));
    }
    for (uint32_t i = 0; i < T_COUNT(items); i++) {
        T_EQ(sf_sim_heap_first(&heap)->host, i);
        sf_sim_heap_take(&heap, sf_sim_heap_first(&heap));
    }
    sf_sim_heap_free(&heap);
}

static void what_is_moved_to_a_moment_comes_behind_what_is_there(void **state)
{
    struct sf_sim_heap heap = {0};
    struct sf_sim_item items[3] = {{.host = 0}, {.host = 1}, {.host = 2}};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        T_TRUE(sf_sim_heap_put(&heap, &items[i], at(5)));
    }
    sf_sim_heap_move(&heap, &items[0], at(5));
    T_EQ(sf_sim_heap_first(&heap)->host, 1);
    sf_sim_heap_take(&heap, &items[1]);
    T_EQ(sf_sim_heap_first(&heap)->host, 2);
    sf_sim_heap_take(&heap, &items[2]);
    T_EQ(sf_sim_heap_first(&heap)->host, 0);
    sf_sim_heap_free(&heap);
}

/* The first of a plain array, by moment and then by order. */
static struct sf_sim_item *first_of(struct sf_sim_item *items)
{
    struct sf_sim_item *first = NULL;

    for (size_t i = 0; i < ITEMS; i++) {
        if (items[i].place != 0 &&
            (first == NULL || items[i].at.ns < first->at.ns ||
             (items[i].at.ns == first->at.ns && items[i].order < first->order))) {
            first = &items[i];
        }
    }
    return first;
}

static void it_agrees_with_a_plain_array(void **state)
{
    uint8_t seed[SF_RNG_SEED_OCTETS] = {6};
    static struct sf_sim_item items[ITEMS];
    struct sf_sim_heap heap = {0};
    struct sf_rng rng;

    (void)state;
    sf_rng_init(&rng, seed);
    for (int i = 0; i < 10000; i++) {
        struct sf_sim_item *item = &items[sf_rng_below(&rng, ITEMS)];
        sf_time when = at(sf_rng_below(&rng, 100));

        if (item->place == 0) {
            T_TRUE(sf_sim_heap_put(&heap, item, when));
        } else if (sf_rng_below(&rng, 3) > 0) {
            sf_sim_heap_move(&heap, item, when);
        } else {
            sf_sim_heap_take(&heap, item);
        }
        assert_ptr_equal(sf_sim_heap_first(&heap), first_of(items));
    }
    sf_sim_heap_free(&heap);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_earliest_comes_first),
        cmocka_unit_test(of_one_moment_the_first_put_in_comes_first),
        cmocka_unit_test(what_is_moved_to_a_moment_comes_behind_what_is_there),
        cmocka_unit_test(it_agrees_with_a_plain_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
