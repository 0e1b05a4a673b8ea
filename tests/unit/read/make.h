/* SPDX-License-Identifier: MIT
 *
 * tests/unit/read/make.h - capture files and the packets in them, made by code.
 *
 *     struct t_file f = {.swap = true};
 *     t_pcap(&f, T_PCAP_US, 1);
 *     t_record(&f, 5, 250000, &packet, packet.n);
 */
#ifndef SYNFIN_TESTS_UNIT_READ_MAKE_H
#define SYNFIN_TESTS_UNIT_READ_MAKE_H

#include "t.h"

#include <stdlib.h>

#include "base/bytes.h"
#include "synfin/capture.h"
#include "watch/read/seen.h"
#include "wire/checksum.h"
#include "wire/ip.h"

#define T_PCAP_US 0xa1b2c3d4u
#define T_PCAP_NS 0xa1b23c4du

/* Octets that grow. */
struct t_file {
    uint8_t octets[1 << 17];
    size_t n;
    bool swap; /* the other byte order than this machine's */
};

static inline void t_put(struct t_file *f, const void *octets, size_t n)
{
    assert_true(f->n + n <= sizeof(f->octets));
    if (n != 0) {
        memcpy(f->octets + f->n, octets, n);
    }
    f->n += n;
}

/* Numbers of the file, in its order. */
static inline void t_put16(struct t_file *f, uint16_t v)
{
    v = f->swap ? __builtin_bswap16(v) : v;
    t_put(f, &v, sizeof(v));
}

static inline void t_put32(struct t_file *f, uint32_t v)
{
    v = f->swap ? __builtin_bswap32(v) : v;
    t_put(f, &v, sizeof(v));
}

/* Numbers of the network. */
static inline void t_net16(struct t_file *f, uint16_t v)
{
    uint8_t p[2];

    sf_put16(p, v);
    t_put(f, p, sizeof(p));
}

static inline void t_net32(struct t_file *f, uint32_t v)
{
    uint8_t p[4];

    sf_put32(p, v);
    t_put(f, p, sizeof(p));
}

static inline void t_hex(struct t_file *f, const char *hex)
{
    for (; *hex != '\0'; hex++) {
        if (*hex != ' ') {
            const char digits[3] = {hex[0], hex[1], '\0'};
            const uint8_t octet = (uint8_t)strtoul(digits, NULL, 16);

            t_put(f, &octet, 1);
            hex++;
        }
    }
}

static inline void t_pcap(struct t_file *f, uint32_t magic, uint32_t linktype)
{
    t_put32(f, magic);
    t_put16(f, 2);
    t_put16(f, 4);
    t_put32(f, 0);
    t_put32(f, 0);
    t_put32(f, 65535);
    t_put32(f, linktype);
}

/* A record of a pcap file of which `captured` octets were kept. */
static inline void t_record(struct t_file *f, uint32_t s, uint32_t fraction,
                            const struct t_file *packet, size_t captured)
{
    t_put32(f, s);
    t_put32(f, fraction);
    t_put32(f, (uint32_t)captured);
    t_put32(f, (uint32_t)packet->n);
    t_put(f, packet->octets, captured);
}

/* A segment to be made. */
struct t_segment {
    uint32_t seq, ack;
    uint16_t sport, dport; /* 0: 40000 and 80 */
    uint8_t flags;
    const char *options; /* hexadecimal; a multiple of four octets */
    const char *text;
    int family;             /* 0: SF_IPV4 */
    const char *ip_options; /* IPv4's, or IPv6's extension headers; hexadecimal */
    uint8_t first;          /* what the first extension header is */
    bool bad_sum, zero_sum, partial_sum;
};

static inline size_t t_octets(const char *hex)
{
    struct t_file f = {.n = 0};

    t_hex(&f, hex == NULL ? "" : hex);
    return f.n;
}

static const uint8_t t_src[16] = {10, 1, 2, 3, [15] = 1};
static const uint8_t t_dst[16] = {10, 1, 2, 4, [15] = 2};

