/* SPDX-License-Identifier: MIT
 *
 * stack/neigh.c - the table of neighbours: a keyed hash, a list by last use, a timer for each.
 */
#include "stack/neigh.h"

#include <string.h>

#include "base/siphash.h"
#include "base/time.h"
#include "stack/own.h"
#include "stack/rx.h"

enum {
    QUESTIONS = 3, /* MAX_MULTICAST_SOLICIT, MAX_UNICAST_SOLICIT (RFC 4861 s10) */
};

/* RETRANS_TIMER, REACHABLE_TIME and DELAY_FIRST_PROBE_TIME (RFC 4861 s10). */
#define BETWEEN_QUESTIONS SF_S(1)
#define REACHABLE_TIME    SF_S(30)
#define DELAY_FIRST_PROBE SF_S(5)

#define RECENT offsetof(struct sf_neigh, recent)

static struct sf_neigh *at(const struct sf_stack *st, uint32_t index)
{
    return (struct sf_neigh *)sf_pool_at(&st->neighs, index);
}

static uint32_t timer_of(uint32_t index)
{
    return sf_timer_id(SF_TK_STACK, index);
}

static uint32_t *bucket(const struct sf_stack *st, const uint8_t addr[16])
{
    return &st->neigh_buckets[sf_siphash13(&st->key, addr, 16) & st->neigh_mask];
}

static bool is(const struct sf_neigh *n, enum sf_family family, const uint8_t addr[16])
{
    return n->family == family && memcmp(n->octets, addr, 16) == 0;
}

static uint32_t find(struct sf_stack *st, enum sf_family family, const uint8_t addr[16])
{
    uint32_t index = st->last_neigh;

    if (index != 0 && is(at(st, index), family, addr)) {
        return index;
    }
    index = *bucket(st, addr);
    while (index != 0 && !is(at(st, index), family, addr)) {
        index = at(st, index)->chain;
    }
    if (index != 0) {
        st->last_neigh = index;
    }
    return index;
}

/* What it held is lost, as on a network whose host is down. */
static void drop_held(struct sf_stack *st, uint32_t index)
{
    struct sf_neigh *n = at(st, index);

    if (n->holds) {
        sf_own_drop(st, &st->held[index - 1]);
        n->holds = false;
    }
}

static void forget(struct sf_stack *st, uint32_t index)
{
    struct sf_neigh *n = at(st, index);
    uint32_t *link = bucket(st, n->octets);

    while (*link != index) {
        link = &at(st, *link)->chain;
    }
    *link = n->chain;
    drop_held(st, index);
    sf_wheel_cancel(&st->tcp.wheel, timer_of(index));
    sf_list_remove(&st->recent, &st->neighs, RECENT, index);
    st->last_neigh = 0;
    sf_pool_put(&st->neighs, index);
}

/* A new record without a MAC; the one whose use is longest ago makes room. */
static uint32_t create(struct sf_stack *st, enum sf_family family, const uint8_t addr[16])
{
    uint32_t *head = bucket(st, addr);
    uint32_t index = sf_pool_take(&st->neighs);
    struct sf_neigh *n;

    if (index == 0) {
        forget(st, sf_list_first(&st->recent));
        index = sf_pool_take(&st->neighs);
    }
    n = at(st, index);
    *n = (struct sf_neigh){
        .chain = *head, .family = (uint8_t)family, .state = SF_NEIGH_INCOMPLETE};
    memcpy(n->octets, addr, 16);
    *head = index;
    sf_list_push_tail(&st->recent, &st->neighs, RECENT, index);
    return index;
}

static void ask(struct sf_stack *st, uint32_t index, sf_time now)
{
    struct sf_neigh *n = at(st, index);
    const uint8_t *mac = n->state == SF_NEIGH_PROBE ? n->mac : NULL;

    n->asked++;
    sf_wheel_arm(&st->tcp.wheel, timer_of(index), sf_time_add(now, BETWEEN_QUESTIONS));
    if (n->family == SF_IPV4) {
        sf_arp_ask(st, n->octets, mac);
    } else {
        sf_ndp_ask(st, n->octets, mac);
    }
}

void sf_neigh_timer(struct sf_stack *st, uint32_t index, sf_time now)
{
    struct sf_neigh *n = at(st, index);

    if (n->state == SF_NEIGH_DELAY) {
        n->state = SF_NEIGH_PROBE;
        n->asked = 0;
    }
    if (n->asked < QUESTIONS) {
        ask(st, index, now);
    } else {
        if (n->holds) {
            sf_icmp_unresolved(st, &st->held[index - 1], now);
        }
        /* RFC 4861 s7.3.3: whoever is used again is asked for anew, and everybody is asked. */
        forget(st, index);
    }
}

