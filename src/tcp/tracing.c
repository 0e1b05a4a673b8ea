/* SPDX-License-Identifier: MIT
 *
 * tcp/tracing.c - one record for each thing decided (synfin/trace.h).
 */
#include "tcp/tracing.h"

/* The place of the next record, all of it written: the union with zeros. */
static struct sf_trace_record *next(struct sf_tcp *t, uint32_t id, enum sf_trace_kind kind,
                                    sf_time now)
{
    struct sf_trace_ring *ring = t->trace;
    struct sf_trace_record *record = &ring->records[ring->written & (ring->capacity - 1)];

    ring->written++;
    *record = (struct sf_trace_record){
        .at_ns = now.ns,
        .id = id,
        .kind = (uint8_t)kind,
    };
    return record;
}

void sf_trace_write_begin(struct sf_tcp *t, uint32_t id, enum sf_state state,
                          const struct sf_tuple *tuple, bool active, sf_time now)
{
    struct sf_trace_record *record = next(t, id, SF_TRACE_BEGIN, now);
    struct sf_trace_ends *ends = &record->u.ends;

    record->state = (uint8_t)state;
    memcpy(ends->local, tuple->local, sizeof(ends->local));
    memcpy(ends->remote, tuple->remote, sizeof(ends->remote));
    ends->local_port = tuple->lport;
    ends->remote_port = tuple->rport;
    ends->family = tuple->family;
    ends->active = active;
}

void sf_trace_write_move(struct sf_tcp *t, uint32_t id, uint32_t other, sf_time now)
{
    next(t, id, SF_TRACE_MOVE, now)->u.other = other;
}

void sf_trace_write_state(struct sf_tcp *t, uint32_t id, enum sf_state from,
                          enum sf_event_kind event, enum sf_state to, sf_time now)
{
    struct sf_trace_record *record = next(t, id, SF_TRACE_STATE, now);

    record->state = (uint8_t)to;
    record->from = (uint8_t)from;
    record->what = (uint8_t)event;
}

static void note_options(struct sf_trace_seg *to, const struct sf_seg *seg)
{
    if ((seg->options & SF_OPT_TS) != 0) {
        to->tsval = seg->tsval;
        to->tsecr = seg->tsecr;
    }
    to->n_sack = (seg->options & SF_OPT_SACK) != 0 ? seg->n_sack : 0;
    to->mss = (seg->options & SF_OPT_MSS) != 0 ? seg->mss : 0;
    to->wscale = (seg->options & SF_OPT_WSCALE) != 0 ? seg->wscale : 0;
}

/* NOLINTNEXTLINE(readability-function-size): a record has so many fields */
void sf_trace_write_seg(struct sf_tcp *t, uint32_t id, enum sf_trace_kind kind,
                        enum sf_state state, enum sf_verdict verdict, const struct sf_seg *seg,
                        uint32_t wnd, bool again, sf_time now)
{
    struct sf_trace_record *record = next(t, id, kind, now);
    struct sf_trace_seg *to = &record->u.seg;

    record->state = (uint8_t)state;
    record->what = (uint8_t)verdict;
    to->seq = seg->seq.v;
    to->ack = (seg->flags & SF_ACK) != 0 ? seg->ack.v : 0;
    to->wnd = wnd;
    to->octets = seg->text_octets;
    to->flags = seg->flags;
    to->options = seg->options;
    to->retransmit = again;
    if (seg->options != 0) {
        note_options(to, seg);
    }
}

/* NOLINTNEXTLINE(readability-function-size): a record has so many fields */
void sf_trace_write(struct sf_tcp *t, uint32_t id, enum sf_trace_kind kind, enum sf_state state,
                    uint32_t what, uint32_t a, uint32_t b, sf_time now)
{
    struct sf_trace_record *record = next(t, id, kind, now);
    bool window = kind == SF_TRACE_WINDOW;

    record->state = (uint8_t)state;
    record->what = (uint8_t)what;
    record->u.seg.seq = a;
    record->u.seg.ack = window ? b : 0;
    record->u.seg.octets = window ? 0 : b;
}
