/* SPDX-License-Identifier: MIT
 *
 * watch/merge/clock.c - how far B's clock is ahead of A's, and how much it gains.
 *
 * What travels from A to B in a time d >= 0 shows B's clock ahead by the offset and d; what
 * travels back, by the offset less d.  So every segment is a bound on the line that the offset
 * makes over time, from above or from below, and the quickest ones are the sharpest:
 *
 *     ahead   . :  .  .: . .     from A to B
 *           ------------------   the least of them: no line above it
 *           = = = = = = = = =    the middle: the offset, if both ways take equally long
 *           ------------------   the most of the others: no line below it
 *            : . . :  .  :. .    from B to A
 *
 * The drift is the slope at which the band between is widest, as the quickest segments early
 * and late then touch its edges together (Moon, Skelly and Towsley fitted one way so, 1999).
 * Segments with much text are slow on a slow line, so that small ones count, where there are
 * some early and late.
 */
#include "watch/merge/tape.h"

#include <math.h>
#include <stdlib.h>

#include "base/time.h"

#define PARTS      16u   /* of the time, to see how much the quickest segments differ */
#define CELLS      4096u /* of time; of each only the quickest segment counts */
#define DRIFT_MOST 5e-4  /* no clock is so bad */
#define STEPS      80    /* of the search: 1e-3 / 1.5^80 */
#define GAIN       4     /* an edge that moves by less than so many times the scatter, ... */
#define GAIN_NS    20e3  /* ... and this, is no sign of drift */
#define TELLING    24u   /* cells that must be filled */
#define LONG_NS    (SF_NS_PER_S)

enum { BACK = 0, THERE = 1, SMALL = 0, LARGE = 1 };

struct point {
    double t, ahead;
    bool set;
};

/* The segments of one direction. */
struct band {
    struct point cell[2][CELLS]; /* small ones, large ones */
    uint32_t n;                  /* segments */
    uint32_t filled[2];
    bool small_do; /* the small ones suffice */
    bool wanted;   /* there are any */
};

struct fit {
    struct band band[2];
    double length; /* of the time that they span */
};

/* Better in the sense of its direction: sooner there, later back. */
static bool is_quicker(unsigned way, double a, double b)
{
    return way == THERE ? a < b : a > b;
}

/* Of every telling segment: when, how far ahead B's clock seems. */
struct walk {
    const struct sf_tape *a, *b;
    uint32_t at;
};

static const struct sf_tape_seg *next_sure(struct walk *walk)
{
    while (walk->at < walk->a->n) {
        const struct sf_tape_seg *seg = &walk->a->seg[walk->at++];

        if (seg->match != 0 && seg->surely && !seg->piece &&
            walk->a->flow[seg->flow - 1].placed) {
            return seg;
        }
    }
    return NULL;
}

static void add(struct fit *fit, unsigned way, const struct sf_tape_seg *seg, double t,
                double ahead)
{
    struct band *band = &fit->band[way];
    const unsigned size = seg->octets > SF_SMALL_OCTETS ? LARGE : SMALL;
    const double share = fit->length > 0 ? t / fit->length : 0;
    const uint32_t cell = share >= 1 ? CELLS - 1 : (uint32_t)(share * CELLS);
    struct point *p = &band->cell[size][cell];

    band->n++;
    band->filled[size] += !p->set;
    if (!p->set || is_quicker(way, ahead, p->ahead)) {
        *p = (struct point){.t = t, .ahead = ahead, .set = true};
    }
}

/* Are there small segments early and late? */
static bool spans(const struct band *band)
{
    bool early = false;
    bool late = false;

    for (uint32_t i = 0; i < CELLS / 4; i++) {
        early = early || band->cell[SMALL][i].set;
        late = late || band->cell[SMALL][CELLS - 1 - i].set;
    }
    return early && late;
}

