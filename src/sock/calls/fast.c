/* SPDX-License-Identifier: MIT
 *
 * sock/calls/fast.c - octets that open a connection: TCP Fast Open's client as Linux and
 * FreeBSD have it (RFC 7413 s4.2).
 *
 *   connect(), sendto() --> [fast.c] --> calls.c: a SYN; io.c: what it does not carry
 */
#include "sock/calls/calls.h"

#include <errno.h>

/* Octets of a SYN that are kept for options (RFC 7413 s4.2.1). */
#define OPTIONS 40

uint8_t sf_calls_fast_open(const struct sf_calls *calls, const struct sf_calls_fd *f)
{
    bool free = f->fast_free || (calls->fast & SF_CALLS_FAST_CLIENT_FREE) != 0;

    return free ? SF_FAST_OPEN_NO_COOKIE : SF_FAST_OPEN_COOKIE;
}

/* What the SYN to remote would carry; false if no cookie is known. */
static bool room_on_syn(struct sf_calls *calls, const struct sf_calls_fd *f,
                        const struct sf_endpoint *remote, uint32_t *octets, sf_time now)
{
    struct sf_open how = {
        .local = f->local, .remote = *remote, .fast_open = sf_calls_fast_open(calls, f)};

    const uint64_t maxseg = f->options[SF_OPTION_MAXSEG];

    if (sf_fast_open_room(calls->stack, &how, octets, now) != SF_OK) {
        return false;
    }
    if (maxseg != 0 && maxseg - OPTIONS < *octets) {
        *octets = (uint32_t)maxseg - OPTIONS; /* TCP_MAXSEG, which is 88 at least */
    }
    return true;
}

bool sf_calls_defer(struct sf_calls *calls, struct sf_calls_fd *f,
                    const struct sf_endpoint *remote, sf_time now)
{
    uint32_t room = 0;

    if (!f->fast_connect || f->stage != SF_CALLS_NEW ||
        !room_on_syn(calls, f, remote, &room, now)) {
        return false;
    }
    f->deferred = true;
    f->remote = *remote;
    return true;
}

/* Of a send that does not wait, Linux counts what the SYN takes alone, and has the application
 * send the rest again when there is a connection.  One that waits has it all queued, so that
 * it follows the SYN,ACK at once. */
int64_t sf_calls_open_with(struct sf_calls *calls, struct sf_calls_fd *f,
                           const struct sf_endpoint *remote, struct sf_calls_buffer *buffer,
                           sf_time now)
{
    uint32_t room = 0;
    size_t taken = 0;

    (void)room_on_syn(calls, f, remote, &room, now);
    int64_t result = sf_calls_begin(calls, f, remote, true, now);
    f->deferred = false;
    if (result < 0) {
        return result;
    }
    bool waits = !f->nonblocking && (buffer->flags & MSG_DONTWAIT) == 0;
    size_t part = waits || buffer->octets < room ? buffer->octets : room;
    enum sf_err err = sf_send(calls->stack, f->handle, buffer->data, part, 0, &taken, now);
    if (err != SF_OK && err != SF_ERR_AGAIN && err != SF_ERR_NO_MEMORY) {
        return -sf_calls_errno(err);
    }
    buffer->done = taken;
    if (!waits) {
        sf_calls_took(f, taken, buffer->flags);
    }
    if (waits) {
        f->fast_waits = (buffer->flags & MSG_FASTOPEN) != 0;
        return SF_CALLS_WAIT;
    }
    return taken > 0 ? (int64_t)taken : -EINPROGRESS;
}

/* MSG_FASTOPEN where there is a connection, or will be: 0 if the octets may be sent. */
static int64_t not_again(struct sf_calls *calls, struct sf_calls_fd *f,
                         const struct sf_calls_buffer *buffer, sf_time now)
{
    bool waits = !f->nonblocking && (buffer->flags & MSG_DONTWAIT) == 0;

    if (f->fast_waits || f->deferred || f->stage < SF_CALLS_CONNECTING) {
        return 0;
    }
    int error = sf_calls_take_error(calls, f, now);
    if (error != 0) {
        return -error;
    }
    if (f->stage == SF_CALLS_CONNECTING &&
        (sf_ready(calls->stack, f->handle) & SF_READY_OPEN) == 0) {
        f->fast_waits = waits && !f->told_error;
        return f->fast_waits ? 0 : -EALREADY;
    }
    if (f->stage == SF_CALLS_CONNECTED) {
        return -EISCONN;
    }
    f->stage = SF_CALLS_CONNECTED; /* as if by a connect() that tells of success */
    return 0;
}

int64_t sf_calls_sendto(struct sf_calls *calls, int fd, const struct sf_endpoint *remote,
                        struct sf_calls_buffer *buffer, sf_time now)
{
    struct sf_calls_fd *f = sf_calls_at(calls, fd);
    bool fast = (buffer->flags & MSG_FASTOPEN) != 0;

    if (f == NULL) {
        return -EBADF;
    }
    if (fast &&
        (remote->addr.family == SF_UNSPEC || (calls->fast & SF_CALLS_FAST_CLIENT) == 0)) {
        return -EOPNOTSUPP;
    }
    if (f->stage == SF_CALLS_NEW && fast && !f->deferred) {
        return sf_calls_open_with(calls, f, remote, buffer, now);
    }
    if (f->stage == SF_CALLS_NEW && f->fast_open != 0 && !f->deferred) {
        int64_t result = sf_calls_begin(calls, f, remote, true, now);

        if (result < 0) {
            return result;
        }
    }
    int64_t result = fast ? not_again(calls, f, buffer, now) : 0;
    if (result == 0) {
        result = sf_calls_send(calls, fd, buffer, now);
    }
    f->fast_waits = f->fast_waits && result == SF_CALLS_WAIT;
    return result;
}
