/* SPDX-License-Identifier: MIT
 *
 * tests/interop/wire.c - the engine and the kernel's TCP on one TUN device.
 */
#include "wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "diag.h"
#include "synfin/net.h"

/* How often the states are looked at. */
#define LOOK_EVERY SF_MS(1)

/* No test of a group takes longer: then it is killed, and the namespace goes with it. */
#define ALARM_SECONDS 280

struct t_case t_cases[4] = {
    {SF_IPV4, false}, {SF_IPV6, false}, {SF_IPV4, true}, {SF_IPV6, true}};

static struct t_wire wire;

static struct sf_addr address_of(enum sf_family family, uint8_t last)
{
    struct sf_addr v6 = {{0xfd, 9, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, SF_IPV6};

    return family == SF_IPV6 ? v6 : sf_addr_v4(10, 9, 8, last);
}

int t_wire_set_up(void **state)
{
    const struct t_case *how = *state;
    struct t_wire *w = &wire;

    memset(w, 0, sizeof(*w));
    w->how = *how;
    w->listen_fd = w->fd = -1;
    w->backlog = 128;
    w->looked = sf_now();
    if (sf_net_unshare() != SF_OK) {
        printf("# no network namespace: %s\n", strerror(errno));
        return -1;
    }
    w->diag = t_diag_open();
    if (w->diag == NULL) {
        printf("# no sock_diag: %s\n", strerror(errno));
        return -1;
    }
    sf_config_default(&w->config);
    w->config.msl = SF_MS(100);
    w->listen = (struct sf_listen){.local = {.port = T_OUR_PORT}};
    w->ours.addr = address_of(how->family, 2);
    w->kernel.addr = address_of(how->family, 1);
    *state = w;
    (void)alarm(ALARM_SECONDS);
    return 0;
}

int t_wire_tear_down(void **state)
{
    struct t_wire *w = *state;

    (void)alarm(0);
    for (int i = 0; i < T_CHILDREN; i++) {
        if (w->children[i] > 0) {
            (void)kill(w->children[i], SIGKILL);
            (void)waitpid(w->children[i], NULL, 0);
            w->children[i] = 0;
        }
    }
    t_wire_stop(w);
    t_diag_close(w->diag);
    w->diag = NULL;
    return 0;
}

void t_wire_stop(struct t_wire *w)
{
    struct sf_loop *loop = w->loop;

    w->loop = NULL;
    w->watched = false;
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    if (w->listen_fd >= 0) {
        (void)close(w->listen_fd);
    }
    w->fd = w->listen_fd = -1;
    w->ours.port = w->kernel.port = 0;
    sf_loop_close(loop);
}

struct t_wire *t_wire_of(void **state)
{
    return *state;
}

static struct sf_link *make_device(struct t_wire *w)
{
    struct sf_tun how = {.vnet = w->vnet};
    struct sf_link *link = NULL;
    struct sf_addr v4 = address_of(SF_IPV4, 1);
    struct sf_addr v6 = address_of(SF_IPV6, 1);

