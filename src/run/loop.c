/* SPDX-License-Identifier: MIT
 *
 * run/loop.c - a stack on a link, given time, chance and turns.
 *
 *   settle: events ──► application        wait: epoll, until the nearest deadline
 *           frames ──► link               receive: frames ──► stack
 *      └──► wait ──► receive ──► tick ──► descriptors ──► settle ──► turn ──► send
 *
 * Every step is bounded, so that a link that never runs dry starves nobody: what is left
 * over makes the next turn one without sleep.  A link that takes fewer frames than there
 * are keeps them here, in order, until it can be written to again.
 */
#include "synfin/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "run/loop_own.h"

/* Batches of one step of one turn. */
#define RX_BATCHES    4
#define TX_BATCHES    64
#define EVENT_BATCHES 16

/* What the application gets of events at once. */
#define EVENTS_MAX 64

/* When to try a link again that took nothing, in case its descriptor does not tell. */
#define RETRY_AFTER SF_MS(1)

/* Turns in a row in which the link's descriptor reports an error and no frame: the device
 * is gone.  One alone is a device that went down. */
#define HANGUPS_MAX 3

static void watch_link(struct sf_loop *loop, bool out)
{
    int fd = loop->link->ops->fd(loop->link);

    if (fd >= 0 && out != loop->watching_out) {
        struct epoll_event e =
            sf_loop_interest(out ? EPOLLIN | EPOLLOUT : EPOLLIN, OWNER_LINK, fd);

        (void)epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fd, &e);
        loop->watching_out = out;
    }
}

/* Hand the stack's frames to the link until either has enough. */
static void send_frames(struct sf_loop *loop)
{
    loop->retry_at = SF_TIME_NEVER;
    for (int i = 0; i < TX_BATCHES; i++) {
        sf_time now = sf_now();
        size_t done = 0;

        if (loop->tx_count == 0) {
            loop->tx_first = 0;
            loop->tx_count = sf_stack_tx(loop->stack, loop->tx, SF_BATCH_MAX, now);
        }
        if (loop->tx_count == 0) {
            watch_link(loop, false);
            return;
        }
        done = loop->link->ops->tx(loop->link, loop->tx + loop->tx_first, loop->tx_count, now);
        if (done != 0) {
            sf_stack_tx_done(loop->stack, loop->tx + loop->tx_first, done);
        }
        loop->tx_first += done;
        loop->tx_count -= done;
        if (loop->tx_count != 0) {
            loop->retry_at = sf_time_add(now, RETRY_AFTER);
            watch_link(loop, true);
            return;
        }
    }
    loop->busy = true;
}

/* Let the application act on what is ready until nothing is. */
static void deliver_events(struct sf_loop *loop)
{
    struct sf_ready_event events[EVENTS_MAX];

    for (int i = 0; i < EVENT_BATCHES; i++) {
        size_t n = sf_stack_events(loop->stack, events, EVENTS_MAX);

        if (n == 0) {
            return;
        }
        if (loop->app.events != NULL) {
            loop->app.events(loop->app.context, events, n, sf_now());
        }
    }
    loop->busy = true;
}

static void settle(struct sf_loop *loop)
{
    deliver_events(loop);
    send_frames(loop);
}

/* Hand the link's frames to the stack; returns how many. */
static size_t receive_frames(struct sf_loop *loop)
{
    size_t all = 0;

    for (int i = 0; i < RX_BATCHES; i++) {
        size_t n = loop->link->ops->rx(loop->link, loop->rx, SF_BATCH_MAX, sf_now());

        if (n != 0) {
            sf_stack_rx(loop->stack, loop->rx, n, sf_now());
        }
        all += n;
        if (n < SF_BATCH_MAX) {
            return all;
        }
    }
    loop->busy = true;
    return all;
}

/* epoll_wait() to the nanosecond; to the next millisecond where the kernel is older than
 * 5.11. */
