/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/far.h - the kernel at the far end of a device, in a namespace of the
 * test's own: it is 10.9.8.1 and fd09:8::1, the test is .2 and ::2.
 */
#ifndef SYNFIN_TESTS_UNIT_LINK_FAR_H
#define SYNFIN_TESTS_UNIT_LINK_FAR_H

#include <stdbool.h>
#include <stdint.h>

#include "synfin/link.h"

/* A setup function of cmocka's: moves the test into the namespace, or says why not. */
int far_unshare(void **state);

/* Bring a device up and give the kernel its addresses there. */
void far_address(const char *device);

/* Receive until a TCP segment comes, for 5 seconds at most.  Its IP header begins at *ip. */
struct sf_frame far_next_tcp(struct sf_link *link, const uint8_t **ip);

/* Receive until an ethernet frame of this type comes. */
struct sf_frame far_next_type(struct sf_link *link, uint16_t type);

/*
 * Open a connection from a kernel's socket to port 80 of the test, over IPv4, then pass text
 * both ways: 14,000 octets from the kernel, 20,000 to it in one frame.  Checks that with
 * `super` they cross the link whole.
 */
void far_talk(struct sf_link *link, bool super);

#endif
