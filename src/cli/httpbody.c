/* SPDX-License-Identifier: MIT
 *
 * cli/httpbody.c - answers of HTTP/1 as a client reads them.
 */
#include "cli/httpbody.h"

#include <string.h>
#include <strings.h>

#include "cli/number.h"

#define LINE_OCTETS 4096 /* the longest line of framing */

/* The value of a field if the line has that name, without white space around; or null. */
static const char *value_of(const char *line, size_t octets, const char *name, size_t *n)
{
    size_t length = strlen(name);

    if (octets <= length || strncasecmp(line, name, length) != 0 || line[length] != ':') {
        return NULL;
    }
    const char *value = line + length + 1;
    const char *end = line + octets;
    while (value < end && (*value == ' ' || *value == '\t')) {
        value++;
    }
    while (end > value && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
        end--;
    }
    *n = (size_t)(end - value);
    return value;
}

static bool parse_status(const char *line, size_t octets, struct cli_body *body)
{
    char digits[4] = "";
    uint64_t status = 0;

    if (octets < 12 || memcmp(line, "HTTP/1.", 7) != 0 || line[8] != ' ') {
        return false;
    }
    memcpy(digits, line + 9, 3);
    if (!cli_number(digits, 100, 599, &status)) {
        return false;
    }
    body->status = (int)status;
    return true;
}

/* False if the field contradicts itself. */
static bool parse_field(const char *line, size_t octets, struct cli_body *body)
{
    char digits[24] = "";
    size_t n = 0;
    const char *value = value_of(line, octets, "transfer-encoding", &n);

    if (value != NULL) {
        /* It overrides a length (RFC 9112 s6.3), and the last coding counts. */
        bool chunked = n >= 7 && strncasecmp(value + n - 7, "chunked", 7) == 0;

        body->kind = chunked ? CLI_BODY_CHUNKED : CLI_BODY_CLOSE;
        body->left = 0;
        return true;
    }
    value = value_of(line, octets, "content-length", &n);
    if (value == NULL || body->kind == CLI_BODY_CHUNKED) {
        return true;
    }
    if (n == 0 || n >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, value, n);
    body->kind = CLI_BODY_LENGTH;
    return cli_number(digits, 0, UINT64_MAX, &body->left);
}

size_t cli_body_head(const char *text, size_t octets, struct cli_body *body)
{
    size_t at = 0;
    bool good = true;

    *body = (struct cli_body){.kind = CLI_BODY_CLOSE};
    while (good) {
        const char *line = text + at;
        const char *end = memchr(line, '\n', octets - at);

        if (end == NULL) {
            return 0;
        }
        size_t n = (size_t)(end - line);
        bool first = at == 0;
        at += n + 1;
        if (first) {
            good = parse_status(line, n, body);
        } else if (n == 0 || (n == 1 && *line == '\r')) {
            break;
        } else {
            good = parse_field(line, n, body);
        }
    }
    if (!good) {
        return SIZE_MAX;
    }
    if (body->status < 200 || body->status == 204 || body->status == 304) {
        body->kind = CLI_BODY_NONE;
    }
    body->done =
        body->kind == CLI_BODY_NONE || (body->kind == CLI_BODY_LENGTH && body->left == 0);
    return at;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The end of a line of framing. */
static bool line_ended(struct cli_body *body)
{
    switch (body->chunk) {
    case CLI_CHUNK_SIZE:
        if (!body->digits) {
            return false;
        }
        body->chunk = body->left == 0 ? CLI_CHUNK_TRAILER : CLI_CHUNK_DATA;
        break;
    case CLI_CHUNK_END:
        if (body->line != 0) {
            return false;
        }
        body->chunk = CLI_CHUNK_SIZE;
        break;
    case CLI_CHUNK_TRAILER:
        body->done = body->line == 0;
        break;
    case CLI_CHUNK_DATA:
        break;
    }
    body->line = 0;
    body->digits = false;
    body->extension = false;
    return true;
}

/* One octet of framing. */
static bool framing(struct cli_body *body, char c)
{
    int digit = hex(c);

    if (c == '\n') {
        return line_ended(body);
    }
    if (c == '\r') {
        return true;
    }
    if (++body->line > LINE_OCTETS) {
        return false;
    }
    if (body->chunk != CLI_CHUNK_SIZE || body->extension) {
        return true;
    }
    if (digit < 0) {
        body->extension = c == ';' || c == ' ' || c == '\t';
        return body->extension;
    }
    body->digits = true;
    if (body->left > UINT64_MAX >> 4) {
        return false;
    }
    body->left = 16 * body->left + (uint64_t)digit;
    return true;
}

static bool between_chunks(const struct cli_body *body)
{
    return body->kind == CLI_BODY_CHUNKED && !body->done && body->chunk != CLI_CHUNK_DATA;
}

bool cli_body_next(struct cli_body *body, const char *data, size_t octets, size_t *skip,
                   size_t *take)
{
    size_t at = 0;

    *take = 0;
    while (between_chunks(body) && at < octets) {
        if (!framing(body, data[at++])) {
            return false;
        }
    }
    *skip = at;
    if (body->done) {
        /* What follows is not asked for. */
        *skip = octets;
        return true;
    }
    *take = octets - at;
    if (body->kind == CLI_BODY_CLOSE) {
        return true;
    }
    *take = *take < body->left ? *take : (size_t)body->left;
    body->left -= *take;
    if (body->left == 0 && body->kind == CLI_BODY_LENGTH) {
        body->done = true;
    } else if (body->left == 0 && body->chunk == CLI_CHUNK_DATA) {
        body->chunk = CLI_CHUNK_END;
    }
    return true;
}

bool cli_body_whole(const struct cli_body *body)
{
    return body->done || body->kind == CLI_BODY_CLOSE;
}
