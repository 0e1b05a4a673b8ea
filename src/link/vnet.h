/* SPDX-License-Identifier: MIT
 *
 * link/vnet.h - the kernel's offload header (virtio 1.2 s5.1.6, struct virtio_net_hdr) in
 * front of frames of TUN, TAP and AF_PACKET, and the memory that they are received into.
 */
#ifndef SF_LINK_VNET_H
#define SF_LINK_VNET_H

#include <linux/virtio_net.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "synfin/frame.h"

/* Octets of the header: 10, or 12 where a device has the longer one, whose last two are
 * nothing here. */
#define SF_VNET_OCTETS     sizeof(struct virtio_net_hdr)
#define SF_VNET_OCTETS_MAX sizeof(struct virtio_net_hdr_mrg_rxbuf)

/* The longest frame: ethernet, a VLAN tag and an IP packet. */
#define SF_VNET_FRAME_OCTETS (65535 + 18)

/* What a frame to be sent asks of the kernel. */
struct virtio_net_hdr sf_vnet_of(const struct sf_frame *frame);

/* Runs of a frame to be sent: a header (unless it has no octets), head, pieces.  Returns how
 * many. */
int sf_vnet_runs(const struct sf_frame *frame, struct virtio_net_hdr_mrg_rxbuf *vnet,
                 size_t vnet_octets, struct iovec runs[SF_PIECES_MAX + 2]);

/*
 * Memory for one batch.  Frames lie one behind the other, each at a multiple of 64, so that
 * small ones touch little memory; the space for the longest is there for each, mapped and
 * untouched until needed.
 */
struct sf_vnet_memory {
    uint8_t *at;
    size_t octets;
    size_t used; /* octets up to where the next frame's header begins */
};

/* SF_OK or SF_ERR_NO_MEMORY; then `at` is null. */
SF_NODISCARD enum sf_err sf_vnet_map(struct sf_vnet_memory *m);
void sf_vnet_unmap(struct sf_vnet_memory *m);

/* Where to receive the next frame: SF_VNET_FRAME_OCTETS at a multiple of 64, with room for a
 * vnet header before it. */
uint8_t *sf_vnet_next(const struct sf_vnet_memory *m);

/* Make a frame of what was received: `octets` of which the first vnet_octets are a header
 * that ends where sf_vnet_next() points.  False if there is no frame in it. */
bool sf_vnet_take(struct sf_vnet_memory *m, size_t vnet_octets, size_t octets,
                  struct sf_frame *frame);

/* Forget all frames: the next is received at the beginning. */
static inline void sf_vnet_reset(struct sf_vnet_memory *m)
{
    m->used = 0;
}

#endif
