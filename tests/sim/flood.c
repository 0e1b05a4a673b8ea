/* SPDX-License-Identifier: MIT
 *
 * tests/sim/flood.c - a SYN flood, as fast as one core makes and answers it, with a client
 * among it (RFC 4987 s2, s3.6).
 *
 * Three parties in memory, on the real clock: a server, a client behind a path of 100 Mbit/s
 * and 5 ms each way, and whoever sends SYNs from all over the world and never anything else.
 * The flood takes all the time that the other two leave: each turn brings 64 SYNs.  First the
 * client has the server for itself; then comes the flood, 1 s of it, or 30 s with
 * SYNFIN_SOAK set; then it is over, and everything that it left must go.
 */
#include "t.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "base/time.h"
#include "synfin/conn.h"
#include "synfin/engine.h"
#include "synfin/loop.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#define SYNS         SF_BATCH_MAX /* of each turn */
#define PIPE         4096         /* frames under way, a power of two */
#define FRAME        1600
#define BITS_PER_S   100000000ULL
#define DELAY_NS     5000000ULL
#define SYN_QUEUE    256
#define PROBE_GAP_NS 200000000ULL /* the client opens one more connection so often */

/* One way between client and server. */
struct path {
    uint64_t free_ns; /* when the last bit of what is under way has left */
    uint32_t first, count;
    uint64_t lost;
    struct {
        uint64_t due_ns;
        uint32_t octets;
        uint8_t data[FRAME];
    } frames[PIPE];
};

struct host {
    struct sf_stack *stack;
    void *memory;
    struct path *out;
};

struct flood {
    struct host server, client;
    struct path up, down;
    struct sf_handle listener;
    struct sf_endpoint at; /* of the listener */
    struct sf_handle bulk, probe;
    uint64_t probe_ns;      /* when it was opened; 0: none is */
    uint64_t next_probe_ns; /* when to open one */
    uint64_t worst_ns;      /* the longest that a connection took to open */
    uint64_t probes;        /* connections opened */
    uint64_t received;      /* octets of the server's applications */
    uint64_t syns, answers; /* of the flood, and SYN,ACKs to it */
    uint64_t begin_ns, jump_ns;
    uint32_t most_embryos, most_connections;
    uint32_t random;
    uint8_t syn[64];
    uint32_t syn_octets;
    uint8_t batch[SYNS][64];
};

static uint64_t clock_ns(const struct flood *f)
{
    return sf_now().ns - f->begin_ns + f->jump_ns;
}

static sf_time at(uint64_t ns)
{
    return (sf_time){ns};
}

static uint32_t next_random(struct flood *f)
{
    f->random = f->random * 1664525 + 1013904223;
    return f->random;
}

static struct host host_open(const struct sf_config *config, struct sf_addr addr,
                             struct path *out, uint64_t now_ns)
{
    static const struct sf_addr any = {.family = SF_IPV4};
    struct host h = {.out = out};
    size_t octets = (sf_stack_octets(config) + 63) / 64 * 64;

    T_TRUE(octets > 0);
    h.memory = aligned_alloc(64, octets);
    assert_non_null(h.memory);
    memset(h.memory, 0, octets);
    T_EQ(sf_stack_init(h.memory, config, at(now_ns), &h.stack), SF_OK);
    T_EQ(sf_stack_add_address(h.stack, &addr, 8), SF_OK);
    T_EQ(sf_stack_add_route(h.stack, &any, 0, &any), SF_OK);
    return h;
}

static void path_put(struct path *p, const struct sf_frame *frame, uint64_t now_ns)
{
    uint32_t at = (p->first + p->count) % PIPE;
    uint64_t from_ns = p->free_ns > now_ns ? p->free_ns : now_ns;

    if (p->count == PIPE) {
        p->lost++;
        return;
    }
    T_TRUE(frame->octets <= FRAME);
    p->free_ns = from_ns + frame->octets * 8ULL * SF_NS_PER_S / BITS_PER_S;
    p->frames[at].due_ns = p->free_ns + DELAY_NS;
    p->frames[at].octets = frame->octets;
    (void)sf_frame_copy(frame, p->frames[at].data, FRAME);
    p->count++;
}

