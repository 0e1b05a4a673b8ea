/* SPDX-License-Identifier: MIT
 *
 * script/replay/drive.c - our engine in the place of one side, in virtual time.
 *
 * The other side's segments arrive when the capture has them, and calls are made when the
 * captured side shows what they did.  Two things are mended so that one difference does not
 * make all the rest differ: an acknowledgement of octets that our engine has not sent yet
 * waits until it has, and octets that the captured side acknowledged without their being in
 * the capture are made up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "script/replay/replay.h"
#include "synfin/conn.h"
#include "synfin/engine.h"

/* Where the stack's clock begins, so that no moment is before its beginning. */
#define BEGIN_NS (UINT64_C(1000) * SF_NS_PER_S)

#define HEADS      120 /* of IPv6, and of TCP with all its options */
#define MOST_STEPS 4000000
#define LEFTOVER   65536

struct drive {
    const struct replay_conn *conn;
    struct replay_result *result;
    struct sf_stack *stack;
    void *memory;
    struct sf_endpoint local, remote;
    struct sf_handle handle, listener;
    bool has_handle, has_listener, has_sent, ended;
    bool reads; /* at once; else as the captured windows show */
    sf_time now;
    sf_seq iss;     /* the captured one, and ours */
    sf_seq our_end; /* behind all that ours has sent */
    sf_seq given;   /* behind what the application has sent */
    bool shut;      /* the application has closed */
    sf_seq due;     /* acknowledged by the other side, and not sent yet by ours */
    const struct replay_seg *due_seg;
    uint32_t stamp; /* our timestamp at stamp_ns */
    uint64_t stamp_ns;
    bool has_stamp;
    size_t stamp_at;                /* index of who sent the last timestamp that was returned */
    uint64_t consumed, may_consume; /* octets, where the reader is slow */
    uint32_t buffer;
    const struct replay_seg *send_from; /* text that found no room */
    const struct replay_seg *last;      /* what the other side sent last, but a SYN or RST */
    uint64_t steps;
};

static uint64_t moment(const struct drive *d, uint64_t at_ns)
{
    const uint64_t first = d->conn->segs[0].at_ns;

    return BEGIN_NS + (at_ns > first ? at_ns - first : 0);
}

/* Keep what our engine sent, as the reader of captures sees it. */
static void keep(struct drive *d, struct sf_dissector *dissector, const struct sf_frame *frame)
{
    uint8_t octets[65536 + HEADS];
    const size_t n = sf_frame_copy(frame, octets, sizeof(octets));
    const struct sf_packet packet = {.at_ns = d->now.ns - BEGIN_NS + d->conn->segs[0].at_ns,
                                     .octets = octets,
                                     .captured = (uint32_t)n,
                                     .length = (uint32_t)n,
                                     .linktype = SF_LINKTYPE_RAW,
                                     .timed = true};
    struct sf_seen seen;
    struct replay_seg seg;

    if (sf_dissect(dissector, &packet, &seen) != SF_SEEN_SEGMENT) {
        return;
    }
    replay_of_seen(&seg, &seen);
    seg.mine = true;
    if ((seg.flags & SF_RST) == 0) {
        d->our_end = d->has_sent ? sf_seq_max(d->our_end, seg.end) : seg.end;
        d->has_sent = true;
        if (replay_is(&seg, SF_OPT_TS) != 0) {
            d->stamp = seg.tsval;
            d->stamp_ns = d->now.ns;
            d->has_stamp = true;
        }
    }
    d->result->no_memory = !replay_keep(&d->result->ours, &seg) || d->result->no_memory;
}

static void transmit(struct drive *d)
{
    struct sf_dissector *dissector = sf_dissector_new();
    struct sf_frame frames[8];
    size_t n = 0;

    d->result->no_memory = dissector == NULL || d->result->no_memory;
    while ((n = sf_stack_tx(d->stack, frames, 8, d->now)) > 0) {
        for (size_t i = 0; i < n && dissector != NULL; i++) {
            keep(d, dissector, &frames[i]);
        }
        sf_stack_tx_done(d->stack, frames, n);
    }
    sf_dissector_free(dissector);
}

