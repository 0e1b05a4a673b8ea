/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/cookie.c - SYNs answered without a record (RFC 4987 s3.6), and who tries to get
 * in with a cookie that he was not given.
 */
#include "talk.h"

#include "base/rng.h"

#define TICK_S UINT64_C(64) /* a cookie is good for this and the next count of the clock */

static struct sf_usage usage(const struct t_talk *t)
{
    struct sf_usage u;

    sf_stack_usage(t->stack, &u);
    return u;
}

static const struct sf_counters *counters(const struct t_talk *t)
{
    return sf_stack_counters(t->stack);
}

/* Every SYN gets one. */
static void begin(struct t_talk *t, void **state)
{
    t_begin(t, t_family(state));
    t->listen.syn_cookies = SF_COOKIES_ALWAYS;
}

/* The SYN and its answer, which leaves nothing behind. */
static void half(struct t_talk *t)
{
    if (t->listener.index == 0) {
        t_listen(t);
    }
    T_EQ(t_peer(t, SF_SYN, .seq = {4999}), SF_PASS);
    t_expect(t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_silence(t);
    T_STATE(t, SF_CLOSED);
    T_EQ(usage(t).embryos, 0);
    T_EQ(usage(t).connections, 0);
}

static void the_third_segment_opens_a_connection_that_no_record_was_kept_of(void **state)
{
    struct t_talk t;

    begin(&t, state);
    half(&t);
    T_TRUE(sf_time_is_never(sf_stack_deadline(t.stack)));
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_EQ(t.listener_ready, SF_READY_ACCEPT);
    t_accept(&t);
    T_STATE(&t, SF_ESTABLISHED);
    t_silence(&t);
    T_EQ(counters(&t)->cookies_sent, 1);
    T_EQ(counters(&t)->cookies_opened, 1);
    T_EQ(counters(&t)->opened_passive, 1);

    /* And it is as any other. */
    t_send(&t, 100);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100}, .text = 10);
    t_recv(&t, 10);
    t_close(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1100}, .ack = {5010});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5010}, .ack = {1101});
    t_expect(&t, SF_ACK, .seq = {1101}, .ack = {5011});
    T_STATE(&t, SF_TIME_WAIT);
    t_end(&t);
}

/* The third segment was lost, or is the first text: that opens it as well. */
static void text_and_fin_on_the_third_segment_are_taken(void **state)
{
    struct t_talk t;

    begin(&t, state);
    half(&t);
    T_EQ(t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000}, .text = 300), SF_PASS);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5301});
    t_accept(&t);
    T_STATE(&t, SF_CLOSE_WAIT);
    t_recv(&t, 300);
    T_EQ(t_recv_err(&t), SF_ERR_EOF);
    t_end(&t);
}

static void cookies_begin_when_the_queue_is_full_and_end_when_it_is_not(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.syn_cookies = SF_COOKIES_PRESSURE;
    t.listen.syn_queue = 1;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(counters(&t)->cookies_sent, 0);

    t_another(&t, 40001);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_STATE(&t, SF_CLOSED);
    T_EQ(counters(&t)->cookies_sent, 1);
    T_EQ(counters(&t)->syn_overflows, 0);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_STATE(&t, SF_ESTABLISHED);

    t.them.port = 40000;
    t_peer(&t, SF_RST, .seq = {5000});
    t_another(&t, 40002);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(counters(&t)->cookies_sent, 1);
    t_end(&t);
}

static void a_pool_without_records_is_pressure_too(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.syn_cookies = SF_COOKIES_PRESSURE;
    t.config.max_embryos = 1;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_another(&t, 40001);
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_PASS);
    T_EQ(counters(&t)->cookies_sent, 1);
    T_EQ(counters(&t)->refused_by_limit, 0);
    t_end(&t);
}

