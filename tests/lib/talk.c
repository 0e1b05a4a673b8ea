/* SPDX-License-Identifier: MIT
 *
 * tests/lib/talk.c - conversations of one stack with a peer that a test speaks for.
 */
#include "talk.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "pattern.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define FRAME_MAX 2048
/* A conversation that says nothing in so long has ended. */
#define PATIENCE SF_S(100000)

enum sf_family t_families[2] = {SF_IPV4, SF_IPV6};

void t_begin(struct t_talk *t, enum sf_family family)
{
    *t = (struct t_talk){
        .options = SF_OPT_MSS,
        .mss = 1460,
        .wnd = 4096,
        .now = {SF_NS_PER_S},
        .peer_iss = 0x20000000,
        .ts_base = 70000,
    };
    if (family == SF_IPV4) {
        t->us.addr = sf_addr_v4(10, 0, 0, 1);
        t->them.addr = sf_addr_v4(10, 0, 0, 2);
    } else {
        T_EQ(sf_addr_parse("fd00::1", &t->us.addr), SF_OK);
        T_EQ(sf_addr_parse("fd00::2", &t->them.addr), SF_OK);
        t->mss = 1440;
    }
    t->us.port = T_PORT;
    t->them.port = T_PEER_PORT;
    sf_config_default(&t->config);
    memset(t->config.seed, 0x5f, sizeof(t->config.seed));
    t->config.max_connections = 16;
    t->config.max_embryos = 16;
    t->config.max_time_waits = 16;
    t->config.max_listeners = 4;
    t->config.max_chunks = 256;
    t->config.rcvbuf_octets = 4096;
    t->config.sndbuf_octets = 65536;
    t->config.timestamps = 0;
    t->config.window_scaling = 0;
    t->config.sack = 0;
    t->config.syn_cookies = SF_COOKIES_OFF;
    t->listen.local = (struct sf_endpoint){.port = T_PORT};
    t->open.local = t->us;
}

/* The memory of the last conversation, for the next one of that size: some tests make tens
 * of thousands, and to map and unmap each costs a sanitized build more than all the rest. */
static void *spare;
static size_t spare_octets;

static void *take_memory(size_t octets)
{
    void *memory = spare;

    if (memory == NULL || spare_octets != octets) {
        free(spare);
        memory = aligned_alloc(64, octets);
        assert_non_null(memory);
    }
    spare = NULL;
    memset(memory, 0, octets);
    return memory;
}

void t_start(struct t_talk *t)
{
    size_t octets = sf_stack_octets(&t->config);

    if (t->stack != NULL) {
        return;
    }
    T_TRUE(octets > 0);
    t->octets = (octets + 63) / 64 * 64;
    t->memory = take_memory(t->octets);
    T_EQ(sf_stack_init(t->memory, &t->config, t->now, &t->stack), SF_OK);
    T_EQ(sf_stack_add_address(t->stack, &t->us.addr, t->us.addr.family == SF_IPV4 ? 24 : 64),
         SF_OK);
}

void t_end(struct t_talk *t)
{
    free(spare);
    spare = t->memory;
    spare_octets = t->octets;
    t->memory = NULL;
    t->stack = NULL;
}

/* RFC 6528: an ISN is a clock of 4 microseconds and a hash, so the right moment of start
 * gives any.  What the hash adds is found by trying. */
void t_iss_at(struct t_talk *t, uint32_t iss)
{
    struct t_talk probe = *t;

    t_listen(&probe);
    t_peer(&probe, SF_SYN, .seq = {T_THEIRS - 1});
    T_EQ(t_next(&probe).seg.flags, SF_SYN | SF_ACK);
    t_end(&probe);
    t->now.ns += (uint64_t)(iss - probe.iss) * 4000;
}

void t_listen(struct t_talk *t)
{
    t_start(t);
    T_EQ(sf_listen(t->stack, &t->listen, &t->listener, t->now), SF_OK);
}

void t_accept(struct t_talk *t)
{
    T_EQ(sf_accept(t->stack, t->listener, &t->conn, t->now), SF_OK);
    t_pull(t);
}

