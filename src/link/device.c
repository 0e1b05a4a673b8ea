/* SPDX-License-Identifier: MIT
 *
 * link/device.c - what the kernel tells of a network device through ioctl().
 */
#include "link/device.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum sf_err sf_device_error(int os_error)
{
    return os_error == EPERM || os_error == EACCES ? SF_ERR_PERMISSION : SF_ERR_OS;
}

enum sf_err sf_device_ask(const char *name, uint32_t *mtu, uint8_t mac[6])
{
    struct ifreq ifr = {0};
    size_t octets = strlen(name);
    enum sf_err err = SF_OK;
    int fd = -1;
    int kept = 0;

    if (octets == 0 || octets >= sizeof(ifr.ifr_name)) {
        return SF_ERR_INVAL;
    }
    memcpy(ifr.ifr_name, name, octets);
    /* Any socket will do: the ioctl goes to the device. */
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return sf_device_error(errno);
    }
    if (ioctl(fd, SIOCGIFMTU, &ifr) < 0) {
        err = sf_device_error(errno);
    } else {
        *mtu = (uint32_t)ifr.ifr_mtu;
    }
    if (err == SF_OK && mac != NULL) {
        if (ioctl(fd, SIOCGIFHWADDR, &ifr) < 0) {
            err = sf_device_error(errno);
        } else if (ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
                   ifr.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK) {
            errno = EMEDIUMTYPE;
            err = SF_ERR_OS;
        } else {
            memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
        }
    }
    kept = errno;
    (void)close(fd);
    errno = kept;
    return err;
}
