/* SPDX-License-Identifier: MIT
 *
 * script/drill/values.c - expressions to numbers, addresses and lengths.
 */
#include "script/drill/values.h"

#include <inttypes.h>
#include <string.h>

static int64_t applied(struct drill_args *a, const struct drill_expr *e)
{
    if (e->parts != NULL && (strcmp(e->text, "htons") == 0 || strcmp(e->text, "htonl") == 0)) {
        return drill_number_of(a, e->parts);
    }
    return drill_cannot(a, e->text);
}

int64_t drill_number_of(struct drill_args *a, const struct drill_expr *e)
{
    int64_t value = 0;

    if (e == NULL) {
        drill_fail(a->run, a->event->line, "a value is missing");
        return 0;
    }
    switch (e->kind) {
    case DRILL_INTEGER:
        return e->number;
    case DRILL_NAME:
        if (!drill_constant(e->text, &value)) {
            drill_cannot(a, e->text);
        }
        return value;
    case DRILL_OR:
        for (const struct drill_expr *part = e->parts; part != NULL; part = part->next) {
            value |= drill_number_of(a, part);
        }
        return value;
    case DRILL_LIST:
        return e->parts != NULL ? drill_number_of(a, e->parts) : 0;
    case DRILL_APPLY:
        return applied(a, e);
    case DRILL_DOTS:
        return 0;
    case DRILL_QUOTED:
    case DRILL_STRUCT:
    case DRILL_FIELD:
        drill_fail(a->run, a->event->line, "column %" PRIu32 ": this is no number", e->column);
        return 0;
    }
    return 0;
}

int64_t drill_value(struct drill_args *a, unsigned n)
{
    return drill_number_of(a, n < a->n ? a->arg[n] : NULL);
}

const struct drill_expr *drill_field(const struct drill_expr *e, const char *name)
{
    if (e == NULL || e->kind != DRILL_STRUCT) {
        return NULL;
    }
    for (const struct drill_expr *part = e->parts; part != NULL; part = part->next) {
        if (part->kind == DRILL_FIELD && strcmp(part->parts->text, name) == 0) {
            return part->parts->next;
        }
    }
    return NULL;
}

size_t drill_iovec(struct drill_args *a, const struct drill_expr *list)
{
    size_t octets = 0;

    if (list->kind != DRILL_LIST) {
        return 0;
    }
    for (const struct drill_expr *part = list->parts; part != NULL; part = part->next) {
        if (part->kind == DRILL_STRUCT && part->parts != NULL) {
            octets += (size_t)drill_number_of(a, part->parts->next);
        }
    }
    return octets;
}

bool drill_endpoint(struct drill_args *a, unsigned n, struct sf_endpoint *endpoint)
{
    return drill_endpoint_of(a, n < a->n ? a->arg[n] : NULL, endpoint);
}

bool drill_endpoint_of(struct drill_args *a, const struct drill_expr *e,
                       struct sf_endpoint *endpoint)
{
    const struct drill_expr *port = drill_field(e, "sin_port");
    const struct drill_expr *addr = drill_field(e, "sin_addr");
    struct sf_addr parsed;

    if (e == NULL || e->kind != DRILL_STRUCT) {
        return false;
    }
    port = port != NULL ? port : drill_field(e, "sin6_port");
    addr = addr != NULL ? addr : drill_field(e, "sin6_addr");
    if (port != NULL) {
        endpoint->port = (uint16_t)drill_number_of(a, port);
    }
    if (addr != NULL && addr->kind == DRILL_APPLY && addr->parts != NULL &&
        addr->parts->kind == DRILL_QUOTED &&
        sf_addr_parse(addr->parts->text, &parsed) == SF_OK) {
        static const uint8_t any[16];

        endpoint->addr = memcmp(parsed.octets, any, parsed.family == SF_IPV4 ? 4 : 16) == 0
                             ? (struct sf_addr){.family = SF_UNSPEC}
                             : parsed;
    }
    return true;
}

int drill_fd(const struct drill_run *run, int64_t fd)
{
    return fd >= 0 && fd < SF_CALLS_MOST && run->fds[fd] != 0 ? run->fds[fd] : -1;
}

struct drill_flow *drill_flow_at(struct drill_args *a)
{
    struct sf_status status;

    if (!sf_calls_status(&a->run->calls, a->fd, &status, a->run->now) ||
        status.remote.port == 0) {
        return NULL;
    }
    return drill_flow_of(&a->run->flows, status.local.port, status.remote.port);
}

int64_t drill_cannot(struct drill_args *a, const char *what)
{
    drill_skip(a->run, a->event->line, "%s is not supported", what);
    return 0;
}

void drill_same_number(struct drill_args *a, int64_t want, int64_t came)
{
    if (want != came) {
        drill_fail(a->run, a->event->line,
                   "%s() gave another value\nexpected: %" PRId64 "\ncame:     %" PRId64,
                   a->event->call.name, want, came);
    }
}

void drill_same(struct drill_args *a, unsigned n, int64_t came)
{
    if (n < a->n && a->arg[n]->kind != DRILL_DOTS) {
        drill_same_number(a, drill_value(a, n), came);
    }
}

bool drill_is_errno(const char *name, int number)
{
    int64_t value = 0;

    return drill_constant(name, &value) && value == number;
}
