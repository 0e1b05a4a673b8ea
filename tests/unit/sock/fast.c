/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sock/fast.c - Fast Open's client through the socket calls (RFC 7413 s4.2): what
 * goes with the SYN, and what each call returns.
 */
#include "sock.h"

static const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};

static int64_t sendto_them(struct sock *s, size_t octets, int flags)
{
    static uint8_t data[4096];
    struct sf_calls_buffer b = {.data = data, .octets = octets, .flags = flags};
    int64_t result = sf_calls_sendto(&s->calls, s->fd, &s->t.them, &b, s->t.now);

    t_pull(&s->t);
    return result;
}

static void fresh(struct sock *s)
{
    s->t.iss_known = false;
    s->t.sent = 0;
    s->t.ts = false;
    t_forget(&s->t);
    s->t.us.port++;
    s->fd = sock_new(s);
    T_EQ(sf_calls_bind(&s->calls, s->fd, &s->t.us), 0);
}

/* A SYN, its cookie of so many octets, its text of so many. */
static void expect_syn(struct sock *s, uint8_t octets, uint32_t text)
{
    struct t_out syn = t_next(&s->t);

    T_EQ(syn.seg.flags, SF_SYN);
    T_TRUE((syn.seg.options & SF_OPT_FAST_OPEN) != 0);
    T_EQ(syn.seg.fast_open_octets, octets);
    T_EQ(syn.seg.text_octets, text);
}

static void expect_text(struct sock *s, uint32_t seq, uint32_t octets)
{
    struct t_out out = t_next(&s->t);

    T_EQ(out.seg.flags, SF_ACK | SF_PSH);
    T_EQ(out.seg.seq.v - s->t.iss + 999, seq);
    T_EQ(out.seg.ack.v, s->t.peer_iss + 1);
    T_EQ(out.seg.text_octets, octets);
}

static void syn_ack(struct sock *s, uint32_t ack)
{
    T_EQ(t_peer(&s->t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {ack},
                .options = SF_OPT_FAST_OPEN, .fast_open = cookie, .fast_open_octets = 8),
         SF_PASS);
}

/* A server that gives a cookie; its MSS is 1000, so that a SYN carries 1000 - 40 = 960. */
static void begin(struct sock *s, void **state)
{
    sock_begin(s, state);
    s->t.mss = 1000;
}

static void learn(struct sock *s, void **state)
{
    begin(s, state);
    fresh(s);
    T_EQ(sendto_them(s, 0, MSG_FASTOPEN), -EINPROGRESS);
    expect_syn(s, 0, 0);
    syn_ack(s, 1000);
    T_EQ(sf_calls_close(&s->calls, s->fd, s->t.now), 0);
    t_pull(&s->t);
    fresh(s);
}

static void the_room_is_known_with_the_cookie_and_not_before(void **state)
{
    struct sock s;
    uint32_t room = 1;

    begin(&s, state);
    struct sf_open how = {.remote = s.t.them};
    T_EQ(sf_fast_open_room(s.t.stack, &how, &room, s.t.now), SF_ERR_AGAIN);
    T_EQ(room, 0);
    t_end(&s.t);
    learn(&s, state);
    how.remote = s.t.them;
    T_EQ(sf_fast_open_room(s.t.stack, &how, &room, s.t.now), SF_OK);
    T_EQ(room, 960);
    /* A later SYN,ACK without a cookie has another MSS: 800 - 40. */
    T_EQ(sendto_them(&s, 10, MSG_FASTOPEN), 10);
    expect_syn(&s, 8, 10);
    s.t.mss = 800;
    t_peer(&s.t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1010});
    T_EQ(sf_fast_open_room(s.t.stack, &how, &room, s.t.now), SF_OK);
    T_EQ(room, 760);
    how.remote.port = 0;
    T_EQ(sf_fast_open_room(s.t.stack, &how, &room, s.t.now), SF_ERR_INVAL);
    T_EQ(room, 0);
    t_end(&s.t);
}

static void without_a_cookie_nothing_is_taken(void **state)
{
    struct sock s;

    begin(&s, state);
    fresh(&s);
    T_EQ(sendto_them(&s, 100, MSG_FASTOPEN), -EINPROGRESS);
    expect_syn(&s, 0, 0);
    T_EQ(sendto_them(&s, 100, MSG_FASTOPEN), -EALREADY);
    T_EQ(sendto_them(&s, 100, 0), -EAGAIN);
    syn_ack(&s, 1000);
    t_expect(&s.t, SF_ACK, .seq = {1000}, .ack = {5000});
    /* Linux tells of the connection once, by taking the octets. */
    T_EQ(sendto_them(&s, 100, MSG_FASTOPEN), 100);
    expect_text(&s, 1000, 100);
    T_EQ(sendto_them(&s, 100, MSG_FASTOPEN), -EISCONN);
    t_end(&s.t);
}

