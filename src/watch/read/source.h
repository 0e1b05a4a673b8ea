/* SPDX-License-Identifier: MIT
 *
 * watch/read/source.h - the octets of a file as they come, with a look ahead.
 *
 *   descriptor ──► [source.c] ──► pcapfile.c, pcapng.c
 *              `─► gzip.c ─┘
 *
 * One buffer, which large reads fill: what is looked at lies in one piece, and is copied once.
 * A mapped file would save that copy, and would end the process where somebody shortens the
 * file meanwhile.
 */
#ifndef SF_WATCH_READ_SOURCE_H
#define SF_WATCH_READ_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest piece that can be looked at. */
#define SF_SOURCE_MOST ((size_t)17 * 1024 * 1024)

struct sf_gzip;

struct sf_source {
    const uint8_t *octets; /* held: [from, to) of it */
    size_t from, to;
    uint8_t *buffer;      /* what octets is, unless that is the caller's memory */
    size_t room;          /* of buffer */
    struct sf_gzip *gzip; /* null: octets are as they come */
    const char *trouble;  /* what is wrong with the compressed data, or null */
    int fd;               /* -1: none */
    int os_error;         /* why reading failed; ENOMEM too */
    bool owned;           /* fd is to be closed */
    bool ended;           /* no more will come */
    bool cut;             /* ended within compressed data */
};

/* All cannot fail; what goes wrong shows when octets are asked for. */
void sf_source_fd(struct sf_source *source, int fd, bool owned);
void sf_source_memory(struct sf_source *source, const void *octets, size_t n);
void sf_source_close(struct sf_source *source);

/* From here on everything is gzip: what is held, and what comes.  False: memory ended. */
bool sf_source_unzip(struct sf_source *source);

/* Octets held already. */
static inline size_t sf_source_held(const struct sf_source *source)
{
    return source->to - source->from;
}

/* Get n octets together, n at most SF_SOURCE_MOST.  Null if so many do not come. */
const uint8_t *sf_source_fill(struct sf_source *source, size_t n);

/* The next n octets, without taking them; null if so many do not come.  They lie there until
 * the next look. */
static inline const uint8_t *sf_source_peek(struct sf_source *source, size_t n)
{
    return sf_source_held(source) >= n ? source->octets + source->from
                                       : sf_source_fill(source, n);
}

/* Take n octets that a look has shown. */
static inline void sf_source_take(struct sf_source *source, size_t n)
{
    source->from += n;
}

/* Take n octets, however many, unseen.  False if so many do not come. */
bool sf_source_skip(struct sf_source *source, uint64_t n);

/*
 * gzip.c: a stream of gzip members (RFC 1952), one after the other.
 */
struct sf_gzip *sf_gzip_new(void);
void sf_gzip_free(struct sf_gzip *gzip);

/* The compressed octets that were held when it was found out. */
bool sf_gzip_begin(struct sf_gzip *gzip, const uint8_t *octets, size_t n);

/* Unpack up to room octets to out; how many.  0: the end, and source says why. */
size_t sf_gzip_read(struct sf_gzip *gzip, struct sf_source *source, uint8_t *out, size_t room);

/* Octets as they are in the file, up to room; 0: the end. */
size_t sf_source_raw(struct sf_source *source, uint8_t *out, size_t room);

#endif
