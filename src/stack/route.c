/* SPDX-License-Identifier: MIT
 *
 * stack/route.c - which addresses are ours, and where a packet goes.
 *
 * There are few of both, so they are searched in order; of bursts the last answer is kept.
 */
#include "stack/route.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/ipv6.h"

/* How many of the first bits two addresses have in common. */
static uint32_t common_bits(const uint8_t *a, const uint8_t *b, uint32_t max)
{
    uint32_t bits = 0;

    while (bits + 8 <= max && a[bits / 8] == b[bits / 8]) {
        bits += 8;
    }
    while (bits < max && ((a[bits / 8] ^ b[bits / 8]) >> (7 - bits % 8) & 1) == 0) {
        bits++;
    }
    return bits;
}

static uint32_t family_bits(enum sf_family family)
{
    return family == SF_IPV4 ? 32 : 128;
}

static bool covers(const uint8_t *net, uint8_t prefix, const uint8_t *addr)
{
    return common_bits(net, addr, prefix) == prefix;
}

/* The broadcast address of a net, or the old one with zeros (RFC 1122 s3.3.6), which is no
 * host's either.  Nets of two addresses or one have none (RFC 3021). */
static bool is_net_broadcast(const struct sf_own_addr *own, uint32_t addr)
{
    uint32_t host;

    if (own->prefix >= 31) {
        return false;
    }
    host = UINT32_MAX >> own->prefix;
    return ((addr ^ sf_get32(own->octets)) & ~host) == 0 &&
           ((addr & host) == host || (addr & host) == 0);
}

bool sf_route_is_broadcast(const struct sf_stack *st, enum sf_family family,
                           const uint8_t *addr)
{
    if (family != SF_IPV4) {
        return false;
    }
    for (uint32_t i = 0; i < st->n_addresses; i++) {
        if (st->addresses[i].family == SF_IPV4 &&
            is_net_broadcast(&st->addresses[i], sf_get32(addr))) {
            return true;
        }
    }
    return sf_get32(addr) == UINT32_MAX;
}

/* What no host on any net has. */
static bool is_unicast(enum sf_family family, const uint8_t *addr)
{
    static const uint8_t mapped[12] = {[10] = 0xff, 0xff};

    if (family == SF_IPV4) {
        return addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
    }
    return !sf_ip_is_multicast(SF_IPV6, addr) && !sf_ip_is_unspecified(SF_IPV6, addr) &&
           !sf_ip_is_loopback(SF_IPV6, addr) && memcmp(addr, mapped, sizeof(mapped)) != 0;
}

bool sf_route_is_host(const struct sf_stack *st, enum sf_family family, const uint8_t *addr)
{
    return is_unicast(family, addr) && !sf_route_is_broadcast(st, family, addr);
}

static bool is_own(const struct sf_own_addr *own, enum sf_family family, const uint8_t *addr)
{
    return own->family == family && memcmp(own->octets, addr, sf_ip_addr_octets(family)) == 0;
}

bool sf_route_is_ours(struct sf_stack *st, enum sf_family family, const uint8_t *addr)
{
    if (st->n_addresses != 0 && is_own(&st->addresses[st->last_address], family, addr)) {
        return true;
    }
    for (uint32_t i = 0; i < st->n_addresses; i++) {
        if (is_own(&st->addresses[i], family, addr)) {
            st->last_address = i;
            return true;
        }
    }
    return false;
}

/* RFC 4861 s7.2.1: all nodes, and the group of each address. */
static bool is_joined(const struct sf_stack *st, const uint8_t *dst)
{
    uint8_t group[16];

    for (uint32_t i = 0; i < st->n_addresses; i++) {
        sf_ip6_solicited_node(st->addresses[i].octets, group);
        if (st->addresses[i].family == SF_IPV6 && memcmp(group, dst, 16) == 0) {
            return true;
        }
    }
    return memcmp(dst, sf_ip6_all_nodes, 16) == 0;
}

enum sf_dest sf_route_dest(struct sf_stack *st, enum sf_family family, const uint8_t *dst)
{
    if (sf_route_is_ours(st, family, dst)) {
        return SF_DEST_OURS;
    }
    if (family == SF_IPV6 && sf_ip_is_multicast(family, dst)) {
        return is_joined(st, dst) ? SF_DEST_GROUP : SF_DEST_NOBODY;
    }
    return sf_route_is_host(st, family, dst) ? SF_DEST_OTHER : SF_DEST_NOBODY;
}

bool sf_route_on_link(const struct sf_stack *st, enum sf_family family, const uint8_t *addr)
{
    for (uint32_t i = 0; i < st->n_addresses; i++) {
        const struct sf_own_addr *own = &st->addresses[i];

        if (own->family == family && covers(own->octets, own->prefix, addr)) {
            return true;
        }
    }
    return false;
}

bool sf_route_hop(const struct sf_stack *st, enum sf_family family, const uint8_t dst[16],
                  uint8_t hop[16])
{
    const uint8_t *best = NULL;
    uint32_t longest = 0;

    for (uint32_t i = 0; i < st->n_routes; i++) {
        const struct sf_route *r = &st->routes[i];

        if (r->family == family && covers(r->net, r->prefix, dst) &&
            (best == NULL || r->prefix > longest)) {
            best = r->gateway;
            longest = r->prefix;
        }
    }
    for (uint32_t i = 0; i < st->n_addresses; i++) {
        const struct sf_own_addr *own = &st->addresses[i];

        if (own->family == family && covers(own->octets, own->prefix, dst) &&
            (best == NULL || own->prefix >= longest)) {
            best = dst;
            longest = own->prefix;
        }
    }
    if (best != NULL) {
        memmove(hop, best, 16);
    }
    return best != NULL;
}

