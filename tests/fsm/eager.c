/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/eager.c - a receiver that offers and acknowledges as FreeBSD's does, where it is
 * configured: sf_config.window_eager and sf_config.ack_small.
 *
 * RCV.NXT is 5000 and the buffer takes 4096 octets.
 */
#include "talk.h"

#include "base/time.h"

static void begin(struct t_talk *t, void **state, bool eager, bool small)
{
    t_begin(t, t_family(state));
    t->config.window_eager = eager;
    t->config.ack_small = small;
    t_open_passive(t);
}

/* 100 octets come and are read; the next segment is acknowledged at once, as it lies beyond a
 * gap.  The window says all that is free, 4096, or what was offered before, 4096 - 100. */
static void a_window_follows_the_buffer_by_the_octet(void **state)
{
    for (int eager = 0; eager < 2; eager++) {
        struct t_talk t;

        begin(&t, state, eager != 0, false);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100);
        t_recv(&t, 100);
        t_peer(&t, SF_ACK, .seq = {5200}, .ack = {1000}, .text = 10); /* beyond a gap */
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5100},
                 .wnd = eager != 0 ? 4096 : 3996); /* 100 octets are no step */
        t_forget(&t);
        t_end(&t);
    }
}

/* With less than a quarter of the buffer free, steps count again (RFC 9293 s3.8.6.2.2): 1023 of
 * 4096 do not, 1024 do. */
static void a_window_that_is_nearly_closed_takes_steps(void **state)
{
    static const struct {
        uint32_t read;
        uint16_t wnd;
    } rows[] = {{23, 1000}, {24, 1024}};

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        begin(&t, state, true, false);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 1440);
        t_peer(&t, SF_ACK, .seq = {6440}, .ack = {1000}, .text = 1440);
        t_peer(&t, SF_ACK, .seq = {7880}, .ack = {1000}, .text = 216); /* 3096 */
        t_advance(&t, SF_MS(40));
        t_forget(&t);
        t_recv(&t, rows[row].read);
        t_peer(&t, SF_ACK, .seq = {8200}, .ack = {1000}, .text = 10); /* beyond a gap */
        t_expect(&t, SF_ACK, .seq = {1000}, .ack = {8096}, .wnd = rows[row].wnd);
        t_forget(&t);
        t_end(&t);
    }
}

static void every_second_segment_is_acknowledged_however_small(void **state)
{
    for (int small = 0; small < 2; small++) {
        struct t_talk t;

        begin(&t, state, false, small != 0);
        t_peer(&t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 100);
        t_silence(&t);
        t_peer(&t, SF_ACK, .seq = {5100}, .ack = {1000}, .text = 50);
        if (small != 0) {
            t_expect(&t, SF_ACK, .seq = {1000}, .ack = {5150});
        }
        t_silence(&t);
        t_peer(&t, SF_ACK, .seq = {5150}, .ack = {1000}, .text = 1);
        t_silence(&t);
        t_recv(&t, 151);
        t_end(&t);
    }
}

/* 1500 octets have come, so that the peer has 2596 more.  That 1024 of them were read, a
 * quarter of the buffer, is worth an acknowledgement; otherwise half of it would be, 2048. */
static void reading_a_quarter_of_the_buffer_is_told(void **state)
{
    static const struct {
        bool eager;
        uint32_t read;
        bool told;
    } rows[] = {{false, 1499, false}, {true, 1023, false}, {true, 1024, true}};

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t.config.window_eager = rows[row].eager;
        t.mss = 300;
        t.config.mtu = t_family(state) == SF_IPV4 ? 576 : 1280;
        t_open_passive(&t);
        for (uint32_t i = 0; i < 5; i++) {
            t_peer(&t, SF_ACK, .seq = {5000 + 300 * i}, .ack = {1000}, .text = 300);
        }
        t_advance(&t, SF_MS(40));
        t_forget(&t);
        t_recv(&t, rows[row].read);
        T_EQ_ROW(row, t.out_count, rows[row].told ? 1 : 0);
        t_end(&t);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_window_follows_the_buffer_by_the_octet),
        T_BOTH(a_window_that_is_nearly_closed_takes_steps),
        T_BOTH(every_second_segment_is_acknowledged_however_small),
        T_BOTH(reading_a_quarter_of_the_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
