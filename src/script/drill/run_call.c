/* SPDX-License-Identifier: MIT
 *
 * script/drill/run_call.c - calls of the script to sock/calls, and what they return.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/drill/values.h"

/* Of one call; there is no memory for just anything. */
#define MOST_OCTETS (64 << 20)
#define MOST_OPTION 64

/* Octets that a call is to send, and to whom. */
struct sending {
    const struct drill_expr *text; /* or a null pointer */
    size_t octets;
    int flags;
    const struct drill_expr *to; /* an address, or a null pointer */
};

/* The octets that a call is to send, or room for those that it reads. */
static bool make_buffer(struct drill_args *a, const struct drill_expr *text, size_t octets,
                        bool sends)
{
    if (octets > MOST_OCTETS) {
        drill_fail(a->run, a->event->line, "%s() of more than %d octets", a->event->call.name,
                   MOST_OCTETS);
        return false;
    }
    struct drill_run *run = a->run;
    struct sf_calls_buffer *b = &run->pending.buffer;
    const struct drill_flow *flow = drill_flow_at(a);

    if (run->pending.begun) {
        return true;
    }
    run->pending.begun = true;
    b->octets = octets;
    b->data = drill_take(&run->script.arena, octets + 1);
    if (sends && text != NULL && text->kind == DRILL_QUOTED) {
        memcpy(b->data, text->text, text->octets < octets ? text->octets : octets);
    } else if (sends) {
        size_t at = flow != NULL ? flow->n_written : 0;

        for (size_t i = 0; i < octets; i++) {
            b->data[i] = drill_pattern(~(at + i));
        }
    }
    return true;
}

/* AF_UNSPEC in the place of an address. */
static bool is_unspecified(const struct drill_expr *e)
{
    return e != NULL && e->kind == DRILL_NAME && strcmp(e->text, "AF_UNSPEC") == 0;
}

static int64_t send_it(struct drill_args *a, const struct sending *what)
{
    struct sf_calls_buffer *b = &a->run->pending.buffer;
    struct sf_endpoint remote = {.addr = a->run->remote, .port = 8080};

    if (!make_buffer(a, what->text, what->octets, true)) {
        return 0;
    }
    if (is_unspecified(what->to)) {
        remote.addr.family = SF_UNSPEC;
    }
    drill_endpoint_of(a, what->to, &remote);
    b->flags = what->flags;
    size_t before = b->done;
    int64_t result = sf_calls_sendto(&a->run->calls, a->fd, &remote, b, a->run->now);
    struct drill_flow *flow = drill_flow_at(a);
    if (flow != NULL) {
        drill_flow_write(flow, b->data + before, b->done - before);
    }
    return result;
}

static int64_t recv_it(struct drill_args *a, size_t octets, int flags)
{
    struct sf_calls_buffer *b = &a->run->pending.buffer;

    if ((flags & MSG_ERRQUEUE) != 0) {
        return drill_cannot(a, "MSG_ERRQUEUE");
    }
    if (!make_buffer(a, NULL, octets, false)) {
        return 0;
    }
    b->flags = flags;
    int64_t result = sf_calls_recv(&a->run->calls, a->fd, b, a->run->now);
    struct drill_flow *flow = drill_flow_at(a);
    for (int64_t i = 0; flow != NULL && flow->has_irs && i < result; i++) {
        if (b->data[i] != drill_pattern(flow->n_read + (uint64_t)i)) {
            drill_fail(a->run, a->event->line, "octet %" PRId64 " that was read is wrong", i);
            break;
        }
    }
    if (flow != NULL && result > 0 && (flags & MSG_PEEK) == 0) {
        flow->n_read += (uint64_t)result;
    }
    return result;
}

static int64_t call_socket(struct drill_args *a)
{
    const struct sf_addr *local = &a->run->local;
    int domain = local->family == SF_IPV4 ? AF_INET : AF_INET6;
    int type = (int)drill_value(a, 1);

    if ((type & SOCK_DGRAM) != 0 && (type & SOCK_STREAM) == 0) {
        return drill_cannot(a, "datagram sockets");
    }
    return sf_calls_socket(&a->run->calls, domain, type, (int)drill_value(a, 2));
}

static int64_t call_bind(struct drill_args *a)
{
    struct sf_endpoint local = {.addr = a->run->local, .port = a->run->flows.port};

    if (drill_endpoint(a, 1, &local)) {
        a->run->flows.port = local.port;
    }
    return sf_calls_bind(&a->run->calls, a->fd, &local);
}

