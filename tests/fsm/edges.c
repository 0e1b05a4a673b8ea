/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/edges.c - what only a deliberate break of the engine has shown to be untested
 * (tests/mutate): the last place in a ring, the last one of a limit, the other side of a rule.
 */
#include "talk.h"

#include "synfin/trace.h"

/* A ring of one record keeps the verdict of an arrival that writes nothing else. */
static void the_last_place_of_the_ring_gets_its_verdict(void **state)
{
    struct t_talk t;
    struct sf_trace_record record = {0};
    struct sf_trace_ring ring = {.records = &record, .capacity = 1};

    t_established(&t, t_family(state));
    sf_stack_trace(t.stack, &ring);
    t_peer(&t, SF_RST, .seq = {4999});
    t_silence(&t);
    T_EQ(ring.written, 1);
    T_EQ(record.kind, SF_TRACE_SEG_IN);
    T_EQ(record.what, SF_DROP_OUT_OF_WINDOW);
    sf_stack_trace(t.stack, NULL);
    t_end(&t);
}

/* RFC 6191 s2: a SYN with an older timestamp begins nothing, wherever it lies; whoever holds
 * the connection keeps it in TIME-WAIT. */
static void a_syn_that_may_not_begin_anew_takes_nothing_from_who_holds_it(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.timestamps = 1;
    t.options |= SF_OPT_TS;
    t_open_passive(&t);
    t_shutdown(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_peer(&t, SF_SYN, .seq = {6000}, .ts_ahead = -1);
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    T_EQ(t_status(&t).state, SF_TIME_WAIT);
    t_end(&t);
}

/* RFC 9293 s3.8.4 (MUST-25): off is off, also when it was on and its timer ran. */
static void keepalive_that_is_turned_off_sends_no_probe(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_KEEPALIVE_IDLE, 1000);
    t_option(&t, SF_OPTION_KEEPALIVE, 1);
    t_advance(&t, SF_MS(999));
    t_option(&t, SF_OPTION_KEEPALIVE, 0);
    t_advance(&t, SF_S(10));
    t_silence(&t);
    T_EQ(sf_stack_deadline(t.stack).ns, UINT64_MAX);
    t_end(&t);
}

/* RFC 4987 s3.6: a cookie whose class of MSS is none of the eight is no cookie.  1460 is class
 * 6 (counted from 0), so that one more is 7, and two more are none. */
static void a_cookie_of_no_class_is_none(void **state)
{
    for (uint32_t more = 0; more <= 2; more++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.syn_cookies = SF_COOKIES_ALWAYS;
        t.mss = 1460;
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + more});
        T_EQ_ROW(more, t_state(&t), more == 2 ? SF_CLOSED : SF_ESTABLISHED);
        t_silence(&t);
        t_end(&t);
    }
}

/* RFC 9293 s3.10.7.4, sixth: RCV.UP is what the mark points at, and what is at RCV.NXT or
 * before it was passed already. */
static void a_mark_of_what_was_taken_is_not_told(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t.ready = 0;
    t_peer(&t, SF_ACK | SF_URG, .seq = {5000}, .ack = {1000}, .urg = 0);
    T_EQ(t.ready & SF_READY_URGENT, 0);
    t_peer(&t, SF_ACK | SF_URG, .seq = {5000}, .ack = {1000}, .urg = 1);
    T_TRUE((t.ready & SF_READY_URGENT) != 0);
    t_end(&t);
}

/* RFC 2018 s3: a block reports what was sent and is not acknowledged, from one edge to the
 * other.  With such news the first duplicate releases one segment (RFC 3042 s2), not a second
 * one for what has left the network. */
