/* SPDX-License-Identifier: MIT
 *
 * tcp/transmit.c - text and FIN on their way out: what is lost again, and what is new.
 *
 *   output.c -> [transmit.c] -> pieces of chunks, and a record of each transmission
 *
 * Silly windows are avoided, and small segments held back, as RFC 9293 s3.8.6.2.1 and
 * s3.7.4 (Nagle) say; a super-segment is one decision and one record.
 */
#include "tcp/output.h"

#include "base/assert.h"
#include "base/time.h"
#include "tcp/buf.h"
#include "tcp/cc.h"
#include "tcp/choice.h"
#include "tcp/loss.h"
#include "tcp/reasm.h"

uint32_t sf_sent_add(struct sf_tcp *t, struct sf_work *w, sf_seq seq, uint32_t octets,
                     uint8_t flags)
{
    uint32_t index = sf_pool_take(&t->sents);

    if (index == 0) {
        return 0;
    }
    *sf_sent_at(t, index) = (struct sf_sent){.seq = seq, .octets = octets, .flags = flags};
    if (w->sent_tail == 0) {
        w->sent_head = index;
    } else {
        sf_sent_at(t, w->sent_tail)->next = index;
    }
    w->sent_tail = index;
    return index;
}

/* Octets that the pieces of one frame hold, wherever in a chunk they begin. */
static uint32_t piece_octets(const struct sf_tcp *t)
{
    return (uint32_t)(SF_PIECES_MAX - 1) << t->chunk_shift;
}

/* Text octets of a full segment with the options that out gets; its frame's pieces count when
 * chunks are small and the path is not. */
static uint32_t full_text(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, sf_time now)
{
    uint32_t mss = sf_conn_mss(c, sf_output_options(t, c, &out->seg, now));

    return mss < piece_octets(t) ? mss : piece_octets(t);
}

/* Octets of text that one frame may carry: a super-segment where the link takes one. */
static uint32_t most_text(const struct sf_tcp *t, const struct sf_conn *c, uint32_t mss)
{
    uint32_t cap = c->tuple.family == SF_IPV4 ? SF_LINK_TSO4 : SF_LINK_TSO6;
    uint32_t chunks = piece_octets(t);
    const struct sf_work *w = sf_conn_work(t, c);
    uint32_t most = 65535 - 128;

    /* What came twice is told once, and each segment of a larger one has the same options; and
     * the same urgent pointer, which counts from each one's own place (RFC 9293 s3.1). */
    if ((t->cfg.link_caps & cap) == 0 || mss > most || sf_reasm_has_twice(w) ||
        w->snd_urgent != 0) {
        return mss;
    }
    most = most < chunks ? most : chunks;
    return most > mss ? most - most % mss : mss;
}

static void finish(struct sf_tcp *t, struct sf_conn *c, struct sf_out *out, uint32_t octets,
                   uint32_t mss, sf_time now)
{
    const struct sf_work *w = sf_conn_work(t, c);

    out->seg.text_octets = octets;
    out->gso_octets = octets > mss ? mss : 0;
    if (w->snd_urgent != 0 && sf_seq_after(w->snd_up, out->seg.seq) &&
        sf_seq_span(out->seg.seq, w->snd_up) <= 65535) {
        out->seg.flags |= SF_URG;
        out->seg.urg = (uint16_t)sf_seq_span(out->seg.seq, w->snd_up);
    }
    sf_output_ack(t, c, &out->seg, now);
}

/* The next record that is believed lost; forgets where to look if there is none. */
static struct sf_sent *next_lost(struct sf_tcp *t, struct sf_work *w)
{
    while (w->lost_first != 0) {
        struct sf_sent *s = sf_sent_at(t, w->lost_first);

        if ((s->flags & SF_SENT_LOST) != 0) {
            return s;
        }
        w->lost_first = s->next;
    }
    return NULL;
}

/* Cut a record so that its first part is one segment.  If there is no record for the rest,
 * it stays one, and goes out again in parts as acknowledgements move it on. */
static void split(struct sf_tcp *t, struct sf_work *w, struct sf_sent *s, uint32_t index,
                  uint32_t octets)
{
    uint32_t rest = sf_pool_take(&t->sents);
    struct sf_sent *r = NULL;
    uint32_t offset = s->offset;

    if (rest == 0) {
        return;
    }
    r = sf_sent_at(t, rest);
    *r = *s;
    r->seq = sf_seq_add(s->seq, octets);
    r->octets = s->octets - octets;
    sf_bufq_advance(t, &r->chunk, &offset, octets);
    r->offset = (uint16_t)offset;
    s->next = rest;
    s->octets = octets;
    s->flags = (uint8_t)(s->flags & ~(SF_SENT_FIN | SF_SENT_PUSH));
    if (w->sent_tail == index) {
        w->sent_tail = rest;
    }
}

