/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/icmp.c - echo requests and their replies, errors in both directions.
 */
#include "rig.h"

#include "base/bytes.h"
#include "pattern.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"

static struct packet k;

/* What left is an ICMP message of ours to the peer, its checksum right; returns it. */
static const uint8_t *message(const struct rig *r, enum sf_family family, size_t *n)
{
    struct sf_ip ip;
    uint32_t sum = 0;

    rig_parse(r, &ip);
    T_EQ(ip.family, family);
    T_EQ(ip.protocol, family == SF_IPV4 ? SF_PROTO_ICMP : SF_PROTO_ICMPV6);
    T_EQ(ip.hop_limit, 64);
    T_MEM(ip.src, rig_us(family), sf_ip_addr_octets(family));
    T_MEM(ip.dst, rig_peer(family), sf_ip_addr_octets(family));
    if (family == SF_IPV6) {
        sum = sf_sum_pseudo(SF_IPV6, ip.src, ip.dst, SF_PROTO_ICMPV6, ip.payload_octets);
    }
    T_EQ(sf_sum_end(sf_sum(ip.payload, ip.payload_octets, sum)), 0);
    *n = ip.payload_octets;
    return ip.payload;
}

static void a_ping_is_answered_octet_by_octet(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    /* ping -s 4: 0800 + 1234 + 0001 + 6162 + 6364 = defb. */
    k.n = rig_hex("45000020 00070000 4001 66d4 0a000001 0a000002 0800 2104 1234 0001 61626364",
                  k.p);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    /* 64 hops, DF, no identification; a sum of d6fb. */
    T_OUT(&r, "45000020 00004000 4001 26db 0a000002 0a000001 0000 2904 1234 0001 61626364");
    T_EQ(r.frame.family, SF_IPV4);
    T_EQ(r.frame.transport_start, 20);
    T_EQ(r.frame.csum, SF_CSUM_FULL);
    T_EQ(r.frame.gso_octets, 0);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

/* RFC 1122 s3.2.2.6: also if that is not the one that we would choose. */
static void a_ping_is_answered_from_the_address_that_was_asked(void **state)
{
    const struct sf_addr second = sf_addr_v4(10, 0, 0, 3);
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    T_EQ(sf_stack_add_address(r.st, &second, 24), SF_OK);
    k.n = rig_hex("45000020 00070000 4001 66d3 0a000001 0a000003 0800 2104 1234 0001 61626364",
                  k.p);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_OUT(&r, "45000020 00004000 4001 26da 0a000003 0a000001 0000 2904 1234 0001 61626364");
    rig_end(&r);
}

static void a_ping_of_any_length_up_to_the_mtu_is_answered(void **state)
{
    /* The last two: an IPv4 packet of 1500 octets, and an IPv6 packet. */
    static const size_t lengths[] = {0,  1,   7,   56,  57,   86,   87,
                                     88, 255, 256, 257, 1000, 1452, 1472};
    static const enum sf_family families[] = {SF_IPV4, SF_IPV6};
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.chunk_octets = 256;
    rig_start(&r);
    for (size_t f = 0; f < T_COUNT(families); f++) {
        for (size_t i = 0; i < T_COUNT(lengths); i++) {
            const bool fits = families[f] == SF_IPV4 || lengths[i] <= 1452;
            const uint8_t *p = NULL;
            size_t n = 0;

            packet_ping(&k, families[f], lengths[i]);
            T_EQ_ROW(i, rig_rx(&r, &k), fits ? SF_PASS : SF_DROP_ICMP);
            T_EQ_ROW(i, rig_tx(&r), fits);
            if (fits) {
                p = message(&r, families[f], &n);
                T_EQ_ROW(i, n, 8 + lengths[i]);
                T_EQ(p[0], families[f] == SF_IPV4 ? 0 : 129);
                T_EQ(sf_get32(p + 4), 0x12340001);
                T_EQ_ROW(i, t_pattern_match(1, 0, p + 8, lengths[i]), lengths[i]);
            }
        }
    }
    rig_end(&r);
}

static void a_ping_to_a_group_of_ours_is_answered_from_our_address(void **state)
{
    struct rig r;
    size_t n;

    (void)state;
    rig_begin(&r, true);
    rig_meet(&r);
    packet_ping(&k, SF_IPV6, 4);
    memcpy(k.p + 24, sf_ip6_all_nodes, 16);
    sf_put16(k.p + 42, 0);
    sf_put16(k.p + 42,
             sf_sum_end(sf_sum(k.p + 40, 12,
                               sf_sum_pseudo(SF_IPV6, rig_peer6, sf_ip6_all_nodes, 58, 12))));
    packet_eth(&k, (const uint8_t *)"\x33\x33\0\0\0\x01", SF_ETH_IPV6);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_TRUE(rig_tx(&r));
    (void)message(&r, SF_IPV6, &n);
    rig_end(&r);
}

static void pings_that_find_no_place_are_lost_and_counted(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.max_replies = 3;
    rig_start(&r);
    packet_ping(&k, SF_IPV4, 100);
    for (int i = 0; i < 3; i++) {
        T_EQ(rig_rx(&r, &k), SF_PASS);
    }
    T_EQ(rig_rx(&r, &k), SF_DROP_NO_MEMORY);
    T_EQ(sf_stack_counters(r.st)->replies_lost, 1);
    T_EQ(rig_drain(&r), 3);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    rig_end(&r);
}

static void answers_leave_in_order_however_long_it_goes_on(void **state)
{
    uint16_t next = 1;
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.max_replies = 3;
    r.cfg.max_neighbours = 2; /* so that the ring has 5 places */
    rig_start(&r);
    for (uint16_t i = 1; i <= 20; i++) {
        packet_ping(&k, SF_IPV4, 4);
        sf_put16(k.p + 26, i);
        sf_put16(k.p + 22, sf_sum_update(sf_get16(k.p + 22), 1, i));
        T_EQ_ROW(i, rig_rx(&r, &k), SF_PASS);
        /* Two wait, but for the first time. */
        if (i > 2) {
            T_TRUE(rig_tx(&r));
            T_EQ_ROW(i, sf_get16(r.out + 26), next);
            next++;
        }
    }
    T_EQ(rig_drain(&r), 2);
    rig_end(&r);
}

static void a_ping_that_finds_no_chunks_is_lost_whole(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.chunk_octets = 256;
    r.cfg.max_chunks = 8; /* an eighth is kept: 7 for this, and 2000 octets take 8 */
    r.cfg.mtu = 3000;
    rig_start(&r);
    packet_ping(&k, SF_IPV4, 2000);
    T_EQ(rig_rx(&r, &k), SF_DROP_NO_MEMORY);
    T_FALSE(rig_tx(&r));
    packet_ping(&k, SF_IPV4, 7 * 256);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    rig_end(&r);

    /* A frame borrows 18 chunks at the most. */
    rig_config(&r, false);
    r.cfg.chunk_octets = 256;
    r.cfg.mtu = 65535;
    rig_start(&r);
    packet_ping(&k, SF_IPV4, 18 * 256 + 1);
    T_EQ(rig_rx(&r, &k), SF_DROP_NO_MEMORY);
    packet_ping(&k, SF_IPV4, 18 * 256);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    rig_end(&r);
}

static void what_is_not_needed_is_dropped(void **state) /* MUST-55 */
{
    /* Types of ICMPv4: source quench, redirect, timestamp, unknown, echo reply. */
    static const uint8_t types[] = {4, 5, 13, 99, 0};
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    for (size_t i = 0; i < T_COUNT(types); i++) {
        packet_ping(&k, SF_IPV4, 40);
        sf_put16(k.p + 22,
                 sf_sum_update(sf_get16(k.p + 22), 0x0800, (uint16_t)(types[i] << 8)));
        k.p[20] = types[i];
        T_EQ_ROW(i, rig_rx(&r, &k), SF_DROP_ICMP);
        T_EQ_ROW(i, rig_drain(&r), 0);
    }
    packet_ping(&k, SF_IPV4, 40);
    k.p[40] ^= 1; /* checksum */
    T_EQ(rig_rx(&r, &k), SF_DROP_ICMP);
    packet_ping(&k, SF_IPV6, 40);
    k.p[60] ^= 1;
    T_EQ(rig_rx(&r, &k), SF_DROP_ICMP);
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

static void a_datagram_is_answered_by_port_unreachable(void **state) /* RFC 1122 s4.1.3.1 */
{
    struct rig r;
    const uint8_t *p;
    size_t n;

    (void)state;
    rig_begin(&r, false);
    packet_udp(&k, SF_IPV4, 100);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    p = message(&r, SF_IPV4, &n);
    T_EQ(p[0], 3);
    T_EQ(p[1], 3);
    T_EQ(sf_get32(p + 4), 0);
    T_EQ(n, 8 + 128);
    T_MEM(p + 8, k.p, 128);

    packet_udp(&k, SF_IPV6, 100);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    p = message(&r, SF_IPV6, &n);
    T_EQ(p[0], 1);
    T_EQ(p[1], 4);
    T_EQ(n, 8 + 148);
    T_MEM(p + 8, k.p, 148);
    rig_end(&r);
}

static void an_error_quotes_no_more_than_it_may(void **state)
{
    struct rig r;
    size_t n;

    (void)state;
    rig_begin(&r, false);
    packet_udp(&k, SF_IPV4, 1400);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    (void)message(&r, SF_IPV4, &n);
    T_EQ(r.n_out, 576); /* RFC 1812 s4.3.2.3 */
    packet_udp(&k, SF_IPV6, 1400);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    (void)message(&r, SF_IPV6, &n);
    T_EQ(r.n_out, 1280); /* RFC 4443 s2.4 (c) */
    rig_end(&r);
}

static void an_unknown_protocol_is_reported(void **state)
{
    struct rig r;
    const uint8_t *p;
    size_t n;

    (void)state;
    rig_begin(&r, false);
    packet_ip(&k, SF_IPV4, (struct sf_ip){.protocol = 132}, (const uint8_t *)"12345678", 8);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    p = message(&r, SF_IPV4, &n);
    T_EQ(p[0], 3);
    T_EQ(p[1], 2); /* protocol unreachable */

    packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 132}, (const uint8_t *)"12345678", 8);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    p = message(&r, SF_IPV6, &n);
    T_EQ(p[0], 4);
    T_EQ(p[1], 1);            /* unrecognized next header, RFC 4443 s3.4 */
    T_EQ(sf_get32(p + 4), 6); /* named by the fixed header */

    /* Behind destination options it is they who name it. */
    packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 60},
              (const uint8_t *)"\x84\0\x01\x04\0\0\0\0payload.", 16);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_TRUE(rig_tx(&r));
    p = message(&r, SF_IPV6, &n);
    T_EQ(sf_get32(p + 4), 40);

    /* No next header asks for nothing (RFC 8200 s4.7). */
    packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 59}, (const uint8_t *)"", 0);
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void an_unknown_option_is_reported_where_it_stands(void **state) /* RFC 8200 s4.2 */
{
    struct rig r;
    const uint8_t *p;
    size_t n;

    (void)state;
    rig_begin(&r, false);
    packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 60},
              (const uint8_t *)"\x06\0\x01\0\x81\x02\0\0", 8);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_OPTION);
    T_TRUE(rig_tx(&r));
    p = message(&r, SF_IPV6, &n);
    T_EQ(p[0], 4);
    T_EQ(p[1], 2);
    T_EQ(sf_get32(p + 4), 44);
    /* Its first bits ask to discard it in silence. */
    packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 60},
              (const uint8_t *)"\x06\0\x01\0\x41\x02\0\0", 8);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_OPTION);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void no_error_is_sent_about_these(void **state) /* RFC 1122 s3.2.2, RFC 4443 s2.4 (e) */
{
    static const uint8_t all_hosts[4] = {224, 0, 0, 1};
    static const uint8_t net_all[4] = {10, 0, 0, 255};
    static const uint8_t all[4] = {255, 255, 255, 255};
    static const struct {
        const uint8_t *dst;
        uint16_t offset;
        enum sf_verdict verdict;
    } rows[] = {
        {all_hosts, 0, SF_DROP_IP_DEST}, {net_all, 0, SF_DROP_IP_DEST},
        {all, 0, SF_DROP_IP_DEST},       {rig_peer4, 0, SF_DROP_IP_DEST}, /* another's */
        {rig_us4, 8, SF_HELD_FRAGMENT},
    };
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        packet_ip(&k, SF_IPV4,
                  (struct sf_ip){
                      .protocol = 17, .dst = rows[i].dst, .fragment_offset = rows[i].offset},
                  (const uint8_t *)"12345678", 8);
        T_EQ_ROW(i, rig_rx(&r, &k), rows[i].verdict);
        T_EQ_ROW(i, rig_drain(&r), 0);
    }
    rig_end(&r);

    /* Sent to all stations, whatever the packet says. */
    rig_begin(&r, true);
    rig_meet(&r);
    packet_udp(&k, SF_IPV4, 8);
    packet_eth(&k, rig_all_macs, SF_ETH_IPV4);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_DEST);
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

