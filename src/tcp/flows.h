/* SPDX-License-Identifier: MIT
 *
 * tcp/flows.h - which record a four-tuple belongs to: one keyed hash table for embryos,
 * connections and TIME-WAIT, chained through the records.
 */
#ifndef SF_TCP_FLOWS_H
#define SF_TCP_FLOWS_H

#include "tcp/tcp.h"

/* How many buckets a configuration gets: a power of two. */
uint32_t sf_flow_buckets(const struct sf_config *cfg);

/* The id of the record of this tuple, or 0. */
uint32_t sf_flow_find(struct sf_tcp *t, const struct sf_tuple *tuple);

/* Enter a record by its own tuple.  Precondition: the tuple is not in the table. */
void sf_flow_insert(struct sf_tcp *t, uint32_t id);

/* Take a record out.  Precondition: it is in the table. */
void sf_flow_remove(struct sf_tcp *t, uint32_t id);

/* The tuple of a record: copied out, as TIME-WAIT keeps it in fewer octets. */
void sf_flow_tuple(const struct sf_tcp *t, uint32_t id, struct sf_tuple *tuple);

#endif
