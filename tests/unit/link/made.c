/* SPDX-License-Identifier: MIT
 *
 * tests/unit/link/made.c - frames made for tests: TCP over IPv4 or IPv6.
 */
#include "made.h"

#include <string.h>

#include "base/bytes.h"
#include "link/frame.h"

#define ETH 14

static uint32_t add(uint32_t sum, const uint8_t *p, uint32_t octets)
{
    for (uint32_t i = 0; i < octets; i++) {
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

static uint32_t pseudo(const uint8_t *ip, uint32_t tcp_octets)
{
    bool v4 = ip[0] >> 4 == 4;

    return add(6 + tcp_octets, ip + (v4 ? 12 : 8), v4 ? 8 : 32);
}

uint16_t made_sum(const uint8_t *frame, uint32_t octets, bool ethernet)
{
    const uint8_t *ip = frame + (ethernet ? ETH : 0);
    bool v4 = ip[0] >> 4 == 4;
    uint32_t head = v4 ? 20 : 40;
    uint32_t tcp = v4 ? sf_get16(ip + 2) - head : sf_get16(ip + 4);

    (void)octets;
    return (uint16_t)add(pseudo(ip, tcp), ip + head, tcp);
}

static void make_ip(uint8_t *ip, bool v4, uint16_t tcp_octets)
{
    if (v4) {
        static const uint8_t addrs[8] = {10, 9, 8, 2, 10, 9, 8, 1};

        ip[0] = 0x45;
        sf_put16(ip + 2, (uint16_t)(20 + tcp_octets));
        ip[8] = 64;
        ip[9] = 6;
        memcpy(ip + 12, addrs, 8);
        sf_put16(ip + 10, (uint16_t)~add(0, ip, 20));
    } else {
        static const uint8_t net[4] = {0xfd, 0x09, 0, 8};

        ip[0] = 0x60;
        sf_put16(ip + 4, tcp_octets);
        ip[6] = 6;
        ip[7] = 64;
        memcpy(ip + 8, net, 4);
        memcpy(ip + 24, net, 4);
        ip[23] = 2;
        ip[39] = 1;
    }
}

struct sf_frame made_frame(const struct made *how, uint8_t *memory)
{
    bool v4 = how->family != SF_IPV6;
    uint16_t eth = how->ethernet ? ETH : 0;
    uint16_t ip = v4 ? 20 : 40;
    uint16_t tcp = (uint16_t)(eth + ip);
    struct sf_frame f = {.head_octets = (uint16_t)(tcp + 20),
                         .csum = SF_CSUM_PARTIAL,
                         .csum_start = tcp,
                         .csum_offset = 16,
                         .family = v4 ? SF_IPV4 : SF_IPV6,
                         .transport_start = (uint8_t)tcp};

    f.octets = (uint32_t)f.head_octets + how->text_octets + how->padding;
    if (how->ethernet) {
        f.head[0] = f.head[6] = 2;
        f.head[5] = 2;
        f.head[11] = 1;
        sf_put16(f.head + 12, v4 ? 0x0800 : 0x86dd);
    }
    make_ip(f.head + eth, v4, (uint16_t)(20 + how->text_octets));
    sf_put16(f.head + tcp, 80);
    sf_put16(f.head + tcp + 2, 50000);
    sf_put32(f.head + tcp + 4, how->seq);
    f.head[tcp + 12] = 0x50;
    f.head[tcp + 13] = how->flags;
    sf_put16(f.head + tcp + 14, 512);
    sf_put16(f.head + tcp + 16, (uint16_t)pseudo(f.head + eth, 20u + how->text_octets));
    for (uint32_t i = 0; i < how->text_octets; i++) {
        memory[i] = (uint8_t)(i % 251);
    }
    memset(memory + how->text_octets, 0, how->padding);
    f.n_pieces = f.octets > f.head_octets;
    f.pieces[0] = (struct sf_piece){memory, f.octets - f.head_octets};
    return f;
}

struct sf_frame made_received(const struct made *how, uint8_t *memory)
{
    struct sf_frame sent = made_frame(how, memory);
    struct sf_frame f = {.octets = sent.octets, .n_pieces = 1};

    memmove(memory + sent.head_octets, memory, sent.octets - sent.head_octets);
    memcpy(memory, sent.head, sent.head_octets);
    sf_frame_complete(memory, sent.octets - how->padding, sent.csum_start, sent.csum_offset);
    f.pieces[0] = (struct sf_piece){memory, f.octets};
    return f;
}
