/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sim/net.c - frames on paths of a simulated network: who gets them, when, and
 * whether; alarms, forged frames, cut cables.
 *
 * The frames are those of a connection attempt: a SYN of 44 octets over IPv4, as there is
 * no option but MSS.
 */
#include "t.h"

#include "base/time.h"
#include "synfin/sim.h"

#define SEEN 64

/* What the tap and the applications saw. */
struct seen {
    struct {
        char what; /* s: sent, a: arrived, d: died, l: alarm */
        uint32_t from, to;
        uint64_t at; /* nanoseconds since the beginning */
        uint32_t octets;
        uint64_t cookie;
    } list[SEEN];
    uint32_t n;
    uint32_t steps, events;
};

static void note(struct seen *s, char what, uint32_t from, uint32_t to, uint32_t octets,
                 sf_time now)
{
    T_TRUE(s->n < SEEN);
    s->list[s->n].what = what;
    s->list[s->n].from = from;
    s->list[s->n].to = to;
    s->list[s->n].octets = octets;
    s->list[s->n].at = now.ns - SF_NS_PER_S;
    s->n++;
}

static void sent(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now)
{
    T_EQ(frame->octets, frame->pieces[0].octets);
    note(context, 's', from, to, frame->octets, now);
}

static void arrived(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                    sf_time now)
{
    note(context, 'a', from, to, frame->octets, now);
}

static void died(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now)
{
    note(context, 'd', from, to, frame->octets, now);
}

static void step(void *context, struct sf_sim *sim, sf_time now)
{
    struct seen *s = context;

    T_EQ(sf_sim_now(sim).ns, now.ns);
    s->steps++;
}

static void on_event(void *context, struct sf_sim *sim, const struct sf_ready_event *event)
{
    struct seen *s = context;

    (void)sim;
    (void)event;
    s->events++;
}

static void on_alarm(void *context, struct sf_sim *sim, uint64_t cookie)
{
    struct seen *s = context;

    note(s, 'l', 0, 0, 0, sf_sim_now(sim));
    s->list[s->n - 1].cookie = cookie;
}

/* So many hosts, 10.0.0.1 and on, that offer no options; nobody listens. */
static struct sf_sim *hosts(uint64_t seed, uint8_t n, struct seen *s)
{
    struct sf_sim_tap tap = {
        .sent = sent, .arrived = arrived, .died = died, .step = step, .context = s};
    struct sf_sim_app app = {.event = on_event, .alarm = on_alarm, .context = s};
    struct sf_config config;
    struct sf_sim *sim = NULL;

    *s = (struct seen){0};
    sf_config_default(&config);
    config.max_connections = 64;
    config.max_chunks = 64;
    config.timestamps = 0;
    config.sack = 0;
    config.window_scaling = 0;
    T_EQ(sf_sim_open(seed, &sim), SF_OK);
    sf_sim_tap(sim, &tap);
    for (uint8_t i = 0; i < n; i++) {
        struct sf_addr addr = sf_addr_v4(10, 0, 0, (uint8_t)(i + 1));
        uint32_t number = UINT32_MAX;

        T_EQ(sf_sim_host(sim, &config, &app, &number), SF_OK);
        T_EQ(number, i);
        T_EQ(sf_stack_add_address(sf_sim_stack(sim, i), &addr, 24), SF_OK);
    }
    return sim;
}

static void join(struct sf_sim *sim, uint32_t a, uint32_t b, struct sf_sim_path path)
{
    T_EQ(sf_sim_path(sim, a, b, &path), SF_OK);
}

/* A SYN of 44 octets from host to host. */
static void knock(struct sf_sim *sim, uint32_t from, uint32_t to)
{
    struct sf_open open = {
        .remote = {.addr = sf_addr_v4(10, 0, 0, (uint8_t)(to + 1)), .port = 80}};
    struct sf_handle handle;

    T_EQ(sf_open(sf_sim_stack(sim, from), &open, &handle, sf_sim_now(sim)), SF_OK);
}

static void run_ms(struct sf_sim *sim, uint64_t ms)
{
    sf_sim_run(sim, (sf_time){SF_NS_PER_S + ms * SF_NS_PER_MS});
}