static void path_deliver(struct path *p, struct sf_stack *to, uint64_t now_ns)
{
    while (p->count != 0 && p->frames[p->first].due_ns <= now_ns) {
        struct sf_frame in = {
            .octets = p->frames[p->first].octets,
            .n_pieces = 1,
            .pieces = {{p->frames[p->first].data, p->frames[p->first].octets}},
        };

        sf_stack_rx(to, &in, 1, at(now_ns));
        p->first = (p->first + 1) % PIPE;
        p->count--;
    }
}

/* What a host says: into the path, but for what goes to those who are not there. */
static void carry(struct flood *f, struct host *h, const struct sf_frame *frame,
                  uint64_t now_ns)
{
    /* The client is 10.0.0.2, the flood everywhere else. */
    if (h == &f->server && sf_get32(frame->head + 16) != 0x0a000002) {
        f->answers++;
    } else {
        path_put(h->out, frame, now_ns);
    }
}

static void fetch(struct flood *f, struct host *h, uint64_t now_ns)
{
    struct sf_frame frames[SF_BATCH_MAX];
    size_t n = 0;

    while ((n = sf_stack_tx(h->stack, frames, SF_BATCH_MAX, at(now_ns))) != 0) {
        for (size_t i = 0; i < n; i++) {
            carry(f, h, &frames[i], now_ns);
        }
        sf_stack_tx_done(h->stack, frames, n);
    }
}

/* Sixty-four SYNs, each from another place: no two alike, and all of them in order. */
static void send_syns(struct flood *f, uint64_t now_ns)
{
    struct sf_frame frames[SYNS];

    for (uint32_t i = 0; i < SYNS; i++) {
        uint8_t *p = f->batch[i];
        struct sf_ip ip;
        uint32_t sum = 0;

        memcpy(p, f->syn, f->syn_octets);
        sf_put32(p + 12, 0x0b000000 | next_random(f) >> 8); /* 11.0.0.0/8 */
        sf_put16(p + 20, (uint16_t)(1024 + next_random(f) % 60000));
        sf_put32(p + 24, next_random(f));
        sf_put16(p + 10, 0);
        sf_put16(p + 10, sf_sum_end(sf_sum(p, 20, 0)));
        ip.src = p + 12;
        ip.dst = p + 16;
        sf_put16(p + 20 + SF_TCP_CHECKSUM, 0);
        sum = sf_sum_pseudo(SF_IPV4, ip.src, ip.dst, SF_PROTO_TCP, f->syn_octets - 20);
        sf_put16(p + 20 + SF_TCP_CHECKSUM, sf_sum_end(sf_sum(p + 20, f->syn_octets - 20, sum)));
        frames[i] = (struct sf_frame){
            .octets = f->syn_octets, .n_pieces = 1, .pieces = {{p, f->syn_octets}}};
    }
    sf_stack_rx(f->server.stack, frames, SYNS, at(now_ns));
    f->syns += SYNS;
}

static void make_syn(struct flood *f)
{
    struct sf_seg seg = {
        .flags = SF_SYN,
        .wnd = 65535,
        .options = SF_OPT_MSS | SF_OPT_TS | SF_OPT_SACK_OK | SF_OPT_WSCALE,
        .mss = 1460,
        .wscale = 7,
        .tsval = 1,
    };
    static const uint8_t nobody[4] = {11, 0, 0, 1};
    size_t head = sf_tcp_build(f->syn + 20, SF_TCP_HEAD_MAX - 20, &seg, 1024, f->at.port);
    struct sf_ip ip = {
        .src = nobody,
        .dst = f->at.addr.octets,
        .payload_octets = (uint32_t)head,
        .family = SF_IPV4,
        .protocol = SF_PROTO_TCP,
        .hop_limit = 64,
        .dont_fragment = true,
    };

    sf_ip_build(f->syn, &ip);
    f->syn_octets = (uint32_t)head + 20;
}

