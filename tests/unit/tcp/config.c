/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/config.c - defaults, limits, and which worker a flow belongs to.
 */
#include "room.h"

static void the_defaults_are_those_that_the_header_names(void **state)
{
    struct sf_config c;

    (void)state;
    memset(&c, 0xff, sizeof(c));
    sf_config_default(&c);
    for (size_t i = 0; i < sizeof(c.seed); i++) {
        T_EQ(c.seed[i], 0);
    }
    T_EQ(c.mtu, 1500);
    T_EQ(c.ethernet, 0);
    T_EQ(c.cc, SF_CC_NEWRENO);
    T_EQ(c.max_connections, 1024);
    T_EQ(c.max_working, 0);
    T_EQ(c.max_embryos, 1024);
    T_EQ(c.max_time_waits, 4096);
    T_EQ(c.max_listeners, 64);
    T_EQ(c.max_chunks, 8192);
    T_EQ(c.chunk_octets, 4096);
    T_EQ(c.max_sent, 0);
    T_EQ(c.max_replies, 256);
    T_EQ(c.rcvbuf_octets, 1048576);
    T_EQ(c.sndbuf_octets, 1048576);
    T_EQ(c.msl.ns, SF_S(30).ns);
    T_EQ(c.rto_initial.ns, SF_S(1).ns); /* RFC 6298 (2.1) */
    T_EQ(c.rto_min.ns, SF_MS(200).ns);
    T_EQ(c.rto_max.ns, SF_S(120).ns);
    T_EQ(c.delayed_ack.ns, SF_MS(40).ns);
    T_EQ(c.fin_wait_2.ns, SF_S(60).ns);
    T_EQ(c.keepalive_idle.ns, SF_S(2 * 3600).ns); /* MUST-28 */
    T_EQ(c.keepalive_interval.ns, SF_S(75).ns);
    T_EQ(c.keepalive_probes, 9);
    T_EQ(c.user_timeout.ns, 0);
    T_EQ(c.r1_retries, 3);
    T_EQ(c.r2_retries, 15);
    T_EQ(c.syn_retries, 7); /* 1+2+4+..+64+120 s = 247 s: MUST-23 */
    T_EQ(c.synack_retries, 5);
    T_EQ(c.timestamps, 1);
    T_EQ(c.window_scaling, 1);
    T_EQ(c.sack, 1);
    T_EQ(c.initial_window, 10);
    T_EQ(c.max_choices, 0);
    T_EQ(c.syn_cookies, SF_COOKIES_PRESSURE);
    T_EQ(c.max_fast_opens, 64);
    T_EQ(c.fast_open_form, SF_FAST_OPEN_KIND_34);
    T_EQ(c.fast_open_key.ns, SF_S(43200).ns);
    T_EQ(c.fast_open_backoff.ns, SF_S(60).ns);
    T_EQ(c.uto, 0); /* off, as RFC 5482 s3.1 has it */
    T_EQ(c.uto_low.ns, SF_S(100).ns);
    T_EQ(c.uto_high.ns, SF_S(3600).ns);
    T_EQ(c.tos, 0);
    T_EQ(c.hop_limit, 64);
    T_EQ(c.challenge_acks, 1000);
    T_EQ(c.challenge_acks_conn, 10);
    T_EQ(c.icmp_errors, 1000);
    T_EQ(c.port_low, 32768);
    T_EQ(c.port_high, 60999);
    T_EQ(c.worker, 0);
    T_EQ(c.workers, 1);
    T_TRUE(sf_tcp_config_ok(&c));
}

static void zeros_stand_for_what_follows_from_the_connections(void **state)
{
    struct sf_config c;

    (void)state;
    sf_config_default(&c);
    c.max_connections = 511;
    sf_tcp_config_settle(&c);
    T_EQ(c.max_working, 511);
    T_EQ(c.max_sent, 4096); /* 8 * 511 = 4088 */
    c.max_sent = 0;
    c.max_connections = 513;
    sf_tcp_config_settle(&c);
    T_EQ(c.max_working, 511); /* no zero any more */
    T_EQ(c.max_sent, 4104);   /* 8 * 513 */
    T_EQ(c.max_choices, 319); /* 256 + 511 / 8, no zero any more */
    c.max_sent = 7;
    sf_tcp_config_settle(&c);
    T_EQ(c.max_sent, 7);
    c.max_sent = 0;
    c.max_connections = 100000000; /* 8 times that is beyond the 29 bits of an index */
    sf_tcp_config_settle(&c);
    T_EQ(c.max_sent, (1U << 29) - 1);
}

