/* SPDX-License-Identifier: MIT
 *
 * tcp/reasm.c - text that arrived (RFC 9293 s3.10.7.4 seventh; RFC 2018 s4).
 *
 *   input.c -> [reasm.c] -> work.rcv (in order), work.ooo_head.. (beyond a gap)
 *
 * A run is the longest stretch of text out of order without a gap in it.  Each of
 * work.recent is one run, whole, so that a run that grows is found there and the chunks
 * need not be walked for its ends.
 */
#include "tcp/reasm.h"

#include "tcp/buf.h"

#define OOO_NODE offsetof(struct sf_work, ooo)

/* Chunks that any connection may hold out of order, however small its buffer. */
#define OOO_CHUNKS_MIN 4

/* Where text goes on from: what is before `pos` is held. */
struct cursor {
    sf_seq pos;
    const uint8_t *text; /* the octet at pos */
    uint32_t octets;     /* of text, left */
    sf_seq twice_left;   /* the first run of octets that are held already */
    sf_seq twice_right;  /* where it ends; where it begins: there is none yet */
};

static void step(struct cursor *at, uint32_t octets)
{
    at->pos = sf_seq_add(at->pos, octets);
    at->text += octets;
    at->octets -= octets;
}

/* The same for octets that are held already.  Of several runs the first is remembered: one
 * block is all that reports them (RFC 2883 s4). */
static void step_held(struct cursor *at, uint32_t octets)
{
    if (sf_seq_eq(at->twice_left, at->twice_right)) {
        at->twice_left = at->pos;
        at->twice_right = at->pos;
    }
    if (sf_seq_eq(at->twice_right, at->pos)) {
        at->twice_right = sf_seq_add(at->pos, octets);
    }
    step(at, octets);
}

static uint32_t octets_of(const struct sf_chunk *chunk)
{
    return (uint32_t)chunk->end - chunk->begin;
}

static sf_seq end_of(const struct sf_chunk *chunk)
{
    return sf_seq_add(chunk->seq, octets_of(chunk));
}

/* Small texts beyond gaps take a chunk each: count memory, not octets. */
static uint32_t chunk_limit(const struct sf_tcp *t, const struct sf_conn *c)
{
    uint32_t limit = (uint32_t)(((uint64_t)c->rcvbuf * 2) >> t->chunk_shift);

    return limit < OOO_CHUNKS_MIN ? OOO_CHUNKS_MIN : limit;
}

/* Take block i out of the reported ones. */
static void recent_remove(struct sf_work *w, uint32_t i)
{
    w->n_recent--;
    memmove(&w->recent[i], &w->recent[i + 1], (w->n_recent - i) * sizeof(w->recent[0]));
}

/* Put a run in front, in place of the runs that it has swallowed (RFC 2018 s4: the block of
 * the segment that has just arrived comes first). */
static void recent_put(struct sf_work *w, sf_seq left, sf_seq right)
{
    for (uint32_t i = w->n_recent; i-- != 0;) {
        if (sf_seq_after_eq(w->recent[i].left, left) &&
            sf_seq_before_eq(w->recent[i].right, right)) {
            recent_remove(w, i);
        }
    }
    if (w->n_recent == SF_SACK_BLOCKS) {
        w->n_recent--;
    }
    memmove(&w->recent[1], &w->recent[0], w->n_recent * sizeof(w->recent[0]));
    w->recent[0] = (struct sf_sack_block){.left = left, .right = right};
    w->n_recent++;
}

/* Forget what is in order by now. */
static void recent_trim(struct sf_work *w, sf_seq rcv_nxt)
{
    for (uint32_t i = w->n_recent; i-- != 0;) {
        if (sf_seq_before_eq(w->recent[i].right, rcv_nxt)) {
            recent_remove(w, i);
        }
    }
}