static int wait_for(struct sf_loop *loop, sf_span span)
{
    struct timespec t = {.tv_sec = (time_t)(span.ns / SF_NS_PER_S),
                         .tv_nsec = (long)(span.ns % SF_NS_PER_S)};
    bool ever = span.ns > SF_S(86400).ns;
    int n = epoll_pwait2(loop->epoll, loop->ready, SF_LOOP_READY, ever ? NULL : &t, NULL);

    if (n < 0 && errno == ENOSYS) {
        int ms = ever ? -1 : (int)((span.ns + SF_NS_PER_MS - 1) / SF_NS_PER_MS);

        n = epoll_wait(loop->epoll, loop->ready, SF_LOOP_READY, ms);
    }
    return n < 0 && errno == EINTR ? 0 : n;
}

/* Sleep until something is to be done. */
static enum sf_err wait_until(struct sf_loop *loop, sf_time until)
{
    sf_time link_at = loop->link->ops->deadline(loop->link);
    sf_time first = sf_time_min(until, sf_stack_deadline(loop->stack));
    sf_span span = {0};

    first = sf_time_min(sf_time_min(first, link_at), loop->retry_at);
    if (!loop->busy) {
        span = sf_time_is_never(first) ? (sf_span){UINT64_MAX} : sf_time_sub(first, sf_now());
    }
    loop->n_ready = wait_for(loop, span);
    if (loop->n_ready < 0) {
        loop->n_ready = 0;
        return SF_ERR_OS;
    }
    loop->receive = loop->busy || loop->link->ops->fd(loop->link) < 0 ||
                    sf_time_before_eq(link_at, sf_now());
    loop->busy = false;
    return SF_OK;
}

/* What epoll says of our own descriptors.  True if the link reports an error. */
static bool look_at_own(struct sf_loop *loop)
{
    bool error = false;

    for (int i = 0; i < loop->n_ready; i++) {
        uint64_t owner = loop->ready[i].data.u64 >> OWNER_SHIFT;

        if (owner == OWNER_LINK) {
            loop->receive |= (loop->ready[i].events & ~(uint32_t)EPOLLOUT) != 0;
            error = (loop->ready[i].events & (EPOLLERR | EPOLLHUP)) != 0;
        } else if (owner == OWNER_WAKE) {
            uint64_t count = 0;

            (void)!read(loop->wake, &count, sizeof(count));
        }
    }
    return error;
}

/* Tell the application of its descriptors.  It may change what is watched meanwhile. */
static void report_descriptors(struct sf_loop *loop)
{
    for (loop->at_ready = 0; loop->at_ready < loop->n_ready; loop->at_ready++) {
        const struct epoll_event *e = &loop->ready[loop->at_ready];
        uint32_t which = (uint32_t)(e->data.u64 >> OWNER_SHIFT);
        uint32_t ready =
            ((e->events & EPOLLIN) != 0 ? 1u : 0u) | ((e->events & EPOLLOUT) != 0 ? 2u : 0u);

        if (which >= OWNER_LINK) {
            continue;
        }
        /* Reading and writing both tell what is wrong. */
        ready = (e->events & (EPOLLERR | EPOLLHUP)) != 0 ? which : ready & which;
        if (ready != 0 && loop->app.descriptor != NULL) {
            loop->app.descriptor(loop->app.context, (int)(uint32_t)e->data.u64, ready,
                                 sf_now());
        }
    }
    loop->n_ready = 0;
}

enum sf_err sf_loop_turn(struct sf_loop *loop, sf_time until)
{
    enum sf_err err = SF_OK;
    bool error = false;
    size_t frames = 0;

    settle(loop);
    err = wait_until(loop, until);
    if (err != SF_OK) {
        return err;
    }
    error = look_at_own(loop);
    if (loop->receive) {
        frames = receive_frames(loop);
    }
    sf_stack_tick(loop->stack, sf_now());
    report_descriptors(loop);
    settle(loop);
    if (loop->app.turn != NULL) {
        loop->app.turn(loop->app.context, sf_now());
        send_frames(loop);
    }
    loop->hangups = error && frames == 0 ? loop->hangups + 1 : 0;
    if (loop->hangups > HANGUPS_MAX) {
        errno = loop->link->error == SF_ERR_OS ? loop->link->os_error : ENODEV;
        return SF_ERR_OS;
    }
    return SF_OK;
}

enum sf_err sf_loop_run(struct sf_loop *loop)
{
    enum sf_err err = SF_OK;

    while (err == SF_OK && loop->stop == 0) {
        err = sf_loop_turn(loop, SF_TIME_NEVER);
    }
    loop->stop = 0;
    return err;
}
