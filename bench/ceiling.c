/* SPDX-License-Identifier: MIT
 *
 * bench/ceiling.c - the least TCP that can talk to the kernel through a TUN device: what the
 * device and the kernel's half cost by themselves, and so the ceiling of bench/tun.c.
 *
 *   bench-ceiling vnet|plain send|receive SECONDS    Gbit/s
 *   bench-ceiling vnet|plain latency SECONDS         microseconds, the median
 *
 * One connection, taken as it comes; nothing is ever lost, sent again, or timed; the text is
 * copied once and, without the vnet header, summed.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "far.h"
#include "link/vnet.h"
#include "measure.h"
#include "synfin/loop.h"
#include "wire/checksum.h"

enum {
    HEAD = 40, /* IPv4 and TCP */
    TCP = 6,
    MSS = 1460,
    SUPER = 44 * MSS,
    WSCALE = 8,
    WINDOW = 32000, /* in units of 2^WSCALE */
    BURST = 64,
    ROOM = 64, /* before a packet, for the vnet header */
    FIN_FLAG = 1,
    SYN_FLAG = 2,
    RST_FLAG = 4,
    PSH_FLAG = 8,
    ACK_FLAG = 16,
};

struct wire {
    int fd;
    size_t vnet; /* octets of the header before each packet */
    enum sf_sum_level level;
    uint8_t out[ROOM + 65536], in[ROOM + 65536];
    uint8_t text[65536]; /* the application's */
    uint16_t their_port;
    uint32_t una, nxt, rcv;
    uint32_t wnd; /* theirs, octets */
    uint8_t wscale;
    bool over;
};

static const uint8_t ours[4] = {10, 9, 8, 2};
static const uint8_t theirs[4] = {10, 9, 8, 1};

/* The IPv4 header; its sum is of few octets. */
static void put_ip(uint8_t *ip, uint32_t octets)
{
    memcpy(ip, "\x45\0\0\0\0\0\x40\0\x40\x06\0\0", 12);
    sf_put16(ip + 2, (uint16_t)octets);
    memcpy(ip + 12, ours, 4);
    memcpy(ip + 16, theirs, 4);
    sf_put16(ip + 10, sf_sum_end(sf_sum(ip, 20, 0)));
}

/* TCP's checksum, or the pseudo-header's sum where the kernel is to complete it. */
static void put_checksum(const struct wire *w, uint8_t *tcp, uint32_t octets, uint32_t text)
{
    uint32_t sum = sf_sum_pseudo(SF_IPV4, ours, theirs, TCP, octets);

    if (w->vnet != 0) {
        sf_put16(tcp + 16, sf_sum_fold(sum));
        memcpy(tcp + octets - text, w->text, text);
        return;
    }
    sum = sf_sum(tcp, octets - text, sum);
    sum = sf_sum_copy_with(w->level, tcp + octets - text, w->text, text, sum);
    sf_put16(tcp + 16, sf_sum_end(sum));
}

static void put_vnet(const struct wire *w, uint8_t *at, uint32_t text)
{
    struct virtio_net_hdr vnet = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 20, .csum_offset = 16};

    if (text > MSS) {
        vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
        vnet.gso_size = MSS;
        vnet.hdr_len = HEAD;
    }
    memset(at, 0, w->vnet);
    memcpy(at, &vnet, sizeof(vnet));
}

/* Send one segment with so much text; a SYN,ACK carries MSS and window scale. */
static void emit(struct wire *w, uint8_t flags, uint32_t text)
{
    uint8_t *ip = w->out + ROOM;
    uint8_t *tcp = ip + 20;
    uint32_t options = (flags & SYN_FLAG) != 0 ? 8 : 0;
    uint32_t octets = HEAD + options + text;

    put_ip(ip, octets);
    sf_put16(tcp, FAR_PORT);
    sf_put16(tcp + 2, w->their_port);
    sf_put32(tcp + 4, w->nxt);
    sf_put32(tcp + 8, w->rcv);
    tcp[12] = (uint8_t)((20 + options) << 2);
    tcp[13] = flags;
    sf_put16(tcp + 14, WINDOW);
    memset(tcp + 16, 0, 4);
    if (options != 0) {
        memcpy(tcp + 20, "\x02\x04\0\0\x01\x03\x03\x08", 8);
        sf_put16(tcp + 22, MSS);
    }
    put_checksum(w, tcp, octets - 20, text);
    if (w->vnet != 0) {
        put_vnet(w, ip - w->vnet, text);
    }
    if (write(w->fd, ip - w->vnet, w->vnet + octets) < 0 && errno != EAGAIN) {
        measure_fail("write to TUN");
    }
    w->nxt += text + ((flags & SYN_FLAG) != 0 ? 1U : 0U);
}

