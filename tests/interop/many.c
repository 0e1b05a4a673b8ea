/* SPDX-License-Identifier: MIT
 *
 * tests/interop/many.c - 10,000 connections open at once.
 */
#include "wire.h"

#include <sys/resource.h>

#define CONNECTIONS 10000
#define AT_ONCE     50 /* begun in one turn: the device's queue is short */

/* Both ends of the same connection are at the same place. */
static struct {
    struct sf_handle conn[CONNECTIONS];
    int fd[CONNECTIONS];
} all;

static int many_descriptors(void **state)
{
    struct rlimit limit;

    (void)state;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return -1;
    }
    if (limit.rlim_max < CONNECTIONS + 1000) {
        limit.rlim_max = CONNECTIONS + 1000; /* as root */
    }
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        printf("# needs %d descriptors\n", CONNECTIONS + 1000);
        return -1;
    }
    return 0;
}

static uint16_t port_of(int fd, bool peer)
{
    struct sockaddr_storage at;
    socklen_t octets = sizeof(at);
    uint8_t port[2];

    T_EQ(peer ? getpeername(fd, (struct sockaddr *)&at, &octets)
              : getsockname(fd, (struct sockaddr *)&at, &octets),
         0);
    memcpy(port, (const uint8_t *)&at + 2, 2); /* in both families */
    return (uint16_t)(port[0] << 8 | port[1]);
}

/* At which place a connection of ours is whose client has this port. */
static int place_of[65536];

static bool accepted_as_many(struct t_wire *w, uint32_t *count, uint32_t want)
{
    struct sf_status status;

    if (w->how.kernel_listens) {
        while (*count < want && t_kernel_accepted(w)) {
            all.fd[place_of[port_of(w->fd, true)]] = w->fd;
            ++*count;
        }
        w->fd = -1;
        return *count == want;
    }
    while (*count < want && t_our_accepted(w)) {
        T_EQ(sf_status(w->stack, w->conn, &status, sf_now()), SF_OK);
        all.conn[place_of[status.remote.port]] = w->conn;
        ++*count;
    }
    return *count == want;
}

static void begin_one(struct t_wire *w, uint32_t i)
{
    if (w->how.kernel_listens) {
        w->ours.port = (uint16_t)(T_OUR_EPHEMERAL + i);
        t_our_open(w);
        all.conn[i] = w->conn;
        place_of[w->ours.port] = (int)i;
    } else {
        w->fd = t_kernel_socket(w);
        t_kernel_begin(w);
        all.fd[i] = w->fd;
        place_of[port_of(w->fd, false)] = (int)i;
        w->fd = -1;
    }
}

static void open_all(struct t_wire *w)
{
    uint32_t accepted = 0;

    if (w->how.kernel_listens) {
        t_kernel_listen(w);
    } else {
        t_our_listen(w);
    }
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        begin_one(w, i);
        if ((i + 1) % AT_ONCE == 0) {
            T_UNTIL(w, accepted_as_many(w, &accepted, i + 1));
        }
    }
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        T_UNTIL(w, (sf_ready(w->stack, all.conn[i]) & SF_READY_OPEN) != 0);
    }
}

/* Each says its number, and is answered. */
static void talk(struct t_wire *w, uint32_t from, uint32_t n)
{
    for (uint32_t i = from; i < from + n; i++) {
        T_EQ(send(all.fd[i], &i, sizeof(i), MSG_NOSIGNAL), sizeof(i));
    }
    for (uint32_t i = from; i < from + n; i++) {
        uint32_t number = 0;
        size_t octets = 0;
        ssize_t got = 0;

        T_UNTIL(w, sf_recv(w->stack, all.conn[i], &number, sizeof(number), &octets, sf_now()) ==
                       SF_OK);
        T_EQ(octets, sizeof(number));
        T_EQ(number, i);
        number = ~number;
        T_EQ(sf_send(w->stack, all.conn[i], &number, sizeof(number), 0, &octets, sf_now()),
             SF_OK);
        T_UNTIL(w, (got = recv(all.fd[i], &number, sizeof(number), 0)) > 0);
        T_EQ(got, sizeof(number));
        T_EQ(number, ~i);
    }
}

static void all_in(struct t_wire *w, enum sf_state ours, enum sf_state kernel)
{
    struct t_pairs pairs;

    T_UNTIL(w, (t_pairs_look(w, &pairs), pairs.n[ours][kernel] == CONNECTIONS));
    t_hold(w);
    t_all_are(w, CONNECTIONS, ours, kernel);
}

static void close_kernels(struct t_wire *w)
{
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        T_EQ(close(all.fd[i]), 0);
        all.fd[i] = -1;
        if (i % AT_ONCE == 0) {
            t_turn(w);
        }
    }
}

static void close_ours(struct t_wire *w)
{
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        T_EQ(sf_close(w->stack, all.conn[i], sf_now()), SF_OK);
        if (i % AT_ONCE == 0) {
            t_turn(w);
        }
    }
    w->conn = (struct sf_handle){0};
}

static void ten_thousand_are_open_at_once(void **state)
{
    struct t_wire *w = t_wire_of(state);
    struct sf_usage usage;

    w->config.max_connections = CONNECTIONS;
    w->config.max_time_waits = CONNECTIONS;
    w->config.msl = SF_S(2);
    t_wire_start(w, "");
    open_all(w);
    all_in(w, SF_ESTABLISHED, SF_ESTABLISHED);
    for (uint32_t i = 0; i < CONNECTIONS; i += AT_ONCE) {
        talk(w, i, AT_ONCE);
    }
    all_in(w, SF_ESTABLISHED, SF_ESTABLISHED);
    if (w->how.kernel_listens) {
        close_kernels(w);
        all_in(w, SF_CLOSE_WAIT, SF_FIN_WAIT_2);
        close_ours(w);
        all_in(w, SF_CLOSED, SF_TIME_WAIT);
    } else {
        close_ours(w);
        all_in(w, SF_FIN_WAIT_2, SF_CLOSE_WAIT);
        close_kernels(w);
        all_in(w, SF_TIME_WAIT, SF_CLOSED);
        T_UNTIL(w,
                (sf_stack_usage(w->stack, &usage), usage.time_waits4 + usage.time_waits6 == 0));
    }
    sf_stack_usage(w->stack, &usage);
    T_EQ(usage.connections, 0);
    T_EQ(usage.chunks, 0);
    T_EQ(sf_stack_counters(w->stack)->resets_sent, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(ten_thousand_are_open_at_once),
    };
    return cmocka_run_group_tests(tests, many_descriptors, NULL);
}
