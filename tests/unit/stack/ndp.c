/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/ndp.c - neighbour discovery (RFC 4861 s7.2) on ethernet.
 */
#include "rig.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"
#include "wire/ndp.h"

#define US       "20010db8 00000000 00000000 00000002"
#define PEER     "20010db8 00000000 00000000 00000001"
#define IP_HEAD  "86dd 60000000 0020 3a ff" /* 32 octets of ICMPv6, hop limit 255 */
#define OUR_MAC  "020000000002"
#define PEER_MAC "020000000001"

static struct packet k;
/* Of 02:00:00:00:00:02 and :01, the universal bit turned over (RFC 2464 s4). */
static const uint8_t link_us[16] = {0xfe, 0x80, [8] = 0, 0, 0, 0xff, 0xfe, 0, 0, 2};
static const uint8_t link_peer[16] = {0xfe, 0x80, [8] = 0, 0, 0, 0xff, 0xfe, 0, 0, 1};
static const uint8_t nobody[16] = {0};

struct message {
    const uint8_t *src, *dst; /* null: the peer, us */
    const uint8_t *mac;       /* option */
    const uint8_t *target;    /* null: us in a solicitation, the peer in an advertisement */
    uint8_t type;
    uint8_t hop_limit; /* 0: 255 */
    bool solicited, override;
    bool spoilt;     /* wrong checksum */
    uint32_t octets; /* 0: all of it */
};

static enum sf_verdict hear(struct rig *r, struct message m)
{
    uint8_t p[SF_NDP_OCTETS];
    struct sf_ndp ndp = {
        .type = m.type, .mac = m.mac, .solicited = m.solicited, .override = m.override};
    const uint8_t *src = m.src != NULL ? m.src : rig_peer6;
    const uint8_t *dst = m.dst != NULL ? m.dst : rig_us6;
    const uint8_t *target = m.type == SF_ICMP6_SOLICIT ? rig_us6 : rig_peer6;
    uint8_t mac[6];
    size_t n;

    ndp.target = m.target != NULL ? m.target : target;
    n = sf_ndp_build(p, &ndp, src, dst);
    if (m.octets != 0) {
        n = m.octets;
        sf_put16(p + 2, 0);
        sf_put16(p + 2,
                 sf_sum_end(sf_sum(p, n, sf_sum_pseudo(SF_IPV6, src, dst, 58, (uint32_t)n))));
    }
    p[3] ^= m.spoilt ? 1 : 0;
    packet_ip(&k, SF_IPV6,
              (struct sf_ip){.src = src,
                             .dst = dst,
                             .protocol = 58,
                             .hop_limit = m.hop_limit != 0 ? m.hop_limit : 255},
              p, n);
    if (sf_ip_is_multicast(SF_IPV6, dst)) {
        sf_mac_of_group(dst, SF_IPV6, mac);
        packet_eth(&k, mac, SF_ETH_IPV6);
    } else {
        packet_link(r, &k);
    }
    return rig_rx(r, &k);
}

static void ping(struct rig *r)
{
    packet_ping(&k, SF_IPV6, 4);
    packet_link(r, &k);
    T_EQ(rig_rx(r, &k), SF_PASS);
}

static void expect_pong(struct rig *r, const uint8_t *mac)
{
    T_TRUE(rig_tx(r));
    T_EQ(r->n_out, 14 + 40 + 8 + 4);
    T_MEM(r->out, mac, 6);
    T_EQ(r->out[54], SF_ICMP6_ECHO_REPLY);
}

static void expect_question(struct rig *r)
{
    T_OUT(r, "3333ff000001 " OUR_MAC IP_HEAD US "ff020000 00000000 00000001 ff000001"
             "8700 1c27 00000000" PEER "0101" OUR_MAC);
}

