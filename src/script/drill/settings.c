/* SPDX-License-Identifier: MIT
 *
 * script/drill/settings.c - what a script asks of the stack: its options, and the commands
 * before the first event.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/drill/command.h"

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
    } else if (strcmp(s->name, "together") == 0) {
        run->together = value != 0;
    } else if (strcmp(s->name, "bind_port") == 0) {
        run->flows.port = (uint16_t)value;
    }
}

static void setting(struct drill_run *run, const struct drill_setting *s)
{
    static const char *const numbers[] = {"tolerance_usecs", "mtu", "tcp_ts_tick_usecs",
                                          "bind_port",       "mss", "together"};
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
                                         "dry_run",
                                         "tcp_md5_secret"};

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
    } else if (strcmp(s->name, "stack_ip") == 0) {
        address(run, s, &run->own);
    } else if (strcmp(s->name, "remote_ip") == 0) {
        address(run, s, &run->remote);
    } else if (strcmp(s->name, "udp_encapsulation") == 0) {
        drill_skip(run, s->line, "encapsulation in UDP");
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
    run->mapped = strcmp(version, "ipv4-mapped-ipv6") == 0;
    if (sf_addr_parse(v6 ? "fd3d:fa7b:d17d::1" : "192.168.0.1", &run->local) != SF_OK ||
        sf_addr_parse(v6 ? "2001:db8::1" : "192.0.2.1", &run->remote) != SF_OK) {
        abort();
    }
}

bool drill_configure(struct drill_run *run)
{
    run->flows.port = 8080;
    run->flows.next_port = 40000;
    drill_present(run);
    version(run);
    for (const struct drill_setting *s = run->script.settings; s != NULL && !run->done;
         s = s->next) {
        setting(run, s);
    }
    if (run->how->tolerance_set) {
        run->tolerance_ns = run->how->tolerance_ns;
    }
    if (run->script.init != NULL) {
        drill_command_text(run, 1, run->script.init);
    }
    for (struct drill_event *e = run->script.events; e != NULL && e->kind == DRILL_COMMAND;
         e = e->next) {
        drill_command(run, e);
        e->text = ""; /* done */
    }
    return !run->done;
}
