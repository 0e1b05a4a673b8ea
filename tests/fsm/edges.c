/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/edges.c - what only a deliberate break of the engine has shown to be untested
 * (tests/mutate): the last place in a ring, the last one of a limit, the other side of a rule.
 */
#include "talk.h"

#include "synfin/trace.h"

/* A ring of one record keeps the verdict of an arrival that writes nothing else. */
static void the_last_place_of_the_ring_gets_its_verdict(void **state)
{
    struct t_talk t;
    struct sf_trace_record record = {0};
    struct sf_trace_ring ring = {.records = &record, .capacity = 1};

    t_established(&t, t_family(state));
    sf_stack_trace(t.stack, &ring);
    t_peer(&t, SF_RST, .seq = {4999});
    t_silence(&t);
    T_EQ(ring.written, 1);
    T_EQ(record.kind, SF_TRACE_SEG_IN);
    T_EQ(record.what, SF_DROP_OUT_OF_WINDOW);
    sf_stack_trace(t.stack, NULL);
    t_end(&t);
}

/* RFC 6191 s2: a SYN with an older timestamp begins nothing, wherever it lies; whoever holds
 * the connection keeps it in TIME-WAIT. */
static void a_syn_that_may_not_begin_anew_takes_nothing_from_who_holds_it(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.timestamps = 1;
    t.options |= SF_OPT_TS;
    t_open_passive(&t);
    t_shutdown(&t);
    t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    t_peer(&t, SF_SYN, .seq = {6000}, .ts_ahead = -1);
    t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
    T_EQ(t_status(&t).state, SF_TIME_WAIT);
    t_end(&t);
}

/* RFC 9293 s3.8.4 (MUST-25): off is off, also when it was on and its timer ran. */
static void keepalive_that_is_turned_off_sends_no_probe(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_option(&t, SF_OPTION_KEEPALIVE_IDLE, 1000);
    t_option(&t, SF_OPTION_KEEPALIVE, 1);
    t_advance(&t, SF_MS(999));
    t_option(&t, SF_OPTION_KEEPALIVE, 0);
    t_advance(&t, SF_S(10));
    t_silence(&t);
    T_EQ(sf_stack_deadline(t.stack).ns, UINT64_MAX);
    t_end(&t);
}

/* RFC 4987 s3.6: a cookie whose class of MSS is none of the eight is no cookie.  1460 is class
 * 6 (counted from 0), so that one more is 7, and two more are none. */
static void a_cookie_of_no_class_is_none(void **state)
{
    for (uint32_t more = 0; more <= 2; more++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.syn_cookies = SF_COOKIES_ALWAYS;
        t.mss = 1460;
        t_listen(&t);
        t_peer(&t, SF_SYN, .seq = {4999});
        t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5000});
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + more});
        if (more == 2) {
            t_expect(&t, SF_RST, .seq = {1002});
        }
        T_EQ_ROW(more, t_state(&t), more == 2 ? SF_CLOSED : SF_ESTABLISHED);
        t_silence(&t);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_last_place_of_the_ring_gets_its_verdict),
        T_BOTH(a_syn_that_may_not_begin_anew_takes_nothing_from_who_holds_it),
        T_BOTH(keepalive_that_is_turned_off_sends_no_probe),
        T_BOTH(a_cookie_of_no_class_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
