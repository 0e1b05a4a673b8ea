/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/timewait.c - TIME-WAIT: of 2MSL, deaf to RST, patient with a repeated FIN, and
 * open to a new SYN (RFC 9293 s3.6.1, s3.10.7.4; RFC 1337; RFC 6191; RFC 1122 s4.2.2.13).
 *
 * Each test is run with the connection still held, and released: then it is a record of
 * its own kind.
 */
#include "talk.h"

/* Our FIN was 1000, the peer's 5000: SND.NXT is 1001 and RCV.NXT 5001. */
static void into_time_wait(struct t_talk *t, bool held)
{
    t_open_passive(t);
    t_shutdown(t);
    t_expect(t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(t, SF_ACK, .seq = {1001}, .ack = {5001});
    if (!held) {
        t_close(t);
    }
    t_silence(t);
    T_STATE(t, SF_TIME_WAIT);
}

static void time_wait(struct t_talk *t, enum sf_family family, bool held)
{
    t_begin(t, family);
    into_time_wait(t, held);
}

static void released_it_needs_no_connection_record(void **state)
{
    struct t_talk t;
    struct sf_usage usage;

    time_wait(&t, t_family(state), false);
    sf_stack_usage(t.stack, &usage);
    T_EQ(usage.connections, 0);
    T_EQ(usage.time_waits4, t_family(state) == SF_IPV4);
    T_EQ(usage.time_waits6, t_family(state) == SF_IPV6);
    t_end(&t);
}

static void a_repeated_fin_is_answered_and_starts_2msl_anew(void **state)
{
    for (int held = 0; held < 2; held++) {
        struct t_talk t;

        time_wait(&t, t_family(state), held != 0);
        t_advance(&t, SF_S(59));
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
        t_silence(&t);
        t_advance(&t, SF_NS(60 * SF_NS_PER_S - 1));
        T_STATE(&t, SF_TIME_WAIT);
        t_advance(&t, SF_NS(1));
        T_STATE(&t, SF_CLOSED);
        if (held != 0) {
            T_EQ(t_status(&t).error, SF_OK);
            t_close(&t);
        }
        T_NOTHING_LEFT(&t);
        t_end(&t);
    }
}

static void a_reset_is_ignored(void **state) /* RFC 1337 */
{
    static const uint32_t rows[] = {5000, 5001, 5002, 9096, 9097};

    for (int held = 0; held < 2; held++) {
        struct t_talk t;

        time_wait(&t, t_family(state), held != 0);
        for (size_t row = 0; row < T_COUNT(rows); row++) {
            T_EQ_ROW(row, t_peer(&t, SF_RST, .seq = {rows[row]}), SF_DROP_RST_TIME_WAIT);
            t_silence(&t);
            T_STATE(&t, SF_TIME_WAIT);
        }
        T_EQ(t_peer(&t, SF_RST | SF_ACK, .seq = {5001}, .ack = {1001}), SF_DROP_RST_TIME_WAIT);
        t_silence(&t);
        t_advance(&t, SF_S(60));
        T_STATE(&t, SF_CLOSED);
        t_end(&t);
    }
}

static void what_else_arrives_does_not_move_2msl(void **state)
{
    static const struct {
        uint8_t flags;
        uint32_t seq, ack, text;
        bool answered;
    } rows[] = {
        {SF_ACK, 5001, 1001, 0, false},         /* an old duplicate */
        {SF_ACK, 5001, 1002, 0, true},          /* what was never sent */
        {SF_ACK, 4990, 1001, 5, true},          /* old text */
        {SF_FIN | SF_ACK, 5001, 1001, 0, true}, /* a second FIN, at a new number */
        {SF_SYN | SF_ACK, 4999, 1000, 0, true}, /* challenged */
        {SF_SYN, 4000, 0, 0, true},             /* an old SYN: challenged */
        {SF_PSH, 5001, 0, 0, false},            /* without ACK */
        {SF_ACK, 9097, 1001, 0, true},          /* 5001 + 4096: beyond the window */
    };

    for (int held = 0; held < 2; held++) {
        struct t_talk t;

        time_wait(&t, t_family(state), held != 0);
        t_advance(&t, SF_S(30));
        for (size_t row = 0; row < T_COUNT(rows); row++) {
            t_peer(&t, rows[row].flags, .seq = {rows[row].seq}, .ack = {rows[row].ack},
                   .text = rows[row].text);
            if (rows[row].answered) {
                t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
            }
            if (t.out_count != 0) {
                printf("# row %zu\n", row);
            }
            t_silence(&t);
            T_STATE(&t, SF_TIME_WAIT);
            t_advance(&t, SF_S(1));
        }
        t_advance(&t, SF_NS((30 - T_COUNT(rows)) * SF_NS_PER_S - 1));
        T_STATE(&t, SF_TIME_WAIT);
        t_advance(&t, SF_NS(1));
        T_STATE(&t, SF_CLOSED);
        t_end(&t);
    }
}

/* Without timestamps, a SYN beyond the old FIN reuses (RFC 1122 s4.2.2.13). */
static void a_new_syn_without_timestamps_reuses(void **state)
{
    static const struct {
        uint32_t seq;
        bool reused;
    } rows[] = {{4999, false}, {5000, false}, {5001, true}, {100000, true}};

    for (size_t row = 0; row < T_COUNT(rows) * 2; row++) {
        struct t_talk t;
        uint32_t seq = rows[row / 2].seq;
        uint32_t old_nxt = 0;

        time_wait(&t, t_family(state), row % 2 == 0);
        old_nxt = t.iss + 2; /* SYN and FIN */
        if (!rows[row / 2].reused) {
            t_peer(&t, SF_SYN, .seq = {seq});
            t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
            t_silence(&t);
            T_STATE(&t, SF_TIME_WAIT);
        } else {
            t.iss_known = false;
            T_EQ_ROW(row, t_peer(&t, SF_SYN, .seq = {seq}), SF_PASS);
            t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {seq + 1});
            T_EQ(t_state(&t), SF_SYN_RECEIVED);
            T_TRUE((int32_t)(t.iss - old_nxt) > 0);
            t_peer(&t, SF_ACK, .seq = {seq + 1}, .ack = {1000});
            t_accept(&t);
            T_STATE(&t, SF_ESTABLISHED);
            T_EQ(sf_stack_counters(t.stack)->time_waits_reused, 1);
        }
        t_end(&t);
    }
}

