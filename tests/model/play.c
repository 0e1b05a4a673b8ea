/* SPDX-License-Identifier: MIT
 *
 * tests/model/play.c - one story, to the engine and to the model.
 *
 *   random.c -> [play.c] -> talk.c (the engine), rfc9293.c (the model)
 */
#include "play.h"

#include <inttypes.h>
#include <stdlib.h>

#include "pattern.h"

#define PEER_ISN_PLAIN UINT32_C(0x20000000)
#define PEER_ISN_WRAPS UINT32_C(0xffffff80)
#define OUR_ISS_WRAPS  UINT32_C(0xffffff00)

uint64_t play_states[SF_STATES];

struct stage {
    struct t_talk t;
    struct rfc m;
    uint32_t peer_isn;
    uint32_t received; /* octets that the application read */
    uint32_t ready;    /* level before the step */
    bool tell;
    char why[400];
};

static struct stage stage;

#define DIFFER(s, ...) snprintf((s)->why, sizeof((s)->why), __VA_ARGS__)

/* ---- telling, in the words of `synfin drill` ---- */

static const char *flag_text(uint8_t flags)
{
    static char text[12];
    size_t n = 0;

    for (size_t i = 0; i < 4; i++) {
        if ((flags & (1U << i)) != 0) {
            text[n++] = "FSRP"[i];
        }
    }
    if ((flags & SF_ACK) != 0) {
        text[n++] = '.';
    }
    text[n] = '\0';
    return n == 0 ? "-" : text;
}

static void tell_seg(const struct stage *s, char way, const struct rfc_seg *seg, uint32_t seq0,
                     uint32_t ack0)
{
    if (s->tell) {
        printf("# +0 %c %s %" PRId32 ":%" PRId32 "(%" PRIu32 ")", way, flag_text(seg->flags),
               (int32_t)(seg->seq - seq0), (int32_t)(seg->seq + seg->len - seq0), seg->len);
        if ((seg->flags & SF_ACK) != 0) {
            printf(" ack %" PRId32, (int32_t)(seg->ack - ack0));
        }
        printf(" win %" PRIu32 "\n", seg->wnd);
    }
}

static void tell_call(const struct stage *s, const char *call, uint32_t n, enum sf_err err)
{
    if (s->tell) {
        printf("# +0 %s(%" PRIu32 ") = %s\n", call, n, sf_err_text(err));
    }
}

static void tell_state(const struct stage *s)
{
    const struct rfc *m = &s->m;

    if (s->tell) {
        printf("#      model: %s una %" PRId32 " nxt %" PRId32 " wnd %" PRIu32 " rcv %" PRId32
               " right %" PRId32 "\n",
               sf_state_name(m->state), (int32_t)(m->snd_una - m->iss),
               (int32_t)(m->snd_nxt - m->iss), m->snd_wnd, (int32_t)(m->rcv_nxt - m->irs),
               (int32_t)(m->rcv_right - m->irs));
    }
}

/* ---- what the engine says ---- */

static bool same(const struct rfc_seg *a, const struct rfc_seg *b)
{
    return ((a->flags ^ b->flags) & ~SF_PSH) == 0 && a->seq == b->seq && a->len == b->len &&
           ((a->flags & SF_ACK) == 0 || a->ack == b->ack);
}

static void gone(struct rfc *m, uint32_t i)
{
    m->n_send--;
    memmove(&m->send[i], &m->send[i + 1], (m->n_send - i) * sizeof(m->send[0]));
}

/* A SYN whose number only the engine knows. */
static bool heard_syn(struct stage *s, const struct rfc_seg *seg)
{
    struct rfc *m = &s->m;

    for (uint32_t i = 0; i < m->n_send && !m->iss_known; i++) {
        struct rfc_seg want = m->send[i];

        want.seq = seg->seq;
        if ((want.flags & SF_SYN) != 0 && same(&want, seg)) {
            rfc_iss(m, seg->seq);
            gone(m, i);
            return true;
        }
    }
    return false;
}

/* Something that the model says is to leave now. */
static bool heard_new(struct stage *s, const struct rfc_seg *seg)
{
    struct rfc *m = &s->m;

    for (uint32_t i = 0; i < m->n_send; i++) {
        struct rfc_seg want = m->send[i];

        if ((want.flags & SF_RST) == 0) {
            want.ack = m->rcv_nxt;
        }
        if ((want.flags & SF_SYN) == 0 && same(&want, seg)) {
            gone(m, i);
            return true;
        }
    }
    return false;
}

