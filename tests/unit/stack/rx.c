/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/rx.c - what becomes of frames that arrive: each check has its verdict, and
 * nothing that is dropped is answered.
 */
#include "rig.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ipv6.h"

static struct packet k;

static const enum sf_family families[] = {SF_IPV4, SF_IPV6};

static struct sf_handle listen_on(struct rig *r, struct sf_listen listen)
{
    struct sf_handle handle;

    listen.local.port = 80;
    T_EQ(sf_listen(r->st, &listen, &handle, r->now), SF_OK);
    return handle;
}

/* A SYN with one address changed, checksums right. */
static void syn_with(enum sf_family family, const uint8_t *src, const uint8_t *dst)
{
    const size_t head = sf_ip_head_octets(family);
    const size_t octets = sf_ip_addr_octets(family);
    uint8_t *p = k.p;

    packet_syn(&k, family);
    if (src != NULL) {
        memcpy(p + head - 2 * octets, src, octets);
    }
    if (dst != NULL) {
        memcpy(p + head - octets, dst, octets);
    }
    if (family == SF_IPV4) {
        packet_sum4(&k);
    }
    sf_put16(p + head + 16, 0);
    sf_put16(p + head + 16,
             sf_sum_end(sf_sum(p + head, k.n - head,
                               sf_sum_pseudo(family, p + head - 2 * octets, p + head - octets,
                                             SF_PROTO_TCP, (uint32_t)(k.n - head)))));
}

static void a_syn_is_answered_on_both_kinds_of_link(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const bool ethernet = i % 2 != 0;
        struct sf_ip ip;
        struct rig r;

        rig_begin(&r, ethernet);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        if (ethernet) {
            rig_meet(&r);
        }
        packet_syn(&k, families[i / 2]);
        packet_link(&r, &k);
        T_EQ_ROW(i, rig_rx(&r, &k), SF_PASS);
        T_EQ_ROW(i, rig_tx(&r), true);
        rig_parse(&r, &ip);
        T_EQ_ROW(i, ip.payload[13], SF_SYN | SF_ACK);
        T_EQ_ROW(i, sf_get16(ip.payload), 80);
        T_EQ_ROW(i, sf_get16(ip.payload + 2), 1234);
        T_EQ_ROW(i, sf_get32(ip.payload + 8), 5001);
        if (ethernet) {
            T_MEM(r.out, rig_peer_mac, 6);
            T_MEM(r.out + 6, rig_mac, 6);
        }
        T_EQ_ROW(i, sf_stack_counters(r.st)->segments_in, 1);
        rig_end(&r);
    }
}

static void a_frame_cut_off_anywhere_is_dropped(void **state)
{
    (void)state;
    for (size_t f = 0; f < 4; f++) {
        const bool ethernet = f % 2 != 0;
        const enum sf_family family = families[f / 2];
        struct rig r;
        size_t whole;

        rig_begin(&r, ethernet);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        if (ethernet) {
            rig_meet(&r);
        }
        packet_syn(&k, family);
        packet_link(&r, &k);
        whole = k.n;
        for (k.n = 0; k.n < whole; k.n++) {
            T_EQ_ROW(k.n, rig_rx(&r, &k), SF_DROP_SHORT);
        }
        T_EQ(rig_drain(&r), 0);
        /* Padding does no harm (RFC 894). */
        k.n = whole + 20;
        T_EQ(rig_rx(&r, &k), SF_PASS);
        T_EQ(rig_drain(&r), 1);
        rig_end(&r);
    }
}

/* The IP header is right about each length, and the segment is cut. */
static void a_segment_cut_off_anywhere_is_dropped(void **state)
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        const enum sf_family family = families[f];
        const size_t head = sf_ip_head_octets(family);
        struct rig r;

        rig_begin(&r, false);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        for (size_t n = 0; n < 24; n++) {
            uint8_t segment[24];

            packet_syn(&k, family);
            memcpy(segment, k.p + head, n);
            if (n >= 18) {
                sf_put16(segment + 16, 0);
                sf_put16(
                    segment + 16,
                    sf_sum_end(sf_sum(segment, n,
                                      sf_sum_pseudo(family, rig_peer(family), rig_us(family),
                                                    SF_PROTO_TCP, (uint32_t)n))));
            }
            packet_ip(&k, family, (struct sf_ip){.protocol = SF_PROTO_TCP}, segment, n);
            T_EQ_ROW(n, rig_rx(&r, &k), SF_DROP_TCP_SHORT);
        }
        T_EQ(rig_drain(&r), 0);
        T_EQ(sf_stack_counters(r.st)->segments_in, 0);
        rig_end(&r);
    }
}