/* The listener's word counts before the stack's; somebody who is asked has to be asked. */
static void who_gets_a_cookie_is_chosen(void **state)
{
    static const struct {
        enum sf_cookies stack, listener;
        enum sf_syn_policy policy;
        uint64_t cookies[2]; /* after the first SYN, and after one that finds the queue full */
    } rows[] = {
        {SF_COOKIES_OFF, SF_COOKIES_DEFAULT, SF_SYN_ACCEPT, {0, 0}},
        {SF_COOKIES_PRESSURE, SF_COOKIES_DEFAULT, SF_SYN_ACCEPT, {0, 1}},
        {SF_COOKIES_ALWAYS, SF_COOKIES_DEFAULT, SF_SYN_ACCEPT, {1, 2}},
        {SF_COOKIES_ALWAYS, SF_COOKIES_OFF, SF_SYN_ACCEPT, {0, 0}},
        {SF_COOKIES_OFF, SF_COOKIES_PRESSURE, SF_SYN_ACCEPT, {0, 1}},
        {SF_COOKIES_OFF, SF_COOKIES_ALWAYS, SF_SYN_ACCEPT, {1, 2}},
        {SF_COOKIES_ALWAYS, SF_COOKIES_ALWAYS, SF_SYN_ASK, {0, 0}},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.syn_cookies = (uint8_t)rows[i].stack;
        t.listen.syn_cookies = (uint8_t)rows[i].listener;
        t.listen.policy = (uint8_t)rows[i].policy;
        t.listen.syn_queue = 1;
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        T_EQ_ROW(i, counters(&t)->cookies_sent, rows[i].cookies[0]);
        t_another(&t, 40001);
        t_peer(&t, SF_SYN, .seq = {4999});
        T_EQ_ROW(i, counters(&t)->cookies_sent, rows[i].cookies[1]);
        t_end(&t);
    }
}

/* The largest class that does not exceed what the peer said; RFC 9293 s3.7.1 (MUST-16). */
static void the_class_of_the_mss_comes_back(void **state)
{
    static const struct {
        uint16_t mss, class;
    } rows[] = {
        {64, 64},     {535, 64},    {536, 536},   {1219, 536},   {1220, 1220}, {1299, 1220},
        {1300, 1300}, {1399, 1300}, {1400, 1400}, {1439, 1400},  {1440, 1440}, {1459, 1440},
        {1460, 1460}, {8939, 1460}, {8940, 8940}, {65535, 8940},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, state);
        t.config.mtu = 9000;
        t.mss = rows[i].mss;
        half(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        t_accept(&t);
        /* 9000 less 40 or 60 octets of headers is not less than 8940. */
        T_EQ_ROW(i, t_status(&t).mss, rows[i].class);
        t_end(&t);
    }
}

/* No class is small enough: it has to have a record, or come again. */
static void a_tiny_mss_gets_no_cookie(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t.mss = 63;
    t.listen.syn_queue = 1;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_STATE(&t, SF_SYN_RECEIVED);
    t_forget(&t);
    t_another(&t, 40001);
    T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_DROP_SYN_QUEUE);
    t_silence(&t);
    T_EQ(counters(&t)->cookies_sent, 0);
    t_end(&t);
}

static void options(struct t_talk *t, uint8_t of_peer)
{
    t->config.timestamps = 1;
    t->config.window_scaling = 1;
    t->config.sack = 1;
    t->config.rcvbuf_octets = 1U << 20; /* a shift of 5: 2^20 / 2^5 is below 2^16 */
    t->options = of_peer;
    t->wscale = 7;
}

/* RFC 7323 s5.4 allows any clock in TSval: its low bits carry what the SYN offered. */
static void timestamps_carry_the_options(void **state)
{
    static const struct {
        uint8_t options;
        bool timestamps, wscale, sack;
    } rows[] = {
        {SF_OPT_MSS | SF_OPT_TS | SF_OPT_WSCALE | SF_OPT_SACK_OK, true, true, true},
        {SF_OPT_MSS | SF_OPT_TS | SF_OPT_WSCALE, true, true, false},
        {SF_OPT_MSS | SF_OPT_TS | SF_OPT_SACK_OK, true, false, true},
        {SF_OPT_MSS | SF_OPT_TS, true, false, false},
        {SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK, false, false, false},
        {SF_OPT_MSS, false, false, false},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;
        struct t_out syn_ack;
        struct sf_status s;

        begin(&t, state);
        options(&t, rows[i].options);
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        syn_ack = t_next(&t);
        /* What cannot be remembered is not agreed to. */
        T_EQ_ROW(i, syn_ack.seg.options,
                 SF_OPT_MSS | (rows[i].timestamps ? SF_OPT_TS : 0) |
                     (rows[i].wscale ? SF_OPT_WSCALE : 0) |
                     (rows[i].sack ? SF_OPT_SACK_OK : 0));
        t_advance(&t, SF_MS(250));
        T_EQ_ROW(i, t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 1000), SF_PASS);
        t_accept(&t);
        s = t_status(&t);
        T_EQ_ROW(i, s.timestamps, rows[i].timestamps);
        T_EQ_ROW(i, s.wscale, rows[i].wscale);
        T_EQ_ROW(i, s.sack, rows[i].sack);
        T_EQ_ROW(i, s.snd_wscale, rows[i].wscale ? 7 : 0);
        T_EQ_ROW(i, s.rcv_wscale, rows[i].wscale ? 5 : 0);
        T_EQ_ROW(i, s.snd_wnd, rows[i].wscale ? 128000 : 1000); /* 1000 * 2^7 */
        if (rows[i].timestamps) {
            /* What follows is not older, or the peer's PAWS would drop it. */
            t_send(&t, 1);
            T_TRUE((int32_t)(t_next(&t).seg.tsval - syn_ack.seg.tsval) >= 0);
        }
        t_end(&t);
    }
}

