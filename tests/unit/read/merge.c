/* SPDX-License-Identifier: MIT
 *
 * tests/unit/read/merge.c - two captures of the same traffic, made by the simulator, whose
 * truth is known: which segments died, how far the clocks are apart.
 *
 * Host 0's capture is A, host 1's is B.  B's clock is ahead and gains; between the places a
 * router counts the hop limit down, and may translate what B sees of host 0, and both hosts'
 * numbers.
 */
#include "make.h"
#include "world.h"

#include <math.h>
#include <stdlib.h>

#include "watch/merge/merge.h"

#define FRAMES_MOST 100000

struct sent {
    uint64_t hash;
    uint32_t n; /* in its sender's capture */
    uint8_t from;
    uint8_t fate; /* enum sf_fate */
};

static struct rig {
    struct t_world *w;
    struct sf_merge *merge;
    struct sf_dissector *dissector[2];
    uint64_t n[2];
    int64_t ahead_ns;
    double drift;
    bool nat;
    bool router;
    uint32_t delta[2];        /* with nat: added to each host's numbers */
    uint32_t blind_per_mille; /* of what passes B its sniffer misses */
    struct sf_rng rng;
    struct sent sent[FRAMES_MOST];
    uint32_t n_sent, open; /* those before open are resolved */
    uint8_t truth[2][FRAMES_MOST];
} r;

static uint64_t hash_of(const uint8_t *p, size_t n)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static void add32(uint8_t *p, uint32_t v)
{
    sf_put32(p, sf_get32(p) + v);
}

/* What B shows of a segment: host 0 from another address and port, numbers moved. */
static void translate(uint8_t *p, uint32_t from)
{
    uint8_t *t = p + 20;
    uint8_t *end = t + (size_t)(t[12] >> 4) * 4;

    sf_put32(p + (from == 0 ? 12 : 16), 0xcb007109); /* 203.0.113.9 */
    sf_put16(t + (from == 0 ? 0 : 2), (uint16_t)(sf_get16(t + (from == 0 ? 0 : 2)) ^ 0x1234));
    add32(t + 4, r.delta[from]);
    if ((t[13] & SF_ACK) != 0) {
        add32(t + 8, r.delta[from ^ 1]);
    }
    for (uint8_t *o = t + 20; o < end && *o != 0; o += *o == 1 ? 1 : o[1]) {
        for (unsigned i = 2; *o == 5 && i < o[1]; i += 4) {
            add32(o + i, r.delta[from ^ 1]);
        }
    }
}

static void capture(unsigned place, uint32_t from, const struct sf_frame *frame, sf_time now)
{
    uint8_t octets[2048];
    const size_t n = sf_frame_copy(frame, octets, sizeof(octets));
    const double gained = (double)now.ns * r.drift;
    struct sf_packet packet = {.n = ++r.n[place], .linktype = SF_LINKTYPE_RAW};
    struct sf_seen seen;

    assert_true(n == frame->octets);
    if (r.router && place != from) {
        octets[octets[0] >> 4 == 4 ? 8 : 7]--;
    }
    if (r.nat && place == SF_PLACE_B) {
        translate(octets, from);
    }
    if (place == SF_PLACE_B && sf_rng_below(&r.rng, 1000) < r.blind_per_mille) {
        return;
    }
    packet.octets = octets;
    packet.captured = (uint32_t)n;
    packet.length = (uint32_t)n;
    packet.at_ns = UINT64_C(1700000000000000000) + now.ns;
    if (place == SF_PLACE_B) {
        packet.at_ns += (uint64_t)(r.ahead_ns + (int64_t)gained);
    }
    T_EQ(sf_dissect(r.dissector[place], &packet, &seen), SF_SEEN_SEGMENT);
    T_EQ(sf_merge_take(r.merge, (enum sf_place)place, &seen), SF_OK);
}

static uint64_t hash_frame(const struct sf_frame *frame)
{
    uint8_t octets[2048];

    return hash_of(octets, sf_frame_copy(frame, octets, sizeof(octets)));
}

