/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/engine.c - a whole stack against a peer that says anything.
 *
 * The input is a script of steps of a few octets each: segments near the edges of what the
 * connection expects, frames of raw octets, the application's calls, time.  After each the
 * numbers of every connection must make sense; at the end a peer that behaves must still be
 * served, and everything must end by itself.  The first octet says over which protocol, and
 * which of the records are few.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "synfin/conn.h"
#include "synfin/trace.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define HOLDS(condition) ((condition) ? (void)0 : abort())

enum { OUT_MAX = 8, PORT = 80, PEER_PORTS = 4, LISTENERS = 2, RECORDS = 64 };

/* Bits of the first octet. */
enum {
    OVER_IPV6 = 1,
    ONE_WORKS = 2,
    TWO_SENT = 4,
    SUPER_SEGMENTS = 8,
    FEW_CHUNKS = 16,
    COOKIES = 32,
    DEFERS = 64
};

/* What the peer has heard last on one of its ports. */
struct heard {
    uint32_t seq, ack; /* the stack's next octet, and what it expects */
    bool any;
    uint8_t cookie[SF_FAST_OPEN_MAX]; /* that a SYN,ACK gave */
    uint8_t cookie_octets;
};

struct world {
    struct sf_stack *stack;
    void *memory;
    sf_time now;
    enum sf_family family;
    size_t ip_head;
    struct sf_addr us, them;
    struct sf_handle listeners[LISTENERS]; /* the second one asks about every SYN */
    struct sf_handle conns[PEER_PORTS];
    uint32_t n_conns;
    struct heard heard[PEER_PORTS];
    const uint8_t *in, *end;
    struct sf_trace_record records[RECORDS];
    struct sf_trace_ring ring;
};

static uint8_t next(struct world *w)
{
    return w->in < w->end ? *w->in++ : 0;
}

static uint32_t next16(struct world *w)
{
    uint32_t high = next(w);

    return high << 8 | next(w);
}

static void give(struct world *w, uint8_t *frame, size_t octets)
{
    struct sf_frame f;

    memset(&f, 0, offsetof(struct sf_frame, head));
    f.octets = (uint32_t)octets;
    f.n_pieces = 1;
    f.pieces[0] = (struct sf_piece){frame, (uint32_t)octets};
    sf_stack_rx(w->stack, &f, 1, w->now);
    HOLDS(f.verdict < SF_VERDICT_COUNT);
}

/* Two ports of the peer to each listener. */
static uint16_t our_port(uint32_t peer)
{
    return (uint16_t)(PORT + peer / 2);
}

/* A packet of the peer's around `octets` of payload, in memory of its own. */
static void give_packet(struct world *w, uint8_t protocol, const uint8_t *payload,
                        size_t octets)
{
    uint8_t *packet = malloc(w->ip_head + octets);
    struct sf_ip ip = {
        .src = w->them.octets,
        .dst = w->us.octets,
        .payload_octets = (uint32_t)octets,
        .family = (uint8_t)w->family,
        .protocol = protocol,
        .hop_limit = 64,
    };

    HOLDS(packet != NULL);
    sf_ip_build(packet, &ip);
    memcpy(packet + w->ip_head, payload, octets);
    give(w, packet, w->ip_head + octets);
    free(packet);
}

static void say(struct world *w, uint32_t peer, const struct sf_seg *seg)
{
    uint8_t tcp[60 + 256];
    size_t head = sf_tcp_build(tcp, 60, seg, (uint16_t)(1000 + peer), our_port(peer));
    size_t octets = head + seg->text_octets;
    uint32_t sum = sf_sum_pseudo(w->family, w->them.octets, w->us.octets, 6, (uint32_t)octets);

    for (uint32_t i = 0; i < seg->text_octets; i++) {
        tcp[head + i] = (uint8_t)(seg->seq.v + i);
    }
    sf_put16(tcp + SF_TCP_CHECKSUM, sf_sum_end(sf_sum(tcp, octets, sum)));
    give_packet(w, 6, tcp, octets);
}

