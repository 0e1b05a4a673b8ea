/* SPDX-License-Identifier: MIT
 *
 * tests/unit/sock/calls.c - the socket calls as Linux has them: what each returns at each
 * stage of a descriptor, and what of the peer's shows through them.
 */
#include "sock.h"

static void a_connection_is_accepted_read_and_closed(void **state)
{
    struct sock s;
    uint8_t data[16];

    sock_begin(&s, state);
    sock_listen(&s, 1);
    T_EQ(sf_calls_accept(&s.calls, s.listener, 0, s.t.now), -EAGAIN);
    sock_accept(&s);
    T_EQ(sock_recv(&s, data, 16, 0), -EAGAIN);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    T_EQ(sock_recv(&s, data, 4, 0), 4);
    T_EQ(sock_recv(&s, data, 16, 0), 6);
    t_peer(&s.t, SF_ACK | SF_FIN, .seq = {5010}, .ack = {1000});
    t_forget(&s.t);
    T_EQ(sock_recv(&s, data, 16, 0), 0);
    T_EQ(sf_calls_close(&s.calls, s.fd, s.t.now), 0);
    t_pull(&s.t);
    t_expect(&s.t, SF_ACK | SF_FIN, .seq = {1000}, .ack = {5011});
    T_EQ(sf_calls_close(&s.calls, s.fd, s.t.now), -EBADF);
    t_end(&s.t);
}

/* A blocking descriptor asks to be called again; MSG_DONTWAIT does not. */
static void what_would_wait_says_so(void **state)
{
    struct sock s;
    uint8_t data[8];

    sock_open(&s, state);
    T_EQ(sf_calls_fcntl(&s.calls, s.fd, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    T_EQ(sf_calls_fcntl(&s.calls, s.fd, F_SETFL, O_RDWR), 0);
    T_EQ(sf_calls_fcntl(&s.calls, s.fd, F_GETFL, 0), O_RDWR);
    T_TRUE(sock_recv(&s, data, 8, 0) == SF_CALLS_WAIT);
    T_EQ(sock_recv(&s, data, 8, MSG_DONTWAIT), -EAGAIN);
    sf_calls_fcntl(&s.calls, s.listener, F_SETFL, 0);
    T_TRUE(sf_calls_accept(&s.calls, s.listener, 0, s.t.now) == SF_CALLS_WAIT);
    T_EQ(sf_calls_fcntl(&s.calls, s.fd, 12345, 0), -EINVAL);
    t_end(&s.t);
}

static void flags_of_reading_are_obeyed(void **state)
{
    struct sock s;
    uint8_t data[16];

    sock_open(&s, state);
    sf_calls_fcntl(&s.calls, s.fd, F_SETFL, 0);
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1000}, .text = 10);
    T_EQ(sock_recv(&s, data, 4, MSG_PEEK), 4);
    T_EQ(sock_recv(&s, data, 16, MSG_PEEK), 10);
    struct sf_calls_buffer all = {.data = data, .octets = 16, .flags = MSG_WAITALL};
    T_TRUE(sf_calls_recv(&s.calls, s.fd, &all, s.t.now) == SF_CALLS_WAIT);
    T_EQ(all.done, 10);
    t_peer(&s.t, SF_ACK, .seq = {5010}, .ack = {1000}, .text = 10);
    T_EQ(sf_calls_recv(&s.calls, s.fd, &all, s.t.now), 16);
    T_EQ(sock_recv(&s, data, 16, 0), 4);
    t_end(&s.t);
}

