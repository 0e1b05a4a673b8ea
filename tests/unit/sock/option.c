/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sock/option.c - options: their ranges, whom they reach, and what is read back.
 */
#include "sock.h"

/* Both edges of each. */
static void values_have_ranges(void **state)
{
    static const struct {
        int level, name, value;
        int result;
    } rows[] = {
        {IPPROTO_TCP, TCP_KEEPIDLE, 0, -EINVAL},
        {IPPROTO_TCP, TCP_KEEPIDLE, 1, 0},
        {IPPROTO_TCP, TCP_KEEPIDLE, 32767, 0},
        {IPPROTO_TCP, TCP_KEEPIDLE, 32768, -EINVAL},
        {IPPROTO_TCP, TCP_KEEPINTVL, 0, -EINVAL},
        {IPPROTO_TCP, TCP_KEEPCNT, 127, 0},
        {IPPROTO_TCP, TCP_KEEPCNT, 128, -EINVAL},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, -1, -EINVAL},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, 0, 0},
        {IPPROTO_TCP, TCP_SYNCNT, 0, -EINVAL},
        {IPPROTO_TCP, TCP_SYNCNT, 127, 0},
        {IPPROTO_TCP, TCP_SYNCNT, 128, -EINVAL},
        {IPPROTO_TCP, SF_CALLS_KEEPINIT, 0, -EINVAL},
        {IPPROTO_TCP, SF_CALLS_KEEPINIT, 1, 0},
        {IPPROTO_TCP, SF_CALLS_NOOPT, 1, 0},
        {IPPROTO_TCP, TCP_MAXSEG, 87, -EINVAL},
        {IPPROTO_TCP, TCP_MAXSEG, 88, 0},
        {IPPROTO_TCP, TCP_NOTSENT_LOWAT, -1, 0}, /* 32 bits without a sign */
        {IPPROTO_TCP, TCP_FASTOPEN, 5, 0},
        {IPPROTO_TCP, TCP_FASTOPEN, -1, -EINVAL},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT, 1800, 0},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT, 1801, -EINVAL},
        {IPPROTO_TCP, TCP_MD5SIG, 1, -ENOPROTOOPT},
        {IPPROTO_IP, IP_TTL, 0, -EINVAL},
        {IPPROTO_IP, IP_TTL, 255, 0},
        {IPPROTO_IP, IP_TTL, 256, -EINVAL},
        {IPPROTO_IP, IP_TOS, 255, 0},
        {IPPROTO_IP, IP_TOS, 256, -EINVAL},
        {SOL_SOCKET, SO_RCVBUF, 0, -EINVAL},
        {SOL_SOCKET, SO_MARK, 666, 0},
        {SOL_SOCKET, SO_BUSY_POLL, 1, -ENOPROTOOPT},
        {99, 1, 1, -ENOPROTOOPT},
    };
    struct sock s;

    sock_begin(&s, state);
    int fd = sock_new(&s);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        T_EQ_ROW(i, sock_set(&s, fd, rows[i].level, rows[i].name, rows[i].value),
                 rows[i].result);
    }
    T_EQ(sock_set(&s, 60, SOL_SOCKET, SO_REUSEADDR, 1), -EBADF);
    t_end(&s.t);
}