static void nobody_looks_like_another_by_default(void **state)
{
    struct sf_config c;

    (void)state;
    sf_config_default(&c);
    T_EQ(c.syn_linear, 0);
    for (size_t i = 0; i < SF_SYN_OPTIONS; i++) {
        T_EQ(c.syn_order[i], i);
    }
    T_EQ(c.syn_padding, SF_PADDING_FRONT);
    T_EQ(c.window_scale, SF_SCALE_BY_BUFFER);
    T_EQ(c.syn_window, 65535);
    T_EQ(c.window_by_mss, 0);
    T_EQ(c.initial_window_octets, 0);
    T_EQ(c.initial_window_whole, 0);
    T_EQ(c.ack_every, 2); /* RFC 5681 s4.2 */
    T_EQ(c.quick_acks, 0);
    T_EQ(c.push, SF_PUSH_EMPTY);
    T_EQ(c.reset_echo, 1);
    T_EQ(c.testing, 0);
    T_EQ(c.iss_fixed, 0);
    T_EQ(c.window_unsaid, 0);
    T_EQ(c.fin_again, 0);
    T_EQ(c.drop_syn_fin, 0);
    T_EQ(c.rto_slop.ns, 0);
    T_EQ(c.open_timeout.ns, 0);
    T_EQ(c.syn_plain, 255); /* never */
    T_EQ(c.fast_open_ask_once, 0);
    T_EQ(c.insecure_rst, 0); /* RFC 5961 s3.2 */
    T_EQ(c.insecure_syn, 0); /* RFC 5961 s4.2 */
}

/* True if a configuration that is good but for one field, of so many octets, is taken. */
static bool takes(size_t offset, size_t octets, uint64_t value)
{
    struct sf_config c;
    uint8_t *field = (uint8_t *)&c + offset;
    const uint8_t v8 = (uint8_t)value;
    const uint16_t v16 = (uint16_t)value;
    const uint32_t v32 = (uint32_t)value;

    sf_config_default(&c);
    c.workers = 4;
    switch (octets) {
    case 1:
        memcpy(field, &v8, 1);
        break;
    case 2:
        memcpy(field, &v16, 2);
        break;
    case 4:
        memcpy(field, &v32, 4);
        break;
    default:
        memcpy(field, &value, 8);
        break;
    }
    return sf_tcp_config_ok(&c);
}

#define TAKES(field, value) \
    takes(offsetof(struct sf_config, field), sizeof(((struct sf_config *)0)->field), (value))

/* Taken at both edges, refused beyond them. */
#define EDGES(field, low, high)                                 \
    do {                                                        \
        T_TRUE(TAKES(field, (low)));                            \
        T_TRUE(TAKES(field, (high)));                           \
        T_FALSE((low) != 0 && TAKES(field, (uint64_t)(low)-1)); \
        T_FALSE(TAKES(field, (uint64_t)(high) + 1));            \
    } while (0)

static void limits_that_make_no_sense_are_refused_at_their_edges(void **state)
{
    (void)state;
    EDGES(mtu, 576, 65535);
    T_FALSE(TAKES(max_connections, 0));
    T_FALSE(TAKES(max_embryos, 0));
    T_FALSE(TAKES(max_time_waits, 0));
    T_FALSE(TAKES(max_listeners, 0));
    T_FALSE(TAKES(max_replies, 0));
    T_FALSE(TAKES(max_connections, 1U << 29));
    T_FALSE(TAKES(max_chunks, 7));
    T_TRUE(TAKES(max_chunks, 8));
    T_FALSE(TAKES(chunk_octets, 128));
    T_TRUE(TAKES(chunk_octets, 256));
    T_FALSE(TAKES(chunk_octets, 257));
    T_FALSE(TAKES(chunk_octets, 3 * 256));
    T_TRUE(TAKES(chunk_octets, 32768));
    T_FALSE(TAKES(chunk_octets, 65536));   /* offsets in a chunk have 16 bits */
    EDGES(rcvbuf_octets, 1, 65535U << 14); /* the largest window there is (RFC 7323 s2.3) */
    EDGES(sndbuf_octets, 1, 65535U << 14);
    EDGES(sack, SF_OFFER_NO, SF_OFFER_ANSWER);
    EDGES(window_scaling, SF_OFFER_NO, SF_OFFER_ANSWER);
    EDGES(timestamps, SF_OFFER_NO, SF_OFFER_ANSWER);
    EDGES(uto, 0, 1);
    T_FALSE(TAKES(hop_limit, 0));
    T_TRUE(TAKES(hop_limit, 255));
    T_FALSE(TAKES(syn_cookies, SF_COOKIES_DEFAULT));
    T_TRUE(TAKES(syn_cookies, SF_COOKIES_OFF));
    T_TRUE(TAKES(syn_cookies, SF_COOKIES_ALWAYS));
    T_FALSE(TAKES(syn_cookies, SF_COOKIES_ALWAYS + 1));
    T_TRUE(TAKES(fast_open_form, SF_FAST_OPEN_FALLBACK));
    T_FALSE(TAKES(fast_open_form, SF_FAST_OPEN_FALLBACK + 1));
    T_TRUE(TAKES(max_fast_opens, 0));
    T_TRUE(TAKES(max_fast_opens, 65536));
    T_FALSE(TAKES(max_fast_opens, 65537));
    EDGES(port_low, 1, 60999);
    T_TRUE(TAKES(worker, 3));
    T_FALSE(TAKES(worker, 4));
}

