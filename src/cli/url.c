/* SPDX-License-Identifier: MIT
 *
 * cli/url.c - http URLs.
 */
#include "cli/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/cli.h"
#include "cli/number.h"

/* Copy n octets as a string; false if there is no room. */
static bool copy(char *to, size_t room, const char *from, size_t n)
{
    if (n >= room) {
        return false;
    }
    memcpy(to, from, n);
    to[n] = '\0';
    return true;
}

static int malformed(const char *text, const char *what)
{
    return cli_fail(CLI_USAGE, "'%.200s' is no URL: %s: write http://HOST[:PORT]/PATH", text,
                    what);
}

/* host, host:port, [v6], [v6]:port. */
static bool parse_authority(const char *text, size_t octets, struct cli_url *url)
{
    const char *end = text + octets;
    const char *host = text;
    const char *after = text;
    uint64_t port = 0;

    if (octets > 0 && *text == '[') {
        host = text + 1;
        after = memchr(text, ']', octets);
        if (after == NULL ||
            !copy(url->host, sizeof(url->host), host, (size_t)(after - host))) {
            return false;
        }
        after++;
    } else {
        after = memchr(text, ':', octets);
        after = after != NULL ? after : end;
        if (!copy(url->host, sizeof(url->host), host, (size_t)(after - host))) {
            return false;
        }
    }
    if (url->host[0] == '\0' || !copy(url->field, sizeof(url->field), text, octets)) {
        return false;
    }
    if (after == end || (*after == ':' && after + 1 == end)) {
        return copy(url->port, sizeof(url->port), "80", 2);
    }
    return *after == ':' &&
           copy(url->port, sizeof(url->port), after + 1, (size_t)(end - after - 1)) &&
           cli_number(url->port, 1, 65535, &port);
}

int cli_url_parse(const char *text, struct cli_url *url)
{
    const char *rest = text;
    const char *scheme = strstr(text, "://");

    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            return malformed(text, "white space and control characters are written %20");
        }
    }
    if (strncasecmp(text, "https://", 8) == 0) {
        return cli_fail(CLI_USAGE, "https is not spoken here: only http URLs can be fetched");
    }
    if (strncasecmp(text, "http://", 7) == 0) {
        rest = text + 7;
    } else if (scheme != NULL && strcspn(text, "/?#") == (size_t)(scheme - text) + 1) {
        return cli_fail(CLI_USAGE, "%.*s is not spoken here: only http URLs can be fetched",
                        (int)(scheme - text), text);
    }
    size_t authority = strcspn(rest, "/?#");
    if (memchr(rest, '@', authority) != NULL) {
        return malformed(text, "a user name in it is not supported");
    }
    if (!parse_authority(rest, authority, url)) {
        return malformed(text, "its host or port makes no sense");
    }
    rest += authority;
    size_t path = strcspn(rest, "#");
    int n = snprintf(url->path, sizeof(url->path), "%s%.*s", *rest == '/' ? "" : "/", (int)path,
                     rest);
    if (n < 0 || (size_t)n >= sizeof(url->path)) {
        return malformed(text, "it is too long");
    }
    return CLI_OK;
}
