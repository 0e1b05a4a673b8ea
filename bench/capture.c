/* SPDX-License-Identifier: MIT
 *
 * bench/capture.c - writes a capture of many connections, to measure readers of captures with.
 *
 *     bench-capture SEGMENTS CONNECTIONS > FILE
 *
 * All connections are open at a time and take turns, one segment each, so that a reader finds
 * no two of one connection beside each other.  Each opens in three segments, sends text both
 * ways and closes in four; packets are cut behind their headers, as tcpdump -s does.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/seg.h"

#define HEADERS 66 /* ethernet, IPv4, TCP with timestamps */
#define TEXT    1000

struct packet {
    uint8_t record[16]; /* pcap: seconds, nanoseconds, captured, length; least octet first */
    uint8_t octets[HEADERS];
};

static void put32_le(uint8_t *at, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++) {
        at[i] = (uint8_t)(v >> 8 * i);
    }
}

static void write_head(void)
{
    uint8_t head[24] = {0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4};

    put32_le(head + 16, HEADERS);
    put32_le(head + 20, 1);
    fwrite(head, 1, sizeof(head), stdout);
}

/* What the segment at its place in a connection of so many is. */
struct part {
    uint8_t flags;
    uint8_t from; /* 0: client */
    uint32_t text;
    uint32_t seq[2]; /* of both ends after the ISN, before it */
};

static struct part part_of(uint32_t at, uint32_t n)
{
    uint32_t texts = n - 7; /* 3 to open, 4 to close */
    uint32_t done = at < 3 ? 0 : at - 3 < texts ? at - 3 : texts;
    struct part p = {.flags = SF_ACK, .from = (uint8_t)(at & 1)};

    /* The server sends a text, the client acknowledges it. */
    p.seq[0] = at > 0;
    p.seq[1] = (at > 1) + (done + 1) / 2 * TEXT;
    if (at < 3) {
        p.flags = at == 0 ? SF_SYN : at == 1 ? SF_SYN | SF_ACK : SF_ACK;
        p.from = at == 1;
    } else if (at - 3 < texts) {
        p.from = (at - 3) % 2 == 0;
        p.text = p.from == 1 ? TEXT : 0;
    } else {
        uint32_t end = at - 3 - texts;

        p.flags = end % 2 == 0 ? SF_FIN | SF_ACK : SF_ACK;
        p.from = end == 1 || end == 2;
        p.seq[0] += end > 0;
        p.seq[1] += end > 2;
    }
    return p;
}

static void write_segment(uint64_t ns, uint32_t connection, const struct part *p)
{
    struct packet k = {.octets = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45}};
    uint8_t *ip = k.octets + 14;
    uint8_t *tcp = ip + 20;
    uint32_t ends[2] = {0x0a000000U | (connection >> 14), 0xc0a80001U};
    uint16_t ports[2] = {(uint16_t)(40000 + (connection & 0x3fff)), 443};

    put32_le(k.record, (uint32_t)(ns / 1000000000));
    put32_le(k.record + 4, (uint32_t)(ns % 1000000000));
    put32_le(k.record + 8, HEADERS);
    put32_le(k.record + 12, HEADERS + p->text);
    sf_put16(ip + 2, (uint16_t)(HEADERS - 14 + p->text));
    ip[8] = 64;
    ip[9] = 6;
    sf_put32(ip + 12, ends[p->from]);
    sf_put32(ip + 16, ends[p->from ^ 1]);
    sf_put16(tcp, ports[p->from]);
    sf_put16(tcp + 2, ports[p->from ^ 1]);
    sf_put32(tcp + 4, connection * 7919 + p->seq[p->from]);
    sf_put32(tcp + 8, (p->flags & SF_ACK) != 0 ? connection * 7919 + p->seq[p->from ^ 1] : 0);
    tcp[12] = 8 << 4;
    tcp[13] = p->flags;
    sf_put16(tcp + 14, 64240);
    tcp[20] = 1;
    tcp[21] = 1;
    tcp[22] = 8;
    tcp[23] = 10;
    sf_put32(tcp + 24, (uint32_t)(ns / 1000000));
    sf_put32(tcp + 28, (uint32_t)(ns / 1000000));
    fwrite(&k, 1, sizeof(k), stdout);
}

int main(int argc, char **argv)
{
    uint64_t segments = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    uint64_t connections = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000;
    uint64_t each = connections != 0 ? segments / connections : 0;
    uint64_t ns = UINT64_C(1700000000) * 1000000000;

    if (each < 8 || connections > (1U << 24)) {
        fputs("bench-capture SEGMENTS CONNECTIONS, at least 8 segments for each\n", stderr);
        return 2;
    }
    write_head();
    for (uint32_t at = 0; at < each; at++) {
        struct part p = part_of(at, (uint32_t)each);

        for (uint32_t c = 0; c < connections; c++) {
            write_segment(ns, c, &p);
            ns += 5000;
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
