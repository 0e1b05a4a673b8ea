/* SPDX-License-Identifier: MIT
 *
 * tests/sim/whole.c - whole conversations of two stacks on a good path: every order of
 * opening and closing, in every size of step.
 */
#include "world.h"

#include "talk.h"

/* Both ends CLOSED, every octet where it belongs, nothing left. */
static void runs_clean(struct t_world *w)
{
    t_world_run(w);
    for (uint32_t i = 0; i < w->n_conv; i++) {
        t_world_clean(w, i);
    }
    t_world_close(w);
}

static void nothing_is_sent_and_both_close(void **state)
{
    runs_clean(t_world_open(1, t_family(state)));
}

static void octets_flow_one_way(void **state)
{
    for (uint32_t side = 0; side < 2; side++) {
        struct t_world *w = t_world_open(2, t_family(state));

        w->conv[0].side[side].script.octets = 1000000;
        runs_clean(w);
    }
}

static void octets_flow_both_ways_at_once(void **state)
{
    struct t_world *w = t_world_open(3, t_family(state));

    w->conv[0].side[0].script.octets = 500000;
    w->conv[0].side[1].script.octets = 700000;
    runs_clean(w);
}

static void octets_flow_by_the_calls_that_borrow(void **state)
{
    struct t_world *w = t_world_open(4, t_family(state));

    for (uint32_t side = 0; side < 2; side++) {
        w->conv[0].side[side].script = (struct t_script){.octets = 300000, .borrow = true};
    }
    runs_clean(w);
}

static void octets_flow_in_single_ones(void **state)
{
    struct t_world *w = t_world_open(5, t_family(state));

    w->conv[0].side[0].script = (struct t_script){.octets = 3000, .write_octets = 1};
    w->conv[0].side[1].script = (struct t_script){.octets = 3000, .read_octets = 1};
    runs_clean(w);
}

/* Window closed and opened again and again: 100 octets every 5 ms from a buffer of 4096. */
static void a_slow_reader_gets_everything(void **state)
{
    struct t_world *w = t_world_open(6, t_family(state));

    w->host[1].config.rcvbuf_octets = 4096;
    w->conv[0].side[0].script.octets = 100000;
    w->conv[0].side[1].script = (struct t_script){.read_octets = 100, .read_pause = SF_MS(5)};
    runs_clean(w);
}

/* The window stays closed for a minute: probes keep the connection up. */
static void a_reader_that_sleeps_gets_everything(void **state)
{
    struct t_world *w = t_world_open(7, t_family(state));

    w->host[1].config.rcvbuf_octets = 4096;
    w->conv[0].side[0].script.octets = 100000;
    w->conv[0].side[1].script = (struct t_script){.read_octets = 4096, .read_pause = SF_S(60)};
    runs_clean(w);
}

static void one_end_closes_after_the_other(void **state)
{
    for (uint32_t second = 0; second < 2; second++) {
        struct t_world *w = t_world_open(8, t_family(state));

        w->conv[0].side[0].script.octets = 10000;
        w->conv[0].side[1].script.octets = 10000;
        w->conv[0].side[second].script.finish = T_AFTER;
        runs_clean(w);
    }
}

/* Half-close: one sends FIN at once and then still receives 10 MB. */
static void a_half_closed_end_still_receives(void **state)
{
    for (uint32_t side = 0; side < 2; side++) {
        struct t_world *w = t_world_open(9, t_family(state));

        w->conv[0].side[1 - side].script =
            (struct t_script){.octets = 10000000, .finish = T_AFTER};
        t_world_until(w, SF_MS(100));
        T_EQ(t_world_state(w, 0, side), SF_FIN_WAIT_2);
        T_EQ(t_world_state(w, 0, 1 - side), SF_CLOSE_WAIT);
        runs_clean(w);
    }
}

static void both_open_at_once(void **state)
{
    struct t_world *w = t_world_open(10, t_family(state));

    w->conv[0].side[0].script.octets = 20000;
    w->conv[0].side[1].script = (struct t_script){.octets = 20000, .opens = true};
    runs_clean(w);
}

static void both_close_at_once(void **state)
{
    struct t_world *w = t_world_open(11, t_family(state));

    /* Open after 30 ms at both; FINs leave at 100 ms and cross. */
    w->conv[0].side[0].script = (struct t_script){.finish = T_CLOSE, .finish_pause = SF_MS(80)};
    w->conv[0].side[1].script = (struct t_script){.finish = T_CLOSE, .finish_pause = SF_MS(70)};
    t_world_until(w, SF_S(1));
    T_EQ(w->host[0].frames, 2 + 2); /* SYN, ACK; FIN, ACK of FIN */
    T_EQ(w->host[1].frames, 1 + 2);
    runs_clean(w);
}

static void a_reset_reaches_the_other_end(void **state)
{
    struct t_world *w = t_world_open(12, t_family(state));

    w->conv[0].side[0].script =
        (struct t_script){.octets = 5000, .finish = T_ABORT, .finish_pause = SF_MS(100)};
    t_world_run(w);
    T_EQ(w->conv[0].side[0].error, SF_OK);
    T_EQ(w->conv[0].side[1].error, SF_ERR_RESET);
    t_world_close(w);
}