static void the_count_is_what_went_with_the_syn(void **state)
{
    static const size_t asked[] = {1, 959, 960, 961, 4000};

    for (size_t i = 0; i < T_COUNT(asked); i++) {
        uint32_t went = asked[i] < 960 ? (uint32_t)asked[i] : 960;
        struct sock s;

        learn(&s, state);
        T_EQ_ROW(i, sendto_them(&s, asked[i], MSG_FASTOPEN), went);
        expect_syn(&s, 8, went);
        syn_ack(&s, 1000 + went);
        t_expect(&s.t, SF_ACK, .seq = {1000 + went}, .ack = {5000});
        t_silence(&s.t);
        t_end(&s.t);
    }
}

/* One that waits has the rest follow the SYN,ACK at once. */
static void a_send_that_waits_returns_all(void **state)
{
    static uint8_t data[1500];
    struct sf_calls_buffer b = {.data = data, .octets = 1500, .flags = MSG_FASTOPEN};
    struct sock s;

    learn(&s, state);
    sf_calls_fcntl(&s.calls, s.fd, F_SETFL, 0);
    T_TRUE(sf_calls_sendto(&s.calls, s.fd, &s.t.them, &b, s.t.now) == SF_CALLS_WAIT);
    t_pull(&s.t);
    expect_syn(&s, 8, 960);
    T_TRUE(sf_calls_sendto(&s.calls, s.fd, &s.t.them, &b, s.t.now) == SF_CALLS_WAIT);
    syn_ack(&s, 1960);
    expect_text(&s, 1960, 540);
    T_EQ(sf_calls_sendto(&s.calls, s.fd, &s.t.them, &b, s.t.now), 1500);
    t_end(&s.t);
}

static void an_error_comes_before_the_count(void **state)
{
    static uint8_t data[10];
    struct sf_calls_buffer b = {.data = data, .octets = 10, .flags = MSG_FASTOPEN};
    struct sock s;

    learn(&s, state);
    sf_calls_fcntl(&s.calls, s.fd, F_SETFL, 0);
    T_TRUE(sf_calls_sendto(&s.calls, s.fd, &s.t.them, &b, s.t.now) == SF_CALLS_WAIT);
    t_pull(&s.t);
    expect_syn(&s, 8, 10);
    t_peer(&s.t, SF_RST | SF_ACK, .seq = {0}, .ack = {1000});
    T_EQ(sf_calls_sendto(&s.calls, s.fd, &s.t.them, &b, s.t.now), -ECONNREFUSED);
    t_end(&s.t);
}

/* TCP_FASTOPEN_CONNECT. */
static void a_deferred_connect_sends_nothing_before_the_first_octets(void **state)
{
    struct sock s;
    uint8_t data[4];

    learn(&s, state);
    T_EQ(sock_get(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT), 0);
    T_EQ(sock_set(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 2), -EINVAL);
    T_EQ(sock_set(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), 0);
    T_EQ(sock_get(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT), 1);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), 0);
    t_pull(&s.t);
    t_silence(&s.t);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EISCONN);
    T_EQ(sf_calls_listen(&s.calls, s.fd, 1, s.t.now), -EINVAL);
    T_EQ(sock_set(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0), -EINVAL);
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLIN | POLLOUT, s.t.now), POLLOUT);
    T_EQ(sock_recv(&s, data, 4, 0), -EAGAIN);
    T_EQ(sock_send(&s, 1000, 0), 960);
    expect_syn(&s, 8, 960);
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLIN | POLLOUT, s.t.now), 0);
    t_end(&s.t);
}

static void without_a_cookie_connect_asks_for_one(void **state)
{
    struct sock s;

    begin(&s, state);
    fresh(&s);
    T_EQ(sock_set(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1), 0);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EINPROGRESS);
    t_pull(&s.t);
    expect_syn(&s, 0, 0);
    T_EQ(sock_set(&s, s.fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0), -EINVAL);
    t_end(&s.t);
}

static void nobody_is_no_destination(void **state)
{
    struct sf_calls_buffer b = {.flags = MSG_FASTOPEN};
    struct sf_endpoint nobody = {.port = 80};
    struct sock s;

    begin(&s, state);
    fresh(&s);
    T_EQ(sf_calls_sendto(&s.calls, s.fd, &nobody, &b, s.t.now), -EOPNOTSUPP);
    T_EQ(sf_calls_sendto(&s.calls, 63, &s.t.them, &b, s.t.now), -EBADF);
    t_end(&s.t);
}

