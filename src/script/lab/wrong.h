/* SPDX-License-Identifier: MIT
 *
 * script/lab/wrong.h - a small TCP that breaks a rule on purpose.
 *
 * For labs alone: it shows what a rule is for by not keeping it.  It has no congestion
 * control, takes text in order only, knows no option but MSS, and repeats from the first
 * octet not acknowledged once a second.  What it does otherwise is RFC 9293's, so that the
 * one rule that is broken is the only difference.
 *
 *   wrong.c      user calls, output, timers
 *   wrong_in.c   what arrives
 */
#ifndef SF_SCRIPT_LAB_WRONG_H
#define SF_SCRIPT_LAB_WRONG_H

#include "script/lab/packet.h"
#include "synfin/trace.h"

enum {
    WRONG_CONNS = 24,
    WRONG_PORTS = 4,
    WRONG_BUFFER = 1 << 20, /* octets, each way */
    WRONG_MSS = 1000,
    WRONG_WINDOW = 65535
};

struct wrong_conn {
    bool used;
    bool held;     /* an application has its handle */
    bool accepted; /* or was opened here */
    uint32_t generation;
    uint32_t id; /* in the trace */
    uint8_t state;
    struct sf_endpoint local, remote;
    uint32_t iss, snd_una, snd_nxt, snd_wnd;
    uint32_t irs, rcv_nxt;
    uint8_t *out; /* from iss + 1 on */
    uint32_t out_octets;
    uint8_t *in;
    uint32_t in_octets, in_read;
    bool fin_wanted, fin_sent, fin_taken;
    uint32_t fin_seq; /* where ours is, once sent */
    sf_time due;      /* of the timer that runs, or never */
    uint32_t tries;
    enum sf_err error;
};

struct wrong {
    struct sf_sim *sim;
    uint32_t host; /* in the simulation */
    unsigned breaks;
    struct sf_addr addr;
    sf_span msl;
    uint32_t next_id;
    uint16_t next_port;
    uint16_t ports[WRONG_PORTS]; /* listening; 0: free */
    struct wrong_conn conns[WRONG_CONNS];
    struct sf_trace_ring *ring;
    /* Something may have changed for the applications. */
    void (*poke)(void *context);
    void *context;
};

void wrong_init(struct wrong *w, const struct lab_host *host);
void wrong_free(struct wrong *w);

/* For struct sf_sim_foreign; the context is the endpoint. */
void wrong_packet(void *context, struct sf_sim *sim, const uint8_t *packet, size_t octets);
void wrong_alarm(void *context, struct sf_sim *sim, uint64_t cookie);

/* The cookie of its alarms: whoever shares the alarm with it uses others. */
#define WRONG_COOKIE UINT64_MAX

/* User calls, with the meaning of their namesakes in synfin/conn.h. */
enum sf_err wrong_listen(struct wrong *w, uint16_t port);
enum sf_err wrong_open(struct wrong *w, const struct sf_endpoint *remote, uint16_t from,
                       struct sf_handle *handle);
enum sf_err wrong_accept(struct wrong *w, uint16_t port, struct sf_handle *handle);
enum sf_err wrong_send(struct wrong *w, struct sf_handle handle, const void *data,
                       size_t octets, size_t *taken);
enum sf_err wrong_recv(struct wrong *w, struct sf_handle handle, void *data, size_t octets,
                       size_t *got);
enum sf_err wrong_shutdown(struct wrong *w, struct sf_handle handle);
enum sf_err wrong_close(struct wrong *w, struct sf_handle handle);
enum sf_err wrong_abort(struct wrong *w, struct sf_handle handle);

/* Its state; CLOSED if the handle names nothing. */
enum sf_state wrong_state(const struct wrong *w, struct sf_handle handle, enum sf_err *error);

/* Inside. */
struct wrong_conn *wrong_new(struct wrong *w, const struct sf_endpoint *remote, uint16_t port,
                             bool active);
void wrong_release(struct wrong_conn *c);
void wrong_move(struct wrong *w, struct wrong_conn *c, enum sf_event_kind event,
                enum sf_state state);
void wrong_output(struct wrong *w, struct wrong_conn *c, bool again);
void wrong_control(struct wrong *w, struct wrong_conn *c, uint8_t flags, uint32_t seq);
void wrong_emit(struct wrong *w, uint32_t id, uint8_t state, const struct lab_packet *packet);
void wrong_trace_seg(struct wrong *w, uint8_t kind, uint32_t id, uint8_t state,
                     const struct lab_packet *packet);
void wrong_arm(struct wrong *w, struct wrong_conn *c, uint64_t ns);
void wrong_die(struct wrong *w, struct wrong_conn *c, enum sf_event_kind event,
               enum sf_err error);
void wrong_time_wait(struct wrong *w, struct wrong_conn *c, enum sf_event_kind event);

#endif
