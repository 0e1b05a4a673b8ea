/* SPDX-License-Identifier: MIT
 *
 * tcp/window.c - the window offered (RFC 9293 s3.8.6.2.2).
 *
 *   output.c, user_io.c -> [window.c]
 *
 * The right edge never moves left (SHLD-14), and moves right by at least a full segment or
 * half of the buffer, so that the peer is never led to send slivers.
 */
#include "tcp/window.h"

uint32_t sf_window_first(const struct sf_tcp *t, uint32_t rcvbuf)
{
    return rcvbuf < t->cfg.syn_window ? rcvbuf : t->cfg.syn_window;
}

uint8_t sf_window_scale(const struct sf_tcp *t, uint32_t rcvbuf)
{
    if (t->cfg.window_scaling == SF_OFFER_NO) {
        return 0;
    }
    return t->cfg.window_scale != SF_SCALE_BY_BUFFER ? t->cfg.window_scale
                                                     : sf_conn_wscale_for(rcvbuf);
}

/* The largest window that there is reason to offer, and a way to say; unless what cannot be
 * said counts as well. */
static uint32_t most(const struct sf_tcp *t, const struct sf_conn *c)
{
    uint32_t sayable = UINT32_C(65535) << c->rcv_wscale;

    return c->rcvbuf < sayable || t->cfg.window_unsaid != 0 ? c->rcvbuf : sayable;
}

uint32_t sf_window_begin(const struct sf_tcp *t, uint32_t rcvbuf)
{
    return t->cfg.window_unsaid != 0 && rcvbuf > 65535 ? rcvbuf : sf_window_first(t, rcvbuf);
}

/* The right edge that the buffer has room for. */
static sf_seq edge(const struct sf_tcp *t, const struct sf_conn *c)
{
    const struct sf_work *w = sf_conn_work(t, c);
    uint32_t waiting = w == NULL ? 0 : w->rcv.octets;
    uint32_t room = c->rcvbuf > waiting ? c->rcvbuf - waiting : 0;

    return sf_seq_add(c->rcv_nxt, room < most(t, c) ? room : most(t, c));
}

/* The least by which the edge moves. */
static uint32_t step(const struct sf_tcp *t, const struct sf_conn *c)
{
    uint32_t half = most(t, c) / 2;
    uint32_t mss = sf_conn_mss(c, 0);

    return half < mss ? half : mss;
}

/* The same of what an acknowledgement says that leaves anyway. */
static uint32_t step_said(const struct sf_tcp *t, const struct sf_conn *c, uint32_t room)
{
    return t->cfg.window_eager != 0 && room >= c->rcvbuf / 4 ? 1 : step(t, c);
}

uint16_t sf_window_offer(const struct sf_tcp *t, struct sf_conn *c)
{
    sf_seq right = edge(t, c);
    uint32_t unit = UINT32_C(1) << c->rcv_wscale;
    uint32_t room = sf_seq_span(c->rcv_nxt, right);
    uint32_t offered = sf_seq_span(c->rcv_nxt, c->rcv_adv);
    uint32_t field = room >> c->rcv_wscale;

    if (room < offered + step_said(t, c, room) || field << c->rcv_wscale < offered) {
        /* Not worth a move.  Rounded up, as down would take back octets that were offered;
         * but a peer of slivers must not stretch the buffer by that for ever: with it full
         * to a unit, the edge seems to move left by less than one (RFC 7323 s2.4), and
         * RCV.ADV keeps what was offered. */
        field = (offered + unit - 1) >> c->rcv_wscale;
        if (field << c->rcv_wscale >= room + unit) {
            field = offered >> c->rcv_wscale;
        }
    }
    if (t->cfg.window_by_mss != 0 && (c->flags & SF_CF_WSCALE) == 0) {
        uint32_t whole = field - field % sf_conn_mss(c, 0);

        field = whole >= offered ? whole : field;
    }
    if (field > 65535 && t->cfg.window_unsaid == 0) {
        field = 65535;
    }
    right = sf_seq_add(c->rcv_nxt, field << c->rcv_wscale);
    if (sf_seq_after(right, c->rcv_adv)) {
        c->rcv_adv = right;
    }
    return (uint16_t)(field < 65535 ? field : 65535);
}

/* So much more room is told of even to a peer that still has most of a window. */
static uint32_t much(const struct sf_tcp *t, const struct sf_conn *c)
{
    return most(t, c) / (t->cfg.window_eager != 0 ? 4 : 2);
}

bool sf_window_worth_telling(const struct sf_tcp *t, const struct sf_conn *c)
{
    sf_seq right = edge(t, c);
    uint32_t offered = sf_seq_span(c->rcv_nxt, c->rcv_adv);
    uint32_t gain = 0;

    if (!sf_conn_receives(c) || !sf_seq_after(right, c->rcv_adv)) {
        return false;
    }
    gain = sf_seq_span(c->rcv_adv, right);
    /* Before the handshake is complete SYN,ACK's window is what counts (RFC 7413). */
    if (sf_conn_early(c) && offered >= step(t, c)) {
        return false;
    }
    /* While the peer still has most of a window, the next acknowledgement is soon enough. */
    return gain >= step(t, c) && (offered < 2 * step(t, c) || gain >= much(t, c));
}
