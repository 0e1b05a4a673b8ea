/* SPDX-License-Identifier: MIT
 *
 * link/vnet.c - the kernel's offload header, and memory to receive into.
 *
 * The header is in the machine's own byte order, as the kernel's devices have it unless
 * told otherwise.
 */
#include "link/vnet.h"

#include <string.h>
#include <sys/mman.h>

/* A cache line before each frame: its header ends where the frame begins. */
#define ROOM  64
#define SPACE ((size_t)(ROOM + SF_VNET_FRAME_OCTETS + 63) / 64 * 64)

_Static_assert(SF_VNET_OCTETS_MAX <= ROOM, "the header fits before its frame");

struct virtio_net_hdr sf_vnet_of(const struct sf_frame *frame)
{
    struct virtio_net_hdr vnet = {0};

    if (frame->csum == SF_CSUM_PARTIAL) {
        vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        vnet.csum_start = frame->csum_start;
        vnet.csum_offset = frame->csum_offset;
    }
    if (frame->gso_octets != 0) {
        vnet.gso_type =
            frame->family == SF_IPV6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
        vnet.gso_size = frame->gso_octets;
        /* A hint at how much to keep in one run: all headers. */
        vnet.hdr_len = frame->head_octets;
    }
    return vnet;
}

/* What the kernel says of a frame received. */
static void read_vnet(const struct virtio_net_hdr *vnet, struct sf_frame *frame)
{
    uint8_t type = vnet->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;

    if ((vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0) {
        frame->csum = SF_CSUM_PARTIAL;
        frame->csum_start = vnet->csum_start;
        frame->csum_offset = vnet->csum_offset;
    } else if ((vnet->flags & VIRTIO_NET_HDR_F_DATA_VALID) != 0) {
        frame->csum = SF_CSUM_VALID;
    }
    if (type == VIRTIO_NET_HDR_GSO_TCPV4 || type == VIRTIO_NET_HDR_GSO_TCPV6) {
        frame->gso_octets = vnet->gso_size;
    }
}

int sf_vnet_runs(const struct sf_frame *frame, struct virtio_net_hdr_mrg_rxbuf *vnet,
                 size_t vnet_octets, struct iovec runs[SF_PIECES_MAX + 2])
{
    int n = 0;

    if (vnet_octets != 0) {
        *vnet = (struct virtio_net_hdr_mrg_rxbuf){.hdr = sf_vnet_of(frame)};
        runs[n++] = (struct iovec){.iov_base = vnet, .iov_len = vnet_octets};
    }
    if (frame->head_octets != 0) {
        /* iovec has no const: the kernel only reads. */
        runs[n++] = (struct iovec){.iov_base = (void *)(uintptr_t)frame->head,
                                   .iov_len = frame->head_octets};
    }
    for (uint8_t i = 0; i < frame->n_pieces; i++) {
        runs[n++] = (struct iovec){.iov_base = (void *)(uintptr_t)frame->pieces[i].data,
                                   .iov_len = frame->pieces[i].octets};
    }
    return n;
}

enum sf_err sf_vnet_map(struct sf_vnet_memory *m)
{
    void *at = NULL;

    *m = (struct sf_vnet_memory){.octets = SPACE * SF_BATCH_MAX};
    at = mmap(NULL, m->octets, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        return SF_ERR_NO_MEMORY;
    }
    m->at = at;
    return SF_OK;
}

void sf_vnet_unmap(struct sf_vnet_memory *m)
{
    if (m->at != NULL) {
        (void)munmap(m->at, m->octets);
        m->at = NULL;
    }
}

uint8_t *sf_vnet_next(const struct sf_vnet_memory *m)
{
    return m->at + m->used + ROOM;
}

bool sf_vnet_take(struct sf_vnet_memory *m, size_t vnet_octets, size_t octets,
                  struct sf_frame *frame)
{
    uint8_t *at = sf_vnet_next(m);

    if (octets <= vnet_octets || octets > vnet_octets + SF_VNET_FRAME_OCTETS) {
        return false;
    }
    octets -= vnet_octets;
    frame->octets = (uint32_t)octets;
    frame->head_octets = 0;
    frame->gso_octets = 0;
    frame->csum_start = 0;
    frame->csum_offset = 0;
    frame->csum = SF_CSUM_FULL;
    frame->verdict = 0;
    frame->family = SF_UNSPEC;
    frame->transport_start = 0;
    frame->n_pieces = 1;
    frame->pieces[0] = (struct sf_piece){at, (uint32_t)octets};
    if (vnet_octets != 0) {
        struct virtio_net_hdr vnet;

        memcpy(&vnet, at - vnet_octets, sizeof(vnet));
        read_vnet(&vnet, frame);
    }
    m->used += ROOM + (octets + 63) / 64 * 64;
    return true;
}
