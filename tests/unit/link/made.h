/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/made.h - frames made for tests: TCP over IPv4 or IPv6.
 */
#ifndef SYNFIN_TESTS_UNIT_LINK_MADE_H
#define SYNFIN_TESTS_UNIT_LINK_MADE_H

#include <stdbool.h>
#include <stdint.h>

#include "synfin/frame.h"

enum {
    MADE_FIN = 0x01,
    MADE_SYN = 0x02,
    MADE_RST = 0x04,
    MADE_PSH = 0x08,
    MADE_ACK = 0x10,
    MADE_URG = 0x20
};

/* How a frame is made. */
struct made {
    uint8_t family; /* 0: SF_IPV4 */
    uint8_t flags;
    bool ethernet;
    uint16_t text_octets; /* of them, octet i is i mod 251 */
    uint16_t padding;     /* octets of nothing behind the packet */
    uint32_t seq;
};

/* A frame of head and one piece, whose memory is `memory` (of at least 2,048 octets).  Its
 * checksum is partial: the pseudo-header's sum (RFC 9293 s3.1) is in the field. */
struct sf_frame made_frame(const struct made *how, uint8_t *memory);

/* The same as it is received: one piece, a complete checksum. */
struct sf_frame made_received(const struct made *how, uint8_t *memory);

/* The ones' complement sum over a TCP segment of a whole frame, pseudo-header included:
 * 0xffff if its checksum is right. */
uint16_t made_sum(const uint8_t *frame, uint32_t octets, bool ethernet);

#endif
