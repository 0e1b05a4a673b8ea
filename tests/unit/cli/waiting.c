/* SPDX-License-Identifier: MIT
 *
 * tests/unit/cli/waiting.c - the calls of synfin/sock.h, which wait: here on one loop, whose
 * callback turns the other one, at the far end of a pair in memory.
 */
#include "t.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/time.h"
#include "synfin/sock.h"

#define PORT        7
#define MANY_OCTETS 3000000 /* more than the buffers of both ends take: 1 MiB each */

static struct sf_loop *near, *far;
static struct sf_sock sock;
static struct sf_handle far_listener, far_conn;
static int always; /* a descriptor that is always ready, so that the near loop never sleeps */

static bool deaf;       /* the far end does nothing */
static bool far_closes; /* it closes when we have */
static size_t far_sends, far_sent, far_got;
static uint32_t turns, interrupt_at;

static const uint8_t zeros[65536];

static void far_reads(sf_time now)
{
    static uint8_t text[65536];
    size_t n = 0;
    enum sf_err err = SF_OK;

    while ((err = sf_recv(sf_loop_stack(far), far_conn, text, sizeof(text), &n, now)) ==
           SF_OK) {
        far_got += n;
    }
    if (err == SF_ERR_EOF && far_closes) {
        sf_close(sf_loop_stack(far), far_conn, now);
        far_conn = (struct sf_handle){0};
    }
}

static void far_writes(sf_time now)
{
    size_t n = 1;

    while (far_sent < far_sends && n != 0) {
        size_t left = far_sends - far_sent;

        n = 0;
        if (sf_send(sf_loop_stack(far), far_conn, zeros,
                    left < sizeof(zeros) ? left : sizeof(zeros), 0, &n, now) != SF_OK) {
            return;
        }
        far_sent += n;
    }
    if (far_sends != 0 && far_sent == far_sends) {
        T_EQ(sf_shutdown(sf_loop_stack(far), far_conn, now), SF_OK);
        far_sends = 0;
    }
}

static void far_events(void *context, const struct sf_ready_event *events, size_t n,
                       sf_time now)
{
    (void)context;
    (void)events;
    (void)n;
    if (far_conn.generation == 0) {
        (void)!sf_accept(sf_loop_stack(far), far_listener, &far_conn, now);
    }
    if (far_conn.generation != 0) {
        far_writes(now);
        far_reads(now);
    }
}

static void near_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    (void)context;
    (void)fd;
    (void)which;
    turns++;
    if (turns == interrupt_at) {
        sock.until = (sf_time){0};
    }
    if (!deaf) {
        T_EQ(sf_loop_turn(far, now), SF_OK);
    }
}

static struct sf_loop *open_loop(struct sf_link *link, const struct sf_loop_app *app,
                                 uint8_t host)
{
    struct sf_config config;
    struct sf_loop *loop = NULL;
    struct sf_addr addr = sf_addr_v4(10, 0, 0, host);

    sf_config_default(&config);
    sf_config_from_link(&config, link);
    config.seed[0] = host;
    T_EQ(sf_loop_open(&config, link, app, &loop), SF_OK);
    T_EQ(sf_stack_add_address(sf_loop_stack(loop), &addr, 24), SF_OK);
    return loop;
}

static int setup(void **state)
{
    struct sf_pair pair = {.mtu = 1500};
    struct sf_loop_app near_app = {.descriptor = near_descriptor};
    struct sf_loop_app far_app = {.events = far_events};
    struct sf_link *a = NULL;
    struct sf_link *b = NULL;

    (void)state;
    T_EQ(sf_pair_open(&pair, &a, &b), SF_OK);
    near = open_loop(a, &near_app, 1);
    far = open_loop(b, &far_app, 2);
    always = eventfd(1, EFD_CLOEXEC);
    T_EQ(sf_loop_watch(near, always, 1), SF_OK);
    far_conn = (struct sf_handle){0};
    far_listener = (struct sf_handle){0};
    deaf = false;
    far_closes = true;
    far_sends = 0;
    far_sent = 0;
    far_got = 0;
    turns = 0;
    interrupt_at = 0;
    sock = (struct sf_sock){.loop = near, .until = sf_time_add(sf_now(), SF_S(20))};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sf_loop_close(near);
    sf_loop_close(far);
    close(always);
    return 0;
}

static void far_listens(void)
{
    struct sf_listen listen = {.local = {.port = PORT}};

    T_EQ(sf_listen(sf_loop_stack(far), &listen, &far_listener, sf_now()), SF_OK);
}

static enum sf_err connect_to_far(void)
{
    struct sf_open open = {.remote = {.addr = sf_addr_v4(10, 0, 0, 2), .port = PORT}};

