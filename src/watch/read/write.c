/* SPDX-License-Identifier: MIT
 *
 * watch/read/write.c - packets into a pcapng file, with comments
 * (draft-ietf-opsawg-pcapng s4.1, s4.2, s4.3).
 *
 *   one section, in this machine's byte order; an interface with nanoseconds for each pair of
 *   interface and link type; an enhanced packet block for each packet
 *
 * Whole blocks are gathered in memory.  What cannot be written ends the file after its last
 * whole block.
 */
#include "synfin/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_ENHANCED = 6,
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_FLAGS = 2,
    OPTION_RESOLUTION = 9,
    SECTION_OCTETS = 28,
    INTERFACE_OCTETS = 32,
    PACKET_OCTETS = 32, /* without octets and options */
    FLAGS_OCTETS = 8,
    COMMENT_MOST = 65535,
    NANOSECONDS = 9,
};

#define ORDER_MAGIC   0x1a2b3c4du
#define BUFFER_OCTETS ((size_t)512 * 1024)

struct pair {
    uint32_t interface, linktype;
};

struct sf_capture_file {
    uint8_t *buffer;
    size_t room, held;
    uint64_t written; /* octets of whole blocks in the file */
    struct pair *pairs;
    uint32_t n_pairs, room_pairs;
    int fd;
    bool shown; /* standard output */
    enum sf_err error;
    int os_error;
};

static enum sf_err error_of(int os_error)
{
    if (os_error == EACCES || os_error == EPERM) {
        return SF_ERR_PERMISSION;
    }
    return os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG ? SF_ERR_SPACE
                                                                         : SF_ERR_OS;
}

static size_t padded(size_t n)
{
    return (n + 3) & ~(size_t)3;
}

static void end_file(struct sf_capture_file *file, int os_error)
{
    file->error = error_of(os_error);
    file->os_error = os_error;
    if (!file->shown) {
        /* A block cut in two would make readers complain of the whole file. */
        (void)!ftruncate(file->fd, (off_t)file->written);
    }
}

enum sf_err sf_capture_flush(struct sf_capture_file *file)
{
    size_t done = 0;

    while (done < file->held && file->error == SF_OK) {
        const ssize_t n = write(file->fd, file->buffer + done, file->held - done);

        if (n >= 0) {
            done += (size_t)n;
        } else if (errno != EINTR) {
            end_file(file, errno);
        }
    }
    file->written += file->error == SF_OK ? done : 0;
    file->held = 0;
    errno = file->os_error;
    return file->error;
}

/* Room for a block, written over; null if there is none. */
static uint8_t *block(struct sf_capture_file *file, size_t octets)
{
    uint8_t *p = NULL;

    if (file->held + octets > file->room) {
        (void)sf_capture_flush(file);
    }
    if (octets > file->room && file->error == SF_OK) {
        uint8_t *more = realloc(file->buffer, octets);

        if (more == NULL) {
            file->error = SF_ERR_NO_MEMORY;
        } else {
            file->buffer = more;
            file->room = octets;
        }
    }
    if (file->error != SF_OK) {
        return NULL;
    }
    p = file->buffer + file->held;
    file->held += octets;
    return p;
}

static uint8_t *put16(uint8_t *p, uint32_t v)
{
    const uint16_t octets = (uint16_t)v;

    memcpy(p, &octets, sizeof(octets));
    return p + sizeof(octets);
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
    return p + sizeof(v);
}

/* n octets, and zeros up to a multiple of four. */
static uint8_t *put_padded(uint8_t *p, const void *octets, size_t n)
{
    const size_t all = padded(n);

    if (n != 0) {
        memcpy(p, octets, n);
    }
    memset(p + n, 0, all - n);
    return p + all;
}

static void section(struct sf_capture_file *file)
{
    uint8_t *p = block(file, SECTION_OCTETS);

    if (p != NULL) {
        p = put32(p, BLOCK_SECTION);
        p = put32(p, SECTION_OCTETS);
        p = put32(p, ORDER_MAGIC);
        p = put16(p, 1);
        p = put16(p, 0);
        p = put32(p, UINT32_MAX); /* its length: not told */
        p = put32(p, UINT32_MAX);
        (void)put32(p, SECTION_OCTETS);
    }
}

