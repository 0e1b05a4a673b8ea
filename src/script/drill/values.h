/* SPDX-License-Identifier: MIT
 *
 * script/drill/values.h - the arguments of a call as values.
 *
 * What makes no sense ends the script; then the numbers are zero.
 */
#ifndef SYNFIN_SCRIPT_DRILL_VALUES_H
#define SYNFIN_SCRIPT_DRILL_VALUES_H

#include "script/drill/run.h"

#define DRILL_ARGS 8

struct drill_args {
    struct drill_run *run;
    const struct drill_event *event;
    const struct drill_expr *arg[DRILL_ARGS];
    unsigned n;
    int fd; /* ours; -1: the script's names none */
};

/* The number of an expression, or of an argument. */
int64_t drill_number_of(struct drill_args *a, const struct drill_expr *e);
int64_t drill_value(struct drill_args *a, unsigned n);

/* The value of a field of a structure; null: it has none. */
const struct drill_expr *drill_field(const struct drill_expr *e, const char *name);

/* Octets of a list of {..., n}. */
size_t drill_iovec(struct drill_args *a, const struct drill_expr *list);

/* {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("1.2.3.4")}; false: dots. */
bool drill_endpoint(struct drill_args *a, unsigned n, struct sf_endpoint *endpoint);

/* The same of an argument's part, or of a null pointer. */
bool drill_endpoint_of(struct drill_args *a, const struct drill_expr *e,
                       struct sf_endpoint *endpoint);

/* Our descriptor for the script's. */
int drill_fd(const struct drill_run *run, int64_t fd);

/* The connection of the call's descriptor as the far end sees it; null: none. */
struct drill_flow *drill_flow_at(struct drill_args *a);

/* Skip: we do not have this.  Returns 0. */
int64_t drill_cannot(struct drill_args *a, const char *what);

/* Fail unless what came is what the script says. */
void drill_same_number(struct drill_args *a, int64_t want, int64_t came);
void drill_same(struct drill_args *a, unsigned n, int64_t came);

/* recvmsg(MSG_ERRQUEUE), in run_note.c. */
int64_t drill_recv_note(struct drill_args *a, const struct drill_expr *message);

/* Calls of run_poll.c: what the call returns, or -errno. */
int64_t drill_poll(struct drill_args *a);
int64_t drill_epoll_create(struct drill_args *a);
int64_t drill_epoll_ctl(struct drill_args *a);
int64_t drill_epoll_wait(struct drill_args *a);

bool drill_is_errno(const char *name, int number);

#endif
