/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/rules.c - rules of docs/spec/requirements.tsv that no other conversation shows.
 */
#include "talk.h"

#include "base/bytes.h"
#include "wire/checksum.h"

/* MUST-61: PSH is on the segment that empties the queue, and on no other. */
static void push_is_on_the_segment_that_empties_the_queue(void **state)
{
    struct t_talk t;
    uint32_t mss = t_family(state) == SF_IPV4 ? 1460 : 1440;

    t_established(&t, t_family(state));
    t_send(&t, (size_t)mss * 2 + 10);
    T_EQ(t_next(&t).seg.flags, SF_ACK);
    T_EQ(t_next(&t).seg.flags, SF_ACK);
    t_silence(&t); /* Nagle */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000 + 2 * mss});
    T_EQ(t_next(&t).seg.flags, SF_ACK | SF_PSH);
    t_end(&t);
}

/* MUST-65: MSS is on SYNs alone; RFC 2018 s2, RFC 7323 s2.2: so are the others agreed there. */
static void what_a_syn_agrees_is_on_no_other_segment(void **state)
{
    uint8_t agreed = SF_OPT_MSS | SF_OPT_WSCALE | SF_OPT_SACK_OK;
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.sack = 1;
    t.config.window_scaling = 1;
    t.options = agreed;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999});
    T_EQ(t_next(&t).seg.options & agreed, agreed);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_accept(&t);
    t_send(&t, 10);
    T_EQ(t_next(&t).seg.options & agreed, 0);
    t_shutdown(&t);
    t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1010});
    T_EQ(t_next(&t).seg.options & agreed, 0);
    t_abort(&t);
    T_EQ(t_next(&t).seg.options & agreed, 0);
    t_end(&t);
}

/* MUST-34, SHLD-15 to SHLD-17: the right edge moves left of what was sent already.  New text
 * waits, old text inside the new window goes out again, and nobody gives up. */
static void a_window_that_shrinks_holds_new_text_back(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 1000);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 1000);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 500); /* to 1500; sent: to 2000 */
    t_option(&t, SF_OPTION_NODELAY, 1);
    t_send(&t, 100);
    t_silence(&t);
    (void)t_wait(&t);
    T_EQ(t_next(&t).seg.seq.v - t.iss + 999, 1000);
    t_forget(&t);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2000}, .wnd = 500);
    t_expect(&t, SF_ACK, .seq = {2000}, .ack = {5000}, .text = 100);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {2100});
    T_STATE(&t, SF_ESTABLISHED);
    T_EQ(t_wait(&t).ns, UINT64_MAX);
    t_end(&t);
}

/* RFC 9293 s3.10.7.4 fifth: SND.WL1 and SND.WL2 keep old segments from setting the window. */
static void an_old_segment_does_not_set_the_window(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_send(&t, 100);
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1100}, .text = 10, .wnd = 3000);
    T_EQ(t_status(&t).snd_wnd, 3000);
    /* Sent before it: an older number, although partly new text; then an older ACK. */
    t_peer(&t, SF_ACK, .seq = {4990}, .ack = {1100}, .text = 30, .wnd = 2000, .other = true);
    T_EQ(t_status(&t).snd_wnd, 3000);
    t_peer(&t, SF_ACK, .seq = {5020}, .ack = {1099}, .wnd = 1000);
    T_EQ(t_status(&t).snd_wnd, 3000);
    t_peer(&t, SF_ACK, .seq = {5020}, .ack = {1100}, .wnd = 900);
    T_EQ(t_status(&t).snd_wnd, 900);
    t_end(&t);
}

/* RFC 7323 s3.2: without agreement a timestamp says nothing, however old. */
static void a_timestamp_that_was_not_agreed_is_ignored(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10, .options = SF_OPT_TS),
         SF_PASS);
    T_EQ(t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000}, .text = 10, .options = SF_OPT_TS,
                .ts_ahead = -100000),
         SF_PASS);
    T_EQ(t_status(&t).readable, 20);
    T_EQ(t_next(&t).seg.options & SF_OPT_TS, 0);
    t_end(&t);
}

/* RFC 7323 s3.2: TSecr of a segment without ACK is 0. */
static void a_syn_echoes_no_timestamp(void **state)
{
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.config.timestamps = 1;
    t_start(&t);
    t.open.remote = t.them;
    T_EQ(sf_open(t.stack, &t.open, &t.conn, t.now), SF_OK);
    out = t_next(&t);
    T_EQ(out.seg.options & SF_OPT_TS, SF_OPT_TS);
    T_EQ(out.seg.tsecr, 0);
    t_end(&t);
}

/* SHLD-2: a RST may bring text, such as the reason for it. */
static void a_reset_may_bring_text(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    T_EQ(t_peer(&t, SF_RST, .seq = {5000}, .text = 20), SF_DROP_RESET);
    t_silence(&t);
    T_STATE(&t, SF_CLOSED);
    T_EQ(t_status(&t).error, SF_ERR_RESET);
    t_end(&t);
}