static void errors_of_a_second_are_limited(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.icmp_errors = 3;
    rig_start(&r);
    packet_udp(&k, SF_IPV4, 8);
    for (int i = 0; i < 10; i++) {
        T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    }
    T_EQ(rig_drain(&r), 3);
    rig_advance(&r, SF_S(1));
    T_EQ(rig_rx(&r, &k), SF_DROP_PROTOCOL);
    T_EQ(rig_drain(&r), 1);
    rig_end(&r);
}

/* Open towards the peer; what left is the SYN, in r->out. */
static struct sf_handle open_to_peer(struct rig *r, enum sf_family family)
{
    const struct sf_open open = {.remote = {sf_ip_addr(family, rig_peer(family)), 80}};
    struct sf_handle handle;

    T_EQ(sf_open(r->st, &open, &handle, r->now), SF_OK);
    T_TRUE(rig_tx(r));
    return handle;
}

/* An error about what left last, quoting n octets of it. */
static enum sf_verdict error_about(struct rig *r, enum sf_family family, uint8_t type,
                                   uint8_t code, uint32_t word, size_t n)
{
    uint8_t p[1300];
    const struct sf_icmp_out out = {
        .type = type, .code = code, .word = word, .body = r->out, .body_octets = (uint32_t)n};

    if (family == SF_IPV4) {
        sf_icmp4_build(p, &out);
    } else {
        sf_icmp6_build(p, &out, rig_peer6, rig_us6);
    }
    memcpy(p + 8, r->out, n);
    packet_ip(&k, family,
              (struct sf_ip){.protocol = family == SF_IPV4 ? SF_PROTO_ICMP : SF_PROTO_ICMPV6},
              p, 8 + n);
    return rig_rx(r, &k);
}

