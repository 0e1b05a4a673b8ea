/* SPDX-License-Identifier: MIT
 *
 * cli/httpreq.c - requests of HTTP/1, read line by line from memory.
 *
 * Strict where laxness is known to be dangerous: white space before a colon, folded lines,
 * two Host fields and null octets are errors (RFC 9112 s5.1, s5.2, s3.2).
 */
#include "cli/httpreq.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/number.h"

/* A run of text within the head. */
struct run {
    const char *text;
    size_t octets;
};

/* The line at *at, without its end; false if its end has not come. */
static bool next_line(const char *text, size_t octets, size_t *at, struct run *line)
{
    const char *begin = text + *at;
    const char *end = memchr(begin, '\n', octets - *at);

    if (end == NULL) {
        return false;
    }
    *at = (size_t)(end + 1 - text);
    *line = (struct run){begin, (size_t)(end - begin)};
    if (line->octets > 0 && begin[line->octets - 1] == '\r') {
        line->octets--;
    }
    return true;
}

static bool is(struct run run, const char *word)
{
    return run.octets == strlen(word) && memcmp(run.text, word, run.octets) == 0;
}

static bool is_name(struct run run, const char *name)
{
    return run.octets == strlen(name) && strncasecmp(run.text, name, run.octets) == 0;
}

/* Case does not matter in field values that are lists of words. */
static bool has_word(struct run run, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= run.octets; i++) {
        bool begins = i == 0 || strchr(" ,\t", run.text[i - 1]) != NULL;
        bool ends = i + n == run.octets || strchr(" ,;\t", run.text[i + n]) != NULL;

        if (begins && ends && strncasecmp(run.text + i, word, n) == 0) {
            return true;
        }
    }
    return false;
}

