/* SPDX-License-Identifier: MIT
 *
 * wire/checksum.h - the internet checksum (RFC 1071) in pieces that compose.
 *
 * A sum is a uint32_t to be passed on, not read: the ones' complement sum of 16-bit words
 * as they lie in memory, in the processor's own byte order (RFC 1071 s2 (B): the order
 * does not matter as long as it is one).  It starts at zero, goes through any of these
 * functions in any order, and ends in sf_sum_end() or sf_sum_fold(), whose results are
 * ordinary numbers for sf_put16().
 *
 *   sum = sf_sum_pseudo(SF_IPV4, src, dst, SF_PROTO_TCP, octets);
 *   sum = sf_sum_with(level, head, head_octets, sum);
 *   sum = sf_sum_copy_with(level, to, text, text_octets, sum);
 *   sf_put16(head + 16, sf_sum_end(sum));
 *
 * A piece summed this way counts as if it began at an even offset of the whole, and one of
 * odd length as if a null octet followed.  So every piece but the last has an even length;
 * where that cannot be had, sum the pieces apart and put them together with sf_sum_join().
 *
 * What the processor can do is said by the caller (promise 1: no cpuid in here).
 */
#ifndef SF_WIRE_CHECKSUM_H
#define SF_WIRE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "synfin/types.h"

/* How to sum.  A level that the build's architecture lacks sums portably. */
enum sf_sum_level {
    SF_SUM_PORTABLE = 0, /* plain C that a compiler turns into whatever vectors it may use */
    SF_SUM_AVX2,         /* x86 with AVX2 */
    SF_SUM_LEVELS        /* how many there are */
};

/* Sum n octets, portably.  Returns the new sum. */
uint32_t sf_sum(const void *p, size_t n, uint32_t sum);

/* Copy n octets and sum them in the same pass, portably.  No overlap.  Returns the new sum. */
uint32_t sf_sum_copy(void *to, const void *from, size_t n, uint32_t sum);

/* The same two at a level. */
uint32_t sf_sum_with(enum sf_sum_level level, const void *p, size_t n, uint32_t sum);
uint32_t sf_sum_copy_with(enum sf_sum_level level, void *to, const void *from, size_t n,
                          uint32_t sum);

/* Add part, the sum of a piece by itself, to sum.  odd: the piece begins at an odd offset of
 * the whole (RFC 1071 s2 (B): its octets then count swapped). */
uint32_t sf_sum_join(uint32_t sum, uint32_t part, bool odd);

/* Sum a piece that begins at an odd offset of the whole if odd is set, portably. */
uint32_t sf_sum_at(const void *p, size_t n, uint32_t sum, bool odd);

/* Add one 16-bit field by its value. */
uint32_t sf_sum_word(uint32_t sum, uint16_t value);

/*
 * The sum of a pseudo-header: RFC 9293 s3.1 for IPv4, RFC 8200 s8.1 for IPv6.
 *
 *   family    which; src and dst have 4 or 16 octets, accordingly
 *   octets    transport header and payload
 */
uint32_t sf_sum_pseudo(enum sf_family family, const uint8_t *src, const uint8_t *dst,
                       uint8_t protocol, uint32_t octets);

/* The sum as a number, folded to 16 bits and not complemented: what a checksum field holds
 * whose completion is left to the link (SF_CSUM_PARTIAL). */
uint16_t sf_sum_fold(uint32_t sum);

/* The checksum: what the field holds.  0 over data that includes a correct checksum. */
uint16_t sf_sum_end(uint32_t sum);

/* The checksum after one 16-bit field of what it covers went from old to now
 * (RFC 1624 s3, equation 3). */
uint16_t sf_sum_update(uint16_t checksum, uint16_t old, uint16_t now);

/* The same for a 32-bit field at an even offset. */
uint16_t sf_sum_update32(uint16_t checksum, uint32_t old, uint32_t now);

/* Of checksum_avx2.c, for the tables in checksum.c; portable where there is no AVX2. */
uint32_t sf_sum_avx2(const void *p, size_t n, uint32_t sum);
uint32_t sf_sum_copy_avx2(void *to, const void *from, size_t n, uint32_t sum);

#endif