/* As Linux's sysctl has them. */
static void what_there_is_of_fast_open_is_bits(void **state)
{
    static uint8_t data[100];
    struct sf_calls_buffer b = {.data = data, .octets = 100, .flags = MSG_FASTOPEN};
    struct sf_calls_option connect = {
        .level = IPPROTO_TCP, .name = TCP_FASTOPEN_CONNECT, .value = 1};
    struct sf_calls_option none = {
        .level = IPPROTO_TCP, .name = TCP_FASTOPEN_NO_COOKIE, .value = 1};
    struct sock s;

    begin(&s, state);
    fresh(&s);
    s.calls.fast = SF_CALLS_FAST_SERVER;
    T_EQ(sf_calls_sendto(&s.calls, s.fd, &s.t.them, &b, s.t.now), -EOPNOTSUPP);
    T_EQ(sf_calls_setsockopt(&s.calls, s.fd, &connect, s.t.now), -EOPNOTSUPP);
    s.calls.fast = SF_CALLS_FAST_CLIENT;
    T_EQ(sf_calls_setsockopt(&s.calls, s.fd, &connect, s.t.now), 0);
    s.calls.fast = SF_CALLS_FAST_CLIENT | SF_CALLS_FAST_CLIENT_FREE;
    T_EQ(sendto_them(&s, 100, MSG_FASTOPEN), 100);
    T_EQ(t_next(&s.t).seg.text_octets, 100);
    s.calls.fast = SF_CALLS_FAST_CLIENT;
    fresh(&s);
    T_EQ(sf_calls_setsockopt(&s.calls, s.fd, &none, s.t.now), 0);
    T_EQ(sf_calls_getsockopt(&s.calls, s.fd, &none, s.t.now), 0);
    T_EQ(none.value, 1);
    T_EQ(sendto_them(&s, 100, MSG_FASTOPEN), 100);
    T_EQ(t_next(&s.t).seg.options & SF_OPT_FAST_OPEN, 0);
    none.value = 2;
    T_EQ(sf_calls_setsockopt(&s.calls, s.fd, &none, s.t.now), -EINVAL);
    t_end(&s.t);
}

static void which_listeners_have_it_is_too(void **state)
{
    static const struct {
        uint32_t bits;
        int asked; /* TCP_FASTOPEN */
        bool opens;
    } rows[] = {
        {SF_CALLS_FAST_SERVER_FREE, 1, false},
        {SF_CALLS_FAST_SERVER | SF_CALLS_FAST_SERVER_FREE, 0, false},
        {SF_CALLS_FAST_SERVER | SF_CALLS_FAST_SERVER_FREE, 1, true},
        {SF_CALLS_FAST_SERVER | SF_CALLS_FAST_SERVER_FREE | SF_CALLS_FAST_LISTENERS, 0, true},
        {SF_CALLS_FAST_SERVER, 1, false},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sf_calls_option ask = {
            .level = IPPROTO_TCP, .name = TCP_FASTOPEN, .value = rows[i].asked};
        struct sock s;

        begin(&s, state);
        s.calls.fast = rows[i].bits;
        s.listener = sock_new(&s);
        T_EQ(sf_calls_bind(&s.calls, s.listener, &s.t.us), 0);
        T_EQ(sf_calls_setsockopt(&s.calls, s.listener, &ask, s.t.now), 0);
        T_EQ(sf_calls_listen(&s.calls, s.listener, 1, s.t.now), 0);
        t_peer(&s.t, SF_SYN, .seq = {4999}, .text = 10);
        T_EQ_ROW(i, t_next(&s.t).seg.ack.v, s.t.peer_iss + (rows[i].opens ? 11U : 1U));
        if (rows[i].opens) {
            int64_t fd = sf_calls_accept(&s.calls, s.listener, SOCK_NONBLOCK, s.t.now);

            s.fd = (int)fd;
            T_EQ(sock_send(&s, 5, 0), 5); /* before the third segment */
        }
        t_end(&s.t);
    }
}

static void keys_are_one_or_two_of_sixteen_octets(void **state)
{
    static const size_t lengths[] = {0, 3, 15, 17, 31, 33, 48, 16, 32};
    uint8_t octets[48] = {9, 8, 7};
    uint8_t came[48];
    struct sock s;

    sock_begin(&s, state);
    sock_listen(&s, 1);
    for (size_t i = 0; i < T_COUNT(lengths); i++) {
        struct sf_calls_option key = {.level = IPPROTO_TCP,
                                      .name = TCP_FASTOPEN_KEY,
                                      .octets = octets,
                                      .n_octets = lengths[i]};

        T_EQ_ROW(i, sf_calls_setsockopt(&s.calls, s.listener, &key, s.t.now),
                 lengths[i] == 16 || lengths[i] == 32 ? 0 : -EINVAL);
    }
    struct sf_calls_option got = {
        .level = IPPROTO_TCP, .name = TCP_FASTOPEN_KEY, .octets = came, .n_octets = 31};
    T_EQ(sf_calls_getsockopt(&s.calls, s.listener, &got, s.t.now), 0);
    T_EQ(got.n_octets, 16); /* as fit whole */
    T_MEM(came, octets, 16);
    t_end(&s.t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_room_is_known_with_the_cookie_and_not_before),
        T_BOTH(without_a_cookie_nothing_is_taken),
        T_BOTH(the_count_is_what_went_with_the_syn),
        T_BOTH(a_send_that_waits_returns_all),
        T_BOTH(an_error_comes_before_the_count),
        T_BOTH(a_deferred_connect_sends_nothing_before_the_first_octets),
        T_BOTH(without_a_cookie_connect_asks_for_one),
        T_BOTH(nobody_is_no_destination),
        T_BOTH(what_there_is_of_fast_open_is_bits),
        T_BOTH(which_listeners_have_it_is_too),
        T_BOTH(keys_are_one_or_two_of_sixteen_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
