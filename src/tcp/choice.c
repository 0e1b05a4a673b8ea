/* SPDX-License-Identifier: MIT
 *
 * tcp/choice.c - sets of options, shared by those that chose the same.
 */
#include "tcp/choice.h"

#include "base/assert.h"
#include "base/time.h"

static uint32_t to_ms(sf_span span)
{
    return (uint32_t)(span.ns / SF_NS_PER_MS);
}

static struct sf_choice *choice_at(const struct sf_tcp *t, uint32_t choice)
{
    return (struct sf_choice *)sf_pool_at(&t->choices, choice);
}

void sf_choice_init(struct sf_tcp *t)
{
    const struct sf_config *cfg = &t->cfg;

    memset(&t->standard, 0, sizeof(t->standard));
    t->standard.keep_idle_ms = to_ms(cfg->keepalive_idle);
    t->standard.keep_interval_ms = to_ms(cfg->keepalive_interval);
    t->standard.keep_limit = cfg->keepalive_probes;
    t->standard.user_timeout_ms = to_ms(cfg->user_timeout);
    t->standard.open_ms = to_ms(cfg->open_timeout);
    t->standard.fin_wait_2_ms = to_ms(cfg->fin_wait_2);
    t->standard.tos = (uint8_t)(cfg->tos & 0xfc);
    t->standard.hop_limit = cfg->hop_limit;
    t->standard.r1 = cfg->r1_retries;
    t->standard.r2 = cfg->r2_retries;
    t->standard.syn_r2 = cfg->syn_retries;
    t->syn_order = sf_seg_syn_order(cfg->syn_order);
}

/* Everything but how many hold it. */
static bool same(const struct sf_choice *a, const struct sf_choice *b)
{
    const size_t head = sizeof(a->refs);

    return memcmp((const uint8_t *)a + head, (const uint8_t *)b + head, sizeof(*a) - head) == 0;
}

static void keep(struct sf_choice *to, const struct sf_choice *wanted, uint32_t refs)
{
    memcpy(to, wanted, sizeof(*to));
    to->refs = refs;
}

/* A record made lately that is the same; 0 if there is none. */
static uint32_t find(const struct sf_tcp *t, const struct sf_choice *wanted)
{
    for (size_t i = 0; i < sizeof(t->choice_recent) / sizeof(t->choice_recent[0]); i++) {
        uint32_t index = t->choice_recent[i];

        if (index != 0 && same(choice_at(t, index), wanted)) {
            return index;
        }
    }
    return 0;
}

static void forget(struct sf_tcp *t, uint32_t choice)
{
    for (size_t i = 0; i < sizeof(t->choice_recent) / sizeof(t->choice_recent[0]); i++) {
        if (t->choice_recent[i] == choice) {
            t->choice_recent[i] = 0;
        }
    }
}

uint32_t sf_choice_share(struct sf_tcp *t, uint32_t choice)
{
    if (choice != 0) {
        choice_at(t, choice)->refs++;
    }
    return choice;
}

void sf_choice_drop(struct sf_tcp *t, uint32_t *holder)
{
    uint32_t choice = *holder;

    *holder = 0;
    if (choice == 0) {
        return;
    }
    SF_ASSERT(choice_at(t, choice)->refs != 0);
    if (--choice_at(t, choice)->refs == 0) {
        forget(t, choice);
        sf_pool_put(&t->choices, choice);
    }
}

bool sf_choice_set(struct sf_tcp *t, uint32_t *holder, const struct sf_choice *wanted)
{
    uint32_t made = 0;

    if (same(wanted, &t->standard)) {
        sf_choice_drop(t, holder);
        return true;
    }
    made = find(t, wanted);
    if (made != 0) {
        sf_choice_share(t, made);
        sf_choice_drop(t, holder);
        *holder = made;
        return true;
    }
    if (*holder != 0 && choice_at(t, *holder)->refs == 1) {
        keep(choice_at(t, *holder), wanted, 1);
        return true;
    }
    made = sf_pool_take(&t->choices);
    if (made == 0) {
        t->counters.refused_by_limit++;
        return false;
    }
    keep(choice_at(t, made), wanted, 1);
    sf_choice_drop(t, holder);
    *holder = made;
    t->choice_recent[t->choice_turn++ % 4] = made;
    return true;
}

void sf_choice_inherit(struct sf_tcp *t, struct sf_conn *c, const struct sf_listener *l)
{
    c->choice = sf_choice_share(t, l->choice);
    c->flags |= l->conn_flags;
    c->mss_peer = sf_choice_send_mss(t, c->choice, c->mss_peer);
    c->uto_owed = t->cfg.uto != 0 && sf_choice_of(t, c)->uto_ms != 0;
}

void sf_choice_reply(const struct sf_tcp *t, uint32_t choice, struct sf_reply *reply)
{
    reply->tos = sf_choice_at(t, choice)->tos;
    reply->hop_limit = sf_choice_at(t, choice)->hop_limit;
}

uint16_t sf_choice_mss(const struct sf_tcp *t, uint32_t choice, uint8_t family)
{
    uint32_t mss = t->cfg.mtu - (family == SF_IPV4 ? 40 : 60);
    uint32_t chosen = sf_choice_at(t, choice)->maxseg;

    return (uint16_t)(chosen != 0 && chosen < mss ? chosen : mss);
}

uint16_t sf_choice_send_mss(const struct sf_tcp *t, uint32_t choice, uint16_t peer)
{
    uint16_t chosen = sf_choice_at(t, choice)->maxseg;

    return chosen != 0 && chosen < peer ? chosen : peer;
}
