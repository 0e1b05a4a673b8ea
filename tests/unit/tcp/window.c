/* SPDX-License-Identifier: MIT
 *
 * tests/unit/tcp/window.c - the window offered: its right edge and its rounding (RFC 9293
 * s3.8.6, RFC 7323 s2.4).
 */
#include "room.h"

#include "tcp/window.h"

static int up(void **state)
{
    static struct t_room room;

    t_room_config(&room);
    t_room_open(&room, T_AT(0));
    *state = &room;
    return 0;
}

static int down(void **state)
{
    t_room_close(*state);
    return 0;
}

/* A connection that has offered its whole buffer; what is not read makes the buffer smaller
 * here. */
static struct sf_conn offered(uint32_t rcvbuf)
{
    struct sf_conn c = {
        .tuple = {.family = SF_IPV4},
        .state = SF_ESTABLISHED,
        .mss_peer = 1460,
        .pmtu = 1500,
        .rcvbuf = rcvbuf,
        .rcv_wscale = sf_conn_wscale_for(rcvbuf),
        .rcv_nxt = {1000},
        .rcv_adv = {1000 + rcvbuf},
    };

    return c;
}

/* Units of 32: a peer that sends slivers of 31 octets to somebody who does not read must not
 * get more than the buffer, and a unit. */
static void slivers_do_not_stretch_the_buffer(void **state)
{
    const struct t_room *r = *state;
    struct sf_conn c = offered(1U << 20);
    uint32_t taken = 0;

    T_EQ(c.rcv_wscale, 5);
    for (uint32_t i = 0; i < 70000 && c.rcv_nxt.v != c.rcv_adv.v; i++) {
        uint32_t n = c.rcv_adv.v - c.rcv_nxt.v < 31 ? c.rcv_adv.v - c.rcv_nxt.v : 31;

        c.rcv_nxt.v += n;
        taken += n;
        c.rcvbuf = taken < 1U << 20 ? (1U << 20) - taken : 0;
        (void)sf_window_offer(&r->tcp, &c);
        T_TRUE(taken <= (1U << 20) + 31);
    }
    T_EQ(sf_window_offer(&r->tcp, &c), 0);
}

/* But by less than a unit (RFC 7323 s2.4), whatever is read, in units larger than a segment
 * too: 2^27 takes 2^12. */
static void the_right_edge_does_not_move_left(void **state)
{
    static const uint32_t buffers[] = {1U << 16, 1U << 20, 1U << 27, 1U << 30};
    const struct t_room *r = *state;

    for (size_t b = 0; b < T_COUNT(buffers); b++) {
        struct sf_conn c = offered(buffers[b]);
        uint32_t unread = 0;
        uint32_t edge = 0;
        uint32_t random = 1;

        for (uint32_t i = 0; i < 20000; i++) {
            uint32_t right = 0;
            uint32_t adv = c.rcv_adv.v;

            random = random * 1103515245 + 12345;
            c.rcv_nxt.v += random >> 16 & 2047;
            unread += random >> 16 & 2047;
            if ((random >> 8 & 3) == 0) {
                unread -= unread < 5000 ? unread : 5000;
            }
            if (unread > 20000) {
                unread = 0;
            }
            if ((random >> 10 & 3) == 0) {
                continue; /* a delayed acknowledgement */
            }
            c.rcvbuf = buffers[b] - unread;
            right = c.rcv_nxt.v + ((uint32_t)sf_window_offer(&r->tcp, &c) << c.rcv_wscale);
            T_TRUE(edge == 0 || (int32_t)(right - edge) > -(1 << c.rcv_wscale));
            T_TRUE((int32_t)(c.rcv_adv.v - adv) >= 0);
            T_TRUE((int32_t)(c.rcv_adv.v - right) >= 0);
            edge = right;
        }
    }
}

/* That text was read is told at once if the peer has less than two full segments of 1460
 * octets left.  With 2920 of 5000 the gain, 2080, is more than a segment, but not half of the
 * buffer. */
static void most_of_a_window_is_not_told_to_have_grown(void **state)
{
    const struct t_room *r = *state;
    struct sf_conn c = offered(5000);

    c.rcv_adv.v = c.rcv_nxt.v + 2920;
    T_EQ(sf_window_worth_telling(&r->tcp, &c), false);
    c.rcv_adv.v = c.rcv_nxt.v + 2919;
    T_EQ(sf_window_worth_telling(&r->tcp, &c), true);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(slivers_do_not_stretch_the_buffer),
        cmocka_unit_test(the_right_edge_does_not_move_left),
        cmocka_unit_test(most_of_a_window_is_not_told_to_have_grown),
    };

    return cmocka_run_group_tests(tests, up, down);
}
