/* SPDX-License-Identifier: MIT
 *
 * tests/lib/talk.h - a conversation: one stack, through its public interface, and a peer
 * whose every segment the test writes.
 *
 *     struct t_talk t;
 *
 *     t_established(&t, SF_IPV4);
 *     t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1000});
 *     t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5001});
 *     t_silence(&t);
 *     T_STATE(&t, SF_CLOSE_WAIT);
 *     t_end(&t);
 *
 * Numbers: our first octet of text is 1000 (so our ISS is 999), the peer's is 5000.  What
 * they are on the wire is the conversation's affair; t.peer_iss and t_iss_at() choose.
 * Text is the pattern of its stream at its place.  Unless the test asks for them before
 * the start, there are no options but MSS; our window is 4096.
 *
 * Everything that the stack says is queued, with its moment, and has to be expected in
 * order.  Time stands still but in t_advance() and t_wait().
 */
#ifndef SYNFIN_TESTS_LIB_TALK_H
#define SYNFIN_TESTS_LIB_TALK_H

#include "t.h"

#include "base/time.h"
#include "synfin/conn.h"
#include "synfin/engine.h"
#include "wire/seg.h"

#define T_OURS      1000 /* our first octet */
#define T_THEIRS    5000 /* the peer's first octet */
#define T_WND_0     (-1) /* .wnd of a closed window, as 0 is: not said */
#define T_OUT       512  /* segments that wait to be expected, at most */
#define T_PORT      80   /* ours */
#define T_PEER_PORT 40000

/* The streams of the pattern. */
#define T_STREAM_OURS   1
#define T_STREAM_THEIRS 2

/* A segment as a test writes it. */
struct t_seg {
    uint8_t flags;
    sf_seq seq, ack;
    int32_t wnd;      /* the field; 0: the peer's usual one, or: not looked at */
    uint32_t text;    /* octets */
    uint16_t urg;     /* with SF_URG */
    uint8_t options;  /* SF_OPT_*, besides those that the conversation adds */
    uint16_t mss;     /* with SF_OPT_MSS */
    uint8_t wscale;   /* with SF_OPT_WSCALE */
    uint16_t uto;     /* with SF_OPT_UTO */
    uint8_t tos;      /* peer: the Diffserv field's octet */
    uint8_t n_sack;   /* with SF_OPT_SACK */
    bool no_ts;       /* peer: without timestamps although they are agreed */
    bool spoilt;      /* peer: with a wrong checksum */
    bool other;       /* peer: text of another pattern */
    int32_t ts_ahead; /* peer: TSval is so much ahead of its clock */
    uint32_t tsecr;   /* peer: without ACK, where 0 belongs */
    struct sf_sack_block sack[SF_SACK_BLOCKS];
    const uint8_t *fast_open; /* with SF_OPT_FAST_OPEN: the cookie */
    uint8_t fast_open_octets;
    uint8_t fast_open_form;
};

/* A segment of ours. */
struct t_out {
    struct sf_seg seg;
    uint16_t sport, dport;
    sf_time at;
    bool text_ok; /* its text is the pattern of its place */
    uint8_t hop_limit;
    uint8_t fast_open[SF_FAST_OPEN_MAX]; /* with SF_OPT_FAST_OPEN */
};

struct t_talk {
    struct sf_config config; /* to be changed before the start */
    struct sf_listen listen; /* the same */
    struct sf_open open;     /* the same */
    struct sf_endpoint us, them;
    uint8_t options; /* SF_OPT_* of the peer's SYN */
    uint16_t mss;    /* of it */
    uint8_t wscale;  /* of it */
    uint16_t wnd;    /* the peer's window field; 4096 */

    struct sf_stack *stack; /* null before the start */
    void *memory;
    size_t octets; /* of it */
    sf_time now;
    struct sf_handle listener, conn;
    uint64_t sent, received; /* octets of our application's, by t_send() and t_recv() */
    uint32_t ready;          /* bits of all events of conn since last cleared */
    uint32_t listener_ready; /* the same of the listener */
    enum sf_verdict verdict; /* of the peer's last segment */

    uint32_t iss;      /* ours, on the wire */
    bool iss_known;    /* false: the next SYN of ours tells it */
    uint32_t peer_iss; /* the peer's, on the wire */
    bool ts;           /* timestamps are agreed: the peer's segments have them */
    uint32_t ts_echo;  /* TSval of ours that the peer saw last */
    uint32_t ts_base;  /* TSval of the peer at time 0 */

    struct t_out out[T_OUT];
    uint32_t out_first, out_count;
};

