/* SPDX-License-Identifier: MIT
 *
 * script/replay/judge.c - what the captured side did that no RFC allows.
 *
 * judge_ack.c has what acknowledgements tell; here are numbers, text, options, resets.
 */
#include "script/replay/judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"

#define TEXT_MOST (16U << 20) /* octets of text that are compared */

/* Far ahead or behind is not of this connection. */
#define NEAR ((uint32_t)1 << 30)

void replay_break(struct judge *j, const struct replay_seg *seg, enum replay_kind kind)
{
    if (j->forbidden[j->at] != 0) {
        return;
    }
    j->forbidden[j->at] = 1;
    /* What came another way than all the rest was likely forged. */
    replay_differ(j->result, seg->hop_limit != j->hop_limit ? REPLAY_FOREIGN : kind, j->conn,
                  seg, NULL);
}

bool replay_sent_after(const struct replay_seg *later, const struct replay_seg *earlier)
{
    const bool stamped = replay_is(later, SF_OPT_TS) != 0 && replay_is(earlier, SF_OPT_TS) != 0;
    const int32_t stamps = (int32_t)(later->tsval - earlier->tsval);
    const int16_t ids = (int16_t)(later->ip_id - earlier->ip_id);

    if (stamped && stamps != 0) {
        return stamps > 0;
    }
    if (later->ip_id != 0 && earlier->ip_id != 0 && ids < 1000) {
        return ids > 0;
    }
    /* Nothing tells but time: nobody is overtaken by so much. */
    return later->at_ns - earlier->at_ns > 200 * SF_NS_PER_MS;
}

static void judge_options(struct judge *j, const struct replay_seg *seg)
{
    if ((seg->flags & SF_SYN) != 0) {
        const bool answer = (seg->flags & SF_ACK) != 0 && j->far_syn != NULL;

        if (replay_is(seg, SF_OPT_WSCALE) != 0 && seg->wscale > 14) {
            replay_break(j, seg, REPLAY_SCALE_LARGE);
        } else if (answer && replay_is(seg, SF_OPT_WSCALE) != 0 &&
                   replay_is(j->far_syn, SF_OPT_WSCALE) == 0) {
            replay_break(j, seg, REPLAY_SCALE_UNASKED);
        } else if (answer && replay_is(seg, SF_OPT_TS) != 0 &&
                   replay_is(j->far_syn, SF_OPT_TS) == 0) {
            replay_break(j, seg, REPLAY_TS_UNASKED);
        } else if (answer && replay_is(seg, SF_OPT_SACK_OK) != 0 &&
                   replay_is(j->far_syn, SF_OPT_SACK_OK) == 0) {
            replay_break(j, seg, REPLAY_SACK_UNASKED);
        }
        return;
    }
    if (!j->both_syns || (seg->flags & SF_RST) != 0) {
        return;
    }
    if (replay_is(seg, SF_OPT_SACK) != 0 && !j->sack) {
        replay_break(j, seg, REPLAY_SACK_UNASKED);
    } else if (replay_is(seg, SF_OPT_TS) != 0 && !j->stamps) {
        replay_break(j, seg, REPLAY_TS_UNASKED);
    } else if (replay_is(seg, SF_OPT_TS) == 0 && j->stamps) {
        replay_break(j, seg, REPLAY_TS_MISSING);
    }
}

/* True if the other side has sent this timestamp in the capture. */
static bool stamped(const struct judge *j, uint32_t stamp)
{
    for (size_t i = 0; i < j->conn->n; i++) {
        const struct replay_seg *seg = &j->conn->segs[i];

        if (!seg->mine && replay_is(seg, SF_OPT_TS) != 0 && seg->tsval == stamp) {
            return true;
        }
    }
    return false;
}

/* A timestamp returned lies among those that the other side has sent. */
static void judge_echo(struct judge *j, const struct replay_seg *seg)
{
    if (replay_is(seg, SF_OPT_TS) == 0 || (seg->flags & SF_ACK) == 0 ||
        (seg->flags & SF_RST) != 0 || !j->far_stamped) {
        return;
    }
    const bool outside =
        (int32_t)(seg->tsecr - j->stamp_first) < 0 || (int32_t)(seg->tsecr - j->stamp_most) > 0;
    /* Several hosts behind one address have several clocks. */
    if (outside && !stamped(j, seg->tsecr)) {
        replay_break(j, seg, REPLAY_TS_ECHO);
    }
}

static void judge_blocks(struct judge *j, const struct replay_seg *seg)
{
    for (uint8_t i = 0; i < seg->n_sack && j->far_spoke; i++) {
        if (sf_seq_after(seg->sack[i].right, j->far_last)) {
            replay_break(j, seg, REPLAY_SACK_UNSENT);
        }
    }
}