static int64_t call_listen(struct drill_args *a)
{
    int64_t result =
        sf_calls_listen(&a->run->calls, a->fd, (int)drill_value(a, 1), a->run->now);

    a->run->flows.listened = a->run->flows.listened || result == 0;
    return result;
}

static int64_t call_accept(struct drill_args *a)
{
    int flags = a->n > 3 ? (int)drill_value(a, 3) : 0;

    return sf_calls_accept(&a->run->calls, a->fd, flags, a->run->now);
}

static int64_t call_connect(struct drill_args *a)
{
    struct sf_endpoint remote = {.addr = a->run->remote, .port = 8080};

    drill_endpoint(a, 1, &remote);
    if (is_unspecified(a->arg[1])) {
        remote.addr.family = SF_UNSPEC;
    }
    return sf_calls_connect(&a->run->calls, a->fd, &remote, a->run->now);
}

static int64_t call_read(struct drill_args *a)
{
    return recv_it(a, (size_t)drill_value(a, 2), a->n > 3 ? (int)drill_value(a, 3) : 0);
}

static int64_t call_write(struct drill_args *a)
{
    return send_it(a, &(struct sending){.text = a->arg[1],
                                        .octets = (size_t)drill_value(a, 2),
                                        .flags = a->n > 3 ? (int)drill_value(a, 3) : 0,
                                        .to = a->n > 4 ? a->arg[4] : NULL});
}

static int64_t call_readv(struct drill_args *a)
{
    return recv_it(a, drill_iovec(a, a->arg[1]), 0);
}

static int64_t call_writev(struct drill_args *a)
{
    return send_it(a, &(struct sending){.octets = drill_iovec(a, a->arg[1])});
}

/* {cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=9000}, alone. */
static bool is_inq(const struct drill_args *a, const struct drill_expr *message)
{
    const struct drill_expr *type = drill_field(message, "cmsg_type");

    return strcmp(a->event->call.name, "recvmsg") == 0 && message->next == NULL &&
           type != NULL && type->kind == DRILL_NAME && strcmp(type->text, "TCP_CM_INQ") == 0;
}

/* {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0} */
static int64_t call_msg(struct drill_args *a)
{
    const struct drill_expr *iov = drill_field(a->arg[1], "msg_iov");
    const struct drill_expr *control = drill_field(a->arg[1], "msg_control");
    const struct drill_expr *message = control != NULL ? control->parts : NULL;
    bool receives = strcmp(a->event->call.name, "recvmsg") == 0;

    if (receives && ((int)drill_value(a, 2) & MSG_ERRQUEUE) != 0) {
        return drill_recv_note(a, a->arg[1]);
    }
    if (iov == NULL || (message != NULL && !is_inq(a, message))) {
        return drill_cannot(a, "such a message");
    }
    if (strcmp(a->event->call.name, "recvmsg") == 0) {
        int64_t result = recv_it(a, drill_iovec(a, iov), (int)drill_value(a, 2));

        if (message != NULL && result >= 0) {
            drill_same_number(a, drill_number_of(a, drill_field(message, "cmsg_data")),
                              sf_calls_inq(&a->run->calls, a->fd, a->run->now));
        }
        return result;
    }
    return send_it(a, &(struct sending){.octets = drill_iovec(a, iov),
                                        .flags = (int)drill_value(a, 2),
                                        .to = drill_field(a->arg[1], "msg_name")});
}

static int64_t call_shutdown(struct drill_args *a)
{
    return sf_calls_shutdown(&a->run->calls, a->fd, (int)drill_value(a, 1), a->run->now);
}

static int64_t call_close(struct drill_args *a)
{
    int64_t result = sf_calls_close(&a->run->calls, a->fd, a->run->now);

    if (result == 0) {
        a->run->fds[drill_value(a, 0) % SF_CALLS_MOST] = 0;
    }
    return result;
}

static int64_t call_fcntl(struct drill_args *a)
{
    return sf_calls_fcntl(&a->run->calls, a->fd, (int)drill_value(a, 1),
                          a->n > 2 ? (int)drill_value(a, 2) : 0);
}

static int64_t call_ioctl(struct drill_args *a)
{
    int value = 0;
    int64_t result = sf_calls_ioctl(&a->run->calls, a->fd, (unsigned long)drill_value(a, 1),
                                    &value, a->run->now);

    if (result == 0) {
        drill_same(a, 2, value);
    }
    return result;
}

