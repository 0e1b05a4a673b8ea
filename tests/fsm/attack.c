/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/attack.c - peers that mean harm, and what they gain: RFC 5681 s6, RFC 2018 s8,
 * RFC 6691, RFC 9293 s3.7.1.
 */
#include "talk.h"

static struct sf_usage usage(const struct t_talk *t)
{
    struct sf_usage u;

    sf_stack_usage(t->stack, &u);
    return u;
}

/* Optimistic acknowledgement: of what is queued and was never sent. */
static void an_ack_of_what_was_never_sent_releases_nothing(void **state)
{
    struct t_talk t;
    uint32_t cwnd = 0;

    t_in_flight(&t, t_family(state), true);
    cwnd = t_status(&t).cwnd;
    for (uint32_t beyond = 1; beyond < 20000; beyond += 4000) {
        T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {6360 + beyond}, .text = 1),
             SF_DROP_ACK_FUTURE);
        t_expect(&t, SF_ACK, .seq = {6360}, .ack = {5000});
        t_silence(&t);
    }
    T_EQ(t_status(&t).cwnd, cwnd);
    T_EQ(t_status(&t).snd_una - t.iss, 1);
    T_EQ(t_status(&t).readable, 0);
    t_end(&t);
}

/* ACK division: one segment acknowledged octet by octet counts as one. */
static void acks_in_small_pieces_gain_nothing(void **state)
{
    struct t_talk t;
    uint32_t cwnd = 0;

    t_in_flight(&t, t_family(state), true);
    cwnd = t_status(&t).cwnd;
    for (uint32_t i = 1; i <= 536; i++) {
        T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + i}), SF_PASS);
    }
    T_TRUE(t_status(&t).cwnd <= cwnd + 536);
    t_end(&t);
}

/* Duplicates made up: as many as were in flight count, and no more. */
static void duplicates_made_up_release_no_more_than_was_in_flight(void **state)
{
    for (uint32_t sack = 0; sack <= 1; sack++) {
        struct t_talk t;
        uint32_t octets = 0;

        t_in_flight(&t, t_family(state), sack != 0);
        for (uint32_t i = 0; i < 200; i++) {
            (void)t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
            while (t.out_count != 0) {
                octets += t_next(&t).seg.text_octets;
            }
        }
        /* Two by limited transmit make twelve.  Then the first goes again, and cwnd from 5 + 3
         * by 12 - 3 to 17, which are five more.  With SACK agreed these report nothing, so that
         * only the first goes again. */
        T_EQ_ROW(sack, octets, (sack != 0 ? 1U : 8U) * 536);
        t_end(&t);
    }
}

/* RFC 2018 s8: it reported everything but the first segment, and has thrown it away. */
static void who_takes_reports_back_is_sent_all_again(void **state)
{
    struct t_talk t;
    uint32_t at = 1000;

    t_in_flight(&t, t_family(state), true);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 1,
           .sack = {{{1536}, {6360}}});
    t_forget(&t);
    while (at < 6360) {
        uint32_t before = at;

        (void)t_wait(&t);
        while (t.out_count != 0) {
            struct t_out out = t_next(&t);
            uint32_t seq = out.seg.seq.v - t.iss + (T_OURS - 1);

            at = seq == at ? at + out.seg.text_octets : at;
        }
        T_TRUE(at > before);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {at});
    }
    t_end(&t);
}

/* A report of what was never sent is nonsense, and says nothing of what was. */
static void a_report_of_what_was_never_sent_is_ignored(void **state)
{
    struct t_talk t;

    t_in_flight(&t, t_family(state), true);
    for (uint32_t i = 0; i < 3; i++) {
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 1,
               .sack = {{{1000}, {60000 + i}}});
    }
    /* No news, so that nothing new is released (RFC 3042 s2); but three duplicates all the
     * same: the first goes again, which the report would have said to be there. */
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 536);
    t_end(&t);
}

/* RFC 6691: options come off the MSS; what a hostile one leaves is 8 octets at least. */
static void a_tiny_mss_is_met_by_segments_of_eight_octets(void **state)
{
    static const struct {
        uint16_t mss;
        bool timestamps;
        uint32_t text;
    } rows[] = {
        {1, false, 8},   {8, false, 8}, {9, false, 9}, {100, false, 100},
        {1, true, 8},    {20, true, 8}, {21, true, 9}, {100, true, 88}, /* less 12 */
        {0, false, 536}, /* none at all: the default */
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;
        uint32_t want = rows[i].text;

        t_begin(&t, t_family(state));
        t.mss = rows[i].mss;
        t.config.timestamps = rows[i].timestamps;
        t.options |= rows[i].timestamps ? SF_OPT_TS : 0;
        want = rows[i].mss == 0 && t_family(state) == SF_IPV6 ? 1220 : want;
        t_open_passive(&t);
        t_send(&t, 2000);
        T_EQ_ROW(i, t_next(&t).seg.text_octets, want);
        t_end(&t);
    }
}

