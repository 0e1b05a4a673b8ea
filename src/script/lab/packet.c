/* SPDX-License-Identifier: MIT
 *
 * script/lab/packet.c - TCP in IP packets (RFC 791, 8200, 9293 s3.1), as far as labs need it.
 */
#include "script/lab/packet.h"

#include <string.h>

#include "base/bytes.h"

#define TCP 6

/* The ones' complement sum of octets, added to a sum (RFC 1071). */
static uint32_t add(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Of the pseudo-header and the segment. */
static uint32_t segment_sum(const struct lab_packet *packet, const uint8_t *tcp, size_t n)
{
    size_t width = packet->src.addr.family == SF_IPV4 ? 4 : 16;
    uint32_t sum = add((uint32_t)n + TCP, packet->src.addr.octets, width);

    return add(add(sum, packet->dst.addr.octets, width), tcp, n);
}

/* The addresses; returns how long the IP header is, 0 if it is none of ours. */
static size_t read_ip(const uint8_t *p, size_t octets, struct lab_packet *packet, size_t *end)
{
    uint8_t family = octets > 0 ? p[0] >> 4 : 0;
    size_t head = family == SF_IPV4 ? (size_t)(p[0] & 15) * 4 : 40;

    if ((family != SF_IPV4 && family != SF_IPV6) || head < 20 || octets < head) {
        return 0;
    }
    packet->src.addr = (struct sf_addr){.family = family};
    packet->dst.addr = (struct sf_addr){.family = family};
    if (family == SF_IPV4) {
        memcpy(packet->src.addr.octets, p + 12, 4);
        memcpy(packet->dst.addr.octets, p + 16, 4);
        *end = sf_get16(p + 2);
        return p[9] == TCP && *end <= octets ? head : 0;
    }
    memcpy(packet->src.addr.octets, p + 8, 16);
    memcpy(packet->dst.addr.octets, p + 24, 16);
    *end = 40 + (size_t)sf_get16(p + 4);
    return p[6] == TCP && *end <= octets ? head : 0;
}

static void read_options(const uint8_t *p, size_t n, struct lab_packet *packet)
{
    size_t at = 0;

    packet->mss = 0;
    packet->stamped = false;
    while (at < n && p[at] != 0) {
        size_t octets = p[at] == 1 ? 1 : at + 1 < n ? p[at + 1] : 0;

        if (octets == 0 || octets > n - at || (p[at] != 1 && octets < 2)) {
            return;
        }
        if (p[at] == 2 && octets == 4) {
            packet->mss = sf_get16(p + at + 2);
        } else if (p[at] == 8 && octets == 10) {
            packet->stamped = true;
            packet->tsval = sf_get32(p + at + 2);
            packet->tsecr = sf_get32(p + at + 6);
        }
        at += octets;
    }
}

bool lab_packet_read(const uint8_t *p, size_t octets, struct lab_packet *packet)
{
    size_t end = 0;
    size_t at = read_ip(p, octets, packet, &end);
    const uint8_t *tcp = p + at;
    size_t head = 0;

    if (at == 0 || end < at + 20) {
        return false;
    }
    head = (size_t)(tcp[12] >> 4) * 4;
    if (head < 20 || at + head > end) {
        return false;
    }
    packet->src.port = sf_get16(tcp);
    packet->dst.port = sf_get16(tcp + 2);
    packet->seq = sf_get32(tcp + 4);
    packet->ack = sf_get32(tcp + 8);
    packet->flags = tcp[13];
    packet->wnd = sf_get16(tcp + 14);
    read_options(tcp + 20, head - 20, packet);
    packet->text = tcp + head;
    packet->octets = end - at - head;
    packet->intact = segment_sum(packet, tcp, end - at) == 0xffff;
    return true;
}

size_t lab_packet_write(uint8_t *p, const struct lab_packet *packet)
{
    size_t head = 20 + (packet->mss != 0 ? 4U : 0U) + (packet->stamped ? 12U : 0U);
    size_t all = 20 + head + packet->octets;
    uint8_t *tcp = p + 20;

    if (all > LAB_PACKET_MAX) {
        return 0;
    }
    memset(p, 0, 20 + head);
    p[0] = 0x45;
    sf_put16(p + 2, (uint16_t)all);
    p[6] = 0x40; /* do not fragment */
    p[8] = packet->ttl != 0 ? packet->ttl : 64;
    p[9] = TCP;
    memcpy(p + 12, packet->src.addr.octets, 4);
    memcpy(p + 16, packet->dst.addr.octets, 4);
    sf_put16(p + 10, (uint16_t)~add(0, p, 20));
    sf_put16(tcp, packet->src.port);
    sf_put16(tcp + 2, packet->dst.port);
    sf_put32(tcp + 4, packet->seq);
    sf_put32(tcp + 8, packet->ack);
    tcp[12] = (uint8_t)(head / 4 << 4);
    tcp[13] = packet->flags;
    sf_put16(tcp + 14, packet->wnd);
    if (packet->mss != 0) {
        tcp[20] = 2;
        tcp[21] = 4;
        sf_put16(tcp + 22, packet->mss);
    }
    if (packet->stamped) {
        uint8_t *option = tcp + head - 12;

        option[0] = option[1] = 1;
        option[2] = 8;
        option[3] = 10;
        sf_put32(option + 4, packet->tsval);
        sf_put32(option + 8, packet->tsecr);
    }
    if (packet->octets > 0) {
        memcpy(tcp + head, packet->text, packet->octets);
    }
    sf_put16(tcp + 16, (uint16_t)~segment_sum(packet, tcp, head + packet->octets));
    return all;
}

bool lab_packet_matches(const struct lab_packet *packet, const struct lab_filter *filter)
{
    uint8_t flags = packet->flags & 0x3f;

    return (flags & filter->flags) == filter->flags &&
           (!filter->only || flags == filter->flags) && (!filter->data || packet->octets > 0) &&
           (!filter->empty || packet->octets == 0);
}
