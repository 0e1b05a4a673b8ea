/* SPDX-License-Identifier: MIT
 *
 * tcp/user_io.c - SEND and RECEIVE, copying and borrowing (RFC 9293 s3.10.2, s3.10.3).
 *
 *   stack/calls.c -> [user_io.c] -> chunk queues of buf.c; debts for output.c
 */
#include "base/assert.h"
#include "base/time.h"
#include "tcp/buf.h"
#include "tcp/choice.h"
#include "tcp/tracing.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"
#include "tcp/window.h"

/* May this connection take octets to send? */
static enum sf_err may_send(const struct sf_conn *c)
{
    if (c->error != SF_OK) {
        return (enum sf_err)c->error;
    }
    if ((c->flags & SF_CF_FIN_QUEUED) != 0) {
        return SF_ERR_CLOSING;
    }
    switch ((enum sf_state)c->state) {
    case SF_SYN_SENT:
    case SF_SYN_RECEIVED:
    case SF_ESTABLISHED:
    case SF_CLOSE_WAIT:
        return SF_OK;
    case SF_FIN_WAIT_1:
    case SF_FIN_WAIT_2:
    case SF_CLOSING:
    case SF_LAST_ACK:
    case SF_TIME_WAIT:
    case SF_CLOSED:
    case SF_LISTEN:
        break;
    }
    return SF_ERR_CLOSING;
}

/* Octets that the send buffer has room for; none while too much was never sent. */
static uint32_t send_room(const struct sf_tcp *t, const struct sf_conn *c,
                          const struct sf_work *w)
{
    uint32_t low = sf_choice_of(t, c)->unsent_low;

    if (low != 0 && w->unsent >= low) {
        return 0;
    }
    return c->sndbuf > w->snd.octets ? c->sndbuf - w->snd.octets : 0;
}

/* Octets were added behind the queue: they are unsent, and something is to be sent. */
static void added(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, uint32_t octets,
                  uint32_t flags)
{
    w->unsent += octets;
    if ((flags & SF_SEND_URGENT) != 0) {
        /* SND.UP: the octet after the urgent one (RFC 9293 s3.10.2, RFC 6093). */
        w->snd_up = sf_seq_add(c->snd_nxt, w->unsent);
        w->snd_urgent = 1;
    }
    w->more = (flags & SF_SEND_MORE) != 0;
    w->more_over = 0;
    w->hurry = 0;
    if (w->more == 0) {
        struct sf_chunk *tail = sf_chunk_at(t, w->snd.tail);

        tail->seq.v = tail->end; /* PSH, if those have it that end a SEND */
    }
    if ((flags & SF_SEND_RECORD) != 0) {
        sf_chunk_at(t, w->snd.tail)->seq.v |= SF_CHUNK_SEALED;
        w->records = 1;
    }
    /* If the room is used up the bit falls here, so that it counts as risen when an
     * acknowledgement gives room back, be it all at once. */
    if (c->ready.next == 0) {
        c->told &= (uint16_t)sf_conn_ready(t, c);
    }
    sf_conn_owe(t, c);
}

/* Where a queue's last chunk ends; a sealed one is full. */
static uint32_t end_of(const struct sf_tcp *t, uint32_t tail)
{
    if (tail == 0) {
        return 0;
    }
    return sf_chunk_sealed(t, tail) ? sf_chunk_octets(t) : sf_chunk_at(t, tail)->end;
}

/* Where the next octet goes: the unsent text begins there if there was none. */
static void note_place(const struct sf_tcp *t, struct sf_work *w, uint32_t tail_before,
                       uint32_t end_before)
{
    if (w->unsent != 0 && w->next_chunk != 0) {
        return;
    }
    if (tail_before != 0 && end_before < sf_chunk_octets(t)) {
        w->next_chunk = tail_before;
        w->next_offset = end_before;
    } else if (tail_before != 0) {
        w->next_chunk = sf_chunk_at(t, tail_before)->next;
        w->next_offset = 0;
    } else {
        w->next_chunk = w->snd.head;
        w->next_offset = sf_chunk_at(t, w->snd.head)->begin;
    }
}

/* There was no room: SF_READY_WRITE is told again when there is. */
static enum sf_err refuse_send(struct sf_tcp *t, struct sf_conn *c, enum sf_err why)
{
    if (why == SF_ERR_NO_MEMORY) {
        t->counters.sends_refused++;
        sf_conn_starve(t, c);
    }
    c->told &= (uint16_t)~SF_READY_WRITE;
    return why;
}

