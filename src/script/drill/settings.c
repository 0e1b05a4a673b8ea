/* SPDX-License-Identifier: MIT
 *
 * script/drill/settings.c - what a script asks of the stack: its options, and the commands
 * before the first event.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "script/drill/command.h"

/* What stands behind --name=. */
enum kind { NUMBER = 0, PERCENT, ADDRESS, VERSION, UNUSED, ENCAPSULATED };

static const struct {
    const char *name;
    enum kind kind;
} known[] = {
    {"bind_port", NUMBER},
    {"connect_port", UNUSED},
    {"debug", UNUSED},
    {"define", UNUSED},
    {"dry_run", UNUSED},
    {"gateway_ip", UNUSED},
    {"init_scripts", UNUSED},
    {"ip_version", VERSION},
    {"local_ip", ADDRESS},
    {"mss", NUMBER},
    {"mtu", NUMBER},
    {"netmask_ip", UNUSED},
    {"non_fatal", UNUSED},
    {"psp_udp_port", UNUSED},
    {"remote_ip", ADDRESS},
    {"send_omit_free", UNUSED},
    {"so_filename", UNUSED},
    {"so_flags", UNUSED},
    {"speed", UNUSED},
    {"stack_ip", ADDRESS},
    {"strict_segments", UNUSED},
    {"tcp_md5_secret", UNUSED},
    {"tcp_ts_ecr_scaled", UNUSED},
    {"tcp_ts_tick_usecs", NUMBER},
    {"together", NUMBER},
    {"tolerance_percent", PERCENT},
    {"tolerance_usecs", NUMBER},
    {"udp_encapsulation", ENCAPSULATED},
    {"verbose", UNUSED},
    {"wire_client_dev", UNUSED},
};

/* A setting, read. */
struct meant {
    enum kind kind;
    uint64_t number;
    double percent;
    struct sf_addr addr;
};

static bool read_number(const char *text, uint64_t *number)
{
    char *end = NULL;

    *number = strtoull(text, &end, 10);
    return end != text && *end == '\0';
}

static bool read_percent(const char *text, double *percent)
{
    char *end = NULL;

    *percent = strtod(text, &end);
    return end != text && *end == '\0' && *percent >= 0 && *percent <= 100;
}

static bool read_address(const char *value, struct sf_addr *addr)
{
    char text[SF_ADDR_TEXT + 8];

    snprintf(text, sizeof(text), "%s", value);
    text[strcspn(text, "/")] = '\0';
    return sf_addr_parse(text, addr) == SF_OK;
}

static bool is_version(const char *value)
{
    return strcmp(value, "ipv4") == 0 || strcmp(value, "ipv6") == 0 ||
           strcmp(value, "ipv4-mapped-ipv6") == 0;
}

/* Read a setting; else what was expected of it, null if there is none of this name. */
static bool meaning(const struct drill_setting *s, struct meant *meant, const char **expected)
{
    const char *value = s->value != NULL ? s->value : "";

    *expected = NULL;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(s->name, known[i].name) != 0) {
            continue;
        }
        meant->kind = known[i].kind;
        switch (known[i].kind) {
        case NUMBER:
            *expected = "a number";
            return read_number(value, &meant->number);
        case PERCENT:
            *expected = "a percentage";
            return read_percent(value, &meant->percent);
        case ADDRESS:
            *expected = "an address";
            return read_address(value, &meant->addr);
        case VERSION:
            *expected = "ipv4, ipv6 or ipv4-mapped-ipv6";
            return is_version(value);
        case UNUSED:
        case ENCAPSULATED:
            return true;
        }
    }
    return false;
}

bool drill_setting_fine(const struct drill_setting *s)
{
    struct meant meant;
    const char *expected = NULL;

    return meaning(s, &meant, &expected);
}

static void numbered(struct drill_run *run, const char *name, uint64_t value)
{
    if (strcmp(name, "tolerance_usecs") == 0) {
        run->tolerance_ns = value * SF_NS_PER_US;
    } else if (strcmp(name, "mtu") == 0) {
        run->config.mtu = (uint32_t)value;
    } else if (strcmp(name, "tcp_ts_tick_usecs") == 0) {
        run->tick_ns = value * SF_NS_PER_US;
    } else if (strcmp(name, "mss") == 0) {
        run->mss = (uint32_t)value;
    } else if (strcmp(name, "together") == 0) {
        run->together = value != 0;
    } else if (strcmp(name, "bind_port") == 0) {
        run->flows.port = (uint16_t)value;
    }
}

static void addressed(struct drill_run *run, const char *name, const struct sf_addr *addr)
{
    if (strcmp(name, "local_ip") == 0) {
        run->local = *addr;
    } else if (strcmp(name, "remote_ip") == 0) {
        run->remote = *addr;
    } else {
        run->own = *addr;
    }
}

static void setting(struct drill_run *run, const struct drill_setting *s)
{
    struct meant meant = {0};
    const char *expected = NULL;

    if (!meaning(s, &meant, &expected)) {
        if (expected == NULL) {
            drill_fail(run, s->line, "there is no option --%s", s->name);
        } else {
            drill_fail(run, s->line, "--%s: expected %s, not '%s'", s->name, expected,
                       s->value != NULL ? s->value : "");
        }
        return;
    }
    if (meant.kind == NUMBER) {
        numbered(run, s->name, meant.number);
    } else if (meant.kind == PERCENT) {
        run->tolerance_part = meant.percent / 100;
    } else if (meant.kind == ADDRESS) {
        addressed(run, s->name, &meant.addr);
    } else if (meant.kind == ENCAPSULATED) {
        drill_skip(run, s->line, "encapsulation in UDP");
    }
}

static void all_settings(struct drill_run *run,
                         void (*each)(struct drill_run *run, const struct drill_setting *s))
{
    for (const struct drill_setting *s = run->script.settings; s != NULL && !run->done;
         s = s->next) {
        each(run, s);
    }
    for (uint32_t i = 0; i < run->how->n_settings && !run->done; i++) {
        each(run, &run->how->settings[i]);
    }
}

static void version(struct drill_run *run, const struct drill_setting *s)
{
    if (strcmp(s->name, "ip_version") != 0 || s->value == NULL) {
        return;
    }
    bool v6 = strcmp(s->value, "ipv6") == 0;
    run->mapped = strcmp(s->value, "ipv4-mapped-ipv6") == 0;
    if (sf_addr_parse(v6 ? "fd3d:fa7b:d17d::1" : "192.168.0.1", &run->local) != SF_OK ||
        sf_addr_parse(v6 ? "2001:db8::1" : "192.0.2.1", &run->remote) != SF_OK) {
        abort();
    }
}

bool drill_configure(struct drill_run *run)
{
    const struct drill_setting ipv4 = {.name = "ip_version", .value = "ipv4"};

    run->flows.port = 8080;
    run->flows.next_port = 40000;
    drill_present(run);
    version(run, &ipv4);
    all_settings(run, version);
    all_settings(run, setting);
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
