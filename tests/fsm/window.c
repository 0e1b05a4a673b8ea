/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/window.c - which segments count: the eight checks of RFC 9293 s3.10.7.4 at
 * both edges of every window, with RFC 5961 and PAWS (RFC 7323 s5).
 *
 * RCV.NXT is 5000 and RCV.WND 4096, so the last octet in the window is 9095.
 */
#include "talk.h"

#define OFF_BY(n) ((uint32_t)(1000 + (n)))

/* RFC 5961 s3.2: a RST resets only when exactly at RCV.NXT. */
static void a_reset_has_to_be_exact(void **state)
{
    static const struct {
        uint32_t seq;
        enum sf_verdict verdict;
        enum sf_state after;
        bool challenged;
    } rows[] = {
        {4999, SF_DROP_OUT_OF_WINDOW, SF_ESTABLISHED, false},
        {5000, SF_DROP_RESET, SF_CLOSED, false},
        {5001, SF_DROP_RST_NOT_EXACT, SF_ESTABLISHED, true},
        {9095, SF_DROP_RST_NOT_EXACT, SF_ESTABLISHED, true},
        {9096, SF_DROP_OUT_OF_WINDOW, SF_ESTABLISHED, false},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        T_EQ_ROW(row, t_peer(&t, SF_RST, .seq = {rows[row].seq}), rows[row].verdict);
        if (rows[row].challenged) {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
        }
        t_silence(&t);
        T_EQ_ROW(row, t_status(&t).state, rows[row].after);
        if (rows[row].after == SF_CLOSED) {
            T_EQ(t_status(&t).error, SF_ERR_RESET);
            T_TRUE((t.ready & SF_READY_ERROR) != 0);
            T_EQ(t_recv_err(&t), SF_ERR_RESET);
        }
        t_close(&t);
        t_end(&t);
    }
}

/* What arrived before the RST stays readable. */
static void octets_outlive_a_reset(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_peer(&t, SF_RST, .seq = {5010});
    t_recv(&t, 10);
    T_EQ(t_recv_err(&t), SF_ERR_RESET);
    t_close(&t);
    t_forget(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* RFC 5961 s4.2: a SYN is challenged, wherever it is. */
static void a_syn_is_challenged(void **state)
{
    static const uint32_t rows[] = {4999, 5000, 7000, 9095, 9096, 100000};
    struct t_talk t;

    t_established(&t, t_family(state));
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        T_EQ_ROW(row, t_peer(&t, SF_SYN, .seq = {rows[row]}), SF_DROP_SYN_IN_WINDOW);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
        t_silence(&t);
        T_STATE(&t, SF_ESTABLISHED);
    }
    T_EQ(sf_stack_counters(t.stack)->challenges, T_COUNT(rows));
    t_end(&t);
}

/* Our ACK of the SYN,ACK was lost: an answer that is not on the challenges' account. */
static void a_repeated_syn_ack_is_acknowledged(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_open_active(&t);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    T_EQ(sf_stack_counters(t.stack)->challenges, 0);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

/* The first check, for segments without and with text. */
static void the_first_check_at_both_edges(void **state)
{
    static const struct {
        uint32_t seq, text;
        enum sf_verdict verdict;
        uint32_t rcv_nxt; /* after it */
        uint32_t held;
        bool acked; /* at once */
    } rows[] = {
        {4999, 0, SF_DROP_DUPLICATE, 5000, 0, true},
        {5000, 0, SF_PASS, 5000, 0, false},
        {9095, 0, SF_PASS, 5000, 0, false},
        {9096, 0, SF_DROP_OUT_OF_WINDOW, 5000, 0, true},
        {4999, 1, SF_DROP_DUPLICATE, 5000, 0, true},
        {4990, 10, SF_DROP_DUPLICATE, 5000, 0, true},
        {4990, 20, SF_PASS, 5010, 0, false}, /* the old half is cut off */
        {5000, 1, SF_PASS, 5001, 0, false},
        {5001, 1, SF_PASS, 5000, 1, true}, /* behind a gap */
        {9095, 1, SF_PASS, 5000, 1, true},
        {9090, 10, SF_PASS, 5000, 6, true}, /* 9096 - 9090 fit */
        {9096, 1, SF_DROP_OUT_OF_WINDOW, 5000, 0, true},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        T_EQ_ROW(
            row,
            t_peer(&t, SF_ACK, .seq = {rows[row].seq}, .ack = {1000}, .text = rows[row].text),
            rows[row].verdict);
        if (rows[row].acked) {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {rows[row].rcv_nxt});
        }
        if (t.out_count != 0) {
            printf("# row %zu\n", row);
        }
        t_silence(&t);
        T_EQ_ROW(row, t_status(&t).rcv_nxt - t.peer_iss + 4999, rows[row].rcv_nxt);
        T_EQ_ROW(row, t_status(&t).held, rows[row].held);
        t_end(&t);
    }
}

/* The fifth check, with 1000 to 1099 outstanding; RFC 5961 s5.2 below. */
static void the_fifth_check_at_both_edges(void **state)
{
    static const struct {
        uint32_t ack;
        enum sf_verdict verdict;
        uint32_t una;
        bool acked;
    } rows[] = {
        {OFF_BY(-4097), SF_DROP_ACK_OLD, 1000, true}, /* SND.UNA - MAX.SND.WND - 1 */
        {OFF_BY(-4096), SF_PASS, 1000, false},
        {OFF_BY(-1), SF_PASS, 1000, false},
        {OFF_BY(0), SF_PASS, 1000, false},
        {OFF_BY(1), SF_PASS, 1001, false},
        {OFF_BY(100), SF_PASS, 1100, false},
        {OFF_BY(101), SF_DROP_ACK_FUTURE, 1000, true},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        t_send(&t, 100);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
        T_EQ_ROW(row, t_peer(&t, SF_ACK, .seq = {5000}, .ack = {rows[row].ack}),
                 rows[row].verdict);
        if (rows[row].acked) {
            t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5000});
        }
        t_silence(&t);
        T_EQ_ROW(row, t_status(&t).snd_una - t.iss + 999, rows[row].una);
        t_end(&t);
    }
}

