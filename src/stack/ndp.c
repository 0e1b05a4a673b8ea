/* SPDX-License-Identifier: MIT
 *
 * stack/ndp.c - neighbour discovery: solicitations and advertisements (RFC 4861 s7.2).
 *
 *   icmp_in.c -> [ndp.c] -> neigh.c, own.c
 *
 * Routers are configured, not discovered, and our addresses are the host's to choose, so that
 * duplicate address detection is its business, too.
 */
#include "wire/ndp.h"

#include <string.h>

#include "stack/neigh.h"
#include "stack/own.h"
#include "stack/route.h"
#include "wire/ipv6.h"

/* Send a message to a station, or with mac null to the one that has dst. */
static void send(struct sf_stack *st, const struct sf_ndp *ndp, const uint8_t src[16],
                 const uint8_t dst[16], const uint8_t *mac)
{
    struct sf_own *own = sf_own_put(st, false);
    struct sf_ip ip = {
        .family = SF_IPV6,
        .src = src,
        .dst = dst,
        .protocol = SF_PROTO_ICMPV6,
        .hop_limit = SF_NDP_HOP_LIMIT,
        .payload_octets = SF_NDP_OCTETS,
    };
    const size_t at = SF_ETH_HEAD + SF_IP6_HEAD;

    if (own == NULL) {
        return;
    }
    own->frame.family = SF_IPV6;
    sf_ip6_build(own->frame.head + SF_ETH_HEAD, &ip);
    own->frame.head_octets = (uint16_t)(at + sf_ndp_build(own->frame.head + at, ndp, src, dst));
    own->frame.octets = own->frame.head_octets;
    own->frame.transport_start = (uint8_t)at;
    if (mac != NULL) {
        sf_neigh_eth_head(st, &own->frame, mac);
        own->whole = true;
    } else {
        memcpy(own->hop, dst, 16);
    }
}

void sf_ndp_ask(struct sf_stack *st, const uint8_t target[16], const uint8_t *mac)
{
    const struct sf_ndp ndp = {
        .target = target, .type = SF_ICMP6_SOLICIT, .mac = st->tcp.cfg.mac};
    const uint8_t *src = sf_route_source(st, SF_IPV6, target);
    uint8_t group[16];
    uint8_t group_mac[SF_MAC];

    if (src == NULL) {
        return;
    }
    if (mac != NULL) {
        send(st, &ndp, src, target, mac);
        return;
    }
    sf_ip6_solicited_node(target, group);
    sf_mac_of_group(group, SF_IPV6, group_mac);
    send(st, &ndp, src, group, group_mac);
}

/* RFC 4861 s7.2.3, s7.2.4. */
static enum sf_verdict solicited(struct sf_stack *st, const struct sf_ip *ip,
                                 const struct sf_ndp *ndp, sf_time now)
{
    struct sf_ndp answer = {
        .target = ndp->target,
        .mac = st->tcp.cfg.mac,
        .type = SF_ICMP6_ADVERTISE,
        .solicited = true,
        .override = true,
    };

    if (!sf_route_is_ours(st, SF_IPV6, ndp->target) || sf_route_is_ours(st, SF_IPV6, ip->src)) {
        return SF_DROP_ARP;
    }
    if (sf_ip_is_unspecified(SF_IPV6, ip->src)) {
        /* Somebody wants our address: all nodes are told that it is taken. */
        uint8_t mac[SF_MAC];

        answer.solicited = false;
        sf_mac_of_group(sf_ip6_all_nodes, SF_IPV6, mac);
        send(st, &answer, ndp->target, sf_ip6_all_nodes, mac);
        return SF_PASS;
    }
    if (!sf_route_on_link(st, SF_IPV6, ip->src)) {
        return SF_DROP_ARP;
    }
    sf_neigh_heard(st, SF_IPV6, ip->src, ndp->mac, SF_NEWS_OVERRIDE | SF_NEWS_CREATE, now);
    send(st, &answer, ndp->target, ip->src, ndp->mac);
    return SF_PASS;
}

/* RFC 4861 s7.2.5: what nobody asked about makes no record. */
static enum sf_verdict advertised(struct sf_stack *st, const struct sf_ndp *ndp, sf_time now)
{
    uint32_t news = 0;

    if (sf_route_is_ours(st, SF_IPV6, ndp->target)) {
        return SF_DROP_ARP;
    }
    if (ndp->solicited) {
        news |= SF_NEWS_CONFIRMED;
    }
    if (ndp->override) {
        news |= SF_NEWS_OVERRIDE;
    }
    sf_neigh_heard(st, SF_IPV6, ndp->target, ndp->mac, news, now);
    return SF_PASS;
}

enum sf_verdict sf_ndp_rx(struct sf_stack *st, const struct sf_ip *ip, sf_time now)
{
    struct sf_ndp ndp;
    const enum sf_verdict why = sf_ndp_parse(ip, &ndp);

    if (why != SF_PASS) {
        return why;
    }
    /* Without ethernet there is nobody to be found. */
    if (st->tcp.cfg.ethernet == 0) {
        return SF_DROP_ARP;
    }
    return ndp.type == SF_ICMP6_SOLICIT ? solicited(st, ip, &ndp, now)
                                        : advertised(st, &ndp, now);
}
