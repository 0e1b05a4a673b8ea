/* SPDX-License-Identifier: MIT
 *
 * tcp/buf.h - chunks: buffers that exist only while octets are in them.
 *
 * A chunk is a record of 16 octets beside its memory.  A queue is a chain of chunks; the
 * octets of each are [begin, end) of its memory.  A chunk has references: one of the queue
 * that it is in, and one for each piece of a frame that is on its way out.  Memory is
 * never moved, so that an octet's place (chunk, offset) is good while it is referenced.
 */
#ifndef SF_TCP_BUF_H
#define SF_TCP_BUF_H

#include "tcp/tcp.h"

struct sf_chunk {
    uint32_t next;  /* the chunk after it; the pool's link while free */
    uint16_t begin; /* octets before it were consumed */
    uint16_t end;   /* the octet after the last */
    sf_seq seq; /* out of order: of the octet at begin.  To be sent: where the last SEND in it
                       that ends here does so, 0: none */
    uint32_t refs;
};

_Static_assert(sizeof(struct sf_chunk) == 16, "a chunk's record takes 16 octets");

/* What a chunk is wanted for: what may be taken when few are left. */
enum sf_chunk_use {
    SF_CHUNK_SEND,     /* not from the reserve; before it fails, as in order */
    SF_CHUNK_OOO,      /* not from the reserve */
    SF_CHUNK_IN_ORDER, /* from the reserve, if the connection holds none; before it fails,
                          text out of order of any connection is given up (reasm.h) */
};

static inline struct sf_chunk *sf_chunk_at(const struct sf_tcp *t, uint32_t chunk)
{
    return (struct sf_chunk *)sf_pool_at(&t->chunks, chunk);
}

static inline uint8_t *sf_chunk_memory(const struct sf_tcp *t, uint32_t chunk)
{
    return t->chunk_memory + ((size_t)(chunk - 1) << t->chunk_shift);
}

/* In sf_chunk.seq, to be sent: nothing more goes into this chunk, and no segment beyond it. */
#define SF_CHUNK_SEALED UINT32_C(0x80000000)

static inline bool sf_chunk_sealed(const struct sf_tcp *t, uint32_t chunk)
{
    return (sf_chunk_at(t, chunk)->seq.v & SF_CHUNK_SEALED) != 0;
}

static inline uint32_t sf_chunk_octets(const struct sf_tcp *t)
{
    return UINT32_C(1) << t->chunk_shift;
}

/* A chunk with one reference, begin and end 0; 0 if that use gets none now.  May give up
 * text out of order of any connection, the caller's too. */
uint32_t sf_chunk_take(struct sf_tcp *t, enum sf_chunk_use use, bool holds_none);

/* Is there one to SEND with, without giving up anything? */
bool sf_chunk_may_take(const struct sf_tcp *t);

/* One reference more, or one less; the last one frees it. */
void sf_chunk_ref(struct sf_tcp *t, uint32_t chunk);
void sf_chunk_unref(struct sf_tcp *t, uint32_t chunk);

/* A piece of a frame is done with: unref the chunk that data lies in. */
void sf_chunk_done(struct sf_tcp *t, const uint8_t *data);

/* Append a copy of octets; returns how many found room (the tail chunk's and new ones).  A
 * queue without a chunk counts as a connection that holds none. */
uint32_t sf_bufq_append(struct sf_tcp *t, struct sf_bufq *q, enum sf_chunk_use use,
                        const uint8_t *data, uint32_t octets);

/* Append a chunk whole (its begin and end say what is in it); takes over its reference. */
void sf_bufq_append_chunk(struct sf_tcp *t, struct sf_bufq *q, uint32_t chunk);

/* Copy the first octets out, and leave them; returns how many (at most what there is). */
uint32_t sf_bufq_copy(const struct sf_tcp *t, const struct sf_bufq *q, void *to,
                      uint32_t octets);

/* Give back the first octets, at most what there is.  Empty chunks are unreferenced, also
 * the tail. */
void sf_bufq_consume(struct sf_tcp *t, struct sf_bufq *q, uint32_t octets);

/* The same, but the tail stays, be it empty: its room is lent. */
void sf_bufq_consume_lent(struct sf_tcp *t, struct sf_bufq *q, uint32_t octets);

/* The runs of what is in the queue, up to max of them; returns how many. */
uint32_t sf_bufq_pieces(const struct sf_tcp *t, const struct sf_bufq *q,
                        struct sf_piece *pieces, uint32_t max);

/* The runs of `octets` from a place (chunk, offset) on; a reference is taken for each.
 * Returns how many octets they hold.  *n: in: how many runs fit; out: how many there are.
 *
 * Moves the place behind them: chunk 0 at the end of the queue if nothing follows; what is
 * appended then begins at the old tail's old end if it had room, else at the chunk after
 * it. */
uint32_t sf_bufq_cut(struct sf_tcp *t, uint32_t *chunk, uint32_t *offset, uint32_t octets,
                     struct sf_piece *pieces, uint32_t *n);

/* Move a place on by octets without touching references.  Precondition: they are there. */
void sf_bufq_advance(const struct sf_tcp *t, uint32_t *chunk, uint32_t *offset,
                     uint32_t octets);

/* Give everything back. */
void sf_bufq_free(struct sf_tcp *t, struct sf_bufq *q);

#endif
