/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/fastopen.c - TCP Fast Open, the server's side (RFC 7413 s4.1, s4.2.2, s5.1).
 */
#include "talk.h"

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

static uint8_t cookie[SF_FAST_OPEN_MAX];
static uint8_t cookie_octets;

/* A SYN with a cookie (or, without octets, that asks for one). */
static enum sf_verdict syn(struct t_talk *t, uint8_t octets, uint32_t text)
{
    return t_peer(t, SF_SYN, .seq = {4999}, .text = text, .options = SF_OPT_FAST_OPEN,
                  .fast_open = cookie, .fast_open_octets = octets);
}

/* Ask for a cookie, and take it home; the handshake ends with a RST. */
static void fetch_cookie(struct t_talk *t)
{
    struct t_out out;

    T_EQ(syn(t, 0, 0), SF_PASS);
    out = t_next(t);
    T_EQ(out.seg.flags, SF_SYN | SF_ACK);
    T_TRUE((out.seg.options & SF_OPT_FAST_OPEN) != 0);
    cookie_octets = out.seg.fast_open_octets;
    memcpy(cookie, out.fast_open, cookie_octets);
    t_peer(t, SF_RST, .seq = {5000});
    T_STATE(t, SF_CLOSED);
    t->listener_ready = 0;
    t_another(t, (uint16_t)(t->them.port + 1));
}

static void begin(struct t_talk *t, void **state)
{
    t_begin(t, t_family(state));
    t->listen.fast_open = 2;
    t_listen(t);
    fetch_cookie(t);
}

static void without_being_asked_for_it_is_off(void **state) /* RFC 7413 s2 */
{
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t_listen(&t);
    T_EQ(syn(&t, 0, 0), SF_PASS);
    out = t_next(&t);
    T_EQ(out.seg.options & SF_OPT_FAST_OPEN, 0);
    t_another(&t, 40001);
    T_EQ(syn(&t, 8, 100), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t.listener_ready, 0);
    T_EQ(usage(&t).connections, 0);
    t_end(&t);
}

static void text_with_a_cookie_is_read_before_the_third_segment(void **state)
{
    struct t_talk t;

    begin(&t, state);
    T_EQ(cookie_octets, 8);
    T_EQ(syn(&t, 8, 100), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5100}, .wnd = 4096 - 100);
    t_silence(&t);
    T_EQ(t.listener_ready, SF_READY_ACCEPT);
    t_accept(&t);
    T_STATE(&t, SF_SYN_RECEIVED);
    T_EQ(t.ready & (SF_READY_READ | SF_READY_WRITE | SF_READY_OPEN),
         SF_READY_READ | SF_READY_WRITE);
    t_recv(&t, 100);

    /* And answered: Nagle does not wait for SYN's acknowledgement. */
    t_forget(&t);
    t_send(&t, 50);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5100}, .text = 50);
    t_silence(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1050}), SF_PASS);
    T_STATE(&t, SF_ESTABLISHED);
    T_TRUE((t.ready & SF_READY_OPEN) != 0);
    T_EQ(counters(&t)->fast_open_accepted, 1);
    t_end(&t);
}

static void a_server_may_be_done_before_the_third_segment(void **state)
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 100);
    t_accept(&t);
    t_recv(&t, 100);
    t_forget(&t);
    t_send(&t, 50);
    t_close(&t);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5100}, .text = 50);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1050}, .ack = {5100});
    T_EQ(t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1051}), SF_PASS);
    T_STATE(&t, SF_FIN_WAIT_2);
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5100}, .ack = {1051});
    t_expect(&t, SF_ACK, .seq = {1051}, .ack = {5101});
    T_STATE(&t, SF_TIME_WAIT);
    t_end(&t);
}

