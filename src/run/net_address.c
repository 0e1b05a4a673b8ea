/* SPDX-License-Identifier: MIT
 *
 * run/net_address.c - addresses and routes of the kernel's.
 */
#include "synfin/net.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "run/netlink.h"

static enum sf_err refuse(void)
{
    errno = EINVAL;
    return SF_ERR_OS;
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
        return refuse();
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
    return sf_netlink_ask(head);
}

enum sf_err sf_net_route(const char *device, const struct sf_addr *net, uint8_t prefix,
                         const struct sf_addr *gateway)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    struct rtmsg *info = NULL;
    uint32_t index = 0;
    enum sf_err err = sf_netlink_index(device, &index);

    if (err != SF_OK) {
        return err;
    }
    if (!sf_netlink_fits(net, prefix) || (gateway != NULL && gateway->family != net->family)) {
        return refuse();
    }
    head = sf_netlink_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
    info = mnl_nlmsg_put_extra_header(head, sizeof(*info));
    info->rtm_family = sf_netlink_family(net);
    info->rtm_dst_len = prefix;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_protocol = RTPROT_STATIC;
    info->rtm_scope =
        gateway != NULL || net->family == SF_IPV6 ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
    info->rtm_type = RTN_UNICAST;
    if (prefix != 0) {
        mnl_attr_put(head, RTA_DST, sf_netlink_octets(net), net->octets);
    }
    if (gateway != NULL) {
        mnl_attr_put(head, RTA_GATEWAY, sf_netlink_octets(gateway), gateway->octets);
    }
    mnl_attr_put_u32(head, RTA_OIF, index);
    return sf_netlink_ask(head);
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
        return refuse();
    }
    head = sf_netlink_begin(&request, RTM_GETADDR, NLM_F_DUMP);
    info = mnl_nlmsg_put_extra_header(head, sizeof(*info));
    info->ifa_family = sf_netlink_family(net);
    err = sf_netlink_dump(head, look, &s);
    *used = s.found;
    return err;
}
