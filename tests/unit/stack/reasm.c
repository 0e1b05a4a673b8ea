/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/reasm.c - packets in fragments, of both families: each order, overlaps,
 * repetitions, limits and time-outs.
 */
#include "rig.h"

#include "base/bytes.h"
#include "pattern.h"
#include "wire/checksum.h"
#include "wire/icmp6.h"

static struct packet whole;
static struct packet k;

static const enum sf_family families[] = {SF_IPV4, SF_IPV6};

/* Send the octets [begin, end) of the payload of whole, as a fragment of packet id. */
static enum sf_verdict fragment(struct rig *r, uint32_t id, size_t begin, size_t end)
{
    const enum sf_family family = whole.p[0] >> 4 == 4 ? SF_IPV4 : SF_IPV6;
    const size_t head = sf_ip_head_octets(family);
    const bool more = end < whole.n - head;
    static uint8_t p[66000];

    if (family == SF_IPV4) {
        packet_ip(&k, SF_IPV4,
                  (struct sf_ip){.protocol = whole.p[9],
                                 .id = id,
                                 .fragment_offset = (uint16_t)begin,
                                 .more_fragments = more},
                  whole.p + head + begin, end - begin);
    } else {
        p[0] = whole.p[6];
        p[1] = 0;
        sf_put16(p + 2, (uint16_t)(begin | more));
        sf_put32(p + 4, id);
        memcpy(p + 8, whole.p + head + begin, end - begin);
        packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 44}, p, 8 + end - begin);
    }
    return rig_rx(r, &k);
}

/* What left answers a ping of n octets. */
static void expect_pong(struct rig *r, enum sf_family family, size_t n)
{
    struct sf_ip ip;

    T_TRUE(rig_tx(r));
    rig_parse(r, &ip);
    T_EQ(ip.payload_octets, 8 + n);
    T_EQ(ip.payload[0], family == SF_IPV4 ? 0 : 129);
    T_EQ(t_pattern_match(1, 0, ip.payload + 8, n), n);
    T_FALSE(rig_tx(r));
}

static void fragments_make_a_packet_in_every_order(void **state)
{
    /* All orders of four parts of 8 + 52 octets. */
    static const size_t cuts[] = {0, 16, 24, 40, 60};

    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        struct rig r;

        rig_begin(&r, false);
        packet_ping(&whole, families[f], 52);
        for (uint32_t order = 0; order < 256; order++) {
            uint32_t seen = 0;

            for (int i = 0; i < 4; i++) {
                seen |= 1U << (order >> 2 * i & 3);
            }
            for (int i = 0; seen == 15 && i < 4; i++) {
                const uint32_t part = order >> 2 * i & 3;

                T_EQ_ROW(order, fragment(&r, order, cuts[part], cuts[part + 1]),
                         i < 3 ? SF_HELD_FRAGMENT : SF_PASS);
            }
            if (seen == 15) {
                expect_pong(&r, families[f], 52);
            }
        }
        T_EQ(rig_verdicts(&r, SF_PASS), 24);
        T_EQ(rig_verdicts(&r, SF_HELD_FRAGMENT), 72);
        T_TRUE(sf_time_is_never(sf_stack_deadline(r.st)));
        rig_end(&r);
    }
}

static void a_segment_in_fragments_opens_a_connection(void **state)
{
    const struct sf_listen listen = {.local = {.port = 80}};
    struct sf_handle handle;

    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        struct sf_ip ip;
        struct rig r;

        rig_begin(&r, false);
        T_EQ(sf_listen(r.st, &listen, &handle, r.now), SF_OK);
        packet_syn(&whole, families[f]);
        T_EQ(fragment(&r, 1, 16, 24), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 1, 8, 16), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 1, 0, 8), SF_PASS);
        T_TRUE(rig_tx(&r));
        rig_parse(&r, &ip);
        T_EQ(ip.payload[13], SF_SYN | SF_ACK);
        /* A wrong checksum is noticed in what was put together. */
        whole.p[whole.n - 1] ^= 1;
        T_EQ(fragment(&r, 2, 0, 16), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 2, 16, 24), SF_DROP_TCP_CHECKSUM);
        T_EQ(rig_drain(&r), 0);
        rig_end(&r);
    }
}

static void a_repeated_fragment_changes_nothing(void **state)
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        struct rig r;

        rig_begin(&r, false);
        packet_ping(&whole, families[f], 52);
        T_EQ(fragment(&r, 1, 0, 16), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 1, 0, 16), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 1, 40, 60), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 1, 40, 60), SF_HELD_FRAGMENT);
        T_EQ(fragment(&r, 1, 16, 40), SF_PASS);
        expect_pong(&r, families[f], 52);
        rig_end(&r);
    }
}

