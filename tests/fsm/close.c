/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/close.c - every way out of ESTABLISHED (RFC 9293 s3.6, s3.10.4, s3.10.5).
 */
#include "talk.h"

/* RFC 9293 s3.6, Figure 12, seen from the side that closes first. */
static void we_close_first(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_shutdown(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    T_STATE(&t, SF_FIN_WAIT_1);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    t_silence(&t);
    T_STATE(&t, SF_FIN_WAIT_2);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_silence(&t);
    T_STATE(&t, SF_TIME_WAIT);
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    T_TRUE((sf_ready(t.stack, t.conn) & SF_READY_CLOSED) != 0);
    t_close(&t);
    T_STATE(&t, SF_TIME_WAIT);
    T_EQ(sf_stack_counters(t.stack)->time_waits, 1); /* once, in whatever record it waits */
    t_advance(&t, SF_NS(60 * SF_NS_PER_S - 1));      /* 2 * 30 s */
    T_STATE(&t, SF_TIME_WAIT);
    t_advance(&t, SF_NS(1));
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* RFC 9293 s3.6, Figure 12, seen from the side that closes second. */
static void the_peer_closes_first(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5001});
    t_silence(&t);
    T_STATE(&t, SF_CLOSE_WAIT);
    T_TRUE((t.ready & SF_READY_EOF) != 0);
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5001});
    T_STATE(&t, SF_LAST_ACK);
    t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1001});
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* RFC 9293 s3.6, Figure 13. */
static void both_close_at_once(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    T_STATE(&t, SF_CLOSING);
    t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1001});
    t_silence(&t);
    T_STATE(&t, SF_TIME_WAIT);
    t_advance(&t, SF_S(60));
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* FIN and the acknowledgement of ours in one segment: three segments instead of four. */
static void a_fin_that_acknowledges_ours_leads_straight_to_time_wait(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_silence(&t);
    T_STATE(&t, SF_TIME_WAIT);
    t_end(&t);
}

/* RFC 9293 A.2: the ACK that a repeated FIN carries is read although it is out of window. */
static void a_repeated_fin_ends_closing_and_last_ack(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    T_STATE(&t, SF_CLOSING);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_silence(&t);
    T_STATE(&t, SF_TIME_WAIT);
    t_end(&t);

    t_established(&t, t_family(state));
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_forget(&t);
    t_close(&t);
    t_forget(&t);
    T_STATE(&t, SF_LAST_ACK);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    T_STATE(&t, SF_CLOSED);
    t_end(&t);
}

static void a_lost_fin_is_sent_again(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_shutdown(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    T_TRUE(t_wait(&t).ns <= SF_NS_PER_S);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    T_STATE(&t, SF_FIN_WAIT_2);
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    T_STATE(&t, SF_FIN_WAIT_2); /* a half-close lasts as long as the application likes */
    t_end(&t);
}

static void half_closed_we_still_receive(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_shutdown(&t);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    T_STATE(&t, SF_FIN_WAIT_2);
    t_advance(&t, SF_S(7200)); /* no orphan: no limit */
    T_STATE(&t, SF_FIN_WAIT_2);
    for (uint32_t i = 0; i < 10; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 1000 * i}, .ack = {1001}, .text = 1000);
        t_recv(&t, 1000);
    }
    t_forget(&t);
    t_advance(&t, SF_MS(500));
    t_forget(&t);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {15000}, .ack = {1001}, .text = 5);
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {15006}); /* 15000 + 5 + 1 */
    T_STATE(&t, SF_TIME_WAIT);
    t_recv(&t, 5); /* what came before the FIN stays readable */
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    t_end(&t);
}

static void half_closed_by_the_peer_we_still_send(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5001});
    for (uint32_t i = 0; i < 10; i++) {
        t_send(&t, 1000);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 1000 * i}, .ack = {5001}, .text = 1000);
        t_peer(&t, SF_ACK, .seq = {5001}, .ack = {2000 + 1000 * i});
        T_STATE(&t, SF_CLOSE_WAIT);
    }
    t_shutdown(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {11000}, .ack = {5001});
    T_STATE(&t, SF_LAST_ACK);
    t_peer(&t, SF_ACK, .seq = {5001}, .ack = {11001});
    T_EQ(t_status(&t).state, SF_CLOSED);
    T_EQ(t_status(&t).error, SF_OK);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

