/* SPDX-License-Identifier: MIT
 *
 * cli/ladders.h - --explain: the engine's trace, drawn connection by connection.
 */
#ifndef SYNFIN_CLI_LADDERS_H
#define SYNFIN_CLI_LADDERS_H

#include <stdio.h>

#include "cli/options.h"
#include "synfin/engine.h"
#include "synfin/ladder.h"
#include "synfin/trace.h"

struct cli_ladders {
    const struct cli_options *options;
    struct sf_trace_ring ring; /* records null: nothing is traced */
    struct sf_watch *watch;
    FILE *to;
    const char *const *notes; /* paragraphs beneath each ladder, or null */
    size_t n_notes;
    uint32_t printed;
    bool hold; /* keep ladders that are done until cli_ladders_close() */
};

/* Trace a stack from now on.  False if there is no memory. */
bool cli_ladders_open(struct cli_ladders *ladders, const struct cli_options *options,
                      struct sf_stack *stack, FILE *to);

/* Read the trace, and draw the connections that have ended.  Once a turn. */
void cli_ladders_turn(struct cli_ladders *ladders);

/* Draw what is left, ended or not, and give everything back.  The stack may be gone. */
void cli_ladders_close(struct cli_ladders *ladders);

#endif
