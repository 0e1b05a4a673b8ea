/* SPDX-License-Identifier: MIT
 *
 * trace/text.c - the engine's trace as text, one line a record.
 *
 *   engine -> struct sf_trace_ring -> [text.c] -> struct sf_sink
 *
 * For -v and for whoever debugs a test: every field that a record of its kind has, numbers as
 * on the wire, nothing worked out.
 */
#include "synfin/tracetext.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "synfin/state.h"
#include "synfin/verdict.h"
#include "trace/flags.h"
#include "trace/words.h"
#include "wire/seg.h"

static void addr_text(const uint8_t octets[16], uint8_t family, char *text)
{
    struct sf_addr addr = {.family = family};

    memcpy(addr.octets, octets, sizeof(addr.octets));
    (void)sf_addr_text(&addr, text);
}

/* Where the next word goes, and how many octets are left for it. */
struct tail {
    char *at;
    size_t room;
};

/* Step over what snprintf() wrote; what did not fit was cut. */
static void step(struct tail *t, int wrote)
{
    size_t n = wrote < 0 ? 0 : (size_t)wrote;

    n = n < t->room ? n : t->room - 1;
    t->at += n;
    t->room -= n;
}

static void put_seg(struct tail *t, const struct sf_trace_record *r, bool in)
{
    const struct sf_trace_seg *seg = &r->u.seg;
    char flags[SF_FLAGS_TEXT];

    (void)sf_flags_text(seg->flags, ',', flags);
    step(t, snprintf(t->at, t->room, "%s %s seq=%" PRIu32, in ? "in " : "out",
                     flags[0] != '\0' ? flags : "none", seg->seq));
    if ((seg->flags & SF_ACK) != 0) {
        step(t, snprintf(t->at, t->room, " ack=%" PRIu32, seg->ack));
    }
    step(t, snprintf(t->at, t->room, " len=%" PRIu32 " wnd=%" PRIu32, seg->octets, seg->wnd));
    if ((seg->options & SF_OPT_MSS) != 0) {
        step(t, snprintf(t->at, t->room, " mss=%u", (unsigned)seg->mss));
    }
    if ((seg->options & SF_OPT_WSCALE) != 0) {
        step(t, snprintf(t->at, t->room, " wscale=%u", (unsigned)seg->wscale));
    }
    if ((seg->options & SF_OPT_SACK_OK) != 0) {
        step(t, snprintf(t->at, t->room, " sackok"));
    }
    if ((seg->options & SF_OPT_TS) != 0) {
        step(t, snprintf(t->at, t->room, " ts=%" PRIu32 "/%" PRIu32, seg->tsval, seg->tsecr));
    }
    if ((seg->options & SF_OPT_SACK) != 0) {
        step(t, snprintf(t->at, t->room, " sack=%u", (unsigned)seg->n_sack));
    }
    step(t, snprintf(t->at, t->room, "%s %s", seg->retransmit != 0 ? " again" : "",
                     sf_state_name((enum sf_state)r->state)));
    if (in) {
        step(t, snprintf(t->at, t->room, " %s", sf_verdict_name((enum sf_verdict)r->what)));
    }
}

static void put_begin(struct tail *t, const struct sf_trace_record *r)
{
    const struct sf_trace_ends *ends = &r->u.ends;
    char local[SF_ADDR_TEXT];
    char remote[SF_ADDR_TEXT];

    addr_text(ends->local, ends->family, local);
    addr_text(ends->remote, ends->family, remote);
    step(t,
         snprintf(t->at, t->room, "begin %s %s port %u with %s port %u %s",
                  ends->active != 0 ? "active" : "passive", local, (unsigned)ends->local_port,
                  remote, (unsigned)ends->remote_port, sf_state_name((enum sf_state)r->state)));
}

static void put_what(struct tail *t, const struct sf_trace_record *r)
{
    switch ((enum sf_trace_kind)r->kind) {
    case SF_TRACE_BEGIN:
        put_begin(t, r);
        return;
    case SF_TRACE_MOVE:
        step(t, snprintf(t->at, t->room, "move to #%" PRIu32, r->u.other));
        return;
    case SF_TRACE_STATE:
        step(t, snprintf(t->at, t->room, "state %s -> %s %s",
                         sf_state_name((enum sf_state)r->from),
                         sf_state_name((enum sf_state)r->state),
                         sf_event_name((enum sf_event_kind)r->what)));
        return;
    case SF_TRACE_SEG_IN:
        put_seg(t, r, true);
        return;
    case SF_TRACE_SEG_OUT:
        put_seg(t, r, false);
        return;
    case SF_TRACE_TIMER:
        step(t, snprintf(t->at, t->room, "timer %s", sf_timer_word(r->what)));
        return;
    case SF_TRACE_LOSS:
        step(t, snprintf(t->at, t->room, "loss %s seq=%" PRIu32 " len=%" PRIu32,
                         sf_loss_word(r->what), r->u.seg.seq, r->u.seg.octets));
        return;
    case SF_TRACE_WINDOW:
        step(t, snprintf(t->at, t->room, "window cwnd=%" PRIu32 " ssthresh=%" PRIu32,
                         r->u.seg.seq, r->u.seg.ack));
        return;
    case SF_TRACE_CALL:
        step(t, snprintf(t->at, t->room, "call %s", sf_call_word(r->what)));
        return;
    }
    step(t, snprintf(t->at, t->room, "record of unknown kind %u", (unsigned)r->kind));
}

char *sf_trace_line(const struct sf_trace_record *record, uint64_t zero_ns, char *line)
{
    struct tail t = {.at = line, .room = SF_TRACE_LINE};
    uint64_t ns = record->at_ns >= zero_ns ? record->at_ns - zero_ns : 0;

    step(&t, snprintf(t.at, t.room, "%" PRIu64 ".%06" PRIu64 " #%" PRIu32 " ", ns / 1000000000,
                      ns % 1000000000 / 1000, record->id));
    put_what(&t, record);
    return line;
}

void sf_trace_print(const struct sf_trace_record *records, size_t n, uint64_t zero_ns,
                    struct sf_sink sink)
{
    char line[SF_TRACE_LINE];

    for (size_t i = 0; i < n; i++) {
        (void)sf_trace_line(&records[i], zero_ns, line);
        sink.put(sink.context, line, strlen(line));
        sink.put(sink.context, "\n", 1);
    }
}

size_t sf_trace_drain(const struct sf_trace_ring *ring, uint64_t *next,
                      struct sf_trace_record *records, size_t n, uint64_t *missed)
{
    size_t got = 0;

    *missed = 0;
    if (ring->written - *next > ring->capacity) {
        *missed = ring->written - ring->capacity - *next;
        *next += *missed;
    }
    while (got < n && *next < ring->written) {
        records[got++] = ring->records[*next % ring->capacity];
        ++*next;
    }
    return got;
}