static bool heard_again(struct stage *s, const struct rfc_seg *seg)
{
    struct rfc *m = &s->m;
    uint32_t end = seg->seq + rfc_seg_len(seg);
    bool syn = (seg->flags & SF_SYN) != 0;
    uint8_t ack = m->state == SF_SYN_SENT ? 0 : SF_ACK;

    if (rfc_seg_len(seg) == 0 || !(m->may_repeat || m->must_repeat) ||
        rfc_before(seg->seq, m->snd_una) || rfc_before(m->snd_nxt, end) ||
        (seg->flags & SF_ACK) != ack || (ack != 0 && seg->ack != m->rcv_nxt) ||
        syn != (seg->seq == m->iss)) {
        return false;
    }
    if (seg->seq == m->snd_una) {
        m->must_repeat = false;
    }
    return true;
}

static void hear(struct stage *s, const struct t_out *out, bool *may_ack)
{
    struct rfc *m = &s->m;
    const struct rfc_seg seg = {out->seg.flags, out->seg.seq.v, out->seg.ack.v, out->seg.wnd,
                                out->seg.text_octets};
    uint32_t wnd = 0;
    const struct rfc_seg bare = {SF_ACK, m->snd_nxt, m->rcv_nxt, 0, 0};

    tell_seg(s, '>', &seg, m->iss_known ? m->iss : seg.seq, m->irs);
    if (!out->text_ok) {
        DIFFER(s, "text of ours is not what the application sent");
        return;
    }
    if (heard_syn(s, &seg)) {
        wnd = s->m.limit.rcvbuf < 65535 ? s->m.limit.rcvbuf : 65535;
    } else if (heard_new(s, &seg)) {
        wnd = (seg.flags & SF_RST) != 0 ? seg.wnd : rfc_acks(m);
    } else if (heard_again(s, &seg)) {
        if ((seg.flags & SF_SYN) != 0) {
            wnd = s->m.limit.rcvbuf < 65535 ? s->m.limit.rcvbuf : 65535;
            /* Of SYN,ACK what text has taken meanwhile: the right edge stays (s3.8.6). */
            if ((seg.flags & SF_ACK) != 0 && m->rcv_right - m->rcv_nxt < wnd) {
                wnd = m->rcv_right - m->rcv_nxt;
            }
        } else {
            wnd = rfc_acks(m);
        }
    } else if (same(&bare, &seg) && *may_ack && m->state != SF_SYN_SENT &&
               m->state != SF_CLOSED) {
        *may_ack = false;
        wnd = rfc_acks(m);
    } else {
        DIFFER(s,
               "the engine says %s %" PRId32 "(%" PRIu32 ") ack %" PRId32
               ", and the model does not",
               flag_text(seg.flags), (int32_t)(seg.seq - m->iss), seg.len,
               (int32_t)(seg.ack - m->irs));
        return;
    }
    if (wnd != seg.wnd) {
        DIFFER(s, "the engine offers %" PRIu32 ", the model %" PRIu32, seg.wnd, wnd);
    }
}

/* ---- comparing ---- */

static bool equal(struct stage *s, const char *what, uint32_t got, uint32_t want)
{
    if (got != want && s->why[0] == '\0') {
        DIFFER(s, "%s is %" PRIu32 " (0x%" PRIx32 "), in the model %" PRIu32 " (0x%" PRIx32 ")",
               what, got, got, want, want);
    }
    return got == want;
}

