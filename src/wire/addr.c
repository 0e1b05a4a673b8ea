/* SPDX-License-Identifier: MIT
 *
 * wire/addr.c - addresses as text: RFC 4291 s2.2 read, RFC 5952 written.
 */
#include "synfin/types.h"

#include <string.h>

#include "base/bytes.h"

#define GROUPS 8 /* of 16 bits, in an IPv6 address */

struct sf_addr sf_addr_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    return (struct sf_addr){.octets = {a, b, c, d}, .family = SF_IPV4};
}

/* Read a number of a dotted quad.  Returns what follows it, or null.  A leading zero is
 * refused: half of the world reads 010 as eight. */
static const char *read_octet(const char *text, uint8_t *octet)
{
    unsigned value = 0;
    size_t digits = 0;

    for (; text[digits] >= '0' && text[digits] <= '9'; digits++) {
        value = value * 10 + (unsigned)(text[digits] - '0');
        if (value > 255 || (digits > 0 && text[0] == '0')) {
            return NULL;
        }
    }
    *octet = (uint8_t)value;
    return digits == 0 ? NULL : text + digits;
}

/* Read a dotted quad that nothing follows. */
static bool read_quad(const char *text, uint8_t octets[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0 && *text++ != '.') {
            return false;
        }
        text = read_octet(text, &octets[i]);
        if (text == NULL) {
            return false;
        }
    }
    return *text == '\0';
}

/* The value of a hexadecimal digit, or -1. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* An IPv6 address as far as it was read. */
struct groups {
    uint8_t octets[16];
    size_t n; /* groups read */
};

/* Read one to four hexadecimal digits.  Returns what follows them, or null. */
static const char *read_group(const char *text, struct groups *g)
{
    unsigned value = 0;
    size_t digits = 0;

    for (; digit_of(text[digits]) >= 0; digits++) {
        if (digits == 4) {
            return NULL;
        }
        value = value << 4 | (unsigned)digit_of(text[digits]);
    }
    if (digits == 0 || g->n == GROUPS) {
        return NULL;
    }
    sf_put16(g->octets + 2 * g->n, (uint16_t)value);
    g->n++;
    return text + digits;
}

/* True if a dotted quad comes next: digits, then a dot. */
static bool at_quad(const char *text)
{
    while (*text >= '0' && *text <= '9') {
        text++;
    }
    return *text == '.';
}

/* Read what stands between colons; a quad only at the very end.  Returns what follows, or
 * null. */
static const char *read_item(const char *text, struct groups *g)
{
    if (!at_quad(text)) {
        return read_group(text, g);
    }
    if (g->n > GROUPS - 2 || !read_quad(text, g->octets + 2 * g->n)) {
        return NULL;
    }
    g->n += 2;
    return text + strlen(text);
}

/* Read the items in [text, end), if any. */
static bool read_list(const char *text, const char *end, struct groups *g)
{
    if (text == end) {
        return true;
    }
    for (;;) {
        text = read_item(text, g);
        if (text == NULL || text == end) {
            return text == end;
        }
        if (*text != ':') {
            return false;
        }
        text++;
    }
}

/* Where "::" is in the text, or null. */
static const char *find_gap(const char *text)
{
    for (; *text != '\0'; text++) {
        if (text[0] == ':' && text[1] == ':') {
            return text;
        }
    }
    return NULL;
}

static bool read_ipv6(const char *text, uint8_t octets[16])
{
    const char *end = text + strlen(text);
    const char *gap = find_gap(text);
    struct groups g = {.n = 0};
    size_t ahead;

    if (gap == NULL) {
        if (!read_list(text, end, &g) || g.n != GROUPS) {
            return false;
        }
        memcpy(octets, g.octets, 16);
        return true;
    }
    if (!read_list(text, gap, &g)) {
        return false;
    }
    ahead = g.n;
    /* "::" stands for at least one group. */
    if (!read_list(gap + 2, end, &g) || g.n == GROUPS) {
        return false;
    }
    memset(octets, 0, 16);
    memcpy(octets, g.octets, 2 * ahead);
    memcpy(octets + 16 - 2 * (g.n - ahead), g.octets + 2 * ahead, 2 * (g.n - ahead));
    return true;
}