static void interface(struct sf_capture_file *file, uint32_t linktype)
{
    static const uint8_t resolution = NANOSECONDS;
    uint8_t *p = block(file, INTERFACE_OCTETS);

    if (p != NULL) {
        p = put32(p, BLOCK_INTERFACE);
        p = put32(p, INTERFACE_OCTETS);
        p = put16(p, linktype);
        p = put16(p, 0);
        p = put32(p, 0); /* snap length: none */
        p = put16(p, OPTION_RESOLUTION);
        p = put16(p, sizeof(resolution));
        p = put_padded(p, &resolution, sizeof(resolution));
        p = put32(p, OPTION_END);
        (void)put32(p, INTERFACE_OCTETS);
    }
}

/* The number that a packet's interface has in this file. */
static uint32_t number_of(struct sf_capture_file *file, const struct sf_packet *packet)
{
    for (uint32_t i = 0; i < file->n_pairs; i++) {
        if (file->pairs[i].interface == packet->interface &&
            file->pairs[i].linktype == packet->linktype) {
            return i;
        }
    }
    if (file->n_pairs == file->room_pairs) {
        const uint32_t room = file->room_pairs == 0 ? 8 : file->room_pairs * 2;
        struct pair *more = realloc(file->pairs, room * sizeof(*more));

        if (more == NULL) {
            file->error = SF_ERR_NO_MEMORY;
            return 0;
        }
        file->pairs = more;
        file->room_pairs = room;
    }
    file->pairs[file->n_pairs] =
        (struct pair){.interface = packet->interface, .linktype = packet->linktype};
    interface(file, packet->linktype);
    return file->n_pairs++;
}

void sf_capture_write(struct sf_capture_file *file, const struct sf_packet *packet,
                      const char *comment)
{
    const uint32_t number = number_of(file, packet);
    const size_t said = comment == NULL ? 0 : strnlen(comment, COMMENT_MOST);
    const size_t way = packet->way == SF_WAY_UNKNOWN ? 0 : FLAGS_OCTETS;
    size_t octets = PACKET_OCTETS + padded(packet->captured) + way;
    uint8_t *p = NULL;

    octets += said == 0 ? 0 : 4 + padded(said);
    octets += said == 0 && way == 0 ? 0 : 4;
    p = block(file, octets);
    if (p == NULL) {
        return;
    }
    p = put32(p, BLOCK_ENHANCED);
    p = put32(p, (uint32_t)octets);
    p = put32(p, number);
    p = put32(p, (uint32_t)(packet->at_ns >> 32));
    p = put32(p, (uint32_t)packet->at_ns);
    p = put32(p, packet->captured);
    p = put32(p, packet->length);
    p = put_padded(p, packet->octets, packet->captured);
    if (said != 0) {
        p = put16(p, OPTION_COMMENT);
        p = put16(p, (uint32_t)said);
        p = put_padded(p, comment, said);
    }
    if (way != 0) {
        p = put16(p, OPTION_FLAGS);
        p = put16(p, 4);
        p = put32(p, packet->way == SF_WAY_IN ? 1 : 2);
    }
    if (said != 0 || way != 0) {
        p = put32(p, OPTION_END);
    }
    (void)put32(p, (uint32_t)octets);
}

enum sf_err sf_capture_error(const struct sf_capture_file *file)
{
    return file->error;
}

static enum sf_err release(struct sf_capture_file *file, enum sf_err err)
{
    const int os_error = file->os_error;

    if (file->fd >= 0 && !file->shown) {
        (void)close(file->fd);
    }
    free(file->pairs);
    free(file->buffer);
    free(file);
    errno = os_error;
    return err;
}

enum sf_err sf_capture_create(const char *path, struct sf_capture_file **file)
{
    struct sf_capture_file *made = calloc(1, sizeof(*made));
    enum sf_err err = SF_ERR_NO_MEMORY;

    *file = NULL;
    if (made == NULL) {
        return err;
    }
    made->fd = -1;
    made->room = BUFFER_OCTETS;
    made->buffer = malloc(made->room);
    if (made->buffer == NULL) {
        return release(made, err);
    }
    made->shown = strcmp(path, "-") == 0;
    made->fd = made->shown ? STDOUT_FILENO
                           : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (made->fd < 0) {
        made->os_error = errno;
        return release(made, error_of(errno));
    }
    section(made);
    /* At once, so that a full disk shows before the first packet. */
    if (sf_capture_flush(made) != SF_OK) {
        return release(made, made->error);
    }
    *file = made;
    return SF_OK;
}

enum sf_err sf_capture_finish(struct sf_capture_file *file)
{
    if (file == NULL) {
        return SF_OK;
    }
    (void)sf_capture_flush(file);
    return release(file, file->error);
}