/* Bring the cells that are filled together, once they are: most searches are for few. */
static void pack(struct band *band)
{
    for (unsigned size = SMALL; size <= LARGE; size++) {
        struct point *cell = band->cell[size];
        uint32_t n = 0;

        for (uint32_t i = 0; i < CELLS; i++) {
            cell[n] = cell[i];
            n += cell[i].set;
        }
    }
}

/* An edge as it is being found. */
struct edge {
    double at;
    bool any;
};

static void move_edge(const struct fit *fit, unsigned way, unsigned size, double slope,
                      struct edge *edge)
{
    for (uint32_t i = 0; i < fit->band[way].filled[size]; i++) {
        const struct point *p = &fit->band[way].cell[size][i];
        const double ahead = p->ahead - slope * (p->t - fit->length / 2);

        if (!edge->any || is_quicker(way, ahead, edge->at)) {
            *edge = (struct edge){.at = ahead, .any = true};
        }
    }
}

/* Where the edge of a band lies in the middle of the time, for a slope. */
static double edge_of(const struct fit *fit, unsigned way, double slope, bool all)
{
    const struct band *band = &fit->band[way];
    struct edge edge = {.any = false};

    move_edge(fit, way, SMALL, slope, &edge);
    if (!edge.any || all || !band->small_do) {
        move_edge(fit, way, LARGE, slope, &edge);
    }
    return edge.at;
}

/* How wide the band is, a direction with small segments counting more. */
static double width(const struct fit *fit, double slope)
{
    double sum = 0;

    for (unsigned way = BACK; way <= THERE; way++) {
        const struct band *band = &fit->band[way];

        if (band->wanted) {
            const double weight = band->small_do ? 3 : 1;
            const double at = edge_of(fit, way, slope, false);

            sum += weight * (way == THERE ? at : -at);
        }
    }
    return sum;
}

/* How wide the band is that holds for certain, small segments or not. */
static double certain_width(const struct fit *fit, double slope)
{
    return edge_of(fit, THERE, slope, true) - edge_of(fit, BACK, slope, true);
}

static double certain_most(const struct fit *fit, double slope)
{
    return edge_of(fit, THERE, slope, true);
}

static double certain_least(const struct fit *fit, double slope)
{
    return -edge_of(fit, BACK, slope, true);
}

/* Where between two slopes something is largest that is concave in it, as all these are. */
static double largest(const struct fit *fit, double (*of)(const struct fit *, double),
                      double low, double high)
{
    for (int i = 0; i < STEPS; i++) {
        const double left = low + (high - low) / 3;
        const double right = high - (high - low) / 3;

        if (of(fit, left) < of(fit, right)) {
            low = left;
        } else {
            high = right;
        }
    }
    return (low + high) / 2;
}

/* Between a slope that is possible and one that may not be, the last one that is. */
static double last_possible(const struct fit *fit, double possible, double beyond)
{
    if (certain_width(fit, beyond) >= 0) {
        return beyond;
    }
    for (int i = 0; i < STEPS; i++) {
        const double middle = (possible + beyond) / 2;

        if (certain_width(fit, middle) >= 0) {
            possible = middle;
        } else {
            beyond = middle;
        }
    }
    return possible;
}

