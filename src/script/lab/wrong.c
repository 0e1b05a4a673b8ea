/* SPDX-License-Identifier: MIT
 *
 * script/lab/wrong.c - a small TCP that breaks a rule on purpose: calls, output, timers.
 */
#include "script/lab/wrong.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define RTO         SF_NS_PER_S
#define TRIES       8
#define SHORT_MSL   ((sf_span){SF_NS_PER_S / 20}) /* TIME-WAIT of a tenth of a second */
#define FIRST_PORT  40000
#define ISN_TICK_NS 4000 /* RFC 793 s3.3: the clock that numbers begin with */

static struct sf_trace_record *next_record(struct wrong *w, uint32_t id, uint8_t kind)
{
    struct sf_trace_ring *ring = w->ring;
    struct sf_trace_record *r = NULL;

    if (ring == NULL || ring->records == NULL) {
        return NULL;
    }
    r = &ring->records[ring->written % ring->capacity];
    ring->written++;
    *r = (struct sf_trace_record){
        .at_ns = sf_sim_now(w->sim).ns, .id = id, .kind = kind, .state = SF_CLOSED};
    return r;
}

void wrong_trace_seg(struct wrong *w, uint8_t kind, uint32_t id, uint8_t state,
                     const struct lab_packet *packet)
{
    struct sf_trace_record *r = next_record(w, id, kind);

    if (r == NULL) {
        return;
    }
    r->state = state;
    r->u.seg = (struct sf_trace_seg){
        .seq = packet->seq,
        .ack = packet->ack,
        .wnd = packet->wnd,
        .octets = (uint32_t)packet->octets,
        .flags = packet->flags,
        .options = packet->mss != 0,
        .mss = packet->mss,
    };
}

void wrong_emit(struct wrong *w, uint32_t id, uint8_t state, const struct lab_packet *packet)
{
    uint8_t octets[LAB_PACKET_MAX];
    size_t n = lab_packet_write(octets, packet);

    wrong_trace_seg(w, SF_TRACE_SEG_OUT, id, state, packet);
    sf_sim_emit(w->sim, w->host, octets, n);
}

void wrong_control(struct wrong *w, struct wrong_conn *c, uint8_t flags, uint32_t seq)
{
    struct lab_packet packet = {
        .src = c->local,
        .dst = c->remote,
        .seq = seq,
        .ack = (flags & LAB_ACK) != 0 ? c->rcv_nxt : 0,
        .wnd = WRONG_WINDOW,
        .mss = (flags & LAB_SYN) != 0 ? WRONG_MSS : 0,
        .flags = flags,
    };

    wrong_emit(w, c->id, c->state, &packet);
}

void wrong_move(struct wrong *w, struct wrong_conn *c, enum sf_event_kind event,
                enum sf_state state)
{
    struct sf_trace_record *r = next_record(w, c->id, SF_TRACE_STATE);

    if (r != NULL) {
        r->from = c->state;
        r->state = (uint8_t)state;
        r->what = (uint8_t)event;
    }
    c->state = (uint8_t)state;
    w->poke(w->context);
}

void wrong_arm(struct wrong *w, struct wrong_conn *c, uint64_t ns)
{
    c->due = sf_time_add(sf_sim_now(w->sim), (sf_span){ns});
    if (sf_sim_at(w->sim, w->host, c->due, WRONG_COOKIE) != SF_OK) {
        c->due = SF_TIME_NEVER; /* the lab stands still, and its assertions say so */
    }
}

void wrong_release(struct wrong_conn *c)
{
    uint32_t generation = c->generation;

    free(c->out);
    free(c->in);
    *c = (struct wrong_conn){.generation = generation};
}

void wrong_die(struct wrong *w, struct wrong_conn *c, enum sf_event_kind event,
               enum sf_err error)
{
    c->error = error;
    c->due = SF_TIME_NEVER;
    wrong_move(w, c, event, SF_CLOSED);
    if (!c->held && c->accepted) {
        wrong_release(c);
    }
}

void wrong_time_wait(struct wrong *w, struct wrong_conn *c, enum sf_event_kind event)
{
    sf_span msl = (w->breaks & LAB_SHORT_MSL) != 0 ? SHORT_MSL : w->msl;

    if ((w->breaks & LAB_NO_TIME_WAIT) != 0) {
        wrong_die(w, c, event, SF_OK);
        return;
    }
    wrong_move(w, c, event, SF_TIME_WAIT);
    wrong_arm(w, c, 2 * msl.ns);
}

/* RFC 793's clock: it goes on while connections come and go, and is easily guessed; a hash
 * of the four-tuple (RFC 6528) would hide it, and change nothing for these labs. */
static uint32_t initial_number(struct wrong *w)
{
    if ((w->breaks & LAB_FIXED_ISN) != 0) {
        return 1000;
    }
    return (uint32_t)(sf_sim_now(w->sim).ns / ISN_TICK_NS) + 77777;
}

