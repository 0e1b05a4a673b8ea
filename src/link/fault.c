/* SPDX-License-Identifier: MIT
 *
 * link/fault.c - a link that loses, doubles, holds back and spoils frames, by the rules.
 *
 *   tx ──► fate ──┬─────────────► inner link        rx is the same the other way round:
 *                 └─► held, until due ──┘           held frames come before new ones
 *
 * What is held or changed is copied, so that a sender's pieces are free at once.  Frames
 * that are due at the same moment leave in the order in which they came.
 */
#include "link/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "link/frame.h"
#include "synfin/link.h"

/* Frames held in each direction at most; what comes on top is lost, as in a full queue. */
#define HELD_MAX 4096

/* How long to wait before a link that took nothing is tried again. */
#define RETRY_AFTER SF_MS(1)

/* A copy of a frame. */
struct held {
    struct held *next;
    sf_time due;
    struct sf_frame frame; /* pieces[0] is the octets behind its head */
    uint8_t octets[];
};

/* Frames by the moment at which they are due. */
struct queue {
    struct held *first;
    uint32_t count;
};

struct fault_link {
    struct sf_link link;
    struct sf_link *inner;
    struct queue tx, rx;
    struct held *given; /* what the last rx gave out: freed by the next */
    sf_time retry_at;   /* SF_TIME_NEVER unless the inner link took less than was due */
    struct sf_faults faults;
};

static struct held *copy_of(const struct sf_frame *frame)
{
    struct held *held = malloc(sizeof(*held) + frame->octets);
    struct sf_frame *copy = NULL;

    if (held == NULL) {
        return NULL;
    }
    held->next = NULL;
    copy = &held->frame;
    memset(copy, 0, sizeof(*copy));
    copy->octets = (uint32_t)sf_frame_copy(frame, held->octets, frame->octets);
    copy->head_octets = frame->head_octets;
    copy->gso_octets = frame->gso_octets;
    copy->csum_start = frame->csum_start;
    copy->csum_offset = frame->csum_offset;
    copy->csum = frame->csum;
    copy->family = frame->family;
    copy->transport_start = frame->transport_start;
    return held;
}

/* Make the frame's head and piece those of its octets. */
static struct sf_frame *settle(struct held *held)
{
    struct sf_frame *frame = &held->frame;

    memcpy(frame->head, held->octets, frame->head_octets);
    frame->n_pieces = frame->octets > frame->head_octets;
    frame->pieces[0] = (struct sf_piece){held->octets + frame->head_octets,
                                         frame->octets - frame->head_octets};
    return frame;
}

/* Flip a bit.  The checksum is completed first, and no longer vouched for by the link: the
 * one who completes or skips it later would hide the damage. */
static void spoil(struct held *held, uint32_t bit)
{
    struct sf_frame *frame = &held->frame;

    if (frame->csum == SF_CSUM_PARTIAL) {
        sf_frame_complete(held->octets, frame->octets, frame->csum_start, frame->csum_offset);
    }
    frame->csum = SF_CSUM_FULL;
    held->octets[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
}

static void enqueue(struct queue *q, struct held *held, sf_time due)
{
    struct held **at = &q->first;

    while (*at != NULL && sf_time_before_eq((*at)->due, due)) {
        at = &(*at)->next;
    }
    held->due = due;
    held->next = *at;
    *at = held;
    q->count++;
}

static struct held *dequeue(struct queue *q, sf_time now)
{
    struct held *held = q->first;

    if (held == NULL || sf_time_before(now, held->due)) {
        return NULL;
    }
    q->first = held->next;
    q->count--;
    return held;
}

/* Put copies of a frame into a queue; false if none could be made. */
static bool hold(struct queue *q, const struct sf_frame *frame, const struct sf_fate *fate,
                 sf_time now)
{
    bool any = false;

    for (uint32_t i = 0; i <= fate->copies && q->count < HELD_MAX; i++) {
        struct held *held = copy_of(frame);

        if (held == NULL) {
            break;
        }
        if (fate->corrupt) {
            spoil(held, fate->bit);
        }
        (void)settle(held);
        enqueue(q, held, sf_time_add(now, fate->delay));
        any = true;
    }
    return any;
}

static bool is_plain(const struct sf_fate *fate)
{
    return !fate->drop && !fate->corrupt && fate->copies == 0 && fate->delay.ns == 0;
}

static void mirror(struct fault_link *fault)
{
    if (fault->link.error == SF_OK) {
        fault->link.error = fault->inner->error;
        fault->link.os_error = fault->inner->os_error;
    }
}

static bool send_one(struct fault_link *fault, struct sf_frame *frame, sf_time now)
{
    return fault->inner->ops->tx(fault->inner, frame, 1, now) == 1;
}

/* Send what is due; false if the inner link would not take all of it. */
static bool send_due(struct fault_link *fault, sf_time now)
{
    fault->retry_at = SF_TIME_NEVER;
    while (fault->tx.first != NULL && sf_time_before_eq(fault->tx.first->due, now)) {
        if (!send_one(fault, &fault->tx.first->frame, now)) {
            fault->retry_at = sf_time_add(now, RETRY_AFTER);
            return false;
        }
        free(dequeue(&fault->tx, now));
    }
    return true;
}

static size_t fault_tx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct fault_link *fault = (struct fault_link *)link;
    size_t done = 0;

    while (done < n && send_due(fault, now)) {
        struct sf_frame *frame = &frames[done++];
        struct sf_fate fate = sf_fault_decide(&fault->faults, frame, SF_FAULT_TX);
        bool sent = is_plain(&fate) && send_one(fault, frame, now);

        /* A frame meets its fate once: what the inner link refuses now waits in here. */
        if (sent || (!fate.drop && hold(&fault->tx, frame, &fate, now))) {
            link->tx_frames++;
        } else {
            link->tx_dropped++;
        }
    }
    (void)send_due(fault, now);
    mirror(fault);
    return done;
}