static void times_that_records_cannot_keep_or_the_rfcs_forbid_are_refused(void **state)
{
    (void)state;
    EDGES(msl, 1, SF_S(900).ns); /* 2MSL of 30 minutes, below 2^31 us */
    EDGES(rto_min, SF_US(1).ns, SF_S(120).ns);
    EDGES(rto_initial, SF_US(1).ns, SF_S(120).ns);
    EDGES(rto_slop, 0, SF_S(120).ns);
    EDGES(open_timeout, 0, SF_MS(UINT32_MAX).ns);
    EDGES(rto_granularity, 0, SF_S(120).ns);                  /* rto_max */
    EDGES(rto_max, SF_S(60).ns, SF_S(1800).ns);               /* RFC 6298 (2.5) */
    EDGES(delayed_ack, 0, SF_MS(500).ns - 1);                 /* MUST-40 */
    EDGES(fin_wait_2, 1, SF_MS(UINT32_MAX).ns);               /* 49 days */
    EDGES(keepalive_idle, SF_MS(1).ns, SF_MS(UINT32_MAX).ns); /* 32-bit milliseconds */
    EDGES(user_timeout, 0, SF_MS(UINT32_MAX).ns);             /* 0: none */
    T_FALSE(TAKES(r2_retries, 2));                            /* below R1 */
    T_TRUE(TAKES(r2_retries, 3));
    EDGES(uto_low, SF_S(100).ns, SF_S(3600).ns); /* RFC 5482 s3.1; at most uto_high */
    EDGES(fast_open_key, SF_S(1).ns, SF_MS(UINT32_MAX).ns);
    T_TRUE(TAKES(fast_open_backoff, 0)); /* it never rests */
    T_FALSE(TAKES(fast_open_backoff, 1));
    T_FALSE(TAKES(fast_open_backoff, SF_S(1).ns - 1));
    T_TRUE(TAKES(fast_open_backoff, SF_S(1).ns));
    T_TRUE(TAKES(fast_open_backoff, SF_S(86400).ns));
    T_FALSE(TAKES(fast_open_backoff, SF_S(86400).ns + 1));
    EDGES(uto_high, SF_S(100).ns, SF_MS(UINT32_MAX).ns);
}

static void how_others_look_has_its_edges_too(void **state)
{
    struct sf_config c;

    (void)state;
    EDGES(syn_padding, SF_PADDING_FRONT, SF_PADDING_END);
    EDGES(nagle, SF_NAGLE_ALL, SF_NAGLE_SMALL);
    EDGES(more_briefly, 0, 1);
    EDGES(accept_dead, 0, 1);
    EDGES(quick_reply, 0, 1);
    EDGES(window_scale, 0, 14); /* RFC 7323 s2.3 */
    T_TRUE(TAKES(window_scale, SF_SCALE_BY_BUFFER));
    T_FALSE(TAKES(syn_window, 0));
    EDGES(window_by_mss, 0, 1);
    EDGES(initial_window_whole, 0, 1);
    EDGES(ack_every, 0, 2); /* RFC 5681 s4.2: at least every second */
    EDGES(window_eager, 0, 1);
    EDGES(ack_small, 0, 1);
    EDGES(push, SF_PUSH_EMPTY, SF_PUSH_WRITES);
    EDGES(reset_echo, 0, 1);
    EDGES(window_unsaid, 0, 1);
    EDGES(fin_again, 0, 1);
    EDGES(drop_syn_fin, 0, 1);
    EDGES(fast_open_ask_once, 0, 1);
    sf_config_default(&c);
    c.syn_order[0] = SF_SYN_OPTION_SACK;
    c.syn_order[1] = SF_SYN_OPTION_MSS;
    T_TRUE(sf_tcp_config_ok(&c));
    c.syn_order[1] = SF_SYN_OPTION_SACK; /* twice, and MSS never */
    T_FALSE(sf_tcp_config_ok(&c));
    c.syn_order[1] = SF_SYN_OPTIONS;
    T_FALSE(sf_tcp_config_ok(&c));
}

