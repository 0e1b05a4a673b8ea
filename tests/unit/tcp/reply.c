/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/reply.c - limits by the second, the ring of answers, RSTs.
 */
#include "room.h"

#include "tcp/reply.h"

#define SECOND UINT64_C(1000000000)

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room); /* 32 replies */
    room.cfg.icmp_errors = 40;
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

static void a_limit_is_for_whole_seconds_of_the_clock(void **state) /* RFC 5961 s7 */
{
    struct sf_limit limit = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        T_TRUE(sf_limit_take(&limit, 3, T_AT(0)));
    }
    T_FALSE(sf_limit_take(&limit, 3, T_AT(0)));
    T_FALSE(sf_limit_take(&limit, 3, T_AT(SECOND - 1)));
    T_TRUE(sf_limit_take(&limit, 3, T_AT(SECOND)));
    T_TRUE(sf_limit_take(&limit, 3, T_AT(2 * SECOND - 1)));
    T_TRUE(sf_limit_take(&limit, 3, T_AT(2 * SECOND - 1)));
    T_FALSE(sf_limit_take(&limit, 3, T_AT(2 * SECOND - 1)));
    T_TRUE(sf_limit_take(&limit, 3, T_AT(100 * SECOND)));
}

static void a_limit_of_nothing_lets_nothing_through(void **state)
{
    struct sf_limit limit = {0};

    (void)state;
    T_FALSE(sf_limit_take(&limit, 0, T_AT(0)));
    T_FALSE(sf_limit_take(&limit, 0, T_AT(SECOND)));
}

static void answers_come_out_in_order_and_the_ring_goes_round(void **state)
{
    struct t_room *r = *state;
    struct sf_reply reply = {.tuple = t_tuple4(1, 2)};
    uint32_t in = 0;
    uint32_t out = 0;

    T_FALSE(sf_reply_get(&r->tcp, &reply));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 25; i++) {
            reply = (struct sf_reply){.tuple = t_tuple4(1, 2), .seq = {in++}};
            T_TRUE(sf_reply_put(&r->tcp, &reply));
        }
        for (int i = 0; i < 25; i++) {
            T_TRUE(sf_reply_get(&r->tcp, &reply));
            T_EQ(reply.seq.v, out++);
        }
    }
    T_FALSE(sf_reply_get(&r->tcp, &reply));
    T_EQ(r->tcp.counters.replies_lost, 0);
}

static void what_a_full_ring_cannot_take_is_lost_and_counted(void **state)
{
    struct t_room *r = *state;
    struct sf_reply reply = {.tuple = t_tuple4(1, 2)};

    for (uint32_t i = 0; i < 32; i++) {
        reply.seq.v = i;
        T_TRUE(sf_reply_put(&r->tcp, &reply));
    }
    T_FALSE(sf_reply_put(&r->tcp, &reply));
    T_EQ(r->tcp.counters.replies_lost, 1);
    T_TRUE(sf_reply_get(&r->tcp, &reply));
    T_EQ(reply.seq.v, 0); /* the oldest is still there */
    T_TRUE(sf_reply_put(&r->tcp, &reply));
    T_FALSE(sf_reply_put(&r->tcp, &reply));
}