/* The application reads: at once, or up to what the captured window shows that it has. */
static void read_on(struct drive *d)
{
    char octets[16384];
    size_t got = 1;

    while (d->has_handle && got > 0) {
        size_t most = sizeof(octets);

        got = 0;
        if (!d->reads && d->may_consume - d->consumed < most) {
            most = d->may_consume > d->consumed ? d->may_consume - d->consumed : 0;
        }
        if (most == 0 || sf_recv(d->stack, d->handle, octets, most, &got, d->now) != SF_OK) {
            return;
        }
        d->consumed += got;
    }
}

/* Send what the application gave up to the end of its last text. */
static void send_on(struct drive *d)
{
    const struct replay_seg *seg = d->send_from;
    static const uint8_t zeros[2048];

    while (seg != NULL && d->has_handle) {
        const uint32_t at =
            sf_seq_span(seg->seq, d->given) - ((seg->flags & SF_SYN) != 0 ? 1 : 0);
        const uint32_t left = seg->text_octets - at;
        const bool there = at < seg->text_captured;
        size_t want = there ? seg->text_captured - at : left;
        size_t taken = 0;

        if (left == 0) {
            break;
        }
        want = !there && want > sizeof(zeros) ? sizeof(zeros) : want;
        if (sf_send(d->stack, d->handle, there ? seg->text + at : zeros, want, 0, &taken,
                    d->now) != SF_OK ||
            taken == 0) {
            return;
        }
        d->given = sf_seq_add(d->given, (uint32_t)taken);
    }
    d->send_from = NULL;
}

static void accept_it(struct drive *d)
{
    if (d->has_listener && !d->has_handle &&
        sf_accept(d->stack, d->listener, &d->handle, d->now) == SF_OK) {
        d->has_handle = true;
        (void)!sf_set_option(d->stack, d->handle, SF_OPTION_NODELAY, 1, d->now);
    }
}

static void pay_due(struct drive *d);

static void turn(struct drive *d)
{
    struct sf_ready_event events[8];

    sf_stack_tick(d->stack, d->now);
    while (sf_stack_events(d->stack, events, 8) > 0) {
        /* Levels are asked for. */
    }
    transmit(d);
    accept_it(d);
    read_on(d);
    send_on(d);
    transmit(d);
}

static void advance(struct drive *d, uint64_t to_ns)
{
    sf_time next = sf_stack_deadline(d->stack);

    while (next.ns <= to_ns && d->steps++ < MOST_STEPS) {
        d->now = sf_time_max(d->now, next);
        turn(d);
        pay_due(d);
        next = sf_stack_deadline(d->stack);
        /* A deadline that stays would never let the moment come. */
        next = next.ns <= d->now.ns ? (sf_time){d->now.ns + 1000} : next;
    }
    d->now = sf_time_max(d->now, (sf_time){to_ns});
}

/* Our timestamp for one of the captured side's: that of when it was sent first.  They come in
 * about the order in which they were sent. */
static uint32_t stamp_of(struct drive *d, uint32_t theirs)
{
    const struct replay_conn *conn = d->conn;

    for (size_t i = d->stamp_at > 256 ? d->stamp_at - 256 : 0; i < conn->n && d->has_stamp;
         i++) {
        const struct replay_seg *seg = &conn->segs[i];

        if (seg->mine && replay_is(seg, SF_OPT_TS) != 0 &&
            (int32_t)(seg->tsval - theirs) >= 0) {
            d->stamp_at = i;
            const int64_t behind = (int64_t)(d->stamp_ns - moment(d, seg->at_ns));

            return d->stamp - (uint32_t)(behind / (int64_t)SF_NS_PER_MS);
        }
    }
    return d->has_stamp ? d->stamp : theirs;
}

