/* SPDX-License-Identifier: MIT
 *
 * watch/read/reader.h - what the readers of pcap, of pcapng and of devices share.
 *
 *   capture.c: opens, tells the formats apart, counts, filters, says how it ended
 *     |-- pcapfile.c   pcap
 *     |-- pcapng.c     pcapng
 *     |-- live.c       a device
 *     `-- filter.c     which packets pass
 */
#ifndef SF_WATCH_READ_READER_H
#define SF_WATCH_READ_READER_H

#include "synfin/capture.h"
#include "watch/read/source.h"

/* A packet that claims more is a damaged file's: the largest that anything captures, and
 * twice over. */
#define SF_PACKET_MOST ((uint32_t)16 * 1024 * 1024)

/* Interfaces in one capture; more are a hostile file's. */
#define SF_INTERFACES_MOST 65536u

/* An interface, and how to read its timestamps. */
struct sf_reader_interface {
    struct sf_capture_interface shown;
    uint64_t unit;  /* decimal: nanoseconds of one tick, or ticks of one nanosecond */
    int64_t base_s; /* seconds to add */
    uint8_t binary; /* ticks are 2^-binary seconds; 0: decimal */
    bool finer;     /* decimal: a tick is less than a nanosecond */
};

struct sf_filter;
struct sf_reader_live;

struct sf_capture {
    /* The next packet; SF_ERR_EOF after sf_reader_end(). */
    enum sf_err (*next)(struct sf_capture *capture, struct sf_packet *packet);
    struct sf_source source;
    struct sf_reader_interface *interfaces;
    uint32_t n_interfaces;
    uint32_t room_interfaces;
    uint32_t section;   /* pcapng: the first interface of the section */
    uint32_t pcap_ns;   /* pcap: nanoseconds of a tick */
    uint32_t pcap_head; /* pcap: octets of a packet's header */
    bool swapped;       /* the file's byte order is not this machine's */
    bool pcap_old;      /* pcap: lengths may stand in the other order */
    uint8_t ended;      /* enum sf_capture_ended */
    struct sf_capture_counts counts;
    struct sf_filter *filter;
    struct sf_reader_live *live;
    char text[SF_CAPTURE_TEXT];
};

/* The first of many interfaces is described; false: memory ended, or there are too many, and
 * sf_reader_end() was called. */
struct sf_reader_interface *sf_reader_add(struct sf_capture *capture);

/* End it, once: how, and in one line why.  Returns SF_ERR_EOF. */
enum sf_err sf_reader_end(struct sf_capture *capture, enum sf_capture_ended ended,
                          const char *format, ...) __attribute__((format(printf, 3, 4)));

/* End it where no more octets came: in the middle of what, or, if nothing of that has come,
 * as it should be. */
enum sf_err sf_reader_dry(struct sf_capture *capture, const char *what, bool within);

/* Read the head; SF_OK, or SF_ERR_EOF after sf_reader_end(). */
enum sf_err sf_pcapfile_begin(struct sf_capture *capture, uint32_t magic);
enum sf_err sf_pcapng_begin(struct sf_capture *capture);

/* True if a file that begins so is pcap. */
bool sf_pcapfile_is(uint32_t magic);

/*
 * filter.c, in libpcap's language.
 */
struct sf_filter *sf_filter_new(const char *expression, uint32_t linktype, char *why);
void sf_filter_free(struct sf_filter *filter);
bool sf_filter_passes(struct sf_filter *filter, const struct sf_packet *packet);

/*
 * live.c
 */
enum sf_err sf_live_filter(struct sf_reader_live *live, const char *expression, char *why);
uint64_t sf_live_dropped(const struct sf_reader_live *live);
void sf_live_close(struct sf_reader_live *live);

/* libpcap's number of a link type of a file. */
int sf_linktype_dlt(uint32_t linktype);

/* A number of the file in its byte order. */
static inline uint16_t sf_reader_16(const struct sf_capture *capture, const uint8_t *p)
{
    uint16_t v;

    __builtin_memcpy(&v, p, sizeof(v));
    return capture->swapped ? __builtin_bswap16(v) : v;
}

static inline uint32_t sf_reader_32(const struct sf_capture *capture, const uint8_t *p)
{
    uint32_t v;

    __builtin_memcpy(&v, p, sizeof(v));
    return capture->swapped ? __builtin_bswap32(v) : v;
}

static inline uint64_t sf_reader_64(const struct sf_capture *capture, const uint8_t *p)
{
    uint64_t v;

    __builtin_memcpy(&v, p, sizeof(v));
    return capture->swapped ? __builtin_bswap64(v) : v;
}

#endif
