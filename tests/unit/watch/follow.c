/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/follow.c - ladders from the engine's trace.
 */
#include "tape.h"

#include <stdlib.h>

#include "watch/ladder.h"

static struct tape tape;

static struct tape *blank(void)
{
    memset(&tape, 0, sizeof(tape));
    return &tape;
}

static void a_connection_keeps_its_ladder_through_all_its_ids(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;

    (void)state;
    tape_accept(t); /* 7, then 8 */
    tape_fetch(t);
    tape_close_in_four(t); /* then 9 */
    tape_2msl(t);
    watch = tape_watch(t);
    T_EQ(sf_watch_count(watch), 1);
    l = sf_watch_ladder(watch, 0);
    /* 3 + 5 + 4 segments, close() and 2MSL */
    T_EQ(sf_ladder_rows(l), 14);
    T_TRUE(sf_ladder_done(l));
    T_EQ(sf_ladder_end(l, SF_CLIENT)->at.port, 50082);
    T_EQ(sf_ladder_end(l, SF_SERVER)->at.port, 8080);
    assert_string_equal(sf_ladder_end(l, SF_SERVER)->name, "synfin");
    T_EQ(sf_ladder_end(l, SF_CLIENT)->isn, J);
    T_EQ(sf_ladder_end(l, SF_SERVER)->isn, K);
    T_EQ(sf_ladder_end(l, SF_CLIENT)->octets, 78);
    T_EQ(sf_ladder_end(l, SF_SERVER)->octets, 3000);
    T_EQ(sf_ladder_end(l, SF_SERVER)->fin, 3001);
    T_EQ(sf_ladder_end(l, SF_SERVER)->acked, 3002);
    sf_watch_close(watch);
}

/* The records may come one by one or all at once. */
static void draining_bit_by_bit_makes_the_same_ladder(void **state)
{
    static char whole[16384];
    struct sf_text to = {.text = whole, .room = sizeof(whole)};
    struct tape *t = blank();
    struct sf_trace_ring ring = {.records = t->records, .capacity = 4096};
    struct sf_watch *watch = NULL;
    char *copy = NULL;

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_with_loss(t);
    tape_2msl(t);
    copy = strdup(tape_drawing(t, NULL));
    T_EQ(sf_watch_open(
             &(struct sf_watch_config){.local_name = "synfin", .remote_name = "Linux"}, &watch),
         SF_OK);
    while (ring.written < t->n) {
        ring.written++;
        sf_watch_drain(watch, &ring);
    }
    sf_ladder_draw(sf_watch_ladder(watch, 0), NULL, sf_sink_text(&to));
    T_LINES(whole, copy);
    sf_watch_close(watch);
    free(copy);
}

static void records_that_were_overwritten_are_told(void **state)
{
    struct tape *t = blank();
    struct sf_trace_record records[8];
    struct sf_trace_ring ring = {.records = records, .capacity = 8};
    struct sf_watch *watch = NULL;
    const struct sf_row *row = NULL;

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    T_EQ(sf_watch_open(NULL, &watch), SF_OK);
    for (; ring.written < t->n; ring.written++) {
        records[ring.written % 8] = t->records[ring.written];
        if (ring.written == 5) { /* 0 to 4 are read: SYN, BEGIN, STATE, SYN,ACK, ACK */
            sf_watch_drain(watch, &ring);
            T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 0)), 3);
        }
    }
    /* 7 records of the handshake and 5 of the fetch: 12.  8 fit, so after the 5 that were read
     * none is missed ... */
    T_EQ(ring.written, 12);
    sf_watch_drain(watch, &ring);
    T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 0)), 3 + 5);
    /* ... and 2 are if 10 more come. */
    for (unsigned i = 0; i < 10; i++) {
        tape_us(t, 1);
        tape_in(t, SF_ACK, J + 79, K + 3001, 0);
        records[ring.written++ % 8] = t->records[t->n - 1];
    }
    sf_watch_drain(watch, &ring);
    T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 0)), 3 + 5 + 1 + 8);
    row = sf_ladder_row(sf_watch_ladder(watch, 0), 8);
    T_EQ(row->kind, SF_ROW_MISSED);
    T_EQ(row->u.missed, 2);
    sf_watch_close(watch);
}