static void expect(const struct seen *s, uint32_t i, char what, uint32_t from, uint32_t to,
                   uint64_t at)
{
    T_TRUE(i < s->n);
    T_EQ_ROW(i, s->list[i].what, what);
    T_EQ_ROW(i, s->list[i].from, from);
    T_EQ_ROW(i, s->list[i].to, to);
    T_EQ_ROW(i, s->list[i].at, at);
}

static void time_begins_at_one_second_and_jumps(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 0, &s);

    (void)state;
    T_EQ(sf_sim_now(sim).ns, SF_NS_PER_S);
    T_FALSE(sf_sim_step(sim, (sf_time){5 * SF_NS_PER_S}));
    T_EQ(sf_sim_now(sim).ns, 5 * SF_NS_PER_S);
    T_FALSE(sf_sim_step(sim, SF_TIME_NEVER));
    T_EQ(sf_sim_now(sim).ns, 5 * SF_NS_PER_S);
    T_FALSE(sf_sim_step(sim, (sf_time){SF_NS_PER_S})); /* never back */
    T_EQ(sf_sim_now(sim).ns, 5 * SF_NS_PER_S);
    sf_sim_close(sim);
    sf_sim_close(NULL);
}

static void a_frame_takes_its_delay(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.delay = SF_MS(10)});
    knock(sim, 0, 1);
    run_ms(sim, 15);
    T_EQ(s.n, 3);
    expect(&s, 0, 's', 0, 1, 0);
    T_EQ(s.list[0].octets, 44);
    expect(&s, 1, 'a', 0, 1, 10 * SF_NS_PER_MS);
    expect(&s, 2, 's', 1, 0, 10 * SF_NS_PER_MS); /* the RST */
    T_EQ(s.steps, 1);
    run_ms(sim, 20);
    expect(&s, 3, 'a', 1, 0, 20 * SF_NS_PER_MS);
    T_EQ(s.events, 1); /* refused */
    sf_sim_close(sim);
}

/* 44 octets are 352 bits: at 352 kbit/s one after another each millisecond. */
static void a_line_sends_one_frame_at_a_time(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.rate_bps = 352000, .delay = SF_MS(10)});
    for (int i = 0; i < 3; i++) {
        knock(sim, 0, 1);
    }
    run_ms(sim, 11);
    expect(&s, 3, 'a', 0, 1, 11 * SF_NS_PER_MS);
    run_ms(sim, 12);
    expect(&s, 5, 'a', 0, 1, 12 * SF_NS_PER_MS);
    run_ms(sim, 13);
    expect(&s, 7, 'a', 0, 1, 13 * SF_NS_PER_MS);
    sf_sim_close(sim);
}

/* Room for two frames, the one on the line counted; the third dies at once. */
static void a_full_queue_drops_the_last(void **state)
{
    static const struct {
        uint32_t queue_octets, live;
    } rows[] = {{43, 1}, {87, 1}, {88, 2}, {131, 2}, {132, 3}, {0, 5}};

    (void)state;
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct seen s;
        struct sf_sim *sim = hosts(1, 2, &s);
        uint32_t dead = 0;

        join(sim, 0, 1,
             (struct sf_sim_path){.rate_bps = 352000,
                                  .delay = SF_MS(10),
                                  .queue_octets = rows[row].queue_octets});
        for (int i = 0; i < 5; i++) {
            knock(sim, 0, 1);
        }
        run_ms(sim, 1);
        for (uint32_t i = 0; i < s.n; i++) {
            dead += s.list[i].what == 'd';
        }
        T_EQ_ROW(row, 5 - dead, rows[row].live);
        sf_sim_close(sim);
    }
}

static void what_arrives_at_one_moment_is_one_step(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.delay = SF_MS(1)});
    for (int i = 0; i < 3; i++) {
        knock(sim, 0, 1);
    }
    T_TRUE(sf_sim_step(sim, SF_TIME_NEVER));
    T_EQ(s.steps, 1);
    T_EQ(s.n, 3 + 3 + 3); /* sent, arrived, answered */
    sf_sim_close(sim);
}

