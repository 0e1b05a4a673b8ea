/* SPDX-License-Identifier: MIT
 *
 * tests/interop/abort.c - the ways in which a connection ends in no order, the kernel's TCP
 * at the other end: reset, left alone, killed, vanished.
 */
#include "wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>

#define GIVE_UP_MS 500

/* close() is a RST from now on. */
static void linger_not(int fd)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    T_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none)), 0);
}

static void until_closed(struct t_wire *w)
{
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_hold(w);
}

static void we_are_reset_in_mid_life(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "");
    t_connect(w);
    t_move(w, 100000, 100000);
    t_hold(w);
    linger_not(w->fd);
    t_kernel_close(w);
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_RESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-CLOSED");
}

static void the_kernel_is_reset_in_mid_life(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int error = 0;

    t_wire_start(w, "");
    t_connect(w);
    t_move(w, 100000, 100000);
    t_hold(w);
    t_our_abort(w);
    T_UNTIL(w, (error = t_kernel_error(w->fd)) != 0);
    T_EQ(error, ECONNRESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-CLOSED");
}

/* RFC 1122 s4.2.2.13: who leaves octets unread says so with a RST. */
static void the_kernel_leaves_octets_unread(void **state)
{
    struct t_wire *w = t_wire_of(state);
    size_t taken = 0;
    int unread = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(sf_send(w->stack, w->conn, t_text(0), 5000, 0, &taken, sf_now()), SF_OK);
    T_EQ(taken, 5000);
    T_UNTIL(w, (unread = (int)recv(w->fd, (uint8_t[5000]){0}, 5000, MSG_PEEK)) == 5000);
    t_hold(w);
    t_kernel_close(w);
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_RESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-CLOSED");
}

static void we_leave_octets_unread(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int error = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(send(w->fd, t_text(0), 5000, 0), 5000);
    T_UNTIL(w, t_our_ready(w, SF_READY_READ));
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, (error = t_kernel_error(w->fd)) != 0);
    T_EQ(error, ECONNRESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-CLOSED");
}

/* Nobody reads any more at our end, and the kernel does not close: FIN-WAIT-2 has a limit,
 * and what the kernel sends after it is reset. */
static void our_orphan_leaves_fin_wait_2(void **state)
{
    struct t_wire *w = t_wire_of(state);

    w->config.fin_wait_2 = SF_MS(200);
    t_wire_start(w, "");
    t_connect(w);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSE_WAIT));
    T_EQ(sf_stack_counters(w->stack)->orphans_ended, 1);
    t_hold(w);
    T_EQ(send(w->fd, "late", 4, MSG_NOSIGNAL), 4);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED FIN_WAIT_2-CLOSE_WAIT "
                              "CLOSED-CLOSE_WAIT CLOSED-CLOSED");
}

/* The same at the kernel's end, whose limit is set by TCP_LINGER2 (tcp(7)). */
static void the_orphan_of_the_kernel_leaves_fin_wait_2(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int seconds = 1;
    size_t taken = 0;

    t_wire_start(w, "");
    t_connect(w);
    t_hold(w);
    T_EQ(setsockopt(w->fd, IPPROTO_TCP, TCP_LINGER2, &seconds, sizeof(seconds)), 0);
    t_kernel_close(w);
    T_UNTIL(w, t_our_eof(w));
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSE_WAIT, SF_FIN_WAIT_2));
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSE_WAIT, SF_CLOSED));
    t_hold(w);
    T_EQ(sf_send(w->stack, w->conn, "late", 4, 0, &taken, sf_now()), SF_OK);
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_RESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSE_WAIT-FIN_WAIT_2 "
                              "CLOSE_WAIT-CLOSED CLOSED-CLOSED");
}

