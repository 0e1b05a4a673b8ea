/* SPDX-License-Identifier: MIT
 *
 * sock/calls/calls.c - descriptors: from socket() to close().
 */
#include "sock/calls/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>

void sf_calls_init(struct sf_calls *calls, struct sf_stack *stack)
{
    memset(calls, 0, sizeof(*calls));
    calls->stack = stack;
    calls->fast = SF_CALLS_FAST_CLIENT | SF_CALLS_FAST_SERVER;
}

struct sf_calls_fd *sf_calls_at(struct sf_calls *calls, int fd)
{
    if (fd < SF_CALLS_FIRST || fd >= SF_CALLS_MOST || calls->fds[fd].stage == SF_CALLS_FREE) {
        return NULL;
    }
    return &calls->fds[fd];
}

int sf_calls_errno(enum sf_err err)
{
    switch (err) {
    case SF_OK:
    case SF_ERR_EOF:
        return 0;
    case SF_ERR_INVAL:
    case SF_ERR_SEED:
        return EINVAL;
    case SF_ERR_STALE:
    case SF_ERR_NOT_OPEN:
        return ENOTCONN;
    case SF_ERR_AGAIN:
        return EAGAIN;
    case SF_ERR_CLOSING:
        return EPIPE;
    case SF_ERR_ADDR_IN_USE:
        return EADDRINUSE;
    case SF_ERR_EXISTS:
    case SF_ERR_ADDR:
    case SF_ERR_NO_PORT:
        return EADDRNOTAVAIL;
    case SF_ERR_UNROUTABLE:
        return ENETUNREACH;
    case SF_ERR_NO_MEMORY:
        return ENOMEM;
    case SF_ERR_REFUSED:
    case SF_ERR_UNREACHABLE: /* a port or a protocol that is not there */
        return ECONNREFUSED;
    case SF_ERR_RESET:
        return ECONNRESET;
    case SF_ERR_ABORTED:
        return ECONNABORTED;
    case SF_ERR_TIMED_OUT:
    case SF_ERR_USER_TIMEOUT:
        return ETIMEDOUT;
    case SF_ERR_OS:
        return EIO;
    case SF_ERR_PERMISSION:
        return EPERM;
    case SF_ERR_SPACE:
        return ENOSPC;
    }
    return EIO;
}

bool sf_calls_status(struct sf_calls *calls, int fd, struct sf_status *status, sf_time now)
{
    const struct sf_calls_fd *f = sf_calls_at(calls, fd);

    memset(status, 0, sizeof(*status));
    return f != NULL && f->stage > SF_CALLS_NEW &&
           sf_status(calls->stack, f->handle, status, now) == SF_OK;
}

int sf_calls_take_error(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now)
{
    struct sf_status status;

    if (f->stage < SF_CALLS_CONNECTING || f->told_error ||
        sf_status(calls->stack, f->handle, &status, now) != SF_OK || status.error == SF_OK) {
        return 0;
    }
    f->told_error = true;
    /* As Linux has it: a reset of a connection whose other half was closed in order. */
    if (!calls->bsd && status.error == SF_ERR_RESET &&
        (sf_ready(calls->stack, f->handle) & SF_READY_EOF) != 0) {
        return EPIPE;
    }
    return sf_calls_errno(status.error);
}

int sf_calls_new(struct sf_calls *calls)
{
    for (int fd = SF_CALLS_FIRST; fd < SF_CALLS_MOST; fd++) {
        if (calls->fds[fd].stage == SF_CALLS_FREE) {
            memset(&calls->fds[fd], 0, sizeof(calls->fds[fd]));
            return fd;
        }
    }
    return -EMFILE;
}

int64_t sf_calls_socket(struct sf_calls *calls, int domain, int type, int protocol)
{
    if (domain != AF_INET && domain != AF_INET6) {
        return -EAFNOSUPPORT;
    }
    if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
        (protocol != 0 && protocol != IPPROTO_TCP)) {
        return -EPROTONOSUPPORT;
    }
    int fd = sf_calls_new(calls);
    if (fd >= 0) {
        calls->fds[fd].stage = SF_CALLS_NEW;
        calls->fds[fd].family = domain == AF_INET ? SF_IPV4 : SF_IPV6;
        calls->fds[fd].nonblocking = (type & SOCK_NONBLOCK) != 0;
        calls->fds[fd].options_set = calls->defaults_set;
        memcpy(calls->fds[fd].options, calls->defaults, sizeof(calls->defaults));
    }
    return fd;
}

