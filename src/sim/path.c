/* SPDX-License-Identifier: MIT
 *
 * sim/path.c - a frame's way from host to host: whose is it, does it live, when does it
 * arrive.
 *
 *   host.c ──► sf_sim_send() ─ whom? ─► queue ─► line (rate) ─► faults ─► delay ──► heap.c
 *
 * Faults strike behind the line, so that what they take has used it; what the queue has
 * no room for has not.
 */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/time.h"
#include "link/frame.h"

#define ETH_OCTETS 14

/* Source and destination of the packet in a frame; false if there is none (ARP). */
static bool addresses(const uint8_t *p, size_t octets, bool ethernet, struct sf_addr *from,
                      struct sf_addr *to)
{
    static const size_t heads[] = {[SF_IPV4] = 20, [SF_IPV6] = 40};
    static const size_t starts[] = {[SF_IPV4] = 12, [SF_IPV6] = 8};
    size_t head = ethernet ? ETH_OCTETS : 0;
    uint8_t family = octets > head ? p[head] >> 4 : 0;
    size_t width = family == SF_IPV4 ? 4 : 16;

    if ((family != SF_IPV4 && family != SF_IPV6) || octets < head + heads[family]) {
        return false;
    }
    if (ethernet && sf_get16(p + 12) != (family == SF_IPV4 ? 0x0800 : 0x86dd)) {
        return false;
    }
    *from = (struct sf_addr){.family = family};
    *to = (struct sf_addr){.family = family};
    memcpy(from->octets, p + head + starts[family], width);
    memcpy(to->octets, p + head + starts[family] + width, width);
    return true;
}

static bool has_address(const struct sf_sim_host_state *host, const struct sf_addr *addr)
{
    for (uint32_t i = 0; i < host->n_sources; i++) {
        if (sf_addr_equal(&host->sources[i], addr)) {
            return true;
        }
    }
    return false;
}

/* Without memory for it the host's frames go everywhere: slower, not wrong. */
static void learn(struct sf_sim_host_state *host, const struct sf_addr *addr)
{
    struct sf_addr *more = NULL;

    if (has_address(host, addr)) {
        return;
    }
    more = realloc(host->sources, (host->n_sources + 1) * sizeof(*more));
    if (more != NULL) {
        host->sources = more;
        host->sources[host->n_sources++] = *addr;
    }
}

/* How long a line is busy with so many octets. */
static sf_span line_time(uint64_t octets, uint64_t rate_bps)
{
    /* A queue of half the 32-bit range stands for all larger ones: the product fits. */
    uint64_t bits = 8 * (octets < INT32_MAX ? octets : INT32_MAX);

    if (rate_bps == 0) {
        return (sf_span){0};
    }
    return (sf_span){bits / rate_bps * SF_NS_PER_S + bits % rate_bps * SF_NS_PER_S / rate_bps};
}

/* Does the queue take a frame?  If so, *out is when its last bit leaves.  A line that is
 * free takes any frame, however short the queue. */
static bool enqueue(struct sf_sim_way *way, uint32_t octets, sf_time now, sf_time *out)
{
    sf_time begin = sf_time_max(way->free_at, now);
    sf_time end = sf_time_add(begin, line_time(octets, way->rate_bps));

    if (way->queue_octets != 0 && sf_time_before(now, begin) &&
        sf_time_sub(end, now).ns > line_time(way->queue_octets, way->rate_bps).ns) {
        return false;
    }
    way->free_at = end;
    *out = end;
    return true;
}

static void corrupt(struct sf_sim_frame *f, uint32_t bit)
{
    struct sf_frame *frame = &f->frame;

    /* What damages a frame strikes behind whoever completes its checksum, and the receiver
     * cannot have verified it before. */
    if (frame->csum == SF_CSUM_PARTIAL) {
        sf_frame_complete(f->octets, frame->octets, frame->csum_start, frame->csum_offset);
    }
    frame->csum = SF_CSUM_FULL;
    f->octets[bit / 8] ^= (uint8_t)(0x80 >> (bit % 8));
}

static void die(struct sf_sim *sim, struct sf_sim_frame *f, uint32_t to)
{
    if (sim->tap.died != NULL) {
        sim->tap.died(sim->tap.context, f->from, to, &f->frame, sim->now);
    }
    free(f);
}

static void put(struct sf_sim *sim, struct sf_sim_frame *f, uint32_t to, sf_time at)
{
    f->item.kind = SF_SIM_FRAME;
    f->item.host = to;
    if (!sf_sim_heap_put(&sim->heap, &f->item, at)) {
        die(sim, f, to);
    }
}

struct sf_sim_frame *sf_sim_frame_copy(const struct sf_frame *frame)
{
    struct sf_sim_frame *f = malloc(sizeof(*f) + frame->octets);

