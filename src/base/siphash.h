/* SPDX-License-Identifier: MIT
 *
 * base/siphash.h - SipHash-2-4 and SipHash-1-3, a short keyed hash of 64 bits.
 *
 * J.-P. Aumasson and D. J. Bernstein, "SipHash: a fast short-input PRF", 2012.  2-4
 * is for what a stranger sees (initial sequence numbers, RFC 6528 s3; the random
 * generator), 1-3 for hash tables, whose values nobody sees.
 *
 * The forms for 12 and 36 octets are for the addresses and ports of a connection,
 * over IPv4 and IPv6.  They give what the general ones give, without the loop.
 */
#ifndef SF_BASE_SIPHASH_H
#define SF_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* The key; of 16 octets, each half is read least octet first, as in the paper. */
struct sf_sipkey {
    uint64_t k0, k1;
};

struct sf_sipstate {
    uint64_t v0, v1, v2, v3;
};

static inline struct sf_sipkey sf_sipkey_from(const uint8_t octets[16])
{
    return (struct sf_sipkey){.k0 = sf_get64_le(octets), .k1 = sf_get64_le(octets + 8)};
}

uint64_t sf_siphash24(const struct sf_sipkey *key, const void *data, size_t octets);
uint64_t sf_siphash13(const struct sf_sipkey *key, const void *data, size_t octets);

static inline uint64_t sf_sip_rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static inline void sf_sip_rounds(struct sf_sipstate *s, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        s->v0 += s->v1;
        s->v1 = sf_sip_rotl(s->v1, 13) ^ s->v0;
        s->v0 = sf_sip_rotl(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = sf_sip_rotl(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = sf_sip_rotl(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = sf_sip_rotl(s->v1, 17) ^ s->v2;
        s->v2 = sf_sip_rotl(s->v2, 32);
    }
}

static inline struct sf_sipstate sf_sip_start(const struct sf_sipkey *key)
{
    return (struct sf_sipstate){
        .v0 = key->k0 ^ UINT64_C(0x736f6d6570736575), /* "somepseudorandomlygeneratedbytes" */
        .v1 = key->k1 ^ UINT64_C(0x646f72616e646f6d),
        .v2 = key->k0 ^ UINT64_C(0x6c7967656e657261),
        .v3 = key->k1 ^ UINT64_C(0x7465646279746573),
    };
}

static inline void sf_sip_word(struct sf_sipstate *s, int rounds, uint64_t m)
{
    s->v3 ^= m;
    sf_sip_rounds(s, rounds);
    s->v0 ^= m;
}

static inline uint64_t sf_sip_end(struct sf_sipstate *s, int rounds)
{
    s->v2 ^= 0xff;
    sf_sip_rounds(s, rounds);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* With c and d known to the compiler this is straight code. */
static inline uint64_t sf_sip_12(const struct sf_sipkey *key, const uint8_t *p, int c, int d)
{
    struct sf_sipstate s = sf_sip_start(key);

    sf_sip_word(&s, c, sf_get64_le(p));
    sf_sip_word(&s, c, (uint64_t)12 << 56 | sf_get32_le(p + 8));
    return sf_sip_end(&s, d);
}

static inline uint64_t sf_sip_36(const struct sf_sipkey *key, const uint8_t *p, int c, int d)
{
    struct sf_sipstate s = sf_sip_start(key);

    sf_sip_word(&s, c, sf_get64_le(p));
    sf_sip_word(&s, c, sf_get64_le(p + 8));
    sf_sip_word(&s, c, sf_get64_le(p + 16));
    sf_sip_word(&s, c, sf_get64_le(p + 24));
    sf_sip_word(&s, c, (uint64_t)36 << 56 | sf_get32_le(p + 32));
    return sf_sip_end(&s, d);
}

static inline uint64_t sf_siphash24_12(const struct sf_sipkey *key, const uint8_t *p)
{
    return sf_sip_12(key, p, 2, 4);
}

static inline uint64_t sf_siphash24_36(const struct sf_sipkey *key, const uint8_t *p)
{
    return sf_sip_36(key, p, 2, 4);
}

static inline uint64_t sf_siphash13_12(const struct sf_sipkey *key, const uint8_t *p)
{
    return sf_sip_12(key, p, 1, 3);
}

static inline uint64_t sf_siphash13_36(const struct sf_sipkey *key, const uint8_t *p)
{
    return sf_sip_36(key, p, 1, 3);
}

#endif
