/* SPDX-License-Identifier: MIT
 *
 * tests/unit/watch/tape.h - trace records written by hand, and the conversations that several
 * tests tell.
 *
 * Our end is 10.9.8.2, the other one 10.9.8.1.  Where we are the server, j = 1000 (theirs) and
 * k = 5000 (ours); where we are the client, j = 1000 is ours.
 */
#ifndef SYNFIN_TESTS_UNIT_WATCH_TAPE_H
#define SYNFIN_TESTS_UNIT_WATCH_TAPE_H

#include "t.h"

#include "synfin/ladder.h"
#include "wire/seg.h"

#define J  1000u
#define K  5000u
#define ID 7u

struct tape {
    struct sf_trace_record records[4096];
    size_t n;
    uint64_t now_ns;
    uint32_t id;
    enum sf_state state; /* ours */
};

static inline struct sf_trace_record *tape_record(struct tape *t, enum sf_trace_kind kind)
{
    struct sf_trace_record *r = &t->records[t->n++];

    assert_in_range(t->n, 1, T_COUNT(t->records));
    *r = (struct sf_trace_record){
        .at_ns = t->now_ns, .id = t->id, .kind = (uint8_t)kind, .state = (uint8_t)t->state};
    return r;
}

/* Time passes. */
static inline void tape_us(struct tape *t, uint64_t us)
{
    t->now_ns += us * 1000;
}

/* A connection begins, in LISTEN (passive) or CLOSED (active). */
static inline void tape_begin(struct tape *t, uint32_t id, bool active)
{
    struct sf_trace_record *r = NULL;

    t->id = id;
    t->state = active ? SF_CLOSED : SF_LISTEN;
    t->now_ns = t->now_ns == 0 ? 123000000000 : t->now_ns;
    r = tape_record(t, SF_TRACE_BEGIN);
    r->u.ends = (struct sf_trace_ends){
        .local = {10, 9, 8, 2},
        .remote = {10, 9, 8, 1},
        .local_port = active ? 40000 : 8080,
        .remote_port = active ? 8080 : 50082,
        .family = SF_IPV4,
        .active = active,
    };
}

static inline void tape_state(struct tape *t, enum sf_event_kind event, enum sf_state to)
{
    struct sf_trace_record *r = tape_record(t, SF_TRACE_STATE);

    T_EQ(sf_state_next(t->state, event), to); /* the tape tells no lies */
    r->from = (uint8_t)t->state;
    r->state = (uint8_t)to;
    r->what = (uint8_t)event;
    t->state = to;
}

static inline struct sf_trace_record *tape_seg(struct tape *t, enum sf_trace_kind kind,
                                               uint8_t flags, uint32_t seq, uint32_t ack,
                                               uint32_t octets)
{
    struct sf_trace_record *r = tape_record(t, kind);

    r->u.seg = (struct sf_trace_seg){
        .seq = seq, .ack = ack, .octets = octets, .flags = flags, .wnd = 64240};
    if ((flags & SF_SYN) != 0) {
        r->u.seg.options = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK | SF_OPT_TS;
        r->u.seg.mss = 1460;
        r->u.seg.wscale = 7;
    }
    return r;
}

static inline void tape_in(struct tape *t, uint8_t flags, uint32_t seq, uint32_t ack,
                           uint32_t octets)
{
    (void)tape_seg(t, SF_TRACE_SEG_IN, flags, seq, ack, octets);
}

static inline void tape_out(struct tape *t, uint8_t flags, uint32_t seq, uint32_t ack,
                            uint32_t octets)
{
    (void)tape_seg(t, SF_TRACE_SEG_OUT, flags, seq, ack, octets);
}

/* As tape_out(), and it was sent before. */
static inline void tape_again(struct tape *t, uint8_t flags, uint32_t seq, uint32_t ack,
                              uint32_t octets)
{
    tape_seg(t, SF_TRACE_SEG_OUT, flags, seq, ack, octets)->u.seg.retransmit = 1;
}

static inline void tape_call(struct tape *t, enum sf_trace_call call)
{
    tape_record(t, SF_TRACE_CALL)->what = (uint8_t)call;
}

static inline void tape_timer(struct tape *t, enum sf_trace_timer timer)
{
    tape_record(t, SF_TRACE_TIMER)->what = (uint8_t)timer;
}

/* The connection goes on under another id. */
static inline void tape_move(struct tape *t, uint32_t other)
{
    tape_record(t, SF_TRACE_MOVE)->u.other = other;
    t->id = other;
}

