/* SPDX-License-Identifier: MIT
 *
 * tcp/config.c - the defaults and limits of a configuration, and which worker a flow is of.
 */
#include "synfin/config.h"

#include <string.h>

#include "base/bytes.h"
#include "base/time.h"
#include "tcp/tcp.h"

/* A window field of 65535 shifted by 14 (RFC 7323 s2.3): more could not be offered. */
#define BUFFER_MAX (UINT32_C(65535) << 14)

/* They are searched in order. */
#define FAST_OPENS_MAX 65536

/* Records are named by 29 bits (enum sf_id_kind). */
#define RECORDS_MAX ((UINT32_C(1) << 29) - 1)

/* Times in records are 32-bit microseconds, and differences of them must stay below
 * 2^31: 35 minutes. */
#define TIME_MAX SF_S(1800)

/* Times of keepalive and of the user's time-out are kept in 32-bit milliseconds. */
#define LONG_SPAN_MAX SF_MS(UINT32_MAX)

void sf_config_default(struct sf_config *config)
{
    *config = (struct sf_config){
        .mtu = 1500,
        .cc = SF_CC_NEWRENO,
        .max_connections = 1024,
        .max_embryos = 1024,
        .max_time_waits = 4096,
        .max_listeners = 64,
        .max_fast_opens = 64,
        .max_chunks = 8192,
        .chunk_octets = 4096,
        .max_replies = 256,
        .max_neighbours = 64,
        .max_routes = 16,
        .max_addresses = 16,
        .max_reassemblies = 8,
        .rcvbuf_octets = 1U << 20,
        .sndbuf_octets = 1U << 20,
        .msl = SF_S(30),
        .rto_initial = SF_S(1),
        .rto_min = SF_MS(200),
        .rto_max = SF_S(120),
        .delayed_ack = SF_MS(40),
        .fin_wait_2 = SF_S(60),
        .keepalive_idle = SF_S(7200),
        .keepalive_interval = SF_S(75),
        .fast_open_key = SF_S(43200),
        .fast_open_backoff = SF_S(60),
        .uto_low = SF_S(100),
        .uto_high = SF_S(3600),
        .keepalive_probes = 9,
        .r1_retries = 3,
        .r2_retries = 15,
        .syn_retries = 7,
        .synack_retries = 5,
        .syn_plain = SF_RETRIES_FOREVER,
        .timestamps = SF_OFFER_YES,
        .window_scaling = SF_OFFER_YES,
        .sack = SF_OFFER_YES,
        .syn_cookies = SF_COOKIES_PRESSURE,
        .hop_limit = 64,
        .challenge_acks = 1000,
        .challenge_acks_conn = 10,
        .icmp_errors = 1000,
        .syn_order = {SF_SYN_OPTION_MSS, SF_SYN_OPTION_SACK, SF_SYN_OPTION_TIMESTAMPS,
                      SF_SYN_OPTION_WINDOW_SCALE},
        .syn_padding = SF_PADDING_FRONT,
        .window_scale = SF_SCALE_BY_BUFFER,
        .syn_window = 65535,
        .initial_window = 10,
        .ack_every = 2,
        .push = SF_PUSH_EMPTY,
        .reset_echo = 1,
        .port_low = 32768,
        .port_high = 60999,
        .workers = 1,
    };
}

void sf_tcp_config_settle(struct sf_config *cfg)
{
    if (cfg->max_working == 0) {
        cfg->max_working = cfg->max_connections;
    }
    if (cfg->max_choices == 0) {
        cfg->max_choices = 256 + cfg->max_connections / 8;
    }
    if (cfg->max_sent == 0) {
        uint64_t wanted = (uint64_t)cfg->max_connections * 8;

        wanted = wanted < 4096 ? 4096 : wanted;
        cfg->max_sent = wanted < RECORDS_MAX ? (uint32_t)wanted : RECORDS_MAX;
    }
}

static bool within(uint64_t value, uint64_t low, uint64_t high)
{
    return value >= low && value <= high;
}

static bool pools_ok(const struct sf_config *cfg)
{
    return within(cfg->max_connections, 1, RECORDS_MAX) &&
           within(cfg->max_working, 1, RECORDS_MAX) &&
           within(cfg->max_embryos, 1, RECORDS_MAX) &&
           within(cfg->max_time_waits, 1, RECORDS_MAX) &&
           within(cfg->max_listeners, 1, RECORDS_MAX) &&
           within(cfg->max_choices, 1, RECORDS_MAX) && cfg->max_fast_opens <= FAST_OPENS_MAX &&
           within(cfg->max_sent, 1, RECORDS_MAX) && within(cfg->max_replies, 1, RECORDS_MAX) &&
           within(cfg->max_chunks, 8, RECORDS_MAX) && within(cfg->chunk_octets, 256, 32768) &&
           (cfg->chunk_octets & (cfg->chunk_octets - 1)) == 0 &&
           within(cfg->rcvbuf_octets, 1, BUFFER_MAX) &&
           within(cfg->sndbuf_octets, 1, BUFFER_MAX);
}