/* MUST-8, RFC 5961 s3.2 and s4.2: nobody gets what forgers like by accident. */
static void what_is_insecure_is_refused_outside_of_tests(void **state)
{
    for (int which = 0; which < 3; which++) {
        struct sf_config c;

        (void)state;
        sf_config_default(&c);
        *(which == 0 ? &c.iss_fixed : which == 1 ? &c.insecure_rst : &c.insecure_syn) = 1;
        T_FALSE(sf_tcp_config_ok(&c));
        c.testing = 1;
        T_TRUE(sf_tcp_config_ok(&c));
        c.testing = 2;
        T_FALSE(sf_tcp_config_ok(&c));
    }
}

/* Whoever cuts a super-segment completes the checksums of its parts. */
static void super_segments_without_checksums_are_refused(void **state)
{
    struct sf_config c;

    (void)state;
    sf_config_default(&c);
    for (uint32_t caps = 0; caps < 8; caps++) {
        c.link_caps = (uint8_t)caps;
        T_EQ_ROW(caps, sf_tcp_config_ok(&c), caps == 0 || (caps & SF_LINK_CSUM_TX) != 0);
    }
}

static void memory_that_cannot_be_addressed_is_refused(void **state)
{
    struct sf_config c;

    (void)state;
    sf_config_default(&c);
    c.max_chunks = 1U << 28;
    c.chunk_octets = 32768; /* 2^43 octets: more than 2^31, less than 2^63 */
    T_EQ(sf_tcp_config_ok(&c), sizeof(size_t) == 8);
}

static struct sf_endpoint end(uint8_t last, uint16_t port, uint8_t family)
{
    return (struct sf_endpoint){
        .addr = {.octets = {10, 1, 2, last, [15] = last}, .family = family},
        .port = port,
    };
}

static void a_flow_belongs_to_the_same_worker_in_both_directions(void **state)
{
    (void)state;
    for (uint16_t i = 0; i < 1000; i++) {
        uint8_t family = i % 2 == 0 ? SF_IPV4 : SF_IPV6;
        struct sf_endpoint a = end((uint8_t)i, (uint16_t)(1000 + i), family);
        struct sf_endpoint b = end(7, 80, family);

        T_EQ(sf_steer(&a, &b, 5), sf_steer(&b, &a, 5));
        T_TRUE(sf_steer(&a, &b, 5) < 5);
        T_EQ(sf_steer(&a, &b, 1), 0);
    }
}

/* 4 workers, 4096 ports: 1024 each; 4 standard deviations are 4 * sqrt(4096 * 3/16) = 111. */
static void flows_spread_evenly_over_workers(void **state)
{
    static const uint8_t families[] = {SF_IPV4, SF_IPV6};

    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        uint32_t flows[4] = {0};
        struct sf_endpoint b = end(7, 80, families[f]);

        for (uint16_t i = 0; i < 4096; i++) {
            struct sf_endpoint a = end(9, (uint16_t)(20000 + i), families[f]);

            flows[sf_steer(&a, &b, 4)]++;
        }
        for (int i = 0; i < 4; i++) {
            T_TRUE(flows[i] >= 1024 - 111 && flows[i] <= 1024 + 111);
        }
    }
}

/* What an IPv4 address does not use does not count. */
static void octets_behind_an_ipv4_address_do_not_steer(void **state)
{
    struct sf_endpoint a = end(1, 1234, SF_IPV4);
    struct sf_endpoint b = end(2, 80, SF_IPV4);
    struct sf_endpoint dirty = a;

    (void)state;
    memset(dirty.addr.octets + 4, 0xee, 12);
    T_EQ(sf_steer(&a, &b, 65535), sf_steer(&dirty, &b, 65535));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_those_that_the_header_names),
        cmocka_unit_test(zeros_stand_for_what_follows_from_the_connections),
        cmocka_unit_test(limits_that_make_no_sense_are_refused_at_their_edges),
        cmocka_unit_test(nobody_looks_like_another_by_default),
        cmocka_unit_test(how_others_look_has_its_edges_too),
        cmocka_unit_test(what_is_insecure_is_refused_outside_of_tests),
        cmocka_unit_test(super_segments_without_checksums_are_refused),
        cmocka_unit_test(times_that_records_cannot_keep_or_the_rfcs_forbid_are_refused),
        cmocka_unit_test(memory_that_cannot_be_addressed_is_refused),
        cmocka_unit_test(a_flow_belongs_to_the_same_worker_in_both_directions),
        cmocka_unit_test(flows_spread_evenly_over_workers),
        cmocka_unit_test(octets_behind_an_ipv4_address_do_not_steer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