static void compare_status(struct stage *s)
{
    const struct rfc *m = &s->m;
    struct sf_status status;
    uint32_t level = sf_ready(s->t.stack, s->t.conn) & ~(uint32_t)SF_READY_SOFT;

    if (sf_status(s->t.stack, s->t.conn, &status, s->t.now) != SF_OK) {
        DIFFER(s, "the handle is stale");
        return;
    }
    (void)equal(s, "STATUS: state", status.state, m->state);
    (void)equal(s, "STATUS: error", status.error, m->error);
    (void)equal(s, "STATUS: soft error", status.soft, m->soft);
    (void)equal(s, "STATUS: readable", status.readable, m->unread);
    (void)equal(s, "ready bits", level, rfc_ready(m));
    (void)equal(s, "ready bits that rose and were not told", level & ~s->ready & ~s->t.ready,
                0);
    s->ready = level;
    s->t.ready = 0;
    if (m->state == SF_CLOSED) {
        return;
    }
    (void)equal(s, "SND.UNA - ISS", status.snd_una - m->iss, m->snd_una - m->iss);
    (void)equal(s, "SND.NXT - ISS", status.snd_nxt - m->iss, m->snd_nxt - m->iss);
    (void)equal(s, "unsent", status.unsent, m->unsent);
    if (m->state != SF_SYN_SENT) {
        (void)equal(s, "SND.WND", status.snd_wnd, m->snd_wnd);
        (void)equal(s, "RCV.NXT - IRS", status.rcv_nxt - m->irs, m->rcv_nxt - m->irs);
        (void)equal(s, "RCV.WND", status.rcv_wnd, m->rcv_right - m->rcv_nxt);
    }
}

/* A SYN over TIME-WAIT: its SYN,ACK has an ISS beyond all that was sent (RFC 1122 s4.2.2.13).
 * There the story ends. */
static void compare_reuse(struct stage *s)
{
    struct t_out out;

    t_pull(&s->t);
    if (s->t.out_count != 1) {
        DIFFER(s, "%" PRIu32 " answers to a SYN that begins anew", s->t.out_count);
        return;
    }
    out = t_next(&s->t);
    (void)equal(s, "flags of the answer", out.seg.flags, SF_SYN | SF_ACK);
    (void)equal(s, "SEG.ACK of the answer", out.seg.ack.v, s->m.rcv_nxt);
    (void)equal(s, "ISS is beyond SND.NXT", rfc_before(s->m.snd_nxt, out.seg.seq.v), true);
    (void)equal(s, "state", t_state(&s->t), SF_SYN_RECEIVED);
}

/* After a step: what was said, what had to be said, and what both are now. */
static void compare(struct stage *s)
{
    struct rfc *m = &s->m;
    bool may_ack = m->must_ack || m->may_ack;

    if (m->reused) {
        compare_reuse(s);
        return;
    }
    t_pull(&s->t);
    while (s->t.out_count != 0 && s->why[0] == '\0') {
        struct t_out out = t_next(&s->t);

        hear(s, &out, &may_ack);
    }
    tell_state(s);
    if (s->why[0] != '\0') {
        return;
    }
    if (m->n_send != 0) {
        DIFFER(s, "the model says %s %" PRId32 "(%" PRIu32 "), and the engine does not",
               flag_text(m->send[0].flags), (int32_t)(m->send[0].seq - m->iss), m->send[0].len);
        return;
    }
    (void)equal(s, "an acknowledgement is missing", 0, m->must_ack);
    (void)equal(s, "a retransmission is missing", 0, m->must_repeat);
    (void)equal(s, "state", t_state(&s->t), m->state);
    if (m->held && s->why[0] == '\0') {
        compare_status(s);
    }
    play_states[m->state]++;
}

/* ---- doing ---- */

static uint32_t number(const struct stage *s, uint8_t base)
{
    const struct rfc *m = &s->m;

    switch (base) {
    case PLAY_RCV_NXT:
        return m->rcv_nxt;
    case PLAY_RIGHT:
        return m->rcv_right;
    case PLAY_IRS:
        return m->irs;
    case PLAY_ISN:
        return s->peer_isn;
    case PLAY_SND_UNA:
        return m->snd_una;
    case PLAY_SND_NXT:
        return m->snd_nxt;
    case PLAY_ISS:
        return m->iss;
    default:
        return m->snd_una - m->max_snd_wnd;
    }
}

/* A SYN is going to find nothing but the listener: whoever holds what is dead lets go. */
static void make_way(struct stage *s)
{
    struct rfc *m = &s->m;

    if (m->state != SF_CLOSED) {
        return;
    }
    if (m->held) {
        (void)sf_close(s->t.stack, s->t.conn, s->t.now);
        (void)rfc_close(m, s->t.now.ns);
    }
    s->t.iss_known = false;
    s->t.sent = 0;
    s->received = 0;
    s->ready = 0;
    s->t.ready = 0;
}