/* A state in which nobody is asked. */
static void settle(struct sf_stack *st, uint32_t index, enum sf_neigh_state state, sf_time now)
{
    struct sf_neigh *n = at(st, index);

    sf_wheel_cancel(&st->tcp.wheel, timer_of(index));
    n->state = (uint8_t)state;
    if (state == SF_NEIGH_REACHABLE) {
        n->confirmed_ns = now.ns;
    }
}

/* The MAC is known now: what was held leaves. */
static void release(struct sf_stack *st, uint32_t index)
{
    struct sf_neigh *n = at(st, index);
    struct sf_own *own;

    if (!n->holds) {
        return;
    }
    own = sf_own_put(st, true);
    if (own == NULL) {
        drop_held(st, index);
        return;
    }
    own->frame = st->held[index - 1];
    own->whole = true;
    n->holds = false;
    sf_neigh_eth_head(st, &own->frame, n->mac);
}

/* News of a record that has a MAC (RFC 4861 s7.2.5; of RFC 826 all news override). */
static void update(struct sf_stack *st, uint32_t index, const uint8_t *mac, uint32_t news,
                   sf_time now)
{
    struct sf_neigh *n = at(st, index);
    const bool differs = mac != NULL && !sf_mac_equal(mac, n->mac);

    if (differs && (news & SF_NEWS_OVERRIDE) == 0) {
        if (n->state == SF_NEIGH_REACHABLE) {
            settle(st, index, SF_NEIGH_STALE, now);
        }
        return;
    }
    if (differs) {
        memcpy(n->mac, mac, SF_MAC);
    }
    if ((news & SF_NEWS_CONFIRMED) != 0) {
        settle(st, index, SF_NEIGH_REACHABLE, now);
    } else if (differs) {
        settle(st, index, SF_NEIGH_STALE, now);
    }
}

void sf_neigh_heard(struct sf_stack *st, enum sf_family family, const uint8_t addr[16],
                    const uint8_t *mac, uint32_t news, sf_time now)
{
    uint32_t index = find(st, family, addr);
    struct sf_neigh *n;

    if (index == 0 && (news & SF_NEWS_CREATE) != 0 && mac != NULL) {
        index = create(st, family, addr);
    }
    if (index == 0) {
        return;
    }
    n = at(st, index);
    if (n->state != SF_NEIGH_INCOMPLETE) {
        update(st, index, mac, news, now);
    } else if (mac != NULL) {
        memcpy(n->mac, mac, SF_MAC);
        settle(st, index, (news & SF_NEWS_CONFIRMED) != 0 ? SF_NEIGH_REACHABLE : SF_NEIGH_STALE,
               now);
        release(st, index);
    }
}

static void hold(struct sf_stack *st, uint32_t index, const struct sf_frame *frame)
{
    /* RFC 1122 s2.3.2.2: at least one, and the latest. */
    drop_held(st, index);
    st->held[index - 1] = *frame;
    at(st, index)->holds = true;
}

static void used(struct sf_stack *st, uint32_t index, sf_time now)
{
    struct sf_neigh *n = at(st, index);
    const sf_time until = sf_time_add((sf_time){n->confirmed_ns}, REACHABLE_TIME);

    if (sf_list_last(&st->recent) != index) {
        sf_list_remove(&st->recent, &st->neighs, RECENT, index);
        sf_list_push_tail(&st->recent, &st->neighs, RECENT, index);
    }
    if (n->state == SF_NEIGH_REACHABLE && !sf_time_before(now, until)) {
        n->state = SF_NEIGH_STALE;
    }
    if (n->state == SF_NEIGH_STALE) {
        n->state = SF_NEIGH_DELAY;
        sf_wheel_arm(&st->tcp.wheel, timer_of(index), sf_time_add(now, DELAY_FIRST_PROBE));
    }
}

bool sf_neigh_send(struct sf_stack *st, struct sf_frame *frame, const uint8_t hop[16],
                   sf_time now)
{
    const enum sf_family family = (enum sf_family)frame->family;
    uint32_t index = find(st, family, hop);
    struct sf_neigh *n;

    if (index == 0) {
        index = create(st, family, hop);
        ask(st, index, now);
    }
    n = at(st, index);
    used(st, index, now);
    if (n->state == SF_NEIGH_INCOMPLETE) {
        hold(st, index, frame);
        return false;
    }
    sf_neigh_eth_head(st, frame, n->mac);
    return true;
}

void sf_neigh_eth_head(const struct sf_stack *st, struct sf_frame *frame, const uint8_t *mac)
{
    const struct sf_eth eth = {
        .dst = mac,
        .src = st->tcp.cfg.mac,
        .type = frame->family == SF_IPV4   ? SF_ETH_IPV4
                : frame->family == SF_IPV6 ? SF_ETH_IPV6
                                           : SF_ETH_ARP,
    };

    sf_eth_build(frame->head, &eth);
}
