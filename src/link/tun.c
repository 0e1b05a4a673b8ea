/* SPDX-License-Identifier: MIT
 *
 * link/tun.c - TUN (IP packets) and TAP (ethernet frames): the kernel's network stack at
 * the other end of a descriptor (Documentation/networking/tuntap.rst).
 *
 *   engine ── tx ── writev(vnet, head, pieces) ──► kernel: as if received by the device
 *   engine ◄─ rx ── read() ◄────────────────────── kernel: as if sent by the device
 *
 * One system call a frame: there is no call for several.  With the vnet header a frame may
 * be a super-segment of 64 KiB in either direction, and checksums within the machine are
 * neither computed nor verified.
 */
#include "synfin/link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/time.h"
#include "link/device.h"
#include "link/vnet.h"

/* Of a batch of super-segments: what is read of it next is then still in the cache. */
#define BATCH_OCTETS (256U << 10)

struct tun_link {
    struct sf_link link;
    int fd;
    size_t vnet_octets; /* of the header before each frame; 0: none */
    struct sf_vnet_memory memory;
};

static void lasting(struct sf_link *link, int os_error)
{
    if (link->error == SF_OK) {
        link->error = sf_device_error(os_error);
        link->os_error = os_error;
    }
}

static size_t tun_rx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct tun_link *tun = (struct tun_link *)link;
    size_t got = 0;

    (void)now;
    sf_vnet_reset(&tun->memory);
    while (got < n && got < SF_BATCH_MAX && tun->memory.used < BATCH_OCTETS) {
        uint8_t *at = sf_vnet_next(&tun->memory) - tun->vnet_octets;
        ssize_t octets = read(tun->fd, at, tun->vnet_octets + SF_VNET_FRAME_OCTETS);

        if (octets >= 0) {
            got += sf_vnet_take(&tun->memory, tun->vnet_octets, (size_t)octets, &frames[got]);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            lasting(link, errno);
            break;
        }
    }
    link->rx_frames += got;
    return got;
}

/* False if the frame is to be tried again later. */
static bool send_one(struct tun_link *tun, const struct sf_frame *frame)
{
    struct virtio_net_hdr_mrg_rxbuf vnet;
    struct iovec runs[SF_PIECES_MAX + 2];
    int n = sf_vnet_runs(frame, &vnet, tun->vnet_octets, runs);
    ssize_t octets = 0;

    do {
        octets = writev(tun->fd, runs, n);
    } while (octets < 0 && errno == EINTR);
    if (octets >= 0) {
        tun->link.tx_frames++;
        return true;
    }
    if (errno == EAGAIN) {
        return false;
    }
    /* EIO: the device is down, which may pass; EINVAL: the kernel refuses this one frame;
     * ENOMEM.  A network loses frames, too.  EBADFD: the device has been deleted. */
    if (errno == EBADFD) {
        lasting(&tun->link, errno);
    }
    tun->link.tx_dropped++;
    return true;
}

static size_t tun_tx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct tun_link *tun = (struct tun_link *)link;
    size_t done = 0;

    (void)now;
    while (done < n && send_one(tun, &frames[done])) {
        done++;
    }
    return done;
}

static int tun_fd(const struct sf_link *link)
{
    return ((const struct tun_link *)link)->fd;
}

static sf_time tun_deadline(const struct sf_link *link)
{
    (void)link;
    return SF_TIME_NEVER;
}

static void tun_close(struct sf_link *link)
{
    struct tun_link *tun = (struct tun_link *)link;
    int kept = errno;

    if (tun->fd >= 0) {
        (void)close(tun->fd);
    }
    sf_vnet_unmap(&tun->memory);
    free(tun);
    errno = kept;
}

static const struct sf_link_ops tun_ops = {
    .name = "tun",
    .rx = tun_rx,
    .tx = tun_tx,
    .fd = tun_fd,
    .deadline = tun_deadline,
    .close = tun_close,
};

