/* SPDX-License-Identifier: MIT
 *
 * tcp/isn.h - numbers that a stranger must not guess: initial sequence numbers (RFC 6528),
 * timestamp offsets (RFC 7323 s5.4, s7.1) and ephemeral ports (RFC 6056).
 */
#ifndef SF_TCP_ISN_H
#define SF_TCP_ISN_H

#include "tcp/tcp.h"

/* ISN = M + F(tuple, secret), M counting every 4 microseconds (RFC 9293 s3.4.1). */
sf_seq sf_isn(const struct sf_tcp *t, const struct sf_tuple *tuple, sf_time now);

/* What is added to the millisecond clock in TSval of this tuple. */
uint32_t sf_ts_offset(const struct sf_tcp *t, const struct sf_tuple *tuple);

/* TSval without its offset: milliseconds. */
static inline uint32_t sf_ts_clock(sf_time now)
{
    return (uint32_t)(now.ns / 1000000);
}

/* Choose tuple->lport: free, hashing home to this worker, and spread by RFC 6056 s3.3.4
 * (double-hash).  False if none is free. */
bool sf_port_choose(struct sf_tcp *t, struct sf_tuple *tuple);

#endif
