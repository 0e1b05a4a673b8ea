/* SPDX-License-Identifier: MIT
 *
 * watch/read/link.c - from a link's header to the IP packet behind it.
 *
 * Ethernet with any tags (IEEE 802.1Q, 802.1ad), PPPoE (RFC 2516), MPLS (RFC 3032), LLC with
 * SNAP (RFC 1042); Linux cooked; PPP (RFC 1661); loopback; IP alone.
 */
#include "watch/read/dissect.h"

#include <string.h>

#include "base/bytes.h"

enum {
    TYPE_IPV4 = 0x0800,
    TYPE_IPV6 = 0x86dd,
    TYPE_VLAN = 0x8100,
    TYPE_QINQ = 0x88a8,
    TYPE_QINQ_OLD = 0x9100,
    TYPE_QINQ_OLDER = 0x9200,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_GROUP = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_LEAST = 0x0600, /* below it stands a length (IEEE 802.3) */

    PPP_IPV4 = 0x21,
    PPP_IPV6 = 0x57,

    LINKTYPE_PPP_HDLC = 50,
    LINKTYPE_PPP_ETHER = 51,

    TAGS_MOST = 8,
    ETHERNET = 14,
    ETHERNET_TYPE = 12, /* where the type stands */
    SLL = 16,
    SLL2 = 20,
    SLL_OUTGOING = 4,
    VLAN_ID = 0x0fff,
};

/* IP alone: its first four bits tell which, so that they need only be one of the two. */
static enum sf_step_seen ip_alone(const struct sf_span_seen *span)
{
    if (span->captured == 0) {
        return SF_STEP_MALFORMED;
    }
    return span->p[0] >> 4 == 4 || span->p[0] >> 4 == 6 ? SF_STEP_ON : SF_STEP_OTHER;
}

static enum sf_step_seen ppp(struct sf_span_seen *span)
{
    uint16_t protocol = 0;

    if (span->captured >= 2 && span->p[0] == 0xff && span->p[1] == 0x03) {
        (void)sf_span_over(span, 2); /* HDLC's address and control (RFC 1662) */
    }
    if (span->captured >= 1 && (span->p[0] & 1) != 0) {
        protocol = span->p[0]; /* compressed to one octet */
        (void)sf_span_over(span, 1);
    } else if (span->captured >= 2) {
        protocol = sf_get16(span->p);
        (void)sf_span_over(span, 2);
    } else {
        return SF_STEP_MALFORMED;
    }
    return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? ip_alone(span) : SF_STEP_OTHER;
}

static enum sf_step_seen pppoe(struct sf_span_seen *span)
{
    return sf_span_over(span, 6) ? ppp(span) : SF_STEP_MALFORMED;
}

static enum sf_step_seen mpls(struct sf_span_seen *span)
{
    for (int i = 0; i < TAGS_MOST; i++) {
        const uint8_t *label = span->p;

        if (!sf_span_over(span, 4)) {
            return SF_STEP_MALFORMED;
        }
        if ((label[2] & 1) != 0) {
            return ip_alone(span);
        }
    }
    return SF_STEP_OTHER;
}

static enum sf_step_seen snap(struct sf_span_seen *span)
{
    static const uint8_t head[6] = {0xaa, 0xaa, 0x03, 0, 0, 0};
    uint16_t type = 0;

    if (span->captured < 8 || memcmp(span->p, head, sizeof(head)) != 0) {
        return SF_STEP_OTHER;
    }
    type = sf_get16(span->p + 6);
    (void)sf_span_over(span, 8);
    return type == TYPE_IPV4 || type == TYPE_IPV6 ? ip_alone(span) : SF_STEP_OTHER;
}

