/* SPDX-License-Identifier: MIT
 *
 * script/drill/run.h - what the parts of the player share.
 *
 *   struct drill_script --> [run.c: time, events] --> struct drill_outcome
 *                                |-> run_packet.c: inject, expect; match.c, flow.c, wire.c
 *                                |-> run_call.c: calls; names.c, sock/calls
 *                                |-> settings.c, like.c: options to a configuration
 *                                |-> command.c: sysctls, and questions about states
 *                                `-> python.c: code
 */
#ifndef SYNFIN_SCRIPT_DRILL_RUN_H
#define SYNFIN_SCRIPT_DRILL_RUN_H

#include "script/drill/drill.h"
#include "script/drill/flow.h"
#include "script/drill/wire.h"
#include "sock/calls/calls.h"

/* A call that waits. */
struct drill_pending {
    const struct drill_event *event; /* null: none */
    uint64_t end_ns;                 /* when it is to return */
    uint64_t wake_ns;                /* its own time-out; UINT64_MAX: none */
    struct sf_calls_buffer buffer;
    bool begun;
};

/* What sysctls say of Fast Open. */
struct drill_fast {
    uint32_t bits; /* SF_CALLS_FAST_* */
    uint8_t keys[SF_FAST_OPEN_KEYS][SF_FAST_OPEN_KEY];
    size_t n_keys;
};

struct drill_snapshot;

struct drill_run {
    const struct drill_how *how;
    struct drill_script script;
    struct drill_arena symbols; /* of what the script is read with */
    struct drill_outcome *outcome;
    struct sf_config config;
    uint64_t tolerance_ns;
    double tolerance_part; /* of the time since the event before, if that is more */
    uint64_t tick_ns;      /* of timestamps, for their comparison; 0: they are not compared */
    uint32_t mss; /* of the segments that a larger one is made of; 0: as the MTU has it */
    struct sf_addr local, remote;
    bool bsd;           /* sockets as FreeBSD has them */
    bool mapped;        /* IPv4 on sockets of IPv6 */
    struct sf_addr own; /* the stack's address, if it is not local; else unspecified */
    void *memory;
    struct sf_stack *stack;
    struct sf_calls calls;
    struct drill_fast fast;
    int fds[SF_CALLS_MOST]; /* the script's descriptors to ours; 0: none */

    sf_time now;
    uint64_t start_ns;                    /* where the script's time begins */
    uint64_t last_ns;                     /* of the event before, script's time */
    const struct drill_event *last;       /* the event before */
    struct drill_live *sent, **sent_tail; /* captured, not yet expected */
    struct drill_flows flows;
    struct drill_pending pending;
    struct drill_snapshot *snapshots, **snapshots_tail;
    uint32_t steps, captured;
    bool together;      /* nothing leaves between calls and packets in of one moment */
    bool held;          /* another of them follows */
    bool last_commands; /* nothing but commands follows */
    bool done;          /* failed or skipped */
};

/* End the script.  The first reason counts. */
void drill_fail(struct drill_run *run, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void drill_skip(struct drill_run *run, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Script's time as nanoseconds from its start. */
uint64_t drill_now(const struct drill_run *run);

/* A packet on the wire, either way, goes into the file that is wanted. */
void drill_record(const struct drill_run *run, const uint8_t *octets, size_t n);

/* Let the stack have its turn, and a call that waits. */
void drill_turn(struct drill_run *run);

/* Let the next thing happen; false if nothing is left up to until, the stack's time. */
bool drill_step(struct drill_run *run, sf_time until);

/* How much a moment of the script's may be off, which is at ns. */
uint64_t drill_tolerance(const struct drill_run *run, uint64_t ns);

/* True if at is when it should be, within the tolerance; else the script has failed. */
bool drill_on_time(struct drill_run *run, const struct drill_event *event,
                   const struct drill_when *when, uint64_t at_ns);

/* A packet of the script: hand it to the stack, or find it among what was sent. */
void drill_inject(struct drill_run *run, const struct drill_event *event);
void drill_expect(struct drill_run *run, const struct drill_event *event,
                  const struct drill_when *when);

/* Begin a call; it may stay pending.  Try again one that is. */
void drill_call(struct drill_run *run, const struct drill_event *event,
                const struct drill_when *when);
void drill_retry(struct drill_run *run);

/* Options and commands before the first event to run->config and the rest; false: skipped or
 * failed. */
bool drill_configure(struct drill_run *run);

/* The symbols of the command line, and those that scripts for Linux take for granted. */
uint32_t drill_symbols(const struct drill_how *how, struct drill_arena *arena,
                       const struct drill_symbol **symbols);

/* The stack and its sockets as drill_fast has it. */
void drill_fast_apply(struct drill_run *run);

/* The configuration as those have it whom the stack is like. */
void drill_present(struct drill_run *run);

/* FreeBSD chooses the window scale by the largest buffer that any socket may have. */
void drill_max_buffer(struct sf_config *config, uint64_t octets);

/* A command in the middle. */
void drill_command(struct drill_run *run, const struct drill_event *event);

/* Code: remember what the connection is like now; after the script, run all of it. */
void drill_snapshot(struct drill_run *run, const struct drill_event *event);
void drill_python(struct drill_run *run);

/* The number of a name: constants of calls, and of errno.  False: unknown. */
bool drill_constant(const char *name, int64_t *value);
const char *drill_errno_name(int number);

#endif
