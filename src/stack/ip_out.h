/* SPDX-License-Identifier: MIT
 *
 * stack/ip_out.h - headers of packets that leave.
 */
#ifndef SF_STACK_IP_OUT_H
#define SF_STACK_IP_OUT_H

#include "stack/stack.h"

/*
 * Start a frame with an IP header, behind the room for the link's.
 *
 *   ip   family, src, dst, payload_octets and protocol are read, and of IPv6 flow_label;
 *        the rest is chosen here
 * Returns where in frame->head the transport header goes.
 */
size_t sf_ip_out_head(const struct sf_stack *st, struct sf_frame *frame, struct sf_ip *ip);

/* Make the frame of a segment, but for an ethernet header; its pieces are in place. */
void sf_ip_out_segment(struct sf_stack *st, struct sf_frame *frame, const struct sf_out *out);

#endif