void t_open_passive(struct t_talk *t)
{
    if (t->listener.generation == 0 && t->listener.index == 0) {
        t_listen(t);
    }
    t_peer(t, SF_SYN, .seq = {T_THEIRS - 1});
    t_expect(t, SF_SYN | SF_ACK, .seq = {T_OURS - 1}, .ack = {T_THEIRS});
    t_peer(t, SF_ACK, .seq = {T_THEIRS}, .ack = {T_OURS});
    t_accept(t);
    t_silence(t);
    T_STATE(t, SF_ESTABLISHED);
}

void t_syn_sent(struct t_talk *t)
{
    t_start(t);
    t->open.remote = t->them;
    T_EQ(sf_open(t->stack, &t->open, &t->conn, t->now), SF_OK);
    t_expect(t, SF_SYN, .seq = {T_OURS - 1});
    T_STATE(t, SF_SYN_SENT);
}

void t_open_active(struct t_talk *t)
{
    t_syn_sent(t);
    t_peer(t, SF_SYN | SF_ACK, .seq = {T_THEIRS - 1}, .ack = {T_OURS});
    t_expect(t, SF_ACK, .seq = {T_OURS}, .ack = {T_THEIRS});
    t_silence(t);
    T_STATE(t, SF_ESTABLISHED);
}

void t_established(struct t_talk *t, enum sf_family family)
{
    t_begin(t, family);
    t_open_passive(t);
}

void t_another(struct t_talk *t, uint16_t port)
{
    t->them.port = port;
    t->iss_known = false;
    t->conn = (struct sf_handle){0};
    t->ready = 0;
    t->sent = 0;
    t->received = 0;
    t->ts = false;
}

/* The peer's clock of timestamps ticks in milliseconds. */
static uint32_t peer_tsval(const struct t_talk *t)
{
    return t->ts_base + (uint32_t)(t->now.ns / SF_NS_PER_MS);
}

static struct sf_seg wire_seg(const struct t_talk *t, const struct t_seg *seg)
{
    struct sf_seg s = {
        .flags = seg->flags,
        .seq = {seg->seq.v - (T_THEIRS - 1) + t->peer_iss},
        .text_octets = seg->text,
        .wnd = seg->wnd == T_WND_0 ? 0
               : seg->wnd == 0     ? t->wnd
                                   : (uint16_t)seg->wnd,
        .urg = seg->urg,
        .options = seg->options,
        .mss = seg->mss,
        .wscale = seg->wscale,
        .uto = seg->uto,
        .n_sack = seg->n_sack,
        .fast_open = seg->fast_open,
        .fast_open_octets = seg->fast_open_octets,
        .fast_open_form = seg->fast_open_form,
    };
    bool ts = t->ts;

    if ((seg->flags & SF_ACK) != 0) {
        s.ack = (sf_seq){seg->ack.v - (T_OURS - 1) + t->iss};
    }
    if ((seg->flags & SF_SYN) != 0 && (seg->options & ~SF_OPT_FAST_OPEN) == 0) {
        s.options |= t->options;
        s.mss = t->mss;
        s.wscale = t->wscale;
        ts = (t->options & SF_OPT_TS) != 0;
    }
    if (ts && !seg->no_ts && (seg->flags & SF_RST) == 0) {
        s.options |= SF_OPT_TS;
    }
    s.tsval = peer_tsval(t) + (uint32_t)seg->ts_ahead;
    s.tsecr = (seg->flags & SF_ACK) != 0 ? t->ts_echo : seg->tsecr;
    for (uint8_t i = 0; i < seg->n_sack; i++) {
        s.sack[i].left = (sf_seq){seg->sack[i].left.v - (T_OURS - 1) + t->iss};
        s.sack[i].right = (sf_seq){seg->sack[i].right.v - (T_OURS - 1) + t->iss};
    }
    return s;
}

