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

/** Whether a TCP option is used. */
enum sf_offer {
    SF_OFFER_NO = 0, /**< neither offered nor agreed to */
    SF_OFFER_YES,    /**< offered by a SYN, and agreed to */
    SF_OFFER_ANSWER  /**< agreed to when a peer's SYN offers it, but never offered first */
};

/** An option that a SYN may carry, as sf_config.syn_order places it. */
enum sf_syn_option {
    SF_SYN_OPTION_MSS = 0,
    SF_SYN_OPTION_SACK,
    SF_SYN_OPTION_TIMESTAMPS,
    SF_SYN_OPTION_WINDOW_SCALE,
    SF_SYN_OPTIONS /**< how many; not an option */
};

/** How the options of a SYN are brought to multiples of 4 octets. */
enum sf_padding {
    /** No-operations before each, so that it ends on a multiple of 4; but SACK-permitted right
     *  before timestamps takes their place (Linux) */
    SF_PADDING_FRONT = 0,
    /** No-operations only as far as a value's alignment needs them, and end-of-options behind
     *  the last (FreeBSD) */
    SF_PADDING_END
};

/** Which segments carry PSH. */
enum sf_push {
    SF_PUSH_EMPTY = 0, /**< those that empty the queue (MUST-61) */
    /** Besides, those that end what one SEND gave, and those that pass half of the largest
     *  window since the last PSH (Linux) */
    SF_PUSH_WRITES
};

/** What Nagle's algorithm (SHLD-7) waits for with a segment that is not full. */
enum sf_nagle {
    SF_NAGLE_ALL = 0, /**< until all that was sent is acknowledged (RFC 9293 s3.7.4) */
    /** Until all that was not full is (Minshall's variant; Linux): the end of what one SEND
     *  gave goes at once behind full segments */
    SF_NAGLE_SMALL
};

/** As a number of retransmissions: for ever. */
#define SF_RETRIES_FOREVER 255

/** As sf_config.window_scale: as the receive buffer needs. */
#define SF_SCALE_BY_BUFFER 255

/** What the processor can do, found out by the host (the engine cannot ask). */
enum sf_cpu_level {
    SF_CPU_PLAIN = 0, /**< portable C */
    SF_CPU_AVX2 = 1   /**< x86-64 with AVX2 */
};

/** When a SYN is answered by a cookie (RFC 4987 s3.6) instead of a record.
 *
 * Such a SYN costs no memory: what has to be remembered is in the SYN,ACK's sequence number
 * (the class of the peer's MSS) and, if the peer sent timestamps, in ours (window scale and
 * SACK; without timestamps the connection has neither).  A cookie is good for 64 to 128 s.
 * If third segment and first text are lost, text behind them is reset: nothing tells whose it
 * is.  A listener with SF_SYN_ASK never uses them, as somebody has to decide. */
enum sf_cookies {
    SF_COOKIES_DEFAULT = 0, /**< of a listener: as the stack's configuration says */
    SF_COOKIES_OFF,         /**< never */
    SF_COOKIES_PRESSURE,    /**< while the listener's SYN queue or the stack's pool is full */
    SF_COOKIES_ALWAYS       /**< every SYN, but one that takes over a TIME-WAIT */
};

/** In which form TCP Fast Open (RFC 7413 s4.1.1) is asked for.  A listener answers in the form
 *  that it was asked in. */
