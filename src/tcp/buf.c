/* SPDX-License-Identifier: MIT
 *
 * tcp/buf.c - chunks and the queues made of them.
 *
 * A chunk that a frame still borrows outlives its place in a queue; only what lies before
 * its end is borrowed, so that a queue may go on filling it.
 */
#include "tcp/buf.h"

#include "tcp/reasm.h"

static uint32_t octets_of(const struct sf_chunk *chunk)
{
    return (uint32_t)chunk->end - chunk->begin;
}

/* Whether the pool has one for this use as things stand. */
static bool may_take(const struct sf_tcp *t, enum sf_chunk_use use, bool holds_none)
{
    uint32_t left = t->chunks.capacity - t->chunks.in_use;
    bool reserve_too = use == SF_CHUNK_IN_ORDER && holds_none;

    return left > (reserve_too ? 0 : t->chunk_reserve);
}

bool sf_chunk_may_take(const struct sf_tcp *t)
{
    return may_take(t, SF_CHUNK_SEND, false);
}

uint32_t sf_chunk_take(struct sf_tcp *t, enum sf_chunk_use use, bool holds_none)
{
    while (!may_take(t, use, holds_none)) {
        if (use == SF_CHUNK_OOO || !sf_reasm_evict_any(t)) {
            return 0;
        }
    }

    uint32_t chunk = sf_pool_take(&t->chunks);

    *sf_chunk_at(t, chunk) = (struct sf_chunk){.refs = 1};
    return chunk;
}

void sf_chunk_ref(struct sf_tcp *t, uint32_t chunk)
{
    sf_chunk_at(t, chunk)->refs++;
}

void sf_chunk_unref(struct sf_tcp *t, uint32_t chunk)
{
    struct sf_chunk *record = sf_chunk_at(t, chunk);

    SF_ASSERT(record->refs != 0);
    if (--record->refs == 0) {
        sf_pool_put(&t->chunks, chunk);
    }
}

void sf_chunk_done(struct sf_tcp *t, const uint8_t *data)
{
    size_t offset = (size_t)(data - t->chunk_memory);

    SF_ASSERT(data >= t->chunk_memory && offset >> t->chunk_shift < t->chunks.fresh);
    sf_chunk_unref(t, (uint32_t)(offset >> t->chunk_shift) + 1);
}

void sf_bufq_append_chunk(struct sf_tcp *t, struct sf_bufq *q, uint32_t chunk)
{
    struct sf_chunk *record = sf_chunk_at(t, chunk);

    record->next = 0;
    if (q->tail == 0) {
        q->head = chunk;
    } else {
        sf_chunk_at(t, q->tail)->next = chunk;
    }
    q->tail = chunk;
    q->octets += octets_of(record);
}

/* Octets that the tail has room for, after a new chunk was appended if it had none; 0 if no
 * chunk is to be had. */
static uint32_t make_room(struct sf_tcp *t, struct sf_bufq *q, enum sf_chunk_use use)
{
    bool sealed = use == SF_CHUNK_SEND && q->tail != 0 && sf_chunk_sealed(t, q->tail);
    uint32_t room = q->tail == 0 ? 0 : sf_chunk_octets(t) - sf_chunk_at(t, q->tail)->end;
    uint32_t chunk = 0;

    room = sealed ? 0 : room;

    if (room != 0) {
        return room;
    }
    chunk = sf_chunk_take(t, use, q->head == 0);
    if (chunk == 0) {
        return 0;
    }
    sf_bufq_append_chunk(t, q, chunk);
    return sf_chunk_octets(t);
}

uint32_t sf_bufq_append(struct sf_tcp *t, struct sf_bufq *q, enum sf_chunk_use use,
                        const uint8_t *data, uint32_t octets)
{
    uint32_t done = 0;

    while (done < octets) {
        uint32_t room = make_room(t, q, use);
        uint32_t n = octets - done < room ? octets - done : room;
        struct sf_chunk *tail = NULL;

        if (n == 0) {
            break;
        }
        tail = sf_chunk_at(t, q->tail);

        memcpy(sf_chunk_memory(t, q->tail) + tail->end, data + done, n);
        tail->end = (uint16_t)(tail->end + n);
        q->octets += n;
        done += n;
    }
    return done;
}