size_t t_build(const struct t_talk *t, const struct t_seg *seg, uint8_t *frame)
{
    struct sf_seg s = wire_seg(t, seg);
    enum sf_family family = (enum sf_family)t->us.addr.family;
    size_t ip_head = sf_ip_head_octets(family);
    uint8_t *tcp = frame + ip_head;
    size_t head = sf_tcp_build(tcp, SF_TCP_HEAD_MAX, &s, t->them.port, t->us.port);
    size_t octets = head + seg->text;
    struct sf_ip ip = {
        .src = t->them.addr.octets,
        .dst = t->us.addr.octets,
        .payload_octets = (uint32_t)octets,
        .family = (uint8_t)family,
        .protocol = SF_PROTO_TCP,
        .hop_limit = 64,
        .traffic_class = seg->tos,
        .dont_fragment = true,
    };
    uint32_t sum = 0;

    T_TRUE(ip_head + octets <= FRAME_MAX);
    t_pattern_fill(seg->other ? 99 : T_STREAM_THEIRS,
                   seg->seq.v - T_THEIRS + ((seg->flags & SF_SYN) != 0), tcp + head, seg->text);
    sum = sf_sum_pseudo(family, ip.src, ip.dst, SF_PROTO_TCP, (uint32_t)octets);
    sum = sf_sum(tcp, octets, sum);
    sf_put16(tcp + SF_TCP_CHECKSUM, (uint16_t)(sf_sum_end(sum) ^ (seg->spoilt ? 0x0100 : 0)));
    sf_ip_build(frame, &ip);
    return ip_head + octets;
}

enum sf_verdict t_raw(struct t_talk *t, const uint8_t *frame, size_t octets)
{
    struct sf_frame in = {
        .octets = (uint32_t)octets,
        .n_pieces = 1,
        .pieces = {{.data = frame, .octets = (uint32_t)octets}},
    };

    sf_stack_rx(t->stack, &in, 1, t->now);
    t->verdict = (enum sf_verdict)in.verdict;
    t_pull(t);
    return t->verdict;
}

enum sf_verdict t_peer_says(struct t_talk *t, const struct t_seg *seg)
{
    uint8_t frame[FRAME_MAX];

    return t_raw(t, frame, t_build(t, seg, frame));
}

/* Read one frame of ours; all that is in it must be as it should on any wire. */
static void hear(struct t_talk *t, const struct sf_frame *frame)
{
    static uint8_t flat[70000];
    struct sf_ip ip;
    struct t_out *out = &t->out[(t->out_first + t->out_count) % T_OUT];
    size_t n = frame->head_octets;
    uint32_t first = 0; /* of its text */

    T_TRUE(frame->octets <= sizeof(flat));
    memcpy(flat, frame->head, n);
    for (uint8_t i = 0; i < frame->n_pieces; i++) {
        memcpy(flat + n, frame->pieces[i].data, frame->pieces[i].octets);
        n += frame->pieces[i].octets;
    }
    T_EQ(n, frame->octets);
    T_EQ(frame->csum, SF_CSUM_FULL);
    T_EQ(frame->gso_octets, 0);
    T_TRUE(n <= t->config.mtu);
    T_EQ(sf_ip_parse(flat, n, &ip), SF_PASS);
    T_EQ(ip.payload_octets + ip.head_octets, n);
    T_EQ(ip.family, t->us.addr.family);
    T_EQ(ip.protocol, SF_PROTO_TCP);
    T_MEM(ip.src, t->us.addr.octets, sf_ip_addr_octets((enum sf_family)ip.family));
    T_MEM(ip.dst, t->them.addr.octets, sf_ip_addr_octets((enum sf_family)ip.family));
    T_TRUE(sf_tcp_checksum_ok(SF_SUM_PORTABLE, &ip, SF_CSUM_FULL));
    T_TRUE(t->out_count < T_OUT);
    *out = (struct t_out){.at = t->now, .hop_limit = ip.hop_limit};
    T_EQ(sf_tcp_parse(ip.payload, ip.payload_octets, &out->seg, &out->sport, &out->dport),
         SF_PASS);
    out->seg.tos = ip.traffic_class;
    if ((out->seg.flags & SF_SYN) != 0 && !t->iss_known) {
        t->iss = out->seg.seq.v;
        t->iss_known = true;
    }
    if ((out->seg.options & SF_OPT_TS) != 0) {
        t->ts_echo = out->seg.tsval;
        t->ts = (t->options & SF_OPT_TS) != 0;
    }
    first = out->seg.seq.v + ((out->seg.flags & SF_SYN) != 0);
    out->text_ok = t_pattern_match(T_STREAM_OURS, first - t->iss - 1, out->seg.text,
                                   out->seg.text_octets) == out->seg.text_octets;
    out->seg.text = NULL;
    if ((out->seg.options & SF_OPT_FAST_OPEN) != 0) {
        memcpy(out->fast_open, out->seg.fast_open, out->seg.fast_open_octets);
        out->seg.fast_open = NULL;
    }
    t->out_count++;
}