/* The peer's window scale, from the options of its SYN. */
static uint8_t wscale_of(const uint8_t *tcp)
{
    const uint8_t *end = tcp + (tcp[12] >> 2);

    for (const uint8_t *at = tcp + 20; at + 2 < end && *at != 0; at += *at == 1 ? 1 : at[1]) {
        if (*at == 3) {
            return at[2];
        }
    }
    return 0;
}

/* A connection begins: it takes the place of any before. */
static void answer_syn(struct wire *w, const uint8_t *tcp)
{
    w->their_port = sf_get16(tcp);
    w->rcv = sf_get32(tcp + 4) + 1;
    w->wscale = wscale_of(tcp);
    w->nxt = 1000;
    w->una = 1000;
    emit(w, SYN_FLAG | ACK_FLAG, 0);
}

/* One packet; false if there is none.  *text: octets of new text in it, copied. */
static bool take(struct wire *w, uint32_t *text)
{
    uint8_t *ip = w->in + ROOM;
    const uint8_t *tcp = ip + 20;
    ssize_t n = read(w->fd, ip - w->vnet, w->vnet + 65536);
    uint32_t octets = 0;

    *text = 0;
    if (n < (ssize_t)(w->vnet + HEAD)) {
        return n > 0;
    }
    octets = (uint32_t)n - (uint32_t)w->vnet - 20;
    if (ip[0] != 0x45 || ip[9] != TCP || sf_get16(tcp + 2) != FAR_PORT) {
        return true;
    }
    if (w->vnet == 0) {
        uint32_t sum = sf_sum_pseudo(SF_IPV4, theirs, ours, TCP, octets);

        if (sf_sum_end(sf_sum_with(w->level, tcp, octets, sum)) != 0) {
            errno = EBADMSG;
            measure_fail("checksum");
        }
    }
    if ((tcp[13] & SYN_FLAG) != 0) {
        answer_syn(w, tcp);
        return true;
    }
    w->over = (tcp[13] & (RST_FLAG | FIN_FLAG)) != 0;
    w->una = sf_get32(tcp + 8);
    w->wnd = (uint32_t)sf_get16(tcp + 14) << w->wscale;
    octets -= (uint32_t)(tcp[12] >> 2);
    if (octets != 0 && sf_get32(tcp + 4) == w->rcv) {
        memcpy(w->text, tcp + (tcp[12] >> 2), octets);
        w->rcv += octets;
        *text = octets;
    }
    return true;
}

/* All the packets that are there, up to a burst, are answered as the case asks. */
static void receive(struct wire *w, enum far_what what)
{
    uint32_t unacked = 0;
    uint32_t text = 0;

    for (int i = 0; i < BURST && take(w, &text); i++) {
        if (text != 0 && what == FAR_LATENCY) {
            emit(w, PSH_FLAG | ACK_FLAG, text);
            continue;
        }
        unacked += text;
        if (unacked >= 2 * MSS) {
            emit(w, ACK_FLAG, 0);
            unacked = 0;
        }
    }
    if (unacked != 0) {
        emit(w, ACK_FLAG, 0);
    }
}

/* As much as the window takes, up to a burst; true if it took all of that. */
static bool send_burst(struct wire *w, uint32_t segment)
{
    for (int i = 0; i < BURST / 2; i++) {
        if (w->una + w->wnd - w->nxt < segment || w->una + w->wnd - w->nxt > w->wnd) {
            return false;
        }
        emit(w, PSH_FLAG | ACK_FLAG, segment);
    }
    return true;
}

static int ceiling(bool vnet, enum far_what what, double seconds)
{
    static struct wire w;
    struct sf_link *link = far_tun(vnet);
    struct sf_config config;
    struct pollfd ready = {.fd = link->ops->fd(link), .events = POLLIN};
    pid_t far = 0;

    sf_config_from_link(&config, link);
    w.level = (enum sf_sum_level)config.cpu;
    w.fd = ready.fd;
    w.vnet = vnet ? SF_VNET_OCTETS : 0;
    far = far_begin(what, "10.9.8.2", seconds);
    while (!w.over) {
        bool more = what == FAR_SEND && w.wnd != 0 && send_burst(&w, vnet ? SUPER : MSS);

        if (!more) {
            (void)poll(&ready, 1, 100);
        }
        receive(&w, what);
    }
    sf_link_close(link);
    return far_end(far);
}

int main(int argc, char **argv)
{
    enum far_what what = FAR_SEND;

    if (argc != 4 || !far_word(argv[2], &what) || what == FAR_CONNECTIONS) {
        (void)fprintf(stderr, "bench-ceiling: vnet or plain, and what; see bench/ceiling.c\n");
        return 2;
    }
    measure_pin();
    return ceiling(strcmp(argv[1], "vnet") == 0, what, measure_number(argv[3]));
}
