/* SPDX-License-Identifier: MIT
 *
 * run/netlink.c - one question to the kernel's routing tables and its answer (rtnetlink(7)).
 */
#include "run/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* What the kernel fills for each part of a dump at most (netlink(7)). */
#define ANSWER_OCTETS 32768

/* Requests are one to a socket: any number will do. */
#define SEQUENCE 1

struct nlmsghdr *sf_netlink_begin(struct sf_request *request, uint16_t type, uint16_t flags)
{
    struct nlmsghdr *head = NULL;

    /* Attributes are padded, and the kernel reads the padding. */
    memset(request, 0, sizeof(*request));
    head = mnl_nlmsg_put_header(request->octets);
    head->nlmsg_type = type;
    head->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    head->nlmsg_seq = SEQUENCE;
    return head;
}

static enum sf_err error_of(int os_error)
{
    switch (os_error) {
    case EPERM:
    case EACCES:
        return SF_ERR_PERMISSION;
    case EEXIST:
        return SF_ERR_EXISTS;
    case ENOMEM:
        return SF_ERR_NO_MEMORY;
    default:
        return SF_ERR_OS;
    }
}

/* False with errno set. */
static bool talk(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t each,
                 void *context)
{
    char *answer = malloc(ANSWER_OCTETS);
    int more = MNL_CB_ERROR;

    if (answer == NULL) {
        return false;
    }
    if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
        mnl_socket_sendto(socket, request, request->nlmsg_len) >= 0) {
        unsigned int port = mnl_socket_get_portid(socket);

        do {
            ssize_t n = mnl_socket_recvfrom(socket, answer, ANSWER_OCTETS);

            more = n < 0 ? MNL_CB_ERROR
                         : mnl_cb_run(answer, (size_t)n, SEQUENCE, port, each, context);
        } while (more == MNL_CB_OK);
    }
    free(answer);
    return more != MNL_CB_ERROR;
}

enum sf_err sf_netlink_dump(struct nlmsghdr *request, mnl_cb_t each, void *context)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    int kept = 0;

    if (socket == NULL) {
        return error_of(errno);
    }
    kept = talk(socket, request, each, context) ? 0 : errno;
    (void)mnl_socket_close(socket);
    if (kept != 0) {
        errno = kept;
        return error_of(kept);
    }
    return SF_OK;
}

enum sf_err sf_netlink_ask(struct nlmsghdr *request)
{
    request->nlmsg_flags |= NLM_F_ACK;
    return sf_netlink_dump(request, NULL, NULL);
}

enum sf_err sf_netlink_index(const char *device, uint32_t *index)
{
    *index = if_nametoindex(device);
    return *index != 0 ? SF_OK : error_of(errno);
}

uint8_t sf_netlink_family(const struct sf_addr *addr)
{
    return addr->family == SF_IPV6 ? AF_INET6 : AF_INET;
}

size_t sf_netlink_octets(const struct sf_addr *addr)
{
    return addr->family == SF_IPV6 ? 16 : 4;
}

bool sf_netlink_fits(const struct sf_addr *addr, uint8_t prefix)
{
    return (addr->family == SF_IPV4 || addr->family == SF_IPV6) &&
           prefix <= 8 * sf_netlink_octets(addr);
}

enum sf_err sf_netlink_refuse(void)
{
    errno = EINVAL;
    return SF_ERR_OS;
}
