/* SPDX-License-Identifier: MIT
 *
 * tests/sim/random.c - whatever applications and networks may do, from seeds.
 *
 * A seed makes a world: the path and what it does to frames, the limits and options of
 * both stacks, one to four conversations, and how their applications behave.  Invariants
 * are checked after every step (tests/lib/world_check.c); what is received is always a
 * front of what was sent; where nobody leaves early everything arrives; at the end
 * nothing is left.
 *
 * A failing run prints its seed.  To see it alone, frame by frame:
 *
 *     SYNFIN_SEED=4711 build/tests/sim-random
 */
#include "world.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "talk.h"

#if defined(__SANITIZE_ADDRESS__)
#define RUNS 1000
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RUNS 1000
#endif
#endif
#ifndef RUNS
#define RUNS 10000
#endif
#define SOAK_RUNS 200000

static const uint64_t seeds[] = {
#include "seeds.txt"
};

static uint64_t running; /* the seed of the run; 0: none */

static uint32_t below(struct sf_rng *r, uint32_t n)
{
    return sf_rng_below(r, n);
}

static bool chance(struct sf_rng *r, uint32_t percent)
{
    return below(r, 100) < percent;
}

/* Small numbers are likelier: as many below 10 as between 1000 and 10000. */
static uint32_t skewed(struct sf_rng *r, uint32_t most)
{
    uint32_t limit = 1;

    while (limit < most && !chance(r, 25)) {
        limit = limit > most / 10 ? most : limit * 10;
    }
    return below(r, limit + 1);
}

/* A damaged ethernet frame is thrown away by its own checksum; ARP has none besides, and a
 * flipped bit in a station address would silence a host for half a minute. */
static void faults(struct sf_rng *r, bool ethernet, char *text, size_t room)
{
    (void)snprintf(text, room,
                   ethernet ? "drop %u.%u%%; dup %u%%; reorder %u%% %ums; corrupt data %u.%u%%"
                            : "drop %u.%u%%; dup %u%%; reorder %u%% %ums; corrupt %u.%u%%",
                   chance(r, 60) ? below(r, 10) : 0, below(r, 10),
                   chance(r, 30) ? below(r, 10) : 0, chance(r, 30) ? below(r, 20) : 0,
                   1 + below(r, 60), chance(r, 20) ? below(r, 3) : 0, below(r, 10));
}

static void draw_path(struct sf_rng *r, struct sf_sim_path *path)
{
    static const uint64_t rates[] = {0, 1000000, 10000000, 1000000000};

    path->rate_bps = rates[below(r, T_COUNT(rates))];
    path->delay = chance(r, 20) ? SF_NS(0) : SF_US(below(r, 100000));
    path->queue_octets = chance(r, 50) ? 0 : 3000 + below(r, 60000);
}

static void draw_host(struct sf_rng *r, struct sf_config *config, bool v6)
{
    static const uint32_t chunks[] = {256, 512, 1024, 2048, 4096};
    uint32_t least_mtu = v6 ? 1280 : 576;

    config->mtu = chance(r, 50) ? 1500 : least_mtu + below(r, chance(r, 20) ? 8000 : 900);
    config->link_caps = chance(r, 50) ? SF_LINK_CSUM_TX : 0;
    if (chance(r, 30)) {
        config->link_caps = SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6;
    }
    config->rcvbuf_octets = 1000 + (chance(r, 40) ? below(r, 300000) : skewed(r, 60000));
    config->sndbuf_octets = 1000 + (chance(r, 40) ? below(r, 300000) : skewed(r, 60000));
    /* Short of memory, or with small chunks: both at once would take an RTO for each. */
    config->max_chunks = 64 + below(r, 256);
    if (chance(r, 50)) {
        config->chunk_octets = chunks[below(r, T_COUNT(chunks))];
        config->max_chunks = (1 << 22) / config->chunk_octets;
    }
    config->max_sent = chance(r, 70) ? 0 : 16 + below(r, 64);
    config->timestamps = chance(r, 70);
    config->window_scaling = chance(r, 70);
    config->sack = chance(r, 70);
    config->delayed_ack = SF_MS(below(r, 400));
    config->initial_window = (uint16_t)(1 + below(r, 12));
    /* TIME-WAIT has to outlast what the peer's FIN may need to be heard. */
    config->msl = SF_MS(10000 + below(r, 30000));
    if (chance(r, 20)) {
        config->max_working = 2 + below(r, 6);
        config->max_embryos = 1 + below(r, 4);
        config->max_replies = 1 + below(r, 4);
    }
    config->challenge_acks = (uint16_t)(chance(r, 50) ? 1000 : 1 + below(r, 5));
}

static void draw_script(struct sf_rng *r, struct t_script *s)
{
    *s = (struct t_script){
        .octets = chance(r, 30) ? below(r, 200000) : skewed(r, 60000),
        .write_octets = chance(r, 30) ? 100 + below(r, 2000) : 0,
        .read_octets = chance(r, 30) ? 100 + below(r, 2000) : 0,
        .write_pause = chance(r, 20) ? SF_US(below(r, 100000)) : SF_NS(0),
        .read_pause = chance(r, 20) ? SF_US(below(r, 100000)) : SF_NS(0),
        .start = chance(r, 50) ? SF_US(below(r, 200000)) : SF_NS(0),
        .finish_pause = chance(r, 20) ? SF_MS(below(r, 1000)) : SF_NS(0),
        .borrow = chance(r, 30),
        .options = chance(r, 40) ? (uint8_t)below(r, 32) : 0,
        .finish = chance(r, 60) ? T_SHUT : (uint8_t)below(r, T_STAY),
        .rash = chance(r, 10),
    };
    if (chance(r, 10)) {
        s->quit_after = 1 + skewed(r, 60000);
    }
}