/* RFC 5961 s4.2: a peer that lost its memory resets by our challenge, and then gets in. */
static void a_peer_that_restarts_gets_in(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_SYN, .seq = {900000});
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000});
    t_peer(&t, SF_RST, .seq = {5000}); /* SEQ = SEG.ACK of the challenge */
    T_EQ(t_status(&t).error, SF_ERR_RESET);
    T_STATE(&t, SF_CLOSED);
    t_close(&t);
    t_another(&t, T_PEER_PORT);
    t_peer(&t, SF_SYN, .seq = {900000});
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {900001});
    t_end(&t);
}

/* RFC 5681 s3.1: the handshake's acknowledgements do not open the congestion window. */
static void the_handshake_does_not_open_the_window(void **state)
{
    uint32_t mss = t_family(state) == SF_IPV4 ? 1460 : 1440;
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_open_active(&t);
    T_EQ(t_status(&t).cwnd, 10 * mss);
    t_end(&t);
    t_established(&t, t_family(state));
    t_send(&t, 1); /* text makes the working record */
    T_EQ(t_status(&t).cwnd, 10 * mss);
    t_end(&t);
}

/* RFC 6928 s2, RFC 5681 s3.1: after a lost SYN, one segment. */
static void after_a_lost_syn_one_segment(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_syn_sent(&t);
    (void)t_wait(&t);
    t_forget(&t);
    t_peer(&t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    T_EQ(t_status(&t).cwnd, t_family(state) == SF_IPV4 ? 1460 : 1440);
    t_end(&t);
}

/* RFC 6429 s4: who answers probes for ever can still be given up. */
static void a_connection_in_persist_can_be_aborted(void **state)
{
    struct t_talk t;

    t_established(&t, t_family(state));
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
    t_send(&t, 100);
    for (int i = 0; i < 20; i++) {
        (void)t_wait(&t);
        T_EQ(t_next(&t).seg.text_octets, 1);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = T_WND_0);
    }
    t_abort(&t);
    T_EQ(t_next(&t).seg.flags, SF_RST | SF_ACK);
    T_STATE(&t, SF_CLOSED);
    T_NOTHING_LEFT(&t);
    t_end(&t);
}

/* MUST-45: once said, our address stays although a better one comes. */
static void our_address_stays(void **state)
{
    struct t_talk t;
    struct sf_addr other = sf_addr_v4(10, 0, 0, 3);
    struct sf_status status;

    t_begin(&t, t_family(state));
    if (t_family(state) == SF_IPV6) {
        T_EQ(sf_addr_parse("fd00::3", &other), SF_OK);
    }
    t_open_active(&t);
    T_EQ(sf_stack_add_address(t.stack, &other, t_family(state) == SF_IPV4 ? 31 : 127), SF_OK);
    t_send(&t, 10);
    t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5000}, .text = 10); /* looks at the source */
    status = t_status(&t);
    T_TRUE(sf_addr_equal(&status.local.addr, &t.us.addr));
    t_end(&t);
}

/* RFC 3042: each of the first two duplicates lets one new segment go, and no more. */
static void the_first_duplicates_let_a_segment_go(void **state)
{
    uint32_t mss = t_family(state) == SF_IPV4 ? 1460 : 1440;
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.wnd = 65535;
    t_open_passive(&t);
    t_send(&t, (size_t)mss * 20); /* ten are in flight, ten wait */
    t_forget(&t);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t cwnd = t_status(&t).cwnd;

        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000});
        t_expect(&t, SF_ACK, .seq = {1000 + (10 + i) * mss}, .ack = {5000}, .text = mss);
        t_silence(&t);
        T_EQ(t_status(&t).cwnd, cwnd);
    }
    t_end(&t);
}

/* RFC 2018 s8: a time-out forgets what was reported, and the left edge goes first; what was
 * reported and never acknowledged is still there to be sent. */
static void a_time_out_forgets_what_was_reported(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.sack = 1;
    t.options |= SF_OPT_SACK_OK;
    t_open_passive(&t);
    t_option(&t, SF_OPTION_NODELAY, 1);
    for (int i = 0; i < 3; i++) {
        t_send(&t, 100);
    }
    t_forget(&t);
    /* All three are reported, none is acknowledged. */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .options = SF_OPT_SACK, .n_sack = 1,
           .sack = {{{1000}, {1300}}});
    t_forget(&t);
    (void)t_wait(&t);
    for (uint32_t i = 0; i < 3; i++) {
        t_expect(&t, SF_ACK, .seq = {1000 + 100 * i}, .ack = {5000}, .text = 100);
    }
    t_silence(&t);
    t_end(&t);
}

/* RFC 7323 s2.3: a shift above 14 counts as 14; windows take more than 16 bits (REC-1). */
static void a_shift_above_14_is_14(void **state)
{
    for (int active = 0; active < 2; active++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.window_scaling = 1;
        t.options |= SF_OPT_WSCALE;
        t.wscale = 15;
        if (active != 0) {
            t_open_active(&t);
        } else {
            t_open_passive(&t);
        }
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .wnd = 65535);
        T_EQ(t_status(&t).snd_wnd, 1073725440); /* 65535 * 2^14 */
        t_end(&t);
    }
}

