/* SPDX-License-Identifier: MIT
 *
 * script/drill/settings.c - what a script asks of the stack: its options, and the commands
 * that it would have a shell run.
 *
 * No command is ever run.  Those that set what the stack has are understood, those that would
 * change nothing here pass, and any other makes the script skipped.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/drill/run.h"

#define COMMAND_OCTETS 4096
#define COMMAND_WORDS  64

/* Where a number of a sysctl goes. */
enum target { NOTHING, BYTE, MILLISECONDS, SECONDS, OCTETS_OF_3, OCTETS, BOTH_1323 };

struct sysctl {
    const char *name;
    enum target target;
    size_t offset; /* in struct sf_config */
};

#define AT(field) offsetof(struct sf_config, field)

static const struct sysctl sysctls[] = {
    {"net.ipv4.tcp_timestamps", BYTE, AT(timestamps)},
    {"net.ipv4.tcp_window_scaling", BYTE, AT(window_scaling)},
    {"net.ipv4.tcp_sack", BYTE, AT(sack)},
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
    {"net.inet.tcp.rfc1323", BOTH_1323, 0},
    {"net.inet.tcp.sack.enable", BYTE, AT(sack)},
    {"net.inet.tcp.msl", MILLISECONDS, AT(msl)},
    {"net.inet.tcp.delacktime", MILLISECONDS, AT(delayed_ack)},
    {"net.inet.tcp.keepidle", MILLISECONDS, AT(keepalive_idle)},
    {"net.inet.tcp.keepintvl", MILLISECONDS, AT(keepalive_interval)},
    {"net.inet.tcp.keepcnt", BYTE, AT(keepalive_probes)},
    {"net.inet.tcp.rexmit_min", MILLISECONDS, AT(rto_min)},
    {"net.inet.tcp.rexmit_initial", MILLISECONDS, AT(rto_initial)},
    {"net.inet.tcp.finwait2_timeout", MILLISECONDS, AT(fin_wait_2)},
    {"net.inet.tcp.recvspace", OCTETS, AT(rcvbuf_octets)},
    {"net.inet.tcp.sendspace", OCTETS, AT(sndbuf_octets)},
    {"net.inet.tcp.syncookies", NOTHING, 0},
    {"net.inet.tcp.hostcache", NOTHING, 0},
    {"net.inet.tcp.cc.algorithm", NOTHING, 0},
    {"net.inet.tcp.functions_default", NOTHING, 0},
    {"net.inet.tcp.path_mtu_discovery", NOTHING, 0},
    {"net.inet.tcp.rfc", NOTHING, 0},
    {"net.inet.tcp.recvbuf", NOTHING, 0},
    {"net.inet.tcp.sendbuf", NOTHING, 0},
    {"net.inet.tcp.insecure", NOTHING, 0},
    {"net.inet.tcp.reass", NOTHING, 0},
    {"kern.timecounter", NOTHING, 0},
    /* What Linux may be told to do, and what this stack has no switch for. */
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
    {"net.ipv4.tcp_syncookies", NOTHING, 0},
    {"net.ipv4.tcp_no_metrics_save", NOTHING, 0},
    {"net.ipv4.tcp_invalid_ratelimit", NOTHING, 0},
    {"net.ipv4.tcp_autocorking", NOTHING, 0},
    {"net.ipv4.tcp_moderate_rcvbuf", NOTHING, 0},
    {"net.ipv4.tcp_limit_output_bytes", NOTHING, 0},
    {"net.ipv4.tcp_ecn", NOTHING, 0},
    {"net.ipv4.tcp_fastopen", NOTHING, 0},
    {"net.ipv4.tcp_mtu_probing", NOTHING, 0},
    {"net.core", NOTHING, 0},
};

static void put(struct sf_config *config, const struct sysctl *s, const char *value)
{
    char *at = (char *)config + s->offset;
    char *end = NULL;
    uint64_t n = strtoull(value, &end, 0);
    uint8_t byte = n > UINT8_MAX ? UINT8_MAX : (uint8_t)n;
    sf_span span = s->target == SECONDS ? SF_S(n) : SF_MS(n);

    /* A switch of Linux's may have more than two positions. */
    bool is_switch =
        s->offset == AT(timestamps) || s->offset == AT(window_scaling) || s->offset == AT(sack);
    byte = is_switch && byte > 1 ? 1 : byte;
    for (int i = 0; s->target == OCTETS_OF_3 && i < 2; i++) {
        n = strtoull(end, &end, 0); /* least, usual, most: the last counts */
    }
    uint32_t octets = (uint32_t)n;
    switch (s->target) {
    case NOTHING:
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
    case BOTH_1323:
        config->timestamps = byte != 0;
        config->window_scaling = byte != 0;
        break;
    }
}

