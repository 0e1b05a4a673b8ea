/* SPDX-License-Identifier: MIT
 *
 * script/drill/run.c - virtual time, and the events in it.
 *
 * The stack is driven as synfin/engine.h tells, and the clock jumps from deadline to deadline.
 * What it sends is captured with its time; what the script expects is taken from there in
 * order.
 */
#include "script/drill/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

/* What no script needs: beyond it, it would go on and on. */
#define MOST_STEPS    100000
#define MOST_CAPTURED 50000

/* Where the stack's clock begins, so that no moment is before its beginning. */
#define BEGIN SF_S(1000)

static void say(struct drill_run *run, enum drill_verdict verdict, uint32_t line,
                const char *said)
{
    struct drill_outcome *outcome = run->outcome;

    if (run->done) {
        return;
    }
    run->done = true;
    outcome->verdict = verdict;
    if (line == 0) {
        snprintf(outcome->reason, sizeof(outcome->reason), "%s", said);
    } else {
        snprintf(outcome->reason, sizeof(outcome->reason), "line %" PRIu32 ": %s", line, said);
    }
}

void drill_fail(struct drill_run *run, uint32_t line, const char *format, ...)
{
    char said[800];
    va_list arguments;

    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() is above it */
    vsnprintf(said, sizeof(said), format, arguments);
    va_end(arguments);
    say(run, DRILL_FAILED, line, said);
}

void drill_skip(struct drill_run *run, uint32_t line, const char *format, ...)
{
    char said[800];
    va_list arguments;

    va_start(arguments, format);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start() is above it */
    vsnprintf(said, sizeof(said), format, arguments);
    va_end(arguments);
    say(run, DRILL_SKIPPED, line, said);
}

uint64_t drill_now(const struct drill_run *run)
{
    return run->now.ns - run->start_ns;
}

void drill_record(const struct drill_run *run, const uint8_t *octets, size_t n)
{
    const struct sf_packet packet = {.at_ns = drill_now(run),
                                     .octets = octets,
                                     .captured = (uint32_t)n,
                                     .length = (uint32_t)n,
                                     .linktype = SF_LINKTYPE_RAW,
                                     .timed = true};

    if (run->how->file != NULL) {
        sf_capture_write(run->how->file, &packet, NULL);
    }
}

/* Keep a frame that leaves, in one piece. */
static void capture(struct drill_run *run, const struct sf_frame *frame)
{
    struct drill_live *live = drill_take(&run->script.arena, sizeof(*live) + frame->octets);
    uint8_t *octets = (uint8_t *)(live + 1);
    size_t n = frame->head_octets;

    memcpy(octets, frame->head, n);
    for (uint8_t i = 0; i < frame->n_pieces; i++) {
        memcpy(octets + n, frame->pieces[i].data, frame->pieces[i].octets);
        n += frame->pieces[i].octets;
    }
    if (++run->captured > MOST_CAPTURED) {
        drill_fail(run, 0, "more than %d packets came", MOST_CAPTURED);
    }
    live->at_ns = run->now.ns;
    drill_record(run, octets, n);
    drill_read(live, octets, n);
    *run->sent_tail = live;
    run->sent_tail = &live->next;
}

static void transmit(struct drill_run *run)
{
    static const size_t batch = 16;
    struct sf_frame frames[16];
    size_t n = 0;

    while ((n = sf_stack_tx(run->stack, frames, batch, run->now)) > 0) {
        for (size_t i = 0; i < n; i++) {
            capture(run, &frames[i]);
        }
        sf_stack_tx_done(run->stack, frames, n);
    }
}

void drill_turn(struct drill_run *run)
{
    struct sf_ready_event events[16];

    if (run->held) {
        return;
    }
    sf_stack_tick(run->stack, run->now);
    while (sf_stack_events(run->stack, events, 16) > 0) {
        /* Who waits asks for the levels. */
    }
    transmit(run);
    sf_calls_look(&run->calls, run->now);
    if (run->pending.event != NULL && !run->done) {
        drill_retry(run);
        transmit(run);
        sf_calls_look(&run->calls, run->now);
    }
}

