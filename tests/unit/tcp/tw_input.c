/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/tw_input.c - every kind of segment for a record in TIME-WAIT.
 */
#include "room.h"

#include "tcp/input.h"
#include "tcp/isn.h"
#include "tcp/reply.h"
#include "tcp/timewait.h"
#include "tcp/user.h"

#define S(n)    (UINT64_C(1000000000) * (n))
#define OURS    UINT32_C(1000) /* SND.NXT */
#define THEIRS  UINT32_C(5000) /* RCV.NXT: their FIN was 4999 */
#define WND     UINT32_C(4096) /* offered last, times 2 */
#define MAX_WND UINT32_C(512)  /* MAX.SND.WND */
#define RECENT  UINT32_C(100)  /* TS.Recent */
#define NOW     S(10)

struct fixture {
    struct t_room room;
    struct sf_tuple tuple;
    uint32_t id;
};

static void start(struct fixture *f, bool timestamps)
{
    uint32_t conn = 0;
    struct sf_conn *c = NULL;

    t_room_config(&f->room);
    f->room.cfg.challenge_acks = 3;
    t_room_open(&f->room, T_AT(0));
    f->tuple = t_tuple4(7, 80);
    conn = t_conn(&f->room, &f->tuple);
    c = t_conn_at(&f->room, conn);
    c->snd_nxt = (sf_seq){OURS};
    c->rcv_nxt = (sf_seq){THEIRS};
    c->rcv_adv = (sf_seq){THEIRS + 2 * WND};
    c->rcv_wscale = 1;
    c->max_snd_wnd = MAX_WND;
    c->flags = timestamps ? SF_CF_TS : 0;
    c->ts_recent = RECENT;
    f->id = sf_tw_enter(&f->room.tcp, c, sf_timer_id(SF_ID_CONN, conn), T_AT(S(60)), T_AT(0));
}

static void finish(struct fixture *f)
{
    t_room_close(&f->room);
}

static void listen_at(struct fixture *f, uint16_t port, bool any_address)
{
    struct sf_listen listen = {.local = {.port = port}, .any_address = any_address};
    struct sf_handle handle;

    T_EQ(sf_user_listen(&f->room.tcp, &listen, &handle), SF_OK);
}

static enum sf_verdict arrive(struct fixture *f, const struct sf_seg *seg)
{
    return sf_tw_input(&f->room.tcp, f->id, &f->tuple, seg, true, T_AT(NOW));
}

/* Takes the one answer there is, and expects it to be the acknowledgement of TIME-WAIT. */
static void expect_ack(struct fixture *f, bool timestamps)
{
    struct sf_reply reply;

    T_TRUE(sf_reply_get(&f->room.tcp, &reply));
    T_EQ(reply.flags, SF_ACK);
    T_EQ(reply.seq.v, OURS);
    T_EQ(reply.ack.v, THEIRS);
    T_EQ(reply.wnd, WND);
    T_EQ(reply.id, f->id);
    T_TRUE(sf_tuple_equal(&reply.tuple, &f->tuple));
    T_EQ(reply.has_ts, timestamps);
    if (timestamps) {
        T_EQ(reply.tsval, 10000 + sf_ts_offset(&f->room.tcp, &f->tuple)); /* NOW in ms */
        T_EQ(reply.tsecr, RECENT);
    }
    T_EQ(f->room.tcp.reply_count, 0);
}

/* The record is there, its time as it was or renewed. */
static void expect_there(struct fixture *f, bool renewed)
{
    struct sf_tw_view view;

    f->id = sf_flow_find(&f->room.tcp, &f->tuple);
    T_TRUE(f->id != 0);
    sf_tw_view(&f->room.tcp, f->id, &view, T_AT(NOW));
    T_EQ(view.until.ns, renewed ? S(70) : S(60));
}

