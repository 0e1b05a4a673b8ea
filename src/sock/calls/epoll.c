/* SPDX-License-Identifier: MIT
 *
 * sock/calls/epoll.c - epoll on our descriptors.
 *
 * There is nobody who calls back: what is ready is asked for when somebody waits.  For an
 * edge (EPOLLET) it is remembered how far the text and the readiness were when it was told
 * last; that a write found no room since then is noted by the write itself.
 */
#include "sock/calls/calls.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

int64_t sf_calls_epoll_create(struct sf_calls *calls, int size)
{
    if (size <= 0) {
        return -EINVAL;
    }
    int fd = sf_calls_new(calls);
    if (fd >= 0) {
        calls->fds[fd].stage = SF_CALLS_EPOLL;
    }
    return fd;
}

static struct sf_calls_watch *find(struct sf_calls *calls, int epoll, int fd)
{
    for (size_t i = 0; i < SF_CALLS_WATCHES; i++) {
        struct sf_calls_watch *w = &calls->watches[i];

        if (w->epoll == epoll && w->fd == fd) {
            return w;
        }
    }
    return NULL;
}

static int64_t add(struct sf_calls *calls, const struct sf_calls_watch *wanted)
{
    struct sf_calls_watch *w = find(calls, 0, 0); /* no epoll descriptor is 0: a free one */

    if (find(calls, wanted->epoll, wanted->fd) != NULL) {
        return -EEXIST;
    }
    if (w == NULL) {
        return -ENOSPC;
    }
    *w = *wanted;
    return 0;
}

int64_t sf_calls_epoll_ctl(struct sf_calls *calls, int operation,
                           const struct sf_calls_watch *wanted)
{
    const struct sf_calls_fd *e = sf_calls_at(calls, wanted->epoll);
    struct sf_calls_watch *w = find(calls, wanted->epoll, wanted->fd);

    if (e == NULL || sf_calls_at(calls, wanted->fd) == NULL) {
        return -EBADF;
    }
    if (e->stage != SF_CALLS_EPOLL || wanted->epoll == wanted->fd) {
        return -EINVAL;
    }
    if (operation == EPOLL_CTL_ADD) {
        return add(calls, wanted);
    }
    if (w == NULL) {
        return -ENOENT;
    }
    if (operation == EPOLL_CTL_MOD) {
        *w = *wanted;
        return 0;
    }
    if (operation == EPOLL_CTL_DEL) {
        memset(w, 0, sizeof(*w));
        return 0;
    }
    return -EINVAL;
}

void sf_calls_epoll_forget(struct sf_calls *calls, int fd)
{
    for (size_t i = 0; i < SF_CALLS_WATCHES; i++) {
        struct sf_calls_watch *w = &calls->watches[i];

        if (w->epoll == fd || w->fd == fd) {
            memset(w, 0, sizeof(*w));
        }
    }
}

/* Whether anything happened since it was told: more text, a bit that rose, room again. */
static bool edge(struct sf_calls *calls, struct sf_calls_watch *w, uint32_t ready, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, w->fd);
    struct sf_status status;
    bool more = sf_calls_status(calls, w->fd, &status, now) && status.rcv_nxt != w->rcv_nxt &&
                (ready & POLLIN) != 0;
    bool room = f->no_room && (ready & POLLOUT) != 0;
    bool rose = (ready & ~w->ready) != 0;
    bool noted = f->notes_told != w->notes && (ready & POLLERR) != 0;

    f->no_room = f->no_room && (ready & POLLOUT) == 0;
    w->rcv_nxt = status.rcv_nxt;
    w->ready = ready;
    w->notes = f->notes_told;
    return more || room || rose || noted;
}

int64_t sf_calls_epoll_wait(struct sf_calls *calls, int epoll, struct sf_calls_event *events,
                            int most, sf_time now)
{
    const struct sf_calls_fd *e = sf_calls_at(calls, epoll);
    int n = 0;

    if (e == NULL) {
        return -EBADF;
    }
    if (e->stage != SF_CALLS_EPOLL || most <= 0) {
        return -EINVAL;
    }
    for (size_t i = 0; i < SF_CALLS_WATCHES && n < most; i++) {
        struct sf_calls_watch *w = &calls->watches[i];

        if (w->epoll != epoll || w->off) {
            continue;
        }
        /* The bits of poll() and of epoll are the same ones. */
        uint32_t ready =
            (uint32_t)(uint16_t)sf_calls_poll(calls, w->fd, (short)(w->events & 0x7fff), now);
        bool told = (w->events & EPOLLET) == 0 || edge(calls, w, ready, now);
        if (ready != 0 && told) {
            events[n++] = (struct sf_calls_event){.events = ready, .data = w->data};
            w->off = (w->events & EPOLLONESHOT) != 0;
        }
    }
    return n;
}
