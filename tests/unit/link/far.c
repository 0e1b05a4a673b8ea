/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/far.c - the kernel at the far end of a device.
 */
#include "far.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "link/peek.h"
#include "made.h"
#include "synfin/net.h"
#include "t.h"

#define PATIENCE_MS 5000
#define OUT_OCTETS  20000 /* to the kernel */
#define IN_OCTETS   14000 /* below its initial window, 10 * 1,460 (RFC 6928) */

static const sf_time now = {1};
static uint8_t memory[2048];

/* The test's own text, and the connection it speaks on. */
struct talk {
    struct sf_link *link;
    int fd;
    uint16_t port; /* the kernel's */
    uint32_t seq;  /* next to send */
    uint32_t ack;  /* next expected */
    uint8_t mac[6];
};

int far_unshare(void **state)
{
    enum sf_err err = sf_net_unshare();

    (void)state;
    if (err != SF_OK) {
        printf("# no network namespace can be made (%s): needs root or user namespaces\n",
               strerror(errno));
        return -1;
    }
    return 0;
}

void far_address(const char *device)
{
    struct sf_addr v4 = {{10, 9, 8, 1}, SF_IPV4};
    struct sf_addr v6 = {{0xfd, 9, 0, 8}, SF_IPV6};

    v6.octets[15] = 1;
    T_EQ(sf_net_up(device, true), SF_OK);
    T_EQ(sf_net_address(device, &v4, 24), SF_OK);
    T_EQ(sf_net_address(device, &v6, 64), SF_OK);
}

static struct sf_frame next(struct sf_link *link)
{
    struct sf_frame f = {0};

    while (link->ops->rx(link, &f, 1, now) == 0) {
        struct pollfd p = {.fd = link->ops->fd(link), .events = POLLIN};

        T_EQ(poll(&p, 1, PATIENCE_MS), 1); /* nothing came */
        T_EQ(link->error, SF_OK);
    }
    T_EQ(f.n_pieces, 1);
    T_EQ(f.head_octets, 0);
    T_EQ(f.pieces[0].octets, f.octets);
    return f;
}

struct sf_frame far_next_tcp(struct sf_link *link, const uint8_t **ip)
{
    for (;;) {
        struct sf_frame f = next(link);

        if (sf_peek(&f, link->ethernet != 0).tcp) {
            *ip = f.pieces[0].data + (link->ethernet != 0 ? 14 : 0);
            return f;
        }
    }
}

struct sf_frame far_next_type(struct sf_link *link, uint16_t type)
{
    for (;;) {
        struct sf_frame f = next(link);

        if (sf_get16(f.pieces[0].data + 12) == type) {
            return f;
        }
    }
}

/* Answer the kernel's question who 10.9.8.2 is (RFC 826). */
static void answer_arp(struct talk *t)
{
    struct sf_frame asked = far_next_type(t->link, 0x0806);
    struct sf_frame f = {.octets = 42, .head_octets = 42};

    T_EQ(asked.octets >= 42, 1);
    memcpy(t->mac, asked.pieces[0].data + 6, 6);
    memcpy(f.head, t->mac, 6);
    memcpy(f.head + 6, t->link->mac, 6);
    memcpy(f.head + 12, asked.pieces[0].data + 12, 8);
    f.head[21] = 2; /* a reply */
    memcpy(f.head + 22, t->link->mac, 6);
    memcpy(f.head + 28, asked.pieces[0].data + 38, 4);
    memcpy(f.head + 32, asked.pieces[0].data + 22, 10);
    T_EQ(t->link->ops->tx(t->link, &f, 1, now), 1);
}

static struct sf_frame segment(const struct talk *t, uint8_t flags, uint16_t text_octets)
{
    struct made how = {.flags = flags,
                       .ethernet = t->link->ethernet != 0,
                       .text_octets = text_octets,
                       .seq = t->seq};
    struct sf_frame f = made_frame(&how, memory);

    if (how.ethernet) {
        memcpy(f.head, t->mac, 6);
        memcpy(f.head + 6, t->link->mac, 6);
    }
    sf_put16(f.head + f.transport_start + 2, t->port);
    sf_put32(f.head + f.transport_start + 8, t->ack);
    sf_put16(f.head + f.transport_start + 14, 65535);
    return f;
}

