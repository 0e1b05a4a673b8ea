/* SPDX-License-Identifier: MIT
 *
 * watch/read/dissect.c - from a packet to the TCP segment in it.
 *
 *   struct sf_packet ─► link.c ─► ipseen.c ─► tcpseen.c  ─► struct sf_seen
 *                                   │  ^  `─► icmpseen.c ─^
 *                                   v  │
 *                                fragment.c
 */
#include "watch/read/dissect.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "wire/ip.h"

#define FRAGMENT_WAIT_NS (30 * SF_NS_PER_S)

struct sf_dissector {
    struct sf_fragments *fragments;
    struct sf_seen_counts counts;
    struct sf_packet held; /* read, but something else is to be told first */
    bool holds;
};

struct sf_dissector *sf_dissector_new(void)
{
    struct sf_dissector *dissector = calloc(1, sizeof(*dissector));

    if (dissector == NULL) {
        return NULL;
    }
    dissector->fragments = sf_fragments_new();
    if (dissector->fragments == NULL) {
        free(dissector);
        return NULL;
    }
    return dissector;
}

void sf_dissector_free(struct sf_dissector *dissector)
{
    if (dissector != NULL) {
        sf_fragments_free(dissector->fragments);
        free(dissector);
    }
}

const struct sf_seen_counts *sf_dissector_counts(const struct sf_dissector *dissector)
{
    return &dissector->counts;
}

/* Every octet, padding too: ends are compared and hashed as they lie in memory. */
static void set_end(struct sf_endpoint *end, uint8_t family, const uint8_t *octets)
{
    const uint16_t port = end->port;

    memset(end, 0, sizeof(*end));
    if (family == SF_IPV4) {
        memcpy(end->addr.octets, octets, 4);
    } else {
        memcpy(end->addr.octets, octets, 16);
    }
    end->addr.family = family;
    end->port = port;
}

void sf_seen_set_ip(const struct sf_ip_seen *ip, struct sf_seen *seen)
{
    set_end(&seen->from, ip->family, ip->src);
    set_end(&seen->to, ip->family, ip->dst);
    seen->ip_id = ip->family == SF_IPV4 ? (uint16_t)ip->id : 0;
    seen->hop_limit = ip->hop_limit;
    seen->traffic_class = ip->traffic_class;
    seen->dont_fragment = ip->dont_fragment;
}

static void set_packet(const struct sf_packet *packet, struct sf_seen *seen)
{
    seen->at_ns = packet->at_ns;
    seen->n = packet->n;
    seen->interface = packet->interface;
}

static enum sf_seen_kind count(struct sf_dissector *dissector, enum sf_step_seen step,
                               const struct sf_packet *packet)
{
    struct sf_seen_counts *counts = &dissector->counts;

    switch (step) {
    case SF_STEP_ON:
        counts->segments++;
        return SF_SEEN_SEGMENT;
    case SF_STEP_OTHER:
        counts->other++;
        break;
    case SF_STEP_LINK:
        if (counts->link++ == 0) {
            counts->linktype = packet->linktype;
        }
        break;
    case SF_STEP_MALFORMED:
        counts->malformed++;
        break;
    }
    return SF_SEEN_NOTHING;
}

static enum sf_step_seen segment(const struct sf_packet *packet, const struct sf_ip_seen *ip,
                                 struct sf_seen *seen)
{
    const enum sf_step_seen step = sf_seen_tcp(ip, seen);

    if (step == SF_STEP_ON) {
        sf_seen_set_ip(ip, seen);
        set_packet(packet, seen);
    }
    return step;
}

static enum sf_seen_kind fragment(struct sf_dissector *dissector,
                                  const struct sf_packet *packet, struct sf_ip_seen *ip,
                                  struct sf_seen *seen)
{
    enum sf_seen_kind kind = SF_SEEN_PIECE;

    dissector->counts.fragments++;
    if (sf_fragments_take(dissector->fragments, packet, ip)) {
        kind = count(dissector, segment(packet, ip, seen), packet);
        seen->fragments = true;
    }
    dissector->counts.lost = sf_fragments_lost(dissector->fragments);
    return kind;
}

