/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stack/rig.h - one stack whose link is the test: octets go in, octets come out.
 *
 * We are 10.0.0.2/24 and 2001:db8::2/64, at station 02:00:00:00:00:02; the peer is 10.0.0.1 and
 * 2001:db8::1 at station 02:00:00:00:00:01.
 */
#ifndef SYNFIN_TESTS_UNIT_STACK_RIG_H
#define SYNFIN_TESTS_UNIT_STACK_RIG_H

#include "t.h"

#include "base/time.h"
#include "synfin/conn.h"
#include "synfin/engine.h"
#include "wire/ip.h"
#include "wire/seg.h"

struct rig {
    struct sf_config cfg;
    struct sf_stack *st;
    void *memory;
    sf_time now;
    struct sf_frame frame; /* what left last */
    uint8_t out[66000];    /* its octets */
    size_t n_out;          /* 0: nothing left */
};

/* A packet or frame being put together. */
struct packet {
    uint8_t p[66000];
    size_t n;
};

extern const uint8_t rig_mac[6], rig_peer_mac[6], rig_all_macs[6];
extern const uint8_t rig_us4[4], rig_peer4[4], rig_us6[16], rig_peer6[16];

/* Addresses of a family: ours and the peer's. */
const uint8_t *rig_us(enum sf_family family);
const uint8_t *rig_peer(enum sf_family family);

/* The configuration: defaults, a seed, with ethernet or without. */
void rig_config(struct rig *r, bool ethernet);

/* Make the stack and give it its addresses. */
void rig_start(struct rig *r);

/* Both. */
void rig_begin(struct rig *r, bool ethernet);
void rig_end(struct rig *r);

/* One frame arrives; its verdict, which is also seen to be counted. */
enum sf_verdict rig_rx(struct rig *r, const struct packet *k);

/* The next frame leaves: into frame and out, given back at once.  False: none. */
bool rig_tx(struct rig *r);

/* Time passes, every timer at its moment. */
void rig_advance(struct rig *r, sf_span span);

uint64_t rig_verdicts(const struct rig *r, enum sf_verdict verdict);

/* How many frames would leave: they are thrown away. */
size_t rig_drain(struct rig *r);

/* Let the peer's stations be known, so that frames leave at once (with ethernet). */
void rig_meet(struct rig *r);

/* Octets from text such as "45 00 0014"; returns how many. */
size_t rig_hex(const char *text, uint8_t *to);

/* Compare what left with octets written as text. */
#define T_OUT(r, text) rig_expect((r), (text), __FILE__, __LINE__)
void rig_expect(struct rig *r, const char *text, const char *file, int line);

/* Put an ethernet header in front, from the peer's station to dst. */
void packet_eth(struct packet *k, const uint8_t *dst, uint16_t type);

/* The same to ours, of the type that the packet's version says, if the rig has ethernet. */
void packet_link(const struct rig *r, struct packet *k);

/* An IP packet around a payload; the fields of ip as sf_ip_build() reads them, addresses the
 * peer's and ours where null. */
void packet_ip(struct packet *k, enum sf_family family, struct sf_ip ip, const uint8_t *payload,
               size_t octets);

/* Compute the header checksum of an IPv4 packet anew. */
void packet_sum4(struct packet *k);

/* The same around a segment with text; both checksums right. */
void packet_tcp(struct packet *k, enum sf_family family, const struct sf_seg *seg,
                uint16_t sport, uint16_t dport);

/* A SYN from port 1234 to port 80. */
void packet_syn(struct packet *k, enum sf_family family);

/* An echo request of n octets of a pattern, identifier 0x1234, sequence number 1. */
void packet_ping(struct packet *k, enum sf_family family, size_t n);

/* A datagram, from port 5000 to port 7. */
void packet_udp(struct packet *k, enum sf_family family, size_t n);

/* What left last, without the link's header. */
void rig_parse(const struct rig *r, struct sf_ip *ip);

#endif