/* A test that is run over both protocols: T_BOTH(name) in the group, t_family() in it. */
extern enum sf_family t_families[2];
#define T_BOTH(test)                                           \
    {#test " over IPv4", (test), NULL, NULL, &t_families[0]},  \
    {                                                          \
#test " over IPv6", (test), NULL, NULL, &t_families[1] \
    }

static inline enum sf_family t_family(void **state)
{
    return *(enum sf_family *)*state;
}

/* Everything at its default, nothing started. */
void t_begin(struct t_talk *t, enum sf_family family);

/* Make the stack, if it is not there yet. */
void t_start(struct t_talk *t);

/* Give the memory back. */
void t_end(struct t_talk *t);

/* Start so that our ISS will be this one, on the wire.  Before t_start(). */
void t_iss_at(struct t_talk *t, uint32_t iss);

/* A listener on T_PORT. */
void t_listen(struct t_talk *t);

/* Handshakes, each ending in ESTABLISHED with t.conn. */
void t_open_passive(struct t_talk *t);

/* Open passively, and have ten segments of 536 octets on their way, as many as the first window
 * lets go of 20,000 octets. */
void t_in_flight(struct t_talk *t, enum sf_family family, bool sack);
void t_open_active(struct t_talk *t);

/* As far as our SYN, and no further. */
void t_syn_sent(struct t_talk *t);

/* t_begin() and t_open_passive(). */
void t_established(struct t_talk *t, enum sf_family family);

/* Take the connection that the listener has ready. */
void t_accept(struct t_talk *t);

/* The peer starts anew from another port. */
void t_another(struct t_talk *t, uint16_t port);

/* The peer says: t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}).  The verdict is the value
 * and in t.verdict. */
#define t_peer(t, ...) t_peer_says((t), &(struct t_seg){.flags = __VA_ARGS__})

/* The next segment of ours is this one, and its checksum is right.  A RST that has SEQ=0
 * because nobody knows better (RFC 9293 s3.10.7.1) has .seq = {T_SEQ_0} as long as no SYN
 * of ours was seen. */
#define T_SEQ_0 (T_OURS - 1)
#define t_expect(t, ...) \
    t_expect_at((t), &(struct t_seg){.flags = __VA_ARGS__}, __FILE__, __LINE__)

/* We have nothing more to say. */
#define t_silence(t) t_silence_at((t), __FILE__, __LINE__)

enum sf_verdict t_peer_says(struct t_talk *t, const struct t_seg *seg);
void t_expect_at(struct t_talk *t, const struct t_seg *want, const char *file, int line);
void t_silence_at(struct t_talk *t, const char *file, int line);

/* The next segment of ours, looked at in another way; fails if there is none. */
struct t_out t_next(struct t_talk *t);

/* Forget what we said. */
void t_forget(struct t_talk *t);

/* Any octets as a frame. */
enum sf_verdict t_raw(struct t_talk *t, const uint8_t *frame, size_t octets);

/* Put the segment of the peer's together, 2048 octets at most; returns its length. */
size_t t_build(const struct t_talk *t, const struct t_seg *seg, uint8_t *frame);

/* Fetch what the stack has to say now, and its events. */
void t_pull(struct t_talk *t);

/* Let time pass, every timer at its moment. */
void t_advance(struct t_talk *t, sf_span span);

/* Let time pass until we say something; how long that took.  2^64-1 ns: never. */
sf_span t_wait(struct t_talk *t);

/* Our application: sends so many octets more, all of which are taken. */
#define t_send(t, octets)              t_send_at((t), (octets), 0, __FILE__, __LINE__)
#define t_send_flags(t, octets, flags) t_send_at((t), (octets), (flags), __FILE__, __LINE__)
void t_send_at(struct t_talk *t, size_t octets, uint32_t flags, const char *file, int line);

/* Reads so many octets, which are there and are the next of the pattern. */
#define t_recv(t, octets) t_recv_at((t), (octets), __FILE__, __LINE__)
void t_recv_at(struct t_talk *t, size_t octets, const char *file, int line);

/* What reading gives when it gives no octets. */
enum sf_err t_recv_err(struct t_talk *t);

void t_shutdown(struct t_talk *t);
void t_close(struct t_talk *t);
void t_abort(struct t_talk *t);
void t_option(struct t_talk *t, enum sf_option option, uint64_t value);

/* STATUS of t.conn. */
struct sf_status t_status(struct t_talk *t);

/* The state of the record of these two ends, held by an application or not; SF_CLOSED if
 * there is none. */
enum sf_state t_state(struct t_talk *t);

/* How often a verdict was given so far. */
uint64_t t_verdicts(struct t_talk *t, enum sf_verdict verdict);

#define T_STATE(t, want) t_state_at((t), (want), __FILE__, __LINE__)
void t_state_at(struct t_talk *t, enum sf_state want, const char *file, int line);

/* No record of a connection, no buffer, no timer is left. */
#define T_NOTHING_LEFT(t) t_nothing_left_at((t)->stack, __FILE__, __LINE__)
void t_nothing_left_at(const struct sf_stack *stack, const char *file, int line);

#endif