/* And it cannot hold all records of transmissions: others still send. */
static void a_tiny_mss_does_not_take_what_others_need(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.mss = 1;
    t.wnd = 65535;
    t.config.max_sent = 64;
    t_open_passive(&t);
    t_send(&t, 60000);
    /* It acknowledges most, so that its congestion window grows, and the rest never. */
    for (uint32_t round = 0; round < 60; round++) {
        uint32_t end = 0;

        while (t.out_count != 0) {
            struct t_out out = t_next(&t);

            end = out.seg.seq.v + out.seg.text_octets - t.iss + (T_OURS - 1);
        }
        if (end != 0 && round < 59) {
            t_peer(&t, SF_ACK, .seq = {5000}, .ack = {end - 8});
        }
    }
    T_EQ(usage(&t).sent, 56); /* an eighth of 64 is left */

    for (uint16_t i = 1; i <= 8; i++) {
        t_forget(&t);
        t_another(&t, (uint16_t)(T_PEER_PORT + i));
        t.mss = 536;
        t_open_passive(&t);
        t_send(&t, 100);
        t_expect(&t, SF_ACK | SF_PSH, .seq = {1000}, .ack = {5000}, .text = 100);
    }
    t_end(&t);
}

/* Text of an octet beyond gaps takes a chunk each; so many and no more are held, and others
 * are not bothered. */
static void crumbs_beyond_gaps_do_not_take_all_memory(void **state)
{
    struct t_talk t;
    uint16_t attacker = 0;

    t_begin(&t, t_family(state));
    t.config.max_chunks = 16;
    t.config.rcvbuf_octets = 65535;
    t.config.max_connections = 8;
    t_listen(&t);
    for (attacker = 0; attacker < 4; attacker++) {
        t_another(&t, (uint16_t)(T_PEER_PORT + attacker));
        t_open_passive(&t);
        for (uint32_t i = 1; i < 2000; i += 2) {
            (void)t_peer(&t, SF_ACK, .seq = {5000 + i}, .ack = {1000}, .text = 1);
            t_forget(&t);
        }
        T_TRUE(usage(&t).chunks <= 16);
    }
    t_another(&t, 41000);
    t_open_passive(&t);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 1000), SF_PASS);
    t_recv(&t, 1000);
    t_forget(&t);
    t_send(&t, 1000);
    T_EQ(t_next(&t).seg.text_octets, 536 < 1000 ? 1000 : 0);
    t_end(&t);
}

/* A window of one octet, for ever: an octet for each acknowledgement or time-out. */
static void a_tiny_window_costs_a_segment_for_each_ack(void **state)
{
    struct t_talk t;
    uint32_t segments = 0;
    uint32_t una = 1000;

    t_begin(&t, t_family(state));
    t.wnd = 1;
    t_open_passive(&t);
    t_send(&t, 10000);
    for (uint32_t i = 0; i < 50; i++) {
        t_advance(&t, SF_MS(200));
        while (t.out_count != 0) {
            struct t_out out = t_next(&t);

            T_TRUE(out.seg.text_octets <= 1);
            segments++;
            una = out.seg.seq.v + out.seg.text_octets - t.iss + (T_OURS - 1);
        }
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {una});
    }
    T_TRUE(segments <= 2 * 50);
    T_STATE(&t, SF_ESTABLISHED);
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(an_ack_of_what_was_never_sent_releases_nothing),
        T_BOTH(acks_in_small_pieces_gain_nothing),
        T_BOTH(duplicates_made_up_release_no_more_than_was_in_flight),
        T_BOTH(who_takes_reports_back_is_sent_all_again),
        T_BOTH(a_report_of_what_was_never_sent_is_ignored),
        T_BOTH(a_tiny_mss_is_met_by_segments_of_eight_octets),
        T_BOTH(a_tiny_mss_does_not_take_what_others_need),
        T_BOTH(crumbs_beyond_gaps_do_not_take_all_memory),
        T_BOTH(a_tiny_window_costs_a_segment_for_each_ack),
    };

    return cmocka_run_group_tests_name("attack", tests, NULL, NULL);
}