/* The engine may tell of a segment after what it did, too. */
static void a_change_told_before_its_segment_still_belongs_to_it(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;

    (void)state;
    tape_accept(t);
    tape_us(t, 10);
    tape_state(t, SF_EV_FIN, SF_CLOSE_WAIT);
    tape_in(t, SF_FIN | SF_ACK, J + 1, K + 1, 0);
    t->records[t->n - 1].state = SF_ESTABLISHED; /* that before it */
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(l), 4);
    T_EQ(sf_ladder_row(l, 3)->kind, SF_ROW_SEGMENT);
    T_EQ(sf_ladder_row(l, 3)->state[SF_SERVER], SF_CLOSE_WAIT);
    T_EQ(sf_ladder_row(l, 2)->state[SF_SERVER], SF_ESTABLISHED);
    sf_watch_close(watch);
}

static void two_segments_of_one_moment_keep_their_own_states(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;

    (void)state;
    tape_connect(t);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_out(t, SF_FIN | SF_ACK, J + 1, K + 1, 0);
    tape_us(t, 10);
    tape_in(t, SF_ACK, K + 1, J + 2, 0);
    tape_state(t, SF_EV_ACK_OF_FIN, SF_FIN_WAIT_2);
    tape_in(t, SF_FIN | SF_ACK, K + 1, J + 2, 0);
    tape_state(t, SF_EV_FIN, SF_TIME_WAIT);
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(l), 3 + 1 + 3);
    T_EQ(sf_ladder_row(l, 5)->state[SF_CLIENT], SF_FIN_WAIT_2);
    T_EQ(sf_ladder_row(l, 6)->state[SF_CLIENT], SF_TIME_WAIT);
    sf_watch_close(watch);
}

static void two_changes_told_before_their_segments_are_kept_apart(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;

    (void)state;
    tape_connect(t);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_out(t, SF_FIN | SF_ACK, J + 1, K + 1, 0);
    tape_us(t, 10);
    tape_state(t, SF_EV_ACK_OF_FIN, SF_FIN_WAIT_2);
    tape_in(t, SF_ACK, K + 1, J + 2, 0);
    t->records[t->n - 1].state = SF_FIN_WAIT_1;
    tape_state(t, SF_EV_FIN, SF_TIME_WAIT);
    tape_in(t, SF_FIN | SF_ACK, K + 1, J + 2, 0);
    t->records[t->n - 1].state = SF_FIN_WAIT_2;
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(l), 3 + 1 + 3);
    T_EQ(sf_ladder_row(l, 5)->state[SF_CLIENT], SF_FIN_WAIT_2);
    T_EQ(sf_ladder_row(l, 6)->state[SF_CLIENT], SF_TIME_WAIT);
    sf_watch_close(watch);
}

static void a_fin_that_waits_behind_text_is_told_by_a_row(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;

    (void)state;
    tape_connect(t);
    tape_call(t, SF_CALL_SHUTDOWN);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_us(t, 10);
    tape_in(t, SF_ACK, K + 1, J + 1, 0); /* nothing could be sent before this */
    tape_out(t, SF_FIN | SF_ACK, J + 1, K + 1, 0);
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(l), 3 + 4);
    T_EQ(sf_ladder_row(l, 3)->kind, SF_ROW_CALL);
    T_EQ(sf_ladder_row(l, 3)->u.call, SF_CALL_SHUTDOWN);
    T_EQ(sf_ladder_row(l, 4)->kind, SF_ROW_STATE);
    T_EQ(sf_ladder_row(l, 4)->state[SF_CLIENT], SF_FIN_WAIT_1);
    sf_watch_close(watch);
}

static void an_abort_is_told_by_its_rst(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;
    struct sf_ladder_facts facts;

    (void)state;
    tape_accept(t);
    tape_us(t, 10);
    tape_call(t, SF_CALL_ABORT);
    tape_state(t, SF_EV_ABORT, SF_CLOSED);
    tape_out(t, SF_RST | SF_ACK, K + 1, J + 1, 0);
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(l), 3 + 2);
    T_EQ(sf_ladder_row(l, 4)->state[SF_SERVER], SF_CLOSED);
    T_EQ(sf_ladder_row(l, 4)->state[SF_CLIENT], SF_CLOSED);
    T_EQ(sf_ladder_row(l, 4)->certainty[SF_CLIENT], SF_INFERRED);
    sf_ladder_facts(l, &facts);
    T_EQ(facts.closed, SF_CLOSED_RESET);
    sf_watch_close(watch);
}