static void sent(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now)
{
    (void)context;
    (void)to;
    assert_true(r.n_sent < FRAMES_MOST);
    capture(from, from, frame, now);
    r.sent[r.n_sent++] = (struct sent){
        .hash = hash_frame(frame), .n = (uint32_t)r.n[from], .from = (uint8_t)from};
}

/* Which one that was: the earliest of those that look so. */
static void resolve(uint32_t from, const struct sf_frame *frame, uint8_t fate)
{
    const uint64_t hash = hash_frame(frame);

    for (uint32_t i = r.open; i < r.n_sent; i++) {
        struct sent *s = &r.sent[i];

        if (s->fate == SF_FATE_UNKNOWN && s->from == from && s->hash == hash) {
            s->fate = fate;
            r.truth[from][s->n] = fate;
            break;
        }
    }
    while (r.open < r.n_sent && r.sent[r.open].fate != SF_FATE_UNKNOWN) {
        r.open++;
    }
}

static void arrived(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                    sf_time now)
{
    (void)context;
    resolve(from, frame, SF_FATE_ARRIVED);
    capture(to, from, frame, now);
}

static void died(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now)
{
    (void)context;
    (void)to;
    (void)now;
    resolve(from, frame, SF_FATE_DIED);
}

static int make(void **state)
{
    static const uint8_t seed[SF_RNG_SEED_OCTETS] = {7};

    (void)state;
    memset(&r, 0, sizeof(r));
    r.ahead_ns = 1234567890;
    r.router = true;
    sf_rng_init(&r.rng, seed);
    r.w = t_world_open(42, SF_IPV4);
    r.w->unchecked = true;
    r.merge = sf_merge_new();
    r.dissector[0] = sf_dissector_new();
    r.dissector[1] = sf_dissector_new();
    return r.merge == NULL;
}

static int drop(void **state)
{
    (void)state;
    t_world_close(r.w);
    sf_merge_free(r.merge);
    sf_dissector_free(r.dissector[0]);
    sf_dissector_free(r.dissector[1]);
    return 0;
}

static void run(void)
{
    const struct sf_sim_tap tap = {.sent = sent, .arrived = arrived, .died = died};

    t_world_start(r.w);
    sf_sim_tap(r.w->sim, &tap);
    t_world_run(r.w);
    T_EQ(sf_merge_join(r.merge), SF_OK);
}

/* How far the clock is from the truth, and that the truth is within its bounds. */
static double clock_error(struct sf_merge_clock *clock)
{
    double truth = 0;

    T_TRUE(sf_merge_clock(r.merge, clock));
    truth =
        (double)r.ahead_ns + (double)(clock->at_ns - UINT64_C(1700000000000000000)) * r.drift;
    assert_true((double)clock->least_ns <= truth && truth <= (double)clock->most_ns);
    return fabs((double)clock->offset_ns - truth);
}

struct tally {
    uint32_t rows, right, wrong, arrived, died;
    uint32_t alike; /* wrong, and like another one in everything */
};

static struct tally judge(void)
{
    struct tally t = {0};
    struct sf_merge_row row;

    for (size_t i = 0; sf_merge_row(r.merge, i, &row); i++) {
        const unsigned near = row.to ^ 1U;

        t.rows++;
        t.arrived += row.fate == SF_FATE_ARRIVED;
        t.died += row.fate == SF_FATE_DIED;
        if (row.n[near] != 0 && row.fate == r.truth[near][row.n[near]]) {
            t.right++;
        } else if (row.seen.flags == SF_ACK && row.seen.text_octets == 0) {
            t.alike++;
        } else {
            t.wrong++;
            printf("# at %llu us: %u of A, %u of B, flags %02x, %u octets, after %llu ns: %u, "
                   "not %u\n",
                   (unsigned long long)(row.seen.at_ns / 1000 - 1700000000000000), row.n[0],
                   row.n[1], row.seen.flags, row.seen.text_octets,
                   (unsigned long long)row.transit_ns, row.fate, r.truth[near][row.n[near]]);
        }
    }
    return t;
}

