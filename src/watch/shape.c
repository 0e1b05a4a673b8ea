/* SPDX-License-Identifier: MIT
 *
 * watch/shape.c - how a connection opened and closed.
 */
#include "watch/shape.h"

#include "wire/seg.h"

static uint8_t bit(unsigned side)
{
    return side == SF_CLIENT ? SF_SIDE_CLIENT : SF_SIDE_SERVER;
}

static void add_syn(struct sf_shape *s, const struct sf_row *row)
{
    if ((row->u.seg.flags & SF_ACK) == 0) {
        s->syn |= bit(row->from);
    } else {
        s->syn_ack |= bit(row->from);
        s->fast = s->fast || row->u.seg.ack > 1;
    }
}

static void add_rst(struct sf_shape *s, const struct sf_row *row)
{
    s->rst |= bit(row->from);
    if ((s->syn | s->syn_ack) != 0 && s->acked != SF_SIDE_BOTH) {
        s->refused = true;
    } else if (s->fins_acked != SF_SIDE_BOTH) {
        s->reset = true;
    }
}

/* The segment acknowledges; where the other end's FIN stands. */
static void add_ack(struct sf_shape *s, const struct sf_row *row, int64_t fin)
{
    uint8_t theirs = bit(row->from ^ 1U);
    const struct sf_row_seg *seg = &row->u.seg;

    if (seg->ack >= 1) {
        s->acked |= theirs;
    }
    /* Who sends this has been answered, captured or not. */
    s->acked |= (seg->flags & SF_SYN) == 0 ? bit(row->from) : 0;
    if (fin < 0 || seg->ack <= fin) {
        return;
    }
    if ((s->fins & bit(row->from)) == 0) {
        if ((seg->flags & SF_FIN) == 0 && (s->apart & theirs) == 0) {
            s->apart |= theirs;
            s->apart_ns = row->at_ns;
        } else if ((seg->flags & SF_FIN) != 0) {
            s->covers |= bit(row->from);
        }
    }
    s->fins_acked |= theirs;
}

static void add_fin(struct sf_shape *s, const struct sf_row *row)
{
    uint8_t mine = bit(row->from);

    if ((s->fins & mine) != 0) {
        s->answered = s->answered || row->state[row->from ^ 1U] == SF_TIME_WAIT;
        return;
    }
    if (s->fins == 0) {
        s->first = mine;
    } else {
        s->second_ns = row->at_ns;
    }
    s->fins |= mine;
}

void sf_shape_add(struct sf_shape *s, const struct sf_row *row, const int64_t fin[2],
                  uint32_t fresh)
{
    const struct sf_row_seg *seg = &row->u.seg;

    if ((seg->flags & SF_SYN) != 0) {
        add_syn(s, row);
    }
    if (s->first != 0 && s->first != bit(row->from)) {
        s->half_close_octets += fresh;
    }
    if ((seg->flags & SF_RST) != 0) {
        add_rst(s, row);
        return;
    }
    if ((seg->flags & SF_ACK) != 0) {
        add_ack(s, row, fin[row->from ^ 1U]);
    }
    if ((seg->flags & SF_FIN) != 0) {
        add_fin(s, row);
    }
}

bool sf_shape_answered(const struct sf_shape *s, unsigned side)
{
    return (s->syn_ack & bit(side)) != 0;
}

void sf_shape_state(struct sf_shape *s, unsigned side, unsigned state)
{
    if (state == SF_TIME_WAIT) {
        s->time_wait |= bit(side);
    }
}

static enum sf_opened opened(const struct sf_shape *s)
{
    if (s->syn == 0 && s->syn_ack == 0) {
        return SF_OPENED_MIDSTREAM;
    }
    if (s->acked != SF_SIDE_BOTH) {
        return s->refused ? SF_OPENED_REFUSED : SF_OPENED_UNANSWERED;
    }
    if (s->syn == SF_SIDE_BOTH) {
        return SF_OPENED_SIMULTANEOUS;
    }
    return s->fast ? SF_OPENED_FAST : SF_OPENED_THREE_WAY;
}

static enum sf_closed_how closed(const struct sf_shape *s)
{
    if (opened(s) == SF_OPENED_REFUSED) {
        return SF_CLOSED_NONE;
    }
    if (s->reset) {
        return SF_CLOSED_RESET;
    }
    if (s->fins == 0) {
        return SF_CLOSED_NONE;
    }
    if (s->fins != SF_SIDE_BOTH) {
        return SF_CLOSED_HALF;
    }
    if (s->covers == 0) {
        return SF_CLOSED_SIMULTANEOUS;
    }
    return (s->apart & s->first) != 0 ? SF_CLOSED_FOUR : SF_CLOSED_THREE;
}

void sf_shape_facts(const struct sf_shape *s, struct sf_ladder_facts *facts)
{
    *facts = (struct sf_ladder_facts){
        .opened = (uint8_t)opened(s),
        .closed = (uint8_t)closed(s),
        .first_closer = s->first,
        .time_wait = s->time_wait,
        .half_close_octets = s->half_close_octets,
    };
    if (facts->closed == SF_CLOSED_SIMULTANEOUS) {
        facts->first_closer = SF_SIDE_BOTH;
    }
    if (facts->closed == SF_CLOSED_FOUR) {
        facts->between.ns = s->second_ns - s->apart_ns;
    }
}