static void text_comes_before_the_fin(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.wnd = 1400; /* a full segment's, over either protocol */
    t.mss = 1400;
    t_open_passive(&t);
    t_send(&t, 1900);
    t_shutdown(&t);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1400);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2400});
    t_expect(&t, SF_FIN | SF_ACK | SF_PSH, .seq = {2400}, .ack = {5000}, .text = 500);
    T_STATE(&t, SF_FIN_WAIT_1);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2900}); /* all but the FIN */
    T_STATE(&t, SF_FIN_WAIT_1);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2901}); /* 1000 + 1900 + 1 */
    T_STATE(&t, SF_FIN_WAIT_2);
    t_end(&t);
}

static void a_fin_beyond_a_gap_waits_for_it(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5100}, .ack = {1000}, .text = 50);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(sf_ready(t.stack, t.conn) & SF_READY_EOF, 0);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5151}); /* 5000 + 100 + 50 + 1 */
    T_STATE(&t, SF_CLOSE_WAIT);
    t_recv(&t, 150);
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    t_end(&t);
}

static void text_beyond_the_fin_does_not_count(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
    t_forget(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1000}, .text = 10), SF_DROP_AFTER_FIN);
    t_forget(&t);
    T_EQ(t_status(&t).rcv_nxt - t.peer_iss, 2); /* SYN and FIN */
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    t_end(&t);
}

/* SHLD-3, RFC 9293 s3.6.1: octets that nobody will read make CLOSE a RST. */
static void close_with_unread_octets_resets(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_close(&t);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5010});
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* The same when they come after CLOSE: in FIN-WAIT-1 and in FIN-WAIT-2. */
static void text_for_nobody_is_reset(void **state)
{
    for (uint32_t acked = 0; acked < 2; acked++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        t_close(&t);
        t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
        if (acked != 0) {
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
            T_STATE(&t, SF_FIN_WAIT_2);
        }
        T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + acked}, .text = 10),
             SF_DROP_AFTER_CLOSE);
        t_expect(&t, SF_RST, .seq = {1000 + acked}); /* SEQ = SEG.ACK */
        t_silence(&t);
        T_STATE(&t, SF_CLOSED);
        T_NOTHING_LEFT(&t);
        t_end(&t);
    }
}

/* states.tsv, FIN-WAIT-2, T_FINWAIT2: an orphan has 60 s. */
static void an_orphan_in_fin_wait_2_ends_by_itself(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_close(&t);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    T_STATE(&t, SF_FIN_WAIT_2);
    t_advance(&t, SF_NS(60 * SF_NS_PER_S - 1));
    T_STATE(&t, SF_FIN_WAIT_2);
    t_advance(&t, SF_NS(1));
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_EQ(sf_stack_counters(t.stack)->orphans_ended, 1);
    T_NOTHING_LEFT(&t);
    /* What comes later meets CLOSED. */
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_RST, .seq = {1001});
    t_end(&t);
}

