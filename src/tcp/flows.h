/* SPDX-License-Identifier: MIT
 *
 * tcp/flows.h - which record a four-tuple belongs to: one keyed hash table for embryos,
 * connections and TIME-WAIT, chained through the records.
 */
#ifndef SF_TCP_FLOWS_H
#define SF_TCP_FLOWS_H

#include "tcp/tcp.h"

/* Octets of the longest sf_flow_key(). */
#define SF_FLOW_KEY_MAX 36

/* The octets of a tuple that its hashes are made of: remote and local address, remote and
 * local port, network order; returns how many: 12 or 36. */
uint32_t sf_flow_key(const struct sf_tuple *tuple, uint8_t key[SF_FLOW_KEY_MAX]);

/* How many buckets a configuration gets: three for every four records, and a multiple of 16. */
uint32_t sf_flow_buckets(const struct sf_config *cfg);

/* The id of the record of this tuple, or 0. */
uint32_t sf_flow_find(struct sf_tcp *t, const struct sf_tuple *tuple);

/* Enter a record by its own tuple.  Precondition: the tuple is not in the table. */
void sf_flow_insert(struct sf_tcp *t, uint32_t id);

/* Take a record out.  Precondition: it is in the table. */
void sf_flow_remove(struct sf_tcp *t, uint32_t id);

/* Let a record take the place of another of the same tuple, which is in the table. */
void sf_flow_replace(struct sf_tcp *t, uint32_t id, uint32_t by);

/* The tuple of a record: copied out, as TIME-WAIT keeps it in fewer octets. */
void sf_flow_tuple(const struct sf_tcp *t, uint32_t id, struct sf_tuple *tuple);

#endif