void t_pull(struct t_talk *t)
{
    struct sf_ready_event events[4];
    struct sf_frame frames[4];
    size_t n = 0;
    size_t rounds = 0;

    do {
        n = sf_stack_events(t->stack, events, T_COUNT(events));
        for (size_t i = 0; i < n; i++) {
            if (memcmp(&events[i].handle, &t->conn, sizeof(t->conn)) == 0) {
                t->ready |= events[i].ready;
            } else if (memcmp(&events[i].handle, &t->listener, sizeof(t->listener)) == 0) {
                t->listener_ready |= events[i].ready;
            }
        }
        T_TRUE(rounds++ < 1000);
    } while (n > 0);
    do {
        n = sf_stack_tx(t->stack, frames, T_COUNT(frames), t->now);
        for (size_t i = 0; i < n; i++) {
            hear(t, &frames[i]);
        }
        if (n > 0) {
            sf_stack_tx_done(t->stack, frames, n);
        }
    } while (n > 0);
}

struct t_out t_next(struct t_talk *t)
{
    struct t_out out;

    t_pull(t);
    if (t->out_count == 0) {
        fail_msg("nothing was said");
    }
    out = t->out[t->out_first];
    t->out_first = (t->out_first + 1) % T_OUT;
    t->out_count--;
    return out;
}

void t_forget(struct t_talk *t)
{
    t_pull(t);
    t->out_count = 0;
}

static const char *flag_text(uint8_t flags, char text[12])
{
    size_t n = 0;

    for (size_t i = 0; i < 8; i++) {
        if ((flags & (1U << i)) != 0) {
            text[n++] = "FSRPAUEC"[i];
        }
    }
    text[n] = '\0';
    return text;
}

static uint32_t our_number(const struct t_talk *t, sf_seq on_wire)
{
    return on_wire.v - t->iss + (T_OURS - 1);
}

static uint32_t their_number(const struct t_talk *t, sf_seq on_wire)
{
    return on_wire.v - t->peer_iss + (T_THEIRS - 1);
}

static void print_out(const struct t_talk *t, const struct t_out *out)
{
    char text[12];

    printf("#   said at %llu us: %s seq %u ack %u wnd %u text %u options 0x%x\n",
           (unsigned long long)(out->at.ns / SF_NS_PER_US), flag_text(out->seg.flags, text),
           our_number(t, out->seg.seq), their_number(t, out->seg.ack), out->seg.wnd,
           out->seg.text_octets, out->seg.options);
}

void t_silence_at(struct t_talk *t, const char *file, int line)
{
    t_pull(t);
    if (t->out_count > 0) {
        printf("# %u segments instead of silence, the first:\n", t->out_count);
        print_out(t, &t->out[t->out_first]);
        _fail(file, line);
    }
}

/* What of a segment is not as wanted; null: nothing. */
static const char *difference(const struct t_talk *t, const struct t_seg *want,
                              const struct t_out *out)
{
    const struct sf_seg *seg = &out->seg;

    if ((seg->flags | SF_PSH) != (want->flags | SF_PSH)) {
        return "flags";
    }
    if (our_number(t, seg->seq) != want->seq.v) {
        return "seq";
    }
    if ((want->flags & SF_ACK) != 0 && their_number(t, seg->ack) != want->ack.v) {
        return "ack";
    }
    if (seg->text_octets != want->text) {
        return "octets of text";
    }
    if (!out->text_ok) {
        return "text";
    }
    if (want->wnd != 0 && seg->wnd != (want->wnd == T_WND_0 ? 0 : want->wnd)) {
        return "wnd";
    }
    if (out->sport != t->us.port || out->dport != t->them.port) {
        return "ports";
    }
    if ((want->flags & SF_URG) != 0 && seg->urg != want->urg) {
        return "urgent pointer";
    }
    return NULL;
}

