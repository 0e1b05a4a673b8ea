/* SPDX-License-Identifier: MIT
 *
 * base/bytes.h - integers in memory, in the network's order (RFC 791 appendix B).
 *
 * Octet by octet: right at any alignment and on any machine.  Both compilers make
 * one load and one swap of each.
 */
#ifndef SF_BASE_BYTES_H
#define SF_BASE_BYTES_H

#include <stdint.h>

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
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void sf_put32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

static inline void sf_put64(uint8_t *p, uint64_t v)
{
    sf_put32(p, (uint32_t)(v >> 32));
    sf_put32(p + 4, (uint32_t)v);
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
