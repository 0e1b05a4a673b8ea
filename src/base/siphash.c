/* SPDX-License-Identifier: MIT
 *
 * base/siphash.c - SipHash of any number of octets; the fixed forms are in the header.
 */
#include "base/siphash.h"

/* Section 2.2 of the paper: whole words, then one of what is left with the length,
 * modulo 256, in its top octet. */
static inline uint64_t hash(const struct sf_sipkey *key, const uint8_t *p, size_t octets, int c,
                            int d)
{
    struct sf_sipstate s = sf_sip_start(key);
    uint64_t last = (uint64_t)octets << 56;

    for (; octets >= 8; octets -= 8, p += 8) {
        sf_sip_word(&s, c, sf_get64_le(p));
    }
    for (size_t i = 0; i < octets; i++) {
        last |= (uint64_t)p[i] << (8 * i);
    }
    sf_sip_word(&s, c, last);
    return sf_sip_end(&s, d);
}

uint64_t sf_siphash24(const struct sf_sipkey *key, const void *data, size_t octets)
{
    return hash(key, data, octets, 2, 4);
}

uint64_t sf_siphash13(const struct sf_sipkey *key, const void *data, size_t octets)
{
    return hash(key, data, octets, 1, 3);
}
