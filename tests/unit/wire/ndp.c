/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/ndp.c - neighbour solicitation and advertisement.
 */
#include "octets.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ndp.h"

#define HOST_1 "fd00 0000 0000 0000 0000 0000 0000 0001"
#define HOST_2 "fd00 0000 0000 0000 0000 0000 0000 0002"
#define NOBODY "0000 0000 0000 0000 0000 0000 0000 0000"
#define ALL    "ff02 0000 0000 0000 0000 0000 0000 0001"
#define GROUP  "ff02 0000 0000 0000 0000 0001 ff00 0002" /* that HOST_2 listens to */

/* Checksums computed apart from this code. */
#define SOLICIT   "8700 7d97 00000000" HOST_2 "0101 020000000001"
#define ADVERTISE "8800 1c9a 60000000" HOST_2 "0201 020000000002"
#define PROBE     "8700 7da3 00000000" HOST_2

static struct sf_ip carrying(struct octets addresses, struct octets o)
{
    return (struct sf_ip){
        .src = addresses.p,
        .dst = addresses.p + 16,
        .payload = o.p,
        .payload_octets = (uint32_t)o.n,
        .family = SF_IPV6,
        .protocol = SF_PROTO_ICMPV6,
        .hop_limit = 255,
    };
}

static void seal(const struct sf_ip *ip, struct octets o)
{
    uint32_t sum = sf_sum_pseudo(SF_IPV6, ip->src, ip->dst, SF_PROTO_ICMPV6, (uint32_t)o.n);

    sf_put16(o.p + 2, 0);
    sf_put16(o.p + 2, sf_sum_end(sf_sum(o.p, o.n, sum)));
}

static void a_solicitation_is_read(void **state)
{
    const struct octets o = hex(SOLICIT);
    const struct octets there = hex(HOST_1 GROUP);
    const struct octets target = hex(HOST_2);
    const struct sf_ip ip = carrying(there, o);
    struct sf_ndp ndp;

    (void)state;
    T_EQ(sf_ndp_parse(&ip, &ndp), SF_PASS);
    T_EQ(ndp.type, SF_ICMP6_SOLICIT);
    T_MEM(ndp.target, target.p, 16);
    assert_non_null(ndp.mac);
    T_MEM(ndp.mac, ((uint8_t[6]){2, 0, 0, 0, 0, 1}), 6);
    drop(o);
    drop(there);
    drop(target);
}

static void an_advertisement_is_read(void **state)
{
    const struct octets o = hex(ADVERTISE);
    const struct octets there = hex(HOST_2 HOST_1);
    const struct sf_ip ip = carrying(there, o);
    struct sf_ndp ndp;

    (void)state;
    T_EQ(sf_ndp_parse(&ip, &ndp), SF_PASS);
    T_EQ(ndp.type, SF_ICMP6_ADVERTISE);
    T_FALSE(ndp.router);
    T_TRUE(ndp.solicited);
    T_TRUE(ndp.override);
    assert_non_null(ndp.mac);
    T_MEM(ndp.mac, ((uint8_t[6]){2, 0, 0, 0, 0, 2}), 6);
    drop(o);
    drop(there);
}

static void both_are_written(void **state)
{
    const struct octets solicit = hex(SOLICIT);
    const struct octets advertise = hex(ADVERTISE);
    const struct octets probe = hex(PROBE);
    const struct octets addresses = hex(HOST_1 HOST_2 GROUP NOBODY);
    const uint8_t *host_1 = addresses.p;
    const uint8_t *host_2 = addresses.p + 16;
    const uint8_t *group = addresses.p + 32;
    const uint8_t *nobody = addresses.p + 48;
    struct sf_ndp ndp = {
        .target = host_2,
        .mac = (const uint8_t[6]){2, 0, 0, 0, 0, 1},
        .type = SF_ICMP6_SOLICIT,
        .override = true, /* means nothing here */
    };
    uint8_t p[SF_NDP_OCTETS];

    (void)state;
    memset(p, 0xee, sizeof(p));
    T_EQ(sf_ndp_build(p, &ndp, host_1, group), 32);
    T_MEM(p, solicit.p, 32);

    ndp.mac = NULL;
    memset(p, 0xee, sizeof(p));
    T_EQ(sf_ndp_build(p, &ndp, nobody, group), 24);
    T_MEM(p, probe.p, 24);
    T_EQ(p[24], 0xee);

    ndp = (struct sf_ndp){
        .target = host_2,
        .mac = (const uint8_t[6]){2, 0, 0, 0, 0, 2},
        .type = SF_ICMP6_ADVERTISE,
        .solicited = true,
        .override = true,
    };
    memset(p, 0xee, sizeof(p));
    T_EQ(sf_ndp_build(p, &ndp, host_2, host_1), 32);
    T_MEM(p, advertise.p, 32);
    drop(solicit);
    drop(advertise);
    drop(probe);
    drop(addresses);
}