/* The server takes whoever comes, reads all, and closes after him. */
static void serve_one(struct flood *f, struct sf_handle handle, uint64_t now_ns)
{
    static uint8_t text[65536];
    struct sf_handle child;
    size_t got = 0;
    enum sf_err err = SF_OK;

    while (sf_accept(f->server.stack, handle, &child, at(now_ns)) == SF_OK) {
    }
    while (err == SF_OK) {
        err = sf_recv(f->server.stack, handle, text, sizeof(text), &got, at(now_ns));
        f->received += got;
    }
    if (err == SF_ERR_EOF || err == SF_ERR_RESET) {
        (void)sf_close(f->server.stack, handle, at(now_ns));
    }
}

static void serve(struct flood *f, uint64_t now_ns)
{
    struct sf_ready_event events[16];
    size_t n = 0;

    while ((n = sf_stack_events(f->server.stack, events, T_COUNT(events))) != 0) {
        for (size_t i = 0; i < n; i++) {
            serve_one(f, events[i].handle, now_ns);
        }
    }
}

static void open_one(struct flood *f, struct sf_handle *handle, uint64_t now_ns)
{
    struct sf_open open = {.remote = f->at};

    T_EQ(sf_open(f->client.stack, &open, handle, at(now_ns)), SF_OK);
}

/* The client sends as much as it can on one connection, and opens others, one at a time. */
static void ask(struct flood *f, uint64_t now_ns)
{
    static const uint8_t text[65536];
    struct sf_ready_event events[16];
    size_t taken = 1;

    while (sf_stack_events(f->client.stack, events, T_COUNT(events)) != 0) {
    }
    while (taken != 0 && (sf_ready(f->client.stack, f->bulk) & SF_READY_WRITE) != 0) {
        if (sf_send(f->client.stack, f->bulk, text, sizeof(text), 0, &taken, at(now_ns)) !=
            SF_OK) {
            taken = 0;
        }
    }
    if (f->probe_ns == 0 && now_ns >= f->next_probe_ns) {
        open_one(f, &f->probe, now_ns);
        f->probe_ns = now_ns;
        f->next_probe_ns = now_ns + PROBE_GAP_NS;
    } else if (f->probe_ns != 0) {
        uint64_t took_ns = now_ns - f->probe_ns;

        f->worst_ns = took_ns > f->worst_ns ? took_ns : f->worst_ns;
        T_EQ(sf_ready(f->client.stack, f->probe) & SF_READY_ERROR, 0);
        if ((sf_ready(f->client.stack, f->probe) & SF_READY_OPEN) != 0) {
            (void)sf_close(f->client.stack, f->probe, at(now_ns));
            f->probe_ns = 0;
            f->probes++;
        }
    }
}

static void turn(struct flood *f, bool flooded)
{
    uint64_t now_ns = clock_ns(f);
    struct sf_usage usage;

    if (flooded) {
        send_syns(f, now_ns);
    }
    path_deliver(&f->up, f->server.stack, now_ns);
    path_deliver(&f->down, f->client.stack, now_ns);
    sf_stack_tick(f->server.stack, at(now_ns));
    sf_stack_tick(f->client.stack, at(now_ns));
    serve(f, now_ns);
    ask(f, now_ns);
    fetch(f, &f->server, now_ns);
    fetch(f, &f->client, now_ns);
    sf_stack_usage(f->server.stack, &usage);
    f->most_embryos = usage.embryos > f->most_embryos ? usage.embryos : f->most_embryos;
    f->most_connections =
        usage.connections > f->most_connections ? usage.connections : f->most_connections;
}

/* Octets per second that arrive in a span. */
static uint64_t run(struct flood *f, uint64_t span_ns, bool flooded)
{
    uint64_t begin_ns = clock_ns(f);
    uint64_t before = f->received;
    uint64_t now_ns = begin_ns;

    while (now_ns - begin_ns < span_ns) {
        turn(f, flooded);
        now_ns = clock_ns(f);
    }
    return (f->received - before) * SF_NS_PER_S / (now_ns - begin_ns);
}

static struct flood *flood_open(void)
{
    static struct flood f;
    struct sf_config config;
    struct sf_listen listen = {.syn_queue = SYN_QUEUE};

