/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/arp.c - address resolution and the table of neighbours, over IPv4.
 */
#include "rig.h"

#include "base/bytes.h"
#include "wire/eth.h"

#define QUESTION "020000000001 0a000001 000000000000 0a000002"

static struct packet k;

static enum sf_verdict hear(struct rig *r, const char *arp)
{
    k.n = rig_hex(arp, k.p);
    packet_eth(&k, rig_all_macs, SF_ETH_ARP);
    return rig_rx(r, &k);
}

/* Ping us from an address, which needs no neighbour to arrive but one to be answered. */
static void ping_from(struct rig *r, uint8_t host)
{
    packet_ping(&k, SF_IPV4, 4);
    k.p[15] = host;
    packet_sum4(&k);
    packet_link(r, &k);
    T_EQ(rig_rx(r, &k), SF_PASS);
}

/* The next frame asks everybody for 10.0.0.host. */
static void expect_question(struct rig *r, uint8_t host)
{
    char text[160];

    snprintf(text, sizeof(text),
             "ffffffffffff 020000000002 0806 0001 0800 06 04 0001 020000000002 0a000002 "
             "000000000000 0a0000%02x",
             host);
    rig_expect(r, text, __FILE__, __LINE__);
}

/* The next frame is an answer to a ping, to this station. */
static void expect_pong(struct rig *r, const uint8_t *mac)
{
    T_TRUE(rig_tx(r));
    T_EQ(r->n_out, 14 + 20 + 8 + 4);
    T_MEM(r->out, mac, 6);
    T_MEM(r->out + 6, rig_mac, 6);
    T_EQ(sf_get16(r->out + 12), SF_ETH_IPV4);
    T_EQ(r->out[34], 0); /* echo reply */
}

static void a_question_for_our_address_is_answered(void **state) /* RFC 826 */
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, "0001 0800 06 04 0001 " QUESTION), SF_PASS);
    T_OUT(&r, "020000000001 020000000002 0806 0001 0800 06 04 0002 "
              "020000000002 0a000002 020000000001 0a000001");
    T_EQ(r.frame.family, 0);
    T_EQ(r.frame.n_pieces, 0);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void a_question_for_another_is_not(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, "0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000003"), SF_PASS);
    T_FALSE(rig_tx(&r));
    /* Nor was anybody learnt. */
    ping_from(&r, 1);
    expect_question(&r, 1);
    rig_end(&r);
}

static void a_probe_of_our_address_is_answered_and_teaches_nothing(void **state) /* RFC 5227 */
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, "0001 0800 06 04 0001 020000000001 00000000 000000000000 0a000002"), SF_PASS);
    T_OUT(&r, "020000000001 020000000002 0806 0001 0800 06 04 0002 "
              "020000000002 0a000002 020000000001 00000000");
    rig_end(&r);
}

static void malformed_and_absurd_packets_are_dropped(void **state)
{
    static const struct {
        const char *arp;
        enum sf_verdict verdict;
    } rows[] = {
        {"0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a0000", SF_DROP_SHORT},
        {"0006 0800 06 04 0001 " QUESTION, SF_DROP_ARP}, /* hardware */
        {"0001 86dd 06 04 0001 " QUESTION, SF_DROP_ARP}, /* protocol */
        {"0001 0800 08 04 0001 " QUESTION, SF_DROP_ARP},
        {"0001 0800 06 10 0001 " QUESTION, SF_DROP_ARP},
        {"0001 0800 06 04 0003 " QUESTION, SF_DROP_ARP}, /* operation */
        /* From a group's station, and from addresses that are no host's. */
        {"0001 0800 06 04 0001 010000000001 0a000001 000000000000 0a000002", SF_DROP_ARP},
        {"0001 0800 06 04 0001 020000000001 ffffffff 000000000000 0a000002", SF_DROP_ARP},
        {"0001 0800 06 04 0001 020000000001 e0000001 000000000000 0a000002", SF_DROP_ARP},
        {"0001 0800 06 04 0001 020000000001 0a0000ff 000000000000 0a000002", SF_DROP_ARP},
        {"0001 0800 06 04 0001 020000000001 7f000001 000000000000 0a000002", SF_DROP_ARP},
        /* Somebody claims to be us. */
        {"0001 0800 06 04 0001 020000000009 0a000002 000000000000 0a000002", SF_DROP_ARP},
        {"0001 0800 06 04 0002 020000000009 0a000002 020000000002 0a000002", SF_DROP_ARP},
    };
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, hear(&r, rows[i].arp), rows[i].verdict);
        T_EQ_ROW(i, rig_drain(&r), 0);
    }
    rig_end(&r);
}