/* name=value, with dots or as a path below /proc/sys; false: unknown. */
static bool set(struct drill_run *run, char *text)
{
    static const char proc[] = "/proc/sys/";
    char *value = strchr(text, '=');

    if (value == NULL) {
        return true; /* it only asks */
    }
    *value++ = '\0';
    text += strncmp(text, proc, sizeof(proc) - 1) == 0 ? sizeof(proc) - 1 : 0;
    if (strchr(text, '/') != NULL) {
        for (char *c = text; (c = strchr(c, '/')) != NULL;) {
            *c = '.';
        }
    }
    for (size_t i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++) {
        const struct sysctl *s = &sysctls[i];
        bool group = s->target == NOTHING && strncmp(text, s->name, strlen(s->name)) == 0;

        if (group || strcmp(text, s->name) == 0) {
            put(&run->config, s, value);
            return true;
        }
    }
    return false;
}

/* Take one word as a shell would, quotations kept together and their marks left out; ends it
 * with a null where it stands.  Returns what follows. */
static char *word(char *text)
{
    char quote = '\0';
    char *to = text;
    char *c = text;

    for (; *c != '\0' && (quote != '\0' || (*c != ' ' && *c != '\t')); c++) {
        if (*c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*c == '"' || *c == '\'')) {
            quote = *c;
        } else {
            *to++ = *c;
        }
    }
    char *rest = c + (*c != '\0');
    *to = '\0';
    return rest;
}

/* Split into words.  Returns how many. */
static size_t split(char *text, char *words[COMMAND_WORDS])
{
    size_t n = 0;

    while (n < COMMAND_WORDS) {
        text += strspn(text, " \t");
        if (*text == '\0') {
            break;
        }
        words[n++] = text;
        text = word(text);
    }
    return n;
}

static bool ends(const char *text, const char *end)
{
    size_t n = strlen(text);
    size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The state that packetdrill's own scripts begin in. */
static void usual(struct sf_config *config)
{
    config->rcvbuf_octets = 15 * 1024 * 1024;
    config->sndbuf_octets = 4 * 1024 * 1024;
    config->syn_retries = 5;
    config->synack_retries = 5;
}

static void one_command(struct drill_run *run, uint32_t line, char *text)
{
    char whole[80];
    char *words[COMMAND_WORDS];

    snprintf(whole, sizeof(whole), "%s", text);
    size_t n = split(text, words);
    if (n == 0 || words[0][0] == '#' || ends(words[0], ".sh") ||
        (n > 1 && strcmp(words[0], "ip") == 0 && strcmp(words[1], "tcp_metrics") == 0) ||
        strcmp(words[0], "tc") == 0 || strcmp(words[0], "kldload") == 0 ||
        strcmp(words[0], "true") == 0) {
        if (n > 0 && ends(words[0], "/defaults.sh")) {
            usual(&run->config);
        }
        return;
    }
    if (strcmp(words[0], "sysctl") != 0 && !ends(words[0], "/set_sysctls.py")) {
        if (!run->how->ignore_commands) {
            drill_skip(run, line, "command '%s' is not known", whole);
        }
        return;
    }
    if (run->stack != NULL && strchr(whole, '=') != NULL && !run->how->ignore_commands) {
        drill_skip(run, line, "'%s' in the middle of a script", whole);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        if (words[i][0] != '-' && words[i][0] != '>' && !set(run, words[i])) {
            drill_skip(run, line, "sysctl '%s' is not known", words[i]);
        }
    }
}

/* Commands are separated by lines, ; or &&; a \ at the end joins lines. */
static void command(struct drill_run *run, uint32_t line, const char *text)
{
    char copy[COMMAND_OCTETS];

    if (strlen(text) >= sizeof(copy)) {
        drill_skip(run, line, "the command is too long");
        return;
    }
    memcpy(copy, text, strlen(text) + 1);
    for (char *c = copy; *c != '\0'; c++) {
        if (c[0] == '\\' && c[1] == '\n') {
            c[0] = ' ';
            c[1] = ' ';
        }
        if (*c == ';' || *c == '&') {
            *c = '\n';
        }
    }
    char *rest = copy;
    char *one = NULL;
    while (!run->done && (one = strsep(&rest, "\n")) != NULL) {
        one_command(run, line, one);
    }
}

void drill_command(struct drill_run *run, const struct drill_event *event)
{
    command(run, event->line, event->text);
}

static bool address(struct drill_run *run, const struct drill_setting *s, struct sf_addr *addr)
{
    char text[SF_ADDR_TEXT + 8];

    snprintf(text, sizeof(text), "%s", s->value != NULL ? s->value : "");
    text[strcspn(text, "/")] = '\0';
    if (sf_addr_parse(text, addr) == SF_OK) {
        return true;
    }
    drill_fail(run, s->line, "--%s: '%s' is no address", s->name, text);
    return false;
}

static bool number(struct drill_run *run, const struct drill_setting *s, uint64_t *value)
{
    char *end = NULL;

    *value = s->value != NULL ? strtoull(s->value, &end, 10) : 0;
    if (end != NULL && end != s->value && *end == '\0') {
        return true;
    }
    drill_fail(run, s->line, "--%s: expected a number", s->name);
    return false;
}

static void numbered(struct drill_run *run, const struct drill_setting *s)
{
    uint64_t value = 0;

    if (!number(run, s, &value)) {
        return;
    }
    if (strcmp(s->name, "tolerance_usecs") == 0) {
        run->tolerance_ns = value * SF_NS_PER_US;
    } else if (strcmp(s->name, "mtu") == 0) {
        run->config.mtu = (uint32_t)value;
    } else if (strcmp(s->name, "tcp_ts_tick_usecs") == 0) {
        run->tick_ns = value * SF_NS_PER_US;
    } else if (strcmp(s->name, "mss") == 0) {
        run->mss = (uint32_t)value;
    } else if (strcmp(s->name, "bind_port") == 0) {
        run->flows.port = (uint16_t)value;
    }
}

static void setting(struct drill_run *run, const struct drill_setting *s)
{
    static const char *const numbers[] = {"tolerance_usecs", "mtu", "tcp_ts_tick_usecs",
                                          "bind_port", "mss"};
    static const char *const unused[] = {"define",
                                         "gateway_ip",
                                         "netmask_ip",
                                         "strict_segments",
                                         "mss",
                                         "ip_version",
                                         "init_scripts",
                                         "speed",
                                         "non_fatal",
                                         "verbose",
                                         "tcp_ts_ecr_scaled",
                                         "connect_port",
                                         "tolerance_percent",
                                         "wire_client_dev",
                                         "debug",
                                         "psp_udp_port",
                                         "send_omit_free",
                                         "so_filename",
                                         "so_flags",
                                         "dry_run"};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(s->name, numbers[i]) == 0) {
            numbered(run, s);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++) {
        if (strcmp(s->name, unused[i]) == 0) {
            return;
        }
    }
    if (strcmp(s->name, "local_ip") == 0) {
        address(run, s, &run->local);
    } else if (strcmp(s->name, "remote_ip") == 0) {
        address(run, s, &run->remote);
    } else {
        drill_fail(run, s->line, "there is no option --%s", s->name);
    }
}

