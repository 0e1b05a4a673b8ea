/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/limits.c - records at their limits: what waits, waits for a record alone, and
 * what is quiet gives its own back.
 */
#include "talk.h"

static struct sf_usage usage(const struct t_talk *t)
{
    struct sf_usage u;

    sf_stack_usage(t->stack, &u);
    return u;
}

/* The first connection's 100 octets leave no record for the second one's FIN. */
static void close_without_room(struct t_talk *t, uint32_t *first_iss)
{
    t_open_passive(t);
    *first_iss = t->iss;
    t_send(t, 100);
    t_expect(t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    t_another(t, T_PEER_PORT + 1);
    t_open_passive(t);
    t_close(t);
    t_silence(t);
    T_STATE(t, SF_FIN_WAIT_1);
}

/* The first one is acknowledged: the FIN leaves, and is acknowledged in its turn. */
static void then_room(struct t_talk *t, uint32_t first_iss)
{
    uint32_t iss = t->iss;

    t->them.port = T_PEER_PORT;
    t->iss = first_iss;
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1100});
    t->them.port = T_PEER_PORT + 1;
    t->iss = iss;
    T_TRUE(t_wait(t).ns <= 2 * SF_NS_PER_S);
    t_expect(t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1001});
    T_STATE(t, SF_FIN_WAIT_2);
}

static void a_fin_waits_for_a_record_of_its_transmission(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;

    t_begin(&t, t_family(state));
    t.config.max_sent = 1;
    close_without_room(&t, &first_iss);
    then_room(&t, first_iss);
    t_end(&t);
}

static void a_fin_waits_for_a_working_record(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;

    t_begin(&t, t_family(state));
    t.config.max_working = 1;
    close_without_room(&t, &first_iss);
    then_room(&t, first_iss);
    t_end(&t);
}

/* It waits although the peer closes meanwhile: CLOSING, with no FIN of ours on the way. */
static void a_fin_that_waits_outlives_the_fin_of_the_peer(void **state)
{
    struct t_talk t;
    uint32_t first_iss = 0;

    t_begin(&t, t_family(state));
    t.config.max_working = 1;
    close_without_room(&t, &first_iss);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5001});
    T_STATE(&t, SF_CLOSING);

    uint32_t iss = t.iss;

    t.them.port = T_PEER_PORT;
    t.iss = first_iss;
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t.them.port = T_PEER_PORT + 1;
    t.iss = iss;
    T_TRUE(t_wait(&t).ns <= 2 * SF_NS_PER_S);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5001});
    t_end(&t);
}

/* The SYN of a simultaneous open is still on its way when the only record would have to
 * take the FIN in. */
static void a_fin_does_not_grow_onto_a_syn(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.max_sent = 1;
    t_syn_sent(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_shutdown(&t);
    t_pull(&t);
    t_forget(&t);
    /* Our SYN is acknowledged, and nothing else. */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_forget(&t);
    T_TRUE(t_wait(&t).ns <= 2 * SF_NS_PER_S);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    T_STATE(&t, SF_FIN_WAIT_1);
    t_end(&t);
}

static void what_is_quiet_needs_no_working_record(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(usage(&t).working, 0);
    t_send(&t, 100);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(usage(&t).working, 1);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    T_EQ(usage(&t).working, 0);
    /* Read after it was acknowledged. */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100}, .text = 10);
    (void)t_wait(&t);
    t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5010});
    T_EQ(usage(&t).working, 1);
    t_recv(&t, 10);
    T_EQ(usage(&t).working, 0);
    T_EQ(usage(&t).chunks, 0);
    T_EQ(usage(&t).sent, 0);
    t_end(&t);
}

/* CLOSING ends with an acknowledgement that owes nothing. */
static void a_simultaneous_close_needs_no_connection_record(void **state)
{
    struct t_talk t;
    struct sf_usage u;

    t_established(&t, t_family(state));
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1001});
    t_silence(&t);
    T_STATE(&t, SF_TIME_WAIT);
    u = usage(&t);
    T_EQ(u.connections, 0);
    T_EQ(u.time_waits4 + u.time_waits6, 1);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_fin_waits_for_a_record_of_its_transmission),
        T_BOTH(a_fin_waits_for_a_working_record),
        T_BOTH(a_fin_that_waits_outlives_the_fin_of_the_peer),
        T_BOTH(a_fin_does_not_grow_onto_a_syn),
        T_BOTH(what_is_quiet_needs_no_working_record),
        T_BOTH(a_simultaneous_close_needs_no_connection_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