/* CLOSE while the peer still sends makes it a RST (SHLD-3). */
static void closing_on_a_sender_resets_it(void **state)
{
    struct t_world *w = t_world_open(13, t_family(state));

    w->conv[0].side[0].script.octets = 1000000;
    w->conv[0].side[1].script =
        (struct t_script){.quit_after = 20000, .read_octets = 1000, .finish = T_CLOSE};
    w->conv[0].side[1].script.octets = 1; /* not done by itself at the start */
    t_world_run(w);
    T_EQ(w->conv[0].side[0].error, SF_ERR_RESET);
    t_world_close(w);
}

static void nobody_listens(void **state)
{
    struct t_world *w = t_world_open(14, t_family(state));

    w->host[1].listen.local.port = 81;
    t_world_run(w);
    T_EQ(w->conv[0].side[0].error, SF_ERR_REFUSED);
    T_EQ(w->frames, 2); /* SYN, RST */
    t_world_close(w);
}

/* R2: 15 retransmissions from an RTO of 200 ms on, doubled up to 120 s. */
static void a_peer_that_vanishes_is_given_up(void **state)
{
    struct t_world *w = t_world_open(15, t_family(state));
    uint64_t minutes = 0;

    w->conv[0].side[0].script.octets = 1000000;
    w->conv[0].side[1].script =
        (struct t_script){.read_octets = 1000, .read_pause = SF_MS(10), .finish = T_AFTER};
    t_world_until(w, SF_MS(500));
    T_EQ(t_world_state(w, 0, 0), SF_ESTABLISHED);
    sf_sim_cut(w->sim, 1, true);
    while (w->conv[0].side[0].held && sf_sim_step(w->sim, SF_TIME_NEVER)) {
    }
    T_EQ(w->conv[0].side[0].error, SF_ERR_TIMED_OUT);
    minutes = sf_sim_now(w->sim).ns / SF_NS_PER_S / 60;
    T_TRUE(minutes >= 10 && minutes <= 30); /* about 15; RFC 9293 MUST-20: 100 s at least */
    sf_sim_cut(w->sim, 1, false);
    /* The other end had nothing to say; it learns when the RST came too early for it. */
    T_EQ(t_world_state(w, 0, 1), SF_ESTABLISHED);
    sf_abort(sf_sim_stack(w->sim, 1), w->conv[0].side[1].handle, sf_sim_now(w->sim));
    w->conv[0].side[1].held = false;
    t_world_run(w);
    t_world_close(w);
}

static void a_user_timeout_is_kept(void **state)
{
    struct t_world *w = t_world_open(16, t_family(state));
    uint64_t cut = 0;

    w->host[0].config.user_timeout = SF_S(5);
    w->conv[0].side[0].script = (struct t_script){.octets = 10000000};
    w->conv[0].side[1].script.finish = T_STAY;
    t_world_until(w, SF_MS(300));
    sf_sim_cut(w->sim, 1, true);
    cut = sf_sim_now(w->sim).ns;
    while (w->conv[0].side[0].held && sf_sim_step(w->sim, SF_TIME_NEVER)) {
    }
    T_EQ(w->conv[0].side[0].error, SF_ERR_USER_TIMEOUT);
    T_TRUE(sf_sim_now(w->sim).ns - cut >= 4 * SF_NS_PER_S);
    T_TRUE(sf_sim_now(w->sim).ns - cut <= 6 * SF_NS_PER_S);
    sf_sim_cut(w->sim, 1, false);
    t_world_run(w);
    t_world_close(w);
}

/* A server that vanished while nothing was said is found out by keepalive. */
static void keepalive_finds_out_who_vanished(void **state)
{
    struct t_world *w = t_world_open(17, t_family(state));

    w->host[0].config.keepalive_idle = SF_S(100);
    w->host[0].config.keepalive_interval = SF_S(10);
    w->host[0].config.keepalive_probes = 3;
    w->conv[0].side[0].script.finish = T_STAY;
    w->conv[0].side[1].script.finish = T_STAY;
    t_world_until(w, SF_S(1));
    T_EQ(sf_set_option(sf_sim_stack(w->sim, 0), w->conv[0].side[0].handle, SF_OPTION_KEEPALIVE,
                       1, sf_sim_now(w->sim)),
         SF_OK);
    t_world_until(w, SF_S(1000)); /* answered again and again */
    T_EQ(t_world_state(w, 0, 0), SF_ESTABLISHED);
    sf_sim_cut(w->sim, 1, true);
    t_world_until(w, SF_S(1229)); /* 100 + 3 * 10 after the last answer, at 900 to 1000 */
    T_EQ(w->conv[0].side[0].error, SF_ERR_TIMED_OUT);
    sf_sim_cut(w->sim, 1, false);
    t_world_run(w);
    t_world_close(w);
}

