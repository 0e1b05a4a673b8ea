/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/dsack.c - text that arrives twice is reported (RFC 2883 s4).
 *
 * RCV.NXT is 5000 and RCV.WND 4096.
 */
#include "talk.h"

static void begin(struct t_talk *t, void **state)
{
    t_begin(t, t_family(state));
    t->config.sack = 1;
    t->options |= SF_OPT_SACK_OK;
    t_open_passive(t);
}

/* Two full segments in order: 5000 .. 7048. */
static void take_2048(struct t_talk *t)
{
    t_peer(t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 1024);
    t_silence(t);
    t_peer(t, SF_ACK, .seq = {6024}, .ack = {1000}, .text = 1024);
    t_expect(t, SF_ACK, .seq = {1000}, .ack = {7048});
}

/* Below the acknowledgement, whole and in part; and only once. */
static void what_was_acknowledged_already_is_reported_once(void **state)
{
    struct t_talk t;

    begin(&t, state);
    take_2048(&t);
    t_peer(&t, SF_ACK, .seq = {5500}, .ack = {1000}, .text = 1000); /* 5500 .. 6500 */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7048}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{5500}, {6500}}});
    t_peer(&t, SF_ACK, .seq = {7000}, .ack = {1000}, .text = 100); /* 48 of it old, 52 new */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7100}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{7000}, {7048}}});
    /* Nothing came twice since: no block. */
    t_peer(&t, SF_ACK | SF_FIN, .seq = {7100}, .ack = {1000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7101});
    t_silence(&t);
    t_recv(&t, 2100);
    t_end(&t);
}

/* RFC 2883 s4.2: the block that it lies in follows.  Held: 5100 .. 5200 and 5300 .. 5400. */
static void what_is_held_already_is_reported_before_its_block(void **state)
{
    static const struct {
        uint32_t seq, octets;
        uint32_t n;
        uint32_t blocks[4][2];
    } rows[] = {
        {5100, 100, 3, {{5100, 5200}, {5100, 5200}, {5300, 5400}}},
        {5150, 50, 3, {{5150, 5200}, {5100, 5200}, {5300, 5400}}},
        {5150, 51, 3, {{5150, 5200}, {5100, 5201}, {5300, 5400}}},
        {5150, 150, 2, {{5150, 5200}, {5100, 5400}}}, /* closes the gap between them */
        {5150, 250, 2, {{5150, 5200}, {5100, 5400}}}, /* the first of two overlaps */
        {5200, 100, 1, {{5100, 5400}}},               /* nothing twice: no more than that */
        {5299, 2, 3, {{5300, 5301}, {5299, 5400}, {5100, 5200}}},
        {5400, 10, 2, {{5300, 5410}, {5100, 5200}}}, /* nothing twice */
    };

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        begin(&t, state);
        t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 100);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 1,
                 .sack = {{{5100}, {5200}}});
        t_peer(&t, SF_ACK, .seq = {5300}, .ack = {1000}, .text = 100);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 2,
                 .sack = {{{5300}, {5400}}, {{5100}, {5200}}});
        t_peer(&t, SF_ACK, .seq = {rows[row].seq}, .ack = {1000}, .text = rows[row].octets);
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK,
                 .n_sack = (uint8_t)rows[row].n,
                 .sack = {{{rows[row].blocks[0][0]}, {rows[row].blocks[0][1]}},
                          {{rows[row].blocks[1][0]}, {rows[row].blocks[1][1]}},
                          {{rows[row].blocks[2][0]}, {rows[row].blocks[2][1]}}});
        t_silence(&t);
        t_forget(&t);
        t_end(&t);
    }
}

/* The gap is closed by text that reaches into what is held. */
static void what_fills_a_gap_and_more_is_reported(void **state)
{
    struct t_talk t;

    begin(&t, state);
    t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 100);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{5100}, {5200}}});
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 150); /* 5100 .. 5150 twice */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5200}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{5100}, {5150}}});
    t_silence(&t);
    t_recv(&t, 200);
    t_end(&t);
}

/* An idle connection: a repeated segment wakes it, the octet of a keepalive probe does not. */
static void an_idle_connection_reports_all_but_probes(void **state)
{
    struct t_talk t;

    begin(&t, state);
    take_2048(&t);
    t_recv(&t, 2048);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7048}, .wnd = 4096); /* there is room again */
    t_peer(&t, SF_ACK, .seq = {7046}, .ack = {1000}, .text = 2);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7048}, .options = SF_OPT_SACK, .n_sack = 1,
             .sack = {{{7046}, {7048}}});
    t_peer(&t, SF_ACK, .seq = {7047}, .ack = {1000}, .text = 1);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7048});
    t_silence(&t);
    t_end(&t);
}

/* Without SACK there is nothing to report with. */
static void without_sack_a_duplicate_is_only_acknowledged(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    take_2048(&t);
    t_peer(&t, SF_ACK, .seq = {6024}, .ack = {1000}, .text = 1024);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {7048});
    t_silence(&t);
    t_recv(&t, 2048);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(what_was_acknowledged_already_is_reported_once),
        T_BOTH(what_is_held_already_is_reported_before_its_block),
        T_BOTH(what_fills_a_gap_and_more_is_reported),
        T_BOTH(an_idle_connection_reports_all_but_probes),
        T_BOTH(without_sack_a_duplicate_is_only_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
