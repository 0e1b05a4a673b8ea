/* SPDX-License-Identifier: MIT
 *
 * base/version.c - the release of the library.
 */
#include "synfin/version.h"

const char *sf_version(void)
{
    return SF_VERSION;
}
