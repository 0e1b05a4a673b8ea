/* SPDX-License-Identifier: MIT
 *
 * tests/unit/run/wire.c - the engine on TUN, TAP and veth, the kernel's TCP at the far end,
 * both in one thread: the kernel's socket is a descriptor that the loop watches.
 */
#include "t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/time.h"
#include "kernel.h"
#include "synfin/loop.h"
#include "synfin/net.h"

#define TEXT_OCTETS 2000000
#define PATIENCE    SF_S(20)

/* The engine sends back what it gets; the kernel sends TEXT_OCTETS and counts. */
static struct {
    struct sf_loop *loop;
    struct sf_link *link;
    struct sf_handle listener, conn;
    bool shut;    /* the engine has sent its FIN */
    size_t taken; /* by the engine */
    int fd;       /* the kernel's socket */
    size_t sent, got;
    bool eof;
} w;

static uint8_t octet_at(size_t i)
{
    return (uint8_t)(i % 241);
}

/* Give back what is readable, as far as there is room to send. */
static void echo(sf_time now)
{
    struct sf_stack *stack = sf_loop_stack(w.loop);
    struct sf_piece pieces[4];
    size_t n = T_COUNT(pieces);
    enum sf_err err = SF_OK;

    while ((err = sf_recv_peek(stack, w.conn, pieces, &n)) == SF_OK && n != 0) {
        size_t taken = 0;

        if (sf_send(stack, w.conn, pieces[0].data, pieces[0].octets, 0, &taken, now) != SF_OK) {
            return;
        }
        T_EQ(sf_recv_consume(stack, w.conn, taken, now), SF_OK);
        w.taken += taken;
        n = T_COUNT(pieces);
    }
    if (err == SF_ERR_EOF && !w.shut) {
        T_EQ(sf_shutdown(stack, w.conn, now), SF_OK);
        w.shut = true;
    }
}

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    (void)context;
    for (size_t i = 0; i < n; i++) {
        T_EQ(events[i].ready & SF_READY_ERROR, 0);
        if ((events[i].ready & SF_READY_ACCEPT) != 0) {
            T_EQ(sf_accept(sf_loop_stack(w.loop), w.listener, &w.conn, now), SF_OK);
        } else {
            echo(now);
        }
    }
}

static void kernel_writes(void)
{
    uint8_t text[65536];

    while (w.sent < TEXT_OCTETS) {
        size_t n = TEXT_OCTETS - w.sent < sizeof(text) ? TEXT_OCTETS - w.sent : sizeof(text);
        ssize_t done = 0;

        for (size_t i = 0; i < n; i++) {
            text[i] = octet_at(w.sent + i);
        }
        done = send(w.fd, text, n, 0);
        if (done < 0) {
            T_EQ(errno, EAGAIN);
            return;
        }
        w.sent += (size_t)done;
    }
    T_EQ(shutdown(w.fd, SHUT_WR), 0);
    T_EQ(sf_loop_watch(w.loop, w.fd, 1), SF_OK);
}

static void kernel_reads(void)
{
    uint8_t text[65536];
    ssize_t n = 0;

    while ((n = recv(w.fd, text, sizeof(text), 0)) > 0) {
        for (size_t i = 0; i < (size_t)n; i++) {
            T_EQ(text[i], octet_at(w.got + i));
        }
        w.got += (size_t)n;
    }
    w.eof = n == 0;
    if (n < 0) {
        T_EQ(errno, EAGAIN);
    }
}

static void on_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    (void)context;
    (void)now;
    T_EQ(fd, w.fd);
    if ((which & 2) != 0) {
        kernel_writes();
    }
    if ((which & 1) != 0) {
        kernel_reads();
    }
}

