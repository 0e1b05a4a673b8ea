/* SPDX-License-Identifier: MIT
 *
 * wire/tcp.c - the TCP header (RFC 9293 s3.1).
 *
 *   0 source port   2 destination port   4 sequence number   8 acknowledgement number
 *   12 data offset, reserved   13 control bits   14 window   16 checksum   18 urgent pointer
 *   20 options (tcpopt.c), text
 */
#include "wire/tcp.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "wire/tcpopt.h"

bool sf_tcp_checksum_ok(enum sf_sum_level level, const struct sf_ip *ip, enum sf_csum csum)
{
    uint32_t sum;

    if (csum != SF_CSUM_FULL) {
        return true;
    }
    sum = sf_sum_pseudo((enum sf_family)ip->family, ip->src, ip->dst, SF_PROTO_TCP,
                        ip->payload_octets);
    return sf_sum_end(sf_sum_with(level, ip->payload, ip->payload_octets, sum)) == 0;
}

enum sf_verdict sf_tcp_parse(const uint8_t *p, size_t n, struct sf_seg *seg, uint16_t *sport,
                             uint16_t *dport)
{
    size_t head;

    if (n < SF_TCP_HEAD) {
        return SF_DROP_TCP_SHORT;
    }
    head = (size_t)(p[12] >> 4) * 4;
    if (head < SF_TCP_HEAD || head > n) {
        return SF_DROP_TCP_SHORT;
    }
    *sport = sf_get16(p);
    *dport = sf_get16(p + 2);
    seg->seq.v = sf_get32(p + 4);
    seg->ack.v = sf_get32(p + 8);
    seg->flags = p[13];
    seg->wnd = sf_get16(p + 14);
    seg->urg = sf_get16(p + 18);
    seg->text = p + head;
    seg->text_octets = (uint32_t)(n - head);
    seg->gso_octets = 0;
    seg->options = 0;
    seg->n_sack = 0;
    if (head == SF_TCP_HEAD + SF_TCPOPT_TS_ALONE &&
        sf_get32(p + SF_TCP_HEAD) == SF_TCPOPT_NOP_NOP_TS) {
        /* What nearly every segment of an open connection has (RFC 7323 appendix A). */
        seg->options = SF_OPT_TS;
        seg->tsval = sf_get32(p + SF_TCP_HEAD + 4);
        seg->tsecr = sf_get32(p + SF_TCP_HEAD + 8);
    } else if (head > SF_TCP_HEAD &&
               !sf_tcp_options_parse(p + SF_TCP_HEAD, head - SF_TCP_HEAD, seg)) {
        return SF_DROP_TCP_OPTION;
    }
    if (*sport == 0 || *dport == 0) {
        return SF_DROP_TCP_PORT;
    }
    return SF_PASS;
}

size_t sf_tcp_build(uint8_t *p, size_t room, const struct sf_seg *seg, uint16_t sport,
                    uint16_t dport)
{
    const size_t head = SF_TCP_HEAD + sf_tcp_options_octets(seg);

    SF_ASSERT(room >= head);
    sf_put16(p, sport);
    sf_put16(p + 2, dport);
    sf_put32(p + 4, seg->seq.v);
    sf_put32(p + 8, (seg->flags & SF_ACK) != 0 ? seg->ack.v : 0);
    p[12] = (uint8_t)(head / 4 << 4);
    p[13] = seg->flags;
    sf_put16(p + 14, seg->wnd);
    sf_put16(p + SF_TCP_CHECKSUM, 0);
    sf_put16(p + 18, (seg->flags & SF_URG) != 0 ? seg->urg : 0);
    if (head > SF_TCP_HEAD) {
        sf_tcp_options_build(p + SF_TCP_HEAD, seg);
    }
    return head;
}