static void a_report_is_news_from_edge_to_edge(void **state)
{
    static const struct {
        uint32_t left, right;
        bool news;
    } rows[] = {
        {5824, 6360, true}, {5824, 6361, false}, {5825, 6360, true},  {1000, 1536, true},
        {999, 1536, false}, {3144, 3680, true},  {3144, 3144, false},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_in_flight(&t, t_family(state), true);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 1,
               .sack = {{{rows[i].left}, {rows[i].right}}});
        T_EQ_ROW(i, t.out_count, rows[i].news ? 1 : 0);
        /* The same again is none. */
        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 1,
               .sack = {{{rows[i].left}, {rows[i].right}}});
        T_EQ_ROW(i, t.out_count, 0);
        t_end(&t);
    }
}

/* RFC 2018 s5: a block reports a segment if it covers all of it.  Three are reported besides,
 * so that the duplicate lets three new ones go, and one more for a fourth. */
static void a_report_counts_whole_segments(void **state)
{
    static const struct {
        uint32_t left, right;
        bool counts;
    } rows[] = {
        {5824, 6360, true}, {5825, 6360, false}, {5824, 6359, false},
        {3680, 4216, true}, {3681, 4216, false}, {3680, 4215, false},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_in_flight(&t, t_family(state), true);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 2,
               .sack = {{{rows[i].left}, {rows[i].right}}, {{1536}, {3144}}});
        T_EQ_ROW(i, t.out_count, rows[i].counts ? 4 : 3);
        t_end(&t);
    }
}

/* RFC 6675 s5: in recovery pipe says what may be sent.  Were the window inflated by duplicates
 * as well, each would release two.  Ten and one by limited transmit for the first duplicate and
 * another for the second; the first is lost and goes again.  With the k-th duplicate k are
 * reported: 12 - k in flight, and with half of ten allowed one goes out for each from the
 * eighth on. */
static void in_recovery_a_report_releases_one(void **state)
{
    struct t_talk t;

    t_in_flight(&t, t_family(state), true);
    for (uint32_t k = 1; k <= 11; k++) {
        uint32_t want = k <= 3 || k >= 8;

        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 1,
               .sack = {{{1536}, {1536 + k * 536}}});
        T_EQ_ROW(k, t.out_count, want);
    }
    t_end(&t);
}

/* RFC 6582 s3.2: an acknowledgement of all that was sent before the recovery ends it, with a
 * window of two segments if nothing is outstanding; and three duplicates of just that one begin
 * no other, as those of the next one do. */
static void an_acknowledgement_of_just_the_recovery_ends_it(void **state)
{
    struct t_talk t;

    t_in_flight(&t, t_family(state), false);
    for (int i = 0; i < 3; i++) {
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    }
    t_expect(&t, SF_ACK, .seq = {6360}, .ack = {5000}, .text = 536);
    t_expect(&t, SF_ACK, .seq = {6896}, .ack = {5000}, .text = 536);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 536);
    t_silence(&t);

    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {7432});
    t_expect(&t, SF_ACK, .seq = {7432}, .ack = {5000}, .text = 536);
    t_expect(&t, SF_ACK, .seq = {7968}, .ack = {5000}, .text = 536);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {7432});
    t_expect(&t, SF_ACK, .seq = {8504}, .ack = {5000}, .text = 536);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {7432});
    t_expect(&t, SF_ACK, .seq = {9040}, .ack = {5000}, .text = 536);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {7432});
    t_silence(&t);

    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {7968});
    t_forget(&t);
    for (int i = 0; i < 3; i++) {
        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {7968});
    }
    t_expect(&t, SF_ACK, .seq = {7968}, .ack = {5000}, .text = 536);
    t_end(&t);
}

/* The same of what a time-out has sent again (RFC 6582 s4): a duplicate releases a segment
 * (RFC 3042) as soon as all of that is acknowledged, and none an octet before. */
static void an_acknowledgement_of_just_what_timed_out_ends_that(void **state)
{
    for (uint32_t less = 0; less <= 1; less++) {
        struct t_talk t;

        t_in_flight(&t, t_family(state), false);
        (void)t_wait(&t);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 536);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {6360 - less});
        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {6360 - less});
        T_EQ_ROW(less, t.out_count, 1 - less);
        t_end(&t);
    }
}

