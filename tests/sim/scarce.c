/* SPDX-License-Identifier: MIT
 *
 * tests/sim/scarce.c - little of everything (promise 10 of docs/ARCHITECTURE.md): at each
 * limit new work is refused or waits, and no established connection is killed.
 *
 * Eight conversations both ways over a path that loses frames; one limit at a time is so
 * low that it is reached all the time.  Everything arrives in the end.
 */
#include "world.h"

#include "talk.h"

/* A record that ends early no longer answers a FIN whose acknowledgement was lost: this
 * limit is tried where nothing is lost. */
static void few_time_waits(struct sf_config *config, uint32_t host)
{
    (void)host;
    config->max_time_waits = 1;
}

/* Eight conversations that begin at once, where `limit` sets what is scarce.  Returns what
 * a counter, by its offset in struct sf_counters, says of both stacks. */
static uint64_t run(void **state, void (*limit)(struct sf_config *config, uint32_t host),
                    size_t counter, uint64_t seed)
{
    uint64_t counted = 0;
    struct t_world *w = t_world_open(seed, t_family(state));

    w->n_conv = T_CONVS;
    w->path.delay = SF_MS(5);
    if (limit != few_time_waits) {
        w->path.faults_ab = "drop 2%; reorder 2% 3ms";
        w->path.faults_ba = "drop 2%; dup 1%";
    }
    for (uint32_t i = 0; i < 2; i++) {
        limit(&w->host[i].config, i);
    }
    for (uint32_t i = 0; i < w->n_conv; i++) {
        w->conv[i].side[0].script.octets = 30000;
        w->conv[i].side[1].script =
            (struct t_script){.octets = 20000, .read_octets = 3000, .read_pause = SF_MS(2)};
    }
    t_world_run(w);
    for (uint32_t i = 0; i < w->n_conv; i++) {
        t_world_clean(w, i);
    }
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t value = 0;

        memcpy(&value, (const char *)sf_stack_counters(sf_sim_stack(w->sim, i)) + counter,
               sizeof(value));
        counted += value;
    }
    t_world_close(w);
    return counted;
}

static void plenty(struct sf_config *config, uint32_t host)
{
    (void)host;
    config->max_connections = 64;
}

static void few_connections(struct sf_config *config, uint32_t host)
{
    config->max_connections = host == 1 ? 3 : 16;
}

static void few_working(struct sf_config *config, uint32_t host)
{
    config->max_working = host == 1 ? 3 : 16;
}

static void few_embryos(struct sf_config *config, uint32_t host)
{
    (void)host;
    config->max_embryos = 1;
    config->syn_cookies = SF_COOKIES_OFF;
}

static void few_chunks(struct sf_config *config, uint32_t host)
{
    (void)host;
    config->max_chunks = 24; /* three for each conversation, in both directions */
}

static void few_sent(struct sf_config *config, uint32_t host)
{
    (void)host;
    config->max_sent = 8;
}

static void few_replies(struct sf_config *config, uint32_t host)
{
    (void)host;
    config->max_replies = 1;
}

static void small_buffers(struct sf_config *config, uint32_t host)
{
    config->rcvbuf_octets = 600 + 200 * host;
    config->sndbuf_octets = 500 + 300 * host;
}

/* The counter shows that the limit was reached. */
#define SCARCE(name, limit, counter)                                                     \
    static void name(void **state)                                                       \
    {                                                                                    \
        uint64_t reached = 0;                                                            \
                                                                                         \
        for (uint64_t seed = 1; seed <= 5; seed++) {                                     \
            reached += run(state, (limit), offsetof(struct sf_counters, counter), seed); \
        }                                                                                \
        T_TRUE(reached > 0);                                                             \
    }

SCARCE(with_plenty_all_arrives, plenty, verdicts[SF_PASS])
SCARCE(with_three_connections_all_arrives, few_connections, refused_by_limit)
SCARCE(with_three_working_records_all_arrives, few_working, refused_by_limit)
SCARCE(with_one_embryo_all_arrives, few_embryos, refused_by_limit)
SCARCE(with_one_time_wait_record_all_arrives, few_time_waits, time_waits_cut_short)
SCARCE(with_few_chunks_all_arrives, few_chunks, sends_refused)
SCARCE(with_few_transmission_records_all_arrives, few_sent, rto_fired)
SCARCE(with_one_place_for_replies_all_arrives, few_replies, replies_lost)
SCARCE(with_small_buffers_all_arrives, small_buffers, verdicts[SF_PASS])

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(with_plenty_all_arrives),
        T_BOTH(with_three_connections_all_arrives),
        T_BOTH(with_three_working_records_all_arrives),
        T_BOTH(with_one_embryo_all_arrives),
        T_BOTH(with_one_time_wait_record_all_arrives),
        T_BOTH(with_few_chunks_all_arrives),
        T_BOTH(with_few_transmission_records_all_arrives),
        T_BOTH(with_one_place_for_replies_all_arrives),
        T_BOTH(with_small_buffers_all_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
