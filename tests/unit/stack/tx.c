/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/tx.c - frames that leave: headers, checksums, offloads, buffers given back.
 */
#include "rig.h"

#include "base/bytes.h"
#include "pattern.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/tcp.h"

#define OUR_PORT 80

static struct packet k;

static const enum sf_family families[] = {SF_IPV4, SF_IPV6};

/* An open connection whose peer has a window of 65535 and takes segments of 1000. */
static struct sf_handle open_one(struct rig *r, enum sf_family family)
{
    const struct sf_listen listen = {.local = {.port = OUR_PORT}};
    struct sf_handle listener;
    struct sf_handle handle;
    struct sf_seg seg = {
        .flags = SF_ACK, .seq = {5001}, .wnd = 65535, .text = (const uint8_t *)""};
    struct sf_ip ip;

    T_EQ(sf_listen(r->st, &listen, &listener, r->now), SF_OK);
    packet_syn(&k, family);
    packet_link(r, &k);
    T_EQ(rig_rx(r, &k), SF_PASS);
    T_TRUE(rig_tx(r));
    rig_parse(r, &ip);
    seg.ack.v = sf_get32(ip.payload + 4) + 1;
    packet_tcp(&k, family, &seg, 1234, OUR_PORT);
    packet_link(r, &k);
    T_EQ(rig_rx(r, &k), SF_PASS);
    T_EQ(sf_accept(r->st, listener, &handle, r->now), SF_OK);
    return handle;
}

static void send_octets(struct rig *r, struct sf_handle handle, size_t octets)
{
    static uint8_t p[8192];
    size_t taken;

    t_pattern_fill(3, 0, p, octets);
    T_EQ(sf_send(r->st, handle, p, octets, 0, &taken, r->now), SF_OK);
    T_EQ(taken, octets);
}

/* Throw a connection away; its RST leaves. */
static void end_one(struct rig *r, struct sf_handle handle)
{
    sf_abort(r->st, handle, r->now);
    rig_end(r);
}

static void headers_are_those_of_a_segment_that_is_not_to_be_cut(void **state)
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        const size_t head = sf_ip_head_octets(families[f]);
        struct sf_handle handle;
        struct sf_seg seg;
        struct sf_ip ip;
        struct rig r;
        uint16_t sport;
        uint16_t dport;

        rig_begin(&r, false);
        handle = open_one(&r, families[f]);
        send_octets(&r, handle, 501);
        T_TRUE(rig_tx(&r));
        rig_parse(&r, &ip);
        T_EQ(ip.family, families[f]);
        T_EQ(ip.hop_limit, 64);
        T_EQ(ip.traffic_class, 0);
        T_EQ(ip.protocol, SF_PROTO_TCP);
        T_EQ(ip.head_octets, head);
        T_TRUE(ip.dont_fragment);
        T_EQ(ip.id, 0);
        T_MEM(ip.src, rig_us(families[f]), sf_ip_addr_octets(families[f]));
        T_MEM(ip.dst, rig_peer(families[f]), sf_ip_addr_octets(families[f]));
        T_TRUE(sf_tcp_checksum_ok(SF_SUM_PORTABLE, &ip, SF_CSUM_FULL));
        T_EQ(sf_tcp_parse(ip.payload, ip.payload_octets, &seg, &sport, &dport), SF_PASS);
        T_EQ(sport, OUR_PORT);
        T_EQ(dport, 1234);
        T_EQ(seg.text_octets, 501);
        T_EQ(t_pattern_match(3, 0, seg.text, 501), 501);
        T_EQ(r.frame.head_octets, head + 20);
        T_EQ(r.frame.transport_start, head);
        T_EQ(r.frame.family, families[f]);
        T_EQ(r.frame.csum, SF_CSUM_FULL);
        T_EQ(r.frame.csum_start, 0);
        T_EQ(r.frame.csum_offset, 0);
        T_EQ(r.frame.gso_octets, 0);
        end_one(&r, handle);
    }
}

static void checksums_are_right_over_pieces_of_odd_lengths(void **state) /* MUST-2 */
{
    static const size_t sends[] = {1, 255, 3, 256, 7, 254, 101, 99};

    (void)state;
    for (uint8_t cpu = SF_CPU_PLAIN; cpu <= SF_CPU_AVX2; cpu++) {
        struct sf_handle handle;
        size_t sent = 0;
        size_t seen = 0;
        struct rig r;

        rig_config(&r, false);
        r.cfg.chunk_octets = 256;
        r.cfg.cpu = cpu;
        rig_start(&r);
        handle = open_one(&r, SF_IPV4);
        T_EQ(sf_set_option(r.st, handle, SF_OPTION_NODELAY, 1, r.now), SF_OK);
        for (size_t i = 0; i < T_COUNT(sends); i++) {
            send_octets(&r, handle, sends[i]);
            sent += sends[i];
            if (i == 0) {
                /* What follows begins with the 255 octets that are left of a buffer. */
                T_TRUE(rig_tx(&r));
                seen += 1;
            }
        }
        while (rig_tx(&r)) {
            struct sf_ip ip;

            rig_parse(&r, &ip);
            T_TRUE(sf_tcp_checksum_ok(SF_SUM_PORTABLE, &ip, SF_CSUM_FULL));
            T_TRUE(r.frame.n_pieces > 0);
            seen += ip.payload_octets - 20;
        }
        T_EQ(seen, sent);
        end_one(&r, handle);
    }
}