static void a_solicitation_is_answered(void **state) /* s7.2.4 */
{
    uint8_t group[16];
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    sf_ip6_solicited_node(rig_us6, group);
    T_EQ(
        hear(&r, (struct message){.type = SF_ICMP6_SOLICIT, .dst = group, .mac = rig_peer_mac}),
        SF_PASS);
    /* S and O. */
    T_OUT(&r, PEER_MAC OUR_MAC IP_HEAD US PEER "8800 8a71 60000000" US "0201" OUR_MAC);
    /* The message behind 14 and 40 octets, all of it in the head. */
    T_EQ(r.frame.head_octets, 86);
    T_EQ(r.frame.transport_start, 54);
    T_EQ(r.frame.family, SF_IPV6);
    /* By unicast likewise, and for the link-local address. */
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_SOLICIT,
                                   .src = link_peer,
                                   .dst = link_us,
                                   .target = link_us,
                                   .mac = rig_peer_mac}),
         SF_PASS);
    T_TRUE(rig_tx(&r));
    T_MEM(r.out + 14 + 8, link_us, 16);
    T_MEM(r.out + 14 + 24, link_peer, 16);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void who_asks_is_known_and_can_be_answered_at_once(void **state) /* s7.2.3 */
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac}), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    ping(&r);
    expect_pong(&r, rig_peer_mac);
    rig_end(&r);
}

static void a_solicitation_without_a_mac_is_answered_after_a_question(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_SOLICIT}), SF_PASS);
    expect_question(&r);
    T_FALSE(rig_tx(&r));
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_ADVERTISE,
                                   .mac = rig_peer_mac,
                                   .solicited = true}),
         SF_PASS);
    T_TRUE(rig_tx(&r));
    T_MEM(r.out, rig_peer_mac, 6);
    T_EQ(r.out[54], SF_ICMP6_ADVERTISE);
    rig_end(&r);
}

static void duplicate_address_detection_is_told_all_nodes(void **state) /* RFC 4862 s5.4.3 */
{
    uint8_t group[16];
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    sf_ip6_solicited_node(rig_us6, group);
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_SOLICIT, .src = nobody, .dst = group}),
         SF_PASS);
    T_TRUE(rig_tx(&r));
    T_MEM(r.out, "\x33\x33\0\0\0\x01", 6);
    T_MEM(r.out + 14 + 24, sf_ip6_all_nodes, 16);
    T_EQ(r.out[58], 0x20); /* O alone */
    rig_end(&r);
}

static void a_frame_waits_for_the_advertisement(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    ping(&r);
    expect_question(&r);
    T_FALSE(rig_tx(&r));
    /* Without a MAC it tells nothing (s7.2.5). */
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_ADVERTISE, .solicited = true}), SF_PASS);
    T_FALSE(rig_tx(&r));
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_ADVERTISE,
                                   .mac = rig_peer_mac,
                                   .solicited = true}),
         SF_PASS);
    expect_pong(&r, rig_peer_mac);
    T_TRUE(sf_time_is_never(sf_stack_deadline(r.st))); /* confirmed */
    rig_end(&r);
}

static void who_does_not_answer_is_asked_three_times(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    ping(&r);
    for (int i = 0; i < 3; i++) {
        expect_question(&r);
        T_FALSE(rig_tx(&r));
        rig_advance(&r, SF_S(1));
    }
    T_FALSE(rig_tx(&r));
    T_TRUE(sf_time_is_never(sf_stack_deadline(r.st)));
    rig_end(&r);
}