bool drill_step(struct drill_run *run, sf_time until)
{
    sf_time next = sf_stack_deadline(run->stack);

    if (run->pending.event != NULL) {
        next = sf_time_min(next, (sf_time){run->pending.wake_ns});
    }
    if (sf_time_before(until, next)) {
        return false;
    }
    run->now = sf_time_max(run->now, next);
    if (++run->steps > MOST_STEPS) {
        drill_fail(run, 0, "more than %d things happened", MOST_STEPS);
    }
    drill_turn(run);
    return !run->done;
}

static void advance(struct drill_run *run, uint64_t to_ns)
{
    sf_time until = {run->start_ns + to_ns};

    while (drill_step(run, until)) {
    }
    run->now = sf_time_max(run->now, until);
}

uint64_t drill_tolerance(const struct drill_run *run, uint64_t ns)
{
    uint64_t since = run->last != NULL && ns > run->last_ns ? ns - run->last_ns : 0;
    uint64_t part = (uint64_t)((double)since * run->tolerance_part);

    return part > run->tolerance_ns ? part : run->tolerance_ns;
}

bool drill_on_time(struct drill_run *run, const struct drill_event *event,
                   const struct drill_when *when, uint64_t at_ns)
{
    bool range = when->kind == DRILL_RANGE || when->kind == DRILL_RELATIVE_RANGE;
    uint64_t last = range ? when->end_ns : when->ns;
    uint64_t slack = drill_tolerance(run, when->ns);

    if (when->kind == DRILL_ANY || (at_ns + slack >= when->ns && at_ns <= last + slack)) {
        return true;
    }
    char until[40] = "";
    if (range) {
        snprintf(until, sizeof(until), " to %.6f", (double)last / 1e9);
    }
    drill_fail(run, event->line, "timing\nexpected: at %.6f%s\ncame:     at %.6f",
               (double)when->ns / 1e9, until, (double)at_ns / 1e9);
    return false;
}

/* The event's time from the script's start.  Packets that come in follow one another by their
 * own times; everything else is counted from when the event before was done. */
static struct drill_when anchored(const struct drill_run *run, const struct drill_event *event)
{
    struct drill_when when = event->when;
    bool both_in = run->last != NULL && run->last->kind == DRILL_PACKET &&
                   !run->last->packet.out && event->kind == DRILL_PACKET && !event->packet.out;
    uint64_t anchor = both_in ? run->last_ns : drill_now(run);

    if (when.kind == DRILL_RELATIVE || when.kind == DRILL_RELATIVE_RANGE) {
        when.ns += anchor;
        when.end_ns += when.kind == DRILL_RELATIVE_RANGE ? anchor : 0;
    } else if (when.kind == DRILL_ANY) {
        when.ns = anchor;
    }
    return when;
}

/* One call waits at a time, as there is one thread for them. */
static void finish_pending(struct drill_run *run, uint32_t line)
{
    const struct drill_event *event = run->pending.event;

    if (event == NULL) {
        return;
    }
    uint64_t until =
        run->start_ns + run->pending.end_ns + drill_tolerance(run, run->pending.end_ns);
    while (run->pending.event != NULL && drill_step(run, (sf_time){until})) {
    }
    if (run->pending.event != NULL && !run->done) {
        drill_fail(run, event->line, "%s() has not returned by %.6f (line %" PRIu32 " follows)",
                   event->call.name, (double)run->pending.end_ns / 1e9, line);
    }
}

static void play(struct drill_run *run, const struct drill_event *event,
                 const struct drill_when *when)
{
    switch (event->kind) {
    case DRILL_PACKET:
        if (event->packet.out) {
            drill_expect(run, event, when);
        } else {
            drill_inject(run, event);
        }
        break;
    case DRILL_CALL:
        drill_call(run, event, when);
        break;
    case DRILL_COMMAND:
        drill_command(run, event);
        break;
    case DRILL_PYTHON:
        drill_snapshot(run, event);
        break;
    case DRILL_STRANGE:
        drill_skip(run, event->line, "%s", event->text);
        break;
    }
}

/* True if what is not the stack's own: a call, or a packet that comes in. */
static bool outer(const struct drill_event *event)
{
    return event->kind == DRILL_CALL || (event->kind == DRILL_PACKET && !event->packet.out);
}