static void a_wrong_checksum_is_seen_in_every_octet(void **state) /* MUST-3 */
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        const size_t head = sf_ip_head_octets(families[f]);
        struct rig r;

        rig_begin(&r, false);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        packet_syn(&k, families[f]);
        for (size_t at = head; at < k.n; at++) {
            k.p[at] ^= 0x10;
            T_EQ_ROW(at, rig_rx(&r, &k), SF_DROP_TCP_CHECKSUM);
            k.p[at] ^= 0x10;
        }
        T_EQ(rig_verdicts(&r, SF_DROP_TCP_CHECKSUM), k.n - head);
        T_EQ(rig_drain(&r), 0);
        T_EQ(rig_rx(&r, &k), SF_PASS);
        T_EQ(rig_drain(&r), 1);
        rig_end(&r);
    }
}

static void every_octet_of_an_ipv4_header_is_checked(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    packet_syn(&k, SF_IPV4);
    for (size_t at = 0; at < 20; at++) {
        k.p[at] ^= 0x01;
        T_EQ_ROW(at, rig_rx(&r, &k) != SF_PASS, 1);
        k.p[at] ^= 0x01;
    }
    T_TRUE(rig_verdicts(&r, SF_DROP_IP_CHECKSUM) >=
           17); /* all but 0 (length) and 2, 3 (total) */
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

static void a_checksum_that_the_link_answers_for_is_not_read(void **state)
{
    static const struct {
        uint8_t csum;
        enum sf_verdict verdict;
    } rows[] = {
        {SF_CSUM_FULL, SF_DROP_TCP_CHECKSUM},
        {SF_CSUM_VALID, SF_PASS},
        {SF_CSUM_PARTIAL, SF_PASS},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_frame frame = {.n_pieces = 1, .csum = rows[i].csum};
        struct rig r;

        rig_begin(&r, false);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        packet_syn(&k, SF_IPV4);
        k.p[36] ^= 0xff;
        frame.octets = (uint32_t)k.n;
        frame.pieces[0] = (struct sf_piece){k.p, (uint32_t)k.n};
        sf_stack_rx(r.st, &frame, 1, r.now);
        T_EQ_ROW(i, frame.verdict, rows[i].verdict);
        rig_end(&r);
    }
}

static void sources_that_are_no_host_are_ignored(void **state) /* MUST-63 */
{
    static const uint8_t v4[][4] = {
        {0, 0, 0, 0},   {0, 1, 2, 3},         {127, 0, 0, 1},  {224, 0, 0, 1}, {239, 1, 1, 1},
        {240, 0, 0, 1}, {255, 255, 255, 255}, {10, 0, 0, 255}, {10, 0, 0, 0},
    };
    static const uint8_t v6[][16] = {
        {0},
        {[15] = 1},
        {0xff, 0x02, [15] = 1},
        {[10] = 0xff, 0xff, 10, 0, 0, 1},
    };
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    for (size_t i = 0; i < T_COUNT(v4); i++) {
        syn_with(SF_IPV4, v4[i], NULL);
        T_EQ_ROW(i, rig_rx(&r, &k), SF_DROP_IP_SOURCE);
    }
    for (size_t i = 0; i < T_COUNT(v6); i++) {
        syn_with(SF_IPV6, v6[i], NULL);
        T_EQ_ROW(i, rig_rx(&r, &k), SF_DROP_IP_SOURCE);
    }
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

/* A source that was heard, and is the broadcast of a net that came later. */
static void a_new_net_makes_an_old_source_its_broadcast(void **state)
{
    static const uint8_t source[4] = {192, 168, 5, 255};
    const struct sf_addr ours = sf_addr_v4(192, 168, 5, 1);
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    syn_with(SF_IPV4, source, NULL);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_EQ(rig_rx(&r, &k) == SF_DROP_IP_SOURCE, false);
    T_EQ(sf_stack_add_address(r.st, &ours, 24), SF_OK);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_SOURCE);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_SOURCE);
    rig_end(&r);
}

