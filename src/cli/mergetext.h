/* SPDX-License-Identifier: MIT
 *
 * cli/mergetext.h - what two captures have to say beside the ladders.
 */
#ifndef SYNFIN_CLI_MERGETEXT_H
#define SYNFIN_CLI_MERGETEXT_H

#include <stdio.h>

#include "synfin/finding.h"
#include "watch/merge/merge.h"

/* The clock, what was changed on the way, which segments did not simply arrive. */
void cli_merge_head(FILE *to, const struct sf_merge *merge, const char *const files[2],
                    enum sf_lang lang);

#endif
