/* SPDX-License-Identifier: MIT
 *
 * synfin/verdict.h - what became of something that a peer sent.
 *
 * A verdict is no error and asks for no action.  Each has its own counter in struct
 * sf_counters, so that nothing is ever dropped silently.
 */
#ifndef SYNFIN_VERDICT_H
#define SYNFIN_VERDICT_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What became of a frame, a packet or a segment. */
enum sf_verdict {
    SF_PASS = 0, /**< taken: all of it did its work */

    /* Frames and packets. */
    SF_DROP_SHORT,       /**< shorter than its own headers say */
    SF_DROP_ETHERTYPE,   /**< neither IPv4, IPv6 nor ARP */
    SF_DROP_MAC,         /**< addressed to another station */
    SF_DROP_IP_VERSION,  /**< the version field does not fit */
    SF_DROP_IP_HEADER,   /**< header length, total length or options make no sense */
    SF_DROP_IP_CHECKSUM, /**< IPv4 header checksum */
    SF_DROP_IP_SOURCE,   /**< multicast, broadcast or loopback source (MUST-63) */
    SF_DROP_IP_DEST,     /**< not an address of ours, or broadcast or multicast (MUST-57) */
    SF_DROP_IP_OPTION,   /**< source route, or an extension header that says discard */
    SF_DROP_PROTOCOL,    /**< a transport protocol that nobody here speaks */
    SF_DROP_FRAGMENT,    /**< overlapping, oversized or too many fragments, or timed out */
    SF_HELD_FRAGMENT,    /**< kept: waits for the rest of its packet */
    SF_DROP_ARP,         /**< malformed or meaningless ARP or neighbour discovery */
    SF_DROP_ICMP,        /**< malformed or unneeded ICMP */
    SF_DROP_ICMP_QUOTE,  /**< quotes nothing that we have outstanding (RFC 5927 s4.1) */
    SF_DROP_LOOP,        /**< a copy of what we sent ourselves */

    /* Segments: form. */
    SF_DROP_TCP_SHORT,    /**< shorter than a TCP header or its data offset */
    SF_DROP_TCP_CHECKSUM, /**< TCP checksum (MUST-3) */
    SF_DROP_TCP_OPTION,   /**< an option that runs over the header's end (MUST-7) */
    SF_DROP_TCP_PORT,     /**< port zero */
    SF_DROP_SYN_FIN,      /**< SYN and FIN in one, with sf_config.drop_syn_fin */

    /* Segments: no connection, LISTEN, SYN-SENT. */
    SF_DROP_NO_CONNECTION, /**< CLOSED: answered with a RST unless it is one (s3.10.7.1) */
    SF_DROP_NOT_MINE,      /**< steered to this stack, but another one's flow */
    SF_DROP_LISTEN,        /**< in LISTEN, and no SYN (s3.10.7.2) */
    SF_DROP_SYN_QUEUE,     /**< the listener's SYN queue is full */
    SF_DROP_ACCEPT_QUEUE,  /**< the listener's accept queue is full */
    SF_DROP_SYN_REFUSED,   /**< the application chose to refuse this SYN */
    SF_DROP_SYN_SILENT,    /**< the application chose not to answer this SYN */
    SF_DROP_NO_MEMORY,     /**< no record or no chunk left for it */
    SF_DROP_COOKIE,        /**< in LISTEN, cookies in use: the ACK has none that is valid */
    SF_DROP_SYN_SENT,      /**< in SYN-SENT, and neither SYN nor acceptable (s3.10.7.3) */

    /* Segments: the eight checks of s3.10.7.4. */
    SF_DROP_OUT_OF_WINDOW, /**< first check: not acceptable; acknowledged unless a RST */
    SF_DROP_PAWS,          /**< timestamp older than TS.Recent (RFC 7323 s5.3) */
    SF_DROP_NO_TIMESTAMP,  /**< timestamps were agreed and this has none (RFC 7323 s3.2) */
    SF_DROP_RESET,         /**< an exact RST: it did its work */
    SF_DROP_RST_NOT_EXACT, /**< a RST in the window but not at RCV.NXT (RFC 5961 s3.2) */
    SF_DROP_RST_TIME_WAIT, /**< a RST against TIME-WAIT (RFC 1337) */
    SF_DROP_SYN_IN_WINDOW, /**< a SYN on an open connection (RFC 5961 s4.2) */
    SF_DROP_NO_ACK,        /**< fifth check: no ACK bit */
    SF_DROP_ACK_FUTURE,    /**< acknowledges what was never sent */
    SF_DROP_ACK_OLD,       /**< older than the largest window ever offered (RFC 5961 s5.2) */
    SF_DROP_ACK_BAD_SYN,   /**< SYN-RECEIVED: does not acknowledge our SYN; answered by RST */
    SF_DROP_DUPLICATE,     /**< all text is old; acknowledged again */
    SF_DROP_OOO_LIMIT,     /**< out of order, and no room to hold it */
    SF_DROP_AFTER_FIN,     /**< text or FIN beyond the peer's FIN */
    SF_DROP_AFTER_CLOSE,   /**< new data and no reader any more: answered by RST (SHLD-3) */
    SF_DROP_ZERO_WINDOW,   /**< text against a closed window; its ACK was read */
    SF_DROP_LIMITED,       /**< an answer was owed but its rate limit is used up */
    SF_VERDICT_COUNT       /**< how many verdicts there are; not a verdict */
};

/**
 * The stable name of a verdict: "rst-not-exact".
 *
 * @param verdict  the verdict; an unknown value gives "?"
 */
SF_API const char *sf_verdict_name(enum sf_verdict verdict);

#ifdef __cplusplus
}
#endif
#endif
