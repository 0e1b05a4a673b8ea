/* SPDX-License-Identifier: MIT
 *
 * watch/conv/table.c - all conversations of a capture.
 *
 *   struct sf_seen -> [table.c] -> step.c
 *                         `-> store.c (memory, hash, lists)
 *
 * A conversation that is over stays for a while: a late segment, a repeated FIN, a SYN that
 * takes its four-tuple over belong to its story.
 */
#include "watch/conv/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "watch/conv/step.h"
#include "watch/conv/store.h"
#include "watch/ladder.h"

#define TIME_WAIT_NS (60 * SF_NS_PER_S)
#define MAX_ROWS     65536
#define LEAST_ROWS   64
#define ALL_ROWS     1000000 /* of all ladders: 100 MB */
#define HELD         4096    /* so many that are over wait for an earlier one to be told */
#define EXPIRE       4       /* forgotten for each segment at most: work stays even */
#define SYNS         16      /* SYNs that wait for what answers them */

/* A SYN to a conversation that stands: whoever sent it has forgotten that one. */
struct waiting_syn {
    struct sf_seen seen;
    struct sf_conv *conv;
};

struct sf_convs {
    struct sf_convs_config config;
    struct sf_convs_counts counts;
    struct sf_conv_store store;
    struct waiting_syn syns[SYNS];
    uint32_t syn_at;
    uint32_t held; /* ended, and not told */
    uint64_t rows; /* room of all ladders */
};

struct sf_convs *sf_convs_open(const struct sf_convs_config *config)
{
    struct sf_convs *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    c->config = *config;
    c->config.max_rows = c->config.max_rows != 0 ? c->config.max_rows : MAX_ROWS;
    if (c->config.time_wait.ns == 0) {
        c->config.time_wait.ns = TIME_WAIT_NS;
    }
    if (!sf_conv_store_init(&c->store, config->max)) {
        free(c);
        return NULL;
    }
    return c;
}

const struct sf_convs_counts *sf_convs_counts(const struct sf_convs *convs)
{
    return &convs->counts;
}

static void drop_ladder(struct sf_convs *c, struct sf_conv *conv)
{
    if (conv->ladder != NULL) {
        c->rows -= conv->ladder->room;
        sf_ladder_free(conv->ladder);
        free(conv->ladder);
        conv->ladder = NULL;
    }
}

/* Rows for a conversation, fewer the more there are. */
static void add_ladder(struct sf_convs *c, struct sf_conv *conv)
{
    uint64_t max = ALL_ROWS / (c->store.live + 1);

    if (c->config.rows == SF_CONVS_NO_ROWS ||
        (c->config.rows == SF_CONVS_ROWS_OF_ONE && c->counts.begun > 1)) {
        return;
    }
    max = max < LEAST_ROWS ? LEAST_ROWS : max < c->config.max_rows ? max : c->config.max_rows;
    conv->ladder = malloc(sizeof(*conv->ladder));
    if (conv->ladder == NULL || !sf_ladder_init(conv->ladder, max)) {
        free(conv->ladder);
        conv->ladder = NULL;
        return;
    }
    c->rows += conv->ladder->room;
}

/* The second conversation began: no rows are wanted. */
static void drop_only_ladder(struct sf_convs *c)
{
    uint32_t first = c->store.first;

    if (c->config.rows == SF_CONVS_ROWS_OF_ONE && c->counts.begun == 2 && first != 0) {
        drop_ladder(c, sf_conv_at(&c->store, first));
    }
}

struct sf_ladder *sf_conv_ladder(struct sf_conv *conv, uint64_t until_ns)
{
    struct sf_ladder *l = conv->ladder;

