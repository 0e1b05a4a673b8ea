/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/flags.c - all 64 combinations of control bits against all 11 states: no crash,
 * no hang, the verdict counted, every change of state an arrow of the table, and a clean
 * connection still works afterwards.
 *
 * Each combination comes at several places of the window and of the acknowledgement
 * space, with and without text; each time against a state reached afresh.
 */
#include "talk.h"

#include "synfin/trace.h"

#define TRACE 256 /* records, a power of two */

/* The ways to a state; some states have two kinds of record. */
enum place {
    AT_CLOSED,
    AT_LISTEN,
    AT_SYN_SENT,
    AT_SYN_RECEIVED,
    AT_SYN_RECEIVED_ACTIVE,
    AT_ESTABLISHED,
    AT_FIN_WAIT_1,
    AT_FIN_WAIT_2,
    AT_FIN_WAIT_2_ORPHAN,
    AT_CLOSE_WAIT,
    AT_CLOSING,
    AT_LAST_ACK,
    AT_TIME_WAIT_HELD,
    AT_TIME_WAIT,
    PLACES
};

static const enum sf_state state_at[PLACES] = {
    [AT_CLOSED] = SF_CLOSED,
    [AT_LISTEN] = SF_CLOSED, /* no record of these two ends */
    [AT_SYN_SENT] = SF_SYN_SENT,
    [AT_SYN_RECEIVED] = SF_SYN_RECEIVED,
    [AT_SYN_RECEIVED_ACTIVE] = SF_SYN_RECEIVED,
    [AT_ESTABLISHED] = SF_ESTABLISHED,
    [AT_FIN_WAIT_1] = SF_FIN_WAIT_1,
    [AT_FIN_WAIT_2] = SF_FIN_WAIT_2,
    [AT_FIN_WAIT_2_ORPHAN] = SF_FIN_WAIT_2,
    [AT_CLOSE_WAIT] = SF_CLOSE_WAIT,
    [AT_CLOSING] = SF_CLOSING,
    [AT_LAST_ACK] = SF_LAST_ACK,
    [AT_TIME_WAIT_HELD] = SF_TIME_WAIT,
    [AT_TIME_WAIT] = SF_TIME_WAIT,
};

static void half_open(struct t_talk *t, enum place place)
{
    if (place == AT_SYN_SENT || place == AT_SYN_RECEIVED_ACTIVE) {
        t_syn_sent(t);
    } else {
        t_listen(t);
    }
    if (place == AT_SYN_RECEIVED || place == AT_SYN_RECEIVED_ACTIVE) {
        t_peer(t, SF_SYN, .seq = {4999});
    }
}

