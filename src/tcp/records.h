/* SPDX-License-Identifier: MIT
 *
 * tcp/records.h - what a connection is made of: a record for each phase of its life.
 *
 *   embryo (SYN-RECEIVED) -> conn (open, idle) <-> conn + work (bytes move) -> time-wait
 *
 * Records hold indices and values, no pointers.  Times in them are 32-bit microseconds
 * (differences up to 35 minutes) unless the field says otherwise; deadlines are in the
 * timers of base/wheel.h, which are exact.
 */
#ifndef SF_TCP_RECORDS_H
#define SF_TCP_RECORDS_H

#include "base/list.h"
#include "base/seq.h"
#include "base/siphash.h"
#include "base/wheel.h"
#include "synfin/conn.h"
#include "tcp/tuple.h"
#include "wire/seg.h"

/* What a 32-bit id names: kind in the top 3 bits, as in base/wheel.h, index below. */
enum sf_id_kind {
    SF_ID_NONE = 0,
    SF_ID_CONN,
    SF_ID_EMBRYO,
    SF_ID_TW4,
    SF_ID_TW6,
    SF_ID_LISTENER,
};

/* Kinds of timers in the wheel. */
enum sf_timer_kind {
    SF_TK_SLOW = 1, /* conn.slow */
    SF_TK_REXMIT,   /* work.rexmit */
    SF_TK_DELACK,   /* work.delack */
    SF_TK_USER,     /* work.user */
    SF_TK_EMBRYO,   /* embryo.timer */
    SF_TK_MISC,     /* sf_tcp.misc[], by enum sf_misc_timer */
    SF_TK_STACK,    /* the stack's own: neighbours, reassembly */
};

enum sf_misc_timer {
    SF_MISC_TW4 = 1, /* the oldest TIME-WAIT over IPv4 */
    SF_MISC_TW6,
    SF_MISC_STACK, /* free for stack/ */
    SF_MISC_COUNT = SF_MISC_STACK,
};

/* A run of octets in a chunk queue.  Zeroed is empty. */
struct sf_bufq {
    uint32_t head; /* first chunk; 0 if empty */
    uint32_t tail; /* last chunk */
    uint32_t octets;
};

/* Bits of sf_conn.flags. */
enum {
    SF_CF_ACTIVE = 0x0001,     /* origin active: this end sent the first SYN */
    SF_CF_TS = 0x0002,         /* timestamps agreed */
    SF_CF_SACK = 0x0004,       /* SACK agreed */
    SF_CF_WSCALE = 0x0008,     /* window scaling agreed */
    SF_CF_ORPHAN = 0x0010,     /* the application has closed the whole: nobody reads */
    SF_CF_FIN_QUEUED = 0x0020, /* shut down: a FIN follows the last octet */
    SF_CF_FIN_SENT = 0x0040,   /* the FIN has its sequence number: snd_nxt - 1 at that time */
    SF_CF_FIN_RCVD = 0x0080,   /* the peer's FIN was taken in order */
    SF_CF_NODELAY = 0x0100,
    SF_CF_CORK = 0x0200,
    SF_CF_KEEPALIVE = 0x0400,
    SF_CF_QUICKACK = 0x0800,
    SF_CF_ACK_NOW = 0x1000,   /* debt: one acknowledgement, at once */
    SF_CF_PROBE_NOW = 0x2000, /* debt: a keepalive probe */
    SF_CF_OPENED = 0x4000,    /* was ESTABLISHED once */
    SF_CF_ACCEPTED = 0x8000,  /* the application has the handle */
};