    if (l == NULL) {
        return NULL;
    }
    for (unsigned side = 0; side < 2; side++) {
        const struct sf_conv_end *end = &conv->end[side];

        l->end[side].at = end->at;
        l->end[side].isn = end->isn;
        l->end[side].isn_known = end->syn_seen || (end->based && !conv->midstream);
        l->end[side].octets = end->octets;
        l->end[side].fin = end->fin;
        l->end[side].acked = end->acked;
        /* What refuses a SYN acknowledges it (RFC 9293 s3.10.7.1). */
        if (end->acked == 0 && end->syns > 0 && conv->shape.refused &&
            conv->shape.rst != (side == SF_CLIENT ? SF_SIDE_CLIENT : SF_SIDE_SERVER)) {
            l->end[side].acked = 1;
        }
    }
    l->shape = conv->shape;
    l->done = true;
    l->until_ns = until_ns > l->zero_ns ? until_ns - l->zero_ns : 0;
    l->found = &conv->notes.found;
    return l;
}

static void tell(struct sf_convs *c, struct sf_conv *conv)
{
    if (c->config.tell != NULL) {
        c->config.tell(c->config.context, conv);
    }
    for (size_t i = 0; i < SYNS; i++) {
        if (c->syns[i].conv == conv) {
            c->syns[i].conv = NULL;
        }
    }
    drop_ladder(c, conv);
    sf_find_drop(&conv->notes);
    sf_conv_store_free(&c->store, conv);
}

/* Tell those that ended, from the first on, up to one that has not. */
static void tell_in_order(struct sf_convs *c)
{
    while (c->store.first != 0) {
        struct sf_conv *conv = sf_conv_at(&c->store, c->store.first);

        if (!conv->ended) {
            return;
        }
        c->held--;
        tell(c, conv);
    }
}

/* No segment belongs to it any more. */
static void end(struct sf_convs *c, struct sf_conv *conv)
{
    sf_conv_settle(conv);
    sf_conv_time(conv, c->counts.last_ns, c->config.time_wait.ns);
    if (c->config.finder != NULL) {
        sf_find_end(c->config.finder, conv, c->counts.last_ns);
    }
    conv->ended = true;
    sf_conv_store_hide(&c->store, conv);
    c->held++;
    if (c->held > HELD) {
        c->held--;
        tell(c, conv);
    }
    tell_in_order(c);
}

/* Those that have been over for long. */
static void expire(struct sf_convs *c)
{
    /* An only one is told with its rows, so whether it is must be known. */
    bool only = c->config.rows == SF_CONVS_ROWS_OF_ONE && c->counts.begun == 1;

    for (unsigned i = 0; i < EXPIRE && c->store.over.oldest != 0 && !only; i++) {
        struct sf_conv *conv = sf_conv_at(&c->store, c->store.over.oldest);

        if (conv->last_ns + 2 * c->config.time_wait.ns > c->counts.last_ns) {
            return;
        }
        end(c, conv);
    }
}

/* Make room: first those that are over, then who was silent for longest. */
static void make_room(struct sf_convs *c)
{
    uint32_t oldest = c->store.over.oldest;

    if (c->store.live < c->store.max) {
        return;
    }
    if (oldest == 0) {
        oldest = c->store.open.oldest;
        c->counts.early++;
    }
    if (oldest == 0) {
        oldest = c->store.first; /* all have ended, and wait to be told */
        c->held--;
        tell(c, sf_conv_at(&c->store, oldest));
        return;
    }
    end(c, sf_conv_at(&c->store, oldest));
}

/* Who is the client?  A SYN tells, from either side; else the higher port is a fair guess. */
static bool from_client(const struct sf_seen *seen)
{
    if ((seen->flags & (SF_SYN | SF_RST)) == SF_SYN) {
        return (seen->flags & SF_ACK) == 0;
    }
    return seen->from.port >= seen->to.port;
}

/* The old incarnation of a four-tuple. */
struct past {
    uint32_t incarnation;
    uint8_t state, certainty; /* of who gets the SYN */
};

