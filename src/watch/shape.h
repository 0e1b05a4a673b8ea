/* SPDX-License-Identifier: MIT
 *
 * watch/shape.h - how a connection opened and closed, collected segment by segment, so that
 * rows may be left out.
 */
#ifndef SF_WATCH_SHAPE_H
#define SF_WATCH_SHAPE_H

#include "synfin/ladder.h"

struct sf_shape {
    uint8_t syn;        /* enum sf_sides: who sent a SYN without ACK */
    uint8_t syn_ack;    /* who sent a SYN,ACK */
    uint8_t acked;      /* whose SYN was acknowledged */
    uint8_t fins;       /* who sent a FIN */
    uint8_t fins_acked; /* whose FIN was acknowledged */
    uint8_t apart;      /* whose FIN was acknowledged before the other end's FIN was sent */
    uint8_t covers;     /* whose FIN acknowledged the other's */
    uint8_t first;      /* whose FIN was first */
    uint8_t rst;        /* who sent a RST */
    uint8_t time_wait;  /* who was in TIME_WAIT */
    bool refused;       /* the RST came before both SYNs were acknowledged */
    bool reset;         /* a RST came before both FINs were acknowledged */
    bool answered;      /* a FIN came again while its receiver was in TIME_WAIT */
    bool fast;          /* text of the SYN was acknowledged with it */
    uint64_t half_close_octets;
    uint64_t apart_ns;  /* when the FIN of apart was acknowledged */
    uint64_t second_ns; /* when the second FIN was sent */
};

/*
 * Take a segment into account.
 *
 *   row   the segment, with the states before it
 *   fin   where the FINs stand, this segment's included; -1: there is none
 *   fresh how much of its text is new
 */
void sf_shape_add(struct sf_shape *s, const struct sf_row *row, const int64_t fin[2],
                  uint32_t fresh);

/* Has this end sent a SYN,ACK? */
bool sf_shape_answered(const struct sf_shape *s, unsigned side);

/* An end is now in this state. */
void sf_shape_state(struct sf_shape *s, unsigned side, unsigned state);

/* Put it into the words of the interface. */
void sf_shape_facts(const struct sf_shape *s, struct sf_ladder_facts *facts);

#endif