/* An ICMP error about what was said to a peer: too big, or not to be reached. */
static void step_icmp(struct world *w, uint8_t op)
{
    static const uint8_t types[2][4] = {{3, 3, 3, 3}, {2, 1, 1, 2}};
    static const uint8_t codes[2][4] = {{4, 3, 1, 4}, {0, 4, 0, 0}};
    bool six = w->family == SF_IPV6;
    uint8_t icmp[8 + 40 + 20] = {types[six][op & 3], codes[six][op & 3]};
    uint32_t peer = next(w) % PEER_PORTS;
    size_t octets = 8 + w->ip_head + 20;
    uint8_t *tcp = icmp + 8 + w->ip_head;
    struct sf_ip quoted = {
        .src = w->us.octets,
        .dst = w->them.octets,
        .payload_octets = 20,
        .family = (uint8_t)w->family,
        .protocol = 6,
        .hop_limit = 60,
    };

    sf_put32(icmp + 4, next16(w) & 2047);
    sf_ip_build(icmp + 8, &quoted);
    sf_put16(tcp, our_port(peer));
    sf_put16(tcp + 2, (uint16_t)(1000 + peer));
    sf_put32(tcp + 4, w->heard[peer].seq - next(w));
    tcp[12] = 5 << 4;
    sf_put16(icmp + 2, sf_sum_end(sf_sum(icmp, octets,
                                         six ? sf_sum_pseudo(SF_IPV6, w->them.octets,
                                                             w->us.octets, 58, (uint32_t)octets)
                                             : 0)));
    give_packet(w, six ? 58 : 1, icmp, octets);
}

/* The stack's segments, read as a peer would. */
static void hear(struct world *w)
{
    struct sf_frame out[OUT_MAX];
    size_t n = 0;

    for (int rounds = 0; (n = sf_stack_tx(w->stack, out, OUT_MAX, w->now)) != 0; rounds++) {
        HOLDS(rounds < 100000);
        for (size_t i = 0; i < n; i++) {
            struct sf_seg seg;
            uint16_t sport = 0;
            uint16_t dport = 0;

            if (out[i].family != w->family || out[i].head[w->family == SF_IPV4 ? 9 : 6] != 6) {
                continue;
            }
            HOLDS(sf_tcp_parse(out[i].head + w->ip_head, out[i].head_octets - w->ip_head, &seg,
                               &sport, &dport) == SF_PASS);
            if (dport >= 1000 && dport < 1000 + PEER_PORTS) {
                struct heard *h = &w->heard[dport - 1000];

                h->seq = seg.seq.v + (out[i].octets - out[i].head_octets) +
                         ((seg.flags & (SF_SYN | SF_FIN)) != 0);
                h->ack = (seg.flags & SF_ACK) != 0 ? seg.ack.v : h->ack;
                h->any = true;
                if ((seg.options & SF_OPT_FAST_OPEN) != 0 && seg.fast_open_octets != 0) {
                    h->cookie_octets = seg.fast_open_octets;
                    memcpy(h->cookie, seg.fast_open, seg.fast_open_octets);
                }
            }
        }
        sf_stack_tx_done(w->stack, out, n);
    }
}

static void check(struct world *w, struct sf_handle handle)
{
    struct sf_status s;

    if (sf_status(w->stack, handle, &s, w->now) != SF_OK) {
        return;
    }
    HOLDS((int32_t)(s.snd_nxt - s.snd_una) >= 0);
    HOLDS(s.unacked <= s.snd_nxt - s.snd_una);
    HOLDS(s.readable <= (1U << 20));
    HOLDS(s.state <= SF_TIME_WAIT);
    HOLDS(s.state == SF_CLOSED || s.error == SF_OK);
}

/* Decide about one SYN, now or never. */
static void answer(struct world *w, struct sf_handle listener)
{
    struct sf_syn syn;

    if (sf_syn_next(w->stack, listener, &syn) == SF_OK) {
        uint8_t what = next(w) & 3;

        if (what != 3) {
            HOLDS(sf_syn_answer(w->stack, syn.id, (enum sf_syn_answer)what, w->now) == SF_OK);
        }
    }
}

static void events(struct world *w)
{
    struct sf_ready_event e[4];
    size_t n = 0;

    for (int rounds = 0; (n = sf_stack_events(w->stack, e, 4)) != 0; rounds++) {
        HOLDS(rounds < 1000);
        for (size_t i = 0; i < n; i++) {
            if ((e[i].ready & SF_READY_SYN) != 0) {
                answer(w, e[i].handle);
            }
            if ((e[i].ready & SF_READY_ACCEPT) != 0 && w->n_conns < PEER_PORTS &&
                sf_accept(w->stack, e[i].handle, &w->conns[w->n_conns], w->now) == SF_OK) {
                w->n_conns++;
            }
        }
    }
}

