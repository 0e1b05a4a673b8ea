/* SPDX-License-Identifier: MIT
 *
 * watch/find/many.c - what concerns many conversations of a capture.
 *
 *   find.c -> [many.c] -> struct sf_findings of the capture
 *
 * Two tables, of hosts' endpoints and of pairs of a client's address and a server's endpoint;
 * both are bounded, and what comes when one is full is not counted.
 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "synfin/state.h"
#include "watch/find/notes.h"

#define FIRST      16   /* slots of each table at first, ... */
#define SLOTS      4096 /* ... and at most; powers of two */
#define FLOOD      50   /* unfinished handshakes in a second */
#define BUDGET     10   /* closings that are worth a sum */
#define SECONDS    64   /* a ring of them; TIME_WAIT takes 60 on Linux */
#define TIME_WAITS 60
#define PORTS_MANY 14116       /* half of Linux's 28,232 */
#define SOURCES    1024        /* bits for different addresses */
#define CRASH_NS   SF_NS_PER_S /* resets that belong together */
#define CRASH      3           /* ... at least */
#define BEHIND_MS  1000        /* a timestamp clock that is behind, by this at least */

/* What is known of the endpoint that others connect to, or of a host that resets. */
struct place {
    struct sf_endpoint at;
    bool used;
    bool options;       /* it agreed to SACK or window scaling once */
    uint64_t window_ns; /* when the present second of unfinished handshakes began */
    uint32_t in_window;
    uint32_t most;        /* in a second */
    uint32_t half, whole; /* handshakes */
    uint32_t tried_again; /* of half: the SYN came again */
    uint32_t n_first;     /* a packet of the flood */
    uint32_t sources;     /* different addresses of half, roughly */
    uint64_t bits[SOURCES / 64];
    /* Resets by it. */
    uint64_t reset_ns; /* the first of those that belong together */
    uint64_t last_reset_ns;
    uint32_t resets;
    uint32_t open;      /* conversations that go on */
    uint32_t open_then; /* ... when they began */
    uint32_t n_reset[2];
    struct sf_finding crash; /* n_segments is 0: none */
};

/* What is known of one client's connections to one endpoint. */
struct pair {
    struct sf_addr client;
    struct sf_endpoint server;
    bool used;
    uint64_t second;        /* the latest that ring has */
    uint32_t ring[SECONDS]; /* TIME_WAITs of the client that began, by second */
    uint32_t time_waits, most, most_second;
    uint32_t n_first;
    bool clocked;      /* clock_ms is set */
    uint32_t clock_ms; /* timestamp minus time, of the last SYN that was answered */
    uint32_t answered, ignored, behind_ms;
    uint32_t n_ignored;
};

struct sf_finder {
    struct sf_findings found;
    struct place *places;
    struct pair *pairs;
    uint32_t n_places, place_room;
    uint32_t n_pairs, pair_room;
    uint64_t unseen; /* segments that no capture has */
    uint32_t unseen_convs;
    uint32_t n_unseen;
};

static uint32_t mix(uint32_t h, const void *octets, size_t n)
{
    const uint8_t *at = octets;

    for (size_t i = 0; i < n; i++) {
        h = (h ^ at[i]) * 16777619U;
    }
    return h;
}

static uint32_t hash_of(const struct sf_endpoint *at, const struct sf_addr *more)
{
    uint32_t h = mix(2166136261U, at->addr.octets, sizeof(at->addr.octets));

    h = mix(h, &at->port, sizeof(at->port));
    h = more != NULL ? mix(h, more->octets, sizeof(more->octets)) : h;
    return h ^ h >> 15;
}

