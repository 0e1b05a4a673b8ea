/* SPDX-License-Identifier: MIT
 *
 * synfin/net.h - the kernel's side of a device: addresses, routes, up and down, through
 * netlink.  Part of libsynfin-host.  Touches no sysctl but those of a device it made.
 */
#ifndef SYNFIN_NET_H
#define SYNFIN_NET_H

#include "synfin/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Bring a device up or down.
 *
 * @param device  its name
 * @param up      true: up
 * @return SF_OK, SF_ERR_PERMISSION, or SF_ERR_OS (ENODEV: no such device)
 */
SF_API SF_NODISCARD enum sf_err sf_net_up(const char *device, bool up);

/**
 * Set a device's MTU.
 *
 * @param device  its name
 * @param mtu     octets
 * @return as sf_net_up()
 */
SF_API SF_NODISCARD enum sf_err sf_net_mtu(const char *device, uint32_t mtu);

/**
 * Give the kernel an address on a device (IPv6: without duplicate address detection).  It
 * takes packets for the address when this returns, if the device is up.
 *
 * @param device  its name
 * @param addr    the address
 * @param prefix  bits of its net
 * @return as sf_net_up(); SF_ERR_EXISTS if the device has it
 */
SF_API SF_NODISCARD enum sf_err sf_net_address(const char *device, const struct sf_addr *addr,
                                               uint8_t prefix);

/**
 * Add a route through a device.
 *
 * @param device   its name
 * @param net      the net
 * @param prefix   bits of it that count
 * @param gateway  a neighbour, or a null pointer
 * @return as sf_net_up(); SF_ERR_EXISTS if there is such a route
 */
SF_API SF_NODISCARD enum sf_err sf_net_route(const char *device, const struct sf_addr *net,
                                             uint8_t prefix, const struct sf_addr *gateway);

/**
 * Is any address of this net on a device of the kernel's?
 *
 * @param net     the net
 * @param prefix  bits of it that count
 * @param used    the answer
 * @return SF_OK or SF_ERR_OS
 */
SF_API SF_NODISCARD enum sf_err sf_net_in_use(const struct sf_addr *net, uint8_t prefix,
                                              bool *used);

/**
 * Make a pair of veth devices.
 *
 * @param a  name of one end
 * @param b  name of the other
 * @return as sf_net_up(); SF_ERR_EXISTS if a name is taken
 */
SF_API SF_NODISCARD enum sf_err sf_net_veth(const char *a, const char *b);

/**
 * Delete a device.
 *
 * @param device  its name
 * @return as sf_net_up()
 */
SF_API SF_NODISCARD enum sf_err sf_net_delete(const char *device);

/**
 * Move this process into a network namespace of its own, as root or in a user namespace
 * of its own (in which it is root), with loopback up.  The process has one thread.
 *
 * @return SF_OK, SF_ERR_PERMISSION where neither is allowed, or SF_ERR_OS
 */
SF_API SF_NODISCARD enum sf_err sf_net_unshare(void);

#ifdef __cplusplus
}
#endif
#endif