/* Fast Open on a SYN: a cookie is asked for, brought back, or given. */
static void fast_open(struct world *w, struct heard *h, uint8_t how, struct sf_seg *seg)
{
    seg->options |= SF_OPT_FAST_OPEN;
    seg->fast_open_form = how & 1;
    seg->fast_open = h->cookie;
    seg->fast_open_octets = h->cookie_octets;
    if ((seg->flags & SF_ACK) != 0) {
        seg->fast_open_octets = 8;
    } else if ((how & 2) != 0 && h->cookie_octets != 0) {
        h->cookie[next(w) % h->cookie_octets] ^= (uint8_t)(how & 4);
    }
}

/* A segment near an edge of what is expected. */
static void step_segment(struct world *w, uint8_t op)
{
    uint32_t peer = op % PEER_PORTS;
    struct heard *h = &w->heard[peer];
    uint8_t shape = next(w);
    struct sf_seg seg = {
        .seq = {h->ack + (uint32_t)(int8_t)next(w)},
        .ack = {h->seq + (uint32_t)(int8_t)next(w)},
        .flags = next(w),
        .wnd = (uint16_t)((shape & 1) != 0 ? 0 : 0x1000),
        .urg = (uint16_t)((shape & 2) != 0 ? next(w) : 0),
        .text_octets = (shape & 4) != 0 ? next(w) : 0,
    };

    if ((shape & 8) != 0) {
        seg.seq.v += next16(w) << 4;
    }
    if ((shape & 16) != 0) {
        seg.options |= SF_OPT_TS;
        seg.tsval = next16(w);
        seg.tsecr = next16(w);
    }
    if ((shape & 32) != 0 && (seg.flags & SF_SYN) != 0) {
        seg.options |= SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK;
        seg.mss = (uint16_t)next16(w);
        seg.wscale = next(w);
        if ((shape & 64) != 0) {
            fast_open(w, h, shape >> 7, &seg);
        }
    } else if ((shape & 32) != 0) {
        seg.options |= SF_OPT_SACK;
        seg.n_sack = 1;
        seg.sack[0].left.v = h->seq + (uint32_t)(int8_t)next(w);
        seg.sack[0].right.v = seg.sack[0].left.v + next(w);
    }
    say(w, peer, &seg);
}

/* What a peer that behaves would say next: so that deep states are near. */
static void step_sane(struct world *w, uint8_t op)
{
    static const uint8_t flags[8] = {SF_ACK,          SF_ACK | SF_PSH, SF_ACK | SF_FIN, SF_SYN,
                                     SF_SYN | SF_ACK, SF_RST,          SF_RST | SF_ACK, SF_ACK};
    uint32_t peer = op % PEER_PORTS;
    uint8_t what = next(w);
    struct sf_seg seg = {
        .seq = {w->heard[peer].ack},
        .ack = {w->heard[peer].seq},
        .flags = flags[what & 7],
        .wnd = 0x4000,
        .text_octets = (what & 7) == 1 ? what : 0,
    };

    if ((seg.flags & SF_SYN) != 0 && (what & 0x40) != 0) {
        seg.options = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK;
        seg.mss = 536;
        seg.wscale = what >> 6;
        if ((what & 0x20) != 0) {
            fast_open(w, &w->heard[peer], what >> 7 | (what & 8) >> 1, &seg);
            seg.text_octets = (what & 0x10) != 0 ? what : 0;
        }
    }

    say(w, peer, &seg);
}

static void step_raw(struct world *w)
{
    size_t octets = next(w);
    uint8_t *frame = NULL;

    octets = octets < (size_t)(w->end - w->in) ? octets : (size_t)(w->end - w->in);
    frame = malloc(octets + (octets == 0));
    HOLDS(frame != NULL);
    memcpy(frame, w->in, octets);
    w->in += octets;
    give(w, frame, octets);
    free(frame);
}

static void open_one(struct world *w)
{
    struct sf_open open = {.remote = {.addr = w->them}};
    static const uint8_t text[1024] = {9, 8, 7};
    uint32_t peer = next(w) % PEER_PORTS;
    size_t n = 0;

    open.local.port = our_port(peer);
    open.remote.port = (uint16_t)(1000 + peer);
    open.fast_open = 1;
    if (w->n_conns < PEER_PORTS &&
        sf_open(w->stack, &open, &w->conns[w->n_conns], w->now) == SF_OK) {
        /* Queued before the SYN has left, so that it may ride on it. */
        (void)!sf_send(w->stack, w->conns[w->n_conns], text, peer * 100, 0, &n, w->now);
        w->n_conns++;
    }
}

