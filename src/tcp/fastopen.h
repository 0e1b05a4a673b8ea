/* SPDX-License-Identifier: MIT
 *
 * tcp/fastopen.h - TCP Fast Open, both sides (RFC 7413).
 */
#ifndef SF_TCP_FASTOPEN_H
#define SF_TCP_FASTOPEN_H

#include "tcp/listen.h"

/* Bits of sf_work.fast_open: what the SYN of an active open does. */
enum {
    SF_WF_WANTED = 0x01, /* the application asked for Fast Open */
    SF_WF_ASKED = 0x02,  /* the SYN asked for a cookie */
    SF_WF_COOKIE = 0x04, /* the SYN had a cookie */
    SF_WF_TEXT = 0x08,   /* the SYN had text */
    SF_WF_FREE = 0x10,   /* it is to go without a cookie */
    SF_WF_LOST = 0x20,   /* it got no answer in time, and has failed */
};

/* A server as the client remembers it (RFC 7413 s4.1.3). */
struct sf_fo_server {
    uint8_t local[16], remote[16];
    uint8_t cookie[SF_FAST_OPEN_MAX];
    uint32_t used;         /* the least is the least recently used; 0: free */
    uint32_t backed_off_s; /* not before this second */
    uint16_t mss;          /* the MSS option of its last SYN,ACK */
    uint8_t family;
    uint8_t octets;   /* of cookie; 0: none */
    uint8_t form;     /* enum sf_fast_open_form */
    uint8_t failures; /* in a row */
    uint8_t asked;    /* SF_FAST_OPEN_FALLBACK: forms left unanswered, bits of 1 << form */
};

/* The client. */

/* SF_WF_* of an enum sf_fast_open. */
static inline uint8_t sf_fast_open_wanted(uint8_t fast_open)
{
    return fast_open == SF_FAST_OPEN_NO          ? 0
           : fast_open == SF_FAST_OPEN_NO_COOKIE ? SF_WF_WANTED | SF_WF_FREE
                                                 : SF_WF_WANTED;
}

/* The first SYN of an active open leaves: with a cookie and text, or asking for one. */
void sf_fast_open_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                      struct sf_out *out, sf_time now);

/* SYN,ACK has come and its acknowledgement is taken: what it says of Fast Open is remembered,
 * and text of the SYN that it does not acknowledge goes out again at once (s4.2.2). */
void sf_fast_open_opened(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg,
                         sf_time now);

/* The SYN had an option or text, and got no answer in time or an error for one (s4.1.3.1). */
void sf_fast_open_lost(struct sf_tcp *t, struct sf_conn *c, sf_time now);

/* The server. */

/*
 * A SYN with the option, or with text for a listener that wants no cookie, has come to one with
 * Fast Open.  True if it opened a connection
 * at once, whose text, if any, was taken; false if it is to be treated as any other.
 */
bool sf_fast_open_accept(struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                         const struct sf_seg *seg, sf_time now);

/* Does this SYN get a cookie with its SYN,ACK?  0: no; else 1 and the form asked in. */
uint8_t sf_fast_open_owed(const struct sf_tcp *t, uint32_t listener,
                          const struct sf_tuple *tuple, const struct sf_seg *seg, sf_time now);

/* The cookie that is owed, of a listener or, 0, of none any more, into a SYN,ACK on its way
 * out. */
void sf_fast_open_give(struct sf_tcp *t, uint32_t listener, const struct sf_tuple *tuple,
                       uint8_t owed, struct sf_seg *seg, sf_time now);

/* The listener whose connection is pending in Fast Open; 0: none, or it is gone. */
uint32_t sf_fast_open_listener(const struct sf_tcp *t, const struct sf_work *w);

/* A connection that was open before its handshake was complete is now, or has ended by then.
 * reset: by a RST, which anybody can provoke: it counts as pending for a while (s5.1). */
void sf_fast_open_settled(struct sf_tcp *t, struct sf_work *w, bool reset, sf_time now);

#endif
