/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/tracing.c - what the records in the ring say.
 */
#include "room.h"

#include "tcp/tracing.h"

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room);
    t_room_open(&room, T_AT(0));
    room.trace.capacity = 4;
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

static void old_records_are_overwritten_and_all_are_counted(void **state)
{
    struct t_room *r = *state;

    for (uint32_t i = 0; i < 10; i++) {
        sf_trace_move(&r->tcp, i, i + 100, T_AT(i));
    }
    T_EQ(r->trace.written, 10);
    T_EQ(r->records[1].id, 9); /* 9 mod 4 */
    T_EQ(r->records[2].id, 6);
    T_EQ(r->records[4].at_ns, 0); /* beyond the ring nothing is written */
    T_EQ(r->records[4].kind, 0);
}

static void without_a_ring_nothing_is_written(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple4(1, 2);

    r->tcp.trace = NULL;
    sf_trace_begin(&r->tcp, 1, SF_CLOSED, &tuple, true, T_AT(1));
    sf_trace_move(&r->tcp, 1, 2, T_AT(1));
    sf_trace_state(&r->tcp, 1, SF_CLOSED, SF_EV_OPEN_ACTIVE, SF_SYN_SENT, T_AT(1));
    sf_trace_note(&r->tcp, 1, SF_TRACE_CALL, SF_CLOSED, SF_CALL_OPEN, 0, 0, T_AT(1));
    T_EQ(r->trace.written, 0);
}

static void a_beginning_names_both_ends(void **state)
{
    struct t_room *r = *state;
    struct sf_tuple tuple = t_tuple6(1, 2);

    sf_trace_begin(&r->tcp, 7, SF_SYN_SENT, &tuple, true, T_AT(5));
    T_EQ(r->records[0].at_ns, 5);
    T_EQ(r->records[0].id, 7);
    T_EQ(r->records[0].kind, SF_TRACE_BEGIN);
    T_EQ(r->records[0].state, SF_SYN_SENT);
    T_MEM(r->records[0].u.ends.local, tuple.local, 16);
    T_MEM(r->records[0].u.ends.remote, tuple.remote, 16);
    T_EQ(r->records[0].u.ends.local_port, 2);
    T_EQ(r->records[0].u.ends.remote_port, 1);
    T_EQ(r->records[0].u.ends.family, SF_IPV6);
    T_EQ(r->records[0].u.ends.active, 1);
}

static void a_change_of_state_names_its_event(void **state)
{
    struct t_room *r = *state;

    sf_trace_state(&r->tcp, 7, SF_ESTABLISHED, SF_EV_FIN, SF_CLOSE_WAIT, T_AT(5));
    T_EQ(r->records[0].kind, SF_TRACE_STATE);
    T_EQ(r->records[0].from, SF_ESTABLISHED);
    T_EQ(r->records[0].what, SF_EV_FIN);
    T_EQ(r->records[0].state, SF_CLOSE_WAIT);
}

static void a_segment_is_told_with_what_it_carries_and_nothing_else(void **state)
{
    struct t_room *r = *state;
    struct sf_seg seg = {
        .seq = {1},
        .ack = {2},
        .text_octets = 3,
        .flags = SF_SYN | SF_ACK,
        .options = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_TS | SF_OPT_SACK,
        .mss = 1460,
        .wscale = 7,
        .tsval = 8,
        .tsecr = 9,
        .n_sack = 2,
    };

    sf_trace_write_seg(&r->tcp, 7, SF_TRACE_SEG_IN, SF_SYN_SENT, SF_DROP_PAWS, &seg, 65536,
                       true, T_AT(5));
    T_EQ(r->records[0].kind, SF_TRACE_SEG_IN);
    T_EQ(r->records[0].state, SF_SYN_SENT);
    T_EQ(r->records[0].what, SF_DROP_PAWS);

    const struct sf_trace_seg *told = &r->records[0].u.seg;

    T_EQ(told->seq, 1);
    T_EQ(told->ack, 2);
    T_EQ(told->wnd, 65536);
    T_EQ(told->octets, 3);
    T_EQ(told->tsval, 8);
    T_EQ(told->tsecr, 9);
    T_EQ(told->flags, SF_SYN | SF_ACK);
    T_EQ(told->options, seg.options);
    T_EQ(told->retransmit, 1);
    T_EQ(told->n_sack, 2);
    T_EQ(told->mss, 1460);
    T_EQ(told->wscale, 7);

    seg.flags = 0;
    seg.options = 0;
    sf_trace_write_seg(&r->tcp, 7, SF_TRACE_SEG_OUT, SF_CLOSED, SF_PASS, &seg, 0, false,
                       T_AT(5));
    told = &r->records[1].u.seg;
    T_EQ(told->ack, 0);
    T_EQ(told->tsval, 0);
    T_EQ(told->tsecr, 0);
    T_EQ(told->n_sack, 0);
    T_EQ(told->mss, 0);
    T_EQ(told->wscale, 0);
    T_EQ(told->retransmit, 0);
}

static void notes_keep_their_two_numbers(void **state)
{
    struct t_room *r = *state;

    sf_trace_note(&r->tcp, 7, SF_TRACE_LOSS, SF_ESTABLISHED, SF_LOSS_RTO, 11, 12, T_AT(5));
    T_EQ(r->records[0].kind, SF_TRACE_LOSS);
    T_EQ(r->records[0].what, SF_LOSS_RTO);
    T_EQ(r->records[0].state, SF_ESTABLISHED);
    T_EQ(r->records[0].u.seg.seq, 11);
    T_EQ(r->records[0].u.seg.octets, 12);
    T_EQ(r->records[0].u.seg.ack, 0);
    sf_trace_note(&r->tcp, 7, SF_TRACE_WINDOW, SF_ESTABLISHED, 0, 11, 12, T_AT(5));
    T_EQ(r->records[1].u.seg.seq, 11); /* cwnd */
    T_EQ(r->records[1].u.seg.ack, 12); /* ssthresh */
    T_EQ(r->records[1].u.seg.octets, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(old_records_are_overwritten_and_all_are_counted, up,
                                        down),
        cmocka_unit_test_setup_teardown(without_a_ring_nothing_is_written, up, down),
        cmocka_unit_test_setup_teardown(a_beginning_names_both_ends, up, down),
        cmocka_unit_test_setup_teardown(a_change_of_state_names_its_event, up, down),
        cmocka_unit_test_setup_teardown(a_segment_is_told_with_what_it_carries_and_nothing_else,
                                        up, down),
        cmocka_unit_test_setup_teardown(notes_keep_their_two_numbers, up, down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