static void faults_strike_by_direction(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    join(sim, 0, 1,
         (struct sf_sim_path){.delay = SF_MS(1),
                              .faults_ab = "drop n=1; dup n=2",
                              .faults_ba = "delay n=2 5ms"});
    knock(sim, 0, 1);
    knock(sim, 0, 1);
    run_ms(sim, 1);
    expect(&s, 0, 's', 0, 1, 0);
    expect(&s, 1, 'd', 0, 1, 0);
    expect(&s, 2, 's', 0, 1, 0);
    expect(&s, 3, 'a', 0, 1, SF_NS_PER_MS);
    expect(&s, 4, 'a', 0, 1, SF_NS_PER_MS); /* its double */
    expect(&s, 5, 's', 1, 0, SF_NS_PER_MS);
    expect(&s, 6, 's', 1, 0, SF_NS_PER_MS);
    run_ms(sim, 100);
    expect(&s, 7, 'a', 1, 0, 2 * SF_NS_PER_MS);
    expect(&s, 8, 'a', 1, 0, 7 * SF_NS_PER_MS); /* 1 + 1 + 5 */
    sf_sim_close(sim);
}

static void a_damaged_frame_is_refused(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);
    const struct sf_counters *c = NULL;

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.faults_ab = "corrupt"});
    knock(sim, 0, 1);
    run_ms(sim, 1);
    c = sf_stack_counters(sf_sim_stack(sim, 1));
    T_EQ(c->frames_in, 1);
    T_EQ(c->verdicts[SF_PASS] + c->verdicts[SF_DROP_NO_CONNECTION], 0);
    sf_sim_close(sim);
}

static void wrong_rules_make_no_path(void **state)
{
    static const char *const rows[] = {"lose 2%", "drop tx 2%", "drop 1%; dup rx 1%"};
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct sf_sim_path there = {.faults_ab = rows[row]};
        struct sf_sim_path back = {.faults_ba = rows[row]};

        T_EQ_ROW(row, sf_sim_path(sim, 0, 1, &there), SF_ERR_INVAL);
        T_EQ_ROW(row, sf_sim_path(sim, 0, 1, &back), SF_ERR_INVAL);
    }
    knock(sim, 0, 1);
    run_ms(sim, 1);
    T_EQ(s.n, 0);
    sf_sim_close(sim);
}

/* Host 0 is in the middle.  As long as nobody knows who host 2 is, all are asked. */
static void frames_find_the_host_that_has_their_address(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 3, &s);

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.delay = SF_MS(1)});
    join(sim, 0, 2, (struct sf_sim_path){.delay = SF_MS(1)});
    knock(sim, 0, 2);
    run_ms(sim, 2);
    expect(&s, 0, 's', 0, 1, 0);
    expect(&s, 1, 's', 0, 2, 0);
    expect(&s, 4, 's', 2, 0, SF_NS_PER_MS); /* only it answers */
    T_EQ(s.n, 6);
    knock(sim, 0, 2);
    run_ms(sim, 4);
    expect(&s, 6, 's', 0, 2, 2 * SF_NS_PER_MS);
    expect(&s, 7, 'a', 0, 2, 3 * SF_NS_PER_MS);
    T_EQ(s.n, 10);
    sf_sim_close(sim);
}

static void a_cut_host_neither_sends_nor_receives(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.delay = SF_MS(10)});
    knock(sim, 0, 1);
    run_ms(sim, 5);
    sf_sim_cut(sim, 1, true); /* on its way already */
    run_ms(sim, 15);
    expect(&s, 1, 'd', 0, 1, 10 * SF_NS_PER_MS);
    knock(sim, 1, 0);
    run_ms(sim, 20);
    expect(&s, 2, 's', 1, 0, 15 * SF_NS_PER_MS);
    expect(&s, 3, 'd', 1, 0, 15 * SF_NS_PER_MS);
    knock(sim, 0, 1);
    run_ms(sim, 21);
    expect(&s, 5, 'd', 0, 1, 20 * SF_NS_PER_MS);
    sf_sim_cut(sim, 1, false);
    knock(sim, 0, 1);
    run_ms(sim, 31);
    expect(&s, 7, 'a', 0, 1, 31 * SF_NS_PER_MS);
    sf_sim_close(sim);
}

