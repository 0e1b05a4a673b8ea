/* SPDX-License-Identifier: MIT
 *
 * watch/find/notes.h - how detectors say what they found, and what they share.
 *
 * A finding of a kind is raised once for each side of a conversation; raising it again gives
 * the same one, so that its values can be brought up to date.
 */
#ifndef SF_WATCH_FIND_NOTES_H
#define SF_WATCH_FIND_NOTES_H

#include "watch/conv/conv.h"
#include "watch/find/find.h"

/* A pointer to a finding is good until another one is raised or taken back: lists move. */

/* Findings of one conversation at most; what is beyond is left out. */
#define SF_FINDINGS_MOST 48

/* Add a finding; as sf_find_raise(), but there may be another of its kind about that side. */
struct sf_finding *sf_find_add(struct sf_findings *found, unsigned id, unsigned side,
                               uint64_t at_ns);

/*
 * Raise a finding about what side did, or give the one that was raised before.  New ones have
 * their kind's severity, the first sentence, no values, no segments and no weight.  Never
 * null: without memory it gives one that is thrown away.
 */
struct sf_finding *sf_find_raise(struct sf_findings *found, unsigned id, unsigned side,
                                 uint64_t at_ns);

/* The finding of that kind about that side, or a null pointer. */
struct sf_finding *sf_find_raised(const struct sf_findings *found, unsigned id, unsigned side);

/* Take it back, if it was raised. */
void sf_find_retract(struct sf_findings *found, unsigned id, unsigned side);

/* Add a packet to the proof; 0 is none.  When it is full the last one is replaced, so that the
 * first ones and the last are told. */
void sf_find_proof(struct sf_finding *finding, uint32_t n);

/* Did the capture miss numbers of this end?  They may have been a FIN. */
static inline bool sf_find_missed(const struct sf_conv_end *end)
{
    bool missed = end->acked > end->next && end->next != 0;

    for (unsigned i = 0; i < SF_CONV_HOLES; i++) {
        missed = missed || end->hole[i].from < end->hole[i].to;
    }
    return missed;
}

/* Detectors, each over the segment that was just classified. */
void sf_find_opening(struct sf_conv *conv, const struct sf_conv_step *step);
void sf_find_between(struct sf_conv *conv, const struct sf_conv_step *step);
void sf_find_closing(struct sf_conv *conv, const struct sf_conv_step *step);
void sf_find_resets(struct sf_conv *conv, const struct sf_conv_step *step);

/* ... and over the whole, when a conversation ends or the capture does. */
void sf_find_opening_end(struct sf_conv *conv, uint64_t now_ns);
void sf_find_between_end(struct sf_conv *conv, uint64_t now_ns);
void sf_find_closing_end(struct sf_conv *conv, uint64_t now_ns);
void sf_find_resets_end(struct sf_conv *conv, uint64_t now_ns);

/* What concerns many. */
void sf_find_many(struct sf_finder *finder, const struct sf_conv *conv,
                  const struct sf_conv_step *step);
void sf_find_many_end(struct sf_finder *finder, struct sf_conv *conv, uint64_t now_ns);

#endif