/* We serve: the handshake, up to ESTABLISHED. */
static inline void tape_accept(struct tape *t)
{
    struct sf_trace_record *syn = NULL;

    t->now_ns = t->now_ns == 0 ? 123000000000 : t->now_ns;
    t->id = 0; /* the SYN comes before there is a record */
    syn = tape_seg(t, SF_TRACE_SEG_IN, SF_SYN, J, 0, 0);
    syn->state = SF_CLOSED;
    tape_begin(t, ID, false);
    tape_state(t, SF_EV_SYN, SF_SYN_RECEIVED);
    tape_us(t, 31);
    tape_out(t, SF_SYN | SF_ACK, K, J + 1, 0);
    tape_us(t, 84);
    tape_in(t, SF_ACK, J + 1, K + 1, 0);
    tape_move(t, ID + 1);
    tape_state(t, SF_EV_ACK_OF_SYN, SF_ESTABLISHED);
}

/* We call: the handshake, up to ESTABLISHED. */
static inline void tape_connect(struct tape *t)
{
    tape_begin(t, ID, true);
    tape_call(t, SF_CALL_OPEN);
    tape_state(t, SF_EV_OPEN_ACTIVE, SF_SYN_SENT);
    tape_out(t, SF_SYN, J, 0, 0);
    tape_us(t, 115);
    tape_in(t, SF_SYN | SF_ACK, K, J + 1, 0);
    tape_state(t, SF_EV_SYN_ACK, SF_ESTABLISHED);
    tape_us(t, 12);
    tape_out(t, SF_ACK, J + 1, K + 1, 0);
}

/* A request of 78 octets and an answer of 2 full segments and 104 octets: 3000 in all. */
static inline void tape_fetch(struct tape *t)
{
    tape_us(t, 45);
    tape_in(t, SF_PSH | SF_ACK, J + 1, K + 1, 78);
    tape_us(t, 20);
    tape_out(t, SF_ACK, K + 1, J + 79, 1448);
    tape_us(t, 10);
    tape_out(t, SF_ACK, K + 1449, J + 79, 1448);
    tape_us(t, 10);
    tape_out(t, SF_PSH | SF_ACK, K + 2897, J + 79, 104);
    tape_us(t, 90);
    tape_in(t, SF_ACK, J + 79, K + 3001, 0);
}

/* 2MSL pass, and the record is gone. */
static inline void tape_2msl(struct tape *t)
{
    tape_us(t, 2000000);
    tape_timer(t, SF_TIMER_2MSL);
    tape_state(t, SF_EV_2MSL, SF_CLOSED);
}

/* We close first; the other end acknowledges, and closes 40 ms later. */
static inline void tape_close_in_four(struct tape *t)
{
    tape_us(t, 50);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_out(t, SF_FIN | SF_ACK, K + 3001, J + 79, 0);
    tape_us(t, 130);
    tape_in(t, SF_ACK, J + 79, K + 3002, 0);
    tape_state(t, SF_EV_ACK_OF_FIN, SF_FIN_WAIT_2);
    tape_us(t, 40000);
    tape_in(t, SF_FIN | SF_ACK, J + 79, K + 3002, 0);
    tape_state(t, SF_EV_FIN, SF_TIME_WAIT);
    tape_move(t, ID + 2);
    tape_us(t, 14);
    tape_out(t, SF_ACK, K + 3002, J + 80, 0);
}

/* The other end closed first and we at once: its FIN, our FIN with the ACK, its ACK. */
static inline void tape_close_in_three(struct tape *t)
{
    tape_us(t, 50);
    tape_in(t, SF_FIN | SF_ACK, J + 79, K + 3001, 0);
    tape_state(t, SF_EV_FIN, SF_CLOSE_WAIT);
    tape_us(t, 5);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_LAST_ACK);
    tape_out(t, SF_FIN | SF_ACK, K + 3001, J + 80, 0);
    tape_us(t, 120);
    tape_in(t, SF_ACK, J + 80, K + 3002, 0);
    tape_state(t, SF_EV_ACK_OF_FIN, SF_CLOSED);
}

/* Both ends call: the SYNs cross (RFC 9293 s3.5, Figure 7). */
static inline void tape_open_both(struct tape *t)
{
    tape_begin(t, ID, true);
    tape_call(t, SF_CALL_OPEN);
    tape_state(t, SF_EV_OPEN_ACTIVE, SF_SYN_SENT);
    tape_out(t, SF_SYN, J, 0, 0);
    tape_us(t, 60);
    tape_in(t, SF_SYN, K, 0, 0);
    tape_state(t, SF_EV_SYN, SF_SYN_RECEIVED);
    tape_us(t, 3);
    tape_again(t, SF_SYN | SF_ACK, J, K + 1, 0);
    tape_us(t, 57);
    tape_in(t, SF_SYN | SF_ACK, K, J + 1, 0);
    tape_state(t, SF_EV_ACK_OF_SYN, SF_ESTABLISHED);
    tape_us(t, 3);
    tape_out(t, SF_ACK, J + 1, K + 1, 0);
    tape_us(t, 57);
    tape_in(t, SF_ACK, K + 1, J + 1, 0);
}

