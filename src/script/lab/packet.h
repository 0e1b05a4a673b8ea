/* SPDX-License-Identifier: MIT
 *
 * script/lab/packet.h - TCP in IP packets, as far as labs forge, filter and break it.
 */
#ifndef SF_SCRIPT_LAB_PACKET_H
#define SF_SCRIPT_LAB_PACKET_H

#include "script/lab/lab.h"

/* Control bits as on the wire (RFC 9293 s3.1). */
enum { LAB_FIN = 1, LAB_SYN = 2, LAB_RST = 4, LAB_PSH = 8, LAB_ACK = 16 };

/* Octets of the longest packet that lab_packet_write() makes. */
#define LAB_PACKET_MAX 1500

struct lab_packet {
    struct sf_endpoint src, dst;
    uint32_t seq, ack;
    uint16_t wnd;
    uint16_t mss; /* 0: no option */
    uint8_t flags;
    uint8_t ttl;  /* 0 when written: 64 */
    bool stamped; /* timestamps (RFC 7323) */
    uint32_t tsval, tsecr;
    bool intact; /* the checksum is right */
    const uint8_t *text;
    size_t octets; /* of text */
};

/* Read an IPv4 or IPv6 packet without extension headers; false if it is no TCP segment.  The
 * text is borrowed from it. */
bool lab_packet_read(const uint8_t *p, size_t octets, struct lab_packet *packet);

/* Write an IPv4 packet with both checksums; returns its length, or 0 if it is too long. */
size_t lab_packet_write(uint8_t *p, const struct lab_packet *packet);

/* Is it one of those that are meant, direction apart? */
bool lab_packet_matches(const struct lab_packet *packet, const struct lab_filter *filter);

#endif
