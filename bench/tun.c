/* SPDX-License-Identifier: MIT
 *
 * bench/tun.c - the engine through a TUN device, with the kernel's TCP at the other end.
 *
 *   bench-tun vnet|plain send|receive SECONDS       Gbit/s
 *   bench-tun vnet|plain latency SECONDS            microseconds, the median
 *   bench-tun vnet|plain connections SECONDS        thousands a second
 *   bench-tun with PROGRAM send|receive|latency SECONDS
 *
 * Both ends are on one core and in a network namespace of their own.  The last form makes
 * the device and the far end, and lets PROGRAM be our side: its arguments are `tun`, the
 * word, and the device's descriptor; the address to have is 10.9.8.2.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "far.h"
#include "measure.h"
#include "synfin/loop.h"

#define OURS "10.9.8.2"

enum { CHUNK = 1 << 16, BUFFERS = 512 << 10 };

static uint8_t text[CHUNK];

/* The application: one connection at a time. */
struct app {
    struct sf_loop *loop;
    struct sf_handle listener;
    enum far_what what;
    bool over;
};

/* Octets arrived: they are thrown away, or one is sent back. */
static enum sf_err take(struct app *app, struct sf_handle handle, sf_time now)
{
    struct sf_stack *stack = sf_loop_stack(app->loop);
    bool answers = app->what == FAR_LATENCY || app->what == FAR_CONNECTIONS;
    enum sf_err err = SF_OK;

    while (err == SF_OK) {
        size_t got = 0;

        err = sf_recv(stack, handle, text, sizeof(text), &got, now);
        if (err == SF_OK && answers) {
            err = sf_send(stack, handle, text, got, 0, &got, now);
        }
    }
    return err;
}

static void serve(struct app *app, struct sf_handle handle, sf_time now)
{
    struct sf_stack *stack = sf_loop_stack(app->loop);
    enum sf_err err = take(app, handle, now);

    while (app->what == FAR_SEND && err == SF_ERR_AGAIN) {
        size_t taken = 0;

        if (sf_send(stack, handle, text, sizeof(text), 0, &taken, now) != SF_OK) {
            break;
        }
    }
    if (err != SF_ERR_AGAIN) {
        (void)sf_close(stack, handle, now);
        app->over = app->what != FAR_CONNECTIONS;
    }
}

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    struct app *app = context;

    for (size_t i = 0; i < n; i++) {
        struct sf_handle handle = events[i].handle;

        if ((events[i].ready & SF_READY_ACCEPT) == 0) {
            serve(app, handle, now);
            continue;
        }
        while (sf_accept(sf_loop_stack(app->loop), app->listener, &handle, now) == SF_OK) {
            (void)!sf_set_option(sf_loop_stack(app->loop), handle, SF_OPTION_NODELAY, 1, now);
        }
    }
}

static void must(const char *what, enum sf_err err)
{
    if (err != SF_OK) {
        (void)fprintf(stderr, "bench-tun: %s: %s\n", what, sf_err_text(err));
        exit(4);
    }
}

static int engine(bool vnet, enum far_what what, double seconds)
{
    struct sf_link *link = far_tun(vnet);
    struct sf_addr ours = sf_addr_v4(10, 9, 8, 2);
    struct sf_listen listen = {.local = {.port = FAR_PORT}};
    struct app app = {.what = what};
    struct sf_loop_app calls = {.events = on_events, .context = &app};
    struct sf_config config;
    pid_t far = 0;

    sf_config_default(&config);
    sf_config_from_link(&config, link);
    config.rcvbuf_octets = BUFFERS;
    config.sndbuf_octets = BUFFERS;
    must("loop", sf_loop_open(&config, link, &calls, &app.loop));
    must("address", sf_stack_add_address(sf_loop_stack(app.loop), &ours, 24));
    must("listen", sf_listen(sf_loop_stack(app.loop), &listen, &app.listener, sf_now()));
    far = far_begin(what, OURS, seconds);
    while (!app.over) {
        sf_time until = {sf_now().ns + 100000000};

        must("turn", sf_loop_turn(app.loop, until));
        app.over = app.over || (what == FAR_CONNECTIONS && far_gone(far));
    }
    sf_loop_close(app.loop);
    return far_end(far);
}

/* Another program is our side. */
static int with(char *program, char *word, enum far_what what, double seconds)
{
    struct sf_link *link = far_tun(false);
    int fd = link->ops->fd(link);
    char number[16];
    char tun[] = "tun";
    char *args[] = {program, tun, word, number, NULL};

    (void)snprintf(number, sizeof(number), "%d", fd);
    (void)far_begin(what, OURS, seconds);
    if (fcntl(fd, F_SETFD, 0) < 0 || execv(program, args) < 0) {
        measure_fail(program);
    }
    return 1;
}

int main(int argc, char **argv)
{
    enum far_what what = FAR_SEND;

    measure_pin();
    if (argc == 5 && strcmp(argv[1], "with") == 0 && far_word(argv[3], &what)) {
        return with(argv[2], argv[3], what, measure_number(argv[4]));
    }
    if (argc == 4 && far_word(argv[2], &what)) {
        return engine(strcmp(argv[1], "vnet") == 0, what, measure_number(argv[3]));
    }
    (void)fprintf(stderr, "bench-tun: vnet or plain, and what; see bench/tun.c\n");
    return 2;
}
