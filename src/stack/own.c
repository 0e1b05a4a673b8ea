/* SPDX-License-Identifier: MIT
 *
 * stack/own.c - the ring of frames that the stack itself owes.
 */
#include "stack/own.h"

#include <string.h>

#include "tcp/buf.h"

static uint32_t ring_places(const struct sf_stack *st)
{
    return st->tcp.cfg.max_replies + st->tcp.cfg.max_neighbours;
}

struct sf_own *sf_own_put(struct sf_stack *st, bool held)
{
    const uint32_t places = ring_places(st);
    struct sf_own *own;

    if (st->own_count >= (held ? places : st->tcp.cfg.max_replies)) {
        st->tcp.counters.replies_lost++;
        return NULL;
    }
    own = &st->own[(st->own_first + st->own_count) % places];
    st->own_count++;
    memset(&own->frame, 0, offsetof(struct sf_frame, head));
    own->whole = false;
    return own;
}

void sf_own_unput(struct sf_stack *st)
{
    SF_ASSERT(st->own_count != 0);
    st->own_count--;
}

struct sf_own *sf_own_get(struct sf_stack *st)
{
    struct sf_own *own;

    if (st->own_count == 0) {
        return NULL;
    }
    own = &st->own[st->own_first];
    st->own_first = (st->own_first + 1) % ring_places(st);
    st->own_count--;
    return own;
}

/* Copy as much as a new chunk takes, and let the frame borrow it; 0 if there is no chunk. */
static uint32_t append_chunk(struct sf_stack *st, struct sf_frame *frame, const uint8_t *body,
                             uint32_t octets)
{
    struct sf_tcp *t = &st->tcp;
    const uint32_t chunk = sf_chunk_take(t, SF_CHUNK_SEND, false);
    uint8_t *memory;

    if (chunk == 0) {
        return 0;
    }
    if (octets > sf_chunk_octets(t)) {
        octets = sf_chunk_octets(t);
    }
    memory = sf_chunk_memory(t, chunk);
    memcpy(memory, body, octets);
    frame->pieces[frame->n_pieces++] = (struct sf_piece){.data = memory, .octets = octets};
    return octets;
}

bool sf_own_body(struct sf_stack *st, struct sf_frame *frame, const uint8_t *body,
                 uint32_t octets)
{
    frame->octets = frame->head_octets + octets;
    if (octets <= (uint32_t)SF_HEAD_MAX - frame->head_octets) {
        memcpy(frame->head + frame->head_octets, body, octets);
        frame->head_octets = (uint16_t)frame->octets;
        return true;
    }
    while (octets != 0) {
        uint32_t n = 0;

        if (frame->n_pieces < SF_PIECES_MAX) {
            n = append_chunk(st, frame, body, octets);
        }
        if (n == 0) {
            sf_own_drop(st, frame);
            return false;
        }
        body += n;
        octets -= n;
    }
    return true;
}

void sf_own_drop(struct sf_stack *st, const struct sf_frame *frame)
{
    for (uint32_t i = 0; i < frame->n_pieces; i++) {
        sf_chunk_done(&st->tcp, frame->pieces[i].data);
    }
}