static void forget(struct world *w, uint32_t at)
{
    w->conns[at] = w->conns[--w->n_conns];
}

/* 16 retransmissions are the most but for ever: six connections of 254 each, one after the
 * other as there is one working half, would be a day of stories, in turns of the fifth of a
 * second after which whoever starves looks for memory again. */
static uint64_t bounded(enum sf_option option, uint64_t value)
{
    bool counts =
        option == SF_OPTION_R1 || option == SF_OPTION_R2 || option == SF_OPTION_SYN_RETRIES;

    return counts && value <= UINT8_MAX && value != SF_RETRIES_FOREVER ? value % 17 : value;
}

/* Of a connection, or of the listener; what was taken is what is told. */
static enum sf_err set_option(struct world *w, struct sf_handle h)
{
    uint8_t which = next(w);
    enum sf_option option = (enum sf_option)(which % (SF_OPTION_PLAIN + 1));
    uint64_t value = bounded(option, next16(w));
    uint64_t is = 0;
    enum sf_err err;

    h = which >= 128 ? w->listeners[0] : h;
    err = sf_set_option(w->stack, h, option, value, w->now);
    if (err == SF_OK) {
        HOLDS(sf_get_option(w->stack, h, option, &is) == SF_OK);
        HOLDS(is == (option == SF_OPTION_TOS ? value & 0xfc : value));
    }
    return err;
}

static void step_call(struct world *w, uint8_t op)
{
    static const uint8_t text[2048] = {1, 2, 3};
    static uint8_t into[2048];
    uint32_t at = w->n_conns == 0 ? 0 : next(w) % w->n_conns;
    struct sf_handle h = w->n_conns == 0 ? w->listeners[0] : w->conns[at];
    struct sf_room rooms[4];
    size_t n = 4;
    enum sf_err err = SF_OK;

    switch (op % 10) {
    case 0:
        err = sf_send(w->stack, h, text, next16(w) % sizeof(text), next(w) & 3, &n, w->now);
        break;
    case 1:
        err = sf_recv(w->stack, h, into, next16(w) % sizeof(into), &n, w->now);
        break;
    case 2:
        err = sf_shutdown(w->stack, h, w->now);
        break;
    case 3:
        if (w->n_conns != 0) {
            HOLDS(sf_close(w->stack, h, w->now) == SF_OK);
            forget(w, at);
        }
        break;
    case 4:
        if (w->n_conns != 0) {
            HOLDS(sf_abort(w->stack, h, w->now) == SF_OK);
            forget(w, at);
        }
        break;
    case 5:
        open_one(w);
        break;
    case 6:
        err = set_option(w, h);
        break;
    case 7:
        err = sf_send_reserve(w->stack, h, next16(w), rooms, &n, w->now);
        for (size_t i = 0; err == SF_OK && i < n; i++) {
            memset(rooms[i].data, 0x55, rooms[i].octets);
        }
        break;
    case 8:
        err = sf_send_commit(w->stack, h, next(w), 0, w->now);
        break;
    default:
        err = sf_recv_consume(w->stack, h, next(w), w->now);
        break;
    }
    HOLDS(err <= SF_ERR_SPACE);
}

static void step_time(struct world *w)
{
    sf_time due = sf_stack_deadline(w->stack);
    uint64_t far = w->now.ns + (uint64_t)next16(w) * 1000000;

    w->now.ns = due.ns > w->now.ns && due.ns < far ? due.ns : far;
    sf_stack_tick(w->stack, w->now);
}

static void step(struct world *w)
{
    uint8_t op = next(w);

    switch (op >> 5) {
    case 0:
    case 1:
    case 2:
        step_sane(w, op);
        break;
    case 3:
    case 4:
        step_segment(w, op);
        break;
    case 5:
        step_call(w, op);
        break;
    case 6:
        step_time(w);
        break;
    default:
        if ((op & 31) == 31) {
            step_raw(w);
        } else if ((op & 31) >= 27) {
            step_icmp(w, op);
        } else {
            step_call(w, op);
        }
        break;
    }
    events(w);
    hear(w);
    for (uint32_t i = 0; i < w->n_conns; i++) {
        check(w, w->conns[i]);
    }
}