static struct sf_conv *begin(struct sf_convs *c, const struct sf_seen *seen, uint32_t hash,
                             const struct past *past)
{
    bool client = from_client(seen);
    struct sf_conv *conv = NULL;

    make_room(c);
    conv = sf_conv_store_new(&c->store, hash);
    if (conv == NULL) {
        c->counts.missed++;
        return NULL;
    }
    sf_conv_begin(conv, client ? &seen->from : &seen->to, client ? &seen->to : &seen->from);
    conv->id = (uint32_t)++c->counts.begun;
    conv->midstream = (seen->flags & SF_SYN) == 0;
    if (past != NULL) {
        conv->incarnation = past->incarnation + 1;
        conv->reused = past->state;
        conv->kept = past->certainty;
    }
    drop_only_ladder(c);
    add_ladder(c, conv);
    return conv;
}

static bool same(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

/* Did one of its ends send this to the other?  Which; a connection to itself: the client. */
static bool is_of(const struct sf_conv *conv, const struct sf_seen *seen, unsigned *side)
{
    for (unsigned from = 0; from < 2; from++) {
        if (same(&seen->from, &conv->end[from].at) &&
            same(&seen->to, &conv->end[from ^ 1U].at)) {
            *side = from;
            return true;
        }
    }
    return false;
}

/* The conversation between those two, and who sent it. */
static struct sf_conv *find(struct sf_convs *c, const struct sf_seen *seen, uint32_t hash,
                            unsigned *side)
{
    uint32_t i = sf_conv_store_bucket(&c->store, hash);

    while (i != 0) {
        struct sf_conv *conv = sf_conv_at(&c->store, i);

        if (conv->hash == hash && is_of(conv, seen, side)) {
            return conv;
        }
        i = conv->chain;
    }
    return NULL;
}

static void take(struct sf_convs *c, struct sf_conv *conv, const struct sf_seen *seen)
{
    unsigned side = same(&seen->from, &conv->end[SF_CLIENT].at) ? SF_CLIENT : SF_SERVER;
    size_t room = conv->ladder != NULL ? conv->ladder->room : 0;
    struct sf_conv_step step;

    if (conv->ladder != NULL && c->rows > ALL_ROWS && room >= LEAST_ROWS) {
        conv->ladder->max = room; /* no more memory: rows are folded */
    }
    sf_conv_take(conv, side, seen, c->config.time_wait.ns, c->config.finder, &step);
    if (conv->ladder != NULL) {
        c->rows += conv->ladder->room - room;
    }
    sf_conv_store_touch(&c->store, conv, conv->over_ns != 0);
    if (c->config.step != NULL) {
        c->config.step(c->config.context, conv, &step);
    }
}

/* A SYN that fits into no conversation waits in the one that has its four-tuple. */
static void wait_for_answer(struct sf_convs *c, struct sf_conv *conv,
                            const struct sf_seen *seen)
{
    struct waiting_syn *w = &c->syns[c->syn_at++ % SYNS];

    w->seen = *seen;
    w->seen.text = NULL;
    w->seen.text_captured = 0;
    w->seen.option = NULL;
    w->seen.option_octets = 0;
    w->seen.cookie = NULL;
    w->conv = conv;
}

/* The SYN that this SYN,ACK answers, if one waits. */
static const struct sf_seen *answered(const struct sf_convs *c, const struct sf_conv *conv,
                                      const struct sf_seen *seen)
{
    for (size_t i = 0; i < SYNS; i++) {
        const struct waiting_syn *w = &c->syns[i];

        if (w->conv == conv && w->seen.seq.v + 1 == seen->ack.v &&
            same(&w->seen.from, &seen->to)) {
            return &w->seen;
        }
    }
    return NULL;
}

/* Another incarnation begins, with the SYN that waited or with this one. */
static struct sf_conv *replace(struct sf_convs *c, struct sf_conv *conv,
                               const struct sf_seen *syn, const struct sf_seen *seen,
                               uint32_t hash)
{
    struct sf_seen first = syn != NULL ? *syn : *seen;
    bool to_client = same(&first.to, &conv->end[SF_CLIENT].at);
    const struct sf_infer *x = &conv->infer[to_client ? SF_CLIENT : SF_SERVER];
    struct sf_conv *next = NULL;

    sf_conv_time(conv, first.at_ns, c->config.time_wait.ns);
    struct past past = {conv->incarnation, x->state, x->certainty};
    if (c->config.rows == SF_CONVS_ROWS_OF_ONE) {
        drop_ladder(c, conv);
    }
    end(c, conv);
    next = begin(c, &first, hash, &past);
    if (next != NULL && syn != NULL) {
        take(c, next, &first);
    }
    return next;
}

/* The conversation that the segment belongs to, a new one if need be. */
static struct sf_conv *choose(struct sf_convs *c, struct sf_conv *conv, unsigned side,
                              const struct sf_seen *seen, uint32_t hash)
{
    unsigned flags = seen->flags & (SF_SYN | SF_ACK | SF_RST);
    enum sf_conv_syn means = SF_CONV_SAME;
    const struct sf_seen *syn = NULL;

    if (flags == SF_SYN) {
        means = sf_conv_syn(conv, side, seen);
    } else if (flags == (SF_SYN | SF_ACK)) {
        syn = answered(c, conv, seen);
        if (syn == NULL && conv->over_ns != 0 && conv->end[side].syn_seen &&
            conv->end[side].isn != seen->seq.v) {
            means = SF_CONV_ANEW; /* its SYN was missed */
        }
    }
    if (means == SF_CONV_PERHAPS) {
        wait_for_answer(c, conv, seen);
    }
    return means == SF_CONV_ANEW || syn != NULL ? replace(c, conv, syn, seen, hash) : conv;
}

void sf_convs_take(struct sf_convs *convs, const struct sf_seen *seen)
{
    uint32_t hash = sf_conv_store_hash(&convs->store, &seen->from, &seen->to);
    unsigned side = SF_CLIENT;
    struct sf_conv *conv = NULL;

    if (seen->at_ns > convs->counts.last_ns) {
        convs->counts.last_ns = seen->at_ns;
    }
    if (convs->counts.first_ns == 0) {
        convs->counts.first_ns = seen->at_ns;
    }
    expire(convs);
    conv = find(convs, seen, hash, &side);
    if (seen->kind == SF_SEEN_ERROR) {
        if (conv != NULL) {
            take(convs, conv, seen);
        }
        return;
    }
    convs->counts.segments++;
    conv =
        conv != NULL ? choose(convs, conv, side, seen, hash) : begin(convs, seen, hash, NULL);
    if (conv != NULL) {
        take(convs, conv, seen);
    }
}

static void finish_one(struct sf_convs *c, struct sf_conv *conv)
{
    if (conv->ended) {
        return;
    }
    sf_conv_settle(conv);
    sf_conv_time(conv, c->counts.last_ns, c->config.time_wait.ns);
    if (c->config.finder != NULL) {
        sf_find_end(c->config.finder, conv, c->counts.last_ns);
    }
    conv->ended = true;
    c->held++;
}

void sf_convs_finish(struct sf_convs *convs)
{
    for (uint32_t i = convs->store.first; i != 0;) {
        struct sf_conv *conv = sf_conv_at(&convs->store, i);

        i = conv->after;
        finish_one(convs, conv);
    }
    if (convs->config.finder != NULL) {
        sf_find_finish(convs->config.finder, convs->counts.last_ns);
    }
    tell_in_order(convs);
}

void sf_convs_close(struct sf_convs *convs)
{
    if (convs == NULL) {
        return;
    }
    convs->config.tell = NULL;
    while (convs->store.first != 0) {
        tell(convs, sf_conv_at(&convs->store, convs->store.first));
    }
    sf_conv_store_close(&convs->store);
    free(convs);
}
