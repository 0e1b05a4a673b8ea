/* SPDX-License-Identifier: MIT
 *
 * tcp/ack.c - what an acknowledgement says (RFC 9293 s3.10.7.4 fifth).
 *
 *   input.c -> [ack.c] -> rtt.c (a sample), loss.c (lost, or not), buf.c (text given back)
 */
#include "tcp/input.h"

#include "base/time.h"
#include "tcp/buf.h"
#include "tcp/fastopen.h"
#include "tcp/isn.h"
#include "tcp/loss.h"
#include "tcp/pmtu.h"
#include "tcp/rtt.h"

/* SND.WND, by SND.WL1 and SND.WL2, so that an old segment cannot set it.  One that
 * acknowledges more is newer whatever its sequence number, which a retransmission's is old:
 * would it move SND.UNA alone, the right edge would move with it beyond what was offered.
 * Returns true if it changed. */
static bool take_window(struct sf_conn *c, const struct sf_seg *seg)
{
    uint32_t wnd = sf_conn_seg_wnd(c, seg);
    bool changed = wnd != c->snd_wnd;

    if (sf_seq_before(seg->ack, c->snd_una) ||
        !(sf_seq_after(seg->ack, c->snd_una) || sf_seq_before(c->snd_wl1, seg->seq) ||
          (sf_seq_eq(c->snd_wl1, seg->seq) && sf_seq_before_eq(c->snd_wl2, seg->ack)))) {
        return false;
    }
    c->snd_wnd = wnd;
    c->snd_wl1 = seg->seq;
    c->snd_wl2 = seg->ack;
    c->max_snd_wnd = wnd > c->max_snd_wnd ? wnd : c->max_snd_wnd;
    return changed;
}

/* What taking transmissions off the queue found out. */
struct popped {
    uint32_t text;      /* octets of text acknowledged */
    uint32_t largest;   /* of a transmission: what the path has carried */
    uint32_t sample_us; /* age of the newest one; 0: none that tells of the path */
    bool again;         /* one of them was sent again */
    bool syn;           /* one of them was our SYN */
};

/* The front of a transmission is acknowledged: it begins later from now on. */
static void trim(struct sf_tcp *t, struct sf_work *w, struct sf_sent *s, sf_seq ack,
                 struct popped *p)
{
    uint32_t octets = sf_seq_span(s->seq, ack);
    uint32_t offset = s->offset;

    p->again = p->again || s->times != 1;
    if ((s->flags & (SF_SENT_LOST | SF_SENT_SACKED)) == 0) {
        w->pipe -= octets;
    }
    sf_bufq_advance(t, &s->chunk, &offset, octets);
    s->offset = (uint16_t)offset;
    s->seq = ack;
    s->octets -= octets;
    p->text += octets;
    p->largest = octets > p->largest ? octets : p->largest;
}

/* Transmissions that the acknowledgement covers are done with. */
static struct popped pop(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w, sf_seq ack,
                         sf_time now)
{
    uint32_t mss = sf_conn_mss(c, sf_conn_options(c));
    struct popped p = {0};

    while (w->sent_head != 0) {
        uint32_t index = w->sent_head;
        struct sf_sent *s = sf_sent_at(t, index);
        uint32_t len = sf_sent_len(s);

        if (!sf_seq_before(s->seq, ack)) {
            break;
        }
        if (sf_seq_after(sf_seq_add(s->seq, len), ack)) {
            trim(t, w, s, ack, &p);
            break;
        }
        sf_sent_told(c, s, mss);
        if ((s->flags & SF_SENT_SYN) != 0) {
            p.syn = true;
            sf_fast_open_settled(t, w, false, now);
        }
        if ((s->flags & (SF_SENT_LOST | SF_SENT_SACKED)) == 0) {
            w->pipe -= len;
        }
        p.again = p.again || s->times != 1;
        if ((s->flags & SF_SENT_SACKED) == 0) {
            p.sample_us = sf_time_us32(now) - s->at_us;
            p.sample_us += p.sample_us == 0;
        }
        p.text += s->octets;
        p.largest = s->octets > p.largest ? s->octets : p.largest;
        if (w->lost_first == index) {
            w->lost_first = s->next;
        }
        w->sent_head = s->next;
        if (w->sent_head == 0) {
            w->sent_tail = 0;
        }
        sf_pool_put(&t->sents, index);
    }
    if (p.again) {
        /* Karn (RFC 6298 s3), for all of them: what was sent once waited at the peer until
         * the hole before it was filled, an RTO perhaps, which is no round trip. */
        p.sample_us = 0;
    }
    return p;
}