/* The block of w->recent in which seq lies, or at whose right edge; null if none. */
static const struct sf_sack_block *recent_around(const struct sf_work *w, sf_seq seq)
{
    for (uint32_t i = 0; i < w->n_recent; i++) {
        if (sf_seq_before_eq(w->recent[i].left, seq) &&
            sf_seq_before_eq(seq, w->recent[i].right)) {
            return &w->recent[i];
        }
    }
    return NULL;
}

static void take_from_list(struct sf_tcp *t, const struct sf_conn *c)
{
    sf_list_remove(&t->ooo, &t->works, OOO_NODE, c->work);
}

/* Move the first chunk out of order behind the text in order, whose end it continues. */
static void promote(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w)
{
    uint32_t chunk = w->ooo_head;
    const struct sf_chunk *record = sf_chunk_at(t, chunk);
    uint32_t octets = octets_of(record);

    w->ooo_head = record->next;
    if (w->ooo_head == 0) {
        w->ooo_tail = 0;
    }
    w->ooo_octets -= octets;
    w->ooo_chunks--;
    if (w->ooo_chunks == 0) {
        take_from_list(t, c);
    }
    c->rcv_nxt = sf_seq_add(c->rcv_nxt, octets);

    /* Copied where it fits, so that texts of an octet do not leave a queue of chunks with
     * an octet in each: what rcvbuf allows would then take all memory. */
    uint32_t tail = w->rcv.tail;

    if (tail != 0 && sf_chunk_octets(t) - sf_chunk_at(t, tail)->end >= octets) {
        (void)sf_bufq_append(t, &w->rcv, SF_CHUNK_IN_ORDER,
                             sf_chunk_memory(t, chunk) + record->begin, octets);
        sf_chunk_unref(t, chunk);
    } else {
        sf_bufq_append_chunk(t, &w->rcv, chunk);
    }
}

/* Everything that follows rcv_nxt without a gap is in order now. */
static void promote_all(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                        struct cursor *at)
{
    while (w->ooo_head != 0 && sf_seq_eq(sf_chunk_at(t, w->ooo_head)->seq, c->rcv_nxt)) {
        promote(t, c, w);
    }

    /* The copy that was held is the one that counts. */
    uint32_t moved = sf_seq_span(at->pos, c->rcv_nxt);

    step_held(at, moved < at->octets ? moved : at->octets);
}

static void take_in_order(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w,
                          struct cursor *at)
{
    while (at->octets != 0) {
        uint32_t run = at->octets;

        if (w->ooo_head != 0) {
            uint32_t gap = sf_seq_span(at->pos, sf_chunk_at(t, w->ooo_head)->seq);

            run = run < gap ? run : gap;
        }

        /* What is out of order may be given up in this. */
        uint32_t taken = sf_bufq_append(t, &w->rcv, SF_CHUNK_IN_ORDER, at->text, run);

        c->rcv_nxt = sf_seq_add(c->rcv_nxt, taken);
        step(at, taken);
        if (taken < run) {
            break;
        }
        promote_all(t, c, w, at);
    }
    recent_trim(w, c->rcv_nxt);
}

/* The last chunk that begins at or before seq; 0 if none does.  Most text out of order
 * continues the last one. */
static uint32_t chunk_before(const struct sf_tcp *t, const struct sf_work *w, sf_seq seq)
{
    uint32_t before = 0;

    if (w->ooo_tail != 0 && sf_seq_before_eq(sf_chunk_at(t, w->ooo_tail)->seq, seq)) {
        return w->ooo_tail;
    }
    for (uint32_t i = w->ooo_head; i != 0; i = sf_chunk_at(t, i)->next) {
        if (sf_seq_after(sf_chunk_at(t, i)->seq, seq)) {
            break;
        }
        before = i;
    }
    return before;
}