/* Complete the checksum in the frame itself unless the link does it. */
static void send_frame(const struct talk *t, struct sf_frame *f)
{
    if ((t->link->caps & SF_LINK_CSUM_TX) == 0) {
        uint32_t sum = sf_get16(f->head + f->csum_start + f->csum_offset);

        sf_put16(f->head + f->csum_start + f->csum_offset, 0);
        for (uint32_t i = f->csum_start; i < f->head_octets; i += 2) {
            sum += sf_get16(f->head + i);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        T_EQ(f->octets, f->head_octets); /* no text */
        sf_put16(f->head + f->csum_start + f->csum_offset, (uint16_t)~sum);
        f->csum = SF_CSUM_FULL;
    }
    T_EQ(t->link->ops->tx(t->link, f, 1, now), 1);
}

static void open_connection(struct talk *t)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80)};
    const uint8_t *ip = NULL;
    const uint8_t *tcp = NULL;
    struct sf_frame f = {0};
    struct pollfd p = {.events = POLLOUT};

    T_EQ(inet_pton(AF_INET, "10.9.8.2", &to.sin_addr), 1);
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    T_EQ(connect(t->fd, (const struct sockaddr *)&to, sizeof(to)), -1);
    T_EQ(errno, EINPROGRESS);
    if (t->link->ethernet != 0) {
        answer_arp(t);
    }
    (void)far_next_tcp(t->link, &ip);
    tcp = ip + 20;
    T_EQ(tcp[13], MADE_SYN);
    t->port = sf_get16(tcp);
    t->ack = sf_get32(tcp + 4) + 1;
    t->seq = 1000;
    f = segment(t, MADE_SYN | MADE_ACK, 0);
    /* MSS 1460, or it would be 536 (RFC 9293 s3.7.1). */
    f.head[f.transport_start + 12] = 0x60;
    sf_put32(f.head + f.head_octets, 0x020405b4);
    sf_put16(f.head + f.transport_start - 20 + 2, 44);
    sf_put16(f.head + f.transport_start - 20 + 10,
             (uint16_t)(sf_get16(f.head + f.transport_start - 20 + 10) - 4));
    sf_put16(f.head + f.csum_start + 16, (uint16_t)(sf_get16(f.head + f.csum_start + 16) + 4));
    f.head_octets = (uint16_t)(f.head_octets + 4);
    f.octets += 4;
    send_frame(t, &f);
    t->seq++;
    p.fd = t->fd;
    T_EQ(poll(&p, 1, PATIENCE_MS), 1);
    T_EQ(p.revents & (POLLOUT | POLLERR), POLLOUT);
}

/* The kernel sends IN_OCTETS; they come in few frames or in many. */
static void kernel_speaks(struct talk *t, bool super)
{
    static const uint8_t text[IN_OCTETS] = {1};
    uint32_t got = 0;
    bool seen = false;

    T_EQ(send(t->fd, text, sizeof(text), 0), IN_OCTETS);
    while (got < IN_OCTETS) {
        const uint8_t *ip = NULL;
        struct sf_frame f = far_next_tcp(t->link, &ip);
        uint32_t octets = sf_peek(&f, t->link->ethernet != 0).text_octets;

        got += octets;
        if (super) {
            T_EQ(f.csum, octets != 0 ? SF_CSUM_PARTIAL : f.csum);
            T_EQ(octets > 1460, f.gso_octets != 0);
            T_EQ(octets > 1460 ? f.gso_octets : 1460, 1460);
        } else {
            T_EQ(f.csum, SF_CSUM_FULL);
            T_EQ(f.gso_octets, 0);
            T_TRUE(octets <= 1460);
            T_EQ(made_sum(f.pieces[0].data, f.octets, t->link->ethernet != 0), 0xffff);
        }
        seen |= octets > 1460;
        t->ack = sf_get32(ip + 20 + 4) + octets;
    }
    T_EQ(seen, super);
}

/* The test sends OUT_OCTETS in one frame of head and four pieces. */
static void test_speaks(struct talk *t)
{
    static uint8_t text[OUT_OCTETS];
    static uint8_t got[OUT_OCTETS];
    struct sf_frame f = segment(t, MADE_ACK | MADE_PSH, 0);
    size_t n = 0;
    size_t ip = (size_t)f.transport_start - 20;
    uint32_t total = 0;

    for (uint32_t i = 0; i < OUT_OCTETS; i++) {
        text[i] = (uint8_t)(i % 253);
    }
    for (uint8_t i = 0; i < 4; i++) {
        f.pieces[i] = (struct sf_piece){text + i * (OUT_OCTETS / 4), OUT_OCTETS / 4};
    }
    f.n_pieces = 4;
    f.octets = f.head_octets + (uint32_t)OUT_OCTETS;
    f.gso_octets = 1460;
    sf_put16(f.head + ip + 2, 40 + OUT_OCTETS);
    total = (uint32_t)sf_get16(f.head + ip + 10) + 65535 - OUT_OCTETS;
    sf_put16(f.head + ip + 10, (uint16_t)((total & 0xffff) + (total >> 16)));
    total = (uint32_t)sf_get16(f.head + f.csum_start + 16) + OUT_OCTETS;
    sf_put16(f.head + f.csum_start + 16, (uint16_t)((total & 0xffff) + (total >> 16)));
    send_frame(t, &f);
    while (n < OUT_OCTETS) {
        struct pollfd p = {.fd = t->fd, .events = POLLIN};
        ssize_t more = 0;

        T_EQ(poll(&p, 1, PATIENCE_MS), 1);
        more = recv(t->fd, got + n, OUT_OCTETS - n, 0);
        T_TRUE(more > 0);
        n += (size_t)more;
    }
    T_MEM(got, text, OUT_OCTETS);
}

void far_talk(struct sf_link *link, bool super)
{
    struct linger abort_at_close = {.l_onoff = 1};
    struct talk t = {.link = link};

    open_connection(&t);
    kernel_speaks(&t, super);
    if (super) {
        test_speaks(&t);
    }
    /* Abort: else the kernel would go on with it on the next device of that address. */
    T_EQ(setsockopt(t.fd, SOL_SOCKET, SO_LINGER, &abort_at_close, sizeof(abort_at_close)), 0);
    close(t.fd);
}
