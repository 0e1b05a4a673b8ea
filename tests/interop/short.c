/* SPDX-License-Identifier: MIT
 *
 * tests/interop/short.c - 100,000 connections one after another through one listener: open,
 * an octet each way, close.
 *
 * There are 28,232 ephemeral ports, so that most connections begin where another of the same
 * ends is still in TIME-WAIT: at the side that closed first, the listener's (RFC 6191).
 */
#include "wire.h"

#define CONNECTIONS 100000
#define PORTS       28232 /* 32768 to 60999, at either end */
#define LOOK_EVERY  20000

/* Turn without sleeping until something is so: all that is waited for follows from what was
 * done, as the kernel's part runs when frames are written. */
#define T_SOON(w, condition)                          \
    for (t_wait_begin((w), T_PATIENCE); !(condition); \
         soon((w), #condition, __FILE__, __LINE__)) { \
    }

static void soon(struct t_wire *w, const char *what, const char *file, int line)
{
    if (!sf_time_before(sf_now(), w->until)) {
        printf("# never came: %s\n", what);
        _fail(file, line);
    }
    T_EQ(sf_loop_turn(w->loop, sf_now()), SF_OK);
}

static bool we_get(struct t_wire *w, uint8_t want)
{
    uint8_t octet = 0;
    size_t n = 0;
    enum sf_err err = sf_recv(w->stack, w->conn, &octet, 1, &n, sf_now());

    if (err == SF_OK) {
        T_EQ(octet, want);
        return true;
    }
    T_EQ(err, SF_ERR_AGAIN);
    return false;
}

static bool kernel_gets(const struct t_wire *w, uint8_t want)
{
    uint8_t octet = 0;
    ssize_t n = recv(w->fd, &octet, 1, 0);

    if (n == 1) {
        T_EQ(octet, want);
        return true;
    }
    T_EQ(n, -1);
    T_EQ(errno, EAGAIN);
    return false;
}

static void an_octet_each_way(struct t_wire *w, uint8_t octet)
{
    size_t taken = 0;

    T_EQ(send(w->fd, &octet, 1, MSG_NOSIGNAL), 1);
    T_SOON(w, we_get(w, octet));
    octet ^= 0xff;
    T_EQ(sf_send(w->stack, w->conn, &octet, 1, 0, &taken, sf_now()), SF_OK);
    T_SOON(w, kernel_gets(w, octet));
}

/* The kernel connects, and we close first. */
static void through_our_listener(struct t_wire *w, uint8_t octet)
{
    w->fd = t_kernel_socket(w);
    t_kernel_begin(w);
    T_SOON(w, t_our_accepted(w));
    an_octet_each_way(w, octet);
    t_our_close(w);
    T_SOON(w, t_kernel_eof(w));
    t_kernel_close(w);
}

/* We connect, and the kernel closes first. */
static void through_the_listener_of_the_kernel(struct t_wire *w, uint8_t octet)
{
    w->ours.port = 0;
    t_our_open(w);
    T_SOON(w, t_kernel_accepted(w));
    an_octet_each_way(w, octet);
    t_kernel_close(w);
    T_SOON(w, t_our_eof(w));
    t_our_close(w);
}

static void short_connections_follow_each_other(void **state)
{
    struct t_wire *w = t_wire_of(state);
    bool kernel = w->how.kernel_listens;
    const struct sf_counters *c = NULL;
    sf_time began = sf_now();

    w->config.msl = SF_S(30);
    w->config.max_time_waits = 2 * CONNECTIONS;
    t_wire_start(w, "");
    c = sf_stack_counters(w->stack);
    if (kernel) {
        t_kernel_listen(w);
    } else {
        t_our_listen(w);
    }
    for (uint32_t i = 1; i <= CONNECTIONS; i++) {
        if (kernel) {
            through_the_listener_of_the_kernel(w, (uint8_t)i);
        } else {
            through_our_listener(w, (uint8_t)i);
        }
        if (i == LOOK_EVERY) {
            /* What we choose as a port is new as long as there are any. */
            t_hold(w);
            t_all_are(w, i - (uint32_t)c->time_waits_reused, kernel ? SF_CLOSED : SF_TIME_WAIT,
                      kernel ? SF_TIME_WAIT : SF_CLOSED);
        }
    }
    printf("# %.0f connections a second; %llu TIME-WAIT of ours reused, %llu retransmitted\n",
           CONNECTIONS / ((double)sf_time_sub(sf_now(), began).ns / 1e9),
           (unsigned long long)c->time_waits_reused, (unsigned long long)c->retransmitted);
    t_hold(w);
    T_EQ(kernel ? c->opened_active : c->opened_passive, CONNECTIONS);
    if (!kernel) {
        T_EQ(c->time_waits, CONNECTIONS);
        T_TRUE(c->time_waits_reused >= CONNECTIONS - PORTS);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(short_connections_follow_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
