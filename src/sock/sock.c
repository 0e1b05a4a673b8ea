/* SPDX-License-Identifier: MIT
 *
 * sock/sock.c - calls that wait.
 *
 *   caller -> [sock.c] -> run/loop.c: turns, until sf_ready() says what is wanted
 */
#include "synfin/sock.h"

#include "base/time.h"

static struct sf_stack *stack_of(const struct sf_sock *sock)
{
    return sf_loop_stack(sock->loop);
}

/* Turn until one of the bits rises; the levels are asked for, so none can be missed. */
static enum sf_err wait_for(struct sf_sock *sock, struct sf_handle handle, uint32_t ready)
{
    struct sf_stack *stack = stack_of(sock);

    while ((sf_ready(stack, handle) & ready) == 0) {
        if (!sf_time_before(sf_now(), sock->until)) {
            return SF_ERR_AGAIN;
        }
        enum sf_err err = sf_loop_turn(sock->loop, sock->until);
        if (err != SF_OK) {
            return err;
        }
    }
    return SF_OK;
}

/* Chunks are the stack's, not the connection's: no bit tells when there are some again. */
static enum sf_err wait_a_little(struct sf_sock *sock)
{
    sf_time now = sf_now();

    if (!sf_time_before(now, sock->until)) {
        return SF_ERR_AGAIN;
    }
    return sf_loop_turn(sock->loop, sf_time_min(sock->until, sf_time_add(now, SF_MS(10))));
}

/* What a dead connection died of. */
static enum sf_err fate(const struct sf_sock *sock)
{
    struct sf_status status;
    enum sf_err err = sf_status(stack_of(sock), sock->handle, &status, sf_now());

    return err != SF_OK ? err : status.error;
}

enum sf_err sf_sock_connect(struct sf_sock *sock, const struct sf_open *open)
{
    enum sf_err err = sf_open(stack_of(sock), open, &sock->handle, sf_now());

    if (err != SF_OK) {
        sock->handle = (struct sf_handle){0};
        return err;
    }
    err = wait_for(sock, sock->handle, SF_READY_OPEN | SF_READY_ERROR);
    if (err == SF_OK && (sf_ready(stack_of(sock), sock->handle) & SF_READY_OPEN) == 0) {
        err = fate(sock);
    }
    if (err != SF_OK) {
        sf_abort(stack_of(sock), sock->handle, sf_now());
        sock->handle = (struct sf_handle){0};
    }
    return err;
}

enum sf_err sf_sock_accept(struct sf_sock *sock, struct sf_handle listener)
{
    enum sf_err err = sf_accept(stack_of(sock), listener, &sock->handle, sf_now());

    while (err == SF_ERR_AGAIN) {
        err = wait_for(sock, listener, SF_READY_ACCEPT);
        if (err != SF_OK) {
            break;
        }
        err = sf_accept(stack_of(sock), listener, &sock->handle, sf_now());
    }
    if (err != SF_OK) {
        sock->handle = (struct sf_handle){0};
    }
    return err;
}

enum sf_err sf_sock_read(struct sf_sock *sock, void *data, size_t octets, size_t *got)
{
    enum sf_err err = SF_ERR_AGAIN;

    *got = 0;
    while (true) {
        err = sf_recv(stack_of(sock), sock->handle, data, octets, got, sf_now());
        if (err != SF_ERR_AGAIN) {
            return err;
        }
        err = wait_for(sock, sock->handle, SF_READY_READ | SF_READY_EOF | SF_READY_ERROR);
        if (err != SF_OK) {
            return err;
        }
    }
}

enum sf_err sf_sock_write(struct sf_sock *sock, const void *data, size_t octets, size_t *taken)
{
    const uint8_t *bytes = data;
    enum sf_err err = SF_OK;

    *taken = 0;
    while (*taken < octets) {
        size_t some = 0;

        err = sf_send(stack_of(sock), sock->handle, bytes + *taken, octets - *taken, 0, &some,
                      sf_now());
        *taken += some;
        if (err == SF_ERR_AGAIN) {
            err = wait_for(sock, sock->handle, SF_READY_WRITE | SF_READY_ERROR);
        } else if (err == SF_ERR_NO_MEMORY) {
            err = wait_a_little(sock);
        }
        if (err != SF_OK) {
            return err;
        }
    }
    return SF_OK;
}

enum sf_err sf_sock_shutdown(struct sf_sock *sock)
{
    return sf_shutdown(stack_of(sock), sock->handle, sf_now());
}

/* Throw away what has arrived; SF_OK when there may be more. */
static enum sf_err discard(struct sf_sock *sock)
{
    struct sf_piece pieces[8];
    size_t n = sizeof(pieces) / sizeof(pieces[0]);
    size_t octets = 0;
    enum sf_err err = sf_recv_peek(stack_of(sock), sock->handle, pieces, &n);

    if (err != SF_OK) {
        return err == SF_ERR_AGAIN ? SF_OK : err;
    }
    for (size_t i = 0; i < n; i++) {
        octets += pieces[i].octets;
    }
    return sf_recv_consume(stack_of(sock), sock->handle, octets, sf_now());
}

enum sf_err sf_sock_close(struct sf_sock *sock)
{
    const uint32_t over = SF_READY_CLOSED | SF_READY_ERROR;
    enum sf_err err = sf_shutdown(stack_of(sock), sock->handle, sf_now());

    while (err == SF_OK && (sf_ready(stack_of(sock), sock->handle) & over) == 0) {
        err = discard(sock);
        if (err == SF_OK) {
            err = wait_for(sock, sock->handle, over | SF_READY_READ);
        } else if (err == SF_ERR_EOF) {
            /* All is read; our FIN may still be on its way. */
            err = wait_for(sock, sock->handle, over);
        }
    }
    if (err == SF_OK && (sf_ready(stack_of(sock), sock->handle) & SF_READY_ERROR) != 0) {
        err = fate(sock);
    }
    sf_close(stack_of(sock), sock->handle, sf_now());
    sock->handle = (struct sf_handle){0};
    return err;
}
