/* SPDX-License-Identifier: MIT
 *
 * stack/own.h - frames that the stack itself owes: ARP, neighbour discovery, ICMP, and held
 * frames whose neighbour has answered.  They wait in a ring; when it is full they are lost, as
 * on a network, and counted in replies_lost.
 */
#ifndef SF_STACK_OWN_H
#define SF_STACK_OWN_H

#include "stack/stack.h"

/*
 * Room for one frame more, everything but head and pieces zeroed; null if there is none.
 *
 *   held   for a frame that a neighbour held: the places beyond max_replies are kept for them
 */
struct sf_own *sf_own_put(struct sf_stack *st, bool held);

/* Take back what sf_own_put() gave last. */
void sf_own_unput(struct sf_stack *st);

/* The oldest, taken off the ring; null if there is none.  Good until the next sf_own_put(). */
struct sf_own *sf_own_get(struct sf_stack *st);

/* Append a copy of octets to a frame whose head is complete: to the head if they fit, else in
 * chunks.  False, and nothing is kept, if there are no chunks or too many were needed. */
bool sf_own_body(struct sf_stack *st, struct sf_frame *frame, const uint8_t *body,
                 uint32_t octets);

/* Give the pieces of a frame back. */
void sf_own_drop(struct sf_stack *st, const struct sf_frame *frame);

#endif
