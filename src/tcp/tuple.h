/* SPDX-License-Identifier: MIT
 *
 * tcp/tuple.h - the two ends of a connection, as the key of everything.
 *
 * An IPv4 address uses the first four octets; the rest is zero, always, so that tuples
 * compare with memcmp.
 */
#ifndef SF_TCP_TUPLE_H
#define SF_TCP_TUPLE_H

#include <string.h>

#include "synfin/types.h"

struct sf_tuple {
    uint8_t remote[16]; /* network order */
    uint8_t local[16];
    uint16_t rport; /* host order */
    uint16_t lport;
    uint8_t family; /* enum sf_family */
    uint8_t zero;   /* pads; always 0 */
};

static inline bool sf_tuple_equal(const struct sf_tuple *a, const struct sf_tuple *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

#endif
