/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/listener.c - the queues of a listener, and SYNs that the application decides
 * about.
 */
#include "talk.h"

/* The peer's SYN from a port of its own, and what came of it. */
static enum sf_verdict syn_from(struct t_talk *t, uint16_t port)
{
    t_another(t, port);
    return t_peer(t, SF_SYN, .seq = {4999});
}

static void a_full_syn_queue_drops_a_syn_in_silence(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.listen.syn_queue = 2;
    t_listen(&t);
    for (uint16_t i = 0; i < 2; i++) {
        T_EQ(syn_from(&t, (uint16_t)(40000 + i)), SF_PASS);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    }
    T_EQ(syn_from(&t, 40002), SF_DROP_SYN_QUEUE);
    t_silence(&t);
    T_EQ(t_verdicts(&t, SF_DROP_SYN_QUEUE), 1);
    T_EQ(sf_stack_counters(t.stack)->syn_overflows, 1);
    T_STATE(&t, SF_CLOSED);

    /* Who is in the queue is not affected, and makes room by leaving it. */
    t.them.port = 40001;
    t_peer(&t, SF_RST, .seq = {5000});
    T_EQ(syn_from(&t, 40002), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    t_accept(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

/* states.tsv, [EXT] accept queue full: SYNs and the last ACKs of handshakes are dropped in
 * silence, so that the peer tries again. */
static void a_full_accept_queue_makes_peers_wait(void **state)
{
    struct t_talk t;
    uint32_t iss = 0;

    t_begin(&t, t_family(state));
    t.listen.accept_queue = 1;
    t_listen(&t);
    /* Two are on their way before the queue is full. */
    T_EQ(syn_from(&t, 40000), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    iss = t.iss;
    T_EQ(syn_from(&t, 40001), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_STATE(&t, SF_ESTABLISHED);

    t.them.port = 40000;
    t.iss = iss;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_ACCEPT_QUEUE);
    t_silence(&t);
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(syn_from(&t, 40002), SF_DROP_ACCEPT_QUEUE);
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_EQ(sf_stack_counters(t.stack)->accept_overflows, 2);

    /* Once the application accepts, the repeated SYN,ACK finishes the handshake. */
    t_accept(&t);
    t.them.port = 40000;
    t.iss = iss;
    T_EQ(t_wait(&t).ns, SF_NS_PER_S);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    t_accept(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

static void a_listener_counts_who_waits(void **state)
{
    struct t_talk t;
    struct sf_status status;

    t_begin(&t, t_family(state));
    t_listen(&t);
    for (uint16_t i = 0; i < 3; i++) {
        syn_from(&t, (uint16_t)(40000 + i));
        t_forget(&t);
    }
    T_EQ(sf_status(t.stack, t.listener, &status, t.now), SF_OK);
    T_EQ(status.state, SF_LISTEN);
    T_EQ(status.half_open, 3);
    T_EQ(status.waiting, 0);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    T_EQ(sf_status(t.stack, t.listener, &status, t.now), SF_OK);
    T_EQ(status.half_open, 2);
    T_EQ(status.waiting, 1);
    t_end(&t);
}

/* states.tsv, LISTEN, CLOSE: [EXT] RST each half-open or unaccepted child. */
static void closing_a_listener_resets_who_waits(void **state)
{
    struct t_talk t;
    uint32_t resets = 0;

    t_begin(&t, t_family(state));
    t_listen(&t);
    syn_from(&t, 40000);
    t_forget(&t);
    syn_from(&t, 40001);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    for (t_pull(&t); t.out_count > 0;) {
        struct t_out out = t_next(&t);

        T_TRUE((out.seg.flags & SF_RST) != 0);
        resets |= 1U << (out.dport - 40000);
    }
    T_EQ(resets, 3); /* one to each */
    T_NOTHING_LEFT(&t);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_ERR_STALE);
    t_end(&t);
}

static void asked(struct t_talk *t, enum sf_family family, struct sf_syn *syn)
{
    struct sf_syn other;

    t_begin(t, family);
    t->listen.policy = SF_SYN_ASK;
    t_listen(t);
    T_EQ(t_peer(t, SF_SYN, .seq = {4999}), SF_PASS);
    t_silence(t);
    T_TRUE((t->listener_ready & SF_READY_SYN) != 0);
    T_EQ(sf_syn_next(t->stack, t->listener, syn), SF_OK);
    T_EQ(syn->remote.port, t->them.port);
    T_TRUE(sf_addr_equal(&syn->remote.addr, &t->them.addr));
    T_EQ(syn->local.port, T_PORT);
    T_TRUE(sf_addr_equal(&syn->local.addr, &t->us.addr));
    /* Each is handed out once. */
    T_EQ(sf_syn_next(t->stack, t->listener, &other), SF_ERR_AGAIN);
    T_EQ(sf_ready(t->stack, t->listener) & SF_READY_SYN, 0);
}

static void an_accepted_syn_is_answered(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    asked(&t, t_family(state), &syn);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_OK);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000}, .options = SF_OPT_MSS,
             .mss = t_family(state) == SF_IPV4 ? 1460 : 1440);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    t_accept(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

static void a_refused_syn_is_reset(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    asked(&t, t_family(state), &syn);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_REFUSE, t.now), SF_OK);
    t_expect(&t, SF_RST | SF_ACK, .seq = {T_SEQ_0}, .ack = {5000});
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_ERR_STALE);
    t_end(&t);
}

static void a_syn_met_with_silence_is_asked_about_again(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    asked(&t, t_family(state), &syn);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_SILENT, t.now), SF_OK);
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t.listener_ready = 0;
    t_peer(&t, SF_SYN, .seq = {4999});
    t_silence(&t);
    T_TRUE((t.listener_ready & SF_READY_SYN) != 0);
    T_EQ(sf_syn_next(t.stack, t.listener, &syn), SF_OK);
    t_end(&t);
}

