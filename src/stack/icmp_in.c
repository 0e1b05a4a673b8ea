/* SPDX-License-Identifier: MIT
 *
 * stack/icmp_in.c - ICMP that arrives: echo requests, and errors about what we sent (RFC 1122
 * s3.2.2, RFC 4443, RFC 9293 s3.9.2.2).
 *
 *   rx.c -> [icmp_in.c] -> icmp_out.c, ndp.c, sf_tcp_icmp()
 *
 * The rest is dropped, source quench with it (MUST-55).
 */
#include <string.h>

#include "base/bytes.h"
#include "stack/icmp_out.h"
#include "stack/neigh.h"
#include "stack/rx.h"
#include "wire/icmp6.h"

static enum sf_verdict echo(struct sf_stack *st, const struct sf_ip *ip, enum sf_dest dest,
                            const struct sf_icmp *icmp)
{
    const uint8_t *src = ip->dst;

    if (dest == SF_DEST_OTHER) {
        return SF_DROP_IP_DEST;
    }
    if (dest == SF_DEST_GROUP) {
        /* RFC 4443 s4.2: from an address of our own, as groups send nothing. */
        src = sf_route_source(st, SF_IPV6, ip->src);
    }
    return src == NULL ? SF_DROP_IP_DEST : sf_icmp_send_echo(st, ip, icmp, src);
}

/* The connection that two ends, of wire form, are of; the source is our end. */
static struct sf_tuple tuple_of(enum sf_family family, const uint8_t *src, const uint8_t *dst,
                                uint16_t sport, uint16_t dport)
{
    const size_t octets = sf_ip_addr_octets(family);
    struct sf_tuple tuple;

    memset(&tuple, 0, sizeof(tuple));
    memcpy(tuple.local, src, octets);
    memcpy(tuple.remote, dst, octets);
    tuple.lport = sport;
    tuple.rport = dport;
    tuple.family = (uint8_t)family;
    return tuple;
}

/* An error goes to the connection that it quotes (MUST-54). */
static enum sf_verdict error(struct sf_stack *st, const struct sf_ip *ip,
                             const struct sf_icmp *icmp, sf_time now)
{
    const struct sf_icmp_quote *quote = &icmp->quote;
    const size_t octets = sf_ip_addr_octets((enum sf_family)ip->family);
    struct sf_tuple tuple;
    enum sf_tcp_icmp kind = SF_TCP_ICMP_SOFT;

    if (!quote->ports || quote->protocol != SF_PROTO_TCP ||
        memcmp(quote->src, ip->dst, octets) != 0) {
        return SF_DROP_ICMP_QUOTE;
    }
    tuple = tuple_of((enum sf_family)quote->family, quote->src, quote->dst, quote->sport,
                     quote->dport);
    if (icmp->kind == SF_ICMP_HARD) {
        kind = SF_TCP_ICMP_HARD;
    } else if (icmp->kind == SF_ICMP_TOO_BIG) {
        kind = SF_TCP_ICMP_TOO_BIG;
    }
    return sf_tcp_icmp(&st->tcp, &tuple, kind, quote->seq, icmp->mtu, now);
}

void sf_icmp_unresolved(struct sf_stack *st, const struct sf_frame *frame, sf_time now)
{
    const enum sf_family family = (enum sf_family)frame->family;
    const uint8_t *p = frame->head + frame->transport_start;
    const size_t octets = sf_ip_addr_octets(family);
    const uint8_t protocol = frame->head[sf_link_head(st) + (family == SF_IPV4 ? 9 : 6)];

    if (protocol == SF_PROTO_TCP) {
        /* Both headers end with the addresses. */
        const struct sf_tuple tuple =
            tuple_of(family, p - 2 * octets, p - octets, sf_get16(p), sf_get16(p + 2));

        (void)sf_tcp_icmp(&st->tcp, &tuple, SF_TCP_ICMP_SOFT, (sf_seq){sf_get32(p + 4)}, 0,
                          now);
    }
}

enum sf_verdict sf_icmp_rx(struct sf_stack *st, const struct sf_ip *ip, enum sf_dest dest,
                           const struct sf_rx *rx, sf_time now)
{
    struct sf_icmp icmp;
    const enum sf_verdict why =
        ip->family == SF_IPV4 ? sf_icmp4_parse(ip, &icmp) : sf_icmp6_parse(ip, &icmp);

    if (why != SF_PASS) {
        return why;
    }
    switch ((enum sf_icmp_kind)icmp.kind) {
    case SF_ICMP_ECHO_REQUEST:
        return echo(st, ip, dest, &icmp);
    case SF_ICMP_NEIGHBOUR:
        /* RFC 6980 s5: never in fragments. */
        return rx->reassembled ? SF_DROP_ARP : sf_ndp_rx(st, ip, now);
    case SF_ICMP_HARD:
    case SF_ICMP_SOFT:
    case SF_ICMP_TOO_BIG:
        return error(st, ip, &icmp, now);
    case SF_ICMP_ECHO_REPLY:
    case SF_ICMP_OTHER:
        break;
    }
    return SF_DROP_ICMP;
}