/* Each call on each kind of descriptor that it is not for. */
static void calls_refuse_what_makes_no_sense(void **state)
{
    struct sock s;
    uint8_t data[4];
    struct sf_calls_buffer b = {.data = data, .octets = 4};
    int value = 0;

    sock_open(&s, state);
    int fresh = sock_new(&s);
    int epoll = (int)sf_calls_epoll_create(&s.calls, 1);

    T_EQ(sf_calls_socket(&s.calls, 77, SOCK_STREAM, 0), -EAFNOSUPPORT);
    T_EQ(sf_calls_socket(&s.calls, AF_INET, SOCK_DGRAM, 0), -EPROTONOSUPPORT);
    T_EQ(sf_calls_socket(&s.calls, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
    T_EQ(sf_calls_bind(&s.calls, 63, &s.t.us), -EBADF);
    T_EQ(sf_calls_bind(&s.calls, s.fd, &s.t.us), -EINVAL);
    T_EQ(sf_calls_bind(&s.calls, epoll, &s.t.us), -EINVAL);
    T_EQ(sf_calls_listen(&s.calls, s.fd, 1, s.t.now), -EINVAL);
    T_EQ(sf_calls_listen(&s.calls, s.listener, 1, s.t.now), 0);
    T_EQ(sf_calls_accept(&s.calls, fresh, 0, s.t.now), -EINVAL);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EISCONN);
    T_EQ(sf_calls_recv(&s.calls, fresh, &b, s.t.now), -ENOTCONN);
    T_EQ(sf_calls_recv(&s.calls, s.listener, &b, s.t.now), -ENOTCONN);
    T_EQ(sf_calls_send(&s.calls, fresh, &b, s.t.now), -EPIPE);
    T_EQ(sf_calls_shutdown(&s.calls, fresh, SHUT_WR, s.t.now), -ENOTCONN);
    T_EQ(sf_calls_shutdown(&s.calls, s.listener, SHUT_WR, s.t.now), -ENOTCONN);
    T_EQ(sf_calls_shutdown(&s.calls, s.fd, 9, s.t.now), -EINVAL);
    T_EQ(sf_calls_ioctl(&s.calls, s.listener, FIONREAD, &value, s.t.now), -EINVAL);
    T_EQ(sf_calls_ioctl(&s.calls, s.fd, 12345, &value, s.t.now), -ENOTTY);
    /* The port is taken by the listener. */
    T_EQ(sf_calls_bind(&s.calls, fresh, &s.t.us), 0);
    T_EQ(sf_calls_bind(&s.calls, fresh, &s.t.us), -EINVAL);
    T_EQ(sf_calls_listen(&s.calls, fresh, 1, s.t.now), -EADDRINUSE);
    t_end(&s.t);
}

static void descriptors_run_out(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    for (int i = SF_CALLS_FIRST; i < SF_CALLS_MOST; i++) {
        T_EQ(sock_new(&s), i);
    }
    T_EQ(sf_calls_socket(&s.calls, AF_INET, SOCK_STREAM, 0), -EMFILE);
    T_EQ(sf_calls_epoll_create(&s.calls, 1), -EMFILE);
    T_EQ(sf_calls_close(&s.calls, 10, s.t.now), 0);
    T_EQ(sock_new(&s), 10);
    t_end(&s.t);
}

static void connecting_goes_through_its_errors(void **state)
{
    struct sock s;

    sock_begin(&s, state);
    s.fd = sock_new(&s);
    T_EQ(sf_calls_bind(&s.calls, s.fd, &s.t.us), 0);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EINPROGRESS);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EALREADY);
    T_EQ(sock_send(&s, 10, 0), -EAGAIN);
    t_pull(&s.t);
    t_expect(&s.t, SF_SYN, .seq = {999});
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLIN | POLLOUT, s.t.now), 0);
    t_peer(&s.t, SF_SYN | SF_ACK, .seq = {4999}, .ack = {1000});
    t_forget(&s.t);
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLIN | POLLOUT, s.t.now), POLLOUT);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), 0);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EISCONN);
    t_end(&s.t);
}