static void a_syn_may_be_decided_about_late(void **state)
{
    struct t_talk t;
    struct sf_syn syn;
    struct sf_syn other;

    asked(&t, t_family(state), &syn);
    t_advance(&t, SF_S(62));
    /* What the peer repeats meanwhile is neither answered nor asked about anew. */
    t_peer(&t, SF_SYN, .seq = {4999});
    t_silence(&t);
    T_EQ(sf_syn_next(t.stack, t.listener, &other), SF_ERR_AGAIN);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_OK);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    t_accept(&t);
    t_end(&t);
}

/* It waits as long as a SYN,ACK is repeated: 1 + 2 + 4 + 8 + 16 + 32 s. */
static void a_decision_may_come_too_late(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    asked(&t, t_family(state), &syn);
    t_advance(&t, SF_S(63));
    T_STATE(&t, SF_CLOSED);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_ERR_STALE);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* The SYN,ACK has all of its repetitions, however long the decision took. */
static void a_late_decision_starts_the_time_out(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    asked(&t, t_family(state), &syn);
    t_advance(&t, SF_S(40));
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_OK);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    for (uint32_t i = 0; i < 5; i++) {
        T_EQ_ROW(i, t_wait(&t).ns, SF_NS_PER_S << i);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    }
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_STATE(&t, SF_CLOSED);
    t_end(&t);
}

/* Before the decision there is nothing that could be acknowledged, not even for who guesses
 * our ISN, and nothing is said that shows that somebody listens. */
static void before_the_decision_it_is_as_in_listen(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    t_begin(&t, t_family(state));
    t_iss_at(&t, 12345);
    t.listen.policy = SF_SYN_ASK;
    t_listen(&t);
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_PASS);
    t.iss = 12345;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_LISTEN);
    t_expect(&t, SF_RST, .seq = {1000});
    T_EQ(t_peer(&t, SF_RST, .seq = {5001}), SF_DROP_OUT_OF_WINDOW);
    T_EQ(t_peer(&t, SF_FIN, .seq = {5000}), SF_DROP_LISTEN);
    T_EQ(t_peer(&t, 0, .seq = {99999}), SF_DROP_LISTEN);
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_DROP_DUPLICATE);
    t_silence(&t);
    T_EQ(sf_syn_next(t.stack, t.listener, &syn), SF_OK);
    /* Another SYN: the peer has begun anew, and is asked about with the next. */
    t_peer(&t, SF_SYN, .seq = {90000});
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_ERR_STALE);
    T_EQ(t_peer(&t, SF_SYN, .seq = {90000}), SF_PASS);
    T_EQ(sf_syn_next(t.stack, t.listener, &syn), SF_OK);
    t_end(&t);
}

static void a_reset_withdraws_a_syn_that_waits(void **state)
{
    struct t_talk t;
    struct sf_syn syn;

    asked(&t, t_family(state), &syn);
    t_peer(&t, SF_RST, .seq = {5000});
    t_silence(&t);
    T_EQ(sf_syn_answer(t.stack, syn.id, SF_ANSWER_ACCEPT, t.now), SF_ERR_STALE);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_full_syn_queue_drops_a_syn_in_silence),
        T_BOTH(a_full_accept_queue_makes_peers_wait),
        T_BOTH(a_listener_counts_who_waits),
        T_BOTH(closing_a_listener_resets_who_waits),
        T_BOTH(an_accepted_syn_is_answered),
        T_BOTH(a_refused_syn_is_reset),
        T_BOTH(a_syn_met_with_silence_is_asked_about_again),
        T_BOTH(a_syn_may_be_decided_about_late),
        T_BOTH(a_decision_may_come_too_late),
        T_BOTH(a_late_decision_starts_the_time_out),
        T_BOTH(before_the_decision_it_is_as_in_listen),
        T_BOTH(a_reset_withdraws_a_syn_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