static void patch_stamp(struct drive *d, uint8_t *options, uint8_t n)
{
    for (size_t i = 0; i + 1 < n && options[i] != 0;) {
        if (options[i] == 1) {
            i++;
            continue;
        }
        if (options[i] == 8 && options[i + 1] == 10 && i + 10 <= n) {
            const uint32_t echo = sf_get32(options + i + 6);

            sf_put32(options + i + 6, echo == 0 ? 0 : stamp_of(d, echo));
        }
        i += options[i + 1] < 2 ? n : options[i + 1];
    }
}

static size_t put_ip(const struct drive *d, const struct replay_seg *seg, uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    if (d->local.addr.family == SF_IPV6) {
        memset(p, 0, 40);
        p[0] = (uint8_t)(0x60 | seg->traffic_class >> 4);
        p[1] = (uint8_t)(seg->traffic_class << 4);
        sf_put16(p + 4, (uint16_t)n);
        p[6] = 6;
        p[7] = 64;
        memcpy(p + 8, d->remote.addr.octets, 16);
        memcpy(p + 24, d->local.addr.octets, 16);
        return 40;
    }
    memset(p, 0, 20);
    p[0] = 0x45;
    p[1] = seg->traffic_class;
    sf_put16(p + 2, (uint16_t)(20 + n));
    p[8] = 64;
    p[9] = 6;
    memcpy(p + 12, d->remote.addr.octets, 4);
    memcpy(p + 16, d->local.addr.octets, 4);
    for (size_t i = 0; i < 20; i += 2) {
        sum += sf_get16(p + i);
    }
    sum = (sum & 0xffff) + (sum >> 16);
    sf_put16(p + 10, (uint16_t) ~(sum + (sum >> 16)));
    return 20;
}

/* Hand a segment of the other side's to our engine. */
static void inject(struct drive *d, const struct replay_seg *seg)
{
    const size_t ip = d->local.addr.family == SF_IPV6 ? 40 : 20;
    const size_t head = 20 + (seg->option_octets + 3U) / 4 * 4;
    const size_t n = ip + head + seg->text_octets;
    uint8_t *p = n <= 65535 ? calloc(1, n) : NULL;
    struct sf_frame frame;

    if (p == NULL) {
        return;
    }
    (void)put_ip(d, seg, p, head + seg->text_octets);
    uint8_t *tcp = p + ip;
    sf_put16(tcp, d->remote.port);
    sf_put16(tcp + 2, d->local.port);
    sf_put32(tcp + 4, seg->seq.v);
    sf_put32(tcp + 8, seg->ack.v);
    tcp[12] = (uint8_t)(head / 4 << 4);
    tcp[13] = seg->flags;
    sf_put16(tcp + 14, seg->wnd);
    sf_put16(tcp + 18, seg->urg);
    memcpy(tcp + 20, seg->option, seg->option_octets);
    patch_stamp(d, tcp + 20, seg->option_octets);
    if (seg->text_captured > 0) {
        memcpy(tcp + head, seg->text, seg->text_captured);
    }
    memset(&frame, 0, sizeof(frame));
    frame.octets = (uint32_t)n;
    frame.n_pieces = 1;
    frame.csum = SF_CSUM_VALID;
    frame.pieces[0] = (struct sf_piece){p, (uint32_t)n};
    frame.gso_octets = seg->text_octets > 1460 ? 1448 : 0;
    sf_stack_rx(d->stack, &frame, 1, d->now);
    turn(d);
    free(p);
}

/* What waited for ours to send it can be acknowledged now. */
static void pay_due(struct drive *d)
{
    struct replay_seg ack;

    if (d->due_seg == NULL || !d->has_sent || sf_seq_before(d->our_end, d->due)) {
        return;
    }
    ack = *d->due_seg;
    d->due_seg = NULL;
    ack.seq = ack.end;
    ack.flags = SF_ACK;
    ack.text_octets = 0;
    ack.text_captured = 0;
    inject(d, &ack);
}