static void a_link_that_completes_checksums_gets_the_pseudo_headers_sum(void **state)
{
    (void)state;
    for (size_t f = 0; f < 4; f++) {
        const bool ethernet = f % 2 != 0;
        const enum sf_family family = families[f / 2];
        const size_t at = sf_ip_head_octets(family) + (ethernet ? 14 : 0);
        struct sf_handle handle;
        struct rig r;

        rig_config(&r, ethernet);
        r.cfg.link_caps = SF_LINK_CSUM_TX;
        rig_start(&r);
        if (ethernet) {
            rig_meet(&r);
        }
        handle = open_one(&r, family);
        send_octets(&r, handle, 77);
        T_TRUE(rig_tx(&r));
        T_EQ(r.frame.csum, SF_CSUM_PARTIAL);
        T_EQ(r.frame.csum_start, at);
        T_EQ(r.frame.csum_offset, 16);
        T_EQ(sf_get16(r.out + at + 16),
             sf_sum_fold(sf_sum_pseudo(family, rig_us(family), rig_peer(family), SF_PROTO_TCP,
                                       20 + 77)));
        end_one(&r, handle);
    }
}

static void super_segments_leave_whole_where_the_link_takes_them(void **state)
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        struct sf_handle handle;
        struct sf_ip ip;
        struct rig r;

        rig_config(&r, false);
        r.cfg.link_caps = SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6;
        rig_start(&r);
        handle = open_one(&r, families[f]);
        send_octets(&r, handle, 4500);
        T_TRUE(rig_tx(&r));
        rig_parse(&r, &ip);
        T_EQ(r.frame.gso_octets, 1000);
        T_EQ(r.frame.csum, SF_CSUM_PARTIAL);
        T_TRUE(ip.payload_octets - 20 > 1000);
        T_EQ(t_pattern_match(3, 0, ip.payload + 20, ip.payload_octets - 20),
             ip.payload_octets - 20);
        end_one(&r, handle);
    }
}

/* RFC 9293 s3.1: the urgent pointer counts from its segment's own sequence number, and a link
 * that cuts a super-segment copies it. */
static void a_segment_with_an_urgent_mark_is_no_super_segment(void **state)
{
    (void)state;
    for (size_t f = 0; f < T_COUNT(families); f++) {
        uint32_t segments = 0;
        struct sf_handle handle;
        struct rig r;
        size_t taken = 0;
        static const uint8_t long_text[3000];

        rig_config(&r, false);
        r.cfg.link_caps = SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6;
        rig_start(&r);
        handle = open_one(&r, families[f]);
        T_EQ(sf_send(r.st, handle, long_text, sizeof(long_text), SF_SEND_URGENT, &taken, r.now),
             SF_OK);
        T_EQ(taken, sizeof(long_text));
        while (rig_tx(&r)) {
            struct sf_ip ip;
            struct sf_seg seg;
            uint16_t ports[2];

            rig_parse(&r, &ip);
            T_EQ(sf_tcp_parse(ip.payload, ip.payload_octets, &seg, &ports[0], &ports[1]),
                 SF_PASS);
            T_EQ(r.frame.gso_octets, 0);
            T_TRUE((seg.flags & SF_URG) != 0);
            T_EQ(seg.urg, sizeof(long_text) - 1000 * segments); /* the same octet of all */
            segments++;
        }
        T_EQ(segments, 3);
        end_one(&r, handle);
    }
}

static void a_flow_label_is_of_the_flow_and_of_the_seed(void **state) /* RFC 6437 s3 */
{
    uint32_t labels[3];

    (void)state;
    for (uint8_t i = 0; i < 3; i++) {
        struct sf_handle handle;
        struct sf_ip ip;
        struct rig r;

        rig_config(&r, false);
        r.cfg.seed[0] = i < 2 ? 1 : 2;
        rig_start(&r);
        handle = open_one(&r, SF_IPV6);
        rig_parse(&r, &ip); /* the SYN,ACK */
        labels[i] = ip.flow_label;
        T_TRUE(labels[i] != 0);
        send_octets(&r, handle, 10);
        T_TRUE(rig_tx(&r));
        rig_parse(&r, &ip);
        T_EQ(ip.flow_label, labels[i]);
        /* A RST to another port is of another flow. */
        packet_syn(&k, SF_IPV6);
        sf_put16(k.p + 42, 81);
        sf_put16(k.p + 56, sf_sum_update(sf_get16(k.p + 56), 80, 81));
        T_EQ(rig_rx(&r, &k), SF_DROP_NO_CONNECTION);
        T_TRUE(rig_tx(&r));
        rig_parse(&r, &ip);
        T_TRUE(ip.flow_label != labels[i]);
        end_one(&r, handle);
    }
    T_EQ(labels[0], labels[1]);
    T_TRUE(labels[0] != labels[2]);
}

