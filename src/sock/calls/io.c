/* SPDX-License-Identifier: MIT
 *
 * sock/calls/io.c - octets in and out, what is ready, and how many octets wait.
 */
#include "sock/calls/calls.h"

#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>

/* MSG_PEEK: copy and leave. */
static enum sf_err look(struct sf_calls *calls, struct sf_handle handle,
                        struct sf_calls_buffer *buffer, size_t *got)
{
    struct sf_piece pieces[SF_PIECES_MAX];
    size_t n = SF_PIECES_MAX;
    enum sf_err err = sf_recv_peek(calls->stack, handle, pieces, &n);

    for (size_t i = 0; err == SF_OK && i < n && *got < buffer->octets; i++) {
        size_t left = buffer->octets - *got;
        size_t take = pieces[i].octets < left ? pieces[i].octets : left;

        memcpy(buffer->data + *got, pieces[i].data, take);
        *got += take;
    }
    return err;
}

static enum sf_err take(struct sf_calls *calls, struct sf_handle handle,
                        struct sf_calls_buffer *buffer, size_t *got, sf_time now)
{
    *got = 0;
    if ((buffer->flags & MSG_PEEK) != 0) {
        return look(calls, handle, buffer, got);
    }
    return sf_recv(calls->stack, handle, buffer->data + buffer->done,
                   buffer->octets - buffer->done, got, now);
}