/* A new chunk behind `before` (0: in front) for text at seq; 0 if none is to be had. */
static uint32_t insert_chunk(struct sf_tcp *t, const struct sf_conn *c, struct sf_work *w,
                             uint32_t before, sf_seq seq)
{
    uint32_t chunk =
        w->ooo_chunks < chunk_limit(t, c) ? sf_chunk_take(t, SF_CHUNK_OOO, false) : 0;

    if (chunk == 0) {
        return 0;
    }

    struct sf_chunk *record = sf_chunk_at(t, chunk);
    uint32_t *link = before == 0 ? &w->ooo_head : &sf_chunk_at(t, before)->next;

    record->seq = seq;
    record->next = *link;
    *link = chunk;
    if (w->ooo_tail == before) {
        w->ooo_tail = chunk;
    }
    if (w->ooo_chunks == 0) {
        sf_list_push_tail(&t->ooo, &t->works, OOO_NODE, c->work);
    }
    w->ooo_chunks++;
    return chunk;
}

/* The chunk that text at seq goes into: the one before it if it ends there and has room,
 * else a new one. */
static uint32_t chunk_for(struct sf_tcp *t, const struct sf_conn *c, struct sf_work *w,
                          uint32_t before, sf_seq seq)
{
    const struct sf_chunk *record = before == 0 ? NULL : sf_chunk_at(t, before);

    if (record != NULL && sf_seq_eq(end_of(record), seq) && record->end < sf_chunk_octets(t)) {
        return before;
    }
    return insert_chunk(t, c, w, before, seq);
}

/* Put up to `octets` of the text into the room of a chunk that ends where it begins. */
static void fill(struct sf_tcp *t, struct sf_work *w, uint32_t chunk, struct cursor *at,
                 uint32_t octets)
{
    struct sf_chunk *record = sf_chunk_at(t, chunk);
    uint32_t room = sf_chunk_octets(t) - record->end;
    uint32_t n = octets < room ? octets : room;

    memcpy(sf_chunk_memory(t, chunk) + record->end, at->text, n);
    record->end = (uint16_t)(record->end + n);
    w->ooo_octets += n;
    step(at, n);
}

/* Hold text beyond a gap: the parts of it that are not held yet.  Returns the chunk in
 * which the last octet of it that is held lies. */
static uint32_t hold(struct sf_tcp *t, const struct sf_conn *c, struct sf_work *w,
                     struct cursor *at)
{
    uint32_t chunk = chunk_before(t, w, at->pos);

    while (at->octets != 0) {
        const struct sf_chunk *record = chunk == 0 ? NULL : sf_chunk_at(t, chunk);

        if (record != NULL && sf_seq_before(at->pos, end_of(record))) {
            uint32_t held = sf_seq_span(at->pos, end_of(record));

            step_held(at, held < at->octets ? held : at->octets);
            continue;
        }

        uint32_t next = record == NULL ? w->ooo_head : record->next;
        uint32_t run = at->octets;

        if (next != 0) {
            uint32_t gap = sf_seq_span(at->pos, sf_chunk_at(t, next)->seq);

            run = run < gap ? run : gap;
        }
        if (run == 0) {
            chunk = next;
            continue;
        }

        uint32_t into = chunk_for(t, c, w, chunk, at->pos);

        if (into == 0) {
            break;
        }
        chunk = into;
        fill(t, w, chunk, at, run);
    }
    return chunk;
}

/* Where the run begins that seq is in.  Only one that was not reported lately has to be
 * looked for. */
static sf_seq run_begin(const struct sf_tcp *t, const struct sf_work *w, sf_seq seq)
{
    const struct sf_sack_block *known = recent_around(w, seq);
    const struct sf_chunk *record = sf_chunk_at(t, w->ooo_head);
    sf_seq left = record->seq;

    if (known != NULL) {
        return known->left;
    }
    while (!sf_seq_after(end_of(record), seq)) {
        const struct sf_chunk *next = sf_chunk_at(t, record->next);

        left = sf_seq_eq(next->seq, end_of(record)) ? left : next->seq;
        record = next;
    }
    return left;
}

