/* SPDX-License-Identifier: MIT
 *
 * watch/read/seen.h - a TCP segment as a capture shows it.
 *
 *   struct sf_packet -> [link.c -> ip.c -> tcp.c, icmp.c] -> struct sf_seen -> conversations
 *                            `-> fragment.c
 *
 * An observer is more tolerant than a host: what wire/ refuses, a wrong IP checksum, a source
 * of 127.0.0.1, a packet of which only the first octets were kept, is read as far as it goes.
 * Nothing here knows of conversations.
 */
#ifndef SF_WATCH_READ_SEEN_H
#define SF_WATCH_READ_SEEN_H

#include "base/seq.h"
#include "synfin/capture.h"
#include "synfin/types.h"
#include "wire/seg.h"

/* What a packet turned out to be. */
enum sf_seen_kind {
    SF_SEEN_NOTHING = 0, /* nothing of TCP, or not to be read */
    SF_SEEN_SEGMENT,     /* a TCP segment */
    SF_SEEN_ERROR,       /* an ICMP error that quotes a TCP segment */
    SF_SEEN_PIECE,       /* a fragment, kept until the others are there */
};

/* What is known of a segment's checksum. */
enum sf_seen_sum {
    SF_SUM_UNKNOWN = 0, /* the packet was cut, or it is a quotation */
    SF_SUM_GOOD,
    SF_SUM_BAD,
    SF_SUM_NOT_FILLED_IN, /* zero, or the pseudo-header's alone: the device does the rest */
};

/* Options, beyond SF_OPT_* of wire/seg.h, in sf_seen.options. */
enum {
    SF_SEEN_COOKIE = 0x20, /* fast open (RFC 7413): cookie_octets; 0: asks for one */
    SF_SEEN_USER_TIMEOUT = 0x40,
    SF_SEEN_MPTCP = 0x80,      /* RFC 8684 */
    SF_SEEN_AUTH = 0x100,      /* MD5 (RFC 2385) or AO (RFC 5925) */
    SF_SEEN_UNKNOWN = 0x200,   /* any other kind */
    SF_SEEN_MALFORMED = 0x400, /* a length below 2 or over the end: the rest was not read */
};

struct sf_seen {
    uint64_t at_ns;          /* since 1970; of fragments: the one that made it whole */
    uint64_t n;              /* that packet's number in the capture, from 1 */
    struct sf_endpoint from; /* of an error: of the segment that it quotes */
    struct sf_endpoint to;
    sf_seq seq;
    sf_seq ack;             /* 0 without SF_ACK; of an error: may be 0 for not quoted */
    uint32_t text_octets;   /* on the wire, however many were captured */
    uint32_t text_captured; /* of them, how many text points to; of fragments: of the first */
    const uint8_t *text;    /* borrowed as the packet is; of fragments: until the next call */
    const uint8_t *option;  /* the options as they stand, option_octets of them; as text */
    uint32_t tsval;         /* with SF_OPT_TS */
    uint32_t tsecr;         /* with SF_OPT_TS */
    uint32_t interface;     /* as in sf_packet */
    struct sf_sack_block sack[SF_SACK_BLOCKS];
    uint16_t wnd;     /* the field as it stands */
    uint16_t urg;     /* with SF_URG */
    uint16_t options; /* SF_OPT_* and SF_SEEN_* */
    uint16_t mss;     /* with SF_OPT_MSS */
    uint16_t ip_id;   /* IPv4 */
    uint16_t vlan;    /* the innermost tag's number; 0: none */
    uint8_t kind;     /* enum sf_seen_kind: SF_SEEN_SEGMENT or SF_SEEN_ERROR */
    uint8_t flags;    /* control bits */
    uint8_t wscale;   /* with SF_OPT_WSCALE, as it stands */
    uint8_t n_sack;
    uint8_t option_octets; /* captured */
    uint8_t cookie_octets; /* with SF_SEEN_COOKIE; the cookie is in cookie */
    uint8_t hop_limit;     /* TTL or hop limit */
    uint8_t traffic_class; /* TOS or traffic class, ECN in it */
    uint8_t sum;           /* enum sf_seen_sum */
    uint8_t way;           /* enum sf_packet_way */
    bool accurate_ecn;     /* the bit AE (RFC 9768), once NS */
    bool dont_fragment;    /* IPv4: DF */
    bool fragments;        /* it came in several */
    bool whole;            /* false: a fragment is missing, so text_octets is a lower bound */
    bool options_cut;      /* the snap length ends within the options */
    bool arrived;          /* of two captures: it was captured where it was to arrive, too */
    bool died;             /* of two captures: it was not, and should have been */
    bool appeared;         /* of two captures: it was captured there alone */
    bool numbers;          /* seq is known; false only of an error that quotes ports alone */
    const uint8_t *cookie; /* as text */

    /* Of an error. */
    struct sf_addr reporter; /* who says so */
    uint32_t mtu;            /* of "fragmentation needed", "packet too big"; 0: not told */
    uint8_t icmp_type;       /* of ICMP or ICMPv6, as from.addr.family says */
    uint8_t icmp_code;
};

/* Packets, by what they turned out to be. */
struct sf_seen_counts {
    uint64_t segments;  /* and quotations */
    uint64_t errors;    /* ICMP errors about TCP */
    uint64_t other;     /* no TCP: ARP, UDP, ... */
    uint64_t link;      /* of a link type that we cannot read */
    uint64_t malformed; /* TCP or IP that makes no sense, or was cut before the ports */
    uint64_t fragments; /* pieces of segments */
    uint64_t lost;      /* segments never put together: the first piece was missing */
    uint32_t linktype;  /* the first that we cannot read, if link is not 0 */
};

/* Reads packets; holds the fragments that wait for others. */
struct sf_dissector;

/* Make one; a null pointer if memory ended. */
struct sf_dissector *sf_dissector_new(void);
void sf_dissector_free(struct sf_dissector *dissector);

/*
 * Read one packet.
 *
 * SF_SEEN_SEGMENT or SF_SEEN_ERROR: everything in seen is set, but for what belongs to a bit
 * that is not, and what belongs to an error of a segment.  Otherwise seen is meaningless.
 */
enum sf_seen_kind sf_dissect(struct sf_dissector *dissector, const struct sf_packet *packet,
                             struct sf_seen *seen);

/*
 * A segment whose first fragment came, but not the rest: more than 30 s of the capture ago
 * (RFC 1122 s3.3.2 asks for 60 to 120, Linux waits 30), before now_ns; UINT64_MAX: any.  Its
 * time and number are those of the first fragment.  False if there is none.
 */
bool sf_dissect_rest(struct sf_dissector *dissector, uint64_t now_ns, struct sf_seen *seen);

const struct sf_seen_counts *sf_dissector_counts(const struct sf_dissector *dissector);

/*
 * The next segment of a capture, everything else passed over: sf_capture_next(), sf_dissect()
 * and sf_dissect_rest() in turn.  Returns what sf_capture_next() does; SF_ERR_EOF only after
 * the last of sf_dissect_rest().  packet, if not null, is the packet that it was in; its octets
 * are null for what sf_dissect_rest() gave.
 */
SF_NODISCARD enum sf_err sf_seen_next(struct sf_capture *capture,
                                      struct sf_dissector *dissector, struct sf_seen *seen,
                                      struct sf_packet *packet);

#endif
