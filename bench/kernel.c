/* SPDX-License-Identifier: MIT
 *
 * bench/kernel.c - the kernel's TCP against itself, between two network namespaces joined by
 * a veth pair, both on one core.
 *
 *   bench-kernel tso|plain send SECONDS           Gbit/s
 *   bench-kernel tso|plain latency SECONDS        microseconds, the median
 *   bench-kernel tso|plain connections SECONDS    thousands a second
 *
 * `plain` switches TSO, GSO and GRO off: a segment is a packet then.
 */
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "far.h"
#include "measure.h"
#include "run/netlink.h"
#include "synfin/net.h"

enum { BUFFER = 1 << 17 };

static const char near_device[] = "bench0";
static const char far_device[] = "bench1";

static void must(const char *what, enum sf_err err)
{
    if (err != SF_OK) {
        (void)fprintf(stderr, "bench-kernel: %s: %s\n", what, sf_err_text(err));
        exit(4);
    }
}

/* A segment is a packet. */
static void offloads_off(const char *device)
{
    static const uint32_t commands[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr = {0};

    (void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct ethtool_value value = {.cmd = commands[i], .data = 0};

        ifr.ifr_data = (char *)&value;
        if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr) < 0) {
            measure_fail("ethtool");
        }
    }
    (void)close(fd);
}

/* Move a device into the network namespace of another process. */
static void move(const char *device, pid_t pid)
{
    struct sf_request request;
    struct nlmsghdr *head = sf_netlink_begin(&request, RTM_NEWLINK, 0);
    struct ifinfomsg *info = mnl_nlmsg_put_extra_header(head, sizeof(*info));

    info->ifi_index = (int)if_nametoindex(device);
    mnl_attr_put_u32(head, IFLA_NET_NS_PID, (uint32_t)pid);
    must("move a device", sf_netlink_ask(head));
}

static void set_up(const char *device, uint8_t last, bool tso)
{
    struct sf_addr addr = sf_addr_v4(10, 9, 8, last);

    must("address", sf_net_address(device, &addr, 24));
    if (!tso) {
        offloads_off(device);
    }
    must("up", sf_net_up(device, true));
}

/* Write for as long as somebody reads; send back; or read. */
static void serve_one(int fd, enum far_what what)
{
    static char buffer[BUFFER];

    if (what == FAR_SEND) {
        while (write(fd, buffer, sizeof(buffer)) > 0) {
        }
        return;
    }
    for (;;) {
        ssize_t n = read(fd, buffer, sizeof(buffer));

        if (n <= 0 || (what != FAR_RECEIVE && write(fd, buffer, (size_t)n) != n)) {
            return;
        }
    }
}

static int listen_here(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(FAR_PORT)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    far_socket(fd);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(fd, 128) != 0) {
        measure_fail("listen");
    }
    return fd;
}

static void tell(int fd)
{
    if (write(fd, "", 1) != 1) {
        measure_fail("pipe");
    }
}

static void hear(int fd)
{
    char octet = 0;

    if (read(fd, &octet, 1) != 1) {
        measure_fail("pipe");
    }
}

/* The server, in a namespace of its own; ends with whoever began it. */
static _Noreturn void server(int in, int out, enum far_what what, bool tso)
{
    int listener = -1;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    must("network namespace", sf_net_unshare());
    tell(out);
    hear(in);
    set_up(far_device, 2, tso);
    listener = listen_here();
    tell(out);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd < 0) {
            measure_fail("accept");
        }
        serve_one(fd, what);
        (void)close(fd);
    }
}

static int run(bool tso, enum far_what what, double seconds)
{
    int down[2];
    int up[2];
    pid_t pid = 0;

    must("network namespace", sf_net_unshare());
    must("veth", sf_net_veth(near_device, far_device));
    if (pipe(down) != 0 || pipe(up) != 0) {
        measure_fail("pipe");
    }
    pid = fork();
    if (pid < 0) {
        measure_fail("process");
    }
    if (pid == 0) {
        server(down[0], up[1], what, tso);
    }
    hear(up[0]);
    move(far_device, pid);
    set_up(near_device, 1, tso);
    tell(down[1]);
    hear(up[0]);
    return far_end(far_begin(what, "10.9.8.2", seconds));
}

int main(int argc, char **argv)
{
    enum far_what what = FAR_SEND;
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    if (argc != 4 || !far_word(argv[2], &what)) {
        (void)fprintf(stderr, "bench-kernel: tso or plain, and what; see bench/kernel.c\n");
        return 2;
    }
    (void)sigaction(SIGPIPE, &ignore, NULL);
    measure_pin();
    return run(strcmp(argv[1], "tso") == 0, what, measure_number(argv[3]));
}