static void take_theirs(struct drive *d, const struct replay_seg *seg)
{
    struct replay_seg mapped = *seg;
    const bool ahead = (seg->flags & SF_ACK) != 0 && d->has_sent &&
                       sf_seq_after(seg->ack, d->our_end) && (seg->flags & SF_RST) == 0;

    /* Only what the captured side has shown: a forged acknowledgement stays as it is. */
    if (ahead && sf_seq_before_eq(seg->ack, sf_seq_add(d->given, 1))) {
        d->due = seg->ack;
        d->due_seg = seg;
        d->result->held_back++;
        mapped.ack = d->our_end;
    }
    inject(d, &mapped);
    pay_due(d);
    if ((seg->flags & (SF_SYN | SF_RST)) == 0) {
        d->last = seg;
    }
}

/* Octets that the captured side acknowledged, and the capture lacks. */
static void make_up(struct drive *d, const struct replay_seg *seg)
{
    struct sf_status status;
    struct replay_seg text;

    if (!d->has_handle || d->last == NULL || (seg->flags & SF_ACK) == 0 ||
        (seg->flags & SF_RST) != 0 ||
        sf_status(d->stack, d->handle, &status, d->now) != SF_OK ||
        status.state < SF_ESTABLISHED || status.error != SF_OK) {
        return;
    }
    uint32_t lacks = sf_seq_after(seg->ack, (sf_seq){status.rcv_nxt})
                         ? sf_seq_span((sf_seq){status.rcv_nxt}, seg->ack)
                         : 0;
    text = *d->last;
    text.flags = SF_ACK;
    text.text_captured = 0;
    text.seq.v = status.rcv_nxt;
    text.ack.v = status.snd_una;
    while (lacks > 0 && lacks < LEFTOVER) {
        text.text_octets = lacks < 1000 ? lacks : 1000;
        text.end = sf_seq_add(text.seq, text.text_octets);
        inject(d, &text);
        text.seq = text.end;
        lacks -= text.text_octets;
    }
}

static void active_open(struct drive *d)
{
    const struct replay_seg *syn = replay_syn(d->conn, true);
    const struct sf_open open = {.local = d->local, .remote = d->remote};

    if (d->has_handle || sf_open(d->stack, &open, &d->handle, d->now) != SF_OK) {
        return;
    }
    d->has_handle = true;
    if (replay_is(syn, SF_OPT_MSS) != 0 && syn->mss >= 88) {
        (void)!sf_set_option(d->stack, d->handle, SF_OPTION_MAXSEG, syn->mss, d->now);
    }
    (void)!sf_set_option(d->stack, d->handle, SF_OPTION_NODELAY, 1, d->now);
    turn(d);
}

static void passive_open(struct drive *d)
{
    const struct replay_seg *syn = replay_syn(d->conn, true);
    const struct sf_listen listen = {.local = d->local, .syn_cookies = SF_COOKIES_OFF};

    if (sf_listen(d->stack, &listen, &d->listener, d->now) != SF_OK) {
        return;
    }
    d->has_listener = true;
    if (syn != NULL && replay_is(syn, SF_OPT_MSS) != 0 && syn->mss >= 88) {
        (void)!sf_set_option(d->stack, d->listener, SF_OPTION_MAXSEG, syn->mss, d->now);
    }
}