static void free_list(struct held *held)
{
    while (held != NULL) {
        struct held *next = held->next;

        free(held);
        held = next;
    }
}

/* Give out what is due, up to n frames. */
static size_t give(struct fault_link *fault, struct sf_frame *frames, size_t n, sf_time now)
{
    size_t got = 0;

    for (; got < n; got++) {
        struct held *held = dequeue(&fault->rx, now);

        if (held == NULL) {
            break;
        }
        frames[got] = held->frame;
        held->next = fault->given;
        fault->given = held;
    }
    return got;
}

/* Of n frames received, move those that pass as they are to the front and hold the others.
 * Returns how many passed. */
static size_t sieve(struct fault_link *fault, struct sf_frame *frames, size_t n, sf_time now)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct sf_fate fate = sf_fault_decide(&fault->faults, &frames[i], SF_FAULT_RX);
        /* Behind one that is held and due, all others queue up to keep their order. */
        bool queued = fault->rx.first != NULL && sf_time_before_eq(fault->rx.first->due, now);

        if (is_plain(&fate) && !queued) {
            frames[kept++] = frames[i];
        } else if (!fate.drop) {
            (void)hold(&fault->rx, &frames[i], &fate, now);
        }
    }
    return kept;
}

static size_t fault_rx(struct sf_link *link, struct sf_frame *frames, size_t n, sf_time now)
{
    struct fault_link *fault = (struct fault_link *)link;
    size_t kept = 0;

    (void)send_due(fault, now);
    free_list(fault->given);
    fault->given = NULL;
    kept = give(fault, frames, n, now);
    if (kept == 0) {
        kept = fault->inner->ops->rx(fault->inner, frames, n, now);
        kept = sieve(fault, frames, kept, now);
    }
    kept += give(fault, frames + kept, n - kept, now);
    link->rx_frames += kept;
    mirror(fault);
    return kept;
}

static int fault_fd(const struct sf_link *link)
{
    const struct fault_link *fault = (const struct fault_link *)link;

    return fault->inner->ops->fd(fault->inner);
}

static sf_time fault_deadline(const struct sf_link *link)
{
    const struct fault_link *fault = (const struct fault_link *)link;
    sf_time first = fault->inner->ops->deadline(fault->inner);

    if (fault->rx.first != NULL) {
        first = sf_time_min(first, fault->rx.first->due);
    }
    if (fault->tx.first != NULL) {
        bool blocked = !sf_time_is_never(fault->retry_at);

        first = sf_time_min(first, blocked ? fault->retry_at : fault->tx.first->due);
    }
    return first;
}

static void fault_flush(struct sf_link *link)
{
    struct fault_link *fault = (struct fault_link *)link;

    (void)sf_link_flush(fault->inner);
    mirror(fault);
}

static void fault_close(struct sf_link *link)
{
    struct fault_link *fault = (struct fault_link *)link;

    free_list(fault->tx.first);
    free_list(fault->rx.first);
    free_list(fault->given);
    sf_link_close(fault->inner);
    free(fault);
}

static const struct sf_link_ops fault_ops = {
    .name = "fault",
    .rx = fault_rx,
    .tx = fault_tx,
    .fd = fault_fd,
    .deadline = fault_deadline,
    .flush = fault_flush,
    .close = fault_close,
};

enum sf_err sf_fault_wrap(struct sf_link *inner, const char *rules, uint64_t seed,
                          struct sf_link **link, size_t *where)
{
    struct fault_link *fault = calloc(1, sizeof(*fault));
    enum sf_err err = SF_ERR_NO_MEMORY;

    *link = NULL;
    *where = 0;
    if (fault == NULL) {
        return err;
    }
    err = sf_fault_parse(&fault->faults, rules, seed, inner->ethernet != 0, where);
    if (err != SF_OK) {
        free(fault);
        return err;
    }
    fault->link = *inner;
    fault->link.ops = &fault_ops;
    if (fault->faults.count != 0) {
        fault->link.caps = 0;
    }
    fault->inner = inner;
    fault->retry_at = SF_TIME_NEVER;
    *link = &fault->link;
    return SF_OK;
}
