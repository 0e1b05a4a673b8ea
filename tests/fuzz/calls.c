/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/calls.c - socket calls in any order, on two stacks that talk to each other.
 *
 * The input is a script of steps of four octets: a call with its descriptor and argument on
 * one of the two, frames that cross or are lost, time.  No call returns what is no errno, and
 * at the end, when everything is closed, no connection is left.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "base/time.h"
#include "sock/calls/calls.h"
#include "synfin/net.h"

#define HOLDS(condition) ((condition) ? (void)0 : abort())

enum { SIDES = 2, TEXT = 3000, PORTS = 3 };

struct side {
    struct sf_stack *stack;
    void *memory;
    struct sf_calls calls;
    struct sf_addr addr;
};

struct world {
    struct side sides[SIDES];
    sf_time now;
    uint8_t text[TEXT];
};

/* One step of the input. */
struct step {
    uint8_t what, fd, a, b;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static void begin(struct world *w)
{
    w->now = (sf_time){SF_S(1000).ns};
    for (int i = 0; i < SIDES; i++) {
        struct side *s = &w->sides[i];
        struct sf_config config;

        sf_config_default(&config);
        memset(config.seed, 1 + i, sizeof(config.seed));
        config.max_connections = 16;
        config.max_embryos = 8;
        config.max_time_waits = 8;
        config.max_chunks = 64;
        config.chunk_octets = 1024;
        config.msl = SF_MS(100);
        config.accept_dead = i == 0;
        config.nagle = i == 0 ? SF_NAGLE_SMALL : SF_NAGLE_ALL;
        config.more_briefly = i == 0;
        config.quick_reply = i == 0;
        config.fast_open_form = i == 0 ? SF_FAST_OPEN_FALLBACK : SF_FAST_OPEN_KIND_34;
        config.fast_open_backoff = SF_S(i == 0 ? 0 : 60);
        size_t size = (sf_stack_octets(&config) + 63) / 64 * 64;
        s->memory = aligned_alloc(64, size);
        HOLDS(size > 0 && s->memory != NULL);
        s->addr = (struct sf_addr){.family = SF_IPV4, .octets = {10, 0, 0, (uint8_t)(1 + i)}};
        HOLDS(sf_stack_init(s->memory, &config, w->now, &s->stack) == SF_OK);
        HOLDS(sf_stack_add_address(s->stack, &s->addr, 24) == SF_OK);
        sf_calls_init(&s->calls, s->stack);
        s->calls.bsd = i == 1;
        s->calls.fast |= i == 0 ? SF_CALLS_FAST_LISTENERS | SF_CALLS_FAST_SERVER_FREE : 0U;
    }
}

/* Move what one has to say to the other; some of it dies. */
static bool cross(struct world *w, int from, bool lose)
{
    struct sf_frame out[8];
    struct sf_ready_event events[8];
    size_t n = sf_stack_tx(w->sides[from].stack, out, 8, w->now);

    while (sf_stack_events(w->sides[from].stack, events, 8) > 0) {
        /* who calls asks */
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t flat[2048];
        struct sf_frame in;
        size_t at = out[i].head_octets;

        HOLDS(out[i].octets <= sizeof(flat));
        memcpy(flat, out[i].head, at);
        for (uint8_t p = 0; p < out[i].n_pieces; p++) {
            memcpy(flat + at, out[i].pieces[p].data, out[i].pieces[p].octets);
            at += out[i].pieces[p].octets;
        }
        memset(&in, 0, sizeof(in));
        in.octets = (uint32_t)at;
        in.n_pieces = 1;
        in.pieces[0] = (struct sf_piece){flat, (uint32_t)at};
        if (!lose || i % 2 == 0) {
            sf_stack_rx(w->sides[1 - from].stack, &in, 1, w->now);
        }
    }
    sf_stack_tx_done(w->sides[from].stack, out, n);
    sf_calls_look(&w->sides[from].calls, w->now);
    return n > 0;
}

static void settle(struct world *w)
{
    for (int i = 0; i < 200; i++) {
        bool any = cross(w, 0, false);

        any = cross(w, 1, false) || any;
        if (!any) {
            return;
        }
    }
}

static void advance(struct world *w, sf_span span)
{
    sf_time until = sf_time_add(w->now, span);

    settle(w); /* what is owed has no timer yet */
    for (int i = 0; i < 400; i++) {
        sf_time a = sf_stack_deadline(w->sides[0].stack);
        sf_time b = sf_stack_deadline(w->sides[1].stack);
        sf_time next = sf_time_before(a, b) ? a : b;

        if (sf_time_before(until, next)) {
            break;
        }
        w->now = sf_time_before(w->now, next) ? next : w->now;
        sf_stack_tick(w->sides[0].stack, w->now);
        sf_stack_tick(w->sides[1].stack, w->now);
        settle(w);
    }
    w->now = until;
    sf_stack_tick(w->sides[0].stack, w->now);
    sf_stack_tick(w->sides[1].stack, w->now);
}

static struct sf_endpoint port_of(const struct side *s, uint8_t n)
{
    return (struct sf_endpoint){.addr = s->addr, .port = (uint16_t)(80 + n % PORTS)};
}

static int64_t option(struct world *w, struct side *s, const struct step *p, bool set)
{
    static const int names[][2] = {
        {IPPROTO_TCP, TCP_NODELAY},
        {IPPROTO_TCP, TCP_CORK},
        {IPPROTO_TCP, TCP_QUICKACK},
        {SOL_SOCKET, SO_KEEPALIVE},
        {IPPROTO_TCP, TCP_KEEPIDLE},
        {IPPROTO_TCP, TCP_KEEPINTVL},
        {IPPROTO_TCP, TCP_KEEPCNT},
        {IPPROTO_TCP, TCP_USER_TIMEOUT},
        {IPPROTO_TCP, TCP_SYNCNT},
        {IPPROTO_TCP, TCP_LINGER2},
        {IPPROTO_TCP, TCP_MAXSEG},
        {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
        {SOL_SOCKET, SO_RCVBUF},
        {SOL_SOCKET, SO_SNDBUF},
        {IPPROTO_IP, IP_TOS},
        {IPPROTO_IP, IP_TTL},
        {IPPROTO_TCP, TCP_FASTOPEN},
        {IPPROTO_TCP, TCP_DEFER_ACCEPT},
        {SOL_SOCKET, SO_REUSEADDR},
        {SOL_SOCKET, SO_LINGER},
        {SOL_SOCKET, SO_ERROR},
        {SOL_SOCKET, SO_TYPE},
        {IPPROTO_IP, IP_TRANSPARENT},
        {IPPROTO_TCP, TCP_INFO},
        {SOL_SOCKET, SO_ZEROCOPY},
        {SOL_SOCKET, SO_TIMESTAMPING},
        {IPPROTO_TCP, TCP_FASTOPEN_CONNECT},
        {IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE},
        {IPPROTO_TCP, TCP_FASTOPEN_KEY},
    };
    uint8_t octets[UINT8_MAX] = {p->a, p->b};
    const int *name = names[p->a % (sizeof(names) / sizeof(names[0]))];
    struct sf_calls_option o = {.level = name[0],
                                .name = name[1],
                                .value = p->b * p->b,
                                .second = p->b % 2,
                                .octets = octets,
                                .n_octets = p->b};

    return set ? sf_calls_setsockopt(&s->calls, p->fd, &o, w->now)
               : sf_calls_getsockopt(&s->calls, p->fd, &o, w->now);
}

static int64_t move(struct world *w, struct side *s, const struct step *p, bool out)
{
    static const int flags[] = {
        0,        MSG_PEEK,     MSG_DONTWAIT, MSG_WAITALL,
        MSG_MORE, MSG_OOB,      MSG_TRUNC,    MSG_NOSIGNAL,
        MSG_EOR,  MSG_ZEROCOPY, MSG_FASTOPEN, MSG_FASTOPEN | MSG_ZEROCOPY | MSG_DONTWAIT};
    const struct side *other = s == &w->sides[0] ? &w->sides[1] : &w->sides[0];
    struct sf_endpoint to = port_of(other, p->b);
    struct sf_calls_buffer b = {
        .data = w->text, .octets = (size_t)p->a * p->a % TEXT, .flags = flags[p->b % 12]};
    int64_t result = out ? sf_calls_sendto(&s->calls, p->fd, &to, &b, w->now)
                         : sf_calls_recv(&s->calls, p->fd, &b, w->now);

    HOLDS(b.done <= b.octets && (result == SF_CALLS_WAIT || result <= (int64_t)b.octets));
    return result;
}

static int64_t watch(struct world *w, struct side *s, const struct step *p, bool wait)
{
    struct sf_calls_event events[4];
    struct sf_calls_watch watched = {
        .epoll = p->fd,
        .fd = p->a % SF_CALLS_MOST,
        .events =
            EPOLLIN | EPOLLOUT | (p->b & 4 ? EPOLLET : 0U) | (p->b & 8 ? EPOLLONESHOT : 0U),
    };

    return wait ? sf_calls_epoll_wait(&s->calls, p->fd, events, p->a % 5, w->now)
                : sf_calls_epoll_ctl(&s->calls, p->b % 5, &watched);
}

static int64_t call(struct world *w, struct side *s, const struct step *p)
{
    const struct side *other = s == &w->sides[0] ? &w->sides[1] : &w->sides[0];
    struct sf_endpoint local = port_of(s, p->a);
    struct sf_endpoint remote = port_of(other, p->a);
    const struct sf_endpoint nobody = {.port = 0};
    struct sf_calls_note note;
    struct sf_status status;
    int value = 0;

    switch (p->what / SIDES % 20) {
    case 0:
        return sf_calls_socket(&s->calls, AF_INET, SOCK_STREAM | (p->a & 1 ? SOCK_NONBLOCK : 0),
                               p->b);
    case 1:
        return sf_calls_bind(&s->calls, p->fd, &local);
    case 2:
        return sf_calls_listen(&s->calls, p->fd, (int8_t)p->a, w->now);
    case 3:
        return sf_calls_accept(&s->calls, p->fd, p->a & 1 ? SOCK_NONBLOCK : 0, w->now);
    case 4:
        return sf_calls_connect(&s->calls, p->fd, &remote, w->now);
    case 5:
        return sf_calls_close(&s->calls, p->fd, w->now);
    case 6:
        return sf_calls_shutdown(&s->calls, p->fd, p->a % 4, w->now);
    case 7:
        return move(w, s, p, true);
    case 8:
        return move(w, s, p, false);
    case 9:
        return option(w, s, p, true);
    case 10:
        return option(w, s, p, false);
    case 11:
        return sf_calls_poll(&s->calls, p->fd, (short)(p->a | POLLIN), w->now);
    case 12:
        return sf_calls_ioctl(&s->calls, p->fd,
                              p->a % 3 == 0   ? SIOCINQ
                              : p->a % 3 == 1 ? SIOCOUTQ
                                              : SIOCOUTQNSD,
                              &value, w->now);
    case 13:
        return sf_calls_fcntl(&s->calls, p->fd, p->a % 8, p->b << 4);
    case 14:
        return sf_calls_epoll_create(&s->calls, p->a);
    case 15:
        return watch(w, s, p, false);
    case 16:
        return watch(w, s, p, true);
    case 17:
        return sf_calls_recv_note(&s->calls, p->fd, &note);
    case 18:
        return sf_calls_connect(&s->calls, p->fd, &nobody, w->now);
    default:
        return sf_calls_status(&s->calls, p->fd, &status, w->now);
    }
}

static void step(struct world *w, const struct step *p)
{
    struct step fitted = *p;

    fitted.fd = (uint8_t)(p->fd % 16);
    if (p->what >= 240) {
        advance(w, SF_MS((uint64_t)p->a * p->a));
    } else if (p->what >= 200) {
        cross(w, p->what % SIDES, p->a & 1);
    } else {
        int64_t result = call(w, &w->sides[p->what % SIDES], &fitted);

        HOLDS(result == SF_CALLS_WAIT || result > -200);
    }
}

/* Close everything; after hours nothing is left. */
static void end(struct world *w)
{
    for (int i = 0; i < SIDES; i++) {
        for (int fd = 0; fd < SF_CALLS_MOST; fd++) {
            sf_calls_close(&w->sides[i].calls, fd, w->now);
        }
    }
    for (int i = 0; i < 40; i++) {
        advance(w, SF_S(600));
    }
    for (int i = 0; i < SIDES; i++) {
        struct sf_walk_row row;
        uint64_t cursor = 0;

        HOLDS(!sf_walk(w->sides[i].stack, &cursor, &row, w->now));
        free(w->sides[i].memory);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static struct world w;
    struct step s;

    memset(&w, 0, sizeof(w));
    begin(&w);
    for (size_t i = 0; i + sizeof(s) <= octets && i < 2000; i += sizeof(s)) {
        memcpy(&s, data + i, sizeof(s));
        step(&w, &s);
    }
    end(&w);
    return 0;
}
