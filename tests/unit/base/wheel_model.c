/* SPDX-License-Identifier: MIT
 *
 * tests/unit/base/wheel_model.c - the timer wheel against a model that looks at all
 * timers each time: a million random calls, moments up to 2^64, exact order.
 */
#include "caught.h"

#include "base/rng.h"
#include "base/wheel.h"

/* Three pools of records of different sizes, with the node at different places. */
#define EACH   64
#define TIMERS 192
#define STEPS  1000000
#define EPOCH  500 /* steps before time starts anew, as 64 bits are soon used up */

#define UNARMED UINT64_MAX

struct small {
    struct sf_timer timer;
};

struct middle {
    uint32_t before[3];
    struct sf_timer timer;
};

struct large {
    uint64_t before[30];
    struct sf_timer timer;
    uint64_t after;
};

static struct small small[EACH];
static struct middle middle[EACH];
static struct large large[EACH];

static struct {
    uint64_t at[TIMERS];    /* UNARMED, or when */
    uint64_t order[TIMERS]; /* among equals, the least fires first */
    uint64_t arming;        /* counts them */
    uint64_t now;           /* the moment of the last one fired, or of the last call */
} model;

static struct sf_wheel wheel;
static struct sf_rng rng;

static uint32_t id_of(uint32_t timer)
{
    static const uint32_t kinds[] = {0, 3, 7};

    return sf_timer_id(kinds[timer / EACH], 1 + timer % EACH);
}

/* Any length of time is as likely as any other to have n bits, 0 to bits. */
static uint64_t random_span(uint32_t bits)
{
    uint32_t n = sf_rng_below(&rng, bits + 1);

    return n == 0 ? 0 : sf_rng_u64(&rng) >> (64 - n);
}

/* The slot of a moment, as a number that tells slots apart: found digit by digit. */
static uint64_t slot_of(uint64_t at)
{
    uint64_t level = 0;

    for (uint64_t digit = 0; digit < 11; digit++) {
        if ((at >> (6 * digit) & 63) != (model.now >> (6 * digit) & 63)) {
            level = digit;
        }
    }
    return level * 64 + (at >> (6 * level) & 63);
}

static void start_epoch(void)
{
    for (uint32_t i = 0; i < TIMERS; i++) {
        model.at[i] = UNARMED;
    }
    model.now = random_span(64) / 2;
    sf_wheel_init(&wheel, (sf_time){model.now});
    sf_wheel_kind(&wheel, 0, small, sizeof(small[0]), offsetof(struct small, timer));
    sf_wheel_kind(&wheel, 3, middle, sizeof(middle[0]), offsetof(struct middle, timer));
    sf_wheel_kind(&wheel, 7, large, sizeof(large[0]), offsetof(struct large, timer));
}

static void end_epoch(void)
{
    static const struct sf_timer zero = {0};

    for (uint32_t i = 0; i < TIMERS; i++) {
        T_EQ(sf_wheel_armed(&wheel, id_of(i)), model.at[i] != UNARMED);
        sf_wheel_cancel(&wheel, id_of(i));
    }
    T_EQ(wheel.count, 0);
    T_EQ(wheel.levels, 0);
    for (uint32_t i = 0; i < EACH; i++) {
        T_MEM(&small[i].timer, &zero, sizeof(zero));
        T_MEM(&middle[i].timer, &zero, sizeof(zero));
        T_MEM(&large[i].timer, &zero, sizeof(zero));
    }
}

static void arm_one(uint32_t timer)
{
    uint64_t at = model.now + random_span(63);
    uint64_t kept;

    switch (sf_rng_below(&rng, 8)) {
    case 0: /* as another one, so that there are ties */
        at = model.at[sf_rng_below(&rng, TIMERS)];
        break;
    case 1: /* in the past */
        at = model.now - random_span(20);
        break;
    case 2: /* where it was, or nearly */
        at = model.at[timer] == UNARMED ? at : model.at[timer] + random_span(8);
        break;
    default:
        break;
    }
    if (at > UINT64_MAX - 4) {
        at = UINT64_MAX - 4;
    }
    sf_wheel_arm(&wheel, id_of(timer), (sf_time){at});
    kept = at < model.now ? model.now : at;
    if (model.at[timer] == UNARMED || slot_of(model.at[timer]) != slot_of(kept)) {
        model.order[timer] = model.arming++;
    }
    model.at[timer] = kept;
}