static void an_overlap_spoils_the_whole_packet(void **state) /* RFC 5722 s4, RFC 8200 s4.5 */
{
    static const struct {
        size_t begin, end;
    } rows[] = {
        {8, 24},           /* over the end of the first */
        {16, 32},          /* over the beginning of the second */
        {8, 32},           /* over all of the first's last octets and the second's first */
        {0, 8},            /* within */
        {8, 16},  {0, 48}, /* around both */
        {24, 40},
    };

    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        for (size_t i = 0; i < T_COUNT(rows); i++) {
            struct rig r;

            rig_begin(&r, false);
            packet_ping(&whole, families[f], 52);
            T_EQ(fragment(&r, 1, 0, 16), SF_HELD_FRAGMENT);
            T_EQ(fragment(&r, 1, 24, 48), SF_HELD_FRAGMENT);
            T_EQ_ROW(i, fragment(&r, 1, rows[i].begin, rows[i].end), SF_DROP_FRAGMENT);
            /* And with what would have made it whole. */
            T_EQ_ROW(i, fragment(&r, 1, 16, 24), SF_DROP_FRAGMENT);
            T_EQ_ROW(i, fragment(&r, 1, 48, 60), SF_DROP_FRAGMENT);
            T_EQ_ROW(i, rig_drain(&r), 0);
            /* Another packet has nothing to do with it. */
            T_EQ_ROW(i, fragment(&r, 2, 0, 16), SF_HELD_FRAGMENT);
            T_EQ_ROW(i, fragment(&r, 2, 16, 60), SF_PASS);
            T_EQ_ROW(i, rig_drain(&r), 1);
            rig_end(&r);
        }
    }
}

static void ends_that_disagree_spoil_the_packet(void **state)
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        struct rig r;

        rig_begin(&r, false);
        packet_ping(&whole, families[f], 52);
        T_EQ(fragment(&r, 1, 48, 60), SF_HELD_FRAGMENT); /* the last one ends at 60 */
        packet_ping(&whole, families[f], 60);
        T_EQ(fragment(&r, 1, 60 / 8 * 8 + 8, 68), SF_DROP_FRAGMENT);
        /* The last one ends before one that is here. */
        packet_ping(&whole, families[f], 52);
        T_EQ(fragment(&r, 2, 40, 48), SF_HELD_FRAGMENT);
        packet_ping(&whole, families[f], 12);
        T_EQ(fragment(&r, 2, 8, 20), SF_DROP_FRAGMENT);
        /* What is not the last begins behind the end. */
        T_EQ(fragment(&r, 3, 16, 20), SF_HELD_FRAGMENT);
        packet_ping(&whole, families[f], 52);
        T_EQ(fragment(&r, 3, 24, 32), SF_DROP_FRAGMENT);
        T_EQ(rig_drain(&r), 0);
        rig_end(&r);
    }
}

static void the_largest_packet_is_put_together_and_no_larger_one(void **state)
{
    /* An IPv4 packet of 65535 octets has a payload of 65515, 44.27 fragments of 1480; an IPv6
     * payload has 65535. */
    static const size_t most[] = {65515, 65535};
    struct rig r;

    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        size_t at = 0;

        rig_config(&r, false);
        r.cfg.mtu = 65535;
        rig_start(&r);
        packet_ping(&whole, families[f], most[f] - 8);
        for (; at + 1480 < most[f]; at += 1480) {
            T_EQ_ROW(at, fragment(&r, 1, at, at + 1480), SF_HELD_FRAGMENT);
        }
        /* Of IPv6 the answer would not fit the link with its header: read, and not answered. */
        T_EQ(fragment(&r, 1, at, most[f]), families[f] == SF_IPV4 ? SF_PASS : SF_DROP_ICMP);
        if (families[f] == SF_IPV4) {
            expect_pong(&r, SF_IPV4, most[f] - 8);
        }
        /* Headers count: 65512 and 8 octets more are beyond 65535 with 20 of header. */
        packet_ping(&whole, families[f], 65512);
        T_EQ(fragment(&r, 2, 65512, 65520),
             families[f] == SF_IPV4 ? SF_DROP_IP_HEADER : SF_HELD_FRAGMENT);
        rig_end(&r);
    }
}

