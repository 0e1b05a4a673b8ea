/* SPDX-License-Identifier: MIT
 *
 * script/lab/wrong_call.c - a small TCP that breaks a rule on purpose: user calls.
 */
#include <string.h>

#include "base/time.h"
#include "script/lab/wrong.h"

static struct wrong_conn *find(struct wrong *w, struct sf_handle handle)
{
    struct wrong_conn *c = NULL;

    if (handle.index == 0 || handle.index > WRONG_CONNS) {
        return NULL;
    }
    c = &w->conns[handle.index - 1];
    return c->used && c->held && c->generation == handle.generation ? c : NULL;
}

static struct sf_handle handle_of(struct wrong *w, struct wrong_conn *c)
{
    c->held = true;
    return (struct sf_handle){(uint32_t)(c - w->conns) + 1, c->generation};
}

enum sf_err wrong_listen(struct wrong *w, uint16_t port)
{
    for (uint32_t i = 0; i < WRONG_PORTS; i++) {
        if (w->ports[i] == 0) {
            w->ports[i] = port;
            return SF_OK;
        }
    }
    return SF_ERR_NO_MEMORY;
}

/* Is the four-tuple in use, TIME-WAIT too? */
static bool in_use(const struct wrong *w, const struct sf_endpoint *remote, uint16_t port)
{
    for (uint32_t i = 0; i < WRONG_CONNS; i++) {
        const struct wrong_conn *c = &w->conns[i];

        if (c->used && c->state != SF_CLOSED && c->local.port == port &&
            c->remote.port == remote->port && sf_addr_equal(&c->remote.addr, &remote->addr)) {
            return true;
        }
    }
    return false;
}

enum sf_err wrong_open(struct wrong *w, const struct sf_endpoint *remote, uint16_t from,
                       struct sf_handle *handle)
{
    uint16_t port = from != 0 ? from : w->next_port++;
    struct wrong_conn *c = NULL;

    if (in_use(w, remote, port)) {
        return SF_ERR_EXISTS;
    }
    c = wrong_new(w, remote, port, true);
    if (c == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    *handle = handle_of(w, c);
    wrong_move(w, c, SF_EV_OPEN_ACTIVE, SF_SYN_SENT);
    wrong_control(w, c, LAB_SYN, c->iss);
    c->snd_nxt++;
    if ((w->breaks & LAB_ONE_WAY) != 0) {
        /* It asks nobody whether it was heard. */
        c->snd_una = c->snd_nxt;
        wrong_move(w, c, SF_EV_SYN_ACK, SF_ESTABLISHED);
    }
    wrong_output(w, c, false);
    return SF_OK;
}

enum sf_err wrong_accept(struct wrong *w, uint16_t port, struct sf_handle *handle)
{
    for (uint32_t i = 0; i < WRONG_CONNS; i++) {
        struct wrong_conn *c = &w->conns[i];

        if (c->used && !c->accepted && c->local.port == port && c->state != SF_SYN_RECEIVED) {
            c->accepted = true;
            *handle = handle_of(w, c);
            return SF_OK;
        }
    }
    return SF_ERR_AGAIN;
}

enum sf_err wrong_send(struct wrong *w, struct sf_handle handle, const void *data,
                       size_t octets, size_t *taken)
{
    struct wrong_conn *c = find(w, handle);
    size_t room = 0;

    *taken = 0;
    if (c == NULL) {
        return SF_ERR_STALE;
    }
    if (c->error != SF_OK) {
        return c->error;
    }
    if (c->fin_wanted) {
        return SF_ERR_CLOSING;
    }
    room = WRONG_BUFFER - c->out_octets;
    *taken = octets < room ? octets : room;
    memcpy(c->out + c->out_octets, data, *taken);
    c->out_octets += (uint32_t)*taken;
    wrong_output(w, c, false);
    return *taken > 0 || octets == 0 ? SF_OK : SF_ERR_NO_MEMORY;
}

enum sf_err wrong_recv(struct wrong *w, struct sf_handle handle, void *data, size_t octets,
                       size_t *got)
{
    struct wrong_conn *c = find(w, handle);
    size_t there = 0;

    *got = 0;
    if (c == NULL) {
        return SF_ERR_STALE;
    }
    there = c->in_octets - c->in_read;
    if (there > 0) {
        *got = octets < there ? octets : there;
        memcpy(data, c->in + c->in_read, *got);
        c->in_read += (uint32_t)*got;
        return SF_OK;
    }
    if (c->error != SF_OK) {
        return c->error;
    }
    return c->fin_taken || c->state == SF_CLOSED ? SF_ERR_EOF : SF_ERR_AGAIN;
}

enum sf_err wrong_shutdown(struct wrong *w, struct sf_handle handle)
{
    struct wrong_conn *c = find(w, handle);

    if (c == NULL) {
        return SF_ERR_STALE;
    }
    if (c->error != SF_OK) {
        return c->error;
    }
    c->fin_wanted = true;
    wrong_output(w, c, false);
    return SF_OK;
}

enum sf_err wrong_close(struct wrong *w, struct sf_handle handle)
{
    struct wrong_conn *c = find(w, handle);

    if (c == NULL) {
        return SF_ERR_STALE;
    }
    c->fin_wanted = true;
    wrong_output(w, c, false);
    c->held = false;
    if (c->state == SF_CLOSED) {
        wrong_release(c);
    }
    return SF_OK;
}

enum sf_err wrong_abort(struct wrong *w, struct sf_handle handle)
{
    struct wrong_conn *c = find(w, handle);

    if (c == NULL) {
        return SF_ERR_STALE;
    }
    if (c->state != SF_CLOSED) {
        wrong_control(w, c, LAB_RST | LAB_ACK, c->snd_nxt);
        c->held = false;
        wrong_die(w, c, SF_EV_ABORT, SF_ERR_ABORTED);
    }
    return SF_OK;
}

enum sf_state wrong_state(const struct wrong *w, struct sf_handle handle, enum sf_err *error)
{
    const struct wrong_conn *c = NULL;

    *error = SF_ERR_STALE;
    if (handle.index == 0 || handle.index > WRONG_CONNS) {
        return SF_CLOSED;
    }
    c = &w->conns[handle.index - 1];
    if (!c->used || c->generation != handle.generation) {
        return SF_CLOSED;
    }
    *error = c->error;
    return (enum sf_state)c->state;
}
