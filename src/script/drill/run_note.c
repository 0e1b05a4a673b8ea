/* SPDX-License-Identifier: MIT
 *
 * script/drill/run_note.c - recvmsg(MSG_ERRQUEUE): what the script wants to be told, and what
 * it is.
 */
#include <inttypes.h>
#include <time.h>

#include <linux/errqueue.h>
#include <stdlib.h>

#include "base/time.h"
#include "script/drill/values.h"

/* A number of a structure, if that names it. */
static void field_is(struct drill_args *a, const struct drill_expr *e, const char *name,
                     int64_t came)
{
    const struct drill_expr *want = drill_field(e, name);

    if (want != NULL && want->kind != DRILL_DOTS) {
        drill_same_number(a, drill_number_of(a, want), came);
    }
}

/* {scm_sec=0, scm_nsec=20000000}: from the script's beginning, as exact as its times. */
static void stamp_is(struct drill_args *a, const struct drill_expr *data,
                     const struct sf_calls_note *note)
{
    int64_t want = drill_number_of(a, drill_field(data, "scm_sec")) * (int64_t)SF_NS_PER_S +
                   drill_number_of(a, drill_field(data, "scm_nsec"));
    int64_t came = (int64_t)(note->at.ns - a->run->start_ns);

    if (llabs(want - came) > (int64_t)a->run->tolerance_ns) {
        drill_fail(a->run, a->event->line, "timestamp\nexpected: %.6f\ncame:     %.6f",
                   (double)want / 1e9, (double)came / 1e9);
    }
}

static void error_is(struct drill_args *a, const struct drill_expr *data,
                     const struct sf_calls_note *note)
{
    field_is(a, data, "ee_errno", note->error);
    field_is(a, data, "ee_origin", note->origin);
    field_is(a, data, "ee_type", 0);
    field_is(a, data, "ee_code", note->code);
    field_is(a, data, "ee_info", note->info);
    field_is(a, data, "ee_data", note->data);
}

/* The control messages: for a time two, else one. */
static void control_is(struct drill_args *a, const struct drill_expr *message,
                       const struct sf_calls_note *note)
{
    bool timed = note->origin == SO_EE_ORIGIN_TIMESTAMPING;
    int64_t level = a->run->local.family == SF_IPV4 && !a->run->mapped ? 0 : 41;
    unsigned n = 0;

    for (; message != NULL && !a->run->done; message = message->next, n++) {
        const struct drill_expr *data = drill_field(message, "cmsg_data");

        if (timed && n == 0) {
            field_is(a, message, "cmsg_level", SOL_SOCKET);
            stamp_is(a, data, note);
        } else {
            field_is(a, message, "cmsg_level", level);
            error_is(a, data, note);
        }
    }
    if (!a->run->done && n != (timed ? 2U : 1U)) {
        drill_fail(a->run, a->event->line, "%u control messages are expected", n);
    }
}

int64_t drill_recv_note(struct drill_args *a, const struct drill_expr *message)
{
    const struct drill_expr *control = drill_field(message, "msg_control");
    struct sf_calls_note note;
    int64_t result = sf_calls_recv_note(&a->run->calls, a->fd, &note);

    if (result < 0) {
        return result;
    }
    field_is(a, message, "msg_flags", MSG_ERRQUEUE | (note.cut ? MSG_TRUNC : 0));
    if (control != NULL && control->kind == DRILL_LIST) {
        control_is(a, control->parts, &note);
    }
    return 0;
}