/* Shut down first, closed in FIN-WAIT-2: the limit runs from then. */
static void an_orphan_made_late_has_its_whole_time(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_shutdown(&t);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
    t_advance(&t, SF_S(1000));
    T_STATE(&t, SF_FIN_WAIT_2);
    t_close(&t);
    t_advance(&t, SF_NS(60 * SF_NS_PER_S - 1));
    T_STATE(&t, SF_FIN_WAIT_2);
    t_advance(&t, SF_NS(1));
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* RFC 9293 s3.10.5 */
static void abort_resets_in_every_state(void **state)
{
    /* How to get there: what we do, what the peer sends. */
    enum { SHUT = 1, PEER_FIN = 2, ACKED = 4, CROSSING = 8 };
    static const struct {
        uint32_t how;
        enum sf_state from;
        bool reset;
        uint32_t seq;
    } rows[] = {
        {0, SF_ESTABLISHED, true, 1000},
        {SHUT, SF_FIN_WAIT_1, true, 1001},
        {SHUT | ACKED, SF_FIN_WAIT_2, true, 1001},
        {PEER_FIN, SF_CLOSE_WAIT, true, 1000},
        /* "Respond with ok, delete the TCB": no segment is required in these. */
        {SHUT | CROSSING, SF_CLOSING, false, 0},
        {PEER_FIN | SHUT, SF_LAST_ACK, false, 0},
        {SHUT | ACKED | CROSSING, SF_TIME_WAIT, false, 0},
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;
        uint32_t how = rows[row].how;

        t_established(&t, t_family(state));
        if ((how & PEER_FIN) != 0) {
            t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
        }
        if ((how & SHUT) != 0) {
            t_shutdown(&t);
        }
        if ((how & ACKED) != 0) {
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001});
        }
        if ((how & CROSSING) != 0) {
            t_peer(&t, SF_FIN | SF_ACK, .seq = {5000},
                   .ack = {(how & ACKED) != 0 ? 1001 : 1000});
        }
        t_forget(&t);
        T_EQ_ROW(row, t_state(&t), rows[row].from);
        t_abort(&t);
        if (rows[row].reset) {
            t_expect(&t, SF_RST | SF_ACK, .seq = {rows[row].seq},
                     .ack = {(how & PEER_FIN) != 0 ? 5001 : 5000});
        } else {
            t_forget(&t);
        }
        T_EQ_ROW(row, t_state(&t), SF_CLOSED);
        T_NOTHING_LEFT(&t);
        t_end(&t);
    }
}

static void the_handle_is_gone_after_close_and_abort(void **state)
{
    for (int abort = 0; abort < 2; abort++) {
        struct t_talk t;
        struct sf_status status;
        uint8_t octet = 1;
        size_t n = 0;

        t_established(&t, t_family(state));
        if (abort != 0) {
            t_abort(&t);
        } else {
            t_close(&t);
        }
        t_forget(&t);
        T_EQ(sf_status(t.stack, t.conn, &status, t.now), SF_ERR_STALE);
        T_EQ(sf_send(t.stack, t.conn, &octet, 1, 0, &n, t.now), SF_ERR_STALE);
        T_EQ(sf_recv(t.stack, t.conn, &octet, 1, &n, t.now), SF_ERR_STALE);
        T_EQ(sf_shutdown(t.stack, t.conn, t.now), SF_ERR_STALE);
        T_EQ(sf_close(t.stack, t.conn, t.now), SF_ERR_STALE);
        T_EQ(sf_abort(t.stack, t.conn, t.now), SF_ERR_STALE);
        T_EQ(sf_ready(t.stack, t.conn), 0);
        t_end(&t);
    }
}

static void calls_after_shutdown_say_closing(void **state)
{
    struct t_talk t;
    uint8_t octet = 1;
    size_t n = 0;

    t_established(&t, t_family(state));
    t_shutdown(&t);
    T_EQ(sf_send(t.stack, t.conn, &octet, 1, 0, &n, t.now), SF_ERR_CLOSING);
    T_EQ(n, 0);
    T_EQ(sf_shutdown(t.stack, t.conn, t.now), SF_OK);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_silence(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(we_close_first),
        T_BOTH(the_peer_closes_first),
        T_BOTH(both_close_at_once),
        T_BOTH(a_fin_that_acknowledges_ours_leads_straight_to_time_wait),
        T_BOTH(a_repeated_fin_ends_closing_and_last_ack),
        T_BOTH(a_lost_fin_is_sent_again),
        T_BOTH(half_closed_we_still_receive),
        T_BOTH(half_closed_by_the_peer_we_still_send),
        T_BOTH(text_comes_before_the_fin),
        T_BOTH(a_fin_beyond_a_gap_waits_for_it),
        T_BOTH(text_beyond_the_fin_does_not_count),
        T_BOTH(close_with_unread_octets_resets),
        T_BOTH(text_for_nobody_is_reset),
        T_BOTH(an_orphan_in_fin_wait_2_ends_by_itself),
        T_BOTH(an_orphan_made_late_has_its_whole_time),
        T_BOTH(abort_resets_in_every_state),
        T_BOTH(the_handle_is_gone_after_close_and_abort),
        T_BOTH(calls_after_shutdown_say_closing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