static uint32_t deaths(void)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < r.n_sent; i++) {
        n += r.sent[i].fate == SF_FATE_DIED;
    }
    return n;
}

static void both_send(uint64_t octets)
{
    r.w->conv[0].side[0].script = (struct t_script){.octets = octets};
    r.w->conv[0].side[1].script = (struct t_script){.octets = octets / 3};
}

/* Every segment is shown where it died, whichever copy of it that was; of acknowledgements that
 * are alike in everything, and so make no difference, as many die as did. */
static void each_segment_dies_where_it_died(void **state)
{
    struct sf_merge_clock clock;
    struct tally t;

    (void)state;
    r.w->path.rate_bps = 50000000;
    r.w->path.faults_ab = "drop 3%";
    r.w->path.faults_ba = "drop 2%";
    both_send(400000);
    run();
    t = judge();
    assert_true(deaths() >= 10);
    T_EQ(t.wrong, 0);
    T_EQ(t.rows, r.n_sent);
    T_EQ(t.died, deaths());
    assert_true(t.alike <= 4);
    assert_true(clock_error(&clock) < 100e3); /* 0.1 ms */
    T_EQ(sf_merge_pairs(r.merge), 1);
}

/* What a NAT changes is found again: addresses, ports, numbers; several connections at once. */
static void a_nat_in_between_does_not_matter(void **state)
{
    struct sf_merge_clock clock;
    struct sf_merge_pair pair;
    struct tally t;

    (void)state;
    r.nat = true;
    r.delta[0] = 0x80001234;
    r.delta[1] = 77;
    r.w->n_conv = 5;
    r.w->path.faults_ab = "drop 2%";
    r.w->path.faults_ba = "drop 2%";
    for (uint32_t i = 0; i < 5; i++) {
        r.w->conv[i].side[0].script = (struct t_script){.octets = 50000};
        r.w->conv[i].side[1].script = (struct t_script){.octets = 20000};
    }
    run();
    t = judge();
    T_EQ(t.wrong, 0);
    T_EQ(t.rows, r.n_sent);
    assert_true(clock_error(&clock) < 100e3);
    T_EQ(sf_merge_pairs(r.merge), 5);
    for (uint32_t i = 0; i < 5; i++) {
        sf_merge_pair(r.merge, i, &pair);
        T_FALSE(pair.only_a);
        T_TRUE(pair.near_a);
        T_EQ(pair.delta[0], 0x80001234);
        T_EQ(pair.delta[1], 77);
        T_EQ(pair.b[0].addr.octets[0], 203);
        T_EQ(pair.b[0].port, pair.a[0].port ^ 0x1234);
        T_EQ(pair.b[1].port, 80);
    }
}

/* Without a router's traces in the hop limit the moments tell who is where. */
static void places_are_told_from_the_moments_alone(void **state)
{
    struct sf_merge_clock clock;
    struct sf_merge_pair pair;
    struct tally t;

    (void)state;
    r.router = false;
    r.ahead_ns = -INT64_C(7200000000000); /* two hours behind */
    r.w->path.faults_ab = "drop 2%";
    both_send(100000);
    run();
    t = judge();
    T_EQ(t.wrong, 0);
    assert_true(clock_error(&clock) < 100e3);
    sf_merge_pair(r.merge, 0, &pair);
    T_TRUE(pair.near_a);
}

static void the_drift_is_found(void **state)
{
    struct sf_merge_clock clock;

    (void)state;
    r.drift = 50e-6;
    r.w->path.rate_bps = 10000000; /* 1500 octets: 1.2 ms, 40: 0.03 ms */
    r.w->path.faults_ab = "drop 1%";
    both_send(600000);
    r.w->conv[0].side[0].script.write_octets = 10000;
    r.w->conv[0].side[0].script.write_pause = SF_MS(500);
    run();
    assert_true(clock_error(&clock) < 100e3);
    T_TRUE(clock.drift_known);
    assert_true(fabs(clock.drift - r.drift) < 5e-6);
    T_EQ(judge().wrong, 0);
}