static void segment(struct stage *s, const struct play_event *e)
{
    struct rfc_seg seg = {.flags = e->flags, .len = e->n, .wnd = e->wnd};
    struct t_seg said = {.flags = e->flags, .text = e->n};

    seg.seq = number(s, e->seq_base) + (uint32_t)e->seq_add - (e->ends ? e->n : 0);
    seg.ack = (e->flags & SF_ACK) == 0 ? 0 : number(s, e->ack_base) + (uint32_t)e->ack_add;
    if ((e->flags & (SF_SYN | SF_ACK | SF_RST)) == SF_SYN && s->m.listens) {
        make_way(s);
    }
    tell_seg(s, '<', &seg, s->m.irs, s->m.iss);
    said.seq.v = seg.seq - s->t.peer_iss + (T_THEIRS - 1);
    said.ack.v = seg.ack - s->t.iss + (T_OURS - 1);
    said.wnd = seg.wnd == 0 ? T_WND_0 : (int32_t)seg.wnd;
    rfc_arrives(&s->m, &seg, s->t.now.ns);
    (void)t_peer_says(&s->t, &said);
}

static void step_time(struct stage *s, uint64_t by)
{
    s->t.now.ns = by;
    rfc_forget(&s->m);
    rfc_tick(&s->m, by);
    sf_stack_tick(s->t.stack, s->t.now);
    compare(s);
}

/* Time goes on, with a stop wherever either of the two has something to do. */
static void wait_for(struct stage *s, uint64_t ns)
{
    uint64_t end = s->t.now.ns + ns;

    if (s->tell) {
        printf("# +%" PRIu64 ".%06" PRIu64 " ...\n", ns / SF_NS_PER_S,
               ns % SF_NS_PER_S / SF_NS_PER_US);
    }
    while (s->why[0] == '\0') {
        uint64_t due = sf_stack_deadline(s->t.stack).ns;

        due = rfc_deadline(&s->m) < due ? rfc_deadline(&s->m) : due;
        if (due > end) {
            break;
        }
        step_time(s, due > s->t.now.ns ? due : s->t.now.ns);
    }
    if (s->why[0] == '\0') {
        step_time(s, end);
    }
}

static void open_active(struct stage *s)
{
    struct rfc *m = &s->m;
    struct rfc_limits limit = m->limit;
    struct t_talk *t = &s->t;

    if (m->state != SF_CLOSED || m->held || m->listens) {
        return;
    }
    rfc_begin(m, &limit, false);
    rfc_open(m, t->now.ns);
    make_way(s);
    t->iss_known = false;
    t->sent = 0;
    s->received = 0;
    s->ready = 0;
    t->open.remote = t->them;
    (void)equal(s, "OPEN", sf_open(t->stack, &t->open, &t->conn, t->now), SF_OK);
    tell_call(s, "connect", 0, SF_OK);
}

static void send_text(struct stage *s, uint32_t n)
{
    static uint8_t text[65536];
    size_t taken = 0;
    uint32_t want = 0;
    enum sf_err err = rfc_send(&s->m, n, &want, s->t.now.ns);

    t_pattern_fill(T_STREAM_OURS, s->t.sent, text, n);
    (void)equal(s, "SEND", sf_send(s->t.stack, s->t.conn, text, n, 0, &taken, s->t.now), err);
    (void)equal(s, "octets taken by SEND", (uint32_t)taken, want);
    s->t.sent += taken;
    tell_call(s, "send", n, err);
}

static void receive(struct stage *s, uint32_t n)
{
    static uint8_t text[65536];
    size_t got = 0;
    uint32_t want = 0;
    enum sf_err err = rfc_receive(&s->m, n, &want);
    uint32_t at = s->m.irs - s->t.peer_iss + s->received;

    (void)equal(s, "RECEIVE", sf_recv(s->t.stack, s->t.conn, text, n, &got, s->t.now), err);
    (void)equal(s, "octets given by RECEIVE", (uint32_t)got, want);
    (void)equal(s, "octets of the peer's text",
                (uint32_t)t_pattern_match(T_STREAM_THEIRS, at, text, got), (uint32_t)got);
    s->received += want;
    tell_call(s, "recv", n, err);
}