    if (sf_tun_open(&how, &link, w->device) != SF_OK) {
        printf("# TUN cannot be opened: %s\n", strerror(errno));
        fail();
    }
    if (w->mtu != 0) {
        T_EQ(sf_net_mtu(w->device, w->mtu), SF_OK);
        link->mtu = w->mtu;
    }
    T_EQ(sf_net_up(w->device, true), SF_OK);
    T_EQ(sf_net_address(w->device, &v4, 24), SF_OK);
    T_EQ(sf_net_address(w->device, &v6, 64), SF_OK);
    return link;
}

void t_wire_start(struct t_wire *w, const char *faults)
{
    struct sf_link *link = make_device(w);
    struct sf_link *faulty = NULL;
    struct sf_addr v4 = address_of(SF_IPV4, 2);
    struct sf_addr v6 = address_of(SF_IPV6, 2);
    size_t where = 0;

    T_EQ(sf_fault_wrap(link, faults, 1, &faulty, &where), SF_OK);
    link = t_gate_wrap(&w->gate, faulty);
    sf_config_from_link(&w->config, link);
    T_EQ(sf_loop_open(&w->config, link, &w->app, &w->loop), SF_OK);
    w->stack = sf_loop_stack(w->loop);
    T_EQ(sf_stack_add_address(w->stack, &v4, 24), SF_OK);
    T_EQ(sf_stack_add_address(w->stack, &v6, 64), SF_OK);
}

static void look(struct t_wire *w, sf_time now)
{
    if (w->watched && sf_time_sub(now, w->looked).ns >= LOOK_EVERY.ns) {
        w->states.handle = w->conn;
        w->states.fd = w->fd;
        t_states_look(&w->states, w->stack, now);
        w->looked = now;
    }
}

void t_turn(struct t_wire *w)
{
    T_EQ(sf_loop_turn(w->loop, sf_time_add(sf_now(), SF_MS(1))), SF_OK);
    look(w, sf_now());
}

void t_wait_begin(struct t_wire *w, sf_span patience)
{
    w->until = sf_time_add(sf_now(), patience);
}

void t_wait_turn(struct t_wire *w, const char *what, const char *file, int line)
{
    if (!sf_time_before(sf_now(), w->until)) {
        printf("# never came: %s\n", what);
        if (w->watched) {
            t_states_print(&w->states);
        }
        _fail(file, line);
    }
    t_turn(w);
}

void t_hold(struct t_wire *w)
{
    t_hold_for(w, T_HOLD_SPAN);
}

void t_hold_for(struct t_wire *w, sf_span span)
{
    sf_time until = sf_time_add(sf_now(), span);

    while (sf_time_before(sf_now(), until)) {
        t_turn(w);
    }
}

socklen_t t_sockaddr(const struct sf_endpoint *end, struct sockaddr_storage *to)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(end->port)};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(end->port)};

    memset(to, 0, sizeof(*to));
    if (end->addr.family == SF_IPV6) {
        memcpy(&in6.sin6_addr, end->addr.octets, sizeof(in6.sin6_addr));
        memcpy(to, &in6, sizeof(in6));
        return sizeof(in6);
    }
    memcpy(&in.sin_addr, end->addr.octets, sizeof(in.sin_addr));
    memcpy(to, &in, sizeof(in));
    return sizeof(in);
}

int t_kernel_socket(const struct t_wire *w)
{
    int family = w->how.family == SF_IPV6 ? AF_INET6 : AF_INET;
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    T_TRUE(fd >= 0);
    if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "cubic", strlen("cubic")) != 0) {
        /* In every kernel, if not built in as its default. */
        T_EQ(setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", strlen("reno")), 0);
    }
    return fd;
}

void t_kernel_bind(struct t_wire *w, int fd, struct sf_endpoint *end)
{
    struct sockaddr_storage at;
    socklen_t octets = t_sockaddr(end, &at);
    struct sockaddr_in in;
    int one = 1;

    (void)w;
    T_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
    T_EQ(bind(fd, (const struct sockaddr *)&at, octets), 0);
    T_EQ(getsockname(fd, (struct sockaddr *)&at, &octets), 0);
    /* The port is at the same place in both families. */
    memcpy(&in, &at, sizeof(in));
    end->port = ntohs(in.sin_port);
}

void t_kernel_listen(struct t_wire *w)
{
    w->kernel.port = T_KERNEL_PORT;
    w->listen_fd = t_kernel_socket(w);
    t_kernel_bind(w, w->listen_fd, &w->kernel);
    T_EQ(listen(w->listen_fd, w->backlog), 0);
}

void t_kernel_begin(struct t_wire *w)
{
    struct sockaddr_storage to;
    socklen_t octets = t_sockaddr(&w->ours, &to);

    T_EQ(connect(w->fd, (const struct sockaddr *)&to, octets), -1);
    T_EQ(errno, EINPROGRESS);
}

bool t_kernel_accepted(struct t_wire *w)
{
    w->fd = accept4(w->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (w->fd < 0) {
        T_EQ(errno, EAGAIN);
    }
    return w->fd >= 0;
}

int t_kernel_error(int fd)
{
    int error = 0;
    socklen_t octets = sizeof(error);

    T_EQ(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &octets), 0);
    return error;
}

