/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/gather.c - what is gathered into one segment, and what is not: records, Nagle's
 * algorithm in two forms, text that is held for more; and how many segments have arrived.
 */
#include "talk.h"

/* A segment of the peer's MSS. */
static uint32_t full(void **state)
{
    return t_family(state) == SF_IPV4 ? 1460 : 1440;
}

static void begin(struct t_talk *t, void **state)
{
    t_begin(t, t_family(state));
    t->wnd = 20000;
}

/* What was sent so far waits for a window. */
static void close_window(struct t_talk *t)
{
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = -1);
}

static void open_window(struct t_talk *t)
{
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 20000);
}

static void a_record_ends_its_segment(void **state)
{
    struct t_talk t;
    uint32_t mss = full(state);

    begin(&t, state);
    t_open_passive(&t);
    close_window(&t);
    t_send(&t, 100);
    t_send_flags(&t, 50, SF_SEND_RECORD);
    t_send_flags(&t, mss, SF_SEND_RECORD);
    t_send_flags(&t, mss + 1, SF_SEND_RECORD);
    t_send(&t, 30);
    open_window(&t);
    /* A record may begin in the segment of what is before it, but nothing is behind its end. */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 150);
    t_expect(&t, SF_ACK, .seq = {1150}, .ack = {5000}, .text = mss);
    t_expect(&t, SF_ACK, .seq = {1150 + mss}, .ack = {5000}, .text = mss);
    t_expect(&t, SF_ACK, .seq = {1150 + 2 * mss}, .ack = {5000}, .text = 1);
    t_silence(&t); /* Nagle holds what is no record */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1151 + 2 * mss}, .wnd = 20000);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1151 + 2 * mss}, .ack = {5000}, .text = 30);
    t_end(&t);
}

/* At the end of the queue a record is text like any other: more may come, but not into it. */
static void the_last_record_waits_as_nagle_says(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_open_passive(&t);
    t_send_flags(&t, 10, SF_SEND_RECORD);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
    t_send_flags(&t, 20, SF_SEND_RECORD);
    t_silence(&t);
    t_send_flags(&t, 30, SF_SEND_RECORD);
    t_expect(&t, SF_ACK, .seq = {1010}, .ack = {5000}, .text = 20);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1030});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1030}, .ack = {5000}, .text = 30);
    t_shutdown(&t);
    t_expect(&t, SF_ACK | SF_FIN, .seq = {1060}, .ack = {5000});
    t_end(&t);
}

/* Only so much of it was taken: the record ends where its rest ends. */
static void a_record_that_was_taken_in_part_goes_on(void **state)
{
    static uint8_t data[600];
    size_t taken = 0;
    struct t_talk t;

    begin(&t, state);
    t_open_passive(&t);
    close_window(&t);
    t_option(&t, SF_OPTION_SNDBUF, 500);
    T_EQ(sf_send(t.stack, t.conn, data, 600, SF_SEND_RECORD, &taken, t.now), SF_OK);
    T_EQ(taken, 500);
    t_option(&t, SF_OPTION_SNDBUF, 1000);
    T_EQ(sf_send(t.stack, t.conn, data, 100, SF_SEND_RECORD, &taken, t.now), SF_OK);
    T_EQ(sf_send(t.stack, t.conn, data, 10, 0, &taken, t.now), SF_OK);
    open_window(&t);
    T_EQ(t_next(&t).seg.text_octets, 600);
    t_end(&t);
}

/* What is lost goes again in the same segments. */
static void records_are_repeated_as_they_were(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_open_passive(&t);
    close_window(&t);
    for (uint32_t i = 0; i < 4; i++) {
        t_send_flags(&t, 100, SF_SEND_RECORD);
    }
    t_send(&t, 1);
    open_window(&t);
    for (uint32_t i = 0; i < 4; i++) {
        t_expect(&t, SF_ACK, .seq = {1000 + 100 * i}, .ack = {5000}, .text = 100);
    }
    (void)t_wait(&t);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 100);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100}, .wnd = 20000);
    t_expect(&t, SF_ACK, .seq = {1100}, .ack = {5000}, .text = 100);
    t_end(&t);
}