static void what_was_set_is_read(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    int fd = sock_new(&s);
    T_EQ(sock_get(&s, fd, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
    T_EQ(sock_set(&s, fd, IPPROTO_TCP, TCP_KEEPIDLE, 10), 0);
    T_EQ(sock_get(&s, fd, IPPROTO_TCP, TCP_KEEPIDLE), 10);
    T_EQ(sock_set(&s, fd, IPPROTO_TCP, TCP_NODELAY, 7), 0); /* a switch */
    T_EQ(sock_get(&s, fd, IPPROTO_TCP, TCP_NODELAY), 1);
    T_EQ(sock_set(&s, fd, SOL_SOCKET, SO_RCVBUF, 10000), 0);
    T_EQ(sock_get(&s, fd, SOL_SOCKET, SO_RCVBUF), 20000); /* as Linux doubles it */
    T_EQ(sock_set(&s, fd, SOL_SOCKET, SO_REUSEADDR, 1), 0);
    T_EQ(sock_get(&s, fd, SOL_SOCKET, SO_REUSEADDR), 1);
    T_EQ(sock_get(&s, fd, SOL_SOCKET, SO_MARK), 0);
    T_EQ(sock_set(&s, fd, SOL_SOCKET, SO_MARK, 666), 0);
    T_EQ(sock_get(&s, fd, SOL_SOCKET, SO_MARK), 666);
    T_EQ(sock_get(&s, fd, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    T_EQ(sock_get(&s, fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
    T_EQ(sock_get(&s, fd, IPPROTO_TCP, TCP_MAXSEG), 536);
    T_EQ(sock_set(&s, fd, IPPROTO_TCP, TCP_MAXSEG, 700), 0);
    T_EQ(sock_get(&s, fd, IPPROTO_TCP, TCP_MAXSEG), 700);
    sock_listen(&s, 1);
    T_EQ(sock_get(&s, s.listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
    t_end(&s.t);
}

/* A listener's options are those of what it accepts, for the engine too. */
static void a_connection_inherits(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    s.listener = sock_new(&s);
    T_EQ(sock_set(&s, s.listener, IPPROTO_TCP, TCP_KEEPIDLE, 10), 0);
    T_EQ(sf_calls_bind(&s.calls, s.listener, &s.t.us), 0);
    T_EQ(sf_calls_listen(&s.calls, s.listener, 1, s.t.now), 0);
    T_EQ(sock_set(&s, s.listener, IPPROTO_IP, IP_TTL, 9), 0);
    sock_accept(&s);
    T_EQ(sock_get(&s, s.fd, IPPROTO_TCP, TCP_KEEPIDLE), 10);
    T_EQ(sock_set(&s, s.fd, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
    t_advance(&s.t, SF_S(10));
    struct t_out probe = t_next(&s.t);
    T_EQ(probe.seg.flags, SF_ACK);
    T_EQ(probe.hop_limit, 9);
    t_end(&s.t);
}

/* What a listener knows from its beginning can change while nobody waits. */
static void a_listener_begins_again(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    sock_listen(&s, 1);
    T_EQ(sock_set(&s, s.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 5), 0);
    t_peer(&s.t, SF_SYN, .seq = {4999});
    t_expect(&s.t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    T_EQ(sock_set(&s, s.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT, 0), -EINVAL);
    T_EQ(sock_get(&s, s.listener, IPPROTO_TCP, TCP_DEFER_ACCEPT), 5);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000});
    T_EQ(sf_calls_accept(&s.calls, s.listener, 0, s.t.now), -EAGAIN);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 1);
    T_TRUE(sf_calls_accept(&s.calls, s.listener, 0, s.t.now) >= SF_CALLS_FIRST);
    t_end(&s.t);
}

/* FreeBSD: as it is, and whole segments once there is a connection. */
static void a_buffer_is_whole_segments(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    s.calls.bsd = true;
    s.calls.segment = 1460;
    sf_calls_default(&s.calls, SF_OPTION_RCVBUF, 65536);
    sock_listen(&s, 1);
    T_EQ(sock_get(&s, s.listener, SOL_SOCKET, SO_RCVBUF), 65536);
    sock_accept(&s);
    T_EQ(sock_get(&s, s.fd, SOL_SOCKET, SO_RCVBUF), 65700); /* 45 * 1460 */
    T_EQ(sock_set(&s, s.fd, SOL_SOCKET, SO_RCVBUF, 1000), 0);
    T_EQ(sock_get(&s, s.fd, SOL_SOCKET, SO_RCVBUF), 1000); /* less than one */
    t_end(&s.t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(values_have_ranges),         T_BOTH(what_was_set_is_read),
        T_BOTH(a_connection_inherits),      T_BOTH(a_listener_begins_again),
        T_BOTH(a_buffer_is_whole_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
