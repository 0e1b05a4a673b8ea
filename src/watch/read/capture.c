/* SPDX-License-Identifier: MIT
 *
 * watch/read/capture.c - captures: opened, told apart, counted, filtered, ended.
 *
 *   source.c ──► [capture.c] ──► pcapfile.c, pcapng.c ──► filter.c ──► the caller
 *                    `──────────► live.c ─────────────────────────────────^
 */
#include "watch/read/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

#define MAGIC_PCAPNG 0x0a0d0d0au
#define MAGIC_GZIP   0x1f8bu

/* What people hand over instead, and what to tell them. */
static const struct {
    uint8_t octets[4];
    uint8_t n;
    const char *what;
} strangers[] = {
    {{0x28, 0xb5, 0x2f, 0xfd}, 4, "compressed with zstd: unpack it with zstd -d first"},
    {{0xfd, '7', 'z', 'X'}, 4, "compressed with xz: unpack it with xz -d first"},
    {{'B', 'Z', 'h'}, 3, "compressed with bzip2: unpack it with bzip2 -d first"},
    {{0x04, 0x22, 0x4d, 0x18}, 4, "compressed with lz4: unpack it with lz4 -d first"},
    {{'P', 'K', 3, 4}, 4, "a zip archive: unpack it first"},
    {{'s', 'n', 'o', 'o'}, 4, "in snoop's format: convert it with editcap -F pcap"},
};

enum sf_err sf_reader_end(struct sf_capture *capture, enum sf_capture_ended ended,
                          const char *format, ...)
{
    va_list args;

    if (capture->ended == SF_CAPTURE_OPEN) {
        capture->ended = (uint8_t)ended;
        va_start(args, format);
        (void)vsnprintf(capture->text, sizeof(capture->text), format, args);
        va_end(args);
    }
    return SF_ERR_EOF;
}

enum sf_err sf_reader_dry(struct sf_capture *capture, const char *what, bool within)
{
    const struct sf_source *source = &capture->source;
    const unsigned long long packets = capture->counts.packets;

    if (source->os_error != 0) {
        return sf_reader_end(capture, SF_CAPTURE_UNREADABLE,
                             "not readable after packet %llu: %s", packets,
                             strerror(source->os_error));
    }
    if (source->trouble != NULL) {
        return sf_reader_end(capture, SF_CAPTURE_BAD, "%s after packet %llu", source->trouble,
                             packets);
    }
    if (source->cut) {
        return sf_reader_end(capture, SF_CAPTURE_CUT,
                             "the gzip data is cut short after packet %llu", packets);
    }
    if (!within) {
        return sf_reader_end(capture, SF_CAPTURE_WHOLE, "%s", "");
    }
    if (strcmp(what, "the file's head") == 0) {
        return sf_reader_end(capture, SF_CAPTURE_CUT, "cut short in %s", what);
    }
    /* "packet 5" is the one that is cut; a block is named by what it follows. */
    return sf_reader_end(capture, SF_CAPTURE_CUT, "cut short in %s %llu", what,
                         packets + (strstr(what, "after") == NULL));
}

struct sf_reader_interface *sf_reader_add(struct sf_capture *capture)
{
    struct sf_reader_interface *added = NULL;

    if (capture->n_interfaces == SF_INTERFACES_MOST) {
        (void)sf_reader_end(capture, SF_CAPTURE_BAD, "more than %u interfaces",
                            SF_INTERFACES_MOST);
        return NULL;
    }
    if (capture->n_interfaces == capture->room_interfaces) {
        const uint32_t room = capture->room_interfaces == 0 ? 4 : capture->room_interfaces * 2;
        struct sf_reader_interface *more = realloc(capture->interfaces, room * sizeof(*more));

        if (more == NULL) {
            (void)sf_reader_end(capture, SF_CAPTURE_UNREADABLE, "memory ended");
            return NULL;
        }
        capture->interfaces = more;
        capture->room_interfaces = room;
    }
    added = &capture->interfaces[capture->n_interfaces++];
    *added = (struct sf_reader_interface){.unit = 1};
    return added;
}

static enum sf_err stranger(struct sf_capture *capture, const uint8_t *p)
{
    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
        if (memcmp(p, strangers[i].octets, strangers[i].n) == 0) {
            return sf_reader_end(capture, SF_CAPTURE_BAD, "%s", strangers[i].what);
        }
    }
    return sf_reader_end(
        capture, SF_CAPTURE_BAD,
        "not a capture: it begins with %02x %02x %02x %02x, as neither pcap nor "
        "pcapng does",
        p[0], p[1], p[2], p[3]);
}

/* Tell the formats apart, and read the head. */
static enum sf_err begin(struct sf_capture *capture)
{
    const uint8_t *p = sf_source_peek(&capture->source, 2);
    uint32_t magic = 0;

