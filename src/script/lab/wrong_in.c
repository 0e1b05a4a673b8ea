/* SPDX-License-Identifier: MIT
 *
 * script/lab/wrong_in.c - a small TCP that breaks a rule on purpose: what arrives.
 *
 * The order is that of RFC 9293 s3.10.7, in short.
 */
#include <string.h>

#include "base/time.h"
#include "script/lab/wrong.h"

static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static struct wrong_conn *find(struct wrong *w, const struct lab_packet *seg)
{
    for (uint32_t i = 0; i < WRONG_CONNS; i++) {
        struct wrong_conn *c = &w->conns[i];

        if (c->used && c->state != SF_CLOSED && c->local.port == seg->dst.port &&
            c->remote.port == seg->src.port && sf_addr_equal(&c->remote.addr, &seg->src.addr)) {
            return c;
        }
    }
    return NULL;
}

static bool listens(const struct wrong *w, uint16_t port)
{
    for (uint32_t i = 0; i < WRONG_PORTS; i++) {
        if (w->ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* RFC 9293 s3.10.7.1: a segment for no connection. */
static void refuse(struct wrong *w, const struct lab_packet *seg)
{
    struct lab_packet rst = {.src = seg->dst, .dst = seg->src, .flags = LAB_RST};

    if ((seg->flags & LAB_RST) != 0) {
        return;
    }
    if ((seg->flags & LAB_ACK) != 0) {
        rst.seq = seg->ack;
    } else {
        rst.flags |= LAB_ACK;
        rst.ack = seg->seq + (uint32_t)seg->octets + ((seg->flags & LAB_SYN) != 0) +
                  ((seg->flags & LAB_FIN) != 0);
    }
    wrong_emit(w, 0, SF_CLOSED, &rst);
}

/* RFC 9293 s3.10.7.2, LISTEN. */
static void arrive_at_listener(struct wrong *w, const struct lab_packet *seg)
{
    struct wrong_conn *c = NULL;

    if ((seg->flags & (LAB_SYN | LAB_ACK | LAB_RST)) != LAB_SYN) {
        refuse(w, seg);
        return;
    }
    c = wrong_new(w, &seg->src, seg->dst.port, false);
    if (c == NULL) {
        return;
    }
    c->irs = seg->seq;
    c->rcv_nxt = seg->seq + 1;
    c->snd_wnd = seg->wnd;
    wrong_trace_seg(w, SF_TRACE_SEG_IN, c->id, SF_LISTEN, seg);
    wrong_move(w, c, SF_EV_SYN, SF_SYN_RECEIVED);
    wrong_control(w, c, LAB_SYN | LAB_ACK, c->iss);
    c->snd_nxt++;
    if ((w->breaks & LAB_TWO_WAY) != 0) {
        /* It does not wait to hear that its own number has arrived. */
        wrong_move(w, c, SF_EV_ACK_OF_SYN, SF_ESTABLISHED);
        c->snd_una = c->snd_nxt;
    }
    wrong_output(w, c, false);
}

/* RFC 9293 s3.10.7.3, SYN-SENT.  There is no simultaneous open here. */
static void arrive_in_syn_sent(struct wrong *w, struct wrong_conn *c,
                               const struct lab_packet *seg)
{
    if ((seg->flags & LAB_ACK) == 0 || seg->ack != c->iss + 1) {
        if ((seg->flags & LAB_ACK) != 0) {
            refuse(w, seg);
        }
        return;
    }
    if ((seg->flags & LAB_RST) != 0) {
        wrong_die(w, c, SF_EV_RST, SF_ERR_REFUSED);
        return;
    }
    if ((seg->flags & LAB_SYN) == 0) {
        return;
    }
    c->irs = seg->seq;
    c->rcv_nxt = seg->seq + 1;
    c->snd_una = seg->ack;
    c->snd_wnd = seg->wnd;
    c->due = SF_TIME_NEVER;
    c->tries = 0;
    wrong_move(w, c, SF_EV_SYN_ACK, SF_ESTABLISHED);
    wrong_control(w, c, LAB_ACK, c->snd_nxt);
    wrong_output(w, c, false);
}

/* What an acknowledgement of the FIN does. */
static void fin_is_acked(struct wrong *w, struct wrong_conn *c)
{
    if (c->state == SF_FIN_WAIT_1) {
        wrong_move(w, c, SF_EV_ACK_OF_FIN, SF_FIN_WAIT_2);
    } else if (c->state == SF_CLOSING) {
        wrong_time_wait(w, c, SF_EV_ACK_OF_FIN);
    } else if (c->state == SF_LAST_ACK) {
        wrong_die(w, c, SF_EV_ACK_OF_FIN, SF_OK);
    }
}

static void take_ack(struct wrong *w, struct wrong_conn *c, const struct lab_packet *seg)
{
    if (c->state == SF_SYN_RECEIVED) {
        if (seg->ack != c->iss + 1) {
            refuse(w, seg);
            return;
        }
        wrong_move(w, c, SF_EV_ACK_OF_SYN, SF_ESTABLISHED);
    }
    c->snd_wnd = seg->wnd;
    if (before(c->snd_una, seg->ack) && !before(c->snd_nxt, seg->ack)) {
        c->snd_una = seg->ack;
        c->tries = 0;
        c->due = SF_TIME_NEVER;
        if (c->fin_sent && seg->ack == c->fin_seq + 1) {
            fin_is_acked(w, c);
        }
    }
}

/* Text in order; the rest comes again. */
static void take_text(struct wrong_conn *c, const struct lab_packet *seg)
{
    uint32_t skip = c->rcv_nxt - seg->seq;
    size_t n = 0;

    if (before(c->rcv_nxt, seg->seq) || skip >= seg->octets || c->fin_taken) {
        return;
    }
    n = seg->octets - skip;
    if (n > WRONG_BUFFER - c->in_octets) {
        n = WRONG_BUFFER - c->in_octets;
    }
    memcpy(c->in + c->in_octets, seg->text + skip, n);
    c->in_octets += (uint32_t)n;
    c->rcv_nxt += (uint32_t)n;
}

static void take_fin(struct wrong *w, struct wrong_conn *c, const struct lab_packet *seg)
{
    if (seg->seq + (uint32_t)seg->octets != c->rcv_nxt || c->fin_taken) {
        return;
    }
    c->rcv_nxt++;
    c->fin_taken = true;
    if (c->state == SF_ESTABLISHED) {
        wrong_move(w, c, SF_EV_FIN, SF_CLOSE_WAIT);
        /* No half-closed connection for it: its own FIN goes with the acknowledgement. */
        c->fin_wanted = c->fin_wanted || (w->breaks & LAB_THREE_WAY_CLOSE) != 0;
    } else if (c->state == SF_FIN_WAIT_1) {
        wrong_move(w, c, SF_EV_FIN, SF_CLOSING);
    } else if (c->state == SF_FIN_WAIT_2) {
        wrong_control(w, c, LAB_ACK, c->snd_nxt);
        wrong_time_wait(w, c, SF_EV_FIN);
    }
}

/* RFC 9293 s3.10.7.4. */
static void arrive_when_synchronized(struct wrong *w, struct wrong_conn *c,
                                     const struct lab_packet *seg)
{
    uint32_t len = (uint32_t)seg->octets + ((seg->flags & (LAB_SYN | LAB_FIN)) != 0);
    bool fits = len == 0 ? seg->seq - c->rcv_nxt <= WRONG_WINDOW
                         : seg->seq - c->rcv_nxt < WRONG_WINDOW ||
                               seg->seq + len - 1 - c->rcv_nxt < WRONG_WINDOW;

    if (!fits) {
        if ((seg->flags & LAB_RST) == 0) {
            wrong_control(w, c, LAB_ACK, c->snd_nxt);
        }
        return;
    }
    if ((seg->flags & LAB_RST) != 0) {
        if (seg->seq == c->rcv_nxt) {
            wrong_die(w, c, SF_EV_RST, SF_ERR_RESET);
        }
        return;
    }
    if ((seg->flags & LAB_SYN) != 0 || (seg->flags & LAB_ACK) == 0) {
        if ((seg->flags & LAB_SYN) != 0) {
            wrong_control(w, c, LAB_ACK, c->snd_nxt);
        }
        return;
    }
    take_ack(w, c, seg);
    if (c->state == SF_CLOSED || c->state == SF_SYN_RECEIVED) {
        return;
    }
    take_text(c, seg);
    if ((seg->flags & LAB_FIN) != 0) {
        take_fin(w, c, seg);
    }
    if (c->state == SF_CLOSED || (len > 0 && c->state == SF_TIME_WAIT)) {
        return;
    }
    wrong_output(w, c, false);
    /* A FIN of its own has acknowledged already. */
    if (len > 0 && c->state != SF_LAST_ACK) {
        wrong_control(w, c, LAB_ACK, c->snd_nxt);
    }
}

/* A repeated FIN is acknowledged and begins TIME-WAIT anew (RFC 9293 s3.10.7.4). */
static void arrive_in_time_wait(struct wrong *w, struct wrong_conn *c,
                                const struct lab_packet *seg)
{
    if ((seg->flags & LAB_RST) != 0) {
        return; /* RFC 1337 */
    }
    wrong_control(w, c, LAB_ACK, c->snd_nxt);
    if ((seg->flags & LAB_FIN) != 0) {
        wrong_arm(w, c, 2 * w->msl.ns);
    }
}

void wrong_packet(void *context, struct sf_sim *sim, const uint8_t *packet, size_t octets)
{
    struct wrong *w = context;
    struct wrong_conn *c = NULL;
    struct lab_packet seg;

    (void)sim;
    if (!lab_packet_read(packet, octets, &seg) || !sf_addr_equal(&seg.dst.addr, &w->addr) ||
        (!seg.intact && (w->breaks & LAB_NO_CHECKSUM) == 0)) {
        return;
    }
    c = find(w, &seg);
    if (c == NULL) {
        if (listens(w, seg.dst.port)) {
            arrive_at_listener(w, &seg);
        } else {
            refuse(w, &seg);
        }
        return;
    }
    wrong_trace_seg(w, SF_TRACE_SEG_IN, c->id, c->state, &seg);
    if (c->state == SF_SYN_SENT) {
        arrive_in_syn_sent(w, c, &seg);
    } else if (c->state == SF_TIME_WAIT) {
        arrive_in_time_wait(w, c, &seg);
    } else {
        arrive_when_synchronized(w, c, &seg);
    }
    w->poke(w->context);
}