static void unread_text_of_a_syn_makes_a_close_a_reset(void **state) /* SHLD-3 */
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 100);
    t_accept(&t);
    t_forget(&t);
    t_close(&t);
    t_expect(&t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5100});
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* The answer is bounded by the initial window: 10 segments (RFC 7413 s4.2.2). */
static void the_answer_is_bounded_by_the_initial_window(void **state)
{
    struct t_talk t;
    uint32_t octets = 0;

    t_begin(&t, t_family(state));
    t.listen.fast_open = 1;
    t.wnd = 65535;
    t_listen(&t);
    fetch_cookie(&t);
    syn(&t, 8, 1);
    t_accept(&t);
    t_forget(&t);
    t_send(&t, 60000);
    while (t.out_count != 0) {
        octets += t_next(&t).seg.text_octets;
    }
    /* 10 segments, less what SYN takes of the window, by whole segments. */
    T_TRUE(octets <= 10U * t.mss);
    T_TRUE(octets >= 9U * t.mss);
    t_end(&t);
}

static void a_cookie_without_text_opens_at_once_too(void **state)
{
    struct t_talk t;

    begin(&t, state);
    T_EQ(syn(&t, 8, 0), SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(t.listener_ready, SF_READY_ACCEPT);
    t_accept(&t);
    T_STATE(&t, SF_SYN_RECEIVED);
    t_end(&t);
}

/* A wrong one opens nothing at once, is answered by a right one, and its text comes again. */
static void a_wrong_cookie_is_answered_by_a_right_one(void **state)
{
    for (uint32_t i = 0; i < 5; i++) {
        struct t_talk t;
        struct t_out out;
        uint8_t right[8];

        begin(&t, state);
        memcpy(right, cookie, 8);
        if (i < 3) {
            cookie[(size_t)i * 3] ^= 0x10;
        } else if (i == 3) {
            /* Somebody else's. */
            t.them.addr.octets[t_family(state) == SF_IPV4 ? 3 : 15] = 9;
        }
        T_EQ_ROW(i, syn(&t, i == 4 ? 10 : 8, 100), SF_PASS);
        out = t_next(&t);
        T_EQ_ROW(i, out.seg.ack.v, t.peer_iss + 1);
        T_EQ_ROW(i, out.seg.fast_open_octets, 8);
        T_EQ_ROW(i, memcmp(out.fast_open, right, 8) == 0, i != 3);
        T_EQ_ROW(i, t.listener_ready, 0);
        T_EQ_ROW(i, counters(&t)->fast_open_refused, 1);
        T_STATE(&t, SF_SYN_RECEIVED);
        T_EQ_ROW(i, t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100), SF_PASS);
        t_accept(&t);
        t_recv(&t, 100);
        t_end(&t);
    }
}

/* RFC 7413 s4.1.1: an even number from 4 to 16. */
static void cookies_of_no_proper_length_are_no_option(void **state)
{
    static const uint8_t lengths[] = {2, 3, 5, 7, 15};

    for (size_t i = 0; i < T_COUNT(lengths); i++) {
        struct t_talk t;
        struct t_out out;

        begin(&t, state);
        T_EQ_ROW(i, syn(&t, lengths[i], 10), SF_PASS);
        out = t_next(&t);
        T_EQ_ROW(i, out.seg.options & SF_OPT_FAST_OPEN, 0);
        T_EQ_ROW(i, out.seg.ack.v, t.peer_iss + 1);
        T_EQ_ROW(i, counters(&t)->fast_open_refused, 0);
        t_end(&t);
    }
}

/* Good in the span in which it was given and in the next; then another one is given. */
static void keys_rotate(void **state)
{
    static const struct {
        uint64_t spans;
        bool good, renewed;
    } rows[] = {{0, true, false}, {1, true, true}, {2, false, true}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;
        struct t_out out;

        t_begin(&t, t_family(state));
        t.listen.fast_open = 2;
        t.config.fast_open_key = SF_S(3600);
        t_listen(&t);
        fetch_cookie(&t);
        t_advance(&t, SF_S(rows[i].spans * 3600));
        syn(&t, 8, 100);
        out = t_next(&t);
        T_EQ_ROW(i, out.seg.ack.v, t.peer_iss + 1 + (rows[i].good ? 100 : 0));
        T_EQ_ROW(i, (out.seg.options & SF_OPT_FAST_OPEN) != 0, rows[i].renewed);
        T_EQ_ROW(i, rows[i].renewed && memcmp(out.fast_open, cookie, 8) == 0, false);
        t_end(&t);
    }
}