static void version(struct drill_run *run)
{
    const char *version = "ipv4";

    for (const struct drill_setting *s = run->script.settings; s != NULL; s = s->next) {
        if (strcmp(s->name, "ip_version") == 0 && s->value != NULL) {
            version = s->value;
        }
    }
    bool v6 = strcmp(version, "ipv6") == 0;
    if (sf_addr_parse(v6 ? "fd3d:fa7b:d17d::1" : "192.168.0.1", &run->local) != SF_OK ||
        sf_addr_parse(v6 ? "2001:db8::1" : "192.0.2.1", &run->remote) != SF_OK) {
        abort();
    }
}

static void present(struct drill_run *run)
{
    struct sf_config *config = &run->config;

    sf_config_default(config);
    memset(config->seed, 1, sizeof(config->seed));
    config->max_connections = 256;
    config->max_embryos = 256;
    config->max_time_waits = 256;
    if (run->how->like == DRILL_LIKE_LINUX) {
        config->rcvbuf_octets = 6 * 1024 * 1024;
        config->sndbuf_octets = 4 * 1024 * 1024;
        config->syn_retries = 6;
        /* Linux acknowledges at once while a connection is young, which scripts are about. */
        config->delayed_ack = SF_NS(0);
    } else if (run->how->like == DRILL_LIKE_FREEBSD) {
        config->rcvbuf_octets = 2 * 1024 * 1024;
    }
}

bool drill_configure(struct drill_run *run)
{
    run->flows.port = 8080;
    run->flows.next_port = 40000;
    present(run);
    version(run);
    for (const struct drill_setting *s = run->script.settings; s != NULL && !run->done;
         s = s->next) {
        setting(run, s);
    }
    if (run->how->tolerance_set) {
        run->tolerance_ns = run->how->tolerance_ns;
    }
    if (run->script.init != NULL) {
        command(run, 1, run->script.init);
    }
    for (struct drill_event *e = run->script.events; e != NULL && e->kind == DRILL_COMMAND;
         e = e->next) {
        drill_command(run, e);
        e->text = ""; /* done */
    }
    return !run->done;
}