enum sf_err sf_addr_parse(const char *text, struct sf_addr *out)
{
    struct sf_addr addr = {.family = SF_UNSPEC};

    if (read_quad(text, addr.octets)) {
        addr.family = SF_IPV4;
    } else if (read_ipv6(text, addr.octets)) {
        addr.family = SF_IPV6;
    } else {
        return SF_ERR_INVAL;
    }
    *out = addr;
    return SF_OK;
}

static char *write_octet(char *text, uint8_t v)
{
    if (v >= 100) {
        *text++ = (char)('0' + v / 100);
    }
    if (v >= 10) {
        *text++ = (char)('0' + v / 10 % 10);
    }
    *text++ = (char)('0' + v % 10);
    return text;
}

static char *write_quad(char *text, const uint8_t octets[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0) {
            *text++ = '.';
        }
        text = write_octet(text, octets[i]);
    }
    return text;
}

/* RFC 5952 s4.1, s4.3: no leading zeros, small letters. */
static char *write_group(char *text, uint16_t v)
{
    static const char digits[16] = "0123456789abcdef";
    unsigned shift = 12;

    while (shift > 0 && v >> shift == 0) {
        shift -= 4;
    }
    for (;; shift -= 4) {
        *text++ = digits[v >> shift & 15];
        if (shift == 0) {
            return text;
        }
    }
}

/* Groups of zeros that "::" stands for. */
struct run {
    size_t at;
    size_t n; /* 0: none */
};

/* RFC 5952 s4.2: the longest run, the first of equals, and never a single group. */
static struct run longest_run(const uint8_t octets[16])
{
    struct run best = {GROUPS, 0};
    struct run now = {0, 0};

    for (size_t i = 0; i < GROUPS; i++) {
        if (sf_get16(octets + 2 * i) != 0) {
            now.n = 0;
            continue;
        }
        if (now.n == 0) {
            now.at = i;
        }
        now.n++;
        if (now.n > best.n && now.n > 1) {
            best = now;
        }
    }
    return best;
}

static char *write_ipv6(char *text, const uint8_t octets[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, 0xff};
    static const char shown[7] = {':', ':', 'f', 'f', 'f', 'f', ':'};
    const struct run zeros = longest_run(octets);

    /* RFC 5952 s5: an address known to hold an IPv4 address shows it. */
    if (memcmp(octets, mapped, sizeof(mapped)) == 0) {
        memcpy(text, shown, sizeof(shown));
        return write_quad(text + sizeof(shown), octets + 12);
    }
    for (size_t i = 0; i < GROUPS; i++) {
        if (zeros.n != 0 && i == zeros.at) {
            *text++ = ':';
            *text++ = ':';
            i += zeros.n - 1;
            continue;
        }
        if (i > 0 && i != zeros.at + zeros.n) {
            *text++ = ':';
        }
        text = write_group(text, sf_get16(octets + 2 * i));
    }
    return text;
}

char *sf_addr_text(const struct sf_addr *addr, char *text)
{
    char *end = text;

    switch ((enum sf_family)addr->family) {
    case SF_IPV4:
        end = write_quad(text, addr->octets);
        break;
    case SF_IPV6:
        end = write_ipv6(text, addr->octets);
        break;
    case SF_UNSPEC:
        *end++ = '*';
        break;
    }
    *end = '\0';
    return text;
}

bool sf_addr_equal(const struct sf_addr *a, const struct sf_addr *b)
{
    if (a->family != b->family) {
        return false;
    }
    if (a->family == SF_UNSPEC) {
        return true;
    }
    return memcmp(a->octets, b->octets, a->family == SF_IPV4 ? 4 : 16) == 0;
}