static void a_frame_for_an_unknown_neighbour_waits_for_its_answer(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    ping_from(&r, 1);
    expect_question(&r, 1);
    T_FALSE(rig_tx(&r));
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"), SF_PASS);
    expect_pong(&r, rig_peer_mac);
    T_FALSE(rig_tx(&r));
    /* From now on at once. */
    ping_from(&r, 1);
    expect_pong(&r, rig_peer_mac);
    rig_end(&r);
}

static void the_latest_of_the_frames_that_wait_is_kept(void **state) /* RFC 1122 s2.3.2.2 */
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    for (uint16_t i = 0; i < 3; i++) {
        packet_ping(&k, SF_IPV4, 200); /* in a chunk */
        sf_put16(k.p + 26, (uint16_t)(100 + i));
        sf_put16(k.p + 22, (uint16_t)(sf_get16(k.p + 22) - 99 - i));
        packet_link(&r, &k);
        T_EQ(rig_rx(&r, &k), SF_PASS);
        T_EQ(rig_drain(&r), i == 0); /* one question in all */
    }
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"), SF_PASS);
    T_TRUE(rig_tx(&r));
    T_EQ(sf_get16(r.out + 40), 102);
    T_FALSE(rig_tx(&r));
    rig_end(&r); /* no chunk was lost */
}

static void who_does_not_answer_is_asked_three_times(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    packet_ping(&k, SF_IPV4, 200);
    packet_link(&r, &k);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    expect_question(&r, 1);
    T_EQ(sf_stack_deadline(r.st).ns, r.now.ns + SF_NS_PER_S);
    rig_advance(&r, SF_MS(999));
    T_FALSE(rig_tx(&r));
    rig_advance(&r, SF_MS(1));
    expect_question(&r, 1);
    rig_advance(&r, SF_S(1));
    expect_question(&r, 1);
    rig_advance(&r, SF_S(1));
    T_FALSE(rig_tx(&r));
    T_TRUE(sf_time_is_never(sf_stack_deadline(r.st)));
    /* What waited is gone; a late answer finds nothing. */
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"), SF_PASS);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void a_connection_hears_that_its_neighbour_is_not_there(void **state)
{
    const struct sf_open open = {.remote = {sf_addr_v4(10, 0, 0, 9), 80}};
    struct sf_status status;
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_OK);
    expect_question(&r, 9);
    rig_advance(&r, SF_NS(2999999999));
    T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
    T_EQ(status.soft, SF_OK);
    rig_advance(&r, SF_NS(1));
    T_EQ(sf_status(r.st, handle, &status, r.now), SF_OK);
    T_EQ(status.soft, SF_ERR_UNREACHABLE);
    T_EQ(status.state, SF_SYN_SENT); /* MUST-56: it goes on trying */
    T_TRUE((sf_ready(r.st, handle) & SF_READY_SOFT) != 0);
    sf_abort(r.st, handle, r.now);
    rig_advance(&r, SF_S(4));
    rig_end(&r);
}

static void who_asks_for_us_is_known(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, "0001 0800 06 04 0001 " QUESTION), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    ping_from(&r, 1);
    expect_pong(&r, rig_peer_mac);
    rig_end(&r);
}

static void a_stranger_from_another_net_makes_no_record(void **state)
{
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(hear(&r, "0001 0800 06 04 0001 020000000001 0a000101 000000000000 0a000002"), SF_PASS);
    T_EQ(rig_drain(&r), 1); /* answered all the same */
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000007 020000000002 0a000002"), SF_PASS);
    ping_from(&r, 7); /* an answer nobody asked for made no record either */
    expect_question(&r, 7);
    rig_end(&r);
}

static void news_of_a_known_neighbour_move_it(void **state)
{
    static const uint8_t moved[6] = {2, 0, 0, 0, 0, 9};
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    rig_meet(&r);
    /* Gratuitous: to nobody. */
    T_EQ(hear(&r, "0001 0800 06 04 0001 020000000009 0a000001 000000000000 0a000001"), SF_PASS);
    ping_from(&r, 1);
    expect_pong(&r, moved);
    rig_end(&r);
}

