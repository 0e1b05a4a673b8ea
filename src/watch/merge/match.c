/* SPDX-License-Identifier: MIT
 *
 * watch/merge/match.c - which segment of one capture is which of the other, within a pair of
 * connections.
 *
 * Copies of one segment have the same numbers; timestamps and IPv4's identification tell most
 * of them apart.  As many of a kind here as there: none was lost, and they match in their
 * order. Else, once the clock is known, the moments decide.
 */
#include "watch/merge/tape.h"

#include <math.h>
#include <stdlib.h>

#define SLACK_NS      1e6  /* that much too early a segment may seem to arrive */
#define OVERTAKING_NS 1e12 /* that likely it is as to take so long */
#define CHANGED_NS    1e8  /* what was changed on the way is late by less */
#define NEIGHBOURS    64u
#define COPIES        128u /* of one segment, sent about then, that are looked at */

enum { SIDE_A = 0, SIDE_B = 1 };

/* What tells copies apart by their moments. */
struct moments {
    const struct sf_line *line;
    struct sf_transit transit;
    bool changed; /* timestamps, too, may have been changed on the way */
};

/* How much of a segment is compared. */
enum key {
    KEY_STRICT = 0, /* all that stays on the way, and IPv4's identification */
    KEY_PLAIN,      /* without the identification, which a NAT may set anew */
    KEY_LOOSE,      /* numbers, flags and length alone */
};

int64_t sf_line_to_a(const struct sf_line *line, uint64_t b_ns)
{
    const int64_t moved = (int64_t)(b_ns - (uint64_t)line->offset_ns);
    const double from_zero = (double)(moved - (int64_t)line->zero_ns);

    return moved - (int64_t)(from_zero * line->drift / (1 + line->drift));
}

int64_t sf_merge_transit(const struct sf_line *line, const struct sf_tape_seg *a,
                         const struct sf_tape_seg *b, bool to_b)
{
    const int64_t ahead = sf_line_to_a(line, b->at_ns) - (int64_t)a->at_ns;

    return to_b ? ahead : -ahead;
}

struct sf_numbers sf_merge_numbers(const struct sf_tape *b, const struct sf_tape_seg *seg)
{
    const struct sf_tape_flow *flow = &b->flow[seg->flow - 1];
    const unsigned dir = seg->dir;

    return (struct sf_numbers){
        .seq = seg->seq + flow->delta[dir],
        .ack = (seg->flags & SF_ACK) != 0 ? seg->ack + flow->delta[dir ^ 1U] : 0,
        .dir = (uint8_t)(dir ^ (unsigned)flow->turned),
    };
}

/* The next sample of a median: that of so many so far moves by a share towards it. */
static double approach(double median, double sample, uint32_t n)
{
    const double step = fabs(median) / (n < 64 ? n : 64);

    return n == 1 ? sample : sample > median ? median + step : median - step;
}

void sf_merge_typical(const struct sf_tape *a, const struct sf_tape *b,
                      const struct sf_line *line, struct sf_transit *transit)
{
    uint32_t n[2][2] = {{0, 0}, {0, 0}};

    *transit = (struct sf_transit){.typical_ns = {{0, 0}, {0, 0}}};
    for (uint32_t i = 0; i < a->n; i++) {
        const struct sf_tape_seg *seg = &a->seg[i];
        const struct sf_tape_flow *flow = &a->flow[seg->flow - 1];
        const bool large = seg->octets > SF_SMALL_OCTETS;

        if (seg->match != 0 && seg->surely && flow->placed) {
            const bool to_b = flow->to_b[seg->dir];
            double *typical = &transit->typical_ns[to_b][large];

            *typical = approach(
                *typical, (double)sf_merge_transit(line, seg, &b->seg[seg->match - 1], to_b),
                ++n[to_b][large]);
        }
    }
}

static uint64_t key_of(const struct sf_tape *tape, const struct sf_tape_seg *seg,
                       const struct sf_numbers *numbers, enum key key)
{
    const uint32_t fields[] = {
        numbers->seq,
        numbers->ack,
        seg->octets,
        seg->flags | (uint32_t)numbers->dir << 8,
        key == KEY_LOOSE ? 0 : seg->wnd,
        key == KEY_LOOSE ? 0 : seg->tsval,
        key == KEY_LOOSE ? 0 : seg->tsecr,
        key == KEY_STRICT ? seg->ip_id : 0,
    };

    return sf_siphash13(&tape->key, fields, sizeof(fields));
}

