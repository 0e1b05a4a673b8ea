/* SPDX-License-Identifier: MIT
 *
 * script/drill/run_poll.c - poll() and epoll of the script, which may wait.
 */
#include <poll.h>
#include <sys/epoll.h>

#include "base/time.h"
#include "script/drill/values.h"

/* Milliseconds to wait from the first try on; negative: for ever.  True while it goes on. */
static bool waits(struct drill_run *run, int64_t timeout)
{
    struct drill_pending *p = &run->pending;

    if (!p->begun && timeout > 0) {
        p->wake_ns = run->now.ns + (uint64_t)timeout * SF_NS_PER_MS;
    }
    p->begun = true;
    return timeout != 0 && run->now.ns < p->wake_ns;
}

/* poll([{fd=4, events=POLLIN, revents=POLLIN}], 1, 0) */
int64_t drill_poll(struct drill_args *a)
{
    int64_t timeout = drill_value(a, 2);
    int64_t ready = 0;

    if (a->arg[0]->kind != DRILL_LIST) {
        return drill_cannot(a, "poll() without a list");
    }
    for (const struct drill_expr *e = a->arg[0]->parts; e != NULL; e = e->next) {
        int fd = drill_fd(a->run, drill_number_of(a, drill_field(e, "fd")));
        short events = (short)drill_number_of(a, drill_field(e, "events"));

        ready += sf_calls_poll(&a->run->calls, fd, events, a->run->now) != 0;
    }
    if (ready == 0 && waits(a->run, timeout)) {
        return SF_CALLS_WAIT;
    }
    for (const struct drill_expr *e = a->arg[0]->parts; e != NULL; e = e->next) {
        const struct drill_expr *revents = drill_field(e, "revents");
        int fd = drill_fd(a->run, drill_number_of(a, drill_field(e, "fd")));
        short events = (short)drill_number_of(a, drill_field(e, "events"));

        if (revents != NULL) {
            drill_same_number(a, drill_number_of(a, revents),
                              sf_calls_poll(&a->run->calls, fd, events, a->run->now));
        }
    }
    return ready;
}

int64_t drill_epoll_create(struct drill_args *a)
{
    return sf_calls_epoll_create(&a->run->calls, (int)drill_value(a, 0));
}

/* epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) */
int64_t drill_epoll_ctl(struct drill_args *a)
{
    const struct drill_expr *events = drill_field(a->arg[3], "events");
    const struct drill_expr *data = drill_field(a->arg[3], "fd");
    struct sf_calls_watch watch = {
        .epoll = a->fd,
        .fd = drill_fd(a->run, drill_value(a, 2)),
        .events = events != NULL ? (uint32_t)drill_number_of(a, events) : 0,
        .data = data != NULL ? (uint64_t)drill_number_of(a, data) : 0,
    };

    return sf_calls_epoll_ctl(&a->run->calls, (int)drill_value(a, 1), &watch);
}

/* epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 0): the first of the events. */
int64_t drill_epoll_wait(struct drill_args *a)
{
    struct sf_calls_event events[SF_CALLS_WATCHES];
    int64_t most = drill_value(a, 2);
    int64_t timeout = drill_value(a, 3);
    const struct drill_expr *want = drill_field(a->arg[1], "events");
    const struct drill_expr *data = drill_field(a->arg[1], "fd");

    most = most > SF_CALLS_WATCHES ? SF_CALLS_WATCHES : most;
    int64_t n = sf_calls_epoll_wait(&a->run->calls, a->fd, events, (int)most, a->run->now);
    if (n == 0 && waits(a->run, timeout)) {
        return SF_CALLS_WAIT;
    }
    if (n > 0 && want != NULL) {
        drill_same_number(a, drill_number_of(a, want), events[0].events);
    }
    if (n > 0 && data != NULL) {
        drill_same_number(a, drill_number_of(a, data), (int64_t)events[0].data);
    }
    return n;
}
