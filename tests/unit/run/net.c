/* SPDX-License-Identifier: MIT
 *
 * tests/unit/run/net.c - the kernel's side of a device, in a namespace of the test's own.
 */
#include "t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel.h"
#include "synfin/net.h"

static const struct sf_addr v4 = {{10, 77, 0, 1}, SF_IPV4};
static const struct sf_addr v6 = {{0xfd, 9, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, SF_IPV6};

static short flags_of(const char *device)
{
    struct ifreq ifr = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
    T_EQ(ioctl(fd, SIOCGIFFLAGS, &ifr), 0);
    close(fd);
    return ifr.ifr_flags;
}

static int mtu_of(const char *device)
{
    struct ifreq ifr = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    (void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", device);
    T_EQ(ioctl(fd, SIOCGIFMTU, &ifr), 0);
    close(fd);
    return ifr.ifr_mtu;
}

static int make_devices(void **state)
{
    (void)state;
    return sf_net_veth("left", "right") == SF_OK ? 0 : -1;
}

static int delete_devices(void **state)
{
    (void)state;
    return sf_net_delete("left") == SF_OK ? 0 : -1;
}

static void loopback_is_up_in_the_new_namespace(void **state)
{
    (void)state;
    T_TRUE(flags_of("lo") & IFF_UP);
}

static void a_veth_pair_is_made_and_goes_together(void **state)
{
    (void)state;
    T_EQ(sf_net_veth("one", "two"), SF_OK);
    T_TRUE(if_nametoindex("one") != 0 && if_nametoindex("two") != 0);
    T_EQ(sf_net_veth("one", "three"), SF_ERR_EXISTS);
    T_EQ(if_nametoindex("three"), 0);
    T_EQ(sf_net_delete("two"), SF_OK);
    T_EQ(if_nametoindex("one"), 0);
}

static void a_device_goes_up_and_down(void **state)
{
    (void)state;
    T_FALSE(flags_of("left") & IFF_UP);
    T_EQ(sf_net_up("left", true), SF_OK);
    T_TRUE(flags_of("left") & IFF_UP);
    T_EQ(sf_net_up("left", false), SF_OK);
    T_FALSE(flags_of("left") & IFF_UP);
}

static void the_mtu_is_set(void **state)
{
    (void)state;
    T_EQ(sf_net_mtu("left", 1400), SF_OK);
    T_EQ(mtu_of("left"), 1400);
    T_EQ(sf_net_mtu("left", 10), SF_ERR_OS); /* below veth's least, 68 */
    T_EQ(errno, EINVAL);
    T_EQ(mtu_of("left"), 1400);
}

static void an_address_is_there_once_given(void **state)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool used = true;

    (void)state;
    T_EQ(sf_net_in_use(&v4, 24, &used), SF_OK);
    T_FALSE(used);
    T_EQ(sf_net_up("left", true), SF_OK);
    T_EQ(sf_net_up("right", true), SF_OK);
    T_EQ(sf_net_address("left", &v4, 24), SF_OK);
    T_EQ(sf_net_address("left", &v4, 24), SF_ERR_EXISTS);
    T_EQ(sf_net_address("left", &v6, 64), SF_OK);

    /* No duplicate address detection: it can be bound to at once. */
    memcpy(&any.sin6_addr, v6.octets, 16);
    T_EQ(bind(fd, (const struct sockaddr *)&any, sizeof(any)), 0);
    close(fd);
}

/* left has 10.77.0.1/24. */
static void a_net_is_in_use_if_an_address_lies_in_it(void **state)
{
    static const struct {
        struct sf_addr net;
        uint8_t prefix;
        bool used;
    } rows[] = {
        {{{10, 77, 0, 0}, SF_IPV4}, 24, true},
        {{{10, 77, 0, 0}, SF_IPV4}, 31, true}, /* .0 and .1 */
        {{{10, 77, 0, 1}, SF_IPV4}, 32, true},
        {{{10, 77, 0, 2}, SF_IPV4}, 31, false},
        {{{10, 77, 0, 0}, SF_IPV4}, 32, false},
        {{{10, 76, 0, 0}, SF_IPV4}, 15, true},
        {{{10, 76, 0, 0}, SF_IPV4}, 16, false},
        {{{0}, SF_IPV4}, 0, true},
        {{{0xfd, 9, 0, 8}, SF_IPV6}, 64, true},
        {{{0xfd, 9, 0, 9}, SF_IPV6}, 64, false},
        {{{0xfd, 9, 0, 9}, SF_IPV6}, 31, true}, /* 8 and 9 differ in the 32nd bit */
    };

    (void)state;
    T_EQ(sf_net_address("left", &v4, 24), SF_OK);
    T_EQ(sf_net_address("left", &v6, 64), SF_OK);
    for (size_t i = 0; i < T_COUNT(rows); i++) {
        bool used = !rows[i].used;

        T_EQ_ROW(i, sf_net_in_use(&rows[i].net, rows[i].prefix, &used), SF_OK);
        T_EQ_ROW(i, used, rows[i].used);
    }
}

/* Where the kernel would send from, or 0 if it knows no way. */
static uint32_t source_towards(const char *far)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    struct sockaddr_in from = {0};
    socklen_t octets = sizeof(from);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    int done = -1;

    T_EQ(inet_pton(AF_INET, far, &to.sin_addr), 1);
    done = connect(fd, (const struct sockaddr *)&to, sizeof(to));
    if (done == 0) {
        T_EQ(getsockname(fd, (struct sockaddr *)&from, &octets), 0);
    }
    close(fd);
    return done == 0 ? ntohl(from.sin_addr.s_addr) : 0;
}