/* The open connection behind a handle that may send, its working half taken. */
static enum sf_err sender(struct sf_tcp *t, struct sf_handle handle, struct sf_conn **c,
                          struct sf_work **w, sf_time now)
{
    enum sf_err err = sf_handle_conn(t, handle, c);

    if (err == SF_OK) {
        err = may_send(*c);
    }
    if (err != SF_OK) {
        return err;
    }
    *w = sf_conn_wake(t, *c, now);
    if (*w == NULL) {
        return refuse_send(t, *c, SF_ERR_NO_MEMORY);
    }
    sf_conn_owe(t, *c); /* if nothing comes of it, output.c folds it again */
    return SF_OK;
}

/* NOLINTNEXTLINE(readability-function-size): seven parameters are what SEND has */
enum sf_err sf_user_send(struct sf_tcp *t, struct sf_handle handle, const void *data,
                         size_t octets, uint32_t flags, size_t *taken, sf_time now)
{
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    enum sf_err err = sender(t, handle, &c, &w, now);
    uint32_t room = 0;
    uint32_t tail = 0;
    uint32_t end = 0;
    uint32_t got = 0;

    *taken = 0;
    if (err != SF_OK || octets == 0) {
        return err;
    }
    w->lent = 0; /* what was lent before is overtaken */
    room = send_room(t, c, w);
    if (room == 0) {
        return refuse_send(t, c, SF_ERR_AGAIN);
    }
    tail = w->snd.tail;
    end = end_of(t, tail);
    got = sf_bufq_append(t, &w->snd, SF_CHUNK_SEND, (const uint8_t *)data,
                         octets < room ? (uint32_t)octets : room);
    if (got == 0) {
        return refuse_send(t, c, SF_ERR_NO_MEMORY);
    }
    note_place(t, w, tail, end);
    /* A record ends with its last octet, which is still to come. */
    added(t, c, w, got, got < octets ? flags & ~(uint32_t)SF_SEND_RECORD : flags);
    if (got < octets) {
        c->told &= (uint16_t)~SF_READY_WRITE;
    }
    *taken = got;
    return SF_OK;
}

enum sf_err sf_user_reserve(struct sf_tcp *t, struct sf_handle handle, size_t octets,
                            struct sf_room *rooms, size_t *n, sf_time now)
{
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    enum sf_err err = sender(t, handle, &c, &w, now);
    size_t most = *n;
    uint32_t room = 0;
    uint32_t chunk = 0;
    uint32_t *link = NULL;

    *n = 0;
    if (err != SF_OK) {
        return err;
    }
    w->lent = 0;
    room = send_room(t, c, w);
    room = octets < room ? (uint32_t)octets : room;
    if (room == 0) {
        return octets == 0 ? SF_OK : refuse_send(t, c, SF_ERR_AGAIN);
    }
    /* First what is left of the last chunk, then new ones, kept aside until committed. */
    chunk = w->snd.tail;
    if (chunk != 0 && end_of(t, chunk) < sf_chunk_octets(t) && *n < most) {
        uint32_t end = sf_chunk_at(t, chunk)->end;
        uint32_t left = sf_chunk_octets(t) - end;

        left = left < room ? left : room;
        rooms[(*n)++] = (struct sf_room){sf_chunk_memory(t, chunk) + end, left};
        room -= left;
        w->lent += left;
    }
    link = &w->reserved;
    while (room != 0 && *n < most) {
        uint32_t part = sf_chunk_octets(t) < room ? sf_chunk_octets(t) : room;

        if (*link == 0) {
            *link = sf_chunk_take(t, SF_CHUNK_SEND, false);
        }
        if (*link == 0) {
            break;
        }
        rooms[(*n)++] = (struct sf_room){sf_chunk_memory(t, *link), part};
        room -= part;
        w->lent += part;
        link = &sf_chunk_at(t, *link)->next;
    }
    return *n != 0 ? SF_OK : refuse_send(t, c, SF_ERR_NO_MEMORY);
}

/* Chunks that were reserved and are not used go back. */
static void unreserve(struct sf_tcp *t, struct sf_work *w)
{
    while (w->reserved != 0) {
        uint32_t chunk = w->reserved;

        w->reserved = sf_chunk_at(t, chunk)->next;
        sf_chunk_unref(t, chunk);
    }
}