/* A connection that is open and quiet.  With bytes moving, `work` is its other half. */
struct sf_conn {
    uint32_t hash_next;   /* id of the next in the flow table's chain */
    uint32_t generation;  /* survives the pool; part of the handle */
    struct sf_timer slow; /* keepalive, FIN-WAIT-2 of an orphan, or 2MSL, by state */
    struct sf_node owed;  /* on sf_tcp.owed: has something to send */
    struct sf_node ready; /* on sf_tcp.ready: the application is to look */
    struct sf_node queue; /* on its listener's accept queue; later on sf_tcp.starved */
    uint64_t user;        /* the application's */
    uint32_t work;        /* index of the working record; 0: idle */
    uint32_t listener;    /* index, while on the accept queue; else 0 */
    struct sf_tuple tuple;
    uint8_t state; /* enum sf_state; written by sf_conn_apply() alone */
    uint8_t error; /* enum sf_err: what it died of */
    uint8_t soft;  /* enum sf_err: the last soft error */
    uint8_t cc;    /* enum sf_cc_kind */
    uint8_t snd_wscale, rcv_wscale;
    uint8_t dups_owed;       /* debt: duplicate acknowledgements, one each */
    uint8_t challenges_owed; /* debt: challenge acknowledgements, limited */
    uint16_t flags;          /* SF_CF_* */
    uint16_t told;           /* SF_READY_* bits that were true at the last telling */
    uint16_t mss_peer;       /* SendMSS: the peer's MSS option, or the default */
    uint16_t pmtu;           /* octets of the largest packet to try */
    uint16_t pmtu_acked;     /* of the largest that was acknowledged */
    uint16_t pmtu_claimed;   /* what ICMP says against that; 0: nothing (tcp/pmtu.h) */
    uint8_t keep_sent;       /* probes unanswered */
    uint8_t retransmits;     /* of what is earliest unacknowledged, or probes of a window */
    uint8_t ready_soft;      /* 1: a soft error nobody was told of */
    sf_seq iss, irs;
    sf_seq snd_una, snd_nxt;
    sf_seq snd_wl1, snd_wl2;
    uint32_t snd_wnd;     /* scaled to octets */
    uint32_t max_snd_wnd; /* MAX.SND.WND of RFC 5961 s5.2 */
    sf_seq rcv_nxt;
    sf_seq rcv_adv;       /* right edge of what was offered: never moves left */
    sf_seq last_ack_sent; /* Last.ACK.sent of RFC 7323 s4.3 */
    uint32_t ts_recent;   /* TS.Recent */
    uint32_t ts_recent_s; /* when it was set, seconds: the rule of 24 days */
    uint32_t ts_offset;   /* what is added to the clock in what we send */
    uint32_t srtt_us;     /* SRTT; 0: not sampled */
    uint32_t rttvar_us;
    uint32_t rto_us; /* without back-off */
    uint32_t cwnd;   /* kept here while idle */
    uint32_t ssthresh;
    uint32_t idle_ms;    /* when it was folded, milliseconds */
    uint32_t refused_ms; /* when a refused segment of no length was answered last */
    uint32_t rcvbuf, sndbuf;
    uint32_t total_retransmits;
    uint32_t delivered;    /* segments that the peer has */
    uint32_t choice;       /* index of a set of options; 0: the stack's (tcp/choice.h) */
    uint16_t peer_uto;     /* the peer's user timeout option as it stands; 0: none */
    uint16_t challenge_5s; /* when the last challenge ACK left, spans of 5 seconds */
    uint8_t challenges;    /* how many left in that span */
    uint8_t rcv_tos;       /* Diffserv field's octet of the last segment */
    uint8_t quick_acks;    /* segments of text yet to be acknowledged at once */
    uint8_t uto_owed;      /* 1: the next segment tells the peer our user timeout */
    uint32_t heard_us;     /* when text came last; 0: never */
    uint8_t offers;        /* active: what our SYN offers (conn.h) */
    uint8_t fast_open;     /* 1: text of a SYN was taken, or acknowledged (RFC 7413) */
};

/* What connections and listeners choose other than the stack's configuration.  Shared by those
 * that chose the same; zeroed but for what was chosen, so that equal ones are equal octets. */
struct sf_choice {
    uint32_t refs; /* holders; the pool's while free */
    uint32_t keep_idle_ms, keep_interval_ms;
    uint32_t user_timeout_ms; /* 0: none but R2 */
    uint32_t fin_wait_2_ms;
    uint32_t unsent_low; /* octets; 0: the buffer alone says how much may wait */
    uint32_t uto_ms;     /* what is told to the peer; 0: nothing */
    uint32_t open_ms;    /* that an active open may take; 0: SYN's retransmissions alone */
    uint16_t maxseg;     /* 0: as the MTU has it */
    uint8_t keep_limit;  /* probes unanswered that end it */
    uint8_t tos;
    uint8_t hop_limit;
    uint8_t r1, r2, syn_r2; /* retransmissions; SF_RETRIES_FOREVER */
    uint8_t soft_off;       /* 1: soft errors are not reported */
    uint8_t uto_adopt;      /* 1: the peer's user timeout option counts */
    uint8_t plain;          /* 1: a SYN has no options */
    uint8_t timeout_set;    /* 1: user_timeout_ms was chosen, and is not to be changed */
};

