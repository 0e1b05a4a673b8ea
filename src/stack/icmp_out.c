/* SPDX-License-Identifier: MIT
 *
 * stack/icmp_out.c - ICMP that we send: echo replies and errors.
 *
 *   icmp_in.c, rx.c, reasm.c -> [icmp_out.c] -> own.c
 */
#include "stack/icmp_out.h"

#include <string.h>

#include "stack/ip_out.h"
#include "stack/own.h"
#include "stack/route.h"
#include "tcp/reply.h"
#include "wire/icmp6.h"
#include "wire/ipv6.h"

/* Queue a message to dst from src, of wire form. */
static enum sf_verdict send(struct sf_stack *st, enum sf_family family, const uint8_t *src,
                            const uint8_t *dst, const struct sf_icmp_out *out)
{
    const uint32_t octets = SF_ICMP_HEAD + out->body_octets;
    struct sf_ip ip = {
        .family = (uint8_t)family,
        .src = src,
        .dst = dst,
        .protocol = family == SF_IPV4 ? SF_PROTO_ICMP : SF_PROTO_ICMPV6,
        .payload_octets = octets,
    };
    uint8_t to[16] = {0};
    struct sf_own *own;
    size_t at;

    /* Never more than the link carries: what we send is not cut. */
    if (octets > st->tcp.cfg.mtu - sf_ip_head_octets(family)) {
        return SF_DROP_ICMP;
    }
    own = sf_own_put(st, false);
    if (own == NULL) {
        return SF_DROP_NO_MEMORY;
    }
    memcpy(to, dst, sf_ip_addr_octets(family));
    if (st->tcp.cfg.ethernet != 0 && !sf_route_hop(st, family, to, own->hop)) {
        sf_own_unput(st);
        return SF_DROP_IP_SOURCE;
    }
    at = sf_ip_out_head(st, &own->frame, &ip);
    if (family == SF_IPV4) {
        sf_icmp4_build(own->frame.head + at, out);
    } else {
        sf_icmp6_build(own->frame.head + at, out, src, dst);
    }
    own->frame.head_octets = (uint16_t)(at + SF_ICMP_HEAD);
    if (!sf_own_body(st, &own->frame, out->body, out->body_octets)) {
        sf_own_unput(st);
        return SF_DROP_NO_MEMORY;
    }
    return SF_PASS;
}

enum sf_verdict sf_icmp_send_echo(struct sf_stack *st, const struct sf_ip *ip,
                                  const struct sf_icmp *request, const uint8_t *src)
{
    const enum sf_family family = (enum sf_family)ip->family;
    const struct sf_icmp_out out = sf_icmp_echo_reply(request, family);

    /* The unspecified address cannot be answered (RFC 4291 s2.5.2). */
    if (sf_ip_is_unspecified(family, ip->src)) {
        return SF_DROP_IP_SOURCE;
    }
    return send(st, family, src, ip->src, &out);
}

void sf_icmp_send_error(struct sf_stack *st, const struct sf_ip *about, uint8_t type,
                        uint8_t code, uint32_t word, sf_time now)
{
    const struct sf_icmp_out out = sf_icmp_error(about, type, code, word);

    /* One account with the RSTs that have no connection (RFC 1812 s4.3.2.8, RFC 4443 s2.4 (f)):
     * both are answers to anybody. */
    if (sf_icmp_may_answer(about) &&
        sf_limit_take(&st->tcp.reset_limit, st->tcp.cfg.icmp_errors, now)) {
        (void)send(st, (enum sf_family)about->family, about->dst, about->src, &out);
    }
}

/* Where in an IPv6 packet that was parsed the octet is that names its transport. */
static uint32_t next_header_at(const struct sf_ip *ip)
{
    enum { FRAGMENT = 44 }; /* its second octet is no length */
    const uint8_t *p = ip->packet;
    uint32_t at = 6;
    uint32_t header = SF_IP6_HEAD;

    while (header < ip->head_octets) {
        const uint32_t octets = p[at] == FRAGMENT ? 8U : 8U + 8U * p[header + 1];

        at = header;
        header += octets;
    }
    return at;
}

void sf_icmp_send_unreachable(struct sf_stack *st, const struct sf_ip *about, sf_time now)
{
    const bool udp = about->protocol == SF_PROTO_UDP;

    if (about->family == SF_IPV4) {
        sf_icmp_send_error(st, about, SF_ICMP4_UNREACHABLE,
                           udp ? SF_ICMP4_PORT : SF_ICMP4_PROTOCOL, 0, now);
    } else if (udp) {
        sf_icmp_send_error(st, about, SF_ICMP6_UNREACHABLE, SF_ICMP6_PORT, 0, now);
    } else if (about->protocol != SF_PROTO_NONE) {
        sf_icmp_send_error(st, about, SF_ICMP6_PARAMETER, SF_ICMP6_BAD_NEXT_HEADER,
                           next_header_at(about), now);
    }
}
