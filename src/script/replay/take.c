/* SPDX-License-Identifier: MIT
 *
 * script/replay/take.c - a capture's segments, sorted by the pair of ends that they belong to.
 */
#include <stdlib.h>
#include <string.h>

#include "script/replay/replay.h"

#define BUCKETS 4096

/* What came between two ends. */
struct pair {
    struct pair *next; /* of the same bucket */
    struct pair *after;
    struct replay_conn all; /* client: who sent the first SYN */
    bool opened;            /* there was a SYN */
    bool alone;             /* both ends are one */
};

struct pairs {
    struct pair *buckets[BUCKETS];
    struct pair *first, **last;
};

static bool same_end(const struct sf_endpoint *a, const struct sf_endpoint *b)
{
    return a->port == b->port && sf_addr_equal(&a->addr, &b->addr);
}

static uint32_t hash_end(const struct sf_endpoint *end)
{
    uint32_t h = end->port;

    for (size_t i = 0; i < sizeof(end->addr.octets); i++) {
        h = h * 31 + end->addr.octets[i];
    }
    return h;
}

void replay_of_seen(struct replay_seg *seg, const struct sf_seen *seen)
{
    const uint32_t space = seen->text_octets + ((seen->flags & SF_SYN) != 0 ? 1U : 0U) +
                           ((seen->flags & SF_FIN) != 0 ? 1U : 0U);

    *seg = (struct replay_seg){
        .at_ns = seen->at_ns,
        .n = seen->n,
        .seq = seen->seq,
        .ack = seen->ack,
        .end = sf_seq_add(seen->seq, space),
        .text_octets = seen->text_octets,
        .text_captured = seen->text_captured,
        .text = (uint8_t *)(uintptr_t)seen->text, /* never written: replay_keep() copies */
        .tsval = seen->tsval,
        .tsecr = seen->tsecr,
        .wnd = seen->wnd,
        .urg = seen->urg,
        .options = seen->options,
        .mss = seen->mss,
        .ip_id = seen->ip_id,
        .flags = seen->flags,
        .wscale = seen->wscale,
        .n_sack = seen->n_sack,
        .hop_limit = seen->hop_limit,
        .traffic_class = seen->traffic_class,
        .damaged = seen->sum == SF_SUM_BAD || !seen->whole || seen->options_cut,
    };
    memcpy(seg->sack, seen->sack, sizeof(seg->sack));
    seg->option_octets = seen->option_octets > REPLAY_OPTIONS ? 0 : seen->option_octets;
    if (seg->option_octets > 0) {
        memcpy(seg->option, seen->option, seg->option_octets);
    }
}

bool replay_keep(struct replay_conn *conn, const struct replay_seg *seg)
{
    if (conn->n == conn->room) {
        const size_t room = conn->room == 0 ? 16 : 2 * conn->room;
        struct replay_seg *more = realloc(conn->segs, room * sizeof(*more));

        if (more == NULL) {
            return false;
        }
        conn->segs = more;
        conn->room = room;
    }
    struct replay_seg *kept = &conn->segs[conn->n];
    *kept = *seg;
    kept->text = NULL;
    if (seg->text_captured > 0) {
        kept->text = malloc(seg->text_captured);
        if (kept->text == NULL) {
            return false;
        }
        memcpy(kept->text, seg->text, seg->text_captured);
    }
    conn->n++;
    return true;
}

void replay_conn_free(struct replay_conn *conn)
{
    for (size_t i = 0; i < conn->n; i++) {
        free(conn->segs[i].text);
    }
    free(conn->segs);
    conn->segs = NULL;
    conn->n = 0;
    conn->room = 0;
}

static struct pair *pair_of(struct pairs *pairs, const struct sf_seen *seen)
{
    const uint32_t bucket = (hash_end(&seen->from) + hash_end(&seen->to)) % BUCKETS;
    struct pair *pair = pairs->buckets[bucket];

    for (; pair != NULL; pair = pair->next) {
        const bool there =
            same_end(&pair->all.client, &seen->from) && same_end(&pair->all.server, &seen->to);
        const bool back =
            same_end(&pair->all.client, &seen->to) && same_end(&pair->all.server, &seen->from);

        if (there || back) {
            return pair;
        }
    }
    pair = calloc(1, sizeof(*pair));
    if (pair != NULL) {
        pair->all.client = seen->from;
        pair->all.server = seen->to;
        pair->alone = same_end(&seen->from, &seen->to);
        pair->next = pairs->buckets[bucket];
        pairs->buckets[bucket] = pair;
        *pairs->last = pair;
        pairs->last = &pair->after;
    }
    return pair;
}

static bool keep(struct pair *pair, const struct sf_seen *seen)
{
    const bool opens = (seen->flags & (SF_SYN | SF_ACK)) == SF_SYN;
    struct replay_seg seg;

    /* What was before the first SYN belongs to a connection that cannot be replayed. */
    if (pair->alone || (!pair->opened && !opens)) {
        return true;
    }
    if (!pair->opened) {
        pair->opened = true;
        pair->all.client = seen->from;
        pair->all.server = seen->to;
    }
    replay_of_seen(&seg, seen);
    seg.mine = same_end(&seen->from, &pair->all.client) == (pair->all.side == REPLAY_CLIENT);
    return replay_keep(&pair->all, &seg);
}

static bool finish(struct replay_set *set, struct pair *pair, bool good)
{
    if (pair->alone) {
        set->alone++;
    } else if (!pair->opened) {
        set->midstream++;
    } else {
        good = good && replay_split(set, &pair->all);
    }
    replay_conn_free(&pair->all);
    free(pair);
    return good;
}

bool replay_read(struct replay_set *set, struct sf_capture *capture, enum replay_side side)
{
    struct sf_dissector *dissector = sf_dissector_new();
    struct pairs *pairs = calloc(1, sizeof(*pairs));
    struct sf_seen seen;
    bool good = dissector != NULL && pairs != NULL;

    *set = (struct replay_set){.conns = NULL};
    if (pairs != NULL) {
        pairs->last = &pairs->first;
    }
    while (good && sf_seen_next(capture, dissector, &seen, NULL) == SF_OK) {
        struct pair *pair = seen.kind == SF_SEEN_SEGMENT ? pair_of(pairs, &seen) : NULL;

        if (pair != NULL) {
            pair->all.side = side;
        }
        good = seen.kind != SF_SEEN_SEGMENT || (pair != NULL && keep(pair, &seen));
    }
    for (struct pair *p = pairs != NULL ? pairs->first : NULL, *after = NULL; p != NULL;
         p = after) {
        after = p->after;
        good = finish(set, p, good);
    }
    free(pairs);
    sf_dissector_free(dissector);
    return good;
}

void replay_free(struct replay_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        replay_conn_free(&set->conns[i]);
    }
    free(set->conns);
    *set = (struct replay_set){.conns = NULL};
}
