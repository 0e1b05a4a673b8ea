/* SPDX-License-Identifier: MIT
 *
 * tests/interop/close.c - the ways in which a connection ends in order, the kernel's TCP at
 * the other end (RFC 9293 s3.6).
 *
 * What the kernel still has in TIME-WAIT is left to it: it takes a minute.
 */
#include "wire.h"

#include <netinet/tcp.h>

#define HALF_OCTETS 10000000

/* RFC 9293 s3.6, Figure 12, the kernel first; and it receives for as long as we like. */
static void the_kernel_half_closes_and_still_receives(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "");
    t_connect(w);
    t_hold(w);
    T_EQ(shutdown(w->fd, SHUT_WR), 0);
    T_UNTIL(w, t_our_eof(w));
    t_hold(w);
    t_move(w, HALF_OCTETS, 0);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_kernel_eof(w));
    t_hold(w);
    t_kernel_close(w);
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSE_WAIT-FIN_WAIT_2 CLOSED-TIME_WAIT");
}

/* The same the other way round, to the end of our TIME-WAIT. */
static void we_half_close_and_still_receive(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "");
    t_connect(w);
    t_hold(w);
    T_EQ(sf_shutdown(w->stack, w->conn, sf_now()), SF_OK);
    T_UNTIL(w, t_kernel_eof(w));
    t_hold(w);
    t_move(w, 0, HALF_OCTETS);
    t_hold(w);
    t_kernel_close(w);
    T_UNTIL(w, t_our_eof(w));
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED FIN_WAIT_2-CLOSE_WAIT TIME_WAIT-CLOSED "
                              "CLOSED-CLOSED");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(the_kernel_half_closes_and_still_receives),
        T_WIRE_CASES(we_half_close_and_still_receive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