static bool same(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

/* Where an endpoint is in the table, or is to be. */
static struct place *place_slot(struct place *places, uint32_t room,
                                const struct sf_endpoint *at)
{
    uint32_t i = hash_of(at, NULL) & (room - 1);

    while (places[i].used && !same(&places[i].at, at)) {
        i = (i + 1) & (room - 1);
    }
    return &places[i];
}

/* Twice the table; false: there is no memory, or it is as large as it may be. */
static bool grow_places(struct sf_finder *finder)
{
    uint32_t room = finder->place_room == 0 ? FIRST : 2 * finder->place_room;
    struct place *places = room <= SLOTS ? calloc(room, sizeof(*places)) : NULL;

    if (places == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < finder->place_room; i++) {
        if (finder->places[i].used) {
            *place_slot(places, room, &finder->places[i].at) = finder->places[i];
        }
    }
    free(finder->places);
    finder->places = places;
    finder->place_room = room;
    return true;
}

static struct place *place_of(struct sf_finder *finder, const struct sf_endpoint *at)
{
    struct place *place = NULL;

    if (finder->place_room > 0) {
        place = place_slot(finder->places, finder->place_room, at);
        if (place->used) {
            return place;
        }
    }
    if (finder->n_places >= finder->place_room / 2) {
        if (!grow_places(finder)) {
            return NULL;
        }
        place = place_slot(finder->places, finder->place_room, at);
    }
    finder->n_places++;
    place->used = true;
    place->at = *at;
    return place;
}

/* The same of the other table. */
static struct pair *pair_slot(struct pair *pairs, uint32_t room, const struct sf_addr *client,
                              const struct sf_endpoint *server)
{
    uint32_t i = hash_of(server, client) & (room - 1);

    while (pairs[i].used &&
           !(same(&pairs[i].server, server) && sf_addr_equal(&pairs[i].client, client))) {
        i = (i + 1) & (room - 1);
    }
    return &pairs[i];
}

static bool grow_pairs(struct sf_finder *finder)
{
    uint32_t room = finder->pair_room == 0 ? FIRST : 2 * finder->pair_room;
    struct pair *pairs = room <= SLOTS ? calloc(room, sizeof(*pairs)) : NULL;

    if (pairs == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < finder->pair_room; i++) {
        const struct pair *old = &finder->pairs[i];

        if (old->used) {
            *pair_slot(pairs, room, &old->client, &old->server) = *old;
        }
    }
    free(finder->pairs);
    finder->pairs = pairs;
    finder->pair_room = room;
    return true;
}

static struct pair *pair_of(struct sf_finder *finder, const struct sf_conv *conv)
{
    const struct sf_addr *client = &conv->end[SF_CLIENT].at.addr;
    const struct sf_endpoint *server = &conv->end[SF_SERVER].at;
    struct pair *pair = NULL;

    if (finder->pair_room > 0) {
        pair = pair_slot(finder->pairs, finder->pair_room, client, server);
        if (pair->used) {
            return pair;
        }
    }
    if (finder->n_pairs >= finder->pair_room / 2) {
        if (!grow_pairs(finder)) {
            return NULL;
        }
        pair = pair_slot(finder->pairs, finder->pair_room, client, server);
    }
    finder->n_pairs++;
    pair->used = true;
    pair->client = *client;
    pair->server = *server;
    return pair;
}

struct sf_finder *sf_finder_open(void)
{
    return calloc(1, sizeof(struct sf_finder));
}

void sf_finder_close(struct sf_finder *finder)
{
    if (finder != NULL) {
        free(finder->places);
        free(finder->pairs);
        free(finder->found.list);
        free(finder);
    }
}

/* Resets of one host that follow one another within a second. */
static void count_reset(struct place *place, const struct sf_conv_step *step)
{
    if (place->resets == 0 || step->at_ns - place->reset_ns > CRASH_NS) {
        place->resets = 0;
        place->reset_ns = step->at_ns;
        place->open_then = place->open;
        place->n_reset[0] = step->n;
    }
    place->resets++;
    place->n_reset[1] = step->n;
    if (place->resets < CRASH || place->resets * 2 < place->open_then ||
        place->resets <= place->crash.values[0]) {
        return;
    }
    place->crash = (struct sf_finding){
        .at_ns = step->at_ns,
        .values = {place->resets, place->open_then, step->at_ns - place->reset_ns},
        .about = place->at,
        .id = SF_FIND_RST_CRASH,
        .severity = SF_ERROR,
        .side = step->side,
    };
    sf_find_proof(&place->crash, place->n_reset[0]);
    sf_find_proof(&place->crash, place->n_reset[1]);
}

/* A service has one port, a client many: what is counted is its address alone. */
static struct sf_endpoint host_of(const struct sf_conv *conv, unsigned side)
{
    struct sf_endpoint at = conv->end[side].at;

    at.port = side == SF_CLIENT ? 0 : at.port;
    return at;
}

static bool is_alive(uint8_t state)
{
    return state == SF_ESTABLISHED || state == SF_CLOSE_WAIT || state == SF_FIN_WAIT_1 ||
           state == SF_FIN_WAIT_2 || state == SF_LAST_ACK;
}

void sf_find_many(struct sf_finder *finder, const struct sf_conv *conv,
                  const struct sf_conv_step *step)
{
    bool first = conv->segments == 1 && !step->error;
    bool counts = conv->notes.n_rst == step->n && !step->error;

    if (finder == NULL || (!first && !counts)) {
        return;
    }
    for (unsigned side = 0; first && side < 2; side++) {
        struct sf_endpoint at = host_of(conv, side);
        struct place *place = place_of(finder, &at);

        if (place != NULL) {
            place->open++;
        }
    }
    if (counts && is_alive(step->before[step->side])) {
        struct sf_endpoint at = host_of(conv, step->side);
        struct place *place = place_of(finder, &at);

        if (place != NULL) {
            count_reset(place, step);
        }
    }
}

static void leave(struct sf_finder *finder, const struct sf_conv *conv)
{
    for (unsigned side = 0; side < 2; side++) {
        struct sf_endpoint at = host_of(conv, side);
        struct place *place = place_of(finder, &at);

        if (place != NULL && place->open > 0) {
            place->open--;
        }
    }
}

static void count_source(struct place *place, const struct sf_addr *addr)
{
    uint32_t bit = mix(2166136261U, addr->octets, sizeof(addr->octets));

    bit = (bit ^ bit >> 13) % SOURCES;
    if ((place->bits[bit / 64] >> bit % 64 & 1U) == 0) {
        place->bits[bit / 64] |= UINT64_C(1) << bit % 64;
        place->sources++;
    }
}

static void count_handshake(struct place *place, const struct sf_conv *conv)
{
    const struct sf_conv_end *client = &conv->end[SF_CLIENT];
    const struct sf_conv_end *server = &conv->end[SF_SERVER];

    if (client->syns == 0 || conv->shape.refused) {
        return;
    }
    if (conv->notes.thirds > 0 || client->octets > 0 || server->octets > 0 ||
        client->fins > 0) {
        place->whole++;
        return;
    }
    place->half++;
    place->tried_again += client->syns > 1;
    count_source(place, &client->at.addr);
    if (place->in_window == 0 || conv->first_ns > place->window_ns + SF_NS_PER_S ||
        conv->first_ns < place->window_ns) {
        place->window_ns = conv->first_ns;
        place->in_window = 0;
    }
    place->in_window++;
    place->most = place->in_window > place->most ? place->in_window : place->most;
    place->n_first = place->n_first != 0 ? place->n_first : client->n_syn;
}

/* One more TIME_WAIT of this client, at that second. */
static void count_time_wait(struct pair *pair, uint64_t at_ns)
{
    uint64_t second = at_ns / SF_NS_PER_S;
    uint32_t sum = 0;

    if (second > pair->second) {
        uint64_t gone = second - pair->second;

        for (uint64_t i = 1; i <= gone && i <= SECONDS; i++) {
            pair->ring[(pair->second + i) % SECONDS] = 0;
        }
        pair->second = second;
    } else if (pair->second - second >= SECONDS) {
        return;
    }
    uint32_t *here = &pair->ring[second % SECONDS];
    ++*here;
    pair->most_second = *here > pair->most_second ? *here : pair->most_second;
    for (uint64_t i = 0; i < TIME_WAITS && i <= pair->second; i++) {
        sum += pair->ring[(pair->second - i) % SECONDS];
    }
    pair->most = sum > pair->most ? sum : pair->most;
    pair->time_waits++;
}

/*
 * Timestamps of one host go up by a constant rate, in most systems one a millisecond: what
 * differs is when the clock began (RFC 7323 s5.4).
 */
static void count_clock(struct pair *pair, const struct sf_conv *conv)
{
    const struct sf_conv_end *client = &conv->end[SF_CLIENT];
    uint32_t clock = conv->notes.syn_tsval - (uint32_t)(client->syn_ns / SF_NS_PER_MS);

    if (client->syns == 0 || (client->options & SF_OPT_TS) == 0) {
        return;
    }
    if (conv->end[SF_SERVER].syn_acks > 0) {
        pair->answered++;
        if (!pair->clocked || (int32_t)(clock - pair->clock_ms) > 0) {
            pair->clock_ms = clock;
            pair->clocked = true;
        }
        return;
    }
    uint32_t behind = pair->clock_ms - clock;
    if (conv->end[SF_SERVER].segments == 0 && pair->clocked && (int32_t)behind > BEHIND_MS) {
        pair->ignored += client->syns;
        pair->behind_ms = behind > pair->behind_ms ? behind : pair->behind_ms;
        pair->n_ignored = client->n_syn;
    }
}

/* RFC 4987 s3.6: the same server had options to give on another connection. */
static void judge_cookie(struct place *place, struct sf_conv *conv)
{
    const struct sf_conv_end *server = &conv->end[SF_SERVER];
    struct sf_finding *f = sf_find_raised(&conv->notes.found, SF_FIND_COOKIE_LIKELY, SF_SERVER);

    if (server->syn_acks > 0 && (server->options & (SF_OPT_SACK_OK | SF_OPT_WSCALE)) != 0) {
        place->options = true;
    }
    if (f != NULL && place->options) {
        f->variant = 1;
        f->severity = SF_WARNING;
    }
}

static void count_pair(struct pair *pair, const struct sf_conv *conv)
{
    struct sf_ladder_facts facts;

    sf_conv_facts(conv, &facts);
    if (facts.first_closer == SF_SIDE_CLIENT && (facts.time_wait & SF_SIDE_CLIENT) != 0) {
        count_time_wait(pair, conv->shape.second_ns);
        pair->n_first = pair->n_first != 0 ? pair->n_first : conv->end[SF_CLIENT].n_fin;
    }
    count_clock(pair, conv);
}

void sf_find_many_end(struct sf_finder *finder, struct sf_conv *conv, uint64_t now_ns)
{
    struct place *place = NULL;
    struct pair *pair = NULL;

    (void)now_ns;
    if (finder == NULL) {
        return;
    }
    leave(finder, conv);
    place = place_of(finder, &conv->end[SF_SERVER].at);
    if (place != NULL) {
        judge_cookie(place, conv);
        count_handshake(place, conv);
    }
    pair = pair_of(finder, conv);
    if (pair != NULL) {
        count_pair(pair, conv);
    }
    if (sf_find_raised(&conv->notes.found, SF_FIND_ACK_UNSEEN, SF_CLIENT) != NULL ||
        sf_find_raised(&conv->notes.found, SF_FIND_ACK_UNSEEN, SF_SERVER) != NULL) {
        finder->unseen += conv->unseen > 0 ? conv->unseen : 1;
        finder->unseen_convs++;
        finder->n_unseen = conv->end[SF_CLIENT].n_last;
    }
}

static void finish_place(struct sf_finder *finder, const struct place *place, uint64_t now_ns)
{
    if (place->crash.n_segments > 0) {
        struct sf_finding *f =
            sf_find_add(&finder->found, SF_FIND_RST_CRASH, place->crash.side, now_ns);

        *f = place->crash;
    }
    if (place->most >= FLOOD && place->half > place->whole) {
        struct sf_finding *f =
            sf_find_add(&finder->found, SF_FIND_SYN_FLOOD, SF_CLIENT, place->window_ns);
        bool real = place->tried_again > place->half / 2;

        f->about = place->at;
        f->variant = real ? 1 : 0;
        f->severity = real ? SF_WARNING : SF_ERROR;
        f->values[0] = place->half;
        f->values[1] = place->sources;
        f->values[2] = place->whole;
        sf_find_proof(f, place->n_first);
    }
}

static void finish_pair(struct sf_finder *finder, const struct pair *pair, uint64_t now_ns)
{
    if (pair->time_waits >= BUDGET) {
        struct sf_finding *f =
            sf_find_add(&finder->found, SF_FIND_TW_BUDGET, SF_CLIENT, now_ns);

        f->about = pair->server;
        f->severity = pair->most >= PORTS_MANY ? SF_WARNING : SF_INFO;
        f->values[0] = pair->most;
        f->values[1] = pair->most_second;
        sf_find_proof(f, pair->n_first);
    }
    if (pair->ignored >= 3 && pair->answered >= 1) {
        struct sf_finding *f =
            sf_find_add(&finder->found, SF_FIND_PAWS_DROP_LIKELY, SF_CLIENT, now_ns);

        f->about.addr = pair->client;
        f->values[0] = pair->ignored;
        f->values[1] = pair->behind_ms;
        sf_find_proof(f, pair->n_ignored);
    }
}

void sf_find_finish(struct sf_finder *finder, uint64_t now_ns)
{
    for (uint32_t i = 0; i < finder->place_room; i++) {
        finish_place(finder, &finder->places[i], now_ns);
    }
    for (uint32_t i = 0; i < finder->pair_room; i++) {
        finish_pair(finder, &finder->pairs[i], now_ns);
    }
    if (finder->unseen_convs >= 2 || finder->unseen >= 5) {
        struct sf_finding *f =
            sf_find_add(&finder->found, SF_FIND_CAPTURE_DROP, SF_CLIENT, now_ns);

        f->values[0] = finder->unseen;
        f->values[1] = finder->unseen_convs;
        sf_find_proof(f, finder->n_unseen);
    }
}

const struct sf_findings *sf_finder_found(const struct sf_finder *finder)
{
    return &finder->found;
}
