/* SPDX-License-Identifier: MIT
 *
 * cli/whystates.h - the words about the eleven states.
 */
#ifndef SYNFIN_CLI_WHYSTATES_H
#define SYNFIN_CLI_WHYSTATES_H

#include "synfin/lang.h"
#include "synfin/state.h"

struct cli_state_page {
    const char *means; /* what it means to be in it, and who is */
    const char *left;  /* how it ends */
    const char *timer; /* what limits it */
    const char *see;   /* how to see it on Linux */
};

extern const struct cli_state_page cli_state_pages[SF_LANGS][SF_STATES];

#endif
