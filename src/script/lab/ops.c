/* SPDX-License-Identifier: MIT
 *
 * script/lab/ops.c - what an application asks of its host, whichever TCP that has.
 */
#include "script/lab/run.h"

static struct sf_stack *stack(const struct lab_end *end)
{
    return sf_sim_stack(end->run->sim, end->index);
}

static sf_time now(const struct lab_end *end)
{
    return sf_sim_now(end->run->sim);
}

enum sf_err lab_ops_listen(struct lab_end *end, const struct lab_step *step,
                           struct sf_handle *handle)
{
    struct sf_listen listen = {
        .local = {.port = step->port},
        .accept_queue = (uint32_t)step->n,
        .syn_queue = step->option,
    };

    if (end->wrong != NULL) {
        *handle = (struct sf_handle){0};
        return wrong_listen(end->wrong, step->port);
    }
    return sf_listen(stack(end), &listen, handle, now(end));
}

enum sf_err lab_ops_accept(struct lab_end *end, const struct lab_turn *turn,
                           struct sf_handle *handle)
{
    return end->wrong != NULL ? wrong_accept(end->wrong, turn->port, handle)
                              : sf_accept(stack(end), turn->listener, handle, now(end));
}

enum sf_err lab_ops_open(struct lab_end *end, const struct lab_step *step,
                         struct sf_handle *handle)
{
    struct sf_open open = {
        .local = {.port = step->from},
        .remote = {end->run->lab->hosts[step->host].addr, step->port},
    };

    return end->wrong != NULL ? wrong_open(end->wrong, &open.remote, step->from, handle)
                              : sf_open(stack(end), &open, handle, now(end));
}

enum sf_err lab_ops_send(struct lab_end *end, struct sf_handle handle, const void *data,
                         size_t octets, size_t *taken)
{
    return end->wrong != NULL ? wrong_send(end->wrong, handle, data, octets, taken)
                              : sf_send(stack(end), handle, data, octets, 0, taken, now(end));
}

enum sf_err lab_ops_recv(struct lab_end *end, struct sf_handle handle, void *data,
                         size_t octets, size_t *got)
{
    return end->wrong != NULL ? wrong_recv(end->wrong, handle, data, octets, got)
                              : sf_recv(stack(end), handle, data, octets, got, now(end));
}

enum sf_err lab_ops_finish(struct lab_end *end, struct sf_handle handle, enum lab_verb how)
{
    if (end->wrong != NULL) {
        return how == LAB_SHUTDOWN ? wrong_shutdown(end->wrong, handle)
               : how == LAB_ABORT  ? wrong_abort(end->wrong, handle)
                                   : wrong_close(end->wrong, handle);
    }
    return how == LAB_SHUTDOWN ? sf_shutdown(stack(end), handle, now(end))
           : how == LAB_ABORT  ? sf_abort(stack(end), handle, now(end))
                               : sf_close(stack(end), handle, now(end));
}

enum sf_state lab_ops_state(struct lab_end *end, struct sf_handle handle, enum sf_err *error)
{
    struct sf_status status;

    if (end->wrong != NULL) {
        return wrong_state(end->wrong, handle, error);
    }
    *error = sf_status(stack(end), handle, &status, now(end));
    if (*error != SF_OK) {
        return SF_CLOSED;
    }
    *error = status.error;
    return status.state;
}

enum sf_err lab_ops_set(struct lab_end *end, struct sf_handle handle,
                        const struct lab_step *step)
{
    if (end->wrong != NULL) {
        return SF_ERR_INVAL;
    }
    return sf_set_option(stack(end), handle, (enum sf_option)step->option, step->n, now(end));
}

uint32_t lab_ops_count(struct lab_end *end, enum sf_state state)
{
    struct sf_walk_row row;
    uint64_t cursor = 0;
    uint32_t n = 0;

    if (end->wrong != NULL) {
        for (uint32_t i = 0; i < WRONG_CONNS; i++) {
            n += end->wrong->conns[i].used && end->wrong->conns[i].state == state;
        }
        return n;
    }
    while (sf_walk(stack(end), &cursor, &row, now(end))) {
        n += row.state == state;
    }
    return n;
}