/* A segment takes its octets from more than one chunk: 3000 to 4000 has the end of a SEND after
 * 2500 octets, beyond the first 2048. */
static void the_end_of_a_send_in_the_next_chunk_is_pushed(void **state)
{
    for (uint32_t more = 0; more <= 1; more++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.push = SF_PUSH_WRITES;
        t.config.chunk_octets = 2048;
        t.mss = 1000;
        t.wnd = 1000;
        t_open_passive(&t);
        t_send(&t, 1000);
        t_send_flags(&t, 1500, more != 0 ? SF_SEND_MORE : 0);
        t_send(&t, 6000);
        (void)t_next(&t);
        t.wnd = 20000;
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2000});
        T_EQ(t_next(&t).seg.flags & SF_PSH, 0);
        T_EQ_ROW(more, (t_next(&t).seg.flags & SF_PSH) != 0, more == 0);
        t_end(&t);
    }
}

/* RFC 7323 s3.2: timestamps are on a RST if they were agreed, and only then; here on that of a
 * handshake whose listener goes. */
static void a_listener_that_goes_resets_with_timestamps_if_agreed(void **state)
{
    for (uint8_t agreed = 0; agreed <= 1; agreed++) {
        struct t_talk t;
        struct t_out rst;

        t_begin(&t, t_family(state));
        t.config.timestamps = 1;
        t.options = (uint8_t)(agreed != 0 ? t.options | SF_OPT_TS : t.options & ~SF_OPT_TS);
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        (void)t_next(&t);
        T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
        rst = t_next(&t);
        T_TRUE((rst.seg.flags & SF_RST) != 0);
        T_EQ_ROW(agreed, (rst.seg.options & SF_OPT_TS) != 0, agreed != 0);
        t_end(&t);
    }
}

/* A handshake with another peer at another port of ours, as far as its last segment, which is
 * put into `ack`, and text behind it into `text`. */
struct waiting {
    struct sf_handle listener, conn;
    uint8_t ack[200], text[200];
    size_t ack_octets, text_octets;
};