/* As a string, cut to its room. */
static void copy(struct run run, char *text, size_t room)
{
    size_t n = run.octets < room - 1 ? run.octets : room - 1;

    memcpy(text, run.text, n);
    text[n] = '\0';
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The octet at *at, which moves behind it; -1 if it is malformed. */
static int next_octet(const char *target, size_t octets, size_t *at)
{
    int c = (unsigned char)target[(*at)++];

    if (c == '%') {
        int high = *at + 1 < octets ? hex(target[*at]) : -1;
        int low = *at + 1 < octets ? hex(target[*at + 1]) : -1;

        *at += 2;
        c = high < 0 || low < 0 ? 0 : 16 * high + low;
    }
    return c == 0 ? -1 : c;
}

int cli_request_path(const char *target, size_t octets, char *path, size_t room)
{
    size_t at = 0;
    size_t out = 0;

    if (octets >= 7 && strncasecmp(target, "http://", 7) == 0) {
        const char *slash = memchr(target + 7, '/', octets - 7);

        at = slash != NULL ? (size_t)(slash - target) : octets;
    } else if (octets == 0 || target[0] != '/') {
        return 400;
    }
    while (at < octets && target[at] == '/') {
        at++;
    }
    while (at < octets && target[at] != '?') {
        int c = next_octet(target, octets, &at);

        if (c < 0) {
            return 400;
        }
        if (out + 1 >= room) {
            return 414;
        }
        path[out++] = (char)c;
    }
    path[out] = '\0';
    return 200;
}

int64_t cli_http_date(const char *text)
{
    struct tm tm = {.tm_isdst = 0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

    return end != NULL && *end == '\0' ? (int64_t)timegm(&tm) : -1;
}

/* "bytes=0-99", "bytes=100-", "bytes=-100"; anything else asks for nothing. */
static void parse_range(struct run value, struct cli_request *request)
{
    char text[64];
    uint64_t from = 0;
    uint64_t to = UINT64_MAX;

    if (value.octets >= sizeof(text)) {
        return;
    }
    copy(value, text, sizeof(text));
    char *dash = strchr(text, '-');
    if (strncasecmp(text, "bytes=", 6) != 0 || dash == NULL) {
        return;
    }
    *dash = '\0';
    if (dash[1] != '\0' && !cli_number(dash + 1, 0, UINT64_MAX - 1, &to)) {
        return;
    }
    if (text[6] == '\0' && dash[1] != '\0') {
        request->range = CLI_RANGE_LAST;
    } else if (cli_number(text + 6, 0, UINT64_MAX - 1, &from) && from <= to) {
        request->range = CLI_RANGE_FROM;
    }
    request->from = from;
    request->to = to;
}

static void parse_field(struct run name, struct run value, struct cli_request *request)
{
    char date[40];

    if (is_name(name, "host")) {
        request->hosts++;
    } else if (is_name(name, "connection")) {
        request->keep =
            (request->keep || has_word(value, "keep-alive")) && !has_word(value, "close");
    } else if (is_name(name, "range")) {
        parse_range(value, request);
    } else if (is_name(name, "if-modified-since") && value.octets < sizeof(date)) {
        copy(value, date, sizeof(date));
        request->since = cli_http_date(date);
    } else if (is_name(name, "if-range")) {
        copy(value, date, sizeof(date));
        request->if_range = cli_http_date(date);
        request->if_range = request->if_range < 0 ? INT64_MIN : request->if_range;
    } else if (is_name(name, "transfer-encoding")) {
        request->body = true;
    } else if (is_name(name, "content-length")) {
        request->body = request->body || !is(value, "0");
    }
}

/* One field line; false if it is malformed. */
static bool parse_line(struct run line, struct cli_request *request)
{
    const char *colon = memchr(line.text, ':', line.octets);

    if (colon == NULL || colon == line.text) {
        return false;
    }
    struct run name = {line.text, (size_t)(colon - line.text)};
    struct run value = {colon + 1, line.octets - name.octets - 1};
    for (size_t i = 0; i < name.octets; i++) {
        if ((unsigned char)name.text[i] <= ' ' || (unsigned char)name.text[i] >= 0x7f) {
            return false;
        }
    }
    while (value.octets > 0 && (*value.text == ' ' || *value.text == '\t')) {
        value.text++;
        value.octets--;
    }
    while (value.octets > 0 &&
           (value.text[value.octets - 1] == ' ' || value.text[value.octets - 1] == '\t')) {
        value.octets--;
    }
    parse_field(name, value, request);
    return true;
}

/* "GET /path HTTP/1.1".  The status it gives. */
static int parse_request_line(struct run line, struct cli_request *request)
{
    const char *end = line.text + line.octets;
    const char *first = memchr(line.text, ' ', line.octets);
    const char *second =
        first != NULL ? memchr(first + 1, ' ', (size_t)(end - first - 1)) : NULL;

    if (second == NULL) {
        return 400;
    }
    struct run method = {line.text, (size_t)(first - line.text)};
    struct run target = {first + 1, (size_t)(second - first - 1)};
    struct run version = {second + 1, (size_t)(end - second - 1)};
    if (version.octets != 8 || memcmp(version.text, "HTTP/", 5) != 0) {
        return 400;
    }
    if (!is(version, "HTTP/1.1") && !is(version, "HTTP/1.0")) {
        return 505;
    }
    request->keep = is(version, "HTTP/1.1");
    request->hosts = request->keep ? 0 : 1; /* HTTP/1.0 needs none */
    request->head = is(method, "HEAD");
    if (!request->head && !is(method, "GET")) {
        return 405;
    }
    int status =
        cli_request_path(target.text, target.octets, request->path, sizeof(request->path));
    size_t n = status == 200 ? strlen(request->path) : 0;
    request->slash = n == 0 || request->path[n - 1] == '/';
    return status;
}

/* The fields, up to and with the empty line.  False if that has not come. */
static bool parse_fields(const char *text, size_t octets, size_t *at,
                         struct cli_request *request)
{
    struct run line;

    while (next_line(text, octets, at, &line)) {
        if (line.octets == 0) {
            return true;
        }
        if (!parse_line(line, request)) {
            request->status = 400;
        }
    }
    return false;
}

size_t cli_request_parse(const char *text, size_t octets, struct cli_request *request)
{
    size_t at = 0;
    struct run line = {NULL, 0};
    bool complete = false;
    int status = 200;

    *request = (struct cli_request){.status = 200, .since = -1, .if_range = -1};
    /* An empty line before the request is passed over (RFC 9112 s2.2). */
    while (next_line(text, octets, &at, &line) && line.octets == 0) {
    }
    if (line.text != NULL && line.octets > 0) {
        status = parse_request_line(line, request);
        complete = parse_fields(text, octets, &at, request);
    }
    if (!complete) {
        request->status = octets >= CLI_HEAD_OCTETS ? 431 : 200;
        request->keep = false;
        return octets >= CLI_HEAD_OCTETS ? octets : 0;
    }
    /* 405 and the like only of a request that is otherwise sound. */
    bool two_hosts = request->hosts > 1 && line.text[line.octets - 1] == '1';
    if (request->hosts == 0 || two_hosts || memchr(text, '\0', at) != NULL) {
        request->status = 400;
    }
    if (request->status == 200) {
        request->status = status;
    }
    /* What follows a malformed head, or is a body, cannot be told from a next request. */
    request->keep =
        request->keep && !request->body && (request->status == 200 || request->status == 405);
    return at;
}
