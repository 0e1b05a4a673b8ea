/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sock/notes.c - the error queue: MSG_ZEROCOPY, SO_TIMESTAMPING, and who is told.
 */
#include "sock.h"

#include <time.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <sys/epoll.h>

static void set(struct sock *s, int name, int value, int64_t result)
{
    const struct sf_calls_option o = {.level = SOL_SOCKET, .name = name, .value = value};
    struct sf_calls_option got = {.level = SOL_SOCKET, .name = name};

    T_EQ(sf_calls_setsockopt(&s->calls, s->fd, &o, s->t.now), result);
    if (result == 0) {
        T_EQ(sf_calls_getsockopt(&s->calls, s->fd, &got, s->t.now), 0);
        T_EQ(got.value, value);
    }
}

static void note_is(struct sock *s, uint8_t origin, uint32_t info, uint32_t data,
                    uint64_t at_ms)
{
    struct sf_calls_note note;

    T_EQ(sf_calls_recv_note(&s->calls, s->fd, &note), 0);
    T_EQ(note.origin, origin);
    T_EQ(note.error, origin == SO_EE_ORIGIN_TIMESTAMPING ? ENOMSG : 0);
    T_EQ(note.code, origin == SO_EE_ORIGIN_ZEROCOPY ? SO_EE_CODE_ZEROCOPY_COPIED : 0);
    T_EQ(note.info, info);
    T_EQ(note.data, data);
    T_EQ(note.at.ns / SF_NS_PER_MS, at_ms);
}

static void no_note(struct sock *s)
{
    struct sf_calls_note note;

    T_EQ(sf_calls_recv_note(&s->calls, s->fd, &note), -EAGAIN);
}

static void zerocopy_is_told_of_by_numbers_in_a_row(void **state)
{
    struct sock s;

    sock_open(&s, state);
    T_EQ(sock_send(&s, 10, MSG_ZEROCOPY), 10);
    no_note(&s); /* nobody has asked for it */
    set(&s, SO_ZEROCOPY, 1, 0);
    T_EQ(sock_send(&s, 10, 0), 10);
    no_note(&s);
    T_EQ(sock_send(&s, 10, MSG_ZEROCOPY), 10);
    note_is(&s, SO_EE_ORIGIN_ZEROCOPY, 0, 0, 0);
    T_EQ(sock_send(&s, 10, MSG_ZEROCOPY), 10);
    T_EQ(sock_send(&s, 10, MSG_ZEROCOPY), 10);
    T_EQ(sock_send(&s, 0, MSG_ZEROCOPY), 0);
    note_is(&s, SO_EE_ORIGIN_ZEROCOPY, 1, 2, 0);
    no_note(&s);
    set(&s, SO_ZEROCOPY, 2, -EINVAL);
    t_end(&s.t);
}

/* SCHED and SND as the last octet leaves, ACK when it is acknowledged; numbered from where the
 * option was set. */
static void timestamps_follow_the_last_octet(void **state)
{
    const int all = SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE |
                    SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_SOFTWARE |
                    SOF_TIMESTAMPING_OPT_ID;
    struct sock s;

    sock_open(&s, state);
    T_EQ(sock_send(&s, 10, 0), 10);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1010});
    set(&s, SO_TIMESTAMPING, all, 0);
    T_EQ(sock_send(&s, 20, 0), 20);
    t_pull(&s.t);
    sf_calls_look(&s.calls, s.t.now);
    T_EQ(sock_send(&s, 30, 0), 30); /* Nagle */
    sf_calls_look(&s.calls, s.t.now);
    note_is(&s, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SCHED, 19, 1000);
    note_is(&s, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SND, 19, 1000);
    no_note(&s);
    t_advance(&s.t, SF_MS(5));
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1029}); /* all but the last */
    sf_calls_look(&s.calls, s.t.now);
    no_note(&s);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1030});
    sf_calls_look(&s.calls, s.t.now);
    note_is(&s, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_ACK, 19, 1005);
    note_is(&s, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SCHED, 49, 1005);
    note_is(&s, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SND, 49, 1005);
    no_note(&s);
    t_end(&s.t);
}

static void timestamps_that_there_are_not_are_refused(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    s.fd = sock_new(&s);
    set(&s, SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE, -ENOPROTOOPT);
    set(&s, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_HARDWARE, -ENOPROTOOPT);
    set(&s, SO_TIMESTAMPING, SOF_TIMESTAMPING_OPT_ID, -EINVAL); /* no connection to count in */
    set(&s, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_ACK | SOF_TIMESTAMPING_OPT_TSONLY, 0);
    T_EQ(sf_calls_recv_note(&s.calls, 63, &(struct sf_calls_note){0}), -EBADF);
    t_end(&s.t);
}

/* POLLERR is a level; by edge each note is told once. */
static void whoever_polls_is_told(void **state)
{
    struct sf_calls_event event = {0};
    struct sock s;

    sock_open(&s, state);
    set(&s, SO_ZEROCOPY, 1, 0);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);
    struct sf_calls_watch w = {.epoll = epoll, .fd = s.fd, .events = EPOLLOUT | EPOLLET};
    T_EQ(sf_calls_epoll_ctl(&s.calls, EPOLL_CTL_ADD, &w), 0);
    T_EQ(sf_calls_epoll_wait(&s.calls, epoll, &event, 1, s.t.now), 1);
    T_EQ(event.events, EPOLLOUT);
    for (int i = 0; i < 2; i++) {
        T_EQ(sock_send(&s, 10, MSG_ZEROCOPY), 10);
        T_EQ(sf_calls_poll(&s.calls, s.fd, POLLOUT, s.t.now), POLLOUT | POLLERR);
        T_EQ(sf_calls_epoll_wait(&s.calls, epoll, &event, 1, s.t.now), 1);
        T_EQ(event.events, EPOLLOUT | EPOLLERR);
        T_EQ(sf_calls_epoll_wait(&s.calls, epoll, &event, 1, s.t.now), 0);
    }
    note_is(&s, SO_EE_ORIGIN_ZEROCOPY, 0, 1, 0);
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLOUT, s.t.now), POLLOUT);
    t_end(&s.t);
}

/* When the queue is full a send that has to be told of is refused, timestamps are lost. */
static void the_queue_has_an_end(void **state)
{
    struct sock s;

    sock_open(&s, state);
    set(&s, SO_ZEROCOPY, 1, 0);
    set(&s, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE, 0);
    for (int i = 0; i < SF_CALLS_NOTES; i++) {
        T_EQ(sock_send(&s, 1, 0), 1);
        t_pull(&s.t);
        t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1001U + (unsigned)i});
        sf_calls_look(&s.calls, s.t.now);
    }
    T_EQ(sock_send(&s, 1, MSG_ZEROCOPY), -ENOBUFS);
    T_EQ(sock_send(&s, 1, 0), 1);
    for (int i = 0; i < SF_CALLS_NOTES; i++) {
        note_is(&s, SO_EE_ORIGIN_TIMESTAMPING, SCM_TSTAMP_SND, 0, 1000);
    }
    no_note(&s);
    t_end(&s.t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(zerocopy_is_told_of_by_numbers_in_a_row),
        T_BOTH(timestamps_follow_the_last_octet),
        T_BOTH(timestamps_that_there_are_not_are_refused),
        T_BOTH(whoever_polls_is_told),
        T_BOTH(the_queue_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