/* A process that has the kernel's end, alone, is killed. */
static void kill_holder(struct t_wire *w)
{
    int pipes[2] = {-1, -1};
    pid_t child = 0;

    T_EQ(pipe(pipes), 0);
    child = t_fork(w);
    if (child == 0) {
        char octet = 0;

        (void)close(pipes[1]);
        (void)read(pipes[0], &octet, 1); /* until killed */
        _exit(0);
    }
    t_kernel_close(w); /* the child still has it */
    t_hold(w);
    T_TRUE(t_states_now(&w->states, SF_ESTABLISHED, SF_ESTABLISHED));
    T_EQ(kill(child, SIGKILL), 0);
    T_UNTIL(w, t_child_status(w, child) == 128 + SIGKILL);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

/* The kernel closes what the dead leave: a FIN. */
static void the_process_at_the_other_end_is_killed(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "");
    t_connect(w);
    t_move(w, 100000, 100000);
    kill_holder(w);
    T_UNTIL(w, t_our_eof(w));
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_TIME_WAIT));
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSE_WAIT-FIN_WAIT_2 CLOSED-TIME_WAIT");
}

/* The same with octets that it has not read: a RST. */
static void the_process_at_the_other_end_is_killed_while_reading(void **state)
{
    struct t_wire *w = t_wire_of(state);
    size_t taken = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(sf_send(w->stack, w->conn, t_text(0), 5000, 0, &taken, sf_now()), SF_OK);
    kill_holder(w);
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_RESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-CLOSED");
}

/* RFC 9293 s3.10.8: what we send is not acknowledged for as long as the user allows.  The
 * kernel, which knows nothing of it, is told when it sends (s3.5.2, half-open). */
static void the_kernel_vanishes(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int error = 0;
    size_t taken = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(sf_set_option(w->stack, w->conn, SF_OPTION_USER_TIMEOUT, GIVE_UP_MS, sf_now()), SF_OK);
    t_move(w, 100000, 100000);
    t_hold(w);
    w->gate.shut = true;
    T_EQ(sf_send(w->stack, w->conn, "lost", 4, 0, &taken, sf_now()), SF_OK);
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_USER_TIMEOUT);
    t_hold(w);
    w->gate.shut = false;
    T_EQ(send(w->fd, "here", 4, MSG_NOSIGNAL), 4);
    T_UNTIL(w, (error = t_kernel_error(w->fd)) != 0);
    T_EQ(error, ECONNRESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-ESTABLISHED CLOSED-CLOSED");
}

/* The same the other way round; TCP_USER_TIMEOUT is the kernel's name for it. */
static void we_vanish(void **state)
{
    struct t_wire *w = t_wire_of(state);
    unsigned int limit = GIVE_UP_MS;
    int error = 0;
    size_t taken = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(setsockopt(w->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit)), 0);
    t_move(w, 100000, 100000);
    t_hold(w);
    w->gate.shut = true;
    T_EQ(send(w->fd, "lost", 4, MSG_NOSIGNAL), 4);
    T_UNTIL(w, (error = t_kernel_error(w->fd)) != 0);
    T_EQ(error, ETIMEDOUT);
    t_hold(w);
    w->gate.shut = false;
    T_EQ(sf_send(w->stack, w->conn, "here", 4, 0, &taken, sf_now()), SF_OK);
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_RESET);
    until_closed(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED ESTABLISHED-CLOSED CLOSED-CLOSED");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(we_are_reset_in_mid_life),
        T_WIRE_CASES(the_kernel_is_reset_in_mid_life),
        T_WIRE_CASES(the_kernel_leaves_octets_unread),
        T_WIRE_CASES(we_leave_octets_unread),
        T_WIRE_CASES(our_orphan_leaves_fin_wait_2),
        T_WIRE_CASES(the_orphan_of_the_kernel_leaves_fin_wait_2),
        T_WIRE_CASES(the_process_at_the_other_end_is_killed),
        T_WIRE_CASES(the_process_at_the_other_end_is_killed_while_reading),
        T_WIRE_CASES(the_kernel_vanishes),
        T_WIRE_CASES(we_vanish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