enum sf_err sf_user_commit(struct sf_tcp *t, struct sf_handle handle, size_t octets,
                           uint32_t flags, sf_time now)
{
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    enum sf_err err = sender(t, handle, &c, &w, now);
    uint32_t left = (uint32_t)octets;
    uint32_t tail = 0;
    uint32_t end = 0;

    if (err != SF_OK) {
        return err;
    }
    if (octets > w->lent) {
        return SF_ERR_INVAL;
    }
    w->lent = 0;
    tail = w->snd.tail;
    end = end_of(t, tail);
    if (tail != 0 && end < sf_chunk_octets(t)) {
        uint32_t part = sf_chunk_octets(t) - end;

        part = part < left ? part : left;
        sf_chunk_at(t, tail)->end = (uint16_t)(end + part);
        w->snd.octets += part;
        left -= part;
    }
    while (left != 0 && w->reserved != 0) {
        uint32_t chunk = w->reserved;
        uint32_t part = sf_chunk_octets(t) < left ? sf_chunk_octets(t) : left;

        w->reserved = sf_chunk_at(t, chunk)->next;
        sf_chunk_at(t, chunk)->next = 0;
        sf_chunk_at(t, chunk)->end = (uint16_t)part;
        sf_bufq_append_chunk(t, &w->snd, chunk);
        left -= part;
    }
    unreserve(t, w);
    SF_ASSERT(left == 0);
    if (octets != 0) {
        note_place(t, w, tail, end);
        added(t, c, w, (uint32_t)octets, flags);
    }
    return SF_OK;
}

/* Why there is nothing to read. */
static enum sf_err nothing(const struct sf_conn *c)
{
    if ((c->flags & SF_CF_FIN_RCVD) != 0) {
        return SF_ERR_EOF;
    }
    if (c->error != SF_OK) {
        return (enum sf_err)c->error;
    }
    return c->state == SF_CLOSED ? SF_ERR_EOF : SF_ERR_AGAIN;
}

/* Octets were read: the window may open. */
static void has_read(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_time now)
{
    if (w->rcv_urgent != 0 && !sf_seq_after(w->rcv_up, sf_seq_sub(c->rcv_nxt, w->rcv.octets))) {
        w->rcv_urgent = 0;
    }
    if (w->rcv.octets == 0) {
        c->told &= (uint16_t)~SF_READY_READ;
    }
    if (sf_window_worth_telling(t, c)) {
        c->flags |= SF_CF_ACK_NOW;
        sf_conn_owe(t, c);
    }
    if (c->owed.next == 0) {
        sf_conn_fold(t, c, now);
    }
}

enum sf_err sf_user_recv(struct sf_tcp *t, struct sf_handle handle, void *data, size_t octets,
                         size_t *got, sf_time now)
{
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    enum sf_err err = sf_handle_conn(t, handle, &c);
    uint32_t part = 0;

    *got = 0;
    if (err != SF_OK) {
        return err;
    }
    w = sf_conn_work(t, c);
    if (w == NULL || w->rcv.octets == 0) {
        return nothing(c);
    }
    part = octets < w->rcv.octets ? (uint32_t)octets : w->rcv.octets;
    part = sf_bufq_copy(t, &w->rcv, data, part);
    sf_bufq_consume(t, &w->rcv, part);
    *got = part;
    has_read(t, c, w, now);
    return SF_OK;
}

enum sf_err sf_user_peek(struct sf_tcp *t, struct sf_handle handle, struct sf_piece *pieces,
                         size_t *n)
{
    struct sf_conn *c = NULL;
    const struct sf_work *w = NULL;
    enum sf_err err = sf_handle_conn(t, handle, &c);
    uint32_t most = *n > UINT32_MAX ? UINT32_MAX : (uint32_t)*n;

    *n = 0;
    if (err != SF_OK) {
        return err;
    }
    w = sf_conn_work(t, c);
    if (w == NULL || w->rcv.octets == 0) {
        return nothing(c);
    }
    *n = sf_bufq_pieces(t, &w->rcv, pieces, most);
    return SF_OK;
}

enum sf_err sf_user_consume(struct sf_tcp *t, struct sf_handle handle, size_t octets,
                            sf_time now)
{
    struct sf_conn *c = NULL;
    struct sf_work *w = NULL;
    enum sf_err err = sf_handle_conn(t, handle, &c);

    if (err != SF_OK) {
        return err == SF_ERR_NOT_OPEN ? SF_ERR_STALE : err;
    }
    w = sf_conn_work(t, c);
    if (octets == 0) {
        return SF_OK;
    }
    if (w == NULL || octets > w->rcv.octets) {
        return SF_ERR_INVAL;
    }
    sf_bufq_consume(t, &w->rcv, (uint32_t)octets);
    has_read(t, c, w, now);
    return SF_OK;
}