/* RFC 6191 s2: with timestamps the newer one decides, and the number if they are equal. */
static void a_new_syn_with_timestamps_reuses(void **state)
{
    static const struct {
        int32_t ahead; /* of TS.Recent */
        uint32_t seq;
        bool reused;
    } rows[] = {
        {1, 3000, true},
        {0, 5001, true},
        {0, 5000, false},
        {-1, 5001, false},
    };

    for (size_t row = 0; row < T_COUNT(rows) * 2; row++) {
        struct t_talk t;
        bool reused = rows[row / 2].reused;
        uint32_t seq = rows[row / 2].seq;

        t_begin(&t, t_family(state));
        t.config.timestamps = 1;
        t.options |= SF_OPT_TS;
        into_time_wait(&t, row % 2 == 0);
        t.iss_known = !reused;
        t_peer(&t, SF_SYN, .seq = {seq}, .ts_ahead = rows[row / 2].ahead);
        if (reused) {
            t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {seq + 1});
            T_EQ_ROW(row, t_state(&t), SF_SYN_RECEIVED);
        } else {
            t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
            T_EQ_ROW(row, t_state(&t), SF_TIME_WAIT);
        }
        t_silence(&t);
        t_end(&t);
    }
}

static void a_new_syn_where_nobody_listens_ends_it_with_a_reset(void **state)
{
    struct t_talk t;

    time_wait(&t, t_family(state), false);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    t_peer(&t, SF_SYN, .seq = {6000});
    t_expect(&t, SF_RST | SF_ACK, .seq = {t.out[t.out_first].seg.seq.v - t.iss + 999},
             .ack = {6001});
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* MAY-2: a reuse that comes to nothing leaves TIME-WAIT as it was. */
static void a_reuse_that_is_reset_restores_it(void **state)
{
    struct t_talk t;
    uint32_t old_iss = 0;

    time_wait(&t, t_family(state), false);
    old_iss = t.iss;
    t_advance(&t, SF_S(20));
    t.iss_known = false;
    t_peer(&t, SF_SYN, .seq = {6000});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {6001});
    t_peer(&t, SF_RST, .seq = {6001});
    T_STATE(&t, SF_TIME_WAIT);
    t.iss = old_iss;
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_advance(&t, SF_S(60));
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* Also a reuse that is never finished: its SYN,ACKs take 63 s, longer than 2MSL. */
static void a_reuse_that_is_never_finished_leaves_nothing(void **state)
{
    struct t_talk t;

    time_wait(&t, t_family(state), false);
    t.iss_known = false;
    t_peer(&t, SF_SYN, .seq = {6000});
    for (int i = 0; i < 6; i++) {
        T_TRUE(t_wait(&t).ns <= 16 * SF_NS_PER_S);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {6001});
    }
    t_advance(&t, SF_S(200));
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void the_oldest_makes_room(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.max_time_waits = 2;
    for (uint16_t i = 0; i < 3; i++) {
        t_another(&t, (uint16_t)(40000 + i));
        into_time_wait(&t, false);
        t_advance(&t, SF_S(1));
    }
    T_EQ(sf_stack_counters(t.stack)->time_waits_cut_short, 1);
    for (uint16_t i = 0; i < 3; i++) {
        t.them.port = (uint16_t)(40000 + i);
        T_EQ_ROW(i, t_state(&t), i == 0 ? SF_CLOSED : SF_TIME_WAIT);
    }
    t_advance(&t, SF_S(60));
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void its_ends_cannot_be_opened_again(void **state)
{
    for (int held = 0; held < 2; held++) {
        struct t_talk t;
        struct sf_handle handle;

        time_wait(&t, t_family(state), held != 0);
        t.open.local = t.us;
        t.open.remote = t.them;
        T_EQ(sf_open(t.stack, &t.open, &handle, t.now), SF_ERR_EXISTS);
        t_silence(&t);
        t_end(&t);
    }
}

static void its_length_is_settable(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.msl = SF_MS(50);
    into_time_wait(&t, false);
    t_advance(&t, SF_NS(100 * SF_NS_PER_MS - 1));
    T_STATE(&t, SF_TIME_WAIT);
    t_advance(&t, SF_NS(1));
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(released_it_needs_no_connection_record),
        T_BOTH(a_repeated_fin_is_answered_and_starts_2msl_anew),
        T_BOTH(a_reset_is_ignored),
        T_BOTH(what_else_arrives_does_not_move_2msl),
        T_BOTH(a_new_syn_without_timestamps_reuses),
        T_BOTH(a_new_syn_with_timestamps_reuses),
        T_BOTH(a_new_syn_where_nobody_listens_ends_it_with_a_reset),
        T_BOTH(a_reuse_that_is_reset_restores_it),
        T_BOTH(a_reuse_that_is_never_finished_leaves_nothing),
        T_BOTH(the_oldest_makes_room),
        T_BOTH(its_ends_cannot_be_opened_again),
        T_BOTH(its_length_is_settable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
