/* SPDX-License-Identifier: MIT
 *
 * script/lab/app.c - the applications: each step is tried until it can be done.
 *
 *   event or alarm ─► lab_turn_host() ─► step ─┬─ done: the next one
 *                                              ├─ not yet: wait for the next event
 *                                              └─ failed: as expected, or the lab fails
 *
 * What is sent depends on the connection and on the place in it, so that an octet of another
 * connection, or at another place, is found out.
 */
#include <string.h>

#include "base/time.h"
#include "script/lab/run.h"

#define PIECE 4096

static struct lab_end *end_of(struct lab_turn *turn)
{
    return &turn->run->ends[turn->app->host];
}

static struct lab_var *current(struct lab_turn *turn)
{
    return &turn->vars[turn->var];
}

/* The octet at a place of a connection. */
static uint8_t octet_at(uint32_t number, uint64_t place)
{
    return (uint8_t)('a' + (place + 5 * (uint64_t)number) % 26);
}

/* The connection of this name becomes the current one; a name that is new gets a place. */
static bool use(struct lab_turn *turn, const char *name)
{
    for (uint32_t i = 0; i < LAB_VARS; i++) {
        if (turn->vars[i].used && strcmp(turn->vars[i].name, name) == 0) {
            turn->var = i;
            return true;
        }
    }
    for (uint32_t i = 0; i < LAB_VARS; i++) {
        if (!turn->vars[i].used) {
            turn->vars[i] = (struct lab_var){.used = true};
            memcpy(turn->vars[i].name, name, LAB_NAME);
            turn->var = i;
            return true;
        }
    }
    return false;
}

static void begin_connection(struct lab_turn *turn, const struct lab_step *step,
                             struct sf_handle handle, uint32_t number)
{
    if (use(turn, step->name)) {
        struct lab_var *var = current(turn);

        var->handle = handle;
        var->number = number;
        var->sent = var->got = 0;
    }
}

static enum sf_err step_accept(struct lab_turn *turn, const struct lab_step *step)
{
    struct sf_handle handle = {0};
    enum sf_err err = lab_ops_accept(end_of(turn), turn, &handle);

    if (err == SF_OK) {
        begin_connection(turn, step, handle, ++turn->accepted);
    }
    return err;
}

static enum sf_err step_connect(struct lab_turn *turn, const struct lab_step *step)
{
    enum sf_state state = SF_CLOSED;
    enum sf_err err = SF_OK;

    if (!turn->begun) {
        struct sf_handle handle = {0};

        err = lab_ops_open(end_of(turn), step, &handle);
        if (err != SF_OK) {
            return err;
        }
        begin_connection(turn, step, handle, ++turn->opened);
        turn->begun = true;
    }
    if (step->verb == LAB_OPEN) {
        return SF_OK;
    }
    state = lab_ops_state(end_of(turn), current(turn)->handle, &err);
    if (err != SF_OK) {
        return err;
    }
    return state == SF_SYN_SENT || state == SF_SYN_RECEIVED ? SF_ERR_AGAIN : SF_OK;
}

static enum sf_err step_send(struct lab_turn *turn, const struct lab_step *step)
{
    struct lab_var *var = current(turn);
    uint8_t piece[PIECE];

    while (turn->progress < step->n) {
        uint64_t left = step->n - turn->progress;
        size_t n = left < PIECE ? (size_t)left : PIECE;
        size_t taken = 0;
        enum sf_err err = SF_OK;

        for (size_t i = 0; i < n; i++) {
            piece[i] = octet_at(var->number, var->sent + i);
        }
        err = lab_ops_send(end_of(turn), var->handle, piece, n, &taken);
        var->sent += taken;
        turn->progress += taken;
        if (err != SF_OK) {
            return err == SF_ERR_NO_MEMORY ? SF_ERR_AGAIN : err;
        }
    }
    return SF_OK;
}

static enum sf_err step_read(struct lab_turn *turn, const struct lab_step *step)
{
    struct lab_var *var = current(turn);
    uint8_t piece[PIECE];
    enum sf_err err = SF_OK;

    while (step->verb == LAB_READ_END || turn->progress < step->n) {
        uint64_t left = step->verb == LAB_READ_END ? PIECE : step->n - turn->progress;
        size_t got = 0;

        err = lab_ops_recv(end_of(turn), var->handle, piece,
                           left < PIECE ? (size_t)left : PIECE, &got);
        for (size_t i = 0; i < got; i++) {
            turn->damaged += piece[i] != octet_at(var->number, var->got + i);
        }
        var->got += got;
        turn->progress += got;
        turn->delivered += got;
        if (err != SF_OK) {
            break;
        }
    }
    return step->verb == LAB_READ_END && err == SF_ERR_EOF ? SF_OK : err;
}