enum sf_fast_open_form {
    SF_FAST_OPEN_KIND_34 = 0,  /**< the registered option */
    SF_FAST_OPEN_EXPERIMENTAL, /**< kind 254 (RFC 6994), as before the registration */
    /** The registered one; of a server that has left it unanswered, the other once (Linux) */
    SF_FAST_OPEN_FALLBACK
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
    uint32_t max_working;      /**< connections with bytes moving; 0: max_connections.  Below
                                    that a connection may find none: then SEND is refused, text
                                    that arrives is dropped and counted, until the peer repeats
                                    it, a FIN of ours waits, and the promise of one segment in
                                    order for each connection does not hold.  None is ended */
    uint32_t max_embryos;      /**< SYN-RECEIVED records of all listeners; 1024 */
    uint32_t max_time_waits;   /**< compact TIME-WAIT records of each family; 4096.  At the
                                    limit the oldest ends early, and is counted */
    uint32_t max_listeners;    /**< 64 */
    uint32_t max_choices;      /**< sets of options that connections and listeners have chosen
                                    other than the stack's; equal ones are mostly shared.  0:
                                    256 and an eighth of max_connections.  At the limit
                                    sf_set_option() is refused */
    uint32_t max_fast_opens;   /**< servers whose Fast Open cookies are kept; 64.  The least
                                    recently used makes room; 0: OPEN never does Fast Open */
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
    sf_span msl;         /**< maximum segment lifetime; 30 s, so TIME-WAIT takes 60 s */
    sf_span rto_initial; /**< 1 s (RFC 6298 (2.1)) */
    sf_span rto_min;     /**< 200 ms; RFC 6298 (2.4) says 1 s: docs/adr/0002 */
    /** G of RFC 6298 (2.3) at least, the clock's being finer: RTO is so much above SRTT; 0
     *  (Linux: 200 ms) */
    sf_span rto_granularity;
    sf_span rto_max; /**< 120 s (RFC 6298 (2.5): at least 60 s) */
    /** Added whenever the retransmission timer starts, but for the first time of a SYN; at most
     *  rto_max; 0 (FreeBSD: 200 ms) */
    sf_span rto_slop;
    sf_span delayed_ack;        /**< 40 ms; below 500 ms (MUST-40) */
    sf_span fin_wait_2;         /**< how long an orphan may stay in FIN-WAIT-2; 60 s */
    sf_span keepalive_idle;     /**< for connections that ask for keepalive; 2 h (MUST-28) */
    sf_span keepalive_interval; /**< between probes; 75 s */
    sf_span user_timeout;       /**< of new connections; 0: none but R2 */
    sf_span open_timeout;       /**< until a connection is open; 0: none but syn_retries
                                     (FreeBSD: 75 s) */
    /** A Fast Open cookie of ours is good for one to two of it (RFC 7413 s4.1.2); 12 h */
    sf_span fast_open_key;
    /** After Fast Open has failed on a path it is not tried for so long, the next time twice so
     *  long, and so on up to 1024 times (RFC 7413 s4.1.3.1); 60 s.  0: it is, and the cookie
     *  stays (Linux) */
    sf_span fast_open_backoff;
    /** Least that a peer's user timeout option may bring about, and above the RTO besides;
     *  100 s (RFC 5482 s3.1: at least) */
    sf_span uto_low;
    sf_span uto_high;         /**< most that it may; 1 h */
    uint8_t keepalive_probes; /**< unanswered probes that end the connection; 9 */
    uint8_t r1_retries;       /**< retransmissions before a soft error is reported; 3 */
    uint8_t r2_retries;       /**< retransmissions before giving up; 15, about 15 minutes; 255:
                                     never (SF_RETRIES_FOREVER) */
    uint8_t syn_retries;      /**< of a SYN; 7: 247 s (MUST-23: at least 3 minutes) */
    uint8_t synack_retries;   /**< of a SYN,ACK; 5 */
    uint8_t syn_linear;       /**< time-outs of a SYN before the first that doubles; 0 */
    /** Retransmissions of a SYN before those that have no option but MSS, for paths that drop
     *  what they do not know; 255: never (FreeBSD's rexmit_drop_options: 2) */
    uint8_t syn_plain;

    /* TCP: what is offered. */
    uint8_t timestamps;     /**< RFC 7323 timestamps, enum sf_offer; SF_OFFER_YES */
    uint8_t window_scaling; /**< RFC 7323 window scale, enum sf_offer; SF_OFFER_YES */
    uint8_t sack;           /**< RFC 2018, enum sf_offer; SF_OFFER_YES */
    /** 1: user timeout options (RFC 5482) are sent and read, for connections that ask; 0 */
    uint8_t uto;
    /** Diffserv field's octet of new connections, without ECN's last two bits; 0 */
    uint8_t tos;
    uint8_t hop_limit; /**< TTL or hop limit of segments; 64 (MUST-49) */
    /** For OPEN with Fast Open, enum sf_fast_open_form; SF_FAST_OPEN_KIND_34 */
    uint8_t fast_open_form;
    /** 1: that a server gives no cookie when it is asked, or one of a length that cannot be,
     *  is a failure like others, so that it is not asked again for fast_open_backoff
     *  (FreeBSD); 0: the next OPEN asks again (RFC 7413 s4.1.3.1 does not say) */
    uint8_t fast_open_ask_once;
    /** When a SYN is answered by a cookie, enum sf_cookies; SF_COOKIES_PRESSURE */
    uint8_t syn_cookies;
    /** Challenge ACKs in a second, whole stack; 1000.  The limit of each second is drawn from
     *  half to one and a half of it, so that nobody learns by counting (RFC 5961 s7,
     *  CVE-2016-5696).  0: none is sent */
    uint16_t challenge_acks;
    /** The same of one connection, in 5 seconds; 10 (RFC 5961 s7).  Counted first */
    uint16_t challenge_acks_conn;
    uint16_t icmp_errors; /**< ICMP errors and RSTs without a connection, in a second; 1000 */

