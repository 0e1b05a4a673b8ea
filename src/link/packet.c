/* SPDX-License-Identifier: MIT
 *
 * link/packet.c - an ethernet device that the kernel has, through AF_PACKET (packet(7)).
 *
 *   engine ── tx ── sendmsg(vnet, head, pieces) ──► device
 *   engine ◄─ rx ── recv() ◄── copies of all that the device receives
 *
 * The kernel gets the same frames.  What is for an address of its own it answers itself,
 * with a RST where it has no such connection: so the engine needs an address on that net
 * that the kernel does not have, and nobody routes through the kernel.  The station address
 * is shared: for addresses that are not its own the kernel neither answers ARP nor
 * neighbour solicitations, and drops packets unless it forwards.
 *
 * With PACKET_VNET_HDR the frames have the same header as TUN's, so that the unfinished
 * checksums and super-segments of a veth pair arrive as what they are.
 */
#include "synfin/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "link/device.h"
#include "link/vnet.h"

/* Room in the socket for a burst of super-segments. */
#define SOCKET_OCTETS (8 << 20)

struct packet_link {
    struct sf_link link;
    int fd;
    size_t vnet_octets; /* of the header before each frame; 0: none */
    struct sf_vnet_memory memory;
};

static void note_error(struct sf_link *link, int os_error)
{
    /* ENETDOWN, said once, may pass. */
    if (os_error != EAGAIN && os_error != ENETDOWN && link->error == SF_OK) {
        link->error = sf_device_error(os_error);
        link->os_error = os_error;
    }
}

static size_t packet_rx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct packet_link *packet = (struct packet_link *)link;
    size_t got = 0;

    (void)now;
    sf_vnet_reset(&packet->memory);
    while (got < n && got < SF_BATCH_MAX) {
        uint8_t *at = sf_vnet_next(&packet->memory) - packet->vnet_octets;
        size_t room = packet->vnet_octets + SF_VNET_FRAME_OCTETS;
        ssize_t octets = recv(packet->fd, at, room, MSG_DONTWAIT | MSG_TRUNC);

        if (octets >= 0) {
            got += sf_vnet_take(&packet->memory, packet->vnet_octets, (size_t)octets,
                                &frames[got]);
        } else if (errno != EINTR) {
            note_error(link, errno);
            break;
        }
    }
    link->rx_frames += got;
    return got;
}

/* False if the frame is to be tried again later. */
static bool send_one(struct packet_link *packet, const struct sf_frame *frame)
{
    struct virtio_net_hdr_mrg_rxbuf vnet;
    struct iovec runs[SF_PIECES_MAX + 2];
    int n = sf_vnet_runs(frame, &vnet, packet->vnet_octets, runs);
    struct msghdr message = {.msg_iov = runs, .msg_iovlen = (size_t)n};
    ssize_t octets = 0;

    do {
        octets = sendmsg(packet->fd, &message, MSG_DONTWAIT);
    } while (octets < 0 && errno == EINTR);
    if (octets >= 0) {
        packet->link.tx_frames++;
        return true;
    }
    if (errno == EAGAIN) {
        return false;
    }
    /* ENETDOWN, ENOBUFS (the device's queue is full), EMSGSIZE: lost, as in a network. */
    packet->link.tx_dropped++;
    return true;
}

static size_t packet_tx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct packet_link *packet = (struct packet_link *)link;
    size_t done = 0;

    (void)now;
    while (done < n && send_one(packet, &frames[done])) {
        done++;
    }
    return done;
}

static int packet_fd(const struct sf_link *link)
{
    return ((const struct packet_link *)link)->fd;
}

static sf_time packet_deadline(const struct sf_link *link)
{
    (void)link;
    return SF_TIME_NEVER;
}

static void packet_close(struct sf_link *link)
{
    struct packet_link *packet = (struct packet_link *)link;
    int kept = errno;

    if (packet->fd >= 0) {
        (void)close(packet->fd);
    }
    sf_vnet_unmap(&packet->memory);
    free(packet);
    errno = kept;
}

static const struct sf_link_ops packet_ops = {
    .name = "packet",
    .rx = packet_rx,
    .tx = packet_tx,
    .fd = packet_fd,
    .deadline = packet_deadline,
    .close = packet_close,
};

static bool set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* Options that make it better, and that an old kernel may lack. */
static void improve(struct packet_link *packet, int index)
{
    /* Neighbour solicitations come to multicast addresses (RFC 4291 s2.7.1). */
    struct packet_mreq all = {.mr_ifindex = index, .mr_type = PACKET_MR_ALLMULTI};

    (void)setsockopt(packet->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all));
    (void)set(packet->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
    if (!set(packet->fd, SOL_SOCKET, SO_RCVBUFFORCE, SOCKET_OCTETS)) {
        (void)set(packet->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_OCTETS);
    }
    if (!set(packet->fd, SOL_SOCKET, SO_SNDBUFFORCE, SOCKET_OCTETS)) {
        (void)set(packet->fd, SOL_SOCKET, SO_SNDBUF, SOCKET_OCTETS);
    }
    if (set(packet->fd, SOL_PACKET, PACKET_VNET_HDR, 1)) {
        packet->vnet_octets = SF_VNET_OCTETS;
        packet->link.caps = SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6;
    }
}

static enum sf_err set_up(struct packet_link *packet, const char *device)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    enum sf_err err = sf_device_ask(device, &packet->link.mtu, packet->link.mac);

    if (err != SF_OK) {
        return err;
    }
    at.sll_ifindex = (int)if_nametoindex(device);
    if (at.sll_ifindex == 0) {
        return SF_ERR_OS;
    }
    /* Protocol 0: deaf until bound to the device, or it would hear all of them. */
    packet->fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (packet->fd < 0) {
        return sf_device_error(errno);
    }
    improve(packet, at.sll_ifindex);
    if (bind(packet->fd, (const struct sockaddr *)&at, sizeof(at)) < 0) {
        return sf_device_error(errno);
    }
    packet->link.ethernet = 1;
    return sf_vnet_map(&packet->memory);
}

enum sf_err sf_packet_open(const char *device, struct sf_link **link)
{
    struct packet_link *packet = calloc(1, sizeof(*packet));
    enum sf_err err = SF_OK;

    *link = NULL;
    if (packet == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    packet->fd = -1;
    packet->link.ops = &packet_ops;
    err = set_up(packet, device);
    if (err != SF_OK) {
        packet_close(&packet->link);
        return err;
    }
    *link = &packet->link;
    return SF_OK;
}
