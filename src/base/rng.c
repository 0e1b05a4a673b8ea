/* SPDX-License-Identifier: MIT
 *
 * base/rng.c - numbers from a seed: SipHash-2-4 of salt and counter.
 */
#include "base/rng.h"

#include "base/assert.h"

void sf_rng_init(struct sf_rng *r, const uint8_t seed[SF_RNG_SEED_OCTETS])
{
    *r = (struct sf_rng){
        .key = sf_sipkey_from(seed),
        .salt = {sf_get64_le(seed + 16), sf_get64_le(seed + 24)},
    };
}

uint64_t sf_rng_u64(struct sf_rng *r)
{
    struct sf_sipstate s = sf_sip_start(&r->key);

    sf_sip_word(&s, 2, r->salt[0]);
    sf_sip_word(&s, 2, r->salt[1]);
    sf_sip_word(&s, 2, r->counter++);
    sf_sip_word(&s, 2, (uint64_t)24 << 56); /* so that it is SipHash-2-4 of 24 octets */
    return sf_sip_end(&s, 4);
}

uint32_t sf_rng_u32(struct sf_rng *r)
{
    return (uint32_t)(sf_rng_u64(r) >> 32);
}

/* D. Lemire, "Fast random integer generation in an interval", 2019: the top word of
 * draw * n is the answer; of the 2^32 draws, 2^32 mod n are refused, so that each
 * answer has equally many. */
uint32_t sf_rng_below(struct sf_rng *r, uint32_t n)
{
    uint64_t product = (uint64_t)sf_rng_u32(r) * n;

    SF_ASSERT(n != 0);
    if ((uint32_t)product < n) {
        uint32_t refused = (0 - n) % n; /* 2^32 mod n */

        while ((uint32_t)product < refused) {
            product = (uint64_t)sf_rng_u32(r) * n;
        }
    }
    return (uint32_t)(product >> 32);
}