static void a_cookie_with_any_bit_wrong_is_none(void **state)
{
    struct t_talk t;

    begin(&t, state);
    half(&t);
    for (uint32_t bit = 0; bit < 32; bit++) {
        uint32_t ack = (t.iss + 1) ^ UINT32_C(1) << bit;
        sf_seq wrong = {ack - t.iss + (T_OURS - 1)};

        /* One class more or less is the same cookie of another MSS: the peer's own affair. */
        if (bit < 3) {
            continue;
        }
        T_EQ_ROW(bit, t_peer(&t, SF_ACK, .seq = {5000}, .ack = wrong), SF_DROP_COOKIE);
        /* With another count it is nobody's; else it may have overtaken one that is valid. */
        if (bit >= 26) {
            t_expect(&t, SF_RST, .seq = wrong);
        }
        t_forget(&t);
        T_STATE(&t, SF_CLOSED);
    }
    T_EQ(t_verdicts(&t, SF_DROP_COOKIE), 29);
    T_EQ(usage(&t).connections, 0);
    t_end(&t);
}

/* Whoever sees one learns nothing of another's: the tuple and the peer's ISN are in it. */
static void a_cookie_is_good_for_who_got_it_alone(void **state)
{
    struct t_talk t;
    uint32_t iss = 0;

    begin(&t, state);
    half(&t);
    iss = t.iss;
    t.them.port = 40001;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_COOKIE);
    t_forget(&t);
    t.them.port = T_PEER_PORT;
    t.them.addr.octets[t_family(state) == SF_IPV4 ? 3 : 15] = 9;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_COOKIE);
    t_forget(&t);
    t.them.addr.octets[t_family(state) == SF_IPV4 ? 3 : 15] = 2;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5001}, .ack = {1000}), SF_DROP_COOKIE);
    T_EQ(t_peer(&t, SF_ACK, .seq = {4999}, .ack = {1000}), SF_DROP_COOKIE);
    t_forget(&t);
    T_EQ(t.iss, iss);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

/* What comes before the third segment, text, a FIN or nothing, is not answered: the peer sends
 * again what the cookie is on, and goes on.  Up to a window of 4096 octets ahead. */
static void what_overtakes_the_third_segment_is_not_reset(void **state)
{
    static const struct {
        uint32_t ahead;
        uint8_t flags;
        uint32_t text;
    } rows[] = {{100, SF_ACK, 100},
                {1, SF_ACK, 1},
                {4095, SF_ACK, 1},
                {100, SF_ACK | SF_FIN, 0},
                {100, SF_ACK, 0}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        for (uint8_t timestamps = 0; timestamps <= 1; timestamps++) {
            struct t_talk t;

            begin(&t, state);
            t.config.rcvbuf_octets = 4096;
            t.config.timestamps = timestamps;
            t.options |= timestamps != 0 ? SF_OPT_TS : 0;
            half(&t);
            t_advance(&t, SF_MS(250));
            T_EQ_ROW(i,
                     t_peer(&t, rows[i].flags, .seq = {5000 + rows[i].ahead}, .ack = {1000},
                            .text = rows[i].text),
                     SF_DROP_COOKIE);
            t_silence(&t);
            T_EQ_ROW(i,
                     t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000},
                            .text = rows[i].ahead <= 100 ? rows[i].ahead : 100),
                     SF_PASS);
            T_STATE(&t, SF_ESTABLISHED);
            t_end(&t);
        }
    }
}

/* What cannot be: another count, an echo that we never sent. */
static void what_belongs_to_no_cookie_is_reset(void **state)
{
    struct t_talk t;

    begin(&t, state);
    half(&t);
    for (uint32_t bit = 26; bit < 32; bit++) {
        sf_seq wrong = {((t.iss + 1) ^ UINT32_C(1) << bit) - t.iss + (T_OURS - 1)};

        T_EQ_ROW(bit, t_peer(&t, SF_ACK, .seq = {5100}, .ack = wrong, .text = 100),
                 SF_DROP_COOKIE);
        t_expect(&t, SF_RST, .seq = wrong);
    }
    t_end(&t);

    begin(&t, state);
    t.config.timestamps = 1;
    t.options |= SF_OPT_TS;
    half(&t);
    t.ts_echo += 64 * 8; /* of the future */
    T_EQ(t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 100), SF_DROP_COOKIE);
    t_expect(&t, SF_RST, .seq = {1000});
    t_end(&t);
}

