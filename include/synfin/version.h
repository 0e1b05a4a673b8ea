/* SPDX-License-Identifier: MIT
 *
 * synfin/version.h - which release this is: the headers' and, at run time, the library's.
 */
#ifndef SYNFIN_VERSION_H
#define SYNFIN_VERSION_H

#include "synfin/types.h"

#define SF_VERSION_MAJOR 0
#define SF_VERSION_MINOR 1
#define SF_VERSION_PATCH 0
#define SF_VERSION       "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The release of the library that is linked, "major.minor.patch"; a program that was
 * compiled with other headers compares it with SF_VERSION.
 *
 * @return text that stays valid
 */
SF_API const char *sf_version(void);

#ifdef __cplusplus
}
#endif
#endif