static void a_listener_has_no_ladder_and_each_of_its_connections_has_one(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;

    (void)state;
    tape_begin(t, 3, false);
    t->records[0].u.ends.remote_port = 0;
    tape_state(t, SF_EV_DELETE, SF_CLOSED);
    tape_accept(t);
    tape_close_in_three(t);
    tape_us(t, 10);
    tape_accept(t); /* the same ids again */
    watch = tape_watch(t);
    T_EQ(sf_watch_count(watch), 2);
    T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 0)), 3 + 4);
    T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 1)), 3);
    T_TRUE(sf_watch_done(watch) == sf_watch_ladder(watch, 0));
    sf_watch_forget(watch, sf_watch_done(watch));
    T_EQ(sf_watch_count(watch), 1);
    T_TRUE(sf_watch_done(watch) == NULL);
    sf_watch_close(watch);
}

/* RFC 6191: the SYN belongs to the new connection, and ends the old one. */
static void a_syn_that_reuses_time_wait_begins_another_ladder(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *old = NULL;

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_four(t);
    tape_us(t, 1000);
    tape_in(t, SF_SYN, J + 9000, 0, 0); /* to TIME_WAIT, id 9 */
    tape_begin(t, ID + 5, false);
    tape_state(t, SF_EV_SYN, SF_SYN_RECEIVED);
    tape_out(t, SF_SYN | SF_ACK, K + 90000, J + 9001, 0);
    watch = tape_watch(t);
    T_EQ(sf_watch_count(watch), 2);
    old = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(old), 14);
    T_EQ(sf_ladder_row(old, 13)->kind, SF_ROW_STATE);
    T_EQ(sf_ladder_row(old, 13)->u.event, SF_EV_REUSE);
    T_TRUE(sf_ladder_done(old));
    T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 1)), 2);
    T_EQ(sf_ladder_end(sf_watch_ladder(watch, 1), SF_CLIENT)->isn, J + 9000);
    sf_watch_close(watch);
}

/* s3.10.7.4: a SYN that TIME_WAIT does not take is challenged. */
static void a_syn_that_begins_nothing_stays_with_time_wait(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_four(t);
    tape_us(t, 1000);
    tape_in(t, SF_SYN, J + 1, 0, 0);
    tape_out(t, SF_ACK, K + 3002, J + 80, 0);
    watch = tape_watch(t);
    T_EQ(sf_watch_count(watch), 1);
    T_EQ(sf_ladder_rows(sf_watch_ladder(watch, 0)), 13 + 2);
    sf_watch_close(watch);
}

static void beyond_the_limit_connections_are_counted_only(void **state)
{
    static const struct sf_watch_config config = {.max_ladders = 2};
    struct tape *t = blank();
    struct sf_watch *watch = NULL;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        tape_refused(t);
        tape_us(t, 10);
    }
    T_EQ(sf_watch_open(&config, &watch), SF_OK);
    sf_watch_feed(watch, t->records, t->n);
    T_EQ(sf_watch_count(watch), 2);
    T_EQ(sf_watch_unfollowed(watch), 1);
    sf_watch_forget(watch, sf_watch_ladder(watch, 0));
    sf_watch_feed(watch, t->records, t->n / 3);
    T_EQ(sf_watch_count(watch), 2);
    T_EQ(sf_watch_unfollowed(watch), 1);
    sf_watch_close(watch);
}

static void rows_are_bounded_and_nothing_is_forgotten(void **state)
{
    static const struct sf_watch_config config = {.max_rows = 64};
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;
    uint64_t segments = 0;
    uint64_t octets = 0;
    uint32_t seq = K + 1;

    (void)state;
    T_EQ(sf_watch_open(&config, &watch), SF_OK);
    tape_accept(t);
    for (unsigned i = 0; i < 3000; i++) {
        tape_us(t, 10);
        if (i % 3 == 2) {
            tape_again(t, SF_ACK, seq - 1448, J + 1, 1448);
        } else {
            tape_out(t, SF_ACK, seq, J + 1, 1448);
            seq += 1448;
        }
    }
    sf_watch_feed(watch, t->records, t->n);
    l = sf_watch_ladder(watch, 0);
    assert_in_range(sf_ladder_rows(l), 3, 64);
    for (size_t i = 0; i < sf_ladder_rows(l); i++) {
        const struct sf_row *row = sf_ladder_row(l, i);

        segments += row->kind == SF_ROW_SEGMENT;
        octets += row->kind == SF_ROW_SEGMENT ? row->u.seg.octets : 0;
        if (row->kind == SF_ROW_FOLD) {
            segments +=
                (uint64_t)row->u.fold.segments[SF_SERVER] + row->u.fold.others[SF_SERVER];
            octets += row->u.fold.octets[SF_SERVER];
        }
    }
    T_EQ(segments, 3 + 3000);
    T_EQ(octets, 3000 * 1448);
    T_EQ(sf_ladder_end(l, SF_SERVER)->octets, 2000 * 1448);
    T_EQ(sf_ladder_row(l, 0)->u.seg.flags, SF_SYN);
    sf_watch_close(watch);
}