static void a_route_leads_through_a_device_or_a_gateway(void **state)
{
    struct sf_addr direct = {{192, 0, 2, 0}, SF_IPV4};
    struct sf_addr beyond = {{198, 51, 100, 0}, SF_IPV4};
    struct sf_addr gateway = {{10, 77, 0, 254}, SF_IPV4};
    struct sf_addr beyond6 = {{0x20, 1, 0xd, 0xb8}, SF_IPV6};
    struct sf_addr gateway6 = v6;

    (void)state;
    gateway6.octets[15] = 2;
    T_EQ(sf_net_up("left", true), SF_OK);
    T_EQ(sf_net_up("right", true), SF_OK);
    T_EQ(sf_net_address("left", &v4, 24), SF_OK);
    T_EQ(sf_net_address("left", &v6, 64), SF_OK);

    T_EQ(source_towards("192.0.2.1"), 0);
    T_EQ(sf_net_route("left", &direct, 24, NULL), SF_OK);
    T_EQ(source_towards("192.0.2.1"), 0x0a4d0001);
    T_EQ(sf_net_route("left", &direct, 24, NULL), SF_ERR_EXISTS);
    T_EQ(sf_net_route("left", &beyond, 24, &gateway), SF_OK);
    T_EQ(source_towards("198.51.100.9"), 0x0a4d0001);
    T_EQ(sf_net_route("left", &beyond6, 32, &gateway6), SF_OK);
    T_EQ(source_towards("203.0.113.1"), 0);
    T_EQ(sf_net_route("left", &(struct sf_addr){{0}, SF_IPV4}, 0, &gateway), SF_OK);
    T_EQ(source_towards("203.0.113.1"), 0x0a4d0001);
}

static void a_device_that_is_not_there_is_said_so(void **state)
{
    (void)state;
    T_EQ(sf_net_up("nobody", true), SF_ERR_OS);
    T_EQ(errno, ENODEV);
    T_EQ(sf_net_mtu("nobody", 1500), SF_ERR_OS);
    T_EQ(errno, ENODEV);
    T_EQ(sf_net_address("nobody", &v4, 24), SF_ERR_OS);
    T_EQ(errno, ENODEV);
    T_EQ(sf_net_route("nobody", &v4, 24, NULL), SF_ERR_OS);
    T_EQ(errno, ENODEV);
    T_EQ(sf_net_delete("a-name-that-is-far-too-long"), SF_ERR_OS);
    T_EQ(errno, ENODEV);
    T_EQ(sf_net_veth("a-name-that-is-far-too-long", "b"), SF_ERR_OS);
    T_EQ(errno, EINVAL);
}

static void a_prefix_that_does_not_fit_is_refused(void **state)
{
    bool used = false;

    (void)state;
    T_EQ(sf_net_address("left", &v4, 33), SF_ERR_OS);
    T_EQ(errno, EINVAL);
    T_EQ(sf_net_address("left", &v6, 129), SF_ERR_OS);
    T_EQ(sf_net_address("left", &(struct sf_addr){0}, 0), SF_ERR_OS);
    T_EQ(sf_net_in_use(&v4, 33, &used), SF_ERR_OS);
    T_EQ(sf_net_route("left", &v4, 24, &v6), SF_ERR_OS);
    T_EQ(errno, EINVAL);
}

#define WITH_DEVICES(test) cmocka_unit_test_setup_teardown(test, make_devices, delete_devices)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_up_in_the_new_namespace),
        cmocka_unit_test(a_veth_pair_is_made_and_goes_together),
        WITH_DEVICES(a_device_goes_up_and_down),
        WITH_DEVICES(the_mtu_is_set),
        WITH_DEVICES(an_address_is_there_once_given),
        WITH_DEVICES(a_net_is_in_use_if_an_address_lies_in_it),
        WITH_DEVICES(a_route_leads_through_a_device_or_a_gateway),
        cmocka_unit_test(a_device_that_is_not_there_is_said_so),
        WITH_DEVICES(a_prefix_that_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, kernel_unshare, NULL);
}