static void errors_reach_the_connection_that_they_quote(void **state) /* MUST-54, MUST-56 */
{
    static const struct {
        enum sf_family family;
        uint8_t type, code;
        enum sf_err error, soft;
    } rows[] = {
        {SF_IPV4, 3, 0, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV4, 3, 1, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV4, 3, 5, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV4, 11, 0, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV4, 12, 0, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV4, 3, 2, SF_ERR_UNREACHABLE, SF_OK},
        {SF_IPV4, 3, 3, SF_ERR_UNREACHABLE, SF_OK},
        {SF_IPV6, 1, 0, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV6, 3, 0, SF_OK, SF_ERR_UNREACHABLE},
        {SF_IPV6, 1, 4, SF_ERR_UNREACHABLE, SF_OK},
        {SF_IPV6, 1, 1, SF_ERR_UNREACHABLE, SF_OK},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const size_t head = sf_ip_head_octets(rows[i].family);
        struct sf_handle handle;
        struct sf_status status;
        struct rig r;

        rig_begin(&r, false);
        handle = open_to_peer(&r, rows[i].family);
        T_EQ_ROW(i, error_about(&r, rows[i].family, rows[i].type, rows[i].code, 0, head + 8),
                 SF_PASS);
        T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
        T_EQ_ROW(i, status.error, rows[i].error);
        T_EQ_ROW(i, status.soft, rows[i].soft);
        sf_abort(r.st, handle, r.now);
        rig_end(&r);
    }
}

