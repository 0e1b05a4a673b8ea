/* SPDX-License-Identifier: MIT
 *
 * script/lab/parse_host.c - a host and what it is like.
 */
#include "script/lab/parse.h"

#include <string.h>

#include "base/time.h"

/* What every host of a lab is like: small, so that a lab costs nothing. */
static void settle(struct sf_config *config)
{
    sf_config_default(config);
    config->max_connections = 512;
    config->max_embryos = 512;
    config->max_chunks = 512;
    config->rcvbuf_octets = 256 << 10;
    config->sndbuf_octets = 256 << 10;
}

struct named_break {
    const char *name;
    unsigned bit;
};

static const struct named_break breaks[] = {
    {"one-way-handshake", LAB_ONE_WAY},
    {"two-way-handshake", LAB_TWO_WAY},
    {"no-time-wait", LAB_NO_TIME_WAIT},
    {"short-msl", LAB_SHORT_MSL},
    {"fixed-isn", LAB_FIXED_ISN},
    {"three-way-close", LAB_THREE_WAY_CLOSE},
    {"no-retransmission", LAB_NO_RETRANSMISSION},
    {"no-checksum", LAB_NO_CHECKSUM},
    {"nothing", LAB_KEEPS_RULES},
};

static bool parse_breaks(struct lab_parser *p, struct lab_host *host)
{
    for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
        if (lab_take(&p->line, breaks[i].name)) {
            host->breaks |= breaks[i].bit;
            return true;
        }
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected a rule to break: one-way-handshake, two-way-handshake, "
                      "no-time-wait, short-msl, fixed-isn, three-way-close, "
                      "no-retransmission, no-checksum, nothing");
}

static bool read_within(struct lab_parser *p, const char *what, uint64_t low, uint64_t high,
                        uint64_t *n)
{
    if (!lab_read_number(&p->lines, &p->line, what, n)) {
        return false;
    }
    if (*n < low || *n > high) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected %s from %llu to %llu", what,
                          (unsigned long long)low, (unsigned long long)high);
    }
    return true;
}

static bool parse_switch(struct lab_parser *p, uint8_t *value)
{
    *value = lab_take(&p->line, "on");
    return *value == 1 || lab_take(&p->line, "off") ||
           lab_refuse(&p->lines, &p->line, "expected on or off");
}

static bool parse_cookies(struct lab_parser *p, struct sf_config *config)
{
    if (lab_take(&p->line, "off")) {
        config->syn_cookies = SF_COOKIES_OFF;
    } else if (lab_take(&p->line, "pressure")) {
        config->syn_cookies = SF_COOKIES_PRESSURE;
    } else if (lab_take(&p->line, "always")) {
        config->syn_cookies = SF_COOKIES_ALWAYS;
    } else {
        return lab_refuse(&p->lines, &p->line, "expected off, pressure or always");
    }
    return true;
}

/* The spans by name. */
static sf_span *span_named(struct lab_parser *p, struct sf_config *config)
{
    if (lab_take(&p->line, "msl")) {
        return &config->msl;
    }
    if (lab_take(&p->line, "rto-initial")) {
        return &config->rto_initial;
    }
    if (lab_take(&p->line, "rto-min")) {
        return &config->rto_min;
    }
    if (lab_take(&p->line, "delayed-ack")) {
        return &config->delayed_ack;
    }
    if (lab_take(&p->line, "fin-wait-2")) {
        return &config->fin_wait_2;
    }
    if (lab_take(&p->line, "user-timeout")) {
        return &config->user_timeout;
    }
    return NULL;
}

static bool parse_retries(struct lab_parser *p, uint8_t *retries)
{
    uint64_t n = 0;
    bool fine = read_within(p, "retries", 1, 255, &n);

    *retries = (uint8_t)n;
    return fine;
}

static bool parse_octets(struct lab_parser *p, uint32_t *octets)
{
    uint64_t n = 0;
    bool fine = read_within(p, "octets", 256, 1 << 20, &n);

    *octets = (uint32_t)n;
    return fine;
}