static void act(struct stage *s, const struct play_event *e)
{
    struct t_talk *t = &s->t;
    enum sf_err err = SF_OK;

    switch ((enum play_kind)e->kind) {
    case PLAY_SEGMENT:
        segment(s, e);
        break;
    case PLAY_WAIT:
        wait_for(s, e->ns);
        return;
    case PLAY_OPEN:
        open_active(s);
        break;
    case PLAY_ACCEPT:
        if (s->m.listens && !s->m.held) {
            err = rfc_accept(&s->m);
            (void)equal(s, "ACCEPT", sf_accept(t->stack, t->listener, &t->conn, t->now), err);
            s->ready = 0;
            tell_call(s, "accept", 0, err);
        }
        break;
    case PLAY_SEND:
        send_text(s, e->n);
        break;
    case PLAY_RECEIVE:
        receive(s, e->n);
        break;
    case PLAY_SHUTDOWN:
        err = rfc_shutdown(&s->m, t->now.ns);
        (void)equal(s, "SHUTDOWN", sf_shutdown(t->stack, t->conn, t->now), err);
        tell_call(s, "shutdown", 0, err);
        break;
    case PLAY_CLOSE:
        err = rfc_close(&s->m, t->now.ns);
        (void)equal(s, "CLOSE", sf_close(t->stack, t->conn, t->now), err);
        tell_call(s, "close", 0, err);
        break;
    case PLAY_ABORT:
        err = rfc_abort(&s->m);
        (void)equal(s, "ABORT", sf_abort(t->stack, t->conn, t->now), err);
        tell_call(s, "abort", 0, err);
        break;
    }
    compare(s);
}

/* The moment of start that gives our ISS (RFC 6528: a clock, and a hash that is found once). */
static uint64_t start_for(enum sf_family family, uint32_t iss)
{
    static uint64_t known[2];
    uint64_t *at = &known[family == SF_IPV6];

    if (*at == 0) {
        struct t_talk t;

        t_begin(&t, family);
        t_iss_at(&t, iss);
        *at = t.now.ns;
    }
    return *at;
}

static void begin(struct stage *s, const struct play_story *story)
{
    const struct rfc_limits *limit = &story->limit;
    struct t_talk *t = &s->t;
    struct sf_config *c = &t->config;

    t_begin(t, story->family);
    t->mss = (uint16_t)limit->mss;
    s->peer_isn = story->wraps ? PEER_ISN_WRAPS : PEER_ISN_PLAIN;
    t->peer_iss = s->peer_isn - 0x1000000; /* places of the pattern before it too */
    if (story->wraps) {
        t->now.ns = start_for(story->family, OUR_ISS_WRAPS);
    }
    c->max_connections = 4;
    c->max_embryos = 4;
    c->max_time_waits = 8;
    c->max_sent = 64;
    c->chunk_octets = 256;
    c->max_chunks = 256;
    c->rcvbuf_octets = limit->rcvbuf;
    c->sndbuf_octets = limit->sndbuf;
    c->rto_initial = c->rto_min = c->rto_max = (sf_span){limit->rto_ns};
    c->msl.ns = limit->msl_ns;
    c->fin_wait_2.ns = limit->fin_wait_2_ns;
    c->user_timeout.ns = limit->user_timeout_ns;
    c->delayed_ack.ns = limit->ack_delay_ns;
    c->r1_retries = (uint8_t)limit->r1;
    c->r2_retries = (uint8_t)limit->r2;
    c->syn_retries = (uint8_t)limit->syn_retries;
    c->synack_retries = (uint8_t)limit->syn_ack_retries;
    c->challenge_acks = UINT16_MAX;
    c->challenge_acks_conn = (uint16_t)limit->challenges;
    c->icmp_errors = UINT16_MAX;
    t_start(t);
    rfc_begin(&s->m, limit, story->listens);
    if (story->listens) {
        t_listen(t);
    }
}

const char *play(const struct play_story *story, bool tell)
{
    struct stage *s = &stage;

    *s = (struct stage){.tell = tell};
    begin(s, story);
    for (uint32_t i = 0; i < story->n && s->why[0] == '\0' && !s->m.reused; i++) {
        rfc_forget(&s->m);
        act(s, &story->events[i]);
    }
    t_end(&s->t);
    return s->why[0] == '\0' ? NULL : s->why;
}
