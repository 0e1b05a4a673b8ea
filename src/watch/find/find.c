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

struct sf_finding *sf_find_raise(struct sf_findings *found, unsigned id, unsigned side,
                                 uint64_t at_ns)
{
    static _Thread_local struct sf_finding nowhere;
    struct sf_finding *finding = sf_find_raised(found, id, side);

    if (finding != NULL) {
        return finding;
    }
    finding = grow(found) ? &found->list[found->n++] : &nowhere;
    *finding = (struct sf_finding){.at_ns = at_ns,
                                   .id = (uint8_t)id,
                                   .side = (uint8_t)side,
                                   .severity = (uint8_t)sf_finding_severity(id)};
    return finding;
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

void sf_find_segment(struct sf_finder *finder, struct sf_conv *conv,
                     const struct sf_conv_step *step)
{
    (void)finder;
    (void)conv;
    (void)step;
}

void sf_find_end(struct sf_finder *finder, struct sf_conv *conv, uint64_t now_ns)
{
    (void)finder;
    (void)conv;
    (void)now_ns;
}

void sf_find_drop(struct sf_find_notes *notes)
{
    free(notes->found.list);
    notes->found = (struct sf_findings){.list = NULL};
}
