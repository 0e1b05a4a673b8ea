/* SPDX-License-Identifier: MIT
 *
 * base/rng.h - chance that can be repeated: numbers from a seed.
 *
 * SipHash-2-4 of a counter: who does not know the seed cannot tell the numbers from
 * random ones (RFC 4086 s6 asks no less for what goes on the wire), and the same
 * seed gives the same numbers on every machine.  There is no other source of chance
 * in the engine.
 */
#ifndef SF_BASE_RNG_H
#define SF_BASE_RNG_H

#include <stdint.h>

#include "base/siphash.h"

#define SF_RNG_SEED_OCTETS 32

struct sf_rng {
    struct sf_sipkey key; /* the seed's first half */
    uint64_t salt[2];     /* the seed's second half: hashed before the counter */
    uint64_t counter;     /* numbers drawn */
};

/* All 32 octets count.  The seed is copied. */
void sf_rng_init(struct sf_rng *r, const uint8_t seed[SF_RNG_SEED_OCTETS]);

uint64_t sf_rng_u64(struct sf_rng *r);
uint32_t sf_rng_u32(struct sf_rng *r);

/* One of 0 to n - 1, each as likely as the others; n is not 0. */
uint32_t sf_rng_below(struct sf_rng *r, uint32_t n);

#endif