int64_t sf_calls_recv(struct sf_calls *calls, int fd, struct sf_calls_buffer *buffer,
                      sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    size_t got = 0;

    if (f == NULL) {
        return -EBADF;
    }
    if (f->stage < SF_CALLS_CONNECTING && !f->deferred) {
        return -ENOTCONN;
    }
    bool whole = (buffer->flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
    enum sf_err err = f->deferred ? SF_ERR_AGAIN : take(calls, f->handle, buffer, &got, now);
    buffer->done += got;
    if (buffer->done == buffer->octets || (buffer->done > 0 && (!whole || err != SF_OK)) ||
        err == SF_ERR_EOF || (err == SF_OK && !whole)) {
        bool waits = whole && err == SF_ERR_AGAIN && buffer->done < buffer->octets;

        return waits ? SF_CALLS_WAIT : (int64_t)buffer->done;
    }
    int error = sf_calls_take_error(calls, f, now);
    if (error != 0) {
        return -error;
    }
    if (f->told_error || f->shut_read) {
        return 0;
    }
    if (err != SF_ERR_AGAIN && err != SF_OK) {
        return -sf_calls_errno(err);
    }
    return f->nonblocking || (buffer->flags & MSG_DONTWAIT) != 0 ? -EAGAIN : SF_CALLS_WAIT;
}

/* What a send that can take no more returns: what it took, or why it took nothing. */
static int64_t short_send(struct sf_calls_fd *f, const struct sf_calls_buffer *buffer)
{
    f->no_room = true;
    if (!f->nonblocking && (buffer->flags & MSG_DONTWAIT) == 0) {
        return SF_CALLS_WAIT;
    }
    sf_calls_took(f, buffer->done, buffer->flags);
    return buffer->done > 0 ? (int64_t)buffer->done : -EAGAIN;
}

int64_t sf_calls_send(struct sf_calls *calls, int fd, struct sf_calls_buffer *buffer,
                      sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    enum sf_err err = SF_OK;

    if (f == NULL) {
        return -EBADF;
    }
    if (f->deferred) {
        const struct sf_endpoint remote = f->remote;

        return sf_calls_open_with(calls, f, &remote, buffer, now);
    }
    if (f->stage < SF_CALLS_CONNECTING) {
        return -EPIPE;
    }
    int error = sf_calls_take_error(calls, f, now);
    if (error != 0) {
        return -error;
    }
    if (f->shut_write || f->told_error) {
        return -EPIPE;
    }
    /* Linux takes nothing before the handshake is done; the engine would, and does for Fast
     * Open. */
    if (f->stage == SF_CALLS_CONNECTING && f->fast_open == 0 &&
        (sf_ready(calls->stack, f->handle) & SF_READY_OPEN) == 0) {
        return short_send(f, buffer);
    }
    if (!sf_calls_may_note(f, buffer->flags)) {
        return -ENOBUFS;
    }
    while (buffer->done < buffer->octets && err == SF_OK) {
        size_t taken = 0;

        err = sf_send(calls->stack, f->handle, buffer->data + buffer->done,
                      buffer->octets - buffer->done,
                      ((buffer->flags & MSG_MORE) != 0 ? SF_SEND_MORE : 0U) |
                          ((buffer->flags & MSG_OOB) != 0 ? SF_SEND_URGENT : 0U) |
                          ((buffer->flags & MSG_EOR) != 0 ? SF_SEND_RECORD : 0U),
                      &taken, now);
        buffer->done += taken;
    }
    if (buffer->done == buffer->octets) {
        sf_calls_took(f, buffer->done, buffer->flags);
        return (int64_t)buffer->done;
    }
    if (err == SF_ERR_AGAIN || err == SF_ERR_NO_MEMORY) {
        return short_send(f, buffer);
    }
    sf_calls_took(f, buffer->done, buffer->flags);
    return buffer->done > 0 ? (int64_t)buffer->done : -sf_calls_errno(err);
}

static short connected_events(struct sf_calls *calls, const struct sf_calls_fd *f, sf_time now)
{
    uint32_t ready = sf_ready(calls->stack, f->handle);
    struct sf_status status;
    int events = 0;

    if (sf_status(calls->stack, f->handle, &status, now) != SF_OK) {
        return POLLHUP;
    }
    bool dead = status.state == SF_CLOSED || status.state == SF_TIME_WAIT;
    bool read_shut = f->shut_read || dead || (ready & SF_READY_EOF) != 0;
    if ((ready & SF_READY_OPEN) == 0 && !dead) {
        return 0;
    }
    events |= read_shut ? POLLIN | POLLRDNORM | POLLRDHUP : 0;
    events |= (ready & SF_READY_READ) != 0 ? POLLIN | POLLRDNORM : 0;
    events |= (ready & SF_READY_WRITE) != 0 || f->shut_write || dead ? POLLOUT | POLLWRNORM : 0;
    events |= dead || (read_shut && f->shut_write) ? POLLHUP : 0;
    events |= (status.error != SF_OK && !f->told_error) || f->n_notes != 0 ? POLLERR : 0;
    events |= (ready & SF_READY_URGENT) != 0 ? POLLPRI : 0;
    return (short)events;
}

short sf_calls_poll(struct sf_calls *calls, int fd, short events, sf_time now)
{
    const struct sf_calls_fd *f = sf_calls_at(calls, fd);
    int found = 0;

    if (f == NULL) {
        return POLLNVAL;
    }
    switch (f->stage) {
    case SF_CALLS_FREE:
    case SF_CALLS_EPOLL:
    case SF_CALLS_NEW:
        found = POLLOUT | POLLWRNORM | (f->deferred ? 0 : POLLHUP);
        break;
    case SF_CALLS_LISTENING:
        found = (sf_ready(calls->stack, f->handle) & SF_READY_ACCEPT) != 0 ? POLLIN | POLLRDNORM
                                                                           : 0;
        break;
    case SF_CALLS_CONNECTING:
    case SF_CALLS_CONNECTED:
        found = connected_events(calls, f, now);
        break;
    }
    return (short)(found & (events | POLLHUP | POLLERR));
}

int sf_calls_inq(struct sf_calls *calls, int fd, sf_time now)
{
    const struct sf_calls_fd *f = sf_calls_at(calls, fd);
    struct sf_status status;

    if (!sf_calls_status(calls, fd, &status, now)) {
        return 0;
    }
    bool ended =
        status.readable == 0 && (sf_ready(calls->stack, f->handle) & SF_READY_EOF) != 0;
    return (int)status.readable + ended;
}

int64_t sf_calls_ioctl(struct sf_calls *calls, int fd, unsigned long request, int *value,
                       sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    struct sf_status status;

    *value = 0;
    if (f == NULL) {
        return -EBADF;
    }
    if (f->stage == SF_CALLS_LISTENING) {
        return -EINVAL;
    }
    sf_calls_status(calls, fd, &status, now);
    if (request == SIOCINQ) {
        *value = (int)status.readable;
    } else if (request == SIOCOUTQ) {
        *value = (int)(status.unacked + status.unsent);
    } else if (request == SIOCOUTQNSD) {
        *value = (int)status.unsent;
    } else {
        return -ENOTTY;
    }
    return 0;
}