/* [1], {onoff=1, linger=30}, or the "octets" of a key. */
static void option_value(struct drill_args *a, struct sf_calls_option *option)
{
    const struct drill_expr *e = a->arg[3];

    if (e->kind == DRILL_QUOTED) {
        int64_t octets = drill_value(a, 4);

        octets = octets < 0 || octets > MOST_OPTION ? 0 : octets;
        option->n_octets = (size_t)octets;
        option->octets = drill_take(&a->run->script.arena, MOST_OPTION);
        memcpy(option->octets, e->text, e->octets < MOST_OPTION ? e->octets : MOST_OPTION);
        return;
    }
    if (e->kind == DRILL_LIST && e->parts != NULL) {
        e = e->parts;
    }
    if (e->kind == DRILL_STRUCT) {
        option->value = (int)drill_number_of(a, drill_field(e, "onoff"));
        option->second = (int)drill_number_of(a, drill_field(e, "linger"));
    } else if (e->kind == DRILL_INTEGER || e->kind == DRILL_NAME || e->kind == DRILL_OR) {
        option->value = (int)drill_number_of(a, e);
    }
}

static int64_t call_sockopt(struct drill_args *a)
{
    bool set = strcmp(a->event->call.name, "setsockopt") == 0;
    struct sf_calls_option option = {.level = (int)drill_value(a, 1),
                                     .name = (int)drill_value(a, 2)};
    const char *error = a->event->call.error;
    struct sf_calls_option want = option;

    option_value(a, &want);
    if (a->run->done) {
        return 0;
    }
    int64_t result = 0;
    if (set) {
        result = sf_calls_setsockopt(&a->run->calls, a->fd, &want, a->run->now);
    } else {
        option.n_octets = want.n_octets;
        option.octets = drill_take(&a->run->script.arena, MOST_OPTION);
        result = sf_calls_getsockopt(&a->run->calls, a->fd, &option, a->run->now);
    }
    if (result == -ENOPROTOOPT && (error == NULL || strcmp(error, "ENOPROTOOPT") != 0)) {
        return drill_cannot(a, a->arg[2]->kind == DRILL_NAME ? a->arg[2]->text : "this option");
    }
    if (!set && result == 0 && a->arg[3]->kind != DRILL_DOTS) {
        drill_same_number(a, want.value, option.value);
        drill_same_number(a, want.second, option.second);
        drill_same_number(a, (int64_t)want.n_octets, (int64_t)option.n_octets);
        if (!a->run->done && want.n_octets != 0 &&
            memcmp(want.octets, option.octets, want.n_octets) != 0) {
            drill_fail(a->run, a->event->line, "getsockopt() gave other octets");
        }
    }
    return result;
}

/* A pointer to nowhere, of octets that are to be sent or have arrived. */
static bool is_null(const struct drill_args *a)
{
    const struct drill_expr *e = a->n > 1 ? a->arg[1] : NULL;

    return e != NULL && e->kind == DRILL_NAME && strcmp(e->text, "NULL") == 0;
}

static const struct {
    const char *name;
    unsigned arguments; /* at least */
    bool on_fd;
    bool takes_buffer;
    int64_t (*call)(struct drill_args *a);
} calls[] = {
    {"socket", 3, false, false, call_socket},
    {"bind", 3, true, false, call_bind},
    {"listen", 2, true, false, call_listen},
    {"accept", 3, true, false, call_accept},
    {"accept4", 4, true, false, call_accept},
    {"connect", 3, true, false, call_connect},
    {"read", 3, true, true, call_read},
    {"recv", 4, true, true, call_read},
    {"recvfrom", 4, true, true, call_read},
    {"readv", 3, true, false, call_readv},
    {"recvmsg", 3, true, false, call_msg},
    {"write", 3, true, true, call_write},
    {"send", 4, true, true, call_write},
    {"sendto", 4, true, true, call_write},
    {"writev", 3, true, false, call_writev},
    {"sendmsg", 3, true, false, call_msg},
    {"shutdown", 2, true, false, call_shutdown},
    {"close", 1, true, false, call_close},
    {"fcntl", 2, true, false, call_fcntl},
    {"ioctl", 3, true, false, call_ioctl},
    {"setsockopt", 5, true, false, call_sockopt},
    {"getsockopt", 5, true, false, call_sockopt},
    {"poll", 3, false, false, drill_poll},
    {"epoll_create", 1, false, false, drill_epoll_create},
    {"epoll_ctl", 4, true, false, drill_epoll_ctl},
    {"epoll_wait", 4, true, false, drill_epoll_wait},
};

