/* SPDX-License-Identifier: MIT
 *
 * sock/calls/option.c - getsockopt() and setsockopt() for what the engine has.
 *
 * What is set before there is a connection is kept, and set on it when there is one; a
 * listener's go to what it accepts.
 */
#include "sock/calls/calls.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* Options that are one number of the engine's. */
static const struct plain {
    int level, name;
    enum sf_option option;
    int scale; /* how many of the engine's units one of the call's is; 0: a switch */
    int least, most;
    int initial;
} plain[] = {
    {IPPROTO_TCP, TCP_NODELAY, SF_OPTION_NODELAY, 0, 0, 1, 0},
    {IPPROTO_TCP, TCP_CORK, SF_OPTION_CORK, 0, 0, 1, 0},
    {IPPROTO_TCP, TCP_QUICKACK, SF_OPTION_QUICKACK, 0, 0, 1, 1},
    {SOL_SOCKET, SO_KEEPALIVE, SF_OPTION_KEEPALIVE, 0, 0, 1, 0},
    {IPPROTO_TCP, TCP_KEEPIDLE, SF_OPTION_KEEPALIVE_IDLE, 1000, 1, 32767, 7200},
    {IPPROTO_TCP, TCP_KEEPINTVL, SF_OPTION_KEEPALIVE_INTERVAL, 1000, 1, 32767, 75},
    {IPPROTO_TCP, TCP_KEEPCNT, SF_OPTION_KEEPALIVE_PROBES, 1, 1, 127, 9},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, SF_OPTION_USER_TIMEOUT, 1, 0, INT32_MAX, 0},
    {IPPROTO_TCP, SF_CALLS_KEEPINIT, SF_OPTION_OPEN_TIMEOUT, 1000, 1, 32767, 75},
    {IPPROTO_TCP, SF_CALLS_NOOPT, SF_OPTION_PLAIN, 0, 0, 1, 0},
    {IPPROTO_TCP, TCP_SYNCNT, SF_OPTION_SYN_RETRIES, 1, 1, 127, 6},
    {IPPROTO_TCP, TCP_LINGER2, SF_OPTION_FIN_WAIT_2, 1000, 1, 120, 60},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, SF_OPTION_UNSENT_LOW, 1, 0, INT32_MAX, 0},
    {IPPROTO_TCP, TCP_MAXSEG, SF_OPTION_MAXSEG, 1, 88, 65535, 536},
    {SOL_SOCKET, SO_RCVBUF, SF_OPTION_RCVBUF, 1, 1, INT32_MAX, 131072},
    {SOL_SOCKET, SO_SNDBUF, SF_OPTION_SNDBUF, 1, 1, INT32_MAX, 16384},
    {IPPROTO_IP, IP_TOS, SF_OPTION_TOS, 1, 0, 255, 0},
    {IPPROTO_IPV6, IPV6_TCLASS, SF_OPTION_TOS, 1, 0, 255, 0},
    {IPPROTO_IP, IP_TTL, SF_OPTION_HOP_LIMIT, 1, 1, 255, 64},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS, SF_OPTION_HOP_LIMIT, 1, 1, 255, 64},
};

static const struct plain *plain_of(const struct sf_calls_option *option)
{
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        if (plain[i].level == option->level && plain[i].name == option->name) {
            return &plain[i];
        }
    }
    return NULL;
}

void sf_calls_default(struct sf_calls *calls, enum sf_option option, uint64_t value)
{
    calls->defaults[option] = value;
    calls->defaults_set |= 1U << option;
}

/* As FreeBSD does once the MSS is known: up to a multiple of it. */
static uint64_t whole_segments(const struct sf_calls *calls, uint64_t octets)
{
    if (!calls->bsd || calls->segment == 0 || octets < calls->segment) {
        return octets;
    }
    return (octets + calls->segment - 1) / calls->segment * calls->segment;
}

/* An option as the engine takes it. */
static uint64_t engine_value(const struct sf_calls *calls, const struct sf_calls_fd *f,
                             unsigned option)
{
    return option == SF_OPTION_RCVBUF ? whole_segments(calls, f->options[option])
                                      : f->options[option];
}

void sf_calls_apply(struct sf_calls *calls, const struct sf_calls_fd *f, sf_time now)
{
    for (unsigned o = 0; o < SF_CALLS_OPTIONS; o++) {
        if ((f->options_set >> o & 1) != 0 &&
            sf_set_option(calls->stack, f->handle, (enum sf_option)o, engine_value(calls, f, o),
                          now) != SF_OK) {
            return; /* it has died meanwhile, which the next call tells */
        }
    }
}

