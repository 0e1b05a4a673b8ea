/* SPDX-License-Identifier: MIT
 *
 * script/lab/parse_step.c - what an application does, step by step.
 */
#include "script/lab/parse.h"

#include <string.h>

struct named_error {
    const char *name;
    enum sf_err error;
};

static const struct named_error errors[] = {
    {"refused", SF_ERR_REFUSED},         {"reset", SF_ERR_RESET},
    {"timeout", SF_ERR_TIMED_OUT},       {"user-timeout", SF_ERR_USER_TIMEOUT},
    {"unreachable", SF_ERR_UNREACHABLE}, {"end", SF_ERR_EOF},
    {"in-use", SF_ERR_EXISTS},           {"no-port", SF_ERR_NO_PORT},
    {"no-memory", SF_ERR_NO_MEMORY},     {"aborted", SF_ERR_ABORTED},
    {"closing", SF_ERR_CLOSING},         {"none", SF_OK},
};

bool lab_parse_error(struct lab_parser *p, uint8_t *error)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (lab_take(&p->line, errors[i].name)) {
            *error = (uint8_t)errors[i].error;
            return true;
        }
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected an error: refused, reset, timeout, user-timeout, unreachable, "
                      "end, in-use, no-port, no-memory, aborted, closing, none");
}

static bool read_port(struct lab_parser *p, uint16_t *port)
{
    uint64_t n = 0;

    if (!lab_read_number(&p->lines, &p->line, "a port", &n)) {
        return false;
    }
    *port = (uint16_t)n;
    if (n < 1 || n > UINT16_MAX) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected a port from 1 to 65535");
    }
    return true;
}

/* HOST:PORT [from PORT] */
static bool parse_target(struct lab_parser *p, struct lab_step *step)
{
    const struct lab_word *word = lab_peek_word(&p->line);
    const char *colon = word != NULL ? memchr(word->at, ':', word->octets) : NULL;
    uint64_t port = 0;
    bool known = false;

    for (uint32_t i = 0; colon != NULL && i < p->lab->n_hosts; i++) {
        const char *name = p->lab->hosts[i].name;

        if (strlen(name) == (size_t)(colon - word->at) &&
            memcmp(name, word->at, strlen(name)) == 0) {
            step->host = i;
            known = true;
        }
    }
    if (colon == NULL || !known ||
        !lab_number_of(colon + 1, word->octets - (size_t)(colon + 1 - word->at), &port) ||
        port < 1 || port > UINT16_MAX) {
        return lab_refuse(&p->lines, &p->line, "expected a known host and a port, as B:80");
    }
    step->port = (uint16_t)port;
    p->line.next++;
    return !lab_take(&p->line, "from") || read_port(p, &step->from);
}

struct named_option {
    const char *name;
    enum sf_option option;
    bool span; /* a length of time, to be given in milliseconds */
};

static const struct named_option options[] = {
    {"nodelay", SF_OPTION_NODELAY, false},
    {"cork", SF_OPTION_CORK, false},
    {"keepalive", SF_OPTION_KEEPALIVE, false},
    {"keepalive-idle", SF_OPTION_KEEPALIVE_IDLE, true},
    {"keepalive-interval", SF_OPTION_KEEPALIVE_INTERVAL, true},
    {"keepalive-probes", SF_OPTION_KEEPALIVE_PROBES, false},
    {"user-timeout", SF_OPTION_USER_TIMEOUT, true},
    {"rcvbuf", SF_OPTION_RCVBUF, false},
    {"sndbuf", SF_OPTION_SNDBUF, false},
    {"quickack", SF_OPTION_QUICKACK, false},
};

static bool parse_set(struct lab_parser *p, struct lab_step *step)
{
    sf_span span = {0};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (!lab_take(&p->line, options[i].name)) {
            continue;
        }
        step->option = options[i].option;
        if (!options[i].span) {
            return lab_read_number(&p->lines, &p->line, "its value", &step->n);
        }
        if (!lab_read_span(&p->lines, &p->line, &span)) {
            return false;
        }
        step->n = span.ns / 1000000;
        return true;
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected an option: nodelay, cork, keepalive, keepalive-idle, "
                      "keepalive-interval, keepalive-probes, user-timeout, rcvbuf, sndbuf, "
                      "quickack");
}