/* In use for another connection, the same cookie belongs to that. */
static void a_cookie_again_is_a_segment_of_its_connection(void **state)
{
    struct t_talk t;

    begin(&t, state);
    half(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_PASS);
    T_EQ(usage(&t).connections, 1);
    T_EQ(counters(&t)->cookies_opened, 1);
    t_silence(&t);
    t_end(&t);
}

/* Sent at the begin of a count it is good for 128 s, at the end for 64 s. */
static void a_cookie_grows_old(void **state)
{
    static const struct {
        uint64_t sent_ns, span_ns; /* after a count began, and until it comes back */
        enum sf_verdict want;
    } rows[] = {
        {0, 2 * TICK_S * SF_NS_PER_S - 1, SF_PASS},
        {0, 2 * TICK_S * SF_NS_PER_S, SF_DROP_COOKIE},
        {TICK_S * SF_NS_PER_S - 1, TICK_S * SF_NS_PER_S, SF_PASS},
        {TICK_S * SF_NS_PER_S - 1, TICK_S * SF_NS_PER_S + 1, SF_DROP_COOKIE},
        /* None was sent for so long that none can be good. */
        {0, (2 * TICK_S + 1) * SF_NS_PER_S, SF_DROP_LISTEN},
        /* A whole turn of the count's eight bits later. */
        {0, 256 * TICK_S * SF_NS_PER_S, SF_DROP_LISTEN},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, state);
        t.now.ns = 10 * TICK_S * SF_NS_PER_S + rows[i].sent_ns;
        half(&t);
        t_advance(&t, SF_NS(rows[i].span_ns));
        T_EQ_ROW(i, t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), rows[i].want);
        if (rows[i].want != SF_PASS) {
            t_expect(&t, SF_RST, .seq = {1000});
            T_STATE(&t, SF_CLOSED);
        }
        t_end(&t);
    }
}

/* Others get cookies all the time: the count's eight bits come round, the cookie does not. */
static void a_cookie_does_not_come_round(void **state)
{
    struct t_talk t;
    uint32_t iss = 0;

    begin(&t, state);
    half(&t);
    iss = t.iss;
    t_advance(&t, SF_S(256 * TICK_S));
    t_another(&t, 40001);
    half(&t);
    t.them.port = T_PEER_PORT;
    t.iss = iss;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_COOKIE);
    t_end(&t);
}

static void an_echo_that_we_never_sent_is_refused(void **state)
{
    static const struct {
        int32_t off_ms; /* of TSecr */
        enum sf_verdict want;
    } rows[] = {
        {0, SF_PASS},
        {64 * 8, SF_DROP_COOKIE},             /* of the future */
        {-INT32_C(200000), SF_DROP_COOKIE},   /* 200 s ago */
        {INT32_C(0x40000000), SF_DROP_COOKIE} /* any number */
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        begin(&t, state);
        options(&t, SF_OPT_MSS | SF_OPT_TS);
        half(&t);
        t.ts_echo += (uint32_t)rows[i].off_ms;
        T_EQ_ROW(i, t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), rows[i].want);
        t_end(&t);
    }
}

static void where_none_was_sent_none_is_believed(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.syn_cookies = SF_COOKIES_PRESSURE;
    t_listen(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_LISTEN);
    t_expect(&t, SF_RST, .seq = {1000});
    T_EQ(t_verdicts(&t, SF_DROP_COOKIE), 0);
    t_end(&t);
}

/* Eight classes and two counts among 2^32: one guess in 2^28 hits. */
static void guesses_do_not_open(void **state)
{
    struct t_talk t;
    struct sf_rng rng;
    uint8_t seed[32] = {42};

    begin(&t, state);
    half(&t);
    sf_rng_init(&rng, seed);
    for (uint32_t i = 0; i < 20000; i++) {
        t.them.port = (uint16_t)(1024 + i % 50000);
        T_EQ(t_peer(&t, SF_ACK, .seq = {sf_rng_u32(&rng)}, .ack = {sf_rng_u32(&rng)}),
             SF_DROP_COOKIE);
        t_forget(&t);
    }
    T_EQ(usage(&t).connections, 0);
    T_EQ(counters(&t)->cookies_opened, 0);
    /* The answers have their limit: 1000 in a second, in which all of this happened. */
    T_EQ(counters(&t)->resets_sent, 1000);
    /* But for those that have a count of ours, two of 256, and get none: 156 of 20000. */
    T_TRUE(counters(&t)->resets_limited <= 19000 - 100);
    T_TRUE(counters(&t)->resets_limited >= 19000 - 212);
    t_end(&t);
}

