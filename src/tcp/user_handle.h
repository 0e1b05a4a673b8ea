/* SPDX-License-Identifier: MIT
 *
 * tcp/user_handle.h - from a handle to its record, or to the error that says why not.
 */
#ifndef SF_TCP_USER_HANDLE_H
#define SF_TCP_USER_HANDLE_H

#include "tcp/conn.h"

static inline struct sf_handle sf_conn_handle(const struct sf_tcp *t, const struct sf_conn *c)
{
    return (struct sf_handle){sf_conn_id(t, c), c->generation};
}

/* SF_ERR_STALE; SF_ERR_NOT_OPEN if it names a listener. */
static inline enum sf_err sf_handle_conn(const struct sf_tcp *t, struct sf_handle handle,
                                         struct sf_conn **c)
{
    uint32_t index = sf_timer_index(handle.index);

    *c = NULL;
    if (sf_timer_kind(handle.index) == SF_ID_LISTENER) {
        return SF_ERR_NOT_OPEN;
    }
    if (sf_timer_kind(handle.index) != SF_ID_CONN || index == 0 || index > t->conns.fresh) {
        return SF_ERR_STALE;
    }
    if (sf_conn_at(t, index)->generation != handle.generation) {
        return SF_ERR_STALE;
    }
    *c = sf_conn_at(t, index);
    return SF_OK;
}

/* SF_ERR_STALE; SF_ERR_INVAL if it names a connection. */
static inline enum sf_err sf_handle_listener(const struct sf_tcp *t, struct sf_handle handle,
                                             struct sf_listener **l)
{
    uint32_t index = sf_timer_index(handle.index);

    *l = NULL;
    if (sf_timer_kind(handle.index) == SF_ID_CONN) {
        return SF_ERR_INVAL;
    }
    if (sf_timer_kind(handle.index) != SF_ID_LISTENER || index == 0 ||
        index > t->listeners.fresh ||
        sf_listener_at(t, index)->generation != handle.generation) {
        return SF_ERR_STALE;
    }
    *l = sf_listener_at(t, index);
    return SF_OK;
}

/* A tuple as the two ends that an application sees. */
static inline void sf_tuple_ends(const struct sf_tuple *tuple, struct sf_endpoint *local,
                                 struct sf_endpoint *remote)
{
    *local = (struct sf_endpoint){.addr = {.family = tuple->family}, .port = tuple->lport};
    *remote = (struct sf_endpoint){.addr = {.family = tuple->family}, .port = tuple->rport};
    memcpy(local->addr.octets, tuple->local, 16);
    memcpy(remote->addr.octets, tuple->remote, 16);
}

#endif