/* The one that fires next, or TIMERS. */
static uint32_t model_first(void)
{
    uint32_t first = TIMERS;

    for (uint32_t i = 0; i < TIMERS; i++) {
        if (model.at[i] == UNARMED) {
            continue;
        }
        if (first == TIMERS || model.at[i] < model.at[first] ||
            (model.at[i] == model.at[first] && model.order[i] < model.order[first])) {
            first = i;
        }
    }
    return first;
}

/* A bound that is never late, exact with few in the slot, and later than now unless
 * something is due, so that a host which sleeps until then makes progress. */
static void check_next(void)
{
    uint64_t next = sf_wheel_next(&wheel).ns;
    uint32_t first = model_first();
    uint32_t sharing = 0;

    if (first == TIMERS) {
        T_EQ(next, UINT64_MAX);
        return;
    }
    for (uint32_t i = 0; i < TIMERS; i++) {
        sharing += model.at[i] != UNARMED && slot_of(model.at[i]) == slot_of(model.at[first]);
    }
    T_TRUE(next <= model.at[first]);
    T_TRUE(next > model.now || model.at[first] == model.now);
    if (sharing <= 8 || slot_of(model.at[first]) < 64) {
        T_EQ(next, model.at[first]);
    }
}

/* Where to go: mostly near a deadline, on either side of it or on it. */
static uint64_t random_moment(void)
{
    uint32_t first = model_first();
    uint64_t to = model.now + random_span(40);

    switch (sf_rng_below(&rng, 5)) {
    case 0:
        to = sf_wheel_next(&wheel).ns;
        break;
    case 1:
        to = first == TIMERS ? to : model.at[first] + sf_rng_below(&rng, 3) - 1;
        break;
    case 2:
        to = model.now + random_span(63);
        break;
    case 3:
        to = model.now;
        break;
    default:
        break;
    }
    if (to < model.now || to > UINT64_MAX - 4) {
        to = model.now;
    }
    return to;
}

static void go_on(void)
{
    uint64_t to = random_moment();

    for (;;) {
        uint32_t first = model_first();
        uint32_t got = sf_wheel_expire(&wheel, (sf_time){to});

        if (first == TIMERS || model.at[first] > to) {
            T_EQ(got, 0);
            break;
        }
        T_EQ(got, id_of(first));
        T_FALSE(sf_wheel_armed(&wheel, got));
        model.now = model.at[first];
        model.at[first] = UNARMED;
        if (sf_rng_below(&rng, 4) == 0) {
            arm_one(sf_rng_below(&rng, TIMERS));
        }
    }
    model.now = to;
}

static void a_million_random_calls_agree_with_a_naive_model(void **state)
{
    static const uint8_t seed[SF_RNG_SEED_OCTETS] = {3};

    (void)state;
    sf_rng_init(&rng, seed);
    start_epoch();
    for (uint32_t step = 1; step <= STEPS; step++) {
        uint32_t timer = sf_rng_below(&rng, TIMERS);
        uint32_t what = sf_rng_below(&rng, 16);

        if (what < 9) {
            arm_one(timer);
        } else if (what < 12) {
            sf_wheel_cancel(&wheel, id_of(timer));
            model.at[timer] = UNARMED;
        } else if (what < 14) {
            T_EQ(sf_wheel_at(&wheel, id_of(timer)).ns, model.at[timer]);
        } else if (what == 14) {
            check_next();
        } else {
            go_on();
        }
        if (step % EPOCH == 0) {
            end_epoch();
            start_epoch();
        }
    }
    end_epoch();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_random_calls_agree_with_a_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
