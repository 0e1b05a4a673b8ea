/* SPDX-License-Identifier: MIT
 *
 * stack/ip_out.c - headers of packets that leave (RFC 791, RFC 8200, RFC 9293 s3.1).
 *
 *   tcp/output.c -> struct sf_out -> tx.c -> [ip_out.c] -> frame: head | pieces
 *                                   icmp_out.c -^
 *
 * The text of a segment stays in its chunks: it is read here once, for the checksum, or not at
 * all where the link completes it.
 */
#include "stack/ip_out.h"

#include <string.h>

#include "base/bytes.h"
#include "base/siphash.h"
#include "wire/tcp.h"

/* RFC 6437 s3: of each flow one label, that nobody can guess; not 0, which says none. */
static uint32_t flow_label(struct sf_stack *st, const struct sf_tuple *tuple)
{
    uint8_t octets[36];

    if (sf_tuple_equal(&st->label_of, tuple)) {
        return st->label;
    }
    memcpy(octets, tuple->remote, 16);
    memcpy(octets + 16, tuple->local, 16);
    sf_put16(octets + 32, tuple->rport);
    sf_put16(octets + 34, tuple->lport);
    st->label_of = *tuple;
    st->label = (uint32_t)sf_siphash13_36(&st->key, octets) & 0xfffff;
    if (st->label == 0) {
        st->label = 1;
    }
    return st->label;
}

size_t sf_ip_out_head(const struct sf_stack *st, struct sf_frame *frame, struct sf_ip *ip)
{
    const size_t link = sf_link_head(st);
    size_t at;

    /* No identification is needed of what is never cut (RFC 6864 s4.1). */
    ip->dont_fragment = true;
    if (ip->hop_limit == 0) {
        ip->hop_limit = SF_HOP_LIMIT;
    }
    at = link + sf_ip_build(frame->head + link, ip);
    frame->family = ip->family;
    frame->transport_start = (uint8_t)at;
    return at;
}

/* The sum over pieces, each of which may have an odd length. */
static uint32_t sum_pieces(enum sf_sum_level level, const struct sf_frame *frame, uint32_t sum)
{
    bool odd = false;

    for (uint32_t i = 0; i < frame->n_pieces; i++) {
        const struct sf_piece *piece = &frame->pieces[i];

        sum = sf_sum_join(sum, sf_sum_with(level, piece->data, piece->octets, 0), odd);
        odd ^= (piece->octets & 1) != 0;
    }
    return sum;
}

/* The segment's checksum: whole, or the link's to complete (MUST-2). */
static void checksum(const struct sf_stack *st, struct sf_frame *frame, const struct sf_ip *ip,
                     size_t header_octets)
{
    const enum sf_sum_level level = (enum sf_sum_level)st->tcp.cfg.cpu;
    uint8_t *tcp = frame->head + frame->transport_start;
    uint32_t sum = sf_sum_pseudo((enum sf_family)ip->family, ip->src, ip->dst, SF_PROTO_TCP,
                                 ip->payload_octets);

    if ((st->tcp.cfg.link_caps & SF_LINK_CSUM_TX) != 0) {
        frame->csum = SF_CSUM_PARTIAL;
        frame->csum_start = frame->transport_start;
        frame->csum_offset = SF_TCP_CHECKSUM;
        sf_put16(tcp + SF_TCP_CHECKSUM, sf_sum_fold(sum));
        return;
    }
    frame->csum = SF_CSUM_FULL;
    frame->csum_start = 0;
    frame->csum_offset = 0;
    sum = sum_pieces(level, frame, sf_sum_with(level, tcp, header_octets, sum));
    sf_put16(tcp + SF_TCP_CHECKSUM, sf_sum_end(sum));
}

/* Super-segments are made only for links that take them whole; they complete checksums, too. */
static void check_super(const struct sf_stack *st, const struct sf_out *out)
{
    const uint32_t need =
        SF_LINK_CSUM_TX | (out->tuple.family == SF_IPV4 ? SF_LINK_TSO4 : SF_LINK_TSO6);

    SF_ASSERT(out->gso_octets == 0 || (st->tcp.cfg.link_caps & need) == need);
}

void sf_ip_out_segment(struct sf_stack *st, struct sf_frame *frame, const struct sf_out *out)
{
    const struct sf_tuple *tuple = &out->tuple;
    const size_t tcp_octets = SF_TCP_HEAD + sf_tcp_options_octets(&out->seg);
    struct sf_ip ip = {
        .family = tuple->family,
        .src = tuple->local,
        .dst = tuple->remote,
        .protocol = SF_PROTO_TCP,
        .payload_octets = (uint32_t)tcp_octets + out->seg.text_octets,
        .hop_limit = out->hop_limit,
        .traffic_class = out->tos,
    };
    size_t at;

    check_super(st, out);
    if (tuple->family == SF_IPV6) {
        ip.flow_label = flow_label(st, tuple);
    }
    at = sf_ip_out_head(st, frame, &ip);
    sf_tcp_build(frame->head + at, SF_HEAD_MAX - at, &out->seg, tuple->lport, tuple->rport);
    frame->head_octets = (uint16_t)(at + tcp_octets);
    frame->octets = frame->head_octets + out->seg.text_octets;
    frame->gso_octets = (uint16_t)out->gso_octets;
    frame->verdict = SF_PASS;
    frame->n_pieces = (uint8_t)out->n_pieces;
    checksum(st, frame, &ip, tcp_octets);
}