static void buffers_stay_until_the_link_is_done(void **state)
{
    struct sf_frame frames[8];
    struct sf_handle handle;
    struct sf_usage usage;
    size_t n;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    handle = open_one(&r, SF_IPV4);
    send_octets(&r, handle, 3000);
    n = sf_stack_tx(r.st, frames, T_COUNT(frames), r.now);
    T_EQ(n, 3);
    sf_abort(r.st, handle, r.now);
    sf_stack_usage(r.st, &usage);
    T_EQ(usage.chunks, 1);
    T_EQ(t_pattern_match(3, 0, frames[0].pieces[0].data, 1000), 1000);
    /* In any order and grouping. */
    sf_stack_tx_done(r.st, &frames[1], 2);
    sf_stack_usage(r.st, &usage);
    T_EQ(usage.chunks, 1);
    sf_stack_tx_done(r.st, &frames[0], 1);
    sf_stack_usage(r.st, &usage);
    T_EQ(usage.chunks, 0);
    rig_end(&r);
}

static void answers_of_our_own_leave_before_segments(void **state)
{
    struct sf_frame frames[4];
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    handle = open_one(&r, SF_IPV4);
    send_octets(&r, handle, 10);
    packet_ping(&k, SF_IPV4, 10);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_EQ(sf_stack_tx(r.st, frames, T_COUNT(frames), r.now), 2);
    T_EQ(frames[0].head[9], SF_PROTO_ICMP);
    T_EQ(frames[1].head[9], SF_PROTO_TCP);
    sf_stack_tx_done(r.st, frames, 2);
    T_EQ(sf_stack_counters(r.st)->frames_out, 3);   /* SYN,ACK too */
    T_EQ(sf_stack_counters(r.st)->segments_out, 2); /* not the ping's answer */
    end_one(&r, handle);
}

static void a_segment_without_a_way_is_lost_and_its_buffers_are_not(void **state)
{
    static const uint8_t far[4] = {172, 16, 0, 1};
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    packet_syn(&k, SF_IPV4);
    memcpy(k.p + 12, far, 4);
    packet_sum4(&k);
    sf_put16(k.p + 36, sf_sum_update32(sf_get16(k.p + 36), 0x0a000001, 0xac100001));
    packet_link(&r, &k);
    T_EQ(rig_rx(&r, &k), SF_DROP_NO_CONNECTION); /* a RST is owed to who cannot be reached */
    T_FALSE(rig_tx(&r));
    packet_ping(&k, SF_IPV4, 200);
    memcpy(k.p + 12, far, 4);
    packet_sum4(&k);
    packet_link(&r, &k);
    T_EQ(rig_rx(&r, &k), SF_DROP_IP_SOURCE);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void without_ethernet_answers_need_no_route(void **state)
{
    static const uint8_t far[4] = {172, 16, 0, 1};
    struct rig r;

    (void)state;
    rig_begin(&r, false);
    packet_ping(&k, SF_IPV4, 200);
    memcpy(k.p + 12, far, 4);
    packet_sum4(&k);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    T_TRUE(rig_tx(&r));
    T_MEM(r.out + 16, far, 4);
    rig_end(&r);
}

static void the_same_seed_and_input_give_the_same_octets(void **state) /* promise 2 */
{
    static uint8_t first[2000];
    size_t octets = 0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sf_handle handle;
        struct rig r;
        size_t at = 0;

        rig_begin(&r, true);
        rig_meet(&r);
        handle = open_one(&r, SF_IPV6);
        send_octets(&r, handle, 900);
        while (rig_tx(&r)) {
            if (i == 0) {
                memcpy(first + at, r.out, r.n_out);
            } else {
                T_MEM(r.out, first + at, r.n_out);
            }
            at += r.n_out;
        }
        if (i != 0) {
            T_EQ(at, octets);
        }
        octets = at;
        end_one(&r, handle);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_those_of_a_segment_that_is_not_to_be_cut),
        cmocka_unit_test(checksums_are_right_over_pieces_of_odd_lengths),
        cmocka_unit_test(a_link_that_completes_checksums_gets_the_pseudo_headers_sum),
        cmocka_unit_test(super_segments_leave_whole_where_the_link_takes_them),
        cmocka_unit_test(a_segment_with_an_urgent_mark_is_no_super_segment),
        cmocka_unit_test(a_flow_label_is_of_the_flow_and_of_the_seed),
        cmocka_unit_test(buffers_stay_until_the_link_is_done),
        cmocka_unit_test(answers_of_our_own_leave_before_segments),
        cmocka_unit_test(a_segment_without_a_way_is_lost_and_its_buffers_are_not),
        cmocka_unit_test(without_ethernet_answers_need_no_route),
        cmocka_unit_test(the_same_seed_and_input_give_the_same_octets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
