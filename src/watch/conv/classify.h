/* SPDX-License-Identifier: MIT
 *
 * watch/conv/classify.h - what a captured segment is, by what was captured before it.
 */
#ifndef SF_WATCH_CONV_CLASSIFY_H
#define SF_WATCH_CONV_CLASSIFY_H

#include "watch/conv/conv.h"

/* Fill in what the segment itself says, with its numbers counted from the ISNs; sets the ends'
 * ISNs where this is the first to tell them. */
void sf_classify_numbers(struct sf_conv *conv, struct sf_conv_step *step);

/* Is it a SYN, with or without ACK, of another connection than the conversation's, or what such
 * a connection answers to a SYN? */
bool sf_classify_is_strange(const struct sf_conv *conv, const struct sf_conv_step *step);

/* Work out the step's bits from the ends as they were before it; changes nothing but the
 * memory of copies. */
void sf_classify(struct sf_conv *conv, struct sf_conv_step *step);

/* Take note of a segment that belongs to another connection: that it was there, no more. */
void sf_classify_note_strange(struct sf_conv *conv, const struct sf_conv_step *step);

/* Take note of the segment in the facts of both ends. */
void sf_classify_note(struct sf_conv *conv, const struct sf_conv_step *step);

#endif
