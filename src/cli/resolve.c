/* SPDX-License-Identifier: MIT
 *
 * cli/resolve.c - names of hosts and services to endpoints, by the system's own resolver.
 */
#include "cli/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cli/number.h"

/* What of an answer the engine can use; zones (fe80::1%eth0) it does not know. */
static bool usable(const struct addrinfo *info, struct sf_endpoint *end)
{
    if (info->ai_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, info->ai_addr, sizeof(in));
        *end = (struct sf_endpoint){.addr.family = SF_IPV4, .port = ntohs(in.sin_port)};
        memcpy(end->addr.octets, &in.sin_addr, 4);
        return true;
    }
    if (info->ai_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, info->ai_addr, sizeof(in6));
        *end = (struct sf_endpoint){.addr.family = SF_IPV6, .port = ntohs(in6.sin6_port)};
        memcpy(end->addr.octets, &in6.sin6_addr, 16);
        return in6.sin6_scope_id == 0;
    }
    return false;
}

static int refuse(int why, const char *host, const char *port)
{
    if (why == EAI_SERVICE) {
        return cli_fail(CLI_USAGE, "'%s' is no port: give a number from 1 to 65535", port);
    }
    return cli_fail(CLI_FAILED, "cannot resolve '%s': %s: check the name, or give an address",
                    host, why == EAI_SYSTEM ? cli_reason(SF_ERR_OS) : gai_strerror(why));
}

int cli_resolve(const struct cli_options *options, const char *host, const char *port,
                struct cli_target *target)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    struct addrinfo *list = NULL;
    uint16_t checked = 0;
    int status = cli_resolve_port(port, &checked);

    if (status != CLI_OK) {
        return status;
    }
    if (options->only4) {
        hints.ai_family = AF_INET;
    }
    if (options->only6) {
        hints.ai_family = AF_INET6;
    }
    int why = getaddrinfo(host, port, &hints, &list);
    if (why != 0) {
        return refuse(why, host, port);
    }
    target->n = 0;
    for (const struct addrinfo *i = list; i != NULL; i = i->ai_next) {
        struct sf_endpoint end;

        if (target->n < sizeof(target->at) / sizeof(target->at[0]) && usable(i, &end)) {
            target->at[target->n++] = end;
        }
    }
    freeaddrinfo(list);
    if (target->n == 0) {
        return cli_fail(CLI_FAILED, "'%s' has no address that can be used: give another", host);
    }
    return CLI_OK;
}

int cli_resolve_port(const char *text, uint16_t *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    struct sf_endpoint end = {.port = 0};
    uint64_t number = 0;

    if (cli_number(text, 1, 65535, &number)) {
        *port = (uint16_t)number;
        return CLI_OK;
    }
    bool digits = text[0] == '\0' || strspn(text, "0123456789-+") == strlen(text);
    if (digits || getaddrinfo(NULL, text, &hints, &list) != 0) {
        return refuse(EAI_SERVICE, "", text);
    }
    usable(list, &end);
    freeaddrinfo(list);
    *port = end.port;
    return CLI_OK;
}

char *cli_end_text(const struct sf_endpoint *end, char *text)
{
    char addr[SF_ADDR_TEXT];

    snprintf(text, CLI_END_TEXT, "%s port %u", sf_addr_text(&end->addr, addr), end->port);
    return text;
}
