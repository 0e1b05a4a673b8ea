/* SPDX-License-Identifier: MIT
 *
 * link/pair.c - two links in memory, each the other's far end.
 *
 *   a: tx ──copy──► b's queue ──► b: rx        b: tx ──copy──► a's queue ──► a: rx
 *
 * A queue is a ring of slots of one size.  What rx gave out stays in its slots until the
 * next rx; a queue that has run dry begins again at its first slot, so that light traffic
 * goes round in the few slots that the cache still holds.
 */
#include "synfin/link.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/time.h"
#include "link/frame.h"

#define ETH_OCTETS     14
#define DEFAULT_MTU    1500
#define DEFAULT_FRAMES 256
#define SUPER_OCTETS   65535 /* the longest IP packet, RFC 791 s3.1 */

/* What a slot holds beside its octets. */
struct note {
    uint32_t octets;
    uint16_t gso_octets;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint8_t csum;
};

/* Frames on their way to one end.  Counts go up for ever; a slot is count % frames. */
struct queue {
    uint8_t *slots; /* mapped, touched only when used */
    struct note *notes;
    uint64_t freed; /* given out and done with */
    uint64_t taken; /* given out */
    uint64_t put;   /* put in */
};

struct both {
    struct queue to[2];
    uint32_t frames;
    size_t slot_octets;
    bool open[2];
};

struct pair_link {
    struct sf_link link;
    struct both *both;
    uint8_t end; /* 0 or 1: whose queue is to[end] */
};

static size_t pair_rx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct pair_link *pair = (struct pair_link *)link;
    struct both *both = pair->both;
    struct queue *q = &both->to[pair->end];
    size_t got = 0;

    (void)now;
    q->freed = q->taken;
    for (; got < n && q->taken < q->put; got++, q->taken++) {
        size_t slot = (size_t)(q->taken % both->frames);
        const struct note *note = &q->notes[slot];
        struct sf_frame *f = &frames[got];

        f->octets = note->octets;
        f->head_octets = 0;
        f->gso_octets = note->gso_octets;
        f->csum_start = note->csum_start;
        f->csum_offset = note->csum_offset;
        f->csum = note->csum;
        f->verdict = 0;
        f->family = SF_UNSPEC;
        f->transport_start = 0;
        f->n_pieces = 1;
        f->pieces[0] = (struct sf_piece){q->slots + slot * both->slot_octets, note->octets};
    }
    link->rx_frames += got;
    return got;
}

static bool put_frame(struct both *both, struct queue *q, const struct sf_frame *f)
{
    size_t slot = 0;

    if (f->octets > both->slot_octets) {
        return false;
    }
    if (q->freed == q->put) {
        q->freed = q->taken = q->put = 0;
    }
    slot = (size_t)(q->put % both->frames);
    q->notes[slot] = (struct note){
        .octets = (uint32_t)sf_frame_copy(f, q->slots + slot * both->slot_octets, f->octets),
        .gso_octets = f->gso_octets,
        .csum_start = f->csum_start,
        .csum_offset = f->csum_offset,
        .csum = f->csum,
    };
    q->put++;
    return true;
}

static size_t pair_tx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct pair_link *pair = (struct pair_link *)link;
    struct both *both = pair->both;
    uint8_t far = pair->end ^ 1;
    struct queue *q = &both->to[far];
    size_t done = 0;

    (void)now;
    for (; done < n; done++) {
        if (both->open[far] && q->put - q->freed == both->frames) {
            break;
        }
        if (both->open[far] && put_frame(both, q, &frames[done])) {
            link->tx_frames++;
        } else {
            link->tx_dropped++;
        }
    }
    return done;
}

static int pair_fd(const struct sf_link *link)
{
    (void)link;
    return -1;
}

static sf_time pair_deadline(const struct sf_link *link)
{
    const struct pair_link *pair = (const struct pair_link *)link;
    const struct queue *q = &pair->both->to[pair->end];

    return q->taken < q->put ? (sf_time){0} : SF_TIME_NEVER;
}

static void free_both(struct both *both)
{
    if (both == NULL) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (both->to[i].slots != NULL) {
            (void)munmap(both->to[i].slots, both->slot_octets * both->frames);
        }
        free(both->to[i].notes);
    }
    free(both);
}

static void pair_close(struct sf_link *link)
{
    struct pair_link *pair = (struct pair_link *)link;
    struct both *both = pair->both;

    both->open[pair->end] = false;
    if (!both->open[pair->end ^ 1]) {
        free_both(both);
    }
    free(pair);
}

static const struct sf_link_ops pair_ops = {
    .name = "pair",
    .rx = pair_rx,
    .tx = pair_tx,
    .fd = pair_fd,
    .deadline = pair_deadline,
    .close = pair_close,
};

static struct both *make_both(const struct sf_pair *pair, uint32_t mtu)
{
    struct both *both = calloc(1, sizeof(*both));
    bool super = (pair->caps & (SF_LINK_TSO4 | SF_LINK_TSO6)) != 0;

    if (both == NULL) {
        return NULL;
    }
    both->frames = pair->frames != 0 ? pair->frames : DEFAULT_FRAMES;
    both->slot_octets = (size_t)(super ? SUPER_OCTETS : mtu) + ETH_OCTETS;
    both->slot_octets = (both->slot_octets + 63) / 64 * 64;
    for (int i = 0; i < 2; i++) {
        void *slots = mmap(NULL, both->slot_octets * both->frames, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        both->to[i].slots = slots == MAP_FAILED ? NULL : slots;
        both->to[i].notes = calloc(both->frames, sizeof(struct note));
        if (both->to[i].slots == NULL || both->to[i].notes == NULL) {
            free_both(both);
            return NULL;
        }
    }
    return both;
}

static struct sf_link *make_end(struct both *both, const struct sf_pair *pair, uint32_t mtu,
                                uint8_t end)
{
    struct pair_link *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return NULL;
    }
    made->link.ops = &pair_ops;
    made->link.mtu = mtu;
    made->link.caps = pair->caps;
    made->link.ethernet = pair->ethernet != 0;
    made->link.mac[0] = 0x02;
    made->link.mac[5] = (uint8_t)(end + 1);
    made->both = both;
    made->end = end;
    both->open[end] = true;
    return &made->link;
}

enum sf_err sf_pair_open(const struct sf_pair *pair, struct sf_link **a, struct sf_link **b)
{
    uint32_t mtu = pair->mtu != 0 ? pair->mtu : DEFAULT_MTU;
    struct both *both = NULL;

    *a = NULL;
    *b = NULL;
    if (mtu > SUPER_OCTETS || pair->frames > UINT32_C(1) << 20) {
        return SF_ERR_INVAL;
    }
    both = make_both(pair, mtu);
    if (both == NULL) {
        return SF_ERR_NO_MEMORY;
    }
    *a = make_end(both, pair, mtu, 0);
    if (*a == NULL) {
        free_both(both);
        return SF_ERR_NO_MEMORY;
    }
    *b = make_end(both, pair, mtu, 1);
    if (*b == NULL) {
        sf_link_close(*a);
        *a = NULL;
        return SF_ERR_NO_MEMORY;
    }
    return SF_OK;
}