bool sf_transmit_again(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                       struct sf_out *out, sf_time now)
{
    struct sf_sent *s = next_lost(t, w);
    uint32_t index = w->lost_first;
    uint32_t mss = 0;
    uint32_t octets = 0;
    uint32_t chunk = 0;
    uint32_t offset = 0;
    uint32_t got = 0;

    if (s == NULL || (index != w->sent_head && sf_loss_room(c, w) == 0) ||
        (c->snd_wnd == 0 && w->persisting != 0 && (c->flags & SF_CF_PROBE_NOW) == 0)) {
        return false;
    }
    mss = full_text(t, c, out, now);
    octets = s->octets < mss ? s->octets : mss;
    if (s->octets > octets) {
        split(t, w, s, index, octets);
    }
    chunk = s->chunk;
    offset = s->offset;
    if (octets != 0) {
        out->n_pieces = SF_PIECES_MAX;
        got = sf_bufq_cut(t, &chunk, &offset, octets, out->pieces, &out->n_pieces);
        SF_ASSERT(got == octets);
    }
    out->seg.seq = s->seq;
    out->seg.flags |= (s->flags & SF_SENT_PUSH) != 0 ? SF_PSH : 0;
    /* A record too long to be cut keeps its FIN for later. */
    if ((s->flags & SF_SENT_FIN) != 0 && s->octets == octets) {
        out->seg.flags |= SF_FIN;
    }
    finish(t, c, out, octets, mss, now);
    s->flags = (uint8_t)(s->flags & ~SF_SENT_LOST);
    s->at_us = sf_time_us32(now);
    if (s->times != 0) {
        t->counters.retransmitted++;
        c->total_retransmits++;
    }
    if (s->times < UINT8_MAX) {
        s->times++;
    }
    w->pipe += sf_sent_len(s);
    w->lost_first = s->next;
    c->flags &= (uint16_t)~SF_CF_PROBE_NOW;
    sf_loss_timer(t, c, w, false, now);
    return true;
}

/* What holds text back. */
struct allowance {
    uint32_t octets; /* of text that may go now */
    bool fin;        /* the FIN goes with it */
};

/* RFC 9293 s3.8.6.2.1: send a full segment; or all there is, if nothing is in flight or
 * Nagle is off; or half of the largest window ever offered.  The fourth case, the time-out
 * that overrides, is the persist timer's. */