static void several_conversations_share_a_path(void **state)
{
    struct t_world *w = t_world_open(18, t_family(state));

    w->n_conv = T_CONVS;
    w->path.rate_bps = 20000000;
    w->path.queue_octets = 30000;
    for (uint32_t i = 0; i < w->n_conv; i++) {
        w->conv[i].side[0].script.octets = 50000 + 1000 * i;
        w->conv[i].side[1].script.octets = 90000 - 1000 * i;
    }
    runs_clean(w);
}

/* 10 Mbit/s and a queue of 64 KiB: 8 Mbit take 0.8 s; a share of 0.8 is decent for
 * NewReno with a queue of this size. */
static void a_slow_path_is_filled(void **state)
{
    struct t_world *w = t_world_open(19, t_family(state));
    sf_time begin;

    w->path.rate_bps = 10000000;
    w->path.queue_octets = 65536;
    w->conv[0].side[0].script.octets = 10000000;
    t_world_start(w);
    begin = sf_sim_now(w->sim);
    while (w->conv[0].side[1].in < 10000000 && sf_sim_step(w->sim, SF_TIME_NEVER)) {
    }
    T_TRUE(sf_sim_now(w->sim).ns - begin.ns < 10 * SF_NS_PER_S); /* 80 Mbit: 8 s at best */
    runs_clean(w);
}

static void super_segments_pass_whole(void **state)
{
    struct t_world *w = t_world_open(20, t_family(state));

    for (uint32_t i = 0; i < 2; i++) {
        w->host[i].config.link_caps = SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6;
        w->host[i].config.rcvbuf_octets = 1 << 20;
        w->host[i].config.sndbuf_octets = 1 << 20;
        w->host[i].config.max_chunks = 2048;
        w->conv[0].side[i].script.octets = 3000000;
    }
    t_world_start(w);
    while (sf_sim_step(w->sim, SF_TIME_NEVER)) {
    }
    /* 6 MB in frames of 1460 octets would be 4110, and half as many acknowledgements. */
    T_TRUE(w->frames < 3000);
    runs_clean(w);
}

static void frames_with_ethernet_find_their_neighbours(void **state)
{
    struct t_world *w = t_world_open(21, t_family(state));

    for (uint8_t i = 0; i < 2; i++) {
        static const uint8_t macs[2][6] = {{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, 2}};

        w->host[i].config.ethernet = 1;
        memcpy(w->host[i].config.mac, macs[i], 6);
        w->conv[0].side[i].script.octets = 50000;
    }
    t_world_run(w);
    t_world_clean(w, 0);
    t_world_close(w);
}

/* The client has one port, the server closes first: each SYN meets the TIME-WAIT of the
 * conversation before, and takes it over (RFC 6191, RFC 1122 s4.2.2.13). */
static void time_wait_is_taken_over_again_and_again(void **state)
{
    for (uint8_t timestamps = 0; timestamps < 2; timestamps++) {
        struct t_world *w = t_world_open(22, t_family(state));

        w->n_conv = T_CONVS;
        for (uint32_t i = 0; i < 2; i++) {
            w->host[i].config.timestamps = timestamps;
            w->host[i].config.port_low = 40000;
            w->host[i].config.port_high = 40000;
        }
        for (uint32_t i = 0; i < w->n_conv; i++) {
            w->conv[i].side[0].script =
                (struct t_script){.octets = 5000, .finish = T_AFTER, .start = SF_MS(1000 * i)};
            w->conv[i].side[1].script.octets = 5000;
        }
        t_world_run(w);
        for (uint32_t i = 0; i < w->n_conv; i++) {
            T_EQ(w->conv[i].port, 40000);
            t_world_clean(w, i);
        }
        T_EQ(sf_stack_counters(sf_sim_stack(w->sim, 1))->time_waits_reused, T_CONVS - 1);
        t_world_close(w);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(nothing_is_sent_and_both_close),
        T_BOTH(octets_flow_one_way),
        T_BOTH(octets_flow_both_ways_at_once),
        T_BOTH(octets_flow_by_the_calls_that_borrow),
        T_BOTH(octets_flow_in_single_ones),
        T_BOTH(a_slow_reader_gets_everything),
        T_BOTH(a_reader_that_sleeps_gets_everything),
        T_BOTH(one_end_closes_after_the_other),
        T_BOTH(a_half_closed_end_still_receives),
        T_BOTH(both_open_at_once),
        T_BOTH(both_close_at_once),
        T_BOTH(a_reset_reaches_the_other_end),
        T_BOTH(closing_on_a_sender_resets_it),
        T_BOTH(nobody_listens),
        T_BOTH(a_peer_that_vanishes_is_given_up),
        T_BOTH(a_user_timeout_is_kept),
        T_BOTH(keepalive_finds_out_who_vanished),
        T_BOTH(several_conversations_share_a_path),
        T_BOTH(a_slow_path_is_filled),
        T_BOTH(super_segments_pass_whole),
        T_BOTH(frames_with_ethernet_find_their_neighbours),
        T_BOTH(time_wait_is_taken_over_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
