/* SPDX-License-Identifier: MIT
 *
 * script/drill/fast.c - Linux's sysctls about TCP Fast Open, and the cookies that scripts know.
 *
 * What a listener does is settled when it begins; what a client does, when it sends.
 */
#include <stdlib.h>
#include <string.h>

#include "script/drill/command.h"

#define PREFIX "net.ipv4.tcp_fastopen"

/* Values that the runners of packetdrill's scripts for Linux define on its command line: the
 * cookies of their addresses with the key of their defaults.sh, and with zeros. */
static const struct drill_symbol of_ipv4[] = {{"TFO_COOKIE", "3021b9d889017eeb"},
                                              {"TFO_COOKIE_ZERO", "b7c12350a90dc8f5"},
                                              {"CODE", "host_unreachable"},
                                              {"CMSG_LEVEL_IP", "SOL_IP"},
                                              {"CMSG_TYPE_RECVERR", "IP_RECVERR"}};
static const struct drill_symbol of_ipv6[] = {{"TFO_COOKIE", "c1d1e9742a47a9bc"},
                                              {"TFO_COOKIE_ZERO", "82af1a8f9a205c34"},
                                              {"CODE", "address_unreachable"},
                                              {"CMSG_LEVEL_IP", "SOL_IPV6"},
                                              {"CMSG_TYPE_RECVERR", "IPV6_RECVERR"}};

#define USUAL (sizeof(of_ipv4) / sizeof(of_ipv4[0]))

/* Behind those that the command line has defined, so that these come first. */
uint32_t drill_symbols(const struct drill_how *how, struct drill_arena *arena,
                       const struct drill_symbol **symbols)
{
    const struct drill_symbol *usual = of_ipv4;
    struct drill_symbol *all = NULL;

    *symbols = how->symbols;
    if (how->like != DRILL_LIKE_LINUX) {
        return how->n_symbols;
    }
    for (uint32_t i = 0; i < how->n_settings; i++) {
        const struct drill_setting *s = &how->settings[i];

        if (strcmp(s->name, "ip_version") == 0 && s->value != NULL) {
            usual = strcmp(s->value, "ipv6") == 0 ? of_ipv6 : of_ipv4;
        }
    }
    all = drill_take(arena, (how->n_symbols + USUAL) * sizeof(*all));
    if (how->n_symbols != 0) {
        memcpy(all, how->symbols, how->n_symbols * sizeof(*all));
    }
    memcpy(all + how->n_symbols, usual, sizeof(of_ipv4));
    *symbols = all;
    return how->n_symbols + (uint32_t)USUAL;
}

/* 11223344-55667788-99aabbcc-ddeeff00, or two with a comma: words, least octet first. */
static bool keys(struct drill_fast *fast, const char *text)
{
    uint8_t octets[SF_FAST_OPEN_KEYS * SF_FAST_OPEN_KEY];
    size_t n = 0;
    char *end = NULL;

    for (; *text != '\0' && n < sizeof(octets); text = end) {
        unsigned long long word = strtoull(text, &end, 16);
        bool last = (n + 4) % SF_FAST_OPEN_KEY == 0;

        if (end == text || word > UINT32_MAX ||
            (*end != (last ? ',' : '-') && !(last && *end == '\0'))) {
            return false;
        }
        for (int i = 0; i < 4; i++) {
            octets[n++] = (uint8_t)(word >> 8 * i);
        }
        end += *end != '\0';
    }
    if (n == 0 || n % SF_FAST_OPEN_KEY != 0 || *text != '\0') {
        return false;
    }
    memcpy(fast->keys, octets, n);
    fast->n_keys = n / SF_FAST_OPEN_KEY;
    return true;
}

void drill_fast_apply(struct drill_run *run)
{
    run->calls.fast = run->fast.bits;
    if (sf_set_fast_open_keys(run->stack, (struct sf_handle){0, 0},
                              (const uint8_t(*)[SF_FAST_OPEN_KEY])run->fast.keys,
                              run->fast.n_keys) != SF_OK) {
        abort(); /* there are no more of them than fit */
    }
}

bool drill_fast_sysctl(struct drill_run *run, const char *name, const char *value)
{
    char *end = NULL;

    if (strcmp(name, PREFIX) == 0) {
        run->fast.bits = (uint32_t)strtoul(value, &end, 0);
    } else if (strcmp(name, PREFIX "_key") != 0 || !keys(&run->fast, value)) {
        return false;
    }
    if (run->stack != NULL) {
        drill_fast_apply(run);
    }
    return true;
}

void drill_fast_usual(struct drill_run *run, bool kernels)
{
    /* Google's listeners all have Fast Open, the kernel's own do where they ask for it. */
    run->fast.bits = SF_CALLS_FAST_CLIENT | SF_CALLS_FAST_SERVER;
    run->fast.bits |= kernels ? 0 : SF_CALLS_FAST_LISTENERS;
    if (!keys(&run->fast, "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4")) {
        abort();
    }
}