/* Two ends that disagree would answer each other for ever: what has no length is answered
 * once in half a second, what has some always. */
static void what_is_refused_is_answered_now_and_then(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_peer(&t, SF_ACK, .seq = {9999}, .ack = {1000}), SF_DROP_OUT_OF_WINDOW);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_advance(&t, SF_MS(499));
    T_EQ(t_peer(&t, SF_ACK, .seq = {9999}, .ack = {1000}), SF_DROP_LIMITED);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001}), SF_DROP_LIMITED);
    t_silence(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {9999}, .ack = {1000}, .text = 1), SF_DROP_OUT_OF_WINDOW);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_advance(&t, SF_MS(2));
    T_EQ(t_peer(&t, SF_ACK, .seq = {9999}, .ack = {1000}), SF_DROP_OUT_OF_WINDOW);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    t_end(&t);
}

/* An ACK too old to count does not keep the text of its segment from counting. */
static void text_with_an_old_ack_counts(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_recv(&t, 10);
    t_end(&t);
}

static void without_ack_a_segment_is_dropped(void **state)
{
    static const uint8_t rows[] = {0, SF_PSH, SF_URG, SF_FIN, SF_FIN | SF_URG | SF_PSH};
    struct t_talk t;

    t_established(&t, t_family(state));
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        T_EQ_ROW(row, t_peer(&t, rows[row], .seq = {5000}, .text = 5), SF_DROP_NO_ACK);
        t_silence(&t);
        T_STATE(&t, SF_ESTABLISHED);
        T_EQ(t_status(&t).readable, 0);
    }
    t_end(&t);
}

static void a_wrong_checksum_is_dropped_in_silence(void **state) /* MUST-3 */
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}, .spoilt = true), SF_DROP_TCP_CHECKSUM);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5, .spoilt = true),
         SF_DROP_TCP_CHECKSUM);
    t_silence(&t);
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t_verdicts(&t, SF_DROP_TCP_CHECKSUM), 2);
    t_end(&t);
}

/* Both streams go through 2^32 in the middle of the conversation. */
static void numbers_wrap(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.peer_iss = UINT32_MAX - 1500;
    t_iss_at(&t, UINT32_MAX - 2100);
    t_open_passive(&t);
    T_EQ(t.iss, UINT32_MAX - 2100);
    for (uint32_t i = 0; i < 4; i++) {
        t_send(&t, 1000);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 1000 * i}, .ack = {5000 + 1000 * i},
                 .text = 1000);
        t_peer(&t, SF_ACK, .seq = {5000 + 1000 * i}, .ack = {2000 + 1000 * i}, .text = 1000);
        t_recv(&t, 1000);
        t_forget(&t);
    }
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {9000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {9000}, .ack = {5001});
    t_expect(&t, SF_ACK, .seq = {5001}, .ack = {9001});
    T_STATE(&t, SF_TIME_WAIT);
    t_end(&t);
}

