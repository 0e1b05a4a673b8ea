/* SPDX-License-Identifier: MIT
 *
 * tests/interop/wire.h - the engine and the kernel's TCP on one TUN device, in a network
 * namespace of the test's own.
 *
 *     static void somebody_closes(void **state)
 *     {
 *         struct t_wire *w = t_wire_of(state);
 *
 *         t_wire_start(w, "drop rx FIN n=1");
 *         t_connect(w);
 *         t_hold(w);
 *         T_EQ(shutdown(w->fd, SHUT_WR), 0);
 *         T_UNTIL(w, t_our_eof(w));
 *         ...
 *         t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSE_WAIT-FIN_WAIT_2");
 *     }
 *
 *     T_WIRE_CASES(somebody_closes) in the group
 *
 * One thread: the kernel's sockets do not block, and the kernel's part of TCP runs when the
 * engine's frames are written to the device.  The connection that t_connect() makes is
 * looked at all the time, at both ends.
 */
#ifndef SYNFIN_TESTS_INTEROP_WIRE_H
#define SYNFIN_TESTS_INTEROP_WIRE_H

#include "t.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "gate.h"
#include "states.h"
#include "synfin/loop.h"

#define T_OUR_PORT      80    /* of our listener */
#define T_KERNEL_PORT   7000  /* of the kernel's listener */
#define T_OUR_EPHEMERAL 20000 /* from where we connect */
#define T_CHILDREN      4

/* What a test waits for comes sooner, or not at all. */
#define T_PATIENCE SF_S(30)

/* How long a state is held that is to be seen: well above T_HELD_SPAN. */
#define T_HOLD_SPAN SF_MS(60)

/* Over which protocol, and who listens. */
struct t_case {
    enum sf_family family;
    bool kernel_listens;
};

struct t_wire {
    struct t_case how;

    /* To be changed before the start. */
    struct sf_config config; /* MSL is 100 ms, so TIME-WAIT takes 200 ms */
    struct sf_listen listen; /* where we listen: T_OUR_PORT */
    struct sf_loop_app app;  /* nothing */
    uint8_t vnet;            /* 0 */
    uint32_t mtu;            /* of the device; 0: as it is */
    int backlog;             /* of the kernel's listener */

    struct sf_loop *loop;
    struct sf_stack *stack;
    struct t_gate gate;
    char device[16];
    struct mnl_socket *diag;
    sf_time looked; /* at the states, last */
    sf_time until;  /* patience of the present T_UNTIL() */

    /* The connection. */
    struct sf_endpoint ours, kernel;
    struct sf_handle listener, conn;
    uint32_t connects; /* how many there were before, from ports of ours */
    int listen_fd, fd; /* the kernel's; -1 */
    pid_t children[T_CHILDREN];
    struct t_states states;
    bool watched; /* states has begun */

    /* Octets moved so far: written and read, from us to the kernel and back. */
    uint64_t out_written, out_read, in_written, in_read;
};

/* All four cases of a test, in a group; with these two around it. */
int t_wire_set_up(void **state);
int t_wire_tear_down(void **state);
extern struct t_case t_cases[4];
#define T_WIRE_CASE(test, i, name)                                       \
    {                                                                    \
#test name, (test), t_wire_set_up, t_wire_tear_down, &t_cases[i] \
    }
#define T_WIRE_CASES(test)                                    \
    T_WIRE_CASE(test, 0, " (IPv4, the kernel connects)"),     \
        T_WIRE_CASE(test, 1, " (IPv6, the kernel connects)"), \
        T_WIRE_CASE(test, 2, " (IPv4, the kernel listens)"),  \
        T_WIRE_CASE(test, 3, " (IPv6, the kernel listens)")
#define T_WIRE_FAMILIES(test) T_WIRE_CASE(test, 0, " (IPv4)"), T_WIRE_CASE(test, 1, " (IPv6)")