    /* Presentation: what the RFCs leave open, and other systems have otherwise.  A script that
     * asserts how Linux or FreeBSD look sets these; nothing else needs to. */

    /** Order of a SYN's options, enum sf_syn_option, each once; as the enumeration has them */
    uint8_t syn_order[SF_SYN_OPTIONS];
    uint8_t syn_padding; /**< enum sf_padding; SF_PADDING_FRONT */
    /** The shift that a SYN offers, 0 to 14; SF_SCALE_BY_BUFFER: the least with which the whole
     *  receive buffer can be offered */
    uint8_t window_scale;
    /** Most octets that a SYN offers to receive, and all until the next segment; 65535 */
    uint16_t syn_window;
    /** 1: without scaling, a multiple of the MSS is offered, unless that took back; 0 */
    uint8_t window_by_mss;
    /** 1: while a quarter of the receive buffer is free, all of it is offered, and not only
     *  in steps of a segment or half of the buffer; and that a quarter of it was read is told
     *  at once (FreeBSD); 0 (RFC 9293 s3.8.6.2.2) */
    uint8_t window_eager;
    uint16_t initial_window; /**< congestion window to begin with, segments; 10 (RFC 6928) */
    /** And at most so many octets, but two segments; 0: no such limit (RFC 6928: 14600) */
    uint32_t initial_window_octets;
    /** 1: its segments count as the MSS option does, without what their options take; 0 */
    uint8_t initial_window_whole;
    /** Full segments that are acknowledged at once; 2 (RFC 5681 s4.2: at most).  0: whatever is
     *  in order waits for delayed_ack */
    uint8_t ack_every;
    /** 1: segments of any size count for that, so that every second one is acknowledged at once
     *  (FreeBSD); 0 */
    uint8_t ack_small;
    uint8_t quick_acks; /**< segments of text acknowledged at once in the beginning; 0 */
    /** 1: a reply ends that: text of ours within delayed_ack of text that came, or that waited
     *  for SYN,ACK, as the next acknowledgement is likely to ride on a reply, too (Linux); 0 */
    uint8_t quick_reply;
    /** 1: RCV.WND is all that the receive buffer has room for, also what a window field without
     *  scaling cannot say (FreeBSD); 0: what was offered */
    uint8_t window_unsaid;
    /** 1: an acknowledgement that is owed while our FIN is unacknowledged carries the FIN again
     *  (FreeBSD); 0: the FIN is repeated when its time is over, and no sooner */
    uint8_t fin_again;
    /** 1: what has both SYN and FIN is dropped in every state (FreeBSD's drop_synfin, against
     *  who wants to learn which system this is); 0 (RFC 9293 s3.10.7) */
    uint8_t drop_syn_fin;
    uint8_t push; /**< enum sf_push; SF_PUSH_EMPTY */
    /** 1: whoever dies before it was accepted, but by closing the listener, is handed out all
     *  the same, with its error and the text that it brought, and takes its place in the accept
     *  queue until then (Linux); 0: it is gone */
    uint8_t accept_dead;
    uint8_t nagle; /**< enum sf_nagle; SF_NAGLE_ALL */
    /** 1: more that is promised with SF_SEND_MORE is waited for until the next acknowledgement,
     *  and such text has no PSH (Linux).  0: until the next SEND without it */
    uint8_t more_briefly;
    /** 1: a RST that answers a segment with timestamps has some, too (RFC 7323 s5.2); 1 */
    uint8_t reset_echo;

    /* For tests alone. */
    uint8_t testing;   /**< 1: what follows is allowed; without it such a config is refused */
    uint8_t iss_fixed; /**< 1: every ISS is iss, which anybody can guess; 0 */
    /** 1: RFC 793's rule, by which any RST in the window resets: what RFC 5961 s3 is there
     *  against, for comparing and for scripts that are older (docs/adr/0006); 0 */
    uint8_t insecure_rst;
    /** 1: RFC 793's rule, by which a SYN in the window resets, but not in TIME-WAIT, instead of
     *  RFC 5961 s4's; 0 */
    uint8_t insecure_syn;
    uint32_t iss;

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
