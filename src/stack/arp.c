/* SPDX-License-Identifier: MIT
 *
 * stack/arp.c - address resolution over ethernet (RFC 826, RFC 1122 s2.3.2).
 *
 *   rx.c -> [arp.c] -> neigh.c, own.c
 *
 * Anybody on the link can claim anything.  So a claim makes a new record only if it comes with
 * a question to us from a net on the link; what we did not ask for changes known records alone.
 */
#include "wire/arp.h"

#include <string.h>

#include "stack/neigh.h"
#include "stack/own.h"
#include "stack/route.h"

/* Send a packet to one station, or with mac null to all of them. */
static void send(struct sf_stack *st, const struct sf_arp *arp, const uint8_t *mac)
{
    struct sf_own *own = sf_own_put(st, false);

    if (own == NULL) {
        return;
    }
    sf_neigh_eth_head(st, &own->frame, mac != NULL ? mac : sf_mac_broadcast);
    own->frame.head_octets =
        (uint16_t)(SF_ETH_HEAD + sf_arp_build(own->frame.head + SF_ETH_HEAD, arp));
    own->frame.octets = own->frame.head_octets;
    own->frame.transport_start = SF_ETH_HEAD;
    own->whole = true;
}

void sf_arp_ask(struct sf_stack *st, const uint8_t target[16], const uint8_t *mac)
{
    const struct sf_arp arp = {
        .op = SF_ARP_REQUEST,
        .sender_mac = st->tcp.cfg.mac,
        .sender_ip = sf_route_source(st, SF_IPV4, target),
        .target_ip = target,
    };

    if (arp.sender_ip != NULL) {
        send(st, &arp, mac);
    }
}

enum sf_verdict sf_arp_rx(struct sf_stack *st, const uint8_t *p, size_t n, sf_time now)
{
    static const uint8_t nobody[4] = {0};
    struct sf_arp arp;
    const enum sf_verdict why = sf_arp_parse(p, n, &arp);
    uint8_t sender[16] = {0};
    uint32_t news = SF_NEWS_OVERRIDE;
    bool for_us;

    if (why != SF_PASS) {
        return why;
    }
    for_us = sf_route_is_ours(st, SF_IPV4, arp.target_ip);
    /* All zeros: an address is being probed (RFC 5227 s1.1), and nothing claimed. */
    if (memcmp(arp.sender_ip, nobody, sizeof(nobody)) != 0) {
        /* Neither does anybody but us have our addresses. */
        if (!sf_route_is_host(st, SF_IPV4, arp.sender_ip) ||
            sf_route_is_ours(st, SF_IPV4, arp.sender_ip)) {
            return SF_DROP_ARP;
        }
        memcpy(sender, arp.sender_ip, 4);
        if (for_us && arp.op == SF_ARP_REPLY) {
            news |= SF_NEWS_CONFIRMED;
        } else if (for_us && sf_route_on_link(st, SF_IPV4, sender)) {
            news |= SF_NEWS_CREATE;
        }
        sf_neigh_heard(st, SF_IPV4, sender, arp.sender_mac, news, now);
    }
    if (for_us && arp.op == SF_ARP_REQUEST) {
        const struct sf_arp reply = {
            .op = SF_ARP_REPLY,
            .sender_mac = st->tcp.cfg.mac,
            .sender_ip = arp.target_ip,
            .target_mac = arp.sender_mac,
            .target_ip = arp.sender_ip,
        };

        send(st, &reply, arp.sender_mac);
    }
    return SF_PASS;
}