/* A sentence for a test that uses all of it. */
struct t_wire *t_wire_of(void **state);

/* Make the device and the stack, with these faults (synfin/link.h); tx is from us. */
void t_wire_start(struct t_wire *w, const char *faults);

/* Close all that was opened, so that it can be started anew. */
void t_wire_stop(struct t_wire *w);

/* Let both ends act once, sleeping 1 ms at most, and look at the states. */
void t_turn(struct t_wire *w);

/* Turn until something is so; fail after T_PATIENCE, or another span. */
#define T_UNTIL(w, condition) T_WITHIN((w), T_PATIENCE, condition)
#define T_WITHIN(w, patience, condition)                     \
    for (t_wait_begin((w), (patience)); !(condition);        \
         t_wait_turn((w), #condition, __FILE__, __LINE__)) { \
    }
void t_wait_begin(struct t_wire *w, sf_span patience);
void t_wait_turn(struct t_wire *w, const char *what, const char *file, int line);

/* Let a state last, so that it is seen. */
void t_hold(struct t_wire *w);
void t_hold_for(struct t_wire *w, sf_span span);

/* Parts of opening.  A socket of the kernel's does not block, and its congestion control is
 * not the system's default but one that takes losses for losses. */
int t_kernel_socket(const struct t_wire *w);
void t_kernel_bind(struct t_wire *w, int fd, struct sf_endpoint *end);
void t_kernel_listen(struct t_wire *w);
void t_kernel_begin(struct t_wire *w); /* w->fd is bound, and connects to w->ours */
bool t_kernel_accepted(struct t_wire *w);
bool t_kernel_opened(int fd); /* connected; fails if that failed */
void t_our_listen(struct t_wire *w);
void t_our_open(struct t_wire *w); /* w->conn is in SYN-SENT to w->kernel */
bool t_our_accepted(struct t_wire *w);
bool t_our_ready(const struct t_wire *w, uint32_t bits);

/* Begin to look at the states of w->ours and w->kernel. */
void t_watch(struct t_wire *w);

/* Open a connection, w->conn and w->fd, from whichever end the case says. */
void t_connect(struct t_wire *w);

/* Move octets of a pattern both ways at once, and compare. */
void t_move(struct t_wire *w, uint64_t out, uint64_t in);

/* Octets of the pattern at an offset of a stream; T_TEXT_RUN of them follow each other. */
#define T_TEXT_RUN 262144
const uint8_t *t_text(uint64_t offset);

/* The end of the other's octets, all having been read. */
bool t_our_eof(struct t_wire *w);
bool t_kernel_eof(const struct t_wire *w);

/* What a connection of ours died of; what a descriptor's did, as errno. */
enum sf_err t_our_error(const struct t_wire *w);
int t_kernel_error(int fd);

/* Let go of the connection, or of a descriptor. */
void t_our_close(struct t_wire *w);
void t_our_abort(struct t_wire *w);
void t_kernel_close(struct t_wire *w);

/* Fork: 0 in the child, which dies with the test, and is waited for at its end at last. */
pid_t t_fork(struct t_wire *w);

/* The exit status of a child that has ended; -1: it has not. */
int t_child_status(struct t_wire *w, pid_t child);

/* Where an endpoint is, for the kernel's calls. */
socklen_t t_sockaddr(const struct sf_endpoint *end, struct sockaddr_storage *to);

/* How many connections there are of each pair of states, ours first. */
struct t_pairs {
    uint32_t n[SF_STATES][SF_STATES];
};
void t_pairs_look(struct t_wire *w, struct t_pairs *pairs);

/* There are n connections, all in this pair of states. */
#define t_all_are(w, n, ours, kernel) \
    t_all_are_at((w), (n), (ours), (kernel), __FILE__, __LINE__)
void t_all_are_at(struct t_wire *w, uint32_t n, enum sf_state ours, enum sf_state kernel,
                  const char *file, int line);

#endif
