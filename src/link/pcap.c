/* SPDX-License-Identifier: MIT
 *
 * link/pcap.c - a link whose frames are written to a file as they pass.
 *
 *   engine ── tx ──► [pcap.c] ──► inner link        file: pcap with nanoseconds, in the
 *   engine ◄─ rx ─── [pcap.c] ◄── inner link              machine's byte order
 *
 * The format is draft-ietf-opsawg-pcap's.  Whole records are gathered in memory and written
 * when the memory is full, when a second has passed since the first of them, and, on
 * standard output, whenever nothing arrives: somebody is looking.  What cannot be written
 * ends the file after its last whole record, never the link.
 */
#include "synfin/link.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/time.h"
#include "link/frame.h"

#define PCAP_MAGIC_NS     0xa1b23c4du
#define PCAP_SNAP_OCTETS  262144u
#define LINKTYPE_ETHERNET 1u
#define LINKTYPE_RAW      101u

#define BUFFER_OCTETS ((size_t)512 * 1024) /* more than a record of PCAP_SNAP_OCTETS */
#define FLUSH_AFTER   SF_S(1)

struct file_head {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, sigfigs, snap, linktype;
};

struct record_head {
    uint32_t s, ns, kept, octets;
};

struct pcap_link {
    struct sf_link link;
    struct sf_link *inner;
    uint64_t wall;
    uint64_t written; /* octets of whole records in the file */
    uint8_t *buffer;
    size_t held;      /* octets in it, whole records all */
    sf_time flush_at; /* SF_TIME_NEVER while nothing is held */
    int fd;
    bool shown; /* standard output */
    bool ended; /* by an error: nothing is written any more */
};

static enum sf_err error_of(int os_error)
{
    return os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG ? SF_ERR_SPACE
                                                                         : SF_ERR_OS;
}

static void end_file(struct pcap_link *pcap, int os_error)
{
    pcap->ended = true;
    if (!pcap->shown) {
        /* A record cut in two would make readers complain of the whole file. */
        (void)!ftruncate(pcap->fd, (off_t)pcap->written);
    }
    if (pcap->link.error == SF_OK) {
        pcap->link.error = error_of(os_error);
        pcap->link.os_error = os_error;
    }
}

static void flush(struct pcap_link *pcap)
{
    size_t done = 0;

    pcap->flush_at = SF_TIME_NEVER;
    while (done < pcap->held && !pcap->ended) {
        ssize_t n = write(pcap->fd, pcap->buffer + done, pcap->held - done);

        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            end_file(pcap, errno);
        }
    }
    pcap->written += done;
    pcap->held = 0;
}

static void record(struct pcap_link *pcap, const struct sf_frame *frame, sf_time now)
{
    uint64_t wall = now.ns + pcap->wall;
    size_t octets = frame->octets < PCAP_SNAP_OCTETS ? frame->octets : PCAP_SNAP_OCTETS;
    struct record_head head = {.s = (uint32_t)(wall / SF_NS_PER_S),
                               .ns = (uint32_t)(wall % SF_NS_PER_S),
                               .octets = frame->octets};
    uint8_t *at = NULL;

    if (pcap->ended) {
        return;
    }
    if (pcap->held + sizeof(head) + octets > BUFFER_OCTETS) {
        flush(pcap);
    }
    at = pcap->buffer + pcap->held;
    head.kept = (uint32_t)sf_frame_copy(frame, at + sizeof(head), octets);
    memcpy(at, &head, sizeof(head));
    if (frame->csum == SF_CSUM_PARTIAL) {
        sf_frame_complete(at + sizeof(head), head.kept, frame->csum_start, frame->csum_offset);
    }
    pcap->held += sizeof(head) + head.kept;
    if (sf_time_is_never(pcap->flush_at)) {
        pcap->flush_at = sf_time_add(now, FLUSH_AFTER);
    }
}

static void flush_if_due(struct pcap_link *pcap, bool idle, sf_time now)
{
    if (sf_time_before_eq(pcap->flush_at, now) || (pcap->shown && idle)) {
        flush(pcap);
    }
}