    if (f == NULL) {
        return NULL;
    }
    f->item = (struct sf_sim_item){0};
    f->frame = (struct sf_frame){
        .octets = frame->octets,
        .gso_octets = frame->gso_octets,
        .csum_start = frame->csum_start,
        .csum_offset = frame->csum_offset,
        .csum = frame->csum,
        .family = frame->family,
        .transport_start = frame->transport_start,
        .n_pieces = 1,
        .pieces = {{.data = f->octets, .octets = frame->octets}},
    };
    sf_frame_copy(frame, f->octets, frame->octets);
    return f;
}

/* Send a copy of a frame along one way.  Without memory for it, it is lost unseen. */
static void go(struct sf_sim *sim, uint32_t from, struct sf_sim_way *way,
               const struct sf_frame *frame)
{
    struct sf_sim_frame *f = sf_sim_frame_copy(frame);
    struct sf_fate fate;
    sf_time at = sim->now;

    if (f == NULL) {
        return;
    }
    f->from = from;
    fate = sf_fault_decide(&way->faults, &f->frame, SF_FAULT_TX);
    if (sim->tap.sent != NULL) {
        sim->tap.sent(sim->tap.context, f->from, way->to, &f->frame, sim->now);
    }
    if (sim->hosts[f->from]->cut || sim->hosts[way->to]->cut ||
        !enqueue(way, frame->octets, sim->now, &at) || fate.drop) {
        die(sim, f, way->to);
        return;
    }
    if (fate.corrupt) {
        corrupt(f, fate.bit);
    }
    at = sf_time_add(sf_time_add(at, way->delay), fate.delay);
    for (uint32_t i = 0; i < fate.copies; i++) {
        struct sf_sim_frame *copy = sf_sim_frame_copy(&f->frame);

        if (copy != NULL) {
            copy->from = f->from;
            put(sim, copy, way->to, at);
        }
    }
    put(sim, f, way->to, at);
}

void sf_sim_send(struct sf_sim *sim, uint32_t from, const struct sf_frame *frame)
{
    struct sf_sim_host_state *host = sim->hosts[from];
    uint8_t head[SF_HEAD_MAX];
    struct sf_addr source = {0};
    struct sf_addr dest = {0};
    bool known = false;

    if (addresses(head, sf_frame_copy(frame, head, sizeof(head)), host->ethernet, &source,
                  &dest)) {
        learn(host, &source);
        for (uint32_t i = 0; i < host->n_ways; i++) {
            known = known || has_address(sim->hosts[host->ways[i]->to], &dest);
        }
    }
    for (uint32_t i = 0; i < host->n_ways; i++) {
        struct sf_sim_way *way = host->ways[i];

        if (!known || has_address(sim->hosts[way->to], &dest)) {
            go(sim, from, way, frame);
        }
    }
}

static struct sf_sim_way *new_way(struct sf_sim *sim, const struct sf_sim_path *path,
                                  const char *rules, uint32_t from, uint32_t to,
                                  enum sf_err *err)
{
    struct sf_sim_way *way = calloc(1, sizeof(*way));
    size_t where = 0;

    *err = SF_ERR_NO_MEMORY;
    if (way == NULL) {
        return NULL;
    }
    way->to = to;
    way->rate_bps = path->rate_bps;
    way->delay = path->delay;
    way->queue_octets = path->queue_octets;
    *err = sf_fault_parse(&way->faults, rules == NULL ? "" : rules, sf_rng_u64(&sim->rng),
                          sim->hosts[from]->ethernet, &where);
    if (*err != SF_OK) {
        free(way);
        return NULL;
    }
    for (uint32_t i = 0; i < way->faults.count; i++) {
        /* A direction is the way itself: a rule that names one makes no sense here. */
        if (way->faults.rules[i].ways != SF_FAULT_BOTH) {
            *err = SF_ERR_INVAL;
        }
    }
    return way;
}

static bool room_for_way(struct sf_sim_host_state *host)
{
    struct sf_sim_way **more =
        realloc(host->ways, (host->n_ways + 1) * sizeof(struct sf_sim_way *));

    if (more == NULL) {
        return false;
    }
    host->ways = more;
    return true;
}

enum sf_err sf_sim_path(struct sf_sim *sim, uint32_t a, uint32_t b,
                        const struct sf_sim_path *path)
{
    enum sf_err err = SF_OK;
    struct sf_sim_way *there = NULL;
    struct sf_sim_way *back = NULL;

    SF_ASSERT(a < sim->n_hosts && b < sim->n_hosts && a != b);
    there = new_way(sim, path, path->faults_ab, a, b, &err);
    if (err == SF_OK) {
        back = new_way(sim, path, path->faults_ba, b, a, &err);
    }
    if (err == SF_OK && (!room_for_way(sim->hosts[a]) || !room_for_way(sim->hosts[b]))) {
        err = SF_ERR_NO_MEMORY;
    }
    if (err != SF_OK) {
        free(there);
        free(back);
        return err;
    }
    sim->hosts[a]->ways[sim->hosts[a]->n_ways++] = there;
    sim->hosts[b]->ways[sim->hosts[b]->n_ways++] = back;
    return SF_OK;
}