/* The unmatched segments of a connection, with their keys; how many. */
static size_t gather(const struct sf_tape *tape, uint32_t at, uint32_t side, enum key key,
                     struct sf_mark *marks)
{
    size_t n = 0;

    for (at = tape->flow[at - 1].first; at != 0; at = tape->seg[at - 1].next) {
        const struct sf_tape_seg *seg = &tape->seg[at - 1];
        struct sf_numbers numbers = {.seq = seg->seq, .ack = seg->ack, .dir = seg->dir};

        if (seg->match != 0) {
            continue;
        }
        if (side == SIDE_B) {
            numbers = sf_merge_numbers(tape, seg);
        }
        marks[n++] =
            (struct sf_mark){.hash = key_of(tape, seg, &numbers, key), .at = at, .side = side};
    }
    return n;
}

static void join(struct sf_tape *x, struct sf_tape *y, uint32_t at_x, uint32_t at_y,
                 bool surely)
{
    x->seg[at_x - 1].match = at_y;
    x->seg[at_x - 1].surely = surely;
    y->seg[at_y - 1].match = at_x;
    y->seg[at_y - 1].surely = surely;
}

/* Segments of one key: n_a of A, then n_b of B. */
struct group {
    const struct sf_mark *marks;
    size_t n_a, n_b;
};

static void match_in_order(struct sf_tape *a, struct sf_tape *b, const struct group *g)
{
    for (size_t i = 0; i < g->n_a && g->n_a == g->n_b; i++) {
        join(a, b, g->marks[i].at, g->marks[g->n_a + i].at, g->n_a == 1);
    }
}

/* With timestamps both must have the same, unless something changes them on the way. */
static bool fits(const struct sf_tape_seg *x, const struct sf_tape_seg *y, bool changed)
{
    const bool ts = (x->options & SF_OPT_TS) != 0 && (y->options & SF_OPT_TS) != 0;

    return !ts || changed || (x->tsval == y->tsval && x->tsecr == y->tsecr);
}

/* What travels between the places is hardly ever overtaken: the near tape's segments between
 * which one left that arrived between their matches. */
struct window {
    uint32_t after, before; /* from 1 */
};

static struct window window_of(const struct sf_tape *far, uint32_t at)
{
    struct window w = {.before = UINT32_MAX};
    const uint32_t flow = far->seg[at - 1].flow;
    const uint8_t dir = far->seg[at - 1].dir;

    for (uint32_t i = at - 1; i > 0 && at - i < NEIGHBOURS && w.after == 0; i--) {
        const struct sf_tape_seg *seg = &far->seg[i - 1];

        w.after = seg->surely && seg->flow == flow && seg->dir == dir ? seg->match : 0;
    }
    for (uint32_t i = at + 1; i <= far->n && i - at < NEIGHBOURS && w.before == UINT32_MAX;
         i++) {
        const struct sf_tape_seg *seg = &far->seg[i - 1];

        w.before =
            seg->surely && seg->flow == flow && seg->dir == dir ? seg->match : UINT32_MAX;
    }
    return w;
}

/* Where copies of one segment left, and where they came. */
struct copies {
    struct sf_tape *near, *far;
    const struct sf_mark *left, *came;
    size_t n_left, n_came;
    const struct sf_line *line;
    double typical_ns;
    bool to_b;
    bool changed;
};

/* How unlikely it is that one that left is the one that came: below 0, it cannot be. */
static double unlikely(const struct copies *c, uint32_t left, uint32_t came,
                       const struct window *window)
{
    const struct sf_tape_seg *x = &c->near->seg[left - 1];
    const struct sf_tape_seg *y = &c->far->seg[came - 1];
    const double took =
        (double)sf_merge_transit(c->line, c->to_b ? x : y, c->to_b ? y : x, c->to_b);
    const bool overtakes = left <= window->after || left >= window->before;

    if (x->match != 0 || took < -SLACK_NS || !fits(x, y, c->changed) ||
        (c->changed && took > c->typical_ns + CHANGED_NS)) {
        return -1;
    }
    return fabs(took - c->typical_ns) + (overtakes ? OVERTAKING_NS : 0);
}

