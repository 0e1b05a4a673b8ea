/* SPDX-License-Identifier: MIT
 *
 * tests/interop/open.c - the ways in which a connection begins, or does not, the kernel's
 * TCP at the other end (RFC 9293 s3.5).
 */
#include "wire.h"

/* Every segment of the handshake takes 60 ms, so that each state is held. */
static void a_slow_handshake_is_in_the_same_states_at_both_ends(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "delay both any 60ms");
    t_connect(w);
    t_hold_for(w, SF_MS(100));
    t_states_held(&w->states,
                  w->how.kernel_listens
                      ? "SYN_SENT-CLOSED SYN_SENT-SYN_RECEIVED ESTABLISHED-SYN_RECEIVED "
                        "ESTABLISHED-ESTABLISHED"
                      : "CLOSED-SYN_SENT SYN_RECEIVED-SYN_SENT SYN_RECEIVED-ESTABLISHED "
                        "ESTABLISHED-ESTABLISHED");
    t_move(w, 1000, 1000);
}

/* RFC 9293 s3.5, Figure 7: the SYNs cross, and so do the SYN,ACKs. */
static void both_open_at_once(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "delay tx SYN+only n=1 60ms; delay rx SYN+only n=1 60ms; delay tx SYN+ACK "
                    "n=1 60ms; delay rx SYN+ACK n=1 60ms");
    w->ours.port = T_OUR_EPHEMERAL;
    w->kernel.port = T_KERNEL_PORT;
    w->fd = t_kernel_socket(w);
    t_kernel_bind(w, w->fd, &w->kernel);
    t_our_open(w);
    t_kernel_begin(w);
    t_watch(w);
    T_UNTIL(w, t_our_ready(w, SF_READY_OPEN));
    T_UNTIL(w, t_kernel_opened(w->fd));
    t_hold(w);
    t_move(w, 100000, 100000);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_kernel_eof(w));
    t_kernel_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_states_held(&w->states, "SYN_SENT-SYN_SENT SYN_RECEIVED-SYN_RECEIVED "
                              "ESTABLISHED-ESTABLISHED (FIN_WAIT_1-CLOSE_WAIT) "
                              "TIME_WAIT-CLOSED");
}

/* Nobody listens: RST answers the SYN (RFC 9293 s3.10.7.1). */
static void a_port_without_a_listener_refuses(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "delay both SYN n=1 60ms");
    w->ours.port = T_OUR_EPHEMERAL;
    w->kernel.port = T_KERNEL_PORT;
    if (w->how.kernel_listens) {
        t_our_open(w);
        t_watch(w);
        T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
        T_EQ(t_our_error(w), SF_ERR_REFUSED);
        t_hold(w);
        t_states_held(&w->states, "SYN_SENT-CLOSED CLOSED-CLOSED");
        t_our_close(w);
    } else {
        int error = 0;

        w->fd = t_kernel_socket(w);
        t_kernel_bind(w, w->fd, &w->kernel);
        t_kernel_begin(w);
        t_watch(w);
        T_UNTIL(w, (error = t_kernel_error(w->fd)) != 0);
        T_EQ(error, ECONNREFUSED);
        t_hold(w);
        t_states_held(&w->states, "CLOSED-SYN_SENT CLOSED-CLOSED");
    }
}

/* Room for one in our queue: the second SYN is not answered, and the kernel repeats it after
 * a second, until there is room. */
static void our_accept_queue_is_full(void **state)
{
    struct t_wire *w = t_wire_of(state);
    struct sf_handle first;
    int fd = -1;

    w->listen.accept_queue = 1;
    t_wire_start(w, "");
    t_our_listen(w);
    fd = t_kernel_socket(w);
    w->fd = fd;
    t_kernel_begin(w);
    T_UNTIL(w, t_kernel_opened(fd));
    T_UNTIL(w, (sf_ready(w->stack, w->listener) & SF_READY_ACCEPT) != 0);

    w->fd = t_kernel_socket(w);
    t_kernel_bind(w, w->fd, &w->kernel);
    t_kernel_begin(w);
    t_watch(w);
    T_UNTIL(w, sf_stack_counters(w->stack)->accept_overflows != 0);
    t_hold(w);
    T_TRUE(t_our_accepted(w));
    first = w->conn;
    w->conn = (struct sf_handle){0};
    T_UNTIL(w, t_kernel_opened(w->fd));
    T_UNTIL(w, t_our_accepted(w));
    t_hold(w);
    t_states_held(&w->states, "CLOSED-SYN_SENT ESTABLISHED-ESTABLISHED");
    t_move(w, 1000, 1000);
    T_EQ(sf_abort(w->stack, first, sf_now()), SF_OK);
    T_EQ(close(fd), 0);
}

/* The kernel's has room for two, which overtake the last acknowledgement of the first to
 * come: the kernel drops it, and repeats its SYN,ACK until there is room. */
static void the_accept_queue_of_the_kernel_is_full(void **state)
{
    struct t_wire *w = t_wire_of(state);
    struct sf_handle conns[3];
    int fds[3] = {-1, -1, -1};

    w->backlog = 1; /* one more than that is taken */
    t_wire_start(w, "delay tx ACK+only+empty n=1 60ms");
    t_kernel_listen(w);
    for (size_t i = 0; i < 3; i++) {
        w->ours.port = (uint16_t)(T_OUR_EPHEMERAL + i);
        t_our_open(w);
        conns[i] = w->conn;
        if (i == 0) {
            t_watch(w);
        }
        T_UNTIL(w, t_our_ready(w, SF_READY_OPEN));
    }
    t_hold_for(w, SF_MS(100));
    for (size_t i = 0; i < 3; i++) {
        T_UNTIL(w, (fds[i] = accept4(w->listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0);
    }
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-SYN_RECEIVED ESTABLISHED-ESTABLISHED");
    w->conn = conns[0];
    w->fd = fds[2];
    t_move(w, 1000, 1000);
    T_EQ(close(fds[0]), 0);
    T_EQ(close(fds[1]), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(a_slow_handshake_is_in_the_same_states_at_both_ends),
        T_WIRE_FAMILIES(both_open_at_once),
        T_WIRE_CASES(a_port_without_a_listener_refuses),
        T_WIRE_FAMILIES(our_accept_queue_is_full),
        T_WIRE_FAMILIES(the_accept_queue_of_the_kernel_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
