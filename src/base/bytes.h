/* SPDX-License-Identifier: MIT
 *
 * base/bytes.h - integers in memory, in the network's order (RFC 791 appendix B).
 *
 * Right at any alignment and on any machine.  Both compilers make one load and one swap
 * of what is read octet by octet; what is written so, gcc 12 gathers from neighbouring
 * calls into vectors, octet by octet again, at several times the cost.
 */
#ifndef SF_BASE_BYTES_H
#define SF_BASE_BYTES_H

#include <stdint.h>
#include <string.h>

/* Whether the network's order is this machine's. */
enum {
    SF_BIG_ENDIAN = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};

static inline uint16_t sf_get16(const uint8_t *p)
{
    return (uint16_t)((uint32_t)p[0] << 8 | p[1]);
}

static inline uint32_t sf_get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t sf_get64(const uint8_t *p)
{
    return (uint64_t)sf_get32(p) << 32 | sf_get32(p + 4);
}

static inline void sf_put16(uint8_t *p, uint16_t v)
{
    const uint16_t octets = SF_BIG_ENDIAN ? v : __builtin_bswap16(v);

    memcpy(p, &octets, sizeof(octets));
}

static inline void sf_put32(uint8_t *p, uint32_t v)
{
    const uint32_t octets = SF_BIG_ENDIAN ? v : __builtin_bswap32(v);

    memcpy(p, &octets, sizeof(octets));
}

static inline void sf_put64(uint8_t *p, uint64_t v)
{
    const uint64_t octets = SF_BIG_ENDIAN ? v : __builtin_bswap64(v);

    memcpy(p, &octets, sizeof(octets));
}

/* The other order, least octet first, which SipHash is defined in. */
static inline uint32_t sf_get32_le(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t sf_get64_le(const uint8_t *p)
{
    return (uint64_t)sf_get32_le(p + 4) << 32 | sf_get32_le(p);
}

#endif
