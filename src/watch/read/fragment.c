/* SPDX-License-Identifier: MIT
 *
 * watch/read/fragment.c - segments that came in pieces (RFC 791 s3.2, RFC 8200 s4.5).
 *
 * Wanted are the header, the first octets of text and the whole's length, so that this is all
 * that is kept: the first fragment's beginning, and which parts have come.  A table of fixed
 * size; when it is full the oldest makes room.
 */
#include "watch/read/dissect.h"

#include <stdlib.h>
#include <string.h>

#include "wire/ip.h"

enum {
    KEPT = 512,       /* octets of a first fragment: the longest header and some text */
    RANGES_MOST = 16, /* gaps and more in one packet; more are a hostile sender's */
};

struct range {
    uint32_t from, to;
};

struct waiting {
    uint64_t at_ns;                /* of the fragment that came first in time */
    uint64_t first_at_ns, first_n; /* of the one with the header */
    struct sf_ip_seen ip;          /* with the first: its pointers are meaningless */
    uint32_t id;
    uint32_t total; /* known with the last; 0: it has not come */
    uint8_t src[16], dst[16];
    uint8_t family;
    uint8_t n_ranges;
    bool used;
    bool first; /* it is there */
    uint16_t kept_octets;
    struct range ranges[RANGES_MOST];
    uint8_t kept[KEPT];
};

struct sf_fragments {
    struct waiting waiting[SF_FRAGMENTS_MOST];
    struct waiting given; /* what the caller looks at */
    uint64_t oldest;
    uint64_t lost;
};

struct sf_fragments *sf_fragments_new(void)
{
    struct sf_fragments *fragments = calloc(1, sizeof(*fragments));

    if (fragments != NULL) {
        fragments->oldest = UINT64_MAX;
    }
    return fragments;
}

void sf_fragments_free(struct sf_fragments *fragments)
{
    free(fragments);
}

uint64_t sf_fragments_oldest(const struct sf_fragments *fragments)
{
    return fragments->oldest;
}

uint64_t sf_fragments_lost(const struct sf_fragments *fragments)
{
    return fragments->lost;
}

static void find_oldest(struct sf_fragments *fragments)
{
    fragments->oldest = UINT64_MAX;
    for (size_t i = 0; i < SF_FRAGMENTS_MOST; i++) {
        const struct waiting *w = &fragments->waiting[i];

        if (w->used && w->at_ns < fragments->oldest) {
            fragments->oldest = w->at_ns;
        }
    }
}

static bool is_it(const struct waiting *w, const struct sf_ip_seen *ip)
{
    const size_t octets = sf_ip_addr_octets((enum sf_family)ip->family);

    return w->used && w->family == ip->family && w->id == ip->id &&
           memcmp(w->src, ip->src, octets) == 0 && memcmp(w->dst, ip->dst, octets) == 0;
}

/* The packet that a fragment belongs to, or a new one. */
static struct waiting *find(struct sf_fragments *fragments, const struct sf_ip_seen *ip,
                            uint64_t at_ns)
{
    const size_t octets = sf_ip_addr_octets((enum sf_family)ip->family);
    struct waiting *place = &fragments->waiting[0];

    for (size_t i = 0; i < SF_FRAGMENTS_MOST; i++) {
        struct waiting *w = &fragments->waiting[i];

        if (is_it(w, ip)) {
            return w;
        }
        if (place->used && (!w->used || w->at_ns < place->at_ns)) {
            place = w;
        }
    }
    fragments->lost += place->used;
    *place = (struct waiting){.used = true, .at_ns = at_ns, .family = ip->family, .id = ip->id};
    memcpy(place->src, ip->src, octets);
    memcpy(place->dst, ip->dst, octets);
    find_oldest(fragments);
    return place;
}

/* Add a part, and join it with those that it touches.  False: too many parts. */
static bool add_range(struct waiting *w, struct range added)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < w->n_ranges; i++) {
        const struct range r = w->ranges[i];

        if (r.from <= added.to && added.from <= r.to) {
            added.from = r.from < added.from ? r.from : added.from;
            added.to = r.to > added.to ? r.to : added.to;
        } else {
            w->ranges[kept++] = r;
        }
    }
    w->n_ranges = kept;
    if (kept == RANGES_MOST) {
        return false;
    }
    w->ranges[w->n_ranges++] = added;
    return true;
}

static void keep_first(struct waiting *w, const struct sf_packet *packet,
                       const struct sf_ip_seen *ip)
{
    const uint32_t octets = ip->payload.captured < KEPT ? ip->payload.captured : KEPT;

    if (w->first) {
        return; /* the same again */
    }
    w->first = true;
    w->first_at_ns = packet->at_ns;
    w->first_n = packet->n;
    w->ip = *ip;
    w->kept_octets = (uint16_t)octets;
    memcpy(w->kept, ip->payload.p, octets);
}

/* Hand out what waits at w, of so many octets. */
static void give(struct sf_fragments *fragments, struct waiting *w, uint32_t octets,
                 struct sf_ip_seen *ip)
{
    struct waiting *given = &fragments->given;

    *given = *w;
    w->used = false;
    *ip = given->ip;
    ip->src = given->src;
    ip->dst = given->dst;
    ip->payload.p = given->kept;
    ip->payload.captured = given->kept_octets < octets ? given->kept_octets : octets;
    ip->payload.length = octets;
    ip->more_fragments = false;
    find_oldest(fragments);
}

bool sf_fragments_take(struct sf_fragments *fragments, const struct sf_packet *packet,
                       struct sf_ip_seen *ip)
{
    const struct range added = {.from = ip->fragment_offset,
                                .to = ip->fragment_offset + ip->payload.length};
    struct waiting *w = find(fragments, ip, packet->at_ns);

    if (ip->fragment_offset == 0) {
        keep_first(w, packet, ip);
    }
    if (!ip->more_fragments) {
        w->total = added.to;
    }
    if (!add_range(w, added)) {
        w->used = false;
        fragments->lost++;
        find_oldest(fragments);
        return false;
    }
    if (!w->first || w->total == 0 || w->n_ranges != 1 || w->ranges[0].from != 0 ||
        w->ranges[0].to < w->total) {
        return false;
    }
    give(fragments, w, w->total, ip);
    return true;
}

/* What is known of a packet's length when no more of it comes. */
static uint32_t known_octets(const struct waiting *w)
{
    uint32_t octets = w->total;

    for (uint8_t i = 0; i < w->n_ranges; i++) {
        octets = w->ranges[i].to > octets ? w->ranges[i].to : octets;
    }
    return octets;
}

bool sf_fragments_rest(struct sf_fragments *fragments, uint64_t before_ns,
                       struct sf_packet *packet, struct sf_ip_seen *ip)
{
    struct waiting *found = NULL;

    if (fragments->oldest >= before_ns) {
        return false;
    }
    for (size_t i = 0; i < SF_FRAGMENTS_MOST; i++) {
        struct waiting *w = &fragments->waiting[i];

        if (!w->used || w->at_ns >= before_ns) {
            continue;
        }
        if (!w->first) {
            w->used = false;
            fragments->lost++;
        } else if (found == NULL || w->first_n < found->first_n) {
            found = w;
        }
    }
    if (found == NULL) {
        find_oldest(fragments);
        return false;
    }
    packet->at_ns = found->first_at_ns;
    packet->n = found->first_n;
    give(fragments, found, known_octets(found), ip);
    return true;
}