/* listen PORT [backlog N] [syn-queue N] */
static bool parse_listen(struct lab_parser *p, struct lab_step *step)
{
    uint64_t n = 0;

    if (!read_port(p, &step->port)) {
        return false;
    }
    if (lab_take(&p->line, "backlog") &&
        !lab_read_number(&p->lines, &p->line, "connections", &step->n)) {
        return false;
    }
    if (lab_take(&p->line, "syn-queue")) {
        if (!lab_read_number(&p->lines, &p->line, "connections", &n)) {
            return false;
        }
        step->option = (uint32_t)n;
    }
    return true;
}

static bool parse_read(struct lab_parser *p, struct lab_step *step)
{
    if (lab_take(&p->line, "end")) {
        step->verb = LAB_READ_END;
        return true;
    }
    return lab_read_number(&p->lines, &p->line, "octets, or end", &step->n);
}

static bool parse_nothing(struct lab_parser *p, struct lab_step *step)
{
    (void)p;
    (void)step;
    return true;
}

static bool parse_count(struct lab_parser *p, struct lab_step *step)
{
    return lab_read_number(&p->lines, &p->line, "how many", &step->n);
}

static bool parse_span(struct lab_parser *p, struct lab_step *step)
{
    return lab_read_span(&p->lines, &p->line, &step->span);
}

static bool parse_use(struct lab_parser *p, struct lab_step *step)
{
    return lab_read_name(&p->lines, &p->line, "a connection's name", step->name,
                         sizeof(step->name));
}

struct named_verb {
    const char *word;
    bool (*parse)(struct lab_parser *p, struct lab_step *step);
    enum lab_verb verb;
    bool may_fail, names;
};

static const struct named_verb verbs[] = {
    {"listen", parse_listen, LAB_LISTEN, false, true},
    {"accept", parse_nothing, LAB_ACCEPT, true, true},
    {"connect", parse_target, LAB_CONNECT, true, true},
    {"open", parse_target, LAB_OPEN, true, true},
    {"use", parse_use, LAB_USE, false, false},
    {"send", parse_count, LAB_SEND, true, false},
    {"read", parse_read, LAB_READ, true, false},
    {"shutdown", parse_nothing, LAB_SHUTDOWN, true, false},
    {"close", parse_nothing, LAB_CLOSE, false, false},
    {"abort", parse_nothing, LAB_ABORT, false, false},
    {"set", parse_set, LAB_SET, false, false},
    {"wait", parse_span, LAB_WAIT, false, false},
    {"at", parse_span, LAB_AT, false, false},
    {"repeat", parse_count, LAB_REPEAT, false, false},
    {"end", parse_nothing, LAB_END, false, false},
};

bool lab_parse_step(struct lab_parser *p, struct lab_app *app)
{
    struct lab_step *step = &app->steps[app->n];

    if (app->n == LAB_STEPS) {
        return lab_refuse(&p->lines, &p->line, "expected at most %d steps", LAB_STEPS);
    }
    *step = (struct lab_step){.place = lab_place_of(p)};
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!lab_take(&p->line, verbs[i].word)) {
            continue;
        }
        step->verb = (uint8_t)verbs[i].verb;
        if (!verbs[i].parse(p, step)) {
            return false;
        }
        if (verbs[i].names && lab_take(&p->line, "as") && !parse_use(p, step)) {
            return false;
        }
        if (verbs[i].may_fail && lab_take(&p->line, "fails") &&
            !lab_parse_error(p, &step->fails)) {
            return false;
        }
        app->n++;
        return lab_read_end(&p->lines, &p->line);
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected a step: listen, accept, connect, open, use, send, read, "
                      "shutdown, close, abort, set, wait, at, repeat, end");
}
