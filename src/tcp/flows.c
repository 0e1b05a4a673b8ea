/* SPDX-License-Identifier: MIT
 *
 * tcp/flows.c - the table of four-tuples.
 *
 *   arrive.c, user calls -> [flows.c] -> conns, embryos, TIME-WAIT rings
 *
 * A bucket holds the id of the first record of its chain, each record that of the next.
 * The hash is keyed: who could foresee it would send us chains of any length.
 */
#include "tcp/flows.h"

#include "base/bytes.h"
#include "tcp/timewait.h"

uint32_t sf_flow_buckets(const struct sf_config *cfg)
{
    /* One ring of TIME-WAIT: both full at once would make chains longer, no more. */
    uint64_t records = (uint64_t)cfg->max_connections + cfg->max_embryos + cfg->max_time_waits;
    uint64_t buckets = (records * 3 / 4 + 15) / 16 * 16;

    return buckets > 64 ? (uint32_t)buckets : 64;
}

uint32_t sf_flow_key(const struct sf_tuple *tuple, uint8_t key[SF_FLOW_KEY_MAX])
{
    uint32_t octets = tuple->family == SF_IPV6 ? 16 : 4;

    memcpy(key, tuple->remote, octets);
    memcpy(key + octets, tuple->local, octets);
    key += (size_t)2 * octets;
    sf_put16(key, tuple->rport);
    sf_put16(key + 2, tuple->lport);
    return 2 * octets + 4;
}

static uint32_t *bucket_of(const struct sf_tcp *t, const struct sf_tuple *tuple)
{
    uint8_t key[SF_FLOW_KEY_MAX];
    uint64_t hash = sf_flow_key(tuple, key) == SF_FLOW_KEY_MAX
                        ? sf_siphash13_36(&t->flow_key, key)
                        : sf_siphash13_12(&t->flow_key, key);

    /* Any number of buckets: the hash as a fraction of it. */
    return &t->buckets[(hash & UINT32_MAX) * t->n_buckets >> 32];
}

static struct sf_conn *conn_at(const struct sf_tcp *t, uint32_t id)
{
    return sf_pool_at(&t->conns, sf_timer_index(id));
}

static struct sf_embryo *embryo_at(const struct sf_tcp *t, uint32_t id)
{
    return sf_pool_at(&t->embryos, sf_timer_index(id));
}

/* Where a record keeps the id of the next one in its chain. */
static uint32_t *link_of(const struct sf_tcp *t, uint32_t id)
{
    switch (sf_timer_kind(id)) {
    case SF_ID_CONN:
        return &conn_at(t, id)->hash_next;
    case SF_ID_EMBRYO:
        return &embryo_at(t, id)->hash_next;
    default:
        return sf_tw_hash_next(t, id);
    }
}

static bool is_of(const struct sf_tcp *t, uint32_t id, const struct sf_tuple *tuple)
{
    switch (sf_timer_kind(id)) {
    case SF_ID_CONN:
        return sf_tuple_equal(&conn_at(t, id)->tuple, tuple);
    case SF_ID_EMBRYO:
        return sf_tuple_equal(&embryo_at(t, id)->tuple, tuple);
    default:
        return sf_tw_is(t, id, tuple);
    }
}

void sf_flow_tuple(const struct sf_tcp *t, uint32_t id, struct sf_tuple *tuple)
{
    switch (sf_timer_kind(id)) {
    case SF_ID_CONN:
        *tuple = conn_at(t, id)->tuple;
        break;
    case SF_ID_EMBRYO:
        *tuple = embryo_at(t, id)->tuple;
        break;
    default:
        sf_tw_tuple(t, id, tuple);
        break;
    }
}

uint32_t sf_flow_find(struct sf_tcp *t, const struct sf_tuple *tuple)
{
    if (t->last_flow != 0 && is_of(t, t->last_flow, tuple)) {
        return t->last_flow;
    }
    for (uint32_t id = *bucket_of(t, tuple); id != 0; id = *link_of(t, id)) {
        if (is_of(t, id, tuple)) {
            t->last_flow = id;
            return id;
        }
    }
    return 0;
}

void sf_flow_insert(struct sf_tcp *t, uint32_t id)
{
    struct sf_tuple tuple;

    sf_flow_tuple(t, id, &tuple);

    uint32_t *bucket = bucket_of(t, &tuple);

    *link_of(t, id) = *bucket;
    *bucket = id;
}

/* The link that names a record, in its bucket or in the record before it. */
static uint32_t *link_to(struct sf_tcp *t, uint32_t id)
{
    struct sf_tuple tuple;

    sf_flow_tuple(t, id, &tuple);

    uint32_t *link = bucket_of(t, &tuple);

    while (*link != id) {
        SF_ASSERT(*link != 0);
        link = link_of(t, *link);
    }
    /* Every way out of the table comes through here. */
    if (t->last_flow == id) {
        t->last_flow = 0;
    }
    return link;
}

void sf_flow_remove(struct sf_tcp *t, uint32_t id)
{
    uint32_t *link = link_to(t, id);
    uint32_t *own = link_of(t, id);

    *link = *own;
    *own = 0;
}

void sf_flow_replace(struct sf_tcp *t, uint32_t id, uint32_t by)
{
    uint32_t *link = link_to(t, id);
    uint32_t *own = link_of(t, id);

    *link_of(t, by) = *own;
    *link = by;
    *own = 0;
}