    if (p != NULL && sf_get16(p) == MAGIC_GZIP && !sf_source_unzip(&capture->source)) {
        return sf_reader_end(capture, SF_CAPTURE_UNREADABLE, "memory ended");
    }
    p = sf_source_peek(&capture->source, sizeof(magic));
    if (p == NULL) {
        if (sf_source_held(&capture->source) == 0 && capture->source.os_error == 0 &&
            capture->source.trouble == NULL && !capture->source.cut) {
            return sf_reader_end(capture, SF_CAPTURE_CUT, "empty");
        }
        return sf_reader_dry(capture, "the file's head", true);
    }
    memcpy(&magic, p, sizeof(magic));
    if (sf_get32(p) == MAGIC_PCAPNG) {
        return sf_pcapng_begin(capture);
    }
    return sf_pcapfile_is(magic) ? sf_pcapfile_begin(capture, magic) : stranger(capture, p);
}

/* What a capture that ended before it began is to its opener. */
static enum sf_err opening_error(const struct sf_capture *capture)
{
    if (capture->source.os_error != 0) {
        errno = capture->source.os_error;
        return errno == ENOMEM ? SF_ERR_NO_MEMORY : SF_ERR_OS;
    }
    if (capture->ended == SF_CAPTURE_UNREADABLE) {
        return SF_ERR_NO_MEMORY;
    }
    return capture->ended == SF_CAPTURE_CUT ? SF_ERR_EOF : SF_ERR_INVAL;
}

/* Takes the source over, on error too. */
static enum sf_err open_source(struct sf_source *source, struct sf_capture **capture, char *why)
{
    struct sf_capture *made = calloc(1, sizeof(*made));
    enum sf_err err = SF_ERR_NO_MEMORY;

    *capture = NULL;
    why[0] = '\0';
    if (made == NULL) {
        (void)snprintf(why, SF_CAPTURE_TEXT, "memory ended");
        sf_source_close(source);
        return err;
    }
    made->source = *source;
    if (begin(made) != SF_OK) {
        err = opening_error(made);
        memcpy(why, made->text, SF_CAPTURE_TEXT);
        sf_capture_close(made);
        return err;
    }
    *capture = made;
    return SF_OK;
}

enum sf_err sf_capture_open(const char *path, struct sf_capture **capture, char *why)
{
    struct sf_source source;
    int fd = STDIN_FILENO;
    const bool own = strcmp(path, "-") != 0;

    *capture = NULL;
    if (own) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            (void)snprintf(why, SF_CAPTURE_TEXT, "%s", strerror(errno));
            return errno == EACCES || errno == EPERM ? SF_ERR_PERMISSION : SF_ERR_OS;
        }
    }
    sf_source_fd(&source, fd, own);
    return open_source(&source, capture, why);
}

enum sf_err sf_capture_fd(int fd, struct sf_capture **capture, char *why)
{
    struct sf_source source;

    sf_source_fd(&source, fd, true);
    return open_source(&source, capture, why);
}

enum sf_err sf_capture_memory(const void *octets, size_t n, struct sf_capture **capture,
                              char *why)
{
    struct sf_source source;

    sf_source_memory(&source, octets, n);
    return open_source(&source, capture, why);
}

enum sf_err sf_capture_filter(struct sf_capture *capture, const char *filter, char *why)
{
    if (capture->live != NULL) {
        return sf_live_filter(capture->live, filter, why);
    }
    sf_filter_free(capture->filter);
    capture->filter = NULL;
    if (filter[0] == '\0') {
        return SF_OK;
    }
    capture->filter =
        sf_filter_new(filter,
                      capture->n_interfaces > 0 ? capture->interfaces[0].shown.linktype
                                                : (uint32_t)SF_LINKTYPE_ETHERNET,
                      why);
    return capture->filter != NULL ? SF_OK : SF_ERR_INVAL;
}

enum sf_err sf_capture_next(struct sf_capture *capture, struct sf_packet *packet)
{
    enum sf_err err = SF_ERR_EOF;

    do {
        err = capture->ended == SF_CAPTURE_OPEN ? capture->next(capture, packet) : SF_ERR_EOF;
        if (err != SF_OK) {
            return err;
        }
        packet->n = ++capture->counts.packets;
    } while (capture->filter != NULL && !sf_filter_passes(capture->filter, packet));
    capture->counts.passed++;
    capture->counts.octets += packet->captured;
    return SF_OK;
}

enum sf_capture_ended sf_capture_end(const struct sf_capture *capture)
{
    return (enum sf_capture_ended)capture->ended;
}

const char *sf_capture_text(const struct sf_capture *capture)
{
    return capture->text;
}

const struct sf_capture_interface *sf_capture_interface(const struct sf_capture *capture,
                                                        uint32_t interface)
{
    return interface < capture->n_interfaces ? &capture->interfaces[interface].shown : NULL;
}

void sf_capture_counts(const struct sf_capture *capture, struct sf_capture_counts *counts)
{
    *counts = capture->counts;
    counts->dropped = capture->live != NULL ? sf_live_dropped(capture->live) : 0;
}

void sf_capture_close(struct sf_capture *capture)
{
    if (capture != NULL) {
        sf_source_close(&capture->source);
        sf_filter_free(capture->filter);
        sf_live_close(capture->live);
        free(capture->interfaces);
        free(capture);
    }
}
