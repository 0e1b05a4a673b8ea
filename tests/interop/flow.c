/* SPDX-License-Identifier: MIT
 *
 * tests/interop/flow.c - what the two ends agree on, and what holds the text back: options,
 * closed windows, small buffers, small packets, keepalive, urgent octets.
 */
#include "wire.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

#define SOME_OCTETS 1000000

/* A sysctl of the test's own network namespace. */
static void set_kernel(const char *name, const char *value)
{
    char path[128];
    int fd = -1;

    (void)snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    T_TRUE(fd >= 0);
    T_EQ(write(fd, value, strlen(value)), strlen(value));
    (void)close(fd);
}

/* Each option is used where both have it, and text passes in any case. */
static void options_are_used_where_both_have_them(void **state)
{
    struct t_wire *w = t_wire_of(state);
    struct sf_status status;
    /* What one end lacks: 1 timestamps, 2 window scale, 4 SACK; 8: it is our end. */
    static const uint32_t rows[] = {0, 1, 2, 4, 7, 9, 10, 12, 15};

    for (size_t row = 0; row < T_COUNT(rows); row++) {
        uint32_t i = rows[row];
        bool ours = (i & 8) != 0;

        w->config.timestamps = !(ours && (i & 1) != 0);
        w->config.window_scaling = !(ours && (i & 2) != 0);
        w->config.sack = !(ours && (i & 4) != 0);
        set_kernel("tcp_timestamps", !ours && (i & 1) != 0 ? "0" : "1");
        set_kernel("tcp_window_scaling", !ours && (i & 2) != 0 ? "0" : "1");
        set_kernel("tcp_sack", !ours && (i & 4) != 0 ? "0" : "1");
        t_wire_start(w, "drop tx data n=30; drop rx data n=30");
        t_connect(w);
        T_EQ(sf_status(w->stack, w->conn, &status, sf_now()), SF_OK);
        T_EQ_ROW(row, status.timestamps, (i & 1) == 0);
        T_EQ_ROW(row, status.wscale, (i & 2) == 0);
        T_EQ_ROW(row, status.sack, (i & 4) == 0);
        t_move(w, SOME_OCTETS, SOME_OCTETS);
        t_wire_stop(w);
    }
}

/* The kernel's application does not read: the window closes, and stays closed for longer
 * than it takes to probe it twice (RFC 9293 s3.8.6.1). */