static void open_engine(struct sf_link *link)
{
    struct sf_config config;
    struct sf_addr v4 = sf_addr_v4(10, 9, 8, 2);
    struct sf_addr v6 = {{0xfd, 9, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, SF_IPV6};
    struct sf_loop_app app = {.events = on_events, .descriptor = on_descriptor};
    struct sf_listen listen = {.local = {.port = 80}};

    memset(&w, 0, sizeof(w));
    w.link = link;
    sf_config_default(&config);
    sf_config_from_link(&config, link);
    T_EQ(sf_loop_open(&config, link, &app, &w.loop), SF_OK);
    T_EQ(sf_stack_add_address(sf_loop_stack(w.loop), &v4, 24), SF_OK);
    T_EQ(sf_stack_add_address(sf_loop_stack(w.loop), &v6, 64), SF_OK);
    T_EQ(sf_listen(sf_loop_stack(w.loop), &listen, &w.listener, sf_now()), SF_OK);
}

static void address(const char *device)
{
    struct sf_addr v4 = sf_addr_v4(10, 9, 8, 1);
    struct sf_addr v6 = {{0xfd, 9, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, SF_IPV6};

    T_EQ(sf_net_up(device, true), SF_OK);
    T_EQ(sf_net_address(device, &v4, 24), SF_OK);
    T_EQ(sf_net_address(device, &v6, 64), SF_OK);
}

static void kernel_connects(bool v6)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
    struct sockaddr_in6 to6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    int done = -1;

    T_EQ(inet_pton(AF_INET, "10.9.8.2", &to.sin_addr), 1);
    T_EQ(inet_pton(AF_INET6, "fd09:8::2", &to6.sin6_addr), 1);
    w.fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    done = v6 ? connect(w.fd, (const struct sockaddr *)&to6, sizeof(to6))
              : connect(w.fd, (const struct sockaddr *)&to, sizeof(to));
    T_EQ(done, -1);
    T_EQ(errno, EINPROGRESS);
    T_EQ(sf_loop_watch(w.loop, w.fd, 3), SF_OK);
}

static void talk(struct sf_link *link, bool v6)
{
    sf_time patience = sf_time_add(sf_now(), PATIENCE);

    open_engine(link);
    kernel_connects(v6);
    while (!w.eof && sf_time_before(sf_now(), patience)) {
        T_EQ(sf_loop_turn(w.loop, patience), SF_OK);
    }
    T_EQ(w.sent, TEXT_OCTETS);
    T_EQ(w.taken, TEXT_OCTETS);
    T_EQ(w.got, TEXT_OCTETS);
    T_TRUE(w.eof);
    T_EQ(link->tx_dropped, 0);
    T_EQ(link->error, SF_OK);
    close(w.fd);
    sf_loop_close(w.loop);
}

static struct sf_link *open_tun(const struct sf_tun *how)
{
    struct sf_link *link = NULL;
    char name[16];
    enum sf_err err = sf_tun_open(how, &link, name);

    if (err != SF_OK) {
        printf("# TUN cannot be opened: %s\n", strerror(errno));
    }
    T_EQ(err, SF_OK);
    address(name);
    return link;
}

static void text_comes_back_from_the_engine_over_tun_and_tap(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        talk(open_tun(&(struct sf_tun){.vnet = i & 1, .tap = (i & 2) != 0}), (i & 4) != 0);
    }
}

static void text_comes_back_from_the_engine_over_veth(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sf_link *link = NULL;

        T_EQ(sf_net_veth("ours", "theirs"), SF_OK);
        T_EQ(sf_net_up("ours", true), SF_OK);
        address("theirs");
        T_EQ(sf_packet_open("ours", &link), SF_OK);
        talk(link, i == 1);
        T_EQ(sf_net_delete("ours"), SF_OK);
    }
}

static void text_comes_back_through_faults_and_is_recorded(void **state)
{
    struct sf_link *link = open_tun(&(struct sf_tun){0});
    struct sf_link *faulty = NULL;
    struct sf_link *recorded = NULL;
    sf_time patience = sf_time_add(sf_now(), PATIENCE);
    size_t where = 0;

    (void)state;
    T_EQ(sf_fault_wrap(link, "drop 0.2%; dup 0.2%; reorder 0.2% 1ms; corrupt 0.1%", 1, &faulty,
                       &where),
         SF_OK);
    T_EQ(sf_pcap_wrap(faulty, "/dev/null", sf_wall_offset(), &recorded), SF_OK);
    open_engine(recorded);
    kernel_connects(false);
    while (!w.eof && sf_time_before(sf_now(), patience)) {
        T_EQ(sf_loop_turn(w.loop, patience), SF_OK);
    }
    T_EQ(w.got, TEXT_OCTETS);
    T_TRUE(w.eof);
    T_TRUE(faulty->tx_dropped > 0);
    T_EQ(sf_link_flush(recorded), SF_OK);
    close(w.fd);
    sf_loop_close(w.loop);
}

static void a_device_that_is_deleted_ends_the_loop(void **state)
{
    enum sf_err err = SF_OK;
    struct sf_link *link = NULL;
    char name[16];

    (void)state;
    T_EQ(sf_tun_open(&(struct sf_tun){.name = "gone"}, &link, name), SF_OK);
    address("gone");
    open_engine(link);
    T_EQ(sf_loop_turn(w.loop, sf_now()), SF_OK);
    T_EQ(sf_net_delete("gone"), SF_OK);
    for (int i = 0; i < 10 && err == SF_OK; i++) {
        err = sf_loop_turn(w.loop, sf_time_add(sf_now(), SF_S(1)));
    }
    T_EQ(err, SF_ERR_OS);
    T_EQ(errno, EBADFD);
    sf_loop_close(w.loop);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_comes_back_from_the_engine_over_tun_and_tap),
        cmocka_unit_test(text_comes_back_from_the_engine_over_veth),
        cmocka_unit_test(text_comes_back_through_faults_and_is_recorded),
        cmocka_unit_test(a_device_that_is_deleted_ends_the_loop),
    };
    return cmocka_run_group_tests(tests, kernel_unshare, NULL);
}
