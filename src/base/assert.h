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

#if defined(__GNUC__)
#define SF_NORETURN_ __attribute__((noreturn, cold))
#else
#define SF_NORETURN_ _Noreturn
#endif

/*
 * Called once when an assertion fails; never returns.
 *
 * The engine's own is weak and only aborts, as the engine prints nothing.  A host
 * that wants to say what happened links in one of its own, which takes precedence.
 */
SF_NORETURN_ SF_API void sf_assert_failed(const char *what, const char *file, int line);

/* Always on: there is no build without it. */
#define SF_ASSERT(cond) ((cond) ? (void)0 : sf_assert_failed(#cond, __FILE__, __LINE__))

#endif