static void half_closed(struct t_talk *t, enum place place)
{
    bool peer_first = place == AT_CLOSE_WAIT || place == AT_LAST_ACK;

    t_open_passive(t);
    if (peer_first) {
        t_peer(t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    }
    if (place >= AT_FIN_WAIT_1 && place != AT_CLOSE_WAIT) {
        t_shutdown(t);
        t_pull(t);
    }
    if (place == AT_FIN_WAIT_2 || place == AT_FIN_WAIT_2_ORPHAN) {
        t_peer(t, SF_ACK, .seq = {5000}, .ack = {1001});
    } else if (place == AT_CLOSING) {
        t_peer(t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    } else if (place == AT_TIME_WAIT || place == AT_TIME_WAIT_HELD) {
        t_peer(t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    }
    t_forget(t); /* what was owed leaves before the connection is released */
    if (place == AT_FIN_WAIT_2_ORPHAN || place == AT_TIME_WAIT) {
        t_close(t);
    }
}

static void go(struct t_talk *t, enum place place)
{
    switch (place) {
    case AT_CLOSED:
        t_start(t);
        break;
    case AT_LISTEN:
    case AT_SYN_SENT:
    case AT_SYN_RECEIVED:
    case AT_SYN_RECEIVED_ACTIVE:
        half_open(t, place);
        break;
    case AT_ESTABLISHED:
    case AT_FIN_WAIT_1:
    case AT_FIN_WAIT_2:
    case AT_FIN_WAIT_2_ORPHAN:
    case AT_CLOSE_WAIT:
    case AT_CLOSING:
    case AT_LAST_ACK:
    case AT_TIME_WAIT_HELD:
    case AT_TIME_WAIT:
    case PLACES:
        half_closed(t, place);
        break;
    }
    t_forget(t);
    T_EQ_ROW(place, t_state(t), state_at[place]);
}

static uint64_t segments(const struct t_talk *t)
{
    const struct sf_counters *c = sf_stack_counters(t->stack);
    uint64_t sum = 0;

    for (size_t i = 0; i < SF_VERDICT_COUNT; i++) {
        sum += c->verdicts[i];
    }
    return sum;
}

/* Every change of state that was traced is an arrow. */
static void check_arrows(const struct sf_trace_ring *ring)
{
    T_TRUE(ring->written <= TRACE);
    for (uint64_t i = 0; i < ring->written; i++) {
        const struct sf_trace_record *r = &ring->records[i];

        if (r->kind == SF_TRACE_STATE) {
            T_EQ(sf_state_next((enum sf_state)r->from, (enum sf_event_kind)r->what), r->state);
        }
    }
}

/* Another peer opens, is answered, and closes. */
static void a_clean_connection_works(struct t_talk *t)
{
    t_another(t, 50000);
    t->wnd = 4096;
    if (t->listener.generation == 0 && t->listener.index == 0) {
        t_listen(t);
    }
    t_open_passive(t);
    t_peer(t, SF_ACK | SF_PSH, .seq = {5000}, .ack = {1000}, .text = 10);
    t_recv(t, 10);
    t_send(t, 10);
    t_expect(t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5010}, .text = 10);
    t_peer(t, SF_FIN | SF_ACK, .seq = {5010}, .ack = {1010});
    t_expect(t, SF_ACK, .seq = {1010}, .ack = {5011});
    t_close(t);
    t_expect(t, SF_FIN | SF_ACK, .seq = {1010}, .ack = {5011});
    t_peer(t, SF_ACK, .seq = {5011}, .ack = {1011});
    t_silence(t);
    T_STATE(t, SF_CLOSED);
}

static void strike(enum sf_family family, enum place place, const struct t_seg *seg)
{
    static struct sf_trace_record records[TRACE];
    struct sf_trace_ring ring = {.records = records, .capacity = TRACE};
    struct t_talk t;
    struct sf_handle struck;
    uint64_t before = 0;
    uint64_t of_verdict[SF_VERDICT_COUNT];
    enum sf_verdict verdict = SF_PASS;

    t_begin(&t, family);
    /* So many stacks are made that their memory counts. */
    t.config.max_chunks = 32;
    t.config.max_sent = 32;
    t.config.max_replies = 32;
    go(&t, place);
    sf_stack_trace(t.stack, &ring);
    before = segments(&t);
    memcpy(of_verdict, sf_stack_counters(t.stack)->verdicts, sizeof(of_verdict));
    verdict = t_peer_says(&t, seg);
    /* Exactly one verdict more, and it is that of the frame. */
    T_EQ(segments(&t), before + 1);
    T_TRUE(verdict < SF_VERDICT_COUNT);
    T_EQ(t_verdicts(&t, verdict), of_verdict[verdict] + 1);
    /* Nobody answers a RST with a RST, and nobody talks without end. */
    T_TRUE(t.out_count <= 3);
    for (t_pull(&t); t.out_count > 0;) {
        uint8_t answer = t_next(&t).seg.flags;

        T_FALSE((seg->flags & SF_RST) != 0 && (answer & SF_RST) != 0);
    }
    if (place == AT_SYN_RECEIVED) {
        /* It may have been opened: then it is the first to be accepted. */
        enum sf_err err = sf_accept(t.stack, t.listener, &t.conn, t.now);

        T_TRUE(err == SF_OK || err == SF_ERR_AGAIN);
    }
    struck = t.conn;
    a_clean_connection_works(&t);
    /* And the one that was struck ends when it is told to. */
    (void)sf_abort(t.stack, struck, t.now);
    t.them.port = T_PEER_PORT;
    t_forget(&t);
    t_advance(&t, SF_S(300));
    t_forget(&t);
    check_arrows(&ring);
    (void)sf_close(t.stack, t.listener, t.now);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void at(enum sf_family family, enum place place)
{
    /* Numbers at and beyond the edges of what every state expects. */
    static const uint32_t seqs[] = {4999, 5000, 5001, 9095, 9096, 0x40000000};
    static const uint32_t acks[] = {999, 1000, 1001, 1002, 0x40000000};
    static const uint32_t texts[] = {0, 10};

    for (uint8_t flags = 0; flags < 64; flags++) {
        for (size_t s = 0; s < T_COUNT(seqs); s++) {
            /* Without ACK its number does not count. */
            size_t n_acks = (flags & SF_ACK) != 0 ? T_COUNT(acks) : 1;

            for (size_t a = 0; a < n_acks; a++) {
                for (size_t x = 0; x < T_COUNT(texts); x++) {
                    struct t_seg seg = {
                        .flags = flags,
                        .seq = {seqs[s]},
                        .ack = {acks[a]},
                        .text = texts[x],
                        .urg = 5,
                    };

                    strike(family, place, &seg);
                }
            }
        }
    }
}

#define AT(name, place)               \
    static void name(void **state)    \
    {                                 \
        at(t_family(state), (place)); \
    }

AT(in_closed, AT_CLOSED)
AT(in_listen, AT_LISTEN)
AT(in_syn_sent, AT_SYN_SENT)
AT(in_syn_received, AT_SYN_RECEIVED)
AT(in_syn_received_of_an_active_open, AT_SYN_RECEIVED_ACTIVE)
AT(in_established, AT_ESTABLISHED)
AT(in_fin_wait_1, AT_FIN_WAIT_1)
AT(in_fin_wait_2, AT_FIN_WAIT_2)
AT(in_fin_wait_2_of_an_orphan, AT_FIN_WAIT_2_ORPHAN)
AT(in_close_wait, AT_CLOSE_WAIT)
AT(in_closing, AT_CLOSING)
AT(in_last_ack, AT_LAST_ACK)
AT(in_time_wait_held, AT_TIME_WAIT_HELD)
AT(in_time_wait, AT_TIME_WAIT)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(in_closed),
        T_BOTH(in_listen),
        T_BOTH(in_syn_sent),
        T_BOTH(in_syn_received),
        T_BOTH(in_syn_received_of_an_active_open),
        T_BOTH(in_established),
        T_BOTH(in_fin_wait_1),
        T_BOTH(in_fin_wait_2),
        T_BOTH(in_fin_wait_2_of_an_orphan),
        T_BOTH(in_close_wait),
        T_BOTH(in_closing),
        T_BOTH(in_last_ack),
        T_BOTH(in_time_wait_held),
        T_BOTH(in_time_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