static void odd_lengths_and_empty_fragments_are_dropped(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    for (size_t f = 0; f < T_COUNT(families); f++) {
        packet_ping(&whole, families[f], 52);
        T_EQ(fragment(&r, 1, 0, 12), SF_DROP_IP_HEADER); /* more follow, and no multiple of 8 */
        T_EQ(fragment(&r, 1, 8, 8), SF_DROP_IP_HEADER);
        packet_ping(&whole, families[f], 0);
        T_EQ(fragment(&r, 1, 8, 8), SF_DROP_FRAGMENT); /* the last one, and empty */
    }
    rig_end(&r);
}

static void unfinished_packets_are_given_up_and_their_senders_told(void **state)
{
    static const struct {
        enum sf_family family;
        uint64_t seconds;
        uint8_t type;
    } rows[] = {{SF_IPV4, 30, 11}, {SF_IPV6, 60, 3}};

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const size_t head = sf_ip_head_octets(rows[i].family);
        struct sf_ip ip;
        struct rig r;

        rig_begin(&r, false);
        packet_udp(&whole, rows[i].family, 100);
        T_EQ(fragment(&r, 1, 0, 32), SF_HELD_FRAGMENT);
        rig_advance(&r, SF_S(1));
        T_EQ(fragment(&r, 2, 32, 64), SF_HELD_FRAGMENT); /* without its first one */
        rig_advance(&r, SF_NS(rows[i].seconds * SF_NS_PER_S - SF_NS_PER_S - 1));
        T_EQ(rig_drain(&r), 0);
        T_EQ(rig_verdicts(&r, SF_DROP_FRAGMENT), 0);
        rig_advance(&r, SF_NS(1));
        T_EQ(rig_verdicts(&r, SF_DROP_FRAGMENT), 1);
        T_TRUE(rig_tx(&r));
        rig_parse(&r, &ip);
        T_EQ(ip.payload[0], rows[i].type);
        T_EQ(ip.payload[1], 1); /* fragment reassembly time exceeded */
        /* It quotes the first fragment: headers, and 32 octets. */
        T_MEM(ip.payload + 8 + (ip.payload_octets - 8 - 32), whole.p + head, 32);
        rig_advance(&r, SF_S(1));
        T_EQ(rig_verdicts(&r, SF_DROP_FRAGMENT), 2);
        T_EQ(fragment(&r, 1, 32, 108), SF_HELD_FRAGMENT); /* too late: of a new packet */
        rig_advance(&r, SF_S(60));
        T_EQ(rig_drain(&r), 0);
        T_TRUE(sf_time_is_never(sf_stack_deadline(r.st)));
        rig_end(&r);
    }
}

static void the_oldest_unfinished_packet_makes_room(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.max_reassemblies = 3;
    rig_start(&r);
    packet_ping(&whole, SF_IPV4, 52);
    for (uint32_t id = 1; id <= 4; id++) {
        T_EQ(fragment(&r, id, 0, 32), SF_HELD_FRAGMENT);
        rig_advance(&r, SF_MS(1));
    }
    T_EQ(rig_verdicts(&r, SF_DROP_FRAGMENT), 1); /* number 1 */
    for (uint32_t id = 2; id <= 4; id++) {
        T_EQ_ROW(id, fragment(&r, id, 32, 60), SF_PASS);
    }
    T_EQ(rig_drain(&r), 3);
    T_EQ(fragment(&r, 1, 32, 60), SF_HELD_FRAGMENT);
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);

    /* The oldest by its age, wherever it lies: a finished one made a place for 4. */
    rig_config(&r, false);
    r.cfg.max_reassemblies = 3;
    rig_start(&r);
    for (uint32_t id = 1; id <= 5; id++) {
        if (id == 4) {
            T_EQ(fragment(&r, 1, 32, 60), SF_PASS);
        }
        T_EQ(fragment(&r, id, 0, 32), SF_HELD_FRAGMENT);
        rig_advance(&r, SF_MS(1));
    }
    T_EQ(rig_verdicts(&r, SF_DROP_FRAGMENT), 1); /* number 2 */
    for (uint32_t id = 3; id <= 5; id++) {
        T_EQ_ROW(id, fragment(&r, id, 32, 60), SF_PASS);
    }
    T_EQ(rig_drain(&r), 4);
    rig_end(&r);
}

static void without_places_fragments_are_dropped(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, false);
    r.cfg.max_reassemblies = 0;
    rig_start(&r);
    packet_ping(&whole, SF_IPV4, 52);
    T_EQ(fragment(&r, 1, 0, 32), SF_DROP_FRAGMENT);
    rig_end(&r);
}