/* A record of borrowed room, and one of a buffer's very size: the next begins a new one. */
static void records_end_buffers(void **state)
{
    static const uint32_t lengths[] = {1, 4095, 4096, 4097};

    for (size_t i = 0; i < T_COUNT(lengths); i++) {
        struct t_talk t;
        struct sf_room rooms[4];
        size_t n = 4;
        struct t_out out;
        uint32_t octets = 0;

        begin(&t, state);
        t_open_passive(&t);
        close_window(&t);
        t_send_flags(&t, lengths[i], SF_SEND_RECORD);
        T_EQ_ROW(i, sf_send_reserve(t.stack, t.conn, 10, rooms, &n, t.now), SF_OK);
        T_EQ_ROW(i, n, 1);
        T_EQ_ROW(i, rooms[0].octets, 10);
        memset(rooms[0].data, 0, 10);
        T_EQ_ROW(i, sf_send_commit(t.stack, t.conn, 10, SF_SEND_RECORD, t.now), SF_OK);
        open_window(&t);
        while (octets < lengths[i]) {
            out = t_next(&t);
            T_TRUE(out.text_ok);
            octets += out.seg.text_octets;
        }
        T_EQ_ROW(i, octets, lengths[i]);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + octets}, .wnd = 20000);
        T_EQ_ROW(i, t_next(&t).seg.text_octets, 10);
        t_end(&t);
    }
}

/* Minshall's: what is not full waits for what was not full, and not for full segments. */
static void the_other_nagle_lets_the_end_of_a_send_go(void **state)
{
    struct t_talk t;
    uint32_t mss = full(state);

    begin(&t, state);
    t.config.nagle = SF_NAGLE_SMALL;
    t_open_passive(&t);
    t_send(&t, 2 * mss + 10);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
    t_expect(&t, SF_ACK, .seq = {1000 + mss}, .ack = {5000}, .text = mss);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000 + 2 * mss}, .ack = {5000}, .text = 10);
    t_send(&t, mss + 20); /* the full one goes, the rest waits for the ten */
    t_expect(&t, SF_ACK, .seq = {1010 + 2 * mss}, .ack = {5000}, .text = mss);
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * mss});
    t_silence(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010 + 2 * mss});
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1010 + 3 * mss}, .ack = {5000}, .text = 20);
    t_end(&t);
}

static void the_usual_nagle_waits_for_all(void **state)
{
    struct t_talk t;
    uint32_t mss = full(state);

    begin(&t, state);
    t_open_passive(&t);
    t_send(&t, mss + 10);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = mss);
    t_silence(&t);
    t_end(&t);
}

/* NODELAY lets go what is queued, corked or held for more, and once. */
static void nodelay_hurries_what_is_held(void **state)
{
    for (uint32_t corked = 0; corked < 2; corked++) {
        uint32_t flags = corked != 0 ? 0 : SF_SEND_MORE;
        struct t_talk t;

        begin(&t, state);
        t_open_passive(&t);
        t_option(&t, SF_OPTION_CORK, corked);
        t_send_flags(&t, 10, flags);
        t_silence(&t);
        t_option(&t, SF_OPTION_NODELAY, 1);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
        t_send_flags(&t, 10, flags);
        t_silence(&t);
        t_end(&t);
    }
}

/* As long as more is promised, an acknowledgement changes nothing; briefly, it ends that. */
static void more_lasts_until_the_next_send_or_briefly(void **state)
{
    for (uint8_t briefly = 0; briefly < 2; briefly++) {
        struct t_talk t;

        begin(&t, state);
        t.config.more_briefly = briefly;
        t_open_passive(&t);
        t_send(&t, 10);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 10);
        t_send_flags(&t, 20, SF_SEND_MORE);
        t_silence(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1010});
        if (briefly != 0) {
            t_expect(&t, SF_ACK, .seq = {1010}, .ack = {5000}, .text = 20);
        }
        t_silence(&t);
        t_end(&t);
    }
}

/* SYN,ACK is one; then each segment once, by whatever means it is told of. */
static void segments_that_arrive_are_counted(void **state)
{
    struct t_talk t;
    uint32_t mss = full(state);

    begin(&t, state);
    t.config.sack = 1;
    t.options |= SF_OPT_SACK_OK;
    t_open_passive(&t);
    T_EQ(t_status(&t).delivered, 1);
    t_send(&t, (size_t)3 * mss);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .sack = {{{1000 + mss}, {1000 + 2 * mss}}},
           .options = SF_OPT_SACK, .n_sack = 1);
    T_EQ(t_status(&t).delivered, 2);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * mss});
    T_EQ(t_status(&t).delivered, 3);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 3 * mss});
    T_EQ(t_status(&t).delivered, 4);
    t_shutdown(&t);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1001 + 3 * mss});
    T_EQ(t_status(&t).delivered, 5);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_record_ends_its_segment),
        T_BOTH(the_last_record_waits_as_nagle_says),
        T_BOTH(a_record_that_was_taken_in_part_goes_on),
        T_BOTH(records_are_repeated_as_they_were),
        T_BOTH(records_end_buffers),
        T_BOTH(the_other_nagle_lets_the_end_of_a_send_go),
        T_BOTH(the_usual_nagle_waits_for_all),
        T_BOTH(nodelay_hurries_what_is_held),
        T_BOTH(more_lasts_until_the_next_send_or_briefly),
        T_BOTH(segments_that_arrive_are_counted),
    };

    return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
