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

/* The acknowledgement of the kernel's FIN is lost: the kernel repeats its FIN, our TIME-WAIT
 * answers, and the kernel's LAST-ACK ends (RFC 9293 s3.10.7.4, eighth check).  We have
 * acknowledged nothing before but, having connected, the SYN. */
static void our_time_wait_answers_a_repeated_fin(void **state)
{
    struct t_wire *w = t_wire_of(state);
    const struct sf_counters *counters = NULL;
    uint64_t segments_in = 0;

    w->config.msl = SF_MS(500);
    t_wire_start(w, w->how.kernel_listens ? "drop tx ACK+only+empty n=2"
                                          : "drop tx ACK+only+empty n=1");
    counters = sf_stack_counters(w->stack);
    t_connect(w);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_kernel_eof(w));
    t_hold(w);
    segments_in = counters->segments_in;
    t_kernel_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_TIME_WAIT, SF_LAST_ACK));
    T_EQ(counters->segments_in, segments_in + 1);
    /* The kernel waits for its RTO, 200 ms at least. */
    T_UNTIL(w, t_states_now(&w->states, SF_TIME_WAIT, SF_CLOSED));
    T_EQ(counters->segments_in, segments_in + 2);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED FIN_WAIT_2-CLOSE_WAIT "
                              "TIME_WAIT-LAST_ACK TIME_WAIT-CLOSED CLOSED-CLOSED");
}

/* RFC 9293 s3.6, Figure 13: the FINs cross, and so do their acknowledgements.  The first
 * pure acknowledgement of all is the client's of the SYN,ACK. */
static void both_close_at_once(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(
        w,
        w->how.kernel_listens
            ? "delay tx FIN n=1 60ms; delay rx FIN n=1 60ms; delay tx ACK+only+empty n=2 60ms; "
              "delay rx ACK+only+empty n=1 60ms"
            : "delay tx FIN n=1 60ms; delay rx FIN n=1 60ms; delay tx ACK+only+empty n=1 60ms; "
              "delay rx ACK+only+empty n=2 60ms");
    t_connect(w);
    t_hold(w);
    T_EQ(sf_shutdown(w->stack, w->conn, sf_now()), SF_OK);
    T_EQ(shutdown(w->fd, SHUT_WR), 0);
    T_UNTIL(w, t_our_eof(w));
    T_UNTIL(w, t_kernel_eof(w));
    T_UNTIL(w, t_states_now(&w->states, SF_TIME_WAIT, SF_TIME_WAIT));
    t_our_close(w);
    t_kernel_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_TIME_WAIT));
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED FIN_WAIT_1-FIN_WAIT_1 CLOSING-CLOSING "
                              "TIME_WAIT-TIME_WAIT CLOSED-TIME_WAIT");
}

/* What the kernel calls shutting down for reading says nothing to us; closing with nothing
 * unread is a FIN.  Text on its way when we close whole is reset (SHLD-3). */
static void a_whole_close_with_text_on_its_way_is_reset(void **state)
{
    struct t_wire *w = t_wire_of(state);

    t_wire_start(w, "");
    t_connect(w);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_kernel_eof(w));
    t_hold(w);
    T_EQ(send(w->fd, "late", 4, MSG_NOSIGNAL), 4);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_hold(w);
    T_EQ(send(w->fd, "later", 5, MSG_NOSIGNAL), -1);
    T_TRUE(errno == ECONNRESET || errno == EPIPE);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED FIN_WAIT_2-CLOSE_WAIT CLOSED-CLOSED");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(the_kernel_half_closes_and_still_receives),
        T_WIRE_CASES(we_half_close_and_still_receive),
        T_WIRE_CASES(our_time_wait_answers_a_repeated_fin),
        T_WIRE_CASES(both_close_at_once),
        T_WIRE_CASES(a_whole_close_with_text_on_its_way_is_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