static const char *option_difference(const struct t_talk *t, const struct t_seg *want,
                                     const struct t_out *out)
{
    const struct sf_seg *seg = &out->seg;

    if (t->ts && (seg->flags & SF_RST) == 0 && (seg->options & SF_OPT_TS) == 0) {
        return "timestamps";
    }
    if ((seg->options & want->options) != want->options) {
        return "options";
    }
    if ((want->options & SF_OPT_MSS) != 0 && seg->mss != want->mss) {
        return "mss";
    }
    if ((want->options & SF_OPT_WSCALE) != 0 && seg->wscale != want->wscale) {
        return "wscale";
    }
    if ((seg->options & SF_OPT_SACK) != (want->options & SF_OPT_SACK) ||
        seg->n_sack != want->n_sack) {
        return "SACK blocks";
    }
    for (uint8_t i = 0; i < want->n_sack; i++) {
        if (their_number(t, seg->sack[i].left) != want->sack[i].left.v ||
            their_number(t, seg->sack[i].right) != want->sack[i].right.v) {
            return "a SACK block";
        }
    }
    return NULL;
}

void t_expect_at(struct t_talk *t, const struct t_seg *want, const char *file, int line)
{
    char text[12];
    const char *what = NULL;
    struct t_out out;

    t_pull(t);
    if (t->out_count == 0) {
        printf("# nothing was said instead of %s seq %u ack %u text %u\n",
               flag_text(want->flags, text), want->seq.v, want->ack.v, want->text);
        _fail(file, line);
    }
    out = t_next(t);
    what = difference(t, want, &out);
    if (what == NULL) {
        what = option_difference(t, want, &out);
    }
    if (what != NULL) {
        printf("# %s: wanted %s seq %u ack %u wnd %d text %u options 0x%x\n", what,
               flag_text(want->flags, text), want->seq.v, want->ack.v, want->wnd, want->text,
               want->options);
        print_out(t, &out);
        _fail(file, line);
    }
}

/* The next timer, if it is due by then; false if none is. */
static bool tick_by(struct t_talk *t, sf_time by)
{
    sf_time due = sf_stack_deadline(t->stack);

    if (sf_time_is_never(due) || sf_time_before(by, due)) {
        return false;
    }
    t->now = sf_time_max(t->now, due);
    sf_stack_tick(t->stack, t->now);
    t_pull(t);
    return true;
}

void t_advance(struct t_talk *t, sf_span span)
{
    sf_time end = sf_time_add(t->now, span);
    uint32_t ticks = 0;

    t_pull(t);
    while (tick_by(t, end)) {
        T_TRUE(ticks++ < 100000);
    }
    t->now = end;
}

sf_span t_wait(struct t_talk *t)
{
    sf_time begin = t->now;
    sf_time end = sf_time_add(t->now, PATIENCE);
    uint32_t ticks = 0;

    t_pull(t);
    while (t->out_count == 0 && tick_by(t, end)) {
        T_TRUE(ticks++ < 100000);
    }
    return t->out_count == 0 ? (sf_span){UINT64_MAX} : sf_time_sub(t->now, begin);
}

void t_send_at(struct t_talk *t, size_t octets, uint32_t flags, const char *file, int line)
{
    static uint8_t text[1 << 20];
    size_t taken = 0;

    T_TRUE(octets <= sizeof(text));
    t_pattern_fill(T_STREAM_OURS, t->sent, text, octets);
    t_eq(sf_send(t->stack, t->conn, text, octets, flags, &taken, t->now), SF_OK, "sf_send()",
         file, line);
    t_eq(taken, octets, "octets taken by sf_send()", file, line);
    t->sent += octets;
    t_pull(t);
}

