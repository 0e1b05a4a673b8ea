/* SPDX-License-Identifier: MIT
 *
 * wire/checksum.c - the internet checksum (RFC 1071, RFC 1624), portably.
 *
 * All arithmetic is modulo 2^16 - 1.  2^32 - 1 and 2^64 - 1 are multiples of it, so whole
 * machine words may be added as long as each carry out of the top comes back in at the
 * bottom (RFC 1071 s2 (C)), and rotating by 8 bits swaps the octets of every word.
 */
#include "wire/checksum.h"

#include <string.h>

#include "base/bytes.h"

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint32_t load32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

/* A number as the word that it makes in memory, in the network's order. */
static uint32_t in_memory(uint32_t value)
{
    uint8_t octets[4];

    sf_put32(octets, value);
    return load32(octets);
}

/* 64 bits to 32, modulo 2^32 - 1.  The second step takes in the first one's carry. */
static uint32_t fold64(uint64_t s)
{
    s = (s & 0xffffffff) + (s >> 32);
    s = (s & 0xffffffff) + (s >> 32);
    return (uint32_t)s;
}

uint32_t sf_sum(const void *p, size_t n, uint32_t sum)
{
    const uint8_t *at = p;
    uint64_t s = sum;

    if (n >= 32) {
        /* Two chains, and the carries counted apart: neither waits for the other. */
        uint64_t a = 0;
        uint64_t b = 0;
        uint64_t a_carries = 0;
        uint64_t b_carries = 0;

        do {
            const uint64_t v0 = load64(at);
            const uint64_t v1 = load64(at + 8);
            const uint64_t v2 = load64(at + 16);
            const uint64_t v3 = load64(at + 24);

            a += v0;
            a_carries += a < v0;
            b += v1;
            b_carries += b < v1;
            a += v2;
            a_carries += a < v2;
            b += v3;
            b_carries += b < v3;
            at += 32;
            n -= 32;
        } while (n >= 32);
        s += (uint64_t)fold64(a) + fold64(b) + fold64(a_carries) + fold64(b_carries);
    }
    while (n >= 4) {
        s += load32(at);
        at += 4;
        n -= 4;
    }
    if (n >= 2) {
        uint16_t v;

        memcpy(&v, at, sizeof(v));
        s += v;
        at += 2;
        n -= 2;
    }
    if (n != 0) {
        /* The first octet of a word in memory, whatever half of it that is. */
        uint16_t v = 0;

        memcpy(&v, at, 1);
        s += v;
    }
    return fold64(s);
}

/* Two passes: with the library's own copy they beat a plain loop that does both. */
uint32_t sf_sum_copy(void *to, const void *from, size_t n, uint32_t sum)
{
    memcpy(to, from, n);
    return sf_sum(from, n, sum);
}

uint32_t sf_sum_with(enum sf_sum_level level, const void *p, size_t n, uint32_t sum)
{
    static uint32_t (*const table[SF_SUM_LEVELS])(const void *, size_t, uint32_t) = {
        [SF_SUM_PORTABLE] = sf_sum,
        [SF_SUM_AVX2] = sf_sum_avx2,
    };

    return table[level](p, n, sum);
}

uint32_t sf_sum_copy_with(enum sf_sum_level level, void *to, const void *from, size_t n,
                          uint32_t sum)
{
    static uint32_t (*const table[SF_SUM_LEVELS])(void *, const void *, size_t, uint32_t) = {
        [SF_SUM_PORTABLE] = sf_sum_copy,
        [SF_SUM_AVX2] = sf_sum_copy_avx2,
    };

    return table[level](to, from, n, sum);
}

uint32_t sf_sum_join(uint32_t sum, uint32_t part, bool odd)
{
    if (odd) {
        part = part << 8 | part >> 24;
    }
    return fold64((uint64_t)sum + part);
}

uint32_t sf_sum_at(const void *p, size_t n, uint32_t sum, bool odd)
{
    return sf_sum_join(sum, sf_sum(p, n, 0), odd);
}

uint32_t sf_sum_word(uint32_t sum, uint16_t value)
{
    return fold64((uint64_t)sum + in_memory(value));
}

uint32_t sf_sum_pseudo(enum sf_family family, const uint8_t *src, const uint8_t *dst,
                       uint8_t protocol, uint32_t octets)
{
    /* IPv4's 16-bit length is IPv6's 32-bit one with zeros ahead, which add nothing; neither do
     * those ahead of the protocol. */
    uint64_t s = (uint64_t)in_memory(octets) + in_memory(protocol);

    if (family == SF_IPV4) {
        s += (uint64_t)load32(src) + load32(dst);
    } else {
        for (size_t i = 0; i < 16; i += 4) {
            s += (uint64_t)load32(src + i) + load32(dst + i);
        }
    }
    return fold64(s);
}

uint16_t sf_sum_fold(uint32_t sum)
{
    uint8_t octets[2];
    uint16_t word;

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    /* From memory's order to a number. */
    word = (uint16_t)sum;
    memcpy(octets, &word, sizeof(octets));
    return sf_get16(octets);
}

uint16_t sf_sum_end(uint32_t sum)
{
    return (uint16_t)~sf_sum_fold(sum);
}

uint16_t sf_sum_update(uint16_t checksum, uint16_t old, uint16_t now)
{
    /* HC' = ~(~HC + ~m + m') */
    uint32_t sum = (uint32_t)(uint16_t)~checksum + (uint16_t)~old + now;

    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

uint16_t sf_sum_update32(uint16_t checksum, uint32_t old, uint32_t now)
{
    checksum = sf_sum_update(checksum, (uint16_t)(old >> 16), (uint16_t)(now >> 16));
    return sf_sum_update(checksum, (uint16_t)old, (uint16_t)now);
}