static void too_many_fragments_spoil_the_packet(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    packet_ping(&whole, SF_IPV4, 8 * 300 - 8);
    /* Every second place, so that none can be joined: 128 are kept of. */
    for (size_t i = 0; i < 128; i++) {
        T_EQ_ROW(i, fragment(&r, 1, 16 * i, 16 * i + 8), SF_HELD_FRAGMENT);
    }
    T_EQ(fragment(&r, 1, 16 * 128, 16 * 128 + 8), SF_DROP_FRAGMENT);
    rig_end(&r);
}

static void fragments_of_different_packets_do_not_mix(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    packet_ping(&whole, SF_IPV4, 52);
    T_EQ(fragment(&r, 7, 0, 32), SF_HELD_FRAGMENT);
    whole.p[9] = 17; /* the same number, another protocol (RFC 791 s3.2) */
    T_EQ(fragment(&r, 7, 32, 60), SF_HELD_FRAGMENT);
    whole.p[9] = 1;
    T_EQ(fragment(&r, 8, 32, 60), SF_HELD_FRAGMENT);
    T_EQ(rig_drain(&r), 0);
    T_EQ(fragment(&r, 7, 32, 60), SF_PASS);
    expect_pong(&r, SF_IPV4, 52);
    rig_end(&r);
}

static void extension_headers_ahead_of_the_fragment_header_stay(void **state)
{
    /* 16 octets of padding, then the fragment header. */
    static const uint8_t options[16] = {44, 1, 1, 12};
    uint8_t p[128];
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    packet_ping(&whole, SF_IPV6, 52);
    for (size_t part = 0; part < 2; part++) {
        const size_t begin = part * 32;
        const size_t octets = part == 0 ? 32 : 28;

        memcpy(p, options, 16);
        p[16] =
            60; /* destination options in front of the echo request, in the first fragment */
        p[17] = 0;
        sf_put16(p + 18, (uint16_t)(part == 0 ? 0 | 1 : begin + 8));
        sf_put32(p + 20, 5);
        if (part == 0) {
            memcpy(p + 24, "\x3a\0\x01\x04\0\0\0\0", 8);
            memcpy(p + 32, whole.p + 40, 32);
            packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 60}, p, 32 + octets);
            T_EQ(rig_rx(&r, &k), SF_HELD_FRAGMENT);
        } else {
            memcpy(p + 24, whole.p + 40 + begin, octets);
            packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 60}, p, 24 + octets);
            T_EQ(rig_rx(&r, &k), SF_PASS);
        }
    }
    expect_pong(&r, SF_IPV6, 52);
    rig_end(&r);
}

static void what_is_put_together_is_no_fragment_again(void **state) /* RFC 8200 s4.5 */
{
    uint8_t inner[40] = {58, 0, 0, 1, 0, 0, 0, 9}; /* a fragment header, more to follow */
    uint8_t p[64];
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    for (size_t part = 0; part < 2; part++) {
        p[0] = 44;
        p[1] = 0;
        sf_put16(p + 2, (uint16_t)(part == 0 ? 0 | 1 : 16));
        sf_put32(p + 4, 5);
        memcpy(p + 8, inner + 16 * part, part == 0 ? 16 : 24);
        packet_ip(&k, SF_IPV6, (struct sf_ip){.protocol = 44}, p, part == 0 ? 24 : 32);
        T_EQ(rig_rx(&r, &k), part == 0 ? SF_HELD_FRAGMENT : SF_DROP_FRAGMENT);
    }
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_make_a_packet_in_every_order),
        cmocka_unit_test(a_segment_in_fragments_opens_a_connection),
        cmocka_unit_test(a_repeated_fragment_changes_nothing),
        cmocka_unit_test(an_overlap_spoils_the_whole_packet),
        cmocka_unit_test(ends_that_disagree_spoil_the_packet),
        cmocka_unit_test(the_largest_packet_is_put_together_and_no_larger_one),
        cmocka_unit_test(odd_lengths_and_empty_fragments_are_dropped),
        cmocka_unit_test(unfinished_packets_are_given_up_and_their_senders_told),
        cmocka_unit_test(the_oldest_unfinished_packet_makes_room),
        cmocka_unit_test(without_places_fragments_are_dropped),
        cmocka_unit_test(too_many_fragments_spoil_the_packet),
        cmocka_unit_test(fragments_of_different_packets_do_not_mix),
        cmocka_unit_test(extension_headers_ahead_of_the_fragment_header_stay),
        cmocka_unit_test(what_is_put_together_is_no_fragment_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