static void a_reset_answers_as_in_closed(void **state) /* RFC 9293 s3.10.7.1 */
{
    static const struct {
        uint8_t flags;
        uint32_t text;
        uint8_t out;
        uint32_t seq, ack;
    } rows[] = {
        {SF_ACK, 0, SF_RST, 700, 0},
        {SF_SYN | SF_ACK, 0, SF_RST, 700, 0},
        {SF_FIN | SF_ACK, 9, SF_RST, 700, 0},
        {SF_SYN, 0, SF_RST | SF_ACK, 0, 501}, /* SEG.LEN counts SYN, ... */
        {SF_SYN, 10, SF_RST | SF_ACK, 0, 511},
        {SF_FIN, 10, SF_RST | SF_ACK, 0, 511}, /* ... and FIN */
        {0, 10, SF_RST | SF_ACK, 0, 510},
        {0, 0, SF_RST | SF_ACK, 0, 500},
    };
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple6(5, 6);

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_seg seg = {
            .seq = {500}, .ack = {700}, .flags = rows[i].flags, .text_octets = rows[i].text};
        struct sf_reply reply;

        sf_reply_reset(&r->tcp, 0, &tuple, &seg, T_AT(0));
        T_TRUE(sf_reply_get(&r->tcp, &reply));
        T_EQ_ROW(i, reply.flags, rows[i].out);
        T_EQ_ROW(i, reply.seq.v, rows[i].seq);
        T_EQ_ROW(i, reply.ack.v, rows[i].ack);
        T_EQ_ROW(i, reply.wnd, 0);
        T_EQ_ROW(i, reply.id, 0);
        T_EQ_ROW(i, reply.has_ts, 0);
        T_TRUE(sf_tuple_equal(&reply.tuple, &tuple));
    }
    T_EQ(r->tcp.counters.resets_sent, T_COUNT(rows));
}

static void a_reset_is_never_answered(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(5, 6);
    struct sf_seg seg = {.flags = SF_RST};
    struct sf_reply reply;

    sf_reply_reset(&r->tcp, 0, &tuple, &seg, T_AT(0));
    seg.flags = SF_RST | SF_ACK | SF_SYN;
    sf_reply_reset(&r->tcp, 0, &tuple, &seg, T_AT(0));
    T_FALSE(sf_reply_get(&r->tcp, &reply));
    T_EQ(r->tcp.reset_limit.used, 0);
}

static void resets_are_limited_by_the_second_and_counted(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(5, 6);
    struct sf_seg seg = {.flags = SF_SYN};
    struct sf_reply reply;

    for (int i = 0; i < 45; i++) {
        sf_reply_reset(&r->tcp, 0, &tuple, &seg, T_AT(5));
        T_EQ(sf_reply_get(&r->tcp, &reply), i < 40);
    }
    T_EQ(r->tcp.counters.resets_sent, 40);
    T_EQ(r->tcp.counters.resets_limited, 5);
    sf_reply_reset(&r->tcp, 0, &tuple, &seg, T_AT(SECOND));
    T_TRUE(sf_reply_get(&r->tcp, &reply));
}

static void an_abort_is_not_limited_and_says_where_it_stands(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(5, 6);
    struct sf_reply reply;

    r->tcp.cfg.icmp_errors = 0;
    sf_reply_abort(&r->tcp, &(struct sf_reply){.tuple = tuple,
                                               .seq = {11},
                                               .ack = {22},
                                               .id = 33,
                                               .has_ts = 1,
                                               .tsval = 44,
                                               .tsecr = 55});
    T_TRUE(sf_reply_get(&r->tcp, &reply));
    T_EQ(reply.flags, SF_RST | SF_ACK);
    T_EQ(reply.seq.v, 11);
    T_EQ(reply.ack.v, 22);
    T_EQ(reply.id, 33);
    T_EQ(reply.has_ts, 1); /* RFC 7323 s3.2 */
    T_EQ(reply.tsval, 44);
    T_EQ(reply.tsecr, 55);
    T_EQ(r->tcp.counters.resets_sent, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_is_for_whole_seconds_of_the_clock),
        cmocka_unit_test(a_limit_of_nothing_lets_nothing_through),
        cmocka_unit_test_setup_teardown(answers_come_out_in_order_and_the_ring_goes_round, up,
                                        down),
        cmocka_unit_test_setup_teardown(what_a_full_ring_cannot_take_is_lost_and_counted, up,
                                        down),
        cmocka_unit_test_setup_teardown(a_reset_answers_as_in_closed, up, down),
        cmocka_unit_test_setup_teardown(a_reset_is_never_answered, up, down),
        cmocka_unit_test_setup_teardown(resets_are_limited_by_the_second_and_counted, up, down),
        cmocka_unit_test_setup_teardown(an_abort_is_not_limited_and_says_where_it_stands, up,
                                        down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