/* Both ends close before they see the other's FIN (RFC 9293 s3.6, Figure 13). */
static inline void tape_close_both(struct tape *t, uint32_t ours, uint32_t theirs)
{
    tape_us(t, 1000);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_out(t, SF_FIN | SF_ACK, ours, theirs, 0);
    tape_us(t, 60);
    tape_in(t, SF_FIN | SF_ACK, theirs, ours, 0);
    tape_state(t, SF_EV_FIN, SF_CLOSING);
    tape_us(t, 3);
    tape_out(t, SF_ACK, ours + 1, theirs + 1, 0);
    tape_us(t, 57);
    tape_in(t, SF_ACK, theirs + 1, ours + 1, 0);
    tape_state(t, SF_EV_ACK_OF_FIN, SF_TIME_WAIT);
}

/* Nobody listens where we call. */
static inline void tape_refused(struct tape *t)
{
    tape_begin(t, ID, true);
    tape_call(t, SF_CALL_OPEN);
    tape_state(t, SF_EV_OPEN_ACTIVE, SF_SYN_SENT);
    tape_out(t, SF_SYN, J, 0, 0);
    tape_us(t, 48);
    tape_in(t, SF_RST | SF_ACK, 0, J + 1, 0);
    tape_state(t, SF_EV_RST, SF_CLOSED);
}

/* A request, and in the middle of the answer a RST of the other end. */
static inline void tape_reset(struct tape *t)
{
    tape_us(t, 45);
    tape_in(t, SF_PSH | SF_ACK, J + 1, K + 1, 78);
    tape_us(t, 20);
    tape_out(t, SF_ACK, K + 1, J + 79, 1448);
    tape_us(t, 10);
    tape_out(t, SF_ACK, K + 1449, J + 79, 1448);
    tape_us(t, 70);
    tape_in(t, SF_RST | SF_ACK, J + 79, K + 1449, 0);
    tape_state(t, SF_EV_RST, SF_CLOSED);
}

/* We close, our FIN is lost and sent again; then the last ACK is lost, so the other end's FIN
 * comes again and TIME_WAIT answers. */
static inline void tape_close_with_loss(struct tape *t)
{
    tape_us(t, 50);
    tape_call(t, SF_CALL_CLOSE);
    tape_state(t, SF_EV_FIN_SENT, SF_FIN_WAIT_1);
    tape_out(t, SF_FIN | SF_ACK, K + 3001, J + 79, 0);
    tape_us(t, 200000);
    tape_timer(t, SF_TIMER_RTO);
    tape_again(t, SF_FIN | SF_ACK, K + 3001, J + 79, 0);
    tape_us(t, 130);
    tape_in(t, SF_FIN | SF_ACK, J + 79, K + 3002, 0);
    tape_state(t, SF_EV_FIN_ACKING, SF_TIME_WAIT);
    tape_move(t, ID + 2);
    tape_us(t, 9);
    tape_out(t, SF_ACK, K + 3002, J + 80, 0);
    tape_us(t, 201000);
    tape_in(t, SF_FIN | SF_ACK, J + 79, K + 3002, 0);
    tape_us(t, 9);
    tape_out(t, SF_ACK, K + 3002, J + 80, 0);
}

/* A watch that has read the tape; the caller closes it. */
static inline struct sf_watch *tape_watch(const struct tape *t)
{
    static const struct sf_watch_config config = {.local_name = "synfin",
                                                  .remote_name = "Linux"};
    struct sf_watch *watch = NULL;

    T_EQ(sf_watch_open(&config, &watch), SF_OK);
    sf_watch_feed(watch, t->records, t->n);
    return watch;
}

/* What is drawn of the tape's first connection; the next call overwrites it. */
static inline const char *tape_drawing(const struct tape *t,
                                       const struct sf_ladder_style *style)
{
    static char text[65536];
    struct sf_text to = {.text = text, .room = sizeof(text)};
    struct sf_watch *watch = tape_watch(t);

    assert_true(sf_watch_count(watch) > 0);
    sf_ladder_draw(sf_watch_ladder(watch, 0), style, sf_sink_text(&to));
    assert_in_range(to.octets, 1, sizeof(text) - 1);
    sf_watch_close(watch);
    return text;
}

/* Two texts are the same; names the first line that differs. */
#define T_LINES(got, want) t_lines((got), (want), __FILE__, __LINE__)

static inline void t_lines(const char *got, const char *want, const char *file, int line)
{
    for (int n = 1; *got != '\0' || *want != '\0'; n++) {
        size_t g = strcspn(got, "\n");
        size_t w = strcspn(want, "\n");

        if (g != w || memcmp(got, want, g) != 0) {
            printf("# line %d is\n# %.*s\n# not\n# %.*s\n", n, (int)g, got, (int)w, want);
            _fail(file, line);
        }
        got += g + (got[g] == '\n');
        want += w + (want[w] == '\n');
    }
}

#endif
