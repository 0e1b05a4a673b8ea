/* SPDX-License-Identifier: MIT
 *
 * synfin/config.h - every limit and every choice of a stack.
 *
 * Start from sf_config_default(), set the seed and what differs.  Every limit has a
 * default; what happens at the limit stands beside it.
 */
#ifndef SYNFIN_CONFIG_H
#define SYNFIN_CONFIG_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What the link below can do, as bits of sf_config.link_caps. */
enum sf_link_cap {
    SF_LINK_CSUM_TX = 1, /**< completes a partial TCP checksum of what is sent */
    SF_LINK_TSO4 = 2,    /**< takes super-segments over IPv4 */
    SF_LINK_TSO6 = 4     /**< takes super-segments over IPv6 */
};

/** What the processor can do, found out by the host (the engine cannot ask). */
enum sf_cpu_level {
    SF_CPU_PLAIN = 0, /**< portable C */
    SF_CPU_AVX2 = 1   /**< x86-64 with AVX2 */
};

/** The configuration of a stack.  Spans are nanoseconds, sizes octets. */
struct sf_config {
    uint8_t seed[32]; /**< secret and random; all zeros is refused.  Keys ISNs (RFC 6528),
                           timestamps, ports, hash tables */

    /* The link. */
    uint32_t mtu;      /**< octets of an IP packet, 576 (IPv6: 1280) to 65535; 1500 */
    uint8_t ethernet;  /**< 1: frames have an ethernet header and neighbours; 0: bare IP */
    uint8_t mac[6];    /**< our station address, with ethernet */
    uint8_t link_caps; /**< SF_LINK_* */
    uint8_t cpu;       /**< enum sf_cpu_level */
    uint8_t cc;        /**< congestion control of new connections, enum sf_cc_kind */

    /* Memory: pools, sized at creation, touched only when used. */
    uint32_t max_connections;  /**< 1024; at the limit a SYN is dropped, OPEN is refused */
    uint32_t max_working;      /**< connections with bytes moving; 0: max_connections */
    uint32_t max_embryos;      /**< SYN-RECEIVED records of all listeners; 1024 */
    uint32_t max_time_waits;   /**< compact TIME-WAIT records of each family; 4096.  At the
                                    limit the oldest ends early, and is counted */
    uint32_t max_listeners;    /**< 64 */
    uint32_t max_chunks;       /**< buffers; 8192.  At the limit out-of-order bytes go
                                    first, then SEND is refused; an eighth is kept for text
                                    in order of connections that hold none */
    uint32_t chunk_octets;     /**< octets of one buffer, a power of two, 256 to 32768; 4096 */
    uint32_t max_sent;         /**< transmission records; 0: 8 for each connection, at least
                                    4096.  At the limit records are made coarser */
    uint32_t max_replies;      /**< answers without a connection waiting to leave; 256 */
    uint32_t max_neighbours;   /**< 64; the least recently used makes room */
    uint32_t max_routes;       /**< 16 */
    uint32_t max_addresses;    /**< 16 */
    uint32_t max_reassemblies; /**< IPv4 and IPv6 packets in fragments; 8 */

    /* TCP: buffers. */
    uint32_t rcvbuf_octets; /**< most octets received and not read, of a connection; 1 MiB */
    uint32_t sndbuf_octets; /**< most octets sent and not acknowledged, or unsent; 1 MiB */

    /* TCP: times. */
    sf_span msl;                /**< maximum segment lifetime; 30 s, so TIME-WAIT takes 60 s */
    sf_span rto_initial;        /**< 1 s (RFC 6298 (2.1)) */
    sf_span rto_min;            /**< 200 ms; RFC 6298 (2.4) says 1 s: docs/adr/0002 */
    sf_span rto_max;            /**< 120 s (RFC 6298 (2.5): at least 60 s) */
    sf_span delayed_ack;        /**< 40 ms; below 500 ms (MUST-40) */
    sf_span fin_wait_2;         /**< how long an orphan may stay in FIN-WAIT-2; 60 s */
    sf_span keepalive_idle;     /**< for connections that ask for keepalive; 2 h (MUST-28) */
    sf_span keepalive_interval; /**< between probes; 75 s */
    sf_span user_timeout;       /**< of new connections; 0: none but R2 */
    uint8_t keepalive_probes;   /**< unanswered probes that end the connection; 9 */
    uint8_t r1_retries;         /**< retransmissions before a soft error is reported; 3 */
    uint8_t r2_retries;         /**< retransmissions before giving up; 15, about 15 minutes */
    uint8_t syn_retries;        /**< of a SYN; 7: 247 s (MUST-23: at least 3 minutes) */
    uint8_t synack_retries;     /**< of a SYN,ACK; 5 */

    /* TCP: what is offered. */
    uint8_t timestamps;      /**< 1: RFC 7323 timestamps */
    uint8_t window_scaling;  /**< 1: RFC 7323 window scale */
    uint8_t sack;            /**< 1: RFC 2018 */
    uint16_t initial_window; /**< segments; 10 (RFC 6928) */
    uint16_t challenge_acks; /**< challenge ACKs in a second, whole stack; 1000 */
    uint16_t icmp_errors; /**< ICMP errors and RSTs without a connection, in a second; 1000 */

    /* Ports and many stacks. */
    uint16_t port_low;  /**< first ephemeral port; 32768 */
    uint16_t port_high; /**< last ephemeral port; 60999 */
    uint16_t worker;    /**< this stack's index among workers, 0 .. workers-1 */
    uint16_t workers;   /**< how many stacks share the addresses; 1 */
};

/** Which congestion control. */
enum sf_cc_kind {
    SF_CC_NEWRENO = 0 /**< RFC 5681, RFC 6582 */
};

/**
 * Fill in the defaults.  The seed is left all zeros, so that a host cannot forget it.
 *
 * @param config  all of it is written
 */
SF_API void sf_config_default(struct sf_config *config);

/**
 * Which of several workers a flow belongs to; symmetric in the two ends.
 *
 * @param a        one end
 * @param b        the other end
 * @param workers  how many, at least 1
 * @return 0 to workers-1
 */
SF_API uint32_t sf_steer(const struct sf_endpoint *a, const struct sf_endpoint *b,
                         uint32_t workers);

#ifdef __cplusplus
}
#endif
#endif