static void what_is_stale_is_used_and_then_asked_for_by_unicast(void **state)
{
    static const char question[] = "020000000001 020000000002 0806 0001 0800 06 04 0001 "
                                   "020000000002 0a000002 000000000000 0a000001";
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    rig_meet(&r);
    ping_from(&r, 1); /* learnt from a question: stale */
    expect_pong(&r, rig_peer_mac);
    rig_advance(&r, SF_NS(4999999999));
    T_FALSE(rig_tx(&r));
    rig_advance(&r, SF_NS(1)); /* DELAY_FIRST_PROBE_TIME is over */
    T_OUT(&r, question);
    ping_from(&r, 1); /* used meanwhile */
    expect_pong(&r, rig_peer_mac);
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"), SF_PASS);
    rig_advance(&r, SF_NS(29999999999)); /* REACHABLE_TIME is 30 s */
    ping_from(&r, 1);
    expect_pong(&r, rig_peer_mac);
    T_TRUE(sf_time_is_never(sf_stack_deadline(r.st)));
    rig_advance(&r, SF_NS(1));
    ping_from(&r, 1);
    expect_pong(&r, rig_peer_mac);
    rig_advance(&r, SF_S(5));
    T_OUT(&r, question);
    rig_advance(&r, SF_S(1));
    T_OUT(&r, question);
    rig_advance(&r, SF_S(1));
    T_OUT(&r, question);
    /* Three without an answer: forgotten, and everybody is asked. */
    rig_advance(&r, SF_S(1));
    T_FALSE(rig_tx(&r));
    ping_from(&r, 1);
    expect_question(&r, 1);
    rig_end(&r);
}

static void the_least_recently_used_neighbour_makes_room(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, true);
    r.cfg.max_neighbours = 3;
    rig_start(&r);
    for (uint8_t host = 11; host <= 13; host++) {
        char text[100];

        snprintf(text, sizeof(text),
                 "0001 0800 06 04 0001 0200000000%02x 0a0000%02x 000000000000 0a000002", host,
                 host);
        T_EQ(hear(&r, text), SF_PASS);
        T_EQ(rig_drain(&r), 1);
    }
    ping_from(&r, 11); /* used: now 12 is the one to go */
    T_EQ(rig_drain(&r), 1);
    ping_from(&r, 14);
    expect_question(&r, 14);
    ping_from(&r, 11);
    T_TRUE(rig_tx(&r));
    T_EQ(r.out[5], 11);
    ping_from(&r, 13);
    T_TRUE(rig_tx(&r));
    T_EQ(r.out[5], 13);
    ping_from(&r, 12); /* and takes the place of 14, whose frame is lost with it */
    expect_question(&r, 12);
    T_EQ(hear(&r, "0001 0800 06 04 0002 02000000000e 0a00000e 020000000002 0a000002"), SF_PASS);
    T_FALSE(rig_tx(&r));
    /* In order of use they are now 11, 13, 12. */
    ping_from(&r, 21);
    expect_question(&r, 21);
    ping_from(&r, 13);
    T_TRUE(rig_tx(&r));
    T_EQ(r.out[5], 13);
    ping_from(&r, 22); /* in the place of 12 */
    expect_question(&r, 22);
    ping_from(&r, 13);
    T_TRUE(rig_tx(&r));
    T_EQ(r.out[5], 13);
    ping_from(&r, 12); /* in the place of 21 */
    expect_question(&r, 12);
    T_FALSE(rig_tx(&r));
    rig_end(&r);
}

static void a_place_in_the_ring_remembers_nothing(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, true);
    r.cfg.max_replies = 1;
    r.cfg.max_neighbours = 1; /* so that the ring has two places */
    rig_start(&r);
    for (int i = 0; i < 4; i++) {
        T_EQ(hear(&r, "0001 0800 06 04 0001 " QUESTION), SF_PASS);
        T_EQ(rig_drain(&r), 1);
    }
    for (int i = 0; i < 4; i++) {
        ping_from(&r, 1);
        expect_pong(&r, rig_peer_mac);
    }
    rig_end(&r);
}