static void destinations_that_are_not_ours_are_ignored(void **state) /* MUST-57 */
{
    static const uint8_t v4[][4] = {
        {10, 0, 0, 255}, {10, 0, 0, 0}, {255, 255, 255, 255}, {224, 0, 0, 1},
        {127, 0, 0, 1},  {0, 0, 0, 0},  {240, 0, 0, 1},
    };
    static const uint8_t v6[][16] = {
        {0xff, 0x02, [15] = 1},
        {0xff, 0x02, [11] = 1, 0xff, 0, 0, 2},
        {0xff, 0x05, [15] = 9},
        {0},
        {[15] = 1},
        {[10] = 0xff, 0xff, 10, 0, 0, 2},
    };
    static const uint8_t other4[4] = {10, 0, 0, 3};
    static const uint8_t other6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 3};

    (void)state;
    /* With a listener for any address only other hosts' addresses are taken besides. */
    for (uint8_t any = 0; any < 2; any++) {
        struct rig r;

        rig_begin(&r, false);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4, .any_address = any});
        for (size_t i = 0; i < T_COUNT(v4); i++) {
            syn_with(SF_IPV4, NULL, v4[i]);
            T_EQ_ROW(i, rig_rx(&r, &k), SF_DROP_IP_DEST);
        }
        for (size_t i = 0; i < T_COUNT(v6); i++) {
            syn_with(SF_IPV6, NULL, v6[i]);
            T_EQ_ROW(i, rig_rx(&r, &k), SF_DROP_IP_DEST);
        }
        T_EQ(rig_drain(&r), 0);
        syn_with(SF_IPV4, NULL, other4);
        T_EQ(rig_rx(&r, &k), any != 0 ? SF_PASS : SF_DROP_IP_DEST);
        T_EQ(rig_tx(&r), any);
        if (any != 0) {
            T_MEM(r.out + 12, other4, 4); /* as whom we were asked for */
        }
        syn_with(SF_IPV6, NULL, other6);
        T_EQ(rig_rx(&r, &k), any != 0 ? SF_PASS : SF_DROP_IP_DEST);
        T_EQ(rig_drain(&r), any);
        rig_end(&r);
    }
}

static void frames_of_other_stations_are_dropped(void **state)
{
    static const uint8_t other[6] = {2, 0, 0, 0, 0, 3};
    static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1};
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    packet_syn(&k, SF_IPV4);
    packet_eth(&k, other, SF_ETH_IPV4);
    T_EQ(rig_rx(&r, &k), SF_DROP_MAC);
    memcpy(k.p, group, 6);
    T_EQ(rig_rx(&r, &k), SF_DROP_MAC);
    /* To all stations, but for us: RFC 1122 s3.3.6. */
    memcpy(k.p, rig_all_macs, 6);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_DEST);
    /* From ourselves. */
    memcpy(k.p, rig_mac, 6);
    memcpy(k.p + 6, rig_mac, 6);
    T_EQ(rig_rx(&r, &k), SF_DROP_LOOP);
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

static void what_is_in_a_frame_is_what_it_says(void **state)
{
    static const struct {
        uint16_t type;
        uint8_t first; /* octet of the packet */
        enum sf_verdict verdict;
    } rows[] = {
        {0x0800, 0x45, SF_PASS},
        {0x86dd, 0x45, SF_DROP_IP_VERSION},
        {0x0806, 0x45, SF_DROP_ARP},
        {0x8100, 0x45, SF_DROP_ETHERTYPE},
        {0x0026, 0x45, SF_DROP_ETHERTYPE},
        {0x0800, 0x55, SF_DROP_IP_VERSION},
        {0x0800, 0x05, SF_DROP_IP_VERSION},
        {0x0800, 0x44, SF_DROP_IP_HEADER},
        {0x0800, 0x46, SF_DROP_IP_CHECKSUM},
    };
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    rig_meet(&r);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        packet_syn(&k, SF_IPV4);
        k.p[0] = rows[i].first;
        packet_eth(&k, rig_mac, rows[i].type);
        T_EQ_ROW(i, rig_rx(&r, &k), rows[i].verdict);
    }
    T_EQ(rig_drain(&r), 1);
    rig_end(&r);
}

static void port_zero_and_bad_options_are_dropped(void **state) /* MUST-7 */
{
    struct sf_seg seg = {
        .flags = SF_SYN, .options = SF_OPT_MSS, .mss = 1000, .text = (const uint8_t *)""};
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    packet_tcp(&k, SF_IPV4, &seg, 0, 80);
    T_EQ(rig_rx(&r, &k), SF_DROP_TCP_PORT);
    packet_tcp(&k, SF_IPV4, &seg, 80, 0);
    T_EQ(rig_rx(&r, &k), SF_DROP_TCP_PORT);
    packet_syn(&k, SF_IPV4);
    k.p[41] = 5; /* MSS, one octet beyond the header's end */
    sf_put16(k.p + 36, sf_sum_update(sf_get16(k.p + 36), 0x0204, 0x0205));
    T_EQ(rig_rx(&r, &k), SF_DROP_TCP_OPTION);
    T_EQ(rig_drain(&r), 0);
    rig_end(&r);
}