static void what_is_written_is_read_again(void **state)
{
    const struct octets there = hex(HOST_2 HOST_1);

    (void)state;
    for (unsigned flags = 0; flags < 16; flags++) {
        const struct sf_ndp ndp = {
            .target = there.p,
            .mac = (flags & 8) != 0 ? (const uint8_t[6]){2, 0, 0, 0, 0, 9} : NULL,
            .type = SF_ICMP6_ADVERTISE,
            .router = (flags & 1) != 0,
            .solicited = (flags & 2) != 0,
            .override = (flags & 4) != 0,
        };
        uint8_t p[SF_NDP_OCTETS];
        const size_t n = sf_ndp_build(p, &ndp, there.p, there.p + 16);
        const struct octets o = octets_of(p, n);
        const struct sf_ip ip = carrying(there, o);
        struct sf_ndp back;

        T_EQ_ROW(flags, sf_ndp_parse(&ip, &back), SF_PASS);
        T_EQ_ROW(flags, back.router, ndp.router);
        T_EQ_ROW(flags, back.solicited, ndp.solicited);
        T_EQ_ROW(flags, back.override, ndp.override);
        T_EQ_ROW(flags, back.mac != NULL, ndp.mac != NULL);
        drop(o);
    }
    drop(there);
}

/* RFC 4861 s7.1.1, s7.1.2: each of the checks, both ways. */
static void messages_are_validated(void **state)
{
    static const struct {
        const char *addresses;
        const char *message;
        uint8_t hop_limit;
        enum sf_verdict verdict;
    } rows[] = {
        {HOST_1 GROUP, SOLICIT, 255, SF_PASS},
        {HOST_1 GROUP, SOLICIT, 254, SF_DROP_ARP}, /* passed a router */
        {HOST_1 GROUP, SOLICIT, 0, SF_DROP_ARP},
        {HOST_1 HOST_2, SOLICIT, 255, SF_PASS}, /* asked directly: reachability */
        {HOST_1 GROUP, "8701 0000 00000000" HOST_2, 255, SF_DROP_ARP}, /* code */
        {HOST_1 GROUP, "8700 0000 00000000" ALL, 255, SF_DROP_ARP},    /* target a group */
        {NOBODY GROUP, PROBE, 255, SF_PASS},
        {NOBODY HOST_2, PROBE, 255, SF_DROP_ARP}, /* a probe to one host */
        {NOBODY ALL, PROBE, 255, SF_DROP_ARP},
        {NOBODY GROUP, SOLICIT, 255, SF_DROP_ARP}, /* a probe with a mapping */
        {HOST_2 HOST_1, ADVERTISE, 255, SF_PASS},
        {HOST_2 ALL, ADVERTISE, 255, SF_DROP_ARP}, /* solicited, but to a group */
        {HOST_2 ALL, "8800 0000 20000000" HOST_2 "0201 020000000002", 255, SF_PASS},
        {HOST_2 HOST_1, "8800 0000 60000000" HOST_2, 255, SF_PASS},
        {HOST_2 HOST_1, "8800 0000 60000000" HOST_2 "0200 020000000002", 255, SF_DROP_ARP},
        {HOST_2 HOST_1, "8800 0000 60000000" HOST_2 "0202 020000000002", 255, SF_DROP_ARP},
        {HOST_2 HOST_1, "8800 0000 60000000" HOST_2 "0201 03000000000e", 255, SF_DROP_ARP},
        {HOST_2 HOST_1, "8800 0000 60000000" HOST_2 "0201 ffffffffffff", 255, SF_DROP_ARP},
        {HOST_1 ALL, "8500 0000 00000000" HOST_2, 255, SF_DROP_ARP}, /* router solicitation */
        {HOST_1 ALL, "8900 0000 00000000" HOST_2 HOST_2, 255, SF_DROP_ARP}, /* redirect */
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets there = hex(rows[i].addresses);
        const struct octets o = hex(rows[i].message);
        struct sf_ip ip = carrying(there, o);
        struct sf_ndp ndp;

        ip.hop_limit = rows[i].hop_limit;
        seal(&ip, o);
        T_EQ_ROW(i, sf_ndp_parse(&ip, &ndp), rows[i].verdict);
        drop(there);
        drop(o);
    }
}

