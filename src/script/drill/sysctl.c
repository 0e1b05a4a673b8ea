/* SPDX-License-Identifier: MIT
 *
 * script/drill/sysctl.c - the names by which Linux and FreeBSD set what a stack does.
 *
 * Three kinds: those that set something of ours; those that ask for something that this stack
 * does always, or never, which are fine with that value alone; and those about what a script
 * cannot see here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/drill/command.h"

/* Where a number of a sysctl goes. */
enum target {
    NOTHING, /* any value: nothing of it shows */
    ONLY,    /* the stack does so, and nothing else */
    BYTE,
    SWITCH, /* 0, or more */
    MILLISECONDS,
    SECONDS,
    OCTETS_OF_3,
    OCTETS,
    MAX_BUFFER,
    COOKIES,    /* 0: never, 1: under pressure, 2: always */
    PLAIN_SYNS, /* 0: never; 1: from the third retransmission on */
    BOTH_1323
};

struct sysctl {
    const char *name; /* of a group, with NOTHING */
    enum target target;
    size_t where; /* in struct sf_config; of ONLY the value */
};

#define AT(field) offsetof(struct sf_config, field)

static const struct sysctl sysctls[] = {
    {"net.ipv4.tcp_timestamps", SWITCH, AT(timestamps)},
    {"net.ipv4.tcp_window_scaling", SWITCH, AT(window_scaling)},
    {"net.ipv4.tcp_sack", SWITCH, AT(sack)},
    {"net.ipv4.tcp_syn_retries", BYTE, AT(syn_retries)},
    {"net.ipv4.tcp_synack_retries", BYTE, AT(synack_retries)},
    {"net.ipv4.tcp_retries1", BYTE, AT(r1_retries)},
    {"net.ipv4.tcp_retries2", BYTE, AT(r2_retries)},
    {"net.ipv4.tcp_keepalive_probes", BYTE, AT(keepalive_probes)},
    {"net.ipv4.tcp_keepalive_time", SECONDS, AT(keepalive_idle)},
    {"net.ipv4.tcp_keepalive_intvl", SECONDS, AT(keepalive_interval)},
    {"net.ipv4.tcp_fin_timeout", SECONDS, AT(fin_wait_2)},
    {"net.ipv4.tcp_rmem", OCTETS_OF_3, AT(rcvbuf_octets)},
    {"net.ipv4.tcp_wmem", OCTETS_OF_3, AT(sndbuf_octets)},
    {"net.ipv4.tcp_fastopen_blackhole_timeout_sec", SECONDS, AT(fast_open_backoff)},
    {"net.ipv4.tcp_syncookies", COOKIES, 0},
    {"net.inet.tcp.syncookies", COOKIES, 0},
    {"net.inet.tcp.rfc1323", BOTH_1323, 0},
    {"net.inet.tcp.sack.enable", SWITCH, AT(sack)},
    {"net.inet.tcp.msl", MILLISECONDS, AT(msl)},
    {"net.inet.tcp.delacktime", MILLISECONDS, AT(delayed_ack)},
    {"net.inet.tcp.keepidle", MILLISECONDS, AT(keepalive_idle)},
    {"net.inet.tcp.keepintvl", MILLISECONDS, AT(keepalive_interval)},
    {"net.inet.tcp.keepinit", MILLISECONDS, AT(open_timeout)},
    {"net.inet.tcp.rexmit_drop_options", PLAIN_SYNS, 0},
    {"net.inet.tcp.keepcnt", BYTE, AT(keepalive_probes)},
    {"net.inet.tcp.rexmit_min", MILLISECONDS, AT(rto_min)},
    {"net.inet.tcp.rexmit_slop", MILLISECONDS, AT(rto_slop)},
    {"net.inet.tcp.rexmit_initial", MILLISECONDS, AT(rto_initial)},
    {"net.inet.tcp.finwait2_timeout", MILLISECONDS, AT(fin_wait_2)},
    {"net.inet.tcp.insecure_rst", SWITCH, AT(insecure_rst)},
    {"net.inet.tcp.insecure_syn", SWITCH, AT(insecure_syn)},
    {"net.inet.tcp.drop_synfin", SWITCH, AT(drop_syn_fin)},
    {"kern.ipc.maxsockbuf", MAX_BUFFER, 0},
    {"net.inet.tcp.recvspace", OCTETS, AT(rcvbuf_octets)},
    {"net.inet.tcp.sendspace", OCTETS, AT(sndbuf_octets)},

    /* What is always so, or never. */
    {"net.inet.tcp.blackhole", ONLY, 0},  /* RFC 9293 s3.10.7.1: a RST */
    {"net.inet.tcp.ecn.enable", ONLY, 2}, /* if the peer asks for it */
    {"net.inet.tcp.udp_tunneling_port", ONLY, 0},
    {"net.inet.tcp.path_mtu_discovery", ONLY, 1},
    {"net.inet.tcp.tolerate_missing_ts", ONLY, 0}, /* RFC 7323 s3.2 */
    {"net.inet.tcp.icmp_may_rst", ONLY, 1},        /* RFC 1122 s4.2.3.9 */
    {"net.ipv4.tcp_mtu_probing", ONLY, 0},
    {"net.ipv4.tcp_ecn", ONLY, 2},

    {"net.inet.tcp.syncookies_only", ONLY, 0},
    {"net.inet.tcp.hostcache", NOTHING, 0},
    {"net.inet.tcp.fastopen.client_enable", NOTHING, 0}, /* forgets what is known: nothing is */
    {"net.inet.tcp.cc.algorithm", NOTHING, 0},
    {"net.inet.tcp.functions_default", NOTHING, 0},
    {"net.inet.tcp.rfc", NOTHING, 0},
    {"net.inet.tcp.recvbuf", NOTHING, 0},
    {"net.inet.tcp.sendbuf", NOTHING, 0},
    {"net.inet.tcp.reass", NOTHING, 0},
    {"net.inet.tcp.udp_tunneling_overhead", NOTHING, 0},
    {"kern.timecounter", NOTHING, 0},
    {"net.ipv4.tcp_dsack", NOTHING, 0},
    {"net.ipv4.tcp_fack", NOTHING, 0},
    {"net.ipv4.tcp_frto", NOTHING, 0},
    {"net.ipv4.tcp_reordering", NOTHING, 0},
    {"net.ipv4.tcp_congestion_control", NOTHING, 0},
    {"net.ipv4.tcp_slow_start_after_idle", NOTHING, 0},
    {"net.ipv4.tcp_early_retrans", NOTHING, 0},
    {"net.ipv4.tcp_recovery", NOTHING, 0},
    {"net.ipv4.tcp_tso_win_divisor", NOTHING, 0},
    {"net.ipv4.tcp_min_tso_segs", NOTHING, 0},
    {"net.ipv4.tcp_pacing", NOTHING, 0},
    {"net.ipv4.tcp_notsent_lowat", NOTHING, 0},
    {"net.ipv4.tcp_no_metrics_save", NOTHING, 0},
    {"net.ipv4.tcp_invalid_ratelimit", NOTHING, 0},
    {"net.ipv4.tcp_autocorking", NOTHING, 0},
    {"net.ipv4.tcp_moderate_rcvbuf", NOTHING, 0},
    {"net.ipv4.tcp_limit_output_bytes", NOTHING, 0},
    {"net.core", NOTHING, 0},
};