static int64_t attempt(struct drill_run *run, const struct drill_event *event)
{
    struct drill_args a = {.run = run, .event = event};

    for (const struct drill_expr *e = event->call.arguments; e != NULL && a.n < DRILL_ARGS;
         e = e->next) {
        a.arg[a.n++] = e;
    }
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        if (strcmp(calls[i].name, event->call.name) != 0) {
            continue;
        }
        if (a.n < calls[i].arguments) {
            drill_fail(run, event->line, "%s() takes %u arguments", calls[i].name,
                       calls[i].arguments);
            return 0;
        }
        a.fd = calls[i].on_fd ? drill_fd(run, drill_value(&a, 0)) : 0;
        if (!run->done && calls[i].takes_buffer && is_null(&a)) {
            return -EFAULT;
        }
        return run->done ? 0 : calls[i].call(&a);
    }
    return drill_cannot(&a, event->call.name);
}

/* True for calls that return a descriptor. */
static bool makes_fd(const char *name)
{
    return strcmp(name, "socket") == 0 || strncmp(name, "accept", 6) == 0 ||
           strcmp(name, "epoll_create") == 0;
}

/* The script's descriptor stands for ours from now on. */
static void name_fd(struct drill_run *run, const struct drill_event *event, int64_t result)
{
    bool makes = makes_fd(event->call.name);
    int64_t wanted = event->call.result->number;

    if (makes && result >= 0 && wanted >= 0 && wanted < SF_CALLS_MOST) {
        run->fds[wanted] = (int)result;
    }
}

static void verify(struct drill_run *run, const struct drill_event *event, int64_t result)
{
    const struct drill_call *call = &event->call;
    struct drill_args a = {.run = run, .event = event};
    char came[64];
    char wanted[64];

    if (run->done || call->result->kind == DRILL_DOTS) {
        return;
    }
    int64_t number = drill_number_of(&a, call->result);
    bool makes = makes_fd(call->name);
    bool same = result >= 0 ? call->error == NULL && (makes ? number >= 0 : number == result)
                            : number == -1 && (call->error == NULL ||
                                               drill_is_errno(call->error, (int)-result));
    name_fd(run, event, result);
    if (run->done || same) {
        return;
    }
    snprintf(wanted, sizeof(wanted), "%" PRId64 "%s%.40s", number,
             call->error != NULL ? " " : "", call->error != NULL ? call->error : "");
    snprintf(came, sizeof(came), "%" PRId64 "%s%s", result < 0 ? -1 : result,
             result < 0 ? " " : "", result < 0 ? drill_errno_name((int)-result) : "");
    drill_fail(run, event->line, "%s() returned something else\nexpected: %s\ncame:     %s",
               call->name, wanted, came);
}

static void finished(struct drill_run *run, int64_t result)
{
    const struct drill_event *event = run->pending.event;
    struct drill_when end = {.ns = run->pending.end_ns};
    uint64_t at = drill_now(run);

    run->pending = (struct drill_pending){.wake_ns = UINT64_MAX};
    verify(run, event, result);
    if (!run->done) {
        drill_on_time(run, event, &end, at);
    }
}

void drill_retry(struct drill_run *run)
{
    int64_t result = attempt(run, run->pending.event);

    if (!run->done && result != SF_CALLS_WAIT) {
        finished(run, result);
    }
}

void drill_call(struct drill_run *run, const struct drill_event *event,
                const struct drill_when *when)
{
    bool relative = event->when.kind == DRILL_RELATIVE;
    uint64_t anchor = when->ns - event->when.ns;

    run->pending = (struct drill_pending){.wake_ns = UINT64_MAX};
    int64_t result = attempt(run, event);
    if (run->done) {
        return;
    }
    if (result == SF_CALLS_WAIT && !event->call.blocking) {
        drill_fail(run, event->line, "%s() would wait, but is to return at once",
                   event->call.name);
        return;
    }
    if (event->call.blocking) {
        run->pending.event = event;
        run->pending.end_ns = event->call.end_ns + (relative ? anchor : 0);
    }
    if (result != SF_CALLS_WAIT) {
        if (event->call.blocking) {
            finished(run, result);
        } else {
            verify(run, event, result);
        }
    }
    if (!run->done) {
        drill_turn(run);
    }
}
