/* SPDX-License-Identifier: MIT
 *
 * watch/find/find.h - conversations to findings.
 *
 *   conv (a segment, classified) --> [find] --> opening.c between.c closing.c resets.c
 *                                      |            `--> struct sf_findings of the conversation
 *                                      `--> many.c: findings over many conversations
 *
 * Whoever follows conversations calls the three hooks, and embeds a struct sf_find_notes into
 * each conversation: all zeros at its beginning, given back with sf_find_drop().  Nothing else
 * is kept for a conversation, and no memory is taken until there is a first finding.
 */
#ifndef SF_WATCH_FIND_FIND_H
#define SF_WATCH_FIND_FIND_H

#include "synfin/finding.h"

struct sf_conv;
struct sf_conv_step;
struct sf_finder;

/* Findings, in the order in which they came true. */
struct sf_findings {
    struct sf_finding *list;
    uint8_t n;
    uint8_t room;
};

/* What the detectors remember of one conversation. */
struct sf_find_notes {
    struct sf_findings found;
    uint64_t raised; /* a bit for each kind that is in found: 1 << id */
};

/* What looks over all conversations of one capture; null: no memory. */
struct sf_finder *sf_finder_open(void);
void sf_finder_close(struct sf_finder *finder);

/* After a segment was classified and the states of both ends are inferred. */
void sf_find_segment(struct sf_finder *finder, struct sf_conv *conv,
                     const struct sf_conv_step *step);

/* When a conversation ends, or the capture does before it. */
void sf_find_end(struct sf_finder *finder, struct sf_conv *conv, uint64_t now_ns);

/* At the capture's end, after sf_find_end() of each conversation: what concerns many. */
void sf_find_finish(struct sf_finder *finder, uint64_t now_ns);

/* Findings over many conversations, complete after sf_find_finish(). */
const struct sf_findings *sf_finder_found(const struct sf_finder *finder);

/* Give a conversation's findings back. */
void sf_find_drop(struct sf_find_notes *notes);

#endif