/* Bits of sf_sent.flags. */
enum {
    SF_SENT_SYN = 0x01,
    SF_SENT_FIN = 0x02,
    SF_SENT_LOST = 0x04,   /* believed lost, to be sent again */
    SF_SENT_SACKED = 0x08, /* the peer says that it holds all of it */
    SF_SENT_PUSH = 0x10,   /* ends what the application gave at that time */
    SF_SENT_TOLD = 0x20,   /* counted in sf_conn.delivered */
};

/* One transmission: a run of sequence space sent at one time.  In order of seq. */
struct sf_sent {
    uint32_t next;   /* the following one; 0 if last */
    sf_seq seq;      /* of its first octet (or SYN) */
    uint32_t octets; /* of text; SYN and FIN come on top */
    uint32_t at_us;  /* when sent last */
    uint32_t chunk;  /* where its text begins; 0 without text */
    uint16_t offset; /* in that chunk's memory */
    uint8_t flags;   /* SF_SENT_* */
    uint8_t times;   /* how often sent; sticks at 255 */
};

/* What congestion control keeps while bytes move. */
struct sf_cc {
    uint32_t cwnd;     /* octets */
    uint32_t ssthresh; /* octets */
    uint32_t own[4];   /* of the algorithm */
};

/* The half of a connection that exists while bytes move. */
struct sf_work {
    uint32_t link;          /* the pool's while free */
    uint32_t conn;          /* index of the other half */
    struct sf_timer rexmit; /* retransmission, or persist when the window is closed */
    struct sf_timer delack;
    struct sf_timer user; /* user timeout */

    /* Sending. */
    struct sf_bufq snd;   /* text from snd_una on: unacknowledged, then unsent */
    uint32_t unsent;      /* octets of it that were never sent */
    uint32_t next_chunk;  /* where the unsent text begins; 0: at the end of the queue */
    uint32_t next_offset; /* in that chunk's memory */
    uint32_t reserved;    /* chain of chunks lent by sf_send_reserve(), not committed */
    uint32_t lent;        /* octets that sf_send_reserve() gave last */
    uint32_t sent_head;   /* transmissions, oldest first */
    uint32_t sent_tail;
    uint32_t lost_first; /* first record to look at for SF_SENT_LOST; 0: none is lost */
    uint32_t pipe;       /* octets of sequence space sent, neither lost nor acknowledged */
    sf_seq snd_up;       /* the octet after the urgent one */
    struct sf_cc cc;
    sf_seq recover;      /* RFC 6582 */
    sf_seq sack_high;    /* right edge of the highest SACK block */
    uint32_t active_ms;  /* when we sent something new, or it was acknowledged, last */
    uint32_t since_push; /* octets sent since the last PSH */
    sf_seq small_end;    /* after the last segment that was not full */
    uint8_t backoff;     /* doublings of rto */
    uint8_t dupacks;
    uint8_t limited;    /* of the first two of them, how many let one go that pipe does not */
    uint8_t recovering; /* enum sf_recovery */
    uint8_t persisting; /* rexmit is the persist timer */
    uint8_t snd_urgent; /* snd_up counts */
    uint8_t rcv_urgent; /* rcv_up counts */
    uint8_t peer_fin;   /* fin_seq counts: a FIN waits beyond a gap */
    uint8_t n_recent;   /* used of recent */
    uint8_t more;       /* SF_SEND_MORE: the application goes on at once */
    uint8_t more_over;  /* 1: and that holds back nothing any more */
    uint8_t hurry;      /* 1: what is queued goes, corked or not; until the next SEND */
    uint8_t small;      /* 1: small_end counts */
    uint8_t records;    /* 1: SF_SEND_RECORD was used: chunks may be sealed */
    uint8_t fast_open;  /* active open: SF_WF_*; else a cookie that SYN,ACK owes (fastopen.h) */
    uint32_t pending_at;         /* listener for which it is pending in Fast Open; 0: none */
    uint32_t pending_generation; /* of that listener */

    /* Receiving. */
    struct sf_bufq rcv; /* text in order, not read */
    uint32_t ooo_head;  /* chunks out of order, by seq; tcp/reasm.h */
    uint32_t ooo_tail;
    uint32_t ooo_octets;
    uint32_t ooo_chunks;
    struct sf_node ooo;                          /* on sf_tcp.ooo while ooo_chunks is not 0 */
    struct sf_sack_block recent[SF_SACK_BLOCKS]; /* newest first (RFC 2018 s4) */
    struct sf_sack_block twice; /* came twice, to be reported (RFC 2883 s4); empty: nothing */
    sf_seq fin_seq;
    sf_seq rcv_up;    /* the octet after the urgent one */
    uint32_t unacked; /* octets in order since the last acknowledgement left */
    uint32_t rcv_mss; /* the largest text seen lately: what a full segment is */
};

