/* SPDX-License-Identifier: MIT
 *
 * Hosts that are not ours, and hosts that crash.
 */
#include "synfin/sim.h"

#include <string.h>

#include "t.h"

#define SEC ((uint64_t)1000000000)

struct far {
    uint32_t host;
    uint32_t packets;
    uint8_t last[64];
    size_t octets;
    uint64_t cookie;
};

static void far_packet(void *context, struct sf_sim *sim, const uint8_t *packet, size_t octets)
{
    struct far *far = context;

    (void)sim;
    far->packets++;
    far->octets = octets;
    memcpy(far->last, packet, octets < sizeof(far->last) ? octets : sizeof(far->last));
}

static void far_alarm(void *context, struct sf_sim *sim, uint64_t cookie)
{
    struct far *far = context;

    (void)sim;
    far->cookie = cookie;
}

static uint32_t our_host(struct sf_sim *sim, uint8_t last)
{
    struct sf_sim_app app = {0};
    struct sf_addr addr = sf_addr_v4(10, 0, 0, last);
    struct sf_config config;
    uint32_t host = 0;

    sf_config_default(&config);
    T_EQ(sf_sim_host(sim, &config, &app, &host), SF_OK);
    T_EQ(sf_stack_add_address(sf_sim_stack(sim, host), &addr, 24), SF_OK);
    return host;
}

static void open_to(struct sf_sim *sim, uint32_t host, uint8_t last)
{
    struct sf_open open = {.remote = {sf_addr_v4(10, 0, 0, last), 80}};
    struct sf_handle handle;

    T_EQ(sf_open(sf_sim_stack(sim, host), &open, &handle, sf_sim_now(sim)), SF_OK);
}

static void a_foreign_host_gets_what_is_sent_to_it(void **state)
{
    struct far far = {0};
    const struct sf_sim_foreign foreign = {far_packet, far_alarm, &far};
    struct sf_sim_path path = {.delay = {7}};
    struct sf_sim *sim = NULL;
    uint32_t host = 0;

    (void)state;
    T_EQ(sf_sim_open(1, &sim), SF_OK);
    host = our_host(sim, 1);
    T_EQ(sf_sim_foreign(sim, &foreign, &far.host), SF_OK);
    T_EQ(sf_sim_path(sim, host, far.host, &path), SF_OK);
    open_to(sim, host, 2);
    sf_sim_run(sim, (sf_time){SEC + 8});
    T_EQ(far.packets, 1);
    T_EQ(far.last[0] >> 4, 4);
    T_EQ(far.last[9], 6);       /* TCP */
    T_EQ(far.last[20 + 13], 2); /* SYN */
    sf_sim_close(sim);
}

static void a_foreign_host_has_alarms(void **state)
{
    struct far far = {0};
    const struct sf_sim_foreign foreign = {far_packet, far_alarm, &far};
    struct sf_sim *sim = NULL;

    (void)state;
    T_EQ(sf_sim_open(1, &sim), SF_OK);
    T_EQ(sf_sim_foreign(sim, &foreign, &far.host), SF_OK);
    T_EQ(sf_sim_at(sim, far.host, (sf_time){3 * SEC}, 42), SF_OK);
    sf_sim_run(sim, (sf_time){3 * SEC - 1});
    T_EQ(far.cookie, 0);
    sf_sim_run(sim, (sf_time){3 * SEC});
    T_EQ(far.cookie, 42);
    sf_sim_close(sim);
}

/* The RST,ACK that a stack without a listener answers a SYN with comes from the far host, so
 * the connection is refused: what a foreign host sends, a host of ours takes. */
static void what_a_foreign_host_sends_arrives(void **state)
{
    struct far far = {0};
    const struct sf_sim_foreign foreign = {far_packet, far_alarm, &far};
    struct sf_sim_path path = {.delay = {7}};
    struct sf_sim *sim = NULL;
    /* A SYN from 10.0.0.2:9 to 10.0.0.1:9, seq 0, window 1: both checksums by hand.
     * IP: 4500+0028+0000+0000+4006+0000+0a00+0002+0a00+0001 = 9931 -> ~ 66ce
     * TCP: 0a00+0002+0a00+0001+0006+0014+0009+0009+5002+0001 = 6432 -> ~ 9bcd */
    static const uint8_t syn[40] = {
        0x45, 0, 0, 40, 0, 0, 0, 0, 0x40, 6, 0x66, 0xce, 10,   0, 0, 2, 10,   0,    0, 1,
        0,    9, 0, 9,  0, 0, 0, 0, 0,    0, 0,    0,    0x50, 2, 0, 1, 0x9b, 0xcd, 0, 0};
    uint32_t host = 0;

    (void)state;
    T_EQ(sf_sim_open(1, &sim), SF_OK);
    host = our_host(sim, 1);
    T_EQ(sf_sim_foreign(sim, &foreign, &far.host), SF_OK);
    T_EQ(sf_sim_path(sim, host, far.host, &path), SF_OK);
    sf_sim_emit(sim, far.host, syn, sizeof(syn));
    sf_sim_run(sim, (sf_time){2 * SEC});
    T_EQ(far.packets, 1);
    T_EQ(far.last[20 + 13], 0x14); /* RST, ACK */
    sf_sim_close(sim);
}

static void a_host_that_restarts_has_forgotten_everything(void **state)
{
    struct sf_sim_path path = {.delay = {7}};
    struct sf_addr addr = sf_addr_v4(10, 0, 0, 2);
    struct sf_sim *sim = NULL;
    struct sf_config config;
    struct sf_usage usage;
    uint32_t a = 0;
    uint32_t b = 0;

    (void)state;
    T_EQ(sf_sim_open(1, &sim), SF_OK);
    a = our_host(sim, 1);
    b = our_host(sim, 2);
    T_EQ(sf_sim_path(sim, a, b, &path), SF_OK);
    open_to(sim, b, 1);
    sf_stack_usage(sf_sim_stack(sim, b), &usage);
    T_EQ(usage.connections, 1);
    sf_config_default(&config);
    T_EQ(sf_sim_restart(sim, b, &config), SF_OK);
    sf_stack_usage(sf_sim_stack(sim, b), &usage);
    T_EQ(usage.connections, 0);
    T_EQ(sf_stack_add_address(sf_sim_stack(sim, b), &addr, 24), SF_OK);
    config.max_chunks *= 2;
    T_EQ(sf_sim_restart(sim, b, &config), SF_ERR_NO_MEMORY);
    sf_sim_close(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_foreign_host_gets_what_is_sent_to_it),
        cmocka_unit_test(a_foreign_host_has_alarms),
        cmocka_unit_test(what_a_foreign_host_sends_arrives),
        cmocka_unit_test(a_host_that_restarts_has_forgotten_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