static void options_of_others_are_skipped(void **state) /* RFC 4861 s4.6 */
{
    static const struct {
        const char *options;
        bool mac;
    } rows[] = {
        {"", false},
        {"0101 020000000001", false}, /* the source's, in an advertisement */
        {"0e01 000000000000", false}, /* a nonce */
        {"0e02 000000000000 0000000000000000 0201 020000000002", true},
        {"0202 020000000002 0000000000000000", false}, /* not ethernet's size */
        {"0201 020000000002 0e01 000000000000", true},
    };
    const struct octets there = hex(HOST_2 HOST_1);

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct octets head = hex("8800 0000 60000000" HOST_2);
        const struct octets options = hex(rows[i].options);
        uint8_t p[100];
        struct octets o;
        struct sf_ip ip;
        struct sf_ndp ndp;

        memcpy(p, head.p, 24);
        if (options.n != 0) {
            memcpy(p + 24, options.p, options.n);
        }
        o = octets_of(p, 24 + options.n);
        ip = carrying(there, o);
        seal(&ip, o);
        T_EQ_ROW(i, sf_ndp_parse(&ip, &ndp), SF_PASS);
        T_EQ_ROW(i, ndp.mac != NULL, rows[i].mac);
        drop(o);
        drop(head);
        drop(options);
    }
    drop(there);
}

static void a_cut_message_is_dropped(void **state)
{
    const struct octets whole = hex(ADVERTISE);
    const struct octets there = hex(HOST_2 HOST_1);

    (void)state;
    for (size_t n = 0; n <= whole.n; n++) {
        const struct octets o = octets_of(whole.p, n);
        const struct sf_ip ip = carrying(there, o);
        struct sf_ndp ndp;

        if (n < 4) {
            T_TRUE(sf_ndp_parse(&ip, &ndp) != SF_PASS);
        } else {
            seal(&ip, o);
            T_EQ_ROW(n, sf_ndp_parse(&ip, &ndp), n == 24 || n == 32 ? SF_PASS : SF_DROP_ARP);
        }
        drop(o);
    }
    drop(whole);
    drop(there);
}

static void a_wrong_checksum_is_dropped(void **state)
{
    const struct octets o = hex(ADVERTISE);
    const struct octets there = hex(HOST_2 HOST_1);
    const struct sf_ip ip = carrying(there, o);
    struct sf_ndp ndp;

    (void)state;
    for (size_t i = 0; i < o.n; i++) {
        o.p[i] ^= 0x80;
        T_EQ_ROW(i, sf_ndp_parse(&ip, &ndp), SF_DROP_ICMP);
        o.p[i] ^= 0x80;
    }
    drop(o);
    drop(there);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_solicitation_is_read),
        cmocka_unit_test(an_advertisement_is_read),
        cmocka_unit_test(both_are_written),
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(messages_are_validated),
        cmocka_unit_test(options_of_others_are_skipped),
        cmocka_unit_test(a_cut_message_is_dropped),
        cmocka_unit_test(a_wrong_checksum_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
