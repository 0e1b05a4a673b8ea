/* SPDX-License-Identifier: MIT
 *
 * script/lab/run.h - a lab while it runs, and what is kept of it.
 */
#ifndef SF_SCRIPT_LAB_RUN_H
#define SF_SCRIPT_LAB_RUN_H

#include "base/rng.h"
#include "script/lab/lab.h"
#include "script/lab/packet.h"
#include "script/lab/wrong.h"
#include "synfin/finding.h"
#include "synfin/ladder.h"
#include "synfin/trace.h"

enum {
    LAB_VARS = 32,      /* connections of one application at a time */
    LAB_RING = 1 << 15, /* records between two steps */
    LAB_MOST_STEPS = 4000000
};

/* A frame as it was captured. */
struct lab_frame {
    uint64_t at_ns;
    uint8_t *data;
    uint32_t octets;
};

/* A segment that was sent, and whether it arrived (twice, perhaps). */
struct lab_passed {
    uint32_t from, to;
    uint8_t flags;
    bool data;
    bool arrived; /* else: sent */
};

/* A connection of a host, through all records that carried it. */
struct lab_conn {
    uint32_t host;
    uint32_t id; /* of its present record; 0: it has ended */
    struct {
        uint64_t at_ns;
        uint8_t state;
    } moves[LAB_STATES];
    uint32_t n_moves;
};

struct lab_var {
    char name[LAB_NAME];
    struct sf_handle handle;
    bool used;
    uint32_t number; /* of the connection in its application, from 1 */
    uint64_t sent, got;
};

/* An application while it runs. */
struct lab_turn {
    const struct lab_app *app;
    struct lab_run *run;
    uint32_t at; /* the step */
    bool begun;  /* it has been tried */
    uint32_t loop;
    uint64_t loops;    /* left */
    uint64_t progress; /* octets of this step */
    sf_time due;       /* what the step waits for */
    struct lab_var vars[LAB_VARS];
    uint32_t var;
    struct sf_handle listener;
    uint16_t port;
    uint32_t opened, accepted;
    uint64_t delivered, damaged;
    enum sf_err error; /* of the last step that failed */
    bool done;
};

/* A host while it runs. */
struct lab_end {
    struct lab_run *run;
    uint32_t index;      /* in the lab and in the simulation */
    struct wrong *wrong; /* null: our engine */
    struct sf_trace_ring ring;
    uint64_t read; /* of the ring */
};

/* An assertion that does not hold. */
struct lab_failure {
    struct lab_place place;
    char text[200];
};

struct lab_run {
    const struct lab *lab;
    struct sf_sim *sim;
    struct lab_end ends[LAB_HOSTS];
    struct lab_turn turns[LAB_APPS];
    struct sf_watch *watch; /* of the host at whose side frames are captured */
    struct sf_rng rng;

    struct lab_frame *frames; /* captured at one host's side */
    size_t n_frames, room_frames;
    struct lab_passed *passed;
    size_t n_passed, room_passed;
    struct lab_conn *conns;
    size_t n_conns, room_conns;

    struct {
        uint32_t matched; /* of the segments that a replay waits for */
        uint32_t done;    /* of the times that a forgery is sent */
        uint8_t *copy;
        uint32_t octets;
    } acts[LAB_ACTS];
    struct lab_packet last[LAB_HOSTS][LAB_HOSTS]; /* sent by one to the other; no text */

    struct sf_finding *findings; /* of the frames captured */
    size_t n_findings, room_findings;

    struct lab_failure failures[LAB_EXPECTS];
    uint32_t n_failures, checked;
    uint64_t ended_ns; /* when the last application was done */
    bool short_of_memory;
};

/* Run a lab to its end; null: there is no memory.  Assertions are checked. */
struct lab_run *lab_run(const struct lab *lab, uint64_t seed);

void lab_run_free(struct lab_run *run);

/* An assertion does not hold. */
void lab_failed(struct lab_run *run, struct lab_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Time since the lab's start. */
uint64_t lab_now(const struct lab_run *run);

/* Let the applications of a host go on as far as they can. */
void lab_turn_host(struct lab_run *run, uint32_t host);

/* An application's time has come. */
void lab_turn_alarm(struct lab_run *run, uint32_t app);

/* An act's time has come; the cookie of an act is its number, of an application LAB_ACTS and
 * its number. */
void lab_act(struct lab_run *run, uint32_t act);

/* A frame is sent: may a replay have waited for it? */
void lab_act_sees(struct lab_run *run, uint32_t from, uint32_t to,
                  const struct lab_packet *packet, const struct sf_frame *frame);

/* Make an array of records larger by one; null: there is no memory, which is remembered. */
void *lab_grow(struct lab_run *run, void *array, size_t n, size_t *room, size_t size);

/* Calls of an application, by our engine or by an endpoint that breaks rules. */
enum sf_err lab_ops_listen(struct lab_end *end, const struct lab_step *step,
                           struct sf_handle *handle);
enum sf_err lab_ops_accept(struct lab_end *end, const struct lab_turn *turn,
                           struct sf_handle *handle);
enum sf_err lab_ops_open(struct lab_end *end, const struct lab_step *step,
                         struct sf_handle *handle);
enum sf_err lab_ops_send(struct lab_end *end, struct sf_handle handle, const void *data,
                         size_t octets, size_t *taken);
enum sf_err lab_ops_recv(struct lab_end *end, struct sf_handle handle, void *data,
                         size_t octets, size_t *got);
enum sf_err lab_ops_finish(struct lab_end *end, struct sf_handle handle, enum lab_verb how);
enum sf_state lab_ops_state(struct lab_end *end, struct sf_handle handle, enum sf_err *error);
enum sf_err lab_ops_set(struct lab_end *end, struct sf_handle handle,
                        const struct lab_step *step);
uint32_t lab_ops_count(struct lab_end *end, enum sf_state state);

/* Check what was expected, all but findings. */
void lab_check(struct lab_run *run);

/* Explain the frames captured, and check what the explainer was expected to find. */
void lab_explain(struct lab_run *run);
void lab_check_findings(struct lab_run *run);

#endif