/* Beyond the limit a SYN is like any other, until one of those is complete (s4.2). */
static void the_pending_are_limited(void **state)
{
    struct t_talk t;
    uint32_t iss = 0;

    begin(&t, state);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    iss = t.iss;
    t_another(&t, 40010);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    t_another(&t, 40011);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(usage(&t).embryos, 1);
    T_EQ(counters(&t)->fast_open_accepted, 2);

    t.them.port = 40001;
    t.iss = iss;
    T_EQ(t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000}), SF_PASS);
    t_another(&t, 40012);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    T_EQ(counters(&t)->fast_open_accepted, 3);
    t_end(&t);
}

/* s5.1: who spoofs a SYN makes its victim reset; that must not make room for more. */
static void a_reset_counts_as_pending_for_a_minute(void **state)
{
    struct t_talk t;

    begin(&t, state);
    for (uint16_t i = 0; i < 2; i++) {
        t_another(&t, (uint16_t)(40010 + i));
        syn(&t, 8, 10);
        t_forget(&t);
        T_EQ(t_peer(&t, SF_RST, .seq = {5010}), SF_DROP_RESET);
        T_STATE(&t, SF_CLOSED);
    }
    t_advance(&t, SF_MS(59900));
    t_another(&t, 40020);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_advance(&t, SF_MS(1000));
    t_forget(&t);
    t_another(&t, 40021);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    t_end(&t);
}

/* s4.2.2: SYN,ACK goes out again, and text that was an answer waits for it. */
static void syn_ack_is_repeated_alone(void **state)
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 10);
    t_accept(&t);
    t_recv(&t, 10);
    t_send(&t, 50);
    t_forget(&t);
    T_EQ(t_wait(&t).ns, SF_NS_PER_S);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    t_silence(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000}), SF_PASS);
    t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5010}, .text = 50);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

/* The network has doubled it: one connection, and its text once. */
static void a_doubled_syn_is_one_connection(void **state)
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 10);
    t_forget(&t);
    T_EQ(syn(&t, 8, 10), SF_DROP_DUPLICATE);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    T_EQ(usage(&t).connections, 1);
    t_accept(&t);
    T_EQ(t_status(&t).readable, 10);
    t_end(&t);
}

/* Nobody completes it: SYN,ACK five times more, then it is gone, and room for another. */
static void a_handshake_that_is_never_complete_ends(void **state)
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 10);
    t_accept(&t);
    t_advance(&t, SF_S(200));
    T_EQ(t_status(&t).error, SF_ERR_TIMED_OUT);
    t_recv(&t, 10);
    t_close(&t);
    T_NOTHING_LEFT(&t);
    for (uint16_t i = 0; i < 2; i++) {
        t_forget(&t);
        t_another(&t, (uint16_t)(40010 + i));
        syn(&t, 8, 10);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    }
    t_end(&t);
}

static void a_reset_before_the_handshake_is_complete_is_told(void **state)
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 10);
    t_accept(&t);
    t_peer(&t, SF_RST, .seq = {5010});
    T_EQ(t_status(&t).error, SF_ERR_RESET);
    t_recv(&t, 10);
    T_EQ(t_recv_err(&t), SF_ERR_RESET);
    t_end(&t);
}

/* A FIN beside the text is not taken: it comes again. */
static void a_fin_on_the_syn_comes_again(void **state)
{
    struct t_talk t;

    begin(&t, state);
    T_EQ(t_peer(&t, SF_SYN | SF_FIN, .seq = {4999}, .text = 10, .options = SF_OPT_FAST_OPEN,
                .fast_open = cookie, .fast_open_octets = 8),
         SF_PASS);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    t_accept(&t);
    T_EQ(t_peer(&t, SF_FIN | SF_ACK, .seq = {5010}, .ack = {1000}), SF_PASS);
    T_STATE(&t, SF_CLOSE_WAIT);
    t_end(&t);
}

