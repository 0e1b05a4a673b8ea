/* SPDX-License-Identifier: MIT
 *
 * synfin/frame.h - a frame between a link and the engine, in either direction.
 *
 * A frame that arrives is one piece of memory of the link's.  A frame that leaves is a
 * header block, inside the struct, followed by pieces borrowed from the engine's chunks;
 * the link gives them back with sf_stack_tx_done() when it is done with them.
 */
#ifndef SYNFIN_FRAME_H
#define SYNFIN_FRAME_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most frames that one call takes or gives. */
#define SF_BATCH_MAX 64

/** Octets of the header block: ethernet 14, IPv6 40, TCP with options 60, and slack. */
#define SF_HEAD_MAX 128

/** Most pieces behind a header block: 64 KiB in chunks of 4 KiB, both ends cut. */
#define SF_PIECES_MAX 18

/** State of a frame's transport checksum. */
enum sf_csum {
    SF_CSUM_FULL = 0, /**< in the frame and complete: the receiver verifies it */
    SF_CSUM_VALID,    /**< received: the link has already verified it */
    SF_CSUM_PARTIAL   /**< holds the pseudo-header's sum only: the link (or, for what was
                           received from the same host, nobody) completes it */
};

/** A run of octets. */
struct sf_piece {
    const uint8_t *data;
    uint32_t octets;
};

/** One frame. */
struct sf_frame {
    uint32_t octets;      /**< whole length: header block and pieces */
    uint16_t head_octets; /**< sent: octets used of head; received: 0 */
    uint16_t gso_octets;  /**< payload octets of each segment of a super-segment; 0: plain */
    uint16_t csum_start;  /**< SF_CSUM_PARTIAL: where the sum begins, from the frame's start */
    uint16_t csum_offset; /**< SF_CSUM_PARTIAL: where it is stored, from csum_start */
    uint8_t csum;         /**< enum sf_csum */
    uint8_t verdict;      /**< received: enum sf_verdict, written by sf_stack_rx() */
    uint8_t family;       /**< sent: SF_IPV4, SF_IPV6, or 0 (ARP) */
    uint8_t n_pieces;     /**< how many pieces are used */
    uint8_t transport_start; /**< sent: where the TCP or ICMP header begins in head */
    uint8_t head[SF_HEAD_MAX];
    struct sf_piece pieces[SF_PIECES_MAX]; /**< received: pieces[0] is the whole frame */
};

/**
 * Copy the first octets of a frame out, or all that there are: its header block, then its
 * pieces.  What a link needs that takes one run of octets.
 *
 * @param frame  the frame
 * @param to     where to, room for n octets
 * @param n      octets at most
 * @return octets copied: frame->octets, if n is no less
 */
SF_API size_t sf_frame_copy(const struct sf_frame *frame, uint8_t *to, size_t n);

#ifdef __cplusplus
}
#endif
#endif
