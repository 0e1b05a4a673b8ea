/* SPDX-License-Identifier: MIT
 *
 * tests/interop/bulk.c - 1 GiB each way through a TUN device with the vnet header, and how
 * fast.  The kernel's end is a process of its own.
 *
 * Both ends compare every octet with the pattern of its place.
 */
#include "wire.h"

#include <poll.h>

#define BULK_OCTETS (UINT64_C(1) << 30)

/* Our end, driven by events alone. */
struct bulk {
    struct t_wire *w;
    bool send;
    uint64_t moved;
    bool done;
};

static void send_more(struct bulk *b, sf_time now)
{
    struct t_wire *w = b->w;

    while (b->moved < BULK_OCTETS) {
        uint64_t left = BULK_OCTETS - b->moved;
        size_t taken = 0;
        enum sf_err err =
            sf_send(w->stack, w->conn, t_text(b->moved),
                    left < T_TEXT_RUN ? (size_t)left : T_TEXT_RUN, 0, &taken, now);

        if (err != SF_OK) {
            T_TRUE(err == SF_ERR_AGAIN || err == SF_ERR_NO_MEMORY);
            return;
        }
        b->moved += taken;
    }
}

static void receive_more(struct bulk *b, sf_time now)
{
    struct t_wire *w = b->w;
    struct sf_piece pieces[SF_PIECES_MAX];
    size_t n = T_COUNT(pieces);
    enum sf_err err = SF_OK;

    while ((err = sf_recv_peek(w->stack, w->conn, pieces, &n)) == SF_OK && n != 0) {
        size_t octets = 0;

        for (size_t i = 0; i < n; i++) {
            if (memcmp(pieces[i].data, t_text(b->moved + octets), pieces[i].octets) != 0) {
                T_MEM(pieces[i].data, t_text(b->moved + octets), pieces[i].octets);
            }
            octets += pieces[i].octets;
        }
        T_EQ(sf_recv_consume(w->stack, w->conn, octets, now), SF_OK);
        b->moved += octets;
        n = T_COUNT(pieces);
    }
    if (err == SF_ERR_EOF) {
        b->done = true;
    } else if (err != SF_OK) {
        T_EQ(err, SF_ERR_AGAIN);
    }
}

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    struct bulk *b = context;

    for (size_t i = 0; i < n; i++) {
        if (b->w->conn.index == 0 || events[i].handle.index != b->w->conn.index) {
            continue;
        }
        if (b->send) {
            send_more(b, now);
        } else {
            receive_more(b, now);
        }
    }
}

/* The kernel's end, in a process of its own: 0 if all was well.  The descriptor is shared, and
 * does not block. */
static bool again(int fd, ssize_t n, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    return n < 0 && errno == EAGAIN && poll(&p, 1, -1) == 1;
}

static int kernel_sends(int fd)
{
    uint64_t sent = 0;

    while (sent < BULK_OCTETS) {
        uint64_t left = BULK_OCTETS - sent;
        ssize_t n =
            send(fd, t_text(sent), left < T_TEXT_RUN ? (size_t)left : T_TEXT_RUN, MSG_NOSIGNAL);

        if (n <= 0 && !again(fd, n, POLLOUT)) {
            return 1;
        }
        sent += n < 0 ? 0 : (uint64_t)n;
    }
    return shutdown(fd, SHUT_WR) == 0 ? 0 : 2;
}

static int kernel_receives(int fd)
{
    static uint8_t text[T_TEXT_RUN];
    uint64_t got = 0;
    ssize_t n = 0;

    while ((n = recv(fd, text, sizeof(text), 0)) > 0 || again(fd, n, POLLIN)) {
        if (n < 0) {
            continue;
        }
        if (memcmp(text, t_text(got), (size_t)n) != 0) {
            return 3;
        }
        got += (uint64_t)n;
    }
    return n == 0 && got == BULK_OCTETS ? 0 : 4;
}

static pid_t kernel_end(struct t_wire *w, bool we_send)
{
    pid_t child = t_fork(w);

    if (child == 0) {
        _exit(we_send ? kernel_receives(w->fd) : kernel_sends(w->fd));
    }
    return child;
}

static void run(struct t_wire *w, bool we_send)
{
    struct bulk b = {.w = w, .send = we_send};
    sf_time began;
    pid_t child = 0;
    int status = -1;

    w->app = (struct sf_loop_app){.events = on_events, .context = &b};
    w->vnet = 1;
    (void)t_text(0);
    t_wire_start(w, "");
    t_connect(w);
    t_hold(w);
    began = sf_now();
    child = kernel_end(w, we_send);
    if (we_send) {
        send_more(&b, sf_now());
        T_UNTIL(w, b.moved == BULK_OCTETS);
        T_EQ(sf_shutdown(w->stack, w->conn, sf_now()), SF_OK);
    } else {
        T_UNTIL(w, b.done);
        T_EQ(b.moved, BULK_OCTETS);
    }
    T_UNTIL(w, (status = t_child_status(w, child)) >= 0);
    T_EQ(status, 0);
    printf("# %s %.2f Gbit/s\n", we_send ? "sent" : "received",
           (double)BULK_OCTETS * 8 / (double)sf_time_sub(sf_now(), began).ns);
}

static void a_gibibyte_is_sent_whole(void **state)
{
    struct t_wire *w = t_wire_of(state);

    run(w, true);
    T_UNTIL(w, t_states_now(&w->states, SF_FIN_WAIT_2, SF_CLOSE_WAIT));
    t_hold(w);
    t_kernel_close(w);
    T_UNTIL(w, t_our_eof(w));
    t_our_close(w);
    T_UNTIL(w, t_states_now(&w->states, SF_CLOSED, SF_CLOSED));
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED (FIN_WAIT_1-CLOSE_WAIT) "
                              "FIN_WAIT_2-CLOSE_WAIT TIME_WAIT-CLOSED");
}

static void a_gibibyte_is_received_whole(void **state)
{
    struct t_wire *w = t_wire_of(state);

    run(w, false);
    t_hold(w);
    t_our_close(w);
    T_UNTIL(w, t_kernel_eof(w));
    t_kernel_close(w);
    t_hold(w);
    t_states_held(&w->states, "ESTABLISHED-ESTABLISHED CLOSE_WAIT-FIN_WAIT_2 CLOSED-TIME_WAIT");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        T_WIRE_CASES(a_gibibyte_is_sent_whole),
        T_WIRE_CASES(a_gibibyte_is_received_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
