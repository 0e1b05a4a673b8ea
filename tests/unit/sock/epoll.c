/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sock/epoll.c - epoll by level, by edge, and once.
 */
#include "sock.h"

#include <sys/epoll.h>

static struct sf_calls_watch watch(const struct sock *s, int epoll, uint32_t events)
{
    return (struct sf_calls_watch){
        .epoll = epoll, .fd = s->fd, .events = events, .data = 0xfeedfacecafe};
}

static uint32_t once(struct sock *s, int epoll)
{
    struct sf_calls_event event[2] = {{0}};
    int64_t n = sf_calls_epoll_wait(&s->calls, epoll, event, 2, s->t.now);

    T_TRUE(n == 0 || (n == 1 && event[0].data == 0xfeedfacecafe));
    return event[0].events;
}

static void a_level_is_told_as_long_as_it_lasts(void **state)
{
    struct sock s;
    uint8_t data[16];

    sock_open(&s, state);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);
    struct sf_calls_watch w = watch(&s, epoll, EPOLLIN);

    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), 0);
    T_EQ(once(&s, epoll), 0);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    T_EQ(once(&s, epoll), EPOLLIN);
    T_EQ(once(&s, epoll), EPOLLIN);
    T_EQ(sock_recv(&s, data, 16, 0), 10);
    T_EQ(once(&s, epoll), 0);
    t_end(&s.t);
}

static void an_edge_is_told_once_for_each_arrival(void **state)
{
    struct sock s;
    uint8_t data[16];

    sock_open(&s, state);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);
    struct sf_calls_watch w = watch(&s, epoll, EPOLLIN | EPOLLOUT | EPOLLET);

    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), 0);
    T_EQ(once(&s, epoll), EPOLLOUT);
    T_EQ(once(&s, epoll), 0);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    T_EQ(once(&s, epoll), EPOLLIN | EPOLLOUT);
    T_EQ(once(&s, epoll), 0);
    T_EQ(sock_recv(&s, data, 4, 0), 4); /* some is left: no edge */
    T_EQ(once(&s, epoll), 0);
    t_peer(&s.t, SF_ACK, .seq = {5010}, .ack = {1000}, .text = 1);
    T_EQ(once(&s, epoll), EPOLLIN | EPOLLOUT);
    T_EQ(once(&s, epoll), 0);
    t_end(&s.t);
}

/* Room is an edge only for who was told that there is none. */
static void room_is_an_edge_after_a_write_that_found_none(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    sf_calls_default(&s.calls, SF_OPTION_SNDBUF, 4096);
    sock_listen(&s, 1);
    sock_accept(&s);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);
    struct sf_calls_watch w = watch(&s, epoll, EPOLLOUT | EPOLLET);

    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), 0);
    T_EQ(once(&s, epoll), EPOLLOUT);
    T_EQ(sock_send(&s, 4096, 0), 4096);
    T_EQ(sock_send(&s, 1, 0), -EAGAIN);
    T_EQ(once(&s, epoll), 0);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000 + 1440});
    T_EQ(once(&s, epoll), EPOLLOUT);
    T_EQ(once(&s, epoll), 0);
    t_end(&s.t);
}

static void once_is_once_until_it_is_asked_for_again(void **state)
{
    struct sock s;

    sock_open(&s, state);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);
    struct sf_calls_watch w = watch(&s, epoll, EPOLLOUT | EPOLLONESHOT);

    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), 0);
    T_EQ(once(&s, epoll), EPOLLOUT);
    T_EQ(once(&s, epoll), 0);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_MOD, &w), 0);
    T_EQ(once(&s, epoll), EPOLLOUT);
    t_end(&s.t);
}

static void watching_has_its_errors(void **state)
{
    struct sock s;
    struct sf_calls_event event;

    sock_open(&s, state);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);
    struct sf_calls_watch w = watch(&s, epoll, EPOLLIN);
    struct sf_calls_watch nowhere = {.epoll = epoll, .fd = 60};
    struct sf_calls_watch itself = {.epoll = epoll, .fd = epoll};
    struct sf_calls_watch no_epoll = {.epoll = s.fd, .fd = s.listener};

    T_EQ(sf_calls_epoll_create(&s.calls, 0), -EINVAL);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_MOD, &w), -ENOENT);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_DEL, &w), -ENOENT);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &nowhere), -EBADF);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &itself), -EINVAL);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &no_epoll), -EINVAL);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), 0);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), -EEXIST);
    T_EQ(sf_calls_epoll_ctl(&s.calls, 99, &w), -EINVAL);
    T_EQ(sf_calls_epoll_wait(&s.calls, 60, &event, 1, s.t.now), -EBADF);
    T_EQ(sf_calls_epoll_wait(&s.calls, s.fd, &event, 1, s.t.now), -EINVAL);
    T_EQ(sf_calls_epoll_wait(&s.calls, epoll, &event, 0, s.t.now), -EINVAL);
    /* Who is closed is watched no more: the descriptor's number may come back. */
    T_EQ(sf_calls_close(&s.calls, s.fd, s.t.now), 0);
    T_EQ(sock_new(&s), s.fd);
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_MOD, &w), -ENOENT);
    t_end(&s.t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_level_is_told_as_long_as_it_lasts),
        T_BOTH(an_edge_is_told_once_for_each_arrival),
        T_BOTH(room_is_an_edge_after_a_write_that_found_none),
        T_BOTH(once_is_once_until_it_is_asked_for_again),
        T_BOTH(watching_has_its_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
