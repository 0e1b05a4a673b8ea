/* SPDX-License-Identifier: MIT
 *
 * tcp/uto.h - the user timeout of a connection, and the option that tells it (RFC 5482).
 */
#ifndef SF_TCP_UTO_H
#define SF_TCP_UTO_H

#include "tcp/tcp.h"

/* USER TIMEOUT in milliseconds; 0: none. */
uint32_t sf_uto_ms(const struct sf_tcp *t, const struct sf_conn *c);

/* The same if the peer's option set it; else 0. */
uint32_t sf_uto_adopted(const struct sf_tcp *t, const struct sf_conn *c);

/* The option's 16 bits for a time in milliseconds, rounded up: seconds as far as they reach,
 * then minutes.  Never 0 (s3.4). */
uint16_t sf_uto_field(uint32_t ms);

/* What they mean; 0: nothing. */
uint32_t sf_uto_of_field(uint16_t field);

/* Put the option on a segment of choice's holder, if it wants that. */
void sf_uto_put(const struct sf_tcp *t, uint32_t choice, struct sf_seg *seg);

/* The option's field if there is one that counts; else 0, which never does (s3.4). */
uint16_t sf_uto_said(const struct sf_tcp *t, const struct sf_seg *seg);

/* The peer has said its own. */
void sf_uto_take(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now);

/* USER TIMEOUT has changed: it holds from now on for what is outstanding. */
void sf_uto_restart(struct sf_tcp *t, const struct sf_conn *c, sf_time now);

#endif