/* True if the next one is of the same moment, and nothing is to leave between them. */
static bool holds(const struct drill_run *run, const struct drill_event *event)
{
    const struct drill_event *next = event->next;

    return run->together && next != NULL && outer(event) && outer(next) &&
           next->when.kind == DRILL_ABSOLUTE && event->when.kind == DRILL_ABSOLUTE &&
           next->when.ns == event->when.ns;
}

static void play_all(struct drill_run *run)
{
    for (const struct drill_event *e = run->script.events; e != NULL && !run->done;
         e = e->next) {
        if (e->kind == DRILL_CALL) {
            finish_pending(run, e->line);
        }
        struct drill_when when = anchored(run, e);
        if (run->last != NULL && when.kind == DRILL_ABSOLUTE && when.ns < run->last_ns) {
            drill_fail(run, e->line, "time goes back");
        }
        if (!run->done && (e->kind != DRILL_PACKET || !e->packet.out)) {
            advance(run, when.ns);
        }
        if (!run->done) {
            run->held = holds(run, e);
            play(run, e, &when);
            run->held = false;
        }
        run->last = e;
        run->last_ns = when.ns;
    }
    if (!run->done) {
        finish_pending(run, 0);
    }
    if (!run->done) {
        drill_python(run);
    }
}

static bool open_stack(struct drill_run *run)
{
    size_t octets = sf_stack_octets(&run->config);
    struct sf_addr any = {.family = run->local.family};
    const struct sf_addr *own = run->own.family != SF_UNSPEC ? &run->own : &run->local;

    run->memory = calloc(1, octets + 64);
    if (octets == 0 || run->memory == NULL) {
        drill_fail(run, 0, "the stack cannot be made as the script wants it");
        return false;
    }
    char *aligned = (char *)run->memory + (64 - (uintptr_t)run->memory % 64) % 64;
    if (sf_stack_init(aligned, &run->config, run->now, &run->stack) != SF_OK ||
        sf_stack_add_address(run->stack, own, own->family == SF_IPV4 ? 24 : 64) != SF_OK ||
        sf_stack_add_route(run->stack, &any, 0, &run->remote) != SF_OK) {
        drill_fail(run, 0, "the stack cannot be made as the script wants it");
        return false;
    }
    sf_calls_init(&run->calls, run->stack);
    run->calls.bsd = run->bsd;
    run->calls.segment = run->config.mtu - (run->local.family == SF_IPV4 ? 40 : 60);
    drill_sysctl_inherit(run);
    drill_fast_apply(run);
    return true;
}

/* A script that has anything of what we do not play is skipped, whatever else it does. */
static bool strange(struct drill_run *run)
{
    for (const struct drill_event *e = run->script.events; e != NULL; e = e->next) {
        if (e->kind == DRILL_STRANGE) {
            drill_skip(run, e->line, "%s", e->text);
            return true;
        }
    }
    return false;
}

void drill_play(const char *path, const char *text, size_t octets, const struct drill_how *how,
                struct drill_outcome *outcome)
{
    struct drill_run *run = calloc(1, sizeof(*run));

    *outcome = (struct drill_outcome){.verdict = DRILL_PASSED};
    if (run == NULL) {
        abort();
    }
    run->how = how;
    run->outcome = outcome;
    run->now = (sf_time){BEGIN.ns};
    run->start_ns = run->now.ns;
    run->sent_tail = &run->sent;
    run->snapshots_tail = &run->snapshots;
    run->pending.wake_ns = UINT64_MAX;
    const struct drill_symbol *symbols = NULL;
    uint32_t n_symbols = drill_symbols(how, &run->symbols, &symbols);
    if (!drill_parse(&run->script, path, text, octets, symbols, n_symbols)) {
        drill_fail(run, 0, "%s", run->script.error);
    } else if (!strange(run) && drill_configure(run) && open_stack(run)) {
        run->flows.arena = &run->script.arena;
        play_all(run);
    }
    drill_flows_free(&run->flows);
    drill_script_free(&run->script);
    drill_arena_free(&run->symbols);
    free(run->memory);
    free(run);
}
