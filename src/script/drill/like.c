/* SPDX-License-Identifier: MIT
 *
 * script/drill/like.c - how other systems look: what the RFCs leave to each stack, and
 * scripts that were written on one of them take for granted.
 */
#include <string.h>

#include "base/time.h"
#include "script/drill/run.h"

static void linux_config(struct sf_config *config)
{
    config->rcvbuf_octets = 6 * 1024 * 1024; /* tcp_rmem's most: window scale 7 */
    config->sndbuf_octets = 4 * 1024 * 1024;
    config->syn_retries = 6;
    config->push = SF_PUSH_WRITES;
    config->quick_acks = 16;
    config->quick_reply = 1;
    config->nagle = SF_NAGLE_SMALL;
    config->accept_dead = 1;
    config->more_briefly = 1;
    config->rto_granularity = SF_MS(200);
    config->fast_open_form = SF_FAST_OPEN_FALLBACK;
    config->fast_open_backoff = SF_S(0);
}

/* A shift with which all of the largest buffer could be offered. */
static uint8_t scale_for(uint64_t octets)
{
    uint8_t shift = 0;

    while (shift < 14 && (UINT64_C(65535) << shift) < octets) {
        shift++;
    }
    return shift;
}

void drill_max_buffer(struct sf_config *config, uint64_t octets)
{
    config->window_scale = scale_for(octets);
}

static void freebsd_config(struct sf_config *config)
{
    static const uint8_t order[SF_SYN_OPTIONS] = {SF_SYN_OPTION_MSS, SF_SYN_OPTION_WINDOW_SCALE,
                                                  SF_SYN_OPTION_SACK, SF_SYN_OPTION_TIMESTAMPS};

    memcpy(config->syn_order, order, sizeof(order));
    config->syn_padding = SF_PADDING_END;
    config->rcvbuf_octets = 65536;
    config->sndbuf_octets = 32768;
    drill_max_buffer(config, UINT64_C(2) * 1024 * 1024);
    config->rto_min = SF_MS(30);
    config->rto_max = SF_S(64);
    config->open_timeout = SF_S(75);
    config->rto_slop = SF_MS(200);
    config->syn_retries = 12;
    config->window_eager = 1;
    config->ack_small = 1;
    config->window_unsaid = 1;
    config->fin_again = 1;
    config->fast_open_ask_once = 1;
    config->fast_open_backoff = SF_S(900);
}

void drill_present(struct drill_run *run)
{
    struct sf_config *config = &run->config;

    sf_config_default(config);
    memset(config->seed, 1, sizeof(config->seed));
    config->testing = 1; /* a script may ask for what nothing else may */
    config->max_connections = 256;
    config->max_embryos = 256;
    config->max_time_waits = 256;
    run->fast.bits = SF_CALLS_FAST_CLIENT | SF_CALLS_FAST_SERVER;
    if (run->how->like == DRILL_LIKE_LINUX) {
        linux_config(config);
        run->fast.bits = SF_CALLS_FAST_CLIENT;
    } else if (run->how->like == DRILL_LIKE_FREEBSD) {
        freebsd_config(config);
        run->bsd = true;
    }
}