/* Text that was sent is the same when it is sent again. */
static void judge_text(struct judge *j, const struct replay_seg *seg)
{
    const sf_seq first = sf_seq_add(seg->seq, (seg->flags & SF_SYN) != 0 ? 1 : 0);
    bool other = false;

    if (j->syn == NULL || seg->text_captured == 0) {
        return;
    }
    const uint32_t at = sf_seq_span(sf_seq_add(j->syn->seq, 1), first);
    /* A keepalive may have an octet of garbage, before what was acknowledged. */
    if (at > TEXT_MOST - 65536 ||
        (seg->text_octets == 1 && j->has_acked && sf_seq_before(first, j->acked))) {
        return;
    }
    const size_t need = at + (size_t)seg->text_captured;
    if (need > j->text_room) {
        const size_t room = 2 * need;
        uint8_t *text = realloc(j->text, room);
        j->text = text != NULL ? text : j->text;
        uint8_t *known = text != NULL ? realloc(j->known, room) : NULL;

        if (known == NULL) {
            j->result->no_memory = true;
            return;
        }
        memset(known + j->text_room, 0, room - j->text_room);
        j->known = known;
        j->text_room = room;
    }
    for (uint32_t i = 0; i < seg->text_captured; i++) {
        other = other || (j->known[at + i] != 0 && j->text[at + i] != seg->text[i]);
        j->known[at + i] = 1;
        j->text[at + i] = seg->text[i];
    }
    if (other) {
        replay_break(j, seg, REPLAY_OTHER_OCTETS);
    }
}

static bool answers_ack(const struct judge *j, const struct replay_seg *rst)
{
    for (size_t i = 0; i < j->at; i++) {
        const struct replay_seg *seg = &j->conn->segs[i];

        if (!seg->mine && (seg->flags & SF_ACK) != 0 && sf_seq_eq(seg->ack, rst->seq)) {
            return true;
        }
    }
    return false;
}

static void judge_rst(struct judge *j, const struct replay_seg *seg)
{
    const bool unsent = (seg->flags & SF_ACK) != 0 && seg->seq.v == 0;
    const sf_seq low = j->has_acked ? j->acked : j->end;
    const bool own = j->spoke && sf_seq_after_eq(seg->seq, sf_seq_min(low, j->end)) &&
                     sf_seq_before_eq(seg->seq, j->end);

    if (!unsent && !own && !answers_ack(j, seg)) {
        replay_break(j, seg, REPLAY_RST_NUMBER);
    } else if (own && sf_seq_eq(seg->seq, j->end) && j->synchronised) {
        j->rst = seg;
    }
}

/* True if the other side acknowledges what this one sent beyond its window: the sniffer has
 * missed the window. */
static bool taken_later(const struct judge *j, const struct replay_seg *seg)
{
    for (size_t i = j->at + 1; i < j->conn->n; i++) {
        const struct replay_seg *far = &j->conn->segs[i];

        if (!far->mine && (far->flags & SF_ACK) != 0 &&
            sf_seq_after(sf_seq_add(far->ack, far->wnd != 0 ? 1 : 0), j->edge)) {
            return sf_seq_after_eq(far->ack, seg->end) || far->at_ns - seg->at_ns < j->rtt_ns;
        }
    }
    return false;
}

static void judge_numbers(struct judge *j, const struct replay_seg *seg)
{
    const sf_seq text_end = sf_seq_sub(seg->end, (seg->flags & SF_FIN) != 0 ? 1 : 0);

    if ((seg->flags & (SF_SYN | SF_ACK)) == 0) {
        replay_break(j, seg, REPLAY_NO_ACK);
        return;
    }
    if ((seg->flags & SF_SYN) != 0) {
        return;
    }
    if (j->rst != NULL && replay_sent_after(seg, j->rst)) {
        replay_break(j, seg, REPLAY_AFTER_RST);
    } else if (j->fin != NULL && sf_seq_after(text_end, sf_seq_sub(j->fin->end, 1)) &&
               seg->text_octets > 0) {
        replay_break(j, seg, REPLAY_AFTER_FIN);
    } else if (j->fin != NULL && (seg->flags & SF_FIN) != 0 &&
               !sf_seq_eq(seg->end, j->fin->end)) {
        replay_break(j, seg, REPLAY_FIN_MOVED);
    } else if (j->has_edge && seg->text_octets > 1 && sf_seq_after(text_end, j->edge) &&
               !taken_later(j, seg)) {
        replay_break(j, seg, REPLAY_BEYOND_WINDOW);
    }
}