    return sf_sock_connect(&sock, &open);
}

static void what_is_written_arrives_however_much_it_is(void **state)
{
    uint8_t *text = calloc(1, MANY_OCTETS);
    size_t taken = 0;

    (void)state;
    far_listens();
    T_EQ(connect_to_far(), SF_OK);
    T_TRUE(sock.handle.generation != 0);
    T_EQ(sf_sock_write(&sock, text, MANY_OCTETS, &taken), SF_OK);
    T_EQ(taken, MANY_OCTETS);
    T_EQ(sf_sock_close(&sock), SF_OK);
    T_EQ(far_got, MANY_OCTETS);
    T_EQ(sock.handle.generation, 0);
    free(text);
}

static void reading_ends_with_the_peers_fin(void **state)
{
    uint8_t text[50000];
    size_t all = 0;
    size_t got = 0;
    enum sf_err err = SF_OK;

    (void)state;
    far_listens();
    far_sends = MANY_OCTETS;
    T_EQ(connect_to_far(), SF_OK);
    while ((err = sf_sock_read(&sock, text, sizeof(text), &got)) == SF_OK) {
        T_TRUE(got > 0);
        all += got;
    }
    T_EQ(err, SF_ERR_EOF);
    T_EQ(got, 0);
    T_EQ(all, MANY_OCTETS);
    T_EQ(sf_sock_shutdown(&sock), SF_OK);
    T_EQ(sf_sock_write(&sock, text, 1, &got), SF_ERR_CLOSING);
    T_EQ(sf_sock_close(&sock), SF_OK);
}

static void what_is_still_sent_is_thrown_away_by_close(void **state)
{
    (void)state;
    far_listens();
    far_closes = false; /* it sends on behind our FIN, then its own */
    far_sends = MANY_OCTETS;
    T_EQ(connect_to_far(), SF_OK);
    T_EQ(sf_sock_close(&sock), SF_OK);
    T_EQ(far_sent, MANY_OCTETS);
}

static void a_refusal_leaves_nothing_to_close(void **state)
{
    struct sf_usage usage;

    (void)state;
    T_EQ(connect_to_far(), SF_ERR_REFUSED);
    T_EQ(sock.handle.generation, 0);
    sf_stack_usage(sf_loop_stack(near), &usage);
    T_EQ(usage.connections, 0);
}

static void waiting_ends_at_its_moment(void **state)
{
    uint8_t text[1];
    size_t got = 0;
    sf_time begin;

    (void)state;
    far_listens();
    far_closes = false;
    T_EQ(connect_to_far(), SF_OK);
    begin = sf_now();
    sock.until = sf_time_add(begin, SF_MS(20));
    T_EQ(sf_sock_read(&sock, text, 1, &got), SF_ERR_AGAIN);
    T_TRUE(!sf_time_before(sf_now(), sock.until));
    /* The peer does not close: given up, but the stack goes on with it. */
    sock.until = sf_time_add(sf_now(), SF_MS(20));
    T_EQ(sf_sock_close(&sock), SF_ERR_AGAIN);
    T_EQ(sock.handle.generation, 0);
}

static void a_callback_may_interrupt_whoever_waits(void **state)
{
    (void)state;
    deaf = true;
    sock.until = SF_TIME_NEVER;
    interrupt_at = 5;
    T_EQ(connect_to_far(), SF_ERR_AGAIN);
    T_EQ(turns, 5);
    T_EQ(sock.handle.generation, 0);
}

static void accepting_waits_for_a_connection(void **state)
{
    struct sf_listen listen = {.local = {.port = PORT}};
    struct sf_open open = {.remote = {.addr = sf_addr_v4(10, 0, 0, 1), .port = PORT}};
    struct sf_handle listener;

    (void)state;
    T_EQ(sf_listen(sf_loop_stack(near), &listen, &listener, sf_now()), SF_OK);
    T_EQ(sf_open(sf_loop_stack(far), &open, &far_conn, sf_now()), SF_OK);
    T_EQ(sf_sock_accept(&sock, listener), SF_OK);
    T_TRUE(sock.handle.generation != 0);
    T_EQ(sf_sock_close(&sock), SF_OK);
    sock.until = (sf_time){0};
    T_EQ(sf_sock_accept(&sock, listener), SF_ERR_AGAIN);
    T_EQ(sock.handle.generation, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_arrives_however_much_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(reading_ends_with_the_peers_fin, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_still_sent_is_thrown_away_by_close, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_refusal_leaves_nothing_to_close, setup, teardown),
        cmocka_unit_test_setup_teardown(waiting_ends_at_its_moment, setup, teardown),
        cmocka_unit_test_setup_teardown(a_callback_may_interrupt_whoever_waits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(accepting_waits_for_a_connection, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
