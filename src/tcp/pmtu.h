/* SPDX-License-Identifier: MIT
 *
 * tcp/pmtu.h - what ICMP says of the path's size (RFC 1191, RFC 8201), believed with the care
 * of RFC 5927 s7.2.
 */
#ifndef SF_TCP_PMTU_H
#define SF_TCP_PMTU_H

#include "tcp/conn.h"

/* The size that a "too big" claims, if it may be believed at all: not below the family's
 * floor, and below the size in use.  mtu 0: a router that names none (RFC 1191 s5).  0 if it
 * may not. */
uint32_t sf_pmtu_claim(enum sf_family family, uint32_t mtu, uint32_t in_use);

/* A "too big" that quotes what is outstanding.  False if it is not to be believed. */
bool sf_pmtu_too_big(struct sf_tcp *t, struct sf_conn *c, uint32_t mtu);

/* Text of so many octets at most was acknowledged in one segment: the path carried it. */
void sf_pmtu_acked(struct sf_conn *c, uint32_t octets);

/* The retransmission timer fired: a claim that waited for that holds. */
void sf_pmtu_timed_out(struct sf_tcp *t, struct sf_conn *c);

#endif