/* Where the run ends that goes on to seq at least, the octet before which is in `last`. */
static sf_seq run_end(const struct sf_tcp *t, const struct sf_work *w, sf_seq seq,
                      uint32_t last)
{
    const struct sf_sack_block *known = recent_around(w, seq);
    sf_seq right = end_of(sf_chunk_at(t, last));

    if (known != NULL && sf_seq_after(known->right, right)) {
        return known->right;
    }
    for (uint32_t i = sf_chunk_at(t, last)->next; i != 0; i = sf_chunk_at(t, i)->next) {
        if (!sf_seq_eq(sf_chunk_at(t, i)->seq, right)) {
            break;
        }
        right = end_of(sf_chunk_at(t, i));
    }
    return right;
}

uint32_t sf_reasm_take(struct sf_tcp *t, struct sf_conn *c, sf_seq seq, const uint8_t *text,
                       uint32_t octets, bool *filled)
{
    struct sf_work *w = sf_pool_at(&t->works, c->work);
    struct cursor at = {.pos = seq, .text = text, .octets = octets};

    *filled = false;
    if (octets == 0) {
        return 0;
    }
    SF_ASSERT(sf_seq_after_eq(seq, c->rcv_nxt));
    if (sf_seq_eq(seq, c->rcv_nxt)) {
        *filled = w->ooo_chunks != 0;
        take_in_order(t, c, w, &at);
    } else {
        uint32_t last = hold(t, c, w, &at);

        if (at.octets < octets) {
            recent_put(w, run_begin(t, w, seq), run_end(t, w, at.pos, last));
        }
    }
    if (!sf_seq_eq(at.twice_left, at.twice_right) && !sf_reasm_has_twice(w)) {
        sf_reasm_twice(w, at.twice_left, at.twice_right);
    }
    return octets - at.octets;
}

bool sf_reasm_has_twice(const struct sf_work *w)
{
    return !sf_seq_eq(w->twice.left, w->twice.right);
}

void sf_reasm_twice(struct sf_work *w, sf_seq left, sf_seq right)
{
    w->twice = (struct sf_sack_block){.left = left, .right = right};
}

void sf_reasm_told(struct sf_work *w)
{
    w->twice.right = w->twice.left;
}

uint32_t sf_reasm_sack(const struct sf_work *w, struct sf_sack_block *blocks, uint32_t max)
{
    uint32_t first = max != 0 && sf_reasm_has_twice(w) ? 1 : 0;
    uint32_t n = w->n_recent < max - first ? w->n_recent : max - first;

    if (first != 0) {
        blocks[0] = w->twice;
    }
    memcpy(blocks + first, w->recent, n * sizeof(blocks[0]));
    return first + n;
}

static uint32_t free_ooo(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w)
{
    uint32_t octets = w->ooo_octets;

    if (w->ooo_chunks != 0) {
        take_from_list(t, c);
    }
    while (w->ooo_head != 0) {
        uint32_t chunk = w->ooo_head;

        w->ooo_head = sf_chunk_at(t, chunk)->next;
        sf_chunk_unref(t, chunk);
    }
    w->ooo_tail = 0;
    w->ooo_octets = 0;
    w->ooo_chunks = 0;
    w->n_recent = 0;
    return octets;
}

uint32_t sf_reasm_evict(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w)
{
    uint32_t octets = free_ooo(t, c, w);

    t->counters.ooo_evicted += octets;
    return octets;
}

bool sf_reasm_evict_any(struct sf_tcp *t)
{
    uint32_t index = sf_list_first(&t->ooo);

    if (index == 0) {
        return false;
    }

    struct sf_work *w = sf_pool_at(&t->works, index);

    (void)sf_reasm_evict(t, sf_pool_at(&t->conns, w->conn), w);
    return true;
}

void sf_reasm_free(struct sf_tcp *t, struct sf_conn *c, struct sf_work *w)
{
    (void)free_ooo(t, c, w);
    sf_bufq_free(t, &w->rcv);
}
