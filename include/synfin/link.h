/* SPDX-License-Identifier: MIT
 *
 * synfin/link.h - devices that carry frames: TUN and TAP, AF_PACKET, a pair in memory, and
 * two that wrap another link: a pcap writer and faults.  Part of libsynfin-host.
 *
 * A link never blocks.  What is received stays in the link's memory until the next
 * receive; what is sent may be kept by the link until it says that it is done with it.
 */
#ifndef SYNFIN_LINK_H
#define SYNFIN_LINK_H

#include "synfin/config.h"
#include "synfin/frame.h"
#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sf_link;

/** What a kind of link does. */
struct sf_link_ops {
    const char *name; /**< "tun", "pair", ... */

    /** Fill up to n frames with what has arrived; returns how many, 0: nothing now. */
    size_t (*rx)(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now);

    /** Take up to n frames; returns how many of them, from the front, the link is done
     * with (sent, or lost as a network may lose them).  Fewer than n: try the rest later. */
    size_t (*tx)(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now);

    /** A descriptor that becomes readable when rx has something; -1: there is none. */
    int (*fd)(const struct sf_link *link);

    /** When rx may have something without its descriptor saying so (delay, a pair in
     * memory); 2^64-1: never. */
    sf_time (*deadline)(const struct sf_link *link);

    /** Write out what is buffered (a pcap writer); null: nothing ever is.  What goes wrong
     * is in link->error. */
    void (*flush)(struct sf_link *link);

    /** Give everything back; the struct itself too if the link allocated it. */
    void (*close)(struct sf_link *link);
};

/** The common head of every link. */
struct sf_link {
    const struct sf_link_ops *ops;
    uint32_t mtu;     /**< octets of an IP packet */
    uint8_t caps;     /**< SF_LINK_* of synfin/config.h, for sf_config.link_caps */
    uint8_t ethernet; /**< 1: frames have an ethernet header */
    uint8_t mac[6];   /**< of our station, with ethernet */
    uint64_t rx_frames, tx_frames, tx_dropped;
    enum sf_err error; /**< the first lasting error (SF_ERR_SPACE for a full disk); frames
                            still flow where they can */
    int os_error;      /**< errno of it */
};

/** How to open a TUN or TAP device.  What the kernel refuses to take while the device is
 * down is lost; a device that is deleted is a lasting error. */
struct sf_tun {
    const char *name; /**< "" or null: the kernel chooses "synfin%d"; an existing device of
                           that name is attached to */
    uint8_t tap;      /**< 1: TAP (ethernet) */
    uint8_t vnet;     /**< 1: vnet header, checksum offload, TSO out and large receive */
};

/**
 * Open a TUN or TAP device.
 *
 * @param tun   which and how
 * @param link  the link; a null pointer on error
 * @param name  at least 16 octets: the device's name
 * @return SF_OK; SF_ERR_PERMISSION where /dev/net/tun may not be opened or a device not
 *         made; SF_ERR_OS (errno says why; ENOENT: no /dev/net/tun, EBUSY: somebody else
 *         has the device, EINVAL: it is of another kind); SF_ERR_INVAL for a name that is
 *         too long; SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_tun_open(const struct sf_tun *tun, struct sf_link **link,
                                            char *name);

/**
 * Open an existing ethernet device through AF_PACKET (needs CAP_NET_RAW).
 *
 * The station address is the device's own, and the kernel sees every frame, too.  For an
 * address that the kernel has it would answer with RST: give the engine one that it does
 * not have, on a machine that does not forward.
 *
 * @param device  its name, "eth0"
 * @param link    the link; a null pointer on error
 * @return SF_OK, SF_ERR_PERMISSION, SF_ERR_OS (ENODEV: no such device, EMEDIUMTYPE: none
 *         with ethernet frames), SF_ERR_INVAL for a name that is empty or too long, or
 *         SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_packet_open(const char *device, struct sf_link **link);

/** Two links in memory, each the other's far end; both belong to the same thread. */
struct sf_pair {
    uint32_t mtu;     /**< 0: 1500; up to 65535 */
    uint32_t frames;  /**< how many frames wait at each end at most; 0: 256 */
    uint8_t caps;     /**< SF_LINK_*: super-segments and partial checksums pass as they are */
    uint8_t ethernet; /**< 1: ethernet, stations 02:00:00:00:00:01 and :02 */
};