static int64_t set_plain(struct sf_calls *calls, struct sf_calls_fd *f, const struct plain *p,
                         int value, sf_time now)
{
    if (p->option == SF_OPTION_UNSENT_LOW && value < 0) {
        value = INT32_MAX; /* a number of 32 bits without a sign */
    }
    /* A scale of 0 is a switch: anything but 0 turns it on. */
    value = p->scale == 0 ? value != 0 : value;
    if (value < p->least || value > p->most) {
        return -EINVAL;
    }
    f->options[p->option] = (uint64_t)value * (uint64_t)(p->scale == 0 ? 1 : p->scale);
    f->options_set |= 1U << p->option;
    if (f->stage >= SF_CALLS_LISTENING) {
        enum sf_err err = sf_set_option(calls->stack, f->handle, p->option,
                                        engine_value(calls, f, p->option), now);

        return err == SF_ERR_STALE ? 0 : -sf_calls_errno(err);
    }
    return 0;
}

/* TCP_FASTOPEN_KEY: one or two. */
static int64_t set_keys(struct sf_calls *calls, struct sf_calls_fd *f,
                        const struct sf_calls_option *option)
{
    size_t n = option->n_octets / SF_FAST_OPEN_KEY;

    if (n == 0 || n > SF_FAST_OPEN_KEYS || option->n_octets % SF_FAST_OPEN_KEY != 0 ||
        f->stage > SF_CALLS_LISTENING) {
        return -EINVAL;
    }
    memcpy(f->keys, option->octets, option->n_octets);
    f->n_keys = (uint8_t)n;
    if (f->stage != SF_CALLS_LISTENING) {
        return 0;
    }
    return -sf_calls_errno(sf_set_fast_open_keys(
        calls->stack, f->handle, (const uint8_t(*)[SF_FAST_OPEN_KEY])f->keys, n));
}

/* As many of the keys as fit whole. */
static int64_t get_keys(const struct sf_calls_fd *f, struct sf_calls_option *option)
{
    size_t octets = (size_t)f->n_keys * SF_FAST_OPEN_KEY;

    option->n_octets -= option->n_octets % SF_FAST_OPEN_KEY;
    option->n_octets = octets < option->n_octets ? octets : option->n_octets;
    memcpy(option->octets, f->keys, option->n_octets);
    return 0;
}

/* What a listener has to know when it begins. */
static int64_t set_tcp(struct sf_calls *calls, struct sf_calls_fd *f,
                       const struct sf_calls_option *option, sf_time now)
{
    uint32_t value = (uint32_t)option->value;

    if (option->name == TCP_INQ) {
        f->inq = value != 0;
        return value <= 1 ? 0 : -EINVAL;
    }
    if (option->name == TCP_FASTOPEN_KEY) {
        return set_keys(calls, f, option);
    }
    if (option->name == TCP_FASTOPEN_CONNECT && (calls->fast & SF_CALLS_FAST_CLIENT) == 0) {
        return -EOPNOTSUPP;
    }
    if (option->name == TCP_FASTOPEN_CONNECT) {
        if (option->value < 0 || option->value > 1 || f->stage != SF_CALLS_NEW || f->deferred) {
            return -EINVAL;
        }
        f->fast_connect = value != 0;
        return 0;
    }
    if (option->name != TCP_FASTOPEN && option->name != TCP_DEFER_ACCEPT &&
        option->name != TCP_FASTOPEN_NO_COOKIE) {
        return -ENOPROTOOPT;
    }
    if (f->stage > SF_CALLS_LISTENING || option->value < 0 ||
        option->value > (option->name == TCP_FASTOPEN_NO_COOKIE ? 1 : 1800)) {
        return -EINVAL;
    }
    const struct sf_calls_fd was = *f;
    f->fast_open = option->name == TCP_FASTOPEN ? value : f->fast_open;
    f->defer_accept = option->name == TCP_DEFER_ACCEPT ? value : f->defer_accept;
    f->fast_free = option->name == TCP_FASTOPEN_NO_COOKIE ? value != 0 : f->fast_free;
    int64_t result = f->stage == SF_CALLS_LISTENING ? sf_calls_relisten(calls, f, now) : 0;
    if (result != 0) {
        f->fast_open = was.fast_open;
        f->defer_accept = was.defer_accept;
        f->fast_free = was.fast_free;
    }
    return result;
}

