/* SPDX-License-Identifier: MIT
 *
 * synfin/capture.h - captured packets, from a file, a pipe, memory or a device, and to a
 * file.  Part of libsynfin-host.
 *
 *     pcap, pcapng, either in gzip --> sf_capture_next() --> struct sf_packet
 *     a device, through libpcap ----'
 *
 * A file is read as it comes: what is held in memory does not grow with it.  Whatever is
 * wrong with it, the packets before the place are given first; then sf_capture_end() says how
 * it ended, and sf_capture_text() in one line what was wrong, and where.
 *
 * As in synfin/engine.h: pointers are not null unless it is said, what is passed in is
 * borrowed for the call, and one object belongs to one thread at a time.
 */
#ifndef SYNFIN_CAPTURE_H
#define SYNFIN_CAPTURE_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Octets that any line about what went wrong takes, with the final null. */
#define SF_CAPTURE_TEXT 256

/** Link types, as the pcap formats number them, that have a name here. */
enum sf_linktype {
    SF_LINKTYPE_NULL = 0,         /**< loopback: family in the machine's order */
    SF_LINKTYPE_ETHERNET = 1,     /**< ethernet */
    SF_LINKTYPE_PPP = 9,          /**< PPP, also with HDLC's two octets ahead */
    SF_LINKTYPE_RAW_BSD = 12,     /**< an IP packet, as some systems number it */
    SF_LINKTYPE_RAW_OPENBSD = 14, /**< the same on OpenBSD */
    SF_LINKTYPE_RAW = 101,        /**< an IP packet */
    SF_LINKTYPE_LOOP = 108,       /**< loopback: family in the network's order */
    SF_LINKTYPE_LINUX_SLL = 113,  /**< Linux cooked */
    SF_LINKTYPE_IPV4 = 228,       /**< an IPv4 packet */
    SF_LINKTYPE_IPV6 = 229,       /**< an IPv6 packet */
    SF_LINKTYPE_LINUX_SLL2 = 276  /**< Linux cooked, version 2 */
};

/** Which way a packet went, as the capturing host saw it. */
enum sf_packet_way {
    SF_WAY_UNKNOWN = 0,
    SF_WAY_IN, /**< it arrived */
    SF_WAY_OUT /**< it left */
};

/** One packet, as it was captured. */
struct sf_packet {
    uint64_t at_ns;          /**< since 1970; 0 where the file does not say */
    uint64_t n;              /**< its number in the capture, from 1; filtered ones count */
    const uint8_t *octets;   /**< the packet from its link header on */
    uint32_t captured;       /**< octets there are */
    uint32_t length;         /**< octets there were on the wire */
    uint32_t interface;      /**< which of the capture's, from 0 */
    uint32_t linktype;       /**< enum sf_linktype, or any other number */
    uint8_t way;             /**< enum sf_packet_way */
    bool timed;              /**< the file says when it was */
    const char *comment;     /**< the first comment about it; null: there is none */
    uint32_t comment_octets; /**< the comment has no final null */
};

/** How a capture came to its end. */
enum sf_capture_ended {
    SF_CAPTURE_OPEN = 0,  /**< it has not */
    SF_CAPTURE_WHOLE,     /**< with its last packet */
    SF_CAPTURE_CUT,       /**< in the middle of a packet or block */
    SF_CAPTURE_BAD,       /**< at something that makes no sense */
    SF_CAPTURE_UNREADABLE /**< the system refused to read on, or memory ended */
};

struct sf_capture;

/**
 * Open a capture file.
 *
 * @param path     the file; "-" is standard input
 * @param capture  the capture; a null pointer on error
 * @param why      at least SF_CAPTURE_TEXT octets: on error, what is wrong, in one line
 * @return SF_OK; SF_ERR_PERMISSION or SF_ERR_OS where it cannot be opened or read; SF_ERR_INVAL
 *         if it is no capture; SF_ERR_EOF if it is empty or cut within its head;
 *         SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_capture_open(const char *path, struct sf_capture **capture,
                                                char *why);

/**
 * The same for a descriptor, which the capture owns from now on, on error too.
 *
 * @param fd       readable; need not be seekable
 * @param capture  the capture; a null pointer on error
 * @param why      at least SF_CAPTURE_TEXT octets: on error, what is wrong
 * @return as sf_capture_open()
 */
SF_API SF_NODISCARD enum sf_err sf_capture_fd(int fd, struct sf_capture **capture, char *why);

/**
 * The same for a file in memory, which must stay as long as the capture does.
 *
 * @param octets   the file; may be null if there are none
 * @param n        how many octets
 * @param capture  the capture; a null pointer on error
 * @param why      at least SF_CAPTURE_TEXT octets: on error, what is wrong
 * @return as sf_capture_open()
 */
SF_API SF_NODISCARD enum sf_err sf_capture_memory(const void *octets, size_t n,
                                                  struct sf_capture **capture, char *why);