/* Two that wait for each other would wait for ever. */
static void settle(struct t_conv *conv)
{
    if (conv->side[0].script.finish == T_AFTER && conv->side[1].script.finish == T_AFTER) {
        conv->side[0].script.finish = T_SHUT;
    }
}

static struct t_world *draw(uint64_t seed)
{
    uint8_t octets[SF_RNG_SEED_OCTETS] = {0};
    struct sf_rng r;
    struct t_world *w = NULL;
    bool v6 = false;

    sf_put64(octets, seed);
    sf_rng_init(&r, octets);
    v6 = chance(&r, 50);
    w = t_world_open(seed, v6 ? SF_IPV6 : SF_IPV4);
    draw_path(&r, &w->path);
    if (chance(&r, 20)) {
        for (uint8_t i = 0; i < 2; i++) {
            w->host[i].config.ethernet = 1;
            w->host[i].config.mac[0] = 2;
            w->host[i].config.mac[5] = i;
        }
    }
    for (uint32_t i = 0; i < 2; i++) {
        draw_host(&r, &w->host[i].config, v6);
    }
    if (chance(&r, 20)) {
        w->host[1].listen.policy = SF_SYN_ASK;
        w->silent = below(&r, 15);
        w->late = below(&r, 40);
    }
    w->host[1].listen.accept_queue = 1 + below(&r, 4);
    w->host[1].listen.syn_queue = 1 + below(&r, 4);
    if (chance(&r, 30)) {
        w->replays = 1 + below(&r, 20);
        w->replay_span = SF_MS(1 + skewed(&r, 60000));
        /* Old SYNs that come again stay for a minute each: a short queue would be full of
         * them until the clients give up. */
        w->host[1].listen.syn_queue = 64;
        w->host[1].config.max_embryos = 64;
    }
    w->n_conv = chance(&r, 70) ? 1 : 2 + below(&r, 3);
    for (uint32_t i = 0; i < w->n_conv; i++) {
        for (uint32_t side = 0; side < 2; side++) {
            draw_script(&r, &w->conv[i].side[side].script);
        }
        settle(&w->conv[i]);
    }
    if (w->n_conv == 1 && chance(&r, 10)) {
        w->conv[0].side[1].script.opens = true;
        w->conv[0].side[1].script.rash = false;
        w->conv[0].side[0].script.rash = false;
        w->conv[0].side[1].script.start = w->conv[0].side[0].script.start;
        if (w->path.delay.ns == 0) {
            w->path.delay = SF_MS(1); /* or they do not cross */
        }
    }
    return w;
}

static void run(uint64_t seed, bool print)
{
    struct t_world *w = draw(seed);
    char text[2][128];
    struct sf_rng r;
    uint8_t octets[SF_RNG_SEED_OCTETS] = {1};

    running = seed;
    sf_put64(octets + 8, seed);
    sf_rng_init(&r, octets);
    for (uint32_t i = 0; i < 2; i++) {
        faults(&r, w->host[0].config.ethernet != 0, text[i], sizeof(text[i]));
    }
    w->path.faults_ab = text[0];
    w->path.faults_ba = text[1];
    w->print = print;
    if (print) {
        printf("# > %s\n# < %s\n", text[0], text[1]);
    }
    t_world_run(w);
    for (uint32_t i = 0; i < w->n_conv; i++) {
        const struct t_script *a = &w->conv[i].side[0].script;
        const struct t_script *b = &w->conv[i].side[1].script;

        if (t_world_unheard(w, i)) {
            continue;
        }
        /* Whoever opens late meets a SYN,ACK from nowhere: a simultaneous open that is
         * reset when segments are lost is still one that RFC 9293 lets fail. */
        if (t_script_stays(a, b) && t_script_stays(b, a) && !b->opens) {
            t_world_clean(w, i);
        }
    }
    t_world_close(w);
    running = 0;
}

/* Seeds that found something are not to find it again. */
static void what_once_failed_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < T_COUNT(seeds); i++) {
        run(seeds[i], false);
    }
}

static void whatever_happens_the_invariants_hold(void **state)
{
    const char *one = getenv("SYNFIN_SEED");
    uint64_t runs = getenv("SYNFIN_SOAK") != NULL ? SOAK_RUNS : RUNS;

    (void)state;
    if (one != NULL) {
        run(strtoull(one, NULL, 10), true);
        return;
    }
    for (uint64_t seed = 1; seed <= runs; seed++) {
        run(seed, false);
    }
}

static int say_seed(void **state)
{
    (void)state;
    if (running != 0) {
        printf("# the seed was %llu\n", (unsigned long long)running);
    }
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(what_once_failed_does_not, say_seed),
        cmocka_unit_test_teardown(whatever_happens_the_invariants_hold, say_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
