/* SPDX-License-Identifier: MIT
 *
 * wire/seg.h - a TCP segment as values: what wire/tcp.c reads and writes, and the only
 * thing of wire/ that tcp/ sees.
 */
#ifndef SF_WIRE_SEG_H
#define SF_WIRE_SEG_H

#include "base/seq.h"

/* Control bits (RFC 9293 s3.1), as they stand in the thirteenth octet and, for AE, in the
 * twelfth's last bit. */
enum {
    SF_FIN = 0x01,
    SF_SYN = 0x02,
    SF_RST = 0x04,
    SF_PSH = 0x08,
    SF_ACK = 0x10,
    SF_URG = 0x20,
    SF_ECE = 0x40,
    SF_CWR = 0x80,
};

/* Most SACK blocks in one segment (RFC 2018 s3). */
#define SF_SACK_BLOCKS 4

struct sf_sack_block {
    sf_seq left;  /* first octet of the block */
    sf_seq right; /* the octet after its last */
};

/* Which options a segment carries. */
enum {
    SF_OPT_MSS = 0x01,
    SF_OPT_WSCALE = 0x02,
    SF_OPT_SACK_OK = 0x04,
    SF_OPT_TS = 0x08,
    SF_OPT_SACK = 0x10,
    SF_OPT_FAST_OPEN = 0x20, /* on a SYN only (RFC 7413 s4.1.1) */
    SF_OPT_UTO = 0x80,
};

struct sf_seg {
    sf_seq seq;           /* SEG.SEQ */
    sf_seq ack;           /* SEG.ACK; meaningless without SF_ACK */
    uint32_t text_octets; /* payload, without SYN and FIN */
    uint16_t wnd;         /* the window field as it stands, not scaled */
    uint16_t urg;         /* urgent pointer; meaningless without SF_URG */
    uint16_t mss;         /* with SF_OPT_MSS */
    uint16_t gso_octets;  /* a super-segment: text of each of its segments; 0: plain */
    uint8_t flags;        /* control bits */
    uint8_t options;      /* SF_OPT_* */
    uint8_t wscale;       /* with SF_OPT_WSCALE, as it stands (may exceed 14) */
    uint8_t n_sack;       /* blocks used of sack */
    uint8_t tos;          /* of a received segment: the Diffserv field's octet, ECN in it */
    uint8_t syn_order; /* to be built: how SF_OPT_* of a SYN are laid out, sf_seg_syn_order() */
    uint8_t syn_padding; /* enum sf_padding */
    uint16_t uto;        /* with SF_OPT_UTO: granularity and value as they stand (RFC 5482) */
    uint8_t fast_open_octets; /* with SF_OPT_FAST_OPEN: of the cookie; 0: one is asked for */
    uint8_t fast_open_form;   /* enum sf_fast_open_form */
    uint32_t tsval;           /* with SF_OPT_TS */
    uint32_t tsecr;           /* with SF_OPT_TS */
    struct sf_sack_block sack[SF_SACK_BLOCKS];
    const uint8_t *text;      /* the payload of a received segment, borrowed */
    const uint8_t *fast_open; /* the cookie, borrowed */
};

/* Octets of a Fast Open cookie; an even number of them (RFC 7413 s4.1.1). */
#define SF_FAST_OPEN_MIN 4
#define SF_FAST_OPEN_MAX 16

/* SEG.LEN: octets of sequence space, SYN and FIN counted (RFC 9293 s3.3.1). */
static inline uint32_t sf_seg_len(const struct sf_seg *seg)
{
    return seg->text_octets + ((seg->flags & SF_SYN) != 0) + ((seg->flags & SF_FIN) != 0);
}

/* Four places of two bits, the first lowest, each an enum sf_syn_option; kept so that 0 is the
 * order that the enumeration has. */
#define SF_SYN_ORDER_PLAIN 0xe4U

static inline uint8_t sf_seg_syn_order(const uint8_t *order)
{
    uint32_t packed = 0;

    for (uint32_t i = 0; i < 4; i++) {
        packed |= (uint32_t)order[i] << 2 * i;
    }
    return (uint8_t)(packed ^ SF_SYN_ORDER_PLAIN);
}

#endif
