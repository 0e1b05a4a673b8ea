/* SPDX-License-Identifier: MIT
 *
 * tests/unit/run/loop.c - two stacks, each with a loop of its own, on a pair in memory.
 */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "synfin/loop.h"

#define TEXT_OCTETS 300000
#define TURNS_MAX   100000

/* One end: what its application has to do, and what came of it. */
struct end {
    struct sf_loop *loop;
    struct sf_handle listener, conn;
    bool server;
    size_t sent, got; /* octets */
    bool closed;      /* the FIN is out */
    bool eof;         /* the other's FIN is read */
    enum sf_err error;
    uint32_t descriptors, turns;
    int fd;         /* of the last descriptor told of */
    uint32_t which; /* and how it was ready */
    int watch_fd;   /* what to do then: watch this no longer; -1: nothing */
};

static struct end ends[2]; /* client and server */

static uint8_t octet_at(size_t i)
{
    return (uint8_t)(i % 241);
}

static void write_more(struct end *end, sf_time now)
{
    struct sf_stack *stack = sf_loop_stack(end->loop);
    uint8_t text[4096];
    size_t taken = 1;

    while (end->sent < TEXT_OCTETS && taken != 0) {
        size_t n =
            TEXT_OCTETS - end->sent < sizeof(text) ? TEXT_OCTETS - end->sent : sizeof(text);

        for (size_t i = 0; i < n; i++) {
            text[i] = octet_at(end->sent + i);
        }
        taken = 0;
        if (sf_send(stack, end->conn, text, n, 0, &taken, now) != SF_OK) {
            return;
        }
        end->sent += taken;
    }
    if (end->sent == TEXT_OCTETS && !end->closed) {
        T_EQ(sf_shutdown(stack, end->conn, now), SF_OK);
        end->closed = true;
    }
}

static void read_all(struct end *end, sf_time now)
{
    uint8_t text[4096];
    size_t n = 0;
    enum sf_err err = SF_OK;

    while ((err = sf_recv(sf_loop_stack(end->loop), end->conn, text, sizeof(text), &n, now)) ==
           SF_OK) {
        for (size_t i = 0; i < n; i++) {
            T_EQ(text[i], octet_at(end->got + i));
        }
        end->got += n;
    }
    if (err == SF_ERR_EOF) {
        end->eof = true;
    } else if (err != SF_ERR_AGAIN) {
        end->error = err;
    }
}

static void on_events(void *context, const struct sf_ready_event *events, size_t n, sf_time now)
{
    struct end *end = context;

    for (size_t i = 0; i < n; i++) {
        if ((events[i].ready & SF_READY_ACCEPT) != 0) {
            T_EQ(sf_accept(sf_loop_stack(end->loop), end->listener, &end->conn, now), SF_OK);
        }
        if ((events[i].ready & (SF_READY_READ | SF_READY_EOF | SF_READY_ERROR)) != 0) {
            read_all(end, now);
        }
        if ((events[i].ready & SF_READY_WRITE) != 0) {
            write_more(end, now);
        }
    }
}

static void on_descriptor(void *context, int fd, uint32_t which, sf_time now)
{
    struct end *end = context;

    (void)now;
    end->descriptors++;
    end->fd = fd;
    end->which = which;
    if (end->watch_fd >= 0) {
        T_EQ(sf_loop_watch(end->loop, end->watch_fd, 0), SF_OK);
    }
}

static void on_turn(void *context, sf_time now)
{
    struct end *end = context;

    (void)now;
    end->turns++;
}

static void open_end(struct end *end, struct sf_link *link, uint8_t last)
{
    struct sf_config config;
    struct sf_addr addr = sf_addr_v4(10, 9, 8, last);
    struct sf_loop_app app = {
        .events = on_events, .descriptor = on_descriptor, .turn = on_turn, .context = end};

    *end = (struct end){.watch_fd = -1, .server = last == 2};
    sf_config_default(&config);
    sf_config_from_link(&config, link);
    config.msl = SF_MS(1);
    T_EQ(sf_loop_open(&config, link, &app, &end->loop), SF_OK);
    T_EQ(sf_stack_add_address(sf_loop_stack(end->loop), &addr, 24), SF_OK);
}