static const struct sf_link_ops tap_ops = {
    .name = "tap",
    .rx = tun_rx,
    .tx = tun_tx,
    .fd = tun_fd,
    .deadline = tun_deadline,
    .close = tun_close,
};

/* Make the device or attach to it. */
static enum sf_err attach(struct tun_link *tun, const struct sf_tun *how, struct ifreq *ifr)
{
    const char *name = how->name != NULL && how->name[0] != '\0' ? how->name : "synfin%d";
    int flags = (how->tap != 0 ? IFF_TAP : IFF_TUN) | IFF_NO_PI;
    size_t octets = strlen(name);

    if (octets >= sizeof(ifr->ifr_name)) {
        return SF_ERR_INVAL;
    }
    memcpy(ifr->ifr_name, name, octets);
    flags |= how->vnet != 0 ? IFF_VNET_HDR : 0;
    ifr->ifr_flags = (short)flags;
    tun->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun->fd < 0) {
        return sf_device_error(errno);
    }
    if (ioctl(tun->fd, TUNSETIFF, ifr) == 0) {
        return SF_OK;
    }
    if (errno == EINVAL) {
        /* A device that exists keeps its kind; one with several queues is asked for so. */
        ifr->ifr_flags = (short)(flags | IFF_MULTI_QUEUE);
        if (ioctl(tun->fd, TUNSETIFF, ifr) == 0) {
            return SF_OK;
        }
    }
    return sf_device_error(errno);
}

/* Say what we take in: unfinished checksums, and super-segments of both families. */
static enum sf_err offload(struct tun_link *tun)
{
    int octets = (int)SF_VNET_OCTETS;
    unsigned long takes = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;

    if (ioctl(tun->fd, TUNSETVNETHDRSZ, &octets) < 0 &&
        ioctl(tun->fd, TUNGETVNETHDRSZ, &octets) < 0) {
        return sf_device_error(errno);
    }
    if (octets < (int)SF_VNET_OCTETS || octets > (int)SF_VNET_OCTETS_MAX) {
        errno = EPROTONOSUPPORT;
        return SF_ERR_OS;
    }
    if (ioctl(tun->fd, TUNSETOFFLOAD, takes) < 0) {
        return sf_device_error(errno);
    }
    tun->vnet_octets = (size_t)octets;
    tun->link.caps = SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6;
    return SF_OK;
}

static enum sf_err set_up(struct tun_link *tun, const struct sf_tun *how, char *name)
{
    struct ifreq ifr = {0};
    enum sf_err err = attach(tun, how, &ifr);

    if (err == SF_OK && how->vnet != 0) {
        err = offload(tun);
    }
    if (err == SF_OK) {
        err = sf_device_ask(ifr.ifr_name, &tun->link.mtu, how->tap != 0 ? tun->link.mac : NULL);
    }
    if (err == SF_OK) {
        err = sf_vnet_map(&tun->memory);
    }
    if (err != SF_OK) {
        return err;
    }
    if (how->tap != 0) {
        /* The device's own address is the kernel's end; ours is the one beside it, and
         * local (IEEE 802 s8.4). */
        tun->link.ethernet = 1;
        tun->link.mac[0] = (uint8_t)((tun->link.mac[0] | 2) & ~1);
        tun->link.mac[5] ^= 1;
    }
    memcpy(name, ifr.ifr_name, sizeof(ifr.ifr_name));
    return SF_OK;
}

enum sf_err sf_tun_open(const struct sf_tun *how, struct sf_link **link, char *name)
{
    struct tun_link *tun = calloc(1, sizeof(*tun));
    enum sf_err err = SF_OK;

    *link = NULL;
    name[0] = '\0';
    if (tun == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    tun->fd = -1;
    tun->link.ops = how->tap != 0 ? &tap_ops : &tun_ops;
    err = set_up(tun, how, name);
    if (err != SF_OK) {
        tun_close(&tun->link);
        return err;
    }
    *link = &tun->link;
    return SF_OK;
}
