/* SPDX-License-Identifier: MIT
 *
 * bench/far.c - the kernel's socket at the other end.
 */
#include "far.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "synfin/net.h"

enum { BUFFER = 1 << 18, ROUNDS_MAX = 1 << 20, QUEUE = 10000 };

/* What does not count: the windows open. */
static const double warm_up = 0.2;

static uint8_t buffer[BUFFER];

bool far_word(const char *word, enum far_what *what)
{
    static const char *const words[] = {"send", "receive", "latency", "connections"};

    for (int i = 0; i < 4; i++) {
        if (strcmp(word, words[i]) == 0) {
            *what = (enum far_what)i;
            return true;
        }
    }
    return false;
}

static void must(const char *what, enum sf_err err)
{
    if (err != SF_OK) {
        (void)fprintf(stderr, "bench: %s: %s\n", what, sf_err_text(err));
        exit(4);
    }
}

/* A device's queue is 500 frames, less than the windows here: what is more would be lost, and
 * measure congestion control. */
static void widen_queue(const char *device)
{
    struct ifreq ifr = {.ifr_qlen = QUEUE};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
    if (fd < 0 || ioctl(fd, SIOCSIFTXQLEN, &ifr) < 0) {
        measure_fail("queue");
    }
    (void)close(fd);
}

struct sf_link *far_tun(bool vnet)
{
    struct sf_addr kernel = sf_addr_v4(10, 9, 8, 1);
    struct sf_tun how = {.vnet = vnet};
    struct sf_link *link = NULL;
    char name[16];

    must("network namespace", sf_net_unshare());
    must("TUN device", sf_tun_open(&how, &link, name));
    widen_queue(name);
    must("address", sf_net_address(name, &kernel, 24));
    must("up", sf_net_up(name, true));
    return link;
}

void far_socket(int fd)
{
    int one = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5) != 0) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static int connect_to(const char *addr)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(FAR_PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)inet_pton(AF_INET, addr, &to.sin_addr);
    far_socket(fd);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
        measure_fail("connect");
    }
    return fd;
}

/* Octets that passed so far; what our side has not acknowledged has not passed. */
static uint64_t passed(enum far_what what, int fd, uint64_t moved)
{
    int queued = 0;

    if (what == FAR_RECEIVE && ioctl(fd, SIOCOUTQ, &queued) == 0) {
        moved -= (uint64_t)queued;
    }
    return moved;
}

static double bulk(enum far_what what, int fd, double seconds)
{
    double start = measure_wall();
    double begin = 0;
    double now = start;
    uint64_t at_begin = 0;
    uint64_t moved = 0;

    while (begin == 0 || now - begin < seconds) {
        ssize_t n = what == FAR_SEND ? read(fd, buffer, BUFFER) : write(fd, buffer, BUFFER);

        if (n <= 0) {
            measure_fail(what == FAR_SEND ? "read" : "write");
        }
        moved += (uint64_t)n;
        now = measure_wall();
        if (begin == 0 && now - start >= warm_up) {
            begin = now;
            at_begin = passed(what, fd, moved);
        }
    }
    return 8e-9 * (double)(passed(what, fd, moved) - at_begin) / (now - begin);
}

static void ping(int fd)
{
    if (write(fd, buffer, 1) != 1 || read(fd, buffer, 1) != 1) {
        measure_fail("ping");
    }
}

static double latency(int fd, double seconds)
{
    double *us = calloc(ROUNDS_MAX, sizeof(*us));
    double begin = measure_wall();
    double now = begin;
    double result = 0;
    size_t n = 0;

    if (us == NULL) {
        measure_fail("memory");
    }
    for (int i = 0; i < 500; i++) {
        ping(fd);
    }
    begin = measure_wall();
    for (now = begin; now - begin < seconds && n < ROUNDS_MAX; n++) {
        double before = now;

        ping(fd);
        now = measure_wall();
        us[n] = 1e6 * (now - before);
    }
    result = measure_median(us, n);
    free(us);
    return result;
}

/* We close first, and have the TIME-WAIT. */
static void one_connection(const char *addr)
{
    int fd = connect_to(addr);

    ping(fd);
    (void)close(fd);
}

static double connections(const char *addr, double seconds)
{
    double begin = 0;
    double now = 0;
    uint64_t n = 0;

    one_connection(addr); /* a device that has just come up may lose the first SYN */
    begin = measure_wall();
    for (now = begin; now - begin < seconds; n++) {
        one_connection(addr);
        now = measure_wall();
    }
    return 1e-3 * (double)n / (now - begin);
}

static double measure(enum far_what what, const char *addr, double seconds)
{
    struct linger reset = {.l_onoff = 1};
    double result = 0;
    int fd = -1;

    if (what == FAR_CONNECTIONS) {
        return connections(addr, seconds);
    }
    fd = connect_to(addr);
    result = what == FAR_LATENCY ? latency(fd, seconds) : bulk(what, fd, seconds);
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    (void)close(fd);
    return result;
}

pid_t far_begin(enum far_what what, const char *addr, double seconds)
{
    pid_t pid = 0;

    (void)fflush(stdout);
    pid = fork();
    if (pid < 0) {
        measure_fail("process");
    }
    (void)alarm((unsigned)seconds + 20); /* nobody waits for ever */
    if (pid == 0) {
        (void)printf("%.4f\n", measure(what, addr, seconds));
        (void)fflush(stdout);
        _exit(0);
    }
    return pid;
}

bool far_gone(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid;
}

int far_end(pid_t pid)
{
    int status = 0;

    if (waitpid(pid, &status, 0) != pid) {
        measure_fail("wait");
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