static void open_both(const struct sf_pair *how, const char *faults)
{
    struct sf_link *links[2] = {NULL, NULL};
    struct sf_link *wrapped = NULL;
    size_t where = 0;

    T_EQ(sf_pair_open(how, &links[0], &links[1]), SF_OK);
    T_EQ(sf_fault_wrap(links[0], faults, 1, &wrapped, &where), SF_OK);
    open_end(&ends[0], wrapped, 1);
    open_end(&ends[1], links[1], 2);
}

static void close_both(void)
{
    sf_loop_close(ends[0].loop);
    sf_loop_close(ends[1].loop);
}

static void begin_talk(void)
{
    struct sf_endpoint server = {.addr = sf_addr_v4(10, 9, 8, 2), .port = 80};
    struct sf_listen listen = {.local = server};
    struct sf_open open = {.remote = server};

    T_EQ(sf_listen(sf_loop_stack(ends[1].loop), &listen, &ends[1].listener, sf_now()), SF_OK);
    T_EQ(sf_open(sf_loop_stack(ends[0].loop), &open, &ends[0].conn, sf_now()), SF_OK);
}

/* Turn both until both have all.  Each sleeps for no more than a millisecond, as neither
 * sees what the other does. */
static void talk(void)
{
    begin_talk();
    for (int i = 0; i < TURNS_MAX && !(ends[0].eof && ends[1].eof); i++) {
        for (int j = 0; j < 2; j++) {
            sf_time until = sf_time_add(sf_now(), i % 8 == 7 ? SF_MS(1) : SF_NS(0));

            T_EQ(sf_loop_turn(ends[j].loop, until), SF_OK);
        }
    }
    for (size_t j = 0; j < 2; j++) {
        T_EQ_ROW(j, ends[j].error, SF_OK);
        T_EQ_ROW(j, ends[j].got, TEXT_OCTETS);
        T_EQ_ROW(j, ends[j].sent, TEXT_OCTETS);
        T_TRUE(ends[j].eof);
    }
}

static void text_passes_both_ways_whole(void **state)
{
    static const struct sf_pair rows[] = {
        {0},
        {.ethernet = 1},
        {.caps = SF_LINK_CSUM_TX | SF_LINK_TSO4, .frames = 16},
    };

    (void)state;
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        open_both(&rows[i], "");
        talk();
        T_TRUE(ends[0].turns > 0);
        close_both();
    }
}

/* Room for two frames in the link: most of them wait in the loop at first. */
static void frames_that_the_link_does_not_take_wait_in_order(void **state)
{
    (void)state;
    open_both(&(struct sf_pair){.frames = 2}, "");
    talk();
    T_EQ(sf_stack_counters(sf_loop_stack(ends[0].loop))->retransmitted, 0);
    T_EQ(sf_stack_counters(sf_loop_stack(ends[1].loop))->retransmitted, 0);
    close_both();
}

static void what_is_lost_comes_again(void **state)
{
    (void)state;
    open_both(&(struct sf_pair){0}, "drop n=1; drop data 1%; dup 1%; reorder 1% 1ms");
    talk();
    close_both();
}

/* What the link holds back arrives although nothing else happens: 20 ms each way, and the
 * loop sleeps until then. */
static void a_link_has_deadlines_of_its_own(void **state)
{
    sf_time before = sf_now();
    uint32_t turns = 0;

    (void)state;
    open_both(&(struct sf_pair){0}, "delay any 20ms");
    begin_talk();
    while ((sf_ready(sf_loop_stack(ends[0].loop), ends[0].conn) & SF_READY_OPEN) == 0) {
        T_EQ(sf_loop_turn(ends[0].loop, SF_TIME_NEVER), SF_OK);
        T_EQ(sf_loop_turn(ends[1].loop, sf_now()), SF_OK);
        turns++;
        T_TRUE(turns < 1000);
    }
    T_TRUE(sf_time_sub(sf_now(), before).ns >= SF_MS(40).ns);
    T_TRUE(turns < 50); /* it slept, */
    /* and not until the SYN was sent again. */
    T_EQ(sf_stack_counters(sf_loop_stack(ends[0].loop))->retransmitted, 0);
    close_both();
}

