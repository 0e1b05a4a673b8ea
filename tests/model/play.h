/* SPDX-License-Identifier: MIT
 *
 * tests/model/play.h - what happens to a connection, done to the engine and to the model in
 * lock step; after each step both are compared.
 *
 * An event names numbers by where they lie (RCV.NXT, the right edge, SND.UNA, ...), so that it
 * keeps its sense when others are taken out of the sequence.
 */
#ifndef SYNFIN_TESTS_MODEL_PLAY_H
#define SYNFIN_TESTS_MODEL_PLAY_H

#include "rfc9293.h"
#include "talk.h"

enum play_kind {
    PLAY_SEGMENT,
    PLAY_WAIT,
    PLAY_OPEN,
    PLAY_ACCEPT,
    PLAY_SEND,
    PLAY_RECEIVE,
    PLAY_SHUTDOWN,
    PLAY_CLOSE,
    PLAY_ABORT,
};

enum play_base {
    PLAY_RCV_NXT,
    PLAY_RIGHT, /* RCV.NXT + RCV.WND */
    PLAY_IRS,
    PLAY_ISN, /* of the peer's next SYN */
    PLAY_SEQ_BASES,
    PLAY_SND_UNA = PLAY_SEQ_BASES,
    PLAY_SND_NXT,
    PLAY_ISS,
    PLAY_OLDEST, /* SND.UNA - MAX.SND.WND */
    PLAY_BASES,
};

struct play_event {
    uint8_t kind;
    uint8_t flags;              /* of a segment */
    uint8_t seq_base, ack_base; /* enum play_base */
    bool ends;                  /* seq + len is what seq_base and seq_add say */
    int32_t seq_add, ack_add;
    uint32_t n;   /* octets */
    uint16_t wnd; /* the field */
    uint64_t ns;  /* to wait */
};

#define PLAY_EVENTS 64

struct play_story {
    struct rfc_limits limit;
    enum sf_family family;
    bool listens; /* a listener; else an active OPEN */
    bool wraps;   /* sequence numbers are about to */
    uint32_t n;
    struct play_event events[PLAY_EVENTS];
};

/* Run a story.  Null if model and engine agree, else in what they do not; it is valid until
 * the next call.  tell: print it as a script. */
const char *play(const struct play_story *story, bool tell);

/* What the stories have seen so far, for a test that they go everywhere: how often a step
 * ended in each state. */
extern uint64_t play_states[SF_STATES];

#endif
