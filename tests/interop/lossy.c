/* SPDX-License-Identifier: MIT
 *
 * tests/interop/lossy.c - text both ways at once through a link that loses, doubles,
 * reorders and spoils segments.  All comes in the end, once, and in order.
 *
 * SYNFIN_SOAK in the environment: four times as much.
 */
#include "wire.h"

#include <stdlib.h>

#define LOSSY_OCTETS (UINT64_C(16) << 20)

/* Each way, of all segments. */
#define FAULTS                                                    \
    "drop tx 2%; dup tx 1%; reorder tx 1% 2ms; corrupt tx 0.1%; " \
    "drop rx 2%; dup rx 1%; reorder rx 1% 2ms; corrupt rx 0.1%"

static void text_passes_whole_through_faults(void **state)
{
    struct t_wire *w = t_wire_of(state);
    uint64_t octets = getenv("SYNFIN_SOAK") != NULL ? 4 * LOSSY_OCTETS : LOSSY_OCTETS;
    const struct sf_counters *c = NULL;
    sf_time began;

    w->config.msl = SF_S(1); /* a FIN repeated meets TIME-WAIT */
    t_wire_start(w, FAULTS);
    c = sf_stack_counters(w->stack);
    t_connect(w);
    t_hold(w);
    began = sf_now();
    t_move(w, octets, octets);
    printf("# %.1f s; %llu retransmitted, %llu by RTO, %llu fast\n",
           (double)sf_time_sub(sf_now(), began).ns / 1e9, (unsigned long long)c->retransmitted,
           (unsigned long long)c->rto_fired, (unsigned long long)c->fast_retransmits);
    T_TRUE(c->retransmitted != 0);
    T_TRUE(c->verdicts[SF_DROP_TCP_CHECKSUM] != 0);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_kernel_eof(w));
    T_UNTIL(w, t_states_now(&w->states, SF_FIN_WAIT_2, SF_CLOSE_WAIT));
    t_hold(w);
    t_kernel_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_hold(w);
    /* A segment that opens or closes may be among those lost. */
    t_states_held(&w->states,
                  "(SYN_SENT-CLOSED) (SYN_SENT-SYN_RECEIVED) (ESTABLISHED-SYN_RECEIVED) "
                  "(CLOSED-SYN_SENT) (SYN_RECEIVED-SYN_SENT) (SYN_RECEIVED-ESTABLISHED) "
                  "ESTABLISHED-ESTABLISHED (FIN_WAIT_1-ESTABLISHED) (FIN_WAIT_1-CLOSE_WAIT) "
                  "FIN_WAIT_2-CLOSE_WAIT (FIN_WAIT_2-LAST_ACK) (TIME_WAIT-LAST_ACK) "
                  "TIME_WAIT-CLOSED CLOSED-CLOSED");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(text_passes_whole_through_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
