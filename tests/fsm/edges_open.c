/* SPDX-License-Identifier: MIT
 *
 * tests/fsm/edges_open.c - the same as edges.c for what opens: listeners, handshakes, Fast
 * Open, a connection anew.
 */
#include "talk.h"

/* One more listener, at an address or any (null), and a port or any (0). */
static struct sf_handle listener(struct t_talk *t, const struct sf_addr *addr, uint16_t port)
{
    struct sf_listen listen = t->listen;
    struct sf_handle handle;

    listen.local = (struct sf_endpoint){.port = port};
    if (addr != NULL) {
        listen.local.addr = *addr;
    }
    T_EQ(sf_listen(t->stack, &listen, &handle, t->now), SF_OK);
    return handle;
}

/* Which of the listeners has taken a SYN to this port; n: none has. */
static size_t taken_by(struct t_talk *t, uint32_t port, const struct sf_handle *listeners,
                       size_t n)
{
    t->us.port = (uint16_t)port;
    t_another(t, (uint16_t)(t->them.port + 1));
    t_peer(t, SF_SYN, .seq = {4999});
    t_forget(t);
    for (size_t i = 0; i < n; i++) {
        struct sf_status status;

        T_EQ(sf_status(t->stack, listeners[i], &status, t->now), SF_OK);
        if (status.half_open != 0) {
            t_peer(t, SF_RST, .seq = {5000});
            return i;
        }
    }
    return n;
}

/* Four listeners at this port or all, at our address or any. */
static void the_one_that_says_most(void **state, uint16_t port, bool backwards)
{
    struct sf_handle all[4];
    struct t_talk t;

    t_begin(&t, t_family(state));
    t_start(&t);
    for (size_t i = 0; i < 4; i++) {
        size_t which = backwards ? 3 - i : i;

        all[which] = listener(&t, which % 2 == 0 ? &t.us.addr : NULL, which < 2 ? port : 0);
    }
    T_EQ(taken_by(&t, port, all, 4), 0);
    T_EQ(taken_by(&t, port + 64, all, 4), 2);
    T_EQ(taken_by(&t, port + 1, all, 4), 2);
    T_EQ(sf_close(t.stack, all[0], t.now), SF_OK);
    T_EQ(taken_by(&t, port, all + 1, 3), 0);
    T_EQ(sf_close(t.stack, all[2], t.now), SF_OK);
    all[2] = all[3];
    T_EQ(taken_by(&t, port + 64, all + 1, 2), 1);
    T_EQ(taken_by(&t, port + 1, all + 1, 2), 1);
    T_EQ(sf_close(t.stack, all[2], t.now), SF_OK);
    T_EQ(taken_by(&t, port + 64, all + 1, 1), 1);
    T_EQ(taken_by(&t, port + 1, all + 1, 1), 1);
    t_end(&t);
}

/* RFC 9293 s3.9.1.1 (MUST-41, MUST-43): of all that fit the one that says most: a port's own
 * comes before every port's, and of two for the same port the address's own.  A port that has
 * none of its own goes to whoever takes every port, also if it shares one of the 64 chains
 * with one that has, as 80 + 64 does and 81 does not; 128 shares that of whoever takes all. */
static void the_listener_that_says_most_gets_the_syn(void **state)
{
    the_one_that_says_most(state, 80, false);
    the_one_that_says_most(state, 80, true);
    the_one_that_says_most(state, 128, false);
    the_one_that_says_most(state, 128, true);
}

/* RFC 6191 s2, RFC 1122 s4.2.2.13: the new ISS is larger than the largest number of the old
 * connection.  An ISN goes on by one in 4 us: after 4 us it is the last that was used, after
 * 8 us what would have been next, SND.NXT = 1001; from then on it will do. */
static void a_connection_anew_begins_beyond_the_old_one(void **state)
{
    static const struct {
        uint64_t us;
        uint32_t iss;
    } rows[] = {
        {0, 1001 + 65536}, {4, 1001 + 65536}, {8, 1001 + 65536}, {12, 1002}, {16, 1003},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct t_talk t;

        t_begin(&t, t_family(state));
        t_open_passive(&t);
        t_close(&t);
        t_expect(&t, SF_FIN | SF_ACK, .seq = {1000}, .ack = {5000});
        t_peer(&t, SF_FIN | SF_ACK, .seq = {5000}, .ack = {1001});
        t_expect(&t, SF_ACK, .seq = {1001}, .ack = {5001});
        T_STATE(&t, SF_TIME_WAIT);
        t_advance(&t, SF_US(rows[i].us));
        T_EQ(t_peer(&t, SF_SYN, .seq = {5001}), SF_PASS);
        t_expect(&t, SF_SYN | SF_ACK, .seq = {rows[i].iss}, .ack = {5002});
        t_end(&t);
    }
}

/* RFC 7413 s4.2.2: SYN,ACK acknowledges the text of the SYN; no other acknowledgement of it
 * follows when a delayed one would be due. */
static void text_on_a_syn_is_acknowledged_once(void **state)
{
    struct t_talk t;
    struct t_out out;

    t_begin(&t, t_family(state));
    t.listen.fast_open = 1;
    t_listen(&t);
    t_peer(&t, SF_SYN, .seq = {4999}, .options = SF_OPT_FAST_OPEN);
    out = t_next(&t);
    T_TRUE((out.seg.options & SF_OPT_FAST_OPEN) != 0);
    t_peer(&t, SF_RST, .seq = {5000});
    t_another(&t, T_PEER_PORT + 1);
    t_peer(&t, SF_SYN, .seq = {4999}, .text = 100, .options = SF_OPT_FAST_OPEN,
           .fast_open = out.fast_open, .fast_open_octets = out.seg.fast_open_octets);
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5100});
    T_EQ(t_wait(&t).ns, SF_NS_PER_S); /* not 40 ms, or what a delayed one may take */
    t_expect(&t, SF_SYN | SF_ACK, .seq = {999}, .ack = {5100});
    t_end(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(the_listener_that_says_most_gets_the_syn),
        T_BOTH(a_connection_anew_begins_beyond_the_old_one),
        T_BOTH(text_on_a_syn_is_acknowledged_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
