/* SPDX-License-Identifier: MIT
 *
 * wire/checksum_avx2.c - the internet checksum for x86 with AVX2, and the copy fused with it.
 *
 * Each 64-bit lane keeps two totals: of the words as they are, modulo 2^64, and of their
 * upper halves.  Less the upper halves, the first is the total of the lower ones, exactly:
 * three operations for 32 octets, no carry lost.
 */
#include "wire/checksum.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* Octets that a vector holds. */
#define VECTOR sizeof(__m256i)

struct totals {
    __m256i words;  /* of 64-bit lanes, modulo 2^64 */
    __m256i uppers; /* of their upper halves, exact */
};

AVX2 static inline __m256i load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i_u *)(const void *)p);
}

AVX2 static inline void store(uint8_t *p, __m256i v)
{
    _mm256_storeu_si256((__m256i_u *)(void *)p, v);
}

AVX2 static inline struct totals take(struct totals t, __m256i v)
{
    t.words = _mm256_add_epi64(t.words, v);
    t.uppers = _mm256_add_epi64(t.uppers, _mm256_srli_epi64(v, 32));
    return t;
}

/* The four lanes of both, and sum, modulo 2^32 - 1.  2^32 is 1 there, so the upper halves
 * count as the lower ones do; each half of a total is added by itself, lest a carry is lost. */
AVX2 static inline uint32_t fold(struct totals t, uint32_t sum)
{
    const __m256i mask = _mm256_set1_epi64x(0xffffffff);
    const __m256i lowers = _mm256_sub_epi64(t.words, _mm256_slli_epi64(t.uppers, 32));
    const __m256i halves = _mm256_add_epi64(
        _mm256_add_epi64(_mm256_and_si256(lowers, mask), _mm256_srli_epi64(lowers, 32)),
        _mm256_add_epi64(_mm256_and_si256(t.uppers, mask), _mm256_srli_epi64(t.uppers, 32)));
    const __m128i two =
        _mm_add_epi64(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
    uint64_t lanes[2];
    uint64_t s;

    _mm_storeu_si128((__m128i_u *)(void *)lanes, two);
    s = lanes[0] + lanes[1] + sum;
    s = (s & 0xffffffff) + (s >> 32);
    s = (s & 0xffffffff) + (s >> 32);
    return (uint32_t)s;
}

AVX2 uint32_t sf_sum_avx2(const void *p, size_t n, uint32_t sum)
{
    const uint8_t *at = p;
    const __m256i zero = _mm256_setzero_si256();
    struct totals a = {zero, zero};
    struct totals b = a;

    if (n < 2 * VECTOR) {
        return sf_sum(p, n, sum);
    }
    while (n >= 4 * VECTOR) {
        a = take(a, load(at));
        b = take(b, load(at + VECTOR));
        a = take(a, load(at + 2 * VECTOR));
        b = take(b, load(at + 3 * VECTOR));
        at += 4 * VECTOR;
        n -= 4 * VECTOR;
    }
    while (n >= VECTOR) {
        a = take(a, load(at));
        at += VECTOR;
        n -= VECTOR;
    }
    a.words = _mm256_add_epi64(a.words, b.words);
    a.uppers = _mm256_add_epi64(a.uppers, b.uppers);
    return sf_sum(at, n, fold(a, sum));
}

AVX2 uint32_t sf_sum_copy_avx2(void *to, const void *from, size_t n, uint32_t sum)
{
    const uint8_t *at = from;
    uint8_t *out = to;
    const __m256i zero = _mm256_setzero_si256();
    struct totals a = {zero, zero};
    struct totals b = a;

    if (n < 2 * VECTOR) {
        return sf_sum_copy(to, from, n, sum);
    }
    while (n >= 4 * VECTOR) {
        const __m256i v0 = load(at);
        const __m256i v1 = load(at + VECTOR);
        const __m256i v2 = load(at + 2 * VECTOR);
        const __m256i v3 = load(at + 3 * VECTOR);

        store(out, v0);
        store(out + VECTOR, v1);
        store(out + 2 * VECTOR, v2);
        store(out + 3 * VECTOR, v3);
        a = take(a, v0);
        b = take(b, v1);
        a = take(a, v2);
        b = take(b, v3);
        at += 4 * VECTOR;
        out += 4 * VECTOR;
        n -= 4 * VECTOR;
    }
    while (n >= VECTOR) {
        const __m256i v = load(at);

        store(out, v);
        a = take(a, v);
        at += VECTOR;
        out += VECTOR;
        n -= VECTOR;
    }
    a.words = _mm256_add_epi64(a.words, b.words);
    a.uppers = _mm256_add_epi64(a.uppers, b.uppers);
    return sf_sum_copy(out, at, n, fold(a, sum));
}

#else

uint32_t sf_sum_avx2(const void *p, size_t n, uint32_t sum)
{
    return sf_sum(p, n, sum);
}

uint32_t sf_sum_copy_avx2(void *to, const void *from, size_t n, uint32_t sum)
{
    return sf_sum_copy(to, from, n, sum);
}

#endif
