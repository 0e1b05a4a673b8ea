/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/ready.c - what the application is told cannot be lost.
 */
#include "talk.h"

/* The bit falls when the send buffer fills, although no call was refused; one
 * acknowledgement gives all of the room back at once, and the bit rises. */
static void room_that_comes_back_at_once_is_told(void **state)
{
    struct sf_ready_event event;
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.sndbuf_octets = 3000;
    t_open_passive(&t);
    t_pull(&t);
    t_option(&t, SF_OPTION_NODELAY, 1);
    t_send(&t, 3000);
    t_forget(&t);
    T_TRUE((sf_ready(t.stack, t.conn) & SF_READY_WRITE) == 0);
    while (sf_stack_events(t.stack, &event, 1) != 0) {
    }
    t.ready = 0;
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {4000});
    T_TRUE((t.ready & SF_READY_WRITE) != 0);
    t_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_BOTH(room_that_comes_back_at_once_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
