/* SPDX-License-Identifier: MIT
 *
 * cli/pump.c - two descriptors as the ends of a connection.
 *
 * Octets are read into the stack's chunks, and written from where they lie there.
 */
#include "cli/pump.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#define RUNS        16
#define READ_OCTETS ((size_t)RUNS * 4096)

/* One readiness for each watch, so that a descriptor that nobody can serve now does not
 * wake the loop again and again. */
static void watch(struct cli_pump *pump, struct cli_pump_end *end, uint32_t which)
{
    if (end->watched || end->ready || end->plain || end->ended) {
        return;
    }
    if (sf_loop_watch(pump->loop, end->fd, which) == SF_OK) {
        end->watched = true;
    } else {
        end->plain = true;
    }
}

static void unwatch(struct cli_pump *pump, struct cli_pump_end *end)
{
    if (end->watched && sf_loop_watch(pump->loop, end->fd, 0) == SF_OK) {
        end->watched = false;
    }
}

void cli_pump_begin(struct cli_pump *pump, struct sf_loop *loop, struct sf_handle handle,
                    int in, int out)
{
    *pump = (struct cli_pump){.loop = loop,
                              .stack = sf_loop_stack(loop),
                              .handle = handle,
                              .in = {.fd = in},
                              .out = {.fd = out}};
    /* Learn whether it is a plain file, which takes more than a pipe does at once. */
    watch(pump, &pump->out, 2);
    unwatch(pump, &pump->out);
}

bool cli_pump_ready(struct cli_pump *pump, int fd)
{
    struct cli_pump_end *end = fd == pump->in.fd ? &pump->in : &pump->out;

    if (fd != end->fd || !end->watched) {
        return false;
    }
    end->ready = true;
    unwatch(pump, end);
    return true;
}

static void input_ended(struct cli_pump *pump, sf_time now)
{
    pump->in.ended = true;
    if (pump->half_close && sf_shutdown(pump->stack, pump->handle, now) != SF_OK) {
        pump->half_close = false; /* it is dead; why is told when all is read */
    }
}

/* What came of an attempt to move octets. */
enum moved { MOVED = 0, NO_ROOM, NOTHING };

/* One read into the stack's room. */
static enum moved take_in(struct cli_pump *pump, sf_time now)
{
    struct sf_room rooms[RUNS];
    struct iovec runs[RUNS];
    size_t n = RUNS;
    enum sf_err err = sf_send_reserve(pump->stack, pump->handle, READ_OCTETS, rooms, &n, now);

    if (err == SF_ERR_AGAIN) {
        return NO_ROOM;
    }
    if (err != SF_OK) {
        /* Dead: what it died of is told when all is read. */
        pump->in.ended = err != SF_ERR_NO_MEMORY;
        return NOTHING;
    }
    for (size_t i = 0; i < n; i++) {
        runs[i] = (struct iovec){.iov_base = rooms[i].data, .iov_len = rooms[i].octets};
    }
    ssize_t octets = readv(pump->in.fd, runs, (int)n);
    int why = errno;
    if (sf_send_commit(pump->stack, pump->handle, octets > 0 ? (size_t)octets : 0, 0, now) !=
        SF_OK) {
        pump->in.ended = true;
        return NOTHING;
    }
    if (octets < 0 && (why == EAGAIN || why == EINTR)) {
        return NOTHING;
    }
    if (octets <= 0) {
        input_ended(pump, now);
        return NOTHING;
    }
    pump->sent += (uint64_t)octets;
    return MOVED;
}

/* What is ready and finds no room stays so: the stack tells when there is some. */
static void pump_in(struct cli_pump *pump, sf_time now)
{
    watch(pump, &pump->in, 1);
    while (!pump->in.ended && (pump->in.plain || pump->in.ready)) {
        enum moved moved = take_in(pump, now);

        if (moved == NO_ROOM) {
            return;
        }
        pump->in.ready = false;
        watch(pump, &pump->in, 1);
        if (moved == NOTHING) {
            return;
        }
    }
}

/* Would writing up to PIPE_BUF octets return at once? */
static bool writable(struct cli_pump *pump)
{
    struct pollfd p = {.fd = pump->out.fd, .events = POLLOUT};

    return pump->out.plain || poll(&p, 1, 0) > 0;
}

/* False when there is nothing to do now, or never again. */
static bool give_out(struct cli_pump *pump, sf_time now)
{
    struct sf_piece pieces[RUNS];
    struct iovec runs[RUNS];
    size_t n = RUNS;
    enum sf_err err = sf_recv_peek(pump->stack, pump->handle, pieces, &n);

    if (err != SF_OK || n == 0) {
        pump->out.ended = err != SF_ERR_AGAIN;
        pump->err = err == SF_ERR_EOF || err == SF_ERR_AGAIN ? SF_OK : err;
        return false;
    }
    if (!writable(pump)) {
        watch(pump, &pump->out, 2);
        if (!pump->out.plain) {
            return false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        runs[i] = (struct iovec){.iov_base = (void *)(uintptr_t)pieces[i].data,
                                 .iov_len = pieces[i].octets};
    }
    if (!pump->out.plain) {
        n = 1;
        runs[0].iov_len = runs[0].iov_len < PIPE_BUF ? runs[0].iov_len : PIPE_BUF;
    }
    ssize_t octets = writev(pump->out.fd, runs, (int)n);
    if (octets < 0) {
        if (errno == EAGAIN) {
            watch(pump, &pump->out, 2);
            return false;
        }
        pump->os_error = errno;
        pump->err = SF_ERR_OS;
        pump->out.ended = true;
        return false;
    }
    pump->got += (uint64_t)octets;
    return sf_recv_consume(pump->stack, pump->handle, (size_t)octets, now) == SF_OK;
}

bool cli_pump_step(struct cli_pump *pump, sf_time now)
{
    pump_in(pump, now);
    while (!pump->out.ended && !pump->out.watched && give_out(pump, now)) {
    }
    if (pump->err != SF_OK) {
        return false;
    }
    return !(pump->in.ended && pump->out.ended);
}

void cli_pump_end(struct cli_pump *pump)
{
    unwatch(pump, &pump->in);
    unwatch(pump, &pump->out);
}