/* RFC 7323 s4.1: the echoed timestamp tells which copy was acknowledged. */
static uint32_t timestamp_sample_us(const struct sf_conn *c, const struct sf_seg *seg,
                                    sf_time now)
{
    uint32_t ms = sf_ts_clock(now) + c->ts_offset - seg->tsecr;

    if ((c->flags & SF_CF_TS) == 0 || (seg->options & SF_OPT_TS) == 0 || seg->tsecr == 0 ||
        ms > 600000) {
        return 0;
    }
    return ms * 1000 + 1;
}

static void acknowledged(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                         const struct sf_seg *seg, sf_time now)
{
    uint32_t acked = sf_seq_span(c->snd_una, seg->ack);
    uint32_t flight = sf_seq_span(c->snd_una, c->snd_nxt);
    struct popped p = pop(t, c, w, seg->ack, now);
    uint32_t sample_us = p.sample_us;

    c->snd_una = seg->ack;
    if (w->lent != 0) {
        sf_bufq_consume_lent(t, &w->snd, p.text);
    } else {
        sf_bufq_consume(t, &w->snd, p.text);
    }
    sf_pmtu_acked(c, p.largest);
    if (w->snd_urgent != 0 && !sf_seq_before(c->snd_una, w->snd_up)) {
        w->snd_urgent = 0;
    }
    if (sample_us != 0) {
        sf_rtt_sample(t, c, sample_us, 1);
    } else {
        sample_us = timestamp_sample_us(c, seg, now);
        if (sample_us != 0) {
            sf_rtt_sample(t, c, sample_us, 1000);
        } else if (!p.syn && w->persisting == 0) {
            /* Karn (RFC 6298 (5.5), s5): the back-off stays until there is a sample.  Of a SYN
             * (5.7) says what stays, and a window's probes are of no path. */
            sf_rtt_keep(t, c, w->backoff);
        }
    }
    c->retransmits = 0;
    w->backoff = 0;
    w->active_ms = sf_time_ms32(now);
    sf_loss_progress(t, c, now);
    sf_loss_acked(t, c, acked, flight, sample_us, now);
    sf_loss_timer(t, c, w, true, now);
    sf_conn_tell(t, c, false);
    if (w->snd.octets == 0) {
        sf_conn_owe(t, c); /* all is said: output.c folds it */
    }
}

bool sf_ack_take(struct sf_tcp *t, struct sf_conn *c, const struct sf_seg *seg, sf_time now)
{
    struct sf_work *w = sf_conn_work(t, c);
    bool fresh = sf_seq_after(seg->ack, c->snd_una);
    bool duplicate = sf_seq_eq(seg->ack, c->snd_una);
    bool moved = take_window(c, seg);
    bool news = false;

    if (w == NULL) {
        /* No text is outstanding and none waits: new is at most a SYN,ACK's acknowledgement,
         * whose transmission the embryo kept. */
        c->snd_una = fresh ? seg->ack : c->snd_una;
        return fresh;
    }
    w->more_over = t->cfg.more_briefly;
    if ((c->flags & SF_CF_SACK) != 0 && seg->n_sack != 0) {
        news = sf_loss_sack(t, c, w, seg);
    }
    if (fresh) {
        acknowledged(t, c, w, seg, now);
    } else if (duplicate && w->sent_head != 0) {
        if (w->persisting != 0) {
            c->retransmits = 0; /* probes are being answered (RFC 9293 s3.8.6.1) */
            sf_loss_progress(t, c, now);
        }
        /* RFC 5681 s2, the definition of a duplicate. */
        if (!moved && sf_seg_len(seg) == 0 && c->snd_wnd != 0) {
            sf_loss_duplicate(t, c, w, news, now);
        }
    } else if (duplicate && w->persisting != 0) {
        c->retransmits = 0;
        sf_loss_progress(t, c, now);
    }
    if (moved && w->persisting != 0 && c->snd_wnd != 0) {
        /* Leave persist: what was sent into the closed window goes out again at once. */
        w->backoff = 0;
        c->retransmits = 0;
        if (w->sent_head != 0 && !fresh) {
            sf_loss_mark(t, w, w->sent_head);
        }
        sf_loss_timer(t, c, w, true, now);
    }
    if (w->unsent != 0 || w->lost_first != 0 || (c->flags & SF_CF_FIN_QUEUED) != 0) {
        sf_conn_owe(t, c);
    }
    if (!fresh && moved) {
        sf_loss_timer(t, c, w, false, now);
    }
    return fresh;
}
