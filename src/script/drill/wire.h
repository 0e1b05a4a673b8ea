/* SPDX-License-Identifier: MIT
 *
 * script/drill/wire.h - packets as octets.
 *
 * Of its own, and not wire/: a script may ask for what no stack would send, and what checks
 * an engine does not lean on it.
 */
#ifndef SYNFIN_SCRIPT_DRILL_WIRE_H
#define SYNFIN_SCRIPT_DRILL_WIRE_H

#include "script/drill/ast.h"
#include "synfin/types.h"

/* Headers at most: IPv6, ICMP, and quoted IPv6 and TCP with all its options. */
#define DRILL_HEADS (40 + 8 + 40 + 60)

/* A packet on the wire, its own numbers. */
struct drill_live {
    struct drill_live *next;
    uint64_t at_ns;
    struct drill_packet packet; /* opts points to opts below */
    struct drill_opt opts[DRILL_OPTS];
    struct sf_addr src, dst;
    const uint8_t *text; /* packet.octets of them */
    const char *wrong;   /* a checksum or a length that is wrong; null: none */
};

/* Read an IP packet; text points into p. */
void drill_read(struct drill_live *live, const uint8_t *p, size_t n);

/* Write a segment, its checksums right, into p, which has room for DRILL_HEADS and the text.
 * Returns its octets. */
size_t drill_write(uint8_t *p, const struct drill_live *live);

/* Write an ICMP message that quotes a segment of ours from dst to src with this number. */
size_t drill_write_icmp(uint8_t *p, const struct drill_live *live);

#endif