static enum sf_err step_finish(struct lab_turn *turn, const struct lab_step *step)
{
    struct lab_var *var = current(turn);
    enum sf_err err = lab_ops_finish(end_of(turn), var->handle, (enum lab_verb)step->verb);

    if (step->verb != LAB_SHUTDOWN) {
        var->used = false;
    }
    /* Whoever gives up what is gone already has nothing to do. */
    return step->verb == LAB_SHUTDOWN ? err : SF_OK;
}

static enum sf_err step_wait(struct lab_turn *turn, const struct lab_step *step)
{
    struct lab_run *run = turn->run;
    sf_time now = sf_sim_now(run->sim);

    if (!turn->begun) {
        sf_time start = {SF_NS_PER_S};

        turn->begun = true;
        turn->due = sf_time_add(step->verb == LAB_AT ? start : now, step->span);
        if (sf_time_before(now, turn->due) &&
            sf_sim_at(run->sim, turn->app->host, turn->due,
                      LAB_ACTS + (uint64_t)(turn - run->turns)) != SF_OK) {
            return SF_ERR_NO_MEMORY;
        }
    }
    return sf_time_before(now, turn->due) ? SF_ERR_AGAIN : SF_OK;
}

static enum sf_err step_listen(struct lab_turn *turn, const struct lab_step *step)
{
    turn->port = step->port;
    return lab_ops_listen(end_of(turn), step, &turn->listener);
}

static enum sf_err step_loop(struct lab_turn *turn, const struct lab_step *step)
{
    if (step->verb == LAB_REPEAT) {
        turn->loop = turn->at;
        turn->loops = step->n > 0 ? step->n - 1 : 0;
    } else if (turn->loops > 0) {
        turn->loops--;
        turn->at = turn->loop;
    }
    return SF_OK;
}

static enum sf_err attempt(struct lab_turn *turn, const struct lab_step *step)
{
    switch ((enum lab_verb)step->verb) {
    case LAB_LISTEN:
        return step_listen(turn, step);
    case LAB_ACCEPT:
        return step_accept(turn, step);
    case LAB_CONNECT:
    case LAB_OPEN:
        return step_connect(turn, step);
    case LAB_USE:
        return use(turn, step->name) ? SF_OK : SF_ERR_NO_MEMORY;
    case LAB_SEND:
        return step_send(turn, step);
    case LAB_READ:
    case LAB_READ_END:
        return step_read(turn, step);
    case LAB_SHUTDOWN:
    case LAB_CLOSE:
    case LAB_ABORT:
        return step_finish(turn, step);
    case LAB_SET:
        return lab_ops_set(end_of(turn), current(turn)->handle, step);
    case LAB_WAIT:
    case LAB_AT:
        return step_wait(turn, step);
    case LAB_REPEAT:
    case LAB_END:
        return step_loop(turn, step);
    }
    return SF_ERR_INVAL;
}

/* The step has come to its end: was it the end that was expected? */
static bool as_expected(struct lab_turn *turn, const struct lab_step *step, enum sf_err err)
{
    if (err != SF_OK) {
        turn->error = err;
    }
    if (err == (enum sf_err)step->fails) {
        return true;
    }
    if (err == SF_OK) {
        lab_failed(turn->run, step->place, "this step succeeded: it was to fail with '%s'",
                   sf_err_text((enum sf_err)step->fails));
    } else {
        lab_failed(turn->run, step->place, "this step failed: %s", sf_err_text(err));
    }
    return false;
}

static void go_on(struct lab_turn *turn)
{
    while (turn->at < turn->app->n) {
        const struct lab_step *step = &turn->app->steps[turn->at];
        enum sf_err err = attempt(turn, step);

        if (err == SF_ERR_AGAIN) {
            return;
        }
        if (!as_expected(turn, step, err)) {
            break;
        }
        turn->at++;
        turn->begun = false;
        turn->progress = 0;
    }
    turn->done = true;
    turn->run->ended_ns = lab_now(turn->run);
}

void lab_turn_host(struct lab_run *run, uint32_t host)
{
    for (uint32_t i = 0; i < run->lab->n_apps; i++) {
        if (run->lab->apps[i].host == host && !run->turns[i].done) {
            go_on(&run->turns[i]);
        }
    }
}

void lab_turn_alarm(struct lab_run *run, uint32_t app)
{
    if (!run->turns[app].done) {
        go_on(&run->turns[app]);
    }
}