static void a_turn_ends_at_the_moment_given(void **state)
{
    sf_time until = sf_time_add(sf_now(), SF_MS(5));

    (void)state;
    open_both(&(struct sf_pair){0}, "");
    T_EQ(sf_loop_turn(ends[0].loop, until), SF_OK);
    T_TRUE(sf_time_before_eq(until, sf_now()));
    T_EQ(ends[0].turns, 1);
    close_both();
}

static void a_watched_descriptor_is_told_of_while_it_is_ready(void **state)
{
    int pipes[2] = {-1, -1};
    char c = 0;

    (void)state;
    T_EQ(pipe2(pipes, O_NONBLOCK | O_CLOEXEC), 0);
    open_both(&(struct sf_pair){0}, "");
    T_EQ(sf_loop_watch(ends[0].loop, pipes[0], 1), SF_OK);
    T_EQ(sf_loop_turn(ends[0].loop, sf_now()), SF_OK);
    T_EQ(ends[0].descriptors, 0);

    T_EQ(write(pipes[1], "x", 1), 1);
    T_EQ(sf_loop_turn(ends[0].loop, SF_TIME_NEVER), SF_OK);
    T_EQ(ends[0].descriptors, 1);
    T_EQ(ends[0].fd, pipes[0]);
    T_EQ(ends[0].which, 1);
    T_EQ(read(pipes[0], &c, 1), 1);
    T_EQ(sf_loop_turn(ends[0].loop, sf_now()), SF_OK);
    T_EQ(ends[0].descriptors, 1);

    T_EQ(sf_loop_watch(ends[0].loop, pipes[1], 2), SF_OK);
    T_EQ(sf_loop_turn(ends[0].loop, SF_TIME_NEVER), SF_OK);
    T_EQ(ends[0].descriptors, 2);
    T_EQ(ends[0].fd, pipes[1]);
    T_EQ(ends[0].which, 2);

    T_EQ(sf_loop_watch(ends[0].loop, pipes[1], 0), SF_OK);
    T_EQ(sf_loop_watch(ends[0].loop, pipes[1], 0), SF_OK); /* again: nothing to do */
    close(pipes[1]);
    T_EQ(sf_loop_turn(ends[0].loop, SF_TIME_NEVER), SF_OK);
    T_EQ(ends[0].descriptors, 3); /* the writer is gone: reading says so */
    T_EQ(ends[0].which, 1);
    close(pipes[0]);
    T_EQ(sf_loop_watch(ends[0].loop, pipes[0], 0), SF_OK);
    close_both();
}

static void what_is_no_longer_watched_is_not_told_of_in_the_same_turn(void **state)
{
    int one[2] = {-1, -1};
    int two[2] = {-1, -1};

    (void)state;
    T_EQ(pipe2(one, O_CLOEXEC), 0);
    T_EQ(pipe2(two, O_CLOEXEC), 0);
    open_both(&(struct sf_pair){0}, "");
    T_EQ(sf_loop_watch(ends[0].loop, one[1], 2), SF_OK);
    T_EQ(sf_loop_watch(ends[0].loop, two[1], 2), SF_OK);
    T_EQ(sf_loop_turn(ends[0].loop, SF_TIME_NEVER), SF_OK);
    T_EQ(ends[0].descriptors, 2);
    ends[0].watch_fd = ends[0].fd; /* the second told of; the first will unwatch it */
    T_EQ(sf_loop_turn(ends[0].loop, SF_TIME_NEVER), SF_OK);
    T_EQ(ends[0].descriptors, 3);
    close_both();
    for (int i = 0; i < 2; i++) {
        close(one[i]);
        close(two[i]);
    }
}

static void a_plain_file_cannot_be_watched(void **state)
{
    char path[] = "/tmp/synfin-loop-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    open_both(&(struct sf_pair){0}, "");
    T_TRUE(fd >= 0);
    T_EQ(sf_loop_watch(ends[0].loop, fd, 1), SF_ERR_OS);
    T_EQ(errno, EPERM);
    close(fd);
    (void)unlink(path);
    close_both();
}

static struct sf_loop *to_stop;

static void stop_on_turn(void *context, sf_time now)
{
    uint32_t *turns = context;

    (void)now;
    ++*turns;
    if (*turns == 1) {
        sf_loop_stop(to_stop);
    }
}