struct wrong_conn *wrong_new(struct wrong *w, const struct sf_endpoint *remote, uint16_t port,
                             bool active)
{
    struct wrong_conn *c = NULL;
    struct sf_trace_record *r = NULL;
    uint32_t generation = 0;

    for (uint32_t i = 0; i < WRONG_CONNS && c == NULL; i++) {
        c = w->conns[i].used ? NULL : &w->conns[i];
    }
    if (c == NULL) {
        return NULL;
    }
    generation = c->generation + 1;
    *c = (struct wrong_conn){
        .used = true,
        .generation = generation,
        .id = ++w->next_id,
        .local = {w->addr, port},
        .remote = *remote,
        .accepted = active,
        .iss = initial_number(w),
        .snd_wnd = WRONG_WINDOW,
        .out = malloc(WRONG_BUFFER),
        .in = malloc(WRONG_BUFFER),
        .due = SF_TIME_NEVER,
    };
    if (c->out == NULL || c->in == NULL) {
        wrong_release(c);
        return NULL;
    }
    c->snd_una = c->snd_nxt = c->iss;
    r = next_record(w, c->id, SF_TRACE_BEGIN);
    if (r != NULL) {
        memcpy(r->u.ends.local, c->local.addr.octets, 16);
        memcpy(r->u.ends.remote, c->remote.addr.octets, 16);
        r->u.ends.local_port = port;
        r->u.ends.remote_port = remote->port;
        r->u.ends.family = SF_IPV4;
        r->u.ends.active = active;
    }
    return c;
}

/* Text from one number on, as long as the window allows. */
static void send_text(struct wrong *w, struct wrong_conn *c)
{
    uint32_t at = c->snd_nxt - c->iss - 1;
    uint32_t limit = c->snd_una - c->iss - 1 + c->snd_wnd;

    while (at < c->out_octets && at < limit && !c->fin_sent) {
        uint32_t n = c->out_octets - at < WRONG_MSS ? c->out_octets - at : WRONG_MSS;
        struct lab_packet packet = {
            .src = c->local,
            .dst = c->remote,
            .seq = c->iss + 1 + at,
            .ack = c->rcv_nxt,
            .wnd = WRONG_WINDOW,
            .flags = LAB_ACK | (at + n == c->out_octets ? LAB_PSH : 0),
            .text = c->out + at,
            .octets = n,
        };

        wrong_emit(w, c->id, c->state, &packet);
        at += n;
        c->snd_nxt = c->iss + 1 + at;
    }
}

/* A FIN after all text; or at once, where the endpoint knows no half-closed connection: what
 * was not sent yet never is. */
static void send_fin(struct wrong *w, struct wrong_conn *c)
{
    bool forced = (w->breaks & LAB_THREE_WAY_CLOSE) != 0 && c->fin_taken;

    if (!c->fin_wanted || c->fin_sent || (!forced && c->snd_nxt - c->iss - 1 < c->out_octets)) {
        return;
    }
    c->fin_seq = c->snd_nxt;
    c->fin_sent = true;
    wrong_move(w, c, SF_EV_FIN_SENT, c->fin_taken ? SF_LAST_ACK : SF_FIN_WAIT_1);
    wrong_control(w, c, LAB_FIN | LAB_ACK, c->snd_nxt);
    c->snd_nxt++;
}

/* Go back to the first octet that is not acknowledged. */
static void go_back(struct wrong *w, struct wrong_conn *c)
{
    if (c->state == SF_SYN_SENT || c->state == SF_SYN_RECEIVED || c->snd_una == c->iss) {
        wrong_control(w, c, c->state == SF_SYN_SENT ? LAB_SYN : LAB_SYN | LAB_ACK, c->iss);
        return;
    }
    if (c->fin_sent && c->snd_una == c->fin_seq) {
        wrong_control(w, c, LAB_FIN | LAB_ACK, c->fin_seq);
        return;
    }
    c->snd_nxt = c->snd_una;
    if (c->fin_sent) {
        c->fin_sent = false;
        send_text(w, c);
        c->fin_sent = true;
        wrong_control(w, c, LAB_FIN | LAB_ACK, c->fin_seq);
        c->snd_nxt = c->fin_seq + 1;
    }
}

void wrong_output(struct wrong *w, struct wrong_conn *c, bool again)
{
    if (again) {
        go_back(w, c);
    }
    if (c->state == SF_ESTABLISHED || c->state == SF_CLOSE_WAIT) {
        send_text(w, c);
        send_fin(w, c);
    }
    if (c->state != SF_TIME_WAIT && c->state != SF_CLOSED) {
        if (c->snd_una == c->snd_nxt) {
            c->due = SF_TIME_NEVER;
        } else if (sf_time_is_never(c->due) || again) {
            wrong_arm(w, c, RTO);
        }
    }
}

static void expire(struct wrong *w, struct wrong_conn *c)
{
    c->due = SF_TIME_NEVER;
    if (c->state == SF_TIME_WAIT) {
        wrong_die(w, c, SF_EV_2MSL, SF_OK);
        return;
    }
    if ((w->breaks & LAB_NO_RETRANSMISSION) != 0) {
        return;
    }
    if (++c->tries > TRIES) {
        wrong_die(w, c, SF_EV_TIMEOUT, SF_ERR_TIMED_OUT);
        return;
    }
    wrong_output(w, c, true);
}

void wrong_alarm(void *context, struct sf_sim *sim, uint64_t cookie)
{
    struct wrong *w = context;

    (void)cookie;
    for (uint32_t i = 0; i < WRONG_CONNS; i++) {
        struct wrong_conn *c = &w->conns[i];

        if (c->used && sf_time_before_eq(c->due, sf_sim_now(sim))) {
            expire(w, c);
        }
    }
}

void wrong_init(struct wrong *w, const struct lab_host *host)
{
    *w = (struct wrong){.breaks = host->breaks,
                        .addr = host->addr,
                        .msl = host->config.msl,
                        .next_port = FIRST_PORT};
}

void wrong_free(struct wrong *w)
{
    for (uint32_t i = 0; i < WRONG_CONNS; i++) {
        wrong_release(&w->conns[i]);
    }
}
