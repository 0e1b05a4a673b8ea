/* SPDX-License-Identifier: MIT
 *
 * tests/fuzz/wire_fuzz.h - what the targets for src/wire share.
 *
 * Each target hands its parser a block of exactly the input's size, so that AddressSanitizer
 * sees every octet read beyond it, and then holds the parser against the builder: what was
 * read, written and read again, is the same.
 */
#ifndef SYNFIN_TESTS_FUZZ_WIRE_FUZZ_H
#define SYNFIN_TESTS_FUZZ_WIRE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds for any input. */
#define HOLDS(what)    \
    do {               \
        if (!(what)) { \
            abort();   \
        }              \
    } while (0)

/* A block of n octets, and no octet more. */
static inline uint8_t *exactly(const uint8_t *data, size_t n)
{
    uint8_t *p = malloc(n);

    if (n != 0) {
        HOLDS(p != NULL);
        memcpy(p, data, n);
    }
    return p;
}

/* True if [at, at + octets) lies within [p, p + n). */
static inline bool within(const uint8_t *at, size_t octets, const uint8_t *p, size_t n)
{
    return at >= p && octets <= n && (size_t)(at - p) <= n - octets;
}

/* True if both are the same address of wire form. */
static inline bool same_address(enum sf_family family, const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, sf_ip_addr_octets(family)) == 0;
}

/* Make the checksum at offset 2 of an ICMP message right, as chance never will. */
static inline void seal_icmp(const struct sf_ip *ip, uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    if (n < 4) {
        return;
    }
    if (ip->family == SF_IPV6) {
        sum = sf_sum_pseudo(SF_IPV6, ip->src, ip->dst, SF_PROTO_ICMPV6, (uint32_t)n);
    }
    sf_put16(p + 2, 0);
    sf_put16(p + 2, sf_sum_end(sf_sum(p, n, sum)));
}

#endif