static void wait_for_ack(struct t_talk *t, struct waiting *w, uint16_t port)
{
    t_another(t, port);
    t->us.port = port;
    t->listen.local.port = port;
    T_EQ(sf_listen(t->stack, &t->listen, &w->listener, t->now), SF_OK);
    t_peer(t, SF_SYN, .seq = {4999});
    t_expect(t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    w->ack_octets =
        t_build(t, &(struct t_seg){.flags = SF_ACK, .seq = {5000}, .ack = {1000}}, w->ack);
    w->text_octets = t_build(
        t, &(struct t_seg){.flags = SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10}, w->text);
}

static void arrives(const struct t_talk *t, const uint8_t *frame, size_t octets)
{
    struct sf_frame in = {
        .octets = (uint32_t)octets,
        .n_pieces = 1,
        .pieces = {{.data = frame, .octets = (uint32_t)octets}},
    };

    sf_stack_rx(t->stack, &in, 1, t->now);
    T_EQ(in.verdict, SF_PASS);
}

/* Listeners and connections alike: two have something to tell, there is room for one, and the
 * other is told next. */
static void no_more_events_are_put_than_fit(void **state)
{
    struct sf_ready_event events[4];
    struct waiting w[2];
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_start(&t);
    for (uint16_t i = 0; i < 2; i++) {
        wait_for_ack(&t, &w[i], (uint16_t)(81 + i));
    }
    for (size_t i = 0; i < 2; i++) {
        arrives(&t, w[i].ack, w[i].ack_octets);
    }
    T_EQ(sf_stack_events(t.stack, events, 1), 1);
    T_EQ(sf_stack_events(t.stack, events, 1), 1);
    for (size_t i = 0; i < 2; i++) {
        T_EQ(sf_accept(t.stack, w[i].listener, &w[i].conn, t.now), SF_OK);
    }
    t_pull(&t);
    T_EQ(sf_stack_events(t.stack, events, 1), 0);
    for (size_t i = 0; i < 2; i++) {
        arrives(&t, w[i].text, w[i].text_octets);
    }
    T_EQ(sf_stack_events(t.stack, events, 1), 1);
    T_EQ(sf_stack_events(t.stack, events, 1), 1);
    T_EQ(sf_stack_events(t.stack, events, 1), 0);
    t_end(&t);
}

static size_t walk(const struct t_talk *t, struct sf_walk_row rows[4])
{
    uint64_t cursor = 0;
    size_t n = 0;

    while (n < 4 && sf_walk(t->stack, &cursor, &rows[n], t->now)) {
        n++;
    }
    return n;
}

/* A walk shows what there is: a handle from the moment when an application has it, until it
 * gives it back, be the connection dead before that. */
static void a_walk_shows_who_is_held_and_nobody_else(void **state)
{
    struct sf_walk_row rows[4];
    struct sf_handle none = {0};
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    T_EQ(walk(&t, rows), 2);
    T_EQ(rows[0].state, SF_LISTEN);
    T_EQ(memcmp(&rows[0].handle, &t.listener, sizeof(none)), 0);
    T_EQ(rows[1].state, SF_ESTABLISHED);
    T_EQ(memcmp(&rows[1].handle, &none, sizeof(none)), 0);

    t_accept(&t);
    T_EQ(walk(&t, rows), 2);
    T_EQ(memcmp(&rows[1].handle, &t.conn, sizeof(none)), 0);

    t_peer(&t, SF_RST, .seq = {5000});
    T_EQ(walk(&t, rows), 2);
    T_EQ(rows[1].state, SF_CLOSED);
    T_EQ(memcmp(&rows[1].handle, &t.conn, sizeof(none)), 0);

    T_EQ(sf_close(t.stack, t.conn, t.now), SF_OK);
    T_EQ(walk(&t, rows), 1);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    T_EQ(walk(&t, rows), 0);
    t_end(&t);
}

/* RFC 9293 s3.8.3: a user timeout that is taken back while text is on its way ends nothing. */
static void a_user_timeout_that_is_turned_off_ends_nothing(void **state)
{
    for (int off = 0; off <= 1; off++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        t_option(&t, SF_OPTION_USER_TIMEOUT, 5000);
        t_send(&t, 100);
        t_advance(&t, SF_MS(4999));
        T_EQ(t_status(&t).state, SF_ESTABLISHED);
        if (off != 0) {
            t_option(&t, SF_OPTION_USER_TIMEOUT, 0);
        }
        t_advance(&t, SF_MS(1));
        T_EQ_ROW((size_t)off, t_status(&t).state, off != 0 ? SF_ESTABLISHED : SF_CLOSED);
        t_end(&t);
    }
}

/* Room for one connection with bytes moving, and another one has it: a FIN in order asks for
 * none, one behind a gap has to be remembered and is refused. */
static void a_fin_in_order_needs_no_memory(void **state)
{
    for (uint32_t gap = 0; gap <= 1; gap++) {
        uint64_t refused = 0;
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.max_working = 1;
        t_open_passive(&t);
        t_send(&t, 100);
        t_forget(&t);
        t_another(&t, T_PEER_PORT + 1);
        t_open_passive(&t);
        refused = sf_stack_counters(t.stack)->refused_by_limit;
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000 + gap}, .ack = {1000});
        T_EQ_ROW(gap, t.verdict, gap != 0 ? SF_DROP_NO_MEMORY : SF_PASS);
        T_EQ_ROW(gap, sf_stack_counters(t.stack)->refused_by_limit - refused, gap);
        T_EQ_ROW(gap, t_state(&t), gap != 0 ? SF_ESTABLISHED : SF_CLOSE_WAIT);
        t_end(&t);
    }
}

