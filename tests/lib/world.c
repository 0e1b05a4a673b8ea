/* SPDX-License-Identifier: MIT
 *
 * tests/lib/world.c - two hosts in virtual time: their beginning and their end.
 */
#include "world.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "talk.h"

struct t_world *t_world_open(uint64_t seed, enum sf_family family)
{
    struct t_world *w = calloc(1, sizeof(*w));
    uint8_t octets[SF_RNG_SEED_OCTETS] = {2};

    assert_non_null(w);
    sf_put64(octets + 8, seed);
    sf_rng_init(&w->rng, octets);
    w->seed = seed;
    w->n_conv = 1;
    w->path.delay = SF_MS(10);
    w->hash = UINT64_C(14695981039346656037);
    for (uint8_t i = 0; i < 2; i++) {
        struct t_host *h = &w->host[i];

        h->addr = sf_addr_v4(10, 0, 0, (uint8_t)(i + 1));
        if (family == SF_IPV6) {
            T_EQ(sf_addr_parse(i == 0 ? "fd00::1" : "fd00::2", &h->addr), SF_OK);
        }
        sf_config_default(&h->config);
        h->config.max_connections = 16;
        h->config.max_embryos = 16;
        h->config.max_time_waits = 16;
        h->config.max_listeners = 4;
        h->config.max_chunks = 256;
        h->config.rcvbuf_octets = 65536;
        h->config.sndbuf_octets = 65536;
        h->listen.local.port = T_WORLD_PORT;
        h->ring = (struct sf_trace_ring){.records = h->records, .capacity = T_TRACE};
    }
    return w;
}

static void print_frame(const struct t_world *w, const char *what, uint32_t from,
                        const struct sf_frame *frame, sf_time now)
{
    size_t eth = w->host[from].config.ethernet != 0 ? 14 : 0;
    const uint8_t *p = frame->pieces[0].data + eth;
    size_t ip = p[0] >> 4 == 4 ? 20 : 40;
    const uint8_t *t = p + ip;

    if (frame->octets < eth + ip + 20 || (ip == 20 ? p[9] : p[6]) != 6) {
        printf("# %10llu us %s %s %u octets, not TCP\n",
               (unsigned long long)(now.ns / SF_NS_PER_US), from == 0 ? "A >" : "B <", what,
               frame->octets);
        return;
    }
    printf("# %10llu us %u %s %s %02x seq %08x ack %08x wnd %u text %u\n",
           (unsigned long long)(now.ns / SF_NS_PER_US), sf_get16(from == 0 ? t : t + 2),
           from == 0 ? "A >" : "B <", what, t[13], sf_get32(t + 4), sf_get32(t + 8),
           sf_get16(t + 14), (unsigned)(frame->octets - eth - ip - (size_t)(t[12] >> 4) * 4));
}

static void sent(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now)
{
    struct t_world *w = context;
    uint64_t hash = w->hash ^ now.ns ^ to;

    /* FNV-1a. */
    for (uint32_t i = 0; i < frame->octets; i++) {
        hash = (hash ^ frame->pieces[0].data[i]) * UINT64_C(1099511628211);
    }
    w->hash = hash;
    w->frames++;
    w->host[from].frames++;
    if (w->print) {
        print_frame(w, "sent", from, frame, now);
    }
}

static void arrived(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                    sf_time now)
{
    struct t_world *w = context;

    if (from == SF_SIM_NOBODY || sf_rng_below(&w->rng, 100) >= w->replays) {
        return;
    }
    T_EQ(sf_sim_inject(w->sim, to, frame->pieces[0].data, frame->octets,
                       sf_time_add(now, SF_US(sf_rng_below(
                                            &w->rng, (uint32_t)(w->replay_span.ns / 1000))))),
         SF_OK);
}

static void died(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                 sf_time now)
{
    struct t_world *w = context;

    (void)to;
    if (w->print) {
        print_frame(w, "DIED", from, frame, now);
    }
}

static void step(void *context, struct sf_sim *sim, sf_time now)
{
    (void)sim;
    t_world_check(context, now);
}

void t_world_start(struct t_world *w)
{
    struct sf_sim_tap tap = {.sent = sent,
                             .arrived = w->replays != 0 ? arrived : NULL,
                             .died = died,
                             .step = step,
                             .context = w};
    struct sf_sim_app app = {.event = t_world_event, .alarm = t_world_alarm, .context = w};

    T_EQ(sf_sim_open(w->seed, &w->sim), SF_OK);
    sf_sim_tap(w->sim, &tap);
    for (uint32_t i = 0; i < 2; i++) {
        struct t_host *h = &w->host[i];
        uint32_t number = 0;

        T_EQ(sf_sim_host(w->sim, &h->config, &app, &number), SF_OK);
        T_EQ(number, i);
        T_EQ(sf_stack_add_address(sf_sim_stack(w->sim, i), &h->addr,
                                  h->addr.family == SF_IPV4 ? 24 : 64),
             SF_OK);
        sf_stack_trace(sf_sim_stack(w->sim, i), &h->ring);
    }
    T_EQ(sf_sim_path(w->sim, 0, 1, &w->path), SF_OK);
    w->host[1].listen.user = UINT64_MAX;
    if (!w->conv[0].side[1].script.opens) {
        T_EQ(sf_listen(sf_sim_stack(w->sim, 1), &w->host[1].listen, &w->host[1].listener,
                       sf_sim_now(w->sim)),
             SF_OK);
    }
    w->last = sf_sim_now(w->sim);
    for (uint32_t i = 0; i < w->n_conv; i++) {
        for (uint32_t side = 0; side < 2; side++) {
            T_EQ(sf_sim_at(w->sim, side,
                           sf_time_add(w->last, w->conv[i].side[side].script.start),
                           t_cookie(i, side, T_ALARM_START)),
                 SF_OK);
        }
    }
}

