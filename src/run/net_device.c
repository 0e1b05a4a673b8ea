/* SPDX-License-Identifier: MIT
 *
 * run/net_device.c - devices of the kernel's: up and down, MTU, veth pairs, deletion.
 */
#include "synfin/net.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#include "run/netlink.h"

/* A request about one device. */
static enum sf_err begin(struct sf_request *request, const char *device, uint16_t type,
                         struct nlmsghdr **head)
{
    struct ifinfomsg *info = NULL;
    uint32_t index = 0;
    enum sf_err err = sf_netlink_index(device, &index);

    if (err != SF_OK) {
        return err;
    }
    *head = sf_netlink_begin(request, type, 0);
    info = mnl_nlmsg_put_extra_header(*head, sizeof(*info));
    info->ifi_index = (int)index;
    return SF_OK;
}

enum sf_err sf_net_up(const char *device, bool up)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    enum sf_err err = begin(&request, device, RTM_NEWLINK, &head);

    if (err == SF_OK) {
        struct ifinfomsg *info = mnl_nlmsg_get_payload(head);

        info->ifi_change = IFF_UP;
        info->ifi_flags = up ? IFF_UP : 0;
        err = sf_netlink_ask(head);
    }
    return err;
}

enum sf_err sf_net_mtu(const char *device, uint32_t mtu)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    enum sf_err err = begin(&request, device, RTM_NEWLINK, &head);

    if (err == SF_OK) {
        mnl_attr_put_u32(head, IFLA_MTU, mtu);
        err = sf_netlink_ask(head);
    }
    return err;
}

enum sf_err sf_net_delete(const char *device)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    enum sf_err err = begin(&request, device, RTM_DELLINK, &head);

    return err == SF_OK ? sf_netlink_ask(head) : err;
}

enum sf_err sf_net_veth(const char *a, const char *b)
{
    struct sf_request request;
    struct nlmsghdr *head = NULL;
    struct nlattr *info = NULL;
    struct nlattr *data = NULL;
    struct nlattr *peer = NULL;

    if (strlen(a) >= IFNAMSIZ || strlen(b) >= IFNAMSIZ) {
        errno = EINVAL;
        return SF_ERR_OS;
    }
    head = sf_netlink_begin(&request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    (void)mnl_nlmsg_put_extra_header(head, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(head, IFLA_IFNAME, a);
    info = mnl_attr_nest_start(head, IFLA_LINKINFO);
    mnl_attr_put_strz(head, IFLA_INFO_KIND, "veth");
    data = mnl_attr_nest_start(head, IFLA_INFO_DATA);
    peer = mnl_attr_nest_start(head, VETH_INFO_PEER);
    (void)mnl_nlmsg_put_extra_header(head, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(head, IFLA_IFNAME, b);
    mnl_attr_nest_end(head, peer);
    mnl_attr_nest_end(head, data);
    mnl_attr_nest_end(head, info);
    return sf_netlink_ask(head);
}
