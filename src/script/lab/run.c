/* SPDX-License-Identifier: MIT
 *
 * script/lab/run.c - a lab runs: its network is made, everything that happens is noted, and
 * what was expected is checked.
 */
#include "script/lab/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/time.h"

#define START ((sf_time){SF_NS_PER_S}) /* of the simulation's clock */

uint64_t lab_now(const struct lab_run *run)
{
    return sf_time_sub(sf_sim_now(run->sim), START).ns;
}

void lab_failed(struct lab_run *run, struct lab_place place, const char *format, ...)
{
    struct lab_failure *failure = &run->failures[run->n_failures];
    va_list args;

    if (run->n_failures == LAB_EXPECTS) {
        return;
    }
    run->n_failures++;
    failure->place = place;
    va_start(args, format);
    (void)vsnprintf(failure->text, sizeof(failure->text), format, args);
    va_end(args);
}

void *lab_grow(struct lab_run *run, void *array, size_t n, size_t *room, size_t size)
{
    size_t more = *room == 0 ? 64 : *room * 2;
    void *larger = NULL;

    if (n < *room) {
        return array;
    }
    larger = realloc(array, more * size);
    if (larger == NULL) {
        run->short_of_memory = true;
        return NULL;
    }
    *room = more;
    return larger;
}

static void capture(struct lab_run *run, const struct sf_frame *frame)
{
    struct lab_frame *more =
        lab_grow(run, run->frames, run->n_frames, &run->room_frames, sizeof(*more));
    uint8_t *data = malloc(frame->octets);

    if (more != NULL) {
        run->frames = more;
    }
    if (more == NULL || data == NULL) {
        run->short_of_memory = true;
        free(data);
        return;
    }
    memcpy(data, frame->pieces[0].data, frame->octets);
    run->frames[run->n_frames++] =
        (struct lab_frame){.at_ns = lab_now(run), .data = data, .octets = frame->octets};
}

static void pass(struct lab_run *run, uint32_t from, uint32_t to,
                 const struct lab_packet *packet, bool arrived)
{
    struct lab_passed *more =
        lab_grow(run, run->passed, run->n_passed, &run->room_passed, sizeof(*more));

    if (more != NULL) {
        run->passed = more;
        more[run->n_passed++] = (struct lab_passed){.from = from,
                                                    .to = to,
                                                    .flags = packet->flags,
                                                    .data = packet->octets > 0,
                                                    .arrived = arrived};
    }
}

static void on_sent(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                    sf_time now)
{
    struct lab_run *run = context;
    struct lab_packet packet;

    (void)now;
    if (from == run->lab->capture) {
        capture(run, frame);
    }
    if (lab_packet_read(frame->pieces[0].data, frame->octets, &packet)) {
        pass(run, from, to, &packet, false);
        lab_act_sees(run, from, to, &packet, frame);
        packet.text = NULL;
        run->last[from][to] = packet;
    }
}

/* Who a forged frame claims to come from. */
static uint32_t claimed(const struct lab_run *run, const struct lab_packet *packet)
{
    for (uint32_t i = 0; i < run->lab->n_hosts; i++) {
        if (sf_addr_equal(&run->lab->hosts[i].addr, &packet->src.addr)) {
            return i;
        }
    }
    return SF_SIM_NOBODY;
}

static void on_arrived(void *context, uint32_t from, uint32_t to, const struct sf_frame *frame,
                       sf_time now)
{
    struct lab_run *run = context;
    struct lab_packet packet;

    (void)now;
    if (to == run->lab->capture) {
        capture(run, frame);
    }
    if (lab_packet_read(frame->pieces[0].data, frame->octets, &packet)) {
        pass(run, from == SF_SIM_NOBODY ? claimed(run, &packet) : from, to, &packet, true);
    }
}

static struct lab_conn *conn_of(struct lab_run *run, uint32_t host, uint32_t id)
{
    for (size_t i = run->n_conns; i > 0; i--) {
        struct lab_conn *conn = &run->conns[i - 1];

        if (conn->host == host && conn->id == id) {
            return conn;
        }
    }
    return NULL;
}

static void note_state(struct lab_run *run, struct lab_conn *conn, uint8_t state)
{
    if (conn->n_moves == LAB_STATES) {
        return;
    }
    conn->moves[conn->n_moves].at_ns = lab_now(run);
    conn->moves[conn->n_moves].state = state;
    conn->n_moves++;
}

static struct lab_conn *begin_conn(struct lab_run *run, uint32_t host, uint32_t id)
{
    struct lab_conn *more =
        lab_grow(run, run->conns, run->n_conns, &run->room_conns, sizeof(*more));