/* How far the quickest segment of a part of the time is from the edge; below 0: none is. */
static double off_edge(const struct fit *fit, unsigned way, double slope, uint32_t part)
{
    const struct band *band = &fit->band[way];
    const double edge = edge_of(fit, way, slope, false);
    const double from = fit->length * part / PARTS;
    const double to = fit->length * (part + 1) / PARTS;
    const uint32_t small = band->filled[SMALL];
    const uint32_t n = small + (band->small_do ? 0 : band->filled[LARGE]);
    double least = -1;

    for (uint32_t i = 0; i < n; i++) {
        const struct point *p =
            i < small ? &band->cell[SMALL][i] : &band->cell[LARGE][i - small];
        const double off = fabs(p->ahead - slope * (p->t - fit->length / 2) - edge);

        if (p->t >= from && p->t <= to && (least < 0 || off < least)) {
            least = off;
        }
    }
    return least;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* How far the quickest segments of the parts are from the edge: half of them are no farther. */
static double scatter(const struct fit *fit, unsigned way, double slope)
{
    double off[PARTS];
    size_t n = 0;

    for (uint32_t part = 0; part < PARTS; part++) {
        off[n] = off_edge(fit, way, slope, part);
        n += off[n] >= 0;
    }
    qsort(off, n, sizeof(off[0]), by_value);
    return n == 0 ? 0 : off[n / 2];
}

static bool tells_drift(const struct fit *fit)
{
    bool tells = fit->length >= (double)LONG_NS;

    for (unsigned way = BACK; way <= THERE; way++) {
        const struct band *band = &fit->band[way];

        tells = tells && band->filled[SMALL] + band->filled[LARGE] >= TELLING;
    }
    return tells;
}

/* Does the slope move an edge outwards by far more than what the segments at it differ? */
static bool is_clear(const struct fit *fit, unsigned way, double slope)
{
    const double moved = edge_of(fit, way, slope, false) - edge_of(fit, way, 0, false);
    const double gain = way == THERE ? moved : -moved;

    return gain > GAIN * scatter(fit, way, slope) + GAIN_NS;
}

/* The slope, 0 unless there must be one or the segments of a direction clearly show it. */
static double slope_of(const struct fit *fit)
{
    const double slope = tells_drift(fit) ? largest(fit, width, -DRIFT_MOST, DRIFT_MOST) : 0;

    return certain_width(fit, 0) < 0 || is_clear(fit, THERE, slope) ||
                   is_clear(fit, BACK, slope)
               ? slope
               : 0;
}

/* The bounds, whatever the drift is of those that are possible. */
static void bound(const struct fit *fit, double slope, double *least, double *most)
{
    const double low = last_possible(fit, slope, -DRIFT_MOST);
    const double high = last_possible(fit, slope, DRIFT_MOST);

    *most = certain_most(fit, largest(fit, certain_most, low, high));
    *least = -certain_least(fit, largest(fit, certain_least, low, high));
}

/* The clock from the edges of both bands. */
static void conclude(const struct fit *fit, int64_t about_ns, struct sf_line *line,
                     struct sf_merge_clock *clock)
{
    double most = edge_of(fit, THERE, line->drift, false);
    double least = edge_of(fit, BACK, line->drift, false);
    double middle = (most + least) / 2;

    if (!fit->band[THERE].wanted) {
        most = middle = least;
    } else if (!fit->band[BACK].wanted) {
        least = middle = most;
    } else {
        bound(fit, line->drift, &least, &most);
        middle = middle < least ? least : middle > most ? most : middle;
    }
    line->offset_ns = about_ns + (int64_t)middle;
    *clock = (struct sf_merge_clock){
        .offset_ns = line->offset_ns,
        .least_ns = about_ns + (int64_t)least - 1,
        .most_ns = about_ns + (int64_t)most + 1,
        .at_ns = line->zero_ns,
        .drift = line->drift,
        .there = fit->band[THERE].n,
        .back = fit->band[BACK].n,
        .drift_known = line->drift < 0 || line->drift > 0,
    };
}

bool sf_merge_fit(const struct sf_tape *a, const struct sf_tape *b, struct sf_line *line,
                  struct sf_merge_clock *clock)
{
    struct walk walk = {.a = a, .b = b};
    const struct sf_tape_seg *seg = next_sure(&walk);
    struct fit *fit = calloc(1, sizeof(*fit));
    uint64_t first = UINT64_MAX;
    uint64_t last = 0;
    int64_t about = 0;

    *line = (struct sf_line){.zero_ns = a->first_ns};
    *clock = (struct sf_merge_clock){.at_ns = a->first_ns};
    if (seg == NULL || fit == NULL) {
        free(fit);
        return false;
    }
    /* Counted from about where it is, so that a double tells nanoseconds apart. */
    about = (int64_t)(b->seg[seg->match - 1].at_ns - seg->at_ns);
    for (; seg != NULL; seg = next_sure(&walk)) {
        first = seg->at_ns < first ? seg->at_ns : first;
        last = seg->at_ns > last ? seg->at_ns : last;
    }
    fit->length = (double)(last - first);
    walk.at = 0;
    while ((seg = next_sure(&walk)) != NULL) {
        const int64_t ahead = (int64_t)(b->seg[seg->match - 1].at_ns - seg->at_ns) - about;

        add(fit, a->flow[seg->flow - 1].to_b[seg->dir], seg, (double)(seg->at_ns - first),
            (double)ahead);
    }
    for (unsigned way = BACK; way <= THERE; way++) {
        fit->band[way].wanted = fit->band[way].n != 0;
        fit->band[way].small_do = spans(&fit->band[way]);
        pack(&fit->band[way]);
    }
    line->zero_ns = first + (last - first) / 2;
    line->drift = slope_of(fit);
    conclude(fit, about, line, clock);
    free(fit);
    return true;
}

/* What the segments of one direction of a connection show. */
struct evidence {
    double ahead[2]; /* sums of how far ahead B's clock seems, in us */
    uint32_t n[2];
    int64_t hops[2]; /* sums of what the hop limit lost from A to B */
};

static void weigh(const struct sf_tape *a, const struct sf_tape *b,
                  const struct sf_tape_flow *flow, struct evidence *e)
{
    const uint64_t zero = b->first_ns - a->first_ns;

    for (uint32_t at = flow->first; at != 0; at = a->seg[at - 1].next) {
        const struct sf_tape_seg *seg = &a->seg[at - 1];

        if (seg->match != 0 && seg->surely) {
            const struct sf_tape_seg *other = &b->seg[seg->match - 1];

            e->ahead[seg->dir] += (double)(int64_t)(other->at_ns - seg->at_ns - zero) / 1000;
            e->n[seg->dir]++;
            e->hops[seg->dir] += (int)seg->hop_limit - (int)other->hop_limit;
        }
    }
}

/* The hop limit tells; else that what goes to B seems to take longer than what comes back. */
static bool place_one(struct sf_tape_flow *flow, const struct evidence *e)
{
    const int64_t hops = e->hops[0] - e->hops[1];
    bool to_b = hops > 0;

    if (hops == 0) {
        if (e->n[0] == 0 || e->n[1] == 0) {
            return false;
        }
        to_b = e->ahead[0] / e->n[0] > e->ahead[1] / e->n[1];
    }
    flow->to_b[0] = to_b;
    flow->to_b[1] = !to_b;
    flow->placed = true;
    return true;
}

/* Where a connection is, if its segments tell; else as most are. */
static int place_by_evidence(struct sf_tape_flow *flow, const struct sf_tape *a,
                             const struct sf_tape *b)
{
    struct evidence e = {.n = {0}};

    if (flow->pair == 0) {
        return 0;
    }
    weigh(a, b, flow, &e);
    if (!place_one(flow, &e)) {
        return 0;
    }
    return flow->to_b[0] ? 1 : -1;
}

void sf_merge_place(struct sf_tape *a, const struct sf_tape *b)
{
    int64_t clients_at_a = 0;

    for (uint32_t i = 0; i < a->n_flows; i++) {
        clients_at_a += place_by_evidence(&a->flow[i], a, b);
    }
    for (uint32_t i = 0; i < a->n_flows; i++) {
        if (!a->flow[i].placed) {
            a->flow[i].to_b[0] = clients_at_a >= 0;
            a->flow[i].to_b[1] = !a->flow[i].to_b[0];
        }
    }
}