static bool worth_sending(const struct sf_tcp *t, const struct sf_conn *c,
                          const struct sf_work *w, uint32_t octets, uint32_t mss)
{
    bool all = octets == w->unsent;
    bool held =
        w->hurry == 0 && ((c->flags & SF_CF_CORK) != 0 || (w->more != 0 && w->more_over == 0));
    uint32_t syn = c->state == SF_SYN_RECEIVED; /* Fast Open: it holds up nothing */
    bool small_is_out = w->small != 0 && sf_seq_after(w->small_end, c->snd_una);

    if (octets >= mss) {
        return true;
    }
    if (all && (c->flags & SF_CF_FIN_QUEUED) != 0) {
        return true;
    }
    if (all && !held &&
        (sf_seq_eq(sf_seq_add(c->snd_una, syn), c->snd_nxt) ||
         (c->flags & SF_CF_NODELAY) != 0 ||
         (t->cfg.nagle == SF_NAGLE_SMALL && !small_is_out))) {
        return true;
    }
    return octets != 0 && !held && octets >= c->max_snd_wnd / 2;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* Unsent octets up to the end of a record, at most so many; 0: none ends in them, or at their
 * end with nothing behind it. */
static uint32_t to_record_end(const struct sf_tcp *t, const struct sf_work *w, uint32_t most)
{
    uint32_t chunk = w->records != 0 ? w->next_chunk : 0;
    uint32_t begin = w->next_offset;
    uint32_t octets = 0;

    while (chunk != 0 && octets < most) {
        const struct sf_chunk *record = sf_chunk_at(t, chunk);

        octets += record->end - begin;
        if (sf_chunk_sealed(t, chunk) && octets != 0 && octets < w->unsent) {
            return octets <= most ? octets : 0;
        }
        chunk = record->next;
        begin = chunk != 0 ? sf_chunk_at(t, chunk)->begin : 0;
    }
    return 0;
}

static struct allowance decide(const struct sf_tcp *t, const struct sf_conn *c,
                               const struct sf_work *w, uint32_t mss, bool probe)
{
    sf_seq right = sf_seq_add(c->snd_una, c->snd_wnd);
    uint32_t usable = sf_seq_after(right, c->snd_nxt) ? sf_seq_span(c->snd_nxt, right) : 0;
    uint32_t room = sf_loss_room(c, w);
    uint32_t most = most_text(t, c, mss);
    bool fin_waits = sf_conn_fin_waits(c);
    struct allowance a = {.octets = w->unsent, .fin = false};
    uint32_t record = 0;

    a.octets = least(a.octets, usable);
    if (probe && w->sent_head == 0) {
        /* At least one octet into a closed window; all it takes into a small one. */
        a.octets = a.octets != 0 ? a.octets : (w->unsent != 0);
        a.octets = least(a.octets, mss);
        a.fin = fin_waits && a.octets == w->unsent;
        return a;
    }
    /* A congestion window with less than a segment of room is full. */
    if (a.octets > room) {
        a.octets = room >= mss ? room - room % mss : (w->pipe == 0 ? mss : 0);
        a.octets = least(a.octets, least(w->unsent, usable));
    }
    a.octets = least(a.octets, most);
    record = to_record_end(t, w, a.octets);
    if (record != 0) {
        a.octets = record; /* it goes whole, as far as it fits */
        return a;
    }
    if (a.octets > mss &&
        !(a.octets == w->unsent && worth_sending(t, c, w, a.octets % mss, mss))) {
        a.octets -= a.octets % mss;
    }
    if (!worth_sending(t, c, w, a.octets, mss)) {
        a.octets = 0;
    }
    /* A FIN takes a place in the window like an octet; with the window closed it waits for
     * the persist timer, unless nothing at all is before it. */
    a.fin = fin_waits && a.octets == w->unsent &&
            (usable > a.octets || (a.octets == 0 && w->sent_head == 0));
    return a;
}

/* The FIN has its number now; CLOSE-WAIT becomes LAST-ACK in this moment. */
static void fin_leaves(struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    c->flags |= SF_CF_FIN_SENT;
    c->snd_nxt = sf_seq_add(c->snd_nxt, 1);
    if (c->state == SF_CLOSE_WAIT) {
        sf_conn_apply(t, c, SF_EV_FIN_SENT, now);
    }
}

/* The last eighth of the records is for connections that have none: a peer with a tiny MSS, or
 * one that acknowledges nothing, must not hold them all. */
static bool is_scarce(const struct sf_tcp *t)
{
    return t->sents.capacity - t->sents.in_use <= t->sents.capacity / 8;
}

/* Register what leaves: a record of its own, or, at the cap of records, the last one
 * grows.  False if neither can be had. */
static bool record(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, uint32_t octets,
                   uint8_t flags, sf_time now)
{
    bool grows = w->sent_tail != 0 && (sf_sent_at(t, w->sent_tail)->flags &
                                       (SF_SENT_SYN | SF_SENT_LOST | SF_SENT_SACKED)) == 0;
    uint32_t index = grows && is_scarce(t) ? 0 : sf_sent_add(t, w, c->snd_nxt, octets, flags);
    struct sf_sent *s = NULL;

    if (index == 0) {
        if (!grows) {
            return false;
        }
        s = sf_sent_at(t, w->sent_tail);
        s->octets += octets;
        s->flags |= flags;
        s->times = s->times > 1 ? s->times : 2; /* no sample from it: Karn */
    } else {
        s = sf_sent_at(t, index);
        s->chunk = w->next_chunk;
        s->offset = (uint16_t)w->next_offset;
        s->times = 1;
    }
    s->at_us = sf_time_us32(now);
    return true;
}

/* Does text of so many octets from here on hold the end of a SEND?  A chunk knows the last one
 * that ends in it. */
static bool ends_write(const struct sf_tcp *t, const struct sf_work *w, uint32_t octets)
{
    uint32_t chunk = w->next_chunk;
    uint32_t begin = w->next_offset;

    while (chunk != 0) {
        const struct sf_chunk *record = sf_chunk_at(t, chunk);
        uint32_t end = begin + octets < record->end ? begin + octets : record->end;

        uint32_t ends = record->seq.v & ~SF_CHUNK_SEALED;

        if (ends > begin && ends <= end) {
            return true;
        }
        octets -= end - begin;
        if (octets == 0) {
            break;
        }
        chunk = record->next;
        begin = chunk != 0 ? sf_chunk_at(t, chunk)->begin : 0;
    }
    return false;
}

/* PSH on the segment that empties the queue (MUST-61), and where else it is configured. */
static bool pushes(const struct sf_tcp *t, const struct sf_conn *c, struct sf_work *w,
                   uint32_t octets)
{
    bool push = octets == w->unsent && (w->more == 0 || t->cfg.more_briefly == 0);

    if (t->cfg.push == SF_PUSH_WRITES) {
        w->since_push += octets;
        push = push || ends_write(t, w, octets) || w->since_push > c->max_snd_wnd / 2;
        w->since_push = push ? 0 : w->since_push;
    }
    return push;
}

/* RFC 5681 s4.1: nothing was sent for an RTO, and what was is acknowledged, but the working
 * record was needed meanwhile, for text that nobody reads perhaps; sf_conn_wake() has the
 * rest. */
static void restart(struct sf_tcp *t, const struct sf_conn *c, struct sf_work *w, sf_time now)
{
    if (w->sent_head == 0 && sf_time_ms32(now) - w->active_ms > c->rto_us / 1000) {
        sf_cc_ops((enum sf_cc_kind)c->cc)->restart(&w->cc, sf_conn_initial_window(t, c));
    }
}

/* Text that answers text soon: one who talks so needs no acknowledgements at once. */
static void note_reply(const struct sf_tcp *t, struct sf_conn *c, sf_time now)
{
    uint32_t since_us = sf_time_us32(now) - c->heard_us;

    if (t->cfg.quick_reply != 0 && c->heard_us != 0 &&
        (int32_t)since_us < (int32_t)(t->cfg.delayed_ack.ns / SF_NS_PER_US)) {
        c->quick_acks = 0;
    }
}

bool sf_transmit_new(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, bool probe,
                     struct sf_out *out, sf_time now)
{
    uint32_t mss = full_text(t, c, out, now);
    struct allowance a;
    bool push = false;
    uint32_t got = 0;
    uint8_t flags = 0;

    restart(t, c, w, now);
    a = decide(t, c, w, mss, probe);
    if (a.octets == 0 && !a.fin) {
        return false;
    }
    push = a.octets != 0 && (pushes(t, c, w, a.octets) || (probe && a.octets == w->unsent));
    flags = (uint8_t)((a.fin ? SF_SENT_FIN : 0) | (push ? SF_SENT_PUSH : 0));
    if (!record(t, c, w, a.octets, flags, now)) {
        return false;
    }
    if (a.octets != 0) {
        out->n_pieces = SF_PIECES_MAX;
        got = sf_bufq_cut(t, &w->next_chunk, &w->next_offset, a.octets, out->pieces,
                          &out->n_pieces);
        SF_ASSERT(got == a.octets);
    }
    w->active_ms = sf_time_ms32(now);
    if (a.octets != 0) {
        note_reply(t, c, now);
    }
    out->seg.seq = c->snd_nxt;
    out->seg.flags |= (uint8_t)((a.fin ? SF_FIN : 0) | (push ? SF_PSH : 0));
    finish(t, c, out, a.octets, mss, now);
    c->snd_nxt = sf_seq_add(c->snd_nxt, a.octets);
    if (a.octets % mss != 0) {
        w->small = 1;
        w->small_end = c->snd_nxt;
    }
    w->unsent -= a.octets;
    w->pipe += a.octets + (a.fin ? 1U : 0U);
    if (sf_choice_of(t, c)->unsent_low != 0) {
        sf_conn_tell(t, c, false);
    }
    if (a.fin) {
        fin_leaves(t, c, now);
    }
    c->flags &= (uint16_t)~SF_CF_PROBE_NOW;
    sf_loss_timer(t, c, w, false, now);
    return true;
}

bool sf_transmit_on_syn(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, uint32_t most,
                        struct sf_out *out, sf_time now)
{
    uint32_t octets = least(least(w->unsent, most), piece_octets(t));
    uint32_t got = 0;

    if (octets == 0 || !record(t, c, w, octets, SF_SENT_PUSH, now)) {
        return false;
    }
    out->n_pieces = SF_PIECES_MAX;
    got = sf_bufq_cut(t, &w->next_chunk, &w->next_offset, octets, out->pieces, &out->n_pieces);
    SF_ASSERT(got == octets);
    out->seg.text_octets = octets;
    c->snd_nxt = sf_seq_add(c->snd_nxt, octets);
    w->unsent -= octets;
    w->pipe += octets;
    return true;
}
