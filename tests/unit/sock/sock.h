/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sock/sock.h - descriptors on a stack to which a peer talks.
 */
#ifndef TESTS_UNIT_SOCK_SOCK_H
#define TESTS_UNIT_SOCK_SOCK_H

#include "talk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/time.h"
#include "sock/calls/calls.h"

struct sock {
    struct t_talk t;
    struct sf_calls calls;
    int listener; /* a descriptor; nonblocking */
    int fd;       /* of a connection */
};

static inline int sock_family(const struct sock *s)
{
    return s->t.us.addr.family == SF_IPV4 ? AF_INET : AF_INET6;
}

static inline int sock_new(struct sock *s)
{
    int64_t fd = sf_calls_socket(&s->calls, sock_family(s), SOCK_STREAM | SOCK_NONBLOCK, 0);

    T_TRUE(fd >= SF_CALLS_FIRST);
    return (int)fd;
}

static inline void sock_begin(struct sock *s, void **state)
{
    t_begin(&s->t, t_family(state));
    t_start(&s->t);
    sf_calls_init(&s->calls, s->t.stack);
}

/* A listener, on the port that the peer talks to. */
static inline void sock_listen(struct sock *s, int backlog)
{
    s->listener = sock_new(s);
    T_EQ(sf_calls_bind(&s->calls, s->listener, &s->t.us), 0);
    T_EQ(sf_calls_listen(&s->calls, s->listener, backlog, s->t.now), 0);
}

static inline void sock_accept(struct sock *s)
{
    t_peer(&s->t, SF_SYN, .seq = {4999});
    t_expect(&s->t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
    t_peer(&s->t, SF_ACK, .seq = {5000}, .ack = {1000});
    s->fd = (int)sf_calls_accept(&s->calls, s->listener, SOCK_NONBLOCK, s->t.now);
    T_TRUE(s->fd >= SF_CALLS_FIRST);
}

/* A connection, accepted. */
static inline void sock_open(struct sock *s, void **state)
{
    sock_begin(s, state);
    sock_listen(s, 1);
    sock_accept(s);
}

static inline int64_t sock_recv(struct sock *s, uint8_t *data, size_t octets, int flags)
{
    struct sf_calls_buffer b = {.data = data, .octets = octets, .flags = flags};

    return sf_calls_recv(&s->calls, s->fd, &b, s->t.now);
}

static inline int64_t sock_send(struct sock *s, size_t octets, int flags)
{
    static uint8_t data[4096];
    struct sf_calls_buffer b = {.data = data, .octets = octets, .flags = flags};
    int64_t result = sf_calls_send(&s->calls, s->fd, &b, s->t.now);

    t_pull(&s->t);
    return result;
}

static inline int64_t sock_set(struct sock *s, int fd, int level, int name, int value)
{
    struct sf_calls_option o = {.level = level, .name = name, .value = value};

    return sf_calls_setsockopt(&s->calls, fd, &o, s->t.now);
}

static inline int sock_get(struct sock *s, int fd, int level, int name)
{
    struct sf_calls_option o = {.level = level, .name = name};

    T_EQ(sf_calls_getsockopt(&s->calls, fd, &o, s->t.now), 0);
    return o.value;
}

#endif