/* The window itself lies across 2^32. */
static void windows_wrap(void **state)
{
    static const struct {
        uint32_t seq;
        enum sf_verdict verdict;
    } rows[] = {
        {4999, SF_DROP_OUT_OF_WINDOW}, {5001, SF_DROP_RST_NOT_EXACT},
        {5100, SF_DROP_RST_NOT_EXACT}, {9095, SF_DROP_RST_NOT_EXACT},
        {9096, SF_DROP_OUT_OF_WINDOW}, {5000, SF_DROP_RESET},
    };
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.peer_iss = UINT32_MAX - 50; /* RCV.NXT is 2^32 - 50, the last in the window 4045 */
    t_open_passive(&t);
    for (size_t row = 0; row < T_COUNT(rows); row++) {
        T_EQ_ROW(row, t_peer(&t, SF_RST, .seq = {rows[row].seq}), rows[row].verdict);
    }
    t_end(&t);
}

static void with_timestamps(struct t_talk *t, enum sf_family family)
{
    t_begin(t, family);
    t->config.timestamps = 1;
    t->options |= SF_OPT_TS;
    t_open_passive(t);
    T_TRUE(t_status(t).timestamps);
}

static void an_older_timestamp_is_acknowledged_and_dropped(void **state) /* RFC 7323 s5.3 */
{
    struct t_talk t;

    with_timestamps(&t, t_family(state));
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5, .ts_ahead = -1),
         SF_DROP_PAWS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5, .ts_ahead = 0), SF_PASS);
    t_recv(&t, 5);
    /* It moves on with what is newer. */
    T_EQ(t_peer(&t, SF_ACK, .seq = {5005}, .ack = {1000}, .text = 5, .ts_ahead = 10), SF_PASS);
    t_advance(&t, SF_MS(5)); /* acknowledged by its delayed ACK or not: it is the last */
    t_forget(&t);
    t_end(&t);
}

static void without_its_timestamp_a_segment_is_dropped(void **state) /* RFC 7323 s3.2 */
{
    struct t_talk t;

    with_timestamps(&t, t_family(state));
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5, .no_ts = true),
         SF_DROP_NO_TIMESTAMP);
    t_silence(&t);
    /* A RST needs none. */
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}), SF_DROP_RESET);
    T_EQ(t_status(&t).error, SF_ERR_RESET);
    t_end(&t);
}

/* RFC 7323 s5.5: what TS.Recent was more than 24 days ago says nothing. */
static void after_24_days_any_timestamp_will_do(void **state)
{
    struct t_talk t;

    with_timestamps(&t, t_family(state));
    t_advance(&t, SF_S(UINT64_C(25) * 24 * 3600));
    t_forget(&t);
    /* The peer's clock has gone half around: to us its value is old. */
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5), SF_PASS);
    t_recv(&t, 5);
    t_end(&t);
}

static void a_timestamp_is_echoed_of_what_was_acknowledged_last(void **state) /* s4.3 */
{
    struct t_talk t;
    uint32_t first = 0;

    with_timestamps(&t, t_family(state));
    t_advance(&t, SF_MS(100));
    first = t.ts_base + (uint32_t)(t.now.ns / SF_NS_PER_MS);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 5);
    t_advance(&t, SF_MS(10));
    /* Behind a gap: its timestamp is not taken. */
    t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 5);
    T_EQ(t_next(&t).seg.tsecr, first);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_reset_has_to_be_exact),
        T_BOTH(octets_outlive_a_reset),
        T_BOTH(a_syn_is_challenged),
        T_BOTH(a_repeated_syn_ack_is_acknowledged),
        T_BOTH(the_first_check_at_both_edges),
        T_BOTH(the_fifth_check_at_both_edges),
        T_BOTH(what_is_refused_is_answered_now_and_then),
        T_BOTH(text_with_an_old_ack_counts),
        T_BOTH(without_ack_a_segment_is_dropped),
        T_BOTH(a_wrong_checksum_is_dropped_in_silence),
        T_BOTH(numbers_wrap),
        T_BOTH(windows_wrap),
        T_BOTH(an_older_timestamp_is_acknowledged_and_dropped),
        T_BOTH(without_its_timestamp_a_segment_is_dropped),
        T_BOTH(after_24_days_any_timestamp_will_do),
        T_BOTH(a_timestamp_is_echoed_of_what_was_acknowledged_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