static void a_forged_frame_comes_from_nobody(void **state)
{
    /* No IP version 0 exists. */
    static const uint8_t frame[20] = {0};
    struct seen s;
    struct sf_sim *sim = hosts(1, 1, &s);

    (void)state;
    T_EQ(sf_sim_inject(sim, 0, frame, sizeof(frame), (sf_time){SF_NS_PER_S + 7}), SF_OK);
    T_EQ(sf_sim_inject(sim, 0, frame, sizeof(frame), (sf_time){0}), SF_OK); /* now */
    run_ms(sim, 1);
    expect(&s, 0, 'a', SF_SIM_NOBODY, 0, 0);
    expect(&s, 1, 'a', SF_SIM_NOBODY, 0, 7);
    T_EQ(sf_stack_counters(sf_sim_stack(sim, 0))->verdicts[SF_DROP_IP_VERSION], 2);
    sf_sim_close(sim);
}

static void alarms_ring_in_their_order(void **state)
{
    static const struct {
        uint64_t at, cookie;
    } rows[] = {{0, 12}, {5, 10}, {5, 13}, {9, 11}};
    struct seen s;
    struct sf_sim *sim = hosts(1, 1, &s);

    (void)state;
    T_EQ(sf_sim_at(sim, 0, (sf_time){SF_NS_PER_S + 5}, 10), SF_OK);
    T_EQ(sf_sim_at(sim, 0, (sf_time){SF_NS_PER_S + 9}, 11), SF_OK);
    T_EQ(sf_sim_at(sim, 0, (sf_time){0}, 12), SF_OK); /* has passed: now */
    T_EQ(sf_sim_at(sim, 0, (sf_time){SF_NS_PER_S + 5}, 13), SF_OK);
    sf_sim_run(sim, SF_TIME_NEVER);
    T_EQ(s.n, T_COUNT(rows));
    for (uint32_t i = 0; i < T_COUNT(rows); i++) {
        expect(&s, i, 'l', 0, 0, rows[i].at);
        T_EQ_ROW(i, s.list[i].cookie, rows[i].cookie);
    }
    sf_sim_close(sim);
}

static void what_is_not_over_is_given_back(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 2, &s);

    (void)state;
    join(sim, 0, 1, (struct sf_sim_path){.delay = SF_S(100), .faults_ab = "dup"});
    knock(sim, 0, 1);
    T_EQ(sf_sim_at(sim, 0, (sf_time){UINT64_MAX}, 1), SF_OK);
    run_ms(sim, 1);
    T_EQ(s.n, 1);
    sf_sim_close(sim); /* the leak checker looks */
}

static void a_host_needs_a_configuration_that_makes_sense(void **state)
{
    struct seen s;
    struct sf_sim *sim = hosts(1, 1, &s);
    struct sf_sim_app app = {0};
    struct sf_config config;
    uint32_t host = 77;

    (void)state;
    sf_config_default(&config);
    config.mtu = 10;
    T_EQ(sf_sim_host(sim, &config, &app, &host), SF_ERR_INVAL);
    T_EQ(host, 77);
    sf_config_default(&config);
    T_EQ(sf_sim_host(sim, &config, &app, &host), SF_OK); /* and nobody at home is fine */
    T_EQ(host, 1);
    T_EQ(sf_sim_at(sim, 1, (sf_time){0}, 1), SF_OK);
    run_ms(sim, 1);
    sf_sim_close(sim);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_begins_at_one_second_and_jumps),
        cmocka_unit_test(a_frame_takes_its_delay),
        cmocka_unit_test(a_line_sends_one_frame_at_a_time),
        cmocka_unit_test(a_full_queue_drops_the_last),
        cmocka_unit_test(what_arrives_at_one_moment_is_one_step),
        cmocka_unit_test(faults_strike_by_direction),
        cmocka_unit_test(a_damaged_frame_is_refused),
        cmocka_unit_test(wrong_rules_make_no_path),
        cmocka_unit_test(frames_find_the_host_that_has_their_address),
        cmocka_unit_test(a_cut_host_neither_sends_nor_receives),
        cmocka_unit_test(a_forged_frame_comes_from_nobody),
        cmocka_unit_test(alarms_ring_in_their_order),
        cmocka_unit_test(what_is_not_over_is_given_back),
        cmocka_unit_test(a_host_needs_a_configuration_that_makes_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