/* A number, or $((a*b*c)) as a shell has it; moves behind it. */
static uint64_t next_number(const char **value)
{
    char *end = NULL;
    uint64_t n = 0;

    *value += strspn(*value, " \t");
    if (strncmp(*value, "$((", 3) != 0) {
        n = strtoull(*value, &end, 0);
        *value = end;
        return n;
    }
    n = strtoull(*value + 3, &end, 0);
    while (*end == '*') {
        n *= strtoull(end + 1, &end, 0);
    }
    *value = end + strspn(end, ")");
    return n;
}

/* The last of up to three numbers: least, usual, most. */
static uint64_t number_of(const char *value, enum target target)
{
    uint64_t n = next_number(&value);

    for (int i = 0; target == OCTETS_OF_3 && i < 2; i++) {
        n = next_number(&value);
    }
    return n;
}

/* Where it differs from what is there, the configuration has changed. */
static void put(struct sf_config *config, const struct sysctl *s, uint64_t n)
{
    char *at = (char *)config + s->where;
    uint8_t byte = n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
    sf_span span = s->target == SECONDS ? SF_S(n) : SF_MS(n);
    uint32_t octets = (uint32_t)n;

    switch (s->target) {
    case NOTHING:
    case ONLY:
        break;
    case SWITCH:
        byte = byte != 0;
        memcpy(at, &byte, sizeof(byte));
        break;
    case BYTE:
        memcpy(at, &byte, sizeof(byte));
        break;
    case MILLISECONDS:
    case SECONDS:
        memcpy(at, &span, sizeof(span));
        break;
    case OCTETS_OF_3:
    case OCTETS:
        memcpy(at, &octets, sizeof(octets));
        break;
    case MAX_BUFFER:
        drill_max_buffer(config, n);
        break;
    case COOKIES:
        config->syn_cookies = n == 0   ? SF_COOKIES_OFF
                              : n == 1 ? SF_COOKIES_PRESSURE
                                       : SF_COOKIES_ALWAYS;
        break;
    case PLAIN_SYNS:
        config->syn_plain = n == 0 ? SF_RETRIES_FOREVER : 2;
        break;
    case BOTH_1323:
        config->timestamps = n != 0;
        config->window_scaling = n != 0;
        break;
    }
}

static const struct sysctl *find(const char *name)
{
    for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
        const struct sysctl *s = &sysctls[i];
        bool group = s->target == NOTHING && strncmp(name, s->name, strlen(s->name)) == 0;

        if (group || strcmp(name, s->name) == 0) {
            return s;
        }
    }
    return NULL;
}

