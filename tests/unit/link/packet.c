/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/packet.c - AF_PACKET on one end of a veth pair, the kernel's TCP at the
 * other.
 */
#include "t.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "far.h"
#include "made.h"
#include "synfin/link.h"
#include "synfin/net.h"

static const sf_time now = {1};
static uint8_t memory[2048];
static struct sf_link *link_;

static void open_veth(void)
{
    T_EQ(sf_net_veth("ours", "theirs"), SF_OK);
    T_EQ(sf_net_up("ours", true), SF_OK);
    T_EQ(sf_packet_open("ours", &link_), SF_OK);
}

static void close_veth(void)
{
    sf_link_close(link_);
    T_EQ(sf_net_delete("ours"), SF_OK);
}

static void the_link_is_the_devices_station(void **state)
{
    struct ifreq ifr = {.ifr_name = "ours"};

    (void)state;
    open_veth();
    assert_string_equal(link_->ops->name, "packet");
    T_EQ(link_->ethernet, 1);
    T_EQ(link_->mtu, 1500);
    T_EQ(link_->caps, SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6);
    T_EQ(ioctl(link_->ops->fd(link_), SIOCGIFHWADDR, &ifr), 0);
    T_MEM(link_->mac, ifr.ifr_hwaddr.sa_data, 6);
    close_veth();
}

static void super_segments_pass_both_ways(void **state)
{
    (void)state;
    open_veth();
    far_address("theirs");
    far_talk(link_, true);
    close_veth();
}

/* The kernel asks who 10.9.8.9 is, through our device. */
static void make_the_kernel_ask(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    T_EQ(inet_pton(AF_INET, "10.9.8.9", &to.sin_addr), 1);
    T_EQ(sendto(fd, "", 1, 0, (const struct sockaddr *)&to, sizeof(to)), 1);
    close(fd);
}

static void what_the_kernel_sends_through_our_device_is_not_ours(void **state)
{
    struct sf_frame got[8];
    size_t n = 0;

    (void)state;
    open_veth();
    far_address("ours");
    T_EQ(sf_net_up("theirs", true), SF_OK);
    make_the_kernel_ask();
    {
        struct sf_frame f =
            made_frame(&(struct made){.flags = MADE_SYN, .ethernet = true}, memory);

        T_EQ(link_->ops->tx(link_, &f, 1, now), 1);
    }
    while ((n = link_->ops->rx(link_, got, 8, now)) != 0) {
        for (size_t i = 0; i < n; i++) {
            T_TRUE(memcmp(got[i].pieces[0].data + 6, link_->mac, 6) != 0);
        }
    }
    close_veth();
}

static void a_device_that_goes_down_comes_back(void **state)
{
    struct sf_frame f = made_frame(&(struct made){.flags = MADE_SYN, .ethernet = true}, memory);

    (void)state;
    open_veth();
    T_EQ(sf_net_up("theirs", true), SF_OK);
    T_EQ(sf_net_up("ours", false), SF_OK);
    (void)link_->ops->rx(link_, &f, 1, now);
    f = made_frame(&(struct made){.flags = MADE_SYN, .ethernet = true}, memory);
    T_EQ(link_->ops->tx(link_, &f, 1, now), 1);
    T_EQ(link_->tx_dropped, 1);
    T_EQ(link_->error, SF_OK);
    T_EQ(sf_net_up("ours", true), SF_OK);
    T_EQ(link_->ops->tx(link_, &f, 1, now), 1);
    T_EQ(link_->tx_frames, 1);
    close_veth();
}

static void what_is_no_ethernet_device_is_refused(void **state)
{
    struct ifreq ifr = {.ifr_name = "bare", .ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR);

    (void)state;
    T_EQ(ioctl(fd, TUNSETIFF, &ifr), 0);
    T_EQ(sf_packet_open("bare", &link_), SF_ERR_OS);
    T_EQ(errno, EMEDIUMTYPE);
    close(fd);
    T_EQ(sf_packet_open("nobody", &link_), SF_ERR_OS);
    T_EQ(errno, ENODEV);
    T_EQ(sf_packet_open("", &link_), SF_ERR_INVAL);
    T_TRUE(link_ == NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_link_is_the_devices_station),
        cmocka_unit_test(super_segments_pass_both_ways),
        cmocka_unit_test(what_the_kernel_sends_through_our_device_is_not_ours),
        cmocka_unit_test(a_device_that_goes_down_comes_back),
        cmocka_unit_test(what_is_no_ethernet_device_is_refused),
    };
    return cmocka_run_group_tests(tests, far_unshare, NULL);
}