bool t_kernel_opened(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    if (poll(&p, 1, 0) != 1) {
        return false;
    }
    T_EQ(t_kernel_error(fd), 0);
    return true;
}

void t_our_listen(struct t_wire *w)
{
    w->ours.port = T_OUR_PORT;
    T_EQ(sf_listen(w->stack, &w->listen, &w->listener, sf_now()), SF_OK);
}

void t_our_open(struct t_wire *w)
{
    struct sf_open open = {.local = w->ours, .remote = w->kernel};

    T_EQ(sf_open(w->stack, &open, &w->conn, sf_now()), SF_OK);
}

bool t_our_accepted(struct t_wire *w)
{
    enum sf_err err = sf_accept(w->stack, w->listener, &w->conn, sf_now());

    if (err != SF_OK) {
        T_EQ(err, SF_ERR_AGAIN);
        w->conn = (struct sf_handle){0};
    }
    return err == SF_OK;
}

bool t_our_ready(const struct t_wire *w, uint32_t bits)
{
    return (sf_ready(w->stack, w->conn) & bits) == bits;
}

void t_watch(struct t_wire *w)
{
    t_states_begin(&w->states, w->diag, &w->kernel, &w->ours);
    w->watched = true;
}

void t_connect(struct t_wire *w)
{
    if (w->how.kernel_listens) {
        t_kernel_listen(w);
        w->ours.port = (uint16_t)(T_OUR_EPHEMERAL + w->connects++);
        t_our_open(w);
        t_watch(w);
        T_UNTIL(w, t_our_ready(w, SF_READY_OPEN));
        T_UNTIL(w, t_kernel_accepted(w));
    } else {
        t_our_listen(w);
        w->fd = t_kernel_socket(w);
        t_kernel_bind(w, w->fd, &w->kernel);
        t_kernel_begin(w);
        t_watch(w);
        T_UNTIL(w, t_kernel_opened(w->fd));
        T_UNTIL(w, t_our_accepted(w));
    }
}

bool t_our_eof(struct t_wire *w)
{
    uint8_t octet = 0;
    size_t n = 0;
    enum sf_err err = sf_recv(w->stack, w->conn, &octet, 1, &n, sf_now());

    if (err != SF_ERR_EOF) {
        T_EQ(err, SF_ERR_AGAIN);
    }
    return err == SF_ERR_EOF;
}

bool t_kernel_eof(const struct t_wire *w)
{
    uint8_t octet = 0;
    ssize_t n = recv(w->fd, &octet, 1, 0);

    if (n != 0) {
        T_EQ(n, -1);
        T_EQ(errno, EAGAIN);
    }
    return n == 0;
}

enum sf_err t_our_error(const struct t_wire *w)
{
    struct sf_status status;

    T_EQ(sf_status(w->stack, w->conn, &status, sf_now()), SF_OK);
    return status.error;
}

void t_our_close(struct t_wire *w)
{
    T_EQ(sf_close(w->stack, w->conn, sf_now()), SF_OK);
    w->conn = (struct sf_handle){0};
}

void t_our_abort(struct t_wire *w)
{
    T_EQ(sf_abort(w->stack, w->conn, sf_now()), SF_OK);
    w->conn = (struct sf_handle){0};
}

void t_kernel_close(struct t_wire *w)
{
    T_EQ(close(w->fd), 0);
    w->fd = -1;
}

pid_t t_fork(struct t_wire *w)
{
    pid_t parent = getpid();
    pid_t child = 0;

    (void)fflush(stdout);
    child = fork();
    T_TRUE(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(1);
        }
        return 0;
    }
    for (int i = 0; i < T_CHILDREN; i++) {
        if (w->children[i] == 0) {
            w->children[i] = child;
            return child;
        }
    }
    (void)kill(child, SIGKILL);
    fail();
    return child;
}

int t_child_status(struct t_wire *w, pid_t child)
{
    int status = 0;

    if (waitpid(child, &status, WNOHANG) != child) {
        return -1;
    }
    for (int i = 0; i < T_CHILDREN; i++) {
        if (w->children[i] == child) {
            w->children[i] = 0;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
