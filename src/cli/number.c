/* SPDX-License-Identifier: MIT
 *
 * cli/number.c - numbers as people write them on a command line.
 */
#include "cli/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

bool cli_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end = NULL;

    /* strtoull() takes a sign and white space; we do not. */
    if (!digit(text[0])) {
        return false;
    }
    errno = 0;
    uint64_t v = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || v < least || v > most) {
        return false;
    }
    *number = v;
    return true;
}

bool cli_octets(const char *text, uint64_t *octets)
{
    static const char units[] = "KMGT";
    char digits[24] = "";
    size_t n = strlen(text);
    uint64_t v = 0;
    unsigned shift = 0;

    if (n == 0 || n >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, text, n);
    const char *unit = strchr(units, text[n - 1] & ~0x20);
    if (!digit(text[n - 1]) && unit != NULL && *unit != '\0') {
        shift = 10 * (unsigned)(unit - units + 1);
        digits[n - 1] = '\0';
    }
    if (!cli_number(digits, 0, UINT64_MAX >> shift, &v)) {
        return false;
    }
    *octets = v << shift;
    return true;
}

bool cli_seconds(const char *text, sf_span *span)
{
    char whole[16] = "";
    const char *dot = strchr(text, '.');
    size_t n = dot != NULL ? (size_t)(dot - text) : strlen(text);
    uint64_t seconds = 0;
    uint64_t part = 0;
    uint64_t unit = 1000000000;

    if (n == 0 || n >= sizeof(whole)) {
        return false;
    }
    memcpy(whole, text, n);
    if (!cli_number(whole, 0, UINT64_C(366) * 86400, &seconds)) {
        return false;
    }
    for (const char *c = dot != NULL ? dot + 1 : ""; *c != '\0'; c++) {
        if (!digit(*c)) {
            return false;
        }
        unit /= 10;
        part += unit * (uint64_t)(*c - '0');
    }
    span->ns = seconds * 1000000000 + part;
    return true;
}

bool cli_address(const char *text, struct sf_addr *addr, uint8_t *prefix)
{
    char alone[SF_ADDR_TEXT] = "";
    const char *slash = strchr(text, '/');
    size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
    struct sf_addr parsed;
    uint64_t bits = 0;

    if (n >= sizeof(alone)) {
        return false;
    }
    memcpy(alone, text, n);
    if (sf_addr_parse(alone, &parsed) != SF_OK) {
        return false;
    }
    bits = parsed.family == SF_IPV4 ? 24 : 64;
    if (slash != NULL &&
        !cli_number(slash + 1, 1, parsed.family == SF_IPV4 ? 32 : 128, &bits)) {
        return false;
    }
    *addr = parsed;
    *prefix = (uint8_t)bits;
    return true;
}