/**
 * Make a pair.  Each is closed on its own; what is sent to an end that is closed is lost,
 * and a frame longer than mtu (without SF_LINK_TSO*) is, too.
 *
 * @param pair  how
 * @param a     one end; a null pointer on error
 * @param b     the other end; a null pointer on error
 * @return SF_OK, SF_ERR_NO_MEMORY or SF_ERR_INVAL
 */
SF_API SF_NODISCARD enum sf_err sf_pair_open(const struct sf_pair *pair, struct sf_link **a,
                                             struct sf_link **b);

/**
 * Wrap a link so that all of its frames go into a pcap file, too (nanosecond format,
 * LINKTYPE_ETHERNET or LINKTYPE_RAW; super-segments as they are, partial checksums
 * completed).  A full disk ends the file, not the link: link->error says so.
 *
 * @param inner  the link, owned by the wrapper from now on
 * @param path   the file, made anew; "-" is standard output
 * @param wall   what to add to the engine's clock to get time since 1970, nanoseconds
 * @param link   the wrapper; on error a null pointer, and inner is still the caller's
 * @return SF_OK, SF_ERR_OS, SF_ERR_SPACE or SF_ERR_NO_MEMORY
 */
SF_API SF_NODISCARD enum sf_err sf_pcap_wrap(struct sf_link *inner, const char *path,
                                             uint64_t wall, struct sf_link **link);

/**
 * Wrap a link with faults on what it sends and receives.
 *
 * The rules are lines (or parts between semicolons), each a word, then, in any order, a
 * direction, a filter and numbers:
 *
 *     drop tx 2%                 each frame with that chance
 *     drop rx FIN n=2            the second frame with FIN, in that direction
 *     drop tx data n=3..5        the third to fifth frame with text
 *     dup rx 1%                  delivered twice
 *     delay tx SYN n=1 100ms     held back, others overtake it
 *     reorder rx 1% 2ms          held back with that chance
 *     corrupt tx 0.1%            one bit flipped
 *
 * Directions: tx, rx, both (as when none is said).  Filters, joined with + : SYN FIN RST
 * ACK PSH URG (all of them set), `only` (no other flag set), data, empty (TCP with and
 * without text), v4, v6, any.  Chances are given in %, lengths of time in ns, us, ms or s,
 * both with a decimal point where wanted.  n= counts the frames that pass direction and
 * filter, whatever other rules do to them: n=2, n=3..5, or n=3.. for the third and all
 * after it.  A rule without n and % strikes every frame that passes.
 *
 * So that a frame is a segment, the wrapper takes neither super-segments nor partial
 * checksums (it has no caps) unless the rules are empty.  Super-segments that a link
 * receives are one frame each: open it without them.
 *
 * @param inner  the link, owned by the wrapper from now on
 * @param rules  the rules; an empty text changes nothing
 * @param seed   for the chances; each rule has chances of its own
 * @param link   the wrapper; on error a null pointer, and inner is still the caller's
 * @param where  where the offset of the first wrong character in rules is put, with
 *               SF_ERR_INVAL
 * @return SF_OK, SF_ERR_INVAL, or SF_ERR_NO_MEMORY (also for more than 64 rules)
 */
SF_API SF_NODISCARD enum sf_err sf_fault_wrap(struct sf_link *inner, const char *rules,
                                              uint64_t seed, struct sf_link **link,
                                              size_t *where);

/**
 * Write out what a link has buffered, so that link->error is the last word before it is
 * closed; closing flushes, too, but has nobody left to tell.
 *
 * @param link  the link
 * @return link->error: SF_OK, SF_ERR_SPACE for a full disk, SF_ERR_OS
 */
SF_API enum sf_err sf_link_flush(struct sf_link *link);

/**
 * Close any link: ops->close.
 *
 * @param link  the link, or a null pointer
 */
SF_API void sf_link_close(struct sf_link *link);

#ifdef __cplusplus
}
#endif
#endif