/* An error is told once: by SO_ERROR, or by the call that meets it. */
static void a_refusal_is_told_once(void **state)
{
    struct sock s;
    uint8_t data[4];

    for (int first = 0; first < 3; first++) {
        sock_begin(&s, state);
        s.fd = sock_new(&s);
        T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EINPROGRESS);
        t_pull(&s.t);
        struct t_out syn = t_next(&s.t);
        s.t.us.port = syn.sport;
        t_peer(&s.t, SF_RST | SF_ACK, .seq = {0}, .ack = {1000});
        T_EQ(sf_calls_poll(&s.calls, s.fd, POLLIN | POLLOUT, s.t.now),
             POLLIN | POLLOUT | POLLERR | POLLHUP);
        if (first == 0) {
            T_EQ(sock_get(&s, s.fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
        } else if (first == 1) {
            T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -ECONNREFUSED);
        } else {
            T_EQ(sock_recv(&s, data, 4, 0), -ECONNREFUSED);
        }
        T_EQ(sock_get(&s, s.fd, SOL_SOCKET, SO_ERROR), 0);
        T_EQ(sock_recv(&s, data, 4, 0), 0);
        T_EQ(sock_send(&s, 4, 0), -EPIPE);
        T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -ECONNABORTED);
        t_end(&s.t);
    }
}

/* After the peer's FIN, a RST is EPIPE on Linux and ECONNRESET elsewhere. */
static void a_reset_has_its_names(void **state)
{
    static const struct {
        bool bsd, fin;
        int error;
    } rows[] = {
        {false, false, ECONNRESET},
        {false, true, EPIPE},
        {true, false, ECONNRESET},
        {true, true, ECONNRESET},
    };

    for (size_t i = 0; i < T_COUNT(rows); i++) {
        struct sock s;

        sock_open(&s, state);
        s.calls.bsd = rows[i].bsd;
        if (rows[i].fin) {
            t_peer(&s.t, SF_ACK | SF_FIN, .seq = {5000}, .ack = {1000});
        }
        t_peer(&s.t, SF_RST, .seq = {rows[i].fin ? 5001 : 5000});
        T_EQ_ROW(i, sock_get(&s, s.fd, SOL_SOCKET, SO_ERROR), rows[i].error);
        T_EQ_ROW(i, sock_get(&s, s.fd, SOL_SOCKET, SO_ERROR), 0);
        t_end(&s.t);
    }
}

static void shutdown_closes_each_half(void **state)
{
    struct sock s;
    uint8_t data[4];

    sock_open(&s, state);
    T_EQ(sf_calls_shutdown(&s.calls, s.fd, SHUT_RD, s.t.now), 0);
    T_EQ(sock_recv(&s, data, 4, 0), 0);
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLIN | POLLRDHUP, s.t.now), POLLIN | POLLRDHUP);
    t_pull(&s.t);
    t_silence(&s.t);
    T_EQ(sf_calls_shutdown(&s.calls, s.fd, SHUT_WR, s.t.now), 0);
    t_pull(&s.t);
    t_expect(&s.t, SF_ACK | SF_FIN, .seq = {1000}, .ack = {5000});
    T_EQ(sock_send(&s, 4, 0), -EPIPE);
    T_EQ(sf_calls_poll(&s.calls, s.fd, POLLOUT, s.t.now), POLLOUT | POLLHUP);
    t_end(&s.t);
}

/* Octets queued, unsent, and to be read. */
static void octets_are_counted(void **state)
{
    struct sock s;
    int value = 0;
    int full = t_family(state) == SF_IPV4 ? 1460 : 1440;

    sock_open(&s, state);
    T_EQ(sock_send(&s, 4096, 0), 4096);
    T_EQ(sock_send(&s, 100, 0), 100);
    T_EQ(sf_calls_ioctl(&s.calls, s.fd, SIOCOUTQ, &value, s.t.now), 0);
    T_EQ(value, 4196);
    T_EQ(sf_calls_ioctl(&s.calls, s.fd, SIOCOUTQNSD, &value, s.t.now), 0);
    T_EQ(value, 4196 - 2 * full); /* the third would not be full: the window is 4096 */
    t_peer(&s.t, SF_ACK, .seq = {5000}, .ack = {1001}, .text = 10);
    T_EQ(sf_calls_ioctl(&s.calls, s.fd, SIOCOUTQ, &value, s.t.now), 0);
    T_EQ(value, 4195);
    T_EQ(sf_calls_ioctl(&s.calls, s.fd, SIOCINQ, &value, s.t.now), 0);
    T_EQ(value, 10);
    T_EQ(sf_calls_inq(&s.calls, s.fd, s.t.now), 10);
    t_end(&s.t);
}

