/* SPDX-License-Identifier: MIT
 *
 * run/net_route.c - routes of the kernel's.
 */
#include "synfin/net.h"

#include <linux/rtnetlink.h>

#include "run/netlink.h"

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
        return sf_netlink_refuse();
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
