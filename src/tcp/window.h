/* SPDX-License-Identifier: MIT
 *
 * tcp/window.h - the window offered, without silly ones (RFC 9293 s3.8.6.2.2, MUST-39).
 */
#ifndef SF_TCP_WINDOW_H
#define SF_TCP_WINDOW_H

#include "tcp/conn.h"

/* The window field to send now; moves RCV.ADV to what it says. */
uint16_t sf_window_offer(const struct sf_tcp *t, struct sf_conn *c);

/* The application has read: is the window worth an acknowledgement of its own? */
bool sf_window_worth_telling(const struct sf_tcp *t, const struct sf_conn *c);

/* What a SYN offers of a receive buffer, and the connection until its next segment: never
 * scaled (RFC 7323 s2.2). */
uint32_t sf_window_first(const struct sf_tcp *t, uint32_t rcvbuf);

/* The receive window that a connection begins with: that, or more that cannot be said. */
uint32_t sf_window_begin(const struct sf_tcp *t, uint32_t rcvbuf);

/* The scale that a SYN offers for a receive buffer, 0 to 14. */
uint8_t sf_window_scale(const struct sf_tcp *t, uint32_t rcvbuf);

#endif
