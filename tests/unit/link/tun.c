/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/tun.c - TUN and TAP, with the kernel at the other end.
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

#include "base/bytes.h"
#include "far.h"
#include "made.h"
#include "synfin/link.h"
#include "synfin/net.h"

static const sf_time now = {1};
static uint8_t memory[2048];
static struct sf_link *link_;
static char name[16];

static void open_tun(const struct sf_tun *how)
{
    enum sf_err err = sf_tun_open(how, &link_, name);

    if (err != SF_OK) {
        printf("# TUN cannot be opened: %s\n", strerror(errno));
    }
    T_EQ(err, SF_OK);
}

static void a_tun_device_is_made_and_goes_with_its_link(void **state)
{
    (void)state;
    open_tun(&(struct sf_tun){.name = "ours"});
    assert_string_equal(name, "ours");
    assert_string_equal(link_->ops->name, "tun");
    T_TRUE(if_nametoindex("ours") != 0);
    T_EQ(link_->mtu, 1500);
    T_EQ(link_->caps, 0);
    T_EQ(link_->ethernet, 0);
    sf_link_close(link_);
    T_EQ(if_nametoindex("ours"), 0);
}

static void the_kernel_chooses_a_name_where_none_is_given(void **state)
{
    (void)state;
    open_tun(&(struct sf_tun){.vnet = 1});
    assert_string_equal(name, "synfin0");
    T_EQ(link_->caps, SF_LINK_CSUM_TX | SF_LINK_TSO4 | SF_LINK_TSO6);
    sf_link_close(link_);
}

static void a_tap_device_has_two_stations(void **state)
{
    struct ifreq ifr = {0};
    uint8_t theirs[6];

    (void)state;
    open_tun(&(struct sf_tun){.name = "tap", .tap = 1});
    T_EQ(link_->ethernet, 1);
    assert_string_equal(link_->ops->name, "tap");
    memcpy(ifr.ifr_name, name, sizeof(ifr.ifr_name));
    T_EQ(ioctl(link_->ops->fd(link_), SIOCGIFHWADDR, &ifr), 0);
    memcpy(theirs, ifr.ifr_hwaddr.sa_data, 6);
    T_TRUE(memcmp(theirs, link_->mac, 6) != 0);
    T_EQ(link_->mac[0] & 3, 2); /* one station, local */
    sf_link_close(link_);
}

static void an_existing_device_is_attached_to(void **state)
{
    struct ifreq ifr = {.ifr_name = "kept", .ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR);
    unsigned index = 0;

    (void)state;
    T_EQ(ioctl(fd, TUNSETIFF, &ifr), 0);
    T_EQ(ioctl(fd, TUNSETPERSIST, 1), 0);
    close(fd);
    index = if_nametoindex("kept");
    T_TRUE(index != 0);
    T_EQ(sf_net_mtu("kept", 1400), SF_OK);
    open_tun(&(struct sf_tun){.name = "kept", .vnet = 1});
    T_EQ(if_nametoindex("kept"), index);
    T_EQ(link_->mtu, 1400);
    {
        struct sf_link *second = NULL;
        char other[16];

        T_EQ(sf_tun_open(&(struct sf_tun){.name = "kept"}, &second, other), SF_ERR_OS);
        T_EQ(errno, EBUSY);
        T_TRUE(second == NULL);
    }
    sf_link_close(link_);
    T_EQ(if_nametoindex("kept"), index);
    T_EQ(sf_net_delete("kept"), SF_OK);
}

static void a_device_with_several_queues_is_attached_to(void **state)
{
    struct ifreq ifr = {.ifr_name = "many", .ifr_flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE};
    int fd = open("/dev/net/tun", O_RDWR);

    (void)state;
    T_EQ(ioctl(fd, TUNSETIFF, &ifr), 0);
    T_EQ(ioctl(fd, TUNSETPERSIST, 1), 0);
    close(fd);
    open_tun(&(struct sf_tun){.name = "many"});
    sf_link_close(link_);
    T_EQ(sf_net_delete("many"), SF_OK);
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    T_EQ(sf_tun_open(&(struct sf_tun){.name = "sixteen-letters!"}, &link_, name), SF_ERR_INVAL);
    T_EQ(sf_tun_open(&(struct sf_tun){.name = "lo"}, &link_, name), SF_ERR_OS);
    T_EQ(errno, EINVAL); /* a device, but no TUN */
    T_TRUE(link_ == NULL);
}

static void segments_pass_both_ways_without_offload(void **state)
{
    (void)state;
    open_tun(&(struct sf_tun){0});
    far_address(name);
    far_talk(link_, false);
    T_TRUE(link_->rx_frames >= 11); /* a SYN, an ACK, 14,000 / 1,460 */
    T_EQ(link_->tx_frames, 1);
    sf_link_close(link_);
}

static void super_segments_pass_both_ways_with_the_vnet_header(void **state)
{
    (void)state;
    open_tun(&(struct sf_tun){.vnet = 1});
    far_address(name);
    far_talk(link_, true);
    sf_link_close(link_);
}

static void a_tap_device_carries_ethernet(void **state)
{
    (void)state;
    open_tun(&(struct sf_tun){.tap = 1});
    far_address(name);
    far_talk(link_, false);
    sf_link_close(link_);
    open_tun(&(struct sf_tun){.tap = 1, .vnet = 1});
    far_address(name);
    far_talk(link_, true);
    sf_link_close(link_);
}

