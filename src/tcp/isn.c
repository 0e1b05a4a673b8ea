/* SPDX-License-Identifier: MIT
 *
 * tcp/isn.c - initial sequence numbers, timestamp offsets, ephemeral ports.
 *
 * Each is a keyed hash of the tuple, with a key of its own: whoever sees many of them
 * learns nothing of another tuple's.
 */
#include "tcp/isn.h"

#include "tcp/flows.h"

/* M of RFC 6528 s3 goes on by one in 4 microseconds. */
#define ISN_TICK_NS 4000

static uint64_t hash_tuple(const struct sf_sipkey *key, const struct sf_tuple *tuple)
{
    uint8_t octets[SF_FLOW_KEY_MAX];

    return sf_flow_key(tuple, octets) == SF_FLOW_KEY_MAX ? sf_siphash24_36(key, octets)
                                                         : sf_siphash24_12(key, octets);
}

sf_seq sf_isn(const struct sf_tcp *t, const struct sf_tuple *tuple, sf_time now)
{
    uint32_t m = (uint32_t)(now.ns / ISN_TICK_NS);

    if (t->cfg.iss_fixed != 0) {
        return (sf_seq){t->cfg.iss}; /* a configuration for tests */
    }
    return (sf_seq){m + (uint32_t)hash_tuple(&t->isn_key, tuple)};
}

/* The same for every incarnation of a tuple, so that a new one's timestamps follow the old
 * one's: RFC 6191 builds on that. */
uint32_t sf_ts_offset(const struct sf_tcp *t, const struct sf_tuple *tuple)
{
    return (uint32_t)hash_tuple(&t->ts_key, tuple);
}

static bool hashes_home(const struct sf_tcp *t, const struct sf_tuple *tuple)
{
    struct sf_endpoint local = {.addr.family = tuple->family, .port = tuple->lport};
    struct sf_endpoint remote = {.addr.family = tuple->family, .port = tuple->rport};

    if (t->cfg.workers == 1) {
        return true;
    }
    memcpy(local.addr.octets, tuple->local, sizeof(tuple->local));
    memcpy(remote.addr.octets, tuple->remote, sizeof(tuple->remote));
    return sf_steer(&local, &remote, t->cfg.workers) == t->cfg.worker;
}

/* RFC 6056 s3.3.4: the offset is the destination's own; destinations that share a counter
 * (the other half of the hash says which) do not give one another's ports away. */
bool sf_port_choose(struct sf_tcp *t, struct sf_tuple *tuple)
{
    uint32_t ports = (uint32_t)t->cfg.port_high - t->cfg.port_low + 1;

    tuple->lport = 0;

    uint64_t hash = hash_tuple(&t->port_key, tuple);
    uint32_t offset = (uint32_t)hash;
    uint32_t *counter = &t->port_counters[(hash >> 32) % SF_PORT_COUNTERS];

    for (uint32_t tries = 0; tries < ports; tries++) {
        uint32_t nth = (uint32_t)(((uint64_t)offset + *counter) % ports);

        (*counter)++;
        tuple->lport = (uint16_t)(t->cfg.port_low + nth);
        if (hashes_home(t, tuple) && sf_flow_find(t, tuple) == 0) {
            return true;
        }
    }
    tuple->lport = 0;
    return false;
}