static void we_wait_for_a_window(void **state)
{
    struct t_wire *w = t_wire_of(state);
    struct sf_status status;
    enum sf_err err = SF_OK;
    int small = 20000;
    size_t taken = 0;

    w->config.sndbuf_octets = 500000;
    t_wire_start(w, "");
    t_connect(w);
    T_EQ(setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    while (err == SF_OK) {
        err =
            sf_send(w->stack, w->conn, t_text(w->out_written), T_TEXT_RUN, 0, &taken, sf_now());
        w->out_written += err == SF_OK ? taken : 0;
    }
    T_EQ(err, SF_ERR_AGAIN);
    T_UNTIL(w, sf_status(w->stack, w->conn, &status, sf_now()) == SF_OK &&
                   status.snd_wnd < status.mss);
    t_hold_for(w, SF_MS(700)); /* probes after 200 and 400 ms more */
    t_move(w, SOME_OCTETS, 1000);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED");
}

/* Ours does not: the kernel probes, and goes on when the window opens. */
static void the_kernel_waits_for_a_window(void **state)
{
    struct t_wire *w = t_wire_of(state);
    struct sf_status status;
    ssize_t n = 0;

    w->config.rcvbuf_octets = 100000;
    t_wire_start(w, "");
    t_connect(w);
    T_UNTIL(w, (n = send(w->fd, t_text(w->in_written), T_TEXT_RUN, MSG_NOSIGNAL)) < 0 ||
                   (w->in_written += (uint64_t)n) == 0);
    T_EQ(errno, EAGAIN);
    T_UNTIL(w, sf_status(w->stack, w->conn, &status, sf_now()) == SF_OK &&
                   status.rcv_wnd < status.mss);
    t_hold_for(w, SF_MS(700));
    t_move(w, 1000, SOME_OCTETS);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED");
}

/* Buffers of less than a segment or two at either end. */
static void text_passes_through_small_buffers(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int small = 2000;

    w->config.rcvbuf_octets = 4096;
    w->config.sndbuf_octets = 3000;
    t_wire_start(w, "");
    t_connect(w);
    T_EQ(setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
    T_EQ(setsockopt(w->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)), 0);
    t_move(w, 100000, 100000);
}

/* The path has no room for more than 1280 octets, and each end knows it of its own side
 * only. */
static void text_passes_a_device_with_a_small_mtu(void **state)
{
    struct t_wire *w = t_wire_of(state);

    w->mtu = 1280;
    t_wire_start(w, "");
    t_connect(w);
    t_move(w, SOME_OCTETS, SOME_OCTETS);
}

/* RFC 9293 s3.8.4: an idle end is asked, and answers; one that vanished does not. */
static void keepalive_finds_out_who_has_vanished(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int one = 1;
    int two = 2;
    int error = 0;
    uint64_t in = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(sf_set_option(w->stack, w->conn, SF_OPTION_KEEPALIVE_IDLE, 300, sf_now()), SF_OK);
    T_EQ(sf_set_option(w->stack, w->conn, SF_OPTION_KEEPALIVE_INTERVAL, 300, sf_now()), SF_OK);
    T_EQ(sf_set_option(w->stack, w->conn, SF_OPTION_KEEPALIVE_PROBES, 2, sf_now()), SF_OK);
    T_EQ(sf_set_option(w->stack, w->conn, SF_OPTION_KEEPALIVE, 1, sf_now()), SF_OK);
    T_EQ(setsockopt(w->fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one)), 0);
    T_EQ(setsockopt(w->fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one)), 0);
    T_EQ(setsockopt(w->fd, IPPROTO_TCP, TCP_KEEPCNT, &two, sizeof(two)), 0);
    T_EQ(setsockopt(w->fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)), 0);
    in = sf_stack_counters(w->stack)->segments_in;
    t_hold_for(w, SF_MS(2000));
    T_TRUE(sf_stack_counters(w->stack)->segments_in >= in + 3);
    w->gate.shut = true;
    T_UNTIL(w, t_our_ready(w, SF_READY_ERROR));
    T_EQ(t_our_error(w), SF_ERR_TIMED_OUT);
    T_UNTIL(w, (error = t_kernel_error(w->fd)) != 0);
    T_EQ(error, ETIMEDOUT);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSED-ESTABLISHED");
}

/* RFC 9293 s3.8.5: the mark arrives; the octet stays in line. */
static void an_urgent_octet_arrives_with_its_mark(void **state)
{
    struct t_wire *w = t_wire_of(state);
    int one = 1;
    int mark = 0;
    char text[8] = "";
    size_t n = 0;

    t_wire_start(w, "");
    t_connect(w);
    T_EQ(setsockopt(w->fd, SOL_SOCKET, SO_OOBINLINE, &one, sizeof(one)), 0);
    T_EQ(send(w->fd, "abc", 3, MSG_OOB), 3);
    T_UNTIL(w, t_our_ready(w, SF_READY_READ | SF_READY_URGENT));
    T_EQ(sf_recv(w->stack, w->conn, text, sizeof(text), &n, sf_now()), SF_OK);
    T_EQ(n, 3);
    T_MEM(text, "abc", 3);
    T_FALSE(t_our_ready(w, SF_READY_URGENT));

    T_EQ(sf_send(w->stack, w->conn, "xyz", 3, SF_SEND_URGENT, &n, sf_now()), SF_OK);
    T_UNTIL(w, recv(w->fd, text, sizeof(text), MSG_PEEK) > 0);
    /* The kernel stops reading before the urgent octet, as it has its own idea of which that
     * is: RFC 6093 s3.1. */
    T_EQ(recv(w->fd, text, sizeof(text), 0), 2);
    T_MEM(text, "xy", 2);
    T_EQ(ioctl(w->fd, SIOCATMARK, &mark), 0);
    T_EQ(mark, 1);
    T_EQ(recv(w->fd, text, sizeof(text), 0), 1);
    T_MEM(text, "z", 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(options_are_used_where_both_have_them),
        T_WIRE_CASES(we_wait_for_a_window),
        T_WIRE_CASES(the_kernel_waits_for_a_window),
        T_WIRE_CASES(text_passes_through_small_buffers),
        T_WIRE_CASES(text_passes_a_device_with_a_small_mtu),
        T_WIRE_FAMILIES(keepalive_finds_out_who_has_vanished),
        T_WIRE_FAMILIES(an_urgent_octet_arrives_with_its_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
