/* SPDX-License-Identifier: MIT
 *
 * synfin/sock.h - calls that wait: connect, accept, read, write, close, for a program that
 * has one thing to do at a time.  Part of libsynfin-host.
 *
 * They turn the loop (synfin/loop.h) until the connection is ready, so that other
 * connections on the same loop, and its callbacks, go on meanwhile.  None is called from
 * within a callback of the loop.
 *
 * Waiting ends at sock->until at the latest; then the call gives SF_ERR_AGAIN, and may be
 * made again.  A callback of the loop may bring that moment forward, to zero, and so
 * interrupt whoever waits.
 */
#ifndef SYNFIN_SOCK_H
#define SYNFIN_SOCK_H

#include "synfin/conn.h"
#include "synfin/loop.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One connection, and how long to wait for it. */
struct sf_sock {
    struct sf_loop *loop;
    struct sf_handle handle; /**< for calls of synfin/conn.h; zeros: there is none */
    sf_time until;           /**< when to give up waiting; 2^64-1: never */
};

/**
 * Connect, and wait for the handshake.
 *
 * @param sock  loop and until are set; handle is written
 * @param open  whom and how
 * @return SF_OK; as sf_open(); what the attempt died of (SF_ERR_REFUSED, ...); or
 *         SF_ERR_AGAIN.  But for SF_OK there is no connection, and nothing to close
 */
SF_API SF_NODISCARD enum sf_err sf_sock_connect(struct sf_sock *sock,
                                                const struct sf_open *open);

/**
 * Wait for a connection to a listener.
 *
 * @param sock      loop and until are set; handle is written
 * @param listener  of sf_listen()
 * @return SF_OK, SF_ERR_AGAIN, SF_ERR_STALE or SF_ERR_INVAL
 */
SF_API SF_NODISCARD enum sf_err sf_sock_accept(struct sf_sock *sock, struct sf_handle listener);

/**
 * Wait for octets, and take what there is.
 *
 * @param sock    the connection
 * @param data    where to
 * @param octets  how many fit, at least 1
 * @param got     how many were put
 * @return SF_OK if any was put; SF_ERR_EOF after the peer's FIN; SF_ERR_AGAIN; or what the
 *         connection died of
 */
SF_API SF_NODISCARD enum sf_err sf_sock_read(struct sf_sock *sock, void *data, size_t octets,
                                             size_t *got);

/**
 * Send all octets, waiting for room.
 *
 * @param sock    the connection
 * @param data    the octets
 * @param octets  how many
 * @param taken   how many were taken; all with SF_OK
 * @return SF_OK, SF_ERR_AGAIN, or as sf_send()
 */
SF_API SF_NODISCARD enum sf_err sf_sock_write(struct sf_sock *sock, const void *data,
                                              size_t octets, size_t *taken);

/**
 * Close this half: a FIN follows what was sent.  Does not wait.
 *
 * @param sock  the connection
 * @return as sf_shutdown()
 */
SF_API SF_NODISCARD enum sf_err sf_sock_shutdown(struct sf_sock *sock);

/**
 * Close in order, and release: wait until all that was sent is acknowledged and the peer has
 * closed, too; what it still sends is thrown away.  When the moment comes first, the stack
 * alone sees the connection to its end, as after sf_close().
 *
 * @param sock  the connection; its handle is zeros afterwards
 * @return SF_OK if it ended in order; SF_ERR_AGAIN; SF_ERR_STALE; or what it died of
 */
SF_API enum sf_err sf_sock_close(struct sf_sock *sock);

#ifdef __cplusplus
}
#endif
#endif