/* A SYN over IPv6 to a port where nobody listens is answered with RST, if its checksum is
 * completed or said to be right; with a wrong one it is not answered. */
static void a_wrong_checksum_is_the_kernels_to_find(void **state)
{
    struct made how = {.family = SF_IPV6, .flags = MADE_SYN, .seq = 7};
    const uint8_t *ip = NULL;
    struct sf_frame f = made_frame(&how, memory);

    (void)state;
    open_tun(&(struct sf_tun){.vnet = 1});
    far_address(name);
    f.csum = SF_CSUM_FULL; /* which it is not */
    T_EQ(link_->ops->tx(link_, &f, 1, now), 1);
    sf_put32(f.head + 44, 100);
    f.csum = SF_CSUM_PARTIAL;
    T_EQ(link_->ops->tx(link_, &f, 1, now), 1);
    do { /* the kernel speaks of other things, too */
        (void)far_next_tcp(link_, &ip);
    } while (ip[0] >> 4 != 6 || ip[6] != 6 || sf_get16(ip + 40) != 50000);
    T_EQ(ip[40 + 13], MADE_RST | MADE_ACK);
    T_EQ(sf_get32(ip + 40 + 8), 101); /* the second: the first, 7, was dropped */
    sf_link_close(link_);
}

static void frames_sent_while_the_device_is_down_are_lost(void **state)
{
    struct sf_frame f[2] = {made_frame(&(struct made){.flags = MADE_SYN}, memory),
                            made_frame(&(struct made){.flags = MADE_SYN}, memory)};

    (void)state;
    open_tun(&(struct sf_tun){.name = "down", .vnet = 1});
    T_EQ(link_->ops->tx(link_, f, 2, now), 2);
    T_EQ(link_->tx_dropped, 2);
    T_EQ(link_->tx_frames, 0);
    T_EQ(link_->error, SF_OK);
    far_address(name);
    T_EQ(link_->ops->tx(link_, f, 2, now), 2);
    T_EQ(link_->tx_frames, 2);
    sf_link_close(link_);
}

static void a_device_that_is_deleted_is_a_lasting_error(void **state)
{
    struct sf_frame f = made_frame(&(struct made){.flags = MADE_SYN}, memory);
    struct pollfd p = {.events = POLLIN};

    (void)state;
    open_tun(&(struct sf_tun){.name = "gone"});
    T_EQ(sf_net_delete("gone"), SF_OK);
    p.fd = link_->ops->fd(link_);
    T_EQ(poll(&p, 1, 5000), 1);
    T_EQ(link_->ops->tx(link_, &f, 1, now), 1);
    T_EQ(link_->error, SF_ERR_OS);
    T_EQ(link_->os_error, EBADFD);
    T_EQ(link_->ops->rx(link_, &f, 1, now), 0);
    sf_link_close(link_);
}

/* Datagrams from a socket: the device has them all when the last send() returns. */
static void kernel_sends(uint32_t n)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    T_TRUE(fd >= 0);
    T_EQ(inet_pton(AF_INET, "10.9.8.2", &to.sin_addr), 1);
    for (uint32_t i = 0; i < n; i++) {
        T_EQ(sendto(fd, &i, sizeof(i), 0, (const struct sockaddr *)&to, sizeof(to)), sizeof(i));
    }
    close(fd);
}

/* The frames of one batch keep their octets until the next. */
static void a_batch_is_received_together(void **state)
{
    static struct sf_frame got[SF_BATCH_MAX];
    struct pollfd p = {.events = POLLIN};
    uint32_t seen = 0;
    size_t most = 0;

    (void)state;
    open_tun(&(struct sf_tun){.vnet = 1});
    far_address(name);
    kernel_sends(50);
    p.fd = link_->ops->fd(link_);
    while (seen < 50) {
        size_t n = 0;

        T_EQ(poll(&p, 1, 5000), 1);
        n = link_->ops->rx(link_, got, SF_BATCH_MAX, now);
        most = n > most ? n : most;
        for (size_t i = 0; i < n; i++) {
            const uint8_t *ip = got[i].pieces[0].data;

            /* IPv6 is what the kernel says of itself. */
            if (ip[0] >> 4 == 4) {
                T_MEM(ip + 20 + 8, &seen, sizeof(seen));
                seen++;
            }
        }
    }
    T_TRUE(most > 1);
    sf_link_close(link_);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tun_device_is_made_and_goes_with_its_link),
        cmocka_unit_test(the_kernel_chooses_a_name_where_none_is_given),
        cmocka_unit_test(a_tap_device_has_two_stations),
        cmocka_unit_test(an_existing_device_is_attached_to),
        cmocka_unit_test(a_device_with_several_queues_is_attached_to),
        cmocka_unit_test(what_cannot_be_opened_is_said),
        cmocka_unit_test(segments_pass_both_ways_without_offload),
        cmocka_unit_test(super_segments_pass_both_ways_with_the_vnet_header),
        cmocka_unit_test(a_tap_device_carries_ethernet),
        cmocka_unit_test(a_wrong_checksum_is_the_kernels_to_find),
        cmocka_unit_test(frames_sent_while_the_device_is_down_are_lost),
        cmocka_unit_test(a_device_that_is_deleted_is_a_lasting_error),
        cmocka_unit_test(a_batch_is_received_together),
    };
    return cmocka_run_group_tests(tests, far_unshare, NULL);
}