/* How far the application has read, by the window that the captured side offers. */
static void follow_window(struct drive *d, const struct replay_seg *seg)
{
    const struct replay_seg *syn = replay_syn(d->conn, true);
    const struct replay_seg *far = replay_syn(d->conn, false);

    if (d->reads || (seg->flags & (SF_SYN | SF_RST)) != 0 || syn == NULL || far == NULL) {
        return;
    }
    const bool scaled =
        replay_is(syn, SF_OPT_WSCALE) != 0 && replay_is(far, SF_OPT_WSCALE) != 0;
    const uint32_t window = (uint32_t)seg->wnd << (scaled ? replay_shift(syn) : 0);
    const uint64_t edge = (uint64_t)sf_seq_span(sf_seq_add(far->seq, 1), seg->ack) + window;
    const uint64_t read = edge > d->buffer ? edge - d->buffer : 0;

    if (edge < UINT32_MAX / 2 && read > d->may_consume) {
        d->may_consume = read;
    }
}

/* What the application did so that the captured side sent this. */
static void act(struct drive *d, const struct replay_seg *seg)
{
    if ((seg->flags & (SF_SYN | SF_ACK)) == SF_SYN) {
        active_open(d);
    }
    make_up(d, seg);
    follow_window(d, seg);
    const sf_seq text = sf_seq_add(seg->seq, (seg->flags & SF_SYN) != 0 ? 1 : 0);
    const sf_seq text_end = sf_seq_add(text, seg->text_octets);
    if (d->has_handle && sf_seq_after(text_end, d->given) && sf_seq_before_eq(text, d->given) &&
        d->send_from == NULL) {
        d->send_from = seg;
        send_on(d);
    }
    if (d->has_handle && (seg->flags & SF_FIN) != 0 && !d->shut) {
        d->shut = sf_shutdown(d->stack, d->handle, d->now) == SF_OK;
    }
    const bool answered = d->result->ours.n > 0 &&
                          (d->result->ours.segs[d->result->ours.n - 1].flags & SF_RST) != 0;
    if (d->has_handle && (seg->flags & SF_RST) != 0 && !answered) {
        (void)sf_abort(d->stack, d->handle, d->now);
        d->has_handle = false;
        d->ended = true;
        if (d->has_listener) {
            (void)sf_close(d->stack, d->listener, d->now);
            d->has_listener = false;
        }
    }
    turn(d);
    pay_due(d);
}

/* The stack as the captured side's SYN presents itself. */
static void present(struct drive *d, struct sf_config *config)
{
    const struct replay_seg *syn = replay_syn(d->conn, true);
    const uint32_t heads = d->local.addr.family == SF_IPV6 ? 60 : 40;
    const uint32_t least = d->local.addr.family == SF_IPV6 ? 1280 : 576;
    uint32_t most = 65535;

    sf_config_default(config);
    memset(config->seed, 7, sizeof(config->seed));
    config->max_connections = 8;
    config->max_embryos = 8;
    config->max_time_waits = 8;
    config->sndbuf_octets = 16U << 20;
    config->rcvbuf_octets = 4U << 20;
    config->initial_window = 10;
    if (syn == NULL) {
        return;
    }
    const bool scales = replay_is(syn, SF_OPT_WSCALE) != 0;
    config->testing = 1;
    config->iss_fixed = 1;
    config->iss = syn->seq.v;
    if (replay_is(syn, SF_OPT_MSS) != 0) {
        config->mtu = syn->mss + heads;
    }
    config->mtu = config->mtu < least ? least : config->mtu;
    config->mtu = config->mtu > 65535 ? 65535 : config->mtu;
    config->timestamps = replay_is(syn, SF_OPT_TS) != 0 ? SF_OFFER_YES : SF_OFFER_NO;
    config->sack = replay_is(syn, SF_OPT_SACK_OK) != 0 ? SF_OFFER_YES : SF_OFFER_NO;
    config->window_scaling = scales ? SF_OFFER_YES : SF_OFFER_NO;
    config->window_scale = scales && syn->wscale <= 14 ? syn->wscale : SF_SCALE_BY_BUFFER;
    config->syn_window = syn->wnd > 0 ? syn->wnd : 1;
    for (size_t i = 0; i < d->conn->n; i++) {
        const struct replay_seg *seg = &d->conn->segs[i];
        const uint32_t window = (uint32_t)seg->wnd
                                << (scales && (seg->flags & SF_SYN) == 0 ? replay_shift(syn)
                                                                         : 0);

        most = seg->mine && (seg->flags & SF_RST) == 0 && window > most ? window : most;
        d->reads = d->reads && !(seg->mine && seg->wnd == 0 && (seg->flags & SF_RST) == 0);
    }
    config->rcvbuf_octets = most;
    d->buffer = most;
}

