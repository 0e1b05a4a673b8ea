/* SPDX-License-Identifier: MIT
 *
 * link/peek.h - as much of a frame's headers as a filter asks for.
 *
 * Not a parser: nothing is verified, and what is cut short counts as not there.
 */
#ifndef SF_LINK_PEEK_H
#define SF_LINK_PEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "synfin/frame.h"

/* TCP's flags as they lie in the header's 14th octet (RFC 9293 s3.1). */
enum sf_peek_flag {
    SF_PEEK_FIN = 0x01,
    SF_PEEK_SYN = 0x02,
    SF_PEEK_RST = 0x04,
    SF_PEEK_PSH = 0x08,
    SF_PEEK_ACK = 0x10,
    SF_PEEK_URG = 0x20
};

struct sf_peek {
    uint8_t family; /* SF_IPV4, SF_IPV6, or 0: no IP packet */
    bool tcp;       /* a TCP header is there: a fragment behind the first has none */
    uint8_t flags;  /* TCP: all eight */
    uint32_t
        text_octets; /* TCP: octets of text by the IP header's length, padding not counted */
};

/* Look at a frame, sent or received; ethernet says if it begins with that header. */
struct sf_peek sf_peek(const struct sf_frame *frame, bool ethernet);

#endif