    if (more == NULL) {
        return NULL;
    }
    run->conns = more;
    more[run->n_conns] = (struct lab_conn){.host = host, .id = id};
    return &more[run->n_conns++];
}

static void note(struct lab_run *run, uint32_t host, const struct sf_trace_record *r)
{
    struct lab_conn *conn = conn_of(run, host, r->id);

    switch ((enum sf_trace_kind)r->kind) {
    case SF_TRACE_MOVE:
        if (conn != NULL) {
            conn->id = r->u.other;
        }
        return;
    case SF_TRACE_STATE:
        if (r->id == 0 || r->state == SF_LISTEN || r->from == r->state) {
            return;
        }
        if (conn == NULL && r->state != SF_CLOSED) {
            conn = begin_conn(run, host, r->id);
        }
        if (conn != NULL) {
            note_state(run, conn, r->state);
            conn->id = r->state == SF_CLOSED ? 0 : conn->id;
        }
        return;
    case SF_TRACE_BEGIN:
    case SF_TRACE_SEG_IN:
    case SF_TRACE_SEG_OUT:
    case SF_TRACE_TIMER:
    case SF_TRACE_LOSS:
    case SF_TRACE_WINDOW:
    case SF_TRACE_CALL:
        return;
    }
}

/* Who is at the far end of the first path of the host at whose side frames are captured; that
 * host itself if it has none. */
static uint32_t far_host(const struct lab *lab)
{
    for (uint32_t i = 0; i < lab->n_paths; i++) {
        const uint32_t *end = lab->paths[i].end;

        if (end[0] == lab->capture || end[1] == lab->capture) {
            return end[end[0] == lab->capture];
        }
    }
    return lab->capture;
}

/* What each host's engine has told since the last step. */
static void on_step(void *context, struct sf_sim *sim, sf_time now)
{
    struct lab_run *run = context;

    (void)sim;
    (void)now;
    for (uint32_t i = 0; i < run->lab->n_hosts; i++) {
        struct lab_end *end = &run->ends[i];

        for (; end->read < end->ring.written; end->read++) {
            note(run, i, &end->ring.records[end->read % end->ring.capacity]);
        }
    }
    sf_watch_drain_both(run->watch, &run->ends[run->lab->capture].ring,
                        &run->ends[far_host(run->lab)].ring);
}

static void on_event(void *context, struct sf_sim *sim, const struct sf_ready_event *event)
{
    struct lab_end *end = context;

    (void)sim;
    (void)event;
    lab_turn_host(end->run, end->index);
}

static void on_alarm(void *context, struct sf_sim *sim, uint64_t cookie)
{
    struct lab_end *end = context;

    if (cookie == WRONG_COOKIE) {
        wrong_alarm(end->wrong, sim, cookie);
    } else if (cookie < LAB_ACTS) {
        lab_act(end->run, (uint32_t)cookie);
    } else {
        lab_turn_alarm(end->run, (uint32_t)cookie - LAB_ACTS);
    }
}

static void on_packet(void *context, struct sf_sim *sim, const uint8_t *packet, size_t octets)
{
    struct lab_end *end = context;

    wrong_packet(end->wrong, sim, packet, octets);
}

static void on_poke(void *context)
{
    struct lab_end *end = context;
    struct lab_run *run = end->run;

    /* Not now, in the middle of a segment: as the next thing that happens. */
    for (uint32_t i = 0; i < run->lab->n_apps; i++) {
        if (run->lab->apps[i].host == end->index && !run->turns[i].done) {
            run->short_of_memory |= sf_sim_at(run->sim, end->index, sf_sim_now(run->sim),
                                              LAB_ACTS + (uint64_t)i) != SF_OK;
        }
    }
}

static bool open_wrong(struct lab_run *run, struct lab_end *end)
{
    const struct lab_host *host = &run->lab->hosts[end->index];
    const struct sf_sim_foreign foreign = {on_packet, on_alarm, end};
    uint32_t index = 0;

    end->wrong = malloc(sizeof(*end->wrong));
    if (end->wrong == NULL || sf_sim_foreign(run->sim, &foreign, &index) != SF_OK) {
        return false;
    }
    wrong_init(end->wrong, host);
    end->wrong->sim = run->sim;
    end->wrong->host = index;
    end->wrong->ring = &end->ring;
    end->wrong->poke = on_poke;
    end->wrong->context = end;
    return true;
}