/* The engine answers late data with a RST once the record is gone (SHLD-3). */
static void a_rst_without_an_id_belongs_to_what_just_ended(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;

    (void)state;
    tape_accept(t);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_out(t, SF_FIN | SF_ACK, K + 1, J + 1, 0);
    tape_us(t, 50);
    tape_in(t, SF_ACK, J + 1, K + 1, 10);
    tape_state(t, SF_EV_ORPHANED, SF_CLOSED);
    t->id = 0;
    tape_out(t, SF_RST, K + 3, 0, 0); /* somebody else's: K + 2 is the next number */
    tape_out(t, SF_RST, K + 1, 0, 0);
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_rows(l), 3 + 4);
    T_EQ(sf_ladder_row(l, 6)->u.seg.flags, SF_RST);
    T_EQ(sf_ladder_row(l, 6)->u.seg.seq, 1);
    T_EQ(sf_ladder_row(l, 6)->state[SF_CLIENT], SF_CLOSED);
    sf_watch_close(watch);
}

/* A few ids, every kind, numbers near each other and anywhere. */
static void nonsense_is_survived(void **state)
{
    static const struct sf_ladder_style styles[] = {
        {.width = 60, .verbose = true, .letters = true},
        {.width = 80, .ascii = true, .absolute = true, .colour = true},
        {.width = 240, .whole = true, .verbose = true, .colour = true},
    };
    static char out[1 << 20];
    uint64_t x = 1;

    (void)state;
    for (unsigned run = 0; run < 60; run++) {
        struct sf_text text = {.text = out, .room = sizeof(out)};
        struct tape *t = blank();
        struct sf_watch *watch = NULL;

        for (unsigned i = 0; i < 1000; i++) {
            struct sf_trace_record *r = tape_record(t, SF_TRACE_BEGIN);
            uint8_t *octets = (uint8_t *)&r->u;

            for (size_t k = 0; k < sizeof(r->u); k++) {
                x = x * 6364136223846793005u + 1442695040888963407u;
                octets[k] = (uint8_t)(x >> 56);
            }
            r->at_ns = i / 3 * 1000;
            r->id = octets[0] % 4;
            r->kind = octets[1] % 11;
            r->state = octets[2] % (SF_STATES + 1);
            r->from = octets[3] % SF_STATES;
            r->what = octets[4] % 24;
            if (r->kind == SF_TRACE_SEG_IN || r->kind == SF_TRACE_SEG_OUT) {
                r->u.seg.seq &= run % 2 == 0 ? 0xff : 0xffffffff;
                r->u.seg.ack &= run % 2 == 0 ? 0xff : 0xffffffff;
                r->u.seg.octets &= run % 3 == 0 ? 0xff : 0xffffffff;
            } else if (r->kind == SF_TRACE_MOVE) {
                r->u.other %= 4;
            }
        }
        watch = tape_watch(t);
        for (size_t i = 0; i < sf_watch_count(watch); i++) {
            sf_ladder_draw(sf_watch_ladder(watch, i), &styles[run % T_COUNT(styles)],
                           sf_sink_text(&text));
        }
        sf_watch_json(watch, run % 2 == 1, sf_sink_text(&text));
        assert_in_range(text.octets, 1, sizeof(out) - 1);
        sf_watch_close(watch);
    }
}