/* RFC 2018 s2: whoever has not said that it understands SACK gets none. */
static void without_agreement_nothing_is_reported(void **state)
{
    struct t_talk t;

    t_begin(&t, t_family(state));
    t.config.sack = 1;
    t_open_passive(&t);
    t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 100);
    T_EQ(t_next(&t).seg.options & SF_OPT_SACK, 0);
    t_end(&t);
}

/* RFC 7323 s4.1: only what acknowledges something new tells of the round trip. */
static void an_echo_that_acknowledges_nothing_gives_no_sample(void **state)
{
    struct t_talk t;
    uint64_t srtt = 0;

    t_begin(&t, t_family(state));
    t.config.timestamps = 1;
    t.options |= SF_OPT_TS;
    t_open_passive(&t);
    srtt = t_status(&t).srtt.ns;
    t_advance(&t, SF_MS(500)); /* the peer echoes what is 500 ms old */
    t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    t_peer(&t, SF_ACK, .seq = {5010}, .ack = {1000}, .wnd = 1000);
    T_EQ(t_status(&t).srtt.ns, srtt);
    t_end(&t);
}

/* RFC 9293 s3.1: reserved bits are not read.  On our side tests/unit/wire/tcp.c sees them 0. */
static void reserved_bits_mean_nothing(void **state)
{
    const struct t_seg seg = {.flags = SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10};
    uint8_t frame[2048];
    struct t_talk t;
    size_t octets = 0;
    uint8_t *tcp = frame + (t_family(state) == SF_IPV4 ? 20 : 40);
    uint16_t old = 0;

    t_established(&t, t_family(state));
    octets = t_build(&t, &seg, frame);
    old = sf_get16(tcp + 12);
    tcp[12] |= 0x0e; /* the three between data offset and AE */
    sf_put16(tcp + 16, sf_sum_update(sf_get16(tcp + 16), old, sf_get16(tcp + 12)));
    T_EQ(t_raw(&t, frame, octets), SF_PASS);
    T_EQ(t_status(&t).readable, 10);
    t_end(&t);
}

/* RFC 6864 s4.1: a packet that may not be cut is atomic, and its identification says nothing:
 * ours are all of that kind, and two of the peer's may be the same. */
static void an_identification_of_atomic_packets_means_nothing(void **state)
{
    struct sf_frame out;
    struct t_talk t;

    (void)state;
    t_established(&t, SF_IPV4);
    for (uint32_t i = 0; i < 3; i++) {
        const struct t_seg seg = {
            .flags = SF_ACK, .seq = {5000 + 10 * i}, .ack = {1000}, .text = 10};
        uint8_t frame[2048];
        size_t octets = t_build(&t, &seg, frame);

        T_EQ(sf_get16(frame + 6), 0x4000); /* DF, no offset */
        sf_put16(frame + 4, 7);
        sf_put16(frame + 10, 0);
        sf_put16(frame + 10, sf_sum_end(sf_sum(frame, 20, 0)));
        T_EQ(t_raw(&t, frame, octets), SF_PASS);
    }
    t_recv(&t, 30);
    t_forget(&t);
    for (uint32_t i = 0; i < 3; i++) {
        size_t taken = 0;

        T_EQ(sf_send(t.stack, t.conn, "x", 1, 0, &taken, t.now), SF_OK);
        T_EQ(sf_stack_tx(t.stack, &out, 1, t.now), 1);
        T_EQ(sf_get16(out.head + 6), 0x4000);
        sf_stack_tx_done(t.stack, &out, 1);
        t_peer(&t, SF_ACK, .seq = {5030}, .ack = {1001 + i});
    }
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(push_is_on_the_segment_that_empties_the_queue),
        T_BOTH(what_a_syn_agrees_is_on_no_other_segment),
        T_BOTH(a_window_that_shrinks_holds_new_text_back),
        T_BOTH(an_old_segment_does_not_set_the_window),
        T_BOTH(a_timestamp_that_was_not_agreed_is_ignored),
        T_BOTH(a_syn_echoes_no_timestamp),
        T_BOTH(a_reset_may_bring_text),
        T_BOTH(a_peer_that_restarts_gets_in),
        T_BOTH(the_handshake_does_not_open_the_window),
        T_BOTH(after_a_lost_syn_one_segment),
        T_BOTH(a_connection_in_persist_can_be_aborted),
        T_BOTH(our_address_stays),
        T_BOTH(the_first_duplicates_let_a_segment_go),
        T_BOTH(a_time_out_forgets_what_was_reported),
        T_BOTH(a_shift_above_14_is_14),
        T_BOTH(without_agreement_nothing_is_reported),
        T_BOTH(an_echo_that_acknowledges_nothing_gives_no_sample),
        T_BOTH(reserved_bits_mean_nothing),
        cmocka_unit_test(an_identification_of_atomic_packets_means_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
