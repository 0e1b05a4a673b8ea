/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/eth.c - the ethernet header and ARP.
 */
#include "octets.h"

#include "wire/arp.h"
#include "wire/eth.h"

static const uint8_t mac_1[6] = {0x02, 0, 0, 0, 0, 0x01};
static const uint8_t mac_2[6] = {0x02, 0, 0, 0, 0, 0x02};

static void an_ethernet_header_is_read(void **state)
{
    const struct octets o = hex("020000000002 020000000001 86dd 60");
    struct sf_eth eth;

    (void)state;
    T_EQ(sf_eth_parse(o.p, o.n, &eth), SF_PASS);
    T_TRUE(sf_mac_equal(eth.dst, mac_2));
    T_TRUE(sf_mac_equal(eth.src, mac_1));
    T_FALSE(sf_mac_equal(eth.src, mac_2));
    T_EQ(eth.type, SF_ETH_IPV6);
    drop(o);
}

static void other_ethertypes_are_told(void **state)
{
    static const struct {
        const char *frame;
        enum sf_verdict verdict;
    } rows[] = {
        {"ffffffffffff 020000000001 0800", SF_PASS},
        {"ffffffffffff 020000000001 0806", SF_PASS},
        {"ffffffffffff 020000000001 86dd", SF_PASS},
        {"ffffffffffff 020000000001 8100", SF_DROP_ETHERTYPE}, /* a tag */
        {"ffffffffffff 020000000001 0040", SF_DROP_ETHERTYPE}, /* 802.3 length */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i].frame);
        struct sf_eth eth;

        T_EQ_ROW(i, sf_eth_parse(o.p, o.n, &eth), rows[i].verdict);
        T_TRUE(sf_mac_equal(eth.dst, sf_mac_broadcast));
        T_TRUE(sf_mac_is_group(eth.dst));
        T_FALSE(sf_mac_is_group(eth.src));
        drop(o);
    }
}

static void a_cut_ethernet_header_is_short(void **state)
{
    const struct octets whole = hex("ffffffffffff 020000000001 0800");

    (void)state;
    for (size_t n = 0; n < SF_ETH_HEAD; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_eth eth;

        T_EQ_ROW(n, sf_eth_parse(o.p, o.n, &eth), SF_DROP_SHORT);
        drop(o);
    }
    drop(whole);
}

static void an_ethernet_header_is_written(void **state)
{
    const struct octets want = hex("020000000002 020000000001 0806");
    uint8_t p[SF_ETH_HEAD];

    (void)state;
    T_EQ(sf_eth_build(p, &(struct sf_eth){.dst = mac_2, .src = mac_1, .type = SF_ETH_ARP}), 14);
    T_MEM(p, want.p, want.n);
    drop(want);
}

static void groups_have_their_station_addresses(void **state) /* RFC 1112 s6.4, RFC 2464 s7 */
{
    const struct octets v4 = hex("e0ff 01fb");
    const struct octets v6 = hex("ff02 0000 0000 0000 0000 0001 ff00 0002");
    uint8_t mac[6];

    (void)state;
    sf_mac_of_group(v4.p, SF_IPV4, mac);
    T_MEM(mac, ((uint8_t[6]){0x01, 0x00, 0x5e, 0x7f, 0x01, 0xfb}), 6); /* 23 bits: ff is 7f */
    sf_mac_of_group(v6.p, SF_IPV6, mac);
    T_MEM(mac, ((uint8_t[6]){0x33, 0x33, 0xff, 0x00, 0x00, 0x02}), 6);
    drop(v4);
    drop(v6);
}

#define REQUEST "0001 0800 06 04 0001 020000000001 0a090801 000000000000 0a090802"
#define REPLY   "0001 0800 06 04 0002 020000000002 0a090802 020000000001 0a090801"

static void an_arp_request_is_read(void **state)
{
    const struct octets o = hex(REQUEST " 0000 0000 0000"); /* and padding */
    struct sf_arp arp;

    (void)state;
    T_EQ(sf_arp_parse(o.p, o.n, &arp), SF_PASS);
    T_EQ(arp.op, SF_ARP_REQUEST);
    T_MEM(arp.sender_mac, mac_1, 6);
    T_MEM(arp.sender_ip, ((uint8_t[4]){10, 9, 8, 1}), 4);
    T_MEM(arp.target_mac, ((uint8_t[6]){0}), 6);
    T_MEM(arp.target_ip, ((uint8_t[4]){10, 9, 8, 2}), 4);
    drop(o);
}

static void arp_is_written(void **state)
{
    const struct octets request = hex(REQUEST);
    const struct octets reply = hex(REPLY);
    struct sf_arp arp = {
        .op = SF_ARP_REQUEST,
        .sender_mac = mac_1,
        .sender_ip = (const uint8_t[4]){10, 9, 8, 1},
        .target_ip = (const uint8_t[4]){10, 9, 8, 2},
    };
    uint8_t p[SF_ARP_OCTETS];

    (void)state;
    memset(p, 0xee, sizeof(p));
    T_EQ(sf_arp_build(p, &arp), request.n);
    T_MEM(p, request.p, request.n);
    arp = (struct sf_arp){
        .op = SF_ARP_REPLY,
        .sender_mac = mac_2,
        .sender_ip = (const uint8_t[4]){10, 9, 8, 2},
        .target_mac = mac_1,
        .target_ip = (const uint8_t[4]){10, 9, 8, 1},
    };
    T_EQ(sf_arp_build(p, &arp), reply.n);
    T_MEM(p, reply.p, reply.n);
    drop(request);
    drop(reply);
}

static void meaningless_arp_is_dropped(void **state)
{
    static const char *const rows[] = {
        "0006 0800 06 04 0001 020000000001 0a090801 000000000000 0a090802", /* hardware */
        "0001 86dd 06 04 0001 020000000001 0a090801 000000000000 0a090802", /* protocol */
        "0001 0800 08 04 0001 020000000001 0a090801 000000000000 0a090802", /* lengths */
        "0001 0800 06 10 0001 020000000001 0a090801 000000000000 0a090802",
        "0001 0800 06 04 0000 020000000001 0a090801 000000000000 0a090802", /* operation */
        "0001 0800 06 04 0003 020000000001 0a090801 000000000000 0a090802",
        "0001 0800 06 04 0002 ffffffffffff 0a090801 000000000000 0a090802", /* sender */
        "0001 0800 06 04 0002 01005e000001 0a090801 000000000000 0a090802",
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets o = hex(rows[i]);
        struct sf_arp arp;

        T_EQ_ROW(i, sf_arp_parse(o.p, o.n, &arp), SF_DROP_ARP);
        drop(o);
    }
}

static void cut_arp_is_short(void **state)
{
    const struct octets whole = hex(REPLY);

    (void)state;
    for (size_t n = 0; n < whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        struct sf_arp arp;

        T_EQ_ROW(n, sf_arp_parse(o.p, o.n, &arp), SF_DROP_SHORT);
        drop(o);
    }
    drop(whole);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ethernet_header_is_read),
        cmocka_unit_test(other_ethertypes_are_told),
        cmocka_unit_test(a_cut_ethernet_header_is_short),
        cmocka_unit_test(an_ethernet_header_is_written),
        cmocka_unit_test(groups_have_their_station_addresses),
        cmocka_unit_test(an_arp_request_is_read),
        cmocka_unit_test(arp_is_written),
        cmocka_unit_test(meaningless_arp_is_dropped),
        cmocka_unit_test(cut_arp_is_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