/* Counting from the ISN goes on beyond 2^32. */
static void numbers_do_not_wrap(void **state)
{
    struct tape *t = blank();
    struct sf_watch *watch = NULL;
    const struct sf_ladder *l = NULL;
    uint32_t seq = K + 1;

    (void)state;
    tape_accept(t);
    for (unsigned i = 0; i < 5; i++) { /* 5 * 10^9 > 2^32 */
        tape_us(t, 10);
        tape_out(t, SF_ACK, seq, J + 1, 1000000000);
        seq += 1000000000;
    }
    watch = tape_watch(t);
    l = sf_watch_ladder(watch, 0);
    T_EQ(sf_ladder_row(l, sf_ladder_rows(l) - 1)->u.seg.seq, 4000000001);
    T_EQ(sf_ladder_row(l, sf_ladder_rows(l) - 1)->marks, 0);
    sf_watch_close(watch);
}

static void facts_tell_how_it_opened_and_closed(void **state)
{
    struct sf_ladder_facts facts;
    struct tape *t = blank();
    struct sf_watch *watch = NULL;

    (void)state;
    tape_accept(t);
    tape_fetch(t);
    tape_close_in_four(t);
    watch = tape_watch(t);
    sf_ladder_facts(sf_watch_ladder(watch, 0), &facts);
    T_EQ(facts.opened, SF_OPENED_THREE_WAY);
    T_EQ(facts.closed, SF_CLOSED_FOUR);
    T_EQ(facts.first_closer, SF_SIDE_SERVER);
    T_EQ(facts.time_wait, SF_SIDE_SERVER);
    T_EQ(facts.half_close_octets, 0);
    T_EQ(facts.between.ns, 40000000);
    sf_watch_close(watch);

    t = blank();
    tape_accept(t);
    tape_us(t, 10);
    tape_in(t, SF_FIN | SF_ACK, J + 1, K + 1, 0);
    tape_state(t, SF_EV_FIN, SF_CLOSE_WAIT);
    tape_out(t, SF_ACK, K + 1, J + 2, 33);
    watch = tape_watch(t);
    sf_ladder_facts(sf_watch_ladder(watch, 0), &facts);
    T_EQ(facts.closed, SF_CLOSED_HALF);
    T_EQ(facts.first_closer, SF_SIDE_CLIENT);
    T_EQ(facts.time_wait, SF_SIDE_NONE);
    T_EQ(facts.half_close_octets, 33);
    sf_watch_close(watch);

    t = blank();
    tape_open_both(t);
    tape_close_both(t, J + 1, K + 1);
    watch = tape_watch(t);
    sf_ladder_facts(sf_watch_ladder(watch, 0), &facts);
    T_EQ(facts.opened, SF_OPENED_SIMULTANEOUS);
    T_EQ(facts.closed, SF_CLOSED_SIMULTANEOUS);
    T_EQ(facts.first_closer, SF_SIDE_BOTH);
    T_EQ(facts.time_wait, SF_SIDE_BOTH);
    sf_watch_close(watch);

    t = blank();
    tape_refused(t);
    watch = tape_watch(t);
    sf_ladder_facts(sf_watch_ladder(watch, 0), &facts);
    T_EQ(facts.opened, SF_OPENED_REFUSED);
    T_EQ(facts.closed, SF_CLOSED_NONE);
    sf_watch_close(watch);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_keeps_its_ladder_through_all_its_ids),
        cmocka_unit_test(draining_bit_by_bit_makes_the_same_ladder),
        cmocka_unit_test(records_that_were_overwritten_are_told),
        cmocka_unit_test(a_change_told_before_its_segment_still_belongs_to_it),
        cmocka_unit_test(two_segments_of_one_moment_keep_their_own_states),
        cmocka_unit_test(two_changes_told_before_their_segments_are_kept_apart),
        cmocka_unit_test(a_fin_that_waits_behind_text_is_told_by_a_row),
        cmocka_unit_test(an_abort_is_told_by_its_rst),
        cmocka_unit_test(a_listener_has_no_ladder_and_each_of_its_connections_has_one),
        cmocka_unit_test(a_syn_that_reuses_time_wait_begins_another_ladder),
        cmocka_unit_test(a_syn_that_begins_nothing_stays_with_time_wait),
        cmocka_unit_test(beyond_the_limit_connections_are_counted_only),
        cmocka_unit_test(rows_are_bounded_and_nothing_is_forgotten),
        cmocka_unit_test(a_rst_without_an_id_belongs_to_what_just_ended),
        cmocka_unit_test(nonsense_is_survived),
        cmocka_unit_test(numbers_do_not_wrap),
        cmocka_unit_test(facts_tell_how_it_opened_and_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