/* MUST-21, with SYNs that never end: the count of one that was sent 256 times is not lost. */
static void every_syn_again_counts_as_sent_again(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    t_option(&t, SF_OPTION_SYN_RETRIES, SF_RETRIES_FOREVER);
    for (uint32_t i = 1; i <= 257; i++) {
        (void)t_wait(&t);
        t_expect(&t, SF_SYN, .seq = {999});
        T_EQ(t_status(&t).total_retransmits, i);
    }
    t_end(&t);
}

/* What a connection's trace of one segment out says: 1 sent again, 0 new. */
static uint32_t said_again(const struct sf_trace_ring *ring)
{
    uint32_t said = 2;

    for (uint64_t i = 0; i < ring->written && i < ring->capacity; i++) {
        if (ring->records[i].kind == SF_TRACE_SEG_OUT) {
            T_EQ(said, 2);
            said = ring->records[i].u.seg.retransmit;
        }
    }
    return said;
}

/* The last segment on its way ends at SND.NXT the second time as the first: text, or a FIN. */
static void a_trace_does_not_take_old_text_for_new(void **state)
{
    for (uint32_t fin = 0; fin <= 1; fin++) {
        struct t_talk t;
        struct sf_trace_record records[8] = {0};
        struct sf_trace_ring ring = {.records = records, .capacity = 8};

        t_established(&t, t_family(state));
        if (fin != 0) {
            t_shutdown(&t);
        } else {
            t_send(&t, 100);
        }
        t_forget(&t);
        sf_stack_trace(t.stack, &ring);
        (void)t_wait(&t);
        t_forget(&t);
        sf_stack_trace(t.stack, NULL);
        T_EQ_ROW(fin, said_again(&ring), 1);
        t_end(&t);
    }
}

/* What is new is not said to be sent again, be it the first or the last on its way. */
static void a_trace_does_not_take_new_text_for_old(void **state)
{
    struct t_talk t;
    struct sf_trace_record records[4] = {0};
    struct sf_trace_ring ring = {.records = records, .capacity = 4};

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_NODELAY, 1);
    t_send(&t, 100);
    t_send(&t, 100);
    t_forget(&t);
    (void)t_wait(&t); /* the first again: it ends before SND.NXT */
    sf_stack_trace(t.stack, &ring);
    t_forget(&t);
    t_send(&t, 100);
    sf_stack_trace(t.stack, NULL);
    T_EQ(said_again(&ring), 0);
    t_end(&t);
}

/* RFC 9293 s3.8.6.1: the interval between probes goes on from the time-out, whether the link
 * takes the probe or not; the next one is due, twice as long away, before any has left. */
static void a_probe_that_the_link_does_not_take_is_timed(void **state)
{
    struct t_talk t;
    sf_time due = {0};

    t_established(&t, t_family(state));
    t.wnd = 0;
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
    t_send(&t, 100);
    t_silence(&t);
    due = sf_stack_deadline(t.stack);
    T_EQ(due.ns - t.now.ns, 200 * SF_NS_PER_MS); /* the least RTO: the handshake took no time */
    t.now = due;
    sf_stack_tick(t.stack, t.now);
    T_EQ(sf_stack_deadline(t.stack).ns - due.ns, 400 * SF_NS_PER_MS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1);
    t_silence(&t);
    t_end(&t);
}

/* RFC 6298 (5.7): also a SYN that was lost twice leaves 3 seconds, not the 4 it had come to. */
static void a_syn_lost_twice_leaves_three_seconds(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    for (uint64_t s = 1; s <= 2; s++) {
        T_EQ(t_wait(&t).ns, s * SF_NS_PER_S);
        t_expect(&t, SF_SYN, .seq = {999});
    }
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_send(&t, 100);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    T_EQ(t_wait(&t).ns, 3 * SF_NS_PER_S);
    t_end(&t);
}

/* A record that fills the window to the octet goes out, small as it is, with another behind it;
 * one that is an octet larger waits, as any text would. */
