/* SPDX-License-Identifier: MIT
 *
 * base/assert.h - promises that the caller has to keep, checked in every build.
 *
 * A broken promise by the caller ends the program: the state that follows it is
 * nobody's design.  What a peer sent is never asserted, it gets a verdict.
 */
#ifndef SF_BASE_ASSERT_H
#define SF_BASE_ASSERT_H

#include "synfin/types.h"

/* Always on: there is no build without it.  sf_assert_failed() is in synfin/types.h. */
#define SF_ASSERT(cond) ((cond) ? (void)0 : sf_assert_failed(#cond, __FILE__, __LINE__))

#endif
