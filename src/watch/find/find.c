/* SPDX-License-Identifier: MIT
 *
 * watch/find/find.c - the hooks, and the lists of what was found.
 *
 *   conv --> [find.c] --> opening.c, between.c, closing.c, resets.c, many.c
 *                `--> struct sf_findings <-- raised by those
 */
#include "watch/find/find.h"

#include <stdlib.h>
#include <string.h>

#include "synfin/state.h"
#include "watch/find/notes.h"

struct sf_finding *sf_find_raised(const struct sf_findings *found, unsigned id, unsigned side)
{
    for (unsigned i = 0; i < found->n; i++) {
        if (found->list[i].id == id && found->list[i].side == side) {
            return &found->list[i];
        }
    }
    return NULL;
}

static bool grow(struct sf_findings *found)
{
    unsigned room = found->room == 0 ? 3 : 2U * found->room;

    if (found->n < found->room) {
        return true;
    }
    if (found->n >= SF_FINDINGS_MOST) {
        return false;
    }
    struct sf_finding *list = realloc(found->list, room * sizeof(*list));
    if (list == NULL) {
        return false;
    }
    found->list = list;
    found->room = (uint8_t)room;
    return true;
}

struct sf_finding *sf_find_add(struct sf_findings *found, unsigned id, unsigned side,
                               uint64_t at_ns)
{
    static _Thread_local struct sf_finding nowhere;
    struct sf_finding *finding = grow(found) ? &found->list[found->n++] : &nowhere;

    *finding = (struct sf_finding){.at_ns = at_ns,
                                   .id = (uint8_t)id,
                                   .side = (uint8_t)side,
                                   .severity = (uint8_t)sf_finding_severity(id)};
    return finding;
}

struct sf_finding *sf_find_raise(struct sf_findings *found, unsigned id, unsigned side,
                                 uint64_t at_ns)
{
    struct sf_finding *finding = sf_find_raised(found, id, side);

    return finding != NULL ? finding : sf_find_add(found, id, side, at_ns);
}

void sf_find_retract(struct sf_findings *found, unsigned id, unsigned side)
{
    struct sf_finding *finding = sf_find_raised(found, id, side);

    if (finding != NULL) {
        size_t behind = (size_t)(found->list + found->n - finding) - 1;

        memmove(finding, finding + 1, behind * sizeof(*finding));
        found->n--;
    }
}

void sf_find_proof(struct sf_finding *finding, uint32_t n)
{
    uint32_t *segments = finding->segments;
    unsigned i = finding->n_segments;

    if (n == 0) {
        return;
    }
    /* In rising order, each once; they mostly come so. */
    while (i > 0 && segments[i - 1] > n) {
        i--;
    }
    if (i > 0 && segments[i - 1] == n) {
        return;
    }
    if (finding->n_segments == SF_FINDING_SEGMENTS) {
        segments[SF_FINDING_SEGMENTS - 1] =
            n > segments[SF_FINDING_SEGMENTS - 1] ? n : segments[SF_FINDING_SEGMENTS - 1];
        return;
    }
    memmove(&segments[i + 1], &segments[i], (finding->n_segments - i) * sizeof(*segments));
    segments[i] = n;
    finding->n_segments++;
}

/* The first RST that its receiver believes: what comes after it is another story. */
static void note_reset(struct sf_conv *conv, const struct sf_conv_step *step)
{
    bool told =
        step->before[step->side ^ 1] != SF_CLOSED || step->before[step->side] == SF_TIME_WAIT;

    if ((step->flags & SF_RST) != 0 && (step->bits & SF_STEP_RST_EXACT) != 0 &&
        conv->notes.n_rst == 0 && told) {
        conv->notes.n_rst = step->n;
        conv->notes.rst_side = step->side;
    }
}

/* For the segments to come. */
static void remember(struct sf_conv *conv, const struct sf_conv_step *step)
{
    struct sf_find_end *mine = &conv->notes.end[step->side];

    mine->last_bits = step->bits;
    mine->last_octets = step->octets;
    mine->last_flags = step->flags;
    mine->last_n = step->n;
    if ((step->flags & SF_ACK) != 0) {
        mine->last_ack = step->ack;
    }
    if (step->fresh > 0) {
        mine->answered = true;
        conv->notes.end[step->side ^ 1].answered = false;
    }
}

void sf_find_segment(struct sf_finder *finder, struct sf_conv *conv,
                     const struct sf_conv_step *step)
{
    if ((step->bits & SF_STEP_TWICE) != 0) {
        return;
    }
    if (!conv->notes.begun) {
        conv->notes.end[SF_CLIENT].last_ack = -1;
        conv->notes.end[SF_SERVER].last_ack = -1;
    }
    if (!step->error) {
        note_reset(conv, step);
    }
    sf_find_opening(conv, step);
    sf_find_between(conv, step);
    sf_find_closing(conv, step);
    sf_find_resets(conv, step);
    sf_find_many(finder, conv, step);
    if (!step->error) {
        remember(conv, step);
    }
}

void sf_find_end(struct sf_finder *finder, struct sf_conv *conv, uint64_t now_ns)
{
    sf_find_opening_end(conv, now_ns);
    sf_find_between_end(conv, now_ns);
    sf_find_closing_end(conv, now_ns);
    sf_find_resets_end(conv, now_ns);
    sf_find_many_end(finder, conv, now_ns);
}

void sf_find_drop(struct sf_find_notes *notes)
{
    free(notes->found.list);
    notes->found = (struct sf_findings){.list = NULL};
}