static void errors_that_quote_nothing_of_ours_are_dropped(void **state) /* RFC 5927 s4.1 */
{
    struct sf_handle handle;
    struct sf_status status;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    handle = open_to_peer(&r, SF_IPV4);
    /* Cut short: 7 octets of the segment only. */
    T_EQ(error_about(&r, SF_IPV4, 3, 3, 0, 27), SF_DROP_ICMP);
    r.out[24] ^= 1; /* another sequence number */
    T_EQ(error_about(&r, SF_IPV4, 3, 3, 0, 28), SF_DROP_ICMP_QUOTE);
    r.out[24] ^= 1;
    r.out[20] ^= 1; /* another port of ours */
    T_EQ(error_about(&r, SF_IPV4, 3, 3, 0, 28), SF_DROP_ICMP_QUOTE);
    r.out[20] ^= 1;
    r.out[15] ^= 1; /* another source than where the error went */
    T_EQ(error_about(&r, SF_IPV4, 3, 3, 0, 28), SF_DROP_ICMP_QUOTE);
    r.out[15] ^= 1;
    r.out[9] = 17; /* another protocol */
    T_EQ(error_about(&r, SF_IPV4, 3, 3, 0, 28), SF_DROP_ICMP_QUOTE);
    T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
    T_EQ(status.state, SF_SYN_SENT);
    sf_abort(r.st, handle, r.now);
    rig_end(&r);
}