static void a_syn_ack_to_a_listener_with_cookies_is_reset(void **state)
{
    struct t_talk t;

    begin(&t, state);
    half(&t);
    T_EQ(t_peer(&t, SF_SYN | SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_LISTEN);
    t_expect(&t, SF_RST, .seq = {1000});
    T_EQ(t_peer(&t, SF_RST | SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_LISTEN);
    t_silence(&t);
    t_end(&t);
}

static void a_full_accept_queue_keeps_cookies_out(void **state)
{
    for (uint32_t policy = SF_OVERFLOW_DROP; policy <= SF_OVERFLOW_RESET; policy++) {
        struct t_talk t;
        uint32_t iss = 0;

        begin(&t, state);
        t.listen.accept_queue = 1;
        t.listen.accept_overflow = (uint8_t)policy;
        half(&t);
        iss = t.iss;
        t_another(&t, 40001);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_forget(&t);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        t.listener_ready = 0;

        t.them.port = T_PEER_PORT;
        t.iss = iss;
        T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10),
             SF_DROP_ACCEPT_QUEUE);
        T_EQ(t.listener_ready, SF_READY_ACCEPT | SF_READY_OVERFLOW);
        T_EQ(counters(&t)->accept_overflows, 1);
        if (policy == SF_OVERFLOW_RESET) {
            t_expect(&t, SF_RST, .seq = {1000});
        }
        t_silence(&t);

        /* It says so again when there is room, and is let in. */
        t_accept(&t);
        T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10), SF_PASS);
        T_STATE(&t, SF_ESTABLISHED);
        t_end(&t);
    }
}

static void no_connection_left_is_no_answer(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t.config.max_connections = 1;
    t_open_passive(&t);
    t_another(&t, 40001);
    t_peer(&t, SF_SYN, .seq = {4999});
    t_forget(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}), SF_DROP_NO_MEMORY);
    t_silence(&t);
    T_EQ(counters(&t)->refused_by_limit, 1);
    t_end(&t);
}

/* What waits to leave when the listener is closed does not leave. */
static void a_listener_that_is_gone_answers_no_more(void **state)
{
    struct t_talk t;
    uint8_t frame[128];
    struct sf_frame in = {.n_pieces = 1, .pieces = {{.data = frame}}};

    begin(&t, state);
    t_listen(&t);
    in.octets = (uint32_t)t_build(&t, &(struct t_seg){.flags = SF_SYN, .seq = {4999}}, frame);
    in.pieces[0].octets = in.octets;
    sf_stack_rx(t.stack, &in, 1, t.now);
    T_EQ(in.verdict, SF_PASS);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    t_silence(&t);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_third_segment_opens_a_connection_that_no_record_was_kept_of),
        T_BOTH(text_and_fin_on_the_third_segment_are_taken),
        T_BOTH(cookies_begin_when_the_queue_is_full_and_end_when_it_is_not),
        T_BOTH(a_pool_without_records_is_pressure_too),
        T_BOTH(who_gets_a_cookie_is_chosen),
        T_BOTH(the_class_of_the_mss_comes_back),
        T_BOTH(a_tiny_mss_gets_no_cookie),
        T_BOTH(timestamps_carry_the_options),
        T_BOTH(a_cookie_with_any_bit_wrong_is_none),
        T_BOTH(a_cookie_is_good_for_who_got_it_alone),
        T_BOTH(what_overtakes_the_third_segment_is_not_reset),
        T_BOTH(what_belongs_to_no_cookie_is_reset),
        T_BOTH(a_cookie_again_is_a_segment_of_its_connection),
        T_BOTH(a_cookie_grows_old),
        T_BOTH(a_cookie_does_not_come_round),
        T_BOTH(an_echo_that_we_never_sent_is_refused),
        T_BOTH(where_none_was_sent_none_is_believed),
        T_BOTH(guesses_do_not_open),
        T_BOTH(a_syn_ack_to_a_listener_with_cookies_is_reset),
        T_BOTH(a_full_accept_queue_keeps_cookies_out),
        T_BOTH(no_connection_left_is_no_answer),
        T_BOTH(a_listener_that_is_gone_answers_no_more),
    };

    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