static bool open_end(struct lab_run *run, uint32_t i)
{
    const struct lab_host *host = &run->lab->hosts[i];
    struct lab_end *end = &run->ends[i];
    const struct sf_sim_app app = {.event = on_event, .alarm = on_alarm, .context = end};
    uint32_t index = 0;

    *end = (struct lab_end){.run = run, .index = i};
    end->ring.capacity = LAB_RING;
    end->ring.records = calloc(LAB_RING, sizeof(*end->ring.records));
    if (end->ring.records == NULL) {
        return false;
    }
    if (host->breaks != 0) {
        return open_wrong(run, end);
    }
    if (sf_sim_host(run->sim, &host->config, &app, &index) != SF_OK ||
        sf_stack_add_address(sf_sim_stack(run->sim, i), &host->addr, 24) != SF_OK) {
        return false;
    }
    sf_stack_trace(sf_sim_stack(run->sim, i), &end->ring);
    return true;
}

static bool open_world(struct lab_run *run, uint64_t seed)
{
    const struct lab *lab = run->lab;
    const struct sf_sim_tap tap = {
        .sent = on_sent, .arrived = on_arrived, .step = on_step, .context = run};
    const struct sf_watch_config watch = {.max_ladders = 256,
                                          .local_name = lab->hosts[lab->capture].name,
                                          .remote_name = lab->hosts[far_host(lab)].name};
    uint8_t octets[SF_RNG_SEED_OCTETS] = {3};

    sf_put64(octets + 8, seed);
    sf_rng_init(&run->rng, octets);
    if (sf_sim_open(seed, &run->sim) != SF_OK || sf_watch_open(&watch, &run->watch) != SF_OK) {
        return false;
    }
    sf_sim_tap(run->sim, &tap);
    for (uint32_t i = 0; i < lab->n_hosts; i++) {
        if (!open_end(run, i)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < lab->n_paths; i++) {
        const struct lab_path *p = &lab->paths[i];
        const struct sf_sim_path path = {
            .rate_bps = p->rate_bps,
            .delay = p->delay,
            .queue_octets = p->queue_octets,
            .faults_ab = p->rules[0],
            .faults_ba = p->rules[1],
        };

        if (sf_sim_path(run->sim, p->end[0], p->end[1], &path) != SF_OK) {
            return false;
        }
    }
    return true;
}

/* Acts first, then the applications in the order of the file. */
static bool plan(struct lab_run *run)
{
    const struct lab *lab = run->lab;

    for (uint32_t i = 0; i < lab->n_acts; i++) {
        const struct lab_act *act = &lab->acts[i];
        uint32_t host =
            act->kind == LAB_REPLAY || act->kind == LAB_FORGE ? act->filter.to : act->host;

        if (sf_sim_at(run->sim, host, sf_time_add(START, (sf_span){act->at.ns}), i) != SF_OK) {
            return false;
        }
    }
    for (uint32_t i = 0; i < lab->n_apps; i++) {
        run->turns[i] = (struct lab_turn){.app = &lab->apps[i], .run = run};
        if (sf_sim_at(run->sim, lab->apps[i].host, START, LAB_ACTS + (uint64_t)i) != SF_OK) {
            return false;
        }
    }
    return true;
}

struct lab_run *lab_run(const struct lab *lab, uint64_t seed)
{
    struct lab_run *run = calloc(1, sizeof(*run));
    sf_time until = sf_time_is_never(lab->until) ? SF_TIME_NEVER
                                                 : sf_time_add(START, (sf_span){lab->until.ns});
    uint32_t steps = 0;

    if (run == NULL) {
        return NULL;
    }
    run->lab = lab;
    if (!open_world(run, seed) || !plan(run)) {
        lab_run_free(run);
        return NULL;
    }
    while (steps < LAB_MOST_STEPS && sf_sim_step(run->sim, until)) {
        steps++;
    }
    lab_explain(run);
    if (run->short_of_memory) {
        lab_run_free(run);
        return NULL;
    }
    if (steps == LAB_MOST_STEPS) {
        lab_failed(run, (struct lab_place){1, 1},
                   "it does not come to rest: an until line says when to stop");
    }
    lab_check(run);
    lab_check_findings(run);
    return run;
}

void lab_run_free(struct lab_run *run)
{
    if (run == NULL) {
        return;
    }
    for (uint32_t i = 0; i < run->lab->n_hosts; i++) {
        if (run->ends[i].wrong != NULL) {
            wrong_free(run->ends[i].wrong);
            free(run->ends[i].wrong);
        }
        free(run->ends[i].ring.records);
    }
    for (uint32_t i = 0; i < LAB_ACTS; i++) {
        free(run->acts[i].copy);
    }
    for (size_t i = 0; i < run->n_frames; i++) {
        free(run->frames[i].data);
    }
    free(run->frames);
    free(run->passed);
    free(run->conns);
    free(run->findings);
    sf_watch_close(run->watch);
    sf_sim_close(run->sim);
    free(run);
}