/* RFC 9293 s3.10.7.4, as for TIME-WAIT; each row an event of the transition table. */
static void each_segment_has_its_answer(void **state)
{
    static const struct {
        uint8_t flags;
        uint32_t seq, ack, text;
        enum sf_verdict verdict;
        bool answered, renewed;
    } rows[] = {
        /* RST: discarded, wherever it is (RFC 1337) */
        {SF_RST, THEIRS, 0, 0, SF_DROP_RST_TIME_WAIT, false, false},
        {SF_RST | SF_ACK, THEIRS + 1, OURS, 0, SF_DROP_RST_TIME_WAIT, false, false},
        {SF_RST, THEIRS - 1, 0, 0, SF_DROP_RST_TIME_WAIT, false, false},
        {SF_RST | SF_SYN, THEIRS, 0, 0, SF_DROP_RST_TIME_WAIT, false, false},
        /* the FIN again: exactly what ends at RCV.NXT */
        {SF_FIN | SF_ACK, THEIRS - 1, OURS, 0, SF_DROP_DUPLICATE, true, true},
        {SF_FIN | SF_ACK, THEIRS - 11, OURS, 10, SF_DROP_DUPLICATE, true, true},
        {SF_FIN | SF_ACK, THEIRS - 2, OURS, 0, SF_DROP_OUT_OF_WINDOW, true, false},
        {SF_FIN | SF_ACK, THEIRS - 11, OURS, 9, SF_DROP_OUT_OF_WINDOW, true, false},
        /* a second FIN elsewhere in the window: answered, the timer untouched */
        {SF_FIN | SF_ACK, THEIRS, OURS, 0, SF_DROP_AFTER_FIN, true, false},
        {SF_FIN | SF_ACK, THEIRS + 2 * WND - 1, OURS, 0, SF_DROP_AFTER_FIN, true, false},
        {SF_FIN | SF_ACK, THEIRS + 2 * WND, OURS, 0, SF_DROP_OUT_OF_WINDOW, true, false},
        /* out of the window at both edges */
        {SF_ACK, THEIRS - 1, OURS, 0, SF_DROP_OUT_OF_WINDOW, true, false},
        {SF_ACK, THEIRS + 2 * WND, OURS, 0, SF_DROP_OUT_OF_WINDOW, true, false},
        {SF_ACK, THEIRS - 5, OURS, 5, SF_DROP_OUT_OF_WINDOW, true, false},
        {0, THEIRS - 1, 0, 0, SF_DROP_OUT_OF_WINDOW, true, false},
        /* no ACK bit */
        {0, THEIRS, 0, 0, SF_DROP_NO_ACK, false, false},
        {SF_PSH, THEIRS, 0, 5, SF_DROP_NO_ACK, false, false},
        /* an old acknowledgement, and the same one */
        {SF_ACK, THEIRS, OURS, 0, SF_PASS, false, false},
        {SF_ACK, THEIRS + 2 * WND - 1, OURS, 0, SF_PASS, false, false},
        {SF_ACK, THEIRS, OURS - MAX_WND, 0, SF_PASS, false, false},
        /* one that cannot be */
        {SF_ACK, THEIRS, OURS - MAX_WND - 1, 0, SF_DROP_ACK_OLD, true, false},
        {SF_ACK, THEIRS, OURS + 1, 0, SF_DROP_ACK_FUTURE, true, false},
        /* text after the FIN: ignored */
        {SF_ACK, THEIRS, OURS, 5, SF_DROP_AFTER_FIN, false, false},
        {SF_ACK, THEIRS - 5, OURS, 6, SF_DROP_AFTER_FIN, false, false},
        {SF_ACK, THEIRS, OURS + 1, 5, SF_DROP_ACK_FUTURE, true, false},
        /* a SYN,ACK, and a SYN at an old sequence number, are challenged */
        {SF_SYN | SF_ACK, THEIRS, OURS, 0, SF_DROP_SYN_IN_WINDOW, true, false},
        {SF_SYN | SF_ACK, THEIRS - 1, OURS, 0, SF_DROP_SYN_IN_WINDOW, true, false},
        {SF_SYN, THEIRS - 1, 0, 0, SF_DROP_SYN_IN_WINDOW, true, false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        static struct fixture f;
        struct sf_seg seg = {.flags = rows[i].flags,
                             .seq = {rows[i].seq},
                             .ack = {rows[i].ack},
                             .text_octets = rows[i].text};

        start(&f, false);
        listen_at(&f, 80, false);
        T_EQ_ROW(i, arrive(&f, &seg), rows[i].verdict);
        T_EQ_ROW(i, f.room.tcp.reply_count, rows[i].answered);
        if (rows[i].answered) {
            expect_ack(&f, false);
        }
        expect_there(&f, rows[i].renewed);
        T_EQ_ROW(i, f.room.tcp.counters.challenges, rows[i].verdict == SF_DROP_SYN_IN_WINDOW);
        finish(&f);
    }
}

/* RFC 9293 table 6: against a closed window only an empty segment at RCV.NXT will do. */
static void with_a_closed_window_only_rcv_nxt_is_acceptable(void **state)
{
    static const struct {
        uint32_t seq, text;
        enum sf_verdict verdict;
    } rows[] = {
        {THEIRS, 0, SF_PASS},
        {THEIRS + 1, 0, SF_DROP_OUT_OF_WINDOW},
        {THEIRS - 1, 0, SF_DROP_OUT_OF_WINDOW},
        {THEIRS, 1, SF_DROP_OUT_OF_WINDOW},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        static struct fixture f;
        struct sf_tuple tuple = t_tuple4(9, 80);
        struct sf_seg seg = {
            .flags = SF_ACK, .seq = {rows[i].seq}, .ack = {0}, .text_octets = rows[i].text};
        uint32_t conn = 0;
        uint32_t id = 0;

        start(&f, false);
        conn = t_conn(&f.room, &tuple);
        t_conn_at(&f.room, conn)->rcv_nxt = (sf_seq){THEIRS};
        t_conn_at(&f.room, conn)->rcv_adv = (sf_seq){THEIRS};
        id = sf_tw_enter(&f.room.tcp, t_conn_at(&f.room, conn), sf_timer_id(SF_ID_CONN, conn),
                         T_AT(S(60)), T_AT(0));
        T_EQ_ROW(i, sf_tw_input(&f.room.tcp, id, &tuple, &seg, true, T_AT(NOW)),
                 rows[i].verdict);
        finish(&f);
    }
}

/* RFC 7323 s5.3 R1, s3.2, s4.3. */
static void timestamps_are_checked_before_all_but_a_reset(void **state)
{
    static const struct {
        uint8_t flags, options;
        uint32_t seq, tsval;
        enum sf_verdict verdict;
        bool answered;
        uint32_t recent; /* afterwards */
        uint32_t ahead;  /* of what we sent: SEG.ACK */
    } rows[] = {
        {SF_ACK, SF_OPT_TS, THEIRS, RECENT - 1, SF_DROP_PAWS, true, RECENT, 0},
        {SF_ACK, SF_OPT_TS, THEIRS, RECENT, SF_PASS, false, RECENT, 0},
        {SF_ACK, SF_OPT_TS, THEIRS, RECENT + 1, SF_PASS, false, RECENT + 1, 0},
        {SF_ACK, SF_OPT_TS, THEIRS + 1, RECENT + 1, SF_PASS, false, RECENT, 0},
        {SF_ACK, SF_OPT_TS, THEIRS, RECENT + (1U << 31) - 1, SF_PASS, false,
         RECENT + (1U << 31) - 1, 0},
        {SF_ACK, SF_OPT_TS, THEIRS, RECENT + (1U << 31), SF_DROP_PAWS, true, RECENT, 0},
        {SF_ACK, SF_OPT_TS, THEIRS - 1, RECENT + 1, SF_DROP_OUT_OF_WINDOW, true, RECENT, 0},
        {SF_ACK, 0, THEIRS, 0, SF_DROP_NO_TIMESTAMP, false, RECENT, 0},
        {SF_FIN | SF_ACK, SF_OPT_TS, THEIRS - 1, RECENT - 1, SF_DROP_PAWS, true, RECENT, 0},
        {SF_FIN | SF_ACK, SF_OPT_TS, THEIRS - 1, RECENT, SF_DROP_DUPLICATE, true, RECENT, 0},
        {SF_SYN, SF_OPT_TS, THEIRS, RECENT - 1, SF_DROP_PAWS, true, RECENT, 0},
        {SF_SYN | SF_ACK, SF_OPT_TS, THEIRS, RECENT + 9, SF_DROP_SYN_IN_WINDOW, true, RECENT,
         0},
        {SF_RST, SF_OPT_TS, THEIRS, RECENT - 1, SF_DROP_RST_TIME_WAIT, false, RECENT, 0},
        /* RFC 5961 s5.2: who cannot guess the acknowledgement moves nothing. */
        {SF_ACK, SF_OPT_TS, THEIRS, RECENT + 1, SF_DROP_ACK_FUTURE, true, RECENT, 1},
        {0, SF_OPT_TS, THEIRS, RECENT + 1, SF_DROP_NO_ACK, false, RECENT, 0},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        static struct fixture f;
        struct sf_tw_view view;
        struct sf_seg seg = {.flags = rows[i].flags,
                             .options = rows[i].options,
                             .seq = {rows[i].seq},
                             .ack = {OURS + rows[i].ahead},
                             .tsval = rows[i].tsval};

        start(&f, true);
        T_EQ_ROW(i, arrive(&f, &seg), rows[i].verdict);
        T_EQ_ROW(i, f.room.tcp.reply_count, rows[i].answered);
        if (rows[i].answered) {
            expect_ack(&f, true);
        }
        sf_tw_view(&f.room.tcp, sf_flow_find(&f.room.tcp, &f.tuple), &view, T_AT(NOW));
        T_EQ_ROW(i, view.ts_recent, rows[i].recent);
        finish(&f);
    }
}

/* RFC 6191 s2: which SYN may take over. */
static void a_syn_takes_over_only_if_nothing_old_can_be_taken_for_new(void **state)
{
    static const struct {
        bool old_ts, new_ts;
        uint32_t tsval, seq;
        bool reused;
    } rows[] = {
        {true, true, RECENT + 1, THEIRS - 1000, true}, /* TSval alone decides */
        {true, true, RECENT + 1, THEIRS, true},
        {true, true, RECENT, THEIRS, true}, /* equal: the sequence number does */
        {true, true, RECENT, THEIRS - 1, false},
        {true, true, RECENT - 1, THEIRS + 1000, false},
        {true, false, 0, THEIRS, true},
        {true, false, 0, THEIRS - 1, false},
        {false, true, 1, THEIRS - 1000, true},
        {false, false, 0, THEIRS, true},
        {false, false, 0, THEIRS - 1, false}, /* the FIN's own number */
        {false, false, 0, THEIRS + (1U << 31) - 1, true},
        {false, false, 0, THEIRS + (1U << 31), false},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        static struct fixture f;
        struct sf_seg seg = {
            .flags = SF_SYN,
            .options = rows[i].new_ts ? SF_OPT_TS : 0,
            .seq = {rows[i].seq},
            .tsval = rows[i].tsval,
        };

        start(&f, rows[i].old_ts);
        listen_at(&f, 80, false);
        T_EQ_ROW(i, arrive(&f, &seg) == SF_PASS, rows[i].reused);

        uint32_t kind = sf_timer_kind(sf_flow_find(&f.room.tcp, &f.tuple));

        T_EQ_ROW(i, kind, rows[i].reused ? SF_ID_EMBRYO : SF_ID_TW4);
        T_EQ_ROW(i, f.room.tcp.counters.time_waits_reused, rows[i].reused);
        T_EQ_ROW(i, f.room.tcp.tw4.live, 1); /* kept in case the reuse is reset (MAY-2) */
        finish(&f);
    }
}

/* A stack that offers no timestamps does not rely on theirs. */
static void timestamps_that_the_new_connection_will_not_have_do_not_count(void **state)
{
    static struct fixture f;
    struct sf_seg seg = {
        .flags = SF_SYN, .options = SF_OPT_TS, .seq = {THEIRS - 1}, .tsval = RECENT + 1};

    (void)state;
    start(&f, false);
    listen_at(&f, 80, false);
    f.room.tcp.cfg.timestamps = 0;
    T_EQ(arrive(&f, &seg), SF_DROP_SYN_IN_WINDOW);
    seg.seq = (sf_seq){THEIRS};
    T_EQ(arrive(&f, &seg), SF_PASS);
    finish(&f);
}

static void the_new_isn_lies_above_what_the_old_connection_sent(void **state) /* RFC 1122 */
{
    (void)state;
    for (uint32_t old = 0; old < 16; old++) {
        static struct fixture f;
        struct sf_tuple tuple = t_tuple4(9, 80);
        struct sf_seg seg = {.flags = SF_SYN, .seq = {0}};
        uint32_t conn = 0;
        uint32_t id = 0;
        const struct sf_embryo *e = NULL;

        start(&f, false);
        listen_at(&f, 80, false);
        conn = t_conn(&f.room, &tuple);
        t_conn_at(&f.room, conn)->snd_nxt = (sf_seq){old << 28};
        id = sf_tw_enter(&f.room.tcp, t_conn_at(&f.room, conn), sf_timer_id(SF_ID_CONN, conn),
                         T_AT(S(60)), T_AT(0));
        T_EQ(sf_tw_input(&f.room.tcp, id, &tuple, &seg, true, T_AT(NOW)), SF_PASS);
        id = sf_flow_find(&f.room.tcp, &tuple);
        T_EQ(sf_timer_kind(id), SF_ID_EMBRYO);
        e = sf_pool_at(&f.room.tcp.embryos, sf_timer_index(id));
        T_TRUE(sf_seq_after(e->iss, (sf_seq){old << 28}));
        finish(&f);
    }
}

static void without_a_listener_the_record_ends_and_the_syn_meets_closed(void **state)
{
    static struct fixture f;
    struct sf_seg seg = {.flags = SF_SYN, .seq = {THEIRS}};
    struct sf_reply reply;

    (void)state;
    start(&f, false);
    listen_at(&f, 81, false);
    T_EQ(arrive(&f, &seg), SF_DROP_NO_CONNECTION);
    T_EQ(sf_flow_find(&f.room.tcp, &f.tuple), 0);
    T_EQ(f.room.tcp.tw4.live, 0);
    T_TRUE(sf_reply_get(&f.room.tcp, &reply));
    T_EQ(reply.flags, SF_RST | SF_ACK);
    T_EQ(reply.seq.v, 0);
    T_EQ(reply.ack.v, THEIRS + 1);
    T_EQ(t_traced(&f.room, 0)->kind, SF_TRACE_STATE);
    T_EQ(t_traced(&f.room, 0)->state, SF_CLOSED);
    finish(&f);
}

static void an_address_that_is_not_ours_needs_a_listener_for_any(void **state)
{
    static struct fixture f;
    struct sf_seg seg = {.flags = SF_SYN, .seq = {THEIRS}};

    (void)state;
    for (int any = 0; any < 2; any++) {
        start(&f, false);
        listen_at(&f, 80, any != 0);
        T_EQ(sf_tw_input(&f.room.tcp, f.id, &f.tuple, &seg, false, T_AT(NOW)),
             any != 0 ? SF_PASS : SF_DROP_NO_CONNECTION);
        finish(&f);
    }
}

/* RFC 5961 s7.  The limit of a second is drawn: 3 is 2 to 5 (tests/fsm/challenge.c). */
static void challenges_are_limited_by_the_second(void **state)
{
    static struct fixture f;
    struct sf_seg seg = {.flags = SF_SYN | SF_ACK, .seq = {THEIRS}, .ack = {OURS}};
    uint32_t sent = 0;

    (void)state;
    start(&f, false);
    while (arrive(&f, &seg) == SF_DROP_SYN_IN_WINDOW) {
        sent++;
    }
    T_TRUE(sent >= 2 && sent <= 5);
    T_EQ(arrive(&f, &seg), SF_DROP_LIMITED);
    T_EQ(f.room.tcp.reply_count, sent);
    T_EQ(f.room.tcp.counters.challenges, sent);
    T_EQ(f.room.tcp.counters.challenges_limited, 2);

    seg = (struct sf_seg){.flags = SF_ACK, .seq = {THEIRS - 1}, .ack = {OURS}};
    T_EQ(arrive(&f, &seg), SF_DROP_OUT_OF_WINDOW); /* no challenge: not limited */
    T_EQ(f.room.tcp.reply_count, sent + 1);

    seg = (struct sf_seg){.flags = SF_SYN | SF_ACK, .seq = {THEIRS}, .ack = {OURS}};
    T_EQ(sf_tw_input(&f.room.tcp, f.id, &f.tuple, &seg, true, T_AT(NOW + S(1))),
         SF_DROP_SYN_IN_WINDOW);
    finish(&f);
}

static void a_reuse_and_its_reset_are_traced_by_the_records_own_id(void **state)
{
    static struct fixture f;
    struct sf_seg seg = {.flags = SF_SYN, .seq = {THEIRS}};
    bool found = false;

    (void)state;
    start(&f, false);
    listen_at(&f, 80, false);
    T_EQ(arrive(&f, &seg), SF_PASS);
    for (uint64_t i = 0; i < f.room.trace.written; i++) {
        const struct sf_trace_record *r = &f.room.records[i];

        found =
            found || (r->kind == SF_TRACE_STATE && r->id == f.id && r->what == SF_EV_REUSE &&
                      r->from == SF_TIME_WAIT && r->state == SF_SYN_RECEIVED);
    }
    T_TRUE(found);

    /* A reset of the reuse brings it back (MAY-2), and the story goes on. */
    uint32_t embryo = sf_flow_find(&f.room.tcp, &f.tuple);

    seg = (struct sf_seg){.flags = SF_RST, .seq = {THEIRS + 1}};
    T_EQ(sf_embryo_input(&f.room.tcp, sf_timer_index(embryo), &seg, T_AT(NOW)), SF_DROP_RESET);
    T_EQ(sf_flow_find(&f.room.tcp, &f.tuple), f.id);
    T_EQ(t_traced(&f.room, 0)->kind, SF_TRACE_STATE);
    T_EQ(t_traced(&f.room, 0)->id, f.id);
    T_EQ(t_traced(&f.room, 0)->from, SF_SYN_RECEIVED);
    T_EQ(t_traced(&f.room, 0)->what, SF_EV_RESTORE);
    T_EQ(t_traced(&f.room, 0)->state, SF_TIME_WAIT);
    expect_there(&f, false);
    finish(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_segment_has_its_answer),
        cmocka_unit_test(with_a_closed_window_only_rcv_nxt_is_acceptable),
        cmocka_unit_test(timestamps_are_checked_before_all_but_a_reset),
        cmocka_unit_test(a_syn_takes_over_only_if_nothing_old_can_be_taken_for_new),
        cmocka_unit_test(timestamps_that_the_new_connection_will_not_have_do_not_count),
        cmocka_unit_test(the_new_isn_lies_above_what_the_old_connection_sent),
        cmocka_unit_test(without_a_listener_the_record_ends_and_the_syn_meets_closed),
        cmocka_unit_test(an_address_that_is_not_ours_needs_a_listener_for_any),
        cmocka_unit_test(challenges_are_limited_by_the_second),
        cmocka_unit_test(a_reuse_and_its_reset_are_traced_by_the_records_own_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
