/* SPDX-License-Identifier: MIT
 *
 * watch/json.c - a writer of JSON (RFC 8259).
 */
#include "watch/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put(struct sf_json *j, const char *text)
{
    j->sink.put(j->sink.context, text, strlen(text));
}

void sf_json_init(struct sf_json *j, struct sf_sink sink)
{
    *j = (struct sf_json){.sink = sink};
}

/* Before an element: the comma, unless it is the first or belongs to a key. */
static void begin(struct sf_json *j)
{
    uint32_t bit = UINT32_C(1) << (j->depth & 31);

    if (j->keyed) {
        j->keyed = false;
    } else if ((j->filled & bit) != 0) {
        put(j, ", ");
    }
    j->filled |= bit;
}

void sf_json_open(struct sf_json *j, char bracket)
{
    char text[2] = {bracket, '\0'};

    begin(j);
    put(j, text);
    j->depth++;
    j->filled &= ~(UINT32_C(1) << (j->depth & 31));
}

void sf_json_close(struct sf_json *j, char bracket)
{
    char text[2] = {bracket, '\0'};

    j->depth--;
    put(j, text);
}

void sf_json_line(struct sf_json *j)
{
    uint32_t bit = UINT32_C(1) << (j->depth & 31);

    if (j->flat) {
        return;
    }
    /* The comma belongs to the end of the line before. */
    if ((j->filled & bit) != 0) {
        put(j, ",");
        j->filled &= ~bit;
    }
    put(j, "\n");
    for (uint32_t i = 0; i < j->depth; i++) {
        put(j, " ");
    }
}

/* The octets of a character that is well-formed UTF-8 (RFC 3629 s4), or 0. */
static size_t utf8_octets(const unsigned char *s)
{
    size_t n = s[0] < 0x80                    ? 1
               : s[0] >= 0xc2 && s[0] <= 0xdf ? 2
               : s[0] >= 0xe0 && s[0] <= 0xef ? 3
               : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                              : 0;

    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)) {
        return 0; /* too long a form, a surrogate, or beyond U+10FFFF */
    }
    return n;
}

static void put_string(struct sf_json *j, const char *text)
{
    const char *at = text;

    put(j, "\"");
    while (*at != '\0') {
        unsigned char c = (unsigned char)*at;
        size_t n = utf8_octets((const unsigned char *)at);
        char escape[8];

        if (n == 0) {
            put(j, "\xef\xbf\xbd");
            n = 1;
        } else if (c == '"' || c == '\\') {
            escape[0] = '\\';
            escape[1] = (char)c;
            escape[2] = '\0';
            put(j, escape);
        } else if (c < 0x20) {
            (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c);
            put(j, escape);
        } else {
            j->sink.put(j->sink.context, at, n);
        }
        at += n;
    }
    put(j, "\"");
}

void sf_json_key(struct sf_json *j, const char *key)
{
    begin(j);
    put_string(j, key);
    put(j, ": ");
    j->keyed = true;
}

void sf_json_string(struct sf_json *j, const char *text)
{
    begin(j);
    put_string(j, text);
}

void sf_json_int(struct sf_json *j, int64_t value)
{
    char text[24];

    begin(j);
    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    put(j, text);
}

void sf_json_null(struct sf_json *j)
{
    begin(j);
    put(j, "null");
}

void sf_json_seconds(struct sf_json *j, uint64_t ns)
{
    char text[40];
    int n = snprintf(text, sizeof(text), "%" PRIu64 ".%09" PRIu64, ns / 1000000000,
                     ns % 1000000000);

    begin(j);
    while (n > 2 && text[n - 1] == '0' && text[n - 2] != '.') {
        text[--n] = '\0';
    }
    put(j, text);
}