/* Who asks in the form of before the registration is answered in it. */
static void the_experimental_option_is_answered_by_its_like(void **state)
{
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.listen.fast_open = 1;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999}, .options = SF_OPT_FAST_OPEN,
           .fast_open_form = SF_FAST_OPEN_EXPERIMENTAL);
    out = t_next(&t);
    T_EQ(out.seg.fast_open_form, SF_FAST_OPEN_EXPERIMENTAL);
    T_EQ(out.seg.fast_open_octets, 8);
    t_another(&t, 40001);
    t_peer(&t, SF_SYN, .seq = {4999}, .text = 10, .options = SF_OPT_FAST_OPEN,
           .fast_open_form = SF_FAST_OPEN_EXPERIMENTAL, .fast_open = out.fast_open,
           .fast_open_octets = 8);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5010});
    t_end(&t);
}

/* No place is left in the accept queue, or no record: as without Fast Open. */
static void without_room_nothing_opens_at_once(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.listen.fast_open = 9;
    t.config.max_working = 1;
    t_listen(&t);
    fetch_cookie(&t);
    syn(&t, 8, 10);
    t_forget(&t);
    t_another(&t, 40010);
    syn(&t, 8, 10);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(counters(&t)->fast_open_refused, 1);
    t_end(&t);

    t_begin(&t, t_family(state));
    t.listen.fast_open = 9;
    t.listen.accept_queue = 1;
    t_listen(&t);
    fetch_cookie(&t);
    syn(&t, 8, 10);
    t_forget(&t);
    t_another(&t, 40010);
    T_EQ(syn(&t, 8, 10), SF_DROP_ACCEPT_QUEUE);
    t_silence(&t);
    t_end(&t);
}

/* A SYN that is asked about is not opened by a cookie. */
static void who_is_asked_about_waits_for_the_answer(void **state)
{
    struct t_talk t;
    struct sf_syn asked;

    begin(&t, state);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    t.listen.policy = SF_SYN_ASK;
    t_listen(&t);
    syn(&t, 8, 10);
    t_silence(&t);
    T_EQ(t.listener_ready, SF_READY_SYN);
    T_EQ(sf_syn_next(t.stack, t.listener, &asked), SF_OK);
    T_EQ(sf_syn_answer(t.stack, asked.id, SF_ANSWER_ACCEPT, t.now), SF_OK);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_end(&t);
}

/* The listener goes while one of its connections is pending: nothing is counted twice. */
static void a_listener_that_goes_leaves_who_was_accepted(void **state)
{
    struct t_talk t;

    begin(&t, state);
    syn(&t, 8, 10);
    t_accept(&t);
    t_forget(&t);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    t_listen(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000}), SF_PASS);
    T_STATE(&t, SF_ESTABLISHED);
    for (uint16_t i = 0; i < 3; i++) {
        t_another(&t, (uint16_t)(40010 + i));
        syn(&t, 8, 10);
        t_forget(&t);
    }
    T_EQ(counters(&t)->fast_open_accepted, 3);
    t_end(&t);
}

/* Servers behind one address: one gives the cookie, the other takes it. */
static void set_keys_make_the_same_cookies_everywhere(void **state)
{
    static const uint8_t keys[3][SF_FAST_OPEN_KEY] = {{1, 2, 3}, {4, 5, 6}, {7}};
    static const struct {
        uint8_t first, n;
        bool good, renewed;
    } rows[] = {
        {0, 1, true, false}, {1, 1, false, true}, {1, 2, false, true}, {0, 2, true, false}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        const struct sf_handle stack = {0, 0};
        struct t_talk t;
        struct t_out out;

        t_begin(&t, t_family(state));
        t.listen.fast_open = 2;
        t_listen(&t);
        T_EQ(sf_set_fast_open_keys(t.stack, stack, keys, 1), SF_OK);
        fetch_cookie(&t);
        t_end(&t);

        t_begin(&t, t_family(state));
        t.config.seed[0]++;
        t.listen.fast_open = 2;
        t_listen(&t);
        T_EQ(sf_set_fast_open_keys(t.stack, stack, keys + rows[i].first, rows[i].n), SF_OK);
        t_advance(&t, SF_S(100000)); /* of no matter */
        syn(&t, 8, 100);
        out = t_next(&t);
        T_EQ_ROW(i, out.seg.ack.v, t.peer_iss + 1 + (rows[i].good ? 100 : 0));
        T_EQ_ROW(i, (out.seg.options & SF_OPT_FAST_OPEN) != 0, rows[i].renewed);
        t_end(&t);
    }
}

