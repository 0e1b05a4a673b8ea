/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/verdicts.c - what the trace says of a segment is what became of it.
 */
#include "talk.h"

#include "synfin/trace.h"

enum { RECORDS = 64 };

/* A RST in the window but not exact (RFC 5961 s3.2) is traced with that verdict. */
static void an_arrival_is_traced_with_its_verdict(void **state)
{
    static struct sf_trace_record records[RECORDS];
    struct sf_trace_ring ring = {.records = records, .capacity = RECORDS};
    struct t_talk t;

    t_established(&t, t_family(state));
    sf_stack_trace(t.stack, &ring);
    t_peer(&t, SF_RST, .seq = {5001});
    T_EQ(records[0].kind, SF_TRACE_SEG_IN);
    T_EQ(records[0].what, SF_DROP_RST_NOT_EXACT);
    t_peer(&t, SF_RST, .seq = {5000});
    T_STATE(&t, SF_CLOSED);
    for (uint64_t i = 1; i < ring.written; i++) {
        T_TRUE(records[i].kind != SF_TRACE_SEG_IN || records[i].what == SF_DROP_RESET);
    }
    t_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_BOTH(an_arrival_is_traced_with_its_verdict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
