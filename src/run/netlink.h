/* SPDX-License-Identifier: MIT
 *
 * run/netlink.h - one question to the kernel's routing tables and its answer (rtnetlink(7)),
 * on a socket of its own: these are rare.
 */
#ifndef SF_RUN_NETLINK_H
#define SF_RUN_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdalign.h>
#include <stdint.h>

#include "synfin/types.h"

/* Room for a request; ours are short. */
struct sf_request {
    alignas(struct nlmsghdr) char octets[1024];
};

/* Begin a request: its head, to which the caller adds. */
struct nlmsghdr *sf_netlink_begin(struct sf_request *request, uint16_t type, uint16_t flags);

/* Send a request and wait for the kernel's yes or no.  Returns SF_OK, SF_ERR_PERMISSION,
 * SF_ERR_EXISTS or SF_ERR_OS, and errno says why. */
SF_NODISCARD enum sf_err sf_netlink_ask(struct nlmsghdr *request);

/* Send a request and hand every message of the answer to a function of libmnl's kind. */
SF_NODISCARD enum sf_err sf_netlink_dump(struct nlmsghdr *request, mnl_cb_t each,
                                         void *context);

/* The number of a device; SF_ERR_OS with ENODEV if there is none. */
SF_NODISCARD enum sf_err sf_netlink_index(const char *device, uint32_t *index);

/* AF_INET or AF_INET6, and the octets of an address. */
uint8_t sf_netlink_family(const struct sf_addr *addr);
size_t sf_netlink_octets(const struct sf_addr *addr);

/* True for an address of a family, and a prefix that fits it. */
bool sf_netlink_fits(const struct sf_addr *addr, uint8_t prefix);

/* SF_ERR_OS with EINVAL: what the kernel would say of arguments that it cannot be sent. */
SF_NODISCARD enum sf_err sf_netlink_refuse(void);

#endif