static bool times_ok(const struct sf_config *cfg)
{
    /* 2MSL is what is kept. */
    return within(cfg->msl.ns, 1, TIME_MAX.ns / 2) &&
           within(cfg->rto_min.ns, SF_NS_PER_US, cfg->rto_max.ns) &&
           within(cfg->rto_initial.ns, SF_NS_PER_US, cfg->rto_max.ns) &&
           cfg->rto_slop.ns <= cfg->rto_max.ns &&
           /* RFC 6298 (2.5): an upper bound is at least 60 seconds. */
           within(cfg->rto_max.ns, SF_S(60).ns, TIME_MAX.ns) &&
           /* RFC 9293 s3.8.6.3 (MUST-40). */
           cfg->delayed_ack.ns < SF_MS(500).ns &&
           within(cfg->fin_wait_2.ns, 1, LONG_SPAN_MAX.ns) &&
           within(cfg->keepalive_idle.ns, SF_NS_PER_MS, LONG_SPAN_MAX.ns) &&
           within(cfg->keepalive_interval.ns, SF_NS_PER_MS, LONG_SPAN_MAX.ns) &&
           within(cfg->user_timeout.ns, 0, LONG_SPAN_MAX.ns) &&
           within(cfg->open_timeout.ns, 0, LONG_SPAN_MAX.ns) &&
           within(cfg->fast_open_key.ns, SF_NS_PER_S, LONG_SPAN_MAX.ns) &&
           /* 1024 of them still are 32-bit seconds. */
           (cfg->fast_open_backoff.ns == 0 ||
            within(cfg->fast_open_backoff.ns, SF_NS_PER_S, SF_S(86400).ns)) &&
           /* RFC 5482 s3.1: the lower limit is at least 100 seconds. */
           within(cfg->uto_low.ns, SF_S(100).ns, cfg->uto_high.ns) &&
           within(cfg->uto_high.ns, 0, LONG_SPAN_MAX.ns) && cfg->keepalive_probes >= 1 &&
           cfg->r1_retries >= 1 && cfg->r2_retries >= cfg->r1_retries;
}

static bool choices_ok(const struct sf_config *cfg)
{
    bool cuts = (cfg->link_caps & (SF_LINK_TSO4 | SF_LINK_TSO6)) != 0;

    /* Whoever cuts super-segments completes the checksums of their parts. */
    if (cuts && (cfg->link_caps & SF_LINK_CSUM_TX) == 0) {
        return false;
    }
    return cfg->cc == SF_CC_NEWRENO && cfg->timestamps <= SF_OFFER_ANSWER &&
           cfg->window_scaling <= SF_OFFER_ANSWER && cfg->sack <= SF_OFFER_ANSWER &&
           within(cfg->syn_cookies, SF_COOKIES_OFF, SF_COOKIES_ALWAYS) &&
           cfg->fast_open_form <= SF_FAST_OPEN_FALLBACK && cfg->fast_open_ask_once <= 1 &&
           cfg->uto <= 1 && cfg->hop_limit >= 1 && cfg->port_low >= 1 &&
           cfg->port_low <= cfg->port_high && cfg->worker < cfg->workers;
}

/* Every option has its place once. */
static bool order_ok(const uint8_t *order)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < SF_SYN_OPTIONS; i++) {
        if (order[i] >= SF_SYN_OPTIONS) {
            return false;
        }
        seen |= 1U << order[i];
    }
    return seen == (1U << SF_SYN_OPTIONS) - 1;
}

static bool presentation_ok(const struct sf_config *cfg)
{
    /* MUST-8 wants an ISS that nobody can guess, and RFC 5961 s3.2 and s4.2 what forgers cannot
     * guess either. */
    if (cfg->testing > 1 || cfg->iss_fixed > cfg->testing || cfg->insecure_rst > cfg->testing ||
        cfg->insecure_syn > cfg->testing) {
        return false;
    }
    return order_ok(cfg->syn_order) && cfg->syn_padding <= SF_PADDING_END &&
           (cfg->window_scale <= 14 || cfg->window_scale == SF_SCALE_BY_BUFFER) &&
           cfg->syn_window >= 1 && cfg->window_by_mss <= 1 && cfg->window_eager <= 1 &&
           cfg->ack_small <= 1 && cfg->initial_window >= 1 && cfg->initial_window_whole <= 1 &&
           cfg->rto_granularity.ns <= cfg->rto_max.ns && cfg->nagle <= SF_NAGLE_SMALL &&
           cfg->more_briefly <= 1 && cfg->accept_dead <= 1 && cfg->quick_reply <= 1 &&
           cfg->push <= SF_PUSH_WRITES && cfg->reset_echo <= 1 && cfg->window_unsaid <= 1 &&
           cfg->fin_again <= 1 && cfg->drop_syn_fin <= 1 &&
           /* RFC 5681 s4.2: at least every second full segment. */
           cfg->ack_every <= 2;
}

bool sf_tcp_config_ok(const struct sf_config *cfg)
{
    struct sf_config settled = *cfg;

    sf_tcp_config_settle(&settled);
    return within(cfg->mtu, 576, 65535) && pools_ok(&settled) && times_ok(&settled) &&
           choices_ok(&settled) && presentation_ok(&settled) && sf_tcp_octets(&settled) != 0;
}

/* The finaliser of SplitMix64: every bit of x reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static uint64_t end_hash(const struct sf_endpoint *end)
{
    const uint8_t *a = end->addr.octets;

    if (end->addr.family == SF_IPV6) {
        return mix(mix(sf_get64(a)) + sf_get64(a + 8) + ((uint64_t)end->port << 32));
    }
    return mix((uint64_t)sf_get32(a) << 16 | end->port);
}

uint32_t sf_steer(const struct sf_endpoint *a, const struct sf_endpoint *b, uint32_t workers)
{
    SF_ASSERT(workers != 0);
    if (workers == 1) {
        return 0;
    }
    /* A sum is the same in both directions; that a flow to itself has two equal halves
     * matters to a difference or an exclusive or, not to it. */
    uint64_t both = mix(end_hash(a) + end_hash(b));

    return (uint32_t)((both >> 32) * workers >> 32);
}