/* The octet that TCP_CM_INQ counts for the end. */
static void the_end_counts_as_an_octet(void **state)
{
    struct sock s;
    uint8_t data[16];

    sock_open(&s, state);
    t_peer(&s.t, SF_ACK | SF_FIN, .seq = {5000}, .ack = {1000}, .text = 10);
    T_EQ(sf_calls_inq(&s.calls, s.fd, s.t.now), 10);
    T_EQ(sock_recv(&s, data, 16, 0), 10);
    T_EQ(sf_calls_inq(&s.calls, s.fd, s.t.now), 1);
    T_EQ(sf_calls_inq(&s.calls, s.listener, s.t.now), 0);
    T_EQ(sf_calls_inq(&s.calls, 60, s.t.now), 0);
    t_end(&s.t);
}

/* SO_LINGER with 0 s: RST in place of FIN (RFC 9293 s3.9.1.5). */
static void lingering_for_nothing_resets(void **state)
{
    struct sock s;
    struct sf_calls_option o = {.level = SOL_SOCKET, .name = SO_LINGER, .value = 1};

    sock_open(&s, state);
    T_EQ(sf_calls_setsockopt(&s.calls, s.fd, &o, s.t.now), 0);
    T_EQ(sf_calls_close(&s.calls, s.fd, s.t.now), 0);
    t_pull(&s.t);
    t_expect(&s.t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5000});
    t_end(&s.t);
}

/* connect() to AF_UNSPEC: a RST to who is connected, and the descriptor begins anew. */
static void a_descriptor_can_be_disconnected(void **state)
{
    const struct sf_endpoint nobody = {.port = 0};
    struct sock s;

    sock_open(&s, state);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &nobody, s.t.now), 0);
    t_pull(&s.t);
    t_expect(&s.t, SF_RST | SF_ACK, .seq = {1000}, .ack = {5000});
    T_EQ(sock_send(&s, 10, 0), -EPIPE);
    T_EQ(sf_calls_connect(&s.calls, s.fd, &nobody, s.t.now), 0); /* it may be so already */
    s.t.iss_known = false;
    s.t.sent = 0;
    T_EQ(sf_calls_connect(&s.calls, s.fd, &s.t.them, s.t.now), -EINPROGRESS);
    t_pull(&s.t);
    T_EQ(t_next(&s.t).seg.flags, SF_SYN);
    T_EQ(sf_calls_connect(&s.calls, (int)sf_calls_epoll_create(&s.calls, 1), &nobody, s.t.now),
         -EINVAL);
    t_end(&s.t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_BOTH(a_descriptor_can_be_disconnected),
        T_BOTH(a_connection_is_accepted_read_and_closed),
        T_BOTH(what_would_wait_says_so),
        T_BOTH(flags_of_reading_are_obeyed),
        T_BOTH(calls_refuse_what_makes_no_sense),
        T_BOTH(descriptors_run_out),
        T_BOTH(connecting_goes_through_its_errors),
        T_BOTH(a_refusal_is_told_once),
        T_BOTH(a_reset_has_its_names),
        T_BOTH(shutdown_closes_each_half),
        T_BOTH(octets_are_counted),
        T_BOTH(the_end_counts_as_an_octet),
        T_BOTH(lingering_for_nothing_resets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