enum sf_recovery {
    SF_RECOVERY_NONE = 0,
    SF_RECOVERY_FAST, /* RFC 6582 */
    SF_RECOVERY_RTO,
};

/* Bits of sf_embryo.flags. */
enum {
    SF_EF_TS = 0x01,
    SF_EF_SACK = 0x02,
    SF_EF_WSCALE = 0x04,
    SF_EF_ASKED = 0x08,    /* the application was told of it */
    SF_EF_WAITS = 0x10,    /* its SYN waits for the application's decision */
    SF_EF_REUSE = 0x20,    /* took over tw, which is to come back after a RST (MAY-2) */
    SF_EF_RESENT = 0x40,   /* the SYN,ACK was sent more than once: no RTT from it (Karn) */
    SF_EF_DEFERRED = 0x80, /* SYN,ACK is acknowledged, and text is waited for */
};

/* Keys of Fast Open's cookies that were set (fastopen.h). */
struct sf_fo_keys {
    struct sf_sipkey key[SF_FAST_OPEN_KEYS];
    uint32_t n; /* 0: none */
};

/* A connection in SYN-RECEIVED, origin passive. */
struct sf_embryo {
    uint32_t hash_next;
    uint32_t generation;
    struct sf_timer timer;
    struct sf_node list; /* on its listener's SYN queue, oldest first */
    uint32_t listener;   /* index */
    struct sf_tuple tuple;
    uint16_t mss_peer;
    uint16_t wnd; /* window field of the SYN */
    sf_seq iss, irs;
    uint32_t ts_recent;
    uint32_t sent_us; /* when the SYN,ACK was sent first */
    uint32_t tw;      /* id of the TIME-WAIT record that it took over, or 0 */
    uint8_t snd_wscale, rcv_wscale;
    uint8_t flags;       /* SF_EF_* */
    uint8_t retries;     /* SYN,ACKs repeated by the timer */
    uint8_t owed;        /* 1: waits in the reply ring */
    uint8_t fast_open;   /* a cookie that SYN,ACK owes, sf_fast_open_owed() */
    uint16_t peer_uto;   /* as in a connection */
    uint32_t refused_ms; /* the same */
};

struct sf_listener {
    uint32_t link; /* the pool's while free; else index of the next on its port */
    uint32_t generation;
    struct sf_list embryos;
    struct sf_list accepts;
    struct sf_node ready; /* on sf_tcp.ready_listeners */
    uint64_t user;
    uint8_t addr[16];
    uint16_t port;  /* 0: any */
    uint8_t family; /* SF_UNSPEC: any */
    uint8_t any_address;
    uint8_t policy;  /* enum sf_syn_policy */
    uint8_t ask;     /* 1: an embryo nobody was told of waits */
    uint8_t cookies; /* enum sf_cookies, the stack's in place of its default */
    uint8_t syn_overflow, accept_overflow; /* enum sf_overflow */
    uint8_t overflowed;                    /* 1: a queue had no room, and nobody was told */
    uint16_t told;
    uint32_t fast_open;         /* most pending; 0: off */
    uint32_t fast_open_pending; /* open, and the handshake is not complete */
    uint32_t fast_open_resets;  /* of these, reset; they count until 60 s have passed */
    uint32_t fast_open_reset_s; /* since this second */
    struct sf_fo_keys fast_open_keys;
    uint8_t fast_open_no_cookie; /* 1: text is taken without one */
    uint32_t overflows;
    uint32_t cookie_s;  /* when a cookie was sent last, seconds and 1; 0: never */
    uint32_t defer_ms;  /* wait so long for text to accept with */
    uint32_t syn_limit; /* never 0 while in use */
    uint32_t accept_limit;
    uint32_t rcvbuf, sndbuf;
    uint32_t choice;     /* its connections begin with it */
    uint16_t conn_flags; /* the same: SF_CF_NODELAY and the like */
};

_Static_assert(sizeof(struct sf_conn) <= 256, "an idle connection is at most 256 octets");
_Static_assert(sizeof(struct sf_embryo) <= 120, "SYN-RECEIVED takes at most 120 octets");
_Static_assert(sizeof(struct sf_sent) == 24, "a transmission takes 24 octets");

#endif