/* With two keys, a cookie of the second is good, and one of the first comes with it. */
static void the_second_key_is_good_until_it_is_taken_away(void **state)
{
    static const uint8_t keys[2][SF_FAST_OPEN_KEY] = {{1, 2, 3}, {4, 5, 6}};
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.listen.fast_open = 3;
    t_listen(&t);
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys + 1, 1), SF_OK);
    fetch_cookie(&t);
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys, 2), SF_OK);
    syn(&t, 8, 100);
    out = t_next(&t);
    T_EQ(out.seg.ack.v, t.peer_iss + 101);
    T_EQ(out.seg.fast_open_octets, 8);
    T_TRUE(memcmp(out.fast_open, cookie, 8) != 0);
    t_another(&t, 40010);
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys, 1), SF_OK);
    syn(&t, 8, 100);
    T_EQ(t_next(&t).seg.ack.v, t.peer_iss + 1);
    /* Without any of its own, those of the stack; there are none: one of the seed. */
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys, 0), SF_OK);
    memcpy(cookie, out.fast_open, 8);
    t_another(&t, 40011);
    syn(&t, 8, 100);
    T_EQ(t_next(&t).seg.ack.v, t.peer_iss + 1);
    t_end(&t);
}

static void keys_are_a_listeners_or_the_stacks(void **state)
{
    static const uint8_t keys[3][SF_FAST_OPEN_KEY] = {{1, 2, 3}, {4, 5, 6}, {7}};
    struct t_talk t;

    begin(&t, state);
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys, 2), SF_OK);
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys, 3), SF_ERR_INVAL);
    T_EQ(sf_set_fast_open_keys(t.stack, (struct sf_handle){0, 0}, keys, 3), SF_ERR_INVAL);
    t_open_passive(&t);
    T_EQ(sf_set_fast_open_keys(t.stack, t.conn, keys, 1), SF_ERR_INVAL);
    T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
    T_EQ(sf_set_fast_open_keys(t.stack, t.listener, keys, 1), SF_ERR_STALE);
    t_end(&t);
}

/* RFC 7413 s7.3: text alone will do, and a wrong cookie beside it is of no matter. */
static void without_cookies_text_alone_opens(void **state)
{
    static const struct {
        uint8_t option, octets;
        uint32_t text;
        bool opens;
    } rows[] = {{0, 0, 100, true},
                {1, 0, 100, true},
                {1, 8, 100, true},
                {0, 0, 0, false},
                {1, 0, 0, false}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.listen.fast_open = 1;
        t.listen.fast_open_no_cookie = 1;
        t_listen(&t);
        memset(cookie, 7, sizeof(cookie));
        T_EQ_ROW(i,
                 t_peer(&t, SF_SYN, .seq = {4999}, .text = rows[i].text,
                        .options = rows[i].option != 0 ? SF_OPT_FAST_OPEN : 0,
                        .fast_open = cookie, .fast_open_octets = rows[i].octets),
                 SF_PASS);
        T_EQ_ROW(i, t_next(&t).seg.ack.v, t.peer_iss + 1 + rows[i].text);
        T_EQ_ROW(i, t.listener_ready == SF_READY_ACCEPT, rows[i].opens);
        t_end(&t);
    }
}

static void status_tells_of_text_on_the_syn(void **state)
{
    static const uint32_t texts[] = {0, 1, 100};

    for (size_t i = 0; i < T_COUNT(texts); i++) {
        struct t_talk t;

        begin(&t, state);
        syn(&t, 8, texts[i]);
        t_accept(&t);
        T_EQ_ROW(i, t_status(&t).fast_open, texts[i] != 0);
        t_end(&t);
    }
}

