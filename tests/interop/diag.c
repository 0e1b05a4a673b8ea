/* SPDX-License-Identifier: MIT
 *
 * tests/interop/diag.c - the kernel's view of its connections (sock_diag(7)).
 *
 * SYN-RECEIVED, orphans and TIME-WAIT have no descriptor; here they are all the same.
 */
#include "diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ANSWER_OCTETS 32768

/* NEW_SYN_RECV of linux/tcp_states.h, which glibc lacks. */
#define NEW_SYN_RECV 12

struct mnl_socket *t_diag_open(void)
{
    struct mnl_socket *diag = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);

    if (diag != NULL && mnl_socket_bind(diag, 0, MNL_SOCKET_AUTOPID) < 0) {
        t_diag_close(diag);
        return NULL;
    }
    return diag;
}

void t_diag_close(struct mnl_socket *diag)
{
    if (diag != NULL) {
        (void)mnl_socket_close(diag);
    }
}

enum sf_state t_diag_name(uint8_t kernel_state)
{
    static const uint8_t states[] = {
        [TCP_ESTABLISHED] = SF_ESTABLISHED,
        [TCP_SYN_SENT] = SF_SYN_SENT,
        [TCP_SYN_RECV] = SF_SYN_RECEIVED,
        [TCP_FIN_WAIT1] = SF_FIN_WAIT_1,
        [TCP_FIN_WAIT2] = SF_FIN_WAIT_2,
        [TCP_TIME_WAIT] = SF_TIME_WAIT,
        [TCP_CLOSE] = SF_CLOSED,
        [TCP_CLOSE_WAIT] = SF_CLOSE_WAIT,
        [TCP_LAST_ACK] = SF_LAST_ACK,
        [TCP_LISTEN] = SF_LISTEN,
        [TCP_CLOSING] = SF_CLOSING,
        [NEW_SYN_RECV] = SF_SYN_RECEIVED,
    };

    return kernel_state < sizeof(states) ? (enum sf_state)states[kernel_state] : SF_CLOSED;
}

static struct inet_diag_req_v2 *begin(char *octets, uint8_t family, uint16_t flags)
{
    struct nlmsghdr *head = mnl_nlmsg_put_header(octets);
    struct inet_diag_req_v2 *ask = mnl_nlmsg_put_extra_header(head, sizeof(*ask));

    head->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    head->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    ask->sdiag_family = family;
    ask->sdiag_protocol = IPPROTO_TCP;
    ask->idiag_states = UINT32_MAX;
    return ask;
}

static uint8_t family_of(enum sf_family family)
{
    return family == SF_IPV6 ? AF_INET6 : AF_INET;
}

/* A family of no use to us has no state that is looked for. */
static int state_of(const struct nlmsghdr *message)
{
    const struct inet_diag_msg *m = mnl_nlmsg_get_payload(message);
    enum sf_state state = t_diag_name(m->idiag_state);

    /* Where there is no connection the kernel shows the listener that would take one. */
    return state == SF_LISTEN ? SF_CLOSED : (int)state;
}

int t_diag_state(struct mnl_socket *diag, const struct sf_endpoint *kernel,
                 const struct sf_endpoint *ours)
{
    alignas(struct nlmsghdr) char octets[ANSWER_OCTETS];
    struct inet_diag_req_v2 *ask = begin(octets, family_of(kernel->addr.family), 0);
    struct nlmsghdr *head = (struct nlmsghdr *)(void *)octets;
    ssize_t n = 0;

    ask->id.idiag_sport = htons(kernel->port);
    ask->id.idiag_dport = htons(ours->port);
    memcpy(ask->id.idiag_src, kernel->addr.octets, sizeof(ask->id.idiag_src));
    memcpy(ask->id.idiag_dst, ours->addr.octets, sizeof(ask->id.idiag_dst));
    ask->id.idiag_cookie[0] = INET_DIAG_NOCOOKIE;
    ask->id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
    if (mnl_socket_sendto(diag, head, head->nlmsg_len) < 0) {
        return -errno;
    }
    n = mnl_socket_recvfrom(diag, octets, sizeof(octets));
    if (n < 0 || !mnl_nlmsg_ok(head, (int)n)) {
        return n < 0 ? -errno : -EBADMSG;
    }
    if (head->nlmsg_type == NLMSG_ERROR) {
        int error = ((const struct nlmsgerr *)mnl_nlmsg_get_payload(head))->error;

        return error == -ENOENT ? SF_CLOSED : error;
    }
    return state_of(head);
}

/* What a walk hands on, and to whom. */
struct walk {
    void (*each)(void *context, uint16_t port, uint16_t our_port, enum sf_state state);
    void *context;
};

static int look(const struct nlmsghdr *message, void *context)
{
    const struct walk *walk = context;
    const struct inet_diag_msg *m = mnl_nlmsg_get_payload(message);

    walk->each(walk->context, ntohs(m->id.idiag_sport), ntohs(m->id.idiag_dport),
               t_diag_name(m->idiag_state));
    return MNL_CB_OK;
}

bool t_diag_walk(struct mnl_socket *diag, enum sf_family family,
                 void (*each)(void *context, uint16_t port, uint16_t our_port,
                              enum sf_state state),
                 void *context)
{
    alignas(struct nlmsghdr) char octets[ANSWER_OCTETS];
    struct nlmsghdr *head = (struct nlmsghdr *)(void *)octets;
    struct walk walk = {each, context};
    int more = MNL_CB_OK;

    (void)begin(octets, family_of(family), NLM_F_DUMP);
    if (mnl_socket_sendto(diag, head, head->nlmsg_len) < 0) {
        return false;
    }
    while (more == MNL_CB_OK) {
        ssize_t n = mnl_socket_recvfrom(diag, octets, sizeof(octets));

        more = n < 0
                   ? MNL_CB_ERROR
                   : mnl_cb_run(octets, (size_t)n, 0, mnl_socket_get_portid(diag), look, &walk);
    }
    return more != MNL_CB_ERROR;
}
