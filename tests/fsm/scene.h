/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/scene.h - the words in which docs/spec/states.tsv says how a row is run.
 *
 *   states.tsv -> table.c -> [scene.c: setup, inject; scene_see.c: expect] -> talk.h
 *
 * A cell is a list of words, each with its arguments, ended by semicolons:
 *
 *   setup   ESTABLISHED; fill: window
 *   inject  peer: ACK seq=RCV.NXT ack=SND.NXT len=10
 *   expect  send: ACK seq=SND.NXT ack=RCV.NXT wnd=0; verdict: zero-window
 *
 * setup and inject have the same words:
 *
 *   STATE [active] [reader-gone]   go there by segments and calls: as the listener's child
 *                                  or by an active open; closed as a whole or by halves
 *   with: NAME VALUE               configuration, before the state; without: NAME
 *   peer: FLAGS seq= ack= len= wnd= urg= ts= from= to= cookie=yes     the peer's segment
 *   call: OPEN [text=n, at once] | LISTEN | SEND n | RECEIVE n | HALF-CLOSE | CLOSE | ABORT |
 *         STATUS |
 *         OPTION name value    a call of the application's, on= another handle
 *   timer: RTO | PERSIST | KEEPALIVE | FIN-WAIT-2 | 2MSL | USER [times=n]
 *                                  time goes on until it fires
 *   icmp: hard | soft | too-big seq= mtu=     an error that quotes us
 *   wait: ms                       time goes on
 *   fill: window | buffer          so that RCV.WND is 0, or that SEND has no room
 *   another: half-open | open      another peer at the same listener
 *   cookie: ours | theirs          a Fast Open cookie that the listener has given a peer of the
 *                                  same address, or the peer an earlier connection of ours
 *
 * In inject, " | " parts alternatives: each is run from a setup of its own.  Numbers are
 * sums of SND.UNA, SND.NXT, SND.WND, RCV.NXT, RCV.WND, ISS, IRS as they were before the
 * event, SND.MSS after it, SEG.SEQ, SEG.ACK, SEG.LEN of the peer's last segment, and
 * decimals.  seq=0 is 0 on the wire; seq=>SND.NXT is any number beyond.
 *
 * expect: what we say is given in full, so that nothing else is said; what is not named
 * has not happened: no bit of readiness rose, no error, no soft error.
 *
 *   send: FLAGS seq= ack= len= wnd= sack=    our next segment
 *   returns: ERROR [octets]        of the call
 *   told: BITS                     what the application was told of: read, eof, accept, ...
 *   error: ERROR, soft: ERROR      STATUS says so afterwards
 *   verdict: NAME                  of the peer's segment
 *   counted: NAME                  this counter went up
 *   status: STATE                  what STATUS answered
 *   readable: n, held: n, pmtu: n, unacked: n, SND.UNA: n, RCV.NXT: n, rto: doubled
 *   until: ms                      what is left of the timer that ends the record
 *   silent                         for the reader: nothing is to be seen
 *   state: STATE                   instead of the row's next state (not-adopted)
 *
 * The first word of expect may be
 *
 *   unreachable[: why]   the row cannot occur: a timer is not armed, a call cannot be said;
 *                        what follows is what happens instead
 *   not-adopted          a permitted alternative; what follows is what happens instead
 *   later: why           not built yet; nothing is run
 */
#ifndef SYNFIN_TESTS_FSM_SCENE_H
#define SYNFIN_TESTS_FSM_SCENE_H

#include "synfin/trace.h"
#include "talk.h"

#define SCENE_FILE  "docs/spec/states.tsv"
#define SCENE_TRACE 4096
#define SCENE_TEXT  512

/* Numbers as talk.h has them: ours from 1000, the peer's from 5000. */
struct scene_numbers {
    uint32_t snd_una, snd_nxt, snd_wnd, rcv_nxt, rcv_wnd, snd_mss;
};

struct scene {
    struct t_talk t;
    int line; /* of the row, for failures */
    struct sf_trace_ring ring;
    struct sf_trace_record records[SCENE_TRACE];
    struct scene_numbers n; /* as seen on the wire, or by STATUS before the event */
    struct t_seg seg;       /* the peer's last */
    uint8_t cookie[SF_FAST_OPEN_MAX];
    uint8_t cookie_octets;
    bool listens;   /* there is a listener */
    int last_timer; /* enum sf_trace_timer that fired last */
    /* Before the event. */
    struct sf_counters counters;
    struct sf_status status;
    uint32_t level;
    /* What came of it. */
    bool never; /* the timer of the last `timer:` did not fire in that state */
    enum sf_err returned;
    size_t octets; /* taken or given by the call */
    struct sf_status told;
};

/* Everything at its default, nothing started; wrap: numbers are about to. */
void scene_begin(struct scene *s, enum sf_family family, bool wrap, int line);
void scene_end(struct scene *s);

/* Act a list of words; keep: what we say meanwhile is to be seen. */
void scene_act(struct scene *s, const char *words, bool keep);

/* Forget what was said so far, keep what it told of numbers, and note what is now. */
void scene_mark(struct scene *s);

/* Compare; want is the row's next state. */
void scene_see(struct scene *s, const char *words, enum sf_state from, enum sf_state want);

/* Fail unless the record is in this state, and the listener is still there (or is not). */
void scene_see_state(struct scene *s, enum sf_state want, bool listener);

/* The row is not as it should be: says so and fails the case. */
_Noreturn void scene_fail(const struct scene *s, const char *what, const char *word);

/* A Fast Open cookie: "ours" or "theirs". */
void scene_cookie(struct scene *s, const char *args);

/* Cut the next word of a list off, trimmed; false if there is none. */
bool scene_word(const char **words, char separator, char *word);

/* The value of key= among arguments; false if it is not there. */
bool scene_arg(const char *args, const char *key, char *value);

/* What a sum of numbers is; wire_0: what stands for 0 on the wire. */
uint32_t scene_number(const struct scene *s, const char *text);

uint8_t scene_flags(const struct scene *s, const char *args);
enum sf_state scene_state(const struct scene *s, const char *name);

#endif