/* The first that left so late that it took no longer than most do. */
static size_t first_typical(const struct copies *c, uint32_t came)
{
    const struct sf_tape_seg *y = &c->far->seg[came - 1];
    size_t low = 0;
    size_t high = c->n_left;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct sf_tape_seg *x = &c->near->seg[c->left[middle].at - 1];
        const double took =
            (double)sf_merge_transit(c->line, c->to_b ? x : y, c->to_b ? y : x, c->to_b);

        if (took > c->typical_ns) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Each that came is the one that left between those that its neighbours are, about as long
 * before as most take. */
static void match_copies(const struct copies *c)
{
    for (size_t j = 0; j < c->n_came; j++) {
        const uint32_t came = c->came[j].at;
        const struct window window = window_of(c->far, came);
        const size_t around = first_typical(c, came);
        uint32_t best = 0;
        double least = 0;

        for (size_t i = around > COPIES ? around - COPIES : 0;
             i < c->n_left && i < around + COPIES; i++) {
            const double is = unlikely(c, c->left[i].at, came, &window);
            const bool better = is >= 0 && (best == 0 || is < least);

            best = better ? c->left[i].at : best;
            least = better ? is : least;
        }
        if (best != 0) {
            join(c->near, c->far, best, came, false);
        }
    }
}

static void match_by_time(struct sf_tape *a, struct sf_tape *b, const struct group *g,
                          const struct moments *moments)
{
    const struct sf_tape_seg *any = &a->seg[g->marks[0].at - 1];
    const bool to_b = a->flow[any->flow - 1].to_b[any->dir];
    const struct copies c = {
        .near = to_b ? a : b,
        .far = to_b ? b : a,
        .left = to_b ? g->marks : g->marks + g->n_a,
        .came = to_b ? g->marks + g->n_a : g->marks,
        .n_left = to_b ? g->n_a : g->n_b,
        .n_came = to_b ? g->n_b : g->n_a,
        .line = moments->line,
        .typical_ns = moments->transit.typical_ns[to_b][any->octets > SF_SMALL_OCTETS],
        .to_b = to_b,
        .changed = moments->changed,
    };

    match_copies(&c);
}

/* The group that begins at marks, of n that are left; how many it has. */
static size_t next_group(const struct sf_mark *marks, size_t n, struct group *g)
{
    size_t i = 0;

    *g = (struct group){.marks = marks};
    while (i < n && marks[i].hash == marks[0].hash) {
        g->n_a += marks[i].side == SIDE_A;
        g->n_b += marks[i].side == SIDE_B;
        i++;
    }
    return i;
}

static void match_group(struct sf_tape *a, struct sf_tape *b, const struct group *g,
                        const struct moments *moments)
{
    if (g->n_a == 0 || g->n_b == 0) {
        return;
    }
    if (moments == NULL) {
        match_in_order(a, b, g);
    } else {
        match_by_time(a, b, g, moments);
    }
}

/* Go through the groups that a pair of connections has. */
static void match_pair(struct sf_tape *a, struct sf_tape *b, uint32_t at, enum key key,
                       struct sf_mark *marks, const struct moments *moments)
{
    size_t n = gather(a, at, SIDE_A, key, marks);

    n += gather(b, a->flow[at - 1].pair, SIDE_B, key, marks + n);
    sf_marks_sort(marks, n);
    for (size_t i = 0; i < n;) {
        struct group g;

        i += next_group(marks + i, n - i, &g);
        match_group(a, b, &g, moments);
    }
}

static bool match_all(struct sf_tape *a, struct sf_tape *b, enum key key,
                      const struct moments *moments)
{
    struct sf_mark *marks = malloc(((size_t)a->n + b->n + 1) * sizeof(*marks));

    if (marks == NULL) {
        return false;
    }
    for (uint32_t at = 1; at <= a->n_flows; at++) {
        if (a->flow[at - 1].pair != 0) {
            match_pair(a, b, at, key, marks, moments);
        }
    }
    free(marks);
    return true;
}

bool sf_merge_match_sure(struct sf_tape *a, struct sf_tape *b)
{
    return match_all(a, b, KEY_STRICT, NULL) && match_all(a, b, KEY_PLAIN, NULL);
}

bool sf_merge_match_rest(struct sf_tape *a, struct sf_tape *b, const struct sf_line *line)
{
    struct moments moments = {.line = line};

    sf_merge_typical(a, b, line, &moments.transit);
    if (!match_all(a, b, KEY_PLAIN, &moments) || !match_all(a, b, KEY_LOOSE, &moments)) {
        return false;
    }
    /* What is left at both places at about the same time was changed in between. */
    moments.changed = true;
    return match_all(a, b, KEY_LOOSE, &moments);
}
