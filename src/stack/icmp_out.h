/* SPDX-License-Identifier: MIT
 *
 * stack/icmp_out.h - ICMP that we send: echo replies and errors (RFC 1122 s3.2.2, RFC 4443).
 */
#ifndef SF_STACK_ICMP_OUT_H
#define SF_STACK_ICMP_OUT_H

#include "stack/stack.h"
#include "wire/icmp.h"

/* Answer an echo request from src, an address of ours of wire form. */
enum sf_verdict sf_icmp_send_echo(struct sf_stack *st, const struct sf_ip *ip,
                                  const struct sf_icmp *request, const uint8_t *src);

/*
 * Report an error about a packet that arrived for an address of ours, if one may be sent about
 * it at all and this second's account (icmp_errors) has one left.
 *
 *   word   octets 5 to 8 of the message
 */
void sf_icmp_send_error(struct sf_stack *st, const struct sf_ip *about, uint8_t type,
                        uint8_t code, uint32_t word, sf_time now);

/* Nobody here speaks the packet's protocol: protocol or port unreachable, or for IPv6 the
 * parameter problem that takes the former's place (RFC 4443 s3.4). */
void sf_icmp_send_unreachable(struct sf_stack *st, const struct sf_ip *about, sf_time now);

#endif