int64_t sf_calls_setsockopt(struct sf_calls *calls, int fd,
                            const struct sf_calls_option *option, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    const struct plain *p = plain_of(option);

    if (f == NULL) {
        return -EBADF;
    }
    if (p != NULL) {
        return set_plain(calls, f, p, option->value, now);
    }
    if (option->level == IPPROTO_TCP) {
        return set_tcp(calls, f, option, now);
    }
    if ((option->level == IPPROTO_IP && option->name == IP_TRANSPARENT) ||
        (option->level == IPPROTO_IPV6 && option->name == IPV6_TRANSPARENT)) {
        f->transparent = option->value != 0;
        return 0;
    }
    if (option->level == SOL_SOCKET && option->name == SO_REUSEADDR) {
        f->reuse_address = option->value != 0;
        return 0;
    }
    if (option->level == SOL_SOCKET && option->name == SO_MARK) {
        f->mark = option->value; /* for whoever asks: no route of ours looks at it */
        return 0;
    }
    if (option->level == SOL_SOCKET && option->name == SO_ZEROCOPY) {
        f->zerocopy = option->value == 1;
        return option->value == 0 || option->value == 1 ? 0 : -EINVAL;
    }
    if (option->level == SOL_SOCKET && option->name == SO_TIMESTAMPING) {
        return sf_calls_set_stamps(calls, f, option->value, now);
    }
    if (option->level == SOL_SOCKET && option->name == SO_LINGER) {
        f->linger = option->value != 0;
        f->linger_s = (uint32_t)option->second;
        return 0;
    }
    return -ENOPROTOOPT;
}

static int plain_value(struct sf_calls *calls, int fd, const struct plain *p, sf_time now)
{
    const struct sf_calls_fd *f = sf_calls_at(calls, fd);
    int scale = p->scale == 0 ? 1 : p->scale;
    bool set = (f->options_set >> p->option & 1) != 0;
    int value = set ? (int)(f->options[p->option] / (uint64_t)scale) : p->initial;
    bool buffer = p->option == SF_OPTION_RCVBUF || p->option == SF_OPTION_SNDBUF;

    if (buffer && calls->bsd) {
        struct sf_status status;
        bool open = f->stage > SF_CALLS_LISTENING && sf_calls_status(calls, fd, &status, now) &&
                    status.state != SF_SYN_SENT;

        return open ? (int)whole_segments(calls, (uint64_t)value) : value;
    }
    /* Linux doubles what is asked for, to have room for its own book-keeping. */
    return buffer && set ? 2 * value : value;
}

int64_t sf_calls_getsockopt(struct sf_calls *calls, int fd, struct sf_calls_option *option,
                            sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    const struct plain *p = plain_of(option);
    struct sf_status status;

    if (f == NULL) {
        return -EBADF;
    }
    if (p != NULL && p->option != SF_OPTION_MAXSEG) {
        option->value = plain_value(calls, fd, p, now);
        return 0;
    }
    bool live = sf_calls_status(calls, fd, &status, now);
    if (p != NULL) {
        /* RFC 9293 s3.7.1: 536 until the peer has said more. */
        option->value = live && f->stage != SF_CALLS_LISTENING ? (int)status.mss
                                                               : plain_value(calls, fd, p, now);
        return 0;
    }
    if (option->level == IPPROTO_TCP &&
        (option->name == TCP_FASTOPEN || option->name == TCP_DEFER_ACCEPT)) {
        option->value = (int)(option->name == TCP_FASTOPEN ? f->fast_open : f->defer_accept);
        return 0;
    }
    if (option->level == IPPROTO_TCP &&
        (option->name == TCP_FASTOPEN_CONNECT || option->name == TCP_FASTOPEN_NO_COOKIE)) {
        option->value = option->name == TCP_FASTOPEN_CONNECT ? f->fast_connect : f->fast_free;
        return 0;
    }
    if (option->level == IPPROTO_TCP && option->name == TCP_FASTOPEN_KEY) {
        return get_keys(f, option);
    }
    if (option->level != SOL_SOCKET) {
        return -ENOPROTOOPT;
    }
    switch (option->name) {
    case SO_ERROR:
        option->value = sf_calls_take_error(calls, f, now);
        return 0;
    case SO_REUSEADDR:
        option->value = f->reuse_address;
        return 0;
    case SO_LINGER:
        option->value = f->linger;
        option->second = (int)f->linger_s;
        return 0;
    case SO_MARK:
        option->value = f->mark;
        return 0;
    case SO_ZEROCOPY:
        option->value = f->zerocopy;
        return 0;
    case SO_TIMESTAMPING:
        option->value = (int)f->stamps;
        return 0;
    case SO_TYPE:
        option->value = SOCK_STREAM;
        return 0;
    case SO_ACCEPTCONN:
        option->value = f->stage == SF_CALLS_LISTENING;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}