int64_t sf_calls_bind(struct sf_calls *calls, int fd, const struct sf_endpoint *local)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);

    if (f == NULL) {
        return -EBADF;
    }
    if (f->stage != SF_CALLS_NEW || f->bound || f->deferred) {
        return -EINVAL;
    }
    f->local = *local;
    f->bound = true;
    return 0;
}

/* How many connections may be open before their handshakes are. */
static uint32_t fast_queue(const struct sf_calls *calls, const struct sf_calls_fd *f)
{
    if ((calls->fast & SF_CALLS_FAST_SERVER) == 0) {
        return 0;
    }
    return f->fast_open == 0 && (calls->fast & SF_CALLS_FAST_LISTENERS) != 0 ? f->backlog - 1
                                                                             : f->fast_open;
}

/* Make the listener that a descriptor describes; 0 or -errno. */
static int64_t listen_anew(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now)
{
    struct sf_listen how = {
        .local = f->local,
        .accept_queue = f->backlog,
        .any_address = f->transparent,
        .fast_open = fast_queue(calls, f),
        .fast_open_no_cookie = f->fast_free || (calls->fast & SF_CALLS_FAST_SERVER_FREE) != 0,
        .defer_accept_ms = 1000 * f->defer_accept,
    };
    enum sf_err err = sf_listen(calls->stack, &how, &f->handle, now);

    if (err == SF_OK) {
        err = sf_set_fast_open_keys(calls->stack, f->handle,
                                    (const uint8_t(*)[SF_FAST_OPEN_KEY])f->keys, f->n_keys);
    }
    if (err != SF_OK) {
        f->stage = SF_CALLS_NEW;
        return -sf_calls_errno(err);
    }
    f->stage = SF_CALLS_LISTENING;
    sf_calls_apply(calls, f, now);
    return 0;
}

int64_t sf_calls_listen(struct sf_calls *calls, int fd, int backlog, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);

    if (f == NULL) {
        return -EBADF;
    }
    if (f->stage == SF_CALLS_LISTENING) {
        return 0;
    }
    if (f->stage != SF_CALLS_NEW || f->deferred) {
        return -EINVAL;
    }
    /* Linux refuses when more than the backlog wait, not when as many do. */
    f->backlog = (uint32_t)(backlog < 0 ? 0 : backlog) + 1;
    return listen_anew(calls, f, now);
}

int64_t sf_calls_relisten(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now)
{
    struct sf_status status;

    if (sf_status(calls->stack, f->handle, &status, now) != SF_OK || status.waiting != 0 ||
        status.half_open != 0) {
        return -EINVAL;
    }
    sf_close(calls->stack, f->handle, now);
    return listen_anew(calls, f, now);
}

int64_t sf_calls_accept(struct sf_calls *calls, int fd, int flags, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    struct sf_handle handle;

    if (f == NULL) {
        return -EBADF;
    }
    if (f->stage != SF_CALLS_LISTENING) {
        return -EINVAL;
    }
    int made = sf_calls_new(calls);
    if (made < 0) {
        return made;
    }
    enum sf_err err = sf_accept(calls->stack, f->handle, &handle, now);
    if (err == SF_ERR_AGAIN) {
        return f->nonblocking ? -EAGAIN : SF_CALLS_WAIT;
    }
    if (err != SF_OK) {
        return -sf_calls_errno(err);
    }
    struct sf_calls_fd *child = &calls->fds[made];
    *child = *f; /* options are inherited */
    child->stage = SF_CALLS_CONNECTED;
    child->handle = handle;
    child->nonblocking = (flags & SOCK_NONBLOCK) != 0;
    child->zerocopies = 0;
    child->written = 0;
    sf_calls_apply(calls, child, now);
    return made;
}

