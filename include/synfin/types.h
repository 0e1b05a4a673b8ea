/* SPDX-License-Identifier: MIT
 *
 * synfin/types.h - the words that every other header uses: moments, lengths of time,
 * addresses, handles, and the errors of calls.
 *
 * Three kinds of trouble, three types: a broken promise by the caller aborts; a request
 * that cannot be granted is an enum sf_err; what a peer sent is an enum sf_verdict
 * (synfin/verdict.h) and never an error.
 */
#ifndef SYNFIN_TYPES_H
#define SYNFIN_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SF_API       __attribute__((visibility("default")))
#define SF_NODISCARD __attribute__((warn_unused_result))
#define SF_NORETURN  __attribute__((noreturn, cold))
#else
#define SF_API
#define SF_NODISCARD
#define SF_NORETURN
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** A moment: nanoseconds of one monotonic clock, chosen by the host.  Never goes back. */
typedef struct sf_time {
    uint64_t ns;
} sf_time;

/** A length of time in nanoseconds. */
typedef struct sf_span {
    uint64_t ns;
} sf_span;

/** Why a call could not be granted.  Zero is success. */
enum sf_err {
    SF_OK = 0,
    SF_ERR_INVAL,        /**< an argument makes no sense */
    SF_ERR_STALE,        /**< the handle names nothing any more: connection does not exist */
    SF_ERR_AGAIN,        /**< not now: nothing to read, no room to write, nobody to accept */
    SF_ERR_EOF,          /**< the peer closed and everything was read: connection closing */
    SF_ERR_CLOSING,      /**< this side has already closed its half: connection closing */
    SF_ERR_NOT_OPEN,     /**< not connected: a listener cannot send or receive */
    SF_ERR_EXISTS,       /**< the four-tuple is in use: connection already exists */
    SF_ERR_ADDR_IN_USE,  /**< the local address and port already have a listener */
    SF_ERR_ADDR,         /**< an address that cannot be used: not ours, broadcast, multicast */
    SF_ERR_UNROUTABLE,   /**< no route to the remote address */
    SF_ERR_NO_PORT,      /**< every ephemeral port towards that remote is taken */
    SF_ERR_NO_MEMORY,    /**< a pool is exhausted: insufficient resources */
    SF_ERR_REFUSED,      /**< the peer refused the connection: RST to the SYN */
    SF_ERR_RESET,        /**< connection reset by the peer */
    SF_ERR_ABORTED,      /**< connection aborted by this side */
    SF_ERR_TIMED_OUT,    /**< retransmissions, probes or keepalives went unanswered (R2) */
    SF_ERR_USER_TIMEOUT, /**< user timeout: connection given up (RFC 9293 s3.10.8) */
    SF_ERR_UNREACHABLE,  /**< an ICMP error ended the attempt to connect */
    SF_ERR_SEED,         /**< the configuration has no seed (all zeros) */
    SF_ERR_OS,         /**< the operating system refused; errno says why (host library only) */
    SF_ERR_PERMISSION, /**< a privilege is missing (host library only) */
    SF_ERR_SPACE       /**< the disk is full (host library only) */
};

/**
 * One line in English for an error, never null: "connection refused".
 *
 * @param err  any value; an unknown one gives "unknown error"
 */
SF_API const char *sf_err_text(enum sf_err err);

/** Which internet protocol an address belongs to. */
enum sf_family {
    SF_UNSPEC = 0, /**< no address: as a listener's local address, any address of any family */
    SF_IPV4 = 4,
    SF_IPV6 = 6
};

/** An address in network byte order; an IPv4 address uses the first four octets. */
struct sf_addr {
    uint8_t octets[16];
    uint8_t family; /**< enum sf_family */
};

/** One end: an address and a port in host byte order. */
struct sf_endpoint {
    struct sf_addr addr;
    uint16_t port;
};

/**
 * Names a connection or a listener of one stack: an index with a generation.
 *
 * Kept by value.  A handle whose object is gone gives SF_ERR_STALE, never a dangling
 * access.  All zeros names nothing.
 */
struct sf_handle {
    uint32_t index;
    uint32_t generation;
};

/**
 * Build an IPv4 address from its four octets, as in sf_addr_v4(10, 9, 8, 2).
 *
 * @param a  first octet
 * @param b  second octet
 * @param c  third octet
 * @param d  fourth octet
 */
SF_API struct sf_addr sf_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);

/**
 * Read an address in text form, IPv4 dotted quad or IPv6 (RFC 4291 s2.2, no zone).
 *
 * @param text  the address, ending in a null octet
 * @param out   the address; untouched on error
 * @return SF_OK, or SF_ERR_INVAL
 */
SF_API SF_NODISCARD enum sf_err sf_addr_parse(const char *text, struct sf_addr *out);

/** Octets that the longest text form of an address takes, with the final null. */
#define SF_ADDR_TEXT 46

/**
 * Write an address as text: dotted quad, or RFC 5952 form.
 *
 * @param addr  the address; SF_UNSPEC gives "*"
 * @param text  at least SF_ADDR_TEXT octets
 * @return text
 */
SF_API char *sf_addr_text(const struct sf_addr *addr, char *text);

/**
 * True if both are the same address of the same family.
 *
 * @param a  one address
 * @param b  the other
 */
SF_API bool sf_addr_equal(const struct sf_addr *a, const struct sf_addr *b);

/**
 * Called once when the caller broke a promise; never returns.
 *
 * The library's own is weak and only aborts, as the engine prints nothing.  A program that
 * wants to say what happened defines one of its own, which takes precedence.
 *
 * @param what  the promise, as it stands in the source
 * @param file  where it was checked
 * @param line  and on which line
 */
SF_API SF_NORETURN void sf_assert_failed(const char *what, const char *file, int line);

#ifdef __cplusplus
}
#endif
#endif