static void a_record_that_just_fits_goes(void **state)
{
    for (uint32_t more = 0; more <= 1; more++) {
        struct t_talk t;

        t_established(&t, t_family(state));
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
        t_send_flags(&t, 1000 + more, SF_SEND_RECORD);
        t_send_flags(&t, 500, SF_SEND_RECORD);
        t_silence(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 1000);
        T_EQ_ROW(more, t.out_count, 1 - more);
        if (more == 0) {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1000);
        }
        t_end(&t);
    }
}

/* A window beyond what its field says goes on to be one as text is read: with 100,000 octets of
 * buffer 5000 + 60,000 + 80,000 lies inside; 65,535 would be over at 130,535. */
static void what_a_field_cannot_say_moves_on(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.window_scaling = SF_OFFER_NO;
    t.config.window_unsaid = 1;
    t.config.rcvbuf_octets = 100000;
    t.open.rcvbuf_octets = 100000;
    t_open_active(&t);
    for (uint32_t i = 0; i < 60; i++) {
        t_peer(&t, SF_ACK, .seq = {5000 + 1000 * i}, .ack = {1000}, .text = 1000);
        t_recv(&t, 1000);
    }
    T_EQ(t_peer(&t, SF_RST, .seq = {145000}), SF_DROP_RST_NOT_EXACT);
    t_end(&t);
}

/* The looks of records in TIME-WAIT are shared, and kept until the last of them ends. */
static void a_look_is_kept_for_who_still_has_it(void **state)
{
    static const uint32_t hops[] = {10, 10, 20};
    struct t_talk t;
    uint32_t iss = 0;

    t_begin(&t, t_family(state));
    t_listen(&t);
    for (uint16_t i = 0; i < 3; i++) {
        t_another(&t, (uint16_t)(T_PEER_PORT + i));
        t_open_passive(&t);
        iss = i == 1 ? t.iss : iss;
        t_option(&t, SF_OPTION_HOP_LIMIT, hops[i]);
        t_close(&t);
        t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
        /* The first ends a second after the second has begun; then the third comes. */
        t_advance(&t, i == 0 ? (sf_span){2 * t.config.msl.ns - SF_NS_PER_S} : SF_S(1));
    }
    t.them.port = T_PEER_PORT + 1;
    t.iss = iss;
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    T_EQ(t_next(&t).hop_limit, 10);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_last_place_of_the_ring_gets_its_verdict),
        T_BOTH(a_syn_that_may_not_begin_anew_takes_nothing_from_who_holds_it),
        T_BOTH(keepalive_that_is_turned_off_sends_no_probe),
        T_BOTH(a_cookie_of_no_class_is_none),
        T_BOTH(a_mark_of_what_was_taken_is_not_told),
        T_BOTH(a_report_is_news_from_edge_to_edge),
        T_BOTH(a_report_counts_whole_segments),
        T_BOTH(in_recovery_a_report_releases_one),
        T_BOTH(an_acknowledgement_of_just_the_recovery_ends_it),
        T_BOTH(an_acknowledgement_of_just_what_timed_out_ends_that),
        T_BOTH(the_end_of_a_send_in_the_next_chunk_is_pushed),
        T_BOTH(a_listener_that_goes_resets_with_timestamps_if_agreed),
        T_BOTH(no_more_events_are_put_than_fit),
        T_BOTH(a_walk_shows_who_is_held_and_nobody_else),
        T_BOTH(a_user_timeout_that_is_turned_off_ends_nothing),
        T_BOTH(a_fin_in_order_needs_no_memory),
        T_BOTH(every_syn_again_counts_as_sent_again),
        T_BOTH(a_trace_does_not_take_new_text_for_old),
        T_BOTH(a_trace_does_not_take_old_text_for_new),
        T_BOTH(a_probe_that_the_link_does_not_take_is_timed),
        T_BOTH(a_syn_lost_twice_leaves_three_seconds),
        T_BOTH(a_record_that_just_fits_goes),
        T_BOTH(what_a_field_cannot_say_moves_on),
        T_BOTH(a_look_is_kept_for_who_still_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