/* The buffer has room beside the text, and SYN,ACK is the first to offer any. */
static void syn_ack_offers_what_the_text_has_left(void **state)
{
    static const struct {
        uint32_t rcvbuf, text;
        uint16_t wnd;
    } rows[] = {
        {4096, 100, 3996}, {65535, 100, 65435}, {65636, 100, 65535}, {1 << 20, 100, 65535}};

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.listen.fast_open = 2;
        t.listen.rcvbuf_octets = rows[i].rcvbuf;
        t_listen(&t);
        fetch_cookie(&t);
        syn(&t, 8, rows[i].text);
        T_EQ_ROW(i, t_next(&t).seg.wnd, rows[i].wnd);
        t_accept(&t);
        t_recv(&t, 100);
        t_silence(&t); /* nobody is told of more before the handshake is complete */
        t_end(&t);
    }
}

/* Linux hands out who has died meanwhile, with what was read. */
static void the_dead_are_accepted_if_that_is_wanted(void **state)
{
    for (uint8_t wanted = 0; wanted < 2; wanted++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.accept_dead = wanted;
        t.listen.fast_open = 2;
        t.listen.accept_queue = 1;
        t_listen(&t);
        fetch_cookie(&t);
        syn(&t, 8, 100);
        t_forget(&t);
        T_EQ(t_peer(&t, SF_RST, .seq = {5100}), SF_DROP_RESET);
        T_EQ_ROW(wanted, usage(&t).connections, wanted);
        if (wanted == 0) {
            T_EQ(sf_accept(t.stack, t.listener, &t.conn, t.now), SF_ERR_AGAIN);
            t_end(&t);
            continue;
        }
        /* It takes its place until then. */
        t_another(&t, 40010);
        T_EQ(t_peer(&t, SF_SYN, .seq = {4999}), SF_DROP_ACCEPT_QUEUE);
        t_accept(&t);
        T_EQ(t_status(&t).state, SF_CLOSED);
        T_EQ(t_status(&t).error, SF_ERR_RESET);
        t_recv(&t, 100);
        T_EQ(t_recv_err(&t), SF_ERR_RESET);
        t_close(&t);
        t_silence(&t);
        /* The listener takes one with it that nobody has accepted. */
        t_another(&t, 40011);
        syn(&t, 8, 100);
        t_forget(&t);
        T_EQ(t_peer(&t, SF_RST, .seq = {5100}), SF_DROP_RESET);
        T_EQ(sf_close(t.stack, t.listener, t.now), SF_OK);
        t_silence(&t);
        T_EQ(usage(&t).connections, 0);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(without_being_asked_for_it_is_off),
        T_BOTH(text_with_a_cookie_is_read_before_the_third_segment),
        T_BOTH(a_server_may_be_done_before_the_third_segment),
        T_BOTH(unread_text_of_a_syn_makes_a_close_a_reset),
        T_BOTH(the_answer_is_bounded_by_the_initial_window),
        T_BOTH(a_cookie_without_text_opens_at_once_too),
        T_BOTH(a_wrong_cookie_is_answered_by_a_right_one),
        T_BOTH(cookies_of_no_proper_length_are_no_option),
        T_BOTH(keys_rotate),
        T_BOTH(the_pending_are_limited),
        T_BOTH(a_reset_counts_as_pending_for_a_minute),
        T_BOTH(syn_ack_is_repeated_alone),
        T_BOTH(a_doubled_syn_is_one_connection),
        T_BOTH(a_handshake_that_is_never_complete_ends),
        T_BOTH(a_reset_before_the_handshake_is_complete_is_told),
        T_BOTH(a_fin_on_the_syn_comes_again),
        T_BOTH(the_experimental_option_is_answered_by_its_like),
        T_BOTH(without_room_nothing_opens_at_once),
        T_BOTH(who_is_asked_about_waits_for_the_answer),
        T_BOTH(a_listener_that_goes_leaves_who_was_accepted),
        T_BOTH(set_keys_make_the_same_cookies_everywhere),
        T_BOTH(the_second_key_is_good_until_it_is_taken_away),
        T_BOTH(keys_are_a_listeners_or_the_stacks),
        T_BOTH(without_cookies_text_alone_opens),
        T_BOTH(status_tells_of_text_on_the_syn),
        T_BOTH(syn_ack_offers_what_the_text_has_left),
        T_BOTH(the_dead_are_accepted_if_that_is_wanted),
    };

    return cmocka_run_group_tests_name("fastopen", tests, NULL, NULL);
}