/* From an ethertype's value on; tags have another behind them. */
static enum sf_step_seen typed(uint16_t type, struct sf_span_seen *span, struct sf_seen *seen)
{
    for (int i = 0; i < TAGS_MOST; i++) {
        if (type == TYPE_IPV4 || type == TYPE_IPV6) {
            return ip_alone(span);
        }
        if (type != TYPE_VLAN && type != TYPE_QINQ && type != TYPE_QINQ_OLD &&
            type != TYPE_QINQ_OLDER) {
            break;
        }
        if (span->captured < 4) {
            return SF_STEP_MALFORMED;
        }
        seen->vlan = sf_get16(span->p) & VLAN_ID;
        type = sf_get16(span->p + 2);
        (void)sf_span_over(span, 4);
    }
    if (type == TYPE_PPPOE) {
        return pppoe(span);
    }
    if (type == TYPE_MPLS || type == TYPE_MPLS_GROUP) {
        return mpls(span);
    }
    return type < TYPE_LEAST ? snap(span) : SF_STEP_OTHER;
}

static enum sf_step_seen ethernet(struct sf_span_seen *span, struct sf_seen *seen)
{
    const uint8_t *p = span->p;

    return sf_span_over(span, ETHERNET) ? typed(sf_get16(p + ETHERNET_TYPE), span, seen)
                                        : SF_STEP_MALFORMED;
}

static uint8_t cooked_way(uint16_t kind)
{
    return kind == SLL_OUTGOING ? SF_WAY_OUT : kind == 0 ? SF_WAY_IN : SF_WAY_UNKNOWN;
}

static enum sf_step_seen cooked(struct sf_span_seen *span, struct sf_seen *seen)
{
    const uint8_t *p = span->p;

    if (!sf_span_over(span, SLL)) {
        return SF_STEP_MALFORMED;
    }
    seen->way = cooked_way(sf_get16(p));
    return typed(sf_get16(p + 14), span, seen);
}

static enum sf_step_seen cooked2(struct sf_span_seen *span, struct sf_seen *seen)
{
    const uint8_t *p = span->p;

    if (!sf_span_over(span, SLL2)) {
        return SF_STEP_MALFORMED;
    }
    seen->way = cooked_way(p[10]);
    return typed(sf_get16(p), span, seen);
}

/* The family's number is that of the machine that captured, in its order: 2 is IPv4 on all;
 * IPv6 has one for each system. */
static enum sf_step_seen loopback(struct sf_span_seen *span)
{
    const uint8_t *p = span->p;
    uint32_t family = 0;

    if (!sf_span_over(span, 4)) {
        return SF_STEP_MALFORMED;
    }
    family = p[0] != 0 ? sf_get32_le(p) : sf_get32(p);
    switch (family) {
    case 2:  /* all */
    case 10: /* Linux */
    case 23: /* Windows */
    case 24: /* NetBSD, OpenBSD */
    case 28: /* FreeBSD */
    case 30: /* macOS */
        return ip_alone(span);
    default:
        return SF_STEP_OTHER;
    }
}

enum sf_step_seen sf_seen_link(const struct sf_packet *packet, struct sf_span_seen *span,
                               struct sf_seen *seen)
{
    *span = (struct sf_span_seen){
        .p = packet->octets, .captured = packet->captured, .length = packet->length};
    seen->vlan = 0;
    seen->way = packet->way;
    switch (packet->linktype) {
    case SF_LINKTYPE_ETHERNET:
        return ethernet(span, seen);
    case SF_LINKTYPE_LINUX_SLL:
        return cooked(span, seen);
    case SF_LINKTYPE_LINUX_SLL2:
        return cooked2(span, seen);
    case SF_LINKTYPE_NULL:
    case SF_LINKTYPE_LOOP:
        return loopback(span);
    case SF_LINKTYPE_RAW:
    case SF_LINKTYPE_RAW_BSD:
    case SF_LINKTYPE_RAW_OPENBSD:
    case SF_LINKTYPE_IPV4:
    case SF_LINKTYPE_IPV6:
        return ip_alone(span);
    case SF_LINKTYPE_PPP:
    case LINKTYPE_PPP_HDLC:
        return ppp(span);
    case LINKTYPE_PPP_ETHER:
        return pppoe(span);
    default:
        return SF_STEP_LINK;
    }
}