static void options_of_ip_are_skipped_but_source_routes(void **state) /* MUST-50 */
{
    static const struct {
        uint8_t kind;
        enum sf_verdict verdict;
    } rows[] = {
        {148, SF_PASS}, /* router alert */
        {7, SF_PASS},   /* record route */
        {222, SF_PASS}, /* nobody's */
        {131, SF_DROP_IP_OPTION},
        {137, SF_DROP_IP_OPTION},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct rig r;

        rig_begin(&r, false);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        packet_syn(&k, SF_IPV4);
        memmove(k.p + 24, k.p + 20, k.n - 20);
        k.n += 4;
        k.p[0] = 0x46;
        k.p[3] = (uint8_t)k.n;
        k.p[20] = rows[i].kind;
        k.p[21] = 4;
        k.p[22] = 4;
        k.p[23] = 0;
        packet_sum4(&k);
        T_EQ_ROW(i, rig_rx(&r, &k), rows[i].verdict);
        T_EQ_ROW(i, rig_drain(&r), rows[i].verdict == SF_PASS);
        rig_end(&r);
    }
}

static void flows_of_other_workers_are_left_to_them(void **state)
{
    size_t taken = 0;

    (void)state;
    for (uint16_t worker = 0; worker < 3; worker++) {
        const struct sf_endpoint us = {sf_ip_addr(SF_IPV4, rig_us4), 80};
        const struct sf_endpoint peer = {sf_ip_addr(SF_IPV4, rig_peer4), 1234};
        struct rig r;

        rig_config(&r, false);
        r.cfg.workers = 3;
        r.cfg.worker = worker;
        rig_start(&r);
        (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
        packet_syn(&k, SF_IPV4);
        T_EQ(rig_rx(&r, &k), sf_steer(&us, &peer, 3) == worker ? SF_PASS : SF_DROP_NOT_MINE);
        taken += rig_drain(&r);
        rig_end(&r);
    }
    T_EQ(taken, 1);
}

static void a_batch_is_judged_frame_by_frame(void **state)
{
    struct sf_frame frames[SF_BATCH_MAX];
    const struct sf_counters *counters;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    (void)listen_on(&r, (struct sf_listen){.syn_queue = 4});
    packet_syn(&k, SF_IPV4);
    memset(frames, 0, sizeof(frames));
    for (size_t i = 0; i < SF_BATCH_MAX; i++) {
        const uint32_t octets = i % 2 == 0 ? (uint32_t)k.n : 10;

        frames[i].n_pieces = 1;
        frames[i].octets = octets;
        frames[i].pieces[0] = (struct sf_piece){k.p, octets};
    }
    sf_stack_rx(r.st, frames, SF_BATCH_MAX, r.now);
    for (size_t i = 0; i < SF_BATCH_MAX; i++) {
        T_EQ_ROW(i, frames[i].verdict == SF_DROP_SHORT, i % 2 != 0);
    }
    counters = sf_stack_counters(r.st);
    T_EQ(counters->frames_in, SF_BATCH_MAX);
    T_EQ(counters->verdicts[SF_DROP_SHORT], SF_BATCH_MAX / 2);
    T_EQ(counters->segments_in, SF_BATCH_MAX / 2);
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_syn_is_answered_on_both_kinds_of_link),
        cmocka_unit_test(a_frame_cut_off_anywhere_is_dropped),
        cmocka_unit_test(a_segment_cut_off_anywhere_is_dropped),
        cmocka_unit_test(a_wrong_checksum_is_seen_in_every_octet),
        cmocka_unit_test(every_octet_of_an_ipv4_header_is_checked),
        cmocka_unit_test(a_checksum_that_the_link_answers_for_is_not_read),
        cmocka_unit_test(sources_that_are_no_host_are_ignored),
        cmocka_unit_test(a_new_net_makes_an_old_source_its_broadcast),
        cmocka_unit_test(destinations_that_are_not_ours_are_ignored),
        cmocka_unit_test(frames_of_other_stations_are_dropped),
        cmocka_unit_test(what_is_in_a_frame_is_what_it_says),
        cmocka_unit_test(port_zero_and_bad_options_are_dropped),
        cmocka_unit_test(options_of_ip_are_skipped_but_source_routes),
        cmocka_unit_test(flows_of_other_workers_are_left_to_them),
        cmocka_unit_test(a_batch_is_judged_frame_by_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