static void what_was_released_is_given_back_once(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, true);
    r.cfg.max_neighbours = 1;
    rig_start(&r);
    packet_ping(&k, SF_IPV4, 200); /* in a chunk */
    packet_link(&r, &k);
    T_EQ(rig_rx(&r, &k), SF_PASS);
    expect_question(&r, 1);
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    ping_from(&r, 2); /* takes its place, and its chunk is not given back again */
    expect_question(&r, 2);
    rig_end(&r);
}

static void what_was_held_leaves_though_no_answer_finds_a_place(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, true);
    r.cfg.max_replies = 1;
    rig_start(&r);
    ping_from(&r, 1);
    expect_question(&r, 1);
    ping_from(&r, 1);
    T_EQ(hear(&r, "0001 0800 06 04 0002 020000000001 0a000001 020000000002 0a000002"), SF_PASS);
    expect_pong(&r, rig_peer_mac);
    expect_pong(&r, rig_peer_mac);
    T_EQ(sf_stack_counters(r.st)->replies_lost, 0);
    rig_end(&r);
}

static void who_made_room_is_not_asked_for_any_more(void **state)
{
    struct rig r;

    (void)state;
    rig_config(&r, true);
    r.cfg.max_neighbours = 1;
    rig_start(&r);
    ping_from(&r, 7);
    expect_question(&r, 7);
    T_EQ(hear(&r, "0001 0800 06 04 0001 " QUESTION), SF_PASS);
    T_EQ(rig_drain(&r), 1);
    T_TRUE(sf_time_is_never(sf_stack_deadline(r.st)));
    rig_advance(&r, SF_S(5));
    T_EQ(rig_drain(&r), 0);
    ping_from(&r, 1);
    expect_pong(&r, rig_peer_mac);
    rig_end(&r);
}

static void a_packet_for_another_net_goes_to_its_gateway(void **state)
{
    const struct sf_addr net = sf_addr_v4(192, 168, 0, 0);
    const struct sf_addr all = sf_addr_v4(0, 0, 0, 0);
    const struct sf_addr near = sf_addr_v4(10, 0, 0, 254);
    const struct sf_addr far = sf_addr_v4(10, 0, 0, 253);
    struct sf_open open = {.remote = {sf_addr_v4(192, 168, 0, 5), 80}};
    struct sf_handle handle;
    struct rig r;

    (void)state;
    rig_begin(&r, true);
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_ERR_UNROUTABLE);
    T_EQ(sf_stack_add_route(r.st, &all, 0, &far), SF_OK);
    T_EQ(sf_stack_add_route(r.st, &net, 16, &near), SF_OK);
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_OK);
    expect_question(&r, 254);
    T_EQ(sf_abort(r.st, handle, r.now), SF_OK);
    open.remote.addr = sf_addr_v4(192, 169, 0, 5);
    T_EQ(sf_open(r.st, &open, &handle, r.now), SF_OK);
    expect_question(&r, 253);
    T_EQ(sf_abort(r.st, handle, r.now), SF_OK);
    rig_advance(&r, SF_S(4));
    rig_end(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_for_our_address_is_answered),
        cmocka_unit_test(a_question_for_another_is_not),
        cmocka_unit_test(a_probe_of_our_address_is_answered_and_teaches_nothing),
        cmocka_unit_test(malformed_and_absurd_packets_are_dropped),
        cmocka_unit_test(a_frame_for_an_unknown_neighbour_waits_for_its_answer),
        cmocka_unit_test(the_latest_of_the_frames_that_wait_is_kept),
        cmocka_unit_test(who_does_not_answer_is_asked_three_times),
        cmocka_unit_test(a_connection_hears_that_its_neighbour_is_not_there),
        cmocka_unit_test(who_asks_for_us_is_known),
        cmocka_unit_test(a_stranger_from_another_net_makes_no_record),
        cmocka_unit_test(news_of_a_known_neighbour_move_it),
        cmocka_unit_test(what_is_stale_is_used_and_then_asked_for_by_unicast),
        cmocka_unit_test(the_least_recently_used_neighbour_makes_room),
        cmocka_unit_test(a_place_in_the_ring_remembers_nothing),
        cmocka_unit_test(what_was_released_is_given_back_once),
        cmocka_unit_test(what_was_held_leaves_though_no_answer_finds_a_place),
        cmocka_unit_test(who_made_room_is_not_asked_for_any_more),
        cmocka_unit_test(a_packet_for_another_net_goes_to_its_gateway),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
