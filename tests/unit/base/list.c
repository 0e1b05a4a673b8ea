/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/list.c - lists through the records of a pool.
 */
#include "caught.h"

#include "base/list.h"
#include "base/rng.h"

struct record {
    uint32_t link;
    uint32_t number;
    struct sf_node one; /* two nodes: on two lists at a time */
    struct sf_node two;
};

#define ONE   offsetof(struct record, one)
#define TWO   offsetof(struct record, two)
#define COUNT 32

static struct record mem[COUNT];
static struct sf_pool pool;

static int start(void **state)
{
    (void)state;
    memset(mem, 0, sizeof(mem));
    sf_pool_init(&pool, mem, COUNT, sizeof(mem[0]));
    for (uint32_t i = 0; i < COUNT; i++) {
        (void)sf_pool_take(&pool);
    }
    return 0;
}

static void expect_order(const struct sf_list *l, size_t offset, const uint32_t *want,
                         uint32_t n)
{
    uint32_t back = sf_list_last(l);
    uint32_t index = sf_list_first(l);

    T_EQ(l->count, n);
    for (uint32_t i = 0; i < n; i++) {
        T_EQ_ROW(i, index, want[i]);
        T_EQ_ROW(i, back, want[n - 1 - i]);
        index = sf_list_next(&pool, offset, index);
        back = sf_list_prev(&pool, offset, back);
    }
    T_EQ(index, 0);
    T_EQ(back, 0);
}

static void what_is_zero_is_empty_and_on_no_list(void **state)
{
    struct sf_list l = {0};

    (void)state;
    T_EQ(sf_list_first(&l), 0);
    T_EQ(sf_list_last(&l), 0);
    T_EQ(sf_list_pop_head(&l, &pool, ONE), 0);
    T_FALSE(sf_list_linked(&pool, ONE, 1));
}

static void records_come_in_the_order_of_their_ends(void **state)
{
    struct sf_list l = {0};

    (void)state;
    sf_list_push_tail(&l, &pool, ONE, 5);
    T_TRUE(sf_list_linked(&pool, ONE, 5)); /* though it has no neighbours */
    sf_list_push_tail(&l, &pool, ONE, 6);
    sf_list_push_head(&l, &pool, ONE, 4);
    expect_order(&l, ONE, (uint32_t[]){4, 5, 6}, 3);
    T_EQ(sf_list_pop_head(&l, &pool, ONE), 4);
    T_FALSE(sf_list_linked(&pool, ONE, 4));
    expect_order(&l, ONE, (uint32_t[]){5, 6}, 2);
    sf_list_remove(&l, &pool, ONE, 6);
    expect_order(&l, ONE, (uint32_t[]){5}, 1);
    sf_list_remove(&l, &pool, ONE, 5);
    expect_order(&l, ONE, NULL, 0);
    sf_list_push_head(&l, &pool, ONE, 6);
    T_TRUE(sf_list_linked(&pool, ONE, 6));
    expect_order(&l, ONE, (uint32_t[]){6}, 1);
}

static void the_middle_can_be_removed(void **state)
{
    struct sf_list l = {0};

    (void)state;
    sf_list_push_tail(&l, &pool, ONE, 1);
    sf_list_push_tail(&l, &pool, ONE, 2);
    sf_list_push_tail(&l, &pool, ONE, 3);
    sf_list_remove(&l, &pool, ONE, 2);
    expect_order(&l, ONE, (uint32_t[]){1, 3}, 2);
    T_EQ(mem[1].one.next, 0);
    T_EQ(mem[1].one.prev, 0);
}

static void two_nodes_are_on_two_lists(void **state)
{
    struct sf_list l = {0};
    struct sf_list m = {0};

    (void)state;
    sf_list_push_tail(&l, &pool, ONE, 1);
    sf_list_push_tail(&l, &pool, ONE, 2);
    sf_list_push_tail(&m, &pool, TWO, 2);
    sf_list_push_tail(&m, &pool, TWO, 1);
    expect_order(&l, ONE, (uint32_t[]){1, 2}, 2);
    expect_order(&m, TWO, (uint32_t[]){2, 1}, 2);
    sf_list_remove(&m, &pool, TWO, 2);
    T_TRUE(sf_list_linked(&pool, ONE, 2));
}

static void promises_about_being_linked_are_checked(void **state)
{
    struct sf_list l = {0};
    struct sf_list m = {0};

    (void)state;
    T_BREAKS(sf_list_remove(&l, &pool, ONE, 1));
    sf_list_push_tail(&l, &pool, ONE, 1);
    T_BREAKS(sf_list_push_tail(&l, &pool, ONE, 1));
    T_BREAKS(sf_list_push_head(&m, &pool, ONE, 1)); /* on another list */
    T_BREAKS(sf_list_remove(&m, &pool, ONE, 1));
    sf_list_push_tail(&m, &pool, ONE, 2);
    T_BREAKS(sf_list_remove(&m, &pool, ONE, 1)); /* first and last, but of the other */
    T_BREAKS(sf_list_push_tail(&l, &pool, ONE, 0));
    T_BREAKS(sf_list_push_tail(&l, &pool, ONE, COUNT + 1));
}

/* The model is an array in which everything moves up. */
struct model {
    uint32_t order[COUNT];
    uint32_t n;
};

static void model_remove(struct model *m, uint32_t index)
{
    uint32_t at = 0;

    while (m->order[at] != index) {
        at++;
    }
    m->n--;
    memmove(m->order + at, m->order + at + 1, (m->n - at) * sizeof(m->order[0]));
}

static void model_insert(struct model *m, uint32_t at, uint32_t index)
{
    memmove(m->order + at + 1, m->order + at, (m->n - at) * sizeof(m->order[0]));
    m->order[at] = index;
    m->n++;
}

static uint32_t model_pop_head(struct model *m)
{
    uint32_t index = m->n == 0 ? 0 : m->order[0];

    if (index != 0) {
        model_remove(m, index);
    }
    return index;
}

static void random_use_agrees_with_a_naive_model(void **state)
{
    static const uint8_t seed[SF_RNG_SEED_OCTETS] = {2};
    struct model model = {.n = 0};
    struct sf_list l = {0};
    struct sf_rng rng;

    (void)state;
    sf_rng_init(&rng, seed);
    for (uint32_t step = 0; step < 50000; step++) {
        uint32_t index = 1 + sf_rng_below(&rng, COUNT);
        uint32_t what = sf_rng_below(&rng, 8);

        /* Now growing, now shrinking to nothing. */
        if (what < (step / 512 % 2 == 0 ? 1U : 6U)) {
            T_EQ(sf_list_pop_head(&l, &pool, ONE), model_pop_head(&model));
        } else if (sf_list_linked(&pool, ONE, index)) {
            sf_list_remove(&l, &pool, ONE, index);
            model_remove(&model, index);
        } else if (what % 2 == 0) {
            sf_list_push_tail(&l, &pool, ONE, index);
            model_insert(&model, model.n, index);
        } else {
            sf_list_push_head(&l, &pool, ONE, index);
            model_insert(&model, 0, index);
        }
        expect_order(&l, ONE, model.order, model.n);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_zero_is_empty_and_on_no_list, start),
        cmocka_unit_test_setup(records_come_in_the_order_of_their_ends, start),
        cmocka_unit_test_setup(the_middle_can_be_removed, start),
        cmocka_unit_test_setup(two_nodes_are_on_two_lists, start),
        cmocka_unit_test_setup(promises_about_being_linked_are_checked, start),
        cmocka_unit_test_setup(random_use_agrees_with_a_naive_model, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
