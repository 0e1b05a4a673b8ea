/* SPDX-License-Identifier: MIT
 *
 * watch/conv/step.h - one segment in one conversation.
 */
#ifndef SF_WATCH_CONV_STEP_H
#define SF_WATCH_CONV_STEP_H

#include "watch/conv/conv.h"

/* A conversation begins; side 0 is the client. */
void sf_conv_begin(struct sf_conv *conv, const struct sf_endpoint *client,
                   const struct sf_endpoint *server);

/* What a SYN means for a conversation of the same four-tuple. */
enum sf_conv_syn {
    SF_CONV_SAME = 0, /* it belongs to it */
    SF_CONV_ANEW,     /* another one begins */
    SF_CONV_PERHAPS,  /* another one begins if the answer is a SYN,ACK */
};

enum sf_conv_syn sf_conv_syn(const struct sf_conv *conv, unsigned side,
                             const struct sf_seen *seen);

/* A segment that side sent; 2MSL as configured, in ns.  What it was is in step. */
void sf_conv_take(struct sf_conv *conv, unsigned side, const struct sf_seen *seen,
                  uint64_t wait_ns, struct sf_finder *finder, struct sf_conv_step *step);

/* Time goes by: TIME_WAIT may be over.  To be called before each segment, and at the end. */
void sf_conv_time(struct sf_conv *conv, uint64_t now_ns, uint64_t wait_ns);

/* No segment follows: what is on its way after the last one arrives, or is taken to. */
void sf_conv_settle(struct sf_conv *conv);

/* Are both its ends one socket? */
bool sf_conv_is_own(const struct sf_conv *conv);

/* Is it over: both ends closed, or waiting, as far as can be told? */
bool sf_conv_is_over(const struct sf_conv *conv);

#endif