void t_world_until(struct t_world *w, sf_span since)
{
    if (w->sim == NULL) {
        t_world_start(w);
    }
    sf_sim_run(w->sim, (sf_time){SF_NS_PER_S + since.ns});
}

static void print_end(struct t_world *w, uint32_t i, uint32_t side)
{
    const struct t_side *s = &w->conv[i].side[side];
    struct sf_stack *stack = sf_sim_stack(w->sim, side);
    struct sf_status st;
    struct sf_usage usage;

    if (!s->held || sf_status(stack, s->handle, &st, sf_sim_now(w->sim)) != SF_OK) {
        printf("# side %u: left %d error \"%s\"\n", side, s->left, sf_err_text(s->error));
        return;
    }
    sf_stack_usage(stack, &usage);
    printf("# port %u %s ready 0x%x out %llu of %llu in %llu of %llu, opened %d eof %d shut %d "
           "left %d, "
           "pauses %d %d %d\n"
           "#   readable %u held %u unsent %u unacked %u snd_wnd %u rcv_wnd %u cwnd %u mss %u; "
           "chunks %u of %u\n",
           w->conv[i].port, sf_state_name(st.state), sf_ready(stack, s->handle),
           (unsigned long long)s->out, (unsigned long long)s->script.octets,
           (unsigned long long)s->in,
           (unsigned long long)w->conv[i].side[1 - side].script.octets, s->opened, s->eof,
           s->shut, s->left, s->reading, s->writing, s->leaving, st.readable, st.held,
           st.unsent, st.unacked, st.snd_wnd, st.rcv_wnd, st.cwnd, st.mss, usage.chunks,
           w->host[side].config.max_chunks);
}

void t_world_fail(struct t_world *w, const char *what, uint64_t a, uint64_t b)
{
    for (uint32_t i = 0; w->sim != NULL && i < w->n_conv; i++) {
        print_end(w, i, 0);
        print_end(w, i, 1);
    }
    printf("# seed %llu, step %llu, %llu us: %s: %llu (0x%llx), %llu (0x%llx)\n",
           (unsigned long long)w->seed, (unsigned long long)w->steps,
           (unsigned long long)(w->last.ns / SF_NS_PER_US), what, (unsigned long long)a,
           (unsigned long long)a, (unsigned long long)b, (unsigned long long)b);
    fail();
}

bool t_world_unheard(const struct t_world *w, uint32_t i)
{
    return sf_stack_counters(sf_sim_stack(w->sim, 1))->cookies_sent != 0 &&
           !w->conv[i].side[1].opened;
}

void t_world_run(struct t_world *w)
{
    t_world_until(w, (sf_span){UINT64_MAX - SF_NS_PER_S});
    sf_close(sf_sim_stack(w->sim, 1), w->host[1].listener, sf_sim_now(w->sim));
    for (uint32_t i = 0; i < w->n_conv; i++) {
        for (uint32_t side = 0; side < 2; side++) {
            struct t_side *s = &w->conv[i].side[side];

            const struct t_script *peer = &w->conv[i].side[1 - side].script;

            if (s->held &&
                !(t_script_stays(&s->script, peer) && t_script_stays(peer, &s->script))) {
                sf_abort(sf_sim_stack(w->sim, side), s->handle, sf_sim_now(w->sim));
                s->held = false;
            } else if (s->held && side == 0 && t_world_unheard(w, i)) {
                sf_abort(sf_sim_stack(w->sim, side), s->handle, sf_sim_now(w->sim));
                s->held = false;
            } else if (s->held) {
                t_world_fail(w, "an end is stuck: conversation, side", i, side);
            }
        }
    }
    t_world_until(w, (sf_span){UINT64_MAX - SF_NS_PER_S});
    for (uint32_t side = 0; side < 2; side++) {
        t_nothing_left_at(sf_sim_stack(w->sim, side), __FILE__, __LINE__);
    }
}

enum sf_state t_world_state(struct t_world *w, uint32_t i, uint32_t side)
{
    struct sf_status st;
    const struct t_side *s = &w->conv[i].side[side];

    if (!s->held ||
        sf_status(sf_sim_stack(w->sim, side), s->handle, &st, sf_sim_now(w->sim)) != SF_OK) {
        return SF_CLOSED;
    }
    return st.state;
}

bool t_world_is_clean(const struct t_world *w, uint32_t i)
{
    bool clean = true;

    for (uint32_t side = 0; side < 2; side++) {
        const struct t_side *s = &w->conv[i].side[side];
        const struct t_side *peer = &w->conv[i].side[1 - side];

        clean = clean && s->opened && s->left && s->error == SF_OK &&
                s->out == s->script.octets && s->in == peer->script.octets;
    }
    return clean;
}

void t_world_clean_at(const struct t_world *w, uint32_t i, const char *file, int line)
{
    if (t_world_is_clean(w, i)) {
        return;
    }
    for (uint32_t side = 0; side < 2; side++) {
        const struct t_side *s = &w->conv[i].side[side];

        printf("# seed %llu conversation %u side %u: opened %d left %d eof %d error \"%s\" "
               "out %llu of %llu, in %llu\n",
               (unsigned long long)w->seed, i, side, s->opened, s->left, s->eof,
               sf_err_text(s->error), (unsigned long long)s->out,
               (unsigned long long)s->script.octets, (unsigned long long)s->in);
    }
    _fail(file, line);
}

void t_world_close(struct t_world *w)
{
    sf_sim_close(w->sim);
    free(w);
}
