/* SPDX-License-Identifier: MIT
 *
 * tests/unit/wire/octets.h - octets written as hexadecimal text, each run in a block of its own
 * size, so that reading beyond it shows under AddressSanitizer.
 */
#ifndef SYNFIN_TESTS_UNIT_WIRE_OCTETS_H
#define SYNFIN_TESTS_UNIT_WIRE_OCTETS_H

#include <stdlib.h>

#include "t.h"

struct octets {
    uint8_t *p;
    size_t n;
};

static inline unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Copy n octets into a block of exactly n. */
static inline struct octets octets_of(const void *p, size_t n)
{
    /* Of no octets too: a block that nothing may be read of. */
    struct octets o = {calloc(1, n), n};

    if (n != 0) {
        assert_non_null(o.p);
        memcpy(o.p, p, n);
    }
    return o;
}

/* The octets of a text such as "4500 0073"; blanks are for the reader. */
static inline struct octets hex(const char *text)
{
    uint8_t room[512];
    size_t digits = 0;

    memset(room, 0, sizeof(room));
    for (; *text != '\0'; text++) {
        if (*text != ' ') {
            assert_true(digits / 2 < sizeof(room));
            room[digits / 2] = (uint8_t)((unsigned)room[digits / 2] << 4 | hex_digit(*text));
            digits++;
        }
    }
    return octets_of(room, digits / 2);
}

static inline void drop(struct octets o)
{
    free(o.p);
}

#endif
