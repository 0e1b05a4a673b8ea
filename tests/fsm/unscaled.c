/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/unscaled.c - a buffer larger than a window without scaling can say.
 */
#include "talk.h"

/* 1 MiB of buffer, 65,535 octets of window: reading a little is worth no acknowledgement of
 * its own, although the buffer could hold much more than is offered (RFC 9293 s3.8.6.2.2). */
static void reading_a_little_is_not_told(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.rcvbuf_octets = 1U << 20;
    t.options = 0; /* the peer scales no windows */
    t.listen.rcvbuf_octets = 1U << 20;
    t_open_passive(&t);
    t_peer(&t, SF_PSH | SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100);
    t_recv(&t, 100);
    t_silence(&t); /* the delayed acknowledgement alone is owed */
    t_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_BOTH(reading_a_little_is_not_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