/** How to capture from a device. */
struct sf_live {
    const char *device; /**< "eth0", or "any" for all of them */
    uint32_t snap;      /**< octets kept of each packet; 0: all */
    bool promiscuous;   /**< also what is meant for others */
    int wait_ms;        /**< how long sf_capture_next() waits at most; 0: 100 */
};

/**
 * Capture from a device, each packet as soon as it passes.
 *
 * @param live     which and how
 * @param capture  the capture; a null pointer on error
 * @param why      at least SF_CAPTURE_TEXT octets: on error, what is wrong; the permission
 *                 that is missing by its name
 * @return SF_OK; SF_ERR_PERMISSION; SF_ERR_ADDR if there is no such device or it is down;
 *         SF_ERR_OS; SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_capture_live(const struct sf_live *live,
                                                struct sf_capture **capture, char *why);

/**
 * Let only those packets through that match a filter, in libpcap's language: "tcp port 80".
 *
 * It is compiled for each link type of the capture.  What a file says of VLANs, cooked headers
 * and the like is up to the filter, as it is with tcpdump.
 *
 * @param capture  the capture, before its first packet
 * @param filter   the expression; an empty one lets everything through
 * @param why      at least SF_CAPTURE_TEXT octets: on error, what is wrong with it
 * @return SF_OK, SF_ERR_INVAL or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_capture_filter(struct sf_capture *capture,
                                                  const char *filter, char *why);

/**
 * The next packet.
 *
 * @param capture  the capture
 * @param packet   the packet; what it points to is borrowed until the next call
 * @return SF_OK; SF_ERR_EOF at the end, see sf_capture_end(); SF_ERR_AGAIN if none passed in
 *         time (a device only)
 */
SF_API SF_NODISCARD enum sf_err sf_capture_next(struct sf_capture *capture,
                                                struct sf_packet *packet);

/**
 * How the capture came to its end.
 *
 * @param capture  the capture
 */
SF_API enum sf_capture_ended sf_capture_end(const struct sf_capture *capture);

/**
 * What is wrong with the capture, as one line: "cut short in packet 12"; "" if nothing is.
 *
 * @param capture  the capture
 * @return the line; lives as long as the capture
 */
SF_API const char *sf_capture_text(const struct sf_capture *capture);

/** Where packets came from. */
struct sf_capture_interface {
    char name[32];     /**< "eth0"; may be empty */
    uint32_t linktype; /**< enum sf_linktype, or any other number */
    uint32_t snap;     /**< octets kept of each packet at most; 0: all */
};

/**
 * One of the interfaces known so far.
 *
 * @param capture    the capture
 * @param interface  as in a packet
 * @return it, or null if there is none; lives until the next packet is asked for
 */
SF_API const struct sf_capture_interface *sf_capture_interface(const struct sf_capture *capture,
                                                               uint32_t interface);

/** How many packets went by, and what became of them. */
struct sf_capture_counts {
    uint64_t packets; /**< given or filtered */
    uint64_t passed;  /**< given */
    uint64_t octets;  /**< captured, of those given */
    uint64_t dropped; /**< lost by a device because we were too slow */
};

/**
 * What has been counted so far.
 *
 * @param capture  the capture
 * @param counts   all of it is written
 */
SF_API void sf_capture_counts(const struct sf_capture *capture,
                              struct sf_capture_counts *counts);

/**
 * Close it.
 *
 * @param capture  the capture, or a null pointer
 */
SF_API void sf_capture_close(struct sf_capture *capture);

/* Writing. */

struct sf_capture_file;

/**
 * Begin a pcapng file.
 *
 * @param path  the file, made anew; "-" is standard output
 * @param file  the file; a null pointer on error
 * @return SF_OK, SF_ERR_OS (errno says why), SF_ERR_PERMISSION, SF_ERR_SPACE or
 *         SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_capture_create(const char *path,
                                                  struct sf_capture_file **file);

/**
 * Add a packet.  Each pair of interface and link type that comes first is described first.
 *
 * What goes wrong is kept, and told by sf_capture_finish() and sf_capture_error().
 *
 * @param file     the file
 * @param packet   the packet; its own comment and number are not looked at
 * @param comment  about it, in UTF-8; null or empty: none.  Longer ones are cut at 65535
 *                 octets
 */
SF_API void sf_capture_write(struct sf_capture_file *file, const struct sf_packet *packet,
                             const char *comment);

/**
 * Write out what is buffered.
 *
 * @param file  the file
 * @return as sf_capture_error()
 */
SF_API enum sf_err sf_capture_flush(struct sf_capture_file *file);

/**
 * What has gone wrong so far.
 *
 * @param file  the file
 * @return SF_OK, SF_ERR_SPACE, SF_ERR_NO_MEMORY or SF_ERR_OS
 */
SF_API enum sf_err sf_capture_error(const struct sf_capture_file *file);

/**
 * Write out the rest and close.  What could not be written whole is cut off.
 *
 * @param file  the file, or a null pointer
 * @return as sf_capture_error()
 */
SF_API enum sf_err sf_capture_finish(struct sf_capture_file *file);

#ifdef __cplusplus
}
#endif
#endif
