/* SPDX-License-Identifier: MIT
 *
 * run/net_address.c - addresses of the kernel's.
 */
#include "synfin/net.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "run/netlink.h"

/* How long an address may take to become usable; it takes microseconds. */
#define SETTLE_MS 1000

/* Whether a message tells of the local route of an address. */
struct wanted {
    const struct sf_addr *addr;
    bool found;
};

static int look_at_route_attribute(const struct nlattr *attr, void *context)
{
    struct wanted *w = context;

    if (mnl_attr_get_type(attr) == RTA_DST &&
        mnl_attr_get_payload_len(attr) == sf_netlink_octets(w->addr) &&
        memcmp(mnl_attr_get_payload(attr), w->addr->octets, sf_netlink_octets(w->addr)) == 0) {
        w->found = true;
    }
    return MNL_CB_OK;
}

static int look_at_route(const struct nlmsghdr *message, void *context)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(message);

    if (message->nlmsg_type != RTM_NEWROUTE || info->rtm_type != RTN_LOCAL) {
        return MNL_CB_OK;
    }
    return mnl_attr_parse(message, sizeof(*info), look_at_route_attribute, context);
}

/* Hear of routes from now on; a null pointer if that cannot be. */
static struct mnl_socket *hear_of_routes(void)
{
    struct timeval patience = {.tv_sec = SETTLE_MS / 1000};
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

    if (socket == NULL) {
        return NULL;
    }
    if (mnl_socket_bind(socket, RTMGRP_IPV6_ROUTE, MNL_SOCKET_AUTOPID) < 0 ||
        setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &patience,
                   sizeof(patience)) < 0) {
        (void)mnl_socket_close(socket);
        return NULL;
    }
    return socket;
}

/* The kernel says yes to an IPv6 address before it takes packets for it: the local route
 * comes a moment later, from a worker. */
static void wait_for_route(struct mnl_socket *socket, const struct sf_addr *addr)
{
    struct wanted w = {.addr = addr};
    char message[8192];
    ssize_t n = 1;

    while (n > 0 && !w.found) {
        n = mnl_socket_recvfrom(socket, message, sizeof(message));
        if (n > 0) {
            (void)mnl_cb_run(message, (size_t)n, 0, 0, look_at_route, &w);
        }
    }
}

static enum sf_err ask_and_wait(struct nlmsghdr *head, const struct sf_addr *addr)
{
    struct mnl_socket *socket = addr->family == SF_IPV6 ? hear_of_routes() : NULL;
    enum sf_err err = sf_netlink_ask(head);
    int kept = errno;

    if (socket != NULL) {
        if (err == SF_OK) {
            wait_for_route(socket, addr);
        }
        (void)mnl_socket_close(socket);
    }
    errno = kept;
    return err;
}

enum sf_err sf_net_address(const char *device, const struct sf_addr *addr, uint8_t prefix)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    struct ifaddrmsg *info = NULL;
    uint32_t index = 0;
    enum sf_err err = sf_netlink_index(device, &index);

    if (err != SF_OK) {
        return err;
    }
    if (!sf_netlink_fits(addr, prefix)) {
        return sf_netlink_refuse();
    }
    head = sf_netlink_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    info = mnl_nlmsg_put_extra_header(head, sizeof(*info));
    info->ifa_family = sf_netlink_family(addr);
    info->ifa_prefixlen = prefix;
    info->ifa_index = index;
    if (addr->family == SF_IPV6) {
        /* Nobody else is on a link that we made; without this the address is of no use for
         * a second (RFC 4862 s5.4). */
        info->ifa_flags = IFA_F_NODAD;
    }
    mnl_attr_put(head, IFA_LOCAL, sf_netlink_octets(addr), addr->octets);
    mnl_attr_put(head, IFA_ADDRESS, sf_netlink_octets(addr), addr->octets);
    return ask_and_wait(head, addr);
}

/* What a dump of addresses is searched for. */
struct search {
    const struct sf_addr *net;
    uint8_t prefix;
    bool found;
};

static bool in_net(const uint8_t *addr, const struct search *s)
{
    size_t whole = s->prefix / 8;
    uint8_t mask = (uint8_t)(0xff00u >> s->prefix % 8);

    return memcmp(addr, s->net->octets, whole) == 0 &&
           (mask == 0 || ((addr[whole] ^ s->net->octets[whole]) & mask) == 0);
}

static int look_at_attribute(const struct nlattr *attr, void *context)
{
    struct search *s = context;
    uint16_t type = mnl_attr_get_type(attr);

    /* IFA_LOCAL is ours where IFA_ADDRESS is the far end of a point-to-point device. */
    if ((type == IFA_LOCAL || type == IFA_ADDRESS) &&
        mnl_attr_get_payload_len(attr) == sf_netlink_octets(s->net) &&
        in_net(mnl_attr_get_payload(attr), s)) {
        s->found = true;
    }
    return MNL_CB_OK;
}

static int look(const struct nlmsghdr *message, void *context)
{
    if (message->nlmsg_type != RTM_NEWADDR) {
        return MNL_CB_OK;
    }
    return mnl_attr_parse(message, sizeof(struct ifaddrmsg), look_at_attribute, context);
}

enum sf_err sf_net_in_use(const struct sf_addr *net, uint8_t prefix, bool *used)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    struct ifaddrmsg *info = NULL;
    struct search s = {.net = net, .prefix = prefix};
    enum sf_err err = SF_OK;

    *used = false;
    if (!sf_netlink_fits(net, prefix)) {
        return sf_netlink_refuse();
    }
    head = sf_netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP);
    info = mnl_nlmsg_put_extra_header(head, sizeof(*info));
    info->ifa_family = sf_netlink_family(net);
    err = sf_netlink_dump(head, look, &s);
    *used = s.found;
    return err;
}