    memset(&f, 0, sizeof(f)); /* too large for a literal on the stack */
    f.random = 1;
    f.begin_ns = clock_ns(&f) - SF_NS_PER_S;
    f.at = (struct sf_endpoint){.addr = sf_addr_v4(10, 0, 0, 1), .port = 80};
    listen.local = f.at;
    sf_config_default(&config);
    memset(config.seed, 7, sizeof(config.seed));
    f.server = host_open(&config, f.at.addr, &f.down, clock_ns(&f));
    config.seed[0] = 8;
    f.client = host_open(&config, sf_addr_v4(10, 0, 0, 2), &f.up, clock_ns(&f));
    T_EQ(sf_listen(f.server.stack, &listen, &f.listener, at(clock_ns(&f))), SF_OK);
    make_syn(&f);
    return &f;
}

/* The flood is over: the client leaves, and an hour later nothing is left of either. */
static void as_before(struct flood *f, const struct sf_usage *before)
{
    struct sf_status listener;
    struct sf_usage after;

    f->next_probe_ns = UINT64_MAX;
    (void)run(f, SF_NS_PER_S / 2, false);
    (void)sf_abort(f->client.stack, f->bulk, at(clock_ns(f)));
    (void)run(f, SF_NS_PER_S / 10, false);
    for (uint32_t minute = 0; minute < 60; minute++) {
        f->jump_ns += 60 * SF_NS_PER_S;
        turn(f, false);
    }
    sf_stack_usage(f->server.stack, &after);
    T_MEM(&after, before, sizeof(after));
    T_EQ(sf_status(f->server.stack, f->listener, &listener, at(clock_ns(f))), SF_OK);
    T_EQ(listener.half_open, 0);
    T_EQ(listener.waiting, 0);
    T_EQ(sf_ready(f->server.stack, f->listener), 0);
}

static void a_client_is_served_through_a_flood_of_syns(void **state)
{
    struct flood *f = flood_open();
    bool soak = getenv("SYNFIN_SOAK") != NULL;
    const struct sf_counters *counted = sf_stack_counters(f->server.stack);
    struct sf_usage before;
    uint64_t alone = 0;
    uint64_t flooded = 0;
    uint64_t span_ns = (soak ? 30 : 1) * SF_NS_PER_S;

    (void)state;
    sf_stack_usage(f->server.stack, &before);
    open_one(f, &f->bulk, clock_ns(f));
    (void)run(f, SF_NS_PER_S / 2, false); /* until the window is open */
    alone = run(f, soak ? 3 * SF_NS_PER_S : SF_NS_PER_S / 2, false);
    f->probes = 0;
    f->worst_ns = 0;
    flooded = run(f, span_ns, true);

    printf("# %llu SYNs in %llu s, %.2f million a second; %llu answered, %llu by cookies\n",
           (unsigned long long)f->syns, (unsigned long long)(span_ns / SF_NS_PER_S),
           (double)f->syns * 1e3 / (double)span_ns, (unsigned long long)f->answers,
           (unsigned long long)counted->cookies_sent);
    printf("# %.1f Mbit/s before, %.1f in the flood; %llu connections opened, in %.1f ms at "
           "most\n",
           (double)alone * 8 / 1e6, (double)flooded * 8 / 1e6, (unsigned long long)f->probes,
           (double)f->worst_ns / 1e6);
    printf("# at most %u records in SYN-RECEIVED, %u connections\n", f->most_embryos,
           f->most_connections);
    T_TRUE(f->worst_ns < 3 * SF_NS_PER_S);
    T_TRUE(f->probes > 0);
    T_TRUE(flooded * 10 >= alone * 7);
    T_TRUE(f->most_embryos <= SYN_QUEUE);
    T_TRUE(f->most_connections <= 8); /* the client's, some of which are closing */
    T_TRUE(counted->cookies_sent > f->syns / 2);
    /* All that answers SYNs left.  A machine that stands still lets the timers of all records
     * in SYN-RECEIVED fall due in one turn, and there is room for as many answers as records:
     * of these repetitions, four in 30 s, some come a turn too late, and wait for the next. */
    T_TRUE(counted->replies_lost <= (soak ? 4 : 1) * SYN_QUEUE);
    T_EQ(counted->refused_by_limit, 0);
    as_before(f, &before);
    free(f->server.memory);
    free(f->client.memory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_is_served_through_a_flood_of_syns),
    };

    return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
