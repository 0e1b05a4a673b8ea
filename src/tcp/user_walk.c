/* SPDX-License-Identifier: MIT
 *
 * tcp/user_walk.c - a look at every record, for diagnosis: listeners, SYN-RECEIVED,
 * connections, TIME-WAIT, in this order.
 */
#include "base/time.h"
#include "tcp/conn.h"
#include "tcp/timewait.h"
#include "tcp/user.h"
#include "tcp/user_handle.h"

/* The cursor: which pool in its upper half, the record looked at last in its lower. */
enum pass { LISTENERS, EMBRYOS, CONNS, TW4, TW6, PASSES };

static sf_span left_of(const struct sf_tcp *t, uint32_t timer, sf_time now)
{
    if (!sf_wheel_armed(&t->wheel, timer)) {
        return (sf_span){0};
    }
    return sf_time_sub(sf_wheel_at(&t->wheel, timer), now);
}

static bool listener_row(const struct sf_tcp *t, uint32_t index, struct sf_walk_row *row)
{
    const struct sf_listener *l = sf_listener_at(t, index);

    if (l->syn_limit == 0) {
        return false;
    }
    row->state = SF_LISTEN;
    row->handle = (struct sf_handle){sf_timer_id(SF_ID_LISTENER, index), l->generation};
    row->local.addr.family = l->family;
    memcpy(row->local.addr.octets, l->addr, 16);
    row->local.port = l->port;
    row->readable = l->accepts.count; /* as ss has it: the accept queue */
    row->unacked = l->accept_limit;
    return true;
}

static bool embryo_row(const struct sf_tcp *t, uint32_t index, struct sf_walk_row *row,
                       sf_time now)
{
    const struct sf_embryo *e = sf_embryo_at(t, index);

    if (e->list.next == 0) {
        return false;
    }
    row->state = SF_SYN_RECEIVED;
    sf_tuple_ends(&e->tuple, &row->local, &row->remote);
    row->until = left_of(t, sf_timer_id(SF_TK_EMBRYO, index), now);
    return true;
}

static bool conn_row(const struct sf_tcp *t, uint32_t index, struct sf_walk_row *row,
                     sf_time now)
{
    const struct sf_conn *c = sf_conn_at(t, index);
    const struct sf_work *w = sf_conn_work(t, c);

    if (c->state == SF_CLOSED && (c->flags & SF_CF_ACCEPTED) == 0) {
        return false;
    }
    row->state = (enum sf_state)c->state;
    if ((c->flags & SF_CF_ACCEPTED) != 0) {
        row->handle = sf_conn_handle(t, c);
    }
    sf_tuple_ends(&c->tuple, &row->local, &row->remote);
    row->readable = w == NULL ? 0 : w->rcv.octets;
    row->unacked = w == NULL ? 0 : w->snd.octets;
    if (c->state == SF_TIME_WAIT || c->state == SF_FIN_WAIT_2) {
        row->until = left_of(t, sf_timer_id(SF_TK_SLOW, index), now);
    }
    return true;
}

static bool tw_row(const struct sf_tcp *t, enum sf_id_kind kind, uint32_t nth,
                   struct sf_walk_row *row, sf_time now)
{
    uint32_t id = sf_tw_nth(t, kind, nth);
    struct sf_tuple tuple;
    struct sf_tw_view view;

    if (id == 0) {
        return false;
    }
    sf_tw_tuple(t, id, &tuple);
    sf_tw_view(t, id, &view, now);
    row->state = SF_TIME_WAIT;
    sf_tuple_ends(&tuple, &row->local, &row->remote);
    row->until = sf_time_sub(view.until, now);
    return true;
}

static uint32_t end_of(const struct sf_tcp *t, enum pass pass)
{
    switch (pass) {
    case LISTENERS:
        return t->listeners.fresh;
    case EMBRYOS:
        return t->embryos.fresh;
    case CONNS:
        return t->conns.fresh;
    case TW4:
        return t->tw4.count;
    case TW6:
        return t->tw6.count;
    case PASSES:
        break;
    }
    return 0;
}

static bool look(const struct sf_tcp *t, enum pass pass, uint32_t index,
                 struct sf_walk_row *row, sf_time now)
{
    *row = (struct sf_walk_row){.state = SF_CLOSED};
    switch (pass) {
    case LISTENERS:
        return listener_row(t, index, row);
    case EMBRYOS:
        return embryo_row(t, index, row, now);
    case CONNS:
        return conn_row(t, index, row, now);
    case TW4:
        return tw_row(t, SF_ID_TW4, index - 1, row, now);
    case TW6:
        return tw_row(t, SF_ID_TW6, index - 1, row, now);
    case PASSES:
        break;
    }
    return false;
}

bool sf_user_walk(const struct sf_tcp *t, uint64_t *cursor, struct sf_walk_row *row,
                  sf_time now)
{
    uint32_t pass = (uint32_t)(*cursor >> 32);
    uint32_t index = (uint32_t)*cursor;
    bool found = false;

    while (!found && pass < PASSES) {
        if (index >= end_of(t, (enum pass)pass)) {
            pass++;
            index = 0;
        } else {
            found = look(t, (enum pass)pass, ++index, row, now);
        }
    }
    *cursor = (uint64_t)pass << 32 | index;
    return found;
}