static void begin(struct world *w)
{
    struct sf_config cfg;
    struct sf_listen listen = {.syn_queue = 3, .accept_queue = 2};
    uint8_t mode = next(w);
    size_t octets = 0;

    w->family = (mode & OVER_IPV6) != 0 ? SF_IPV6 : SF_IPV4;
    w->ip_head = sf_ip_head_octets(w->family);
    HOLDS(sf_addr_parse(w->family == SF_IPV4 ? "10.0.0.1" : "fd00::1", &w->us) == SF_OK);
    HOLDS(sf_addr_parse(w->family == SF_IPV4 ? "10.0.0.2" : "fd00::2", &w->them) == SF_OK);
    sf_config_default(&cfg);
    memset(cfg.seed, 7, sizeof(cfg.seed));
    cfg.max_connections = 6;
    cfg.max_embryos = 4;
    cfg.max_time_waits = 3;
    cfg.max_chunks = (mode & FEW_CHUNKS) != 0 ? 9 : 24;
    cfg.chunk_octets = 256;
    cfg.mtu = w->family == SF_IPV4 ? 576 : 1280;
    cfg.max_working = (mode & ONE_WORKS) != 0 ? 1 : 0;
    cfg.max_choices = 3;
    cfg.uto = 1;
    cfg.push = (mode & TWO_SENT) != 0 ? SF_PUSH_WRITES : SF_PUSH_EMPTY;
    cfg.window_by_mss = (mode & TWO_SENT) != 0;
    cfg.fin_again = (mode & TWO_SENT) != 0;
    cfg.testing = 1;
    cfg.insecure_rst = (mode & TWO_SENT) != 0;
    cfg.insecure_syn = (mode & TWO_SENT) != 0;
    cfg.max_sent = (mode & TWO_SENT) != 0 ? 2 : 12;
    cfg.link_caps =
        (mode & SUPER_SEGMENTS) != 0 ? SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6 : 0;
    cfg.max_replies = 8;
    cfg.rcvbuf_octets = 4096;
    cfg.sndbuf_octets = 4096;
    /* calloc() aligns enough for a stack only where sanitizers stand in for it. */
    octets = (sf_stack_octets(&cfg) + 63) / 64 * 64;
    w->memory = aligned_alloc(64, octets);
    HOLDS(w->memory != NULL);
    memset(w->memory, 0, octets);
    w->now.ns = 1000000000;
    HOLDS(sf_stack_init(w->memory, &cfg, w->now, &w->stack) == SF_OK);
    HOLDS(sf_stack_add_address(w->stack, &w->us, 24) == SF_OK);
    for (uint32_t i = 0; i < LISTENERS; i++) {
        listen.local.port = (uint16_t)(PORT + i);
        listen.policy = i == 1 ? SF_SYN_ASK : SF_SYN_ACCEPT;
        listen.fast_open = 2;
        listen.syn_cookies = (mode & COOKIES) != 0 ? SF_COOKIES_ALWAYS : SF_COOKIES_DEFAULT;
        listen.defer_accept_ms = (mode & DEFERS) != 0 ? 1500 : 0;
        HOLDS(sf_listen(w->stack, &listen, &w->listeners[i], w->now) == SF_OK);
    }
    w->ring = (struct sf_trace_ring){.records = w->records, .capacity = RECORDS};
    sf_stack_trace(w->stack, &w->ring);
}

/* Everything is let go, and time runs on: nothing may be left. */
static void run_dry(struct world *w)
{
    struct sf_usage usage;

    while (w->n_conns != 0) {
        HOLDS(sf_close(w->stack, w->conns[0], w->now) == SF_OK);
        forget(w, 0);
    }
    for (uint32_t i = 0; i < LISTENERS; i++) {
        HOLDS(sf_close(w->stack, w->listeners[i], w->now) == SF_OK);
    }
    for (int turns = 0; turns < 100000; turns++) {
        sf_time due = sf_stack_deadline(w->stack);

        events(w);
        hear(w);
        due = sf_stack_deadline(w->stack);
        if (due.ns == UINT64_MAX) {
            break;
        }
        w->now.ns = due.ns > w->now.ns ? due.ns : w->now.ns;
        sf_stack_tick(w->stack, w->now);
    }
    sf_stack_usage(w->stack, &usage);
    HOLDS(usage.connections == 0 && usage.working == 0 && usage.embryos == 0);
    HOLDS(usage.time_waits4 == 0 && usage.time_waits6 == 0);
    HOLDS(usage.chunks == 0 && usage.sent == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;

    memset(&w, 0, sizeof(w));
    w.in = data;
    w.end = data + size;
    begin(&w);
    for (int steps = 0; w.in < w.end && steps < 400; steps++) {
        step(&w);
    }
    run_dry(&w);
    free(w.memory);
    return 0;
}