static void too_big_makes_the_path_smaller(void **state)
{
    struct sf_handle handle;
    struct sf_status status;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    handle = open_to_peer(&r, SF_IPV4);
    T_EQ(error_about(&r, SF_IPV4, 3, 4, 1400, 28), SF_PASS);
    T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
    T_EQ(status.pmtu, 1400);
    sf_abort(r.st, handle, r.now);
    rig_drain(&r);
    handle = open_to_peer(&r, SF_IPV6);
    T_EQ(error_about(&r, SF_IPV6, 2, 0, 1300, 48), SF_PASS);
    T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
    T_EQ(status.pmtu, 1300);
    sf_abort(r.st, handle, r.now);
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ping_is_answered_octet_by_octet),
        cmocka_unit_test(a_ping_is_answered_from_the_address_that_was_asked),
        cmocka_unit_test(a_ping_of_any_length_up_to_the_mtu_is_answered),
        cmocka_unit_test(a_ping_to_a_group_of_ours_is_answered_from_our_address),
        cmocka_unit_test(pings_that_find_no_place_are_lost_and_counted),
        cmocka_unit_test(answers_leave_in_order_however_long_it_goes_on),
        cmocka_unit_test(a_ping_that_finds_no_chunks_is_lost_whole),
        cmocka_unit_test(what_is_not_needed_is_dropped),
        cmocka_unit_test(a_datagram_is_answered_by_port_unreachable),
        cmocka_unit_test(an_error_quotes_no_more_than_it_may),
        cmocka_unit_test(an_unknown_protocol_is_reported),
        cmocka_unit_test(an_unknown_option_is_reported_where_it_stands),
        cmocka_unit_test(no_error_is_sent_about_these),
        cmocka_unit_test(errors_of_a_second_are_limited),
        cmocka_unit_test(errors_reach_the_connection_that_they_quote),
        cmocka_unit_test(errors_that_quote_nothing_of_ours_are_dropped),
        cmocka_unit_test(too_big_makes_the_path_smaller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