void t_recv_at(struct t_talk *t, size_t octets, const char *file, int line)
{
    static uint8_t text[1 << 20];
    size_t got = 0;

    T_TRUE(octets <= sizeof(text));
    t_eq(sf_recv(t->stack, t->conn, text, octets, &got, t->now), SF_OK, "sf_recv()", file,
         line);
    t_eq(got, octets, "octets given by sf_recv()", file, line);
    t_eq(t_pattern_match(T_STREAM_THEIRS, t->received, text, got), got, "octets of the pattern",
         file, line);
    t->received += got;
    t_pull(t);
}

enum sf_err t_recv_err(struct t_talk *t)
{
    uint8_t octet = 0;
    size_t got = 0;
    enum sf_err err = sf_recv(t->stack, t->conn, &octet, 1, &got, t->now);

    T_TRUE(err != SF_OK);
    T_EQ(got, 0);
    t_pull(t);
    return err;
}

void t_shutdown(struct t_talk *t)
{
    T_EQ(sf_shutdown(t->stack, t->conn, t->now), SF_OK);
    t_pull(t);
}

void t_close(struct t_talk *t)
{
    T_EQ(sf_close(t->stack, t->conn, t->now), SF_OK);
    t_pull(t);
}

void t_abort(struct t_talk *t)
{
    T_EQ(sf_abort(t->stack, t->conn, t->now), SF_OK);
    t_pull(t);
}

void t_option(struct t_talk *t, enum sf_option option, uint64_t value)
{
    T_EQ(sf_set_option(t->stack, t->conn, option, value, t->now), SF_OK);
    t_pull(t);
}

struct sf_status t_status(struct t_talk *t)
{
    struct sf_status status;

    T_EQ(sf_status(t->stack, t->conn, &status, t->now), SF_OK);
    return status;
}

enum sf_state t_state(struct t_talk *t)
{
    struct sf_walk_row row;
    uint64_t cursor = 0;

    while (sf_walk(t->stack, &cursor, &row, t->now)) {
        if (row.state != SF_LISTEN && row.state != SF_CLOSED &&
            row.remote.port == t->them.port && sf_addr_equal(&row.remote.addr, &t->them.addr) &&
            row.local.port == t->us.port) {
            return row.state;
        }
    }
    return SF_CLOSED;
}

void t_state_at(struct t_talk *t, enum sf_state want, const char *file, int line)
{
    struct sf_status status;
    enum sf_state state = t_state(t);

    if (state != want) {
        printf("# state is %s, not %s\n", sf_state_name(state), sf_state_name(want));
        _fail(file, line);
    }
    if (sf_status(t->stack, t->conn, &status, t->now) == SF_OK && status.state != state) {
        printf("# a walk says %s, STATUS says %s\n", sf_state_name(state),
               sf_state_name(status.state));
        _fail(file, line);
    }
}

uint64_t t_verdicts(struct t_talk *t, enum sf_verdict verdict)
{
    return sf_stack_counters(t->stack)->verdicts[verdict];
}

void t_nothing_left_at(const struct sf_stack *stack, const char *file, int line)
{
    struct sf_usage usage;

    sf_stack_usage(stack, &usage);
    t_eq(usage.connections, 0, "connections", file, line);
    t_eq(usage.working, 0, "working records", file, line);
    t_eq(usage.embryos, 0, "embryos", file, line);
    t_eq((uint64_t)usage.time_waits4 + usage.time_waits6, 0, "TIME-WAIT records", file, line);
    t_eq(usage.chunks, 0, "chunks", file, line);
    t_eq(usage.sent, 0, "transmission records", file, line);
    t_eq(sf_stack_deadline(stack).ns, UINT64_MAX, "deadline", file, line);
}

void t_in_flight(struct t_talk *t, enum sf_family family, bool sack)
{
    t_begin(t, family);
    t->mss = 536;
    t->wnd = 65535;
    t->config.sack = 1;
    t->options |= sack ? SF_OPT_SACK_OK : 0;
    t_open_passive(t);
    t_send(t, 20000);
    for (uint32_t i = 0; i < 10; i++) {
        t_expect(t, SF_ACK, .seq = {1000 + i * 536}, .ack = {5000}, .text = 536);
    }
    t_silence(t);
}