/* RFC 4861 s7.2.5: what an advertisement does to a record that has a MAC. */
static void an_advertisement_changes_a_record_as_its_flags_say(void **state)
{
    static const uint8_t other[6] = {2, 0, 0, 0, 0, 9};
    static const struct {
        bool solicited, override, differs;
        const uint8_t *then; /* the MAC used afterwards */
        bool confirmed;      /* no timer runs when it is used */
    } rows[] = {
        {false, false, false, rig_peer_mac, true}, {false, true, false, rig_peer_mac, true},
        {true, false, false, rig_peer_mac, true},  {true, true, false, rig_peer_mac, true},
        {false, false, true, rig_peer_mac, false}, /* doubted */
        {true, false, true, rig_peer_mac, false},  {false, true, true, other, false},
        {true, true, true, other, true},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct rig r;

        rig_begin(&r, true);
        ping(&r);
        T_EQ_ROW(i, rig_drain(&r), 1);
        T_EQ_ROW(i,
                 hear(&r, (struct message){.type = SF_ICMP6_ADVERTISE,
                                           .mac = rig_peer_mac,
                                           .solicited = true}),
                 SF_PASS);
        T_EQ_ROW(i, rig_drain(&r), 1);
        T_EQ_ROW(i,
                 hear(&r, (struct message){.type = SF_ICMP6_ADVERTISE,
                                           .mac = rows[i].differs ? other : rig_peer_mac,
                                           .solicited = rows[i].solicited,
                                           .override = rows[i].override}),
                 SF_PASS);
        ping(&r);
        expect_pong(&r, rows[i].then);
        T_EQ_ROW(i, sf_time_is_never(sf_stack_deadline(r.st)), rows[i].confirmed);
        rig_end(&r);
    }
}

static void an_advertisement_nobody_asked_for_makes_no_record(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_ADVERTISE,
                                   .mac = rig_peer_mac,
                                   .override = true}),
         SF_PASS);
    ping(&r);
    expect_question(&r);
    rig_end(&r);
}

static void malformed_and_absurd_messages_are_dropped(void **state)
{
    static const uint8_t group_mac[6] = {3, 0, 0, 0, 0, 1};
    static const uint8_t far[16] = {0x20, 0x01, 0x0d, 0xb9, [15] = 1};
    static const uint8_t stranger[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 7};
    const struct {
        struct message message;
        enum sf_verdict verdict;
    } rows[] = {
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .hop_limit = 254}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .spoilt = true}, SF_DROP_ICMP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .octets = 23}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .octets = 31}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = group_mac}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .target = sf_ip6_all_nodes},
         SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .target = stranger}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .src = far}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac, .src = rig_us6}, SF_DROP_ARP},
        {{.type = SF_ICMP6_SOLICIT, .src = nobody}, SF_DROP_ARP}, /* not to the group */
        {{.type = SF_ICMP6_ADVERTISE, .mac = rig_peer_mac, .target = rig_us6}, SF_DROP_ARP},
        {{.type = SF_ICMP6_ADVERTISE,
          .mac = rig_peer_mac,
          .dst = sf_ip6_all_nodes,
          .solicited = true},
         SF_DROP_ARP},
        {{.type = 133, .mac = rig_peer_mac}, SF_DROP_ARP}, /* routers */
        {{.type = 134, .mac = rig_peer_mac}, SF_DROP_ARP},
        {{.type = 137, .mac = rig_peer_mac}, SF_DROP_ARP}, /* redirect */
    };
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, hear(&r, rows[i].message), rows[i].verdict);
        T_EQ_ROW(i, rig_drain(&r), 0);
    }
    rig_end(&r);
}

static void without_ethernet_there_are_no_neighbours(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    T_EQ(hear(&r, (struct message){.type = SF_ICMP6_SOLICIT, .mac = rig_peer_mac}),
         SF_DROP_ARP);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_solicitation_is_answered),
        cmocka_unit_test(who_asks_is_known_and_can_be_answered_at_once),
        cmocka_unit_test(a_solicitation_without_a_mac_is_answered_after_a_question),
        cmocka_unit_test(duplicate_address_detection_is_told_all_nodes),
        cmocka_unit_test(a_frame_waits_for_the_advertisement),
        cmocka_unit_test(who_does_not_answer_is_asked_three_times),
        cmocka_unit_test(an_advertisement_changes_a_record_as_its_flags_say),
        cmocka_unit_test(an_advertisement_nobody_asked_for_makes_no_record),
        cmocka_unit_test(malformed_and_absurd_messages_are_dropped),
        cmocka_unit_test(without_ethernet_there_are_no_neighbours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