static int64_t connecting(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now)
{
    uint32_t ready = sf_ready(calls->stack, f->handle);
    int error = sf_calls_take_error(calls, f, now);

    if (error != 0) {
        return -error;
    }
    if (f->told_error) {
        return -ECONNABORTED;
    }
    if ((ready & SF_READY_OPEN) == 0) {
        return f->nonblocking ? -EALREADY : SF_CALLS_WAIT;
    }
    f->stage = SF_CALLS_CONNECTED;
    return 0;
}

int64_t sf_calls_begin(struct sf_calls *calls, struct sf_calls_fd *f,
                       const struct sf_endpoint *remote, bool fast, sf_time now)
{
    if (f->stage != SF_CALLS_NEW) {
        return -EISCONN;
    }
    struct sf_open how = {
        .local = f->local,
        .remote = *remote,
        .fast_open = fast ? sf_calls_fast_open(calls, f) : SF_FAST_OPEN_NO,
    };
    enum sf_err err = sf_open(calls->stack, &how, &f->handle, now);
    if (err != SF_OK) {
        return -sf_calls_errno(err);
    }
    f->stage = SF_CALLS_CONNECTING;
    sf_calls_apply(calls, f, now);
    return 0;
}

/* connect() to nobody, AF_UNSPEC: what there was ends with a RST, and another may begin. */
static int64_t disconnect(struct sf_calls *calls, struct sf_calls_fd *f, sf_time now)
{
    if (f->stage == SF_CALLS_EPOLL) {
        return -EINVAL;
    }
    if (f->stage > SF_CALLS_NEW) {
        sf_abort(calls->stack, f->handle, now);
        f->stage = SF_CALLS_NEW;
    }
    f->told_error = false;
    f->shut_read = false;
    f->shut_write = false;
    f->no_room = false;
    f->deferred = false;
    f->fast_waits = false;
    f->written = 0;
    f->n_marks = 0;
    f->local.port = f->bound ? f->local.port : 0;
    return 0;
}

int64_t sf_calls_connect(struct sf_calls *calls, int fd, const struct sf_endpoint *remote,
                         sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);

    if (f == NULL) {
        return -EBADF;
    }
    if (remote->addr.family == SF_UNSPEC) {
        return disconnect(calls, f, now);
    }
    if (f->stage == SF_CALLS_CONNECTING) {
        return connecting(calls, f, now);
    }
    if (f->deferred) {
        return -EISCONN;
    }
    if (sf_calls_defer(calls, f, remote, now)) {
        return 0;
    }
    int64_t result = sf_calls_begin(calls, f, remote, f->fast_connect, now);
    if (result < 0) {
        return result;
    }
    return f->nonblocking ? -EINPROGRESS : SF_CALLS_WAIT;
}

int64_t sf_calls_close(struct sf_calls *calls, int fd, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);

    if (f == NULL) {
        return -EBADF;
    }
    sf_calls_epoll_forget(calls, fd);
    if (f->stage > SF_CALLS_NEW) {
        if (f->linger && f->linger_s == 0 && f->stage != SF_CALLS_LISTENING) {
            sf_abort(calls->stack, f->handle, now);
        } else {
            sf_close(calls->stack, f->handle, now);
        }
    }
    memset(f, 0, sizeof(*f));
    return 0;
}

int64_t sf_calls_shutdown(struct sf_calls *calls, int fd, int how, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    struct sf_status status;

    if (f == NULL) {
        return -EBADF;
    }
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) {
        return -EINVAL;
    }
    if (!sf_calls_status(calls, fd, &status, now) || status.state == SF_CLOSED ||
        status.state == SF_TIME_WAIT || f->stage == SF_CALLS_LISTENING) {
        return -ENOTCONN;
    }
    f->shut_read = f->shut_read || how != SHUT_WR;
    if (how != SHUT_RD) {
        f->shut_write = true;
        return -sf_calls_errno(sf_shutdown(calls->stack, f->handle, now));
    }
    return 0;
}

int64_t sf_calls_fcntl(struct sf_calls *calls, int fd, int command, int argument)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);

    if (f == NULL) {
        return -EBADF;
    }
    if (command == F_GETFL) {
        return O_RDWR | (f->nonblocking ? O_NONBLOCK : 0);
    }
    if (command == F_SETFL) {
        f->nonblocking = (argument & O_NONBLOCK) != 0;
        return 0;
    }
    return command == F_GETFD || command == F_SETFD ? 0 : -EINVAL;
}