/* The TCP segment alone, its checksum right unless it is said otherwise. */
static inline void t_tcp(struct t_file *f, const struct t_segment *s)
{
    const enum sf_family family = s->family == SF_IPV6 ? SF_IPV6 : SF_IPV4;
    const size_t at = f->n;
    const size_t options = t_octets(s->options);
    const size_t text = s->text == NULL ? 0 : strlen(s->text);
    const uint32_t octets = (uint32_t)(20 + options + text);
    uint32_t sum = sf_sum_pseudo(family, t_src, t_dst, SF_PROTO_TCP, octets);
    const uint16_t partial = sf_sum_fold(sum);
    uint8_t *p = f->octets + at;

    t_net16(f, s->sport == 0 ? 40000 : s->sport);
    t_net16(f, s->dport == 0 ? 80 : s->dport);
    t_net32(f, s->seq);
    t_net32(f, s->ack);
    t_put(f, &(const uint8_t){(uint8_t)((20 + options) / 4 << 4)}, 1);
    t_put(f, &s->flags, 1);
    t_net16(f, 1024);
    t_net16(f, 0);
    t_net16(f, 0);
    t_hex(f, s->options == NULL ? "" : s->options);
    t_put(f, s->text, text);
    sum = sf_sum(p, octets, sum);
    if (s->partial_sum) {
        sf_put16(p + 16, partial);
    } else if (!s->zero_sum) {
        sf_put16(p + 16, (uint16_t)(sf_sum_end(sum) ^ (s->bad_sum ? 0x1111 : 0)));
    }
}

/* An IP header for what is in payload, with its octets behind it. */
static inline void t_ip4(struct t_file *f, uint8_t protocol, const char *options,
                         const struct t_file *payload, uint16_t fragment, uint16_t id)
{
    const size_t at = f->n;
    const size_t extra = t_octets(options);

    t_put(f, &(const uint8_t){(uint8_t)(0x40 + (20 + extra) / 4)}, 1);
    t_put(f, &(const uint8_t){0}, 1);
    t_net16(f, (uint16_t)(20 + extra + payload->n));
    t_net16(f, id);
    t_net16(f, fragment);
    t_put(f, &(const uint8_t){64}, 1);
    t_put(f, &protocol, 1);
    t_net16(f, 0);
    t_put(f, t_src, 4);
    t_put(f, t_dst, 4);
    t_hex(f, options == NULL ? "" : options);
    sf_put16(f->octets + at + 10, sf_sum_end(sf_sum(f->octets + at, 20 + extra, 0)));
    t_put(f, payload->octets, payload->n);
}

static inline void t_ip6(struct t_file *f, uint8_t first, const char *extensions,
                         const struct t_file *payload)
{
    t_net32(f, 0x60000000);
    t_net16(f, (uint16_t)(t_octets(extensions) + payload->n));
    t_put(f, &first, 1);
    t_put(f, &(const uint8_t){64}, 1);
    t_put(f, t_src, 16);
    t_put(f, t_dst, 16);
    t_hex(f, extensions == NULL ? "" : extensions);
    t_put(f, payload->octets, payload->n);
}

/* A whole IP packet with a segment. */
static inline void t_ip(struct t_file *f, const struct t_segment *s)
{
    static struct t_file tcp;

    tcp.n = 0;
    t_tcp(&tcp, s);
    if (s->family == SF_IPV6) {
        t_ip6(f, s->ip_options == NULL ? SF_PROTO_TCP : s->first, s->ip_options, &tcp);
    } else {
        t_ip4(f, SF_PROTO_TCP, s->ip_options, &tcp, 0x4000, 7);
    }
}

/* An ethernet frame with a segment. */
static inline void t_frame(struct t_file *f, const struct t_segment *s)
{
    t_hex(f, "0200 0000 0001 0200 0000 0002");
    t_net16(f, s->family == SF_IPV6 ? 0x86dd : 0x0800);
    t_ip(f, s);
}

/* Open a file made so; it must be one. */
static inline struct sf_capture *t_open(const struct t_file *f)
{
    struct sf_capture *capture = NULL;
    char why[SF_CAPTURE_TEXT];
    const enum sf_err err = sf_capture_memory(f->octets, f->n, &capture, why);

    if (err != SF_OK) {
        printf("# %s\n", why);
    }
    T_EQ(err, SF_OK);
    return capture;
}

/* Read one packet of a link type, all of it there. */
static inline enum sf_seen_kind t_dissect(struct sf_dissector *dissector, uint32_t linktype,
                                          const struct t_file *octets, struct sf_seen *seen)
{
    const struct sf_packet packet = {.at_ns = 5,
                                     .n = 9,
                                     .octets = octets->octets,
                                     .captured = (uint32_t)octets->n,
                                     .length = (uint32_t)octets->n,
                                     .linktype = linktype,
                                     .timed = true};

    return sf_dissect(dissector, &packet, seen);
}

#endif