static bool parse_ports(struct lab_parser *p, struct sf_config *config)
{
    uint64_t low = 0;
    uint64_t high = 0;

    if (!read_within(p, "the first local port", 1024, 65535, &low) ||
        !read_within(p, "the last local port", low, 65535, &high)) {
        return false;
    }
    config->port_low = (uint16_t)low;
    config->port_high = (uint16_t)high;
    return true;
}

static bool parse_option(struct lab_parser *p, struct lab_host *host)
{
    struct sf_config *config = &host->config;
    sf_span *span = span_named(p, config);

    if (span != NULL) {
        return lab_read_span(&p->lines, &p->line, span);
    }
    if (lab_take(&p->line, "breaks")) {
        return parse_breaks(p, host);
    }
    if (lab_take(&p->line, "timestamps")) {
        return parse_switch(p, &config->timestamps);
    }
    if (lab_take(&p->line, "sack")) {
        return parse_switch(p, &config->sack);
    }
    if (lab_take(&p->line, "cookies")) {
        return parse_cookies(p, config);
    }
    if (lab_take(&p->line, "syn-retries")) {
        return parse_retries(p, &config->syn_retries);
    }
    if (lab_take(&p->line, "synack-retries")) {
        return parse_retries(p, &config->synack_retries);
    }
    if (lab_take(&p->line, "retries")) {
        return parse_retries(p, &config->r2_retries);
    }
    if (lab_take(&p->line, "rcvbuf")) {
        return parse_octets(p, &config->rcvbuf_octets);
    }
    if (lab_take(&p->line, "ports")) {
        return parse_ports(p, config);
    }
    return lab_refuse(&p->lines, &p->line,
                      "expected an option of a host: msl, rto-initial, rto-min, delayed-ack, "
                      "fin-wait-2, user-timeout, breaks, timestamps, sack, cookies, "
                      "syn-retries, synack-retries, retries, rcvbuf, ports");
}

/* A variant says more of a host that the file has named: the address is not repeated. */
static struct lab_host *again(struct lab_parser *p)
{
    const struct lab_word *word = lab_peek_word(&p->line);

    for (uint32_t i = 0; p->seen > 0 && i < p->lab->n_hosts; i++) {
        if (lab_word_is(word, p->lab->hosts[i].name)) {
            p->line.next++;
            return &p->lab->hosts[i];
        }
    }
    return NULL;
}

static bool begin_host(struct lab_parser *p, struct lab_host *host)
{
    char address[SF_ADDR_TEXT];

    *host = (struct lab_host){.breaks = 0};
    settle(&host->config);
    if (!lab_read_name(&p->lines, &p->line, "a host's name", host->name, sizeof(host->name))) {
        return false;
    }
    if (memchr(host->name, '>', strlen(host->name)) != NULL) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected a host's name without >");
    }
    if (!lab_read_name(&p->lines, &p->line, "its address", address, sizeof(address))) {
        return false;
    }
    if (sf_addr_parse(address, &host->addr) != SF_OK) {
        p->line.next--;
        return lab_refuse(&p->lines, &p->line, "expected an address, as 10.0.0.1 or fd00::1");
    }
    p->lab->n_hosts++;
    return true;
}

bool lab_parse_host(struct lab_parser *p)
{
    struct lab_host *host = again(p);

    if (host == NULL) {
        if (p->lab->n_hosts == LAB_HOSTS) {
            return lab_refuse(&p->lines, &p->line, "expected at most %d hosts", LAB_HOSTS);
        }
        host = &p->lab->hosts[p->lab->n_hosts];
        if (!begin_host(p, host)) {
            return false;
        }
    }
    while (lab_peek_word(&p->line) != NULL) {
        if (!parse_option(p, host)) {
            return false;
        }
    }
    if (host->breaks != 0 && host->addr.family != SF_IPV4) {
        return lab_refuse(&p->lines, &p->line,
                          "expected an IPv4 address of an endpoint that breaks rules");
    }
    return true;
}