/* 5 ms more on the way there: the middle is 2.5 ms off, and the bounds say that it may be. */
static void unequal_ways_give_an_interval(void **state)
{
    struct sf_merge_clock clock;
    double error = 0;

    (void)state;
    r.w->path.faults_ab = "delay 5ms";
    both_send(50000);
    run();
    error = clock_error(&clock);
    assert_true(error > 2.4e6 && error < 2.6e6);
    assert_true((double)(clock.most_ns - clock.least_ns) > 24.9e6); /* 15 ms and 10 ms */
}

static void a_sniffer_that_misses_kills_nobody(void **state)
{
    struct sf_merge_row row;
    uint32_t missed = 0;

    (void)state;
    r.blind_per_mille = 20;
    r.w->path.faults_ab = "drop 1%";
    both_send(400000);
    run();
    for (size_t i = 0; sf_merge_row(r.merge, i, &row); i++) {
        const unsigned near = row.to ^ 1U;
        const uint8_t truth = r.truth[near][row.n[near]];

        missed += row.fate == SF_FATE_MISSED;
        if (row.to == SF_PLACE_B && row.seen.text_octets > 0 && row.n[near] != 0) {
            assert_true(row.fate != SF_FATE_DIED || truth == SF_FATE_DIED);
            assert_true(row.fate != SF_FATE_MISSED || truth == SF_FATE_ARRIVED);
        }
    }
    assert_true(missed > 0);
}

/* A SYN that never comes leaves a connection at A alone; others to that server go by B. */
static void a_syn_that_dies_is_seen_to_die(void **state)
{
    struct tally t;

    (void)state;
    r.w->n_conv = 2;
    r.w->path.faults_ab = "drop SYN n=1";
    r.w->conv[0].side[0].script = (struct t_script){.octets = 1000};
    r.w->conv[1].side[0].script = (struct t_script){.octets = 1000};
    run();
    t = judge();
    T_EQ(t.died, 1);
    T_EQ(t.wrong, 0);
}

/* By hand. */

static struct sf_seen segment(uint64_t at_ms, uint32_t n, bool client, uint32_t seq,
                              uint32_t octets, uint8_t flags)
{
    struct sf_seen s = {.at_ns = at_ms * 1000000,
                        .n = n,
                        .seq = {seq},
                        .text_octets = octets,
                        .kind = SF_SEEN_SEGMENT,
                        .flags = flags,
                        .wnd = 1000,
                        .whole = true};

    s.from.addr = sf_addr_v4(10, 0, 0, client ? 1 : 2);
    s.from.port = client ? 5000 : 80;
    s.to.addr = sf_addr_v4(10, 0, 0, client ? 2 : 1);
    s.to.port = client ? 80 : 5000;
    s.ack.v = (flags & SF_ACK) != 0 ? (client ? 501 : 101) : 0;
    return s;
}

static void put(enum sf_place place, struct sf_seen s)
{
    T_EQ(sf_merge_take(r.merge, place, &s), SF_OK);
}

static void shake_hands(void)
{
    put(SF_PLACE_A, segment(1000, 1, true, 100, 0, SF_SYN));
    put(SF_PLACE_B, segment(1110, 1, true, 100, 0, SF_SYN)); /* 10 ms, and 100 ms ahead */
    put(SF_PLACE_B, segment(1111, 2, false, 500, 0, SF_SYN | SF_ACK));
    put(SF_PLACE_A, segment(1021, 2, false, 500, 0, SF_SYN | SF_ACK));
    put(SF_PLACE_A, segment(1022, 3, true, 101, 0, SF_ACK));
    put(SF_PLACE_B, segment(1132, 3, true, 101, 0, SF_ACK));
}