enum sf_seen_kind sf_dissect(struct sf_dissector *dissector, const struct sf_packet *packet,
                             struct sf_seen *seen)
{
    struct sf_span_seen span;
    struct sf_ip_seen ip;
    enum sf_step_seen step = sf_seen_link(packet, &span, seen);

    if (step == SF_STEP_ON) {
        step = sf_seen_ip(span, &ip);
    }
    if (step != SF_STEP_ON) {
        return count(dissector, step, packet);
    }
    if (ip.protocol == SF_PROTO_TCP) {
        if (ip.fragment_offset != 0 || ip.more_fragments) {
            return fragment(dissector, packet, &ip, seen);
        }
        return count(dissector, segment(packet, &ip, seen), packet);
    }
    if ((ip.protocol == SF_PROTO_ICMP && ip.family == SF_IPV4) ||
        (ip.protocol == SF_PROTO_ICMPV6 && ip.family == SF_IPV6)) {
        if (ip.fragment_offset == 0 && sf_seen_icmp(&ip, seen) == SF_STEP_ON) {
            set_packet(packet, seen);
            dissector->counts.errors++;
            return SF_SEEN_ERROR;
        }
    }
    return count(dissector, SF_STEP_OTHER, packet);
}

bool sf_dissect_rest(struct sf_dissector *dissector, uint64_t now_ns, struct sf_seen *seen)
{
    struct sf_packet packet = {0};
    struct sf_ip_seen ip;
    uint64_t before = now_ns;

    if (now_ns != UINT64_MAX) {
        before = now_ns > FRAGMENT_WAIT_NS ? now_ns - FRAGMENT_WAIT_NS : 0;
    }
    while (sf_fragments_rest(dissector->fragments, before, &packet, &ip)) {
        seen->vlan = 0;
        seen->way = SF_WAY_UNKNOWN;
        if (count(dissector, segment(&packet, &ip, seen), &packet) == SF_SEEN_SEGMENT) {
            seen->fragments = true;
            seen->whole = false;
            return true;
        }
    }
    dissector->counts.lost = sf_fragments_lost(dissector->fragments);
    return false;
}

/* Have a packet at hand, or find that there is none; what else there is to say is returned. */
static enum sf_err have_packet(struct sf_capture *capture, struct sf_dissector *dissector)
{
    enum sf_err err = SF_OK;

    if (!dissector->holds) {
        err = sf_capture_next(capture, &dissector->held);
        dissector->holds = err == SF_OK;
    }
    return err == SF_ERR_EOF ? SF_OK : err;
}

/* What the packet at hand tells; SF_SEEN_NOTHING also where there is none. */
static enum sf_seen_kind tell(struct sf_dissector *dissector, struct sf_seen *seen,
                              struct sf_packet *packet)
{
    struct sf_packet *held = &dissector->held;
    enum sf_seen_kind kind = SF_SEEN_SEGMENT;

    if (sf_dissect_rest(dissector, dissector->holds ? held->at_ns : UINT64_MAX, seen)) {
        *packet = (struct sf_packet){.at_ns = seen->at_ns, .n = seen->n};
    } else if (dissector->holds) {
        dissector->holds = false;
        kind = sf_dissect(dissector, held, seen);
        *packet = *held;
    } else {
        kind = SF_SEEN_NOTHING;
    }
    return kind;
}

enum sf_err sf_seen_next(struct sf_capture *capture, struct sf_dissector *dissector,
                         struct sf_seen *seen, struct sf_packet *packet)
{
    enum sf_seen_kind kind = SF_SEEN_NOTHING;
    struct sf_packet unwanted;
    bool more = true;

    packet = packet == NULL ? &unwanted : packet;
    while (more && kind != SF_SEEN_SEGMENT && kind != SF_SEEN_ERROR) {
        const enum sf_err err = have_packet(capture, dissector);

        if (err != SF_OK) {
            return err;
        }
        more = dissector->holds;
        kind = tell(dissector, seen, packet);
    }
    return kind == SF_SEEN_SEGMENT || kind == SF_SEEN_ERROR ? SF_OK : SF_ERR_EOF;
}
