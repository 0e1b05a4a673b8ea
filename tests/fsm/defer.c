/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/defer.c - a listener that waits for text, and what it does without room.
 */
#include "talk.h"

/* SYN and SYN,ACK with a listener that waits two seconds for text. */
static void begin(struct t_talk *t, void **state)
{
    t_begin(t, t_family(state));
    t->listen.defer_accept_ms = 2000;
    t_listen(t);
    t_peer(t, SF_SYN, .seq = {4999});
    t_expect(t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
}

static void who_says_nothing_is_not_to_accept(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_advance(&t, SF_MS(100));
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    t_silence(&t);
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(t.listener_ready, 0);

    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10), SF_PASS);
    T_EQ(t.listener_ready, SF_READY_ACCEPT);
    t_accept(&t);
    t_recv(&t, 10);
    /* The wait for text is no round trip. */
    T_EQ(t_status(&t).srtt.ns, 0);
    t_end(&t);
}

/* It has answered: SYN,ACK is not repeated at 1 s, but at 2 s, and then an ACK will do. */
static void the_wait_ends(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_advance(&t, SF_MS(100));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_advance(&t, SF_MS(500));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}); /* again, which changes nothing */
    T_EQ(t_wait(&t).ns / SF_NS_PER_MS, 1400);         /* 2000 - 100 - 500 */
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_EQ(t.listener_ready, SF_READY_ACCEPT);
    t_accept(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

/* Nobody answers that either: SYN,ACKs end as they always do. */
static void who_is_gone_by_then_is_given_up(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_advance(&t, SF_S(200));
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void a_fin_alone_is_a_reason_to_accept(void **state)
{
    struct t_talk t;

    begin(&t, state);
    T_EQ(t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_EQ(t.listener_ready, SF_READY_ACCEPT);
    T_STATE(&t, SF_CLOSE_WAIT);
    t_end(&t);
}

static void a_reset_ends_the_wait(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}), SF_DROP_RESET);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* The queue is full: what the next one gets, and that it is told. */
static void overflow(struct t_talk *t, uint16_t port, enum sf_overflow policy)
{
    t_another(t, port);
    t->iss = 0;
    T_EQ(t_peer(t, SF_SYN, .seq = {4999}), SF_DROP_SYN_QUEUE);
    T_EQ(t->listener_ready, SF_READY_OVERFLOW);
    t->listener_ready = 0;
    if (policy == SF_OVERFLOW_RESET) {
        t_expect(t, SF_RST | SF_ACK, .seq = {T_SEQ_0}, .ack = {5000});
    }
    t_silence(t);
}

/* What has no room is told: once for all that happened since, and counted. */
static void an_overflow_is_never_silent_here(void **state)
{
    for (uint32_t policy = SF_OVERFLOW_DROP; policy <= SF_OVERFLOW_RESET; policy++) {
        struct t_talk t;
        struct sf_status s;

        t_begin(&t, t_family(state));
        t.listen.syn_queue = 1;
        t.listen.syn_overflow = (uint8_t)policy;
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_forget(&t);
        for (uint32_t i = 1; i <= 3; i++) {
            overflow(&t, (uint16_t)(T_PEER_PORT + i), (enum sf_overflow)policy);
        }
        T_EQ(sf_ready(t.stack, t.listener), 0);
        T_EQ(sf_status(t.stack, t.listener, &s, t.now), SF_OK);
        T_EQ(s.overflows, 3);
        T_EQ(sf_stack_counters(t.stack)->syn_overflows, 3);
        t_end(&t);
    }
}

/* As Linux does with tcp_abort_on_overflow: the client learns of it. */
static void a_full_accept_queue_may_reset(void **state)
{
    struct t_talk t;
    uint32_t iss = 0;

    t_begin(&t, t_family(state));
    t.listen.accept_queue = 1;
    t.listen.accept_overflow = SF_OVERFLOW_RESET;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_forget(&t);
    iss = t.iss;
    t_another(&t, 40001);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_forget(&t);

    t.them.port = T_PEER_PORT;
    t.iss = iss;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_ACCEPT_QUEUE);
    t_expect(&t, SF_RST, .seq = {1000});
    T_STATE(&t, SF_CLOSED);
    t_another(&t, 40002);
    t.iss = 0;
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_DROP_ACCEPT_QUEUE);
    t_expect(&t, SF_RST | SF_ACK, .seq = {T_SEQ_0}, .ack = {5000});
    T_EQ(sf_stack_counters(t.stack)->accept_overflows, 2);
    t_end(&t);
}

static void choices_out_of_range_are_refused(void **state)
{
    struct t_talk t;
    struct sf_handle handle;

    for (uint32_t i = 0; i < 5; i++) {
        t_begin(&t, t_family(state));
        t_start(&t);
        t.listen.syn_cookies = i == 1 ? SF_COOKIES_ALWAYS + 1 : 0;
        t.listen.syn_overflow = i == 2 ? SF_OVERFLOW_RESET + 1 : 0;
        t.listen.accept_overflow = i == 3 ? SF_OVERFLOW_RESET + 1 : 0;
        t.listen.defer_accept_ms = i == 4 ? 1800001 : 1800000;
        T_EQ_ROW(i, sf_listen(t.stack, &t.listen, &handle, t.now),
                 i == 0 ? SF_OK : SF_ERR_INVAL);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(who_says_nothing_is_not_to_accept),
        T_BOTH(the_wait_ends),
        T_BOTH(who_is_gone_by_then_is_given_up),
        T_BOTH(a_fin_alone_is_a_reason_to_accept),
        T_BOTH(a_reset_ends_the_wait),
        T_BOTH(an_overflow_is_never_silent_here),
        T_BOTH(a_full_accept_queue_may_reset),
        T_BOTH(choices_out_of_range_are_refused),
    };

    return cmocka_run_group_tests_name("defer", tests, NULL, NULL);
}