/* A handed 4380 octets to its device; of the three segments on the line the second died. */
static void a_super_segment_is_found_in_its_pieces(void **state)
{
    struct sf_merge_clock clock;
    struct sf_merge_row row;

    (void)state;
    shake_hands();
    put(SF_PLACE_A, segment(1030, 4, true, 101, 4380, SF_ACK | SF_PSH));
    put(SF_PLACE_B, segment(1140, 4, true, 101, 1460, SF_ACK));
    put(SF_PLACE_B, segment(1141, 5, true, 101 + 2920, 1460, SF_ACK | SF_PSH));
    put(SF_PLACE_A, segment(1330, 5, true, 101 + 1460, 1460, SF_ACK));
    put(SF_PLACE_B, segment(1440, 6, true, 101 + 1460, 1460, SF_ACK));
    put(SF_PLACE_A, segment(2000, 6, true, 101 + 4380, 0, SF_ACK | SF_FIN));
    put(SF_PLACE_B, segment(2110, 7, true, 101 + 4380, 0, SF_ACK | SF_FIN));
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_TRUE(sf_merge_clock(r.merge, &clock));
    T_EQ(clock.offset_ns, 100000000);
    /* 10 ms each way; and in 1 s a clock may gain 0.5 ms. */
    assert_true(clock.least_ns >= 89500000 && clock.least_ns <= 90000000);
    assert_true(clock.most_ns >= 110000000 && clock.most_ns <= 110500000);
    T_TRUE(sf_merge_row(r.merge, 3, &row));
    T_EQ(row.n[0], 4);
    T_EQ(row.n[1], 4);
    T_EQ(row.fate, SF_FATE_ARRIVED);
    T_TRUE(row.partly);
    T_EQ(row.transit_ns, 10000000);
    T_TRUE(sf_merge_row(r.merge, 4, &row));
    T_EQ(row.n[0], 5);
    T_EQ(row.n[1], 6);
    T_EQ(row.fate, SF_FATE_ARRIVED);
    T_TRUE(sf_merge_row(r.merge, 5, &row));
    T_EQ(row.fate, SF_FATE_ARRIVED);
    T_FALSE(sf_merge_row(r.merge, 6, &row)); /* the pieces have no rows of their own */
}

/* A RST that arrives at the client and never left the server: something in between made it. */
static void what_was_made_in_between_appears(void **state)
{
    struct sf_merge_row row;

    (void)state;
    shake_hands();
    put(SF_PLACE_A, segment(1500, 4, false, 501, 0, SF_RST | SF_ACK));
    put(SF_PLACE_A, segment(2000, 5, true, 101, 10, SF_ACK));
    put(SF_PLACE_B, segment(2110, 4, true, 101, 10, SF_ACK));
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_TRUE(sf_merge_row(r.merge, 3, &row));
    T_EQ(row.seen.flags, SF_RST | SF_ACK);
    T_EQ(row.fate, SF_FATE_APPEARED);
    T_EQ(row.to, SF_PLACE_A);
    T_EQ(row.n[SF_PLACE_B], 0);
}

/* RFC 5961 s4: a SYN in an open connection is a stranger's until the connection has ended. */
static void a_forged_syn_begins_no_connection(void **state)
{
    struct sf_merge_row row;

    (void)state;
    shake_hands();
    put(SF_PLACE_B, segment(1400, 4, true, 99999, 0, SF_SYN));
    put(SF_PLACE_A, segment(2000, 4, true, 101, 10, SF_ACK));
    put(SF_PLACE_B, segment(2110, 5, true, 101, 10, SF_ACK));
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_EQ(sf_merge_pairs(r.merge), 1);
    T_TRUE(sf_merge_row(r.merge, 3, &row));
    T_EQ(row.fate, SF_FATE_APPEARED);
    T_TRUE(sf_merge_row(r.merge, 4, &row));
    T_EQ(row.fate, SF_FATE_ARRIVED);
}