/* What the wrapper shows of the link inside. */
static void mirror(struct pcap_link *pcap)
{
    pcap->link.rx_frames = pcap->inner->rx_frames;
    pcap->link.tx_frames = pcap->inner->tx_frames;
    pcap->link.tx_dropped = pcap->inner->tx_dropped;
    if (pcap->link.error == SF_OK) {
        pcap->link.error = pcap->inner->error;
        pcap->link.os_error = pcap->inner->os_error;
    }
}

static size_t pcap_rx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct pcap_link *pcap = (struct pcap_link *)link;
    size_t got = pcap->inner->ops->rx(pcap->inner, frames, n, now);

    for (size_t i = 0; i < got; i++) {
        record(pcap, &frames[i], now);
    }
    flush_if_due(pcap, got < n, now);
    mirror(pcap);
    return got;
}

static size_t pcap_tx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct pcap_link *pcap = (struct pcap_link *)link;
    size_t done = pcap->inner->ops->tx(pcap->inner, frames, n, now);

    for (size_t i = 0; i < done; i++) {
        record(pcap, &frames[i], now);
    }
    flush_if_due(pcap, false, now);
    mirror(pcap);
    return done;
}

static int pcap_fd(const struct sf_link *link)
{
    const struct pcap_link *pcap = (const struct pcap_link *)link;

    return pcap->inner->ops->fd(pcap->inner);
}

static sf_time pcap_deadline(const struct sf_link *link)
{
    const struct pcap_link *pcap = (const struct pcap_link *)link;

    return sf_time_min(pcap->flush_at, pcap->inner->ops->deadline(pcap->inner));
}

static void pcap_flush(struct sf_link *link)
{
    struct pcap_link *pcap = (struct pcap_link *)link;

    flush(pcap);
    (void)sf_link_flush(pcap->inner);
    mirror(pcap);
}

static void release(struct pcap_link *pcap)
{
    if (pcap->fd >= 0 && !pcap->shown) {
        (void)close(pcap->fd);
    }
    free(pcap->buffer);
    free(pcap);
}

static void pcap_close(struct sf_link *link)
{
    struct pcap_link *pcap = (struct pcap_link *)link;

    flush(pcap);
    sf_link_close(pcap->inner);
    release(pcap);
}

static const struct sf_link_ops pcap_ops = {
    .name = "pcap",
    .rx = pcap_rx,
    .tx = pcap_tx,
    .fd = pcap_fd,
    .deadline = pcap_deadline,
    .flush = pcap_flush,
    .close = pcap_close,
};

/* The file's head goes out at once, so that a full disk shows before the first frame. */
static enum sf_err begin_file(struct pcap_link *pcap, const char *path)
{
    struct file_head head = {
        .magic = PCAP_MAGIC_NS,
        .major = 2,
        .minor = 4,
        .snap = PCAP_SNAP_OCTETS,
        .linktype = pcap->inner->ethernet != 0 ? LINKTYPE_ETHERNET : LINKTYPE_RAW,
    };

    pcap->shown = strcmp(path, "-") == 0;
    pcap->fd = pcap->shown ? STDOUT_FILENO
                           : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (pcap->fd < 0) {
        return error_of(errno);
    }
    memcpy(pcap->buffer, &head, sizeof(head));
    pcap->held = sizeof(head);
    flush(pcap);
    errno = pcap->link.os_error;
    return pcap->link.error;
}

enum sf_err sf_pcap_wrap(struct sf_link *inner, const char *path, uint64_t wall,
                         struct sf_link **link)
{
    struct pcap_link *pcap = calloc(1, sizeof(*pcap));
    enum sf_err err = SF_ERR_NO_MEMORY;

    *link = NULL;
    if (pcap == NULL) {
        return err;
    }
    pcap->fd = -1;
    pcap->inner = inner;
    pcap->wall = wall;
    pcap->buffer = malloc(BUFFER_OCTETS);
    if (pcap->buffer == NULL) {
        goto fail;
    }
    err = begin_file(pcap, path);
    if (err != SF_OK) {
        goto fail;
    }
    pcap->link = *inner;
    pcap->link.ops = &pcap_ops;
    *link = &pcap->link;
    return SF_OK;

fail:
    release(pcap);
    return err;
}