void drill_sysctl_inherit(struct drill_run *run)
{
    const struct sf_config *config = &run->config;

    sf_calls_default(&run->calls, SF_OPTION_KEEPALIVE_IDLE,
                     config->keepalive_idle.ns / SF_NS_PER_MS);
    sf_calls_default(&run->calls, SF_OPTION_KEEPALIVE_INTERVAL,
                     config->keepalive_interval.ns / SF_NS_PER_MS);
    sf_calls_default(&run->calls, SF_OPTION_KEEPALIVE_PROBES, config->keepalive_probes);
    if (config->open_timeout.ns != 0) {
        sf_calls_default(&run->calls, SF_OPTION_OPEN_TIMEOUT,
                         config->open_timeout.ns / SF_NS_PER_MS);
    }
    if (run->calls.bsd) {
        sf_calls_default(&run->calls, SF_OPTION_RCVBUF, config->rcvbuf_octets);
        sf_calls_default(&run->calls, SF_OPTION_SNDBUF, config->sndbuf_octets);
    }
}

/* True if what a sysctl sets is the same in both. */
static bool same(const struct sysctl *s, const struct sf_config *a, const struct sf_config *b)
{
    const char *at_a = (const char *)a + s->where;
    const char *at_b = (const char *)b + s->where;

    switch (s->target) {
    case NOTHING:
    case ONLY:
        break;
    case BYTE:
    case SWITCH:
        return *at_a == *at_b;
    case MILLISECONDS:
    case SECONDS:
        return memcmp(at_a, at_b, sizeof(sf_span)) == 0;
    case OCTETS_OF_3:
    case OCTETS:
        return memcmp(at_a, at_b, sizeof(uint32_t)) == 0;
    case MAX_BUFFER:
        return a->window_scale == b->window_scale;
    case COOKIES:
        return a->syn_cookies == b->syn_cookies;
    case PLAIN_SYNS:
        return a->syn_plain == b->syn_plain;
    case BOTH_1323:
        return a->timestamps == b->timestamps && a->window_scaling == b->window_scaling;
    }
    return true;
}

/* What SYNs offer can change at any time. */
static bool is_offer(const struct sysctl *s)
{
    return s->target == BOTH_1323 ||
           (s->target == SWITCH && (s->where == AT(timestamps) ||
                                    s->where == AT(window_scaling) || s->where == AT(sack)));
}

/* The stack has taken its configuration; what sockets inherit can still change. */
static bool is_inherited(const struct sysctl *s)
{
    return s->target != MAX_BUFFER && s->target != COOKIES && s->target != BOTH_1323 &&
           s->target != PLAIN_SYNS &&
           (s->where == AT(keepalive_idle) || s->where == AT(keepalive_interval) ||
            s->where == AT(keepalive_probes) || s->where == AT(open_timeout));
}

/* The name before the =, with dots. */
static char *name_of(char *text)
{
    static const char proc[] = "/proc/sys/";

    text[strcspn(text, "=")] = '\0';
    text += strncmp(text, proc, sizeof(proc) - 1) == 0 ? sizeof(proc) - 1 : 0;
    for (char *c = text; (c = strchr(c, '/')) != NULL;) {
        *c = '.';
    }
    return text;
}

bool drill_sysctl_exists(char *text)
{
    const char *name = name_of(text);

    return strcmp(name, "net.ipv4.tcp_fastopen") == 0 ||
           strcmp(name, "net.ipv4.tcp_fastopen_key") == 0 || find(name) != NULL;
}

enum drill_sysctl drill_sysctl(struct drill_run *run, char *text)
{
    char *value = strchr(text, '=');

    if (value == NULL) {
        return DRILL_SET; /* it only asks */
    }
    value++;
    text = name_of(text);
    if (drill_fast_sysctl(run, text, value)) {
        return DRILL_SET;
    }
    const struct sysctl *s = find(text);
    if (s == NULL) {
        return DRILL_NO_SYSCTL;
    }
    /* Unless told otherwise, who sets FreeBSD's names expects FreeBSD's errors and lengths. */
    run->bsd = run->bsd || (run->how->like == DRILL_LIKE_SYNFIN &&
                            strncmp(text, "net.inet.", sizeof("net.inet.") - 1) == 0);
    uint64_t n = number_of(value, s->target);
    if (s->target == ONLY && n != s->where) {
        return DRILL_NOT_THIS_VALUE;
    }
    struct sf_config changed = run->config;
    put(&changed, s, n);
    if (run->stack != NULL && !is_inherited(s) && !is_offer(s) &&
        !same(s, &changed, &run->config)) {
        return DRILL_TOO_LATE;
    }
    run->config = changed;
    if (run->stack != NULL) {
        if (sf_set_offers(run->stack, changed.timestamps, changed.window_scaling,
                          changed.sack) != SF_OK) {
            abort(); /* they are switches */
        }
        drill_sysctl_inherit(run);
    }
    return DRILL_SET;
}

void drill_sysctl_usual(struct drill_run *run)
{
    run->config.rcvbuf_octets = 15 * 1024 * 1024;
    run->config.sndbuf_octets = 4 * 1024 * 1024;
    run->config.syn_retries = 5;
    run->config.synack_retries = 5;
}