static bool open_stack(struct drive *d)
{
    struct sf_config config;
    struct sf_addr any = {.family = d->local.addr.family};
    const uint8_t bits = any.family == SF_IPV6 ? 64 : 24;

    present(d, &config);
    const size_t octets = sf_stack_octets(&config);
    d->memory = octets > 0 ? calloc(1, octets + 64) : NULL;
    if (d->memory == NULL) {
        d->result->not_run = "no stack can be made like this side";
        return false;
    }
    char *aligned = (char *)d->memory + (64 - (uintptr_t)d->memory % 64) % 64;
    if (sf_stack_init(aligned, &config, d->now, &d->stack) != SF_OK ||
        sf_stack_add_address(d->stack, &d->local.addr, bits) != SF_OK ||
        sf_stack_add_route(d->stack, &any, 0, &d->remote.addr) != SF_OK) {
        d->result->not_run = "no stack can be made with this side's address";
        return false;
    }
    return true;
}

/* True if the captured side's first word is a SYN of its own. */
static bool opens_first(const struct replay_conn *conn)
{
    const struct replay_seg *syn = replay_syn(conn, true);

    return syn != NULL && (syn->flags & SF_ACK) == 0;
}

/* True if somebody listens: the first answer is not a RST. */
static bool listens(const struct replay_conn *conn)
{
    for (size_t i = 0; i < conn->n; i++) {
        if (conn->segs[i].mine) {
            return (conn->segs[i].flags & SF_RST) == 0;
        }
    }
    return false;
}

static bool fast_open(const struct replay_conn *conn)
{
    for (size_t i = 0; i < conn->n; i++) {
        if ((conn->segs[i].flags & SF_SYN) != 0 &&
            (conn->segs[i].text_octets > 0 || replay_is(&conn->segs[i], SF_SEEN_COOKIE) != 0)) {
            return true;
        }
    }
    return false;
}

static void play(struct drive *d)
{
    const struct replay_conn *conn = d->conn;

    if (opens_first(conn)) {
        /* Their SYN may be in the capture before ours was: the two crossed. */
        if (!conn->segs[0].mine) {
            active_open(d);
        }
    } else if (listens(conn)) {
        passive_open(d);
    }
    for (size_t i = 0; i < conn->n && d->steps < MOST_STEPS; i++) {
        const struct replay_seg *seg = &conn->segs[i];

        if (seg->damaged) {
            continue;
        }
        advance(d, moment(d, seg->at_ns));
        if (seg->mine) {
            act(d, seg);
        } else {
            take_theirs(d, seg);
        }
    }
}

void replay_drive(const struct replay_conn *conn, struct replay_result *result)
{
    const bool client = conn->side == REPLAY_CLIENT;
    struct drive d = {
        .conn = conn,
        .result = result,
        .local = client ? conn->client : conn->server,
        .remote = client ? conn->server : conn->client,
        .now = {BEGIN_NS},
        .reads = true,
    };
    const struct replay_seg *syn = replay_syn(conn, true);

    result->ours = (struct replay_conn){
        .client = conn->client, .server = conn->server, .side = conn->side};
    if (fast_open(conn)) {
        result->not_run = "it uses Fast Open, whose cookie is the server's secret";
        return;
    }
    d.iss = syn != NULL ? syn->seq : (sf_seq){0};
    d.given = sf_seq_add(d.iss, 1);
    if (open_stack(&d)) {
        play(&d);
    }
    free(d.memory);
}
