/* SPDX-License-Identifier: MIT
 *
 * link/device.h - what the kernel tells of a network device through ioctl().
 */
#ifndef SF_LINK_DEVICE_H
#define SF_LINK_DEVICE_H

#include <stdint.h>

#include "synfin/types.h"

/* The error of a system call that failed, by errno. */
enum sf_err sf_device_error(int os_error);

/* The MTU of a device and, unless mac is null, its station address: EMEDIUMTYPE where its
 * frames have no ethernet header. */
SF_NODISCARD enum sf_err sf_device_ask(const char *name, uint32_t *mtu, uint8_t mac[6]);

#endif