uint32_t sf_bufq_copy(const struct sf_tcp *t, const struct sf_bufq *q, void *to,
                      uint32_t octets)
{
    uint8_t *out = to;
    uint32_t done = 0;

    for (uint32_t chunk = q->head; chunk != 0 && done < octets;) {
        const struct sf_chunk *record = sf_chunk_at(t, chunk);
        uint32_t n = octets_of(record);

        n = n < octets - done ? n : octets - done;
        memcpy(out + done, sf_chunk_memory(t, chunk) + record->begin, n);
        done += n;
        chunk = record->next;
    }
    return done;
}

static void consume(struct sf_tcp *t, struct sf_bufq *q, uint32_t octets, bool keep_tail)
{
    octets = octets < q->octets ? octets : q->octets;
    q->octets -= octets;
    while (q->head != 0) {
        uint32_t chunk = q->head;
        struct sf_chunk *record = sf_chunk_at(t, chunk);
        uint32_t there = octets_of(record);

        if (octets < there || (keep_tail && chunk == q->tail)) {
            record->begin = (uint16_t)(record->begin + octets);
            break;
        }
        octets -= there;
        q->head = record->next;
        sf_chunk_unref(t, chunk);
    }
    if (q->head == 0) {
        q->tail = 0;
    }
}

void sf_bufq_consume(struct sf_tcp *t, struct sf_bufq *q, uint32_t octets)
{
    consume(t, q, octets, false);
}

void sf_bufq_consume_lent(struct sf_tcp *t, struct sf_bufq *q, uint32_t octets)
{
    consume(t, q, octets, true);
}

uint32_t sf_bufq_pieces(const struct sf_tcp *t, const struct sf_bufq *q,
                        struct sf_piece *pieces, uint32_t max)
{
    uint32_t n = 0;

    for (uint32_t chunk = q->head; chunk != 0 && n < max;) {
        const struct sf_chunk *record = sf_chunk_at(t, chunk);

        if (octets_of(record) != 0) {
            pieces[n++] = (struct sf_piece){
                .data = sf_chunk_memory(t, chunk) + record->begin,
                .octets = octets_of(record),
            };
        }
        chunk = record->next;
    }
    return n;
}

/* The place where the next octet is: past the ends of chunks; false if none follows. */
static bool settle(const struct sf_tcp *t, uint32_t *chunk, uint32_t *offset)
{
    while (*chunk != 0 && *offset == sf_chunk_at(t, *chunk)->end) {
        *chunk = sf_chunk_at(t, *chunk)->next;
        *offset = *chunk == 0 ? 0 : sf_chunk_at(t, *chunk)->begin;
    }
    return *chunk != 0;
}

uint32_t sf_bufq_cut(struct sf_tcp *t, uint32_t *chunk, uint32_t *offset, uint32_t octets,
                     struct sf_piece *pieces, uint32_t *n)
{
    uint32_t most = *n;
    uint32_t got = 0;

    *n = 0;
    while (*n < most && got < octets && settle(t, chunk, offset)) {
        uint32_t run = sf_chunk_at(t, *chunk)->end - *offset;

        run = run < octets - got ? run : octets - got;
        pieces[(*n)++] = (struct sf_piece){
            .data = sf_chunk_memory(t, *chunk) + *offset,
            .octets = run,
        };
        sf_chunk_ref(t, *chunk);
        *offset += run;
        got += run;
    }
    (void)settle(t, chunk, offset);
    return got;
}

void sf_bufq_advance(const struct sf_tcp *t, uint32_t *chunk, uint32_t *offset, uint32_t octets)
{
    while (octets != 0) {
        SF_ASSERT(settle(t, chunk, offset));

        uint32_t run = sf_chunk_at(t, *chunk)->end - *offset;

        run = run < octets ? run : octets;
        *offset += run;
        octets -= run;
    }
    (void)settle(t, chunk, offset);
}

void sf_bufq_free(struct sf_tcp *t, struct sf_bufq *q)
{
    while (q->head != 0) {
        uint32_t chunk = q->head;

        q->head = sf_chunk_at(t, chunk)->next;
        sf_chunk_unref(t, chunk);
    }
    *q = (struct sf_bufq){0};
}