bool sf_route_hop_again(struct sf_stack *st, enum sf_family family, const uint8_t dst[16],
                        uint8_t hop[16])
{
    struct sf_last_hop *last = &st->last_hop;

    if (last->family != family || memcmp(last->dst, dst, 16) != 0) {
        last->family = SF_UNSPEC;
        if (!sf_route_hop(st, family, dst, last->hop)) {
            return false;
        }
        memcpy(last->dst, dst, 16);
        last->family = (uint8_t)family;
    }
    memcpy(hop, last->hop, 16);
    return true;
}

/* How well an address of ours fits a destination; more is better, by the first rule that
 * tells them apart (RFC 6724 s5, rules 1, 2 and 8). */
static uint32_t fitness(const struct sf_own_addr *own, enum sf_family family,
                        const uint8_t dst[16], const uint8_t hop[16])
{
    const bool local = sf_ip_is_link_local(family, own->octets);
    const uint32_t bits = common_bits(own->octets, dst, family_bits(family));
    const bool near = covers(own->octets, own->prefix, hop);
    const bool scope = local == sf_ip_is_link_local(family, dst);

    return (uint32_t)scope << 9 | (uint32_t)near << 8 | bits;
}

const uint8_t *sf_route_source(const struct sf_stack *st, enum sf_family family,
                               const uint8_t dst[16])
{
    const uint8_t *best = NULL;
    uint32_t most = 0;
    uint8_t hop[16];

    if (!sf_route_hop(st, family, dst, hop)) {
        memcpy(hop, dst, 16);
    }
    for (uint32_t i = 0; i < st->n_addresses; i++) {
        const struct sf_own_addr *own = &st->addresses[i];
        uint32_t fit;

        if (own->family != family) {
            continue;
        }
        fit = fitness(own, family, dst, hop);
        if (best == NULL || fit > most) {
            best = own->octets;
            most = fit;
        }
    }
    return best;
}

/* It has a place of its own, beyond max_addresses. */
static bool has_link_local(const struct sf_config *cfg)
{
    return cfg->ethernet != 0 && cfg->mtu >= SF_IP6_MIN_MTU;
}

void sf_route_add_link_local(struct sf_stack *st)
{
    const struct sf_config *cfg = &st->tcp.cfg;
    struct sf_own_addr *own = &st->addresses[st->n_addresses];

    if (!has_link_local(cfg)) {
        return;
    }
    /* RFC 2464 s4: ff:fe in the middle, and the universal bit turned over. */
    *own = (struct sf_own_addr){
        .octets = {0xfe, 0x80, [8] = cfg->mac[0] ^ 0x02, cfg->mac[1], cfg->mac[2], 0xff, 0xfe,
                   cfg->mac[3], cfg->mac[4], cfg->mac[5]},
        .family = SF_IPV6,
        .prefix = 64,
    };
    st->n_addresses++;
}

static bool is_known_family(const struct sf_addr *addr, uint8_t prefix)
{
    return (addr->family == SF_IPV4 || addr->family == SF_IPV6) &&
           prefix <= family_bits((enum sf_family)addr->family);
}

/* Copy an address; what its family does not use becomes zero. */
static void copy_addr(uint8_t to[16], const struct sf_addr *addr)
{
    memset(to, 0, 16);
    memcpy(to, addr->octets, sf_ip_addr_octets((enum sf_family)addr->family));
}

enum sf_err sf_stack_add_address(struct sf_stack *stack, const struct sf_addr *addr,
                                 uint8_t prefix)
{
    const struct sf_config *cfg = &stack->tcp.cfg;
    const enum sf_family family = (enum sf_family)addr->family;
    struct sf_own_addr own = {.family = addr->family, .prefix = prefix};

    if (!is_known_family(addr, prefix) || !is_unicast(family, addr->octets)) {
        return SF_ERR_ADDR;
    }
    /* RFC 8200 s5: no IPv6 over a link that carries less. */
    if (family == SF_IPV6 && cfg->mtu < SF_IP6_MIN_MTU) {
        return SF_ERR_ADDR;
    }
    copy_addr(own.octets, addr);
    if (family == SF_IPV4 && is_net_broadcast(&own, sf_get32(own.octets))) {
        return SF_ERR_ADDR;
    }
    if (sf_route_is_ours(stack, family, own.octets)) {
        return SF_ERR_EXISTS;
    }
    if (stack->n_addresses == cfg->max_addresses + has_link_local(cfg)) {
        return SF_ERR_NO_MEMORY;
    }
    stack->addresses[stack->n_addresses++] = own;
    stack->last_hop.family = SF_UNSPEC;
    stack->last_source = 0; /* the new net may have it as its broadcast */
    return SF_OK;
}

enum sf_err sf_stack_add_route(struct sf_stack *stack, const struct sf_addr *net,
                               uint8_t prefix, const struct sf_addr *gateway)
{
    const struct sf_config *cfg = &stack->tcp.cfg;
    struct sf_route r = {.family = net->family, .prefix = prefix};

    if (!is_known_family(net, prefix)) {
        return SF_ERR_ADDR;
    }
    copy_addr(r.net, net);
    for (uint32_t bit = prefix; bit < 128; bit++) {
        r.net[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
    }
    if (cfg->ethernet != 0) {
        if (gateway->family != net->family ||
            !sf_route_is_host(stack, (enum sf_family)gateway->family, gateway->octets)) {
            return SF_ERR_ADDR;
        }
        copy_addr(r.gateway, gateway);
    }
    if (stack->n_routes == cfg->max_routes) {
        return SF_ERR_NO_MEMORY;
    }
    stack->routes[stack->n_routes++] = r;
    stack->last_hop.family = SF_UNSPEC;
    return SF_OK;
}