/* B is silent from 1132 ms on; A sends again and again, and nothing comes back. */
static void what_nobody_answers_any_more_died(void **state)
{
    struct sf_merge_row row;

    (void)state;
    shake_hands();
    put(SF_PLACE_A, segment(5000, 4, true, 101, 10, SF_ACK));
    put(SF_PLACE_A, segment(9000, 5, true, 101, 10, SF_ACK));
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_TRUE(sf_merge_row(r.merge, 3, &row));
    T_EQ(row.fate, SF_FATE_DIED);
    T_TRUE(sf_merge_row(r.merge, 4, &row));
    T_EQ(row.fate, SF_FATE_DIED);
}

/* B's capture ended; that answers still come to A shows that its segments may have arrived. */
static void what_came_after_the_other_capture_ended_is_unknown(void **state)
{
    struct sf_merge_row row;

    (void)state;
    shake_hands();
    put(SF_PLACE_A, segment(5000, 4, true, 101, 10, SF_ACK));
    put(SF_PLACE_A, segment(5020, 5, false, 501, 0, SF_ACK));
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_TRUE(sf_merge_row(r.merge, 3, &row));
    T_EQ(row.fate, SF_FATE_UNKNOWN);
}

/* Something in between rewrites timestamps: it is the same segment all the same. */
static void changed_timestamps_do_not_matter(void **state)
{
    struct sf_seen s = segment(2000, 4, true, 101, 10, SF_ACK);
    struct sf_merge_row row;

    (void)state;
    shake_hands();
    s.options = SF_OPT_TS;
    s.tsval = 1000;
    put(SF_PLACE_A, s);
    s.at_ns += 110000000;
    s.tsval = 7;
    put(SF_PLACE_B, s);
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_TRUE(sf_merge_row(r.merge, 3, &row));
    T_EQ(row.fate, SF_FATE_ARRIVED);
    T_FALSE(sf_merge_row(r.merge, 4, &row));
}

static void captures_with_nothing_in_common_have_no_clock(void **state)
{
    struct sf_merge_clock clock;
    struct sf_merge_row row;

    (void)state;
    put(SF_PLACE_A, segment(1000, 1, true, 100, 0, SF_SYN));
    struct sf_seen other = segment(1000, 1, true, 900, 0, SF_ACK);

    other.from.addr = sf_addr_v4(1, 2, 3, 4);
    other.to.addr = sf_addr_v4(1, 2, 3, 5);
    put(SF_PLACE_B, other);
    T_EQ(sf_merge_join(r.merge), SF_OK);
    T_FALSE(sf_merge_clock(r.merge, &clock));
    T_EQ(sf_merge_pairs(r.merge), 2);
    T_TRUE(sf_merge_row(r.merge, 0, &row));
    T_EQ(row.fate, SF_FATE_UNKNOWN);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_segment_dies_where_it_died, make, drop),
        cmocka_unit_test_setup_teardown(a_nat_in_between_does_not_matter, make, drop),
        cmocka_unit_test_setup_teardown(places_are_told_from_the_moments_alone, make, drop),
        cmocka_unit_test_setup_teardown(the_drift_is_found, make, drop),
        cmocka_unit_test_setup_teardown(unequal_ways_give_an_interval, make, drop),
        cmocka_unit_test_setup_teardown(a_sniffer_that_misses_kills_nobody, make, drop),
        cmocka_unit_test_setup_teardown(a_syn_that_dies_is_seen_to_die, make, drop),
        cmocka_unit_test_setup_teardown(a_super_segment_is_found_in_its_pieces, make, drop),
        cmocka_unit_test_setup_teardown(what_was_made_in_between_appears, make, drop),
        cmocka_unit_test_setup_teardown(a_forged_syn_begins_no_connection, make, drop),
        cmocka_unit_test_setup_teardown(what_nobody_answers_any_more_died, make, drop),
        cmocka_unit_test_setup_teardown(what_came_after_the_other_capture_ended_is_unknown,
                                        make, drop),
        cmocka_unit_test_setup_teardown(changed_timestamps_do_not_matter, make, drop),
        cmocka_unit_test_setup_teardown(captures_with_nothing_in_common_have_no_clock, make,
                                        drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