static void run_returns_after_the_turn_in_which_it_was_stopped(void **state)
{
    struct sf_link *a = NULL;
    struct sf_link *b = NULL;
    struct sf_config config;
    sf_time until = {0};
    uint32_t turns = 0;

    (void)state;
    T_EQ(sf_pair_open(&(struct sf_pair){0}, &a, &b), SF_OK);
    sf_config_default(&config);
    T_EQ(sf_loop_open(&config, a,
                      &(struct sf_loop_app){.turn = stop_on_turn, .context = &turns}, &to_stop),
         SF_OK);
    sf_loop_stop(to_stop); /* before run: no turn at all */
    T_EQ(sf_loop_run(to_stop), SF_OK);
    T_EQ(turns, 0);
    T_EQ(sf_loop_turn(to_stop, SF_TIME_NEVER), SF_OK); /* which the stop woke */
    T_EQ(turns, 1);                                    /* and stopped again */
    T_EQ(sf_loop_run(to_stop), SF_OK);
    T_EQ(turns, 1);
    T_EQ(sf_loop_turn(to_stop, sf_now()), SF_OK); /* what was left of the second stop */
    until = sf_time_add(sf_now(), SF_MS(5));
    T_EQ(sf_loop_turn(to_stop, until), SF_OK); /* sleeps again */
    T_TRUE(sf_time_before_eq(until, sf_now()));
    sf_loop_close(to_stop);
    sf_link_close(b);
    sf_loop_close(NULL);
}

static void a_configuration_without_sense_leaves_the_link_with_the_caller(void **state)
{
    struct sf_link *a = NULL;
    struct sf_link *b = NULL;
    struct sf_loop *loop = NULL;
    struct sf_config config;

    (void)state;
    T_EQ(sf_pair_open(&(struct sf_pair){0}, &a, &b), SF_OK);
    sf_config_default(&config);
    config.chunk_octets = 1000; /* no power of two */
    T_EQ(sf_loop_open(&config, a, &(struct sf_loop_app){0}, &loop), SF_ERR_INVAL);
    T_TRUE(loop == NULL);
    sf_link_close(a);
    sf_link_close(b);
}

static void a_configuration_takes_what_the_link_has(void **state)
{
    struct sf_link *a = NULL;
    struct sf_link *b = NULL;
    struct sf_config config = {0};

    (void)state;
    T_EQ(sf_pair_open(&(struct sf_pair){.mtu = 9000, .ethernet = 1, .caps = SF_LINK_TSO6}, &a,
                      &b),
         SF_OK);
    sf_config_from_link(&config, b);
    T_EQ(config.mtu, 9000);
    T_EQ(config.ethernet, 1);
    T_EQ(config.link_caps, SF_LINK_TSO6);
    T_MEM(config.mac, b->mac, 6);
    sf_link_close(a);
    sf_link_close(b);
}

static void seeds_differ(void **state)
{
    uint8_t one[32] = {0};
    uint8_t two[32] = {0};

    (void)state;
    T_EQ(sf_seed_fill(one), SF_OK);
    T_EQ(sf_seed_fill(two), SF_OK);
    T_TRUE(memcmp(one, two, 32) != 0);
}

static void the_wall_clock_is_the_monotonic_one_and_an_offset(void **state)
{
    sf_time first = sf_now();
    sf_time second = sf_now();

    (void)state;
    T_TRUE(sf_time_before_eq(first, second));
    T_TRUE(first.ns + sf_wall_offset() > UINT64_C(1700000000000000000)); /* 2023 */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_passes_both_ways_whole),
        cmocka_unit_test(frames_that_the_link_does_not_take_wait_in_order),
        cmocka_unit_test(what_is_lost_comes_again),
        cmocka_unit_test(a_link_has_deadlines_of_its_own),
        cmocka_unit_test(a_turn_ends_at_the_moment_given),
        cmocka_unit_test(a_watched_descriptor_is_told_of_while_it_is_ready),
        cmocka_unit_test(what_is_no_longer_watched_is_not_told_of_in_the_same_turn),
        cmocka_unit_test(a_plain_file_cannot_be_watched),
        cmocka_unit_test(run_returns_after_the_turn_in_which_it_was_stopped),
        cmocka_unit_test(a_configuration_without_sense_leaves_the_link_with_the_caller),
        cmocka_unit_test(a_configuration_takes_what_the_link_has),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(the_wall_clock_is_the_monotonic_one_and_an_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
