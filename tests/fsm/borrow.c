/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/borrow.c - the stack's own chunks in the application's hands while segments
 * arrive.
 */
#include "pattern.h"
#include "talk.h"

/* Room behind 100 octets that are on their way, and their acknowledgement before the commit:
 * the chunk that was lent stays lent. */
static void room_that_was_lent_outlives_an_acknowledgement(void **state)
{
    struct t_talk t;
    struct sf_room rooms[4];
    size_t n = T_COUNT(rooms);

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(sf_send_reserve(t.stack, t.conn, 50, rooms, &n, t.now), SF_OK);
    T_EQ(n, 1);
    T_EQ(rooms[0].octets, 50);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t_pattern_fill(T_STREAM_OURS, 100, rooms[0].data, 50);
    T_EQ(sf_send_commit(t.stack, t.conn, 50, 0, t.now), SF_OK);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1100}, .ack = {5000}, .text = 50);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1150});
    t_abort(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* Lent, and never committed: nothing is kept for it. */
static void room_that_was_lent_goes_with_the_connection(void **state)
{
    struct t_talk t;
    struct sf_room rooms[4];
    size_t n = T_COUNT(rooms);

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_forget(&t);
    T_EQ(sf_send_reserve(t.stack, t.conn, 10000, rooms, &n, t.now), SF_OK);
    T_EQ(n, 3); /* 4096 - 100 behind what was sent, 4096, and the rest */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t_abort(&t);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1100}, .ack = {5000});
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(room_that_was_lent_outlives_an_acknowledgement),
        T_BOTH(room_that_was_lent_goes_with_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