static void mine(struct judge *j, const struct replay_seg *seg)
{
    if (!j->spoke) {
        j->hop_limit = seg->hop_limit;
    }
    judge_options(j, seg);
    if ((seg->flags & SF_RST) != 0) {
        judge_rst(j, seg);
        return;
    }
    judge_numbers(j, seg);
    replay_judge_ack(j, seg);
    judge_echo(j, seg);
    judge_blocks(j, seg);
    judge_text(j, seg);
    if (j->forbidden[j->at] != 0) {
        return;
    }
    j->end = j->spoke ? sf_seq_max(j->end, seg->end) : seg->end;
    j->spoke = true;
    j->synchronised = j->synchronised || (seg->flags & SF_SYN) == 0;
    if ((seg->flags & SF_FIN) != 0 && j->fin == NULL) {
        j->fin = seg;
    }
}

static bool far_near(const struct judge *j, sf_seq seq)
{
    return sf_seq_span(j->far_end, seq) < NEAR || sf_seq_span(seq, j->far_end) < NEAR;
}

static void far_window(struct judge *j, const struct replay_seg *seg)
{
    if ((seg->flags & SF_ACK) == 0) {
        return;
    }
    const uint8_t shift = (seg->flags & SF_SYN) != 0 ? 0 : j->far_shift;
    const sf_seq edge = sf_seq_add(seg->ack, (uint32_t)seg->wnd << shift);

    j->edge = j->has_edge ? sf_seq_max(j->edge, edge) : edge;
    j->has_edge = true;
    j->acked = j->has_acked ? sf_seq_max(j->acked, seg->ack) : seg->ack;
    j->has_acked = true;
}

static void theirs(struct judge *j, const struct replay_seg *seg)
{
    if ((seg->flags & SF_RST) != 0) {
        j->waits = NULL;
        return;
    }
    if (replay_is(seg, SF_OPT_TS) != 0) {
        j->stamp_first = j->far_stamped && (int32_t)(seg->tsval - j->stamp_first) > 0
                             ? j->stamp_first
                             : seg->tsval;
        j->far_stamped = true;
    }
    replay_judge_waiting(j, seg);
    if (!j->far_spoke || far_near(j, seg->end)) {
        j->far_end = j->far_spoke ? sf_seq_max(j->far_end, seg->end) : seg->end;
        j->far_spoke = true;
    }
    far_window(j, seg);
}

/* What the other side will have sent in the end. */
static void look_ahead(struct judge *j)
{
    bool spoke = false;
    bool stamped = false;

    for (size_t i = 0; i < j->conn->n; i++) {
        const struct replay_seg *seg = &j->conn->segs[i];

        if (seg->mine || (seg->flags & SF_RST) != 0) {
            continue;
        }
        j->far_last = spoke ? sf_seq_max(j->far_last, seg->end) : seg->end;
        spoke = true;
        if (replay_is(seg, SF_OPT_TS) != 0) {
            j->stamp_most = stamped && (int32_t)(seg->tsval - j->stamp_most) < 0 ? j->stamp_most
                                                                                 : seg->tsval;
            stamped = true;
        }
    }
}

static void agree(struct judge *j)
{
    j->syn = replay_syn(j->conn, true);
    j->far_syn = replay_syn(j->conn, false);
    j->both_syns = j->syn != NULL && j->far_syn != NULL;
    if (!j->both_syns) {
        return;
    }
    const uint16_t both = (uint16_t)(j->syn->options & j->far_syn->options);
    j->sack = (both & SF_OPT_SACK_OK) != 0;
    j->stamps = (both & SF_OPT_TS) != 0;
    if ((both & SF_OPT_WSCALE) != 0) {
        j->shift = replay_shift(j->syn);
        j->far_shift = replay_shift(j->far_syn);
    }
    if (j->syn->at_ns > j->far_syn->at_ns) {
        j->rtt_ns = j->syn->at_ns - j->far_syn->at_ns;
    }
}

void replay_judge(const struct replay_conn *conn, struct replay_result *result,
                  uint8_t *forbidden)
{
    struct judge j = {.conn = conn, .result = result, .forbidden = forbidden};

    agree(&j);
    look_ahead(&j);
    for (size_t i = 0; i < conn->n; i++) {
        const struct replay_seg *seg = &conn->segs[i];

        j.at = i;
        if (seg->mine && !seg->damaged) {
            mine(&j, seg);
        } else if (!seg->mine && !seg->damaged) {
            theirs(&j, seg);
        }
    }
    free(j.text);
    free(j.known);
}
